//! `Tensor`: a whole array of any of the 13 dtypes, and NumPy's `astype` between them.
//!
//! Conversions go through `Scalar`, which holds every element of every dtype exactly: integers wrap, a float becomes an
//! integer by truncation (saturating, NaN is 0), anything not zero is true, the imaginary part of a complex number is dropped.

use crate::dtype::DType;
use crate::func::Scalar;
use ndarray::{ArrayD, Dimension, IxDyn};
use num_complex::Complex;
use std::fmt;

/// A Rust type that is the element of a `Tensor`.
pub trait Item: Copy + PartialEq + fmt::Debug + 'static {
    /// Its dtype.
    const DTYPE: DType;
    /// The array as a `Tensor`.
    fn wrap(array: ArrayD<Self>) -> Tensor;
    /// The array of `tensor`, if it has this dtype.
    fn view(tensor: &Tensor) -> Option<&ArrayD<Self>>;
    /// The element, exactly.
    fn scalar(self) -> Scalar;
    /// `scalar` as `astype` converts it.
    fn from_scalar(scalar: Scalar) -> Self;
}

macro_rules! tensor {
    ($($(#[doc = $doc:literal])* $Name:ident $t:ty),*) => {
        /// A whole array.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Tensor { $( $(#[doc = $doc])* $Name(ArrayD<$t>) ),* }

        impl Tensor {
            /// The dtype of the elements.
            pub fn dtype(&self) -> DType { match self { $(Tensor::$Name(_) => DType::$Name),* } }

            /// Sizes of the axes.
            pub fn shape(&self) -> &[usize] { match self { $(Tensor::$Name(x) => x.shape()),* } }

            /// `scalars` in C order as an array of `dtype`, converted as `astype` does.
            ///
            /// # Errors
            /// A shape of another size.
            pub fn from_scalars(dtype: DType, shape: &[usize], scalars: Vec<Scalar>) -> Result<Tensor, String> {
                match dtype { $(DType::$Name => Tensor::from_vec(shape, scalars.into_iter().map(<$t as Item>::from_scalar).collect())),* }
            }

            /// The elements in C order.
            pub fn scalars(&self) -> Vec<Scalar> { match self { $(Tensor::$Name(x) => x.iter().map(|&x| Item::scalar(x)).collect()),* } }

            /// The array of `shape` whose element at an index is what `source` names: an operand of this dtype, and an
            /// index of it.
            pub fn choose(dtype: DType, from: &[&Tensor], shape: &[usize], source: impl Fn(&[usize]) -> (usize, Vec<usize>)) -> Tensor {
                match dtype {
                    $(DType::$Name => {
                        let from: Vec<&ArrayD<$t>> = from.iter().filter_map(|x| <$t>::view(x)).collect();
                        Tensor::$Name(ArrayD::from_shape_fn(shape, |index: IxDyn| {
                            let (which, index) = source(index.as_array_view().as_slice().expect("an index is contiguous"));
                            from[which][IxDyn(&index)]
                        }))
                    })*
                }
            }
        }
        $(impl Item for $t {
            const DTYPE: DType = DType::$Name;
            fn wrap(array: ArrayD<Self>) -> Tensor { Tensor::$Name(array) }
            fn view(tensor: &Tensor) -> Option<&ArrayD<Self>> {
                if let Tensor::$Name(x) = tensor { Some(x) } else { None }
            }
            fn scalar(self) -> Scalar { Exact::scalar(self) }
            fn from_scalar(scalar: Scalar) -> Self { Exact::from_scalar(scalar) }
        })*
    };
}
tensor! {
    /// Of `bool`.
    Bool bool,
    /// Of `i8`.
    I8 i8,
    /// Of `i16`.
    I16 i16,
    /// Of `i32`.
    I32 i32,
    /// Of `i64`.
    I64 i64,
    /// Of `u8`.
    U8 u8,
    /// Of `u16`.
    U16 u16,
    /// Of `u32`.
    U32 u32,
    /// Of `u64`.
    U64 u64,
    /// Of `f32`.
    F32 f32,
    /// Of `f64`.
    F64 f64,
    /// Of complex `f32`.
    C64 Complex<f32>,
    /// Of complex `f64`.
    C128 Complex<f64>
}

/// The conversions, by kind of element.
trait Exact {
    fn scalar(self) -> Scalar;
    fn from_scalar(scalar: Scalar) -> Self;
}

impl Exact for bool {
    fn scalar(self) -> Scalar {
        Scalar::Bool(self)
    }

    fn from_scalar(scalar: Scalar) -> bool {
        match scalar {
            Scalar::Bool(b) => b,
            Scalar::Int(i) => i != 0,
            Scalar::Float(x) => x != 0.0,
            Scalar::Complex(re, im) => re != 0.0 || im != 0.0,
        }
    }
}

macro_rules! exact_int {
    ($($t:ty)*) => {$(
        impl Exact for $t {
            fn scalar(self) -> Scalar { Scalar::Int(i128::from(self)) }
            fn from_scalar(scalar: Scalar) -> $t {
                match scalar {
                    Scalar::Bool(b) => <$t>::from(b),
                    Scalar::Int(i) => i as $t,
                    Scalar::Float(x) | Scalar::Complex(x, _) => x as $t,
                }
            }
        }
    )*};
}
exact_int!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! exact_float {
    ($($t:ty)*) => {$(
        impl Exact for $t {
            fn scalar(self) -> Scalar { Scalar::Float(f64::from(self)) }
            fn from_scalar(scalar: Scalar) -> $t {
                match scalar {
                    Scalar::Bool(b) => <$t>::from(b),
                    Scalar::Int(i) => i as $t,
                    Scalar::Float(x) | Scalar::Complex(x, _) => x as $t,
                }
            }
        }
        impl Exact for Complex<$t> {
            fn scalar(self) -> Scalar { Scalar::Complex(f64::from(self.re), f64::from(self.im)) }
            fn from_scalar(scalar: Scalar) -> Complex<$t> {
                let im = match scalar {
                    Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) => 0.0,
                    Scalar::Complex(_, im) => im as $t,
                };
                Complex { re: Exact::from_scalar(scalar), im }
            }
        }
    )*};
}
exact_float!(f32 f64);

impl<T: Item> From<ArrayD<T>> for Tensor {
    fn from(array: ArrayD<T>) -> Tensor {
        T::wrap(array)
    }
}

impl Tensor {
    /// Elements in C order under a shape.
    ///
    /// # Errors
    /// A shape of another size.
    pub fn from_vec<T: Item>(shape: &[usize], elements: Vec<T>) -> Result<Tensor, String> {
        let n = elements.len();
        let array = ArrayD::from_shape_vec(shape, elements);
        array.map(T::wrap).map_err(|_| format!("{n} elements do not make an array of shape {shape:?}"))
    }

    /// A 0-d array.
    pub fn scalar<T: Item>(value: T) -> Tensor {
        T::wrap(ArrayD::from_elem(IxDyn(&[]), value))
    }

    /// A constant as a 0-d array of `dtype`.
    ///
    /// # Errors
    /// An integer that `dtype` cannot hold, a float for an integer dtype, a complex number for a real one.
    pub fn constant(value: Scalar, dtype: DType) -> Result<Tensor, String> {
        let tensor = Tensor::from_scalars(dtype, &[], vec![value])?;
        let exact = dtype.kind() >= value.kind();
        let held = match (value, tensor.scalars().as_slice()) {
            (Scalar::Int(a), [Scalar::Int(b)]) => a == *b,
            (Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_) | Scalar::Complex(..), _) => exact,
        };
        if exact && held { Ok(tensor) } else { Err(format!("the constant {value:?} is not of dtype {dtype}")) }
    }

    /// One value everywhere.
    pub fn full<T: Item>(shape: &[usize], value: T) -> Tensor {
        T::wrap(ArrayD::from_elem(shape, value))
    }

    /// The elements in C order, if the dtype is `T`'s.
    pub fn to_vec<T: Item>(&self) -> Option<Vec<T>> {
        T::view(self).map(|x| x.iter().copied().collect())
    }

    /// How many elements.
    pub fn size(&self) -> usize {
        self.shape().iter().product()
    }

    /// NumPy's `astype`; see the header for what it leaves to the machine.
    #[must_use]
    pub fn cast(&self, dtype: DType) -> Tensor {
        Tensor::from_scalars(dtype, self.shape(), self.scalars()).expect("as many elements as before")
    }

    /// The same elements in C order under another shape.
    ///
    /// # Errors
    /// A shape of another size.
    pub fn reshape(&self, shape: &[usize]) -> Result<Tensor, String> {
        Tensor::from_scalars(self.dtype(), shape, self.scalars())
    }

    /// The array of `shape` whose element at an index is this one's element at `source` of the index.
    pub fn gather(&self, shape: &[usize], source: impl Fn(&[usize]) -> Vec<usize>) -> Tensor {
        Tensor::choose(self.dtype(), &[self], shape, |index| (0, source(index)))
    }

    /// Views stretched to `shape` by NumPy's broadcasting, materialised.
    ///
    /// # Errors
    /// A shape that this one does not broadcast to.
    pub fn broadcast(&self, shape: &[usize]) -> Result<Tensor, String> {
        let own = self.shape().to_vec();
        let lead =
            shape.len().checked_sub(own.len()).filter(|&lead| own.iter().zip(&shape[lead..]).all(|(&a, &b)| a == b || a == 1));
        let Some(lead) = lead else { return Err(format!("{own:?} does not broadcast to {shape:?}")) };
        Ok(self.gather(shape, |index| own.iter().zip(&index[lead..]).map(|(&n, &i)| if n == 1 { 0 } else { i }).collect()))
    }
}

/// The shape that all of `shapes` broadcast to.
pub(super) fn common_shape<'a>(shapes: impl IntoIterator<Item = &'a [usize]>) -> Result<Vec<usize>, String> {
    let mut common: Vec<usize> = Vec::new();
    for shape in shapes {
        let rank = common.len().max(shape.len());
        let at = |s: &[usize], i: usize| (i + s.len()).checked_sub(rank).map_or(1, |i| s[i]);
        common = (0..rank)
            .map(|i| match (at(&common, i), at(shape, i)) {
                (a, b) if a == b || b == 1 => Ok(a),
                (1, b) => Ok(b),
                (a, b) => Err(format!("sizes {a} and {b} do not broadcast")),
            })
            .collect::<Result<_, _>>()?;
    }
    Ok(common)
}
