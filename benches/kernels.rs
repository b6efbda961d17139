//! What kernels, products and vector math cost on one core: `cargo bench -p nums-benches`.
//!
//! Criterion's throughput is elements or flops a second: `Gelem/s` of a group `flops/…` is GFLOP/s, and of the others the
//! reciprocal is nanoseconds an element. `memory/copy` is the machine's copy, in bytes read and written: the share that a
//! kernel of `memory/…` has of it says how far it is from the machine's limit; `cache/…` stays in the second one. Every kernel runs
//! natively and interpreted.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nums::Stage;
use nums::prelude::*;
use nums_ir::bind::{Bound, bind};
use nums_ir::data::DataTask;
use nums_ir::dtype::DType;
use nums_ir::func::Op;
use nums_ir::graph::TaskOp;
use nums_ir::text;
use nums_runtime::block::Block;
use nums_runtime::kernel::{Kernel, Operand, run};
use std::hint::black_box;
use std::sync::Arc;

nums! {
    fn exp_of(x: f64[n]) -> f64[n] { exp(x) }
    fn log_of(x: f64[n]) -> f64[n] { log(x) }
    fn sin_of(x: f64[n]) -> f64[n] { sin(x) }
    fn cos_of(x: f64[n]) -> f64[n] { cos(x) }
    fn tanh_of(x: f64[n]) -> f64[n] { tanh(x) }
    fn exp_of_single(x: f32[n]) -> f32[n] { exp(x) }
    fn add(x: f64[n], y: f64[n]) -> f64[n] { x + y }
    fn total(x: f64[n]) -> f64[] { sum(x) }
    fn chain(x: f64[n]) -> f64[n] {
        m = 1 / (1 + exp(-(2.0 * x + 1.0)));
        m * (1 - m)
    }
    fn variance(x: f64[n]) -> f64[] { var(x) }
    fn scaled(X: f64[n, d], m: f64[d], s: f64[d]) -> f64[n, d] { (X - m) / s }
    fn newton(X: f64[n, d], y: f64[n], beta: f64[d]) -> (f64[d], f64[d, d]) {
        mu = 1 / (1 + exp(-(X @ beta)));
        (X.T @ (mu - y), X.T @ (X * (mu * (1 - mu))[:, None]))
    }
}

/// Elements of a block of 8 MiB: larger than the caches of a core.
const LARGE: usize = 1 << 20;
/// Elements that stay in them.
const SMALL: usize = 1 << 14;

fn block(n: usize) -> Block {
    Block::from_slice(&(0..n).map(|i| (i as f64 * 0.37).sin() + 1.5).collect::<Vec<f64>>(), &[n])
}

/// The kernel of a function for operands of these shapes, and which operand each of its own is.
fn kernel(ir: &str, operands: &[&Block]) -> (Kernel, Vec<usize>) {
    let func = text::parse(ir).expect("the text of a function");
    let bound: Vec<Bound> = operands.iter().map(|b| Bound::Array(b.dtype(), b.shape().to_vec())).collect();
    let func = bind(&func, &bound).expect("shapes that fit");
    let found = func.insts.iter().find_map(|i| if let Op::Kernel(body) = &i.op { Some((body, &i.args)) } else { None });
    let (body, args) = found.expect("one kernel");
    let order = args.iter().map(|a| func.params.iter().position(|p| p == a).expect("an operand of the function"));
    (Kernel::prepare(body).expect("a kernel that can run"), order.collect())
}

/// Runs a function's kernel natively and interpreted.
fn both(c: &mut Criterion, group: &str, name: &str, ir: &str, operands: &[&Block], throughput: Throughput) {
    let mut group = c.benchmark_group(group);
    group.throughput(throughput);
    for how in ["native", "interpreted"] {
        let (kernel, order) = kernel(ir, operands);
        let kernels = [Arc::new(if how == "native" { kernel } else { kernel.interpreted() })];
        let args: Vec<Operand> = order.iter().map(|i| Operand::Block(operands[*i])).collect();
        run(&TaskOp::Kernel(0), &kernels, &args).expect("operands that fit");
        group.bench_function(BenchmarkId::new(name, how), |b| b.iter(|| run(&TaskOp::Kernel(0), &kernels, black_box(&args))));
    }
}

fn vector_math(c: &mut Criterion) {
    let x = block(SMALL);
    let single = Block::from_slice(&x.as_slice::<f64>().iter().map(|x| *x as f32).collect::<Vec<f32>>(), &[SMALL]);
    let elements = || Throughput::Elements(SMALL as u64);
    for (name, ir) in [
        ("exp", exp_of::ir(Stage::Fused)),
        ("log", log_of::ir(Stage::Fused)),
        ("sin", sin_of::ir(Stage::Fused)),
        ("cos", cos_of::ir(Stage::Fused)),
        ("tanh", tanh_of::ir(Stage::Fused)),
    ] {
        both(c, "vmath", name, &ir, &[&x], elements());
    }
    both(c, "vmath", "exp, f32", &exp_of_single::ir(Stage::Fused), &[&single], elements());
}

fn memory(c: &mut Criterion) {
    let (x, y) = (block(LARGE), block(LARGE));
    let bytes = |per: usize| Throughput::Bytes((LARGE * per) as u64);
    let mut to = vec![0.0f64; LARGE];
    let mut group = c.benchmark_group("memory");
    group.throughput(bytes(16));
    group.bench_function("copy", |b| b.iter(|| black_box(&mut to[..]).copy_from_slice(black_box(x.as_slice()))));
    group.finish();
    both(c, "memory", "add", &add::ir(Stage::Fused), &[&x, &y], bytes(24));
    both(c, "memory", "sum", &total::ir(Stage::Fused), &[&x], bytes(8));
    both(c, "memory", "chain", &chain::ir(Stage::Fused), &[&x], bytes(16));
    both(c, "memory", "var", &variance::ir(Stage::Fused), &[&x], bytes(8));
    let (wide, row) = (block(LARGE).with_shape(&[LARGE / 32, 32]), block(32));
    both(c, "memory", "scaled rows", &scaled::ir(Stage::Fused), &[&wide, &row, &row], bytes(16));
    let small = block(SMALL);
    both(c, "cache", "chain", &chain::ir(Stage::Fused), &[&small], Throughput::Elements(SMALL as u64));
}

fn products(c: &mut Criterion) {
    let shaped = |rows: usize, columns: usize| block(rows * columns).with_shape(&[rows, columns]);
    let matmul = |trans_a, symmetric| TaskOp::Matmul { trans_a, trans_b: false, symmetric };
    let (tall, vector, square) = (shaped(1 << 14, 64), block(64), shaped(512, 512));
    for (name, op, a, b, flops) in [
        ("matvec, 16384 × 64", matmul(false, false), &tall, &vector, 2 * (1 << 14) * 64),
        ("gram, 16384 × 64", matmul(true, true), &tall, &tall, (1 << 14) * 64 * 65),
        ("gemm, 512²", matmul(false, false), &square, &square, 2 * 512 * 512 * 512),
    ] {
        let mut group = c.benchmark_group("flops");
        group.throughput(Throughput::Elements(flops as u64));
        let args = [Operand::Block(a), Operand::Block(b)];
        run(&op, &[], &args).expect("operands that fit");
        group.bench_function(name, |b| b.iter(|| run(&op, &[], black_box(&args))));
    }
    let (x, y, beta) = (shaped(1 << 15, 32), block(1 << 15), block(32));
    let flops = (1u64 << 15) * (2 * 32 + 2 * 32 + 32 * 33 + 32 + 40);
    both(c, "flops", "newton, 32768 × 32", &newton::ir(Stage::Fused), &[&x, &y, &beta], Throughput::Elements(flops));
    let qr = TaskOp::Data(DataTask::Qr { keep: true, joined: false });
    let q = TaskOp::Data(DataTask::Orthogonal { rows: 1 << 15, columns: 32, joined: false });
    let mut group = c.benchmark_group("flops");
    group.throughput(Throughput::Elements(4 * (1 << 15) * 32 * 32));
    group.bench_function("qr, 32768 × 32", |b| {
        b.iter(|| {
            let made = run(&qr, &[], black_box(&[Operand::Block(&x)])).expect("a matrix");
            run(&q, &[], black_box(&[Operand::Block(&made[0])])).expect("factors")
        });
    });
    assert_eq!(x.dtype(), DType::F64);
}

criterion_group!(benches, vector_math, memory, products);
criterion_main!(benches);
