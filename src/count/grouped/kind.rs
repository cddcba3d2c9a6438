//! [`Groupable`]: what a kind of accumulator has to tell, so that there can be one of it a group.

use super::rows::{RowsOf, ScoresOf};
use crate::control::Control;
use crate::count::accumulator::{Accumulator, Ledger};
use crate::count::compact::Room;
use crate::count::group_table::Counted;
use crate::count::{CompactCounts, ExactCounts, ThresholdCounts};
use crate::error::{Error, Result};
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

    /// The tally of unweighted rows, as this, empty, would have it of them alone; none where there is no shorter way to it than
    /// to count them.
    ///
    /// # Errors
    /// Those of [`Accumulator::count`] and [`Accumulator::tally`].
    fn tally_of(&self, _rows: &RowsOf<'_>, _scratch: &mut Scratch, _control: &Control<'_>) -> Result<Option<Tally>> {
        Ok(None)
    }

    /// How many groups of a tally, from the highest down, a threshold admits, at which one of these can be read; `narrow`: all its
    /// scores are float32.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] and [`Error::NotAnEdge`] for a threshold that is none; [`Error::NanThreshold`].
    fn admitted(&self, tally: &Tally, narrow: bool, threshold: f64) -> Result<usize>;

    /// True when all scores held are float32, or it makes no difference.
    fn narrow(&self) -> bool {
        true
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

    /// `[negatives, positives]`, and rows dropped.
    fn counted(&self) -> ([u64; 2], u64);

    /// Upper bounds of `Σ w²` and `Σ w s²`, where they are kept.
    fn squares(&self) -> [f64; 2];
}

/// Bytes of an unweighted row, of a float32 score, that is kept.
const ROW: usize = 6;

/// Rows up to which a tally is made of rows sorted by their keys.
const FEW: usize = 1 << 10;

/// Memory in which tallies of one group after another are made.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Twice the key of a float32 score, and 1 for a positive.
    narrow: Vec<u64>,
    /// Keys of float64 scores, and labels.
    wide: Vec<(u64, u8)>,
    compact: Room,
}

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

    fn admitted(&self, _tally: &Tally, _narrow: bool, threshold: f64) -> Result<usize> {
        let place = self.thresholds().given().iter().position(|&given| given == threshold);
        let accepted = "one of the thresholds counted at";
        let refused = Error::OutOfRange { argument: "threshold", value: threshold, accepted };
        place.map(|place| self.groups_admitted()[place]).ok_or(refused)
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

    fn tally_of(&self, rows: &RowsOf<'_>, scratch: &mut Scratch, control: &Control<'_>) -> Result<Option<Tally>> {
        if self.sums() {
            return Ok(None);
        }
        if rows.len() <= FEW {
            return Self::tally_of_few(rows.each(), &mut scratch.compact).map(Some);
        }
        if u32::try_from(rows.len()).is_err() {
            return Ok(None);
        }
        match rows.scores {
            ScoresOf::Narrow(scores) => Self::tally_of_many(rows.labels, scores, &mut scratch.compact, control),
            ScoresOf::Wide(scores) => Self::tally_of_many(rows.labels, scores, &mut scratch.compact, control),
        }
        .map(Some)
    }

    fn admitted(&self, tally: &Tally, _narrow: bool, threshold: f64) -> Result<usize> {
        let edges = Self::resolved(&[threshold], tally.tied(), false)?;
        Ok(tally.thresholds().partition_point(|&edge| edge >= edges[0]))
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

    fn tally_of(&self, rows: &RowsOf<'_>, scratch: &mut Scratch, control: &Control<'_>) -> Result<Option<Tally>> {
        if rows.len() > FEW {
            return Ok(None);
        }
        let tally = of_few(rows, scratch);
        if !self.sums() {
            return Ok(Some(tally));
        }
        let sums = crate::count::moments::of_ties(&tally, None, control)?;
        Ok(Some(tally.with_sums(sums)))
    }

    fn admitted(&self, tally: &Tally, narrow: bool, threshold: f64) -> Result<usize> {
        if threshold.is_nan() {
            return Err(Error::NanThreshold { index: 0 });
        }
        let edge = Self::edge(threshold, narrow);
        Ok(tally.thresholds().partition_point(|&score| score >= edge))
    }

    fn narrow(&self) -> bool {
        self.is_narrow()
    }

    fn counted(&self) -> ([u64; 2], u64) {
        let Ledger { rows, dropped, .. } = self.ledger();
        (rows, dropped)
    }

    fn squares(&self) -> [f64; 2] {
        [self.square_bound(), 0.0]
    }
}

/// The tally of rows, each score a group.
fn of_few(rows: &RowsOf<'_>, scratch: &mut Scratch) -> Tally {
    match rows.scores {
        // Key and label in one integer, so that one comparison orders two rows.
        ScoresOf::Narrow(scores) => {
            scratch.narrow.clear();
            let keyed =
                scores.iter().zip(rows.labels).map(|(score, &label)| 2 * u64::from(score.key()) + u64::from(label));
            scratch.narrow.extend(keyed);
            scratch.narrow.sort_unstable();
            of_sorted(&scratch.narrow, |&keyed| f32::from_key((keyed / 2) as u32).to_f64(), |&keyed| keyed % 2)
        }
        ScoresOf::Wide(scores) => {
            scratch.wide.clear();
            scratch.wide.extend(scores.iter().map(|score| score.key()).zip(rows.labels.iter().copied()));
            scratch.wide.sort_unstable();
            of_sorted(&scratch.wide, |&(key, _)| f64::from_key(key), |&(_, label)| label.into())
        }
    }
}

/// The tally of rows that ascend by score.
fn of_sorted<T>(rows: &[T], score: impl Fn(&T) -> f64, label: impl Fn(&T) -> u64) -> Tally {
    let mut thresholds = Vec::with_capacity(rows.len());
    let (mut positives, mut negatives) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for row in rows.iter().rev() {
        let (score, positive) = (score(row), label(row));
        match (thresholds.last(), positives.last_mut(), negatives.last_mut()) {
            (Some(last), Some(of_positives), Some(of_negatives)) if *last == score => {
                *of_positives += positive;
                *of_negatives += 1 - positive;
            }
            _ => {
                thresholds.push(score);
                positives.push(positive);
                negatives.push(1 - positive);
            }
        }
    }
    Tally::new(thresholds, Masses::Counts { positives, negatives }, true)
}
