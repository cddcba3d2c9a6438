//! [`Pages`]: a table of two cells an interval, of which only the pages that were touched exist.

use std::ops::AddAssign;
use std::sync::Arc;

use super::intervals::INTERVALS;

/// Cells of one page: 4 KiB of counts.
const PAGE: usize = 512;

const PAGES: usize = (2 * INTERVALS).div_ceil(PAGE);

/// Cells `2 * interval + label`, zero where nothing was added. A clone shares its pages until either is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pages<T>(Vec<Option<Arc<[T; PAGE]>>>);

impl<T: Copy + Default + PartialEq + AddAssign> Pages<T> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of a cell.
    pub(crate) fn get(&self, cell: usize) -> T {
        self.0.get(cell / PAGE).and_then(Option::as_ref).map_or(T::default(), |page| page[cell % PAGE])
    }

    pub(crate) fn add_to(&mut self, cell: usize, more: T) {
        self.page(cell / PAGE)[cell % PAGE] += more;
    }

    /// Adds `one` to each of these cells, as often as it is listed.
    pub(super) fn add_to_each(&mut self, cells: &[u32], one: T) {
        if cells.len() < PAGES {
            return cells.iter().for_each(|&cell| self.add_to(cell as usize, one));
        }
        // Each page is made sure of once, not for each row.
        let mut touched = [false; PAGES];
        cells.iter().for_each(|&cell| touched[cell as usize / PAGE] = true);
        self.0.resize(PAGES, None);
        let mut pages: Vec<Option<&mut [T; PAGE]>> = self
            .0
            .iter_mut()
            .zip(touched)
            .map(|(page, touched)| {
                touched.then(|| Arc::make_mut(page.get_or_insert_with(|| Arc::new([T::default(); PAGE]))))
            })
            .collect();
        for cell in cells.iter().map(|&cell| cell as usize) {
            if let Some(page) = &mut pages[cell / PAGE] {
                page[cell % PAGE] += one;
            }
        }
    }

    /// Adds to each cell from `first` on, which begins a page.
    pub(super) fn add_slice(&mut self, first: usize, more: &[T]) {
        debug_assert_eq!(first % PAGE, 0);
        for (at, more) in (first / PAGE..).zip(more.chunks(PAGE)) {
            if more.iter().any(|&value| value != T::default()) {
                self.page(at).iter_mut().zip(more).for_each(|(own, &more)| *own += more);
            }
        }
    }

    /// Adds all of `other`.
    pub(super) fn add(&mut self, other: &Self) {
        for (at, page) in other.0.iter().enumerate() {
            if let Some(page) = page {
                self.page(at).iter_mut().zip(page.iter()).for_each(|(own, &more)| *own += more);
            }
        }
    }

    /// Cells that are not zero, ascending.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (usize, T)> + '_ {
        let pages = self.0.iter().enumerate().filter_map(|(at, page)| page.as_ref().map(|page| (at, page)));
        pages
            .flat_map(|(at, page)| page.iter().enumerate().map(move |(i, &value)| (at * PAGE + i, value)))
            .filter(|&(_, value)| value != T::default())
    }

    /// Both cells of each interval that holds something, ascending.
    pub(super) fn intervals(&self) -> impl DoubleEndedIterator<Item = (usize, [T; 2])> + '_ {
        let pages = self.0.iter().enumerate().filter_map(|(at, page)| page.as_ref().map(|page| (at, page)));
        pages
            .flat_map(|(at, page)| {
                let pairs = page.as_chunks::<2>().0.iter().enumerate();
                pairs.map(move |(i, &pair)| (at * (PAGE / 2) + i, pair))
            })
            .filter(|(_, pair)| *pair != [T::default(); 2])
    }

    /// Intervals on pages that exist here or in `other`, ascending.
    pub(super) fn touched<U>(&self, other: &Pages<U>) -> impl DoubleEndedIterator<Item = usize> {
        let exists: Vec<bool> = (0..PAGES)
            .map(|at| matches!(self.0.get(at), Some(Some(_))) || matches!(other.0.get(at), Some(Some(_))))
            .collect();
        (0..INTERVALS).filter(move |interval| exists[2 * interval / PAGE])
    }

    pub(super) fn nbytes(&self) -> usize {
        size_of_val(&self.0[..]) + self.0.iter().flatten().count() * size_of::<[T; PAGE]>()
    }

    fn page(&mut self, at: usize) -> &mut [T; PAGE] {
        if self.0.is_empty() {
            self.0.resize(PAGES, None);
        }
        Arc::make_mut(self.0[at].get_or_insert_with(|| Arc::new([T::default(); PAGE])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_touched_pages_exist_and_clones_part_on_write() {
        let mut pages = Pages::<u64>::new();
        assert_eq!(pages.nbytes(), 0);
        pages.add_to(5, 2);
        let copy = pages.clone();
        pages.add_to(2 * INTERVALS - 1, 1);
        pages.add_to(5, 1);
        assert_eq!((pages.get(5), copy.get(5), pages.get(6)), (3, 2, 0));
        assert_eq!(pages.cells().collect::<Vec<_>>(), [(5, 3), (2 * INTERVALS - 1, 1)]);
        assert_eq!(pages.nbytes() - copy.nbytes(), 4096);
        const { assert!(PAGES * 4096 <= 4 << 20) };
    }
}
