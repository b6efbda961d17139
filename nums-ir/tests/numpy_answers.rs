//! Every row of the operator table, all dtypes, on edge values: `promote` and the evaluator against stored NumPy answers.
//!
//! A new row has no answers yet: `every_row_has_answers` then fails with the command that makes them. `answers` says what a
//! line means and where NumPy is not followed.

mod answers;

use answers::{Answer, Question, answers};
use nums_ir::diag::Loc;
use nums_ir::dtype::DType;
use nums_ir::eval::{self, Tensor};
use nums_ir::func::{Func, Op, Scalar, Stage};
use nums_ir::ops::{MapOp, ReduceOp};
use nums_ir::promote::{map_dtypes, reduce_dtypes};
use nums_ir::types::Type;
use std::collections::BTreeSet;

/// Units in the last place by which std's functions may differ from those of NumPy's C library.
const ULPS: f64 = 2.0;

/// The row on operands cast to the dtypes that `promote` says; the flags say which are weak.
fn map(op: MapOp, args: &[(Tensor, bool)]) -> Result<Tensor, String> {
    let dtypes: Vec<(DType, bool)> = args.iter().map(|(x, weak)| (x.dtype(), *weak)).collect();
    let (computed, result) = map_dtypes(op, &dtypes)?;
    let cast: Vec<Tensor> = args.iter().zip(computed).map(|((x, _), dtype)| x.cast(dtype)).collect();
    let out = eval::map(op, &cast.iter().collect::<Vec<_>>())?;
    assert_eq!(out.dtype(), result, "`{}`: the row and `promote`", op.name());
    Ok(out)
}

fn reduce(op: ReduceOp, x: &Tensor) -> Result<Tensor, String> {
    let (computed, result) = reduce_dtypes(op, x.dtype())?;
    let last = x.shape().len() as i64 - 1;
    let out = eval::reduce(op, &x.cast(computed), &[last], false)?;
    assert_eq!(out.dtype(), result, "`{}`: the row and `promote`", op.name());
    Ok(out)
}

/// `arange` of plain numbers, as its typed line.
fn arange(dtype: DType, numbers: &[Scalar], len: usize) -> Result<Tensor, String> {
    let mut f = Func::new("arange");
    f.stage = Stage::Typed;
    let weak = |f: &mut Func, x: Scalar| f.push_typed(Op::Const(x), &[], Type::weak(x.kind()), Loc::default());
    let args: Vec<_> = numbers.iter().map(|&x| weak(&mut f, x)).collect();
    let op = Op::Arange { dtype: Some(dtype), len: Some(len.into()) };
    let result = f.push_typed(op, &args, Type::of(dtype, &[len]), Loc::default());
    f.results = vec![result];
    eval::eval(&f, &[]).map(|mut results| results.remove(0))
}

fn ours(answer: &Answer) -> Result<Tensor, String> {
    match &answer.question {
        Question::Map(op, operands) => map(*op, &operands.iter().map(|x| (x.clone(), false)).collect::<Vec<_>>()),
        Question::Weak(op, dtype, number, left) => {
            let array = (Tensor::full(&[1], 1_i8).cast(*dtype), false);
            let number = (Tensor::constant(*number, DType::default_of(number.kind()))?, true);
            map(*op, &if *left { [array, number] } else { [number, array] })
        }
        Question::Reduce(op, x) => reduce(*op, x),
        Question::Cast(x, dtype) => Ok(x.cast(*dtype)),
        Question::Arange(dtype, numbers) => match &answer.expected {
            answers::Expected::Value(x) => arange(*dtype, numbers, x.size()),
            answers::Expected::DType(_) | answers::Expected::Error(_) => Err("arange has elements".to_owned()),
        },
    }
}

#[test]
fn rows_agree_with_numpy() {
    let all = answers();
    let wrong: Vec<String> = all.iter().filter_map(|answer| answer.check(ours(answer), ULPS).err()).collect();
    assert!(wrong.is_empty(), "{} of {} answers differ:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    eprintln!("{} NumPy answers checked", all.len());
}

/// Every row has answers for every dtype; a row that has none fails with the command that makes them.
#[test]
fn every_row_has_answers() {
    let answered: BTreeSet<(&str, DType)> = answers()
        .iter()
        .filter_map(|answer| match &answer.question {
            Question::Map(op, operands) => operands.last().map(|x| (op.name(), x.dtype())),
            Question::Reduce(op, x) => Some((op.name(), x.dtype())),
            Question::Weak(..) | Question::Cast(..) | Question::Arange(..) => None,
        })
        .collect();
    let rows = MapOp::ALL.iter().map(|op| op.name()).chain(ReduceOp::ALL.iter().map(|op| op.name()));
    let missing: Vec<&str> = rows.filter(|row| !DType::ALL.iter().all(|dtype| answered.contains(&(row, *dtype)))).collect();
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
