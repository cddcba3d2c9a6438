//! [`Cells`]: what one shard holds, class by class and group by group, as laws to draw from.

use super::bootstrap::Unit;
use super::laws::Laws;
use super::poisson::Tables;
use super::random::Words;
use super::wide::WideTables;
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
    Rows(Laws),
    /// Rows that are drawn together.
    Together(Vec<u64>),
    /// Sums of weights that are drawn together.
    WeightsTogether(Vec<f64>),
}

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
                    Unit::Rows(_) => Held::Rows(Laws::of_means(counts().map(|count| count as f64), wide)),
                    Unit::Shards => Held::Together(counts().collect()),
                };
                (cells, held)
            }
            (Masses::Weights { positives, negatives }, unit) => {
                let columns = [negatives, positives];
                let cells = cells(&|group, label| columns[label][group] > 0.0);
                let weights = || cells.iter().map(|&(group, label)| columns[label][group]);
                let held = match unit {
                    Unit::Rows(WeightMeaning::Frequency) => Held::Rows(Laws::of_means(weights(), wide)),
                    Unit::Rows(WeightMeaning::Sampling) => {
                        let squares = &tally.sums().ok_or(Error::NoSquaredWeights)?.squared_weights;
                        let squares = cells.iter().map(|&(group, label)| squares[label][group]);
                        Held::Rows(Laws::of_moments(weights().zip(squares), wide)?)
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
            Held::Rows(laws) => laws.largest_mean(),
            Held::Together(_) | Held::WeightsTogether(_) => 1,
        }
    }

    /// Adds one replicate of the shard, of rows.
    pub(super) fn add_rows(&self, tables: &Tables, words: &mut Words, mut columns: Columns<'_, u64>) {
        match &self.held {
            Held::Rows(laws) => laws.draw(tables, words, |start, values| {
                self.places[start..].iter().zip(values).for_each(|(&place, &value)| columns.add(place, value));
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
            Held::Rows(laws) => laws.draw(tables, words, |start, values| {
                for (cell, (&place, &value)) in self.places[start..].iter().zip(values).enumerate() {
                    columns.add(place, value as f64 * laws.scale(start + cell));
                }
            }),
            held => {
                let times = tables.draw(1, words) as f64;
                let mass = |cell: usize| match held {
                    Held::WeightsTogether(weights) => weights[cell],
                    Held::Together(counts) => counts[cell] as f64,
                    Held::Rows(_) => 0.0,
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
        let Held::Rows(laws) = &self.held else { return None };
        if !laws.small() {
            return None; // means up to 63 in 2^32 cells at most: a block's sum fits 64 bits by far
        }
        let (mut twice_u, mut drawn, mut positives) = (0_u128, 0, 0);
        let (mut last, mut above) = (u32::MAX, 0); // the group, and the positives above it
        laws.draw(tables, words, |start, values| {
            let mut sum = 0;
            for (&place, &value) in self.places[start..].iter().zip(values) {
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
