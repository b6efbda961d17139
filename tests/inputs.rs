//! Bad input: whatever lies in an array and however it lay in memory, a program answers what its statements answer one call at a time.
//!
//! Views of `ndarray` that are strided, reversed or in Fortran's order, empty and 0-d arrays, one array as two operands; NaN, infinities,
//! denormal numbers, numbers whose products overflow (in a symmetric product in one order of its factors and not in another) and signed
//! zeros. On one cut all executions agree to the bit, where every NaN is one.
#![allow(non_snake_case, reason = "matrices have large letters")]

use nums::ndarray::{Array1, Array2, arr0, s};
use nums::prelude::*;

nums! {
    fn fused(X: f64[n, d], Y: f64[n, d], y: f64[n], b: f64[d], c: f64[]) -> (f64[d], f64[d, d], f64[n, d], f64[d, d], f64[d, d], i64[n], f64[d], f64[]) {
        mu = 1 / (1 + exp(-(X @ b)));
        s = mu * (1 - mu) * c;
        E = exp(X - max(X, axis=1, keepdims=True));
        P = E / sum(E, axis=1, keepdims=True);
        (X.T @ (mu - y), X.T @ (X * s[:, None]), P, Y.T @ P, X.T @ X, argmin(Y, axis=1), sum(Y * P, axis=0), sum(s))
    }

    fn dots(X: f64[n, d], b: f64[d]) -> f64[n] { X @ b }
    fn sigmoid(z: f64[n]) -> f64[n] { 1 / (1 + exp(-z)) }
    fn slope(mu: f64[n]) -> f64[n] { mu * (1 - mu) }
    fn scaled(x: f64[n], c: f64[]) -> f64[n] { x * c }
    fn less(x: f64[n], y: f64[n]) -> f64[n] { x - y }
    fn totals(X: f64[n, d], r: f64[n]) -> f64[d] { X.T @ r }
    fn weighted(X: f64[n, d], s: f64[n]) -> f64[d, d] { X.T @ (X * s[:, None]) }
    fn gram(X: f64[n, d]) -> f64[d, d] { X.T @ X }
    fn most(X: f64[n, d]) -> f64[n, 1] { max(X, axis=1, keepdims=True) }
    fn powers(X: f64[n, d], m: f64[n, 1]) -> f64[n, d] { exp(X - m) }
    fn row_sums(E: f64[n, d]) -> f64[n, 1] { sum(E, axis=1, keepdims=True) }
    fn shares(E: f64[n, d], t: f64[n, 1]) -> f64[n, d] { E / t }
    fn product(Y: f64[n, d], P: f64[n, d]) -> f64[d, d] { Y.T @ P }
    fn least(Y: f64[n, d]) -> i64[n] { argmin(Y, axis=1) }
    fn times(Y: f64[n, d], P: f64[n, d]) -> f64[n, d] { Y * P }
    fn column_sums(Z: f64[n, d]) -> f64[d] { sum(Z, axis=0) }
    fn total(x: f64[n]) -> f64[] { sum(x) }
}

/// Elements of a kind, by their number.
type Kind = (&'static str, fn(usize) -> f64);

fn wave(i: usize) -> f64 {
    (i as f64 * 0.37).sin()
}

const KINDS: &[Kind] = &[
    ("usual", wave),
    ("not finite", |i| match i % 97 {
        3 => f64::NAN,
        15 => f64::INFINITY,
        77 => f64::NEG_INFINITY,
        _ => wave(i),
    }),
    ("denormal", |i| wave(i) * 1e-310),
    ("huge and tiny", |i| match i % 15 {
        0 | 3 | 6 | 9 | 12 => 1e200 * wave(i),
        5 | 10 => 1e-200,
        _ => 1e160,
    }),
    ("sums overflow", |i| if i % 7 < 4 { 1.7e308 } else { -1.7e308 }),
    ("zeros", |i| if i % 2 == 0 { -0.0 } else { 0.0 }),
];

/// How an array lies in memory before it is handed over.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Layout {
    Plain,
    Fortran,
    Reversed,
    Strided,
}

const LAYOUTS: [Layout; 4] = [Layout::Plain, Layout::Fortran, Layout::Reversed, Layout::Strided];

fn matrix(layout: Layout, (n, d): (usize, usize), of: impl Fn(usize) -> f64) -> Result<Array<f64>> {
    let plain = Array2::from_shape_fn((n, d), |(i, j)| of(i * d + j));
    match layout {
        Layout::Plain => Array::from_ndarray(&plain),
        Layout::Fortran => {
            let mut own = Array2::zeros((d, n));
            own.assign(&plain.t());
            Array::from_ndarray(&own.t())
        }
        Layout::Reversed => {
            let mut own = Array2::zeros((n, d));
            own.assign(&plain.slice(s![..;-1, ..;-1]));
            Array::from_ndarray(&own.slice(s![..;-1, ..;-1]))
        }
        Layout::Strided => {
            let mut own = Array2::from_elem((2 * n, 3 * d), 7.0);
            own.slice_mut(s![..;2, ..;3]).assign(&plain);
            Array::from_ndarray(&own.slice(s![..;2, ..;3]))
        }
    }
}

fn vector(layout: Layout, n: usize, of: impl Fn(usize) -> f64) -> Result<Array<f64>> {
    let plain = Array1::from_shape_fn(n, of);
    match layout {
        Layout::Plain | Layout::Fortran => Array::from_ndarray(&plain),
        Layout::Reversed => {
            let own: Array1<f64> = plain.iter().rev().copied().collect();
            Array::from_ndarray(&own.slice(s![..;-1]))
        }
        Layout::Strided => {
            let mut own = Array1::from_elem(2 * n, 7.0);
            own.slice_mut(s![..;2]).assign(&plain);
            Array::from_ndarray(&own.slice(s![..;2]))
        }
    }
}

/// What the programs are called with.
struct Input {
    X: Array<f64>,
    Y: Array<f64>,
    y: Array<f64>,
    b: Array<f64>,
    c: Array<f64>,
}

impl Input {
    /// `same`: the two matrices are one array.
    fn new(of: fn(usize) -> f64, layout: Layout, same: bool, shape: (usize, usize), block: [usize; 2]) -> Result<Input> {
        let X = matrix(layout, shape, of)?.rechunk(&block)?;
        let Y = if same { X.clone() } else { matrix(layout, shape, |i| of(i + 5))?.rechunk(&block)? };
        let y = vector(layout, shape.0, |i| of(i + 11))?.rechunk(&block[..1])?;
        let b = vector(layout, shape.1, |i| of(i + 1) * 0.5)?;
        Ok(Input { X, Y, y, b, c: Array::from_ndarray(&arr0(of(2)))? })
    }

    fn in_one_call(&self) -> Result<Answer> {
        let (g, H, P, R, S, best, t, all) = fused(&self.X, &self.Y, &self.y, &self.b, &self.c)?;
        Ok(vec![bits(&g)?, bits(&H)?, bits(&P)?, bits(&R)?, bits(&S)?, places(&best)?, bits(&t)?, bits(&all)?])
    }

    fn call_by_call(&self) -> Result<Answer> {
        let Input { X, Y, y, b, c } = self;
        let mu = sigmoid(&dots(X, b)?)?;
        let s = scaled(&slope(&mu)?, c)?;
        let E = powers(X, &most(X)?)?;
        let P = shares(&E, &row_sums(&E)?)?;
        let (g, H, t) = (totals(X, &less(&mu, y)?)?, weighted(X, &s)?, column_sums(&times(Y, &P)?)?);
        let (R, S) = (product(Y, &P)?, gram(X)?);
        Ok(vec![bits(&g)?, bits(&H)?, bits(&P)?, bits(&R)?, bits(&S)?, places(&least(Y)?)?, bits(&t)?, bits(&total(&s)?)?])
    }
}

/// The bits of every result.
type Answer = Vec<Vec<u64>>;

fn bits(a: &Array<f64>) -> Result<Vec<u64>> {
    Ok(a.to_vec()?.into_iter().map(|x| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }).collect())
}

fn places(a: &Array<i64>) -> Result<Vec<u64>> {
    Ok(a.to_vec()?.into_iter().map(i64::cast_unsigned).collect())
}

/// Holds an answer to the first of its kind; what one execution refuses all do.
fn check(what: &str, found: Result<Answer>, first: &mut Option<Option<Answer>>) {
    let found = found.ok();
    let want = first.get_or_insert_with(|| found.clone());
    assert_eq!(found.is_some(), want.is_some(), "{what}: an answer, or none");
    for (k, (found, want)) in found.iter().flatten().zip(want.iter().flatten()).enumerate() {
        assert_eq!(found.len(), want.len(), "{what}: result {k}");
        for (at, (x, w)) in found.iter().zip(want).enumerate() {
            assert_eq!(x, w, "{what}: result {k} at {at} is {:e} and {:e}", f64::from_bits(*x), f64::from_bits(*w));
        }
    }
}

#[test]
fn every_execution_answers_alike_whatever_lies_in_arrays_and_however() {
    let native = Cluster::threads(2).unwrap();
    let interpreted = Cluster::builder().threads(2).cache(1).interpreted().start().unwrap();
    for (n, d) in [(0usize, 3usize), (3, 0), (1, 1), (257, 5), (1300, 7), (7, 120)] {
        for (rows, columns) in [(1, 1), (2, 1), (7, 1), (1, 2), (7, 7)] {
            let block = [n.div_ceil(rows).max(1), d.div_ceil(columns).max(1)];
            for (kind, of) in KINDS {
                let (mut apart, mut same) = (None, None);
                for (code, cluster) in [("native", &native), ("interpreted", &interpreted)] {
                    let _entered = cluster.enter();
                    for layout in LAYOUTS {
                        for (first, is_same) in [(&mut apart, false), (&mut same, true)] {
                            let input = Input::new(*of, layout, is_same, (n, d), block).unwrap();
                            let what =
                                format!("{kind}, {n} × {d} in {rows} × {columns} blocks, {layout:?}, same {is_same}, {code}");
                            check(&format!("{what}, fused"), input.in_one_call(), first);
                            if layout == LAYOUTS[0] {
                                check(&format!("{what}, one call a statement"), input.call_by_call(), first);
                            }
                        }
                    }
                }
                // Only a maximum of nothing is refused.
                assert_eq!([apart, same].map(|a| a.flatten().is_some()), [d > 0; 2], "{kind}, {n} × {d}");
            }
        }
    }
    native.finish().unwrap();
    interpreted.finish().unwrap();
}
