//! [`Accumulator`]: the one class behind ThresholdCounts, ExactCounts and CompactCounts.

use std::sync::Arc;

use pyo3::prelude::*;
use thresher::count::{Committed, Rows, SMALL_BATCH};
use thresher::state::AnyCounts;
use thresher::tally::Tally;

use crate::batches::Samples;
use crate::calls::{self, ATTACHED_ROWS};
use crate::dispatch::{AnyAccumulator, EXACT};
use crate::errors::Result;
use crate::guarded::{Guarded, Held};
use crate::queries;
use crate::settings::{SMALL_ROWS, Settings};

/// Entries that merge while one row is counted: two million take less than 0.1 s.
const ENTRIES_A_ROW: usize = 8;

/// Counts of one kind: at thresholds, exact, or compact. Safe to use from several threads.
#[pyclass(module = "thresher._core", frozen)]
pub(crate) struct Accumulator {
    /// Never changes.
    pub(crate) kind: &'static str,
    /// The most threads that a query uses: those of a call that made this for one answer, else None.
    pub(crate) query_threads: Option<usize>,
    state: Guarded<State>,
}

/// What is kept under the lock.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) counts: AnyCounts,
    /// Its tally, once one was asked for.
    pub(crate) tally: Option<Arc<Tally>>,
}

/// Groups up to which a tally is kept for further questions: 48 MiB.
const MOST_KEPT: usize = 1 << 21;

impl Accumulator {
    pub(crate) fn new(counts: AnyCounts) -> Self {
        Self { kind: counts.name(), query_threads: None, state: Guarded::new(State { counts, tally: None }) }
    }

    /// The same, for one answer on so many threads.
    pub(crate) fn for_one_answer(counts: AnyCounts, n_threads: Option<usize>) -> Self {
        Self { query_threads: n_threads, ..Self::new(counts) }
    }

    /// Changes the counts under the lock; `work` does all of it or nothing.
    pub(crate) fn change<T: Send>(
        &self,
        py: Python<'_>,
        heavy: bool,
        work: impl FnOnce(&mut AnyCounts) -> T + Send,
    ) -> T {
        self.state.change(py, heavy, |state| {
            state.tally = None;
            work(&mut state.counts)
        })
    }

    /// The state now; the two share memory until one of them changes.
    pub(crate) fn snapshot(&self, py: Python<'_>) -> Held<State> {
        self.state.snapshot(py)
    }

    pub(crate) fn counts(&self, py: Python<'_>) -> AnyCounts {
        self.snapshot(py).counts.clone()
    }

    /// Puts `counts`, which say the same as what was held at `before`, in its place, unless that has changed since.
    pub(crate) fn settle(&self, py: Python<'_>, before: &Held<State>, counts: AnyCounts) {
        self.state.settle(py, before, State { counts, tally: before.tally.clone() });
    }

    /// Keeps the tally of the state at `before`, unless that has changed since, or the tally is a large one.
    pub(crate) fn keep(&self, py: Python<'_>, before: &Held<State>, tally: &Arc<Tally>) {
        let kept = (tally.len() <= MOST_KEPT).then(|| Arc::clone(tally));
        self.state.amend(py, before, |state| state.tally = kept);
    }

    /// Rows counted, and their weights: once any were given, sums over all groups, so they are asked for like a query.
    pub(crate) fn rows(&self, py: Python<'_>) -> Result<Rows> {
        let counts = self.counts(py);
        if counts.weighted() { queries::masses(self, py) } else { Ok(counts.rows()) }
    }

    /// Counts samples and adds them.
    pub(crate) fn add(&self, py: Python<'_>, samples: &Samples<'_>, n_threads: Option<usize>) -> Result<()> {
        let batch = samples.batch()?;
        let rows = batch.len();
        let settings = Settings::new(py, rows, n_threads)?;
        // A batch of any size may make an ExactCounts sort and merge all it holds: not under the lock.
        if rows <= SMALL_BATCH && !batch.weighted() && self.kind != EXACT {
            let update = |counts: &mut AnyCounts| settings.uncancelled(|control| counts.update(&batch, control));
            return Ok(self.change(py, rows > ATTACHED_ROWS, update)?);
        }
        loop {
            let counts = self.counts(py);
            let work = rows + queries::entries(&counts) / ENTRIES_A_ROW;
            let part = calls::run(py, work, settings, |control| counts.count(&batch, control))?;
            drop(counts); // else committing would have to copy the tables the two share
            if self.change(py, work > ATTACHED_ROWS, |counts| counts.commit(part))? == Committed::Done {
                return Ok(());
            }
        }
    }

    /// Adds all that `other` has counted.
    pub(crate) fn absorb(&self, py: Python<'_>, other: &Self) -> Result<()> {
        let theirs = other.counts(py);
        let before = self.snapshot(py);
        let entries = queries::entries(&before.counts) + queries::entries(&theirs);
        if entries / ENTRIES_A_ROW > SMALL_ROWS {
            // On copies, where a signal can stop it. Should `self` change meanwhile, a second try might fare no better:
            // then under the lock.
            let (ours, theirs) = (before.counts.clone(), theirs.clone());
            let sum = calls::run_owned(py, entries, Settings::serial(py)?, move |_| {
                let mut sum = ours.clone();
                sum.merge(&theirs).map(|()| sum)
            })?;
            if self.state.replace(py, &before, State { counts: sum, tally: None }) {
                return Ok(());
            }
        }
        drop(before);
        Ok(self.change(py, entries > ATTACHED_ROWS, |ours| ours.merge(&theirs))?)
    }
}
