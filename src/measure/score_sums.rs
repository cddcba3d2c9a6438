//! Sums of scores over groups: of scores that are known, or those an accumulator kept.

use std::ops::Range;

use super::sum::{Compensated, Mass, total};
use crate::error::{Error, Result};
use crate::tally::{Masses, Sums, Tally};

/// What some groups hold: their masses as float64, and sums over their rows, `[negatives, positives]`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct GroupSums {
    pub masses: [f64; 2],
    /// `Σ w s`.
    pub scores: [f64; 2],
    /// `Σ w s²`.
    pub squared_scores: [f64; 2],
}

/// Sums of scores of a tally whose scores are probabilities.
#[derive(Clone, Copy)]
pub(crate) struct ScoreSums<'t> {
    tally: &'t Tally,
    /// Those that were kept, where groups are no single scores.
    kept: Option<&'t Sums>,
}

impl<'t> ScoreSums<'t> {
    /// # Errors
    /// [`Error::NotProbabilities`] when a score lies outside [0, 1], as far as the tally shows it;
    /// [`Error::NoSums`] for a binned tally without sums.
    pub(crate) fn of(tally: &'t Tally) -> Result<Self> {
        let kept = if tally.tied() { None } else { tally.sums() };
        if kept.is_none() && !tally.tied() && !tally.is_empty() {
            return Err(Error::NoSums);
        }
        refuse_others_than_probabilities(tally)?;
        Ok(Self { tally, kept })
    }

    /// All there is of both classes.
    pub(crate) fn whole(self) -> f64 {
        match self.tally.masses() {
            Masses::Counts { positives, negatives } => (total(positives) + total(negatives)) as f64,
            Masses::Weights { positives, negatives } => sum([&positives[..], negatives]),
        }
    }

    /// `Σ w s`.
    pub(crate) fn scores(self) -> f64 {
        match self.kept {
            Some(kept) => sum(kept.scores.each_ref().map(Vec::as_slice)),
            None => self.added(|score, masses| masses.map(|mass| mass * score)),
        }
    }

    /// `Σ w (s − y)²`, with `y` the label.
    pub(crate) fn squared_errors(self) -> f64 {
        let Some(kept) = self.kept else {
            let errors = |score: f64, [n, p]: [f64; 2]| [n * score * score, p * (1.0 - score) * (1.0 - score)];
            return self.added(errors);
        };
        let missed = match self.tally.masses() {
            Masses::Counts { positives, .. } => squared_misses(positives, kept),
            Masses::Weights { positives, .. } => squared_misses(positives, kept),
        };
        let mut all = missed;
        kept.squared_scores[0].iter().for_each(|&square| all.add(square));
        all.total()
    }

    /// `Σ −w ln q`, with `q` the probability given to the true label; ∞ as soon as a term is.
    pub(crate) fn log_losses(self) -> f64 {
        match self.kept {
            Some(kept) => sum(kept.log_losses.each_ref().map(Vec::as_slice)),
            None => self.added(|score, [n, p]| {
                // Mostly a group has one class, so one logarithm; and nobody loses ∞ by a score of 0.
                let of_negatives = if n == 0.0 { 0.0 } else { n * -(-score).ln_1p() };
                [of_negatives, if p == 0.0 { 0.0 } else { p * -score.ln() }]
            }),
        }
    }

    /// The sums of some groups.
    pub(crate) fn of_groups(self, groups: Range<usize>) -> GroupSums {
        match self.tally.masses() {
            Masses::Counts { positives, negatives } => self.of_these([negatives, positives], groups),
            Masses::Weights { positives, negatives } => self.of_these([negatives, positives], groups),
        }
    }

    fn of_these<M: Mass>(self, columns: [&Vec<M>; 2], groups: Range<usize>) -> GroupSums {
        let columns = columns.map(|column| &column[groups.clone()]);
        if let Some(kept) = self.kept {
            let of = |kept: &[Vec<f64>; 2]| kept.each_ref().map(|column| sum([&column[groups.clone()]]));
            let (scores, squared_scores) = (of(&kept.scores), of(&kept.squared_scores));
            return GroupSums { masses: columns.map(|column| sum([column])), scores, squared_scores };
        }
        let thresholds = &self.tally.thresholds()[groups];
        let mut sums = [[Compensated::default(); 3]; 2];
        let groups = thresholds.iter().zip(columns[0].iter().zip(columns[1]));
        for (&score, (&negatives, &positives)) in groups {
            for (sums, mass) in sums.iter_mut().zip([negatives.real(), positives.real()]) {
                let product = mass * score;
                sums[0].add(mass);
                sums[1].add(product);
                sums[2].add(product * score);
            }
        }
        let [[n, n_scores, n_squares], [p, p_scores, p_squares]] = sums.map(|sums| sums.map(Compensated::total));
        GroupSums { masses: [n, p], scores: [n_scores, p_scores], squared_scores: [n_squares, p_squares] }
    }

    /// The sum of what `of` makes of each score and its `[negatives, positives]`.
    fn added(self, of: impl Fn(f64, [f64; 2]) -> [f64; 2]) -> f64 {
        let thresholds = self.tally.thresholds();
        match self.tally.masses() {
            Masses::Counts { positives, negatives } => added(thresholds, positives, negatives, of),
            Masses::Weights { positives, negatives } => added(thresholds, positives, negatives, of),
        }
    }
}

fn added<M: Mass>(thresholds: &[f64], positives: &[M], negatives: &[M], of: impl Fn(f64, [f64; 2]) -> [f64; 2]) -> f64 {
    let mut sums = [Compensated::default(); 2];
    for ((&score, p), n) in thresholds.iter().zip(positives).zip(negatives) {
        let terms = of(score, [n.real(), p.real()]);
        sums[0].add(terms[0]);
        sums[1].add(terms[1]);
    }
    together(sums)
}

/// The sum of all these columns.
fn sum<M: Mass, const N: usize>(columns: [&[M]; N]) -> f64 {
    let sums = columns.map(|column| {
        let mut sum = Compensated::default();
        column.iter().for_each(|mass| sum.add(mass.real()));
        sum
    });
    together(sums)
}

/// `Σ w (1 − s)²` of positives.
fn squared_misses<M: Mass>(positives: &[M], kept: &Sums) -> Compensated {
    let mut all = Compensated::default();
    for ((p, score), square) in positives.iter().zip(&kept.scores[1]).zip(&kept.squared_scores[1]) {
        all.add((p.real() - 2.0 * score + square).max(0.0));
    }
    all
}

/// Sums together, ∞ if one of them is.
fn together<const N: usize>(sums: [Compensated; N]) -> f64 {
    if sums.iter().any(|sum| sum.sum == f64::INFINITY) {
        return f64::INFINITY; // what was lost on the way there is NaN
    }
    let mut all = Compensated::default();
    sums.iter().for_each(|sum| [sum.sum, sum.lost].into_iter().for_each(|part| all.add(part)));
    all.total()
}

/// A tied tally shows its scores, kept sums their range.
fn refuse_others_than_probabilities(tally: &Tally) -> Result<()> {
    let held = |group: &usize| tally.masses().group(*group) != [0.0; 2];
    let range = match tally.sums() {
        Some(sums) => sums.range.map(|[low, high]| (low, high)),
        None => {
            let mut groups = (0..tally.len()).filter(held);
            let high = groups.next().map(|group| tally.thresholds()[group]);
            high.map(|high| (groups.next_back().map_or(high, |group| tally.thresholds()[group]), high))
        }
    };
    match range {
        Some((low, high)) if low < 0.0 || high > 1.0 => Err(Error::NotProbabilities { low, high }),
        _ => Ok(()),
    }
}
