//! Counts, sums of weights and histograms: as plain loops say, on every cut, whether steps wait for each other or are joined.

use nums::c128;
use nums::prelude::*;

nums! {
    fn counts(i: i64[n]) -> i64[k] { np.bincount(i) }
    fn counts_of(i: u8[n]) -> i64[k] { np.bincount(i, minlength=300) }
    fn weighted(i: i64[n], w: f64[n]) -> f64[k] { np.bincount(i, weights=w) }
    fn of_complex(i: i64[n], w: c128[n]) -> (c128[13], f64[14]) { np.histogram(i, 13, weights=w) }
    fn histogram(x: f64[n]) -> (i64[7], f64[8]) { np.histogram(x, 7) }
    fn inside(x: f64[n]) -> (i64[7], f64[8]) { np.histogram(x, 7, (-1.0, 2.5)) }
}

const N: usize = 1000;

/// Blocks of the positions: one, a few that do not divide them, many, and as many as there are bins.
const BLOCKS: [usize; 5] = [N, 301, 64, 7, 3];

fn bin(i: usize) -> usize {
    i * 7919 % 101 % 13
}

fn number(i: usize) -> f64 {
    ((i * 7919 + 13) % 1009) as f64 / 97.0 - 4.0
}

#[test]
fn bins_hold_what_a_loop_counts() {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let mut want = vec![0i64; 13];
    (0..N).for_each(|i| want[bin(i)] += 1);
    let bins = Array::from_vec((0..N).map(|i| bin(i) as i64).collect(), &[N]).unwrap();
    let bytes = Array::from_vec((0..N).map(|i| bin(i) as u8).collect(), &[N]).unwrap();
    // Powers of two add without rounding, in any order.
    let weights = Array::from_vec((0..N).map(|i| (number(i) * 8.0).floor()).collect(), &[N]).unwrap();
    let complex = Array::from_vec((0..N).map(|i| c128::new((number(i) * 8.0).floor(), -1.0)).collect(), &[N]).unwrap();
    let mut sums = vec![0.0; 13];
    (0..N).for_each(|i| sums[bin(i)] += (number(i) * 8.0).floor());
    for block in BLOCKS {
        let cut = bins.rechunk(&[block]).unwrap();
        assert_eq!(counts(&cut).unwrap().to_vec().unwrap(), want, "blocks of {block}");
        let many = counts_of(&bytes.rechunk(&[block]).unwrap()).unwrap().to_vec().unwrap();
        assert_eq!((many.len(), &many[..13]), (300, &want[..]), "blocks of {block}");
        assert_eq!(weighted(&cut, &weights.rechunk(&[block]).unwrap()).unwrap().to_vec().unwrap(), sums, "blocks of {block}");
        let made = of_complex(&cut, &complex.rechunk(&[block]).unwrap()).unwrap().0.to_vec().unwrap();
        let with_counts: Vec<c128> = sums.iter().zip(&want).map(|(re, n)| c128::new(*re, -(*n as f64))).collect();
        assert_eq!(made, with_counts, "blocks of {block}");
    }
}

#[test]
fn nothing_has_no_bins_and_zeros_without_a_weight_stay() {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let none = Array::from_vec(Vec::<i64>::new(), &[0]).unwrap();
    assert_eq!(counts(&none).unwrap().to_vec().unwrap(), [0i64; 0]);
    let none = Array::from_vec(Vec::<u8>::new(), &[0]).unwrap();
    assert_eq!(counts_of(&none).unwrap().to_vec().unwrap(), [0; 300]);
    let far = Array::from_vec((0..N).map(|i| if i == 500 { 3i64 } else { 0 }).collect(), &[N]).unwrap();
    let weights = Array::from_vec(vec![-0.0; N], &[N]).unwrap();
    for block in BLOCKS {
        let made = weighted(&far.rechunk(&[block]).unwrap(), &weights.rechunk(&[block]).unwrap()).unwrap().to_vec().unwrap();
        assert!(made.iter().all(|x| x.to_bits() == 0), "{made:?} in blocks of {block}");
    }
}

#[test]
fn histograms_count_edges_once_and_leave_nan_out_of_a_range() {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let mut x: Vec<f64> = (0..N).map(number).collect();
    let plain = Array::from_vec(x.clone(), &[N]).unwrap();
    (x[3], x[500], x[700], x[701]) = (f64::NAN, f64::INFINITY, -1.0, 2.5);
    let odd = Array::from_vec(x.clone(), &[N]).unwrap();
    for block in BLOCKS {
        let (found, edges) = histogram(&plain.rechunk(&[block]).unwrap()).unwrap();
        assert_eq!(found.to_vec().unwrap(), counted(&plain.to_vec().unwrap(), &edges.to_vec().unwrap()), "blocks of {block}");
        let (found, edges) = inside(&odd.rechunk(&[block]).unwrap()).unwrap();
        assert_eq!(found.to_vec().unwrap(), counted(&x, &edges.to_vec().unwrap()), "blocks of {block}");
    }
}

/// NumPy's definition: bins are half open, the last one closed.
fn counted(x: &[f64], edges: &[f64]) -> Vec<i64> {
    let last = edges.len() - 2;
    let holds = |k: usize, x: f64| edges[k] <= x && (x < edges[k + 1] || (k == last && x == edges[k + 1]));
    (0..=last).map(|k| x.iter().filter(|x| holds(k, **x)).count() as i64).collect()
}
