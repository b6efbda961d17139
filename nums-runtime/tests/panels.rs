//! Panels against the kernels and products that they hold, one by one: the same bits however arrays are cut.
//!
//! Each program runs fused, with its panels taken apart, and unfused, on rows cut into 1, 2, 7 and ragged blocks and on cut
//! columns; every answer is held to the evaluator's as well.

#[allow(dead_code)]
#[path = "../../nums-ir/tests/blocks/mod.rs"]
mod blocks;
mod tasks;

use nums_ir::bind::{Bound, bind};
use nums_ir::dtype::DType;
use nums_ir::eval::{Tensor, eval};
use nums_ir::func::{Func, Op};
use nums_ir::grid::Grid;
use nums_ir::infer::infer;
use nums_ir::pass::{self, PIPELINE};
use nums_ir::text;

const NEWTON: &str = "fn newton(%X: f64[n, d], %y: f64[n], %b: f64[d]) {
  %0 = matmul %X, %b
  %1 = exp %0
  %2 = subtract %1, %y
  %3 = transpose %X
  %g = matmul %3, %2
  %4 = index %1, items=[:, newaxis]
  %5 = multiply %X, %4
  %H = matmul %3, %5
  %6 = sum %2, axes=all
  return %g, %H, %6, %1
}";

const SOFTMAX: &str = "fn softmax(%X: f32[n, d], %Y: f32[n, d], %W: f32[d, d]) {
  %Z = matmul %X, %W
  %0 = max %Z, axes=[1], keepdims=true
  %1 = subtract %Z, %0
  %E = exp %1
  %2 = sum %E, axes=[1], keepdims=true
  %P = divide %E, %2
  %R = subtract %P, %Y
  %3 = transpose %X
  %G = matmul %3, %R
  %4 = sum %R, axes=[0]
  %5 = max %R, axes=all
  return %G, %4, %5
}";

const VECTORS: &str = "fn vectors(%x: f64[n], %y: f64[n], %A: f64[n, d]) {
  %0 = multiply %x, %y
  %1 = matmul %0, %y
  %2 = matmul %x, %A
  %3 = transpose %A
  %4 = matmul %3, %A
  %5 = matmul %0, %A
  return %1, %2, %4, %5
}";

const CHAIN: &str = "fn chain(%X: f64[n, d], %W: f64[d, k], %V: f64[m, k]) {
  %0 = matmul %X, %W
  %1 = tanh %0
  %2 = transpose %V
  %3 = matmul %1, %2
  %4 = transpose %1
  %5 = matmul %4, %3
  return %3, %5
}";

/// Elements that round.
fn tensor(dtype: DType, shape: &[usize], seed: usize) -> Tensor {
    let wave = |i: usize| ((i * 37 + seed * 101) as f64 * 0.013).sin();
    Tensor::from_vec(shape, (0..shape.iter().product()).map(wave).collect()).unwrap().cast(dtype)
}

fn count(func: &Func, panels: bool) -> usize {
    func.insts.iter().filter(|i| matches!(&i.op, Op::Kernel(body) if body.rows.is_empty() != panels)).count()
}

fn identical(a: &[Tensor], b: &[Tensor], what: &str) {
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert_eq!((a.dtype(), a.shape()), (b.dtype(), b.shape()), "{what}: result {i}");
        // Debug text of a float names its bits but for NaN, which no program here makes.
        assert_eq!(format!("{:?}", a.scalars()), format!("{:?}", b.scalars()), "{what}: result {i}");
    }
}

fn near(ours: &[Tensor], want: &[Tensor], what: &str) {
    for (i, (a, b)) in ours.iter().zip(want).enumerate() {
        let tolerance = if a.dtype() == DType::F32 { 2e-4 } else { 1e-10 };
        let values = |t: &Tensor| t.cast(DType::F64).to_vec::<f64>().unwrap();
        let scale = values(b).iter().fold(1.0f64, |m, x| m.max(x.abs()));
        for (x, y) in values(a).iter().zip(values(b)) {
            assert!((x - y).abs() <= tolerance * scale, "{what}: result {i}: {x}, want {y}");
        }
    }
}

/// Arrays whose first axis is `n` are cut into blocks of `rows`; others stand whole, or are cut in columns.
fn grids(arrays: &[Tensor], n: usize, rows: usize, columns: Option<usize>) -> Vec<Grid> {
    let grid = |x: &Tensor| {
        let mut block = x.shape().to_vec();
        if block[0] == n {
            block[0] = rows;
        }
        if let (Some(columns), 2) = (columns, block.len()) {
            block[1] = columns;
        }
        Grid::new(x.shape(), &block)
    };
    arrays.iter().map(grid).collect()
}

fn check(source: &str, shapes: &[(DType, &[usize])]) {
    let parsed = text::parse(&format!("{}\n; stage: parsed\n{source}\n", text::MAGIC)).unwrap();
    let typed = infer(&parsed).unwrap();
    let run = |without: &[&str]| {
        let mut func = typed.clone();
        for pass in PIPELINE.iter().filter(|p| !without.contains(&p.name)) {
            pass::apply(pass, &mut func);
        }
        func
    };
    let (panels, kernels) = (pass::run(typed.clone()), run(&["panel"]));
    assert_eq!((count(&panels, true), count(&kernels, true)), (1, 0), "{source}");
    let arrays: Vec<Tensor> = shapes.iter().enumerate().map(|(i, (dtype, shape))| tensor(*dtype, shape, i)).collect();
    let bound: Vec<Bound> = shapes.iter().map(|(dtype, shape)| Bound::Array(*dtype, shape.to_vec())).collect();
    let want = eval(&bind(&typed, &bound).unwrap(), &arrays).unwrap();
    let (panels, kernels) = (bind(&panels, &bound).unwrap(), bind(&kernels, &bound).unwrap());
    let n = shapes[0].1[0];
    for rows in [n.max(1), n.div_ceil(2).max(1), n.div_ceil(7).max(1), 513] {
        for columns in [None, Some(2)] {
            let what = format!("{n} rows in blocks of {rows}, columns {columns:?}: {}", parsed.name);
            let cut = grids(&arrays, n, rows, columns);
            let one = tasks::answers(&panels, &arrays, &[], &cut).unwrap();
            let other = tasks::answers(&kernels, &arrays, &[], &cut).unwrap();
            identical(&one, &other, &what);
            near(&one, &want, &what);
        }
    }
}

#[test]
fn a_panel_has_the_bits_of_its_steps_however_arrays_are_cut() {
    use DType::{F32, F64};
    // One row, a row beside whole tiles, tiles of several panels, a ragged end.
    for n in [1, 7, 257, 1300, 5000] {
        check(NEWTON, &[(F64, &[n, 5]), (F64, &[n]), (F64, &[5])]);
        check(SOFTMAX, &[(F32, &[n, 6]), (F32, &[n, 6]), (F32, &[6, 6])]);
        check(VECTORS, &[(F64, &[n]), (F64, &[n]), (F64, &[n, 3])]);
        check(CHAIN, &[(F64, &[n, 9]), (F64, &[9, 4]), (F64, &[3, 4])]);
    }
    // One column: products become vectors.
    check(NEWTON, &[(F64, &[600, 1]), (F64, &[600]), (F64, &[1])]);
    check(CHAIN, &[(F64, &[600, 1]), (F64, &[1, 1]), (F64, &[1, 1])]);
}

#[test]
fn no_rows_give_the_totals_of_nothing() {
    check(VECTORS, &[(DType::F64, &[0]), (DType::F64, &[0]), (DType::F64, &[0, 3])]);
    check(NEWTON, &[(DType::F64, &[0, 2]), (DType::F64, &[0]), (DType::F64, &[2])]);
}
