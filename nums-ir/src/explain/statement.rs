//! Instructions as a reader of NumPy would write them.
//!
//! A value that has a name, leaves its kernel or is read twice is a statement; others stand where they are read. So a body
//! reads like the source, whatever was fused: `mu = 1 / (1 + exp(-%p0.0))`, `%p0.3 = X * mu[:, None]`.

use super::{inner_names, is_plain};
use crate::data::DataOp;
use crate::func::{Func, Inst, Op, Value};
use crate::ops::{MapOp, ReduceOp};
use crate::text::attributes;
use std::collections::HashMap;

/// Text, and whether it stands for one operand as it is.
#[derive(Clone)]
struct Formula {
    text: String,
    whole: bool,
    /// A size or a literal, which is of any dtype.
    number: bool,
}

impl Formula {
    fn whole(text: impl Into<String>) -> Formula {
        Formula { text: text.into(), whole: true, number: false }
    }

    /// Of an infix operator.
    fn joined(text: String) -> Formula {
        Formula { text, whole: false, number: false }
    }

    /// As an operand of an infix operator.
    fn operand(&self) -> String {
        if self.whole { self.text.clone() } else { format!("({})", self.text) }
    }
}

/// The statements of a kernel's body.
pub(super) fn statements(body: &Func, names: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    let mut inlined: HashMap<Value, Formula> = HashMap::new();
    let reads = |v: Value| body.insts.iter().flat_map(|i| &i.args).filter(|a| **a == v).count();
    for inst in &body.insts {
        if let Op::Kernel(inner) = &inst.op {
            out.extend(statements(inner, &inner_names(inner, inst, names)));
            continue;
        }
        let args = inst.args.iter().map(|a| inlined.get(a).cloned().unwrap_or_else(|| Formula::whole(&names[a.0 as usize])));
        let made = formula(inst, args.collect(), names);
        let r = inst.results[0];
        let stays = body.results.contains(&r) || !names[r.0 as usize].starts_with('%');
        let element_wise = matches!(inst.op, Op::Map(_) | Op::Cast(_) | Op::Index { .. });
        if is_plain(&inst.op) || !stays && element_wise && (reads(r) == 1 || made.whole) {
            inlined.insert(r, made);
        } else {
            out.push(format!("{} = {}", names[r.0 as usize], made.text));
        }
    }
    out
}

/// One instruction that is not a kernel.
pub(super) fn statement(inst: &Inst, names: &[String]) -> String {
    let results: Vec<&str> = inst.results.iter().map(|r| names[r.0 as usize].as_str()).collect();
    format!("{} = {}", results.join(", "), expression(inst, names))
}

/// What one instruction that is not a kernel makes.
pub(super) fn expression(inst: &Inst, names: &[String]) -> String {
    let args = inst.args.iter().map(|a| Formula::whole(&names[a.0 as usize])).collect();
    formula(inst, args, names).text
}

/// What an instruction makes.
fn formula(inst: &Inst, args: Vec<Formula>, names: &[String]) -> Formula {
    let infix = |sign: &str, a: &Formula, b: &Formula| Formula::joined(format!("{} {sign} {}", a.operand(), b.operand()));
    let with = |attrs: Vec<String>| args.iter().map(|a| a.text.clone()).chain(attrs).collect::<Vec<_>>().join(", ");
    let call = |name: &str, attrs: Vec<String>| Formula::whole(format!("{name}({})", with(attrs)));
    match (&inst.op, &args[..]) {
        (Op::Const(c), _) => Formula { number: true, ..Formula::whole(c.to_string()) },
        (Op::Dim(d), _) => {
            let whole = d.as_symbol().is_some() || d.as_const().is_some();
            Formula { text: d.formula(), whole, number: true }
        }
        (Op::Map(MapOp::Negative), [a]) => Formula::joined(format!("-{}", a.operand())),
        (Op::Map(MapOp::Square), [a]) => Formula::joined(format!("{} ** 2", a.operand())),
        (Op::Map(op), [a, b]) => match op.sign() {
            Some(sign) => infix(sign, a, b),
            None => call(op.name(), vec![]),
        },
        (Op::Cast(_), [a]) if a.number => a.clone(),
        (Op::Cast(dtype), [a]) => Formula::whole(format!("{}.astype({dtype})", a.operand())),
        (Op::Index { .. }, [a]) => {
            let items = attributes(&inst.op, names).concat().replace("newaxis", "None");
            Formula::whole(format!("{}{}", a.operand(), items.trim_start_matches("items=")))
        }
        (Op::Matmul { trans_a, trans_b, symmetric }, [a, b]) => {
            let side = |x: &Formula, turned: bool| x.operand() + if turned { ".T" } else { "" };
            let half = if *symmetric { ", one triangle" } else { "" };
            Formula::joined(format!("{} @ {}{half}", side(a, *trans_a), side(b, *trans_b)))
        }
        (Op::Contract(spec), _) => Formula::whole(format!("einsum(\"{spec}\", {})", with(vec![]))),
        (Op::Reduce { op, axes, keepdims }, _) => {
            let axes = axes.as_ref().map(|a| match &a[..] {
                [one] => format!("axis={one}"),
                several => format!("axis={several:?}"),
            });
            let made = call(op.name(), axes.into_iter().chain(keepdims.then(|| "keepdims=True".to_owned())).collect());
            let note = match op {
                ReduceOp::Moments => ": count, sum, squared deviations",
                ReduceOp::Spread => ": squared deviations",
                ReduceOp::SquareSum => ": of squares",
                ReduceOp::Sum | ReduceOp::Prod | ReduceOp::Max | ReduceOp::Min | ReduceOp::NanMax | ReduceOp::NanMin => "",
                ReduceOp::Any | ReduceOp::All | ReduceOp::Mean => "",
            };
            Formula::whole(made.text + note)
        }
        (Op::Data(op), _) => match numpy(op, &args) {
            Some(text) => Formula::whole(text),
            None => call(op.name(), attributes(&inst.op, names)),
        },
        (op, _) => call(op.name(), attributes(op, names)),
    }
}

/// An operator on positions or orders by NumPy's name, where there is one.
fn numpy(op: &DataOp, args: &[Formula]) -> Option<String> {
    let (first, rest) = args.split_first()?;
    let rest = rest.iter().map(|a| a.text.as_str()).collect::<Vec<_>>().join(", ");
    Some(match op {
        DataOp::Take { axis, .. } => format!("{}[{}{rest}]", first.operand(), ":, ".repeat(*axis)),
        DataOp::Sort { axis, index } => format!("{}({}, axis={axis})", if *index { "argsort" } else { "sort" }, first.text),
        DataOp::Scan { op, axis } => match op {
            ReduceOp::Sum => format!("cumsum({}, axis={axis})", first.text),
            ReduceOp::Prod => format!("cumprod({}, axis={axis})", first.text),
            ReduceOp::Max => format!("maximum.accumulate({}, axis={axis})", first.text),
            ReduceOp::Min => format!("minimum.accumulate({}, axis={axis})", first.text),
            ReduceOp::Mean | ReduceOp::Any | ReduceOp::All | ReduceOp::NanMax | ReduceOp::NanMin => return None,
            ReduceOp::Moments | ReduceOp::Spread | ReduceOp::SquareSum => return None,
        },
        DataOp::ArgBest { op, axis } => {
            let name = if *op == ReduceOp::Max { "argmax" } else { "argmin" };
            format!("{name}({}, axis={axis}, keepdims=True)", first.text)
        }
        DataOp::Search { right } => {
            format!("searchsorted({}, {rest}{})", first.text, if *right { ", side=\"right\"" } else { "" })
        }
        DataOp::Qr { q } => format!("linalg.qr({})[{}]", first.text, usize::from(!q)),
        DataOp::Put { .. }
        | DataOp::Top { .. }
        | DataOp::Partition { .. }
        | DataOp::Select { .. }
        | DataOp::Check { .. }
        | DataOp::Positions { .. }
        | DataOp::Random { .. } => {
            return None;
        }
    })
}
