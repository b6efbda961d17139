//! Keys: unsigned integers that order as elements of real dtypes do.
//!
//! A key has as many bits as its element, and one element only: -0.0 comes before 0.0, NaN last and by their bits. Sorts, merges
//! and selections compare keys, because integers compare without a branch. `tied` gives what NumPy calls equal one key.

use crate::element::Element;

/// Elements whose order an unsigned integer has.
pub(super) trait Key: Element {
    /// The integer.
    fn key(self) -> u64;
    /// The element of an integer.
    fn of_key(key: u64) -> Self;
    /// The first key of those that are equal to one: ±0, and all NaN.
    fn tied(key: u64) -> u64;
    /// The number, rounded.
    fn wide(self) -> f64;
}

impl Key for bool {
    #[inline(always)]
    fn key(self) -> u64 {
        self.into()
    }

    #[inline(always)]
    fn of_key(key: u64) -> bool {
        key != 0
    }

    #[inline(always)]
    fn tied(key: u64) -> u64 {
        key
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self.into()
    }
}

macro_rules! key_int {
    ($($t:ty as $u:ty, $lowest:expr;)*) => {$(
        impl Key for $t {
            #[inline(always)]
            fn key(self) -> u64 { (self as $u ^ $lowest as $u).into() }
            #[inline(always)]
            fn of_key(key: u64) -> $t { (key as $u ^ $lowest as $u) as $t }
            #[inline(always)]
            fn tied(key: u64) -> u64 { key }
            #[inline(always)]
            fn wide(self) -> f64 { self as f64 }
        }
    )*};
}
key_int! {
    i8 as u8, i8::MIN; i16 as u16, i16::MIN; i32 as u32, i32::MIN; i64 as u64, i64::MIN;
    u8 as u8, 0; u16 as u16, 0; u32 as u32, 0; u64 as u64, 0;
}

// Negative numbers from -inf (0) to -0.0 come first, in the reverse order of their bits; then the positive ones up to infinity and
// the NaN without sign; NaN with a sign have the largest bits already.
macro_rules! key_float {
    ($($t:ty as $u:ty;)*) => {$(
        impl Key for $t {
            #[inline(always)]
            fn key(self) -> u64 {
                const LOWEST: $u = <$t>::NEG_INFINITY.to_bits();
                const ZERO: $u = <$t>::INFINITY.to_bits() + 1;
                let bits = self.to_bits();
                let positive = bits & !(<$u>::MAX >> 1) == 0;
                let key = if positive { bits + ZERO } else if bits <= LOWEST { LOWEST - bits } else { bits };
                key.into()
            }

            #[inline(always)]
            fn of_key(key: u64) -> $t {
                const LOWEST: $u = <$t>::NEG_INFINITY.to_bits();
                const ZERO: $u = <$t>::INFINITY.to_bits() + 1;
                let key = key as $u;
                <$t>::from_bits(if key > LOWEST { key } else if key >= ZERO { key - ZERO } else { LOWEST - key })
            }

            #[inline(always)]
            fn tied(key: u64) -> u64 {
                const ZERO: u64 = <$t>::INFINITY.to_bits() as u64 + 1;
                const INFINITY: u64 = <$t>::INFINITY.to_bits() as u64 + ZERO;
                if key > INFINITY { INFINITY + 1 } else if key == ZERO { ZERO - 1 } else { key }
            }

            #[inline(always)]
            fn wide(self) -> f64 { self.into() }
        }
    )*};
}
key_float! { f32 as u32; f64 as u64; }

/// Runs an expression with a type name bound to the Rust type of a real dtype, another one with the type of a complex dtype.
macro_rules! with_key {
    ($dtype:expr, $T:ident => $body:expr, complex $C:ident => $complex:expr) => {
        with_key!(@ $dtype;
            $T $body; Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64, F32 f32, F64 f64;
            $C $complex; C64 c64, C128 c128)
    };
    (@ $dtype:expr; $T:ident $body:expr; $($Name:ident $t:ident),*; $C:ident $complex:expr; $($Complex:ident $c:ident),*) => {
        match $dtype {
            $(nums_ir::dtype::DType::$Name => {
                type $T = $t;
                $body
            })*
            $(nums_ir::dtype::DType::$Complex => {
                #[allow(dead_code, reason = "most have no answer for complex numbers, of whatever type")]
                type $C = crate::element::$c;
                $complex
            })*
        }
    };
}
pub(super) use with_key;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_have_one_key_that_is_one_of_theirs() {
        let tied = |x: f64| f64::tied(x.key());
        assert_eq!(tied(0.0), tied(-0.0));
        assert_eq!(tied(f64::NAN), tied(-f64::from_bits(f64::NAN.to_bits() | 5)));
        let rising = [f64::NEG_INFINITY, f64::MIN, -1.0, -5e-324, 0.0, 5e-324, 1.0, f64::MAX, f64::INFINITY, f64::NAN].map(tied);
        assert!(rising.is_sorted_by(|a, b| a < b), "{rising:?}");
        let rising = [f32::NEG_INFINITY, -1.0, -1e-45, -0.0, 1e-45, f32::INFINITY, f32::NAN].map(|x| f32::tied(x.key()));
        assert!(rising.is_sorted_by(|a, b| a < b), "{rising:?}");
        assert_eq!((i8::tied(3), bool::tied(1)), (3, 1));
    }
}
