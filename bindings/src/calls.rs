//! A core call from Python: detached from the interpreter when it takes long, and stopped by a signal.
//!
//! Long work runs on a thread of its own while the calling one, where Python runs its signal handlers, waits and looks for
//! signals. When a handler raises, the work is cancelled and that exception comes back. So work may be cut short, and must
//! leave no trace before it returns.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Builder, Thread};
use std::time::Duration;

use pyo3::prelude::*;
use thresher::{Control, Result as CoreResult};

use crate::errors::Result;
use crate::settings::{Settings, UNWATCHED_ROWS};

/// Rows up to which a call stays attached: microseconds of work, no more than another thread would wait anyway.
pub(crate) const ATTACHED_ROWS: usize = 4_096;

/// How often the calling thread looks for signals.
const STEP: Duration = Duration::from_millis(20);

/// Runs `work`, which borrows the `rows` rows it reads: after a signal it is waited for, until it sees the cancel flag.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    rows: usize,
    settings: Settings,
    work: impl Fn(&Control<'_>) -> CoreResult<T> + Sync,
) -> Result<T> {
    let watch = Watch::new(settings);
    if rows <= ATTACHED_ROWS {
        return Ok(watch.run(&work)?);
    }
    if rows <= UNWATCHED_ROWS {
        return Ok(py.detach(|| watch.run(&work))?);
    }
    thread::scope(|scope| {
        let Ok(worker) = named().spawn_scoped(scope, || watch.run(&work)) else {
            return Ok(py.detach(|| watch.run(&work))?); // no thread to be had: uninterruptible beats impossible
        };
        let looked = watch.wait(py);
        let outcome = py.detach(|| worker.join());
        looked?;
        Ok(outcome.unwrap_or_else(|payload| panic::resume_unwind(payload))?)
    })
}

/// Runs `work`, which owns the `rows` rows it reads: after a signal nobody waits for it. What looks at the cancel flag too
/// rarely (reading a curve off a hundred million groups) then runs on to its end, and its result is dropped.
pub(crate) fn run_owned<T: Send + 'static>(
    py: Python<'_>,
    rows: usize,
    settings: Settings,
    work: impl Fn(&Control<'_>) -> CoreResult<T> + Send + Sync + 'static,
) -> Result<T> {
    if rows <= UNWATCHED_ROWS {
        return run(py, rows, settings, work);
    }
    let ours = Arc::new((Watch::new(settings), work));
    let theirs = Arc::clone(&ours);
    let Ok(worker) = named().spawn(move || theirs.0.run(&theirs.1)) else {
        return Ok(py.detach(|| ours.0.run(&ours.1))?);
    };
    ours.0.wait(py)?;
    let outcome = py.detach(|| worker.join());
    Ok(outcome.unwrap_or_else(|payload| panic::resume_unwind(payload))?)
}

fn named() -> Builder {
    Builder::new().name("thresher".to_owned())
}

/// What the calling thread and the worker tell each other.
struct Watch {
    settings: Settings,
    cancel: AtomicBool,
    finished: AtomicBool,
    caller: Thread,
}

impl Watch {
    fn new(settings: Settings) -> Self {
        Self { settings, cancel: AtomicBool::new(false), finished: AtomicBool::new(false), caller: thread::current() }
    }

    fn run<T>(&self, work: &impl Fn(&Control<'_>) -> CoreResult<T>) -> CoreResult<T> {
        let _announce = Announce(self);
        work(&self.settings.control(&self.cancel))
    }

    /// Waits for the worker. When a signal handler raises, cancels it instead.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        // A handler may come back to this function for another call. `finished` is looked at before each sleep, so a
        // wake-up that was spent there is not missed here.
        while !self.finished.load(Ordering::Acquire) {
            py.detach(|| thread::park_timeout(STEP));
            py.check_signals().inspect_err(|_| self.cancel.store(true, Ordering::Relaxed))?;
        }
        Ok(())
    }
}

/// Wakes the caller when dropped, so also when the work panics.
struct Announce<'a>(&'a Watch);

impl Drop for Announce<'_> {
    fn drop(&mut self) {
        self.0.finished.store(true, Ordering::Release);
        self.0.caller.unpark();
    }
}
