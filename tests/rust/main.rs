//! Properties of the core as its users see it. `oracle.rs` holds the definitions that fast paths are held against.

mod accumulators;
mod exact;
mod golden;
mod grouped;
mod labels;
mod measure;
mod oracle;
mod pairs;
mod state;
mod sums;
