//! Buckets of all shares, finished one by one in ascending order: pairs, groups of tied scores, or what else a
//! [`Sink`] makes of them.

use std::ops::Range;

use super::bucket::BucketKey;
use super::partition::{Buckets, Cursor, Segment};
use crate::control::Control;
use crate::count::workers;
use crate::error::Result;
use crate::simd;

/// The rows of one bucket.
pub(super) struct Bucket<'b, K: BucketKey> {
    pub(super) number: u32,
    /// Of `[negatives, positives]`, the rows of each share, in order of share.
    pub(super) segments: [Vec<Segment<'b, K>>; 2],
    /// Rows of `[negatives, positives]`.
    pub(super) counts: [u64; 2],
}

impl<K: BucketKey> Bucket<'_, K> {
    /// The rests and weights of rows with this label, in order of row.
    pub(super) fn rows(&self, label: usize) -> impl Iterator<Item = (K::Rest, f64)> {
        let segments = self.segments[label].iter();
        segments.flat_map(|segment| segment.rests.iter().copied().zip(segment.weights.iter().copied()))
    }

    /// The rests of rows with this label.
    pub(super) fn rests(&self, label: usize) -> impl Iterator<Item = &[K::Rest]> + Clone {
        self.segments[label].iter().map(|segment| segment.rests)
    }
}

/// What is asked of a bucket, in cache.
pub(super) trait Finish: BucketKey {
    /// Buffers, one a thread.
    type Scratch: Default + Send;

    /// `Σ 2·#{negative < positive} + #{negative = positive}` over pairs inside the bucket, which holds both classes.
    fn pairs(scratch: &mut Self::Scratch, bucket: &Bucket<'_, Self>, control: &Control<'_>) -> Result<u128>;

    /// The groups of tied keys, ascending, with their `[negatives, positives]`.
    fn groups(
        scratch: &mut Self::Scratch,
        bucket: &Bucket<'_, Self>,
        control: &Control<'_>,
        each: impl FnMut(Self, [u64; 2]),
    ) -> Result<()>;

    /// The groups of rows with weights, ascending: sums of the weights of `[negatives, positives]`, each added in order of
    /// row.
    fn weighted_groups(
        scratch: &mut Self::Scratch,
        bucket: &Bucket<'_, Self>,
        control: &Control<'_>,
        each: impl FnMut(Self, [f64; 2]),
    ) -> Result<()>;

    /// The groups that hold positives, in any order: their `[negatives, positives]`, and how many of each in the bucket score
    /// lower.
    fn positives(
        scratch: &mut Self::Scratch,
        bucket: &Bucket<'_, Self>,
        control: &Control<'_>,
        each: impl FnMut([u64; 2], [u64; 2]),
    ) -> Result<()> {
        positives_of_groups(scratch, bucket, control, each)
    }

    /// How many groups there are.
    fn distinct(scratch: &mut Self::Scratch, bucket: &Bucket<'_, Self>, control: &Control<'_>) -> Result<usize> {
        let mut groups = 0;
        Self::groups(scratch, bucket, control, |_, _| groups += 1)?;
        Ok(groups)
    }
}

/// [`Finish::positives`], read off the groups.
pub(super) fn positives_of_groups<K: Finish>(
    scratch: &mut K::Scratch,
    bucket: &Bucket<'_, K>,
    control: &Control<'_>,
    mut each: impl FnMut([u64; 2], [u64; 2]),
) -> Result<()> {
    let mut below = [0, 0];
    K::groups(scratch, bucket, control, |_, counts| {
        if counts[1] > 0 {
            each(counts, below);
        }
        (0..2).for_each(|label| below[label] += counts[label]);
    })
}

/// Makes something of one range of buckets.
pub(super) trait Sink<K: Finish>: Send {
    /// A bucket, higher than any before.
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()>;
}

/// `[negatives, positives]` in a range of buckets, and in all buckets below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// The place of the range among all ranges.
    pub(super) task: usize,
    pub(super) below: [u64; 2],
    pub(super) inside: [u64; 2],
}

/// Feeds the buckets of `shares` to one sink a range, and hands on each sink, in ascending order, when it is full.
pub(super) fn in_order<K: Finish, S: Sink<K>>(
    shares: &[&Buckets<K>],
    control: &Control<'_>,
    sink: impl Fn(Span) -> Result<S> + Sync,
    full: impl FnMut(S) + Send,
) -> Result<()> {
    let work = Work::new(shares)?;
    let make = |scratch: &mut K::Scratch, range: Range<usize>| work.fill(range.start, scratch, control, &sink);
    workers::in_order(work.tasks.len(), 1, control, || Ok(K::Scratch::default()), make, full)
}

/// As [`in_order`], from the highest range of buckets down; inside a range they ascend as ever.
pub(super) fn in_reverse<K: Finish, S: Sink<K>>(
    shares: &[&Buckets<K>],
    control: &Control<'_>,
    sink: impl Fn(Span) -> Result<S> + Sync,
    full: impl FnMut(S) + Send,
) -> Result<()> {
    let work = Work::new(shares)?;
    let last = work.tasks.len().saturating_sub(1);
    let make = |scratch: &mut K::Scratch, range: Range<usize>| work.fill(last - range.start, scratch, control, &sink);
    workers::in_order(work.tasks.len(), 1, control, || Ok(K::Scratch::default()), make, full)
}

/// As [`in_order`], for results whose order does not matter: nobody waits for a turn. Each thread takes the highest of its
/// ranges first, or the lowest.
pub(super) fn any_order<K: Finish, S: Sink<K>>(
    shares: &[&Buckets<K>],
    highest_first: bool,
    control: &Control<'_>,
    sink: impl Fn(Span) -> Result<S> + Sync,
) -> Result<Vec<S>> {
    let work = Work::new(shares)?;
    let tasks = work.tasks.len();
    // Neighbouring tasks may write to one huge page, which each thread that finds it untouched clears for itself. So the
    // threads begin far from one another (a curve of seven million points on two threads: 52 ms, 54 side by side).
    let lanes = control.threads.clamp(1, tasks.max(1));
    let lane = tasks.div_ceil(lanes);
    let step = |(scratch, full): &mut (K::Scratch, Vec<S>), turn: Range<usize>| {
        let task = turn.start % lanes * lane + turn.start / lanes;
        if task < tasks {
            let task = if highest_first { tasks - 1 - task } else { task };
            full.push(work.fill(task, scratch, control, &sink)?);
        }
        Ok(())
    };
    let parts = workers::fold(lanes * lane, 1, control, || Ok((K::Scratch::default(), Vec::new())), step)?;
    Ok(parts.into_iter().flat_map(|(_, full)| full).collect())
}

/// The buckets of some shares, cut into tasks.
struct Work<'w, K: BucketKey> {
    shares: &'w [&'w Buckets<K>],
    used: Vec<Total>,
    tasks: Vec<Task>,
}

impl<'w, K: Finish> Work<'w, K> {
    fn new(shares: &'w [&'w Buckets<K>]) -> Result<Self> {
        let used = totals(shares)?;
        let tasks = tasks(&used);
        Ok(Self { shares, used, tasks })
    }

    /// A sink with the buckets of a task.
    fn fill<S: Sink<K>>(
        &self,
        task: usize,
        scratch: &mut K::Scratch,
        control: &Control<'_>,
        sink: &impl Fn(Span) -> Result<S>,
    ) -> Result<S> {
        let Task { buckets, span } = &self.tasks[task];
        let mut out = sink(*span)?;
        let from = self.used[buckets.start].0;
        let mut cursors: Vec<Cursor<'_, K>> = self.shares.iter().map(|share| share.from(from)).collect();
        let mut bucket = Bucket { number: 0, segments: [Vec::new(), Vec::new()], counts: [0, 0] };
        for &(number, counts) in &self.used[buckets.clone()] {
            control.check()?;
            (bucket.number, bucket.counts) = (number, counts);
            bucket.segments.iter_mut().for_each(Vec::clear);
            for pair in cursors.iter_mut().filter_map(|cursor| cursor.take(number)) {
                for (segments, segment) in bucket.segments.iter_mut().zip(pair) {
                    segments.extend((!segment.rests.is_empty()).then_some(segment));
                }
            }
            out.bucket(&bucket, scratch, control)?;
        }
        Ok(out)
    }
}

/// A bucket that holds rows, and its `[negatives, positives]`.
type Total = (u32, [u64; 2]);

/// The buckets that hold rows in any share, ascending.
fn totals<K: BucketKey>(shares: &[&Buckets<K>]) -> Result<Vec<Total>> {
    if let [share] = shares {
        return Ok(share.counts().collect());
    }
    let mut rows: Vec<[u64; 2]> = simd::zeros(K::CODES / 2, "rows by bucket")?;
    let mut span = K::CODES..0;
    for (bucket, counts) in shares.iter().flat_map(|share| share.counts()) {
        let at = bucket as usize;
        (0..2).for_each(|label| rows[at][label] += counts[label]);
        span = span.start.min(at)..span.end.max(at + 1);
    }
    Ok(span.filter(|&at| rows[at] != [0, 0]).map(|at| (at as u32, rows[at])).collect())
}

/// Neighbouring buckets that one worker finishes in one go: a range of the used ones.
struct Task {
    buckets: Range<usize>,
    span: Span,
}

/// Tasks that the rows are cut into: enough for the threads of a large machine to end together.
const TASKS: u64 = 128;

/// Least rows of a task.
const LEAST_ROWS: u64 = 1 << 14;

/// Cuts the buckets into tasks of about equal rows, the same for any number of threads.
fn tasks(used: &[Total]) -> Vec<Task> {
    let all: u64 = used.iter().map(|(_, counts)| counts[0] + counts[1]).sum();
    let goal = (all / TASKS).max(LEAST_ROWS);
    let mut tasks: Vec<Task> = Vec::new();
    let mut below = [0; 2];
    for (at, &(_, counts)) in used.iter().enumerate() {
        match tasks.last_mut() {
            Some(Task { buckets, span }) if span.inside[0] + span.inside[1] + counts[0] + counts[1] <= goal => {
                buckets.end = at + 1;
                (0..2).for_each(|label| span.inside[label] += counts[label]);
            }
            _ => {
                let span = Span { task: tasks.len(), below, inside: counts };
                tasks.push(Task { buckets: at..at + 1, span });
            }
        }
        (0..2).for_each(|label| below[label] += counts[label]);
    }
    tasks
}
