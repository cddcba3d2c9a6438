//! Folding: what was counted since, into the run of all before it.

use std::sync::Arc;

use super::pieces::Held;
use super::run::{Run, RunBuilder};
use crate::control::Control;
use crate::count::merge::{POLL, merged};
use crate::error::Result;
use crate::simd;

/// All that is held, on top of `base`, as one run. `rows`: unweighted rows in all of it.
pub(super) fn of_held(base: &Arc<Run>, held: &Held, rows: u64, control: &Control<'_>) -> Result<Arc<Run>> {
    if held.runs.is_empty() && held.rows() == 0 {
        return Ok(Arc::clone(base));
    }
    if let ([run], 0, 0) = (&held.runs[..], base.len(), held.rows()) {
        return Ok(Arc::clone(run));
    }
    let mut runs: Vec<&Run> = held.runs.iter().map(|run| &**run).collect();
    let buckets = held.run_of_buckets(control)?;
    if buckets.len() > 0 {
        runs.push(&buckets); // counts are integers: their place in the order does not matter
    }
    if base.len() == 0 && runs.len() == 1 && buckets.len() > 0 {
        return Ok(Arc::new(buckets));
    }
    of_runs(base, &runs, rows, control).map(Arc::new)
}

/// `base` and then each of `runs`, in that order, as one run: sums of weights are added from left to right, so that they do
/// not depend on when folding happens. `rows`: unweighted rows in all of them.
pub(super) fn of_runs(base: &Run, runs: &[&Run], rows: u64, control: &Control<'_>) -> Result<Run> {
    if let [run] = runs
        && let Some(merged) = base.plainly_merged(run, rows, control)?
    {
        return Ok(merged);
    }
    general(base, runs, rows, control)
}

/// As [`of_runs`], for runs of any kind and number.
fn general(base: &Run, runs: &[&Run], rows: u64, control: &Control<'_>) -> Result<Run> {
    let weighted = base.weighted() || runs.iter().any(|run| run.weighted());
    let narrow = base.is_narrow() && runs.iter().all(|run| run.is_narrow());
    let later = Later::new(runs, narrow, control)?;
    let mut builder = RunBuilder::new(narrow, rows, weighted, base.len() + later.len())?;
    let squared = base.squared() || runs.iter().any(|run| run.squared());
    let mut all_squares = simd::room(if squared { base.len() + later.len() } else { 0 }, "squared weights")?;
    let (mut own, mut new, mut polled) = (0, 0, 0);
    while own < base.len() || new < later.len() {
        if own + new >= polled {
            control.check()?;
            polled = own + new + POLL;
        }
        let ours = (own < base.len()).then(|| base.key_as(narrow, own));
        let theirs = (new < later.len()).then(|| later.at(new).key);
        let Some(key) = ours.into_iter().chain(theirs).min() else { break };
        let (mut counts, mut sums, mut squares) = ([0, 0], [0.0, 0.0], [0.0, 0.0]);
        if ours == Some(key) {
            (counts, sums, squares) = (base.counts(own), base.sums(own), base.squares(own));
            own += 1;
        }
        while new < later.len() {
            let entry = later.at(new);
            if entry.key != key {
                break;
            }
            let run = runs[entry.run as usize];
            let (more, weight) = (run.counts(entry.index), run.sums(entry.index));
            for label in 0..2 {
                counts[label] += more[label];
                sums[label] += weight[label];
            }
            if squared {
                let more = run.squares(entry.index);
                (0..2).for_each(|label| squares[label] += more[label]);
            }
            new += 1;
        }
        builder.push_as(narrow, key, counts, weighted.then_some(sums));
        all_squares.extend(squared.then_some(squares));
    }
    Ok(builder.finish().with_squares(all_squares))
}

/// One score of one of several runs.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: u64,
    run: u32,
    index: usize,
}

/// The scores of several runs in one ascending sequence.
struct Later<'r> {
    runs: &'r [&'r Run],
    narrow: bool,
    /// Empty for one run, which is its own sequence.
    entries: Vec<Entry>,
}

impl<'r> Later<'r> {
    fn new(runs: &'r [&'r Run], narrow: bool, control: &Control<'_>) -> Result<Self> {
        let mut entries = Vec::new();
        if runs.len() > 1 {
            let list = |(run, of): (u32, &&Run)| {
                control.check()?;
                let mut list = simd::room(of.len(), "runs to be merged")?;
                list.extend((0..of.len()).map(|index| Entry { key: of.key_as(narrow, index), run, index }));
                Ok(list)
            };
            let lists = (0..).zip(runs).map(list).collect::<Result<Vec<_>>>()?;
            entries = merged(lists, |entry| entry.key, control)?;
        }
        Ok(Self { runs, narrow, entries })
    }

    fn len(&self) -> usize {
        match self.runs {
            [run] => run.len(),
            _ => self.entries.len(),
        }
    }

    fn at(&self, i: usize) -> Entry {
        match self.runs {
            [run] => Entry { key: run.key_as(self.narrow, i), run: 0, index: i },
            _ => self.entries[i],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Score;
    use std::sync::atomic::AtomicBool;

    fn run(scores: impl Iterator<Item = f64>, narrow: bool, rows: u64) -> Run {
        let mut builder = RunBuilder::new(narrow, rows, false, 0).unwrap();
        (0..).zip(scores).for_each(|(i, score)| builder.push(score.key(), [i % 3, 1 + i % 2], None));
        builder.finish()
    }

    #[test]
    fn the_plain_merge_of_two_runs_is_the_general_one() {
        let cancel = AtomicBool::new(false);
        let control = Control::new(&cancel);
        let third = |i: u32| f64::from(i) / 3.0;
        for (first, second) in [(0, 0), (0, 5), (7, 0), (100, 30), (200_000, 90_000)] {
            for (narrow, total) in [(true, 1 << 20), (false, 1 << 20), (true, 1 << 40)] {
                let score = |i: u32| if narrow { f64::from(i) } else { third(i) };
                let base = run((0..first).map(|i| score(2 * i)), narrow, total);
                let more = run((0..second).map(|i| score(3 * i + 1)), narrow, total);
                let plain = base.plainly_merged(&more, total, &control).unwrap();
                assert_eq!(plain.is_some(), total < 1 << 32);
                let general = general(&base, &[&more], total, &control).unwrap();
                assert!(plain.is_none_or(|plain| plain == general), "{first} {second}");
            }
        }
    }
}
