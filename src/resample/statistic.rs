//! [`Statistic`]: what is read off each replicate.

use crate::error::{Error, Result};
use crate::measure::{self, Limit, PrAucMethod, Rate, Side};
use crate::tally::Tally;

/// A figure, or the heights of a curve, of a tally.
#[derive(Debug, Clone, PartialEq)]
pub enum Statistic {
    /// [`measure::roc_auc`].
    RocAuc,
    /// [`measure::partial_roc_auc`].
    PartialRocAuc {
        /// In (0, 1].
        max_fpr: f64,
    },
    /// [`measure::pr_auc`]; by steps it is the average precision.
    PrAuc(PrAucMethod),
    /// A rate where the first `admitted` groups are predicted positive.
    Rate {
        /// Which rate.
        rate: Rate,
        /// How many groups, from the highest down.
        admitted: usize,
    },
    /// [`measure::rate_at`].
    RateAt {
        /// Which rate.
        rate: Rate,
        /// Another rate, and where that must lie.
        limit: Limit,
        /// Which of the thresholds within the limit.
        side: Side,
    },
    /// [`measure::roc_heights_at`] each of some false positive rates.
    TruePositiveRate(Vec<f64>),
    /// [`measure::precision_heights_at`] each of some recalls.
    Precision(Vec<f64>),
}

impl Statistic {
    /// Values a tally.
    #[must_use]
    pub fn width(&self) -> usize {
        match self {
            Self::TruePositiveRate(at) | Self::Precision(at) => at.len(),
            _ => 1,
        }
    }

    /// Refuses parameters that are out of range.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn check(&self) -> Result<()> {
        match self {
            Self::PartialRocAuc { max_fpr } if !(*max_fpr > 0.0 && *max_fpr <= 1.0) => {
                Err(Error::OutOfRange { argument: "max_fpr", value: *max_fpr, accepted: "in (0, 1]" })
            }
            Self::TruePositiveRate(at) => measure::refuse_disorder("fpr", at),
            Self::Precision(at) => measure::refuse_disorder("recall", at),
            _ => Ok(()),
        }
    }

    /// Writes the values; NaN where one is undefined or its parameters are out of range.
    pub fn read(&self, tally: &Tally, values: &mut [f64]) {
        let value = match self {
            Self::RocAuc => measure::roc_auc(tally),
            Self::PartialRocAuc { max_fpr } => measure::partial_roc_auc(tally, *max_fpr).unwrap_or(f64::NAN),
            Self::PrAuc(method) => measure::pr_auc(tally, *method),
            Self::Rate { rate, admitted } => measure::rate_of_groups(tally, *rate, *admitted),
            Self::RateAt { rate, limit, side } => measure::rate_at(tally, *rate, *limit, *side),
            Self::TruePositiveRate(at) => return measure::roc_heights_at(tally, at, values),
            Self::Precision(at) => return measure::precision_heights_at(tally, at, values),
        };
        values.fill(value);
    }
}
