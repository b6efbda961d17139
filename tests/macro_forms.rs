//! Both forms of `nums!` as Rust sees them: what is captured, borrowed, named, returned, inlined, and which kernels run.

use nums::ndarray::{ArrayD, IxDyn};
use nums::prelude::*;
use nums::{Error, Stage};

nums! {
    fn half_width(x: f32[n], s: f64) -> f32[n] {
        x * s + 1
    }

    fn strong(x: f32[n], s: f64) -> f64[n] {
        x * exp(s)
    }

    fn sized(k: usize, flag: bool) -> (f64[k, k], i64) {
        (eye(k) * flag + ones((k, k)), k * 2)
    }

    fn extremes(x: f64[n]) -> (f64[], f64) {
        low, high = both(x);
        (low, high + n)
    }

    fn both(v: f64[m]) -> (f64[], f64[]) {
        (min(v), max(v))
    }

    fn any_rank(x: f64[..]) -> f64[..] {
        -x
    }

    fn counted(x: f64[n]) -> usize {
        sum(x > 1)
    }

    fn one_sized(x: f64[n], y: f64[n - 1]) -> f64[n - 1] {
        x[1:] - x[:-1] + y
    }
}

fn on_threads<T>(run: impl FnOnce(&Cluster) -> Result<T>) -> T {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    let out = run(&cluster).unwrap();
    cluster.finish().unwrap();
    out
}

fn vector(values: &[f64]) -> Result<Array<f64>> {
    Array::from_vec(values.to_vec(), &[values.len()])
}

#[test]
fn plain_numbers_are_weak_and_functions_of_them_strong() {
    on_threads(|_| {
        let x = Array::<f32>::from_vec(vec![1.0, 2.0], &[2])?;
        assert_eq!(half_width(&x, 0.5)?.to_vec()?, [1.5_f32, 2.0]);
        assert_eq!(strong(&x, 0.0)?.to_vec()?, [1.0_f64, 2.0]);
        let s = 0.5;
        let y: Array<f32> = nums! { x * s }?;
        assert_eq!(y.to_vec()?, [0.5, 1.0]);
        Ok(())
    });
}

#[test]
fn results_are_what_the_declaration_says() {
    on_threads(|_| {
        let (eye, twice) = sized(2, true)?;
        assert_eq!((eye.to_vec()?, twice), (vec![2.0, 1.0, 1.0, 2.0], 4_i64));
        let (low, high) = extremes(&vector(&[3.0, -1.0, 2.0])?)?;
        assert_eq!((low.shape(), low.item()?, high), (&[][..], -1.0, 6.0));
        assert_eq!(counted(&vector(&[3.0, -1.0, 2.0])?)?, 2_usize);
        let cube = any_rank(&Array::ones(&[2, 1, 2])?)?;
        assert_eq!((cube.shape(), cube.to_vec()?), (&[2, 1, 2][..], vec![-1.0; 4]));
        Ok(())
    });
}

#[test]
fn a_declared_size_is_a_condition_of_the_call() {
    on_threads(|_| {
        let x = vector(&[1.0, 4.0, 9.0])?;
        assert_eq!(one_sized(&x, &vector(&[0.0, 1.0])?)?.to_vec()?, [3.0, 6.0]);
        let error = one_sized(&x, &x).expect_err("3 is not 3 - 1");
        assert!(matches!(error, Error::Program { .. }), "{error}");
        Ok(())
    });
}

#[test]
fn expressions_borrow_what_they_capture() {
    struct Model {
        weights: Array<f64>,
    }
    on_threads(|_| {
        let model = Model { weights: vector(&[1.0, 2.0])? };
        let (x, k) = (vector(&[10.0, 20.0])?, 1);
        let by_reference = &x;
        // Places are borrowed, `?` works, statements are a block.
        let sum: f64 = nums! { np.sum({ model.weights } * by_reference[k:]) + { "2".len() } }?;
        assert_eq!(sum, 61.0 + 1.0 - 1.0);
        let parsed = nums! { x + { "3".parse::<f64>().map_err(|_| Error::Closed)? } -> Array<f64> }?;
        assert_eq!(parsed.to_vec()?, [13.0, 23.0]);
        let block = nums! { x * { let two = 2.0; two * two } -> Array<f64> }?;
        assert_eq!(block.to_vec()?, [40.0, 80.0]);
        assert_eq!((model.weights.shape(), x.shape(), k), (&[2][..], &[2][..], 1));
        Ok(())
    });
}

#[test]
fn assignments_stay_inside() {
    on_threads(|_| {
        let (x, y) = (vector(&[1.0, 2.0])?, 7);
        let z: Array<f64> = nums! { y = x + y; x = y * 2; _unread = x; x - y }?;
        assert_eq!((z.to_vec()?, y), (vec![8.0, 9.0], 7));
        assert_eq!(x.to_vec()?, [1.0, 2.0]);
        Ok(())
    });
}

#[test]
fn the_context_or_the_arrow_names_the_result() {
    on_threads(|_| {
        let x = vector(&[1.0, 2.0])?;
        let dense: ArrayD<f64> = nums! { x + 1 }?;
        assert_eq!(dense, ArrayD::from_shape_vec(IxDyn(&[2]), vec![2.0, 3.0]).unwrap());
        let dynamic = nums! { x > 1 -> Array }?;
        assert_eq!(dynamic.dtype(), nums::DType::Bool);
        let (low, high): (f64, Array<f64>) = nums! { np.min(x), x[1:] }?;
        assert_eq!((low, high.to_vec()?), (1.0, vec![2.0]));
        let (count, flags) = nums! { (len(x), x == 2) -> (i64, bool[..]) }?;
        assert_eq!((count, flags.to_vec()?), (2, vec![false, true]));
        let shape = nums! { np.zeros((2, 1)) -> f64[2, 1] }?;
        assert_eq!(shape.shape(), [2, 1]);
        let error = nums! { x + 1 -> Array<f32> }.expect_err("nothing is cast silently");
        assert!(matches!(error, Error::DType { .. }), "{error}");
        Ok(())
    });
}

#[test]
fn the_type_after_the_arrow_is_held() {
    on_threads(|_| {
        let x = vector(&[1.0, 2.0])?;
        let k = 2;
        let zeros = nums! { np.zeros(k) + x -> f64[k] }?;
        assert_eq!(zeros.shape(), [2]);
        let error = nums! { x + 1 -> f64[3] }.expect_err("the result has two elements").to_string();
        assert!(error.contains("f64[3]") && error.contains("f64[2]"), "{error}");
        Ok(())
    });
}

/// Names of the user's macro are the user's own.
macro_rules! squared {
    ($a:expr) => {{
        let tmp = 2;
        nums! { $a ** tmp -> Array<f64> }
    }};
}

mod elsewhere {
    pub(crate) use nums as library;
}

#[test]
fn other_macros_and_other_names_of_the_library_work() {
    on_threads(|_| {
        let tmp = vector(&[3.0])?;
        assert_eq!(squared!(tmp)?.to_vec()?, [9.0]);
        let renamed: f64 = elsewhere::library::nums! { crate = crate::elsewhere::library; np.sum(tmp) }?;
        assert_eq!(renamed, 3.0);
        let in_parentheses: f64 = nums!(np.sum(tmp * *2))?;
        assert_eq!(in_parentheses, 9.0);
        Ok(())
    });
}

#[test]
fn every_stage_can_be_looked_at() {
    for (stage, name) in [(Stage::Parsed, "parsed"), (Stage::Typed, "typed"), (Stage::Fused, "fused"), (Stage::Tiled, "tiled")] {
        let text = half_width::ir(stage);
        assert!(text.starts_with(&format!("nums-ir 1\n; stage: {name}\n")), "{text}");
    }
    on_threads(|cluster| {
        let x = vector(&[1.0, 2.0])?;
        let text = nums::ir!(Stage::Typed, np.exp(x) + 1)?;
        assert!(text.contains("exp %x") && text.contains("stage: typed"), "{text}");
        let plan = half_width::plan(&cluster.spec(), &[&[5]])?;
        assert_eq!(plan.bytes_moved(), 0);
        Ok(())
    });
}

#[test]
fn functions_run_native_loops_and_expressions_the_interpreter() {
    on_threads(|cluster| {
        let x = Array::<f32>::from_vec(vec![1.0, 2.0], &[2])?;
        half_width(&x, 0.5)?.wait()?;
        let (native, interpreted) = cluster.status()?.groups();
        assert!(native > 0 && interpreted == 0, "{native} native, {interpreted} interpreted");
        let s = 3.25;
        let y: Array<f32> = nums! { x / s - x * (s + x) }?;
        y.wait()?;
        let (after, interpreted) = cluster.status()?.groups();
        assert!(after == native && interpreted > 0, "{after} native, {interpreted} interpreted");
        Ok(())
    });
}

#[test]
fn a_failure_names_the_place_in_the_source() {
    on_threads(|_| {
        let (a, b) = (vector(&[1.0, 2.0])?, vector(&[1.0, 2.0, 3.0])?);
        let line = line!() + 1;
        let error = nums! { 1 + (a * b) -> Array<f64> }.expect_err("2 is not 3").to_string();
        assert!(error.contains(&format!("{}:{line}:33", file!())), "{error}");
        Ok(())
    });
}
