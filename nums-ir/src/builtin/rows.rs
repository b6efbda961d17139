//! Structural functions and methods: one row each, with NumPy's signature and how it becomes instructions.
//!
//! To add one, add a row: `docs/operators.md`, the macro's names and the suggestions follow from it.

use super::bind::{Bound, dtype, integer};
use super::{Term, size, value};
use crate::diag::{Diag, Loc};
use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::{Func, IndexItem, Op, Scalar, Size};

/// A structural function or method.
#[derive(Debug)]
pub struct Row {
    /// NumPy's name, with its module: `linalg.solve`.
    pub name: &'static str,
    /// Other NumPy names.
    pub aliases: &'static [&'static str],
    /// Parameters, see `bind`.
    pub signature: &'static str,
    /// `x.name(…)` is allowed; the object is the first parameter.
    pub method: bool,
    /// `np.name(x, …)` is allowed.
    pub function: bool,
    /// One line of documentation.
    pub doc: &'static str,
    pub(super) build: fn(&mut Func, &mut Bound) -> Result<Term, Diag>,
}

impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.name == other.name
    }
}

macro_rules! rows {
    ($($doc:literal $name:literal [$($alias:literal),*] $signature:literal $method:ident $function:ident $build:expr;)*) => {
        /// All rows.
        pub const ROWS: &[Row] = &[$(Row {
            name: $name, aliases: &[$($alias),*], signature: $signature, method: rows!($method), function: rows!($function),
            doc: $doc, build: $build,
        }),*];
    };
    (method) => { true };
    (function) => { true };
    (no) => { false };
}

rows! {
    "Axes in another order; without `axes` reversed." "transpose" ["permute_dims"] "a, *axes" method function transpose;
    "The same elements in C order under another shape; one size may be -1." "reshape" [] "a, *shape" method function reshape;
    "All elements in one axis." "ravel" [] "a" method function ravel;
    "All elements in one axis." "flatten" [] "a" method no ravel;
    "The array itself: values are immutable." "copy" [] "a" method function copy;
    "Elements converted." "astype" [] "x, dtype, copy!" method function astype;
    "A new axis of size 1." "expand_dims" [] "a, axis" no function expand_dims;
    "Arrays joined along an axis; with `axis=None` ravelled first." "concatenate" ["concat"] "arrays, axis=, out!, dtype!" no function concatenate;
    "Zeros." "zeros" [] "shape, dtype=" no function zeros;
    "Ones." "ones" [] "shape, dtype=" no function ones;
    "One value repeated." "full" [] "shape, fill_value, dtype=" no function full;
    "`start`, `start + step`, … below `stop`." "arange" [] "start, stop=, step=, dtype=" no function arange;
    "Ones on a diagonal." "eye" [] "N, M=, k=, dtype=" no function eye;
    "Ones on the main diagonal." "identity" [] "n, dtype=" no function identity;
    "Product of matrices, stacks and vectors." "matmul" [] "x1, x2, out!" no function matmul;
    "The solution of `a @ x == b`." "linalg.solve" [] "a, b" no function solve;
    "The size of axis 0." "len" [] "x" no function len;
    "The sizes of the axes." "shape" [] "a" no function shape;
}

/// `(2, 3)`, `2`, or the arguments `2, 3`.
fn sizes(arg: &(Term, Loc)) -> Result<Vec<Size>, Diag> {
    match &arg.0 {
        Term::Tuple(parts) => match parts.as_slice() {
            [(Term::Tuple(inner), _)] => inner.iter().map(|p| size(p, "a size")).collect(),
            parts => parts.iter().map(|p| size(p, "a size")).collect(),
        },
        Term::Shape(_) => {
            Err(Diag::new(arg.1, "a whole shape as an argument is not in nums yet").help("write its sizes, `(x.shape[0], …)`"))
        }
        _ => Ok(vec![size(arg, "a size")?]),
    }
}

/// Sizes of a new array: none is negative.
fn new_sizes(arg: &(Term, Loc)) -> Result<Vec<Size>, Diag> {
    let sizes = sizes(arg)?;
    for s in &sizes {
        if let Size::Dim(Dim::Const(n)) = s
            && *n < 0
        {
            return Err(Diag::new(arg.1, format!("a size is not negative: {n}")));
        }
    }
    Ok(sizes)
}

/// The rest of the arguments as a flat list: `(1, 0)` is `1, 0`.
fn flat(arg: (Term, Loc)) -> Vec<(Term, Loc)> {
    match arg.0 {
        Term::Tuple(mut parts) => match parts.as_mut_slice() {
            [(Term::Tuple(inner), _)] => std::mem::take(inner),
            _ => parts,
        },
        term => vec![(term, arg.1)],
    }
}

fn transpose(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = value(func, &bound.required(0)?)?;
    let perm = match bound.optional(1).map(flat) {
        None => None,
        Some(axes) if matches!(axes.as_slice(), [(Term::None, _)]) => None,
        Some(axes) => Some(axes.iter().map(|a| integer(a, "axes")).collect::<Result<Vec<_>, _>>()?),
    };
    Ok(Term::Value(func.push(Op::Transpose { perm }, &[x], bound.loc)))
}

fn reshape(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = value(func, &bound.required(0)?)?;
    let shape = sizes(&bound.required(1)?)?;
    Ok(Term::Value(func.push(Op::Reshape { shape }, &[x], bound.loc)))
}

fn ravel(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = value(func, &bound.required(0)?)?;
    Ok(Term::Value(func.push(Op::Reshape { shape: vec![Size::Dim(Dim::Const(-1))] }, &[x], bound.loc)))
}

fn copy(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    Ok(Term::Value(value(func, &bound.required(0)?)?))
}

fn astype(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = value(func, &bound.required(0)?)?;
    let dtype = dtype(&bound.required(1)?)?;
    Ok(Term::Value(func.push(Op::Cast(dtype), &[x], bound.loc)))
}

fn expand_dims(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = value(func, &bound.required(0)?)?;
    let axis = bound.required(1)?;
    let at = integer(&axis, "axis")?;
    if !(-64..64).contains(&at) {
        return Err(Diag::new(axis.1, format!("axis {at} is outside every array")));
    }
    let full = || IndexItem::Slice { start: None, stop: None, step: 1 };
    let mut items: Vec<IndexItem> = Vec::new();
    if at >= 0 {
        items.extend((0..at).map(|_| full()));
        items.push(IndexItem::NewAxis);
    } else {
        items.extend([IndexItem::Ellipsis, IndexItem::NewAxis]);
        items.extend((at + 1..0).map(|_| full()));
    }
    Ok(Term::Value(func.push(Op::Index { items }, &[x], bound.loc)))
}

fn concatenate(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let arrays = bound.required(0)?;
    let axis = match bound.optional(1) {
        None => Some(0),
        Some((Term::None, _)) => None,
        Some(axis) => Some(integer(&axis, "axis")?),
    };
    let Term::Tuple(parts) = &arrays.0 else {
        return Err(Diag::new(arrays.1, "`concatenate` wants a list of arrays").help("write `concatenate([a, b], axis=0)`"));
    };
    if parts.is_empty() {
        return Err(Diag::new(arrays.1, "`concatenate` wants at least one array"));
    }
    let values = parts.iter().map(|p| value(func, p)).collect::<Result<Vec<_>, _>>()?;
    Ok(Term::Value(func.push(Op::Concatenate { axis }, &values, bound.loc)))
}

fn filled(func: &mut Func, bound: &mut Bound, with: f64) -> Result<Term, Diag> {
    let shape = new_sizes(&bound.required(0)?)?;
    let dtype = bound.optional(1).map_or(Ok(DType::F64), |d| dtype(&d))?;
    let one = func.push(Op::Const(Scalar::Float(with)), &[], bound.loc);
    Ok(Term::Value(func.push(Op::Fill { shape, dtype: Some(dtype) }, &[one], bound.loc)))
}

fn zeros(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    filled(func, bound, 0.0)
}

fn ones(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    filled(func, bound, 1.0)
}

fn full(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let shape = new_sizes(&bound.required(0)?)?;
    let with = value(func, &bound.required(1)?)?;
    let dtype = bound.optional(2).map(|d| dtype(&d)).transpose()?;
    Ok(Term::Value(func.push(Op::Fill { shape, dtype }, &[with], bound.loc)))
}

fn arange(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let first = bound.required(0)?;
    let (start, stop) = match bound.optional(1) {
        None | Some((Term::None, _)) => ((Term::Number(Scalar::Int(0)), bound.loc), first),
        Some(stop) => (first, stop),
    };
    let step = bound.optional(2).unwrap_or((Term::Number(Scalar::Int(1)), bound.loc));
    if let Term::Number(Scalar::Int(0)) = step.0 {
        return Err(Diag::new(step.1, "the step of `arange` is not 0"));
    }
    let dtype = bound.optional(3).map(|d| dtype(&d)).transpose()?;
    let args = [value(func, &start)?, value(func, &stop)?, value(func, &step)?];
    Ok(Term::Value(func.push(Op::Arange { dtype, len: None }, &args, bound.loc)))
}

fn eye(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let rows = size(&bound.required(0)?, "a size")?;
    let cols = match bound.optional(1) {
        None | Some((Term::None, _)) => rows.clone(),
        Some(cols) => size(&cols, "a size")?,
    };
    let k = bound.optional(2).map_or(Ok(0), |k| integer(&k, "k"))?;
    let dtype = bound.optional(3).map_or(Ok(DType::F64), |d| dtype(&d))?;
    Ok(Term::Value(func.push(Op::Eye { rows, cols, k, dtype }, &[], bound.loc)))
}

fn identity(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let rows = size(&bound.required(0)?, "a size")?;
    let dtype = bound.optional(1).map_or(Ok(DType::F64), |d| dtype(&d))?;
    Ok(Term::Value(func.push(Op::Eye { cols: rows.clone(), rows, k: 0, dtype }, &[], bound.loc)))
}

fn matmul(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let (a, b) = (value(func, &bound.required(0)?)?, value(func, &bound.required(1)?)?);
    Ok(Term::Value(func.push(Op::Matmul { trans_a: false, trans_b: false, symmetric: false }, &[a, b], bound.loc)))
}

fn solve(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let (a, b) = (value(func, &bound.required(0)?)?, value(func, &bound.required(1)?)?);
    Ok(Term::Value(func.push(Op::Solve, &[a, b], bound.loc)))
}

fn len(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let x = bound.required(0)?;
    if let Term::Tuple(parts) = &x.0 {
        return Ok(Term::Number(Scalar::Int(parts.len() as i128)));
    }
    let x = value(func, &x)?;
    Ok(Term::Value(func.push(Op::ShapeOf { axis: 0 }, &[x], bound.loc)))
}

fn shape(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    Ok(Term::Shape(value(func, &bound.required(0)?)?))
}
