//! `NUMS_TRACE`: a real program on worker processes, run again as a child with the variable set, and its file read back.
#![cfg(target_os = "linux")]

use nums::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::process::Command;

nums! {
    fn spread(X: f64[n, d]) -> f64[d] {
        centred = X - mean(X, axis=0);
        sqrt(mean(centred * centred, axis=0))
    }
}

/// Says how the child shall behave; a child is this executable with this variable.
const CHILD: &str = "NUMS_TEST_OF_TRACE";

/// The traced program. In the test run itself it does nothing.
#[test]
fn program() {
    let Ok(how) = std::env::var(CHILD) else { return };
    let cluster = Cluster::from_env().unwrap();
    let rows = if how == "spill" { 40_000 } else { 400 };
    let x = nums::ndarray::ArrayD::from_shape_fn(vec![rows, 4], |i| (i[0] * 4 + i[1]) as f64);
    let x = Array::from_ndarray(&x).unwrap().rechunk(&[rows / 16, 4]).unwrap();
    for _ in 0..3 {
        spread(&x).unwrap().wait().unwrap();
    }
    let status = cluster.status().unwrap();
    println!("tasks={}", status.tasks().iter().sum::<u64>());
    if how == "kill" {
        let pid = status.pids()[0].to_string();
        assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        // With or without an error: the file must be whole.
        drop(spread(&x).and_then(|a| a.wait()));
    }
    drop(cluster.finish());
}

/// Runs the program on `cluster` and gives the tasks that it counted, and its trace.
fn traced(cluster: &str, how: &str) -> (u64, Value) {
    let file: PathBuf = std::env::temp_dir().join(format!("nums-trace-{}-{how}-{}.json", cluster.len(), std::process::id()));
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "program", "--nocapture"])
        .env(CHILD, how)
        .env("NUMS_CLUSTER", cluster)
        .env("NUMS_TRACE", &file)
        .env("NUMS_MEMORY", if how == "spill" { "1000k" } else { "1G" })
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    let text = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let tasks = words.split("tasks=").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    (tasks.parse().unwrap(), serde_json::from_slice(&text).unwrap())
}

fn events(trace: &Value) -> &Vec<Value> {
    trace["traceEvents"].as_array().unwrap()
}

fn of_kind<'a>(trace: &'a Value, cat: &'a str) -> impl Iterator<Item = &'a Value> {
    events(trace).iter().filter(move |e| e["cat"] == cat)
}

/// Begin and end in nanoseconds.
fn span(event: &Value) -> (i64, i64) {
    let nanos = |name: &str| (event[name].as_f64().unwrap() * 1000.0).round() as i64;
    (nanos("ts"), nanos("ts") + nanos("dur"))
}

/// On every thread what begins within something ends within it.
#[track_caller]
fn assert_nested(trace: &Value) {
    let mut threads: BTreeMap<(u64, u64), Vec<(i64, i64)>> = BTreeMap::new();
    for event in events(trace).iter().filter(|e| e["ph"] == "X") {
        threads.entry((event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap())).or_default().push(span(event));
    }
    for (thread, mut spans) in threads {
        spans.sort_by_key(|&(begin, end)| (begin, -end));
        let mut open: Vec<i64> = Vec::new();
        for (begin, end) in spans {
            open.retain(|&outer| outer > begin);
            assert!(open.last().is_none_or(|&outer| end <= outer), "{thread:?}: {begin}..{end} leaves what ends at {open:?}");
            open.push(end);
        }
    }
}

#[test]
fn every_task_stands_once_and_events_nest() {
    for cluster in ["threads:2", "local:2"] {
        let (counted, trace) = traced(cluster, "run");
        assert_nested(&trace);
        let tasks: Vec<&Value> = of_kind(&trace, "task").collect();
        assert_eq!(tasks.len() as u64, counted, "{cluster}");
        let distinct: HashSet<(u64, u64)> =
            tasks.iter().map(|t| (t["args"]["number"].as_u64().unwrap(), t["args"]["seq"].as_u64().unwrap())).collect();
        assert_eq!(distinct.len(), tasks.len(), "{cluster}: a task stands twice");
        assert!(tasks.iter().any(|t| t["args"]["call"] == "spread"));
        let processes: HashSet<u64> = tasks.iter().map(|t| t["pid"].as_u64().unwrap()).collect();
        assert_eq!(processes.len(), if cluster == "local:2" { 2 } else { 1 });
        let submitted = of_kind(&trace, "step").filter(|s| s["name"] == "submit spread").map(|s| span(s).0).min().unwrap();
        let first = tasks.iter().filter(|t| t["args"]["call"] == "spread").map(|t| span(t).0).min().unwrap();
        assert!(first + 100_000_000 > submitted, "clocks are not merged: a task began at {first}, its call at {submitted}");
        assert_eq!(trace["otherData"]["dropped"], 0);
    }
}

#[test]
fn transfers_begin_and_end() {
    let (_, trace) = traced("local:2", "run");
    let ids = |ph: &str| {
        let mut ids: Vec<&str> =
            of_kind(&trace, "transfer").filter(|e| e["ph"] == ph).map(|e| e["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids
    };
    assert!(!ids("b").is_empty());
    assert_eq!(ids("b"), ids("e"));
}

#[test]
fn spills_are_shown() {
    let (_, trace) = traced("threads:1", "spill");
    assert_nested(&trace);
    let named = |name: &str| of_kind(&trace, "spill").filter(|e| e["name"] == name).count();
    assert!(named("spill") > 0 && named("read back") > 0);
}

#[test]
fn a_trace_is_whole_after_a_worker_was_killed() {
    let (_, trace) = traced("local:2", "kill");
    assert_nested(&trace);
    assert!(of_kind(&trace, "task").count() > 0);
}
