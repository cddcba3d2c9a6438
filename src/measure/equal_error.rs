//! The equal error rate.

use super::bounds::Bounds;
use super::ratio::ratio;
use super::rows::{Held, product};
use super::sum::{Mass, Step, steps, total};
use crate::tally::Tally;

/// Where false positive rate and false negative rate are one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EqualErrorRate {
    /// The rate there, in [0, 1]; NaN unless both classes are present.
    pub value: f64,
    /// The highest threshold whose false positive rate is at least its false negative rate; NaN where undefined.
    pub threshold: f64,
    /// The interval that holds the value, whatever the order inside the group that crosses.
    pub bounds: Bounds,
}

/// The equal error rate: FPR where the ROC curve, straight between points, meets `FPR = 1 − TPR`.
///
/// The point of the threshold above it lies before the crossing and its own at or past it; in between, on the piece of a
/// group `p, n`, the crossing is `F/N + a·n/N` with `a = (P·N − T·N − F·P) / (n·P + p·N)`. Rates swapped by reversed
/// scores give one minus the value.
///
/// In a binned tally the exact curve crosses in the same group, between the corners with its positives and its negatives
/// first: bounds `max(F/N, 1 − (T + p)/P)` and `min((F + n)/N, 1 − T/P)`.
///
/// Within 1e-15 absolute; of rows and integer weights the threshold is exact.
///
/// ```
/// use thresher::measure::equal_error_rate;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let found = equal_error_rate(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true));
/// assert_eq!((found.value, found.threshold), (0.5, 0.4));
/// ```
#[must_use]
pub fn equal_error_rate(tally: &Tally) -> EqualErrorRate {
    match Held::of(tally.masses()) {
        Held::Rows([positives, negatives]) => {
            let (all_p, all_n) = (total(&positives), total(&negatives));
            let pairs = product(all_p, all_n);
            let crossed = |tp: u64, fp: u64| product(tp, all_n) + product(fp, all_p) >= pairs;
            found(tally, &positives, &negatives, crossed, |step| {
                let ahead = pairs - product(step.tp_before, all_n) - product(step.fp_before, all_p);
                ratio(ahead, product(step.n, all_p) + product(step.p, all_n))
            })
        }
        Held::Weights([positives, negatives]) => {
            let (all_p, all_n) = (total(positives), total(negatives));
            let past = |tp: f64, fp: f64| tp.over(all_p) + fp.over(all_n) - 1.0;
            found(
                tally,
                positives,
                negatives,
                |tp, fp| past(tp, fp) >= 0.0,
                |step| {
                    let before = past(step.tp_before, step.fp_before);
                    (-before / (step.p.over(all_p) + step.n.over(all_n))).clamp(0.0, 1.0)
                },
            )
        }
    }
}

/// `crossed(tp, fp)`: the point is at or past the crossing; `share`: how far into the group that passes it, 0 to 1.
fn found<M: Mass>(
    tally: &Tally,
    positives: &[M],
    negatives: &[M],
    crossed: impl Fn(M, M) -> bool,
    share: impl Fn(&Step<M>) -> f64,
) -> EqualErrorRate {
    const ROUNDING: f64 = 2e-15;
    let (all_p, all_n) = (total(positives), total(negatives));
    let undefined = all_p == M::ZERO || all_n == M::ZERO;
    let first = steps(positives, negatives).zip(tally.thresholds()).find(|(step, _)| crossed(step.tp, step.fp));
    let (step, threshold) = match first {
        Some((step, &threshold)) if !undefined => (step, threshold),
        _ => return EqualErrorRate { value: f64::NAN, threshold: f64::NAN, bounds: Bounds::exactly(f64::NAN) },
    };
    let (before, after) = (step.fp_before.over(all_n), step.fp.over(all_n));
    let share = share(&step);
    let value = if share < 1.0 { (before + share * step.n.over(all_n)).min(after) } else { after };
    let lower = before.max(1.0 - step.tp.over(all_p));
    let upper = after.min(1.0 - step.tp_before.over(all_p));
    let certain = tally.tied() || step.p == M::ZERO || step.n == M::ZERO;
    let ends = if certain { [value, value] } else { [lower, upper] };
    EqualErrorRate { value, threshold, bounds: Bounds::about(value, ends, ROUNDING, [0.0, 1.0]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Masses;

    fn rows(positives: &[u64], negatives: &[u64], tied: bool) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, tied)
    }

    #[test]
    fn the_crossing_is_interpolated() {
        // (0, ½) to (½, 1): on the line FPR = 1 − TPR at FPR ¼.
        let found = equal_error_rate(&rows(&[2, 2, 0], &[0, 2, 2], false));
        assert_eq!((found.value, found.threshold), (0.25, 1.0));
        assert!(found.bounds.lower.abs() < 1e-14 && (found.bounds.upper - 0.5).abs() < 1e-14);
    }

    #[test]
    fn classes_apart_err_nowhere_and_a_single_tie_half_the_time() {
        assert_eq!(equal_error_rate(&rows(&[0, 4, 0], &[0, 0, 3], true)).threshold, 1.0);
        assert_eq!(equal_error_rate(&rows(&[4, 0], &[0, 3], true)).value, 0.0);
        assert_eq!(equal_error_rate(&rows(&[4], &[3], true)).value, 0.5);
        assert_eq!(equal_error_rate(&rows(&[0, 4], &[3, 0], true)).value, 1.0);
    }

    #[test]
    fn a_missing_class_leaves_it_undefined() {
        for tally in [rows(&[], &[], true), rows(&[2], &[0], true), rows(&[0], &[2], false)] {
            let found = equal_error_rate(&tally);
            assert!(found.value.is_nan() && found.threshold.is_nan() && found.bounds.lower.is_nan());
        }
    }
}
