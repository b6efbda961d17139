//! Calls, attributes, operators and indices become the instructions that they should, or say what is wrong.

use super::{Given, Item, Term, attribute, call, function, index, operator, unknown_name};
use crate::diag::{Diag, Loc};
use crate::func::{Func, Scalar, Value};

const NOWHERE: Loc = Loc { line: 0, column: 0, tokens: (0, 0) };

fn int(i: i128) -> Term {
    Term::Number(Scalar::Int(i))
}

fn given(keyword: Option<&str>, term: Term) -> Given {
    Given { keyword: keyword.map(|k| (k.to_owned(), NOWHERE)), term, loc: NOWHERE }
}

fn x() -> (Func, Term) {
    let mut func = Func::new("f");
    let x = func.param("x", None, NOWHERE);
    (func, Term::Value(x))
}

/// What is left of the call: operators with their attributes, or the mistake.
fn shown(func: &Func, result: Result<Term, Diag>) -> String {
    match result {
        Err(diag) => diag.to_string(),
        Ok(Term::Value(Value(0))) => "x".to_owned(),
        Ok(Term::Value(_)) => func.insts.iter().map(|i| format!("{:?} ", i.op)).collect::<String>().trim_end().to_owned(),
        Ok(term) => format!("{term:?}"),
    }
}

fn called(name: &str, args: Vec<Given>) -> String {
    let (mut func, x) = x();
    let all = [given(None, x)].into_iter().chain(args).collect();
    let result = function(name, [], NOWHERE).and_then(|f| call(&mut func, (f, NOWHERE), all, NOWHERE));
    shown(&func, result)
}

fn method(name: &str, args: Vec<Given>) -> String {
    let (mut func, x) = x();
    let result = attribute(&mut func, (x, NOWHERE), name, NOWHERE)
        .and_then(|m| if args.is_empty() && m == Term::None { Ok(m) } else { call(&mut func, (m, NOWHERE), args, NOWHERE) });
    shown(&func, result)
}

#[test]
fn arguments_bind_by_place_and_name() {
    assert_eq!(called("sum", vec![given(Some("axis"), int(-1))]), "Reduce { op: Sum, axes: Some([-1]), keepdims: false }");
    assert_eq!(called("amax", vec![]), "Reduce { op: Max, axes: None, keepdims: false }");
    let axes = Term::Tuple(vec![(int(0), NOWHERE), (int(1), NOWHERE)]);
    let keep = given(Some("keepdims"), Term::Number(Scalar::Bool(true)));
    assert_eq!(method("mean", vec![given(None, axes), keep]), "Reduce { op: Mean, axes: Some([0, 1]), keepdims: true }");
    assert_eq!(
        called("expand_dims", vec![given(None, int(-2))]),
        "Call(Call { name: \"expand_dims\", attrs: [Arg(0), Int(-2)] })"
    );
}

#[test]
fn one_shape_is_written_in_three_ways() {
    let two = || vec![given(None, int(2)), given(None, int(3))];
    let tuple = Term::Tuple(vec![(int(2), NOWHERE), (int(3), NOWHERE)]);
    let want = "Reshape { shape: [Dim(Const(2)), Dim(Const(3))] }";
    assert_eq!(method("reshape", two()), want);
    assert_eq!(method("reshape", vec![given(None, tuple.clone())]), want);
    assert_eq!(called("reshape", vec![given(Some("shape"), tuple)]), want);
}

#[test]
fn a_call_that_does_not_fit_says_what_fits() {
    assert_eq!(called("sum", vec![given(Some("axes"), int(0))]), "`sum` has no argument `axes`\nhelp: write `axis`");
    let no_dtype = "a number stands where a dtype belongs\nhelp: write `f64`; several sizes are a tuple, `zeros((n, m))`";
    assert_eq!(called("sum", vec![given(Some("dtype"), int(0))]), no_dtype);
    let no_out = "`sum` takes no `out=`: values do not change\nhelp: assign the result: `y = sum(…);`";
    assert_eq!(called("sum", vec![given(Some("out"), int(0))]), no_out);
    let open = "`max` of nothing has no value, and `where=` may leave out all elements\nhelp: give the value of nothing too: `initial=0`";
    assert_eq!(called("max", vec![given(Some("where"), int(0))]), open);
    assert_eq!(called("exp", vec![given(None, int(0))]), "`exp` takes 1 argument, not 2\nnote: it is called as `exp(x)`");
    assert_eq!(called("maximum", vec![]), "`maximum` wants the argument `x2`\nnote: it is called as `maximum(x1, x2)`");
    assert_eq!(called("sum", vec![given(None, int(0)), given(Some("axis"), int(0))]), "`sum` got `axis` twice");
    assert_eq!(called("sum", vec![given(Some("axis"), int(0)), given(None, int(0))]), "a positional argument follows a keyword");
}

#[test]
fn names_that_are_not_there_are_told_apart() {
    let said = called("sqtr", vec![]);
    assert!(said.starts_with("unknown function `sqtr`\nnote: functions of other `nums!` blocks are called from Rust"), "{said}");
    assert!(said.ends_with("help: a function with a similar name exists: `sqrt`"), "{said}");
    assert_eq!(called("apply_along_axis", vec![]), "`np.apply_along_axis` is not in nums yet");
    assert_eq!(called("range", vec![]), "there is no function `range`\nhelp: write `arange(n)`");
    assert_eq!(method("sqrt", vec![]), "`sqrt` is a function, not a method\nhelp: write `sqrt(x)`");
    assert_eq!(method("t", vec![]), "arrays have no attribute `t`\nhelp: write `x.T`");
    assert_eq!(unknown_name("pi", [], NOWHERE).to_string(), "unknown name `pi`\nhelp: write `np.pi`");
    assert_eq!(
        unknown_name("bta", ["beta"], NOWHERE).to_string(),
        "unknown name `bta`\nhelp: a similar name is in scope: `beta`"
    );
}

#[test]
fn operators_do_not_ask_for_truth() {
    let (mut func, x) = x();
    let result = operator(&mut func, "and", &[(x.clone(), NOWHERE), (x, NOWHERE)], NOWHERE);
    assert!(shown(&func, result).starts_with("`and` asks for the truth of a whole array"));
}

#[test]
fn indices_are_basic() {
    let (mut func, x) = x();
    let full = || Item::Slice { start: None, stop: None, step: None };
    let result = index(&mut func, (x.clone(), NOWHERE), &[full(), Item::At(Term::None, NOWHERE)], NOWHERE);
    assert_eq!(shown(&func, result), "Index { items: [Slice { start: None, stop: None, step: 1 }, NewAxis] }");
    let zero = Item::Slice { start: None, stop: None, step: Some((int(0), NOWHERE)) };
    let result = index(&mut func, (x, NOWHERE), &[zero], NOWHERE);
    assert_eq!(shown(&func, result), "the step of a slice is not 0");
}
