//! The tally of some rows without an accumulator of them: for groups, each of which is asked for its own.

use super::intervals::{self, EdgesInOrder};
use super::{CompactCounts, INTERVALS, Intervals};
use crate::control::Control;
use crate::count::table::{self, Map};
use crate::error::Result;
use crate::input::{Batch, Column, Element, Readable};
use crate::simd::{self, Counters, DefaultFloatMode, Kernel};
use crate::tally::{Masses, Tally};

/// Memory that one tally after another is made in.
#[derive(Debug, Default)]
pub(in crate::count) struct Room {
    cells: Vec<u32>,
    /// All zeros between two tallies.
    table: Option<Counters<1>>,
}

impl CompactCounts {
    /// The tally of a few unweighted rows.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(in crate::count) fn tally_of_few(rows: impl Iterator<Item = (f64, u8)>, room: &mut Room) -> Result<Tally> {
        let cells = &mut room.cells;
        cells.clear();
        let mut representative = true;
        cells.extend(rows.map(|(score, label)| {
            representative = representative && intervals::is_edge_f64(score);
            2 * intervals::of_f64(score) + u32::from(label)
        }));
        cells.sort_unstable();
        let same = |a: &u32, b: &u32| a / 2 == b / 2;
        let mut columns = Columns::with_room(cells.len())?;
        for group in cells.chunk_by(same).rev() {
            let positives = group.iter().map(|cell| cell & 1).sum::<u32>();
            columns.put(group[0] / 2, group.len() as u32 - positives, positives);
        }
        Ok(columns.tally(representative))
    }

    /// The tally of many unweighted rows, at most 2^32 − 1, none of which is bad: they are counted in a table that holds nothing
    /// else.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted), [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(in crate::count) fn tally_of_many<S: Readable + Element>(
        labels: &[u8],
        scores: &[S],
        room: &mut Room,
        control: &Control<'_>,
    ) -> Result<Tally>
    where
        Intervals: Map<S>,
    {
        let _mode = DefaultFloatMode::set();
        let mut table = match room.table.take() {
            Some(table) => table,
            None => Counters::new(INTERVALS)?,
        };
        let batch = Batch::new(Column::from_slice(labels), Column::from_slice(scores))?;
        let representative = table::count_into(&batch, &Intervals, &mut table, control)?.all_representative();
        let touched = control.level.run(Extremes(scores)).map_or(0..0, |ends| {
            let [first, last] = ends.map(|score| intervals::of_f64(score.to_f64()));
            first..last + 1
        });
        let [negatives, positives] = table.columns_mut(touched.start as usize..touched.end as usize);
        let filled = negatives.iter().zip(&*positives).filter(|(negatives, positives)| **negatives | **positives != 0);
        let mut columns = Columns::with_room(filled.count())?;
        let mut end = touched.end;
        for (negatives, positives) in negatives.rchunks_mut(STRETCH).zip(positives.rchunks_mut(STRETCH)) {
            let begin = end - negatives.len() as u32;
            if negatives.iter().chain(&*positives).fold(0, |any, &rows| any | rows) != 0 {
                for (interval, (&negatives, &positives)) in (begin..end).zip(negatives.iter().zip(&*positives)).rev() {
                    columns.put(interval, negatives, positives);
                }
                negatives.fill(0);
                positives.fill(0);
            }
            end = begin;
        }
        room.table = Some(table);
        Ok(columns.tally(representative))
    }
}

/// Intervals that are passed over at once when all are empty.
const STRETCH: usize = 32;

/// The columns of a tally, from the highest interval down.
struct Columns {
    edges: Vec<f64>,
    positives: Vec<u64>,
    negatives: Vec<u64>,
    len: usize,
    in_order: EdgesInOrder,
}

impl Columns {
    /// For so many intervals that hold something.
    fn with_room(intervals: usize) -> Result<Self> {
        const PURPOSE: &str = "a tally";
        let (len, in_order) = (0, EdgesInOrder::default());
        let (positives, negatives) = (simd::zeros(intervals + 1, PURPOSE)?, simd::zeros(intervals + 1, PURPOSE)?);
        Ok(Self { edges: simd::zeros(intervals + 1, PURPOSE)?, positives, negatives, len, in_order })
    }

    /// Adds an interval; what the next overwrites if it is empty, as a branch on that would be wrong half of the time.
    #[inline]
    fn put(&mut self, interval: u32, negatives: u32, positives: u32) {
        self.edges[self.len] = self.in_order.edge(interval);
        self.negatives[self.len] = negatives.into();
        self.positives[self.len] = positives.into();
        self.len += usize::from(negatives | positives != 0);
    }

    /// `tied`: every score was the edge that starts its interval.
    fn tally(self, tied: bool) -> Tally {
        let Self { mut edges, mut positives, mut negatives, len, .. } = self;
        edges.truncate(len);
        positives.truncate(len);
        negatives.truncate(len);
        Tally::new(edges, Masses::Counts { positives, negatives }, tied)
    }
}

/// Scores that are compared at once.
const LANES: usize = 32;

/// The lowest and the highest of some scores.
struct Extremes<'s, S>(&'s [S]);

impl<S: Readable> Kernel for Extremes<'_, S> {
    type Output = Option<[S; 2]>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let &first = self.0.first()?;
        let lower = |a: S, b: S| if b < a { b } else { a };
        let higher = |a: S, b: S| if b > a { b } else { a };
        let (strips, rest) = self.0.as_chunks::<LANES>();
        let (mut lowest, mut highest) = ([first; LANES], [first; LANES]);
        for strip in strips {
            lowest = std::array::from_fn(|i| lower(lowest[i], strip[i]));
            highest = std::array::from_fn(|i| higher(highest[i], strip[i]));
        }
        let ends = |all: [S; LANES], of: fn(S, S) -> S| all.into_iter().chain(rest.iter().copied()).fold(first, of);
        Some([ends(lowest, lower), ends(highest, higher)])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::count::Accumulator;

    fn check<S: Readable + Element>(scores: &[S], room: &mut Room, control: &Control<'_>)
    where
        Intervals: Map<S>,
    {
        let labels: Vec<u8> = (0..scores.len()).map(|i| u8::from(i % 3 == 1)).collect();
        let mut counts = CompactCounts::new();
        let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(scores)).unwrap();
        counts.update(&batch, control).unwrap();
        let expected = counts.tally(control).unwrap();
        assert_eq!(CompactCounts::tally_of_many(&labels, scores, room, control).unwrap(), expected);
        let rows = scores.iter().map(|score| score.to_f64()).zip(labels.iter().copied());
        assert_eq!(CompactCounts::tally_of_few(rows, room).unwrap(), expected);
    }

    #[test]
    fn a_tally_without_an_accumulator_is_that_of_one_whatever_was_asked_before() {
        let cancel = AtomicBool::new(false);
        let (control, mut room) = (Control::new(&cancel), Room::default());
        let spread =
            |i: usize| ((i * 37 % 1009) as f64 / 1009.0).powi(9) * if i.is_multiple_of(5) { -3.0 } else { 1.0 };
        for len in [0, 1, 31, 32, 33, 1000, 5000] {
            for edge in [0.25, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE / 8.0, 1.0, 0.999_999_9] {
                let wide: Vec<f64> = (0..len).map(|i| if i % 7 == 3 { edge } else { spread(i) }).collect();
                check(&wide, &mut room, &control);
                let narrow: Vec<f32> = wide.iter().map(|&score| score as f32).collect();
                check(&narrow, &mut room, &control);
                check(&vec![edge as f32; len], &mut room, &control);
                check(&vec![edge; len], &mut room, &control);
            }
        }
    }
}
