//! [`Groupable`]: what a kind of accumulator has to tell, so that there can be one of it a group.

use crate::control::Control;
use crate::count::accumulator::{Accumulator, Ledger};
use crate::count::group_table::Counted;
use crate::count::{CompactCounts, ExactCounts, ThresholdCounts};
use crate::error::Result;
use crate::input::{Batch, DType, Score};
use crate::tally::{Masses, Tally};

/// An accumulator that there can be one of a group.
pub trait Groupable: Accumulator {
    /// True when further sums follow from scores and weights, and are not kept for themselves.
    const DERIVES_SUMS: bool;

    /// Rows up to which a group keeps its rows instead: then the accumulator takes no more memory than they do.
    fn rows_kept(&self) -> usize;

    /// The same with more rows dropped.
    ///
    /// # Errors
    /// [`Error::CountOverflow`](crate::Error::CountOverflow).
    fn with_dropped(self, rows: u64) -> Result<Self>;

    /// The same, empty as it is, as after rows of scores of this dtype.
    #[must_use]
    fn for_scores(&self, dtype: DType) -> Self;

    /// The limit of memory it was made with.
    fn limit(&self) -> Option<usize> {
        None
    }

    /// The same, empty, without that limit.
    #[must_use]
    fn without_limit(&self) -> Self {
        self.clone()
    }

    /// The tally of few unweighted rows, by key of float64 and label, as this would have it of them alone; none where there
    /// is no shorter way to it than to count them.
    ///
    /// # Errors
    /// Those of [`Accumulator::tally`].
    fn tally_of_rows(&self, rows: &mut [(u64, u8)], control: &Control<'_>) -> Result<Option<Tally>>;

    /// The tally of many unweighted rows, as this, empty, would have it of them alone; none where there is no shorter way to
    /// it than to count them.
    ///
    /// # Errors
    /// Those of [`Accumulator::count`] and [`Accumulator::tally`].
    fn tally_of_batch(&self, _batch: &Batch<'_>, _control: &Control<'_>) -> Result<Option<Tally>> {
        Ok(None)
    }

    /// The rows of an unweighted batch by group, of which there are `groups`, and cell: where rows are counted in a few cells
    /// alone, and the batch is large enough for a table of all groups.
    ///
    /// # Errors
    /// Those of [`Accumulator::count`].
    fn by_group(
        &self,
        _batch: &Batch<'_>,
        _of_rows: &[u32],
        _groups: usize,
        _control: &Control<'_>,
    ) -> Result<Option<Counted>> {
        Ok(None)
    }

    /// Adds so many unweighted rows to each cell.
    ///
    /// # Errors
    /// [`Error::CountOverflow`](crate::Error::CountOverflow).
    fn add_to_cells(&mut self, _rows: &[u32]) -> Result<()> {
        Ok(())
    }

    /// Unweighted rows that this would be the same after, score and label, where it can be said and they are at most
    /// `limit`; none where they cannot.
    fn as_rows(&self, limit: usize) -> Option<Vec<(f64, u8)>>;

    /// `[negatives, positives]`, and rows dropped.
    fn counted(&self) -> ([u64; 2], u64);

    /// Upper bounds of `Σ w²` and `Σ w s²`, where they are kept.
    fn squares(&self) -> [f64; 2];
}

/// Bytes of an unweighted row, of a float32 score, that is kept.
const ROW: usize = 6;

impl Groupable for ThresholdCounts {
    const DERIVES_SUMS: bool = false;

    fn rows_kept(&self) -> usize {
        /// What a table takes beside its cells.
        const BESIDE: usize = 300;
        (BESIDE + self.nbytes() - self.thresholds().nbytes()) / ROW
    }

    fn with_dropped(mut self, rows: u64) -> Result<Self> {
        self.drop_rows(rows)?;
        Ok(self)
    }

    fn for_scores(&self, dtype: DType) -> Self {
        self.clone().fixed_by(dtype)
    }

    fn tally_of_rows(&self, _rows: &mut [(u64, u8)], _control: &Control<'_>) -> Result<Option<Tally>> {
        Ok(None)
    }

    fn by_group(
        &self,
        batch: &Batch<'_>,
        of_rows: &[u32],
        groups: usize,
        control: &Control<'_>,
    ) -> Result<Option<Counted>> {
        self.table_by_group(batch, of_rows, groups, control)
    }

    fn add_to_cells(&mut self, rows: &[u32]) -> Result<()> {
        self.add_rows(rows)
    }

    fn as_rows(&self, _limit: usize) -> Option<Vec<(f64, u8)>> {
        None
    }

    fn counted(&self) -> ([u64; 2], u64) {
        let ledger = self.parts().3;
        (ledger.rows, ledger.dropped)
    }

    fn squares(&self) -> [f64; 2] {
        self.square_bounds()
    }
}

impl Groupable for CompactCounts {
    const DERIVES_SUMS: bool = false;

    /// Its pages take 4 KiB for each stretch of intervals that is touched: 1 to 2 MiB of scores spread over [0, 1].
    fn rows_kept(&self) -> usize {
        1 << 18
    }

    fn with_dropped(mut self, rows: u64) -> Result<Self> {
        self.drop_rows(rows)?;
        Ok(self)
    }

    fn for_scores(&self, _dtype: DType) -> Self {
        self.clone()
    }

    fn tally_of_rows(&self, rows: &mut [(u64, u8)], _control: &Control<'_>) -> Result<Option<Tally>> {
        if self.sums() {
            return Ok(None);
        }
        let mut tied = true;
        for (key, _) in rows.iter_mut() {
            let score = f64::from_key(*key);
            let edge = Self::edge_below(score);
            tied &= edge == score;
            *key = edge.key();
        }
        Ok(Some(of_sorted(rows, tied)))
    }

    fn tally_of_batch(&self, batch: &Batch<'_>, control: &Control<'_>) -> Result<Option<Tally>> {
        if self.sums() { Ok(None) } else { Self::tally_of(batch, control).map(Some) }
    }

    fn as_rows(&self, limit: usize) -> Option<Vec<(f64, u8)>> {
        let (counts, _, ledger) = self.parts();
        if self.sums() || ledger.weighted || ledger.total() > limit as u64 {
            return None;
        }
        let of = |(cell, count): (usize, u64)| {
            let edge = Self::lower_edge(cell / 2);
            // Not at an edge, where some score was not: the next float64 lies in every interval.
            let score = if self.exact() { edge } else { edge.next_up() };
            vec![(score, (cell % 2) as u8); count as usize]
        };
        Some(counts.cells().flat_map(of).collect())
    }

    fn counted(&self) -> ([u64; 2], u64) {
        let ledger = self.parts().2;
        (ledger.rows, ledger.dropped)
    }

    fn squares(&self) -> [f64; 2] {
        self.square_bounds()
    }
}

impl Groupable for ExactCounts {
    const DERIVES_SUMS: bool = true;

    /// It keeps the key of each row itself until there are a million.
    fn rows_kept(&self) -> usize {
        1 << 18
    }

    fn with_dropped(mut self, rows: u64) -> Result<Self> {
        self.drop_rows(rows)?;
        Ok(self)
    }

    fn for_scores(&self, _dtype: DType) -> Self {
        self.clone()
    }

    fn limit(&self) -> Option<usize> {
        self.max_bytes()
    }

    fn without_limit(&self) -> Self {
        if self.sums() { Self::new(None).with_sums() } else { Self::new(None) }
    }

    fn tally_of_rows(&self, rows: &mut [(u64, u8)], control: &Control<'_>) -> Result<Option<Tally>> {
        let tally = of_sorted(rows, true);
        if !self.sums() {
            return Ok(Some(tally));
        }
        let sums = crate::count::moments::of_ties(&tally, None, control)?;
        Ok(Some(tally.with_sums(sums)))
    }

    fn as_rows(&self, limit: usize) -> Option<Vec<(f64, u8)>> {
        let ledger = self.ledger();
        if ledger.weighted || ledger.total() > limit as u64 {
            return None;
        }
        let cancel = std::sync::atomic::AtomicBool::new(false);
        let run = self.folded(&Control::new(&cancel)).ok()?;
        let of = |i: usize| {
            let [negatives, positives] = run.counts(i).map(|count| count as usize);
            [vec![(run.score(i), 0); negatives], vec![(run.score(i), 1); positives]].concat()
        };
        Some((0..run.len()).flat_map(of).collect())
    }

    fn counted(&self) -> ([u64; 2], u64) {
        let Ledger { rows, dropped, .. } = self.ledger();
        (rows, dropped)
    }

    fn squares(&self) -> [f64; 2] {
        [self.square_bound(), 0.0]
    }
}

/// The tally of rows, each group of equal keys a group.
fn of_sorted(rows: &mut [(u64, u8)], tied: bool) -> Tally {
    rows.sort_unstable();
    let groups = rows.chunk_by(|a, b| a.0 == b.0).count();
    let mut thresholds = Vec::with_capacity(groups);
    let (mut positives, mut negatives) = (Vec::with_capacity(groups), Vec::with_capacity(groups));
    for group in rows.chunk_by(|a, b| a.0 == b.0).rev() {
        let of_group: u64 = group.iter().map(|&(_, label)| u64::from(label)).sum();
        thresholds.push(f64::from_key(group[0].0));
        positives.push(of_group);
        negatives.push(group.len() as u64 - of_group);
    }
    Tally::new(thresholds, Masses::Counts { positives, negatives }, tied)
}
