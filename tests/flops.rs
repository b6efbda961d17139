//! One rule for flops: what the explanation of a function says is what the tasks of a plan count.

use nums::{ClusterSpec, Stage};

nums::nums! {
    fn kmeans(X: f64[n, d], C: f64[k, d]) -> (f64[k, d], i64[n]) {
        labels = argmin(sum(C * C, axis=1) - 2 * (X @ C.T), axis=1);
        near = (labels[:, None] == arange(C.shape[0])).astype(f64);
        ((near.T @ X) / maximum(sum(near, axis=0), 1.0)[:, None], labels)
    }

    fn distances(X: f64[n, d], C: f64[k, d]) -> i64[n] {
        argmin(sum((X[:, None, :] - C[None, :, :]) ** 2, axis=2), axis=1)
    }

    fn softmax(Z: f64[n, k]) -> f64[n, k] {
        E = exp(Z - max(Z, axis=1, keepdims=True));
        E / sum(E, axis=1, keepdims=True)
    }

    fn ridge(X: f64[n, d], y: f64[n], alpha: f64) -> f64[d] {
        linalg.solve(X.T @ X + alpha * eye(X.shape[1]), X.T @ y)
    }

    fn poisson(u: f64[n, m], f: f64[n, m], h: f64) -> f64[n, m] {
        p = pad(u, 1);
        0.25 * (p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] - h * h * f)
    }

    fn clipped(x: f64[n], y: f64[n]) -> (f64[n], f64[]) {
        z = where(x > 0, log1p(x), -x) * sqrt(abs(y));
        (z, mean(z))
    }

    fn running(x: f64[n]) -> f64[n] {
        cumsum(x) / arange(1, len(x) + 1)
    }

    fn sorted(x: f64[n], X: f64[n, d]) -> (f64[n], i64[n], f64[d]) {
        (sort(x), argsort(x), median(X, axis=0))
    }

    fn found(x: f64[n], edges: f64[k]) -> i64[n] {
        searchsorted(edges, x)
    }

    fn einsum3(A: f64[i, j], B: f64[j, k], c: f64[k]) -> f64[i] {
        einsum("ij,jk,k->i", A, B, c)
    }

    fn factors(X: f64[n, d]) -> (f64[n, d], f64[d, d]) {
        (Q, R) = linalg.qr(X);
        (Q, R)
    }

    fn triangle(X: f64[n, d]) -> f64[d, d] {
        (_Q, R) = linalg.qr(X);
        R
    }

    fn indexed(X: f64[n, d], i: i64[k]) -> f64[k] {
        sum(X[i] ** 2, axis=1)
    }

    fn spread(X: f64[n, d]) -> (f64[d], f64[]) {
        (std(X, axis=0), var(X))
    }

    fn batches(A: f64[b, n, k], B: f64[b, k, m]) -> f64[b, n, m] {
        A @ B
    }
}

/// A plan on blocks of so many rows and columns, or on whole arrays.
macro_rules! plan {
    ($f:ident, $shapes:expr, $cut:expr) => {{
        let shapes: &[&[usize]] = $shapes;
        let cut: Option<usize> = $cut;
        let blocks: Vec<Vec<usize>> =
            shapes.iter().map(|s| s.iter().map(|n| cut.map_or(*n, |parts| n.div_ceil(parts))).collect()).collect();
        let blocks: Vec<&[usize]> = blocks.iter().map(Vec::as_slice).collect();
        $f::plan_with(&ClusterSpec::uniform(1, 2), shapes, &blocks, &[]).unwrap()
    }};
}

/// What the explanation says of the whole function.
fn said(text: &str) -> u64 {
    let last = text.lines().last().and_then(|line| line.rsplit_once("flops ")).unwrap_or_else(|| panic!("{text}")).1;
    last.parse().unwrap_or_else(|_| panic!("`{last}` is no number in\n{text}"))
}

#[test]
fn tasks_count_what_the_explanation_says() {
    macro_rules! agree {
        ($($f:ident $shapes:expr;)*) => {$({
            let plan = plan!($f, &$shapes, None);
            assert_eq!(plan.flops(), said(&plan.ir(Stage::Fused)), "{}\n{plan}", plan.ir(Stage::Fused));
            // What was made apart is joined, and what is halved is shorter.
            let cut = plan!($f, &$shapes, Some(3));
            assert!(cut.flops() * 2 > plan.flops(), "{} in blocks, {} whole\n{cut}", cut.flops(), plan.flops());
        })*};
    }
    agree! {
        kmeans [&[600, 4], &[5, 4]];
        distances [&[600, 4], &[50, 4]];
        softmax [&[600, 4]];
        ridge [&[600, 6], &[600]];
        poisson [&[60, 40], &[60, 40]];
        clipped [&[600], &[600]];
        running [&[600]];
        sorted [&[600], &[600, 4]];
        found [&[600], &[50]];
        einsum3 [&[60, 40], &[40, 50], &[50]];
        factors [&[600, 6]];
        triangle [&[600, 6]];
        indexed [&[600, 6], &[70]];
        spread [&[600, 6]];
        batches [&[5, 30, 20], &[5, 20, 10]];
    }
}

#[test]
fn element_wise_tasks_share_the_flops_of_their_kernel() {
    // A space that no operand has whole is shared as it is cut.
    let shapes: &[&[usize]] = &[&[600, 4], &[60, 4]];
    let whole = plan!(distances, shapes, None).flops();
    let cut = distances::plan_with(&ClusterSpec::uniform(1, 2), shapes, &[&[100, 4], &[20, 4]], &[]).unwrap().flops();
    assert!(cut >= whole && cut < whole + whole / 10, "{cut} in blocks, {whole} whole");
    let halves = clipped::plan_with(&ClusterSpec::uniform(1, 2), &[&[600], &[600]], &[&[300], &[300]], &[]).unwrap().flops();
    assert_eq!(halves, 23 * 600 + 1 + 1, "a sum of two parts besides");
}

#[test]
fn reflections_are_counted_once_and_halvings_are_told() {
    let tail = |text: String| text.lines().last().unwrap_or_default().to_owned();
    assert!(tail(factors::ir(Stage::Fused)).starts_with("; read: X once; "), "{}", factors::ir(Stage::Fused));
    assert_eq!(plan!(factors, &[&[600, 6]], None).flops(), 4 * 600 * 6 * 6);
    assert_eq!(plan!(triangle, &[&[600, 6]], None).flops(), 2 * 600 * 6 * 6);
    assert!(tail(found::ir(Stage::Fused)).ends_with("flops n * log2(k)"));
    assert!(tail(sorted::ir(Stage::Fused)).ends_with("flops 5 * d + 2 + (d * n + 2 * n) * log2(n)"));
    let text = sorted::ir(Stage::Fused) + &running::ir(Stage::Fused) + &indexed::ir(Stage::Fused) + &found::ir(Stage::Fused);
    for part in
        ["= sort(x, axis=0)\n", "= argsort(x, axis=0)\n", "= cumsum(x, axis=0)\n", "= X[i]\n", "= searchsorted(edges, x)\n"]
    {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
}
