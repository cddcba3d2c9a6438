//! The module's functions: one-shot answers, and what needs no accumulator.

use numpy::PyArray1;
use pyo3::prelude::*;
use thresher::count::{self, ExactCounts, Pairs};
use thresher::input::Batch;
use thresher::measure::{self, WeightedPrecision, WeightedRocArea};
use thresher::state::AnyCounts;
use thresher::{Error, Result as CoreResult};

use crate::accumulators::Accumulator;
use crate::arguments;
use crate::arrays;
use crate::batches::{Samples, Source};
use crate::calls;
use crate::decisions;
use crate::errors::{Failure, Result};
use crate::queries;
use crate::settings::{self, Settings};

/// Exact ROC AUC, or its standardised part up to `max_fpr`. `finite`: infinite scores are refused, where rows have no weights.
#[pyfunction]
#[pyo3(signature = (labels, scores, weights, positive, drop_nan, n_threads, max_fpr, finite = false))]
#[expect(clippy::too_many_arguments, reason = "the signature is Python's")]
pub(crate) fn roc_auc(
    py: Python<'_>,
    labels: &Bound<'_, PyAny>,
    scores: &Bound<'_, PyAny>,
    weights: Option<&Bound<'_, PyAny>>,
    positive: Option<&Bound<'_, PyAny>>,
    drop_nan: bool,
    n_threads: Option<&Bound<'_, PyAny>>,
    max_fpr: Option<f64>,
    finite: bool,
) -> Result<f64> {
    let n_threads = settings::n_threads(n_threads)?;
    let samples = Samples::new(labels, scores, weights, positive, drop_nan)?;
    let batch = samples.batch()?;
    if max_fpr.is_some() {
        let counts = Accumulator::for_one_answer(AnyCounts::Exact(ExactCounts::new(None)), n_threads);
        counts.add(py, &samples, n_threads)?;
        if let (true, AnyCounts::Exact(counts)) = (finite && !batch.weighted(), &counts.counts(py)) {
            refuse_infinite(counts, &batch)?;
        }
        return Ok(queries::roc_auc(&counts, py, max_fpr)?.0);
    }
    let settings = Settings::new(py, batch.len(), n_threads)?;
    if batch.weighted() {
        return calls::run(py, batch.len(), settings, |control| {
            let mut area = WeightedRocArea::default();
            count::each_weighted_group(&batch, true, control, |groups| area.add(groups))?;
            match area.value() {
                Some(area) => Ok(area),
                None => Ok(measure::roc_auc(&count::weighted_tally(&batch, control)?)),
            }
        });
    }
    let pairs = calls::run(py, batch.len(), settings, |control| {
        let counts = ExactCounts::of(&batch, control)?;
        if finite {
            refuse_infinite(&counts, &batch)?;
        }
        counts.pairs(control)
    })?;
    Ok(measure::roc_auc_from_pairs(pairs.twice_u, pairs.positives, pairs.negatives))
}

/// Refuses the batch that was counted if one of its scores is infinite; only then are its rows looked at again.
fn refuse_infinite(counts: &ExactCounts, batch: &Batch<'_>) -> CoreResult<()> {
    if counts.finite() {
        return Ok(());
    }
    let (index, value) = batch.infinite_score().ok_or(Error::Changed)?;
    Err(Error::InfiniteScore { argument: "scores", index, value })
}

/// Exact ROC AUC of each of `scores` against the rest: its positives are the rows with its number as their label. None where a
/// row does not sum to 1 within `tolerance`.
#[pyfunction]
pub(crate) fn one_vs_rest_roc_auc(
    py: Python<'_>,
    labels: &Bound<'_, PyAny>,
    scores: Vec<Bound<'_, PyAny>>,
    tolerance: f64,
) -> Result<Option<Vec<f64>>> {
    let labels = Source::new("labels", labels)?;
    let labels = labels.column()?;
    let scores = scores.iter().map(|scores| Source::new("scores", scores)).collect::<Result<Vec<_>>>()?;
    let scores = scores.iter().map(Source::column).collect::<Result<Vec<_>>>()?;
    let rows = labels.len().saturating_mul(scores.len());
    let settings = Settings::new(py, rows, None)?;
    let found =
        calls::run(py, rows, settings, |control| count::one_vs_rest_pairs(&labels, &scores, tolerance, control))?;
    let area = |pairs: Pairs| measure::roc_auc_from_pairs(pairs.twice_u, pairs.positives, pairs.negatives);
    Ok(found.map(|found| found.into_iter().map(area).collect()))
}

/// Exact average precision. `finite`: infinite scores are refused, where rows have no weights.
#[pyfunction]
#[pyo3(signature = (labels, scores, weights, positive, drop_nan, n_threads, finite = false))]
#[expect(clippy::too_many_arguments, reason = "the signature is Python's")]
pub(crate) fn average_precision(
    py: Python<'_>,
    labels: &Bound<'_, PyAny>,
    scores: &Bound<'_, PyAny>,
    weights: Option<&Bound<'_, PyAny>>,
    positive: Option<&Bound<'_, PyAny>>,
    drop_nan: bool,
    n_threads: Option<&Bound<'_, PyAny>>,
    finite: bool,
) -> Result<f64> {
    let n_threads = settings::n_threads(n_threads)?;
    let samples = Samples::new(labels, scores, weights, positive, drop_nan)?;
    let batch = samples.batch()?;
    let settings = Settings::new(py, batch.len(), n_threads)?;
    if batch.weighted() {
        return calls::run(py, batch.len(), settings, |control| {
            let mut area = WeightedPrecision::default();
            count::each_weighted_group(&batch, false, control, |groups| area.add(groups))?;
            match area.value() {
                Some(area) => Ok(area),
                None => Ok(measure::average_precision(&count::weighted_tally(&batch, control)?)),
            }
        });
    }
    let sums = calls::run(py, batch.len(), settings, |control| {
        let counts = ExactCounts::of(&batch, control)?;
        if finite {
            refuse_infinite(&counts, &batch)?;
        }
        counts.fold_positive_groups(control, queries::start, queries::add)
    })?;
    Ok(queries::mean_precision(&sums))
}

/// At most `k` thresholds placed where the scores are.
#[pyfunction]
pub(crate) fn thresholds_from<'py>(
    py: Python<'py>,
    scores: &Bound<'py, PyAny>,
    labels: Option<&Bound<'py, PyAny>>,
    k: &Bound<'py, PyAny>,
    positive: Option<&Bound<'py, PyAny>>,
    n_threads: Option<&Bound<'py, PyAny>>,
) -> Result<Bound<'py, PyArray1<f64>>> {
    let k = arguments::int("k", k, 1)?;
    let positive = arguments::positive(positive)?;
    let n_threads = settings::n_threads(n_threads)?;
    let scores = Source::new("scores", scores)?;
    let labels = labels.map(|labels| Source::new("labels", labels)).transpose()?;
    let scores = scores.column()?;
    let labels = labels.as_ref().map(Source::column).transpose()?;
    let settings = Settings::new(py, scores.len(), n_threads)?;
    let thresholds = calls::run(py, scores.len(), settings, |control| {
        count::thresholds_from(&scores, labels.as_ref().map(|labels| (labels, positive)), k, control)
    })?;
    Ok(PyArray1::from_vec(py, thresholds))
}

/// A rate of confusion tables, element by element; NaN where it is undefined.
#[pyfunction]
#[pyo3(signature = (name, tp, fp, r#fn, tn, beta))]
pub(crate) fn rate<'py>(
    py: Python<'py>,
    name: &str,
    tp: &Bound<'py, PyAny>,
    fp: &Bound<'py, PyAny>,
    r#fn: &Bound<'py, PyAny>,
    tn: &Bound<'py, PyAny>,
    beta: f64,
) -> Result<Bound<'py, PyArray1<f64>>> {
    let rate = decisions::named(name, beta)?;
    let columns = [("tp", tp), ("fp", fp), ("fn", r#fn), ("tn", tn)];
    let rates = match integers(columns)? {
        Some(counts) => elementwise(py, counts, move |[tp, fp, fn_, tn]| rate.of_counts(tp, fp, fn_, tn))?,
        None => elementwise(py, floats(columns)?, move |[tp, fp, fn_, tn]| rate.of(tp, fp, fn_, tn))?,
    };
    Ok(PyArray1::from_vec(py, rates))
}

pub(crate) type Named<'a, 'py> = (&'static str, &'a Bound<'py, PyAny>);

/// The columns as rows counted; None unless all four are int64.
pub(crate) fn integers(columns: [Named<'_, '_>; 4]) -> Result<Option<[Vec<u64>; 4]>> {
    let mut counts: [Vec<u64>; 4] = Default::default();
    for (counts, (argument, value)) in counts.iter_mut().zip(columns) {
        let Some(values) = arrays::integers(argument, value)? else { return Ok(None) };
        if let Some(index) = values.iter().position(|&count| count < 0) {
            let message = format!("`{argument}` must be >= 0, but {argument}[{index}] is {}", values[index]);
            return Err(Failure::Value(message));
        }
        *counts = values.into_iter().map(i64::cast_unsigned).collect();
    }
    Ok(Some(counts))
}

/// The columns as float64.
pub(crate) fn floats<const N: usize>(columns: [Named<'_, '_>; N]) -> Result<[Vec<f64>; N]> {
    let mut sums = [const { vec![] }; N];
    for (sums, (argument, value)) in sums.iter_mut().zip(columns) {
        *sums = arrays::floats(argument, value)?;
    }
    Ok(sums)
}

/// How many entries each of the columns has.
pub(crate) fn one_length<M, const N: usize>(columns: &[Vec<M>; N]) -> Result<usize> {
    let lengths = columns.each_ref().map(Vec::len);
    let len = lengths.first().copied().unwrap_or(0);
    if lengths != [len; N] {
        return Err(Failure::Value(format!("`tp`, `fp`, `fn` and `tn` must have one length, but have {lengths:?}")));
    }
    Ok(len)
}

pub(crate) fn elementwise<M: Copy + Send + Sync + 'static>(
    py: Python<'_>,
    columns: [Vec<M>; 4],
    rate: impl Fn([M; 4]) -> f64 + Send + Sync + 'static,
) -> Result<Vec<f64>> {
    let len = one_length(&columns)?;
    calls::run_owned(py, len, Settings::serial(py)?, move |_| {
        Ok((0..len).map(|i| rate(columns.each_ref().map(|column| column[i]))).collect())
    })
}

/// Positions of points that stay when the rest lie within `tolerance` of the line through them.
#[pyfunction]
pub(crate) fn thin<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    tolerance: f64,
) -> Result<Bound<'py, PyArray1<isize>>> {
    kept(py, x, y, move |x, y| measure::thin(x, y, tolerance))
}

/// The same of a curve drawn in steps, level from each point on.
#[pyfunction]
pub(crate) fn thin_steps<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    tolerance: f64,
) -> Result<Bound<'py, PyArray1<isize>>> {
    kept(py, x, y, move |x, y| measure::thin_steps(x, y, tolerance))
}

/// Positions that `thin` keeps of points of one number of coordinates.
fn kept<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    y: &Bound<'py, PyAny>,
    thin: impl Fn(&[f64], &[f64]) -> Vec<usize> + Send + Sync + 'static,
) -> Result<Bound<'py, PyArray1<isize>>> {
    let (x, y) = (arrays::floats("x", x)?, arrays::floats("y", y)?);
    if x.len() != y.len() {
        return Err(Failure::Value(format!("`x` and `y` must have one length, but have {} and {}", x.len(), y.len())));
    }
    let kept = calls::run_owned(py, x.len(), Settings::serial(py)?, move |_| Ok(thin(&x, &y)))?;
    Ok(PyArray1::from_vec(py, kept.into_iter().map(usize::cast_signed).collect()))
}

/// Threads that a call without `n_threads` may use.
#[pyfunction]
pub(crate) fn default_threads() -> Result<usize> {
    settings::default_threads()
}

/// The instructions in use: `scalar`, `avx2` or `avx512`.
#[pyfunction]
pub(crate) fn simd_level() -> Result<&'static str> {
    Ok(settings::level()?.name())
}
