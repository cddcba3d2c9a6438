//! [`Plan`]: how a score finds its gap among given cutoffs, chosen and proved when the plan is made.
//!
//! A score's gap is the number of cutoffs `<=` it. Every plan computes exactly that number for every score but NaN; no
//! plan that uses arithmetic is taken without a proof over its own cutoffs:
//!
//! | plan | work a score | proof |
//! |---|---|---|
//! | [`Even`] | widen, multiply, round | the rounded operations, run at each cutoff and at its predecessor |
//! | [`Few`] | one comparison a cutoff | it is the definition |
//! | [`Near`] | multiply, round, one comparison | the same, with a slack of half a step |
//! | [`Cells`] | a monotone map, a look-up, few comparisons | the map is monotone; comparisons decide the rest |

mod cells;
mod even;
mod few;
mod map;
mod near;
mod strip;

pub(super) use strip::{Places, Seen, Sink, Strips, place};

use cells::Cells;
pub(super) use even::Among;
use even::Even;
use few::Few;
pub(super) use map::Arithmetic;
use near::Near;

use crate::input::Block;
use crate::simd::Level;

/// A map from scores to gaps, exact for its cutoffs.
#[derive(Debug, Clone)]
pub(super) enum Plan<S: Arithmetic> {
    Few(Few<S>),
    Even(Even),
    Near(Near<S>),
    Cells(Cells<S>),
}

impl<S: Arithmetic> Plan<S> {
    /// The first plan of the table above that holds for `cutoffs`: ascending, NaN (reached by no score) last.
    pub(super) fn new(cutoffs: Vec<S>) -> Self {
        if let Some(even) = Even::prove(&cutoffs, Among::Singles) {
            return Self::Even(even);
        }
        if cutoffs.len() <= Few::<S>::MOST {
            return Self::Few(Few::new(cutoffs));
        }
        match Near::prove(cutoffs) {
            Ok(near) if near.computes() => Self::Near(near),
            Ok(near) => {
                let cells = Cells::new(near.cutoffs().to_vec());
                if cells.is_light() { Self::Cells(cells) } else { Self::Near(near) }
            }
            Err(cutoffs) => Self::Cells(Cells::new(cutoffs)),
        }
    }

    /// The plan for scores that all lie among values fewer than the working type's, if there is a faster one for them.
    pub(super) fn among(cutoffs: &[S], among: Among) -> Option<Self> {
        Even::prove(cutoffs, among).map(Self::Even)
    }

    /// The plan in words, for the curious.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Few(_) => "few: one comparison a threshold".to_owned(),
            Self::Even(even) => format!("even: arithmetic alone, proved{}", even.words()),
            Self::Near(near) => {
                format!("near: arithmetic to the nearest threshold, then one comparison, proved{}", near.words())
            }
            Self::Cells(cells) => cells.words(),
        }
    }

    /// Hands the places `gap + (label & 1) * gaps` of a block's rows to `sink`, in order.
    pub(super) fn place(&self, level: Level, block: Block<'_, S>, sink: &mut impl Sink) -> Seen {
        match self {
            Self::Few(few) => level.run(Strips { places: few, block, sink }),
            Self::Even(even) => level.run(Strips { places: even, block, sink }),
            Self::Near(near) => near.place(level, block, sink),
            Self::Cells(cells) => cells.place(level, block, sink),
        }
    }
}

/// Adding it to a float64 in [0, 2^31) leaves the nearest integer, ties to even, in the low 32 bits of the sum.
const INTEGER_BITS: f64 = 4_503_599_627_370_496.0; // 2^52

#[inline(always)]
fn nearest_integer(value: f64) -> u32 {
    (value + INTEGER_BITS).to_bits() as u32
}

#[cfg(test)]
mod tests;
