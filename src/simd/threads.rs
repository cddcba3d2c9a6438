//! [`beside`]: work on several threads that run at once from the start.
//!
//! A kernel may put a new thread on the processor of the one that made it although another is idle, and leave it there until
//! a tick or two later: 0.5 to 5 ms late (Linux 6.18, two processors), more than many a call takes. So a thread that has not
//! run yet is told to start elsewhere; once it runs, it may run wherever its maker may.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

/// Runs `work` on up to `others` new threads, and `here`, which is told how many there are, on this one; what they return.
/// All have ended when it returns, also by a panic.
pub(crate) fn beside<R: Send, T>(
    others: usize,
    work: impl Fn() -> R + Sync,
    here: impl FnOnce(usize) -> T,
) -> (T, Vec<R>) {
    let running: Vec<AtomicBool> = (0..others).map(|_| AtomicBool::new(false)).collect();
    let place = Place::of_maker();
    let mut threads = Threads(Vec::with_capacity(others));
    for running in &running {
        let started = || {
            running.store(true, Ordering::SeqCst);
            place.return_to();
            work()
        };
        // SAFETY: the thread has ended before what it borrows, `work`, `running` and `place`, goes: this function keeps its
        // handle in `threads`, which is younger than they and joins it, below or when dropped. Nor is the handle leaked:
        // there is no panic between the call and the push, which has room.
        let Ok(thread) = (unsafe { Builder::new().spawn_unchecked(started) }) else { break };
        if !running.load(Ordering::SeqCst) {
            place.keep_off(&thread);
            if running.load(Ordering::SeqCst) {
                place.let_return(&thread); // it may have let itself return before it was kept off
            }
        }
        threads.0.push(thread);
    }
    let returned = here(threads.0.len());
    let joined = threads.0.drain(..).map(|thread| thread.join()).collect::<Vec<_>>();
    let results = joined.into_iter().map(|result| result.unwrap_or_else(|payload| panic::resume_unwind(payload)));
    (returned, results.collect())
}

/// Threads that are joined when dropped.
struct Threads<R>(Vec<JoinHandle<R>>);

impl<R> Drop for Threads<R> {
    fn drop(&mut self) {
        for thread in self.0.drain(..) {
            let _ = thread.join(); // a panic is on its way already
        }
    }
}

/// Where the maker of threads may run, and where those it makes are to start. No answer and no refusal changes a result.
#[cfg(target_os = "linux")]
struct Place {
    allowed: libc::cpu_set_t,
    elsewhere: Option<libc::cpu_set_t>,
}

#[cfg(target_os = "linux")]
impl Place {
    fn of_maker() -> Self {
        // SAFETY: a set of processors is an array of integers, for which zeros are values.
        let mut allowed: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: writes at most the size of `allowed` to it.
        let known = unsafe { libc::sched_getaffinity(0, size_of_val(&allowed), &raw mut allowed) } == 0;
        // SAFETY: takes nothing and touches no memory.
        let maker = usize::try_from(unsafe { libc::sched_getcpu() }).ok();
        let elsewhere = maker.filter(|&maker| known && maker < libc::CPU_SETSIZE as usize).and_then(|maker| {
            let mut elsewhere = allowed;
            // SAFETY: `maker` is a place in the set.
            unsafe { libc::CPU_CLR(maker, &mut elsewhere) };
            // SAFETY: reads the set.
            (unsafe { libc::CPU_COUNT(&elsewhere) } > 0).then_some(elsewhere)
        });
        Self { allowed, elsewhere }
    }

    /// Moves a thread that does not run yet off its maker's processor.
    fn keep_off<R>(&self, thread: &JoinHandle<R>) {
        if let Some(elsewhere) = &self.elsewhere {
            allow(thread, elsewhere);
        }
    }

    /// Lets a thread run wherever its maker may.
    fn let_return<R>(&self, thread: &JoinHandle<R>) {
        if self.elsewhere.is_some() {
            allow(thread, &self.allowed);
        }
    }

    /// Lets the thread that calls run wherever its maker may.
    fn return_to(&self) {
        if self.elsewhere.is_some() {
            // SAFETY: of this thread itself; reads as much as the set is long.
            unsafe { libc::sched_setaffinity(0, size_of_val(&self.allowed), &raw const self.allowed) };
        }
    }
}

#[cfg(target_os = "linux")]
fn allow<R>(thread: &JoinHandle<R>, processors: &libc::cpu_set_t) {
    use std::os::unix::thread::JoinHandleExt;
    // SAFETY: a thread with a handle has not been joined, so its id is valid; reads as much as the set is long.
    unsafe { libc::pthread_setaffinity_np(thread.as_pthread_t(), size_of_val(processors), &raw const *processors) };
}

/// Elsewhere kernels do as they think best.
#[cfg(not(target_os = "linux"))]
struct Place;

#[cfg(not(target_os = "linux"))]
impl Place {
    fn of_maker() -> Self {
        Self
    }

    fn keep_off<R>(&self, _thread: &JoinHandle<R>) {}

    fn let_return<R>(&self, _thread: &JoinHandle<R>) {}

    fn return_to(&self) {}
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn every_thread_has_ended_when_it_returns_also_by_a_panic() {
        for others in [0, 1, 5] {
            let ended = AtomicUsize::new(0);
            let work = || {
                std::thread::sleep(std::time::Duration::from_millis(20));
                ended.fetch_add(1, Ordering::Relaxed)
            };
            let (here, mut results) = beside(others, work, |others| others);
            results.sort_unstable();
            assert_eq!((here, results), (others, (0..others).collect()));
            let panicked = catch_unwind(AssertUnwindSafe(|| beside(others, work, |_| panic!("here"))));
            assert!(panicked.is_err());
            assert_eq!(ended.load(Ordering::Relaxed), 2 * others);
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                beside(others, || assert_eq!(work(), usize::MAX), |_| ());
            }));
            assert_eq!((panicked.is_err(), ended.load(Ordering::Relaxed)), (others > 0, 3 * others));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_runs_may_run_where_its_maker_may() {
        let mine = Place::of_maker().allowed;
        // SAFETY: reads two sets.
        let same = |set: &libc::cpu_set_t| unsafe { libc::CPU_EQUAL(set, &mine) };
        for _ in 0..100 {
            let made = AtomicBool::new(false);
            let work = || {
                while !made.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                Place::of_maker().allowed
            };
            let here = |_| {
                made.store(true, Ordering::Relaxed);
                Place::of_maker().allowed
            };
            let (here, theirs) = beside(3, work, here);
            assert!(theirs.iter().chain([&here]).all(same));
        }
    }
}
