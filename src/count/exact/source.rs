//! Where keys come from: a batch, read block by block, or rows kept before; the same rows each time they are read.

use std::ops::Range;

use super::bucket::BucketKey;
use crate::control::Control;
use crate::error::Result;
use crate::input::{BLOCK_ROWS, Batch, Block, BlockReader, Readable};
use crate::simd::Kernel;

/// Rows handed on at a time: keys, codes and rests of so many fit L1 beside the block they are made from.
pub(super) const CHUNK: usize = 1024;

/// Some rows, in order.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'c, K> {
    pub(super) keys: &'c [K],
    pub(super) labels: &'c [u8],
    /// Empty where rows have none.
    pub(super) weights: &'c [f64],
}

/// What is found in a stretch of rows.
pub(super) trait Visitor<K> {
    /// Some rows to be counted.
    fn chunk(&mut self, chunk: Chunk<'_, K>);

    /// A whole block of one score, unweighted: `[negatives, positives]`.
    fn tie(&mut self, _key: K, _counts: [u64; 2]) {}

    /// Rows left out because their score was NaN.
    fn dropped(&mut self, _rows: usize) {}
}

/// Rows that can be read more than once.
pub(super) trait Source<K>: Sync {
    fn len(&self) -> usize;
    fn weighted(&self) -> bool;

    /// Hands on the rows of `range`.
    ///
    /// # Errors
    /// That of the lowest bad row; [`Interrupted`](crate::Error::Interrupted).
    fn read(&self, range: Range<usize>, control: &Control<'_>, visitor: &mut impl Visitor<K>) -> Result<()>;
}

/// The rows of a batch, whose scores `key` turns into keys.
pub(super) struct BatchRows<'b, S, F> {
    batch: &'b Batch<'b>,
    key: F,
    weighted: bool,
    working: std::marker::PhantomData<fn(S)>,
}

impl<'b, S: Readable, F> BatchRows<'b, S, F> {
    pub(super) fn new(batch: &'b Batch<'b>, key: F) -> Self {
        Self { batch, key, weighted: false, working: std::marker::PhantomData }
    }

    /// The same with their weights.
    pub(super) fn weighted(self) -> Self {
        Self { weighted: true, ..self }
    }
}

/// Rows of a block that are worth an entry of their own when they tie; a batch of fewer is not worth a run.
const LEAST_TIE: usize = 1024;

impl<K: BucketKey, S: Readable, F: Fn(S) -> K + Copy + Sync> Source<K> for BatchRows<'_, S, F> {
    fn len(&self) -> usize {
        self.batch.len()
    }

    fn weighted(&self) -> bool {
        self.weighted
    }

    fn read(&self, range: Range<usize>, control: &Control<'_>, visitor: &mut impl Visitor<K>) -> Result<()> {
        let mut reader = BlockReader::<S>::new(control.level);
        let mut keys = [K::default(); CHUNK];
        for start in range.clone().step_by(BLOCK_ROWS) {
            control.check()?;
            let block = reader.read(self.batch, start, BLOCK_ROWS.min(range.end - start))?;
            visitor.dropped(block.dropped);
            if let Some(counts) = tied(&block) {
                visitor.tie((self.key)(block.scores[0]), counts);
                continue;
            }
            for at in (0..block.scores.len()).step_by(CHUNK) {
                let rows = at..block.scores.len().min(at + CHUNK);
                let keys = &mut keys[..rows.len()];
                control.level.run(Keys { scores: &block.scores[rows.clone()], key: self.key, keys });
                let weights = block.weights.filter(|_| self.weighted).map_or(&[][..], |weights| &weights[rows.clone()]);
                visitor.chunk(Chunk { keys, labels: &block.labels[rows], weights });
            }
        }
        Ok(())
    }
}

/// `[negatives, positives]` of an unweighted block of one score.
fn tied<S: Readable>(block: &Block<'_, S>) -> Option<[u64; 2]> {
    let (first, last) = (*block.scores.first()?, *block.scores.last()?);
    if block.weights.is_some() || block.scores.len() < LEAST_TIE || first != last {
        return None;
    }
    block.scores.iter().all(|score| *score == first).then(|| {
        let positives = block.labels.iter().map(|&label| u64::from(label & 1)).sum();
        [block.labels.len() as u64 - positives, positives]
    })
}

/// `keys[i] = key(scores[i])`.
struct Keys<'k, S, K, F> {
    scores: &'k [S],
    key: F,
    keys: &'k mut [K],
}

impl<S: Copy, K, F: Fn(S) -> K> Kernel for Keys<'_, S, K, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (key, &score) in self.keys.iter_mut().zip(self.scores) {
            *key = (self.key)(score);
        }
    }
}

/// Rows kept before: lists of keys, each of one label.
pub(super) struct KeptRows<'r, K> {
    lists: Vec<(&'r [K], u8)>,
    len: usize,
}

impl<'r, K: BucketKey> KeptRows<'r, K> {
    pub(super) fn new(lists: impl IntoIterator<Item = (&'r [K], u8)>) -> Self {
        let lists: Vec<_> = lists.into_iter().collect();
        let len = lists.iter().map(|(keys, _)| keys.len()).sum();
        Self { lists, len }
    }
}

impl<K: BucketKey> Source<K> for KeptRows<'_, K> {
    fn len(&self) -> usize {
        self.len
    }

    fn weighted(&self) -> bool {
        false
    }

    fn read(&self, range: Range<usize>, control: &Control<'_>, visitor: &mut impl Visitor<K>) -> Result<()> {
        let labels = [[0; CHUNK], [1; CHUNK]];
        let mut before = 0;
        for &(keys, label) in &self.lists {
            let inside = |row: usize| row.clamp(before, before + keys.len()) - before;
            for keys in keys[inside(range.start)..inside(range.end)].chunks(CHUNK) {
                control.check()?;
                visitor.chunk(Chunk { keys, labels: &labels[usize::from(label)][..keys.len()], weights: &[] });
            }
            before += keys.len();
        }
        Ok(())
    }
}
