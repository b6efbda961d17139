//! How a block is cut for its QR: panels of columns, and in each panel tiles of rows from the panel's first column down.
//!
//! A tile is small enough to stay in the first cache while its reflections are made one by one; what is right of a panel sees
//! them as products of matrices. The factors of a block, which Q is made of, are one run of elements: the vectors of all
//! reflections, in the shape of Q, then the square matrix of each tile. Everything follows from the block's shape.

use std::ops::Range;

/// Columns of a panel.
pub const PANEL: usize = 32;
/// Rows of a tile.
pub const TILE: usize = 192;

/// The cut of a block of `m` rows and `n` columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Rows.
    pub m: usize,
    /// Columns.
    pub n: usize,
}

impl Cut {
    /// Columns of Q, and rows of R.
    pub fn k(self) -> usize {
        self.m.min(self.n)
    }

    /// Columns of each panel.
    pub fn panels(self) -> impl DoubleEndedIterator<Item = Range<usize>> {
        (0..self.k()).step_by(PANEL).map(move |from| from..self.k().min(from + PANEL))
    }

    /// Rows of each tile of a panel.
    pub fn tiles(self, panel: &Range<usize>) -> impl DoubleEndedIterator<Item = Range<usize>> + use<> {
        let m = self.m;
        (panel.start..m).step_by(TILE).map(move |from| from..m.min(from + TILE))
    }

    /// Elements of the factors.
    pub fn len(self) -> usize {
        let squares = |panel: Range<usize>| (self.m - panel.start).div_ceil(TILE) * panel.len() * panel.len();
        self.m * self.k() + self.panels().map(squares).sum::<usize>()
    }

    /// Whether there is nothing to factor.
    pub fn is_empty(self) -> bool {
        self.k() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, PANEL, TILE};

    #[test]
    fn tiles_cover_what_is_below_a_panel_and_each_has_a_square() {
        for (m, n) in [(1, 1), (0, 3), (3, 0), (5, 3), (3, 5), (TILE, PANEL), (TILE + 1, PANEL + 1), (1000, 100), (100, 1000)] {
            let cut = Cut { m, n };
            assert_eq!(cut.panels().map(|p| p.len()).sum::<usize>(), m.min(n));
            let mut len = m * cut.k();
            for panel in cut.panels() {
                assert_eq!(cut.tiles(&panel).map(|rows| rows.len()).sum::<usize>(), m - panel.start);
                assert!(cut.tiles(&panel).next().is_some_and(|first| first.len() >= panel.len()), "a triangle in the first tile");
                len += cut.tiles(&panel).count() * panel.len() * panel.len();
            }
            assert_eq!((cut.len(), cut.is_empty()), (len, m.min(n) == 0));
        }
    }
}
