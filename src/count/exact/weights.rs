//! Weighted rows → a run of sums, in the order that semantics fix: per block of rows four interleaved partial sums a score,
//! then block after block.

use std::ops::Range;

use super::run::{Run, RunBuilder};
use crate::control::Control;
use crate::count::accumulator::Ledger;
use crate::count::merge::merged;
use crate::count::workers;
use crate::error::Result;
use super::rows::narrow;
use crate::input::{BLOCK_ROWS, Batch, BlockReader, Readable, Score, Working};

/// Rows over which weights are summed before the sum joins the total; part of the result.
const BLOCK: usize = 65_536;

/// Partial sums the rows of a block rotate over; part of the result.
const PARTIALS: usize = 4;

/// A score's key and the `[negatives, positives]` weights of one block.
type Entry = (u64, [f64; 2]);

/// The run of a weighted batch, and its rows.
pub(super) fn read(batch: &Batch<'_>, control: &Control<'_>) -> Result<(Run, Ledger)> {
    let (blocks, mut ledger) = match batch.working() {
        Working::F32 => blocks::<f32>(batch, control)?,
        Working::F64 => blocks::<f64>(batch, control)?,
    };
    let entries = merged(blocks, |entry| entry.0, control)?; // of one score, blocks stay in order
    let all_narrow = entries.iter().all(|entry| narrow(entry.0).is_some());
    let mut builder = RunBuilder::new(all_narrow, 0, true, entries.len())?;
    for group in entries.chunk_by(|a, b| a.0 == b.0) {
        let sums = group.iter().fold([0.0; 2], |[n, p], (_, [negative, positive])| [n + negative, p + positive]);
        builder.push(group[0].0, [0, 0], Some(sums));
    }
    ledger.weighted = ledger.rows != [0, 0];
    Ok((builder.finish(), ledger))
}

/// The sums of each block.
fn blocks<S: Readable>(batch: &Batch<'_>, control: &Control<'_>) -> Result<(Vec<Vec<Entry>>, Ledger)> {
    let mut blocks = Vec::new();
    let mut ledger = Ledger::default();
    let start = || Ok(BlockReader::<S>::new(control.level));
    let make = |reader: &mut BlockReader<S>, range| block(reader, batch, range, control);
    workers::in_order(batch.len(), BLOCK, control, start, make, |(block, rows): (Vec<Entry>, Ledger)| {
        blocks.push(block);
        ledger.rows = [ledger.rows[0] + rows.rows[0], ledger.rows[1] + rows.rows[1]];
        ledger.dropped += rows.dropped;
    })?;
    Ok((blocks, ledger))
}

/// The sums of one block, by score.
fn block<S: Readable>(
    reader: &mut BlockReader<S>,
    batch: &Batch<'_>,
    range: Range<usize>,
    control: &Control<'_>,
) -> Result<(Vec<Entry>, Ledger)> {
    let mut rows: Vec<(u64, u32, u8, f64)> = Vec::with_capacity(range.len());
    let mut ledger = Ledger::default();
    for start in range.clone().step_by(BLOCK_ROWS) {
        control.check()?;
        let block = reader.read(batch, start, BLOCK_ROWS.min(range.end - start))?;
        ledger.dropped += block.dropped as u64;
        for ((&score, &label), &weight) in block.scores.iter().zip(block.labels).zip(block.weights.unwrap_or(&[])) {
            ledger.rows[usize::from(label & 1)] += 1;
            rows.push((score.to_f64().key(), rows.len() as u32, label & 1, weight));
        }
    }
    rows.sort_unstable_by_key(|&(key, row, ..)| (key, row));
    let entries = rows.chunk_by(|a, b| a.0 == b.0).map(|group| {
        let mut partials = [[0.0; PARTIALS]; 2];
        for &(_, row, label, weight) in group {
            partials[usize::from(label)][row as usize % PARTIALS] += weight;
        }
        (group[0].0, partials.map(|[a, b, c, d]| (a + b) + (c + d)))
    });
    Ok((entries.collect(), ledger))
}
