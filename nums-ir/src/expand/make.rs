//! Arrays made of numbers and sizes: lists, ranges at equal distances, grids, triangles, and arrays like others.
//!
//! What counts elements is `arange` in `i64`; the end of a range is its last element exactly.

use super::{Expand, Expansion, Made, One, one};
use crate::attr::Attr;
use crate::diag::Diag;
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::func::{Op, Size, Value};
use crate::ops::MapOp;

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "array", write: |x| array(x).map(one) },
    Expansion { name: "zeros_like", write: |x| like(x, 0).map(one) },
    Expansion { name: "ones_like", write: |x| like(x, 1).map(one) },
    Expansion { name: "empty_like", write: |x| like(x, 0).map(one) },
    Expansion { name: "full_like", write: |x| full_like(x).map(one) },
    Expansion { name: "linspace", write: |x| linspace(x).map(one) },
    Expansion { name: "logspace", write: |x| logspace(x).map(one) },
    Expansion { name: "geomspace", write: |x| geomspace(x).map(one) },
    Expansion { name: "meshgrid", write: meshgrid },
    Expansion { name: "tri", write: |x| tri(x).map(one) },
    Expansion { name: "tril", write: |x| triangle(x, MapOp::LessEqual).map(one) },
    Expansion { name: "triu", write: |x| triangle(x, MapOp::GreaterEqual).map(one) },
    Expansion { name: "vander", write: |x| vander(x).map(one) },
    Expansion { name: "unpack_shape", write: unpack_shape },
    Expansion {
        name: "reshape_to",
        write: |x| {
            let dims = x.sizes_at(1)?;
            x.op(Op::Reshape { shape: dims.into_iter().map(Size::Dim).collect() }, &[x.arg(0)]).map(one)
        },
    },
];

/// `a, b = x.shape`: as many names as there are axes.
fn unpack_shape(x: &mut Expand<'_, '_>) -> Made {
    let dims = x.dims(x.arg(0));
    match x.integer(1)? {
        Some(names) if names != dims.len() as i64 => {
            let sizes = crate::infer::count(dims.len(), "size", "sizes");
            let diag = Diag::new(x.loc, format!("{names} names for the {sizes} of a shape"));
            Err(diag.note(format!("operand 0 is {}", x.ty(x.arg(0)))))
        }
        _ => dims.iter().map(|d| x.dim(d)).collect(),
    }
}

/// Numbers written one by one as an array of one axis.
pub(super) fn array_of(x: &mut Expand<'_, '_>, parts: &[Value]) -> One {
    let types: Vec<(DType, bool)> = parts.iter().map(|v| (x.dtype(*v), x.ty(*v).weak)).collect();
    let strong = types.iter().filter(|t| !t.1).map(|t| t.0).reduce(DType::promote);
    let weak = types.iter().filter(|t| t.1).map(|t| t.0.kind()).max();
    let dtype = match (strong, weak) {
        (Some(s), Some(k)) => s.promote_weak(k),
        (Some(s), None) => s,
        (None, k) => DType::default_of(k.unwrap_or(Kind::Float)),
    };
    if parts.is_empty() {
        let zero = x.float(0.0)?;
        return x.full(&[Dim::Const(0)], zero, dtype);
    }
    let fits = |v: &Value| {
        let (a, b) = (x.dims(parts[0]), x.dims(*v));
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| x.is_same(a, b))
    };
    if let Some(bad) = parts.iter().find(|v| !fits(v)) {
        return x.fail(format!("the elements of an array are of one shape: {} and {}", x.ty(parts[0]), x.ty(*bad)));
    }
    let mut rows = Vec::new();
    for v in parts {
        rows.push(if x.rank(*v) == 0 { x.full(&[Dim::Const(1)], *v, dtype)? } else { x.unsqueeze(*v, 0)? });
    }
    x.concatenate(&rows, 0)
}

/// `array([1, 2])`, nested lists too.
fn array(x: &mut Expand<'_, '_>) -> One {
    fn build(x: &mut Expand<'_, '_>, attr: &Attr) -> One {
        match attr {
            Attr::Arg(i) => Ok(x.args[*i]),
            Attr::List(parts) => {
                let parts = parts.iter().map(|p| build(x, p)).collect::<Result<Vec<_>, _>>()?;
                array_of(x, &parts)
            }
            _ => x.fail("an array is made of numbers"),
        }
    }
    let made = build(x, &x.attr(0).clone())?;
    match x.dtype_at(1)? {
        Some(dtype) => {
            x.args.iter().try_for_each(|part| x.fits(*part, dtype))?;
            x.op(Op::Cast(dtype), &[made])
        }
        None => x.cast(made, x.dtype(made)),
    }
}

fn like(x: &mut Expand<'_, '_>, value: i64) -> One {
    let v = x.arg(0);
    let dtype = x.dtype_at(1)?.unwrap_or(x.dtype(v));
    let (value, dims) = (x.int(value)?, x.dims(v));
    x.full(&dims, value, dtype)
}

fn full_like(x: &mut Expand<'_, '_>) -> One {
    let (v, value) = (x.arg(0), x.arg(1));
    let dtype = x.dtype_at(2)?.unwrap_or(x.dtype(v));
    let dims = x.dims(v);
    x.full(&dims, value, dtype)
}

fn linspace(x: &mut Expand<'_, '_>) -> One {
    let complex = x.kind(x.arg(0)).max(x.kind(x.arg(1))) == Kind::Complex;
    let dtype = if complex { DType::C128 } else { DType::F64 };
    let (low, high) = (x.cast(x.arg(0), dtype)?, x.cast(x.arg(1), dtype)?);
    if x.rank(low) + x.rank(high) > 0 {
        return x.fail("`linspace` between arrays is not in nums yet");
    }
    let n = match x.attr(2) {
        Attr::None => Dim::Const(50),
        _ => x.sizes_at(2)?.swap_remove(0),
    };
    let end = x.flag(3, true)?;
    let parts = if end { n.sub(&Dim::Const(1)) } else { n.clone() };
    let i = x.arange(&n)?;
    let i = x.cast(i, dtype)?;
    let width = x.map(MapOp::Subtract, &[high, low])?;
    let divisor = x.size_as(&parts.larger(&Dim::Const(1)), dtype)?;
    let step = x.map(MapOp::Divide, &[width, divisor])?;
    let along = x.map(MapOp::Multiply, &[i, step])?;
    let mut out = x.map(MapOp::Add, &[along, low])?;
    if end && parts != Dim::Const(0) {
        // The last one is the end exactly.
        let last = x.map(MapOp::Equal, &[i, divisor])?;
        out = x.choose(last, high, out)?;
    }
    match x.dtype_at(4)? {
        Some(dtype) if dtype.kind() == Kind::Int => {
            let out = x.map(MapOp::Floor, &[out])?;
            x.cast(out, dtype)
        }
        Some(dtype) => x.cast(out, dtype),
        None => Ok(out),
    }
}

fn logspace(x: &mut Expand<'_, '_>) -> One {
    let exponents = linspace(x)?;
    let base = match x.given(5) {
        Some(base) => base,
        None => x.float(10.0)?,
    };
    x.map(MapOp::Power, &[base, exponents])
}

fn geomspace(x: &mut Expand<'_, '_>) -> One {
    if x.args.iter().take(2).any(|end| x.written(*end) == [0.0]) {
        return x.fail("`geomspace` has no ratio from or to 0");
    }
    let (low, high) = (x.cast(x.arg(0), DType::F64)?, x.cast(x.arg(1), DType::F64)?);
    let (a, b) = (x.map(MapOp::Log10, &[low])?, x.map(MapOp::Log10, &[high])?);
    let n = match x.attr(2) {
        Attr::None => Dim::Const(50),
        _ => x.sizes_at(2)?.swap_remove(0),
    };
    let i = x.arange(&n)?;
    let i = x.cast(i, DType::F64)?;
    let parts = x.size_as(&n.sub(&Dim::Const(1)).larger(&Dim::Const(1)), DType::F64)?;
    let width = x.map(MapOp::Subtract, &[b, a])?;
    let step = x.map(MapOp::Divide, &[width, parts])?;
    let along = x.map(MapOp::Multiply, &[i, step])?;
    let exponent = x.map(MapOp::Add, &[along, a])?;
    let base = x.float(10.0)?;
    let out = x.map(MapOp::Power, &[base, exponent])?;
    let (zero, last) = (x.float(0.0)?, x.map(MapOp::Equal, &[i, parts])?);
    let out = x.choose(last, high, out)?;
    let first = x.map(MapOp::Equal, &[i, zero])?;
    x.choose(first, low, out)
}

fn meshgrid(x: &mut Expand<'_, '_>) -> Made {
    let all = x.list(0);
    let order = x.word(1)?.unwrap_or("xy").to_owned();
    if !["xy", "ij"].contains(&order.as_str()) {
        return x.fail(format!("`indexing` is \"xy\" or \"ij\", not \"{order}\""));
    }
    let mut flat = Vec::new();
    for v in &all {
        flat.push(x.ravel(*v)?);
    }
    let n = flat.len();
    let place = |i: usize| if order == "xy" && n > 1 && i < 2 { 1 - i } else { i };
    let mut dims = vec![Dim::Const(1); n];
    for (i, v) in flat.iter().enumerate() {
        dims[place(i)] = x.dims(*v)[0].clone();
    }
    let mut out = Vec::new();
    for (i, v) in flat.iter().enumerate() {
        let mut own = vec![Dim::Const(1); n];
        own[place(i)] = x.dims(*v)[0].clone();
        let v = x.reshape(*v, &own)?;
        out.push(x.broadcast(v, &dims)?);
    }
    Ok(out)
}

/// Row and column numbers that broadcast over matrices, the column less the diagonal.
fn corners(x: &mut Expand<'_, '_>, rows: &Dim, cols: &Dim, k: i64) -> Result<(Value, Value), Diag> {
    let (i, j) = (x.arange(rows)?, x.arange(cols)?);
    let i = x.unsqueeze(i, 1)?;
    let k = x.int(k)?;
    Ok((i, x.map(MapOp::Subtract, &[j, k])?))
}

fn triangle(x: &mut Expand<'_, '_>, keep: MapOp) -> One {
    let v = x.arg(0);
    let dims = x.dims(v);
    let (rows, cols) = match dims.as_slice() {
        [n] => (n.clone(), n.clone()),
        [.., rows, cols] => (rows.clone(), cols.clone()),
        [] => return x.fail(format!("`{}` wants a matrix, found {}", x.name(), x.ty(v))),
    };
    let (i, j) = corners(x, &rows, &cols, x.integer(1)?.unwrap_or(0))?;
    let inside = x.map(keep, &[j, i])?;
    let zero = x.int(0)?;
    let zero = x.full(&[], zero, x.dtype(v))?;
    x.choose(inside, v, zero)
}

fn tri(x: &mut Expand<'_, '_>) -> One {
    let rows = x.sizes_at(0)?.swap_remove(0);
    let cols = x.sizes_at(1)?.pop().unwrap_or_else(|| rows.clone());
    let dtype = x.dtype_at(3)?.unwrap_or(DType::F64);
    let (i, j) = corners(x, &rows, &cols, x.integer(2)?.unwrap_or(0))?;
    let inside = x.map(MapOp::LessEqual, &[j, i])?;
    x.cast(inside, dtype)
}

fn vander(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let dims = x.dims(v);
    let [n] = &dims[..] else { return x.fail("`vander` takes an array with one axis") };
    let n = match x.attr(1) {
        Attr::None => n.clone(),
        _ => x.sizes_at(1)?.swap_remove(0),
    };
    let powers = x.arange(&n)?;
    let powers = if x.flag(2, false)? { powers } else { x.slice(powers, 0, None, None, -1)? };
    let v = if x.kind(v) <= Kind::Int { x.cast(v, x.dtype(v).promote(DType::I64))? } else { v };
    let v = x.unsqueeze(v, 1)?;
    x.map(MapOp::Power, &[v, powers])
}
