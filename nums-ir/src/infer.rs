//! From the parsed to the typed stage: the only place, with `promote`, that knows shape and dtype rules.
//!
//! `result_types` gives the type of every operator's result for operands of given types; `infer` walks a parsed function,
//! resolves sizes, inserts the casts that promotion asks for, and types every value by it. Sizes are compared by the
//! rigid-symbol rule of `dim`: what is refuted is a mistake, what is unknown is accepted and decided by `bind`, with the same
//! words. A mistake poisons its value, so that one run reports all independent mistakes and none that follows from another.
//! The types of results are in `infer/results.rs` and the files that it names; `infer/calls.rs` expands calls, `infer/tell.rs` puts
//! mistakes into the user's words, `infer/known.rs` keeps what the source writes of elements.

mod calls;
mod data;
mod index;
mod known;
mod literal;
mod results;
mod shapes;
mod tell;

pub(crate) use index::at;
pub(crate) use known::Element;
pub(crate) use literal::{in_range, range};
pub use results::result_types;
pub(crate) use tell::{name_operands, out_of_bounds};

use crate::diag::{Diag, Loc};
use crate::dim::{Dim, Sameness};
use crate::dtype::{DType, Kind};
use crate::func::{Func, IndexItem, Inst, Op, Scalar, Size, Stage, Value, ValueData};
use crate::ops::{DTypeRule, MapOp, ReduceOp};
use crate::promote::{map_dtypes, reduce_dtypes, stays_weak};
use crate::types::{Shape, Type};
use literal::{convert, real};
use std::collections::HashMap;

/// The typed form of a parsed function.
///
/// # Errors
/// Every independent mistake, in the order of the source.
pub fn infer(func: &Func) -> Result<Func, Vec<Diag>> {
    infer_with(func, &HashMap::new())
}

/// `infer`, with the values of integer parameters that are known now.
pub(crate) fn infer_with(func: &Func, known: &HashMap<Value, i64>) -> Result<Func, Vec<Diag>> {
    let mut it = Infer {
        from: func,
        out: Func { stage: Stage::Typed, insts: vec![], results: vec![], ..func.clone() },
        map: (0..func.values.len() as u32).map(Value).collect(),
        dims: HashMap::new(),
        constants: HashMap::new(),
        elements: HashMap::new(),
        poisoned: vec![false; func.values.len()],
        diags: vec![],
    };
    for p in &func.params {
        let data = func.data(*p);
        match (&data.ty, &data.name) {
            (None, name) => {
                let name = name.as_deref().unwrap_or("?");
                it.fail(*p, Diag::new(data.loc, format!("the type of `{name}` is not known")));
            }
            (Some(ty), Some(name)) if ty.weak && ty.dtype == DType::I64 => {
                let dim = known.get(p).map_or_else(|| Dim::symbol(name), |k| Dim::Const(*k));
                it.dims.insert(*p, dim);
            }
            (Some(_), _) => {}
        }
    }
    for inst in &func.insts {
        it.inst(inst);
    }
    it.finish()
}

pub(crate) struct Infer<'a> {
    from: &'a Func,
    out: Func,
    /// The typed value of each parsed one.
    map: Vec<Value>,
    /// Integers whose value is a size.
    dims: HashMap<Value, Dim>,
    constants: HashMap<Value, Scalar>,
    elements: HashMap<Value, Vec<Element>>,
    /// Parsed values that have no type because of a mistake.
    poisoned: Vec<bool>,
    diags: Vec<Diag>,
}

impl Infer<'_> {
    fn fail(&mut self, v: Value, diag: Diag) {
        self.poisoned[v.0 as usize] = true;
        self.diags.push(diag);
    }

    fn inst(&mut self, inst: &Inst) {
        let result = inst.results[0];
        let bad = |v: &Value| self.poisoned[v.0 as usize];
        let mut sizes = Vec::new();
        crate::passes::visit_sizes(&mut inst.op.clone(), &mut |s| {
            if let Size::Value(v) = s {
                sizes.push(*v);
            }
        });
        if inst.args.iter().chain(&sizes).any(bad) {
            inst.results.iter().for_each(|r| self.poisoned[r.0 as usize] = true);
            return;
        }
        let args: Vec<Value> = inst.args.iter().map(|a| self.map[a.0 as usize]).collect();
        let loc = self.from.data(result).loc;
        if let Err(diag) = self.typed(inst, args, result, loc) {
            inst.results.iter().for_each(|r| self.poisoned[r.0 as usize] = true);
            self.fail(result, name_operands(diag, self.from, inst));
        }
    }

    fn typed(&mut self, inst: &Inst, args: Vec<Value>, result: Value, loc: Loc) -> Result<(), Diag> {
        match &inst.op {
            Op::Const(c) => {
                let ty = self.out.data(result).ty.clone().unwrap_or_else(|| Type::weak(c.kind()));
                if let (Scalar::Int(i), true) = (*c, ty.weak)
                    && let Ok(i) = i64::try_from(i)
                {
                    self.dims.insert(result, Dim::Const(i));
                }
                self.constants.insert(result, *c);
                self.define(result, inst.op.clone(), args, ty);
            }
            Op::Dim(d) => {
                self.dims.insert(result, d.clone());
                self.define(result, inst.op.clone(), args, Type::weak(Kind::Int));
            }
            Op::ShapeOf { axis } => {
                let ty = self.out.ty(args[0]);
                let Some(dims) = ty.dims() else {
                    // Of an array of any rank the call knows it: until then it may be any size.
                    self.dims.insert(result, Dim::from_data(result.0));
                    self.define(result, inst.op.clone(), args, Type::weak(Kind::Int));
                    return Ok(());
                };
                if dims.is_empty() {
                    return Err(Diag::new(loc, format!("operand 0 has no axes, so no `len` and no `.shape[i]`: it is {ty}")));
                }
                let dim = dims[normalise(*axis, dims.len(), loc).map_err(|d| told(d, ty))?].clone();
                self.dims.insert(result, dim.clone());
                self.define(result, Op::Dim(dim), vec![], Type::weak(Kind::Int));
            }
            Op::Map(op) => self.map_op(*op, args, result, loc)?,
            Op::Cast(dtype) => {
                let ty = self.out.ty(args[0]).with_dtype(*dtype);
                // A size that a NumPy scalar holds is one still.
                if let (Some(dim), DType::I64) = (self.dims.get(&args[0]), dtype) {
                    self.dims.insert(result, dim.clone());
                }
                self.define(result, Op::Cast(*dtype), args, ty);
            }
            Op::Reduce { op, axes, keepdims } => self.reduce(*op, axes.as_deref(), *keepdims, args[0], result, loc)?,
            Op::Matmul { .. } | Op::Contract(_) | Op::Concatenate { .. } | Op::Solve => {
                let solve = matches!(inst.op, Op::Solve);
                let types: Vec<&Type> = args.iter().map(|a| self.out.ty(*a)).collect();
                let strong = types.iter().filter(|t| !t.weak).map(|t| t.dtype);
                let mut dtype = strong.reduce(DType::promote).unwrap_or(DType::F64);
                if solve && dtype.kind() <= Kind::Int {
                    dtype = DType::F64;
                }
                // Shapes first: a clash of shapes is told in the user's dtypes.
                result_types(
                    &inst.op,
                    &types.iter().map(|t| t.with_dtype(dtype)).collect::<Vec<_>>().iter().collect::<Vec<_>>(),
                    loc,
                )
                .map_err(|d| tell::retype(d, &types.iter().map(|t| (*t).clone()).collect::<Vec<_>>()))?;
                let args = args.iter().map(|a| self.cast(*a, dtype, loc)).collect::<Result<Vec<_>, _>>()?;
                self.push(result, inst.op.clone(), args, loc)?;
            }
            Op::Transpose { perm } => {
                let ty = self.out.ty(args[0]);
                let axis = |p: &i64, n: usize| Ok(normalise(*p, n, loc).map_err(|d| told(d, ty))? as i64);
                let perm = match (perm, ty.rank()) {
                    (Some(perm), Some(n)) => Some(perm.iter().map(|p| axis(p, n)).collect::<Result<_, Diag>>()?),
                    (None, Some(n)) => Some((0..n as i64).rev().collect()),
                    (perm, None) => perm.clone(),
                };
                self.push(result, Op::Transpose { perm }, args, loc)?;
            }
            Op::Reshape { shape } => {
                let shape = shape.iter().map(|s| self.size(s, loc)).collect::<Result<Vec<_>, _>>()?;
                let shape = match self.out.ty(args[0]).dims() {
                    Some(dims) => shapes::reshape(dims, &shape, loc)?,
                    None => shape,
                };
                let shape = shape.into_iter().map(Size::Dim).collect();
                self.push(result, Op::Reshape { shape }, args, loc)?;
            }
            Op::Index { items } => {
                let items = items.iter().map(|i| self.item(i, loc)).collect::<Result<Vec<_>, _>>()?;
                self.push(result, Op::Index { items }, args, loc)?;
            }
            Op::Fill { shape, dtype } => {
                let shape = shape.iter().map(|s| Ok(Size::Dim(self.size(s, loc)?))).collect::<Result<Vec<_>, Diag>>()?;
                let dtype = dtype.unwrap_or(self.out.ty(args[0]).dtype);
                let value = self.cast(args[0], dtype, loc)?;
                self.push(result, Op::Fill { shape, dtype: Some(dtype) }, vec![value], loc)?;
            }
            Op::Arange { dtype, .. } => self.arange(*dtype, args, result, loc)?,
            Op::Eye { rows, cols, k, dtype } => {
                let (rows, cols) = (Size::Dim(self.size(rows, loc)?), Size::Dim(self.size(cols, loc)?));
                self.push(result, Op::Eye { rows, cols, k: *k, dtype: *dtype }, args, loc)?;
            }
            Op::Data(op) => {
                let mut op = op.clone();
                self.resolve(|see| op.visit_sizes(see), loc)?;
                self.push(result, Op::Data(op), args, loc)?;
            }
            Op::Call(call) => return self.call(inst, call, args, loc),
            Op::Item => {
                self.push(result, Op::Item, args, loc)?;
                if self.out.ty(result).dtype == DType::I64 {
                    // Known when the data is: it may be any size.
                    self.dims.insert(result, Dim::from_data(result.0));
                }
            }
            Op::Choose => self.choose(args, result, loc)?,
            Op::Kernel(_) => return Err(Diag::new(loc, "a kernel stands in the parsed stage")),
        }
        Ok(())
    }

    /// Resolves the sizes that `visit` shows.
    fn resolve(&self, visit: impl FnOnce(&mut dyn FnMut(&mut Size)), loc: Loc) -> Result<(), Diag> {
        let mut failed = None;
        visit(&mut |size| match self.size(size, loc) {
            Ok(dim) => *size = Size::Dim(dim),
            Err(diag) => failed = Some(diag),
        });
        failed.map_or(Ok(()), Err)
    }

    /// Defines `result` by `op args`, typed by `result_types`.
    fn push(&mut self, result: Value, op: Op, args: Vec<Value>, loc: Loc) -> Result<(), Diag> {
        let types: Vec<&Type> = args.iter().map(|a| self.out.ty(*a)).collect();
        let ty = result_types(&op, &types, loc)?.remove(0);
        self.define(result, op, args, ty);
        Ok(())
    }

    fn define(&mut self, result: Value, op: Op, args: Vec<Value>, ty: Type) {
        self.out.values[result.0 as usize].ty = Some(ty);
        self.out.insts.push(Inst { op, args, results: vec![result] });
        self.know(result);
    }

    /// `v` in another dtype: itself if it has it, a constant of that dtype for a literal, else a cast.
    fn cast(&mut self, v: Value, dtype: DType, loc: Loc) -> Result<Value, Diag> {
        let ty = self.out.ty(v).clone();
        if ty.dtype == dtype {
            return Ok(v);
        }
        let (op, args) = match self.constants.get(&v) {
            // A conversion that loses something (`full(n, 0.5, dtype=i64)`) is computed, as `astype` is.
            Some(c) if ty.weak && c.kind() <= dtype.kind() => (Op::Const(convert(*c, dtype, loc)?), vec![]),
            Some(_) | None => (Op::Cast(dtype), vec![v]),
        };
        let new = self.out.value(ValueData { name: None, ty: Some(ty.with_dtype(dtype)), loc });
        if let Op::Const(c) = op {
            self.constants.insert(new, c);
        }
        self.out.insts.push(Inst { op, args, results: vec![new] });
        self.know(new);
        Ok(new)
    }

    fn map_op(&mut self, op: MapOp, mut args: Vec<Value>, result: Value, loc: Loc) -> Result<(), Diag> {
        let mut op = op;
        // `b ** 2` of boolean arrays is `square(b)` in NumPy, an i8, where the dtypes alone (and NumPy's scalars) give i64.
        if let (MapOp::Power, &[x, two]) = (op, &args[..])
            && self.out.ty(x).dtype == DType::Bool
            && !self.out.ty(x).weak
            && self.out.ty(x).rank() != Some(0)
            && self.out.ty(two).weak
            && self.constants.get(&two) == Some(&Scalar::Int(2))
        {
            (op, args) = (MapOp::Square, vec![x]);
        }
        // `x ** 0.5` of an array is its square root in NumPy: of minus infinity NaN, where a power is infinite.
        if let (MapOp::Power, &[x, half]) = (op, &args[..])
            && !self.out.ty(x).weak
            && self.out.ty(x).rank() != Some(0)
            && self.out.ty(half).weak
            && self.constants.get(&half) == Some(&Scalar::Float(0.5))
        {
            let float = self.out.ty(x).dtype.promote_weak(Kind::Float);
            (op, args) = (MapOp::Sqrt, vec![self.cast(x, float, loc)?]);
        }
        let types: Vec<Type> = args.iter().map(|a| self.out.ty(*a).clone()).collect();
        let dtypes: Vec<(DType, bool)> = types.iter().map(|t| (t.dtype, t.weak)).collect();
        let (mut computed, _) = map_dtypes(op, &dtypes).map_err(|e| tell::dtype_help(Diag::new(loc, e), op, &types))?;
        if op.rule() == DTypeRule::Compare && args.iter().any(|a| self.outside(*a, computed[0])) {
            // An integer that the array's dtype cannot hold still compares exactly; below 0 every float is exact enough.
            let exact = if computed[0] == DType::U64 { DType::F64 } else { DType::I64 };
            computed.fill(exact);
        }
        if let (MapOp::Power, Kind::Int, Some(Scalar::Int(i))) =
            (op, computed[0].kind(), args.get(1).and_then(|a| self.constants.get(a)))
            && *i < 0
            && types.iter().any(|t| !t.weak)
        {
            return Err(Diag::new(loc, "integers to negative integer powers are not allowed")
                .help(format!("write `x ** {i}.0`, which is a float, or `1 / x ** {}`", i.unsigned_abs())));
        }
        // Shapes first, in the user's dtypes.
        broadcast_all(op, &types.iter().collect::<Vec<_>>(), loc)?;
        let args = args.iter().zip(computed).map(|(a, d)| self.cast(*a, d, loc)).collect::<Result<Vec<_>, _>>()?;
        self.push(result, Op::Map(op), args, loc)?;
        let kind = self.out.ty(result).dtype.kind();
        if types.iter().all(|t| t.weak) && stays_weak(op, kind) {
            self.out.values[result.0 as usize].ty = Some(Type::weak(kind));
        }
        self.track(op, result);
        Ok(())
    }

    /// Whether `v` is a plain integer that an integer dtype does not hold, or may not hold.
    fn outside(&self, v: Value, dtype: DType) -> bool {
        let ty = self.out.ty(v);
        if !ty.weak || ty.dtype != DType::I64 || dtype.kind() != Kind::Int {
            return false;
        }
        match self.constants.get(&v) {
            Some(Scalar::Int(i)) => !in_range(*i, dtype) && i64::try_from(*i).is_ok(),
            Some(_) => false,
            // Of u64 the call checks it: no dtype holds both.
            None => dtype != DType::U64,
        }
    }

    /// Integers made of sizes are sizes.
    fn track(&mut self, op: MapOp, result: Value) {
        let ty = self.out.ty(result);
        if ty.rank() != Some(0) || ty.dtype != DType::I64 {
            return;
        }
        let Some(inst) = self.out.insts.last() else { return };
        let size = |v: &Value| match (self.dims.get(v), self.constants.get(v)) {
            (Some(dim), _) => Some(dim.clone()),
            (None, Some(Scalar::Int(i))) => i64::try_from(*i).ok().map(Dim::Const),
            (None, _) => None,
        };
        let dims: Option<Vec<Dim>> = inst.args.iter().map(size).collect();
        let dim = match (op, dims.as_deref()) {
            (MapOp::Add, Some([a, b])) => Some(a.add(b)),
            (MapOp::Subtract, Some([a, b])) => Some(a.sub(b)),
            (MapOp::Multiply, Some([a, b])) => Some(a.mul(b)),
            (MapOp::FloorDivide, Some([a, b])) => a.floor_div(b),
            (MapOp::Maximum, Some([a, b])) => Some(a.larger(b)),
            (MapOp::Minimum, Some([a, b])) => Some(a.smaller(b)),
            (MapOp::Negative, Some([a])) => Some(Dim::Const(0).sub(a)),
            _ => None,
        };
        if let Some(dim) = dim {
            self.dims.insert(result, dim);
        }
    }

    fn size(&self, size: &Size, loc: Loc) -> Result<Dim, Diag> {
        match size {
            Size::Dim(d) => Ok(d.clone()),
            Size::Value(v) => {
                let v = self.map[v.0 as usize];
                self.dims.get(&v).cloned().ok_or_else(|| {
                    let ty = self.out.ty(v);
                    Diag::new(loc, format!("a size is an integer known when the function is called, not {ty}"))
                        .help("use an integer, a symbol, `x.shape[i]`, or an integer parameter")
                })
            }
        }
    }

    fn item(&self, item: &IndexItem, loc: Loc) -> Result<IndexItem, Diag> {
        let size = |s: &Size| {
            self.size(s, loc).map(Size::Dim).map_err(|diag| match s {
                Size::Value(v) => tell::index(self.out.ty(self.map[v.0 as usize]), loc),
                Size::Dim(_) => diag,
            })
        };
        Ok(match item {
            IndexItem::At(i) => IndexItem::At(size(i)?),
            IndexItem::Slice { start, stop, step } => IndexItem::Slice {
                start: start.as_ref().map(size).transpose()?,
                stop: stop.as_ref().map(size).transpose()?,
                step: *step,
            },
            IndexItem::NewAxis => IndexItem::NewAxis,
            IndexItem::Ellipsis => IndexItem::Ellipsis,
        })
    }

    fn reduce(
        &mut self,
        op: ReduceOp,
        axes: Option<&[i64]>,
        keepdims: bool,
        x: Value,
        result: Value,
        loc: Loc,
    ) -> Result<(), Diag> {
        let ty = self.out.ty(x).clone();
        let axes = match (axes, ty.rank()) {
            (None, Some(n)) => Some((0..n as i64).collect()),
            (Some(axes), Some(n)) => {
                let axis = |a: &i64| Ok(normalise(*a, n, loc).map_err(|d| told(d, &ty))? as i64);
                let mut axes = axes.iter().map(axis).collect::<Result<Vec<i64>, Diag>>()?;
                axes.sort_unstable();
                if axes.windows(2).any(|w| w[0] == w[1]) {
                    return Err(Diag::new(loc, format!("an axis stands twice in `{}`", op.name()))
                        .note(format!("counted from the front the axes are {axes:?}")));
                }
                Some(axes)
            }
            (axes, None) => axes.map(<[i64]>::to_vec),
        };
        let (accumulate, _) = reduce_dtypes(op, ty.dtype).map_err(|e| Diag::new(loc, e))?;
        let x = self.cast(x, accumulate, loc)?;
        self.push(result, Op::Reduce { op, axes, keepdims }, vec![x], loc)
    }

    fn arange(&mut self, dtype: Option<DType>, args: Vec<Value>, result: Value, loc: Loc) -> Result<(), Diag> {
        let types: Vec<&Type> = args.iter().map(|a| self.out.ty(*a)).collect();
        let kind = types.iter().map(|t| t.dtype.kind()).max().unwrap_or(Kind::Int).max(Kind::Int);
        let dtype = dtype.unwrap_or(DType::default_of(kind));
        let dims: Option<Vec<Dim>> = args.iter().map(|a| self.dims.get(a).cloned()).collect();
        let constants: Option<Vec<f64>> = args.iter().map(|a| self.constants.get(a).and_then(|c| real(*c))).collect();
        let len = match (dims.as_deref(), constants.as_deref()) {
            (Some([start, stop, Dim::Const(step)]), _) if *step != 0 => index::length(start, stop, *step),
            (_, Some([start, stop, step])) if *step != 0.0 => {
                let len = ((stop - start) / step).ceil();
                if !len.is_finite() || len > 9e15 {
                    return Err(Diag::new(loc, format!("`arange` from {start} to {stop} has no end")));
                }
                Dim::Const(len.max(0.0) as i64)
            }
            (Some([_, _, Dim::Const(0)]), _) | (_, Some([_, _, 0.0])) => return Err(Diag::new(loc, "the step of `arange` is 0")),
            _ => {
                return Err(Diag::new(loc, "the length of `arange` must follow from integers or constants")
                    .help("use integer bounds and scale: `start + step * arange(n)`"));
            }
        };
        let args = args.iter().map(|a| self.cast(*a, dtype, loc)).collect::<Result<Vec<_>, _>>()?;
        self.push(result, Op::Arange { dtype: Some(dtype), len: Some(len) }, args, loc)
    }

    /// Results against what was declared.
    fn finish(mut self) -> Result<Func, Vec<Diag>> {
        let results = self.from.results.clone();
        if !self.from.declared.is_empty() && self.from.declared.len() + self.from.labels.len() != results.len() {
            let loc = results.first().map_or(Loc::default(), |r| self.from.data(*r).loc);
            let want = self.from.declared.len();
            let are = if want == 1 { "is" } else { "are" };
            let want = count(want, "result", "results");
            self.diags.push(Diag::new(loc, format!("{want} {are} declared, the body gives {}", results.len())));
            return Err(self.diags);
        }
        for (i, r) in results.iter().enumerate() {
            if self.poisoned[r.0 as usize] {
                continue;
            }
            let mut v = self.map[r.0 as usize];
            if let Some(want) = self.from.declared.get(i).cloned() {
                let has = self.out.ty(v).clone();
                let loc = self.from.data(*r).loc;
                if let Err(diag) = declared(&want, &has, loc) {
                    self.diags.push(diag);
                    continue;
                }
                // A weak result that is declared as a 0-d array becomes one.
                if has.weak && !want.weak {
                    let new = self.out.value(ValueData { name: None, ty: Some(want.clone()), loc });
                    self.out.insts.push(Inst { op: Op::Cast(want.dtype), args: vec![v], results: vec![new] });
                    v = new;
                }
            }
            self.out.results.push(v);
        }
        self.diags.sort_by_key(|d| d.loc);
        self.diags.iter_mut().for_each(tell::name_sizes);
        if self.diags.is_empty() { Ok(self.out) } else { Err(self.diags) }
    }
}

/// Whether a body's result fits the declared type. Sizes that are unknown pass; the call decides.
pub(crate) fn declared(want: &Type, has: &Type, loc: Loc) -> Result<(), Diag> {
    let clash = || Diag::new(loc, format!("the result is declared `{want}`, the body gives `{has}`"));
    if want.weak {
        return if has.rank().is_none_or(|r| r == 0) && has.dtype == want.dtype {
            Ok(())
        } else if has.rank() != Some(0) {
            Err(clash().help(format!("declare `{has}`, or reduce the array to one value")))
        } else {
            Err(clash().help(format!("declare `{}`, or convert with `.astype({})`", has.dtype, want.dtype)))
        };
    }
    let (Shape::Known(want_dims), Shape::Known(dims)) = (&want.shape, &has.shape) else {
        return if want.dtype == has.dtype {
            Ok(())
        } else {
            Err(clash().help(format!("convert with `.astype({})`", want.dtype)))
        };
    };
    let fits = want_dims.len() == dims.len() && want_dims.iter().zip(dims).all(|(w, h)| w.compare(h) != Sameness::Different);
    match (want.dtype == has.dtype, fits) {
        (true, true) => Ok(()),
        (false, true) if dims.iter().any(|d| d.to_string().contains(crate::dim::FROM_DATA)) => {
            Err(clash().help(format!("declare `{has}`, or convert with `.astype({})`", want.dtype)))
        }
        (false, true) => {
            let mend = format!("declare `{}{}`, or convert with `.astype({})`", has.dtype, want.shape, want.dtype);
            Err(clash().help(mend))
        }
        (_, false) => Err(clash().help(format!("declare `{has}`"))),
    }
}

/// The fact that explains an axis out of bounds.
fn told(diag: Diag, ty: &Type) -> Diag {
    diag.note(format!("operand 0 is {ty}"))
}

/// An axis counted from the front.
pub(crate) fn normalise(axis: i64, rank: usize, loc: Loc) -> Result<usize, Diag> {
    let n = rank as i64;
    if (-n..n).contains(&axis) {
        return Ok(if axis < 0 { axis + n } else { axis } as usize);
    }
    let diag = Diag::new(loc, format!("axis {axis} is out of bounds for an array with {}", count(rank, "axis", "axes")));
    Err(match n {
        0 => diag.help("a single value has no axes: leave `axis` out"),
        1 => diag.help("the only axis is 0, or -1"),
        _ => diag.help(format!("axes count from 0 to {}, or from the end from -1 to -{n}", n - 1)),
    })
}

/// `1 axis`, `2 axes`.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// `1 is`, `2 are`.
pub(crate) fn are(n: usize) -> String {
    format!("{n} {}", if n == 1 { "is" } else { "are" })
}

/// The shape that all operands broadcast to.
fn broadcast_all(op: MapOp, args: &[&Type], loc: Loc) -> Result<Shape, Diag> {
    let mut out: Vec<Dim> = Vec::new();
    for ty in args {
        let Some(dims) = ty.dims() else { return Ok(Shape::Any) };
        out = broadcast(&out, dims).map_err(|(a, b)| tell::broadcast(op, args, &a, &b, loc))?;
    }
    Ok(Shape::Known(out))
}

/// NumPy's broadcasting of two shapes; the two sizes that clash.
fn broadcast(a: &[Dim], b: &[Dim]) -> Result<Vec<Dim>, (Dim, Dim)> {
    let rank = a.len().max(b.len());
    let at = |dims: &[Dim], i: usize| (i + dims.len()).checked_sub(rank).map(|k| dims[k].clone());
    (0..rank)
        .map(|i| match (at(a, i), at(b, i)) {
            (Some(x), None) | (None, Some(x)) => Ok(x),
            (Some(Dim::Const(1)), Some(y)) => Ok(y),
            (Some(x), Some(Dim::Const(1))) => Ok(x),
            (Some(x), Some(y)) => match x.compare(&y) {
                Sameness::Same => Ok(x),
                Sameness::Different => Err((x, y)),
                Sameness::Unknown => Ok(more_telling(x, y)),
            },
            (None, None) => Ok(Dim::Const(1)),
        })
        .collect()
}

/// Of two sizes that must turn out equal, the one that says more: a number, then a symbol.
fn more_telling(a: Dim, b: Dim) -> Dim {
    let rank = |d: &Dim| (d.as_const().is_none(), d.as_symbol().is_none());
    if rank(&a) <= rank(&b) { a } else { b }
}
