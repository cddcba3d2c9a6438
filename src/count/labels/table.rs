//! [`Table`]: rows counted by a pair of codes, in a table that grows with the codes.

use crate::error::{Error, Result};
use crate::simd;

/// The most cells of a table: 8 MiB a thread.
pub(super) const MOST_CELLS: usize = 1 << 20;

/// Cells up to which rows rotate over copies, so that equal neighbours do not wait for each other's store; beyond, equal
/// neighbours are rare and copies would leave the cache.
const FEW_CELLS: usize = 1 << 12;
const COPIES: usize = 4;

/// How codes of two columns make a cell: `first << shift | second`, with `first < rows`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    rows: usize,
    pub(super) shift: u32,
}

impl Shape {
    /// For codes below these powers of two.
    ///
    /// # Errors
    /// [`Error::TooManyClasses`].
    pub(super) fn new(spans: [usize; 2]) -> Result<Self> {
        let shape = Self { rows: spans[0], shift: spans[1].trailing_zeros() };
        if shape.cells() > MOST_CELLS { Err(Error::TooManyClasses { limit: MOST_CELLS }) } else { Ok(shape) }
    }

    pub(super) fn spans(self) -> [usize; 2] {
        [self.rows, 1 << self.shift]
    }

    pub(super) fn cells(self) -> usize {
        self.rows << self.shift
    }

    #[inline(always)]
    pub(super) fn cell(self, first: u32, second: u32) -> usize {
        (first as usize) << self.shift | second as usize
    }

    /// The cells of a table of `shape`, laid out for `self`, where codes are larger by `moved` and still fit.
    pub(super) fn spread<T: Copy + bytemuck::Zeroable>(
        self,
        old: &[T],
        shape: Self,
        moved: [usize; 2],
    ) -> Result<Vec<T>> {
        let mut cells = simd::zeros(self.cells(), "a table of pairs of labels")?;
        for (row, old) in old.chunks_exact(1 << shape.shift).enumerate() {
            let start = ((row + moved[0]) << self.shift) + moved[1];
            if let Some(cells) = cells.get_mut(start..start + old.len()) {
                cells.copy_from_slice(old);
            }
        }
        Ok(cells)
    }
}

/// Counts of rows by pair of codes.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) shape: Shape,
    /// One table, or [`COPIES`] one after another, whose sum is the count.
    copies: Vec<u64>,
}

impl Table {
    pub(super) fn new(shape: Shape) -> Result<Self> {
        Ok(Self { shape, copies: Self::zeros(shape)? })
    }

    fn zeros(shape: Shape) -> Result<Vec<u64>> {
        let copies = if shape.cells() <= FEW_CELLS { COPIES } else { 1 };
        simd::zeros(copies * shape.cells(), "a table of pairs of labels")
    }

    /// Lays the counts out for `shape`, in which codes are larger by `moved`.
    pub(super) fn grow(&mut self, shape: Shape, moved: [usize; 2]) -> Result<()> {
        let counts = shape.spread(&self.counts(), self.shape, moved)?;
        self.copies = Self::zeros(shape)?;
        self.copies[..counts.len()].copy_from_slice(&counts);
        self.shape = shape;
        Ok(())
    }

    /// One more at the cell of each pair; a cell beyond the table is not counted.
    pub(super) fn add(&mut self, first: &[u32], second: &[u32]) {
        let (shape, cells) = (self.shape, self.shape.cells());
        if self.copies.len() == cells {
            add_over::<1>(shape, [&mut self.copies], first, second);
        } else {
            let mut copies = self.copies.chunks_exact_mut(cells);
            let copies = std::array::from_fn(|_| copies.next().unwrap_or_default());
            add_over::<COPIES>(shape, copies, first, second);
        }
    }

    /// The count of each cell.
    pub(super) fn counts(&self) -> Vec<u64> {
        let mut copies = self.copies.chunks_exact(self.shape.cells());
        let mut counts = copies.next().unwrap_or_default().to_vec();
        for copy in copies {
            counts.iter_mut().zip(copy).for_each(|(count, more)| *count += more);
        }
        counts
    }
}

fn add_over<const N: usize>(shape: Shape, mut copies: [&mut [u64]; N], first: &[u32], second: &[u32]) {
    let mut add = |copy: usize, first: u32, second: u32| {
        if let Some(count) = copies[copy].get_mut(shape.cell(first, second)) {
            *count += 1;
        }
    };
    let ((first, last_first), (second, last_second)) = (first.as_chunks::<N>(), second.as_chunks::<N>());
    for (first, second) in first.iter().zip(second) {
        for i in 0..N {
            add(i, first[i], second[i]);
        }
    }
    for (i, (&first, &second)) in last_first.iter().zip(last_second).enumerate() {
        add(i, first, second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_and_kept_when_the_table_grows() {
        for rows in [0, 1, 3, 4, 5, 63, 64, 1000] {
            let first: Vec<u32> = (0..rows).map(|row| row * 7 % 3).collect();
            let second: Vec<u32> = (0..rows).map(|row| row * row % 4).collect();
            let mut table = Table::new(Shape::new([4, 4]).unwrap()).unwrap();
            table.add(&first, &second);
            for (spans, moved) in [([8, 8], [1, 2]), ([64, 128], [5, 0]), ([256, 512], [100, 20])] {
                let (shape, before) = (Shape::new(spans).unwrap(), table.counts());
                let old = table.shape;
                table.grow(shape, moved).unwrap();
                table.add(&[], &[]);
                assert_eq!(table.counts().iter().sum::<u64>(), u64::from(rows));
                for (cell, count) in before.into_iter().enumerate() {
                    let (row, column) = (cell >> old.shift, cell & ((1 << old.shift) - 1));
                    let now = shape.cell((row + moved[0]) as u32, (column + moved[1]) as u32);
                    assert_eq!(table.counts().get(now).copied().unwrap_or(0), count);
                }
            }
        }
    }

    #[test]
    fn a_table_has_a_limit() {
        assert!(Shape::new([1024, 1024]).is_ok());
        assert_eq!(Shape::new([1024, 2048]).unwrap_err(), Error::TooManyClasses { limit: MOST_CELLS });
    }
}
