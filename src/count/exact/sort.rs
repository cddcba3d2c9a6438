//! Keys of both classes → groups of equal keys, ascending, without a comparison sort of the whole.
//!
//! Keys are split by their upper 16 bits into buckets (one counting pass, one scattering pass, per worker), then each
//! bucket is finished in cache: both classes sorted by radix, then merged. A consumer takes the groups from
//! [`Sink::group`]; one that wants no more than the pairs of a bucket has them counted by `rank.rs`.

use std::ops::Range;

use super::radix::{RadixKey, STRETCH, merge, radix_sort};
use super::rank::Ranker;
use crate::control::Control;
use crate::count::workers;
use crate::error::Result;
use crate::simd;

/// What is wanted of the groups of one range of buckets.
pub(super) trait Sink<K>: Send {
    /// One group: a key, its `[negatives, positives]`; keys ascend.
    fn group(&mut self, key: K, counts: [u64; 2]);

    /// True for a sink that wants no groups, only how many pairs there are in a bucket: it gets them by `pairs`.
    const ONLY_PAIRS: bool = false;

    /// A whole bucket in place of its groups: `[negatives, positives]`, and `Σ 2·#{negative < positive} + #{equal}` inside.
    fn pairs(&mut self, _counts: [u64; 2], _inside: u64) {}
}

const BUCKETS: usize = 1 << 16;

/// Below this many rows in all the bucket tables (1 MiB to clear and walk) cost more than sorting.
const FEW: usize = 1 << 15;

/// `[negatives, positives]` in a range of buckets, and in all buckets below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) below: [u64; 2],
    pub(super) inside: [u64; 2],
}

/// Feeds the groups of `[negatives, positives]` keys to one sink a range of buckets, and hands on each sink, in ascending
/// order, when it is full.
pub(super) fn groups<K: RadixKey, S: Sink<K>>(
    keys: [Vec<&[K]>; 2],
    control: &Control<'_>,
    sink: impl Fn(Span) -> Result<S> + Sync,
    mut full: impl FnMut(S) + Send,
) -> Result<()> {
    let rows: usize = keys.iter().flatten().map(|piece| piece.len()).sum();
    if rows <= FEW {
        let inside = keys.each_ref().map(|pieces| pieces.iter().map(|piece| piece.len() as u64).sum());
        let mut sink = sink(Span { below: [0, 0], inside })?;
        let mut sorted: [Vec<K>; 2] = keys.map(|pieces| pieces.concat());
        sorted.iter_mut().for_each(|keys| keys.sort_unstable());
        merge(&sorted[0], &sorted[1], control, |key, counts| sink.group(key, counts))?;
        full(sink);
        return Ok(());
    }
    let shares = partition(keys, rows, control)?;
    let tasks = tasks(&shares, rows);
    let below: Vec<[u64; 2]> = tasks
        .iter()
        .scan([0; 2], |sum, task| {
            let before = *sum;
            (0..2).for_each(|label| sum[label] += task.counts[label]);
            Some(before)
        })
        .collect();
    let make = |scratch: &mut Scratch<K>, range: Range<usize>| {
        let mut out = sink(Span { below: below[range.start], inside: tasks[range.start].counts })?;
        for bucket in tasks[range.start].buckets.clone() {
            control.check()?;
            if !(S::ONLY_PAIRS && scratch.pairs(&shares, bucket, control, &mut out)?) {
                scratch.groups(&shares, bucket, control, &mut out)?;
            }
        }
        Ok(out)
    };
    workers::in_order(tasks.len(), 1, control, || Ok(Scratch::default()), make, full)
}

/// One worker's keys, by bucket and class.
struct Share<K: RadixKey> {
    rests: [Vec<K::Rest>; 2],
    /// Per class: where each bucket ends in `rests`.
    ends: [Vec<usize>; 2],
}

impl<K: RadixKey> Share<K> {
    fn bucket(&self, label: usize, bucket: usize) -> &[K::Rest] {
        let start = if bucket == 0 { 0 } else { self.ends[label][bucket - 1] };
        &self.rests[label][start..self.ends[label][bucket]]
    }
}

fn partition<'k, K: RadixKey>(keys: [Vec<&'k [K]>; 2], rows: usize, control: &Control<'_>) -> Result<Vec<Share<K>>> {
    let shares = control.threads.clamp(1, rows.div_ceil(1 << 18));
    let [negatives, positives] = keys;
    let cut = |pieces: &[&'k [K]], share: usize| -> Vec<&'k [K]> {
        let total: usize = pieces.iter().map(|piece| piece.len()).sum();
        let (start, end) = (total * share / shares, total * (share + 1) / shares);
        let mut at = 0;
        let mut own = Vec::new();
        for piece in pieces {
            let inside = |row: usize| row.clamp(at, at + piece.len()) - at;
            own.push(&piece[inside(start)..inside(end)]);
            at += piece.len();
        }
        own
    };
    let mut parts = Vec::new();
    let make = |(): &mut (), range: Range<usize>| {
        let mut share = Share { rests: [Vec::new(), Vec::new()], ends: [Vec::new(), Vec::new()] };
        for (label, pieces) in [&negatives, &positives].into_iter().enumerate() {
            (share.rests[label], share.ends[label]) = scatter(&cut(pieces, range.start), control)?;
        }
        Ok(share)
    };
    workers::in_order(shares, 1, control, || Ok(()), make, |share| parts.push(share))?;
    Ok(parts)
}

/// The rests of `pieces` by bucket, and where each bucket ends.
fn scatter<K: RadixKey>(pieces: &[&[K]], control: &Control<'_>) -> Result<(Vec<K::Rest>, Vec<usize>)> {
    let mut ends = vec![0_usize; BUCKETS + 1];
    for chunk in pieces.iter().flat_map(|piece| piece.chunks(STRETCH)) {
        control.check()?;
        for key in chunk {
            ends[usize::from(key.bucket()) + 1] += 1;
        }
    }
    for bucket in 0..BUCKETS {
        ends[bucket + 1] += ends[bucket];
    }
    // `ends[b]` is now where bucket `b` starts, and becomes its end as keys are written.
    let mut rests: Vec<K::Rest> = simd::zeros(ends[BUCKETS], "scores by bucket")?;
    for chunk in pieces.iter().flat_map(|piece| piece.chunks(STRETCH)) {
        control.check()?;
        for key in chunk {
            let at = &mut ends[usize::from(key.bucket())];
            rests[*at] = key.rest();
            *at += 1;
        }
    }
    ends.truncate(BUCKETS);
    Ok((rests, ends))
}

/// Neighbouring buckets that one worker finishes in one go.
struct Task {
    buckets: Range<usize>,
    counts: [u64; 2],
}

/// Cuts the buckets into tasks of about equal rows, the same for any number of threads.
fn tasks<K: RadixKey>(shares: &[Share<K>], rows: usize) -> Vec<Task> {
    let goal = (rows / 64).max(1 << 15) as u64;
    let mut tasks: Vec<Task> = Vec::new();
    for bucket in 0..BUCKETS {
        let counts =
            [0, 1].map(|label| shares.iter().map(|share| share.bucket(label, bucket).len() as u64).sum::<u64>());
        if counts == [0, 0] {
            continue;
        }
        match tasks.last_mut() {
            Some(task) if task.counts[0] + task.counts[1] + counts[0] + counts[1] <= goal => {
                task.buckets.end = bucket + 1;
                (0..2).for_each(|label| task.counts[label] += counts[label]);
            }
            _ => tasks.push(Task { buckets: bucket..bucket + 1, counts }),
        }
    }
    tasks
}

/// Buffers for finishing a bucket.
struct Scratch<K: RadixKey> {
    classes: [Vec<K::Rest>; 2],
    spare: Vec<K::Rest>,
    ranker: Ranker,
}

impl<K: RadixKey> Default for Scratch<K> {
    fn default() -> Self {
        Self { classes: [Vec::new(), Vec::new()], spare: Vec::new(), ranker: Ranker::default() }
    }
}

/// Longest class of a bucket whose pairs are sure to fit 64 bits.
const LONGEST_RANKED: u64 = 1 << 31;

impl<K: RadixKey> Scratch<K> {
    /// Hands the pairs of a bucket to `sink`; false when that takes its groups.
    fn pairs(
        &mut self,
        shares: &[Share<K>],
        bucket: usize,
        control: &Control<'_>,
        sink: &mut impl Sink<K>,
    ) -> Result<bool> {
        let pieces = [0, 1].map(|label| shares.iter().map(|share| share.bucket(label, bucket)).collect::<Vec<_>>());
        let counts = pieces.each_ref().map(|pieces| pieces.iter().map(|piece| piece.len() as u64).sum::<u64>());
        let [negatives, positives] = counts;
        if negatives == 0 || positives == 0 {
            sink.pairs(counts, 0);
            return Ok(true);
        }
        if negatives.max(positives) >= LONGEST_RANKED {
            return Ok(false);
        }
        let inside = if negatives <= positives {
            K::twice_pairs(&mut self.ranker, &pieces[0], &pieces[1], control)?
        } else {
            let others = K::twice_pairs(&mut self.ranker, &pieces[1], &pieces[0], control)?;
            others.map(|others| 2 * negatives * positives - others)
        };
        if let Some(inside) = inside {
            sink.pairs(counts, inside);
        }
        Ok(inside.is_some())
    }

    /// Feeds the groups of a bucket to `sink`.
    fn groups(
        &mut self,
        shares: &[Share<K>],
        bucket: usize,
        control: &Control<'_>,
        sink: &mut impl Sink<K>,
    ) -> Result<()> {
        for (label, class) in self.classes.iter_mut().enumerate() {
            class.clear();
            shares.iter().for_each(|share| class.extend_from_slice(share.bucket(label, bucket)));
            radix_sort::<K>(class, &mut self.spare, control)?;
        }
        let [negatives, positives] = &self.classes;
        merge(negatives, positives, control, |rest, counts| sink.group(K::join(bucket as u16, rest), counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    struct All<K>(Vec<(K, [u64; 2])>);

    impl<K: RadixKey> Sink<K> for All<K> {
        fn group(&mut self, key: K, counts: [u64; 2]) {
            self.0.push((key, counts));
        }
    }

    fn check<K: RadixKey + std::fmt::Debug>(negatives: &[K], positives: &[K]) {
        let mut expected = std::collections::BTreeMap::<K, [u64; 2]>::new();
        negatives.iter().for_each(|&key| expected.entry(key).or_default()[0] += 1);
        positives.iter().for_each(|&key| expected.entry(key).or_default()[1] += 1);
        let expected: Vec<_> = expected.into_iter().collect();
        let cancel = AtomicBool::new(false);
        for threads in [1, 2, 3] {
            let middle = negatives.len() / 3;
            let pieces = [vec![&negatives[..middle], &negatives[middle..]], vec![positives]];
            let control = Control::new(&cancel).with_threads(threads);
            let (mut sinks, mut found) = (Vec::new(), Vec::new());
            groups(pieces, &control, |span| Ok((span.below, All(vec![]))), |sink| sinks.push(sink)).unwrap();
            for (below, sink) in sinks {
                let sum = |label: usize| found.iter().map(|&(_, counts): &(K, [u64; 2])| counts[label]).sum::<u64>();
                assert_eq!(below, [sum(0), sum(1)]);
                found.extend(sink.0);
            }
            assert_eq!(found, expected);
        }
    }

    impl<K, S: Sink<K>> Sink<K> for ([u64; 2], S) {
        fn group(&mut self, key: K, counts: [u64; 2]) {
            self.1.group(key, counts);
        }
    }

    #[test]
    fn groups_equal_a_map_of_counts_for_few_and_many_keys() {
        let mut state = 7_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 11
        };
        for (n, spread) in
            [(0, 1), (1, 1), (1000, 50), (200_000, 1 << 40), (700_000, 300), (90_000, 1), (600_000, 1 << 53)]
        {
            let wide: Vec<u64> = (0..n).map(|_| (random() % spread).wrapping_mul(0x0123_4567_89ab)).collect();
            let split = n / 5;
            check(&wide[split..], &wide[..split]);
            let narrow: Vec<u32> = wide.iter().map(|&key| (key >> 7) as u32).collect();
            check(&narrow[split..], &narrow[..split]);
        }
    }
}
