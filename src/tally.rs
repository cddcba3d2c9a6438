//! [`Tally`]: positives and negatives per group of samples, from the highest score down. It is the one value between
//! counting and measuring: every accumulator yields one, every measure reads nothing else.

use crate::simd;
pub(crate) use crate::simd::ln; // as the logarithms that accumulators sum: the same bits on every system

/// An empty column with room for `len` values, in huge pages where it is large: the first touch of others would cost more
/// than what most measures work out for a group.
pub(crate) fn column<T>(len: usize) -> Vec<T> {
    simd::room(len, "a column").unwrap_or_default()
}

/// Positives and negatives per group of samples, from the highest score down.
///
/// A group is either one tied score, or an interval whose inner order nobody kept; [`Tally::tied`] says which.
///
/// ```
/// use thresher::tally::{Masses, Tally};
/// let tally = Tally::new(vec![0.9, 0.2], Masses::Counts { positives: vec![1, 0], negatives: vec![0, 1] }, true);
/// assert_eq!(tally.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    thresholds: Vec<f64>,
    masses: Masses,
    tied: bool,
    sums: Option<Sums>,
}

/// What a group holds: rows, or sums of weights.
#[derive(Debug, Clone, PartialEq)]
pub enum Masses {
    /// Rows, when no row had a weight.
    Counts {
        /// Positive rows per group.
        positives: Vec<u64>,
        /// Negative rows per group.
        negatives: Vec<u64>,
    },
    /// Sums of weights (a row without a weight weighs 1).
    Weights {
        /// Weight of the positives per group.
        positives: Vec<f64>,
        /// Weight of the negatives per group.
        negatives: Vec<f64>,
    },
}

/// Further sums per group, `[negatives, positives]` each: those of accumulators that keep them. `w` is a row's weight (1
/// without one), `s` its score. All are
/// finite but `log_losses`, which has +∞ where a true label was given probability 0, and products of scores near the largest
/// float64, where a tally derives them.
#[derive(Debug, Clone, PartialEq)]
pub struct Sums {
    /// `Σ w²`.
    pub squared_weights: [Vec<f64>; 2],
    /// `Σ w s`.
    pub scores: [Vec<f64>; 2],
    /// `Σ w s²`.
    pub squared_scores: [Vec<f64>; 2],
    /// `Σ −w ln q`, with `q` the probability given to the true label: `s` of positives, `1 − s` of negatives.
    pub log_losses: [Vec<f64>; 2],
    /// The smallest and the largest score of all rows; none without rows. A score outside [0, 1] is no probability, and
    /// adds nothing to `log_losses`; one that is infinite adds nothing to `scores` and `squared_scores` either.
    pub range: Option<[f64; 2]>,
}

/// Some groups of rows, with what scores at least as high as each; columns of one length.
#[derive(Debug, Clone, Copy)]
pub struct Groups<'g> {
    /// Positives of each.
    pub positives: &'g [u64],
    /// Negatives of each.
    pub negatives: &'g [u64],
    /// Positives that score at least as high, its own included.
    pub true_positives: &'g [u64],
    /// Negatives that do.
    pub false_positives: &'g [u64],
}

impl Tally {
    /// Builds a tally; `thresholds` decrease strictly (two groups at −∞ may end it), all three columns have one length, and
    /// all rows together number at most 2^63 − 1.
    ///
    /// `thresholds[i]` is the threshold that admits group `i` and everything above it: the tied score itself, the lower
    /// edge of an interval, or −∞ for what lies below the lowest edge. `tied` says that each group is one score.
    #[must_use]
    pub fn new(thresholds: Vec<f64>, masses: Masses, tied: bool) -> Self {
        debug_assert_eq!(thresholds.len(), masses.len());
        Self { thresholds, masses, tied, sums: None }
    }

    /// The same with further sums, whose columns have the length of the others.
    #[must_use]
    pub fn with_sums(self, sums: Sums) -> Self {
        debug_assert!(sums.squared_weights.iter().all(|column| column.len() == self.len()));
        Self { sums: Some(sums), ..self }
    }

    /// The further sums, where they were kept.
    #[must_use]
    pub fn sums(&self) -> Option<&Sums> {
        self.sums.as_ref()
    }

    /// Number of groups.
    #[must_use]
    pub fn len(&self) -> usize {
        self.thresholds.len()
    }

    /// True when no group is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.thresholds.is_empty()
    }

    /// The threshold that admits each group, strictly decreasing; the last may be −∞.
    #[must_use]
    pub fn thresholds(&self) -> &[f64] {
        &self.thresholds
    }

    /// What each group holds.
    #[must_use]
    pub fn masses(&self) -> &Masses {
        &self.masses
    }

    /// What each group holds, to be written anew: lengths stay.
    pub(crate) fn masses_mut(&mut self) -> &mut Masses {
        &mut self.masses
    }

    /// True when every group is known to be one tied score: then every measure is exact.
    #[must_use]
    pub fn tied(&self) -> bool {
        self.tied
    }
}

impl Masses {
    /// Groups that hold nothing.
    pub(crate) fn nothing(len: usize, weighted: bool) -> Self {
        match weighted {
            true => Self::Weights { positives: vec![0.0; len], negatives: vec![0.0; len] },
            false => Self::Counts { positives: vec![0; len], negatives: vec![0; len] },
        }
    }

    /// Empties every group.
    pub(crate) fn clear(&mut self) {
        match self {
            Self::Counts { positives, negatives } => [positives, negatives].map(|column| column.fill(0)),
            Self::Weights { positives, negatives } => [positives, negatives].map(|column| column.fill(0.0)),
        };
    }

    /// Number of groups.
    fn len(&self) -> usize {
        match self {
            Self::Counts { positives, .. } => positives.len(),
            Self::Weights { positives, .. } => positives.len(),
        }
    }

    /// `[negatives, positives]` of group `i`, as weights.
    pub(crate) fn group(&self, i: usize) -> [f64; 2] {
        match self {
            Self::Counts { positives, negatives } => [negatives[i] as f64, positives[i] as f64],
            Self::Weights { positives, negatives } => [negatives[i], positives[i]],
        }
    }

    /// Turns groups that ascend into groups that descend; a last group that holds nothing goes, and is then reported.
    pub(crate) fn descending(mut self) -> (Self, bool) {
        let empty = match &mut self {
            Self::Counts { positives, negatives } => reversed(positives, negatives, |count| *count == 0),
            Self::Weights { positives, negatives } => reversed(positives, negatives, |sum| *sum == 0.0),
        };
        (self, empty)
    }
}

fn reversed<T>(positives: &mut Vec<T>, negatives: &mut Vec<T>, nothing: impl Fn(&T) -> bool) -> bool {
    positives.reverse();
    negatives.reverse();
    let empty = positives.last().is_some_and(&nothing) && negatives.last().is_some_and(&nothing);
    if empty {
        positives.pop();
        negatives.pop();
    }
    empty
}

/// Neumaier's compensated sum: the roundings of the additions are summed beside them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Compensated {
    pub sum: f64,
    /// What the additions lost.
    pub lost: f64,
}

impl Compensated {
    /// Adds one term.
    #[inline]
    pub(crate) fn add(&mut self, term: f64) {
        // Knuth's form of the rounding, which needs not know which of the two is larger: it is exact either way.
        let sum = self.sum + term;
        let added = sum - self.sum;
        self.lost += (self.sum - (sum - added)) + (term - added);
        self.sum = sum;
    }

    /// The sum, rounded once.
    #[inline]
    pub(crate) fn total(self) -> f64 {
        self.sum + self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_addition_loses_is_kept() {
        let mut sum = Compensated::default();
        [1.0, 1e100, 1.0, -1e100].into_iter().for_each(|term| sum.add(term));
        assert_eq!(sum.total(), 2.0);
    }
}
