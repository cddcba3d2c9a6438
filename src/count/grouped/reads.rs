//! What is read off a [`GroupedCounts`].

use std::ops::Range;
use std::sync::Arc;

use super::kind::{Groupable, Scratch};
use super::read::Bounds;
use super::rows::GROUPS;
use super::shelf::{Held, Shelf};
use super::{GroupedCounts, KeyNames, KeyValue, Keys};
use crate::control::Control;
use crate::count::accumulator::{Ledger, Rows};
use crate::count::workers;
use crate::error::Result;
use crate::tally::Tally;

impl<A: Groupable> GroupedCounts<A> {
    /// Number of groups.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What each group begins as.
    #[must_use]
    pub fn prototype(&self) -> &A {
        &self.prototype
    }

    /// What a group that has rows began as: the same, with what the first rows of all have fixed.
    #[must_use]
    pub fn fresh(&self) -> &A {
        &self.fresh
    }

    /// The most bytes it may hold, if there is a limit.
    #[must_use]
    pub fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// The same under another limit.
    #[must_use]
    pub fn with_limit(self, limit: Option<usize>) -> Self {
        Self { limit, ..self }
    }

    /// The names of the key columns, once they are known and if they have any.
    #[must_use]
    pub fn names(&self) -> Option<&[String]> {
        self.columns.as_ref()?.names.as_deref()
    }

    /// The number of key columns, once it is known.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        self.columns.as_ref().map(|columns| columns.columns)
    }

    /// The group of a key.
    #[must_use]
    pub fn find(&self, key: &[KeyValue<'_>]) -> Option<u32> {
        if key.len() == self.keys.columns.len() { self.keys.find(key) } else { None }
    }

    /// The key of a group, which must be one.
    #[must_use]
    pub fn key(&self, group: u32) -> Vec<KeyValue<'_>> {
        self.keys.key(group)
    }

    /// All groups in the order of their keys: column by column, whole numbers before text, each by type and value.
    #[must_use]
    pub fn ordered(&self) -> Vec<u32> {
        self.keys.ordered()
    }

    /// Rows of all groups; weights are those of [`GroupedCounts::total`].
    #[must_use]
    pub fn rows(&self) -> Rows {
        self.ledger.rows([0.0; 2])
    }

    /// True once a row with a weight has been counted.
    #[must_use]
    pub fn weighted(&self) -> bool {
        self.ledger.weighted
    }

    /// Bytes held.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.keys.nbytes() + self.shelves.iter().map(|shelf| size_of::<Shelf<A>>() + shelf.nbytes()).sum::<usize>()
    }

    /// The accumulator of a group, which must be one.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted), [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn accumulator(&self, group: u32, control: &Control<'_>) -> Result<A> {
        let (shelf, place) = (group as usize / GROUPS, group as usize % GROUPS);
        self.shelves[shelf].accumulator(place, [&self.prototype, &self.fresh], control)
    }

    /// The same with the rows of this group's neighbours sorted by group: who asks for one group after another would else have
    /// all of them looked through each time. None where there are few.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn sorted_about(&self, group: u32) -> Result<Option<Self>> {
        const FEW: usize = 1 << 12;
        let at = group as usize / GROUPS;
        if self.shelves[at].late() < FEW {
            return Ok(None);
        }
        let mut sorted = self.clone();
        sorted.shelves[at] = Arc::new(self.shelves[at].sealed()?);
        Ok(Some(sorted))
    }

    /// What one accumulator would hold of all rows.
    ///
    /// # Errors
    /// As [`GroupedCounts::accumulator`].
    pub fn total(&self, control: &Control<'_>) -> Result<A> {
        let mut total = if self.ledger.rows == [0, 0] { self.prototype.clone() } else { self.fresh.clone() };
        self.shelves.iter().try_for_each(|shelf| shelf.add_all(&mut total, control))?;
        // Those of accumulators came with them.
        let dropped = self.ledger.dropped - total.counted().1;
        total.with_dropped(dropped)
    }

    /// Rows of each group: negatives, positives, dropped.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn counted(&self, control: &Control<'_>) -> Result<Vec<[u64; 3]>> {
        let ledgers = self.ledgers(control)?;
        Ok(ledgers.into_iter().map(|ledger| [ledger.rows[0], ledger.rows[1], ledger.dropped]).collect())
    }

    /// What `read` makes of each group's tally, on all threads.
    ///
    /// # Errors
    /// As [`GroupedCounts::accumulator`]; those of `read`.
    pub fn tallies<T: Send>(&self, control: &Control<'_>, read: impl Fn(&Tally) -> Result<T> + Sync) -> Result<Vec<T>> {
        self.tallies_at(&[], control, |tally, _| read(tally))
    }

    /// The same, with how many of the tally's groups each of some thresholds admits.
    ///
    /// # Errors
    /// As [`GroupedCounts::tallies`]; [`Error::OutOfRange`](crate::Error::OutOfRange) and
    /// [`Error::NotAnEdge`](crate::Error::NotAnEdge) for a threshold at which a group cannot be read.
    pub fn tallies_at<T: Send>(
        &self,
        thresholds: &[f64],
        control: &Control<'_>,
        read: impl Fn(&Tally, &[usize]) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let of = [&self.prototype, &self.fresh];
        self.each(control, |held, scratch| {
            let tally = held.tally(of, scratch, &control.with_threads(1))?;
            let admitted = |&threshold: &f64| self.fresh.admitted(&tally, held.narrow(), threshold);
            let admitted = thresholds.iter().map(admitted).collect::<Result<Vec<_>>>()?;
            read(&tally, &admitted)
        })
    }

    /// What `read` makes of each group's accumulator, on all threads.
    ///
    /// # Errors
    /// As [`GroupedCounts::tallies`].
    pub fn accumulators<T: Send>(&self, control: &Control<'_>, read: impl Fn(A) -> Result<T> + Sync) -> Result<Vec<T>> {
        let of = [&self.prototype, &self.fresh];
        self.each(control, |held, _| read(held.accumulator(of, &control.with_threads(1))?))
    }

    pub(super) fn ledgers(&self, control: &Control<'_>) -> Result<Vec<Ledger>> {
        let mut ledgers = crate::simd::room(self.len(), "rows of groups")?;
        for (at, shelf) in self.shelves.iter().enumerate() {
            control.check()?;
            ledgers.extend(shelf.ledgers(self.groups_of(at).len()));
        }
        Ok(ledgers)
    }

    fn each<T: Send>(
        &self,
        control: &Control<'_>,
        read: impl Fn(Held<'_, A>, &mut Scratch) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        /// Groups of few shelves that a worker reads at a time.
        const SOME: usize = 16;
        let mut all = crate::simd::room(self.len(), "figures of groups")?;
        let start = || Ok(Scratch::default());
        if self.shelves.len() >= 2 * control.threads {
            let make = |scratch: &mut Scratch, range: Range<usize>| {
                let of = |at: usize| {
                    let sorted = self.shelves[at].sorted()?;
                    sorted.each(0..self.groups_of(at).len(), scratch, control, &read)
                };
                range.map(of).collect::<Result<Vec<_>>>()
            };
            let commit = |some: Vec<Vec<T>>| all.extend(some.into_iter().flatten());
            workers::in_order(self.shelves.len(), 1, control, start, make, commit)?;
            return Ok(all);
        }
        for (at, shelf) in self.shelves.iter().enumerate() {
            let sorted = shelf.sorted()?;
            let make = |scratch: &mut Scratch, range: Range<usize>| sorted.each(range, scratch, control, &read);
            workers::in_order(self.groups_of(at).len(), SOME, control, start, make, |some| all.extend(some))?;
        }
        Ok(all)
    }

    fn groups_of(&self, shelf: usize) -> Range<usize> {
        shelf * GROUPS..((shelf + 1) * GROUPS).min(self.len())
    }

    /// The key columns and the keys, for its bytes.
    pub(crate) fn parts(&self) -> (Option<&KeyNames>, &Keys) {
        (self.columns.as_ref(), &self.keys)
    }
}

impl Bounds {
    /// Those of what an accumulator holds, as far as its tally tells.
    pub(super) fn of<A: Groupable>(counts: &A) -> Self {
        let mut bounds = Self::default();
        if counts.weighted() {
            let rows = counts.rows();
            bounds.weights = rows.weight_positives + rows.weight_negatives;
        }
        if counts.sums() {
            bounds.squares = counts.squares();
        }
        bounds
    }
}
