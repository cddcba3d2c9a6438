//! [`Control`]: how a call may run, and how it is stopped.

use std::fmt;
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
#[derive(Clone, Copy)]
pub struct Control<'c> {
    /// The most threads to use, the calling one included; 0 counts as 1.
    pub threads: usize,
    /// Set by another thread, or by `watch`, to stop the call with [`Error::Interrupted`]; looked at once a block.
    pub cancel: &'c AtomicBool,
    /// Called before each look at `cancel`, on whichever thread looks: some hundred times a millisecond, so it must be quick.
    pub watch: Option<&'c (dyn Fn() + Sync)>,
    /// The instructions to use.
    pub level: Level,
}

impl<'c> Control<'c> {
    /// One thread, the best instructions this CPU has.
    #[must_use]
    pub fn new(cancel: &'c AtomicBool) -> Self {
        Self { threads: 1, cancel, watch: None, level: Level::detect() }
    }

    /// Uses up to `threads` threads.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Has `watch` called now and then, also on the calling thread, which is one of those that work.
    #[must_use]
    pub fn with_watch(self, watch: &'c (dyn Fn() + Sync)) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// Uses the instructions of `level`.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// An error once the caller has asked to stop.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(watch) = self.watch {
            watch();
        }
        if self.cancel.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }
}

impl fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { threads, cancel, watch, level } = self;
        let mut shown = f.debug_struct("Control");
        shown.field("threads", threads).field("cancel", cancel).field("watch", &watch.is_some()).field("level", level);
        shown.finish()
    }
}
