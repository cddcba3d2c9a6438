//! Rows → a table of cells `2 * gap + label`: the one loop that ThresholdCounts and CompactCounts share.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::accumulator::{Ledger, SMALL_BATCH};
use super::workers;
use crate::control::Control;
use crate::error::Result;
use crate::input::{BLOCK_ROWS, Batch, Block, BlockReader, Readable};
use crate::simd::{self, Kernel, Level};

/// A map from scores to gaps.
pub(super) trait Gaps<S>: Sync {
    /// Number of gaps.
    fn len(&self) -> usize;

    /// Number of edges between and around them.
    fn edges(&self) -> usize {
        self.len() - 1
    }

    /// `cells[i] = 2 * gap(scores[i]) + (labels[i] & 1)`.
    fn cells(&self, level: Level, scores: &[S], labels: &[u8], cells: &mut [u32]);

    /// True when every score is the one value its gap stands for.
    fn all_representative(&self, _level: Level, _scores: &[S]) -> bool {
        false
    }
}

/// What a batch adds: rows per cell, or sums of weights per cell.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) cells: Cells,
    pub(super) ledger: Ledger,
    /// Every score was the one value its gap stands for.
    pub(super) representative: bool,
}

#[derive(Debug)]
pub(super) enum Cells {
    /// Rows per cell.
    Counts(Vec<u64>),
    /// The cell of each row of a small batch, not yet added up.
    Rows(Vec<u32>),
    /// Sums of weights per cell.
    Sums(Vec<f64>),
    /// Sums of weights of the cells a small batch touched, ascending.
    SomeSums(Vec<(u32, f64)>),
}

impl Cells {
    /// Sum of all weights.
    pub(super) fn weight(&self) -> f64 {
        match self {
            Self::Counts(_) | Self::Rows(_) => 0.0,
            Self::Sums(sums) => sums.iter().sum(),
            Self::SomeSums(sums) => sums.iter().map(|&(_, sum)| sum).sum(),
        }
    }
}

/// Counts a batch into a table of its own.
pub(super) fn count<S: Readable>(
    batch: &Batch<'_>,
    gaps: &impl Gaps<S>,
    small: usize,
    control: &Control<'_>,
) -> Result<Table> {
    if batch.weighted() && batch.len() <= gaps.len().min(SMALL_BATCH) / 4 {
        some_sums(batch, gaps, control)
    } else if batch.weighted() {
        sums(batch, gaps, control)
    } else if batch.len() <= small {
        rows(batch, gaps, control)
    } else {
        counts(batch, gaps, control)
    }
}

/// One worker's reader, cell buffer and what it has seen.
struct Worker<S> {
    reader: BlockReader<S>,
    cells: Vec<u32>,
    ledger: Ledger,
    representative: bool,
}

impl<S: Readable> Worker<S> {
    fn new(level: Level) -> Self {
        Self { reader: BlockReader::new(level), cells: Vec::new(), ledger: Ledger::default(), representative: true }
    }

    /// Reads rows `range` block by block, and hands on the cells of each block with its weights.
    fn each_block(
        &mut self,
        batch: &Batch<'_>,
        gaps: &impl Gaps<S>,
        range: Range<usize>,
        control: &Control<'_>,
        mut take: impl FnMut(&[u32], Option<&[f64]>),
    ) -> Result<()> {
        for start in range.clone().step_by(BLOCK_ROWS) {
            control.check()?;
            let block = self.reader.read(batch, start, BLOCK_ROWS.min(range.end - start))?;
            let Block { scores, labels, weights, dropped } = block;
            self.cells.resize(scores.len(), 0);
            gaps.cells(control.level, scores, labels, &mut self.cells);
            // The arrays may change while they are read: a score that was no NaN when it was inspected may be one now.
            control.level.run(Clamp { cells: &mut self.cells, last: 2 * gaps.len() as u32 - 1 });
            self.representative = self.representative && gaps.all_representative(control.level, scores);
            take(&self.cells, weights);
            let positives: u64 = labels.iter().map(|&label| u64::from(label & 1)).sum();
            self.ledger.rows[1] += positives;
            self.ledger.rows[0] += labels.len() as u64 - positives;
            self.ledger.dropped += dropped as u64;
        }
        Ok(())
    }
}

struct Clamp<'k> {
    cells: &'k mut [u32],
    last: u32,
}

impl Kernel for Clamp<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.cells.iter_mut().for_each(|cell| *cell = (*cell).min(self.last));
    }
}

/// A small batch: the cells are kept, and added up in the accumulator's own table once every row has proved good.
fn rows<S: Readable>(batch: &Batch<'_>, gaps: &impl Gaps<S>, control: &Control<'_>) -> Result<Table> {
    let mut worker = Worker::new(control.level);
    let mut rows = Vec::new();
    let len = batch.len();
    if len > BLOCK_ROWS {
        rows.reserve_exact(len);
        worker.each_block(batch, gaps, 0..len, control, |cells, _| rows.extend_from_slice(cells))?;
    } else {
        worker.each_block(batch, gaps, 0..len, control, |_, _| ())?;
        rows = worker.cells;
    }
    Ok(Table { cells: Cells::Rows(rows), ledger: worker.ledger, representative: worker.representative })
}

/// Rows a worker takes at a time, so that threads of unequal speed end together.
const CHUNK_ROWS: usize = 16 * BLOCK_ROWS;

/// From this many cells on one sub-table a worker: neighbouring rows seldom meet in one cell, and four tables would leave
/// the second-level cache.
const MANY_CELLS: usize = 1 << 14;

/// Rows that a private table may count before one of its u32 cells could overflow.
const ROOM: usize = u32::MAX as usize - CHUNK_ROWS;

/// A large batch: private u32 tables a worker, added to the total when they might overflow, and at the end.
fn counts<S: Readable>(batch: &Batch<'_>, gaps: &impl Gaps<S>, control: &Control<'_>) -> Result<Table> {
    struct Private<S> {
        worker: Worker<S>,
        tables: Vec<u32>,
        counted: usize,
    }
    let width = 2 * gaps.len();
    let copies = if width < MANY_CELLS { simd::SUB_TABLES } else { 1 };
    let total = Mutex::new(simd::zeros(width, "counts of a batch")?);
    let flush = |tables: &[u32]| {
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        tables.chunks_exact(width).for_each(|table| simd::add_widened(&mut total, table));
    };
    let start = || {
        let tables = simd::zeros(width * copies, "private tables of counts")?;
        Ok(Private { worker: Worker::new(control.level), tables, counted: 0 })
    };
    let step = |Private { worker, tables, counted }: &mut Private<S>, range: Range<usize>| {
        if *counted > ROOM {
            flush(tables);
            tables.fill(0);
            *counted = 0;
        }
        *counted += range.len();
        worker.each_block(batch, gaps, range, control, |cells, _| match copies {
            1 => simd::increment_one(cells, tables),
            _ => simd::increment(cells, tables, width),
        })
    };
    let parts = workers::fold(batch.len(), CHUNK_ROWS, control, start, step)?;
    let (mut ledger, mut representative) = (Ledger::default(), true);
    for part in parts {
        flush(&part.tables);
        ledger = ledger.plus(part.worker.ledger)?;
        representative = representative && part.worker.representative;
    }
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Table { cells: Cells::Counts(total), ledger, representative })
}

/// Partial sums that the rows of a block of weights rotate over; part of the result, like the block itself.
const PARTIALS: usize = 4;

/// Rows over which weights are summed before the sum joins the total: fixed, so that the sums are the same on every
/// instruction set and for any number of threads, and long enough that adding up the tables costs little.
fn weight_block(edges: usize) -> usize {
    (4 * (edges + 1)).max(65_536)
}

/// A weighted batch: per block four interleaved partial sums a cell, `((0 + 1) + (2 + 3))`, added in order of block.
fn sums<S: Readable>(batch: &Batch<'_>, gaps: &impl Gaps<S>, control: &Control<'_>) -> Result<Table> {
    let width = 2 * gaps.len();
    let mut total: Vec<f64> = simd::zeros(width, "sums of weights")?;
    let (mut ledger, mut representative) = (Ledger { weighted: true, ..Ledger::default() }, true);
    let start = || Ok((Worker::new(control.level), simd::zeros::<f64>(PARTIALS * width, "partial sums of weights")?));
    let make = |(worker, partials): &mut (Worker<S>, Vec<f64>), range: Range<usize>| {
        worker.ledger = Ledger::default();
        partials.fill(0.0);
        let mut row = 0;
        worker.each_block(batch, gaps, range, control, |cells, weights| {
            for (&cell, &weight) in cells.iter().zip(weights.unwrap_or(&[])) {
                partials[row % PARTIALS * width + cell as usize] += weight;
                row += 1;
            }
        })?;
        let (front, back) = partials.split_at(2 * width);
        let halves = |pair: &[f64], cell: usize| pair[cell] + pair[width + cell];
        let block: Vec<f64> = (0..width).map(|cell| halves(front, cell) + halves(back, cell)).collect();
        Ok((block, worker.ledger, worker.representative))
    };
    let commit = |(block, rows, all): (Vec<f64>, Ledger, bool)| {
        total.iter_mut().zip(block).for_each(|(total, block)| *total += block);
        ledger.rows = [ledger.rows[0] + rows.rows[0], ledger.rows[1] + rows.rows[1]];
        ledger.dropped += rows.dropped;
        representative = representative && all;
    };
    workers::in_order(batch.len(), weight_block(gaps.edges()), control, start, make, commit)?;
    ledger.weighted = ledger.rows != [0, 0];
    Ok(Table { cells: Cells::Sums(total), ledger, representative })
}

/// A weighted batch far smaller than the table: the same sums as [`sums`] gives, of the cells it touches alone.
fn some_sums<S: Readable>(batch: &Batch<'_>, gaps: &impl Gaps<S>, control: &Control<'_>) -> Result<Table> {
    let mut worker = Worker::new(control.level);
    let mut rows: Vec<(u32, f64)> = Vec::with_capacity(batch.len());
    worker.each_block(batch, gaps, 0..batch.len(), control, |cells, weights| {
        rows.extend(cells.iter().copied().zip(weights.unwrap_or(&[]).iter().copied()));
    })?;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&row| rows[row].0); // stable: rows of one cell stay in their order
    let sums = order.chunk_by(|&a, &b| rows[a].0 == rows[b].0).map(|group| {
        let mut partials = [0.0; PARTIALS];
        for &row in group {
            partials[row % PARTIALS] += rows[row].1;
        }
        (rows[group[0]].0, (partials[0] + partials[1]) + (partials[2] + partials[3]))
    });
    let ledger = Ledger { weighted: !rows.is_empty(), ..worker.ledger };
    Ok(Table { cells: Cells::SomeSums(sums.collect()), ledger, representative: worker.representative })
}
