//! [`Shelf`]: what is kept of [`GROUPS`] neighbouring groups: the rows of those that have few, an accumulator of each other.

use std::ops::Range;

use super::kind::Groupable;
use super::rows::{GROUPS, Rows, RowsOf, ScoresOf, Sorted};
use crate::control::Control;
use crate::count::accumulator::Ledger;
use crate::error::Result;
use crate::input::Score;
use crate::tally::Tally;

/// Rows up to which a tally is made of rows sorted by their keys.
const FEW: usize = 1 << 10;

#[derive(Debug, Clone)]
pub(super) struct Shelf<A> {
    /// Rows without and with a weight that no accumulator has counted.
    pub(super) plain: Rows,
    pub(super) weighted: Rows,
    /// By place; empty while there is none.
    pub(super) grown: Vec<Option<Box<A>>>,
    /// Rows dropped of groups without an accumulator; empty while there are none.
    pub(super) dropped: Vec<u64>,
}

/// A shelf and its rows by group.
pub(super) struct ByGroup<'s, A> {
    shelf: &'s Shelf<A>,
    plain: Sorted,
    weighted: Sorted,
}

/// What is kept of one group.
pub(super) struct Held<'s, A> {
    grown: Option<&'s A>,
    plain: RowsOf<'s>,
    weighted: RowsOf<'s>,
    dropped: u64,
}

impl<A: Groupable> Shelf<A> {
    pub(super) fn empty() -> Self {
        let (plain, weighted) = (Rows::none(), Rows::none());
        Self { plain, weighted, grown: Vec::new(), dropped: Vec::new() }
    }

    pub(super) fn nbytes(&self) -> usize {
        let grown = self.grown.iter().flatten().map(|grown| size_of::<A>() + grown.nbytes()).sum::<usize>();
        self.plain.nbytes() + self.weighted.nbytes() + grown + 8 * (self.grown.len() + self.dropped.len())
    }

    /// Rows that no accumulator has counted.
    pub(super) fn waiting(&self) -> usize {
        self.plain.len() + self.weighted.len()
    }

    /// The same with the rows of large groups counted; none where no group is large.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted), [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(super) fn folded(&self, fresh: &A, control: &Control<'_>) -> Result<Option<Self>> {
        let least = fresh.rows_kept();
        let (plain, weighted) = (self.plain.counts(), self.weighted.counts());
        // A row with a weight takes more than twice as much.
        let rows = |place: usize| plain[place].iter().sum::<u64>() + 2 * weighted[place].iter().sum::<u64>();
        let large: Vec<bool> =
            (0..GROUPS).map(|place| self.grown(place).is_some() || rows(place) > least as u64).collect();
        if !large.contains(&true) {
            return Ok(None);
        }
        let mut folded = Self { grown: self.grown.clone(), dropped: self.dropped.clone(), ..Self::empty() };
        if !folded.count_cells(&self.plain, &large, fresh, control)? {
            folded.count_rows(&self.plain, &large, fresh, control)?;
        }
        folded.count_rows(&self.weighted, &large, fresh, control)?;
        Ok(Some(folded))
    }

    /// Has the accumulators of large groups count their rows, one group after another; keeps the rows of the others.
    fn count_rows(&mut self, rows: &Rows, large: &[bool], fresh: &A, control: &Control<'_>) -> Result<()> {
        let sorted = rows.by_group()?;
        for (place, &large) in large.iter().enumerate() {
            control.check()?;
            let rows = sorted.of(place);
            if !large {
                let own = if rows.weights.is_empty() { &mut self.plain } else { &mut self.weighted };
                own.take(place, &rows)?;
            } else if rows.len() > 0 {
                let slot = self.grown_slot(place);
                let mut grown = slot.take().map_or_else(|| fresh.clone(), |grown| *grown);
                add(&mut grown, &rows, control)?;
                *slot = Some(Box::new(grown));
            }
        }
        Ok(())
    }

    /// The same for unweighted rows that are counted in few cells: all at once, in a table. False where they are not.
    fn count_cells(&mut self, rows: &Rows, large: &[bool], fresh: &A, control: &Control<'_>) -> Result<bool> {
        let labels = rows.labels();
        let places: Vec<u32> = rows.tags.iter().map(|&tag| u32::from(tag / 2) % GROUPS as u32).collect();
        let Some(counted) = fresh.by_group(&rows.all(&labels).batch()?, &places, GROUPS, control)? else {
            return Ok(false);
        };
        let (mut cells, width) = (counted.cells, counted.width);
        cells.chunks_exact_mut(width).zip(large).filter(|(_, large)| !**large).for_each(|(cells, _)| cells.fill(0));
        for (at, &place) in places.iter().enumerate().filter(|(_, place)| !large[**place as usize]) {
            self.plain.push(place as usize, rows, at);
        }
        control.check()?;
        self.add_to_cells(&cells, width, fresh)?;
        Ok(true)
    }

    /// Adds rows to the cells of all groups, each of which has `width` of them.
    ///
    /// # Errors
    /// [`Error::CountOverflow`](crate::Error::CountOverflow), which the sum of all groups would have met before.
    pub(super) fn add_to_cells(&mut self, cells: &[u32], width: usize, fresh: &A) -> Result<()> {
        for (place, counted) in cells.chunks_exact(width).enumerate() {
            if counted.iter().any(|&rows| rows > 0) {
                let grown = self.grown_slot(place).get_or_insert_with(|| Box::new(fresh.clone()));
                grown.add_to_cells(counted)?;
            }
        }
        Ok(())
    }

    pub(super) fn grown(&self, place: usize) -> Option<&A> {
        self.grown.get(place)?.as_deref()
    }

    pub(super) fn grown_slot(&mut self, place: usize) -> &mut Option<Box<A>> {
        if self.grown.is_empty() {
            self.grown.resize_with(GROUPS, || None);
        }
        &mut self.grown[place]
    }

    /// Takes over the accumulator of a group of which there is nothing yet: its rows, where it has at most `least` and they
    /// can be told.
    pub(super) fn put(&mut self, place: usize, counts: A, least: usize) -> Result<()> {
        let (rows, dropped) = counts.counted();
        if rows != [0, 0] {
            let Some(rows) = counts.as_rows(least) else {
                *self.grown_slot(place) = Some(Box::new(counts));
                return Ok(());
            };
            let (scores, labels): (Vec<f64>, Vec<u8>) = rows.into_iter().unzip();
            let narrow: Vec<f32> = scores.iter().map(|&score| f32::nearest(score)).collect();
            let exact = narrow.iter().zip(&scores).all(|(&narrow, &score)| f64::from(narrow) == score);
            let scores = if exact { ScoresOf::Narrow(&narrow) } else { ScoresOf::Wide(&scores) };
            self.plain.take(place, &RowsOf { labels: &labels, scores, weights: &[] })?;
        }
        if dropped > 0 {
            self.drop_rows(place, dropped);
        }
        Ok(())
    }

    pub(super) fn drop_rows(&mut self, place: usize, rows: u64) {
        if self.dropped.is_empty() {
            self.dropped.resize(GROUPS, 0);
        }
        self.dropped[place] += rows;
    }

    fn dropped_of(&self, place: usize) -> u64 {
        self.dropped.get(place).copied().unwrap_or(0)
    }

    /// Rows of the first so many groups.
    pub(super) fn ledgers(&self, groups: usize) -> Vec<Ledger> {
        let (plain, weighted) = (self.plain.counts(), self.weighted.counts());
        let of = |place: usize| {
            let mut ledger = Ledger { rows: plain[place], dropped: self.dropped_of(place), weighted: false };
            if weighted[place] != [0, 0] {
                ledger.weighted = true;
                (0..2).for_each(|label| ledger.rows[label] += weighted[place][label]);
            }
            if let Some(grown) = self.grown(place) {
                let (rows, dropped) = grown.counted();
                (0..2).for_each(|label| ledger.rows[label] += rows[label]);
                ledger.dropped += dropped;
                ledger.weighted |= grown.weighted();
            }
            ledger
        };
        (0..groups).map(of).collect()
    }

    /// The same with its rows by group.
    pub(super) fn sorted(&self) -> Result<ByGroup<'_, A>> {
        Ok(ByGroup { shelf: self, plain: self.plain.by_group()?, weighted: self.weighted.by_group()? })
    }

    /// The accumulator of one group.
    pub(super) fn accumulator(&self, place: usize, of: [&A; 2], control: &Control<'_>) -> Result<A> {
        self.held(place, &self.plain.of_group(place), &self.weighted.of_group(place)).accumulator(of, control)
    }

    /// Adds what all groups hold, but for dropped rows.
    pub(super) fn add_all(&self, total: &mut A, control: &Control<'_>) -> Result<()> {
        for rows in [&self.plain, &self.weighted] {
            add(total, &rows.by_group()?.all(), control)?;
        }
        for grown in self.grown.iter().flatten() {
            control.check()?;
            total.merge(grown)?;
        }
        Ok(())
    }

    fn held<'s>(&'s self, place: usize, plain: &'s Sorted, weighted: &'s Sorted) -> Held<'s, A> {
        let (plain, weighted) = (plain.of(place), weighted.of(place));
        Held { grown: self.grown(place), plain, weighted, dropped: self.dropped_of(place) }
    }
}

impl<A: Groupable> ByGroup<'_, A> {
    /// Hands on what is kept of each of some groups.
    pub(super) fn each<T>(
        &self,
        places: Range<usize>,
        control: &Control<'_>,
        mut take: impl FnMut(Held<'_, A>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut all = crate::simd::room(places.len(), "figures of groups")?;
        for place in places {
            control.check()?;
            all.push(take(self.shelf.held(place, &self.plain, &self.weighted))?);
        }
        Ok(all)
    }
}

impl<A: Groupable> Held<'_, A> {
    /// The accumulator, from the empty one: that of no row, and that which rows are counted by.
    pub(super) fn accumulator(&self, [prototype, fresh]: [&A; 2], control: &Control<'_>) -> Result<A> {
        let rows = self.plain.len() + self.weighted.len();
        let mut counts = match self.grown {
            Some(grown) => grown.clone(),
            None if rows > 0 => fresh.clone(),
            None => prototype.clone(),
        };
        add(&mut counts, &self.plain, control)?;
        add(&mut counts, &self.weighted, control)?;
        if self.dropped > 0 { counts.with_dropped(self.dropped) } else { Ok(counts) }
    }

    /// Its tally; `scratch` is kept between groups.
    pub(super) fn tally(&self, of: [&A; 2], scratch: &mut Vec<(u64, u8)>, control: &Control<'_>) -> Result<Tally> {
        if self.grown.is_none() && self.weighted.len() == 0 {
            let tally = if self.plain.len() <= FEW {
                scratch.clear();
                self.plain.each(|score, label| scratch.push((score.key(), label)));
                of[1].tally_of_rows(scratch, control)?
            } else {
                of[1].tally_of_batch(&self.plain.batch()?, control)?
            };
            if let Some(tally) = tally {
                return Ok(tally);
            }
        }
        self.accumulator(of, control)?.tally(control)
    }
}

fn add<A: Groupable>(counts: &mut A, rows: &RowsOf<'_>, control: &Control<'_>) -> Result<()> {
    if rows.len() == 0 { Ok(()) } else { counts.update(&rows.batch()?, control) }
}
