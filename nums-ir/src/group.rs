//! The element-wise group of a kernel body: the straight-line scalar program between its operands and its results.
//!
//! A kernel body is operands, views that add axes, element-wise instructions of one shape, then reductions. This file takes
//! the element-wise part out as numbered slots, which the macro prints as a Rust loop and the runtime interprets tile by
//! tile. Both find each other by `Group::id`, a hash of the group's canonical text: alpha-renamed, without names, places or
//! sizes, so that one function serves every shape. A size used as a value (`dim n`) is therefore an input, not a constant.
//!
//! ```text
//! group (f64, f64 splat) { multiply f64 0 1; exp f64 2 } -> 3
//! ```

use crate::dtype::{DType, Kind};
use crate::func::{Func, Inst, Op, Scalar, Value};
use crate::ops::MapOp;
use std::collections::HashMap;
use std::fmt;

/// A straight-line element-wise program. Slots number the inputs first, then the steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Operands, in order of first use.
    pub inputs: Vec<Input>,
    /// Scalar operations, operands before uses.
    pub steps: Vec<Step>,
    /// Slots that leave the group: results of the kernel, then operands of its reductions, each once.
    pub outputs: Vec<usize>,
}

/// An operand of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Where it comes from in the body: a parameter, a view of one, or a size.
    pub value: Value,
    /// Element type.
    pub dtype: DType,
    /// One element for the whole tile (0-d arrays, scalars, sizes) instead of one a position.
    pub splat: bool,
}

/// One scalar operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The value of the body that it makes.
    pub value: Value,
    /// What is done.
    pub op: StepOp,
    /// Slots of the operands.
    pub args: Vec<usize>,
    /// Element type of the result.
    pub dtype: DType,
    /// Computed once for the whole tile: all operands are splats.
    pub splat: bool,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepOp {
    /// A row of the operator table.
    Map(MapOp),
    /// A conversion from the operand's dtype.
    Cast,
    /// A constant.
    Const(Scalar),
}

impl Group {
    /// The group of a kernel body; `None` if the body has no element-wise instruction, or a value without known rank.
    pub fn of(body: &Func) -> Option<Group> {
        let mut steps: Vec<&Inst> = Vec::new();
        for inst in &body.insts {
            match &inst.op {
                Op::Map(_) | Op::Cast(_) | Op::Const(_) => steps.push(inst),
                Op::Dim(_) | Op::Index { .. } | Op::Reduce { .. } => {}
                Op::ShapeOf { .. }
                | Op::Matmul { .. }
                | Op::Contract(_)
                | Op::Transpose { .. }
                | Op::Reshape { .. }
                | Op::Concatenate { .. }
                | Op::Fill { .. }
                | Op::Arange { .. }
                | Op::Eye { .. }
                | Op::Solve
                | Op::Data(_)
                | Op::Call(_)
                | Op::Item
                | Op::Choose
                | Op::Kernel(_) => return None,
            }
        }
        if steps.is_empty() {
            return None;
        }
        let made: HashMap<Value, usize> = steps.iter().enumerate().map(|(i, s)| (s.results[0], i)).collect();
        let mut inputs: Vec<Input> = Vec::new();
        for arg in steps.iter().flat_map(|s| &s.args) {
            if !made.contains_key(arg) && inputs.iter().all(|i| i.value != *arg) {
                let ty = body.ty(*arg);
                inputs.push(Input { value: *arg, dtype: ty.dtype, splat: ty.rank()? == 0 });
            }
        }
        let slot = |v: &Value| match made.get(v) {
            Some(step) => inputs.len() + step,
            None => inputs.iter().position(|i| i.value == *v).expect("an operand is a step or an input"),
        };
        let mut out = Vec::with_capacity(steps.len());
        for s in &steps {
            let op = match &s.op {
                Op::Map(op) => StepOp::Map(*op),
                Op::Const(c) => StepOp::Const(*c),
                _ => StepOp::Cast,
            };
            let ty = body.ty(s.results[0]);
            out.push(Step {
                value: s.results[0],
                op,
                args: s.args.iter().map(slot).collect(),
                dtype: ty.dtype,
                splat: ty.rank()? == 0,
            });
        }
        let reduced = body.insts.iter().filter(|i| matches!(i.op, Op::Reduce { .. })).flat_map(|i| &i.args);
        let mut outputs = Vec::new();
        for v in body.results.iter().chain(reduced) {
            if let Some(step) = made.get(v) {
                let slot = inputs.len() + step;
                if !outputs.contains(&slot) {
                    outputs.push(slot);
                }
            }
        }
        Some(Group { inputs, steps: out, outputs })
    }

    /// The dtype of a slot.
    pub fn dtype(&self, slot: usize) -> DType {
        match slot.checked_sub(self.inputs.len()) {
            None => self.inputs[slot].dtype,
            Some(step) => self.steps[step].dtype,
        }
    }

    /// Whether a slot holds one element for the whole tile.
    pub fn is_splat(&self, slot: usize) -> bool {
        match slot.checked_sub(self.inputs.len()) {
            None => self.inputs[slot].splat,
            Some(step) => self.steps[step].splat,
        }
    }

    /// Whether the elements of some step may be unusual, so that its loop looks at them.
    pub fn has_unusual(&self) -> bool {
        self.steps.iter().any(|s| matches!(s.op, StepOp::Map(op) if !s.splat && has_unusual(op, s.dtype)))
    }

    /// The hash of the canonical text and the operator table: equal ids are equal programs of one nums version.
    pub fn id(&self) -> u128 {
        fnv128(&[env!("CARGO_PKG_VERSION").as_bytes(), self.to_string().as_bytes()])
    }
}

/// Whether an operator has operands of this dtype that a loop cannot take like all others: angles so far that they are reduced
/// otherwise, and negative exponents of integers, which are an error.
pub fn has_unusual(op: MapOp, dtype: DType) -> bool {
    matches!((op, dtype.kind()), (MapOp::Sin | MapOp::Cos, Kind::Float) | (MapOp::Power, Kind::Int))
}

/// FNV-1a of 128 bits over parts with a separator: stable over runs, machines and compilers, which std's hashers are not.
pub fn fnv128(parts: &[&[u8]]) -> u128 {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for part in parts {
        for byte in part.iter().chain(&[0]) {
            hash = (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }
    hash
}

/// The hash of every row of the operator table: two ends of a connection must agree on it.
pub fn table_fingerprint() -> u128 {
    let mut text = String::from(env!("CARGO_PKG_VERSION"));
    for op in MapOp::ALL {
        text += &format!("\n{} {} {:?} {:?}", op.name(), op.arity(), op.rule(), op.classes());
    }
    for op in crate::ops::ReduceOp::ALL {
        text += &format!("\n{} {:?} {:?}", op.name(), op.rule(), op.identity());
    }
    fnv128(&[text.as_bytes()])
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("group (")?;
        for (i, input) in self.inputs.iter().enumerate() {
            let (comma, splat) = (if i == 0 { "" } else { ", " }, if input.splat { " splat" } else { "" });
            write!(f, "{comma}{}{splat}", input.dtype)?;
        }
        f.write_str(") {")?;
        for step in &self.steps {
            match step.op {
                StepOp::Map(op) => write!(f, " {} {}", op.name(), step.dtype)?,
                StepOp::Cast => write!(f, " cast {}", step.dtype)?,
                StepOp::Const(c) => write!(f, " const {} {}", step.dtype, Bits(c))?,
            }
            for arg in &step.args {
                write!(f, " {arg}")?;
            }
            f.write_str(";")?;
        }
        f.write_str(" } ->")?;
        self.outputs.iter().try_for_each(|slot| write!(f, " {slot}"))
    }
}

/// A scalar by its bits: 0.0 and -0.0 differ, every NaN is itself.
struct Bits(Scalar);

impl fmt::Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Scalar::Bool(b) => write!(f, "{b}"),
            Scalar::Int(i) => write!(f, "{i}"),
            Scalar::Float(x) => write!(f, "{:016x}", x.to_bits()),
            Scalar::Complex(re, im) => write!(f, "{:016x}:{:016x}", re.to_bits(), im.to_bits()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Group;
    use crate::diag::Loc;
    use crate::dim::Dim;
    use crate::dtype::{DType, Kind};
    use crate::func::{Func, Op, Scalar};
    use crate::ops::{MapOp, ReduceOp};
    use crate::types::Type;

    /// `sum(exp(x * s))` with names and place as given.
    fn body(name: &str, size: &str) -> Func {
        let (n, loc) = (Type::array(DType::F64, vec![Dim::symbol(size)]), Loc::default());
        let mut f = Func::new(name);
        let x = f.param(name, Some(n.clone()), loc);
        let s = f.param("s", Some(Type::weak(Kind::Float)), loc);
        let c = f.push_typed(Op::Const(Scalar::Float(2.0)), &[], Type::of(DType::F64, &[]), loc);
        let p = f.push_typed(Op::Map(MapOp::Multiply), &[s, c], Type::of(DType::F64, &[]), loc);
        let m = f.push_typed(Op::Map(MapOp::Multiply), &[x, p], n.clone(), loc);
        let e = f.push_typed(Op::Map(MapOp::Exp), &[m], n, loc);
        let sum = Op::Reduce { op: ReduceOp::Sum, axes: Some(vec![0]), keepdims: false };
        let r = f.push_typed(sum, &[e], Type::of(DType::F64, &[]), loc);
        f.results = vec![r];
        f
    }

    #[test]
    fn a_group_is_alpha_renamed_and_free_of_sizes() {
        let (a, b) = (Group::of(&body("x", "n")).unwrap(), Group::of(&body("y", "m")).unwrap());
        assert_eq!(
            a.to_string(),
            "group (f64 splat, f64) { const f64 4000000000000000; multiply f64 0 2; multiply f64 1 3; exp f64 4; } -> 5"
        );
        assert_eq!(a.id(), b.id());
        assert!(a.is_splat(3) && !a.is_splat(4));
    }
}
