//! How far off a binned area can be: the interval that holds the exact one, whatever the order inside the groups.

use super::area::{InnerPairs, are_rows, area_with, roc_auc};
use super::precision_area::average_precision;
use super::precision_ends::{ends_of_rows, ends_of_weights};
use super::sum::{Mass, steps};
use crate::tally::{Masses, Tally};

/// An interval that holds the exact value. Both ends are the value itself where it is exact, NaN where it is undefined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// No ordering of the samples inside the groups gives less.
    pub lower: f64,
    /// No ordering of the samples inside the groups gives more.
    pub upper: f64,
}

impl Bounds {
    /// Upper less lower; 0 when exact, NaN when undefined.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.upper - self.lower
    }

    /// True when both ends are one value (false when undefined).
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.lower == self.upper
    }

    pub(super) fn exactly(value: f64) -> Self {
        Self { lower: value, upper: value }
    }

    /// The ends about a value, moved outward by an absolute rounding error but kept within the range; the value itself
    /// where both ends are one.
    pub(super) fn about(value: f64, [lower, upper]: [f64; 2], rounding: f64, [least, most]: [f64; 2]) -> Self {
        if lower == upper {
            return Self::exactly(value);
        }
        Self { lower: (lower.min(value) - rounding).max(least), upper: (upper.max(value) + rounding).min(most) }
    }

    /// Widened by a relative error (and by what products below float64's normal range can lose), kept inside [0, 1].
    fn outward(lower: f64, upper: f64, relative: f64) -> Self {
        Self {
            lower: (lower * (1.0 - relative) - f64::MIN_POSITIVE).max(0.0),
            upper: (upper * (1.0 + relative) + f64::MIN_POSITIVE).min(1.0),
        }
    }
}

/// The interval that holds the exact ROC AUC: `[Σ p N_below, Σ p (N_below + n)] / (P·N)`.
///
/// The lower end ranks the negatives of every group first, the upper end its positives; [`roc_auc`] is the midpoint.
/// Exact when the groups are tied scores, or each holds one class. Rows: both ends correctly rounded, which is
/// monotone, so nothing is added. Weights that are not integers: widened outward by 2.3e-15 relative. Undefined as
/// [`roc_auc`].
///
/// ```
/// use thresher::measure::{roc_auc, roc_auc_bounds};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![3, 1], negatives: vec![1, 3] };
/// let binned = Tally::new(vec![0.5, f64::NEG_INFINITY], counts, false);
/// let bounds = roc_auc_bounds(&binned);
/// assert_eq!((bounds.lower, roc_auc(&binned), bounds.upper), (0.5625, 0.75, 0.9375));
/// ```
#[must_use]
pub fn roc_auc_bounds(tally: &Tally) -> Bounds {
    roc_auc_with_bounds(tally).1
}

/// [`roc_auc`] and [`roc_auc_bounds`], which need the same sums.
#[must_use]
pub fn roc_auc_with_bounds(tally: &Tally) -> (f64, Bounds) {
    const RELATIVE: f64 = 20.0 * UNIT; // 8 roundings in an end, 8 in the value between them, and some room
    if tally.tied() || every_group_has_one_class(tally.masses()) {
        let value = roc_auc(tally);
        return (value, Bounds::exactly(value));
    }
    let [lower, value, upper] = area_with(tally, [InnerPairs::None, InnerPairs::Half, InnerPairs::All]);
    let bounds = match tally.masses() {
        _ if value.is_nan() => Bounds::exactly(value),
        Masses::Weights { positives, negatives } if !(are_rows(positives) && are_rows(negatives)) => {
            Bounds::outward(lower, upper, RELATIVE + of_the_sums(tally.len()))
        }
        _ => Bounds { lower, upper },
    };
    (value, bounds)
}

/// The interval that holds the exact average precision, for every ordering inside the groups, with or without ties.
///
/// Upper: `(1/P) Σ p (T + p) / (T + p + F)`, the positives of each group tied ahead of its negatives.
/// Lower: `(1/P) Σ L`, the negatives first and the positives untied: rows `L = Σ_{j=1..p} (T + j) / (T + j + F + n)`,
/// weights the infimum over all splits, `L = ∫₀ᵖ (T + x) / (T + x + F + n) dx`.
///
/// Exact when the groups are tied scores, or in every group `p = 0`, or `F + n = 0`, or `p = 1` and `n = 0` (rows
/// only); else widened outward by 5e-15 relative, the rounding error of both ends and of the value. Undefined as
/// [`average_precision`].
///
/// ```
/// use thresher::measure::{average_precision, average_precision_bounds};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![2, 0], negatives: vec![1, 3] };
/// let binned = Tally::new(vec![0.5, f64::NEG_INFINITY], counts, false);
/// let bounds = average_precision_bounds(&binned);
/// assert!((bounds.lower - 7.0 / 12.0).abs() < 1e-14 && bounds.upper == 1.0); // (1/2 + 2/3) / 2
/// assert!(bounds.lower <= average_precision(&binned));
/// ```
#[must_use]
pub fn average_precision_bounds(tally: &Tally) -> Bounds {
    average_precision_bounds_about(tally, average_precision(tally))
}

/// [`average_precision`] and [`average_precision_bounds`], which needs it.
#[must_use]
pub fn average_precision_with_bounds(tally: &Tally) -> (f64, Bounds) {
    if let Masses::Weights { positives, negatives } = tally.masses()
        && !(tally.tied() || precision_is_certain(tally.masses()) || (are_rows(positives) && are_rows(negatives)))
    {
        let [lower, value, upper] = ends_of_weights(positives, negatives);
        let bounds = if value.is_nan() { Bounds::exactly(value) } else { widened([lower, upper], tally.len()) };
        return (value, bounds);
    }
    let value = average_precision(tally);
    (value, average_precision_bounds_about(tally, value))
}

/// [`average_precision_bounds`], for who knows the average precision already.
#[must_use]
pub fn average_precision_bounds_about(tally: &Tally, value: f64) -> Bounds {
    if value.is_nan() || tally.tied() || precision_is_certain(tally.masses()) {
        return Bounds::exactly(value);
    }
    let ends = match tally.masses() {
        Masses::Counts { positives, negatives } => ends_of_rows(positives, negatives),
        Masses::Weights { positives, negatives } => {
            let [lower, _, upper] = ends_of_weights(positives, negatives);
            [lower, upper]
        }
    };
    widened(ends, tally.len())
}

/// Both ends of the average precision of so many groups, made certain.
fn widened([lower, upper]: [f64; 2], groups: usize) -> Bounds {
    const RELATIVE: f64 = 5e-15; // lower end 29 roundings of 2^-53, the value above it 8, and some room
    Bounds::outward(lower, upper, RELATIVE + of_the_sums(groups))
}

/// Half the distance from 1 to the next float64: the relative error of one rounding.
const UNIT: f64 = f64::EPSILON / 2.0;

/// The second-order error of compensated sums over `groups` terms, relative.
fn of_the_sums(groups: usize) -> f64 {
    let first_order = groups as f64 * UNIT;
    4.0 * first_order * first_order
}

fn every_group_has_one_class(masses: &Masses) -> bool {
    fn holds<M: Mass>(positives: &[M], negatives: &[M]) -> bool {
        positives.iter().zip(negatives).all(|(&p, &n)| p == M::ZERO || n == M::ZERO)
    }
    match masses {
        Masses::Counts { positives, negatives } => holds(positives, negatives),
        Masses::Weights { positives, negatives } => holds(positives, negatives),
    }
}

fn precision_is_certain(masses: &Masses) -> bool {
    match masses {
        Masses::Counts { positives, negatives } => {
            steps(positives, negatives).all(|step| step.p == 0 || step.fp == 0 || (step.p == 1 && step.n == 0))
        }
        Masses::Weights { positives, negatives } => {
            steps(positives, negatives).all(|step| step.p == 0.0 || step.fp == 0.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(positives: &[u64], negatives: &[u64], tied: bool) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, tied)
    }

    #[test]
    fn tied_groups_are_exact() {
        let tied = tally(&[3, 1], &[1, 3], true);
        assert_eq!(roc_auc_bounds(&tied), Bounds::exactly(roc_auc(&tied)));
        assert_eq!(average_precision_bounds(&tied), Bounds::exactly(average_precision(&tied)));
    }

    #[test]
    fn a_query_is_exact_under_its_own_condition() {
        let one_class_each = tally(&[2, 0, 3], &[0, 4, 0], false);
        assert!(roc_auc_bounds(&one_class_each).is_exact());
        assert!(!average_precision_bounds(&one_class_each).is_exact(), "3 positives behind 4 negatives may tie or not");
        let single_behind = tally(&[2, 0, 1], &[0, 4, 0], false);
        assert_eq!(average_precision_bounds(&single_behind), Bounds::exactly(average_precision(&single_behind)));
    }

    #[test]
    fn a_single_weighted_positive_may_be_several_rows() {
        let masses = Masses::Weights { positives: vec![0.0, 1.0], negatives: vec![4.0, 0.0] };
        assert!(!average_precision_bounds(&Tally::new(vec![1.0, 0.0], masses, false)).is_exact());
    }

    #[test]
    fn undefined_areas_have_undefined_bounds() {
        for missing in [tally(&[], &[], false), tally(&[0], &[2], false)] {
            assert!(roc_auc_bounds(&missing).lower.is_nan() && average_precision_bounds(&missing).upper.is_nan());
            assert!(!roc_auc_bounds(&missing).is_exact());
        }
        assert_eq!(average_precision_bounds(&tally(&[2], &[0], false)), Bounds::exactly(1.0));
    }
}
