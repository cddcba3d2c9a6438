//! [`Rows`]: scores of unweighted rows as order-preserving keys, split by label, in no particular order.

use std::borrow::Cow;
use std::ops::Range;

use super::run::{Run, RunBuilder};
use crate::control::Control;
use crate::count::accumulator::Ledger;
use crate::count::workers;
use crate::error::{Error, Result};
use crate::input::{BLOCK_ROWS, Batch, BlockReader, Readable, Score, Working};
use crate::simd;

/// Keys of scores: of float32 where every score is one, else of float64.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Keys {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Narrow(keys) => keys.len(),
            Self::Wide(keys) => keys.len(),
        }
    }

    pub(super) fn nbytes(&self) -> usize {
        match self {
            Self::Narrow(keys) => size_of_val(&keys[..]),
            Self::Wide(keys) => size_of_val(&keys[..]),
        }
    }

    /// Adds keys, wide if either are.
    pub(super) fn extend(&mut self, more: &Self) {
        match (self, more) {
            (Self::Narrow(keys), Self::Narrow(more)) => keys.extend_from_slice(more),
            (Self::Wide(keys), more) => keys.extend_from_slice(&more.wide()),
            (keys, more) => {
                let mut wide = keys.wide().into_owned();
                wide.extend_from_slice(&more.wide());
                *keys = Self::Wide(wide);
            }
        }
    }

    /// The keys of float32; none where they are of float64.
    pub(super) fn narrow(&self) -> &[u32] {
        match self {
            Self::Narrow(keys) => keys,
            Self::Wide(_) => &[],
        }
    }

    /// The same scores as keys of float64.
    pub(super) fn wide(&self) -> Cow<'_, [u64]> {
        match self {
            Self::Narrow(keys) => keys.iter().map(|&key| widen(key)).collect(),
            Self::Wide(keys) => Cow::Borrowed(keys),
        }
    }
}

/// The key as float64 of the score with this key as float32.
pub(super) fn widen(key: u32) -> u64 {
    f32::from_key(key).to_f64().key()
}

/// The key as float32 of the score with this key as float64, if it is a float32.
pub(super) fn narrow(key: u64) -> Option<u32> {
    let score = f64::from_key(key);
    let near = f32::nearest(score);
    (near.to_f64() == score).then(|| near.key())
}

/// Keys of the positives and of the negatives.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows {
    pub(super) positives: Keys,
    pub(super) negatives: Keys,
}

impl Rows {
    /// Keys of the rows with this label.
    pub(super) fn keys(&self, label: usize) -> &Keys {
        if label == 0 { &self.negatives } else { &self.positives }
    }

    pub(super) fn is_narrow(&self) -> bool {
        matches!((&self.negatives, &self.positives), (Keys::Narrow(_), Keys::Narrow(_)))
    }

    pub(super) fn len(&self) -> usize {
        self.positives.len() + self.negatives.len()
    }

    pub(super) fn nbytes(&self) -> usize {
        self.positives.nbytes() + self.negatives.nbytes()
    }

    /// True when `more` may join: few rows, keys as wide.
    pub(super) fn takes(&self, more: &Self) -> bool {
        self.len() + more.len() <= JOINED_ROWS && self.is_narrow() == more.is_narrow()
    }

    /// Adds the rows of `more`, whose keys are as wide.
    pub(super) fn extend(&mut self, more: &Self) {
        self.positives.extend(&more.positives);
        self.negatives.extend(&more.negatives);
    }
}

/// Rows that small batches are joined into, so that a million rows in batches of 16 are not 60,000 pieces to copy and walk.
const JOINED_ROWS: usize = 1 << 16;

/// Rows a worker takes at a time.
const CHUNK_ROWS: usize = 16 * BLOCK_ROWS;

/// Rows that room is made for before any has come; further ones make room as they come. Bounds how much more memory than
/// is needed the system is asked for.
const MOST_ROOM: usize = 1 << 25;

/// Rows of a block that are worth an entry of their own when they tie; a batch of fewer is not worth a run.
const LEAST_TIE: usize = 1024;

const PURPOSE: &str = "scores kept exactly";

/// One worker's rows.
struct Split<S: Score> {
    reader: BlockReader<S>,
    /// A block's negatives, positives.
    lists: Box<[[S::Key; BLOCK_ROWS]; 2]>,
    /// Negatives, positives.
    keys: [Vec<S::Key>; 2],
    /// Blocks of one score each: its key, and `[negatives, positives]`.
    ties: Vec<(S::Key, [u64; 2])>,
    ledger: Ledger,
    all_narrow: bool,
}

/// What a batch held.
pub(super) struct Read {
    /// Keys of its rows, one part a worker.
    pub(super) rows: Vec<Rows>,
    /// Rows that came in whole blocks of one score: a constant or sorted column, and a broadcast view of any length, take no
    /// memory a row.
    pub(super) ties: Run,
    pub(super) ledger: Ledger,
}

/// Reads a batch, each element once.
pub(super) fn read(batch: &Batch<'_>, control: &Control<'_>) -> Result<Read> {
    match batch.working() {
        Working::F32 => {
            let (parts, ledger) = split::<f32>(batch, control)?;
            let ties = ties(&parts, widen)?;
            Ok(Read { rows: rows_of(parts, Keys::Narrow), ties, ledger })
        }
        Working::F64 => {
            let (parts, ledger) = split::<f64>(batch, control)?;
            let ties = ties(&parts, |key| key)?;
            let all_narrow = parts.iter().all(|part| part.all_narrow);
            let keys = |keys: Vec<u64>| {
                if all_narrow { Keys::Narrow(keys.into_iter().filter_map(narrow).collect()) } else { Keys::Wide(keys) }
            };
            Ok(Read { rows: rows_of(parts, keys), ties, ledger })
        }
    }
}

fn rows_of<S: Score>(parts: Vec<Split<S>>, keys: impl Fn(Vec<S::Key>) -> Keys) -> Vec<Rows> {
    let rows = parts.into_iter().map(|Split { keys: [negatives, positives], .. }| Rows {
        positives: keys(positives),
        negatives: keys(negatives),
    });
    rows.collect()
}

/// The ties of all workers as a run.
fn ties<S: Score>(parts: &[Split<S>], wide: impl Fn(S::Key) -> u64) -> Result<Run> {
    let mut ties: Vec<(u64, [u64; 2])> =
        parts.iter().flat_map(|part| &part.ties).map(|&(key, counts)| (wide(key), counts)).collect();
    ties.sort_unstable();
    let all_narrow = ties.iter().all(|&(key, _)| narrow(key).is_some());
    let rows = ties.iter().map(|&(_, [negatives, positives])| negatives + positives).sum();
    let mut run = RunBuilder::new(all_narrow, rows, false, ties.len())?;
    for group in ties.chunk_by(|a, b| a.0 == b.0) {
        let counts = group.iter().fold([0, 0], |[n, p], (_, [negatives, positives])| [n + negatives, p + positives]);
        run.push(group[0].0, counts, None);
    }
    Ok(run.finish())
}

fn split<S: Readable>(batch: &Batch<'_>, control: &Control<'_>) -> Result<(Vec<Split<S>>, Ledger)> {
    // Room for a worker's share of the rows in either list: what is not touched costs nothing, and is given back.
    let share = batch.len().div_ceil(control.threads.max(1)).min(MOST_ROOM);
    let start = || {
        Ok(Split {
            reader: BlockReader::new(control.level),
            lists: Box::new([[S::Key::default(); BLOCK_ROWS]; 2]),
            keys: [simd::room(share, PURPOSE)?, simd::room(share, PURPOSE)?],
            ties: Vec::new(),
            ledger: Ledger::default(),
            all_narrow: true,
        })
    };
    let step = |split: &mut Split<S>, range: Range<usize>| {
        for start in range.clone().step_by(BLOCK_ROWS) {
            control.check()?;
            split.block(batch, start, BLOCK_ROWS.min(range.end - start))?;
        }
        Ok(())
    };
    let mut parts = workers::fold(batch.len(), CHUNK_ROWS, control, start, step)?;
    let mut ledger = Ledger::default();
    for part in &mut parts {
        ledger = ledger.plus(part.ledger)?;
        part.keys.iter_mut().for_each(Vec::shrink_to_fit);
    }
    Ok((parts, ledger))
}

impl<S: Readable> Split<S> {
    fn block(&mut self, batch: &Batch<'_>, start: usize, len: usize) -> Result<()> {
        let block = self.reader.read(batch, start, len)?;
        if block.scores.len() >= LEAST_TIE && block.scores.iter().all(|score| *score == block.scores[0]) {
            let (key, dropped) = (block.scores[0].key(), block.dropped);
            let positives: u64 = block.labels.iter().map(|&label| u64::from(label & 1)).sum();
            let negatives = block.labels.len() as u64 - positives;
            self.tie(key, [negatives, positives], dropped);
            return Ok(());
        }
        // Every row is written to both lists and advances one of them: no branch on the label.
        let lists = &mut *self.lists;
        let mut lens = [0; 2];
        for (&score, &label) in block.scores.iter().zip(block.labels) {
            let key = score.key();
            let positive = usize::from(label & 1);
            lists[0][lens[0] & (BLOCK_ROWS - 1)] = key;
            lists[1][lens[1] & (BLOCK_ROWS - 1)] = key;
            lens[0] += 1 - positive;
            lens[1] += positive;
        }
        if S::WORKING == Working::F64 && self.all_narrow {
            self.all_narrow = block.scores.iter().all(|&score| f32::nearest(score.to_f64()).to_f64() == score.to_f64());
        }
        for label in 0..2 {
            let bytes = lens[label] * size_of::<S::Key>();
            let out_of_memory = |_| Error::OutOfMemory { purpose: PURPOSE, bytes };
            self.keys[label].try_reserve(lens[label]).map_err(out_of_memory)?;
            self.keys[label].extend_from_slice(&lists[label][..lens[label]]);
            self.ledger.rows[label] += lens[label] as u64;
        }
        self.ledger.dropped += block.dropped as u64;
        Ok(())
    }

    fn tie(&mut self, key: S::Key, counts: [u64; 2], dropped: usize) {
        match self.ties.last_mut() {
            Some((last, held)) if *last == key => (0..2).for_each(|label| held[label] += counts[label]),
            _ => self.ties.push((key, counts)),
        }
        (0..2).for_each(|label| self.ledger.rows[label] += counts[label]);
        self.ledger.dropped += dropped as u64;
    }
}
