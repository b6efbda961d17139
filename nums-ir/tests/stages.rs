//! One program from parsed to tiled, printed at every stage.

use nums_ir::bind::{Bound, bind};
use nums_ir::dtype::DType;
use nums_ir::grid::Grid;
use nums_ir::infer::infer;
use nums_ir::{pass, text, tile, verify};

const NEWTON: &str = "nums-ir 1
; stage: parsed
fn newton(%X: f64[n, d], %y: f64[n], %beta: f64[d]) -> f64[d] {
  %0 = matmul %X, %beta
  %1 = negative %0
  %2 = exp %1
  %3: i64 = const 1
  %4 = add %3, %2
  %mu = divide %3, %4
  %5 = transpose %X
  %6 = subtract %mu, %y
  %g = matmul %5, %6
  %7 = subtract %3, %mu
  %8 = multiply %mu, %7
  %9 = index %8, items=[:, newaxis]
  %10 = multiply %X, %9
  %H = matmul %5, %10
  %11 = solve %H, %g
  %12 = subtract %beta, %11
  return %12
}
";

#[test]
fn newton_at_every_stage() {
    let parsed = text::parse(NEWTON).unwrap();
    assert_eq!(text::print(&parsed), NEWTON);
    let typed = infer(&parsed).unwrap();
    verify::verify(&typed).unwrap();
    insta::assert_snapshot!("newton_typed", text::print(&typed));
    let fused = pass::run(typed);
    verify::verify(&fused).unwrap();
    insta::assert_snapshot!("newton_fused", text::print(&fused));
    assert_eq!(text::print(&text::parse(&text::print(&fused)).unwrap()), text::print(&fused));
    let shapes: [&[usize]; 3] = [&[100, 3], &[100], &[3]];
    let args: Vec<Bound> = shapes.iter().map(|s| Bound::Array(DType::F64, s.to_vec())).collect();
    let bound = bind(&fused, &args).unwrap();
    verify::verify(&bound).unwrap();
    let grids = [Grid::new(&[100, 3], &[40, 2]), Grid::new(&[100], &[30]), Grid::new(&[3], &[3])];
    let graph = tile::tile(&bound, &grids).unwrap();
    verify::verify_graph(&graph).unwrap();
    insta::assert_snapshot!("newton_tiled", text::print_graph(&graph));
    let wrong = [Bound::Array(DType::F64, vec![5, 3]), Bound::Array(DType::F64, vec![4]), Bound::Array(DType::F64, vec![3])];
    let error = bind(&fused, &wrong).unwrap_err();
    assert_eq!(error.message, "`n` is 5 in axis 0 of `X`, but 4 in axis 0 of `y`");
}
