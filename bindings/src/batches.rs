//! The columns that make up a batch: labels, scores, weights; which label is positive, and what happens to NaN.

use pyo3::prelude::*;
use pyo3::types::PyList;
use thresher::input::{Batch, Column, NanPolicy, Positive};

use crate::arguments;
use crate::arrays::Lent;
use crate::errors::Result;

/// Columns that Python keeps alive while a batch borrows from them.
pub(crate) struct Samples<'py> {
    labels: Source<'py>,
    scores: Source<'py>,
    weights: Option<Source<'py>>,
    positive: Positive,
    nan: NanPolicy,
    /// What errors call the scores.
    argument: &'static str,
}

impl<'py> Samples<'py> {
    pub(crate) fn new(
        labels: &Bound<'py, PyAny>,
        scores: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
        positive: Option<&Bound<'py, PyAny>>,
        drop_nan: bool,
    ) -> Result<Self> {
        Self::named("scores", labels, scores, weights, positive, drop_nan)
    }

    /// The same, where errors call the scores by the name of this argument.
    pub(crate) fn named(
        argument: &'static str,
        labels: &Bound<'py, PyAny>,
        scores: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
        positive: Option<&Bound<'py, PyAny>>,
        drop_nan: bool,
    ) -> Result<Self> {
        Ok(Self {
            labels: Source::new("labels", labels)?,
            scores: Source::new(argument, scores)?,
            weights: weights.map(|weights| Source::new("weights", weights)).transpose()?,
            positive: arguments::positive(positive)?,
            nan: if drop_nan { NanPolicy::Drop } else { NanPolicy::Raise },
            argument,
        })
    }

    pub(crate) fn batch(&self) -> Result<Batch<'_>> {
        let batch = Batch::named(self.argument, self.labels.column()?, self.scores.column()?)?;
        let batch = match &self.weights {
            Some(weights) => batch.with_weights(weights.column()?)?,
            None => batch,
        };
        Ok(batch.with_positive(self.positive).with_nan(self.nan))
    }
}

/// One argument's column, kept alive: an array, or a list of chunks.
///
/// Accepted is what [`Lent::new`] accepts, and a list of such, all of one dtype.
pub(crate) struct Source<'py> {
    argument: &'static str,
    first: Lent<'py>,
    rest: Vec<Lent<'py>>,
}

impl<'py> Source<'py> {
    pub(crate) fn new(argument: &'static str, value: &Bound<'py, PyAny>) -> Result<Self> {
        let Ok(list) = value.cast::<PyList>() else {
            return Ok(Self { argument, first: Lent::new(argument, value)?, rest: Vec::new() });
        };
        // The list may change while the call runs detached; each chunk is held on its own.
        let mut chunks = list.iter().map(|chunk| Lent::new(argument, &chunk));
        let first = chunks.next().unwrap_or_else(|| Ok(Lent::nothing(value)))?;
        Ok(Self { argument, first, rest: chunks.collect::<Result<_>>()? })
    }

    /// The rows as the core reads them.
    pub(crate) fn column(&self) -> Result<Column<'_>> {
        let mut column = self.first.column(self.argument)?;
        for chunk in &self.rest {
            column = column.followed_by(chunk.column(self.argument)?, self.argument)?;
        }
        Ok(column)
    }
}
