//! How many threads and which instructions a call uses: its arguments, then the environment, then the machine.

use std::env;
use std::ffi::OsString;
use std::num::NonZero;
use std::sync::atomic::AtomicBool;
use std::thread;

use pyo3::prelude::*;
use thresher::{Control, Level};

use crate::arguments;
use crate::errors::{Failure, Result};

/// Rows up to which nobody looks for signals, and one thread does the work: milliseconds, or tens of them at worst.
pub(crate) const SMALL_ROWS: usize = 300_000;

/// Threads and instructions of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    threads: usize,
    level: Level,
}

impl Settings {
    /// For a call over `rows` rows. How many threads there might be is asked for large calls alone: it takes 40 µs, as the
    /// control group's files are read. The environment is read while attached, when Python does not write to it.
    pub(crate) fn new(_: Python<'_>, rows: usize, n_threads: Option<usize>) -> Result<Self> {
        let threads = match n_threads {
            Some(threads) => threads,
            None if rows <= SMALL_ROWS => 1,
            None => default_threads()?,
        };
        Ok(Self { threads, level: level()? })
    }

    /// For a call on one thread.
    pub(crate) fn serial(py: Python<'_>) -> Result<Self> {
        Self::new(py, 0, None)
    }

    /// Runs work that is too small to be stopped.
    pub(crate) fn uncancelled<T>(self, work: impl FnOnce(&Control<'_>) -> T) -> T {
        work(&self.control(&AtomicBool::new(false)))
    }

    /// The same for the core, to be stopped by `cancel`.
    pub(crate) fn control(self, cancel: &AtomicBool) -> Control<'_> {
        Control::new(cancel).with_threads(self.threads).with_level(self.level)
    }
}

/// The argument `n_threads`: None, or an int >= 1.
pub(crate) fn n_threads(value: Option<&Bound<'_, PyAny>>) -> Result<Option<usize>> {
    value.map(|value| arguments::int("n_threads", value, 1)).transpose()
}

/// `THRESHER_NUM_THREADS`, else `OMP_NUM_THREADS`, else the CPUs this process may use (affinity and control group).
pub(crate) fn default_threads() -> Result<usize> {
    const OURS: &str = "THRESHER_NUM_THREADS";
    if let Some(value) = set(OURS) {
        let threads = value.to_str().and_then(at_least_one);
        return threads.ok_or_else(|| refused(OURS, "an int >= 1", &value));
    }
    // OpenMP allows a list, one number a nesting level. What else it may hold is not ours to judge.
    let outer = set("OMP_NUM_THREADS").and_then(|value| at_least_one(value.to_str()?.split(',').next()?));
    Ok(outer.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get)))
}

/// `THRESHER_SIMD`, else the best this CPU has (which the standard library finds out once and remembers).
pub(crate) fn level() -> Result<Level> {
    const OURS: &str = "THRESHER_SIMD";
    let Some(value) = set(OURS) else { return Ok(Level::detect()) };
    let level = value.to_str().and_then(Level::named);
    level.ok_or_else(|| refused(OURS, "scalar, avx2 or avx512, and available on this CPU", &value))
}

/// The variable's value, unless it is unset or empty.
fn set(variable: &str) -> Option<OsString> {
    env::var_os(variable).filter(|value| !value.is_empty())
}

fn at_least_one(text: &str) -> Option<usize> {
    text.trim().parse().ok().filter(|&threads| threads >= 1)
}

fn refused(variable: &str, accepted: &str, value: &OsString) -> Failure {
    Failure::Value(format!("the environment variable {variable} must be {accepted}, but is {value:?}"))
}
