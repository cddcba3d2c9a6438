//! Cumulative-gain and lift curves: what flagging the highest scores finds.

use super::sum::{Mass, steps, total};
use crate::tally::{Masses, Tally, column};

/// Recall against the share of rows flagged, a point per group from the highest score down; columns of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct GainCurve {
    /// Share flagged, `(T + F) / (P + N)`, in [0, 1], from 0; NaN in an empty tally.
    pub predicted_positive_rate: Vec<f64>,
    /// Share of the positives among them, `T / P`, in [0, 1], from 0; all NaN without positives.
    pub recall: Vec<f64>,
    /// The threshold of each point, from ∞.
    pub thresholds: Vec<f64>,
}

/// Lift against the share of rows flagged, a point per group from the highest score down; columns of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct LiftCurve {
    /// Share flagged, `(T + F) / (P + N)`, in (0, 1].
    pub predicted_positive_rate: Vec<f64>,
    /// Precision over prevalence, `T / (T + F) · (P + N) / P`, >= 0; all NaN without positives.
    pub lift: Vec<f64>,
    /// The threshold of each point.
    pub thresholds: Vec<f64>,
}

/// The cumulative-gain curve, from (0, 0) at threshold ∞ to (1, 1).
///
/// Straight lines between points are the expected recall when a tied group is flagged in random order. Shares of rows are
/// correctly rounded. An empty tally has the one point at ∞, both shares NaN.
///
/// ```
/// use thresher::measure::gain_curve;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let curve = gain_curve(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true));
/// assert_eq!(curve.predicted_positive_rate, [0.0, 0.25, 0.5, 0.75, 1.0]);
/// assert_eq!(curve.recall, [0.0, 0.5, 0.5, 1.0, 1.0]);
/// ```
#[must_use]
pub fn gain_curve(tally: &Tally) -> GainCurve {
    match tally.masses() {
        Masses::Counts { positives, negatives } => gain(tally.thresholds(), positives, negatives),
        Masses::Weights { positives, negatives } => gain(tally.thresholds(), positives, negatives),
    }
}

/// The lift curve, from the highest threshold that flags anything down to (1, 1).
///
/// Within 3 roundings of the exact quotient. An empty tally has no points.
///
/// ```
/// use thresher::measure::lift_curve;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let curve = lift_curve(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true));
/// assert_eq!((curve.lift[0], curve.lift[1], curve.lift[3]), (2.0, 1.0, 1.0));
/// ```
#[must_use]
pub fn lift_curve(tally: &Tally) -> LiftCurve {
    match tally.masses() {
        Masses::Counts { positives, negatives } => lift(tally.thresholds(), positives, negatives),
        Masses::Weights { positives, negatives } => lift(tally.thresholds(), positives, negatives),
    }
}

fn gain<M: Mass>(thresholds: &[f64], positives: &[M], negatives: &[M]) -> GainCurve {
    let all_p = total(positives);
    let all = both(all_p, total(negatives));
    let points = || column(1 + positives.len());
    let mut curve = GainCurve { predicted_positive_rate: points(), recall: points(), thresholds: points() };
    curve.predicted_positive_rate.push(M::ZERO.over(all));
    curve.recall.push(M::ZERO.over(all_p));
    curve.thresholds.push(f64::INFINITY);
    for (step, &threshold) in steps(positives, negatives).zip(thresholds) {
        curve.predicted_positive_rate.push(both(step.tp, step.fp).over(all));
        curve.recall.push(step.tp.over(all_p));
        curve.thresholds.push(threshold);
    }
    curve
}

fn lift<M: Mass>(thresholds: &[f64], positives: &[M], negatives: &[M]) -> LiftCurve {
    let (all_p, all_n) = (total(positives), total(negatives));
    let (all, prevalence) = (both(all_p, all_n), all_p.share(all_n));
    let points = || column(positives.len());
    let mut curve = LiftCurve { predicted_positive_rate: points(), lift: points(), thresholds: points() };
    for (step, &threshold) in steps(positives, negatives).zip(thresholds) {
        let flagged = both(step.tp, step.fp);
        if flagged > M::ZERO {
            curve.predicted_positive_rate.push(flagged.over(all));
            curve.lift.push(step.tp.share(step.fp) / prevalence);
            curve.thresholds.push(threshold);
        }
    }
    curve
}

/// Positives and negatives together.
fn both<M: Mass>(positives: M, negatives: M) -> M {
    total(&[positives, negatives])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(positives: &[u64], negatives: &[u64]) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, false)
    }

    #[test]
    fn a_threshold_that_flags_nothing_has_a_gain_but_no_lift() {
        let binned = rows(&[0, 2, 1], &[0, 1, 2]);
        assert_eq!(gain_curve(&binned).predicted_positive_rate, [0.0, 0.0, 0.5, 1.0]);
        let lift = lift_curve(&binned);
        assert_eq!((lift.thresholds, lift.predicted_positive_rate), (vec![1.0, 0.0], vec![0.5, 1.0]));
        assert_eq!(lift.lift, [2.0 / 3.0 / 0.5, 1.0]);
    }

    #[test]
    fn without_positives_recall_and_lift_are_undefined() {
        let none = rows(&[0, 0], &[1, 3]);
        assert_eq!(gain_curve(&none).predicted_positive_rate, [0.0, 0.25, 1.0]);
        assert!(gain_curve(&none).recall.iter().chain(&lift_curve(&none).lift).all(|value| value.is_nan()));
    }

    #[test]
    fn an_empty_tally_has_one_gain_that_is_undefined_and_no_lift() {
        let empty = rows(&[], &[]);
        assert!(gain_curve(&empty).recall[0].is_nan() && gain_curve(&empty).thresholds == [f64::INFINITY]);
        assert!(lift_curve(&empty).lift.is_empty());
    }
}
