//! A core call from Python: detached from the interpreter when it takes long, and stopped by a signal.
//!
//! The calling thread is one of those that work. When it is the one where Python runs its signal handlers, it looks for
//! signals between two blocks of rows, and runs their handlers there. When a handler raises, the work is cancelled and that
//! exception comes back. So work may be cut short, and must leave no trace before it returns.

use std::panic;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Builder, Thread};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use thresher::{Control, Result as CoreResult};

use crate::errors::Result;
use crate::settings::{SMALL_ROWS, Settings};

/// Rows up to which a call stays attached: microseconds of work, no more than another thread would wait anyway.
pub(crate) const ATTACHED_ROWS: usize = 4_096;

/// How often a call looks for signals. Attaching to the interpreter while other Python threads compute takes up to its
/// switch interval, 5 ms.
const STEP: Duration = Duration::from_millis(40);

/// Runs `work`, which reads `rows` rows and looks at its [`Control`] every few thousand.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    rows: usize,
    settings: Settings,
    work: impl Fn(&Control<'_>) -> CoreResult<T> + Send + Sync,
) -> Result<T> {
    if rows <= ATTACHED_ROWS {
        return Ok(settings.uncancelled(work)?);
    }
    if rows <= SMALL_ROWS || !handles_signals(py)? {
        return Ok(py.detach(|| settings.uncancelled(work))?);
    }
    let watch = Watch::new();
    let outcome = py.detach(|| work(&settings.control(&watch.cancel).with_watch(&|| watch.look())));
    watch.finish()?;
    Ok(outcome?)
}

/// Runs `work`, which owns the `rows` rows it reads and need not look at its [`Control`]: after a signal nobody waits for
/// it. It then runs on to its end on a thread of its own, and its result is dropped.
pub(crate) fn run_owned<T: Send + 'static>(
    py: Python<'_>,
    rows: usize,
    settings: Settings,
    work: impl Fn(&Control<'_>) -> CoreResult<T> + Send + Sync + 'static,
) -> Result<T> {
    if rows <= SMALL_ROWS || !handles_signals(py)? {
        return run(py, rows, settings, work);
    }
    let ours = Arc::new((Handover::new(settings), work));
    let theirs = Arc::clone(&ours);
    let Ok(worker) = Builder::new().name("thresher".to_owned()).spawn(move || theirs.0.run(&theirs.1)) else {
        return run(py, rows, settings, &ours.1); // no thread to be had: to wait for its end beats none
    };
    ours.0.wait(py)?;
    let outcome = py.detach(|| worker.join());
    Ok(outcome.unwrap_or_else(|payload| panic::resume_unwind(payload))?)
}

/// True on the thread where Python runs signal handlers.
fn handles_signals(py: Python<'_>) -> PyResult<bool> {
    static THREADING: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let threading = THREADING.get_or_try_init(py, || py.import("threading").map(Bound::unbind))?.bind(py);
    let main: Option<u64> = threading.call_method0("main_thread")?.getattr("ident")?.extract()?;
    Ok(main == Some(threading.call_method0("get_ident")?.extract()?))
}

/// Looks for signals on behalf of the core, on the calling thread.
struct Watch {
    cancel: AtomicBool,
    caller: usize,
    /// Looks so far.
    looks: AtomicU32,
    next: Mutex<Instant>,
    raised: Mutex<Option<PyErr>>,
}

impl Watch {
    fn new() -> Self {
        Self {
            cancel: AtomicBool::new(false),
            caller: this_thread(),
            looks: AtomicU32::new(0),
            next: Mutex::new(Instant::now() + STEP),
            raised: Mutex::new(None),
        }
    }

    /// Called on any thread, some hundred times a millisecond.
    fn look(&self) {
        /// Looks for one that asks for the time, which takes 23 ns where it was measured (a virtual machine, AMD EPYC).
        const LOOKS: u32 = 8;
        if this_thread() != self.caller || !self.looks.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOKS) {
            return;
        }
        {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if now < *next {
                return;
            }
            *next = now + STEP;
        }
        // No lock is held: a handler may call this module.
        if let Err(error) = Python::attach(|py| py.check_signals()) {
            *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            self.cancel.store(true, Ordering::Relaxed);
        }
    }

    /// The exception that a handler raised.
    fn finish(self) -> PyResult<()> {
        self.raised.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

/// A number that no other thread has now.
fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

/// What the calling thread and one that works for it tell each other.
struct Handover {
    settings: Settings,
    cancel: AtomicBool,
    finished: AtomicBool,
    caller: Thread,
}

impl Handover {
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
struct Announce<'a>(&'a Handover);

impl Drop for Announce<'_> {
    fn drop(&mut self) {
        self.0.finished.store(true, Ordering::Release);
        self.0.caller.unpark();
    }
}
