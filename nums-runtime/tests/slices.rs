//! Kernels that read slices in place against kernels that read slices as arrays: the same bits however arrays are cut.
//!
//! Each program runs as it is fused, and again with its slices returned as well, so that they are arrays; every answer is held to
//! the evaluator's. Rows are long enough to be read as runs, and short enough to be gathered.

#[allow(dead_code)]
#[path = "../../nums-ir/tests/blocks/mod.rs"]
mod blocks;
mod tasks;

use nums_ir::bind::{Bound, bind};
use nums_ir::dtype::DType;
use nums_ir::eval::{Tensor, eval};
use nums_ir::func::{Func, Op};
use nums_ir::graph::TaskOp;
use nums_ir::grid::Grid;
use nums_ir::infer::infer;
use nums_ir::pass;
use nums_ir::text;
use nums_ir::tile::tile;
use nums_ir::verify::verify_graph;

/// A function of `%x`: its rank, and the text of its body.
const PROGRAMS: &[(usize, &str)] = &[
    (1, "%0 = index %x, items=[1:]\n%1 = index %x, items=[:-1]\n%2 = subtract %0, %1\n%3 = sum %2, axes=all\nreturn %2, %3"),
    (1, "%0 = index %x, items=[3:-2:2]\n%1 = index %x, items=[5::2]\n%2 = multiply %0, %1\nreturn %2"),
    (1, "%0 = index %x, items=[7:]\n%1 = sum %0, axes=all\n%2 = max %0, axes=all\nreturn %1, %2"),
    (
        2,
        "%0 = index %x, items=[:-2, 1:-1]\n%1 = index %x, items=[2:, 1:-1]\n%2 = index %x, items=[1:-1, :-2]\n%3 = index %x, items=[1:-1, 2:]\n%4 = add %0, %1\n%5 = add %2, %3\n%6 = add %4, %5\n%7 = sum %6, axes=[0]\n%8 = max %6, axes=[1]\nreturn %6, %7, %8",
    ),
    (2, "%0 = index %x, items=[1:]\n%1 = index %x, items=[:-1]\n%2 = minimum %0, %1\n%3 = sum %2, axes=[1]\nreturn %2, %3"),
    (2, "%0 = index %x, items=[:, 1]\n%1 = index %x, items=[:, -2]\n%2 = subtract %0, %1\nreturn %2"),
    (2, "%0 = index %x, items=[2, 1::3]\n%1 = exp %0\nreturn %1"),
    (2, "%y = exp %x\n%0 = index %y, items=[1::2, :-1]\n%1 = index %x, items=[1::2, 1:]\n%2 = add %0, %1\nreturn %2, %y"),
    (2, "%0 = index %x, items=[1:, newaxis, ...]\n%1 = negative %0\nreturn %1"),
    (
        3,
        "%0 = index %x, items=[1:, :, 1:]\n%1 = index %x, items=[:-1, :, :-1]\n%2 = subtract %0, %1\n%3 = sum %2, axes=[1]\nreturn %2, %3",
    ),
    (3, "%0 = index %x, items=[:, 1:]\n%1 = index %x, items=[:, :-1]\n%2 = subtract %0, %1\nreturn %2"),
    (3, "%0 = index %x, items=[1, ..., 2:]\n%1 = sqrt %0\nreturn %1"),
];

/// Shapes by rank, and blocks that cut them.
fn cuts(rank: usize) -> Vec<(Vec<usize>, Vec<usize>)> {
    let cuts: &[(&[usize], &[usize])] = match rank {
        1 => &[(&[13], &[13]), (&[13], &[2]), (&[9000], &[9000]), (&[9000], &[2300])],
        2 => &[
            (&[7, 9], &[7, 9]),
            (&[7, 9], &[2, 9]),
            (&[7, 9], &[3, 2]),
            (&[9, 1500], &[4, 700]),
            (&[9, 1500], &[9, 100]),
            (&[40, 600], &[40, 600]),
            (&[3000, 4], &[1100, 4]),
        ],
        _ => &[(&[5, 4, 6], &[5, 4, 6]), (&[5, 4, 6], &[2, 3, 4]), (&[4, 6, 900], &[3, 4, 500]), (&[3, 50, 40], &[2, 50, 40])],
    };
    cuts.iter().map(|(shape, block)| (shape.to_vec(), block.to_vec())).collect()
}

fn bound(rank: usize, body: &str, dtype: DType, shape: &[usize]) -> Func {
    let axes = ["a", "b", "c"][..rank].join(", ");
    let text = format!("nums-ir 1\n; stage: parsed\nfn f(%x: {dtype}[{axes}]) {{\n{body}\n}}\n");
    let typed = infer(&text::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"))).unwrap();
    bind(&pass::run(typed), &[Bound::Array(dtype, shape.to_vec())]).unwrap()
}

/// The same function, which also returns what it indexes.
fn stored(func: &Func) -> Func {
    let mut out = func.clone();
    let indexed = func.insts.iter().filter(|i| matches!(i.op, Op::Index { .. })).map(|i| i.results[0]);
    out.results.extend(indexed);
    out.declared.clear();
    out
}

fn tensor(dtype: DType, shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    let wave: Vec<f64> = (0..n).map(|i| 1.5 + (i as f64 * 0.37).sin()).collect();
    Tensor::from_vec(shape, wave).unwrap().cast(dtype)
}

fn bits(t: &Tensor) -> Vec<u64> {
    t.cast(DType::F64).to_vec::<f64>().unwrap().iter().map(|x| x.to_bits()).collect()
}

#[test]
fn slices_in_place_give_the_bits_of_slices_that_are_stored() {
    for (rank, body) in PROGRAMS {
        for (shape, block) in cuts(*rank) {
            for dtype in [DType::F64, DType::F32] {
                let func = bound(*rank, body, dtype, &shape);
                let (x, grid) = ([tensor(dtype, &shape)], [Grid::new(&shape, &block)]);
                let graph = tile(&func, &grid).unwrap();
                let what = format!("{body}\non {dtype}{shape:?} by {block:?}");
                assert!(graph.tasks.iter().any(|t| matches!(t.op, TaskOp::Sliced(_))), "{what}: no slice is read in place");
                assert!(graph.tasks.iter().all(|t| !matches!(t.op, TaskOp::Assemble { .. })), "{what}: a slice is stored");
                verify_graph(&graph).unwrap_or_else(|e| panic!("{what}: {e:?}"));
                assert_eq!(text::parse_graph(&text::print_graph(&graph)).unwrap().tasks.len(), graph.tasks.len());
                let found = tasks::answers(&func, &x, &[], &grid).unwrap_or_else(|e| panic!("{what}: {e}"));
                let want = tasks::answers(&stored(&func), &x, &[], &grid).unwrap_or_else(|e| panic!("{what}: {e}"));
                let whole = eval(&func, &x).unwrap();
                for (k, found) in found.iter().enumerate() {
                    assert_eq!(bits(found), bits(&want[k]), "{what}: result {k}");
                    assert_eq!(found.shape(), whole[k].shape(), "{what}: result {k}");
                    for (f, w) in bits(found).iter().zip(bits(&whole[k])) {
                        let (f, w) = (f64::from_bits(*f), f64::from_bits(w));
                        assert!((f - w).abs() <= 1e-4 * (1.0 + w.abs()), "{what}: result {k}: {f}, not {w}");
                    }
                }
            }
        }
    }
}
