//! A task allocates what its tiles need before the first one: the number of allocations does not grow with the tiles.
//!
//! Kernels of programs run on blocks of a few tiles and of many, natively and interpreted, under an allocator that counts what
//! this thread asks for. Sums over rows keep one partial result for each power of two of their panels, and results grow by doubling:
//! hence some more, far fewer than the hundreds of tiles.
#![allow(unsafe_code)]

use nums::Stage;
use nums::prelude::*;
use nums_ir::bind::{Bound, bind};
use nums_ir::func::Op;
use nums_ir::graph::TaskOp;
use nums_ir::text;
use nums_runtime::block::Block;
use nums_runtime::kernel::{Kernel, Operand, run};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

struct Counting;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every request is the system allocator's own; counting touches a cell of this thread that needs no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.set(ASKED.get() + 1);
        // SAFETY: the caller's promises are those of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above; `at` came from `System`.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

nums! {
    fn newton(X: f64[n, d], y: f64[n], b: f64[d]) -> (f64[d], f64[d, d]) {
        mu = 1 / (1 + exp(-(X @ b)));
        (X.T @ (mu - y), X.T @ (X * (mu * (1 - mu))[:, None]))
    }

    fn softmax(X: f64[n, d], y: f64[n], b: f64[d]) -> (f64[], f64[n, d], f64[d, d]) {
        E = exp(X - max(X, axis=1, keepdims=True));
        P = E / sum(E, axis=1, keepdims=True);
        (mean(sum(X * P, axis=1)), P, X.T @ (P - y[:, None] * b))
    }

    fn rows_and_columns(X: f64[n, d], y: f64[n], b: f64[d]) -> (f64[n, d], f64[d], f64[n]) {
        Z = (X - b) * y[:, None];
        (Z, sum(Z, axis=0), max(Z, axis=1))
    }

    fn spread(X: f64[n, d], y: f64[n], b: f64[d]) -> (f64[d], f64[n]) {
        (var(X * b, axis=0), var(X + y[:, None], axis=1))
    }
}

const D: usize = 24;

/// The kernels of a function with their operands for so many rows, where those are parameters.
fn kernels(ir: &str, rows: usize) -> Vec<(Kernel, Vec<Block>)> {
    let func = text::parse(ir).expect("the text of a function");
    let shapes = [vec![rows, D], vec![rows], vec![D]];
    let wave = |n: usize| (0..n).map(|i| (i as f64 * 0.37).sin()).collect::<Vec<f64>>();
    let blocks = shapes.map(|shape| Block::from_slice(&wave(shape.iter().product()), &shape));
    let bound: Vec<Bound> = blocks.iter().map(|b| Bound::Array(b.dtype(), b.shape().to_vec())).collect();
    let func = bind(&func, &bound).expect("shapes that fit");
    let of = |body: &nums_ir::func::Func, args: &[nums_ir::func::Value]| {
        let at = |a| func.params.iter().position(|p| p == a);
        let blocks = args.iter().map(|a| at(a).map(|i| blocks[i].clone())).collect::<Option<Vec<_>>>()?;
        Some((Kernel::prepare(body).expect("a kernel that can run"), blocks))
    };
    func.insts.iter().filter_map(|i| if let Op::Kernel(body) = &i.op { of(body, &i.args) } else { None }).collect()
}

/// Allocations of every kernel of a function for so many rows.
fn asked(ir: &str, rows: usize, interpreted: bool) -> Vec<usize> {
    let count = |(kernel, blocks): (Kernel, Vec<Block>)| {
        assert_eq!(kernel.is_native(), Some(true), "{ir}");
        let kernels = [Arc::new(if interpreted { kernel.interpreted() } else { kernel })];
        let args: Vec<Operand<'_>> = blocks.iter().map(Operand::Block).collect();
        // Once before: what the process keeps is made now.
        run(&TaskOp::Kernel(0), &kernels, &args).unwrap();
        let before = ASKED.get();
        let made = run(&TaskOp::Kernel(0), &kernels, &args).unwrap();
        let asked = ASKED.get() - before;
        drop(made);
        asked
    };
    kernels(ir, rows).into_iter().map(count).collect()
}

#[test]
fn tiles_allocate_nothing() {
    let programs = [
        ("newton", newton::ir(Stage::Fused)),
        ("softmax", softmax::ir(Stage::Fused)),
        ("rows_and_columns", rows_and_columns::ir(Stage::Fused)),
        ("spread", spread::ir(Stage::Fused)),
    ];
    for (name, ir) in programs {
        for interpreted in [false, true] {
            let (few, many) = (asked(&ir, 3_000, interpreted), asked(&ir, 100_000, interpreted));
            assert!(!few.is_empty(), "{name} has kernels of its parameters");
            for (few, many) in few.iter().zip(&many) {
                assert!(
                    *few > 0 && *many <= few + 64,
                    "{name}, interpreted {interpreted}: {few} allocations, of more tiles {many}"
                );
            }
        }
    }
}
