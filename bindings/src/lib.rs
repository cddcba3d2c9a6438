//! The Python module `thresher._core`: convert, call the core, convert back. No arithmetic on scores happens here.
//!
//! | file | what it does |
//! |---|---|
//! | `arrays.rs` | NumPy arrays, borrowed where they lie |
//! | `batches.rs` | the columns that make up a batch |
//! | `arguments.rs` | arguments that are words and numbers |
//! | `settings.rs` | threads and instructions: argument, environment, machine |
//! | `calls.rs` | a core call, detached from the interpreter and stopped by signals |
//! | `dispatch.rs` | one accumulator of any kind |
//! | `guarded.rs` | a state behind its lock |
//! | `accumulators.rs` | the class `Accumulator` |
//! | `methods.rs` | what Python may call on it |
//! | `queries.rs` | what is read off it: areas, confusion tables |
//! | `curves.rs` | curves |
//! | `bands.rs` | bands of curves |
//! | `tallies.rs` | the class `Tally`, which measures read |
//! | `intervals.rs` | areas with their variances |
//! | `decisions.rs` | intervals of rates, expected costs, thresholds chosen |
//! | `comparisons.rs` | several models on the same rows |
//! | `paired_bootstrap.rs` | the class `PairedBootstrap` |
//! | `pairs.rs` | the class `PairedCounts`: two models on the same rows, counted |
//! | `grouped.rs` | the class `GroupedCounts`: an accumulator for each key (`grouped_methods.rs`, `keys.rs`) |
//! | `labels.rs` | rows counted by their pair of labels |
//! | `calibration.rs` | calibration and the convex hull, read off a tally |
//! | `losses.rs` | losses of probabilities, straight from arrays |
//! | `rankings.rs` | what a tally says of a ranking beyond its areas |
//! | `resampling.rs` | the class `Bootstrap` |
//! | `functions.rs` | the module's functions |
//! | `errors.rs` | core errors → Python exceptions |

mod accumulators;
mod arguments;
mod arrays;
mod bands;
mod batches;
mod calibration;
mod calls;
mod comparisons;
mod curves;
mod decisions;
mod dispatch;
mod errors;
mod functions;
mod grouped;
mod grouped_methods;
mod guarded;
mod intervals;
mod keys;
mod labels;
mod losses;
mod methods;
mod paired_bootstrap;
mod pairs;
mod queries;
mod rankings;
mod resampling;
mod settings;
mod tallies;

/// Compiled part of thresher; its users are the modules beside it.
// No state is shared but the accumulators', each behind its own lock, so free-threaded interpreters may stay so.
#[pyo3::pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use super::accumulators::Accumulator;
    #[pymodule_export]
    use super::bands::{curve_ends, curve_heights, fixed_width_roc_band};
    #[pymodule_export]
    use super::calibration::{
        brier_parts, brier_score, calibration_ratio, h_measure, isotonic, log_loss, mean_score, normalized_entropy,
        reliability, roc_convex_hull,
    };
    #[pymodule_export]
    use super::comparisons::roc_auc_covariance;
    #[pymodule_export]
    use super::decisions::{best_threshold, candidates, expected_cost, rate_interval, threshold_at};
    #[pymodule_export]
    use super::functions::{
        average_precision, default_threads, one_vs_rest_roc_auc, rate, roc_auc, simd_level, thin, thin_steps,
        thresholds_from,
    };
    #[pymodule_export]
    use super::grouped::GroupedCounts;
    #[pymodule_export]
    use super::intervals::{
        average_precision_variance, hanley_mcneil_variance, roc_auc_and_samples, roc_auc_variance,
        roc_auc_variance_of_rows,
    };
    #[pymodule_export]
    use super::labels::label_pairs;
    #[pymodule_export]
    use super::losses::losses;
    #[pymodule_export]
    use super::paired_bootstrap::PairedBootstrap;
    #[pymodule_export]
    use super::pairs::PairedCounts;
    #[pymodule_export]
    use super::rankings::{
        equal_error_rate, gain_curve, kolmogorov_smirnov, lift_curve, log_roc_auc, net_benefit, partial_roc_auc,
        precision_and_recall_at, precision_recall_gain_curve,
    };
    #[pymodule_export]
    use super::resampling::Bootstrap;
    #[pymodule_export]
    use super::tallies::Tally;
}
