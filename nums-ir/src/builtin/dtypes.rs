//! Dtypes of what a program computes: `x.dtype`, `result_type(a, b)`, and what follows from a dtype, `finfo(x.dtype).eps`.
//!
//! The dtype of an array is known where its type is, so what is made of it is a call that `expand` answers: a conversion, a number or
//! a flag. It stands where a dtype converts (`astype`, and `dtype=` of what makes arrays), is compared, or is asked about.

use super::bind::Bound;
use super::calls::pushed;
use super::{Term, value};
use crate::attr::Attr;
use crate::diag::{Diag, Loc};
use crate::dtype::DType;
use crate::func::{Call, Func, Value};

/// What is asked of the common dtype of some arrays, numbers and dtypes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum About {
    /// The dtype itself.
    DType,
    /// `finfo(…)`, whose attributes are numbers.
    Finfo,
    /// `iinfo(…)`, the same of integers.
    Iinfo,
}

/// `result_type(a, b, f32)`: known now if all are dtypes.
pub(super) fn result_type(_: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let (term, loc) = bound.required(0)?;
    let parts = match term {
        Term::Tuple(parts) => parts,
        one => vec![(one, loc)],
    };
    let written: Option<Vec<DType>> = parts.iter().map(|(term, _)| written(term)).collect();
    Ok(match written.and_then(|all| all.into_iter().reduce(DType::promote)) {
        Some(dtype) => Term::DType(dtype),
        None => Term::OfTypes(About::DType, parts),
    })
}

pub(super) fn finfo(_: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    Ok(Term::OfTypes(About::Finfo, vec![bound.required(0)?]))
}

pub(super) fn iinfo(_: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    Ok(Term::OfTypes(About::Iinfo, vec![bound.required(0)?]))
}

pub(super) fn can_cast(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let (from, to) = (bound.required(0)?, bound.required(1)?);
    let mut args = Vec::new();
    let attrs = vec![sources(func, &from, &mut args)?, sources(func, &to, &mut args)?];
    Ok(pushed(func, Call { name: "can_cast", attrs }, &args, 1, bound.loc))
}

pub(super) fn isdtype(func: &mut Func, bound: &mut Bound) -> Result<Term, Diag> {
    let (of, kinds) = (bound.required(0)?, bound.required(1)?);
    let mut args = Vec::new();
    let of = sources(func, &of, &mut args)?;
    let kind = |(term, loc): &(Term, Loc)| match term {
        Term::Str(name) => Ok(Attr::Str(name.clone())),
        Term::DType(dtype) => Ok(Attr::DType(*dtype)),
        _ => Err(Diag::new(*loc, "a kind of dtypes is a string, as \"real floating\", or a dtype")),
    };
    let kinds = match &kinds.0 {
        Term::Tuple(parts) => parts.iter().map(kind).collect::<Result<Vec<_>, _>>()?,
        _ => vec![kind(&kinds)?],
    };
    Ok(pushed(func, Call { name: "isdtype", attrs: vec![of, Attr::List(kinds)] }, &args, 1, bound.loc))
}

/// A dtype that is written.
fn written(term: &Term) -> Option<DType> {
    match term {
        Term::DType(dtype) => Some(*dtype),
        Term::Str(name) => DType::from_name(name),
        _ => None,
    }
}

/// Whether a term is a dtype, written or of arrays.
fn is_dtype(term: &Term) -> bool {
    matches!(term, Term::DType(_) | Term::OfTypes(About::DType, _))
}

/// The arrays, numbers and dtypes whose common dtype is meant, as an attribute.
fn sources(func: &mut Func, term: &(Term, Loc), args: &mut Vec<Value>) -> Result<Attr, Diag> {
    if let Some(dtype) = written(&term.0) {
        return Ok(Attr::DType(dtype));
    }
    match &term.0 {
        Term::OfTypes(About::DType, parts) => {
            parts.iter().map(|part| sources(func, part, args)).collect::<Result<_, _>>().map(Attr::List)
        }
        Term::Str(name) => Err(Diag::new(term.1, format!("unknown dtype `{name}`"))),
        _ => {
            args.push(value(func, term)?);
            Ok(Attr::Arg(args.len() - 1))
        }
    }
}

/// `x` in the dtype that a term of arrays means: `x.astype(y.dtype)`.
pub(super) fn converted(func: &mut Func, x: Value, to: &(Term, Loc), loc: Loc) -> Result<Term, Diag> {
    let mut args = vec![x];
    let to = sources(func, to, &mut args)?;
    Ok(pushed(func, Call { name: "astype", attrs: vec![Attr::Arg(0), to] }, &args, 1, loc))
}

/// An attribute of a dtype, of `finfo(…)` or of `iinfo(…)`.
pub(super) fn attribute(func: &mut Func, about: About, parts: &[(Term, Loc)], name: &str, loc: Loc) -> Result<Term, Diag> {
    let mut args = Vec::new();
    let of = parts.iter().map(|part| sources(func, part, &mut args)).collect::<Result<_, _>>().map(Attr::List)?;
    let (call, fields): (_, &[&str]) = match about {
        About::DType => ("dtype", &["itemsize"]),
        About::Finfo => ("finfo", crate::expand::FLOAT_LIMITS),
        About::Iinfo => ("iinfo", &["bits", "max", "min"]),
    };
    if !fields.contains(&name) {
        let has = fields.iter().map(|f| format!("`{f}`")).collect::<Vec<_>>().join(" ");
        return Err(Diag::new(loc, format!("`{call}` has no attribute `{name}`")).note(format!("it has {has}")));
    }
    Ok(pushed(func, Call { name: call, attrs: vec![of, Attr::Str(name.to_owned())] }, &args, 1, loc))
}

/// `x.dtype == f32`: what a comparison of dtypes gives, if it is one.
pub(super) fn compared(func: &mut Func, op: &str, operands: &[(Term, Loc)], loc: Loc) -> Result<Option<Term>, Diag> {
    let ("==" | "!=", [a, b]) = (op, operands) else { return Ok(None) };
    if !is_dtype(&a.0) && !is_dtype(&b.0) {
        return Ok(None);
    }
    let mut args = Vec::new();
    let attrs = vec![sources(func, a, &mut args)?, sources(func, b, &mut args)?, Attr::Bool(op == "==")];
    Ok(Some(pushed(func, Call { name: "same_dtype", attrs }, &args, 1, loc)))
}
