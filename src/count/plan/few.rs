//! [`Few`]: so few cutoffs that comparing with all of them is the fastest way.

use crate::input::Score;

/// At most [`Few::MOST`] cutoffs.
#[derive(Debug, Clone)]
pub(in crate::count) struct Few<S>(Vec<S>);

impl<S: Score> Few<S> {
    /// Each costs about half an instruction a score (8 or 16 lanes at once); from about ten on, [`super::Even`] is cheaper.
    const MOST: usize = 8;

    /// The cutoffs back when they are too many.
    pub(super) fn new(cutoffs: Vec<S>) -> Result<Self, Vec<S>> {
        if cutoffs.len() <= Self::MOST { Ok(Self(cutoffs)) } else { Err(cutoffs) }
    }
}

pub(super) struct Kernel<'k, S> {
    pub(super) few: &'k Few<S>,
    pub(super) scores: &'k [S],
    pub(super) labels: &'k [u8],
    pub(super) cells: &'k mut [u32],
}

impl<S: Score> crate::simd::Kernel for Kernel<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (cell, &label) in self.cells.iter_mut().zip(self.labels) {
            *cell = u32::from(label & 1);
        }
        for &cutoff in &self.few.0 {
            for (cell, &score) in self.cells.iter_mut().zip(self.scores) {
                *cell += 2 * u32::from(score >= cutoff);
            }
        }
    }
}
