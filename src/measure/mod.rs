//! **Measure**: everything that is read off a [`Tally`](crate::tally::Tally), in O(groups), never O(samples).
//!
//! A tally lists positives and negatives per group from the highest score down. Nothing here knows who counted them,
//! so one definition serves every accumulator. Where a tally is binned (the order inside a group is unknown) a group
//! counts as one tie, and [`roc_auc_bounds`] and [`average_precision_bounds`] say how far off that can be.
//!
//! | read | file | answers |
//! |---|---|---|
//! | areas | `area.rs`, `precision_area.rs`, `precision_sum.rs`, `weighted_area.rs` | ROC AUC, partial ROC AUC, average precision, PR AUC |
//! | bounds | `bounds.rs` | the interval that holds the exact area |
//! | confusion tables | `confusion.rs`, `rate.rs` | the four counts at a threshold, and every rate made of them |
//! | heights | `reading.rs` | a curve at given abscissae, a rate at a given group |
//! | bands | `band.rs` | what binned groups leave open of a curve, and where the true ROC curve runs |
//! | curves | `curve.rs`, `thin.rs` | ROC, precision-recall and DET curves, and fewer points for plots |
//!
//! Notation, in all formulas: groups run from the highest score down; `p, n` are the positives and negatives of a group
//! (rows, or sums of weights), `T, F` their sums before it, `P, N` their totals, `N_below` the negatives after it.
//!
//! Rows are counted in `u64` (a tally holds at most 2^63 − 1) and their pairs in `u128`, so an unweighted ROC AUC is
//! the exact quotient, rounded once. Weights are summed with compensation.

mod area;
mod band;
mod bounds;
mod confusion;
mod curve;
mod integral;
mod precision_area;
mod precision_sum;
mod rate;
mod ratio;
mod reading;
mod scale;
mod sum;
mod thin;
mod weighted_area;

pub use area::{partial_roc_auc, roc_auc, roc_auc_from_pairs, twice_u};
pub(crate) use band::refuse_disorder;
pub use band::{Ends, fixed_width_roc_band, precision_ends, roc_ends};
pub use bounds::{Bounds, average_precision_bounds, roc_auc_bounds};
pub use confusion::{ConfusionCounts, ConfusionMasses, confusion, confusion_at, confusion_of_groups};
pub use curve::{DetCurve, PrecisionRecallCurve, RocCurve, det_curve, precision_recall_curve, roc_curve};
pub use precision_area::{PrAucMethod, average_precision, pr_auc};
pub use precision_sum::PrecisionSum;
pub use rate::Rate;
pub use reading::{precision_heights_at, rate_of_groups, roc_heights_at};
pub use thin::thin;
pub use weighted_area::{WeightedPrecision, WeightedRocArea};
