//! [`Map`]: monotone maps from scores to cells.

use crate::input::Score;
use crate::simd::{Aligned, Entry, STRIP};

/// A monotone map from scores to cells `0..=last`, in arithmetic that runs in vectors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Map<S> {
    /// One cell for all.
    One,
    /// Equal steps of the score.
    Affine { origin: S, slope: S, last: S },
    /// Equal steps of the score's bits: relative resolution towards 0.
    Prefix { first: u64, shift: u32, last: u32 },
    /// Equal steps of the bits of `min(s, 1 − s)`: relative resolution towards 0 and 1, for logit-spaced thresholds.
    Folded { first: u64, shift: u32, last: u32 },
}

/// The operations of the maps, each monotone in the score. NaN may get any cell.
pub(in crate::count) trait Arithmetic: Score {
    /// A signed integer with the order of the scores.
    type SignedKey: Copy + Ord + std::fmt::Debug + Send + Sync;
    /// What a look-up by such keys finds.
    type Entry: Entry<Key = Self::SignedKey> + std::fmt::Debug + Send + Sync;
    /// Magnitudes of scores, lane by lane.
    type Magnitudes: Default;
    /// Takes in the magnitudes of more scores.
    fn watch(seen: &mut Self::Magnitudes, scores: &[Self; STRIP]);
    /// True when one of the scores taken in was NaN.
    fn saw_nan(seen: &Self::Magnitudes) -> bool;
    /// Its key.
    fn signed_key(self) -> Self::SignedKey;
    /// Its bits: the key of a positive score, and below those of all positive ones for others.
    fn signed_bits(self) -> Self::SignedKey;
    /// `rint((self − origin) · slope)`, clamped to `0..=last`.
    fn affine(self, origin: Self, slope: Self, last: Self) -> u32;
    /// `(key − first) >> shift`, clamped to `0..=last`.
    fn prefix(self, first: u64, shift: u32, last: u32) -> u32;
    /// Half the key of `s` below 0.5; from there on half the key of `1 − s`, mirrored. (Halves, so that both sides fit the
    /// key's bits.) `1 − s` is exact or at least monotone (one rounding).
    fn folded(self) -> Self::Key;
    /// As `prefix`, of the folded key.
    fn folded_prefix(self, first: u64, shift: u32, last: u32) -> u32;
}

impl Arithmetic for f32 {
    type SignedKey = i32;
    type Entry = u64;
    type Magnitudes = Aligned<[i32; 16]>;

    #[inline(always)]
    fn watch(seen: &mut Aligned<[i32; 16]>, scores: &[f32; STRIP]) {
        // As integers, whose greatest takes one instruction for many lanes.
        for scores in scores.as_chunks::<16>().0 {
            seen.0 = std::array::from_fn(|i| seen.0[i].max(f32::signed_bits(scores[i]) & i32::MAX));
        }
    }
    fn saw_nan(seen: &Aligned<[i32; 16]>) -> bool {
        seen.0.iter().any(|&magnitude| magnitude > f32::INFINITY.signed_bits())
    }
    #[inline(always)]
    fn signed_key(self) -> i32 {
        let bits = (self + 0.0).signed_bits(); // −0.0 + 0.0 = 0.0
        bits ^ ((bits >> 31).cast_unsigned() >> 1).cast_signed()
    }
    #[inline(always)]
    fn signed_bits(self) -> i32 {
        self.to_bits().cast_signed()
    }
    #[inline(always)]
    fn affine(self, origin: f32, slope: f32, last: f32) -> u32 {
        const INTEGER_BITS: f32 = 8_388_608.0; // 2^23: the sum's mantissa is the nearest integer
        let place = (self - origin) * slope;
        let place = if place > 0.0 { place } else { 0.0 };
        let place = if place < last { place } else { last };
        (place + INTEGER_BITS).to_bits() & 0x7f_ffff
    }
    #[inline(always)]
    fn prefix(self, first: u64, shift: u32, last: u32) -> u32 {
        (self.key().saturating_sub(first as u32) >> shift).min(last)
    }
    #[inline(always)]
    fn folded(self) -> u32 {
        const HALF: u32 = (0.5_f32.to_bits() ^ 0x8000_0000) >> 1;
        let mirrored = (1.0 - self).key() >> 1;
        if self < 0.5 { self.key() >> 1 } else { HALF + (HALF - mirrored.min(HALF)) }
    }
    #[inline(always)]
    fn folded_prefix(self, first: u64, shift: u32, last: u32) -> u32 {
        (self.folded().saturating_sub(first as u32) >> shift).min(last)
    }
}

impl Arithmetic for f64 {
    type SignedKey = i64;
    type Entry = (i64, u32);
    type Magnitudes = Aligned<[i64; 8]>;

    #[inline(always)]
    fn watch(seen: &mut Aligned<[i64; 8]>, scores: &[f64; STRIP]) {
        // As integers, whose greatest takes one instruction for many lanes.
        for scores in scores.as_chunks::<8>().0 {
            seen.0 = std::array::from_fn(|i| seen.0[i].max(f64::signed_bits(scores[i]) & i64::MAX));
        }
    }
    fn saw_nan(seen: &Aligned<[i64; 8]>) -> bool {
        seen.0.iter().any(|&magnitude| magnitude > f64::INFINITY.signed_bits())
    }
    #[inline(always)]
    fn signed_key(self) -> i64 {
        let bits = (self + 0.0).signed_bits(); // −0.0 + 0.0 = 0.0
        bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
    }
    #[inline(always)]
    fn signed_bits(self) -> i64 {
        self.to_bits().cast_signed()
    }
    #[inline(always)]
    fn affine(self, origin: f64, slope: f64, last: f64) -> u32 {
        let place = (self - origin) * slope;
        let place = if place > 0.0 { place } else { 0.0 };
        super::nearest_integer(if place < last { place } else { last })
    }
    #[inline(always)]
    fn prefix(self, first: u64, shift: u32, last: u32) -> u32 {
        (self.key().saturating_sub(first) >> shift).min(last.into()) as u32
    }
    #[inline(always)]
    fn folded(self) -> u64 {
        const HALF: u64 = (0.5_f64.to_bits() ^ 1 << 63) >> 1;
        let mirrored = (1.0 - self).key() >> 1;
        if self < 0.5 { self.key() >> 1 } else { HALF + (HALF - mirrored.min(HALF)) }
    }
    #[inline(always)]
    fn folded_prefix(self, first: u64, shift: u32, last: u32) -> u32 {
        (self.folded().saturating_sub(first) >> shift).min(last.into()) as u32
    }
}

/// Numbers of cells to try: powers of two and what lies between.
fn sizes(cutoffs: usize) -> impl Iterator<Item = u32> {
    let most = (16 * cutoffs).next_power_of_two().clamp(1 << 13, 1 << 20) as u32;
    let steps = (0..).map(|step| (512.0 * (f64::from(step) / 8.0).exp2()) as u32);
    steps.take_while(move |&size| size <= most)
}

impl<S: Arithmetic> Map<S> {
    /// The map that `work(cutoffs in the fullest cell, cells)` finds cheapest, and its fullest cell.
    pub(super) fn best(cutoffs: &[S], work: impl Fn(u32, usize) -> u32) -> (Self, u32) {
        let maps = sizes(cutoffs.len()).flat_map(|size| Self::candidates(cutoffs, size));
        let weighed = maps.map(|map| (map, map.fullest(cutoffs)));
        let best = weighed.min_by_key(|&(map, fullest)| work(fullest, map.cells()));
        best.unwrap_or((Self::One, cutoffs.len() as u32))
    }

    fn candidates(cutoffs: &[S], cells: u32) -> Vec<Self> {
        let finite = |cutoff: &&S| cutoff.to_f64().is_finite();
        let (Some(&first), Some(&last)) = (cutoffs.iter().find(finite), cutoffs.iter().rfind(finite)) else {
            return Vec::new();
        };
        let slope = f64::from(cells - 1) / (last.to_f64() - first.to_f64());
        let affine = (S::nearest(slope).to_f64().is_finite() && slope > 0.0).then(|| {
            let last = S::nearest(f64::from(cells - 1));
            Self::Affine { origin: first, slope: S::nearest(slope), last }
        });
        let bits = |first: u64, last: u64| {
            let shift = (64 - ((last - first) / u64::from(cells)).leading_zeros()).min(63);
            (first, shift, ((last - first) >> shift).min(u64::from(cells - 1)) as u32)
        };
        let (first_key, shift, last_cell) = bits(first.key().into(), last.key().into());
        let prefix = Self::Prefix { first: first_key, shift, last: last_cell };
        let (first_key, shift, last_cell) = bits(first.folded().into(), last.folded().into());
        let folded = Self::Folded { first: first_key, shift, last: last_cell };
        affine.into_iter().chain([prefix, folded]).collect()
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::One => "one-cell",
            Self::Affine { .. } => "affine",
            Self::Prefix { .. } => "float-prefix",
            Self::Folded { .. } => "folded-prefix",
        }
    }

    /// The cell of each score.
    #[inline(always)]
    pub(super) fn strip(&self, scores: &[S; STRIP]) -> [u32; STRIP] {
        match *self {
            Self::One => [0; STRIP],
            Self::Affine { origin, slope, last } => scores.map(|score| score.affine(origin, slope, last)),
            Self::Prefix { first, shift, last } => scores.map(|score| score.prefix(first, shift, last)),
            Self::Folded { first, shift, last } => scores.map(|score| score.folded_prefix(first, shift, last)),
        }
    }

    fn cell(&self, score: S) -> u32 {
        match *self {
            Self::One => 0,
            Self::Affine { origin, slope, last } => score.affine(origin, slope, last),
            Self::Prefix { first, shift, last } => score.prefix(first, shift, last),
            Self::Folded { first, shift, last } => score.folded_prefix(first, shift, last),
        }
    }

    /// Number of cells.
    pub(super) fn cells(&self) -> usize {
        match *self {
            Self::One => 1,
            Self::Affine { last, .. } => last.to_f64() as usize + 1,
            Self::Prefix { last, .. } | Self::Folded { last, .. } => last as usize + 1,
        }
    }

    /// Cutoffs in the fullest cell.
    fn fullest(&self, cutoffs: &[S]) -> u32 {
        cutoffs.chunk_by(|&a, &b| self.cell(a) == self.cell(b)).map(|cell| cell.len() as u32).max().unwrap_or(0)
    }

    /// For each cell the number of cutoffs in lower cells.
    pub(super) fn cutoffs_below(&self, cutoffs: &[S]) -> Vec<u32> {
        let mut below = vec![0; self.cells() + 1];
        for &cutoff in cutoffs {
            below[self.cell(cutoff) as usize + 1] += 1;
        }
        for i in 1..below.len() {
            below[i] += below[i - 1];
        }
        below
    }
}
