//! Functions that are written with other operators (`expand`): names, signatures, and how many arrays they give.
//!
//! A parameter is `name`, with `:v` an array or number, with `:vs` a list of such, with `:a` either an array or a constant; what
//! has no mark is a constant: an integer, a flag, a dtype, sizes. `=` may be left out, `=-1` has a default, `!` is NumPy's and
//! not ours yet, `*` takes all that is left. To add a function: a row here, and its expansion.

use super::bind::{Bound, Param, params};
use super::{Term, value};
use crate::attr::Attr;
use crate::diag::{Diag, Loc};
use crate::func::{Call, Func, Inst, Op, Scalar, Size, Value, ValueData};

/// How many arrays a call gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Gives {
    /// As many.
    Exactly(usize),
    /// One more for each of these flags that is set.
    Flags(&'static [usize]),
    /// As many as the list that is the first argument.
    List,
    /// The parts of a split: parameter 1.
    Parts,
    /// One an axis, which `infer` knows: taken by `[i]` or by unpacking.
    Axes,
}

/// Names of shapes in attributes: `x.shape` as a size.
pub(crate) const SHAPE: &str = "shape";
/// `...` in an index.
pub(crate) const ELLIPSIS: &str = "...";

/// The instruction of a call, by what has been bound.
pub(super) fn call(func: &mut Func, bound: &mut Bound, gives: Gives) -> Result<Term, Diag> {
    let mut args = Vec::new();
    let mut attrs = Vec::new();
    for (at, param) in params(bound.signature).enumerate() {
        attrs.push(match bound.optional(at) {
            Some((Term::None, _)) if param.kind != "v" || param.optional => Attr::None,
            None if param.missing => Attr::None,
            None => match param.default {
                Some(default) => Attr::Int(default),
                None if param.optional => Attr::None,
                None => return Err(bound.missing(at)),
            },
            Some(term) => argument(func, &param, &term, &mut args).map_err(|diag| {
                // `stack(a, b)`: the second array is no axis.
                let first = params(bound.signature).next().filter(|p| p.kind == "vs" && !p.rest);
                match (at, first, &term.0) {
                    (1, Some(_), Term::Value(_)) => Diag { notes: vec![], ..diag.help(bound.listed()) },
                    _ => diag,
                }
            })?,
        });
    }
    if param_is_generator(bound.signature) {
        let draw = func.insts.iter().filter(|i| matches!(&i.op, Op::Call(c) if c.name.starts_with("random."))).count();
        attrs.insert(1, Attr::Int(draw as i64));
    }
    let call = Call { name: super::call_name(bound.name).unwrap_or(bound.name), attrs };
    let n = match gives {
        Gives::Exactly(n) => n,
        Gives::Flags(flags) => 1 + flags.iter().filter(|f| call.attrs[**f] == Attr::Bool(true)).count(),
        Gives::List => match &call.attrs[0] {
            Attr::List(parts) => parts.len(),
            _ => 1,
        },
        Gives::Parts => match &call.attrs[1] {
            Attr::Int(n) if *n > 0 && *n <= 4096 => *n as usize,
            Attr::List(cuts) => cuts.len() + 1,
            _ => {
                return Err(Diag::new(
                    bound.loc,
                    format!("`{}` wants a number of parts, or a list of places to cut", bound.name),
                ));
            }
        },
        Gives::Axes => return Ok(Term::PerAxis(call, args)),
    };
    Ok(pushed(func, call, &args, n, bound.loc))
}

fn param_is_generator(signature: &str) -> bool {
    signature.starts_with("rng:g")
}

/// Appends the call with `n` results.
pub(super) fn pushed(func: &mut Func, call: Call, args: &[Value], n: usize, loc: Loc) -> Term {
    let results: Vec<Value> = (0..n).map(|_| func.value(ValueData { name: None, ty: None, loc })).collect();
    func.insts.push(Inst { op: Op::Call(call), args: args.to_vec(), results: results.clone() });
    match results.as_slice() {
        [one] => Term::Value(*one),
        many => Term::Tuple(many.iter().map(|v| (Term::Value(*v), loc)).collect()),
    }
}

fn argument(func: &mut Func, param: &Param, term: &(Term, Loc), args: &mut Vec<Value>) -> Result<Attr, Diag> {
    match param.kind {
        "v" => operand(func, term, args),
        "g" => {
            match &term.0 {
                Term::Generator(seed) => {
                    args.push(*seed);
                    Ok(Attr::Arg(args.len() - 1))
                }
                _ => Err(Diag::new(term.1, "this is no generator of random numbers")
                    .help("write `rng = np.random.default_rng(seed);`")),
            }
        }
        "vs" => match &term.0 {
            Term::Tuple(parts) => {
                // `*arrays` called with one list.
                let parts = match parts.as_slice() {
                    [(Term::Tuple(inner), _)] if param.rest => inner,
                    _ => parts,
                };
                parts.iter().map(|p| operand(func, p, args)).collect::<Result<_, _>>().map(Attr::List)
            }
            _ => operand(func, term, args).map(|a| Attr::List(vec![a])),
        },
        "n" => nested(func, term, args),
        _ => constant(func, param, term, args),
    }
}

fn operand(func: &mut Func, term: &(Term, Loc), args: &mut Vec<Value>) -> Result<Attr, Diag> {
    args.push(value(func, term)?);
    Ok(Attr::Arg(args.len() - 1))
}

/// Numbers in lists of lists.
pub(super) fn nested(func: &mut Func, term: &(Term, Loc), args: &mut Vec<Value>) -> Result<Attr, Diag> {
    match &term.0 {
        Term::Tuple(parts) => parts.iter().map(|p| nested(func, p, args)).collect::<Result<_, _>>().map(Attr::List),
        _ => operand(func, term, args),
    }
}

/// Parameters that are strings.
const WORDS: [&str; 6] = ["subscripts", "mode", "method", "indexing", "side", "kind"];

/// Parameters that are literals because the program depends on them.
const CONSTANTS: [&str; 16] = [
    "axis",
    "axis1",
    "axis2",
    "axes",
    "source",
    "destination",
    "keepdims",
    "dtype",
    "endpoint",
    "rowvar",
    "density",
    "right",
    "invert",
    "equal_nan",
    "descending",
    "replace",
];

fn constant(func: &mut Func, param: &Param, term: &(Term, Loc), args: &mut Vec<Value>) -> Result<Attr, Diag> {
    let any = param.kind == "a";
    Ok(match &term.0 {
        Term::Number(Scalar::Int(i)) => {
            Attr::Int(i64::try_from(*i).map_err(|_| Diag::new(term.1, format!("`{}` is far out of range", param.name)))?)
        }
        Term::Number(Scalar::Float(x)) => Attr::Float(*x),
        Term::Number(Scalar::Bool(b)) => Attr::Bool(*b),
        Term::None => Attr::None,
        Term::Ellipsis => Attr::Str(ELLIPSIS.to_owned()),
        Term::Str(s) if s.contains(['"', '\\', '\n']) => {
            return Err(Diag::new(term.1, "this string has marks that mean nothing here"));
        }
        Term::Str(s) => Attr::Str(s.clone()),
        Term::DType(d) => Attr::DType(*d),
        Term::Tuple(_) if any => return operand(func, term, args),
        Term::Tuple(parts) => {
            let flat = match parts.as_slice() {
                [(Term::Tuple(inner), _)] if param.rest => inner,
                [(shape @ Term::Shape(_), loc)] if param.rest => return constant(func, param, &(shape.clone(), *loc), args),
                _ => parts,
            };
            Attr::List(flat.iter().map(|p| constant(func, param, p, args)).collect::<Result<_, _>>()?)
        }
        Term::Shape(x) => {
            args.push(*x);
            Attr::List(vec![Attr::Str(SHAPE.to_owned()), Attr::Arg(args.len() - 1)])
        }
        Term::Value(_) if any => return operand(func, term, args),
        Term::Value(_) if WORDS.contains(&param.name) => {
            let diag = Diag::new(term.1, format!("`{}` is a string", param.name));
            return Err(match param.name {
                "subscripts" => diag.help("they come first: `einsum(\"ij,jk->ik\", a, b)`"),
                _ => diag,
            });
        }
        Term::Value(_) if CONSTANTS.contains(&param.name) => {
            let diag = Diag::new(term.1, format!("`{}` is a literal, not a value that the program computes", param.name));
            return Err(diag.note("it decides what is computed, or the rank or order of axes"));
        }
        Term::Value(v) => Attr::Size(Size::Value(*v)),
        Term::Number(Scalar::Complex(..))
        | Term::Module(_)
        | Term::Callable(_)
        | Term::Method(..)
        | Term::PerAxis(..)
        | Term::OfTypes(..)
        | Term::Generator(_) => {
            return Err(Diag::new(term.1, format!("`{}` is an integer, a flag, a dtype or a tuple of these", param.name)));
        }
    })
}
