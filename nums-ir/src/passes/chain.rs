//! The order of a chain of products: `A @ B @ v` is `A @ (B @ v)`.
//!
//! A chain is a product of matrices, with a vector at an end or not, whose inner products nothing else reads. It is one contraction,
//! and `Contraction::order` chooses its pairs; as written is what no other order is cheaper than. Constant sizes
//! count as they are, symbols as equal ones; where sizes are bound they count (`is_there` tells who binds that they matter). Runs after
//! `transpose`, so that `(A @ B).T @ C` is a chain, before `symmetric`, and fused or not, so that an order changes no bit between the two.

use crate::contraction::{Contraction, Index, alike};
use crate::dim::Dim;
use crate::func::{Func, Inst, Op, Value, ValueData};
use crate::pass::{Changed, Pass};
use crate::passes::uses;
use crate::types::Type;

/// The row of the pipeline.
pub const PASS: Pass = Pass { name: "chain", about: "chooses the order of a chain of products by what it costs", run };

/// An operand of a chain and whether it is read transposed.
#[derive(Clone, Copy)]
struct Factor {
    value: Value,
    trans: bool,
}

/// A chain as it is written.
struct Chain {
    factors: Vec<Factor>,
    /// The pairs of neighbours that become one, as `Contraction::order` numbers them.
    order: Vec<[usize; 2]>,
}

fn run(func: &mut Func) -> Changed {
    let mut changed = false;
    let mut at = 0;
    while at < func.insts.len() {
        if let Some(chain) = chain(func, at)
            && let Some(order) = cheaper(func, &chain)
        {
            at = rewrite(func, at, chain.factors, &order);
            changed = true;
        }
        at += 1;
    }
    Changed::of(changed)
}

/// Whether a fused function has products of products or contractions of several operands, whose order the numbers of a call may turn.
pub(crate) fn is_there(func: &Func) -> bool {
    func.insts.iter().any(|inst| {
        if matches!(&inst.op, Op::Contract(spec) if spec.operands.len() > 2) {
            return true;
        }
        if let Op::Kernel(body) = &inst.op {
            let outer = |v: &Value| body.params.iter().position(|p| p == v).is_some_and(|p| is_product(func, inst.args[p]));
            return is_there(body) || body.insts.iter().any(|inner| is_ordered(inner) && inner.args.iter().any(outer));
        }
        is_ordered(inst) && inst.args.iter().any(|v| is_product(func, *v))
    })
}

fn is_ordered(inst: &Inst) -> bool {
    is_matmul(inst) || matches!(inst.op, Op::Contract(_))
}

fn is_matmul(inst: &Inst) -> bool {
    matches!(inst.op, Op::Matmul { .. })
}

/// Whether `v` is a product of two matrices or a contraction, of a kernel or alone.
fn is_product(func: &Func, v: Value) -> bool {
    let Some(inst) = func.def(v) else { return false };
    if let Op::Kernel(body) = &inst.op {
        return inst.results.iter().position(|r| *r == v).is_some_and(|r| is_product(body, body.results[r]));
    }
    matches!(inst.op, Op::Contract(_)) || is_matmul(inst) && func.ty(v).rank() == Some(2)
}

/// The chain that ends in instruction `at`: three factors or more.
fn chain(func: &Func, at: usize) -> Option<Chain> {
    let Op::Matmul { trans_a, trans_b, symmetric: false } = func.insts[at].op else { return None };
    // Who reads the product takes it into its own chain.
    let end = func.insts[at].results[0];
    if inner(func, end) && func.insts[at + 1..].iter().any(|i| is_matmul(i) && i.args.contains(&end)) {
        return None;
    }
    let mut chain = Chain { factors: Vec::new(), order: Vec::new() };
    let [a, b] = func.insts[at].args[..] else { return None };
    chain.join(func, Factor { value: a, trans: trans_a }, Factor { value: b, trans: trans_b }, 0);
    (chain.factors.len() > 2).then_some(chain)
}

/// Whether a value is a factor that may be taken apart: a product of two matrices that one product reads.
fn inner(func: &Func, v: Value) -> bool {
    func.ty(v).rank() == Some(2) && uses(func, v) == 1
}

impl Chain {
    /// Appends the factors of two operands, and pairs them as they are written; `before` factors are left of them by then.
    fn join(&mut self, func: &Func, a: Factor, b: Factor, before: usize) {
        self.take(func, a, before);
        self.take(func, b, before + 1);
        self.order.push([before, before + 1]);
    }

    fn take(&mut self, func: &Func, factor: Factor, before: usize) {
        let inst = func.def(factor.value).filter(|_| inner(func, factor.value));
        match inst.map(|inst| (&inst.op, &inst.args[..])) {
            Some((Op::Matmul { trans_a, trans_b, symmetric: false }, &[a, b])) => {
                let (left, right) = (Factor { value: a, trans: *trans_a }, Factor { value: b, trans: *trans_b });
                // (a b)' is b' a'.
                let turned = |f: Factor| Factor { value: f.value, trans: !f.trans };
                let (left, right) = if factor.trans { (turned(right), turned(left)) } else { (left, right) };
                self.join(func, left, right, before);
            }
            Some(_) | None => self.factors.push(factor),
        }
    }
}

/// The order of pairs that costs less than the written one, if there is one.
fn cheaper(func: &Func, chain: &Chain) -> Option<Vec<[usize; 2]>> {
    let last = chain.factors.len() - 1;
    let mut sizes: Vec<usize> = vec![1; last + 2];
    let mut operands: Vec<Vec<char>> = Vec::new();
    let index = |i: usize| char::from_u32(i as u32);
    for (i, factor) in chain.factors.iter().enumerate() {
        let dims = sides(func, *factor);
        // A vector at the left end has no rows, one at the right end no columns.
        let own: Vec<usize> = match (dims.len(), i) {
            (2, _) => vec![i, i + 1],
            (1, 0) => vec![1],
            (1, i) if i == last => vec![i],
            _ => return None,
        };
        for (at, dim) in own.iter().zip(dims) {
            sizes[*at] = alike(&dim)?;
        }
        operands.push(own.into_iter().map(index).collect::<Option<_>>()?);
    }
    let ends = [operands[0].len(), operands[last].len()].map(|rank| rank == 2);
    let result =
        [(ends[0], 0), (ends[1], last + 1)].into_iter().filter(|e| e.0).map(|e| index(e.1)).collect::<Option<Vec<_>>>()?;
    let spec = Contraction::new(&operands, &result)?;
    let names = spec.operands.iter().flatten().zip(operands.iter().flatten());
    let places: Vec<(Index, usize)> = names.map(|(letter, at)| (*letter, *at as usize)).collect();
    let size = |letter: Index| places.iter().find(|p| p.0 == letter).map_or(1, |p| sizes[p.1]);
    let order = spec.order(&size);
    let neighbours = order.iter().all(|[i, j]| i + 1 == *j);
    (neighbours && spec.price(&order, &size) < spec.price(&chain.order, &size)).then_some(order)
}

/// The products in another order before instruction `at`, which becomes the last of them; where that stands now.
fn rewrite(func: &mut Func, mut at: usize, mut factors: Vec<Factor>, order: &[[usize; 2]]) -> usize {
    for [i, j] in order {
        let right = factors.remove(*j);
        let left = std::mem::replace(&mut factors[*i], right);
        let op = Op::Matmul { trans_a: left.trans, trans_b: right.trans, symmetric: false };
        let args = vec![left.value, right.value];
        if factors.len() == 1 {
            func.insts[at].op = op;
            func.insts[at].args = args;
            break;
        }
        let (above, below) = (sides(func, left), sides(func, right));
        let rows = if above.len() == 2 { above.first().cloned() } else { None };
        let cols = below.get(1).cloned();
        let ty = Type::array(func.ty(left.value).dtype, rows.into_iter().chain(cols).collect());
        let loc = func.data(func.insts[at].results[0]).loc;
        let value = func.value(ValueData { name: None, ty: Some(ty), loc });
        func.insts.insert(at, Inst { op, args, results: vec![value] });
        at += 1;
        factors[*i] = Factor { value, trans: false };
    }
    at
}

/// Rows and columns of a factor as it is read.
fn sides(func: &Func, factor: Factor) -> Vec<Dim> {
    let mut dims = func.ty(factor.value).dims().unwrap_or_default().to_vec();
    if factor.trans {
        dims.reverse();
    }
    dims
}
