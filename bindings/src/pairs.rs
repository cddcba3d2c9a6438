//! [`PairedCounts`]: two models' scores of the same rows, counted; its lock is that of `guarded.rs`.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use thresher::count::{self, Accumulator as _, Rows};
use thresher::state::AnyCounts;
use thresher::{Control, Result as CoreResult};

use crate::accumulators::Accumulator;
use crate::arguments;
use crate::arrays;
use crate::batches::Samples;
use crate::calls::{self, ATTACHED_ROWS};
use crate::comparisons::{self, Paired};
use crate::errors::Result;
use crate::guarded::Guarded;
use crate::intervals::{self, Spread};
use crate::paired_bootstrap::PairedBootstrap;
use crate::queries::{Column, column};
use crate::settings::{self, Settings};

/// Counts of two models on the same rows. Safe to use from several threads.
#[pyclass(module = "thresher._core", frozen)]
pub(crate) struct PairedCounts(Guarded<count::PairedCounts>);

/// Both areas with their variances; their covariances in order of row; their difference and its variance; whether all
/// of it is that of the scores themselves; cells of the joint table.
type Comparison<'py> = (Vec<Spread>, Column<'py>, f64, f64, bool, usize);

/// About how many rows take as long to read as these counts.
fn entries(counts: &count::PairedCounts) -> usize {
    counts.nbytes() / size_of::<u64>()
}

impl PairedCounts {
    fn of(counts: count::PairedCounts) -> Self {
        Self(Guarded::new(counts))
    }

    /// The counts now, no row of them waiting; they stay so.
    fn settled(&self, py: Python<'_>) -> Result<count::PairedCounts> {
        let before = self.0.snapshot(py);
        if before.settled() {
            return Ok((*before).clone());
        }
        let settled = calls::run(py, entries(&before), Settings::serial(py)?, |control| {
            let mut counts = (*before).clone();
            counts.compact(control).map(|()| counts)
        })?;
        self.0.settle(py, &before, settled.clone());
        Ok(settled)
    }

    /// Adds counts.
    fn absorb(&self, py: Python<'_>, theirs: &count::PairedCounts) -> Result<()> {
        let before = self.0.snapshot(py);
        let (work, settings) = (entries(&before) + entries(theirs), Settings::serial(py)?);
        // On a copy, where a signal can stop it. Should `self` change meanwhile, a second try might fare no better: then
        // under the lock.
        let sum = calls::run(py, work, settings, |control| {
            let mut sum = (*before).clone();
            sum.merge(theirs, control).map(|()| sum)
        })?;
        if !self.0.replace(py, &before, sum) {
            drop(before);
            self.0.change(py, true, |ours| settings.uncancelled(|control| ours.merge(theirs, control)))?;
        }
        Ok(())
    }

    /// What `read` makes of the counts with no row waiting; a signal leaves the work behind.
    fn read<T: Send + 'static>(
        &self,
        py: Python<'_>,
        read: impl Fn(&count::PairedCounts, &Control<'_>) -> CoreResult<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let counts = self.settled(py)?;
        calls::run_owned(py, entries(&counts), Settings::serial(py)?, move |control| read(&counts, control))
    }

    /// Rows counted, and their weights: once any were given, sums over all intervals.
    fn rows(&self, py: Python<'_>) -> Result<Rows> {
        let counts = (*self.0.snapshot(py)).clone();
        if !counts.weighted() {
            return Ok(counts.rows());
        }
        calls::run_owned(py, entries(&counts), Settings::serial(py)?, move |_| Ok(counts.rows()))
    }
}

#[pymethods]
impl PairedCounts {
    #[new]
    fn new(max_cells: &Bound<'_, PyAny>) -> Result<Self> {
        Ok(Self::of(count::PairedCounts::new(arguments::int("max_cells", max_cells, 1)?)?))
    }

    /// The state that `to_bytes` wrote; any bytes-like object.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &Bound<'_, PyAny>) -> Result<Self> {
        let bytes = arrays::bytes("data", data)?;
        let (rows, settings) = (bytes.len() / size_of::<u64>(), Settings::serial(py)?);
        Ok(Self::of(calls::run_owned(py, rows, settings, move |_| count::PairedCounts::from_bytes(&bytes))?))
    }

    /// The state as bytes: versioned, checksummed, equal for equal states.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>> {
        let bytes = self.read(py, count::PairedCounts::to_bytes)?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Counts a batch; all of it or, after an error or a signal, nothing.
    #[expect(clippy::too_many_arguments, reason = "the one crossing from Python that a training loop makes")]
    fn update(
        &self,
        py: Python<'_>,
        labels: &Bound<'_, PyAny>,
        scores_a: &Bound<'_, PyAny>,
        scores_b: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
        positive: Option<&Bound<'_, PyAny>>,
        drop_nan: bool,
        n_threads: Option<&Bound<'_, PyAny>>,
    ) -> Result<()> {
        let n_threads = settings::n_threads(n_threads)?;
        let samples = |argument, scores| Samples::named(argument, labels, scores, weights, positive, drop_nan);
        let (first, second) = (samples("scores_a", scores_a)?, samples("scores_b", scores_b)?);
        let (first, second) = (first.batch()?, second.batch()?);
        let rows = first.len();
        let settings = Settings::new(py, rows, n_threads)?;
        let counts = self.0.snapshot(py);
        let part = calls::run(py, 2 * rows, settings, |control| counts.count([&first, &second], control))?;
        let part = match count::PairedCounts::into_counts(part) {
            Ok(theirs) => return self.absorb(py, &theirs),
            Err(part) => part,
        };
        let crowded = counts.crowded_by(&part);
        drop(counts); // else committing would have to copy what the two share
        if crowded {
            self.settled(py)?; // not under the lock, and where a signal can stop it
        }
        let commit = |counts: &mut count::PairedCounts| settings.uncancelled(|control| counts.commit(part, control));
        Ok(self.0.change(py, rows > ATTACHED_ROWS, commit)?)
    }

    /// Adds all that `other` has counted; `a.merge(a)` doubles.
    fn merge(&self, py: Python<'_>, other: &Self) -> Result<()> {
        self.absorb(py, &other.settled(py)?)
    }

    /// Forgets all counts; `max_cells` stays.
    fn reset(&self, py: Python<'_>) {
        self.0.change(py, false, count::PairedCounts::reset);
    }

    /// The same state, going its own way from here.
    fn copy(&self, py: Python<'_>) -> Self {
        Self::of((*self.0.snapshot(py)).clone())
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> Result<bool> {
        let other = other.settled(py)?;
        self.read(py, move |counts, control| counts.equals(&other, control))
    }

    #[getter]
    #[expect(clippy::unused_self, reason = "an attribute of every accumulator")]
    fn kind(&self) -> &'static str {
        "paired"
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

    /// Rows left out because a score was NaN.
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

    /// True once a row with a weight has been counted.
    #[getter]
    fn weighted(&self, py: Python<'_>) -> bool {
        self.0.snapshot(py).weighted()
    }

    /// Bytes held.
    #[getter]
    fn nbytes(&self, py: Python<'_>) -> usize {
        self.0.snapshot(py).nbytes()
    }

    /// The most cells of the joint table.
    #[getter]
    fn max_cells(&self, py: Python<'_>) -> usize {
        self.0.snapshot(py).max_cells()
    }

    /// Cells of the joint table that hold rows, and its level.
    fn table(&self, py: Python<'_>) -> Result<(usize, u32)> {
        self.read(py, |counts, control| Ok((counts.cells(control)?, counts.level(control)?)))
    }

    /// What was counted of the first model (0) or the second (1).
    fn marginal(&self, py: Python<'_>, model: usize) -> Accumulator {
        Accumulator::new(AnyCounts::Compact(self.0.snapshot(py).marginal(model).clone()))
    }

    /// Both areas, each of its own counts, and how they vary together by the joint table.
    fn roc_auc_comparison<'py>(&self, py: Python<'py>, weight_meaning: &str) -> Result<Comparison<'py>> {
        let meaning = intervals::meaning(weight_meaning)?;
        let found = self.read(py, move |counts, control| Paired::of(counts, meaning, control))?;
        let Paired { spreads, covariance, difference, variance, exact, cells } = found;
        Ok((spreads.to_vec(), column(py, covariance), difference, variance, exact, cells))
    }

    /// The bootstrap of the joint table; figures are those of each model's own counts. And whether both are exact.
    fn bootstrap(&self, py: Python<'_>, weight_meaning: &str, seed: u64) -> Result<(PairedBootstrap, bool)> {
        let meaning = intervals::meaning(weight_meaning)?;
        self.read(py, move |counts, control| {
            let groups = counts.groups(control)?;
            let (models, samples) = (comparisons::models_of(&groups), comparisons::samples_of(&groups, meaning));
            let finest = [counts.marginal(0), counts.marginal(1)].map(|counts| counts.tally(control));
            let exact = models.iter().all(|model| model.tally.tied());
            let drawn = PairedBootstrap::of(&models, samples, seed)?;
            Ok((drawn.with_finest(finest.into_iter().collect::<CoreResult<_>>()?), exact))
        })
    }
}
