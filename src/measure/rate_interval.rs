//! Confidence intervals of the rates of a confusion table: Wilson's where a rate is a proportion, and what is made of
//! Wilson's limits, or the delta method, where it is not.

use super::rate::Rate;
use super::sum::Mass;

/// The interval that holds the true rate, both ends included; NaN where the rate is undefined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateInterval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// The cells of a confusion table, `[tp, fp, fn, tn]`.
type Cells = [f64; 4];

/// How the interval of a rate is found.
enum Way {
    /// Hits and misses of one binomial.
    Proportion(f64, f64),
    /// `first − second`, of two independent proportions.
    Difference(Limits, Limits),
    /// `first / second`, of two independent proportions.
    Ratio(Limits, Limits),
    /// By the gradient of the rate over the four shares of the rows, on a scale where it is about normal.
    Delta(Transform),
}

/// The scale of a delta method.
#[derive(Debug, Clone, Copy)]
enum Transform {
    Logit,
    Log,
    FisherZ,
}

/// The confidence interval of `rate` for four counts of rows (or sums of frequency weights), finite and >= 0.
///
/// `z` is the normal quantile of the level: 1.96 for 95 %. The rows are independent draws.
///
/// | rates | method |
/// |---|---|
/// | proportions `x / m` | Wilson's score interval: the `p` with `(x/m − p)² <= z² p (1 − p) / m` |
/// | `jaccard`, `f1` | Wilson's for `tp` of `tp + fp + fn`, and its image under `f1 = 2j / (1 + j)` |
/// | `youden_j`, `balanced_accuracy`, `markedness` | two independent proportions, Wilson's limits squared and added (Newcombe) |
/// | likelihood ratios | the same for a ratio (Donner and Zou) |
/// | `f_score` | delta method on the logit |
/// | `lift` | delta method on the logarithm |
/// | `matthews_correlation`, `cohen_kappa` | delta method on Fisher's z |
///
/// `youden_j` is conditional on the rows of each class, `markedness` on those flagged. A proportion of 0 has the lower
/// end 0, of 1 the upper end 1, and never an interval without width. The delta method has no variance to go by where
/// a cell is empty: there half a row is added to each cell, and the interval widened to hold the rate itself.
///
/// Sources: Wilson, JASA 22 (1927); Newcombe, Statistics in Medicine 17 (1998), method 10; Donner and Zou, Statistical
/// Methods in Medical Research 21 (2012); Fleiss, Cohen and Everitt, Psychological Bulletin 72 (1969), for kappa.
///
/// ```
/// use thresher::measure::{Rate, rate_interval};
///
/// let interval = rate_interval(Rate::Recall, [9.0, 0.0, 1.0, 0.0], 1.959963984540054);
/// assert!((interval.lower - 0.595850).abs() < 1e-6 && (interval.upper - 0.982124).abs() < 1e-6);
/// assert_eq!(rate_interval(Rate::Recall, [9.0, 0.0, 0.0, 0.0], 2.0).upper, 1.0);
/// ```
#[must_use]
pub fn rate_interval(rate: Rate, cells: [f64; 4], z: f64) -> RateInterval {
    let [tp, fp, fn_, tn] = cells;
    let value = rate.of(tp, fp, fn_, tn);
    if value.is_nan() {
        return RateInterval { lower: f64::NAN, upper: f64::NAN };
    }
    let (lower, upper) = match way(rate, cells, z) {
        Way::Proportion(hits, misses) => {
            let Limits { lower, upper, .. } = wilson(hits, misses, z);
            (lower, upper)
        }
        Way::Difference(first, second) => difference(first, second),
        Way::Ratio(first, second) => ratio(first, second),
        Way::Delta(transform) => delta(rate, cells, value, transform, z),
    };
    let (lower, upper) = match rate {
        Rate::FScore { beta: 1.0 } => (f1_of_jaccard(lower), f1_of_jaccard(upper)),
        Rate::BalancedAccuracy => (0.5 + 0.5 * lower, 0.5 + 0.5 * upper),
        _ => (lower, upper),
    };
    RateInterval { lower: lower.min(value), upper: upper.max(value) } // a last rounding may put an end inside
}

impl Rate {
    /// How [`rate_interval`] finds the interval of this rate, in words.
    #[must_use]
    pub fn interval_method(self) -> &'static str {
        match way(self, [1.0; 4], 1.0) {
            Way::Proportion(..) if matches!(self, Self::FScore { beta: 1.0 }) => "wilson, of jaccard",
            Way::Proportion(..) => "wilson",
            Way::Difference(..) => "newcombe, of wilson limits",
            Way::Ratio(..) => "mover ratio, of wilson limits",
            Way::Delta(Transform::Logit) => "delta, logit",
            Way::Delta(Transform::Log) => "delta, log",
            Way::Delta(Transform::FisherZ) => "delta, Fisher z",
        }
    }
}

fn way(rate: Rate, [tp, fp, fn_, tn]: Cells, z: f64) -> Way {
    let (recall, fall_out) = (|| wilson(tp, fn_, z), || wilson(fp, tn, z));
    match rate {
        Rate::Recall => Way::Proportion(tp, fn_),
        Rate::FalsePositiveRate => Way::Proportion(fp, tn),
        Rate::FalseNegativeRate => Way::Proportion(fn_, tp),
        Rate::Specificity => Way::Proportion(tn, fp),
        Rate::Precision | Rate::FScore { beta: 0.0 } => Way::Proportion(tp, fp),
        Rate::NegativePredictiveValue => Way::Proportion(tn, fn_),
        Rate::FalseDiscoveryRate => Way::Proportion(fp, tp),
        Rate::Accuracy => Way::Proportion(tp + tn, fp + fn_),
        Rate::ErrorRate => Way::Proportion(fp + fn_, tp + tn),
        Rate::Prevalence => Way::Proportion(tp + fn_, fp + tn),
        Rate::PredictedPositiveRate => Way::Proportion(tp + fp, fn_ + tn),
        Rate::Jaccard | Rate::FScore { beta: 1.0 } => Way::Proportion(tp, fp + fn_),
        Rate::YoudenJ | Rate::BalancedAccuracy => Way::Difference(recall(), fall_out()),
        Rate::Markedness => Way::Difference(wilson(tp, fp, z), wilson(fn_, tn, z)),
        Rate::PositiveLikelihoodRatio => Way::Ratio(recall(), fall_out()),
        Rate::NegativeLikelihoodRatio => Way::Ratio(wilson(fn_, tp, z), wilson(tn, fp, z)),
        Rate::FScore { .. } => Way::Delta(Transform::Logit),
        Rate::Lift => Way::Delta(Transform::Log),
        Rate::MatthewsCorrelation | Rate::CohenKappa => Way::Delta(Transform::FisherZ),
    }
}

/// A proportion and its limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
}

/// Wilson's score interval. The lower end through the product of the roots, so that nothing cancels.
pub(super) fn wilson(hits: f64, misses: f64, z: f64) -> Limits {
    let (value, rest) = (hits.share(misses), misses.share(hits));
    let pull = z * z / (hits + misses);
    let reach = value + 0.5 * pull + (value * rest * pull + 0.25 * pull * pull).sqrt();
    let lower = if hits == 0.0 { 0.0 } else { value * value / reach };
    let upper = if misses == 0.0 { 1.0 } else { reach / (1.0 + pull) };
    Limits { value, lower, upper }
}

/// Newcombe's hybrid score interval: the distances to the limits, squared and added.
fn difference(first: Limits, second: Limits) -> (f64, f64) {
    let value = first.value - second.value;
    let below = (first.value - first.lower).hypot(second.upper - second.value);
    let above = (first.upper - first.value).hypot(second.value - second.lower);
    ((value - below).max(-1.0), (value + above).min(1.0))
}

/// The same for a ratio, `second > 0`: both roots of Donner and Zou's quadratic, each in the form that does not cancel.
fn ratio(first: Limits, second: Limits) -> (f64, f64) {
    let product = first.value * second.value;
    let root = |inner: f64, outer: f64| (product * product - inner * outer).max(0.0).sqrt();
    let twice_off = |limits: Limits, limit: f64| limit * (2.0 * limits.value - limit);
    let (low_first, high_second) = (twice_off(first, first.lower), twice_off(second, second.upper));
    let (high_first, low_second) = (twice_off(first, first.upper), twice_off(second, second.lower));
    let lower = if low_first == 0.0 { 0.0 } else { low_first / (product + root(low_first, high_second)) };
    (lower, (product + root(high_first, low_second)) / low_second)
}

fn f1_of_jaccard(jaccard: f64) -> f64 {
    2.0 * jaccard / (1.0 + jaccard)
}

/// `g⁻¹(g(value) ± z σ)`, where `σ² = Σ share · (∂g/∂share)² / rows`: the rate has degree 0 in the cells.
fn delta(rate: Rate, cells: Cells, value: f64, transform: Transform, z: f64) -> (f64, f64) {
    let empty = cells.contains(&0.0);
    let cells = if empty { cells.map(|cell| cell + 0.5) } else { cells };
    let rows: f64 = cells.iter().sum();
    let shares = cells.map(|cell| cell / rows);
    let [tp, fp, fn_, tn] = shares;
    let centre = if empty { rate.of(tp, fp, fn_, tn) } else { value };
    let variance: f64 =
        shares.iter().zip(gradient(rate, shares, centre)).map(|(share, slope)| share * slope * slope).sum();
    let reach = z * (variance / rows).sqrt();
    let (lower, upper) = match transform {
        Transform::Logit => {
            let (odds, spread) = (centre / (1.0 - centre), (reach / (centre * (1.0 - centre))).exp());
            (share_of(odds / spread), share_of(odds * spread))
        }
        Transform::Log => (centre * (-reach / centre).exp(), centre * (reach / centre).exp()),
        Transform::FisherZ => {
            let (middle, reach) = (centre.atanh(), reach / (1.0 - centre * centre));
            ((middle - reach).tanh(), (middle + reach).tanh())
        }
    };
    (lower, upper)
}

fn share_of(odds: f64) -> f64 {
    if odds == f64::INFINITY { 1.0 } else { odds / (1.0 + odds) }
}

/// `∂rate / ∂share`, by cell.
fn gradient(rate: Rate, [tp, fp, fn_, tn]: Cells, value: f64) -> Cells {
    let (positives, negatives, flagged, passed) = (tp + fn_, fp + tn, tp + fp, fn_ + tn);
    let contrast = [tn, -fn_, -fp, tp]; // of tp·tn − fp·fn
    let by_cell = |slope: &dyn Fn(usize) -> f64| std::array::from_fn(slope);
    match rate {
        Rate::MatthewsCorrelation => {
            let root = (positives * negatives * flagged * passed).sqrt();
            let (flag, class) = ([flagged, flagged, passed, passed], [positives, negatives, positives, negatives]);
            by_cell(&|i| contrast[i] / root - 0.5 * value * (1.0 / flag[i] + 1.0 / class[i]))
        }
        Rate::CohenKappa => {
            let whole = flagged * negatives + positives * passed;
            let of_whole = [negatives + passed, negatives + flagged, positives + passed, positives + flagged];
            by_cell(&|i| (2.0 * contrast[i] - value * of_whole[i]) / whole)
        }
        Rate::FScore { beta } => {
            let (recall_share, precision_share) = Rate::f_shares(beta);
            let whole = tp + recall_share * fn_ + precision_share * fp;
            [(1.0 - value) / whole, -value * precision_share / whole, -value * recall_share / whole, 0.0]
        }
        Rate::Lift => {
            let (flag, class) = (-1.0 / flagged, -1.0 / positives);
            [1.0 / tp + 1.0 + flag + class, 1.0 + flag, 1.0 + class, 1.0].map(|slope| value * slope)
        }
        _ => [f64::NAN; 4], // no other rate goes this way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const Z: f64 = 1.959_963_984_540_054;

    #[track_caller]
    fn close(interval: RateInterval, lower: f64, upper: f64) {
        let RateInterval { lower: l, upper: u } = interval;
        assert!((l - lower).abs() < 5e-5 && (u - upper).abs() < 5e-5, "[{l}, {u}] is not [{lower}, {upper}]");
    }

    #[test]
    fn published_examples_of_newcombe() {
        close(rate_interval(Rate::Recall, [81.0, 0.0, 182.0, 0.0], Z), 0.2553, 0.3662);
        close(rate_interval(Rate::Recall, [0.0, 0.0, 20.0, 0.0], Z), 0.0, 0.1611);
        close(rate_interval(Rate::YoudenJ, [56.0, 48.0, 14.0, 32.0], Z), 0.0524, 0.3339);
        close(rate_interval(Rate::YoudenJ, [10.0, 0.0, 0.0, 10.0], Z), 0.6075, 1.0);
    }

    #[test]
    fn ends_of_a_proportion_of_none_or_all_stay_apart() {
        for rate in [Rate::Precision, Rate::Jaccard, Rate::Accuracy, Rate::FScore { beta: 1.0 }] {
            let RateInterval { lower, upper } = rate_interval(rate, [5.0, 0.0, 0.0, 5.0], Z);
            assert!(lower > 0.3 && lower < 1.0 && upper == 1.0, "{rate:?} [{lower}, {upper}]");
        }
        let none = rate_interval(Rate::NegativeLikelihoodRatio, [5.0, 1.0, 0.0, 4.0], Z);
        assert!(none.lower == 0.0 && none.upper > 0.0 && none.upper < 1.0);
    }

    #[test]
    fn the_end_of_a_tiny_share_is_exact() {
        let upper = rate_interval(Rate::Recall, [0.0, 0.0, 1e15, 0.0], Z).upper;
        assert!((upper / (Z * Z / (1e15 + Z * Z)) - 1.0).abs() < 1e-15);
        let lower = rate_interval(Rate::Recall, [1.0, 0.0, 1e15, 0.0], Z).lower;
        assert!((lower * 1e15 - 0.176_534).abs() < 1e-5, "{lower}");
    }

    #[test]
    fn delta_gradients_are_those_of_the_rates() {
        let cells = [0.3, 0.1, 0.15, 0.45];
        for rate in [Rate::MatthewsCorrelation, Rate::CohenKappa, Rate::FScore { beta: 2.0 }, Rate::Lift] {
            let of = |[tp, fp, fn_, tn]: Cells| rate.of(tp, fp, fn_, tn);
            let slopes = gradient(rate, cells, of(cells));
            // Over cells that need not sum to 1 a rate of degree 0 has the gradient whose mean over the rows is 0.
            let mean: f64 = cells.iter().zip(slopes).map(|(cell, slope)| cell * slope).sum();
            assert!(mean.abs() < 1e-14, "{rate:?} {mean}");
            for i in 0..4 {
                let (mut up, mut down) = (cells, cells);
                up[i] += 1e-6;
                down[i] -= 1e-6;
                assert!(((of(up) - of(down)) / 2e-6 - slopes[i]).abs() < 1e-8, "{rate:?} {i}");
            }
        }
    }

    #[test]
    fn an_undefined_rate_has_no_interval() {
        let RateInterval { lower, upper } = rate_interval(Rate::Precision, [0.0, 0.0, 3.0, 1.0], Z);
        assert!(lower.is_nan() && upper.is_nan());
    }
}
