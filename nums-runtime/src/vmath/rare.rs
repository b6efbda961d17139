//! Functions that are not worth branch-free code of our own: the `libm` crate's, which has the same bits on every machine.
//!
//! They are called, not inlined, so that every loop that uses one stays small. `f32` is computed in `f64`, which leaves one
//! rounding. `sinh`, `asinh` and `acosh` are ours, because the crate's are up to 1.7 ulp off: what their last sums lose is
//! carried along.

use super::{Real, exp_parts, poly, two_product, two_sum};

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
    sinh = sinh_f64;
    /// Hyperbolic cosine.
    cosh = libm::cosh;
    /// Inverse hyperbolic sine.
    asinh = asinh_f64;
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

fn sinh_f64(x: f64) -> f64 {
    let a = x.abs();
    if a < 1.0 {
        // The power series: its first term is the rounding error of the sum.
        let z = x * x;
        let terms = [
            0.166_666_666_666_666_66,
            0.008_333_333_333_333_333,
            1.984_126_984_126_984e-4,
            2.755_731_922_398_589e-6,
            2.505_210_838_544_172e-8,
            1.605_904_383_682_161_3e-10,
            7.647_163_731_819_816e-13,
            2.811_457_254_345_520_6e-15,
            8.220_635_246_624_33e-18,
        ];
        return x + x * z * poly(z, terms);
    }
    // Where e^x overflows, and for a NaN.
    if a.is_nan() || a > 709.0 {
        return libm::sinh(x);
    }
    // (e^a - e^-a) / 2
    let (y, rest, k) = exp_parts(a);
    let scale = libm::scalbn(1.0, k as i32 - 1);
    let (up, low) = (y * scale, rest * scale);
    let down = 0.25 / up;
    let difference = up - down;
    (difference + (((up - difference) - down) + low)).copysign(x)
}

/// `log(1 + u + low)` for a `low` far below `u`.
fn log1p_of(u: f64, low: f64) -> f64 {
    libm::log1p(u) + low / (1.0 + u)
}

fn asinh_f64(x: f64) -> f64 {
    let a = x.abs();
    // Tiny ones are themselves, and large ones a logarithm.
    if a.is_nan() || !(1e-8..=2.0).contains(&a) {
        return libm::asinh(x);
    }
    let z = a * a;
    let (u, low) = two_sum(a, z / (1.0 + (z + 1.0).sqrt()));
    log1p_of(u, low).copysign(x)
}

fn acosh_f64(x: f64) -> f64 {
    // `libm`'s has an answer below 1 for large arguments, where there is none.
    if x < 1.0 {
        return f64::NAN;
    }
    if x.is_nan() || x >= 2.0 {
        return libm::acosh(x);
    }
    if x == 1.0 {
        return 0.0;
    }
    // log(1 + t + sqrt(2t + t²)) with t = x - 1, which is exact.
    let t = x - 1.0;
    let (square, square_low) = two_product(t, t);
    let (w, w_low) = two_sum(2.0 * t, square);
    let root = w.sqrt();
    let (back, back_low) = two_product(root, root);
    let root_low = (((w - back) - back_low) + (w_low + square_low)) / (2.0 * root);
    let (u, low) = two_sum(root, t);
    log1p_of(u, low + root_low)
}
