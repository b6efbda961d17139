//! What a batch that came from a wire may ask for, checked before anything of it is allocated or run.
//!
//! A driver that keeps the rules stays far below all of this. Bytes of a block are also held to the worker's memory, when a task
//! is about to start; here only what no machine should be asked for is refused.

use super::codec::LARGEST;
use super::message::{Batch, BatchTask};
use crate::block::byte_len;
use nums_ir::contraction::{Index, MOST, Step};
use nums_ir::data::DataTask;
use nums_ir::dtype::DType;
use nums_ir::func::{Func, Op};
use nums_ir::graph::{ContractTask, TaskOp};
use nums_ir::grid::Grid;

/// Tasks of a batch, and blocks that concern it.
const TASKS: usize = 1 << 20;
const BLOCKS: usize = 1 << 22;
/// Axes of an array.
const RANK: usize = 32;
/// Instructions of a kernel, those of kernels in it included.
const STEPS: usize = 1 << 14;

/// What is too much in `batch`, if anything is.
pub(super) fn check(batch: &Batch) -> Result<(), String> {
    most("tasks", batch.work.tasks.len(), TASKS)?;
    most("blocks", batch.blocks.len(), BLOCKS)?;
    batch.work.grids.iter().try_for_each(check_grid)?;
    batch.define.iter().try_for_each(|(_, body)| check_body(&body.0))?;
    batch.work.tasks.iter().try_for_each(check_task)
}

fn most(what: &str, found: usize, allowed: usize) -> Result<(), String> {
    if found <= allowed { Ok(()) } else { Err(format!("{found} {what}, {allowed} are allowed")) }
}

fn check_grid(grid: &Grid) -> Result<(), String> {
    most("axes of an array", grid.shape().len(), RANK)?;
    let sound = grid.shape().len() == grid.block_shape().len()
        && !grid.block_shape().contains(&0)
        && grid.shape().iter().try_fold(1usize, |n, &s| n.checked_mul(s.max(1))).is_some();
    if sound { Ok(()) } else { Err("an array is cut into no blocks".to_owned()) }
}

fn check_body(func: &Func) -> Result<(), String> {
    most("instructions of a kernel", steps(func), STEPS)?;
    check_ranks(func)
}

fn check_ranks(func: &Func) -> Result<(), String> {
    for value in &func.values {
        let rank = value.ty.as_ref().and_then(nums_ir::types::Type::rank).unwrap_or(0);
        most("axes of a value in a kernel", rank, RANK)?;
    }
    bodies(func).try_for_each(check_ranks)
}

fn steps(func: &Func) -> usize {
    func.insts.len() + bodies(func).map(steps).sum::<usize>()
}

/// The kernels in a kernel.
fn bodies(func: &Func) -> impl Iterator<Item = &Func> {
    func.insts.iter().filter_map(|inst| if let Op::Kernel(body) = &inst.op { Some(&**body) } else { None })
}

fn check_task(task: &BatchTask) -> Result<(), String> {
    match &task.op {
        TaskOp::Assemble { shape, pieces } => {
            check_shape(shape, DType::Bool)?;
            most("pieces of a block", pieces.len(), BLOCKS)
        }
        TaskOp::Sliced(task) => {
            check_shape(&task.space, DType::Bool)?;
            most("pieces of a kernel's operands", task.operands.iter().map(|part| part.pieces().len()).sum(), BLOCKS)
        }
        TaskOp::Fill { shape, dtype } => check_shape(shape, *dtype),
        TaskOp::Arange { len, dtype, .. } => check_shape(&[*len], *dtype),
        TaskOp::Eye { shape, dtype, .. } => check_shape(shape, *dtype),
        TaskOp::Reshape(reshape) => {
            check_grid(&reshape.from)?;
            check_grid(&reshape.to)?;
            let inside = |grid: &Grid, block: u32| (block as usize) < grid.n_blocks();
            if !inside(&reshape.to, reshape.block) || !reshape.blocks.iter().all(|&b| inside(&reshape.from, b)) {
                return Err("a block that is reshaped does not exist".to_owned());
            }
            check_shape(&reshape.to.block_shape_at(reshape.block as usize), DType::Bool)
        }
        TaskOp::Contract(task) => check_contraction(task),
        TaskOp::Data(task) => check_data(task),
        TaskOp::Kernel(_) | TaskOp::Combine(_) | TaskOp::Matmul { .. } | TaskOp::Const { .. } | TaskOp::Solve => Ok(()),
    }
}

/// The arrays that a contraction reads and makes on its way.
fn check_contraction(task: &ContractTask) -> Result<(), String> {
    most("operands of a contraction", task.windows.len(), MOST)?;
    task.windows.iter().try_for_each(|w| check_shape(&w.shape, DType::Bool))?;
    let shapes: Vec<&[usize]> = task.windows.iter().map(|w| &w.shape[..]).collect();
    let (Some(sizes), Some(steps)) = (task.spec.sizes(&shapes), task.spec.steps(&task.order)) else {
        return Err(format!("the windows or the order of the contraction \"{}\" do not fit", task.spec));
    };
    let size = |i: &Index| sizes.get(i).copied().ok_or_else(|| format!("the index sets \"{}\"", task.spec));
    let made = |step: &Step| step.result.iter().map(size).collect::<Result<Vec<_>, _>>();
    steps.iter().try_for_each(|step| check_shape(&made(step)?, DType::Bool))
}

fn check_data(task: &DataTask) -> Result<(), String> {
    match task {
        DataTask::Take { shape, .. } => check_shape(shape, DType::Bool),
        DataTask::Positions { len, .. } => check_shape(&[*len], DType::I64),
        DataTask::Ranks { len, .. } => check_shape(&[*len, 2], DType::U64),
        DataTask::Orthogonal { rows, columns, joined: _ } => check_shape(&[*rows, *columns], DType::F32),
        DataTask::Random { whole, shape, dtype, .. } => {
            most("axes of an array", whole.len(), RANK)?;
            check_shape(shape, *dtype)
        }
        DataTask::Put { .. }
        | DataTask::Sort { .. }
        | DataTask::Merge { .. }
        | DataTask::Scan { .. }
        | DataTask::Total { .. }
        | DataTask::ArgBest { .. }
        | DataTask::ArgJoin { .. }
        | DataTask::Top { .. }
        | DataTask::TopJoin { .. }
        | DataTask::Partition { .. }
        | DataTask::Split {}
        | DataTask::Exchange {}
        | DataTask::Select { .. }
        | DataTask::Tally { .. }
        | DataTask::Narrow {}
        | DataTask::Elements { .. }
        | DataTask::Search { .. }
        | DataTask::Qr { .. }
        | DataTask::Check { .. }
        | DataTask::Count {} => Ok(()),
    }
}

/// A block that a task makes. Where the dtype is not known yet, that of the fewest bytes counts.
fn check_shape(shape: &[usize], dtype: DType) -> Result<(), String> {
    most("axes of a block", shape.len(), RANK)?;
    match byte_len(dtype, shape) {
        Some(bytes) if bytes as u64 <= LARGEST => Ok(()),
        Some(_) | None => Err(format!("a block of shape {shape:?}, {LARGEST} bytes are allowed")),
    }
}

#[cfg(test)]
mod tests {
    use super::{RANK, STEPS, check_body, check_grid, check_shape, most};
    use nums_ir::diag::Loc;
    use nums_ir::dtype::DType;
    use nums_ir::func::{Func, Op};
    use nums_ir::grid::Grid;
    use nums_ir::ops::MapOp;
    use nums_ir::types::Type;

    #[test]
    fn what_is_too_much_is_named() {
        assert_eq!(most("tasks", 3, 2), Err("3 tasks, 2 are allowed".to_owned()));
        assert!(check_shape(&[1 << 33], DType::F64).is_ok());
        assert_eq!(
            check_shape(&[1 << 33, 2], DType::F64),
            Err("a block of shape [8589934592, 2], 68719476736 bytes are allowed".to_owned())
        );
        assert!(check_shape(&[usize::MAX, usize::MAX], DType::Bool).is_err());
        assert!(check_shape(&[0, usize::MAX], DType::Bool).is_ok());
        assert_eq!(check_grid(&Grid::whole(&[1; 33])), Err("33 axes of an array, 32 are allowed".to_owned()));
        assert!(check_grid(&Grid::whole(&[usize::MAX, 3])).is_err());
    }

    #[test]
    fn kernels_have_an_end() {
        let mut func = Func::new("k0");
        let x = func.param("x", Some(Type::of(DType::F64, &[4])), Loc::default());
        for _ in 0..=STEPS {
            func.push_typed(Op::Map(MapOp::Negative), &[x], Type::of(DType::F64, &[4]), Loc::default());
        }
        assert!(check_body(&func).unwrap_err().starts_with("16385 instructions of a kernel"));
        let mut wide = Func::new("k1");
        wide.param("x", Some(Type::of(DType::F64, &[1; RANK + 1])), Loc::default());
        assert_eq!(check_body(&wide), Err("33 axes of a value in a kernel, 32 are allowed".to_owned()));
    }
}
