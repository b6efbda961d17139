//! Workers are killed and stopped at random while programs run: does every round end with the right bits or a typed error?
//!
//! ```text
//! cargo run --release --example chaos -- --rounds 1000 --workers 3 --seed 1
//! ```
//!
//! A round starts workers, runs Newton's method, a product or a sort, and meanwhile kills (nine times of ten) or stops one of the workers at a
//! random moment, or lets all live. The answer must have the bits of an undisturbed run; an error must say that a worker was
//! lost; anything else is wrong. A round that does not end within a minute hangs. The last line counts; the exit code is 0
//! only if nothing was wrong and nothing hung. A failing round prints the seed that repeats its choices.

use nums::Error;
use nums::prelude::*;
use std::process::{Command, ExitCode};
use std::sync::mpsc;
use std::time::Duration;

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
/// Latest moment of a fault after the program began.
const MOMENTS: u64 = 20_000;

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

/// The programs: each makes its inputs on the cluster that is entered.
const PROGRAMS: [fn() -> Result<Vec<f64>>; 3] = [
    || {
        let x = Array::from_vec(values(4096 * 8), &[4096, 8])?.rechunk(&[256, 8])?;
        let y = Array::from_vec((0..4096).map(|i| f64::from(i % 2)).collect(), &[4096])?.rechunk(&[256])?;
        let mut b = Array::zeros(&[8])?;
        for _ in 0..10 {
            b = newton(&x, &y, &b)?;
        }
        b.to_vec()
    },
    || {
        let a = Array::from_vec(values(256 * 256), &[256, 256])?.rechunk(&[64, 64])?;
        product(&a, &a)?.to_vec()
    },
    || sorted(&Array::from_vec(values(100_000), &[100_000])?.rechunk(&[10_000])?)?.to_vec(),
];

/// How a round ended.
enum End {
    Right,
    Wrong(String),
    Allowed,
    Hang,
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
    let want: Vec<Vec<f64>> = match PROGRAMS.iter().map(|program| undisturbed(*program)).collect() {
        Ok(want) => want,
        Err(error) => {
            eprintln!("chaos: without faults: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (mut hangs, mut wrong, mut allowed) = (0, 0, 0);
    for round in 0..rounds {
        let seed = seed + round;
        match disturbed(seed, workers as usize, &want) {
            End::Right => {}
            End::Allowed => allowed += 1,
            End::Wrong(why) => {
                wrong += 1;
                println!("round {round}, --seed {seed}: {why}");
            }
            End::Hang => {
                hangs += 1;
                println!("round {round}, --seed {seed}: no end after {HANG:?}");
            }
        }
    }
    println!("{rounds} rounds, {hangs} hangs, {wrong} wrong, {allowed} allowed errors");
    if hangs == 0 && wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn undisturbed(program: fn() -> Result<Vec<f64>>) -> Result<Vec<f64>> {
    let cluster = Cluster::threads(1)?;
    let _entered = cluster.enter();
    let answer = program()?;
    cluster.finish()?;
    Ok(answer)
}

fn disturbed(seed: u64, workers: usize, want: &[Vec<f64>]) -> End {
    let mut random = Random(seed);
    let program = random.below(PROGRAMS.len() as u64) as usize;
    let victim = random.below(workers as u64) as usize;
    let moment = Duration::from_micros(random.below(MOMENTS));
    let signal = match random.below(20) {
        0 => None,
        1 | 2 => Some("-STOP"),
        _ => Some("-KILL"),
    };
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        // The receiver is gone only if this round was given up.
        let _ = tell.send(round(workers, program, signal.map(|s| (s, victim, moment))));
    });
    match told.recv_timeout(HANG) {
        Err(_) => End::Hang,
        Ok(Ok(answer)) if answer.iter().map(|x| x.to_bits()).eq(want[program].iter().map(|x| x.to_bits())) => End::Right,
        Ok(Ok(_)) => End::Wrong(format!("program {program} has other bits")),
        Ok(Err(error)) => match (&error, signal) {
            (Error::WorkerLost { .. } | Error::Task(_), Some(_)) if error.to_string().contains("worker n") => End::Allowed,
            _ => End::Wrong(format!("program {program}: {error}")),
        },
    }
}

/// Runs a program on workers of its own, one of which gets a signal after a while.
fn round(workers: usize, program: usize, fault: Option<(&'static str, usize, Duration)>) -> Result<Vec<f64>> {
    let cluster = Cluster::builder().workers(workers).threads(1).start()?;
    let _entered = cluster.enter();
    let pids = cluster.status()?.pids();
    let hand = fault.map(|(signal, victim, moment)| {
        let pid = pids[victim].to_string();
        std::thread::spawn(move || {
            std::thread::sleep(moment);
            Command::new("kill").args([signal, &pid]).status()
        })
    });
    let answer = PROGRAMS[program]();
    if let Some(hand) = hand {
        // A process that has ended cannot be killed again.
        let _ = hand.join();
    }
    // What was lost is known from the answer; a worker may also be lost after it.
    let _ = cluster.finish();
    answer
}
