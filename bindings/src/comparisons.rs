//! Several models on the same rows: the covariances of their areas.

use std::collections::HashSet;

use pyo3::prelude::*;
use pyo3::types::PyList;
use thresher::count::{
    self, Accumulator as _, CompactCounts, InColumn, PairedCounts, PairedGroups, RankedRows, Repeats,
};
use thresher::input::Batch;
use thresher::measure::{self, Model, RocAucCovariance, SampleWeights, Samples as Shared, WeightMeaning};
use thresher::{Control, Result as CoreResult};

use crate::arrays;
use crate::batches::Samples;
use crate::calls;
use crate::errors::{Failure, Result};
use crate::intervals::{self, Spread};
use crate::queries::{Column, column};
use crate::settings::{self, Settings};

/// Each area with its variance; and in order of row three matrices: covariances, differences, variances of differences.
type Matrices<'py> = (Vec<Spread>, Column<'py>, Column<'py>, Column<'py>);

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
    let meaning = meaning.map(intervals::meaning).transpose()?;
    let columns = Columns { labels, scores, notes: &notes, weights, clusters, positive, drop_nan };
    let rows = columns.ranked(py, n_threads)?;
    let (spreads, found) = calls::run_owned(py, rows.work, rows.settings, move |_| {
        let found = measure::roc_auc_covariance(&rows.models(), rows.samples(meaning));
        Ok((spreads(&rows, meaning, &found)?, found))
    })?;
    let RocAucCovariance { covariance, differences, difference_variances, .. } = found;
    Ok((spreads, column(py, covariance), column(py, differences), column(py, difference_variances)))
}

/// Columns of scores of the same rows, as Python hands them over.
pub(crate) struct Columns<'a, 'py> {
    pub(crate) labels: &'a Bound<'py, PyAny>,
    pub(crate) scores: &'a Bound<'py, PyList>,
    /// Of each column of scores, where it came from.
    pub(crate) notes: &'a [String],
    pub(crate) weights: Option<&'a Bound<'py, PyAny>>,
    /// int64 numbers from 0, one a row.
    pub(crate) clusters: Option<&'a Bound<'py, PyAny>>,
    pub(crate) positive: Option<&'a Bound<'py, PyAny>>,
    pub(crate) drop_nan: bool,
}

/// The rows of [`Columns`] that are left in, ranked in each.
pub(crate) struct SharedRows {
    pub(crate) ranked: RankedRows,
    /// The cluster of each row.
    pub(crate) clusters: Option<Vec<u32>>,
    pub(crate) settings: Settings,
    pub(crate) work: usize,
}

impl Columns<'_, '_> {
    /// Reads the columns; a failure says which one it came from.
    pub(crate) fn ranked(&self, py: Python<'_>, n_threads: Option<&Bound<'_, PyAny>>) -> Result<SharedRows> {
        let n_threads = settings::n_threads(n_threads)?;
        let noted = |index: usize, failure: Failure| in_column(py, self.notes.get(index), failure);
        let &Self { labels, weights, positive, drop_nan, .. } = self;
        let columns: Vec<Samples<'_>> = self
            .scores
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
        let clusters = self.clusters.map(|clusters| numbered(clusters, rows)).transpose()?;
        let work = rows.saturating_mul(batches.len());
        let settings = Settings::new(py, work, n_threads)?;
        let ranked = calls::run(py, work, settings, |control| Ok(count::ranked_rows(&batches, control)))?;
        let ranked = ranked.map_err(|InColumn { column, error }| noted(column, error.into()))?;
        let clusters = clusters.map(|clusters| ranked.arranged(&clusters));
        Ok(SharedRows { ranked, clusters, settings, work })
    }
}

impl SharedRows {
    /// What each column says of the rows.
    pub(crate) fn models(&self) -> Vec<Model<'_>> {
        self.ranked.columns.iter().map(|column| Model { tally: &column.tally, groups: &column.groups }).collect()
    }

    /// The rows, whose weights have this meaning.
    pub(crate) fn samples(&self, meaning: Option<WeightMeaning>) -> Shared<'_> {
        let weights = match (&self.ranked.weights, meaning) {
            (None, _) => SampleWeights::Ones,
            (Some(weights), Some(WeightMeaning::Sampling)) => SampleWeights::Sampling(weights),
            (Some(weights), Some(WeightMeaning::Frequency) | None) => SampleWeights::Frequency(weights),
        };
        Shared { positives: self.ranked.positives, weights, clusters: self.clusters.as_deref() }
    }
}

/// The areas one by one: as of any sample where rows are independent and a tally tells how many there are.
fn spreads(rows: &SharedRows, meaning: Option<WeightMeaning>, found: &RocAucCovariance) -> CoreResult<Vec<Spread>> {
    let (ranked, clusters) = (&rows.ranked, rows.clusters.as_deref());
    let models = ranked.columns.len();
    let spread = |index: usize| {
        let tally = &ranked.columns[index].tally;
        if clusters.is_none() && meaning != Some(WeightMeaning::Sampling) {
            let variance = measure::roc_auc_variance(tally, WeightMeaning::Frequency)?;
            return Ok(intervals::spread(variance, measure::roc_auc_bounds(tally)));
        }
        let (area, variance) = (found.areas[index], found.covariance[index * models + index]);
        let [positives, negatives] = [0..ranked.positives, ranked.positives..ranked.rows.len()].map(|rows| {
            let distinct = |clusters: &[u32]| clusters[rows.clone()].iter().collect::<HashSet<_>>().len();
            clusters.map_or(rows.len(), distinct) as f64
        });
        Ok((area, area, area, variance, f64::INFINITY, negatives, positives))
    };
    (0..models).map(spread).collect()
}

/// What a comparison of two models that were counted together is made of.
pub(crate) struct Paired {
    pub(crate) spreads: [Spread; 2],
    pub(crate) covariance: Vec<f64>,
    pub(crate) difference: f64,
    /// Of the difference.
    pub(crate) variance: f64,
    /// All of it is that of the scores themselves.
    pub(crate) exact: bool,
    /// Cells of the joint table.
    pub(crate) cells: usize,
}

impl Paired {
    pub(crate) fn of(counts: &PairedCounts, meaning: WeightMeaning, control: &Control<'_>) -> CoreResult<Self> {
        let (groups, level) = (counts.groups(control)?, counts.level(control)?);
        let (models, samples) = (models_of(&groups), samples_of(&groups, meaning));
        let found = measure::roc_auc_covariance(&models, samples);
        let (first, second) = (counts.marginal(0), counts.marginal(1));
        let spreads = [
            spread_of(first, found.covariance[0], meaning, control)?,
            spread_of(second, found.covariance[3], meaning, control)?,
        ];
        Ok(Self {
            // At the finest level the joint table's areas are the models' own, and their difference is rounded once.
            difference: if level == 0 { found.differences[1] } else { spreads[0].0 - spreads[1].0 },
            spreads,
            variance: found.difference_variances[1],
            covariance: found.covariance,
            exact: level == 0 && first.exact() && second.exact(),
            cells: counts.cells(control)?,
        })
    }
}

/// The margins of a joint table.
pub(crate) fn models_of(groups: &PairedGroups) -> [Model<'_>; 2] {
    groups.columns.each_ref().map(|column| Model { tally: &column.tally, groups: &column.groups })
}

/// The cells of a joint table, whose weights have this meaning.
pub(crate) fn samples_of(groups: &PairedGroups, meaning: WeightMeaning) -> Shared<'_> {
    let weights = match (&groups.repeats, meaning) {
        (Repeats::Rows(rows), _) => SampleWeights::Rows(rows),
        (Repeats::Weights { sums, .. }, WeightMeaning::Frequency) => SampleWeights::Frequency(sums),
        (Repeats::Weights { sums, squares }, WeightMeaning::Sampling) => {
            SampleWeights::SamplingSums { weights: sums, squares }
        }
    };
    Shared { positives: groups.positives, weights, clusters: None }
}

/// The area of one model with its variance: of its own counts, or where those do not keep what sampling weights need,
/// that of the joint table.
fn spread_of(counts: &CompactCounts, joint: f64, meaning: WeightMeaning, control: &Control<'_>) -> CoreResult<Spread> {
    let tally = counts.tally(control)?;
    if counts.weighted() && meaning == WeightMeaning::Sampling {
        let (area, bounds) = measure::roc_auc_with_bounds(&tally);
        let rows = counts.rows();
        let [negatives, positives] = [rows.negatives as f64, rows.positives as f64];
        return Ok((area, bounds.lower, bounds.upper, joint, f64::INFINITY, negatives, positives));
    }
    let variance = measure::roc_auc_variance(&tally, WeightMeaning::Frequency)?;
    Ok(intervals::spread(variance, measure::roc_auc_bounds(&tally)))
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
