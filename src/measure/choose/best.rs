//! The best of the candidates, and the run of candidates around it that are as good.

use super::cuts::{Cell, Cuts};
use super::figure::{Figure, Limit, Objective};
use super::screen::{BLOCK, Limits, Mark, Screen};
use super::{Choice, at, gaps, nearest};

/// The feasible cut with the highest merit, the first of several.
pub(super) fn best<M: Cell>(
    cuts: &Cuts<'_, M>,
    figure: &Figure<'_>,
    limits: &[Limit],
    tolerance: f64,
    tied: bool,
) -> Choice {
    let last = cuts.ends.1; // candidates ascend, cuts descend
    let screen = Screen::new(figure, cuts);
    let rates: Vec<Objective> = limits.iter().map(|limit| Objective::Rate(limit.rate)).collect();
    let figures: Vec<Figure<'_>> = rates.iter().map(|rate| figure.with(rate)).collect();
    let screens: Vec<Screen<'_, '_>> = figures.iter().map(|figure| Screen::new(figure, cuts)).collect();
    let mut held = Limits::new(figure, limits, &screens);
    let (highest, marks) = highest_merit(cuts, &screen, &mut held);
    let mut choice = if let Some(highest) = highest {
        let slack = figure.slack(highest);
        let given_up = if highest.is_finite() { slack.max(tolerance * highest.abs()) } else { 0.0 };
        let run = run_of(cuts, &screen, &marks, [highest - given_up, highest - slack], &mut held);
        let value = figure.value(last - run.chosen, run.cells);
        let (lowest, highest) = (cuts.threshold(run.end), cuts.threshold(run.start));
        Choice { lowest, highest, ..at(cuts, run.chosen, value, true) }
    } else {
        let (k, cells) = nearest(cuts, figure, limits);
        at(cuts, k, figure.value(last - k, cells), false)
    };
    if !tied {
        (choice.unresolved, choice.reachable) = match gaps::better(cuts, &screen, limits, highest) {
            Some((low, high, merit)) => (Some((low, high)), figure.signed(merit)),
            None => (None, choice.value),
        };
    }
    choice
}

/// The highest merit of the cuts that are feasible, and all blocks; cuts far below it are told by their estimates.
fn highest_merit<M: Cell>(
    cuts: &Cuts<'_, M>,
    screen: &Screen<'_, '_>,
    limits: &mut Limits<'_, '_>,
) -> (Option<f64>, Vec<Mark<M>>) {
    let mut best: Option<(usize, [M; 4])> = None;
    let mut marks = vec![];
    let mut around = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    screen.blocks(cuts, |block| {
        let mark = Mark::of(block);
        let most = mark.most;
        marks.push(mark);
        if best.is_some() && most < around.0 {
            return true;
        }
        for (i, (&estimate, &cells)) in block.estimates.iter().zip(&block.cells).enumerate() {
            let better = match best {
                None => !estimate.is_nan(),
                Some((k, cells_of_best)) => {
                    screen.reaches(estimate, (block.first + i, cells), around, || screen.exact(k, cells_of_best), true)
                }
            };
            if better && limits.hold(block, i) {
                best = Some((block.first + i, cells));
                around = screen.around(estimate);
            }
        }
        true
    });
    (best.map(|(k, cells)| screen.exact(k, cells)), marks)
}

/// Cuts from `start` to `end`, the chosen one and its table.
struct Run<M> {
    start: usize,
    chosen: usize,
    cells: [M; 4],
    end: usize,
}

/// The first cut whose merit is at least the second of `least`, and the feasible ones around it that reach the first.
fn run_of<M: Cell>(
    cuts: &Cuts<'_, M>,
    screen: &Screen<'_, '_>,
    marks: &[Mark<M>],
    least: [f64; 2],
    limits: &mut Limits<'_, '_>,
) -> Run<M> {
    let first = cuts.ends.0;
    let mut run = Run { start: first, chosen: first, cells: [M::ZERO; 4], end: first };
    let mut found = false;
    let edges = least.map(|least| screen.around(least));
    screen.again(cuts, marks, |mark, block| {
        if !found && mark.most < edges[0].0 {
            run.start = mark.first + BLOCK;
            return true;
        }
        let block = block();
        for (i, (&estimate, &cells)) in block.estimates.iter().zip(&block.cells).enumerate() {
            let k = block.first + i;
            let reaches = |j: usize| screen.reaches(estimate, (k, cells), edges[j], || least[j], false);
            if reaches(0) && limits.hold(&block, i) {
                if !found && reaches(1) {
                    (run.chosen, run.cells, found) = (k, cells, true);
                }
                run.end = k;
            } else if found {
                return false;
            } else {
                run.start = k + 1;
            }
        }
        true
    });
    run
}
