//! Curves read at given abscissae, and a rate at a given group: single heights, not whole curves.

use super::rate::Rate;
use super::sum::{Mass, steps, total};
use crate::tally::{Masses, Tally};

/// True positive rate at each of some false positive rates, ascending and in [0, 1]: the height of the ROC curve there.
///
/// Between two points of the curve the line that joins them; where the curve rises straight up, its upper end. NaN
/// unless both classes are present. Within 1e-14.
///
/// ```
/// use thresher::measure::roc_heights_at;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let mut heights = [0.0; 4];
/// roc_heights_at(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true), &[0.0, 0.25, 0.5, 1.0], &mut heights);
/// assert_eq!(heights, [0.5, 0.5, 1.0, 1.0]);
/// ```
pub fn roc_heights_at(tally: &Tally, false_positive_rates: &[f64], heights: &mut [f64]) {
    match tally.masses() {
        Masses::Counts { positives, negatives } => roc_heights(positives, negatives, false_positive_rates, heights),
        Masses::Weights { positives, negatives } => roc_heights(positives, negatives, false_positive_rates, heights),
    }
}

/// Precision at each of some recalls, ascending and in [0, 1]: that of the highest group whose recall reaches it.
///
/// At recall 0 that of the highest group that holds a sample. NaN without positives.
///
/// ```
/// use thresher::measure::precision_heights_at;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let mut heights = [0.0; 3];
/// precision_heights_at(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true), &[0.0, 0.5, 0.9], &mut heights);
/// assert_eq!(heights, [1.0, 1.0, 2.0 / 3.0]);
/// ```
pub fn precision_heights_at(tally: &Tally, recalls: &[f64], heights: &mut [f64]) {
    match tally.masses() {
        Masses::Counts { positives, negatives } => precision_heights(positives, negatives, recalls, heights),
        Masses::Weights { positives, negatives } => precision_heights(positives, negatives, recalls, heights),
    }
}

/// A rate where the first `admitted` groups are predicted positive; NaN where it is undefined.
///
/// ```
/// use thresher::measure::{Rate, rate_of_groups};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// assert_eq!(rate_of_groups(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true), Rate::Precision, 3), 2.0 / 3.0);
/// ```
#[must_use]
pub fn rate_of_groups(tally: &Tally, rate: Rate, admitted: usize) -> f64 {
    let admitted = admitted.min(tally.len());
    match tally.masses() {
        Masses::Counts { positives, negatives } => {
            let [(tp, fn_), (fp, tn)] = [positives, negatives].map(|column| split(column, admitted));
            rate.of_counts(tp, fp, fn_, tn)
        }
        Masses::Weights { positives, negatives } => {
            let [(tp, fn_), (fp, tn)] = [positives, negatives].map(|column| split(column, admitted));
            rate.of(tp, fp, fn_, tn)
        }
    }
}

fn split<M: Mass>(column: &[M], at: usize) -> (M, M) {
    (total(&column[..at]), total(&column[at..]))
}

fn roc_heights<M: Mass>(positives: &[M], negatives: &[M], at: &[f64], heights: &mut [f64]) {
    let (all_p, all_n) = (total(positives), total(negatives));
    heights.fill(f64::NAN);
    if all_p == M::ZERO || all_n == M::ZERO {
        return;
    }
    let [all_p, all_n] = [all_p, all_n].map(Mass::real); // of rows below 2^53 quotients of these are rounded once
    let mut rest = at.iter().zip(heights).peekable();
    for step in steps(positives, negatives) {
        let fpr = step.fp.real() / all_n;
        while let Some((x, height)) = rest.next_if(|(x, _)| **x < fpr) {
            let [left, above, tpr] =
                [step.fp_before.real() / all_n, step.tp_before.real() / all_p, step.tp.real() / all_p];
            *height = above + (tpr - above) * ((x - left) / (fpr - left));
        }
    }
    rest.for_each(|(_, height)| *height = 1.0);
}

fn precision_heights<M: Mass>(positives: &[M], negatives: &[M], at: &[f64], heights: &mut [f64]) {
    let all_p = total(positives);
    heights.fill(f64::NAN);
    if all_p == M::ZERO {
        return;
    }
    let (mut rest, mut last) = (at.iter().zip(heights).peekable(), (all_p, M::ZERO));
    for step in steps(positives, negatives).filter(|step| step.p != M::ZERO || step.n != M::ZERO) {
        let recall = step.tp.real() / all_p.real();
        while let Some((_, height)) = rest.next_if(|(x, _)| **x <= recall) {
            *height = step.tp.share(step.fp);
        }
        last = if step.p == M::ZERO { last } else { (step.tp, step.fp) };
    }
    rest.for_each(|(_, height)| *height = last.0.share(last.1)); // a recall that rounding left below 1
}

#[cfg(test)]
mod tests {
    use super::super::{precision_recall_curve, roc_curve};
    use super::*;

    fn tally(positives: &[u64], negatives: &[u64]) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, true)
    }

    #[test]
    fn heights_at_the_points_of_a_curve_are_those_of_its_points() {
        let tally = tally(&[3, 0, 2, 1, 0, 4], &[0, 2, 1, 0, 5, 1]);
        let curve = roc_curve(&tally, false);
        let mut heights = vec![0.0; curve.fpr.len()];
        roc_heights_at(&tally, &curve.fpr, &mut heights);
        for (x, height) in curve.fpr.iter().zip(&heights) {
            let upper = curve.fpr.iter().zip(&curve.tpr).filter(|(fpr, _)| *fpr == x).map(|(_, tpr)| *tpr);
            assert_eq!(*height, upper.fold(0.0, f64::max));
        }
    }

    #[test]
    fn precision_is_that_where_the_recall_is_first_reached() {
        let tally = tally(&[3, 0, 2, 1, 0, 4], &[1, 2, 1, 0, 5, 1]);
        let curve = precision_recall_curve(&tally, false);
        let recalls = [0.0, 0.1, 0.3, 0.31, 0.5, 0.51, 0.6, 0.61, 1.0];
        let mut heights = [0.0; 9];
        precision_heights_at(&tally, &recalls, &mut heights);
        for (recall, height) in recalls.iter().zip(heights) {
            let first = (0..6).rev().find(|&i| curve.recall[i] >= *recall).unwrap();
            assert_eq!(height, curve.precision[first], "{recall}");
        }
    }

    #[test]
    fn a_missing_class_has_no_heights() {
        let mut heights = [0.0; 2];
        roc_heights_at(&tally(&[2], &[0]), &[0.0, 0.5], &mut heights);
        assert!(heights.iter().all(|height| height.is_nan()));
        precision_heights_at(&tally(&[0], &[3]), &[0.0, 0.5], &mut heights);
        assert!(heights.iter().all(|height| height.is_nan()));
        precision_heights_at(&tally(&[3], &[0]), &[0.0, 0.5], &mut heights);
        assert_eq!(heights, [1.0, 1.0]);
    }
}
