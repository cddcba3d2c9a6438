//! **thresher** evaluates binary classifiers: labels and scores come in, a small table of positives and negatives per
//! score interval stays, and ROC AUC, average precision, curves and the four counts at any threshold are read off it.
//!
//! The crate is laid out as the work runs:
//!
//! - [`input`]: what may come in, checked once: columns of any dtype, stride and byte order, in batches;
//! - [`count`]: the only work that grows with the rows: accumulators that update, merge and yield a tally;
//! - [`tally`]: positives and negatives per group of scores, the one value between counting and measuring;
//! - [`measure`]: areas, bounds, curves and rates, read off a tally in time that does not grow with the rows;
//! - [`resample`]: replicates of the counts, for how sure a figure is;
//! - [`state`]: accumulators as bytes.
//!
//! No Python, no files, no globals, no clock: slices in, owned values out. A score is predicted positive at threshold `t`
//! iff `score >= t` (or `>`, where asked for); what a number means, to the edge cases, stands where it is computed.
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//! use thresher::count::{Accumulator, CompactCounts};
//! use thresher::input::{Batch, Column};
//! use thresher::{Control, measure};
//!
//! let labels = [false, false, true, true];
//! let scores = [0.1_f32, 0.4, 0.35, 0.8];
//!
//! let cancel = AtomicBool::new(false);
//! let control = Control::new(&cancel);
//! let mut counts = CompactCounts::new();
//! counts.update(&Batch::new(Column::from_slice(&labels), Column::from_slice(&scores))?, &control)?;
//!
//! let tally = counts.tally(&control)?;
//! assert_eq!(measure::roc_auc(&tally), 0.75);
//! assert_eq!(measure::roc_auc_bounds(&tally), measure::Bounds { lower: 0.75, upper: 0.75 });
//! # Ok::<(), thresher::Error>(())
//! ```

mod control;
pub mod count;
mod error;
pub mod input;
pub mod measure;
pub mod resample;
mod simd;
pub mod state;
pub mod tally;

pub use control::Control;
pub use error::{Error, Result};
pub use simd::{DefaultFloatMode, Level};
