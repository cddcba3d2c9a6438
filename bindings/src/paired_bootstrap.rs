//! [`PairedBootstrap`]: replicates of models on the same samples, as values of a statistic of each.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyList;
use thresher::measure::{Limit, Model, PrAucMethod, Rate, Samples, Side};
use thresher::resample::{self, Statistic};
use thresher::tally;

use crate::arguments;
use crate::calls;
use crate::comparisons::Columns;
use crate::errors::Result;
use crate::intervals;
use crate::queries::{self, Column};
use crate::settings::{self, Settings};

/// Where another rate must lie: its name, its least and its largest value, and whether the highest threshold is taken.
type Held = (String, f64, f64, bool);

/// The paired Poisson bootstrap of some models.
#[pyclass(module = "thresher._core", frozen)]
pub(crate) struct PairedBootstrap {
    /// What is resampled, of each model.
    tallies: Arc<Vec<tally::Tally>>,
    /// What is known of each model by itself: no coarser.
    finest: Arc<Vec<tally::Tally>>,
    replicates: Arc<resample::PairedBootstrap>,
}

impl PairedBootstrap {
    /// Of samples as [`resample::PairedBootstrap::new`] takes them.
    pub(crate) fn of(models: &[Model<'_>], samples: Samples<'_>, seed: u64) -> thresher::Result<Self> {
        let replicates = resample::PairedBootstrap::new(models, samples, seed)?;
        let tallies = Arc::new(models.iter().map(|model| model.tally.clone()).collect());
        Ok(Self { finest: Arc::clone(&tallies), tallies, replicates: Arc::new(replicates) })
    }

    /// The same, of models of which finer tallies are known.
    pub(crate) fn with_finest(self, tallies: Vec<tally::Tally>) -> Self {
        Self { finest: Arc::new(tallies), ..self }
    }

    fn read<'py>(
        py: Python<'py>,
        tallies: &Arc<Vec<tally::Tally>>,
        name: &str,
        at: Option<Held>,
    ) -> Result<Column<'py>> {
        let (statistic, tallies) = (statistic(name, at)?, Arc::clone(tallies));
        let groups = tallies.iter().map(tally::Tally::len).sum();
        let figures = calls::run_owned(py, groups, Settings::serial(py)?, move |_| {
            let mut figures = vec![f64::NAN; tallies.len()];
            tallies.iter().zip(figures.chunks_mut(1)).for_each(|(tally, figure)| statistic.read(tally, figure));
            Ok(figures)
        })?;
        Ok(queries::column(py, figures))
    }
}

#[pymethods]
impl PairedBootstrap {
    /// Of rows, one model a column of scores; arguments as of `roc_auc_covariance`.
    #[new]
    #[expect(clippy::too_many_arguments, reason = "the signature is Python's")]
    fn new(
        py: Python<'_>,
        labels: &Bound<'_, PyAny>,
        scores: &Bound<'_, PyList>,
        notes: Vec<String>,
        weights: Option<&Bound<'_, PyAny>>,
        meaning: Option<&str>,
        clusters: Option<&Bound<'_, PyAny>>,
        positive: Option<&Bound<'_, PyAny>>,
        drop_nan: bool,
        n_threads: Option<&Bound<'_, PyAny>>,
        seed: u64,
    ) -> Result<Self> {
        let meaning = meaning.map(intervals::meaning).transpose()?;
        let columns = Columns { labels, scores, notes: &notes, weights, clusters, positive, drop_nan };
        let rows = columns.ranked(py, n_threads)?;
        calls::run_owned(py, rows.work, rows.settings, move |_| Self::of(&rows.models(), rows.samples(meaning), seed))
    }

    /// The statistic of each model on all samples: an area's name, or that of a rate where another one is held.
    fn figures<'py>(&self, py: Python<'py>, name: &str, at: Option<Held>) -> Result<Column<'py>> {
        Self::read(py, &self.finest, name, at)
    }

    /// The same of what is resampled, which may be coarser.
    fn resampled<'py>(&self, py: Python<'py>, name: &str, at: Option<Held>) -> Result<Column<'py>> {
        Self::read(py, &self.tallies, name, at)
    }

    /// The statistic of each model in each replicate: of the first replicate all models, then of the next.
    fn values<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        at: Option<Held>,
        n_replicates: u32,
        n_threads: Option<&Bound<'_, PyAny>>,
    ) -> Result<Column<'py>> {
        let statistic = statistic(name, at)?;
        let work = self.replicates.cells().saturating_mul(n_replicates as usize);
        let settings = Settings::new(py, work, settings::n_threads(n_threads)?)?;
        let values =
            calls::run(py, work, settings, |control| self.replicates.values(&statistic, n_replicates, control))?;
        Ok(queries::column(py, values))
    }
}

fn statistic(name: &str, at: Option<Held>) -> Result<Statistic> {
    let rate_named = |argument: &'static str, name: &str| {
        Rate::named(name, 1.0)?.ok_or_else(|| arguments::unknown(argument, "a known name", name))
    };
    Ok(match (name, at) {
        ("average_precision", _) => Statistic::PrAuc(PrAucMethod::Step),
        ("roc_auc", _) => Statistic::RocAuc,
        (name, Some((held, low, high, highest))) => {
            let limit = Limit { rate: rate_named("at", &held)?, low, high };
            let side = if highest { Side::Highest } else { Side::Lowest };
            Statistic::RateAt { rate: rate_named("rate", name)?, limit, side }
        }
        (name, None) => return Err(arguments::unknown("statistic", "a known name", name)),
    })
}
