//! How far scores are probabilities, in one figure each: mean score, calibration ratio, log loss, entropy, Brier score.

use super::hull::hull;
use super::score_sums::ScoreSums;
use super::sum::{Compensated, Mass, totals};
use crate::error::Result;
use crate::tally::{Masses, Tally};

/// The mean score, `Σ w s / Σ w`, in [0, 1]; NaN when the tally is empty. `w` is a row's weight (1 without), `s` its score.
///
/// Within 1e-15 relative of tied groups. Of binned groups it comes from the sums kept, without an error of binning.
///
/// # Errors
/// [`Error::NotProbabilities`](crate::Error::NotProbabilities) for scores outside [0, 1];
/// [`Error::NoSums`](crate::Error::NoSums) for a binned tally without sums.
///
/// ```
/// use thresher::measure::mean_score;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0], negatives: vec![1, 2] };
/// assert_eq!(mean_score(&Tally::new(vec![0.5, 0.0], counts, true))?, 0.25);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn mean_score(tally: &Tally) -> Result<f64> {
    let sums = ScoreSums::of(tally)?;
    Ok(sums.scores() / sums.whole())
}

/// Mean score over prevalence, 0 … ∞: above 1, scores promise more positives than there are. NaN without positives.
///
/// # Errors
/// As [`mean_score`].
pub fn calibration_ratio(tally: &Tally) -> Result<f64> {
    let (mean_score, prevalence) = (mean_score(tally)?, prevalence(tally));
    Ok(if prevalence > 0.0 { mean_score / prevalence } else { f64::NAN })
}

/// The log loss, `Σ −w ln q / Σ w` with the natural logarithm, 0 … ∞; `q` is the probability given to the true label.
/// One row sure of the wrong label makes it ∞: nothing is clipped. NaN when the tally is empty.
///
/// As close as [`mean_score`].
///
/// # Errors
/// As [`mean_score`].
///
/// ```
/// use thresher::measure::log_loss;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0], negatives: vec![1, 2] };
/// let loss = log_loss(&Tally::new(vec![0.5, 0.0], counts, true))?;
/// assert!((loss - 0.5 * 2.0_f64.ln()).abs() < 1e-15);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn log_loss(tally: &Tally) -> Result<f64> {
    let sums = ScoreSums::of(tally)?;
    Ok(sums.log_losses() / sums.whole())
}

/// Log loss over the entropy `−π ln π − (1 − π) ln(1 − π)` of the prevalence `π`, 0 … ∞: below 1, scores say more than
/// the prevalence does. NaN unless both classes are present.
///
/// # Errors
/// As [`mean_score`].
///
/// Source: He et al., *Practical lessons from predicting clicks on ads at Facebook*, ADKDD (2014).
pub fn normalized_entropy(tally: &Tally) -> Result<f64> {
    let (log_loss, prevalence) = (log_loss(tally)?, prevalence(tally));
    if !(prevalence > 0.0 && prevalence < 1.0) {
        return Ok(f64::NAN);
    }
    Ok(log_loss / -(prevalence * prevalence.ln() + (1.0 - prevalence) * (-prevalence).ln_1p()))
}

/// The Brier score, `Σ w (s − y)² / Σ w` with the label `y`, in [0, 1]; NaN when the tally is empty.
///
/// As close as [`mean_score`]; of binned groups within 1e-15 absolute.
///
/// # Errors
/// As [`mean_score`].
///
/// ```
/// use thresher::measure::brier_score;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0], negatives: vec![1, 2] };
/// assert_eq!(brier_score(&Tally::new(vec![0.5, 0.0], counts, true))?, 0.125);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn brier_score(tally: &Tally) -> Result<f64> {
    let sums = ScoreSums::of(tally)?;
    Ok(sums.squared_errors() / sums.whole())
}

/// The share of positives, `P / (P + N)`; NaN without rows.
pub(crate) fn prevalence(tally: &Tally) -> f64 {
    fn share<M: Mass>(positives: &[M], negatives: &[M]) -> f64 {
        let [p, n] = totals(positives.iter().copied().zip(negatives.iter().copied()));
        p.share(n)
    }
    match tally.masses() {
        Masses::Counts { positives, negatives } => share(positives, negatives),
        Masses::Weights { positives, negatives } => share(positives, negatives),
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
/// As [`mean_score`].
///
/// Source: Dimitriadis, Gneiting and Jordan, *Stable reliability diagrams for probabilistic classifiers*, PNAS (2021).
pub fn brier_by_corp(tally: &Tally) -> Result<BrierParts> {
    let (brier_score, prevalence) = (brier_score(tally)?, prevalence(tally));
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
        let sure = rows(&[1.0, 0.5, 0.0], &[0, 1, 1], &[1, 1, 0], true);
        assert_eq!((log_loss(&sure), normalized_entropy(&sure)), (Ok(f64::INFINITY), Ok(f64::INFINITY)));
        let right = rows(&[1.0, 0.0], &[2, 0], &[0, 3], true);
        assert_eq!((log_loss(&right), brier_score(&right), calibration_ratio(&right)), (Ok(0.0), Ok(0.0), Ok(1.0)));
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
        let kept = rows(&[0.0], &[2], &[3], false).with_sums(sums);
        assert!((log_loss(&kept).unwrap() - log_loss(&exact).unwrap()).abs() < 1e-15);
        assert_eq!((mean_score(&kept), brier_score(&kept)), (mean_score(&exact), brier_score(&exact)));
    }

    #[test]
    fn scores_that_are_no_probabilities_and_missing_sums_are_said() {
        let logits = log_loss(&rows(&[3.0, 0.5, -2.0], &[1, 1, 1], &[1, 1, 1], true)).unwrap_err();
        assert_eq!(logits, Error::NotProbabilities { low: -2.0, high: 3.0 });
        assert_eq!(mean_score(&rows(&[0.5, 0.0], &[1, 1], &[1, 1], false)).unwrap_err(), Error::NoSums);
        assert!(log_loss(&rows(&[], &[], &[], false)).unwrap().is_nan());
    }

    #[test]
    fn one_class_has_no_entropy() {
        let positives = rows(&[0.5], &[4], &[0], true);
        assert!(normalized_entropy(&positives).unwrap().is_nan());
        assert_eq!(calibration_ratio(&positives), Ok(0.5));
        let parts = brier_by_corp(&rows(&[0.5], &[4], &[0], true)).unwrap();
        assert_eq!((parts.reliability, parts.resolution, parts.uncertainty), (0.25, 0.0, 0.0));
    }
}
