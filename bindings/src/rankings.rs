//! What a [`Tally`] says of a ranking beyond its areas: Kolmogorov–Smirnov, gains, parts of the ROC curve, the top rows;
//! and net benefit.

use pyo3::prelude::*;
use thresher::count::Comparison;
use thresher::measure::{self, Bounded, Bounds, ConfusionCounts, RateRange, Top};
use thresher::state::AnyCounts;

use crate::accumulators::Accumulator;
use crate::curves::Points;
use crate::errors::Result;
use crate::queries::{self, Area, column};
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

/// Thresholds, net benefit of the model and of treating all: at the probabilities nearest to `at` that were counted at;
/// without `at` (ThresholdCounts alone), at all its own.
#[pyfunction]
#[pyo3(signature = (accumulator, at, prevalence))]
pub(crate) fn net_benefit<'py>(
    py: Python<'py>,
    accumulator: &Accumulator,
    at: Option<Vec<f64>>,
    prevalence: Option<f64>,
) -> Result<Points<'py>> {
    let (tally, counts) = Tally::with_counts(accumulator, py)?;
    let found = tally.measured(py, move |tally| {
        measure::probabilities_only(tally, queries::comparison_of(&counts) == Comparison::Greater)?;
        let asked = at.as_deref().unwrap_or_default();
        let table = match &counts {
            AnyCounts::Thresholds(counts) => {
                let (thresholds, admitted) = counts.thresholds().nearest(at.as_deref(), [0.0, 1.0])?;
                return measure::net_benefit_of_groups(tally, thresholds, &admitted, prevalence);
            }
            AnyCounts::Compact(counts) => measure::confusion_at(tally, &counts.resolve(asked, true)?, false)?,
            AnyCounts::Exact(counts) => {
                let table = measure::confusion_at(tally, &counts.edges(asked), false)?;
                ConfusionCounts { thresholds: asked.to_vec(), ..table }
            }
        };
        measure::net_benefit(table, prevalence)
    })?;
    Ok((column(py, found.thresholds), column(py, found.model), column(py, found.treat_all)))
}
