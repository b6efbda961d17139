//! What a task does with blocks, on the calling thread.
//!
//! `run` is total: operands that do not fit are an error, never a panic, because tasks come over the wire. Results depend on
//! the task and its operand blocks alone: every sum has an order fixed by the block's shape (`reduce`), loops give the same
//! bits with any instructions (`native`), and a fused kernel the same as its parts (`interpret`, `panel`; `sliced` for operands in parts of blocks). `op` is the operator table
//! as types; `map` one operator over contiguous elements; `assemble`, `reshape` and `make` move and make elements; `matmul`,
//! `contract` and `solve` are linear algebra.

mod assemble;
mod combine;
mod contract;
pub(crate) mod crew;
mod data;
mod gemm;
mod interpret;
mod make;
mod map;
mod matmul;
pub mod op;
mod over;
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
use combine::Part;
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

/// An operand as a task has it: a block of which nobody else has the `Arc` is its own, and ends with it.
#[derive(Clone, Debug)]
pub enum Held {
    /// A block.
    Block(Arc<Block>),
    /// A plain scalar of the call.
    Scalar(Scalar),
}

impl<'a> Operand<'a> {
    fn of(held: &'a Held) -> Operand<'a> {
        match held {
            Held::Block(block) => Operand::Block(block),
            Held::Scalar(scalar) => Operand::Scalar(*scalar),
        }
    }
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
        TaskOp::Kernel(k) => return kernel(kernels, *k)?.run(args),
        TaskOp::Sliced(task) => return kernel(kernels, task.kernel)?.run_sliced(task, args),
        TaskOp::Combine(reduce) => {
            let parts = all_blocks("combine", args)?;
            combine::join(*reduce, parts.into_iter().map(Part::Of).collect())?
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

/// As `run`; an operand of the task's own may be written over when it has been read, so that a result of as many bytes needs no
/// others. A task that fails may have done so too.
pub fn run_over(op: &TaskOp, kernels: &[Arc<Kernel>], mut args: &mut [Held]) -> Result<Vec<Block>, KernelError> {
    match op {
        TaskOp::Kernel(k) => kernel(kernels, *k)?.run_over(&mut args),
        TaskOp::Combine(reduce) => {
            let mut parts = Vec::with_capacity(args.len());
            for arg in args {
                parts.push(Part::held(arg).ok_or_else(|| KernelError::mismatch("combine", "a scalar, expected a block"))?);
            }
            Ok(vec![combine::join(*reduce, parts)?])
        }
        TaskOp::Data(task) if task.goes_on() => data::run_over(task, args),
        // Slices of one block are read at other positions than their own.
        TaskOp::Sliced(_)
        | TaskOp::Matmul { .. }
        | TaskOp::Contract(_)
        | TaskOp::Assemble { .. }
        | TaskOp::Reshape(_)
        | TaskOp::Fill { .. }
        | TaskOp::Arange { .. }
        | TaskOp::Eye { .. }
        | TaskOp::Const { .. }
        | TaskOp::Data(_)
        | TaskOp::Solve => run(op, kernels, &args.iter().map(Operand::of).collect::<Vec<_>>()),
    }
}

/// How products and contractions are cut inside a task, in words: alike on all machines, since the order of sums follows from it.
pub(crate) fn tiles(op: &TaskOp) -> Option<String> {
    match op {
        TaskOp::Matmul { .. } => Some(gemm::tiles()),
        TaskOp::Contract(_) => Some(contract::tiles()),
        // Kernels follow the cache (`nums_ir::tiling`); the others take blocks as they are.
        TaskOp::Kernel(_)
        | TaskOp::Sliced(_)
        | TaskOp::Combine(_)
        | TaskOp::Assemble { .. }
        | TaskOp::Reshape(_)
        | TaskOp::Fill { .. }
        | TaskOp::Arange { .. }
        | TaskOp::Eye { .. }
        | TaskOp::Const { .. }
        | TaskOp::Data(_)
        | TaskOp::Solve => None,
    }
}

fn kernel(kernels: &[Arc<Kernel>], k: u32) -> Result<&Kernel, KernelError> {
    let missing = || KernelError::mismatch("kernel", format!("no kernel {k} among {}", kernels.len()));
    kernels.get(k as usize).map(Arc::as_ref).ok_or_else(missing)
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
