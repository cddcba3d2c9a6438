//! Counting cells: the increments, and adding up what they made.

/// Rows that are placed and counted at a time: their cells stay in the first-level cache's write queue, and the
/// increments of one strip run beside the arithmetic of the next.
pub(crate) const STRIP: usize = 64;

/// Sub-tables one after another, which the rows of a strip rotate over, so that equal neighbours do not wait for each
/// other's store. Their sum is the count.
#[derive(Debug)]
pub(crate) struct Counters {
    tables: Vec<u32>,
    width: usize,
    /// Where the sub-table of each row of a strip starts.
    starts: [u32; STRIP],
}

impl Counters {
    /// `copies` sub-tables of `width` cells; `copies` is a power of two of at most [`STRIP`].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn new(width: usize, copies: usize) -> crate::Result<Self> {
        let tables = super::zeros(width * copies, "private tables of counts")?;
        Ok(Self { tables, width, starts: std::array::from_fn(|i| (i % copies * width) as u32) })
    }

    /// One more in each of the first `len` cells. A cell beyond the table is not counted.
    #[inline(always)]
    pub(crate) fn add(&mut self, cells: &[u32; STRIP], len: usize) {
        let places: [u32; STRIP] = std::array::from_fn(|i| cells[i] + self.starts[i]);
        if len == STRIP {
            for places in places.as_chunks::<8>().0 {
                places.iter().for_each(|&place| add_one(&mut self.tables, place));
            }
        } else {
            places.iter().take(len).for_each(|&place| add_one(&mut self.tables, place));
        }
    }

    /// Adds the counts to `total` and starts again from zero.
    pub(crate) fn flush(&mut self, total: &mut [u64]) {
        self.tables.chunks_exact(self.width).for_each(|table| add_widened(total, table));
        self.tables.fill(0);
    }
}

#[inline(always)]
fn add_one(table: &mut [u32], place: u32) {
    if let Some(count) = table.get_mut(place as usize) {
        *count += 1;
    }
}

/// `total[i] += part[i]`, widening. Stretches of zeros are passed over, so that pages of the total nobody counted in stay
/// untouched.
fn add_widened(total: &mut [u64], part: &[u32]) {
    const STRETCH: usize = 1024;
    for (total, part) in total.chunks_mut(STRETCH).zip(part.chunks(STRETCH)) {
        if part.iter().fold(0, |any, &count| any | count) != 0 {
            total.iter_mut().zip(part).for_each(|(total, &part)| *total += u64::from(part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_every_strip_is_counted_in_one_of_the_copies() {
        for copies in [1, 2, 4, 8] {
            let mut counters = Counters::new(100, copies).unwrap();
            let mut total = vec![0; 100];
            for len in [STRIP, 1, 63, 0, STRIP] {
                counters.add(&std::array::from_fn(|i| (i % 7) as u32 * 16), len);
                counters.flush(&mut total);
            }
            for (cell, &count) in total.iter().enumerate() {
                let expected = [STRIP, 1, 63, STRIP].iter().flat_map(|&len| 0..len).filter(|i| i % 7 * 16 == cell);
                assert_eq!(count, expected.count() as u64, "{copies} copies, cell {cell}");
            }
        }
    }

    #[test]
    fn a_cell_beyond_the_tables_is_not_counted() {
        let mut counters = Counters::new(3, 1).unwrap();
        counters.add(&[3; STRIP], STRIP);
        counters.add(&[2; STRIP], STRIP);
        let mut total = vec![0; 3];
        counters.flush(&mut total);
        assert_eq!(total, [0, 0, 64]);
    }
}
