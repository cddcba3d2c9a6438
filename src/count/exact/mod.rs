//! [`ExactCounts`]: every row's score is kept, or every distinct score with its counts, whichever is less; every figure is
//! exact.
//!
//! A batch becomes a [`Piece`](pieces::Piece): its rows by bucket, two bytes a float32 row. Pieces are folded into one run
//! of distinct scores once that takes no more memory than they do.

mod bucket;
mod columns;
mod few;
mod finish;
mod fold;
mod halves;
mod narrow;
mod narrow_groups;
mod narrow_ranks;
mod one_vs_rest;
mod pairs;
mod partition;
mod pieces;
mod positives;
pub(super) mod radix;
mod rows;
mod run;
mod source;
mod weights;
mod wide;
mod wide_groups;
mod wide_pairs;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use columns::{Columns, Filled, GroupValues, Order};
pub use one_vs_rest::one_vs_rest_pairs;
pub use pairs::{Pairs, roc_auc_pairs};
use pieces::{Held, Piece};
pub use positives::{PositiveGroup, fold_positive_groups};
use run::Run;
pub(crate) use run::RunBuilder;
pub use weights::{each_weighted_group, weighted_tally};

use super::accumulator::{Accumulator, Committed, Ledger, Rows};
use super::moments;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::{Batch, Score};
use crate::simd::DefaultFloatMode;
use crate::tally::{Masses, Tally};

/// A map from each distinct score, as the real number it is, to what was counted of it.
///
/// Memory grows with the rows, up to about twice the least of 2 bytes a float32 row (8 a float64 one) and 12 bytes a
/// distinct float32 score (16 a float64 one). `max_bytes` sets a limit; [`CompactCounts`](super::CompactCounts) needs none.
#[derive(Debug, Clone)]
pub struct ExactCounts {
    base: Arc<Run>,
    /// What was counted since `base`, in order of arrival.
    pieces: Vec<Piece>,
    ledger: Ledger,
    /// An upper bound of every sum of weights held.
    weight_bound: f64,
    /// Rows in buckets from which on folding them is considered.
    fold_at: usize,
    max_bytes: Option<usize>,
    /// An upper bound of every sum of squared weights held, where they and further sums are kept.
    square_bound: Option<f64>,
}

/// A batch, counted; and, where there was more to do than to add it, the accumulator with it.
#[derive(Debug)]
pub struct ExactPart {
    pieces: Vec<Piece>,
    ledger: Ledger,
    weights: Weights,
    /// The state the batch was counted for, and what it becomes.
    settled: Option<(ExactCounts, ExactCounts)>,
}

/// What a batch holds.
struct Read {
    pieces: Vec<Piece>,
    ledger: Ledger,
    weights: Weights,
}

/// Sums of all weights and of their squares, or upper bounds of them.
#[derive(Debug, Clone, Copy, Default)]
struct Weights {
    sum: f64,
    squares: f64,
}

impl Weights {
    fn of(run: &Run) -> Self {
        let all = |pair: &dyn Fn(usize) -> [f64; 2]| (0..run.len()).map(|i| pair(i).iter().sum::<f64>()).sum();
        Self { sum: all(&|i| run.sums(i)), squares: if run.squared() { all(&|i| run.squares(i)) } else { 0.0 } }
    }
}

/// Rows of small batches that are kept as whole keys, 4 MiB of them, before they are put into buckets.
const MOST_ROWS: usize = 1 << 20;

/// Rows in buckets at which folding is first considered: 4 MiB of float32.
const FOLD_AT: usize = 1 << 21;

/// Distinct scores in runs, beside those of `base`, that are merged into it.
const RUNS_AT: usize = 1 << 20;

/// Pieces in buckets from which on they are joined, and runs from which on they are merged, however little they hold: a
/// query looks each bucket up in each piece, and each merge copies the list.
const MANY_PIECES: usize = 2048;

/// Rows up to which a query folds whatever is held: sorted again and again they would cost more.
const ALWAYS_FOLDED: usize = 1 << 17;

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
            fold_at: FOLD_AT,
            max_bytes,
            square_bound: None,
        }
    }

    /// Nothing counted, under the same limit, and further sums to be kept: 16 bytes more a distinct score of weighted rows.
    /// Those of scores follow from each score and its rows, when a tally is made.
    #[must_use]
    pub fn with_sums(self) -> Self {
        Self { square_bound: Some(0.0), ..Self::new(self.max_bytes) }
    }

    /// The limit it was made with.
    #[must_use]
    pub fn max_bytes(&self) -> Option<usize> {
        self.max_bytes
    }

    /// The rows of a batch, to be asked once or twice: never folded, which pays for those that are asked more often.
    ///
    /// # Errors
    /// That of the batch's lowest bad row; [`Error::Interrupted`]; [`Error::OutOfMemory`]; [`Error::Changed`] when the rows
    /// were written to meanwhile.
    pub fn of(batch: &Batch<'_>, control: &Control<'_>) -> Result<Self> {
        let empty = Self::new(None);
        let Read { pieces, ledger, weights } = empty.read(batch, control)?;
        let mut counts = empty;
        counts.add(pieces, ledger, weights)?;
        Ok(counts)
    }

    /// False when a score is infinite.
    #[must_use]
    pub fn finite(&self) -> bool {
        self.base.finite() && self.pieces.iter().all(Piece::finite)
    }

    fn read(&self, batch: &Batch<'_>, control: &Control<'_>) -> Result<Read> {
        let _mode = DefaultFloatMode::set();
        if batch.weighted() {
            let (run, ledger) = weights::read(batch, self.sums(), control)?;
            let weights = Weights::of(&run);
            let pieces = if run.len() > 0 { vec![Piece::Run(Arc::new(run))] } else { Vec::new() };
            return Ok(Read { pieces, ledger, weights });
        }
        let (pieces, ledger) = pieces::read(batch, control)?;
        Ok(Read { pieces, ledger, weights: Weights::default() })
    }

    /// Brings what is held to the form that further queries read fastest, unless that takes more memory; no value changes.
    ///
    /// # Errors
    /// [`Error::Interrupted`], [`Error::OutOfMemory`]; nothing has changed then.
    pub fn compact(&mut self, control: &Control<'_>) -> Result<()> {
        if self.pending() <= ALWAYS_FOLDED { self.fold(control) } else { self.settle(0, control) }
    }

    /// Folds all pieces into one run.
    fn fold(&mut self, control: &Control<'_>) -> Result<()> {
        self.base = self.folded(control)?;
        self.pieces.clear();
        self.fold_at = FOLD_AT;
        Ok(())
    }

    /// Folds and joins pieces where there are many of them; rows kept as keys are put into buckets from `most_rows` on.
    fn settle(&mut self, most_rows: usize, control: &Control<'_>) -> Result<()> {
        let runs = || self.pieces.iter().filter(|piece| matches!(piece, Piece::Run(_)));
        let distinct: usize = runs().map(Piece::len).sum();
        if distinct > RUNS_AT.max(self.base.len()) || runs().count() > MANY_PIECES {
            let held: Vec<Piece> = runs().cloned().collect();
            self.base = fold::of_held(&self.base, &Held::new(&held, control)?, self.ledger.total(), control)?;
            self.pieces.retain(|piece| !matches!(piece, Piece::Run(_)));
        }
        let rows = self.pieces.iter().filter(|piece| matches!(piece, Piece::Rows(_))).map(Piece::len).sum::<usize>();
        if rows > most_rows {
            self.pieces = pieces::all_bucketed(&self.pieces, control)?;
        }
        if self.pending() >= self.fold_at {
            if pieces::would_shrink(&self.pieces, control)? {
                return self.fold(control);
            }
            self.fold_at = 2 * self.pending();
        }
        if self.pieces.len() > MANY_PIECES {
            self.pieces = pieces::joined(&self.pieces, control)?;
        }
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
    #[must_use]
    pub fn edges(&self, at: &[f64]) -> Vec<f64> {
        let narrow = self.is_narrow();
        at.iter().map(|&edge| Self::edge(edge, narrow)).collect()
    }

    /// A threshold as it acts on scores that are all float32, or are not.
    pub(super) fn edge(at: f64, narrow: bool) -> f64 {
        if narrow { f32::nearest(at).to_f64() } else { at }
    }

    /// True when every score held is a float32.
    pub(super) fn is_narrow(&self) -> bool {
        self.base.is_narrow() && self.pieces.iter().all(Piece::is_narrow)
    }

    /// `2U` and the rows of each class; see [`roc_auc_pairs`]. Weights are left out of it.
    ///
    /// # Errors
    /// [`Error::Interrupted`]; [`Error::OutOfMemory`].
    pub fn pairs(&self, control: &Control<'_>) -> Result<Pairs> {
        let [negatives, positives] = self.ledger.rows;
        let twice_u = pairs::of_pieces(&self.base, &self.pieces, self.ledger.total(), control)?;
        Ok(Pairs { twice_u, positives, negatives })
    }

    /// Folds the groups that hold positives; see [`fold_positive_groups`]. Weights are left out of it.
    ///
    /// # Errors
    /// As [`ExactCounts::pairs`].
    pub fn fold_positive_groups<T: Send>(
        &self,
        control: &Control<'_>,
        start: impl Fn([u64; 2]) -> T + Sync,
        add: impl Fn(&mut T, PositiveGroup) + Sync,
    ) -> Result<Vec<T>> {
        positives::of_pieces(&self.base, &self.pieces, self.ledger.rows, control, &start, &add)
    }

    /// Columns with the values of each distinct score that stays, made on all threads; and what made them, of which `start`
    /// gives one for each of several ranges of scores, from all `[negatives, positives]`. Scores are in `S`, which holds them
    /// exactly, or are rounded to it. None where what is held is not in buckets, or has
    /// weights; [`Accumulator::tally`] answers then.
    ///
    /// # Errors
    /// As [`ExactCounts::pairs`].
    pub fn columns<P: GroupValues<f64>, S: Score>(
        &self,
        order: Order,
        control: &Control<'_>,
        start: impl Fn([u64; 2]) -> P + Sync,
    ) -> Result<Option<Filled<S, P>>> {
        let held = Held::new(&self.pieces, control)?;
        if self.base.len() > 0 || !held.runs.is_empty() || self.ledger.weighted {
            return Ok(None);
        }
        columns::of_buckets(&held, self.ledger.rows, order, control, &start).map(Some)
    }

    /// All that is held as one run.
    pub(crate) fn folded(&self, control: &Control<'_>) -> Result<Arc<Run>> {
        if self.pieces.is_empty() {
            return Ok(Arc::clone(&self.base));
        }
        let held = Held::new(&self.pieces, control)?;
        fold::of_held(&self.base, &held, self.ledger.total(), control)
    }

    /// Takes note of rows that were dropped elsewhere.
    pub(super) fn drop_rows(&mut self, dropped: u64) -> Result<()> {
        self.ledger = self.ledger.plus(Ledger { dropped, ..Ledger::default() })?;
        Ok(())
    }

    /// An upper bound of `Σ w²`, where it is kept.
    pub(super) fn square_bound(&self) -> f64 {
        self.square_bound.unwrap_or(0.0)
    }

    /// Rows, for its bytes.
    pub(crate) fn ledger(&self) -> Ledger {
        self.ledger
    }

    /// The state with these parts; the caller has checked that they fit together.
    pub(crate) fn from_parts(run: Run, ledger: Ledger, sums: bool) -> Self {
        let Weights { sum, squares } = Weights::of(&run);
        let square_bound = sums.then_some(squares);
        Self { base: Arc::new(run), ledger, weight_bound: sum, square_bound, ..Self::new(None) }
    }

    fn pending(&self) -> usize {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// Adds pieces; on error nothing has changed.
    fn add(&mut self, pieces: Vec<Piece>, ledger: Ledger, weights: Weights) -> Result<()> {
        let ledger = self.ledger.plus(ledger)?;
        let weight_bound = self.weight_bound + weights.sum;
        if !weight_bound.is_finite() {
            return Err(Error::WeightOverflow);
        }
        let square_bound = self.square_bound.map(|bound| bound + weights.squares);
        if square_bound.is_some_and(|bound| !bound.is_finite()) {
            return Err(Error::SumOverflow { sum: "Σ w²" });
        }
        (self.ledger, self.weight_bound, self.square_bound) = (ledger, weight_bound, square_bound);
        for piece in pieces {
            match (self.pieces.last_mut(), &piece) {
                (Some(Piece::Rows(last)), Piece::Rows(rows)) if last.takes(rows) => Arc::make_mut(last).extend(rows),
                _ => self.pieces.push(piece),
            }
        }
        Ok(())
    }

    /// Tries all there is to come within the limit, then gives the error of missing it.
    fn within_limit(&mut self, control: &Control<'_>) -> Result<()> {
        if self.over_limit(0).is_some() {
            self.settle(0, control)?;
        }
        if self.over_limit(0).is_some() {
            let mut folded = self.clone();
            folded.fold(control)?;
            if folded.nbytes() < self.nbytes() {
                *self = folded;
            }
        }
        self.over_limit(0).map_or(Ok(()), Err)
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
        let Read { pieces, ledger, weights } = self.read(batch, control)?;
        let mut part = ExactPart { pieces, ledger, weights, settled: None };
        let pending = self.pieces.iter().chain(&part.pieces);
        let kept: usize = pending.filter(|piece| matches!(piece, Piece::Rows(_) | Piece::Run(_))).map(Piece::len).sum();
        let rows = self.pending() + part.pieces.iter().map(Piece::len).sum::<usize>();
        if kept >= MOST_ROWS
            || rows >= self.fold_at
            || self.pieces.len() > MANY_PIECES
            || self.over_limit(part.nbytes()).is_some()
        {
            let mut sum = self.clone();
            sum.add(part.pieces.clone(), ledger, weights)?;
            sum.settle(MOST_ROWS, control)?;
            sum.within_limit(control)?;
            part.settled = Some((self.clone(), sum));
        }
        Ok(part)
    }

    fn commit(&mut self, part: ExactPart) -> Result<Committed> {
        let nbytes = part.nbytes();
        if let Some((before, after)) = part.settled
            && self.same_as(&before)
        {
            *self = after;
            return Ok(Committed::Done);
        }
        if self.over_limit(nbytes).is_some() {
            return Ok(Committed::Recount); // counting again settles first, and knows the size then
        }
        self.add(part.pieces, part.ledger, part.weights)?;
        Ok(Committed::Done)
    }

    fn merge(&mut self, other: &Self) -> Result<()> {
        moments::same_setting(self.sums(), other.sums())?;
        let cancel = AtomicBool::new(false);
        let control = Control::new(&cancel);
        let mut sum = self.clone();
        // Sums of weights are added as a whole, so that it does not matter what the other one has folded already.
        let (base, mut pieces) = if other.ledger.weighted {
            (other.folded(&control)?, Vec::new())
        } else {
            (Arc::clone(&other.base), other.pieces.clone())
        };
        if base.len() > 0 {
            pieces.insert(0, Piece::Run(base));
        }
        let weights = Weights { sum: other.weight_bound, squares: other.square_bound.unwrap_or(0.0) };
        sum.add(pieces, other.ledger, weights)?;
        sum.settle(MOST_ROWS, &control)?;
        sum.within_limit(&control)?;
        *self = sum;
        Ok(())
    }

    fn reset(&mut self) {
        let empty = Self::new(self.max_bytes);
        *self = if self.sums() { empty.with_sums() } else { empty };
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

    fn sums(&self) -> bool {
        self.square_bound.is_some()
    }

    fn exact(&self) -> bool {
        true
    }

    fn nbytes(&self) -> usize {
        self.base.nbytes() + self.pieces.iter().map(Piece::nbytes).sum::<usize>()
    }

    fn plan(&self) -> String {
        let (runs, pending) = (self.base.len(), self.pending());
        format!("{runs} distinct scores sorted; {pending} rows in {} pieces", self.pieces.len())
    }

    fn tally(&self, control: &Control<'_>) -> Result<Tally> {
        let _mode = DefaultFloatMode::set();
        let held = Held::new(&self.pieces, control)?;
        let run = if self.base.len() == 0 && held.runs.is_empty() {
            None
        } else {
            Some(fold::of_held(&self.base, &held, self.ledger.total(), control)?)
        };
        let tally = match &run {
            Some(run) => run.tally(control)?,
            None => columns::tally(&held, self.ledger.rows, control)?,
        };
        if !self.sums() {
            return Ok(tally);
        }
        let squares = match &run {
            Some(run) => Some(run.squared_weights(control)?),
            None => None,
        };
        let sums = moments::of_ties(&tally, squares, control)?;
        Ok(tally.with_sums(sums))
    }

    fn with_tally(&self, tally: &Tally) -> Result<Self> {
        let ledger = Ledger::of(tally.masses())?;
        let scores = tally.thresholds();
        let held: Vec<usize> =
            (0..tally.len()).rev().filter(|&group| tally.masses().group(group) != [0.0; 2]).collect();
        let narrow = held.iter().all(|&group| f32::nearest(scores[group]).to_f64() == scores[group]);
        let mut run = RunBuilder::new(narrow, ledger.total(), ledger.weighted, held.len())?;
        for group in held {
            let (counts, sums) = match tally.masses() {
                Masses::Counts { positives, negatives } => ([negatives[group], positives[group]], None),
                Masses::Weights { positives, negatives } => ([0, 0], Some([negatives[group], positives[group]])),
            };
            run.push(scores[group].key(), counts, sums);
        }
        Ok(Self::from_parts(run.finish(), ledger, false))
    }
}

impl PartialEq for ExactCounts {
    /// Same scores, same counts; limits and what is still unsorted do not matter.
    fn eq(&self, other: &Self) -> bool {
        let cancel = AtomicBool::new(false);
        let control = Control::new(&cancel);
        (self.ledger, self.sums()) == (other.ledger, other.sums())
            && match (self.folded(&control), other.folded(&control)) {
                (Ok(ours), Ok(theirs)) => ours.same_values(&theirs),
                _ => false,
            }
    }
}
