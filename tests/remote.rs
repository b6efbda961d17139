//! Workers that join by themselves, as on other machines: real processes of `nums-worker` over loopback.
#![cfg(target_os = "linux")]

use nums::prelude::*;
use nums::{ClusterBuilder, Error};
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

nums! {
    fn smooth(X: f64[n, d]) -> f64[d] {
        mean(exp(-X * X) + 0.25, axis=0)
    }
}

/// A folder with a token file, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("nums-remote-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("token"), format!("the token of the test {name}\n")).unwrap();
        Folder(path)
    }

    fn token(&self) -> PathBuf {
        self.0.join("token")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// A port that nobody has: workers wait for a driver, so it may be known before one listens.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn worker(driver: SocketAddr, token: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_nums-worker"))
        .args(["--join", &driver.to_string(), "--threads", "1", "--token-file"])
        .arg(token)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// As `worker`, with the token through a descriptor.
fn worker_by_descriptor(driver: SocketAddr, token: &Path) -> Child {
    Command::new("sh")
        .args(["-c", "exec \"$0\" --join \"$1\" --threads 1 --token-fd 7 7<\"$2\"", env!("CARGO_BIN_EXE_nums-worker")])
        .arg(driver.to_string())
        .arg(token)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn driver(address: SocketAddr, folder: &Folder, workers: usize) -> ClusterBuilder {
    Cluster::builder().listen(&address.to_string()).token_file(folder.token()).workers(workers)
}

/// How a worker ended, and its last words.
fn ended(mut worker: Child) -> (Option<i32>, String) {
    let mut words = String::new();
    worker.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    (worker.wait().unwrap().code(), words)
}

fn input() -> ndarray::ArrayD<f64> {
    ndarray::ArrayD::from_shape_fn(vec![500, 3], |i| ((i[0] * 7 + i[1] * 3) % 41) as f64 / 41.0)
}

use nums::ndarray;

#[test]
fn workers_join_compute_the_same_bits_and_end_with_the_driver() {
    let folder = Folder::new("join");
    let address = free();
    let workers = [worker(address, &folder.token()), worker_by_descriptor(address, &folder.token())];
    let cluster = driver(address, &folder, 2).start().unwrap();
    assert_eq!(cluster.spec().nodes.iter().map(|n| n.threads).collect::<Vec<_>>(), [1, 1]);
    let mut pids = cluster.status().unwrap().pids();
    pids.sort_unstable();
    let mut started: Vec<u32> = workers.iter().map(Child::id).collect();
    started.sort_unstable();
    assert_eq!(pids, started);

    let on_workers = {
        let _guard = cluster.enter();
        let x = Array::from_ndarray(&input()).unwrap().rechunk(&[64, 3]).unwrap();
        smooth(&x).unwrap().to_vec().unwrap()
    };
    let (native, interpreted) = cluster.status().unwrap().groups();
    assert!(native == 0 && interpreted > 0, "a stock worker has no kernels of this program");
    assert!(cluster.status().unwrap().tasks().iter().all(|&t| t > 0));
    cluster.finish().unwrap();
    for worker in workers {
        let (status, words) = ended(worker);
        assert_eq!(status, Some(0), "{words}");
        assert!(words.contains("one of 2 workers, with 1 threads"), "{words}");
    }

    let threads = Cluster::threads(2).unwrap();
    let _guard = threads.enter();
    let x = Array::from_ndarray(&input()).unwrap().rechunk(&[64, 3]).unwrap();
    assert_eq!(on_workers, smooth(&x).unwrap().to_vec().unwrap());
}

#[test]
fn a_worker_with_another_token_is_turned_away_and_both_ends_say_why() {
    let folder = Folder::new("token");
    let wrong = folder.0.join("wrong");
    std::fs::write(&wrong, "this is not the token").unwrap();
    let address = free();
    let stranger = worker(address, &wrong);
    let error = driver(address, &folder, 1).join_within(Duration::from_secs(3)).start().unwrap_err();
    let Error::Join { joined: 0, wanted: 1, why, .. } = &error else { panic!("{error}") };
    assert!(why.contains("it has another token"), "{error}");
    let (status, words) = ended(stranger);
    assert_eq!(status, Some(1));
    assert!(words.contains("the listener does not know the secret"), "{words}");
}

/// Waits until the cluster has so many workers that live.
fn await_workers(cluster: &Cluster, n: usize) {
    while cluster.spec().nodes.len() != n {
        std::thread::yield_now();
    }
}

#[test]
fn a_replacement_joins_and_works() {
    let folder = Folder::new("late");
    let address = free();
    let want = {
        let threads = Cluster::threads(1).unwrap();
        let _guard = threads.enter();
        let x = Array::from_ndarray(&input()).unwrap().rechunk(&[64, 3]).unwrap();
        smooth(&x).unwrap().to_vec().unwrap()
    };
    let (first, mut second) = (worker(address, &folder.token()), worker(address, &folder.token()));
    let cluster = driver(address, &folder, 2).start().unwrap();
    let _guard = cluster.enter();
    let x = Array::from_ndarray(&input()).unwrap().rechunk(&[64, 3]).unwrap();
    assert_eq!(smooth(&x).unwrap().to_vec().unwrap(), want);
    second.kill().unwrap();
    second.wait().unwrap();
    await_workers(&cluster, 1);
    assert_eq!(smooth(&x).unwrap().to_vec().unwrap(), want);
    // One in its place, and one more than there were.
    let others = [worker(address, &folder.token()), worker(address, &folder.token())];
    await_workers(&cluster, 3);
    assert_eq!(smooth(&x).unwrap().to_vec().unwrap(), want);
    let x = Array::from_ndarray(&input()).unwrap().rechunk(&[64, 3]).unwrap();
    assert_eq!(smooth(&x).unwrap().to_vec().unwrap(), want);
    let status = cluster.status().unwrap();
    assert_eq!(status.pids().len(), 4);
    assert!(
        status.pids().ends_with(&[others[0].id(), others[1].id()]) || status.pids().ends_with(&[others[1].id(), others[0].id()])
    );
    assert!(status.tasks()[2..].iter().all(|&n| n > 0), "{status}");
    cluster.finish().unwrap();
    for worker in [first].into_iter().chain(others) {
        let (status, words) = ended(worker);
        assert_eq!(status, Some(0), "{words}");
    }
}

#[test]
fn when_all_were_lost_a_replacement_has_again_what_can_be_had() {
    let folder = Folder::new("all");
    let address = free();
    let mut first = worker(address, &folder.token());
    let cluster = driver(address, &folder, 1).start().unwrap();
    let _guard = cluster.enter();
    let x = Array::from_ndarray(&input()).unwrap().rechunk(&[64, 3]).unwrap();
    let smoothed = smooth(&x).unwrap();
    let want = smoothed.to_vec().unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    // Whoever asks while nobody lives is told.
    while x.wait().is_ok() {
        std::thread::yield_now();
    }
    let second = worker(address, &folder.token());
    let again = loop {
        match smooth(&x).and_then(|y| y.to_vec()) {
            Ok(again) => break again,
            Err(Error::WorkerLost { node: 0, .. }) => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!((again, smoothed.to_vec().unwrap()), (want.clone(), want));
    cluster.finish().unwrap();
    assert_eq!(ended(second).0, Some(0));
}

#[test]
fn a_worker_that_left_before_all_were_there_is_not_counted() {
    let folder = Folder::new("left");
    let address = free();
    let mut first = worker(address, &folder.token());
    let builder = driver(address, &folder, 2).join_within(Duration::from_secs(3));
    let driver = std::thread::spawn(move || builder.start().map(drop).unwrap_err());
    // It is about to join, or has joined, as soon as it has a second socket, its own door.
    while std::fs::read_dir(format!("/proc/{}/fd", first.id())).unwrap().filter(is_socket).count() < 2 {
        std::thread::yield_now();
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let error = driver.join().unwrap();
    let Error::Join { joined: 0, wanted: 2, why, .. } = &error else { panic!("{error}") };
    // Killed behind the challenge, or in it: which of both, no file of the system tells.
    assert!(why.contains("it left") || why.contains("the other end closed"), "{error}");
}

fn is_socket(entry: &std::io::Result<std::fs::DirEntry>) -> bool {
    let target = entry.as_ref().ok().and_then(|e| std::fs::read_link(e.path()).ok());
    target.is_some_and(|t| t.to_string_lossy().starts_with("socket:"))
}

#[test]
fn a_driver_that_dies_ends_its_workers() {
    let folder = Folder::new("lost");
    let address = free();
    let worker = worker(address, &folder.token());
    let listener = TcpListener::bind(address).unwrap();
    drop(listener.accept().unwrap());
    let (status, words) = ended(worker);
    assert_eq!(status, Some(1));
    assert!(words.contains(&format!("the driver at {address}")), "{words}");
}

#[test]
fn settings_that_cannot_be_are_errors_that_say_the_way_out() {
    let folder = Folder::new("settings");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let says = |builder: ClusterBuilder| builder.start().unwrap_err().to_string();
    let error = says(driver(taken.local_addr().unwrap(), &folder, 1));
    assert!(error.contains("the port is in use") && error.contains("take another port"), "{error}");
    let error = says(driver("0.0.0.0:0".parse().unwrap(), &folder, 1).join_within(Duration::ZERO));
    let refused = error.contains("would not be encrypted") && error.contains("NUMS_INSECURE_PLAINTEXT=1");
    assert!(refused || cfg!(feature = "tls"), "{error}");
    let error = says(Cluster::builder().listen("127.0.0.1:0").workers(1).token_file(folder.0.join("none")));
    assert!(error.contains("none: "), "{error}");
    let short = folder.0.join("short");
    std::fs::write(&short, "secret").unwrap();
    let error = says(Cluster::builder().listen("127.0.0.1:0").workers(1).token_file(&short));
    assert!(error.contains("with 6 bytes") && error.contains("keygen"), "{error}");
    let error = says(Cluster::builder().listen("nowhere").workers(1).token_file(folder.token()));
    assert!(error.starts_with("listening on nowhere: "), "{error}");
}

#[test]
fn a_worker_says_what_is_wrong_with_its_arguments_and_waits_only_so_long() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_nums-worker")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (status, words) = run(&["--join", "127.0.0.1:1"]);
    assert!(status == Some(2) && words.contains("the token is missing") && words.contains("usage:"), "{words}");
    let folder = Folder::new("nobody");
    let token = folder.token();
    let (status, words) = run(&["--join", &free().to_string(), "--wait", "0", "--token-file", token.to_str().unwrap()]);
    assert!(status == Some(1) && words.contains("refused"), "{words}");
}

#[cfg(feature = "tls")]
fn bits(x: &Array<f64>) -> Vec<u64> {
    smooth(x).unwrap().to_vec().unwrap().into_iter().map(f64::to_bits).collect()
}

/// The driver of the test below, in a process of its own: what is encrypted is asked for in the environment.
#[cfg(feature = "tls")]
#[test]
fn driver_with_tls() {
    let Ok(address) = std::env::var("NUMS_TEST_OF_TLS") else { return };
    let folder = Folder::new("tls");
    let cluster = driver(address.parse().unwrap(), &folder, 2).join_within(Duration::from_secs(30)).start().unwrap();
    let x = Array::from_ndarray(&input()).unwrap().rechunk(&[64, 3]).unwrap();
    println!("bits={:?}", bits(&x));
    cluster.finish().unwrap();
}

#[cfg(feature = "tls")]
#[test]
fn with_tls_the_bits_are_the_same_and_plaintext_is_turned_away() {
    let folder = Folder::new("clear");
    let token = folder.0.join("tls");
    std::fs::write(&token, "the token of the test tls").unwrap();
    let address = free();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "driver_with_tls", "--nocapture"])
        .envs([("NUMS_TEST_OF_TLS", address.to_string()), ("NUMS_TLS", "1".to_owned())])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (status, words) = ended(worker(address, &token));
    assert_eq!(status, Some(1), "plaintext got in: {words}");
    let encrypted = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nums-worker"));
        command.args(["--join", &address.to_string(), "--threads", "1", "--token-file"]).arg(&token).env("NUMS_TLS", "1");
        command.stderr(Stdio::piped()).spawn().unwrap()
    };
    let workers = [encrypted(), encrypted()];
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(child.wait().unwrap().success(), "{out}{err}");
    assert!(err.contains("the other end does not speak TLS"), "{err}");
    assert!(workers.into_iter().all(|w| ended(w).0 == Some(0)));

    let threads = Cluster::threads(2).unwrap();
    let _guard = threads.enter();
    let x = Array::from_ndarray(&input()).unwrap().rechunk(&[64, 3]).unwrap();
    assert!(out.contains(&format!("bits={:?}", bits(&x))), "{out}");
}
