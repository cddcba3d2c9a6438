//! Exact Poisson draws: from tables where the mean is a small integer, by inversion or rejection for any other that
//! [`WideTables`](super::wide::WideTables) has not.

use std::array;

use libm::{log, log1p};

use super::random::Words;
use crate::simd::{Kernel, Level};

/// Means that have a table: 1 to this.
pub(crate) const LARGEST: u8 = 63;

/// Real means below this are drawn by inversion.
const INVERTED: f64 = 10.0;

/// Entries of a table: more than the 63 that are likely under a mean of 63, and their tail's mark.
const ENTRIES: usize = 112;

/// Tables of the Poisson distributions with means 1 to a largest one.
///
/// A word `w` of 32 bits gives the least `k` with `w <= ends[k]`, `ends[k] = ⌊2^32 F(k)⌋ − 1`; the upper 8 bits of the
/// word say where to begin looking. Beyond the `k` with `F(k) >= 1 − 2^-20` the value is drawn from the exact
/// conditional distribution with more words, so the tail is not cut. Every probability is exact to `2^-32`.
#[derive(Debug)]
pub(crate) struct Tables {
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    /// By the upper 8 bits of a word, the least `k` that it may give.
    begins: [u8; 256],
    ends: [u32; ENTRIES],
    /// The first `k` that is drawn with more words.
    tail: u8,
    /// `P(X = tail)`, and `P(X >= tail)`.
    at_tail: f64,
    beyond: f64,
}

impl Tables {
    /// Those of 1 to `largest`, at most [`LARGEST`].
    pub(crate) fn up_to(largest: u8) -> Self {
        Self { tables: (1..=largest.min(LARGEST)).map(|mean| Table::new(mean.into())).collect() }
    }

    /// A value of the distribution whose mean is `mean`, 1 to the largest.
    #[inline(always)]
    pub(crate) fn draw(&self, mean: u8, words: &mut Words) -> u64 {
        let table = &self.tables[usize::from(mean) - 1];
        let word = words.next();
        let mut value = usize::from(table.begins[(word >> 24) as usize]);
        while word > table.ends[value] {
            value += 1; // the tail's end is u32::MAX
        }
        if value == usize::from(table.tail) { table.draw_tail(mean, words) } else { value as u64 }
    }
}

impl Tables {
    /// What [`Tables::draw`] makes of each of some words under mean 1; false where one of them needs more words.
    pub(crate) fn of_ones(&self, level: Level, words: &[u32], values: &mut [u64]) -> bool {
        let table = &self.tables[0];
        let ends = &table.ends[..table.tail.into()];
        let most = level.run(Beyond { ends, words, values });
        most < table.tail.into()
    }
}

/// Counts the ends that each word is beyond; gives the most.
struct Beyond<'w> {
    ends: &'w [u32],
    words: &'w [u32],
    values: &'w mut [u64],
}

impl Kernel for Beyond<'_> {
    type Output = u32;

    #[inline(always)]
    fn run(self) -> u32 {
        const STRIP: usize = 64;
        let mut most = [0; STRIP];
        for (words, values) in self.words.chunks(STRIP).zip(self.values.chunks_mut(STRIP)) {
            let (mut strip, mut counts) = ([0; STRIP], [0_u32; STRIP]);
            strip[..words.len()].copy_from_slice(words);
            for &end in self.ends {
                (0..STRIP).for_each(|i| counts[i] += u32::from(strip[i] > end));
            }
            (0..STRIP).for_each(|i| most[i] = most[i].max(counts[i]));
            values.iter_mut().zip(counts).for_each(|(value, count)| *value = count.into());
        }
        most.into_iter().fold(0, u32::max)
    }
}

impl Table {
    fn new(mean: f64) -> Self {
        const WORDS: f64 = 4_294_967_296.0; // 2^32
        const RARE: f64 = 1.0 / (1_u64 << 20) as f64;
        let (mut ends, mut tail) = ([u32::MAX; ENTRIES], 0_u8);
        let (mut probability, mut sum) = (exp_minus(mean), 0.0);
        while 1.0 - sum > RARE && usize::from(tail) + 1 < ENTRIES {
            sum += probability;
            ends[usize::from(tail)] = ((WORDS * sum) as u32).saturating_sub(1);
            tail += 1;
            probability *= mean / f64::from(tail);
        }
        let begins = array::from_fn(|byte| ends.iter().filter(|&&end| end < (byte as u32) << 24).count() as u8);
        Self { begins, ends, tail, at_tail: probability, beyond: from_on(mean, tail.into(), probability) }
    }

    /// A value of at least `tail`, under that condition.
    #[cold]
    fn draw_tail(&self, mean: u8, words: &mut Words) -> u64 {
        let mut left = words.unit() * self.beyond;
        let (mut value, mut probability) = (u64::from(self.tail), self.at_tail);
        while left > probability && probability > 0.0 {
            left -= probability;
            value += 1;
            probability *= f64::from(mean) / value as f64;
        }
        value
    }
}

/// `P(X >= k)`, given `P(X = k)`, for a `k` above the mean.
pub(super) fn from_on(mean: f64, k: f64, probability: f64) -> f64 {
    let (mut sum, mut term, mut at) = (0.0, probability, k);
    while term > sum * 1e-17 {
        sum += term;
        at += 1.0;
        term *= mean / at;
    }
    sum
}

/// The Poisson distribution with any mean > 0.
///
/// Below 10: inversion of one uniform number of 53 bits (Devroye, *Non-uniform random variate generation*, 1986,
/// X.3.3). From 10 on: transformed rejection (Hörmann, *The transformed rejection method for generating Poisson random
/// variables*, Insurance: Mathematics and Economics 12, 1993, algorithm PTRS).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Poisson {
    mean: f64,
    /// `e^−mean` below 10, else `√mean`.
    root: f64,
}

impl Poisson {
    /// `mean` is finite and > 0.
    pub(crate) fn new(mean: f64) -> Self {
        Self { mean, root: if mean < INVERTED { exp_minus(mean) } else { mean.sqrt() } }
    }

    /// A value; an integer up to 2^53, and of that precision above.
    pub(crate) fn draw(&self, words: &mut Words) -> f64 {
        if self.mean < INVERTED { self.invert(words.unit()) } else { self.reject(words) }
    }

    fn invert(&self, unit: f64) -> f64 {
        let (mut value, mut probability, mut left) = (0.0, self.root, unit);
        while left > probability && probability > 0.0 {
            left -= probability;
            value += 1.0;
            probability *= self.mean / value;
        }
        value
    }

    fn reject(&self, words: &mut Words) -> f64 {
        let Self { mean, root } = *self;
        let b = 0.931 + 2.53 * root;
        let a = -0.059 + 0.024_83 * b;
        const INTEGERS: f64 = 4_503_599_627_370_496.0; // 2^52: from here on every float64 is one
        let quick = 0.927_7 - 3.622_4 / (b - 2.0);
        loop {
            let (u, v) = (words.unit() - 0.5, words.unit());
            let edge = 0.5 - u.abs();
            let real = (2.0 * a / edge + b) * u + mean + 0.43;
            if real < 0.0 || (edge < 0.013 && v > edge) {
                continue; // never below 0 where the next line accepts
            }
            let value = if real < INTEGERS { (real as i64) as f64 } else { real }; // the floor, without a call
            if edge >= 0.07 && v <= quick {
                return value;
            }
            let inverse = 1.123_9 + 1.132_8 / (b - 3.4);
            if log(v * inverse / (a / (edge * edge) + b)) <= ln_probability(mean, value) {
                return value;
            }
        }
    }
}

/// `ln P(X = k)` of a Poisson mean >= 10.
///
/// By Stirling's series in the form of Loader, *Fast and accurate computation of binomial probabilities*, 2000:
/// `−½ ln(2πk) − δ(k) − mean·φ(k/mean − 1)`, `φ(x) = (1 + x) ln(1 + x) − x`: no difference of large numbers.
fn ln_probability(mean: f64, k: f64) -> f64 {
    const EXACT: [f64; 10] = [1.0, 1.0, 2.0, 6.0, 24.0, 120.0, 720.0, 5_040.0, 40_320.0, 362_880.0];
    if k < 10.0 {
        return k * log(mean) - mean - log(EXACT[k as usize]);
    }
    let x = (k - mean) / mean;
    let deviance = if x.abs() < 0.01 {
        // x²/2 − x³/6 + x⁴/12 − …: terms (−x)^j / (j (j − 1)) from j = 2
        x * x * (0.5 - x * (1.0 / 6.0 - x * (1.0 / 12.0 - x * (0.05 - x * (1.0 / 30.0 - x / 42.0)))))
    } else {
        (1.0 + x) * log1p(x) - x
    };
    let inverse = 1.0 / k;
    let square = inverse * inverse;
    let delta = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)));
    -0.5 * log(std::f64::consts::TAU * k) - delta - mean * deviance
}

/// `e^−x` for `0 <= x < 64`, within 1e-14 relative: of additions and multiplications, which are the same everywhere.
fn exp_minus(x: f64) -> f64 {
    const INVERSE: f64 = 0.367_879_441_171_442_33; // 1/e
    let whole = x.floor();
    let (mut term, mut sum) = (1.0, 1.0);
    for j in 1..=20 {
        term *= (whole - x) / f64::from(j);
        sum += term;
    }
    (0..whole as u32).fold(sum, |power, _| power * INVERSE)
}

#[cfg(test)]
mod tests {
    use super::super::random::Stream;
    use super::super::wide::WideTables;
    use super::*;
    use crate::simd::Level;

    fn words(seed: u64) -> Words {
        Words::new(Stream { seed, shard: 0, replicate: 0 }, Level::detect())
    }

    /// Draws as a bootstrap makes them.
    fn draws(mean: f64, count: usize) -> Vec<f64> {
        let mut words = words(mean.to_bits());
        if mean.fract() == 0.0 && mean <= f64::from(LARGEST) {
            let tables = Tables::up_to(mean as u8);
            return (0..count).map(|_| tables.draw(mean as u8, &mut words) as f64).collect();
        }
        if let Some(table) = WideTables::default().of(mean) {
            return (0..count).map(|_| table.draw(&mut words) as f64).collect();
        }
        let law = Poisson::new(mean);
        (0..count).map(|_| law.draw(&mut words)).collect()
    }

    /// `ln k!` by adding up, or by Stirling's series where that is exact.
    fn ln_factorial(k: f64) -> f64 {
        if k < 2_000.0 {
            return (2..=k as u64).map(|j| (j as f64).ln()).sum();
        }
        k * k.ln() - k + 0.5 * (std::f64::consts::TAU * k).ln() + 1.0 / (12.0 * k)
    }

    #[test]
    fn draws_have_the_mean_and_the_variance_of_their_law() {
        for mean in [0.01, 0.3, 1.0, 2.0, 7.0, 9.9, 10.1, 30.0, 63.0, 64.0, 99.5, 1000.0, 2048.0, 5000.0, 1e9, 1e15] {
            let values = draws(mean, 400_000);
            let n = values.len() as f64;
            let average = values.iter().map(|value| value - mean).sum::<f64>() / n;
            let variance = values.iter().map(|value| (value - mean - average).powi(2)).sum::<f64>() / n;
            assert!(average.abs() < 4.5 * (mean / n).sqrt(), "{mean}: off by {average}");
            let error = ((mean + 2.0 * mean * mean) / n).sqrt(); // fourth central moment is mean + 3 mean²
            assert!((variance - mean).abs() < 4.5 * error, "{mean}: variance {variance}");
        }
    }

    #[test]
    fn draws_fit_the_exact_probabilities() {
        for mean in [0.3, 1.0, 2.0, 7.0, 12.5, 30.0, 63.0, 99.5, 1000.0, 2500.0] {
            let values = draws(mean, 1_000_000);
            let probability = |k: f64| (k * mean.ln() - mean - ln_factorial(k)).exp();
            let last = (mean + 9.0 * mean.sqrt() + 9.0) as usize;
            let mut seen = vec![0.0; last + 1];
            values.iter().for_each(|&value| seen[(value as usize).min(last)] += 1.0);
            let (mut chi, mut cells, mut rest) = (0.0, 0.0, [0.0, 0.0]);
            for (k, &found) in seen.iter().enumerate() {
                let expected = probability(k as f64) * values.len() as f64;
                if expected < 10.0 {
                    rest = [rest[0] + expected, rest[1] + found];
                } else {
                    chi += (found - expected).powi(2) / expected;
                    cells += 1.0;
                }
            }
            chi += (rest[1] - rest[0]).powi(2) / rest[0];
            assert!(chi < cells + 4.5 * (2.0_f64 * cells).sqrt() + 8.0, "{mean}: {chi} over {cells} cells");
        }
    }

    #[test]
    fn large_draws_fit_the_normal_law_of_their_size() {
        // By 20 intervals of equal probability: between deciles and half deciles of the normal distribution, whose
        // difference to the Poisson law of mean 1e9 is far below what 400,000 draws can show.
        let ends = [1.645, 1.282, 1.036, 0.842, 0.674, 0.524, 0.385, 0.253, 0.126, 0.0];
        let values = draws(1e9, 400_000);
        let above = |z: f64| values.iter().filter(|&&value| (value - 1e9) / 1e9_f64.sqrt() > z).count() as f64;
        for (i, z) in ends.iter().enumerate() {
            let expected = 400_000.0 * 0.05 * (i + 1) as f64;
            for found in [above(*z), 400_000.0 - above(-z)] {
                assert!((found - expected).abs() < 6.0 * expected.sqrt(), "{z}: {found} instead of {expected}");
            }
        }
    }

    #[test]
    fn the_tail_of_a_table_is_drawn_and_not_cut() {
        let table = Table::new(1.0);
        let exact = |k: u32| (1..=k).fold(exp_minus(1.0), |product, j| product / f64::from(j));
        let beyond: f64 = (u32::from(table.tail)..40).map(exact).sum();
        assert!((table.beyond / beyond - 1.0).abs() < 1e-10, "{} {beyond}", table.beyond);
        let mut words = words(5);
        let values: Vec<u64> = (0..100_000).map(|_| table.draw_tail(1, &mut words)).collect();
        assert!(values.iter().all(|&value| value >= table.tail.into()));
        for k in u32::from(table.tail)..u32::from(table.tail) + 3 {
            let expected = 1e5 * exact(k) / beyond;
            let found = values.iter().filter(|&&value| value == k.into()).count() as f64;
            assert!((found - expected).abs() < 5.0 * expected.sqrt(), "{k}: {found} instead of {expected}");
        }
    }

    #[test]
    fn every_table_ends_before_its_room_does() {
        for mean in 1..=LARGEST {
            let table = Table::new(mean.into());
            assert!(usize::from(table.tail) < ENTRIES - 1 && table.beyond < 1e-6 && table.beyond > 0.0, "{mean}");
            assert!(table.ends.is_sorted());
        }
    }

    #[test]
    fn probabilities_of_large_means_are_those_of_the_formula() {
        for (mean, k) in [(10.0, 3.0), (10.0, 12.0), (50.0, 49.0), (1000.0, 1100.0), (1000.0, 1001.0), (1e4, 9.9e3)] {
            let plain = k * f64::ln(mean) - mean - ln_factorial(k);
            assert!((ln_probability(mean, k) - plain).abs() < 1e-8, "{mean} {k}");
        }
        for x in [0.0, 0.3, 1.0, 7.7, 63.0] {
            assert!((exp_minus(x) / (-x).exp() - 1.0).abs() < 1e-13, "{x}");
        }
    }

    #[test]
    fn results_never_change_silently() {
        let mut words = words(42);
        let tables = Tables::up_to(LARGEST);
        let small: Vec<u64> = [1, 1, 1, 1, 2, 2, 7, 30, 63].iter().map(|&mean| tables.draw(mean, &mut words)).collect();
        let large: Vec<f64> = [0.3, 9.5, 64.0, 1000.0, 1e9].map(|mean| Poisson::new(mean).draw(&mut words)).to_vec();
        assert_eq!(small, [1, 4, 2, 1, 1, 1, 5, 28, 64]);
        assert_eq!(large, [0.0, 8.0, 57.0, 984.0, 999_980_680.0]);
    }
}
