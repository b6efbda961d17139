//! Every row of the operator table, all dtypes, on edge values: `promote` and the evaluator against stored NumPy answers.
//!
//! `data/numpy_answers.txt` is made by `data/make_answers.py` and says in its own words what a line means. Dtypes, integers
//! and booleans are equal, floats within `ULPS`, with the same NaN, infinities and signed zeros. `differs` lists, with
//! reasons, where NumPy's answer is not ours to give.

use nums_ir::diag::Loc;
use nums_ir::dtype::{DType, Kind};
use nums_ir::eval::{Tensor, eval};
use nums_ir::func::{Func, Op, Scalar, Stage};

use num_complex::Complex;
use nums_ir::ops::{MapOp, ReduceOp};
use nums_ir::promote::{map_dtypes, reduce_dtypes};
use nums_ir::types::Type;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Units in the last place by which a float may differ from NumPy's; of a complex number, in the larger part.
const ULPS: f64 = 2.0;

#[derive(Default)]
struct Answers {
    lists: BTreeMap<String, Tensor>,
    lines: Vec<(Vec<String>, String)>,
}

fn answers() -> Answers {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/numpy_answers.txt");
    let text = std::fs::read_to_string(path).expect(path);
    let mut all = Answers::default();
    for line in text.lines().filter(|l| !l.starts_with(';')) {
        match line.split_once(" -> ") {
            Some((question, answer)) => {
                all.lines.push((question.split(' ').map(str::to_owned).collect(), answer.to_owned()));
            }
            None => {
                let [_, name, dtype, hex] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("a list: {line}") };
                all.lists.insert(name.to_owned(), decode(dtype, hex));
            }
        }
    }
    all
}

fn dtype(name: &str) -> DType {
    DType::from_name(name).unwrap_or_else(|| panic!("no dtype {name}"))
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
    fn flat<T: nums_ir::eval::Item>(all: Vec<T>) -> Tensor {
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

/// `op` of `args`, cast to the dtypes that `promote` says.
fn map(op: MapOp, args: &[Arg]) -> Result<Tensor, String> {
    let dtypes: Vec<(DType, bool)> = args.iter().map(|arg| (arg.array().dtype(), matches!(arg, Arg::Number(_)))).collect();
    let (computed, result) = map_dtypes(op, &dtypes)?;
    let cast: Vec<Tensor> = args.iter().zip(computed).map(|(arg, dtype)| arg.array().cast(dtype)).collect();
    let out = nums_ir::eval::map(op, &cast.iter().collect::<Vec<_>>())?;
    assert_eq!(out.dtype(), result, "`{}`: the row and `promote`", op.name());
    Ok(out)
}

fn reduce(op: ReduceOp, x: &Tensor) -> Result<Tensor, String> {
    let (computed, result) = reduce_dtypes(op, x.dtype())?;
    let last = x.shape().len() as i64 - 1;
    let out = nums_ir::eval::reduce(op, &x.cast(computed), &[last], false)?;
    assert_eq!(out.dtype(), result, "`{}`: the row and `promote`", op.name());
    Ok(out)
}

enum Arg {
    Array(Tensor),
    Number(Scalar),
}

impl Arg {
    fn array(&self) -> Tensor {
        match self {
            Arg::Array(x) => x.clone(),
            Arg::Number(number) => Tensor::constant(*number, DType::default_of(number.kind())).unwrap(),
        }
    }
}

/// The operands of a `map` line: all combinations, by broadcasting.
fn combinations(lists: &[&Tensor]) -> Vec<Arg> {
    let axis = |i: usize, x: &Tensor| {
        let mut shape = vec![1; lists.len()];
        shape[i] = x.size();
        Arg::Array(x.reshape(&shape).unwrap())
    };
    lists.iter().enumerate().map(|(i, x)| axis(i, x)).collect()
}

fn ulps(a: f64, b: f64, scale: f64, dtype: DType) -> f64 {
    let digits = if dtype.to_float() == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let least = if dtype.to_float() == DType::F32 { f64::from(f32::from_bits(1)) } else { f64::from_bits(1) };
    (a / 4.0 - b / 4.0).abs() / (scale / 4.0 * digits).max(least / 4.0)
}

fn close(a: f64, b: f64, scale: f64, dtype: DType) -> bool {
    if a.is_nan() || b.is_nan() {
        return a.is_nan() && b.is_nan();
    }
    if a == b {
        return a.is_sign_negative() == b.is_sign_negative();
    }
    a.is_finite() && b.is_finite() && ulps(a, b, scale, dtype) <= ULPS
}

fn same(a: Scalar, b: Scalar, dtype: DType) -> bool {
    match (a, b) {
        (Scalar::Float(x), Scalar::Float(y)) => close(x, y, y.abs(), dtype),
        (Scalar::Complex(a, b), Scalar::Complex(x, y)) => {
            let scale = if x.is_finite() && y.is_finite() { x.abs().max(y.abs()) } else { 0.0 };
            close(a, x, scale.max(if x.is_finite() { x.abs() } else { 0.0 }), dtype)
                && close(b, y, scale.max(if y.is_finite() { y.abs() } else { 0.0 }), dtype)
        }
        (Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Complex(..), _) => a == b,
    }
}

/// What NumPy's answer says of a line, against ours.
fn check(words: &[String], all: &Answers, expected: &str, ours: Result<Tensor, String>) -> Result<(), String> {
    if let Some(kind) = expected.strip_prefix("error ") {
        return match ours {
            Err(_) => Ok(()),
            Ok(x) => Err(format!("NumPy raises {kind}, ours is {}", x.dtype())),
        };
    }
    let ours = ours.map_err(|why| format!("NumPy has an answer, ours is the error: {why}"))?;
    let (name, hex) = expected.split_once(' ').expect("dtype and elements");
    let expected = decode(name, hex);
    if ours.dtype() != expected.dtype() {
        return Err(format!("NumPy's dtype is {}, ours is {}", expected.dtype(), ours.dtype()));
    }
    let (ours, theirs) = (ours.scalars(), expected.scalars());
    if ours.len() != theirs.len() {
        return Err(format!("NumPy's answer has {} elements, ours {}", theirs.len(), ours.len()));
    }
    let mut wrong = String::new();
    for (i, (&a, &b)) in ours.iter().zip(&theirs).enumerate() {
        let dtype = expected.dtype();
        if !same(a, b, dtype) && !differs(words, &operands(words, all, i), dtype, a, b) {
            let of = operands(words, all, i);
            write!(wrong, "\n    element {i}, of {of:?}: NumPy {b:?}, ours {a:?}").unwrap();
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Where element `i` of NumPy's answer is not one to follow. Each case has its reason.
fn differs(words: &[String], operands: &[Scalar], dtype: DType, ours: Scalar, theirs: Scalar) -> bool {
    let finite = |s: &Scalar| match s {
        Scalar::Bool(_) | Scalar::Int(_) => true,
        Scalar::Float(x) => x.is_finite(),
        Scalar::Complex(x, y) => x.is_finite() && y.is_finite(),
    };
    match (words[0].as_str(), words[1].as_str(), operands) {
        // A float that the integer cannot hold is undefined in C and NumPy warns; ours saturates, NaN is 0.
        ("cast", _, [Scalar::Float(x) | Scalar::Complex(x, _)]) => {
            let Scalar::Int(ours) = ours else { return false };
            let saturated = if x.is_nan() { 0 } else { x.trunc() as i128 };
            ours != saturated || x.is_nan()
        }
        // C99 leaves the sign of the infinity open.
        ("map", "sin", [Scalar::Complex(x, y)]) if x.is_infinite() && y.is_infinite() => match (ours, theirs) {
            (Scalar::Complex(a, b), Scalar::Complex(c, d)) => a.is_nan() && c.is_nan() && b.is_infinite() && d.is_infinite(),
            (Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Complex(..), _) => false,
        },
        // No integer dtype holds an i64 beside a u64: ours compares in f64, the dtype of their sum, NumPy exactly.
        (
            "map",
            "equal" | "not_equal" | "less" | "less_equal" | "greater" | "greater_equal",
            [Scalar::Int(a), Scalar::Int(b)],
        ) => words[2] != words[3] && a != b && *a as f64 == *b as f64,
        // exp(b log a): an error of the logarithm is multiplied by the size of the exponent. NumPy computes c64 in
        // f32, where large exponents overflow; ours has f64 inside.
        ("map", "power", [a, b]) if dtype.kind() == Kind::Complex => {
            let size = (complex(*a).ln() * complex(*b)).norm();
            if dtype == DType::C64 && (size > 80.0 || size.is_nan()) {
                return true;
            }
            let ((Scalar::Complex(x, y), Scalar::Complex(u, v)), true) = ((ours, theirs), finite(a) && finite(b)) else {
                return false;
            };
            let scale = u.abs().max(v.abs()) * (1.0 + size);
            close(x, u, scale, dtype) && close(y, v, scale, dtype)
        }
        _ => false,
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

/// The operands of element `i` of an element-wise line.
fn operands(words: &[String], all: &Answers, i: usize) -> Vec<Scalar> {
    let names = match words[0].as_str() {
        "map" => &words[2..],
        "cast" => &words[1..2],
        _ => return Vec::new(),
    };
    let (mut rest, mut out) = (i, Vec::new());
    for name in names.iter().rev() {
        let list = all.lists[name].scalars();
        out.insert(0, list[rest % list.len()]);
        rest /= list.len();
    }
    out
}

fn row(words: &[String], all: &Answers) -> Result<Tensor, String> {
    let list = |name: &String| all.lists.get(name).unwrap_or_else(|| panic!("no list {name}"));
    match words[0].as_str() {
        "map" => {
            let op = MapOp::from_name(&words[1]).unwrap_or_else(|| panic!("no row {}", words[1]));
            let lists: Vec<&Tensor> = words[2..].iter().map(list).collect();
            map(op, &combinations(&lists))
        }
        "weak" => {
            let op = MapOp::from_name(&words[1]).unwrap_or_else(|| panic!("no row {}", words[1]));
            let ones = Tensor::full(&[1], 1_i8).cast(dtype(&words[3]));
            let number = match words[4].as_str() {
                "bool" => Scalar::Bool(true),
                "int" => Scalar::Int(1),
                "float" => Scalar::Float(1.0),
                "complex" => Scalar::Complex(0.0, 1.0),
                other => panic!("no kind {other}"),
            };
            let (x, y) = (Arg::Array(ones), Arg::Number(number));
            map(op, &if words[2] == "left" { [x, y] } else { [y, x] })
        }
        "reduce" => {
            let op = ReduceOp::from_name(&words[1]).unwrap_or_else(|| panic!("no row {}", words[1]));
            let (name, kind) = words[2].split_once('.').unwrap_or((&words[2], ""));
            let every = list(&name.to_owned());
            let x = match kind {
                "pairs" => pairs(every),
                "empty" => Tensor::full::<i8>(&[0], 0).cast(dtype(name)),
                _ => list(&words[2]).clone(),
            };
            reduce(op, &x)
        }
        "cast" => Ok(list(&words[1]).cast(dtype(&words[2]))),
        other => panic!("no question {other}"),
    }
}

/// Each element beside the next, the last beside the first.
fn pairs(x: &Tensor) -> Tensor {
    let all = x.scalars();
    let beside = (0..all.len()).flat_map(|i| [all[i], all[(i + 1) % all.len()]]).collect();
    Tensor::from_scalars(x.dtype(), &[all.len(), 2], beside).unwrap()
}

/// `arange` of plain numbers, as its typed line.
fn arange(words: &[String], len: usize) -> Result<Tensor, String> {
    let dtype = dtype(&words[1]);
    let mut f = Func::new("arange");
    f.stage = Stage::Typed;
    let number = |text: &String| match text.parse::<i128>() {
        Ok(i) => Scalar::Int(i),
        Err(_) => Scalar::Float(text.parse().unwrap_or_else(|_| panic!("no number {text}"))),
    };
    let args: Vec<_> = words[2..]
        .iter()
        .map(|text| f.push_typed(Op::Const(number(text)), &[], Type::weak(number(text).kind()), Loc::default()))
        .collect();
    let op = Op::Arange { dtype: Some(dtype), len: Some(len.into()) };
    let result = f.push_typed(op, &args, Type::of(dtype, &[len]), Loc::default());
    f.results = vec![result];
    eval(&f, &[]).map(|mut results| results.remove(0))
}

#[test]
fn rows_agree_with_numpy() {
    let all = answers();
    let mut wrong = Vec::new();
    for (words, answer) in &all.lines {
        let verdict = match words[0].as_str() {
            "map" | "reduce" => check(words, &all, answer, row(words, &all)),
            "cast" => check(words, &all, &format!("{} {answer}", words[2]), row(words, &all)),
            "arange" => {
                let theirs = format!("{} {answer}", words[1]);
                check(words, &all, &theirs, arange(words, decode(&words[1], answer).size()))
            }
            "weak" => match row(words, &all) {
                Ok(x) if x.dtype().name() == answer => Ok(()),
                Err(_) if answer == "error" => Ok(()),
                Ok(x) => Err(format!("NumPy's dtype is {answer}, ours {}", x.dtype())),
                Err(why) => Err(format!("NumPy's dtype is {answer}, ours is the error: {why}")),
            },
            other => panic!("no question {other}"),
        };
        if let Err(why) = verdict {
            wrong.push(format!("{}: {why}", words.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {} answers differ:\n{}", wrong.len(), all.lines.len(), wrong.join("\n"));
    eprintln!("{} NumPy answers checked", all.lines.len());
}

/// Every row has answers for every dtype; a row that has none fails with the command that makes them.
#[test]
fn every_row_has_answers() {
    let answered: BTreeSet<(String, String)> = answers().lines.into_iter().map(|(w, _)| (w[1].clone(), dtype_of(&w))).collect();
    let rows = MapOp::ALL.iter().map(|op| op.name()).chain(ReduceOp::ALL.iter().map(|op| op.name()));
    let has = |row: &str| DType::ALL.iter().all(|d| answered.contains(&(row.to_owned(), d.name().to_owned())));
    let missing: Vec<&str> = rows.filter(|row| !has(row)).collect();
    let maps = MapOp::ALL.iter().map(|op| format!("map {} {}\n", op.name(), op.arity()));
    let list: String = maps.chain(ReduceOp::ALL.iter().map(|op| format!("reduce {}\n", op.name()))).collect();
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/rows.txt");
    std::fs::write(path, list).expect(path);
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    assert!(
        missing.is_empty(),
        "no NumPy answers for {missing:?}; to make them, with NumPy 2:\n  \
         python3 {data}/make_answers.py < {path} > {data}/numpy_answers.txt"
    );
}

/// The dtype of the last operand that a line is about.
fn dtype_of(words: &[String]) -> String {
    let last = words.last().expect("a question has words");
    last.split('.').next().unwrap_or(last).to_owned()
}
