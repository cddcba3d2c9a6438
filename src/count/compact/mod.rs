//! [`CompactCounts`]: positives and negatives per fixed interval, for scores of any scale, in memory that does not grow.

mod intervals;
mod pages;
mod tallies;

use intervals::EdgesInOrder;
pub(crate) use intervals::INTERVALS;
pub(super) use intervals::edge;
pub(crate) use pages::Pages;
pub(super) use tallies::Room;

use super::accumulator::{Accumulator, Committed, Ledger, Rows};
use super::moments::{self, Kept, Moments};
use super::plan::{Places, Seen, Sink, Strips, place};
use super::table::{self, Cells, Map, Table};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::{Batch, Block, Working};
use crate::simd::{DefaultFloatMode, Kernel, Level, STRIP};
use crate::tally::{Masses, Tally};

/// Counts per interval of one published list, the same for everybody: no thresholds to choose, any two merge.
///
/// The list holds every float16, bfloat16, int16 and uint16 value, so 8- and 16-bit scores are counted exactly; float32
/// probabilities to within a bound that [`roc_auc_bounds`](crate::measure::roc_auc_bounds) certifies, 2e-4 or less on the
/// usual families of scores. At most 4 MiB, and 8 MiB once both weighted and unweighted rows have come; 16 MiB
/// more [`with_sums`](CompactCounts::with_sums).
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::count::{Accumulator, CompactCounts};
/// use thresher::input::{Batch, Column};
/// use thresher::{Control, measure};
///
/// let mut counts = CompactCounts::new();
/// let scores = [0.25_f32, 0.5, -3.0, 7.5];
/// let batch = Batch::new(Column::from_slice(&[false, true, false, true]), Column::from_slice(&scores))?;
/// let cancel = AtomicBool::new(false);
/// let control = Control::new(&cancel);
/// counts.update(&batch, &control)?;
/// assert!(counts.exact()); // all four are bfloat16 values
/// assert_eq!(measure::roc_auc(&counts.tally(&control)?), 1.0);
/// # Ok::<(), thresher::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CompactCounts {
    counts: Pages<u64>,
    sums: Pages<f64>,
    /// Further sums, where they are kept.
    moments: Option<Kept<Pages<Moments>>>,
    /// An upper bound of every sum of weights held.
    weight_bound: f64,
    ledger: Ledger,
    /// Every score so far was the edge that starts its interval.
    exact: bool,
}

/// A batch, counted per interval.
#[derive(Debug)]
pub struct CompactPart(Table);

impl CompactPart {
    /// What rows of these cells, `2 * interval + label`, add; their weights, if they have any, are summed as a batch's are.
    pub(super) fn of_rows(
        cells: Vec<u32>,
        weights: Option<&[f64]>,
        ledger: Ledger,
        representative: bool,
        control: &Control<'_>,
    ) -> Result<Self> {
        let cells = match weights {
            Some(weights) => Cells::SomeSums(table::sums_by_cell(&cells, weights, control)?),
            None => Cells::Rows(cells),
        };
        Ok(Self(Table { cells, ledger, representative }))
    }
}

/// Batches up to this size are kept as one cell a row until they commit: private tables are 2 MiB a thread, and zeroing and
/// adding them up takes about as long as counting half a million rows.
const SMALL_BATCH: usize = 1 << 19;

impl CompactCounts {
    /// Nothing counted.
    #[must_use]
    pub fn new() -> Self {
        Self {
            counts: Pages::new(),
            sums: Pages::new(),
            moments: None,
            weight_bound: 0.0,
            ledger: Ledger::default(),
            exact: true,
        }
    }

    /// Nothing counted, and further sums to be kept: at most 16 MiB more.
    #[must_use]
    pub fn with_sums(self) -> Self {
        Self { moments: Some(Kept::new(Pages::new(), None, std::iter::empty())), ..Self::new() }
    }

    /// The published list: interval `i` is `[edges[i], edges[i + 1])`, the first edge −∞ and the last +∞.
    #[must_use]
    pub fn edges() -> Vec<f64> {
        (0..INTERVALS as u32).map(intervals::edge).collect()
    }

    /// Thresholds at which this state can be read: `at` itself where it is an edge or where every score is known exactly;
    /// else the nearest edge, if asked for.
    ///
    /// # Errors
    /// [`Error::EmptyThresholds`], [`Error::NanThreshold`]; [`Error::NotAnEdge`] naming the nearest edges.
    pub fn resolve(&self, at: &[f64], nearest: bool) -> Result<Vec<f64>> {
        Self::resolved(at, self.exact, nearest)
    }

    /// The same for a state that is, or is not, exact.
    pub(super) fn resolved(at: &[f64], exact: bool, nearest: bool) -> Result<Vec<f64>> {
        if at.is_empty() {
            return Err(Error::EmptyThresholds);
        }
        let resolved = at.iter().enumerate().map(|(index, &value)| {
            if value.is_nan() {
                return Err(Error::NanThreshold { index });
            }
            let interval = intervals::of_f64(value);
            let below = intervals::edge(interval);
            if exact || below == value {
                return Ok(value);
            }
            let above = intervals::edge(interval + 1); // +∞ is an edge, so a value that is none has one above it
            if !nearest {
                return Err(Error::NotAnEdge { index, value, below, above });
            }
            Ok(if value - below <= above - value { below } else { above })
        });
        resolved.collect()
    }

    /// The lower edge of an interval.
    pub(crate) fn lower_edge(interval: usize) -> f64 {
        intervals::edge(interval as u32)
    }

    /// Takes note of rows that were dropped elsewhere.
    pub(super) fn drop_rows(&mut self, dropped: u64) -> Result<()> {
        self.ledger = self.ledger.plus(Ledger { dropped, ..Ledger::default() })?;
        Ok(())
    }

    /// Upper bounds of `Σ w²` and `Σ w s²`, where they are kept.
    pub(super) fn square_bounds(&self) -> [f64; 2] {
        self.moments.as_ref().map_or([0.0; 2], Kept::bound)
    }

    /// The parts of the state, for its bytes.
    pub(crate) fn parts(&self) -> (&Pages<u64>, &Pages<f64>, Ledger) {
        (&self.counts, &self.sums, self.ledger)
    }

    /// The state with these parts; the caller has checked that they fit together.
    pub(crate) fn from_parts(counts: Pages<u64>, sums: Pages<f64>, ledger: Ledger, exact: bool) -> Self {
        let weight_bound = sums.cells().map(|(_, sum)| sum).sum();
        Self { counts, sums, moments: None, weight_bound, ledger, exact }
    }

    /// The further sums and the range of the scores, where they are kept; for its bytes.
    pub(crate) fn moments(&self) -> Option<(&Pages<Moments>, Option<[f64; 2]>)> {
        self.moments.as_ref().map(|kept| (&kept.cells, kept.range))
    }

    /// The same state with these further sums, which the caller has checked.
    pub(crate) fn with_moments(self, cells: Pages<Moments>, range: Option<[f64; 2]>) -> Self {
        let all: Vec<Moments> = cells.cells().map(|(_, moments)| moments).collect();
        Self { moments: Some(Kept::new(cells, range, all.into_iter())), ..self }
    }

    /// Intervals that hold something, ascending.
    pub(crate) fn held(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let mass = |cell: usize| self.counts.get(cell) != 0 || self.sums.get(cell) != 0.0;
        self.counts.touched(&self.sums).filter(move |interval| mass(2 * interval) || mass(2 * interval + 1))
    }

    /// Ok when what a batch adds without further sums fits; then committing it cannot fail.
    pub(super) fn has_room_for(&self, part: &CompactPart) -> Result<()> {
        self.with(part.0.ledger, part.0.weight()).map(drop)
    }

    /// Ok when all that `other` holds without further sums fits; then merging it cannot fail.
    pub(super) fn has_room_for_all(&self, other: &Self) -> Result<()> {
        self.with(other.ledger, other.weight_bound).map(drop)
    }

    /// The ledger and the bound of weights with those of more rows.
    fn with(&self, ledger: Ledger, weight: f64) -> Result<(Ledger, f64)> {
        let ledger = self.ledger.plus(ledger)?;
        let weight_bound = self.weight_bound + weight;
        if weight_bound.is_finite() { Ok((ledger, weight_bound)) } else { Err(Error::WeightOverflow) }
    }

    /// Takes on what a batch or another state brings besides its cells; on error nothing has changed.
    fn take_on(&mut self, ledger: Ledger, weight: f64, exact: bool) -> Result<()> {
        (self.ledger, self.weight_bound) = self.with(ledger, weight)?;
        self.exact = self.exact && exact;
        Ok(())
    }
}

impl Default for CompactCounts {
    fn default() -> Self {
        Self::new()
    }
}

/// The published list as a map of scores.
pub(super) struct Intervals;

impl Map<f32> for Intervals {
    fn len(&self) -> usize {
        INTERVALS
    }
    fn edges(&self) -> usize {
        INTERVALS
    }
    fn place(&self, level: Level, block: Block<'_, f32>, sink: &mut impl Sink) -> Seen {
        level.run(Strips { places: self, block, sink })
    }
    fn all_representative(&self, level: Level, scores: &[f32]) -> bool {
        level.run(All { scores, test: intervals::is_edge_f32 })
    }
}

impl Map<f64> for Intervals {
    fn len(&self) -> usize {
        INTERVALS
    }
    fn edges(&self) -> usize {
        INTERVALS
    }
    fn place(&self, level: Level, block: Block<'_, f64>, sink: &mut impl Sink) -> Seen {
        level.run(Strips { places: self, block, sink })
    }
    fn all_representative(&self, level: Level, scores: &[f64]) -> bool {
        level.run(All { scores, test: intervals::is_edge_f64 })
    }
}

impl Places<f32> for Intervals {
    const IN_VECTORS: bool = true;

    #[inline(always)]
    fn places(&self, scores: &[f32; STRIP], labels: &[u8; STRIP]) -> impl Fn(usize) -> u32 {
        let intervals: [u32; STRIP] = if scores.iter().fold(true, |all, &score| all & intervals::is_probability(score))
        {
            std::array::from_fn(|i| intervals::of_probability(scores[i]))
        } else {
            std::array::from_fn(|i| intervals::of_f32(scores[i]))
        };
        place(intervals, labels, INTERVALS as u32)
    }
}

impl Places<f64> for Intervals {
    const IN_VECTORS: bool = true;

    #[inline(always)]
    fn places(&self, scores: &[f64; STRIP], labels: &[u8; STRIP]) -> impl Fn(usize) -> u32 {
        place(scores.map(intervals::of_f64), labels, INTERVALS as u32)
    }
}

struct All<'k, S, F> {
    scores: &'k [S],
    test: F,
}

impl<S: Copy, F: Fn(S) -> bool> Kernel for All<'_, S, F> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        // Whole chunks at a time, so that the test runs in vectors; a chunk that fails ends it.
        self.scores.chunks(256).all(|chunk| chunk.iter().fold(true, |all, &score| all & (self.test)(score)))
    }
}

impl Accumulator for CompactCounts {
    type Part = CompactPart;

    fn count(&self, batch: &Batch<'_>, control: &Control<'_>) -> Result<CompactPart> {
        let _mode = DefaultFloatMode::set();
        Ok(CompactPart(match batch.working() {
            Working::F32 => table::count::<f32>(batch, &Intervals, SMALL_BATCH, self.sums(), control)?,
            Working::F64 => table::count::<f64>(batch, &Intervals, SMALL_BATCH, self.sums(), control)?,
        }))
    }

    fn commit(&mut self, part: CompactPart) -> Result<Committed> {
        let weight = part.0.weight();
        let Table { cells, ledger, representative } = part.0;
        let beside = match (&cells, &self.moments) {
            (Cells::Summed(more), Some(kept)) => Some(kept.with(more.range, more.bound())?),
            _ => None,
        };
        self.take_on(ledger, weight, representative)?;
        match cells {
            Cells::Rows(rows) => self.counts.add_to_each(&rows, 1),
            Cells::Counts(more) => {
                let (first, more) = more.touched();
                self.counts.add_slice(first, more);
            }
            Cells::Sums(more) => self.sums.add_slice(0, &more),
            Cells::SomeSums(more) => more.iter().for_each(|&(cell, sum)| self.sums.add_to(cell as usize, sum)),
            Cells::Summed(more) => {
                for (cell, held) in more.cells.into_iter().map(|(cell, held)| (cell as usize, held)) {
                    match ledger.weighted {
                        true => self.sums.add_to(cell, held.mass),
                        false => self.counts.add_to(cell, held.mass as u64),
                    }
                    self.moments.iter_mut().for_each(|kept| kept.cells.add_to(cell, held.moments));
                }
            }
        }
        self.moments.iter_mut().zip(beside).for_each(|(kept, beside)| kept.set(beside));
        Ok(Committed::Done)
    }

    fn merge(&mut self, other: &Self) -> Result<()> {
        moments::same_setting(self.sums(), other.sums())?;
        let both = self.moments.as_ref().zip(other.moments.as_ref());
        let beside = both.map(|(ours, theirs)| ours.with_all(theirs)).transpose()?;
        self.take_on(other.ledger, other.weight_bound, other.exact)?;
        self.counts.add(&other.counts);
        self.sums.add(&other.sums);
        if let (Some(ours), Some(theirs), Some(beside)) = (&mut self.moments, &other.moments, beside) {
            ours.cells.add(&theirs.cells);
            ours.set(beside);
        }
        Ok(())
    }

    fn reset(&mut self) {
        *self = if self.sums() { Self::new().with_sums() } else { Self::new() };
    }

    fn rows(&self) -> Rows {
        if !self.ledger.weighted {
            return self.ledger.rows([0.0; 2]);
        }
        let mut weights = [0.0; 2];
        self.counts.cells().for_each(|(cell, count)| weights[cell % 2] += count as f64);
        self.sums.cells().for_each(|(cell, sum)| weights[cell % 2] += sum);
        self.ledger.rows(weights)
    }

    fn weighted(&self) -> bool {
        self.ledger.weighted
    }

    fn sums(&self) -> bool {
        self.moments.is_some()
    }

    fn exact(&self) -> bool {
        self.exact
    }

    fn nbytes(&self) -> usize {
        let moments = self.moments.as_ref().map_or(0, |kept| kept.cells.nbytes());
        self.counts.nbytes() + self.sums.nbytes() + moments
    }

    fn plan(&self) -> String {
        format!("{INTERVALS} fixed intervals; index by octave and leading mantissa bits, mirrored from 0.5 to 1")
    }

    fn tally(&self, _control: &Control<'_>) -> Result<Tally> {
        let mut in_order = EdgesInOrder::default();
        let mut edge = |gap: usize| in_order.edge(gap as u32);
        let (mut gaps, mut edges) = (Vec::new(), Vec::new());
        let masses = if self.ledger.weighted {
            gaps.extend(self.held().rev());
            edges.extend(gaps.iter().map(|&gap| edge(gap)));
            let label = |label| {
                let mass = |gap: &usize| self.counts.get(2 * gap + label) as f64 + self.sums.get(2 * gap + label);
                gaps.iter().map(mass).collect()
            };
            Masses::Weights { positives: label(1), negatives: label(0) }
        } else {
            let (mut positives, mut negatives) = (Vec::new(), Vec::new());
            for (gap, [negative, positive]) in self.counts.intervals().rev() {
                gaps.push(gap);
                edges.push(edge(gap));
                positives.push(positive);
                negatives.push(negative);
            }
            Masses::Counts { positives, negatives }
        };
        let tally = Tally::new(edges, masses, self.exact);
        Ok(match &self.moments {
            Some(kept) => {
                let groups = gaps.iter().map(|gap| [0, 1].map(|label| kept.cells.get(2 * gap + label)));
                tally.with_sums(moments::columns(groups, kept.range))
            }
            None => tally,
        })
    }

    fn with_tally(&self, tally: &Tally) -> Result<Self> {
        fn pages<T: Copy + Default + PartialEq + std::ops::AddAssign>(edges: &[f64], columns: [&[T]; 2]) -> Pages<T> {
            let mut pages = Pages::new();
            for (label, column) in columns.into_iter().enumerate() {
                for (&edge, &mass) in edges.iter().zip(column).filter(|(_, mass)| **mass != T::default()) {
                    pages.add_to(2 * intervals::of_f64(edge) as usize + label, mass);
                }
            }
            pages
        }
        let ledger = Ledger::of(tally.masses())?;
        let (counts, sums) = match tally.masses() {
            Masses::Counts { positives, negatives } => {
                (pages(tally.thresholds(), [negatives, positives]), Pages::new())
            }
            Masses::Weights { positives, negatives } => {
                (Pages::new(), pages(tally.thresholds(), [negatives, positives]))
            }
        };
        Ok(Self::from_parts(counts, sums, ledger, self.exact || ledger.rows == [0, 0]))
    }
}

impl PartialEq for CompactCounts {
    /// Same counts, same sums.
    fn eq(&self, other: &Self) -> bool {
        (self.ledger, self.exact) == (other.ledger, other.exact)
            && self.counts == other.counts
            && self.sums == other.sums
            && self.moments == other.moments
    }
}
