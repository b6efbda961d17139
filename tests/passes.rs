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

    /// A Newton step of a logistic regression on columns.
    pub fn newton_columns(X: f64[d, n], y: f64[n], beta: f64[d]) -> f64[d] {
        mu = 1 / (1 + exp(-(beta @ X)));
        H = (X * (mu * (1 - mu))) @ X.T;
        beta - linalg.solve(H, X @ (mu - y))
    }

    /// Loss and gradient of a softmax regression on columns.
    pub fn softmax_columns(X: f64[d, n], Y: f64[k, n], W: f64[k, d]) -> (f64[], f64[k, d]) {
        Z = W @ X;
        Z0 = Z - max(Z, axis=0);
        E = exp(Z0);
        total = sum(E, axis=0);
        (-mean(sum(Y * (Z0 - log(total)), axis=0)), (E / total - Y) @ X.T)
    }

    /// A dense layer on a stack of matrices.
    pub fn dense(X: f64[b, n, d], W: f64[d, k], c: f64[k]) -> f64[b, n, k] {
        tanh(X @ W + c)
    }

    /// What every row of a stack sees of the others.
    pub fn attention(X: f64[b, n, d], K: f64[b, m, d], V: f64[b, m, e]) -> f64[b, n, e] {
        S = X @ swapaxes(K, 1, 2) / sqrt(64.0);
        E = exp(S - max(S, axis=2, keepdims=True));
        (E / sum(E, axis=2, keepdims=True)) @ V
    }

    /// Gradient of Huber's loss.
    pub fn huber_gradient(X: f64[n, d], y: f64[n], w: f64[d], delta: f64) -> f64[d] {
        r = X @ w - y;
        np.dot(X.T, np.clip(r, -delta, delta)) / n
    }

    /// Distances of all rows from some points.
    pub fn distances(X: f64[n, d], C: f64[k, d]) -> f64[n, k] {
        sqrt(abs(sum(X ** 2, axis=1)[:, None] + sum(C ** 2, axis=1) - 2 * (X @ C.T)))
    }

    /// The same, and a sum over the rows.
    pub fn distances_and_gram(X: f64[n, d], C: f64[k, d]) -> (f64[n, k], f64[d, d]) {
        (sqrt(abs(sum(X ** 2, axis=1)[:, None] + sum(C ** 2, axis=1) - 2 * (X @ C.T))), X.T @ X)
    }

    /// A product.
    pub fn product(A: f64[n, k], B: f64[k, m]) -> f64[n, m] {
        A @ B
    }

    /// A contraction that is no product of matrices as they lie.
    pub fn cubes(A: f64[n, k, l], B: f64[l, k, m]) -> f64[n, m] {
        np.einsum("nkl,lkm->nm", A, B)
    }

    /// A variance as it is written.
    pub fn variance(x: f64[n]) -> f64[] {
        mean((x - mean(x)) ** 2)
    }

    /// Columns of mean 0 and deviation 1.
    pub fn standard(X: f64[n, d]) -> f64[n, d] {
        (X - X.mean(0)) / X.std(0)
    }

    /// Rows of mean 0 and deviation 1, scaled.
    pub fn layer_norm(X: f64[n, d], gain: f64[d], bias: f64[d]) -> f64[n, d] {
        m = mean(X, axis=1, keepdims=True);
        v = var(X, axis=1, keepdims=True);
        (X - m) / sqrt(v + 1e-5) * gain + bias
    }

    /// A step of k-means, with distances by a product.
    pub fn kmeans_step(X: f64[n, d], C: f64[k, d]) -> (f64[k, d], i64[n]) {
        D = sum(C * C, axis=1) - 2 * (X @ C.T);
        labels = argmin(D, axis=1);
        near = (labels[:, None] == arange(k)).astype(f64);
        ((near.T @ X) / sum(near, axis=0)[:, None], labels)
    }

    /// The same with distances as they are written.
    pub fn kmeans_plain(X: f64[n, d], C: f64[k, d]) -> f64[k, d] {
        labels = argmin(sum((X[:, None, :] - C) ** 2, axis=2), axis=1);
        near = (labels[:, None] == arange(k)).astype(f64);
        (near.T @ X) / sum(near, axis=0)[:, None]
    }

    /// Two matrices whose passes feed each other: what is summed along the rows of one goes into a pass over the other's, and back.
    pub fn crossed(X: f64[n, d], Y: f64[m, d], w: f64[d]) -> (f64[d], f64[d]) {
        r = X @ w;
        s = Y @ w;
        t = Y.T @ (s + sum(r));
        (X.T @ (r + sum(s)), t)
    }

    /// Neighbours of every point inside, weighted.
    pub fn stencil(u: f64[n, m], w: f64[n, m]) -> f64[n - 2, m - 2] {
        w[1:-1, 1:-1] * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]) / 4
    }

    /// What the step is made of, each as a result of its own.
    pub fn two_levels(X: f64[n, d], w: f64[d]) -> f64[d] {
        r = X @ w;
        m = mean(r);
        X.T @ (r - m)
    }
}

#[test]
fn rows_may_be_any_axis() {
    let spec = ClusterSpec::uniform(1, 2);
    let (n, d, k): (usize, usize, usize) = (200_000, 16, 5);
    let plans = [
        ("newton", newton_columns::plan(&spec, &[&[d, n], &[n], &[d]]).unwrap()),
        ("softmax", softmax_columns::plan(&spec, &[&[d, n], &[k, n], &[k, d]]).unwrap()),
        // Blocks of a stack are cut along its rows, as those are the longest edge.
        ("dense", dense::plan(&spec, &[&[64, 3000, d], &[d, k], &[k]]).unwrap()),
        ("attention", attention::plan(&spec, &[&[16, 256, d], &[16, 256, d], &[16, 256, d]]).unwrap()),
    ];
    for (name, plan) in plans {
        assert_eq!(plan.passes("X"), 1, "{name}: {plan}");
        // Operands that are cut otherwise than the largest, at the most.
        assert!(plan.temporary_bytes() < (4 * n * d) as u64, "{name} stores {} bytes: {plan}", plan.temporary_bytes());
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
        ("layer norm", layer_norm::plan(&spec, &[&[n, d], &[d], &[d]]).unwrap()),
        ("huber", huber_gradient::plan(&spec, &[&[n, d], &[n], &[d]]).unwrap()),
        ("k-means", kmeans_step::plan(&spec, &[&[n, d], &[k, d]]).unwrap()),
        ("k-means, plain", kmeans_plain::plan(&spec, &[&[n, d], &[k, d]]).unwrap()),
    ];
    for (name, plan) in plans {
        assert_eq!(plan.passes("X"), 1, "{name}: {plan}");
        // Nothing as large as the data is stored.
        assert!(plan.temporary_bytes() < (n * d) as u64, "{name} stores {} bytes", plan.temporary_bytes());
        assert!(plan.temporaries() <= 8, "{name} stores {} arrays", plan.temporaries());
    }
}

#[test]
fn slices_are_read_where_they_lie() {
    let text = stencil::ir(Stage::Fused);
    for part in [
        "reads 4 slices of u in place, a slice of w in place",
        "u[:-2, 1:-1] + u[2:, 1:-1]",
        "; read: u once, w once; no temporary is stored",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let (n, m) = (3000, 2000);
    let bytes = 8 * (n * m) as u64;
    for nodes in [1, 2, 4] {
        let plan = stencil::plan(&ClusterSpec::uniform(nodes, 2), &[&[n, m], &[n, m]]).unwrap();
        assert_eq!((plan.passes("u"), plan.passes("w")), (1, 1), "{plan}");
        // Between nodes go edges of blocks, on one node nothing but operands and the result is there.
        assert!(plan.bytes_read() < 2 * bytes + bytes / 20 && plan.bytes_moved() <= bytes / 50, "{plan}");
        assert!(plan.temporary_bytes() <= bytes / 50 && (nodes > 1 || plan.temporaries() == 0), "{plan}");
    }
}

#[test]
fn a_step_of_k_means_is_that_of_plain_loops() {
    let (n, d, k) = (3000, 5, 4);
    let x: Vec<f64> = (0..n * d).map(|i| (i as f64 * 0.73).sin() + f64::from(u8::from(i / d % 3 == 1))).collect();
    let c: Vec<f64> = x[..k * d].to_vec();
    let (mut sums, mut counts, mut labels) = (vec![0.0; k * d], vec![0.0; k], Vec::new());
    for row in x.chunks(d) {
        let far = |c: &[f64]| c.iter().zip(row).map(|(c, x)| (x - c) * (x - c)).sum::<f64>();
        let near = (0..k).min_by(|a, b| far(&c[a * d..][..d]).total_cmp(&far(&c[b * d..][..d]))).unwrap();
        labels.push(near as i64);
        counts[near] += 1.0;
        sums[near * d..][..d].iter_mut().zip(row).for_each(|(s, x)| *s += x);
    }
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let data = Array::from_vec(x, &[n, d]).unwrap().rechunk(&[700, d]).unwrap();
    let centres = Array::from_vec(c, &[k, d]).unwrap();
    let (step, found) = kmeans_step(&data, &centres).unwrap();
    assert_eq!(found.to_vec().unwrap(), labels);
    for step in [step, kmeans_plain(&data, &centres).unwrap()] {
        for (i, got) in step.to_vec().unwrap().iter().enumerate() {
            assert!((got - sums[i] / counts[i / d]).abs() < 1e-12, "{i}: {got}");
        }
    }
}

#[test]
fn passes_that_feed_each_other_are_not_made_one() {
    let plan = crossed::plan(&ClusterSpec::uniform(1, 2), &[&[200_000, 16], &[100_000, 16], &[16]]).unwrap();
    // `X` waits for a sum of `Y`, whose pass waits for a sum of `X`.
    assert_eq!((plan.passes("X"), plan.passes("Y")), (2, 1));
    let (n, m, d) = (1500, 700, 3);
    let wave = |n: usize, step: f64| -> Vec<f64> { (0..n).map(|i| (i as f64 * step).sin()).collect() };
    let (x, y, w) = (wave(n * d, 0.37), wave(m * d, 0.71), wave(d, 1.3));
    let dots = |a: &[f64]| -> Vec<f64> { a.chunks(d).map(|row| row.iter().zip(&w).map(|(x, w)| x * w).sum()).collect() };
    let (r, s) = (dots(&x), dots(&y));
    let totals = |a: &[f64], v: &[f64], shift: f64| -> Vec<f64> {
        (0..d).map(|j| a.chunks(d).zip(v).map(|(row, v)| row[j] * (v + shift)).sum()).collect()
    };
    let want = [totals(&x, &r, s.iter().sum()), totals(&y, &s, r.iter().sum())];
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let array = |v: &[f64], shape: &[usize]| Array::from_vec(v.to_vec(), shape).unwrap();
    let (a, b) = crossed(&array(&x, &[n, d]), &array(&y, &[m, d]), &array(&w, &[d])).unwrap();
    for (got, want) in [a, b].into_iter().zip(&want) {
        assert!(got.to_vec().unwrap().iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-9 * (1.0 + b.abs())), "{want:?}");
    }
}

#[test]
fn tiles_are_shown_and_follow_the_cache_but_no_bit_does() {
    let text = newton_step::ir(Stage::Tiled);
    assert!(text.contains("; tiles of p0: ") && text.contains("bytes each row"), "{text}");
    let shapes: [&[usize]; 3] = [&[100_000, 32], &[100_000], &[32]];
    let rows = |cache: u64| {
        let spec = ClusterSpec { cache, ..ClusterSpec::uniform(1, 2) };
        let text = newton_step::plan(&spec, &shapes).unwrap().ir(Stage::Tiled);
        let line = text.lines().find_map(|l| l.strip_prefix("; tiles of p0: ")).unwrap_or_else(|| panic!("{text}")).to_owned();
        line.split_once(" rows").and_then(|(rows, _)| rows.parse::<usize>().ok()).unwrap_or_else(|| panic!("{line}"))
    };
    assert!(rows(1) == 256 && rows(4 << 20) > rows(1 << 20) && rows(4 << 20) % 256 == 0);
    let wave = |n: usize| (0..n).map(|i| (i as f64 * 0.37).sin()).collect::<Vec<f64>>();
    let answers = [1, 300 << 10, 64 << 20].map(|cache| {
        let cluster = Cluster::builder().threads(2).cache(cache).start().unwrap();
        assert_eq!(cluster.spec().cache, cache);
        let _entered = cluster.enter();
        let x = Array::from_vec(wave(5000 * 7), &[5000, 7]).unwrap();
        let y = Array::from_vec(wave(5000), &[5000]).unwrap();
        let beta = Array::from_vec(wave(7), &[7]).unwrap();
        let step = newton_step(&x, &y, &beta).unwrap().to_vec().unwrap();
        let mean = huber_gradient(&x, &y, &beta, 0.5).unwrap().to_vec().unwrap();
        step.iter().chain(&mean).map(|v| v.to_bits()).collect::<Vec<u64>>()
    });
    assert!(answers.iter().all(|a| *a == answers[0]));
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
fn wide_rows_of_a_panel_come_in_blocks_of_8_mib() {
    let spec = ClusterSpec::uniform(1, 2);
    let (n, d, k) = (20_000, 16, 500);
    let plan = distances::plan(&spec, &[&[n, d], &[k, d]]).unwrap();
    // 1250 rows a block: X is cut, which reads it once, and nothing but those parts is stored.
    assert!(plan.ir(Stage::Tiled).contains("blocks [1250, 500]"), "{}", plan.ir(Stage::Tiled));
    assert_eq!((plan.passes("X"), plan.kernels()), (1, 2), "{plan}");
    assert!(plan.temporary_bytes() <= ((n * d + k) * 8) as u64, "{plan}");
    // The order of a sum over rows follows from the cut of X, whatever else is made.
    let plan = distances_and_gram::plan(&spec, &[&[n, d], &[k, d]]).unwrap();
    assert!(plan.ir(Stage::Tiled).contains("blocks [20000, 500]"), "{}", plan.ir(Stage::Tiled));
    assert_eq!(plan.passes("X"), 1, "{plan}");
}

#[test]
fn wide_rows_have_the_same_bits_in_any_cut() {
    let (n, d, k) = (5000, 3, 600);
    let wave = |n: usize, step: f64| -> Vec<f64> { (0..n).map(|i| (i as f64 * step).sin()).collect() };
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let [x, c] = [(n, 0.37), (k, 0.71)].map(|(n, step)| Array::from_vec(wave(n * d, step), &[n, d]).unwrap());
    let want = distances(&x, &c).unwrap().to_vec().unwrap();
    let small = distances(&x.rechunk(&[512, d]).unwrap(), &c).unwrap().to_vec().unwrap();
    assert!(want.iter().zip(&small).all(|(a, b)| a.to_bits() == b.to_bits()));
    let (gram, _) = distances_and_gram(&x, &c).unwrap();
    assert!(gram.to_vec().unwrap().iter().zip(&want).all(|(a, b)| a.to_bits() == b.to_bits()));
}

#[test]
fn plans_say_how_large_the_tiles_of_products_are() {
    let spec = ClusterSpec::uniform(1, 2);
    let plan = product::plan(&spec, &[&[700, 600], &[600, 500]]).unwrap();
    let tiles = "panels of 256 terms, 1024 rows by 192 columns at a time";
    assert!(plan.ir(Stage::Tiled).contains(&format!("; tiles of matmul: {tiles}\n")), "{}", plan.ir(Stage::Tiled));
    assert!(plan.to_string().contains(&format!("  matmul runs 1 times, in {tiles}\n")), "{plan}");
    let plan = cubes::plan(&spec, &[&[70, 60, 50], &[50, 60, 40]]).unwrap();
    assert!(plan.ir(Stage::Tiled).contains(&format!("; tiles of contract: matrices in {tiles}")), "{}", plan.ir(Stage::Tiled));
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

#[test]
fn a_total_that_is_too_large_leaves_its_panel_alone() {
    // H has 18 MB; what else the panel makes is little.
    let spec = ClusterSpec::uniform(1, 2);
    let (shapes, blocks): ([&[usize]; 3], [&[usize]; 3]) = ([&[2000, 1500], &[2000], &[1500]], [&[500, 1500], &[500], &[1500]]);
    let plan = newton_step::plan_with(&spec, &shapes, &blocks, &[]).unwrap();
    assert!(plan.ir(Stage::Tiled).contains("bytes would stay beside its tiles"), "{}", plan.ir(Stage::Tiled));
    assert_eq!(plan.passes("X"), 2, "{}", plan.ir(Stage::Tiled));
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
