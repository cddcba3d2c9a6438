//! [`roc_auc_pairs`]: the integer behind an exact ROC AUC, straight from a batch.

use std::sync::Arc;

use super::finish::{Bucket, Finish, Sink, Span};
use super::pieces::{self, Held, Piece};
use super::run::Run;
use super::{few, fold};
use crate::control::Control;
use crate::error::Result;
use crate::input::Batch;
use crate::simd::DefaultFloatMode;

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

/// The pairs of an unweighted batch (weights, if any, are validated and only their zeros matter).
///
/// # Errors
/// That of the batch's lowest bad row; [`Interrupted`](crate::Error::Interrupted);
/// [`OutOfMemory`](crate::Error::OutOfMemory); [`Changed`](crate::Error::Changed) when the rows were written to meanwhile.
pub fn roc_auc_pairs(batch: &Batch<'_>, control: &Control<'_>) -> Result<Pairs> {
    let _mode = DefaultFloatMode::set();
    let (pieces, ledger) = pieces::read(batch, control)?;
    let [negatives, positives] = ledger.rows;
    let twice_u = of_pieces(&Arc::new(Run::empty()), &pieces, negatives + positives, control)?;
    Ok(Pairs { twice_u, positives, negatives })
}

/// `2U` of all `rows` rows of `base` and `pieces`.
pub(super) fn of_pieces(base: &Arc<Run>, pieces: &[Piece], rows: u64, control: &Control<'_>) -> Result<u128> {
    if let (0, [Piece::Rows(rows)]) = (base.len(), pieces) {
        return few::twice_pairs(rows, control);
    }
    let held = Held::new(pieces, control)?;
    if base.len() == 0 && held.runs.is_empty() {
        let sink = |span: Span| Ok(Ranking { negatives_below: span.below[0], twice_u: 0 });
        return Ok(held.any_order(false, control, sink)?.iter().map(|part| part.twice_u).sum());
    }
    let mut ranking = Ranking { negatives_below: 0, twice_u: 0 };
    let run = fold::of_held(base, &held, rows, control)?;
    (0..run.len()).for_each(|i| ranking.add(run.counts(i)));
    Ok(ranking.twice_u)
}

/// Sums pairs over ascending groups or buckets.
struct Ranking {
    negatives_below: u64,
    twice_u: u128,
}

impl Ranking {
    fn add(&mut self, [negatives, positives]: [u64; 2]) {
        self.twice_u += u128::from(positives) * (2 * u128::from(self.negatives_below) + u128::from(negatives));
        self.negatives_below += negatives;
    }
}

impl<K: Finish> Sink<K> for Ranking {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        let [negatives, positives] = bucket.counts;
        self.twice_u += 2 * u128::from(positives) * u128::from(self.negatives_below);
        self.negatives_below += negatives;
        if negatives > 0 && positives > 0 {
            self.twice_u += K::pairs(scratch, bucket, control)?;
        }
        Ok(())
    }
}
