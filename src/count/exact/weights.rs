//! Weighted rows → sums of weights a score, in the order that semantics fix: from zero, row after row of the batch.

use std::sync::{Arc, Mutex};

use super::bucket::BucketKey;
use super::columns;
use super::finish::{Bucket, Finish, Sink, Span};
use super::partition;
use super::pieces::Held;
use super::rows::narrow;
use super::run::{Run, RunBuilder};
use super::source::{BatchRows, Chunk, Source, Visitor};
use crate::control::Control;
use crate::count::accumulator::Ledger;
use crate::count::workers::lock;
use crate::error::Result;
use crate::input::{Batch, Score, Working};
use crate::simd::{self, DefaultFloatMode};
use crate::tally::Tally;

/// Rows up to which a batch is sorted: the tables of buckets cost as much.
const FEW: usize = 1 << 15;

/// The groups of a weighted batch, from the highest score down: what ExactCounts would hold of it alone.
///
/// # Errors
/// As [`roc_auc_pairs`](super::roc_auc_pairs).
pub fn weighted_tally(batch: &Batch<'_>, control: &Control<'_>) -> Result<Tally> {
    let _mode = DefaultFloatMode::set();
    if batch.len() <= FEW {
        return sorted(batch, false, control)?.0.tally(control);
    }
    columns::weighted_tally(&partitioned(batch, control)?.0, control)
}

/// Hands on the sums of weights of `[negatives, positives]` of all groups of a weighted batch, some at a time, ascending: the
/// lowest of them first, or the highest. They are never all in memory.
///
/// # Errors
/// As [`roc_auc_pairs`](super::roc_auc_pairs).
pub fn each_weighted_group(
    batch: &Batch<'_>,
    lowest_first: bool,
    control: &Control<'_>,
    mut some: impl FnMut(&[[f64; 2]]) + Send,
) -> Result<()> {
    let _mode = DefaultFloatMode::set();
    if batch.len() <= FEW {
        let run = sorted(batch, false, control)?.0;
        let sums: Vec<_> = (0..run.len()).map(|i| run.sums(i)).collect();
        some(&sums);
        return Ok(());
    }
    let held = partitioned(batch, control)?.0;
    // Memory goes round: fresh pages would have to be cleared.
    let spare = Mutex::new(Vec::new());
    let part = |_| Ok(Sums(lock(&spare).pop().unwrap_or_default()));
    let full = |Sums(mut sums): Sums| {
        some(&sums);
        sums.clear();
        lock(&spare).push(sums);
    };
    if lowest_first { held.in_order(control, part, full) } else { held.in_reverse(control, part, full) }
}

/// The sums of the groups of a range of buckets, ascending.
struct Sums(Vec<[f64; 2]>);

impl<K: Finish> Sink<K> for Sums {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        K::weighted_groups(scratch, bucket, control, |_, sums| self.0.push(sums))
    }
}

/// The run of a weighted batch, `squared`: with sums of squared weights; and its rows.
pub(super) fn read(batch: &Batch<'_>, squared: bool, control: &Control<'_>) -> Result<(Run, Ledger)> {
    if batch.len() <= FEW {
        return sorted(batch, squared, control);
    }
    let (mut held, ledger) = partitioned(batch, control)?;
    let part = |span: Span| {
        let rows = (span.inside[0] + span.inside[1]) as usize;
        Ok(Summed(RunBuilder::new(held.wide.is_empty(), 0, true, rows)?))
    };
    let mut whole = RunBuilder::new(held.wide.is_empty(), 0, true, held.rows() as usize)?;
    held.in_order(control, part, |Summed(part)| whole.append(part))?;
    let whole = whole.finish();
    if !squared {
        return Ok((whole, ledger));
    }
    // The same once more, of the squares.
    held.square_weights();
    let mut squares = simd::room(whole.len(), "squared weights")?;
    held.in_order(control, |_| Ok(Sums(Vec::new())), |Sums(part)| squares.extend(part))?;
    Ok((whole.with_squares(squares), ledger))
}

/// The rows of a weighted batch by bucket.
fn partitioned(batch: &Batch<'_>, control: &Control<'_>) -> Result<(Held, Ledger)> {
    fn narrow(source: &impl Source<u32>, control: &Control<'_>) -> Result<(Held, Ledger)> {
        let counted = partition::count(source, control)?;
        let ledger = counted.ledger;
        let parts = counted.partition(source, control)?.into_iter().map(Arc::new).collect();
        Ok((Held { narrow: parts, ..Held::default() }, ledger))
    }
    let (held, ledger) = match batch.working() {
        Working::F32 => narrow(&BatchRows::<f32, _>::new(batch, f32::key).weighted(), control)?,
        Working::F64 => {
            let source = BatchRows::<f64, _>::new(batch, f64::key).weighted();
            let counted = partition::count(&source, control)?;
            if counted.shrinks() {
                let narrowed = |score: f64| f32::nearest(score).key();
                narrow(&BatchRows::<f64, _>::new(batch, narrowed).weighted(), control)?
            } else {
                let ledger = counted.ledger;
                let parts = counted.partition(&source, control)?.into_iter().map(Arc::new).collect();
                (Held { wide: parts, ..Held::default() }, ledger)
            }
        }
    };
    Ok((held, Ledger { weighted: ledger.rows != [0, 0], ..ledger }))
}

/// A run of sums under construction.
struct Summed(RunBuilder);

impl<K: Finish> Sink<K> for Summed {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        K::weighted_groups(scratch, bucket, control, |key, sums| self.0.push(key.wide(), [0, 0], Some(sums)))
    }
}

/// The run of a few weighted rows, `squared`: with sums of squared weights; and their number.
fn sorted(batch: &Batch<'_>, squared: bool, control: &Control<'_>) -> Result<(Run, Ledger)> {
    let mut list = List::default();
    match batch.working() {
        Working::F32 => {
            let source = BatchRows::<f32, _>::new(batch, f32::key).weighted();
            source.read(0..batch.len(), control, &mut list)?;
        }
        Working::F64 => {
            let source = BatchRows::<f64, _>::new(batch, f64::key).weighted();
            source.read(0..batch.len(), control, &mut list)?;
        }
    }
    let List { mut rows, mut ledger } = list;
    rows.sort_by_key(|&(key, ..)| key); // stable: rows of one score stay in their order
    let all_narrow = rows.iter().all(|&(key, ..)| narrow(key).is_some());
    let mut run = RunBuilder::new(all_narrow, 0, true, rows.len())?;
    let mut all_squares = Vec::new();
    for group in rows.chunk_by(|a, b| a.0 == b.0) {
        let (mut sums, mut squares) = ([0.0; 2], [0.0; 2]);
        for &(_, label, weight) in group {
            sums[label] += weight;
            squares[label] += weight * weight;
        }
        run.push(group[0].0, [0, 0], Some(sums));
        all_squares.extend(squared.then_some(squares));
    }
    ledger.weighted = ledger.rows != [0, 0];
    Ok((run.finish().with_squares(all_squares), ledger))
}

/// Rows as read: key as of float64, label, weight.
#[derive(Default)]
struct List {
    rows: Vec<(u64, usize, f64)>,
    ledger: Ledger,
}

impl<K: BucketKey> Visitor<K> for List {
    fn chunk(&mut self, Chunk { keys, labels, weights }: Chunk<'_, K>) {
        for ((&key, &label), &weight) in keys.iter().zip(labels).zip(weights) {
            let label = usize::from(label & 1);
            self.ledger.rows[label] += 1;
            self.rows.push((key.wide(), label, weight));
        }
    }

    fn dropped(&mut self, rows: usize) {
        self.ledger.dropped += rows as u64;
    }
}
