//! The area under the ROC curve over a logarithmic axis.

use super::bounds::Bounds;
use super::integral::{SERIES_BELOW, x_minus_log1p};
use super::sum::{Compensated, Mass, steps, totals};
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
    let [value, lower, upper] = match tally.masses() {
        Masses::Counts { positives, negatives } => areas(positives, negatives, min_fpr),
        Masses::Weights { positives, negatives } => areas(positives, negatives, min_fpr),
    };
    if tally.tied() || value.is_nan() {
        return Ok((value, Bounds::exactly(value)));
    }
    Ok((value, Bounds::about(value, [lower, upper], ROUNDING, [0.0, 1.0])))
}

/// The area with every group a straight piece, with its negatives first, and with its positives first.
fn areas<M: Mass>(positives: &[M], negatives: &[M], min_fpr: f64) -> [f64; 3] {
    let [all_p, all_n] = totals(positives.iter().copied().zip(negatives.iter().copied()));
    if all_p == M::ZERO || all_n == M::ZERO {
        return [f64::NAN; 3];
    }
    let mut areas = [Compensated::default(); 3];
    let mut to = 0.0;
    for step in steps(positives, negatives).filter(|step| step.n > M::ZERO) {
        let from = to;
        to = step.fp.over(all_n);
        if to <= min_fpr {
            continue;
        }
        let (before, rise) = (step.tp_before.over(all_p), step.p.over(all_p));
        let run = step.n.over(all_n);
        let (start, width) = if from < min_fpr { (min_fpr, to - min_fpr) } else { (from, run) };
        let at_start = before + rise * ((start - from) / run).clamp(0.0, 1.0);
        let (ratio, slope) = (width / start, rise / run);
        let short = x_minus_log1p(ratio);
        let logarithm = if ratio < SERIES_BELOW { ratio - short } else { ratio.ln_1p() };
        let piece = at_start * logarithm + slope * start * short;
        let terms = [piece, before * logarithm, (before + rise) * logarithm];
        areas.iter_mut().zip(terms).for_each(|(area, term)| area.add(term));
    }
    areas.map(|area| (area.total() / -min_fpr.ln()).min(1.0))
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
    fn undefined_and_refused() {
        assert!(log_roc_auc(&rows(&[], &[], true), 0.1).unwrap().0.is_nan());
        assert!([0.0, 1.0, -1.0, f64::NAN].iter().all(|&wrong| log_roc_auc(&rows(&[1], &[1], true), wrong).is_err()));
    }
}
