//! What a fused function does with memory, in words for a reader who knows NumPy.
//!
//! One paragraph a step: the statements that share it (`statement`), what it reads and writes, its flops, and what NumPy would have stored and
//! this never does; then, for the whole function, how often each parameter is read. Sizes are polynomials over the function's
//! symbols, or numbers once they are bound; flops are those of `flops`. Slices that are read in place (`slices`) stand where they are read. The text is comments, so that it can stand under a
//! function's own text. It decides nothing: what it tells is read off the instructions.
//!
//! ```text
//! ; step 1, kernel p0, tile by tile along n: reads X, beta, y
//! ;   %p0.0 = X @ beta
//! ;   mu = 1 / (1 + exp(-%p0.0))
//! ;   …
//! ;   H = X.T @ %p0.3, one triangle
//! ;   bytes in 8 * d + 8 * d * n + 8 * n, out 8 * d + 8 * d * d; flops …
//! ;   never stored: f64[n] mu, 7 without a name; f64[n, d] 1 without a name
//! ; read: X once, y once, beta 2 times; 2 temporaries are stored: g f64[d], H f64[d, d]; flops …
//! ```

mod statement;

use self::statement::{expression, statement, statements};
use crate::data::DataOp;
use crate::dim::Dim;
use crate::flops::{self, elements};
use crate::func::{Func, Inst, Op, Value};
use crate::slices::in_place;
use crate::text::value_names;
use crate::types::Type;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The explanation of a fused function as lines of comments; empty where a rank is known only in a call.
pub fn explain(func: &Func) -> String {
    if !func.is_ranked() {
        return String::new();
    }
    let mut names: Vec<String> = names(func);
    let slices = slices(func);
    // In the order of the instructions: a slice of a slice is one of a known name.
    for inst in func.insts.iter().filter(|inst| slices.contains_key(&inst.results[0])) {
        names[inst.results[0].0 as usize] = expression(inst, &names);
    }
    let mut out = String::new();
    for (at, inst) in steps(func).enumerate() {
        step(func, inst, &names, &slices, at + 1, &mut out).expect("a String");
    }
    let read: Vec<String> = func
        .params
        .iter()
        .filter(|p| func.ty(**p).rank() != Some(0))
        .map(|p| {
            let times = match passes(func, *p) {
                0 => "never".to_owned(),
                1 => "once".to_owned(),
                n => format!("{n} times"),
            };
            format!("{} {times}", names[p.0 as usize])
        })
        .collect();
    if !read.is_empty() {
        write!(out, "; read: {}; ", read.join(", ")).expect("a String");
    } else {
        out += "; ";
    }
    let stored: Vec<String> = temporaries(func).map(|v| format!("{} {}", names[v.0 as usize], func.ty(v))).collect();
    match stored.len() {
        0 => out += "no temporary is stored; ",
        1 => write!(out, "one temporary is stored: {}; ", stored[0]).expect("a String"),
        n => write!(out, "{n} temporaries are stored: {}; ", stored.join(", ")).expect("a String"),
    }
    writeln!(out, "flops {}", flops::total(func)).expect("a String");
    out
}

/// How many steps read a parameter, by itself or by slices of it in place.
pub fn passes(func: &Func, param: Value) -> usize {
    let slices = slices(func);
    let reads = |v: &Value| *v == param || slices.get(v) == Some(&param);
    steps(func).filter(|inst| inst.args.iter().any(reads) && flops::is_first(func, inst)).count()
}

/// What one step leaves for another in memory: arrays that are neither parameters nor results.
pub fn temporaries(func: &Func) -> impl Iterator<Item = Value> + '_ {
    let made = steps(func).flat_map(|inst| inst.results.iter().copied());
    let read = |v: &Value| func.insts.iter().any(|inst| inst.args.contains(v));
    made.filter(move |v| !func.results.contains(v) && func.ty(*v).rank() != Some(0) && read(v))
}

/// Instructions that do something with elements.
fn steps(func: &Func) -> impl Iterator<Item = &Inst> {
    let slices = slices(func);
    func.insts.iter().filter(move |i| !is_plain(&i.op) && !slices.contains_key(&i.results[0]))
}

/// Slices that are read in place, and of what.
fn slices(func: &Func) -> BTreeMap<Value, Value> {
    let in_place = in_place(func);
    func.insts.iter().filter(|i| in_place.contains(&i.results[0])).map(|i| (i.results[0], i.args[0])).collect()
}

/// Whether an operator only names a number.
fn is_plain(op: &Op) -> bool {
    matches!(op, Op::Const(_) | Op::Dim(_))
}

/// Names as a reader knows them: those of the source bare, numbers as they are, numbered values with `%` and, inside a kernel, the
/// kernel's name.
fn names(func: &Func) -> Vec<String> {
    let kernel = if func.name.starts_with(['k', 'p']) && func.name[1..].parse::<u32>().is_ok() {
        format!("{}.", func.name)
    } else {
        String::new()
    };
    let numbered = |n: String| if n.starts_with(|c: char| c.is_ascii_digit()) { format!("%{kernel}{n}") } else { n };
    let mut names: Vec<String> = value_names(func).into_iter().map(numbered).collect();
    for inst in &func.insts {
        if let Op::Const(c) = &inst.op {
            names[inst.results[0].0 as usize] = c.to_string();
        } else if let Op::Dim(d) = &inst.op {
            names[inst.results[0].0 as usize] = d.formula();
        }
    }
    names
}

/// Names of a body's values, where those that come from outside or leave have the outer ones.
fn inner_names(body: &Func, inst: &Inst, outer: &[String]) -> Vec<String> {
    let mut own = names(body);
    let given = body.params.iter().zip(&inst.args).chain(body.results.iter().zip(&inst.results));
    given.for_each(|(inside, outside)| own[inside.0 as usize].clone_from(&outer[outside.0 as usize]));
    own
}

fn step(
    func: &Func,
    inst: &Inst,
    names: &[String],
    slices: &BTreeMap<Value, Value>,
    number: usize,
    out: &mut String,
) -> std::fmt::Result {
    let name = |v: &Value| names[v.0 as usize].clone();
    write!(out, "; step {number}")?;
    let (statements, inner) = match &inst.op {
        Op::Kernel(body) => {
            write!(out, ", kernel {}", body.name)?;
            let own = inner_names(body, inst, names);
            if let Some(rows) = body.rows.first().and_then(|(p, axis)| body.ty(*p).dims()?.get(*axis)) {
                write!(out, ", tile by tile along {rows}")?;
            }
            let mut inner = BTreeMap::new();
            unstored(body, &own, &mut inner);
            (statements(body, &own), inner)
        }
        _ => (vec![statement(inst, names)], BTreeMap::new()),
    };
    let read = read(func, inst, slices);
    let whole: Vec<Value> = read.iter().filter(|(_, slices)| slices.is_empty()).map(|(v, _)| *v).collect();
    let in_place = read.iter().filter(|(_, slices)| !slices.is_empty()).map(|(v, slices)| match slices.len() {
        1 => format!("a slice of {} in place", name(v)),
        n => format!("{n} slices of {} in place", name(v)),
    });
    let all: Vec<String> = whole.iter().map(name).chain(in_place).collect();
    writeln!(out, "{}{}", if all.is_empty() { "" } else { ": reads " }, all.join(", "))?;
    for statement in statements {
        writeln!(out, ";   {statement}")?;
    }
    let bytes = |values: &[Value]| values.iter().fold(Dim::from(0), |sum, v| sum.add(&bytes(func.ty(*v))));
    // Of one slice that, of several together all that they lie in.
    let places: Vec<Value> = read.iter().map(|(v, slices)| if let [one] = slices[..] { one } else { *v }).collect();
    let (made, taken) = (bytes(&inst.results), bytes(places.get(1..).unwrap_or_default()));
    let read = match &inst.op {
        // Of what is indexed only that.
        Op::Index { .. } | Op::Data(DataOp::Take { .. }) => made.add(&taken),
        _ => bytes(&places),
    };
    writeln!(out, ";   bytes in {}, out {}; flops {}", read.formula(), made.formula(), flops::of(func, inst))?;
    if !inner.is_empty() {
        let of_type = |(ty, names): (String, Vec<String>)| {
            let unnamed = names.iter().filter(|n| n.starts_with('%')).count();
            let mut named: Vec<String> = names.into_iter().filter(|n| !n.starts_with('%')).collect();
            named.extend((unnamed > 0).then(|| format!("{unnamed} without a name")));
            format!("{ty} {}", named.join(", "))
        };
        writeln!(out, ";   never stored: {}", inner.into_iter().map(of_type).collect::<Vec<_>>().join("; "))?;
    }
    Ok(())
}

/// The arrays that a step reads, and the slices by which it reads them in place; none of what it reads as a whole.
fn read(func: &Func, inst: &Inst, slices: &BTreeMap<Value, Value>) -> Vec<(Value, Vec<Value>)> {
    let mut read: Vec<(Value, Vec<Value>)> = Vec::new();
    let args = || inst.args.iter().filter(|_| flops::is_first(func, inst));
    for arg in args().filter(|arg| !slices.contains_key(arg)) {
        if !read.iter().any(|(v, _)| v == arg) && !func.def(*arg).is_some_and(|made| is_plain(&made.op)) {
            read.push((*arg, vec![]));
        }
    }
    for (arg, array) in args().filter_map(|arg| Some((arg, slices.get(arg)?))) {
        match read.iter_mut().find(|(v, _)| v == array) {
            Some((_, taken)) if !taken.is_empty() && !taken.contains(arg) => taken.push(*arg),
            Some(_) => {}
            None => read.push((*array, vec![*arg])),
        }
    }
    read
}

/// What the body computes and does not hand on, by type: NumPy would have stored it.
fn unstored(body: &Func, names: &[String], out: &mut BTreeMap<String, Vec<String>>) {
    for inst in steps(body) {
        if let Op::Kernel(inner) = &inst.op {
            unstored(inner, &inner_names(inner, inst, names), out);
        }
        // A view is nothing that NumPy would store either.
        if !matches!(inst.op, Op::Index { .. }) {
            let stays = |v: &&Value| !body.results.contains(v) && body.ty(**v).rank().is_some_and(|r| r > 0);
            for v in inst.results.iter().filter(stays) {
                out.entry(body.ty(*v).to_string()).or_default().push(names[v.0 as usize].clone());
            }
        }
    }
}

fn bytes(ty: &Type) -> Dim {
    elements(ty).mul(&Dim::from(ty.dtype.size()))
}
