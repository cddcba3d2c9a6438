//! Groups put together: another state's with these, those of one key of fewer columns, some of them.

use std::sync::Arc;

use super::kind::Groupable;
use super::read::Bounds;
use super::rows::{GROUPS, Rows};
use super::shelf::Shelf;
use super::{GroupedCounts, KeyNames, Keys};
use crate::control::Control;
use crate::error::{Error, Result};

/// Stands for no group.
const NONE: u32 = u32::MAX;

impl<A: Groupable> GroupedCounts<A> {
    /// Adds all that `other` has counted; nothing on error.
    ///
    /// # Errors
    /// A mismatch of settings; [`Error::OtherKeys`]; those of [`GroupedCounts::commit`]; [`Error::Interrupted`].
    pub fn merge(&mut self, other: &Self, control: &Control<'_>) -> Result<()> {
        let mut sum = self.clone();
        sum.fresh.merge(&other.fresh)?;
        let Some(theirs) = &other.columns else { return Ok(()) };
        sum.columns.as_ref().map_or(Ok(()), |ours| ours.same_as(theirs))?;
        sum.columns = Some(theirs.clone());
        let columns: Vec<usize> = (0..theirs.columns).collect();
        let to = sum.places(other, &columns, None, control)?;
        sum.absorb(other, &to, control)?;
        if let Some(limit) = sum.limit
            && sum.nbytes() > limit
        {
            return Err(Error::MaxBytes { bytes: sum.nbytes(), limit });
        }
        *self = sum;
        Ok(())
    }

    /// The groups by these columns alone, in this order; `columns` are their places.
    ///
    /// # Errors
    /// [`Error::Interrupted`], [`Error::OutOfMemory`].
    pub fn rolled_up(&self, columns: &[usize], control: &Control<'_>) -> Result<Self> {
        self.regrouped(columns, None, control)
    }

    /// Some of the groups: those that are marked.
    ///
    /// # Errors
    /// As [`GroupedCounts::rolled_up`].
    pub fn selected(&self, marked: &[bool], control: &Control<'_>) -> Result<Self> {
        let columns: Vec<usize> = (0..self.keys.columns.len()).collect();
        self.regrouped(&columns, Some(marked), control)
    }

    fn regrouped(&self, columns: &[usize], marked: Option<&[bool]>, control: &Control<'_>) -> Result<Self> {
        let mut groups = Self { limit: self.limit, ..Self::new(self.prototype.clone()) };
        let Some(ours) = &self.columns else { return Ok(groups) };
        let names = ours.names.as_ref().map(|names| columns.iter().map(|&column| names[column].clone()).collect());
        groups.columns = Some(KeyNames { columns: columns.len(), names });
        let to = groups.places(self, columns, marked, control)?;
        groups.absorb(self, &to, control)?;
        if groups.ledger.rows != [0, 0] {
            groups.fresh = self.fresh.clone();
        }
        if groups.keys.len() == 0 {
            groups.columns = None;
        }
        Ok(groups)
    }

    /// For each group of `other` the group here of the same values in `columns`, which is made where there is none.
    fn places(
        &mut self,
        other: &Self,
        columns: &[usize],
        marked: Option<&[bool]>,
        control: &Control<'_>,
    ) -> Result<Vec<u32>> {
        let keys = Arc::make_mut(&mut self.keys);
        if keys.columns.is_empty() {
            *keys = Keys::of_columns(columns.len());
        }
        let mut to = crate::simd::room(other.len(), "groups")?;
        for group in 0..other.len() as u32 {
            if group % 4096 == 0 {
                control.check()?;
            }
            if marked.is_some_and(|marked| marked.get(group as usize) != Some(&true)) {
                to.push(NONE);
                continue;
            }
            let values = other.keys.values_of(group);
            let key: Vec<_> = columns.iter().map(|&column| other.keys.columns[column].get(values[column])).collect();
            to.push(keys.number(&key)?);
        }
        let shelves = keys.len().div_ceil(GROUPS);
        self.shelves.resize_with(shelves, || Arc::new(Shelf::empty()));
        Ok(to)
    }

    /// Adds each group of `other` to that which `to` names. After an error `self` is of no use.
    fn absorb(&mut self, other: &Self, to: &[u32], control: &Control<'_>) -> Result<()> {
        self.bounds = self.bounds.plus(other.bounds)?;
        let ledgers = other.ledgers(control)?;
        let kept = ledgers.iter().zip(to).filter(|(_, to)| **to != NONE);
        self.ledger = kept.map(|(ledger, _)| ledger).try_fold(self.ledger, |sum, &more| sum.plus(more))?;
        if self.ledger.rows == [0, 0] {
            self.bounds = Bounds::default();
        }
        let mut moved = Moved { plain: rows(self.shelves.len()), weighted: rows(self.shelves.len()) };
        for (from, to) in other.shelves.iter().zip(to.chunks(GROUPS)) {
            control.check()?;
            moved.take(from, to)?;
            self.take_grown(from, to, control)?;
        }
        for (shelf, (plain, weighted)) in self.shelves.iter_mut().zip(moved.plain.into_iter().zip(moved.weighted)) {
            control.check()?;
            if plain.len() + weighted.len() > 0 {
                let shelf = Arc::make_mut(shelf);
                shelf.plain.add(plain)?;
                shelf.weighted.add(weighted)?;
            }
        }
        if let Some(settled) = self.settled(control)? {
            *self = settled;
        }
        Ok(())
    }

    /// Adds accumulators and dropped rows of a shelf.
    fn take_grown(&mut self, from: &Shelf<A>, to: &[u32], control: &Control<'_>) -> Result<()> {
        for (place, &to) in to.iter().enumerate().filter(|(_, to)| **to != NONE) {
            let (dropped, grown) = (from.dropped.get(place).copied().unwrap_or(0), from.grown(place));
            if dropped == 0 && grown.is_none() {
                continue;
            }
            control.check()?;
            let (shelf, place) = (Arc::make_mut(&mut self.shelves[to as usize / GROUPS]), to as usize % GROUPS);
            if dropped > 0 {
                shelf.drop_rows(place, dropped);
            }
            if let Some(grown) = grown {
                let slot = shelf.grown_slot(place);
                match slot {
                    Some(own) => own.merge(grown)?,
                    None => *slot = Some(Box::new(grown.clone())),
                }
            }
        }
        Ok(())
    }
}

/// Rows on their way to other shelves.
struct Moved {
    plain: Vec<Rows>,
    weighted: Vec<Rows>,
}

impl Moved {
    fn take<A: Groupable>(&mut self, from: &Shelf<A>, to: &[u32]) -> Result<()> {
        for (pile, out) in [(&from.plain, &mut self.plain), (&from.weighted, &mut self.weighted)] {
            for run in pile.by_group()?.runs() {
                for (place, &to) in to.iter().enumerate().filter(|(_, to)| **to != NONE) {
                    out[to as usize / GROUPS].take(to as usize % GROUPS, &run.of_group(place))?;
                }
            }
        }
        Ok(())
    }
}

fn rows(shelves: usize) -> Vec<Rows> {
    std::iter::repeat_with(Rows::none).take(shelves).collect()
}
