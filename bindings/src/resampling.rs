//! Replicates: of a figure that has a name, and of an accumulator for any other.

use pyo3::prelude::*;
use thresher::measure;
use thresher::resample::{self, Drawn, Resampling, Shard};
use thresher::state::AnyCounts;
use thresher::tally::Tally as Groups;

use crate::accumulators::Accumulator;
use crate::calls;
use crate::errors::{Failure, Result};
use crate::queries::{Column, column, entries};
use crate::settings::{self, Settings};
use crate::tallies::Tally;

type Figure = fn(&Groups) -> f64;

/// The figure of that name, where the core makes it of a tally without anything else.
fn figure(name: &str) -> Option<Figure> {
    Some(match name {
        "roc_auc" => measure::roc_auc,
        "average_precision" => measure::average_precision,
        "gini" => |tally| 2.0 * measure::roc_auc(tally) - 1.0,
        _ => return None,
    })
}

fn resampling(name: &str) -> Result<Resampling> {
    Ok(match name {
        "rows" => Resampling::Rows,
        "weighted rows" => Resampling::WeightedRows,
        "shards" => Resampling::Shards,
        _ => return Err(Failure::Value(format!("nothing called {name:?} is drawn"))),
    })
}

/// Names of figures whose replicates the core makes.
#[pyfunction]
pub(crate) fn bootstrap_figures() -> Vec<&'static str> {
    vec!["roc_auc", "average_precision", "gini"]
}

/// The figure of that name in each replicate of all shards together.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "the signature is Python's")]
pub(crate) fn bootstrap_replicates<'py>(
    py: Python<'py>,
    tallies: Vec<PyRef<'py, Tally>>,
    ids: Vec<u64>,
    name: &str,
    draws: &str,
    seed: u64,
    n_replicates: usize,
    n_threads: Option<&Bound<'py, PyAny>>,
) -> Result<Column<'py>> {
    let figure = figure(name).ok_or_else(|| Failure::Value(format!("no figure is called {name:?}")))?;
    let resampling = resampling(draws)?;
    let tallies: Vec<_> = tallies.iter().map(|tally| std::sync::Arc::clone(&tally.0)).collect();
    let groups: usize = tallies.iter().map(|tally| tally.len()).sum();
    let work = groups.saturating_mul(n_replicates);
    let settings = Settings::new(py, work, settings::n_threads(n_threads)?)?;
    let values = calls::run(py, work, settings, |control| {
        let shards: Vec<_> = tallies.iter().zip(&ids).map(|(tally, &id)| Shard { tally, id }).collect();
        resample::replicates(&shards, resampling, seed, n_replicates, control, &figure)
    })?;
    Ok(column(py, values))
}

/// One replicate of an accumulator without weights, of whose `tally` it is drawn.
#[pyfunction]
pub(crate) fn bootstrap_replicate(
    py: Python<'_>,
    counts: &Accumulator,
    tally: &Tally,
    id: u64,
    draws: &str,
    seed: u64,
    replicate: u32,
) -> Result<Accumulator> {
    let (resampling, counts) = (resampling(draws)?, counts.counts(py));
    let settings = Settings::serial(py)?;
    let redrawn = calls::run(py, entries(&counts), settings, |control| {
        let shard = Shard { tally: &tally.0, id };
        let Drawn::Counts([n, p]) = resample::replicate(shard, resampling, seed, replicate, control.level)? else {
            return Ok(None);
        };
        let drawn = [&n[..], &p];
        Ok(Some(match &counts {
            AnyCounts::Thresholds(counts) => AnyCounts::Thresholds(counts.with_rows(drawn)),
            AnyCounts::Compact(counts) => AnyCounts::Compact(counts.with_rows(drawn)),
            AnyCounts::Exact(counts) => AnyCounts::Exact(counts.with_rows(drawn, control)?),
        }))
    })?;
    let redrawn = redrawn.ok_or_else(|| Failure::Value("weights have no replicate that is counts".to_owned()))?;
    Ok(Accumulator::new(redrawn))
}
