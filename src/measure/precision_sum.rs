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
        self.add_at(positives, precision);
    }

    /// As [`add`](Self::add), for who knows the precision `tp / (tp + fp)`, correctly rounded, already.
    #[inline]
    pub fn add_at(&mut self, positives: u64, precision: f64) {
        self.sum += u128::from(positives) * fixed(precision, self.places);
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
    const MANTISSA: u32 = 52;
    let bits = value.to_bits();
    let exponent = (bits >> MANTISSA) as u32; // biased by 1023, at most 1023
    let mantissa = u128::from(bits & ((1 << MANTISSA) - 1) | 1 << MANTISSA);
    // value = mantissa · 2^(exponent − 1023 − 52)
    let shift = (places + exponent).cast_signed() - (1023 + MANTISSA).cast_signed();
    if shift >= 0 { mantissa << shift } else { mantissa >> -shift }
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
