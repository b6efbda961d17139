//! NumPy's answers to over 800 expressions that between them use every function of the tables, on arrays whole and in odd blocks.
//!
//! `corpus/make_corpus.py` makes both files and says what they hold. Shapes and dtypes are equal, integers and booleans too;
//! floats are close, as sums in another order are, with NaN and infinities in the same places.

use nums::ndarray::{ArrayD, IxDyn};
use nums::prelude::*;
use nums::{DType, c128};
use std::collections::HashMap;

type Case = fn(&Inputs) -> Result<DynArray>;

#[path = "corpus/first.rs"]
#[rustfmt::skip]
mod first;
#[path = "corpus/second.rs"]
#[rustfmt::skip]
mod second;

/// All expressions and their number, by which answers are stored.
fn cases() -> impl Iterator<Item = (usize, &'static (&'static str, Case))> {
    first::CASES.iter().chain(second::CASES).enumerate()
}

/// The arrays of the expressions by name.
struct Inputs(HashMap<String, DynArray>);

impl Inputs {
    fn get(&self, name: &str) -> &DynArray {
        &self.0[name]
    }
}

/// An array as the file has it: complex numbers, which hold every other element that it may have.
#[derive(Clone)]
struct Stored {
    dtype: DType,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

fn stored() -> HashMap<String, Stored> {
    let read = |line: &str| {
        let [name, dtype, shape, hex] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("a line of four words: {line}") };
        let shape = if shape == "-" { vec![] } else { shape.split(',').map(|n| n.parse().unwrap()).collect() };
        let digits = if hex == "-" { "" } else { hex };
        let bytes = (0..digits.len() / 2).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect();
        (name.to_owned(), Stored { dtype: DType::from_name(dtype).unwrap(), shape, bytes })
    };
    include_str!("corpus/answers.txt").lines().map(read).collect()
}

impl Stored {
    /// As an array of nums.
    fn array(&self) -> Result<DynArray> {
        macro_rules! of {
            ($t:ty, $n:literal) => {{
                let all: Vec<$t> = self.bytes.chunks($n).map(|b| <$t>::from_le_bytes(b.try_into().unwrap())).collect();
                Ok(DynArray::from(Array::<$t>::from_ndarray(&ArrayD::from_shape_vec(IxDyn(&self.shape), all).unwrap())?))
            }};
        }
        match self.dtype {
            DType::Bool => {
                let all: Vec<bool> = self.bytes.iter().map(|b| *b == 1).collect();
                Ok(Array::<bool>::from_ndarray(&ArrayD::from_shape_vec(IxDyn(&self.shape), all).unwrap())?.into())
            }
            DType::U8 => of!(u8, 1),
            DType::I32 => of!(i32, 4),
            DType::I64 => of!(i64, 8),
            DType::F32 => of!(f32, 4),
            DType::F64 => of!(f64, 8),
            DType::C128 => {
                let part = |b: &[u8]| f64::from_le_bytes(b.try_into().unwrap());
                let all = self.bytes.chunks(16).map(|b| c128::new(part(&b[..8]), part(&b[8..]))).collect();
                Ok(Array::<c128>::from_ndarray(&ArrayD::from_shape_vec(IxDyn(&self.shape), all).unwrap())?.into())
            }
            other => panic!("no input is {other}"),
        }
    }
}

/// Elements as complex numbers; integers of 64 bits are small here.
fn numbers(x: &DynArray) -> Result<Vec<c128>> {
    Ok(x.astype::<c128>()?.to_ndarray()?.iter().copied().collect())
}

fn close(found: f64, want: f64, scale: f64, single: bool) -> bool {
    if !want.is_finite() || !found.is_finite() {
        return found == want || (found.is_nan() && want.is_nan());
    }
    let unit = if single { 1e-5 } else { 1e-12 };
    (found - want).abs() <= unit * (10.0 * scale + want.abs())
}

/// What differs, in words.
fn differs(found: &DynArray, want: &Stored) -> Result<Option<String>> {
    if found.dtype() != want.dtype || found.shape() != want.shape {
        return Ok(Some(format!("{}{:?}, NumPy's is {}{:?}", found.dtype(), found.shape(), want.dtype, want.shape)));
    }
    let decoded = match want.dtype {
        DType::Bool | DType::U8 | DType::I32 | DType::I64 | DType::F32 | DType::F64 | DType::C128 => numbers(&want.array()?)?,
        DType::I8 => want.bytes.iter().map(|b| c128::new(f64::from(i8::from_le_bytes([*b])), 0.0)).collect(),
        DType::U64 => want.bytes.chunks(8).map(|b| c128::new(u64::from_le_bytes(b.try_into().unwrap()) as f64, 0.0)).collect(),
        DType::I16 => want.bytes.chunks(2).map(|b| c128::new(f64::from(i16::from_le_bytes([b[0], b[1]])), 0.0)).collect(),
        DType::C64 => {
            let part = |b: &[u8]| f64::from(f32::from_le_bytes(b.try_into().unwrap()));
            want.bytes.chunks(8).map(|b| c128::new(part(&b[..4]), part(&b[4..]))).collect()
        }
        other => panic!("no answer is {other}"),
    };
    let scale = decoded.iter().map(|z| z.norm()).filter(|x| x.is_finite()).fold(0.0, f64::max);
    let single = matches!(want.dtype, DType::F32 | DType::C64);
    for (i, (f, w)) in numbers(found)?.iter().zip(&decoded).enumerate() {
        if !close(f.re, w.re, scale, single) || !close(f.im, w.im, scale, single) {
            return Ok(Some(format!("element {i} is {f}, NumPy's is {w}")));
        }
    }
    Ok(None)
}

/// The inputs whole, and cut into blocks of about `block` an axis.
fn cut(whole: &HashMap<String, DynArray>, block: usize) -> Inputs {
    let cut = |x: &DynArray| {
        let sizes: Vec<usize> = x.shape().iter().enumerate().map(|(a, n)| (block + a % 2).clamp(1, (*n).max(1))).collect();
        if block == 0 || x.ndim() == 0 || x.size() == 0 { x.clone() } else { x.rechunk(&sizes).unwrap() }
    };
    Inputs(whole.iter().map(|(n, x)| (n.clone(), cut(x))).collect())
}

fn whole(stored: &HashMap<String, Stored>) -> HashMap<String, DynArray> {
    let names = stored.keys().filter(|n| !n.starts_with('='));
    names.map(|n| (n.clone(), stored[n].array().unwrap())).collect()
}

fn run(cluster: &Cluster) {
    let _guard = cluster.enter();
    let stored = stored();
    let whole = whole(&stored);
    let mut wrong = Vec::new();
    let mut asked = 0;
    for block in [0, 1, 2, 3] {
        let inputs = cut(&whole, block);
        for (i, (text, case)) in cases() {
            asked += 1;
            let answer = || case(&inputs).and_then(|found| differs(&found, &stored[&format!("={i}")]));
            let said = match std::panic::catch_unwind(std::panic::AssertUnwindSafe(answer)) {
                Ok(Ok(None)) => continue,
                Ok(Ok(Some(why))) => why,
                Ok(Err(e)) => e.to_string(),
                Err(_) => "a panic".to_owned(),
            };
            wrong.push(format!("blocks {block}: {text}\n    {said}"));
        }
    }
    println!("{} passed, {} failed", asked - wrong.len(), wrong.len());
    assert!(wrong.is_empty(), "{} of {asked} answers differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_function_answers_as_numpy_on_every_cut() {
    run(&Cluster::threads(2).unwrap());
}

#[test]
fn worker_processes_answer_as_well() {
    let cluster = Cluster::local(2).unwrap();
    run(&cluster);
    cluster.finish().unwrap();
}

/// Bits of every answer on a cluster, in blocks of about two.
fn bits(cluster: &Cluster) -> Vec<(usize, Vec<u64>)> {
    let _guard = cluster.enter();
    let inputs = cut(&whole(&stored()), 2);
    let of = |(i, (_, case)): (usize, &(&str, Case))| {
        let found = numbers(&case(&inputs).unwrap()).unwrap();
        (i, found.iter().flat_map(|z| [z.re.to_bits(), z.im.to_bits()]).collect())
    };
    cases().map(of).collect()
}

#[test]
fn bits_do_not_depend_on_workers() {
    let one = bits(&Cluster::threads(1).unwrap());
    for cluster in [Cluster::threads(4).unwrap(), Cluster::local(2).unwrap(), Cluster::local(4).unwrap()] {
        for ((i, want), (_, found)) in one.iter().zip(bits(&cluster)) {
            assert_eq!(*want, found, "{} on {cluster:?}", cases().nth(*i).unwrap().1.0);
        }
    }
}
