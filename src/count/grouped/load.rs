//! [`Loading`]: groups put in one after another, in the order of their keys.

use std::sync::Arc;

use super::kind::Groupable;
use super::read::Bounds;
use super::rows::GROUPS;
use super::shelf::Shelf;
use super::{GroupedCounts, KeyNames, KeyValue, Keys};
use crate::count::accumulator::Ledger;
use crate::error::Result;

/// A group as it was read from bytes.
#[derive(Debug)]
pub(crate) enum Group<A> {
    /// Unweighted rows, score and label, of which no further sums are kept that do not follow from them; and how many were
    /// dropped beside them.
    Rows(Vec<(f64, u8)>, u64),
    /// All of it.
    Counts(A),
}

/// Groups in the making. Each becomes rows again where it can, before the next comes: accumulators of all would take far more
/// memory than the groups will.
pub(crate) struct Loading<A> {
    counts: GroupedCounts<A>,
    keys: Keys,
    shelf: Shelf<A>,
}

impl<A: Groupable> Loading<A> {
    /// No group; `fresh`: what each begins as after the first rows.
    pub(crate) fn new(prototype: A, fresh: A, columns: Option<KeyNames>) -> Self {
        let keys = Keys::of_columns(columns.as_ref().map_or(0, |columns| columns.columns));
        Self { counts: GroupedCounts { fresh, columns, ..GroupedCounts::new(prototype) }, keys, shelf: Shelf::empty() }
    }

    /// The most rows that a group may come as.
    pub(crate) fn rows_kept(&self) -> usize {
        self.counts.fresh.rows_kept()
    }

    /// Adds a group with a new key.
    ///
    /// # Errors
    /// [`Error::TooManyGroups`](crate::Error::TooManyGroups), [`Error::CountOverflow`](crate::Error::CountOverflow) and others of
    /// sums over all groups; [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn add(&mut self, key: &[KeyValue<'_>], group: Group<A>) -> Result<()> {
        let counts = &mut self.counts;
        let place = self.keys.number(key)? as usize % GROUPS;
        let (ledger, bounds) = match &group {
            Group::Rows(rows, dropped) => {
                let positives = rows.iter().map(|&(_, label)| u64::from(label)).sum();
                let squares = [if counts.fresh.sums() { rows.len() as f64 } else { 0.0 }, 0.0];
                let rows = [rows.len() as u64 - positives, positives];
                (Ledger { rows, dropped: *dropped, weighted: false }, Bounds { squares, ..Bounds::default() })
            }
            Group::Counts(group) => {
                let (rows, dropped) = group.counted();
                (Ledger { rows, dropped, weighted: group.weighted() }, Bounds::of(group))
            }
        };
        (counts.ledger, counts.bounds) = (counts.ledger.plus(ledger)?, counts.bounds.plus(bounds)?);
        self.shelf.put(place, group)?;
        if place + 1 == GROUPS { self.end_shelf() } else { Ok(()) }
    }

    fn end_shelf(&mut self) -> Result<()> {
        let shelf = std::mem::replace(&mut self.shelf, Shelf::empty());
        self.counts.shelves.push(Arc::new(shelf.sealed()?));
        Ok(())
    }

    /// All of them.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn finish(mut self) -> Result<GroupedCounts<A>> {
        if self.counts.shelves.len() * GROUPS < self.keys.len() {
            self.end_shelf()?;
        }
        Ok(GroupedCounts { keys: Arc::new(self.keys), ..self.counts })
    }
}
