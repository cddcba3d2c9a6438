//! [`PairedBootstrap`]: replicates of several models that scored the same samples.

use super::paired_cells::{PairedCells, refuse_misfits};
use super::poisson::Tables;
use super::random::{Stream, Words};
use super::statistic::Statistic;
use crate::control::Control;
use crate::count::in_order;
use crate::error::{Error, Result};
use crate::measure::{Model, Samples};
use crate::simd;
use crate::tally::{Masses, Tally};

/// The Poisson bootstrap of samples that models share: each sample is drawn once and added to the tables of all models, so
/// their figures vary together as they would over samples drawn anew.
///
/// A sample that counts once is drawn from Poisson(1), one that counts `c` times from Poisson(`c`). Of frequency weights a
/// sum `W` is drawn from Poisson(`W`); of sampling weights `Σ w · Poisson(1)` as `Q/W` times Poisson(`W²/Q`), `Q = Σ w²`,
/// which has its mean and variance. Where there are clusters each of them is drawn from Poisson(1), whatever its weights,
/// and multiplies all its samples.
///
/// Samples with the same label in the same groups of all models (and of one cluster) are merged first: a *cell*.
/// Replicate `r` takes its random words from (seed, `r`) in the order of the cells, clusters in that of their numbers. So it
/// is the same on any number of threads and with any instructions, for samples in any order within their class (up to the
/// rounding of sums of weights), and for repeated samples as for their counts.
///
/// Source: docs/dev/paired-bootstrap.md.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::Control;
/// use thresher::measure::{Model, PrAucMethod, SampleWeights, Samples};
/// use thresher::resample::{PairedBootstrap, Statistic};
/// use thresher::tally::{Masses, Tally};
///
/// let cancel = AtomicBool::new(false);
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// let model = Model { tally: &tally, groups: &[0, 2, 1, 3] };
/// let samples = Samples { positives: 2, weights: SampleWeights::Ones, clusters: None };
/// let bootstrap = PairedBootstrap::new(&[model, model], samples, None, 7)?;
/// let figures = bootstrap.values(&Statistic::PrAuc(PrAucMethod::Step), 100, &Control::new(&cancel))?;
/// assert!(figures.chunks(2).all(|pair| pair[0].to_bits() == pair[1].to_bits()));
/// # Ok::<(), thresher::Error>(())
/// ```
#[derive(Debug)]
pub struct PairedBootstrap {
    /// All groups of each model, nothing in them.
    empty: Vec<Tally>,
    cells: PairedCells,
    tables: Tables,
    seed: u64,
}

/// Cells that are drawn between two looks whether to stop, about.
const CELLS: usize = 1 << 16;

impl PairedBootstrap {
    /// Of samples that count as `samples` says. `squares` are for sampling weights that are sums of several: the sum of the
    /// squared weights of each; None where each is one weight.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] and [`Error::OutOfRange`] for columns that do not fit each other or the tallies, for more
    /// than 2^56 rows in all, and for sampling weights whose squares float64 does not hold; [`Error::OutOfMemory`].
    pub fn new(models: &[Model<'_>], samples: Samples<'_>, squares: Option<&[f64]>, seed: u64) -> Result<Self> {
        refuse_misfits(models, samples, squares)?;
        let cells = PairedCells::new(models, samples, squares)?;
        if !cells.weighted() {
            models.iter().try_for_each(|model| refuse_overflow(model.tally.masses()))?;
        }
        let nothing = |tally: &Tally| Masses::nothing(tally.len(), cells.weighted());
        let empty = |tally: &Tally| Tally::new(tally.thresholds().to_vec(), nothing(tally), tally.tied());
        let empty = models.iter().map(|model| empty(model.tally)).collect();
        let tables = Tables::up_to(cells.largest_mean());
        Ok(Self { empty, cells, tables, seed })
    }

    /// Number of models.
    #[must_use]
    pub fn models(&self) -> usize {
        self.empty.len()
    }

    /// Cells and groups that a replicate draws or adds up.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.cells.len() + self.empty.iter().map(Tally::len).sum::<usize>()
    }

    /// Replicate number `replicate` of each model, with every group of its tally: those that nothing was drawn in, too.
    #[must_use]
    pub fn replicate(&self, replicate: u32, control: &Control<'_>) -> Vec<Tally> {
        let mut models = self.empty.clone();
        self.draw(replicate, &mut models, control);
        models
    }

    /// The statistic of replicates 0 to `n_replicates − 1`: of each replicate [`Statistic::width`] values of every model, one
    /// after the other; NaN where it is undefined.
    ///
    /// # Errors
    /// [`Error::Interrupted`], [`Error::OutOfMemory`].
    pub fn values(&self, statistic: &Statistic, n_replicates: u32, control: &Control<'_>) -> Result<Vec<f64>> {
        let width = statistic.width() * self.models();
        let mut values = simd::room((n_replicates as usize).saturating_mul(width), "replicates")?;
        let together = (CELLS / self.cells().max(1)).clamp(1, 64);
        let start = || Ok(self.empty.clone());
        let make = |models: &mut Vec<Tally>, replicates: std::ops::Range<usize>| {
            let mut some = Vec::with_capacity(replicates.len() * width);
            for replicate in replicates {
                control.check()?;
                self.draw(replicate as u32, models, control); // below `n_replicates`
                for model in models.iter() {
                    let end = some.len() + statistic.width();
                    some.resize(end, f64::NAN);
                    statistic.read(model, &mut some[end - statistic.width()..]);
                }
            }
            Ok(some)
        };
        in_order(n_replicates as usize, together, control, start, make, |some| values.extend(some))?;
        Ok(values)
    }

    /// Makes `models`, which have all groups, a replicate.
    fn draw(&self, replicate: u32, models: &mut [Tally], control: &Control<'_>) {
        models.iter_mut().for_each(|model| model.masses_mut().clear());
        let mut words = Words::new(Stream { seed: self.seed, shard: 0, replicate }, control.level);
        self.cells.add(&self.tables, &mut words, models);
    }
}

/// Refuses counts of which a replicate could pass 2^63 − 1, were all of them one cluster drawn 64 times.
fn refuse_overflow(masses: &Masses) -> Result<()> {
    let total = match masses {
        Masses::Counts { positives, negatives } => positives.iter().chain(negatives).map(|&rows| rows as f64).sum(),
        Masses::Weights { positives, negatives } => positives.iter().chain(negatives).sum::<f64>(),
    };
    const MOST: f64 = 72_057_594_037_927_936.0; // 2^56
    if total > MOST {
        return Err(Error::OutOfRange { argument: "counts", value: total, accepted: "at most 2^56 in all" });
    }
    Ok(())
}
