//! [`Lookup`]: a cell → the place of a row in a table of counters, by one or a few comparisons.

use super::{Aligned, STRIP};

/// A place and the least key that belongs one place higher.
pub(crate) trait Entry: Copy {
    /// A number with the order of the scores.
    type Key: Copy + Ord;
    /// One that no score's key reaches; the key of some NaN may.
    const BEYOND: Self::Key;
    /// The entry of `place`, the lowest of its cell, and the cutoff above it, if one lies in the cell.
    fn new(place: u32, cutoff: Option<Self::Key>) -> Self;
    /// The place, or the next one if `key` reaches the cutoff.
    fn place(self, key: Self::Key) -> u32;
}

/// Place and cutoff in one word: `(place + 1) · 2^32 − cutoff + key` carries the comparison into the upper half, where the
/// place is.
impl Entry for u64 {
    type Key = i32;
    const BEYOND: i32 = i32::MAX;

    fn new(place: u32, cutoff: Option<i32>) -> Self {
        ((u64::from(place) + 1) << 32).wrapping_add_signed(-cutoff.map_or(1 << 31, i64::from))
    }
    #[inline(always)]
    fn place(self, key: i32) -> u32 {
        (self.wrapping_add_signed(key.into()) >> 32) as u32
    }
}

/// Side by side.
impl Entry for (i64, u32) {
    type Key = i64;
    const BEYOND: i64 = i64::MAX;

    fn new(place: u32, cutoff: Option<i64>) -> Self {
        (cutoff.unwrap_or(Self::BEYOND), place)
    }
    #[inline(always)]
    fn place(self, key: i64) -> u32 {
        self.1 + u32::from(key >= self.0)
    }
}

/// For each label and each cell its entry, and `MORE` further cutoffs in the cell.
///
/// A row looks up one entry and counts; that is all the time there is: with bounds checks, which cut the loop into
/// branches, a row took 0.4 ns longer.
#[derive(Debug, Clone)]
pub(crate) struct Lookup<E: Entry, const MORE: usize> {
    /// Those of label 0, then those of label 1.
    entries: Vec<(E, [E::Key; MORE])>,
    /// Cells of a label; at least 1. `entries` holds two of each.
    cells: usize,
}

impl<E: Entry, const MORE: usize> Lookup<E, MORE> {
    /// From the cutoffs of each cell, at most `1 + MORE` of them; places `gap + label * gaps`. None without a cell.
    pub(crate) fn new<'c>(cells: impl Iterator<Item = &'c [E::Key]> + Clone, gaps: u32) -> Option<Self>
    where
        E::Key: 'c,
    {
        let count = cells.clone().count();
        let mut entries = Vec::with_capacity(2 * count);
        for label in [0, gaps] {
            let mut place = label;
            for cutoffs in cells.clone() {
                let entry = E::new(place, cutoffs.first().copied());
                let more = std::array::from_fn(|i| cutoffs.get(1 + i).copied().unwrap_or(E::BEYOND));
                entries.push((entry, more));
                place += cutoffs.len() as u32;
            }
        }
        (count > 0).then_some(Self { entries, cells: count })
    }

    /// Places of a strip's rows, given their cells (one beyond the last counts as the last), labels and keys.
    #[inline(always)]
    pub(crate) fn places(
        &self,
        cells: [u32; STRIP],
        labels: &[u8; STRIP],
        keys: [E::Key; STRIP],
    ) -> impl Fn(usize) -> u32 {
        let (count, entries) = (self.cells as u32, &self.entries[..]);
        let at: Aligned<[u32; STRIP]> = Aligned(std::array::from_fn(|i| {
            let positive = 0_u32.wrapping_sub(u32::from(labels[i] & 1));
            cells[i].min(count - 1) + (positive & count)
        }));
        let keys = Aligned(keys);
        move |i| {
            let (Aligned(at), Aligned(keys)) = (&at, &keys);
            // SAFETY: a cell below `cells`, plus `cells` or not, is below `2 * cells`, the number of entries; `cells` is at
            // least 1.
            let (entry, more) = unsafe { entries.get_unchecked(at[i] as usize) };
            let further: u32 = more.iter().map(|&cutoff| u32::from(keys[i] >= cutoff)).sum();
            entry.place(keys[i]) + further
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<E: Entry + std::fmt::Debug, const MORE: usize>(key: impl Fn(i32) -> E::Key) {
        let cutoffs: [Vec<E::Key>; 4] = [vec![], vec![key(-7)], vec![key(3); 1 + MORE], vec![]];
        let cells = || cutoffs.iter().map(|cell| &cell[..]);
        let lookup = Lookup::<E, MORE>::new(cells(), 10).unwrap();
        for label in [0, 1] {
            for (cell, below) in [(0, 0), (1, 0), (2, 1), (3, 2 + MORE), (9, 2 + MORE)] {
                for value in [i32::MIN, -8, -7, -6, 0, 2, 3, 4, i32::MAX - 1] {
                    let inside = cutoffs.get(cell).map_or(0, |cell| cell.iter().filter(|&&c| key(value) >= c).count());
                    let labels = [label; STRIP];
                    let places = lookup.places([cell as u32; STRIP], &labels, [key(value); STRIP]);
                    assert_eq!(places(STRIP - 1), (below + inside) as u32 + 10 * u32::from(label), "{cell} {value}");
                }
            }
        }
        assert!(Lookup::<E, MORE>::new([].into_iter(), 1).is_none());
    }

    #[test]
    fn a_place_counts_the_cutoffs_below_the_cell_and_those_reached_inside() {
        check::<u64, 0>(|value| value);
        check::<u64, 2>(|value| value);
        check::<(i64, u32), 0>(i64::from);
        check::<(i64, u32), 1>(i64::from);
    }
}
