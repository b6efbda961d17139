//! The functions that the operator table calls `math::…`: branch-free scalar Rust that LLVM vectorises inside any loop.
//!
//! Rules: no fused multiply-add and no table, so that every ISA gives the same bits; special values exact (±0, subnormals,
//! infinities, NaN, the edges of overflow); at most 1.5 ulp, pinned by the tests. `f32` is computed in `f64`, which leaves
//! one rounding. `hypot`, and `sin` and `cos` beyond `TRIG_LIMIT`, are the `libm` crate's: the last need a reduction by a thousand digits of π,
//! which does not pay as branch-free code. Loops therefore take arguments for near ones, with `sin_near` and `cos_near`, and those
//! chunks once more in which some was not (`kernel::op::Apply::usual`). Powers are in `power`, complex functions in `complex`.
//!
//! Method: argument reduction in two or more parts whose products are exact (Cody and Waite), then a polynomial through
//! Chebyshev nodes in 80 digits, rounded, on the reduced interval; its error against the function is below 1e-17.

mod complex;
mod complex_inverse;
mod power;
mod rare;

pub(crate) use complex::{
    complex_cos, complex_cosh, complex_exp, complex_log, complex_log2, complex_log10, complex_pow, complex_sin, complex_sinh,
    complex_sqrt, complex_tan, complex_tanh,
};
pub(crate) use complex_inverse::{
    complex_acos, complex_acosh, complex_asin, complex_asinh, complex_atan, complex_atanh, complex_exp2, complex_expm1,
    complex_log1p, complex_sign,
};
pub(crate) use power::pow;
pub(crate) use rare::{
    acos, acosh, asin, asinh, atan, atan2, atanh, cbrt, cosh, exp2, expm1, log1p, log2, log10, logaddexp, logaddexp2, sinh, tan,
};

use crate::element::Float;

/// The functions by type: `f64`'s own, `f32`'s through `f64`.
pub(crate) trait Real: Float {
    fn wide(self) -> f64;
    fn narrow(wide: f64) -> Self;
    /// A power of a number that is not negative, before it is rounded to the type.
    fn power(size: f64, exponent: f64) -> f64;
}

impl Real for f64 {
    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }

    #[inline(always)]
    fn narrow(wide: f64) -> f64 {
        wide
    }

    #[inline(always)]
    fn power(size: f64, exponent: f64) -> f64 {
        power::power_f64(size, exponent)
    }
}

impl Real for f32 {
    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn narrow(wide: f64) -> f32 {
        wide as f32
    }

    #[inline(always)]
    fn power(size: f64, exponent: f64) -> f64 {
        power::power_f32(size, exponent)
    }
}

macro_rules! by_type {
    ($($(#[$doc:meta])* $name:ident = $wide:path;)*) => {$(
        $(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name<T: Real>(x: T) -> T { T::narrow($wide(x.wide())) }
    )*};
}
by_type! {
    /// `e^x`.
    exp = exp_f64;
    /// Natural logarithm.
    log = log_f64;
    /// Sine of any argument.
    sin = sin_f64;
    /// Cosine of any argument.
    cos = cos_f64;
    /// Hyperbolic tangent.
    tanh = tanh_f64;
    /// Sine of an argument that `is_near`, branch-free.
    sin_near = sin_near_f64;
    /// Cosine of an argument that `is_near`, branch-free.
    cos_near = cos_near_f64;
}

/// `sqrt(x² + y²)` without overflow on the way.
#[inline(always)]
pub(crate) fn hypot<T: Real>(x: T, y: T) -> T {
    T::narrow(libm::hypot(x.wide(), y.wide()))
}

/// Added to a float below 2^51 it rounds to an integer, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 · 2^52

/// ln 2 in 33 bits and the rest: a multiple of the first below 2^20 is exact.
const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fef0_0000);
const LN2_LOW: f64 = f64::from_bits(0x3dd4_73de_6af2_78ed);

/// π/2 in three times 33 bits and the rest.
const HALF_PI: [f64; 4] = [
    f64::from_bits(0x3ff9_21fb_5440_0000),
    f64::from_bits(0x3dd0_b461_1a60_0000),
    f64::from_bits(0x3ba3_198a_2e00_0000),
    f64::from_bits(0x397b_839a_2520_49c1),
];

/// Largest number that `sin_near` and `cos_near` take: the quotient by π/2 has at most 17 bits.
const TRIG_LIMIT: f64 = 1.0e5;

/// `c[0] + c[1] z + c[2] z² + …`
#[inline(always)]
fn poly<const N: usize>(z: f64, c: [f64; N]) -> f64 {
    let mut sum = c[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = sum * z + c[i];
    }
    sum
}

/// `(e^r - 1 - r) / r²` for `|r| ≤ ln 2 / 2`.
const EXP_SERIES: [f64; 11] = [
    0.5,
    0.166_666_666_666_666_7,
    0.041_666_666_666_666_67,
    0.008_333_333_333_326_084,
    0.001_388_888_888_888_371_1,
    0.000_198_412_698_750_022_8,
    2.480_158_732_567_746e-5,
    2.755_725_517_000_089e-6,
    2.755_727_347_871_858e-7,
    2.510_531_272_962_210_3e-8,
    2.091_475_532_589_32e-9,
];

/// `2^k` from `ROUND + k`, for k in -1022..=1023.
#[inline(always)]
fn power_of_two(rounded: f64) -> f64 {
    f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52)
}

#[inline(always)]
fn exp_f64(x: f64) -> f64 {
    let (y, _, k) = exp_parts(x);
    // In two steps: k goes from -1076 to 1024, and a subnormal result is rounded once, by the second.
    let half = k * 0.5 + ROUND;
    let rest = (k - (half - ROUND)) + ROUND;
    y * power_of_two(half) * power_of_two(rest)
}

/// `e^x` as `(y + rest) 2^k`: `y` is rounded, `rest` what it lost, good to a few bits.
#[inline(always)]
fn exp_parts(x: f64) -> (f64, f64, f64) {
    // Beyond these the result is infinite or 0; a NaN passes both.
    let x = if x > 710.0 { 710.0 } else { x };
    let x = if x < -746.0 { -746.0 } else { x };
    // x = k ln 2 + r + tail with |r| ≤ ln 2 / 2
    let k = (x * std::f64::consts::LOG2_E + ROUND) - ROUND;
    let high = x - k * LN2_HIGH;
    let low = k * LN2_LOW;
    let r = high - low;
    let tail = (high - r) - low;
    let above = r + (r * r * poly(r, EXP_SERIES) + tail);
    let y = 1.0 + above;
    (y, (1.0 - y) + above, k)
}

/// A positive number as `2^k m` with `m` in [√½, √2).
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    // Subnormals are scaled up by 2^54.
    let small = x < f64::MIN_POSITIVE;
    let scaled = if small { x * 18_014_398_509_481_984.0 } else { x };
    let bias = if small { 1023.0 + 54.0 } else { 1023.0 };
    let bits = scaled.to_bits().wrapping_add(ONE - SQRT_HALF);
    let k = f64::from_bits(0x4330_0000_0000_0000 | (bits >> 52)) - (4_503_599_627_370_496.0 + bias);
    (k, f64::from_bits((bits & 0x000f_ffff_ffff_ffff).wrapping_add(SQRT_HALF)))
}

#[inline(always)]
fn log_f64(x: f64) -> f64 {
    let (k, m) = split(x);
    // log(1 + f) = f - f²/2 + s (f²/2 + R(s²)) with s = f / (2 + f)
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let r = z * poly(
        z,
        [
            0.666_666_666_666_666_6,
            0.400_000_000_000_008_8,
            0.285_714_285_708_019_54,
            0.222_222_223_920_890_08,
            0.181_817_956_000_607_93,
            0.153_862_418_819_385_95,
            0.132_687_147_923_480_96,
            0.130_872_361_966_596_2,
        ],
    );
    let half_square = 0.5 * f * f;
    let y = k * LN2_HIGH - ((half_square - (s * (half_square + r) + k * LN2_LOW)) - f);
    let y = if x == f64::INFINITY { x } else { y };
    // The NaN of a negative argument has its sign set, as every x86 library's has: `copysign` shows it.
    let edge = if x == 0.0 {
        f64::NEG_INFINITY
    } else if x < 0.0 {
        -f64::NAN
    } else {
        x
    };
    if x > 0.0 { y } else { edge }
}

/// `a + b` exactly, as a sum and its rounding error (Knuth).
#[inline(always)]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    (sum, (a - (sum - b_part)) + (b - b_part))
}

/// `a · b` exactly, as a product and its rounding error (Dekker); for factors below 2^500.
#[inline]
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let split = |x: f64| {
        let c = 134_217_729.0 * x; // 2^27 + 1
        let high = c - (c - x);
        (high, x - high)
    };
    let (p, (a1, a2), (b1, b2)) = (a * b, split(a), split(b));
    (p, ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2)
}

/// `x` minus a multiple of π/2, as two floats of which the second is small, and the multiple's last bits.
#[inline(always)]
fn reduce(x: f64) -> (f64, f64, u64) {
    let rounded = x * std::f64::consts::FRAC_2_PI + ROUND;
    let n = rounded - ROUND;
    // The first three products are exact, and so is the first difference.
    let (y, e1) = two_sum(x - n * HALF_PI[0], -(n * HALF_PI[1]));
    let (y, e2) = two_sum(y, -(n * HALF_PI[2]));
    let tail = (e1 + e2) - n * HALF_PI[3];
    let r = y + tail;
    (r, (y - r) + tail, rounded.to_bits())
}

#[inline(always)]
fn sin_poly(r: f64, tail: f64, z: f64) -> f64 {
    let p = poly(
        z,
        [
            -0.166_666_666_666_666_66,
            0.008_333_333_333_333_331,
            -0.000_198_412_698_412_650_17,
            2.755_731_921_930_193_6e-6,
            -2.505_210_621_952_836_7e-8,
            1.605_852_957_329_173_7e-10,
            -7.586_576_648_405_261e-13,
        ],
    );
    r + (r * z * p + tail * (1.0 - 0.5 * z))
}

#[inline(always)]
fn cos_poly(r: f64, tail: f64, z: f64) -> f64 {
    let p = poly(
        z,
        [
            0.041_666_666_666_666_664,
            -0.001_388_888_888_888_888_7,
            2.480_158_730_158_461_8e-5,
            -2.755_731_922_138_212_5e-7,
            2.087_675_578_389_764e-9,
            -1.147_045_975_024_485_3e-11,
            4.745_804_923_249_84e-14,
        ],
    );
    let half = 0.5 * z;
    let one = 1.0 - half;
    one + (((1.0 - one) - half) + (z * z * p - r * tail))
}

/// Sine or cosine of the reduced argument, by quadrant: 0 sine, 1 cosine, 2 and 3 their negatives.
#[inline(always)]
fn quadrant(r: f64, tail: f64, quadrant: u64) -> f64 {
    let z = r * r;
    let (s, c) = (sin_poly(r, tail, z), cos_poly(r, tail, z));
    let y = if quadrant & 1 == 0 { s } else { c };
    f64::from_bits(y.to_bits() ^ ((quadrant & 2) << 62))
}

#[inline(always)]
fn sin_near_f64(x: f64) -> f64 {
    let (r, tail, n) = reduce(x);
    let y = beyond(x, quadrant(r, tail, n));
    // Keeps -0.
    if x == 0.0 { x } else { y }
}

#[inline(always)]
fn cos_near_f64(x: f64) -> f64 {
    let (r, tail, n) = reduce(x);
    beyond(x, quadrant(r, tail, n.wrapping_add(1)))
}

/// The sine or cosine `y` of a near argument, and the NaN of one that is infinite or a NaN.
#[inline(always)]
fn beyond(x: f64, y: f64) -> f64 {
    if x.abs() <= TRIG_LIMIT { y } else { x * 0.0 }
}

/// Whether `sin_near` and `cos_near` take an argument: all but far numbers.
#[inline(always)]
pub(crate) fn is_near<T: Real>(x: T) -> bool {
    let a = x.wide().abs();
    !((a > TRIG_LIMIT) & (a < f64::INFINITY))
}

#[inline(always)]
fn sin_f64(x: f64) -> f64 {
    if is_near(x) { sin_near_f64(x) } else { libm::sin(x) }
}

#[inline(always)]
fn cos_f64(x: f64) -> f64 {
    if is_near(x) { cos_near_f64(x) } else { libm::cos(x) }
}

#[inline(always)]
fn tanh_f64(x: f64) -> f64 {
    let a = x.abs();
    // 1 - 2 / (e^2a + 1) where the quotient is below one half, an odd polynomial below.
    let far = 1.0 - 2.0 / (exp_f64(2.0 * a) + 1.0);
    let z = a * a;
    let p = poly(
        z,
        [
            -0.333_333_333_333_333_3,
            0.133_333_333_333_332_05,
            -0.053_968_253_968_085_31,
            0.021_869_488_527_368_107,
            -0.008_863_235_292_803_289,
            0.003_592_124_250_008_692_5,
            -0.001_455_795_885_573_463_5,
            0.000_589_768_099_468_826_8,
            -0.000_237_952_013_839_249_94,
            9.332_432_233_847_448e-5,
            -3.208_661_403_793_599e-5,
            6.934_046_420_988_953e-6,
        ],
    );
    let near = a + a * z * p;
    let y = if a < 0.6 { near } else { far };
    y.copysign(x)
}

#[cfg(test)]
mod accuracy;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
