//! Sums of scores over groups: of scores that are known, or those an accumulator kept.

use std::ops::Range;

use super::stretch::{STRETCH, Terms};
use super::sum::{Compensated, Mass, total};
use crate::error::{Error, Result};
use crate::tally::{Masses, Sums, Tally, ln};

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
            None => match self.tally.masses() {
                Masses::Counts { positives, negatives } => log_losses(self.tally.thresholds(), positives, negatives),
                Masses::Weights { positives, negatives } => log_losses(self.tally.thresholds(), positives, negatives),
            },
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

/// `Σ −w ln q` of groups of one score each.
fn log_losses<M: Mass>(scores: &[f64], positives: &[M], negatives: &[M]) -> f64 {
    let (mut sums, mut losses) = ([Compensated::default(); 2], [[0.0; STRETCH]; 2]);
    let masses = positives.chunks(STRETCH).zip(negatives.chunks(STRETCH));
    for (scores, (positives, negatives)) in scores.chunks(STRETCH).zip(masses) {
        let groups = || positives.iter().zip(negatives);
        let mixed = groups().fold(false, |mixed, (&p, &n)| mixed | (p != M::ZERO) & (n != M::ZERO));
        if !scores.iter().fold(true, |inside, &score| inside & (score > 0.0) & (score < 1.0)) {
            for ((&score, (&p, &n)), i) in scores.iter().zip(groups()).zip(0..) {
                // Nobody loses ∞ by a score of 0.
                losses[0][i] = if n == M::ZERO { 0.0 } else { -(-score).ln_1p() };
                losses[1][i] = if p == M::ZERO { 0.0 } else { -score.ln() };
            }
        } else if mixed {
            lose(&mut losses[0], scores, |_| false);
            lose(&mut losses[1], scores, |_| true);
        } else {
            lose(&mut losses[0], scores, |i| positives[i] != M::ZERO); // one logarithm does for both
            losses[1] = losses[0];
        }
        let [of_negatives, of_positives] = &losses;
        for ((&p, &n), (negative, positive)) in groups().zip(of_negatives.iter().zip(of_positives)) {
            sums[0].add(n.real() * negative);
            sums[1].add(p.real() * positive);
        }
    }
    together(sums)
}

/// The loss of each of some scores in (0, 1), by a label that is `positive` or not; without branches, which no processor
/// could foretell. With `s + q` off 1 by `r`, what rounding took from `q = 1 − s`, `ln(1 − s) = ln q + r / q`.
#[inline(always)]
fn lose(losses: &mut Terms, scores: &[f64], positive: impl Fn(usize) -> bool) {
    let (mut given, mut rests) = ([1.0; STRETCH], [0.0; STRETCH]);
    for (i, ((given, rest), &score)) in given.iter_mut().zip(&mut rests).zip(scores).enumerate() {
        let (other, positive) = (1.0 - score, positive(i));
        *given = if positive { score } else { other };
        *rest = if positive { 0.0 } else { ((1.0 - other) - score) / other };
    }
    for (loss, (given, rest)) in losses.iter_mut().zip(given.iter().zip(&rests)).take(scores.len()) {
        *loss = -(ln(*given) + rest);
    }
}

/// The sum of all these columns of one length.
fn sum<M: Mass, const N: usize>(columns: [&[M]; N]) -> f64 {
    let (mut sums, len) = ([Compensated::default(); N], columns.first().map_or(0, |column| column.len()));
    let columns = columns.map(|column| &column[..len]);
    // Side by side: a sum waits for the addition before.
    (0..len).for_each(|i| sums.iter_mut().zip(columns).for_each(|(sum, column)| sum.add(column[i].real())));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_those_of_their_groups_one_by_one() {
        let scores = |from: f64, factor: f64| (0..300).map(move |i| from * factor.powi(i)).collect::<Vec<f64>>();
        let rare = scores(0.3, 0.8);
        let common: Vec<f64> = rare.iter().rev().map(|score| 1.0 - score).filter(|&score| score < 1.0).collect();
        let ends = [&[1.0][..], &rare, &[0.0]].concat();
        for scores in [rare, common, ends] {
            let all: Vec<u64> = (0..scores.len() as u64).collect();
            for masses in [|i: u64| [i % 2, (i + 1) % 2 * 3], |i| [i % 3, i % 4], |i| [0, i % 5], |i| [i % 5, 0]] {
                let column = |label: usize| all.iter().map(|&i| masses(i)[label]).collect::<Vec<u64>>();
                let (positives, negatives) = (column(1), column(0));
                let expected = added(&scores, &positives, &negatives, |score, [n, p]| {
                    let lost = |mass: f64, loss: f64| if mass == 0.0 { 0.0 } else { mass * loss };
                    [lost(n, -(-score).ln_1p()), lost(p, -score.ln())]
                });
                let found = log_losses(&scores, &positives, &negatives);
                assert!(found == expected || (found / expected - 1.0).abs() < 1e-15, "{found} {expected}");
                let real = |column: &[u64]| column.iter().map(|&mass| mass as f64).collect::<Vec<f64>>();
                assert_eq!(log_losses(&scores, &real(&positives), &real(&negatives)), found);
            }
        }
    }
}
