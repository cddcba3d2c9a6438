//! [`Near`]: roughly evenly spaced cutoffs, where arithmetic finds the nearest one and a comparison decides.

use super::map::Arithmetic;
use super::strip::{Places, place};
use super::{Seen, Sink, Strips};
use crate::input::Block;
use crate::simd::{Aligned, Level, STRIP};

/// `near = rint((score − origin) · slope)` clamped to a cutoff's index, then `gap = near + (score >= cutoffs[near])`.
///
/// Rounding to the *nearest* cutoff leaves half a step of slack for every rounding error on the way.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::count) struct Near<S> {
    cutoffs: Vec<S>,
    origin: f64,
    slope: f64,
    grid: Option<Grid>,
}

impl<S: Arithmetic> Near<S> {
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
        let grid = Grid::of(&cutoffs);
        let near = Self { cutoffs, origin: first, slope, grid };
        let holds = (0_u32..)
            .zip(&near.cutoffs)
            .all(|(k, &cutoff)| near.nearest(cutoff) >= k && near.nearest(cutoff.next_down()) <= k);
        if holds { Ok(near) } else { Err(near.cutoffs) }
    }

    /// True when no cutoff is looked up.
    pub(super) fn computes(&self) -> bool {
        self.grid.is_some()
    }

    pub(super) fn cutoffs(&self) -> &[S] {
        &self.cutoffs
    }

    pub(super) fn words(&self) -> &'static str {
        if self.computes() { "; thresholds computed" } else { "; thresholds looked up" }
    }

    pub(super) fn place(&self, level: Level, block: Block<'_, S>, sink: &mut impl Sink) -> Seen {
        match self.grid {
            Some(grid) => level.run(Strips { places: &Computed { near: self, grid }, block, sink }),
            None => level.run(Strips { places: &LookedUp { near: self }, block, sink }),
        }
    }

    #[inline(always)]
    fn nearest(&self, score: S) -> u32 {
        super::nearest_integer(self.clamped(score))
    }

    #[inline(always)]
    fn clamped(&self, score: S) -> f64 {
        let place = (score.to_f64() - self.origin) * self.slope;
        let last = (self.cutoffs.len() - 1) as f64;
        let place = if place > 0.0 { place } else { 0.0 };
        if place < last { place } else { last }
    }
}

/// Cutoffs that two operations make again, bit for bit, as those who made the list did: `k · step + start`, or the next
/// float64 above it where the comparison is `>`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Grid {
    start: f64,
    step: f64,
    /// Added to the bits of the sum.
    next: u64,
}

impl Grid {
    /// The grid, if it makes every cutoff.
    fn of<S: Arithmetic>(cutoffs: &[S]) -> Option<Self> {
        let (first, second, last) = (cutoffs.first()?.to_f64(), cutoffs.get(1)?.to_f64(), cutoffs.last()?.to_f64());
        let steps = (cutoffs.len() - 1) as f64;
        let tried = [0, 1].into_iter().flat_map(|next| {
            let start = if next == 0 { first } else { first.next_down() };
            let end = if next == 0 { last } else { last.next_down() };
            [(end - start) / steps, second - first].map(|step| Self { start, step, next })
        });
        let makes = |grid: &Self| (0_u32..).zip(cutoffs).all(|(k, cutoff)| grid.cutoff(k.into()) == cutoff.to_f64());
        tried.into_iter().find(makes)
    }

    #[inline(always)]
    fn cutoff(self, k: f64) -> f64 {
        f64::from_bits((k * self.step + self.start).to_bits() + self.next)
    }
}

struct Computed<'p, S> {
    near: &'p Near<S>,
    grid: Grid,
}

impl<S: Arithmetic> Places<S> for Computed<'_, S> {
    const IN_VECTORS: bool = true;

    #[inline(always)]
    fn places(&self, scores: &[S; STRIP], labels: &[u8; STRIP]) -> impl Fn(usize) -> u32 {
        let gaps = scores.map(|score| {
            let shifted = self.near.clamped(score) + super::INTEGER_BITS;
            let cutoff = self.grid.cutoff(shifted - super::INTEGER_BITS);
            shifted.to_bits() as u32 + u32::from(score.to_f64() >= cutoff)
        });
        place(gaps, labels, self.near.cutoffs.len() as u32 + 1)
    }
}

struct LookedUp<'p, S> {
    near: &'p Near<S>,
}

impl<S: Arithmetic> Places<S> for LookedUp<'_, S> {
    const IN_VECTORS: bool = false;

    #[inline(always)]
    fn places(&self, scores: &[S; STRIP], labels: &[u8; STRIP]) -> impl Fn(usize) -> u32 {
        let cutoffs = &self.near.cutoffs[..];
        let near: Aligned<[u32; STRIP]> = Aligned(scores.map(|score| self.near.nearest(score)));
        let label: Aligned<[u32; STRIP]> =
            Aligned(std::array::from_fn(place([0; STRIP], labels, cutoffs.len() as u32 + 1)));
        move |i| {
            let (Aligned(near), Aligned(label)) = (&near, &label);
            let reached = cutoffs.get(near[i] as usize).is_some_and(|&cutoff| scores[i] >= cutoff);
            near[i] + label[i] + u32::from(reached)
        }
    }
}
