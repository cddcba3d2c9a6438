//! [`Cells`]: the cells of a joint table that hold rows, ascending by key.

use super::key::{coarser, levels_apart};
use crate::control::Control;
use crate::count::merge::POLL;
use crate::error::Result;
use crate::simd;

const PURPOSE: &str = "cells of a joint table";

/// Cells by key, and what each holds by label, `[of negatives, of positives]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Cells {
    pub(crate) keys: Vec<u64>,
    /// Rows without a weight.
    pub(crate) rows: Vec<[u64; 2]>,
    /// Of rows with weights; no entry at all until any came.
    pub(crate) weights: Vec<[WeightSums; 2]>,
}

/// `Σ w` and `Σ w²` of some rows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct WeightSums {
    pub(crate) sum: f64,
    pub(crate) squares: f64,
}

impl WeightSums {
    fn add(&mut self, more: Self) {
        self.sum += more.sum;
        self.squares += more.squares;
    }
}

impl Cells {
    /// So many cells of key 0 that hold nothing.
    fn zeros(len: usize, weighted: bool) -> Result<Self> {
        let mut weights = Vec::new();
        if weighted {
            weights = simd::room(len, PURPOSE)?;
            weights.resize(len, [WeightSums::default(); 2]);
        }
        Ok(Self { keys: simd::zeros(len, PURPOSE)?, rows: simd::zeros(len, PURPOSE)?, weights })
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Rows and weights of a cell, by label.
    pub(crate) fn held(&self, cell: usize) -> ([u64; 2], [WeightSums; 2]) {
        (self.rows[cell], self.weights.get(cell).copied().unwrap_or_default())
    }

    pub(super) fn nbytes(&self) -> usize {
        let (keys, rows) = (self.keys.capacity() * size_of::<u64>(), self.rows.capacity() * size_of::<[u64; 2]>());
        keys + rows + self.weights.capacity() * size_of::<[WeightSums; 2]>()
    }

    /// These and rows without weights, `2 * key + label` each, ascending.
    pub(super) fn with_rows(&self, rows: &[u64], control: &Control<'_>) -> Result<Self> {
        let distinct = rows.chunk_by(|a, b| a >> 1 == b >> 1).count();
        let add = |cells: &mut Self, at: usize, row: &u64| cells.rows[at][(row & 1) as usize] += 1;
        self.with(rows.iter(), distinct, !self.weights.is_empty(), |row| *row >> 1, add, control)
    }

    /// These and weighted rows, ascending; those of one cell are added in their order.
    pub(super) fn with_weighted_rows(&self, rows: &[(u64, f64)], control: &Control<'_>) -> Result<Self> {
        let distinct = rows.chunk_by(|a, b| a.0 >> 1 == b.0 >> 1).count();
        let add = |cells: &mut Self, at: usize, &(row, weight): &(u64, f64)| {
            cells.weights[at][(row & 1) as usize].add(WeightSums { sum: weight, squares: weight * weight });
        };
        self.with(rows.iter(), distinct, true, |row| row.0 >> 1, add, control)
    }

    /// The cells of both.
    pub(super) fn with_cells(&self, other: &Self, control: &Control<'_>) -> Result<Self> {
        let weighted = !(self.weights.is_empty() && other.weights.is_empty());
        let add = |cells: &mut Self, at: usize, cell: usize| cells.take(at, other.held(cell));
        self.with(0..other.len(), other.len(), weighted, |&cell| other.keys[cell], add, control)
    }

    /// These and further items of at most so many `distinct` keys, ascending by key.
    fn with<T>(
        &self,
        items: impl Iterator<Item = T>,
        distinct: usize,
        weighted: bool,
        key: impl Fn(&T) -> u64,
        add: impl Fn(&mut Self, usize, T),
        control: &Control<'_>,
    ) -> Result<Self> {
        let mut all = Self::zeros(self.len() + distinct, weighted)?;
        let (mut own, mut len) = (0, 0);
        for (i, item) in items.enumerate() {
            if i % POLL == 0 {
                control.check()?;
            }
            let key = key(&item);
            while own < self.len() && self.keys[own] <= key {
                all.put(len, self, own);
                (own, len) = (own + 1, len + 1);
            }
            if len == 0 || all.keys[len - 1] != key {
                all.keys[len] = key;
                len += 1;
            }
            add(&mut all, len - 1, item);
        }
        let rest = self.len() - own;
        (0..rest).for_each(|i| all.put(len + i, self, own + i));
        all.truncate(len + rest);
        Ok(all)
    }

    /// Puts a cell of another table at a place.
    #[inline]
    fn put(&mut self, at: usize, from: &Self, cell: usize) {
        self.keys[at] = from.keys[cell];
        self.rows[at] = from.rows[cell];
        if let (Some(own), Some(weights)) = (self.weights.get_mut(at), from.weights.get(cell)) {
            *own = *weights;
        }
    }

    fn truncate(&mut self, len: usize) {
        self.keys.truncate(len);
        self.rows.truncate(len);
        self.weights.truncate(len);
    }

    /// Adds rows and weights to a cell.
    #[inline]
    fn take(&mut self, at: usize, (rows, weights): ([u64; 2], [WeightSums; 2])) {
        for label in 0..2 {
            self.rows[at][label] += rows[label];
            if let Some(own) = self.weights.get_mut(at) {
                own[label].add(weights[label]);
            }
        }
    }

    /// The fewest levels by which these must be coarser to be at most `most` cells.
    pub(super) fn levels_to(&self, most: usize) -> u32 {
        if self.len() <= most {
            return 0;
        }
        // Pairs of neighbours that are one cell from this level on: each takes one off the number of cells.
        let mut joined = [0_usize; u64::BITS as usize / 2 + 1];
        self.keys.windows(2).for_each(|pair| joined[levels_apart(pair[0], pair[1]) as usize] += 1);
        let mut left = self.len();
        let level = joined.iter().position(|joined| {
            left -= joined;
            left <= most
        });
        level.unwrap_or_default() as u32
    }

    /// Makes cells coarser: neighbours become one.
    pub(super) fn coarsen(&mut self, levels: u32) {
        if levels == 0 {
            return;
        }
        let mut kept = 0;
        for cell in 0..self.len() {
            let key = coarser(self.keys[cell], levels);
            if kept > 0 && self.keys[kept - 1] == key {
                self.take(kept - 1, self.held(cell));
            } else {
                self.keys[kept] = key;
                self.rows[kept] = self.rows[cell];
                if !self.weights.is_empty() {
                    self.weights[kept] = self.weights[cell];
                }
                kept += 1;
            }
        }
        self.truncate(kept);
    }

    /// Gives back memory, where much of it is not needed.
    pub(super) fn trim(&mut self) {
        if self.keys.capacity() > self.len() + self.len() / 8 {
            self.keys.shrink_to_fit();
            self.rows.shrink_to_fit();
            self.weights.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn the_level_is_the_least_that_leaves_few_enough_cells() {
        let cancel = AtomicBool::new(false);
        let mut state = 3_u64;
        let mut rows: Vec<u64> = (0..300)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) & 0xfff
            })
            .collect();
        rows.sort_unstable();
        let cells = Cells::default().with_rows(&rows, &Control::new(&cancel)).unwrap();
        let at = |level| cells.keys.iter().map(|&key| coarser(key, level)).collect::<BTreeSet<_>>().len();
        for most in 1..300 {
            let level = cells.levels_to(most);
            assert!(at(level) <= most && (level == 0 || at(level - 1) > most), "{most}");
            let mut coarse = cells.clone();
            coarse.coarsen(level);
            assert_eq!(coarse.len(), at(level));
            assert_eq!(coarse.rows.iter().flatten().sum::<u64>(), 300);
        }
    }
}
