//! What is held. A loop that holds two small arrays holds no more at its end than at its beginning, counted in bytes that were allocated and not
//! freed: what the system says of a process also rises when an allocator leaves gaps.
//!
//! `NUMS_SOAK=100000` runs so many iterations. The workers of `local:2` are other processes, whose bytes are not counted here; what
//! they are made of is that of `threads:2` and the connections, which the driver has as well.
#![allow(unsafe_code)]

use nums::Cluster;
use nums::prelude::*;
use nums_runtime::block::held;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

/// Bytes that this process has allocated and not freed.
static LIVE: AtomicI64 = AtomicI64::new(0);

fn count(bytes: i64) {
    LIVE.fetch_add(bytes, Ordering::Relaxed);
}

// SAFETY: every call is the system allocator's, with its arguments and its result; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        // SAFETY: the caller's promise is the same.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

nums! {
    fn step(x: f64[n], y: f64[n]) -> f64[n] { y * 0.5 + x }
    fn plus(x: f64[n]) -> f64[n] { x + 1.0 }
}

/// All threads count together, so that one test runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Iterations of an ordinary run: a hundredth of the whole test.
const ITERATIONS: usize = 1000;
/// Parts of a run; the first is the warm-up.
const PARTS: usize = 4;

/// The least bytes that were live in each part of a loop, looked at while nothing is unfinished.
fn live(cluster: &Cluster, iterations: usize) -> Result<[i64; PARTS]> {
    let _entered = cluster.enter();
    let x = Array::<f64>::ones(&[1000])?.rechunk(&[100])?;
    let mut y = x.clone();
    let mut least = [i64::MAX; PARTS];
    for i in 0..iterations {
        y = step(&x, &y)?;
        y.wait()?;
        let part = &mut least[i * PARTS / iterations];
        *part = LIVE.load(Ordering::Relaxed).min(*part);
    }
    assert_eq!(y.to_vec()?[0], 2.0);
    Ok(least)
}

#[test]
fn a_loop_ends_with_the_memory_that_it_began_with() -> Result<()> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let iterations = std::env::var("NUMS_SOAK").ok().and_then(|n| n.parse().ok()).unwrap_or(ITERATIONS);
    for (name, cluster) in [("threads:2", Cluster::threads(2)?), ("local:2", Cluster::local(2)?)] {
        let least = live(&cluster, iterations)?;
        println!("{name}, {iterations} iterations, bytes: {least:?}");
        // Whatever is left of an iteration has more than two bytes.
        let more = least[PARTS - 1] - least[1];
        assert!(more < 2 * (iterations / 2) as i64, "{name}: {more} bytes more after {iterations} iterations: {least:?}");
        cluster.finish()?;
    }
    Ok(())
}

/// Tasks of a call, each of which makes a block that is kept.
const TASKS: usize = 10_000;
const CALLS: usize = 3;

#[test]
fn the_driver_holds_at_most_a_hundred_bytes_a_task() -> Result<()> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let cluster = Cluster::local(2)?;
    let _entered = cluster.enter();
    let x = Array::<f64>::ones(&[TASKS])?.rechunk(&[1])?;
    // The first call plans.
    plus(&x)?.wait()?;
    let before = LIVE.load(Ordering::Relaxed);
    let mut kept = Vec::new();
    for _ in 0..CALLS {
        let y = plus(&x)?;
        y.wait()?;
        kept.push(y);
    }
    let bytes = (LIVE.load(Ordering::Relaxed) - before) as f64 / (CALLS * TASKS) as f64;
    println!("{bytes:.1} bytes a task");
    assert!(bytes <= 100.0, "{bytes} bytes");
    drop(kept);
    cluster.finish()
}

#[test]
fn bytes_of_dropped_arrays_are_the_systems_again() -> Result<()> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let cluster = Cluster::threads(2)?;
    let _entered = cluster.enter();
    let before = held();
    let x = Array::<f64>::ones(&[4 << 20])?;
    x.wait()?;
    assert!(held() >= before + (32 << 20));
    drop(x);
    let begin = Instant::now();
    while held() > before {
        assert!(begin.elapsed() < Duration::from_secs(20), "{} bytes are still held", held() - before);
        std::thread::yield_now();
    }
    println!("back after {:.0} ms", begin.elapsed().as_secs_f64() * 1e3);
    cluster.finish()
}
