//! One meaning, every execution: programs on the evaluator, natively, interpreted, fused and not, with every set of instructions, on
//! threads and processes, with every axis cut into 1, 2 and 7 blocks.
//!
//! On one cut all executions give the same bits; between cuts, and beside the evaluator, sums are ordered otherwise and answers
//! agree to rounding. Random programs are compared in `nums-runtime/tests/programs.rs`.

#[path = "../nums-ir/tests/blocks/mod.rs"]
#[allow(dead_code, reason = "other tests cut and look up blocks as well")]
mod blocks;
#[path = "../nums-runtime/tests/tasks/mod.rs"]
mod tasks;

use nums::prelude::*;
use nums::{ClusterSpec, DType, Stage};
use nums_ir::bind::{Bound, bind};
use nums_ir::eval::{Tensor, eval};
use nums_ir::grid::Grid;
use nums_ir::pass::{PIPELINE, apply};
use nums_ir::passes::fuse::APART;
use nums_ir::text;

nums! {
    fn newton_step(X: f64[n, d], y: f64[n], beta: f64[d]) -> f64[d] {
        mu = 1 / (1 + exp(-(X @ beta)));
        g = X.T @ (mu - y);
        H = X.T @ (X * (mu * (1 - mu))[:, None]) + eye(d);
        beta - linalg.solve(H, g)
    }

    fn softmax_loss(X: f64[n, d], Y: f64[n, d], W: f64[d]) -> (f64[], f64[d, d]) {
        Z = X * W;
        Z0 = Z - max(Z, axis=1, keepdims=True);
        E = exp(Z0);
        total = sum(E, axis=1, keepdims=True);
        (-mean(sum(Y * (Z0 - log(total)), axis=1)), X.T @ (E / total - Y))
    }

    fn chain(X: f64[n, d], y: f64[n], beta: f64[d]) -> (f64[n, d], f64[d], f64[]) {
        m = 1 / (1 + exp(-(2.0 * X + beta)));
        s = m * (1 - m) + log(1 + y * y)[:, None] * tanh(X);
        (s, max(s, axis=0), mean((s - mean(s)) ** 2))
    }

    fn centred(X: f64[n, d], y: f64[n], beta: f64[d]) -> (f64[n, d], f64[d, d]) {
        C = (X - mean(X, axis=0)) / std(X, axis=0);
        (C, C.T @ C)
    }

    fn contracted(X: f64[n, d], y: f64[n], beta: f64[d]) -> (f64[d], f64[n, n]) {
        (einsum("ij,i,k->k", X, y, beta), tensordot(X, X, ([1], [1])))
    }

    fn ordered(X: f64[n, d], y: f64[n], beta: f64[d]) -> (f64[n, d], f64[d], i64[n]) {
        (cumsum(X, axis=0), median(X, axis=0), argsort(y, stable=True))
    }

    fn nearest(X: f64[n, d], y: f64[n], beta: f64[d]) -> (f64[d, d], f64[d], i64[n]) {
        C = eye(d) * beta;
        labels = argmin(sum(C * C, axis=1) - 2 * (X @ C.T), axis=1);
        near = (labels[:, None] == arange(d)).astype(f64);
        (near.T @ X, near.T @ y, labels)
    }

    fn single(X: f64[n, d], y: f64[n], beta: f64[d]) -> (f32[n], bool[n, d], i64[]) {
        f = X.astype(f32) @ beta.astype(f32);
        (where(f > 0, sqrt(abs(f)), -f), X > y[:, None], sum(X > 0))
    }
}

nums! {
    /// Angles that are far and intermediate, powers of both kinds, and more outputs than Clippy counts parameters.
    fn waves(X: f64[n, d], y: f64[n], beta: f64[d]) -> (f64[n, d], f64[n, d], f64[n, d], f64[n, d], f32[n, d], i64[n, d], f64[n, d], f64[n, d]) {
        far = sin(1.0e7 * X) + cos(X * X);
        power = abs(X) ** 1.7 + abs(far) ** beta;
        whole = (10 * X).astype(i64) ** 3;
        single = cos(X.astype(f32) * 3.0e5) ** 3;
        (far, power, sin(far), power * far, single, whole, cos(power) - beta, X + far)
    }
}

type Answer = Vec<DynArray>;
type Function = fn(&Array<f64>, &Array<f64>, &Array<f64>) -> Result<Answer>;

/// A program: its name, how it is called, its typed text, and how its second operand is shaped.
struct Program {
    name: &'static str,
    run: Function,
    typed: fn(Stage) -> String,
    matrix: bool,
}

const PROGRAMS: &[Program] = &[
    Program { name: "newton_step", run: |x, y, b| Ok(vec![newton_step(x, y, b)?.into()]), typed: newton_step::ir, matrix: false },
    Program {
        name: "softmax_loss",
        run: |x, y, b| softmax_loss(x, y, b).map(|(l, g)| vec![l.into(), g.into()]),
        typed: softmax_loss::ir,
        matrix: true,
    },
    Program {
        name: "chain",
        run: |x, y, b| chain(x, y, b).map(|(s, m, v)| vec![s.into(), m.into(), v.into()]),
        typed: chain::ir,
        matrix: false,
    },
    Program {
        name: "centred",
        run: |x, y, b| centred(x, y, b).map(|(c, g)| vec![c.into(), g.into()]),
        typed: centred::ir,
        matrix: false,
    },
    Program {
        name: "contracted",
        run: |x, y, b| contracted(x, y, b).map(|(e, t)| vec![e.into(), t.into()]),
        typed: contracted::ir,
        matrix: false,
    },
    Program {
        name: "ordered",
        run: |x, y, b| ordered(x, y, b).map(|(c, m, a)| vec![c.into(), m.into(), a.into()]),
        typed: ordered::ir,
        matrix: false,
    },
    Program {
        name: "nearest",
        run: |x, y, b| nearest(x, y, b).map(|(c, s, l)| vec![c.into(), s.into(), l.into()]),
        typed: nearest::ir,
        matrix: false,
    },
    Program {
        name: "waves",
        run: |x, y, b| {
            waves(x, y, b).map(|(a, c, d, e, f, g, h, i)| {
                vec![a.into(), c.into(), d.into(), e.into(), f.into(), g.into(), h.into(), i.into()]
            })
        },
        typed: waves::ir,
        matrix: false,
    },
    Program {
        name: "single",
        run: |x, y, b| single(x, y, b).map(|(f, c, n)| vec![f.into(), c.into(), n.into()]),
        typed: single::ir,
        matrix: false,
    },
];

const N: usize = 29;
const D: usize = 8;

/// The operands: two matrices of which the second may be a vector, and a vector.
fn operands(matrix: bool) -> [(Vec<f64>, Vec<usize>); 3] {
    let wave = |n: usize, step: f64| -> Vec<f64> { (0..n).map(|i| (i as f64 * step + 0.1).sin()).collect() };
    let y = if matrix { (wave(N * D, 0.71), vec![N, D]) } else { (wave(N, 0.53), vec![N]) };
    [(wave(N * D, 0.37), vec![N, D]), y, (wave(D, 1.3), vec![D])]
}

/// Blocks of operands with so many blocks along rows and columns.
fn blocks(shape: &[usize], rows: usize, columns: usize) -> Vec<usize> {
    let parts = |n: &usize| if *n == N { rows } else { columns };
    shape.iter().map(|n| n.div_ceil(parts(n))).collect()
}

/// Elements as bits, with dtype and shape.
type Bits = Vec<(DType, Vec<usize>, Vec<u64>)>;

fn bits(answer: &Answer) -> Result<Bits> {
    let of =
        |a: &DynArray| Ok((a.dtype(), a.shape().to_vec(), a.astype::<f64>()?.to_vec()?.iter().map(|x| x.to_bits()).collect()));
    answer.iter().map(of).collect()
}

/// What a cluster answers to every program on a cut.
fn answers(cluster: &Cluster, rows: usize, columns: usize) -> Vec<Bits> {
    let _entered = cluster.enter();
    let answer = |p: &Program| {
        let [x, y, b] = operands(p.matrix)
            .map(|(v, shape)| Array::from_vec(v, &shape).unwrap().rechunk(&blocks(&shape, rows, columns)).unwrap());
        let answer = (p.run)(&x, &y, &b).unwrap_or_else(|e| panic!("{}: {e}", p.name));
        bits(&answer).unwrap_or_else(|e| panic!("{}: {e}", p.name))
    };
    PROGRAMS.iter().map(answer).collect()
}

/// The evaluator's answers on whole arrays.
fn evaluated(p: &Program) -> Vec<Vec<f64>> {
    let typed = text::parse(&(p.typed)(Stage::Typed)).unwrap_or_else(|e| panic!("{}: {e}", p.name));
    let operands = operands(p.matrix);
    let bound: Vec<Bound> = operands.iter().map(|(_, shape)| Bound::Array(DType::F64, shape.clone())).collect();
    let tensors: Vec<Tensor> = operands.iter().map(|(v, shape)| Tensor::from_vec(shape, v.clone()).unwrap()).collect();
    let func = bind(&typed, &bound).unwrap_or_else(|e| panic!("{}: {e}", p.name));
    let answer = eval(&func, &tensors).unwrap_or_else(|e| panic!("{}: {e}", p.name));
    answer.iter().map(|t| t.cast(DType::F64).to_vec::<f64>().unwrap()).collect()
}

/// The answers where every operator makes its whole result, on blocks of a cut.
fn unfused(p: &Program, rows: usize, columns: usize) -> Bits {
    let mut func = text::parse(&(p.typed)(Stage::Typed)).unwrap_or_else(|e| panic!("{}: {e}", p.name));
    for pass in PIPELINE.iter().filter(|pass| !["fuse", "panel"].contains(&pass.name)).chain([&APART]) {
        apply(pass, &mut func);
    }
    let operands = operands(p.matrix);
    let bound: Vec<Bound> = operands.iter().map(|(_, shape)| Bound::Array(DType::F64, shape.clone())).collect();
    let func = bind(&func, &bound).unwrap_or_else(|e| panic!("{}: {e}", p.name));
    let tensors: Vec<Tensor> = operands.iter().map(|(v, shape)| Tensor::from_vec(shape, v.clone()).unwrap()).collect();
    let grids: Vec<Grid> = operands.iter().map(|(_, shape)| Grid::new(shape, &blocks(shape, rows, columns))).collect();
    let answer = tasks::answers(&func, &tensors, &[], &grids).unwrap_or_else(|e| panic!("{}: {e}", p.name));
    let bits = |t: &Tensor| t.cast(DType::F64).to_vec::<f64>().unwrap().iter().map(|x| x.to_bits()).collect();
    answer.iter().map(|t| (t.dtype(), t.shape().to_vec(), bits(t))).collect()
}

fn close(name: &str, what: &str, found: &Bits, want: &[Vec<f64>]) {
    for (k, ((dtype, _, bits), want)) in found.iter().zip(want).enumerate() {
        let unit = if *dtype == DType::F32 { 1e-5 } else { 1e-10 };
        assert_eq!(bits.len(), want.len(), "{name}, result {k} on {what}");
        for (i, (x, w)) in bits.iter().map(|b| f64::from_bits(*b)).zip(want).enumerate() {
            assert!((x - w).abs() <= unit * (1.0 + w.abs()), "{name}, result {k} on {what}: element {i} is {x}, evaluated {w}");
        }
    }
}

#[test]
fn every_execution_gives_the_same_bits_on_every_cut() {
    let best = Cluster::builder().threads(2).start().unwrap();
    let mut others = vec![
        ("interpreted", Cluster::builder().threads(2).interpreted().start().unwrap()),
        ("one thread", Cluster::threads(1).unwrap()),
        ("processes", Cluster::local(2).unwrap()),
        ("processes, interpreted", Cluster::builder().workers(3).threads(1).interpreted().start().unwrap()),
    ];
    // The other set of instructions of the same class, where the machine has both.
    if let Ok(cluster) = Cluster::builder().threads(2).isa("avx2").start() {
        others.push(("avx2", cluster));
    }
    let baseline = Cluster::builder().threads(2).isa("baseline").start().unwrap();
    let evaluated: Vec<Vec<Vec<f64>>> = PROGRAMS.iter().map(evaluated).collect();
    for (rows, columns) in [(1, 1), (2, 1), (7, 1), (1, 2), (1, 7), (2, 7), (7, 2)] {
        let what = format!("{rows} × {columns} blocks");
        let native = answers(&best, rows, columns);
        for ((p, found), want) in PROGRAMS.iter().zip(&native).zip(&evaluated) {
            close(p.name, &what, found, want);
        }
        for (p, want) in PROGRAMS.iter().zip(&native) {
            assert_eq!(&unfused(p, rows, columns), want, "{}: unfused differs from fused on {what}", p.name);
        }
        for (name, cluster) in &others {
            for ((p, found), want) in PROGRAMS.iter().zip(answers(cluster, rows, columns)).zip(&native) {
                assert_eq!(&found, want, "{}: {name} differs from native code on {what}", p.name);
            }
        }
        // Without fused multiply-add products are another class of numbers.
        for ((p, found), want) in PROGRAMS.iter().zip(answers(&baseline, rows, columns)).zip(&evaluated) {
            close(p.name, &format!("{what}, baseline"), &found, want);
        }
    }
    for cluster in others.into_iter().map(|(_, c)| c).chain([best, baseline]) {
        cluster.finish().unwrap();
    }
}

/// Native and interpreted groups that the programs run on a fresh cluster.
fn groups(cluster: &Cluster) -> (u64, u64) {
    let _entered = cluster.enter();
    for p in PROGRAMS {
        let [x, y, b] = operands(p.matrix).map(|(v, shape)| Array::from_vec(v, &shape).unwrap());
        (p.run)(&x, &y, &b).unwrap().iter().for_each(|a| a.wait().unwrap());
    }
    cluster.status().unwrap().groups()
}

#[test]
fn typed_functions_run_natively_unless_asked_to_be_interpreted() {
    let (native, interpreted) = groups(&Cluster::threads(2).unwrap());
    assert!(native > 0 && interpreted == 0, "{native} groups ran natively, {interpreted} interpreted");
    let (native, interpreted) = groups(&Cluster::builder().threads(2).interpreted().start().unwrap());
    assert!(native == 0 && interpreted > 0, "{native} groups ran natively, {interpreted} interpreted");
}

#[test]
fn instructions_that_do_not_exist_are_refused() {
    let error = Cluster::builder().isa("mmx").start().unwrap_err().to_string();
    assert!(error.contains("NUMS_ISA") && error.contains("mmx") && error.contains("`baseline`, `avx2` or `avx512`"), "{error}");
}

#[test]
fn the_explanation_of_a_function_names_passes_temporaries_and_half_a_product() {
    let fused = newton_step::ir(Stage::Fused);
    for part in ["; read: X once, y once", "one triangle", "never stored: ", "f64[n] mu", "temporaries are stored"] {
        assert!(fused.contains(part), "no `{part}` in\n{fused}");
    }
    assert_eq!(
        text::parse(&fused).map(|f| text::print(&f)).as_deref().ok(),
        fused.split_once("\n; step 1").map(|(f, _)| format!("{f}\n")).as_deref()
    );
    let plan = newton_step::plan(&ClusterSpec::uniform(1, 2), &[&[100_000, 32], &[100_000], &[32]]).unwrap();
    assert!(plan.bytes_read() > 8 * 100_000 * 32 && plan.bytes_read() < 2 * 8 * 100_000 * 32, "{} bytes", plan.bytes_read());
    assert!(plan.to_string().contains("passes over X 1, y 1"), "{plan}");
}

nums! {
    fn integer_power(x: i64[n], k: i64[n]) -> (i64[n], f64[n]) {
        (x ** k, sin(x))
    }
}

#[test]
fn native_loops_refuse_negative_powers_of_integers() {
    for cluster in [Cluster::threads(2).unwrap(), Cluster::local(2).unwrap()] {
        let _entered = cluster.enter();
        let power = |last: i64| {
            let (x, k): (Vec<i64>, Vec<i64>) = (0..1000).map(|i| (i % 7 - 3, if i < 999 { i % 4 } else { last })).unzip();
            integer_power(&Array::from_vec(x, &[1000])?, &Array::from_vec(k, &[1000])?)?.0.to_vec()
        };
        assert_eq!(power(3).unwrap()[998..], [(998i64 % 7 - 3).pow(2), (999i64 % 7 - 3).pow(3)]);
        let error = power(-1).unwrap_err().to_string();
        assert!(error.contains("integers to negative integer powers are not allowed"), "{error}");
        let (native, interpreted) = cluster.status().unwrap().groups();
        assert!(native > 0 && interpreted == 0, "{native} groups ran natively, {interpreted} interpreted");
    }
}
