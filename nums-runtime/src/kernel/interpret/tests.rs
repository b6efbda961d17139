//! Kernels against loops written here, and native code against the interpreter.

use super::super::{Held, KernelError, Operand};
use super::Kernel;
use crate::block::Block;
use crate::native::{Code, Isa, with_code, with_isa};
use nums_ir::diag::Loc;
use nums_ir::dim::Dim;
use nums_ir::dtype::{DType, Kind};
use nums_ir::func::{Func, IndexItem, Op, Scalar, Value};
use nums_ir::ops::{MapOp, ReduceOp};
use nums_ir::types::Type;
use std::sync::Arc;

/// Elements of the largest tile.
const TILE: usize = 4096;

/// A body under construction: types are given by dtype and axes.
struct Body(Func);

impl Body {
    fn new() -> Body {
        Body(Func::new("k0"))
    }

    fn ty(dtype: DType, axes: &[&str]) -> Type {
        Type::array(dtype, axes.iter().map(|a| a.parse().map_or_else(|_| Dim::symbol(a), Dim::Const)).collect())
    }

    fn param(&mut self, name: &str, dtype: DType, axes: &[&str]) -> Value {
        self.0.param(name, Some(Body::ty(dtype, axes)), Loc::default())
    }

    fn push(&mut self, op: Op, args: &[Value], dtype: DType, axes: &[&str]) -> Value {
        self.0.push_typed(op, args, Body::ty(dtype, axes), Loc::default())
    }

    fn map(&mut self, op: MapOp, args: &[Value], axes: &[&str]) -> Value {
        self.push(Op::Map(op), args, DType::F64, axes)
    }

    fn float(&mut self, x: f64) -> Value {
        self.push(Op::Const(Scalar::Float(x)), &[], DType::F64, &[])
    }

    fn reduce(&mut self, op: ReduceOp, arg: Value, axes: &[i64], left: &[&str]) -> Value {
        let op = Op::Reduce { op, axes: Some(axes.to_vec()), keepdims: false };
        self.push(op, &[arg], DType::F64, left)
    }

    fn kernel(mut self, results: &[Value]) -> Kernel {
        self.0.results = results.to_vec();
        Kernel::prepare(&self.0).unwrap()
    }
}

fn counting(shape: &[usize]) -> Block {
    let n: usize = shape.iter().product();
    let x: Vec<f64> = (0..n).map(|i| ((i * 7919 + 5) % 811) as f64 / 200.0 - 2.0).collect();
    Block::from_slice(&x, shape)
}

fn run(kernel: &Kernel, args: &[&Block]) -> Vec<Block> {
    let args: Vec<Operand<'_>> = args.iter().map(|b| Operand::Block(b)).collect();
    kernel.run(&args).unwrap()
}

/// `1 / (1 + exp(-(s * x + 1)))`, and its sum: the group that `native::tests` has a loop for.
fn sigmoid(results: impl Fn(Value, Value) -> Vec<Value>) -> (Func, Kernel) {
    let mut b = Body::new();
    let x = b.param("x", DType::F64, &["n"]);
    let s = b.0.param("s", Some(Type::weak(Kind::Float)), Loc::default());
    let one = b.float(1.0);
    let m = b.map(MapOp::Multiply, &[s, x], &["n"]);
    let a = b.map(MapOp::Add, &[m, one], &["n"]);
    let n = b.map(MapOp::Negative, &[a], &["n"]);
    let e = b.map(MapOp::Exp, &[n], &["n"]);
    let d = b.map(MapOp::Add, &[one, e], &["n"]);
    let y = b.map(MapOp::Divide, &[one, d], &["n"]);
    let sum = b.reduce(ReduceOp::Sum, y, &[0], &[]);
    b.0.results = results(y, sum);
    let kernel = Kernel::prepare(&b.0).unwrap();
    (b.0, kernel)
}

/// The kernel with the native loop of `sigmoid`.
fn native_sigmoid(kernel: Kernel) -> Kernel {
    let native = crate::native::find(crate::native::tests::SIGMOID);
    let mut kernel = Kernel { native, ..kernel };
    kernel.assign_places();
    kernel
}

#[test]
fn a_chain_and_its_sum_are_those_of_a_plain_loop() {
    let (_, kernel) = sigmoid(|y, sum| vec![y, sum, y]);
    assert_eq!(kernel.is_native(), Some(false));
    for n in [0, 1, 7, TILE - 1, TILE, TILE + 1, 3 * TILE + 100] {
        let x = counting(&[n]);
        let out = kernel.run(&[Operand::Block(&x), Operand::Scalar(Scalar::Float(2.0))]).unwrap();
        let want: Vec<f64> = x.as_slice::<f64>().iter().map(|x| 1.0 / (1.0 + (-(2.0 * x + 1.0)).exp())).collect();
        assert_eq!(out[0].shape(), [n]);
        for (g, w) in out[0].as_slice::<f64>().iter().zip(&want) {
            assert!((g - w).abs() < 1e-15, "{g}, expected {w}");
        }
        assert!((out[1].as_slice::<f64>()[0] - want.iter().sum::<f64>()).abs() < 1e-9);
        assert_eq!(out[1].shape(), [0; 0]);
        assert_eq!(out[2].bytes(), out[0].bytes());
    }
}

#[test]
fn native_code_gives_the_interpreters_bits() {
    let (_, interpreted) = sigmoid(|y, sum| vec![y, sum]);
    let (_, native) = sigmoid(|y, sum| vec![y, sum]);
    let native = native_sigmoid(native);
    let (_, sum_only) = sigmoid(|_, sum| vec![sum]);
    let sum_only = native_sigmoid(sum_only);
    assert_eq!(native.is_native(), Some(true));
    for n in [0, 1, 127, TILE + 3] {
        let x = counting(&[n]);
        let args = [Operand::Block(&x), Operand::Scalar(Scalar::Float(2.0))];
        let want = with_isa(Isa::Base, || interpreted.run(&args)).unwrap();
        for isa in Isa::available() {
            let got = with_isa(isa, || native.run(&args)).unwrap();
            assert_eq!((got[0].bytes(), got[1].bytes()), (want[0].bytes(), want[1].bytes()), "{n} on {isa:?}");
            let sum = with_isa(isa, || sum_only.run(&args)).unwrap();
            assert_eq!(sum[0].bytes(), want[1].bytes());
        }
    }
    assert_eq!(native.interpreted().is_native(), Some(false));
}

#[test]
fn native_code_of_another_group_is_refused() {
    let mut b = Body::new();
    let x = b.param("x", DType::F32, &["n"]);
    let y = b.push(Op::Map(MapOp::Negative), &[x], DType::F32, &["n"]);
    let kernel = native_sigmoid(b.kernel(&[y]));
    let x = Block::zeros(DType::F32, &[4]);
    assert!(matches!(kernel.run(&[Operand::Block(&x)]), Err(KernelError::Mismatch { .. })));
}

#[test]
fn operands_are_broadcast_through_views() {
    let mut b = Body::new();
    let x = b.param("x", DType::F64, &["n", "d"]);
    let v = b.param("v", DType::F64, &["n"]);
    let w = b.param("w", DType::F64, &["d"]);
    let items = vec![IndexItem::Slice { start: None, stop: None, step: 1 }, IndexItem::NewAxis];
    let column = b.push(Op::Index { items }, &[v], DType::F64, &["n", "1"]);
    let a = b.map(MapOp::Multiply, &[x, column], &["n", "d"]);
    let y = b.map(MapOp::Add, &[a, w], &["n", "d"]);
    let rows = b.reduce(ReduceOp::Sum, y, &[1], &["n"]);
    let columns = b.reduce(ReduceOp::Max, y, &[0], &["d"]);
    let kernel = b.kernel(&[y, rows, columns]);
    for (n, d) in [
        (1, 1),
        (100, 32),
        (77, 33),
        (1, 2000),
        (2000, 1),
        (300, 64),
        (150, 33),
        (20_000, 1),
        (20_000, 2),
        (20_000, 3),
        (20_000, 4),
        (9000, 5),
        (0, 3),
        (5, 0),
    ] {
        let (x, v, w) = (counting(&[n, d]), counting(&[n]), counting(&[d]));
        if n == 0 {
            let args = [&x, &v, &w].map(Operand::Block);
            assert_eq!(kernel.run(&args).unwrap_err(), KernelError::EmptyReduction(ReduceOp::Max));
            continue;
        }
        let out = run(&kernel, &[&x, &v, &w]);
        let (xs, vs, ws) = (x.as_slice::<f64>(), v.as_slice::<f64>(), w.as_slice::<f64>());
        let want: Vec<f64> = (0..n * d).map(|i| xs[i] * vs[i / d] + ws[i % d]).collect();
        assert_eq!(out[0].as_slice::<f64>(), want, "{n}x{d}");
        assert_eq!((out[1].shape(), out[2].shape()), (&[n][..], &[d][..]));
        for j in 0..d {
            let max = (0..n).map(|i| want[i * d + j]).fold(f64::NEG_INFINITY, f64::max);
            assert_eq!(out[2].as_slice::<f64>()[j], max);
        }
    }
}

#[test]
fn short_axes_are_broadcast_and_strided_in_any_place() {
    // An operand with some of the axes of the space, each of a few elements, in tiles that begin inside of rows.
    for shape in [[900, 3, 4], [700, 5, 3], [1, 4000, 2], [50, 60, 4], [2, 3, 2]] {
        for mask in 0..8 {
            let own: Vec<usize> = (0..3).map(|a| if mask >> a & 1 == 1 { shape[a] } else { 1 }).collect();
            let sizes: Vec<String> = own.iter().map(ToString::to_string).collect();
            let sizes: Vec<&str> = sizes.iter().map(String::as_str).collect();
            let mut b = Body::new();
            let x = b.param("x", DType::F64, &["n", "m", "d"]);
            let v = b.param("v", DType::F64, &sizes);
            let y = b.map(MapOp::Add, &[x, v], &["n", "m", "d"]);
            let kernel = b.kernel(&[y]);
            let (x, v) = (counting(&shape), counting(&own));
            let out = run(&kernel, &[&x, &v]);
            let want = (0..x.len()).map(|i| {
                let at = [i / shape[2] / shape[1], i / shape[2] % shape[1], i % shape[2]];
                let flat = (0..3).fold(0, |f, a| f * own[a] + if own[a] == 1 { 0 } else { at[a] });
                x.as_slice::<f64>()[i] + v.as_slice::<f64>()[flat]
            });
            assert_eq!(out[0].as_slice::<f64>(), want.collect::<Vec<_>>(), "{own:?} in {shape:?}");
        }
    }
}

#[test]
fn a_fused_reduction_has_the_bits_of_one_from_a_block() {
    let fused = |axes: &[i64], left: &[&str]| {
        let mut b = Body::new();
        let x = b.param("x", DType::F64, &["n", "m", "d"]);
        let y = b.map(MapOp::Square, &[x], &["n", "m", "d"]);
        let r = b.reduce(ReduceOp::Sum, y, axes, left);
        b.kernel(&[y, r])
    };
    let alone = |axes: &[i64], left: &[&str]| {
        let mut b = Body::new();
        let x = b.param("x", DType::F64, &["n", "m", "d"]);
        let r = b.reduce(ReduceOp::Sum, x, axes, left);
        b.kernel(&[r])
    };
    let cases: [(&[i64], &[&str]); 5] =
        [(&[0], &["m", "d"]), (&[2], &["n", "m"]), (&[0, 1, 2], &[]), (&[1], &["n", "d"]), (&[0, 2], &["m"])];
    for shape in [[33, 7, 19], [3, 900, 5], [1, 1, 9000]] {
        for (axes, left) in cases {
            let out = run(&fused(axes, left), &[&counting(&shape)]);
            let again = run(&alone(axes, left), &[&out[0]]);
            assert_eq!(out[1].bytes(), again[0].bytes(), "{shape:?} over {axes:?}");
            assert_eq!(out[1].shape(), again[0].shape());
        }
    }
}

#[test]
fn scalars_alone_make_0d_results() {
    let mut b = Body::new();
    let k = b.0.param("k", Some(Type::weak(Kind::Int)), Loc::default());
    let z = b.param("z", DType::F64, &[]);
    let n = b.push(Op::Dim(Dim::Const(7)), &[], DType::I64, &[]);
    let f = b.push(Op::Cast(DType::F64), &[k], DType::F64, &[]);
    let m = b.push(Op::Cast(DType::F64), &[n], DType::F64, &[]);
    let q = b.map(MapOp::Divide, &[f, m], &[]);
    let y = b.map(MapOp::Add, &[q, z], &[]);
    let sum = b.reduce(ReduceOp::Sum, y, &[], &[]);
    let kernel = b.kernel(&[y, sum, z]);
    let z = Block::scalar(0.5f64);
    let out = kernel.run(&[Operand::Scalar(Scalar::Int(14)), Operand::Block(&z)]).unwrap();
    for (block, want) in out.iter().zip([2.5, 2.5, 0.5]) {
        assert_eq!((block.shape(), block.as_slice::<f64>()), (&[][..], &[want][..]));
    }
}

#[test]
fn booleans_choose_and_are_counted() {
    let mut b = Body::new();
    let x = b.param("x", DType::F64, &["n"]);
    let zero = b.float(0.0);
    let c = b.push(Op::Map(MapOp::Less), &[x, zero], DType::Bool, &["n"]);
    let y = b.map(MapOp::Where, &[c, zero, x], &["n"]);
    let i = b.push(Op::Cast(DType::I64), &[c], DType::I64, &["n"]);
    let sum = Op::Reduce { op: ReduceOp::Sum, axes: Some(vec![0]), keepdims: true };
    let count = b.push(sum, &[i], DType::I64, &["1"]);
    let any = Op::Reduce { op: ReduceOp::Any, axes: Some(vec![0]), keepdims: false };
    let any = b.push(any, &[c], DType::Bool, &[]);
    let kernel = b.kernel(&[y, count, any]);
    let x = counting(&[2 * TILE + 500]);
    let out = run(&kernel, &[&x]);
    let negative = x.as_slice::<f64>().iter().filter(|x| **x < 0.0).count();
    assert!(out[0].as_slice::<f64>().iter().zip(x.as_slice::<f64>()).all(|(y, x)| *y == x.max(0.0)));
    assert_eq!((out[1].shape(), out[1].as_slice::<i64>()), (&[1][..], &[negative as i64][..]));
    assert_eq!(out[2].as_slice::<bool>(), [true]);
}

#[test]
fn long_chains_reuse_their_buffers() {
    let mut b = Body::new();
    let x = b.param("x", DType::F64, &["n"]);
    let mut y = x;
    for _ in 0..20 {
        let half = b.map(MapOp::Multiply, &[y, x], &["n"]);
        y = b.map(MapOp::Subtract, &[half, y], &["n"]);
    }
    let kernel = b.kernel(&[y]);
    assert!(kernel.homes.len() <= 4, "{:?}", kernel.homes);
    let x = counting(&[TILE + 50]);
    let want: Vec<f64> = x.as_slice::<f64>().iter().map(|&x| (0..20).fold(x, |y, _| y * x - y)).collect();
    assert_eq!(run(&kernel, &[&x])[0].as_slice::<f64>(), want);
}

#[test]
fn operands_and_bodies_that_do_not_fit_are_errors() {
    let (_, kernel) = sigmoid(|y, _| vec![y]);
    let (x, y) = (counting(&[3]), Block::zeros(DType::F32, &[3]));
    let s = Operand::Scalar(Scalar::Float(1.0));
    for args in [vec![Operand::Block(&x)], vec![Operand::Block(&y), s], vec![s, s], vec![Operand::Block(&x), Operand::Block(&x)]]
    {
        assert!(matches!(kernel.run(&args), Err(KernelError::Mismatch { .. })));
    }
    let mut b = Body::new();
    let (p, q) = (b.param("p", DType::F64, &["n"]), b.param("q", DType::F64, &["n"]));
    let sum = b.map(MapOp::Add, &[p, q], &["n"]);
    let add = b.kernel(&[sum]);
    assert!(matches!(add.run(&[Operand::Block(&x), Operand::Block(&counting(&[4]))]), Err(KernelError::Mismatch { .. })));
    let mut b = Body::new();
    let p = b.param("p", DType::F64, &["n", "m"]);
    let t = b.push(Op::Transpose { perm: Some(vec![1, 0]) }, &[p], DType::F64, &["m", "n"]);
    b.0.results = vec![t];
    assert!(matches!(Kernel::prepare(&b.0), Err(KernelError::Unsupported(_))));
    let mut b = Body::new();
    b.0.results = vec![Value(3)];
    assert!(matches!(Kernel::prepare(&b.0), Err(KernelError::Mismatch { .. })));
}

#[test]
fn negative_integer_powers_are_found_in_a_chain() {
    let mut b = Body::new();
    let x = b.param("x", DType::I64, &["n"]);
    let p = b.push(Op::Map(MapOp::Power), &[x, x], DType::I64, &["n"]);
    let kernel = b.kernel(&[p]);
    let x = Block::from_slice(&[2i64, -1], &[2]);
    assert_eq!(kernel.run(&[Operand::Block(&x)]).unwrap_err(), KernelError::NegativePower);
}

/// Enough elements of 8 bytes that they do not fit the cache of `with_cache`, and a last tile that is not full.
const MANY: usize = 3 * TILE + 77;

/// Runs `f` where only tiny blocks stay in the cache.
fn with_cache<R>(f: impl FnOnce() -> R) -> R {
    with_code(Code { cache: 1 << 10, ..Code::default() }, f)
}

/// The results with operands that others have too, and with the task's own: the same bits. Also which operand's bytes each of the latter has.
fn both_ways(kernel: &Kernel, args: &[Block]) -> Vec<Option<usize>> {
    with_cache(|| {
        let want = kernel.run(&args.iter().map(Operand::Block).collect::<Vec<_>>()).unwrap();
        let mut own: Vec<Held> = args.iter().map(|b| Held::Block(Arc::new(b.clone()))).collect();
        let address = |b: &Block| b.bytes().as_ptr();
        let before: Vec<_> = own.iter().map(|h| if let Held::Block(b) = h { Some(address(b)) } else { None }).collect();
        let made = kernel.run_over(&mut &mut own[..]).unwrap();
        for (made, want) in made.iter().zip(&want) {
            assert_eq!((made.dtype(), made.shape()), (want.dtype(), want.shape()));
            assert!(made.bytes() == want.bytes());
        }
        made.iter().map(|made| before.iter().position(|b| *b == Some(address(made)))).collect()
    })
}

#[test]
fn a_result_is_written_over_an_operand_of_its_own() {
    let mut b = Body::new();
    let (x, y) = (b.param("x", DType::F64, &["n"]), b.param("y", DType::F64, &["n"]));
    let (sum, half) = (b.map(MapOp::Add, &[x, y], &["n"]), b.float(0.5));
    let z = b.map(MapOp::Multiply, &[sum, half], &["n"]);
    let total = b.reduce(ReduceOp::Sum, x, &[0], &[]);
    let kernel = b.kernel(&[sum, z, total, sum, x]);
    let (p, q) = (counting(&[MANY]), counting(&[MANY]));
    // Two results take the two operands; one that is returned twice is copied, and the operand that is a result finds none left.
    assert_eq!(both_ways(&kernel, &[p.clone(), q.clone()]), [Some(0), Some(1), None, None, None]);
    // What fits the cache, and what others have too, is left alone.
    let mut held = [Held::Block(Arc::new(p.clone())), Held::Block(Arc::new(q.clone()))];
    let other = held.clone();
    with_cache(|| kernel.run_over(&mut &mut held[..]).unwrap());
    drop(other);
    with_code(Code { cache: 1 << 30, ..Code::default() }, || kernel.run_over(&mut &mut held[..]).unwrap());
    let [Held::Block(a), Held::Block(b)] = &held else { panic!() };
    assert!(a.bytes() == p.bytes() && b.bytes() == q.bytes());
}

#[test]
fn one_array_as_two_operands_is_not_written_over() {
    let mut b = Body::new();
    let (x, y) = (b.param("x", DType::F64, &["n"]), b.param("y", DType::F64, &["n"]));
    let sum = b.map(MapOp::Add, &[x, y], &["n"]);
    let kernel = b.kernel(&[sum]);
    let p = Arc::new(counting(&[MANY]));
    let mut held = [Held::Block(Arc::clone(&p)), Held::Block(p)];
    let made = with_cache(|| kernel.run_over(&mut &mut held[..]).unwrap());
    let [Held::Block(x), _] = &held else { panic!() };
    assert!(made[0].as_slice::<f64>().iter().zip(x.as_slice::<f64>()).all(|(y, x)| *y == x + x));
    assert!(x.bytes() == counting(&[MANY]).bytes());
}

#[test]
fn an_operand_that_is_read_elsewhere_is_not_written_over() {
    // A column beside a matrix.
    let side = 129;
    let mut b = Body::new();
    let (x, m) = (b.param("x", DType::F64, &["n", "1"]), b.param("m", DType::F64, &["n", "n"]));
    let z = b.map(MapOp::Add, &[x, m], &["n", "n"]);
    let kernel = b.kernel(&[z]);
    assert_eq!(both_ways(&kernel, &[counting(&[side, 1]), counting(&[side, side])]), [Some(1)]);
    // One along both axes.
    let mut b = Body::new();
    let x = b.param("x", DType::F64, &["n"]);
    let view = |b: &mut Body, items: Vec<IndexItem>, axes: &[&str]| b.push(Op::Index { items }, &[x], DType::F64, axes);
    let all = || IndexItem::Slice { start: None, stop: None, step: 1 };
    let (row, column) =
        (view(&mut b, vec![IndexItem::NewAxis, all()], &["1", "n"]), view(&mut b, vec![all(), IndexItem::NewAxis], &["n", "1"]));
    let outer = b.map(MapOp::Subtract, &[row, column], &["n", "n"]);
    let kernel = b.kernel(&[outer]);
    assert_eq!(both_ways(&kernel, &[counting(&[200])]), [None]);
}

#[test]
fn another_dtype_of_as_many_bytes_takes_the_room_but_no_booleans() {
    let mut b = Body::new();
    let (x, t) = (b.param("x", DType::F64, &["n"]), b.param("t", DType::Bool, &["n"]));
    let i = b.push(Op::Cast(DType::I64), &[x], DType::I64, &["n"]);
    let (less, small) =
        (b.push(Op::Map(MapOp::Less), &[x, x], DType::Bool, &["n"]), b.push(Op::Cast(DType::I8), &[t], DType::I8, &["n"]));
    let kernel = b.kernel(&[i, small, less]);
    let truth = Block::from_slice(&(0..MANY).map(|i| i % 3 == 0).collect::<Vec<_>>(), &[MANY]);
    assert_eq!(both_ways(&kernel, &[counting(&[MANY]), truth]), [Some(0), None, Some(1)]);
}
