//! A tile of rows of a panel of columns, and the reflections that leave nothing of it but a triangle on top.
//!
//! The first tile makes the triangle of its own rows; to every later one the triangle so far is on top, and its reflections
//! touch no other row of it than their own. Columns lie in strips of `LANE`, row after row, so that loops go along columns and
//! rows alike. One pass over the tile a column: as a row is reflected it is multiplied by its element of the next column, which
//! gives at once that column's square, its products with the columns to come, and those with the reflections so far, of which
//! the matrix `T` of their product consists (`H₁ H₂ … = 1 - V T Vᵀ`, Schreiber and Van Loan).

use super::Field;
use crate::native::{Loop, vectorised};

/// Columns of a strip.
const LANE: usize = 8;
/// Rows that sums take side by side.
const SIDE: usize = 4;

/// Some columns: of each row a strip.
type Strip<T> = Vec<[T; LANE]>;

pub(super) struct Tile<T> {
    columns: usize,
    /// The rows, then their part of the reflections' vectors.
    rows: Vec<Strip<T>>,
    /// The triangle so far.
    top: Vec<Strip<T>>,
    /// The columns of `T`.
    joined: Vec<Strip<T>>,
    /// The vector of a reflection below its own row, which has 1.
    vector: Vec<T>,
    /// The next column below its own row.
    next: Vec<T>,
    /// The next column's products with all columns.
    sums: Strip<T>,
    /// What a reflection takes of each column, times its vector.
    by: Strip<T>,
}

impl<T: Field> Tile<T> {
    /// Room for tiles of so many columns.
    pub(super) fn new(columns: usize) -> Tile<T> {
        let strips = columns.div_ceil(LANE);
        let square = || vec![vec![[T::ZERO; LANE]; columns]; strips];
        Tile {
            columns,
            rows: vec![Vec::new(); strips],
            top: square(),
            joined: square(),
            vector: Vec::new(),
            next: Vec::new(),
            sums: vec![[T::ZERO; LANE]; strips],
            by: vec![[T::ZERO; LANE]; strips],
        }
    }

    /// Takes rows that begin `stride` apart, and reflects them; `keeps` is whether the triangle keeps the signs that it has.
    pub(super) fn reduce(&mut self, from: &[T], stride: usize, is_first: bool, keeps: bool) {
        vectorised(Reduce { tile: self, from, stride, is_first });
        for j in (0..self.columns).filter(|_| keeps) {
            // Without a factor there was no reflection.
            if self.joined[j / LANE][j][j % LANE] != T::ZERO {
                self.top.iter_mut().for_each(|strip| strip[j] = strip[j].map(|x| -x));
            }
        }
    }

    /// The reflections' vectors, in rows that begin `stride` apart.
    pub(super) fn vectors(&self, to: &mut [T], stride: usize) {
        copy(&self.rows, self.columns, to, stride);
    }

    /// The columns of `T`, one after the other.
    pub(super) fn joined(&self, to: &mut [T]) {
        copy(&self.joined, self.columns, to, self.columns);
    }

    /// The triangle, in rows that begin `stride` apart.
    pub(super) fn triangle(&self, to: &mut [T], stride: usize) {
        copy(&self.top, self.columns, to, stride);
    }

    #[inline(always)]
    fn read(&mut self, from: &[T], stride: usize, rows: usize) {
        for (s, strip) in self.rows.iter_mut().enumerate() {
            let here = LANE.min(self.columns - s * LANE);
            strip.resize(rows, [T::ZERO; LANE]);
            for (lanes, row) in strip.iter_mut().zip(from.chunks(stride)) {
                match row[s * LANE..].first_chunk() {
                    Some(all) if here == LANE => *lanes = *all,
                    Some(_) | None => lanes[..here].copy_from_slice(&row[s * LANE..][..here]),
                }
            }
        }
    }

    /// Row `j` of the first tile becomes the triangle's, and what the vectors have there: 1, and nothing of those to come.
    #[inline(always)]
    fn lift(&mut self, j: usize) {
        for (s, (strip, top)) in self.rows.iter_mut().zip(&mut self.top).enumerate() {
            top[j] = strip[j];
            for (l, x) in strip[j].iter_mut().enumerate() {
                if s * LANE + l >= j {
                    *x = if s * LANE + l == j { T::ONE } else { T::ZERO };
                }
            }
        }
    }

    /// The reflection of column `j`: its column of `T`, the triangle's row, and what is taken of the rows. By what its vector is
    /// the column.
    #[inline(always)]
    fn reflection(&mut self, j: usize) -> T {
        let (alpha, squares) = (self.top[j / LANE][j][j % LANE], self.sums[j / LANE][j % LANE]);
        let (beta, factor, inverse) = if squares < T::NOTHING {
            (alpha, T::ZERO, T::ZERO)
        } else {
            let norm = (alpha * alpha + squares).root();
            let beta = if alpha.is_negative() { norm } else { -norm };
            (beta, (beta - alpha) / beta, T::ONE / (alpha - beta))
        };
        let strips = self.top.len();
        for s in 0..strips {
            let columns = self.top[s][j].iter_mut().zip(&mut self.by[s]).zip(&self.sums[s]);
            for ((top, by), sum) in columns {
                *by = factor * (*top + inverse * *sum);
                *top = *top - *by;
            }
        }
        for s in 0..strips {
            let mut column = [T::ZERO; LANE];
            for c in s * LANE..j {
                column = minus(column, self.by[c / LANE][c % LANE], self.joined[s][c]);
            }
            self.joined[s][j] = column;
        }
        self.joined[j / LANE][j][j % LANE] = factor;
        for c in 0..=j {
            self.by[c / LANE][c % LANE] = T::ZERO;
            self.top[c / LANE][j][c % LANE] = T::ZERO;
        }
        self.top[j / LANE][j][j % LANE] = beta;
        inverse
    }
}

/// Columns as rows of elements that begin `stride` apart.
fn copy<T: Field>(from: &[Strip<T>], columns: usize, to: &mut [T], stride: usize) {
    for (s, strip) in from.iter().enumerate() {
        let here = LANE.min(columns - s * LANE);
        for (row, lanes) in to.chunks_mut(stride).zip(strip) {
            match row[s * LANE..].first_chunk_mut() {
                Some(all) if here == LANE => *all = *lanes,
                Some(_) | None => row[s * LANE..][..here].copy_from_slice(&lanes[..here]),
            }
        }
    }
}

/// All reflections of a tile.
struct Reduce<'a, T> {
    tile: &'a mut Tile<T>,
    from: &'a [T],
    stride: usize,
    is_first: bool,
}

impl<T: Field> Loop for Reduce<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Reduce { tile, from, stride, is_first } = self;
        let rows = from.len().div_ceil(stride);
        tile.read(from, stride, rows);
        let lifted = usize::from(is_first);
        for j in 0..tile.columns {
            // The rows below the reflection's own, and those below the next one's.
            let below = lifted * (j + 1);
            let after = (below + lifted).min(rows);
            if is_first {
                tile.lift(j);
            }
            if j == 0 {
                tile.next.resize(rows - below, T::ZERO);
                for (next, row) in tile.next.iter_mut().zip(&tile.rows[0][below..]) {
                    *next = row[0];
                }
                for (sums, strip) in tile.sums.iter_mut().zip(&tile.rows) {
                    *sums = sum(&strip[below..], &tile.next);
                }
            }
            let inverse = tile.reflection(j);
            tile.vector.resize(tile.next.len(), T::ZERO);
            for (v, x) in tile.vector.iter_mut().zip(&tile.next) {
                *v = *x * inverse;
            }
            for (row, v) in tile.rows[j / LANE][below..].iter_mut().zip(&tile.vector) {
                row[j % LANE] = *v;
            }
            let next = j + 1;
            if next == tile.columns {
                return;
            }
            let (s, l) = (next / LANE, next % LANE);
            let (skipped, vector) = tile.vector.split_at(after - below);
            let by = tile.by[s][l];
            tile.next.resize(vector.len(), T::ZERO);
            for ((next, row), v) in tile.next.iter_mut().zip(&tile.rows[s][after..]).zip(vector) {
                *next = row[l] - *v * by;
            }
            for (i, strip) in tile.rows.iter_mut().enumerate() {
                tile.sums[i] = if i < s {
                    sum(&strip[after..], &tile.next)
                } else {
                    let (own, strip) = strip[below..].split_at_mut(after - below);
                    reflect(own, skipped, tile.by[i], skipped);
                    reflect(strip, vector, tile.by[i], &tile.next)
                };
            }
        }
    }
}

/// Rows times their factors.
#[inline(always)]
fn sum<T: Field>(strip: &[[T; LANE]], factors: &[T]) -> [T; LANE] {
    let [mut a, mut b, mut c, mut d] = [[T::ZERO; LANE]; SIDE];
    let ((rows, last), (by, by_last)) = (strip.as_chunks::<SIDE>(), factors.as_chunks::<SIDE>());
    for (rows, by) in rows.iter().zip(by) {
        a = plus(a, by[0], rows[0]);
        b = plus(b, by[1], rows[1]);
        c = plus(c, by[2], rows[2]);
        d = plus(d, by[3], rows[3]);
    }
    for (row, by) in last.iter().zip(by_last) {
        a = plus(a, *by, *row);
    }
    folded([a, b, c, d])
}

/// Takes `by` times the vector from the rows, and gives the rows that are left times their factors.
#[inline(always)]
fn reflect<T: Field>(strip: &mut [[T; LANE]], vector: &[T], by: [T; LANE], factors: &[T]) -> [T; LANE] {
    let [mut a, mut b, mut c, mut d] = [[T::ZERO; LANE]; SIDE];
    let (rows, last) = strip.as_chunks_mut::<SIDE>();
    let ((v, v_last), (f, f_last)) = (vector.as_chunks::<SIDE>(), factors.as_chunks::<SIDE>());
    for ((rows, v), f) in rows.iter_mut().zip(v).zip(f) {
        rows[0] = minus(rows[0], v[0], by);
        rows[1] = minus(rows[1], v[1], by);
        rows[2] = minus(rows[2], v[2], by);
        rows[3] = minus(rows[3], v[3], by);
        a = plus(a, f[0], rows[0]);
        b = plus(b, f[1], rows[1]);
        c = plus(c, f[2], rows[2]);
        d = plus(d, f[3], rows[3]);
    }
    for ((row, v), f) in last.iter_mut().zip(v_last).zip(f_last) {
        *row = minus(*row, *v, by);
        a = plus(a, *f, *row);
    }
    folded([a, b, c, d])
}

#[inline(always)]
fn plus<T: Field>(mut sums: [T; LANE], factor: T, row: [T; LANE]) -> [T; LANE] {
    for l in 0..LANE {
        sums[l] = sums[l] + factor * row[l];
    }
    sums
}

#[inline(always)]
fn minus<T: Field>(mut row: [T; LANE], factor: T, by: [T; LANE]) -> [T; LANE] {
    for l in 0..LANE {
        row[l] = row[l] - factor * by[l];
    }
    row
}

#[inline(always)]
fn folded<T: Field>([a, b, c, d]: [[T; LANE]; SIDE]) -> [T; LANE] {
    std::array::from_fn(|l| (a[l] + c[l]) + (b[l] + d[l]))
}
