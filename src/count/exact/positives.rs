//! Groups that hold positives, with what scores at least as high: all that average precision, or the variance of ROC AUC, asks
//! of a ranking.

use std::sync::Arc;

use super::finish::{Bucket, Finish, Sink, Span};
use super::pieces::{Held, Piece};
use super::run::Run;
use super::{fold, pieces};
use crate::control::Control;
use crate::error::Result;
use crate::input::Batch;
use crate::simd::DefaultFloatMode;

/// A group of tied rows that holds positives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PositiveGroup {
    /// Its positives, at least one.
    pub positives: u64,
    /// Its negatives.
    pub negatives: u64,
    /// Positives that score at least as high, the whole group included.
    pub true_positives: u64,
    /// Negatives that do.
    pub false_positives: u64,
}

/// Folds the groups of an unweighted batch that hold positives, each thread into values of its own: `start` makes one for
/// the batch's `[negatives, positives]`, `add` is called for each group, in no particular order.
///
/// # Errors
/// As [`roc_auc_pairs`](super::roc_auc_pairs).
pub fn fold_positive_groups<T: Send>(
    batch: &Batch<'_>,
    control: &Control<'_>,
    start: impl Fn([u64; 2]) -> T + Sync,
    add: impl Fn(&mut T, PositiveGroup) + Sync,
) -> Result<Vec<T>> {
    let _mode = DefaultFloatMode::set();
    let (pieces, ledger) = pieces::read(batch, control)?;
    of_pieces(&Arc::new(Run::empty()), &pieces, ledger.rows, control, &start, &add)
}

/// As [`fold_positive_groups`], of `rows`, `[negatives, positives]`, in `base` and `pieces`.
pub(super) fn of_pieces<T: Send>(
    base: &Arc<Run>,
    pieces: &[Piece],
    rows: [u64; 2],
    control: &Control<'_>,
    start: &(impl Fn([u64; 2]) -> T + Sync),
    add: &(impl Fn(&mut T, PositiveGroup) + Sync),
) -> Result<Vec<T>> {
    let held = Held::new(pieces, control)?;
    if base.len() == 0 && held.runs.is_empty() {
        let sink = |span: Span| Ok(Positives { rows, below: span.below, value: start(rows), add });
        return Ok(held.any_order(false, control, sink)?.into_iter().map(|part| part.value).collect());
    }
    let mut all = Positives { rows, below: [0, 0], value: start(rows), add };
    let run = fold::of_held(base, &held, rows[0] + rows[1], control)?;
    for [negatives, positives] in (0..run.len()).map(|i| run.counts(i)) {
        if positives > 0 {
            all.group([negatives, positives], [0, 0]);
        }
        all.below = [all.below[0] + negatives, all.below[1] + positives];
    }
    Ok(vec![all.value])
}

/// Ascending groups, each handed on with what is not below it.
struct Positives<'f, T, F> {
    /// All `[negatives, positives]`.
    rows: [u64; 2],
    below: [u64; 2],
    value: T,
    add: &'f F,
}

impl<T, F: Fn(&mut T, PositiveGroup)> Positives<'_, T, F> {
    /// A group of so many `[negatives, positives]`, above `lower` of each beside those below.
    #[inline(always)]
    fn group(&mut self, [negatives, positives]: [u64; 2], lower: [u64; 2]) {
        let [false_positives, true_positives] = [0, 1].map(|label| self.rows[label] - self.below[label] - lower[label]);
        (self.add)(&mut self.value, PositiveGroup { positives, negatives, true_positives, false_positives });
    }
}

impl<K: Finish, T: Send, F: Fn(&mut T, PositiveGroup) + Sync> Sink<K> for Positives<'_, T, F> {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        if bucket.counts[1] > 0 {
            K::positives(scratch, bucket, control, |counts, lower| self.group(counts, lower))?;
        }
        (0..2).for_each(|label| self.below[label] += bucket.counts[label]);
        Ok(())
    }
}
