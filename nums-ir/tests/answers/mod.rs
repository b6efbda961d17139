//! The stored NumPy answers as questions and answers, and how two answers are compared.
//!
//! `data/numpy_answers.txt` is made by `data/make_answers.py`, which says in its own words what a line means. Dtypes, integers
//! and booleans are equal; floats are close, with the same NaN, infinities and signed zeros. `differs` lists, with reasons,
//! where NumPy's answer is not one to follow. Shared by the tests of the evaluator and of the executors.

use num_complex::Complex;
use nums_ir::dtype::DType;
use nums_ir::eval::{Item, Tensor};
use nums_ir::func::Scalar;
use nums_ir::ops::{DTypeRule, MapOp, ReduceOp};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What NumPy was asked.
pub(crate) enum Question {
    /// A row of operands that broadcast.
    Map(MapOp, Vec<Tensor>),
    /// The dtype of a row of an array and a plain number; the flag says that the array is on the left.
    Weak(MapOp, DType, Scalar, bool),
    /// A reduction along the last axis.
    Reduce(ReduceOp, Tensor),
    /// An `astype`.
    Cast(Tensor, DType),
    /// `arange` of plain numbers: start, stop, step.
    Arange(DType, Vec<Scalar>),
}

/// What NumPy answered.
pub(crate) enum Expected {
    /// This array, flat.
    Value(Tensor),
    /// An array of this dtype.
    DType(DType),
    /// A Python error.
    Error(String),
}

/// A line of the file.
pub(crate) struct Answer {
    /// The question as written.
    pub(crate) line: String,
    /// The question.
    pub(crate) question: Question,
    /// The answer.
    pub(crate) expected: Expected,
}

/// All lines.
pub(crate) fn answers() -> Vec<Answer> {
    let text = include_str!("../data/numpy_answers.txt");
    let mut lists = BTreeMap::new();
    let mut all = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with(';')) {
        if let Some((question, answer)) = line.split_once(" -> ") {
            all.push(read(question, answer, &lists));
        } else {
            let [_, name, dtype, hex] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("a list: {line}") };
            lists.insert(name.to_owned(), decode(dtype, hex));
        }
    }
    all
}

fn read(line: &str, answer: &str, lists: &BTreeMap<String, Tensor>) -> Answer {
    let words: Vec<&str> = line.split(' ').collect();
    let list = |name: &str| lists.get(name).unwrap_or_else(|| panic!("no list {name}"));
    let map = |name: &str| MapOp::from_name(name).unwrap_or_else(|| panic!("no row {name}: {line}"));
    let (question, result) = match words.as_slice() {
        ["map", op, names @ ..] => {
            let lists: Vec<&Tensor> = names.iter().map(|name| list(name)).collect();
            (Question::Map(map(op), combinations(&lists)), None)
        }
        ["weak", op, side, of, kind] => (Question::Weak(map(op), dtype(of), number(kind), *side == "left"), None),
        ["reduce", op, name] => {
            let op = ReduceOp::from_name(op).unwrap_or_else(|| panic!("no row {op}: {line}"));
            let x = match name.split_once('.') {
                Some((of, "pairs")) => pairs(list(of)),
                Some((of, "empty")) => Tensor::full::<i8>(&[0], 0).cast(dtype(of)),
                Some(_) | None => list(name).clone(),
            };
            (Question::Reduce(op, x), None)
        }
        ["cast", from, to] => (Question::Cast(list(from).clone(), dtype(to)), Some(*to)),
        ["arange", of, numbers @ ..] => {
            let numbers = numbers.iter().map(|text| match text.parse::<i128>() {
                Ok(i) => Scalar::Int(i),
                Err(_) => Scalar::Float(text.parse().unwrap_or_else(|_| panic!("no number: {line}"))),
            });
            (Question::Arange(dtype(of), numbers.collect()), Some(*of))
        }
        _ => panic!("no question: {line}"),
    };
    let expected = match (answer.split_once(' '), result) {
        (_, Some(of)) => Expected::Value(decode(of, answer)),
        (Some(("error", kind)), None) => Expected::Error(kind.to_owned()),
        (Some((of, hex)), None) => Expected::Value(decode(of, hex)),
        (None, None) if answer == "error" => Expected::Error("TypeError".to_owned()),
        (None, None) => Expected::DType(dtype(answer)),
    };
    Answer { line: line.to_owned(), question, expected }
}

fn dtype(name: &str) -> DType {
    DType::from_name(name).unwrap_or_else(|| panic!("no dtype {name}"))
}

fn number(kind: &str) -> Scalar {
    match kind {
        "bool" => Scalar::Bool(true),
        "int" => Scalar::Int(1),
        "float" => Scalar::Float(1.0),
        "complex" => Scalar::Complex(0.0, 1.0),
        other => panic!("no kind {other}"),
    }
}

/// Little-endian elements in hexadecimal, booleans one digit each.
fn decode(name: &str, hex: &str) -> Tensor {
    let hex = if hex == "-" { "" } else { hex };
    let dtype = dtype(name);
    if dtype == DType::Bool {
        let all: Vec<bool> = hex.bytes().map(|b| b == b'1').collect();
        return Tensor::from_vec(&[all.len()], all).unwrap();
    }
    let bytes: Vec<u8> = (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect();
    macro_rules! of {
        ($t:ty) => {{
            let all: Vec<$t> = bytes.chunks(size_of::<$t>()).map(|b| <$t>::from_le_bytes(b.try_into().unwrap())).collect();
            all
        }};
        (complex $t:ty) => {
            of!($t).chunks(2).map(|p| Complex { re: p[0], im: p[1] }).collect::<Vec<_>>()
        };
    }
    fn flat<T: Item>(all: Vec<T>) -> Tensor {
        Tensor::from_vec(&[all.len()], all).unwrap()
    }
    match dtype {
        DType::Bool => unreachable!("handled above"),
        DType::I8 => flat(of!(i8)),
        DType::I16 => flat(of!(i16)),
        DType::I32 => flat(of!(i32)),
        DType::I64 => flat(of!(i64)),
        DType::U8 => flat(of!(u8)),
        DType::U16 => flat(of!(u16)),
        DType::U32 => flat(of!(u32)),
        DType::U64 => flat(of!(u64)),
        DType::F32 => flat(of!(f32)),
        DType::F64 => flat(of!(f64)),
        DType::C64 => flat(of!(complex f32)),
        DType::C128 => flat(of!(complex f64)),
    }
}

/// The operands of a `map` line: each list along an axis of its own, so that broadcasting makes all combinations.
fn combinations(lists: &[&Tensor]) -> Vec<Tensor> {
    let axis = |(i, x): (usize, &&Tensor)| {
        let mut shape = vec![1; lists.len()];
        shape[i] = x.size();
        x.reshape(&shape).unwrap()
    };
    lists.iter().enumerate().map(axis).collect()
}

/// Each element beside the next, the last beside the first.
fn pairs(x: &Tensor) -> Tensor {
    let all = x.scalars();
    let beside = (0..all.len()).flat_map(|i| [all[i], all[(i + 1) % all.len()]]).collect();
    Tensor::from_scalars(x.dtype(), &[all.len(), 2], beside).unwrap()
}

impl Answer {
    /// Holds `ours` to NumPy's answer, floats within `ulps`; the error says what differs.
    pub(crate) fn check(&self, ours: Result<Tensor, String>, ulps: f64) -> Result<(), String> {
        let expected = match (&self.expected, ours) {
            (Expected::Error(_), Err(_)) => return Ok(()),
            (Expected::Error(kind), Ok(x)) => return Err(format!("{}: NumPy raises {kind}, ours is {}", self.line, x.dtype())),
            (Expected::Value(_) | Expected::DType(_), Err(why)) => {
                return Err(format!("{}: NumPy has an answer, ours is the error: {why}", self.line));
            }
            (Expected::DType(dtype), Ok(x)) if *dtype == x.dtype() => return Ok(()),
            (Expected::DType(dtype), Ok(x)) => {
                return Err(format!("{}: NumPy's dtype is {dtype}, ours {}", self.line, x.dtype()));
            }
            (Expected::Value(expected), Ok(x)) => (expected, x),
        };
        let (expected, ours) = expected;
        if (expected.dtype(), expected.size()) != (ours.dtype(), ours.size()) {
            let (dtype, size) = (expected.dtype(), expected.size());
            return Err(format!("{}: NumPy's is {size} of {dtype}, ours {} of {}", self.line, ours.size(), ours.dtype()));
        }
        let mut wrong = String::new();
        for (i, (ours, theirs)) in ours.scalars().into_iter().zip(expected.scalars()).enumerate() {
            if !same(ours, theirs, expected.dtype(), ulps) && !self.differs(i, ours, theirs, ulps) {
                write!(wrong, "\n    element {i}, of {:?}: NumPy {theirs:?}, ours {ours:?}", self.operands(i)).unwrap();
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(format!("{}:{wrong}", self.line)) }
    }

    /// The operands of element `i` of the answer.
    fn operands(&self, i: usize) -> Vec<Scalar> {
        match &self.question {
            Question::Map(_, lists) => {
                let (mut rest, mut out) = (i, Vec::new());
                for list in lists.iter().rev() {
                    out.insert(0, list.scalars()[rest % list.size()]);
                    rest /= list.size();
                }
                out
            }
            Question::Cast(x, _) => vec![x.scalars()[i]],
            Question::Weak(..) | Question::Reduce(..) | Question::Arange(..) => Vec::new(),
        }
    }

    /// Where element `i` of NumPy's answer is not one to follow. Each case has its reason.
    fn differs(&self, i: usize, ours: Scalar, theirs: Scalar, ulps: f64) -> bool {
        let operands = self.operands(i);
        let finite = |s: &Scalar| match s {
            Scalar::Bool(_) | Scalar::Int(_) => true,
            Scalar::Float(x) => x.is_finite(),
            Scalar::Complex(x, y) => x.is_finite() && y.is_finite(),
        };
        match (&self.question, operands.as_slice()) {
            // A float that the integer cannot hold is undefined in C and NumPy warns; ours saturates, NaN is 0.
            (Question::Cast(..), [Scalar::Float(x) | Scalar::Complex(x, _)]) => {
                let Scalar::Int(ours) = ours else { return false };
                let saturated = if x.is_nan() { 0 } else { x.trunc() as i128 };
                ours != saturated || x.is_nan()
            }
            // Which of two equal zeros is the larger differs between NumPy's own dtypes.
            (Question::Reduce(ReduceOp::NanMax | ReduceOp::NanMin, _), _) => {
                ours == Scalar::Float(0.0) && theirs == Scalar::Float(0.0)
            }
            // C99 leaves the sign of the infinity open.
            (Question::Map(MapOp::Sin, _), [Scalar::Complex(x, y)]) if x.is_infinite() && y.is_infinite() => match (ours, theirs)
            {
                (Scalar::Complex(a, b), Scalar::Complex(c, d)) => a.is_nan() && c.is_nan() && b.is_infinite() && d.is_infinite(),
                (Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Complex(..), _) => false,
            },
            // NumPy computes c64 in f32, where a large angle loses digits and the square of a large size overflows.
            (Question::Map(MapOp::Exp2 | MapOp::Log1p, lists), [Scalar::Complex(x, y)]) if lists[0].dtype() == DType::C64 => {
                let (Scalar::Complex(a, b), Scalar::Complex(u, v)) = (ours, theirs) else { return false };
                let scale = u.abs().max(v.abs()) * (1.0 + y.abs());
                let near = |p: f64, q: f64| close(p, q, scale, DType::C64, ulps);
                x.abs().max(y.abs()) > 1e19 || (near(a, u) && near(b, v))
            }
            // No integer dtype holds an i64 beside a u64: ours compares in f64, the dtype of their sum, NumPy exactly.
            (Question::Map(op, lists), [Scalar::Int(a), Scalar::Int(b)]) if op.rule() == DTypeRule::Compare => {
                lists[0].dtype() != lists[1].dtype() && a != b && *a as f64 == *b as f64
            }
            // exp(b log a): an error of the logarithm is multiplied by the size of the exponent. NumPy computes c64 in
            // f32, where large exponents overflow; ours has f64 inside.
            (Question::Map(MapOp::Power, lists), [a, b]) if matches!(ours, Scalar::Complex(..)) => {
                let dtype = lists[0].dtype().promote(lists[1].dtype());
                let size = (complex(*a).ln() * complex(*b)).norm();
                if dtype == DType::C64 && (size > 80.0 || size.is_nan()) {
                    return true;
                }
                let ((Scalar::Complex(x, y), Scalar::Complex(u, v)), true) = ((ours, theirs), finite(a) && finite(b)) else {
                    return false;
                };
                let scale = u.abs().max(v.abs()) * (1.0 + size);
                close(x, u, scale, dtype, ulps) && close(y, v, scale, dtype, ulps)
            }
            _ => false,
        }
    }
}

fn complex(s: Scalar) -> Complex<f64> {
    match s {
        Scalar::Bool(b) => f64::from(b).into(),
        Scalar::Int(i) => (i as f64).into(),
        Scalar::Float(x) => x.into(),
        Scalar::Complex(re, im) => Complex { re, im },
    }
}

/// Whether two floats of `dtype` differ by at most `ulps` units in the last place of `scale`.
pub(crate) fn close(a: f64, b: f64, scale: f64, dtype: DType, ulps: f64) -> bool {
    if a.is_nan() || b.is_nan() {
        return a.is_nan() && b.is_nan();
    }
    if a == b {
        return a.is_sign_negative() == b.is_sign_negative();
    }
    let single = dtype.to_float() == DType::F32;
    let (unit, least) =
        if single { (f64::from(f32::EPSILON), f64::from(f32::from_bits(1))) } else { (f64::EPSILON, f64::from_bits(1)) };
    // In quarters: the difference of the largest floats would overflow.
    a.is_finite() && b.is_finite() && (a / 4.0 - b / 4.0).abs() <= ulps * (scale / 4.0 * unit).max(least / 4.0)
}

/// Whether two elements of `dtype` are equal, or floats within `ulps`; of a complex number, in the larger part.
pub(crate) fn same(a: Scalar, b: Scalar, dtype: DType, ulps: f64) -> bool {
    match (a, b) {
        (Scalar::Float(x), Scalar::Float(y)) => close(x, y, y.abs(), dtype, ulps),
        (Scalar::Complex(a, b), Scalar::Complex(x, y)) => {
            let scale = if x.is_finite() && y.is_finite() { x.abs().max(y.abs()) } else { 0.0 };
            close(a, x, scale.max(if x.is_finite() { x.abs() } else { 0.0 }), dtype, ulps)
                && close(b, y, scale.max(if y.is_finite() { y.abs() } else { 0.0 }), dtype, ulps)
        }
        (Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Complex(..), _) => a == b,
    }
}
