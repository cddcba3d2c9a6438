//! The rates that four counts of a confusion table make.

use super::ratio::ratio;
use super::scale::Scale;
use super::sum::Mass;
use crate::error::{Error, Result};

/// A rate of a confusion table, with `P = tp + fn`, `N = fp + tn`, `all = P + N`.
///
/// | rate | names | formula | range |
/// |---|---|---|---|
/// | `Recall` | `recall`, `true_positive_rate` | `tp / P` | 0 … 1 |
/// | `FalsePositiveRate` | `false_positive_rate` | `fp / N` | 0 … 1 |
/// | `FalseNegativeRate` | `false_negative_rate` | `fn / P` | 0 … 1 |
/// | `Specificity` | `specificity` | `tn / N` | 0 … 1 |
/// | `Precision` | `precision` | `tp / (tp + fp)` | 0 … 1 |
/// | `NegativePredictiveValue` | `negative_predictive_value` | `tn / (tn + fn)` | 0 … 1 |
/// | `FalseDiscoveryRate` | `false_discovery_rate` | `fp / (tp + fp)` | 0 … 1 |
/// | `Accuracy` | `accuracy` | `(tp + tn) / all` | 0 … 1 |
/// | `ErrorRate` | `error_rate` | `(fp + fn) / all` | 0 … 1 |
/// | `BalancedAccuracy` | `balanced_accuracy` | `(tp / P + tn / N) / 2` | 0 … 1 |
/// | `FScore` | `f_score`, `f1` | `(1 + β²) tp / ((1 + β²) tp + β² fn + fp)` | 0 … 1 |
/// | `Jaccard` | `jaccard` | `tp / (tp + fp + fn)` | 0 … 1 |
/// | `MatthewsCorrelation` | `matthews_correlation` | `d / √((tp + fp) P N (tn + fn))`, `d = tp·tn − fp·fn` | −1 … 1 |
/// | `CohenKappa` | `cohen_kappa` | `2d / ((tp + fp) N + P (tn + fn))` | −1 … 1 |
/// | `YoudenJ` | `youden_j` | `tp / P − fp / N = d / (P N)` | −1 … 1 |
/// | `Markedness` | `markedness` | `tp / (tp + fp) − fn / (tn + fn) = d / ((tp + fp)(tn + fn))` | −1 … 1 |
/// | `Prevalence` | `prevalence` | `P / all` | 0 … 1 |
/// | `PredictedPositiveRate` | `predicted_positive_rate` | `(tp + fp) / all` | 0 … 1 |
/// | `Lift` | `lift` | `precision / prevalence` | 0 … ∞ |
/// | `PositiveLikelihoodRatio` | `positive_likelihood_ratio` | `recall / false_positive_rate` | 0 … ∞ |
/// | `NegativeLikelihoodRatio` | `negative_likelihood_ratio` | `false_negative_rate / specificity` | 0 … ∞ |
///
/// A rate with a zero denominator, or made of an undefined one, is NaN; never infinite, never 0 by convention.
///
/// ```
/// use thresher::measure::Rate;
///
/// assert_eq!(Rate::Precision.of_counts(3, 1, 0, 0), 0.75);
/// assert!(Rate::Specificity.of_counts(3, 0, 1, 0).is_nan()); // no negatives
/// assert_eq!(Rate::named("f1", 1.0)?, Some(Rate::FScore { beta: 1.0 }));
/// # Ok::<(), thresher::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)] // the table above documents every variant
pub enum Rate {
    Recall,
    FalsePositiveRate,
    FalseNegativeRate,
    Specificity,
    Precision,
    NegativePredictiveValue,
    FalseDiscoveryRate,
    Accuracy,
    ErrorRate,
    BalancedAccuracy,
    FScore {
        /// How many times recall counts as much as precision; finite, >= 0.
        beta: f64,
    },
    Jaccard,
    MatthewsCorrelation,
    CohenKappa,
    YoudenJ,
    Markedness,
    Prevalence,
    PredictedPositiveRate,
    Lift,
    PositiveLikelihoodRatio,
    NegativeLikelihoodRatio,
}

impl Rate {
    /// The rate of that name, `None` when there is none; `beta` matters to `f_score` alone.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for `f_score` unless `beta` is finite and >= 0.
    pub fn named(name: &str, beta: f64) -> Result<Option<Self>> {
        Ok(Some(match name {
            "recall" | "true_positive_rate" => Self::Recall,
            "false_positive_rate" => Self::FalsePositiveRate,
            "false_negative_rate" => Self::FalseNegativeRate,
            "specificity" => Self::Specificity,
            "precision" => Self::Precision,
            "negative_predictive_value" => Self::NegativePredictiveValue,
            "false_discovery_rate" => Self::FalseDiscoveryRate,
            "accuracy" => Self::Accuracy,
            "error_rate" => Self::ErrorRate,
            "balanced_accuracy" => Self::BalancedAccuracy,
            "f1" => Self::FScore { beta: 1.0 },
            "f_score" if beta.is_finite() && beta >= 0.0 => Self::FScore { beta },
            "f_score" => return Err(Error::OutOfRange { argument: "beta", value: beta, accepted: "finite and >= 0" }),
            "jaccard" => Self::Jaccard,
            "matthews_correlation" => Self::MatthewsCorrelation,
            "cohen_kappa" => Self::CohenKappa,
            "youden_j" => Self::YoudenJ,
            "markedness" => Self::Markedness,
            "prevalence" => Self::Prevalence,
            "predicted_positive_rate" => Self::PredictedPositiveRate,
            "lift" => Self::Lift,
            "positive_likelihood_ratio" => Self::PositiveLikelihoodRatio,
            "negative_likelihood_ratio" => Self::NegativeLikelihoodRatio,
            _ => return Ok(None),
        }))
    }

    /// The rate of four sums of weights, each finite and >= 0: within a few roundings of the result's largest term.
    #[must_use]
    pub fn of(self, tp: f64, fp: f64, fn_: f64, tn: f64) -> f64 {
        let [t, f, missed, rejected] = addable([tp, fp, fn_, tn]);
        match self {
            Self::Recall => tp.share(fn_),
            Self::FalsePositiveRate => fp.share(tn),
            Self::FalseNegativeRate => fn_.share(tp),
            Self::Specificity => tn.share(fp),
            Self::Precision => tp.share(fp),
            Self::NegativePredictiveValue => tn.share(fn_),
            Self::FalseDiscoveryRate => fp.share(tp),
            Self::Accuracy => (t + rejected).share(f + missed),
            Self::ErrorRate => (f + missed).share(t + rejected),
            Self::BalancedAccuracy => 0.5 * (tp.share(fn_) + tn.share(fp)),
            Self::FScore { beta } => f_score(beta, tp, fp, fn_),
            Self::Jaccard => t.share(f + missed),
            Self::MatthewsCorrelation => correlation(contrast(tp, fp, fn_, tn), contrast(tp, fn_, fp, tn)),
            Self::CohenKappa => kappa(tp, fp, fn_, tn),
            Self::YoudenJ => contrast(tp, fp, fn_, tn),
            Self::Markedness => contrast(tp, fn_, fp, tn),
            Self::Prevalence => (t + missed).share(f + rejected),
            Self::PredictedPositiveRate => (t + f).share(missed + rejected),
            Self::Lift => quotient(tp.share(fp), (t + missed).share(f + rejected)),
            Self::PositiveLikelihoodRatio => quotient(tp.share(fn_), fp.share(tn)),
            Self::NegativeLikelihoodRatio => quotient(fn_.share(tp), tn.share(fp)),
        }
    }

    /// The rate of four counts of rows, from exact integers: correctly rounded, except `MatthewsCorrelation` (within
    /// 4e-16 relative) and `FScore` with a `beta` other than 1 (1e-15).
    ///
    /// Counts that sum to more than 2^63 − 1, which no accumulator holds, are rounded to float64 first.
    #[must_use]
    pub fn of_counts(self, tp: u64, fp: u64, fn_: u64, tn: u64) -> f64 {
        let exact = [tp, fp, fn_, tn].map(u128::from);
        if exact.iter().sum::<u128>() > u128::from(u64::MAX >> 1) {
            return self.of(tp as f64, fp as f64, fn_ as f64, tn as f64);
        }
        let [t, f, missed, rejected] = exact;
        let (all_p, all_n, called, passed) = (t + missed, f + rejected, t + f, missed + rejected);
        match self {
            Self::Recall => ratio(t, all_p),
            Self::FalsePositiveRate => ratio(f, all_n),
            Self::FalseNegativeRate => ratio(missed, all_p),
            Self::Specificity => ratio(rejected, all_n),
            Self::Precision => ratio(t, called),
            Self::NegativePredictiveValue => ratio(rejected, passed),
            Self::FalseDiscoveryRate => ratio(f, called),
            Self::Accuracy => ratio(t + rejected, all_p + all_n),
            Self::ErrorRate => ratio(f + missed, all_p + all_n),
            Self::BalancedAccuracy => 0.5 * ratio(t * all_n + rejected * all_p, all_p * all_n),
            Self::FScore { beta: 1.0 } => ratio(2 * t, 2 * t + f + missed),
            Self::FScore { beta } => f_score(beta, tp as f64, fp as f64, fn_ as f64),
            Self::Jaccard => ratio(t, t + f + missed),
            Self::MatthewsCorrelation => {
                correlation(signed(exact, 1, all_p * all_n), signed(exact, 1, called * passed))
            }
            Self::CohenKappa => signed(exact, 2, called * all_n + all_p * passed),
            Self::YoudenJ => signed(exact, 1, all_p * all_n),
            Self::Markedness => signed(exact, 1, called * passed),
            Self::Prevalence => ratio(all_p, all_p + all_n),
            Self::PredictedPositiveRate => ratio(called, all_p + all_n),
            Self::Lift => ratio(t * (all_p + all_n), called * all_p),
            Self::PositiveLikelihoodRatio => ratio(t * all_n, f * all_p),
            Self::NegativeLikelihoodRatio => ratio(missed * all_n, rejected * all_p),
        }
    }

    /// `β² / (1 + β²)` and `1 / (1 + β²)`, what a missed positive and a false alarm weigh in an F score.
    pub(super) fn f_shares(beta: f64) -> (f64, f64) {
        let (larger, smaller) = if beta > 1.0 { (1.0, 1.0 / beta) } else { (beta, 1.0) };
        let sum = larger * larger + smaller * smaller;
        (larger * larger / sum, smaller * smaller / sum)
    }
}

/// `times · (tp·tn − fp·fn) / denominator` without rounding the difference: products of rows stay below 2^126.
fn signed([tp, fp, fn_, tn]: [u128; 4], times: u128, denominator: u128) -> f64 {
    let (agree, differ) = (tp * tn, fp * fn_);
    let size = ratio(times * agree.abs_diff(differ), denominator);
    if agree < differ { -size } else { size }
}

/// The cells, divided by 4 if their sum would overflow (a rate of cells does not see a common factor).
fn addable(cells: [f64; 4]) -> [f64; 4] {
    if cells.iter().sum::<f64>().is_finite() { cells } else { cells.map(|cell| 0.25 * cell) }
}

/// `a / b`, NaN when `b` is 0.
fn quotient(a: f64, b: f64) -> f64 {
    if b == 0.0 { f64::NAN } else { a / b }
}

/// `tp / (tp + r·fn + (1 − r)·fp)` with `r = β² / (1 + β²)`: neither a huge `beta` nor huge weights overflow.
fn f_score(beta: f64, tp: f64, fp: f64, fn_: f64) -> f64 {
    let (recall_share, precision_share) = Rate::f_shares(beta);
    tp.share(recall_share * fn_ + precision_share * fp)
}

/// `a/(a + c) − b/(b + d) = (ad − bc) / ((a + c)(b + d))`, NaN when either sum is 0.
///
/// Youden's J of `(tp, fp, fn, tn)`, markedness of `(tp, fn, fp, tn)`. Each sum is scaled by itself, so neither huge
/// nor tiny weights overflow or vanish; a fused multiply-add keeps the difference of the products.
fn contrast(a: f64, b: f64, c: f64, d: f64) -> f64 {
    if (a == 0.0 && c == 0.0) || (b == 0.0 && d == 0.0) {
        return f64::NAN;
    }
    let (first, second) = (Scale::of(a.max(c)), Scale::of(b.max(d)));
    let (a, c, b, d) = (first.apply(a), first.apply(c), second.apply(b), second.apply(d));
    let product = b * c;
    let rounding = (-b).mul_add(c, product);
    (a.mul_add(d, -product) + rounding) / ((a + c) * (b + d))
}

/// `±√(J · M)`: the Matthews correlation of Youden's J and markedness, which share their sign; NaN if either is.
fn correlation(youden: f64, markedness: f64) -> f64 {
    (youden * markedness).abs().sqrt().copysign(youden)
}

/// Through Youden's J, whose scaling is safe: `κ = 2J / ((tp + fp)/P + (tn + fn)/N)`.
fn kappa(tp: f64, fp: f64, fn_: f64, tn: f64) -> f64 {
    if (tp == 0.0 && fn_ == 0.0) || (fp == 0.0 && tn == 0.0) {
        // One class alone: d = 0, and so is the denominator unless the table has errors.
        return if fp > 0.0 || fn_ > 0.0 { 0.0 } else { f64::NAN };
    }
    let [t, f, missed, rejected] = addable([tp, fp, fn_, tn]);
    2.0 * contrast(tp, fp, fn_, tn) / ((t + f) / (t + missed) + (rejected + missed) / (f + rejected))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 23] = [
        "recall",
        "true_positive_rate",
        "false_positive_rate",
        "false_negative_rate",
        "specificity",
        "precision",
        "negative_predictive_value",
        "false_discovery_rate",
        "accuracy",
        "error_rate",
        "balanced_accuracy",
        "f_score",
        "f1",
        "jaccard",
        "matthews_correlation",
        "cohen_kappa",
        "youden_j",
        "markedness",
        "prevalence",
        "predicted_positive_rate",
        "lift",
        "positive_likelihood_ratio",
        "negative_likelihood_ratio",
    ];

    fn rates() -> impl Iterator<Item = Rate> {
        NAMES.iter().map(|name| Rate::named(name, 2.0).unwrap().unwrap())
    }

    #[test]
    fn a_table_worked_by_hand() {
        let of = |name: &str| Rate::named(name, 2.0).unwrap().unwrap().of_counts(6, 2, 4, 8);
        assert_eq!((of("recall"), of("precision"), of("specificity")), (0.6, 0.75, 0.8));
        assert_eq!((of("accuracy"), of("balanced_accuracy"), of("jaccard")), (0.7, 0.7, 0.5));
        assert_eq!((of("f1"), of("f_score")), (12.0 / 18.0, 30.0 / (30.0 + 16.0 + 2.0)));
        assert_eq!((of("youden_j"), of("markedness"), of("cohen_kappa")), (0.4, 40.0 / 96.0, 0.4));
        assert!((of("matthews_correlation") - 40.0 / 9600_f64.sqrt()).abs() < 1e-15);
        assert_eq!((of("lift"), of("positive_likelihood_ratio"), of("negative_likelihood_ratio")), (1.5, 3.0, 0.5));
    }

    #[test]
    fn an_empty_table_has_no_rates() {
        for rate in rates() {
            assert!(rate.of_counts(0, 0, 0, 0).is_nan() && rate.of(0.0, 0.0, 0.0, 0.0).is_nan(), "{rate:?}");
        }
    }

    #[test]
    fn counts_beyond_the_exact_range_still_give_their_rate() {
        for rate in rates() {
            let (huge, small) =
                (rate.of_counts(u64::MAX, u64::MAX / 3, u64::MAX / 5, u64::MAX), rate.of_counts(15, 5, 3, 15));
            assert!((huge - small).abs() <= 1e-14 * small.abs(), "{rate:?}: {huge} {small}");
        }
    }

    #[test]
    fn a_common_factor_of_the_weights_cancels() {
        for rate in rates() {
            let plain = rate.of(1.7, 1.2, 1.3, 1.9);
            for factor in [2.0_f64.powi(1023), 2.0_f64.powi(-1000)] {
                let scaled = rate.of(1.7 * factor, 1.2 * factor, 1.3 * factor, 1.9 * factor);
                assert!((scaled - plain).abs() <= 1e-15 * plain.abs(), "{rate:?}: {scaled} {plain}");
            }
        }
        assert_eq!(Rate::CohenKappa.of(1e300, 0.0, 0.0, 1e-300), 1.0);
        assert_eq!(Rate::MatthewsCorrelation.of(1e300, 0.0, 0.0, 1e-300), 1.0);
    }

    #[test]
    fn the_difference_of_two_large_products_survives() {
        let (below, centre, above) = (134_217_727, 134_217_728, 134_217_729); // 2^27 and its neighbours
        let exact = Rate::YoudenJ.of_counts(centre, above, below, centre);
        assert!(exact > 0.0);
        assert_eq!(Rate::YoudenJ.of(centre as f64, above as f64, below as f64, centre as f64), exact);
    }

    #[test]
    fn beta_must_be_finite() {
        assert!(matches!(Rate::named("f_score", f64::NAN), Err(Error::OutOfRange { argument: "beta", .. })));
        assert_eq!(Rate::named("recall", f64::NAN).unwrap(), Some(Rate::Recall));
        assert_eq!(Rate::named("Recall", 1.0).unwrap(), None);
        assert!((Rate::FScore { beta: 1e300 }.of(3.0, 9.0, 1.0, 0.0) - 0.75).abs() < 1e-15, "recall, in the limit");
        assert_eq!(Rate::FScore { beta: 0.0 }.of(3.0, 1.0, 9.0, 0.0), 0.75, "precision, in the limit");
    }
}
