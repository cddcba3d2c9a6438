//! [`PrecisionSum`]: the integer behind average precision.

use super::ratio::ratio;

/// `Σ p · precision` over groups of rows, in units of a fixed power of two: an integer, so that groups may come in any
/// order and parts be added up.
///
/// Each precision is a correctly rounded float64, kept to the last bit while it is at least about `2^-50` and to within
/// `2^-63` of the result always; the mean is rounded once.
///
/// ```
/// use thresher::measure::PrecisionSum;
///
/// let mut sum = PrecisionSum::new(2);
/// sum.add(1, 2, 1); // the second positive: above it one positive and one negative
/// sum.add(1, 1, 0);
/// assert!((sum.mean() - 5.0 / 6.0).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrecisionSum {
    all_positives: u64,
    /// The unit is `2^-places`: as small as leaves room for a sum of `all_positives`.
    places: u32,
    sum: u128,
}

impl PrecisionSum {
    /// Nothing yet, of `all_positives` positives there will be.
    #[must_use]
    pub fn new(all_positives: u64) -> Self {
        Self { all_positives, places: 126 - (64 - all_positives.leading_zeros()), sum: 0 }
    }

    /// A group with `positives` positives, at least 1; `tp` and `fp`, its own included, score as high.
    #[inline]
    pub fn add(&mut self, positives: u64, tp: u64, fp: u64) {
        const EXACT: u64 = 1 << 53;
        let precision = match tp.checked_add(fp) {
            Some(predicted) if predicted <= EXACT => tp as f64 / predicted as f64, // of exact numbers: rounded once
            _ => ratio(tp.into(), u128::from(tp) + u128::from(fp)),
        };
        self.sum += u128::from(positives) * fixed(precision, self.places);
    }

    /// As [`add`](Self::add) of some groups, those without positives too, for who knows each one's precision
    /// `tp / (tp + fp)`, correctly rounded, already.
    #[inline(always)]
    pub fn add_all(&mut self, positives: &[u64], precisions: &[f64]) {
        let groups = || positives.iter().zip(precisions);
        let Some((_, first)) = groups().find(|(positives, _)| **positives > 0) else { return };
        let shift = shift(exponent_of(*first), self.places);
        let differ = |(&positives, precision): (&u64, &f64)| {
            if positives > 0 { precision.to_bits() ^ first.to_bits() } else { 0 }
        };
        let one_exponent = groups().map(differ).fold(0, |all, differ| all | differ) >> MANTISSA == 0;
        if one_exponent && shift >= 0 && self.all_positives <= u64::from(u32::MAX) {
            // Mostly so: mantissas are summed by halves, of which the compiler takes several at once, and shifted together.
            const HALF: u32 = 26;
            let (mut high, mut low) = (0_u64, 0_u64);
            for (&positives, &precision) in groups() {
                let (positives, mantissa) = (positives & u64::from(u32::MAX), mantissa_of(precision));
                high += positives * (mantissa >> HALF);
                low += positives * (mantissa & ((1 << HALF) - 1));
            }
            self.sum += ((u128::from(high) << HALF) + u128::from(low)) << shift;
        } else {
            for (&positives, &precision) in groups().filter(|(positives, _)| **positives > 0) {
                self.sum += u128::from(positives) * fixed(precision, self.places);
            }
        }
    }

    /// Adds the groups of another part.
    pub fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
    }

    /// Average precision, in (0, 1]; NaN without positives.
    #[must_use]
    pub fn mean(self) -> f64 {
        ratio(self.sum, u128::from(self.all_positives) << self.places)
    }
}

/// `value`, in (0, 1] and not below `2^-64`, in units of `2^-places`, rounded down.
#[inline]
fn fixed(value: f64, places: u32) -> u128 {
    let (shift, mantissa) = (shift(exponent_of(value), places), u128::from(mantissa_of(value)));
    if shift >= 0 { mantissa << shift } else { mantissa >> -shift }
}

/// Bits of a mantissa, without the leading one.
const MANTISSA: u32 = 52;

/// `value = mantissa · 2^(exponent − 1023 − 52)`; for values in (0, 1] the exponent is at most 1023.
#[inline(always)]
fn exponent_of(value: f64) -> u32 {
    (value.to_bits() >> MANTISSA) as u32
}

#[inline(always)]
fn mantissa_of(value: f64) -> u64 {
    value.to_bits() & ((1 << MANTISSA) - 1) | 1 << MANTISSA
}

#[inline(always)]
fn shift(exponent: u32, places: u32) -> i32 {
    (places + exponent).cast_signed() - (1023 + MANTISSA).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_point_number_is_the_float() {
        assert_eq!(fixed(1.0, 100), 1 << 100);
        assert_eq!(fixed(0.75, 4), 12);
        assert_eq!(fixed(1.0 / 3.0, 54), (1 << 54) / 3);
        assert_eq!(fixed(f64::powi(2.0, -63), 63), 1);
        assert_eq!(fixed(f64::powi(2.0, -64), 63), 0);
    }

    #[test]
    fn the_largest_sums_fit_and_a_perfect_ranking_is_one() {
        for positives in [1, 2, 3, 1 << 31, i64::MAX.cast_unsigned()] {
            let mut sum = PrecisionSum::new(positives);
            sum.add(positives, positives, 0);
            assert_eq!(sum.mean(), 1.0);
        }
        assert!(PrecisionSum::new(0).mean().is_nan());
        let mut rare = PrecisionSum::new(1);
        rare.add(1, 1, (1 << 62) - 1);
        assert_eq!(rare.mean(), f64::powi(2.0, -62));
    }

    #[test]
    fn groups_added_together_are_the_groups_added_one_by_one() {
        let mut state = 1_u64;
        let mut below = move |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        for all in [3_000, i64::MAX.cast_unsigned()] {
            for fewest in [0, 1 << 20, 1 << 40, 1 << 60] {
                let (mut single, mut together) = (PrecisionSum::new(all), PrecisionSum::new(all));
                let (mut positives, mut precisions, mut tp, mut fp) = (Vec::new(), Vec::new(), 0_u64, fewest);
                for _ in 0..1_000 {
                    let p = below(4).saturating_sub(1);
                    (tp, fp) = (tp + p, fp + below(9) * (1 << below(12)));
                    if p > 0 {
                        single.add(p, tp, fp);
                    }
                    positives.push(p);
                    precisions.push(if tp + fp == 0 { 0.0 } else { ratio(tp.into(), u128::from(tp + fp)) });
                }
                positives
                    .chunks(77)
                    .zip(precisions.chunks(77))
                    .for_each(|(p, precision)| together.add_all(p, precision));
                assert_eq!(single, together, "{all} {fewest}");
            }
        }
    }

    #[test]
    fn the_order_of_groups_does_not_matter() {
        let groups = [(3, 3, 1), (1, 4, 9), (7, 11, 10), (1, 12, 1_000_000)];
        let (mut forth, mut back, mut tail) = (PrecisionSum::new(12), PrecisionSum::new(12), PrecisionSum::new(12));
        groups.iter().for_each(|&(p, tp, fp)| forth.add(p, tp, fp));
        groups[2..].iter().rev().for_each(|&(p, tp, fp)| tail.add(p, tp, fp));
        groups[..2].iter().rev().for_each(|&(p, tp, fp)| back.add(p, tp, fp));
        back.merge(&tail);
        assert_eq!(forth, back);
    }
}
