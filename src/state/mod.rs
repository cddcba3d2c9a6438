//! Accumulators as bytes: versioned, checksummed, the same bytes for the same state.

mod codec;
mod compact;
mod exact;
mod grouped;
mod pairs;
mod reader;
mod rows;
mod sums;
mod threshold;

pub use codec::AnyCounts;
pub use grouped::AnyGrouped;
