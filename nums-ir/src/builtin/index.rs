//! Indices: `x[1:, None, -1]`, and `x.shape[0]`.
//!
//! An index of literals and slices is basic and an operator of its own. What the program computes may be an integer, an array of
//! positions or a mask: `infer` tells them apart, so such an index is a call of `getitem`, an assignment one of `setitem`.

use super::{Term, bind, calls, size, value};
use crate::attr::Attr;
use crate::diag::{Diag, Loc};
use crate::func::{Call, Func, IndexItem, Op, Scalar, Size, Value};

/// An item between the brackets.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `i`, `None`, `...`.
    At(Term, Loc),
    /// `start:stop:step`.
    Slice {
        /// First position.
        start: Option<(Term, Loc)>,
        /// Position to stop before.
        stop: Option<(Term, Loc)>,
        /// Stride.
        step: Option<(Term, Loc)>,
    },
}

/// What `base[items]` means.
///
/// # Errors
/// An item is no basic index.
pub fn index(func: &mut Func, base: (Term, Loc), items: &[Item], loc: Loc) -> Result<Term, Diag> {
    match (&base.0, items) {
        (Term::Shape(x), [Item::At(axis, at)]) => {
            let axis = bind::integer(&(axis.clone(), *at), "axis")?;
            return Ok(Term::Value(func.push(Op::ShapeOf { axis }, &[*x], loc)));
        }
        (Term::Shape(_), _) => return Err(Diag::new(loc, "a shape is indexed by one integer").help("write `x.shape[0]`")),
        (Term::Tuple(parts), [Item::At(position, at)]) => {
            let i = bind::integer(&(position.clone(), *at), "index")?;
            let n = i64::try_from(parts.len()).unwrap_or(i64::MAX);
            let from_front = if i < 0 { i + n } else { i };
            let part = usize::try_from(from_front).ok().and_then(|i| parts.get(i));
            return part
                .map(|(term, _)| term.clone())
                .ok_or_else(|| Diag::new(*at, format!("index {i} is outside a tuple of {n}")));
        }
        _ => {}
    }
    if let (Term::PerAxis(call, args), [Item::At(which, at)]) = (&base.0, items) {
        let i = bind::integer(&(which.clone(), *at), "index")?;
        return Ok(super::of_axis(func, call, args, i, None, loc));
    }
    let x = value(func, &base)?;
    if items.iter().any(has_arrays) {
        let mut args = vec![x];
        let list = attributes(func, items, &mut args)?;
        let call = Call { name: "getitem", attrs: vec![Attr::Arg(0), list] };
        return Ok(calls::pushed(func, call, &args, 1, loc));
    }
    let mut ellipsis = false;
    let mut list = Vec::with_capacity(items.len());
    for item in items {
        list.push(match item {
            Item::At(Term::None, _) => IndexItem::NewAxis,
            Item::At(Term::Ellipsis, at) => {
                one_ellipsis(&mut ellipsis, *at)?;
                IndexItem::Ellipsis
            }
            Item::At(term, at) => size(&(term.clone(), *at), "an index").map(IndexItem::At)?,
            Item::Slice { start, stop, step } => {
                IndexItem::Slice { start: bound(start)?, stop: bound(stop)?, step: stride(step.as_ref())? }
            }
        });
    }
    Ok(Term::Value(func.push(Op::Index { items: list }, &[x], loc)))
}

/// `base[items] = given` as a new version of `base`.
///
/// # Errors
/// An item is no index.
pub fn assign(func: &mut Func, base: (Term, Loc), items: &[Item], given: (Term, Loc), loc: Loc) -> Result<Term, Diag> {
    let mut args = vec![value(func, &base)?, value(func, &given)?];
    let list = attributes(func, items, &mut args)?;
    let call = Call { name: "setitem", attrs: vec![Attr::Arg(0), Attr::Arg(1), list] };
    Ok(calls::pushed(func, call, &args, 1, loc))
}

fn one_ellipsis(seen: &mut bool, at: Loc) -> Result<(), Diag> {
    if std::mem::replace(seen, true) {
        return Err(Diag::new(at, "an index has at most one `...`").help("write `:` for one axis"));
    }
    Ok(())
}

fn bound(b: &Option<(Term, Loc)>) -> Result<Option<Size>, Diag> {
    match b {
        None | Some((Term::None, _)) => Ok(None),
        Some(b) => size(b, "a bound of a slice").map(Some),
    }
}

/// Whether an item may be an array: what the program computes, a list, a boolean.
fn has_arrays(item: &Item) -> bool {
    match item {
        Item::At(Term::Value(_) | Term::Tuple(_) | Term::Number(Scalar::Bool(_)), _) => true,
        Item::At(..) | Item::Slice { .. } => false,
    }
}

/// The items as the attribute of a `getitem` or `setitem`.
fn attributes(func: &mut Func, items: &[Item], args: &mut Vec<Value>) -> Result<Attr, Diag> {
    let (mut list, mut ellipsis) = (Vec::new(), false);
    for item in items {
        list.push(match item {
            Item::At(Term::None, _) => Attr::None,
            Item::At(Term::Ellipsis, at) => {
                one_ellipsis(&mut ellipsis, *at)?;
                Attr::Str(calls::ELLIPSIS.to_owned())
            }
            Item::At(Term::Number(Scalar::Int(i)), at) => {
                Attr::Int(i64::try_from(*i).map_err(|_| Diag::new(*at, "an index is at most 2^63 - 1"))?)
            }
            Item::At(term @ (Term::Value(_) | Term::Tuple(_) | Term::Number(Scalar::Bool(_))), at) => {
                args.push(value(func, &(term.clone(), *at))?);
                Attr::Arg(args.len() - 1)
            }
            Item::At(term, at) => size(&(term.clone(), *at), "an index").map(Attr::Size)?,
            Item::Slice { start, stop, step } => {
                let edge = |b: &Option<(Term, Loc)>| Ok(bound(b)?.map_or(Attr::None, Attr::Size));
                Attr::List(vec![edge(start)?, edge(stop)?, Attr::Int(stride(step.as_ref())?)])
            }
        });
    }
    Ok(Attr::List(list))
}

fn stride(step: Option<&(Term, Loc)>) -> Result<i64, Diag> {
    match step {
        None | Some((Term::None, _)) => Ok(1),
        Some(step) => match bind::integer(step, "step")? {
            0 => Err(Diag::new(step.1, "the step of a slice is not 0")),
            n => Ok(n),
        },
    }
}
