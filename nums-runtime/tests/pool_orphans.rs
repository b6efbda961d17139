//! A driver that is killed leaves no worker behind. Run without a test harness: this executable is also that driver, and also
//! its workers.

use nums_runtime::pool::Pool;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    if std::env::args().nth(1).as_deref() == Some("driver") {
        return drive();
    }
    workers_end_with_a_killed_driver();
    a_variable_that_names_no_socket_of_the_parent_does_nothing();
    a_socket_that_was_not_made_by_the_parent_does_nothing();
    say("pool_orphans: ok");
}

/// Starts two workers, says who they are, and waits to be killed.
fn drive() {
    let pool = Pool::local(2, 1).expect("two workers");
    let pids: Vec<String> = pool.stats().nodes.iter().map(|n| n.pid.to_string()).collect();
    say(&pids.join(" "));
    let mut line = String::new();
    // The test holds the other end open and never writes: this waits until the kill.
    std::io::stdin().read_line(&mut line).expect("a pipe");
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("a reader");
}

fn driver() -> Command {
    let mut command = Command::new(std::env::current_exe().expect("an executable"));
    command.arg("driver").stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

fn workers_end_with_a_killed_driver() {
    let mut child = driver().spawn().expect("a driver");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let pids: Vec<u32> = line.split_whitespace().map(|p| p.parse().expect("a process")).collect();
    assert_eq!(pids.len(), 2, "the driver names two workers, and they write nothing to its standard output: {line:?}");
    assert!(pids.iter().all(|&p| lives(p)));
    child.kill().expect("SIGKILL");
    child.wait().expect("a child");
    let begin = Instant::now();
    while pids.iter().any(|&p| lives(p)) {
        assert!(begin.elapsed() < Duration::from_secs(2), "a worker outlives its driver");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A worker's variable in an ordinary environment is ignored: the program runs as ever.
fn a_variable_that_names_no_socket_of_the_parent_does_nothing() {
    for value in ["0", "1", "77", "-1", "x", ""] {
        let mut child = driver().env("NUMS_WORKER_FD", value).spawn().expect("a driver");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        assert_eq!(line.split_whitespace().count(), 2, "NUMS_WORKER_FD={value}: {line:?}");
        drop(child.stdin.take());
        assert!(child.wait().expect("a child").success());
    }
}

/// The socket is one, and inherited, but a shell stands between the one who made it and the driver.
fn a_socket_that_was_not_made_by_the_parent_does_nothing() {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a socket pair");
    // A copy as standard input of the shell is inherited by what it runs.
    let mut child = Command::new("sh")
        .args(["-c", "NUMS_WORKER_FD=0 \"$0\" driver; true"])
        .arg(std::env::current_exe().expect("an executable"))
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    assert_eq!(line.split_whitespace().count(), 2, "the driver runs as ever: {line:?}");
    drop(ours);
    let output = child.wait_with_output().expect("a child");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("NUMS_WORKER_FD=0 names no socket of the parent process and is ignored"), "{words}");
}

fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim_start().starts_with('Z'))
}
