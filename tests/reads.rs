//! One rule for passes: what the explanation of a function says of an array is what a plan counts, whatever the cuts.

use nums::{ClusterSpec, Plan, Result, Stage};

nums::nums! {
    fn newton_step(X: f64[n, d], y: f64[n], beta: f64[d]) -> f64[d] {
        mu = 1 / (1 + exp(-(X @ beta)));
        g = X.T @ (mu - y);
        H = X.T @ (X * (mu * (1 - mu))[:, None]);
        beta - linalg.solve(H, g)
    }

    fn weighted_ridge(X: f64[n, d], y: f64[n], w: f64[n]) -> f64[d] {
        A = (X * w[:, None]).T @ X + eye(d);
        linalg.solve(A, X.T @ (w * y))
    }

    fn softmax_loss(X: f64[n, d], Y: f64[n, k], W: f64[d, k]) -> (f64[], f64[d, k]) {
        Z = X @ W;
        Z0 = Z - max(Z, axis=1, keepdims=True);
        E = exp(Z0);
        total = sum(E, axis=1, keepdims=True);
        (-mean(sum(Y * (Z0 - log(total)), axis=1)), X.T @ (E / total - Y))
    }

    fn two_levels(X: f64[n, d], w: f64[d]) -> f64[d] {
        r = X @ w;
        X.T @ (r - mean(r))
    }

    // Every block of rows of `X` reads all of `Y`.
    fn kernel_product(X: f64[n, d], Y: f64[m, d], v: f64[m]) -> f64[n] {
        D = sum(X * X, axis=1)[:, None] + sum(Y * Y, axis=1) - 2 * (X @ Y.T);
        exp(-0.5 * D) @ v
    }

    fn gram(X: f64[n, d]) -> f64[d, d] {
        X.T @ X
    }
}

/// How often the explanation says that each array is read.
fn explained(plan: &Plan) -> Vec<(String, usize)> {
    let text = plan.ir(Stage::Fused);
    let line = text.lines().find_map(|l| l.strip_prefix("; read: ")).unwrap_or_else(|| panic!("{text}"));
    let (reads, _) = line.split_once("; ").unwrap_or_else(|| panic!("{text}"));
    let read = |part: &str| {
        let (name, times) = part.split_once(' ').unwrap_or_else(|| panic!("{text}"));
        let count = match times {
            "never" => 0,
            "once" => 1,
            n => n.trim_end_matches(" times").parse().unwrap_or_else(|_| panic!("{text}")),
        };
        (name.to_owned(), count)
    };
    reads.split(", ").map(read).collect()
}

#[test]
fn plan_and_explanation_count_the_same_passes_whatever_the_cuts() {
    let spec = ClusterSpec::uniform(1, 2);
    for rows in [20_000, 5_000, 900] {
        let (x, y) = ([20_000, 16], [20_000]);
        let plans = [
            newton_step::plan_with(&spec, &[&x, &y, &[16]], &[&[rows, 16], &[rows], &[16]], &[]),
            weighted_ridge::plan_with(&spec, &[&x, &y, &y], &[&[rows, 16], &[rows], &[3_000]], &[]),
            softmax_loss::plan_with(&spec, &[&x, &[20_000, 5], &[16, 5]], &[&[rows, 16], &[777, 5], &[16, 5]], &[]),
            two_levels::plan_with(&spec, &[&x, &[16]], &[&[rows, 16], &[4]], &[]),
            kernel_product::plan_with(&spec, &[&x, &[500, 16], &[500]], &[&[rows, 16], &[500, 16], &[500]], &[]),
            kernel_product::plan_with(&spec, &[&x, &[500, 16], &[500]], &[&[rows, 16], &[500, 16], &[90]], &[]),
            gram::plan_with(&spec, &[&x], &[&[rows, 5]], &[]),
        ];
        for plan in plans.into_iter().map(Result::unwrap) {
            let found: Vec<(String, usize)> = explained(&plan).into_iter().map(|(n, _)| (n.clone(), plan.passes(&n))).collect();
            assert_eq!(found, explained(&plan), "{rows} rows a block: {plan}");
        }
    }
    // A cut that the explanation cannot know of takes the panel apart.
    let shapes: [&[usize]; 3] = [&[20_000, 16], &[500, 16], &[500]];
    let plan = kernel_product::plan_with(&spec, &shapes, &[&[20_000, 16], &[70, 16], &[500]], &[]).unwrap();
    assert!(plan.ir(Stage::Tiled).contains("%Y is needed whole and cut along axis 0"), "{}", plan.ir(Stage::Tiled));
    // An array that is both operands of a task is read once.
    let plan = gram::plan(&spec, &[&[100_000, 8]]).unwrap();
    assert!(plan.bytes_read() < 8 * 100_000 * 9, "{} bytes", plan.bytes_read());
}
