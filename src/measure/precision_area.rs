//! Areas under the precision-recall curve.

use super::area::are_rows;
use super::integral::{SHORT_BELOW, rising, short_tail};
use super::precision_sum::PrecisionSum;
use super::scale::Scale;
use super::stretch::{STRETCH, Stretch, Terms, summed};
use super::sum::{Mass, Step};
use crate::tally::{Masses, Tally};

/// Average precision: precision at each group, weighted by the recall gained there.
///
/// `Σ (p / P) · (T + p) / (T + p + F + n)`: steps, no interpolation; in (0, 1]; NaN without positives. Within 1e-15
/// relative; of rows an integer sum ([`PrecisionSum`]), so that the order of adding does not matter. In a binned tally each group counts as one tie; see
/// [`average_precision_bounds`](super::average_precision_bounds).
///
/// Source: the definition of scikit-learn's `average_precision_score`.
///
/// ```
/// use thresher::measure::average_precision;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// assert!((average_precision(&tally) - 5.0 / 6.0).abs() < 1e-15);
/// ```
#[must_use]
pub fn average_precision(tally: &Tally) -> f64 {
    pr_auc(tally, PrAucMethod::Step)
}

/// How a precision-recall curve runs between two of its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrAucMethod {
    /// A step: [`average_precision`].
    Step,
    /// The curve that samples would draw if the classes arrived evenly mixed: Keras's `interpolation`, XGBoost, H2O.
    DavisGoadrich,
    /// A straight line, as `sklearn.metrics.auc(recall, precision)`; too optimistic, kept for comparison.
    Trapezoid,
}

impl PrAucMethod {
    /// The method of that name: `step`, `davis-goadrich` or `trapezoid`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "step" => Some(Self::Step),
            "davis-goadrich" => Some(Self::DavisGoadrich),
            "trapezoid" => Some(Self::Trapezoid),
            _ => None,
        }
    }
}

/// Area under the precision-recall curve, by the named interpolation; in [0, 1], NaN without positives.
///
/// | method | area of a group, times `P` |
/// |---|---|
/// | step | `p · precision` |
/// | Davis-Goadrich | `∫₀ᵖ (T + x) / (T + F + x (p + n)/p) dx` |
/// | trapezoid | `p · (precision + precision of the group above) / 2`, where 1 stands above the first |
///
/// A group without samples leaves every area as it is. Within 5e-15 relative.
///
/// Source: Davis & Goadrich, *The relationship between precision-recall and ROC curves*, ICML 2006.
///
/// ```
/// use thresher::measure::{PrAucMethod, pr_auc};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// assert!((pr_auc(&tally, PrAucMethod::Trapezoid) - 19.0 / 24.0).abs() < 1e-15);
/// ```
#[must_use]
pub fn pr_auc(tally: &Tally, method: PrAucMethod) -> f64 {
    match tally.masses() {
        Masses::Counts { positives, negatives } if method == PrAucMethod::Step => {
            steps_of_rows(positives.iter().copied(), negatives.iter().copied())
        }
        Masses::Weights { positives, negatives }
            if method == PrAucMethod::Step && are_rows(positives) && are_rows(negatives) =>
        {
            steps_of_rows(positives.iter().map(|&p| p as u64), negatives.iter().map(|&n| n as u64))
        }
        Masses::Counts { positives, negatives } => area_by(positives, negatives, method),
        Masses::Weights { positives, negatives } => area_by(positives, negatives, method),
    }
}

fn steps_of_rows(mut positives: impl Iterator<Item = u64> + Clone, mut negatives: impl Iterator<Item = u64>) -> f64 {
    const BLOCK: usize = 256;
    let mut sum = PrecisionSum::new(positives.clone().sum());
    let (mut held, mut precisions) = ([0; BLOCK], [0.0; BLOCK]);
    let (mut tp, mut fp) = (0_u64, 0);
    loop {
        let mut len = 0;
        let groups = positives.by_ref().zip(negatives.by_ref());
        for ((own, precision), (p, n)) in held.iter_mut().zip(&mut precisions).zip(groups) {
            (tp, fp) = (tp + p, fp + n); // a tally holds at most 2^63 − 1 rows
            (*own, *precision) = (p, tp.share(fp));
            len += 1;
        }
        if len == 0 {
            return sum.mean();
        }
        sum.add_all(&held[..len], &precisions[..len]);
    }
}

fn area_by<M: Mass>(positives: &[M], negatives: &[M], method: PrAucMethod) -> f64 {
    let scale = M::scale(positives);
    let precision = |step: &Step<M>, scale| precision_sum(step, step.fp, scale);
    match method {
        PrAucMethod::Step => mean(positives, negatives, scale, all_precisions, precision),
        PrAucMethod::DavisGoadrich => mean(positives, negatives, scale, all_interpolated, interpolated),
        PrAucMethod::Trapezoid => mean(positives, negatives, scale, all_joined, joined),
    }
}

/// `p · (T + p) / (T + p + ahead)`, where `ahead` is how many negatives count as ranked before the group's positives.
pub(crate) fn precision_sum<M: Mass>(step: &Step<M>, ahead: M, scale: Scale) -> f64 {
    if step.p == M::ZERO { 0.0 } else { scale.apply(step.p.real()) * step.tp.share(ahead) }
}

/// [`precision_sum`] of a stretch, its own negatives ahead.
#[inline(always)]
fn all_precisions(s: &Stretch, scale: Scale, terms: &mut Terms) -> bool {
    for i in s.groups() {
        let (tp, fp) = (s.tp[i + 1], s.fp[i + 1]);
        terms[i] = scale.apply(s.p[i]) * (tp / (tp + fp));
    }
    s.plain && s.tp[0] + s.fp[0] > 0.0 // else a group may hold nothing of nothing
}

/// `p` times the mean of the precision and that above, which is 1 above everything.
#[inline(always)]
fn joined<M: Mass>(step: &Step<M>, scale: Scale) -> f64 {
    if step.p == M::ZERO {
        return 0.0;
    }
    let nothing = step.tp_before == M::ZERO && step.fp_before == M::ZERO;
    let above = if nothing { 1.0 } else { step.tp_before.share(step.fp_before) };
    scale.apply(step.p.real()) * (0.5 * (step.tp.share(step.fp) + above))
}

#[inline(always)]
fn all_joined(s: &Stretch, scale: Scale, terms: &mut Terms) -> bool {
    let precision = |i: usize| {
        let whole = s.tp[i] + s.fp[i];
        if whole > 0.0 { s.tp[i] / whole } else { 1.0 }
    };
    let mut precisions = [1.0; STRETCH + 1];
    precisions.iter_mut().zip(0..).for_each(|(own, i)| *own = precision(i));
    s.groups().for_each(|i| terms[i] = scale.apply(s.p[i]) * (0.5 * (precisions[i + 1] + precisions[i])));
    s.plain
}

#[inline(always)]
fn interpolated<M: Mass>(step: &Step<M>, scale: Scale) -> f64 {
    let slope = if step.p == M::ZERO { 0.0 } else { step.p.share(step.n) };
    if slope == 0.0 {
        return 0.0;
    }
    let [p, before, false_before] = [step.p, step.tp_before, step.fp_before].map(|mass| scale.apply(mass.real()));
    slope * rising(before, slope * (before + false_before), p)
}

/// [`interpolated`] where groups are small beside what lies above them: with `x = (p + n) / (T + F)` and the tail `t` of the
/// logarithm's series it is `p / (T + F) · (T (1 − x t) + p t)`.
#[inline(always)]
fn all_interpolated(s: &Stretch, scale: Scale, terms: &mut Terms) -> bool {
    if !(s.plain && s.most(&s.p) + s.most(&s.n) < SHORT_BELOW * (s.tp[0] + s.fp[0])) {
        return false;
    }
    for i in s.groups() {
        let (p, before) = (scale.apply(s.p[i]), scale.apply(s.tp[i]));
        let above = s.tp[i] + s.fp[i];
        let x = (s.p[i] + s.n[i]) / above;
        let tail = short_tail(x);
        terms[i] = s.p[i] / above * (before * (1.0 - x * tail) + p * tail);
    }
    true
}

/// `Σ term / P`; terms are in scaled positives. At most 1, NaN without positives.
#[inline(always)]
fn mean<M: Mass>(
    positives: &[M],
    negatives: &[M],
    scale: Scale,
    together: impl Fn(&Stretch, Scale, &mut Terms) -> bool,
    single: impl Fn(&Step<M>, Scale) -> f64,
) -> f64 {
    let all = |s: &Stretch, [terms]: &mut [Terms; 1]| together(s, scale, terms);
    let ([sum], [all_positives, _]) = summed(positives, negatives, all, |step| [single(step, scale)]);
    let all_positives = scale.apply(all_positives.real());
    if all_positives > 0.0 { (sum.total() / all_positives).min(1.0) } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: [PrAucMethod; 3] = [PrAucMethod::Step, PrAucMethod::DavisGoadrich, PrAucMethod::Trapezoid];

    fn binned(positives: &[u64], negatives: &[u64]) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, false)
    }

    #[test]
    fn a_perfect_ranking_has_area_1_by_every_method() {
        for method in METHODS {
            assert_eq!(pr_auc(&binned(&[3, 4, 0], &[0, 0, 9]), method), 1.0, "{method:?}");
        }
    }

    #[test]
    fn without_positives_there_is_no_area() {
        for method in METHODS {
            assert!(pr_auc(&binned(&[0, 0], &[2, 0]), method).is_nan(), "{method:?}");
            assert!(pr_auc(&binned(&[], &[]), method).is_nan(), "{method:?}");
            assert_eq!(pr_auc(&binned(&[5], &[0]), method), 1.0, "{method:?}: no negatives");
        }
    }

    #[test]
    fn empty_groups_change_no_area() {
        for method in METHODS {
            let dense = pr_auc(&binned(&[1, 2, 3], &[4, 1, 2]), method);
            let sparse = pr_auc(&binned(&[0, 1, 0, 2, 3, 0], &[0, 4, 0, 1, 2, 0]), method);
            assert_eq!(dense, sparse, "{method:?}");
        }
    }

    #[test]
    fn davis_goadrich_is_the_formula_that_keras_uses() {
        let (positives, negatives) = ([5_u64, 3, 8, 0, 2], [1_u64, 4, 2, 6, 30]);
        let (mut tp, mut fp, mut sum) = (0.0_f64, 0.0_f64, 0.0);
        for (p, n) in positives.into_iter().zip(negatives).map(|(p, n)| (p as f64, n as f64)) {
            let slope = p / (p + n);
            let intercept = tp - slope * (tp + fp);
            let growth = if tp + fp > 0.0 { (tp + fp + p + n) / (tp + fp) } else { 1.0 };
            sum += slope * (p + intercept * growth.ln());
            (tp, fp) = (tp + p, fp + n);
        }
        let ours = pr_auc(&binned(&positives, &negatives), PrAucMethod::DavisGoadrich);
        assert!((ours - sum / tp).abs() < 1e-14, "{ours} {}", sum / tp);
    }

    #[test]
    fn davis_goadrich_is_the_area_of_the_interpolated_curve() {
        let (positives, negatives) = ([2_u64, 0, 7, 4], [3_u64, 5, 1, 40]);
        let (mut tp, mut fp, mut sum) = (0.0, 0.0, 0.0);
        for (p, n) in positives.into_iter().zip(negatives).map(|(p, n)| (p as f64, n as f64)) {
            let slices = 100_000;
            for i in 0..slices {
                let share = (f64::from(i) + 0.5) / f64::from(slices); // both classes arrive evenly mixed
                sum += p / f64::from(slices) * (tp + share * p) / (tp + share * p + fp + share * n);
            }
            (tp, fp) = (tp + p, fp + n);
        }
        let ours = pr_auc(&binned(&positives, &negatives), PrAucMethod::DavisGoadrich);
        assert!((ours - sum / tp).abs() < 1e-9, "{ours} {}", sum / tp);
    }

    #[test]
    fn methods_have_names() {
        assert_eq!(PrAucMethod::named("davis-goadrich"), Some(PrAucMethod::DavisGoadrich));
        assert_eq!(PrAucMethod::named("Step"), None);
    }
}
