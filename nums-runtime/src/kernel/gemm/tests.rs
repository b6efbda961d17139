//! Every instruction set against three loops, and the rule of the sum.

use super::{Into, Matrix, PANEL_K, Packed, Real, gemm, mirror, shared};
use crate::kernel::crew::Crew;
use crate::native::{Isa, with_isa};

const PLAIN: Into = Into { accumulate: false, lower: false };

/// Numbers whose products and sums round.
fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    (0..n).map(next).collect()
}

fn by_rows<T>(data: &[T], rows: usize, cols: usize) -> Matrix<'_, T> {
    Matrix { data, rows, cols, row_stride: cols, col_stride: 1 }
}

fn by_columns<T>(data: &[T], rows: usize, cols: usize) -> Matrix<'_, T> {
    Matrix { data, rows, cols, row_stride: 1, col_stride: rows }
}

fn product<T: Real>(isa: Isa, a: Matrix<'_, T>, b: Matrix<'_, T>, into: Into) -> Vec<T> {
    let mut out = vec![T::default(); a.rows * b.cols];
    gemm(isa, a, b, &mut out, into, &mut Packed::new());
    out
}

#[test]
fn small_integers_are_exact_for_every_size_stride_and_instruction_set() {
    for (m, k, n) in [
        (1, 1, 1),
        (8, 16, 16),
        (9, 5, 17),
        (7, 300, 15),
        (200, 3, 33),
        (33, 257, 31),
        (2, 513, 1100),
        (9, 20, 23),
        (17, 10, 47),
        (600, 9, 30),
        (3, 0, 2),
    ] {
        let small = |n: usize, step: usize| -> Vec<i64> { (0..n).map(|i| (i * step % 13) as i64 - 6).collect() };
        let (a, b) = (small(m * k, 5), small(k * n, 7));
        for (columns_a, columns_b) in [(false, false), (true, false), (false, true), (true, true)] {
            let at =
                |columns: bool, rows: usize, cols: usize, i: usize, j: usize| if columns { j * rows + i } else { i * cols + j };
            let term = |i: usize, p: usize, j: usize| a[at(columns_a, m, k, i, p)] * b[at(columns_b, k, n, p, j)];
            let want: Vec<i64> = (0..m * n).map(|x| (0..k).map(|p| term(x / n, p, x % n)).sum()).collect();
            for isa in Isa::available() {
                macro_rules! check {
                    ($t:ident) => {
                        let (x, y): (Vec<$t>, Vec<$t>) =
                            (a.iter().map(|&i| i as $t).collect(), b.iter().map(|&i| i as $t).collect());
                        let left = if columns_a { by_columns(&x, m, k) } else { by_rows(&x, m, k) };
                        let right = if columns_b { by_columns(&y, k, n) } else { by_rows(&y, k, n) };
                        let got: Vec<i64> = product(isa, left, right, PLAIN).into_iter().map(|x| x as i64).collect();
                        assert_eq!(got, want, "{isa:?} {m}x{k}x{n} {columns_a} {columns_b}");
                    };
                }
                check!(f64);
                check!(f32);
            }
        }
    }
}

#[test]
fn machines_with_fused_multiply_add_give_the_same_bits() {
    let (m, k, n) = (37, 2 * PANEL_K + 61, 41);
    let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
    let want: Vec<f64> = (0..m * n)
        .map(|x| {
            let panel = |from: usize| {
                let terms = from..k.min(from + PANEL_K);
                terms.fold(0.0, |sum, p| f64::mul_add(a[x / n * k + p], b[p * n + x % n], sum))
            };
            (1..k.div_ceil(PANEL_K)).fold(panel(0), |sum, i| sum + panel(i * PANEL_K))
        })
        .collect();
    for isa in Isa::available().filter(|isa| *isa != Isa::Base) {
        assert_eq!(product(isa, by_rows(&a, m, k), by_rows(&b, k, n), PLAIN), want, "{isa:?}");
    }
}

#[test]
fn whole_panels_fed_one_after_another_give_the_same_bits() {
    let (m, k, n) = (19, 3 * PANEL_K + 5, 23);
    // Contracted along the rows of both, as in `X.T @ Y`.
    let (a, b) = (numbers(k * m, 3), numbers(k * n, 4));
    for isa in Isa::available() {
        let whole = product(isa, by_columns(&a, m, k), by_rows(&b, k, n), PLAIN);
        let mut out = vec![f64::NAN; m * n];
        for (i, from) in [0, 2 * PANEL_K, 3 * PANEL_K].into_iter().enumerate() {
            let to = [2 * PANEL_K, 3 * PANEL_K, k][i];
            let (x, y) = (by_columns(&a[from * m..to * m], m, to - from), by_rows(&b[from * n..to * n], to - from, n));
            gemm(isa, x, y, &mut out, Into { accumulate: i > 0, lower: false }, &mut Packed::new());
        }
        assert_eq!(out, whole, "{isa:?}");
    }
}

#[test]
fn the_lower_triangle_is_that_of_the_whole_product() {
    let (k, n) = (PANEL_K + 9, 45);
    let x = numbers(k * n, 5);
    for isa in Isa::available() {
        let mut whole = product(isa, by_columns(&x, n, k), by_rows(&x, k, n), PLAIN);
        let mut lower = product(isa, by_columns(&x, n, k), by_rows(&x, k, n), Into { accumulate: false, lower: true });
        mirror(&mut lower, n);
        mirror(&mut whole, n);
        assert_eq!(lower, whole, "{isa:?}");
        assert!((0..n * n).all(|i| lower[i] == lower[i % n * n + i / n]));
    }
}

#[test]
fn nan_infinity_and_signed_zero_go_through() {
    let a = [f64::INFINITY, 1.0, f64::NAN, -0.0];
    for isa in Isa::available() {
        let out = product(isa, by_rows(&a, 4, 1), by_rows(&[0.0, 2.0], 1, 2), PLAIN);
        assert!(out[0].is_nan() && out[1] == f64::INFINITY && out[4].is_nan() && out[5].is_nan());
        assert_eq!((out[2], out[3]), (0.0, 2.0));
        // A sum begins at 0.
        assert!(out[6].is_sign_positive() && out[7].is_sign_positive());
    }
}

#[test]
fn threads_that_were_lent_change_no_bit() {
    for (m, k, n, lower) in [(150, 300, 70, false), (170, 260, 170, true), (101, 30, 99, false), (3, 5, 2, false)] {
        let (x, y) = (numbers(m * k, 3), numbers(k * n, 4));
        let (a, b, into) = (by_columns(&x, m, k), by_rows(&y, k, n), Into { accumulate: false, lower });
        for (isa, threads) in Isa::available().flat_map(|isa| (2..5).map(move |threads| (isa, threads))) {
            let (mut want, mut out) = (product(isa, a, b, into), vec![0.0; m * n]);
            with_isa(isa, || shared(isa, a, b, (&mut out, n), into, Crew::of_threads(threads)));
            if lower {
                mirror(&mut want, m);
                mirror(&mut out, m);
            }
            assert!(out == want, "{isa:?} {m}x{k}x{n}, {threads} threads");
        }
    }
}
