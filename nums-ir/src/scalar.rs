//! Exact scalar helpers that rows of the operator table name: integer and float division, powers, orders.
//!
//! These have one right answer to the last bit, so oracle and kernels share them. Transcendentals are not here: the
//! expanding module brings its own `math`.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// Integer helpers, for all eight integer dtypes.
pub trait Int: Copy {
    /// Quotient rounded down; by zero 0, as NumPy.
    fn floor_div(self, other: Self) -> Self;
    /// Remainder with the divisor's sign; by zero 0.
    fn floor_mod(self, other: Self) -> Self;
    /// Power, wrapping. A negative power (an error that the caller raises) is 0.
    fn power(self, exponent: Self) -> Self;
    /// Magnitude; the lowest integer stays.
    fn abs(self) -> Self;
    /// `self << count`, 0 for a count outside the width.
    fn left_shift(self, count: Self) -> Self;
    /// `self >> count`, 0 or -1 for a count outside the width.
    fn right_shift(self, count: Self) -> Self;
    /// -1, 0 or 1.
    fn signum(self) -> Self;
    /// `1 / self` towards zero; of 0 what NumPy gives on x86: the conversion of an infinity.
    fn reciprocal(self) -> Self;
    /// Remainder with the sign of `self`; by zero 0.
    fn remainder(self, other: Self) -> Self;
    /// Greatest common divisor, not negative where it fits.
    fn gcd(self, other: Self) -> Self;
    /// Least common multiple, wrapping.
    fn lcm(self, other: Self) -> Self;
    /// Whether it is negative.
    fn is_below_zero(self) -> bool;
}

macro_rules! euclid {
    ($t:ty) => {
        #[inline(always)]
        fn remainder(self, other: Self) -> Self {
            if other == 0 { 0 } else { self.wrapping_rem(other) }
        }
        #[inline(always)]
        fn gcd(self, other: Self) -> Self {
            let (mut a, mut b) = (self, other);
            while b != 0 {
                (a, b) = (b, a.wrapping_rem(b));
            }
            Int::abs(a)
        }
        #[inline(always)]
        fn lcm(self, other: Self) -> Self {
            let gcd = Int::gcd(self, other);
            if gcd == 0 { 0 } else { Int::abs(self).wrapping_div(gcd).wrapping_mul(Int::abs(other)) }
        }
        #[inline(always)]
        fn reciprocal(self) -> Self {
            match self {
                // What x86 makes of an infinity: the lowest integer.
                0 if <$t>::MIN != 0 && <$t>::BITS >= 32 => <$t>::MIN,
                0 => 0,
                1 => 1,
                x => ((1 as $t).wrapping_div(x)),
            }
        }
    };
}

macro_rules! wrapping_power {
    ($base:expr, $exponent:expr) => {{
        let (mut base, mut exponent, mut out) = ($base, $exponent, 1);
        while exponent > 0 {
            if exponent & 1 == 1 {
                out = Self::wrapping_mul(out, base);
            }
            base = base.wrapping_mul(base);
            exponent >>= 1;
        }
        out
    }};
}

macro_rules! signed {
    ($($t:ty)*) => {$(
        impl Int for $t {
            #[inline(always)]
            fn floor_div(self, other: Self) -> Self {
                if other == 0 { return 0; }
                let (q, r) = (self.wrapping_div(other), self.wrapping_rem(other));
                if r != 0 && (r < 0) != (other < 0) { q - 1 } else { q }
            }
            #[inline(always)]
            fn floor_mod(self, other: Self) -> Self {
                if other == 0 { return 0; }
                let r = self.wrapping_rem(other);
                if r != 0 && (r < 0) != (other < 0) { r + other } else { r }
            }
            #[inline(always)]
            fn power(self, exponent: Self) -> Self {
                if exponent < 0 { 0 } else { wrapping_power!(self, exponent) }
            }
            #[inline(always)]
            fn abs(self) -> Self { self.wrapping_abs() }
            #[inline(always)]
            fn left_shift(self, count: Self) -> Self {
                if (0..<$t>::BITS as i128).contains(&(count as i128)) { self << count } else { 0 }
            }
            #[inline(always)]
            fn right_shift(self, count: Self) -> Self {
                if (0..<$t>::BITS as i128).contains(&(count as i128)) { self >> count } else if self < 0 { -1 } else { 0 }
            }
            #[inline(always)]
            fn signum(self) -> Self { <$t>::signum(self) }
            #[inline(always)]
            fn is_below_zero(self) -> bool { self < 0 }
            euclid!($t);
        }
    )*};
}

macro_rules! unsigned {
    ($($t:ty)*) => {$(
        impl Int for $t {
            #[inline(always)]
            fn floor_div(self, other: Self) -> Self { self.checked_div(other).unwrap_or(0) }
            #[inline(always)]
            fn floor_mod(self, other: Self) -> Self { self.checked_rem(other).unwrap_or(0) }
            #[inline(always)]
            fn power(self, exponent: Self) -> Self { wrapping_power!(self, exponent) }
            #[inline(always)]
            fn abs(self) -> Self { self }
            #[inline(always)]
            fn left_shift(self, count: Self) -> Self {
                if (count as u128) < <$t>::BITS as u128 { self << count } else { 0 }
            }
            #[inline(always)]
            fn right_shift(self, count: Self) -> Self {
                if (count as u128) < <$t>::BITS as u128 { self >> count } else { 0 }
            }
            #[inline(always)]
            fn signum(self) -> Self { <$t>::from(self != 0) }
            #[inline(always)]
            fn is_below_zero(self) -> bool { false }
            euclid!($t);
        }
    )*};
}

signed!(i8 i16 i32 i64);
unsigned!(u8 u16 u32 u64);

/// Float helpers, for `f32` and `f64`.
pub trait Real: Copy {
    /// Quotient rounded down, with NumPy's rules for zero and infinity.
    fn floor_div(self, other: Self) -> Self;
    /// Remainder with the divisor's sign, with NumPy's rules for zero and infinity.
    fn floor_mod(self, other: Self) -> Self;
    /// The larger; NaN if either is NaN; the second of equals, as NumPy on x86 chooses between signed zeros.
    fn maximum(self, other: Self) -> Self;
    /// The smaller; NaN if either is NaN; the second of equals.
    fn minimum(self, other: Self) -> Self;
    /// The larger; the number of a number and NaN.
    fn fmax(self, other: Self) -> Self;
    /// The smaller; the number of a number and NaN.
    fn fmin(self, other: Self) -> Self;
    /// -1, 0 or 1; NaN of NaN.
    fn sign(self) -> Self;
    /// 0 below 0, 1 above, `at_zero` at 0.
    fn heaviside(self, at_zero: Self) -> Self;
    /// The next float in the direction of `other`.
    fn next_after(self, other: Self) -> Self;
    /// 0, whatever it is.
    fn zero_of(self) -> Self;
    /// Degrees to radians.
    fn deg2rad(self) -> Self;
    /// Radians to degrees.
    fn rad2deg(self) -> Self;
}

macro_rules! real {
    ($($t:ty)*) => {$(
        impl Real for $t {
            #[inline(always)]
            fn floor_div(self, other: Self) -> Self {
                if other == 0.0 { return self / other; }
                // The remainder is exact, so (a - r) / b is close to an integer, which rounding then finds.
                let r = self % other;
                let mut q = (self - r) / other;
                if r != 0.0 && (r < 0.0) != (other < 0.0) { q -= 1.0; }
                if q == 0.0 { return (0.0 as $t).copysign(self / other); }
                let floor = q.floor();
                if q - floor > 0.5 { floor + 1.0 } else { floor }
            }
            #[inline(always)]
            fn floor_mod(self, other: Self) -> Self {
                let r = self % other;
                if other == 0.0 || r.is_nan() { return r; }
                if r == 0.0 { return (0.0 as $t).copysign(other); }
                if (r < 0.0) != (other < 0.0) { r + other } else { r }
            }
            #[inline(always)]
            fn maximum(self, other: Self) -> Self {
                if self > other || self.is_nan() { self } else { other }
            }
            #[inline(always)]
            fn minimum(self, other: Self) -> Self {
                if self < other || self.is_nan() { self } else { other }
            }
            #[inline(always)]
            fn fmax(self, other: Self) -> Self {
                if self > other || other.is_nan() { self } else { other }
            }
            #[inline(always)]
            fn fmin(self, other: Self) -> Self {
                if self < other || other.is_nan() { self } else { other }
            }
            #[inline(always)]
            fn sign(self) -> Self {
                if self > 0.0 { 1.0 } else if self < 0.0 { -1.0 } else if self == 0.0 { 0.0 } else { self }
            }
            #[inline(always)]
            fn heaviside(self, at_zero: Self) -> Self {
                if self > 0.0 { 1.0 } else if self < 0.0 { 0.0 } else if self == 0.0 { at_zero } else { self }
            }
            #[inline(always)]
            fn next_after(self, other: Self) -> Self {
                if self.is_nan() || other.is_nan() {
                    self + other
                } else if self == other {
                    other
                } else if other > self {
                    self.next_up()
                } else {
                    self.next_down()
                }
            }
            #[inline(always)]
            fn zero_of(self) -> Self { 0.0 }
            #[inline(always)]
            fn deg2rad(self) -> Self { self * (std::f64::consts::PI / 180.0) as $t }
            #[inline(always)]
            fn rad2deg(self) -> Self { self * (180.0 / std::f64::consts::PI) as $t }
        }
    )*};
}
real!(f32 f64);

/// A complex number of any crate: real and imaginary part.
pub trait Complex: Copy {
    /// The dtype of the parts.
    type Part: Copy + PartialOrd + Mul<Output = Self::Part> + Div<Output = Self::Part> + Float;
    /// Real and imaginary part.
    fn parts(self) -> (Self::Part, Self::Part);
    /// From real and imaginary part.
    fn from_parts(re: Self::Part, im: Self::Part) -> Self;
}

#[cfg(feature = "complex")]
macro_rules! num_complex {
    ($($t:ty)*) => {$(
        impl Complex for num_complex::Complex<$t> {
            type Part = $t;
            #[inline(always)]
            fn parts(self) -> ($t, $t) { (self.re, self.im) }
            #[inline(always)]
            fn from_parts(re: $t, im: $t) -> Self { num_complex::Complex { re, im } }
        }
    )*};
}
#[cfg(feature = "complex")]
num_complex!(f32 f64);

/// What complex division needs of its parts.
pub trait Float: Copy + std::ops::Add<Output = Self> + std::ops::Sub<Output = Self> {
    /// Magnitude.
    fn magnitude(self) -> Self;
    /// Whether it is 0.
    fn is_zero(self) -> bool;
    /// Whether it is NaN.
    fn is_not_a_number(self) -> bool;
    /// Minus the number.
    fn negate(self) -> Self;
    /// The nearest integer, halves to the even one.
    fn rounded(self) -> Self;
    /// 1.
    const ONE: Self;
}

macro_rules! float {
    ($($t:ty)*) => {$(
        impl Float for $t {
            #[inline(always)]
            fn magnitude(self) -> Self { self.abs() }
            #[inline(always)]
            fn is_zero(self) -> bool { self == 0.0 }
            #[inline(always)]
            fn is_not_a_number(self) -> bool { self.is_nan() }
            #[inline(always)]
            fn negate(self) -> Self { -self }
            #[inline(always)]
            fn rounded(self) -> Self { self.round_ties_even() }
            const ONE: Self = 1.0;
        }
    )*};
}
float!(f32 f64);

/// Smith's algorithm, as NumPy divides: no overflow where the quotient has none.
#[inline(always)]
pub fn complex_div<C: Complex>(a: C, b: C) -> C {
    let ((ar, ai), (br, bi)) = (a.parts(), b.parts());
    if br.magnitude() >= bi.magnitude() {
        if br.is_zero() && bi.is_zero() {
            return C::from_parts(ar / br.magnitude(), ai / br.magnitude());
        }
        let ratio = bi / br;
        let scale = C::Part::ONE / (br + bi * ratio);
        C::from_parts((ar + ai * ratio) * scale, (ai - ar * ratio) * scale)
    } else {
        let ratio = br / bi;
        let scale = C::Part::ONE / (bi + br * ratio);
        C::from_parts((ar * ratio + ai) * scale, (ai * ratio - ar) * scale)
    }
}

/// `a < b` by real part, then imaginary part.
#[inline(always)]
pub fn complex_less<C: Complex>(a: C, b: C) -> bool {
    let ((ar, ai), (br, bi)) = (a.parts(), b.parts());
    (ar < br && !ai.is_not_a_number() && !bi.is_not_a_number()) || (ar == br && ai < bi)
}

/// `a <= b` by real part, then imaginary part.
#[inline(always)]
pub fn complex_less_equal<C: Complex>(a: C, b: C) -> bool {
    let ((ar, ai), (br, bi)) = (a.parts(), b.parts());
    (ar < br && !ai.is_not_a_number() && !bi.is_not_a_number()) || (ar == br && ai <= bi)
}

#[inline(always)]
fn has_nan<C: Complex>(a: C) -> bool {
    let (re, im) = a.parts();
    re.is_not_a_number() || im.is_not_a_number()
}

/// The larger by `complex_less_equal`; the first with a NaN wins.
#[inline(always)]
pub fn complex_maximum<C: Complex>(a: C, b: C) -> C {
    if has_nan(a) || (!has_nan(b) && complex_less_equal(b, a)) { a } else { b }
}

/// The smaller by `complex_less_equal`; the first with a NaN wins.
#[inline(always)]
pub fn complex_minimum<C: Complex>(a: C, b: C) -> C {
    if has_nan(a) || (!has_nan(b) && complex_less_equal(a, b)) { a } else { b }
}

/// The larger; the number of a number and NaN.
#[inline(always)]
pub fn complex_fmax<C: Complex>(a: C, b: C) -> C {
    if has_nan(b) || (!has_nan(a) && complex_less_equal(b, a)) { a } else { b }
}

/// The smaller; the number of a number and NaN.
#[inline(always)]
pub fn complex_fmin<C: Complex>(a: C, b: C) -> C {
    if has_nan(b) || (!has_nan(a) && complex_less_equal(a, b)) { a } else { b }
}

/// The conjugate.
#[inline(always)]
pub fn complex_conjugate<C: Complex>(a: C) -> C {
    let (re, im) = a.parts();
    C::from_parts(re, C::Part::negate(im))
}

/// Both parts rounded to the nearest integer, halves to the even one.
#[inline(always)]
pub fn complex_rint<C: Complex>(a: C) -> C {
    let (re, im) = a.parts();
    C::from_parts(re.rounded(), im.rounded())
}

/// `1 / a` by Smith's algorithm, as NumPy's `reciprocal`.
#[inline(always)]
pub fn complex_reciprocal<C: Complex>(a: C) -> C {
    let (re, im) = a.parts();
    if im.magnitude() <= re.magnitude() {
        let ratio = im / re;
        let scale = re + im * ratio;
        C::from_parts(C::Part::ONE / scale, C::Part::negate(ratio) / scale)
    } else {
        let ratio = re / im;
        let scale = re * ratio + im;
        C::from_parts(ratio / scale, C::Part::negate(C::Part::ONE) / scale)
    }
}

/// Count, mean (or sum) and sum of squared deviations from the mean of some elements.
pub type Moments<T> = (T, T, T);

/// Elements that have moments, and Chan's merge: the meaning of `ReduceOp::Moments`.
pub trait Spread:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// A number of elements.
    fn of(n: usize) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// The squared deviation of one element: 0, or NaN if it is not finite.
    fn alone(x: Self) -> Self;
    /// Mean and squares of two parts together; each is count, mean, squares.
    fn join(a: Moments<Self>, b: Moments<Self>) -> (Self, Self);
    /// The same with their count.
    fn join_counted(a: Moments<Self>, b: Moments<Self>) -> Moments<Self>;
    /// Squares as NumPy's two passes have them where something overflows: the deviations from an infinite mean are infinite, and
    /// those of finite elements are never NaN.
    fn settle(sum: Self, squares: Self) -> Self;
    /// Two parts together; each is count, sum, squares.
    fn join_sums(a: Moments<Self>, b: Moments<Self>) -> Moments<Self>;
}

macro_rules! spread {
    ($($t:ident)*) => {$(
        impl Spread for $t {
            #[inline(always)]
            fn of(n: usize) -> $t {
                n as $t
            }

            #[inline(always)]
            fn is_finite(self) -> bool {
                self.is_finite()
            }

            #[inline(always)]
            fn alone(x: $t) -> $t {
                x - x
            }

            #[inline(always)]
            fn join(a: Moments<$t>, b: Moments<$t>) -> ($t, $t) {
                if a.0 == 0.0 || b.0 == 0.0 {
                    return if a.0 == 0.0 { (b.1, b.2) } else { (a.1, a.2) };
                }
                let (off, share) = (b.1 - a.1, b.0 / (a.0 + b.0));
                // Means that overflowed are infinitely far from everything: NaN says only that an element is not finite.
                let between = if off.is_nan() { $t::INFINITY } else { off * (off * (a.0 * share)) };
                (a.1 + off * share, a.2 + b.2 + between)
            }

            #[inline(always)]
            fn join_counted(a: Moments<$t>, b: Moments<$t>) -> Moments<$t> {
                let (mean, squares) = <$t>::join(a, b);
                (a.0 + b.0, mean, squares)
            }

            #[inline(always)]
            fn settle(sum: $t, squares: $t) -> $t {
                if sum.is_nan() || (sum.is_infinite() && squares.is_nan()) {
                    $t::NAN
                } else if sum.is_infinite() || !squares.is_finite() {
                    $t::INFINITY
                } else {
                    squares
                }
            }

            fn join_sums(a: Moments<$t>, b: Moments<$t>) -> Moments<$t> {
                let sum = a.1 + b.1;
                // A sum that overflowed in a part has no mean, and what is between the parts does not matter then.
                let squares = if sum.is_finite() {
                    <$t>::join((a.0, a.1 / a.0, a.2), (b.0, b.1 / b.0, b.2)).1
                } else {
                    a.2 + b.2
                };
                (a.0 + b.0, sum, <$t>::settle(sum, squares))
            }
        }
    )*};
}
spread!(f32 f64);
