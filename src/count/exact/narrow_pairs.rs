//! [`Ranker`]: pairs inside one bucket, counted without sorting it.
//!
//! The minority goes into a bitmap of the bucket's 65,536 possible rests, two unary bits a cell, with the number of set bits
//! before each word beside it; each of the majority then reads its rank off one word. Two other ways for what suits that
//! badly: few rows are compared pair by pair, and many copies of one score are counted in plain counters.

use crate::control::Control;
use crate::error::Result;
use crate::simd::Kernel;

/// Cells of a bucket.
const CELLS: usize = 1 << 16;

/// Words of the bitmap: 32 cells of 2 bits each.
const WORDS: usize = CELLS / 32;

/// Scratch for ranking, one a thread: 16 KiB of bitmap and 8 KiB of prefix counts, which fit L1; and, where many scores are
/// equal, 512 KiB of counters.
#[derive(Debug)]
pub(super) struct Ranker {
    bits: Box<[u64; WORDS]>,
    below: Box<[u32; WORDS]>,
    /// Third and further copies of a rest.
    more: Vec<u16>,
    minority: Vec<u16>,
    counters: Vec<u64>,
}

/// A bitmap of two bits a cell holds no more; beyond, some cells have further copies for certain.
const MOST_IN_BITMAP: usize = 2 * CELLS;

impl Default for Ranker {
    fn default() -> Self {
        Self {
            bits: Box::new([0; WORDS]),
            below: Box::new([0; WORDS]),
            more: Vec::new(),
            minority: Vec::new(),
            counters: Vec::new(),
        }
    }
}

impl Ranker {
    /// `Σ over b of 2·#{a < b} + #{a == b}`, `a` of `minority`, `b` of `majority`, each given in pieces. It is cheapest when
    /// `minority` is the shorter one.
    ///
    /// # Errors
    /// [`Interrupted`](crate::Error::Interrupted).
    pub(super) fn twice_pairs(
        &mut self,
        minority: &[&[u16]],
        majority: &[&[u16]],
        control: &Control<'_>,
    ) -> Result<u128> {
        let rows = |pieces: &[&[u16]]| pieces.iter().map(|piece| piece.len()).sum::<usize>();
        let (few, many) = (rows(minority), rows(majority));
        if few > MOST_IN_BITMAP {
            return self.by_counters(minority, majority, control);
        }
        // Pair by pair costs a vector operation a 16 pairs or so; the bitmap 2,000 steps to clear and sum, then some a row.
        if few < LONGEST_PAIRED && few * many / 8 < 2 * WORDS + 2 * (few + many) {
            self.minority.clear();
            minority.iter().for_each(|piece| self.minority.extend_from_slice(piece));
            return over(majority, control, |b| control.level.run(PairByPair { a: &self.minority, b }));
        }
        // Each further copy costs a pass over the majority, about 1/16 step a row.
        let most_copies = (few / 64).clamp(8, 256);
        if !self.fill_bitmap(minority, most_copies) {
            return self.by_counters(minority, majority, control);
        }
        control.level.run(SumWords { bits: &self.bits, below: &mut self.below });
        let (bits, below) = (&*self.bits, &*self.below);
        let mut pairs = over(majority, control, |of| control.level.run(Ask { bits, below, of }))?;
        self.more.sort_unstable();
        for copies in self.more.chunk_by(|a, b| a == b) {
            let once = over(majority, control, |b| control.level.run(PairByPair { a: &copies[..1], b }))?;
            pairs += copies.len() as u128 * once;
        }
        Ok(pairs)
    }

    /// Puts `rests` where [`Ranker::ascending`] finds them; false where that suits them badly.
    pub(super) fn place(&mut self, rests: &[&[u16]], control: &Control<'_>) -> bool {
        let rows = rests.iter().map(|piece| piece.len()).sum::<usize>();
        if rows > MOST_IN_BITMAP || !self.fill_bitmap(rests, (rows / 16).max(8)) {
            return false;
        }
        control.level.run(SumWords { bits: &self.bits, below: &mut self.below });
        self.more.sort_unstable();
        true
    }

    /// Ranks among the rests placed, for questions that ascend.
    pub(super) fn ascending(&self) -> Ascending<'_> {
        Ascending { of: self, passed: 0 }
    }

    /// Sets a bit for each first and second copy; false when there are more than `most` further ones.
    fn fill_bitmap(&mut self, minority: &[&[u16]], most: usize) -> bool {
        self.bits.fill(0);
        self.more.clear();
        for chunk in minority.iter().flat_map(|piece| piece.chunks(256)) {
            for &rest in chunk {
                let word = &mut self.bits[usize::from(rest >> 5)];
                let at = u32::from(rest & 31) * 2;
                let first = 1 << at;
                if *word & first << 1 != 0 {
                    self.more.push(rest);
                }
                *word |= first | (*word & first) << 1; // 00 → 01 → 11
            }
            if self.more.len() > most {
                return false;
            }
        }
        true
    }

    fn by_counters(&mut self, minority: &[&[u16]], majority: &[&[u16]], control: &Control<'_>) -> Result<u128> {
        self.counters.clear();
        self.counters.resize(CELLS + 1, 0);
        for stretch in minority.iter().flat_map(|piece| piece.chunks(STRETCH)) {
            control.check()?;
            stretch.iter().for_each(|&rest| self.counters[usize::from(rest) + 1] += 1);
        }
        let mut sum = 0;
        for counter in &mut self.counters {
            sum += *counter;
            *counter = sum; // how many are below the cell
        }
        let rank = |&rest: &u16| {
            let at = usize::from(rest);
            self.counters[at] + self.counters[at + 1]
        };
        over(majority, control, |piece| piece.iter().map(rank).sum())
    }
}

/// Answers ascending questions of a [`Ranker`].
pub(super) struct Ascending<'r> {
    of: &'r Ranker,
    /// Third and further copies below the last question.
    passed: usize,
}

impl Ascending<'_> {
    /// How many of the rests are lower than `rest`, which is no lower than any asked before.
    #[inline(always)]
    pub(super) fn below(&mut self, rest: u16) -> u64 {
        let Ranker { bits, below, more, .. } = self.of;
        while more.get(self.passed).is_some_and(|&copy| copy < rest) {
            self.passed += 1;
        }
        let word = usize::from(rest >> 5);
        let lower = bits[word] & ((1 << (u32::from(rest & 31) * 2)) - 1);
        u64::from(below[word]) + u64::from(lower.count_ones()) + self.passed as u64
    }
}

/// Rows between two looks at the cancel flag: so few that their pairs with any other rows fit 64 bits.
const STRETCH: usize = 1 << 20;

/// The sum of `pairs` over stretches of the pieces, looking at the cancel flag between them.
fn over(pieces: &[&[u16]], control: &Control<'_>, pairs: impl Fn(&[u16]) -> u64) -> Result<u128> {
    pieces.iter().flat_map(|piece| piece.chunks(STRETCH)).try_fold(0, |sum, stretch| {
        control.check()?;
        Ok(sum + u128::from(pairs(stretch)))
    })
}

/// A u16 sum over so many cannot overflow.
const LONGEST_PAIRED: usize = 1 << 14;

struct PairByPair<'k> {
    a: &'k [u16],
    b: &'k [u16],
}

impl Kernel for PairByPair<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        if let [a] = *self.a {
            let blocks = self.b.chunks(LONGEST_PAIRED);
            return blocks
                .map(|b| u64::from(b.iter().map(|&b| u16::from(a < b) + u16::from(a <= b)).sum::<u16>()))
                .sum();
        }
        let row = |&b: &u16| u64::from(self.a.iter().map(|&a| u16::from(a < b) + u16::from(a <= b)).sum::<u16>());
        self.b.iter().map(row).sum()
    }
}

/// `below[w]` = bits set in words before `w`.
struct SumWords<'k> {
    bits: &'k [u64; WORDS],
    below: &'k mut [u32; WORDS],
}

impl Kernel for SumWords<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut sum = 0;
        for (below, word) in self.below.iter_mut().zip(self.bits) {
            *below = sum;
            sum += word.count_ones();
        }
    }
}

/// Twice the rank of each rest: bits set below its cell, twice, and those in its cell.
struct Ask<'k> {
    bits: &'k [u64; WORDS],
    below: &'k [u32; WORDS],
    of: &'k [u16],
}

impl Kernel for Ask<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let (mut lower, mut equal) = (0_u64, 0_u64);
        for &rest in self.of {
            let at = u32::from(rest & 31) * 2;
            let word = self.bits[usize::from(rest >> 5)];
            let cell = word >> at & 3; // 0, 1 or 3
            lower += u64::from(self.below[usize::from(rest >> 5)]) + u64::from((word & ((1 << at) - 1)).count_ones());
            equal += cell - (cell >> 1);
        }
        2 * lower + equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Level;
    use std::sync::atomic::AtomicBool;

    fn definition(a: &[u16], b: &[u16]) -> u128 {
        let pairs = b.iter().flat_map(|b| a.iter().map(move |a| 2 * u128::from(a < b) + u128::from(a == b)));
        pairs.sum()
    }

    #[test]
    fn pairs_are_what_comparing_all_gives_on_every_path() {
        let mut state = 1_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as usize
        };
        let mut ranker = Ranker::default();
        let cancel = AtomicBool::new(false);
        for (few, many, distinct) in [
            (0, 5, 9),
            (1, 1, 1),
            (3, 900, 65_536),
            (100, 900, 40),
            (900, 3000, 65_536),
            (2000, 9000, 65_536),
            (2000, 9000, 900),
            (900, 3000, 3),
            (20_000, 30_000, 65_536),
            (5000, 6000, 1),
            (17_000, 17_000, 65_530),
            (140_000, 900, 300),
        ] {
            let mut draw = |n: usize| -> Vec<u16> { (0..n).map(|_| (random() % distinct) as u16).collect() };
            let (a, b) = (draw(few), draw(many));
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
        let ends = [0, u16::MAX, 31, 32, 65_504];
        let most: Vec<u16> = (0..20_000).map(|i| ends[i % 5]).collect();
        assert_eq!(
            ranker.twice_pairs(&[&most[..1000]], &[&most], &Control::new(&cancel)).unwrap(),
            definition(&most[..1000], &most)
        );
    }
}
