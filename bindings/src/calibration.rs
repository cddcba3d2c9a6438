//! Calibration and the convex hull, read off a [`Tally`].

use pyo3::prelude::*;
use thresher::measure::{self, BrierParts};

use crate::arguments;
use crate::curves::Curve;
use crate::errors::Result;
use crate::queries::{Column, column};
use crate::tallies::Tally;

/// The mean score.
#[pyfunction]
pub(crate) fn mean_score(py: Python<'_>, tally: &Tally) -> Result<f64> {
    tally.measured(py, measure::mean_score)
}

/// Mean score over prevalence.
#[pyfunction]
pub(crate) fn calibration_ratio(py: Python<'_>, tally: &Tally) -> Result<f64> {
    tally.measured(py, measure::calibration_ratio)
}

/// The log loss.
#[pyfunction]
pub(crate) fn log_loss(py: Python<'_>, tally: &Tally) -> Result<f64> {
    tally.measured(py, measure::log_loss)
}

/// Log loss over the entropy of the prevalence.
#[pyfunction]
pub(crate) fn normalized_entropy(py: Python<'_>, tally: &Tally) -> Result<f64> {
    tally.measured(py, measure::normalized_entropy)
}

/// The Brier score.
#[pyfunction]
pub(crate) fn brier_score(py: Python<'_>, tally: &Tally) -> Result<f64> {
    tally.measured(py, measure::brier_score)
}

/// Brier score, reliability, resolution, uncertainty, variance and covariance within bins; by CORP without `n_bins`.
#[pyfunction]
pub(crate) fn brier_parts(
    py: Python<'_>,
    tally: &Tally,
    n_bins: Option<&Bound<'_, PyAny>>,
    strategy: &str,
) -> Result<(f64, f64, f64, f64, f64, f64)> {
    let binning = arguments::binning(strategy)?;
    let n_bins = n_bins.map(|n_bins| arguments::int("n_bins", n_bins, 1)).transpose()?;
    let parts: BrierParts = tally.measured(py, move |tally| match n_bins {
        Some(n_bins) => measure::brier_by_bins(tally, n_bins, binning),
        None => measure::brier_by_corp(tally),
    })?;
    let (variance, covariance) = (parts.within_bin_variance, parts.within_bin_covariance);
    Ok((parts.brier_score, parts.reliability, parts.resolution, parts.uncertainty, variance, covariance))
}

/// Lower and upper edge, mean score, share of positives with both ends of its interval, and weight of every bin.
type Bins<'py> = (Column<'py>, Column<'py>, Column<'py>, Column<'py>, Column<'py>, Column<'py>, Column<'py>);

/// The reliability curve, with Wilson intervals of `z` standard deviations.
#[pyfunction]
pub(crate) fn reliability<'py>(
    py: Python<'py>,
    tally: &Tally,
    n_bins: &Bound<'py, PyAny>,
    strategy: &str,
    z: f64,
) -> Result<Bins<'py>> {
    let (n_bins, binning) = (arguments::int("n_bins", n_bins, 1)?, arguments::binning(strategy)?);
    let curve = tally.measured(py, move |tally| measure::reliability(tally, n_bins, binning))?;
    let [rate_lower, rate_upper] = curve.wilson(z);
    Ok((
        column(py, curve.lower),
        column(py, curve.upper),
        column(py, curve.mean_score),
        column(py, curve.positive_rate),
        column(py, rate_lower),
        column(py, rate_upper),
        column(py, curve.weight),
    ))
}

/// Scores and the value of the isotonic regression at each.
#[pyfunction]
pub(crate) fn isotonic<'py>(py: Python<'py>, tally: &Tally) -> Result<(Column<'py>, Column<'py>)> {
    let function = tally.measured(py, |tally| Ok(measure::isotonic(tally)))?;
    Ok((column(py, function.thresholds), column(py, function.values)))
}

/// The ROC convex hull and its area.
#[pyfunction]
pub(crate) fn roc_convex_hull<'py>(py: Python<'py>, tally: &Tally) -> Result<Curve<'py>> {
    let (curve, area) = tally.measured(py, |tally| Ok(measure::roc_convex_hull(tally)))?;
    Ok((column(py, curve.fpr), column(py, curve.tpr), column(py, curve.thresholds), area))
}

/// The H-measure for costs distributed as Beta of the two numbers.
#[pyfunction]
pub(crate) fn h_measure(py: Python<'_>, tally: &Tally, severity: Option<[f64; 2]>) -> Result<f64> {
    tally.measured(py, move |tally| measure::h_measure(tally, severity))
}
