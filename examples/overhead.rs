//! What the runtime costs beside computing: bytes between workers, tasks, and loops.
//!
//! ```text
//! cargo run --release --example overhead -- transfer     # GB/s between two workers, over TCP and memory, beside a raw TCP socket
//! cargo run --release --example overhead -- tasks        # µs a task of one element
//! cargo run --release --example overhead -- soak 100000  # memory of all processes while a loop runs
//! ```
//!
//! `transfer` moves blocks of 1, 8 and 64 MiB from worker 0 to worker 1, where a task takes one element of each; the raw socket
//! is read into one buffer that is used again. `tasks` adds 1 to an array of one-element blocks and waits for all of them.

use nums::prelude::*;
use nums_ir::diag::Loc;
use nums_ir::dtype::DType;
use nums_ir::graph::{Arg, ArrayId, BlockId, Graph, GraphArray, GraphOutput, NodeId, Piece, Placement, Task, TaskOp};
use nums_ir::grid::Grid;
use nums_runtime::block::Block;
use nums_runtime::memory::Memory;
use nums_runtime::pool::{Call, Pool};
use nums_runtime::wire::shared::Transport;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Instant;

nums! {
    fn plus(x: f64[n]) -> f64[n] { x + 1.0 }
    fn step(x: f64[n], y: f64[n]) -> f64[n] { y * 0.5 + x }
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("transfer") => transfer(),
        Some("tasks") => match (args.get(1), args.get(2).and_then(|n| n.parse().ok())) {
            (Some(cluster), Some(n)) => tasks(cluster, n),
            (_, _) => all_tasks(),
        },
        Some("soak") => soak(args.get(1).and_then(|n| n.parse().ok()).unwrap_or(10_000)),
        Some(_) | None => {
            eprintln!("usage: overhead transfer | tasks [CLUSTER TASKS] | soak ITERATIONS");
            std::process::exit(2)
        }
    }
}

/// Bytes that are moved for one figure.
const TOTAL: usize = 512 << 20;

fn transfer() -> Result<()> {
    println!("block MiB   raw TCP GB/s   tcp GB/s   ratio   shm GB/s   ratio");
    for mib in [1usize, 8, 64] {
        let bytes = mib << 20;
        let (mut raw, mut tcp, mut shm) = (0.0f64, 0.0f64, 0.0f64);
        // In turn, since the machine is noisy; the best of each.
        for _ in 0..5 {
            raw = raw.max(raw_tcp(bytes).unwrap_or(0.0));
            tcp = tcp.max(between_workers(bytes, Transport::Tcp)?);
            shm = shm.max(between_workers(bytes, Transport::Shm)?);
        }
        println!("{mib:>9}   {raw:>12.2}   {tcp:>8.2}   {:>5.2}   {shm:>8.2}   {:>5.2}", tcp / raw, shm / raw);
    }
    Ok(())
}

/// Bytes a second through a loopback socket, in GB/s.
fn raw_tcp(block: usize) -> std::io::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut to = TcpStream::connect(listener.local_addr()?)?;
    let (mut from, _) = listener.accept()?;
    to.set_nodelay(true)?;
    let data = vec![1u8; block];
    let begin = Instant::now();
    let sender = std::thread::spawn(move || (0..TOTAL / block).try_for_each(|_| to.write_all(&data)));
    let mut into = vec![0u8; block];
    for _ in 0..TOTAL / block {
        from.read_exact(&mut into)?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    let _ = sender.join();
    Ok(TOTAL as f64 / seconds / 1e9)
}

fn between_workers(block: usize, transport: Transport) -> Result<f64> {
    let pool = Pool::local_over(transport, 2, 1, Memory::from_env(2)?)?;
    let (n, len) = (TOTAL / block, block / 8);
    let array = |name: &str, blocks: usize, len: usize, first: usize| GraphArray {
        name: name.to_owned(),
        dtype: DType::F64,
        grid: Grid::new(&[blocks * len], &[len]),
        first: BlockId(first as u32),
        loc: Loc::default(),
    };
    let piece = Piece { arg: 0, src: vec![0], dest: vec![0], shape: vec![1], axes: vec![Some(0)], step: vec![1] };
    let task = |i: usize| Task {
        op: TaskOp::Assemble { shape: vec![1], pieces: vec![piece.clone()] },
        args: vec![Arg::Block(BlockId(i as u32))],
        outs: vec![BlockId((n + i) as u32)],
        loc: Loc::default(),
    };
    let graph = Graph {
        reads: vec![],
        notes: vec![],
        name: "take".to_owned(),
        kernels: vec![],
        arrays: vec![array("x", n, len, 0), array("y", n, 1, n)],
        inputs: vec![ArrayId(0)],
        scalars: vec![],
        outputs: vec![GraphOutput { array: ArrayId(1), weak: false }],
        tasks: (0..n).map(task).collect(),
    };
    let placement =
        Placement { policy: String::new(), tasks: vec![NodeId(1); n], homes: vec![NodeId(0); n], loads: vec![], copies: vec![] };
    let inputs: Vec<u64> = (0..n).map(|_| pool.reserve(1)).collect();
    let data = Block::from_slice(&vec![1.0f64; len], &[len]);
    for id in &inputs {
        pool.put(*id, NodeId(0), data.clone())?;
    }
    // Nobody answers a put, but what the driver says arrives in order: who answers has all blocks.
    pool.stats();
    let (graph, placement) = (Arc::new(graph), Arc::new(placement));
    let first = pool.reserve(n as u64);
    let call = |first| Call {
        name: "take".to_owned(),
        number: 1,
        file: String::new(),
        graph: Arc::clone(&graph),
        placement: Arc::clone(&placement),
        inputs: inputs.clone(),
        scalars: vec![],
        first,
    };
    let begin = Instant::now();
    pool.submit(call(first))?;
    pool.wait(&(first..first + n as u64).collect::<Vec<_>>())?;
    let seconds = begin.elapsed().as_secs_f64();
    pool.finish()?;
    Ok(TOTAL as f64 / seconds / 1e9)
}

/// Calls whose results are kept while bytes are counted.
const KEPT: usize = 3;

/// One case as a process of its own each, so that none finds memory that another one left.
fn all_tasks() -> Result<()> {
    println!("cluster     tasks      µs a task   driver bytes a task");
    for (name, n) in [("threads:2", "10000"), ("local:2", "10000"), ("threads:2", "1000000"), ("local:2", "1000000")] {
        let own = std::env::current_exe().expect("this program");
        let status = std::process::Command::new(own).args(["tasks", name, n]).status().expect("this program starts");
        assert!(status.success(), "{name}, {n} tasks: {status}");
    }
    Ok(())
}

fn tasks(name: &str, n: usize) -> Result<()> {
    let cluster = if name == "local:2" { Cluster::local(2)? } else { Cluster::threads(2)? };
    let _entered = cluster.enter();
    let x = Array::<f64>::from_vec(vec![1.0; n], &[n])?.rechunk(&[1])?;
    // The first call plans.
    plus(&x)?.wait()?;
    let (mut best, mut kept, mut bytes, before) = (f64::INFINITY, Vec::new(), 0.0, resident("self"));
    for _ in 0..(1_000_000 / n).clamp(KEPT, 100) {
        let begin = Instant::now();
        let y = plus(&x)?;
        y.wait()?;
        best = best.min(begin.elapsed().as_secs_f64());
        if kept.len() < KEPT {
            kept.push(y);
            // In one process the blocks themselves are the driver's too.
            bytes = (resident("self") - before) as f64 * 1024.0 / (kept.len() * n) as f64;
        }
    }
    println!("{name:<10} {n:>8} {:>10.2} {bytes:>12.0}", best * 1e6 / n as f64);
    drop(kept);
    cluster.finish()
}

/// A loop that holds two small arrays, and what all processes hold while it runs.
fn soak(iterations: usize) -> Result<()> {
    println!("cluster     iteration   driver kB   workers kB");
    for name in ["threads:2", "local:2"] {
        let cluster = if name == "local:2" { Cluster::local(2)? } else { Cluster::threads(2)? };
        let _entered = cluster.enter();
        let pids = cluster.status()?.pids();
        let x = Array::<f64>::ones(&[1000])?.rechunk(&[100])?;
        let mut y = x.clone();
        for i in 0..=iterations {
            if i % (iterations / 10).max(1) == 0 {
                y.wait()?;
                let workers: i64 = pids.iter().filter(|p| **p != std::process::id()).map(|p| resident(&p.to_string())).sum();
                println!("{name:<10} {i:>10} {:>11} {workers:>12}", resident("self"));
            }
            y = step(&x, &y)?;
        }
        assert_eq!(y.to_vec()?[0], 2.0);
        cluster.finish()?;
    }
    Ok(())
}

/// kB of a process in memory.
fn resident(process: &str) -> i64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kb = status.lines().find_map(|l| l.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
    kb.unwrap_or(0)
}
