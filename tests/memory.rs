//! Arrays three times larger than all budgets together: the same bits, by way of the disk, or an error that says what is full.

use nums::prelude::*;
use nums::{Cluster, Error};

nums! {
    fn chain(x: f64[n]) -> f64[n] { np.sqrt(np.abs(x * 2.0 + 1.0)) - x / 3.0 }
    fn later(x: f64[n], y: f64[n]) -> f64[n] { y * y - x }
    fn product(A: f64[n, n], B: f64[n, n]) -> f64[n, n] { A @ B }
    fn ordered(x: f64[n]) -> f64[n] { np.sort(x) }
    fn scaled(x: f64[n]) -> f64[n] { np.sort(x) * 2.0 - 1.0 }
    fn both(x: f64[n]) -> (f64[n], f64[n]) { s = np.sort(x); (s, s * 2.0 - 1.0) }
    fn centred(x: f64[n]) -> f64[n] { y = np.sort(x); y - y[0] }
}

fn values(n: usize) -> Vec<f64> {
    (0..n).map(|i| (i * 7919 % 100_003) as f64 / 1009.0 - 40.0).collect()
}

/// 3 MiB.
const N: usize = 384 << 10;
const SIDE: usize = 640;

/// What the programs answer on this cluster, which holds the input all the time.
fn answers(cluster: &Cluster) -> Result<Vec<Vec<f64>>> {
    let _entered = cluster.enter();
    let x = Array::from_vec(values(N), &[N])?.rechunk(&[8192])?;
    let y = chain(&x)?;
    let z = later(&x, &y)?;
    let total = nums! { np.sum(z) -> f64 }?;
    let recut = z.rechunk(&[12_000])?;
    let sorted = ordered(&x)?;
    let square = nums::ndarray::Array2::from_shape_vec((SIDE, SIDE), values(SIDE * SIDE)).expect("a square");
    let a = Array::from_ndarray_blocked(&square, &[64, 64])?;
    let p = product(&a, &a)?;
    Ok(vec![y.to_vec()?, z.to_vec()?, vec![total], recut.to_vec()?, sorted.to_vec()?, p.to_vec()?, x.to_vec()?])
}

fn bits(answers: &[Vec<f64>]) -> Vec<Vec<u64>> {
    answers.iter().map(|a| a.iter().map(|x| x.to_bits()).collect()).collect()
}

#[test]
fn arrays_larger_than_memory_have_the_same_bits() -> Result<()> {
    let wide = Cluster::threads(2)?;
    let want = bits(&answers(&wide)?);
    assert_eq!(wide.status()?.spilled_bytes(), 0);
    wide.finish()?;
    for builder in [Cluster::builder().threads(2).memory(1 << 20), Cluster::builder().workers(2).threads(1).memory(1 << 19)] {
        let tight = builder.start()?;
        let got = answers(&tight)?;
        assert!(bits(&got) == want, "other bits on {tight:?}");
        let status = tight.status()?;
        assert!(status.spilled_bytes() > 6 << 20, "{status}");
        tight.finish()?;
    }
    Ok(())
}

/// The sorted elements are nobody's but the next task's: its result takes their place.
#[test]
fn the_buffer_of_a_dead_operand_serves_a_result_of_its_size() -> Result<()> {
    let size = N as u64 * 8;
    let mut all = Vec::new();
    for builder in [Cluster::builder().threads(1), Cluster::builder().workers(2).threads(1)] {
        let cluster = builder.cache(4096).start()?;
        let _entered = cluster.enter();
        let x = Array::from_vec(values(N), &[N])?.rechunk(&[N])?;
        let one = scaled(&x)?;
        one.wait()?;
        let (_, home) = (x.to_vec()?, cluster.status()?.peak_bytes());
        // The operand and the result; what was sorted was never beside it.
        assert_eq!(home, 2 * size, "{}", cluster.status()?);
        let (sorted, two) = both(&x)?;
        two.wait()?;
        assert_eq!(cluster.status()?.peak_bytes(), 4 * size, "what was sorted is kept besides the result of before");
        let (one, two) = (one.to_vec()?, two.to_vec()?);
        assert!(bits(std::slice::from_ref(&one)) == bits(&[two]), "other bits in a buffer of its own");
        let mut want = values(N);
        want.sort_by(f64::total_cmp);
        assert!(sorted.to_vec()? == want && one.iter().zip(&want).all(|(y, x)| *y == x * 2.0 - 1.0));
        let first = want[0];
        assert!(centred(&x)?.to_vec()?.iter().zip(&want).all(|(y, x)| *y == x - first));
        all.push(bits(&[one]));
    }
    assert!(all[0] == all[1]);
    Ok(())
}

/// Of many small blocks each that is made asks for room: what that costs may not grow with those that are there.
#[test]
fn many_small_blocks_go_to_disk_and_come_back() -> Result<()> {
    let n = 40_000;
    let cluster = Cluster::builder().threads(2).memory(n as u64 * 4).start()?;
    let _entered = cluster.enter();
    let line = nums::ndarray::Array1::from_vec(values(n));
    let [y, want] = [1, 1000].map(|block| Array::from_ndarray_blocked(&line, &[block]).and_then(|x| chain(&x)));
    assert!(bits(&[y?.to_vec()?]) == bits(&[want?.to_vec()?]));
    assert!(cluster.status()?.spilled_bytes() > 0);
    cluster.finish()
}

#[test]
fn a_full_disk_is_an_error_that_names_the_folder_and_nothing_hangs() -> Result<()> {
    let folder = std::env::temp_dir();
    let cluster = Cluster::builder().threads(2).memory(1 << 20).spill(&folder).spill_quota(256 << 10).start()?;
    let _entered = cluster.enter();
    let ones = Array::<f64>::ones(&[N])?.rechunk(&[8192])?;
    let error = ones.wait().and_then(|()| ones.to_vec().map(drop)).expect_err("3 MiB have no room");
    assert!(matches!(error, Error::OutOfMemory { limit: 1_048_576, .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("no room for") && text.contains(&folder.display().to_string()), "{text}");
    drop(ones);
    let small = Array::<f64>::ones(&[8192])?;
    assert_eq!(nums! { np.sum(small) -> f64 }?, 8192.0, "what was freed is free again");
    Ok(())
}

/// The same test in a process of its own, in which the shell has said `limit` first; it says "told" when it has seen all.
#[cfg(target_os = "linux")]
fn told_under(limit: &str, test: &str) {
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("{limit}; exec \"$0\" --exact {test} --nocapture")])
        .arg(std::env::current_exe().expect("an executable"))
        .env("NUMS_TEST_OF_LIMITS", "1")
        .output()
        .expect("a shell");
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (words(&output.stdout), words(&output.stderr));
    assert!(output.status.success() && out.contains("told"), "{out}{err}");
}

#[cfg(target_os = "linux")]
fn is_limited() -> bool {
    std::env::var_os("NUMS_TEST_OF_LIMITS").is_some()
}

/// A file that may not grow is refused by the system in the middle of writing, as on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_grow_is_an_error_that_names_it_and_nothing_hangs() -> Result<()> {
    if !is_limited() {
        told_under("ulimit -f 2048", "a_file_that_cannot_grow_is_an_error_that_names_it_and_nothing_hangs");
        return Ok(());
    }
    let folder = std::env::temp_dir();
    for builder in [Cluster::builder().threads(2), Cluster::builder().workers(2).threads(1)] {
        let cluster = builder.memory(1 << 20).spill(&folder).start()?;
        let _entered = cluster.enter();
        let ones = Array::<f64>::ones(&[2 * N])?.rechunk(&[8192])?;
        let error = ones.wait().and_then(|()| ones.to_vec().map(drop)).expect_err("6 MiB have no room");
        assert!(matches!(error, Error::OutOfMemory { limit: 1_048_576, .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(&format!("to {}: File too large", folder.display())), "{text}");
        drop(ones);
        let small = Array::<f64>::ones(&[8192])?;
        assert_eq!(nums! { np.sum(small) -> f64 }?, 8192.0, "what was freed is free again");
    }
    println!("told");
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_the_driver_cannot_hold_is_refused_before_it_moves() -> Result<()> {
    if !is_limited() {
        told_under("true", "a_result_that_the_driver_cannot_hold_is_refused_before_it_moves");
        return Ok(());
    }
    let cluster = Cluster::threads(1)?;
    let ones = Array::<f64>::ones(&[16 << 20])?;
    ones.wait()?;
    // 128 MiB are there; from now on this process may grow by 100.
    let pages = std::fs::read_to_string("/proc/self/statm").expect("its size");
    let size: u64 = pages.split(' ').next().and_then(|n| n.parse().ok()).expect("pages");
    let most = size * 4096 + (100 << 20);
    let pid = std::process::id().to_string();
    let limited = std::process::Command::new("prlimit").args(["--pid", &pid, &format!("--as={most}")]).status();
    assert!(limited.expect("prlimit, of util-linux").success());
    let error = ones.to_vec().expect_err("128 MiB more");
    let Error::OutOfMemory { what, need: 134_217_728, limit } = &error else { panic!("{error:?}") };
    assert!(what == "a gather to the driver" && *limit < 101 << 20, "{error}");
    assert_eq!(nums! { np.sum(ones) -> f64 }?, (16 << 20) as f64, "what needs no gather goes on");
    println!("told");
    cluster.finish()
}

#[test]
fn a_folder_that_does_not_exist_is_found_when_it_is_needed() -> Result<()> {
    let cluster = Cluster::builder().threads(1).memory(1 << 20).spill("/no/such/folder").start()?;
    let _entered = cluster.enter();
    let fits = Array::<f64>::ones(&[8192])?;
    fits.wait()?;
    let error = Array::from_vec(values(N), &[N])?.rechunk(&[8192])?.to_vec().expect_err("nowhere to spill");
    assert!(error.to_string().contains("/no/such/folder: No such file"), "{error}");
    Ok(())
}

#[test]
fn a_task_that_no_worker_can_hold_is_an_error_before_anything_runs() -> Result<()> {
    let cluster = Cluster::builder().threads(1).memory(100_000).start()?;
    let _entered = cluster.enter();
    let x = Array::from_vec(values(10_000), &[10_000])?;
    let error = chain(&x).expect_err("80 kB and 80 kB do not fit into 100 kB");
    assert!(matches!(error, Error::OutOfMemory { need: 160_000, limit: 100_000, .. }), "{error:?}");
    assert!(error.to_string().contains("block [0] of `"), "{error}");
    Ok(())
}

#[test]
fn no_memory_is_no_setting() {
    let error = Cluster::builder().threads(1).memory(0).start().map(drop).expect_err("0 bytes");
    assert_eq!(error.to_string(), "memory of a cluster=0: expected at least 1 byte");
}
