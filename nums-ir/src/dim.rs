//! Sizes: a constant, or a polynomial over symbols, floor divisions, minima and maxima.
//!
//! A `Dim` is kept in normal form (sorted terms, no zero terms), so that equal polynomials are equal values: `n + 1 - 1` is
//! `n`. `Dim::compare` is the rigid-symbol solver: two sizes are the same, different, or only known when sizes are bound.
//! Symbols are rigid: different symbols are unequal and none is 0 or 1. Only sizes with floor divisions, products of
//! symbols, `max`/`min`, or what the data decides may remain unknown. `infer` turns the answers into types and errors.

mod formula;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The name of a symbolic size, as written: `n`.
pub type Symbol = Arc<str>;

/// How the names of sizes begin that the data decides.
pub(crate) const FROM_DATA: &str = "_data";

/// The number of the value that gives a size from data.
pub(crate) fn data_value(symbol: &str) -> Option<usize> {
    symbol.strip_prefix(FROM_DATA)?.parse().ok()
}

/// A size, or an integer that a size is computed from (it may be negative: a slice bound, a step).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dim {
    /// A known integer.
    Const(i64),
    /// A polynomial with at least one symbol or opaque atom.
    Poly(Arc<Poly>),
}

/// `constant + Σ coefficient · Π atoms`, terms sorted and non-zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Poly {
    terms: Vec<(Vec<Atom>, i64)>,
    constant: i64,
}

/// What a polynomial is over.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// A size with a name.
    Symbol(Symbol),
    /// `floor(a / b)`.
    FloorDiv(Dim, Dim),
    /// `max(a, b)`.
    Max(Dim, Dim),
    /// `min(a, b)`.
    Min(Dim, Dim),
}

/// What can be said of `a == b` before sizes are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// Equal for all sizes.
    Same,
    /// Never equal, by the rigid-symbol rule.
    Different,
    /// Decided when sizes are bound.
    Unknown,
}

impl Dim {
    /// A size that the data decides: nothing is known of it before the call has it.
    pub fn from_data(number: u32) -> Dim {
        Dim::symbol(&format!("{FROM_DATA}{number}"))
    }

    /// The symbol `name`.
    pub fn symbol(name: &str) -> Dim {
        Dim::atom(Atom::Symbol(name.into()))
    }

    fn atom(atom: Atom) -> Dim {
        Dim::Poly(Arc::new(Poly { terms: vec![(vec![atom], 1)], constant: 0 }))
    }

    /// The value, if known now.
    pub fn as_const(&self) -> Option<i64> {
        match self {
            Dim::Const(c) => Some(*c),
            Dim::Poly(_) => None,
        }
    }

    /// The name, if the size is one bare symbol.
    pub fn as_symbol(&self) -> Option<&Symbol> {
        match self {
            Dim::Const(_) => None,
            Dim::Poly(p) => match (p.terms.as_slice(), p.constant) {
                ([(atoms, 1)], 0) => match atoms.as_slice() {
                    [Atom::Symbol(s)] => Some(s),
                    _ => None,
                },
                _ => None,
            },
        }
    }

    /// The two sizes of which it is the smaller.
    pub fn as_smaller(&self) -> Option<(&Dim, &Dim)> {
        match self {
            Dim::Const(_) => None,
            Dim::Poly(p) => match (p.terms.as_slice(), p.constant) {
                ([(atoms, 1)], 0) => match atoms.as_slice() {
                    [Atom::Min(a, b)] => Some((a, b)),
                    _ => None,
                },
                _ => None,
            },
        }
    }

    /// `self + other`.
    #[must_use]
    pub fn add(&self, other: &Dim) -> Dim {
        match (self, other) {
            (Dim::Const(a), Dim::Const(b)) => Dim::Const(a.saturating_add(*b)),
            (a, b) => Dim::collect(a.terms().into_iter().chain(b.terms())),
        }
    }

    /// `self - other`.
    #[must_use]
    pub fn sub(&self, other: &Dim) -> Dim {
        self.add(&other.mul(&Dim::Const(-1)))
    }

    /// `self * other`.
    #[must_use]
    pub fn mul(&self, other: &Dim) -> Dim {
        if let (Dim::Const(a), Dim::Const(b)) = (self, other) {
            return Dim::Const(a.saturating_mul(*b));
        }
        let right = other.terms();
        Dim::collect(self.terms().into_iter().flat_map(|(a, x)| {
            right.iter().map(move |(b, y)| {
                let mut atoms = [a.as_slice(), b.as_slice()].concat();
                atoms.sort();
                (atoms, x.saturating_mul(*y))
            })
        }))
    }

    /// `floor(self / other)`; `None` when `other` is 0.
    pub fn floor_div(&self, other: &Dim) -> Option<Dim> {
        match (self, other) {
            (_, Dim::Const(0)) => None,
            (Dim::Const(a), Dim::Const(b)) => Some(Dim::Const(a.div_euclid(*b) - i64::from(*b < 0 && a.rem_euclid(*b) != 0))),
            (a, Dim::Const(1)) => Some(a.clone()),
            (a, b) if a == b => Some(Dim::Const(1)),
            (a, b) => match a.exact_div(b) {
                Some(q) => Some(q),
                None => Some(Dim::atom(Atom::FloorDiv(a.clone(), b.clone()))),
            },
        }
    }

    /// The quotient when every term divides exactly: `n * d / d`, `4 * n / 2`.
    fn exact_div(&self, other: &Dim) -> Option<Dim> {
        let terms = other.terms();
        let [(divisor, c)] = terms.as_slice() else { return None };
        let mut out = Vec::new();
        for (mut atoms, x) in self.terms() {
            for atom in divisor {
                atoms.remove(atoms.iter().position(|a| a == atom)?);
            }
            if x % c != 0 {
                return None;
            }
            out.push((atoms, x / c));
        }
        Some(Dim::collect(out))
    }

    /// The larger of both.
    #[must_use]
    pub fn larger(&self, other: &Dim) -> Dim {
        match self.sub(other).as_const() {
            Some(d) => {
                if d >= 0 {
                    self.clone()
                } else {
                    other.clone()
                }
            }
            None if self <= other => Dim::atom(Atom::Max(self.clone(), other.clone())),
            None => Dim::atom(Atom::Max(other.clone(), self.clone())),
        }
    }

    /// The smaller of both.
    #[must_use]
    pub fn smaller(&self, other: &Dim) -> Dim {
        match self.sub(other).as_const() {
            Some(d) => {
                if d <= 0 {
                    self.clone()
                } else {
                    other.clone()
                }
            }
            None if self <= other => Dim::atom(Atom::Min(self.clone(), other.clone())),
            None => Dim::atom(Atom::Min(other.clone(), self.clone())),
        }
    }

    fn terms(&self) -> Vec<(Vec<Atom>, i64)> {
        match self {
            Dim::Const(c) => vec![(Vec::new(), *c)],
            Dim::Poly(p) => {
                let mut t = p.terms.clone();
                if p.constant != 0 {
                    t.push((Vec::new(), p.constant));
                }
                t
            }
        }
    }

    fn collect(terms: impl IntoIterator<Item = (Vec<Atom>, i64)>) -> Dim {
        let mut sum: BTreeMap<Vec<Atom>, i64> = BTreeMap::new();
        for (atoms, c) in terms {
            let slot = sum.entry(atoms).or_insert(0);
            *slot = slot.saturating_add(c);
        }
        let constant = sum.remove(&Vec::new()).unwrap_or(0);
        let terms: Vec<_> = sum.into_iter().filter(|(_, c)| *c != 0).collect();
        if terms.is_empty() { Dim::Const(constant) } else { Dim::Poly(Arc::new(Poly { terms, constant })) }
    }

    /// The size with symbols replaced; `None` from `value` leaves a symbol. A division by zero stays symbolic.
    #[must_use]
    pub fn substitute(&self, value: &dyn Fn(&str) -> Option<Dim>) -> Dim {
        let Dim::Poly(poly) = self else { return self.clone() };
        let mut sum = Dim::Const(poly.constant);
        for (atoms, c) in &poly.terms {
            let mut product = Dim::Const(*c);
            for atom in atoms {
                let factor = match atom {
                    Atom::Symbol(s) => value(s).unwrap_or_else(|| Dim::atom(atom.clone())),
                    Atom::FloorDiv(a, b) => {
                        let (a, b) = (a.substitute(value), b.substitute(value));
                        a.floor_div(&b).unwrap_or_else(|| Dim::atom(Atom::FloorDiv(a, b)))
                    }
                    Atom::Max(a, b) => a.substitute(value).larger(&b.substitute(value)),
                    Atom::Min(a, b) => a.substitute(value).smaller(&b.substitute(value)),
                };
                product = product.mul(&factor);
            }
            sum = sum.add(&product);
        }
        sum
    }

    /// Calls `see` with every symbol in the size.
    pub fn symbols(&self, see: &mut dyn FnMut(&Symbol)) {
        let Dim::Poly(poly) = self else { return };
        for atom in poly.terms.iter().flat_map(|(atoms, _)| atoms) {
            match atom {
                Atom::Symbol(s) => see(s),
                Atom::FloorDiv(a, b) | Atom::Max(a, b) | Atom::Min(a, b) => {
                    a.symbols(see);
                    b.symbols(see);
                }
            }
        }
    }

    /// Whether two sizes are equal, by the rigid-symbol rule of the header.
    pub fn compare(&self, other: &Dim) -> Sameness {
        match self.sub(other) {
            Dim::Const(0) => Sameness::Same,
            Dim::Const(_) => Sameness::Different,
            Dim::Poly(p) if !p.is_affine() => Sameness::Unknown,
            // Rigid symbols are generic: sizes that differ at one generic point are different, and sizes that agree there
            // (max(n - 1, 0) and n - 1) can only differ at small sizes, which the call checks.
            Dim::Poly(_) => {
                if self.generic() == other.generic() {
                    Sameness::Unknown
                } else {
                    Sameness::Different
                }
            }
        }
    }

    /// Whether the size is negative at a generic point: `-k`, `1 - n`.
    pub(crate) fn is_generically_negative(&self) -> bool {
        self.generic() < 0
    }

    /// Whether no sizes make it negative: symbols are sizes.
    pub(crate) fn is_never_negative(&self) -> bool {
        match self {
            Dim::Const(c) => *c >= 0,
            Dim::Poly(p) => {
                let atom = |a: &Atom| match a {
                    Atom::Symbol(_) => true,
                    Atom::FloorDiv(a, b) | Atom::Min(a, b) => a.is_never_negative() && b.is_never_negative(),
                    Atom::Max(a, b) => a.is_never_negative() || b.is_never_negative(),
                };
                p.constant >= 0 && p.terms.iter().all(|(atoms, c)| *c >= 0 && atoms.iter().all(atom))
            }
        }
    }

    /// The value at a generic point: every symbol large, and no two related.
    fn generic(&self) -> i64 {
        let point = |name: &str| {
            let hash = name.bytes().fold(0xcbf2_9ce4_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
            Some(Dim::Const(1_000_003 + (hash % 999_999_937) as i64 * 1_009))
        };
        self.substitute(&point).as_const().unwrap_or(i64::MAX)
    }
}

impl Poly {
    /// Whether the solver may refute: no floor division and no product of symbols anywhere.
    fn is_affine(&self) -> bool {
        let affine = |d: &Dim| match d {
            Dim::Const(_) => true,
            Dim::Poly(p) => p.is_affine(),
        };
        self.terms.iter().all(|(atoms, _)| match atoms.as_slice() {
            [Atom::Symbol(name)] => !name.starts_with(FROM_DATA),
            [Atom::Max(a, b) | Atom::Min(a, b)] => affine(a) && affine(b),
            _ => false,
        })
    }
}

impl From<usize> for Dim {
    fn from(n: usize) -> Dim {
        Dim::Const(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let poly = match self {
            Dim::Const(c) => return write!(f, "{c}"),
            Dim::Poly(p) => p,
        };
        for (i, (atoms, c)) in poly.terms.iter().enumerate() {
            match (i, *c < 0) {
                (0, true) => f.write_str("-")?,
                (0, false) => {}
                (_, true) => f.write_str(" - ")?,
                (_, false) => f.write_str(" + ")?,
            }
            if c.unsigned_abs() != 1 {
                write!(f, "{} * ", c.unsigned_abs())?;
            }
            for (j, atom) in atoms.iter().enumerate() {
                let times = if j == 0 { "" } else { " * " };
                write!(f, "{times}{atom}")?;
            }
        }
        match poly.constant {
            0 => Ok(()),
            c if c < 0 => write!(f, " - {}", c.unsigned_abs()),
            c => write!(f, " + {c}"),
        }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Atom::Symbol(s) => f.write_str(s),
            Atom::FloorDiv(a, b) => write!(f, "floordiv({a}, {b})"),
            Atom::Max(a, b) => write!(f, "max({a}, {b})"),
            Atom::Min(a, b) => write!(f, "min({a}, {b})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dim, Sameness};

    fn n() -> Dim {
        Dim::symbol("n")
    }

    #[test]
    fn normal_form_makes_equal_polynomials_equal() {
        let one = Dim::Const(1);
        assert_eq!(n().add(&one).sub(&one), n());
        assert_eq!(n().mul(&Dim::symbol("d")), Dim::symbol("d").mul(&n()));
        assert_eq!(n().mul(&Dim::symbol("d")).floor_div(&n()), Some(Dim::symbol("d")));
        assert_eq!(n().sub(&one).larger(&Dim::Const(0)).to_string(), "max(0, n - 1)");
    }

    #[test]
    fn symbols_are_rigid() {
        assert_eq!(n().compare(&Dim::symbol("d")), Sameness::Different);
        assert_eq!(n().compare(&Dim::Const(1)), Sameness::Different);
        assert_eq!(n().compare(&n().sub(&Dim::Const(1))), Sameness::Different);
        let clipped = n().sub(&Dim::Const(1)).larger(&Dim::Const(0));
        assert_eq!(clipped.compare(&n()), Sameness::Different);
        assert_eq!(clipped.compare(&n().sub(&Dim::Const(1))), Sameness::Unknown);
        let product = n().mul(&Dim::symbol("d"));
        assert_eq!(product.compare(&n()), Sameness::Unknown);
        assert_eq!(n().floor_div(&Dim::Const(2)).unwrap().compare(&n()), Sameness::Unknown);
    }

    #[test]
    fn floor_division_floors() {
        let div = |a: i64, b: i64| Dim::Const(a).floor_div(&Dim::Const(b)).unwrap().as_const().unwrap();
        assert_eq!([div(7, 2), div(-7, 2), div(7, -2), div(-7, -2)], [3, -4, -4, 3]);
    }
}
