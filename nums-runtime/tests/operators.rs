//! Every operator on the runtime's kernels, arrays cut in three ways: against stored NumPy answers and the evaluator.
//!
//! A question becomes a parsed function, which goes the whole way: inferred, fused, bound, tiled, one task after the other.
//! Where NumPy has no stored answer (operators that move data, products, sizes of zero) the evaluator on whole arrays answers,
//! and small integers as elements make every order of accumulation exact.

#[path = "../../nums-ir/tests/answers/mod.rs"]
mod answers;
#[path = "../../nums-ir/tests/blocks/mod.rs"]
mod blocks;
mod tasks;

use answers::{Answer, Expected, Question, answers, same};
use nums_ir::bind::{Bound, bind, typed};
use nums_ir::diag::Loc;
use nums_ir::dtype::{DType, Kind};
use nums_ir::eval::{Tensor, eval};
use nums_ir::func::{Func, Op, Scalar, Value};
use nums_ir::ops::MapOp;
use nums_ir::text::{parse, print};
use nums_ir::types::Type;

/// Units in the last place between ours and NumPy's C library: 1.5 of ours, 1 of the library's, complex ones of several steps.
const ULPS: f64 = 4.0;

/// A parsed function of one operator over `arrays`.
fn one(op: Op, arrays: &[Tensor]) -> Func {
    let mut f = Func::new("one");
    let param = |f: &mut Func, x: &Tensor| f.param("x", Some(Type::of(x.dtype(), x.shape())), Loc::default());
    let params: Vec<Value> = arrays.iter().map(|x| param(&mut f, x)).collect();
    let result = f.push(op, &params, Loc::default());
    f.results = vec![result];
    f
}

fn bounds(arrays: &[Tensor], scalars: &[Scalar]) -> Vec<Bound> {
    let arrays = arrays.iter().map(|x| Bound::Array(x.dtype(), x.shape().to_vec()));
    arrays.chain(scalars.iter().map(|s| Bound::Scalar(*s))).collect()
}

/// The first result of a parsed function; its scalar parameters come after the arrays.
fn run(func: &Func, arrays: &[Tensor], scalars: &[Scalar], cut: usize) -> Result<Tensor, String> {
    let fused = bind(func, &bounds(arrays, scalars)).map_err(|diag| diag.message)?;
    let grids: Vec<_> = arrays.iter().enumerate().map(|(at, x)| blocks::grid(x.shape(), at, cut)).collect();
    tasks::answers(&fused, arrays, scalars, &grids).map(|mut results| results.remove(0))
}

/// The evaluator's answer.
fn oracle(func: &Func, arrays: &[Tensor]) -> Result<Tensor, String> {
    let typed = typed(func, &bounds(arrays, &[])).map_err(|diag| diag.message)?;
    eval(&typed, arrays).map(|mut results| results.remove(0))
}

/// The answers of one question, in every way that it can be asked.
fn ours(answer: &Answer) -> Vec<Result<Tensor, String>> {
    let cuts = |func: Func, arrays: &[Tensor]| (0..blocks::CUTS).map(|cut| run(&func, arrays, &[], cut)).collect();
    match &answer.question {
        Question::Map(op, operands) => cuts(one(Op::Map(*op), operands), operands),
        Question::Reduce(op, x) => {
            let last = vec![x.shape().len() as i64 - 1];
            let all = std::slice::from_ref(x);
            cuts(one(Op::Reduce { op: *op, axes: Some(last), keepdims: false }, all), all)
        }
        Question::Cast(x, dtype) => cuts(one(Op::Cast(*dtype), std::slice::from_ref(x)), std::slice::from_ref(x)),
        Question::Weak(op, dtype, number, left) => {
            let array = [Tensor::full(&[1], 1_i8).cast(*dtype)];
            let mut as_literal = Func::new("literal");
            let x = as_literal.param("x", Some(Type::of(*dtype, &[1])), Loc::default());
            let mut as_argument = as_literal.clone();
            let literal = as_literal.push(Op::Const(*number), &[], Loc::default());
            let argument = as_argument.param("s", Some(Type::weak(number.kind())), Loc::default());
            for (f, other) in [(&mut as_literal, literal), (&mut as_argument, argument)] {
                let args = if *left { [x, other] } else { [other, x] };
                let result = f.push(Op::Map(*op), &args, Loc::default());
                f.results = vec![result];
            }
            vec![run(&as_literal, &array, &[], 0), run(&as_argument, &array, &[*number], 0)]
        }
        Question::Arange(dtype, numbers) => {
            let mut f = Func::new("arange");
            let args: Vec<Value> = numbers.iter().map(|x| f.push(Op::Const(*x), &[], Loc::default())).collect();
            let result = f.push(Op::Arange { dtype: Some(*dtype), len: None }, &args, Loc::default());
            f.results = vec![result];
            vec![run(&f, &[], &[], 0)]
        }
    }
}

/// Ours, with NumPy's element where the order of accumulation decides: which of several complex NaN `max` finds first, which
/// parts of an infinite complex product are NaN, and the signs of zeros in complex products.
fn settled(answer: &Answer, ours: &Tensor) -> Tensor {
    let (Question::Reduce(..), Expected::Value(theirs)) = (&answer.question, &answer.expected) else { return ours.clone() };
    let choose = |(ours, theirs): (Scalar, Scalar)| match (ours, theirs) {
        (Scalar::Complex(a, b), Scalar::Complex(x, y)) if (a, b) == (x, y) || !(a + b).is_finite() && !(x + y).is_finite() => {
            theirs
        }
        (Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Complex(..), _) => ours,
    };
    let all = ours.scalars().into_iter().zip(theirs.scalars()).map(choose).collect();
    Tensor::from_scalars(ours.dtype(), ours.shape(), all).expect("as many elements")
}

#[test]
fn kernels_agree_with_numpy_on_every_cut() {
    let all = answers();
    let mut asked = 0;
    let mut wrong = Vec::new();
    for answer in &all {
        for (way, ours) in ours(answer).into_iter().enumerate() {
            asked += 1;
            // A flat answer is stored; ours has the shape of the operands.
            let flat = ours.map(|x| settled(answer, &x.reshape(&[x.size()]).expect("as many elements")));
            wrong.extend(answer.check(flat, ULPS).err().map(|why| format!("way {way}: {why}")));
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} answers differ:\n{}", wrong.len(), wrong.join("\n"));
    eprintln!("{asked} answers to {} questions checked", all.len());
    assert!(all.iter().any(|a| matches!(a.expected, Expected::Error(_))) && asked > 2 * all.len());
}

/// Small integers that begin with `from`, different in every place that matters.
fn counting(dtype: DType, shape: &[usize], from: i128) -> Tensor {
    let element = |i: usize| Scalar::Int((from + i as i128 * 7) % 5);
    let all = (0..shape.iter().product()).map(element).collect();
    Tensor::from_scalars(dtype, shape, all).expect("as many elements as the shape has")
}

/// Holds the kernels to the evaluator on every cut; `Ok(false)` where both refuse.
fn check(func: &Func, arrays: &[Tensor]) -> Result<bool, String> {
    let want = oracle(func, arrays);
    for cut in 0..blocks::CUTS {
        let wrong = |why: String| format!("cut {cut}: {why}\n{}", print(func));
        match (run(func, arrays, &[], cut), &want) {
            (Err(ours), Err(theirs)) if ours == *theirs => {}
            (Err(ours), Err(theirs)) => return Err(wrong(format!("the error is `{ours}`, the evaluator's `{theirs}`"))),
            (Ok(_), Err(why)) => return Err(wrong(format!("an answer, but the evaluator says: {why}"))),
            (Err(why), Ok(_)) => return Err(wrong(format!("the evaluator has an answer, this says: {why}"))),
            (Ok(a), Ok(b)) => {
                if (a.dtype(), a.shape()) != (b.dtype(), b.shape()) {
                    return Err(wrong(format!("{}{:?}, not {}{:?}", a.dtype(), a.shape(), b.dtype(), b.shape())));
                }
                let pairs = a.scalars().into_iter().zip(b.scalars()).enumerate();
                if let Some((i, (x, y))) = { pairs }.find(|(_, (x, y))| !same(*x, *y, b.dtype(), ULPS)) {
                    return Err(wrong(format!("element {i} is {x:?}, the evaluator's {y:?}")));
                }
            }
        }
    }
    Ok(want.is_ok())
}

/// Runs all of `cases` and shows all that fail; how many had an answer.
fn check_all(cases: impl IntoIterator<Item = (Func, Vec<Tensor>)>) -> usize {
    let (mut answered, mut wrong) = (0, Vec::new());
    for (func, arrays) in cases {
        match check(&func, &arrays) {
            Ok(answer) => answered += usize::from(answer),
            Err(why) => wrong.push(why),
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
    answered
}

/// Programs over `%x`, `%y`, … of dtype `D` with the shapes given; every axis is long enough to be cut.
const MOVING: &[(&[&[usize]], &str)] = &[
    (&[&[7, 5], &[5]], "%0 = matmul %x, %y"),
    (&[&[7], &[7, 5]], "%0 = matmul %x, %y"),
    (&[&[7], &[7]], "%0 = matmul %x, %y"),
    (&[&[7, 5], &[5, 4]], "%0 = matmul %x, %y"),
    (&[&[5, 7], &[4, 5]], "%0 = matmul %x, %y, trans_a=true, trans_b=true"),
    (&[&[5, 7], &[5, 4]], "%1 = transpose %x\n  %0 = matmul %1, %y"),
    (&[&[7, 5]], "%1 = transpose %x\n  %0 = matmul %1, %x"),
    (&[&[7, 5]], "%1 = transpose %x\n  %0 = matmul %x, %1"),
    (&[&[3, 7, 5], &[5, 4]], "%0 = matmul %x, %y"),
    (&[&[3, 4, 5], &[3, 5, 6]], "%0 = matmul %x, %y"),
    (&[&[2, 1, 4, 5], &[3, 5, 6]], "%0 = matmul %x, %y"),
    (&[&[3, 4, 5], &[5]], "%0 = matmul %x, %y"),
    (&[&[5], &[3, 5, 4]], "%0 = matmul %x, %y"),
    (&[&[4, 0], &[0, 3]], "%0 = matmul %x, %y"),
    (&[&[0, 4], &[4, 3]], "%0 = matmul %x, %y"),
    (&[&[0], &[0]], "%0 = matmul %x, %y"),
    (&[&[7, 5]], "%0 = transpose %x"),
    (&[&[3, 4, 5]], "%0 = transpose %x, perm=[1, 2, 0]"),
    (&[&[3, 4, 5]], "%0 = transpose %x, perm=[-1, 0, 1]"),
    (&[&[7, 6]], "%0 = reshape %x, shape=[6, 7]"),
    (&[&[7, 6]], "%0 = reshape %x, shape=[-1]"),
    (&[&[42]], "%0 = reshape %x, shape=[7, 2, 3]"),
    (&[&[7, 6]], "%0 = reshape %x, shape=[7, 3, 2]"),
    (&[&[1]], "%0 = reshape %x, shape=[]"),
    (&[&[]], "%0 = reshape %x, shape=[1, 1]"),
    (&[&[0, 4]], "%0 = reshape %x, shape=[2, 0]"),
    (&[&[7, 5]], "%0 = index %x, items=[1:6:2, ::-1]"),
    (&[&[7, 5]], "%0 = index %x, items=[-2:-100:-3]"),
    (&[&[7, 5]], "%0 = index %x, items=[3]"),
    (&[&[7, 5]], "%0 = index %x, items=[..., -1]"),
    (&[&[7, 5]], "%0 = index %x, items=[-7, 4]"),
    (&[&[7, 5]], "%0 = index %x, items=[newaxis, :, newaxis, 2:]"),
    (&[&[7, 5]], "%0 = index %x, items=[5:2]"),
    (&[&[3, 4, 5]], "%0 = index %x, items=[..., newaxis, 1:3]"),
    (&[&[]], "%0 = index %x, items=[newaxis]"),
    (&[&[7], &[2], &[4]], "%0 = concatenate %x, %y, %z, axis=0"),
    (&[&[3, 5], &[3, 2]], "%0 = concatenate %x, %y, axis=-1"),
    (&[&[3, 5], &[0, 5]], "%0 = concatenate %y, %x, axis=0"),
    (&[&[3, 5], &[4]], "%0 = concatenate %x, %y, axis=all"),
    (&[&[]], "%0 = fill %x, shape=[5, 3]"),
    (&[&[3]], "%0 = eye rows=5, cols=7, k=-1, dtype=D"),
    (&[&[3]], "%0 = eye rows=0, cols=7, k=2, dtype=D"),
    (&[&[7, 5], &[7]], "%1 = index %y, items=[:, newaxis]\n  %0 = multiply %x, %1"),
    (&[&[5], &[7]], "%1 = index %y, items=[:, newaxis]\n  %0 = maximum %x, %1"),
    (&[&[7, 1], &[1, 5]], "%0 = add %x, %y"),
    (&[&[7, 5], &[]], "%0 = add %x, %y"),
    (&[&[3, 7, 5], &[7, 1]], "%1 = add %x, %y\n  %0 = sum %1, axes=[1]"),
    (&[&[7, 5]], "%0 = sum %x, axes=all"),
    (&[&[7, 5]], "%0 = sum %x, axes=[0], keepdims=true"),
    (&[&[7, 5]], "%0 = max %x, axes=[-1]"),
    (&[&[3, 7, 5]], "%0 = min %x, axes=[0, 2]"),
    (&[&[3, 7, 5]], "%0 = prod %x, axes=[1], keepdims=true"),
    (&[&[7, 5]], "%0 = any %x, axes=[1]"),
    (&[&[7, 5]], "%0 = all %x, axes=[]"),
    (&[&[7, 5]], "%0 = mean %x, axes=[0]"),
    (&[&[0, 5]], "%0 = sum %x, axes=[0]"),
    (&[&[0, 5]], "%0 = prod %x, axes=all"),
    (&[&[0, 5]], "%0 = mean %x, axes=[0]"),
    (&[&[0, 5]], "%0 = all %x, axes=[0]"),
    (&[&[0, 5]], "%0 = max %x, axes=[0]"),
    (&[&[0, 5]], "%0 = max %x, axes=[1]"),
    (&[&[7, 0]], "%0 = min %x, axes=all"),
    (&[&[]], "%0 = sum %x, axes=all"),
    (&[&[7, 5]], "%1 = sum %x, axes=[0]\n  %2 = subtract %x, %1\n  %3 = square %2\n  %0 = sum %3, axes=[0]"),
];

#[test]
fn what_moves_and_multiplies_is_the_evaluator_s_on_every_cut() {
    let case = |(shapes, body): &(&[&[usize]], &str), dtype: DType| {
        let shown: Vec<String> = ["x", "y", "z"].iter().zip(*shapes).map(|(name, s)| format!("%{name}: {dtype}{s:?}")).collect();
        let body = body.replace("=D", &format!("={dtype}"));
        let text = format!("nums-ir 1\n; stage: parsed\nfn f({}) {{\n  {body}\n  return %0\n}}\n", shown.join(", "));
        let func = parse(&text).unwrap_or_else(|why| panic!("{why}\n{text}"));
        (func, shapes.iter().zip(1..).map(|(s, i)| counting(dtype, s, i)).collect::<Vec<_>>())
    };
    let answered = check_all(DType::ALL.iter().flat_map(|dtype| MOVING.iter().map(|c| case(c, *dtype))));
    eprintln!("{answered} of {} cases have an answer", MOVING.len() * DType::ALL.len());
    // Two cases ask for the `max` or `min` of nothing.
    assert_eq!(MOVING.len() * DType::ALL.len() - answered, 2 * DType::ALL.len());
}

#[test]
fn every_row_takes_scalars_and_nothing() {
    let shapes: [&[usize]; 4] = [&[], &[0], &[3, 0], &[1, 1, 1]];
    let mut cases = Vec::new();
    for op in MapOp::ALL {
        for dtype in DType::ALL {
            for shape in shapes {
                let arrays: Vec<Tensor> = (0..op.arity()).map(|i| counting(dtype, shape, i as i128 + 1)).collect();
                cases.push((one(Op::Map(*op), &arrays), arrays));
            }
        }
    }
    let answered = check_all(cases);
    eprintln!("{answered} rows of scalars and nothing");
    assert!(answered > MapOp::ALL.len() * DType::ALL.len() * 3);
}

#[test]
fn solve_is_the_evaluator_s_on_every_cut() {
    let system = |dtype: DType| {
        let element = |i: usize| Scalar::Int(if i.is_multiple_of(6) { 4 } else { (i % 3) as i128 - 1 });
        Tensor::from_scalars(dtype, &[5, 5], (0..25).map(element).collect()).expect("25 elements")
    };
    let sides: [&[usize]; 2] = [&[5], &[5, 3]];
    for dtype in DType::ALL.into_iter().filter(|d| d.kind() != Kind::Bool && !d.is_unsigned_int()) {
        for side in sides {
            let arrays = [system(dtype), counting(dtype, side, 1)];
            let func = one(Op::Solve, &arrays);
            let want = oracle(&func, &arrays).expect("a regular system");
            for cut in 0..blocks::CUTS {
                let ours = run(&func, &arrays, &[], cut).expect("a regular system");
                // The condition of the system is below 10.
                let close = |(a, b): (Scalar, Scalar)| match (a, b) {
                    (Scalar::Float(a), Scalar::Float(b)) => (a - b).abs() <= tolerance(want.dtype()),
                    (Scalar::Complex(a, b), Scalar::Complex(x, y)) => (a - x).abs() + (b - y).abs() <= tolerance(want.dtype()),
                    (Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Complex(..), _) => false,
                };
                assert_eq!((ours.dtype(), ours.shape()), (want.dtype(), want.shape()));
                assert!(
                    ours.scalars().into_iter().zip(want.scalars()).all(close),
                    "{dtype}{side:?} cut {cut}: {ours:?} {want:?}"
                );
            }
        }
    }
    let flat = [Tensor::full(&[3, 3], 1.0), Tensor::full(&[3], 1.0)];
    assert_eq!(run(&one(Op::Solve, &flat), &flat, &[], 2), Err("singular".to_owned()));
}

fn tolerance(dtype: DType) -> f64 {
    if dtype.to_float() == DType::F32 { 1e-5 } else { 1e-13 }
}
