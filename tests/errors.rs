//! What goes wrong at run time says what, where and which call: one mistake a test, its text pinned.

use nums::CsvOptions;
use nums::prelude::*;
use std::path::PathBuf;

/// A file that lives as long as the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, bytes: &[u8]) -> File {
        let path = std::env::temp_dir().join(format!("nums-errors-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        File(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The error's text without the folder of temporary files.
fn text<T>(result: Result<T>) -> String {
    let text = match result {
        Ok(_) => panic!("no error"),
        Err(e) => e.to_string(),
    };
    let folder = format!("{}/nums-errors-{}-", std::env::temp_dir().display(), std::process::id());
    text.replace(&folder, "").replace(&std::process::id().to_string(), "PID")
}

fn on_threads<T>(run: impl FnOnce(&Cluster) -> T) -> T {
    let cluster = Cluster::threads(2).unwrap();
    let _entered = cluster.enter();
    run(&cluster)
}

#[test]
fn a_missing_file() {
    let missing = std::env::temp_dir().join(format!("nums-errors-{}-none.npy", std::process::id()));
    let error = on_threads(|_| text(Array::<f64>::read_npy(&missing)));
    insta::assert_snapshot!(error, @"none.npy: No such file or directory (os error 2)");
}

#[test]
fn another_dtype_in_a_file() {
    let error = on_threads(|_| {
        let file = File::new("i32.npy", b"");
        Array::<i32>::from_vec(vec![1, 2], &[2]).unwrap().write_npy(&file.0).unwrap();
        text(Array::<f64>::read_npy(&file.0))
    });
    insta::assert_snapshot!(error, @"i32.npy: expected dtype f64, found i32");
}

#[test]
fn a_file_that_is_not_npy() {
    let file = File::new("text.npy", b"hello, world");
    let error = on_threads(|_| text(Array::<f64>::read_npy(&file.0)));
    insta::assert_snapshot!(error, @"text.npy: not an npy file");
}

#[test]
fn a_ragged_csv() {
    let file = File::new("ragged.csv", b"1,2,3\n4,5,6\n7,8\n");
    let error = on_threads(|_| text(Array::<f64>::read_csv(&file.0, CsvOptions::new())));
    insta::assert_snapshot!(error, @"ragged.csv:3:3: expected 3 fields, found 2");
}

#[test]
fn a_word_in_a_csv() {
    let file = File::new("word.csv", b"1,2\n3,x\n");
    let error = on_threads(|_| text(Array::<f64>::read_csv(&file.0, CsvOptions::new())));
    insta::assert_snapshot!(error, @"word.csv:2:2: expected f64, found `x`");
}

#[test]
fn a_singular_matrix_says_which_call_and_where() {
    let error = on_threads(|_| {
        let a = Array::<f64>::zeros(&[3, 3]).unwrap();
        let b = Array::<f64>::ones(&[3]).unwrap();
        let x = nums! { linalg.solve(a, b) -> Array<f64> };
        text(x.and_then(|x| x.to_ndarray()))
    });
    insta::assert_snapshot!(error, @"expr, call 3: solve at tests/errors.rs:83:25: singular, block (0), 3");
}

#[test]
fn what_depends_on_a_failure_fails_with_it() {
    let error = on_threads(|_| {
        let a = Array::<f64>::zeros(&[2, 2]).unwrap();
        let b = Array::<f64>::ones(&[2]).unwrap();
        let x = nums! { linalg.solve(a, b) -> Array<f64> }.unwrap();
        text(nums! { np.sum(x + 1) -> f64 })
    });
    insta::assert_snapshot!(error, @"expr, call 3: solve at tests/errors.rs:94:25: singular, block (0), 2");
}

#[test]
fn arrays_of_two_clusters() {
    let (one, two) = (Cluster::threads(1).unwrap(), Cluster::threads(1).unwrap());
    let a = {
        let _entered = one.enter();
        Array::<f64>::zeros(&[2]).unwrap()
    };
    let b = {
        let _entered = two.enter();
        Array::<f64>::zeros(&[2]).unwrap()
    };
    insta::assert_snapshot!(text(nums! { a + b -> Array<f64> }), @"which cluster? operands live on Cluster(threads:1) and on Cluster(threads:1)");
}

#[test]
fn shapes_that_do_not_broadcast() {
    let error = on_threads(|_| {
        let a = Array::<f64>::zeros(&[2, 3]).unwrap();
        let b = Array::<f64>::zeros(&[4]).unwrap();
        text(nums! { a + b -> Array<f64> })
    });
    insta::assert_snapshot!(error, @r"
    expr at tests/errors.rs:119:22: shapes do not broadcast in `a + b`: f64[2, 3] and f64[4]
    note: axes are aligned at the right: `3` meets `4`
    ");
}

#[test]
fn another_dtype_than_the_result_says() {
    let error = on_threads(|_| {
        let a = Array::<f32>::zeros(&[2]).unwrap();
        text(nums! { a + a -> Array<f64> })
    });
    insta::assert_snapshot!(error, @"the result of `nums!`: expected dtype f64, found f32");
}

#[test]
fn a_negative_power_of_an_integer() {
    let error = on_threads(|_| {
        let a = Array::<i64>::full(&[2], 3).unwrap();
        let b = Array::<i64>::full(&[2], -1).unwrap();
        let c = nums! { a ** b -> Array<i64> };
        text(c.and_then(|c| c.to_ndarray()))
    });
    insta::assert_snapshot!(error, @"expr, call 3: kernel at tests/errors.rs:141:25: integers to negative integer powers are not allowed, block (0), 2");
}

#[test]
fn a_block_of_size_zero() {
    let error = on_threads(|_| text(Array::<f64>::zeros(&[4]).unwrap().rechunk(&[0])));
    insta::assert_snapshot!(error, @"rechunk of an array of shape [4] to blocks [0]: the block size of axis 0 is 0");
}

#[test]
fn killed_workers_are_an_error_only_when_none_is_left() {
    let cluster = Cluster::local(2).unwrap();
    let _entered = cluster.enter();
    let a = Array::<f64>::ones(&[100_000]).unwrap();
    let pids = cluster.status().unwrap().pids();
    assert_eq!(pids.len(), 2);
    // SIGKILL through the shell: no unsafe in a test of the facade.
    let kill = |pid: u32| std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success();
    assert!(kill(pids[1]));
    let sum: f64 = nums! { np.sum(a * 2) }.unwrap();
    assert_eq!(sum, 200_000.0);
    assert!(kill(pids[0]));
    let error = text(nums! { np.sum(a * 3) -> f64 });
    assert!(error.contains("lost"), "{error}");
    // It ends; whether the loss itself still counts as unread depends on which of both the driver saw first.
    let _ = cluster.finish();
}

#[test]
fn a_plain_integer_that_the_dtype_does_not_hold() {
    let error = on_threads(|_| {
        let x = Array::<u8>::from_vec(vec![1, 2], &[2]).unwrap();
        // One plan for both calls: the value is checked in each.
        let add = |k: i64| -> Result<Array<u8>> {
            nums! { x + k }
        };
        assert_eq!(add(254).unwrap().to_vec().unwrap(), [255, 0]);
        text(add(300))
    });
    insta::assert_snapshot!(error, @r"
    expr at tests/errors.rs:178:21: the integer 300 is out of bounds for u8
    note: u8 holds 0 to 255
    help: use a wider dtype, as in `x.astype(i64)`
    ");
}
