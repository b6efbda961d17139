//! `linalg.qr`: Q orthogonal to rounding however ill-conditioned, Q R the matrix, R a triangle, on every cut and cluster.

use nums::prelude::*;

nums! {
    fn factors(X: f64[n, d]) -> (f64[n, d], f64[d, d]) {
        linalg.qr(X)
    }

    fn triangle(X: f64[n, d]) -> f64[d, d] {
        _Q, R = linalg.qr(X);
        R
    }

    /// Least squares, as one writes it with QR.
    fn fit(X: f64[n, d], y: f64[n]) -> f64[d] {
        Q, R = linalg.qr(X);
        linalg.solve(R, Q.T @ y)
    }
}

/// A matrix whose condition is about 1e10: every column is the one before and a little more.
fn ill(n: usize, d: usize) -> Vec<f64> {
    let noise = |i: usize, j: usize| ((i * 7919 + j * 104_729) % 10_007) as f64 / 10_007.0 - 0.5;
    let x = |at: usize| (at / d) as f64 / n as f64 + noise(at / d, at % d) * 10f64.powf(-10.0 * (at % d) as f64 / d as f64);
    (0..n * d).map(x).collect()
}

#[test]
fn q_is_orthogonal_on_every_cut_and_cluster_with_the_same_bits() {
    let (n, d) = (1200, 9);
    let clusters = [Cluster::threads(2).unwrap(), Cluster::local(2).unwrap()];
    for rows in [n, 400, 77, 5] {
        let mut first: Option<(Vec<f64>, Vec<f64>)> = None;
        for cluster in &clusters {
            let _entered = cluster.enter();
            let x = Array::from_vec(ill(n, d), &[n, d]).unwrap().rechunk(&[rows, 4]).unwrap();
            let (q, r) = factors(&x).unwrap();
            let (off, residual): (f64, f64) = nums! {
                (np.max(np.abs(q.T @ q - np.eye(d))), np.max(np.abs(q @ r - x)))
            }
            .unwrap();
            assert!(off < 1e-12, "blocks of {rows} rows: QᵀQ is off by {off:e}");
            assert!(residual < 1e-13, "blocks of {rows} rows: QR is off by {residual:e}");
            let (q, r) = (q.to_vec().unwrap(), r.to_vec().unwrap());
            assert!((0..d).all(|i| (0..i).all(|j| r[i * d + j] == 0.0)), "R is a triangle");
            assert_eq!(triangle(&x).unwrap().to_vec().unwrap(), r, "R alone is the same");
            let bits = first.get_or_insert_with(|| (q.clone(), r.clone()));
            assert_eq!(*bits, (q, r), "blocks of {rows} rows on {cluster:?}");
        }
    }
}

#[test]
fn wide_matrices_integers_and_least_squares() {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let a = Array::from_vec((0..12).map(|i| (f64::from(i) * 1.7).cos()).collect(), &[3, 4]).unwrap().rechunk(&[2, 3]).unwrap();
    let (q, r): (Array<f64>, Array<f64>) = nums! { np.linalg.qr(a) }.unwrap();
    assert_eq!((q.shape(), r.shape()), (&[3, 3][..], &[3, 4][..]));
    let off = nums! { np.max(np.abs(q @ r - a)) -> f64 }.unwrap();
    assert!(off < 1e-14, "{off:e}");
    let k = Array::from_vec(vec![3i64, 4, 0, 5], &[2, 2]).unwrap();
    let (_q, r): (Array<f64>, Array<f64>) = nums! { np.linalg.qr(k) }.unwrap();
    // NumPy: array([[-3., -4.], [ 0.,  5.]]) up to the sign of the last row.
    assert_eq!(r.to_vec().unwrap().iter().map(|x| x.abs()).collect::<Vec<_>>(), [3.0, 4.0, 0.0, 5.0]);
    let x =
        Array::from_vec((0..80).map(|i| (f64::from(i * i) * 0.37).sin()).collect(), &[20, 4]).unwrap().rechunk(&[6, 4]).unwrap();
    let want = Array::from_vec(vec![1.0, -2.0, 0.5, 3.0], &[4]).unwrap();
    let y = nums! { x @ want -> Array<f64> }.unwrap();
    let off = fit(&x, &y).and_then(|b| nums! { np.max(np.abs(b - want)) -> f64 }).unwrap();
    assert!(off < 1e-12, "{off:e}");
    // Not there: said, with a way out.
    let error = nums! { np.linalg.qr(x.astype("c128"))[0] -> DynArray }.map(drop).unwrap_err().to_string();
    assert!(error.contains("`linalg.qr` is not there for c128 yet"), "{error}");
    let stack = Array::<f64>::zeros(&[2, 3, 3]).unwrap();
    let error = nums! { np.linalg.qr(stack)[0] -> DynArray }.map(drop).unwrap_err().to_string();
    assert!(error.contains("`linalg.qr` is of one matrix"), "{error}");
}
