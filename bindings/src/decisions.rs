//! What decisions are made by: intervals of rates, expected costs, and thresholds chosen from a tally.

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use thresher::measure::{self, Choice, ConfusionCounts, Costs, Limit, Objective, Rate, RateInterval, Side};

use crate::arrays;
use crate::calls;
use crate::errors::{Failure, Result};
use crate::functions;
use crate::queries::{self, Column, column};
use crate::settings::Settings;
use crate::tallies::Tally;

/// Lower and upper ends of the interval of a rate, table by table, and how they were found.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the signature is Python's")]
#[pyo3(signature = (name, tp, fp, r#fn, tn, beta, z))]
pub(crate) fn rate_interval<'py>(
    py: Python<'py>,
    name: &str,
    tp: &Bound<'py, PyAny>,
    fp: &Bound<'py, PyAny>,
    r#fn: &Bound<'py, PyAny>,
    tn: &Bound<'py, PyAny>,
    beta: f64,
    z: f64,
) -> Result<(Column<'py>, Column<'py>, &'static str)> {
    let rate = named(name, beta)?;
    let columns = functions::floats([("tp", tp), ("fp", fp), ("fn", r#fn), ("tn", tn)])?;
    let len = functions::one_length(&columns)?;
    let (lower, upper) = calls::run_owned(py, len, Settings::serial(py)?, move |_| {
        let interval = |i: usize| measure::rate_interval(rate, columns.each_ref().map(|column| column[i]), z);
        Ok((0..len).map(interval).map(|RateInterval { lower, upper }| (lower, upper)).unzip::<_, _, Vec<_>, Vec<_>>())
    })?;
    Ok((column(py, lower), column(py, upper), rate.interval_method()))
}

/// Expected cost of a row, table by table; `costs` of tp, fp, fn and tn.
#[pyfunction]
#[pyo3(signature = (costs, tp, fp, r#fn, tn))]
pub(crate) fn expected_cost<'py>(
    py: Python<'py>,
    costs: [f64; 4],
    tp: &Bound<'py, PyAny>,
    fp: &Bound<'py, PyAny>,
    r#fn: &Bound<'py, PyAny>,
    tn: &Bound<'py, PyAny>,
) -> Result<Column<'py>> {
    let costs = Costs::new(costs)?;
    let columns = [("tp", tp), ("fp", fp), ("fn", r#fn), ("tn", tn)];
    let values = match functions::integers(columns)? {
        Some(counts) => functions::elementwise(py, counts, move |[tp, fp, fn_, tn]| costs.of_counts(tp, fp, fn_, tn))?,
        None => {
            let sums = functions::floats(columns)?;
            functions::elementwise(py, sums, move |[tp, fp, fn_, tn]| costs.of(tp, fp, fn_, tn))?
        }
    };
    Ok(column(py, values))
}

/// A rate's name, its lowest and its highest value.
type Named = (String, f64, f64);

/// The columns of the one confusion table; value, feasible, lowest and highest of the run around it; what is unresolved,
/// and what is reachable.
type Chosen<'py> = (Bound<'py, PyTuple>, f64, bool, (f64, f64), Option<(f64, f64)>, f64);

/// Every threshold that may be chosen, ascending, with tp, fp, fn and tn.
#[pyfunction]
pub(crate) fn candidates<'py>(py: Python<'py>, tally: &Tally) -> Result<Bound<'py, PyTuple>> {
    queries::into_columns(py, tally.measured(py, |tally| Ok(measure::candidates(tally)))?)
}

/// The best threshold by a rate, by costs of tp, fp, fn and tn, or by values of the candidates.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the signature is Python's")]
pub(crate) fn best_threshold<'py>(
    py: Python<'py>,
    tally: &Tally,
    rate: Option<&str>,
    beta: f64,
    costs: Option<[f64; 4]>,
    values: Option<&Bound<'py, PyAny>>,
    limits: Vec<Named>,
    prevalence: Option<f64>,
    tolerance: f64,
) -> Result<Chosen<'py>> {
    let objective = match (rate, costs, values) {
        (Some(name), None, None) => Objective::Rate(named(name, beta)?),
        (None, Some(costs), None) => Objective::Cost(Costs::new(costs)?),
        (None, None, Some(values)) => Objective::Values(arrays::floats("values", values)?),
        _ => return Err(Failure::Value("one of `rate`, `costs` and `values` must be given".to_owned())),
    };
    let limits = limits.into_iter().map(|(name, low, high)| Ok(Limit { rate: named(&name, beta)?, low, high }));
    let limits = limits.collect::<Result<Vec<_>>>()?;
    let chosen = tally.measured(py, move |tally| {
        let choice = measure::best_threshold(tally, &objective, &limits, prevalence, tolerance)?;
        Ok((table(tally, &choice), choice))
    })?;
    into_tuple(py, chosen)
}

/// The highest or lowest threshold whose rate lies in [low, high].
#[pyfunction]
pub(crate) fn threshold_at<'py>(
    py: Python<'py>,
    tally: &Tally,
    name: &str,
    low: f64,
    high: f64,
    highest: bool,
) -> Result<Chosen<'py>> {
    let limit = Limit { rate: named(name, 1.0)?, low, high };
    let side = if highest { Side::Highest } else { Side::Lowest };
    let chosen = tally.measured(py, move |tally| {
        let choice = measure::threshold_at(tally, limit, side);
        Ok((table(tally, &choice), choice))
    })?;
    into_tuple(py, chosen)
}

fn table(tally: &thresher::tally::Tally, choice: &Choice) -> ConfusionCounts {
    measure::confusion_of_groups(tally, vec![choice.threshold], &[choice.admitted])
}

fn into_tuple(py: Python<'_>, (table, choice): (ConfusionCounts, Choice)) -> Result<Chosen<'_>> {
    let Choice { value, feasible, lowest, highest, unresolved, reachable, .. } = choice;
    Ok((queries::into_columns(py, table)?, value, feasible, (lowest, highest), unresolved, reachable))
}

/// The rate of that name.
pub(crate) fn named(name: &str, beta: f64) -> Result<Rate> {
    Rate::named(name, beta)?.ok_or_else(|| Failure::Value(format!("no rate is called {name:?}")))
}
