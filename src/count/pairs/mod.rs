//! [`PairedCounts`]: two models' scores of the same rows, counted one by one and together, in memory that does not
//! grow.
//!
//! | file | what it does |
//! |---|---|
//! | `key.rs` | cells of a joint table as numbers: coarser by a shift |
//! | `cells.rs` | the cells that hold rows, ascending |
//! | `joint.rs` | the joint table: cells, rows that wait, how coarse it is |
//! | `read.rs` | rows of two columns read side by side |
//! | `reads.rs` | what is read off them |
//! | `groups.rs` | the joint table as measures read it |

mod cells;
mod groups;
mod joint;
mod key;
mod read;
mod reads;

use std::ops::Range;

pub(crate) use cells::{Cells, WeightSums};
pub use groups::{PairedGroups, Repeats};
use joint::Joint;
pub(crate) use key::{LEVELS, sides};
use read::Placed;

use super::accumulator::{Accumulator, Committed};
use super::compact::{CompactCounts, INTERVALS};
use super::{table, workers};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::Batch;
use crate::simd::DefaultFloatMode;

/// Two models on the same rows: [`CompactCounts`] of either, and a joint table of how often a pair of their intervals
/// came.
///
/// The joint table keeps the cells that hold rows. At level `L` the side of a cell is `2^L` neighbouring intervals of
/// the published list; `L` is the least level that leaves at most `max_cells` cells. The number of cells at a level
/// only grows with the rows, so `L` depends on the set of all rows alone: so do all bytes of unweighted rows, whatever
/// the batches, their order, and what was merged with what (docs/dev/paired-counts.md). Weights are added in order of
/// row while the level is 0 and a batch has at most 2^20 rows; otherwise sums that are not exact agree within `n ·
/// 2^-53` relative.
///
/// Memory: 24 bytes a cell, 56 with weights, and twice that while rows are folded in; 8 bytes a row that waits to be
/// folded in, 16 with a weight, of which there are at most `max(262,144, cells)` and one batch of up to 2^20 rows;
/// twice what a [`CompactCounts`] takes.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::count::{Accumulator, PairedCounts};
/// use thresher::input::{Batch, Column};
/// use thresher::{Control, measure};
///
/// let cancel = AtomicBool::new(false);
/// let control = Control::new(&cancel);
/// let labels = [false, false, true, true];
/// let batch = |argument, scores| Batch::named(argument, Column::from_slice(&labels), Column::from_slice(scores));
/// let mut counts = PairedCounts::new(1 << 20)?;
/// let (a, b) = ([0.25_f32, 0.5, -3.0, 7.5], [0.5_f32, 0.25, 1.0, 2.0]);
/// counts.update([&batch("scores_a", &a)?, &batch("scores_b", &b)?], &control)?;
/// assert_eq!(measure::roc_auc(&counts.marginal(1).tally(&control)?), 1.0);
/// assert_eq!(counts.cells(&control)?, 4);
/// # Ok::<(), thresher::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PairedCounts {
    marginals: [CompactCounts; 2],
    joint: Joint,
}

/// A batch, counted and not yet added: its rows, or of a large one their counts.
#[derive(Debug)]
pub struct PairedPart(Part);

#[derive(Debug)]
enum Part {
    Rows(Box<Placed>),
    Counts(Box<PairedCounts>),
}

/// Rows read at a time: those that sums of weights are taken over in a CompactCounts, so that they are the same bits.
fn chunk_rows() -> usize {
    table::weight_block(INTERVALS)
}

impl PairedCounts {
    /// Nothing counted, for a joint table of at most so many cells.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for no cell.
    pub fn new(max_cells: usize) -> Result<Self> {
        if max_cells == 0 {
            return Err(Error::OutOfRange { argument: "max_cells", value: 0.0, accepted: "at least 1" });
        }
        Ok(Self { marginals: [CompactCounts::new(), CompactCounts::new()], joint: Joint::new(max_cells) })
    }

    /// Counts a batch into a private part; `self` is read only. Both batches have the same labels, weights and options,
    /// and differ in their scores. A row that one of them leaves out is left out of both.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`]; that of the first block of rows with a bad one, of the first batch before the second;
    /// [`Error::Interrupted`]; [`Error::OutOfMemory`].
    pub fn count(&self, pair: [&Batch<'_>; 2], control: &Control<'_>) -> Result<PairedPart> {
        let _mode = DefaultFloatMode::set();
        let rows = pair[0].len();
        if pair[1].len() != rows {
            return Err(Error::LengthMismatch { argument: "scores_b", found: pair[1].len(), expected: rows });
        }
        if rows <= chunk_rows() {
            return Ok(PairedPart(Part::Rows(Box::new(read::place(pair, 0..rows, control)?))));
        }
        let fresh = || Self::new(self.joint.max_cells);
        let make = |(): &mut (), range: Range<usize>| {
            let mut chunk = fresh()?;
            chunk.commit(PairedPart(Part::Rows(Box::new(read::place(pair, range, control)?))), control)?;
            chunk.compact(control)?;
            Ok(chunk)
        };
        let mut whole = fresh();
        let add = |chunk: Self| {
            let sum = whole.as_mut().map_err(|error| error.clone()).and_then(|whole| whole.merge(&chunk, control));
            if let Err(error) = sum {
                whole = Err(error);
            }
        };
        workers::in_order(rows, chunk_rows(), control, || Ok(()), make, add)?;
        Ok(PairedPart(Part::Counts(Box::new(whole?))))
    }

    /// Adds what [`PairedCounts::count`] counted; nothing on error.
    ///
    /// # Errors
    /// [`Error::CountOverflow`], [`Error::WeightOverflow`], [`Error::SumOverflow`], [`Error::OutOfMemory`],
    /// [`Error::Interrupted`].
    pub fn commit(&mut self, part: PairedPart, control: &Control<'_>) -> Result<()> {
        let Placed { columns, joint } = match part.0 {
            Part::Rows(rows) => *rows,
            Part::Counts(counts) => return self.merge(&counts, control),
        };
        for (ours, part) in self.marginals.iter().zip(&columns) {
            ours.has_room_for(part)?;
        }
        self.joint.make_room(&joint, control)?;
        self.joint.push(&joint);
        self.marginals.iter_mut().zip(columns).try_for_each(|(ours, part)| ours.commit(part).map(|_: Committed| ()))
    }

    /// Counts a batch and adds it.
    ///
    /// # Errors
    /// Those of [`PairedCounts::count`] and [`PairedCounts::commit`].
    pub fn update(&mut self, pair: [&Batch<'_>; 2], control: &Control<'_>) -> Result<()> {
        self.commit(self.count(pair, control)?, control)
    }

    /// Adds all that `other` has counted; nothing on error.
    ///
    /// # Errors
    /// [`Error::MaxCellsMismatch`]; those of [`PairedCounts::commit`].
    pub fn merge(&mut self, other: &Self, control: &Control<'_>) -> Result<()> {
        let [ours, theirs] = [self.joint.max_cells, other.joint.max_cells];
        if ours != theirs {
            return Err(Error::MaxCellsMismatch { ours, theirs });
        }
        for (ours, theirs) in self.marginals.iter().zip(&other.marginals) {
            ours.has_room_for_all(theirs)?;
        }
        let joint = self.folded(control)?.joined(&other.folded(control)?, control)?;
        self.joint = joint;
        self.marginals.iter_mut().zip(&other.marginals).try_for_each(|(ours, theirs)| ours.merge(theirs))
    }

    /// Forgets all rows; `max_cells` stays.
    pub fn reset(&mut self) {
        *self =
            Self { marginals: [CompactCounts::new(), CompactCounts::new()], joint: Joint::new(self.joint.max_cells) };
    }

    /// Brings what is held to the form that is read fastest; no value changes, and nothing at all on error.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Interrupted`].
    pub fn compact(&mut self, control: &Control<'_>) -> Result<()> {
        self.joint.fold(control)
    }

    /// True when committing the part would fold in the rows that wait: [`PairedCounts::compact`] does it beforehand.
    #[must_use]
    pub fn crowded_by(&self, part: &PairedPart) -> bool {
        matches!(&part.0, Part::Rows(placed) if self.joint.crowded_by(placed.joint.len()))
    }

    /// True when no row waits to be folded in.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.joint.settled()
    }

    /// The counts of a large batch, to be merged.
    ///
    /// # Errors
    /// The part itself where it is one to commit.
    pub fn into_counts(part: PairedPart) -> std::result::Result<Self, PairedPart> {
        match part.0 {
            Part::Counts(counts) => Ok(*counts),
            rows @ Part::Rows(_) => Err(PairedPart(rows)),
        }
    }

    /// The state with these parts; the caller has checked that they fit together.
    pub(crate) fn from_parts(max_cells: usize, marginals: [CompactCounts; 2], level: u32, cells: Cells) -> Self {
        Self { marginals, joint: Joint::from_parts(max_cells, level, cells) }
    }
}
