//! [`Words`]: random words as a function of (seed, shard, replicate) alone, made by a counter-based generator.

use crate::simd::{Kernel, Level};

/// Which words: those of one replicate of one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stream {
    pub(crate) seed: u64,
    pub(crate) shard: u64,
    pub(crate) replicate: u32,
}

/// Blocks that are made together, so that the compiler makes several at once.
const LANES: usize = 16;

/// The words of a [`Stream`], one after the other; 2^34 of them before they repeat.
///
/// Block `b` is Philox-4x32-10 of the counter `[b, replicate, shard (low, high)]` under the key `seed (low, high)`.
/// Sixteen blocks at a time give all their first words, then all their second ones, and so on.
///
/// Source: Salmon, Moraes, Dror & Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    stream: Stream,
    level: Level,
    block: u32,
    made: [u32; 4 * LANES],
    used: usize,
}

impl Words {
    pub(crate) fn new(stream: Stream, level: Level) -> Self {
        Self { stream, level, block: 0, made: [0; 4 * LANES], used: 4 * LANES }
    }

    /// The instructions in use.
    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// The next 32 bits.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> u32 {
        if self.used == self.made.len() {
            self.refill();
        }
        let word = self.made[self.used];
        self.used += 1;
        word
    }

    /// Uniform on (0, 1): the middle of one of 2^53 equal intervals, from two words.
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        const INTERVAL: f64 = 1.0 / (1_u64 << 53) as f64;
        let (high, low) = (u64::from(self.next() >> 5), u64::from(self.next() >> 6));
        ((high << 26 | low) as f64 + 0.5) * INTERVAL
    }

    /// The next words, as many as `words` has room for, left to be taken again.
    pub(crate) fn peek(&self, words: &mut [u32]) {
        let mut ahead = self.clone();
        let ready = (self.made.len() - self.used).min(words.len());
        words[..ready].copy_from_slice(&self.made[self.used..self.used + ready]);
        for some in words[ready..].chunks_mut(ahead.made.len()) {
            ahead.refill();
            some.copy_from_slice(&ahead.made[..some.len()]);
        }
    }

    /// Passes over words.
    pub(crate) fn skip(&mut self, count: usize) {
        let ready = self.made.len() - self.used;
        if count <= ready {
            self.used += count;
            return;
        }
        let (refills, used) = ((count - ready - 1) / self.made.len(), (count - ready - 1) % self.made.len() + 1);
        self.block = self.block.wrapping_add((refills * LANES) as u32);
        self.refill();
        self.used = used;
    }

    #[inline(never)]
    fn refill(&mut self) {
        let Stream { seed, shard, replicate } = self.stream;
        let counters = [
            std::array::from_fn(|lane| self.block.wrapping_add(lane as u32)),
            [replicate; LANES],
            [shard as u32; LANES],
            [(shard >> 32) as u32; LANES],
        ];
        let words = self.level.run(Philox { counters, key: [seed as u32, (seed >> 32) as u32] });
        self.made.as_chunks_mut().0.iter_mut().zip(words).for_each(|(made, words)| *made = words);
        self.block = self.block.wrapping_add(LANES as u32);
        self.used = 0;
    }
}

/// Philox-4x32-10 of several counters under one key.
struct Philox<const L: usize> {
    /// First words of all counters, second words, and so on.
    counters: [[u32; L]; 4],
    key: [u32; 2],
}

impl<const L: usize> Kernel for Philox<L> {
    type Output = [[u32; L]; 4];

    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "four rows are read and written side by side")]
    fn run(self) -> [[u32; L]; 4] {
        const ROUNDS: usize = 10;
        const FACTORS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
        const STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85]; // the golden ratio and √3 − 1
        let Self { counters: mut x, mut key } = self;
        for _ in 0..ROUNDS {
            for lane in 0..L {
                let (first, second) = (FACTORS[0] * u64::from(x[0][lane]), FACTORS[1] * u64::from(x[2][lane]));
                x[0][lane] = (second >> 32) as u32 ^ x[1][lane] ^ key[0];
                x[1][lane] = second as u32;
                x[2][lane] = (first >> 32) as u32 ^ x[3][lane] ^ key[1];
                x[3][lane] = first as u32;
            }
            key = [key[0].wrapping_add(STEPS[0]), key[1].wrapping_add(STEPS[1])];
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
        Philox { counters: counter.map(|word| [word]), key }.run().map(|[word]| word)
    }

    #[test]
    fn known_answers_of_the_authors() {
        // Random123's kat_vectors, philox4x32 with 10 rounds
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        let ones = u32::MAX;
        assert_eq!(philox([ones; 4], [ones; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = ([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]);
        assert_eq!(philox(pi.0, pi.1), [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    #[test]
    fn a_word_is_that_of_its_block() {
        let stream = Stream { seed: 0x299f_31d0_a409_3822, shard: 0x0370_7344_1319_8a2e, replicate: 0x85a3_08d3 };
        let mut words = Words::new(stream, Level::detect());
        for start in [0, 16, 32] {
            let blocks: Vec<[u32; 4]> = (start..start + 16)
                .map(|block| philox([block, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]))
                .collect();
            for position in 0..4 {
                blocks.iter().for_each(|block| assert_eq!(words.next(), block[position]));
            }
        }
    }

    #[test]
    fn words_that_were_peeked_at_are_those_that_come() {
        let mut words = Words::new(Stream { seed: 9, shard: 8, replicate: 7 }, Level::detect());
        for count in [0, 1, 62, 1, 64, 63, 128, 129, 1000, 5] {
            let (mut peeked, mut skipped) = (vec![0; count], words.clone());
            words.peek(&mut peeked);
            assert_eq!(peeked, (0..count).map(|_| words.next()).collect::<Vec<_>>(), "{count}");
            skipped.skip(count);
            assert_eq!(skipped.clone().next(), words.clone().next(), "{count}");
        }
    }

    #[test]
    fn every_set_of_instructions_gives_the_same_words() {
        let stream = Stream { seed: 7, shard: 3, replicate: 11 };
        let all = ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named);
        let words = |level| {
            let mut words = Words::new(stream, level);
            (0..1_000).map(|_| words.next()).collect::<Vec<_>>()
        };
        all.for_each(|level| assert_eq!(words(level), words(Level::SCALAR), "{}", level.name()));
    }

    #[test]
    fn a_unit_is_inside_and_uniform_on_average() {
        let mut words = Words::new(Stream { seed: 1, shard: 2, replicate: 3 }, Level::SCALAR);
        let units: Vec<f64> = (0..100_000).map(|_| words.unit()).collect();
        assert!(units.iter().all(|&unit| unit > 0.0 && unit < 1.0));
        let mean = units.iter().sum::<f64>() / units.len() as f64;
        assert!((mean - 0.5).abs() < 5.0 * (1.0 / 12.0 / 1e5_f64).sqrt(), "{mean}");
    }
}
