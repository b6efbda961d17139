//! Inverse functions of complex numbers, and the exponentials and logarithms near 1: Kahan's formulas in `f64`.
//!
//! W. Kahan, "Branch cuts for complex elementary functions" (1987): differences of square roots, so that nothing is lost beside a
//! branch cut; arguments near overflow by their logarithm. Special values are C99 annex G's, which NumPy follows.

use super::Real;
use super::complex::{C, by_type, exponential, sqrt};
use num_complex::Complex;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, LN_2, PI};

by_type! {
    /// Inverse sine: `-i asinh(i z)`.
    complex_asin = asin;
    /// Inverse cosine.
    complex_acos = acos;
    /// Inverse tangent: `-i atanh(i z)`.
    complex_atan = |z: C| { let w = atanh(C::new(-z.im, z.re)); C::new(w.im, -w.re) };
    /// Inverse hyperbolic sine.
    complex_asinh = asinh;
    /// Inverse hyperbolic cosine.
    complex_acosh = |z: C| { let w = acos(z); C::new(w.im.abs(), w.re.copysign(z.im)) };
    /// Inverse hyperbolic tangent.
    complex_atanh = atanh;
    /// `2^z`.
    complex_exp2 = exp2;
    /// `e^z - 1`.
    complex_expm1 = expm1;
    /// `log(1 + z)`.
    complex_log1p = |z: C| C::new(libm::log(libm::hypot(z.re + 1.0, z.im)), libm::atan2(z.im, z.re + 1.0));
}

/// The number on the unit circle in its direction; 0 of 0. A size that overflows the dtype counts as infinite, as in NumPy.
#[inline]
pub(crate) fn complex_sign<T: Real>(z: Complex<T>) -> Complex<T> {
    let (x, y) = (z.re.wide(), z.im.wide());
    let size = T::narrow(libm::hypot(x, y)).wide();
    let w = match (x.is_infinite(), y.is_infinite()) {
        _ if size.is_nan() => C::new(f64::NAN, f64::NAN),
        (true, true) => C::new(f64::NAN, f64::NAN),
        (true, false) => C::new(1.0f64.copysign(x), 0.0),
        (false, _) if size.is_infinite() => C::new(0.0, 1.0f64.copysign(y)),
        (false, _) if size == 0.0 => C::new(0.0, 0.0),
        (false, _) => C::new(x / size, y / size),
    };
    Complex::new(T::narrow(w.re), T::narrow(w.im))
}

/// Sizes beyond which 1 beside the number is nothing and its square overflows.
const LARGE: f64 = f64::MAX / 4.0;

fn is_finite(z: C) -> bool {
    z.re.is_finite() && z.im.is_finite()
}

/// `log(2 |z|)` of a large number.
fn log_twice(z: C) -> f64 {
    libm::log(libm::hypot(z.re / 4.0, z.im / 4.0)) + 3.0 * LN_2
}

fn asinh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if !is_finite(z) {
        return match (x.is_infinite(), x.is_nan(), y.is_infinite()) {
            (true, _, true) => C::new(x, FRAC_PI_4.copysign(y)),
            (true, _, false) => C::new(x, if y.is_nan() { y } else { 0.0f64.copysign(y) }),
            (_, true, true) => C::new(f64::INFINITY, f64::NAN),
            (_, true, false) => C::new(f64::NAN, if y == 0.0 { y } else { f64::NAN }),
            (_, false, true) => C::new(f64::INFINITY.copysign(x), FRAC_PI_2.copysign(y)),
            (_, false, false) => C::new(f64::NAN, f64::NAN),
        };
    }
    if x.abs() > LARGE || y.abs() > LARGE {
        return C::new(log_twice(z).copysign(x), libm::atan2(y, x.abs()));
    }
    let (a, b) = (sqrt(C::new(1.0 + y, -x)), sqrt(C::new(1.0 - y, x)));
    C::new(libm::asinh(a.re * b.im - b.re * a.im), libm::atan2(y, a.re * b.re - a.im * b.im))
}

fn asin(z: C) -> C {
    if z.re.is_infinite() && z.im.is_nan() {
        return C::new(f64::NAN, f64::INFINITY);
    }
    let w = asinh(C::new(-z.im, z.re));
    C::new(w.im, -w.re)
}

fn acos(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if !is_finite(z) {
        return match (x.is_infinite(), y.is_infinite()) {
            (true, _) if y.is_nan() => C::new(f64::NAN, f64::NEG_INFINITY),
            (true, true) => C::new(if x > 0.0 { FRAC_PI_4 } else { 3.0 * FRAC_PI_4 }, -f64::INFINITY.copysign(y)),
            (true, false) => C::new(if x > 0.0 { 0.0 } else { PI }, -f64::INFINITY.copysign(y)),
            (false, true) => C::new(if x.is_nan() { x } else { FRAC_PI_2 }, -f64::INFINITY.copysign(y)),
            (false, false) => C::new(if x == 0.0 { FRAC_PI_2 } else { f64::NAN }, f64::NAN),
        };
    }
    if x.abs() > LARGE || y.abs() > LARGE {
        return C::new(libm::atan2(y.abs(), x), -log_twice(z).copysign(y));
    }
    let (a, b) = (sqrt(C::new(1.0 - x, -y)), sqrt(C::new(1.0 + x, y)));
    C::new(2.0 * libm::atan2(a.re, b.re), libm::asinh(b.re * a.im - b.im * a.re))
}

/// Sizes beyond which the square overflows, or below one over it vanishes.
const SQUARE: f64 = 1.0e150;

fn atanh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if !is_finite(z) {
        return if x.is_infinite() && y.is_nan() {
            C::new(0.0f64.copysign(x), f64::NAN)
        } else if x.is_infinite() || y.is_infinite() {
            C::new(0.0f64.copysign(x), FRAC_PI_2.copysign(y))
        } else {
            C::new(if x == 0.0 { x } else { f64::NAN }, f64::NAN)
        };
    }
    let (p, q) = (x.abs(), y.abs());
    let w = if p > SQUARE || q > SQUARE {
        let half = libm::hypot(p / 2.0, q / 2.0);
        C::new(p / 4.0 / half / half, FRAC_PI_2.copysign(y))
    } else if p == 1.0 && q == 0.0 {
        C::new(f64::INFINITY, y)
    } else if p == 1.0 && q < 1.0 / SQUARE {
        C::new(-libm::log(q.sqrt() / libm::hypot(q, 2.0).sqrt()), (libm::atan2(2.0, -q) / 2.0).copysign(y))
    } else {
        let rest = 1.0 - p;
        C::new(libm::log1p(4.0 * p / (rest * rest + q * q)) / 4.0, -libm::atan2(-2.0 * y, rest * (1.0 + p) - q * q) / 2.0)
    };
    C::new(w.re.copysign(x), w.im)
}

fn exp2(z: C) -> C {
    exponential(z, libm::exp2, z.im * LN_2, (libm::cos, libm::sin))
}

fn expm1(z: C) -> C {
    let half = libm::sin(z.im / 2.0);
    let re = libm::expm1(z.re) * libm::cos(z.im) - 2.0 * half * half;
    C::new(re, libm::exp(z.re) * libm::sin(z.im))
}
