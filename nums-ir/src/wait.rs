//! Where a call waits: typed functions cut at values that sizes and branches depend on.
//!
//! `Op::Item` is the value of a 0-d array as a plain scalar. What depends on it as a size (`nonzero`, a mask, `unique`) or as a
//! branch (`a if c else b`) can be planned only when it is known. `step` therefore gives what can run now: the whole function, or
//! a first part that ends with such a value; `Wait::resume` gives the rest with the value put in. A branch whose condition is
//! known is replaced by what it chooses before anything is cut, so that only what is taken is computed.

use crate::bind::{recheck, substitute};
use crate::diag::{Diag, Loc};
use crate::dim::Dim;
use crate::func::{Func, Inst, Op, Scalar, Stage, Value};
use crate::infer::infer;
use crate::pass;
use crate::passes::{dce, replace_uses};
use std::collections::{HashMap, HashSet};

/// What a call does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// All that is left, fused.
    Whole(Func),
    /// A part, and what follows it.
    Wait(Box<Wait>),
}

/// A part of a function that ends with a value to wait for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// The part, fused. Its first result is the awaited value, the others are operands of the rest.
    pub first: Func,
    /// The rest, typed: the function's parameters, then the other results of the part.
    rest: Func,
    /// The awaited value in the rest.
    item: Value,
}

/// Whether a function waits for a value on its way.
pub fn depends_on_data(func: &Func) -> bool {
    func.insts.iter().any(|i| matches!(i.op, Op::Item | Op::Choose))
}

/// Whether a parsed function has sizes or values that only its data decides. One with mistakes may have: they are told elsewhere.
pub fn waits(parsed: &Func) -> bool {
    let mut probe = parsed.clone();
    probe.declared.clear();
    infer(&probe).map_or(true, |typed| typed.insts.iter().any(|i| i.op == Op::Item || matches!(i.op, Op::Call(_))))
}

/// The next step of a typed function with bound sizes; `known` are values of plain parameters.
///
/// # Errors
/// A condition that is no plain scalar: a bug of `infer`.
pub fn step(mut func: Func, known: &HashMap<Value, Scalar>) -> Result<Step, Diag> {
    choose(&mut func, known);
    (dce::PASS.run)(&mut func);
    let Some(at) = func.insts.iter().position(|i| i.op == Op::Item) else {
        if let Some(open) = func.insts.iter().find(|i| i.op == Op::Choose) {
            return Err(Diag::new(
                func.data(open.results[0]).loc,
                "the condition of `a if c else b` is not known when it is needed",
            ));
        }
        return Ok(Step::Whole(pass::run(func)));
    };
    let (operand, item) = (func.insts[at].args[0], func.insts[at].results[0]);
    let early = needed(&func, operand);
    let made: HashSet<Value> =
        func.insts.iter().enumerate().filter(|(i, _)| early.contains(i)).flat_map(|(_, inst)| inst.results.clone()).collect();
    // Arrays of the first part that the rest reads; plain numbers are computed again.
    let mut live: Vec<Value> = Vec::new();
    let late = func.insts.iter().enumerate().filter(|(i, _)| !early.contains(i)).flat_map(|(_, inst)| &inst.args);
    for v in late.chain(&func.results) {
        let cheap = func.def(*v).is_some_and(|d| matches!(d.op, Op::Const(_) | Op::Dim(_) | Op::Fill { .. } | Op::Arange { .. }));
        if made.contains(v) && !func.ty(*v).weak && !cheap && !live.contains(v) {
            live.push(*v);
        }
    }
    let mut first = func.clone();
    first.insts = func.insts.iter().enumerate().filter(|(i, _)| early.contains(i)).map(|(_, inst)| inst.clone()).collect();
    first.results = std::iter::once(operand).chain(live.iter().copied()).collect();
    (first.declared, first.labels) = (Vec::new(), Vec::new());
    let mut rest = func;
    rest.insts.retain(|i| !i.results.iter().any(|r| live.contains(r)));
    rest.params.extend(&live);
    Ok(Step::Wait(Box::new(Wait { first: pass::run(first), rest, item })))
}

/// Replaces branches whose condition is known by what they choose.
fn choose(func: &mut Func, known: &HashMap<Value, Scalar>) {
    let mut taken: HashMap<Value, Value> = HashMap::new();
    let truth = |s: Scalar| match s {
        Scalar::Bool(b) => b,
        Scalar::Int(i) => i != 0,
        Scalar::Float(x) => x != 0.0,
        Scalar::Complex(re, im) => re != 0.0 || im != 0.0,
    };
    for inst in &func.insts {
        if inst.op != Op::Choose {
            continue;
        }
        let constant = func.def(inst.args[0]).and_then(|d| if let Op::Const(c) = d.op { Some(c) } else { None });
        if let Some(c) = constant.or_else(|| known.get(&inst.args[0]).copied()) {
            taken.insert(inst.results[0], if truth(c) { inst.args[1] } else { inst.args[2] });
        }
    }
    // A choice may choose another choice.
    let end = |mut v: Value| {
        while let Some(next) = taken.get(&v) {
            v = *next;
        }
        v
    };
    replace_uses(func, &end);
    func.insts.retain(|i| !i.results.iter().any(|r| taken.contains_key(r)));
}

/// The instructions that a value needs.
fn needed(func: &Func, value: Value) -> HashSet<usize> {
    let mut wanted: HashSet<Value> = HashSet::from([value]);
    let mut found = HashSet::new();
    for (i, inst) in func.insts.iter().enumerate().rev() {
        if inst.results.iter().any(|r| wanted.contains(r)) {
            found.insert(i);
            wanted.extend(&inst.args);
        }
    }
    found
}

impl Wait {
    /// How many results of the part are operands of the rest.
    pub fn passed(&self) -> usize {
        self.first.results.len() - 1
    }

    /// The rest with the awaited value.
    ///
    /// # Errors
    /// Sizes that do not fit now that they are known.
    pub fn resume(&self, value: Scalar, known: &HashMap<Value, Scalar>) -> Result<Step, Diag> {
        let mut func = self.rest.clone();
        for inst in &mut func.insts {
            if inst.results[0] == self.item {
                *inst = Inst { op: Op::Const(value), args: vec![], results: vec![self.item] };
            }
        }
        if let Scalar::Int(i) = value {
            let name = Dim::from_data(self.item.0);
            let number = Dim::Const(i64::try_from(i).unwrap_or(i64::MAX));
            let is = |symbol: &str| name.as_symbol().is_some_and(|s| **s == *symbol);
            substitute(&mut func, &|symbol| is(symbol).then(|| number.clone()));
        }
        debug_assert_eq!(func.stage, Stage::Typed);
        recheck(&mut func)?;
        step(func, known)
    }

    /// Where the awaited value stands in the source, and its name if the user gave it one.
    pub fn awaited(&self) -> (Loc, Option<&str>) {
        (self.rest.data(self.item).loc, self.first.data(self.first.results[0]).name.as_deref())
    }

    /// The parameters of the function, by which `known` is given.
    pub fn params(&self) -> &[Value] {
        &self.rest.params
    }
}
