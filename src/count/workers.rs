//! Chunks of rows on several threads: scoped to the call, so that nothing is left for a forked child to wait on.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use crate::control::Control;
use crate::error::{Error, Result};
use crate::simd::DefaultFloatMode;

/// Runs `work` on up to `threads` threads, the calling one included, each in the default floating-point mode; the
/// results in order of worker. A worker whose thread the system refuses runs on the calling thread.
pub(super) fn on_workers<R: Send>(threads: usize, work: impl Fn() -> R + Sync) -> Vec<R> {
    let work = || {
        let _mode = DefaultFloatMode::set();
        work()
    };
    if threads <= 1 {
        return vec![work()];
    }
    let gate = Gate::default();
    thread::scope(|scope| {
        let behind_gate = || {
            gate.pass();
            work()
        };
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, behind_gate).ok();
        let handles: Vec<_> = (1..threads).map(spawn).collect();
        gate.open_for(1 + handles.iter().flatten().count());
        let mut results = vec![work()];
        for handle in handles {
            results.push(match handle {
                Some(handle) => handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                None => work(),
            });
        }
        results
    })
}

/// Where new threads wait for one another before they work.
///
/// A kernel may put a new thread on the processor of the one that made it, though another is idle, and leave it there until
/// the next tick: 2.9 ms late in a program of its own (Linux 6.18, two processors). A thread that is *woken* was put on the
/// idle one (0.06 ms). So all of them sleep until the last has come; docs/dev/engine.md says what this does not solve.
#[derive(Default)]
struct Gate {
    /// Threads that have come, and how many there will be.
    come: Mutex<(usize, Option<usize>)>,
    all: Condvar,
}

impl Gate {
    fn pass(&self) {
        self.wait(None);
    }

    /// Passes, and says how many threads there are.
    fn open_for(&self, threads: usize) {
        self.wait(Some(threads));
    }

    fn wait(&self, threads: Option<usize>) {
        let mut come = self.come.lock().unwrap_or_else(PoisonError::into_inner);
        come.0 += 1;
        come.1 = come.1.or(threads);
        if come.1 == Some(come.0) {
            self.all.notify_all();
            return;
        }
        while come.1 != Some(come.0) {
            come = self.all.wait(come).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// More threads than any machine has cores for; each takes its own tables, so a slip in `n_threads` must not take all memory.
const MOST_THREADS: usize = 256;

/// Hands out chunks in ascending order and remembers the error of the lowest one.
struct Chunks {
    rows: usize,
    chunk: usize,
    next: AtomicUsize,
    failed: AtomicBool,
    error: Mutex<Option<(usize, Error)>>,
}

impl Chunks {
    fn new(rows: usize, chunk: usize) -> Self {
        Self { rows, chunk, next: AtomicUsize::new(0), failed: AtomicBool::new(false), error: Mutex::new(None) }
    }

    fn count(&self) -> usize {
        self.rows.div_ceil(self.chunk)
    }

    /// The next chunk nobody has; none once any chunk failed. Chunks below a failed one were all handed out before it.
    fn take(&self) -> Option<(usize, Range<usize>)> {
        if self.failed.load(Ordering::Relaxed) {
            return None;
        }
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.count()).then(|| (index, index * self.chunk..((index + 1) * self.chunk).min(self.rows)))
    }

    fn fail(&self, index: usize, error: Error) {
        let mut lowest = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        if lowest.as_ref().is_none_or(|&(at, _)| index < at) {
            *lowest = Some((index, error));
        }
        self.failed.store(true, Ordering::Relaxed);
    }

    fn finish(self) -> Result<()> {
        match self.error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }

    fn threads(&self, control: &Control<'_>) -> usize {
        control.threads.min(self.count()).clamp(1, MOST_THREADS)
    }
}

/// Folds chunks of `0..rows` into one value a worker, in no particular order: for sums that do not depend on it.
///
/// # Errors
/// The error of the lowest chunk that fails; [`Error::Interrupted`] when cancelled.
pub(super) fn fold<T: Send>(
    rows: usize,
    chunk: usize,
    control: &Control<'_>,
    start: impl Fn() -> Result<T> + Sync,
    step: impl Fn(&mut T, Range<usize>) -> Result<()> + Sync,
) -> Result<Vec<T>> {
    let chunks = Chunks::new(rows, chunk);
    let parts = on_workers(chunks.threads(control), || {
        let mut part = start()?;
        while let Some((index, range)) = chunks.take() {
            if let Err(error) = control.check().and_then(|()| step(&mut part, range)) {
                chunks.fail(index, error);
            }
        }
        Ok(part)
    });
    chunks.finish()?;
    parts.into_iter().collect()
}

/// Makes one value a chunk of `0..rows`, on several threads, and hands the values to `commit` in order of chunk: for
/// sums of floats, which then are the same for any number of threads.
///
/// # Errors
/// As [`fold`]; values of chunks below a failed one have been committed.
pub(super) fn in_order<S, T: Send>(
    rows: usize,
    chunk: usize,
    control: &Control<'_>,
    start: impl Fn() -> Result<S> + Sync,
    make: impl Fn(&mut S, Range<usize>) -> Result<T> + Sync,
    commit: impl FnMut(T) + Send,
) -> Result<()> {
    let chunks = Chunks::new(rows, chunk);
    let turn = Mutex::new((0, commit));
    let moved = Condvar::new();
    let outcomes = on_workers(chunks.threads(control), || {
        let mut scratch = start()?;
        while let Some((index, range)) = chunks.take() {
            match control.check().and_then(|()| make(&mut scratch, range)) {
                Ok(value) => {
                    let mut turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
                    while turn.0 != index && !chunks.failed.load(Ordering::Relaxed) {
                        turn = moved.wait(turn).unwrap_or_else(PoisonError::into_inner);
                    }
                    if turn.0 == index {
                        (turn.1)(value);
                        turn.0 += 1;
                    }
                }
                Err(error) => {
                    // Under the lock, so that no worker falls asleep between its look at `failed` and its wait.
                    let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
                    chunks.fail(index, error);
                }
            }
            moved.notify_all();
        }
        Ok(())
    });
    chunks.finish()?;
    outcomes.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(cancel: &AtomicBool, threads: usize) -> Control<'_> {
        Control::new(cancel).with_threads(threads)
    }

    #[test]
    fn every_row_is_folded_once_for_any_number_of_threads() {
        let cancel = AtomicBool::new(false);
        for threads in [1, 2, 3, 16] {
            for rows in [0, 1, 9, 10, 11, 1000] {
                let step = |sum: &mut usize, range: Range<usize>| {
                    *sum += range.sum::<usize>();
                    Ok(())
                };
                let parts = fold(rows, 10, &control(&cancel, threads), || Ok(0), step).unwrap();
                assert_eq!(parts.iter().sum::<usize>(), (0..rows).sum::<usize>());
            }
        }
    }

    #[test]
    fn values_are_committed_in_order_of_chunk() {
        let cancel = AtomicBool::new(false);
        for threads in [1, 2, 5] {
            let mut seen = Vec::new();
            in_order(997, 10, &control(&cancel, threads), || Ok(()), |(), range| Ok(range.start), |at| seen.push(at))
                .unwrap();
            assert_eq!(seen, (0..997).step_by(10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_lowest_error_wins_and_nobody_waits_for_ever() {
        let cancel = AtomicBool::new(false);
        let bad = |range: Range<usize>| {
            if range.start >= 300 { Err(Error::NanScore { index: range.start }) } else { Ok(()) }
        };
        for threads in [1, 2, 8] {
            let control = control(&cancel, threads);
            let folded = fold(1000, 10, &control, || Ok(()), |(), range| bad(range));
            assert_eq!(folded.unwrap_err(), Error::NanScore { index: 300 });
            let ordered = in_order(1000, 10, &control, || Ok(()), |(), range| bad(range), |()| ());
            assert_eq!(ordered.unwrap_err(), Error::NanScore { index: 300 });
        }
        cancel.store(true, Ordering::Relaxed);
        let stopped = fold(1000, 10, &control(&cancel, 2), || Ok(()), |(), _| Ok(()));
        assert_eq!(stopped.unwrap_err(), Error::Interrupted);
    }
}
