//! Contractions on every cut of their axes, held to the evaluator; what has one cut has one answer to the last bit.

#[allow(dead_code)]
#[path = "../../nums-ir/tests/blocks/mod.rs"]
mod blocks;
mod tasks;

use nums_ir::bind::{Bound, bind};
use nums_ir::contraction::Contraction;
use nums_ir::dtype::DType;
use nums_ir::eval::{Tensor, eval};
use nums_ir::grid::Grid;
use nums_ir::infer::infer;
use nums_ir::{pass, text};

/// Sizes that blocks do not divide; index `a` and on.
const SIZES: [usize; 6] = [9, 14, 5, 7, 3, 4];

fn tensor(dtype: DType, shape: &[usize], seed: usize) -> Tensor {
    let wave = |i: usize| ((i * 37 + seed * 101) as f64 * 0.013).sin() * 40.0;
    Tensor::from_vec(shape, (0..shape.iter().product()).map(wave).collect()).unwrap().cast(dtype)
}

/// The contraction of operands whose axes are cut into `parts` blocks, operand by operand.
fn check(spec: &str, dtype: DType) {
    let spec = Contraction::parse(spec).unwrap();
    let shapes: Vec<Vec<usize>> =
        spec.operands.iter().map(|o| o.iter().map(|i| SIZES[usize::from(i - b'a')]).collect()).collect();
    let list = |sizes: &[usize]| format!("{dtype}{sizes:?}");
    let params: Vec<String> = shapes.iter().enumerate().map(|(k, s)| format!("%x{k}: {}", list(s))).collect();
    let args: Vec<String> = (0..shapes.len()).map(|k| format!("%x{k}")).collect();
    let source = format!("fn f({}) {{\n  %0 = contract {}, spec=\"{spec}\"\n  return %0\n}}", params.join(", "), args.join(", "));
    let typed = infer(&text::parse(&format!("{}\n; stage: parsed\n{source}\n", text::MAGIC)).unwrap()).unwrap();
    let arrays: Vec<Tensor> = shapes.iter().enumerate().map(|(k, s)| tensor(dtype, s, k)).collect();
    let bound: Vec<Bound> = shapes.iter().map(|s| Bound::Array(dtype, s.clone())).collect();
    let want = eval(&bind(&typed, &bound).unwrap(), &arrays).unwrap().remove(0);
    let fused = bind(&pass::run(typed), &bound).unwrap();
    for cut in [[1, 1, 1, 1], [2, 2, 2, 2], [7, 7, 7, 7], [3, 1, 2, 7], [1, 4, 7, 2]] {
        let grids: Vec<Grid> = shapes
            .iter()
            .enumerate()
            .map(|(k, s)| Grid::new(s, &s.iter().map(|n| n.div_ceil(cut[k % 4])).collect::<Vec<_>>()))
            .collect();
        let got = tasks::answers(&fused, &arrays, &[], &grids).unwrap().remove(0);
        assert_eq!((got.dtype(), got.shape()), (want.dtype(), want.shape()), "{spec} cut {cut:?}");
        let values = |t: &Tensor| t.cast(DType::F64).to_vec::<f64>().unwrap();
        let (ours, theirs) = (values(&got), values(&want));
        let scale = theirs.iter().fold(1.0f64, |m, x| m.max(x.abs()));
        let tolerance = if dtype == DType::F32 { 1e-5 } else { 1e-13 };
        for (x, y) in ours.iter().zip(&theirs) {
            let same = if dtype.kind() < nums_ir::dtype::Kind::Float { x == y } else { (x - y).abs() <= tolerance * scale };
            assert!(same, "{spec} of {dtype} cut {cut:?}: {x}, want {y}");
        }
    }
}

#[test]
fn every_cut_of_every_index_gives_the_evaluator_s_answer() {
    for spec in [
        "abc,bcd->ad",
        "abc,bcd->da",
        "abcd,dbe->eca",
        "abc,adc->bdc",
        "abc,b->ac",
        "abc,bd,cd->ad",
        "abc,ad,bd->cd",
        "ab,bc,cd,de->ae",
        "ab,ac,ad->bcd",
        "ab,bc,cd,de,ef,fa->d",
    ] {
        check(spec, DType::F64);
    }
    for dtype in [DType::Bool, DType::I8, DType::U64, DType::F32, DType::C128] {
        check("abc,bd,cd->ad", dtype);
        check("abcd,dbe->eca", dtype);
    }
}
