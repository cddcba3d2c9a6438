//! [`Accumulator`]: what ThresholdCounts, ExactCounts and CompactCounts have in common.

use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::Batch;
use crate::tally::{Masses, Tally};

/// Unweighted batches of up to this many rows are counted in place, without private tables: making and merging tables
/// would cost more than such a batch.
pub const SMALL_BATCH: usize = 65_536;

/// Counts that grow by batches and merge in any order.
///
/// Laws, for any accumulators `a`, `b` and batches `x`, `y`: merging a fresh one changes nothing; `update(x)` then
/// `update(y)` equals updating one with each and merging, and equals one update with both; merging is commutative and
/// associative. Unweighted and with exact sums this holds bit for bit; further sums, which those made `with_sums` keep, are
/// exact where the products and logarithms of all rows are. Every method is all or nothing: after an error the
/// value is what it was.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::count::{Accumulator, ExactCounts};
/// use thresher::input::{Batch, Column};
/// use thresher::{Control, measure};
///
/// let cancel = AtomicBool::new(false);
/// let control = Control::new(&cancel);
/// let mut counts = ExactCounts::new(None);
/// for (labels, scores) in [([false, false], [0.1, 0.4]), ([true, true], [0.35, 0.8])] {
///     counts.update(&Batch::new(Column::from_slice(&labels), Column::from_slice(&scores))?, &control)?;
/// }
/// assert_eq!(measure::roc_auc(&counts.tally(&control)?), 0.75);
/// # Ok::<(), thresher::Error>(())
/// ```
pub trait Accumulator: Clone + PartialEq + Send + Sync {
    /// A batch, counted and not yet added.
    type Part: Send;

    /// Counts a batch into a private part; `self` is read only.
    ///
    /// # Errors
    /// That of the batch's lowest bad row; [`Error::Interrupted`]; [`Error::OutOfMemory`].
    fn count(&self, batch: &Batch<'_>, control: &Control<'_>) -> Result<Self::Part>;

    /// Adds what [`Accumulator::count`] counted.
    ///
    /// # Errors
    /// [`Error::CountOverflow`], [`Error::WeightOverflow`], [`Error::SumOverflow`], [`Error::MaxBytes`]; nothing is added
    /// then.
    fn commit(&mut self, part: Self::Part) -> Result<Committed>;

    /// Counts a batch and adds it.
    ///
    /// # Errors
    /// Those of [`Accumulator::count`] and [`Accumulator::commit`].
    fn update(&mut self, batch: &Batch<'_>, control: &Control<'_>) -> Result<()> {
        while self.commit(self.count(batch, control)?)? == Committed::Recount {}
        Ok(())
    }

    /// Adds all that `other` has counted.
    ///
    /// # Errors
    /// A mismatch of settings where there are any; the errors of [`Accumulator::commit`].
    fn merge(&mut self, other: &Self) -> Result<()>;

    /// Forgets all counts; settings stay.
    fn reset(&mut self);

    /// Rows and weights counted so far.
    fn rows(&self) -> Rows;

    /// True once a row with a weight has been counted.
    fn weighted(&self) -> bool;

    /// True when further sums are kept: those of [`Tally::sums`].
    fn sums(&self) -> bool;

    /// True when every group is known to be one tied score, so that every figure is exact.
    fn exact(&self) -> bool;

    /// Bytes held.
    fn nbytes(&self) -> usize;

    /// Which way of counting is used, in words.
    fn plan(&self) -> String;

    /// Positives and negatives per group, from the highest score down.
    ///
    /// # Errors
    /// [`Error::Interrupted`]; [`Error::OutOfMemory`].
    fn tally(&self, control: &Control<'_>) -> Result<Tally>;

    /// An accumulator with these settings (a limit on memory apart) that holds what `tally` does: groups of its own
    /// [`tally`](Accumulator::tally), with other masses, as a replicate of it. Further sums are not kept. How many rows
    /// sums of weights come from is unknown; it counts one for each class in each group that holds any.
    ///
    /// # Errors
    /// [`Error::CountOverflow`]; [`Error::OutOfMemory`].
    fn with_tally(&self, tally: &Tally) -> Result<Self>;
}

/// What became of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It was added.
    Done,
    /// It was counted under a setting that another batch has fixed differently meanwhile; count it again.
    Recount,
}

/// Rows and weights counted so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rows {
    /// Positive rows, weighted or not.
    pub positives: u64,
    /// Negative rows, weighted or not.
    pub negatives: u64,
    /// Rows left out because their score was NaN.
    pub dropped: u64,
    /// Sum of the weights of the positives; a row without a weight weighs 1.
    pub weight_positives: f64,
    /// Sum of the weights of the negatives.
    pub weight_negatives: f64,
}

/// Row counts that every accumulator keeps beside its groups: `[negatives, positives]` and rows dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) rows: [u64; 2],
    pub(crate) dropped: u64,
    pub(crate) weighted: bool,
}

impl Ledger {
    /// That of some groups; of sums of weights a row for each that is not 0.
    ///
    /// # Errors
    /// [`Error::CountOverflow`].
    pub(crate) fn of(masses: &Masses) -> Result<Self> {
        fn held(weights: &[f64]) -> u64 {
            weights.iter().filter(|weight| **weight > 0.0).count() as u64
        }
        let (rows, weighted) = match masses {
            Masses::Counts { positives, negatives } => (
                [negatives, positives].map(|rows| rows.iter().fold(0, |sum: u64, &rows| sum.saturating_add(rows))),
                false,
            ),
            Masses::Weights { positives, negatives } => {
                let rows = [held(negatives), held(positives)];
                (rows, rows != [0, 0])
            }
        };
        Self { rows, dropped: 0, weighted }.plus(Self::default()) // which looks whether there are too many
    }

    /// Both together.
    ///
    /// # Errors
    /// [`Error::CountOverflow`] when the rows, dropped ones included, would pass 2^63 − 1.
    pub(crate) fn plus(self, other: Self) -> Result<Self> {
        let total = |ledger: &Self| ledger.rows[0].saturating_add(ledger.rows[1]).saturating_add(ledger.dropped);
        let (ours, theirs) = (total(&self), total(&other));
        if ours.checked_add(theirs).is_none_or(|sum| sum > i64::MAX.cast_unsigned()) {
            return Err(Error::CountOverflow { ours, theirs });
        }
        Ok(Self {
            rows: [self.rows[0] + other.rows[0], self.rows[1] + other.rows[1]],
            dropped: self.dropped + other.dropped,
            weighted: self.weighted || other.weighted,
        })
    }

    /// Rows counted, of both classes.
    pub(crate) fn total(&self) -> u64 {
        self.rows[0] + self.rows[1]
    }

    /// The public form, given `[negatives, positives]` weight sums.
    pub(crate) fn rows(&self, weights: [f64; 2]) -> Rows {
        let [negatives, positives] = self.rows;
        let [weight_negatives, weight_positives] =
            if self.weighted { weights } else { [negatives as f64, positives as f64] };
        Rows { positives, negatives, dropped: self.dropped, weight_positives, weight_negatives }
    }
}
