//! [`Tally`]: what an accumulator hands to measures, as a class; functions that take one stand in the files beside.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use thresher::state::AnyCounts;
use thresher::tally;
use thresher::{Control, Result as CoreResult};

use crate::accumulators::Accumulator;
use crate::calls;
use crate::dispatch::AnyAccumulator;
use crate::errors::Result;
use crate::queries::{self, Answer};
use crate::settings::Settings;

/// Positives and negatives per group of scores, from the highest score down, as they were when it was made.
#[pyclass(module = "thresher._core", frozen)]
pub(crate) struct Tally(pub(crate) Arc<tally::Tally>);

impl Tally {
    /// The tally of an accumulator as it is now; made anew only when that has changed.
    pub(crate) fn of(accumulator: &Accumulator, py: Python<'_>) -> Result<Self> {
        Ok(Self::with_counts(accumulator, py)?.0)
    }

    /// The same, and the counts that it was made from.
    pub(crate) fn with_counts(accumulator: &Accumulator, py: Python<'_>) -> Result<(Self, AnyCounts)> {
        let before = accumulator.snapshot(py);
        if let Some(tally) = &before.tally {
            return Ok((Self(Arc::clone(tally)), before.counts.clone()));
        }
        let made =
            |counts: &AnyCounts, control: &Control<'_>| Ok(Answer::Ready((counts.tally(control)?, counts.clone())));
        let (tally, counts) = queries::ask(accumulator, py, made)?;
        let tally = Arc::new(tally);
        accumulator.keep(py, &before, &tally);
        Ok((Self(tally), counts))
    }

    /// What `measure` makes of it, detached from the interpreter; a signal leaves the work behind.
    pub(crate) fn measured<T: Send + 'static>(
        &self,
        py: Python<'_>,
        measure: impl Fn(&tally::Tally) -> CoreResult<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let tally = Arc::clone(&self.0);
        calls::run_owned(py, tally.len(), Settings::serial(py)?, move |_| measure(&tally))
    }
}

#[pymethods]
impl Tally {
    /// Number of groups.
    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// True when every group is one tied score.
    #[getter]
    fn tied(&self) -> bool {
        self.0.tied()
    }

    /// Thresholds, positives and negatives of each group: int64, or float64 when weighted.
    fn columns<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyTuple>> {
        let thresholds = queries::column(py, self.0.thresholds().to_vec()).into_any();
        let [positives, negatives] = match self.0.masses() {
            tally::Masses::Counts { positives, negatives } => {
                [queries::rows(py, positives.clone())?, queries::rows(py, negatives.clone())?]
            }
            tally::Masses::Weights { positives, negatives } => {
                [positives, negatives].map(|sums| queries::column(py, sums.clone()).into_any())
            }
        };
        Ok(PyTuple::new(py, [thresholds, positives, negatives])?)
    }

    /// Further sums where they are kept: of squared weights, scores, squared scores and log losses, each a pair of columns,
    /// of negatives and of positives; then the smallest and the largest score, or None without rows.
    fn sums<'py>(&self, py: Python<'py>) -> Result<Option<Bound<'py, PyTuple>>> {
        let Some(sums) = self.0.sums() else { return Ok(None) };
        let pair = |[negatives, positives]: &[Vec<f64>; 2]| {
            PyTuple::new(py, [negatives, positives].map(|column| queries::column(py, column.clone())))
        };
        let columns = [&sums.squared_weights, &sums.scores, &sums.squared_scores, &sums.log_losses];
        let [squared_weights, scores, squared_scores, log_losses] = columns.map(pair);
        let range = sums.range.map(|[low, high]| (low, high));
        Ok(Some((squared_weights?, scores?, squared_scores?, log_losses?, range).into_pyobject(py)?))
    }
}
