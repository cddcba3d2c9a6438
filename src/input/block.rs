//! [`BlockReader`]: a batch as validated blocks that fit L1, dropped rows already gone.

use super::batch::{Batch, NanPolicy, Positive};
use super::gather::{self, INVALID, Widen};
use super::score::Score;
use crate::error::{Error, Result};
use crate::simd::{Kernel, Level};

/// Rows read at a time: 16 KiB of float32 scores, 4 KiB of labels and 16 KiB of gap indices fit a 48 KiB L1.
pub const BLOCK_ROWS: usize = 4096;

/// Rows whose labels are 0 or 1, whose scores are not NaN, and whose weights are finite and positive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'b, S> {
    pub(crate) scores: &'b [S],
    pub(crate) labels: &'b [u8],
    pub(crate) weights: Option<&'b [f64]>,
    /// Rows left out because their score was NaN.
    pub(crate) dropped: usize,
}

/// A working type that columns can be read as: both are.
pub(crate) trait Readable: Score + Widen {}

impl<S: Score + Widen> Readable for S {}

/// Scratch for reading blocks; one a thread.
#[derive(Debug)]
pub(crate) struct BlockReader<S> {
    level: Level,
    read: Columns<S>,
    kept: Columns<S>,
    halves: Vec<u16>,
}

#[derive(Debug, Default)]
struct Columns<S> {
    scores: Vec<S>,
    labels: Vec<u8>,
    weights: Vec<f64>,
}

impl<S: Readable> BlockReader<S> {
    pub(crate) fn new(level: Level) -> Self {
        Self { level, read: Columns::default(), kept: Columns::default(), halves: Vec::new() }
    }

    /// Rows `start..start + len` of `batch`, each element of each column read once.
    ///
    /// # Errors
    /// That of the lowest bad row; on one row labels come first, then scores, then weights.
    pub(crate) fn read<'b>(&'b mut self, batch: &'b Batch<'b>, start: usize, len: usize) -> Result<Block<'b, S>> {
        let Self { level, read, kept, halves } = self;
        let weights = batch.weights.as_ref().map(|column| gather::weights(column, start, len, &mut read.weights));
        let block = Block {
            scores: gather::scores(&batch.scores, start, len, &mut read.scores, halves),
            labels: gather::labels(&batch.labels, batch.positive, start, len, &mut read.labels),
            weights,
            dropped: 0,
        };
        let found = level.run(Inspect(block));
        if found.clean() {
            return Ok(block);
        }
        if let Some(error) = first_error(batch, start, &block) {
            return Err(error);
        }
        Ok(kept.without_dropped_rows(&block))
    }
}

/// What a block holds besides rows to count.
struct Found {
    bad_label: bool,
    nan_score: bool,
    bad_weight: bool,
    zero_weight: bool,
}

impl Found {
    fn clean(&self) -> bool {
        !(self.bad_label || self.nan_score || self.bad_weight || self.zero_weight)
    }
}

/// Finite and not negative; so not NaN either.
#[inline(always)]
fn is_weight(value: f64) -> bool {
    (0.0..=f64::MAX).contains(&value)
}

/// One pass over a block that ORs everything that could be wrong with it.
struct Inspect<'b, S>(Block<'b, S>);

impl<S: Score> Kernel for Inspect<'_, S> {
    type Output = Found;

    #[inline(always)]
    fn run(self) -> Found {
        let bad_label = self.0.labels.iter().fold(0, |seen, &label| seen | label) > 1;
        let nan_score = self.0.scores.iter().fold(false, |seen, &score| seen | score.is_nan());
        let weights = self.0.weights.unwrap_or(&[]);
        let bad_weight = weights.iter().fold(false, |seen, &w| seen | !is_weight(w));
        let zero_weight = weights.iter().fold(false, |seen, &w| seen | (w == 0.0));
        Found { bad_label, nan_score, bad_weight, zero_weight }
    }
}

/// The error of the lowest bad row, re-reading the columns for the words of its message.
fn first_error<S: Score>(batch: &Batch<'_>, start: usize, block: &Block<'_, S>) -> Option<Error> {
    (0..block.labels.len()).find_map(|i| {
        let index = start + i;
        if block.labels[i] >= INVALID {
            let value = gather::scalar(&batch.labels, index).to_f64();
            return Some(match batch.positive {
                Positive::One => Error::InvalidLabel { index, value },
                Positive::EqualTo(_) => Error::NanLabel { index },
            });
        }
        if block.scores[i].is_nan() {
            let stored = gather::scalar(&batch.scores, index);
            if stored.exact().is_none() {
                return Some(Error::InexactScore { index, value: stored.to_string() });
            }
            if batch.nan == NanPolicy::Raise {
                return Some(Error::NanScore { index });
            }
        }
        let value = block.weights.map_or(1.0, |weights| weights[i]);
        (!is_weight(value)).then_some(Error::InvalidWeight { index, value })
    })
}

impl<S: Score> Columns<S> {
    /// The rows of `block` less those of NaN score and those of weight zero. A zero-weight row is counted nowhere, so a
    /// NaN score on it is not counted as dropped either.
    fn without_dropped_rows<'k>(&'k mut self, block: &Block<'_, S>) -> Block<'k, S> {
        self.scores.clear();
        self.labels.clear();
        self.weights.clear();
        let mut dropped = 0;
        for (i, (&score, &label)) in block.scores.iter().zip(block.labels).enumerate() {
            let weight = block.weights.map_or(1.0, |weights| weights[i]);
            if weight == 0.0 {
                continue;
            }
            if score.is_nan() {
                dropped += 1;
                continue;
            }
            self.scores.push(score);
            self.labels.push(label);
            if block.weights.is_some() {
                self.weights.push(weight);
            }
        }
        let weights = block.weights.map(|_| &self.weights[..]);
        Block { scores: &self.scores, labels: &self.labels, weights, dropped }
    }
}
