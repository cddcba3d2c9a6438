//! Areas under the ROC curve.

use super::ratio::ratio;
use super::sum::{Compensated, Mass};
use crate::tally::{Groups, Masses, Tally};

/// Area under the ROC curve: the probability that a positive scores above a negative, ties counting half.
///
/// `Σ p (N_below + n/2) / (P·N)`, in [0, 1]; NaN unless both classes are present.
///
/// Rows: the exact integer `2U` over the exact integer `2PN`, rounded once. Weights: within 1e-15 relative; when every
/// sum of weights is an integer and no class passes 2^53, the integers are used, so that an integer weight gives the
/// very bits that repeating the row would.
///
/// In a binned tally each group counts as one tie: the midpoint of [`roc_auc_bounds`](super::roc_auc_bounds).
///
/// Source: Fawcett, *An introduction to ROC analysis*, Pattern Recognition Letters 27 (2006).
///
/// ```
/// use thresher::measure::roc_auc;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// assert_eq!(roc_auc(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true)), 0.75);
/// ```
#[must_use]
pub fn roc_auc(tally: &Tally) -> f64 {
    let [area] = area_with(tally, [InnerPairs::Half]);
    area
}

/// ROC AUC from `2U = Σ p (2·N_below + n)`, for a caller that summed the pairs itself; correctly rounded.
///
/// `twice_u` is at most `2·positives·negatives`. NaN when a class is empty.
///
/// ```
/// assert_eq!(thresher::measure::roc_auc_from_pairs(6, 2, 2), 0.75);
/// ```
#[must_use]
pub fn roc_auc_from_pairs(twice_u: u128, positives: u64, negatives: u64) -> f64 {
    0.5 * ratio(twice_u, u128::from(positives) * u128::from(negatives)) // halving a float64 this large is exact
}

/// `2U = Σ p (2·N_below + n)` of some groups among all `[negatives, positives]`; those of all groups add up to the whole.
///
/// ```
/// use thresher::measure::twice_u;
/// use thresher::tally::Groups;
///
/// let (true_positives, false_positives) = (&[1, 1, 2, 2][..], &[0, 1, 1, 2][..]);
/// let groups = Groups { positives: &[1, 0, 1, 0], negatives: &[0, 1, 0, 1], true_positives, false_positives };
/// assert_eq!(twice_u(groups, [2, 2]), 6);
/// ```
#[inline(always)]
#[must_use]
pub fn twice_u(groups: Groups<'_>, [negatives, positives]: [u64; 2]) -> u128 {
    let Groups { positives: inside, negatives: tied, false_positives: not_below, .. } = groups;
    let pairs = || inside.iter().zip(tied.iter().zip(not_below));
    let below = |tied: u64, not_below: u64| 2 * (negatives - not_below) + tied;
    match negatives.checked_mul(2).and_then(|twice| twice.checked_mul(positives)) {
        Some(_) => pairs().map(|(p, (&n, &fp))| p * below(n, fp)).sum::<u64>().into(), // no more than that product
        None => pairs().map(|(&p, (&n, &fp))| u128::from(p) * u128::from(below(n, fp))).sum(),
    }
}

/// How much of a group's own pairs count as won: the lower bound, the tie, the upper bound.
#[derive(Debug, Clone, Copy)]
pub(crate) enum InnerPairs {
    None,
    Half,
    All,
}

impl InnerPairs {
    fn halves(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Half => 1,
            Self::All => 2,
        }
    }
}

/// `Σ p (N_below + inner·n) / (P·N)`.
pub(crate) fn area_with<const N: usize>(tally: &Tally, inner: [InnerPairs; N]) -> [f64; N] {
    match tally.masses() {
        Masses::Counts { positives, negatives } => {
            let rows = positives.iter().copied().zip(negatives.iter().copied());
            area_of_rows(rows, inner)
        }
        Masses::Weights { positives, negatives } if are_rows(positives) && are_rows(negatives) => {
            let rows = positives.iter().map(|&p| p as u64).zip(negatives.iter().map(|&n| n as u64));
            area_of_rows(rows, inner)
        }
        Masses::Weights { positives, negatives } => area_of_weights(positives, negatives, inner),
    }
}

/// True when weights are as good as rows: integers whose total float64 holds exactly.
pub(crate) fn are_rows(weights: &[f64]) -> bool {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    weights.iter().all(|weight| weight.fract() == 0.0) && weights.iter().sum::<f64>() <= EXACT
}

fn area_of_rows<const N: usize>(
    groups: impl DoubleEndedIterator<Item = (u64, u64)>,
    inner: [InnerPairs; N],
) -> [f64; N] {
    let halves = inner.map(|inner| u128::from(inner.halves()));
    let (mut twice_u, mut positives, mut below) = ([0_u128; N], 0_u64, 0_u64);
    for (p, n) in groups.rev() {
        for (twice_u, halves) in twice_u.iter_mut().zip(halves) {
            *twice_u += u128::from(p) * (2 * u128::from(below) + halves * u128::from(n));
        }
        positives += p;
        below += n;
    }
    twice_u.map(|twice_u| roc_auc_from_pairs(twice_u, positives, below))
}

/// Each class is scaled by its own power of two, which cancels: products then neither overflow nor vanish.
fn area_of_weights<const N: usize>(positives: &[f64], negatives: &[f64], inner: [InnerPairs; N]) -> [f64; N] {
    let (scale_p, scale_n) = (f64::scale(positives), f64::scale(negatives));
    let shares = inner.map(|inner| 0.5 * f64::from(inner.halves()));
    let (mut pairs, mut all_p, mut below) =
        ([Compensated::default(); N], Compensated::default(), Compensated::default());
    for (&p, &n) in positives.iter().zip(negatives).rev() {
        let (p, n) = (scale_p.apply(p), scale_n.apply(n));
        pairs.iter_mut().zip(shares).for_each(|(pairs, share)| pairs.add(p * (below.total() + share * n)));
        all_p.add(p);
        below.add(n);
    }
    let every_pair = all_p.total() * below.total();
    pairs.map(|pairs| if every_pair > 0.0 { (pairs.total() / every_pair).min(1.0) } else { f64::NAN })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(positives: &[u64], negatives: &[u64]) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, true)
    }

    fn weights(positives: &[f64], negatives: &[f64]) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Weights { positives: positives.to_vec(), negatives: negatives.to_vec() }, true)
    }

    #[test]
    fn ties_count_half() {
        assert_eq!(roc_auc(&rows(&[3], &[5])), 0.5);
        assert_eq!(roc_auc(&rows(&[1, 1], &[0, 1])), 0.75);
    }

    #[test]
    fn a_missing_class_has_no_area() {
        for tally in [rows(&[], &[]), rows(&[3], &[0]), rows(&[0], &[3]), weights(&[0.5], &[0.0]), weights(&[], &[])] {
            assert!(roc_auc(&tally).is_nan());
        }
    }

    #[test]
    fn integer_weights_give_the_bits_of_repeated_rows() {
        let (positives, negatives) = ([3_u64, 7, 1 << 40], [11_u64, 1 << 45, 5]);
        let weighted = weights(&positives.map(|p| p as f64), &negatives.map(|n| n as f64));
        assert_eq!(roc_auc(&weighted), roc_auc(&rows(&positives, &negatives)));
    }

    #[test]
    fn the_size_of_the_weights_cancels() {
        let plain = roc_auc(&weights(&[0.3, 0.1, 0.7], &[0.2, 0.5, 0.9]));
        for (up, down) in [(2.0_f64.powi(990), 2.0_f64.powi(-990)), (2.0_f64.powi(-990), 2.0_f64.powi(990))] {
            let scaled = weights(&[0.3 * up, 0.1 * up, 0.7 * up], &[0.2 * down, 0.5 * down, 0.9 * down]);
            assert_eq!(roc_auc(&scaled), plain);
        }
    }
}
