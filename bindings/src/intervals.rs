//! Areas with their variances, for intervals.

use pyo3::prelude::*;
use pyo3::types::PyAny;
use thresher::count::{self, PositiveGroup};
use thresher::measure::{self, AreaVariance, Placements, WeightMeaning};

use crate::batches::Samples;
use crate::calls;
use crate::errors::{Failure, Result};
use crate::settings::{self, Settings};
use crate::tallies::Tally;

/// The area, its lower and upper bound, its variance, degrees of freedom, and samples of either class.
pub(crate) type Spread = (f64, f64, f64, f64, f64, f64, f64);

pub(crate) fn spread(found: AreaVariance, bounds: measure::Bounds) -> Spread {
    let [negatives, positives] = found.samples;
    (found.area, bounds.lower, bounds.upper, found.variance(), found.degrees_of_freedom, negatives, positives)
}

/// `frequency` or `sampling`.
pub(crate) fn meaning(name: &str) -> Result<WeightMeaning> {
    WeightMeaning::named(name).ok_or_else(|| {
        Failure::Value(format!("`weight_meaning` must be \"frequency\" or \"sampling\", but is {name:?}"))
    })
}

/// ROC AUC with its bounds and its variance.
#[pyfunction]
pub(crate) fn roc_auc_variance(py: Python<'_>, tally: &Tally, weight_meaning: &str) -> Result<Spread> {
    let meaning = meaning(weight_meaning)?;
    tally.measured(py, move |tally| {
        let found = measure::roc_auc_variance(tally, meaning)?;
        let exact = measure::Bounds { lower: found.area, upper: found.area };
        Ok(spread(found, if tally.tied() { exact } else { measure::roc_auc_bounds(tally) }))
    })
}

/// Average precision with its bounds and its variance.
#[pyfunction]
pub(crate) fn average_precision_variance(py: Python<'_>, tally: &Tally, weight_meaning: &str) -> Result<Spread> {
    let meaning = meaning(weight_meaning)?;
    tally.measured(py, move |tally| {
        let found = measure::average_precision_variance(tally, meaning)?;
        Ok(spread(found, measure::average_precision_bounds_about(tally, found.area)))
    })
}

/// ROC AUC with its bounds and the samples of either class, for a variance that needs no more; NaN stands in its place.
#[pyfunction]
pub(crate) fn roc_auc_and_samples(py: Python<'_>, tally: &Tally, weight_meaning: &str) -> Result<Spread> {
    let meaning = meaning(weight_meaning)?;
    tally.measured(py, move |tally| {
        let (area, [negatives, positives]) = measure::roc_auc_and_samples(tally, meaning)?;
        let exact = measure::Bounds { lower: area, upper: area };
        let bounds = if tally.tied() { exact } else { measure::roc_auc_bounds(tally) };
        Ok((area, bounds.lower, bounds.upper, f64::NAN, f64::NAN, negatives, positives))
    })
}

/// The variance of ROC AUC after Hanley and McNeil.
#[pyfunction]
pub(crate) fn hanley_mcneil_variance(area: f64, negatives: f64, positives: f64) -> f64 {
    measure::hanley_mcneil_variance(area, [negatives, positives])
}

/// ROC AUC and its variance straight from the rows of an unweighted batch; None where it takes exact counts of them to tell.
#[pyfunction]
pub(crate) fn roc_auc_variance_of_rows(
    py: Python<'_>,
    labels: &Bound<'_, PyAny>,
    scores: &Bound<'_, PyAny>,
    positive: Option<&Bound<'_, PyAny>>,
    drop_nan: bool,
    n_threads: Option<&Bound<'_, PyAny>>,
) -> Result<Option<Spread>> {
    let n_threads = settings::n_threads(n_threads)?;
    let samples = Samples::new(labels, scores, None, positive, drop_nan)?;
    let batch = samples.batch()?;
    let settings = Settings::new(py, batch.len(), n_threads)?;
    let parts = calls::run(py, batch.len(), settings, |control| {
        count::fold_positive_groups(&batch, control, Placements::new, add)
    })?;
    Ok(Placements::variance(parts).map(|found| spread(found, measure::Bounds { lower: found.area, upper: found.area })))
}

fn add(placements: &mut Placements, group: PositiveGroup) {
    let PositiveGroup { positives, negatives, true_positives, false_positives } = group;
    placements.add([negatives, positives], true_positives, false_positives);
}
