//! Workers are killed and stopped at random while programs run: does every round end with the right bits or a typed error?
//!
//! ```text
//! cargo run --release --example chaos -- --rounds 1000 --workers 3 --seed 1
//! ```
//!
//! A round starts workers, runs Newton's method, a product of matrices from a file, or a sort, and meanwhile up to three things
//! go wrong at random moments: a worker is killed (SIGKILL), stopped (SIGSTOP), stopped and let go on, or the connection by which one
//! worker pulls from another is ended. One worker is always left alone, so the answer must come and have the bits of an
//! undisturbed run. An error is counted as allowed if it is typed and names a lost worker; any other answer is wrong. A round
//! that does not end within a minute hangs. The last line counts; the exit code is 0 only if nothing was wrong and nothing
//! hung. A round that is not right prints the seed that repeats its choices.

use nums::Error;
use nums::prelude::*;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

nums! {
    fn newton(X: f64[n, d], y: f64[n], b: f64[d]) -> f64[d] {
        mu = 1 / (1 + np.exp(-(X @ b)));
        b - np.linalg.solve((X.T * (mu * (1 - mu))) @ X + np.eye(d), X.T @ (mu - y) + b)
    }
    fn product(A: f64[n, n], B: f64[n, n]) -> f64[n, n] { A @ B }
    fn sorted(x: f64[n]) -> f64[n] { np.sort(x) }
}

/// A round that lasts longer hangs.
const HANG: Duration = Duration::from_secs(60);
/// Latest moment of a fault after the program began, in microseconds.
const MOMENTS: u64 = 20_000;
/// The longest that a worker is stopped before it goes on, in microseconds.
const PAUSE: u64 = 300_000;
/// Rows and columns of the matrices.
const N: usize = 256;

/// SplitMix64 (Steele et al. 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

fn values(n: usize) -> Vec<f64> {
    (0..n).map(|i| (i * 7919 % 1009) as f64 / 1009.0 - 0.5).collect()
}

/// A program: it makes its inputs on the cluster that is entered, one reads its matrix from this file.
type Program = fn(&Path) -> Result<Vec<f64>>;

const PROGRAMS: [Program; 3] = [
    |_| {
        let x = Array::from_vec(values(4096 * 8), &[4096, 8])?.rechunk(&[256, 8])?;
        let y = Array::from_vec((0..4096).map(|i| f64::from(i % 2)).collect(), &[4096])?.rechunk(&[256])?;
        let mut b = Array::zeros(&[8])?;
        for _ in 0..10 {
            b = newton(&x, &y, &b)?;
        }
        b.to_vec()
    },
    |file| {
        let a = Array::read_npy(file)?.rechunk(&[64, 64])?;
        product(&a, &a)?.to_vec()
    },
    |_| sorted(&Array::from_vec(values(100_000), &[100_000])?.rechunk(&[10_000])?)?.to_vec(),
];

/// How a round ended.
enum End {
    Right,
    Wrong(String),
    Allowed(String),
    Hang,
}

/// What goes wrong.
#[derive(Clone, Copy)]
enum Fault {
    Kill(usize),
    Stop(usize),
    /// Stopped for so many microseconds.
    Pause(usize, u64),
    /// The first ends its connection to the second.
    Sever(usize, usize),
}

/// What a round does: which program, and what goes wrong when.
#[derive(Clone)]
struct Round {
    program: usize,
    workers: usize,
    faults: Vec<(Duration, Fault)>,
}

impl Round {
    fn new(seed: u64, workers: usize) -> Round {
        let mut random = Random(seed);
        let program = random.below(PROGRAMS.len() as u64) as usize;
        let spared = random.below(workers as u64) as usize;
        let n = random.below(4);
        let fault = |_| {
            let (moment, kind) = (Duration::from_micros(random.below(MOMENTS)), random.below(20));
            let (worker, other) = (random.below(workers as u64) as usize, random.below(workers as u64) as usize);
            let fault = match kind {
                0..12 if worker != spared => Fault::Kill(worker),
                12 if worker != spared => Fault::Stop(worker),
                13..16 => Fault::Pause(worker, random.below(PAUSE)),
                _ => Fault::Sever(worker, other),
            };
            (moment, fault)
        };
        let mut faults: Vec<_> = (0..n).map(fault).collect();
        faults.sort_by_key(|(moment, _)| *moment);
        Round { program, workers, faults }
    }

    /// Runs the program on workers of its own, while the faults happen.
    fn run(&self, file: &Path) -> Result<Vec<f64>> {
        let cluster = Cluster::builder().workers(self.workers).threads(1).start()?;
        let _entered = cluster.enter();
        let pids = cluster.status()?.pids();
        let (faults, target) = (self.faults.clone(), cluster.clone());
        let hand = std::thread::spawn(move || {
            let begin = Instant::now();
            for (moment, fault) in faults {
                std::thread::sleep(moment.saturating_sub(begin.elapsed()));
                happen(fault, &pids, &target);
            }
        });
        let answer = PROGRAMS[self.program](file);
        // It cannot panic: whatever it does to processes that have ended is ignored.
        let _ = hand.join();
        // What was lost is known from the answer; a worker may also be lost after it.
        let _ = cluster.finish();
        answer
    }
}

fn happen(fault: Fault, pids: &[u32], cluster: &Cluster) {
    let signal = |worker: usize, name: &str| {
        // A process that has ended cannot be killed again.
        let _ = Command::new("kill").args([name, &pids[worker].to_string()]).stderr(Stdio::null()).status();
    };
    match fault {
        Fault::Kill(worker) => signal(worker, "-KILL"),
        Fault::Stop(worker) => signal(worker, "-STOP"),
        Fault::Pause(worker, micros) => {
            signal(worker, "-STOP");
            std::thread::sleep(Duration::from_micros(micros));
            signal(worker, "-CONT");
        }
        Fault::Sever(a, b) => cluster.sever(a as u32, b as u32),
    }
}

fn main() -> ExitCode {
    let (mut rounds, mut workers, mut seed) = (100, 3, 1);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let number = args.next().and_then(|n| n.parse().ok());
        match (arg.as_str(), number) {
            ("--rounds", Some(n)) => rounds = n,
            ("--workers", Some(n)) if n > 0 => workers = n,
            ("--seed", Some(n)) => seed = n,
            _ => {
                eprintln!("chaos: {arg}: expected --rounds N, --workers N or --seed N");
                return ExitCode::from(2);
            }
        }
    }
    let file = std::env::temp_dir().join(format!("nums-chaos-{}.npy", std::process::id()));
    let want = match undisturbed(&file) {
        Ok(want) => want,
        Err(error) => {
            eprintln!("chaos: without faults: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (mut right, mut hangs, mut wrong, mut allowed) = (0u64, 0u64, 0u64, 0u64);
    for seed in seed..seed + rounds {
        let (count, why) = match disturbed(Round::new(seed, workers as usize), &file, &want) {
            End::Right => (&mut right, None),
            End::Allowed(why) => (&mut allowed, Some(why)),
            End::Wrong(why) => (&mut wrong, Some(why)),
            End::Hang => (&mut hangs, Some(format!("no end after {HANG:?}"))),
        };
        *count += 1;
        if let Some(why) = why {
            println!("--seed {seed}: {why}");
        }
    }
    // Nobody needs it any more, if it is there.
    let _ = std::fs::remove_file(&file);
    println!("{right} of {rounds} right");
    println!("{rounds} rounds, {hangs} hangs, {wrong} wrong, {allowed} allowed errors");
    if hangs == 0 && wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Writes the file, and the answers of all programs.
fn undisturbed(file: &Path) -> Result<Vec<Vec<f64>>> {
    let cluster = Cluster::threads(1)?;
    let _entered = cluster.enter();
    Array::from_vec(values(N * N), &[N, N])?.write_npy(file)?;
    let answers = PROGRAMS.iter().map(|program| program(file)).collect();
    cluster.finish()?;
    answers
}

fn disturbed(round: Round, file: &Path, want: &[Vec<f64>]) -> End {
    let program = round.program;
    let (tell, told) = mpsc::channel();
    let file = file.to_owned();
    std::thread::spawn(move || {
        // The receiver is gone only if this round was given up.
        let _ = tell.send(round.run(&file));
    });
    match told.recv_timeout(HANG) {
        Err(_) => End::Hang,
        Ok(Ok(answer)) if answer.iter().map(|x| x.to_bits()).eq(want[program].iter().map(|x| x.to_bits())) => End::Right,
        Ok(Ok(_)) => End::Wrong(format!("program {program} has other bits")),
        Ok(Err(error @ Error::WorkerLost { .. })) => End::Allowed(format!("program {program}: {error}")),
        Ok(Err(error)) => End::Wrong(format!("program {program}: {error}")),
    }
}
