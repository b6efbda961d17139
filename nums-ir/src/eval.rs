//! The reference evaluator: a typed or fused `Func` with bound sizes over whole arrays, on `ndarray`. Slow, obviously right.
//!
//! It is the oracle of all tests, so it shares nothing with the executors but the operator table and `scalar`'s exact
//! helpers: transcendentals are std's, sums and products are compensated, a kernel means what its body means. Every value
//! is held to the dtype and shape that `infer` gave it. Where NumPy leaves an answer to the machine the evaluator picks
//! one: a float that an integer cannot hold saturates, NaN becomes 0. `tensor` holds arrays and casts, `map` the element-wise
//! rows, `reduce`, `shape` and `product` the rest.

mod data;
mod map;
mod math;
mod product;
mod reduce;
mod shape;
mod tensor;

pub use tensor::{Item, Tensor};

use crate::dim::Dim;
use crate::dtype::DType;
use crate::func::{Func, Inst, Op, Scalar, Size, Stage, Value};
use crate::ops::{MapOp, ReduceOp};

/// Runs `func` on `args`, one a parameter; plain scalars are 0-d. The sizes of `func` must be bound.
///
/// # Errors
/// What the program does wrong on this data (`singular`, a reduction of nothing, a negative power of integers), a program
/// that is not typed or bound, or a value that is not what its type says.
pub fn eval(func: &Func, args: &[Tensor]) -> Result<Vec<Tensor>, String> {
    match func.stage {
        Stage::Typed | Stage::Fused => {}
        Stage::Parsed | Stage::Tiled | Stage::Placed => return Err(format!("`{}` is not typed", func.name)),
    }
    if func.params.len() != args.len() {
        return Err(format!("`{}` takes {} arguments, not {}", func.name, func.params.len(), args.len()));
    }
    let mut values: Vec<Option<Tensor>> = vec![None; func.values.len()];
    for (&param, arg) in func.params.iter().zip(args) {
        define(func, &mut values, param, arg.clone())?;
    }
    for inst in &func.insts {
        let operands = inst.args.iter().map(|&v| get(func, &values, v)).collect::<Result<Vec<_>, _>>()?;
        let results = run(func, inst, &operands)?;
        if results.len() != inst.results.len() {
            return Err(format!("`{}` gave {} results, not {}", inst.op.name(), results.len(), inst.results.len()));
        }
        for (&value, result) in inst.results.iter().zip(results) {
            define(func, &mut values, value, result)?;
        }
    }
    func.results.iter().map(|&v| get(func, &values, v)).collect()
}

/// The element-wise operator on operands that already have the dtypes it computes in.
///
/// # Errors
/// Operands of other dtypes, shapes that do not broadcast, a negative power of integers.
pub fn map(op: MapOp, args: &[&Tensor]) -> Result<Tensor, String> {
    map::map(op, args)
}

/// The reduction of an operand that already has the dtype it accumulates in.
///
/// # Errors
/// An axis that is not there, a reduction of nothing that has no identity.
pub fn reduce(op: ReduceOp, x: &Tensor, axes: &[i64], keepdims: bool) -> Result<Tensor, String> {
    reduce::reduce(op, x, axes, keepdims)
}

fn get(func: &Func, values: &[Option<Tensor>], v: Value) -> Result<Tensor, String> {
    values[v.0 as usize].clone().ok_or_else(|| format!("`{}` uses value {} before it is defined", func.name, v.0))
}

fn define(func: &Func, values: &mut [Option<Tensor>], v: Value, tensor: Tensor) -> Result<(), String> {
    let Some(ty) = &func.data(v).ty else { return Err(format!("value {} of `{}` has no type", v.0, func.name)) };
    let sizes = ty.sizes().ok_or_else(|| format!("the sizes of {ty} are not bound"))?;
    if ty.dtype != tensor.dtype() || sizes != tensor.shape() {
        let (dtype, shape) = (tensor.dtype(), tensor.shape());
        return Err(format!("value {} of `{}` is {dtype}{shape:?}, its type says {ty}", v.0, func.name));
    }
    values[v.0 as usize] = Some(tensor);
    Ok(())
}

fn run(func: &Func, inst: &Inst, args: &[Tensor]) -> Result<Vec<Tensor>, String> {
    let operands: Vec<&Tensor> = args.iter().collect();
    let one = match (&inst.op, operands.as_slice()) {
        (Op::Kernel(body), _) => return eval(body, args),
        (Op::Const(value), []) => Tensor::constant(*value, result_dtype(func, inst)?)?,
        (Op::Dim(dim), []) => Tensor::constant(Scalar::Int(i128::from(constant(dim)?)), DType::I64)?,
        (Op::Map(op), args) => map::map(*op, args)?,
        (Op::Cast(dtype), [x]) => x.cast(*dtype),
        (Op::Reduce { op, axes: Some(axes), keepdims }, [x]) => reduce::reduce(*op, x, axes, *keepdims)?,
        (Op::Matmul { trans_a, trans_b, symmetric }, [a, b]) => {
            let product = product::matmul(a, *trans_a, b, *trans_b)?;
            if *symmetric { product::mirror(&product)? } else { product }
        }
        (Op::Contract(c), args) => product::contract(c, args)?,
        (Op::Transpose { perm: Some(perm) }, [x]) => shape::transpose(x, perm)?,
        (Op::Reshape { shape }, [x]) => x.reshape(&sizes(shape)?)?,
        (Op::Index { items }, [x]) => shape::index(x, items)?,
        (Op::Concatenate { axis }, args) => shape::concatenate(args, *axis)?,
        (Op::Fill { shape, dtype: Some(dtype) }, [x]) => shape::fill(x, &sizes(shape)?, *dtype)?,
        (Op::Arange { dtype: Some(dtype), len: Some(len) }, [start, _, step]) => {
            shape::arange(start, step, size(&Size::Dim(len.clone()))?, *dtype)?
        }
        (Op::Eye { rows, cols, k, dtype }, []) => shape::eye(size(rows)?, size(cols)?, *k, *dtype)?,
        (Op::Solve, [a, b]) => product::solve(a, b)?,
        (Op::Data(op), args) => data::data(op, args, result_dtype(func, inst)?)?,
        (Op::Item, [x]) => (*x).clone(),
        (Op::Choose, [c, a, b]) => {
            if c.cast(DType::Bool).scalars() == [Scalar::Bool(true)] {
                (*a).clone()
            } else {
                (*b).clone()
            }
        }
        (op @ (Op::Const(_) | Op::Dim(_) | Op::ShapeOf { .. } | Op::Cast(_) | Op::Reduce { .. } | Op::Matmul { .. }), args)
        | (op @ (Op::Transpose { .. } | Op::Reshape { .. } | Op::Index { .. } | Op::Fill { .. } | Op::Arange { .. }), args)
        | (op @ (Op::Eye { .. } | Op::Solve | Op::Call(_) | Op::Item | Op::Choose), args) => {
            return Err(format!("`{}` of {} operands is not of the typed stage", op.name(), args.len()));
        }
    };
    Ok(vec![one])
}

/// The dtype of a line's only result.
fn result_dtype(func: &Func, inst: &Inst) -> Result<DType, String> {
    let data = inst.results.first().map(|&v| func.data(v));
    let ty = data.and_then(|d| d.ty.as_ref()).ok_or_else(|| format!("a `{}` of `{}` has no type", inst.op.name(), func.name))?;
    Ok(ty.dtype)
}

fn constant(dim: &Dim) -> Result<i64, String> {
    dim.as_const().ok_or_else(|| format!("the size {dim} is not bound"))
}

/// An integer of an attribute: a slice bound, a position.
fn integer(size: &Size) -> Result<i64, String> {
    match size {
        Size::Dim(dim) => constant(dim),
        Size::Value(v) => Err(format!("the size in value {} is not resolved", v.0)),
    }
}

fn size(size: &Size) -> Result<usize, String> {
    let n = integer(size)?;
    usize::try_from(n).map_err(|_| format!("the size {n} is negative"))
}

fn sizes(shape: &[Size]) -> Result<Vec<usize>, String> {
    shape.iter().map(size).collect()
}

#[cfg(test)]
mod tests {
    use super::{Tensor, eval, reduce};
    use crate::diag::Loc;
    use crate::dim::Dim;
    use crate::dtype::DType;
    use crate::func::{Func, IndexItem, Op, Scalar, Size, Stage};
    use crate::ops::{MapOp, ReduceOp};
    use crate::types::Type;

    fn line(n: usize) -> Tensor {
        Tensor::from_vec(&[n], (0..n).map(|i| i as f64).collect()).unwrap()
    }

    /// One line of one operator over `args`.
    fn one(op: Op, args: &[Tensor], ty: Type) -> Result<Tensor, String> {
        let mut f = Func::new("one");
        f.stage = Stage::Typed;
        let params: Vec<_> = args.iter().map(|x| f.param("x", Some(Type::of(x.dtype(), x.shape())), Loc::default())).collect();
        let result = f.push_typed(op, &params, ty, Loc::default());
        f.results = vec![result];
        eval(&f, args).map(|mut results| results.remove(0))
    }

    #[test]
    fn a_kernel_means_its_body() {
        let (ty, loc) = (Type::of(DType::F64, &[3]), Loc::default());
        let mut body = Func::new("k0");
        body.stage = Stage::Fused;
        let x = body.param("x", Some(ty.clone()), loc);
        let two = body.push_typed(Op::Const(Scalar::Int(2)), &[], Type::of(DType::F64, &[]), loc);
        let y = body.push_typed(Op::Map(MapOp::Power), &[x, two], ty, loc);
        let sum = Op::Reduce { op: ReduceOp::Sum, axes: Some(vec![0]), keepdims: false };
        let s = body.push_typed(sum, &[y], Type::of(DType::F64, &[]), loc);
        body.results = vec![s];
        let got = one(Op::Kernel(Box::new(body)), &[line(3)], Type::of(DType::F64, &[]));
        assert_eq!(got, Ok(Tensor::scalar(5.0)));
    }

    #[test]
    fn a_value_that_is_not_of_its_type_is_an_error() {
        let got = one(Op::Map(MapOp::Exp), &[line(3)], Type::of(DType::F64, &[2]));
        assert_eq!(got, Err("value 1 of `one` is f64[3], its type says f64[2]".to_owned()));
    }

    #[test]
    fn slices_are_python_s() {
        let bound = |i: i64| Some(Size::Dim(Dim::Const(i)));
        let items = vec![IndexItem::NewAxis, IndexItem::Slice { start: bound(-2), stop: bound(-100), step: -2 }];
        let got = one(Op::Index { items }, &[line(6)], Type::of(DType::F64, &[1, 3])).unwrap();
        assert_eq!(got.to_vec::<f64>(), Some(vec![4.0, 2.0, 0.0]));
        let at = one(Op::Index { items: vec![IndexItem::At(Size::Dim(Dim::Const(6)))] }, &[line(6)], Type::of(DType::F64, &[]));
        assert_eq!(at, Err("index 6 is out of bounds for axis 0 with size 6".to_owned()));
    }

    #[test]
    fn a_maximum_of_nothing_is_an_error_where_it_has_a_place() {
        let empty = Tensor::from_vec::<f64>(&[0, 2], vec![]).unwrap();
        let max = |axes: &[i64]| reduce(ReduceOp::Max, &empty, axes, false);
        assert_eq!(max(&[0]), Err("zero-size array to reduction operation `max` which has no identity".to_owned()));
        assert_eq!(max(&[1]).map(|x| x.shape().to_vec()), Ok(vec![0]));
        let mean = reduce(ReduceOp::Mean, &empty, &[0], true).unwrap();
        assert!(mean.shape() == [1, 2] && mean.to_vec::<f64>().unwrap().iter().all(|x| x.is_nan()));
    }

    #[test]
    fn sums_keep_what_is_small() {
        let x = Tensor::from_vec(&[4], vec![1.0, 1e100, 1.0, -1e100]).unwrap();
        assert_eq!(reduce(ReduceOp::Sum, &x, &[0], false), Ok(Tensor::scalar(2.0)));
        let inf = Tensor::from_vec(&[2], vec![f64::INFINITY, 1.0]).unwrap();
        assert_eq!(reduce(ReduceOp::Sum, &inf, &[0], false), Ok(Tensor::scalar(f64::INFINITY)));
    }

    #[test]
    fn arange_continues_the_first_difference() {
        let [start, stop, step] = [1.0, 2.0, 0.1].map(Tensor::scalar::<f64>);
        let op = Op::Arange { dtype: Some(DType::F64), len: Some(Dim::Const(10)) };
        let got = one(op, &[start, stop, step], Type::of(DType::F64, &[10])).unwrap().to_vec::<f64>().unwrap();
        assert_eq!((got[0], got[1], got[5]), (1.0, 1.1, 1.5000000000000004));
    }

    #[test]
    fn products_and_solve() {
        let a = Tensor::from_vec(&[2, 2], vec![0.0, 2.0, 1.0, 1.0]).unwrap();
        let b = Tensor::from_vec(&[2], vec![2.0, 3.0]).unwrap();
        let x = one(Op::Solve, &[a.clone(), b.clone()], Type::of(DType::F64, &[2])).unwrap();
        assert_eq!(x.to_vec::<f64>(), Some(vec![2.0, 1.0]));
        let product = |t: bool| Op::Matmul { trans_a: t, trans_b: false, symmetric: false };
        let ax = one(product(false), &[a.clone(), x], Type::of(DType::F64, &[2])).unwrap();
        assert_eq!(ax, b);
        let ata = one(product(true), &[a.clone(), a], Type::of(DType::F64, &[2, 2])).unwrap();
        assert_eq!(ata.to_vec::<f64>(), Some(vec![1.0, 1.0, 1.0, 5.0]));
        let flat = Tensor::full(&[2, 2], 1.0);
        assert_eq!(one(Op::Solve, &[flat, b], Type::of(DType::F64, &[2])), Err("singular".to_owned()));
        let none = [Tensor::full(&[2, 0], 1.0), Tensor::full(&[0, 3], 1.0)];
        assert_eq!(one(product(false), &none, Type::of(DType::F64, &[2, 3])), Ok(Tensor::full(&[2, 3], 0.0)));
    }
}
