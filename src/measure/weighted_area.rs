//! Areas of weighted groups that come one by one, for whom a tally of all of them would only be memory to clear.

use super::sum::{Compensated, Mass};

/// What both areas must know of the sums of weights they were given, to be sure of the bits that a tally gives.
#[derive(Debug, Clone, Copy)]
struct Seen {
    largest: f64,
    least_positive: f64,
    fraction: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Self { largest: 0.0, least_positive: f64::INFINITY, fraction: false }
    }
}

impl Seen {
    fn see(&mut self, groups: &[[f64; 2]]) {
        /// Sums seen at a time, each lane for itself, so that the compiler may pack them.
        const LANES: usize = 8;
        let (mut largest, mut least) = ([self.largest; LANES], [self.least_positive; LANES]);
        for sums in groups.as_flattened().chunks(LANES) {
            for ((largest, least), &sum) in largest.iter_mut().zip(&mut least).zip(sums) {
                *largest = if sum > *largest { sum } else { *largest };
                let positive = if sum > 0.0 { sum } else { f64::INFINITY };
                *least = if positive < *least { positive } else { *least };
            }
        }
        self.largest = largest.into_iter().fold(self.largest, f64::max);
        self.least_positive = least.into_iter().fold(self.least_positive, f64::min);
        self.fraction = self.fraction || groups.as_flattened().iter().any(|sum| sum.fract() != 0.0);
    }

    /// A tally scales weights by powers of two, which leaves every bit as it is while nothing under- or overflows; and it
    /// counts integers as rows.
    fn plain(&self) -> bool {
        const LARGE: f64 = 1e90;
        self.fraction && self.largest < LARGE && self.least_positive > 1.0 / LARGE
    }
}

/// Groups handled at a time, in short loops of which each does one thing: the two sums side by side, what is made of each
/// group, the sum of that (average precision of 1e7 rows took 186 ms with the two sums one after the other, 160 so).
const STRETCH: usize = 256;

/// The compensated sums of both columns, `[negatives, positives]`. Two lanes, for the compiler to pack.
#[derive(Debug, Clone, Copy, Default)]
struct Both {
    sum: [f64; 2],
    lost: [f64; 2],
}

impl Both {
    #[inline(always)]
    fn add(&mut self, group: &[f64; 2]) {
        let Self { sum, lost } = *self;
        let lanes = [0, 1].map(|lane| {
            let mut one = Compensated { sum: sum[lane], lost: lost[lane] };
            one.add(group[lane]);
            one
        });
        (self.sum, self.lost) = (lanes.map(|lane| lane.sum), lanes.map(|lane| lane.lost));
    }

    #[inline(always)]
    fn totals(&self) -> [f64; 2] {
        [0, 1].map(|lane| self.sum[lane] + self.lost[lane])
    }
}

/// The sum and all `terms`.
#[inline(always)]
fn added(mut sum: Compensated, terms: &[f64]) -> Compensated {
    terms.iter().for_each(|&term| sum.add(term));
    sum
}

/// [`roc_auc`](super::roc_auc) of weighted groups, from the lowest score up.
///
/// ```
/// let mut area = thresher::measure::WeightedRocArea::default();
/// area.add(&[[1.5, 0.0], [0.5, 2.5]]); // the lowest group: negatives that weigh 1.5, no positives
/// assert!((area.value().unwrap() - (1.5 + 0.25) / 2.0).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct WeightedRocArea {
    pairs: Compensated,
    rows: Both,
    seen: Seen,
}

impl WeightedRocArea {
    /// Takes the next higher groups in: the weights of their `[negatives, positives]`.
    pub fn add(&mut self, groups: &[[f64; 2]]) {
        let (mut below, mut pairs) = ([0.0; STRETCH], [0.0; STRETCH]);
        for groups in groups.chunks(STRETCH) {
            self.seen.see(groups);
            let mut rows = self.rows;
            for (below, group) in below.iter_mut().zip(groups) {
                [*below, _] = rows.totals();
                rows.add(group);
            }
            self.rows = rows;
            for (pairs, (below, &[negatives, positives])) in pairs.iter_mut().zip(below.iter().zip(groups)) {
                *pairs = positives * (below + 0.5 * negatives);
            }
            self.pairs = added(self.pairs, &pairs[..groups.len()]);
        }
    }

    /// The area, to the bit as from a tally; NaN unless both classes are present. None where only a tally can tell: all
    /// sums are integers, or so large or small that they must be scaled.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let [negatives, positives] = self.rows.totals();
        let every_pair = positives * negatives;
        let value = if every_pair > 0.0 { (self.pairs.total() / every_pair).min(1.0) } else { f64::NAN };
        self.seen.plain().then_some(value)
    }
}

/// [`average_precision`](super::average_precision) of weighted groups, from the highest score down.
///
/// ```
/// let mut area = thresher::measure::WeightedPrecision::default();
/// area.add(&[[1.5, 0.0], [0.5, 2.5]]); // the highest group: negatives that weigh 0.5, positives that weigh 2.5
/// assert!((area.value().unwrap() - 2.5 / 3.0).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct WeightedPrecision {
    sum: Compensated,
    rows: Both,
    seen: Seen,
}

impl WeightedPrecision {
    /// Takes the next lower groups in: the weights of their `[negatives, positives]`, the lowest group first.
    pub fn add(&mut self, groups: &[[f64; 2]]) {
        let (mut predicted, mut terms) = ([[0.0; 2]; STRETCH], [0.0; STRETCH]);
        for groups in groups.rchunks(STRETCH) {
            self.seen.see(groups);
            let mut rows = self.rows;
            for (predicted, group) in predicted.iter_mut().zip(groups.iter().rev()) {
                rows.add(group);
                *predicted = rows.totals();
            }
            self.rows = rows;
            let [fp, tp] = rows.totals(); // the largest so far
            let plain = (tp + fp).is_finite();
            for (term, (&[fp, tp], &[_, positives])) in terms.iter_mut().zip(predicted.iter().zip(groups.iter().rev()))
            {
                let precision = if plain { tp / (tp + fp) } else { tp.share(fp) };
                *term = if positives > 0.0 { positives * precision } else { 0.0 }; // which leaves a sum as it is
            }
            self.sum = added(self.sum, &terms[..groups.len()]);
        }
    }

    /// The area, to the bit as from a tally; NaN without positives. None where only a tally can tell: see
    /// [`WeightedRocArea::value`].
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let [_, all] = self.rows.totals();
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
        let ascending: Vec<_> = positives.iter().zip(negatives).rev().map(|(&p, &n)| [n, p]).collect();
        ascending.rchunks(7_001).for_each(|groups| precision.add(groups));
        roc.add(&ascending);
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
