//! Contractions: products of any number of arrays, summed over the indices that the result does not have.
//!
//! `ab,bc->ac` gives every axis of every operand an index. Indices that only one operand has are in the result: what could be
//! summed before was. A contraction of three or more operands is done pair by pair (`Step`); `Contraction::order` chooses the
//! pairs by what they cost for bound sizes. `tile/contract.rs` cuts contractions into tasks, the runtime's `kernel/contract.rs`
//! runs them on strided views; nothing is transposed or reshaped in memory.

use crate::dim::Dim;
use std::collections::BTreeMap;
use std::fmt;

/// An index: an ASCII letter.
pub type Index = u8;

/// Indices that a contraction may have: the letters of both cases.
pub const MOST: usize = 52;

/// Index sets of operands and result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Contraction {
    /// By operand: the index of each axis.
    pub operands: Vec<Vec<Index>>,
    /// The index of each axis of the result.
    pub result: Vec<Index>,
}

/// Two operands become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Places of both among the operands that are left; the product takes the first one's place, the second one goes.
    pub pair: [usize; 2],
    /// Indices of both.
    pub operands: [Vec<Index>; 2],
    /// Indices of the product.
    pub result: Vec<Index>,
    /// The operands of the contraction that are in the product.
    pub leaves: Vec<usize>,
}

/// Operands up to which every order is weighed; more are paired greedily.
const EXHAUSTIVE: usize = 6;

/// In place of a symbol where an order is chosen before sizes are bound: large enough for the highest power to decide.
const EQUAL: usize = 1 << 10;

/// A size as a number, all symbols alike.
pub(crate) fn alike(dim: &Dim) -> Option<usize> {
    dim.substitute(&|_| Some(Dim::from(EQUAL))).as_const().and_then(|n| usize::try_from(n).ok())
}

/// What an element of an intermediate result, and a term that no product in tiles takes, count for in terms.
const TRAFFIC: f64 = 8.0;

impl Contraction {
    /// From any characters, which are renamed to letters in the order of their appearance; `None` for more than `MOST`.
    pub fn new(operands: &[Vec<char>], result: &[char]) -> Option<Contraction> {
        let mut names: Vec<char> = Vec::new();
        for c in operands.iter().flatten().chain(result) {
            if !names.contains(c) {
                names.push(*c);
            }
        }
        if names.len() > MOST {
            return None;
        }
        let letter = |c: &char| letter(names.iter().position(|n| n == c).unwrap_or(0));
        let operands = operands.iter().map(|o| o.iter().map(letter).collect()).collect();
        Some(Contraction { operands, result: result.iter().map(letter).collect() })
    }

    /// The product that `matmul` is, for operands of these ranks, which may be transposed: an index for each axis of a stack, one for
    /// rows, one for columns, one that is summed.
    pub fn matmul(ranks: [usize; 2], (trans_a, trans_b): (bool, bool)) -> Contraction {
        let (rows, summed, cols) = (b'i', b'k', b'j');
        let stack = |rank: usize| (0..rank.saturating_sub(2)).rev().map(|axis| b'A' + axis as Index);
        let side = |rank: usize, matrix: [Index; 2], trans: bool| match (rank, trans) {
            (0 | 1, _) => vec![summed],
            (_, false) => stack(rank).chain(matrix).collect(),
            (_, true) => stack(rank).chain(matrix.into_iter().rev()).collect::<Vec<_>>(),
        };
        let result = stack(ranks[0].max(ranks[1])).chain((ranks[0] > 1).then_some(rows)).chain((ranks[1] > 1).then_some(cols));
        let operands = vec![side(ranks[0], [rows, summed], trans_a), side(ranks[1], [summed, cols], trans_b)];
        Contraction { operands, result: result.collect() }
    }

    /// From text like `ab,bc->ac`.
    pub fn parse(text: &str) -> Option<Contraction> {
        let (left, right) = text.split_once("->")?;
        let set = |s: &str| s.bytes().map(|b| b.is_ascii_alphabetic().then_some(b)).collect::<Option<Vec<Index>>>();
        let operands = left.split(',').map(set).collect::<Option<Vec<_>>>()?;
        Some(Contraction { operands, result: set(right)? })
    }

    /// Whether the index sets make sense together.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), &'static str> {
        let twice = |set: &[Index]| (1..set.len()).any(|i| set[..i].contains(&set[i]));
        if self.operands.len() < 2 {
            return Err("a contraction has two operands or more");
        }
        if self.operands.iter().any(|o| twice(o)) || twice(&self.result) {
            return Err("an index stands twice in one array");
        }
        if self.result.iter().any(|i| !self.operands.iter().any(|o| o.contains(i))) {
            return Err("an index of the result stands in no operand");
        }
        let alone = |i: &Index| self.operands.iter().filter(|o| o.contains(i)).count() == 1 && !self.result.contains(i);
        if self.operands.iter().flatten().any(alone) {
            return Err("an index stands in one operand only");
        }
        Ok(())
    }

    /// All indices, each once, in the order of their appearance.
    pub fn indices(&self) -> Vec<Index> {
        union(self.operands.iter().flatten())
    }

    /// The size of every index for operands of these shapes; `None` if they do not fit.
    pub fn sizes(&self, shapes: &[&[usize]]) -> Option<BTreeMap<Index, usize>> {
        let mut sizes = BTreeMap::new();
        if shapes.len() != self.operands.len() {
            return None;
        }
        for (set, shape) in self.operands.iter().zip(shapes) {
            if set.len() != shape.len() {
                return None;
            }
            for (i, n) in set.iter().zip(*shape) {
                if *sizes.entry(*i).or_insert(*n) != *n {
                    return None;
                }
            }
        }
        Some(sizes)
    }

    /// The pairs of the cheapest order for these sizes; among equals the first.
    pub fn order(&self, size: &dyn Fn(Index) -> usize) -> Vec<[usize; 2]> {
        let mut best = (f64::INFINITY, Vec::new());
        let exhaustive = self.operands.len() <= EXHAUSTIVE;
        self.search(self.operands.clone(), (0.0, Vec::new()), size, exhaustive, &mut best);
        best.1
    }

    fn search(
        &self,
        operands: Vec<Vec<Index>>,
        done: (f64, Vec<[usize; 2]>),
        size: &dyn Fn(Index) -> usize,
        exhaustive: bool,
        best: &mut (f64, Vec<[usize; 2]>),
    ) {
        if operands.len() < 2 {
            if done.0 < best.0 {
                *best = done;
            }
            return;
        }
        let mut pairs = Vec::new();
        for i in 0..operands.len() {
            for j in i + 1..operands.len() {
                pairs.push(([i, j], self.cost(&operands, [i, j], size)));
            }
        }
        if !exhaustive {
            let cheapest = pairs.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
            let first = pairs.iter().position(|p| p.1 <= cheapest).unwrap_or(0);
            pairs = vec![pairs[first]];
        }
        for (pair, cost) in pairs {
            let (mut rest, mut order) = (operands.clone(), done.1.clone());
            let made = self.product(&operands, pair);
            rest[pair[0]] = made;
            rest.remove(pair[1]);
            order.push(pair);
            // Not to be compared with infinity: sizes may overflow any float.
            self.search(rest, (done.0 + cost.min(f64::MAX / 1e9), order), size, exhaustive, best);
        }
    }

    /// What an order costs, as `order` weighs it.
    pub(crate) fn price(&self, order: &[[usize; 2]], size: &dyn Fn(Index) -> usize) -> f64 {
        let mut operands = self.operands.clone();
        let costs = order.iter().map(|&[i, j]| {
            let cost = self.cost(&operands, [i, j], size);
            operands[i] = self.product(&operands, [i, j]);
            operands.remove(j);
            cost
        });
        costs.sum()
    }

    /// What one pair costs, in terms of a product in tiles.
    fn cost(&self, operands: &[Vec<Index>], [i, j]: [usize; 2], size: &dyn Fn(Index) -> usize) -> f64 {
        let elements = |set: &[Index]| set.iter().map(|i| size(*i) as f64).product::<f64>();
        let (a, b) = (&operands[i], &operands[j]);
        let made = self.product(operands, [i, j]);
        let terms = elements(&union(a.iter().chain(b)));
        let shared: Vec<&Index> = a.iter().filter(|i| b.contains(i)).collect();
        let only = |x: &[Index], y: &[Index]| x.iter().any(|i| !y.contains(i));
        let tiles = shared.iter().any(|i| !made.contains(i)) && only(a, b) && only(b, a);
        let kept = if operands.len() == 2 { 0.0 } else { TRAFFIC * elements(&made) };
        if tiles { terms + kept } else { TRAFFIC * terms + kept }
    }

    /// Indices of the product of two operands: those that the result or another operand has. Shared ones that are last in both
    /// operands stay last, other shared ones come first, then those of the first operand, then those of the second.
    fn product(&self, operands: &[Vec<Index>], [i, j]: [usize; 2]) -> Vec<Index> {
        if operands.len() == 2 {
            return self.result.clone();
        }
        let (a, b) = (&operands[i], &operands[j]);
        let rest = |c: &Index| operands.iter().enumerate().any(|(k, o)| k != i && k != j && o.contains(c));
        let kept = |c: &&Index| self.result.contains(c) || rest(c);
        let same_end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
        let end = &a[a.len() - same_end..];
        let shared = |c: &&Index| b.contains(c) && !end.contains(c);
        let first = a.iter().filter(kept).filter(|c| shared(c));
        let left = a.iter().filter(kept).filter(|c| !b.contains(c));
        let right = b.iter().filter(kept).filter(|c| !a.contains(c));
        first.chain(left).chain(right).chain(end.iter().filter(kept)).copied().collect()
    }

    /// The contraction of a step's operands, and the one of its product with the others.
    pub fn split(&self, step: &Step) -> (Contraction, Contraction) {
        let of = |k: usize| self.operands[k].clone();
        let inner = Contraction { operands: step.leaves.iter().map(|k| of(*k)).collect(), result: step.result.clone() };
        let rest = (0..self.operands.len()).filter(|k| !step.leaves.contains(k)).map(of);
        let operands = std::iter::once(step.result.clone()).chain(rest).collect();
        (inner, Contraction { operands, result: self.result.clone() })
    }

    /// The pairs one by one; `None` if the order is none.
    pub fn steps(&self, order: &[[usize; 2]]) -> Option<Vec<Step>> {
        let mut left: Vec<(Vec<Index>, Vec<usize>)> =
            self.operands.iter().enumerate().map(|(k, o)| (o.clone(), vec![k])).collect();
        let mut steps = Vec::with_capacity(order.len());
        for &[i, j] in order {
            if i >= j || j >= left.len() {
                return None;
            }
            let sets: Vec<Vec<Index>> = left.iter().map(|l| l.0.clone()).collect();
            let result = self.product(&sets, [i, j]);
            let second = left.remove(j);
            let first = std::mem::take(&mut left[i]);
            let leaves = [&first.1[..], &second.1].concat();
            left[i] = (result.clone(), leaves.clone());
            steps.push(Step { pair: [i, j], operands: [first.0, second.0], result, leaves });
        }
        (left.len() == 1).then_some(steps)
    }
}

fn letter(i: usize) -> Index {
    if i < 26 { b'a' + i as u8 } else { b'A' + (i - 26) as u8 }
}

/// Each once, in the order of their appearance.
pub fn union<'a>(indices: impl Iterator<Item = &'a Index>) -> Vec<Index> {
    let mut out = Vec::new();
    for i in indices {
        if !out.contains(i) {
            out.push(*i);
        }
    }
    out
}

impl fmt::Display for Contraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = |set: &[Index]| set.iter().map(|i| char::from(*i)).collect::<String>();
        let operands: Vec<String> = self.operands.iter().map(|o| set(o)).collect();
        write!(f, "{}->{}", operands.join(","), set(&self.result))
    }
}

#[cfg(test)]
mod tests {
    use super::Contraction;

    #[test]
    fn text_is_read_back_and_nonsense_is_not() {
        let c = Contraction::new(&[vec!['i', 'j', 'k'], vec!['j', 'f'], vec!['k', 'f']], &['i', 'f']).unwrap();
        assert_eq!(c.to_string(), "abc,bd,cd->ad");
        assert_eq!(Contraction::parse(&c.to_string()), Some(c));
        assert_eq!(Contraction::parse("a1,b->a"), None);
        let wrong = |text: &str| Contraction::parse(text).unwrap().check().unwrap_err();
        assert_eq!(wrong("ab->a"), "a contraction has two operands or more");
        assert_eq!(wrong("aa,ab->b"), "an index stands twice in one array");
        assert_eq!(wrong("ab,b->c"), "an index of the result stands in no operand");
        assert_eq!(wrong("ab,b->b"), "an index stands in one operand only");
    }

    #[test]
    fn a_product_has_an_index_for_every_axis() {
        let text = |ranks, trans| Contraction::matmul(ranks, trans).to_string();
        assert_eq!(text([2, 2], (false, false)), "ik,kj->ij");
        assert_eq!(text([2, 1], (true, false)), "ki,k->i");
        assert_eq!(text([1, 3], (false, true)), "k,Ajk->Aj");
        assert_eq!(text([3, 4], (false, false)), "Aik,BAkj->BAij");
    }

    #[test]
    fn the_cheapest_order_is_chosen() {
        let chain = Contraction::parse("ab,bc,cd->ad").unwrap();
        // A vector at the right end: from the right.
        assert_eq!(chain.order(&|i| if i == b'd' { 1 } else { 100 }), [[1, 2], [0, 1]]);
        assert_eq!(chain.order(&|i| if i == b'a' { 1 } else { 100 }), [[0, 1], [0, 1]]);
        let many = Contraction::parse("ab,bc,cd,de,ef,fg,gh->ah").unwrap();
        assert_eq!(many.steps(&many.order(&|_| 10)).unwrap().last().unwrap().result, [b'a', b'h']);
    }

    #[test]
    fn shared_indices_keep_their_end() {
        let c = Contraction::parse("bd,cd,abc->ad").unwrap();
        let steps = c.steps(&[[0, 1], [0, 1]]).unwrap();
        assert_eq!((steps[0].result.as_slice(), steps[0].leaves.as_slice()), (&b"bcd"[..], &[0, 1][..]));
        assert_eq!((steps[1].result.as_slice(), steps[1].leaves.as_slice()), (&b"ad"[..], &[0, 1, 2][..]));
        assert_eq!(c.steps(&[[0, 3]]), None);
        assert_eq!(c.steps(&[[0, 1]]), None);
    }
}
