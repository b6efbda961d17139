//! Arguments to parameters, by signatures as NumPy writes them, and the readers of constant arguments.
//!
//! A signature is `a, axis=, dtype!, *shape`: `=` may be left out, `!` is a parameter of NumPy's that nums does not have yet, `*`
//! takes all that is left. Names bind by keyword too, as in Python.

use super::{About, Callable, Term};
use crate::diag::{Diag, Loc, suggest};
use crate::dtype::DType;
use crate::func::Scalar;

/// An argument as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// `axis` of `axis=0`, and its place.
    pub keyword: Option<(String, Loc)>,
    /// What is given.
    pub term: Term,
    /// Its place.
    pub loc: Loc,
}

/// What other libraries, and older NumPy, call an argument.
const KEYWORDS: &[(&str, &str)] = &[("dim", "axis"), ("dims", "axis"), ("keepdim", "keepdims"), ("interpolation", "method")];

/// The arguments of one call, by parameter.
pub(super) struct Bound {
    pub(super) name: &'static str,
    pub(super) signature: &'static str,
    slots: Vec<Option<(Term, Loc)>>,
    /// The whole call.
    pub(super) loc: Loc,
}

/// A parameter of a signature.
pub(super) struct Param {
    pub(super) name: &'static str,
    /// What it takes: `v`, `vs`, `a`, … of `calls`; empty for constants.
    pub(super) kind: &'static str,
    /// What it is where it is left out.
    pub(super) default: Option<i64>,
    pub(super) optional: bool,
    pub(super) missing: bool,
    pub(super) rest: bool,
}

/// The parameters of a signature.
pub(super) fn params(signature: &'static str) -> impl Iterator<Item = Param> {
    signature.split(", ").filter(|p| !p.is_empty()).map(|p| {
        let end = p.find(['=', '!']).unwrap_or(p.len());
        let (name, kind) = p[..end].split_once(':').unwrap_or((&p[..end], ""));
        Param {
            name: name.trim_start_matches('*'),
            kind,
            default: p.split_once('=').and_then(|(_, default)| default.parse().ok()),
            optional: p.contains('='),
            missing: p.ends_with('!'),
            rest: p.starts_with('*'),
        }
    })
}

/// The parameters of a signature as a reader wants them: `a, axis, keepdims`.
pub fn signature_shown(signature: &'static str) -> String {
    let names: Vec<&str> = params(signature).filter(|p| !p.missing && p.kind != "g").map(|p| p.name).collect();
    names.join(", ")
}

/// NumPy's parameters that are not taken: `out, where`.
pub fn signature_left_out(signature: &'static str) -> String {
    let names: Vec<&str> = params(signature).filter(|p| p.missing).map(|p| p.name).collect();
    names.join(", ")
}

/// The parameters that nums has, for a message: `a, axis, keepdims`.
pub(super) fn shown(callable: Callable) -> String {
    signature_shown(callable.signature())
}

/// Binds `args`, after `receiver` where the call is a method's.
pub(super) fn bind(
    signature: &'static str,
    name: &'static str,
    receiver: Option<(Term, Loc)>,
    args: Vec<Given>,
    loc: Loc,
) -> Result<Bound, Diag> {
    let list: Vec<Param> = params(signature).collect();
    let mut bound = Bound { name, signature, slots: vec![None; list.len()], loc };
    let mut next = 0;
    if receiver.is_some() {
        bound.slots[0] = receiver;
        next = 1;
    }
    let given = args.iter().filter(|a| a.keyword.is_none()).count() + next;
    let mut keyword_seen = false;
    for arg in args {
        let at = match &arg.keyword {
            Some((keyword, place)) => {
                keyword_seen = true;
                bound.by_keyword(&list, keyword, *place)?
            }
            None if keyword_seen => return Err(Diag::new(arg.loc, "a positional argument follows a keyword")),
            None => match list.get(next) {
                Some(param) if param.rest => {
                    bound.rest(next, arg);
                    continue;
                }
                Some(param) if param.missing => return Err(bound.too_many(&list, given)),
                Some(_) => {
                    next += 1;
                    next - 1
                }
                None => return Err(bound.too_many(&list, given)),
            },
        };
        if bound.slots[at].is_some() {
            let place = arg.keyword.map_or(arg.loc, |(_, place)| place);
            return Err(Diag::new(place, format!("`{name}` got `{}` twice", list[at].name)));
        }
        bound.slots[at] = Some((arg.term, arg.loc));
    }
    Ok(bound)
}

impl Bound {
    fn by_keyword(&self, list: &[Param], keyword: &str, place: Loc) -> Result<usize, Diag> {
        // `clip`'s bounds have an older name each.
        let named = |p: &Param| p.name == keyword || (self.name == "clip" && keyword.strip_prefix("a_") == Some(p.name));
        match list.iter().position(named) {
            Some(at) if list[at].missing && keyword == "out" => {
                Err(Diag::new(place, format!("`{}` takes no `out=`: values do not change", self.name))
                    .help(format!("assign the result: `y = {}(…);`", self.name)))
            }
            Some(at) if list[at].missing => {
                Err(Diag::new(place, format!("argument `{keyword}` of `{}` is not in nums yet", self.name)))
            }
            Some(at) => Ok(at),
            None => {
                let diag = Diag::new(place, format!("`{}` has no argument `{keyword}`", self.name));
                let names = || list.iter().filter(|p| !p.missing).map(|p| p.name);
                let meant = KEYWORDS.iter().find(|(other, name)| *other == keyword && names().any(|n| n == *name));
                Err(match meant.map(|(_, name)| *name).or_else(|| suggest(keyword, names())) {
                    Some(near) => diag.help(format!("write `{near}`")),
                    None => diag.note(self.usage()),
                })
            }
        }
    }

    /// Adds an argument to the parameter that takes all that is left.
    fn rest(&mut self, at: usize, arg: Given) {
        match &mut self.slots[at] {
            Some((Term::Tuple(parts), _)) => parts.push((arg.term, arg.loc)),
            slot => *slot = Some((Term::Tuple(vec![(arg.term, arg.loc)]), arg.loc)),
        }
    }

    fn too_many(&self, list: &[Param], given: usize) -> Diag {
        let n = list.iter().filter(|p| !p.missing).count();
        let s = if n == 1 { "" } else { "s" };
        let diag = Diag::new(self.loc, format!("`{}` takes {n} argument{s}, not {given}", self.name)).note(self.usage());
        match self.name {
            _ if list[0].kind == "vs" => diag.help(self.listed()),
            "max" => diag.help("the larger of two arrays is `maximum(a, b)`"),
            "min" => diag.help("the smaller of two arrays is `minimum(a, b)`"),
            _ => diag,
        }
    }

    /// How the arrays of a call that takes a list are written.
    pub(super) fn listed(&self) -> String {
        format!("the arrays are one list: `{}([a, b])`", self.name)
    }

    fn usage(&self) -> String {
        format!("it is called as `{}({})`", self.name, signature_shown(self.signature))
    }

    /// An argument that must be there.
    pub(super) fn required(&mut self, at: usize) -> Result<(Term, Loc), Diag> {
        match self.slots.get_mut(at).and_then(Option::take) {
            Some(arg) => Ok(arg),
            None => Err(self.missing(at)),
        }
    }

    /// The mistake of leaving out an argument.
    pub(super) fn missing(&self, at: usize) -> Diag {
        let name = params(self.signature).nth(at).map_or("more", |p| p.name);
        Diag::new(self.loc, format!("`{}` wants the argument `{name}`", self.name)).note(self.usage())
    }

    /// Whether an argument was given and not taken yet.
    pub(super) fn has(&self, at: usize) -> bool {
        self.slots.get(at).is_some_and(Option::is_some)
    }

    /// An argument that may be left out, by the parameter's name; `None` is as if it were.
    pub(super) fn named(&mut self, name: &str) -> Option<(Term, Loc)> {
        let at = params(self.signature).position(|p| p.name == name)?;
        self.optional(at).filter(|(term, _)| *term != Term::None)
    }

    /// The dtype, if it is one of arrays.
    pub(super) fn take_dtype(&mut self) -> Option<(Term, Loc)> {
        let at = params(self.signature).position(|p| p.name == "dtype")?;
        let of_arrays = matches!(self.slots.get(at), Some(Some((Term::OfTypes(About::DType, _), _))));
        if of_arrays { self.optional(at) } else { None }
    }

    /// An argument that may be left out.
    pub(super) fn optional(&mut self, at: usize) -> Option<(Term, Loc)> {
        self.slots.get_mut(at).and_then(Option::take)
    }
}

/// `axis`: an integer, a tuple of integers, or `None` for all.
pub(super) fn axes(arg: &(Term, Loc)) -> Result<Option<Vec<i64>>, Diag> {
    match &arg.0 {
        Term::None => Ok(None),
        Term::Tuple(parts) => parts.iter().map(|p| integer(p, "axis")).collect::<Result<Vec<_>, _>>().map(Some),
        Term::Value(_)
        | Term::Number(_)
        | Term::Ellipsis
        | Term::Str(_)
        | Term::DType(_)
        | Term::Shape(_)
        | Term::Module(_)
        | Term::Callable(_)
        | Term::PerAxis(..)
        | Term::Generator(_)
        | Term::OfTypes(..)
        | Term::Method(..) => integer(arg, "axis").map(|axis| Some(vec![axis])),
    }
}

/// A literal integer.
pub(super) fn integer(arg: &(Term, Loc), what: &str) -> Result<i64, Diag> {
    match &arg.0 {
        Term::Number(Scalar::Int(i)) => {
            i64::try_from(*i).map_err(|_| Diag::new(arg.1, format!("`{what}` is far outside every array")))
        }
        Term::Value(_) => {
            Err(Diag::new(arg.1, format!("`{what}` wants a literal integer, not a value that the program computes"))
                .note("it decides the rank or order of axes"))
        }
        Term::Number(_)
        | Term::None
        | Term::Ellipsis
        | Term::Str(_)
        | Term::DType(_)
        | Term::Tuple(_)
        | Term::Shape(_)
        | Term::Module(_)
        | Term::Callable(_)
        | Term::PerAxis(..)
        | Term::Generator(_)
        | Term::OfTypes(..)
        | Term::Method(..) => {
            let tuple = if what == "axis" { ", or a tuple of integers" } else { "" };
            Err(Diag::new(arg.1, format!("`{what}` is an integer{tuple}")))
        }
    }
}

/// `True` or `False`.
pub(super) fn flag(arg: &(Term, Loc), what: &str) -> Result<bool, Diag> {
    match &arg.0 {
        Term::Number(Scalar::Bool(b)) => Ok(*b),
        Term::Number(Scalar::Int(i @ (0 | 1))) => Ok(*i == 1),
        _ => Err(Diag::new(arg.1, format!("`{what}` is `True` or `False`"))
            .note("it is a constant in the source, because it decides the shape of the result")),
    }
}

/// A dtype: `f64`, `np.float64`, `"float64"`.
pub(super) fn dtype(arg: &(Term, Loc)) -> Result<DType, Diag> {
    let unknown = |name: &str| {
        let known = DType::ALL.map(DType::name);
        let diag = Diag::new(arg.1, format!("unknown dtype `{name}`"));
        diag.help(format!("dtypes are {}", known.map(|d| format!("`{d}`")).join(" ")))
    };
    match &arg.0 {
        Term::DType(dtype) => Ok(*dtype),
        Term::Str(name) => match name.as_str() {
            "float" | "double" => Ok(DType::F64),
            "single" => Ok(DType::F32),
            "int" => Ok(DType::I64),
            "complex" => Ok(DType::C128),
            name => DType::from_name(name).ok_or_else(|| unknown(name)),
        },
        Term::OfTypes(About::DType, _) => Err(Diag::new(arg.1, "a dtype that decides how something is computed is written here")
            .help("write it, `f64`, or convert the result: `y.astype(x.dtype)`")),
        Term::Value(_) | Term::Number(_) => Err(Diag::new(arg.1, "a number stands where a dtype belongs")
            .help("write `f64`; several sizes are a tuple, `zeros((n, m))`")),
        _ => Err(Diag::new(arg.1, "this is not a dtype").help("write `f64`, `np.float64` or `\"float64\"`")),
    }
}
