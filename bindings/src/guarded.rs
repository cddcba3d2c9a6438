//! [`Guarded`]: the state of an accumulator behind its lock.
//!
//! # The lock
//! It is held to copy the state (a few pointers), to commit, to merge, and to count a batch of at most
//! [`SMALL_BATCH`](thresher::count::SMALL_BATCH) unweighted rows; never across a call into Python, and never while
//! counting anything larger: that works on a copy and commits afterwards. Nobody can deadlock on it:
//! - A holder never needs the interpreter. All work under the lock goes through [`Guarded::locked`], whose closure
//!   must be `Send`, so it cannot carry the token that any call into Python takes; it calls the core, which knows no
//!   Python.
//! - A waiter does not wait while attached: only an uncontended lock is taken so.
//! - Nobody holds two locks: a merge copies `other` first.
//!
//! So a signal handler, a finaliser or another thread may use the object a call is running on.

use std::mem;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError, TryLockError};

use pyo3::prelude::*;

/// A state that several threads may use.
pub(crate) struct Guarded<T>(Mutex<Held<T>>);

/// A state, and how many changes led to it.
#[derive(Clone)]
pub(crate) struct Held<T> {
    state: T,
    changes: u64,
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.state
    }
}

impl<T: Clone + Send + Sync> Guarded<T> {
    pub(crate) fn new(state: T) -> Self {
        Self(Mutex::new(Held { state, changes: 0 }))
    }

    /// Runs `work` under the lock; detached when it is `heavy` or has to wait.
    fn locked<R: Send>(&self, py: Python<'_>, heavy: bool, work: impl FnOnce(&mut Held<T>) -> R + Send) -> R {
        // Whatever panicked under the lock left a whole state behind: the core changes it all or nothing.
        if !heavy {
            match self.0.try_lock() {
                Ok(mut held) => return work(&mut held),
                Err(TryLockError::Poisoned(poisoned)) => return work(&mut poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        py.detach(|| work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Changes the state under the lock; `work` does all of it or nothing.
    pub(crate) fn change<R: Send>(&self, py: Python<'_>, heavy: bool, work: impl FnOnce(&mut T) -> R + Send) -> R {
        self.locked(py, heavy, |held| {
            held.changes += 1;
            work(&mut held.state)
        })
    }

    /// The state now; the two share memory until one of them changes.
    pub(crate) fn snapshot(&self, py: Python<'_>) -> Held<T> {
        self.locked(py, false, |held| held.clone())
    }

    /// Notes something beside the state at `before`, unless that has changed since.
    pub(crate) fn amend(&self, py: Python<'_>, before: &Held<T>, work: impl FnOnce(&mut T) + Send) {
        self.locked(py, false, |held| {
            if held.changes == before.changes {
                work(&mut held.state);
            }
        });
    }

    /// Puts `state`, which says the same as what was held at `before`, in its place, unless that has changed since.
    pub(crate) fn settle(&self, py: Python<'_>, before: &Held<T>, state: T) -> bool {
        self.exchange(py, before, Held { state, changes: before.changes })
    }

    /// Puts `state` in place of what was held at `before`; false when that has changed since.
    pub(crate) fn replace(&self, py: Python<'_>, before: &Held<T>, state: T) -> bool {
        self.exchange(py, before, Held { state, changes: before.changes + 1 })
    }

    fn exchange(&self, py: Python<'_>, before: &Held<T>, after: Held<T>) -> bool {
        // What was held is dropped when the lock is free again.
        let held = self.locked(py, false, |held| (held.changes == before.changes).then(|| mem::replace(held, after)));
        held.is_some()
    }
}
