//! The operator table as types: `op::Add: Apply<(f64, f64), Out = f64>`, for every row and each of its dtypes.
//!
//! Loops are generic over these, so that each is one monomorphic loop whose body is the row. `map` runs them a tile at a
//! time, the macro's native code calls them an element at a time: the same meaning twice. Where single arguments would keep a
//! loop from being fast, the row has a second expression for all others (`Apply::usual`), with the same bits. Casts between all dtypes are
//! NumPy's `astype`, but for values outside an integer's range, which saturate (NaN gives 0).

use crate::element::{c64, c128};
use crate::vmath as math;
use num_complex::Complex;
use nums_ir::{for_each_map_op, scalar};
use std::marker::PhantomData;

/// The meaning of a row on scalars: `Args` is a tuple of its operands.
pub trait Apply<Args> {
    /// The result's element type.
    type Out;

    /// Whether some arguments are unusual (`nums_ir::group::has_unusual`). A loop then takes a chunk with `usual`, whose branches do not keep it
    /// from being vectorised, and with `apply` where not all of it was.
    const HAS_UNUSUAL: bool = false;

    /// The row's expression.
    fn apply(args: Args) -> Self::Out;

    /// The row's expression for usual arguments.
    #[inline(always)]
    fn usual(args: Args) -> Self::Out {
        Self::apply(args)
    }

    /// Whether arguments are usual.
    #[inline(always)]
    fn is_usual(_: &Args) -> bool {
        true
    }

    /// Whether there is an answer; only for unusual arguments there is none.
    #[inline(always)]
    fn is_defined(_: &Args) -> bool {
        true
    }
}

macro_rules! rows {
    ($( $(#[doc = $doc:literal])* $Name:ident $text:literal [$($alias:literal),*] $params:tt $rule:ident
        { $($class:ident : $body:expr;)* } )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $Name;
        $( row!($class $Name $params $rule $body); )*
    )*};
}

/// The row's implementations for the types of a class.
macro_rules! row {
    (bool $($row:tt)*) => { apply!(bool; $($row)*); };
    (int $($row:tt)*) => {
        apply!(i8; $($row)*); apply!(i16; $($row)*); apply!(i32; $($row)*); apply!(i64; $($row)*);
        apply!(u8; $($row)*); apply!(u16; $($row)*); apply!(u32; $($row)*); apply!(u64; $($row)*);
    };
    (float $($row:tt)*) => { apply!(f32; $($row)*); apply!(f64; $($row)*); };
    (complex $($row:tt)*) => { apply!(c64; $($row)*); apply!(c128; $($row)*); };
}

macro_rules! apply {
    ($t:ident; $Name:ident ($a:ident) $rule:ident $body:expr) => {
        impl Apply<($t,)> for $Name {
            type Out = out!($rule $t);

            #[inline(always)]
            fn apply(($a,): ($t,)) -> Self::Out {
                $body
            }

            unusual!($t $Name);
        }
    };
    ($t:ident; $Name:ident ($a:ident, $b:ident) $rule:ident $body:expr) => {
        impl Apply<($t, $t)> for $Name {
            type Out = out!($rule $t);

            #[inline(always)]
            fn apply(($a, $b): ($t, $t)) -> Self::Out {
                $body
            }

            unusual!($t $Name);
        }
    };
    ($t:ident; $Name:ident ($c:ident, $a:ident, $b:ident) $rule:ident $body:expr) => {
        impl Apply<(bool, $t, $t)> for $Name {
            type Out = out!($rule $t);

            #[inline(always)]
            fn apply(($c, $a, $b): (bool, $t, $t)) -> Self::Out {
                $body
            }
        }
    };
}

/// What is unusual of a row: far angles, negative powers of integers.
macro_rules! unusual {
    (f32 Sin) => { far!(f32 sin_near); };
    (f64 Sin) => { far!(f64 sin_near); };
    (f32 Cos) => { far!(f32 cos_near); };
    (f64 Cos) => { far!(f64 cos_near); };
    (f32 Power) => {};
    (f64 Power) => {};
    (c64 Power) => {};
    (c128 Power) => {};
    ($int:ident Power) => {
        const HAS_UNUSUAL: bool = true;

        #[inline(always)]
        fn is_usual((_, exponent): &($int, $int)) -> bool {
            !scalar::Int::is_below_zero(*exponent)
        }

        #[inline(always)]
        fn is_defined(args: &($int, $int)) -> bool {
            Self::is_usual(args)
        }
    };
    ($t:ident $Name:ident) => {};
}

macro_rules! far {
    ($t:ident $near:ident) => {
        const HAS_UNUSUAL: bool = true;

        #[inline(always)]
        fn usual((angle,): ($t,)) -> $t {
            math::$near(angle)
        }

        #[inline(always)]
        fn is_usual((angle,): &($t,)) -> bool {
            math::is_near(*angle)
        }
    };
}

/// The result type of a dtype rule.
macro_rules! out {
    (Compare $t:ident) => {
        bool
    };
    (Logic $t:ident) => {
        bool
    };
    (Predicate $t:ident) => {
        bool
    };
    (Abs c64) => {
        f32
    };
    (Abs c128) => {
        f64
    };
    ($rule:ident $t:ident) => {
        $t
    };
}
for_each_map_op!(rows);

/// A row, of usual arguments alone.
pub(crate) struct Usual<O>(PhantomData<O>);

impl<Args, O: Apply<Args>> Apply<Args> for Usual<O> {
    type Out = O::Out;

    #[inline(always)]
    fn apply(args: Args) -> O::Out {
        O::usual(args)
    }
}

/// NumPy's `astype` of one element.
pub trait Cast<To> {
    /// The element converted.
    fn cast(self) -> To;
}

/// `Cast` by name of the target, for native code.
#[doc(hidden)]
#[inline(always)]
pub fn cast<From: Cast<To>, To>(from: From) -> To {
    from.cast()
}

macro_rules! cast {
    ($from:ty => $($to:ty = |$x:ident| $body:expr;)*) => {$(
        impl Cast<$to> for $from {
            #[inline(always)]
            fn cast(self) -> $to { let $x = self; $body }
        }
    )*};
}

macro_rules! cast_real {
    ($($from:ident)*) => {$(
        cast! { $from =>
            bool = |x| x != (0 as $from);
            i8 = |x| x as i8; i16 = |x| x as i16; i32 = |x| x as i32; i64 = |x| x as i64;
            u8 = |x| x as u8; u16 = |x| x as u16; u32 = |x| x as u32; u64 = |x| x as u64;
            f32 = |x| x as f32; f64 = |x| x as f64;
            c64 = |x| Complex::new(x as f32, 0.0); c128 = |x| Complex::new(x as f64, 0.0);
        }
    )*};
}
cast_real!(i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);

cast! { bool =>
    bool = |x| x;
    i8 = |x| i8::from(x); i16 = |x| i16::from(x); i32 = |x| i32::from(x); i64 = |x| i64::from(x);
    u8 = |x| u8::from(x); u16 = |x| u16::from(x); u32 = |x| u32::from(x); u64 = |x| u64::from(x);
    f32 = |x| f32::from(u8::from(x)); f64 = |x| f64::from(u8::from(x));
    c64 = |x| Complex::new(f32::from(u8::from(x)), 0.0); c128 = |x| Complex::new(f64::from(u8::from(x)), 0.0);
}

macro_rules! cast_complex {
    ($($from:ident)*) => {$(
        cast! { $from =>
            bool = |z| (z.re != 0.0) | (z.im != 0.0);
            i8 = |z| z.re as i8; i16 = |z| z.re as i16; i32 = |z| z.re as i32; i64 = |z| z.re as i64;
            u8 = |z| z.re as u8; u16 = |z| z.re as u16; u32 = |z| z.re as u32; u64 = |z| z.re as u64;
            f32 = |z| z.re as f32; f64 = |z| z.re as f64;
            c64 = |z| Complex::new(z.re as f32, z.im as f32); c128 = |z| Complex::new(z.re as f64, z.im as f64);
        }
    )*};
}
cast_complex!(c64 c128);

#[cfg(test)]
mod tests {
    use super::Apply;
    use crate::element::{Element, c64, c128};
    use nums_ir::for_each_map_op;
    use nums_ir::group::has_unusual;
    use nums_ir::ops::MapOp;

    macro_rules! rows {
        ($( $(#[doc = $doc:literal])* $Name:ident $text:literal [$($alias:literal),*] $params:tt $rule:ident
            { $($class:ident : $body:expr;)* } )*) => {
            #[test]
            fn the_table_knows_which_rows_have_unusual_operands() {
                $($( class!($class $Name $params); )*)*
            }
        };
    }
    macro_rules! class {
        (bool $($row:tt)*) => { same!([bool] $($row)*); };
        (int $($row:tt)*) => { same!([i8 i16 i32 i64 u8 u16 u32 u64] $($row)*); };
        (float $($row:tt)*) => { same!([f32 f64] $($row)*); };
        (complex $($row:tt)*) => { same!([c64 c128] $($row)*); };
    }
    macro_rules! same {
        ([$($t:ident)*] $Name:ident ($a:ident)) => { $( same!(@ $t $Name ($t,)); )* };
        ([$($t:ident)*] $Name:ident ($a:ident, $b:ident)) => { $( same!(@ $t $Name ($t, $t)); )* };
        ([$($t:ident)*] $Name:ident ($c:ident, $a:ident, $b:ident)) => { $( same!(@ $t $Name (bool, $t, $t)); )* };
        (@ $t:ident $Name:ident $args:ty) => {
            assert_eq!(<super::$Name as Apply<$args>>::HAS_UNUSUAL, has_unusual(MapOp::$Name, <$t>::DTYPE), stringify!($Name $t));
        };
    }
    for_each_map_op!(rows);
}
