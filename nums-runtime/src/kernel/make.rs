//! Blocks from nothing but scalars: `fill`, `arange`, `eye`, constants.

use super::{KernelError, room};
use crate::block::Block;
use crate::element::{Element, with_type};
use nums_ir::dtype::DType;
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

/// `start + delta * (offset + i)` with `delta = (start + step) - start`, all in the dtype, as NumPy fills its `arange`.
pub(super) fn arange(offset: usize, len: usize, dtype: DType, [start, step]: [Scalar; 2]) -> Result<Block, KernelError> {
    let mut block = room("arange", dtype, &[len])?;
    let second = add(start, step);
    with_type!(dtype, T => {
        let [start, second] = [start, second].map(|s| T::from_scalar(s).to_scalar());
        let rounded = |s: Scalar| T::from_scalar(s).to_scalar();
        let delta = rounded(subtract(second, start));
        for (i, x) in (offset..).zip(block.as_mut_slice::<T>()) {
            *x = T::from_scalar(match i {
                0 => start,
                1 => second,
                _ => add(start, rounded(times(delta, i))),
            });
        }
    });
    Ok(block)
}

fn add(a: Scalar, b: Scalar) -> Scalar {
    match (a, b) {
        (Scalar::Int(a), Scalar::Int(b)) => Scalar::Int(a.wrapping_add(b)),
        (a, b) => {
            let ((a, b), (c, d)) = (parts(a), parts(b));
            real_or_complex(a + c, b + d)
        }
    }
}

fn subtract(a: Scalar, b: Scalar) -> Scalar {
    match (a, b) {
        (Scalar::Int(a), Scalar::Int(b)) => Scalar::Int(a.wrapping_sub(b)),
        (a, b) => {
            let ((a, b), (c, d)) = (parts(a), parts(b));
            real_or_complex(a - c, b - d)
        }
    }
}

fn times(a: Scalar, n: usize) -> Scalar {
    match a {
        Scalar::Int(a) => Scalar::Int(a.wrapping_mul(n as i128)),
        a => {
            let (a, b) = parts(a);
            real_or_complex(a * n as f64, b * n as f64)
        }
    }
}

fn real_or_complex(re: f64, im: f64) -> Scalar {
    if im == 0.0 { Scalar::Float(re) } else { Scalar::Complex(re, im) }
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
