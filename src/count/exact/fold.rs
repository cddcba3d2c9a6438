//! Folding: what was counted since, into the run of all before it.

use std::borrow::Cow;

use super::rows::Rows;
use super::run::{Run, RunBuilder, concatenate};
use super::sort::{self, Sink};
use crate::control::Control;
use crate::error::Result;

/// Groups between two looks at the cancel flag.
const POLL: usize = 1 << 16;

/// Feeds the groups of unsorted rows to sinks, as keys of float32 if all of them are.
pub(super) fn sorted<S: Sink<u32> + Sink<u64>>(
    rows: &[&Rows],
    control: &Control<'_>,
    sink: impl Fn([u64; 2]) -> S + Sync,
) -> Result<Vec<S>> {
    if rows.iter().all(|rows| rows.is_narrow()) {
        let keys = |label| rows.iter().map(|rows| rows.keys(label).narrow()).collect();
        sort::groups::<u32, S>([keys(0), keys(1)], control, sink)
    } else {
        let wide: Vec<[Cow<'_, [u64]>; 2]> =
            rows.iter().map(|rows| [0, 1].map(|label| rows.keys(label).wide())).collect();
        let keys = |label: usize| wide.iter().map(|keys| &*keys[label]).collect();
        sort::groups::<u64, S>([keys(0), keys(1)], control, sink)
    }
}

/// The run of unsorted rows.
pub(super) fn of_rows(rows: &[&Rows], control: &Control<'_>) -> Result<Run> {
    let total: u64 = rows.iter().map(|rows| rows.len() as u64).sum();
    let narrow = rows.iter().all(|rows| rows.is_narrow());
    let builders = sorted(rows, control, |_| RunBuilder::new(narrow, total, false, 0))?;
    Ok(concatenate(builders.into_iter().map(RunBuilder::finish).collect()))
}

/// `base` and then each of `runs`, in that order, as one run: sums of weights are added from left to right, so that they do
/// not depend on when folding happens. `rows`: unweighted rows in all of them.
pub(super) fn of_runs(base: &Run, runs: &[&Run], rows: u64, control: &Control<'_>) -> Result<Run> {
    let weighted = base.weighted() || runs.iter().any(|run| run.weighted());
    let narrow = base.is_narrow() && runs.iter().all(|run| run.is_narrow());
    let mut entries: Vec<(u64, u32, usize)> = Vec::new();
    for (at, run) in (0..).zip(runs) {
        for i in 0..run.len() {
            if i % POLL == 0 {
                control.check()?;
            }
            entries.push((run.key(i), at, i));
        }
    }
    if runs.len() > 1 {
        entries.sort_unstable(); // by score, then by order of arrival
    }
    let mut builder = RunBuilder::new(narrow, rows, weighted, base.len() + entries.len());
    let (mut own, mut new) = (0, 0);
    let mut polled = 0;
    while own < base.len() || new < entries.len() {
        if own + new >= polled {
            control.check()?;
            polled = own + new + POLL;
        }
        let ours = (own < base.len()).then(|| base.key(own));
        let theirs = entries.get(new).map(|entry| entry.0);
        let Some(key) = ours.into_iter().chain(theirs).min() else { break };
        let (mut counts, mut sums) = ([0, 0], [0.0, 0.0]);
        if ours == Some(key) {
            (counts, sums) = (base.counts(own), base.sums(own));
            own += 1;
        }
        while let Some(&(_, at, i)) = entries.get(new).filter(|entry| entry.0 == key) {
            let (more, weight) = (runs[at as usize].counts(i), runs[at as usize].sums(i));
            for label in 0..2 {
                counts[label] += more[label];
                sums[label] += weight[label];
            }
            new += 1;
        }
        builder.push(key, counts, weighted.then_some(sums));
    }
    Ok(builder.finish())
}
