//! Mistakes in the user's words: operands by the names they have in the source, operators as they are written, and what to
//! write instead.
//!
//! The rules of shapes know no names: they say "operand 0" and `` `matmul` ``, and `name_operands` puts `` `X` `` and
//! `` `X @ w` `` there, where a mistake is found in a program.

use crate::diag::{Diag, Loc};
use crate::dim::{Dim, FROM_DATA};
use crate::dtype::{DType, Kind};
use crate::func::{Func, Inst, Op};
use crate::ops::{DTypeRule, MapOp};
use crate::types::Type;

/// Puts the names of the source where a message says "operand 0", and the expression where it names the operator.
pub(crate) fn name_operands(mut diag: Diag, func: &Func, inst: &Inst) -> Diag {
    let names: Vec<Option<&str>> = inst.args.iter().map(|a| func.data(*a).name.as_deref()).collect();
    let mut slots: Vec<(String, String)> = Vec::new();
    // From the last, so that operand 1 is not found in operand 10.
    for (i, name) in names.iter().enumerate().rev() {
        let nth = ["the first operand", "the second operand", "the third operand"].get(i).copied();
        let shown = match name {
            Some(name) => format!("`{name}`"),
            None if names.len() == 1 || i == 0 && is_index(&inst.op) => "the array".to_owned(),
            None => nth.map_or_else(|| format!("operand number {}", i + 1), str::to_owned),
        };
        slots.push((format!("operand {i}"), shown));
    }
    if let ([a, b], Some(symbol)) = (&names[..], symbol(&inst.op)) {
        let expression = match (a, b) {
            (None, None) => symbol.to_owned(),
            (a, b) => format!("{} {symbol} {}", a.unwrap_or("…"), b.unwrap_or("…")),
        };
        slots.push((format!("in `{}`:", inst.op.name()), format!("in `{expression}`:")));
    }
    for text in std::iter::once(&mut diag.message).chain(&mut diag.notes).chain(&mut diag.help) {
        for (slot, shown) in &slots {
            *text = text.replace(slot, shown);
        }
    }
    diag.notes.dedup();
    diag
}

/// Whether operand 0 is what an index is of, and the others its items.
fn is_index(op: &Op) -> bool {
    matches!(op, Op::Call(call) if ["getitem", "setitem"].contains(&call.name))
}

/// How an operator of two operands is written, if it has a symbol.
fn symbol(op: &Op) -> Option<&'static str> {
    match op {
        Op::Matmul { .. } => Some("@"),
        Op::Map(op) => op.sign(),
        Op::Const(_)
        | Op::Dim(_)
        | Op::ShapeOf { .. }
        | Op::Cast(_)
        | Op::Reduce { .. }
        | Op::Contract(_)
        | Op::Transpose { .. }
        | Op::Reshape { .. }
        | Op::Index { .. }
        | Op::Concatenate { .. }
        | Op::Fill { .. }
        | Op::Arange { .. }
        | Op::Eye { .. }
        | Op::Solve
        | Op::Data(_)
        | Op::Call(_)
        | Op::Item
        | Op::Choose
        | Op::Kernel(_) => None,
    }
}

/// Shapes that do not broadcast: sizes `a` and `b` meet.
pub(super) fn broadcast(op: MapOp, args: &[&Type], a: &Dim, b: &Dim, loc: Loc) -> Diag {
    let shown: Vec<String> = args.iter().map(ToString::to_string).collect();
    let diag = Diag::new(loc, format!("shapes do not broadcast in `{}`: {}", op.name(), shown.join(" and ")))
        .note(format!("axes are aligned at the right: `{a}` meets `{b}`"));
    // A vector beside a matrix that has its size as the first axis was meant as a column.
    for (i, ty) in args.iter().enumerate() {
        let Some([n]) = ty.dims() else { continue };
        if args.iter().any(|other| matches!(other.dims(), Some([rows, _]) if rows == n)) {
            let words = format!("make operand {i} a column with `[:, None]`, or keep the axis with `keepdims=True`");
            return diag.help(words);
        }
    }
    match (a.as_symbol(), b.as_symbol()) {
        (Some(_), Some(_)) => diag.help("write the same symbol if they are equal"),
        (Some(n), None) if b.as_const().is_some() => number(diag, n, b),
        (None, Some(n)) if a.as_const().is_some() => number(diag, n, a),
        (Some(_), None) | (None, Some(_)) | (None, None) if a.as_const().is_none() && b.as_const().is_none() => {
            diag.help("take slices of one size, as in `x[1:] - x[:-1]`")
        }
        (Some(_), None) | (None, Some(_)) | (None, None) => diag,
    }
}

/// A symbol beside a number: the compiler takes symbols for no number.
fn number(diag: Diag, symbol: &str, number: &Dim) -> Diag {
    diag.help(format!("declare `{number}` instead of `{symbol}` if it always is: a symbol stands for no number"))
}

/// What to write instead of an operator that does not take a dtype.
pub(super) fn dtype_help(diag: Diag, op: MapOp, types: &[Type]) -> Diag {
    let boolean = types.iter().all(|t| t.dtype == DType::Bool);
    let complex = types.iter().any(|t| t.dtype.kind() == Kind::Complex);
    let words = match (op, op.rule()) {
        (MapOp::Subtract, _) if boolean => "use `logical_xor(a, b)` or `a ^ b`",
        (MapOp::Negative, _) if boolean => "use `logical_not(a)` or `~a`",
        (MapOp::Positive, _) if boolean => "leave the `+` out, or convert with `.astype(i64)`",
        (MapOp::FloorDivide | MapOp::Remainder, _) => "complex numbers have no order: divide with `/`",
        (MapOp::Gcd | MapOp::Lcm, _) => "divisors are of integers: convert with `.astype(i64)`",
        (MapOp::BitwiseAnd | MapOp::BitwiseOr, _) => {
            "bits are of integers and booleans: put comparisons in brackets, `(a > 0) & (b < 1)`, or convert with `.astype(i64)`"
        }
        (MapOp::BitwiseXor, _) => "bits are of integers and booleans; a power is written `x ** 2`",
        (_, DTypeRule::Bitwise | DTypeRule::Shift) => {
            "bits are of integers and booleans: compare first, or convert with `.astype(i64)`"
        }
        _ if complex => "complex numbers have no order: take `.real` and `.imag`, or `abs(z)`",
        _ => return diag,
    };
    // The operator as the user wrote it, beside the function's name.
    let diag = match symbol(&Op::Map(op)) {
        Some(symbol) => {
            let written = format!("`{symbol}` (`{}`)", op.name());
            Diag { message: diag.message.replacen(&format!("`{}`", op.name()), &written, 1), ..diag }
        }
        None => diag,
    };
    diag.help(words)
}

/// Puts words where a message names a size that the data decides, which has no name in the source.
pub(super) fn name_sizes(diag: &mut Diag) {
    let put = |text: &str, word: &str| {
        let mut parts = text.split(FROM_DATA);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |out, part| out + word + part.trim_start_matches(|c: char| c.is_ascii_digit()))
    };
    std::iter::once(&mut diag.message).chain(&mut diag.notes).for_each(|text| *text = put(text, "?"));
    if let Some(help) = diag.help.as_mut().filter(|help| help.contains(FROM_DATA)) {
        *help = put(help, "count");
        diag.notes
            .push("`?` is a size that the data decides; in a result it is a symbol that no parameter has, as `count`".to_owned());
    }
}

/// An integer that a dtype does not hold.
pub(crate) fn out_of_bounds(i: i128, dtype: DType, loc: Loc) -> Diag {
    let (low, high) = super::range(dtype);
    Diag::new(loc, format!("the integer {i} is out of bounds for {dtype}"))
        .note(format!("{dtype} holds {low} to {high}"))
        .help("use a wider dtype, as in `x.astype(i64)`")
}

/// A value that is no index.
pub(super) fn index(ty: &Type, loc: Loc) -> Diag {
    let diag = Diag::new(loc, format!("an index is an integer known when the function is called, not {ty}"));
    match (ty.rank(), ty.dtype.kind()) {
        (Some(0), Kind::Float | Kind::Complex) => diag,
        (_, Kind::Bool) => diag.help("masks are no indices yet: choose with `where(mask, a, b)`"),
        (_, Kind::Int | Kind::Float | Kind::Complex) => {
            diag.note("arrays are no indices yet").help("use an integer, a slice, or an integer parameter")
        }
    }
}

/// A message about promoted operands, told with the types that the user wrote.
pub(super) fn retype(diag: Diag, types: &[Type]) -> Diag {
    let shown: Vec<String> = types.iter().map(ToString::to_string).collect();
    match diag.message.split_once(": ") {
        Some((what, _)) if diag.message.contains(" and ") => Diag { message: format!("{what}: {}", shown.join(" and ")), ..diag },
        _ => diag,
    }
}
