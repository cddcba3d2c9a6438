//! Several models on the same rows: the covariances of their areas.

use pyo3::prelude::*;
use pyo3::types::PyList;
use thresher::count::{self, InColumn, RankedRows};
use thresher::input::Batch;
use thresher::measure::{self, Model, RocAucCovariance, SampleWeights, Samples as Shared, WeightMeaning};
use thresher::tally::Masses;

use crate::arrays;
use crate::batches::Samples;
use crate::calls;
use crate::errors::{Failure, Result};
use crate::queries::{Column, column};
use crate::settings::{self, Settings};
use crate::tallies::Tally;

/// Areas, and in order of row three matrices: covariances, differences, variances of differences.
type Matrices<'py> = (Column<'py>, Column<'py>, Column<'py>, Column<'py>);

/// ROC AUC of each column of scores, and how they vary together. `notes` say of each column where it came from; `meaning`
/// is that of the weights; `clusters` are int64 numbers from 0, one a row.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the signature is Python's")]
pub(crate) fn roc_auc_covariance<'py>(
    py: Python<'py>,
    labels: &Bound<'py, PyAny>,
    scores: &Bound<'py, PyList>,
    notes: Vec<String>,
    weights: Option<&Bound<'py, PyAny>>,
    meaning: Option<&str>,
    clusters: Option<&Bound<'py, PyAny>>,
    positive: Option<&Bound<'py, PyAny>>,
    drop_nan: bool,
    n_threads: Option<&Bound<'py, PyAny>>,
) -> Result<Matrices<'py>> {
    let n_threads = settings::n_threads(n_threads)?;
    let noted = |index: usize, failure: Failure| in_column(py, notes.get(index), failure);
    let columns: Vec<Samples<'_>> = scores
        .iter()
        .enumerate()
        .map(|(index, scores)| {
            Samples::new(labels, &scores, weights, positive, drop_nan).map_err(|failure| noted(index, failure))
        })
        .collect::<Result<_>>()?;
    let batches: Vec<Batch<'_>> = columns
        .iter()
        .enumerate()
        .map(|(index, samples)| samples.batch().map_err(|failure| noted(index, failure)))
        .collect::<Result<_>>()?;
    let rows = batches.first().map_or(0, Batch::len);
    let clusters = clusters.map(|clusters| numbered(clusters, rows)).transpose()?;
    let meaning = meaning.map(weight_meaning).transpose()?;
    let work = rows.saturating_mul(batches.len());
    let settings = Settings::new(py, work, n_threads)?;
    let ranked = calls::run(py, work, settings, |control| Ok(count::ranked_rows(&batches, control)))?;
    let ranked = ranked.map_err(|InColumn { column, error }| noted(column, error.into()))?;
    let found = calls::run_owned(py, work, settings, move |_| Ok(covariance(&ranked, meaning, clusters.as_deref())))?;
    Ok(matrices(py, found))
}

fn covariance(ranked: &RankedRows, meaning: Option<WeightMeaning>, clusters: Option<&[u32]>) -> RocAucCovariance {
    let models: Vec<Model<'_>> =
        ranked.columns.iter().map(|column| Model { tally: &column.tally, groups: &column.groups }).collect();
    let weights = match (&ranked.weights, meaning) {
        (None, _) => SampleWeights::Ones,
        (Some(weights), Some(WeightMeaning::Sampling)) => SampleWeights::Sampling(weights),
        (Some(weights), Some(WeightMeaning::Frequency) | None) => SampleWeights::Frequency(weights),
    };
    let clusters = clusters.map(|clusters| ranked.arranged(clusters));
    let samples = Shared { positives: ranked.positives, weights, clusters: clusters.as_deref() };
    measure::roc_auc_covariance(&models, samples)
}

pub(crate) fn matrices(py: Python<'_>, found: RocAucCovariance) -> Matrices<'_> {
    let RocAucCovariance { areas, covariance, differences, difference_variances } = found;
    (column(py, areas), column(py, covariance), column(py, differences), column(py, difference_variances))
}

/// ROC AUC of a tally, its lower and upper bound, and its variance; weights are frequencies.
// To be replaced by `roc_auc_variance`, which knows sampling weights too.
#[pyfunction]
pub(crate) fn roc_auc_variance_of_tally(py: Python<'_>, tally: &Tally) -> Result<(f64, f64, f64, f64)> {
    tally.measured(py, |tally| {
        let groups: Vec<u32> = (0..tally.len() as u32).chain(0..tally.len() as u32).collect();
        let (rows, sums) = match tally.masses() {
            Masses::Counts { positives, negatives } => ([&positives[..], negatives].concat(), Vec::new()),
            Masses::Weights { positives, negatives } => (Vec::new(), [&positives[..], negatives].concat()),
        };
        let weights = if sums.is_empty() { SampleWeights::Rows(&rows) } else { SampleWeights::Frequency(&sums) };
        let samples = Shared { positives: tally.len(), weights, clusters: None };
        let found = measure::roc_auc_covariance(&[Model { tally, groups: &groups }], samples);
        let bounds = measure::roc_auc_bounds(tally);
        Ok((found.areas[0], bounds.lower, bounds.upper, found.covariance[0]))
    })
}

/// `frequency` or `sampling`.
fn weight_meaning(name: &str) -> Result<WeightMeaning> {
    WeightMeaning::named(name).ok_or_else(|| {
        Failure::Value(format!("`weight_meaning` must be \"frequency\" or \"sampling\", but is {name:?}"))
    })
}

/// Numbers of clusters, each below the number of rows.
fn numbered(clusters: &Bound<'_, PyAny>, rows: usize) -> Result<Vec<u32>> {
    let given = arrays::integers("clusters", clusters)?.unwrap_or_default();
    if given.len() != rows {
        let found = given.len();
        return Err(thresher::Error::LengthMismatch { argument: "clusters", found, expected: rows }.into());
    }
    let number = |&cluster: &i64| u32::try_from(cluster).ok().filter(|&number| (number as usize) < rows);
    given.iter().map(number).collect::<Option<_>>().ok_or_else(|| {
        Failure::Value(format!("`clusters` must be numbered from 0, each below {rows}, the number of rows"))
    })
}

/// The failure as Python's exception, with a note where it came from.
fn in_column(py: Python<'_>, note: Option<&String>, failure: Failure) -> Failure {
    let error = PyErr::from(failure);
    if let Some(note) = note
        && let Err(error) = error.value(py).call_method1("add_note", (note,))
    {
        return Failure::Python(error);
    }
    Failure::Python(error)
}
