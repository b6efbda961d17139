//! Operands that do not fit a panel are errors; what they say.

use super::Kernel;
use crate::block::Block;
use crate::kernel::{Held, KernelError, Operand};
use nums_ir::dtype::DType;
use nums_ir::func::Op;
use nums_ir::text;
use std::sync::Arc;

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
    body.rows.push((body.params[1], 0));
    assert!(matches!(Kernel::prepare(&body), Err(KernelError::Mismatch { .. })));
    let mut body = panel();
    body.values[body.params[0].0 as usize].ty = Some(nums_ir::types::Type::of(DType::F64, &[]));
    assert!(matches!(Kernel::prepare(&body), Err(KernelError::Mismatch { .. })));
    let mut body = panel();
    body.results = vec![nums_ir::func::Value(99)];
    assert!(matches!(Kernel::prepare(&body), Err(KernelError::Mismatch { .. })));
}

/// Rows divided by their sums, beside the rows themselves; and a total.
const ROWS: &str = "nums-ir 1\n; stage: fused\nfn f(%X: f64[n, 6], %W: f64[6, 6]) {\n  %Y: f64[n, 6], %Z: f64[n, 6], %g: f64[6, 6] = kernel p0(rows %X: f64[n, 6] = %X, %W: f64[6, 6] = %W) {\n    %Y: f64[n, 6] = matmul %X, %W\n    %Z: f64[n, 6] = kernel k0(%X: f64[n, 6] = %X, %Y: f64[n, 6] = %Y) {\n      %Z: f64[n, 6] = subtract %Y, %X\n      return %Z\n    }\n    %g: f64[6, 6] = matmul %X, %Z, trans_a=true\n    return %Y, %Z, %g\n  }\n  return %Y, %Z, %g\n}\n";

#[test]
fn rows_of_a_result_are_written_over_those_of_an_operand_of_its_own() {
    let Op::Kernel(body) = text::parse(ROWS).unwrap().insts.remove(0).op else { panic!() };
    let kernel = Kernel::prepare(&body).unwrap();
    let wave = |shape: &[usize]| {
        Block::from_slice(&(0..shape.iter().product()).map(|i| (i as f64 * 0.7).sin()).collect::<Vec<_>>(), shape)
    };
    let code = crate::native::Code { cache: 1 << 10, ..crate::native::Code::default() };
    crate::native::with_code(code, || {
        for n in [1, 255, 256, 1000] {
            let (x, w) = (wave(&[n, 6]), wave(&[6, 6]));
            let want = kernel.run(&[Operand::Block(&x), Operand::Block(&w)]).unwrap();
            let mut held = [&x, &w].map(|b| Held::Block(Arc::new(b.clone())));
            let Held::Block(own) = &held[0] else { panic!() };
            let place = own.bytes().as_ptr();
            let made = kernel.run_over(&mut &mut held[..]).unwrap();
            assert_eq!(made[0].bytes().as_ptr() == place, n * 48 > 1 << 10, "{n}");
            for (made, want) in made.iter().zip(&want) {
                assert!(made.shape() == want.shape() && made.bytes() == want.bytes(), "{n}");
            }
            let Held::Block(w_left) = &held[1] else { panic!() };
            assert!(w_left.bytes() == w.bytes(), "a whole operand stays");
        }
    });
}

/// Columns: sums along them and inside them, products from both sides, results of both axes.
const COLUMNS: &str = "nums-ir 1\n; stage: fused\nfn f(%X: f64[6, n], %b: f64[6], %y: f64[n]) {\n  %z: f64[n], %R: f64[6, n], %s: f64[6], %m: f64[n], %g: f64[6], %H: f64[6, 6] = kernel p0(rows(1) %X: f64[6, n] = %X, %b: f64[6] = %b, rows %y: f64[n] = %y) {\n    %z: f64[n] = matmul %b, %X\n    %R: f64[6, n], %s: f64[6], %m: f64[n] = kernel k0(%X: f64[6, n] = %X, %z: f64[n] = %z, %y: f64[n] = %y) {\n      %a: f64[n] = add %z, %y\n      %R: f64[6, n] = multiply %X, %a\n      %s: f64[6] = sum %R, axes=[1]\n      %m: f64[n] = max %R, axes=[0]\n      return %R, %s, %m\n    }\n    %g: f64[6] = matmul %X, %m\n    %H: f64[6, 6] = matmul %R, %X, trans_b=true\n    return %z, %R, %s, %m, %g, %H\n  }\n  return %z, %R, %s, %m, %g, %H\n}\n";

/// A contraction of a stack, row by row.
const CONTRACTED: &str = "nums-ir 1\n; stage: fused\nfn f(%T: f64[1000, 5, 6], %B: f64[6, 5, 7]) {\n  %E: f64[1000, 7] = kernel p0(rows %T: f64[1000, 5, 6] = %T, %B: f64[6, 5, 7] = %B) {\n    %N: f64[1000, 5, 6] = kernel k0(%T: f64[1000, 5, 6] = %T) {\n      %N: f64[1000, 5, 6] = negative %T\n      return %N\n    }\n    %E: f64[1000, 7] = contract %N, %B, spec=\"abc,cbd->ad\"\n    return %E\n  }\n  return %E\n}\n";

#[test]
fn tiles_along_any_axis_change_no_bit() {
    let wave = |shape: &[usize]| {
        Block::from_slice(&(0..shape.iter().product()).map(|i| (i as f64 * 0.7).sin()).collect::<Vec<_>>(), shape)
    };
    let check = |text: &str, shapes: &[&[usize]]| {
        let Op::Kernel(body) = text::parse(text).unwrap().insts.remove(0).op else { panic!() };
        let kernel = Kernel::prepare(&body).unwrap();
        let blocks: Vec<Block> = shapes.iter().map(|shape| wave(shape)).collect();
        let args: Vec<Operand<'_>> = blocks.iter().map(Operand::Block).collect();
        let run =
            |cache| crate::native::with_code(crate::native::Code { cache, ..Default::default() }, || kernel.run(&args).unwrap());
        let (one, many) = (run(1 << 30), run(1));
        for (k, (one, many)) in one.iter().zip(&many).enumerate() {
            assert!(one.shape() == many.shape() && one.bytes() == many.bytes(), "result {k} of {shapes:?}");
        }
    };
    for n in [0, 1, 2, 255, 256, 257, 513, 1000] {
        check(COLUMNS, &[&[6, n], &[6], &[n]]);
        check(CONTRACTED, &[&[n, 5, 6], &[6, 5, 7]]);
    }
}
