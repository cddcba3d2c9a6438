//! Columns with a value a group, straight from buckets: the groups are counted first, so that all threads can then write
//! theirs where they belong.

use std::sync::Mutex;

use super::finish::{Bucket, Finish, Sink, Span};
use super::pieces::Held;
use crate::control::Control;
use crate::count::workers::lock;
use crate::error::{Error, Result};
use crate::simd::{self, Kernel};
use crate::tally::{Groups, Masses, Tally};

/// Three columns of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns<V> {
    /// The score of each group.
    pub scores: Vec<f64>,
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
    let (columns, _) = filled(held, Order::Descending, control, &|_| Sums)?;
    let masses = Masses::Weights { positives: columns.first, negatives: columns.second };
    Ok(Tally::new(columns.scores, masses, true))
}

/// Makes two values of each group.
pub trait GroupValues<V>: Send {
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

/// The values of all groups; and what made them, of which `start` gives one a range of groups, from all
/// `[negatives, positives]`, which are `rows`.
pub(super) fn of_buckets<P: GroupValues<V>, V: bytemuck::Zeroable + Send>(
    held: &Held,
    rows: [u64; 2],
    order: Order,
    control: &Control<'_>,
    start: &(impl Fn([u64; 2]) -> P + Sync),
) -> Result<(Columns<V>, Vec<P>)> {
    let writer = |span: Span| Points {
        not_below: [0, 1].map(|label| rows[label] - span.below[label]),
        values: start(rows),
        waiting: Waiting::default(),
    };
    let (columns, points) = filled(held, order, control, &writer)?;
    Ok((columns, points.into_iter().map(|points| points.values).collect()))
}

/// Makes the values of the groups of a range of buckets.
trait Writer<K: Finish, V>: Send {
    /// Writes the score and the values of each group of a bucket.
    fn write(
        &mut self,
        bucket: &Bucket<'_, K>,
        scratch: &mut K::Scratch,
        control: &Control<'_>,
        out: &mut Out<'_, V>,
    ) -> Result<()>;
}

/// Columns with the values of each group, and the writers that made them, one a range of buckets.
fn filled<V: bytemuck::Zeroable + Send, W: Writer<u32, V> + Writer<u64, V>>(
    held: &Held,
    order: Order,
    control: &Control<'_>,
    writer: &(impl Fn(Span) -> W + Sync),
) -> Result<(Columns<V>, Vec<W>)> {
    const PURPOSE: &str = "a value for each distinct score";
    let mut lens: Vec<usize> = Vec::new();
    held.in_order(control, |_| Ok(Distinct(0)), |Distinct(groups)| lens.push(groups))?;
    let len = lens.iter().sum::<usize>() + order.spare();
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
    let parts: Vec<_> = lens.iter().map(|&len| part(len)).collect();
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

/// Stretches of the columns.
struct Places<'t, V> {
    scores: &'t mut [f64],
    first: &'t mut [V],
    second: &'t mut [V],
}

impl<V> Default for Places<'_, V> {
    fn default() -> Self {
        Self { scores: &mut [], first: &mut [], second: &mut [] }
    }
}

impl<V: bytemuck::Zeroable> Places<'_, V> {
    fn touch(&mut self) {
        simd::touch(self.scores);
        simd::touch(self.first);
        simd::touch(self.second);
    }
}

impl<V> Places<'_, V> {
    fn split(self, at: usize) -> (Self, Self) {
        let (scores, first, second) =
            (self.scores.split_at_mut(at), self.first.split_at_mut(at), self.second.split_at_mut(at));
        let low = Self { scores: scores.0, first: first.0, second: second.0 };
        (low, Self { scores: scores.1, first: first.1, second: second.1 })
    }
}

/// Places to be filled, in the direction of the columns.
struct Out<'t, V> {
    places: Places<'t, V>,
    order: Order,
}

impl<'t, V> Out<'t, V> {
    /// The places of the next `len` higher groups; fewer where none are left, which cannot be: both passes see the same rows.
    fn next(&mut self, len: usize) -> Places<'t, V> {
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
struct Fill<'t, V, W> {
    out: Out<'t, V>,
    writer: W,
}

impl<K: Finish, V: Send, W: Writer<K, V>> Sink<K> for Fill<'_, V, W> {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        self.writer.write(bucket, scratch, control, &mut self.out)
    }
}

/// Values of groups of rows.
struct Points<P> {
    /// `[negatives, positives]` that score as high as the next group or higher.
    not_below: [u64; 2],
    values: P,
    waiting: Waiting,
}

impl<K: Finish, P: GroupValues<V>, V> Writer<K, V> for Points<P> {
    fn write(
        &mut self,
        bucket: &Bucket<'_, K>,
        scratch: &mut K::Scratch,
        control: &Control<'_>,
        out: &mut Out<'_, V>,
    ) -> Result<()> {
        let Self { not_below, values, waiting } = self;
        let descends = out.order.descends();
        let mut write = |scores: &[f64], groups: Groups<'_>| {
            let Places { scores: own, first, second } = out.next(scores.len());
            own.iter_mut().zip(scores).for_each(|(own, &score)| *own = score);
            control.level.run(Make { values, groups, first, second });
        };
        K::groups(scratch, bucket, control, |key, [negatives, positives]| {
            let [false_positives, true_positives] = *not_below;
            *not_below = [false_positives - negatives, true_positives - positives];
            waiting.push(descends, key.score(), [positives, negatives, true_positives, false_positives], &mut write);
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
    #[inline(always)]
    fn push(&mut self, descends: bool, score: f64, counts: [u64; 4], write: &mut impl FnMut(&[f64], Groups<'_>)) {
        let at = (if descends { TOGETHER - 1 - self.len } else { self.len }) & (TOGETHER - 1);
        self.scores[at] = score;
        (0..4).for_each(|column| self.counts[column][at] = counts[column]);
        self.len += 1;
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

impl<K: Finish> Writer<K, f64> for Sums {
    fn write(
        &mut self,
        bucket: &Bucket<'_, K>,
        scratch: &mut K::Scratch,
        control: &Control<'_>,
        out: &mut Out<'_, f64>,
    ) -> Result<()> {
        K::weighted_groups(scratch, bucket, control, |key, [negatives, positives]| {
            let Places { scores, first, second } = out.next(1);
            if let ([score], [first], [second]) = (scores, first, second) {
                (*score, *first, *second) = (key.score(), positives, negatives);
            }
        })
    }
}
