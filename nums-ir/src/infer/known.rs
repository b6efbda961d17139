//! What is known of an array's elements before it is computed: those that the source writes.
//!
//! A list of literals and sizes keeps its elements here, in C order, through what only converts, joins, reshapes or counts on. So
//! an index out of range, a quantile above 1 or edges that fall are mistakes of the program and not of its run. What is kept may
//! be a part of the elements: it refutes, and proves nothing.

use super::{Infer, in_range};
use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use crate::func::{IndexItem, Inst, Op, Scalar, Size, Value};
use crate::ops::MapOp;

/// An element that the source writes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Element {
    /// An integer, or a size.
    Integer(Dim),
    /// A float.
    Real(f64),
}

impl Element {
    /// The number, if it is one now.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Element::Integer(d) => d.as_const().map(|i| i as f64),
            Element::Real(x) => Some(*x),
        }
    }

    /// Whether a conversion leaves it as it is.
    fn stays(&self, dtype: DType) -> bool {
        match (self, dtype.kind()) {
            (_, Kind::Bool) | (Element::Real(_), Kind::Int) => false,
            (_, Kind::Float | Kind::Complex) => true,
            (Element::Integer(Dim::Const(i)), Kind::Int) => in_range((*i).into(), dtype),
            (Element::Integer(Dim::Poly(_)), Kind::Int) => dtype == DType::I64,
        }
    }
}

impl Infer<'_> {
    /// The elements of `v` that are known, in C order.
    pub(crate) fn elements(&self, v: Value) -> Vec<Element> {
        if let Some(found) = self.elements.get(&v) {
            return found.clone();
        }
        if let Some(dim) = self.dims.get(&v) {
            return vec![Element::Integer(dim.clone())];
        }
        match self.constants.get(&v) {
            Some(Scalar::Int(i)) => i64::try_from(*i).map(|i| Element::Integer(Dim::Const(i))).into_iter().collect(),
            Some(Scalar::Float(x)) => vec![Element::Real(*x)],
            Some(Scalar::Bool(_) | Scalar::Complex(..)) | None => vec![],
        }
    }

    /// Notes what the last instruction leaves known.
    pub(super) fn know(&mut self, result: Value) {
        let known = self.out.insts.last().map(|inst| self.made(inst, result)).unwrap_or_default();
        if !known.is_empty() {
            self.elements.insert(result, known);
        }
    }

    /// Forgets values from number `from` on, which are made anew.
    pub(super) fn forget(&mut self, from: usize) {
        let stays = |v: &Value| (v.0 as usize) < from;
        self.dims.retain(|v, _| stays(v));
        self.constants.retain(|v, _| stays(v));
        self.elements.retain(|v, _| stays(v));
    }

    fn made(&self, inst: &Inst, result: Value) -> Vec<Element> {
        let all = || inst.args.iter().flat_map(|a| self.elements(*a)).collect::<Vec<_>>();
        match &inst.op {
            Op::Cast(dtype) => all().into_iter().filter(|e| e.stays(*dtype)).collect(),
            Op::Fill { shape, .. } if shape.iter().all(|s| matches!(s, Size::Dim(Dim::Const(1..)))) => all(),
            Op::Reshape { .. } | Op::Concatenate { axis: Some(0) | None } => all(),
            Op::Index { items } if items.iter().all(is_whole) => all(),
            Op::Arange { len: Some(len), .. } => match &all()[..] {
                [Element::Integer(start), Element::Integer(_), Element::Integer(step)] => ends(start, step, len),
                _ => vec![],
            },
            Op::Map(op) if self.out.ty(result).dtype.kind() == Kind::Int => {
                let dtype = self.out.ty(result).dtype;
                self.counted_on(*op, &inst.args).into_iter().filter(|e| e.stays(dtype)).collect()
            }
            Op::Map(_)
            | Op::Fill { .. }
            | Op::Concatenate { .. }
            | Op::Index { .. }
            | Op::Arange { .. }
            | Op::Const(_)
            | Op::Dim(_)
            | Op::ShapeOf { .. }
            | Op::Reduce { .. }
            | Op::Matmul { .. }
            | Op::Contract(_)
            | Op::Transpose { .. }
            | Op::Eye { .. }
            | Op::Solve
            | Op::Data(_)
            | Op::Call(_)
            | Op::Item
            | Op::Choose
            | Op::Kernel(_) => vec![],
        }
    }

    /// Sums, differences and products of integers, of which at most one operand is an array.
    fn counted_on(&self, op: MapOp, args: &[Value]) -> Vec<Element> {
        let integers = |v: &Value| -> Vec<Dim> {
            let integer = |e| if let Element::Integer(d) = e { Some(d) } else { None };
            self.elements(*v).into_iter().filter_map(integer).collect()
        };
        let one = |v: &Value| if self.out.ty(*v).rank() == Some(0) { integers(v).pop() } else { None };
        let each = |of: &[Dim], made: &dyn Fn(&Dim) -> Option<Dim>| -> Vec<Element> {
            of.iter().filter_map(made).map(Element::Integer).collect()
        };
        let pair = |a: &Dim, b: &Dim| match op {
            MapOp::Add => Some(a.add(b)),
            MapOp::Subtract => Some(a.sub(b)),
            MapOp::Multiply => Some(a.mul(b)),
            _ => None,
        };
        match args {
            [a] if op == MapOp::Negative => each(&integers(a), &|d| Some(Dim::Const(0).sub(d))),
            [a, b] => match (one(a), one(b)) {
                (_, Some(b)) => each(&integers(a), &|a| pair(a, &b)),
                (Some(a), None) => each(&integers(b), &|b| pair(&a, b)),
                (None, None) => vec![],
            },
            _ => vec![],
        }
    }
}

/// Whether an item leaves the elements and their order.
fn is_whole(item: &IndexItem) -> bool {
    match item {
        IndexItem::NewAxis | IndexItem::Ellipsis | IndexItem::Slice { start: None, stop: None, step: 1 } => true,
        IndexItem::At(_) | IndexItem::Slice { .. } => false,
    }
}

/// The first and the last of `len` integers at equal distances, if there is one for all sizes.
fn ends(start: &Dim, step: &Dim, len: &Dim) -> Vec<Element> {
    let steps = len.sub(&Dim::Const(1));
    if !steps.is_never_negative() {
        return vec![];
    }
    vec![Element::Integer(start.clone()), Element::Integer(start.add(&steps.mul(step)))]
}
