//! [`Joint`]: how many rows lie in each pair of intervals, no finer than fits a given number of cells.

use std::sync::Arc;

use super::cells::Cells;
use super::key::coarser;
use crate::control::Control;
use crate::count::exact::radix::{SHORT, radix_sort};
use crate::error::{Error, Result};
use crate::simd;

const PURPOSE: &str = "rows of a joint table";

/// Rows that wait before any are folded, however few cells there are: 2 MiB, or twice that with weights.
const FEWEST_PENDING: usize = 1 << 18;

/// Cells that hold rows, at the least level that leaves at most `max_cells` of them; and rows that wait to be folded
/// in.
///
/// A clone shares its memory until either changes.
#[derive(Debug, Clone)]
pub(super) struct Joint {
    pub(super) max_cells: usize,
    /// That of the folded rows; of all rows once none waits.
    pub(super) level: u32,
    pub(super) cells: Arc<Cells>,
    pending: Arc<Rows>,
    /// An upper bound of every `Σ w²` held.
    squares: f64,
}

/// Rows in the order they came, `2 * key + label` each: without weights, and with them.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) plain: Vec<u64>,
    pub(super) weighted: Vec<(u64, f64)>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.plain.len() + self.weighted.len()
    }

    fn squares(&self) -> f64 {
        self.weighted.iter().map(|(_, weight)| weight * weight).sum()
    }
}

impl Joint {
    pub(super) fn new(max_cells: usize) -> Self {
        Self::from_parts(max_cells, 0, Cells::default())
    }

    /// These cells and no row that waits.
    pub(super) fn from_parts(max_cells: usize, level: u32, cells: Cells) -> Self {
        let squares = cells.weights.iter().flatten().map(|sums| sums.squares).sum();
        Self { max_cells, level, cells: Arc::new(cells), pending: Arc::default(), squares }
    }

    /// True when no row waits.
    pub(super) fn settled(&self) -> bool {
        self.pending.len() == 0
    }

    /// True when so many more rows may not wait with those that do.
    pub(super) fn crowded_by(&self, rows: usize) -> bool {
        !self.settled() && self.pending.len() + rows > self.cells.len().max(FEWEST_PENDING)
    }

    pub(super) fn nbytes(&self) -> usize {
        let Rows { plain, weighted } = &*self.pending;
        let pending = plain.capacity() * size_of::<u64>() + weighted.capacity() * size_of::<(u64, f64)>();
        self.cells.nbytes() + pending
    }

    /// Makes sure that [`Joint::push`] of these rows cannot fail; no value changes.
    ///
    /// # Errors
    /// [`Error::SumOverflow`], [`Error::OutOfMemory`], [`Error::Interrupted`].
    pub(super) fn make_room(&mut self, rows: &Rows, control: &Control<'_>) -> Result<()> {
        self.squares_with(rows.squares())?;
        if self.crowded_by(rows.len()) {
            self.fold(control)?;
        }
        let pending = Arc::make_mut(&mut self.pending);
        let [plain, weighted] = [rows.plain.len(), rows.weighted.len()];
        let refused = pending.plain.try_reserve(plain).and_then(|()| pending.weighted.try_reserve(weighted));
        let bytes = plain * size_of::<u64>() + weighted * size_of::<(u64, f64)>();
        refused.map_err(|_| Error::OutOfMemory { purpose: PURPOSE, bytes })
    }

    /// Adds rows of the finest level.
    pub(super) fn push(&mut self, rows: &Rows) {
        self.squares += rows.squares();
        let pending = Arc::make_mut(&mut self.pending);
        let level = self.level;
        let at_level = |row: u64| coarser(row >> 1, level) << 1 | row & 1;
        pending.plain.extend(rows.plain.iter().map(|&row| at_level(row)));
        pending.weighted.extend(rows.weighted.iter().map(|&(row, weight)| (at_level(row), weight)));
    }

    /// Folds in the rows that wait; no value changes, and nothing at all on error.
    pub(super) fn fold(&mut self, control: &Control<'_>) -> Result<()> {
        if self.settled() {
            return Ok(());
        }
        let mut folded = Cells::default();
        let mut cells = &*self.cells;
        if !self.pending.plain.is_empty() {
            let rows = sorted(&self.pending.plain, |row| row >> 1, control)?;
            folded = cells.with_rows(&rows, control)?;
            cells = &folded;
        }
        if !self.pending.weighted.is_empty() {
            let rows = sorted(&self.pending.weighted, |row| row.0 >> 1, control)?;
            folded = cells.with_weighted_rows(&rows, control)?;
        }
        self.settle(folded);
        Ok(())
    }

    /// Both tables, the finer one coarsened; no row waits in either.
    ///
    /// # Errors
    /// [`Error::SumOverflow`], [`Error::OutOfMemory`], [`Error::Interrupted`].
    pub(super) fn joined(&self, other: &Self, control: &Control<'_>) -> Result<Self> {
        let squares = self.squares_with(other.squares)?;
        let level = self.level.max(other.level);
        let at_level = |joint: &Self| {
            let mut cells = Arc::clone(&joint.cells);
            if joint.level < level {
                Arc::make_mut(&mut cells).coarsen(level - joint.level);
            }
            cells
        };
        let cells = at_level(self).with_cells(&at_level(other), control)?;
        let mut both = Self { level, squares, pending: Arc::default(), ..self.clone() };
        both.settle(cells);
        Ok(both)
    }

    /// Takes these cells for all rows, as coarse as need be.
    fn settle(&mut self, mut cells: Cells) {
        let levels = cells.levels_to(self.max_cells);
        cells.coarsen(levels);
        cells.trim();
        self.level += levels;
        self.cells = Arc::new(cells);
        // Memory for rows that wait is kept while nobody else reads them.
        match Arc::get_mut(&mut self.pending) {
            Some(Rows { plain, weighted }) => {
                plain.clear();
                weighted.clear();
            }
            None => self.pending = Arc::default(),
        }
    }

    fn squares_with(&self, more: f64) -> Result<f64> {
        let squares = self.squares + more;
        if squares.is_finite() { Ok(squares) } else { Err(Error::SumOverflow { sum: "Σ w²" }) }
    }
}

/// The rows by key; those of one key stay in their order.
fn sorted<T: Copy>(rows: &[T], key: impl Fn(&T) -> u64, control: &Control<'_>) -> Result<Vec<T>> {
    let mut sorted = simd::room(rows.len(), PURPOSE)?;
    sorted.extend_from_slice(rows);
    match rows.len() {
        ..SHORT => sorted.sort_by_key(key),
        _ => radix_sort(&mut sorted, &mut simd::room(rows.len(), PURPOSE)?, key, control)?,
    }
    Ok(sorted)
}

impl PartialEq for Joint {
    /// Same cells of the same table; no row may wait in either.
    fn eq(&self, other: &Self) -> bool {
        (self.max_cells, self.level) == (other.max_cells, other.level) && self.cells == other.cells
    }
}
