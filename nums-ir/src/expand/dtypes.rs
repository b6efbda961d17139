//! What follows from dtypes: conversions to the dtype of other arrays, limits of floats and integers, comparisons of dtypes.
//!
//! The types of operands are known here, so all but a conversion is a constant.

use super::{Expand, Expansion, One, one};
use crate::attr::Attr;
use crate::diag::Diag;
use crate::dtype::{DType, Kind};
use crate::func::Scalar;
use crate::promote::promote_all;

pub(super) const ROWS: &[Expansion] = &[
    Expansion {
        name: "numpy_scalar",
        // A plain number that a function of NumPy's gives is a float64 or an int64; such an integer can be a size still.
        write: |x| {
            let v = x.arg(0);
            if x.ty(v).weak && x.kind(v) >= Kind::Int { x.cast(v, x.dtype(v)).map(one) } else { Ok(one(v)) }
        },
    },
    Expansion {
        name: "astype",
        write: |x| {
            let to = dtype_of(x, 1)?;
            x.op(crate::func::Op::Cast(to), &[x.arg(0)]).map(one)
        },
    },
    Expansion {
        name: "dtype",
        write: |x| {
            let size = dtype_of(x, 0)?.size() as i64;
            x.int(size).map(one)
        },
    },
    Expansion { name: "finfo", write: |x| float_limit(x).map(one) },
    Expansion { name: "iinfo", write: |x| integer_limit(x).map(one) },
    Expansion {
        name: "can_cast",
        write: |x| {
            let (from, to) = (dtype_of(x, 0)?, dtype_of(x, 1)?);
            x.number(Scalar::Bool(from.promote(to) == to)).map(one)
        },
    },
    Expansion {
        name: "same_dtype",
        write: |x| {
            let same = dtype_of(x, 0)? == dtype_of(x, 1)?;
            x.number(Scalar::Bool(same == x.flag(2, true)?)).map(one)
        },
    },
    Expansion { name: "isdtype", write: |x| is_dtype(x).map(one) },
];

/// The common dtype of the arrays, numbers and dtypes of a parameter.
fn dtype_of(x: &Expand<'_, '_>, at: usize) -> Result<DType, Diag> {
    fn gather(x: &Expand<'_, '_>, attr: &Attr, all: &mut Vec<(DType, bool)>) -> Result<(), Diag> {
        match attr {
            Attr::DType(dtype) => all.push((*dtype, false)),
            Attr::Arg(i) => all.push((x.dtype(x.args[*i]), x.ty(x.args[*i]).weak)),
            Attr::List(parts) => parts.iter().try_for_each(|p| gather(x, p, all))?,
            Attr::None | Attr::Bool(_) | Attr::Int(_) | Attr::Float(_) | Attr::Str(_) | Attr::Size(_) => {
                return x.fail("a dtype is written, or an array's");
            }
        }
        Ok(())
    }
    let mut all = Vec::new();
    gather(x, x.attr(at), &mut all)?;
    Ok(promote_all(&all))
}

/// What `finfo` knows.
pub(crate) const FLOAT_LIMITS: &[&str] =
    &["bits", "eps", "epsneg", "max", "min", "tiny", "smallest_normal", "smallest_subnormal", "resolution", "precision", "nmant"];

fn float_limit(x: &mut Expand<'_, '_>) -> One {
    let dtype = dtype_of(x, 0)?;
    if dtype.kind() < Kind::Float {
        return Err(Diag::new(x.loc, format!("`finfo` is of floats, not of {dtype}")).help("write `iinfo`"));
    }
    let (single, field) = (dtype.to_float() == DType::F32, x.word(1)?.unwrap_or_default().to_owned());
    let either = |a: f32, b: f64| if single { f64::from(a) } else { b };
    let value = match field.as_str() {
        "bits" => return x.int(if single { 32 } else { 64 }),
        "precision" => return x.int(if single { 6 } else { 15 }),
        "nmant" => return x.int(if single { 23 } else { 52 }),
        "eps" => either(f32::EPSILON, f64::EPSILON),
        "epsneg" => either(f32::EPSILON, f64::EPSILON) / 2.0,
        "max" => either(f32::MAX, f64::MAX),
        "min" => either(f32::MIN, f64::MIN),
        "smallest_subnormal" => either(f32::from_bits(1), f64::from_bits(1)),
        "resolution" => either(1e-6, 1e-15),
        _ => either(f32::MIN_POSITIVE, f64::MIN_POSITIVE),
    };
    let value = x.float(value)?;
    x.op(crate::func::Op::Cast(dtype.to_float()), &[value])
}

fn integer_limit(x: &mut Expand<'_, '_>) -> One {
    let dtype = dtype_of(x, 0)?;
    if dtype.kind() != Kind::Int {
        return Err(Diag::new(x.loc, format!("`iinfo` is of integers, not of {dtype}")).help("write `finfo` for floats"));
    }
    let (low, high) = crate::infer::range(dtype);
    let value = match x.word(1)?.unwrap_or_default() {
        "bits" => dtype.size() as i128 * 8,
        "min" => low,
        _ => high,
    };
    x.number(Scalar::Int(value))
}

fn is_dtype(x: &mut Expand<'_, '_>) -> One {
    let dtype = dtype_of(x, 0)?;
    let Attr::List(kinds) = x.attr(1).clone() else { return x.fail("a kind of dtypes is a string or a dtype") };
    let (kind, unsigned) = (dtype.kind(), dtype.is_unsigned_int());
    let mut found = false;
    for wanted in kinds {
        found |= match &wanted {
            Attr::DType(d) => *d == dtype,
            Attr::Str(name) => match name.as_str() {
                "bool" => kind == Kind::Bool,
                "signed integer" => kind == Kind::Int && !unsigned,
                "unsigned integer" => unsigned,
                "integral" => kind == Kind::Int,
                "real floating" => kind == Kind::Float,
                "complex floating" => kind == Kind::Complex,
                "numeric" => kind != Kind::Bool,
                other => {
                    let diag = Diag::new(x.loc, format!("unknown kind of dtypes \"{other}\""));
                    return Err(diag.note(
                        "kinds are bool, signed integer, unsigned integer, integral, real floating, complex floating, numeric",
                    ));
                }
            },
            _ => return x.fail("a kind of dtypes is a string or a dtype"),
        };
    }
    x.number(Scalar::Bool(found))
}
