//! [`Rows`]: scores of the unweighted rows of small batches as order-preserving keys, split by label, until there are
//! enough of them for buckets.

use std::borrow::Cow;

use super::bucket::BucketKey;
use super::source::{BatchRows, CHUNK, Chunk, Source, Visitor};
use crate::control::Control;
use crate::count::accumulator::Ledger;
use crate::error::{Error, Result};
use crate::input::{Batch, Score, Working};

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
            Self::Narrow(keys) => keys.iter().map(|&key| key.wide()).collect(),
            Self::Wide(keys) => Cow::Borrowed(keys),
        }
    }
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
    positives: Keys,
    negatives: Keys,
}

impl Rows {
    /// Of keys of float64; kept as float32 where all are.
    pub(super) fn of_wide([negatives, positives]: [Vec<u64>; 2]) -> Self {
        if negatives.iter().chain(&positives).all(|&key| narrow(key).is_some()) {
            let keys = |keys: Vec<u64>| Keys::Narrow(keys.into_iter().filter_map(narrow).collect());
            return Self { positives: keys(positives), negatives: keys(negatives) };
        }
        Self { positives: Keys::Wide(positives), negatives: Keys::Wide(negatives) }
    }

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

    /// False when a score is infinite.
    pub(super) fn finite(&self) -> bool {
        [&self.positives, &self.negatives].into_iter().all(|keys| match keys {
            Keys::Narrow(keys) => keys.iter().fold(true, |all, &key| all & f32::from_key(key).is_finite()),
            Keys::Wide(keys) => keys.iter().fold(true, |all, &key| all & f64::from_key(key).is_finite()),
        })
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

/// What a small batch held.
pub(super) struct Kept {
    pub(super) rows: Rows,
    /// Rows that came in whole blocks of one score: its key as of float64, and `[negatives, positives]`.
    pub(super) ties: Vec<(u64, [u64; 2])>,
    pub(super) ledger: Ledger,
}

/// Reads a small unweighted batch, on this thread.
pub(super) fn keep(batch: &Batch<'_>, control: &Control<'_>) -> Result<Kept> {
    match batch.working() {
        Working::F32 => {
            let ([negatives, positives], ties, ledger) = lists(&BatchRows::<f32, _>::new(batch, f32::key), control)?;
            let rows = Rows { positives: Keys::Narrow(positives), negatives: Keys::Narrow(negatives) };
            Ok(Kept { rows, ties, ledger })
        }
        Working::F64 => {
            let (keys, ties, ledger) = lists(&BatchRows::<f64, _>::new(batch, f64::key), control)?;
            Ok(Kept { rows: Rows::of_wide(keys), ties, ledger })
        }
    }
}

/// Negatives and positives, ties, rows.
type Lists<K> = ([Vec<K>; 2], Vec<(u64, [u64; 2])>, Ledger);

fn lists<K: BucketKey>(source: &impl Source<K>, control: &Control<'_>) -> Result<Lists<K>> {
    let mut lists = Listed { keys: [Vec::new(), Vec::new()], ties: Vec::new(), dropped: 0, refused: None };
    source.read(0..source.len(), control, &mut lists)?;
    if let Some(bytes) = lists.refused {
        return Err(Error::OutOfMemory { purpose: "scores kept exactly", bytes });
    }
    let Listed { keys, ties, dropped, .. } = lists;
    let tied = |label: usize| ties.iter().map(|(_, counts)| counts[label]).sum::<u64>();
    let rows = [0, 1].map(|label| keys[label].len() as u64 + tied(label));
    Ok((keys, ties, Ledger { rows, dropped, weighted: false }))
}

struct Listed<K> {
    keys: [Vec<K>; 2],
    ties: Vec<(u64, [u64; 2])>,
    dropped: u64,
    /// Bytes the system would not give.
    refused: Option<usize>,
}

impl<K: BucketKey> Visitor<K> for Listed<K> {
    fn chunk(&mut self, Chunk { keys, labels, .. }: Chunk<'_, K>) {
        // Every row is written to both lists and advances one of them: no branch on the label.
        let mut lists = [[K::default(); CHUNK]; 2];
        let mut lens = [0; 2];
        for (&key, &label) in keys.iter().zip(labels) {
            let positive = usize::from(label & 1);
            lists[0][lens[0] & (CHUNK - 1)] = key;
            lists[1][lens[1] & (CHUNK - 1)] = key;
            lens[0] += 1 - positive;
            lens[1] += positive;
        }
        for ((own, list), len) in self.keys.iter_mut().zip(lists).zip(lens) {
            if own.try_reserve(len).is_err() {
                self.refused = Some((own.len() + len) * size_of::<K>());
                return;
            }
            own.extend_from_slice(&list[..len]);
        }
    }

    fn tie(&mut self, key: K, counts: [u64; 2]) {
        self.ties.push((key.wide(), counts));
    }

    fn dropped(&mut self, rows: usize) {
        self.dropped += rows as u64;
    }
}
