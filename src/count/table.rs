//! Rows → a table of cells `2 * gap + label`: the one loop that ThresholdCounts and CompactCounts share.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::accumulator::{Ledger, SMALL_BATCH};
use super::exact::radix::{SHORT, radix_sort};
use super::moments::{self, Summed};
use super::plan::{Seen, Sink};
use super::workers;
use crate::control::Control;
use crate::error::Result;
use crate::input::{BLOCK_ROWS, Batch, Block, BlockReader, Readable};
use crate::simd::{self, Counters, Level, Totals};

/// A map from scores to gaps.
pub(super) trait Map<S>: Sync {
    /// Number of gaps.
    fn len(&self) -> usize;

    /// Number of edges between and around them.
    fn edges(&self) -> usize {
        self.len() - 1
    }

    /// Hands the places `gap + (label & 1) * gaps` of a block's rows to `sink`, in order.
    fn place(&self, level: Level, block: Block<'_, S>, sink: &mut impl Sink) -> Seen;

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

impl Table {
    /// Sum of all weights; 0 without any.
    pub(super) fn weight(&self) -> f64 {
        if self.ledger.weighted { self.cells.weight() } else { 0.0 }
    }
}

#[derive(Debug)]
pub(super) enum Cells {
    /// Rows per cell.
    Counts(Totals),
    /// The cell of each row of a small batch, not yet added up.
    Rows(Vec<u32>),
    /// Sums of weights per cell.
    Sums(Vec<f64>),
    /// Sums of weights of the cells a small batch touched, ascending.
    SomeSums(Vec<(u32, f64)>),
    /// Rows or sums of weights, with further sums.
    Summed(Summed),
}

impl Cells {
    /// Sum of all weights; of rows without any, where there are further sums, their number.
    pub(super) fn weight(&self) -> f64 {
        match self {
            Self::Counts(_) | Self::Rows(_) => 0.0,
            Self::Sums(sums) => sums.iter().sum(),
            Self::SomeSums(sums) => sums.iter().map(|&(_, sum)| sum).sum(),
            Self::Summed(Summed { cells, .. }) => cells.iter().map(|(_, held)| held.mass).sum(),
        }
    }
}

/// Counts a batch into a table of its own; `further`: with further sums.
pub(super) fn count<S: Readable>(
    batch: &Batch<'_>,
    map: &impl Map<S>,
    small: usize,
    further: bool,
    control: &Control<'_>,
) -> Result<Table> {
    if further {
        moments::count(batch, map, control)
    } else if batch.weighted() && batch.len() <= map.len().min(SMALL_BATCH) / 4 {
        some_sums(batch, map, control)
    } else if batch.weighted() {
        sums(batch, map, control)
    } else if batch.len() <= small {
        rows(batch, map, control)
    } else {
        // Copies of the table, as many as fit the first-level cache beside everything else. With 4, 2 and 1 of them (ns a
        // row, one thread): 200 even thresholds 0.64, 0.64, 0.65, with all scores equal 0.80, 1.03, 1.51; 1,000 even
        // thresholds 0.99, 0.70, 0.64; 10,000 even 1.21, 1.07, 0.93.
        match map.len() {
            0..500 => counts::<S, 4>(batch, map, control),
            500..2500 => counts::<S, 2>(batch, map, control),
            _ => counts::<S, 1>(batch, map, control),
        }
    }
}

/// One worker's reader and what it has seen.
pub(super) struct Worker<S> {
    reader: BlockReader<S>,
    dropped: usize,
    representative: bool,
}

impl<S: Readable> Worker<S> {
    pub(super) fn new(level: Level) -> Self {
        Self { reader: BlockReader::new(level), dropped: 0, representative: true }
    }

    /// Begins to see anew.
    pub(super) fn restart(&mut self) {
        (self.dropped, self.representative) = (0, true);
    }

    /// True when every score read was the one value its gap stands for.
    pub(super) fn all_representative(&self) -> bool {
        self.representative
    }

    /// Reads rows `range` block by block and hands their places to `sink`.
    fn each_block(
        &mut self,
        batch: &Batch<'_>,
        map: &impl Map<S>,
        range: Range<usize>,
        control: &Control<'_>,
        sink: &mut impl Sink,
    ) -> Result<()> {
        for (start, len) in blocks::<S>(batch, range) {
            control.check()?;
            // Where rows may have to be left out, that must be known before they are counted. Else they are looked at while
            // they are counted, and a bad one ends the call.
            let block = if batch.drops_nan() {
                self.reader.read(batch, start, len)?
            } else {
                self.reader.read_uninspected(batch, start, len)
            };
            if !map.place(control.level, block, sink).clean() {
                block.refuse(batch, start)?;
            }
            self.representative = self.representative && map.all_representative(control.level, block.scores);
            self.dropped += block.dropped;
        }
        Ok(())
    }

    /// As `each_block`, handing on the cells of each block with the block itself.
    pub(super) fn each_listed_block(
        &mut self,
        batch: &Batch<'_>,
        map: &impl Map<S>,
        range: Range<usize>,
        control: &Control<'_>,
        mut take: impl FnMut(&[u32], Block<'_, S>),
    ) -> Result<()> {
        let mut listed = Listed::new(map.len());
        for (start, len) in blocks::<S>(batch, range) {
            control.check()?;
            let mut block = self.reader.read_uninspected(batch, start, len);
            listed.cells.clear();
            let seen = map.place(control.level, block, &mut listed);
            if !(seen.clean() && block.weights_positive(control.level)) {
                block = self.reader.read(batch, start, len)?; // without rows of weight zero or dropped score
                listed.cells.clear();
                map.place(control.level, block, &mut listed);
            }
            self.representative = self.representative && map.all_representative(control.level, block.scores);
            self.dropped += block.dropped;
            take(&listed.cells, block);
        }
        Ok(())
    }

    /// The ledger of rows of which `positives` among `rows` were positive.
    pub(super) fn ledger(&self, rows: u64, positives: u64) -> Ledger {
        Ledger { rows: [rows - positives, positives], dropped: self.dropped as u64, weighted: false }
    }
}

/// Rows read at a time: all where they can be counted as they lie, else as many as fit a cache beside the tables. A few
/// come first where that makes the scores of all further blocks start with a cache line.
pub(super) fn blocks<S: Readable>(batch: &Batch<'_>, range: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
    let rows = if batch.lies_ready::<S>(range.clone()) { range.len().max(1) } else { BLOCK_ROWS };
    let head = batch.rows_before_a_line::<S>(range.clone());
    let blocks = (range.start + head..range.end).step_by(rows).map(move |start| (start, rows.min(range.end - start)));
    (head > 0).then_some((range.start, head)).into_iter().chain(blocks)
}

/// Cells `2 * gap + label` as they come.
pub(super) struct Listed {
    pub(super) cells: Vec<u32>,
    gaps: u32,
}

impl Listed {
    pub(super) fn new(gaps: usize) -> Self {
        Self { cells: Vec::new(), gaps: gaps as u32 }
    }
}

/// How many of the cells are those of positives.
fn count_positives(cells: &[u32]) -> u64 {
    cells.iter().map(|cell| u64::from(cell & 1)).sum()
}

impl Sink for Listed {
    #[inline(always)]
    fn take(&mut self, len: usize, place: impl Fn(usize) -> u32) {
        let gaps = self.gaps;
        self.cells.extend((0..len).map(|i| {
            // The arrays may change while they are read, so a place is made sure of before it becomes an index.
            let place = place(i).min(2 * gaps - 1);
            if place < gaps { 2 * place } else { 2 * (place - gaps) + 1 }
        }));
    }
}

impl<const COPIES: usize> Sink for Counters<COPIES> {
    #[inline(always)]
    fn take(&mut self, len: usize, place: impl Fn(usize) -> u32) {
        self.add(len, place);
    }
}

/// A small batch: the cells are kept, and added up in the accumulator's own table once every row has proved good.
fn rows<S: Readable>(batch: &Batch<'_>, map: &impl Map<S>, control: &Control<'_>) -> Result<Table> {
    let mut listed = Listed::new(map.len());
    listed.cells.reserve_exact(batch.len());
    let worker = count_into(batch, map, &mut listed, control)?;
    let cells = listed.cells;
    let ledger = worker.ledger(cells.len() as u64, count_positives(&cells));
    Ok(Table { cells: Cells::Rows(cells), ledger, representative: worker.representative })
}

/// Hands the places of all rows of an unweighted batch to `sink`, on the calling thread; returns what was seen of them.
pub(super) fn count_into<S: Readable>(
    batch: &Batch<'_>,
    map: &impl Map<S>,
    sink: &mut impl Sink,
    control: &Control<'_>,
) -> Result<Worker<S>> {
    let mut worker = Worker::new(control.level);
    worker.each_block(batch, map, 0..batch.len(), control, sink)?;
    Ok(worker)
}

/// Rows a worker takes at a time, so that threads of unequal speed end together.
pub(super) const CHUNK_ROWS: usize = 16 * BLOCK_ROWS;

/// Rows that a private table may count before one of its u32 cells could overflow.
const ROOM: usize = u32::MAX as usize - CHUNK_ROWS;

/// A large batch: private u32 tables a worker, added to the total when they might overflow, and at the end.
fn counts<S: Readable, const COPIES: usize>(
    batch: &Batch<'_>,
    map: &impl Map<S>,
    control: &Control<'_>,
) -> Result<Table> {
    struct Private<S, const COPIES: usize> {
        worker: Worker<S>,
        counters: Counters<COPIES>,
        counted: usize,
    }
    let total = Mutex::new(Totals::new(map.len())?);
    let flush =
        |counters: &mut Counters<COPIES>| counters.flush(&mut total.lock().unwrap_or_else(PoisonError::into_inner));
    let start = || Ok(Private { worker: Worker::new(control.level), counters: Counters::new(map.len())?, counted: 0 });
    let step = |Private { worker, counters, counted }: &mut Private<S, COPIES>, range: Range<usize>| {
        if *counted > ROOM {
            flush(counters);
            *counted = 0;
        }
        *counted += range.len();
        worker.each_block(batch, map, range, control, counters)
    };
    let parts = workers::fold(batch.len(), CHUNK_ROWS, control, start, step)?;
    let (mut dropped, mut representative) = (0, true);
    for mut part in parts {
        flush(&mut part.counters);
        dropped += part.worker.dropped as u64;
        representative = representative && part.worker.representative;
    }
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    let ledger = Ledger { rows: total.rows(), dropped, weighted: false };
    Ok(Table { cells: Cells::Counts(total), ledger, representative })
}

/// Partial sums that the rows of a block of weights rotate over; part of the result, like the block itself.
pub(super) const PARTIALS: usize = 4;

/// Rows over which weights are summed before the sum joins the total: fixed, so that the sums are the same on every
/// instruction set and for any number of threads, and long enough that adding up the tables costs little.
pub(super) fn weight_block(edges: usize) -> usize {
    (4 * (edges + 1)).max(65_536)
}

/// A weighted batch: per block four interleaved partial sums a cell, `((0 + 1) + (2 + 3))`, added in order of block.
fn sums<S: Readable>(batch: &Batch<'_>, map: &impl Map<S>, control: &Control<'_>) -> Result<Table> {
    let width = 2 * map.len();
    let mut total: Vec<f64> = simd::zeros(width, "sums of weights")?;
    let (mut ledger, mut representative) = (Ledger { weighted: true, ..Ledger::default() }, true);
    let start = || {
        let partials = simd::zeros::<f64>(PARTIALS * width, "partial sums of weights")?;
        Ok((Worker::new(control.level), partials))
    };
    let make = |(worker, partials): &mut (Worker<S>, Vec<f64>), range: Range<usize>| {
        partials.fill(0.0);
        let (mut rows, mut positives) = (0, 0);
        worker.dropped = 0;
        worker.each_listed_block(batch, map, range, control, |cells, block| {
            let weights = block.weights.unwrap_or(&[]);
            simd::add_weights::<PARTIALS>(partials, width, rows, cells, weights);
            rows += cells.len();
            positives += count_positives(cells);
        })?;
        let (front, back) = partials.split_at(2 * width);
        let halves = |pair: &[f64], cell: usize| pair[cell] + pair[width + cell];
        let block: Vec<f64> = (0..width).map(|cell| halves(front, cell) + halves(back, cell)).collect();
        Ok((block, worker.ledger(rows as u64, positives), worker.representative))
    };
    let commit = |(block, rows, all): (Vec<f64>, Ledger, bool)| {
        total.iter_mut().zip(block).for_each(|(total, block)| *total += block);
        ledger.rows = [ledger.rows[0] + rows.rows[0], ledger.rows[1] + rows.rows[1]];
        ledger.dropped += rows.dropped;
        representative = representative && all;
    };
    workers::in_order(batch.len(), weight_block(map.edges()), control, start, make, commit)?;
    ledger.weighted = ledger.rows != [0, 0];
    Ok(Table { cells: Cells::Sums(total), ledger, representative })
}

/// A weighted batch far smaller than the table: the same sums as [`sums`] gives, of the cells it touches alone.
fn some_sums<S: Readable>(batch: &Batch<'_>, map: &impl Map<S>, control: &Control<'_>) -> Result<Table> {
    let mut worker = Worker::new(control.level);
    let (mut rows, mut weights) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
    worker.each_listed_block(batch, map, 0..batch.len(), control, |cells, block| {
        rows.extend_from_slice(cells);
        weights.extend_from_slice(block.weights.unwrap_or(&[]));
    })?;
    let ledger = Ledger { weighted: !rows.is_empty(), ..worker.ledger(rows.len() as u64, count_positives(&rows)) };
    let sums = sums_by_cell(&rows, &weights, control)?;
    Ok(Table { cells: Cells::SomeSums(sums), ledger, representative: worker.representative })
}

/// The sums of the weights of rows by cell, ascending: in four interleaved partial sums, `((0 + 1) + (2 + 3))`.
pub(super) fn sums_by_cell(cells: &[u32], weights: &[f64], control: &Control<'_>) -> Result<Vec<(u32, f64)>> {
    // A row's place below its cell.
    let mut rows: Vec<u64> = cells.iter().zip(0..).map(|(&cell, row)| u64::from(cell) << 32 | row).collect();
    match rows.len() {
        ..SHORT => rows.sort_unstable(),
        _ => radix_sort(&mut rows, &mut Vec::new(), |row| row >> 32, control)?,
    }
    let sums = rows.chunk_by(|a, b| a >> 32 == b >> 32).map(|group| {
        let mut partials = [0.0; PARTIALS];
        for row in group.iter().map(|&row| row as u32 as usize) {
            partials[row % PARTIALS] += weights[row];
        }
        ((group[0] >> 32) as u32, (partials[0] + partials[1]) + (partials[2] + partials[3]))
    });
    Ok(sums.collect())
}
