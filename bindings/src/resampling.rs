//! [`Bootstrap`]: replicates of accumulators, as values of a statistic or as accumulators.

use std::sync::Arc;

use pyo3::prelude::*;
use thresher::measure::{PrAucMethod, Rate, WeightMeaning};
use thresher::resample::{self, Shard, Statistic, Unit};
use thresher::state::AnyCounts;
use thresher::tally;

use crate::accumulators::Accumulator;
use crate::arguments;
use crate::arrays;
use crate::calls;
use crate::dispatch::AnyAccumulator;
use crate::errors::{Failure, Result};
use crate::queries::{self, Column};
use crate::settings::{self, Settings};
use crate::tallies::Tally;

/// The Poisson bootstrap of some shards.
#[pyclass(module = "thresher._core", frozen)]
pub(crate) struct Bootstrap {
    whole: AnyCounts,
    tally: Arc<tally::Tally>,
    replicates: Arc<resample::Bootstrap>,
}

#[pymethods]
impl Bootstrap {
    /// Of shards, each with its id, which merged give `whole`. `unit` is `rows` or `clusters`; `meaning`, which matters
    /// to weighted rows, `frequency` or `sampling`.
    #[new]
    fn new(
        py: Python<'_>,
        whole: &Accumulator,
        shards: Vec<(u64, PyRef<'_, Accumulator>)>,
        unit: &str,
        meaning: &str,
        seed: u64,
    ) -> Result<Self> {
        let unit = match (unit, meaning) {
            ("clusters", _) => Unit::Shards,
            (_, "sampling") => Unit::Rows(WeightMeaning::Sampling),
            _ => Unit::Rows(WeightMeaning::Frequency),
        };
        let tally = Tally::of(whole, py)?.0;
        let mut tallies = Vec::with_capacity(shards.len());
        for (id, shard) in &shards {
            let alone = std::ptr::eq(&raw const **shard, whole);
            tallies.push((*id, if alone { Arc::clone(&tally) } else { Tally::of(shard, py)?.0 }));
        }
        let groups = tallies.iter().map(|(_, tally)| tally.len()).sum();
        let all = Arc::clone(&tally);
        let replicates = calls::run_owned(py, groups, Settings::serial(py)?, move |_| {
            let shards: Vec<Shard<'_>> = tallies.iter().map(|(id, tally)| Shard { id: *id, tally }).collect();
            resample::Bootstrap::new(&all, &shards, unit, seed)
        })?;
        Ok(Self { whole: whole.counts(py), tally, replicates: Arc::new(replicates) })
    }

    /// The statistic of each replicate.
    #[pyo3(signature = (name, n_replicates, n_threads, max_fpr=None, threshold=None))]
    fn values<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        n_replicates: u32,
        n_threads: Option<&Bound<'_, PyAny>>,
        max_fpr: Option<f64>,
        threshold: Option<f64>,
    ) -> Result<Column<'py>> {
        let statistic = self.statistic(name, max_fpr, threshold)?;
        self.run(py, &statistic, n_replicates, n_threads)
    }

    /// The heights at `x` of a curve, `roc` or `precision_recall`, of each replicate, one after the other.
    fn heights<'py>(
        &self,
        py: Python<'py>,
        curve: &str,
        x: &Bound<'_, PyAny>,
        n_replicates: u32,
        n_threads: Option<&Bound<'_, PyAny>>,
    ) -> Result<Column<'py>> {
        self.run(py, &heights_of(curve, x)?, n_replicates, n_threads)
    }

    /// Replicate number `replicate`, as an accumulator.
    fn replicate(&self, py: Python<'_>, replicate: u32) -> Result<Accumulator> {
        let (whole, replicates) = (self.whole.clone(), Arc::clone(&self.replicates));
        let counts = calls::run_owned(py, replicates.cells(), Settings::serial(py)?, move |control| {
            whole.with_tally(&replicates.replicate(replicate, control)?)
        })?;
        Ok(Accumulator::new(counts))
    }
}

/// The heights of a curve as a statistic.
pub(crate) fn heights_of(curve: &str, x: &Bound<'_, PyAny>) -> Result<Statistic> {
    let statistic = match curve {
        "roc" => Statistic::TruePositiveRate(arrays::floats("fpr", x)?),
        _ => Statistic::Precision(arrays::floats("recall", x)?),
    };
    statistic.check()?;
    Ok(statistic)
}

impl Bootstrap {
    fn run<'py>(
        &self,
        py: Python<'py>,
        statistic: &Statistic,
        n_replicates: u32,
        n_threads: Option<&Bound<'_, PyAny>>,
    ) -> Result<Column<'py>> {
        let work = self.replicates.cells().saturating_mul(n_replicates as usize);
        let settings = Settings::new(py, work, settings::n_threads(n_threads)?)?;
        let values =
            calls::run(py, work, settings, |control| self.replicates.values(statistic, n_replicates, control))?;
        Ok(queries::column(py, values))
    }

    fn statistic(&self, name: &str, max_fpr: Option<f64>, threshold: Option<f64>) -> Result<Statistic> {
        let statistic = match (name, max_fpr, threshold) {
            ("roc_auc", None, _) => Statistic::RocAuc,
            ("roc_auc", Some(max_fpr), _) => Statistic::PartialRocAuc { max_fpr },
            ("average_precision", ..) => Statistic::PrAuc(PrAucMethod::Step),
            ("pr_auc_davis_goadrich", ..) => Statistic::PrAuc(PrAucMethod::DavisGoadrich),
            ("pr_auc_trapezoid", ..) => Statistic::PrAuc(PrAucMethod::Trapezoid),
            (name, _, threshold) => {
                let rate =
                    Rate::named(name, 1.0)?.ok_or_else(|| arguments::unknown("statistic", "a known name", name))?;
                Statistic::Rate { rate, admitted: self.admitted(threshold.unwrap_or(f64::NAN))? }
            }
        };
        statistic.check()?;
        Ok(statistic)
    }

    /// The groups that a threshold admits.
    fn admitted(&self, threshold: f64) -> Result<usize> {
        let reaching = |edge: f64| self.tally.thresholds().partition_point(|&score| score >= edge);
        let refused = |accepted: &str| Failure::Value(format!("`threshold` must be {accepted}, but is {threshold}"));
        if threshold.is_nan() {
            return Err(refused("a number"));
        }
        match &self.whole {
            AnyCounts::Thresholds(counts) => {
                let at = counts.thresholds().given().iter().position(|given| *given == threshold);
                let at = at.ok_or_else(|| refused("one of the thresholds that were counted at"))?;
                Ok(counts.groups_admitted()[at].min(self.tally.len()))
            }
            AnyCounts::Exact(counts) => Ok(reaching(counts.edges(&[threshold])[0])),
            AnyCounts::Compact(counts) => match counts.resolve(&[threshold], false) {
                Ok(edges) => Ok(reaching(edges[0])),
                Err(thresher::Error::NotAnEdge { below, above, .. }) => {
                    Err(refused(&format!("an interval edge of CompactCounts (the nearest are {below} and {above})")))
                }
                Err(error) => Err(error.into()),
            },
        }
    }
}
