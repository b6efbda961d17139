//! The element-wise rows of the operator table over whole arrays.
//!
//! Expands `for_each_map_op!`: a row's class is tried for each dtype of the class, so operands must have the dtypes that the
//! row computes in. `infer` has put the casts in; a dtype without a class is an error here.

use super::math;
use super::tensor::{Item, Tensor, common_shape};
use crate::for_each_map_op;
use crate::func::Scalar;
use crate::ops::MapOp;
use crate::scalar;
use ndarray::{ArrayD, Zip};
use num_complex::Complex;

/// Tries the row's meaning for one class of dtypes: returns from the function where the dtype is of the class.
macro_rules! class {
    (bool, $params:tt, $body:expr, $args:ident) => { class!(@types [bool], $params, $body, $args) };
    (int, $params:tt, $body:expr, $args:ident) => { class!(@types [i8 i16 i32 i64 u8 u16 u32 u64], $params, $body, $args) };
    (float, $params:tt, $body:expr, $args:ident) => { class!(@types [f32 f64], $params, $body, $args) };
    (complex, $params:tt, $body:expr, $args:ident) => {
        class!(@types [(Complex<f32>) (Complex<f64>)], $params, $body, $args)
    };
    (@types [$($t:tt)*], $params:tt, $body:expr, $args:ident) => { $(class!(@one $t, $params, $body, $args);)* };
    (@one ($t:ty), $params:tt, $body:expr, $args:ident) => { class!(@apply $t, $params, $body, $args) };
    (@one $t:ident, $params:tt, $body:expr, $args:ident) => { class!(@apply $t, $params, $body, $args) };
    (@apply $t:ty, ($a:ident), $body:expr, $args:ident) => {
        if let [x] = $args && let Some(x) = <$t>::view(x) {
            return Ok(unary(x, |$a: $t| $body));
        }
    };
    (@apply $t:ty, ($a:ident, $b:ident), $body:expr, $args:ident) => {
        if let [x, y] = $args && let (Some(x), Some(y)) = (<$t>::view(x), <$t>::view(y)) {
            return Ok(binary(x, y, |$a: $t, $b: $t| $body));
        }
    };
    (@apply $t:ty, ($c:ident, $a:ident, $b:ident), $body:expr, $args:ident) => {
        if let [c, x, y] = $args && let (Some(c), Some(x), Some(y)) = (bool::view(c), <$t>::view(x), <$t>::view(y)) {
            return Ok(ternary(c, x, y, |$c: bool, $a: $t, $b: $t| $body));
        }
    };
}

macro_rules! rows {
    ($( $(#[doc = $doc:literal])* $Name:ident $text:literal [$($alias:literal),*] $params:tt $rule:ident
        { $($class:ident : $body:expr;)* } )*) => {
        /// The row's meaning on operands of one shape.
        fn row(op: MapOp, args: &[&Tensor]) -> Result<Tensor, String> {
            match op {
                $(MapOp::$Name => { $(class!($class, $params, $body, args);)* })*
            }
            let dtypes: Vec<_> = args.iter().map(|x| x.dtype().name()).collect();
            Err(format!("`{}` does not compute in ({})", op.name(), dtypes.join(", ")))
        }
    };
}
for_each_map_op!(rows);

fn unary<T: Item, R: Item>(x: &ArrayD<T>, f: impl Fn(T) -> R) -> Tensor {
    R::wrap(x.map(|&x| f(x)))
}

fn binary<T: Item, R: Item>(x: &ArrayD<T>, y: &ArrayD<T>, f: impl Fn(T, T) -> R) -> Tensor {
    R::wrap(Zip::from(x).and(y).map_collect(|&x, &y| f(x, y)))
}

fn ternary<T: Item, R: Item>(c: &ArrayD<bool>, x: &ArrayD<T>, y: &ArrayD<T>, f: impl Fn(bool, T, T) -> R) -> Tensor {
    R::wrap(Zip::from(c).and(x).and(y).map_collect(|&c, &x, &y| f(c, x, y)))
}

pub(super) fn map(op: MapOp, args: &[&Tensor]) -> Result<Tensor, String> {
    let shape = common_shape(args.iter().map(|x| x.shape())).map_err(|why| format!("`{}`: {why}", op.name()))?;
    let args = args.iter().map(|x| x.broadcast(&shape)).collect::<Result<Vec<_>, _>>()?;
    let args: Vec<&Tensor> = args.iter().collect();
    if let (MapOp::Power, [_, exponent]) = (op, args.as_slice()) {
        let negative = |s: &Scalar| matches!(s, Scalar::Int(i) if *i < 0);
        if exponent.scalars().iter().any(negative) {
            return Err("integers to negative integer powers are not allowed".to_owned());
        }
    }
    row(op, &args)
}
