//! The type of a value: dtype, shape, and whether it is a weak (Python-like) scalar.
//!
//! Written as in the source: `f64[n, d]` an array, `f64[]` a 0-d array (strong), `f64` a weak scalar, `f64[..]` an array of
//! any rank. Weak scalars adapt to the arrays beside them (NEP 50); only their kind matters, so a weak type always has the
//! kind's default dtype.

use crate::dim::Dim;
use crate::dtype::{DType, Kind};
use std::fmt;

/// The sizes of an array's axes, or "any rank".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// One size an axis.
    Known(Vec<Dim>),
    /// Rank and sizes are known when the call binds them.
    Any,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// Element type.
    pub dtype: DType,
    /// Sizes of the axes; empty for scalars.
    pub shape: Shape,
    /// A weak scalar: Rust scalars, literals, sizes.
    pub weak: bool,
}

impl Type {
    /// An array type with known axes.
    pub fn array(dtype: DType, dims: Vec<Dim>) -> Type {
        Type { dtype, shape: Shape::Known(dims), weak: false }
    }

    /// A weak scalar of `kind`.
    pub fn weak(kind: Kind) -> Type {
        Type { dtype: DType::default_of(kind), shape: Shape::Known(Vec::new()), weak: true }
    }

    /// An array type with constant axes.
    pub fn of(dtype: DType, sizes: &[usize]) -> Type {
        Type::array(dtype, sizes.iter().map(|&n| Dim::from(n)).collect())
    }

    /// The axes, if the rank is known.
    pub fn dims(&self) -> Option<&[Dim]> {
        match &self.shape {
            Shape::Known(dims) => Some(dims),
            Shape::Any => None,
        }
    }

    /// The rank, if known.
    pub fn rank(&self) -> Option<usize> {
        self.dims().map(<[Dim]>::len)
    }

    /// All sizes as constants, if they are bound.
    pub fn sizes(&self) -> Option<Vec<usize>> {
        self.dims()?.iter().map(|d| d.as_const().and_then(|c| usize::try_from(c).ok())).collect()
    }

    /// The same shape with another dtype, strong.
    #[must_use]
    pub fn with_dtype(&self, dtype: DType) -> Type {
        Type { dtype, shape: self.shape.clone(), weak: false }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Any => f.write_str("[..]"),
            Shape::Known(dims) => {
                f.write_str("[")?;
                for (i, d) in dims.iter().enumerate() {
                    write!(f, "{}{d}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.weak { write!(f, "{}", self.dtype) } else { write!(f, "{}{}", self.dtype, self.shape) }
    }
}
