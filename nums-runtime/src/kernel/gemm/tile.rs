//! Register tiles: the innermost loop of a product, one for each instruction set.
//!
//! A tile keeps `rows × cols` sums in registers over a panel of packed operands. All tiles obey the rule of `gemm`: each sum
//! starts at 0 and takes one multiply-add a term, in order; only the FMA-less baseline rounds the product first. The sizes
//! leave registers for one line of the right operand and one element of the left. A tall tile keeps its part of the right operand in
//! the first cache and needs a third fewer loads; small products take one whose size divides powers of two.
#![allow(unsafe_code)]

use crate::element::Element;
use crate::native::Isa;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Elements that products in tiles exist for.
pub(in crate::kernel) trait Real: Element + std::ops::Add<Output = Self> {
    /// The tile for so many rows and these instructions, which the machine must have.
    fn tile(isa: Isa, rows: usize) -> Tile<Self>;
}

/// A register tile.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Tile<T> {
    pub(super) rows: usize,
    pub(super) cols: usize,
    /// Operands: terms, packed left and right, result, its row stride, whether to add to it, what to fetch ahead.
    ///
    /// Reads `terms · rows` and `terms · cols` elements, writes `rows` rows of `cols` elements, and needs the instructions
    /// for which the tile was made. The last operand may point anywhere.
    run: unsafe fn(usize, *const T, *const T, *mut T, usize, bool, *const T),
}

/// Elements of the largest tile.
const LARGEST: usize = 24 * 16;

/// Whether tiles of so many rows waste little of their work on rows that a product of `rows` does not have.
#[cfg(target_arch = "x86_64")]
fn is_tall(rows: usize, tile: usize) -> bool {
    rows.next_multiple_of(tile) * 16 <= rows * 17
}

impl<T: Real> Tile<T> {
    /// Adds the product of two slivers to the `size` elements at the beginning of `out`, or puts it there.
    #[inline]
    pub(super) fn run(
        &self,
        (left, right): (&[T], &[T]),
        out: &mut [T],
        stride: usize,
        size: (usize, usize),
        accumulate: bool,
        ahead: &[T],
    ) {
        let terms = left.len() / self.rows;
        assert!(right.len() == terms * self.cols && size.0 <= self.rows && size.1 <= self.cols && size.1 <= stride);
        assert!(size.0 > 0 && out.len() >= (size.0 - 1) * stride + size.1);
        let ahead = if ahead.is_empty() { left.as_ptr() } else { ahead.as_ptr() };
        if size == (self.rows, self.cols) {
            // SAFETY: the slivers hold `terms` lines of the tile's sizes and `out` its `rows` rows of `cols` elements `stride`
            // apart (asserted above); `T::tile` gave a function whose instructions the machine has.
            unsafe { (self.run)(terms, left.as_ptr(), right.as_ptr(), out.as_mut_ptr(), stride, accumulate, ahead) };
            return;
        }
        let mut whole = [T::default(); LARGEST];
        // SAFETY: as above; `whole` has room for the largest tile.
        unsafe { (self.run)(terms, left.as_ptr(), right.as_ptr(), whole.as_mut_ptr(), self.cols, false, ahead) };
        for (row, whole) in whole.chunks_exact(self.cols).take(size.0).enumerate() {
            for (out, &sum) in out[row * stride..][..size.1].iter_mut().zip(whole) {
                *out = if accumulate { *out + sum } else { sum };
            }
        }
    }
}

/// A tile of `$rows` rows of `$vectors` vectors of `$lanes` elements.
#[cfg(target_arch = "x86_64")]
macro_rules! tile {
    ($name:ident: $t:ident, $features:literal, $rows:literal x $vectors:literal of $lanes:literal,
     $zero:ident $load:ident $splat:ident $fma:ident $add:ident $store:ident) => {
        #[target_feature(enable = $features)]
        unsafe fn $name(
            terms: usize,
            left: *const $t,
            right: *const $t,
            out: *mut $t,
            stride: usize,
            accumulate: bool,
            ahead: *const $t,
        ) {
            const { assert!($rows * $vectors * $lanes <= LARGEST) };
            let mut sums = [[$zero(); $vectors]; $rows];
            // The result's rows are in the first cache by the time that the sums are.
            for i in 0..$rows {
                for j in 0..$vectors {
                    _mm_prefetch::<_MM_HINT_T0>(out.wrapping_add(i * stride + j * $lanes).cast());
                }
            }
            for k in 0..terms {
                // Memory works while the sums do: one cache line a term.
                _mm_prefetch::<_MM_HINT_T1>(ahead.wrapping_byte_add(k * 64).cast());
                let mut line = [$zero(); $vectors];
                for (j, line) in line.iter_mut().enumerate() {
                    // SAFETY: the caller's `right` holds `terms` lines of `$vectors * $lanes` elements.
                    *line = unsafe { $load(right.add((k * $vectors + j) * $lanes)) };
                }
                for (i, sums) in sums.iter_mut().enumerate() {
                    // SAFETY: the caller's `left` holds `terms` lines of `$rows` elements.
                    let x = $splat(unsafe { *left.add(k * $rows + i) });
                    for (sum, line) in sums.iter_mut().zip(line) {
                        *sum = $fma(x, line, *sum);
                    }
                }
            }
            for (i, sums) in sums.iter().enumerate() {
                for (j, sum) in sums.iter().enumerate() {
                    // SAFETY: the caller's `out` holds `$rows` rows of `$vectors * $lanes` elements, `stride` apart.
                    unsafe {
                        let at = out.add(i * stride + j * $lanes);
                        $store(at, if accumulate { $add($load(at), *sum) } else { *sum });
                    }
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
tile!(f64_avx512: f64, "avx512f", 8 x 2 of 8,
    _mm512_setzero_pd _mm512_loadu_pd _mm512_set1_pd _mm512_fmadd_pd _mm512_add_pd _mm512_storeu_pd);
#[cfg(target_arch = "x86_64")]
tile!(f64_avx512_tall: f64, "avx512f", 24 x 1 of 8,
    _mm512_setzero_pd _mm512_loadu_pd _mm512_set1_pd _mm512_fmadd_pd _mm512_add_pd _mm512_storeu_pd);
#[cfg(target_arch = "x86_64")]
tile!(f32_avx512: f32, "avx512f", 8 x 2 of 16,
    _mm512_setzero_ps _mm512_loadu_ps _mm512_set1_ps _mm512_fmadd_ps _mm512_add_ps _mm512_storeu_ps);
#[cfg(target_arch = "x86_64")]
tile!(f32_avx512_tall: f32, "avx512f", 24 x 1 of 16,
    _mm512_setzero_ps _mm512_loadu_ps _mm512_set1_ps _mm512_fmadd_ps _mm512_add_ps _mm512_storeu_ps);
#[cfg(target_arch = "x86_64")]
tile!(f64_avx2: f64, "avx2,fma", 4 x 2 of 4,
    _mm256_setzero_pd _mm256_loadu_pd _mm256_set1_pd _mm256_fmadd_pd _mm256_add_pd _mm256_storeu_pd);
#[cfg(target_arch = "x86_64")]
tile!(f32_avx2: f32, "avx2,fma", 4 x 2 of 8,
    _mm256_setzero_ps _mm256_loadu_ps _mm256_set1_ps _mm256_fmadd_ps _mm256_add_ps _mm256_storeu_ps);

/// What every machine can: a product and a sum.
macro_rules! baseline {
    ($name:ident: $t:ident, $rows:literal x $cols:literal) => {
        unsafe fn $name(
            terms: usize,
            left: *const $t,
            right: *const $t,
            out: *mut $t,
            stride: usize,
            accumulate: bool,
            ahead: *const $t,
        ) {
            let _ = ahead;
            let mut sums = [[0.0; $cols]; $rows];
            // SAFETY: the caller's operands hold `terms` lines of `$rows` and `$cols` elements.
            let (left, right) =
                unsafe { (std::slice::from_raw_parts(left, terms * $rows), std::slice::from_raw_parts(right, terms * $cols)) };
            for (left, right) in left.chunks_exact($rows).zip(right.chunks_exact($cols)) {
                for (sums, x) in sums.iter_mut().zip(left) {
                    for (sum, y) in sums.iter_mut().zip(right) {
                        *sum += x * y;
                    }
                }
            }
            for (i, sums) in sums.iter().enumerate() {
                for (j, sum) in sums.iter().enumerate() {
                    // SAFETY: the caller's `out` holds `$rows` rows of `$cols` elements, `stride` apart.
                    unsafe {
                        let at = out.add(i * stride + j);
                        *at = if accumulate { *at + sum } else { *sum };
                    }
                }
            }
        }
    };
}
baseline!(f64_base: f64, 4 x 4);
baseline!(f32_base: f32, 4 x 8);

macro_rules! real {
    ($t:ident: $base:ident $rows:literal x $cols:literal, $avx2:ident $rows2:literal x $cols2:literal,
     $avx512:ident $rows512:literal x $cols512:literal, $tall:ident $rows_tall:literal x $cols_tall:literal) => {
        impl Real for $t {
            fn tile(isa: Isa, rows: usize) -> Tile<$t> {
                match isa {
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 if is_tall(rows, $rows_tall) => Tile { rows: $rows_tall, cols: $cols_tall, run: $tall },
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 => Tile { rows: $rows512, cols: $cols512, run: $avx512 },
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2 => Tile { rows: $rows2, cols: $cols2, run: $avx2 },
                    #[cfg(not(target_arch = "x86_64"))]
                    Isa::Avx512 | Isa::Avx2 => Tile { rows: $rows, cols: $cols, run: $base },
                    Isa::Base => Tile { rows: $rows, cols: $cols, run: $base },
                }
            }
        }
    };
}
real!(f64: f64_base 4 x 4, f64_avx2 4 x 8, f64_avx512 8 x 16, f64_avx512_tall 24 x 8);
real!(f32: f32_base 4 x 8, f32_avx2 4 x 16, f32_avx512 8 x 32, f32_avx512_tall 24 x 16);
