//! Sums along the groups: exact for rows, compensated for weights, behind one trait so that a measure is written once.

use super::scale::Scale;
pub(crate) use crate::tally::Compensated;

/// What one group holds of one class: rows (`u64`) or a sum of weights (`f64`).
pub(crate) trait Mass: Copy + PartialOrd {
    /// Nothing.
    const ZERO: Self;

    /// A sum still open for more.
    type Sum: Copy + Default;

    /// Takes one more group in.
    fn add(sum: &mut Self::Sum, mass: Self);

    /// The sum as it stands. Rows: exact. Weights: within `u + (k u)²` relative, `u = 2^-53`, `k` groups.
    fn total(sum: Self::Sum) -> Self;

    /// What a whole holds beyond its part, the sum of its first groups. Rows: exact. Weights: 0 for the whole itself.
    fn rest(whole: Self::Sum, part: Self::Sum) -> Self;

    /// The power of two that brings a column's largest value near 1 (rows stay as they are: they need none).
    fn scale(column: &[Self]) -> Scale;

    /// As a float64; rows above 2^53 round.
    fn real(self) -> f64;

    /// `self / whole`, NaN when `whole` is 0. Rows: correctly rounded.
    fn over(self, whole: Self) -> f64;

    /// `self / (self + rest)`, NaN when both are 0. Rows: correctly rounded.
    fn share(self, rest: Self) -> f64;

    /// True when `share` is that very quotient of float64s; then it is of all that are no larger.
    fn plain(self, rest: Self) -> bool;
}

/// Below it, and below twice as much, float64 holds every integer.
const EXACT: u64 = 1 << 52;

impl Mass for u64 {
    const ZERO: Self = 0;

    type Sum = u64;

    #[inline]
    fn add(sum: &mut u64, mass: u64) {
        *sum += mass; // a tally holds at most 2^63 − 1 rows
    }

    #[inline]
    fn total(sum: u64) -> u64 {
        sum
    }

    #[inline]
    fn rest(whole: u64, part: u64) -> u64 {
        whole - part
    }

    fn scale(_: &[u64]) -> Scale {
        Scale::NONE
    }

    #[inline]
    fn real(self) -> f64 {
        self as f64
    }

    #[inline]
    fn over(self, whole: u64) -> f64 {
        if self | whole < EXACT && whole > 0 {
            return self as f64 / whole as f64; // of exact numbers: rounded once
        }
        super::ratio::ratio(self.into(), whole.into())
    }

    #[inline]
    fn share(self, rest: u64) -> f64 {
        if self | rest < EXACT {
            return self.over(self + rest);
        }
        super::ratio::ratio(self.into(), u128::from(self) + u128::from(rest))
    }

    #[inline]
    fn plain(self, rest: u64) -> bool {
        self | rest < EXACT
    }
}

impl Mass for f64 {
    const ZERO: Self = 0.0;

    type Sum = Compensated;

    #[inline]
    fn add(sum: &mut Compensated, mass: f64) {
        sum.add(mass);
    }

    #[inline]
    fn total(sum: Compensated) -> f64 {
        sum.total()
    }

    #[inline]
    fn rest(whole: Compensated, part: Compensated) -> f64 {
        ((whole.sum - part.sum) + (whole.lost - part.lost)).max(0.0)
    }

    fn scale(column: &[f64]) -> Scale {
        const LANES: usize = 16; // side by side, and without care for NaN, which no tally holds
        let mut largest = [0.0; LANES];
        for masses in column.chunks(LANES) {
            largest.iter_mut().zip(masses).for_each(|(most, &mass)| *most = if mass > *most { mass } else { *most });
        }
        Scale::of(largest.into_iter().fold(0.0, f64::max))
    }

    #[inline]
    fn real(self) -> f64 {
        self
    }

    #[inline]
    fn over(self, whole: f64) -> f64 {
        self / whole
    }

    #[inline]
    fn share(self, rest: f64) -> f64 {
        let whole = self + rest;
        if whole.is_finite() { self / whole } else { 0.5 * self / (0.5 * self + 0.5 * rest) }
    }

    #[inline]
    fn plain(self, rest: f64) -> bool {
        (self + rest).is_finite()
    }
}

/// The total of a column.
pub(crate) fn total<M: Mass>(column: &[M]) -> M {
    let mut sum = M::Sum::default();
    column.iter().for_each(|&mass| M::add(&mut sum, mass));
    M::total(sum)
}

/// The totals of both columns, side by side: a sum of weights waits for the addition before.
pub(crate) fn totals<M: Mass>(groups: impl Iterator<Item = (M, M)>) -> [M; 2] {
    let mut sums = [M::Sum::default(); 2];
    groups.for_each(|(p, n)| {
        M::add(&mut sums[0], p);
        M::add(&mut sums[1], n);
    });
    sums.map(M::total)
}

/// One group, with what lies above it: `p, n` inside, `T, F` before it, `tp, fp` once it is admitted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<M> {
    pub p: M,
    pub n: M,
    pub tp_before: M,
    pub fp_before: M,
    pub tp: M,
    pub fp: M,
}

/// The groups from the highest score down, each with its cumulated sums.
#[inline(always)]
pub(crate) fn steps<'a, M: Mass>(positives: &'a [M], negatives: &'a [M]) -> impl Iterator<Item = Step<M>> + 'a {
    steps_from([M::Sum::default(); 2], positives, negatives)
}

/// The same below others, whose sums are `above`.
#[inline(always)]
pub(crate) fn steps_from<'a, M: Mass>(
    above: [M::Sum; 2],
    positives: &'a [M],
    negatives: &'a [M],
) -> impl Iterator<Item = Step<M>> + 'a {
    cumulated(above, positives.iter().copied().zip(negatives.iter().copied()))
}

/// The same of the positives and negatives of each group.
#[inline(always)]
pub(crate) fn steps_of<M: Mass>(groups: impl Iterator<Item = (M, M)>) -> impl Iterator<Item = Step<M>> {
    cumulated([M::Sum::default(); 2], groups)
}

#[inline(always)]
fn cumulated<M: Mass>(
    [mut true_sum, mut false_sum]: [M::Sum; 2],
    groups: impl Iterator<Item = (M, M)>,
) -> impl Iterator<Item = Step<M>> {
    groups.map(move |(p, n)| {
        let (tp_before, fp_before) = (M::total(true_sum), M::total(false_sum));
        M::add(&mut true_sum, p);
        M::add(&mut false_sum, n);
        Step { p, n, tp_before, fp_before, tp: M::total(true_sum), fp: M::total(false_sum) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_huge_weights_does_not_overflow() {
        assert_eq!(1e308.share(1e308), 0.5);
        assert!(0.0.share(0.0).is_nan());
        assert_eq!(5e-324.share(0.0), 1.0);
    }

    #[test]
    fn steps_cumulate_from_the_highest_score_down() {
        let last = steps(&[1_u64, 2], &[3, 0]).last().unwrap();
        assert_eq!((last.tp_before, last.tp, last.fp_before, last.fp), (1, 3, 3, 3));
    }
}
