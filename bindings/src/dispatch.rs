//! One accumulator of any kind: every operation, sent on to the kind at hand.

use thresher::count::{Accumulator, Committed, CompactCounts, ExactCounts, Rows, ThresholdCounts};
use thresher::input::Batch;
use thresher::state::AnyCounts;
use thresher::tally::Tally;
use thresher::{Control, Error, Result};

/// The kind that keeps each distinct score.
pub(crate) const EXACT: &str = "exact";

/// A batch, counted by an accumulator of any kind and not yet added.
pub(crate) enum AnyPart {
    Thresholds(<ThresholdCounts as Accumulator>::Part),
    Exact(<ExactCounts as Accumulator>::Part),
    Compact(<CompactCounts as Accumulator>::Part),
}

/// The operations that all kinds share.
pub(crate) trait AnyAccumulator: Sized {
    /// `thresholds`, `exact` or `compact`.
    fn name(&self) -> &'static str;
    fn count(&self, batch: &Batch<'_>, control: &Control<'_>) -> Result<AnyPart>;
    fn commit(&mut self, part: AnyPart) -> Result<Committed>;
    fn update(&mut self, batch: &Batch<'_>, control: &Control<'_>) -> Result<()>;
    fn merge(&mut self, other: &Self) -> Result<()>;
    fn reset(&mut self);
    fn rows(&self) -> Rows;
    fn weighted(&self) -> bool;
    fn sums(&self) -> bool;
    fn exact(&self) -> bool;
    fn nbytes(&self) -> usize;
    fn plan(&self) -> String;
    fn tally(&self, control: &Control<'_>) -> Result<Tally>;
    fn with_tally(&self, tally: &Tally) -> Result<Self>;
}

impl AnyAccumulator for AnyCounts {
    fn name(&self) -> &'static str {
        match self {
            Self::Thresholds(_) => "thresholds",
            Self::Exact(_) => EXACT,
            Self::Compact(_) => "compact",
        }
    }

    fn count(&self, batch: &Batch<'_>, control: &Control<'_>) -> Result<AnyPart> {
        Ok(match self {
            Self::Thresholds(counts) => AnyPart::Thresholds(counts.count(batch, control)?),
            Self::Exact(counts) => AnyPart::Exact(counts.count(batch, control)?),
            Self::Compact(counts) => AnyPart::Compact(counts.count(batch, control)?),
        })
    }

    fn commit(&mut self, part: AnyPart) -> Result<Committed> {
        match (self, part) {
            (Self::Thresholds(counts), AnyPart::Thresholds(part)) => counts.commit(part),
            (Self::Exact(counts), AnyPart::Exact(part)) => counts.commit(part),
            (Self::Compact(counts), AnyPart::Compact(part)) => counts.commit(part),
            // A part comes back to the accumulator that counted it, whose kind never changes.
            (ours, _) => Err(Error::KindMismatch { ours: ours.kind(), theirs: "a part of another kind" }),
        }
    }

    fn update(&mut self, batch: &Batch<'_>, control: &Control<'_>) -> Result<()> {
        match self {
            Self::Thresholds(counts) => counts.update(batch, control),
            Self::Exact(counts) => counts.update(batch, control),
            Self::Compact(counts) => counts.update(batch, control),
        }
    }

    fn merge(&mut self, other: &Self) -> Result<()> {
        match (self, other) {
            (Self::Thresholds(ours), Self::Thresholds(theirs)) => ours.merge(theirs),
            (Self::Exact(ours), Self::Exact(theirs)) => ours.merge(theirs),
            (Self::Compact(ours), Self::Compact(theirs)) => ours.merge(theirs),
            (ours, theirs) => Err(Error::KindMismatch { ours: ours.kind(), theirs: theirs.kind() }),
        }
    }

    fn reset(&mut self) {
        match self {
            Self::Thresholds(counts) => counts.reset(),
            Self::Exact(counts) => counts.reset(),
            Self::Compact(counts) => counts.reset(),
        }
    }

    fn rows(&self) -> Rows {
        match self {
            Self::Thresholds(counts) => counts.rows(),
            Self::Exact(counts) => counts.rows(),
            Self::Compact(counts) => counts.rows(),
        }
    }

    fn weighted(&self) -> bool {
        match self {
            Self::Thresholds(counts) => counts.weighted(),
            Self::Exact(counts) => counts.weighted(),
            Self::Compact(counts) => counts.weighted(),
        }
    }

    fn sums(&self) -> bool {
        match self {
            Self::Thresholds(counts) => counts.sums(),
            Self::Exact(counts) => counts.sums(),
            Self::Compact(counts) => counts.sums(),
        }
    }

    fn exact(&self) -> bool {
        match self {
            Self::Thresholds(counts) => counts.exact(),
            Self::Exact(counts) => counts.exact(),
            Self::Compact(counts) => counts.exact(),
        }
    }

    fn nbytes(&self) -> usize {
        match self {
            Self::Thresholds(counts) => counts.nbytes(),
            Self::Exact(counts) => counts.nbytes(),
            Self::Compact(counts) => counts.nbytes(),
        }
    }

    fn plan(&self) -> String {
        match self {
            Self::Thresholds(counts) => counts.plan(),
            Self::Exact(counts) => counts.plan(),
            Self::Compact(counts) => counts.plan(),
        }
    }

    fn tally(&self, control: &Control<'_>) -> Result<Tally> {
        match self {
            Self::Thresholds(counts) => counts.tally(control),
            Self::Exact(counts) => counts.tally(control),
            Self::Compact(counts) => counts.tally(control),
        }
    }

    fn with_tally(&self, tally: &Tally) -> Result<Self> {
        Ok(match self {
            Self::Thresholds(counts) => Self::Thresholds(counts.with_tally(tally)?),
            Self::Exact(counts) => Self::Exact(counts.with_tally(tally)?),
            Self::Compact(counts) => Self::Compact(counts.with_tally(tally)?),
        })
    }
}
