//! **Measure**: everything that is read off a [`Tally`](crate::tally::Tally), in O(groups), never O(samples). (But for
//! [`roc_auc_covariance`], which is told the group of each sample too.)
//!
//! A tally lists positives and negatives per group from the highest score down. Nothing here knows who counted them,
//! so one definition serves every accumulator. Where a tally is binned (the order inside a group is unknown) a group
//! counts as one tie, and [`roc_auc_bounds`] and [`average_precision_bounds`] say how far off that can be.
//!
//! | read | file | answers |
//! |---|---|---|
//! | areas | `area.rs`, `precision_area.rs`, `precision_sum.rs`, `weighted_area.rs` | ROC AUC, partial ROC AUC, average precision, PR AUC |
//! | variances | `delong.rs`, `precision_variance.rs`, `variance.rs` | how far the areas of other samples would lie |
//! | bounds | `bounds.rs` | the interval that holds the exact area |
//! | confusion tables | `confusion.rs`, `rate.rs` | the four counts at a threshold, and every rate made of them |
//! | intervals of rates | `rate_interval.rs` | Wilson's, and what is made of it |
//! | thresholds to use | `choose`, `cost.rs` | the best by a rate or a cost, or the one that reaches a rate |
//! | covariances | `covariance` | how the ROC AUCs of several models on the same samples vary together |
//! | hull | `hull.rs` | the ROC convex hull: groups pooled until shares of positives fall |
//! | calibration | `calibration.rs`, `reliability.rs`, `isotonic.rs` | log loss, Brier score, reliability curve, recalibration |
//! | H-measure | `h_measure.rs` | expected loss over a distribution of costs |
//! | curves | `curve.rs`, `thin.rs` | ROC, precision-recall and DET curves, and fewer points for plots |
//!
//! Notation, in all formulas: groups run from the highest score down; `p, n` are the positives and negatives of a group
//! (rows, or sums of weights), `T, F` their sums before it, `P, N` their totals, `N_below` the negatives after it.
//!
//! Rows are counted in `u64` (a tally holds at most 2^63 − 1) and their pairs in `u128`, so an unweighted ROC AUC is
//! the exact quotient, rounded once. Weights are summed with compensation.

mod area;
mod bounds;
mod calibration;
mod choose;
mod confusion;
mod cost;
mod covariance;
mod curve;
mod delong;
mod h_measure;
mod hull;
mod integral;
mod isotonic;
mod precision_area;
mod precision_sum;
mod precision_variance;
mod rate;
mod rate_interval;
mod ratio;
mod reliability;
mod scale;
mod score_sums;
mod sum;
mod thin;
mod variance;
mod weighted_area;

pub use area::{partial_roc_auc, roc_auc, roc_auc_from_pairs, twice_u};
pub use bounds::{Bounds, average_precision_bounds, roc_auc_bounds};
pub use calibration::{BrierParts, Calibration, brier_by_corp, calibration};
pub use choose::{Choice, Limit, Objective, Side, best_threshold, candidates, threshold_at};
pub use confusion::{ConfusionCounts, ConfusionMasses, confusion, confusion_at, confusion_of_groups};
pub use cost::Costs;
pub use covariance::{Model, RocAucCovariance, SampleWeights, Samples, roc_auc_covariance};
pub use curve::{DetCurve, PrecisionRecallCurve, RocCurve, det_curve, precision_recall_curve, roc_curve};
pub use delong::{PlacementSums, Placements, roc_auc_variance};
pub use h_measure::h_measure;
pub use hull::{Hull, hull, roc_convex_hull};
pub use isotonic::{Isotonic, isotonic};
pub use precision_area::{PrAucMethod, average_precision, pr_auc};
pub use precision_sum::PrecisionSum;
pub use precision_variance::average_precision_variance;
pub use rate::Rate;
pub use rate_interval::{RateInterval, rate_interval};
pub use reliability::{Binning, Reliability, brier_by_bins, reliability};
pub use thin::thin;
pub use variance::{AreaVariance, WeightMeaning, hanley_mcneil_variance};
pub use weighted_area::{WeightedPrecision, WeightedRocArea};
