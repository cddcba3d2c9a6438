//! What a binned tally leaves open: the thresholds between two that were kept.
//!
//! A threshold inside the gap of a group flags between none and all of its positives and between none and all of its
//! negatives, so `(TP, FP)` lies in the box `[T, T + p] × [F, F + n]`. Every rate and every cost is monotone in `TP` and
//! in `FP` while `P` and `N` stay, hence bounded by two corners of the box.

use std::cmp::Ordering;

use super::super::cost::Costs;
use super::super::rate::Rate;
use super::Side;
use super::cuts::{Cell, Cuts};
use super::figure::{Figure, Limit, Objective};
use super::screen::{BLOCK, Screen};
/// Which way a figure goes as true positives, and as false positives, grow.
type Slopes = [Ordering; 2];

/// The gap of a group, with `[tp, fp, fn, tn]` at the thresholds above and below it.
struct Gap<M> {
    group: usize,
    above: [M; 4],
    below: [M; 4],
}

impl<M: Cell> Gap<M> {
    /// The corner of the box where a figure with these slopes is largest.
    fn top(&self, [by_true, by_false]: Slopes) -> [M; 4] {
        let (t, f) = (self.end(by_true), self.end(by_false));
        [t[0], f[1], t[2], f[3]]
    }

    fn end(&self, slope: Ordering) -> &[M; 4] {
        if slope == Ordering::Greater { &self.below } else { &self.above }
    }

    /// False when the rate is outside its limit everywhere in the box; an undefined corner proves nothing.
    fn may_satisfy(&self, figure: &Figure<'_>, limit: &Limit) -> bool {
        let slopes = slopes_of_rate(limit.rate);
        let most = figure.rate(limit.rate, self.top(slopes));
        let least = figure.rate(limit.rate, self.top(slopes.map(Ordering::reverse)));
        !(most < limit.low || least > limit.high)
    }
}

/// The gaps that a threshold can part, from the highest down.
fn gaps<'c, M: Cell>(cuts: &'c Cuts<'_, M>) -> impl Iterator<Item = Gap<M>> + 'c {
    let mut each = cuts.each();
    let mut last = each.next();
    let gaps = each.filter_map(move |next| {
        let (group, above) = last.replace(next)?;
        Some(Gap { group, above, below: next.1 })
    });
    gaps.filter(|gap| !M::is_single(cuts.positives[gap.group], cuts.negatives[gap.group]))
}

/// Gaps, some hundred at a time, with estimates of the merit at the corners that `corners` names; `look` at each.
fn screened<M: Cell, const N: usize>(
    mut gaps: impl Iterator<Item = Gap<M>>,
    screen: &Screen<'_, '_>,
    corners: [Slopes; N],
    mut look: impl FnMut(&Gap<M>, [f64; N]),
) {
    let (mut some, mut cells) = (Vec::with_capacity(BLOCK), Vec::with_capacity(BLOCK));
    let mut estimates = [const { vec![] }; N];
    loop {
        some.clear();
        some.extend(gaps.by_ref().take(BLOCK));
        if some.is_empty() {
            return;
        }
        for (slopes, estimates) in corners.iter().zip(&mut estimates) {
            cells.clear();
            cells.extend(some.iter().map(|gap: &Gap<M>| gap.top(*slopes)));
            screen.estimates(0, &cells, estimates);
        }
        for (i, gap) in some.iter().enumerate() {
            look(gap, estimates.each_ref().map(|estimates| estimates[i]));
        }
    }
}

/// The hull of the gaps in which a better threshold may lie, and the merit that none of them can pass.
pub(super) fn better<M: Cell>(
    cuts: &Cuts<'_, M>,
    screen: &Screen<'_, '_>,
    limits: &[Limit],
    best: Option<f64>,
) -> Option<(f64, f64, f64)> {
    let figure = screen.figure;
    let Some(slopes) = slopes(figure.objective) else {
        return Some((f64::NEG_INFINITY, f64::INFINITY, f64::NAN)); // nothing is known of how it goes
    };
    let slopes = if figure.minimises() { slopes.map(Ordering::reverse) } else { slopes };
    let least = best.map_or(f64::NEG_INFINITY, |best| best + figure.slack(best));
    let surely_less = screen.around(least).0;
    let mut open: Option<(f64, f64, f64)> = None;
    screened(gaps(cuts), screen, [slopes], |gap, [estimate]| {
        if estimate < surely_less {
            return;
        }
        let (p, n) = (cuts.positives[gap.group], cuts.negatives[gap.group]);
        let mut merit = figure.merit(0, gap.top(slopes));
        if merit.is_nan() && p > M::ZERO && n > M::ZERO {
            merit = f64::INFINITY; // a ratio whose denominator goes to 0
        }
        if merit > least && limits.iter().all(|limit| gap.may_satisfy(figure, limit)) {
            let (_, high, most) = open.unwrap_or((0.0, cuts.threshold(gap.group), merit));
            open = Some((cuts.threshold(gap.group + 1), high, most.max(merit)));
        }
    });
    open
}

/// The hull of the gaps, on the side of a threshold that was found, in which the limit may hold too; `screen` estimates its
/// rate.
pub(super) fn beyond<M: Cell>(
    cuts: &Cuts<'_, M>,
    screen: &Screen<'_, '_>,
    limit: Limit,
    found: Option<(usize, Side)>,
) -> Option<(f64, f64)> {
    let on_that_side = |group: usize| match found {
        Some((k, Side::Highest)) => group < k,
        Some((k, Side::Lowest)) => group >= k,
        None => true,
    };
    let slopes = slopes_of_rate(limit.rate);
    let mut open = None;
    let there = gaps(cuts).filter(|gap| on_that_side(gap.group));
    screened(there, screen, [slopes.map(Ordering::reverse), slopes], |gap, estimates| {
        if screen.within(limit, estimates).unwrap_or_else(|| gap.may_satisfy(screen.figure, &limit)) {
            let (_, high) = open.unwrap_or((0.0, cuts.threshold(gap.group)));
            open = Some((cuts.threshold(gap.group + 1), high));
        }
    });
    open
}

fn slopes(objective: &Objective) -> Option<Slopes> {
    match objective {
        Objective::Rate(rate) => Some(slopes_of_rate(*rate)),
        Objective::Cost(costs) => Some(slopes_of_cost(*costs)),
        Objective::Values(_) => None,
    }
}

fn slopes_of_rate(rate: Rate) -> Slopes {
    use Ordering::{Equal, Greater, Less};
    match rate {
        Rate::Recall => [Greater, Equal],
        Rate::FalseNegativeRate => [Less, Equal],
        Rate::FalsePositiveRate => [Equal, Greater],
        Rate::Specificity => [Equal, Less],
        Rate::FalseDiscoveryRate | Rate::ErrorRate | Rate::NegativeLikelihoodRatio => [Less, Greater],
        Rate::PredictedPositiveRate => [Greater, Greater],
        Rate::Prevalence => [Equal, Equal],
        Rate::Precision
        | Rate::NegativePredictiveValue
        | Rate::Accuracy
        | Rate::BalancedAccuracy
        | Rate::FScore { .. }
        | Rate::Jaccard
        | Rate::MatthewsCorrelation
        | Rate::CohenKappa
        | Rate::YoudenJ
        | Rate::Markedness
        | Rate::Lift
        | Rate::PositiveLikelihoodRatio => [Greater, Less],
    }
}

fn slopes_of_cost(costs: Costs) -> Slopes {
    [costs.true_positive.total_cmp(&costs.false_negative), costs.false_positive.total_cmp(&costs.true_negative)]
}
