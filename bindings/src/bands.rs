//! Bands of curves that are read off a tally without replicates.

use pyo3::prelude::*;
use thresher::measure::{self, Ends};

use crate::arrays;
use crate::errors::Result;
use crate::queries::{Column, column};
use crate::resampling;
use crate::tallies::Tally;

/// Lower and upper ends.
type Band<'py> = (Column<'py>, Column<'py>);

fn columns(py: Python<'_>, ends: Ends) -> Band<'_> {
    (column(py, ends.lower), column(py, ends.upper))
}

/// The band that holds the true ROC curve at all false positive rates `x` together.
#[pyfunction]
pub(crate) fn fixed_width_roc_band<'py>(
    py: Python<'py>,
    tally: &Tally,
    x: &Bound<'_, PyAny>,
    level: f64,
) -> Result<Band<'py>> {
    let x = arrays::floats("fpr", x)?;
    Ok(columns(py, tally.measured(py, move |tally| measure::fixed_width_roc_band(tally, &x, level))?))
}

/// How low and how high the curve of the rows may run at `x`, whatever the order inside groups: `roc` or
/// `precision_recall`.
#[pyfunction]
pub(crate) fn curve_ends<'py>(py: Python<'py>, tally: &Tally, curve: &str, x: &Bound<'_, PyAny>) -> Result<Band<'py>> {
    let ends = if curve == "roc" {
        let x = arrays::floats("fpr", x)?;
        tally.measured(py, move |tally| measure::roc_ends(tally, &x))?
    } else {
        let x = arrays::floats("recall", x)?;
        tally.measured(py, move |tally| measure::precision_ends(tally, &x))?
    };
    Ok(columns(py, ends))
}

/// The heights of a curve, `roc` or `precision_recall`, at `x`.
#[pyfunction]
pub(crate) fn curve_heights<'py>(
    py: Python<'py>,
    tally: &Tally,
    curve: &str,
    x: &Bound<'_, PyAny>,
) -> Result<Column<'py>> {
    let statistic = resampling::heights_of(curve, x)?;
    let heights = tally.measured(py, move |tally| {
        let mut heights = vec![f64::NAN; statistic.width()];
        statistic.read(tally, &mut heights);
        Ok(heights)
    })?;
    Ok(column(py, heights))
}
