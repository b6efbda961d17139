//! What the smallest calls cost: one element out of many blocks, and a call on an array in one block.
//!
//! `cargo run --release --example latency -- [blocks] [rounds]` prints medians in microseconds. The element's index changes from
//! call to call in one row and stays in the other: a new index is planned, a known one is not.

use nums::prelude::*;
use std::time::Instant;

fn median(rounds: usize, mut call: impl FnMut(usize) -> Result<()>) -> Result<f64> {
    let mut all = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let begin = Instant::now();
        call(round)?;
        all.push(begin.elapsed().as_secs_f64() * 1e6);
    }
    all.sort_by(f64::total_cmp);
    Ok(all[rounds / 2])
}

fn main() -> Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse().ok());
    let (blocks, rounds): (usize, usize) = (numbers.next().unwrap_or(10_000), numbers.next().unwrap_or(2000));
    let cluster = Cluster::threads(2)?;
    let values: Vec<f64> = (0..blocks).map(|i| i as f64).collect();
    let x = Array::from_vec(values, &[blocks])?.rechunk(&[1])?;
    x.wait()?;

    let place = |round: usize| round.wrapping_mul(7919) % blocks;
    let other = median(rounds, |round| {
        let i = place(round);
        let value: f64 = nums! { x[i] }?;
        assert_eq!(value, i as f64);
        Ok(())
    })?;
    let same = median(rounds, |_| {
        let value: f64 = nums! { x[7] }?;
        assert_eq!(value, 7.0);
        Ok(())
    })?;
    let slice = median(rounds, |round| {
        let i = place(round).min(blocks.saturating_sub(3));
        let value: f64 = nums! { np.sum(x[i:i + 3]) }?;
        assert!(value >= 0.0);
        Ok(())
    })?;
    let small = Array::<f64>::ones(&[8])?;
    let call = median(rounds, |_| {
        let value: f64 = nums! { np.sum(small) }?;
        assert_eq!(value, 8.0);
        Ok(())
    })?;
    println!("{blocks} blocks of one element, medians of {rounds} calls on {cluster:?}");
    println!("one element, another each time  {other:8.1} µs");
    println!("one element, the same           {same:8.1} µs");
    println!("sum of three, others each time  {slice:8.1} µs");
    println!("sum of one small block          {call:8.1} µs");
    cluster.finish()
}
