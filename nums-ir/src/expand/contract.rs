//! Contractions: `einsum`, `tensordot` and their kin, written as transposes, one product of stacked matrices, and sums.
//!
//! Two operands are contracted by sorting each index into four sorts: shared and kept (a stack), only left, only right, shared
//! and summed. Several operands are contracted pair by pair, the cheapest pair first where sizes are numbers.

use super::{Expand, Expansion, One, one, select};
use crate::attr::Attr;
use crate::diag::Diag;
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::func::{Op, Value};
use crate::ops::{MapOp, ReduceOp};
use std::collections::BTreeMap;

pub(super) const ROWS: &[Expansion] = &[
    Expansion { name: "einsum", write: |x| einsum(x).map(one) },
    Expansion { name: "tensordot", write: |x| tensordot(x).map(one) },
    Expansion { name: "dot", write: |x| dot(x).map(one) },
    Expansion { name: "inner", write: |x| inner(x).map(one) },
    Expansion { name: "outer", write: |x| outer(x).map(one) },
    Expansion { name: "vdot", write: |x| vdot(x).map(one) },
    Expansion { name: "vecdot", write: |x| vecdot(x).map(one) },
    Expansion { name: "matvec", write: |x| matvec(x).map(one) },
    Expansion { name: "vecmat", write: |x| vecmat(x).map(one) },
    Expansion { name: "kron", write: |x| kron(x).map(one) },
    Expansion { name: "cross", write: |x| cross(x).map(one) },
];

/// An array and the index of each of its axes.
struct Operand {
    value: Value,
    index: Vec<char>,
}

/// `…->…` split into the indices of the operands and of the result; `...` becomes indices of its own.
fn subscripts(x: &Expand<'_, '_>, text: &str, ranks: &[usize]) -> Result<(Vec<Vec<char>>, Vec<char>), Diag> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match text.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (text.as_str(), None),
    };
    let parts: Vec<&str> = left.split(',').collect();
    if parts.len() != ranks.len() {
        let (n, m) = (parts.len(), ranks.len());
        return x.fail(format!("the subscripts \"{text}\" name {n} operands, {m} are given"));
    }
    let mut stretch = 0;
    let mut indices = Vec::new();
    for (part, rank) in parts.iter().zip(ranks) {
        let letters = part.replace("...", "").chars().count();
        let extra = match rank.checked_sub(letters) {
            Some(extra) if extra == 0 || part.contains("...") => extra,
            _ => return x.fail(format!("the subscripts \"{part}\" name {letters} axes, the operand has {rank}")),
        };
        stretch = stretch.max(extra);
        indices.push((*part, extra));
    }
    // Characters that are no letters, from the right end of the longest `...`.
    let own = |extra: usize| -> String { (0..extra).map(|i| char::from(b'0' + (stretch - extra + i) as u8)).collect() };
    let expand = |part: &str, extra: usize| part.replace("...", &own(extra)).chars().collect::<Vec<char>>();
    let operands: Vec<Vec<char>> = indices.iter().map(|(part, extra)| expand(part, *extra)).collect();
    let result = match right {
        Some(right) => expand(right, stretch),
        None => {
            // Indices that stand once, in order; those of `...` first.
            let all: Vec<char> = operands.iter().flatten().copied().collect();
            let mut once: Vec<char> =
                all.iter().copied().filter(|c| c.is_ascii_digit() || all.iter().filter(|d| *d == c).count() == 1).collect();
            once.sort_unstable();
            once.dedup();
            once
        }
    };
    if let Some(c) = operands.iter().flatten().chain(&result).find(|c| !c.is_alphanumeric()) {
        return x.fail(format!("`{c}` is no index: the subscripts are letters"));
    }
    for (i, c) in result.iter().enumerate() {
        if result[..i].contains(c) {
            return x.fail(format!("the index `{c}` stands twice in the result of \"{text}\""));
        }
        if !operands.iter().any(|o| o.contains(c)) {
            return x.fail(format!("the index `{c}` of the result stands in no operand of \"{text}\""));
        }
    }
    Ok((operands, result))
}

fn einsum(x: &mut Expand<'_, '_>) -> One {
    let Some(text) = x.word(0)?.map(str::to_owned) else { return x.fail("`einsum` wants subscripts, as \"ij,jk->ik\"") };
    let values = x.list(1);
    let ranks: Vec<usize> = values.iter().map(|v| x.rank(*v)).collect();
    let (indices, result) = subscripts(x, &text, &ranks)?;
    let mut sizes: BTreeMap<char, Dim> = BTreeMap::new();
    for (k, (v, index)) in values.iter().zip(&indices).enumerate() {
        for (c, d) in index.iter().zip(x.dims(*v)) {
            match sizes.get(c) {
                Some(known) if *known == Dim::Const(1) => drop(sizes.insert(*c, d)),
                Some(known) if d != Dim::Const(1) && !x.is_same(known, &d) => {
                    return Err(Diag::new(x.loc, format!("the index `{c}` of \"{text}\" has two sizes: `{known}` and `{d}`"))
                        .note(format!("operand {k} is {}", x.ty(*v))));
                }
                Some(_) => {}
                None => drop(sizes.insert(*c, d)),
            }
        }
    }
    let dtype = values.iter().map(|v| x.dtype(*v)).reduce(DType::promote).unwrap_or(DType::F64);
    let mut operands = Vec::new();
    for (v, index) in values.iter().zip(indices) {
        let value = x.cast(*v, dtype)?;
        operands.push(diagonals(x, Operand { value, index }, &sizes)?);
    }
    let keep = |c: char, rest: &[&Operand]| result.contains(&c) || rest.iter().any(|o| o.index.contains(&c));
    while operands.len() > 1 {
        let (i, j) = cheapest(&operands, &sizes);
        let right = operands.remove(j);
        let left = operands.remove(i);
        let rest: Vec<&Operand> = operands.iter().collect();
        let left = summed(x, left, &|c| keep(c, &rest) || right.index.contains(&c))?;
        let index: Vec<char> = left.index.clone();
        let right = summed(x, right, &|c| keep(c, &rest) || index.contains(&c))?;
        let kept: Vec<char> = left.index.iter().chain(&right.index).copied().filter(|c| keep(*c, &rest)).collect();
        let made = pair(x, left, right, &kept)?;
        operands.insert(i, made);
    }
    let Some(last) = operands.pop() else { return x.fail("`einsum` wants at least one operand") };
    let last = summed(x, last, &|c| result.contains(&c))?;
    let perm: Vec<usize> = result.iter().filter_map(|c| last.index.iter().position(|d| d == c)).collect();
    x.transpose(last.value, &perm)
}

/// An index that stands twice in one operand is its diagonal; an axis of size 1 of a longer index is dropped.
fn diagonals(x: &mut Expand<'_, '_>, mut o: Operand, sizes: &BTreeMap<char, Dim>) -> Result<Operand, Diag> {
    while let Some((i, j)) =
        (0..o.index.len()).find_map(|i| Some((i, (i + 1..o.index.len()).find(|j| o.index[*j] == o.index[i])?)))
    {
        let c = o.index[i];
        o.value = select::diagonal_of(x, o.value, 0, i, j)?;
        o.index.remove(j);
        o.index.remove(i);
        o.index.push(c);
    }
    let dims = x.dims(o.value);
    for a in (0..dims.len()).rev() {
        if dims[a] == Dim::Const(1) && sizes[&o.index[a]] != Dim::Const(1) {
            o.value = x.at(o.value, a, Dim::Const(0))?;
            o.index.remove(a);
        }
    }
    Ok(o)
}

/// The operand with the indices that nobody needs summed.
fn summed(x: &mut Expand<'_, '_>, o: Operand, keep: &dyn Fn(char) -> bool) -> Result<Operand, Diag> {
    let axes: Vec<usize> = (0..o.index.len()).filter(|a| !keep(o.index[*a])).collect();
    if axes.is_empty() {
        return Ok(o);
    }
    let dtype = x.dtype(o.value);
    let sum = x.reduce(ReduceOp::Sum, o.value, &axes, false)?;
    // A sum of small integers is wider than the product that NumPy makes.
    let value = x.cast(sum, dtype)?;
    Ok(Operand { value, index: o.index.into_iter().filter(|c| keep(*c)).collect() })
}

/// The pair whose product has fewest terms; the first two where sizes are symbols.
fn cheapest(operands: &[Operand], sizes: &BTreeMap<char, Dim>) -> (usize, usize) {
    let mut best = (0, 1);
    let mut least = f64::INFINITY;
    for i in 0..operands.len() {
        for j in i + 1..operands.len() {
            let mut index: Vec<char> = operands[i].index.iter().chain(&operands[j].index).copied().collect();
            index.sort_unstable();
            index.dedup();
            let cost = index.iter().map(|c| sizes[c].as_const().map_or(1e3, |n| n as f64)).product::<f64>();
            if cost < least {
                (best, least) = ((i, j), cost);
            }
        }
    }
    best
}

/// The product of two operands that keeps `kept`, in the order stack, left, right.
fn pair(x: &mut Expand<'_, '_>, a: Operand, b: Operand, kept: &[char]) -> Result<Operand, Diag> {
    let in_both = |c: &char| a.index.contains(c) && b.index.contains(c);
    let stack: Vec<char> = a.index.iter().copied().filter(|c| in_both(c) && kept.contains(c)).collect();
    let inner: Vec<char> = a.index.iter().copied().filter(|c| in_both(c) && !kept.contains(c)).collect();
    let left: Vec<char> = a.index.iter().copied().filter(|c| !in_both(c)).collect();
    let right: Vec<char> = b.index.iter().copied().filter(|c| !in_both(c)).collect();
    let index: Vec<char> = [&stack[..], &left, &right].concat();
    if inner.is_empty() || (!stack.is_empty() && (left.is_empty() || right.is_empty())) {
        let value = elementwise(x, &a, &b, &[&index[..], &inner].concat(), inner.len())?;
        return Ok(Operand { value, index });
    }
    let sizes = |o: &Operand, of: &[char], x: &Expand<'_, '_>| -> Vec<Dim> {
        let dims = x.dims(o.value);
        of.iter().filter_map(|c| Some(dims[o.index.iter().position(|d| d == c)?].clone())).collect()
    };
    let (s, l, r, k) = (sizes(&a, &stack, x), sizes(&a, &left, x), sizes(&b, &right, x), sizes(&a, &inner, x));
    let matrices = |x: &mut Expand<'_, '_>, o: &Operand, order: Vec<char>, rows: &[Dim], cols: &[Dim]| {
        let perm: Vec<usize> = order.iter().filter_map(|c| o.index.iter().position(|d| d == c)).collect();
        let v = x.transpose(o.value, &perm)?;
        let mut shape = s.clone();
        shape.extend([x.product(rows), x.product(cols)]);
        // A vector stays one where nothing is stacked.
        x.reshape(v, &shape)
    };
    let p = matrices(x, &a, [&stack[..], &left, &inner].concat(), &l, &k)?;
    let q = matrices(x, &b, [&stack[..], &inner, &right].concat(), &k, &r)?;
    let product = x.op(Op::Matmul { trans_a: false, trans_b: false, symmetric: false }, &[p, q])?;
    let value = x.reshape(product, &[&s[..], &l, &r].concat())?;
    Ok(Operand { value, index })
}

/// Both operands with the axes `order`, multiplied, and the last `inner` axes summed.
fn elementwise(x: &mut Expand<'_, '_>, a: &Operand, b: &Operand, order: &[char], inner: usize) -> One {
    let spread = |x: &mut Expand<'_, '_>, o: &Operand| {
        let present: Vec<char> = order.iter().copied().filter(|c| o.index.contains(c)).collect();
        let perm: Vec<usize> = present.iter().filter_map(|c| o.index.iter().position(|d| d == c)).collect();
        let v = x.transpose(o.value, &perm)?;
        let items = order.iter().map(|c| if present.contains(c) { super::whole() } else { crate::func::IndexItem::NewAxis });
        if present.len() == order.len() { Ok(v) } else { x.index(v, items.collect()) }
    };
    let (p, q) = (spread(x, a)?, spread(x, b)?);
    let dtype = x.dtype(p);
    let product = x.map(MapOp::Multiply, &[p, q])?;
    if inner == 0 {
        return Ok(product);
    }
    let axes: Vec<usize> = (order.len() - inner..order.len()).collect();
    let sum = x.reduce(ReduceOp::Sum, product, &axes, false)?;
    x.cast(sum, dtype)
}

/// Contracts axes of `a` with axes of `b`.
fn contract(x: &mut Expand<'_, '_>, a: Value, b: Value, of_a: &[usize], of_b: &[usize]) -> One {
    let dtype = x.dtype(a).promote(x.dtype(b));
    let (p, q) = (x.dims(a), x.dims(b));
    for (i, j) in of_a.iter().zip(of_b) {
        if !x.is_same(&p[*i], &q[*j]) {
            return Err(Diag::new(x.loc, format!("shapes do not agree in `{}`: {} and {}", x.name(), x.ty(a), x.ty(b)))
                .note(format!("axis {i} of operand 0 is `{}`, axis {j} of operand 1 is `{}`", p[*i], q[*j])));
        }
    }
    let letter = |i: usize| char::from(b'a' + (i % 26) as u8);
    let index_a: Vec<char> = (0..p.len()).map(letter).collect();
    let index_b: Vec<char> = (0..q.len())
        .map(|j| match of_b.iter().position(|b| *b == j) {
            Some(k) => index_a[of_a[k]],
            None => char::from(b'A' + (j % 26) as u8),
        })
        .collect();
    let kept: Vec<char> =
        index_a.iter().chain(&index_b).copied().filter(|c| !(index_a.contains(c) && index_b.contains(c))).collect();
    let (a, b) = (x.cast(a, dtype)?, x.cast(b, dtype)?);
    let made = pair(x, Operand { value: a, index: index_a }, Operand { value: b, index: index_b }, &kept)?;
    let perm: Vec<usize> = kept.iter().filter_map(|c| made.index.iter().position(|d| d == c)).collect();
    x.transpose(made.value, &perm)
}

fn tensordot(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.arg(0), x.arg(1));
    let (m, n) = (x.rank(a), x.rank(b));
    let list = |x: &Expand<'_, '_>, attr: &Attr, rank: usize| -> Result<Vec<usize>, Diag> {
        match attr {
            Attr::Int(i) => Ok(vec![x.normal(*i, rank)?]),
            Attr::List(parts) => parts
                .iter()
                .map(|p| if let Attr::Int(i) = p { x.normal(*i, rank) } else { x.fail("`axes` of `tensordot` are integers") })
                .collect(),
            _ => x.fail("`axes` of `tensordot` is an integer, or two lists of axes"),
        }
    };
    let (of_a, of_b) = match x.attr(2).clone() {
        Attr::None => ((m.saturating_sub(2)..m).collect(), (0..2).collect()),
        Attr::Int(k) if k >= 0 && k as usize <= m.min(n) => ((m - k as usize..m).collect(), (0..k as usize).collect()),
        Attr::List(pair) if pair.len() == 2 => (list(x, &pair[0], m)?, list(x, &pair[1], n)?),
        attr => {
            let shown = if let Attr::Int(k) = attr { format!(", not {k}") } else { String::new() };
            return x.fail(format!("`axes` of `tensordot` is an integer up to the number of axes, or two lists of axes{shown}"));
        }
    };
    let (of_a, of_b): (Vec<usize>, Vec<usize>) = (of_a, of_b);
    if of_a.len() != of_b.len() || of_b.iter().any(|j| *j >= n) {
        return x.fail("`tensordot` contracts as many axes of the first operand as of the second");
    }
    contract(x, a, b, &of_a, &of_b)
}

fn dot(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.arg(0), x.arg(1));
    let (m, n) = (x.rank(a), x.rank(b));
    if m == 0 || n == 0 {
        return x.map(MapOp::Multiply, &[a, b]);
    }
    contract(x, a, b, &[m - 1], &[n.saturating_sub(2)])
}

fn inner(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.arg(0), x.arg(1));
    let (m, n) = (x.rank(a), x.rank(b));
    if m == 0 || n == 0 {
        return x.map(MapOp::Multiply, &[a, b]);
    }
    contract(x, a, b, &[m - 1], &[n - 1])
}

fn outer(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.ravel(x.arg(0))?, x.ravel(x.arg(1))?);
    let a = x.unsqueeze(a, 1)?;
    x.map(MapOp::Multiply, &[a, b])
}

fn conjugated(x: &mut Expand<'_, '_>, v: Value) -> One {
    if x.kind(v) == Kind::Complex { x.map(MapOp::Conjugate, &[v]) } else { Ok(v) }
}

fn vdot(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.ravel(x.arg(0))?, x.ravel(x.arg(1))?);
    let a = conjugated(x, a)?;
    contract(x, a, b, &[0], &[0])
}

fn vecdot(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.arg(0), x.arg(1));
    let rank = x.rank(a).min(x.rank(b));
    if rank == 0 {
        return x.fail("`vecdot` wants arrays with at least one axis");
    }
    let axis = x.integer(2)?.unwrap_or(-1);
    let last = |x: &mut Expand<'_, '_>, v: Value| {
        let n = x.rank(v);
        let at = x.normal(axis, n)?;
        super::shape::moved(x, v, at, n - 1)
    };
    let (a, b) = (last(x, a)?, last(x, b)?);
    let a = conjugated(x, a)?;
    let (a, b) = (x.cast(a, x.dtype(a))?, x.cast(b, x.dtype(b))?);
    let dtype = x.dtype(a).promote(x.dtype(b));
    let product = x.map(MapOp::Multiply, &[a, b])?;
    let last = x.rank(product) - 1;
    let sum = x.reduce(ReduceOp::Sum, product, &[last], false)?;
    x.cast(sum, dtype)
}

fn matvec(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.arg(0), x.arg(1));
    let shown = format!("shapes do not agree in `matvec`: {} and {}", x.ty(a), x.ty(b));
    let b = x.unsqueeze(b, x.rank(b))?;
    let out = x.op(Op::Matmul { trans_a: false, trans_b: false, symmetric: false }, &[a, b]);
    let out = out.map_err(|d| Diag { message: shown, ..d })?;
    let last = x.rank(out) - 1;
    x.at(out, last, Dim::Const(0))
}

fn vecmat(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (conjugated(x, x.arg(0))?, x.arg(1));
    let shown = format!("shapes do not agree in `vecmat`: {} and {}", x.ty(a), x.ty(b));
    let a = x.unsqueeze(a, x.rank(a).saturating_sub(1))?;
    let out = x.op(Op::Matmul { trans_a: false, trans_b: false, symmetric: false }, &[a, b]);
    let out = out.map_err(|d| Diag { message: shown, ..d })?;
    let row = x.rank(out) - 2;
    x.at(out, row, Dim::Const(0))
}

fn kron(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.arg(0), x.arg(1));
    let rank = x.rank(a).max(x.rank(b));
    let raised = |x: &Expand<'_, '_>, v: Value| {
        let dims = x.dims(v);
        [vec![Dim::Const(1); rank - dims.len()], dims].concat()
    };
    let (p, q) = (raised(x, a), raised(x, b));
    let one = Dim::Const(1);
    let wide: Vec<Dim> = p.iter().flat_map(|d| [d.clone(), one.clone()]).collect();
    let deep: Vec<Dim> = q.iter().flat_map(|d| [one.clone(), d.clone()]).collect();
    let (a, b) = (x.reshape(a, &wide)?, x.reshape(b, &deep)?);
    let product = x.map(MapOp::Multiply, &[a, b])?;
    let shape: Vec<Dim> = p.iter().zip(&q).map(|(m, n)| m.mul(n)).collect();
    x.reshape(product, &shape)
}

fn cross(x: &mut Expand<'_, '_>) -> One {
    let (a, b) = (x.arg(0), x.arg(1));
    let axis = x.integer(2)?.unwrap_or(-1);
    let three = |x: &mut Expand<'_, '_>, v: Value| -> Result<[Value; 3], Diag> {
        let at = x.normal(axis, x.rank(v))?;
        if !x.is_same(&x.dims(v)[at], &Dim::Const(3)) {
            return x.fail(format!("`cross` is of vectors of 3 elements: axis {at} of {} has {}", x.ty(v), x.dims(v)[at]));
        }
        Ok([x.at(v, at, Dim::Const(0))?, x.at(v, at, Dim::Const(1))?, x.at(v, at, Dim::Const(2))?])
    };
    let (p, q) = (three(x, a)?, three(x, b)?);
    let mut parts = Vec::new();
    for (i, j) in [(1, 2), (2, 0), (0, 1)] {
        let (u, v) = (x.map(MapOp::Multiply, &[p[i], q[j]])?, x.map(MapOp::Multiply, &[p[j], q[i]])?);
        parts.push(x.map(MapOp::Subtract, &[u, v])?);
    }
    let rank = x.rank(parts[0]);
    let at = x.normal(axis, rank + 1)?;
    let wide = parts.iter().map(|v| x.unsqueeze(*v, at)).collect::<Result<Vec<_>, _>>()?;
    x.concatenate(&wide, at)
}
