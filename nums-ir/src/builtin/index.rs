//! Indices: `x[1:, None, -1]`, and `x.shape[0]`.
//!
//! Only basic indexing is there: integers, slices, new axes, an ellipsis. Masks and arrays of integers are told apart by `infer`,
//! which knows types.

use super::{Term, bind, size, value};
use crate::diag::{Diag, Loc};
use crate::func::{Func, IndexItem, Op, Scalar};

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
    let x = value(func, &base)?;
    let mut ellipsis = false;
    let mut list = Vec::with_capacity(items.len());
    for item in items {
        list.push(match item {
            Item::At(Term::None, _) => IndexItem::NewAxis,
            Item::At(Term::Ellipsis, at) => {
                if std::mem::replace(&mut ellipsis, true) {
                    return Err(Diag::new(*at, "an index has at most one `...`").help("write `:` for one axis"));
                }
                IndexItem::Ellipsis
            }
            Item::At(term, at) => position(term, *at)?,
            Item::Slice { start, stop, step } => {
                let bound = |b: &Option<(Term, Loc)>| match b {
                    None | Some((Term::None, _)) => Ok(None),
                    Some(b) => size(b, "a bound of a slice").map(Some),
                };
                IndexItem::Slice { start: bound(start)?, stop: bound(stop)?, step: stride(step.as_ref())? }
            }
        });
    }
    Ok(Term::Value(func.push(Op::Index { items: list }, &[x], loc)))
}

fn position(term: &Term, at: Loc) -> Result<IndexItem, Diag> {
    match term {
        Term::Tuple(_) => Err(Diag::new(at, "an index that is a list of positions is not in nums yet")),
        Term::Number(Scalar::Bool(_)) => Err(Diag::new(at, "an index that is a boolean is not in nums yet")),
        Term::Value(_)
        | Term::Number(_)
        | Term::None
        | Term::Ellipsis
        | Term::Str(_)
        | Term::DType(_)
        | Term::Shape(_)
        | Term::Module(_)
        | Term::Callable(_)
        | Term::Method(..) => size(&(term.clone(), at), "an index").map(IndexItem::At),
    }
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
