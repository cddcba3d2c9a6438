//! What a [`Tally`] says of a ranking beyond its areas: Kolmogorov–Smirnov, gains, parts of the ROC curve, the top rows;
//! and net benefit, of a confusion table.

use pyo3::prelude::*;
use thresher::measure::{self, Bounded, Bounds, ConfusionCounts, ConfusionMasses, RateRange, Top};

use crate::calls;
use crate::curves::Points;
use crate::errors::Result;
use crate::functions;
use crate::queries::{Area, Column, column};
use crate::settings::Settings;
use crate::tallies::Tally;

fn area(value: f64, bounds: Bounds) -> Area {
    (value, bounds.lower, bounds.upper)
}

/// Value, threshold, p-value, lower and upper bound.
#[pyfunction]
pub(crate) fn kolmogorov_smirnov(py: Python<'_>, tally: &Tally) -> Result<(f64, f64, f64, f64, f64)> {
    let found = tally.measured(py, |tally| Ok(measure::kolmogorov_smirnov(tally)))?;
    Ok((found.value, found.threshold, found.p_value, found.bounds.lower, found.bounds.upper))
}

/// Value, threshold, lower and upper bound.
#[pyfunction]
pub(crate) fn equal_error_rate(py: Python<'_>, tally: &Tally) -> Result<(f64, f64, f64, f64)> {
    let found = tally.measured(py, |tally| Ok(measure::equal_error_rate(tally)))?;
    Ok((found.value, found.threshold, found.bounds.lower, found.bounds.upper))
}

/// Share flagged, recall, thresholds.
#[pyfunction]
pub(crate) fn gain_curve<'py>(py: Python<'py>, tally: &Tally) -> Result<Points<'py>> {
    let curve = tally.measured(py, |tally| Ok(measure::gain_curve(tally)))?;
    Ok((column(py, curve.predicted_positive_rate), column(py, curve.recall), column(py, curve.thresholds)))
}

/// Share flagged, lift, thresholds.
#[pyfunction]
pub(crate) fn lift_curve<'py>(py: Python<'py>, tally: &Tally) -> Result<Points<'py>> {
    let curve = tally.measured(py, |tally| Ok(measure::lift_curve(tally)))?;
    Ok((column(py, curve.predicted_positive_rate), column(py, curve.lift), column(py, curve.thresholds)))
}

/// Precision gain, recall gain, thresholds; and the area with its bounds.
#[pyfunction]
pub(crate) fn precision_recall_gain_curve<'py>(py: Python<'py>, tally: &Tally) -> Result<(Points<'py>, Area)> {
    let curve = tally.measured(py, |tally| Ok(measure::precision_recall_gain_curve(tally)))?;
    let points = (column(py, curve.precision_gain), column(py, curve.recall_gain), column(py, curve.thresholds));
    Ok((points, area(curve.auc, curve.bounds)))
}

/// The area in a range of true positive rates (`of_tpr`) or of false positive rates, and its bounds.
#[pyfunction]
pub(crate) fn partial_roc_auc(
    py: Python<'_>,
    tally: &Tally,
    of_tpr: bool,
    lower: f64,
    upper: f64,
    standardized: bool,
) -> Result<Area> {
    let rates = if of_tpr { RateRange::TruePositive(lower, upper) } else { RateRange::FalsePositive(lower, upper) };
    let (value, bounds) = tally.measured(py, move |tally| measure::partial_roc_auc_in(tally, rates, standardized))?;
    Ok(area(value, bounds))
}

/// LogAUC and its bounds.
#[pyfunction]
pub(crate) fn log_roc_auc(py: Python<'_>, tally: &Tally, min_fpr: f64) -> Result<Area> {
    let (value, bounds) = tally.measured(py, move |tally| measure::log_roc_auc(tally, min_fpr))?;
    Ok(area(value, bounds))
}

/// Precision, then recall, among the top `amount` of rows, or the top share: each with its bounds.
#[pyfunction]
pub(crate) fn precision_and_recall_at(py: Python<'_>, tally: &Tally, amount: f64, share: bool) -> Result<(Area, Area)> {
    let top = if share { Top::Share(amount) } else { Top::Rows(amount) };
    let [precision, recall] = tally.measured(py, move |tally| measure::precision_and_recall_at(tally, top))?;
    let as_area = |Bounded { value, bounds }: Bounded| area(value, bounds);
    Ok((as_area(precision), as_area(recall)))
}

/// Refuses scores that are surely no probabilities.
#[pyfunction]
pub(crate) fn probabilities_only(py: Python<'_>, tally: &Tally, strict: bool) -> Result<()> {
    tally.measured(py, move |tally| measure::probabilities_only(tally, strict))
}

/// Net benefit of the model and of treating all at each threshold of a confusion table.
#[pyfunction]
#[pyo3(signature = (thresholds, tp, fp, r#fn, tn, prevalence))]
pub(crate) fn net_benefit<'py>(
    py: Python<'py>,
    thresholds: &Bound<'py, PyAny>,
    tp: &Bound<'py, PyAny>,
    fp: &Bound<'py, PyAny>,
    r#fn: &Bound<'py, PyAny>,
    tn: &Bound<'py, PyAny>,
    prevalence: Option<f64>,
) -> Result<(Column<'py>, Column<'py>)> {
    let columns = [("thresholds", thresholds), ("tp", tp), ("fp", fp), ("fn", r#fn), ("tn", tn)];
    let columns = functions::floats(columns)?;
    functions::one_length(&columns)?;
    let [thresholds, true_positives, false_positives, false_negatives, true_negatives] = columns;
    let masses = ConfusionMasses::Weights { true_positives, false_positives, false_negatives, true_negatives };
    let table = ConfusionCounts { thresholds, masses };
    let found =
        calls::run_owned(py, table.len(), Settings::serial(py)?, move |_| measure::net_benefit(&table, prevalence))?;
    Ok((column(py, found.model), column(py, found.treat_all)))
}
