//! `Grid`: how an array is cut into blocks, and the arithmetic of block indices.
//!
//! A grid is a shape and a block shape; blocks are numbered in C order, the last one along an axis may be smaller. The
//! default cut depends on shape and dtype alone and is nested in powers of two, so that arrays of one length cut alike.

use crate::dtype::DType;

/// How an array is cut.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Grid {
    shape: Vec<usize>,
    block: Vec<usize>,
}

/// Rows that a block of the default cut holds at most half of: fewer are not worth a task.
const ROWS: usize = 32_768;
/// Parts of axis 0 at the most.
const PARTS: usize = 256;
/// Bytes of a default block, and of one of an array over `LARGE`.
pub(crate) const BLOCK: usize = 8 << 20;
const BLOCK_OF_LARGE: usize = 64 << 20;
const LARGE: usize = 64 << 30;

impl Grid {
    /// The cut into blocks of `block`, clipped to the shape; an axis of size 0 has no blocks but counts one index of size 0,
    /// so that an empty array is one empty block.
    pub fn new(shape: &[usize], block: &[usize]) -> Grid {
        assert_eq!(shape.len(), block.len(), "one block size an axis");
        let block = shape.iter().zip(block).map(|(&n, &b)| b.clamp(1, n.max(1))).collect();
        Grid { shape: shape.to_vec(), block }
    }

    /// One block.
    pub fn whole(shape: &[usize]) -> Grid {
        Grid::new(shape, shape)
    }

    /// The default cut: axis 0 into clamp(2^⌈log2(n / 32768)⌉, 1, 256) parts, then the longest edge of a block is halved
    /// until a block is at most 8 MiB (64 MiB for arrays over 64 GiB).
    pub fn default_for(shape: &[usize], dtype: DType) -> Grid {
        let mut parts = vec![1usize; shape.len()];
        if let Some(&n) = shape.first() {
            parts[0] = n.div_ceil(ROWS).max(1).next_power_of_two().min(PARTS);
        }
        let bytes = |block: &[usize]| block.iter().product::<usize>().saturating_mul(dtype.size());
        let limit = if bytes(shape) > LARGE { BLOCK_OF_LARGE } else { BLOCK };
        loop {
            let block: Vec<usize> = shape.iter().zip(&parts).map(|(n, p)| n.div_ceil(*p)).collect();
            let longest = (0..shape.len()).rev().max_by_key(|&i| block[i]);
            match longest {
                Some(axis) if bytes(&block) > limit && block[axis] > 1 => parts[axis] *= 2,
                _ => return Grid::new(shape, &block),
            }
        }
    }

    /// Sizes of the array.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Sizes of a block that is not at an edge.
    pub fn block_shape(&self) -> &[usize] {
        &self.block
    }

    /// Rank of the array.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Blocks along `axis`; 1 for an axis of size 0.
    pub fn parts(&self, axis: usize) -> usize {
        self.shape[axis].div_ceil(self.block[axis]).max(1)
    }

    /// Blocks along every axis.
    pub fn dims(&self) -> Vec<usize> {
        (0..self.rank()).map(|a| self.parts(a)).collect()
    }

    /// Blocks in all.
    pub fn n_blocks(&self) -> usize {
        (0..self.rank()).map(|a| self.parts(a)).product()
    }

    /// The grid coordinates of block `index` in C order.
    pub fn coords(&self, mut index: usize) -> Vec<usize> {
        let mut coords = vec![0; self.rank()];
        for axis in (0..self.rank()).rev() {
            coords[axis] = index % self.parts(axis);
            index /= self.parts(axis);
        }
        coords
    }

    /// The C-order index of the block at `coords`.
    pub fn index(&self, coords: &[usize]) -> usize {
        coords.iter().enumerate().fold(0, |i, (axis, c)| i * self.parts(axis) + c)
    }

    /// Positions of `axis` that the `part`-th block along it holds.
    pub fn range(&self, axis: usize, part: usize) -> std::ops::Range<usize> {
        let start = (part * self.block[axis]).min(self.shape[axis]);
        start..(start + self.block[axis]).min(self.shape[axis])
    }

    /// Sizes of the block `index` in C order.
    pub fn block_shape_at(&self, index: usize) -> Vec<usize> {
        self.coords(index).iter().enumerate().map(|(axis, &c)| self.range(axis, c).len()).collect()
    }

    /// Position of the first element of block `index`.
    pub fn offset_at(&self, index: usize) -> Vec<usize> {
        self.coords(index).iter().enumerate().map(|(axis, &c)| self.range(axis, c).start).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Grid;
    use crate::dtype::DType;

    #[test]
    fn default_cut_is_nested_powers_of_two() {
        let parts = |shape: &[usize]| Grid::default_for(shape, DType::F64).dims();
        assert_eq!(parts(&[]), [] as [usize; 0]);
        assert_eq!(parts(&[569, 30]), [1, 1]);
        assert_eq!(parts(&[32_769]), [2]);
        assert_eq!(parts(&[1_000_000, 32]), parts(&[1_000_000, 1]));
        assert_eq!(parts(&[3072, 3072]), [4, 4]);
        assert_eq!(parts(&[0, 3]), [1, 1]);
    }

    #[test]
    fn edges_are_smaller_and_an_empty_array_is_one_empty_block() {
        let g = Grid::new(&[7, 4], &[3, 4]);
        assert_eq!((g.n_blocks(), g.block_shape_at(2), g.offset_at(2)), (3, vec![1, 4], vec![6, 0]));
        let e = Grid::whole(&[0, 3]);
        assert_eq!((e.n_blocks(), e.block_shape_at(0)), (1, vec![0, 3]));
    }
}
