//! The methods of [`Accumulator`]: arguments in, one call, results out.

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use thresher::count::{CompactCounts, ExactCounts, ThresholdCounts};
use thresher::state::AnyCounts;

use crate::accumulators::Accumulator;
use crate::arguments;
use crate::arrays;
use crate::batches::Samples;
use crate::calls;
use crate::curves::{self, AnyPoints, Curve, Points};
use crate::dispatch::AnyAccumulator;
use crate::errors::Result;
use crate::queries::{self, Area};
use crate::settings::{self, Settings};
use crate::tallies::Tally;

/// Nothing counted by distinct score; `sums`: further sums are to be kept.
fn exact(max_bytes: Option<usize>, sums: bool) -> ExactCounts {
    let counts = ExactCounts::new(max_bytes);
    if sums { counts.with_sums() } else { counts }
}

#[pymethods]
impl Accumulator {
    /// Counts at thresholds: a float64 array of them, or `k` for k even steps over [0, 1]. `sums`: with further sums.
    #[staticmethod]
    fn thresholds_counts(
        py: Python<'_>,
        thresholds: &Bound<'_, PyAny>,
        comparison: &str,
        dtype: Option<&str>,
        sums: bool,
    ) -> Result<Self> {
        let dtype = dtype.map(arguments::edge_dtype).transpose()?;
        let (given, comparison) = (arguments::thresholds(thresholds)?, arguments::comparison(comparison)?);
        let len = given.len();
        let counts = calls::run_owned(py, len, Settings::serial(py)?, move |_| {
            let counts = ThresholdCounts::new(given.thresholds(comparison)?, dtype)?;
            if sums { counts.with_sums() } else { Ok(counts) }
        })?;
        Ok(Self::new(AnyCounts::Thresholds(counts)))
    }

    /// Counts per distinct score, refusing to hold more than `max_bytes`.
    #[staticmethod]
    fn exact_counts(max_bytes: Option<&Bound<'_, PyAny>>, sums: bool) -> Result<Self> {
        let max_bytes = max_bytes.map(|limit| arguments::int("max_bytes", limit, 0)).transpose()?;
        Ok(Self::new(AnyCounts::Exact(exact(max_bytes, sums))))
    }

    /// The same without a limit, counted for one answer: both on up to `n_threads` threads.
    #[staticmethod]
    #[expect(clippy::too_many_arguments, reason = "the columns of a problem, and how to read them")]
    fn counted(
        py: Python<'_>,
        labels: &Bound<'_, PyAny>,
        scores: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
        positive: Option<&Bound<'_, PyAny>>,
        drop_nan: bool,
        n_threads: Option<&Bound<'_, PyAny>>,
        sums: bool,
    ) -> Result<Self> {
        let n_threads = settings::n_threads(n_threads)?;
        let counts = Self::for_one_answer(AnyCounts::Exact(exact(None, sums)), n_threads);
        counts.add(py, &Samples::new(labels, scores, weights, positive, drop_nan)?, n_threads)?;
        Ok(counts)
    }

    /// Counts in fixed intervals.
    #[staticmethod]
    fn compact_counts(sums: bool) -> Self {
        let counts = CompactCounts::new();
        Self::new(AnyCounts::Compact(if sums { counts.with_sums() } else { counts }))
    }

    /// The state that `to_bytes` wrote; any bytes-like object.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &Bound<'_, PyAny>) -> Result<Self> {
        let bytes = arrays::bytes("data", data)?;
        let rows = bytes.len() / size_of::<u64>();
        let settings = Settings::serial(py)?;
        Ok(Self::new(calls::run_owned(py, rows, settings, move |_| AnyCounts::from_bytes(&bytes))?))
    }

    /// The state as bytes: versioned, checksummed, equal for equal states.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>> {
        let bytes = queries::bytes(self, py)?;
        Ok(PyBytes::new_with(py, bytes.len(), |out| {
            out.copy_from_slice(&bytes);
            Ok(())
        })?)
    }

    /// Counts a batch; all of it or, after an error or a signal, nothing.
    #[expect(clippy::too_many_arguments, reason = "the one crossing from Python that a training loop makes")]
    fn update(
        &self,
        py: Python<'_>,
        labels: &Bound<'_, PyAny>,
        scores: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
        positive: Option<&Bound<'_, PyAny>>,
        drop_nan: bool,
        n_threads: Option<&Bound<'_, PyAny>>,
    ) -> Result<()> {
        let n_threads = settings::n_threads(n_threads)?;
        self.add(py, &Samples::new(labels, scores, weights, positive, drop_nan)?, n_threads)
    }

    /// Adds all that `other` has counted; `a.merge(a)` doubles.
    fn merge(&self, py: Python<'_>, other: &Self) -> Result<()> {
        self.absorb(py, other)
    }

    /// Forgets all counts; settings stay.
    fn reset(&self, py: Python<'_>) {
        self.change(py, false, AnyAccumulator::reset);
    }

    /// The same state, going its own way from here.
    fn copy(&self, py: Python<'_>) -> Self {
        Self::new(self.counts(py))
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> Result<bool> {
        queries::equal(self, other, py)
    }

    /// `thresholds`, `exact` or `compact`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.kind
    }

    /// Positive rows.
    #[getter]
    fn n_positives(&self, py: Python<'_>) -> Result<u64> {
        Ok(self.rows(py)?.positives)
    }

    /// Negative rows.
    #[getter]
    fn n_negatives(&self, py: Python<'_>) -> Result<u64> {
        Ok(self.rows(py)?.negatives)
    }

    /// Rows left out because their score was NaN.
    #[getter]
    fn n_dropped(&self, py: Python<'_>) -> Result<u64> {
        Ok(self.rows(py)?.dropped)
    }

    /// Sum of the weights of the positives; a row without a weight weighs 1.
    #[getter]
    fn weight_positives(&self, py: Python<'_>) -> Result<f64> {
        Ok(self.rows(py)?.weight_positives)
    }

    /// Sum of the weights of the negatives.
    #[getter]
    fn weight_negatives(&self, py: Python<'_>) -> Result<f64> {
        Ok(self.rows(py)?.weight_negatives)
    }

    /// Bytes held.
    #[getter]
    fn nbytes(&self, py: Python<'_>) -> usize {
        self.counts(py).nbytes()
    }

    /// True once a row with a weight has been counted.
    #[getter]
    fn weighted(&self, py: Python<'_>) -> bool {
        self.counts(py).weighted()
    }

    /// True when it keeps further sums.
    #[getter]
    fn sums(&self, py: Python<'_>) -> bool {
        self.counts(py).sums()
    }

    /// True when every figure is exact, none known by its bounds alone.
    #[getter]
    fn exact(&self, py: Python<'_>) -> bool {
        self.counts(py).exact()
    }

    /// How it counts, in words.
    #[getter]
    fn plan(&self, py: Python<'_>) -> String {
        self.counts(py).plan()
    }

    /// On which side of a threshold an equal score falls: `>=` or `>`.
    #[getter]
    fn comparison(&self, py: Python<'_>) -> &'static str {
        queries::comparison_of(&self.counts(py)).symbol()
    }

    /// The dtype thresholds are rounded to; None where unknown yet, or where nothing is rounded.
    #[getter]
    fn dtype(&self, py: Python<'_>) -> Option<&'static str> {
        match self.counts(py) {
            AnyCounts::Thresholds(counts) => counts.dtype().map(|dtype| dtype.name()),
            AnyCounts::Exact(_) | AnyCounts::Compact(_) => None,
        }
    }

    /// The limit an exact accumulator was made with.
    #[getter]
    fn max_bytes(&self, py: Python<'_>) -> Option<usize> {
        match self.counts(py) {
            AnyCounts::Exact(counts) => counts.max_bytes(),
            AnyCounts::Thresholds(_) | AnyCounts::Compact(_) => None,
        }
    }

    /// The thresholds as given, the distinct scores, or the list of interval edges.
    fn thresholds<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyArray1<f64>>> {
        Ok(PyArray1::from_vec(py, queries::ask(self, py, queries::thresholds_of)?))
    }

    /// Its groups as they are now, for measures to read.
    fn tally(&self, py: Python<'_>) -> Result<Tally> {
        Tally::of(self, py)
    }

    /// ROC AUC, or its standardised part up to `max_fpr`; then the lower and upper bound of the full area.
    fn roc_auc(&self, py: Python<'_>, max_fpr: Option<f64>) -> Result<Area> {
        queries::roc_auc(self, py, max_fpr)
    }

    /// Average precision, and its lower and upper bound.
    fn average_precision(&self, py: Python<'_>) -> Result<Area> {
        self.pr_auc(py, "step")
    }

    /// PR AUC by the method of that name; then the lower and upper bound of average precision.
    fn pr_auc(&self, py: Python<'_>, method: &str) -> Result<Area> {
        queries::pr_auc(self, py, arguments::pr_auc_method(method)?)
    }

    /// fpr, tpr, thresholds, and the area.
    fn roc_curve<'py>(&self, py: Python<'py>, drop_intermediate: bool) -> Result<Curve<'py>> {
        curves::roc_curve(self, py, drop_intermediate)
    }

    /// precision, recall, thresholds, and average precision.
    fn precision_recall_curve<'py>(&self, py: Python<'py>, drop_intermediate: bool) -> Result<Curve<'py>> {
        curves::precision_recall_curve(self, py, drop_intermediate)
    }

    /// fpr, tpr, thresholds.
    fn roc_points<'py>(&self, py: Python<'py>, drop_intermediate: bool) -> Result<Points<'py>> {
        curves::roc_points(self, py, drop_intermediate)
    }

    /// precision, recall, thresholds; with `single`, thresholds may be float32.
    fn precision_recall_points<'py>(
        &self,
        py: Python<'py>,
        drop_intermediate: bool,
        single: bool,
    ) -> Result<AnyPoints<'py>> {
        curves::precision_recall_points(self, py, drop_intermediate, single)
    }

    /// fpr, fnr, thresholds.
    fn det_curve<'py>(&self, py: Python<'py>, drop_intermediate: bool) -> Result<Points<'py>> {
        curves::det_curve(self, py, drop_intermediate)
    }

    /// Thresholds, then tp, fp, fn, tn at each: int64, or float64 when weighted.
    fn confusion<'py>(
        &self,
        py: Python<'py>,
        at: Option<&Bound<'_, PyAny>>,
        comparison: &str,
        nearest: bool,
    ) -> Result<Bound<'py, PyTuple>> {
        let at = at.map(|at| arrays::floats("at", at)).transpose()?;
        queries::confusion(self, py, at, arguments::comparison(comparison)?, nearest)
    }
}
