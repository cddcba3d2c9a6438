//! [`PairedGroups`]: a joint table as measures and the bootstrap read it.

use super::cells::{Cells, WeightSums};
use super::key::sides;
use crate::count::compact::{INTERVALS, edge};
use crate::count::ranked::RankedColumn;
use crate::tally::{Masses, Tally};

/// Samples that two models share, positives first: one for each cell of a joint table and each label that it holds.
/// Where [`RankedRows`](crate::count::RankedRows) lists rows, this lists how often a pair of groups came.
#[derive(Debug, Clone)]
pub struct PairedGroups {
    /// For either model its groups, from the highest scores down, and the group of each sample. Their tallies are the
    /// joint table's own margins: as coarse as its cells.
    pub columns: [RankedColumn; 2],
    /// How many samples are positive: the first so many.
    pub positives: usize,
    /// How often each sample came.
    pub repeats: Repeats,
}

/// How often each sample of a [`PairedGroups`] came.
#[derive(Debug, Clone, PartialEq)]
pub enum Repeats {
    /// As so many rows.
    Rows(Vec<u64>),
    /// As rows with weights (a row without one weighs 1).
    Weights {
        /// `Σ w` of its rows.
        sums: Vec<f64>,
        /// `Σ w²` of its rows.
        squares: Vec<f64>,
    },
}

impl PairedGroups {
    /// Those of some cells; `exact` says of either model whether each of its intervals is one tied score.
    pub(super) fn of(cells: &Cells, level: u32, exact: [bool; 2]) -> Self {
        let weighted = !cells.weights.is_empty();
        // Cells that hold samples of the label.
        let slots = |label: usize| {
            let held = move |&cell: &usize| {
                let (rows, weights) = cells.held(cell);
                rows[label] > 0 || weights[label].sum > 0.0
            };
            (0..cells.len()).filter(held).map(move |cell| (cell, label))
        };
        let samples = || slots(1).chain(slots(0));
        let repeats = if weighted {
            let both = |(cell, label): (usize, usize)| {
                let (rows, weights) = cells.held(cell);
                let WeightSums { sum, squares } = weights[label];
                (rows[label] as f64 + sum, rows[label] as f64 + squares)
            };
            let (sums, squares) = samples().map(both).unzip();
            Repeats::Weights { sums, squares }
        } else {
            Repeats::Rows(samples().map(|(cell, label)| cells.rows[cell][label]).collect())
        };
        let column = |side: usize| {
            let Margin { thresholds, masses, group } = Margin::of(cells, side, level, weighted);
            let groups = samples().map(|(cell, _)| group[sides(cells.keys[cell])[side] as usize]).collect();
            RankedColumn { tally: Tally::new(thresholds, masses, level == 0 && exact[side]), groups }
        };
        Self { columns: [column(0), column(1)], positives: slots(1).count(), repeats }
    }
}

/// What the cells say of one model.
struct Margin {
    thresholds: Vec<f64>,
    masses: Masses,
    /// The group of each interval, of those that hold anything.
    group: Vec<u32>,
}

impl Margin {
    fn of(cells: &Cells, side: usize, level: u32, weighted: bool) -> Self {
        let intervals = ((INTERVALS - 1) >> level) + 1;
        let mut rows = vec![[0_u64; 2]; intervals];
        let mut sums = vec![[0.0; 2]; if weighted { intervals } else { 0 }];
        let mut group = vec![u32::MAX; intervals];
        for cell in 0..cells.len() {
            let interval = sides(cells.keys[cell])[side] as usize;
            let (more, weights) = cells.held(cell);
            group[interval] = 0;
            (0..2).for_each(|label| rows[interval][label] += more[label]);
            if let Some(sums) = sums.get_mut(interval) {
                (0..2).for_each(|label| sums[label] += weights[label].sum);
            }
        }
        let held: Vec<usize> = (0..intervals).rev().filter(|&interval| group[interval] == 0).collect();
        held.iter().zip(0..).for_each(|(&interval, place)| group[interval] = place);
        let thresholds = held.iter().map(|&interval| edge((interval << level) as u32)).collect();
        let masses = if weighted {
            let label = |label: usize| held.iter().map(|&i| rows[i][label] as f64 + sums[i][label]).collect();
            Masses::Weights { positives: label(1), negatives: label(0) }
        } else {
            let label = |label: usize| held.iter().map(|&i| rows[i][label]).collect();
            Masses::Counts { positives: label(1), negatives: label(0) }
        };
        Self { thresholds, masses, group }
    }
}
