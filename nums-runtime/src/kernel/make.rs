//! Blocks from nothing but scalars: `fill`, `arange`, `eye`, constants.

use super::{KernelError, room};
use crate::block::Block;
use crate::element::{Element, with_type};
use nums_ir::dtype::{DType, Kind};
use nums_ir::func::Scalar;

/// The element of a block that has one.
pub(super) fn only_element(block: &Block) -> Option<Scalar> {
    with_type!(block.dtype(), T => match block.as_slice::<T>() {
        [one] => Some(one.to_scalar()),
        _ => None,
    })
}

/// One value everywhere.
pub(super) fn fill(shape: &[usize], dtype: DType, [value]: [Scalar; 1]) -> Result<Block, KernelError> {
    let mut block = room("fill", dtype, shape)?;
    with_type!(dtype, T => {
        let value = T::from_scalar(value);
        // Zeros are there already, in pages that nobody touched; -0.0 equals 0.0, so bits are compared.
        if Block::scalar(value).bytes().iter().any(|&b| b != 0) {
            block.as_mut_slice::<T>().fill(value);
        }
    });
    Ok(block)
}

/// `start + step * (offset + i)`, in exact integers for integer dtypes, else in `f64` (complex: by parts).
pub(super) fn arange(offset: usize, len: usize, dtype: DType, [start, step]: [Scalar; 2]) -> Result<Block, KernelError> {
    let mut block = room("arange", dtype, &[len])?;
    with_type!(dtype, T => {
        for (i, x) in block.as_mut_slice::<T>().iter_mut().enumerate() {
            *x = T::from_scalar(position(dtype.kind(), start, step, offset + i));
        }
    });
    Ok(block)
}

fn position(kind: Kind, start: Scalar, step: Scalar, i: usize) -> Scalar {
    if let (Kind::Bool | Kind::Int, Scalar::Int(start), Scalar::Int(step)) = (kind, start, step) {
        return Scalar::Int(start.wrapping_add(step.wrapping_mul(i as i128)));
    }
    let ((a, b), (c, d)) = (parts(start), parts(step));
    let i = i as f64;
    match kind {
        Kind::Bool | Kind::Int | Kind::Float => Scalar::Float(a + c * i),
        Kind::Complex => Scalar::Complex(a + c * i, b + d * i),
    }
}

fn parts(scalar: Scalar) -> (f64, f64) {
    match scalar {
        Scalar::Bool(b) => (f64::from(u8::from(b)), 0.0),
        Scalar::Int(i) => (i as f64, 0.0),
        Scalar::Float(x) => (x, 0.0),
        Scalar::Complex(re, im) => (re, im),
    }
}

/// Ones where `offset[1] + column == offset[0] + row + k`.
pub(super) fn eye(offset: [usize; 2], shape: [usize; 2], k: i64, dtype: DType) -> Result<Block, KernelError> {
    let mut block = room("eye", dtype, &shape)?;
    let [rows, cols] = shape;
    with_type!(dtype, T => {
        let (one, out) = (T::from_scalar(Scalar::Int(1)), block.as_mut_slice::<T>());
        for row in 0..rows {
            let col = offset[0] as i128 + row as i128 + i128::from(k) - offset[1] as i128;
            if let Ok(col) = usize::try_from(col) && col < cols {
                out[row * cols + col] = one;
            }
        }
    });
    Ok(block)
}

/// A 0-d block.
pub(super) fn constant(value: Scalar, dtype: DType) -> Block {
    with_type!(dtype, T => Block::scalar(T::from_scalar(value)))
}
