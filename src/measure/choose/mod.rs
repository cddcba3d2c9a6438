//! Choosing a threshold: the best by a rate or a cost under limits, or the one where a rate reaches a target.
//!
//! | file | what it holds |
//! |---|---|
//! | `cuts.rs` | the candidates: every cut of a tally, with its confusion table |
//! | `figure.rs` | what a candidate is judged by |
//! | `best.rs` | the best of the candidates, and the run around it |
//! | `blocks.rs` | candidates by the hundred, with what none of them can pass, so that few are looked at |
//! | `limits.rs` | what a candidate must stay within |
//! | `screen.rs` | estimates, so that few candidates are worked out exactly |
//! | `gaps.rs` | what a binned tally leaves open between its thresholds |
//!
//! Candidates are ∞, which flags nothing, and the threshold of each group. (Where ∞ itself is a score that is flagged, it
//! is no candidate for nothing.) Ties go to the highest threshold.

mod best;
mod blocks;
mod cuts;
mod figure;
mod gaps;
mod limits;
mod screen;

use self::blocks::{Block, Blocks};
use self::cuts::{Cell, Cuts};
use self::figure::Figure;
pub use self::figure::{Limit, Objective};
use self::screen::Screen;
use super::confusion::{ConfusionCounts, confusion_of_groups};
use crate::error::{Error, Result};
use crate::tally::{Masses, Tally};

/// A threshold, why it was chosen, and what else would have done.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The threshold; ∞ flags nothing.
    pub threshold: f64,
    /// How many groups it admits.
    pub admitted: usize,
    /// The objective there; NaN where it is undefined.
    pub value: f64,
    /// False when no candidate satisfies every limit with a defined objective: then this is the candidate whose worst
    /// rate comes closest to its limit.
    pub feasible: bool,
    /// Lowest threshold of the run of candidates around this one that satisfy the limits within the tolerance.
    pub lowest: f64,
    /// Highest threshold of that run.
    pub highest: f64,
    /// Where a better threshold may lie, between thresholds that were kept; `None`: nowhere.
    pub unresolved: Option<(f64, f64)>,
    /// What no threshold can beat: `value` when nothing is unresolved, NaN when it is not known.
    pub reachable: f64,
}

/// The candidates of a tally as confusion tables, thresholds ascending, ∞ last.
#[must_use]
pub fn candidates(tally: &Tally) -> ConfusionCounts {
    let (first, last) = cuts::ends(tally.thresholds());
    let admitted: Vec<usize> = (first..=last).rev().collect();
    let threshold = |&k: &usize| if k == 0 { f64::INFINITY } else { tally.thresholds()[k - 1] };
    confusion_of_groups(tally, admitted.iter().map(threshold).collect(), &admitted)
}

/// The candidate with the best objective among those within every limit, at the share of positives `prevalence`.
///
/// Rates of rows are compared as exact quotients, correctly rounded; the Matthews correlation, an F score with another
/// `beta` than 1, costs that are no integers, sums of weights, other prevalences, and rates made of products of more
/// than 2^26 rows tie when they differ by less than 1e-14 (of the largest cost). An undefined rate is never best and
/// within no limit. `tolerance` is relative to the best value: the run of candidates around it that are no worse than
/// `(1 ± tolerance)` of it. Of binned tallies see [`Choice::unresolved`]. O(groups).
///
/// # Errors
/// [`Error::OutOfRange`] for a `prevalence` outside [0, 1] or a negative `tolerance`; [`Error::LengthMismatch`] for
/// [`Objective::Values`] of another length than the candidates.
///
/// ```
/// use thresher::measure::{Objective, Rate, best_threshold};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// let choice = best_threshold(&tally, &Objective::Rate(Rate::FScore { beta: 1.0 }), &[], None, 0.0)?;
/// assert_eq!((choice.threshold, choice.value), (0.35, 0.8));
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn best_threshold(
    tally: &Tally,
    objective: &Objective,
    limits: &[Limit],
    prevalence: Option<f64>,
    tolerance: f64,
) -> Result<Choice> {
    if let Some(value) = prevalence.filter(|share| !(0.0..=1.0).contains(share)) {
        return Err(Error::OutOfRange { argument: "prevalence", value, accepted: "in [0, 1]" });
    }
    if !(tolerance >= 0.0 && tolerance.is_finite()) {
        return Err(Error::OutOfRange { argument: "tolerance", value: tolerance, accepted: "finite and >= 0" });
    }
    let (first, last) = cuts::ends(tally.thresholds());
    if let Objective::Values(values) = objective
        && values.len() != last + 1 - first
    {
        let (found, expected) = (values.len(), last + 1 - first);
        return Err(Error::LengthMismatch { argument: "values", found, expected });
    }
    Ok(match tally.masses() {
        Masses::Counts { positives, negatives } => {
            let cuts = Cuts::new(tally.thresholds(), positives, negatives);
            best::best(&cuts, &Figure::new(objective, prevalence, &cuts, true), limits, tolerance, tally.tied())
        }
        Masses::Weights { positives, negatives } => {
            let cuts = Cuts::new(tally.thresholds(), positives, negatives);
            best::best(&cuts, &Figure::new(objective, prevalence, &cuts, false), limits, tolerance, tally.tied())
        }
    })
}

/// The cut whose worst rate comes closest to its limit, the highest threshold of several.
fn nearest<M: Cell>(cuts: &Cuts<'_, M>, figure: &Figure<'_>, limits: &[Limit]) -> (usize, [M; 4]) {
    let mut nearest = (cuts.ends.0, [M::ZERO; 4]);
    let mut least = f64::NAN;
    for (k, cells) in cuts.each() {
        let off = figure.shortfall(limits, cells);
        if least.is_nan() || off < least {
            (nearest, least) = ((k, cells), off);
        }
    }
    nearest
}

fn at<M: Cell>(cuts: &Cuts<'_, M>, k: usize, value: f64, feasible: bool) -> Choice {
    let threshold = cuts.threshold(k);
    let (lowest, highest) = (threshold, threshold);
    Choice { threshold, admitted: k, value, feasible, lowest, highest, unresolved: None, reachable: value }
}

/// Which of the candidates within a limit is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// That with the highest threshold.
    Highest,
    /// That with the lowest.
    Lowest,
}

/// The candidate on that `side` among those within `limit`: a rate of rows is compared with it correctly rounded, so that
/// 9 of 10 reaches 0.9. Not feasible: the candidate that comes closest. O(groups).
///
/// ```
/// use thresher::measure::{Limit, Rate, Side, threshold_at};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// let half = Limit { rate: Rate::Recall, low: 0.5, high: f64::INFINITY };
/// assert_eq!(threshold_at(&tally, half, Side::Highest).threshold, 0.8);
/// ```
#[must_use]
pub fn threshold_at(tally: &Tally, limit: Limit, side: Side) -> Choice {
    let objective = Objective::Rate(limit.rate);
    match tally.masses() {
        Masses::Counts { positives, negatives } => {
            let cuts = Cuts::new(tally.thresholds(), positives, negatives);
            reached(&cuts, &Figure::new(&objective, None, &cuts, true), limit, side, tally.tied())
        }
        Masses::Weights { positives, negatives } => {
            let cuts = Cuts::new(tally.thresholds(), positives, negatives);
            reached(&cuts, &Figure::new(&objective, None, &cuts, false), limit, side, tally.tied())
        }
    }
}

fn reached<M: Cell>(cuts: &Cuts<'_, M>, figure: &Figure<'_>, limit: Limit, side: Side, tied: bool) -> Choice {
    let (screen, blocks) = (Screen::new(figure, cuts), Blocks::new(cuts));
    let verdicts = limits::within(&blocks, &screen, limit, screen.band(limit));
    let found = first_within(&blocks, &screen, limit, &verdicts, side);
    let (k, cells) = found.unwrap_or_else(|| nearest(cuts, figure, &[limit]));
    let mut choice = at(cuts, k, figure.rate(limit.rate, cells), found.is_some());
    if !tied {
        choice.unresolved = gaps::beyond(&blocks, &screen, limit, &verdicts, found.map(|_| (k, side)));
        if choice.unresolved.is_some() {
            choice.reachable = f64::NAN;
        }
    }
    choice
}

/// The first cut within the limit that is met from the given side on, among the blocks that may hold one.
fn first_within<M: Cell>(
    blocks: &Blocks<'_, '_, M>,
    screen: &Screen<'_, '_>,
    limit: Limit,
    verdicts: &[Option<bool>],
    side: Side,
) -> Option<(usize, [M; 4])> {
    let (band, figure) = (screen.band(limit), screen.figure);
    let mut block = Block { first: 0, cells: vec![], estimates: vec![] };
    let mut inside = |number: usize| {
        blocks.fill(number, screen, &mut block);
        let holds = |i: &usize| {
            let clear = band.holds([block.estimates[*i]; 2]);
            clear.unwrap_or_else(|| figure.shortfall(&[limit], block.cells[*i]) == 0.0)
        };
        let mut cuts = 0..block.cells.len();
        let found = if side == Side::Highest { cuts.find(holds) } else { cuts.rfind(holds) };
        found.map(|i| (block.first + i, block.cells[i]))
    };
    let mut numbers = (0..blocks.len()).filter(|&number| verdicts[number] != Some(false));
    if side == Side::Highest { numbers.find_map(&mut inside) } else { numbers.rev().find_map(&mut inside) }
}

#[cfg(test)]
mod tests {
    use super::super::rate::Rate;
    use super::*;

    fn tally(thresholds: &[f64], positives: &[u64], negatives: &[u64], tied: bool) -> Tally {
        let masses = Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() };
        Tally::new(thresholds.to_vec(), masses, tied)
    }

    fn best_rate(tally: &Tally, name: &str) -> Choice {
        let objective = Objective::Rate(Rate::named(name, 1.0).unwrap().unwrap());
        best_threshold(tally, &objective, &[], None, 0.0).unwrap()
    }

    #[test]
    fn ties_go_to_the_highest_threshold() {
        let mirror = tally(&[4.0, 3.0, 2.0, 1.0], &[1, 0, 1, 0], &[0, 1, 0, 1], true);
        assert_eq!(best_rate(&mirror, "youden_j").threshold, 4.0);
        assert_eq!(best_rate(&mirror, "matthews_correlation").threshold, 4.0);
        assert_eq!(best_rate(&mirror, "prevalence").threshold, f64::INFINITY);
    }

    #[test]
    fn counts_beyond_exact_products_still_find_the_best() {
        let huge = 1_u64 << 40;
        let choice = best_rate(&tally(&[3.0, 2.0, 1.0], &[huge, huge, 0], &[0, huge / 2, huge], true), "youden_j");
        assert_eq!((choice.threshold, choice.value), (2.0, 2.0 / 3.0));
    }

    #[test]
    fn blocks_of_cuts_are_seen_whole() {
        let n = 700; // the best lies at the last cut of a block, at the first of one, and at the end
        let thresholds: Vec<f64> = (0..n).rev().map(f64::from).collect();
        for peak in [0_usize, 255, 256, 257, 511, 699] {
            let positives: Vec<u64> = (0..n as usize).map(|i| u64::from(i <= peak)).collect();
            let negatives: Vec<u64> = positives.iter().map(|p| 1 - p).collect();
            let choice = best_rate(&tally(&thresholds, &positives, &negatives, true), "accuracy");
            assert_eq!((choice.admitted, choice.value), (peak + 1, 1.0));
        }
    }

    #[test]
    fn an_empty_tally_has_one_candidate_and_no_best() {
        let empty = tally(&[], &[], &[], false);
        assert_eq!(candidates(&empty).thresholds, [f64::INFINITY]);
        let choice = best_rate(&empty, "f1");
        assert!(!choice.feasible && choice.value.is_nan() && choice.threshold == f64::INFINITY);
    }

    #[test]
    fn settings_are_checked() {
        let tally = tally(&[1.0], &[1], &[1], true);
        let of = |objective: &Objective, prevalence, tolerance| {
            best_threshold(&tally, objective, &[], prevalence, tolerance).unwrap_err()
        };
        let recall = Objective::Rate(Rate::Recall);
        assert!(matches!(of(&recall, Some(1.5), 0.0), Error::OutOfRange { argument: "prevalence", .. }));
        assert!(matches!(of(&recall, None, f64::NAN), Error::OutOfRange { argument: "tolerance", .. }));
        let values = Objective::Values(vec![0.0]);
        assert!(matches!(of(&values, None, 0.0), Error::LengthMismatch { argument: "values", found: 1, .. }));
    }
}
