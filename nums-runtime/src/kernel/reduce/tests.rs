//! Reductions of a block beside plain loops, in pieces and on every set of instructions.

use super::super::map;
use super::{finish, reduce, reduced_shape, reduction};
use crate::block::Block;
use crate::kernel::KernelError;
use crate::native::{Isa, with_isa};
use nums_ir::dtype::DType;
use nums_ir::ops::{MapOp, ReduceOp};

fn numbers(shape: &[usize]) -> Block {
    let n: usize = shape.iter().product();
    let x: Vec<f64> = (0..n).map(|i| ((i * 7919 + 13) % 1009) as f64 / 97.0 - 4.0).collect();
    Block::from_slice(&x, shape)
}

/// The sum over `axes`, one element at a time.
fn naive(src: &Block, axes: &[usize]) -> Vec<f64> {
    let shape = src.shape();
    let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    let mut out = vec![0.0; kept.iter().map(|&a| shape[a]).product()];
    for (i, x) in src.as_slice::<f64>().iter().enumerate() {
        let (mut rest, mut coords) = (i, vec![0; shape.len()]);
        for axis in (0..shape.len()).rev() {
            coords[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        out[kept.iter().fold(0, |n, &a| n * shape[a] + coords[a])] += x;
    }
    out
}

/// Shapes with every order of kept and reduced axes, and lengths around the panels'.
fn cases() -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut cases = Vec::new();
    for n in [1, 7, 8, 9, 127, 128, 129, 1000, 5003] {
        cases.push((vec![n], vec![0]));
        cases.push((vec![n, 3], vec![0]));
        cases.push((vec![3, n], vec![1]));
        cases.push((vec![3, n], vec![0]));
    }
    cases.push((vec![33, 40], vec![]));
    cases.push((vec![1, 17, 1], vec![0, 2]));
    for axes in [vec![0], vec![1], vec![2], vec![0, 2], vec![1, 3], vec![0, 1], vec![0, 1, 2, 3], vec![1, 2]] {
        cases.push((vec![5, 17, 6, 23], axes));
    }
    cases
}

#[test]
fn sums_are_those_of_a_plain_loop() {
    for (shape, axes) in cases() {
        let src = numbers(&shape);
        let got = reduce(ReduceOp::Sum, &src, &axes).unwrap();
        assert_eq!(got.shape(), reduced_shape(&shape, &axes, false));
        let want = naive(&src, &axes);
        for (g, w) in got.as_slice::<f64>().iter().zip(&want) {
            assert!((g - w).abs() < 1e-9, "{shape:?} over {axes:?}: {g}, expected {w}");
        }
        assert_eq!(got.len(), want.len());
    }
}

#[test]
fn pieces_and_instructions_change_no_bit() {
    for (shape, axes) in cases() {
        let src = numbers(&shape);
        let whole = with_isa(Isa::Base, || reduce(ReduceOp::Sum, &src, &axes)).unwrap();
        for isa in Isa::available() {
            for piece in [1, 5, 64, 128, 1000] {
                let fed = with_isa(isa, || {
                    let mut r = reduction(ReduceOp::Sum, DType::F64, &shape, &axes).unwrap();
                    for piece in src.as_slice::<f64>().chunks(piece) {
                        r.feed(crate::element::Slice::F64(piece)).unwrap();
                    }
                    finish(r, ReduceOp::Sum, DType::F64, whole.shape()).unwrap()
                });
                assert_eq!(fed.bytes(), whole.bytes(), "{shape:?} over {axes:?} on {isa:?} in pieces of {piece}");
            }
        }
    }
}

#[test]
fn sums_of_squares_are_sums_of_rounded_squares() {
    let mut odd = numbers(&[1500]);
    odd.as_mut_slice::<f64>()[700..705].copy_from_slice(&[f64::NAN, f64::INFINITY, -0.0, 1e200, 5e-324]);
    let sources = cases().into_iter().map(|(shape, axes)| (numbers(&shape), axes)).chain([(odd, vec![0])]);
    for (src, axes) in sources {
        let shape = src.shape().to_vec();
        let singles = Block::from_slice(&src.as_slice::<f64>().iter().map(|x| *x as f32).collect::<Vec<_>>(), &shape);
        for src in [src, singles] {
            let mut squares = Block::zeros(src.dtype(), &shape);
            map::map(MapOp::Square, &[src.slice()], squares.slice_mut()).unwrap();
            let want = reduce(ReduceOp::Sum, &squares, &axes).unwrap();
            for isa in Isa::available() {
                let got = with_isa(isa, || reduce(ReduceOp::SquareSum, &src, &axes)).unwrap();
                assert_eq!(got.bytes(), want.bytes(), "{shape:?} over {axes:?} on {isa:?}");
            }
            for piece in [1, 5, 1000] {
                let mut r = reduction(ReduceOp::SquareSum, src.dtype(), &shape, &axes).unwrap();
                for at in (0..src.len()).step_by(piece) {
                    r.feed(src.slice().get(at..src.len().min(at + piece)).unwrap()).unwrap();
                }
                let fed = finish(r, ReduceOp::SquareSum, src.dtype(), want.shape()).unwrap();
                assert_eq!(fed.bytes(), want.bytes(), "{shape:?} over {axes:?} in pieces of {piece}");
            }
        }
    }
    let none = Block::zeros(DType::F64, &[0, 3]);
    assert_eq!(reduce(ReduceOp::SquareSum, &none, &[0]).unwrap().as_slice::<f64>(), [0.0; 3]);
    assert!(reduce(ReduceOp::SquareSum, &Block::zeros(DType::I64, &[3]), &[0]).is_err());
}

#[test]
fn long_sums_lose_few_digits() {
    let x = Block::from_slice(&vec![0.1f32; 1_000_000], &[1_000_000]);
    let sum = reduce(ReduceOp::Sum, &x, &[0]).unwrap().as_slice::<f32>()[0];
    assert!((f64::from(sum) - 1.0e6 * f64::from(0.1f32)).abs() < 0.1, "{sum}");
    let column = x.with_shape(&[500_000, 2]);
    let sums = reduce(ReduceOp::Sum, &column, &[0]).unwrap();
    assert!((f64::from(sums.as_slice::<f32>()[1]) - 5.0e5 * f64::from(0.1f32)).abs() < 0.05);
}

#[test]
fn max_and_min_find_nan_and_a_sum_of_minus_zeros_is_zero() {
    let mut x = numbers(&[300]);
    x.as_mut_slice::<f64>()[211] = f64::NAN;
    for op in [ReduceOp::Max, ReduceOp::Min, ReduceOp::Sum, ReduceOp::Prod] {
        assert!(reduce(op, &x, &[0]).unwrap().as_slice::<f64>()[0].is_nan());
    }
    let minus = Block::from_slice(&[-0.0f64; 9], &[9]);
    assert!(reduce(ReduceOp::Sum, &minus, &[0]).unwrap().as_slice::<f64>()[0].is_sign_positive());
    let bytes = Block::from_slice(&[3u8, 200, 7], &[3]);
    assert_eq!(reduce(ReduceOp::Max, &bytes, &[0]).unwrap().as_slice::<u8>(), [200]);
}

#[test]
fn nothing_reduces_to_the_identity() {
    let none = Block::zeros(DType::I64, &[2, 0]);
    assert_eq!(reduce(ReduceOp::Prod, &none, &[1]).unwrap().as_slice::<i64>(), [1, 1]);
    assert_eq!(reduce(ReduceOp::Sum, &none, &[0]).unwrap().len(), 0);
    let bools = Block::zeros(DType::Bool, &[0]);
    assert_eq!(reduce(ReduceOp::All, &bools, &[0]).unwrap().as_slice::<bool>(), [true]);
    assert_eq!(reduce(ReduceOp::Max, &none, &[1]).unwrap_err(), KernelError::EmptyReduction(ReduceOp::Max));
    assert!(matches!(reduce(ReduceOp::Mean, &none, &[1]), Err(KernelError::Unsupported(_))));
    assert!(matches!(reduce(ReduceOp::Sum, &bools, &[0]), Err(KernelError::Mismatch { .. })));
}
