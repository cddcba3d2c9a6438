//! [`Costs`]: what each kind of decision costs, and the expected cost of a row.

use super::ratio::ratio;
use crate::error::{Error, Result};

/// What a row of each cell of a confusion table costs; negative: it pays. Any one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// A positive that is flagged.
    pub true_positive: f64,
    /// A negative that is flagged.
    pub false_positive: f64,
    /// A positive that is missed.
    pub false_negative: f64,
    /// A negative that is left alone.
    pub true_negative: f64,
}

/// Up to here every integer is a float64.
const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53

impl Costs {
    /// Of `[tp, fp, fn, tn]`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless each is finite.
    pub fn new([true_positive, false_positive, false_negative, true_negative]: [f64; 4]) -> Result<Self> {
        let costs = Self { true_positive, false_positive, false_negative, true_negative };
        match costs.cells().into_iter().find(|cost| !cost.is_finite()) {
            Some(value) => Err(Error::OutOfRange { argument: "costs", value, accepted: "finite numbers" }),
            None => Ok(costs),
        }
    }

    /// As `[tp, fp, fn, tn]`.
    pub(super) fn cells(self) -> [f64; 4] {
        [self.true_positive, self.false_positive, self.false_negative, self.true_negative]
    }

    /// The largest in size.
    pub(super) fn largest(self) -> f64 {
        self.cells().into_iter().fold(0.0, |most, cost| most.max(cost.abs()))
    }

    /// True when every cost is an integer within ±2^53: then the cost of rows is an exact quotient, rounded once.
    pub(super) fn whole(self) -> bool {
        self.cells().into_iter().all(|cost| cost.fract() == 0.0 && cost.abs() <= EXACT)
    }

    /// Expected cost of a row, `Σ cost · weight / Σ weight`; NaN for an empty table.
    ///
    /// ```
    /// use thresher::measure::Costs;
    ///
    /// let costs = Costs::new([0.0, 1.0, 5.0, 0.0])?;
    /// assert_eq!(costs.of(3.0, 2.0, 1.0, 4.0), 0.7);
    /// # Ok::<(), thresher::Error>(())
    /// ```
    #[must_use]
    pub fn of(self, tp: f64, fp: f64, fn_: f64, tn: f64) -> f64 {
        let largest = tp.max(fp).max(fn_.max(tn));
        if largest == 0.0 {
            return f64::NAN;
        }
        let shares = [tp, fp, fn_, tn].map(|cell| cell / largest);
        let cost: f64 = shares.iter().zip(self.cells()).map(|(share, cost)| share * cost).sum();
        cost / shares.iter().sum::<f64>()
    }

    /// The same of rows: correctly rounded when every cost is an integer within ±2^53.
    #[must_use]
    pub fn of_counts(self, tp: u64, fp: u64, fn_: u64, tn: u64) -> f64 {
        let counts = [tp, fp, fn_, tn];
        let rows: u128 = counts.into_iter().map(u128::from).sum();
        if !self.whole() || rows > u128::from(u64::MAX >> 1) {
            return self.of(tp as f64, fp as f64, fn_ as f64, tn as f64);
        }
        // At most 2^53 · 2^63 in size.
        let cost: i128 =
            counts.into_iter().zip(self.cells()).map(|(count, cost)| i128::from(count) * cost as i128).sum();
        let size = ratio(cost.unsigned_abs(), rows);
        if cost < 0 { -size } else { size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_costs_of_rows_are_rounded_once() {
        let costs = Costs::new([-1.0, 1.0, 5.0, 0.0]).unwrap();
        assert_eq!(costs.of_counts(1, 1, 1, 12), 1.0 / 3.0);
        assert_eq!(costs.of_counts(7, 0, 0, 0), -1.0);
        let huge = u64::MAX >> 3;
        assert_eq!(costs.of_counts(huge, huge, huge, 0), 5.0 / 3.0);
        assert!(costs.of_counts(0, 0, 0, 0).is_nan() && costs.of(0.0, 0.0, 0.0, 0.0).is_nan());
    }

    #[test]
    fn huge_weights_do_not_overflow() {
        let costs = Costs::new([0.0, 1.0, 5.0, 0.0]).unwrap();
        assert_eq!(costs.of(1e308, 1e308, 1e308, 1e308), 1.5);
    }

    #[test]
    fn costs_are_finite() {
        let refused = Costs::new([0.0, f64::INFINITY, 0.0, 0.0]);
        assert!(matches!(refused, Err(Error::OutOfRange { argument: "costs", .. })));
    }
}
