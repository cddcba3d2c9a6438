//! [`Cuts`]: where a tally can be cut in two, with the confusion table of each cut.

use super::super::cost::Costs;
use super::super::rate::Rate;
use super::super::sum::Mass;

/// A mass that rates and costs are made of.
pub(super) trait Cell: Mass {
    /// Of `[tp, fp, fn, tn]`.
    fn rate(cells: [Self; 4], rate: Rate) -> f64;

    /// Of `[tp, fp, fn, tn]`.
    fn cost(cells: [Self; 4], costs: Costs) -> f64;

    /// False for a table of which rounding may have made what lies below the threshold.
    fn is_steady(cells: [Self; 4]) -> bool;

    /// True when no threshold can part a group of this much.
    fn is_single(positives: Self, negatives: Self) -> bool;
}

impl Cell for u64 {
    fn rate([tp, fp, fn_, tn]: [u64; 4], rate: Rate) -> f64 {
        rate.of_counts(tp, fp, fn_, tn)
    }

    fn cost([tp, fp, fn_, tn]: [u64; 4], costs: Costs) -> f64 {
        costs.of_counts(tp, fp, fn_, tn)
    }

    fn is_steady(_: [u64; 4]) -> bool {
        true
    }

    fn is_single(positives: u64, negatives: u64) -> bool {
        positives + negatives < 2
    }
}

impl Cell for f64 {
    fn rate([tp, fp, fn_, tn]: [f64; 4], rate: Rate) -> f64 {
        rate.of(tp, fp, fn_, tn)
    }

    fn cost([tp, fp, fn_, tn]: [f64; 4], costs: Costs) -> f64 {
        costs.of(tp, fp, fn_, tn)
    }

    fn is_steady([tp, fp, fn_, tn]: [f64; 4]) -> bool {
        const MUCH: f64 = 1e-3; // of the whole, which rounds by 1e-16
        fn_ >= MUCH * (tp + fn_) && tn >= MUCH * (fp + tn)
    }

    fn is_single(positives: f64, negatives: f64) -> bool {
        positives == 0.0 && negatives == 0.0 // how many rows made up a weight is not known
    }
}

/// The cuts of a tally: cut `k` flags its first `k` groups.
pub(super) struct Cuts<'t, M: Mass> {
    pub thresholds: &'t [f64],
    pub positives: &'t [M],
    pub negatives: &'t [M],
    /// The first cut that a threshold makes, and the last.
    pub ends: (usize, usize),
    /// Sums of both columns.
    all: [M::Sum; 2],
}

/// The first cut that a threshold makes, and the last.
///
/// Flagging nothing has the threshold ∞, unless that flags a group; a second group at −∞ cannot be told from the one above
/// it.
pub(super) fn ends(thresholds: &[f64]) -> (usize, usize) {
    let first = usize::from(thresholds.first() == Some(&f64::INFINITY));
    let twice = matches!(thresholds, [.., a, b] if a == b);
    (first, thresholds.len() - usize::from(twice))
}

impl<'t, M: Cell> Cuts<'t, M> {
    pub(super) fn new(thresholds: &'t [f64], positives: &'t [M], negatives: &'t [M]) -> Self {
        let mut all = [M::Sum::default(); 2];
        for (&p, &n) in positives.iter().zip(negatives) {
            M::add(&mut all[0], p); // side by side: a sum of weights waits for the addition before
            M::add(&mut all[1], n);
        }
        Self { thresholds, positives, negatives, ends: ends(thresholds), all }
    }

    /// The threshold that makes cut `k`.
    pub(super) fn threshold(&self, k: usize) -> f64 {
        if k == 0 { f64::INFINITY } else { self.thresholds[k - 1] }
    }

    /// Rows of `[positives, negatives]`, as float64.
    pub(super) fn totals(&self) -> [f64; 2] {
        self.all.map(|sum| M::total(sum).real())
    }

    /// Rows of both classes, as a float64.
    pub(super) fn mass(&self) -> f64 {
        self.totals().iter().sum()
    }

    /// Every cut from the highest threshold down, with `[tp, fp, fn, tn]`.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, [M; 4])> + '_ {
        let (mut sums, last) = (Sums::new(self), self.ends.1);
        let cuts = (0..=last).map(move |k| {
            let cells = sums.cells();
            if k < last {
                sums.add(self.positives[k], self.negatives[k]);
            }
            (k, cells)
        });
        cuts.skip(self.ends.0)
    }
}

/// What lies above a cut, and in all.
#[derive(Clone, Copy)]
pub(super) struct Sums<M: Mass> {
    all: [M::Sum; 2],
    flagged: [M::Sum; 2],
}

impl<M: Mass> Sums<M> {
    /// At the first of all cuts, which flags nothing.
    pub(super) fn new(cuts: &Cuts<'_, M>) -> Self {
        Self { all: cuts.all, flagged: Default::default() }
    }

    /// Goes on to the next cut.
    #[inline(always)]
    pub(super) fn add(&mut self, positives: M, negatives: M) {
        M::add(&mut self.flagged[0], positives);
        M::add(&mut self.flagged[1], negatives);
    }

    /// Goes on by some cuts.
    pub(super) fn add_all(&mut self, positives: &[M], negatives: &[M]) {
        positives.iter().zip(negatives).for_each(|(&p, &n)| self.add(p, n));
    }

    /// `[tp, fp, fn, tn]`.
    #[inline(always)]
    pub(super) fn cells(&self) -> [M; 4] {
        let ([all_p, all_n], [true_sum, false_sum]) = (self.all, self.flagged);
        [M::total(true_sum), M::total(false_sum), M::rest(all_p, true_sum), M::rest(all_n, false_sum)]
    }
}
