//! Sizes that only a call knows: any rank, integers from Rust, bounds that turn out negative.

use nums::prelude::*;

nums! {
    /// The mean of everything, and the array turned.
    fn turned(x: f64[..]) -> (f64, f64[..]) {
        (mean(x), x.T)
    }

    /// The mean of the first `k`, as NumPy slices.
    fn mean_of_first(x: f64[n], k: i64) -> f64 {
        mean(x[:k])
    }

    /// Squares of the integers below `k`.
    fn squares(k: usize) -> i64[k] {
        arange(k) ** 2
    }
}

fn vector(values: &[f64]) -> Array<f64> {
    Array::from_vec(values.to_vec(), &[values.len()]).unwrap()
}

#[test]
fn sizes_are_known_in_the_call() {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let (mean, back) = turned(&Array::from_vec(vec![1.0, 2.0, 3.0, 6.0, 5.0, 7.0], &[2, 3]).unwrap()).unwrap();
    assert_eq!((mean, back.shape(), back.to_vec().unwrap()), (4.0, &[3, 2][..], vec![1.0, 6.0, 2.0, 5.0, 3.0, 7.0]));
    let (mean, back) = turned(&vector(&[1.0, 2.0])).unwrap();
    assert_eq!((mean, back.shape()), (1.5, &[2][..]));

    let x = vector(&[1.0, 2.0, 3.0, 10.0]);
    // Compiled for 2 and 9 as it is for 3; -1 and -3 are read from the end.
    for (k, want) in [(2, 1.5), (3, 2.0), (9, 4.0), (-1, 2.0), (-3, 1.0), (2, 1.5)] {
        assert_eq!(mean_of_first(&x, k).unwrap(), want, "k = {k}");
    }
    assert!(mean_of_first(&x, 0).unwrap().is_nan());

    assert_eq!(squares(4).unwrap().to_vec().unwrap(), [0, 1, 4, 9]);
    assert_eq!(squares(0).unwrap().shape(), [0]);
}
