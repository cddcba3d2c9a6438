//! [`Bootstrap`]: replicates of counts, each a function of (seed, shard, replicate) alone.

use super::cells::{Cells, Columns};
use super::poisson::Tables;
use super::random::{Stream, Words};
use super::statistic::Statistic;
use crate::control::Control;
use crate::count::in_order;
use crate::error::{Error, Result};
use crate::measure::WeightMeaning;
use crate::tally::{Masses, Tally};

/// Part of the data: a name that stays, and its counts.
#[derive(Debug, Clone, Copy)]
pub struct Shard<'t> {
    /// Which one. Draws depend on it, so two shards need two.
    pub id: u64,
    /// What it counted.
    pub tally: &'t Tally,
}

/// What is drawn, independently of all others, with a multiplicity from Poisson(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Each row. Of frequency weights a sum `W` is drawn from Poisson(`W`); of sampling weights the sum `Σ w · Poisson(1)` as
    /// `Q/W` times Poisson(`W²/Q`), `Q = Σ w²` of the class in its group: mean and variance are right, and the whole law where
    /// these weights are equal.
    Rows(WeightMeaning),
    /// Each shard as a whole: for rows that hang together inside a shard, as those of one patient.
    Shards,
}

/// The Poisson bootstrap of some shards: the sum of their replicates, drawn shard by shard.
///
/// Replicate `r` of a shard takes its random words from (seed, shard's id, `r`) and nothing else. So it is the same on any
/// number of threads and with any instructions; and shards that are resampled apart add up to what they give together.
/// A replicate holds Poisson-many rows, about as many as the counts.
///
/// Source: Chamandy, Muralidharan, Najmi & Naidu, *Estimating uncertainty for massive data streams*, Google, 2012.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::measure::WeightMeaning;
/// use thresher::resample::{Bootstrap, Shard, Statistic, Unit};
/// use thresher::tally::{Masses, Tally};
/// use thresher::Control;
///
/// let cancel = AtomicBool::new(false);
/// let counts = Masses::Counts { positives: vec![30, 10, 10], negatives: vec![10, 10, 30] };
/// let tally = Tally::new(vec![0.8, 0.5, 0.2], counts, true);
/// let rows = Unit::Rows(WeightMeaning::Frequency);
/// let bootstrap = Bootstrap::new(&tally, &[Shard { id: 0, tally: &tally }], rows, 42)?;
/// let areas = bootstrap.values(&Statistic::RocAuc, 100, &Control::new(&cancel))?;
/// assert!(areas.iter().all(|area| (0.5..0.95).contains(area)));
/// # Ok::<(), thresher::Error>(())
/// ```
#[derive(Debug)]
pub struct Bootstrap {
    /// All groups, nothing in them.
    empty: Tally,
    shards: Vec<(u64, Cells)>,
    tables: Tables,
    seed: u64,
}

/// Cells that are drawn between two looks whether to stop, about.
const CELLS: usize = 1 << 16;

impl Bootstrap {
    /// Of `shards`, which merged give `whole`.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for more than 2^31 groups, for a group that `whole` has not, for more than 2^62 rows, and for
    /// sampling weights whose squares float64 does not hold; [`Error::NoSquaredWeights`] for weighted tallies without their
    /// sums, when weights are sampling weights; [`Error::OutOfMemory`].
    pub fn new(whole: &Tally, shards: &[Shard<'_>], unit: Unit, seed: u64) -> Result<Self> {
        let weighted = matches!(whole.masses(), Masses::Weights { .. }) && unit != Unit::Rows(WeightMeaning::Frequency);
        refuse_overflow(whole.masses())?;
        let empty = Tally::new(whole.thresholds().to_vec(), Masses::nothing(whole.len(), weighted), whole.tied());
        let cells = shards.iter().map(|shard| Ok((shard.id, Cells::new(shard.tally, whole, unit)?)));
        let shards: Vec<(u64, Cells)> = cells.collect::<Result<_>>()?;
        let largest = shards.iter().map(|(_, cells)| cells.largest_mean()).max().unwrap_or(0);
        Ok(Self { empty, shards, tables: Tables::up_to(largest), seed })
    }

    /// Cells that a replicate draws or adds up.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.empty.len() + self.shards.iter().map(|(_, cells)| cells.len()).sum::<usize>()
    }

    /// Replicate number `replicate`, with every group of the whole: those that nothing was drawn in, too.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn replicate(&self, replicate: u32, control: &Control<'_>) -> Result<Tally> {
        let mut tally = self.empty.clone();
        self.draw(replicate, &mut tally, control)?;
        Ok(tally)
    }

    /// The statistic of replicates 0 to `n_replicates − 1`: [`Statistic::width`] values of each, one after the other; NaN
    /// where it is undefined.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn values(&self, statistic: &Statistic, n_replicates: u32, control: &Control<'_>) -> Result<Vec<f64>> {
        let mut values = Vec::with_capacity(n_replicates as usize * statistic.width());
        let together = (CELLS / self.cells().max(1)).clamp(1, 64);
        let start = || Ok(self.empty.clone());
        let make = |tally: &mut Tally, replicates: std::ops::Range<usize>| {
            let mut some = vec![f64::NAN; replicates.len() * statistic.width()];
            for (replicate, values) in replicates.zip(some.chunks_mut(statistic.width())) {
                self.draw(replicate as u32, tally, control)?;
                statistic.read(tally, values);
            }
            Ok(some)
        };
        in_order(n_replicates as usize, together, control, start, make, |some| values.extend(some))?;
        Ok(values)
    }

    /// Makes `tally`, which has the groups of the whole, a replicate.
    fn draw(&self, replicate: u32, tally: &mut Tally, control: &Control<'_>) -> Result<()> {
        tally.masses_mut().clear();
        for (shard, cells) in &self.shards {
            control.check()?;
            let stream = Stream { seed: self.seed, shard: *shard, replicate };
            let mut words = Words::new(stream, control.level);
            match tally.masses_mut() {
                Masses::Counts { positives, negatives } => {
                    cells.add_rows(&self.tables, &mut words, Columns { positives, negatives });
                }
                Masses::Weights { positives, negatives } => {
                    cells.add_weights(&self.tables, &mut words, Columns { positives, negatives });
                }
            }
        }
        Ok(())
    }
}

/// Refuses counts of which a replicate could pass 2^63 − 1: that is 2^30 standard deviations above 2^62.
fn refuse_overflow(masses: &Masses) -> Result<()> {
    let total = match masses {
        Masses::Counts { positives, negatives } => positives.iter().chain(negatives).map(|&rows| rows as f64).sum(),
        Masses::Weights { positives, negatives } => positives.iter().chain(negatives).sum::<f64>(),
    };
    const MOST: f64 = 4_611_686_018_427_387_904.0; // 2^62
    if total > MOST {
        return Err(Error::OutOfRange { argument: "counts", value: total, accepted: "at most 2^62 in all" });
    }
    Ok(())
}
