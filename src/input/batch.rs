//! [`Batch`]: columns of one length, and how their rows are to be read.

use super::column::Column;
use super::dtype::{DType, Working};
use super::gather;
use crate::error::{Error, Result};

/// Labels, scores and perhaps weights of the same rows.
///
/// ```
/// use thresher::input::{Batch, Column};
/// let (labels, scores) = ([true, false], [0.9_f32, 0.2]);
/// let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores))?;
/// assert_eq!(batch.len(), 2);
/// # Ok::<(), thresher::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    pub(super) labels: Column<'a>,
    pub(super) scores: Column<'a>,
    /// What errors call the scores.
    pub(super) scores_named: &'static str,
    pub(super) weights: Option<Column<'a>>,
    pub(super) positive: Positive,
    pub(super) nan: NanPolicy,
}

/// Which labels are positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Positive {
    /// Labels are 0 and 1; anything else is an error.
    One,
    /// A row is positive iff its label equals this number; any other but NaN is negative.
    EqualTo(Number),
}

/// A label value named by the caller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer.
    Int(i128),
    /// A float.
    Float(f64),
}

impl Number {
    /// The integer it is, if it is one.
    pub(super) fn integer(self) -> Option<i128> {
        match self {
            Self::Int(value) => Some(value),
            Self::Float(value) => (value.fract() == 0.0 && value.abs() < 1e38).then_some(value as i128),
        }
    }

    pub(super) fn equals_int(self, label: i128) -> bool {
        self.integer() == Some(label)
    }

    pub(super) fn equals_float(self, label: f64) -> bool {
        match self {
            Self::Int(value) => Self::Float(label).equals_int(value),
            Self::Float(value) => value == label,
        }
    }
}

/// What happens to a row whose score is NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NanPolicy {
    /// The batch is refused.
    Raise,
    /// The row is left out, counted as dropped; its label and weight are still validated.
    Drop,
}

impl<'a> Batch<'a> {
    /// Pairs labels with scores.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when they differ in length.
    pub fn new(labels: Column<'a>, scores: Column<'a>) -> Result<Self> {
        Self::named("scores", labels, scores)
    }

    /// The same, where errors call the scores by this name: one of several columns of them.
    ///
    /// # Errors
    /// As [`Batch::new`].
    pub fn named(argument: &'static str, labels: Column<'a>, scores: Column<'a>) -> Result<Self> {
        same_length(argument, &scores, labels.len())?;
        let (positive, nan) = (Positive::One, NanPolicy::Raise);
        Ok(Self { labels, scores, scores_named: argument, weights: None, positive, nan })
    }

    /// Adds a weight to each row.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when they differ from the labels in length.
    pub fn with_weights(self, weights: Column<'a>) -> Result<Self> {
        same_length("weights", &weights, self.labels.len())?;
        Ok(Self { weights: Some(weights), ..self })
    }

    /// Names the positive label.
    #[must_use]
    pub fn with_positive(self, positive: Positive) -> Self {
        Self { positive, ..self }
    }

    /// Says what to do with NaN scores.
    #[must_use]
    pub fn with_nan(self, nan: NanPolicy) -> Self {
        Self { nan, ..self }
    }

    /// Rows, before any is dropped.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// True when there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// True when rows have weights.
    #[must_use]
    pub fn weighted(&self) -> bool {
        self.weights.is_some()
    }

    /// The first infinite score: its row and its value. One row at a time, for the message of an error.
    #[must_use]
    pub fn infinite_score(&self) -> Option<(usize, f64)> {
        let score = |row| (row, gather::scalar(&self.scores, row).to_f64());
        (0..self.len()).map(score).find(|(_, value)| value.is_infinite())
    }

    /// The dtype of the scores.
    #[must_use]
    pub fn score_dtype(&self) -> DType {
        self.scores.dtype()
    }

    /// The working type the scores are read as.
    #[must_use]
    pub fn working(&self) -> Working {
        self.scores.dtype().working()
    }
}

fn same_length(argument: &'static str, column: &Column<'_>, expected: usize) -> Result<()> {
    match column.len() {
        found if found == expected => Ok(()),
        found => Err(Error::LengthMismatch { argument, found, expected }),
    }
}
