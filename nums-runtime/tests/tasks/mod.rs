//! Tasks run by the runtime's kernels in this thread, on the evaluator's tensors.

use crate::blocks::{self, Operand};
use nums_ir::eval::Tensor;
use nums_ir::func::{Func, Scalar};
use nums_ir::grid::Grid;
use nums_ir::tile::tile;
use nums_runtime::block::Block;
use nums_runtime::element::{Element, Slice};
use nums_runtime::kernel::{self, Kernel};
use std::sync::Arc;

/// The answers of a fused function with bound sizes, arrays cut by `grids`.
pub(crate) fn answers(func: &Func, arrays: &[Tensor], scalars: &[Scalar], grids: &[Grid]) -> Result<Vec<Tensor>, String> {
    let graph = tile(func, grids).map_err(|diag| diag.message)?;
    let kernels = graph.kernels.iter().map(|body| Kernel::prepare(body).map(Arc::new)).collect::<Result<Vec<_>, _>>();
    let kernels = kernels.map_err(|why| why.to_string())?;
    blocks::run(&graph, arrays, scalars, |task, args| {
        let owned: Vec<Result<Block, Scalar>> = args
            .iter()
            .map(|arg| match arg {
                Operand::Block(x) => Ok(block(x)),
                Operand::Scalar(s) => Err(*s),
            })
            .collect();
        let operands: Vec<kernel::Operand<'_>> = owned
            .iter()
            .map(|own| match own {
                Ok(block) => kernel::Operand::Block(block),
                Err(s) => kernel::Operand::Scalar(*s),
            })
            .collect();
        let made = kernel::run(&task.op, &kernels, &operands).map_err(|why| why.to_string())?;
        Ok(made.iter().map(tensor).collect())
    })
}

fn block(x: &Tensor) -> Block {
    fn of<'a, T: Element>(elements: impl Iterator<Item = &'a T>, shape: &[usize]) -> Block {
        Block::from_slice(&elements.copied().collect::<Vec<_>>(), shape)
    }
    macro_rules! any {
        ($($Name:ident)*) => { match x { $(Tensor::$Name(a) => of(a.iter(), x.shape())),* } };
    }
    any!(Bool I8 I16 I32 I64 U8 U16 U32 U64 F32 F64 C64 C128)
}

fn tensor(block: &Block) -> Tensor {
    macro_rules! any {
        ($($Name:ident)*) => { match block.slice() { $(Slice::$Name(s) => Tensor::from_vec(block.shape(), s.to_vec())),* } };
    }
    any!(Bool I8 I16 I32 I64 U8 U16 U32 U64 F32 F64 C64 C128).expect("as many elements as the shape has")
}
