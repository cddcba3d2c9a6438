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
//! | `accumulators.rs` | the class `Accumulator`, and its lock |
//! | `methods.rs` | what Python may call on it |
//! | `queries.rs` | what is read off it: areas, confusion tables |
//! | `curves.rs` | curves |
//! | `bands.rs` | bands of curves |
//! | `tallies.rs` | the class `Tally`, which measures read |
//! | `resampling.rs` | the class `Bootstrap` |
//! | `functions.rs` | the module's functions |
//! | `errors.rs` | core errors → Python exceptions |

mod accumulators;
mod arguments;
mod arrays;
mod bands;
mod batches;
mod calls;
mod curves;
mod dispatch;
mod errors;
mod functions;
mod methods;
mod queries;
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
    use super::functions::{average_precision, default_threads, rate, roc_auc, simd_level, thin, thresholds_from};
    #[pymodule_export]
    use super::resampling::Bootstrap;
    #[pymodule_export]
    use super::tallies::Tally;
}
