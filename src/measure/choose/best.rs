//! The best of the candidates, and the run of candidates around it that are as good.

use super::blocks::{BLOCK, Block, Blocks};
use super::cuts::{Cell, Cuts};
use super::figure::{Figure, Limit, Objective};
use super::limits::Limits;
use super::screen::Screen;
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
    let blocks = Blocks::new(cuts);
    let bounds = blocks.bounds(&screen, &held);
    let highest = highest_merit(&blocks, &screen, &bounds, &mut held);
    let mut choice = if let Some(highest) = highest {
        let slack = figure.slack(highest);
        let given_up = if highest.is_finite() { slack.max(tolerance * highest.abs()) } else { 0.0 };
        let run = run_of(&blocks, &screen, &bounds, [highest - given_up, highest - slack], &mut held);
        let value = figure.value(last - run.chosen, run.cells);
        let (lowest, highest) = (cuts.threshold(run.end), cuts.threshold(run.start));
        Choice { lowest, highest, ..at(cuts, run.chosen, value, true) }
    } else {
        let (k, cells) = nearest(cuts, figure, limits);
        at(cuts, k, figure.value(last - k, cells), false)
    };
    if !tied {
        (choice.unresolved, choice.reachable) = match gaps::better(&blocks, &screen, &bounds, limits, highest) {
            Some((low, high, merit)) => (Some((low, high)), figure.signed(merit)),
            None => (None, choice.value),
        };
    }
    choice
}

/// The highest merit of the cuts that are feasible: blocks that may hold the most are looked at first, those whose `bounds`
/// lie below what was found not at all.
fn highest_merit<M: Cell>(
    blocks: &Blocks<'_, '_, M>,
    screen: &Screen<'_, '_>,
    bounds: &[f64],
    limits: &mut Limits<'_, '_>,
) -> Option<f64> {
    let mut order: Vec<usize> = (0..blocks.len()).filter(|&i| bounds[i] > f64::NEG_INFINITY).collect();
    order.sort_by(|&i, &j| bounds[j].total_cmp(&bounds[i]));
    let mut best: Option<(usize, [M; 4])> = None;
    let mut around = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    let mut block = Block { first: 0, cells: vec![], estimates: vec![] };
    for number in order {
        if best.is_some() && bounds[number] < around.0 {
            break;
        }
        blocks.fill(number, screen, &mut block);
        for (i, (&estimate, &cells)) in block.estimates.iter().zip(&block.cells).enumerate() {
            let better = match best {
                None => !estimate.is_nan(),
                Some((k, cells_of_best)) => {
                    screen.reaches(estimate, (block.first + i, cells), around, || screen.exact(k, cells_of_best), true)
                }
            };
            if better && limits.hold(&block, i) {
                best = Some((block.first + i, cells));
                around = screen.around(estimate);
            }
        }
    }
    best.map(|(k, cells)| screen.exact(k, cells))
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
    blocks: &Blocks<'_, '_, M>,
    screen: &Screen<'_, '_>,
    bounds: &[f64],
    least: [f64; 2],
    limits: &mut Limits<'_, '_>,
) -> Run<M> {
    let first = blocks.first(0);
    let mut run = Run { start: first, chosen: first, cells: [M::ZERO; 4], end: first };
    let mut found = false;
    let edges = least.map(|least| screen.around(least));
    let mut block = Block { first: 0, cells: vec![], estimates: vec![] };
    for (number, &bound) in bounds.iter().enumerate() {
        if !found && bound < edges[0].0 {
            run.start = blocks.first(number) + BLOCK;
            continue;
        }
        blocks.fill(number, screen, &mut block);
        for (i, (&estimate, &cells)) in block.estimates.iter().zip(&block.cells).enumerate() {
            let k = block.first + i;
            let reaches = |j: usize| screen.reaches(estimate, (k, cells), edges[j], || least[j], false);
            if reaches(0) && limits.hold(&block, i) {
                if !found && reaches(1) {
                    (run.chosen, run.cells, found) = (k, cells, true);
                }
                run.end = k;
            } else if found {
                return run;
            } else {
                run.start = k + 1;
            }
        }
    }
    run
}

#[cfg(test)]
mod tests {
    use super::super::super::rate::Rate;
    use super::super::{Side, first_within, limits};
    use super::*;

    /// Groups of some blocks, of which positives and negatives come from different ends.
    fn columns(seed: u64) -> (Vec<f64>, [Vec<u64>; 2]) {
        const GROUPS: u64 = 1_500;
        let mut state = seed;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let thresholds = (0..GROUPS).rev().map(|i| i as f64).collect();
        let positives = (0..GROUPS).map(|i| draw(GROUPS + 200) / (i + 200) * draw(3)).collect();
        let negatives = (0..GROUPS).map(|i| draw(i + 300) / 200 * draw(2)).collect();
        (thresholds, [positives, negatives])
    }

    fn rate(name: &str) -> Rate {
        Rate::named(name, 2.0).unwrap().unwrap()
    }

    /// The same choice with every block looked at.
    fn check<M: Cell + std::fmt::Debug>(
        cuts: &Cuts<'_, M>,
        rows: bool,
        name: &str,
        limits: &[Limit],
        mix: Option<f64>,
    ) {
        let objective = Objective::Rate(rate(name));
        let figure = Figure::new(&objective, mix, cuts, rows);
        let screen = Screen::new(&figure, cuts);
        let rates: Vec<Objective> = limits.iter().map(|limit| Objective::Rate(limit.rate)).collect();
        let figures: Vec<Figure<'_>> = rates.iter().map(|rate| figure.with(rate)).collect();
        let screens: Vec<Screen<'_, '_>> = figures.iter().map(|figure| Screen::new(figure, cuts)).collect();
        let (blocks, held) = (Blocks::new(cuts), || Limits::new(&figure, limits, &screens));
        let (bounds, none) = (blocks.bounds(&screen, &held()), vec![f64::INFINITY; blocks.len()]);
        let highest = highest_merit(&blocks, &screen, &none, &mut held());
        assert_eq!(highest_merit(&blocks, &screen, &bounds, &mut held()), highest, "{name} {limits:?}");
        let better = |bounds: &[f64]| gaps::better(&blocks, &screen, bounds, limits, highest);
        assert_eq!(better(&bounds), better(&none), "{name} {limits:?}");
        let Some(highest) = highest else { return };
        let left_out = bounds.iter().filter(|bound| **bound < screen.around(highest).0).count();
        assert!(left_out > 0 || !rows || name == "recall" || name == "lift", "{name}: nothing was left out");
        let run = |bounds: &[f64], given_up: f64| {
            let least = [highest - given_up.max(figure.slack(highest)), highest - figure.slack(highest)];
            let Run { start, chosen, cells, end } = run_of(&blocks, &screen, bounds, least, &mut held());
            (start, chosen, cells.map(M::real), end)
        };
        for given_up in [0.0, 0.01, 0.3] {
            assert_eq!(run(&bounds, given_up), run(&none, given_up), "{name} {limits:?} {given_up}");
        }
        for limit in limits {
            let (objective, unknown) = (Objective::Rate(limit.rate), vec![None; blocks.len()]);
            let figure = figure.with(&objective);
            let screen = Screen::new(&figure, cuts);
            let verdicts = limits::within(&blocks, &screen, *limit, screen.band(*limit));
            for side in [Side::Highest, Side::Lowest] {
                let found = |verdicts: &[Option<bool>]| {
                    first_within(&blocks, &screen, *limit, verdicts, side).map(|(k, _)| (k, side))
                };
                assert_eq!(found(&verdicts), found(&unknown), "{limit:?}");
                let beyond =
                    |verdicts: &[Option<bool>]| gaps::beyond(&blocks, &screen, *limit, verdicts, found(&unknown));
                assert_eq!(beyond(&verdicts), beyond(&unknown), "{limit:?}");
            }
        }
    }

    #[test]
    fn blocks_that_are_left_out_change_no_choice() {
        let names =
            ["f1", "f_score", "matthews_correlation", "cohen_kappa", "youden_j", "error_rate", "lift", "recall"];
        let limit = |name, low, high| Limit { rate: rate(name), low, high };
        for seed in 1..5 {
            let (thresholds, [positives, negatives]) = columns(seed);
            let weights = [&positives, &negatives].map(|column| {
                column
                    .iter()
                    .enumerate()
                    .map(|(i, &rows)| rows as f64 * (0.1 + (i * 37 % 101) as f64))
                    .collect::<Vec<_>>()
            });
            let (rows, sums) =
                (Cuts::new(&thresholds, &positives, &negatives), Cuts::new(&thresholds, &weights[0], &weights[1]));
            for name in names {
                for limits in [
                    vec![],
                    vec![limit("precision", 0.6, f64::INFINITY), limit("recall", 0.1, 0.9)],
                    vec![limit("predicted_positive_rate", f64::NEG_INFINITY, 0.05)],
                    vec![limit("negative_predictive_value", 0.99, 1.0), limit("false_positive_rate", 0.2, 0.3)],
                    vec![limit("precision", 0.9999, 1.0), limit("recall", 0.9, 1.0)],
                ] {
                    for mix in [None, Some(0.01)] {
                        check(&rows, true, name, &limits, mix);
                        check(&sums, false, name, &limits, mix);
                    }
                }
            }
        }
    }
}
