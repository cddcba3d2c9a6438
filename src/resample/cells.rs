//! [`Cells`]: what one shard holds, class by class and group by group, as laws to draw from.

use std::sync::Arc;

use super::bootstrap::Unit;
use super::poisson::{LARGEST, Poisson, Tables};
use super::random::Words;
use super::wide::{WideTable, WideTables};
use crate::error::{Error, Result};
use crate::measure::WeightMeaning;
use crate::simd;
use crate::tally::{Masses, Tally};

/// The cells of a shard that hold anything, in the order of its tally: the highest score first, the positives of each
/// group before its negatives. A draw takes its words in this order, so what is empty takes none.
#[derive(Debug)]
pub(super) struct Cells {
    /// Per cell, `2 · group + label` among the groups of all shards.
    places: Vec<u32>,
    held: Held,
}

#[derive(Debug)]
enum Held {
    /// Rows, each drawn for itself.
    Rows {
        /// Per cell its mean, where that is an integer up to [`LARGEST`]; 0: the next of `others`.
        means: Vec<u8>,
        others: Vec<Law>,
        /// Per cell, what one drawn unit weighs; empty where it is 1.
        scales: Vec<f64>,
    },
    /// Rows that are drawn together.
    Together(Vec<u64>),
    /// Sums of weights that are drawn together.
    WeightsTogether(Vec<f64>),
}

/// What means without a small table are drawn by.
#[derive(Debug)]
enum Law {
    Table(Arc<WideTable>),
    Real(Poisson),
}

impl Law {
    #[inline(always)]
    fn draw(&self, words: &mut Words) -> u64 {
        match self {
            Self::Table(table) => table.draw(words),
            Self::Real(law) => law.draw(words) as u64,
        }
    }
}

/// Cells that are drawn at a time: their values stay in the first cache.
const BLOCK: usize = 1024;

/// The columns that draws are added to.
pub(super) struct Columns<'m, M> {
    pub(super) positives: &'m mut [M],
    pub(super) negatives: &'m mut [M],
}

impl Columns<'_, u64> {
    #[inline(always)]
    fn add(&mut self, place: u32, value: u64) {
        let (group, positive) = ((place >> 1) as usize, value * u64::from(place & 1));
        // Both, without a branch: whose group is next cannot be predicted.
        self.positives[group] += positive;
        self.negatives[group] += value - positive;
    }
}

impl Columns<'_, f64> {
    #[inline(always)]
    fn add(&mut self, place: u32, value: f64) {
        let column = if place & 1 == 1 { &mut *self.positives } else { &mut *self.negatives };
        column[(place >> 1) as usize] += value;
    }
}

impl Cells {
    /// The cells of `tally`, whose groups are all among those of `whole`; `wide` has the tables that all shards share.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a group that `whole` has not, for more than 2^31 groups, and for weights whose squares
    /// float64 does not hold; [`Error::NoSquaredWeights`]; [`Error::OutOfMemory`].
    pub(super) fn new(tally: &Tally, whole: &Tally, unit: Unit, wide: &mut WideTables) -> Result<Self> {
        let groups = positions(tally, whole)?;
        let cells = |held: &dyn Fn(usize, usize) -> bool| {
            let both = (0..groups.len()).flat_map(|group| [(group, 1), (group, 0)]);
            both.filter(|&(group, label)| held(group, label)).collect::<Vec<_>>()
        };
        let (cells, held) = match (tally.masses(), unit) {
            (Masses::Counts { positives, negatives }, unit) => {
                let columns = [negatives, positives];
                let cells = cells(&|group, label| columns[label][group] > 0);
                let counts = || cells.iter().map(|&(group, label)| columns[label][group]);
                let held = match unit {
                    Unit::Rows(_) => Held::of_means(counts().map(|count| count as f64), wide),
                    Unit::Shards => Held::Together(counts().collect()),
                };
                (cells, held)
            }
            (Masses::Weights { positives, negatives }, unit) => {
                let columns = [negatives, positives];
                let cells = cells(&|group, label| columns[label][group] > 0.0);
                let weights = || cells.iter().map(|&(group, label)| columns[label][group]);
                let held = match unit {
                    Unit::Rows(WeightMeaning::Frequency) => Held::of_means(weights(), wide),
                    Unit::Rows(WeightMeaning::Sampling) => {
                        let squares = &tally.sums().ok_or(Error::NoSquaredWeights)?.squared_weights;
                        let squares = cells.iter().map(|&(group, label)| squares[label][group]);
                        Held::of_moments(weights().zip(squares), wide)?
                    }
                    Unit::Shards => Held::WeightsTogether(weights().collect()),
                };
                (cells, held)
            }
        };
        let mut places = simd::room(cells.len(), "groups to draw from")?;
        places.extend(cells.iter().map(|&(group, label)| 2 * groups[group] + label as u32));
        Ok(Self { places, held })
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The largest mean that is drawn from a table.
    pub(super) fn largest_mean(&self) -> u8 {
        match &self.held {
            Held::Rows { means, .. } => means.iter().copied().max().unwrap_or(0),
            Held::Together(_) | Held::WeightsTogether(_) => 1,
        }
    }

    /// Adds one replicate of the shard, of rows.
    pub(super) fn add_rows(&self, tables: &Tables, words: &mut Words, mut columns: Columns<'_, u64>) {
        match &self.held {
            Held::Rows { .. } => self.draw(tables, words, |_, places, values| {
                places.iter().zip(values).for_each(|(&place, &value)| columns.add(place, value));
            }),
            Held::Together(counts) => {
                let times = tables.draw(1, words);
                if times > 0 {
                    self.places.iter().zip(counts).for_each(|(&place, count)| columns.add(place, times * count));
                }
            }
            Held::WeightsTogether(_) => {} // such a replicate has weights: see below
        }
    }

    /// Adds one replicate of the shard, of weights.
    pub(super) fn add_weights(&self, tables: &Tables, words: &mut Words, mut columns: Columns<'_, f64>) {
        match &self.held {
            Held::Rows { scales, .. } => self.draw(tables, words, |start, places, values| {
                for (cell, (&place, &value)) in places.iter().zip(values).enumerate() {
                    columns.add(place, value as f64 * scales.get(start + cell).unwrap_or(&1.0));
                }
            }),
            held => {
                let times = tables.draw(1, words) as f64;
                let mass = |cell: usize| match held {
                    Held::WeightsTogether(weights) => weights[cell],
                    Held::Together(counts) => counts[cell] as f64,
                    Held::Rows { .. } => 0.0,
                };
                if times > 0.0 {
                    self.places.iter().enumerate().for_each(|(cell, &place)| columns.add(place, times * mass(cell)));
                }
            }
        }
    }

    /// Twice the pairs that one replicate's positives win, and its `[negatives, positives]`: its ROC AUC without its
    /// table. None where counts are too large for that.
    pub(super) fn pairs(&self, tables: &Tables, words: &mut Words) -> Option<(u128, [u64; 2])> {
        let Held::Rows { others, scales, .. } = &self.held else { return None };
        if !(others.is_empty() && scales.is_empty()) {
            return None; // means up to 63 in 2^32 cells at most: a block's sum fits 64 bits by far
        }
        let (mut twice_u, mut drawn, mut positives) = (0_u128, 0, 0);
        let (mut last, mut above) = (u32::MAX, 0); // the group, and the positives above it
        self.draw(tables, words, |_, places, values| {
            let mut sum = 0;
            for (&place, &value) in places.iter().zip(values) {
                let positive = value * u64::from(place & 1);
                above = if place >> 1 == last { above } else { positives };
                last = place >> 1;
                positives += positive;
                drawn += value;
                sum += (value - positive) * (above + positives);
            }
            twice_u += u128::from(sum);
        });
        Some((twice_u, [drawn - positives, positives]))
    }

    /// Draws every cell, in blocks: `take` is given the first cell of each, the places and the values.
    #[inline(always)]
    fn draw(&self, tables: &Tables, words: &mut Words, mut take: impl FnMut(usize, &[u32], &[u64])) {
        let Held::Rows { means, others, .. } = &self.held else { return };
        let mut others = others.iter();
        let (mut block, mut values) = ([0; BLOCK], [0; BLOCK]);
        for (index, (places, means)) in self.places.chunks(BLOCK).zip(means.chunks(BLOCK)).enumerate() {
            let (block, values) = (&mut block[..means.len()], &mut values[..means.len()]);
            let mut together = means.iter().all(|&mean| mean == 1);
            if together {
                words.peek(block);
                together = tables.of_ones(words.level(), block, values);
            }
            if together {
                words.skip(means.len());
            } else {
                for (value, &mean) in values.iter_mut().zip(means) {
                    *value = match mean {
                        0 => others.next().map_or(0, |law| law.draw(words)),
                        mean => tables.draw(mean, words),
                    };
                }
            }
            take(index * BLOCK, places, values);
        }
    }
}

impl Held {
    /// Draws with these means, each > 0, of units that weigh 1.
    fn of_means(means: impl Iterator<Item = f64>, wide: &mut WideTables) -> Self {
        let (mut small, mut others) = (Vec::with_capacity(means.size_hint().0), Vec::new());
        for mean in means {
            if mean.fract() == 0.0 && mean <= f64::from(LARGEST) {
                small.push(mean as u8);
            } else {
                small.push(0);
                others.push(wide.of(mean).map_or_else(|| Law::Real(Poisson::new(mean)), Law::Table));
            }
        }
        Self::Rows { means: small, others, scales: Vec::new() }
    }

    /// Draws that have the mean and the variance of `Σ w · Poisson(1)`, from `W = Σ w` and `Q = Σ w²`: `Q / W` times a
    /// Poisson number of mean `W² / Q`.
    fn of_moments(moments: impl Iterator<Item = (f64, f64)>, wide: &mut WideTables) -> Result<Self> {
        let (mut ratios, mut units) = (Vec::new(), Vec::new());
        for (sum, squares) in moments {
            let unit = squares / sum;
            let mean = sum / unit;
            if !(mean > 0.0 && mean.is_finite() && unit > 0.0) {
                let accepted = "of a size whose squares float64 holds, when they are sampling weights";
                return Err(Error::OutOfRange { argument: "weights", value: sum, accepted });
            }
            ratios.push(mean);
            units.push(unit);
        }
        let Self::Rows { means, others, .. } = Self::of_means(ratios.into_iter(), wide) else {
            return Ok(Self::Together(Vec::new()));
        };
        Ok(Self::Rows { means, others, scales: units })
    }
}

/// Where each group of `tally` stands among those of `whole`.
fn positions(tally: &Tally, whole: &Tally) -> Result<Vec<u32>> {
    if whole.len() > (u32::MAX / 2) as usize {
        let accepted = "at most 2^31 groups of scores";
        return Err(Error::OutOfRange { argument: "counts", value: whole.len() as f64, accepted });
    }
    let mut positions = simd::room(tally.len(), "groups to draw from")?;
    let mut rest = whole.thresholds().iter().enumerate();
    for &threshold in tally.thresholds() {
        let Some((at, _)) = rest.find(|(_, other)| **other == threshold) else {
            let accepted = "scores that all shards together hold, too";
            return Err(Error::OutOfRange { argument: "shards", value: threshold, accepted });
        };
        positions.push(at as u32);
    }
    Ok(positions)
}
