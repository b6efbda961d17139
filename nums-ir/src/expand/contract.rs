//! Contractions: `einsum`, `tensordot` and their kin, as one operator on index sets.
//!
//! Indices that only one operand has are summed first. Where the terms are no more than the elements of an operand, the product
//! is element-wise and fuses; matrices and vectors make a `matmul`, which shares rows with its neighbours; everything else
//! is one `contract`. In which order the operands of a long one meet is decided when sizes are bound (`contraction.rs`).

use super::{Expand, Expansion, Made, One, one, select};
use crate::attr::Attr;
use crate::contraction::{Contraction, MOST};
use crate::data::DataOp;
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
    Expansion { name: "linalg.qr", write: qr },
];

/// Both factors: what nobody reads is not computed.
fn qr(x: &mut Expand<'_, '_>) -> Made {
    let a = x.arg(0);
    let a = x.floating(a)?;
    Ok(vec![x.data(DataOp::Qr { q: true }, &[a])?, x.data(DataOp::Qr { q: false }, &[a])?])
}

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
    let letters = [left, right.unwrap_or("")].concat().replace("...", "").replace(',', "");
    if let Some(c) = letters.chars().find(|c| !c.is_ascii_alphabetic()) {
        return x.fail(format!("`{c}` is no index: the subscripts are letters"));
    }
    let parts: Vec<&str> = left.split(',').collect();
    if parts.len() != ranks.len() {
        let (n, m) = (parts.len(), ranks.len());
        let (named, given) = (crate::infer::count(n, "operand", "operands"), crate::infer::are(m));
        return x.fail(format!("the subscripts \"{text}\" name {named}, {given} given"));
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
    product(x, operands, &result)
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

/// The product of all operands, summed over what `result` has not.
fn product(x: &mut Expand<'_, '_>, operands: Vec<Operand>, result: &[char]) -> One {
    let count = |c: &char| operands.iter().filter(|o| o.index.contains(c)).count();
    let all: Vec<char> = operands.iter().flat_map(|o| &o.index).copied().collect();
    let needed: Vec<char> = all.iter().copied().filter(|c| result.contains(c) || count(c) > 1).collect();
    let mut operands = operands.into_iter().map(|o| summed(x, o, &|c| needed.contains(&c))).collect::<Result<Vec<_>, _>>()?;
    while let Some((small, large)) = scaling(&operands, result) {
        let index = operands[large].index.clone();
        let pair = [large, small].map(|k| Operand { value: operands[k].value, index: operands[k].index.clone() });
        operands[large].value = elementwise(x, &pair, &index)?;
        operands.remove(small);
    }
    let [a, b] = &operands[..] else {
        return match &operands[..] {
            [] => x.fail("`einsum` wants at least one operand"),
            [only] => {
                let perm: Vec<usize> = result.iter().filter_map(|c| only.index.iter().position(|d| d == c)).collect();
                x.transpose(only.value, &perm)
            }
            _ if is_elementwise(&operands, result) => elementwise(x, &operands, result),
            _ => contraction(x, &operands, result),
        };
    };
    let shared = |c: &char| a.index.contains(c) && b.index.contains(c);
    let stacked = result.iter().any(shared);
    let summed = a.index.iter().any(|c| shared(c) && !result.contains(c));
    let (left, right) = (a.index.iter().any(|c| !shared(c)), b.index.iter().any(|c| !shared(c)));
    let flat = a.index.len() < 2 && b.index.len() < 2;
    if !summed || (stacked && !(left && right)) || (!left && !right && !flat) {
        return elementwise(x, &operands, result);
    }
    if !stacked && a.index.len() <= 2 && b.index.len() <= 2 {
        return matrices(x, a, b, result);
    }
    contraction(x, &operands, result)
}

/// An operand that only scales another one, of which two matrices or vectors are then left: `ni,n,nj->ij` is `ni,nj->ij`.
fn scaling(operands: &[Operand], result: &[char]) -> Option<(usize, usize)> {
    if operands.len() < 3 || is_elementwise(operands, result) || operands.iter().any(|o| o.index.len() > 2) {
        return None;
    }
    // What only these two have would be left to be summed: `ij,jk,k->i`.
    let elsewhere = |c: &char, a: usize, b: usize| {
        result.contains(c) || operands.iter().enumerate().any(|(k, o)| k != a && k != b && o.index.contains(c))
    };
    let inside =
        |a: usize, b: usize| a != b && operands[a].index.iter().all(|c| operands[b].index.contains(c) && elsewhere(c, a, b));
    // The last one that scales takes the last place: `X.T @ (X * s)`.
    let small: Vec<usize> = (0..operands.len()).filter(|a| (0..operands.len()).any(|b| inside(*a, b))).collect();
    let (small, left) = (*small.last()?, operands.len() - small.len());
    (left == 2).then(|| (0..operands.len()).rev().find(|b| inside(small, *b)).map(|large| (small, large)))?
}

/// Whether the terms are no more than the elements of the largest array: then they share the pass of what makes and reads it.
fn is_elementwise(operands: &[Operand], result: &[char]) -> bool {
    let mut sets = operands.iter().map(|o| &o.index[..]).chain([result]);
    sets.any(|set| operands.iter().flat_map(|o| &o.index).all(|c| set.contains(c)))
}

/// Matrices and vectors that share one index: a `matmul`, which may fuse with what has the same rows.
fn matrices(x: &mut Expand<'_, '_>, a: &Operand, b: &Operand, result: &[char]) -> One {
    // The result's first index is the left operand's.
    let (a, b) = if result.first().is_some_and(|c| !a.index.contains(c)) { (b, a) } else { (a, b) };
    let shared = |c: &char| a.index.contains(c) && b.index.contains(c);
    let trans_a = a.index.len() == 2 && shared(&a.index[0]);
    let trans_b = b.index.len() == 2 && shared(&b.index[1]);
    x.op(Op::Matmul { trans_a, trans_b, symmetric: false }, &[a.value, b.value])
}

fn contraction(x: &mut Expand<'_, '_>, operands: &[Operand], result: &[char]) -> One {
    let sets: Vec<Vec<char>> = operands.iter().map(|o| o.index.clone()).collect();
    let Some(spec) = Contraction::new(&sets, result) else {
        return x.fail(format!("`{}` has more than {MOST} indices", x.name()));
    };
    x.op(Op::Contract(spec), &operands.iter().map(|o| o.value).collect::<Vec<_>>())
}

/// All operands multiplied element by element, and what `result` has not summed.
fn elementwise(x: &mut Expand<'_, '_>, operands: &[Operand], result: &[char]) -> One {
    let mut order = result.to_vec();
    for c in operands.iter().flat_map(|o| &o.index) {
        if !order.contains(c) {
            order.push(*c);
        }
    }
    let mut product: Option<Value> = None;
    for o in operands {
        let present: Vec<char> = order.iter().copied().filter(|c| o.index.contains(c)).collect();
        let perm: Vec<usize> = present.iter().filter_map(|c| o.index.iter().position(|d| d == c)).collect();
        let mut v = x.transpose(o.value, &perm)?;
        if present.len() < order.len() {
            let item = |c| if present.contains(c) { super::whole() } else { crate::func::IndexItem::NewAxis };
            v = x.index(v, order.iter().map(item).collect())?;
        }
        product = Some(match product {
            Some(before) => x.map(MapOp::Multiply, &[before, v])?,
            None => v,
        });
    }
    let Some(product) = product else { return x.fail("a product of nothing") };
    let dtype = x.dtype(product);
    if order.len() == result.len() {
        return Ok(product);
    }
    let axes: Vec<usize> = (result.len()..order.len()).collect();
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
    product(x, vec![Operand { value: a, index: index_a }, Operand { value: b, index: index_b }], &kept)
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
