//! Complex functions: textbook formulas in `f64` with the special values of C99 annex G, which NumPy follows.
//!
//! They branch on special values and are not meant to vectorise. `c64` is computed in `c128`. `sin`, `cos` and `tanh` are
//! their hyperbolic twins turned by a quarter, so that one set of special values serves both.

use super::{Real, cos_f64, exp_f64, hypot, log_f64, rare, sin_f64};
use num_complex::Complex;

pub(super) type C = Complex<f64>;

type Function = fn(f64) -> f64;

macro_rules! by_type {
    ($($(#[$doc:meta])* $name:ident = $wide:expr;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub(crate) fn $name<T: Real>(z: Complex<T>) -> Complex<T> {
            let w: C = $wide(C::new(z.re.wide(), z.im.wide()));
            Complex::new(T::narrow(w.re), T::narrow(w.im))
        }
    )*};
}
pub(super) use by_type;

by_type! {
    /// `e^z`.
    complex_exp = exp;
    /// Principal logarithm.
    complex_log = log;
    /// Principal square root.
    complex_sqrt = sqrt;
    /// Sine: `-i sinh(i z)`.
    complex_sin = |z: C| { let w = sinh(C::new(-z.im, z.re)); C::new(w.im, -w.re) };
    /// Cosine: `cosh(i z)`.
    complex_cos = |z: C| cosh(C::new(-z.im, z.re));
    /// Hyperbolic tangent.
    complex_tanh = tanh;
    /// Tangent: `-i tanh(i z)`.
    complex_tan = |z: C| { let w = tanh(C::new(-z.im, z.re)); C::new(w.im, -w.re) };
    /// Hyperbolic sine.
    complex_sinh = sinh;
    /// Hyperbolic cosine.
    complex_cosh = cosh;
    /// Logarithm to base 2.
    complex_log2 = |z: C| { let w = log(z); C::new(w.re * std::f64::consts::LOG2_E, w.im * std::f64::consts::LOG2_E) };
    /// Logarithm to base 10.
    complex_log10 = |z: C| { let w = log(z); C::new(w.re * std::f64::consts::LOG10_E, w.im * std::f64::consts::LOG10_E) };
}

/// `a^b` as NumPy: powers of 0 by cases, small integer powers by multiplication, the rest by `exp(b log a)`.
pub(crate) fn complex_pow<T: Real>(a: Complex<T>, b: Complex<T>) -> Complex<T> {
    let w = pow(C::new(a.re.wide(), a.im.wide()), C::new(b.re.wide(), b.im.wide()));
    Complex::new(T::narrow(w.re), T::narrow(w.im))
}

fn pow(a: C, b: C) -> C {
    if b == C::new(0.0, 0.0) {
        return C::new(1.0, 0.0);
    }
    if a == C::new(0.0, 0.0) {
        return if b.re > 0.0 { C::new(0.0, 0.0) } else { C::new(f64::NAN, f64::NAN) };
    }
    let n = b.re as i32;
    if b.im == 0.0 && f64::from(n) == b.re && n.abs() < 100 {
        // NumPy multiplies these out; their infinities do not meet a 1.
        match n {
            1 => return a,
            2 => return a * a,
            3 => return a * (a * a),
            _ => {}
        }
        // NumPy's loop begins with 1, which an infinity notices.
        let (mut rest, mut square, mut power) = (n.unsigned_abs(), a, C::new(1.0, 0.0));
        while rest > 0 {
            if rest & 1 == 1 {
                power *= square;
            }
            rest >>= 1;
            if rest > 0 {
                square *= square;
            }
        }
        return if n > 0 { power } else { nums_ir::scalar::complex_div(C::new(1.0, 0.0), power) };
    }
    exp(multiply(b, log(a)))
}

/// The product as C99 defines it: infinite if a factor is, where plain arithmetic says NaN in both parts.
fn multiply(a: C, b: C) -> C {
    let plain = a * b;
    let infinite = |z: C| z.re.is_infinite() || z.im.is_infinite();
    if !(plain.re.is_nan() && plain.im.is_nan()) || !(infinite(a) || infinite(b)) {
        return plain;
    }
    // Infinite parts count as 1 with their sign, finite ones beside them as 0; a NaN in the other factor as 0.
    let size = |x: f64| f64::from(u8::from(x.is_infinite())).copysign(x);
    let number = |x: f64| if x.is_nan() { 0.0f64.copysign(x) } else { x };
    let (mut x, mut y) = (a, b);
    if infinite(a) {
        (x, y) = (C::new(size(x.re), size(x.im)), C::new(number(y.re), number(y.im)));
    }
    if infinite(b) {
        (x, y) = (C::new(number(x.re), number(x.im)), C::new(size(y.re), size(y.im)));
    }
    C::new(f64::INFINITY * (x.re * y.re - x.im * y.im), f64::INFINITY * (x.re * y.im + x.im * y.re))
}

fn exp(z: C) -> C {
    exponential(z, exp_f64, z.im, (cos_f64, sin_f64))
}

/// A power of a real number, by those of its real exponents and the angle that the imaginary one turns by; an infinite size keeps
/// the quadrant.
pub(super) fn exponential(z: C, real: Function, angle: f64, (cos, sin): (Function, Function)) -> C {
    if z.im == 0.0 {
        return C::new(real(z.re), z.im);
    }
    if z.im.is_finite() {
        // In two factors, so that a large power times a small cosine does not overflow.
        let half = real(z.re / 2.0);
        return C::new(half * cos(angle) * half, half * sin(angle) * half);
    }
    match z.re {
        f64::NEG_INFINITY => C::new(0.0, 0.0f64.copysign(z.im)),
        f64::INFINITY => C::new(f64::INFINITY, f64::NAN),
        _ => C::new(f64::NAN, f64::NAN),
    }
}

fn log(z: C) -> C {
    let (large, small) = (z.re.abs().max(z.im.abs()), z.re.abs().min(z.im.abs()));
    let size = if z.re.is_nan() || z.im.is_nan() {
        hypot(z.re, z.im)
    } else if (0.5..2.0).contains(&large) {
        // log |z| = log1p(|z|² - 1) / 2: near the unit circle log(|z|) has no digits left.
        let excess = (large - 1.0) * (large + 1.0) + small * small;
        return C::new(rare::log1p(excess) / 2.0, rare::atan2(z.im, z.re));
    } else if large > 1.0e307 && large.is_finite() {
        return C::new(log_f64(hypot(large / 4.0, small / 4.0)) + 2.0 * std::f64::consts::LN_2, rare::atan2(z.im, z.re));
    } else {
        hypot(large, small)
    };
    C::new(log_f64(size), rare::atan2(z.im, z.re))
}

pub(super) fn sqrt(z: C) -> C {
    if z.im.is_infinite() {
        return C::new(f64::INFINITY, z.im);
    }
    if z.re.is_infinite() {
        let other = if z.im.is_nan() { f64::NAN } else { 0.0f64.copysign(z.im) };
        return if z.re > 0.0 { C::new(z.re, other) } else { C::new(other.abs(), f64::INFINITY.copysign(z.im)) };
    }
    if z.re == 0.0 && z.im == 0.0 {
        return C::new(0.0, z.im);
    }
    // Scaled by 2^-4 or 2^108, whose roots are exact, so that nothing overflows or loses digits.
    let large = z.re.abs().max(z.im.abs());
    let (scale, back) = if large > 1.0e300 {
        (0.0625, 4.0)
    } else if large < 1.0e-290 {
        (2.0f64.powi(108), 2.0f64.powi(-54))
    } else {
        (1.0, 1.0)
    };
    let (re, im) = (z.re * scale, z.im * scale);
    let root = ((re.abs() + hypot(re, im)) / 2.0).sqrt();
    let other = im.abs() / (2.0 * root);
    let (x, y) = if re >= 0.0 { (root, other) } else { (other, root) };
    C::new(x * back, (y * back).copysign(z.im))
}

/// Size beyond which sinh and cosh are `e^|x| / 2` to the last bit.
const ONE_SIDED: f64 = 40.0;

fn sinh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        C::new(rare::sinh(x), y)
    } else if !y.is_finite() {
        // The sign of a zero or infinite real part is open; NumPy keeps it.
        C::new(if x == 0.0 || x.is_infinite() { x } else { f64::NAN }, f64::NAN)
    } else if x.abs() > ONE_SIDED {
        let half = exp_f64(x.abs() / 2.0);
        C::new(half * cos_f64(y) * (half / 2.0) * x.signum(), half * sin_f64(y) * (half / 2.0))
    } else {
        C::new(rare::sinh(x) * cos_f64(y), rare::cosh(x) * sin_f64(y))
    }
}

fn cosh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        let sign = if x.is_nan() { y } else { y * x.signum() };
        C::new(rare::cosh(x), 0.0f64.copysign(sign))
    } else if x == 0.0 {
        // An infinite or NaN angle gives NaN by its cosine.
        C::new(cos_f64(y), if y.is_finite() { x * sin_f64(y) } else { 0.0 })
    } else if !y.is_finite() {
        C::new(if x.is_infinite() { f64::INFINITY } else { f64::NAN }, f64::NAN)
    } else if x.abs() > ONE_SIDED {
        let half = exp_f64(x.abs() / 2.0);
        C::new(half * cos_f64(y) * (half / 2.0), half * sin_f64(y) * (half / 2.0) * x.signum())
    } else {
        C::new(rare::cosh(x) * cos_f64(y), rare::sinh(x) * sin_f64(y))
    }
}

/// By Kahan's formula.
fn tanh(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if x.is_infinite() {
        let sign = if y.is_finite() { sin_f64(2.0 * y) } else { y };
        return C::new(x.signum(), 0.0f64.copysign(sign));
    }
    if x.is_nan() {
        return C::new(x, if y == 0.0 { y } else { f64::NAN });
    }
    if !y.is_finite() {
        return C::new(if x == 0.0 { x } else { f64::NAN }, f64::NAN);
    }
    if x.abs() > 20.0 {
        return C::new(x.signum(), 4.0 * sin_f64(y) * cos_f64(y) * exp_f64(-2.0 * x.abs()));
    }
    let (t, s) = (rare::tan(y), rare::sinh(x));
    let beta = 1.0 + t * t;
    let scale = 1.0 + beta * s * s;
    C::new(beta * (1.0 + s * s).sqrt() * s / scale, t / scale)
}
