//! Operands that do not fit a panel are errors; what they say.

use super::Kernel;
use crate::block::Block;
use crate::kernel::{KernelError, Operand};
use nums_ir::dtype::DType;
use nums_ir::func::Op;
use nums_ir::text;

fn panel() -> nums_ir::func::Func {
    let text = "nums-ir 1\n; stage: fused\nfn f(%X: f64[n, d], %b: f64[d]) {\n  %g: f64[d] = kernel p0(rows %X: f64[n, d] = %X, %b: f64[d] = %b) {\n    %r: f64[n] = matmul %X, %b\n    %g: f64[d] = matmul %X, %r, trans_a=true\n    return %g\n  }\n  return %g\n}\n";
    match text::parse(text).unwrap().insts.remove(0).op {
        Op::Kernel(body) => *body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_are_summed_over_tiles() {
    let n = 3000;
    let x = Block::from_slice(&vec![1.0f64; n * 2], &[n, 2]);
    let b = Block::from_slice(&[2.0f64, 3.0], &[2]);
    let out = Kernel::prepare(&panel()).unwrap().run(&[Operand::Block(&x), Operand::Block(&b)]).unwrap();
    assert_eq!(out[0].as_slice::<f64>(), [15_000.0, 15_000.0]);
}

#[test]
fn operands_that_do_not_fit_are_errors() {
    let kernel = Kernel::prepare(&panel()).unwrap();
    assert_eq!(kernel.is_native(), None);
    let x = Block::from_slice(&[1.0f64; 6], &[3, 2]);
    let (short, other) = (Block::from_slice(&[1.0f64; 3], &[3]), Block::zeros(DType::F32, &[2]));
    for args in [vec![&x], vec![&x, &short], vec![&x, &other], vec![&short, &x]] {
        let args: Vec<Operand<'_>> = args.into_iter().map(Operand::Block).collect();
        assert!(matches!(kernel.run(&args), Err(KernelError::Mismatch { .. })));
    }
}

#[test]
fn bodies_that_are_no_panels_are_refused() {
    let mut body = panel();
    // Both operands run with the rows: the first product has none to be whole.
    body.rows.push(body.params[1]);
    assert!(matches!(Kernel::prepare(&body), Err(KernelError::Mismatch { .. })));
    let mut body = panel();
    body.values[body.params[0].0 as usize].ty = Some(nums_ir::types::Type::of(DType::F64, &[]));
    assert!(matches!(Kernel::prepare(&body), Err(KernelError::Mismatch { .. })));
    let mut body = panel();
    body.results = vec![nums_ir::func::Value(99)];
    assert!(matches!(Kernel::prepare(&body), Err(KernelError::Mismatch { .. })));
}
