//! The four counts of a confusion table, at every threshold of a tally or at any others.

use super::rate::Rate;
use super::sum::{Mass, totals};
use crate::error::{Error, Result};
use crate::tally::{Masses, Tally, column};

/// Confusion tables, one per threshold: true and false positives, false and true negatives.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfusionCounts {
    /// The threshold of each table.
    pub thresholds: Vec<f64>,
    /// The four columns, aligned with the thresholds.
    pub masses: ConfusionMasses,
}

/// The four columns of confusion tables: rows, or sums of weights.
#[derive(Debug, Clone, PartialEq)]
pub enum ConfusionMasses {
    /// Rows, when no row had a weight.
    Counts {
        /// Positive rows that are predicted positive.
        true_positives: Vec<u64>,
        /// Negative rows that are predicted positive.
        false_positives: Vec<u64>,
        /// Positive rows that are predicted negative.
        false_negatives: Vec<u64>,
        /// Negative rows that are predicted negative.
        true_negatives: Vec<u64>,
    },
    /// Sums of weights.
    Weights {
        /// Weight of the positives that are predicted positive.
        true_positives: Vec<f64>,
        /// Weight of the negatives that are predicted positive.
        false_positives: Vec<f64>,
        /// Weight of the positives that are predicted negative.
        false_negatives: Vec<f64>,
        /// Weight of the negatives that are predicted negative.
        true_negatives: Vec<f64>,
    },
}

impl ConfusionCounts {
    /// Number of thresholds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.thresholds.len()
    }

    /// True without thresholds.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.thresholds.is_empty()
    }

    /// A rate at every threshold; NaN where it is undefined.
    ///
    /// ```
    /// use thresher::measure::{Rate, confusion};
    /// use thresher::tally::{Masses, Tally};
    ///
    /// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
    /// let table = confusion(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true));
    /// assert_eq!(table.thresholds, [0.1, 0.35, 0.4, 0.8]);
    /// assert_eq!(table.rate(Rate::Recall), [1.0, 1.0, 0.5, 0.5]);
    /// ```
    #[must_use]
    pub fn rate(&self, rate: Rate) -> Vec<f64> {
        match &self.masses {
            ConfusionMasses::Counts { true_positives, false_positives, false_negatives, true_negatives } => {
                let columns = [true_positives, false_positives, false_negatives, true_negatives];
                row_by_row(columns, |[tp, fp, fn_, tn]| rate.of_counts(tp, fp, fn_, tn))
            }
            ConfusionMasses::Weights { true_positives, false_positives, false_negatives, true_negatives } => {
                let columns = [true_positives, false_positives, false_negatives, true_negatives];
                row_by_row(columns, |[tp, fp, fn_, tn]| rate.of(tp, fp, fn_, tn))
            }
        }
    }
}

/// The confusion table at each group's own threshold, thresholds ascending (−∞ first, if the tally has it).
///
/// A table counts as predicted positive what its group's threshold admits: the group and everything above it. Exact
/// for tied and binned tallies alike. Sums of weights are compensated; the negatives' columns are summed from below,
/// so they keep their precision where they are small.
#[must_use]
pub fn confusion(tally: &Tally) -> ConfusionCounts {
    let (mut thresholds, mut admitted) = (column(tally.len()), column(tally.len()));
    thresholds.extend(tally.thresholds().iter().rev());
    admitted.extend((1..=tally.len()).rev());
    ConfusionCounts { thresholds, masses: tables(tally.masses(), &admitted) }
}

/// The confusion table at each of `at`, in the caller's order: positive iff `score >= t`, or `score > t` when `strict`.
///
/// For tied tallies, whose thresholds are the scores. (In a binned tally it is right, too, when not strict and every
/// `t` is one of the tally's own thresholds; that is the caller's to see to.) `at` may repeat, in any order, ±∞
/// included.
///
/// # Errors
/// [`Error::EmptyThresholds`], [`Error::NanThreshold`].
///
/// ```
/// use thresher::measure::{ConfusionMasses, confusion_at};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// let table = confusion_at(&tally, &[0.4, 0.0], true)?;
/// let ConfusionMasses::Counts { true_positives, false_positives, .. } = table.masses else { unreachable!() };
/// assert_eq!((true_positives, false_positives), (vec![1, 2], vec![0, 2]));
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn confusion_at(tally: &Tally, at: &[f64], strict: bool) -> Result<ConfusionCounts> {
    if at.is_empty() {
        return Err(Error::EmptyThresholds);
    }
    if let Some(index) = at.iter().position(|t| t.is_nan()) {
        return Err(Error::NanThreshold { index });
    }
    let scores = tally.thresholds();
    let admits = |score: f64, t: f64| if strict { score > t } else { score >= t };
    let admitted: Vec<usize> = at.iter().map(|&t| scores.partition_point(|&score| admits(score, t))).collect();
    Ok(ConfusionCounts { thresholds: at.to_vec(), masses: tables(tally.masses(), &admitted) })
}

/// Confusion tables that admit the first `admitted[i]` groups as positive, under the caller's own names for those cuts.
///
/// For counts at thresholds, where rounding can make several of the caller's thresholds act alike.
///
/// ```
/// use thresher::measure::{Rate, confusion_of_groups};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 1], negatives: vec![0, 2] };
/// let table = confusion_of_groups(&Tally::new(vec![0.8, 0.2], counts, false), vec![0.2, 0.8], &[2, 1]);
/// assert_eq!(table.rate(Rate::Precision), [0.5, 1.0]);
/// ```
#[must_use]
pub fn confusion_of_groups(tally: &Tally, thresholds: Vec<f64>, admitted: &[usize]) -> ConfusionCounts {
    ConfusionCounts { thresholds, masses: tables(tally.masses(), admitted) }
}

/// The four columns where the first `admitted[i]` groups are predicted positive.
fn tables(masses: &Masses, admitted: &[usize]) -> ConfusionMasses {
    if let [admitted] = *admitted {
        return table(masses, admitted);
    }
    match masses {
        Masses::Counts { positives, negatives } => {
            let (true_positives, false_negatives) = split_sums(positives, admitted);
            let (false_positives, true_negatives) = split_sums(negatives, admitted);
            ConfusionMasses::Counts { true_positives, false_positives, false_negatives, true_negatives }
        }
        Masses::Weights { positives, negatives } => {
            let (true_positives, false_negatives) = split_sums(positives, admitted);
            let (false_positives, true_negatives) = split_sums(negatives, admitted);
            ConfusionMasses::Weights { true_positives, false_positives, false_negatives, true_negatives }
        }
    }
}

/// The sum of the first `admitted[i]` entries of a column, and of the others: one pass down, one pass up.
fn split_sums<M: Mass>(column: &[M], admitted: &[usize]) -> (Vec<M>, Vec<M>) {
    if admitted.is_sorted() {
        return splits(column, admitted, 0..admitted.len());
    }
    if admitted.is_sorted_by(|a, b| a >= b) {
        return splits(column, admitted, (0..admitted.len()).rev());
    }
    let mut order: Vec<usize> = (0..admitted.len()).collect();
    order.sort_by_key(|&i| admitted[i]);
    splits(column, admitted, order.into_iter())
}

/// One table, of all four sums side by side.
fn table(masses: &Masses, admitted: usize) -> ConfusionMasses {
    fn cells<M: Mass>(positives: &[M], negatives: &[M], at: usize) -> [Vec<M>; 4] {
        let ((p_above, p_below), (n_above, n_below)) = (positives.split_at(at), negatives.split_at(at));
        let [tp, fp] = totals(p_above.iter().copied().zip(n_above.iter().copied()));
        let [fn_, tn] = totals(p_below.iter().copied().zip(n_below.iter().copied()).rev());
        [tp, fp, fn_, tn].map(|sum| vec![sum])
    }
    match masses {
        Masses::Counts { positives, negatives } => {
            let [true_positives, false_positives, false_negatives, true_negatives] =
                cells(positives, negatives, admitted);
            ConfusionMasses::Counts { true_positives, false_positives, false_negatives, true_negatives }
        }
        Masses::Weights { positives, negatives } => {
            let [true_positives, false_positives, false_negatives, true_negatives] =
                cells(positives, negatives, admitted);
            ConfusionMasses::Weights { true_positives, false_positives, false_negatives, true_negatives }
        }
    }
}

/// The same in the `order` in which `admitted` ascends.
fn splits<M: Mass>(
    masses: &[M],
    admitted: &[usize],
    order: impl DoubleEndedIterator<Item = usize> + Clone,
) -> (Vec<M>, Vec<M>) {
    let [mut above, mut below] = [(); 2].map(|()| column(admitted.len()));
    [&mut above, &mut below].into_iter().for_each(|sums: &mut Vec<M>| sums.resize(admitted.len(), M::ZERO));
    let (mut sum, mut next) = (M::Sum::default(), 0);
    for i in order.clone() {
        masses[next..admitted[i]].iter().for_each(|&mass| M::add(&mut sum, mass));
        next = admitted[i];
        above[i] = M::total(sum);
    }
    let (mut sum, mut end) = (M::Sum::default(), masses.len());
    for i in order.rev() {
        masses[admitted[i]..end].iter().rev().for_each(|&mass| M::add(&mut sum, mass));
        end = admitted[i];
        below[i] = M::total(sum);
    }
    (above, below)
}

fn row_by_row<M: Copy>([tp, fp, fn_, tn]: [&Vec<M>; 4], rate: impl Fn([M; 4]) -> f64) -> Vec<f64> {
    let positives = tp.iter().zip(fn_);
    let negatives = fp.iter().zip(tn);
    positives.zip(negatives).map(|((&tp, &fn_), (&fp, &tn))| rate([tp, fp, fn_, tn])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tied() -> Tally {
        let masses = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
        Tally::new(vec![f64::INFINITY, 0.4, 0.0, f64::NEG_INFINITY], masses, true)
    }

    fn true_positives(table: &ConfusionCounts) -> &[u64] {
        let ConfusionMasses::Counts { true_positives, .. } = &table.masses else { panic!("rows expected") };
        true_positives
    }

    #[test]
    fn any_order_of_thresholds_is_answered_in_that_order() {
        let at = [0.4, f64::NEG_INFINITY, 0.4, f64::INFINITY, -0.0, 0.1];
        assert_eq!(true_positives(&confusion_at(&tied(), &at, false).unwrap()), [1, 2, 1, 1, 2, 1]);
        assert_eq!(true_positives(&confusion_at(&tied(), &at, true).unwrap()), [1, 2, 1, 0, 1, 1]);
    }

    #[test]
    fn own_thresholds_ascend() {
        let table = confusion(&tied());
        assert_eq!(table, confusion_at(&tied(), &table.thresholds, false).unwrap());
        assert_eq!(table.thresholds, [f64::NEG_INFINITY, 0.0, 0.4, f64::INFINITY]);
        let ConfusionMasses::Counts { false_negatives, true_negatives, .. } = table.masses else {
            panic!("rows expected")
        };
        assert_eq!((false_negatives, true_negatives), (vec![0, 0, 1, 1], vec![0, 1, 1, 2]));
    }

    #[test]
    fn small_remainders_of_weights_survive() {
        let masses = Masses::Weights { positives: vec![1e16, 0.1], negatives: vec![0.5, 0.25] };
        let ConfusionMasses::Weights { false_negatives, .. } =
            confusion(&Tally::new(vec![1.0, 0.0], masses, true)).masses
        else {
            panic!("weights expected")
        };
        assert_eq!(false_negatives, [0.0, 0.1]);
    }

    #[test]
    fn faulty_thresholds_are_named() {
        assert_eq!(confusion_at(&tied(), &[], false), Err(Error::EmptyThresholds));
        assert_eq!(confusion_at(&tied(), &[1.0, f64::NAN], false), Err(Error::NanThreshold { index: 1 }));
    }

    #[test]
    fn an_empty_tally_has_empty_tables() {
        let empty = Tally::new(vec![], Masses::Counts { positives: vec![], negatives: vec![] }, true);
        assert!(confusion(&empty).is_empty());
        assert_eq!(true_positives(&confusion_at(&empty, &[0.5], false).unwrap()), [0]);
    }
}
