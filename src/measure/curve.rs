//! ROC, precision-recall and DET curves: the points, orders, end points and drop rules of scikit-learn 1.9.

use super::sum::{Mass, steps, total};
use crate::tally::{Groups, Masses, Tally, column};

/// A receiver operating characteristic, from (0, 0) at threshold ∞ up; thresholds decrease.
#[derive(Debug, Clone, PartialEq)]
pub struct RocCurve {
    /// False positive rate, `F / N`; all NaN without negatives.
    pub fpr: Vec<f64>,
    /// True positive rate, `T / P`; all NaN without positives.
    pub tpr: Vec<f64>,
    /// The threshold of each point; the first is ∞.
    pub thresholds: Vec<f64>,
}

/// A precision-recall curve; thresholds increase, and (1, 0) without a threshold ends it.
#[derive(Debug, Clone, PartialEq)]
pub struct PrecisionRecallCurve {
    /// `T / (T + F)`, 0 where nothing is predicted positive; 1 at the end.
    pub precision: Vec<f64>,
    /// `T / P`, NaN at every threshold without positives; 0 at the end.
    pub recall: Vec<f64>,
    /// The threshold of each point but the last.
    pub thresholds: Vec<f64>,
}

/// A detection error tradeoff curve; thresholds increase.
#[derive(Debug, Clone, PartialEq)]
pub struct DetCurve {
    /// False positive rate, `F / N`; all NaN without negatives.
    pub fpr: Vec<f64>,
    /// False negative rate, `(P − T) / P`; all NaN without positives.
    pub fnr: Vec<f64>,
    /// The threshold of each point.
    pub thresholds: Vec<f64>,
}

/// The ROC curve: a point per group, the highest first, after (0, 0) at threshold ∞.
///
/// `drop_intermediate` leaves out a point whose group holds as many positives and as many negatives as the next group:
/// it is the middle of a straight line, so the area stays (scikit-learn's rule; the first and last group always stay).
/// In a binned tally empty groups have points too, and rows below the lowest threshold end the curve at (1, 1), −∞.
///
/// A class without samples makes its rate NaN at every point. An empty tally has the one point at ∞, both rates NaN.
/// Rates of rows are correctly rounded.
///
/// ```
/// use thresher::measure::roc_curve;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let curve = roc_curve(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true), true);
/// assert_eq!(curve.fpr, [0.0, 0.0, 0.5, 0.5, 1.0]);
/// assert_eq!(curve.tpr, [0.0, 0.5, 0.5, 1.0, 1.0]);
/// assert_eq!(curve.thresholds, [f64::INFINITY, 0.8, 0.4, 0.35, 0.1]);
/// ```
#[must_use]
pub fn roc_curve(tally: &Tally, drop_intermediate: bool) -> RocCurve {
    match tally.masses() {
        Masses::Counts { positives, negatives } => roc(tally.thresholds(), positives, negatives, drop_intermediate),
        Masses::Weights { positives, negatives } => roc(tally.thresholds(), positives, negatives, drop_intermediate),
    }
}

/// The precision-recall curve: a point per group, the lowest first, then (1, 0) without a threshold.
///
/// `drop_intermediate` leaves out a point whose recall is that of both its neighbours (the first and last always stay).
/// Precision is 0 where nothing is predicted positive, which only a binned tally can show. Without positives recall is
/// NaN at every threshold. An empty tally has the end point alone.
///
/// ```
/// use thresher::measure::precision_recall_curve;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let curve = precision_recall_curve(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true), false);
/// assert_eq!(curve.precision, [0.5, 2.0 / 3.0, 0.5, 1.0, 1.0]);
/// assert_eq!(curve.recall, [1.0, 1.0, 0.5, 0.5, 0.0]);
/// assert_eq!(curve.thresholds, [0.1, 0.35, 0.4, 0.8]);
/// ```
#[must_use]
pub fn precision_recall_curve(tally: &Tally, drop_intermediate: bool) -> PrecisionRecallCurve {
    match tally.masses() {
        Masses::Counts { positives, negatives } => {
            precision_recall(tally.thresholds(), positives, negatives, drop_intermediate)
        }
        Masses::Weights { positives, negatives } => {
            precision_recall(tally.thresholds(), positives, negatives, drop_intermediate)
        }
    }
}

/// The DET curve: from the last point without misses to the last without false alarms, the lowest threshold first.
///
/// Points are those of the ROC curve, (0, 0) at ∞ included, cut to what a DET plot shows: from the lowest threshold
/// that still has `F = 0` down to the highest that has `T = P`. So ∞ stays only if the highest group already holds a
/// negative. `drop_intermediate` leaves out a point whose false negative rate is that of both its neighbours.
///
/// A class without samples makes its rate NaN at every point, and its end is not cut. An empty tally has the one point
/// at ∞, both rates NaN.
///
/// ```
/// use thresher::measure::det_curve;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let curve = det_curve(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true), false);
/// assert_eq!(curve.fpr, [0.5, 0.5, 0.0]);
/// assert_eq!(curve.fnr, [0.0, 0.5, 0.5]);
/// assert_eq!(curve.thresholds, [0.35, 0.4, 0.8]);
/// ```
#[must_use]
pub fn det_curve(tally: &Tally, drop_intermediate: bool) -> DetCurve {
    match tally.masses() {
        Masses::Counts { positives, negatives } => det(tally.thresholds(), positives, negatives, drop_intermediate),
        Masses::Weights { positives, negatives } => det(tally.thresholds(), positives, negatives, drop_intermediate),
    }
}

impl RocCurve {
    /// Whether dropping keeps a group of so many `[negatives, positives]` that is neither the highest nor the lowest, where the
    /// next lower one has so many; see [`roc_curve`].
    #[inline(always)]
    #[must_use]
    pub fn stays<M: PartialEq>(counts: [M; 2], lower: [M; 2]) -> bool {
        counts != lower
    }

    /// `fpr` and `tpr` once each of the groups is admitted, of all `[negatives, positives]`: points of the curve.
    #[inline(always)]
    pub fn points(groups: Groups<'_>, rows: [u64; 2], fpr: &mut [f64], tpr: &mut [f64]) {
        rates(groups.false_positives, rows[0], fpr);
        rates(groups.true_positives, rows[1], tpr);
    }
}

impl PrecisionRecallCurve {
    /// Whether dropping keeps a group of so many `[negatives, positives]` that is neither the highest nor the lowest, where the
    /// next lower one has so many; see [`precision_recall_curve`].
    #[inline(always)]
    #[must_use]
    pub fn stays([_, positives]: [u64; 2], [_, lower]: [u64; 2]) -> bool {
        positives | lower != 0
    }

    /// `precision` and `recall` once each of the groups is admitted, of all `[negatives, positives]`: points of the curve.
    #[inline(always)]
    pub fn points(groups: Groups<'_>, [negatives, positives]: [u64; 2], precisions: &mut [f64], recall: &mut [f64]) {
        let predicted = groups.true_positives.iter().zip(groups.false_positives);
        if negatives.max(positives) < PLAIN {
            for (own, (&tp, &fp)) in precisions.iter_mut().zip(predicted) {
                *own = real(tp) / (real(tp) + real(fp)); // a group of rows is never empty
            }
        } else {
            for (own, (&tp, &fp)) in precisions.iter_mut().zip(predicted) {
                *own = precision(tp, fp);
            }
        }
        rates(groups.true_positives, positives, recall);
    }
}

/// `counts[i] / all`; NaN when that is 0.
#[inline(always)]
fn rates(counts: &[u64], all: u64, rates: &mut [f64]) {
    if 0 < all && all < PLAIN {
        let all = all as f64;
        rates.iter_mut().zip(counts).for_each(|(rate, &count)| *rate = real(count) / all);
    } else {
        rates.iter_mut().zip(counts).for_each(|(rate, &count)| *rate = count.over(all));
    }
}

/// Below it, ratios of counts of rows are quotients of exact numbers, rounded once: the usual case, of which the compiler can
/// work out several at once.
const PLAIN: u64 = 1 << 51;

/// A number below 2^52 as a float64, exactly: it is the mantissa of 2^52 more.
#[inline(always)]
fn real(rows: u64) -> f64 {
    const UNIT: f64 = (1_u64 << 52) as f64;
    f64::from_bits(rows | UNIT.to_bits()) - UNIT
}

fn roc<M: Mass>(thresholds: &[f64], positives: &[M], negatives: &[M], drop: bool) -> RocCurve {
    let keep = |i: usize| RocCurve::stays([negatives[i], positives[i]], [negatives[i + 1], positives[i + 1]]);
    let (all_p, all_n) = (total(positives), total(negatives));
    let points = || column(1 + positives.len());
    let mut curve = RocCurve { fpr: points(), tpr: points(), thresholds: points() };
    curve.fpr.push(M::ZERO.over(all_n));
    curve.tpr.push(M::ZERO.over(all_p));
    curve.thresholds.push(f64::INFINITY);
    for (i, step) in steps(positives, negatives).enumerate() {
        if kept(i, positives.len(), drop, keep) {
            curve.fpr.push(step.fp.over(all_n));
            curve.tpr.push(step.tp.over(all_p));
            curve.thresholds.push(thresholds[i]);
        }
    }
    [&mut curve.fpr, &mut curve.tpr, &mut curve.thresholds].into_iter().for_each(Vec::shrink_to_fit);
    curve
}

fn precision_recall<M: Mass>(at: &[f64], positives: &[M], negatives: &[M], drop: bool) -> PrecisionRecallCurve {
    let keep = |i: usize| positives[i] != M::ZERO || positives[i + 1] != M::ZERO;
    let all = total(positives);
    let mut curve = PrecisionRecallCurve {
        precision: column(1 + positives.len()),
        recall: column(1 + positives.len()),
        thresholds: column(positives.len()),
    };
    curve.precision.push(1.0);
    curve.recall.push(0.0);
    for (i, step) in steps(positives, negatives).enumerate() {
        if kept(i, positives.len(), drop, keep) {
            curve.precision.push(precision(step.tp, step.fp));
            curve.recall.push(step.tp.over(all));
            curve.thresholds.push(at[i]);
        }
    }
    curve.precision.reverse();
    curve.recall.reverse();
    curve.thresholds.reverse();
    [&mut curve.precision, &mut curve.recall, &mut curve.thresholds].into_iter().for_each(Vec::shrink_to_fit);
    curve
}

/// 0 where nothing is predicted positive.
fn precision<M: Mass>(tp: M, fp: M) -> f64 {
    if tp == M::ZERO && fp == M::ZERO { 0.0 } else { tp.share(fp) }
}

fn det<M: Mass>(thresholds: &[f64], positives: &[M], negatives: &[M], drop: bool) -> DetCurve {
    let false_alarms = cumulated(negatives.iter().copied());
    let mut misses = cumulated(positives.iter().rev().copied()); // from below, so that a small remainder stays exact
    misses.reverse();
    let (all_n, all_p) = (false_alarms[negatives.len()], misses[0]);
    // Point 0 is (0, 0) at ∞, point i + 1 admits group i.
    let keep = |point: usize| positives[point - 1] != M::ZERO || positives[point] != M::ZERO;
    let mut points: Vec<usize> = column(misses.len());
    points.extend((0..misses.len()).filter(|&point| kept(point, misses.len(), drop, keep)));
    let last = if all_p == M::ZERO {
        points.len() - 1
    } else {
        points.partition_point(|&point| misses[point] > M::ZERO).min(points.len() - 1)
    };
    // A binned tally may separate the classes by an empty group: then the two ends cross, and one point is left.
    let first = if all_n == M::ZERO {
        0
    } else {
        points.partition_point(|&point| false_alarms[point] == M::ZERO).saturating_sub(1).min(last)
    };
    let shown = || points[first..=last].iter().rev();
    let made = || column(last + 1 - first);
    let mut curve = DetCurve { fpr: made(), fnr: made(), thresholds: made() };
    curve.fpr.extend(shown().map(|&point| false_alarms[point].over(all_n)));
    curve.fnr.extend(shown().map(|&point| misses[point].over(all_p)));
    let threshold = |&point: &usize| if point == 0 { f64::INFINITY } else { thresholds[point - 1] };
    curve.thresholds.extend(shown().map(threshold));
    curve
}

/// True when position `i` of `count` stays: without `drop` always, else if it is the first, the last or one `keep` says.
#[inline(always)]
fn kept(i: usize, count: usize, drop: bool, keep: impl Fn(usize) -> bool) -> bool {
    !drop || i == 0 || i + 1 == count || keep(i)
}

/// 0, then the sums of the first 1, 2, … entries.
///
/// Sums of weights never decrease, though each is rounded: an entry that leaves the running sum as it is goes whole
/// into what was lost, and one that moves it moves it by more than the losses of 2^52 entries could round.
fn cumulated<M: Mass>(masses: impl ExactSizeIterator<Item = M>) -> Vec<M> {
    let mut sums = column(masses.len() + 1);
    let mut sum = M::Sum::default();
    sums.push(M::ZERO);
    for mass in masses {
        M::add(&mut sum, mass);
        sums.push(M::total(sum));
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFINITY: f64 = f64::INFINITY;

    fn tally(thresholds: &[f64], positives: &[u64], negatives: &[u64]) -> Tally {
        let masses = Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() };
        Tally::new(thresholds.to_vec(), masses, false)
    }

    /// Labels of scores 0, 1, 2, …
    fn ladder(labels: &[u64]) -> Tally {
        let thresholds: Vec<f64> = (0..labels.len()).rev().map(|i| i as f64).collect();
        let positives: Vec<u64> = labels.iter().rev().copied().collect();
        let negatives: Vec<u64> = positives.iter().map(|p| 1 - p).collect();
        tally(&thresholds, &positives, &negatives)
    }

    #[test]
    fn dropping_keeps_the_points_that_scikit_learn_keeps() {
        let example = ladder(&[0, 1, 0, 1, 1, 0, 0, 0, 1, 1]);
        assert_eq!(roc_curve(&example, true).thresholds, [INFINITY, 9.0, 8.0, 5.0, 3.0, 2.0, 1.0, 0.0]);
        let precision_recall = precision_recall_curve(&example, true);
        assert_eq!(precision_recall.thresholds, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 8.0, 9.0]);
        assert_eq!(det_curve(&example, true).thresholds, [1.0, 2.0, 3.0, 4.0, 5.0, 8.0]);
        let perfect = roc_curve(&ladder(&[0, 0, 0, 0, 1, 1, 1, 1]), true);
        assert_eq!((perfect.fpr, perfect.tpr), (vec![0.0, 0.0, 0.0, 1.0], vec![0.0, 0.25, 1.0, 1.0]));
    }

    #[test]
    fn a_binned_curve_has_a_point_at_each_threshold_and_below() {
        let binned = tally(&[0.9, 0.6, 0.3, f64::NEG_INFINITY], &[0, 3, 0, 1], &[0, 1, 0, 1]);
        let roc = roc_curve(&binned, false);
        assert_eq!(roc.tpr, [0.0, 0.0, 0.75, 0.75, 1.0]);
        assert_eq!(roc.thresholds, [INFINITY, 0.9, 0.6, 0.3, f64::NEG_INFINITY]);
        let precision_recall = precision_recall_curve(&binned, false);
        assert_eq!(precision_recall.precision, [4.0 / 6.0, 0.75, 0.75, 0.0, 1.0]);
        assert_eq!(precision_recall.recall, [1.0, 0.75, 0.75, 0.0, 0.0]);
        let det = det_curve(&binned, false);
        assert_eq!((det.fpr, det.fnr), (vec![1.0, 0.5, 0.5, 0.0], vec![0.0, 0.25, 0.25, 1.0]));
        assert_eq!(det.thresholds, [f64::NEG_INFINITY, 0.3, 0.6, 0.9]);
    }

    #[test]
    fn a_det_curve_of_classes_apart_is_one_point() {
        let apart = tally(&[4.0, 3.0, 2.0, 1.0], &[2, 0, 0, 0], &[0, 0, 0, 3]);
        assert_eq!(det_curve(&apart, false), DetCurve { fpr: vec![0.0], fnr: vec![0.0], thresholds: vec![4.0] });
    }

    #[test]
    fn all_tied_is_one_step() {
        let tied = tally(&[7.0], &[2], &[3]);
        assert_eq!(
            det_curve(&tied, false),
            DetCurve { fpr: vec![1.0, 0.0], fnr: vec![0.0, 1.0], thresholds: vec![7.0, INFINITY] }
        );
        assert_eq!(roc_curve(&tied, true).fpr, [0.0, 1.0]);
    }

    #[test]
    fn a_missing_class_makes_its_rate_nan() {
        let no_positives = tally(&[2.0, 1.0], &[0, 0], &[1, 3]);
        assert!(roc_curve(&no_positives, true).tpr.iter().all(|rate| rate.is_nan()));
        assert_eq!(roc_curve(&no_positives, true).fpr, [0.0, 0.25, 1.0]);
        assert!(det_curve(&no_positives, true).fnr.iter().all(|rate| rate.is_nan()));
        assert_eq!(det_curve(&no_positives, false).fpr, [1.0, 0.25, 0.0]);
        let recall = precision_recall_curve(&no_positives, false).recall;
        assert!(recall[0].is_nan() && recall[1].is_nan() && recall[2] == 0.0);
        let no_negatives = tally(&[2.0, 1.0], &[1, 3], &[0, 0]);
        assert!(det_curve(&no_negatives, true).fpr.iter().all(|rate| rate.is_nan()));
        assert_eq!(det_curve(&no_negatives, false).fnr, [0.0, 0.75, 1.0]);
    }

    #[test]
    fn an_empty_tally_has_end_points_only() {
        let empty = tally(&[], &[], &[]);
        let roc = roc_curve(&empty, true);
        assert!(roc.fpr[0].is_nan() && roc.tpr[0].is_nan() && roc.thresholds == [INFINITY]);
        let expected = PrecisionRecallCurve { precision: vec![1.0], recall: vec![0.0], thresholds: vec![] };
        assert_eq!(precision_recall_curve(&empty, true), expected);
        let det = det_curve(&empty, true);
        assert!(det.fpr[0].is_nan() && det.fnr[0].is_nan() && det.thresholds == [INFINITY]);
    }
}
