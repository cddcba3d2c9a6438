//! The tally of some rows without an accumulator of them: for groups, each of which is asked for its own.

use super::intervals::{self, EdgesInOrder};
use super::{CompactCounts, INTERVALS, Intervals};
use crate::control::Control;
use crate::count::table::{self, Map};
use crate::error::Result;
use crate::input::{Batch, Column, Element, Readable};
use crate::simd::{Counters, DefaultFloatMode, Kernel};
use crate::tally::{self, Masses, Tally};

/// Memory that one tally after another is made in.
#[derive(Debug, Default)]
pub(in crate::count) struct Room {
    cells: Vec<u32>,
    /// All zeros between two tallies.
    table: Option<Counters<1>>,
}

impl CompactCounts {
    /// The tally of a few unweighted rows.
    pub(in crate::count) fn tally_of_few(rows: impl Iterator<Item = (f64, u8)>, room: &mut Room) -> Tally {
        let cells = &mut room.cells;
        cells.clear();
        let mut representative = true;
        cells.extend(rows.map(|(score, label)| {
            representative = representative && intervals::is_edge_f64(score);
            2 * intervals::of_f64(score) + u32::from(label)
        }));
        cells.sort_unstable();
        let same = |a: &u32, b: &u32| a / 2 == b / 2;
        let mut columns = Columns::with_room(cells.len());
        for group in cells.chunk_by(same).rev() {
            let positives = group.iter().map(|cell| cell & 1).sum::<u32>();
            columns.push(group[0] / 2, group.len() as u32 - positives, positives);
        }
        columns.tally(representative)
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
        let mut columns = Columns::with_room(filled.count());
        let mut end = touched.end;
        for (negatives, positives) in negatives.rchunks_mut(STRETCH).zip(positives.rchunks_mut(STRETCH)) {
            let begin = end - negatives.len() as u32;
            if negatives.iter().chain(&*positives).fold(0, |any, &rows| any | rows) != 0 {
                for (interval, (&negatives, &positives)) in (begin..end).zip(negatives.iter().zip(&*positives)).rev() {
                    if negatives | positives != 0 {
                        columns.push(interval, negatives, positives);
                    }
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
    in_order: EdgesInOrder,
    positives: Vec<u64>,
    negatives: Vec<u64>,
}

impl Columns {
    fn with_room(intervals: usize) -> Self {
        Self {
            edges: tally::column(intervals),
            in_order: EdgesInOrder::default(),
            positives: tally::column(intervals),
            negatives: tally::column(intervals),
        }
    }

    fn push(&mut self, interval: u32, negatives: u32, positives: u32) {
        self.edges.push(self.in_order.edge(interval));
        self.negatives.push(negatives.into());
        self.positives.push(positives.into());
    }

    /// `tied`: every score was the edge that starts its interval.
    fn tally(self, tied: bool) -> Tally {
        let Self { edges, positives, negatives, .. } = self;
        Tally::new(edges, Masses::Counts { positives, negatives }, tied)
    }
}

/// The lowest and the highest of some scores.
struct Extremes<'s, S>(&'s [S]);

impl<S: Readable> Kernel for Extremes<'_, S> {
    type Output = Option<[S; 2]>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let &first = self.0.first()?;
        Some(self.0.iter().fold([first; 2], |[lowest, highest], &score| {
            [if score < lowest { score } else { lowest }, if score > highest { score } else { highest }]
        }))
    }
}
