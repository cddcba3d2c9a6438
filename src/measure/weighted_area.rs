//! Areas of weighted groups that come one by one, for whom a tally of all of them would only be memory to clear.

use super::sum::{Compensated, Mass};

/// What both areas must know of the sums of weights they were given, to be sure of the bits that a tally gives.
#[derive(Debug, Clone, Copy)]
struct Seen {
    largest: f64,
    least: f64,
    fraction: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Self { largest: 0.0, least: f64::INFINITY, fraction: false }
    }
}

impl Seen {
    #[inline(always)]
    fn see(&mut self, sum: f64) {
        self.largest = if sum > self.largest { sum } else { self.largest };
        let positive = if sum > 0.0 { sum } else { f64::INFINITY };
        self.least = if positive < self.least { positive } else { self.least };
        self.fraction = self.fraction || sum.fract() != 0.0;
    }

    /// A tally scales weights by powers of two, which leaves every bit as it is while nothing under- or overflows; and it
    /// counts integers as rows.
    fn plain(&self) -> bool {
        const LARGE: f64 = 1e90;
        self.fraction && self.largest < LARGE && self.least > 1.0 / LARGE
    }
}

/// [`roc_auc`](super::roc_auc) of weighted groups, from the lowest score up.
///
/// ```
/// let mut area = thresher::measure::WeightedRocArea::default();
/// area.add(0.0, 1.5); // the lowest group: no positives, negatives that weigh 1.5
/// area.add(2.5, 0.5);
/// assert!((area.value().unwrap() - (1.5 + 0.25) / 2.0).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct WeightedRocArea {
    pairs: Compensated,
    positives: Compensated,
    below: Compensated,
    seen: Seen,
}

impl WeightedRocArea {
    /// Takes the next higher group in: the weights of its positives and of its negatives.
    #[inline]
    pub fn add(&mut self, positives: f64, negatives: f64) {
        self.seen.see(positives);
        self.seen.see(negatives);
        self.pairs.add(positives * (self.below.total() + 0.5 * negatives));
        self.positives.add(positives);
        self.below.add(negatives);
    }

    /// The area, to the bit as from a tally; NaN unless both classes are present. None where only a tally can tell: all
    /// sums are integers, or so large or small that they must be scaled.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let every_pair = self.positives.total() * self.below.total();
        let value = if every_pair > 0.0 { (self.pairs.total() / every_pair).min(1.0) } else { f64::NAN };
        self.seen.plain().then_some(value)
    }
}

/// [`average_precision`](super::average_precision) of weighted groups, from the highest score down.
///
/// ```
/// let mut area = thresher::measure::WeightedPrecision::default();
/// area.add(2.5, 0.5); // the highest group: positives that weigh 2.5, negatives that weigh 0.5
/// area.add(0.0, 1.5);
/// assert!((area.value().unwrap() - 2.5 / 3.0).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct WeightedPrecision {
    sum: Compensated,
    tp: Compensated,
    fp: Compensated,
    seen: Seen,
}

impl WeightedPrecision {
    /// Takes the next lower group in: the weights of its positives and of its negatives.
    #[inline]
    pub fn add(&mut self, positives: f64, negatives: f64) {
        self.seen.see(positives);
        self.seen.see(negatives);
        self.tp.add(positives);
        self.fp.add(negatives);
        if positives > 0.0 {
            self.sum.add(positives * self.tp.total().share(self.fp.total()));
        }
    }

    /// The area, to the bit as from a tally; NaN without positives. None where only a tally can tell: see
    /// [`WeightedRocArea::value`].
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let all = self.tp.total();
        let value = if all > 0.0 { (self.sum.total() / all).min(1.0) } else { f64::NAN };
        self.seen.plain().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{average_precision, roc_auc};
    use crate::tally::{Masses, Tally};

    fn areas(positives: &[f64], negatives: &[f64]) -> [Option<f64>; 2] {
        let (mut roc, mut precision) = (WeightedRocArea::default(), WeightedPrecision::default());
        positives.iter().zip(negatives).for_each(|(&p, &n)| precision.add(p, n));
        positives.iter().zip(negatives).rev().for_each(|(&p, &n)| roc.add(p, n));
        [roc.value(), precision.value()]
    }

    #[test]
    fn groups_one_by_one_give_the_bits_that_a_tally_gives() {
        let mut state = 1_u64;
        let mut unit = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        for (groups, size) in [(1, 1.0), (2, 1.0), (900, 1.0), (900, 1e-60), (900, 1e60), (40_000, 3.0)] {
            let mut column =
                || -> Vec<f64> { (0..groups).map(|_| if unit() < 0.3 { 0.0 } else { size * unit() }).collect() };
            let (mut positives, mut negatives) = (column(), column());
            (positives[0], negatives[groups - 1]) = (size * 0.3, size * 0.7);
            let masses = Masses::Weights { positives: positives.clone(), negatives: negatives.clone() };
            let tally = Tally::new((0..groups).rev().map(|i| i as f64).collect(), masses, true);
            let [roc, precision] = areas(&positives, &negatives).map(|area| area.map(f64::to_bits));
            if size == 1.0 || size == 3.0 {
                assert!(roc.is_some() && precision.is_some());
            }
            assert!(roc.is_none_or(|area| area == roc_auc(&tally).to_bits()), "{groups} {size}");
            assert!(precision.is_none_or(|area| area == average_precision(&tally).to_bits()), "{groups} {size}");
        }
    }

    #[test]
    fn integers_and_extremes_are_left_to_the_tally() {
        assert_eq!(areas(&[3.0, 0.0], &[0.0, 4.0]), [None, None]);
        assert_eq!(areas(&[1e-300, 0.5], &[0.0, 4.0]), [None, None]);
        assert_eq!(areas(&[1e300, 0.5], &[0.0, 4.0]), [None, None]);
        assert!(areas(&[0.0, 0.0], &[0.5, 4.0]).iter().all(|area| area.is_some_and(f64::is_nan)));
    }
}
