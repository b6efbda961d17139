//! What each task means, written down with no thought of speed: one element after the other, sharing nothing with the
//! runtime's kernels but the operator table.

use crate::blocks::{Operand, find, kind_of};
use nums_ir::diag::Loc;
use nums_ir::dtype::DType;
use nums_ir::eval::{self, Tensor};
use nums_ir::func::{Func, Op, Stage, Value};
use nums_ir::graph::{Graph, Piece, Reading, ReshapeTask, Task, TaskOp, Window};
use nums_ir::infer::result_types;
use nums_ir::ops::ReduceOp;
use nums_ir::scalar::{Moments, Spread};
use nums_ir::types::Type;

/// What pieces of tensors make.
fn assembled(shape: &[usize], pieces: &[Piece], tensors: &[Tensor]) -> Tensor {
    let all: Vec<&Tensor> = tensors.iter().collect();
    let dtype = tensors[pieces.first().map_or(0, |p| p.arg as usize)].dtype();
    Tensor::choose(dtype, &all, shape, |index| {
        let holds = |p: &&Piece| (0..index.len()).all(|a| (p.dest[a]..p.dest[a] + p.shape[a]).contains(&index[a]));
        let piece = pieces.iter().find(holds).expect("pieces cover the block");
        let mut at: Vec<i64> = piece.src.iter().map(|s| *s as i64).collect();
        for (i, axis) in piece.axes.iter().enumerate() {
            if let Some(axis) = axis {
                at[*axis as usize] += (index[i] - piece.dest[i]) as i64 * piece.step[i];
            }
        }
        // Tensors of another dtype do not count.
        let which = tensors[..piece.arg as usize].iter().filter(|t| t.dtype() == dtype).count();
        (which, at.into_iter().map(|i| i as usize).collect())
    })
}

/// Runs a task.
pub(crate) fn run(graph: &Graph, task: &Task, args: &[Operand<'_>]) -> Result<Vec<Tensor>, String> {
    let tensors: Vec<Tensor> = args
        .iter()
        .map(|arg| match arg {
            Operand::Block(x) => (*x).clone(),
            Operand::Scalar(s) => Tensor::constant(*s, DType::default_of(s.kind())).expect("a scalar of its dtype"),
        })
        .collect();
    let shape = kind_of(graph, task.outs[0]).1;
    let one = match &task.op {
        TaskOp::Kernel(k) => return eval::eval(&of_blocks(&graph.kernels[*k as usize], &tensors), &tensors),
        TaskOp::Sliced(task) => {
            let part = |part: &Reading| match part {
                Reading::Whole(arg) => tensors[*arg as usize].clone(),
                Reading::Pieces(pieces) => assembled(&task.space, pieces, &tensors),
            };
            let parts: Vec<Tensor> = task.operands.iter().map(part).collect();
            return eval::eval(&of_blocks(&graph.kernels[task.kernel as usize], &parts), &parts);
        }
        TaskOp::Combine(ReduceOp::Moments) => {
            let parts = |t: &Tensor| t.cast(DType::F64).to_vec::<f64>().expect("f64");
            let (a, b, n) = (parts(&tensors[0]), parts(&tensors[1]), tensors[0].size() / 3);
            let join = |i: usize| {
                let at = |x: &[f64]| (x[i], x[n + i], x[2 * n + i]);
                f64::join_sums(at(&a), at(&b))
            };
            let rows: [fn(Moments<f64>) -> f64; 3] = [|m| m.0, |m| m.1, |m| m.2];
            let all = rows.iter().flat_map(|row| (0..n).map(move |i| row(join(i)))).collect();
            Tensor::from_vec(&shape, all)?.cast(tensors[0].dtype())
        }
        TaskOp::Combine(op) => eval::map(op.combine().expect("partial results"), &[&tensors[0], &tensors[1]])?,
        TaskOp::Matmul { trans_a, trans_b, symmetric } => {
            line(Op::Matmul { trans_a: *trans_a, trans_b: *trans_b, symmetric: *symmetric }, &tensors)?
        }
        TaskOp::Contract(task) => {
            let cut = |(x, w): (&Tensor, &Window)| {
                x.gather(&w.shape, |at| at.iter().zip(&w.start).map(|(i, start)| i + start).collect())
            };
            let parts: Vec<Tensor> = tensors.iter().zip(&task.windows).map(cut).collect();
            line(Op::Contract(task.spec.clone()), &parts)?
        }
        TaskOp::Solve => line(Op::Solve, &tensors)?,
        TaskOp::Data(task) => return Err(format!("`{}` is held to whole arrays, in the runtime's tests", task.name())),
        TaskOp::Assemble { shape, pieces } => assembled(shape, pieces, &tensors),
        TaskOp::Reshape(ReshapeTask { from, blocks, to, block }) => {
            let (all, offset) = (tensors.iter().collect::<Vec<_>>(), to.offset_at(*block as usize));
            Tensor::choose(kind_of(graph, task.outs[0]).0, &all, &shape, |index| {
                let whole: Vec<usize> = index.iter().zip(&offset).map(|(i, o)| i + o).collect();
                let mut flat = whole.iter().zip(to.shape()).fold(0, |flat, (i, n)| flat * n + i);
                let mut at = vec![0; from.rank()];
                for axis in (0..from.rank()).rev() {
                    at[axis] = flat % from.shape()[axis];
                    flat /= from.shape()[axis];
                }
                let (block, inner) = find(from, &at);
                (blocks.iter().position(|b| *b as usize == block).expect("an operand of the task"), inner)
            })
        }
        TaskOp::Fill { shape, dtype } => tensors[0].cast(*dtype).broadcast(shape)?,
        TaskOp::Arange { offset, len, dtype } => {
            let op = Op::Arange { dtype: Some(*dtype), len: Some((offset + len).into()) };
            let [start, step] = &tensors[..] else { return Err("arange has a start and a step".to_owned()) };
            line(op, &[start.clone(), start.clone(), step.clone()])?.gather(&[*len], |index| vec![index[0] + offset])
        }
        TaskOp::Eye { offset, shape, k, dtype } => {
            let on = |i: usize| (offset[1] + i % shape[1]) as i64 == (offset[0] + i / shape[1]) as i64 + k;
            Tensor::from_vec(shape, (0..shape[0] * shape[1]).map(on).collect::<Vec<bool>>())?.cast(*dtype)
        }
        TaskOp::Const { value, dtype } => Tensor::constant(*value, *dtype)?,
    };
    Ok(vec![one])
}

/// A kernel's body typed for operands that are blocks of the arrays it was made for.
fn of_blocks(body: &Func, args: &[Tensor]) -> Func {
    of_types(body, &args.iter().map(|x| Type::of(x.dtype(), x.shape())).collect::<Vec<_>>())
}

fn of_types(body: &Func, args: &[Type]) -> Func {
    let mut out = body.clone();
    let retype = |out: &mut Func, v: Value, ty: Type| {
        let weak = out.ty(v).weak;
        out.values[v.0 as usize].ty = Some(Type { weak, ..ty });
    };
    for (p, ty) in body.params.iter().zip(args) {
        retype(&mut out, *p, ty.clone());
    }
    for (i, inst) in body.insts.iter().enumerate() {
        if matches!(inst.op, Op::Const(_) | Op::Dim(_)) {
            continue;
        }
        let types: Vec<&Type> = inst.args.iter().map(|a| out.ty(*a)).collect();
        // A panel holds kernels.
        let op = match &inst.op {
            Op::Kernel(inner) => Op::Kernel(Box::new(of_types(inner, &types.iter().map(|t| (*t).clone()).collect::<Vec<_>>()))),
            op => op.clone(),
        };
        let types = result_types(&op, &types, Loc::default()).expect("a body fits its blocks");
        for (r, ty) in inst.results.iter().zip(types) {
            retype(&mut out, *r, ty);
        }
        out.insts[i].op = op;
    }
    out
}

/// One operator over whole arrays.
fn line(op: Op, args: &[Tensor]) -> Result<Tensor, String> {
    let mut f = Func::new("line");
    f.stage = Stage::Typed;
    let types: Vec<Type> = args.iter().map(|x| Type::of(x.dtype(), x.shape())).collect();
    let params: Vec<Value> = types.iter().map(|ty| f.param("x", Some(ty.clone()), Loc::default())).collect();
    let ty = result_types(&op, &types.iter().collect::<Vec<_>>(), Loc::default()).map_err(|diag| diag.message)?.remove(0);
    let result = f.push_typed(op, &params, ty, Loc::default());
    f.results = vec![result];
    eval::eval(&f, args).map(|mut results| results.remove(0))
}
