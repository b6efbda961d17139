//! What a call's results become: arrays, `ndarray` arrays, plain scalars, tuples.

use crate::array::{Array, DynArray, IntoScalar};
use crate::element::{Element, c64, c128};
use crate::error::{Error, Result};
use ndarray::ArrayD;

/// One result of a call.
pub struct Output {
    pub(crate) array: DynArray,
    /// A weak scalar: it has its kind's default dtype.
    pub(crate) weak: bool,
}

/// A type that one result can become. Arrays want the exact dtype; a scalar wants a 0-d result that fits without loss.
pub trait FromOutput: Sized {
    /// The result as this type; waits where it holds values.
    ///
    /// # Errors
    /// `Error::DType`, `Error::Shape`, or the failure of the call.
    fn from_output(output: Output) -> Result<Self>;
}

/// A type that the results of `nums!` can become.
#[diagnostic::on_unimplemented(
    message = "`nums!` cannot give `{Self}`",
    label = "not an array, a scalar, or a tuple of these",
    note = "annotate: `let v: f64 = nums!(…)?`, or name the result inside: `nums! {{ … -> f64 }}`"
)]
pub trait FromOutputs: Sized {
    /// All results as this type.
    ///
    /// # Errors
    /// As `FromOutput`, or `Error::Shape` for another number of results.
    fn from_outputs(outputs: Vec<Output>) -> Result<Self>;
}

impl FromOutput for DynArray {
    fn from_output(output: Output) -> Result<DynArray> {
        Ok(output.array)
    }
}

impl<T: Element> FromOutput for Array<T> {
    fn from_output(output: Output) -> Result<Array<T>> {
        exact::<T>(&output)?;
        Array::try_from(output.array)
    }
}

impl<T: Element> FromOutput for ArrayD<T> {
    fn from_output(output: Output) -> Result<ArrayD<T>> {
        exact::<T>(&output)?;
        output.array.to_ndarray()
    }
}

fn exact<T: Element>(output: &Output) -> Result<()> {
    if output.array.dtype() == T::DTYPE {
        return Ok(());
    }
    let found = format!("{}{}", output.array.dtype(), if output.weak { " (a plain scalar)" } else { "" });
    Err(Error::DType { what: "the result of `nums!`".into(), expected: T::DTYPE, found })
}

macro_rules! scalar {
    ($($t:ty),*) => { $(
        impl FromOutput for $t {
            fn from_output(output: Output) -> Result<$t> { <$t>::of(&output.array) }
        }
    )* };
}
scalar!(bool, i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f32, f64, c64, c128);

impl<T: FromOutput> FromOutputs for T {
    fn from_outputs(outputs: Vec<Output>) -> Result<T> {
        let [one] = count(outputs)?;
        T::from_output(one)
    }
}

fn count<const N: usize>(outputs: Vec<Output>) -> Result<[Output; N]> {
    let n = outputs.len();
    outputs.try_into().map_err(|_| Error::Shape { what: "the result of `nums!`".into(), why: asked(n, N) })
}

fn asked(has: usize, wanted: usize) -> String {
    let values = if has == 1 { "1 value".to_owned() } else { format!("{has} values") };
    format!("it has {values}, {wanted} {} asked for", if wanted == 1 { "is" } else { "are" })
}

macro_rules! tuple {
    ($n:literal: $($T:ident $v:ident),*) => {
        impl<$($T: FromOutput),*> FromOutputs for ($($T,)*) {
            fn from_outputs(outputs: Vec<Output>) -> Result<Self> {
                let [$($v),*] = count::<$n>(outputs)?;
                Ok(($($T::from_output($v)?,)*))
            }
        }
    };
}
tuple!(1: A a);
tuple!(2: A a, B b);
tuple!(3: A a, B b, C c);
tuple!(4: A a, B b, C c, D d);
tuple!(5: A a, B b, C c, D d, E e);
tuple!(6: A a, B b, C c, D d, E e, F f);
tuple!(7: A a, B b, C c, D d, E e, F f, G g);
tuple!(8: A a, B b, C c, D d, E e, F f, G g, H h);
tuple!(9: A a, B b, C c, D d, E e, F f, G g, H h, I i);
tuple!(10: A a, B b, C c, D d, E e, F f, G g, H h, I i, J j);
tuple!(11: A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k);
tuple!(12: A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l);
