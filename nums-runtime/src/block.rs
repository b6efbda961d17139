//! `Block`: the elements of one block of an array, in C order without gaps, aligned to 64 bytes.
//!
//! The alignment is a cache line and the widest vector. A block never shares its bytes; who shares blocks wraps them in an
//! `Arc`. Bytes that come from outside become a block only through `from_bytes` or a `Receiver`'s `finish`, which check the
//! length and that every boolean is 0 or 1: this is what makes typed slices sound. Where the bytes come from and go to is
//! `block/buffer.rs`.
#![allow(unsafe_code)]

mod buffer;
#[cfg(target_os = "linux")]
mod slab;

use crate::element::{Element, Slice, SliceMut, with_type};
use buffer::{Buffer, LINE};
use nums_ir::dtype::DType;
use std::fmt;

pub use buffer::{give_back, held, kept};
pub(crate) use buffer::{mark, most};

/// A dense array: one block of an array, or a buffer of one tile.
///
/// Invariant: `data` holds `shape.product() * dtype.size()` initialised bytes, which are valid elements of `dtype`.
pub struct Block {
    dtype: DType,
    shape: Vec<usize>,
    len: usize,
    data: Buffer,
}

/// Why bytes are not a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BytesError {
    /// The number of bytes is not that of the shape.
    Length {
        /// Bytes that shape and dtype need.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// A boolean that is neither 0 nor 1.
    Bool {
        /// Position of the element.
        at: usize,
        /// Its byte.
        byte: u8,
    },
    /// The shape has more bytes than memory can hold.
    TooLarge,
}

impl fmt::Display for BytesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BytesError::Length { expected, found } => write!(f, "expected {expected} bytes, found {found}"),
            BytesError::Bool { at, byte } => write!(f, "element {at} of a bool block is {byte}, expected 0 or 1"),
            BytesError::TooLarge => f.write_str("the shape has more bytes than memory can hold"),
        }
    }
}

impl std::error::Error for BytesError {}

/// Bytes of a block of `shape`; `None` when they do not fit in an `isize`.
pub fn byte_len(dtype: DType, shape: &[usize]) -> Option<usize> {
    let elements = if shape.contains(&0) { 0 } else { shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d))? };
    elements.checked_mul(dtype.size()).filter(|&n| n <= isize::MAX as usize - 2 * LINE)
}

impl Block {
    /// All zeros (`false`).
    ///
    /// # Panics
    /// When the bytes of the shape overflow: shapes are checked where they enter (`byte_len`).
    pub fn zeros(dtype: DType, shape: &[usize]) -> Block {
        let bytes = byte_len(dtype, shape).expect("a block that fits in memory");
        let data = Buffer::zeroed(bytes.div_ceil(LINE));
        Block { dtype, shape: shape.to_vec(), len: bytes / dtype.size(), data }
    }

    /// Elements of any value (`false` for booleans): for a block that will be written whole.
    ///
    /// # Panics
    /// As `zeros`.
    pub(crate) fn stale(dtype: DType, shape: &[usize]) -> Block {
        // Old bytes may be no boolean.
        if dtype == DType::Bool {
            return Block::zeros(dtype, shape);
        }
        let bytes = byte_len(dtype, shape).expect("a block that fits in memory");
        let data = Buffer::stale(bytes.div_ceil(LINE));
        Block { dtype, shape: shape.to_vec(), len: bytes / dtype.size(), data }
    }

    /// A copy of `elements`, which fill `shape` in C order.
    ///
    /// # Panics
    /// When their number is not that of the shape.
    pub fn from_slice<T: Element>(elements: &[T], shape: &[usize]) -> Block {
        let mut block = Block::stale(T::DTYPE, shape);
        assert_eq!(block.len, elements.len(), "as many elements as the shape {shape:?} has");
        block.as_mut_slice::<T>().copy_from_slice(elements);
        block
    }

    /// A 0-d block.
    pub fn scalar<T: Element>(element: T) -> Block {
        Block::from_slice(&[element], &[])
    }

    /// A block from its bytes in this machine's order.
    pub fn from_bytes(dtype: DType, shape: &[usize], bytes: &[u8]) -> Result<Block, BytesError> {
        let expected = byte_len(dtype, shape).ok_or(BytesError::TooLarge)?;
        if expected != bytes.len() {
            return Err(BytesError::Length { expected, found: bytes.len() });
        }
        check_bools(dtype, bytes)?;
        let mut block = Block::stale(dtype, shape);
        block.raw_mut().copy_from_slice(bytes);
        Ok(block)
    }

    /// The dtype.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Sizes of the axes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of bytes.
    pub fn nbytes(&self) -> usize {
        self.len * self.dtype.size()
    }

    /// The same elements under another shape.
    ///
    /// # Panics
    /// When the number of elements differs.
    #[must_use]
    pub fn with_shape(mut self, shape: &[usize]) -> Block {
        assert_eq!(shape.iter().product::<usize>(), self.len, "as many elements as before");
        self.shape = shape.to_vec();
        self
    }

    /// Whether elements of one dtype may be written over those of another: as many bytes each, and no byte that is no boolean.
    pub(crate) fn takes(own: DType, dtype: DType) -> bool {
        dtype == own || (dtype.size() == own.size() && ![dtype, own].contains(&DType::Bool))
    }

    /// Writes elements, maybe of another dtype that the block `takes`, over those from position `at`; false if it cannot.
    #[must_use]
    pub(crate) fn write_over(&mut self, at: usize, elements: Slice<'_>) -> bool {
        let (fits, size) = (Block::takes(self.dtype, elements.dtype()), self.dtype.size());
        let Some(over) = self.raw_mut().get_mut(at * size..(at + elements.len()) * size) else { return false };
        if fits {
            over.copy_from_slice(elements.bytes());
        }
        fits
    }

    /// Its bytes as elements of a dtype that it `takes`, under a shape.
    ///
    /// # Panics
    /// When it does not take the dtype, or has another number of elements.
    pub(crate) fn retyped(mut self, dtype: DType, shape: &[usize]) -> Block {
        assert!(Block::takes(self.dtype, dtype), "bytes of {} as {dtype}", self.dtype);
        self.dtype = dtype;
        self.with_shape(shape)
    }

    /// The elements, of whatever dtype.
    pub fn slice(&self) -> Slice<'_> {
        with_type!(self.dtype, T => T::wrap(self.as_slice::<T>()))
    }

    /// The elements for writing, of whatever dtype.
    pub fn slice_mut(&mut self) -> SliceMut<'_> {
        with_type!(self.dtype, T => T::wrap_mut(self.as_mut_slice::<T>()))
    }

    /// The elements.
    ///
    /// # Panics
    /// When `T` is not the block's dtype.
    pub fn as_slice<T: Element>(&self) -> &[T] {
        assert_eq!(T::DTYPE, self.dtype, "the dtype of the block");
        // SAFETY: `data` holds `len` initialised elements of `T` (the invariant; `Element` is sealed and `T::DTYPE` is this
        // block's dtype), its 64-byte alignment suffices for every element type (16 at the most), and the borrow of `self`
        // keeps it alive and unchanged. An empty buffer gives a pointer aligned to 64, which a slice of 0 allows.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr().cast::<T>(), self.len) }
    }

    /// The elements, for writing.
    ///
    /// # Panics
    /// When `T` is not the block's dtype.
    pub fn as_mut_slice<T: Element>(&mut self) -> &mut [T] {
        assert_eq!(T::DTYPE, self.dtype, "the dtype of the block");
        // SAFETY: as in `as_slice`; the borrow of `self` is exclusive, and writing elements of `T` keeps the invariant.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_mut_ptr().cast::<T>(), self.len) }
    }

    /// The bytes, in this machine's order.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `data` holds `nbytes` initialised bytes; no element type has padding; the borrow keeps them alive.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr(), self.nbytes()) }
    }

    /// The bytes for writing; private, because any byte may be written and a `bool` allows only two.
    fn raw_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`, exclusively borrowed. Callers check booleans before the block is used as one.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_mut_ptr(), self.nbytes()) }
    }
}

/// A block whose bytes are still coming in: read into `bytes_mut`, then `finish`.
pub struct Receiver(Block);

impl Receiver {
    /// Room for a block; `BytesError::TooLarge` when its size cannot be.
    pub fn new(dtype: DType, shape: &[usize]) -> Result<Receiver, BytesError> {
        byte_len(dtype, shape).ok_or(BytesError::TooLarge)?;
        Ok(Receiver(Block::stale(dtype, shape)))
    }

    /// Where the bytes go.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.0.raw_mut()
    }

    /// The block, if every boolean is one.
    pub fn finish(self) -> Result<Block, BytesError> {
        check_bools(self.0.dtype, self.0.bytes())?;
        Ok(self.0)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        std::mem::replace(&mut self.data, Buffer::empty()).retire();
    }
}

impl Clone for Block {
    fn clone(&self) -> Block {
        let mut block = Block::stale(self.dtype, &self.shape);
        block.raw_mut().copy_from_slice(self.bytes());
        block
    }
}

fn check_bools(dtype: DType, bytes: &[u8]) -> Result<(), BytesError> {
    if dtype != DType::Bool {
        return Ok(());
    }
    match bytes.iter().position(|&b| b > 1) {
        Some(at) => Err(BytesError::Bool { at, byte: bytes[at] }),
        None => Ok(()),
    }
}

impl Default for Block {
    /// An empty block of bytes, to take another one's place for a while.
    fn default() -> Block {
        Block { dtype: DType::U8, shape: vec![0], len: 0, data: Buffer::empty() }
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?} ", self.dtype, self.shape)?;
        with_type!(self.dtype, T => self.as_slice::<T>()[..self.len.min(16)].fmt(f))?;
        f.write_str(if self.len > 16 { " …" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, BytesError, Receiver};
    use crate::element::with_type;
    use nums_ir::dtype::DType;

    #[test]
    fn every_dtype_has_aligned_zeroed_typed_slices() {
        for dtype in DType::ALL {
            for shape in [&[][..], &[3, 5], &[0, 4], &[129]] {
                let mut block = Block::zeros(dtype, shape);
                assert_eq!(block.bytes().as_ptr() as usize % 64, 0);
                assert_eq!(block.bytes().len(), shape.iter().product::<usize>() * dtype.size());
                assert!(block.bytes().iter().all(|&b| b == 0));
                with_type!(dtype, T => {
                    assert!(block.as_slice::<T>().iter().all(|x| *x == T::default()));
                    if let Some(last) = block.as_mut_slice::<T>().last_mut() {
                        *last = crate::element::Element::from_scalar(nums_ir::func::Scalar::Int(1));
                    }
                });
                assert_eq!(block.bytes().iter().any(|&b| b != 0), !block.is_empty());
            }
        }
    }

    #[test]
    fn bytes_make_the_same_block_and_wrong_ones_none() {
        let block = Block::from_slice(&[1.5f64, -2.0, f64::NAN], &[3]);
        let copy = Block::from_bytes(DType::F64, &[3], block.bytes()).unwrap();
        assert_eq!(copy.bytes(), block.bytes());
        assert_eq!(
            Block::from_bytes(DType::F64, &[2], block.bytes()).unwrap_err(),
            BytesError::Length { expected: 16, found: 24 }
        );
        assert_eq!(Block::from_bytes(DType::Bool, &[3], &[0, 1, 2]).unwrap_err(), BytesError::Bool { at: 2, byte: 2 });
        assert_eq!(Block::from_bytes(DType::F64, &[usize::MAX, 3], &[]).unwrap_err(), BytesError::TooLarge);
        assert!(Block::from_bytes(DType::F64, &[usize::MAX, 0], &[]).unwrap().is_empty());
    }

    #[test]
    fn a_buffer_that_is_used_again_is_zeroed_where_zeros_are_promised() {
        for _ in 0..4 {
            drop(Block::from_slice(&[7u8; 100_003], &[100_003]));
            assert!(Block::zeros(DType::U8, &[100_003]).bytes().iter().all(|&b| b == 0));
            drop(Block::from_slice(&[7u8; 100_003], &[100_003]));
            assert!(Block::stale(DType::Bool, &[100_003]).as_slice::<bool>().iter().all(|b| !b));
            let block = Block::from_slice(&[9u8; 100_003], &[100_003]);
            assert_eq!(block.clone().bytes(), block.bytes());
        }
    }

    #[test]
    fn a_received_bool_is_checked_when_it_is_whole() {
        let mut r = Receiver::new(DType::Bool, &[2]).unwrap();
        r.bytes_mut().copy_from_slice(&[1, 7]);
        assert_eq!(r.finish().unwrap_err(), BytesError::Bool { at: 1, byte: 7 });
        let mut r = Receiver::new(DType::I16, &[2]).unwrap();
        r.bytes_mut().copy_from_slice(&[1, 0, 2, 0]);
        assert_eq!(r.finish().unwrap().as_slice::<i16>(), [1, 2]);
    }
}
