//! The oracle's transcendentals: std's for reals; for complex numbers textbook formulas over std's in `f64`, with the
//! special values of C99 annex G, which NumPy follows. `pow` of complex numbers is NumPy's own.

use num_complex::Complex;

/// Real functions, by dtype.
pub(super) trait Real: Copy {
    fn exp(self) -> Self;
    fn log(self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;
    fn tanh(self) -> Self;
    fn pow(self, exponent: Self) -> Self;
    fn hypot(self, other: Self) -> Self;
    fn tan(self) -> Self;
    fn asin(self) -> Self;
    fn acos(self) -> Self;
    fn atan(self) -> Self;
    fn sinh(self) -> Self;
    fn cosh(self) -> Self;
    fn atanh(self) -> Self;
    fn exp2(self) -> Self;
    fn expm1(self) -> Self;
    fn log2(self) -> Self;
    fn log10(self) -> Self;
    fn log1p(self) -> Self;
    fn cbrt(self) -> Self;
    fn atan2(self, x: Self) -> Self;
    fn wide(self) -> f64;
    fn narrow(wide: f64) -> Self;
}

macro_rules! real {
    ($($t:ident)*) => {$(
        impl Real for $t {
            fn exp(self) -> $t { $t::exp(self) }
            fn log(self) -> $t { $t::ln(self) }
            fn sin(self) -> $t { $t::sin(self) }
            fn cos(self) -> $t { $t::cos(self) }
            fn tanh(self) -> $t { $t::tanh(self) }
            fn pow(self, exponent: $t) -> $t { $t::powf(self, exponent) }
            fn hypot(self, other: $t) -> $t { $t::hypot(self, other) }
            fn tan(self) -> $t { $t::tan(self) }
            fn asin(self) -> $t { $t::asin(self) }
            fn acos(self) -> $t { $t::acos(self) }
            fn atan(self) -> $t { $t::atan(self) }
            fn sinh(self) -> $t { $t::sinh(self) }
            fn cosh(self) -> $t { $t::cosh(self) }
            fn atanh(self) -> $t { $t::atanh(self) }
            fn exp2(self) -> $t { $t::exp2(self) }
            fn expm1(self) -> $t { $t::exp_m1(self) }
            fn log2(self) -> $t { $t::log2(self) }
            fn log10(self) -> $t { $t::log10(self) }
            fn log1p(self) -> $t { $t::ln_1p(self) }
            fn cbrt(self) -> $t { $t::cbrt(self) }
            fn atan2(self, x: $t) -> $t { $t::atan2(self, x) }
            fn wide(self) -> f64 { f64::from(self) }
            fn narrow(wide: f64) -> $t { wide as $t }
        }
    )*};
}
real!(f32 f64);

pub(super) fn exp<T: Real>(a: T) -> T {
    a.exp()
}

pub(super) fn log<T: Real>(a: T) -> T {
    a.log()
}

pub(super) fn sin<T: Real>(a: T) -> T {
    a.sin()
}

pub(super) fn cos<T: Real>(a: T) -> T {
    a.cos()
}

pub(super) fn tanh<T: Real>(a: T) -> T {
    a.tanh()
}

pub(super) fn pow<T: Real>(a: T, b: T) -> T {
    a.pow(b)
}

pub(super) fn hypot<T: Real>(a: T, b: T) -> T {
    a.hypot(b)
}

pub(super) fn tan<T: Real>(a: T) -> T {
    a.tan()
}

pub(super) fn asin<T: Real>(a: T) -> T {
    a.asin()
}

pub(super) fn acos<T: Real>(a: T) -> T {
    a.acos()
}

pub(super) fn atan<T: Real>(a: T) -> T {
    a.atan()
}

pub(super) fn sinh<T: Real>(a: T) -> T {
    a.sinh()
}

pub(super) fn cosh<T: Real>(a: T) -> T {
    a.cosh()
}

/// Std's squares the element, which overflows.
pub(super) fn asinh<T: Real>(a: T) -> T {
    let x = a.wide();
    T::narrow(if x.abs() > 1e150 { (x.abs().ln() + std::f64::consts::LN_2).copysign(x) } else { x.asinh() })
}

/// Std's squares the element, which overflows.
pub(super) fn acosh<T: Real>(a: T) -> T {
    let x = a.wide();
    T::narrow(if x > 1e150 { x.ln() + std::f64::consts::LN_2 } else { x.acosh() })
}

pub(super) fn atanh<T: Real>(a: T) -> T {
    a.atanh()
}

pub(super) fn exp2<T: Real>(a: T) -> T {
    a.exp2()
}

pub(super) fn expm1<T: Real>(a: T) -> T {
    a.expm1()
}

pub(super) fn log2<T: Real>(a: T) -> T {
    a.log2()
}

pub(super) fn log10<T: Real>(a: T) -> T {
    a.log10()
}

pub(super) fn log1p<T: Real>(a: T) -> T {
    a.log1p()
}

pub(super) fn cbrt<T: Real>(a: T) -> T {
    a.cbrt()
}

pub(super) fn atan2<T: Real>(a: T, b: T) -> T {
    a.atan2(b)
}

/// `log(e^a + e^b)`, the larger taken out.
pub(super) fn logaddexp<T: Real>(a: T, b: T) -> T {
    let (a, b) = (a.wide(), b.wide());
    if a == b {
        return T::narrow(a + std::f64::consts::LN_2);
    }
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    T::narrow(if a.is_nan() || b.is_nan() { f64::NAN } else { high + (low - high).exp().ln_1p() })
}

/// `log2(2^a + 2^b)`, the larger taken out.
pub(super) fn logaddexp2<T: Real>(a: T, b: T) -> T {
    let (a, b) = (a.wide(), b.wide());
    if a == b {
        return T::narrow(a + 1.0);
    }
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    let rest = (low - high).exp2().ln_1p() * std::f64::consts::LOG2_E;
    T::narrow(if a.is_nan() || b.is_nan() { f64::NAN } else { high + rest })
}

/// tan z = -i tanh(i z).
pub(super) fn complex_tan<T: Real>(z: Complex<T>) -> Complex<T> {
    let z = wide(z);
    let w = tanh_wide(c(-z.im, z.re));
    narrow(c(w.im, -w.re))
}

pub(super) fn complex_sinh<T: Real>(z: Complex<T>) -> Complex<T> {
    narrow(sinh_wide(wide(z)))
}

pub(super) fn complex_cosh<T: Real>(z: Complex<T>) -> Complex<T> {
    narrow(cosh_wide(wide(z)))
}

pub(super) fn complex_log2<T: Real>(z: Complex<T>) -> Complex<T> {
    let w = log_wide(wide(z));
    narrow(c(w.re * std::f64::consts::LOG2_E, w.im * std::f64::consts::LOG2_E))
}

pub(super) fn complex_log10<T: Real>(z: Complex<T>) -> Complex<T> {
    let w = log_wide(wide(z));
    narrow(c(w.re * std::f64::consts::LOG10_E, w.im * std::f64::consts::LOG10_E))
}

type C = Complex<f64>;

fn c(re: f64, im: f64) -> C {
    Complex { re, im }
}

fn wide<T: Real>(z: Complex<T>) -> C {
    c(z.re.wide(), z.im.wide())
}

fn narrow<T: Real>(z: C) -> Complex<T> {
    Complex { re: T::narrow(z.re), im: T::narrow(z.im) }
}

pub(super) fn complex_exp<T: Real>(z: Complex<T>) -> Complex<T> {
    narrow(exp_wide(wide(z)))
}

fn exp_wide(z: C) -> C {
    if z.im == 0.0 {
        return c(z.re.exp(), z.im);
    }
    if z.im.is_finite() {
        return if z.re.is_infinite() || z.re.is_nan() {
            let size = z.re.exp();
            c(size * z.im.cos(), size * z.im.sin())
        } else {
            // In two steps, so that a large exponential times a small cosine does not overflow.
            let half = (z.re / 2.0).exp();
            c(half * z.im.cos() * half, half * z.im.sin() * half)
        };
    }
    if z.re == f64::NEG_INFINITY {
        c(0.0, 0.0_f64.copysign(z.im))
    } else if z.re == f64::INFINITY {
        c(f64::INFINITY, f64::NAN)
    } else {
        c(f64::NAN, f64::NAN)
    }
}

pub(super) fn complex_log<T: Real>(z: Complex<T>) -> Complex<T> {
    narrow(log_wide(wide(z)))
}

fn log_wide(z: C) -> C {
    let (x, y) = (z.re.abs().max(z.im.abs()), z.re.abs().min(z.im.abs()));
    let size = if z.re.is_nan() || z.im.is_nan() {
        z.re.hypot(z.im).ln()
    } else if (0.5..2.0).contains(&x) && y < 2.0 {
        // log(1 + e) with e = |z|² - 1: near the unit circle the plain form has no digits left.
        (((x - 1.0) * (x + 1.0) + y * y).ln_1p() / 2.0).max(-1.0e300)
    } else if x > 1.0e300 {
        (x / 4.0).hypot(y / 4.0).ln() + 4.0_f64.ln()
    } else if x < 1.0e-300 && x > 0.0 {
        let up = 2.0_f64.powi(200);
        (x * up).hypot(y * up).ln() - 200.0 * std::f64::consts::LN_2
    } else {
        x.hypot(y).ln()
    };
    c(size, z.im.atan2(z.re))
}

pub(super) fn complex_sqrt<T: Real>(z: Complex<T>) -> Complex<T> {
    narrow(sqrt_wide(wide(z)))
}

fn sqrt_wide(z: C) -> C {
    if z.im.is_infinite() {
        return c(f64::INFINITY, z.im);
    }
    if z.re.is_infinite() {
        let other = if z.im.is_nan() { f64::NAN } else { 0.0 };
        return if z.re > 0.0 { c(f64::INFINITY, other.copysign(z.im)) } else { c(other, f64::INFINITY.copysign(z.im)) };
    }
    if z.re == 0.0 && z.im == 0.0 {
        return c(0.0, z.im);
    }
    if z.re.is_nan() || z.im.is_nan() {
        return c(f64::NAN, f64::NAN);
    }
    // Scaled by an even power of two, so that nothing overflows or loses digits.
    let size = z.re.abs().max(z.im.abs());
    let half = if size > 1.0e300 {
        -2
    } else if size < 1.0e-290 {
        300
    } else {
        0
    };
    let scale = 2.0_f64.powi(2 * half);
    let (re, im) = (z.re * scale, z.im * scale);
    let t = ((re.abs() + re.hypot(im)) / 2.0).sqrt();
    let root = if re >= 0.0 { c(t, im / (2.0 * t)) } else { c(im.abs() / (2.0 * t), t.copysign(im)) };
    c(root.re * 2.0_f64.powi(-half), root.im * 2.0_f64.powi(-half))
}

/// sin z = -i sinh(i z).
pub(super) fn complex_sin<T: Real>(z: Complex<T>) -> Complex<T> {
    let z = wide(z);
    let w = sinh_wide(c(-z.im, z.re));
    narrow(c(w.im, -w.re))
}

/// cos z = cosh(i z).
pub(super) fn complex_cos<T: Real>(z: Complex<T>) -> Complex<T> {
    let z = wide(z);
    narrow(cosh_wide(c(-z.im, z.re)))
}

/// `e^|x| / 2` in two factors, for |x| so large that sinh and cosh are equal.
fn half_exp(x: f64) -> (f64, f64) {
    let half = (x.abs() / 2.0).exp();
    (half / 2.0, half)
}

fn sinh_wide(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return c(x.sinh(), y);
    }
    if y.is_finite() {
        return if x.is_nan() {
            c(f64::NAN, f64::NAN)
        } else if x.is_finite() && x.abs() > 700.0 {
            let (a, b) = half_exp(x);
            c(a * y.cos() * b * x.signum(), a * y.sin() * b)
        } else {
            c(x.sinh() * y.cos(), x.cosh() * y.sin())
        };
    }
    if x == 0.0 || x.is_infinite() { c(x, f64::NAN) } else { c(f64::NAN, f64::NAN) }
}

fn cosh_wide(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        let sign = if x.is_nan() { y } else { x.signum() * y };
        return c(x.cosh(), 0.0_f64.copysign(sign));
    }
    if y.is_finite() {
        return if x.is_nan() {
            c(f64::NAN, f64::NAN)
        } else if x == 0.0 {
            c(y.cos(), x * y.sin())
        } else if x.is_finite() && x.abs() > 700.0 {
            let (a, b) = half_exp(x);
            c(a * y.cos() * b, a * y.sin() * b * x.signum())
        } else {
            c(x.cosh() * y.cos(), x.sinh() * y.sin())
        };
    }
    if x == 0.0 {
        c(f64::NAN, 0.0)
    } else if x.is_infinite() {
        c(f64::INFINITY, f64::NAN)
    } else {
        c(f64::NAN, f64::NAN)
    }
}

/// By Kahan's formula.
pub(super) fn complex_tanh<T: Real>(z: Complex<T>) -> Complex<T> {
    narrow(tanh_wide(wide(z)))
}

fn tanh_wide(z: C) -> C {
    let (x, y) = (z.re, z.im);
    if x.is_infinite() {
        let sign = if y.is_finite() { (2.0 * y).sin() } else { y };
        return c(x.signum(), 0.0_f64.copysign(if y == 0.0 { y } else { sign }));
    }
    if x.is_nan() {
        return c(f64::NAN, if y == 0.0 { y } else { f64::NAN });
    }
    if !y.is_finite() {
        return c(if x == 0.0 { x } else { f64::NAN }, f64::NAN);
    }
    if x.abs() > 20.0 {
        return c(x.signum(), 4.0 * y.sin() * y.cos() * (-2.0 * x.abs()).exp());
    }
    let (t, s) = (y.tan(), x.sinh());
    let beta = 1.0 + t * t;
    let rho = (1.0 + s * s).sqrt();
    let scale = 1.0 + beta * s * s;
    c(beta * rho * s / scale, t / scale)
}

/// NumPy's: 0 to a power by cases, small integer powers by multiplication, the rest by `exp(b log a)`.
pub(super) fn complex_pow<T: Real>(a: Complex<T>, b: Complex<T>) -> Complex<T> {
    let (a, b) = (wide(a), wide(b));
    if b.re == 0.0 && b.im == 0.0 {
        return narrow(c(1.0, 0.0));
    }
    if a.re == 0.0 && a.im == 0.0 {
        return narrow(if b.re > 0.0 { c(0.0, 0.0) } else { c(f64::NAN, f64::NAN) });
    }
    if b.im == 0.0 && b.re.abs() < 100.0 && b.re.fract() == 0.0 {
        let (mut n, mut power, mut out) = (b.re.abs() as u32, a, c(1.0, 0.0));
        // As NumPy has it: the first three are products of their own.
        if (1.0..=3.0).contains(&b.re) {
            return narrow((1..n).fold(a, |power, _| a * power));
        }
        while n > 0 {
            if n & 1 == 1 {
                out *= power;
            }
            n >>= 1;
            if n > 0 {
                power *= power;
            }
        }
        return narrow(if b.re < 0.0 { crate::scalar::complex_div(c(1.0, 0.0), out) } else { out });
    }
    narrow(exp_wide(multiply(b, log_wide(a))))
}

/// The product by C99's rules: an infinite operand makes the product infinite where naive arithmetic says NaN twice.
fn multiply(a: C, b: C) -> C {
    let naive = a * b;
    if !(naive.re.is_nan() && naive.im.is_nan()) {
        return naive;
    }
    let unit = |x: f64| if x.is_infinite() { 1.0_f64.copysign(x) } else { 0.0_f64.copysign(x) };
    let real = |x: f64| if x.is_nan() { 0.0_f64.copysign(x) } else { x };
    let infinite = |z: C| z.re.is_infinite() || z.im.is_infinite();
    let (mut x, mut y) = (a, b);
    if infinite(x) {
        (x, y) = (c(unit(x.re), unit(x.im)), c(real(y.re), real(y.im)));
    }
    if infinite(y) {
        (x, y) = (c(real(x.re), real(x.im)), c(unit(y.re), unit(y.im)));
    }
    if infinite(a) || infinite(b) {
        c(f64::INFINITY * (x.re * y.re - x.im * y.im), f64::INFINITY * (x.re * y.im + x.im * y.re))
    } else {
        naive
    }
}

/// By C99's values where a part is infinite or NaN, else by Kahan's square roots.
fn asinh_wide(z: C) -> C {
    let (x, y) = (z.re, z.im);
    let half_turn = std::f64::consts::FRAC_PI_2;
    if x.is_infinite() {
        return c(x, if y.is_infinite() { (half_turn / 2.0).copysign(y) } else { 0.0 * y });
    }
    if y.is_infinite() {
        return if x.is_nan() { c(f64::INFINITY, x) } else { c(f64::INFINITY.copysign(x), half_turn.copysign(y)) };
    }
    if x.is_nan() || y.is_nan() {
        return c(f64::NAN, if y == 0.0 { y } else { f64::NAN });
    }
    if x.abs().max(y.abs()) > 1.0e150 {
        return c(log_of_twice(z).copysign(x), y.atan2(x.abs()));
    }
    let (a, b) = (sqrt_wide(c(1.0 + y, -x)), sqrt_wide(c(1.0 - y, x)));
    c((a.re * b.im - b.re * a.im).asinh(), y.atan2(a.re * b.re - a.im * b.im))
}

/// log(2 |z|) of a number that may be near the end of its range.
fn log_of_twice(z: C) -> f64 {
    (z.re / 4.0).hypot(z.im / 4.0).ln() + 3.0 * std::f64::consts::LN_2
}

fn acos_wide(z: C) -> C {
    let (x, y) = (z.re, z.im);
    let pi = std::f64::consts::PI;
    let down = -f64::INFINITY.copysign(if y.is_nan() { 1.0 } else { y });
    if x.is_infinite() {
        let angle = if x > 0.0 { 0.0 } else { pi };
        let between = if x > 0.0 { pi / 4.0 } else { 3.0 * (pi / 4.0) };
        return c(if y.is_infinite() { between } else { angle + 0.0 * y.abs() }, down);
    }
    if y.is_infinite() {
        return c(if x.is_nan() { x } else { pi / 2.0 }, down);
    }
    if x.is_nan() || y.is_nan() {
        return c(if x == 0.0 { pi / 2.0 } else { f64::NAN }, f64::NAN);
    }
    if x.abs().max(y.abs()) > 1.0e150 {
        return c(y.abs().atan2(x), -log_of_twice(z).copysign(y));
    }
    let (a, b) = (sqrt_wide(c(1.0 - x, -y)), sqrt_wide(c(1.0 + x, y)));
    c(2.0 * a.re.atan2(b.re), (b.re * a.im - b.im * a.re).asinh())
}

fn atanh_wide(z: C) -> C {
    let (x, y) = (z.re, z.im);
    let half_turn = std::f64::consts::FRAC_PI_2;
    if x.is_infinite() && y.is_nan() {
        return c(0.0_f64.copysign(x), y);
    }
    if x.is_infinite() || y.is_infinite() {
        return c(0.0_f64.copysign(x), half_turn.copysign(y));
    }
    if x.is_nan() || y.is_nan() {
        return c(if x == 0.0 { x } else { f64::NAN }, f64::NAN);
    }
    let (p, q) = (x.abs(), y.abs());
    if p.max(q) > 1.0e150 {
        let half = (p / 2.0).hypot(q / 2.0);
        return c((p / 4.0 / half / half).copysign(x), half_turn.copysign(y));
    }
    if p == 1.0 && q < 1.0e-150 {
        // At a pole, or so near that the square of the distance vanishes.
        let re = if q == 0.0 { f64::INFINITY } else { -(q.sqrt() / q.hypot(2.0).sqrt()).ln() };
        return c(re.copysign(x), if q == 0.0 { y } else { (2.0_f64.atan2(-q) / 2.0).copysign(y) });
    }
    let rest = 1.0 - p;
    let re = (4.0 * p / (rest * rest + q * q)).ln_1p() / 4.0;
    c(re.copysign(x), -(-2.0 * y).atan2(rest * (1.0 + p) - q * q) / 2.0)
}

pub(super) fn complex_asinh<T: Real>(z: Complex<T>) -> Complex<T> {
    narrow(asinh_wide(wide(z)))
}

/// asin z = -i asinh(i z); of an infinity beside NaN the sign is NumPy's.
pub(super) fn complex_asin<T: Real>(z: Complex<T>) -> Complex<T> {
    let z = wide(z);
    let w = asinh_wide(c(-z.im, z.re));
    narrow(if z.re.is_infinite() && z.im.is_nan() { c(f64::NAN, f64::INFINITY) } else { c(w.im, -w.re) })
}

pub(super) fn complex_acos<T: Real>(z: Complex<T>) -> Complex<T> {
    narrow(acos_wide(wide(z)))
}

/// acosh z = ±i acos z, with a real part that is not negative.
pub(super) fn complex_acosh<T: Real>(z: Complex<T>) -> Complex<T> {
    let z = wide(z);
    let w = acos_wide(z);
    narrow(c(w.im.abs(), w.re.copysign(z.im)))
}

pub(super) fn complex_atanh<T: Real>(z: Complex<T>) -> Complex<T> {
    narrow(atanh_wide(wide(z)))
}

/// atan z = -i atanh(i z).
pub(super) fn complex_atan<T: Real>(z: Complex<T>) -> Complex<T> {
    let z = wide(z);
    let w = atanh_wide(c(-z.im, z.re));
    narrow(c(w.im, -w.re))
}

pub(super) fn complex_exp2<T: Real>(z: Complex<T>) -> Complex<T> {
    let z = wide(z);
    if z.im == 0.0 || !z.im.is_finite() {
        let w = exp_wide(c(z.re * std::f64::consts::LN_2, z.im));
        return narrow(c(if z.im == 0.0 { z.re.exp2() } else { w.re }, w.im));
    }
    let (half, angle) = ((z.re / 2.0).exp2(), z.im * std::f64::consts::LN_2);
    narrow(c(half * angle.cos() * half, half * angle.sin() * half))
}

pub(super) fn complex_expm1<T: Real>(z: Complex<T>) -> Complex<T> {
    let z = wide(z);
    let s = (z.im / 2.0).sin();
    narrow(c(z.re.exp_m1() * z.im.cos() - 2.0 * s * s, z.re.exp() * z.im.sin()))
}

pub(super) fn complex_log1p<T: Real>(z: Complex<T>) -> Complex<T> {
    let z = wide(z);
    narrow(c((z.re + 1.0).hypot(z.im).ln(), z.im.atan2(z.re + 1.0)))
}

/// z / |z| by cases, the size in the element's own precision.
pub(super) fn complex_sign<T: Real>(z: Complex<T>) -> Complex<T> {
    let (x, y) = (z.re.wide(), z.im.wide());
    let size = T::narrow(x.hypot(y)).wide();
    narrow(if size.is_nan() || (x.is_infinite() && y.is_infinite()) {
        c(f64::NAN, f64::NAN)
    } else if x.is_infinite() {
        c(x.signum(), 0.0)
    } else if size.is_infinite() {
        c(0.0, 1.0_f64.copysign(y))
    } else if size == 0.0 {
        c(0.0, 0.0)
    } else {
        c(x / size, y / size)
    })
}
