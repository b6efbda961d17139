//! Chains of products: the order follows from the sizes of a call, on every cluster, and no execution has another.

use nums::prelude::*;
use nums::{ClusterSpec, Stage};

nums! {
    fn three(A: f64[n, k], B: f64[k, m], C: f64[m, p]) -> f64[n, p] {
        A @ B @ C
    }

    fn grouped(A: f64[n, k], B: f64[k, m], C: f64[m, p]) -> f64[n, p] {
        A @ (B @ C)
    }

    fn vector(A: f64[n, k], B: f64[k, m], v: f64[m]) -> f64[n] {
        A @ B @ v
    }

    fn named(X: f64[n, d], v: f64[d]) -> f64[d] {
        gram = X.T @ X;
        gram @ v
    }

    fn kept(X: f64[n, d], v: f64[d]) -> (f64[d, d], f64[d]) {
        gram = X.T @ X;
        (gram, gram @ v)
    }

    fn scaled(A: f64[n, k], B: f64[k, m], C: f64[m, p], s: f64[n]) -> f64[p] {
        exp(-s) @ (A @ B @ C)
    }
}

/// Flops of a call with operands of these shapes, each one block.
macro_rules! flops {
    ($f:ident, $($shape:expr),*) => {{
        let shapes: &[&[usize]] = &[$(&$shape),*];
        $f::plan_with(&ClusterSpec::uniform(1, 2), shapes, shapes, &[]).unwrap().flops()
    }};
}

#[test]
fn the_order_is_the_cheapest_of_the_call() {
    let (wide, tall, small) = ([10, 1000], [1000, 10], [10, 10]);
    assert_eq!(flops!(three, tall, wide, tall), 2 * (10 * 1000 * 10 + 1000 * 10 * 10), "from the right");
    assert_eq!(flops!(three, wide, tall, wide), 2 * (10 * 1000 * 10 + 10 * 10 * 1000), "from the left");
    assert_eq!(flops!(grouped, wide, tall, wide), flops!(three, wide, tall, wide), "however it is grouped");
    assert_eq!(flops!(three, small, small, small), 4 * 1000);
    assert_eq!(flops!(vector, tall, wide, [1000]), 2 * (10 * 1000 + 1000 * 10));
    assert_eq!(flops!(named, [600, 6], [6]), 4 * 600 * 6, "a name is no result");
    assert_eq!(flops!(kept, [600, 6], [6]), 600 * (6 * 6 + 6) + 2 * 6 * 6, "what is read twice is made once");
    // The vector is there first.
    assert_eq!(flops!(scaled, tall, wide, tall, [1000]), (1 + 16) * 1000 + 2 * (1000 * 10 + 10 * 1000 + 1000 * 10));
}

#[test]
fn the_fused_text_tells_the_order_where_symbols_decide() {
    let text = vector::ir(Stage::Fused);
    let (right, left) = (text.find("matmul %B, %v"), text.find("matmul %A, "));
    assert!(right.is_some() && right < left, "{text}");
}

/// A matrix of these elements.
fn matrix(rows: usize, cols: usize, element: impl Fn(usize) -> f64) -> Array<f64> {
    Array::from_vec((0..rows * cols).map(element).collect(), &[rows, cols]).unwrap()
}

#[test]
fn results_are_those_of_the_order_on_every_cluster() {
    let numbers = |i: usize| ((i * 37 % 101) as f64 - 50.0) / 7.0;
    for cluster in [Cluster::threads(2).unwrap(), Cluster::local(2).unwrap()] {
        let _entered = cluster.enter();
        let (a, b, c) = (matrix(70, 3, numbers), matrix(3, 90, numbers), matrix(90, 4, numbers));
        let right = three(&a, &b, &c).unwrap().to_vec().unwrap();
        let inner: Array<f64> = nums!(b @ c).unwrap();
        let from_the_right: Array<f64> = nums!(a @ inner).unwrap();
        assert_eq!(right, from_the_right.to_vec().unwrap());
        // A square of 2^700 overflows, and nothing does from the right.
        let (huge, tiny) = (matrix(40, 2, |_| 2f64.powi(700)), matrix(40, 1, |_| 2f64.powi(-700)));
        let row: Array<f64> = nums!(huge.T).unwrap();
        assert!(three(&huge, &row, &tiny).unwrap().to_vec().unwrap().iter().all(|x| *x == 80.0 * 2f64.powi(700)));
    }
}
