//! A replicate of the masses of one shard.

use super::poisson::{LARGEST, Poisson, Tables};
use super::random::{Stream, Words};
use crate::error::{Error, Result};
use crate::simd::Level;
use crate::tally::{Masses, Tally};

/// What is drawn, and what a weight means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resampling {
    /// Rows; a weight of 3 is three of them. A group of mass `m` becomes Poisson(m).
    Rows,
    /// Rows whose weights are those of sampling: `Σ w · Poisson(1)` over the rows of a group is drawn as
    /// `q · Poisson(W / q)` with `q = Σ w² / W`, which has its mean and its variance, and is it for equal weights.
    WeightedRows,
    /// Whole shards: each is taken Poisson(1) times, all groups alike.
    Shards,
}

/// Positives and negatives per group of a replicate, in the order of the tally they were drawn from.
#[derive(Debug, Clone, PartialEq)]
pub enum Drawn {
    /// Rows.
    Counts([Vec<u64>; 2]),
    /// Sums of weights.
    Weights([Vec<f64>; 2]),
}

/// Tables for the counts that rows have.
pub(super) fn tables() -> Tables {
    Tables::up_to(LARGEST)
}

/// Draws the masses of one replicate, `[negatives, positives]` in turn for each group from the highest score down.
///
/// # Errors
/// [`Error::NoSquaredWeights`] for weighted rows of a tally without their squares.
pub(super) fn draw(
    tally: &Tally,
    resampling: Resampling,
    stream: Stream,
    tables: &Tables,
    level: Level,
) -> Result<Drawn> {
    let mut words = Words::new(stream, level);
    Ok(match (tally.masses(), resampling) {
        (Masses::Counts { positives, negatives }, Resampling::Rows | Resampling::WeightedRows) => {
            counts(positives, negatives, |count| poisson(count, tables, &mut words))
        }
        (Masses::Weights { positives, negatives }, Resampling::Rows) => {
            counts(positives, negatives, |mass| poisson_of(mass, tables, &mut words))
        }
        (Masses::Weights { positives, negatives }, Resampling::WeightedRows) => {
            let squares = &tally.sums().ok_or(Error::NoSquaredWeights)?.squared_weights;
            let mut drawn = [Vec::with_capacity(negatives.len()), Vec::with_capacity(positives.len())];
            for group in 0..tally.len() {
                for (label, column) in [(0, negatives), (1, positives)] {
                    let (mass, square) = (column[group], squares[label][group]);
                    let unit = square / mass;
                    let value = if mass > 0.0 { unit * draw_real(mass / unit, tables, &mut words) } else { 0.0 };
                    drawn[label].push(value);
                }
            }
            Drawn::Weights(drawn)
        }
        (Masses::Counts { positives, negatives }, Resampling::Shards) => {
            let times = poisson(1, tables, &mut words);
            counts(positives, negatives, |count| count * times)
        }
        (Masses::Weights { positives, negatives }, Resampling::Shards) => {
            let times = poisson(1, tables, &mut words) as f64;
            Drawn::Weights([negatives, positives].map(|column| column.iter().map(|mass| mass * times).collect()))
        }
    })
}

/// What `drawn` makes of each mass; nothing is drawn for none.
fn counts<M: Copy + Default + PartialEq>(positives: &[M], negatives: &[M], mut drawn: impl FnMut(M) -> u64) -> Drawn {
    let mut columns = [Vec::with_capacity(negatives.len()), Vec::with_capacity(positives.len())];
    let mut value = |mass: M| if mass == M::default() { 0 } else { drawn(mass) };
    for (&n, &p) in negatives.iter().zip(positives) {
        columns[0].push(value(n));
        columns[1].push(value(p));
    }
    Drawn::Counts(columns)
}

#[inline(always)]
fn poisson(count: u64, tables: &Tables, words: &mut Words) -> u64 {
    match u8::try_from(count) {
        Ok(small @ 1..=LARGEST) => tables.draw(small, words),
        _ => Poisson::new(count as f64).draw(words) as u64,
    }
}

fn poisson_of(mass: f64, tables: &Tables, words: &mut Words) -> u64 {
    draw_real(mass, tables, words) as u64
}

fn draw_real(mass: f64, tables: &Tables, words: &mut Words) -> f64 {
    if mass.fract() == 0.0 && mass <= f64::from(LARGEST) {
        return tables.draw(mass as u8, words) as f64;
    }
    Poisson::new(mass).draw(words)
}
