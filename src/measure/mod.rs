//! **Measure**: everything that is read off a [`Tally`](crate::tally::Tally), in O(groups), never O(samples). (But for
//! [`roc_auc_covariance`], which is told the group of each sample too.)
//!
//! A tally lists positives and negatives per group from the highest score down. Nothing here knows who counted them,
//! so one definition serves every accumulator. Where a tally is binned (the order inside a group is unknown) a group
//! counts as one tie, and [`roc_auc_bounds`] and [`average_precision_bounds`] say how far off that can be.
//!
//! | read | file | answers |
//! |---|---|---|
//! | areas | `area.rs`, `precision_area.rs`, `precision_sum.rs`, `weighted_area.rs` | ROC AUC, average precision, PR AUC by any name |
//! | variances | `delong.rs`, `precision_variance.rs`, `variance.rs` | how far the areas of other samples would lie |
//! | bounds | `bounds.rs`, `precision_ends.rs` | the interval that holds the exact area |
//! | confusion tables | `confusion.rs`, `rate.rs` | the four counts at a threshold, and every rate made of them |
//! | bands | `band.rs` | what binned groups leave open of a curve, and where the true ROC curve runs |
//! | curves | `curve.rs`, `thin.rs` | ROC, precision-recall and DET curves, and fewer points for plots |
//! | intervals of rates | `rate_interval.rs` | Wilson's, and what is made of it |
//! | thresholds to use | `choose`, `cost.rs` | the best by a rate or a cost, or the one that reaches a rate |
//! | covariances | `covariance` | how the ROC AUCs of several models on the same samples vary together |
//! | hull | `hull.rs` | the ROC convex hull: groups pooled until shares of positives fall |
//! | calibration | `calibration.rs`, `reliability.rs`, `isotonic.rs` | log loss, Brier score, reliability curve, recalibration |
//! | H-measure | `h_measure.rs` | expected loss over a distribution of costs |
//! | parts | `partial_area.rs`, `log_area.rs`, `top.rs` | ROC AUC in a range of rates or over a log axis; the top rows |
//! | single points | `kolmogorov_smirnov.rs`, `smirnov.rs`, `equal_error.rs` | the largest distance of the classes and how likely it is, equal errors |
//! | decision curves | `net_benefit.rs` | net benefit at threshold probabilities |
//! | gains | `gains.rs`, `precision_recall_gain.rs` | cumulative-gain, lift and precision-recall-gain curves |
//! | heights | `reading.rs`, `rate_at.rs` | a curve at given abscissae, a rate at a given group or where another is held |
//!
//! Notation, in all formulas: groups run from the highest score down; `p, n` are the positives and negatives of a group
//! (rows, or sums of weights), `T, F` their sums before it, `P, N` their totals, `N_below` the negatives after it.
//!
//! Rows are counted in `u64` (a tally holds at most 2^63 − 1) and their pairs in `u128`, so an unweighted ROC AUC is
//! the exact quotient, rounded once. Weights are summed with compensation.

mod area;
mod band;
mod bounds;
mod calibration;
mod choose;
mod confusion;
mod cost;
mod covariance;
mod curve;
mod delong;
mod equal_error;
mod gains;
mod h_measure;
mod hull;
mod integral;
mod isotonic;
mod kolmogorov_smirnov;
mod log_area;
mod net_benefit;
mod partial_area;
mod precision_area;
mod precision_ends;
mod precision_recall_gain;
mod precision_sum;
mod precision_variance;
mod rate;
mod rate_at;
mod rate_interval;
mod ratio;
mod reading;
mod reliability;
mod rows;
mod scale;
mod score_sums;
mod smirnov;
mod stretch;
mod sum;
mod thin;
mod top;
mod variance;
mod weighted_area;

pub use area::{roc_auc, roc_auc_from_pairs, twice_u};
pub(crate) use band::refuse_disorder;
pub use band::{Ends, fixed_width_roc_band, precision_ends, roc_ends};
pub use bounds::{
    Bounds, average_precision_bounds, average_precision_bounds_about, average_precision_with_bounds, roc_auc_bounds,
    roc_auc_with_bounds,
};
pub use calibration::{
    BrierParts, brier_by_corp, brier_score, calibration_ratio, log_loss, mean_score, normalized_entropy,
};
pub use choose::{Choice, Limit, Objective, Side, best_threshold, candidates, threshold_at};
pub use confusion::{ConfusionCounts, ConfusionMasses, confusion, confusion_at, confusion_of_groups};
pub use cost::Costs;
pub use covariance::{Model, RocAucCovariance, SampleWeights, Samples, roc_auc_covariance};
pub use curve::{DetCurve, PrecisionRecallCurve, RocCurve, det_curve, precision_recall_curve, roc_curve};
pub use delong::{PlacementSums, Placements, roc_auc_variance};
pub use equal_error::{EqualErrorRate, equal_error_rate};
pub use gains::{GainCurve, LiftCurve, gain_curve, lift_curve};
pub use h_measure::h_measure;
pub use hull::{Hull, hull, roc_convex_hull};
pub use isotonic::{Isotonic, isotonic};
pub use kolmogorov_smirnov::{KolmogorovSmirnov, kolmogorov_smirnov};
pub use log_area::log_roc_auc;
pub use net_benefit::{NetBenefit, net_benefit, net_benefit_of_groups, probabilities_only};
pub use partial_area::{RateRange, partial_roc_auc, partial_roc_auc_in};
pub use precision_area::{PrAucMethod, average_precision, pr_auc};
pub use precision_recall_gain::{PrecisionRecallGainCurve, precision_recall_gain_curve};
pub use precision_sum::PrecisionSum;
pub use precision_variance::average_precision_variance;
pub use rate::Rate;
pub use rate_at::rate_at;
pub use rate_interval::{RateInterval, rate_interval};
pub use reading::{precision_heights_at, rate_of_groups, roc_heights_at};
pub use reliability::{Binning, Reliability, brier_by_bins, reliability};
pub use thin::{thin, thin_steps};
pub use top::{Bounded, Top, precision_and_recall_at};
pub use variance::{AreaVariance, WeightMeaning, hanley_mcneil_variance, roc_auc_and_samples};
pub use weighted_area::{WeightedPrecision, WeightedRocArea};
