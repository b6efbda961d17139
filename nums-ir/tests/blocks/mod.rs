//! A `Graph` run task by task in one thread, so that what `tile` makes can be held to the evaluator.
//!
//! Who runs a task is given: `oracle`, or the runtime's kernels. Every block is held to the dtype and shape that its grid says. `grids` cuts the same array
//! in several ways. Shared by the tests of the IR and of the runtime.

use nums_ir::dtype::DType;
use nums_ir::eval::Tensor;
use nums_ir::func::Scalar;
use nums_ir::graph::{Arg, ArrayId, BlockId, Graph, Task};
use nums_ir::grid::Grid;
use nums_ir::verify::verify_graph;

/// An operand of a task.
pub(crate) enum Operand<'a> {
    /// A block.
    Block(&'a Tensor),
    /// A scalar of the call.
    Scalar(Scalar),
}

/// Runs `graph` on whole arrays and plain scalars, both in the order of their parameters; `task` runs one task.
pub(crate) fn run(
    graph: &Graph,
    arrays: &[Tensor],
    scalars: &[Scalar],
    mut task: impl FnMut(&Task, &[Operand<'_>]) -> Result<Vec<Tensor>, String>,
) -> Result<Vec<Tensor>, String> {
    if let Err(broken) = verify_graph(graph) {
        panic!("`{}` is no graph: {}", graph.name, broken.join("; "));
    }
    let mut blocks: Vec<Option<Tensor>> = vec![None; graph.n_blocks()];
    for (id, whole) in graph.inputs.iter().zip(arrays) {
        let array = graph.array(*id);
        assert_eq!((array.dtype, array.grid.shape()), (whole.dtype(), whole.shape()), "input {}", array.name);
        for (i, block) in array.blocks().enumerate() {
            blocks[block.0 as usize] = Some(cut(whole, &array.grid, i));
        }
    }
    for (declared, given) in graph.scalars.iter().zip(scalars) {
        assert_eq!(declared.dtype, DType::default_of(given.kind()), "scalar {}", declared.name);
    }
    for t in &graph.tasks {
        let operand = |arg: &Arg| match arg {
            Arg::Block(b) => Operand::Block(blocks[b.0 as usize].as_ref().expect("made before")),
            Arg::Scalar(s) => Operand::Scalar(scalars[*s as usize]),
        };
        let operands: Vec<Operand<'_>> = t.args.iter().map(operand).collect();
        let made = task(t, &operands)?;
        assert_eq!(made.len(), t.outs.len(), "results of {:?}", t.op);
        for (out, tensor) in t.outs.iter().zip(made) {
            let (dtype, shape) = kind_of(graph, *out);
            assert_eq!((tensor.dtype(), tensor.shape()), (dtype, shape.as_slice()), "a block of {:?}", t.op);
            blocks[out.0 as usize] = Some(tensor);
        }
    }
    let whole = |array: ArrayId| {
        let array = graph.array(array);
        let parts: Vec<&Tensor> = array.blocks().map(|b| blocks[b.0 as usize].as_ref().expect("made before")).collect();
        join(&parts, array.dtype, &array.grid)
    };
    Ok(graph.outputs.iter().map(|out| whole(out.array)).collect())
}

/// Dtype and shape of a block.
pub(crate) fn kind_of(graph: &Graph, block: BlockId) -> (DType, Vec<usize>) {
    let array = graph.array(graph.array_of(block));
    (array.dtype, array.grid.block_shape_at((block.0 - array.first.0) as usize))
}

fn cut(whole: &Tensor, grid: &Grid, i: usize) -> Tensor {
    let offset = grid.offset_at(i);
    whole.gather(&grid.block_shape_at(i), |index| index.iter().zip(&offset).map(|(i, o)| i + o).collect())
}

fn join(parts: &[&Tensor], dtype: DType, grid: &Grid) -> Tensor {
    Tensor::choose(dtype, parts, grid.shape(), |index| find(grid, index))
}

/// The block that holds a position, and the position in it.
pub(crate) fn find(grid: &Grid, index: &[usize]) -> (usize, Vec<usize>) {
    let at: Vec<usize> = index.iter().zip(grid.block_shape()).map(|(i, b)| i / b).collect();
    let inner = index.iter().zip(grid.block_shape()).map(|(i, b)| i % b).collect();
    (grid.index(&at), inner)
}

/// How many cuts `grids` knows.
pub(crate) const CUTS: usize = 3;

/// Cut number `cut` of an array that is operand number `at`: whole; halves; odd sizes that no two neighbours share.
pub(crate) fn grid(shape: &[usize], at: usize, cut: usize) -> Grid {
    match cut {
        0 => Grid::whole(shape),
        1 => Grid::new(shape, &shape.iter().map(|n| n.div_ceil(2)).collect::<Vec<_>>()),
        _ => Grid::new(shape, &(0..shape.len()).map(|axis| [3, 2, 5, 1][(axis + at + cut) % 4]).collect::<Vec<_>>()),
    }
}
