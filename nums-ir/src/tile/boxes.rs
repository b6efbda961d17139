//! Boxes that are put into an array: `v[1:-1, 2:] = w`, whose positions are known when sizes are bound.
//!
//! An assignment names positions (`DataOp::Put`); where each list of them is a range along an axis of its own, or one number, they are a
//! box, and the new array is the old one around it and the values inside: pieces of blocks, and no list of positions is looked
//! at, or made. `regions` cuts the pieces; positions that the data names are `data`'s.

use super::regions::Source;
use super::{Tiler, integer, sizes};
use crate::data::DataOp;
use crate::dim::Dim;
use crate::func::{Func, IndexItem, Inst, Op, Scalar, Value};
use std::collections::HashSet;
use std::ops::Range;

/// Positions along one axis, and whether the values have that axis.
struct Side {
    range: Range<usize>,
    kept: bool,
}

/// The sides of the box that an instruction puts values into, one for each axis that it indexes.
fn sides(func: &Func, inst: &Inst) -> Option<Vec<Side>> {
    let Op::Data(DataOp::Put { axis: 0, count, add: false }) = inst.op else { return None };
    let shape = sizes(func, inst.args[0]);
    let places = inst.args.get(2..2 + count)?;
    let rank = places.iter().map(|p| sizes(func, *p).len()).max()?;
    let mut next = 0;
    let side = |(p, n): (&Value, &usize)| {
        if let Some(at) = number(func, *p) {
            let at = usize::try_from(if at < 0 { at + *n as i64 } else { at }).ok()?;
            return Some(Side { range: at..at + 1, kept: false });
        }
        // Each range lies along the next axis of the positions.
        let (along, range) = (sizes(func, *p), range(func, *p, *n)?);
        let lead = rank - along.len();
        let own = |i: usize| if i < lead { 1 } else { along[i - lead] };
        let alone = next < rank && (0..rank).all(|i| own(i) == if i == next { range.len() } else { 1 });
        next += 1;
        alone.then_some(Side { range, kept: true })
    };
    let sides: Vec<Side> = places.iter().zip(&shape).map(side).collect::<Option<_>>()?;
    let inside = sides.iter().zip(&shape).all(|(side, n)| side.range.end <= *n);
    (inside && sides.iter().filter(|s| s.kept).count() == rank).then_some(sides)
}

/// The plain number that a 0-d position is.
fn number(func: &Func, v: Value) -> Option<i64> {
    let inst = func.def(v)?;
    if let Op::Dim(Dim::Const(c)) = inst.op {
        return Some(c);
    }
    if let Op::Const(Scalar::Int(c)) = inst.op {
        return i64::try_from(c).ok();
    }
    if let Op::Kernel(body) = &inst.op {
        let made = inst.results.iter().position(|r| *r == v)?;
        return if body.params.is_empty() { number(body, body.results[made]) } else { None };
    }
    let same = matches!(inst.op, Op::Cast(_) | Op::Reshape { .. });
    if same && inst.args.iter().all(|a| func.ty(*a).rank() == Some(0)) { number(func, inst.args[0]) } else { None }
}

/// The positions of an axis of `n` that a list names: all, or a slice of all with step 1.
fn range(func: &Func, v: Value, n: usize) -> Option<Range<usize>> {
    let inst = func.def(v)?;
    if let Op::Reshape { .. } = inst.op {
        return range(func, inst.args[0], n);
    }
    if let Op::Arange { len: Some(len), .. } = &inst.op {
        let ends = [number(func, inst.args[0])?, number(func, inst.args[2])?];
        return (ends == [0, 1] && *len == Dim::from(n)).then_some(0..n);
    }
    let Op::Index { items } = &inst.op else { return None };
    let [IndexItem::Slice { start, stop: _, step: 1 }] = &items[..] else { return None };
    let start = start.as_ref().map_or(0, integer);
    let first = if start < 0 { (start + n as i64).max(0) } else { start.min(n as i64) } as usize;
    (range(func, inst.args[0], n)? == (0..n)).then(|| first..first + sizes(func, v)[0])
}

/// Positions of boxes, and what they are made of: nothing else reads them, so nobody makes them.
pub(super) fn unread(func: &Func) -> HashSet<Value> {
    let mut unread: HashSet<Value> = HashSet::new();
    let mut read: HashSet<Value> = func.results.iter().copied().collect();
    for inst in func.insts.iter().rev() {
        let is_box = sides(func, inst).is_some();
        let names = matches!(inst.op, Op::Arange { .. } | Op::Index { .. } | Op::Reshape { .. });
        let idle = names && inst.results.iter().all(|r| unread.contains(r) && !read.contains(r));
        for (i, arg) in inst.args.iter().enumerate() {
            let seen = if idle || (is_box && i >= 2) { &mut unread } else { &mut read };
            seen.insert(*arg);
        }
    }
    unread.retain(|v| !read.contains(v) && func.def(*v).is_some());
    unread
}

impl Tiler {
    /// Puts values into a box; `false` where the positions are none.
    pub(super) fn put_box(&mut self, func: &Func, inst: &Inst) -> bool {
        let Some(sides) = sides(func, inst) else { return false };
        let (out, x) = (inst.results[0], self.operand(func, inst.args[0]));
        let (loc, own) = (func.data(out).loc, self.grid(x).clone());
        let shape = own.shape();
        let whole = |axis: usize| 0..shape[axis];
        let inside = |axis: usize| sides.get(axis).map_or(whole(axis), |side| side.range.clone());
        let mut sources = Vec::new();
        // Around the box, axis by axis: within its sides along those before, everywhere along those behind.
        for (axis, side) in sides.iter().enumerate() {
            for part in [0..side.range.start, side.range.end..shape[axis]] {
                let at = |a: usize| match a.cmp(&axis) {
                    std::cmp::Ordering::Less => inside(a),
                    std::cmp::Ordering::Equal => part.clone(),
                    std::cmp::Ordering::Greater => whole(a),
                };
                let walk = (0..shape.len()).map(|a| Some((a, at(a).start as i64, 1))).collect();
                sources.push(Source::new(x, (0..shape.len()).map(at), walk));
            }
        }
        // The values broadcast to the box: their axes from the right.
        let kept: Vec<usize> = (0..shape.len()).filter(|a| sides.get(*a).is_none_or(|side| side.kept)).collect();
        let mut v = self.operand(func, inst.args[1]);
        let has = self.grid(v).shape().to_vec();
        let lead = vec![1; kept.len().saturating_sub(has.len())];
        let fitted = [&lead[..], &has[has.len().saturating_sub(kept.len())..]].concat();
        if fitted != has {
            let name = self.graph.array(v).name.clone();
            v = self.reshape(v, &fitted, &name, loc);
        }
        let walk = (0..shape.len()).map(|a| {
            let own = kept.iter().position(|k| *k == a)?;
            Some((own, 0, i64::from(fitted[own] == inside(a).len())))
        });
        let walk = walk.collect();
        sources.push(Source::new(v, (0..shape.len()).map(inside), walk));
        let id = self.result(func, out, own.clone());
        self.assemble(id, &sources, loc);
        true
    }
}
