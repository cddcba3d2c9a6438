//! [`Rows`]: rows of neighbouring groups as they came, two bytes beside each score.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::input::{Batch, Column, Readable};
use crate::simd;

/// Groups whose rows are kept together: few enough that sorting 20 rows of each stays in a second-level cache.
pub(super) const GROUPS: usize = 1024;

const PURPOSE: &str = "rows of groups";

/// Scores as they were given: all float32, or else float64.
#[derive(Debug, Clone)]
pub(super) enum Scores {
    Narrow(Vec<f32>),
    Wide(Vec<f64>),
}

impl Scores {
    pub(super) fn nbytes(&self) -> usize {
        match self {
            Self::Narrow(scores) => 4 * scores.capacity(),
            Self::Wide(scores) => 8 * scores.capacity(),
        }
    }

    /// Takes the memory for so many more, wide ones if `wide`; then all are.
    fn make_room(&mut self, wide: bool, more: usize) -> Result<()> {
        if let (Self::Narrow(own), true) = (&*self, wide && more > 0) {
            let mut wide = simd::room(own.len() + more, PURPOSE)?;
            wide.extend(own.iter().map(|&score| f64::from(score)));
            *self = Self::Wide(wide);
        }
        match self {
            Self::Narrow(own) => reserve(own, more),
            Self::Wide(own) => reserve(own, more),
        }
    }

    /// Adds scores that room has been made for.
    fn extend(&mut self, more: ScoresOf<'_>) {
        match (self, more) {
            (Self::Narrow(own), ScoresOf::Narrow(more)) => own.extend_from_slice(more),
            (Self::Wide(own), ScoresOf::Wide(more)) => own.extend_from_slice(more),
            (Self::Wide(own), ScoresOf::Narrow(more)) => own.extend(more.iter().map(|&score| f64::from(score))),
            (Self::Narrow(_), ScoresOf::Wide(_)) => {} // cannot be: room was made for float64
        }
    }

    /// None, and float32 again: else what the rows that come next are kept as would depend on those before.
    fn clear(&mut self) {
        match self {
            Self::Narrow(scores) => scores.clear(),
            Self::Wide(_) => *self = Self::default(),
        }
    }

    pub(super) fn part(&self, range: Range<usize>) -> ScoresOf<'_> {
        match self {
            Self::Narrow(scores) => ScoresOf::Narrow(&scores[range]),
            Self::Wide(scores) => ScoresOf::Wide(&scores[range]),
        }
    }
}

impl Default for Scores {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

/// A working type whose values are kept as they are.
pub(super) trait Kept: Readable {
    fn kept(scores: Vec<Self>) -> Scores;
}

impl Kept for f32 {
    fn kept(scores: Vec<Self>) -> Scores {
        Scores::Narrow(scores)
    }
}

impl Kept for f64 {
    fn kept(scores: Vec<Self>) -> Scores {
        Scores::Wide(scores)
    }
}

/// Rows in order of arrival.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    /// Twice the place of its group among those kept together, and 1 for a positive.
    pub(super) tags: Vec<u16>,
    pub(super) scores: Scores,
    /// One a row, or none.
    pub(super) weights: Vec<f64>,
}

/// Rows: a label and a score each, and a weight or none.
#[derive(Debug, Default)]
pub(super) struct Labelled {
    pub(super) labels: Vec<u8>,
    pub(super) scores: Scores,
    /// One a row, or none.
    pub(super) weights: Vec<f64>,
}

/// The same where they lie, or some of them.
#[derive(Debug, Clone, Copy)]
pub struct RowsOf<'r> {
    pub(super) labels: &'r [u8],
    pub(super) scores: ScoresOf<'r>,
    pub(super) weights: &'r [f64],
}

#[derive(Debug, Clone, Copy)]
pub enum ScoresOf<'r> {
    Narrow(&'r [f32]),
    Wide(&'r [f64]),
}

impl ScoresOf<'_> {
    fn wide(&self) -> bool {
        matches!(self, Self::Wide(_))
    }
}

impl<'r> RowsOf<'r> {
    pub(super) const NONE: Self = Self { labels: &[], scores: ScoresOf::Narrow(&[]), weights: &[] };

    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    /// True when all scores are float32.
    pub(super) fn narrow(&self) -> bool {
        !self.scores.wide()
    }

    /// The same as a batch.
    pub(super) fn batch(&self) -> Result<Batch<'r>> {
        let scores = match self.scores {
            ScoresOf::Narrow(scores) => Column::from_slice(scores),
            ScoresOf::Wide(scores) => Column::from_slice(scores),
        };
        let batch = Batch::new(Column::from_slice(self.labels), scores)?;
        if self.weights.is_empty() { Ok(batch) } else { batch.with_weights(Column::from_slice(self.weights)) }
    }

    /// Each score and label.
    pub(super) fn each(&self) -> impl Iterator<Item = (f64, u8)> {
        let (narrow, wide): (&[f32], &[f64]) = match self.scores {
            ScoresOf::Narrow(scores) => (scores, &[]),
            ScoresOf::Wide(scores) => (&[], scores),
        };
        narrow.iter().map(|&score| f64::from(score)).chain(wide.iter().copied()).zip(self.labels.iter().copied())
    }
}

impl Labelled {
    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    pub(super) fn weighted(&self) -> bool {
        !self.weights.is_empty()
    }

    pub(super) fn nbytes(&self) -> usize {
        self.labels.capacity() + self.scores.nbytes() + 8 * self.weights.capacity()
    }

    pub(super) fn clear(&mut self) {
        self.labels.clear();
        self.scores.clear();
        self.weights.clear();
    }

    /// Takes the memory to add so many rows such as `more`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; no row has changed then.
    pub(super) fn make_room(&mut self, more: &RowsOf<'_>, rows: usize) -> Result<()> {
        self.scores.make_room(more.scores.wide(), rows)?;
        reserve(&mut self.labels, rows)?;
        reserve(&mut self.weights, if more.weights.is_empty() { 0 } else { rows })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// As [`Labelled::make_room`].
    pub(super) fn take(&mut self, more: &RowsOf<'_>) -> Result<()> {
        self.make_room(more, more.len())?;
        self.labels.extend_from_slice(more.labels);
        self.scores.extend(more.scores);
        self.weights.extend_from_slice(more.weights);
        Ok(())
    }

    /// Some of the rows.
    pub(super) fn part(&self, range: Range<usize>) -> RowsOf<'_> {
        let weights = self.weights.get(range.clone()).unwrap_or_default();
        RowsOf { labels: &self.labels[range.clone()], scores: self.scores.part(range), weights }
    }
}

/// What a row is on its shelf: twice the place of its group there, and 1 for a positive.
#[inline]
pub(super) fn tag(group: u32, label: u8) -> u16 {
    (2 * (group as usize % GROUPS)) as u16 | u16::from(label & 1)
}

/// The place of the group of a tag.
#[inline]
pub(super) fn place_of(tag: u16) -> usize {
    usize::from(tag / 2) % GROUPS
}

impl Rows {
    pub(super) fn none() -> Self {
        Self { tags: Vec::new(), scores: Scores::default(), weights: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.tags.len()
    }

    /// True where each row has a weight.
    pub(super) fn weighted(&self) -> bool {
        !self.weights.is_empty()
    }

    pub(super) fn nbytes(&self) -> usize {
        2 * self.tags.capacity() + self.scores.nbytes() + 8 * self.weights.capacity()
    }

    /// Takes the memory to add so many rows of `more`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; no row has changed then.
    pub(super) fn make_room(&mut self, more: &Self, rows: usize) -> Result<()> {
        self.make_room_for(matches!(more.scores, Scores::Wide(_)), !more.weights.is_empty(), rows)
    }

    fn make_room_for(&mut self, wide: bool, weighted: bool, rows: usize) -> Result<()> {
        self.scores.make_room(wide, rows)?;
        reserve(&mut self.tags, rows)?;
        if weighted { reserve(&mut self.weights, rows) } else { Ok(()) }
    }

    /// Adds rows `start..end` of `more`.
    ///
    /// # Errors
    /// As [`Rows::make_room`].
    pub(super) fn append(&mut self, more: &Self, start: usize, end: usize) -> Result<()> {
        self.make_room(more, end - start)?;
        self.scores.extend(more.scores.part(start..end));
        self.tags.extend_from_slice(&more.tags[start..end]);
        self.weights.extend_from_slice(more.weights.get(start..end).unwrap_or_default());
        Ok(())
    }

    /// Adds rows of one group.
    ///
    /// # Errors
    /// As [`Rows::append`].
    pub(super) fn take(&mut self, place: usize, rows: &RowsOf<'_>) -> Result<()> {
        self.make_room_for(rows.scores.wide(), !rows.weights.is_empty(), rows.len())?;
        self.scores.extend(rows.scores);
        self.tags.extend(rows.labels.iter().map(|&label| (2 * place) as u16 | u16::from(label)));
        self.weights.extend_from_slice(rows.weights);
        Ok(())
    }

    /// Adds the `[negatives, positives]` of each group.
    pub(super) fn add_to(&self, counts: &mut [[u64; 2]]) {
        self.tags.iter().for_each(|&tag| counts[place_of(tag)][usize::from(tag & 1)] += 1);
    }
}

/// Room for so many more; where there is none, for half as many again as there are.
fn reserve<T>(own: &mut Vec<T>, more: usize) -> Result<()> {
    if own.capacity() - own.len() >= more {
        return Ok(());
    }
    let more = more.max(own.len() / 2);
    let bytes = (own.len() + more) * size_of::<T>();
    own.try_reserve_exact(more).map_err(|_| Error::OutOfMemory { purpose: PURPOSE, bytes })
}
