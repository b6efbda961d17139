//! How much of a kernel's index space a task takes at a time: a small cost model of the caches.
//!
//! A tile passes through the steps of a kernel one after another. That pays while its bytes stay in a cache, and costs every
//! step a start, so a tile is as large as the cache allows. A panel takes as many rows as fit in half of the second cache
//! beside what every tile needs (whole operands, totals, packed panels of products); the other half is for what is fetched
//! ahead. Inside, and in kernels of one element-wise group, loops take a range of elements out of the second cache; an interpreter
//! takes it in chunks. What an element or a row touches is read off the body, so the model is arithmetic.
//!
//! Speed is all that depends on it: a tile is a whole number of the panels in which sums are taken (`ROWS`), and sums of
//! elements take pieces of any length. So no bit of an answer depends on a cache, and experiments may set any (`NUMS_CACHE`).

use crate::dim::Dim;
use crate::func::{Func, Inst, Op, Value};
use crate::panel::{Role, roles};
use std::fmt::Write as _;

/// Bytes of the second cache that a thread may count on where nothing is known.
pub const CACHE: usize = 512 << 10;
/// Rows of a whole number of panels of every sum over rows.
pub const ROWS: usize = 256;
/// Rows of a tile at the most: more save nothing.
const MOST_ROWS: usize = 64 * ROWS;
/// Rows along another than the first axis come in multiples of a cache line of floats.
const LINE: usize = 16;
/// Elements of a loop's tile. Longer runs save nothing; shorter ones are over before the hardware fetches ahead.
const MOST: usize = 4096;
const LEAST: usize = 1024;
/// Rows of a tile at the least: one row would be a vector to a product.
const TWO: usize = 2;
/// Lines of the left operand that a product packs at a time.
const LINES: usize = 192;

/// Bytes that a tile touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// For each row, or each element of a kernel without rows.
    pub each: Dim,
    /// Beside the tile, however large it is.
    pub beside: Dim,
    /// Rows of a panel's tile come in multiples of this: whole panels of every sum over rows, if there is one.
    pub unit: usize,
    /// Rows of a panel's tile at the least: a product packs a whole operand for every tile, which many lines have to pay for.
    pub least: usize,
}

impl Touched {
    /// What the tiles of a kernel touch.
    pub fn by(body: &Func) -> Touched {
        if body.rows.is_empty() {
            Touched { each: Dim::from(element(body)), beside: Dim::from(0), unit: 1, least: TWO }
        } else {
            panel(body)
        }
    }

    /// Rows, or elements, of a tile for a second cache of so many bytes; the least for sizes that are not bound.
    pub fn tile(&self, is_panel: bool, cache: usize) -> usize {
        let number = |d: &Dim| d.as_const().and_then(|n| usize::try_from(n).ok());
        let room = number(&self.beside).map_or(0, |beside| (cache / 2).saturating_sub(beside));
        let fit = number(&self.each).map_or(0, |each| room / each.max(1));
        if is_panel {
            (fit / self.unit).clamp(self.least.div_ceil(self.unit), MOST_ROWS / self.unit) * self.unit
        } else {
            (fit / LEAST * LEAST).clamp(LEAST, MOST)
        }
    }
}

/// How many of `left` rows a tile takes that takes `most`, two or more. The last one takes one more before it leaves a single row, which would
/// be a vector to a product and have its sums in another order.
pub fn next(left: usize, most: usize) -> usize {
    if left == most.saturating_add(1) { left } else { most.min(left) }
}

/// What the tiles of every kernel touch, in words: lines of comments. With a cache also how large they are.
pub fn explain<'a>(kernels: impl Iterator<Item = &'a Func>, cache: Option<usize>) -> String {
    let mut out = String::new();
    for body in kernels {
        let (touched, is_panel) = (Touched::by(body), !body.rows.is_empty());
        let unit = if is_panel { "row" } else { "element" };
        write!(out, "; tiles of {}: ", body.name).expect("a String");
        if let Some(cache) = cache {
            write!(out, "{} {unit}s, ", touched.tile(is_panel, cache)).expect("a String");
        }
        write!(out, "{} bytes each {unit}", touched.each).expect("a String");
        if is_panel {
            write!(out, ", {} beside", touched.beside).expect("a String");
        }
        if touched.unit == ROWS {
            write!(out, ", in panels of {} rows", touched.unit).expect("a String");
        }
        out += "\n";
    }
    out
}

/// Bytes that an element of an element-wise group touches: operands with an axis, results, and what is reduced.
fn element(body: &Func) -> usize {
    let size = |v: &Value| if body.ty(*v).rank() == Some(0) { 0 } else { body.ty(*v).dtype.size() };
    let reduced = |inst: &Inst| if let Op::Reduce { .. } = inst.op { Some(inst.args[0]) } else { None };
    let is_reduction = |v: &Value| body.def(*v).and_then(reduced).is_some();
    let mut touched: Vec<Value> = body.params.clone();
    let left = body.results.iter().copied().filter(|r| !is_reduction(r));
    for v in left.chain(body.insts.iter().filter_map(reduced)) {
        if !touched.contains(&v) {
            touched.push(v);
        }
    }
    touched.iter().map(size).sum()
}

/// Rows that have as many lines of a product as a panel: one each of a matrix, many of a stack.
fn lines(body: &Func, product: Value, row: Option<usize>) -> usize {
    let dims = body.ty(product).dims().unwrap_or_default();
    let others = dims.iter().enumerate().rev().skip(1).filter(|(axis, _)| Some(*axis) != row);
    let each: usize = others.filter_map(|(_, n)| usize::try_from(n.as_const()?).ok()).product();
    let is_last = row.is_some_and(|axis| axis + 1 == dims.len());
    if is_last { ROWS } else { ROWS.div_ceil(each.max(1)) }
}

/// Rows in and out of the steps of a panel, and what is there for all of them.
fn panel(body: &Func) -> Touched {
    let (mut each, mut beside) = (Dim::from(0), Dim::from(0));
    let wide = |v: Value, row: Option<usize>| {
        let dims = body.ty(v).dims().unwrap_or_default().iter().enumerate();
        dims.filter(|(axis, _)| Some(*axis) != row).fold(Dim::from(body.ty(v).dtype.size()), |n, (_, d)| n.mul(d))
    };
    let Ok(roles) = roles(body) else { return Touched { each, beside, unit: ROWS, least: ROWS } };
    let unit = match (roles.iter().any(|role| matches!(role, Role::Total(_))), body.rows.iter().all(|(_, axis)| *axis == 0)) {
        (true, _) => ROWS,
        (false, true) => 1,
        (false, false) => LINE,
    };
    let defined = body.params.iter().chain(body.insts.iter().flat_map(|i| &i.results));
    for v in defined {
        match roles[v.0 as usize] {
            Role::Row(axis) => each = each.add(&wide(*v, Some(axis))),
            Role::Whole | Role::Total(_) => beside = beside.add(&wide(*v, None)),
        }
    }
    let mut least = TWO;
    for inst in &body.insts {
        if let (Op::Matmul { .. }, [a, b], [r]) = (&inst.op, &inst.args[..], &inst.results[..])
            && [a, b].iter().all(|v| body.ty(**v).rank() >= Some(2))
        {
            least = least.max(lines(body, *r, roles[r.0 as usize].axis()));
            let (left, right) = (roles[a.0 as usize].axis(), roles[b.0 as usize].axis());
            let packed = match (roles[r.0 as usize], left) {
                (Role::Total(_), _) => wide(*a, left).add(&wide(*b, right)).mul(&Dim::from(ROWS)),
                (Role::Row(_) | Role::Whole, Some(_)) => wide(*b, None).add(&wide(*a, left).mul(&Dim::from(LINES))),
                (Role::Row(_) | Role::Whole, None) => wide(*a, None).add(&wide(*b, right).mul(&Dim::from(LINES))),
            };
            beside = beside.add(&packed);
        }
    }
    Touched { each, beside, unit, least }
}

#[cfg(test)]
mod tests {
    use super::{CACHE, ROWS, Touched, explain};
    use crate::func::{Func, Op};
    use crate::text;

    fn kernels(text: &str) -> Vec<Func> {
        let func = text::parse(text).unwrap();
        func.insts.into_iter().filter_map(|i| if let Op::Kernel(body) = i.op { Some(*body) } else { None }).collect()
    }

    const GRADIENT: &str = "nums-ir 1\n; stage: fused\nfn f(%X: f64[9000, 32], %b: f64[32]) {\n  %g: f64[32] = kernel p0(rows %X: f64[9000, 32] = %X, %b: f64[32] = %b) {\n    %r: f64[9000] = matmul %X, %b\n    %g: f64[32] = matmul %X, %r, trans_a=true\n    return %g\n  }\n  return %g\n}\n";

    #[test]
    fn a_larger_cache_gives_larger_tiles_of_whole_panels() {
        let body = kernels(GRADIENT).remove(0);
        let touched = Touched::by(&body);
        // A row of X and its dot; b and g.
        assert_eq!((touched.each.as_const(), touched.beside.as_const()), (Some(33 * 8), Some(2 * 32 * 8)));
        let rows: Vec<usize> = [0, 64 << 10, CACHE, 8 << 20, usize::MAX].map(|cache| touched.tile(true, cache)).to_vec();
        assert_eq!(rows, [ROWS, ROWS, 3 * ROWS, 62 * ROWS, 64 * ROWS]);
        assert_eq!(explain([&body].into_iter(), None), "; tiles of p0: 264 bytes each row, 512 beside, in panels of 256 rows\n");
    }

    #[test]
    fn sizes_that_are_not_bound_give_the_least() {
        let body = kernels(&GRADIENT.replace("9000", "n").replace("32]", "d]")).remove(0);
        assert_eq!(Touched::by(&body).tile(true, CACHE), ROWS);
        assert_eq!(Touched::by(&body).each.to_string(), "8 * d + 8");
    }

    #[test]
    fn loops_take_less_of_more_operands() {
        let text = "nums-ir 1\n; stage: fused\nfn f(%x: f64[n], %s: f64[]) {\n  %y: f64[n] = kernel k0(%x: f64[n] = %x, %s: f64[] = %s) {\n    %y: f64[n] = multiply %x, %s\n    return %y\n  }\n  return %y\n}\n";
        let touched = Touched::by(&kernels(text)[0]);
        assert_eq!(touched.each.as_const(), Some(16));
        assert_eq!([1 << 10, 80 << 10, CACHE].map(|cache| touched.tile(false, cache)), [1024, 2048, 4096]);
    }
}
