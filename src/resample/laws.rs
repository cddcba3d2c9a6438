//! [`Laws`]: the Poisson laws of some cells, drawn one after the other.

use std::sync::Arc;

use super::poisson::{LARGEST, Poisson, Tables};
use super::random::Words;
use super::wide::{WideTable, WideTables};
use crate::error::{Error, Result};

/// What each cell is drawn from.
#[derive(Debug)]
pub(super) struct Laws {
    /// Per cell its mean, where that is an integer up to [`LARGEST`]; 0: the next of `others`.
    means: Vec<u8>,
    others: Vec<Law>,
    /// Per cell, what one drawn unit weighs; empty where it is 1.
    scales: Vec<f64>,
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
pub(super) const BLOCK: usize = 1024;

impl Laws {
    /// Draws with these means, each > 0, of units that weigh 1; `wide` has the tables that all laws share.
    pub(super) fn of_means(means: impl Iterator<Item = f64>, wide: &mut WideTables) -> Self {
        let (mut small, mut others) = (Vec::with_capacity(means.size_hint().0), Vec::new());
        for mean in means {
            if mean.fract() == 0.0 && mean <= f64::from(LARGEST) {
                small.push(mean as u8);
            } else {
                small.push(0);
                others.push(wide.of(mean).map_or_else(|| Law::Real(Poisson::new(mean)), Law::Table));
            }
        }
        Self { means: small, others, scales: Vec::new() }
    }

    /// Draws that have the mean and the variance of `Σ w · Poisson(1)`, from `W = Σ w` and `Q = Σ w²`: `Q / W` times a
    /// Poisson number of mean `W² / Q`, which is the number of rows where their weights are equal.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for weights whose squares float64 does not hold.
    pub(super) fn of_moments(moments: impl Iterator<Item = (f64, f64)>, wide: &mut WideTables) -> Result<Self> {
        let (mut ratios, mut units) = (Vec::new(), Vec::new());
        for (sum, squares) in moments {
            let unit = squares / sum;
            let mean = sum / unit;
            if !(mean > 0.0 && mean.is_finite() && unit > 0.0) {
                let accepted = "of a size whose squares float64 holds, when they are sampling weights";
                return Err(Error::OutOfRange { argument: "weights", value: sum, accepted });
            }
            // An integer but for its roundings is one: of a single row it is 1, which is drawn from a table.
            let near = (mean - mean.round()).abs() <= 4.0 * f64::EPSILON * mean;
            ratios.push(if near { mean.round() } else { mean });
            units.push(unit);
        }
        Ok(Self { scales: units, ..Self::of_means(ratios.into_iter(), wide) })
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.means.len()
    }

    /// The largest mean that is drawn from a table.
    pub(super) fn largest_mean(&self) -> u8 {
        self.means.iter().copied().max().unwrap_or(0)
    }

    /// True when every mean has a table, and units weigh 1.
    pub(super) fn small(&self) -> bool {
        self.others.is_empty() && self.scales.is_empty()
    }

    /// True when units weigh anything but 1.
    pub(super) fn scaled(&self) -> bool {
        !self.scales.is_empty()
    }

    /// What one drawn unit of a cell weighs.
    #[inline(always)]
    pub(super) fn scale(&self, cell: usize) -> f64 {
        self.scales.get(cell).copied().unwrap_or(1.0)
    }

    /// Draws every cell, in blocks: `take` is given the first cell of each, and the values.
    #[inline(always)]
    pub(super) fn draw(&self, tables: &Tables, words: &mut Words, mut take: impl FnMut(usize, &[u64])) {
        let mut others = self.others.iter();
        let (mut block, mut values) = ([0; BLOCK], [0; BLOCK]);
        for (index, means) in self.means.chunks(BLOCK).enumerate() {
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
            take(index * BLOCK, values);
        }
    }
}
