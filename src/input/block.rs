//! [`BlockReader`]: a batch as validated blocks that fit L1, dropped rows already gone.

use std::ops::Range;

use super::batch::{Batch, NanPolicy, Positive};
use super::gather::{self, INVALID, Memory, Widen};
use super::score::Score;
use crate::error::{Error, Result};
use crate::simd::{self, Kernel, Level, STRIP};

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
    pub(crate) ahead: Ahead<'b>,
}

/// Memory that the block after this one will be converted from. Asked for while this one is counted, it is there in time:
/// converting is so short that it would mostly wait (int64 labels: 1.0 instead of 1.3 ns a row).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ahead<'b>([Memory<'b>; 3]);

impl Ahead<'_> {
    /// Asks for the memory of strip `strip`.
    #[inline(always)]
    pub(crate) fn ask(&self, strip: usize) {
        for Memory { bytes, row } in self.0 {
            let size = STRIP * row;
            for at in (strip * size..(strip + 1) * size).step_by(64) {
                simd::prefetch_read(bytes, at);
            }
        }
    }
}

/// A working type that columns can be read as: both are.
pub(crate) trait Readable: Score + Widen {}

impl<S: Score + Widen> Readable for S {}

impl Batch<'_> {
    /// True when rows of NaN score are to be left out.
    pub(crate) fn drops_nan(&self) -> bool {
        self.nan == NanPolicy::Drop
    }

    /// True when rows need not be copied and none is left out, so that any number of them is a block.
    pub(crate) fn lies_ready<S: Readable>(&self, rows: Range<usize>) -> bool {
        let (start, len) = (rows.start, rows.len());
        self.weights.is_none()
            && self.nan == NanPolicy::Raise
            && gather::labels_in_place(&self.labels, self.positive, start, len).is_some()
            && gather::scores_in_place::<S>(&self.scores, start, len).is_some()
    }

    /// The memory of rows `start..start + len` that are not read where they lie.
    fn ahead<S: Readable>(&self, start: usize, len: usize) -> Ahead<'_> {
        let len = len.min(self.len() - start);
        let labels = gather::labels_in_place(&self.labels, self.positive, start, len).is_none();
        let scores = gather::scores_in_place::<S>(&self.scores, start, len).is_none();
        let memory = |copied: bool, column| if copied { gather::memory(column, start, len) } else { Memory::default() };
        let weights = self.weights.as_ref().map_or(Memory::default(), |column| memory(true, column));
        Ahead([memory(labels, &self.labels), memory(scores, &self.scores), weights])
    }

    /// Rows after which the scores, if they are read where they lie, start with a cache line: vectors of an array that does
    /// not, as most do not, cross from line to line, and counting takes a tenth longer. None of few rows.
    pub(crate) fn rows_before_a_line<S: Readable>(&self, rows: Range<usize>) -> usize {
        const LINE: usize = 64;
        if rows.len() < BLOCK_ROWS {
            return 0;
        }
        let scores = gather::scores_in_place::<S>(&self.scores, rows.start, rows.len());
        let before = scores.map_or(0, |scores| scores.as_ptr().align_offset(LINE));
        if before < LINE { before } else { 0 }
    }
}

/// Scratch for reading blocks; one a thread.
#[derive(Debug)]
pub(crate) struct BlockReader<S> {
    level: Level,
    read: Columns<S>,
    kept: Columns<S>,
}

#[derive(Debug, Default)]
struct Columns<S> {
    scores: Vec<S>,
    labels: Vec<u8>,
    weights: Vec<f64>,
}

impl<S: Readable> BlockReader<S> {
    pub(crate) fn new(level: Level) -> Self {
        Self { level, read: Columns::default(), kept: Columns::default() }
    }

    /// Rows `start..start + len` of `batch`, each element of each column read once.
    ///
    /// # Errors
    /// That of the lowest bad row; on one row labels come first, then scores, then weights.
    pub(crate) fn read<'b>(&'b mut self, batch: &'b Batch<'b>, start: usize, len: usize) -> Result<Block<'b, S>> {
        let level = self.level;
        let Self { read, kept, .. } = self;
        let block = read.block(batch, start, len, level);
        let found = level.run(Inspect(block));
        if found.clean() {
            return Ok(block);
        }
        block.refuse(batch, start)?;
        Ok(kept.without_dropped_rows(&block))
    }

    /// As [`BlockReader::read`], for callers that look at the rows themselves, so that nothing is read twice: rows may
    /// hold anything, and none is dropped.
    pub(crate) fn read_uninspected<'b>(&'b mut self, batch: &'b Batch<'b>, start: usize, len: usize) -> Block<'b, S> {
        let ahead = batch.ahead::<S>(start + len, len);
        Block { ahead, ..self.read.block(batch, start, len, self.level) }
    }
}

#[cfg(test)]
impl<'b, S> Block<'b, S> {
    pub(crate) fn of(scores: &'b [S], labels: &'b [u8]) -> Self {
        Self { scores, labels, weights: None, dropped: 0, ahead: Ahead::default() }
    }
}

impl<S: Readable> Block<'_, S> {
    /// Err when one of these rows, which start at row `start` of `batch`, is not to be counted.
    ///
    /// # Errors
    /// That of the lowest bad row; on one row labels come first, then scores, then weights.
    pub(crate) fn refuse(&self, batch: &Batch<'_>, start: usize) -> Result<()> {
        first_error(batch, start, self).map_or(Ok(()), Err)
    }

    /// True when every row is to be counted as it stands: none is bad, none is to be left out.
    pub(crate) fn clean(&self, level: Level) -> bool {
        level.run(Inspect(*self)).clean()
    }

    /// True when every weight is finite and positive, so that no row is bad or to be left out for it.
    pub(crate) fn weights_positive(&self, level: Level) -> bool {
        level.run(AllPositive(self.weights.unwrap_or(&[])))
    }
}

struct AllPositive<'b>(&'b [f64]);

impl Kernel for AllPositive<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        self.0.iter().fold(true, |all, &weight| all & (weight > 0.0) & (weight <= f64::MAX))
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
pub(super) fn is_weight(value: f64) -> bool {
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
                return Some(Error::InexactScore { argument: batch.scores_named, index, value: stored.to_string() });
            }
            if batch.nan == NanPolicy::Raise {
                return Some(Error::NanScore { argument: batch.scores_named, index });
            }
        }
        let value = block.weights.map_or(1.0, |weights| weights[i]);
        (!is_weight(value)).then_some(Error::InvalidWeight { index, value })
    })
}

impl<S: Readable> Columns<S> {
    fn block<'b>(&'b mut self, batch: &'b Batch<'b>, start: usize, len: usize, level: Level) -> Block<'b, S> {
        let weights =
            batch.weights.as_ref().map(|column| gather::weights(column, start, len, &mut self.weights, level));
        Block {
            scores: gather::scores(&batch.scores, start, len, &mut self.scores, level),
            labels: gather::labels(&batch.labels, batch.positive, start, len, &mut self.labels, level),
            weights,
            dropped: 0,
            ahead: Ahead::default(),
        }
    }

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
        Block { scores: &self.scores, labels: &self.labels, weights, dropped, ahead: Ahead::default() }
    }
}
