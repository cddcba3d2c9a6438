//! [`Ranks`]: where rests stand among the rows of one class of a bucket of float32, without sorting them.
//!
//! The class goes into a bitmap of the bucket's 65,536 possible rests, two unary bits a cell, with the number of rows
//! before each word beside it; a rest then reads its rank off one word. Third and further copies of a rest are compared one
//! by one. Where there are many of them, [`Ranks::fill`] says so, and grouping suits better.

use crate::control::Control;
use crate::error::Result;
use crate::simd::Kernel;

/// Words of the bitmap: 32 cells of 2 bits each.
const WORDS: usize = (1 << 16) / 32;

/// Scratch for ranking, one a thread: 16 KiB of bitmap and 8 KiB of numbers, which fit L1.
#[derive(Debug)]
pub(super) struct Ranks {
    bits: Box<[u64; WORDS]>,
    /// Rows in lower words, further copies not among them.
    below: Box<[u32; WORDS]>,
    /// Third and further copies of a rest, ascending.
    further: Vec<u16>,
}

/// More rows than the bitmap holds for certain have many copies.
const MOST_ROWS: usize = 2 * (1 << 16);

/// Rows asked between two looks at the cancel flag: so few that their pairs with any other rows fit 64 bits.
const STRETCH: usize = 1 << 16;

impl Default for Ranks {
    fn default() -> Self {
        Self { bits: Box::new([0; WORDS]), below: Box::new([0; WORDS]), further: Vec::new() }
    }
}

impl Ranks {
    /// Takes the rows of a class in; false when too many of them are further copies.
    pub(super) fn fill<'r>(
        &mut self,
        rests: impl Iterator<Item = &'r [u16]> + Clone,
        control: &Control<'_>,
    ) -> Result<bool> {
        let rows = rests.clone().map(<[u16]>::len).sum::<usize>();
        // Each distinct one costs a pass over the other class, about 1/16 step a row.
        let most_further = (rows / 64).clamp(8, 256);
        if rows > MOST_ROWS {
            return Ok(false);
        }
        self.bits.fill(0);
        self.further.clear();
        let mut again = [0; CHUNK];
        for rests in rests.flat_map(|rests| rests.chunks(CHUNK)) {
            control.check()?;
            let found = control.level.run(Mark { rests, bits: &mut self.bits, again: &mut again });
            self.further.extend_from_slice(&again[..found]);
            if self.further.len() > most_further {
                return Ok(false);
            }
        }
        self.further.sort_unstable();
        control.level.run(Sum { bits: &self.bits, below: &mut self.below });
        Ok(true)
    }

    /// `Σ over b of 2·#{a < b} + #{a = b}`, `a` of the class, `b` of `of`.
    pub(super) fn twice_pairs<'r>(&self, of: impl Iterator<Item = &'r [u16]>, control: &Control<'_>) -> Result<u128> {
        let mut pairs = 0;
        for of in of.flat_map(|rests| rests.chunks(STRETCH)) {
            control.check()?;
            pairs += u128::from(control.level.run(Ask { bits: &self.bits, below: &self.below, of }));
            for copies in self.further.chunk_by(|a, b| a == b) {
                let once = control.level.run(Compare { a: copies[0], b: of });
                pairs += copies.len() as u128 * u128::from(once);
            }
        }
        Ok(pairs)
    }
}

/// `Σ 2·#{a < b} + #{a = b}`, comparing every row with every other: a vector operation for some 16 pairs, which is the
/// cheapest for few rows.
pub(super) fn twice_pairs_of_few(minority: &[u16], majority: &[&[u16]], control: &Control<'_>) -> u128 {
    let pairs = |b: &&[u16]| u128::from(control.level.run(PairByPair { a: minority, b }));
    majority.iter().map(pairs).sum()
}

/// True when comparing every pair is the cheapest: the bitmap costs 2,000 steps to clear and sum, then some a row.
pub(super) fn are_few(minority: u64, majority: u64) -> bool {
    minority < LONGEST && minority * majority.min(1 << 24) / 8 < 2 * (WORDS as u64) + 2 * (minority + majority)
}

/// A u16 sum over so many cannot overflow.
const LONGEST: u64 = 1 << 14;

struct PairByPair<'k> {
    a: &'k [u16],
    b: &'k [u16],
}

impl Kernel for PairByPair<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let row = |&b: &u16| u64::from(self.a.iter().map(|&a| u16::from(a < b) + u16::from(a <= b)).sum::<u16>());
        self.b.iter().map(row).sum()
    }
}

/// Rows marked at a time: their further copies are kept on the stack meanwhile.
const CHUNK: usize = 2048;

/// Sets a bit for each first and second copy; writes further ones to the front of `again`, and says how many.
struct Mark<'k> {
    rests: &'k [u16],
    bits: &'k mut [u64; WORDS],
    again: &'k mut [u16; CHUNK],
}

impl Kernel for Mark<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let mut found = 0;
        for &rest in self.rests {
            let word = &mut self.bits[usize::from(rest >> 5)];
            let at = u32::from(rest & 31) * 2;
            let first = 1 << at;
            // A branch that is seldom taken; without one it was no faster.
            if *word & first << 1 != 0 {
                self.again[found & (CHUNK - 1)] = rest;
                found += 1;
            }
            *word |= first | (*word & first) << 1; // 00 → 01 → 11
        }
        found
    }
}

/// `below[w]` = bits set in words before `w`.
struct Sum<'k> {
    bits: &'k [u64; WORDS],
    below: &'k mut [u32; WORDS],
}

impl Kernel for Sum<'_> {
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

/// `Σ 2·(a < b) + (a = b)`.
struct Compare<'k> {
    a: u16,
    b: &'k [u16],
}

impl Kernel for Compare<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let pairs = |b: &[u16]| b.iter().map(|&b| u16::from(self.a < b) + u16::from(self.a <= b)).sum::<u16>();
        self.b.chunks(LONGEST as usize).map(|b| u64::from(pairs(b))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Level;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn ranks_and_pairs_are_what_comparing_all_gives_on_every_path() {
        let mut state = 1_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as usize
        };
        let mut ranks = Ranks::default();
        let cancel = AtomicBool::new(false);
        let mut refused = 0;
        for (few, many, distinct) in [
            (0, 5, 9),
            (1, 1, 1),
            (3, 900, 65_536),
            (100, 900, 40),
            (900, 3000, 65_536),
            (2000, 9000, 65_536),
            (2000, 9000, 900),
            (4000, 3000, 9000),
            (20_000, 3000, 65_536),
            (9, 6000, 1),
            (17_000, 17_000, 65_530),
            (140_000, 900, 300),
        ] {
            let mut draw = |n: usize| -> Vec<u16> { (0..n).map(|_| (random() % distinct) as u16).collect() };
            let (a, b) = (draw(few), draw(many));
            let definition = |rest: u16| {
                let count = |is: &dyn Fn(&u16) -> bool| a.iter().filter(|a| is(a)).count() as u64;
                [count(&|&a| a < rest), count(&|&a| a == rest)]
            };
            for level in ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named) {
                let control = Control::new(&cancel).with_level(level);
                let pieces = [&a[..few / 3], &a[few / 3..]];
                if !ranks.fill(pieces.into_iter(), &control).unwrap() {
                    refused += 1;
                    continue;
                }
                let expected: u128 =
                    b.iter().take(500).map(|&b| definition(b)).map(|[l, e]| u128::from(2 * l + e)).sum();
                let asked = [&b[..many.min(500) / 2], &b[many.min(500) / 2..many.min(500)]];
                assert_eq!(ranks.twice_pairs(asked.into_iter(), &control).unwrap(), expected, "{few} {distinct}");
                if few < 5000 {
                    assert_eq!(twice_pairs_of_few(&a, &asked, &control), expected, "{few} {distinct}");
                }
                for rest in [0, 1, 31, 32, 33, 63, 64, 12_345, 65_504, 65_535] {
                    let [lower, equal] = definition(rest);
                    let asked = ranks.twice_pairs([&[rest][..]].into_iter(), &control).unwrap();
                    assert_eq!(asked, u128::from(2 * lower + equal), "{few} {distinct} {rest}");
                }
            }
        }
        assert!(refused >= 2);
    }
}
