//! What decisions are made by: intervals of rates, expected costs, and thresholds chosen from a tally.

use pyo3::prelude::*;
use thresher::measure::{self, Costs, Rate, RateInterval};

use crate::calls;
use crate::errors::{Failure, Result};
use crate::functions;
use crate::queries::{Column, column};
use crate::settings::Settings;

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

/// The rate of that name.
pub(crate) fn named(name: &str, beta: f64) -> Result<Rate> {
    Rate::named(name, beta)?.ok_or_else(|| Failure::Value(format!("no rate is called {name:?}")))
}
