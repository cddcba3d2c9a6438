//! Chunks of rows on several threads: scoped to the call, so that nothing is left for a forked child to wait on.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::control::Control;
use crate::error::{Error, Result};
use crate::simd::{self, DefaultFloatMode};

/// Runs `work` on up to `threads` threads, the calling one included, each in the default floating-point mode; the
/// results in order of worker. A worker whose thread the system refuses runs on the calling thread.
fn on_workers<R: Send>(threads: usize, control: &Control<'_>, work: impl Fn() -> R + Sync) -> Vec<R> {
    let work = || {
        let _mode = DefaultFloatMode::set();
        work()
    };
    if threads <= 1 {
        return vec![work()];
    }
    let away = Away { workers: AtomicIsize::new(0), caller: thread::current() };
    let worker = || {
        let _back = Back(&away);
        work()
    };
    let (own, others) = simd::beside(threads - 1, worker, |others| {
        away.workers.fetch_add(others.cast_signed(), Ordering::Relaxed);
        let own = work();
        away.wait(control);
        own
    });
    let missing = threads - 1 - others.len();
    iter::once(own).chain(others).chain(iter::repeat_with(work).take(missing)).collect()
}

/// Workers that are not back yet, for the calling thread to wait for: it goes on looking whether to stop meanwhile.
struct Away {
    /// Those that were made, less those that are back.
    workers: AtomicIsize,
    caller: Thread,
}

impl Away {
    fn wait(&self, control: &Control<'_>) {
        while self.workers.load(Ordering::Acquire) > 0 {
            let _ = control.check(); // an error is the workers' to see: they look at the same flag
            thread::park_timeout(LOOK);
        }
    }
}

/// Says that a worker is back when dropped, so also when it panics.
struct Back<'a>(&'a Away);

impl Drop for Back<'_> {
    fn drop(&mut self) {
        self.0.workers.fetch_sub(1, Ordering::Release);
        self.0.caller.unpark();
    }
}

/// How long a thread waits for others before it looks again whether to stop.
const LOOK: Duration = Duration::from_millis(10);

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
        let mut lowest = lock(&self.error);
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
    let parts = on_workers(chunks.threads(control), control, || {
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
/// sums of floats, which then are the same for any number of threads. A few values wait for their turn at a time.
///
/// # Errors
/// As [`fold`]; values of chunks below a failed one have been committed.
pub(crate) fn in_order<S, T: Send>(
    rows: usize,
    chunk: usize,
    control: &Control<'_>,
    start: impl Fn() -> Result<S> + Sync,
    make: impl Fn(&mut S, Range<usize>) -> Result<T> + Sync,
    commit: impl FnMut(T) + Send,
) -> Result<()> {
    let chunks = Chunks::new(rows, chunk);
    let threads = chunks.threads(control);
    let queue = Queue { turn: Mutex::new(Turn::default()), moved: Condvar::new(), commit: Mutex::new(commit) };
    let outcomes = on_workers(threads, control, || {
        let mut scratch = start()?;
        while let Some((index, range)) = chunks.take() {
            match control.check().and_then(|()| make(&mut scratch, range)) {
                Ok(value) => queue.put(index, value, threads, &chunks, control),
                Err(error) => {
                    // Under the lock, so that no worker falls asleep between its look at `failed` and its wait.
                    let _turn = lock(&queue.turn);
                    chunks.fail(index, error);
                    queue.moved.notify_all();
                }
            }
        }
        Ok(())
    });
    chunks.finish()?;
    outcomes.into_iter().collect()
}

/// Values on their way to `commit`: whoever brings the one whose turn it is commits it and those behind it, while the
/// others go on making more.
struct Queue<T, C> {
    turn: Mutex<Turn<T>>,
    moved: Condvar,
    commit: Mutex<C>,
}

struct Turn<T> {
    next: usize,
    /// Values made before their turn.
    early: BTreeMap<usize, T>,
    /// True while a worker commits without holding the lock.
    committing: bool,
}

impl<T> Default for Turn<T> {
    fn default() -> Self {
        Self { next: 0, early: BTreeMap::new(), committing: false }
    }
}

impl<T> Turn<T> {
    fn take(&mut self) -> Option<T> {
        self.early.remove(&self.next)
    }
}

impl<T, C: FnMut(T)> Queue<T, C> {
    /// Brings the value of a chunk; waits while too many others have to be made before it.
    fn put(&self, index: usize, value: T, threads: usize, chunks: &Chunks, control: &Control<'_>) {
        let mut turn = lock(&self.turn);
        turn.early.insert(index, value);
        while !turn.committing
            && let Some(value) = turn.take()
        {
            turn.committing = true;
            drop(turn);
            lock(&self.commit)(value);
            turn = lock(&self.turn);
            turn.committing = false;
            turn.next += 1;
            self.moved.notify_all();
        }
        while index > turn.next + threads && !chunks.failed.load(Ordering::Relaxed) {
            let waited;
            (turn, waited) = self.moved.wait_timeout(turn, LOOK).unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() {
                drop(turn); // what looks whether to stop may take its time
                let _ = control.check();
                turn = lock(&self.turn);
            }
        }
    }
}

/// The lock; what panicked under it left a whole value behind.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn the_calling_thread_goes_on_watching_while_it_waits_for_another() {
        let (cancel, slow, caller) = (AtomicBool::new(false), AtomicUsize::new(0), thread::current().id());
        let looks = AtomicUsize::new(0);
        let watch = || {
            let look = usize::from(thread::current().id() == caller);
            if looks.fetch_add(look, Ordering::Relaxed) + look > 6 {
                cancel.store(true, Ordering::Relaxed);
            }
        };
        let control = control(&cancel, 2).with_watch(&watch);
        // The other thread works until it is told to stop; only the caller can tell, and it is not working any more.
        let endless = |_: &mut (), _: Range<usize>| {
            while thread::current().id() != caller {
                slow.store(1, Ordering::Relaxed);
                control.check()?;
            }
            while slow.load(Ordering::Relaxed) == 0 {
                thread::yield_now();
            }
            Ok(())
        };
        assert_eq!(fold(2, 1, &control, || Ok(()), endless).unwrap_err(), Error::Interrupted);
        looks.store(0, Ordering::Relaxed);
        slow.store(0, Ordering::Relaxed);
        cancel.store(false, Ordering::Relaxed);
        assert_eq!(in_order(2, 1, &control, || Ok(()), endless, |()| ()).unwrap_err(), Error::Interrupted);
    }

    #[test]
    fn the_lowest_error_wins_and_nobody_waits_for_ever() {
        let cancel = AtomicBool::new(false);
        let bad = |range: Range<usize>| {
            if range.start >= 300 { Err(Error::NanScore { argument: "scores", index: range.start }) } else { Ok(()) }
        };
        for threads in [1, 2, 8] {
            let control = control(&cancel, threads);
            let folded = fold(1000, 10, &control, || Ok(()), |(), range| bad(range));
            assert_eq!(folded.unwrap_err(), Error::NanScore { argument: "scores", index: 300 });
            let ordered = in_order(1000, 10, &control, || Ok(()), |(), range| bad(range), |()| ());
            assert_eq!(ordered.unwrap_err(), Error::NanScore { argument: "scores", index: 300 });
        }
        cancel.store(true, Ordering::Relaxed);
        let stopped = fold(1000, 10, &control(&cancel, 2), || Ok(()), |(), _| Ok(()));
        assert_eq!(stopped.unwrap_err(), Error::Interrupted);
    }
}
