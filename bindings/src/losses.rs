//! Losses of probabilities, straight from arrays.

use pyo3::prelude::*;
use thresher::count;

use crate::batches::Samples;
use crate::calls;
use crate::errors::Result;
use crate::settings::{self, Settings};

/// Rows, positive rows, `Σ w`, `Σ w (p − y)²` and `Σ −w ln q` (0 without `clip`).
#[pyfunction]
pub(crate) fn losses(
    py: Python<'_>,
    labels: &Bound<'_, PyAny>,
    probabilities: &Bound<'_, PyAny>,
    weights: Option<&Bound<'_, PyAny>>,
    positive: Option<&Bound<'_, PyAny>>,
    clip: Option<f64>,
    n_threads: Option<&Bound<'_, PyAny>>,
) -> Result<(u64, u64, f64, f64, f64)> {
    let n_threads = settings::n_threads(n_threads)?;
    let samples = Samples::new(labels, probabilities, weights, positive, false)?;
    let batch = samples.batch()?;
    let settings = Settings::new(py, batch.len(), n_threads)?;
    let found = calls::run(py, batch.len(), settings, |control| count::losses(&batch, clip, control))?;
    Ok((found.rows, found.positives, found.weight, found.squared, found.log))
}
