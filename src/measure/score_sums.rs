//! Sums of scores per group: of scores that are known, or those an accumulator kept.

use crate::error::{Error, Result};
use crate::tally::{Masses, Tally};

/// What one group holds: its masses as float64, and sums over its rows, `[negatives, positives]`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct GroupSums {
    pub masses: [f64; 2],
    /// `Σ w s`.
    pub scores: [f64; 2],
    /// `Σ w s²`.
    pub squared_scores: [f64; 2],
    /// `Σ w (s − y)²` of both classes, with `y` the label.
    pub squared_errors: f64,
    /// `Σ −w ln q` of both classes, with `q` the probability given to the true label.
    pub log_losses: f64,
}

/// The sums of every group from the highest score down; scores must be probabilities.
///
/// # Errors
/// [`Error::NotProbabilities`] when a score lies outside [0, 1], as far as the tally shows it;
/// [`Error::NoSums`] for a binned tally without sums.
pub(crate) fn group_sums(tally: &Tally) -> Result<impl Iterator<Item = GroupSums> + '_> {
    if !tally.tied() && tally.sums().is_none() && !tally.is_empty() {
        return Err(Error::NoSums);
    }
    refuse_others_than_probabilities(tally)?;
    Ok((0..tally.len()).map(|group| {
        let masses = masses(tally, group);
        match tally.sums() {
            Some(sums) if !tally.tied() => {
                let of = |columns: &[Vec<f64>; 2]| [columns[0][group], columns[1][group]];
                let (scores, squared_scores) = (of(&sums.scores), of(&sums.squared_scores));
                let missed = masses[1] - 2.0 * scores[1] + squared_scores[1]; // Σ w (1 − s)²
                let log_losses = of(&sums.log_losses).iter().sum();
                let squared_errors = squared_scores[0] + missed.max(0.0);
                GroupSums { masses, scores, squared_scores, squared_errors, log_losses }
            }
            _ => of_one_score(tally.thresholds()[group], masses),
        }
    }))
}

fn of_one_score(score: f64, masses: [f64; 2]) -> GroupSums {
    let [negatives, positives] = masses;
    let missed = 1.0 - score;
    let loss = |mass: f64, log: f64| if mass == 0.0 { 0.0 } else { -mass * log }; // nobody loses ∞ by a score of 0
    GroupSums {
        masses,
        scores: masses.map(|mass| mass * score),
        squared_scores: masses.map(|mass| mass * score * score),
        squared_errors: negatives * score * score + positives * missed * missed,
        log_losses: loss(negatives, (-score).ln_1p()) + loss(positives, score.ln()),
    }
}

/// `[negatives, positives]` of a group as float64.
pub(crate) fn masses(tally: &Tally, group: usize) -> [f64; 2] {
    match tally.masses() {
        Masses::Counts { positives, negatives } => [negatives[group] as f64, positives[group] as f64],
        Masses::Weights { positives, negatives } => [negatives[group], positives[group]],
    }
}

/// A tied tally shows its scores, kept sums their range.
fn refuse_others_than_probabilities(tally: &Tally) -> Result<()> {
    let held = |group: &usize| masses(tally, *group) != [0.0; 2];
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
