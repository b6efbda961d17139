//! Flops of operations by the sizes of what they read and make: one rule, for whole arrays and for blocks.
//!
//! `explain` counts whole arrays with it, by symbols, and `cost` the blocks of tasks, by numbers: what a reader is told before a call is
//! what its tasks count, but for joining what blocks have made. A flop is one arithmetic operation on one element; a
//! transcendental counts as `TRANSCENDENTAL`, comparisons, selections and casts as 1, moving data as 0, and what only names a
//! number nothing. Complex operations count as their real ones would. Sorts and searches halve: `n * log2(n)` stands beside the
//! polynomial of the rest.

use crate::contraction::{self, Contraction, Index, Step};
use crate::data::DataOp;
use crate::dim::Dim;
use crate::func::{Func, Inst, Op, Value};
use crate::ops::{DTypeRule, MapOp, ReduceOp};
use crate::types::Type;
use std::collections::BTreeMap;
use std::fmt;

/// Flops of one exp, log, sin, …: about what a polynomial of its accuracy takes.
pub const TRANSCENDENTAL: u64 = 16;

/// A number of operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flops {
    plain: Dim,
    /// Comparisons by the length that is halved: so many for every halving.
    halving: BTreeMap<Dim, Dim>,
}

impl Flops {
    /// None.
    pub const NONE: Flops = Flops { plain: Dim::Const(0), halving: BTreeMap::new() };

    /// `times` comparisons for every halving of `length`.
    fn halving(times: Dim, length: Dim) -> Flops {
        match length.as_const() {
            Some(n) => Flops::from(times.mul(&Dim::from(n.max(2).ilog2() as usize))),
            None => Flops { plain: Dim::from(0), halving: BTreeMap::from([(length, times)]) },
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: Flops) -> Flops {
        self.plain = self.plain.add(&other.plain);
        for (length, times) in other.halving {
            let slot = self.halving.entry(length).or_insert(Dim::from(0));
            *slot = slot.add(&times);
        }
        self
    }

    /// How many, where all sizes are numbers.
    pub fn count(&self) -> Option<u64> {
        self.plain.as_const().filter(|_| self.halving.is_empty()).map(i64::unsigned_abs)
    }
}

impl From<Dim> for Flops {
    fn from(plain: Dim) -> Flops {
        Flops { plain, halving: BTreeMap::new() }
    }
}

impl fmt::Display for Flops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let halving = |(length, times): (&Dim, &Dim)| format!("{} * log2({})", times.factor(), length.formula());
        let mut terms: Vec<String> = self.halving.iter().map(halving).collect();
        if terms.is_empty() || self.plain != Dim::from(0) {
            terms.insert(0, self.plain.formula());
        }
        f.write_str(&terms.join(" + "))
    }
}

/// Flops of the instructions of a function or a kernel's body.
pub fn total(func: &Func) -> Flops {
    func.insts.iter().fold(Flops::NONE, |sum, inst| sum.plus(of(func, inst)))
}

/// Flops of an instruction over whole arrays.
pub fn of(func: &Func, inst: &Inst) -> Flops {
    let size = |v: &Value| elements(func.ty(*v));
    match (&inst.op, &inst.args[..], &inst.results[..]) {
        (Op::Kernel(body), ..) => total(body),
        (Op::Map(op), _, [r]) => size(r).mul(&each(*op)).into(),
        (Op::Cast(_), [x], _) if func.def(*x).is_some_and(|made| matches!(made.op, Op::Const(_) | Op::Dim(_))) => Flops::NONE,
        (Op::Cast(_), [x], _) => size(x).into(),
        (Op::Reduce { op, .. }, [x], _) => size(x).mul(&reduced(*op)).into(),
        (Op::Matmul { trans_a, symmetric, .. }, [a, _], [r]) => {
            let (a, r) = (func.ty(*a).dims().unwrap_or_default(), func.ty(*r));
            product(&elements(r), r.dims().and_then(<[Dim]>::last), contracted(a, *trans_a), *symmetric)
        }
        (Op::Contract(spec), args, _) => einsum(func, spec, args),
        (Op::Solve, [a, _], [r]) => solve(&size(a), func.ty(*a).dims().and_then(<[Dim]>::last), &size(r)),
        (Op::Arange { .. }, _, [r]) => arange(&size(r)),
        (Op::Data(op), args, [r, ..]) => data(func, inst, op, args, *r),
        (Op::Map(_) | Op::Cast(_) | Op::Reduce { .. } | Op::Matmul { .. } | Op::Solve | Op::Arange { .. } | Op::Data(_), ..) => {
            Flops::NONE
        }
        (Op::Const(_) | Op::Dim(_) | Op::ShapeOf { .. } | Op::Transpose { .. } | Op::Reshape { .. } | Op::Index { .. }, ..) => {
            Flops::NONE
        }
        (Op::Concatenate { .. } | Op::Fill { .. } | Op::Eye { .. } | Op::Call(_) | Op::Item | Op::Choose, ..) => Flops::NONE,
    }
}

/// Elements of an array.
pub fn elements(ty: &Type) -> Dim {
    ty.dims().into_iter().flatten().fold(Dim::from(1), |n, d| n.mul(d))
}

/// Of an operator on positions or orders.
fn data(func: &Func, inst: &Inst, op: &DataOp, args: &[Value], r: Value) -> Flops {
    let size = |v: Option<&Value>| v.map_or(Dim::from(0), |v| elements(func.ty(*v)));
    let along = |axis: usize| args.first().and_then(|x| func.ty(*x).dims()?.get(axis).cloned()).unwrap_or(Dim::from(0));
    match op {
        DataOp::Take { .. } => Flops::NONE,
        DataOp::Put { add, .. } => put(&args.iter().skip(1).map(|v| elements(func.ty(*v))).collect::<Vec<_>>(), *add),
        DataOp::Sort { axis, .. } => sort(size(args.first()), along(*axis)),
        DataOp::Search { .. } => search(elements(func.ty(r)), size(args.first())),
        DataOp::Scan { .. } | DataOp::ArgBest { .. } | DataOp::Check { .. } | DataOp::Positions { .. } => {
            look(size(args.first()))
        }
        DataOp::Top { .. } | DataOp::Select { .. } | DataOp::Partition { .. } => select(&size(args.first())),
        DataOp::Qr { q } => {
            let factored = if is_first(func, inst) { reflect(&size(args.first()), &along(1)) } else { Flops::NONE };
            if *q { factored.plus(reflect(&elements(func.ty(r)), &along(1))) } else { factored }
        }
        DataOp::Random { .. } => random(&elements(func.ty(r))),
    }
}

/// Whether an instruction reads its operands: of Q and R, which are two instructions, who comes first factors for both.
pub(crate) fn is_first(func: &Func, inst: &Inst) -> bool {
    let is_qr = |i: &&Inst| matches!(i.op, Op::Data(DataOp::Qr { .. })) && i.args == inst.args;
    !is_qr(&inst) || func.insts.iter().find(is_qr) == Some(inst)
}

/// Of an element-wise operator, for an element.
fn each(op: MapOp) -> Dim {
    Dim::from(match op {
        MapOp::Power => TRANSCENDENTAL as usize,
        MapOp::Sqrt | MapOp::Rint | MapOp::Copysign | MapOp::Deg2rad | MapOp::Rad2deg => 1,
        MapOp::Positive => 0,
        op if op.rule() == DTypeRule::Float => TRANSCENDENTAL as usize,
        _ => 1,
    })
}

/// Of a reduction, for an element: moments sum, take the deviation, square it and sum that.
fn reduced(op: ReduceOp) -> Dim {
    Dim::from(match op {
        ReduceOp::Moments | ReduceOp::Spread => 4,
        ReduceOp::SquareSum => 2,
        ReduceOp::Sum | ReduceOp::Prod | ReduceOp::Max | ReduceOp::Min | ReduceOp::NanMax | ReduceOp::NanMin => 1,
        ReduceOp::Any | ReduceOp::All | ReduceOp::Mean => 1,
    })
}

/// The size that a product contracts, by its left operand.
pub(crate) fn contracted<T>(left: &[T], transposed: bool) -> Option<&T> {
    match left {
        [] => None,
        [n] => Some(n),
        [.., n, k] => Some(if transposed { n } else { k }),
    }
}

/// A product and a sum for every term of `made` elements in rows of `side`; only the lower triangle and the diagonal of a symmetric
/// product, which are (n² + n) / 2 of n² elements.
pub(crate) fn product(made: &Dim, side: Option<&Dim>, contracted: Option<&Dim>, symmetric: bool) -> Flops {
    let terms = if symmetric { made.add(side.unwrap_or(&Dim::Const(1))) } else { made.mul(&Dim::from(2)) };
    terms.mul(contracted.unwrap_or(&Dim::Const(0))).into()
}

/// A product and a sum a term of every step of a contraction; only a product where nothing is summed.
pub(crate) fn contraction(steps: &[Step], size: &dyn Fn(&Index) -> Dim) -> Flops {
    let step = |step: &Step| {
        let all = contraction::union(step.operands.iter().flatten());
        let terms = all.iter().fold(Dim::from(1), |n, i| n.mul(&size(i)));
        if all.len() > step.result.len() { terms.mul(&Dim::from(2)) } else { terms }
    };
    steps.iter().fold(Dim::from(0), |sum, s| sum.add(&step(s))).into()
}

/// The order of the pairs is that of the sizes; symbols count as equal ones.
fn einsum(func: &Func, spec: &Contraction, args: &[Value]) -> Flops {
    let mut sizes: BTreeMap<Index, Dim> = BTreeMap::new();
    for (set, arg) in spec.operands.iter().zip(args) {
        for (index, dim) in set.iter().zip(func.ty(*arg).dims().into_iter().flatten()) {
            sizes.entry(*index).or_insert_with(|| dim.clone());
        }
    }
    let dim = |index: &Index| sizes.get(index).cloned().unwrap_or(Dim::from(1));
    let number = |index: Index| contraction::alike(&dim(&index)).unwrap_or(1);
    contraction(&spec.steps(&spec.order(&number)).unwrap_or_default(), &dim)
}

/// Elimination of a matrix of `matrix` elements with `n` columns, 2/3 n³, and two substitutions for each column of the solution.
pub(crate) fn solve(matrix: &Dim, n: Option<&Dim>, solution: &Dim) -> Flops {
    let n = n.unwrap_or(&Dim::Const(0));
    let cubes = matrix.mul(n).mul(&Dim::from(2));
    let substituted = solution.mul(n).mul(&Dim::from(2));
    cubes.floor_div(&Dim::from(3)).unwrap_or(cubes).add(&substituted).into()
}

/// A start and a step for each element.
pub(crate) fn arange(made: &Dim) -> Flops {
    made.mul(&Dim::from(2)).into()
}

/// Random numbers are transcendentals of their bits.
pub(crate) fn random(made: &Dim) -> Flops {
    made.mul(&Dim::from(TRANSCENDENTAL as usize)).into()
}

/// Moved, or added: as many as the values and positions broadcast to.
pub(crate) fn put(sizes: &[Dim], add: bool) -> Flops {
    let most = sizes.iter().max_by_key(|n| (n.degree(), n.as_const()));
    most.filter(|_| add).cloned().unwrap_or(Dim::Const(0)).into()
}

/// Each element is looked at once: running results, the best, a rule.
pub(crate) fn look(read: Dim) -> Flops {
    read.into()
}

/// What is kept is selected and then sorted: each element is looked at about three times.
pub(crate) fn select(read: &Dim) -> Flops {
    read.mul(&Dim::from(3)).into()
}

/// A comparison an element for every halving of the axis.
pub(crate) fn sort(read: Dim, axis: Dim) -> Flops {
    Flops::halving(read, axis)
}

/// A comparison a result for every halving of the sorted array.
pub(crate) fn search(made: Dim, sorted: Dim) -> Flops {
    Flops::halving(made, sorted)
}

/// One reflection a column, of all rows and columns: 2 m n² to factor a matrix of m n elements, as much to make Q.
pub(crate) fn reflect(matrix: &Dim, columns: &Dim) -> Flops {
    matrix.mul(columns).mul(&Dim::from(2)).into()
}
