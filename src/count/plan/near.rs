//! [`Near`]: roughly evenly spaced cutoffs, where arithmetic finds the nearest one and a comparison decides.

use super::nearest_integer;
use super::strip::{Places, place};
use crate::input::Score;
use crate::simd::STRIP;

/// `near = rint((score − origin) · slope)` clamped to a cutoff's index, then `gap = near + (score >= cutoffs[near])`.
///
/// Rounding to the *nearest* cutoff leaves half a step of slack for every rounding error on the way.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::count) struct Near<S> {
    cutoffs: Vec<S>,
    origin: f64,
    slope: f64,
}

impl<S: Score> Near<S> {
    /// The plan, if for each cutoff `k` the map (monotone, as each of its operations is) gives at least `k` at the cutoff
    /// and at most `k` at its predecessor: a score between cutoffs `k − 1` and `k` is then compared with one of the two,
    /// and either comparison counts right. The cutoffs back when it does not hold.
    pub(super) fn prove(cutoffs: Vec<S>) -> Result<Self, Vec<S>> {
        let (&[first, ..], &[.., last]) = (&cutoffs[..], &cutoffs[..]) else { return Err(cutoffs) };
        let (first, last) = (first.to_f64(), last.to_f64());
        let slope = (cutoffs.len() - 1) as f64 / (last - first);
        if !(first.is_finite() && last.is_finite() && slope.is_finite() && slope > 0.0) {
            return Err(cutoffs);
        }
        let near = Self { cutoffs, origin: first, slope };
        let holds = (0_u32..)
            .zip(&near.cutoffs)
            .all(|(k, &cutoff)| near.nearest(cutoff) >= k && near.nearest(cutoff.next_down()) <= k);
        if holds { Ok(near) } else { Err(near.cutoffs) }
    }

    #[inline(always)]
    fn nearest(&self, score: S) -> u32 {
        let place = (score.to_f64() - self.origin) * self.slope;
        let last = (self.cutoffs.len() - 1) as f64;
        let place = if place > 0.0 { place } else { 0.0 };
        nearest_integer(if place < last { place } else { last })
    }
}

impl<S: Score> Places<S> for Near<S> {
    const IN_VECTORS: bool = false;

    #[inline(always)]
    fn places(&self, scores: &[S; STRIP], labels: &[u8; STRIP]) -> impl Fn(usize) -> u32 {
        let near: [u32; STRIP] = std::array::from_fn(|i| self.nearest(scores[i]));
        let cutoffs = &self.cutoffs[..];
        let rest = place([0; STRIP], labels, cutoffs.len() as u32 + 1);
        let rest: [u32; STRIP] = std::array::from_fn(rest);
        move |i| {
            let reached = cutoffs.get(near[i] as usize).is_some_and(|&cutoff| scores[i] >= cutoff);
            near[i] + rest[i] + u32::from(reached)
        }
    }
}
