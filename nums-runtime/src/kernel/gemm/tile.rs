//! Register tiles: the innermost loop of a product, one for each instruction set.
//!
//! A tile keeps `rows × cols` sums in registers over a panel of the operands. All tiles obey the rule of `gemm`: each sum
//! starts at 0 and takes one multiply-add a term, in order; only the FMA-less baseline rounds the product first. The sizes
//! leave registers for one line of the right operand and one element of the left. A wide tile needs a quarter
//! fewer loads for a product; products of few columns take one whose size divides powers of two. Few rows, because rows of a large
//! result that are a power of two apart share a set of the first cache.
#![allow(unsafe_code)]

use crate::element::Element;
use crate::native::Isa;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Elements that products in tiles exist for.
pub(in crate::kernel) trait Real: Element + std::ops::Add<Output = Self> {
    /// The tile for so many columns and these instructions, which the machine must have.
    fn tile(isa: Isa, cols: usize) -> Tile<Self>;
}

/// A register tile.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernel) struct Tile<T> {
    pub(super) rows: usize,
    pub(super) cols: usize,
    /// Operands: terms, the left sliver with its strides of a line and a term, the right one with its stride of a term, the
    /// result, its row stride, whether to add to it, what to fetch ahead.
    ///
    /// Reads `rows` elements of each term on the left and `cols` on the right, writes `rows` rows of `cols` elements, and needs
    /// the instructions for which the tile was made. The last operand may point anywhere.
    run: Run<T>,
}

type Run<T> = unsafe fn(usize, (*const T, usize, usize), (*const T, usize), *mut T, usize, bool, *const T);

/// Lines of an operand as wide as a tile, packed or where they lie in their matrix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sliver<'a, T> {
    pub(super) data: &'a [T],
    /// From a line to the next one; 1 for a right operand.
    pub(super) line: usize,
    /// From a term to the next one.
    pub(super) term: usize,
}

impl<T> Sliver<'_, T> {
    /// Whether so many lines and terms lie inside the data; both are at least 1.
    fn holds(&self, lines: usize, terms: usize) -> bool {
        (lines - 1) * self.line + (terms - 1) * self.term < self.data.len()
    }
}

/// Elements of the largest tile.
const LARGEST: usize = 8 * 48;

/// Whether tiles of so many columns waste little of their work on columns that a product of `cols` does not have.
#[cfg(target_arch = "x86_64")]
fn fits(cols: usize, tile: usize) -> bool {
    cols.next_multiple_of(tile) * 16 <= cols * 17
}

impl<T: Real> Tile<T> {
    /// Adds the product of two slivers of so many terms to the `size` elements at the beginning of `out`, or puts it there.
    #[inline]
    pub(super) fn run(
        &self,
        terms: usize,
        (left, right): (Sliver<'_, T>, Sliver<'_, T>),
        (out, stride): (&mut [T], usize),
        size: (usize, usize),
        accumulate: bool,
        ahead: &[T],
    ) {
        assert!(terms > 0 && left.holds(self.rows, terms) && right.line == 1 && right.holds(self.cols, terms));
        assert!(size.0 > 0 && size.0 <= self.rows && size.1 <= self.cols && size.1 <= stride);
        assert!(out.len() >= (size.0 - 1) * stride + size.1);
        let ahead = if ahead.is_empty() { left.data.as_ptr() } else { ahead.as_ptr() };
        let (left, right) = ((left.data.as_ptr(), left.line, left.term), (right.data.as_ptr(), right.term));
        if size == (self.rows, self.cols) {
            // SAFETY: the slivers hold `terms` terms of the tile's lines and `out` its `rows` rows of `cols` elements `stride`
            // apart (asserted above); `T::tile` gave a function whose instructions the machine has.
            unsafe { (self.run)(terms, left, right, out.as_mut_ptr(), stride, accumulate, ahead) };
            return;
        }
        let mut whole = [T::default(); LARGEST];
        // SAFETY: as above; `whole` has room for the largest tile.
        unsafe { (self.run)(terms, left, right, whole.as_mut_ptr(), self.cols, false, ahead) };
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
            (left, line, term): (*const $t, usize, usize),
            (right, right_term): (*const $t, usize),
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
                let mut ys = [$zero(); $vectors];
                for (j, y) in ys.iter_mut().enumerate() {
                    // SAFETY: the caller's `right` holds `terms` terms of `$vectors * $lanes` elements.
                    *y = unsafe { $load(right.add(k * right_term + j * $lanes)) };
                }
                for (i, sums) in sums.iter_mut().enumerate() {
                    // SAFETY: the caller's `left` holds `$rows` lines of `terms` elements.
                    let x = $splat(unsafe { *left.add(k * term + i * line) });
                    for (sum, y) in sums.iter_mut().zip(ys) {
                        *sum = $fma(x, y, *sum);
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
tile!(f64_avx512_wide: f64, "avx512f", 8 x 3 of 8,
    _mm512_setzero_pd _mm512_loadu_pd _mm512_set1_pd _mm512_fmadd_pd _mm512_add_pd _mm512_storeu_pd);
#[cfg(target_arch = "x86_64")]
tile!(f32_avx512: f32, "avx512f", 8 x 2 of 16,
    _mm512_setzero_ps _mm512_loadu_ps _mm512_set1_ps _mm512_fmadd_ps _mm512_add_ps _mm512_storeu_ps);
#[cfg(target_arch = "x86_64")]
tile!(f32_avx512_wide: f32, "avx512f", 8 x 3 of 16,
    _mm512_setzero_ps _mm512_loadu_ps _mm512_set1_ps _mm512_fmadd_ps _mm512_add_ps _mm512_storeu_ps);
#[cfg(target_arch = "x86_64")]
tile!(f64_avx2: f64, "avx2,fma", 4 x 2 of 4,
    _mm256_setzero_pd _mm256_loadu_pd _mm256_set1_pd _mm256_fmadd_pd _mm256_add_pd _mm256_storeu_pd);
#[cfg(target_arch = "x86_64")]
tile!(f64_avx2_wide: f64, "avx2,fma", 4 x 3 of 4,
    _mm256_setzero_pd _mm256_loadu_pd _mm256_set1_pd _mm256_fmadd_pd _mm256_add_pd _mm256_storeu_pd);
#[cfg(target_arch = "x86_64")]
tile!(f32_avx2: f32, "avx2,fma", 4 x 2 of 8,
    _mm256_setzero_ps _mm256_loadu_ps _mm256_set1_ps _mm256_fmadd_ps _mm256_add_ps _mm256_storeu_ps);
#[cfg(target_arch = "x86_64")]
tile!(f32_avx2_wide: f32, "avx2,fma", 4 x 3 of 8,
    _mm256_setzero_ps _mm256_loadu_ps _mm256_set1_ps _mm256_fmadd_ps _mm256_add_ps _mm256_storeu_ps);

/// What every machine can: a product and a sum.
macro_rules! baseline {
    ($name:ident: $t:ident, $rows:literal x $cols:literal) => {
        unsafe fn $name(
            terms: usize,
            (left, line, term): (*const $t, usize, usize),
            (right, right_term): (*const $t, usize),
            out: *mut $t,
            stride: usize,
            accumulate: bool,
            ahead: *const $t,
        ) {
            let _ = ahead;
            let mut sums = [[0.0; $cols]; $rows];
            for k in 0..terms {
                for (i, sums) in sums.iter_mut().enumerate() {
                    for (j, sum) in sums.iter_mut().enumerate() {
                        // SAFETY: the caller's operands hold `terms` terms of `$rows` and `$cols` elements.
                        *sum += unsafe { *left.add(k * term + i * line) * *right.add(k * right_term + j) };
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
    ($t:ident: $base:ident $rows:literal x $cols:literal,
     $avx2:ident $avx2_wide:ident $rows2:literal x $cols2:literal or $cols2_wide:literal,
     $avx512:ident $avx512_wide:ident $rows512:literal x $cols512:literal or $cols512_wide:literal) => {
        impl Real for $t {
            fn tile(isa: Isa, cols: usize) -> Tile<$t> {
                match isa {
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 if fits(cols, $cols512_wide) => Tile { rows: $rows512, cols: $cols512_wide, run: $avx512_wide },
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 => Tile { rows: $rows512, cols: $cols512, run: $avx512 },
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2 if fits(cols, $cols2_wide) => Tile { rows: $rows2, cols: $cols2_wide, run: $avx2_wide },
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
real!(f64: f64_base 4 x 4, f64_avx2 f64_avx2_wide 4 x 8 or 12, f64_avx512 f64_avx512_wide 8 x 16 or 24);
real!(f32: f32_base 4 x 8, f32_avx2 f32_avx2_wide 4 x 16 or 24, f32_avx512 f32_avx512_wide 8 x 32 or 48);
