//! [`Even`]: evenly spaced cutoffs of float32, where arithmetic in float64 alone finds the gap.

use super::nearest_integer;
use super::strip::{Places, place};
use crate::input::{Score, Working};
use crate::simd::STRIP;
use half::{bf16, f16};

/// `gap = rint((middle(score) − origin) · slope)`, in float64, for scores between the first and the last cutoff.
///
/// Float64 has 29 more bits than the scores, so a grid's own rounding does not matter; what does is that thresholds were
/// rounded to float32 *to nearest*, up or down. A score reaches such a threshold iff the middle between the score and the
/// next float32 reaches the unrounded grid point, so `middle` adds half a float32 unit to the bits of the widened score.
/// Thresholds kept in float64 need no such shift: both are tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::count) struct Even {
    first: f32,
    last: f32,
    /// Stands for every score below `first`: about the middle of the step below it.
    below: f32,
    half_unit: u64,
    origin: f64,
    slope: f64,
    gaps: u32,
}

/// Which values scores can have. The fewer, the less has to be right: thresholds rounded to float16 lie unevenly for
/// float32 scores, but for float16 scores as evenly as before they were rounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::count) enum Among {
    /// All float32.
    Singles,
    /// Float16 values.
    Halves,
    /// Bfloat16 values.
    Bfloats,
}

impl Among {
    /// Half a unit in the last place, in the bits of a float64.
    fn half_unit(self) -> u64 {
        match self {
            Self::Singles => 1 << (52 - 23 - 1),
            Self::Halves => 1 << (52 - 10 - 1),
            Self::Bfloats => 1 << (52 - 7 - 1),
        }
    }

    /// The least of the values that is `>=` a finite one, and the greatest that is below it.
    fn around(self, value: f32) -> (f32, f32) {
        match self {
            Self::Singles => (value, value.next_down()),
            Self::Halves => around(value, f16::from_f32(value).to_bits(), |bits| f16::from_bits(bits).to_f32()),
            Self::Bfloats => around(value, bf16::from_f32(value).to_bits(), |bits| bf16::from_bits(bits).to_f32()),
        }
    }
}

/// The neighbours of `value` among 16-bit floats, given the bits of the nearest and their values.
fn around(value: f32, nearest: u16, float: impl Fn(u16) -> f32) -> (f32, f32) {
    // Bits in the order of the floats; both zeros at 0x8000.
    let order = |bits: u16| if bits < 0x8000 { 0x8000 + bits } else { 0x8000 - (bits & 0x7fff) };
    let float = |order: u16| float(if order >= 0x8000 { order - 0x8000 } else { 0x8000 | (0x8000 - order) });
    let near = order(nearest);
    let least = if float(near) < value { near + 1 } else { near };
    (float(least), float(least - 1))
}

/// The grid moves down by this part of a step a cutoff, so that rounding errors of the map (a few units in 2^-52 of the
/// index) cannot push a threshold's own score below it. Not an assumption: the proof tries the result.
const NUDGE: f64 = 1.0 / 2_251_799_813_685_248.0; // 2^-51

impl Even {
    /// The plan, if it puts every cutoff and every cutoff's predecessor into the right gap. The map is monotone (each of
    /// its operations is), so it is then right for every value in between, of those `among` which scores lie.
    pub(super) fn prove<S: Score>(cutoffs: &[S], among: Among) -> Option<Self> {
        let cutoffs: &[f32] = as_f32(cutoffs)?;
        let (&[first, ..], &[.., last]) = (cutoffs, cutoffs) else { return None };
        if !(first.is_finite() && last.is_finite() && first < last) {
            return None;
        }
        let slope = (cutoffs.len() - 1) as f64 / (f64::from(last) - f64::from(first));
        let step = 1.0 / slope;
        let below = f32::at_most(f64::from(first) - 0.4 * step);
        [among.half_unit(), 0].into_iter().find_map(|half_unit| {
            let origin = f64::from(first) - step * (0.5 + NUDGE * cutoffs.len() as f64);
            let even = Self { first, last, below, half_unit, origin, slope, gaps: cutoffs.len() as u32 + 1 };
            even.holds(cutoffs, among).then_some(even)
        })
    }

    fn holds(&self, cutoffs: &[f32], among: Among) -> bool {
        (1_u32..).zip(cutoffs).all(|(gap, &cutoff)| {
            let (reached, below) = among.around(cutoff);
            self.gap(reached) == gap && self.gap(below) == gap - 1
        }) && self.gap(f32::INFINITY) == cutoffs.len() as u32
            && self.gap(f32::NEG_INFINITY) == 0
    }

    pub(super) fn words(&self) -> &'static str {
        if self.half_unit == 0 { " at the thresholds" } else { " at the thresholds as rounded" }
    }

    #[inline(always)]
    fn gap(&self, score: f32) -> u32 {
        let score = if score >= self.first { score } else { self.below };
        let score = if score < self.last { score } else { self.last };
        let middle = f64::from_bits(f64::from(score).to_bits() + self.half_unit);
        nearest_integer((middle - self.origin) * self.slope)
    }
}

fn as_f32<S: Score>(values: &[S]) -> Option<&[f32]> {
    (S::WORKING == Working::F32).then(|| bytemuck::try_cast_slice(values).ok())?
}

impl<S: Score> Places<S> for Even {
    const IN_VECTORS: bool = true;

    #[inline(always)]
    fn places(&self, scores: &[S; STRIP], labels: &[u8; STRIP]) -> impl Fn(usize) -> u32 {
        // `prove` makes a plan from float32 cutoffs only, so scores of another type never come here.
        let scores: &[f32; STRIP] = as_f32(scores).and_then(|scores| scores.first_chunk()).unwrap_or(&[0.0; STRIP]);
        place(scores.map(|score| self.gap(score)), labels, self.gaps)
    }
}
