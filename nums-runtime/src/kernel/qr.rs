//! QR of one block: Householder's method on tiles that stay in the first cache, products of matrices for all else.
//!
//! The block is cut as `nums_ir::reflections` says. Each tile of a panel is reduced together with the triangle that the tiles
//! above it left (`tile.rs`), and its reflections, `1 - V T Vᵀ` at once, are applied to the columns right of the panel. `factor`
//! makes R and keeps `V` and `T`; `orthogonal` applies the reflections, last one first, to the first columns of the identity, or to
//! the rows of a Q above it: then the block was a part of a larger matrix, and what comes out is that part's rows of Q. No pass
//! over the block is repeated a column, and Q is orthogonal to rounding however ill-conditioned the block is.
//!
//! R has the signs that Householder's method gives it in the first tile, LAPACK's and NumPy's for a block of one tile; tiles and
//! triangles below (`joined`) do not turn them.

mod tile;

use self::tile::Tile;
use super::gemm::{Into, Matrix, Packed, Real, gemm, gemm_into};
use super::{KernelError, stale_room};
use crate::block::Block;
use crate::native::{Loop, isa, vectorised};
use nums_ir::dtype::DType;
use nums_ir::reflections::{Cut, PANEL};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// What a factorisation needs of its elements.
pub(super) trait Field:
    Real + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self> + PartialOrd
{
    const ZERO: Self;
    const ONE: Self;
    /// Columns whose largest element is between these are factored as they are; others are scaled.
    const SAFE: (Self, Self);
    /// A sum of squares below this is nothing beside a safe column, and one above it has all digits.
    const NOTHING: Self;
    fn root(self) -> Self;
    fn size(self) -> Self;
    fn is_negative(self) -> bool;
    fn is_finite(self) -> bool;
    /// The power of two at or below a positive number.
    fn power(self) -> Self;
}

macro_rules! fields {
    ($($t:ident $low:literal $high:literal $nothing:literal;)*) => {$(
        impl Field for $t {
            const ZERO: $t = 0.0;
            const ONE: $t = 1.0;
            const SAFE: ($t, $t) = ($low, $high);
            const NOTHING: $t = $nothing;
            fn root(self) -> $t { self.sqrt() }
            fn size(self) -> $t { self.abs() }
            fn is_negative(self) -> bool { self.is_sign_negative() }
            fn is_finite(self) -> bool { self.is_finite() }
            fn power(self) -> $t { $t::from_bits(self.max($t::MIN_POSITIVE).to_bits() & $t::INFINITY.to_bits()) }
        }
    )*};
}
fields! {
    f32 1e-6 1e12 1e-30;
    f64 1e-120 1e120 1e-280;
}

/// R of a block, and before it the block's factors if they are kept; `joined` for triangles under each other.
pub(super) fn factor(x: &Block, keep: bool, joined: bool) -> Result<Vec<Block>, KernelError> {
    let &[m, n] = x.shape() else {
        return Err(KernelError::mismatch("qr", format!("a block of shape {:?}, expected a matrix", x.shape())));
    };
    let cut = Cut { m, n };
    macro_rules! of {
        ($t:ident) => {{
            let mut kept = if keep { Some(stale_room("qr", x.dtype(), &[cut.len()])?) } else { None };
            let mut r = Block::zeros(x.dtype(), &[cut.k(), n]);
            factor_scaled::<$t>(x.as_slice(), cut, joined, kept.as_mut().map(|kept| kept.as_mut_slice()), r.as_mut_slice());
            Ok(kept.into_iter().chain([r]).collect())
        }};
    }
    match x.dtype() {
        DType::F32 => of!(f32),
        DType::F64 => of!(f64),
        other => Err(KernelError::Unsupported(format!("`qr` of {other}"))),
    }
}

/// The Q of a block's factors, or its part of the rows of a larger one of which `above` has the rows of the block's triangle.
pub(super) fn orthogonal(
    kept: &Block,
    above: Option<&Block>,
    (m, n): (usize, usize),
    joined: bool,
) -> Result<Block, KernelError> {
    let cut = Cut { m, n };
    let fits = |a: &Block| a.dtype() == kept.dtype() && a.shape().len() == 2 && a.shape()[0] == cut.k();
    if kept.shape() != [cut.len()] || !above.is_none_or(fits) {
        let above = above.map(Block::shape);
        return Err(KernelError::mismatch("qr", format!("factors {:?} of {m} × {n} below {above:?}", kept.shape())));
    }
    let columns = above.map_or(cut.k(), |a| a.shape()[1]);
    let mut q = stale_room("qr", kept.dtype(), &[m, columns])?;
    match kept.dtype() {
        DType::F32 => spread::<f32>(kept.as_slice(), cut, joined, above.map(Block::as_slice), q.as_mut_slice(), columns),
        DType::F64 => spread::<f64>(kept.as_slice(), cut, joined, above.map(Block::as_slice), q.as_mut_slice(), columns),
        other => return Err(KernelError::Unsupported(format!("`qr` of {other}"))),
    }
    Ok(q)
}

/// Factors a block whose columns may be very large or very small: these are scaled by powers of two, and R's with them.
fn factor_scaled<T: Field>(a: &[T], cut: Cut, joined: bool, kept: Option<&mut [T]>, r: &mut [T]) {
    if cut.is_empty() {
        return;
    }
    let mut largest = vec![T::ZERO; cut.n];
    vectorised(Largest { rows: a, largest: &mut largest });
    let is_safe = |x: T| x == T::ZERO || !x.is_finite() || (x > T::SAFE.0 && x < T::SAFE.1);
    if largest.iter().all(|x| is_safe(*x)) {
        return factor_rows(a, cut, joined, kept, r);
    }
    let powers: Vec<T> = largest.iter().map(|x| if is_safe(*x) { T::ONE } else { x.power() }).collect();
    let scaled: Vec<T> = a.chunks_exact(cut.n).flat_map(|row| row.iter().zip(&powers).map(|(x, p)| *x / *p)).collect();
    factor_rows(&scaled, cut, joined, kept, r);
    for row in r.chunks_exact_mut(cut.n) {
        row.iter_mut().zip(&powers).for_each(|(x, p)| *x = *x * *p);
    }
}

/// Factors a block (rows in memory) into what is kept and a zeroed `r`.
fn factor_rows<T: Field>(a: &[T], cut: Cut, joined: bool, kept: Option<&mut [T]>, r: &mut [T]) {
    let (n, k) = (cut.n, cut.k());
    let (mut vectors, mut squares) = kept.map(|kept| kept.split_at_mut(cut.m * k)).unzip();
    // What is right of a panel changes before its own turn.
    let mut work = if n > PANEL.min(k) { a.to_vec() } else { Vec::new() };
    let (mut own, mut square, mut room, mut at) = (Vec::new(), Vec::new(), Room::new(), 0);
    for panel in cut.panels() {
        let (width, right) = (panel.len(), n - panel.end);
        let mut tile = Tile::new(width);
        square.resize(width * width, T::ZERO);
        for rows in cut.tiles(&panel) {
            let is_first = rows.start == panel.start;
            let keeps_signs = joined || !is_first;
            let from = if work.is_empty() { a } else { &work };
            tile.reduce(&from[rows.start * n + panel.start..(rows.end - 1) * n + panel.end], n, is_first, keeps_signs);
            tile.joined(&mut square);
            if let Some(squares) = &mut squares {
                squares[at..at + square.len()].copy_from_slice(&square);
                at += square.len();
            }
            if let Some(vectors) = &mut vectors {
                tile.vectors(&mut vectors[rows.start * k + panel.start..(rows.end - 1) * k + panel.end], k);
            }
            if right > 0 {
                own.resize(rows.len() * width, T::ZERO);
                tile.vectors(&mut own, width);
                let v = Matrix { data: &own, rows: rows.len(), cols: width, row_stride: width, col_stride: 1 };
                let (above, below) = work.split_at_mut(rows.start * n);
                let top = (!is_first).then(|| &mut above[panel.start * n + panel.end..]);
                let to = Rows { top, below: &mut below[panel.end..], stride: n, columns: right, are_zero: false };
                Reflections { v, square: &square, keeps_signs }.apply(true, to, &mut room);
            }
        }
        tile.triangle(&mut r[panel.start * n + panel.start..(panel.end - 1) * n + panel.end], n);
        for row in panel.clone().filter(|_| right > 0) {
            let right = row * n + panel.end..(row + 1) * n;
            r[right.clone()].copy_from_slice(&work[right]);
        }
    }
}

/// Q's rows (`columns` wide) of a block's factors: reflections of the identity, or of the rows `above`.
fn spread<T: Field>(kept: &[T], cut: Cut, joined: bool, above: Option<&[T]>, q: &mut [T], columns: usize) {
    let k = cut.k();
    if k == 0 {
        return q.fill(T::ZERO);
    }
    let (vectors, squares) = kept.split_at(cut.m * k);
    let head = &mut q[..k * columns];
    match above {
        Some(above) => head.copy_from_slice(above),
        None => {
            head.fill(T::ZERO);
            head.iter_mut().step_by(k + 1).for_each(|x| *x = T::ONE);
        }
    }
    let (mut end, mut room) = (squares.len(), Room::new());
    for panel in cut.panels().rev() {
        let width = panel.len();
        // The identity's columns left of the panel are zero in the panel's rows.
        let left = if above.is_some() { 0 } else { panel.start };
        for rows in cut.tiles(&panel).rev() {
            let is_first = rows.start == panel.start;
            let is_last_panel = panel.end == k;
            let (above, below) = q.split_at_mut(rows.start * columns);
            if is_last_panel {
                below[(rows.start.max(k) - rows.start) * columns..rows.len() * columns].fill(T::ZERO);
            }
            let v = &vectors[rows.start * k + panel.start..];
            let v = Matrix { data: v, rows: rows.len(), cols: width, row_stride: k, col_stride: 1 };
            let top = (!is_first).then(|| &mut above[panel.start * columns + left..]);
            let are_zero = is_last_panel && !is_first;
            let to = Rows { top, below: &mut below[left..], stride: columns, columns: columns - left, are_zero };
            let square = &squares[end - width * width..end];
            end -= square.len();
            Reflections { v, square, keeps_signs: joined || !is_first }.apply(false, to, &mut room);
        }
    }
}

/// The reflections of a tile, `1 - V T Vᵀ`, and after them rows that turn their signs.
struct Reflections<'a, T> {
    v: Matrix<'a, T>,
    /// The columns of `T`.
    square: &'a [T],
    keeps_signs: bool,
}

/// What reflections are applied to: the rows of the tile, and those of the triangle if they are not the tile's first.
struct Rows<'a, T> {
    top: Option<&'a mut [T]>,
    below: &'a mut [T],
    stride: usize,
    columns: usize,
    /// Nothing has been written into the rows below.
    are_zero: bool,
}

/// What applying reflections needs.
struct Room<T> {
    products: Vec<T>,
    taken: Vec<T>,
    packed: Packed<T>,
}

impl<T: Field> Room<T> {
    fn new() -> Room<T> {
        Room { products: Vec::new(), taken: Vec::new(), packed: Packed::new() }
    }
}

impl<T: Field> Reflections<'_, T> {
    /// Applies them, or, `transposed`, their inverse.
    fn apply(&self, transposed: bool, mut to: Rows<'_, T>, room: &mut Room<T>) {
        let (v, width, isa) = (self.v, self.v.cols, isa());
        let Room { products, taken, packed } = room;
        if !transposed {
            self.turn(&mut to);
        }
        products.clear();
        if let Some(top) = &to.top {
            products.extend(top.chunks(to.stride).take(width).flat_map(|row| &row[..to.columns]));
        } else {
            products.resize(width * to.columns, T::ZERO);
        }
        if !to.are_zero {
            let v = Matrix { rows: v.cols, cols: v.rows, row_stride: v.col_stride, col_stride: v.row_stride, ..v };
            let below = Matrix { data: to.below, rows: v.cols, cols: to.columns, row_stride: to.stride, col_stride: 1 };
            gemm(isa, v, below, products, Into { accumulate: to.top.is_some(), lower: false }, packed);
        }
        let (row_stride, col_stride) = if transposed { (width, 1) } else { (1, width) };
        let square = Matrix { data: self.square, rows: width, cols: width, row_stride, col_stride };
        let by = Matrix { data: products, rows: width, cols: to.columns, row_stride: to.columns, col_stride: 1 };
        taken.resize(width * to.columns, T::ZERO);
        gemm(isa, square, by, taken, Into { accumulate: false, lower: false }, packed);
        taken.iter_mut().for_each(|x| *x = -*x);
        if let Some(top) = &mut to.top {
            for (row, taken) in top.chunks_mut(to.stride).zip(taken.chunks_exact(to.columns)) {
                row.iter_mut().zip(taken).for_each(|(x, t)| *x = *x + *t);
            }
        }
        let by = Matrix { data: taken, rows: width, cols: to.columns, row_stride: to.columns, col_stride: 1 };
        let into = Into { accumulate: !to.are_zero, lower: false };
        gemm_into(isa, v, by, (to.below, to.stride), into, packed);
        if transposed {
            self.turn(&mut to);
        }
    }

    /// Turns the signs of the triangle's rows that a reflection turned, if they are kept.
    fn turn(&self, to: &mut Rows<'_, T>) {
        let width = self.v.cols;
        let rows = to.top.as_deref_mut().unwrap_or(to.below).chunks_mut(to.stride).take(width);
        for (_, row) in rows.enumerate().filter(|(j, _)| self.keeps_signs && self.square[j * width + j] != T::ZERO) {
            row[..to.columns].iter_mut().for_each(|x| *x = -*x);
        }
    }
}

/// The largest size of an element of each column.
struct Largest<'a, T> {
    rows: &'a [T],
    largest: &'a mut [T],
}

impl<T: Field> Loop for Largest<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        for row in self.rows.chunks_exact(self.largest.len()) {
            for (most, x) in self.largest.iter_mut().zip(row) {
                *most = if x.size() > *most { x.size() } else { *most };
            }
        }
    }
}

#[cfg(test)]
mod tests;
