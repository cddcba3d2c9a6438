//! The precision-recall-gain curve and its area.

use std::ops::Sub;

use super::bounds::Bounds;
use super::sum::{Compensated, Mass, steps, total};
use crate::tally::{Masses, Tally, column};

/// Precision gain against recall gain, from the lowest threshold up to the closing point, which has no threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct PrecisionRecallGainCurve {
    /// `1 − (P/N) · F/T`, at most 1; negative where precision is below the prevalence. Its last is that at recall gain 0.
    pub precision_gain: Vec<f64>,
    /// `1 − (P/N) · (P − T)/T`, decreasing in [0, 1]; 0 at last.
    pub recall_gain: Vec<f64>,
    /// The threshold of each point but the last.
    pub thresholds: Vec<f64>,
    /// `∫ precision gain d recall gain` from 0 to 1: at most 1, and 0 for scores that are all tied.
    pub auc: f64,
    /// The interval that holds the area, whatever the order inside the groups.
    pub bounds: Bounds,
}

/// The precision-recall-gain curve: the thresholds whose recall gain is >= 0, and the point where it is 0.
///
/// A gain puts a rate `r` on a harmonic scale where always predicting positive is 0: `(r − π) / ((1 − π) r)`, with the
/// prevalence `π = P / (P + N)`. Both gains are linear in `1/T` along a straight piece of the ROC curve, so straight
/// lines between points are right here, as they are not between points of a precision-recall curve. The closing point,
/// where recall is `π`, lies on the piece from the last point below to the first at or above it.
///
/// The area is a sum of trapezoids from recall gain 0 to 1. Negative precision gains count as they are, as in the
/// authors' own code: the area is the expected F1 score on the gain scale, and clipping would flatter. It can fall below
/// 0, never below `1 − 1/π`.
///
/// Binned tallies: precision gain falls with `F`, which lies between `F` and `F + n` anywhere inside a group; with these
/// throughout, the areas are the bounds.
///
/// Areas and gains are within 1e-14 of the exact ones, relative to the largest gain. Unless both classes are present the
/// curve is its closing point with a precision gain of NaN, and the area is NaN.
///
/// Source: Flach and Kull, *Precision-Recall-Gain curves: PR analysis done right*, NeurIPS 28 (2015).
///
/// ```
/// use thresher::measure::precision_recall_gain_curve;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let curve = precision_recall_gain_curve(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true));
/// assert_eq!(curve.recall_gain, [1.0, 1.0, 0.0, 0.0, 0.0]);
/// assert_eq!(curve.precision_gain, [0.0, 0.5, 0.0, 1.0, 1.0]);
/// assert_eq!((curve.thresholds, curve.auc), (vec![0.1, 0.35, 0.4, 0.8], 0.25));
/// ```
#[must_use]
pub fn precision_recall_gain_curve(tally: &Tally) -> PrecisionRecallGainCurve {
    match tally.masses() {
        Masses::Counts { positives, negatives } => curve(tally, positives, negatives),
        Masses::Weights { positives, negatives } => curve(tally, positives, negatives),
    }
}

/// One piece of the ROC curve at or above recall `π`: its width in recall gain, and the recalls at its ends.
#[derive(Clone, Copy)]
struct Piece {
    width: f64,
    from: f64,
    to: f64,
}

impl Piece {
    /// The trapezoid of precision gain over it, between these false positive rates.
    fn area(self, [at_start, at_end]: [f64; 2]) -> f64 {
        self.width * 0.5 * (precision_gain(at_start, self.from) + precision_gain(at_end, self.to))
    }
}

fn precision_gain(fpr: f64, recall: f64) -> f64 {
    1.0 - fpr / recall
}

fn curve<M: Mass + Sub<Output = M>>(tally: &Tally, positives: &[M], negatives: &[M]) -> PrecisionRecallGainCurve {
    let (all_p, all_n) = (total(positives), total(negatives));
    let mut curve = closing_point();
    if all_p == M::ZERO || all_n == M::ZERO {
        return curve;
    }
    let (prevalence, rest, odds) = (all_p.share(all_n), all_n.share(all_p), all_p.real() / all_n.real());
    let (mut areas, wanted) = ([Compensated::default(); 3], if tally.tied() { 1 } else { 3 });
    for values in [&mut curve.precision_gain, &mut curve.recall_gain, &mut curve.thresholds] {
        let mut roomy = column(1 + positives.len());
        roomy.append(values);
        *values = roomy;
    }
    let (mut to, mut after) = (0.0, 0.0);
    for (step, &threshold) in steps(positives, negatives).zip(tally.thresholds()) {
        let (from, before) = (to, after);
        (to, after) = (step.tp.over(all_p), step.fp.over(all_n));
        if to < prevalence {
            continue;
        }
        let missed = (all_p - step.tp).over(all_p).max(0.0);
        let recall_gain = if to > prevalence { (1.0 - odds * (missed / to)).max(0.0) } else { 0.0 };
        if step.p > M::ZERO {
            let (mut piece, mut start) = (Piece { width: odds * (step.p.over(all_p) / from / to), from, to }, before);
            if from < prevalence {
                let beyond = (recall_gain * to * rest / step.p.over(all_p)).clamp(0.0, 1.0); // (to − π) / (to − from)
                start += step.n.over(all_n) * (1.0 - beyond);
                piece = Piece { width: recall_gain, from: prevalence, to };
                curve.precision_gain[0] = precision_gain(start, prevalence);
            }
            let ends = [[start, after], [after, after], [before, before]];
            areas.iter_mut().zip(ends).take(wanted).for_each(|(area, ends)| area.add(piece.area(ends)));
        } // a step to the right has no area
        curve.precision_gain.push(precision_gain(after, to));
        curve.recall_gain.push(recall_gain);
        curve.thresholds.push(threshold);
    }
    for column in [&mut curve.precision_gain, &mut curve.recall_gain, &mut curve.thresholds] {
        column.shrink_to_fit();
        column.reverse();
    }
    let [value, lower, upper] = areas.map(Compensated::total);
    let ends = if tally.tied() { [value, value] } else { [lower, upper] };
    let (least, rounding) = (1.0 - 1.0 / prevalence, 1e-14 / prevalence); // no gain is less
    PrecisionRecallGainCurve { auc: value, bounds: Bounds::about(value, ends, rounding, [least, 1.0]), ..curve }
}

/// The point at recall gain 0, whose precision gain is not known yet.
fn closing_point() -> PrecisionRecallGainCurve {
    PrecisionRecallGainCurve {
        precision_gain: vec![f64::NAN],
        recall_gain: vec![0.0],
        thresholds: vec![],
        auc: f64::NAN,
        bounds: Bounds::exactly(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(positives: &[u64], negatives: &[u64], tied: bool) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, tied)
    }

    #[test]
    fn classes_apart_have_area_1_and_a_single_tie_0() {
        assert_eq!(precision_recall_gain_curve(&rows(&[4, 0], &[0, 3], true)).auc, 1.0);
        let tied = precision_recall_gain_curve(&rows(&[4], &[12], true));
        assert_eq!((tied.precision_gain, tied.recall_gain), (vec![0.0, 0.0], vec![1.0, 0.0]));
        assert_eq!(tied.auc, 0.0);
    }

    #[test]
    fn scores_the_wrong_way_round_have_a_negative_area() {
        // Recall comes with FP = N alone: precision gain is 1 − 1/t, from 1 − 1/π = −3 to 0.
        let reversed = precision_recall_gain_curve(&rows(&[0, 1], &[3, 0], true));
        assert_eq!((reversed.precision_gain, reversed.recall_gain), (vec![0.0, -3.0], vec![1.0, 0.0]));
        assert_eq!(reversed.auc, -1.5);
    }

    #[test]
    fn the_bounds_are_the_areas_of_the_extreme_orders() {
        let binned = precision_recall_gain_curve(&rows(&[3, 1], &[1, 3], false)).bounds;
        let best = precision_recall_gain_curve(&rows(&[3, 0, 1, 0], &[0, 1, 0, 3], true)).auc;
        let worst = precision_recall_gain_curve(&rows(&[0, 3, 0, 1], &[1, 0, 3, 0], true)).auc;
        assert!((binned.upper - best).abs() < 1e-13 && (binned.lower - worst).abs() < 1e-13);
    }

    #[test]
    fn a_missing_class_leaves_the_closing_point() {
        for tally in [rows(&[], &[], true), rows(&[2], &[0], true), rows(&[0], &[2], false)] {
            let found = precision_recall_gain_curve(&tally);
            assert!(found.auc.is_nan() && found.precision_gain[0].is_nan() && found.bounds.upper.is_nan());
            assert_eq!((found.recall_gain, found.thresholds), (vec![0.0], vec![]));
        }
    }
}
