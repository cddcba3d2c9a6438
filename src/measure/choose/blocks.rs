//! [`Blocks`]: the cuts some hundred at a time, with what nothing in a block can pass, so that few are looked at.

use std::cmp::Ordering;

use super::cuts::{Cell, Cuts, Sums};
use super::gaps::{Slopes, slopes};
use super::limits::Limits;
use super::screen::Screen;

/// Cuts of a block.
pub(super) const BLOCK: usize = 256;

/// Consecutive cuts, with an estimate of the merit of each; NaN where it is undefined.
#[derive(Default)]
pub(super) struct Block<M> {
    /// The first of the cuts.
    pub first: usize,
    pub cells: Vec<[M; 4]>,
    pub estimates: Vec<f64>,
}

/// All cuts that a threshold makes.
pub(super) struct Blocks<'c, 't, M: Cell> {
    pub cuts: &'c Cuts<'t, M>,
    /// What lies above the first cut of each block, and above the last of all.
    marks: Vec<Sums<M>>,
}

impl<'c, 't, M: Cell> Blocks<'c, 't, M> {
    pub(super) fn new(cuts: &'c Cuts<'t, M>) -> Self {
        let ((first, last), mut sums) = (cuts.ends, Sums::new(cuts));
        let mut marks = Vec::with_capacity((last - first) / BLOCK + 2);
        sums.add_all(&cuts.positives[..first], &cuts.negatives[..first]);
        for start in (first..=last).step_by(BLOCK) {
            marks.push(sums);
            let groups = start..last.min(start + BLOCK);
            sums.add_all(&cuts.positives[groups.clone()], &cuts.negatives[groups]);
        }
        marks.push(sums);
        Self { cuts, marks }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.marks.len() - 1
    }

    /// The first cut of block `i`.
    pub(super) fn first(&self, i: usize) -> usize {
        self.cuts.ends.0 + i * BLOCK
    }

    /// `[tp, fp, fn, tn]` at the first cut of block `i`, and at that of the next.
    pub(super) fn ends(&self, i: usize) -> [[M; 4]; 2] {
        [self.marks[i].cells(), self.marks[i + 1].cells()]
    }

    /// False where rounding may be all there is of what lies below block `i`: the ends then say nothing of what is between.
    pub(super) fn steady(&self, i: usize) -> bool {
        M::is_steady(self.marks[i + 1].cells())
    }

    /// The tables of block `i`.
    pub(super) fn fill_cells(&self, i: usize, block: &mut Block<M>) {
        let (start, cuts) = (self.first(i), self.cuts);
        let end = cuts.ends.1.min(start + BLOCK - 1);
        block.first = start;
        block.cells.resize(end + 1 - start, [M::ZERO; 4]);
        let (groups, mut sums) = (cuts.positives[start..].iter().zip(&cuts.negatives[start..]), self.marks[i]);
        for (cells, (&p, &n)) in block.cells.iter_mut().zip(groups) {
            *cells = sums.cells();
            sums.add(p, n);
        }
        if end == cuts.positives.len() {
            block.cells[end - start] = sums.cells(); // the last cut has no group below it
        }
    }

    /// The same with estimates.
    pub(super) fn fill(&self, i: usize, screen: &Screen<'_, '_>, block: &mut Block<M>) {
        self.fill_cells(i, block);
        screen.estimates(block.first, &block.cells, &mut block.estimates);
    }

    /// What no merit in each block, whether of a cut or inside a gap, can pass: −∞ where no cut is within the limits, ∞
    /// where nothing is known.
    pub(super) fn bounds(&self, screen: &Screen<'_, '_>, limits: &Limits<'_, '_>) -> Vec<f64> {
        let figure = screen.figure;
        let mut bounds = match slopes(figure.objective) {
            None => vec![f64::INFINITY; self.len()],
            Some(slopes) if figure.minimises() => self.most(screen, slopes.map(Ordering::reverse)),
            Some(slopes) => self.most(screen, slopes),
        };
        let unknown = |(i, bound): &(usize, &mut f64)| bound.is_nan() || !self.steady(*i);
        bounds.iter_mut().enumerate().filter(unknown).for_each(|(_, bound)| *bound = f64::INFINITY);
        limits.exclude(self, &mut bounds);
        bounds
    }

    /// An estimate for each block at the corner of its cells where a figure with these slopes is largest.
    pub(super) fn most(&self, screen: &Screen<'_, '_>, slopes: Slopes) -> Vec<f64> {
        let corner = |i: usize| {
            let [above, below] = self.ends(i);
            super::gaps::top(&above, &below, slopes)
        };
        let (corners, mut estimates) = ((0..self.len()).map(corner).collect::<Vec<_>>(), vec![]);
        screen.estimates(0, &corners, &mut estimates);
        estimates
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::rate::Rate;
    use super::super::figure::{Figure, Objective};
    use super::*;

    #[test]
    fn nothing_in_a_block_passes_its_bound() {
        let thresholds: Vec<f64> = (0..3000).rev().map(f64::from).collect();
        let masses = |a: u64| (0..3000_u64).map(|i| (i * i * a) % 7_919 % (3001 - i)).collect::<Vec<_>>();
        let (positives, negatives) = (masses(31), masses(17));
        let cuts = Cuts::new(&thresholds, &positives, &negatives);
        for name in ["f1", "matthews_correlation", "error_rate", "precision", "cohen_kappa", "lift"] {
            let objective = Objective::Rate(Rate::named(name, 1.0).unwrap().unwrap());
            let figure = Figure::new(&objective, None, &cuts, true);
            let (screen, blocks, mut block) = (Screen::new(&figure, &cuts), Blocks::new(&cuts), Block::default());
            let bounds = blocks.bounds(&screen, &Limits::new(&figure, &[], &[]));
            assert_eq!(blocks.len(), 12);
            for (i, bound) in bounds.iter().enumerate() {
                blocks.fill(i, &screen, &mut block);
                let most = block.estimates.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                assert!(most <= bound + 1e-12, "{name}, block {i}");
            }
        }
    }

    #[test]
    fn blocks_hold_every_cut_once() {
        for groups in [0_usize, 1, 255, 256, 257, 512, 700] {
            let thresholds: Vec<f64> = (0..groups).rev().map(|i| i as f64).collect();
            let ones = vec![1_u64; groups];
            let cuts = Cuts::new(&thresholds, &ones, &ones);
            let (blocks, mut block, mut next) = (Blocks::new(&cuts), Block::default(), 0);
            for i in 0..blocks.len() {
                blocks.fill_cells(i, &mut block);
                assert_eq!((block.first, block.cells[0], blocks.ends(i)[0]), (next, blocks.ends(i)[0], block.cells[0]));
                next += block.cells.len();
                assert!(block.cells.iter().enumerate().all(|(j, cells)| cells[0] == (block.first + j) as u64));
            }
            assert_eq!(next, groups + 1);
        }
    }
}
