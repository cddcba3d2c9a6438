//! [`Cells`]: any cutoffs. A monotone map sorts scores into cells; a table says how many cutoffs lie below each cell, and
//! comparisons decide among the cutoffs inside it.

use super::map::{Arithmetic, Map};
use super::strip::{Places, place};
use super::{Seen, Sink, Strips};
use crate::input::Block;
use crate::simd::{Level, Lookup, STRIP};

/// Cutoffs by cell of a monotone map: a score lies above every cutoff of a lower cell and below every cutoff of a higher
/// one, whatever the map, so the answer is exact for any map; a good one leaves few cutoffs to a cell.
#[derive(Debug, Clone)]
pub(in crate::count) struct Cells<S: Arithmetic> {
    map: Map<S>,
    /// Scores' keys are compared as they lie in memory: every cutoff is positive.
    plain: bool,
    inside: Inside<S>,
}

/// How cutoffs inside a cell are told apart, by how many the fullest has.
#[derive(Debug, Clone)]
enum Inside<S: Arithmetic> {
    One(Lookup<S::Entry, 0>),
    Two(Lookup<S::Entry, 1>),
    Three(Lookup<S::Entry, 2>),
    Many(Search<S>),
}

impl<S: Arithmetic> Cells<S> {
    /// Takes the map and the number of cells that promise the least work.
    pub(super) fn new(cutoffs: Vec<S>) -> Self {
        let gaps = cutoffs.len() as u32 + 1;
        let reachable = &cutoffs[..cutoffs.partition_point(|cutoff| !cutoff.is_nan())];
        let (map, fullest) = Map::best(reachable, work::<S>);
        let plain = reachable.first().is_none_or(|cutoff| cutoff.to_f64() > 0.0);
        let keys: Vec<_> = reachable.iter().map(|cutoff| cutoff.signed_key()).collect();
        let below = map.cutoffs_below(reachable);
        let cells = below.windows(2).map(|pair| &keys[pair[0] as usize..pair[1] as usize]);
        let inside = match fullest {
            0 | 1 => Lookup::new(cells, gaps).map(Inside::One),
            2 => Lookup::new(cells, gaps).map(Inside::Two),
            3 => Lookup::new(cells, gaps).map(Inside::Three),
            _ => None,
        };
        let search = || Inside::Many(Search::new(below.clone(), reachable.to_vec(), fullest, gaps));
        Self { map, plain, inside: inside.unwrap_or_else(search) }
    }

    /// True when a row takes one comparison and a table that fits the first-level cache: no plan that looks up is faster.
    pub(super) fn is_light(&self) -> bool {
        matches!(self.inside, Inside::One(_)) && work::<S>(1, self.map.cells()) <= 1
    }

    pub(super) fn words(&self) -> String {
        let comparisons = match &self.inside {
            Inside::One(_) => 1,
            Inside::Two(_) => 2,
            Inside::Three(_) => 3,
            Inside::Many(search) => search.first_step.ilog2() + 1,
        };
        format!("cells: {} map into {} cells, then {comparisons} comparison(s)", self.map.name(), self.map.cells())
    }

    pub(super) fn place(&self, level: Level, block: Block<'_, S>, sink: &mut impl Sink) -> Seen {
        match &self.inside {
            Inside::One(lookup) => level.run(Strips { places: &Compare { cells: self, lookup }, block, sink }),
            Inside::Two(lookup) => level.run(Strips { places: &Compare { cells: self, lookup }, block, sink }),
            Inside::Three(lookup) => level.run(Strips { places: &Compare { cells: self, lookup }, block, sink }),
            Inside::Many(search) => level.run(Strips { places: &Searched { cells: self, search }, block, sink }),
        }
    }

    #[inline(always)]
    fn keys(&self, scores: &[S; STRIP]) -> [S::SignedKey; STRIP] {
        if self.plain { scores.map(S::signed_bits) } else { scores.map(S::signed_key) }
    }
}

/// What a map costs in tenths of a nanosecond a row: comparisons, and misses of the first-level cache (measured).
fn work<S: Arithmetic>(fullest: u32, cells: usize) -> u32 {
    let (comparisons, entry) = match fullest {
        0 | 1 => (0, size_of::<(S::Entry, [S::SignedKey; 0])>()),
        2 => (1, size_of::<(S::Entry, [S::SignedKey; 1])>()),
        3 => (3, size_of::<(S::Entry, [S::SignedKey; 2])>()),
        _ => (4 + 6 * (fullest + 1).next_power_of_two().ilog2(), 2),
    };
    let misses = match 2 * cells * entry {
        0..=0x4000 => 0,
        0x4001..=0x8000 => 1,
        0x8001..=0x2_0000 => 2,
        0x2_0001..=0x4_0000 => 4,
        0x4_0001..=0x8_0000 => 8,
        _ => 16,
    };
    comparisons + misses
}

/// Comparisons side by side.
struct Compare<'p, S: Arithmetic, const MORE: usize> {
    cells: &'p Cells<S>,
    lookup: &'p Lookup<S::Entry, MORE>,
}

impl<S: Arithmetic, const MORE: usize> Places<S> for Compare<'_, S, MORE> {
    const IN_VECTORS: bool = false;

    #[inline(always)]
    fn places(&self, scores: &[S; STRIP], labels: &[u8; STRIP]) -> impl Fn(usize) -> u32 {
        self.lookup.places(self.cells.map.strip(scores), labels, self.cells.keys(scores))
    }
}

/// A binary search of fixed depth inside a cell.
#[derive(Debug, Clone)]
struct Search<S> {
    /// Cutoffs in lower cells.
    below: Vec<u32>,
    /// The cutoffs, then NaN (which no score reaches) for steps beyond the last.
    cutoffs: Vec<S>,
    /// Steps of decreasing powers of two together pass every cutoff of the fullest cell.
    first_step: u32,
    gaps: u32,
}

impl<S: Arithmetic> Search<S> {
    fn new(below: Vec<u32>, mut cutoffs: Vec<S>, fullest: u32, gaps: u32) -> Self {
        let first_step = (fullest + 1).next_power_of_two() / 2;
        cutoffs.resize(cutoffs.len() + 2 * first_step as usize, S::nearest(f64::NAN));
        Self { below, cutoffs, first_step, gaps }
    }
}

struct Searched<'p, S: Arithmetic> {
    cells: &'p Cells<S>,
    search: &'p Search<S>,
}

impl<S: Arithmetic> Places<S> for Searched<'_, S> {
    const IN_VECTORS: bool = true;

    #[inline(always)]
    fn places(&self, scores: &[S; STRIP], labels: &[u8; STRIP]) -> impl Fn(usize) -> u32 {
        let Search { below, cutoffs, first_step, gaps: count } = self.search;
        let mut gaps = self.cells.map.strip(scores);
        for gap in &mut gaps {
            *gap = below.get(*gap as usize).copied().unwrap_or(0);
        }
        let mut step = *first_step;
        while step > 0 {
            for (gap, &score) in gaps.iter_mut().zip(scores) {
                let reached = cutoffs.get((*gap + step - 1) as usize).is_some_and(|&cutoff| score >= cutoff);
                *gap += if reached { step } else { 0 };
            }
            step /= 2;
        }
        place(gaps, labels, *count)
    }
}
