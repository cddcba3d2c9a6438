//! [`Ranker`]: pairs inside one bucket of float64, and its positives, counted by ranking one class in the other.
//!
//! The minority's range of keys is cut into cells, 64 to 128 for each of its rows, a bit for each cell that holds one, 64
//! bits a word, with the number of rows in the words before beside it. A row of the majority whose cell is empty is ranked
//! by that number and the bits below its own; the one or two in a hundred whose cell is not are compared with the rows of
//! their word.

use crate::control::Control;
use crate::error::Result;
use crate::simd::Kernel;

/// The minority of a bucket by cell.
#[derive(Debug, Default)]
pub(super) struct Ranker {
    words: Vec<Word>,
    /// The minority's keys, word by word.
    keys: Vec<u64>,
    lowest: u64,
    shift: u32,
    /// The last cell: an empty one above all rows.
    last: u64,
    /// Negatives between two positives, and at the second of them, in turn; at the end those that are counted elsewhere.
    counts: Vec<u32>,
}

/// 64 cells.
#[derive(Debug, Default, Clone, Copy)]
struct Word {
    /// Cells that hold a row; all, where one of them holds several.
    taken: u64,
    /// Rows in lower words.
    below: usize,
}

/// Cells a row of the minority has: fewer than 64 leave more rows to compare, more than 128 leave the cache (measured on
/// 5,000 to 100,000 rows a bucket: 32 and 512 are slower).
const CELLS_A_ROW: u64 = 128;

/// Most cells: 2^26 take 16 MiB.
const MOST_CELL_BITS: u32 = 26;

/// Words with so many rows are sorted, and searched by halving.
const CROWDED: usize = 8;

impl Ranker {
    /// `Σ over b of 2·#{a < b} + #{a == b}`, `a` of `minority`, `b` of `majority`, each given in pieces. It is cheapest when
    /// `minority` is the shorter one.
    ///
    /// # Errors
    /// [`Interrupted`](crate::Error::Interrupted).
    pub(super) fn twice_pairs(
        &mut self,
        minority: &[&[u64]],
        majority: &[&[u64]],
        control: &Control<'_>,
    ) -> Result<u128> {
        if minority.iter().all(|piece| piece.is_empty()) {
            return Ok(0);
        }
        self.place(minority, CROWDED, control)?;
        let mut hits = [0; CHUNK];
        let mut pairs = 0;
        for keys in majority.iter().flat_map(|piece| piece.chunks(CHUNK)) {
            control.check()?;
            let asked = control.level.run(Ask { of: self, keys, hits: &mut hits });
            pairs += u128::from(2 * asked.below);
            for &key in &hits[..asked.hits] {
                pairs += u128::from(self.compared(key));
            }
        }
        Ok(pairs)
    }

    /// The groups that hold positives, ascending: their `[negatives, positives]`, and how many of each score lower. There
    /// are positives, and the negatives number less than 2^32.
    ///
    /// # Errors
    /// [`Interrupted`](crate::Error::Interrupted).
    pub(super) fn positives(
        &mut self,
        [negatives, positives]: [&[&[u64]]; 2],
        control: &Control<'_>,
        mut each: impl FnMut([u64; 2], [u64; 2]),
    ) -> Result<()> {
        self.place(positives, 1, control)?;
        let mut counts = std::mem::take(&mut self.counts);
        counts.clear();
        counts.resize(2 * self.keys.len() + 2, 0);
        let mut hits = [0; CHUNK];
        for keys in negatives.iter().flat_map(|piece| piece.chunks(CHUNK)) {
            control.check()?;
            let found = control.level.run(Tally { of: self, keys, hits: &mut hits, counts: &mut counts });
            for &key in &hits[..found] {
                let inside = self.inside((self.cell(key) >> 6) as usize);
                let rank = inside.start + self.keys[inside].partition_point(|&positive| positive < key);
                counts[2 * rank + usize::from(self.keys.get(rank) == Some(&key))] += 1;
            }
        }
        let mut below = [0, 0];
        for group in self.keys.chunk_by(|a, b| a == b) {
            let at = 2 * below[1] as usize;
            let [between, tied] = [counts[at], counts[at + 1]].map(u64::from);
            below[0] += between;
            each([tied, group.len() as u64], below);
            below = [below[0] + tied, below[1] + group.len() as u64];
        }
        self.counts = counts;
        Ok(())
    }

    /// Puts the minority's keys into cells, and sorts words of more than `unsorted`.
    fn place(&mut self, minority: &[&[u64]], unsorted: usize, control: &Control<'_>) -> Result<()> {
        let keys = || minority.iter().flat_map(|piece| piece.iter());
        let rows = minority.iter().map(|piece| piece.len()).sum::<usize>();
        let (lowest, highest) = keys().fold((u64::MAX, 0), |(low, high), &key| (low.min(key), high.max(key)));
        let bits = (rows as u64).saturating_mul(CELLS_A_ROW).ilog2().clamp(9, MOST_CELL_BITS);
        self.lowest = lowest;
        self.shift = (64 - (highest - lowest).leading_zeros()).saturating_sub(bits);
        self.last = ((highest - lowest) >> self.shift) + 1;
        let words = self.last as usize / 64 + 1;
        self.words.clear();
        self.words.resize(words + 2, Word::default());
        for chunk in minority.iter().flat_map(|piece| piece.chunks(CHUNK)) {
            control.check()?;
            for &key in chunk {
                let cell = (key - lowest) >> self.shift;
                let word = &mut self.words[(cell >> 6) as usize];
                let bit = 1 << (cell & 63);
                word.taken = if word.taken & bit == 0 { word.taken | bit } else { u64::MAX };
                self.words[(cell >> 6) as usize + 2].below += 1;
            }
        }
        // `words[w + 1].below` becomes where word `w` starts, and moves to its end as its keys are written.
        for word in 2..words + 2 {
            self.words[word].below += self.words[word - 1].below;
        }
        self.keys.resize(rows, 0);
        for chunk in minority.iter().flat_map(|piece| piece.chunks(CHUNK)) {
            control.check()?;
            for &key in chunk {
                let place = &mut self.words[((key - lowest) >> self.shift >> 6) as usize + 1].below;
                self.keys[*place] = key;
                *place += 1;
            }
        }
        for word in 0..words {
            let inside = self.inside(word);
            if inside.len() > unsorted {
                control.check()?;
                self.keys[inside].sort_unstable();
            }
        }
        Ok(())
    }

    /// Where the keys of a word are.
    fn inside(&self, word: usize) -> std::ops::Range<usize> {
        self.words[word].below..self.words[word + 1].below
    }

    #[inline(always)]
    fn cell(&self, key: u64) -> u64 {
        (key.saturating_sub(self.lowest) >> self.shift).min(self.last)
    }

    /// `2·#{a < key} + #{a == key}`, comparing with the rows of the key's word.
    fn compared(&self, key: u64) -> u64 {
        let inside = self.inside((self.cell(key) >> 6) as usize);
        let (before, keys) = (inside.start, &self.keys[inside]);
        let own = if keys.len() <= CROWDED {
            keys.iter().map(|&a| usize::from(a < key) + usize::from(a <= key)).sum()
        } else {
            let below = keys.partition_point(|&a| a < key);
            2 * below + keys[below..].partition_point(|&a| a <= key)
        };
        (2 * before + own) as u64
    }
}

/// Rows of the majority asked at a time.
const CHUNK: usize = 1024;

/// Ranks keys whose cell is empty; writes the others to the front of `hits`.
struct Ask<'k> {
    of: &'k Ranker,
    keys: &'k [u64],
    hits: &'k mut [u64; CHUNK],
}

struct Asked {
    /// Sum over the ranked keys of the rows below each.
    below: u64,
    hits: usize,
}

impl Kernel for Ask<'_> {
    type Output = Asked;

    #[inline(always)]
    fn run(self) -> Asked {
        let mut asked = Asked { below: 0, hits: 0 };
        let words = &self.of.words[..];
        for &key in self.keys {
            let cell = self.of.cell(key);
            let Some(word) = words.get((cell >> 6) as usize) else { continue };
            let hit = word.taken >> (cell & 63) & 1;
            let rank = word.below as u64 + u64::from((word.taken & ((1 << (cell & 63)) - 1)).count_ones());
            asked.below += rank & hit.wrapping_sub(1);
            self.hits[asked.hits & (CHUNK - 1)] = key;
            asked.hits += hit as usize;
        }
        asked
    }
}

/// Counts keys whose cell is empty by twice their rank; writes the others to the front of `hits`, and says how many.
struct Tally<'k> {
    of: &'k Ranker,
    keys: &'k [u64],
    hits: &'k mut [u64; CHUNK],
    counts: &'k mut [u32],
}

impl Kernel for Tally<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let mut hits = 0;
        let words = &self.of.words[..];
        let elsewhere = self.counts.len() - 1;
        for &key in self.keys {
            let cell = self.of.cell(key);
            let Some(word) = words.get((cell >> 6) as usize) else { continue };
            let hit = word.taken >> (cell & 63) & 1;
            let rank = word.below + (word.taken & ((1 << (cell & 63)) - 1)).count_ones() as usize;
            if let Some(count) = self.counts.get_mut(if hit == 0 { 2 * rank } else { elsewhere }) {
                *count = count.wrapping_add(1);
            }
            self.hits[hits & (CHUNK - 1)] = key;
            hits += hit as usize;
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Level;
    use std::sync::atomic::AtomicBool;

    fn definition(a: &[u64], b: &[u64]) -> u128 {
        let pairs = b.iter().flat_map(|b| a.iter().map(move |a| 2 * u128::from(a < b) + u128::from(a == b)));
        pairs.sum()
    }

    fn groups_of_positives(negatives: &[u64], positives: &[u64]) -> Vec<([u64; 2], [u64; 2])> {
        let mut sorted = [negatives.to_vec(), positives.to_vec()];
        sorted.iter_mut().for_each(|keys| keys.sort_unstable());
        let before = |label: usize, key: u64| sorted[label].partition_point(|&other| other < key) as u64;
        let through = |label: usize, key: u64| sorted[label].partition_point(|&other| other <= key) as u64;
        let mut keys = sorted[1].clone();
        keys.dedup();
        let below = |key: u64| [0, 1].map(|label| before(label, key));
        keys.into_iter().map(|key| ([0, 1].map(|label| through(label, key) - before(label, key)), below(key))).collect()
    }

    #[test]
    fn pairs_are_what_comparing_all_gives_on_every_path() {
        let mut state = 1_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state
        };
        let mut ranker = Ranker::default();
        let cancel = AtomicBool::new(false);
        for (few, many, distinct) in [
            (0, 5, 9),
            (1, 1, 1),
            (3, 900, u64::MAX),
            (100, 900, 40),
            (900, 3000, u64::MAX),
            (2000, 9000, 1 << 20),
            (2000, 9000, 900),
            (900, 3000, 3),
            (5000, 6000, 1),
            (17_000, 17_000, 65_530),
        ] {
            let mut draw = |n: usize| -> Vec<u64> { (0..n).map(|_| random() % distinct).collect() };
            let (mut a, mut b) = (draw(few), draw(many));
            for ends in [false, true] {
                if ends && few > 3 {
                    (a[0], a[1], b[0], b[1]) = (0, u64::MAX, 0, u64::MAX); // the widest range, all else in one cell
                }
                for level in ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named) {
                    let (a1, a2) = a.split_at(few / 3);
                    let (b1, b2) = b.split_at(many / 2);
                    assert_eq!(
                        ranker.twice_pairs(&[a1, a2], &[b1, b2], &Control::new(&cancel).with_level(level)).unwrap(),
                        definition(&a, &b),
                        "{few} {many} {distinct}"
                    );
                    let control = Control::new(&cancel).with_level(level);
                    let mut found = Vec::new();
                    if few > 0 {
                        let each = |counts, below| found.push((counts, below));
                        ranker.positives([&[b1, b2], &[a1, a2]], &control, each).unwrap();
                    }
                    assert_eq!(found, groups_of_positives(&b, &a), "{few} {many} {distinct}");
                }
            }
        }
    }
}
