//! [`Limits`]: what a choice must stay within, judged by estimates where these are clear.

use std::cmp::Ordering;

use super::blocks::{Block, Blocks};
use super::cuts::Cell;
use super::figure::{Figure, Limit};
use super::gaps::slopes_of_rate;
use super::screen::{Band, Screen};

/// Limits, with a screen of the rate of each.
pub(super) struct Limits<'f, 'o> {
    figure: &'f Figure<'o>,
    limits: &'f [Limit],
    screens: &'f [Screen<'f, 'f>],
    bands: Vec<Band>,
    /// Estimates of every rate, of the block that begins at this cut.
    block: Option<usize>,
    estimates: Vec<Vec<f64>>,
}

impl<'f, 'o> Limits<'f, 'o> {
    /// One screen a limit.
    pub(super) fn new(figure: &'f Figure<'o>, limits: &'f [Limit], screens: &'f [Screen<'f, 'f>]) -> Self {
        let bands = limits.iter().zip(screens).map(|(limit, screen)| screen.band(*limit)).collect();
        Self { figure, limits, screens, bands, block: None, estimates: vec![vec![]; limits.len()] }
    }

    /// True when the `i`-th cut of the block is within every limit.
    pub(super) fn hold<M: Cell>(&mut self, block: &Block<M>, i: usize) -> bool {
        if self.limits.is_empty() {
            return true;
        }
        if self.block != Some(block.first) {
            for (screen, estimates) in self.screens.iter().zip(&mut self.estimates) {
                screen.estimates(block.first, &block.cells, estimates);
            }
            self.block = Some(block.first);
        }
        let mut unclear = false;
        for (band, estimates) in self.bands.iter().zip(&self.estimates) {
            match band.holds([estimates[i]; 2]) {
                Some(false) => return false,
                Some(true) => {}
                None => unclear = true,
            }
        }
        !unclear || self.figure.shortfall(self.limits, block.cells[i]) == 0.0
    }

    /// Takes the blocks without a cut or a gap inside every limit out of consideration: nothing there is above −∞.
    pub(super) fn exclude<M: Cell>(&self, blocks: &Blocks<'_, '_, M>, bounds: &mut [f64]) {
        for ((limit, screen), band) in self.limits.iter().zip(self.screens).zip(&self.bands) {
            let verdicts = within(blocks, screen, *limit, *band);
            bounds.iter_mut().zip(verdicts).filter(|(_, verdict)| *verdict == Some(false)).for_each(|(bound, _)| {
                *bound = f64::NEG_INFINITY;
            });
        }
    }
}

/// Whether all of each block, cuts and gaps, is within a limit, or nothing; None where that is not clear.
pub(super) fn within<M: Cell>(
    blocks: &Blocks<'_, '_, M>,
    screen: &Screen<'_, '_>,
    limit: Limit,
    band: Band,
) -> Vec<Option<bool>> {
    let slopes = slopes_of_rate(limit.rate);
    let [least, most] = [slopes.map(Ordering::reverse), slopes].map(|slopes| blocks.most(screen, slopes));
    let verdict = |(i, ends): (usize, (f64, f64))| band.holds([ends.0, ends.1]).filter(|_| blocks.steady(i));
    least.into_iter().zip(most).enumerate().map(verdict).collect()
}
