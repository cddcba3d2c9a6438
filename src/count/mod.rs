//! Counting: the only work that grows with the number of rows. Batches go in, accumulators hold what is needed of them,
//! and each yields a [`Tally`](crate::tally::Tally).
//!
//! | accumulator | holds | memory | figures |
//! |---|---|---|---|
//! | [`ThresholdCounts`] | the gaps between the caller's thresholds | fixed | exact at the thresholds, bounded between |
//! | [`CompactCounts`] | 261,506 published intervals | at most 4 MiB | bounded; exact for 8- and 16-bit scores |
//! | [`ExactCounts`] | every distinct score | grows | exact |
//! | [`GroupedCounts`] | one of the above for each key | rows of small groups | as those |
//! | [`PairedCounts`] | of two models on the same rows: CompactCounts of each, and pairs of intervals | limited | as those |

mod accumulator;
mod compact;
mod edges;
mod exact;
mod group_table;
mod grouped;
mod labels;
mod losses;
mod merge;
mod moments;
mod pairs;
mod pilot;
mod plan;
mod ranked;
mod table;
mod threshold;
mod thresholds;
mod workers;

pub(crate) use accumulator::Ledger;
pub use accumulator::{Accumulator, Committed, Rows, SMALL_BATCH};
pub use compact::{CompactCounts, CompactPart};
pub(crate) use compact::{INTERVALS, Pages};
pub use edges::EdgeDType;
pub(crate) use exact::RunBuilder;
pub use exact::{
    Columns, ExactCounts, ExactPart, Filled, GroupValues, Order, Pairs, PositiveGroup, each_weighted_group,
    fold_positive_groups, one_vs_rest_pairs, roc_auc_pairs, weighted_tally,
};
pub(crate) use grouped::{Group, KeyNames, Loading};
pub use grouped::{
    Groupable, GroupedCounts, GroupedPart, INTEGER, KeyChunk, KeyColumn, KeyValue, LARGE_INTEGER, UNSIGNED,
};
pub use labels::{LabelColumn, LabelPairs, LabelWeights, label_pairs};
pub use losses::{Losses, losses};
pub(crate) use moments::Moments;
pub(crate) use pairs::{Cells, LEVELS, WeightSums, sides};
pub use pairs::{PairedCounts, PairedGroups, PairedPart, Repeats};
pub use pilot::thresholds_from;
pub use ranked::{InColumn, RankedColumn, RankedRows, ranked_rows};
pub use threshold::{ThresholdCounts, ThresholdPart};
pub use thresholds::{Comparison, Thresholds};
pub(crate) use workers::in_order;
