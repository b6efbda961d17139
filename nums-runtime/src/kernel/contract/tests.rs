//! Contractions against plain loops over the whole index space.

use super::contract;
use crate::block::Block;
use crate::kernel::KernelError;
use nums_ir::contraction::Contraction;
use nums_ir::graph::{ContractTask, Window};

fn block(shape: &[usize], seed: usize) -> Block {
    let n: usize = shape.iter().product();
    let x: Vec<f64> = (0..n).map(|i| ((i * 7919 + seed * 31 + 13) % 1009) as f64 / 97.0 - 5.0).collect();
    Block::from_slice(&x, shape)
}

/// One element of the result at a time.
fn naive(task: &ContractTask, args: &[&Block]) -> Vec<f64> {
    let shapes: Vec<&[usize]> = task.windows.iter().map(|w| &w.shape[..]).collect();
    let sizes = task.spec.sizes(&shapes).unwrap();
    let all = task.spec.indices();
    let mut out = vec![0.0; task.spec.result.iter().map(|i| sizes[i]).product()];
    for flat in 0..all.iter().map(|i| sizes[i]).product() {
        let mut rest: usize = flat;
        let mut at = std::collections::BTreeMap::new();
        for i in all.iter().rev() {
            at.insert(*i, rest % sizes[i]);
            rest /= sizes[i];
        }
        let element = |k: usize| {
            let (set, w, shape) = (&task.spec.operands[k], &task.windows[k], args[k].shape());
            let place = (0..set.len()).fold(0, |p, a| p * shape[a] + w.start[a] + at[&set[a]]);
            args[k].as_slice::<f64>()[place]
        };
        let place = task.spec.result.iter().fold(0, |p, i| p * sizes[i] + at[i]);
        out[place] += (0..args.len()).map(element).product::<f64>();
    }
    out
}

/// Windows one row and column smaller than the blocks.
fn check(spec: &str, sizes: &[(char, usize)]) {
    let spec = Contraction::parse(spec).unwrap();
    let size = |i: &u8| sizes.iter().find(|s| s.0 == char::from(*i)).map_or(5, |s| s.1);
    for margin in [0, 2] {
        let windows: Vec<Window> = spec
            .operands
            .iter()
            .map(|o| Window { start: vec![margin / 2; o.len()], shape: o.iter().map(size).collect() })
            .collect();
        let blocks: Vec<Block> =
            windows.iter().enumerate().map(|(k, w)| block(&w.shape.iter().map(|n| n + margin).collect::<Vec<_>>(), k)).collect();
        let args: Vec<&Block> = blocks.iter().collect();
        let task = ContractTask { order: spec.order(&|i| size(&i)), spec: spec.clone(), windows };
        let got = contract(&task, &args).unwrap();
        let want = naive(&task, &args);
        assert_eq!(got.len(), want.len());
        for (g, w) in got.as_slice::<f64>().iter().zip(&want) {
            assert!((g - w).abs() <= 1e-9 * w.abs().max(1e3), "{spec} margin {margin}: {g}, want {w}");
        }
        let ints: Vec<Block> = blocks
            .iter()
            .map(|b| Block::from_slice(&b.as_slice::<f64>().iter().map(|x| *x as i64).collect::<Vec<_>>(), b.shape()))
            .collect();
        let floats: Vec<Block> = ints
            .iter()
            .map(|b| Block::from_slice(&b.as_slice::<i64>().iter().map(|x| *x as f64).collect::<Vec<_>>(), b.shape()))
            .collect();
        let exact: Vec<f64> =
            contract(&task, &ints.iter().collect::<Vec<_>>()).unwrap().as_slice::<i64>().iter().map(|x| *x as f64).collect();
        assert_eq!(exact, naive(&task, &floats.iter().collect::<Vec<_>>()), "{spec} of integers");
    }
}

#[test]
fn contractions_are_those_of_plain_loops() {
    // Views of a matrix, true permutations, stacks at every place, vectors, scalars.
    for spec in [
        "abc,bcd->ad",
        "abc,bcd->da",
        "abcd,bd->ac",
        "abcd,dbe->eca",
        "abc,abd->acd",
        "abc,adc->bdc",
        "abc,bcd->bad",
        "abc,cab->b",
        "abc,b->ac",
        "abc,a->bc",
        "abc,bc->a",
        "cba,bc->a",
        "ab,ab->",
        "a,b->ab",
        "abc,bd,cd->ad",
        "abc,ad,cd->bd",
        "abc,ad,bd->cd",
        "ab,bc,cd,de->ae",
        "ab,ac,ad->bcd",
        "abc,cd,de,ea->b",
        ",ab,bc->ac",
    ] {
        check(spec, &[]);
        check(spec, &[('a', 1), ('b', 17), ('c', 33), ('d', 9)]);
        check(spec, &[('a', 70), ('b', 3), ('c', 1), ('d', 18)]);
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let (x, y) = (block(&[3, 4], 0), block(&[4, 2], 1));
    let window = |b: &Block| Window { start: vec![0; b.shape().len()], shape: b.shape().to_vec() };
    let task = ContractTask {
        spec: Contraction::parse("ab,bc->ac").unwrap(),
        order: vec![[0, 1]],
        windows: vec![window(&x), window(&y)],
    };
    assert!(contract(&task, &[&x, &y]).is_ok());
    let refused = |task: &ContractTask, args: &[&Block]| {
        assert!(matches!(contract(task, args), Err(KernelError::Mismatch { .. })), "{task:?}");
    };
    refused(&task, &[&y, &x]);
    refused(&task, &[&x]);
    refused(&ContractTask { order: vec![[1, 0]], ..task.clone() }, &[&x, &y]);
    refused(&ContractTask { order: vec![], ..task.clone() }, &[&x, &y]);
    let mut outside = task.clone();
    outside.windows[0].start[1] = usize::MAX;
    refused(&outside, &[&x, &y]);
    let mut other = task;
    other.spec = Contraction::parse("ab,cb->ac").unwrap();
    refused(&other, &[&x, &y]);
}
