//! [`WideTables`]: tables of Poisson distributions with larger integer means, made when first asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::poisson::{LARGEST, from_on};
use super::random::Words;

/// The largest mean that has a table; together, those of all means take about 5 MB.
pub(crate) const WIDEST: u64 = 2_048;

/// Tables of the means from [`LARGEST`] + 1 to [`WIDEST`], each made once.
#[derive(Debug, Default)]
pub(crate) struct WideTables {
    made: BTreeMap<u64, Arc<WideTable>>,
}

impl WideTables {
    /// That of `mean`; None where it has none.
    pub(crate) fn of(&mut self, mean: f64) -> Option<Arc<WideTable>> {
        let integer = mean as u64;
        if mean.fract() != 0.0 || !(u64::from(LARGEST) + 1..=WIDEST).contains(&integer) {
            return None;
        }
        Some(Arc::clone(self.made.entry(integer).or_insert_with(|| Arc::new(WideTable::new(integer)))))
    }
}

/// The Poisson distribution of one mean: a word of 32 bits gives the least `k` with `w <= ends[k − first]`, as in
/// [`Tables`](super::poisson::Tables).
///
/// The values below `first` have a probability of less than `2^-32` together, which `first` is given. From the `k` with
/// `F(k) >= 1 − 2^-20` on the value is drawn from the exact conditional distribution with more words. Every probability is
/// exact to `2^-32`.
#[derive(Debug)]
pub(crate) struct WideTable {
    mean: f64,
    first: u64,
    /// By the upper 8 bits of a word, where to begin looking.
    begins: [u16; 256],
    /// `⌊2^32 F(k)⌋ − 1`; the last, `u32::MAX`, is the tail's mark.
    ends: Vec<u32>,
    /// `P(X = k)` of the tail's first value, and `P(X >= k)`.
    at_tail: f64,
    beyond: f64,
}

impl WideTable {
    fn new(mean: u64) -> Self {
        const WORDS: f64 = 4_294_967_296.0; // 2^32
        const RARE: f64 = 1.0 / (1_u64 << 20) as f64;
        let real = mean as f64;
        let (first, probabilities) = probabilities(mean);
        let (mut sum, mut ends, mut skipped) = (0.0, Vec::with_capacity(probabilities.len()), 0);
        for &probability in &probabilities {
            if 1.0 - sum <= RARE {
                break;
            }
            sum += probability;
            if sum * WORDS < 1.0 {
                skipped += 1;
            } else {
                ends.push(((WORDS * sum) as u32).saturating_sub(1));
            }
        }
        let (first, at_tail) = (first + skipped, probabilities[skipped as usize + ends.len()]);
        let tail = first + ends.len() as u64;
        ends.push(u32::MAX);
        let mut at = 0_u16;
        let begins = std::array::from_fn(|byte| {
            while ends[usize::from(at)] < (byte as u32) << 24 {
                at += 1;
            }
            at
        });
        Self { mean: real, first, begins, ends, at_tail, beyond: from_on(real, tail as f64, at_tail) }
    }

    /// A value of the distribution.
    #[inline(always)]
    pub(crate) fn draw(&self, words: &mut Words) -> u64 {
        let word = words.next();
        let mut at = usize::from(self.begins[(word >> 24) as usize]);
        while word > self.ends[at] {
            at += 1; // the last end is u32::MAX
        }
        if at + 1 == self.ends.len() { self.draw_tail(words) } else { self.first + at as u64 }
    }

    /// A value of at least the tail's first, under that condition.
    #[cold]
    fn draw_tail(&self, words: &mut Words) -> u64 {
        let mut left = words.unit() * self.beyond;
        let (mut value, mut probability) = (self.first + self.ends.len() as u64 - 1, self.at_tail);
        while left > probability && probability > 0.0 {
            left -= probability;
            value += 1;
            probability *= self.mean / value as f64;
        }
        value
    }
}

/// Probabilities of consecutive values, and the first of these: all but what is less than `2^-52` of the most likely one.
/// From that one on by multiplication and division, which are the same everywhere.
fn probabilities(mean: u64) -> (u64, Vec<f64>) {
    const NOTHING: f64 = f64::EPSILON;
    let real = mean as f64;
    let mut lower = vec![1.0];
    let mut value = mean;
    while value > 0 && lower[lower.len() - 1] > NOTHING {
        lower.push(lower[lower.len() - 1] * (value as f64 / real));
        value -= 1;
    }
    lower.reverse();
    let (mut probabilities, mut term, mut above) = (lower, 1.0, mean);
    while term > NOTHING {
        above += 1;
        term *= real / above as f64;
        probabilities.push(term);
    }
    let whole: f64 = probabilities.iter().sum();
    probabilities.iter_mut().for_each(|probability| *probability /= whole);
    (value, probabilities)
}

#[cfg(test)]
mod tests {
    use super::super::poisson::Poisson;
    use super::super::random::Stream;
    use super::*;
    use crate::simd::Level;

    #[test]
    fn a_table_is_the_distribution_function() {
        for mean in [64_u64, 65, 100, 500, 999, WIDEST] {
            let table = WideTable::new(mean);
            let last = table.first + table.ends.len() as u64 - 1;
            let (mut sum, mut log) = (0.0, -(mean as f64)); // ln P(X = 0)
            for k in 0..last {
                sum += log.exp();
                log += (mean as f64).ln() - ((k + 1) as f64).ln();
                let end = k.checked_sub(table.first).map_or(0.0, |at| f64::from(table.ends[at as usize]) + 1.0);
                assert!((end / 4_294_967_296.0 - sum).abs() < 3e-10, "{mean} {k}: {end} {sum}");
            }
            assert!((table.beyond / (1.0 - sum) - 1.0).abs() < 1e-4 && (table.at_tail / log.exp() - 1.0).abs() < 1e-9);
            assert!(table.beyond < 1e-6 && table.ends.is_sorted());
        }
    }

    #[test]
    fn the_words_that_looking_begins_with_pass_nothing_over() {
        let table = WideTable::new(777);
        for (byte, &begin) in table.begins.iter().enumerate() {
            let least = (byte as u32) << 24;
            assert_eq!(table.ends.partition_point(|&end| end < least), usize::from(begin));
        }
    }

    #[test]
    fn draws_are_those_of_rejection_in_law() {
        let stream = |seed| Words::new(Stream { seed, shard: 0, replicate: 0 }, Level::detect());
        let (mut words, mut others) = (stream(1), stream(2));
        let mut tables = WideTables::default();
        for mean in [64.0, 1000.0, 2048.0] {
            let (table, law) = (tables.of(mean).unwrap(), Poisson::new(mean));
            let n = 200_000;
            let moments = |mut draw: Box<dyn FnMut() -> f64 + '_>| {
                let values: Vec<f64> = (0..n).map(|_| draw() - mean).collect();
                [1, 2, 3].map(|power| values.iter().map(|value| value.powi(power)).sum::<f64>() / f64::from(n))
            };
            let ours = moments(Box::new(|| table.draw(&mut words) as f64));
            let theirs = moments(Box::new(|| law.draw(&mut others)));
            for (power, (ours, theirs)) in ours.into_iter().zip(theirs).enumerate() {
                let error = 8.0 * mean.powf(0.5 * (power + 1) as f64) / f64::from(n).sqrt();
                assert!((ours - theirs).abs() < 3.0 * error, "{mean}, power {}: {ours} {theirs}", power + 1);
            }
        }
    }

    #[test]
    fn the_tail_is_drawn_and_not_cut() {
        let (table, mut words) =
            (WideTable::new(100), Words::new(Stream { seed: 3, shard: 0, replicate: 0 }, Level::detect()));
        let tail = table.first + table.ends.len() as u64 - 1;
        let values: Vec<u64> = (0..20_000).map(|_| table.draw_tail(&mut words)).collect();
        let at_tail = values.iter().filter(|&&value| value == tail).count() as f64;
        let expected = 2e4 * table.at_tail / table.beyond;
        assert!(values.iter().all(|&value| value >= tail) && (at_tail - expected).abs() < 5.0 * expected.sqrt());
    }

    #[test]
    fn other_means_have_no_table() {
        let mut tables = WideTables::default();
        for mean in [0.5, 63.0, 64.5, 2049.0, 1e18, f64::MAX] {
            assert!(tables.of(mean).is_none(), "{mean}");
        }
        assert!(Arc::ptr_eq(&tables.of(64.0).unwrap(), &tables.of(64.0).unwrap()), "each is made once");
    }
}
