//! [`Bootstrap`]: replicates of counts, each a function of (seed, shard, replicate) alone.

use super::cells::{Cells, Columns};
use super::poisson::Tables;
use super::random::{Stream, Words};
use super::statistic::Statistic;
use super::wide::WideTables;
use crate::control::Control;
use crate::count::in_order;
use crate::error::{Error, Result};
use crate::measure::{self, WeightMeaning};
use crate::simd;
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
/// Replicate `r` of a shard takes its random words from (seed, shard's id, `r`) and nothing else. So it is the same on
/// any number of threads and with any instructions; and shards that are resampled apart add up to what they give
/// together. A replicate holds Poisson-many rows, about as many as the counts.
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
    /// [`Error::OutOfRange`] for more than 2^31 groups, for a group that `whole` has not, for more than 2^62 rows, and
    /// for sampling weights whose squares float64 does not hold; [`Error::NoSquaredWeights`] for weighted tallies
    /// without their sums, when weights are sampling weights; [`Error::OutOfMemory`].
    pub fn new(whole: &Tally, shards: &[Shard<'_>], unit: Unit, seed: u64) -> Result<Self> {
        let weighted = matches!(whole.masses(), Masses::Weights { .. }) && unit != Unit::Rows(WeightMeaning::Frequency);
        refuse_overflow(whole.masses())?;
        let empty = Tally::new(whole.thresholds().to_vec(), Masses::nothing(whole.len(), weighted), whole.tied());
        let mut wide = WideTables::default();
        let cells = shards.iter().map(|shard| Ok((shard.id, Cells::new(shard.tally, whole, unit, &mut wide)?)));
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

    /// The statistic of replicates 0 to `n_replicates − 1`: [`Statistic::width`] values of each, one after the other;
    /// NaN where it is undefined.
    ///
    /// # Errors
    /// [`Error::Interrupted`], [`Error::OutOfMemory`].
    pub fn values(&self, statistic: &Statistic, n_replicates: u32, control: &Control<'_>) -> Result<Vec<f64>> {
        let mut values = simd::room((n_replicates as usize).saturating_mul(statistic.width()), "replicates")?;
        let together = (CELLS / self.cells().max(1)).clamp(1, 64);
        let start = || Ok(self.empty.clone());
        let make = |tally: &mut Tally, replicates: std::ops::Range<usize>| {
            let mut some = vec![f64::NAN; replicates.len() * statistic.width()];
            for (replicate, values) in replicates.zip(some.chunks_mut(statistic.width())) {
                let replicate = replicate as u32; // below `n_replicates`
                let quick = if *statistic == Statistic::RocAuc { self.roc_auc(replicate, control)? } else { None };
                if let Some(area) = quick {
                    values.fill(area);
                } else {
                    self.draw(replicate, tally, control)?;
                    statistic.read(tally, values);
                }
            }
            Ok(some)
        };
        in_order(n_replicates as usize, together, control, start, make, |some| values.extend(some))?;
        Ok(values)
    }

    /// The ROC AUC of a replicate, read off its draws as they come; None where that takes its table.
    fn roc_auc(&self, replicate: u32, control: &Control<'_>) -> Result<Option<f64>> {
        let ([(shard, cells)], Masses::Counts { .. }) = (&self.shards[..], self.empty.masses()) else {
            return Ok(None);
        };
        control.check()?;
        let pairs = cells.pairs(&self.tables, &mut self.words(*shard, replicate, control));
        Ok(pairs.map(|(twice_u, [negatives, positives])| measure::roc_auc_from_pairs(twice_u, positives, negatives)))
    }

    fn words(&self, shard: u64, replicate: u32, control: &Control<'_>) -> Words {
        Words::new(Stream { seed: self.seed, shard, replicate }, control.level)
    }

    /// Makes `tally`, which has the groups of the whole, a replicate.
    fn draw(&self, replicate: u32, tally: &mut Tally, control: &Control<'_>) -> Result<()> {
        tally.masses_mut().clear();
        for (shard, cells) in &self.shards {
            control.check()?;
            let mut words = self.words(*shard, replicate, control);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::simd::Level;
    use crate::tally::Sums;

    const ROWS: Unit = Unit::Rows(WeightMeaning::Frequency);
    static GO_ON: AtomicBool = AtomicBool::new(false);

    fn tally(thresholds: &[f64], positives: &[u64], negatives: &[u64]) -> Tally {
        let masses = Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() };
        Tally::new(thresholds.to_vec(), masses, true)
    }

    /// Some thousand groups: single rows, with empty and larger ones between where `mixed`.
    fn many(mixed: bool) -> Tally {
        let count = |i: usize, label: usize| match (i * 7 + label * 3) % 11 {
            0 if mixed => 40 * i as u64,
            1 | 2 if mixed => 0,
            k => u64::from(k % 2 == label) + u64::from(mixed && k == 5),
        };
        let column = |label| (0..5_000).map(|i| count(i, label)).collect::<Vec<_>>();
        tally(&(0..5_000).rev().map(f64::from).collect::<Vec<_>>(), &column(1), &column(0))
    }

    fn alone(tally: &Tally, unit: Unit, seed: u64) -> Bootstrap {
        Bootstrap::new(tally, &[Shard { id: 0, tally }], unit, seed).unwrap()
    }

    fn weighted(tally: &Tally, factor: f64) -> Tally {
        let Masses::Counts { positives, negatives } = tally.masses() else { panic!("rows expected") };
        let [positives, negatives] =
            [positives, negatives].map(|rows| rows.iter().map(|&n| factor * n as f64).collect());
        let [squared_p, squared_n]: [Vec<f64>; 2] =
            [&positives, &negatives].map(|weights: &Vec<f64>| weights.iter().map(|w| factor * w).collect());
        let empty = || [vec![0.0; tally.len()], vec![0.0; tally.len()]];
        let sums = Sums {
            squared_weights: [squared_n, squared_p],
            scores: empty(),
            squared_scores: empty(),
            log_losses: empty(),
            range: None,
        };
        Tally::new(tally.thresholds().to_vec(), Masses::Weights { positives, negatives }, true).with_sums(sums)
    }

    #[test]
    fn threads_and_instructions_change_nothing() {
        for tally in [many(false), many(true)] {
            let bootstrap = alone(&tally, ROWS, 3);
            for statistic in [Statistic::RocAuc, Statistic::PartialRocAuc { max_fpr: 0.2 }] {
                let plain = Control::new(&GO_ON).with_level(Level::SCALAR);
                let expected = bootstrap.values(&statistic, 40, &plain).unwrap();
                for (threads, level) in [(2, "scalar"), (3, "avx2"), (7, "avx512")] {
                    let Some(level) = Level::named(level) else { continue };
                    let control = Control::new(&GO_ON).with_threads(threads).with_level(level);
                    assert_eq!(bootstrap.values(&statistic, 40, &control).unwrap(), expected);
                }
            }
        }
    }

    #[test]
    fn an_area_read_off_the_draws_is_that_of_the_replicate() {
        let control = Control::new(&GO_ON);
        for tally in [many(false), many(true), tally(&[1.0], &[1], &[1]), tally(&[], &[], &[])] {
            let bootstrap = alone(&tally, ROWS, 11);
            let areas = bootstrap.values(&Statistic::RocAuc, 20, &control).unwrap();
            for (replicate, area) in areas.into_iter().enumerate() {
                let expected = measure::roc_auc(&bootstrap.replicate(replicate as u32, &control).unwrap());
                assert_eq!(area.to_bits(), expected.to_bits());
            }
        }
    }

    #[test]
    fn shards_that_are_resampled_apart_add_up() {
        let control = Control::new(&GO_ON);
        let parts = [tally(&[0.9, 0.5], &[3, 1], &[0, 2]), tally(&[0.5, 0.2, 0.1], &[4, 0, 1], &[1, 7, 70])];
        let whole = tally(&[0.9, 0.5, 0.2, 0.1], &[3, 5, 0, 1], &[0, 3, 7, 70]);
        let shards = [Shard { id: 5, tally: &parts[0] }, Shard { id: 6, tally: &parts[1] }];
        let together = Bootstrap::new(&whole, &shards, ROWS, 8).unwrap();
        let apart = shards.map(|shard| Bootstrap::new(&whole, &[shard], ROWS, 8).unwrap());
        for replicate in 0..50 {
            let sum = apart.each_ref().map(|part| part.replicate(replicate, &control).unwrap());
            let all = together.replicate(replicate, &control).unwrap();
            for group in 0..4 {
                let [a, b] = sum.each_ref().map(|part| part.masses().group(group));
                assert_eq!(all.masses().group(group), [a[0] + b[0], a[1] + b[1]]);
            }
        }
    }

    #[test]
    fn integer_frequency_weights_are_repeated_rows() {
        let (rows, control) = (many(true), Control::new(&GO_ON));
        let (plain, weights) = (alone(&rows, ROWS, 2), alone(&weighted(&rows, 1.0), ROWS, 2));
        for replicate in 0..5 {
            let replicates = [&plain, &weights].map(|bootstrap| bootstrap.replicate(replicate, &control).unwrap());
            assert_eq!(replicates[0].masses(), replicates[1].masses());
        }
    }

    #[test]
    fn equal_sampling_weights_are_rows_that_weigh_more() {
        let (rows, control) = (many(true), Control::new(&GO_ON));
        let unit = Unit::Rows(WeightMeaning::Sampling);
        let (plain, heavy) = (alone(&rows, unit, 2), alone(&weighted(&rows, 4.0), unit, 2));
        let replicates = [plain, heavy].map(|bootstrap| bootstrap.replicate(1, &control).unwrap());
        for group in 0..rows.len() {
            let [light, heavy] = replicates.each_ref().map(|tally| tally.masses().group(group));
            assert_eq!(light.map(|mass| 4.0 * mass), heavy);
        }
        let unsummed = Tally::new(vec![0.5], Masses::Weights { positives: vec![1.5], negatives: vec![2.0] }, true);
        let error = Bootstrap::new(&unsummed, &[Shard { id: 0, tally: &unsummed }], unit, 0).unwrap_err();
        assert_eq!(error, Error::NoSquaredWeights);
    }

    #[test]
    fn shards_drawn_whole_are_multiples_of_themselves() {
        let control = Control::new(&GO_ON);
        let parts: Vec<Tally> = (0..40).map(|i| tally(&[0.7, 0.2], &[1 + i % 3, 2], &[5, 100 + i])).collect();
        let shards: Vec<Shard<'_>> = parts.iter().zip(10..).map(|(tally, id)| Shard { id, tally }).collect();
        for shard in shards {
            let bootstrap = Bootstrap::new(shard.tally, &[shard], Unit::Shards, 1).unwrap();
            for replicate in 0..10 {
                let drawn = bootstrap.replicate(replicate, &control).unwrap();
                let [whole, drawn] = [shard.tally, &drawn].map(|tally| tally.masses().group(0));
                let times = drawn[0] / whole[0];
                assert_eq!(whole.map(|mass| mass * times), drawn);
            }
        }
    }

    #[test]
    fn what_is_empty_takes_no_word() {
        let control = Control::new(&GO_ON);
        let dense = alone(&tally(&[3.0, 2.0], &[5, 2], &[1, 90]), ROWS, 4);
        let sparse = alone(&tally(&[4.0, 3.0, 2.0, 1.0], &[0, 5, 2, 0], &[0, 1, 90, 0]), ROWS, 4);
        let replicates = [dense, sparse].map(|bootstrap| bootstrap.replicate(0, &control).unwrap());
        assert_eq!(replicates[0].masses().group(1), replicates[1].masses().group(2));
    }

    #[test]
    fn a_call_can_be_stopped() {
        let stopped = AtomicBool::new(true);
        let bootstrap = alone(&many(true), ROWS, 0);
        for statistic in [Statistic::RocAuc, Statistic::PartialRocAuc { max_fpr: 0.2 }] {
            assert_eq!(bootstrap.values(&statistic, 9, &Control::new(&stopped)).unwrap_err(), Error::Interrupted);
        }
    }

    #[test]
    fn results_never_change_silently() {
        let bootstrap = alone(&tally(&[0.9, 0.6, 0.4, 0.1], &[9, 60, 20, 1], &[1, 20, 3000, 64]), ROWS, 2026);
        let areas = bootstrap.values(&Statistic::RocAuc, 4, &Control::new(&GO_ON)).unwrap();
        assert_eq!(
            areas,
            [0.866_349_878_621_972, 0.866_097_001_763_668_4, 0.888_296_991_882_858_5, 0.893_343_254_455_730_5]
        );
    }
}
