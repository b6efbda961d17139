//! Native loops made here by `native_group!`: every variant of them, what they refuse, and what is unusual in them.

use super::{Fault, Isa, Native, find, with_isa};
use crate::block::Block;
use crate::element::{Slice, SliceMut};
use nums_ir::dtype::DType;

/// The id of the loop below, of the group
/// `(f64 splat, f64) { const f64 1.0; multiply 0 1; add 3 2; negative 4; exp 5; add 2 6; divide 2 7 } -> 8`.
pub(crate) const SIGMOID: u128 = 0x46b1_1ad4_d8f3_0e7c_a08e_7e6e_9b2f_0cd1;

crate::native_group! {
    id 0x46b1_1ad4_d8f3_0e7c_a08e_7e6e_9b2f_0cd1u128;
    in (v0: splat f64) (v1: full f64);
    once [v2: f64 = Float(0x3ff0_0000_0000_0000)];
    each [v3: f64 = Multiply(v0, v1)] [v4: f64 = Add(v3, v2)] [v5: f64 = Negative(v4)] [v6: f64 = Exp(v5)]
        [v7: f64 = Add(v2, v6)] [v8: f64 = Divide(v2, v7)];
    out (full v8: f64);
}

crate::native_group! {
    id 0x77u128;
    in (a: full bool) (b: full i32) (s: splat u8);
    once [k: i32 = Int(-3)] [t: i32 = cast(s)] [u: i32 = Add(k, t)];
    each [p: i32 = Multiply(b, u)] [q: i32 = Where(a, p, b)] [r: c64 = cast(q)] [w: f32 = Absolute(r)];
    out (splat u: i32) (full q: i32) (full w: f32);
}

fn entry() -> &'static Native {
    find(0x77).unwrap()
}

#[test]
fn every_variant_computes_splats_once_and_positions_each() {
    let a = Block::from_slice(&[true, false, true], &[3]);
    let b = Block::from_slice(&[5i32, -6, i32::MAX], &[3]);
    let s = Block::scalar(5u8);
    for isa in Isa::available() {
        let (mut u, mut q, mut w) = ([0i32], [0i32; 3], [0f32; 3]);
        let outs = [SliceMut::I32(&mut u), SliceMut::I32(&mut q), SliceMut::F32(&mut w)];
        let ins = [a.slice(), b.slice(), s.slice()];
        with_isa(isa, || entry().run(3, &mut ins.into_iter(), &mut outs.into_iter())).unwrap();
        assert_eq!((u, q, w), ([2], [10, -6, -2], [10.0, 6.0, 2.0]));
    }
}

#[test]
fn operands_of_another_group_are_refused() {
    let b = Block::zeros(DType::I32, &[3]);
    let (mut u, mut q, mut w) = ([0i32], [0i32; 3], [0f32; 3]);
    let mut runs = |ins: Vec<Slice<'_>>| {
        let outs = [SliceMut::I32(&mut u), SliceMut::I32(&mut q), SliceMut::F32(&mut w)];
        entry().run(3, &mut ins.into_iter(), &mut outs.into_iter())
    };
    assert_eq!(runs(vec![b.slice(), b.slice(), b.slice()]), Err(Fault::Operands));
    assert_eq!(runs(vec![Slice::Bool(&[true]), b.slice(), Slice::U8(&[1])]), Err(Fault::Operands));
    assert_eq!(runs(vec![]), Err(Fault::Operands));
    assert!(find(0x78).is_none());
}

crate::native_group! {
    id 0x79u128;
    in (x: full f64) (f: full f32) (n: full i32) (k: full i32);
    once;
    chunked [s: f64 = Sin(x)] [c: f32 = Cos(f)] [p: i32 = Power(n, k)] [w: f64 = cast(c)] [q: f64 = Power(s, w)]
        [t: f64 = Cos(s)] [u: f64 = Add(s, t)] [v: f64 = Multiply(s, t)] [z: i32 = Negative(p)];
    out (full s: f64) (full c: f32) (full p: i32) (full q: f64) (full t: f64) (full u: f64) (full v: f64) (full z: i32);
}

/// The eight results of the loop above: bits of all, or the fault.
fn chunked(x: &Block, f: &Block, n: &Block, k: &Block) -> Result<Vec<Vec<u8>>, Fault> {
    let dtypes = [DType::F64, DType::F32, DType::I32, DType::F64, DType::F64, DType::F64, DType::F64, DType::I32];
    let mut blocks: Vec<Block> = dtypes.iter().map(|t| Block::zeros(*t, &[x.len()])).collect();
    let ins = [x.slice(), f.slice(), n.slice(), k.slice()];
    let mut outs = blocks.iter_mut().map(Block::slice_mut);
    find(0x79).unwrap().run(x.len(), &mut ins.into_iter(), &mut outs)?;
    drop(outs);
    Ok(blocks.iter().map(|b| b.bytes().to_vec()).collect())
}

#[test]
fn unusual_elements_have_the_bits_that_they_have_alone() {
    let wave = |i: usize| (i as f64 - 350.0) * 0.37;
    for far in [None, Some(0), Some(255), Some(256), Some(699)] {
        let angle = |i: usize| match far {
            Some(at) if at == i => 1.0e22,
            Some(at) if at + 1 == i => f64::INFINITY,
            Some(_) | None => wave(i),
        };
        let x: Vec<f64> = (0..700).map(angle).collect();
        let f: Vec<f32> = x.iter().rev().map(|x| *x as f32).collect();
        let (n, k): (Vec<i32>, Vec<i32>) = (0..700).map(|i| (i % 13 - 6, i % 5)).unzip();
        let blocks = (Block::from_slice(&x, &[700]), Block::from_slice(&f, &[700]));
        let ints = (Block::from_slice(&n, &[700]), Block::from_slice(&k, &[700]));
        let run = |isa| with_isa(isa, || chunked(&blocks.0, &blocks.1, &ints.0, &ints.1)).unwrap();
        let base = run(Isa::Base);
        for isa in Isa::available() {
            assert_eq!(run(isa), base, "{isa:?}");
        }
        let sines: Vec<u8> = x.iter().flat_map(|x| crate::vmath::sin(*x).to_ne_bytes()).collect();
        let powers: Vec<u8> = n.iter().zip(&k).flat_map(|(n, k)| n.pow(*k as u32).to_ne_bytes()).collect();
        assert!(base[0] == sines && base[2] == powers);
    }
}

#[test]
fn negative_powers_of_integers_are_a_fault_of_the_loop() {
    let (x, f) = (Block::zeros(DType::F64, &[600]), Block::zeros(DType::F32, &[600]));
    let n = Block::zeros(DType::I32, &[600]);
    for at in [0, 299, 599] {
        let mut k = n.clone();
        assert!(chunked(&x, &f, &n, &k).is_ok());
        k.as_mut_slice::<i32>()[at] = -1;
        assert_eq!(chunked(&x, &f, &n, &k), Err(Fault::NegativePower));
    }
}
