//! How far scores are probabilities, in one figure each: mean score, calibration ratio, log loss, entropy, Brier score.

use super::hull::hull;
use super::score_sums::{GroupSums, group_sums};
use super::sum::{Compensated, Mass, total};
use crate::error::Result;
use crate::tally::{Masses, Tally};

/// Figures of scores read as probabilities of the positive label; `w` is a row's weight (1 without), `W` all weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// `Σ w s / W`, in [0, 1].
    pub mean_score: f64,
    /// Share of positives, `P / W`, in [0, 1].
    pub prevalence: f64,
    /// `Σ −w ln q / W`, natural logarithm, with `q` the probability given to the true label; 0 … ∞. One row sure of
    /// the wrong label makes it ∞: nothing is clipped.
    pub log_loss: f64,
    /// `Σ w (s − y)² / W` with the label `y`, in [0, 1].
    pub brier_score: f64,
}

impl Calibration {
    /// Mean score over prevalence, 0 … ∞: above 1, scores promise more positives than there are. NaN without positives.
    #[must_use]
    pub fn calibration_ratio(&self) -> f64 {
        if self.prevalence > 0.0 { self.mean_score / self.prevalence } else { f64::NAN }
    }

    /// Log loss over the entropy `−π ln π − (1 − π) ln(1 − π)` of the prevalence `π`, 0 … ∞: below 1, scores say more
    /// than the prevalence does. NaN unless both classes are present.
    ///
    /// Source: He et al., *Practical lessons from predicting clicks on ads at Facebook*, ADKDD (2014).
    #[must_use]
    pub fn normalized_entropy(&self) -> f64 {
        let prevalence = self.prevalence;
        if !(prevalence > 0.0 && prevalence < 1.0) {
            return f64::NAN;
        }
        self.log_loss / -(prevalence * prevalence.ln() + (1.0 - prevalence) * (-prevalence).ln_1p())
    }
}

/// Reads the figures off a tally whose scores are probabilities; all NaN when it is empty.
///
/// Within 1e-15 relative of tied groups. Of binned groups they come from the sums kept, without an error of binning;
/// the Brier score is then within 1e-15 absolute.
///
/// # Errors
/// [`Error::NotProbabilities`](crate::Error::NotProbabilities) for scores outside [0, 1];
/// [`Error::NoSums`](crate::Error::NoSums) for a binned tally without sums.
///
/// ```
/// use thresher::measure::calibration;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0], negatives: vec![1, 2] };
/// let figures = calibration(&Tally::new(vec![0.5, 0.0], counts, true))?;
/// assert_eq!((figures.mean_score, figures.prevalence, figures.brier_score), (0.25, 0.25, 0.125));
/// assert!((figures.log_loss - 0.5 * 2.0_f64.ln()).abs() < 1e-15);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn calibration(tally: &Tally) -> Result<Calibration> {
    let [mut scores, mut losses, mut errors] = [Compensated::default(); 3];
    let [mut positives, mut negatives] = [Compensated::default(); 2];
    for GroupSums { masses, scores: own, squared_errors, log_losses, .. } in group_sums(tally)? {
        negatives.add(masses[0]);
        positives.add(masses[1]);
        own.iter().for_each(|&sum| scores.add(sum));
        errors.add(squared_errors);
        losses.add(if losses.sum.is_infinite() { 0.0 } else { log_losses });
    }
    let whole = positives.total() + negatives.total();
    let log_loss = if losses.sum.is_infinite() { losses.sum } else { losses.total() / whole };
    Ok(Calibration {
        mean_score: scores.total() / whole,
        prevalence: prevalence(tally),
        log_loss,
        brier_score: errors.total() / whole,
    })
}

/// `P / W`; NaN without rows.
pub(crate) fn prevalence(tally: &Tally) -> f64 {
    match tally.masses() {
        Masses::Counts { positives, negatives } => total(positives).share(total(negatives)),
        Masses::Weights { positives, negatives } => total(positives).share(total(negatives)),
    }
}

/// The Brier score taken apart: `reliability − resolution + uncertainty + within_bin_variance − within_bin_covariance`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrierParts {
    /// The Brier score.
    pub brier_score: f64,
    /// How far scores are off the shares of positives; 0 is best.
    pub reliability: f64,
    /// How far these shares are off the prevalence; `uncertainty` is best.
    pub resolution: f64,
    /// `π (1 − π)`, the Brier score of the prevalence `π` as the score of every row.
    pub uncertainty: f64,
    /// Mean square of scores about the mean of their bin.
    pub within_bin_variance: f64,
    /// Twice the mean product of scores and labels about those of their bin.
    pub within_bin_covariance: f64,
}

/// The Brier score by CORP: labels are compared with scores recalibrated by isotonic regression, so no bins are needed.
///
/// With `C` the Brier score of the recalibrated scores: reliability (miscalibration) is `brier_score − C`, resolution
/// (discrimination) is `uncertainty − C`, within-bin terms are 0. Of a binned tally whole groups are recalibrated:
/// reliability and resolution are then both too small by one amount, and reliability may fall below 0.
///
/// # Errors
/// As [`calibration`].
///
/// Source: Dimitriadis, Gneiting and Jordan, *Stable reliability diagrams for probabilistic classifiers*, PNAS (2021).
pub fn brier_by_corp(tally: &Tally) -> Result<BrierParts> {
    let Calibration { brier_score, prevalence, .. } = calibration(tally)?;
    let uncertainty = prevalence * (1.0 - prevalence);
    let recalibrated = match hull(tally).blocks.masses() {
        Masses::Counts { positives, negatives } => within_blocks(positives, negatives),
        Masses::Weights { positives, negatives } => within_blocks(positives, negatives),
    };
    Ok(BrierParts {
        brier_score,
        reliability: brier_score - recalibrated,
        resolution: uncertainty - recalibrated,
        uncertainty,
        within_bin_variance: 0.0,
        within_bin_covariance: 0.0,
    })
}

/// `Σ p (1 − share) / W` over blocks: the Brier score of each block's share of positives.
fn within_blocks<M: Mass>(positives: &[M], negatives: &[M]) -> f64 {
    let (mut sum, mut whole) = (Compensated::default(), Compensated::default());
    for (&p, &n) in positives.iter().zip(negatives) {
        sum.add(p.real() * n.share(p));
        whole.add(p.real());
        whole.add(n.real());
    }
    sum.total() / whole.total()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use crate::tally::Sums;

    fn rows(scores: &[f64], positives: &[u64], negatives: &[u64], tied: bool) -> Tally {
        let masses = Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() };
        Tally::new(scores.to_vec(), masses, tied)
    }

    #[test]
    fn a_row_sure_of_the_wrong_label_costs_everything() {
        let sure = calibration(&rows(&[1.0, 0.5, 0.0], &[0, 1, 1], &[1, 1, 0], true)).unwrap();
        assert_eq!((sure.log_loss, sure.normalized_entropy()), (f64::INFINITY, f64::INFINITY));
        let right = calibration(&rows(&[1.0, 0.0], &[2, 0], &[0, 3], true)).unwrap();
        assert_eq!((right.log_loss, right.brier_score, right.calibration_ratio()), (0.0, 0.0, 1.0));
    }

    #[test]
    fn sums_that_were_kept_answer_for_scores_inside_a_group() {
        let [low, high] = [0.25_f64, 0.75];
        let exact = rows(&[high, low], &[1, 1], &[1, 2], true);
        let sums = Sums {
            squared_weights: [vec![3.0], vec![2.0]],
            scores: [vec![high + 2.0 * low], vec![high + low]],
            squared_scores: [vec![high * high + 2.0 * low * low], vec![high * high + low * low]],
            log_losses: [vec![-(1.0 - high).ln() - 2.0 * (1.0 - low).ln()], vec![-high.ln() - low.ln()]],
            range: Some([low, high]),
        };
        let kept = calibration(&rows(&[0.0], &[2], &[3], false).with_sums(sums)).unwrap();
        let expected = calibration(&exact).unwrap();
        assert!((kept.log_loss - expected.log_loss).abs() < 1e-15);
        assert_eq!((kept.mean_score, kept.brier_score), (expected.mean_score, expected.brier_score));
    }

    #[test]
    fn scores_that_are_no_probabilities_and_missing_sums_are_said() {
        let logits = calibration(&rows(&[3.0, 0.5, -2.0], &[1, 1, 1], &[1, 1, 1], true)).unwrap_err();
        assert_eq!(logits, Error::NotProbabilities { low: -2.0, high: 3.0 });
        assert_eq!(calibration(&rows(&[0.5, 0.0], &[1, 1], &[1, 1], false)).unwrap_err(), Error::NoSums);
        assert!(calibration(&rows(&[], &[], &[], false)).unwrap().log_loss.is_nan());
    }

    #[test]
    fn one_class_has_no_entropy() {
        let positives = calibration(&rows(&[0.5], &[4], &[0], true)).unwrap();
        assert!(positives.normalized_entropy().is_nan());
        assert_eq!(positives.calibration_ratio(), 0.5);
        let parts = brier_by_corp(&rows(&[0.5], &[4], &[0], true)).unwrap();
        assert_eq!((parts.reliability, parts.resolution, parts.uncertainty), (0.25, 0.0, 0.0));
    }
}
