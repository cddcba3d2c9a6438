//! The H-measure: expected loss at the best thresholds, over a distribution of costs.

use special::Beta as _;

use super::calibration::prevalence;
use super::hull::hull;
use super::sum::Compensated;
use crate::error::{Error, Result};
use crate::tally::Tally;

/// The H-measure: `1 − L / L_max` in [0, 1]; 0 is chance, 1 is perfect; NaN unless both classes are present.
///
/// `c` is the cost of a false positive as a share of that of a false positive and a false negative, distributed as
/// Beta(α, β). `L` is the expectation of `c F + (1 − c)(P − T)`, of all, at the threshold that is best for each `c`;
/// `L_max` that of calling all rows positive or all negative, whichever is better. `severity` is (α, β); without it
/// (π + 1, 2 − π) with the prevalence `π`, whose mode is `c = π`.
///
/// Thresholds that are best for some `c` are the corners of the ROC convex hull: with `M(s) = E min(c (1 − s), (1 − c) s)`,
/// `m` the mass and `s` the share of positives of each of its blocks, it is `1 − Σ m M(s) / (W M(π))`. Within 1e-12
/// absolute for α and β up to 100. Of a binned tally it is that of whole groups tied, and no more than the exact one if
/// that is for the same `severity`.
///
/// # Errors
/// [`Error::OutOfRange`] unless α and β are finite and > 0.
///
/// Sources: Hand, *Measuring classifier performance*, Machine Learning 77 (2009); Hand and Anagnostopoulos, *A better Beta
/// for the H measure of classification performance*, Pattern Recognition Letters 40 (2014).
///
/// ```
/// use thresher::measure::h_measure;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![3, 0], negatives: vec![0, 5] };
/// assert_eq!(h_measure(&Tally::new(vec![1.0, 0.0], counts, true), None)?, 1.0);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn h_measure(tally: &Tally, severity: Option<[f64; 2]>) -> Result<f64> {
    for value in severity.into_iter().flatten() {
        if !(value > 0.0 && value.is_finite()) {
            return Err(Error::OutOfRange { argument: "severity", value, accepted: "two finite numbers > 0" });
        }
    }
    let prevalence = prevalence(tally);
    if !(prevalence > 0.0 && prevalence < 1.0) {
        return Ok(f64::NAN);
    }
    let costs = Costs::new(severity.unwrap_or([prevalence + 1.0, 2.0 - prevalence]));
    let (hull, mut loss, mut whole) = (hull(tally), Compensated::default(), Compensated::default());
    for (block, share) in hull.shares().into_iter().enumerate() {
        let [negatives, positives] = hull.blocks.masses().group(block);
        loss.add((negatives + positives) * costs.least(share));
        whole.add(negatives + positives);
    }
    Ok((1.0 - loss.total() / whole.total() / costs.least(prevalence)).clamp(0.0, 1.0))
}

/// A Beta distribution of `c`.
struct Costs {
    alpha: f64,
    beta: f64,
    /// `ln B(α + 1, β)` and `ln B(β + 1, α)`.
    ln_beta: [f64; 2],
}

impl Costs {
    fn new([alpha, beta]: [f64; 2]) -> Self {
        Self { alpha, beta, ln_beta: [(alpha + 1.0).ln_beta(beta), (beta + 1.0).ln_beta(alpha)] }
    }

    /// `E min(c (1 − share), (1 − c) share)`.
    fn least(&self, share: f64) -> f64 {
        let Self { alpha, beta, ln_beta } = self;
        let rest = 1.0 - share;
        let below = alpha / (alpha + beta) * share.inc_beta(alpha + 1.0, *beta, ln_beta[0]); // E c, of c < share
        let above = beta / (alpha + beta) * rest.inc_beta(beta + 1.0, *alpha, ln_beta[1]); // E (1 − c), of c > share
        rest * below + share * above
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Masses;

    fn rows(positives: &[u64], negatives: &[u64]) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, true)
    }

    /// The definition: the least loss among all thresholds at each cost, integrated by the midpoint rule.
    fn integrated(positives: &[u64], negatives: &[u64], [alpha, beta]: [f64; 2]) -> f64 {
        const STEPS: u32 = 100_000;
        let (all_p, all_n) = (positives.iter().sum::<u64>() as f64, negatives.iter().sum::<u64>() as f64);
        let (mut loss, mut worst) = (0.0, 0.0);
        for step in 0..STEPS {
            let c = (f64::from(step) + 0.5) / f64::from(STEPS);
            let density = c.powf(alpha - 1.0) * (1.0 - c).powf(beta - 1.0);
            let trivial = (c * all_n).min((1.0 - c) * all_p);
            let (mut tp, mut fp, mut least) = (0.0, 0.0, trivial);
            for (&p, &n) in positives.iter().zip(negatives) {
                (tp, fp) = (tp + p as f64, fp + n as f64);
                least = f64::min(least, c * fp + (1.0 - c) * (all_p - tp));
            }
            loss += density * least;
            worst += density * trivial;
        }
        1.0 - loss / worst
    }

    #[test]
    fn it_is_the_integral_of_the_least_loss() {
        let (positives, negatives) = ([5, 1, 4, 0, 2], [0, 2, 3, 6, 9]);
        let prevalence = 12.0 / 32.0;
        let tally = rows(&positives, &negatives);
        for severity in [None, Some([2.0, 2.0]), Some([1.0, 1.0]), Some([3.5, 20.0])] {
            let expected = integrated(&positives, &negatives, severity.unwrap_or([1.0 + prevalence, 2.0 - prevalence]));
            let found = h_measure(&tally, severity).unwrap();
            assert!((found - expected).abs() < 1e-7, "{severity:?}: {found} {expected}");
        }
    }

    #[test]
    fn chance_is_0_and_perfect_is_1() {
        assert!(h_measure(&rows(&[3, 2], &[0, 0]), None).unwrap().is_nan());
        assert!(h_measure(&rows(&[7], &[11]), None).unwrap() < 1e-15);
        assert!(h_measure(&rows(&[1, 2, 3], &[2, 4, 6]), Some([5.0, 2.0])).unwrap() < 1e-15);
        assert_eq!(h_measure(&rows(&[1, 2, 0], &[0, 0, 4]), None).unwrap(), 1.0);
        assert!(h_measure(&rows(&[1], &[1]), Some([0.0, 1.0])).is_err());
    }
}
