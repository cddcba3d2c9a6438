//! The area under the ROC curve over a logarithmic axis.

use super::bounds::Bounds;
use super::integral::{SERIES_BELOW, SHORT_BELOW, short_tail, x_minus_log1p};
use super::scale::Scale;
use super::stretch::{Stretch, Terms, summed};
use super::sum::{Mass, Step, totals};
use crate::error::{Error, Result};
use crate::tally::{Masses, Tally};

/// LogAUC: the area under the ROC curve over `log FPR` from `min_fpr` to 1, as a share of the perfect one; with its bounds.
///
/// `∫ TPR d(ln FPR) / ln(1/min_fpr)`, in [0, 1]: early enrichment, in which each decade of false positive rates weighs
/// the same. Scores that tell nothing have `(1 − min_fpr) / ln(1/min_fpr)`, 0.1446 for 0.001. The curve is cut by linear
/// interpolation; over a straight piece from `(x, y)` with slope `m`, as wide as `r x`, the integral is
/// `y·ln(1 + r) + m x (r − ln(1 + r))`: two terms that are never negative.
///
/// In a binned tally each group is a straight piece, and the bounds rank the negatives, then the positives of every group
/// first. NaN unless both classes are present. Within 1e-14 relative.
///
/// # Errors
/// [`Error::OutOfRange`] unless `0 < min_fpr < 1`.
///
/// Source: Mysinger and Shoichet, *Rapid context-dependent ligand desolvation in molecular docking*, Journal of Chemical
/// Information and Modeling 50 (2010).
///
/// ```
/// use thresher::measure::log_roc_auc;
/// use thresher::tally::{Masses, Tally};
///
/// let tied = Tally::new(vec![0.5], Masses::Counts { positives: vec![2], negatives: vec![3] }, true);
/// assert!((log_roc_auc(&tied, 0.001)?.0 - 0.999 / 1000_f64.ln()).abs() < 1e-15);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn log_roc_auc(tally: &Tally, min_fpr: f64) -> Result<(f64, Bounds)> {
    const ROUNDING: f64 = 2e-14;
    if !(min_fpr > 0.0 && min_fpr < 1.0) {
        return Err(Error::OutOfRange { argument: "min_fpr", value: min_fpr, accepted: "in (0, 1)" });
    }
    if tally.tied() {
        let [value] = match tally.masses() {
            Masses::Counts { positives, negatives } => areas(positives, negatives, min_fpr, |[tie, ..]| [tie]),
            Masses::Weights { positives, negatives } => areas(positives, negatives, min_fpr, |[tie, ..]| [tie]),
        };
        return Ok((value, Bounds::exactly(value)));
    }
    let [value, lower, upper] = match tally.masses() {
        Masses::Counts { positives, negatives } => areas(positives, negatives, min_fpr, |orders| orders),
        Masses::Weights { positives, negatives } => areas(positives, negatives, min_fpr, |orders| orders),
    };
    if value.is_nan() {
        return Ok((value, Bounds::exactly(value)));
    }
    Ok((value, Bounds::about(value, [lower, upper], ROUNDING, [0.0, 1.0])))
}

/// The areas that `of` picks: with every group a straight piece, with its negatives first, and with its positives first.
fn areas<M: Mass, const N: usize>(
    positives: &[M],
    negatives: &[M],
    min_fpr: f64,
    of: impl Fn([f64; 3]) -> [f64; N],
) -> [f64; N] {
    let [all_p, all_n] = totals(positives.iter().copied().zip(negatives.iter().copied()));
    if all_p == M::ZERO || all_n == M::ZERO {
        return [f64::NAN; N];
    }
    let scale = M::scale(positives);
    let together = |s: &Stretch, terms: &mut [Terms; N]| {
        let inside = s.fp[0] > min_fpr * all_n.real() * (1.0 + CLEARLY);
        if !(inside && s.plain && s.most(&s.n) < SHORT_BELOW * s.fp[0]) {
            return false;
        }
        for i in s.groups() {
            let piece = of(short_piece(scale.apply(s.tp[i]), scale.apply(s.p[i]), s.n[i] / s.fp[i]));
            terms.iter_mut().zip(piece).for_each(|(terms, term)| terms[i] = term);
        }
        true
    };
    let single = |step: &Step<M>| of(piece(step, scale, all_n, min_fpr));
    let (areas, _) = summed(positives, negatives, together, single);
    let perfect = scale.apply(all_p.real()) * -min_fpr.ln();
    areas.map(|area| (area.total() / perfect).min(1.0))
}

/// Beyond all rounding.
const CLEARLY: f64 = 1e-9;

/// What a group adds to each of the areas, in positives times logarithms of rates.
fn piece<M: Mass>(step: &Step<M>, scale: Scale, all_n: M, min_fpr: f64) -> [f64; 3] {
    let (from, to) = (step.fp_before.over(all_n), step.fp.over(all_n));
    if step.n == M::ZERO || to <= min_fpr {
        return [0.0; 3];
    }
    let (before, rise) = (scale.apply(step.tp_before.real()), scale.apply(step.p.real()));
    let run = step.n.over(all_n);
    let (start, width) = if from < min_fpr { (min_fpr, to - min_fpr) } else { (from, run) };
    let at_start = before + rise * ((start - from) / run).clamp(0.0, 1.0);
    let (ratio, slope) = (width / start, rise / run);
    let short = x_minus_log1p(ratio);
    let logarithm = if ratio < SERIES_BELOW { ratio - short } else { ratio.ln_1p() };
    [at_start * logarithm + slope * start * short, before * logarithm, (before + rise) * logarithm]
}

/// The same of a group after `min_fpr` whose negatives are `ratio` of those above it, below [`SHORT_BELOW`].
#[inline(always)]
fn short_piece(before: f64, rise: f64, ratio: f64) -> [f64; 3] {
    let short = ratio * short_tail(ratio); // over the ratio
    let logarithm = ratio - ratio * short;
    [before * logarithm + rise * short, before * logarithm, (before + rise) * logarithm]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(positives: &[u64], negatives: &[u64], tied: bool) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, tied)
    }

    #[test]
    fn steps_are_sums_of_logarithms() {
        // Half of the positives above everything, the rest after FPR ¼.
        let (area, _) = log_roc_auc(&rows(&[1, 0, 1, 0], &[0, 1, 0, 3], true), 0.01).unwrap();
        let expected = (0.5 * 25_f64.ln() + 4_f64.ln()) / 100_f64.ln();
        assert!((area - expected).abs() < 1e-15);
    }

    #[test]
    fn classes_apart_have_all_of_it() {
        let (area, bounds) = log_roc_auc(&rows(&[4, 0], &[0, 7], false), 0.001).unwrap();
        assert!((area - 1.0).abs() < 1e-15 && bounds.is_exact());
    }

    #[test]
    fn the_bounds_are_those_of_the_extreme_orders() {
        let bounds = log_roc_auc(&rows(&[3, 1], &[1, 3], false), 0.1).unwrap().1;
        let [best, worst] = [rows(&[3, 0, 1, 0], &[0, 1, 0, 3], true), rows(&[0, 3, 0, 1], &[1, 0, 3, 0], true)]
            .map(|tally| log_roc_auc(&tally, 0.1).unwrap().0);
        assert!((bounds.upper - best).abs() < 1e-13 && (bounds.lower - worst).abs() < 1e-13);
    }

    #[test]
    fn small_groups_are_the_pieces_that_they_are_one_by_one() {
        let column = |factor: u64| (0..20_000_u64).map(|i| (i * factor % 11).saturating_sub(4)).collect::<Vec<u64>>();
        let (positives, negatives) = (column(7), column(3));
        let sums = |scale: f64| {
            let real = |column: &[u64]| column.iter().map(|&mass| scale * mass as f64).collect::<Vec<f64>>();
            let (positives, negatives) = (real(&positives), real(&negatives));
            let [all_p, all_n] = totals(positives.iter().copied().zip(negatives.iter().copied()));
            let single = |step: &Step<f64>| piece(step, Scale::NONE, all_n, 0.001);
            let (plain, _) = summed(&positives, &negatives, |_, _| false, single);
            (plain.map(|sum| sum.total() / (all_p * 1000_f64.ln())), areas(&positives, &negatives, 0.001, |all| all))
        };
        let of_rows = areas(&positives, &negatives, 0.001, |all| all);
        for scale in [1.0, 0.1, 1e-200, 1e200] {
            let (plain, areas) = sums(scale);
            for i in 0..3 {
                assert!((areas[i] / plain[i] - 1.0).abs() < 1e-14, "{scale} {i}");
                assert!((areas[i] / of_rows[i] - 1.0).abs() < 1e-14, "{scale} {i}");
            }
        }
    }

    #[test]
    fn undefined_and_refused() {
        assert!(log_roc_auc(&rows(&[], &[], true), 0.1).unwrap().0.is_nan());
        assert!([0.0, 1.0, -1.0, f64::NAN].iter().all(|&wrong| log_roc_auc(&rows(&[1], &[1], true), wrong).is_err()));
    }
}
