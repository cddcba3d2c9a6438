//! [`Sorter`]: the groups of a bucket of float64. Rows are put into about as many cells of their own range as there are rows,
//! which nearly sorts them; insertion does the rest.

use super::finish::Bucket;
use crate::control::Control;
use crate::error::Result;
use crate::simd::Kernel;

/// Scratch for sorting a bucket.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    /// `2 * (key - lowest) + label`.
    codes: Vec<u64>,
    /// Where each cell's rows begin, then where they end.
    places: Vec<u32>,
}

/// Cells there are at most: their places fit L2 beside the codes.
const MOST_CELL_BITS: u32 = 16;

/// Cells with more rows are sorted before insertion, which takes a quarter of the square of their number.
const CROWDED: usize = 24;

impl Sorter {
    /// The groups, ascending, as `[negatives, positives]`; false, and nothing done, where keys lie too far apart.
    pub(super) fn groups(
        &mut self,
        bucket: &Bucket<'_, u64>,
        control: &Control<'_>,
        mut each: impl FnMut(u64, [u64; 2]),
    ) -> Result<bool> {
        let keys = || (0..2).flat_map(|label| bucket.rests(label)).flatten();
        let (lowest, highest) = keys().fold((u64::MAX, 0), |(low, high), &key| (low.min(key), high.max(key)));
        let rows = bucket.counts[0] + bucket.counts[1];
        if lowest > highest || (highest - lowest) >> 62 != 0 || u32::try_from(rows).is_err() {
            return Ok(rows == 0);
        }
        self.sort(bucket, [lowest, highest], control)?;
        let mut rest = &self.codes[..];
        while let [code, ..] = rest {
            let key = code >> 1;
            let mut counts = [0, 0];
            let mut len = 0;
            for code in rest.iter().take_while(|&code| code >> 1 == key) {
                counts[(code & 1) as usize] += 1;
                len += 1;
            }
            each(lowest + key, counts);
            rest = &rest[len..];
        }
        Ok(true)
    }

    fn sort(&mut self, bucket: &Bucket<'_, u64>, [lowest, highest]: [u64; 2], control: &Control<'_>) -> Result<()> {
        let rows = (bucket.counts[0] + bucket.counts[1]) as usize;
        let bits = (rows.ilog2() + 1).clamp(4, MOST_CELL_BITS);
        let shift = (64 - (highest - lowest).leading_zeros()).saturating_sub(bits);
        self.places.clear();
        self.places.resize(((highest - lowest) >> shift) as usize + 2, 0);
        let pieces = || (0_u64..2).flat_map(|label| bucket.rests(label as usize).map(move |rests| (label, rests)));
        let chunks = || pieces().flat_map(|(label, rests)| rests.chunks(CHUNK).map(move |keys| (label, keys)));
        for (_, keys) in chunks() {
            control.check()?;
            control.level.run(Count { keys, lowest, shift, cells: &mut self.places });
        }
        // `places[c + 1]` becomes where cell `c` starts, and moves to its end as its rows are written.
        let mut start = 0;
        let mut crowded = false;
        for place in &mut self.places {
            let count = std::mem::replace(place, start);
            crowded |= count as usize > CROWDED;
            start += count;
        }
        self.codes.resize(rows, 0);
        for (label, keys) in chunks() {
            control.check()?;
            control.level.run(Place { keys, label, lowest, shift, places: &mut self.places, codes: &mut self.codes });
        }
        if crowded {
            for cell in self.places.windows(2).map(|ends| ends[0] as usize..ends[1] as usize) {
                if cell.len() > CROWDED {
                    control.check()?;
                    self.codes[cell].sort_unstable();
                }
            }
        }
        insert(&mut self.codes);
        Ok(())
    }
}

/// Rows between two looks at the cancel flag.
const CHUNK: usize = 4096;

/// Counts the rows of each cell, one place above its own.
struct Count<'k> {
    keys: &'k [u64],
    lowest: u64,
    shift: u32,
    cells: &'k mut [u32],
}

impl Kernel for Count<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for &key in self.keys {
            if let Some(count) = self.cells.get_mut(((key - self.lowest) >> self.shift) as usize + 1) {
                *count += 1;
            }
        }
    }
}

struct Place<'k> {
    keys: &'k [u64],
    label: u64,
    lowest: u64,
    shift: u32,
    places: &'k mut [u32],
    codes: &'k mut [u64],
}

impl Kernel for Place<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for &key in self.keys {
            let code = key - self.lowest;
            let Some(place) = self.places.get_mut((code >> self.shift) as usize + 1) else { continue };
            if let Some(own) = self.codes.get_mut(*place as usize) {
                *own = code << 1 | self.label;
            }
            *place += 1;
        }
    }
}

/// Sorts what nearly is sorted.
fn insert(codes: &mut [u64]) {
    for at in 1..codes.len() {
        let code = codes[at];
        let mut to = at;
        while to > 0 && codes[to - 1] > code {
            codes[to] = codes[to - 1];
            to -= 1;
        }
        codes[to] = code;
    }
}
