//! Neighbouring groups pooled until their shares of positives fall: the ROC convex hull, and isotonic regression.

use super::area::{are_rows, roc_auc};
use super::curve::{RocCurve, roc_curve};
use super::scale::Scale;
use super::sum::{Mass, totals};
use crate::tally::{Masses, Tally};

/// Blocks of neighbouring groups whose shares of positives `p / (p + n)` fall strictly from the highest scores down.
///
/// They are the segments of the ROC convex hull, and the levels of the isotonic regression of labels on scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Hull {
    /// The first group (the highest scores) of each block; it is not empty.
    pub first: Vec<usize>,
    /// The last group (the lowest scores) of each block; it is not empty.
    pub last: Vec<usize>,
    /// The blocks as the groups of a tally; the threshold of each is that of its last group.
    pub blocks: Tally,
}

impl Hull {
    /// `p / (p + n)` of each block. Rows: correctly rounded.
    #[must_use]
    pub fn shares(&self) -> Vec<f64> {
        match self.blocks.masses() {
            Masses::Counts { positives, negatives } => shares(positives, negatives),
            Masses::Weights { positives, negatives } => shares(positives, negatives),
        }
    }
}

fn shares<M: Mass>(positives: &[M], negatives: &[M]) -> Vec<f64> {
    positives.iter().zip(negatives).map(|(&p, &n)| p.share(n)).collect()
}

/// Pools neighbouring groups until shares of positives fall (pool adjacent violators), in O(groups).
///
/// Rows, and weights that are integers, are compared exactly; other weights as rounded products. Groups that hold
/// nothing are in no block, or inside one. Of a binned tally the blocks are those of whole groups.
///
/// Source: Fawcett and Niculescu-Mizil, *PAV and the ROC convex hull*, Machine Learning 68 (2007).
///
/// ```
/// use thresher::measure::hull;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let hull = hull(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true));
/// assert_eq!(hull.shares(), [1.0, 0.5, 0.0]);
/// assert_eq!(hull.blocks.thresholds(), [0.8, 0.35, 0.1]);
/// ```
#[must_use]
pub fn hull(tally: &Tally) -> Hull {
    let spans = match tally.masses() {
        Masses::Counts { positives, negatives } => spans_of_rows(positives.iter().copied(), negatives.iter().copied()),
        Masses::Weights { positives, negatives } if are_rows(positives) && are_rows(negatives) => {
            spans_of_rows(positives.iter().map(|&p| p as u64), negatives.iter().map(|&n| n as u64))
        }
        Masses::Weights { positives, negatives } => spans_of_weights(positives, negatives),
    };
    let masses = match tally.masses() {
        Masses::Counts { positives, negatives } => {
            let (positives, negatives) = totals_of(positives, negatives, &spans);
            Masses::Counts { positives, negatives }
        }
        Masses::Weights { positives, negatives } => {
            let (positives, negatives) = totals_of(positives, negatives, &spans);
            Masses::Weights { positives, negatives }
        }
    };
    let thresholds = spans.iter().map(|span| tally.thresholds()[span.last]).collect();
    Hull {
        first: spans.iter().map(|span| span.first).collect(),
        last: spans.iter().map(|span| span.last).collect(),
        blocks: Tally::new(thresholds, masses, tally.tied()),
    }
}

/// The convex hull of the ROC curve, and the area below it.
///
/// Points run from (0, 0) at threshold ∞ to (1, 1), each a corner: no point of the curve lies above the hull, and every
/// corner is a point of the curve. The area is that of [`roc_auc`] with the groups of each block tied, never below
/// [`roc_auc`] itself; NaN unless both classes are present. Of a binned tally it is the hull of the points known.
///
/// ```
/// use thresher::measure::roc_convex_hull;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let (curve, area) = roc_convex_hull(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true));
/// assert_eq!((curve.fpr, curve.tpr), (vec![0.0, 0.0, 0.5, 1.0], vec![0.0, 0.5, 1.0, 1.0]));
/// assert_eq!(area, 0.875);
/// ```
#[must_use]
pub fn roc_convex_hull(tally: &Tally) -> (RocCurve, f64) {
    let blocks = hull(tally).blocks;
    (roc_curve(&blocks, false), roc_auc(&blocks))
}

/// A run of groups.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: usize,
    last: usize,
}

/// Sums of both columns over each span; of weights, compensated.
fn totals_of<M: Mass>(positives: &[M], negatives: &[M], spans: &[Span]) -> (Vec<M>, Vec<M>) {
    let within = |span: &Span| {
        let groups = span.first..=span.last;
        let [p, n] = totals(positives[groups.clone()].iter().copied().zip(negatives[groups].iter().copied()));
        (p, n)
    };
    spans.iter().map(within).unzip()
}

fn spans_of_rows(positives: impl Iterator<Item = u64>, negatives: impl Iterator<Item = u64>) -> Vec<Span> {
    let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
    pool(positives.zip(negatives), |above, below| product(above.0, below.1) > product(below.0, above.1))
}

/// Each class is scaled by its own power of two, which cancels: products then neither overflow nor vanish.
fn spans_of_weights(positives: &[f64], negatives: &[f64]) -> Vec<Span> {
    let groups = positives.iter().copied().zip(negatives.iter().copied());
    if are_moderate(positives) && are_moderate(negatives) {
        return pool(groups, |above, below| above.0 * below.1 > below.0 * above.1);
    }
    let scales: [Scale; 2] = [f64::scale(positives), f64::scale(negatives)];
    let scaled = groups.map(|(p, n)| (scales[0].apply(p), scales[1].apply(n)));
    pool(scaled, |above, below| above.0 * below.1 > below.0 * above.1)
}

/// True when products of sums neither overflow nor vanish as they are, so that scaling would change no bit.
fn are_moderate(masses: &[f64]) -> bool {
    const LARGE: f64 = 1e90;
    masses.iter().fold(true, |all, &mass| all & ((mass == 0.0) | (mass > 1.0 / LARGE)) & (mass < LARGE))
}

/// Joins a group to the block above as long as `falls(above, below)` does not hold.
fn pool<M>(groups: impl Iterator<Item = (M, M)>, falls: impl Fn((M, M), (M, M)) -> bool) -> Vec<Span>
where
    M: Mass + std::ops::Add<Output = M>,
{
    let joined = |(above, more): (Span, (M, M)), (below, masses): (Span, (M, M))| {
        (Span { first: above.first, last: below.last }, (more.0 + masses.0, more.1 + masses.1))
    };
    let held = groups.enumerate().filter(|(_, (p, n))| *p != M::ZERO || *n != M::ZERO);
    let mut held = held.map(|(group, masses)| (Span { first: group, last: group }, masses));
    let mut blocks: Vec<(Span, (M, M))> = vec![];
    let Some(mut lowest) = held.next() else { return vec![] };
    // The lowest block stays at hand: nobody can foretell whether the next group joins it, and that alone is to be asked of
    // most.
    for group in held {
        if falls(lowest.1, group.1) {
            blocks.push(lowest);
            lowest = group;
            continue;
        }
        lowest = joined(lowest, group);
        while let Some(&above) = blocks.last()
            && !falls(above.1, lowest.1)
        {
            lowest = joined(above, lowest);
            blocks.pop();
        }
    }
    blocks.push(lowest);
    blocks.into_iter().map(|(span, _)| span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(positives: &[u64], negatives: &[u64]) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, true)
    }

    /// The upper hull by definition: from each corner to the farthest group that no other group lies above.
    fn corners(positives: &[u64], negatives: &[u64]) -> Vec<usize> {
        let sum =
            |column: &[u64], from: usize, to: usize| column[from..to].iter().map(|&m| i128::from(m)).sum::<i128>();
        let (mut at, mut found) = (0, vec![]);
        while at < positives.len() {
            let steeper = |to: usize, than: usize| {
                sum(positives, at, to) * sum(negatives, at, than) >= sum(positives, at, than) * sum(negatives, at, to)
            };
            let best = (at + 1..=positives.len()).find(|&to| {
                let after = |than| !steeper(than, to);
                (at + 1..to).all(|than| steeper(to, than)) && (to + 1..=positives.len()).all(after)
            });
            at = best.unwrap();
            found.push(at - 1);
        }
        found
    }

    #[test]
    fn blocks_are_the_corners_of_the_upper_hull() {
        let mut state = 1_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..500 {
            let groups: Vec<(u64, u64)> = (0..1 + draw(9)).map(|_| (draw(4), 1 + draw(3))).collect();
            let (positives, negatives): (Vec<u64>, Vec<u64>) = groups.into_iter().unzip();
            assert_eq!(hull(&rows(&positives, &negatives)).last, corners(&positives, &negatives));
        }
    }

    #[test]
    fn integer_weights_pool_as_repeated_rows() {
        let (positives, negatives) = ([3_u64, 1 << 40, 7], [1_u64, (1 << 40) + 1, 9]);
        let real = |column: [u64; 3]| column.map(|mass| mass as f64).to_vec();
        let masses = Masses::Weights { positives: real(positives), negatives: real(negatives) };
        let weighted = hull(&Tally::new(vec![2.0, 1.0, 0.0], masses, true));
        let counted = hull(&rows(&positives, &negatives));
        assert_eq!((weighted.first.clone(), weighted.last.clone()), (counted.first.clone(), counted.last.clone()));
        assert_eq!(weighted.shares(), counted.shares());
    }

    #[test]
    fn the_size_of_the_weights_cancels() {
        let plain = Masses::Weights { positives: vec![0.3, 0.1, 0.7], negatives: vec![0.2, 0.5, 0.9] };
        let huge = Masses::Weights {
            positives: vec![0.3e300, 0.1e300, 0.7e300],
            negatives: vec![0.2e-300, 0.5e-300, 0.9e-300],
        };
        let last = |masses| hull(&Tally::new(vec![2.0, 1.0, 0.0], masses, true)).last;
        assert_eq!(last(plain), last(huge));
    }

    #[test]
    fn groups_without_rows_and_classes_without_rows_are_no_trouble() {
        let gaps = hull(&rows(&[0, 2, 0, 0, 1, 0], &[0, 0, 0, 0, 1, 0]));
        assert_eq!((gaps.first, gaps.last), (vec![1, 4], vec![1, 4]));
        assert!(hull(&rows(&[], &[])).blocks.is_empty());
        let (curve, area) = roc_convex_hull(&rows(&[1, 2], &[0, 0]));
        assert!(area.is_nan() && curve.fpr.iter().all(|rate| rate.is_nan()));
        assert_eq!(curve.tpr, [0.0, 1.0]);
    }
}
