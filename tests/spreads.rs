//! Variances where sums or squares overflow, or an element is not finite: NumPy's answers on every cut and in every execution.
//!
//! NumPy takes two passes: a sum that overflows gives an infinite mean, from which every finite element is infinitely far, and an
//! infinite element is at no distance from it: NaN. Parts that are joined have to answer the same.

#[path = "../nums-ir/tests/blocks/mod.rs"]
#[allow(dead_code, reason = "other tests cut and look up blocks as well")]
mod blocks;
#[path = "../nums-runtime/tests/tasks/mod.rs"]
mod tasks;

use nums::prelude::*;
use nums::{DType, Stage};
use nums_ir::bind::{Bound, bind};
use nums_ir::eval::Tensor;
use nums_ir::grid::Grid;
use nums_ir::pass::run_apart;
use nums_ir::text;

nums! {
    fn doubles(X: f64[n, d]) -> (f64[d], f64[d], f64[d], f64[n], f64[]) {
        (var(X, axis=0), std(X, axis=0), mean((X - mean(X, axis=0)) ** 2, axis=0), var(X, axis=1), var(X))
    }

    fn singles(X: f32[n, d]) -> (f32[d], f32[d], f32[d], f32[n], f32[]) {
        (var(X, axis=0), std(X, axis=0), mean((X - mean(X, axis=0)) ** 2, axis=0), var(X, axis=1), var(X))
    }
}

const N: usize = 84;
/// The column whose sum may overflow both ways, to NaN or not, where there are two of it.
const OPPOSED: usize = 2;

/// The element of a row, of so huge a number, and the variance of all.
type Column = (fn(usize, f64) -> f64, f64);

/// Columns of one kind each: what they hold, and NumPy's `var`. In a row of two columns alike no element deviates.
const COLUMNS: [Column; 8] = [
    // The sum overflows.
    (|_, huge| huge, f64::INFINITY),
    (|_, huge| -huge, f64::INFINITY),
    // Squares overflow, the sum does not.
    (
        |i, huge| {
            if i == 5 {
                huge
            } else if i == 60 {
                -huge
            } else {
                1.0
            }
        },
        f64::INFINITY,
    ),
    (|i, huge| huge.powf(0.65) * (i as f64 - 40.0), f64::INFINITY),
    // An element that is not finite, first, last, or in the middle; sums may overflow besides.
    (|i, _| if i == N - 1 { f64::INFINITY } else { 1.0 }, f64::NAN),
    (|i, huge| if i == 41 { f64::NEG_INFINITY } else { -huge }, f64::NAN),
    (|i, _| if i == 0 { f64::NAN } else { i as f64 }, f64::NAN),
    // Squares of denormals are 0.
    (|i, huge| (i % 3) as f64 / huge / 1e5, 0.0),
];

/// Answers as numbers; every NaN is one.
fn bits(x: &[f64]) -> Vec<u64> {
    x.iter().map(|x| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }).collect()
}

type Answers = Vec<Vec<f64>>;

fn called(dtype: DType, x: &[f64], shape: &[usize], block: &[usize]) -> Result<Answers> {
    let all: Vec<DynArray> = if dtype == DType::F64 {
        let x = Array::from_vec(x.to_vec(), shape)?.rechunk(block)?;
        let (v, s, m, r, a) = doubles(&x)?;
        vec![v.into(), s.into(), m.into(), r.into(), a.into()]
    } else {
        let x = Array::from_vec(x.iter().map(|x| *x as f32).collect(), shape)?.rechunk(block)?;
        let (v, s, m, r, a) = singles(&x)?;
        vec![v.into(), s.into(), m.into(), r.into(), a.into()]
    };
    all.iter().map(|a| a.astype::<f64>()?.to_vec()).collect()
}

fn unfused(dtype: DType, x: &[f64], shape: &[usize], block: &[usize]) -> Answers {
    let typed = if dtype == DType::F64 { doubles::ir(Stage::Typed) } else { singles::ir(Stage::Typed) };
    let func = run_apart(text::parse(&typed).unwrap());
    let func = bind(&func, &[Bound::Array(dtype, shape.to_vec())]).unwrap();
    let x = Tensor::from_vec(shape, x.to_vec()).unwrap().cast(dtype);
    let answers = tasks::answers(&func, &[x], &[], &[Grid::new(shape, block)]).unwrap();
    answers.iter().map(|t| t.cast(DType::F64).to_vec::<f64>().unwrap()).collect()
}

/// A variance as NumPy has it: the same infinity, NaN, or number.
fn like(found: f64, want: f64) -> bool {
    found.is_nan() && want.is_nan() || found == want
}

/// The answers beside NumPy's; columns in the order of `set`.
fn check(found: &Answers, set: &[usize], (dtype, huge): (DType, f64), what: &str) {
    for (i, c) in set.iter().enumerate() {
        for (k, found) in found[..3].iter().enumerate() {
            assert!(like(found[i], COLUMNS[*c].1), "{what}, result {k}: column {c} has {}, want {}", found[i], COLUMNS[*c].1);
        }
    }
    if set.iter().any(|c| *c != set[0]) {
        return;
    }
    let (value, want) = COLUMNS[set[0]];
    assert!(like(found[4][0], want) || set == [OPPOSED; 2], "{what}: {} of all, want {want}", found[4][0]);
    for (i, row) in found[3].iter().enumerate() {
        let x = value(i, huge);
        let sum = if dtype == DType::F64 { x * set.len() as f64 } else { f64::from(x as f32 * set.len() as f32) };
        let overflowed = if sum.is_finite() { 0.0 } else { f64::INFINITY };
        let want = if x.is_finite() { overflowed } else { f64::NAN };
        assert!(like(*row, want), "{what}: {row} of row {i}, want {want}");
    }
}

#[test]
fn what_overflows_and_what_is_not_finite_has_numpys_variance_on_every_cut() {
    let clusters = [Cluster::threads(2).unwrap(), Cluster::builder().threads(2).interpreted().start().unwrap()];
    // All columns side by side, each by itself, and each twice.
    let all: Vec<usize> = (0..COLUMNS.len()).collect();
    let sets: Vec<Vec<usize>> = all.iter().flat_map(|c| [vec![*c], vec![*c; 2]]).chain([all.clone()]).collect();
    for (dtype, huge) in [(DType::F64, 1e308), (DType::F32, 1e38)] {
        for set in &sets {
            let shape = [N, set.len()];
            let x: Vec<f64> = (0..N).flat_map(|i| set.iter().map(move |c| COLUMNS[*c].0(i, huge))).collect();
            for (rows, columns) in [(1, 1), (2, 1), (7, 1), (N, 1), (2, 2), (7, 2)] {
                let block = [N.div_ceil(rows), set.len().div_ceil(columns)];
                let what = format!("{dtype} columns {set:?} in {rows} × {columns} blocks");
                let apart = unfused(dtype, &x, &shape, &block);
                for cluster in &clusters {
                    let _entered = cluster.enter();
                    let found = called(dtype, &x, &shape, &block).unwrap();
                    for (k, (found, apart)) in found.iter().zip(&apart).enumerate() {
                        assert_eq!(bits(found), bits(apart), "{what}, result {k}: {found:?} fused, {apart:?} unfused");
                    }
                    check(&found, set, (dtype, huge), &what);
                }
            }
        }
    }
    clusters.into_iter().for_each(|c| c.finish().unwrap());
}
