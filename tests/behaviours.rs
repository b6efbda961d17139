//! Behaviours of array programs that a distributed implementation gets wrong first, each on several cuts.
//!
//! The list grew out of what is known to go wrong elsewhere: reductions across blocks, ragged last blocks, integers through floats,
//! ties of extremes, mixed indices, assignments that overlap. Layout and placement are in the runtime's tests.

use nums::ndarray::{ArrayD, IxDyn};
use nums::prelude::*;

/// `0, 1, …` of a shape, in blocks.
fn counting(shape: &[usize], blocks: &[usize]) -> Array<f64> {
    let n = shape.iter().product::<usize>();
    let all = (0..n).map(|i| i as f64).collect();
    Array::from_ndarray_blocked(&ArrayD::from_shape_vec(IxDyn(shape), all).unwrap(), blocks).unwrap()
}

fn ints(all: &[i64], block: usize) -> Array<i64> {
    Array::from_vec(all.to_vec(), &[all.len()]).unwrap().rechunk(&[block]).unwrap()
}

fn floats(all: &[f64], block: usize) -> Array<f64> {
    Array::from_vec(all.to_vec(), &[all.len()]).unwrap().rechunk(&[block]).unwrap()
}

fn on_threads(body: impl FnOnce() -> Result<()>) {
    let cluster = Cluster::threads(2).unwrap();
    {
        let _guard = cluster.enter();
        body().unwrap();
    }
    cluster.finish().unwrap();
}

#[test]
fn operands_of_other_ranks_and_cuts_broadcast() {
    on_threads(|| {
        let (column, row) = (counting(&[6, 1], &[3, 1]), counting(&[8], &[2]));
        let sum: Array<f64> = nums! { column + row }?;
        assert_eq!(sum.shape(), [6, 8]);
        assert_eq!(sum.to_ndarray()?[[5, 7]], 12.0);
        for blocks in [[3, 2], [6, 8], [1, 5]] {
            let x = counting(&[6, 8], &blocks);
            let listed: Array<f64> = nums! { x + [0, 1, 2, 3, 4, 5, 6, 7] }?;
            let made: Array<f64> = nums! { x + np.arange(8) }?;
            assert_eq!(listed.to_vec()?, made.to_vec()?);
            assert_eq!(listed.to_ndarray()?[[1, 2]], 12.0);
        }
        let (a, b) = (counting(&[10], &[1]), counting(&[10], &[10]));
        let sum: Array<f64> = nums! { a + b }?;
        assert_eq!((sum.shape(), sum.to_vec()?[9]), (&[10][..], 18.0));
        Ok(())
    });
}

#[test]
fn products_of_ragged_blocks_agree() {
    on_threads(|| {
        let (x, v) = (counting(&[200], &[7]), counting(&[100], &[10]));
        let y: Array<f64> = nums! { x.reshape(2, 100) @ v }?;
        assert_eq!(y.to_vec()?, [328_350.0, 823_350.0]);
        let v = counting(&[9], &[3]);
        let inner: f64 = nums! { v.T @ v }?;
        assert_eq!(inner, 204.0);
        let outer: Array<f64> = nums! { v[:, None] @ v[None, :] }?;
        assert_eq!((outer.shape(), outer.to_ndarray()?[[8, 7]]), (&[9, 9][..], 56.0));
        let (t, u) = (counting(&[7, 6, 4], &[2, 3, 2]), counting(&[6, 4, 9], &[3, 2, 2]));
        let c: Array<f64> = nums! { np.tensordot(t, u, axes=2) }?;
        let e: Array<f64> = nums! { np.einsum("ijk,jkl->il", t, u) }?;
        assert_eq!((c.shape(), c.to_vec()?), (&[7, 9][..], e.to_vec()?));
        let wide: Array<f64> = nums! { np.tensordot(t, u, axes=0) }?;
        assert_eq!(wide.shape(), [7, 6, 4, 6, 4, 9]);
        let (t, b, c) = (counting(&[10, 11, 12], &[5, 4, 3]), counting(&[11, 3], &[4, 2]), counting(&[12, 3], &[3, 2]));
        let m: Array<f64> = nums! { np.einsum("ijk,jf,kf->if", t, b, c) }?;
        let direct: Array<f64> = nums! { np.sum(t[:, :, :, None] * b[None, :, None, :] * c[None, None, :, :], axis=(1, 2)) }?;
        assert_eq!((m.shape(), m.to_vec()?), (&[10, 3][..], direct.to_vec()?));
        Ok(())
    });
}

#[test]
fn integers_are_never_summed_through_floats() {
    on_threads(|| {
        for block in [1, 2] {
            let big = ints(&[(1 << 53) + 1, 2], block);
            assert_eq!(nums! { np.sum(big) -> i64 }?, (1 << 53) + 3);
        }
        let flags = Array::from_vec(vec![true, false, true, true, false, false], &[6])?.rechunk(&[2])?;
        let sum: Array<i64> = nums! { np.sum(flags) }?;
        assert_eq!(sum.item()?, 3);
        Ok(())
    });
}

#[test]
fn reductions_agree_on_every_cut() {
    on_threads(|| {
        for blocks in [[1, 1], [1, 2], [1, 4], [2, 1], [2, 4]] {
            let x = Array::from_vec(vec![5.0, -2.0, 4.0, 8.0, 3.0, 6.0, 1.0, 7.0], &[2, 4])?.rechunk(&blocks)?;
            let all: (f64, f64, f64, f64) = nums! { (x.max(), x.min(), x.mean(), x.var()) }?;
            assert_eq!(all, (8.0, -2.0, 4.0, 9.5));
            let last: Array<f64> = nums! { np.std(x, axis=-1, keepdims=True) }?;
            assert_eq!(last.shape(), [2, 1]);
            let nan = f64::NAN;
            let y = Array::from_vec(vec![-1.0, 4.0, nan, 5.0, 3.0, 2.0, nan, 6.0], &[2, 4])?.rechunk(&blocks)?;
            let top: Array<f64> = nums! { np.nanmax(y, axis=0) }?;
            assert!(top.to_vec()?[2].is_nan() && top.to_vec()?[0] == 3.0);
        }
        Ok(())
    });
}

#[test]
fn the_first_of_equals_is_found_across_blocks() {
    on_threads(|| {
        let (low, high) = (ints(&[0, 1, 0, 2], 2), ints(&[5, 1, 5, 2], 2));
        assert_eq!(nums! { (np.argmin(low), np.argmax(high)) -> (i64, i64) }?, (0, 0));
        Ok(())
    });
}

#[test]
fn medians_and_order_statistics_agree() {
    on_threads(|| {
        for block in [1, 3, 8] {
            let x = floats(&[3.0, 7.0, 2.0, 4.0, 5.0, 1.0, 5.0, 6.0], block);
            assert_eq!(nums! { (np.median(x), np.median(x[1:])) -> (f64, f64) }?, (4.5, 5.0));
            let down: Array<f64> = nums! { np.sort(x)[::-1] }?;
            assert_eq!(down.to_vec()?, [7.0, 6.0, 5.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
            let (top, at): (Array<f64>, Array<i64>) = nums! { np.topk(x, 3) }?;
            assert_eq!((top.to_vec()?, at.to_vec()?), (vec![7.0, 6.0, 5.0], vec![1, 7, 4]));
            let (all, none): (Array<f64>, Array<f64>) = nums! { (np.topk(x, 99)[0], np.topk(x, 0)[0]) }?;
            assert_eq!((all.to_vec()?, none.shape()), (down.to_vec()?, &[0][..]));
            // NaN is largest, and the first of equals comes first.
            let nan = f64::NAN;
            let y = Array::from_vec(vec![1.0, nan, 2.0, 2.0, -0.0, 0.0, 2.0, nan], &[4, 2])?.rechunk(&[block, 1])?;
            let (top, at): (Array<f64>, Array<i64>) = nums! { np.topk(y, 3, axis=0) }?;
            assert_eq!(at.to_vec()?, [1, 0, 3, 3, 0, 1]);
            assert_eq!(format!("{:?}", top.to_vec()?), "[2.0, NaN, 2.0, NaN, 1.0, 2.0]");
        }
        Ok(())
    });
}

#[test]
fn what_is_selected_is_what_a_sort_puts_there_for_any_blocks() {
    on_threads(|| {
        let mixed = |i: usize| match i % 11 {
            0 => -0.0,
            1 => 0.0,
            2 => f64::from(i as u32).exp(),
            3 => -f64::from(i as u32).exp(),
            _ => ((i * 7919) % 1013) as f64 / 64.0 - 7.0,
        };
        let mixed: Vec<f64> = (0..300).map(mixed).collect();
        for elements in [mixed, vec![2.5; 40], (0..200).map(f64::from).collect()] {
            let n = elements.len();
            let q = Array::from_vec((0..40).map(|i| f64::from(i) / 39.0).collect(), &[40])?;
            let places: Vec<usize> = (0..40).map(|i| (f64::from(i) / 39.0 * (n - 1) as f64).floor() as usize).collect();
            let mut sorted = elements.clone();
            sorted.sort_by(f64::total_cmp);
            let want: Vec<u64> = places.iter().map(|p| sorted[*p].to_bits()).collect();
            for block in [7, n / 2, n] {
                let x = Array::from_vec(elements.clone(), &[n])?.rechunk(&[block])?;
                let found: Array<f64> = nums! { np.quantile(x, q, method="lower") }?;
                assert_eq!(found.to_vec()?.iter().map(|v| v.to_bits()).collect::<Vec<_>>(), want, "{n} by {block}");
                let bytes: Array<u8> = nums! { np.quantile(x.astype(np.int8).astype(np.uint8), q, method="higher") }?;
                let whole: Array<u8> = nums! { np.sort(x.astype(np.int8).astype(np.uint8)) }?;
                assert_eq!(bytes.to_vec()?[39], whole.to_vec()?[n - 1]);
            }
        }
        Ok(())
    });
}

#[test]
fn conditions_give_numpy_s_order_for_any_blocks() {
    on_threads(|| {
        for blocks in [[1, 1], [2, 3], [3, 4]] {
            let x = counting(&[3, 4], &blocks);
            let (i, j): (Array<i64>, Array<i64>) = nums! { i, j = np.where(x % 3 == 0); (i, j) }?;
            assert_eq!((i.to_vec()?, j.to_vec()?), (vec![0, 0, 1, 2], vec![0, 3, 2, 1]));
            let halves: Array<f64> = nums! { np.where(x > 5, x, 0.5) }?;
            assert_eq!(halves.to_vec()?[5..7], [0.5, 6.0]);
        }
        Ok(())
    });
}

#[test]
fn arrays_of_other_shapes_are_not_equal() {
    on_threads(|| {
        let (a, b) = (counting(&[3], &[3]), counting(&[2, 2], &[2, 2]));
        let same: (bool, bool) = nums! { (np.array_equal(a, b), np.array_equal(a, a)) }?;
        assert_eq!(same, (false, true));
        Ok(())
    });
}

#[test]
fn indices_of_all_kinds_mix() {
    on_threads(|| {
        for blocks in [[2, 2], [6, 4], [5, 3]] {
            let x = counting(&[6, 4], &blocks);
            assert_eq!(nums! { x[-1] -> Array<f64> }?.to_vec()?, [20.0, 21.0, 22.0, 23.0]);
            assert_eq!(nums! { x[[0, 5, 0]][:, 0] -> Array<f64> }?.to_vec()?, [0.0, 20.0, 0.0]);
            assert_eq!(nums! { x[[0, 1], 0] -> Array<f64> }?.to_vec()?, [0.0, 4.0]);
            assert_eq!(nums! { x[[0, 1], ::2] -> Array<f64> }?.to_vec()?, [0.0, 2.0, 4.0, 6.0]);
            assert_eq!(nums! { x[x[:, 0] > 15] -> Array<f64> }?.shape(), [2, 4]);
        }
        let x = counting(&[6, 4], &[2, 2]);
        let k = 6;
        let error = nums! { x[k] -> Array<f64> }.unwrap_err().to_string();
        assert!(error.contains("index 6 is out of bounds for axis 0 with size 6"), "{error}");
        let t = counting(&[12, 34, 56], &[2, 5, 7]);
        let order: Vec<i64> = (0..34).rev().collect();
        let order = ints(&order, 10);
        let picked: Array<f64> = nums! { t[3, order, 55] }?;
        assert_eq!((picked.shape(), picked.to_vec()?[33]), (&[34][..], f64::from(3 * 34 * 56 + 55)));
        Ok(())
    });
}

#[test]
fn assignments_of_other_ranks_agree() {
    on_threads(|| {
        let w = counting(&[32, 36], &[4, 3]);
        let z = Array::<f64>::zeros(&[32, 36])?.rechunk(&[4, 3])?;
        let z: Array<f64> = nums! {
            z[19:20, 21] = w[19, 21:22];
            z[22, 23:24] = w[22:23, 23];
            z[:, 13] = w[:, 13];
            z
        }?;
        let z = z.to_ndarray()?;
        let at = |i: usize, j: usize| (36 * i + j) as f64;
        assert_eq!((z[[19, 21]], z[[22, 23]], z[[31, 13]], z[[0, 0]]), (at(19, 21), at(22, 23), at(31, 13), 0.0));
        let x = counting(&[4], &[2]);
        let (kept, changed): (Array<f64>, Array<f64>) = nums! { v = x[2:4]; v[0] = 99; (x, v) }?;
        assert_eq!((kept.to_vec()?, changed.to_vec()?), (vec![0.0, 1.0, 2.0, 3.0], vec![99.0, 3.0]));
        Ok(())
    });
}

#[test]
fn shapes_change_across_ragged_blocks() {
    on_threads(|| {
        let x = counting(&[1, 20, 3], &[1, 10, 3]);
        let y: Array<f64> = nums! { x.reshape(10, 3, 1, 2, 1) }?;
        assert_eq!((y.shape(), y.to_vec()?), (&[10, 3, 1, 2, 1][..], x.to_vec()?));
        let m = counting(&[3, 3], &[2, 2]);
        assert_eq!(nums! { np.diag(m) -> Array<f64> }?.to_vec()?, [0.0, 4.0, 8.0]);
        let ones = Array::<f64>::ones(&[10, 12])?.rechunk(&[3, 4])?;
        assert_eq!(nums! { np.trace(ones) -> f64 }?, 10.0);
        Ok(())
    });
}

#[test]
fn covariances_agree_with_their_definition() {
    on_threads(|| {
        for blocks in [[3, 2], [10, 3], [1, 1]] {
            let x = counting(&[10, 3], &blocks);
            let c: Array<f64> = nums! { np.cov(x, rowvar=False) }?;
            // Columns that differ by constants: every covariance is the variance of 0, 3, … 27.
            assert!(c.to_vec()?.iter().all(|v| (v - 82.5).abs() < 1e-12), "{c}");
        }
        Ok(())
    });
}

#[test]
fn weighted_means_agree() {
    on_threads(|| {
        let (x, w) = (counting(&[4, 2], &[3, 1]), floats(&[1.0, 0.0, 0.0, 1.0], 3));
        assert_eq!(nums! { np.average(x, axis=0, weights=w) -> Array<f64> }?.to_vec()?, [3.0, 4.0]);
        Ok(())
    });
}

#[test]
fn many_default_blocks_are_joined_on_the_way_and_the_result_is_cut_as_the_operand() {
    on_threads(|| {
        let n = 600_000;
        let numbers: Vec<f64> = (0..n).map(|i| (i * 7919 % 10_007) as f64 - 5000.0).collect();
        let places: Vec<i64> = (0..n).map(|i| i * 31 % n - i % 2 * n).collect();
        let x = Array::from_vec(numbers.clone(), &[n as usize])?;
        let i = Array::from_vec(places.clone(), &[n as usize])?;
        let (sorted, order): (Array<f64>, Array<i64>) = nums! { (np.sort(x), np.argsort(x)) }?;
        let mut want: Vec<i64> = (0..n).collect();
        want.sort_by(|a, b| numbers[*a as usize].total_cmp(&numbers[*b as usize]));
        assert!(order.to_vec()? == want);
        assert!(sorted.to_vec()? == want.iter().map(|k| numbers[*k as usize]).collect::<Vec<_>>());

        let put: Array<f64> = nums! { y = x; y[i] = np.arange(len(i)) * 1.0; y }?;
        let rows: Array<f64> = nums! { y = x.reshape(-1, 2); y[i % 100_000] = [[1.0, 2.0]]; y[100_000:] }?;
        let mut want = numbers.clone();
        places.iter().enumerate().for_each(|(k, i)| want[i.rem_euclid(n) as usize] = k as f64);
        assert!(put.to_vec()? == want);
        assert!(rows.to_vec()? == numbers[200_000..]);
        assert!(sorted.block_shape() == x.block_shape() && put.block_shape() == x.block_shape());
        Ok(())
    });
}
