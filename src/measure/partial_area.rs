//! Areas under part of the ROC curve: a range of false positive rates, or of true positive rates.

use super::area::{InnerPairs, roc_auc};
use super::bounds::{Bounds, roc_auc_bounds};
use super::scale::Scale;
use super::sum::{Compensated, Mass, steps_of, totals};
use crate::error::{Error, Result};
use crate::tally::{Masses, Tally};

/// A range of rates, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RateRange {
    /// False positive rates: the area below the curve, `∫ TPR dFPR`.
    FalsePositive(f64, f64),
    /// True positive rates: the area right of the curve, `∫ (1 − FPR) dTPR`.
    TruePositive(f64, f64),
}

/// Area under the part of the ROC curve up to `max_fpr`, standardised after McClish: 0.5 is chance, 1 is perfect.
///
/// The curve is cut at `max_fpr` by linear interpolation; with `m = max_fpr` and `a` the area up to it, the value is
/// `½ (1 + (a − m²/2) / (m − m²/2))`, as in scikit-learn. `max_fpr == 1` gives [`roc_auc`] itself. It may fall below
/// 0.5. NaN unless both classes are present. Within 2e-15 absolute.
///
/// # Errors
/// [`Error::OutOfRange`] unless `0 < max_fpr <= 1`.
///
/// Source: McClish, *Analyzing a portion of the ROC curve*, Medical Decision Making 9 (1989).
///
/// ```
/// use thresher::measure::partial_roc_auc;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// assert!((partial_roc_auc(&tally, 0.5)? - 2.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn partial_roc_auc(tally: &Tally, max_fpr: f64) -> Result<f64> {
    if !(max_fpr > 0.0 && max_fpr <= 1.0) {
        return Err(Error::OutOfRange { argument: "max_fpr", value: max_fpr, accepted: "in (0, 1]" });
    }
    if max_fpr == 1.0 {
        return Ok(roc_auc(tally));
    }
    let range = Range { from: 0.0, to: max_fpr };
    let [area] = range.area_of(tally, false, [InnerPairs::Half]);
    Ok(range.standardised(area))
}

/// Area under the part of the ROC curve in a range of rates, and its certain bounds.
///
/// The curve is cut at both ends by linear interpolation. With a range from `a` to `b` the plain area is at most `b − a`
/// and by chance `c = (b² − a²)/2` of false positive rates, `c = (b − a) (1 − (a + b)/2)` of true positive rates;
/// `standardised` gives McClish's `½ (1 + (area − c) / (b − a − c))`: 0.5 is chance, 1 is perfect, and it may be less
/// than 0.5. The whole range gives [`roc_auc`]. In a binned tally each group is a straight piece, and the bounds rank the
/// negatives, then the positives of every group first. NaN unless both classes are present. Within 2e-15 absolute of
/// plain areas.
///
/// # Errors
/// [`Error::OutOfRange`] unless `0 <= a < b <= 1`.
///
/// Source: McClish (1989), and Jiang, Metz and Nishikawa, *A receiver operating characteristic partial area index for
/// highly sensitive diagnostic tests*, Radiology 201 (1996); the R package pROC has both.
///
/// ```
/// use thresher::measure::{RateRange, partial_roc_auc_in};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// let (area, _) = partial_roc_auc_in(&tally, RateRange::TruePositive(0.5, 1.0), false)?;
/// assert_eq!(area, 0.25); // above recall ½ the specificity is ½
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn partial_roc_auc_in(tally: &Tally, rates: RateRange, standardised: bool) -> Result<(f64, Bounds)> {
    let (argument, from, to) = match rates {
        RateRange::FalsePositive(from, to) => ("fpr_range", from, to),
        RateRange::TruePositive(from, to) => ("tpr_range", from, to),
    };
    let accepted = "two rates with 0 <= lower < upper <= 1";
    if !(0.0..=1.0).contains(&from) {
        return Err(Error::OutOfRange { argument, value: from, accepted });
    }
    if !(from < to && to <= 1.0) {
        return Err(Error::OutOfRange { argument, value: to, accepted });
    }
    if (from, to) == (0.0, 1.0) {
        return Ok((roc_auc(tally), roc_auc_bounds(tally)));
    }
    let mirrored = matches!(rates, RateRange::TruePositive(..));
    // Misses are to positives what false alarms are to negatives, from the lowest score up.
    let range = if mirrored { Range { from: 1.0 - to, to: 1.0 - from } } else { Range { from, to } };
    Ok(range.with_bounds(tally, mirrored, standardised))
}

/// A part of the horizontal axis.
#[derive(Clone, Copy)]
struct Range {
    from: f64,
    to: f64,
}

impl Range {
    fn with_bounds(self, tally: &Tally, mirrored: bool, standardised: bool) -> (f64, Bounds) {
        const ROUNDING: f64 = 4e-15; // of two plain areas
        let chance = self.width() - self.chance();
        let scaled = |area: f64| if standardised { self.standardised(area) } else { area.clamp(0.0, self.width()) };
        if tally.tied() {
            let [value] = self.area_of(tally, mirrored, [InnerPairs::Half]).map(scaled);
            return (value, Bounds::exactly(value));
        }
        let all = [InnerPairs::None, InnerPairs::Half, InnerPairs::All];
        let [lower, value, upper] = self.area_of(tally, mirrored, all);
        if value.is_nan() {
            return (scaled(value), Bounds::exactly(scaled(value)));
        }
        let ends = [lower, upper].map(scaled);
        let (most, unit) = if standardised { (1.0, 0.5 / chance) } else { (self.width(), 1.0) };
        let least = scaled(0.0);
        (scaled(value), Bounds::about(scaled(value), ends, ROUNDING * unit, [least, most]))
    }

    fn area_of<const N: usize>(self, tally: &Tally, mirrored: bool, inner: [InnerPairs; N]) -> [f64; N] {
        match tally.masses() {
            Masses::Counts { positives, negatives } => self.area_either_way(positives, negatives, mirrored, inner),
            Masses::Weights { positives, negatives } => self.area_either_way(positives, negatives, mirrored, inner),
        }
    }

    fn area_either_way<M: Mass, const N: usize>(
        self,
        positives: &[M],
        negatives: &[M],
        mirrored: bool,
        inner: [InnerPairs; N],
    ) -> [f64; N] {
        let scales = [positives, negatives].map(M::scale);
        let groups = positives.iter().copied().zip(negatives.iter().copied());
        if !mirrored {
            return self.area(groups, scales, inner);
        }
        self.area(groups.rev().map(|(p, n)| (n, p)), [scales[1], scales[0]], inner)
    }

    /// The plain area under the curve in the range; NaN unless both classes are present.
    fn area<M: Mass, const N: usize>(
        self,
        groups: impl Iterator<Item = (M, M)> + Clone,
        [scale_p, scale_n]: [Scale; 2],
        inner: [InnerPairs; N],
    ) -> [f64; N] {
        const CLEARLY: f64 = 1e-9; // beyond all rounding
        let [all_p, all_n] = totals(groups.clone());
        let (all_p, all_n) = (scale_p.apply(all_p.real()), scale_n.apply(all_n.real()));
        if !(all_p > 0.0 && all_n > 0.0) {
            return [f64::NAN; N];
        }
        let (early, late) = (self.from * all_n * (1.0 - CLEARLY), self.to * all_n * (1.0 + CLEARLY));
        let mut areas = [Compensated::default(); N];
        for step in steps_of(groups) {
            let (n, fp_before) = (scale_n.apply(step.n.real()), scale_n.apply(step.fp_before.real()));
            if n == 0.0 || fp_before > late || fp_before + n < early {
                continue; // what follows would add nothing
            }
            let (p, before) = (scale_p.apply(step.p.real()), scale_p.apply(step.tp_before.real()));
            // How far into the group the range begins and ends. One rounding, not two: differences of two numbers that
            // may be close.
            let start = self.from.mul_add(all_n, -fp_before).clamp(0.0, n);
            let end = self.to.mul_add(all_n, -fp_before).clamp(0.0, n);
            if end > start {
                for (area, inner) in areas.iter_mut().zip(inner) {
                    let share = match inner {
                        InnerPairs::None => 0.0,
                        InnerPairs::Half => 0.5 * (start / n + end / n),
                        InnerPairs::All => 1.0,
                    };
                    area.add((end - start) * (before + p * share));
                }
            }
        }
        areas.map(|area| area.total() / (all_p * all_n))
    }

    fn width(self) -> f64 {
        self.to - self.from
    }

    /// The area under the diagonal.
    fn chance(self) -> f64 {
        0.5 * self.width() * (self.from + self.to)
    }

    fn standardised(self, area: f64) -> f64 {
        let standardised = 0.5 * (1.0 + (area - self.chance()) / (self.width() - self.chance()));
        if standardised > 1.0 { 1.0 } else { standardised } // not f64::min, which would turn NaN into 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(positives: &[u64], negatives: &[u64]) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, false)
    }

    #[test]
    fn the_partial_area_is_that_of_the_cut_curve() {
        // ROC through (0, ¼), (½, ¾), (1, 1); cut at ¼ the height is ½, so the area is ¼·(¼ + ½)/2 = 3/32.
        let tally = rows(&[1, 2, 1], &[0, 2, 2]);
        let chance = 1.0 / 32.0;
        let expected = 0.5 * (1.0 + (3.0 / 32.0 - chance) / (0.25 - chance));
        assert_eq!(partial_roc_auc(&tally, 0.25).unwrap(), expected);
        assert_eq!(partial_roc_auc(&tally, 1.0).unwrap(), roc_auc(&tally));
        let (same, _) = partial_roc_auc_in(&tally, RateRange::FalsePositive(0.0, 0.25), true).unwrap();
        assert_eq!(same, expected);
    }

    #[test]
    fn the_area_above_a_recall_lies_right_of_the_curve() {
        // From recall ½ on: specificity falls from ¾ to ½ at recall ¾, and to 0 at 1.
        let tally = rows(&[1, 2, 1], &[0, 2, 2]);
        let (area, bounds) = partial_roc_auc_in(&tally, RateRange::TruePositive(0.5, 1.0), false).unwrap();
        assert_eq!(area, 0.25 * 0.625 + 0.25 * 0.25);
        assert!((bounds.lower - 0.25 * 0.5).abs() < 1e-14 && (bounds.upper - (0.25 + 0.25 * 0.5)).abs() < 1e-14);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let tally = rows(&[3, 0, 5, 1], &[1, 4, 2, 7]);
        for part in [RateRange::FalsePositive, RateRange::TruePositive] {
            let area = |from, to| partial_roc_auc_in(&tally, part(from, to), false).unwrap().0;
            assert!((area(0.0, 0.3) + area(0.3, 0.35) + area(0.35, 1.0) - roc_auc(&tally)).abs() < 1e-15);
        }
    }

    #[test]
    fn a_missing_class_has_no_area() {
        for tally in [rows(&[], &[]), rows(&[3], &[0]), rows(&[0], &[3])] {
            assert!(partial_roc_auc(&tally, 0.3).unwrap().is_nan());
            for standardised in [false, true] {
                let (value, bounds) =
                    partial_roc_auc_in(&tally, RateRange::TruePositive(0.1, 0.3), standardised).unwrap();
                assert!(value.is_nan() && bounds.lower.is_nan());
            }
        }
    }

    #[test]
    fn the_range_of_rates_is_said() {
        for wrong in [0.0, -0.1, 1.1, f64::NAN] {
            let error = partial_roc_auc(&rows(&[1], &[1]), wrong).unwrap_err();
            assert!(matches!(error, Error::OutOfRange { argument: "max_fpr", .. }), "{error}");
        }
        for (from, to) in [(0.5, 0.5), (0.6, 0.5), (-0.1, 0.5), (0.1, 1.1), (f64::NAN, 0.5), (0.1, f64::NAN)] {
            assert!(partial_roc_auc_in(&rows(&[1], &[1]), RateRange::TruePositive(from, to), true).is_err());
        }
    }
}
