//! What a binned tally leaves open: the thresholds between two that were kept.
//!
//! A threshold inside the gap of a group flags between none and all of its positives and between none and all of its
//! negatives, so `(TP, FP)` lies in the box `[T, T + p] × [F, F + n]`. Every rate and every cost is monotone in `TP` and
//! in `FP` while `P` and `N` stay, hence bounded by two corners of the box.

use std::cmp::Ordering;

use super::super::cost::Costs;
use super::super::rate::Rate;
use super::Side;
use super::blocks::{BLOCK, Block, Blocks};
use super::cuts::Cell;
use super::figure::{Figure, Limit, Objective};
use super::screen::Screen;

/// Which way a figure goes as true positives, and as false positives, grow.
pub(super) type Slopes = [Ordering; 2];

/// The gap of a group, with `[tp, fp, fn, tn]` at the thresholds above and below it.
struct Gap<M> {
    group: usize,
    above: [M; 4],
    below: [M; 4],
}

/// The corner of the box between two tables where a figure with these slopes is largest.
pub(super) fn top<M: Copy>(above: &[M; 4], below: &[M; 4], [by_true, by_false]: Slopes) -> [M; 4] {
    let end = |slope: Ordering| if slope == Ordering::Greater { below } else { above };
    let (t, f) = (end(by_true), end(by_false));
    [t[0], f[1], t[2], f[3]]
}

impl<M: Cell> Gap<M> {
    fn top(&self, slopes: Slopes) -> [M; 4] {
        top(&self.above, &self.below, slopes)
    }

    /// False when the rate is outside its limit everywhere in the box; an undefined corner proves nothing.
    fn may_satisfy(&self, figure: &Figure<'_>, limit: &Limit) -> bool {
        let slopes = slopes_of_rate(limit.rate);
        let most = figure.rate(limit.rate, self.top(slopes));
        let least = figure.rate(limit.rate, self.top(slopes.map(Ordering::reverse)));
        !(most < limit.low || least > limit.high)
    }
}

/// Gaps of one block.
struct Gaps<M> {
    block: Block<M>,
    some: Vec<Gap<M>>,
    corners: Vec<[M; 4]>,
}

impl<M: Cell> Gaps<M> {
    fn new() -> Self {
        Self { block: Block { first: 0, cells: vec![], estimates: vec![] }, some: vec![], corners: vec![] }
    }

    /// Those of block `i` that a threshold can part and that are `wanted`, from the highest down, each with estimates of
    /// the merit at the corners that `slopes` name.
    fn each<const N: usize>(
        &mut self,
        (blocks, i): (&Blocks<'_, '_, M>, usize),
        screen: &Screen<'_, '_>,
        slopes: [Slopes; N],
        wanted: impl Fn(usize) -> bool,
        mut look: impl FnMut(&Gap<M>, [f64; N]),
    ) {
        let (Self { block, some, corners }, cuts) = (self, blocks.cuts);
        blocks.fill_cells(i, block);
        let next = (i + 1 < blocks.len()).then(|| blocks.ends(i)[1]);
        block.cells.extend(next);
        some.clear();
        for (j, cells) in block.cells.windows(2).enumerate() {
            let group = block.first + j;
            if !M::is_single(cuts.positives[group], cuts.negatives[group]) && wanted(group) {
                some.push(Gap { group, above: cells[0], below: cells[1] });
            }
        }
        let estimates = slopes.map(|slopes| {
            corners.clear();
            corners.extend(some.iter().map(|gap| gap.top(slopes)));
            let mut estimates = Vec::with_capacity(corners.len());
            screen.estimates(0, corners, &mut estimates);
            estimates
        });
        for (j, gap) in some.iter().enumerate() {
            look(gap, estimates.each_ref().map(|estimates| estimates[j]));
        }
    }
}

/// The hull of the gaps in which a better threshold may lie, and the merit that none of them can pass; `bounds` are those
/// of the blocks.
pub(super) fn better<M: Cell>(
    blocks: &Blocks<'_, '_, M>,
    screen: &Screen<'_, '_>,
    bounds: &[f64],
    limits: &[Limit],
    best: Option<f64>,
) -> Option<(f64, f64, f64)> {
    let (figure, cuts) = (screen.figure, blocks.cuts);
    let Some(slopes) = slopes(figure.objective) else {
        return Some((f64::NEG_INFINITY, f64::INFINITY, f64::NAN)); // nothing is known of how it goes
    };
    let slopes = if figure.minimises() { slopes.map(Ordering::reverse) } else { slopes };
    let least = best.map_or(f64::NEG_INFINITY, |best| best + figure.slack(best));
    let surely_less = screen.around(least).0;
    let (mut open, mut gaps): (Option<(f64, f64, f64)>, _) = (None, Gaps::new());
    for i in (0..blocks.len()).filter(|&i| bounds[i] > f64::NEG_INFINITY && bounds[i] >= surely_less) {
        gaps.each(
            (blocks, i),
            screen,
            [slopes],
            |_| true,
            |gap, [estimate]| {
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
            },
        );
    }
    open
}

/// The hull of the gaps, on the side of a threshold that was found, in which the limit may hold too; `screen` estimates its
/// rate, and `verdicts` say of each block whether it is within the limit.
pub(super) fn beyond<M: Cell>(
    blocks: &Blocks<'_, '_, M>,
    screen: &Screen<'_, '_>,
    limit: Limit,
    verdicts: &[Option<bool>],
    found: Option<(usize, Side)>,
) -> Option<(f64, f64)> {
    let on_that_side = |group: usize| match found {
        Some((k, Side::Highest)) => group < k,
        Some((k, Side::Lowest)) => group >= k,
        None => true,
    };
    let (slopes, band, cuts) = (slopes_of_rate(limit.rate), screen.band(limit), blocks.cuts);
    let (mut open, mut gaps) = (None, Gaps::new());
    let there = |i: usize| on_that_side(blocks.first(i)) || on_that_side(blocks.first(i) + BLOCK - 1);
    for i in (0..blocks.len()).filter(|&i| verdicts[i] != Some(false) && there(i)) {
        gaps.each((blocks, i), screen, [slopes.map(Ordering::reverse), slopes], on_that_side, |gap, estimates| {
            if band.holds(estimates).unwrap_or_else(|| gap.may_satisfy(screen.figure, &limit)) {
                let (_, high) = open.unwrap_or((0.0, cuts.threshold(gap.group)));
                open = Some((cuts.threshold(gap.group + 1), high));
            }
        });
    }
    open
}

pub(super) fn slopes(objective: &Objective) -> Option<Slopes> {
    match objective {
        Objective::Rate(rate) => Some(slopes_of_rate(*rate)),
        Objective::Cost(costs) => Some(slopes_of_cost(*costs)),
        Objective::Values(_) => None,
    }
}

pub(super) fn slopes_of_rate(rate: Rate) -> Slopes {
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
