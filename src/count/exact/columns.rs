//! Columns with a value a group, straight from buckets: the groups are counted first, so that all threads can then write
//! theirs where they belong.

use std::sync::{Mutex, PoisonError};

use super::finish::{Bucket, Finish, Sink, Span};
use super::pieces::Held;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::simd;
use crate::tally::{Group, Masses, Tally};

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
    let counts = |(): &mut (), group: Group| [group.positives, group.negatives];
    let (columns, _) = of_buckets(held, rows, Order::Descending, control, &|_| (), &counts)?;
    let masses = Masses::Counts { positives: columns.first, negatives: columns.second };
    Ok(Tally::new(columns.scores, masses, true))
}

/// The same of rows that all have weights.
pub(super) fn weighted_tally(held: &Held, control: &Control<'_>) -> Result<Tally> {
    let (columns, _) = filled(held, Order::Descending, control, &|_| Sums)?;
    let masses = Masses::Weights { positives: columns.first, negatives: columns.second };
    Ok(Tally::new(columns.scores, masses, true))
}

/// `point` of each group, and the values it was given to add to: `start` makes one a range of groups, from all
/// `[negatives, positives]`, which are `rows`.
pub(super) fn of_buckets<T: Send, V: bytemuck::Zeroable + Send>(
    held: &Held,
    rows: [u64; 2],
    order: Order,
    control: &Control<'_>,
    start: &(impl Fn([u64; 2]) -> T + Sync),
    point: &(impl Fn(&mut T, Group) -> [V; 2] + Sync),
) -> Result<(Columns<V>, Vec<T>)> {
    let writer = |span: Span| Points {
        not_below: [0, 1].map(|label| rows[label] - span.below[label]),
        value: start(rows),
        point,
    };
    let (columns, points) = filled(held, order, control, &writer)?;
    Ok((columns, points.into_iter().map(|points| points.value).collect()))
}

/// Makes the values of the groups of a range of buckets.
trait Writer<K: Finish, V>: Send {
    /// Puts the score and the values of each group of a bucket, ascending.
    fn write(
        &mut self,
        bucket: &Bucket<'_, K>,
        scratch: &mut K::Scratch,
        control: &Control<'_>,
        put: impl FnMut(f64, [V; 2]),
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
        let places = parts[span.task].lock().unwrap_or_else(PoisonError::into_inner).take();
        let places = places.ok_or(Error::Changed)?; // each range is asked for once
        Ok(Fill { places, done: 0, order, writer: writer(span) })
    };
    let writers = held.any_order(control, sink)?.into_iter().map(|fill| fill.writer).collect();
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

impl<V> Places<'_, V> {
    fn split(self, at: usize) -> (Self, Self) {
        let (scores, first, second) =
            (self.scores.split_at_mut(at), self.first.split_at_mut(at), self.second.split_at_mut(at));
        let low = Self { scores: scores.0, first: first.0, second: second.0 };
        (low, Self { scores: scores.1, first: first.1, second: second.1 })
    }
}

/// Fills the places of a range of buckets.
struct Fill<'t, V, W> {
    places: Places<'t, V>,
    /// Groups written.
    done: usize,
    order: Order,
    writer: W,
}

impl<K: Finish, V: Send, W: Writer<K, V>> Sink<K> for Fill<'_, V, W> {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        let Self { places, done, order, writer } = self;
        let last = places.scores.len().wrapping_sub(1);
        writer.write(bucket, scratch, control, |score, values| {
            let at = if order.descends() { last.wrapping_sub(*done) } else { *done };
            *done += 1;
            // Both passes see the same rows, so there is a place for each group.
            if let (Some(own), Some(first), Some(second)) =
                (places.scores.get_mut(at), places.first.get_mut(at), places.second.get_mut(at))
            {
                *own = score;
                [*first, *second] = values;
            }
        })
    }
}

/// Values of groups of rows.
struct Points<'f, T, F> {
    /// `[negatives, positives]` that score as high as the next group or higher.
    not_below: [u64; 2],
    value: T,
    point: &'f F,
}

impl<K: Finish, T: Send, V, F: Fn(&mut T, Group) -> [V; 2] + Sync> Writer<K, V> for Points<'_, T, F> {
    fn write(
        &mut self,
        bucket: &Bucket<'_, K>,
        scratch: &mut K::Scratch,
        control: &Control<'_>,
        mut put: impl FnMut(f64, [V; 2]),
    ) -> Result<()> {
        let Self { not_below, value, point } = self;
        K::groups(scratch, bucket, control, |key, [negatives, positives]| {
            let [false_positives, true_positives] = *not_below;
            *not_below = [false_positives - negatives, true_positives - positives];
            put(key.score(), point(value, Group { positives, negatives, true_positives, false_positives }));
        })
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
        mut put: impl FnMut(f64, [f64; 2]),
    ) -> Result<()> {
        K::weighted_groups(scratch, bucket, control, |key, [negatives, positives]| {
            put(key.score(), [positives, negatives]);
        })
    }
}
