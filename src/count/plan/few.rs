//! [`Few`]: so few cutoffs that comparing with all of them is the fastest way.

use super::strip::{Places, place};
use crate::input::Score;
use crate::simd::STRIP;

/// A handful of cutoffs.
#[derive(Debug, Clone)]
pub(in crate::count) struct Few<S>(Vec<S>);

impl<S: Score> Few<S> {
    /// Up to so many it beats [`super::Near`] (float64, one thread, whole update: 4 cutoffs 1.6 ns a row against 2.1, 8
    /// cutoffs 2.0 against 2.0 to 2.2). [`super::Even`] beats it from 2 on (float32: 1.2 against 1.3).
    pub(super) const BEFORE_NEAR: usize = 8;

    /// Up to so many it beats [`super::Cells`] (float32: 24 cutoffs 2.3 ns against 6 for 33; float64: 3.8 against 3.6).
    pub(super) const BEFORE_CELLS: usize = 24;

    pub(super) fn new(cutoffs: Vec<S>) -> Self {
        Self(cutoffs)
    }
}

impl<S: Score> Places<S> for Few<S> {
    const IN_VECTORS: bool = true;

    #[inline(always)]
    fn places(&self, scores: &[S; STRIP], labels: &[u8; STRIP]) -> impl Fn(usize) -> u32 {
        let mut gaps = [0; STRIP];
        for &cutoff in &self.0 {
            gaps.iter_mut().zip(scores).for_each(|(gap, &score)| *gap += u32::from(score >= cutoff));
        }
        place(gaps, labels, self.0.len() as u32 + 1)
    }
}
