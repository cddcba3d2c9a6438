//! [`GroupedCounts`]: an accumulator for each key; its lock is that of `guarded.rs`, its methods are in `grouped_methods.rs`.

use std::sync::Arc;

use pyo3::prelude::*;
use thresher::count::{Committed, CompactCounts, ExactCounts, GroupedPart, KeyColumn, KeyValue, Rows, ThresholdCounts};
use thresher::input::Batch;
use thresher::measure::{self, Rate};
use thresher::state::{AnyCounts, AnyGrouped};
use thresher::tally::{Masses, Tally};
use thresher::{Control, Error, Result as CoreResult};

use crate::accumulators::Accumulator;
use crate::batches::Samples;
use crate::calls::{self, ATTACHED_ROWS};
use crate::decisions;
use crate::errors::Result;
use crate::guarded::{Guarded, Held};
use crate::keys::LentKeys;
use crate::settings::Settings;

/// Counts of one kind for each key. Safe to use from several threads.
#[pyclass(module = "thresher._core", frozen)]
pub(crate) struct GroupedCounts(pub(crate) Guarded<State>);

/// What is kept under the lock.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) counts: AnyGrouped,
    /// Its groups in the order of their keys, once they were asked for.
    order: Option<Arc<Vec<u32>>>,
}

/// Runs the same on groups of any kind.
macro_rules! any {
    ($grouped:expr, $counts:ident => $work:expr) => {
        match $grouped {
            AnyGrouped::Thresholds($counts) => $work,
            AnyGrouped::Exact($counts) => $work,
            AnyGrouped::Compact($counts) => $work,
        }
    };
}
pub(crate) use any;

/// A batch, read and not yet added.
enum AnyPart {
    Thresholds(GroupedPart<ThresholdCounts>),
    Exact(GroupedPart<ExactCounts>),
    Compact(GroupedPart<CompactCounts>),
}

impl GroupedCounts {
    pub(crate) fn of(counts: AnyGrouped) -> Self {
        Self(Guarded::new(State { counts, order: None }))
    }

    /// Counts samples of these key columns and adds them.
    pub(crate) fn add(
        &self,
        py: Python<'_>,
        names: Option<&[String]>,
        keys: &LentKeys<'_>,
        samples: &Samples<'_>,
        n_threads: Option<usize>,
    ) -> Result<()> {
        let (columns, batch) = (keys.columns()?, samples.batch()?);
        let rows = batch.len();
        let settings = Settings::new(py, rows, n_threads)?;
        loop {
            self.settle(py, settings)?;
            let held = self.0.snapshot(py);
            let part = calls::run(py, rows, settings, |control| count(&held.counts, names, &columns, &batch, control))?;
            drop(held); // else committing would have to copy what the two share
            let committed = self.0.change(py, rows > ATTACHED_ROWS, |state| {
                state.order = None;
                commit(&mut state.counts, part)
            })?;
            if committed == Committed::Done {
                return Ok(());
            }
        }
    }

    /// Has accumulators count the rows that wait for it: no value changes, so a signal may end it.
    fn settle(&self, py: Python<'_>, settings: Settings) -> Result<()> {
        let before = self.0.snapshot(py);
        let work = entries(&before.counts);
        if let Some(counts) = calls::run(py, work, settings, |control| settled(&before.counts, control))? {
            self.0.settle(py, &before, State { counts, order: before.order.clone() });
        }
        Ok(())
    }

    /// Adds all that `other` has counted.
    pub(crate) fn absorb(&self, py: Python<'_>, other: &Self) -> Result<()> {
        let theirs = other.0.snapshot(py).counts.clone();
        let before = self.0.snapshot(py);
        let (work, settings) = (entries(&before.counts) + entries(&theirs), Settings::serial(py)?);
        // On a copy, where a signal can stop it. Should `self` change meanwhile, a second try might fare no better: then
        // under the lock.
        let sum = calls::run(py, work, settings, |control| {
            let mut sum = before.counts.clone();
            merge(&mut sum, &theirs, control).map(|()| sum)
        })?;
        if !self.0.replace(py, &before, State { counts: sum, order: None }) {
            drop(before);
            self.0.change(py, true, |state| {
                state.order = None;
                settings.uncancelled(|control| merge(&mut state.counts, &theirs, control))
            })?;
        }
        Ok(())
    }

    /// What `read` makes of the groups as they are now, on up to so many threads.
    pub(crate) fn read<T: Send>(
        &self,
        py: Python<'_>,
        n_threads: Option<usize>,
        read: impl Fn(&AnyGrouped, &Control<'_>) -> CoreResult<T> + Send + Sync,
    ) -> Result<T> {
        let held = self.0.snapshot(py);
        let work = entries(&held.counts);
        calls::run(py, work, Settings::new(py, work, n_threads)?, |control| read(&held.counts, control))
    }

    /// The accumulator of one group, made while other Python threads go on.
    pub(crate) fn one(&self, py: Python<'_>, held: &Held<State>, group: u32) -> Result<Accumulator> {
        let (work, settings) = (ATTACHED_ROWS + 1, Settings::serial(py)?);
        let (made, sorted) = calls::run(py, work, settings, |control| {
            let sorted = sorted_about(&held.counts, group)?;
            accumulator(sorted.as_ref().unwrap_or(&held.counts), group, control).map(|made| (made, sorted))
        })?;
        if let Some(counts) = sorted {
            self.0.settle(py, held, State { counts, order: held.order.clone() });
        }
        Ok(Accumulator::new(made))
    }

    /// The state now, and its groups in the order of their keys.
    pub(crate) fn ordered(&self, py: Python<'_>) -> Result<(Held<State>, Arc<Vec<u32>>)> {
        let held = self.0.snapshot(py);
        if let Some(order) = &held.order {
            let order = Arc::clone(order);
            return Ok((held, order));
        }
        let counts = &held.counts;
        let settings = Settings::serial(py)?;
        let order = calls::run(py, entries(counts), settings, |_| Ok(any!(counts, counts => counts.ordered())))?;
        let order = Arc::new(order);
        self.0.amend(py, &held, |state| state.order = Some(Arc::clone(&order)));
        Ok((held, order))
    }
}

/// About how many rows take as long to read as these groups.
pub(crate) fn entries(counts: &AnyGrouped) -> usize {
    any!(counts, counts => counts.nbytes()) / size_of::<u64>()
}

fn count(
    counts: &AnyGrouped,
    names: Option<&[String]>,
    columns: &[KeyColumn<'_>],
    batch: &Batch<'_>,
    control: &Control<'_>,
) -> CoreResult<AnyPart> {
    Ok(match counts {
        AnyGrouped::Thresholds(counts) => AnyPart::Thresholds(counts.count(names, columns, batch, control)?),
        AnyGrouped::Exact(counts) => AnyPart::Exact(counts.count(names, columns, batch, control)?),
        AnyGrouped::Compact(counts) => AnyPart::Compact(counts.count(names, columns, batch, control)?),
    })
}

fn commit(counts: &mut AnyGrouped, part: AnyPart) -> CoreResult<Committed> {
    match (counts, part) {
        (AnyGrouped::Thresholds(counts), AnyPart::Thresholds(part)) => counts.commit(part),
        (AnyGrouped::Exact(counts), AnyPart::Exact(part)) => counts.commit(part),
        (AnyGrouped::Compact(counts), AnyPart::Compact(part)) => counts.commit(part),
        // A part comes back to the groups that counted it, whose kind never changes.
        (counts, _) => Err(Error::KindMismatch { ours: kind(counts), theirs: "a part of another kind" }),
    }
}

fn settled(counts: &AnyGrouped, control: &Control<'_>) -> CoreResult<Option<AnyGrouped>> {
    Ok(match counts {
        AnyGrouped::Thresholds(counts) => counts.settled(control)?.map(AnyGrouped::Thresholds),
        AnyGrouped::Exact(counts) => counts.settled(control)?.map(AnyGrouped::Exact),
        AnyGrouped::Compact(counts) => counts.settled(control)?.map(AnyGrouped::Compact),
    })
}

fn merge(ours: &mut AnyGrouped, theirs: &AnyGrouped, control: &Control<'_>) -> CoreResult<()> {
    match (ours, theirs) {
        (AnyGrouped::Thresholds(ours), AnyGrouped::Thresholds(theirs)) => ours.merge(theirs, control),
        (AnyGrouped::Exact(ours), AnyGrouped::Exact(theirs)) => ours.merge(theirs, control),
        (AnyGrouped::Compact(ours), AnyGrouped::Compact(theirs)) => ours.merge(theirs, control),
        (ours, theirs) => Err(Error::KindMismatch { ours: kind(ours), theirs: kind(theirs) }),
    }
}

fn kind(counts: &AnyGrouped) -> &'static str {
    match counts {
        AnyGrouped::Thresholds(_) => "GroupedCounts of ThresholdCounts",
        AnyGrouped::Exact(_) => "GroupedCounts of ExactCounts",
        AnyGrouped::Compact(_) => "GroupedCounts of CompactCounts",
    }
}

/// By these columns alone.
pub(crate) fn rolled_up(counts: &AnyGrouped, columns: &[usize], control: &Control<'_>) -> CoreResult<AnyGrouped> {
    Ok(match counts {
        AnyGrouped::Thresholds(counts) => AnyGrouped::Thresholds(counts.rolled_up(columns, control)?),
        AnyGrouped::Exact(counts) => AnyGrouped::Exact(counts.rolled_up(columns, control)?),
        AnyGrouped::Compact(counts) => AnyGrouped::Compact(counts.rolled_up(columns, control)?),
    })
}

/// Those that are marked.
pub(crate) fn selected(counts: &AnyGrouped, marked: &[bool], control: &Control<'_>) -> CoreResult<AnyGrouped> {
    Ok(match counts {
        AnyGrouped::Thresholds(counts) => AnyGrouped::Thresholds(counts.selected(marked, control)?),
        AnyGrouped::Exact(counts) => AnyGrouped::Exact(counts.selected(marked, control)?),
        AnyGrouped::Compact(counts) => AnyGrouped::Compact(counts.selected(marked, control)?),
    })
}

/// The accumulator of a group.
fn accumulator(counts: &AnyGrouped, group: u32, control: &Control<'_>) -> CoreResult<AnyCounts> {
    Ok(match counts {
        AnyGrouped::Thresholds(counts) => AnyCounts::Thresholds(counts.accumulator(group, control)?),
        AnyGrouped::Exact(counts) => AnyCounts::Exact(counts.accumulator(group, control)?),
        AnyGrouped::Compact(counts) => AnyCounts::Compact(counts.accumulator(group, control)?),
    })
}

/// The accumulator of all groups together.
pub(crate) fn total(counts: &AnyGrouped, control: &Control<'_>) -> CoreResult<AnyCounts> {
    Ok(match counts {
        AnyGrouped::Thresholds(counts) => AnyCounts::Thresholds(counts.total(control)?),
        AnyGrouped::Exact(counts) => AnyCounts::Exact(counts.total(control)?),
        AnyGrouped::Compact(counts) => AnyCounts::Compact(counts.total(control)?),
    })
}

/// What a group begins as.
pub(crate) fn prototype(counts: &AnyGrouped) -> AnyCounts {
    match counts {
        AnyGrouped::Thresholds(counts) => AnyCounts::Thresholds(counts.prototype().clone()),
        AnyGrouped::Exact(counts) => AnyCounts::Exact(counts.prototype().clone()),
        AnyGrouped::Compact(counts) => AnyCounts::Compact(counts.prototype().clone()),
    }
}

/// The same with the rows of this group's neighbours sorted by group; None where they are few.
fn sorted_about(counts: &AnyGrouped, group: u32) -> CoreResult<Option<AnyGrouped>> {
    Ok(match counts {
        AnyGrouped::Thresholds(counts) => counts.sorted_about(group)?.map(AnyGrouped::Thresholds),
        AnyGrouped::Exact(counts) => counts.sorted_about(group)?.map(AnyGrouped::Exact),
        AnyGrouped::Compact(counts) => counts.sorted_about(group)?.map(AnyGrouped::Compact),
    })
}

/// A key's group.
pub(crate) fn find(counts: &AnyGrouped, key: &[KeyValue<'_>]) -> Option<u32> {
    any!(counts, counts => counts.find(key))
}

/// Rows of all groups together.
pub(crate) fn rows(counts: &AnyGrouped) -> Rows {
    any!(counts, counts => counts.rows())
}

/// A figure of one tally.
#[derive(Clone, Copy)]
pub(crate) enum Figure {
    Query(fn(&Tally) -> CoreResult<f64>),
    RateAt(Rate, f64),
}

impl Figure {
    pub(crate) fn threshold(&self) -> Option<f64> {
        if let Self::RateAt(_, threshold) = self { Some(*threshold) } else { None }
    }
}

/// All figures of a tally; `admitted`: how many of its groups each of their thresholds admits.
pub(crate) fn figures(all: &[Figure], tally: &Tally, admitted: &[usize]) -> CoreResult<Box<[f64]>> {
    let mut admitted = admitted.iter();
    let of = |figure: &Figure| match figure {
        Figure::Query(query) => query(tally),
        Figure::RateAt(rate, threshold) => {
            let admitted: Vec<usize> = admitted.next().copied().into_iter().collect();
            let table = measure::confusion_of_groups(tally, vec![*threshold], &admitted);
            Ok(table.rate(*rate).first().copied().unwrap_or(f64::NAN))
        }
    };
    all.iter().map(of).collect()
}

/// The figure of that name, or the rate of that name at a threshold, if the core has it for all groups at once.
pub(crate) fn figure(name: &str, at: Option<f64>) -> Result<Option<Figure>> {
    Ok(match at {
        Some(threshold) => Some(Figure::RateAt(decisions::named(name, 1.0)?, threshold)),
        None => query(name).map(Figure::Query),
    })
}

fn query(name: &str) -> Option<fn(&Tally) -> CoreResult<f64>> {
    fn mass(tally: &Tally, positive: bool) -> f64 {
        match tally.masses() {
            Masses::Counts { positives, negatives } => {
                let rows: u64 = if positive { positives } else { negatives }.iter().sum();
                rows as f64
            }
            Masses::Weights { positives, negatives } => if positive { positives } else { negatives }.iter().sum(),
        }
    }
    Some(match name {
        "roc_auc" => |tally| Ok(measure::roc_auc(tally)),
        "average_precision" => |tally| {
            let exact = tally.tied();
            Ok(if exact { measure::average_precision(tally) } else { measure::average_precision_with_bounds(tally).0 })
        },
        "roc_auc_lower" => |tally| Ok(measure::roc_auc_bounds(tally).lower),
        "roc_auc_upper" => |tally| Ok(measure::roc_auc_bounds(tally).upper),
        "mean_score" => measure::mean_score,
        "calibration_ratio" => measure::calibration_ratio,
        "log_loss" => measure::log_loss,
        "normalized_entropy" => measure::normalized_entropy,
        "brier_score" => measure::brier_score,
        "weight_positives" => |tally| Ok(mass(tally, true)),
        "weight_negatives" => |tally| Ok(mass(tally, false)),
        _ => return None,
    })
}
