//! [`Control`]: how a call may run, and how it is stopped.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};
use crate::simd::Level;

/// How a call may run: on how many threads, with which instructions, and until when. None of it changes a result.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::Control;
/// let cancel = AtomicBool::new(false);
/// let control = Control::new(&cancel).with_threads(2);
/// assert_eq!(control.threads, 2);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Control<'c> {
    /// The most threads to use, the calling one included; 0 counts as 1.
    pub threads: usize,
    /// Set by another thread to stop the call with [`Error::Interrupted`]; looked at once a block.
    pub cancel: &'c AtomicBool,
    /// The instructions to use.
    pub level: Level,
}

impl<'c> Control<'c> {
    /// One thread, the best instructions this CPU has.
    #[must_use]
    pub fn new(cancel: &'c AtomicBool) -> Self {
        Self { threads: 1, cancel, level: Level::detect() }
    }

    /// Uses up to `threads` threads.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Uses the instructions of `level`.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// An error once the caller has asked to stop.
    pub(crate) fn check(&self) -> Result<()> {
        if self.cancel.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }
}
