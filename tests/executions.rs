//! One meaning, every execution: programs on the evaluator, natively, interpreted, fused and not, with every set of instructions, on
//! threads and processes, in one tile a task and in several, with every axis cut into 1, 2 and 7 blocks.
//!
//! On one cut all executions give the same bits; between cuts, and beside the evaluator, sums are ordered otherwise and answers
//! agree to rounding. A program is a function and a line in `PROGRAMS`. Random programs are compared in
//! `nums-runtime/tests/programs.rs`, bad inputs in `tests/inputs.rs`.
#![allow(non_snake_case, reason = "matrices have large letters")]

#[path = "../nums-ir/tests/blocks/mod.rs"]
#[allow(dead_code, reason = "other tests cut and look up blocks as well")]
mod blocks;
#[macro_use]
mod cases;
#[path = "../nums-runtime/tests/tasks/mod.rs"]
mod tasks;

use cases::{Case, Cut, check};
use nums::prelude::*;
use nums::{ClusterSpec, Stage};
use nums_ir::text;

nums! {
    fn newton_step(X: f64[n, d], y: f64[n], beta: f64[d]) -> f64[d] {
        mu = 1 / (1 + exp(-(X @ beta)));
        g = X.T @ (mu - y);
        H = X.T @ (X * (mu * (1 - mu))[:, None]) + eye(d);
        beta - linalg.solve(H, g)
    }

    fn newton_columns(X: f64[d, n], y: f64[n], beta: f64[d]) -> f64[d] {
        mu = 1 / (1 + exp(-(beta @ X)));
        g = X @ (mu - y);
        H = (X * (mu * (1 - mu))) @ X.T + eye(d);
        beta - linalg.solve(H, g)
    }

    fn poisson_step(X: f64[n, d], y: f64[n], b: f64[d]) -> (f64[d], f64[]) {
        eta = X @ b;
        mu = exp(eta);
        H = X.T @ (X * mu[:, None]);
        (b + linalg.solve(H, X.T @ (y - mu)), sum(y * eta - mu))
    }

    fn weighted_ridge(X: f64[n, d], y: f64[n], w: f64[n]) -> (f64[d], f64[]) {
        v = w * w;
        mx = sum(X * v[:, None], axis=0) / sum(v);
        my = sum(y * v) / sum(v);
        C = X - mx;
        b = linalg.solve((C * v[:, None]).T @ C + 0.5 * eye(d), C.T @ (v * (y - my)));
        (b, my - mx @ b)
    }

    fn softmax_loss(X: f64[n, d], Y: f64[n, k], W: f64[d, k]) -> (f64[], f64[d, k]) {
        Z = X @ W;
        Z0 = Z - max(Z, axis=1, keepdims=True);
        E = exp(Z0);
        total = sum(E, axis=1, keepdims=True);
        (-mean(sum(Y * (Z0 - log(total)), axis=1)), X.T @ (E / total - Y))
    }

    fn softmax_columns(X: f64[d, n], Y: f64[k, n], W: f64[k, d]) -> (f64[], f64[k, d]) {
        Z = W @ X;
        Z0 = Z - max(Z, axis=0);
        E = exp(Z0);
        t = sum(E, axis=0);
        (-mean(sum(Y * (Z0 - log(t)), axis=0)), (E / t - Y) @ X.T)
    }

    /// Sums, the greatest and a vector along the second axis, and a matrix whose rows stand beside another's columns.
    fn columns(X: f64[d, n], w: f64[n], b: f64[d], Y: f64[n, k]) -> (f64[d], f64[d], f64[n], f64[d, n], f64[d, k], f64[d]) {
        z = tanh(b @ X);
        R = X * z * w;
        (sum(R, axis=1), X @ z, max(R, axis=0), R + b[:, None], R @ Y, max(X * w, axis=1))
    }

    fn transposed(X: f64[d, n], Y: f64[n, k], W: f64[d, k], v: f64[n]) -> (f64[k, d], f64[n], f64[d]) {
        Z = X.T @ W;
        E = tanh(Z - Y);
        (E.T @ X.T, sum(E * E, axis=1), v @ X.T)
    }

    fn dense(X: f64[k, n, d], W: f64[d, m], c: f64[m], s: f64[n, m]) -> (f64[k, n, m], f64[k, n]) {
        H = tanh(X @ W + c);
        G = H * s;
        (G, sum(G, axis=2))
    }

    fn attention(Q: f64[k, n, d], K: f64[k, m, d], V: f64[k, m, d]) -> (f64[k, n, d], i64[k, n]) {
        S = Q @ swapaxes(K, 1, 2) / 4;
        E = exp(S - max(S, axis=2, keepdims=True));
        ((E / sum(E, axis=2, keepdims=True)) @ V, argmax(S, axis=2))
    }

    /// Contractions of what never exists, pair by pair.
    fn contractions(T: f64[n, d, k], B: f64[d, m], C: f64[k, m], W: f64[d, k], Y: f64[n, k]) -> (f64[n, m], f64[n], f64[n, k, d]) {
        E = exp(T);
        X = tanh(sum(E, axis=2));
        (np.einsum("ndk,dm,km->nm", E, B, C), np.einsum("nd,dk,nk->n", X, W, Y), np.einsum("nd,nk->nkd", X, Y) * 2)
    }

    fn huber(X: f64[n, d], y: f64[n], w: f64[d]) -> f64[d] {
        r = X @ w - y;
        np.dot(X.T, np.clip(r, -0.5, 0.5)) / n
    }

    fn kmeans_step(X: f64[n, d], C: f64[k, d]) -> (f64[k, d], f64[], i64[n]) {
        D = sum(X * X, axis=1)[:, None] - 2 * (X @ C.T) + sum(C * C, axis=1);
        labels = argmin(D, axis=1);
        near = (labels[:, None] == arange(k)).astype(f64);
        (near.T @ X / maximum(sum(near, axis=0), 1)[:, None], sum(min(D, axis=1)), labels)
    }

    fn kmeans_plain(X: f64[n, d], C: f64[k, d]) -> f64[k, d] {
        labels = argmin(sum((X[:, None, :] - C) ** 2, axis=2), axis=1);
        near = (labels[:, None] == arange(k)).astype(f64);
        near.T @ X / maximum(sum(near, axis=0), 1)[:, None]
    }

    fn mixture(X: f64[n, d], M: f64[k, d], S: f64[k, d], p: f64[k]) -> (f64[k, d], f64[k, d], f64[]) {
        V = exp(S);
        L = p - 0.5 * sum(log(V), axis=1) - 0.5 * ((X * X) @ (1 / V).T - 2 * (X @ (M / V).T) + sum(M * M / V, axis=1));
        t = max(L, axis=1, keepdims=True);
        E = exp(L - t);
        s = sum(E, axis=1, keepdims=True);
        R = E / s;
        N = sum(R, axis=0)[:, None];
        m = R.T @ X / N;
        (m, R.T @ (X * X) / N - m * m, sum(log(s) + t))
    }

    fn layer_norm(X: f64[n, d], g: f64[d], b: f64[d], W: f64[d, k]) -> (f64[n, d], f64[n, k]) {
        m = mean(X, axis=1, keepdims=True);
        N = (X - m) / sqrt(var(X, axis=1, keepdims=True) + 1e-5) * g + b;
        (N, N @ W)
    }

    fn two_layers(X: f64[n, d], y: f64[n], A: f64[d, k], v: f64[k]) -> (f64[], f64[d, k], f64[k]) {
        H = tanh(X @ A);
        r = H @ v - y;
        G = r[:, None] * v * (1 - H * H);
        (mean(r * r), X.T @ G / n, H.T @ r / n)
    }

    fn naive_bayes(X: f64[n, d], y: f64[n], p: f64[k]) -> (f64[k, d], f64[k, d]) {
        Y = (floor(abs(y) * 5)[:, None] == arange(k)).astype(f64);
        c = (sum(Y, axis=0) + exp(p))[:, None];
        m = Y.T @ X / c;
        (m, Y.T @ (X * X) / c - m * m)
    }

    fn rescaled(X: f64[n, d]) -> (f64[n, d], f64[n, d]) {
        low = min(X, axis=0);
        E = exp(X - max(X, axis=1, keepdims=True));
        ((X - low) / (max(X, axis=0) - low), E / sum(E, axis=1, keepdims=True))
    }

    fn centred(X: f64[n, d]) -> (f64[n, d], f64[d, d]) {
        C = (X - mean(X, axis=0)) / std(X, axis=0);
        (C, C.T @ C)
    }

    fn chain(X: f64[n, d], y: f64[n], beta: f64[d]) -> (f64[n, d], f64[d], f64[]) {
        m = 1 / (1 + exp(-(2.0 * X + beta)));
        s = m * (1 - m) + log(1 + y * y)[:, None] * tanh(X);
        (s, max(s, axis=0), mean((s - mean(s)) ** 2))
    }

    fn scores(X: f64[n, d], y: f64[n], b: f64[d]) -> (f64[], f64[n], f64[]) {
        z = X @ b;
        r = y - z;
        (mean(logaddexp(0, z) - y * z), r, 1 - sum(r * r) / sum((y - mean(y)) ** 2))
    }

    fn power_step(X: f64[n, d], v: f64[d]) -> f64[d] {
        w = X.T @ (X @ v);
        w / sqrt(sum(w * w))
    }

    fn products(A: f64[n, d], B: f64[d, k], v: f64[k]) -> (f64[n], f64[d, d]) {
        (A @ B @ v, B @ B.T)
    }

    fn kernel_product(X: f64[n, d], Y: f64[m, d], v: f64[m]) -> f64[n] {
        D = sum(X * X, axis=1)[:, None] + sum(Y * Y, axis=1) - 2 * (X @ Y.T);
        exp(-0.5 * D) @ v
    }

    fn contracted(X: f64[n, d], y: f64[n], b: f64[d], C: f64[k, d]) -> (f64[d], f64[n, k], f64[k]) {
        (einsum("ij,i,k->k", X, y, b), tensordot(X, C, ([1], [1])), einsum("ni,ki,n->k", X, C, y))
    }

    fn ordered(X: f64[n, d], y: f64[n]) -> (f64[n, d], f64[d], i64[n]) {
        (cumsum(X, axis=0), median(X, axis=0), argsort(y, stable=True))
    }

    /// Angles that are far and intermediate, powers of both kinds, and more outputs than Clippy counts parameters.
    fn waves(X: f64[n, d], y: f64[n], beta: f64[d]) -> (f64[n, d], f64[n, d], f64[n, d], f64[n, d], f32[n, d], i64[n, d], f64[n, d], f64[n, d]) {
        far = sin(1.0e7 * X) + cos(X * X);
        power = abs(X) ** 1.7 + abs(far) ** beta;
        whole = (10 * X).astype(i64) ** 3;
        single = cos(X.astype(f32) * 3.0e5) ** 3;
        (far, power, sin(far), power * far, single, whole, cos(power) - beta, X + far)
    }

    fn sliced(X: f64[n, d], y: f64[n], beta: f64[d]) -> (f64[n - 2, d - 2], f64[n - 1], f64[n], f64[d], f64[n - 1, d]) {
        around = (X[:-2, 1:-1] + X[2:, 1:-1] + X[1:-1, :-2] + X[1:-1, 2:]) / 4;
        E = exp(X);
        odd = max(E[1::2] * beta, axis=0);
        (around, np.diff(y), X[:, 2] * y - X[:, -1], odd + X[3], E[1:] - X[:-1])
    }

    fn single(X: f64[n, d], y: f64[n], b: f64[d]) -> (f32[n], bool[n, d], i64[]) {
        f = X.astype(f32) @ b.astype(f32);
        (where(f > 0, sqrt(abs(f)), -f), X > y[:, None], sum(X > 0))
    }
}

const PROGRAMS: &[Case] = programs! {
    newton_step("nd", "n", "d");
    newton_columns("dn", "n", "d");
    poisson_step("nd", "n", "d");
    weighted_ridge("nd", "n", "n");
    softmax_loss("nd", "nk", "dk");
    softmax_columns("dn", "kn", "kd");
    columns("dn", "n", "d", "nk");
    transposed("dn", "nk", "dk", "n");
    dense("knd", "dm", "m", "nm");
    attention("knd", "kmd", "kmd");
    contractions("ndk", "dm", "km", "dk", "nk");
    huber("nd", "n", "d");
    kmeans_step("nd", "kd");
    kmeans_plain("nd", "kd");
    mixture("nd", "kd", "kd", "k");
    layer_norm("nd", "d", "d", "dk");
    two_layers("nd", "n", "dk", "k");
    naive_bayes("nd", "n", "k");
    rescaled("nd");
    centred("nd");
    chain("nd", "n", "d");
    scores("nd", "n", "d");
    power_step("nd", "d");
    products("nd", "dk", "k");
    kernel_product("nd", "md", "m");
    contracted("nd", "n", "d", "kd");
    ordered("nd", "n");
    waves("nd", "n", "d");
    sliced("nd", "n", "d");
    single("nd", "n", "d");
};

/// Rows that are one tile, and rows of several tiles of 256 that leave one over.
const FEW: usize = 31;
const MANY: usize = 1281;

#[test]
fn every_execution_gives_the_same_bits_on_every_cut() {
    check(PROGRAMS, FEW, &[(1, 1), (1, 2), (1, 7), (2, 1), (2, 2), (2, 7), (7, 1), (7, 2), (7, 7)]);
}

#[test]
fn every_execution_gives_the_same_bits_in_several_tiles() {
    check(PROGRAMS, MANY, &[(1, 1), (2, 1), (7, 1), (2, 2)]);
}

/// Native and interpreted groups that each program runs on a cluster.
fn groups(cluster: &Cluster) -> Vec<(&'static str, u64, u64)> {
    let _entered = cluster.enter();
    let mut before = (0, 0);
    let run = |case: &Case| {
        let answer = case.call(case.program, Cut { n: FEW, rows: 2, columns: 1 }).unwrap();
        answer.iter().for_each(|a| a.wait().unwrap());
        let now = cluster.status().unwrap().groups();
        let (native, interpreted) = (now.0 - before.0, now.1 - before.1);
        before = now;
        (case.name, native, interpreted)
    };
    PROGRAMS.iter().map(run).collect()
}

#[test]
fn typed_functions_run_natively_unless_asked_to_be_interpreted() {
    let native = groups(&Cluster::threads(2).unwrap());
    assert!(native.iter().all(|(.., interpreted)| *interpreted == 0), "name, native, interpreted groups: {native:?}");
    let interpreted = groups(&Cluster::builder().threads(2).interpreted().start().unwrap());
    let sum = |(_, native, interpreted): &(&str, u64, u64)| native + interpreted;
    assert!(interpreted.iter().all(|(_, native, _)| *native == 0), "name, native, interpreted groups: {interpreted:?}");
    assert!(native.iter().map(sum).eq(interpreted.iter().map(sum)) && native.iter().map(sum).sum::<u64>() > 60);
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
