//! [`Shelf`]: what is kept of [`GROUPS`] neighbouring groups: the rows of those that have few, an accumulator of each other.

use std::ops::Range;

use super::kind::{Groupable, Scratch};
use super::load::Group;
use super::pile::{ByGroup, Pile, RUN};
use super::rows::{GROUPS, Labelled, RowsOf, ScoresOf};
use super::run::{Run, gathered};
use crate::control::Control;
use crate::count::accumulator::Ledger;
use crate::error::Result;
use crate::input::Score;
use crate::tally::Tally;

#[derive(Debug, Clone)]
pub(super) struct Shelf<A> {
    /// Rows without and with a weight that no accumulator has counted.
    pub(super) plain: Pile,
    pub(super) weighted: Pile,
    /// By place; empty while there is none.
    pub(super) grown: Vec<Option<Box<A>>>,
    /// Rows dropped of groups without an accumulator; empty while there are none.
    pub(super) dropped: Vec<u64>,
}

/// A shelf and its rows by group.
pub(super) struct Sorted<'s, A> {
    shelf: &'s Shelf<A>,
    plain: ByGroup<'s>,
    weighted: ByGroup<'s>,
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
        Self { plain: Pile::empty(), weighted: Pile::empty(), grown: Vec::new(), dropped: Vec::new() }
    }

    pub(super) fn nbytes(&self) -> usize {
        let grown = self.grown.iter().flatten().map(|grown| size_of::<A>() + grown.nbytes()).sum::<usize>();
        self.plain.nbytes() + self.weighted.nbytes() + grown + 8 * (self.grown.len() + self.dropped.len())
    }

    /// Rows that no accumulator has counted.
    pub(super) fn waiting(&self) -> usize {
        self.plain.len() + self.weighted.len()
    }

    /// Rows that have not been sorted by group.
    pub(super) fn late(&self) -> usize {
        self.plain.late() + self.weighted.late()
    }

    /// The same with all rows in runs.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(super) fn sealed(&self) -> Result<Self> {
        let (plain, weighted) = (self.plain.sealed()?, self.weighted.sealed()?);
        Ok(Self { plain, weighted, grown: self.grown.clone(), dropped: self.dropped.clone() })
    }

    /// The same with rows sorted by group, if they are many, and those of large groups counted, if it is to look for these;
    /// none where there is nothing to do.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted), [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(super) fn folded(&self, look: bool, fresh: &A, control: &Control<'_>) -> Result<Option<Self>> {
        let large = if look { self.large(fresh.rows_kept()) } else { None };
        if large.is_none() && self.late() < RUN {
            return Ok(None);
        }
        let mut folded = self.sealed()?;
        if let Some(large) = large {
            control.check()?;
            let (plain, weighted) = (folded.plain.without(&large)?, folded.weighted.without(&large)?);
            let plain = std::mem::replace(&mut folded.plain, plain);
            let weighted = std::mem::replace(&mut folded.weighted, weighted);
            let runs = folded.count_cells(&plain, &large, fresh, control)?;
            folded.count_rows(&runs, &large, fresh, control)?;
            folded.count_rows(&weighted.runs().collect::<Vec<_>>(), &large, fresh, control)?;
        }
        Ok(Some(folded))
    }

    /// Which groups have an accumulator, or so many rows that one takes less memory; none where all their rows are less than
    /// a quarter of those that are kept: the others would have to be copied.
    fn large(&self, least: usize) -> Option<Vec<bool>> {
        let (plain, weighted) = (self.plain.counts(), self.weighted.counts());
        // A row with a weight takes more than twice as much.
        let rows = |place: usize| plain[place].iter().sum::<u64>() + 2 * weighted[place].iter().sum::<u64>();
        let large = |place: usize| self.grown(place).is_some() || rows(place) > least as u64;
        let (all, of_large) = (0..GROUPS).fold((0, 0), |(all, of_large), place| {
            (all + rows(place), of_large + if large(place) { rows(place) } else { 0 })
        });
        (of_large > 0 && 4 * of_large >= all).then(|| (0..GROUPS).map(large).collect())
    }

    /// Has the accumulators of large groups count their rows, one group after another.
    fn count_rows(&mut self, runs: &[&Run], large: &[bool], fresh: &A, control: &Control<'_>) -> Result<()> {
        let mut scratch = Labelled::default();
        for place in (0..GROUPS).filter(|&place| large[place]) {
            control.check()?;
            let rows = gathered(runs.iter().copied(), place, &mut scratch)?;
            if rows.len() > 0 {
                let slot = self.grown_slot(place);
                let mut grown = slot.take().map_or_else(|| fresh.clone(), |grown| *grown);
                add(&mut grown, &rows, control)?;
                *slot = Some(Box::new(grown));
            }
        }
        Ok(())
    }

    /// The same for unweighted rows that are counted in few cells: all groups of a run at once, in a table. Returns the runs
    /// for which that is no way.
    fn count_cells<'p>(
        &mut self,
        rows: &'p Pile,
        large: &[bool],
        fresh: &A,
        control: &Control<'_>,
    ) -> Result<Vec<&'p Run>> {
        let mut others = Vec::new();
        for run in rows.runs() {
            control.check()?;
            let Some(counted) = fresh.by_group(&run.all().batch()?, &run.places()?, GROUPS, control)? else {
                others.push(run);
                continue;
            };
            let (mut cells, width) = (counted.cells, counted.width);
            let of_others = cells.chunks_exact_mut(width).zip(large).filter(|(_, large)| !**large);
            of_others.for_each(|(cells, _)| cells.fill(0));
            self.add_to_cells(&cells, width, fresh)?;
        }
        Ok(others)
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

    /// Takes over a group of which there is nothing yet.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(super) fn put(&mut self, place: usize, group: Group<A>) -> Result<()> {
        let (rows, dropped) = match group {
            Group::Rows(rows, dropped) => (rows, dropped),
            Group::Counts(counts) => {
                let (rows, dropped) = counts.counted();
                if rows != [0, 0] {
                    *self.grown_slot(place) = Some(Box::new(counts));
                    return Ok(());
                }
                (Vec::new(), dropped)
            }
        };
        let (scores, labels): (Vec<f64>, Vec<u8>) = rows.into_iter().unzip();
        let narrow: Vec<f32> = scores.iter().map(|&score| f32::nearest(score)).collect();
        let exact = narrow.iter().zip(&scores).all(|(&narrow, &score)| f64::from(narrow) == score);
        let scores = if exact { ScoresOf::Narrow(&narrow) } else { ScoresOf::Wide(&scores) };
        self.plain.take(place, &RowsOf { labels: &labels, scores, weights: &[] })?;
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
    pub(super) fn sorted(&self) -> Result<Sorted<'_, A>> {
        Ok(Sorted { shelf: self, plain: self.plain.by_group()?, weighted: self.weighted.by_group()? })
    }

    /// The accumulator of one group.
    pub(super) fn accumulator(&self, place: usize, of: [&A; 2], control: &Control<'_>) -> Result<A> {
        let (plain, weighted) = (self.plain.of_group(place)?, self.weighted.of_group(place)?);
        let sorted = Sorted { shelf: self, plain, weighted };
        sorted.held(place, &mut Default::default())?.accumulator(of, control)
    }

    /// Adds what all groups hold, but for dropped rows.
    pub(super) fn add_all(&self, total: &mut A, control: &Control<'_>) -> Result<()> {
        for rows in [&self.plain, &self.weighted] {
            rows.by_group()?.runs().try_for_each(|run| add(total, &run.all(), control))?;
        }
        for grown in self.grown.iter().flatten() {
            control.check()?;
            total.merge(grown)?;
        }
        Ok(())
    }
}

impl<A: Groupable> Sorted<'_, A> {
    /// Hands on what is kept of each of some groups.
    pub(super) fn each<T>(
        &self,
        places: Range<usize>,
        scratch: &mut Scratch,
        control: &Control<'_>,
        mut take: impl FnMut(Held<'_, A>, &mut Scratch) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut all = crate::simd::room(places.len(), "figures of groups")?;
        let mut gathered = [Labelled::default(), Labelled::default()];
        for place in places {
            control.check()?;
            all.push(take(self.held(place, &mut gathered)?, scratch)?);
        }
        Ok(all)
    }

    fn held<'h>(&'h self, place: usize, scratch: &'h mut [Labelled; 2]) -> Result<Held<'h, A>> {
        let [plain, weighted] = scratch;
        let (plain, weighted) = (self.plain.of(place, plain)?, self.weighted.of(place, weighted)?);
        Ok(Held { grown: self.shelf.grown(place), plain, weighted, dropped: self.shelf.dropped_of(place) })
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

    /// True when all its scores are float32, or it makes no difference.
    pub(super) fn narrow(&self) -> bool {
        self.plain.narrow() && self.weighted.narrow() && self.grown.is_none_or(A::narrow)
    }

    /// Its tally; `scratch` is kept between groups.
    pub(super) fn tally(&self, of: [&A; 2], scratch: &mut Scratch, control: &Control<'_>) -> Result<Tally> {
        if self.grown.is_none()
            && self.weighted.len() == 0
            && let Some(tally) = of[1].tally_of(&self.plain, scratch, control)?
        {
            return Ok(tally);
        }
        self.accumulator(of, control)?.tally(control)
    }
}

fn add<A: Groupable>(counts: &mut A, rows: &RowsOf<'_>, control: &Control<'_>) -> Result<()> {
    if rows.len() == 0 { Ok(()) } else { counts.update(&rows.batch()?, control) }
}
