//! [`ExactCounts`]: one entry per distinct score; every figure is exact.
//!
//! Rows are kept unsorted in pieces until there are enough of them, then sorted once and folded into the run of all before
//! them: each row is sorted once and copied a logarithmic number of times.

mod fold;
mod pairs;
mod radix;
mod rank;
mod rows;
mod run;
mod sort;
mod weights;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use pairs::{Pairs, roc_auc_pairs};
use rows::{Read, Rows as UnsortedRows};
use run::Run;
pub(crate) use run::RunBuilder;

use super::accumulator::{Accumulator, Committed, Ledger, Rows};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::{Batch, Score};
use crate::simd::DefaultFloatMode;
use crate::tally::Tally;

/// A map from each distinct score, as the real number it is, to what was counted of it.
///
/// Memory grows with the rows: 4 bytes for a float32 row until it is folded, 12 for a distinct float32 score (16 for a
/// float64 one) after. `max_bytes` sets a limit; [`CompactCounts`](super::CompactCounts) needs none.
#[derive(Debug, Clone)]
pub struct ExactCounts {
    base: Arc<Run>,
    /// What was counted since `base`, in order of arrival.
    pieces: Vec<Piece>,
    ledger: Ledger,
    /// An upper bound of every sum of weights held.
    weight_bound: f64,
    max_bytes: Option<usize>,
}

#[derive(Debug, Clone)]
enum Piece {
    Rows(Arc<UnsortedRows>),
    Run(Arc<Run>),
}

/// A batch, counted; and, where its rows made the pieces many, the accumulator with all of them folded.
#[derive(Debug)]
pub struct ExactPart {
    pieces: Vec<Piece>,
    ledger: Ledger,
    weight: f64,
    /// The state the batch was counted for, and the same folded.
    folded: Option<(ExactCounts, ExactCounts)>,
}

/// Rows or groups in pieces from which on they are folded, unless the run is longer: sorting a million keys by bucket costs
/// the least a row, and 4 MiB of unsorted keys are little to keep.
const FOLD_AT: usize = 1 << 20;

/// Pieces that merging piles up before it folds them, however little they hold: each merge copies the list.
const MANY_PIECES: usize = 4096;

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Run(run) => run.len(),
        }
    }

    fn nbytes(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.nbytes(),
            Self::Run(run) => run.nbytes(),
        }
    }

    fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rows(ours), Self::Rows(theirs)) => Arc::ptr_eq(ours, theirs),
            (Self::Run(ours), Self::Run(theirs)) => Arc::ptr_eq(ours, theirs),
            _ => false,
        }
    }
}

impl ExactPart {
    fn nbytes(&self) -> usize {
        self.pieces.iter().map(Piece::nbytes).sum()
    }
}

impl ExactCounts {
    /// Nothing counted; with `max_bytes`, batches that would make it larger are refused.
    #[must_use]
    pub fn new(max_bytes: Option<usize>) -> Self {
        Self {
            base: Arc::new(Run::empty()),
            pieces: Vec::new(),
            ledger: Ledger::default(),
            weight_bound: 0.0,
            max_bytes,
        }
    }

    /// The limit it was made with.
    #[must_use]
    pub fn max_bytes(&self) -> Option<usize> {
        self.max_bytes
    }

    /// Folds all pieces into one run; no value changes.
    ///
    /// # Errors
    /// [`Error::Interrupted`], [`Error::OutOfMemory`]; nothing has changed then.
    pub fn compact(&mut self, control: &Control<'_>) -> Result<()> {
        if self.pieces.is_empty() {
            return Ok(());
        }
        let rows: Vec<&UnsortedRows> = self
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Rows(rows) => Some(&**rows),
                Piece::Run(_) => None,
            })
            .collect();
        let sorted = fold::of_rows(&rows, control)?;
        let mut runs: Vec<&Run> = self
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Rows(_) => None,
                Piece::Run(run) => Some(&**run),
            })
            .collect();
        if sorted.len() > 0 {
            runs.push(&sorted); // counts are integers: their place in the order does not matter
        }
        let total = self.ledger.rows[0] + self.ledger.rows[1];
        let folded = if self.base.len() == 0 && runs.len() == 1 && rows.len() == self.pieces.len() {
            sorted
        } else {
            fold::of_runs(&self.base, &runs, total, control)?
        };
        self.base = Arc::new(folded);
        self.pieces.clear();
        Ok(())
    }

    /// True when nothing was counted here since `earlier`, which is still alive, was cloned from it.
    #[must_use]
    pub fn same_as(&self, earlier: &Self) -> bool {
        // Rows are added to a piece in place only while nobody else holds it, so a clone that lives keeps its pieces.
        self.ledger == earlier.ledger
            && Arc::ptr_eq(&self.base, &earlier.base)
            && self.pieces.len() == earlier.pieces.len()
            && self.pieces.iter().zip(&earlier.pieces).all(|(ours, theirs)| ours.same_as(theirs))
    }

    /// The distinct scores, ascending.
    ///
    /// # Errors
    /// As [`ExactCounts::compact`].
    pub fn scores(&self, control: &Control<'_>) -> Result<Vec<f64>> {
        let run = self.folded(control)?;
        Ok((0..run.len()).map(|i| run.score(i)).collect())
    }

    /// Thresholds as they act on the scores held: rounded to float32 when every score is a float32, else as they are.
    ///
    /// # Errors
    /// As [`ExactCounts::compact`].
    pub fn edges(&self, at: &[f64], control: &Control<'_>) -> Result<Vec<f64>> {
        let narrow = self.folded(control)?.is_narrow();
        Ok(at.iter().map(|&edge| if narrow { f32::nearest(edge).to_f64() } else { edge }).collect())
    }

    /// All that is held as one run.
    pub(crate) fn folded(&self, control: &Control<'_>) -> Result<Arc<Run>> {
        let mut own = self.clone();
        own.compact(control)?;
        Ok(own.base)
    }

    /// Rows, for its bytes.
    pub(crate) fn ledger(&self) -> Ledger {
        self.ledger
    }

    /// The state with these parts; the caller has checked that they fit together.
    pub(crate) fn from_parts(run: Run, ledger: Ledger) -> Self {
        let weights = |i| run.sums(i).iter().sum::<f64>();
        let weight_bound = (0..run.len()).map(weights).sum();
        Self { base: Arc::new(run), pieces: Vec::new(), ledger, weight_bound, max_bytes: None }
    }

    fn pending(&self) -> usize {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// Adds pieces; on error nothing has changed.
    fn add(&mut self, pieces: Vec<Piece>, ledger: Ledger, weight: f64) -> Result<()> {
        let ledger = self.ledger.plus(ledger)?;
        let weight_bound = self.weight_bound + weight;
        if !weight_bound.is_finite() {
            return Err(Error::WeightOverflow);
        }
        (self.ledger, self.weight_bound) = (ledger, weight_bound);
        for piece in pieces {
            match (self.pieces.last_mut(), &piece) {
                (Some(Piece::Rows(last)), Piece::Rows(rows)) if last.takes(rows) => Arc::make_mut(last).extend(rows),
                _ => self.pieces.push(piece),
            }
        }
        Ok(())
    }

    /// The error of holding `more` bytes on top.
    fn over_limit(&self, more: usize) -> Option<Error> {
        let (bytes, limit) = (self.nbytes() + more, self.max_bytes?);
        (bytes > limit).then_some(Error::MaxBytes { bytes, limit })
    }
}

impl Accumulator for ExactCounts {
    type Part = ExactPart;

    fn count(&self, batch: &Batch<'_>, control: &Control<'_>) -> Result<ExactPart> {
        let _mode = DefaultFloatMode::set();
        let (pieces, ledger, weight) = if batch.weighted() {
            let (run, ledger) = weights::read(batch, control)?;
            let weight = (0..run.len()).map(|i| run.sums(i).iter().sum::<f64>()).sum();
            (vec![Piece::Run(Arc::new(run))], ledger, weight)
        } else {
            let Read { rows, ties, ledger } = rows::read(batch, control)?;
            let rows = rows.into_iter().map(|rows| Piece::Rows(Arc::new(rows)));
            (rows.chain([Piece::Run(Arc::new(ties))]).collect(), ledger, 0.0)
        };
        let pieces: Vec<Piece> = pieces.into_iter().filter(|piece| piece.len() > 0).collect();
        let rows: usize = pieces.iter().map(Piece::len).sum();
        let mut part = ExactPart { pieces, ledger, weight, folded: None };
        if self.pending() + rows >= FOLD_AT.max(self.base.len()) || self.over_limit(part.nbytes()).is_some() {
            let mut sum = self.clone();
            sum.add(part.pieces.clone(), ledger, weight)?;
            sum.compact(control)?;
            if let Some(error) = sum.over_limit(0) {
                return Err(error);
            }
            part.folded = Some((self.clone(), sum));
        }
        Ok(part)
    }

    fn commit(&mut self, part: ExactPart) -> Result<Committed> {
        let nbytes = part.nbytes();
        if let Some((before, after)) = part.folded
            && self.same_as(&before)
        {
            *self = after;
            return Ok(Committed::Done);
        }
        if self.over_limit(nbytes).is_some() {
            return Ok(Committed::Recount); // counting again folds first, and knows the size then
        }
        self.add(part.pieces, part.ledger, part.weight)?;
        Ok(Committed::Done)
    }

    fn merge(&mut self, other: &Self) -> Result<()> {
        let mut sum = self.clone();
        let mut pieces = other.pieces.clone();
        if other.base.len() > 0 {
            pieces.insert(0, Piece::Run(Arc::clone(&other.base)));
        }
        sum.add(pieces, other.ledger, other.weight_bound)?;
        if sum.over_limit(0).is_some() || sum.pending() >= FOLD_AT.max(sum.base.len()) || sum.pieces.len() > MANY_PIECES
        {
            let cancel = AtomicBool::new(false);
            sum.compact(&Control::new(&cancel))?;
            if let Some(error) = sum.over_limit(0) {
                return Err(error);
            }
        }
        *self = sum;
        Ok(())
    }

    fn reset(&mut self) {
        *self = Self::new(self.max_bytes);
    }

    fn rows(&self) -> Rows {
        let mut weights = [0.0; 2];
        if self.ledger.weighted {
            let cancel = AtomicBool::new(false);
            if let Ok(run) = self.folded(&Control::new(&cancel)) {
                for i in 0..run.len() {
                    (0..2).for_each(|label| weights[label] += run.counts(i)[label] as f64 + run.sums(i)[label]);
                }
            }
        }
        self.ledger.rows(weights)
    }

    fn weighted(&self) -> bool {
        self.ledger.weighted
    }

    fn exact(&self) -> bool {
        true
    }

    fn nbytes(&self) -> usize {
        self.base.nbytes() + self.pieces.iter().map(Piece::nbytes).sum::<usize>()
    }

    fn plan(&self) -> String {
        let (runs, pending) = (self.base.len(), self.pending());
        format!("{runs} distinct scores sorted, {pending} rows waiting to be")
    }

    fn tally(&self, control: &Control<'_>) -> Result<Tally> {
        self.folded(control)?.tally(control)
    }
}

impl PartialEq for ExactCounts {
    /// Same scores, same counts; limits and what is still unsorted do not matter.
    fn eq(&self, other: &Self) -> bool {
        let cancel = AtomicBool::new(false);
        let control = Control::new(&cancel);
        self.ledger == other.ledger
            && match (self.folded(&control), other.folded(&control)) {
                (Ok(ours), Ok(theirs)) => ours.same_values(&theirs),
                _ => false,
            }
    }
}
