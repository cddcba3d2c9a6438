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
/// let bootstrap = PairedBootstrap::new(&[model, model], samples, 7)?;
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
    /// Of samples that count as `samples` says.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] and [`Error::OutOfRange`] for columns that do not fit each other or the tallies, for more
    /// than 2^56 rows in all, and for sampling weights whose squares float64 does not hold; [`Error::OutOfMemory`].
    pub fn new(models: &[Model<'_>], samples: Samples<'_>, seed: u64) -> Result<Self> {
        refuse_misfits(models, samples)?;
        let cells = PairedCells::new(models, samples)?;
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

    /// Makes `models`, which are empty or hold another replicate, this one.
    fn draw(&self, replicate: u32, models: &mut [Tally], control: &Control<'_>) {
        let mut words = Words::new(Stream { seed: self.seed, shard: 0, replicate }, control.level);
        self.cells.fill(&self.tables, &mut words, models);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::measure::{Limit, PrAucMethod, Rate, SampleWeights, Side};
    use crate::simd::Level;

    static GO_ON: AtomicBool = AtomicBool::new(false);
    const STEPS: Statistic = Statistic::PrAuc(PrAucMethod::Step);

    /// Samples of two models: the groups of each, and weights; positives first.
    struct Given {
        groups: [Vec<u32>; 2],
        positives: usize,
        lens: [usize; 2],
    }

    impl Given {
        /// `n` samples in a pseudo-random order of `lens` groups.
        fn new(n: usize, positives: usize, lens: [usize; 2]) -> Self {
            let group = |i: usize, len: usize| (i * 7_919 + i * i * 31 % 1_009) % len;
            let groups = lens.map(|len| (0..n).map(|i| group(i + len, len) as u32).collect());
            Self { groups, positives, lens }
        }

        /// Every sample in a group of its own.
        fn untied(n: usize, positives: usize) -> Self {
            let groups = [3, 7].map(|step| (0..n).map(|i| ((i * step) % n) as u32).collect());
            Self { groups, positives, lens: [n; 2] }
        }

        fn tallies(&self, weight: impl Fn(usize) -> f64, rows: bool) -> [Tally; 2] {
            [0, 1].map(|model| {
                let sums = |label: bool| {
                    let mut sums = vec![0.0; self.lens[model]];
                    let samples = self.groups[model].iter().enumerate();
                    let own = samples.filter(|&(i, _)| (i < self.positives) == label);
                    own.for_each(|(i, &group)| sums[group as usize] += weight(i));
                    sums
                };
                let [positives, negatives] = [sums(true), sums(false)];
                let whole = |sums: &[f64]| sums.iter().map(|&sum| sum as u64).collect();
                let masses = match rows {
                    true => Masses::Counts { positives: whole(&positives), negatives: whole(&negatives) },
                    false => Masses::Weights { positives, negatives },
                };
                let thresholds = (0..self.lens[model]).rev().map(|i| i as f64).collect();
                Tally::new(thresholds, masses, true)
            })
        }

        fn bootstrap(&self, weights: SampleWeights<'_>, clusters: Option<&[u32]>) -> Result<PairedBootstrap> {
            let tallies = match weights {
                SampleWeights::Ones => self.tallies(|_| 1.0, true),
                SampleWeights::Rows(rows) => self.tallies(|i| rows[i] as f64, true),
                SampleWeights::Frequency(each)
                | SampleWeights::Sampling(each)
                | SampleWeights::SamplingSums { weights: each, .. } => self.tallies(|i| each[i], false),
            };
            let models = [0, 1].map(|model| Model { tally: &tallies[model], groups: &self.groups[model] });
            PairedBootstrap::new(&models, Samples { positives: self.positives, weights, clusters }, 5)
        }

        fn ones(&self) -> PairedBootstrap {
            self.bootstrap(SampleWeights::Ones, None).unwrap()
        }

        /// Each sample `counts[i]` times, each class backwards.
        fn repeated(&self, counts: &[u64]) -> Self {
            let mut order: Vec<usize> = (0..self.positives).rev().chain((self.positives..counts.len()).rev()).collect();
            order = order.into_iter().flat_map(|i| std::iter::repeat_n(i, counts[i] as usize)).collect();
            let groups = [0, 1].map(|model| order.iter().map(|&i| self.groups[model][i]).collect());
            let positives = order.iter().filter(|&&i| i < self.positives).count();
            Self { groups, positives, lens: self.lens }
        }
    }

    fn masses(bootstrap: &PairedBootstrap, replicate: u32) -> Vec<Vec<[f64; 2]>> {
        let models = bootstrap.replicate(replicate, &Control::new(&GO_ON));
        let group = |masses: &Masses, i: usize| match masses {
            Masses::Counts { positives, negatives } => [positives[i] as f64, negatives[i] as f64],
            Masses::Weights { positives, negatives } => [positives[i], negatives[i]],
        };
        models.iter().map(|tally| (0..tally.len()).map(|i| group(tally.masses(), i)).collect()).collect()
    }

    fn bits(values: Vec<f64>) -> Vec<u64> {
        values.into_iter().map(f64::to_bits).collect()
    }

    #[test]
    fn threads_and_instructions_change_nothing() {
        let limit = Limit { rate: Rate::FalsePositiveRate, low: 0.0, high: 0.1 };
        let held = Statistic::RateAt { rate: Rate::Recall, limit, side: Side::Lowest };
        for given in [Given::new(3_000, 700, [50, 2_000]), Given::untied(3_001, 100)] {
            let bootstrap = given.ones();
            for statistic in [&STEPS, &Statistic::RocAuc, &held] {
                let plain = Control::new(&GO_ON).with_level(Level::SCALAR);
                let expected = bits(bootstrap.values(statistic, 70, &plain).unwrap());
                for (threads, level) in [(2, "scalar"), (3, "avx2"), (7, "avx512")] {
                    let Some(level) = Level::named(level) else { continue };
                    let control = Control::new(&GO_ON).with_threads(threads).with_level(level);
                    assert_eq!(bits(bootstrap.values(statistic, 70, &control).unwrap()), expected);
                }
            }
        }
    }

    #[test]
    fn values_are_those_of_the_replicates_one_by_one() {
        let clusters: Vec<u32> = (0..2_000).map(|i| i * 31 % 97).collect();
        let weights: Vec<f64> = (0..2_000).map(|i| 0.5 + f64::from(i % 7)).collect();
        for given in [Given::new(2_000, 400, [30, 900]), Given::untied(2_000, 1_000)] {
            for clusters in [None, Some(&clusters[..])] {
                for weights in [SampleWeights::Ones, SampleWeights::Sampling(&weights)] {
                    let bootstrap = given.bootstrap(weights, clusters).unwrap();
                    let control = Control::new(&GO_ON);
                    let mut expected = Vec::new();
                    for replicate in 0..20 {
                        for tally in bootstrap.replicate(replicate, &control) {
                            expected.push(0.0);
                            STEPS.read(&tally, expected.last_mut().map(std::slice::from_mut).unwrap());
                        }
                    }
                    assert_eq!(bootstrap.values(&STEPS, 20, &control).unwrap(), expected);
                }
            }
        }
    }

    #[test]
    fn both_models_hold_the_same_draws() {
        let bootstrap = Given::new(3_000, 700, [50, 2_000]).ones();
        for replicate in 0..10 {
            let [a, b] = &masses(&bootstrap, replicate)[..] else { panic!("two models") };
            let total = |model: &[[f64; 2]]| model.iter().fold([0.0; 2], |sum, own| [sum[0] + own[0], sum[1] + own[1]]);
            assert_eq!(total(a), total(b));
        }
        let twin = Given { groups: [0, 0].map(|_| vec![4, 1, 1, 0, 2]), positives: 2, lens: [5; 2] }.ones();
        (0..50).map(|replicate| masses(&twin, replicate)).for_each(|models| assert_eq!(models[0], models[1]));
    }

    #[test]
    fn repeated_samples_in_any_order_are_counts_and_integer_weights() {
        let given = Given::new(900, 300, [20, 60]);
        let counts: Vec<u64> = (0..900).map(|i| [1, 0, 3, 70][i % 4]).collect();
        let weights: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
        let clusters: Vec<u32> = given.groups[0].iter().zip(&given.groups[1]).map(|(a, b)| (a * 3 + b) % 41).collect();
        let repeated = given.repeated(&counts);
        let of_groups: Vec<u32> =
            repeated.groups[0].iter().zip(&repeated.groups[1]).map(|(a, b)| (a * 3 + b) % 41).collect();
        for (clusters, of_groups) in [(None, None), (Some(&clusters[..]), Some(&of_groups[..]))] {
            let expected = repeated.bootstrap(SampleWeights::Ones, of_groups).unwrap();
            let counted = given.bootstrap(SampleWeights::Rows(&counts), clusters).unwrap();
            let weighted = given.bootstrap(SampleWeights::Frequency(&weights), clusters).unwrap();
            for replicate in 0..10 {
                let expected = masses(&expected, replicate);
                assert_eq!(masses(&counted, replicate), expected);
                assert_eq!(masses(&weighted, replicate), expected);
            }
        }
    }

    #[test]
    fn a_cluster_is_drawn_whole() {
        let clusters: Vec<u32> = (0..600).map(|i| [2, 9, 40, 41][i % 4]).collect();
        let groups = [1, 2].map(|turn| clusters.iter().map(|cluster| (cluster * turn) % 5).collect::<Vec<u32>>());
        let given = Given { groups, positives: 250, lens: [5; 2] }; // in each model a group a cluster: 2, 4, 0, 1 and twice that
        let bootstrap = given.bootstrap(SampleWeights::Ones, Some(&clusters)).unwrap();
        let whole = given.tallies(|_| 1.0, true);
        let mut seen = std::collections::HashSet::new();
        for replicate in 0..200 {
            let models = masses(&bootstrap, replicate);
            let times = |model: usize, group: usize| {
                let [negatives, positives] = whole[model].masses().group(group);
                let [p, n] = models[model][group];
                let times = if positives > 0.0 { p / positives } else { 0.0 };
                assert_eq!([p, n], [positives * times, negatives * times]);
                times
            };
            for group in 0..5 {
                assert_eq!(times(0, group), times(1, (group * 2) % 5));
            }
            seen.insert([2, 4, 0, 1].map(|group| times(0, group) as u64));
        }
        assert!(seen.len() > 60, "clusters are drawn independently: {}", seen.len());
    }

    #[test]
    fn sampling_weights_keep_mean_and_variance() {
        let given = Given { groups: [vec![0, 0, 1, 1, 1], vec![0, 0, 1, 1, 1]], positives: 2, lens: [2; 2] };
        let weights = [0.3, 2.0, 1.7, 1.7, 5.0];
        let (sums, squares) = ([2.3, 8.4], [4.09, 30.78]);
        let bootstrap = given.bootstrap(SampleWeights::Sampling(&weights), None).unwrap();
        let merged = Given { groups: [vec![0, 1], vec![0, 1]], positives: 1, lens: [2; 2] };
        let lots = SampleWeights::SamplingSums { weights: &sums, squares: &squares };
        let of_sums = merged.bootstrap(lots, None).unwrap();
        let draws: Vec<[f64; 2]> = (0..20_000)
            .map(|replicate| {
                let found = masses(&bootstrap, replicate);
                let others = masses(&of_sums, replicate);
                (0..2).for_each(|group| assert!((found[0][group][1] - others[1][group][1]).abs() < 1e-12));
                [found[0][0][0], found[0][1][1]]
            })
            .collect();
        for (cell, (&sum, &square)) in sums.iter().zip(&squares).enumerate() {
            let mean = draws.iter().map(|draw| draw[cell]).sum::<f64>() / 20_000.0;
            let variance = draws.iter().map(|draw| (draw[cell] - mean).powi(2)).sum::<f64>() / 20_000.0;
            assert!(
                (mean - sum).abs() < 5.0 * (square / 20_000.0_f64).sqrt() && (variance / square - 1.0).abs() < 0.06
            );
        }
        let equal = given.bootstrap(SampleWeights::Sampling(&[0.7; 5]), None).unwrap();
        for replicate in 0..20 {
            let (rows, found) = (masses(&given.ones(), replicate), masses(&equal, replicate));
            let apart = |group: usize, label: usize| 0.7 * rows[0][group][label] - found[0][group][label];
            assert!((0..2).all(|group| (0..2).all(|label| apart(group, label).abs() < 1e-13)));
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let given = Given::new(10, 4, [3, 5]);
        let argument = |result: Result<PairedBootstrap>| match result.unwrap_err() {
            Error::LengthMismatch { argument, .. } | Error::OutOfRange { argument, .. } => argument,
            other => panic!("{other}"),
        };
        let ones = SampleWeights::Ones;
        let lots = SampleWeights::SamplingSums { weights: &[1.0; 10], squares: &[1.0] };
        assert_eq!(argument(given.bootstrap(lots, None)), "squares");
        assert_eq!(argument(given.bootstrap(ones, Some(&[1]))), "clusters");
        let tallies = given.tallies(|_| 1.0, true);
        let new = |groups: &[u32], positives, weights| {
            let models = [Model { tally: &tallies[0], groups: &given.groups[0] }, Model { tally: &tallies[1], groups }];
            argument(PairedBootstrap::new(&models, Samples { positives, weights, clusters: None }, 0))
        };
        assert_eq!(new(&[0; 9], 4, ones), "groups");
        assert_eq!(new(&[5; 10], 4, ones), "groups");
        assert_eq!(new(&[4; 10], 11, ones), "positives");
        assert_eq!(new(&[4; 10], 4, SampleWeights::Rows(&[1])), "weights");
        assert_eq!(argument(given.bootstrap(SampleWeights::Rows(&[1 << 54; 10]), None)), "counts");
        assert_eq!(argument(given.bootstrap(SampleWeights::Sampling(&[1e-200; 10]), None)), "weights");
    }

    #[test]
    fn without_samples_there_is_nothing_to_draw() {
        let empty = Given { groups: [vec![], vec![]], positives: 0, lens: [0, 3] }.ones();
        let values = empty.values(&STEPS, 3, &Control::new(&GO_ON)).unwrap();
        assert!(values.len() == 6 && values.iter().all(|value| value.is_nan()));
        let none = PairedBootstrap::new(&[], Samples { positives: 0, weights: SampleWeights::Ones, clusters: None }, 0);
        assert_eq!(none.unwrap().values(&STEPS, 3, &Control::new(&GO_ON)).unwrap(), []);
    }

    #[test]
    fn results_never_change_silently() {
        let found = |bootstrap: PairedBootstrap| masses(&bootstrap, 1).concat();
        let given = Given { groups: [vec![0, 1, 2, 1], vec![2, 0, 1, 1]], positives: 2, lens: [3; 2] };
        let rows = found(given.ones());
        let clustered = found(given.bootstrap(SampleWeights::Rows(&[1, 2, 3, 4]), Some(&[0, 3, 0, 1])).unwrap());
        assert_eq!(rows, [[3.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 1.0], [3.0, 0.0]]);
        assert_eq!(clustered, [[3.0, 0.0], [2.0, 0.0], [0.0, 9.0], [2.0, 0.0], [0.0, 9.0], [3.0, 0.0]]);
    }
}
