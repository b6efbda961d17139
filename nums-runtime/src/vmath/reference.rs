//! The functions of `vmath` to about 100 bits, slowly: what the error table is measured against. Tests only.
//!
//! A number is the exact sum of two floats (double-double: Dekker's product, Knuth's sum). Functions are power series after an
//! argument reduction, or one step of Newton's method from std's answer, whose error it squares. Nothing here shares a
//! polynomial, a table or a reduction with what it measures; arguments stay below 2^500, where Dekker's product is exact.

use super::{two_product, two_sum};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// The exact sum of two floats, the second at most half a last place of the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide(pub(super) f64, pub(super) f64);

const LN2: Wide = Wide(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
const LN10: Wide = Wide(std::f64::consts::LN_10, -2.170_756_223_382_249_4e-16);
/// π/2 in four parts: 211 bits.
const HALF_PI: [f64; 4] =
    [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_9e-33, 4.320_574_262_296_449e-50];

impl From<f64> for Wide {
    fn from(x: f64) -> Wide {
        Wide(x, 0.0)
    }
}

impl Add for Wide {
    type Output = Wide;
    fn add(self, o: Wide) -> Wide {
        let ((s, e), (t, f)) = (two_sum(self.0, o.0), two_sum(self.1, o.1));
        let (s, e) = two_sum(s, e + t);
        let (s, e) = two_sum(s, e + f);
        Wide(s, e)
    }
}

impl Neg for Wide {
    type Output = Wide;
    fn neg(self) -> Wide {
        Wide(-self.0, -self.1)
    }
}

impl Sub for Wide {
    type Output = Wide;
    fn sub(self, o: Wide) -> Wide {
        self + -o
    }
}

impl Mul for Wide {
    type Output = Wide;
    fn mul(self, o: Wide) -> Wide {
        let (p, e) = two_product(self.0, o.0);
        let (p, e) = two_sum(p, e + (self.0 * o.1 + self.1 * o.0));
        Wide(p, e)
    }
}

impl Div for Wide {
    type Output = Wide;
    fn div(self, o: Wide) -> Wide {
        let first = Wide::from(self.0 / o.0);
        let rest = self - first * o;
        let second = Wide::from(rest.0 / o.0);
        let rest = rest - second * o;
        first + second + Wide::from(rest.0 / o.0)
    }
}

impl Wide {
    fn times(self, k: f64) -> Wide {
        self * Wide::from(k)
    }

    fn scaled(self, k: i32) -> Wide {
        let (a, b) = (2f64.powi(k / 2), 2f64.powi(k - k / 2));
        Wide(self.0 * a * b, self.1 * a * b)
    }

    fn abs(self) -> Wide {
        if self.0 < 0.0 { -self } else { self }
    }

    pub(super) fn sqrt(self) -> Wide {
        if self.0 == 0.0 {
            return self;
        }
        let y = Wide::from(self.0.sqrt());
        y + (self - y * y) / y.times(2.0)
    }
}

/// `first · (1 + z c(1) + z² c(1) c(2) + …)`: a power series by the quotients of its terms.
fn series(first: Wide, z: Wide, quotient: impl Fn(f64) -> f64) -> Wide {
    let (mut sum, mut term) = (first, first);
    for k in 1..60 {
        term = term * z / Wide::from(quotient(f64::from(k)));
        sum = sum + term;
        if term.0.abs() < sum.0.abs() * 1e-34 {
            break;
        }
    }
    sum
}

pub(super) fn exp(x: Wide) -> Wide {
    let k = (x.0 / std::f64::consts::LN_2).round();
    let r = (x - LN2.times(k)).scaled(-8);
    let mut y = series(r, r, |k| k + 1.0);
    // e^2r - 1 = (e^r - 1)(e^r + 1), eight times.
    for _ in 0..8 {
        y = y * (y + Wide::from(2.0));
    }
    (y + Wide::from(1.0)).scaled(k as i32)
}

pub(super) fn expm1(x: Wide) -> Wide {
    if x.0.abs() < 0.5 { series(x, x, |k| k + 1.0) } else { exp(x) - Wide::from(1.0) }
}

/// The series of atanh, for arguments up to 0.2.
fn atanh_near(s: Wide) -> Wide {
    let z = s * s;
    let (mut sum, mut power) = (s, s);
    for k in 1..40 {
        power = power * z;
        sum = sum + power / Wide::from(f64::from(2 * k + 1));
    }
    sum
}

pub(super) fn log(x: Wide) -> Wide {
    let mut k = ((x.0.to_bits() >> 52) as i32) - 1023;
    let mut m = x.scaled(-k);
    if m.0 > std::f64::consts::SQRT_2 {
        (k, m) = (k + 1, m.scaled(-1));
    }
    let one = Wide::from(1.0);
    atanh_near((m - one) / (m + one)).times(2.0) + LN2.times(f64::from(k))
}

pub(super) fn log1p(x: Wide) -> Wide {
    if x.0.abs() < 0.3 { atanh_near(x / (x + Wide::from(2.0))).times(2.0) } else { log(x + Wide::from(1.0)) }
}

pub(super) fn log2(x: Wide) -> Wide {
    log(x) / LN2
}

pub(super) fn log10(x: Wide) -> Wide {
    log(x) / LN10
}

pub(super) fn exp2(x: Wide) -> Wide {
    exp(x * LN2)
}

/// `x` minus a multiple of π/2, and the multiple's last two bits. Arguments up to 1e6.
fn reduce(x: Wide) -> (Wide, i64) {
    let n = (x.0 / std::f64::consts::FRAC_PI_2).round();
    let mut r = x;
    for part in HALF_PI {
        let (p, e) = two_product(part, -n);
        r = r + Wide(p, e);
    }
    (r, n as i64 & 3)
}

fn sin_near(r: Wide) -> Wide {
    series(r, -(r * r), |k| 2.0 * k * (2.0 * k + 1.0))
}

fn cos_near(r: Wide) -> Wide {
    series(Wide::from(1.0), -(r * r), |k| 2.0 * k * (2.0 * k - 1.0))
}

pub(super) fn sin(x: Wide) -> Wide {
    let (r, n) = reduce(x);
    match n {
        0 => sin_near(r),
        1 => cos_near(r),
        2 => -sin_near(r),
        _ => -cos_near(r),
    }
}

pub(super) fn cos(x: Wide) -> Wide {
    let (r, n) = reduce(x);
    match n {
        0 => cos_near(r),
        1 => -sin_near(r),
        2 => -cos_near(r),
        _ => sin_near(r),
    }
}

pub(super) fn tan(x: Wide) -> Wide {
    sin(x) / cos(x)
}

pub(super) fn sinh(x: Wide) -> Wide {
    if x.0.abs() < 0.5 {
        return series(x, x * x, |k| 2.0 * k * (2.0 * k + 1.0));
    }
    (exp(x) - exp(-x)).scaled(-1)
}

pub(super) fn cosh(x: Wide) -> Wide {
    (exp(x) + exp(-x)).scaled(-1)
}

pub(super) fn tanh(x: Wide) -> Wide {
    sinh(x) / cosh(x)
}

pub(super) fn asin(x: Wide) -> Wide {
    let y = Wide::from(x.0.asin());
    y + (x - sin(y)) / cos(y)
}

pub(super) fn acos(x: Wide) -> Wide {
    let y = Wide::from(x.0.acos());
    if y.0 == 0.0 {
        return y;
    }
    // cos y - x, without cancellation where both are near 1.
    let half = sin(y.times(0.5));
    let difference = if x.0 > 0.5 { (Wide::from(1.0) - x) - (half * half).times(2.0) } else { cos(y) - x };
    y + difference / sin(y)
}

/// The angle of `(x, y)`.
pub(super) fn atan2(y: Wide, x: Wide) -> Wide {
    let a = Wide::from(y.0.atan2(x.0));
    let (s, c) = (sin(a), cos(a));
    a + (y * c - x * s) / (x * c + y * s)
}

pub(super) fn atan(x: Wide) -> Wide {
    atan2(x, Wide::from(1.0))
}

pub(super) fn asinh(x: Wide) -> Wide {
    // std's own is a few last places off: two steps.
    let step = |y: Wide| y + (x - sinh(y)) / cosh(y);
    step(step(Wide::from(x.0.asinh())))
}

pub(super) fn acosh(x: Wide) -> Wide {
    if x.0 == 1.0 {
        return Wide::from(0.0);
    }
    // cosh y = 1 + 2 sinh²(y/2), without cancellation.
    let root = ((x - Wide::from(1.0)).times(0.5)).sqrt();
    asinh(root).times(2.0)
}

pub(super) fn atanh(x: Wide) -> Wide {
    let one = Wide::from(1.0);
    if x.0.abs() < 0.2 { atanh_near(x) } else { log((one + x) / (one - x)).times(0.5) }
}

pub(super) fn cbrt(x: Wide) -> Wide {
    let y = Wide::from(x.0.cbrt());
    y - (y * y * y - x) / (y * y).times(3.0)
}

pub(super) fn pow(x: Wide, y: Wide) -> Wide {
    exp(y * log(x))
}

pub(super) fn hypot(x: Wide, y: Wide) -> Wide {
    (x * x + y * y).sqrt()
}

pub(super) fn logaddexp(a: Wide, b: Wide) -> Wide {
    let larger = if a.0 > b.0 { a } else { b };
    larger + log1p(exp(-(a - b).abs()))
}

pub(super) fn logaddexp2(a: Wide, b: Wide) -> Wide {
    logaddexp(a * LN2, b * LN2) / LN2
}
