//! One pass over the data, for programs that the compiler does not know: what a plan says of them, and that they are right.

use nums::prelude::*;
use nums::{ClusterSpec, Stage};

nums! {
    /// A Newton step of a Poisson regression.
    pub fn poisson_step(X: f64[n, d], y: f64[n], b: f64[d]) -> f64[d] {
        mu = exp(X @ b);
        g = X.T @ (y - mu);
        H = X.T @ (X * mu[:, None]);
        b + linalg.solve(H, g)
    }

    /// Weighted least squares with a penalty.
    pub fn weighted_ridge(X: f64[n, d], y: f64[n], w: f64[n], penalty: f64) -> f64[d] {
        A = (X * w[:, None]).T @ X + penalty * eye(d);
        linalg.solve(A, X.T @ (w * y))
    }

    /// Loss and gradient of a softmax regression.
    pub fn softmax_loss(X: f64[n, d], Y: f64[n, k], W: f64[d, k]) -> (f64[], f64[d, k]) {
        Z = X @ W;
        Z0 = Z - max(Z, axis=1, keepdims=True);
        E = exp(Z0);
        total = sum(E, axis=1, keepdims=True);
        loss = -mean(sum(Y * (Z0 - log(total)), axis=1));
        (loss, X.T @ (E / total - Y))
    }

    /// A Newton step of a logistic regression.
    pub fn newton_step(X: f64[n, d], y: f64[n], beta: f64[d]) -> f64[d] {
        mu = 1 / (1 + exp(-(X @ beta)));
        g = X.T @ (mu - y);
        H = X.T @ (X * (mu * (1 - mu))[:, None]);
        beta - linalg.solve(H, g)
    }

    /// Gradient of Huber's loss.
    pub fn huber_gradient(X: f64[n, d], y: f64[n], w: f64[d], delta: f64) -> f64[d] {
        r = X @ w - y;
        np.dot(X.T, np.clip(r, -delta, delta)) / n
    }

    /// A variance as it is written.
    pub fn variance(x: f64[n]) -> f64[] {
        mean((x - mean(x)) ** 2)
    }

    /// Columns of mean 0 and deviation 1.
    pub fn standard(X: f64[n, d]) -> f64[n, d] {
        (X - X.mean(0)) / X.std(0)
    }

    /// What the step is made of, each as a result of its own.
    pub fn two_levels(X: f64[n, d], w: f64[d]) -> f64[d] {
        r = X @ w;
        m = mean(r);
        X.T @ (r - m)
    }
}

#[test]
fn programs_of_no_special_kind_read_their_data_once() {
    let spec = ClusterSpec::uniform(1, 2);
    let (n, d, k): (usize, usize, usize) = (200_000, 16, 5);
    let plans = [
        ("poisson", poisson_step::plan(&spec, &[&[n, d], &[n], &[d]]).unwrap()),
        ("ridge", weighted_ridge::plan(&spec, &[&[n, d], &[n], &[n]]).unwrap()),
        ("softmax", softmax_loss::plan(&spec, &[&[n, d], &[n, k], &[d, k]]).unwrap()),
        ("newton", newton_step::plan(&spec, &[&[n, d], &[n], &[d]]).unwrap()),
        ("huber", huber_gradient::plan(&spec, &[&[n, d], &[n], &[d]]).unwrap()),
    ];
    for (name, plan) in plans {
        assert_eq!(plan.passes("X"), 1, "{name}: {plan}");
        // Nothing as large as the data is stored.
        assert!(plan.temporary_bytes() < (n * d) as u64, "{name} stores {} bytes", plan.temporary_bytes());
        assert!(plan.temporaries() <= 6, "{name} stores {} arrays", plan.temporaries());
    }
}

#[test]
fn what_waits_for_a_total_takes_another_pass() {
    let plan = two_levels::plan(&ClusterSpec::uniform(1, 2), &[&[200_000, 16], &[16]]).unwrap();
    assert_eq!(plan.passes("X"), 2);
}

#[test]
fn a_variance_reads_its_data_once() {
    let spec = ClusterSpec::uniform(1, 2);
    assert_eq!(variance::plan(&spec, &[&[1_000_000]]).unwrap().passes("x"), 1);
    assert_eq!(standard::plan(&spec, &[&[200_000, 16]]).unwrap().passes("X"), 2);
}

#[test]
fn half_of_a_symmetric_product_is_computed() {
    let (n, d) = (100_000u64, 32u64);
    let plan =
        newton_step::plan(&ClusterSpec::uniform(1, 2), &[&[n as usize, d as usize], &[n as usize], &[d as usize]]).unwrap();
    // X @ beta, g and the lower triangle of H; X * s, and about 25 operations a row for mu.
    let products = n * (2 * d + 2 * d + d * (d + 1));
    assert!(plan.flops() > products && plan.flops() < products + n * (d + 40) + 100_000, "{} flops", plan.flops());
}

#[test]
fn a_plan_says_why_a_panel_was_split() {
    let spec = ClusterSpec::uniform(1, 2);
    let (shapes, blocks): ([&[usize]; 3], [&[usize]; 3]) = ([&[1000, 8], &[1000], &[8]], [&[500, 4], &[500], &[8]]);
    let plan = newton_step::plan_with(&spec, &shapes, &blocks, &[]).unwrap();
    assert!(plan.ir(Stage::Tiled).contains("; split p0: %X is cut along axis 1"), "{}", plan.ir(Stage::Tiled));
    assert!(plan.passes("X") > 1);
}

/// Plain loops.
fn softmax_by_hand(x: &[f64], y: &[f64], w: &[f64], n: usize, d: usize, k: usize) -> (f64, Vec<f64>) {
    let (mut loss, mut gradient) = (0.0, vec![0.0; d * k]);
    for i in 0..n {
        let z: Vec<f64> = (0..k).map(|c| (0..d).map(|j| x[i * d + j] * w[j * k + c]).sum()).collect();
        let most = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = z.iter().map(|z| (z - most).exp()).sum();
        for c in 0..k {
            loss -= y[i * k + c] * (z[c] - most - total.ln()) / n as f64;
            for j in 0..d {
                gradient[j * k + c] += x[i * d + j] * ((z[c] - most).exp() / total - y[i * k + c]);
            }
        }
    }
    (loss, gradient)
}

#[test]
fn one_pass_gives_the_right_answer_and_the_same_bits_on_threads_and_processes() {
    let (n, d, k) = (3000, 6, 4);
    let wave = |n: usize, step: f64| -> Vec<f64> { (0..n).map(|i| (i as f64 * step).sin()).collect() };
    let (x, w) = (wave(n * d, 0.37), wave(d * k, 1.3));
    let y: Vec<f64> = (0..n * k).map(|i| f64::from(u8::from(i % k == i / k % k))).collect();
    let (loss, gradient) = softmax_by_hand(&x, &y, &w, n, d, k);
    let mut first: Option<Vec<u64>> = None;
    for (name, cluster) in [("threads", Cluster::threads(2)), ("processes", Cluster::local(2))] {
        let cluster = cluster.unwrap();
        let _entered = cluster.enter();
        let data = Array::from_vec(x.clone(), &[n, d]).unwrap().rechunk(&[700, d]).unwrap();
        let labels = Array::from_vec(y.clone(), &[n, k]).unwrap().rechunk(&[700, k]).unwrap();
        let (l, g) = softmax_loss(&data, &labels, &Array::from_vec(w.clone(), &[d, k]).unwrap()).unwrap();
        let (l, g) = (l.item().unwrap(), g.to_vec().unwrap());
        assert!((l - loss).abs() < 1e-12 * loss.abs(), "{name}: {l}, want {loss}");
        assert!(g.iter().zip(&gradient).all(|(a, b)| (a - b).abs() < 1e-9), "{name}");
        let bits: Vec<u64> = g.iter().chain([&l]).map(|x| x.to_bits()).collect();
        assert_eq!(first.get_or_insert_with(|| bits.clone()), &bits, "{name}: other bits");
        let status = cluster.status().unwrap();
        let (native, interpreted) = status.groups();
        assert!(native > 0 && interpreted == 0, "{name}: {native} groups ran natively, {interpreted} interpreted");
        drop((data, labels));
        cluster.finish().unwrap();
    }
}
