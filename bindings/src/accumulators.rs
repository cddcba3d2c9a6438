//! [`Accumulator`]: the one class behind ThresholdCounts, ExactCounts and CompactCounts, and its lock.
//!
//! # The lock
//! It is held to copy the state (a few pointers), to commit, to merge, and to count a batch of at most
//! [`SMALL_BATCH`] unweighted rows; never across a call into Python, and never while counting anything larger: that works
//! on a copy and commits afterwards. Nobody can deadlock on it:
//! - A holder never needs the interpreter. All work under the lock goes through [`Accumulator::locked`], whose closure
//!   must be `Send`, so it cannot carry the token that any call into Python takes; it calls the core, which knows no
//!   Python.
//! - A waiter does not wait while attached: only an uncontended lock is taken so.
//! - Nobody holds two locks: a merge copies `other` first.
//!
//! So a signal handler, a finaliser or another thread may use the object a call is running on.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use pyo3::prelude::*;
use thresher::count::{Committed, Rows, SMALL_BATCH};
use thresher::state::AnyCounts;
use thresher::tally::Tally;

use crate::batches::Samples;
use crate::calls::{self, ATTACHED_ROWS};
use crate::dispatch::{AnyAccumulator, EXACT};
use crate::errors::Result;
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
    state: Mutex<State>,
}

/// A state, and how many changes led to it.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) counts: AnyCounts,
    changes: u64,
    /// Its tally, once one was asked for.
    pub(crate) tally: Option<Arc<Tally>>,
}

/// Groups up to which a tally is kept for further questions: 48 MiB.
const MOST_KEPT: usize = 1 << 21;

impl Accumulator {
    pub(crate) fn new(counts: AnyCounts) -> Self {
        Self { kind: counts.name(), query_threads: None, state: Mutex::new(State { counts, changes: 0, tally: None }) }
    }

    /// The same, for one answer on so many threads.
    pub(crate) fn for_one_answer(counts: AnyCounts, n_threads: Option<usize>) -> Self {
        Self { query_threads: n_threads, ..Self::new(counts) }
    }

    /// Runs `work` under the lock; detached when it is `heavy` or has to wait.
    fn locked<T: Send>(&self, py: Python<'_>, heavy: bool, work: impl FnOnce(&mut State) -> T + Send) -> T {
        // Whatever panicked under the lock left a whole state behind: the core changes it all or nothing.
        if !heavy {
            match self.state.try_lock() {
                Ok(mut state) => return work(&mut state),
                Err(TryLockError::Poisoned(poisoned)) => return work(&mut poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        py.detach(|| work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Changes the counts under the lock; `work` does all of it or nothing.
    pub(crate) fn change<T: Send>(
        &self,
        py: Python<'_>,
        heavy: bool,
        work: impl FnOnce(&mut AnyCounts) -> T + Send,
    ) -> T {
        self.locked(py, heavy, |state| {
            state.changes += 1;
            state.tally = None;
            work(&mut state.counts)
        })
    }

    /// The state now; the two share memory until one of them changes.
    pub(crate) fn snapshot(&self, py: Python<'_>) -> State {
        self.locked(py, false, |state| state.clone())
    }

    pub(crate) fn counts(&self, py: Python<'_>) -> AnyCounts {
        self.snapshot(py).counts
    }

    /// Puts `counts`, which say the same as what was held at `before`, in its place, unless that has changed since.
    pub(crate) fn settle(&self, py: Python<'_>, before: &State, counts: AnyCounts) {
        self.exchange(py, before, State { counts, changes: before.changes, tally: before.tally.clone() });
    }

    /// Keeps the tally of the state at `before`, unless that has changed since, or the tally is a large one.
    pub(crate) fn keep(&self, py: Python<'_>, before: &State, tally: &Arc<Tally>) {
        let kept = (tally.len() <= MOST_KEPT).then(|| Arc::clone(tally));
        self.locked(py, false, |held| {
            if held.changes == before.changes {
                held.tally = kept;
            }
        });
    }

    /// Puts `counts` in place of what was held at `before`; false when that has changed since.
    fn replace(&self, py: Python<'_>, before: &State, counts: AnyCounts) -> bool {
        self.exchange(py, before, State { counts, changes: before.changes + 1, tally: None })
    }

    fn exchange(&self, py: Python<'_>, before: &State, after: State) -> bool {
        // What was held is dropped when the lock is free again.
        let held = self.locked(py, false, |held| (held.changes == before.changes).then(|| mem::replace(held, after)));
        held.is_some()
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
            if self.replace(py, &before, sum) {
                return Ok(());
            }
        }
        drop(before);
        Ok(self.change(py, entries > ATTACHED_ROWS, |ours| ours.merge(&theirs))?)
    }
}
