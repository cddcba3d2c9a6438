//! [`Few`]: so few cutoffs that comparing with all of them is the fastest way.

use super::strip::{Places, place};
use crate::input::Score;
use crate::simd::STRIP;

/// A handful of cutoffs.
#[derive(Debug, Clone)]
pub(in crate::count) struct Few<S>(Vec<S>);

impl<S: Score> Few<S> {
    /// Up to so many it beats [`super::Near`] and [`super::Cells`].
    pub(super) const MOST: usize = 10;

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
