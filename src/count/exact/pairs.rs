//! [`roc_auc_pairs`]: the integer behind an exact ROC AUC, straight from a batch.

use super::fold;
use super::rows::{self, Read};
use super::sort::{Sink, Span};
use crate::control::Control;
use crate::error::Result;
use crate::input::Batch;

/// `2U = Σ p (2·N_below + n)` over groups of tied scores, and the rows of each class; ROC AUC is `2U / (2·P·N)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pairs {
    /// Pairs (positive, negative) in which the positive scores higher, twice, plus tied pairs.
    pub twice_u: u128,
    /// Positive rows.
    pub positives: u64,
    /// Negative rows.
    pub negatives: u64,
}

/// Sums pairs over ascending groups.
struct Ranking {
    negatives_below: u64,
    twice_u: u128,
}

impl Ranking {
    fn add(&mut self, [negatives, positives]: [u64; 2]) {
        let below = 2 * u128::from(self.negatives_below) + u128::from(negatives);
        self.twice_u += u128::from(positives) * below;
        self.negatives_below += negatives;
    }
}

impl<K> Sink<K> for Ranking {
    fn group(&mut self, _key: K, counts: [u64; 2]) {
        self.add(counts);
    }

    const ONLY_PAIRS: bool = true;

    fn pairs(&mut self, [negatives, positives]: [u64; 2], inside: u64) {
        self.twice_u += 2 * u128::from(positives) * u128::from(self.negatives_below) + u128::from(inside);
        self.negatives_below += negatives;
    }
}

/// The pairs of an unweighted batch (weights, if any, are validated and only their zeros matter).
///
/// # Errors
/// That of the batch's lowest bad row; [`Interrupted`](crate::Error::Interrupted);
/// [`OutOfMemory`](crate::Error::OutOfMemory).
pub fn roc_auc_pairs(batch: &Batch<'_>, control: &Control<'_>) -> Result<Pairs> {
    let Read { rows, ties, ledger } = rows::read(batch, control)?;
    let rows: Vec<_> = rows.iter().collect();
    let mut twice_u = 0;
    if ties.len() == 0 {
        let sink = |span: Span| Ok(Ranking { negatives_below: span.below[0], twice_u: 0 });
        fold::sorted(&rows, control, sink, |part| twice_u += part.twice_u)?;
    } else {
        let run = fold::of_runs(&ties, &[&fold::of_rows(&rows, control)?], ledger.rows[0] + ledger.rows[1], control)?;
        let mut ranking = Ranking { negatives_below: 0, twice_u: 0 };
        (0..run.len()).for_each(|i| ranking.add(run.counts(i)));
        twice_u = ranking.twice_u;
    }
    Ok(Pairs { twice_u, positives: ledger.rows[1], negatives: ledger.rows[0] })
}
