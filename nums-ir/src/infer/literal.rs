//! Literals in the dtypes that promotion gives them, and what integer dtypes hold.

use crate::diag::{Diag, Loc};
use crate::dtype::{DType, Kind};
use crate::func::Scalar;

/// A literal in a dtype of its own or a higher kind.
pub(super) fn convert(c: Scalar, dtype: DType, loc: Loc) -> Result<Scalar, Diag> {
    let small = |x: f64| if dtype.to_float() == DType::F32 { f64::from(x as f32) } else { x };
    Ok(match (c, dtype.kind()) {
        (Scalar::Bool(b), Kind::Int) => Scalar::Int(i128::from(b)),
        (Scalar::Int(i), Kind::Int) if !in_range(i, dtype) => {
            return Err(super::tell::out_of_bounds(i, dtype, loc));
        }
        (Scalar::Complex(re, im), _) => Scalar::Complex(small(re), small(im)),
        (c, Kind::Bool | Kind::Int) => c,
        (c, Kind::Float) => Scalar::Float(small(real(c).unwrap_or(f64::NAN))),
        (c, Kind::Complex) => Scalar::Complex(small(real(c).unwrap_or(f64::NAN)), 0.0),
    })
}

/// The real number, if it is one.
pub(super) fn real(c: Scalar) -> Option<f64> {
    match c {
        Scalar::Bool(b) => Some(f64::from(u8::from(b))),
        Scalar::Int(i) => Some(i as f64),
        Scalar::Float(x) => Some(x),
        Scalar::Complex(..) => None,
    }
}

pub(crate) fn in_range(i: i128, dtype: DType) -> bool {
    let (low, high) = range(dtype);
    (low..=high).contains(&i)
}

/// The smallest and largest integer of an integer dtype.
pub(crate) fn range(dtype: DType) -> (i128, i128) {
    let bits = dtype.size() as u32 * 8;
    if dtype.is_unsigned_int() { (0, (1 << bits) - 1) } else { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) }
}
