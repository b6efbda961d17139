//! What a task does with blocks, on the calling thread.
//!
//! `run` is total: operands that do not fit are an error, never a panic, because tasks come over the wire. Results depend on
//! the task and its operand blocks alone: every sum has an order fixed by the block's shape (`reduce`), loops give the same
//! bits with any instructions (`native`), and a fused kernel the same as its parts (`interpret`, `panel`; `sliced` for operands in parts of blocks). `op` is the operator table
//! as types; `map` one operator over contiguous elements; `assemble`, `reshape` and `make` move and make elements; `matmul`,
//! `contract` and `solve` are linear algebra.

mod assemble;
mod contract;
pub(crate) mod crew;
mod data;
mod gemm;
mod interpret;
mod make;
mod map;
mod matmul;
pub mod op;
mod panel;
mod qr;
mod reduce;
mod reshape;
mod sliced;
mod solve;
mod view;

pub use interpret::{Counts, counts};
#[doc(hidden)]
pub use map::Fault;
pub use panel::Kernel;

use crate::block::Block;
use nums_ir::data::Rule;
use nums_ir::dtype::DType;
use nums_ir::func::Scalar;
use nums_ir::graph::TaskOp;
use nums_ir::ops::ReduceOp;
use std::fmt;
use std::sync::Arc;

/// An operand of a task.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'a> {
    /// A block.
    Block(&'a Block),
    /// A plain scalar of the call.
    Scalar(Scalar),
}

/// Why a task failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KernelError {
    /// `solve` met a pivot of 0.
    Singular,
    /// An integer to a negative power.
    NegativePower,
    /// `max` or `min` of no elements.
    EmptyReduction(ReduceOp),
    /// An element that breaks a rule.
    Rule {
        /// Which.
        rule: Rule,
        /// The element.
        found: String,
    },
    /// A position outside an axis.
    Index {
        /// As it was given.
        index: i64,
        /// Of which axis.
        axis: usize,
        /// The size of the axis.
        size: usize,
    },
    /// Parameters that an operator has no meaning for.
    Domain {
        /// The operator.
        op: String,
        /// What is wrong with them.
        why: String,
    },
    /// A task that this version cannot run.
    Unsupported(String),
    /// Operands that do not fit the task: a bug of the planner, or a message that lies.
    Mismatch {
        /// The operator.
        op: String,
        /// What does not fit.
        why: String,
    },
}

impl KernelError {
    fn mismatch(op: &str, why: impl Into<String>) -> KernelError {
        KernelError::Mismatch { op: op.to_owned(), why: why.into() }
    }
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KernelError::Singular => f.write_str("singular"),
            KernelError::NegativePower => f.write_str("integers to negative integer powers are not allowed"),
            KernelError::EmptyReduction(op) => write!(f, "`{}` of an empty axis has no value", op.name()),
            KernelError::Rule { rule, found } => write!(f, "{}, found {found}", rule.words()),
            KernelError::Index { index, axis, size } => {
                write!(f, "index {index} is out of bounds for axis {axis} with size {size}")
            }
            KernelError::Domain { op, why } => write!(f, "`{op}` has no meaning: {why}"),
            KernelError::Unsupported(what) => write!(f, "not supported: {what}"),
            KernelError::Mismatch { op, why } => write!(f, "operands of `{op}` do not fit: {why}"),
        }
    }
}

impl std::error::Error for KernelError {}

/// Runs a task: the blocks it makes, in order.
pub fn run(op: &TaskOp, kernels: &[Arc<Kernel>], args: &[Operand<'_>]) -> Result<Vec<Block>, KernelError> {
    let block = match op {
        TaskOp::Data(task) => return data::run(task, args),
        TaskOp::Kernel(k) => {
            let missing = || KernelError::mismatch("kernel", format!("no kernel {k} among {}", kernels.len()));
            return kernels.get(*k as usize).ok_or_else(missing)?.run(args);
        }
        TaskOp::Sliced(task) => {
            let missing = || KernelError::mismatch("kernel", format!("no kernel {} among {}", task.kernel, kernels.len()));
            return kernels.get(task.kernel as usize).ok_or_else(missing)?.run_sliced(task, args);
        }
        TaskOp::Combine(reduce) => {
            let parts = all_blocks("combine", args)?;
            if parts.len() < 2 {
                return Err(KernelError::mismatch("combine", format!("{} operands, expected at least 2", parts.len())));
            }
            join(*reduce, &parts)?
        }
        TaskOp::Matmul { trans_a, trans_b, symmetric } => {
            let [a, b] = blocks("matmul", args)?;
            matmul::matmul(a, b, (*trans_a, *trans_b), *symmetric)?
        }
        TaskOp::Contract(task) => contract::contract(task, &all_blocks("contract", args)?)?,
        TaskOp::Assemble { shape, pieces } => assemble::assemble(shape, pieces, &all_blocks("assemble", args)?)?,
        TaskOp::Reshape(task) => reshape::reshape(task, &all_blocks("reshape", args)?)?,
        TaskOp::Fill { shape, dtype } => make::fill(shape, *dtype, scalars("fill", args)?)?,
        TaskOp::Arange { offset, len, dtype } => make::arange(*offset, *len, *dtype, scalars("arange", args)?)?,
        TaskOp::Eye { offset, shape, k, dtype } => make::eye(*offset, *shape, *k, *dtype)?,
        TaskOp::Const { value, dtype } => make::constant(*value, *dtype),
        TaskOp::Solve => {
            let [a, b] = blocks("solve", args)?;
            solve::solve(a, b)?
        }
    };
    Ok(vec![block])
}

/// Two partial results of a reduction joined.
/// Joins two or more partial results; a range splits at ⌈n/2⌉.
fn join(reduce: ReduceOp, parts: &[&Block]) -> Result<Block, KernelError> {
    let one = |parts: &[&Block]| if parts.len() == 1 { Ok(None) } else { join(reduce, parts).map(Some) };
    let (left, right) = parts.split_at(parts.len().div_ceil(2));
    let (a, b) = (one(left)?, one(right)?);
    combine(reduce, a.as_ref().unwrap_or(left[0]), b.as_ref().unwrap_or(right[0]))
}

fn combine(reduce: ReduceOp, a: &Block, b: &Block) -> Result<Block, KernelError> {
    if reduce == ReduceOp::Moments {
        return combine_moments(a, b);
    }
    let Some(op) = reduce.combine() else {
        return Err(KernelError::Unsupported(format!("joining partial results of `{}`", reduce.name())));
    };
    if a.shape() != b.shape() || a.dtype() != b.dtype() {
        let why = format!("{}{:?} and {}{:?}", a.dtype(), a.shape(), b.dtype(), b.shape());
        return Err(KernelError::mismatch(reduce.name(), why));
    }
    let mut out = Block::stale(a.dtype(), a.shape());
    map::map(op, &[a.slice(), b.slice()], out.slice_mut())?;
    Ok(out)
}

fn combine_moments(a: &Block, b: &Block) -> Result<Block, KernelError> {
    let wrong = || KernelError::mismatch("moments", format!("{}{:?} and {}{:?}", a.dtype(), a.shape(), b.dtype(), b.shape()));
    if a.shape() != b.shape() || a.dtype() != b.dtype() || a.shape().first() != Some(&3) {
        return Err(wrong());
    }
    let mut out = Block::stale(a.dtype(), a.shape());
    match a.dtype() {
        DType::F32 => reduce::join_moments::<f32>(a.as_slice(), b.as_slice(), out.as_mut_slice()),
        DType::F64 => reduce::join_moments::<f64>(a.as_slice(), b.as_slice(), out.as_mut_slice()),
        _ => return Err(wrong()),
    }
    Ok(out)
}

fn all_blocks<'a>(op: &str, args: &[Operand<'a>]) -> Result<Vec<&'a Block>, KernelError> {
    let block = |arg: &Operand<'a>| match arg {
        Operand::Block(b) => Ok(*b),
        Operand::Scalar(_) => Err(KernelError::mismatch(op, "a scalar, expected a block")),
    };
    args.iter().map(block).collect()
}

fn blocks<'a, const N: usize>(op: &str, args: &[Operand<'a>]) -> Result<[&'a Block; N], KernelError> {
    let found = all_blocks(op, args)?;
    found.try_into().map_err(|_| KernelError::mismatch(op, format!("{} operands, expected {N}", args.len())))
}

/// Operands that are one element each: scalars, or blocks of one element.
fn scalars<const N: usize>(op: &str, args: &[Operand<'_>]) -> Result<[Scalar; N], KernelError> {
    let scalar = |arg: &Operand<'_>| match arg {
        Operand::Scalar(s) => Ok(*s),
        Operand::Block(b) => make::only_element(b).ok_or_else(|| KernelError::mismatch(op, format!("a block of {}", b.len()))),
    };
    let found = args.iter().map(scalar).collect::<Result<Vec<_>, _>>()?;
    found.try_into().map_err(|_| KernelError::mismatch(op, format!("{} operands, expected {N}", args.len())))
}

/// A zeroed block of a shape that came with a task.
fn room(op: &str, dtype: DType, shape: &[usize]) -> Result<Block, KernelError> {
    fits(op, dtype, shape).map(|()| Block::zeros(dtype, shape))
}

/// A block that its kernel writes whole.
fn stale_room(op: &str, dtype: DType, shape: &[usize]) -> Result<Block, KernelError> {
    fits(op, dtype, shape).map(|()| Block::stale(dtype, shape))
}

fn fits(op: &str, dtype: DType, shape: &[usize]) -> Result<(), KernelError> {
    let too_large = || KernelError::mismatch(op, format!("a block of shape {shape:?} is larger than memory"));
    crate::block::byte_len(dtype, shape).map(|_| ()).ok_or_else(too_large)
}

#[cfg(test)]
mod tests;
