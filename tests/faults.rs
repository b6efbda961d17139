//! Workers die while programs of a user run: the bits do not change, or an error says what could not be had.

use nums::prelude::*;
use nums::{Error, ndarray};
use std::process::Command;

nums! {
    fn newton(X: f64[n, d], y: f64[n], b: f64[d]) -> f64[d] {
        mu = 1 / (1 + np.exp(-(X @ b)));
        b - np.linalg.solve((X.T * (mu * (1 - mu))) @ X + np.eye(d), X.T @ (mu - y) + b)
    }
    fn step(x: f64[n]) -> f64[n] { np.sort(np.sin(x) * 3) }
    fn heat(u: f64[n, m]) -> f64[n, m] { np.pad((u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]) / 4, 1) }
}

fn kill(cluster: &Cluster, node: usize) {
    let pid = cluster.status().unwrap().pids()[node];
    assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
}

fn values(n: usize) -> Vec<f64> {
    (0..n).map(|i| (i * 7919 % 1009) as f64 / 1009.0 - 0.5).collect()
}

/// Newton's method, a chain of large results, and one of slices that are read in place, with `trouble` before some of the calls.
fn program(trouble: impl Fn(usize)) -> Result<[Vec<u64>; 3]> {
    let x = Array::from_vec(values(4096 * 8), &[4096, 8])?.rechunk(&[256, 8])?;
    let y = Array::from_vec((0..4096).map(|i| f64::from(i % 2)).collect(), &[4096])?.rechunk(&[256])?;
    let mut b = Array::zeros(&[8])?;
    let mut c = Array::from_vec(values(40_000), &[40_000])?.rechunk(&[2_500])?;
    let mut u = Array::from_vec(values(120 * 90), &[120, 90])?.rechunk(&[40, 30])?;
    for i in 0..10 {
        trouble(i);
        u = heat(&u)?;
        b = newton(&x, &y, &b)?;
        c = step(&c)?;
    }
    let bits = |v: Vec<f64>| v.into_iter().map(f64::to_bits).collect();
    Ok([bits(b.to_vec()?), bits(c.to_vec()?), bits(u.to_vec()?)])
}

#[test]
fn the_bits_are_those_of_an_undisturbed_run() {
    let alone = Cluster::threads(2).unwrap();
    let want = {
        let _entered = alone.enter();
        program(|_| {}).unwrap()
    };
    // No block stays in such a cache: results are written over what nobody needs any more, also when that is needed again.
    let cluster = Cluster::builder().workers(3).threads(1).cache(1).start().unwrap();
    let _entered = cluster.enter();
    let trouble = |i| match i {
        3 => kill(&cluster, 1),
        5 => cluster.sever(0, 2),
        7 => kill(&cluster, 0),
        _ => {}
    };
    assert_eq!(program(trouble).unwrap(), want);
    // Who is left is planned for and named.
    assert_eq!(cluster.spec().nodes.len(), 1);
    cluster.finish().unwrap();
}

#[test]
fn what_came_from_a_file_is_read_again_unless_it_changed() {
    let path = std::env::temp_dir().join(format!("nums-faults-{}.npy", std::process::id()));
    let cluster = Cluster::builder().workers(3).threads(1).start().unwrap();
    let _entered = cluster.enter();
    Array::from_vec(values(40_000), &[40_000]).unwrap().write_npy(&path).unwrap();
    let x = Array::<f64>::read_npy(&path).unwrap();
    kill(&cluster, 0);
    kill(&cluster, 1);
    assert_eq!(x.to_vec().unwrap(), values(40_000));
    cluster.finish().unwrap();

    let cluster = Cluster::builder().workers(2).threads(1).start().unwrap();
    let _entered = cluster.enter();
    let x = Array::<f64>::read_npy(&path).unwrap();
    std::fs::write(&path, "another file").unwrap();
    kill(&cluster, 0);
    let doubled: Result<Array<f64>> = nums! { x * 2 };
    let error = doubled.and_then(|y| y.to_vec()).unwrap_err();
    assert!(matches!(&error, Error::SourceChanged { path: changed } if *changed == path), "{error}");
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_checkpoint_stands_for_what_it_was_computed_from() {
    let cluster = Cluster::builder().workers(2).threads(1).keep_inputs(false).start().unwrap();
    let _entered = cluster.enter();
    let data = ndarray::Array1::from_vec(values(100_000));
    let x = Array::from_ndarray_blocked(&data, &[10_000]).unwrap();
    let y: Array<f64> = nums! { x + 1 }.unwrap();
    y.checkpoint().unwrap();
    kill(&cluster, 1);
    assert_eq!(y.to_vec().unwrap(), data.iter().map(|x| x + 1.0).collect::<Vec<_>>());
    let error = x.to_vec().unwrap_err();
    assert!(matches!(error, Error::WorkerLost { node: 1, .. }), "{error}");
    assert!(error.to_string().contains("of which the driver has no copy"), "{error}");
    assert_eq!(nums! { np.sum(y) > 0 -> bool }.ok(), Some(true));
}
