//! What the language adds to tables of functions: generic functions, new versions of names, conditions, sizes from data.
//!
//! `corpus` holds functions to NumPy; here is what only Rust can see: types, waits, versions, errors.

use nums::prelude::*;
use nums::{DType, Element, Float, Stage};

nums! {
    fn scaled<T: Float>(x: T[n, d], s: T) -> T[n] {
        sum(shifted(x) * s, axis=1).astype(T)
    }

    fn shifted<T: Float>(x: T[n, d]) -> T[n, d] {
        x - x.mean(axis=0)
    }

    fn above(x: f64[n], low: f64) -> (f64[k], i64[k]) {
        m = x > low;
        (x[m], nonzero(m)[0])
    }

    fn distinct(x: f64[n]) -> (f64[k], i64[k]) {
        values, _first, _inverse, counts = unique_all(x);
        (values, counts)
    }

    fn versions(x: f64[n]) -> (f64[n], f64[n]) {
        v = x;
        v[0] = 99;
        (x, v)
    }

    fn overlapping(x: f64[6]) -> f64[6] {
        x[1:5] = x[0:4];
        x
    }

    fn truncated(k: i64[n], x: f64[n]) -> i64[n] {
        k[:] = x;
        k[-1] += 0.9;
        k
    }

    fn safe(x: f64[n], on: bool) -> f64[n] {
        x / sum(x) if on else x
    }

    fn nested(x: f64[n]) -> f64[] {
        s = sum(x);
        max(x) if s > 10 else min(x) if s > 0 else s
    }

    fn shown(X: f64[n, d]) -> f64[d] {
        Y = X * 2;
        print("twice X", Y);
        print("n", n + 0 * sum(X));
        sum(Y, axis=0)
    }

    fn drawn(seed: i64, n: usize) -> (f64[n], i64[n]) {
        rng = np.random.default_rng(seed);
        (rng.normal(1, 2, n), rng.permutation(n))
    }
}

fn vector(all: &[f64]) -> Array<f64> {
    Array::from_vec(all.to_vec(), &[all.len()]).unwrap()
}

/// Runs on a cluster of its own.
fn on(cluster: Cluster, body: impl FnOnce() -> Result<()>) {
    {
        let _guard = cluster.enter();
        body().unwrap();
    }
    cluster.finish().unwrap();
}

/// A caller in Rust that is generic as well.
fn twice<T: Float>(x: &Array<T>, two: T) -> Result<Array<T>> {
    scaled(x, two)
}

#[test]
fn a_generic_function_has_a_version_a_dtype() {
    on(Cluster::threads(1).unwrap(), || {
        let wide = Array::<f64>::from_vec(vec![1.0, 2.0, 5.0, 8.0], &[2, 2])?;
        assert_eq!(twice(&wide, 2.0)?.to_vec()?, [-10.0, 10.0]);
        let narrow = wide.astype::<f32>()?;
        assert_eq!(twice(&narrow, 2.0)?.to_vec()?, [-10.0f32, 10.0]);
        assert!(scaled::ir(DType::F32, Stage::Typed).contains("f32[n]"));
        assert!(!scaled::ir(DType::F64, Stage::Typed).contains("f32"));
        Ok(())
    });
}

#[test]
fn sizes_from_data_are_known_when_the_call_returns() {
    on(Cluster::local(2).unwrap(), || {
        let x = vector(&[3.0, -1.0, 4.0, 1.0, -5.0]).rechunk(&[2])?;
        for low in [0.0, 3.5, 9.0, 0.0] {
            let (values, places) = above(&x, low)?;
            let want: Vec<f64> = x.to_vec()?.into_iter().filter(|v| *v > low).collect();
            assert_eq!((values.shape(), places.shape()), (&[want.len()][..], &[want.len()][..]));
            assert_eq!(values.to_vec()?, want);
        }
        Ok(())
    });
}

#[test]
fn a_result_s_size_may_come_from_any_function_of_the_data() {
    on(Cluster::threads(1).unwrap(), || {
        let (values, counts) = distinct(&vector(&[2.0, 1.0, 2.0]))?;
        assert_eq!((values.to_vec()?, counts.to_vec()?), (vec![1.0, 2.0], vec![1, 2]));
        Ok(())
    });
}

#[test]
fn an_assignment_leaves_the_old_version() {
    on(Cluster::threads(2).unwrap(), || {
        let x = vector(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let (old, new) = versions(&x)?;
        assert_eq!((old.to_vec()?[0], new.to_vec()?[0]), (0.0, 99.0));
        for block in [1, 4, 6] {
            assert_eq!(overlapping(&x.rechunk(&[block])?)?.to_vec()?, [0.0, 0.0, 1.0, 2.0, 3.0, 5.0]);
        }
        let k = Array::<i64>::zeros(&[3])?;
        assert_eq!(truncated(&k, &vector(&[1.9, -1.9, 2.5]))?.to_vec()?, [1, -1, 2]);
        Ok(())
    });
}

#[test]
fn only_the_taken_branch_is_computed() {
    on(Cluster::threads(1).unwrap(), || {
        let x = vector(&[1.0, -1.0]);
        assert_eq!(safe(&x, false)?.to_vec()?, [1.0, -1.0]);
        assert!(safe(&x, true)?.to_vec()?[0].is_infinite());
        for (all, want) in [([20.0, 1.0], 20.0), ([3.0, 1.0], 1.0), ([-3.0, 1.0], -2.0)] {
            assert_eq!(nested(&vector(&all))?.item()?, want);
        }
        // The other branch would fail: a singular matrix.
        let a = Array::<f64>::zeros(&[2, 2])?;
        let flag = false;
        let y: Array<f64> = nums! { np.linalg.solve(a, x) if flag else x * 2 }?;
        assert_eq!(y.to_vec()?, [2.0, -2.0]);
        Ok(())
    });
}

/// Runs in a process of its own, whose standard error is read.
#[test]
fn prints_report_and_change_nothing() {
    const CHILD: &str = "NUMS_TEST_PRINTS";
    if std::env::var_os(CHILD).is_none() {
        let own = std::env::current_exe().unwrap();
        let test = "prints_report_and_change_nothing";
        let child = std::process::Command::new(own).args([test, "--exact", "--nocapture"]).env(CHILD, "1").output().unwrap();
        let said = String::from_utf8(child.stderr).unwrap();
        assert!(child.status.success(), "{said}");
        let want = "twice X: f64[4, 5], min 0.0, mean 19.0, max 38.0\n[[ 0.  2.  4.]\n [10. 12. 14.]\n [20. 22. 24.]] …\n";
        assert!(said.contains(want), "{said}");
        assert!(said.contains("n: f64[], min 4.0, mean 4.0, max 4.0\n4.0\n"), "{said}");
        return;
    }
    on(Cluster::threads(2).unwrap(), || {
        let x = Array::<f64>::from_vec((0..20).map(f64::from).collect(), &[4, 5])?.rechunk(&[3, 2])?;
        assert_eq!(shown(&x)?.to_vec()?, [60.0, 68.0, 76.0, 84.0, 92.0]);
        assert!(shown::ir(Stage::Fused).contains("\"twice X\""));
        Ok(())
    });
}

#[test]
fn random_numbers_depend_on_the_seed_alone() {
    let draw = |cluster: Cluster, seed| {
        let mut out = None;
        on(cluster, || {
            let (x, order) = drawn(seed, 1000)?;
            out = Some((x.to_vec()?, order.to_vec()?));
            Ok(())
        });
        out.unwrap()
    };
    let (x, order) = draw(Cluster::threads(1).unwrap(), 7);
    assert_eq!((x.clone(), order.clone()), draw(Cluster::local(2).unwrap(), 7));
    assert_ne!(x, draw(Cluster::threads(1).unwrap(), 8).0);
    let mean = x.iter().sum::<f64>() / 1000.0;
    assert!((mean - 1.0).abs() < 0.3, "{mean}");
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..1000) && !order.is_sorted());
}

#[test]
fn an_index_outside_is_an_error_of_the_call_with_its_place() {
    on(Cluster::threads(1).unwrap(), || {
        let x = vector(&[1.0, 2.0, 3.0]).rechunk(&[2])?;
        let i = Array::<i64>::from_vec(vec![0, 7], &[2])?;
        let error = nums! { x[i] -> Array<f64> }?.to_vec().unwrap_err().to_string();
        assert!(error.contains("index 7 is out of bounds for axis 0 with size 3"), "{error}");
        assert!(error.contains("tests/language.rs:"), "{error}");
        Ok(())
    });
}

#[test]
fn sorts_agree_with_rust_on_any_cut() {
    on(Cluster::threads(2).unwrap(), || {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as i64 % 50
        };
        for n in [1, 2, 7, 64, 129] {
            let all: Vec<i64> = (0..n).map(|_| next()).collect();
            let mut want = all.clone();
            want.sort_unstable();
            let mut order: Vec<i64> = (0..n).collect();
            order.sort_by_key(|i| all[*i as usize]);
            for block in [1, 3, 10, 200] {
                let x = Array::from_vec(all.clone(), &[n as usize])?.rechunk(&[block])?;
                let (sorted, places): (Array<i64>, Array<i64>) = nums! { (np.sort(x), np.argsort(x)) }?;
                assert_eq!((sorted.to_vec()?, places.to_vec()?), (want.clone(), order.clone()), "{n} by {block}");
            }
        }
        Ok(())
    });
}

#[test]
fn element_types_are_named_by_the_facade() {
    assert_eq!((<f32 as Element>::DTYPE, <f64 as Element>::DTYPE), (DType::F32, DType::F64));
}

#[test]
fn an_index_takes_only_the_blocks_that_it_touches() {
    on(Cluster::local(2).unwrap(), || {
        let all: Vec<f64> = (0..60).map(f64::from).collect();
        let x = Array::from_vec(all.clone(), &[60])?.rechunk(&[1])?;
        let text = nums::ir!(Stage::Tiled, x[7])?;
        assert!(!text.contains("60"), "{text}");
        let whole = Array::from_vec(all, &[60])?;
        for i in [0_i64, 1, 29, 59, -1, -60] {
            let one: f64 = nums! { x[i] }?;
            assert_eq!(one, whole.to_vec()?[(i.rem_euclid(60)) as usize]);
        }
        for (a, b) in [(0_i64, 60_i64), (3, 9), (-5, 60), (10, 10), (50, 20)] {
            let (cut, back): (Array<f64>, Array<f64>) = nums! { (x[a:b], x[b:a:-2]) }?;
            let (want, want_back): (Array<f64>, Array<f64>) = nums! { (whole[a:b], whole[b:a:-2]) }?;
            assert_eq!((cut.to_vec()?, back.to_vec()?), (want.to_vec()?, want_back.to_vec()?), "{a}:{b}");
        }
        let m = x.rechunk(&[60])?;
        let table: Array<f64> = nums! { m.reshape(6, 10) }?;
        let table = table.rechunk(&[1, 3])?;
        let corner: Array<f64> = nums! { table[None, -2:, ..., ::4] + table[0, 9] }?;
        assert_eq!((corner.shape(), corner.to_vec()?), (&[1, 2, 3][..], vec![49.0, 53.0, 57.0, 59.0, 63.0, 67.0]));
        let outside = nums! { x[60] -> f64 }.unwrap_err().to_string();
        assert!(outside.contains("index 60 is out of bounds for axis 0 with size 60"), "{outside}");
        Ok(())
    });
}

nums! {
    fn like(X: f32[n, d]) -> (f64[n, d], f32[n, d], i64[n, d], f64[n, d]) {
        n_rows, n_columns = X.shape;
        _total = n_rows * n_columns;
        (np.zeros(X.shape), np.ones(X.shape, dtype=f32), np.full(X.shape, 7), X.ravel().reshape(X.shape).astype(float))
    }
}

#[test]
fn shapes_and_python_s_dtypes_are_arguments() {
    on(Cluster::threads(1).unwrap(), || {
        let x = Array::<f32>::from_vec(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3])?;
        let (zeros, ones, sevens, same) = like(&x)?;
        assert_eq!((zeros.to_vec()?, ones.to_vec()?, sevens.to_vec()?), (vec![0.0; 6], vec![1.0f32; 6], vec![7; 6]));
        assert_eq!((same.shape(), same.to_vec()?), (&[2, 3][..], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let counts: Array<i64> = nums! { x.astype(int) + np.zeros((2, 3), dtype=int) }?;
        assert_eq!(counts.to_vec()?, [1, 2, 3, 4, 5, 6]);
        let error = nums! { a, b, c = x.shape; a + b + c -> i64 }.unwrap_err().to_string();
        assert!(error.contains("3 names for the 2 sizes of a shape"), "{error}");
        Ok(())
    });
}

#[test]
fn a_handle_shows_its_state_without_waiting() {
    on(Cluster::threads(1).unwrap(), || {
        let x = vector(&[1.0, 2.0, 3.0]).rechunk(&[2])?;
        x.wait()?;
        assert_eq!(format!("{x:?}"), "f64[3] in 2 blocks of [2], ready");
        let a = Array::<f64>::zeros(&[2, 2])?;
        let b = vector(&[1.0, 2.0]);
        let y: Array<f64> = nums! { np.linalg.solve(a, b) }?;
        assert!(y.wait().is_err());
        assert_eq!(format!("{y:?}"), "f64[2] in 1 block of [2], failed");
        Ok(())
    });
}

#[test]
fn a_large_array_is_shown_by_its_edges() {
    on(Cluster::threads(2).unwrap(), || {
        let n = 1_000_usize;
        let all: Vec<f64> = (0..n * n).map(|i| (i % 7) as f64).collect();
        let x = Array::from_vec(all, &[n, n])?.rechunk(&[300, 999])?;
        let want = "[[0. 1. 2. ... 3. 4. 5.]";
        let text = x.to_string();
        assert_eq!((text.lines().next(), text.lines().count()), (Some(want), 7), "{text}");
        let near: Array<f64> = nums! { x[:200, :300] }?;
        let whole = near.to_string();
        assert_eq!((whole.lines().count(), whole.matches("...").count()), (7, 7), "{whole}");
        Ok(())
    });
}

nums! {
    fn mean_distance(x: f32[..]) -> f32[..] {
        x - sum(x) / x.size
    }

    fn table_of(x: f64[..], y: f64[n]) -> f64[..] {
        zeros((x.shape[0], len(y))) + x.shape[-1] * x.ndim + y
    }

    fn kept(x: f64[n]) -> f64[k] {
        large = x > 0;
        x[large]
    }
}

#[test]
fn sizes_of_an_array_of_any_rank_are_known_when_it_is_called() {
    let cluster = Cluster::threads(2).unwrap();
    let _guard = cluster.enter();
    for shape in [&[6][..], &[2, 3], &[1, 3, 2]] {
        let x = Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 9.0], shape).unwrap();
        let centred = mean_distance(&x).unwrap();
        assert_eq!((centred.shape(), centred.to_vec().unwrap()), (shape, vec![-3.0, -2.0, -1.0, 0.0, 1.0, 5.0]));
    }
    let (x, y) = (Array::<f64>::zeros(&[3, 5]).unwrap(), Array::<f64>::ones(&[4]).unwrap());
    let table = table_of(&x, &y).unwrap();
    assert_eq!((table.shape(), table.to_vec().unwrap()), (&[3, 4][..], vec![11.0; 12]));
}

nums! {
    fn by_numpy(w: f32[n], s: f64) -> f64[n] {
        w * np.abs(s)
    }

    fn by_numpy_on_the_way(w: f32[n], s: f64) -> f64[n] {
        w * np.multiply(s - 1, 2)
    }

    fn by_python(w: f32[n], s: f64, k: usize) -> f32[n] {
        w * abs(s) + pow(s, 2) + floor_divide(s, 2) + abs(k)
    }

    fn by_numpy_of_an_integer(w: f32[n], k: usize) -> f64[n] {
        w * np.abs(k)
    }
}

#[test]
fn functions_of_numpy_make_plain_numbers_its_scalars() {
    let cluster = Cluster::threads(1).unwrap();
    let _guard = cluster.enter();
    let w = Array::from_vec(vec![1.0f32, 2.0], &[2]).unwrap();
    assert_eq!(by_numpy(&w, -0.1).unwrap().to_vec().unwrap(), [0.1, 0.2]);
    assert_eq!(by_numpy_on_the_way(&w, 3.0).unwrap().to_vec().unwrap(), [4.0, 8.0]);
    assert_eq!(by_numpy_of_an_integer(&w, 3).unwrap().to_vec().unwrap(), [3.0, 6.0]);
    assert_eq!(by_python(&w, -2.0, 3).unwrap().to_vec().unwrap(), [8.0, 10.0]);
    let s = 0.1;
    let of_numpy: nums::DynArray = nums! { w * np.negative(s) }.unwrap();
    let of_python: nums::DynArray = nums! { w * -s }.unwrap();
    assert_eq!((of_numpy.dtype(), of_python.dtype()), (nums::DType::F64, nums::DType::F32));
}

nums! {
    fn scaled_or_summed(x: f64[n], scale: bool, k: usize) -> f64[n] {
        x * k if scale else cumsum(x)
    }
}

#[test]
fn a_plan_takes_the_branch_of_the_boolean_that_is_given() {
    let spec = nums::ClusterSpec::uniform(2, 1);
    let plan = |ints: &[i64]| scaled_or_summed::plan_with(&spec, &[&[64]], &[&[8]], ints);
    let tasks = |scale| plan(&[scale, 3]).unwrap().tasks();
    assert_eq!((tasks(1), tasks(0)), (8, 21));
    let said = plan(&[3]).unwrap_err().to_string();
    assert!(said.contains("`scale` chooses a branch: give the integers and booleans to `plan_with`"), "{said}");
    let said = plan(&[1, 3, 4]).unwrap_err().to_string();
    assert!(said.contains("3 values for 1 integer and 1 boolean parameters"), "{said}");
}

#[test]
fn a_plan_of_a_call_that_waits_says_where_and_for_what() {
    let spec = nums::ClusterSpec::uniform(2, 1);
    let said = kept::plan(&spec, &[&[64]]).unwrap_err().to_string();
    assert!(
        said.contains("tests/language.rs:") && said.contains("`kept` waits here for a value, which decides a size"),
        "{said}"
    );
    assert!(said.contains("help: plan its parts"), "{said}");
}
