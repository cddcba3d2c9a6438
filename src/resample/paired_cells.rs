//! [`PairedCells`]: samples of several models, merged where no model tells them apart, as laws to draw from.

use std::cmp::Ordering;
use std::ops::AddAssign;

use super::laws::{BLOCK, Laws};
use super::poisson::Tables;
use super::random::Words;
use super::wide::WideTables;
use crate::error::{Error, Result};
use crate::measure::{Model, SampleWeights, Samples};
use crate::simd;
use crate::tally::{Masses, Tally};

/// The cells of samples that hold anything: one a label and groups of all models (and cluster). Positives come before
/// negatives, then the first model's highest group comes first, and so on; draws take their words in this order, so the
/// order of the samples does not matter, nor which of them are merged.
#[derive(Debug)]
pub(super) struct PairedCells {
    /// How many cells are positive: the first so many.
    positives: usize,
    /// One a model.
    models: Vec<Places>,
    held: Held,
}

/// Where the cells lie in the table of one model.
#[derive(Debug)]
struct Places {
    /// The group of each cell.
    groups: Vec<u32>,
    /// True when no two cells of a label share a group: what is drawn is written, not added, and nothing need be cleared.
    apart: bool,
}

#[derive(Debug)]
enum Held {
    /// Samples, each drawn for itself.
    Alone(Laws),
    /// Samples of clusters that are drawn whole: the law of each cluster, the cluster of each cell, and what the cell holds.
    Clusters(Laws, Vec<u32>, Mass),
}

#[derive(Debug)]
enum Mass {
    Rows(Vec<u64>),
    Weights(Vec<f64>),
}

impl PairedCells {
    /// The cells of samples.
    ///
    /// # Errors
    /// As [`PairedBootstrap::new`](super::PairedBootstrap::new).
    pub(super) fn new(models: &[Model<'_>], samples: Samples<'_>) -> Result<Self> {
        let order = sorted(models, samples)?;
        let cells: Vec<&[u32]> = order.chunk_by(|&a, &b| compared(models, samples, a, b).is_eq()).collect();
        let firsts = || cells.iter().map(|rows| rows[0] as usize);
        let sums = |of: &dyn Fn(usize) -> f64| {
            cells.iter().map(|rows| rows.iter().map(|&row| of(row as usize)).sum()).collect::<Vec<f64>>()
        };
        let counts = |each: Option<&[u64]>| {
            let count = |rows: &&[u32]| rows.iter().map(|&row| each.map_or(1, |each| each[row as usize])).sum();
            cells.iter().map(count).collect::<Vec<u64>>()
        };
        let mass = match samples.weights {
            SampleWeights::Ones => Mass::Rows(counts(None)),
            SampleWeights::Rows(rows) => Mass::Rows(counts(Some(rows))),
            SampleWeights::Frequency(weights)
            | SampleWeights::Sampling(weights)
            | SampleWeights::SamplingSums { weights, .. } => Mass::Weights(sums(&|row| weights[row])),
        };
        let wide = &mut WideTables::default();
        let held = match (samples.clusters, mass, samples.weights) {
            (Some(clusters), mass, _) => {
                let of_cell: Vec<usize> = firsts().map(|row| clusters[row] as usize).collect();
                let (of_cell, count) = numbered(&of_cell);
                Held::Clusters(Laws::of_means((0..count).map(|_| 1.0), wide), of_cell, mass)
            }
            (None, Mass::Weights(weights), SampleWeights::Sampling(each)) => {
                let squares = sums(&|row| each[row] * each[row]);
                Held::Alone(Laws::of_moments(weights.into_iter().zip(squares), wide)?)
            }
            (None, Mass::Weights(weights), SampleWeights::SamplingSums { squares, .. }) => {
                let squares = sums(&|row| squares[row]);
                Held::Alone(Laws::of_moments(weights.into_iter().zip(squares), wide)?)
            }
            (None, Mass::Weights(weights), _) => Held::Alone(Laws::of_means(weights.into_iter(), wide)),
            (None, Mass::Rows(rows), _) => {
                Held::Alone(Laws::of_means(rows.into_iter().map(|count| count as f64), wide))
            }
        };
        let positives = firsts().filter(|&row| row < samples.positives).count();
        let places = |model: &Model<'_>| {
            Places::new(firsts().map(|row| model.groups[row]).collect(), positives, model.tally.len())
        };
        Ok(Self { positives, models: models.iter().map(places).collect(), held })
    }

    /// True when a replicate holds sums of weights.
    pub(super) fn weighted(&self) -> bool {
        match &self.held {
            Held::Alone(laws) => laws.scaled(),
            Held::Clusters(_, _, mass) => matches!(mass, Mass::Weights(_)),
        }
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.models.first().map_or(0, |places| places.groups.len())
    }

    /// The largest mean that is drawn from a table.
    pub(super) fn largest_mean(&self) -> u8 {
        let (Held::Alone(laws) | Held::Clusters(laws, ..)) = &self.held;
        laws.largest_mean()
    }

    /// Makes one replicate in the tables of all models, which hold nothing but an earlier one.
    pub(super) fn fill(&self, tables: &Tables, words: &mut Words, models: &mut [Tally]) {
        for (places, model) in self.models.iter().zip(&mut *models) {
            if !places.apart {
                model.masses_mut().clear();
            }
        }
        let mut weights = [0.0; BLOCK];
        match &self.held {
            Held::Alone(laws) if laws.scaled() => laws.draw(tables, words, |start, values| {
                let weights = &mut weights[..values.len()];
                for (i, (weight, &value)) in weights.iter_mut().zip(values).enumerate() {
                    *weight = value as f64 * laws.scale(start + i);
                }
                self.add_weights(start, weights, models);
            }),
            Held::Alone(laws) => laws.draw(tables, words, |start, values| self.add_rows(start, values, models)),
            Held::Clusters(laws, of_cell, mass) => {
                let mut times = vec![0; laws.len()];
                laws.draw(tables, words, |start, values| times[start..start + values.len()].copy_from_slice(values));
                self.add_clusters(&times, of_cell, mass, models);
            }
        }
    }

    /// Adds each cell as many times as its cluster was drawn.
    fn add_clusters(&self, times: &[u64], of_cell: &[u32], mass: &Mass, models: &mut [Tally]) {
        let (mut values, mut weights) = ([0; BLOCK], [0.0; BLOCK]);
        for (index, clusters) in of_cell.chunks(BLOCK).enumerate() {
            let (start, len) = (index * BLOCK, clusters.len());
            let drawn = clusters.iter().map(|&cluster| times[cluster as usize]);
            match mass {
                Mass::Rows(rows) => {
                    let cells = values.iter_mut().zip(drawn).zip(&rows[start..]);
                    cells.for_each(|((value, times), &count)| *value = times * count);
                    self.add_rows(start, &values[..len], models);
                }
                Mass::Weights(held) => {
                    let cells = weights.iter_mut().zip(drawn).zip(&held[start..]);
                    cells.for_each(|((weight, times), &held)| *weight = times as f64 * held);
                    self.add_weights(start, &weights[..len], models);
                }
            }
        }
    }

    /// Adds rows to the cells from `start` on, of models that hold rows.
    #[inline(always)]
    fn add_rows(&self, start: usize, values: &[u64], models: &mut [Tally]) {
        for (places, model) in self.models.iter().zip(models) {
            if let Masses::Counts { positives, negatives } = model.masses_mut() {
                places.put(start, self.positives, values, [positives, negatives]);
            }
        }
    }

    /// Adds weights likewise.
    fn add_weights(&self, start: usize, values: &[f64], models: &mut [Tally]) {
        for (places, model) in self.models.iter().zip(models) {
            if let Masses::Weights { positives, negatives } = model.masses_mut() {
                places.put(start, self.positives, values, [positives, negatives]);
            }
        }
    }
}

impl Places {
    /// Of cells of which the first so many are `positives`, in a table of `len` groups.
    fn new(groups: Vec<u32>, positives: usize, len: usize) -> Self {
        let apart = |groups: &[u32]| {
            let mut seen = vec![false; len];
            groups.iter().all(|&group| !std::mem::replace(&mut seen[group as usize], true))
        };
        let apart = apart(&groups[..positives]) && apart(&groups[positives..]);
        Self { groups, apart }
    }

    /// Puts the values of the cells from `start` on into the groups of their labels.
    #[inline(always)]
    fn put<M: Copy + AddAssign>(&self, start: usize, positives: usize, values: &[M], columns: [&mut [M]; 2]) {
        let held = positives.saturating_sub(start).min(values.len());
        let (groups, (above, below)) = (&self.groups[start..start + values.len()], values.split_at(held));
        for (column, (groups, values)) in columns.into_iter().zip([(&groups[..held], above), (&groups[held..], below)])
        {
            let cells = groups.iter().zip(values);
            match self.apart {
                true => cells.for_each(|(&group, &value)| column[group as usize] = value),
                false => cells.for_each(|(&group, &value)| column[group as usize] += value),
            }
        }
    }
}

/// Samples that hold anything, by cell.
fn sorted(models: &[Model<'_>], samples: Samples<'_>) -> Result<Vec<u32>> {
    let len = models.first().map_or(0, |model| model.groups.len());
    let group = |model: usize, row: usize| models.get(model).map_or(0, |model: &Model<'_>| model.groups[row]);
    let held = |row: &usize| match samples.weights {
        SampleWeights::Ones => true,
        SampleWeights::Rows(rows) => rows[*row] > 0,
        SampleWeights::Frequency(weights)
        | SampleWeights::Sampling(weights)
        | SampleWeights::SamplingSums { weights, .. } => weights[*row] > 0.0,
    };
    let mut order = simd::room(len, PURPOSE)?;
    for rows in [0..samples.positives, samples.positives..len] {
        let mut keyed: Vec<(u64, u32)> = simd::room(rows.len(), PURPOSE)?;
        let key = |row: usize| u64::from(group(0, row)) << 32 | u64::from(group(1, row));
        keyed.extend(rows.filter(held).map(|row| (key(row), row as u32)));
        // By row at last, so that sums of weights have one order.
        let rest = |a: u32, b: u32| compared(models, samples, a, b).then(a.cmp(&b));
        keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| rest(a.1, b.1)));
        order.extend(keyed.iter().map(|&(_, row)| row));
    }
    Ok(order)
}

/// Order of the cells of two samples.
fn compared(models: &[Model<'_>], samples: Samples<'_>, a: u32, b: u32) -> Ordering {
    let [a, b] = [a as usize, b as usize];
    let groups = models.iter().map(|model| model.groups[a].cmp(&model.groups[b]));
    let negative = |row: usize| row >= samples.positives;
    groups
        .fold(negative(a).cmp(&negative(b)), Ordering::then)
        .then(samples.clusters.map_or(Ordering::Equal, |clusters| clusters[a].cmp(&clusters[b])))
}

const PURPOSE: &str = "samples to draw from";

/// Numbers made consecutive, in their order, and how many there are.
fn numbered(numbers: &[usize]) -> (Vec<u32>, usize) {
    let mut seen = vec![false; numbers.iter().max().map_or(0, |&last| last + 1)];
    numbers.iter().for_each(|&number| seen[number] = true);
    let mut count = 0;
    let places: Vec<u32> = seen
        .into_iter()
        .map(|seen| {
            count += u32::from(seen);
            count.saturating_sub(1)
        })
        .collect();
    (numbers.iter().map(|&number| places[number]).collect(), count as usize)
}

/// Refuses samples whose columns do not fit each other or the models' tallies.
pub(super) fn refuse_misfits(models: &[Model<'_>], samples: Samples<'_>) -> Result<()> {
    let expected = models.first().map_or(0, |model| model.groups.len());
    let fits = |argument: &'static str, found: usize| match found == expected {
        true => Ok(()),
        false => Err(Error::LengthMismatch { argument, found, expected }),
    };
    for model in models {
        fits("groups", model.groups.len())?;
        let most = model.groups.iter().copied().max().map_or(0, |last| last as usize + 1);
        if most > model.tally.len() {
            let accepted = "groups of the model's tally";
            return Err(Error::OutOfRange { argument: "groups", value: (most - 1) as f64, accepted });
        }
    }
    if samples.positives > expected || expected > u32::MAX as usize {
        let accepted = "at most the number of samples, which is below 2^32";
        return Err(Error::OutOfRange { argument: "positives", value: samples.positives as f64, accepted });
    }
    match samples.weights {
        SampleWeights::Ones => {}
        SampleWeights::Rows(rows) => fits("weights", rows.len())?,
        SampleWeights::Frequency(weights) | SampleWeights::Sampling(weights) => fits("weights", weights.len())?,
        SampleWeights::SamplingSums { weights, squares } => {
            fits("weights", weights.len())?;
            fits("squares", squares.len())?;
        }
    }
    samples.clusters.map_or(Ok(()), |clusters| fits("clusters", clusters.len()))
}
