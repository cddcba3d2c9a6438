//! [`Cells`]: any cutoffs. A monotone map sorts scores into cells; a table says how many cutoffs lie below each cell, and
//! comparisons decide among the cutoffs inside it.

use super::{Gaps, Seen, Sink, Strips};
use crate::input::{Block, Score};
use crate::simd::{Level, STRIP};

/// Cutoffs by cell of a monotone map: a score lies above every cutoff of a lower cell and below every cutoff of a higher
/// one, whatever the map, so the answer is exact for any map; a good one leaves few cutoffs to a cell.
#[derive(Debug, Clone)]
pub(in crate::count) struct Cells<S> {
    map: Map,
    /// Cutoffs in lower cells.
    below: Vec<u32>,
    /// The cutoffs, then NaN (which no score reaches) for steps beyond the last.
    cutoffs: Vec<S>,
    /// The search inside a cell: steps of decreasing powers of two that together pass every cutoff of the fullest cell.
    first_step: u32,
}

impl<S: Score> Cells<S> {
    /// Takes the map with the fewest cutoffs in its fullest cell.
    pub(super) fn new(mut cutoffs: Vec<S>) -> Self {
        let reachable = cutoffs.partition_point(|cutoff| !cutoff.is_nan());
        // 4 cells a cutoff: 16 KiB of table for 1,000 cutoffs, so that it shares L1 with a block.
        let cells = (4 * cutoffs.len()).next_power_of_two().clamp(1 << 10, 1 << 20) as u32;
        let maps = Map::candidates(&cutoffs[..reachable], cells);
        let counted = maps.into_iter().map(|map| {
            let below = map.cutoffs_below(&cutoffs[..reachable]);
            let fullest = below.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
            (fullest, map, below)
        });
        let (fullest, map, below) = counted.min_by_key(|&(fullest, ..)| fullest).unwrap_or((0, Map::One, vec![0, 0]));
        let first_step = (fullest + 1).next_power_of_two() / 2;
        cutoffs.resize(cutoffs.len() + 2 * first_step as usize, S::nearest(f64::NAN));
        Self { map, below, cutoffs, first_step }
    }

    pub(super) fn words(&self) -> String {
        let comparisons = if self.first_step == 0 { 0 } else { self.first_step.ilog2() + 1 };
        format!("cells: {} map, then {comparisons} comparison(s)", self.map.name())
    }

    pub(super) fn place(&self, level: Level, block: Block<'_, S>, sink: &mut impl Sink) -> Seen {
        match self.map {
            Map::One => level.run(Strips { gaps: &Search { plan: self, cell: |_| 0 }, block, sink }),
            Map::Affine { origin, slope, last } => {
                let cell = |score: S| affine(score.to_f64(), origin, slope, last);
                level.run(Strips { gaps: &Search { plan: self, cell }, block, sink })
            }
            Map::Prefix { first, shift, last } => {
                let cell = |score: S| prefix(score.key().into(), first, shift, last);
                level.run(Strips { gaps: &Search { plan: self, cell }, block, sink })
            }
            Map::Folded { first, shift, last } => {
                let cell = |score: S| prefix(folded(score), first, shift, last);
                level.run(Strips { gaps: &Search { plan: self, cell }, block, sink })
            }
        }
    }
}

/// A monotone map from scores to cells `0..=last`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Map {
    /// One cell for all.
    One,
    /// Equal steps of the score.
    Affine { origin: f64, slope: f64, last: f64 },
    /// Equal steps of the score's bits: relative resolution towards 0.
    Prefix { first: u64, shift: u32, last: u64 },
    /// Equal steps of the bits of `min(s, 1 − s)`: relative resolution towards 0 and 1, for logit-spaced thresholds.
    Folded { first: u64, shift: u32, last: u64 },
}

impl Map {
    fn candidates<S: Score>(cutoffs: &[S], cells: u32) -> Vec<Self> {
        let finite: Vec<S> = cutoffs.iter().copied().filter(|cutoff| cutoff.to_f64().is_finite()).collect();
        let (&[first, ..], &[.., last]) = (&finite[..], &finite[..]) else { return vec![Self::One] };
        let width = last.to_f64() - first.to_f64();
        let slope = f64::from(cells) / width;
        let affine = (width.is_finite() && slope.is_finite() && slope > 0.0).then_some(Self::Affine {
            origin: first.to_f64(),
            slope,
            last: f64::from(cells - 1),
        });
        let bits = |first: u64, last: u64| {
            let shift = (64 - ((last - first) / u64::from(cells)).leading_zeros()).min(63);
            (first, shift, (last - first) >> shift)
        };
        let (first_key, shift, last_cell) = bits(first.key().into(), last.key().into());
        let prefix = Self::Prefix { first: first_key, shift, last: last_cell };
        let (first_key, shift, last_cell) = bits(folded(first), folded(last));
        let fold = Self::Folded { first: first_key, shift, last: last_cell };
        affine.into_iter().chain([prefix, fold, Self::One]).collect()
    }

    fn name(&self) -> &'static str {
        match self {
            Self::One => "one-cell",
            Self::Affine { .. } => "affine",
            Self::Prefix { .. } => "float-prefix",
            Self::Folded { .. } => "folded-prefix",
        }
    }

    fn cell<S: Score>(&self, score: S) -> u32 {
        match *self {
            Self::One => 0,
            Self::Affine { origin, slope, last } => affine(score.to_f64(), origin, slope, last),
            Self::Prefix { first, shift, last } => prefix(score.key().into(), first, shift, last),
            Self::Folded { first, shift, last } => prefix(folded(score), first, shift, last),
        }
    }

    fn last(&self) -> usize {
        match *self {
            Self::One => 0,
            Self::Affine { last, .. } => last as usize,
            Self::Prefix { last, .. } | Self::Folded { last, .. } => last as usize,
        }
    }

    /// For each cell, and for one beyond the last, the number of cutoffs in lower cells.
    fn cutoffs_below<S: Score>(&self, cutoffs: &[S]) -> Vec<u32> {
        let mut below = vec![0; self.last() + 2];
        for &cutoff in cutoffs {
            below[self.cell(cutoff) as usize + 1] += 1;
        }
        for i in 1..below.len() {
            below[i] += below[i - 1];
        }
        below
    }
}

#[inline(always)]
fn affine(score: f64, origin: f64, slope: f64, last: f64) -> u32 {
    let place = (score - origin) * slope;
    let place = if place > 0.0 { place } else { 0.0 };
    super::nearest_integer(if place < last { place } else { last })
}

#[inline(always)]
fn prefix(key: u64, first: u64, shift: u32, last: u64) -> u32 {
    (key.saturating_sub(first) >> shift).min(last) as u32
}

/// Half the key of `s` below 0.5; from there on half the key of `1 − s`, mirrored. (Halves, so that both sides fit 64 bits.)
/// `1 − s` is exact or at least monotone (one rounding), so this is monotone in `s` for every score.
#[inline(always)]
fn folded<S: Score>(score: S) -> u64 {
    let half = S::nearest(0.5).key().into() >> 1;
    let value = score.to_f64();
    // In float64 the subtraction is exact for every float32 in [0.5, 1]; rounding to S again is monotone.
    let mirrored = S::nearest(1.0 - value).key().into() >> 1;
    if value < 0.5 { score.key().into() >> 1 } else { half + (half - mirrored.min(half)) }
}

struct Search<'p, S, F> {
    plan: &'p Cells<S>,
    cell: F,
}

impl<S: Score, F: Fn(S) -> u32> Gaps<S> for Search<'_, S, F> {
    #[inline(always)]
    fn gaps(&self, scores: &[S; STRIP]) -> [u32; STRIP] {
        let (below, cutoffs) = (&self.plan.below[..], &self.plan.cutoffs[..]);
        let mut gaps: [u32; STRIP] = std::array::from_fn(|i| (self.cell)(scores[i]));
        for i in 0..STRIP {
            let mut gap = below.get(gaps[i] as usize).copied().unwrap_or(0);
            let mut step = self.plan.first_step;
            while step > 0 {
                let at = (gap + step - 1) as usize;
                gap += if cutoffs.get(at).is_some_and(|&cutoff| scores[i] >= cutoff) { step } else { 0 };
                step /= 2;
            }
            gaps[i] = gap;
        }
        gaps
    }
}
