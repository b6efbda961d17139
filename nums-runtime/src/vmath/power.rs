//! `x^y` of floats, branch-free, so that it vectorises and has the same bits on every machine.
//!
//! Method: fdlibm's (`e_pow.c`), whose steps are selections here. `log2 |x|` is taken to about 66 bits as a sum of two floats, the first of
//! which ends in 32 zeros, and so does the first part of `y`: their product is exact without fused multiply-add. The nearest integer is taken
//! out as the result's exponent, the rest is a polynomial. `f32` needs 35 bits of the logarithm, which `log` of `f64` has.

use super::{EXP_SERIES, ROUND, Real, exp_f64, log_f64, poly, power_of_two, split};

/// `x^y`, as C99 and NumPy define it.
#[inline(always)]
pub(crate) fn pow<T: Real>(x: T, y: T) -> T {
    let (x, y) = (x.wide(), y.wide());
    let a = x.abs();
    let size = if a == 1.0 { 1.0 } else { T::power(a, y) };
    let (whole, odd) = parity(y.abs());
    let z = if x.is_sign_negative() & odd { -size } else { size };
    // Of a negative number only whole powers are real. The NaN's sign is set, as in `log`.
    let z = if (x < 0.0) & (x > f64::NEG_INFINITY) & !whole { -f64::NAN } else { z };
    let z = if y.is_nan() { y } else { z };
    let z = if x.is_nan() { x } else { z };
    let z = if (y == 0.0) | (x == 1.0) { 1.0 } else { z };
    // Squares are exact products.
    T::narrow(if y == 2.0 { x * x } else { z })
}

/// Whether a number that is not negative is whole, and whether it is odd.
#[inline(always)]
fn parity(y: f64) -> (bool, bool) {
    // From here on every float is whole, and added to a smaller one it rounds that to a whole number.
    const WHOLE: f64 = 4_503_599_627_370_496.0; // 2^52
    let is_whole = |y: f64| (y + WHOLE) - WHOLE == y;
    let (half, whole) = (y * 0.5, (y >= WHOLE) | is_whole(y));
    (whole, whole & (half < WHOLE) & !is_whole(half))
}

/// `a^y` for `a ≥ 0`, where both are `f32`s.
#[inline(always)]
pub(super) fn power_f32(a: f64, y: f64) -> f64 {
    exp_f64(y * log_f64(a))
}

/// `a^y` for `a ≥ 0`; of 1 and of NaNs anything.
#[inline(always)]
pub(super) fn power_f64(a: f64, y: f64) -> f64 {
    let (log, rest) = log2(a);
    let y_high = high(y);
    let product = y_high * log;
    let product_rest = (y - y_high) * log + y * rest;
    let z = product + product_rest;
    // Else infinite or 0 in any case; a NaN is infinity times 0.
    let within = (z.abs() <= 1100.0) & (a > 0.0) & (a < f64::INFINITY);
    let n = (z + ROUND) - ROUND;
    // 2^f = e^(r + tail) with f = (product - n) + product_rest
    let f_high = product - n;
    let f = high(f_high + product_rest);
    let (up, down) = (f * LN2_SHORT, (product_rest - (f - f_high)) * std::f64::consts::LN_2 + f * LN2_SHORT_REST);
    let r = up + down;
    let tail = down - (r - up);
    let w = 1.0 + (r + (r * r * poly(r, EXP_SERIES) + tail));
    // In two steps, as in `exp`: a subnormal result is rounded once.
    let half = n * 0.5 + ROUND;
    let other = (n - (half - ROUND)) + ROUND;
    let near = w * power_of_two(half) * power_of_two(other);
    let far = if (a > 1.0) == (y > 0.0) { f64::INFINITY } else { 0.0 };
    if within { near } else { far }
}

/// Without the last 32 bits: the product of two such numbers is exact.
#[inline(always)]
fn high(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & 0xffff_ffff_0000_0000)
}

/// ln 2 in 21 bits and the rest.
const LN2_SHORT: f64 = f64::from_bits(0x3fe6_2e43_0000_0000);
const LN2_SHORT_REST: f64 = f64::from_bits(0xbe20_5c61_0ca8_6c39);

/// 2 / (3 ln 2), in 21 bits, and the rest.
const SCALE: f64 = f64::from_bits(0x3fee_c709_dc3a_03fd);
const SCALE_SHORT: f64 = f64::from_bits(0x3fee_c709_e000_0000);
const SCALE_SHORT_REST: f64 = f64::from_bits(0xbe3e_2fe0_145b_01f5);

/// The binary logarithm of a positive number as a sum, the first part without its last 32 bits.
#[inline(always)]
fn log2(a: f64) -> (f64, f64) {
    let (k, m) = split(a);
    // log m = 2 (s + s³/3 + s⁵/5 + …) with s = (m - 1) / (m + 1), as s_high + s_low
    let (difference, sum) = (m - 1.0, m + 1.0);
    let inverse = 1.0 / sum;
    let s = difference * inverse;
    let (s_high, sum_high) = (high(s), high(sum));
    let sum_low = m - (sum_high - 1.0);
    let s_low = inverse * ((difference - s_high * sum_high) - s_high * sum_low);
    // three times the sum in s, divided by s, is 3 + s² + series
    let z = s * s;
    let p = poly(
        z,
        [
            0.6,
            0.428_571_428_571_440_5,
            0.333_333_333_324_843_5,
            0.272_727_275_029_716_05,
            0.230_768_924_563_431_87,
            0.200_022_063_573_380_18,
            0.175_593_728_113_835_78,
            0.175_845_765_421_466_3,
        ],
    );
    let series = z * z * p + s_low * (s_high + s);
    let square = s_high * s_high;
    let t = high(3.0 + square + series);
    let t_low = series - ((t - 3.0) - square);
    // s (3 + s² + series) by 2 / (3 ln 2)
    let (up, down) = (s_high * t, s_low * t + t_low * s);
    let p = high(up + down);
    let p_low = down - (p - up);
    let first = SCALE_SHORT * p;
    let second = SCALE_SHORT_REST * p + p_low * SCALE;
    let log = high((first + second) + k);
    (log, second - ((log - k) - first))
}
