//! Rows of two columns of scores, read side by side: what they add to either column's counts and to the joint table.

use std::ops::Range;

use super::joint::Rows;
use super::key;
use crate::control::Control;
use crate::count::compact::{CompactPart, Intervals};
use crate::count::table::{Listed, Map};
use crate::count::{INTERVALS, Ledger};
use crate::error::Result;
use crate::input::{BLOCK_ROWS, Batch, Block, BlockReader, Readable, Working};

/// Rows of a batch, each placed in both columns; not yet added to anything.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) columns: [CompactPart; 2],
    pub(super) joint: Rows,
}

/// Reads rows `range` of two batches that have the same labels and weights. A row that either leaves out is left out.
///
/// # Errors
/// That of the first block with a bad row: its lowest bad row in the first column, else in the second.
pub(super) fn place(pair: [&Batch<'_>; 2], range: Range<usize>, control: &Control<'_>) -> Result<Placed> {
    match pair.map(Batch::working) {
        [Working::F32, Working::F32] => Placing::<f32, f32>::new(control, range.len()).all(pair, range, control),
        [Working::F32, Working::F64] => Placing::<f32, f64>::new(control, range.len()).all(pair, range, control),
        [Working::F64, Working::F32] => Placing::<f64, f32>::new(control, range.len()).all(pair, range, control),
        [Working::F64, Working::F64] => Placing::<f64, f64>::new(control, range.len()).all(pair, range, control),
    }
}

/// Rows placed so far.
struct Placing<A, B> {
    readers: (BlockReader<A>, BlockReader<B>),
    /// Cells of the block at hand, `2 * interval + label`.
    listed: [Listed; 2],
    /// Those of all rows so far.
    cells: [Vec<u32>; 2],
    keys: Vec<u64>,
    weights: Vec<f64>,
    dropped: u64,
    representative: [bool; 2],
}

impl<A: Readable, B: Readable> Placing<A, B>
where
    Intervals: Map<A> + Map<B>,
{
    fn new(control: &Control<'_>, rows: usize) -> Self {
        Self {
            readers: (BlockReader::new(control.level), BlockReader::new(control.level)),
            listed: [Listed::new(INTERVALS), Listed::new(INTERVALS)],
            cells: [Vec::with_capacity(rows), Vec::with_capacity(rows)],
            keys: Vec::with_capacity(rows),
            weights: Vec::new(),
            dropped: 0,
            representative: [true; 2],
        }
    }

    fn all(mut self, [a, b]: [&Batch<'_>; 2], range: Range<usize>, control: &Control<'_>) -> Result<Placed> {
        for start in range.clone().step_by(BLOCK_ROWS) {
            control.check()?;
            self.block(a, b, start, BLOCK_ROWS.min(range.end - start), control)?;
        }
        let Self { cells, keys, weights, dropped, representative, .. } = self;
        let positives = cells[0].iter().map(|cell| u64::from(cell & 1)).sum();
        let rows = cells[0].len() as u64;
        let weighted = a.weighted() && rows > 0;
        let ledger = Ledger { rows: [rows - positives, positives], dropped, weighted };
        let weights = a.weighted().then_some(weights);
        let [first, second] = cells;
        let part = |cells, exact| CompactPart::of_rows(cells, weights.as_deref(), ledger, exact, control);
        let columns = [part(first, representative[0])?, part(second, representative[1])?];
        let joint = match weights {
            Some(weights) => Rows { plain: Vec::new(), weighted: keys.into_iter().zip(weights).collect() },
            None => Rows { plain: keys, weighted: Vec::new() },
        };
        Ok(Placed { columns, joint })
    }

    fn block(&mut self, a: &Batch<'_>, b: &Batch<'_>, start: usize, len: usize, control: &Control<'_>) -> Result<()> {
        let blocks = (self.readers.0.read_uninspected(a, start, len), self.readers.1.read_uninspected(b, start, len));
        let [listed_a, listed_b] = &mut self.listed;
        listed_a.cells.clear();
        listed_b.cells.clear();
        let seen_a = Intervals.place(control.level, blocks.0, listed_a);
        let seen_b = Intervals.place(control.level, blocks.1, listed_b);
        let [all_a, all_b] = &mut self.representative;
        let weights = blocks.0.weights.unwrap_or(&[]);
        if seen_a.clean() && seen_b.clean() && blocks.0.weights_positive(control.level) {
            *all_a = *all_a && Intervals.all_representative(control.level, blocks.0.scores);
            *all_b = *all_b && Intervals.all_representative(control.level, blocks.1.scores);
            self.weights.extend_from_slice(weights);
        } else {
            blocks.0.refuse(a, start)?;
            blocks.1.refuse(b, start)?;
            let kept = kept(&blocks.0, &blocks.1, &mut self.dropped);
            listed_a.cells = kept.iter().map(|&row| listed_a.cells[row]).collect();
            listed_b.cells = kept.iter().map(|&row| listed_b.cells[row]).collect();
            let scores_a: Vec<A> = kept.iter().map(|&row| blocks.0.scores[row]).collect();
            let scores_b: Vec<B> = kept.iter().map(|&row| blocks.1.scores[row]).collect();
            *all_a = *all_a && Intervals.all_representative(control.level, &scores_a);
            *all_b = *all_b && Intervals.all_representative(control.level, &scores_b);
            if blocks.0.weights.is_some() {
                self.weights.extend(kept.iter().map(|&row| weights[row]));
            }
        }
        // Labels are read twice, and another thread may write to them meanwhile: those of the first column hold.
        let (first, second) = (&listed_a.cells, &mut listed_b.cells);
        second.iter_mut().zip(first).for_each(|(cell, other)| *cell = *cell & !1 | other & 1);
        key::extend(control.level, &mut self.keys, first, second);
        self.cells[0].extend_from_slice(first);
        self.cells[1].extend_from_slice(second);
        Ok(())
    }
}

/// The rows of a block that neither column leaves out; of the others, those of positive weight are added to `dropped`.
fn kept<A: Readable, B: Readable>(a: &Block<'_, A>, b: &Block<'_, B>, dropped: &mut u64) -> Vec<usize> {
    let counts = |row: &usize| a.weights.is_none_or(|weights| weights[*row] != 0.0);
    let numbers = |row: &usize| {
        let both = !a.scores[*row].is_nan() && !b.scores[*row].is_nan();
        *dropped += u64::from(!both);
        both
    };
    (0..a.scores.len()).filter(counts).filter(numbers).collect()
}
