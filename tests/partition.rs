//! Partitions: the element of a place there, none larger before it and none smaller behind it, on every cut and for elements in any order.

use nums::Stage;
use nums::prelude::*;

nums! {
    fn first(x: f64[n]) -> f64[n] { np.partition(x, 0) }
    fn inner(x: f64[n]) -> f64[n] { np.partition(x, 137) }
    fn from_end(x: f64[n]) -> f64[n] { np.partition(x, -3) }
    fn of_bytes(x: u8[n]) -> u8[n] { np.partition(x, 137) }
    fn of_truths(x: bool[n]) -> bool[n] { np.partition(x, 137) }
    fn of_singles(x: f32[n]) -> f32[n] { np.partition(x, 137) }
    fn of_complex(x: c64[n]) -> c64[n] { np.partition(x, 137) }
    fn of_two(x: f64[n]) -> f64[n] { np.partition(x, [3, 137]) }
    fn rows(x: f64[n, m]) -> f64[n, m] { np.partition(x, 2) }
    fn columns(x: f64[n, m]) -> f64[n, m] { np.partition(x, 2, axis=0) }
}

const N: usize = 300;

/// One block, two that are not alike, some that divide the length or do not, and many.
const BLOCKS: [usize; 7] = [N, 299, 150, 137, 64, 138, 9];

/// Elements in orders that move none, all and some of them, with many equals, and with what is not a number.
fn arrays() -> Vec<Vec<f64>> {
    let mixed = |i: usize| (i * 7919 % 1009) as f64 / 97.0 - 4.0;
    let mut odd: Vec<f64> = (0..N).map(mixed).collect();
    for (k, x) in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0].into_iter().enumerate() {
        (odd[k * 31], odd[k * 31 + 100]) = (x, x);
    }
    vec![
        (0..N).map(mixed).collect(),
        (0..N).map(|i| i as f64).collect(),
        (0..N).map(|i| -(i as f64)).collect(),
        (0..N).map(|i| (i % 3) as f64).collect(),
        (0..N).map(|i| f64::from(u8::from(i < 138))).collect(),
        vec![2.5; N],
        vec![f64::NAN; N],
        odd,
    ]
}

/// NumPy's order, and bits where it says equal.
fn order(a: f64, b: f64) -> std::cmp::Ordering {
    a.is_nan().cmp(&b.is_nan()).then(if a.is_nan() { a.to_bits().cmp(&b.to_bits()) } else { a.total_cmp(&b) })
}

fn check(name: &str, x: &[f64], made: &[f64], k: usize) {
    let mut sorted = x.to_vec();
    sorted.sort_by(|a, b| order(*a, *b));
    assert_eq!(made[k].to_bits(), sorted[k].to_bits(), "{name}: place {k} of {made:?}");
    let after = |a: f64, b: f64| order(a, b).is_gt();
    assert!(!made[..k].iter().any(|x| after(*x, made[k])) && !made[k..].iter().any(|x| after(made[k], *x)), "{name}: {made:?}");
    let mut again = made.to_vec();
    again.sort_by(|a, b| order(*a, *b));
    assert!(again.iter().zip(&sorted).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}: {made:?}");
}

#[test]
fn lines_over_blocks_are_partitioned_whatever_their_order() {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    for (number, x) in arrays().into_iter().enumerate() {
        let whole = Array::from_vec(x.clone(), &[N]).unwrap();
        for block in BLOCKS {
            let cut = whole.rechunk(&[block]).unwrap();
            let name = format!("array {number} in blocks of {block}");
            check(&name, &x, &first(&cut).unwrap().to_vec().unwrap(), 0);
            check(&name, &x, &inner(&cut).unwrap().to_vec().unwrap(), 137);
            check(&name, &x, &from_end(&cut).unwrap().to_vec().unwrap(), N - 3);
            check(&name, &x, &of_two(&cut).unwrap().to_vec().unwrap(), 3);
        }
    }
}

#[test]
fn every_dtype_is_partitioned() {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let x = arrays().swap_remove(0);
    for block in BLOCKS {
        let cut = Array::from_vec(x.iter().map(|x| (*x * 8.0) as u8).collect(), &[N]).unwrap().rechunk(&[block]).unwrap();
        let wide = |a: &Array<u8>| a.to_vec().unwrap().into_iter().map(f64::from).collect::<Vec<_>>();
        check("bytes", &wide(&cut), &wide(&of_bytes(&cut).unwrap()), 137);
        let cut = Array::from_vec(x.iter().map(|x| *x > 0.0).collect(), &[N]).unwrap().rechunk(&[block]).unwrap();
        let wide = |a: &Array<bool>| a.to_vec().unwrap().into_iter().map(|b| f64::from(u8::from(b))).collect::<Vec<_>>();
        check("truths", &wide(&cut), &wide(&of_truths(&cut).unwrap()), 137);
        let cut = Array::from_vec(x.iter().map(|x| *x as f32).collect(), &[N]).unwrap().rechunk(&[block]).unwrap();
        let wide = |a: &Array<f32>| a.to_vec().unwrap().into_iter().map(f64::from).collect::<Vec<_>>();
        check("singles", &wide(&cut), &wide(&of_singles(&cut).unwrap()), 137);
        let z = x.iter().map(|x| nums::c64::new(*x as f32, 0.0)).collect();
        let cut = Array::from_vec(z, &[N]).unwrap().rechunk(&[block]).unwrap();
        let real = |a: &Array<nums::c64>| a.to_vec().unwrap().into_iter().map(|z| f64::from(z.re)).collect::<Vec<_>>();
        check("complex", &real(&cut), &real(&of_complex(&cut).unwrap()), 137);
    }
}

#[test]
fn lines_of_a_matrix_are_partitioned_each() {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let x: Vec<f64> = arrays().swap_remove(0);
    let whole = Array::from_vec(x.clone(), &[30, 10]).unwrap();
    for block in [[30, 10], [7, 10], [30, 3], [7, 3]] {
        let cut = whole.rechunk(&block).unwrap();
        let made = rows(&cut).unwrap().to_vec().unwrap();
        (0..30).for_each(|i| check("row", &x[i * 10..i * 10 + 10], &made[i * 10..i * 10 + 10], 2));
        let made = columns(&cut).unwrap().to_vec().unwrap();
        let column = |x: &[f64], j: usize| (0..30).map(|i| x[i * 10 + j]).collect::<Vec<_>>();
        (0..10).for_each(|j| check("column", &column(&x, j), &column(&made, j), 2));
    }
}

#[test]
fn a_place_outside_is_an_error_and_nothing_is_sorted() {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let short = Array::from_vec(vec![1.0; 100], &[100]).unwrap();
    for block in [100, 30] {
        let made = inner(&short.rechunk(&[block]).unwrap()).and_then(|x| x.to_vec());
        assert!(made.unwrap_err().to_string().contains("137"), "blocks of {block}");
    }
    assert!(!inner::ir(Stage::Fused).contains("sort"));
}
