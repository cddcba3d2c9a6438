//! The largest distance between the two classes' distributions of scores.

use super::bounds::Bounds;
use super::ratio::ratio;
use super::rows::{Held, product};
use super::smirnov;
use super::sum::{Mass, steps, total};
use crate::tally::{Masses, Tally};

/// The two-sample Kolmogorov–Smirnov statistic of the scores of positives and negatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KolmogorovSmirnov {
    /// `max |TPR − FPR|`, in [0, 1]; NaN unless both classes are present.
    pub value: f64,
    /// The highest threshold that reaches it; ∞ when it is 0, NaN when it is undefined.
    pub threshold: f64,
    /// Probability of at least this value when both classes have one distribution; NaN for weights.
    pub p_value: f64,
    /// The interval that holds the exact value; its lower end is the value.
    pub bounds: Bounds,
}

/// `max |TPR − FPR|` over all thresholds, absolute: reversed scores give the same value.
///
/// The classifier's own figure, `max (TPR − FPR)`, is the same number unless the scores rank the classes the wrong way
/// round; [`Rate::YoudenJ`](super::Rate) at the threshold tells by its sign.
///
/// In a binned tally the value is the largest at a threshold kept, and nothing between thresholds is less. Inside a
/// group the distance reaches at most that of its corners, `(T + p)/P − F/N` and `(F + n)/N − T/P`: the upper bound, which
/// some order of the rows attains.
///
/// The p-value is two-sided: exact up to 5·10^6 pairs of rows, asymptotic beyond, and there within 5 % above 1e-4 with at
/// least 200 rows of each class, 15 % above 1e-3 with 30. It supposes that no scores are tied. Ties, binning included,
/// make the value smaller and so the p-value larger than it would be: conservative. Sums of weights have none, because
/// they do not say how many rows there are.
///
/// Rows and integer weights: the value is correctly rounded and the threshold exact. Other weights: within 5e-16 absolute.
///
/// Source: Hodges, *The significance probability of the Smirnov two-sample test*, Arkiv för Matematik 3 (1958).
///
/// ```
/// use thresher::measure::kolmogorov_smirnov;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let found = kolmogorov_smirnov(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true));
/// assert_eq!((found.value, found.threshold, found.p_value), (0.5, 0.8, 1.0));
/// ```
#[must_use]
pub fn kolmogorov_smirnov(tally: &Tally) -> KolmogorovSmirnov {
    const ROUNDING: f64 = 1e-15; // four rates with a rounding or two each, and some room
    match Held::of(tally.masses()) {
        Held::Rows([positives, negatives]) => {
            let (all_p, all_n) = (total(&positives), total(&negatives));
            let gap = |tp: u64, fp: u64| product(tp, all_n).abs_diff(product(fp, all_p));
            let found = furthest(tally.thresholds(), &positives, &negatives, 0, gap);
            let p_value = match tally.masses() {
                Masses::Counts { .. } => smirnov::p_value(found.gap, all_p, all_n),
                Masses::Weights { .. } => f64::NAN,
            };
            let pairs = product(all_p, all_n);
            made(tally, pairs > 0, found.map(|gap| ratio(gap, pairs)), p_value, 0.0)
        }
        Held::Weights([positives, negatives]) => {
            let (all_p, all_n) = (total(positives), total(negatives));
            let gap = |tp: f64, fp: f64| (tp.over(all_p) - fp.over(all_n)).abs();
            let found = furthest(tally.thresholds(), positives, negatives, 0.0, gap);
            let defined = all_p > 0.0 && all_n > 0.0;
            made(tally, defined, found.map(|gap| gap.min(1.0)), f64::NAN, ROUNDING)
        }
    }
}

/// The largest distance at a threshold, the highest such threshold, and the largest distance that any order allows.
struct Furthest<G> {
    gap: G,
    threshold: f64,
    most: G,
}

impl<G> Furthest<G> {
    fn map(self, as_rate: impl Fn(G) -> f64) -> Furthest<f64> {
        Furthest { gap: as_rate(self.gap), threshold: self.threshold, most: as_rate(self.most) }
    }
}

/// `gap(tp, fp)` is the distance at a point of the ROC curve, `nothing` that at (0, 0).
fn furthest<M: Mass, G: Copy + PartialOrd>(
    thresholds: &[f64],
    positives: &[M],
    negatives: &[M],
    nothing: G,
    gap: impl Fn(M, M) -> G,
) -> Furthest<G> {
    let mut found = Furthest { gap: nothing, threshold: f64::INFINITY, most: nothing };
    for (step, &threshold) in steps(positives, negatives).zip(thresholds) {
        let at_threshold = gap(step.tp, step.fp);
        if at_threshold > found.gap {
            (found.gap, found.threshold) = (at_threshold, threshold);
        }
        for corner in [gap(step.tp, step.fp_before), gap(step.tp_before, step.fp)] {
            found.most = if corner > found.most { corner } else { found.most };
        }
    }
    found
}

fn made(tally: &Tally, defined: bool, found: Furthest<f64>, p_value: f64, rounding: f64) -> KolmogorovSmirnov {
    if !defined {
        let nothing = Bounds::exactly(f64::NAN);
        return KolmogorovSmirnov { value: f64::NAN, threshold: f64::NAN, p_value: f64::NAN, bounds: nothing };
    }
    let Furthest { gap: value, threshold, most } = found;
    let most = if tally.tied() { value } else { most };
    let bounds = Bounds::about(value, [value, most], rounding, [0.0, 1.0]);
    KolmogorovSmirnov { value, threshold, p_value, bounds }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(positives: &[u64], negatives: &[u64], tied: bool) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, tied)
    }

    #[test]
    fn among_equal_distances_the_highest_threshold_wins() {
        let found = kolmogorov_smirnov(&rows(&[1, 0, 1, 0], &[0, 1, 0, 1], true));
        assert_eq!((found.value, found.threshold), (0.5, 3.0));
    }

    #[test]
    fn reversed_scores_are_as_far_apart() {
        let (ahead, behind) = (rows(&[4, 1], &[1, 5], true), rows(&[1, 4], &[5, 1], true));
        assert_eq!(kolmogorov_smirnov(&ahead).value, kolmogorov_smirnov(&behind).value);
    }

    #[test]
    fn the_upper_bound_is_at_a_corner_of_a_group() {
        let bounds = kolmogorov_smirnov(&rows(&[3, 1], &[1, 3], false)).bounds;
        assert_eq!((bounds.lower, bounds.upper), (0.5, 0.75));
    }

    #[test]
    fn a_single_tie_is_no_distance_at_threshold_infinity() {
        let found = kolmogorov_smirnov(&rows(&[3], &[5], true));
        assert_eq!((found.value, found.threshold, found.p_value), (0.0, f64::INFINITY, 1.0));
    }

    #[test]
    fn a_missing_class_leaves_all_undefined() {
        for tally in [rows(&[], &[], true), rows(&[2], &[0], true), rows(&[0], &[2], false)] {
            let found = kolmogorov_smirnov(&tally);
            assert!(found.value.is_nan() && found.threshold.is_nan() && found.p_value.is_nan());
            assert!(found.bounds.lower.is_nan());
        }
    }

    #[test]
    fn weights_have_no_p_value_and_integers_the_bits_of_rows() {
        let masses = Masses::Weights { positives: vec![3.0, 4.0], negatives: vec![1.0, 6.0] };
        let weighted = kolmogorov_smirnov(&Tally::new(vec![1.0, 0.0], masses, true));
        assert!(weighted.p_value.is_nan());
        assert_eq!(weighted.value, kolmogorov_smirnov(&rows(&[3, 4], &[1, 6], true)).value);
    }

    #[test]
    fn the_largest_counts_do_not_overflow() {
        let half = 1_u64 << 62;
        let found = kolmogorov_smirnov(&rows(&[half - 1, 0], &[0, half], false));
        assert_eq!((found.value, found.p_value), (1.0, 0.0));
    }
}
