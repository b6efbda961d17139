//! Functions that are not worth branch-free code of our own: the `libm` crate's, which has the same bits on every machine.
//!
//! They are called, not inlined, so that every loop that uses one stays small. `f32` is computed in `f64`, which leaves one
//! rounding. Accuracy is musl's: below 1 ulp for most, below 2 for `asinh`, `acosh`, `atanh`.

use super::Real;

macro_rules! by_type {
    ($($(#[$doc:meta])* $name:ident = $wide:path;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub(crate) fn $name<T: Real>(x: T) -> T { T::narrow($wide(x.wide())) }
    )*};
}
by_type! {
    /// Tangent.
    tan = libm::tan;
    /// Inverse sine.
    asin = libm::asin;
    /// Inverse cosine.
    acos = libm::acos;
    /// Inverse tangent.
    atan = libm::atan;
    /// Hyperbolic sine.
    sinh = libm::sinh;
    /// Hyperbolic cosine.
    cosh = libm::cosh;
    /// Inverse hyperbolic sine.
    asinh = libm::asinh;
    /// Inverse hyperbolic cosine.
    acosh = acosh_f64;
    /// Inverse hyperbolic tangent.
    atanh = libm::atanh;
    /// `2^x`.
    exp2 = libm::exp2;
    /// `e^x - 1`.
    expm1 = libm::expm1;
    /// Logarithm to base 2.
    log2 = libm::log2;
    /// Logarithm to base 10.
    log10 = libm::log10;
    /// `log(1 + x)`.
    log1p = libm::log1p;
    /// Cube root.
    cbrt = libm::cbrt;
}

/// Angle of the point `(x, y)`.
#[inline]
pub(crate) fn atan2<T: Real>(y: T, x: T) -> T {
    T::narrow(libm::atan2(y.wide(), x.wide()))
}

/// `log(e^a + e^b)`, the larger taken out, as NumPy computes it.
#[inline]
pub(crate) fn logaddexp<T: Real>(a: T, b: T) -> T {
    T::narrow(add_of_logs(a.wide(), b.wide(), std::f64::consts::LN_2, |d| libm::log1p(libm::exp(d))))
}

/// `log2(2^a + 2^b)`, the larger taken out.
#[inline]
pub(crate) fn logaddexp2<T: Real>(a: T, b: T) -> T {
    T::narrow(add_of_logs(a.wide(), b.wide(), 1.0, |d| libm::log1p(libm::exp2(d)) * std::f64::consts::LOG2_E))
}

/// `rest(-|a - b|)` above the larger of two logarithms; `of_two` above two equal ones, infinities among them.
fn add_of_logs(a: f64, b: f64, of_two: f64, rest: impl Fn(f64) -> f64) -> f64 {
    let difference = a - b;
    if a == b {
        a + of_two
    } else if difference > 0.0 {
        a + rest(-difference)
    } else if difference <= 0.0 {
        b + rest(difference)
    } else {
        difference
    }
}

/// `libm`'s has an answer below 1 for large arguments, where there is none.
fn acosh_f64(x: f64) -> f64 {
    if x < 1.0 { f64::NAN } else { libm::acosh(x) }
}
