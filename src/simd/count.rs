//! Counting places: the increments, and adding up what they made.

use std::ops::Range;

/// Rows that are placed and counted at a time: the places of one strip are found while those of the strip before are
/// counted.
pub(crate) const STRIP: usize = 64;

/// At the start of a cache line: a vector that crosses two is stored and read back at half the speed.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
pub(crate) struct Aligned<T>(pub(crate) T);

/// Increments a turn of the loop.
const UNROLLED: usize = 8;

/// `COPIES` tables that the rows of a strip rotate over, so that equal neighbours do not wait for each other's store. Their
/// sum is the count. `COPIES` is 1, 2, 4 or 8.
#[derive(Debug)]
pub(crate) struct Counters<const COPIES: usize> {
    tables: [Vec<u32>; COPIES],
    gaps: usize,
}

impl<const COPIES: usize> Counters<COPIES> {
    /// Zeros at places `gap + label * gaps`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn new(gaps: usize) -> crate::Result<Self> {
        let mut tables = [const { Vec::new() }; COPIES];
        for table in &mut tables {
            *table = super::zeros(2 * gaps, "private tables of counts")?;
        }
        Ok(Self { tables, gaps })
    }

    /// One more at the place of each row `0..len` of a strip. What lies beyond the tables is not counted.
    #[inline(always)]
    pub(crate) fn add(&mut self, len: usize, place: impl Fn(usize) -> u32) {
        let mut tables = self.tables.each_mut().map(|table| &mut table[..]);
        let mut add_one = |i: usize| {
            if let Some(count) = tables[i % COPIES].get_mut(place(i) as usize) {
                *count += 1;
            }
        };
        if len == STRIP {
            for first in (0..STRIP).step_by(UNROLLED) {
                (first..first + UNROLLED).for_each(&mut add_one);
            }
        } else {
            (0..len).for_each(add_one);
        }
    }

    /// Adds the counts to `total` and starts again from zero.
    pub(crate) fn flush(&mut self, total: &mut Totals) {
        for table in &mut self.tables {
            let (negatives, positives) = table.split_at_mut(self.gaps);
            total.take(negatives, positives);
        }
    }
}

/// Sums of counts by cell, `2 * gap + label`.
#[derive(Debug)]
pub(crate) struct Totals {
    cells: Vec<u64>,
    /// All others are zero.
    touched: Range<usize>,
}

/// Gaps that are passed over at once where nothing was counted in them: most are, of a table far larger than what scores
/// spread over, and memory that was never touched stays so.
const STRETCH: usize = 512;

impl Totals {
    /// Zeros.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn new(gaps: usize) -> crate::Result<Self> {
        Ok(Self { cells: super::zeros(2 * gaps, "counts of a batch")?, touched: 0..0 })
    }

    /// All cells.
    pub(crate) fn cells(&self) -> &[u64] {
        &self.cells
    }

    /// The first cell, and those from there on, that something was counted in.
    pub(crate) fn touched(&self) -> (usize, &[u64]) {
        (self.touched.start, &self.cells[self.touched.clone()])
    }

    /// `[negatives, positives]` of all gaps.
    pub(crate) fn rows(&self) -> [u64; 2] {
        let pairs = self.cells[self.touched.clone()].as_chunks::<2>().0;
        pairs.iter().fold([0, 0], |[negatives, positives], pair| [negatives + pair[0], positives + pair[1]])
    }

    /// Adds counts, which become zero.
    fn take(&mut self, negatives: &mut [u32], positives: &mut [u32]) {
        let parts = negatives.chunks_mut(STRETCH).zip(positives.chunks_mut(STRETCH));
        for (at, (negatives, positives)) in parts.enumerate() {
            if negatives.iter().chain(&*positives).fold(0, |any, &count| any | count) == 0 {
                continue;
            }
            let cells = 2 * at * STRETCH..2 * (at * STRETCH + negatives.len());
            let pairs = self.cells[cells.clone()].as_chunks_mut::<2>().0;
            for ([negative, positive], (negatives, positives)) in
                pairs.iter_mut().zip(negatives.iter().zip(&*positives))
            {
                *negative += u64::from(*negatives);
                *positive += u64::from(*positives);
            }
            negatives.fill(0);
            positives.fill(0);
            let before = if self.touched.is_empty() { cells.clone() } else { self.touched.clone() };
            self.touched = before.start.min(cells.start)..before.end.max(cells.end);
        }
    }
}

impl Counters<1> {
    /// The counts of some gaps: of negatives, of positives.
    pub(crate) fn columns_mut(&mut self, gaps: Range<usize>) -> [&mut [u32]; 2] {
        let [table] = &mut self.tables;
        let (negatives, positives) = table.split_at_mut(self.gaps);
        [&mut negatives[gaps.clone()], &mut positives[gaps]]
    }
}

/// `tables[row % PARTIALS][cells[i]] += weights[i]`, `row` counting on from `first`; `PARTIALS` tables of `width` sums one after
/// another. A cell beyond its table is not counted.
pub(crate) fn add_weights<const PARTIALS: usize>(
    tables: &mut [f64],
    width: usize,
    first: usize,
    cells: &[u32],
    weights: &[f64],
) {
    let mut rest = tables;
    let mut tables: [&mut [f64]; PARTIALS] = std::array::from_fn(|_| {
        let table;
        (table, rest) = std::mem::take(&mut rest).split_at_mut(width);
        table
    });
    tables.rotate_left(first % PARTIALS);
    let mut add = |table: usize, cell: u32, weight: f64| {
        if let Some(sum) = tables[table].get_mut(cell as usize) {
            *sum += weight;
        }
    };
    let (cells, last_cells) = cells.as_chunks::<PARTIALS>();
    let (weights, last_weights) = weights.as_chunks::<PARTIALS>();
    for (cells, weights) in cells.iter().zip(weights) {
        for i in 0..PARTIALS {
            add(i, cells[i], weights[i]);
        }
    }
    for (i, (&cell, &weight)) in last_cells.iter().zip(last_weights).enumerate() {
        add(i, cell, weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_place_of_every_strip_is_counted<const COPIES: usize>() {
        let gaps = 1300;
        let mut counters = Counters::<COPIES>::new(gaps).unwrap();
        let mut total = Totals::new(gaps).unwrap();
        for len in [STRIP, 1, 63, 0, STRIP] {
            counters.add(len, |i| (i % 7) as u32 * 371);
            counters.flush(&mut total);
        }
        for (cell, &count) in total.cells().iter().enumerate() {
            let place = cell / 2 + cell % 2 * gaps;
            let expected = [STRIP, 1, 63, STRIP].iter().flat_map(|&len| 0..len).filter(|i| i % 7 * 371 == place);
            assert_eq!(count, expected.count() as u64, "{COPIES} copies, cell {cell}");
        }
    }

    #[test]
    fn weights_rotate_over_the_partial_sums() {
        let (width, cells) = (5, [4, 0, 4, 1, 9, 2, 4]);
        let weights = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
        for first in 0..9 {
            for len in 0..=cells.len() {
                let mut tables = vec![0.0; 4 * width];
                add_weights::<4>(&mut tables, width, first, &cells[..len], &weights[..len]);
                let mut expected = vec![0.0; 4 * width];
                for i in (0..len).filter(|&i| cells[i] < 5) {
                    expected[(first + i) % 4 * width + cells[i] as usize] += weights[i];
                }
                assert_eq!(tables, expected, "from {first}, {len} rows");
            }
        }
    }

    #[test]
    fn copies_add_up() {
        every_place_of_every_strip_is_counted::<1>();
        every_place_of_every_strip_is_counted::<4>();
        every_place_of_every_strip_is_counted::<8>();
    }

    #[test]
    fn a_place_beyond_the_tables_is_not_counted() {
        let mut counters = Counters::<1>::new(2).unwrap();
        counters.add(STRIP, |_| 4);
        counters.add(STRIP, |_| 3);
        let mut total = Totals::new(2).unwrap();
        counters.flush(&mut total);
        assert_eq!(total.cells(), [0, 0, 0, 64]);
    }

    #[test]
    fn what_was_touched_is_all_that_was_counted() {
        let gaps = 5 * STRETCH + 7;
        for (places, cells) in [
            (vec![], 0..0),
            (vec![2 * STRETCH + 1], 4 * STRETCH..6 * STRETCH),
            (vec![STRETCH, 3 * STRETCH + gaps], 2 * STRETCH..8 * STRETCH),
            (vec![gaps - 1, 2 * gaps - 1], 10 * STRETCH..2 * gaps),
        ] {
            let (mut counters, mut total) = (Counters::<1>::new(gaps).unwrap(), Totals::new(gaps).unwrap());
            counters.add(places.len(), |i| places[i] as u32);
            counters.flush(&mut total);
            counters.flush(&mut total); // zeros by now
            assert_eq!(total.touched(), (cells.start, &total.cells()[cells]));
            let label = |label| places.iter().filter(|&&place| place / gaps == label).count() as u64;
            assert_eq!((total.rows(), total.cells().iter().sum::<u64>()), ([label(0), label(1)], places.len() as u64));
        }
    }
}
