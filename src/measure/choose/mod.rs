//! Choosing a threshold: the best by a rate or a cost under limits, or the one where a rate reaches a target.
//!
//! | file | what it holds |
//! |---|---|
//! | `cuts.rs` | the candidates: every cut of a tally, with its confusion table |
//! | `figure.rs` | what a candidate is judged by |
//! | `gaps.rs` | what a binned tally leaves open between its thresholds |
//!
//! Candidates are ∞, which flags nothing, and the threshold of each group. (Where ∞ itself is a score that is flagged, it
//! is no candidate for nothing.) Ties go to the highest threshold.

mod cuts;
mod figure;
mod gaps;

use self::cuts::{Cell, Cuts};
use self::figure::Figure;
pub use self::figure::{Limit, Objective};
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
    let (first, last) = ends(tally);
    let admitted: Vec<usize> = (first..=last).rev().collect();
    let threshold = |&k: &usize| if k == 0 { f64::INFINITY } else { tally.thresholds()[k - 1] };
    confusion_of_groups(tally, admitted.iter().map(threshold).collect(), &admitted)
}

fn ends(tally: &Tally) -> (usize, usize) {
    match tally.masses() {
        Masses::Counts { positives, negatives } => Cuts::new(tally.thresholds(), positives, negatives).ends,
        Masses::Weights { positives, negatives } => Cuts::new(tally.thresholds(), positives, negatives).ends,
    }
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
    let (first, last) = ends(tally);
    if let Objective::Values(values) = objective
        && values.len() != last + 1 - first
    {
        let (found, expected) = (values.len(), last + 1 - first);
        return Err(Error::LengthMismatch { argument: "values", found, expected });
    }
    Ok(match tally.masses() {
        Masses::Counts { positives, negatives } => {
            let cuts = Cuts::new(tally.thresholds(), positives, negatives);
            best(&cuts, &Figure::new(objective, prevalence, &cuts, true), limits, tolerance, tally.tied())
        }
        Masses::Weights { positives, negatives } => {
            let cuts = Cuts::new(tally.thresholds(), positives, negatives);
            best(&cuts, &Figure::new(objective, prevalence, &cuts, false), limits, tolerance, tally.tied())
        }
    })
}

fn best<M: Cell>(cuts: &Cuts<'_, M>, figure: &Figure<'_>, limits: &[Limit], tolerance: f64, tied: bool) -> Choice {
    let (first, last) = cuts.ends;
    let place = |k: usize| last - k; // candidates ascend, cuts descend
    let mut highest = f64::NEG_INFINITY;
    let mut found = false;
    for (k, cells) in cuts.each() {
        let merit = figure.merit(place(k), cells);
        if (merit > highest || (!found && merit == highest)) && figure.shortfall(limits, cells) == 0.0 {
            (highest, found) = (merit, true);
        }
    }
    let mut choice = if found {
        let slack = figure.slack(highest);
        let given_up = if highest.is_finite() { slack.max(tolerance * highest.abs()) } else { 0.0 };
        let least = highest - given_up;
        let within = |k, cells| figure.merit(place(k), cells) >= least && figure.shortfall(limits, cells) == 0.0;
        let (mut start, mut chosen, mut end) = (None, None, first);
        for (k, cells) in cuts.each() {
            if within(k, cells) {
                start = start.or(Some(k));
                end = k;
                if chosen.is_none() && figure.merit(place(k), cells) >= highest - slack {
                    chosen = Some((k, figure.value(place(k), cells)));
                }
            } else if chosen.is_some() {
                break;
            } else {
                start = None;
            }
        }
        let (k, value) = chosen.unwrap_or((first, f64::NAN)); // the first pass saw one
        let (lowest, highest) = (cuts.threshold(end), cuts.threshold(start.unwrap_or(k)));
        Choice { lowest, highest, ..at(cuts, k, value, true) }
    } else {
        let (k, cells) = nearest(cuts, figure, limits);
        at(cuts, k, figure.value(place(k), cells), false)
    };
    if !tied {
        let open = gaps::better(cuts, figure, limits, found.then_some(highest));
        (choice.unresolved, choice.reachable) = match open {
            Some((low, high, merit)) => (Some((low, high)), figure.signed(merit)),
            None => (None, choice.value),
        };
    }
    choice
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
    let mut within = cuts.each().filter(|&(_, cells)| figure.shortfall(&[limit], cells) == 0.0);
    let found = match side {
        Side::Highest => within.next(),
        Side::Lowest => within.last(),
    };
    let (k, cells) = found.unwrap_or_else(|| nearest(cuts, figure, &[limit]));
    let mut choice = at(cuts, k, figure.rate(limit.rate, cells), found.is_some());
    if !tied {
        choice.unresolved = gaps::beyond(cuts, figure, limit, found.map(|_| (k, side)));
        if choice.unresolved.is_some() {
            choice.reachable = f64::NAN;
        }
    }
    choice
}
