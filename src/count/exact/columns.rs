//! Columns with a value a group, straight from buckets: the groups, or those that stay, are counted first, so that all
//! threads can then write theirs where they belong.

use std::marker::PhantomData;
use std::sync::Mutex;

use super::finish::{Bucket, Finish, Sink, Span};
use super::pieces::Held;
use crate::control::Control;
use crate::count::workers::lock;
use crate::error::{Error, Result};
use crate::input::Score;
use crate::simd::{self, Kernel};
use crate::tally::{Groups, Masses, Tally};

/// Columns, and what made their values.
pub type Filled<S, P> = (Columns<S, f64>, Vec<P>);

/// Three columns of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns<S, V> {
    /// The score of each group.
    pub scores: Vec<S>,
    /// The first value of each.
    pub first: Vec<V>,
    /// The second.
    pub second: Vec<V>,
}

/// In which direction columns run, and at which end a place is left for one more entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the highest score down.
    Descending,
    /// The same, after one place left zero.
    DescendingAfterOne,
    /// From the lowest score up, before one place left zero.
    AscendingBeforeOne,
}

impl Order {
    fn descends(self) -> bool {
        self != Self::AscendingBeforeOne
    }

    fn spare(self) -> usize {
        usize::from(self != Self::Descending)
    }
}

/// The groups of all rows in buckets, from the highest score down; `rows` are their `[negatives, positives]`.
pub(super) fn tally(held: &Held, rows: [u64; 2], control: &Control<'_>) -> Result<Tally> {
    let (columns, _) = of_buckets(held, rows, Order::Descending, control, &|_| Counts)?;
    let masses = Masses::Counts { positives: columns.first, negatives: columns.second };
    Ok(Tally::new(columns.scores, masses, true))
}

/// The same of rows that all have weights.
pub(super) fn weighted_tally(held: &Held, control: &Control<'_>) -> Result<Tally> {
    let (columns, _) = filled(held, &all(held, control)?, Order::Descending, control, &|_| Sums)?;
    let masses = Masses::Weights { positives: columns.first, negatives: columns.second };
    Ok(Tally::new(columns.scores, masses, true))
}

/// Makes two values of each group.
pub trait GroupValues<V>: Send {
    /// True when groups that do not [`stay`](Self::stays) are left out.
    const DROPS: bool = false;

    /// True when a group of so many `[negatives, positives]` stays, where the next lower one has so many. The highest and the
    /// lowest of all stay anyway.
    #[must_use]
    fn stays(_counts: [u64; 2], _lower: [u64; 2]) -> bool {
        true
    }

    /// Puts the values of each of the groups in its places. `#[inline(always)]`, so that it is compiled for the instructions in
    /// use.
    fn make(&mut self, groups: Groups<'_>, first: &mut [V], second: &mut [V]);
}

/// The groups' own `[positives, negatives]`.
struct Counts;

impl GroupValues<u64> for Counts {
    #[inline(always)]
    fn make(&mut self, groups: Groups<'_>, positives: &mut [u64], negatives: &mut [u64]) {
        positives.iter_mut().zip(groups.positives).for_each(|(own, &count)| *own = count);
        negatives.iter_mut().zip(groups.negatives).for_each(|(own, &count)| *own = count);
    }
}

/// The values of the groups that stay; and what made them, of which `start` gives one a range of groups, from all
/// `[negatives, positives]`, which are `rows`.
pub(super) fn of_buckets<P: GroupValues<V>, S: Score, V: bytemuck::Zeroable + Send>(
    held: &Held,
    rows: [u64; 2],
    order: Order,
    control: &Control<'_>,
    start: &(impl Fn([u64; 2]) -> P + Sync),
) -> Result<(Columns<S, V>, Vec<P>)> {
    let ranges = if P::DROPS { staying::<P, V>(held, rows, control)? } else { all(held, control)? };
    let writer = |span: Span| Points {
        bounds: Bounds::new(rows, span, ranges[span.task].lower),
        values: start(rows),
        waiting: Waiting::default(),
    };
    let (columns, points) = filled(held, &ranges, order, control, &writer)?;
    Ok((columns, points.into_iter().map(|points| points.values).collect()))
}

/// A range of buckets, before its values are written.
struct Extent {
    /// Groups that stay.
    len: usize,
    /// `[negatives, positives]` of the highest group below the range.
    lower: Option<[u64; 2]>,
}

/// All ranges, of which every group stays.
fn all(held: &Held, control: &Control<'_>) -> Result<Vec<Extent>> {
    let mut ranges = Vec::new();
    held.in_order(control, |_| Ok(Distinct(0)), |Distinct(len)| ranges.push(Extent { len, lower: None }))?;
    Ok(ranges)
}

/// All ranges, with the groups that `P` lets stay.
fn staying<P: GroupValues<V>, V>(held: &Held, rows: [u64; 2], control: &Control<'_>) -> Result<Vec<Extent>> {
    let mut ranges: Vec<Extent> = Vec::new();
    let mut lower = None;
    let sink = |span: Span| {
        Ok(Staying::<P, V> { bounds: Bounds::new(rows, span, None), len: 0, lowest: None, values: PhantomData })
    };
    held.in_order(control, sink, |range| {
        // The lowest group of a range was let stay for want of a lower one.
        let drops = range.lowest.zip(lower).is_some_and(|((counts, ends), lower)| !ends && !P::stays(counts, lower));
        ranges.push(Extent { len: range.len - usize::from(drops), lower });
        lower = range.bounds.lower;
    })?;
    Ok(ranges)
}

/// Where ascending groups stand among all.
struct Bounds {
    /// `[negatives, positives]` that score as high as the next group or higher.
    not_below: [u64; 2],
    /// Those of the group before.
    lower: Option<[u64; 2]>,
}

impl Bounds {
    fn new(rows: [u64; 2], span: Span, lower: Option<[u64; 2]>) -> Self {
        Self { not_below: [0, 1].map(|label| rows[label] - span.below[label]), lower }
    }

    /// Goes on to the next group; those that score as high or higher, and whether it stays.
    #[inline(always)]
    fn pass<P: GroupValues<V>, V>(&mut self, counts: [u64; 2]) -> ([u64; 2], bool) {
        let not_below = self.not_below;
        self.not_below = [not_below[0] - counts[0], not_below[1] - counts[1]];
        if !P::DROPS {
            return (not_below, true);
        }
        let lowest = self.lower.is_none();
        let stays = lowest | (self.not_below == [0, 0]) | P::stays(counts, self.lower.unwrap_or_default());
        self.lower = Some(counts);
        (not_below, stays)
    }
}

/// Makes the values of the groups of a range of buckets.
trait Writer<K: Finish, S, V>: Send {
    /// Writes the score and the values of each group of a bucket.
    fn write(
        &mut self,
        bucket: &Bucket<'_, K>,
        scratch: &mut K::Scratch,
        control: &Control<'_>,
        out: &mut Out<'_, S, V>,
    ) -> Result<()>;
}

/// Columns with the values of each group, and the writers that made them, one a range of buckets.
fn filled<S: Score, V: bytemuck::Zeroable + Send, W: Writer<u32, S, V> + Writer<u64, S, V>>(
    held: &Held,
    ranges: &[Extent],
    order: Order,
    control: &Control<'_>,
    writer: &(impl Fn(Span) -> W + Sync),
) -> Result<(Columns<S, V>, Vec<W>)> {
    const PURPOSE: &str = "a value for each distinct score";
    let len = ranges.iter().map(|range| range.len).sum::<usize>() + order.spare();
    let (mut scores, mut first, mut second) =
        (simd::zeros(len, PURPOSE)?, simd::zeros(len, PURPOSE)?, simd::zeros(len, PURPOSE)?);
    let mut rest = Places { scores: &mut scores[..], first: &mut first[..], second: &mut second[..] };
    let mut part = |len: usize| {
        // Ranges of buckets ascend: descending columns are cut from their end.
        let at = if order.descends() { rest.scores.len() - len } else { len };
        let (low, high) = std::mem::take(&mut rest).split(at);
        let part;
        (part, rest) = if order.descends() { (high, low) } else { (low, high) };
        Mutex::new(Some(part))
    };
    let parts: Vec<_> = ranges.iter().map(|range| part(range.len)).collect();
    let sink = |span: Span| {
        let places = lock(&parts[span.task]).take();
        let mut places = places.ok_or(Error::Changed)?; // each range is asked for once
        if !order.descends() {
            places.touch(); // else the first value written to a huge page lies at its end anyway
        }
        Ok(Fill { out: Out { places, order }, writer: writer(span) })
    };
    let writers = held.any_order(!order.descends(), control, sink)?.into_iter().map(|fill| fill.writer).collect();
    drop(parts);
    Ok((Columns { scores, first, second }, writers))
}

/// Counts groups.
struct Distinct(usize);

impl<K: Finish> Sink<K> for Distinct {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        self.0 += K::distinct(scratch, bucket, control)?;
        Ok(())
    }
}

/// Counts the groups that stay.
struct Staying<P, V> {
    bounds: Bounds,
    len: usize,
    /// `[negatives, positives]` of the lowest group, and whether it is the highest of all.
    lowest: Option<([u64; 2], bool)>,
    values: PhantomData<fn(P) -> V>,
}

impl<K: Finish, P: GroupValues<V>, V> Sink<K> for Staying<P, V> {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        K::groups(scratch, bucket, control, |_, counts| {
            let (_, stays) = self.bounds.pass::<P, V>(counts);
            self.len += usize::from(stays);
            if self.lowest.is_none() {
                self.lowest = Some((counts, self.bounds.not_below == [0, 0]));
            }
        })
    }
}

/// Stretches of the columns.
struct Places<'t, S, V> {
    scores: &'t mut [S],
    first: &'t mut [V],
    second: &'t mut [V],
}

impl<S, V> Default for Places<'_, S, V> {
    fn default() -> Self {
        Self { scores: &mut [], first: &mut [], second: &mut [] }
    }
}

impl<S: bytemuck::Zeroable, V: bytemuck::Zeroable> Places<'_, S, V> {
    fn touch(&mut self) {
        simd::touch(self.scores);
        simd::touch(self.first);
        simd::touch(self.second);
    }
}

impl<S, V> Places<'_, S, V> {
    fn split(self, at: usize) -> (Self, Self) {
        let (scores, first, second) =
            (self.scores.split_at_mut(at), self.first.split_at_mut(at), self.second.split_at_mut(at));
        let low = Self { scores: scores.0, first: first.0, second: second.0 };
        (low, Self { scores: scores.1, first: first.1, second: second.1 })
    }
}

/// Places to be filled, in the direction of the columns.
struct Out<'t, S, V> {
    places: Places<'t, S, V>,
    order: Order,
}

impl<'t, S, V> Out<'t, S, V> {
    /// The places of the next `len` higher groups; fewer where none are left, which cannot be: both passes see the same rows.
    fn next(&mut self, len: usize) -> Places<'t, S, V> {
        let all = std::mem::take(&mut self.places);
        let len = len.min(all.scores.len());
        let at = if self.order.descends() { all.scores.len() - len } else { len };
        let (low, high) = all.split(at);
        let (next, left) = if self.order.descends() { (high, low) } else { (low, high) };
        self.places = left;
        next
    }
}

/// Fills the places of a range of buckets.
struct Fill<'t, S, V, W> {
    out: Out<'t, S, V>,
    writer: W,
}

impl<K: Finish, S: Send, V: Send, W: Writer<K, S, V>> Sink<K> for Fill<'_, S, V, W> {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        self.writer.write(bucket, scratch, control, &mut self.out)
    }
}

/// Values of groups of rows.
struct Points<P> {
    bounds: Bounds,
    values: P,
    waiting: Waiting,
}

impl<K: Finish, P: GroupValues<V>, S: Score, V> Writer<K, S, V> for Points<P> {
    fn write(
        &mut self,
        bucket: &Bucket<'_, K>,
        scratch: &mut K::Scratch,
        control: &Control<'_>,
        out: &mut Out<'_, S, V>,
    ) -> Result<()> {
        let Self { bounds, values, waiting } = self;
        let descends = out.order.descends();
        let mut write = |scores: &[f64], groups: Groups<'_>| {
            let Places { scores: own, first, second } = out.next(scores.len());
            own.iter_mut().zip(scores).for_each(|(own, &score)| *own = S::nearest(score)); // it comes from there
            control.level.run(Make { values, groups, first, second });
        };
        K::groups(scratch, bucket, control, |key, [negatives, positives]| {
            let ([false_positives, true_positives], stays) = bounds.pass::<P, V>([negatives, positives]);
            let counts = [positives, negatives, true_positives, false_positives];
            waiting.push(descends, key.score(), counts, stays, &mut write);
        })?;
        waiting.pass_on(descends, &mut write);
        Ok(())
    }
}

/// Groups that are handed on together: some hundred, so that the values of several can be made at once.
const TOGETHER: usize = 256;

/// Ascending groups on their way, in the direction of the columns.
struct Waiting {
    scores: Box<[f64; TOGETHER]>,
    /// Positives, negatives, true and false positives.
    counts: Box<[[u64; TOGETHER]; 4]>,
    len: usize,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { scores: Box::new([0.0; TOGETHER]), counts: Box::new([[0; TOGETHER]; 4]), len: 0 }
    }
}

impl Waiting {
    /// Takes a group in if it `stays`: written in any case, since no branch on that could be predicted.
    #[inline(always)]
    fn push(
        &mut self,
        descends: bool,
        score: f64,
        counts: [u64; 4],
        stays: bool,
        write: &mut impl FnMut(&[f64], Groups<'_>),
    ) {
        let at = (if descends { TOGETHER - 1 - self.len } else { self.len }) & (TOGETHER - 1);
        self.scores[at] = score;
        (0..4).for_each(|column| self.counts[column][at] = counts[column]);
        self.len += usize::from(stays);
        if self.len == TOGETHER {
            self.pass_on(descends, write);
        }
    }

    fn pass_on(&mut self, descends: bool, write: &mut impl FnMut(&[f64], Groups<'_>)) {
        let filled = if descends { TOGETHER - self.len..TOGETHER } else { 0..self.len };
        let [positives, negatives, true_positives, false_positives] =
            self.counts.each_ref().map(|column| &column[filled.clone()]);
        write(&self.scores[filled], Groups { positives, negatives, true_positives, false_positives });
        self.len = 0;
    }
}

/// Makes the values of some groups.
struct Make<'k, P, V> {
    values: &'k mut P,
    groups: Groups<'k>,
    first: &'k mut [V],
    second: &'k mut [V],
}

impl<P: GroupValues<V>, V> Kernel for Make<'_, P, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.values.make(self.groups, self.first, self.second);
    }
}

/// Sums of the weights of positives and negatives.
struct Sums;

impl<K: Finish> Writer<K, f64, f64> for Sums {
    fn write(
        &mut self,
        bucket: &Bucket<'_, K>,
        scratch: &mut K::Scratch,
        control: &Control<'_>,
        out: &mut Out<'_, f64, f64>,
    ) -> Result<()> {
        K::weighted_groups(scratch, bucket, control, |key, [negatives, positives]| {
            let Places { scores, first, second } = out.next(1);
            if let ([score], [first], [second]) = (scores, first, second) {
                (*score, *first, *second) = (key.score(), positives, negatives);
            }
        })
    }
}
