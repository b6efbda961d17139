//! How long it takes until a fault is noticed, on worker processes of this machine: a worker that is killed, one that is
//! stopped, and the driver's own death.
//!
//! `detect [--rounds N]` prints the median and the longest of so many rounds each.

use nums::prelude::*;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Workers of a cluster, and how often is looked whether one is gone.
const WORKERS: usize = 3;
const LOOK: Duration = Duration::from_millis(1);

fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(status.is_ok_and(|s| s.success()), "kill {name} {pid}");
}

/// Time until the driver plans without a worker that got this signal.
fn loss(name: &str) -> Result<Duration> {
    let cluster = Cluster::builder().workers(WORKERS).threads(1).start()?;
    let pids = cluster.status()?.pids();
    let begin = Instant::now();
    signal(pids[1], name);
    while cluster.spec().nodes.len() == WORKERS {
        std::thread::sleep(LOOK);
    }
    let time = begin.elapsed();
    cluster.finish()?;
    Ok(time)
}

/// Time until no worker of a killed driver is left.
fn orphans() -> Result<Duration> {
    let driver = Command::new(std::env::current_exe().expect("an executable"))
        .arg("--driver")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut driver = driver.expect("a driver");
    let mut line = String::new();
    BufReader::new(driver.stdout.take().expect("a pipe")).read_line(&mut line).expect("the processes of its workers");
    let pids: Vec<u32> = line.split_whitespace().filter_map(|p| p.parse().ok()).collect();
    assert_eq!(pids.len(), WORKERS);
    let begin = Instant::now();
    driver.kill().expect("SIGKILL");
    while pids.iter().any(|&p| lives(p)) {
        std::thread::sleep(LOOK);
    }
    let time = begin.elapsed();
    driver.wait().expect("a child");
    Ok(time)
}

/// Whether a process runs; one that has ended and that nobody has asked for counts as gone.
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim_start().starts_with('Z'))
}

/// Says who its workers are, and waits to be killed.
fn drive() -> Result<()> {
    let cluster = Cluster::builder().workers(WORKERS).threads(1).start()?;
    let pids: Vec<String> = cluster.status()?.pids().iter().map(u32::to_string).collect();
    let mut out = std::io::stdout();
    writeln!(out, "{}", pids.join(" ")).and_then(|()| out.flush()).expect("a reader");
    std::io::stdin().read_line(&mut String::new()).expect("a pipe");
    cluster.finish()
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rounds = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--driver"] => return drive(),
        ["--rounds", n] => n.parse().expect("a number of rounds"),
        [] => 5,
        _ => panic!("usage: detect [--rounds N]"),
    };
    tell("a worker that is killed", rounds, || loss("-KILL"))?;
    tell("a worker that is stopped", rounds, || loss("-STOP"))?;
    tell("the workers of a killed driver", rounds, orphans)
}

fn tell(name: &str, rounds: usize, fault: impl Fn() -> Result<Duration>) -> Result<()> {
    let times: Result<Vec<Duration>> = (0..rounds).map(|_| fault()).collect();
    let mut times = times?;
    times.sort_unstable();
    let (median, longest) = (times.get(times.len() / 2), times.last());
    println!("{name}: median {:?}, longest {:?}", median.unwrap_or(&Duration::ZERO), longest.unwrap_or(&Duration::ZERO));
    Ok(())
}
