//! Isotonic regression of labels on scores, as a function of the score.

use super::hull::{Hull, hull};
use crate::tally::Tally;

/// A function of the score that never falls: its values at some scores, ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Scores, ascending.
    pub thresholds: Vec<f64>,
    /// The value at each, in [0, 1].
    pub values: Vec<f64>,
}

/// The increasing function of the score whose squared distance from the labels is least: shares of positives of the
/// blocks of [`hull`], in O(groups).
///
/// Of a tied tally: the lowest and the highest score of each block with its share; between scores, join them by straight
/// lines. Of a binned tally: the lowest threshold of each block with its share, which holds from there up to the next
/// (an interval without rows has the share of those below). Scores need not be probabilities. Empty without rows.
///
/// Source: Ayer et al., *An empirical distribution function for sampling with incomplete information*, Annals of
/// Mathematical Statistics 26 (1955).
///
/// ```
/// use thresher::measure::isotonic;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let function = isotonic(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true));
/// assert_eq!(function.thresholds, [0.1, 0.35, 0.4, 0.8]);
/// assert_eq!(function.values, [0.0, 0.5, 0.5, 1.0]);
/// ```
#[must_use]
pub fn isotonic(tally: &Tally) -> Isotonic {
    let hull = hull(tally);
    let shares = hull.shares();
    let Hull { first, last, .. } = hull;
    let (mut thresholds, mut values) = (vec![], vec![]);
    for (block, share) in shares.into_iter().enumerate().rev() {
        thresholds.push(tally.thresholds()[last[block]]);
        values.push(share);
        if tally.tied() && first[block] < last[block] {
            thresholds.push(tally.thresholds()[first[block]]);
            values.push(share);
        }
    }
    Isotonic { thresholds, values }
}
