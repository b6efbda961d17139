//! Moments against two plain passes, in pieces of any length, and of parts joined.

use super::join;
use crate::block::Block;
use crate::element::Slice;
use crate::kernel::reduce::{finish, reduce, reduction};
use crate::native::{Isa, with_isa};
use nums_ir::dtype::DType;
use nums_ir::ops::ReduceOp;

fn numbers(shape: &[usize], shift: f64) -> Block {
    let n: usize = shape.iter().product();
    let x: Vec<f64> = (0..n).map(|i| ((i * 7919 + 13) % 1009) as f64 / 97.0 - 4.0 + shift).collect();
    Block::from_slice(&x, shape)
}

/// Squared deviations over `axes`, in two passes.
fn naive(src: &Block, axes: &[usize]) -> Vec<f64> {
    let (shape, x) = (src.shape(), src.as_slice::<f64>());
    let kept: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    let place = |i: usize| {
        let (mut rest, mut coords) = (i, vec![0; shape.len()]);
        for axis in (0..shape.len()).rev() {
            coords[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        kept.iter().fold(0, |n, &a| n * shape[a] + coords[a])
    };
    let rows: usize = kept.iter().map(|&a| shape[a]).product();
    let count = x.len() as f64 / rows as f64;
    let mut sums = vec![0.0; rows];
    x.iter().enumerate().for_each(|(i, x)| sums[place(i)] += x);
    let mut squares = vec![0.0; rows];
    x.iter().enumerate().for_each(|(i, x)| squares[place(i)] += (x - sums[place(i)] / count).powi(2));
    squares
}

fn cases() -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut cases = Vec::new();
    for n in [1, 7, 31, 32, 33, 1023, 1025, 5003] {
        cases.extend([(vec![n], vec![0]), (vec![n, 3], vec![0]), (vec![3, n], vec![1]), (vec![3, n], vec![0])]);
    }
    cases.push((vec![150, 70], vec![0]));
    for axes in [vec![0], vec![1], vec![0, 2], vec![1, 3], vec![0, 1, 2, 3], vec![1, 2], vec![3]] {
        cases.push((vec![5, 17, 6, 23], axes));
    }
    cases
}

#[test]
fn squares_are_those_of_two_passes_and_sums_keep_their_bits() {
    for (shape, axes) in cases() {
        // Far from zero, where a sum of squares minus a square has no digit left.
        for shift in [0.0, 1e7] {
            let src = numbers(&shape, shift);
            let (got, sums) = (reduce(ReduceOp::Moments, &src, &axes).unwrap(), reduce(ReduceOp::Sum, &src, &axes).unwrap());
            let (n, want) = (sums.len(), naive(&src, &axes));
            assert_eq!(got.shape(), [&[3], sums.shape()].concat());
            let got = got.as_slice::<f64>();
            assert_eq!(got[0], (src.len() / n) as f64);
            assert_eq!(&got[n..2 * n], sums.as_slice::<f64>(), "{shape:?} over {axes:?}");
            for (g, w) in got[2 * n..].iter().zip(&want) {
                assert!((g - w).abs() <= 1e-7 * w.max(1e-3), "{shape:?} over {axes:?} around {shift}: {g}, want {w}");
            }
        }
    }
}

#[test]
fn one_that_is_far_from_all_others_costs_no_digits() {
    // Rows take deviations from their panel's first element: here that one, or one of the others.
    for far in [0, 1, 64, 99] {
        for size in [1e3, 1e9, 1e150] {
            let mut src = numbers(&[100, 3], 0.0);
            src.as_mut_slice::<f64>()[far * 3..far * 3 + 3].fill(size);
            let (got, want) = (reduce(ReduceOp::Moments, &src, &[0]).unwrap(), naive(&src, &[0]));
            for (g, w) in got.as_slice::<f64>()[6..].iter().zip(&want) {
                assert!((g - w).abs() <= 1e-13 * w, "{size:e} in row {far}: {g}, want {w}");
            }
        }
    }
}

#[test]
fn pieces_and_instructions_change_no_bit() {
    for (shape, axes) in cases() {
        let src = numbers(&shape, 3.0);
        let whole = with_isa(Isa::Base, || reduce(ReduceOp::Moments, &src, &axes)).unwrap();
        for isa in Isa::available() {
            for piece in [1, 5, 64, 1000] {
                let fed = with_isa(isa, || {
                    let mut r = reduction(ReduceOp::Moments, DType::F64, &shape, &axes).unwrap();
                    src.as_slice::<f64>().chunks(piece).for_each(|piece| r.feed(Slice::F64(piece)).unwrap());
                    finish(r, ReduceOp::Moments, DType::F64, &whole.shape()[1..]).unwrap()
                });
                assert_eq!(fed.bytes(), whole.bytes(), "{shape:?} over {axes:?} on {isa:?} in pieces of {piece}");
            }
        }
    }
}

#[test]
fn parts_join_to_the_whole_and_what_overflows_is_as_in_two_passes() {
    let of = |x: &[f64]| reduce(ReduceOp::Moments, &Block::from_slice(x, &[x.len()]), &[0]).unwrap().as_slice::<f64>().to_vec();
    let joined = |a: &[f64], b: &[f64]| {
        let mut out = vec![0.0; 3];
        join(&of(a), &of(b), &mut out);
        out
    };
    assert_eq!(joined(&[1.0, 2.0], &[3.0, 6.0]), [4.0, 12.0, 14.0]);
    assert_eq!(joined(&[], &[3.0, 6.0]), of(&[3.0, 6.0]));
    assert_eq!(joined(&[3.0, 6.0], &[]), of(&[3.0, 6.0]));
    assert_eq!(of(&[]), [0.0; 3]);
    // The sum overflows: deviations from an infinite mean.
    assert_eq!(of(&[1e308; 4])[2], f64::INFINITY);
    assert_eq!(joined(&[1e308], &[1e308])[2], f64::INFINITY);
    // The squares overflow, the sum does not.
    assert_eq!(of(&[1e308, -1e308])[2], f64::INFINITY);
    assert_eq!(joined(&[1e308], &[-1e308])[2], f64::INFINITY);
    // Not finite: NaN, as in NumPy.
    assert!(of(&[1.0, f64::INFINITY])[2].is_nan() && of(&[f64::INFINITY])[2].is_nan() && of(&[f64::NAN, 1.0])[2].is_nan());
    assert!(joined(&[1.0, 2.0], &[f64::NEG_INFINITY, 1.0])[2].is_nan());
    // Sums that overflow in both parts, the other way round, and before a third part.
    assert_eq!(joined(&[1e308; 4], &[1e308; 4])[2], f64::INFINITY);
    assert!(joined(&[1e308; 4], &[-1e308; 4])[2].is_nan(), "inf - inf, as in NumPy's sum");
    assert_eq!(joined(&[1e308; 4], &[])[2], f64::INFINITY);
    assert!(joined(&[1e308; 4], &[1.0, f64::INFINITY])[2].is_nan() && joined(&[1e308; 4], &[f64::NAN])[2].is_nan());
    // Denormals keep their digits where their squares have any.
    assert_eq!(of(&[5e-324, 5e-324])[1..], [1e-323, 0.0]);
}

#[test]
fn rows_tell_what_is_not_finite_from_what_overflows() {
    // As many rows as several panels have, and columns in registers and behind them.
    for (rows, width) in [(5, 2), (200, 3), (150, 19)] {
        for at in [0, 1, 17, 66, 149].into_iter().filter(|at| *at < rows) {
            for (x, want) in
                [(f64::INFINITY, f64::NAN), (f64::NEG_INFINITY, f64::NAN), (f64::NAN, f64::NAN), (1e308, f64::INFINITY)]
            {
                let mut src = numbers(&[rows, width], 0.0);
                src.as_mut_slice::<f64>()[at * width + 1] = x;
                let got = reduce(ReduceOp::Moments, &src, &[0]).unwrap();
                for (i, g) in got.as_slice::<f64>()[2 * width..].iter().enumerate() {
                    let fits = if i == 1 { g.total_cmp(&want).is_eq() || g.is_nan() && want.is_nan() } else { g.is_finite() };
                    assert!(fits, "{x} in row {at} of {rows} × {width}: column {i} has {g}");
                }
            }
        }
    }
}
