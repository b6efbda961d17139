//! The Rust types of the 13 dtypes.
//!
//! `Element` is sealed: the operator table knows exactly these types. A `Scalar` of the IR becomes an element as NumPy
//! casts it: integers wrap, floats lose digits, complex numbers lose their imaginary part, a truth value is "not zero".

use num_complex::Complex;
use nums_ir::dtype::DType;
use nums_ir::func::Scalar;
use std::fmt::Debug;

/// Complex of two `f32`.
#[allow(non_camel_case_types)]
pub type c64 = Complex<f32>;
/// Complex of two `f64`.
#[allow(non_camel_case_types)]
pub type c128 = Complex<f64>;

/// The element types by their dtype's name: what `native_group!` resolves names in.
#[doc(hidden)]
pub mod types {
    pub use super::{c64, c128};
    pub use std::primitive::{bool, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64};
}

mod sealed {
    pub trait Sealed {}
}

/// A type that arrays can hold: `bool`, the integers of 8 to 64 bits, `f32`, `f64`, `c64`, `c128`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an element type of nums",
    note = "element types are `bool`, `i8` to `i64`, `u8` to `u64`, `f32`, `f64`, `nums::c64` and `nums::c128`"
)]
pub trait Element: sealed::Sealed + Copy + Send + Sync + 'static + PartialEq + Debug + Default {
    /// The dtype of this type.
    const DTYPE: DType;

    /// The element that NumPy's `astype` makes of `scalar`.
    fn from_scalar(scalar: Scalar) -> Self;

    /// The element as a scalar, exact.
    fn to_scalar(self) -> Scalar;

    #[doc(hidden)]
    fn slice<'a>(slice: Slice<'a>) -> Option<&'a [Self]>;

    #[doc(hidden)]
    fn slice_mut<'a>(slice: SliceMut<'a>) -> Option<&'a mut [Self]>;

    #[doc(hidden)]
    fn wrap(slice: &[Self]) -> Slice<'_>;

    #[doc(hidden)]
    fn wrap_mut(slice: &mut [Self]) -> SliceMut<'_>;
}

/// The real floating-point types, `f32` and `f64`: the bound of `fn f<T: Float>` in `nums!`.
pub trait Float: Element {}
impl Float for f32 {}
impl Float for f64 {}

macro_rules! slices {
    ($($Name:ident $t:ty, $doc:literal;)*) => {
        /// Elements of any dtype, read.
        #[derive(Clone, Copy, Debug)]
        pub enum Slice<'a> { $( #[doc = $doc] $Name(&'a [$t]) ),* }

        /// Elements of any dtype, written.
        #[derive(Debug)]
        pub enum SliceMut<'a> { $( #[doc = $doc] $Name(&'a mut [$t]) ),* }

        impl<'a> Slice<'a> {
            /// Their dtype.
            pub fn dtype(&self) -> DType { match self { $(Slice::$Name(_) => DType::$Name),* } }

            /// How many.
            #[allow(clippy::len_without_is_empty)]
            pub fn len(&self) -> usize { match self { $(Slice::$Name(s) => s.len()),* } }

            /// A part of them; `None` outside.
            #[must_use]
            pub fn get(self, range: std::ops::Range<usize>) -> Option<Slice<'a>> {
                match self { $(Slice::$Name(s) => s.get(range).map(Slice::$Name)),* }
            }

            /// Their bytes, in this machine's order.
            pub(crate) fn bytes(self) -> &'a [u8] { match self { $(Slice::$Name(s) => bytemuck::cast_slice(s)),* } }
        }

        impl SliceMut<'_> {
            /// The same elements, borrowed for a shorter time.
            pub fn reborrow(&mut self) -> SliceMut<'_> { match self { $(SliceMut::$Name(s) => SliceMut::$Name(s)),* } }

            /// Their dtype.
            pub fn dtype(&self) -> DType { match self { $(SliceMut::$Name(_) => DType::$Name),* } }

            /// How many.
            #[allow(clippy::len_without_is_empty)]
            pub fn len(&self) -> usize { match self { $(SliceMut::$Name(s) => s.len()),* } }
        }

        $(
            impl sealed::Sealed for $t {}
            impl Element for $t {
                const DTYPE: DType = DType::$Name;

                #[inline(always)]
                fn from_scalar(scalar: Scalar) -> Self { FromScalar::convert(scalar) }

                #[inline(always)]
                fn to_scalar(self) -> Scalar { FromScalar::scalar(self) }

                #[inline(always)]
                fn slice<'a>(slice: Slice<'a>) -> Option<&'a [Self]> {
                    if let Slice::$Name(s) = slice { Some(s) } else { None }
                }

                #[inline(always)]
                fn slice_mut<'a>(slice: SliceMut<'a>) -> Option<&'a mut [Self]> {
                    if let SliceMut::$Name(s) = slice { Some(s) } else { None }
                }

                #[inline(always)]
                fn wrap(slice: &[Self]) -> Slice<'_> { Slice::$Name(slice) }

                #[inline(always)]
                fn wrap_mut(slice: &mut [Self]) -> SliceMut<'_> { SliceMut::$Name(slice) }
            }
        )*
    };
}
slices! {
    Bool bool, "Booleans.";
    I8 i8, "`i8`.";
    I16 i16, "`i16`.";
    I32 i32, "`i32`.";
    I64 i64, "`i64`.";
    U8 u8, "`u8`.";
    U16 u16, "`u16`.";
    U32 u32, "`u32`.";
    U64 u64, "`u64`.";
    F32 f32, "`f32`.";
    F64 f64, "`f64`.";
    C64 c64, "`c64`.";
    C128 c128, "`c128`.";
}

/// Runs an expression with a type name bound to the Rust type of a dtype: `with_type!(dtype, T => block::<T>())`.
macro_rules! with_type {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            nums_ir::dtype::DType::Bool => {
                type $T = bool;
                $body
            }
            nums_ir::dtype::DType::I8 => {
                type $T = i8;
                $body
            }
            nums_ir::dtype::DType::I16 => {
                type $T = i16;
                $body
            }
            nums_ir::dtype::DType::I32 => {
                type $T = i32;
                $body
            }
            nums_ir::dtype::DType::I64 => {
                type $T = i64;
                $body
            }
            nums_ir::dtype::DType::U8 => {
                type $T = u8;
                $body
            }
            nums_ir::dtype::DType::U16 => {
                type $T = u16;
                $body
            }
            nums_ir::dtype::DType::U32 => {
                type $T = u32;
                $body
            }
            nums_ir::dtype::DType::U64 => {
                type $T = u64;
                $body
            }
            nums_ir::dtype::DType::F32 => {
                type $T = f32;
                $body
            }
            nums_ir::dtype::DType::F64 => {
                type $T = f64;
                $body
            }
            nums_ir::dtype::DType::C64 => {
                type $T = $crate::element::c64;
                $body
            }
            nums_ir::dtype::DType::C128 => {
                type $T = $crate::element::c128;
                $body
            }
        }
    };
}
pub(crate) use with_type;

/// `Scalar` to and from one type.
trait FromScalar: Sized {
    fn convert(scalar: Scalar) -> Self;
    fn scalar(self) -> Scalar;
}

impl FromScalar for bool {
    #[inline(always)]
    fn convert(scalar: Scalar) -> bool {
        match scalar {
            Scalar::Bool(b) => b,
            Scalar::Int(i) => i != 0,
            Scalar::Float(x) => x != 0.0,
            Scalar::Complex(re, im) => (re != 0.0) | (im != 0.0),
        }
    }

    #[inline(always)]
    fn scalar(self) -> Scalar {
        Scalar::Bool(self)
    }
}

macro_rules! real_scalars {
    ($($t:ident $Kind:ident as $wide:ident;)*) => {$(
        impl FromScalar for $t {
            #[inline(always)]
            fn convert(scalar: Scalar) -> $t {
                match scalar {
                    Scalar::Bool(b) => u8::from(b) as $t,
                    Scalar::Int(i) => i as $t,
                    Scalar::Float(x) | Scalar::Complex(x, _) => x as $t,
                }
            }

            #[inline(always)]
            fn scalar(self) -> Scalar { Scalar::$Kind(self as $wide) }
        }
    )*};
}
real_scalars! {
    i8 Int as i128; i16 Int as i128; i32 Int as i128; i64 Int as i128;
    u8 Int as i128; u16 Int as i128; u32 Int as i128; u64 Int as i128;
    f32 Float as f64; f64 Float as f64;
}

macro_rules! complex_scalars {
    ($($t:ty, $part:ident;)*) => {$(
        impl FromScalar for $t {
            #[inline(always)]
            fn convert(scalar: Scalar) -> $t {
                match scalar {
                    Scalar::Complex(re, im) => Complex::new(re as $part, im as $part),
                    Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) => Complex::new($part::convert(scalar), 0.0),
                }
            }

            #[inline(always)]
            fn scalar(self) -> Scalar { Scalar::Complex(f64::from(self.re), f64::from(self.im)) }
        }
    )*};
}
complex_scalars! { c64, f32; c128, f64; }

#[cfg(test)]
mod tests {
    use super::{Element, c64};
    use nums_ir::dtype::DType;
    use nums_ir::func::Scalar;

    #[test]
    fn every_type_names_its_own_dtype_and_keeps_its_scalars() {
        for dtype in DType::ALL {
            with_type!(dtype, T => {
                assert_eq!(T::DTYPE, dtype);
                assert_eq!(size_of::<T>(), dtype.size());
                let one = T::from_scalar(Scalar::Int(1));
                assert_eq!(T::from_scalar(one.to_scalar()), one);
            });
        }
        assert_eq!(u64::from_scalar(u64::MAX.to_scalar()), u64::MAX);
    }

    #[test]
    fn scalars_are_cast_as_numpy_casts() {
        assert_eq!(u8::from_scalar(Scalar::Int(257)), 1);
        assert_eq!(i32::from_scalar(Scalar::Float(-2.9)), -2);
        assert_eq!(c64::from_scalar(Scalar::Float(0.5)), c64::new(0.5, 0.0));
        assert!(bool::from_scalar(Scalar::Complex(0.0, 2.0)) && !bool::from_scalar(Scalar::Int(0)));
    }
}
