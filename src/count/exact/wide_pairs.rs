//! [`Ranker`]: pairs inside one bucket of float64, counted by ranking one class in the other.
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
        self.place(minority, control)?;
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

    /// Puts the minority's keys into cells, and sorts crowded words.
    fn place(&mut self, minority: &[&[u64]], control: &Control<'_>) -> Result<()> {
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
            if inside.len() > CROWDED {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Level;
    use std::sync::atomic::AtomicBool;

    fn definition(a: &[u64], b: &[u64]) -> u128 {
        let pairs = b.iter().flat_map(|b| a.iter().map(move |a| 2 * u128::from(a < b) + u128::from(a == b)));
        pairs.sum()
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
                }
            }
        }
    }
}
