//! Linear algebra that is written with products and reductions: norms and powers. What needs a decomposition is not there yet.

use super::{Expand, Expansion, One, one};
use crate::attr::Attr;
use crate::func::{Op, Value};
use crate::ops::{MapOp, ReduceOp};

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "linalg.norm", write: |x| norm(x).map(one) },
    Expansion { name: "linalg.vector_norm", write: |x| vector_norm(x).map(one) },
    Expansion { name: "linalg.matrix_norm", write: |x| matrix_norm(x).map(one) },
    Expansion { name: "linalg.matrix_power", write: |x| matrix_power(x).map(one) },
];

/// The order of a norm.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Frobenius,
    Number(f64),
}

fn order(x: &Expand<'_, '_>, at: usize) -> Result<Option<Order>, crate::diag::Diag> {
    match x.attr(at) {
        Attr::None => Ok(None),
        Attr::Int(n) => Ok(Some(Order::Number(*n as f64))),
        Attr::Float(n) => Ok(Some(Order::Number(*n))),
        Attr::Str(s) if s == "fro" => Ok(Some(Order::Frobenius)),
        _ => x.fail(format!("the order of `{}` is a literal number or \"fro\"", x.name())),
    }
}

/// NumPy's: of one axis a vector's, of two a matrix's, without an order of all elements together.
fn norm(x: &mut Expand<'_, '_>) -> One {
    let v = x.floating(x.arg(0))?;
    let (rank, keepdims, order) = (x.rank(v), x.flag(3, false)?, order(x, 1)?);
    let given = x.axes_at(2, rank)?;
    let axes = given.clone().unwrap_or_else(|| (0..rank).collect());
    match (order, axes.as_slice()) {
        (None, _) => vector(x, v, 2.0, &axes, keepdims),
        (Some(Order::Number(p)), [_]) => vector(x, v, p, &axes, keepdims),
        (Some(order), &[row, column]) => {
            // The order of axes matters: rows first.
            let turned = matches!(x.attr(2), Attr::List(parts) if parts.len() == 2 && first(x, parts, rank)? == column);
            let (row, column) = if turned { (column, row) } else { (row, column) };
            matrix(x, v, order, row, column, keepdims)
        }
        _ => x.fail(format!("`{}` with an order is of one axis or two, not of {}", x.name(), axes.len())),
    }
}

fn first(x: &Expand<'_, '_>, parts: &[Attr], rank: usize) -> Result<usize, crate::diag::Diag> {
    match parts[0] {
        Attr::Int(axis) => x.normal(axis, rank),
        _ => x.fail("an axis is a literal integer"),
    }
}

/// The Array API's: any axes together are one vector.
fn vector_norm(x: &mut Expand<'_, '_>) -> One {
    let v = x.floating(x.arg(0))?;
    let (rank, keepdims) = (x.rank(v), x.flag(2, false)?);
    let axes = x.axes_at(1, rank)?.unwrap_or_else(|| (0..rank).collect());
    match order(x, 3)? {
        None => vector(x, v, 2.0, &axes, keepdims),
        Some(Order::Number(p)) => vector(x, v, p, &axes, keepdims),
        Some(Order::Frobenius) => x.fail("the order of `linalg.vector_norm` is a number"),
    }
}

/// The Array API's: of the last two axes.
fn matrix_norm(x: &mut Expand<'_, '_>) -> One {
    let v = x.floating(x.arg(0))?;
    let (rank, keepdims) = (x.rank(v), x.flag(1, false)?);
    if rank < 2 {
        return x.fail(format!("`linalg.matrix_norm` wants a matrix, not {}", x.ty(v)));
    }
    let order = order(x, 2)?.unwrap_or(Order::Frobenius);
    matrix(x, v, order, rank - 2, rank - 1, keepdims)
}

fn vector(x: &mut Expand<'_, '_>, v: Value, p: f64, axes: &[usize], keepdims: bool) -> One {
    if p == 2.0 {
        let squares = super::stats::squared(x, v)?;
        let sum = x.reduce(ReduceOp::Sum, squares, axes, keepdims)?;
        return x.map(MapOp::Sqrt, &[sum]);
    }
    let size = x.map(MapOp::Absolute, &[v])?;
    if p == 1.0 {
        return x.reduce(ReduceOp::Sum, size, axes, keepdims);
    }
    if p.is_infinite() {
        return x.reduce(if p > 0.0 { ReduceOp::Max } else { ReduceOp::Min }, size, axes, keepdims);
    }
    if p == 0.0 {
        let zero = x.float(0.0)?;
        let there = x.map(MapOp::NotEqual, &[size, zero])?;
        let there = x.cast(there, x.dtype(size))?;
        return x.reduce(ReduceOp::Sum, there, axes, keepdims);
    }
    let (power, root) = (x.float(p)?, x.float(1.0 / p)?);
    let powers = x.map(MapOp::Power, &[size, power])?;
    let sum = x.reduce(ReduceOp::Sum, powers, axes, keepdims)?;
    x.map(MapOp::Power, &[sum, root])
}

/// Frobenius', and the largest or smallest sum of a column (1) or a row (infinity).
fn matrix(x: &mut Expand<'_, '_>, v: Value, order: Order, row: usize, column: usize, keepdims: bool) -> One {
    let (sums, best, op) = match order {
        Order::Frobenius => {
            let mut axes = [row, column];
            axes.sort_unstable();
            return vector(x, v, 2.0, &axes, keepdims);
        }
        Order::Number(p) if p.abs() == 1.0 => (row, column, if p > 0.0 { ReduceOp::Max } else { ReduceOp::Min }),
        Order::Number(p) if p.is_infinite() => (column, row, if p > 0.0 { ReduceOp::Max } else { ReduceOp::Min }),
        Order::Number(p) => {
            return x.fail(format!("the order {p} of a matrix needs its singular values, which are not in nums yet"));
        }
    };
    let size = x.map(MapOp::Absolute, &[v])?;
    let sums = x.reduce(ReduceOp::Sum, size, &[sums], true)?;
    let out = x.reduce(op, sums, &[best], true)?;
    if keepdims {
        return Ok(out);
    }
    let (low, high) = (row.min(column), row.max(column));
    let out = x.at(out, high, crate::dim::Dim::Const(0))?;
    x.at(out, low, crate::dim::Dim::Const(0))
}

/// By repeated squares.
fn matrix_power(x: &mut Expand<'_, '_>) -> One {
    let v = x.arg(0);
    let dims = x.dims(v);
    let Some(n) = x.integer(1)? else { return x.fail("`linalg.matrix_power` wants a literal integer") };
    let [.., rows, columns] = dims.as_slice() else {
        return x.fail(format!("`linalg.matrix_power` wants a square matrix, not {}", x.ty(v)));
    };
    if !x.is_same(rows, columns) {
        return x.fail(format!("`linalg.matrix_power` wants a square matrix, not {}", x.ty(v)));
    }
    if n < 0 {
        return x.fail("`linalg.matrix_power` with a negative power needs an inverse, which is not in nums yet");
    }
    if n == 0 {
        let dtype = x.dtype(v);
        let size = |d: &crate::dim::Dim| crate::func::Size::Dim(d.clone());
        let eye = x.op(Op::Eye { rows: size(rows), cols: size(columns), k: 0, dtype }, &[])?;
        return x.broadcast(eye, &dims);
    }
    let (mut rest, mut square, mut power): (i64, Value, Option<Value>) = (n, v, None);
    let product = |x: &mut Expand<'_, '_>, a: Value, b: Value| {
        x.op(Op::Matmul { trans_a: false, trans_b: false, symmetric: false }, &[a, b])
    };
    loop {
        if rest % 2 == 1 {
            power = Some(match power {
                None => square,
                Some(power) => product(x, power, square)?,
            });
        }
        rest /= 2;
        if rest == 0 {
            return Ok(power.unwrap_or(v));
        }
        square = product(x, square, square)?;
    }
}
