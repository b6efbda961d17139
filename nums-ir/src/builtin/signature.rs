//! Signatures that users write: which symbols they bind, and whether a call inside the same block fits them.
//!
//! A call of one function by another is inlined, so its declared types would be lost; `fits` holds the arguments' inferred types
//! to them. Symbols are rigid: a symbol is what its first bare place says, everything else is compared with it.

use super::{Given, Term};
use crate::diag::{Diag, Loc, suggest};
use crate::dim::{Dim, FROM_DATA, Sameness, Symbol};
use crate::dtype::Kind;
use crate::types::{Shape, Type};
use std::collections::{BTreeMap, BTreeSet};

/// A declared parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its declared type.
    pub ty: Type,
    /// Its declared type's place.
    pub loc: Loc,
}

/// The symbols that parameters bind: bare in an array's shape, or the name of an integer.
pub fn bound_symbols(params: &[Parameter]) -> BTreeSet<Symbol> {
    let mut bound = BTreeSet::new();
    for param in params {
        if param.ty.weak && param.ty.dtype.kind() == Kind::Int {
            bound.insert(Symbol::from(param.name.as_str()));
        }
        bound.extend(param.ty.dims().unwrap_or_default().iter().filter_map(Dim::as_symbol).cloned());
    }
    bound
}

/// The mistakes of a signature: symbols that nothing binds.
pub fn unbound_symbols(params: &[Parameter], results: &[(Type, Loc)]) -> Vec<Diag> {
    let bound = bound_symbols(params);
    let mut diags = Vec::new();
    let declared = params.iter().map(|p| (&p.ty, p.loc, true)).chain(results.iter().map(|(ty, loc)| (ty, *loc, false)));
    for (ty, loc, is_param) in declared {
        // A result of the same symbol has been mended with the parameter.
        let dims = if is_param || diags.is_empty() { ty.dims() } else { None };
        for dim in dims.unwrap_or_default() {
            let mut free: Option<Symbol> = None;
            dim.symbols(&mut |s| {
                if !bound.contains(s) {
                    free.get_or_insert_with(|| s.clone());
                }
            });
            if let Some(symbol) = free {
                let diag = if is_param {
                    Diag::new(loc, format!("symbol `{symbol}` stands only in the size `{dim}`"))
                        .note("a symbol is bound where it stands alone, or by an integer parameter of its name")
                        .help(format!("add a parameter such as `{symbol}: usize`"))
                } else {
                    let diag = Diag::new(loc, format!("symbol `{symbol}` of the result is bound by no parameter"));
                    match suggest(&symbol, bound.iter().map(|b| &**b)) {
                        Some(near) => diag.help(format!("a similar symbol is bound: `{near}`")),
                        None => diag.help(format!("add a parameter such as `{symbol}: usize`")),
                    }
                };
                diags.push(diag);
            }
        }
    }
    diags
}

/// Marks the symbols of results that no parameter binds as sizes that the data decides.
pub fn from_data(params: &[Parameter], results: &mut [Type]) {
    let bound = bound_symbols(params);
    for ty in results {
        if let Shape::Known(dims) = &mut ty.shape {
            for dim in dims {
                *dim = dim.substitute(&|s| {
                    (!bound.contains(s) && !s.starts_with(FROM_DATA)).then(|| Dim::symbol(&format!("{FROM_DATA}_{s}")))
                });
            }
        }
    }
}

/// The arguments of a call of a user's function, by parameter.
///
/// # Errors
/// An argument is missing, unknown, or given twice.
pub fn arguments(name: &str, params: &[Parameter], args: Vec<Given>, loc: Loc) -> Result<Vec<(Term, Loc)>, Diag> {
    let list = params.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
    let usage = format!("it is called as `{name}({list})`");
    let mut slots: Vec<Option<(Term, Loc)>> = vec![None; params.len()];
    let (given, mut next) = (args.len(), 0);
    for arg in args {
        let at = match &arg.keyword {
            Some((keyword, place)) => match params.iter().position(|p| p.name == *keyword) {
                Some(at) => at,
                None => return Err(Diag::new(*place, format!("`{name}` has no argument `{keyword}`")).note(usage)),
            },
            None => {
                next += 1;
                next - 1
            }
        };
        match slots.get_mut(at) {
            None => {
                let message = format!("`{name}` takes {} arguments, not {given}", params.len());
                return Err(Diag::new(loc, message).note(usage));
            }
            Some(Some(_)) => return Err(Diag::new(arg.loc, format!("`{name}` got `{}` twice", params[at].name))),
            Some(slot) => *slot = Some((arg.term, arg.loc)),
        }
    }
    let full: Option<Vec<_>> = slots.iter().cloned().collect();
    full.ok_or_else(|| {
        let missing = slots.iter().position(Option::is_none).map_or("more", |i| params[i].name.as_str());
        Diag::new(loc, format!("`{name}` wants the argument `{missing}`")).note(usage)
    })
}

/// Holds the types of a call's arguments to the declared ones.
///
/// # Errors
/// The first argument that does not fit.
pub fn fits(name: &str, params: &[Parameter], args: &[(Type, Loc)]) -> Result<(), Diag> {
    let mut symbols: BTreeMap<Symbol, Dim> = BTreeMap::new();
    for (param, (ty, _)) in params.iter().zip(args) {
        for (want, found) in param.ty.dims().unwrap_or_default().iter().zip(ty.dims().unwrap_or_default()) {
            if let Some(symbol) = want.as_symbol() {
                symbols.entry(symbol.clone()).or_insert_with(|| found.clone());
            }
        }
    }
    for (param, (ty, loc)) in params.iter().zip(args) {
        let clash =
            |why: String| Err(Diag::new(*loc, format!("`{name}` wants `{}: {}`, found {ty}", param.name, param.ty)).note(why));
        if param.ty.weak != ty.weak {
            let (what, other) = if ty.weak { ("a plain number", "an array") } else { ("an array", "a plain number") };
            return clash(format!("this is {what}, the parameter is {other}"));
        }
        if param.ty.dtype != ty.dtype {
            return clash("nothing is converted at a call: write `.astype(…)`".to_owned());
        }
        let (Shape::Known(want), Shape::Known(found)) = (&param.ty.shape, &ty.shape) else { continue };
        if want.len() != found.len() {
            return clash(format!("expected {} axes, found {}", want.len(), found.len()));
        }
        for (axis, (want, found)) in want.iter().zip(found).enumerate() {
            let here = want.substitute(&|s| symbols.get(s).cloned());
            if here.compare(found) == Sameness::Different {
                return clash(format!("axis {axis} is `{found}`, expected `{here}`"));
            }
        }
    }
    Ok(())
}
