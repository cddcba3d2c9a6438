//! Replicates of a figure of one or several shards.

use super::draw::{Drawn, Resampling, draw, tables};
use super::poisson::Tables;
use super::random::Stream;
use crate::control::Control;
use crate::count::fold;
use crate::error::{Error, Result};
use crate::simd::Level;
use crate::tally::{Masses, Tally};

/// A part of the data, counted by itself: its draws do not depend on what it is merged with.
#[derive(Debug, Clone, Copy)]
pub struct Shard<'t> {
    /// What was counted.
    pub tally: &'t Tally,
    /// Its name, as a number.
    pub id: u64,
}

/// The masses of one shard in one replicate.
///
/// # Errors
/// [`Error::NoSquaredWeights`] for [`Resampling::WeightedRows`] of weights without their squares.
pub fn replicate(shard: Shard<'_>, resampling: Resampling, seed: u64, replicate: u32, level: Level) -> Result<Drawn> {
    let stream = Stream { seed, shard: shard.id, replicate };
    draw(shard.tally, resampling, stream, &tables(), level)
}

/// `figure` of `count` replicates of all shards together, in order; the same for any number of threads.
///
/// # Errors
/// [`Error::Interrupted`]; those of [`replicate`]; [`Error::CountOverflow`] when a replicate would pass 2^63 − 1 rows.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::resample::{Resampling, Shard, replicates};
/// use thresher::tally::{Masses, Tally};
/// use thresher::{Control, measure};
///
/// let cancel = AtomicBool::new(false);
/// let counts = Masses::Counts { positives: vec![30, 20, 10], negatives: vec![10, 30, 50] };
/// let tally = Tally::new(vec![0.9, 0.5, 0.1], counts, true);
/// let shards = [Shard { tally: &tally, id: 0 }];
/// let areas = replicates(&shards, Resampling::Rows, 7, 200, &Control::new(&cancel), &measure::roc_auc)?;
/// assert!(areas.iter().all(|area| (0.5..1.0).contains(area)));
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn replicates(
    shards: &[Shard<'_>],
    resampling: Resampling,
    seed: u64,
    count: usize,
    control: &Control<'_>,
    figure: &(impl Fn(&Tally) -> f64 + Sync),
) -> Result<Vec<f64>> {
    if u32::try_from(count).is_err() {
        let accepted = "below 2^32";
        return Err(Error::OutOfRange { argument: "n_replicates", value: count as f64, accepted });
    }
    let (tables, union) = (tables(), Union::of(shards));
    let start = || Ok((union.thresholds.clone(), Vec::new()));
    let step = |(thresholds, values): &mut (Vec<f64>, Vec<(usize, f64)>), range: std::ops::Range<usize>| {
        for number in range {
            let plan = Plan { resampling, seed, replicate: number as u32, tables: &tables, level: control.level };
            let tally = Tally::new(std::mem::take(thresholds), union.masses(shards, plan)?, union.tied);
            values.push((number, figure(&tally)));
            *thresholds = tally.into_parts().0;
        }
        Ok(())
    };
    let mut values: Vec<(usize, f64)> =
        fold(count, 1, control, start, step)?.into_iter().flat_map(|(_, values)| values).collect();
    values.sort_unstable_by_key(|&(number, _)| number);
    Ok(values.into_iter().map(|(_, value)| value).collect())
}

/// How one replicate is drawn.
#[derive(Clone, Copy)]
struct Plan<'p> {
    resampling: Resampling,
    seed: u64,
    replicate: u32,
    tables: &'p Tables,
    level: Level,
}

/// The groups of all shards in one list.
struct Union {
    thresholds: Vec<f64>,
    /// For each shard, where its groups stand in that list; None where they are the list.
    places: Vec<Option<Vec<u32>>>,
    tied: bool,
}

impl Union {
    fn of(shards: &[Shard<'_>]) -> Self {
        let tied = shards.iter().all(|shard| shard.tally.tied());
        let first = shards.first().map_or(&[][..], |shard| shard.tally.thresholds());
        if shards.iter().all(|shard| shard.tally.thresholds() == first) {
            return Self { thresholds: first.to_vec(), places: vec![None; shards.len()], tied };
        }
        // A tally may end with two groups at −∞: the second of equal thresholds is a group of its own.
        let keyed = |shard: &Shard<'_>| -> Vec<(f64, bool)> {
            let thresholds = shard.tally.thresholds();
            let again = |i: usize| i > 0 && thresholds[i] == thresholds[i - 1];
            (0..thresholds.len()).map(|i| (thresholds[i], again(i))).collect()
        };
        let lists: Vec<Vec<(f64, bool)>> = shards.iter().map(keyed).collect();
        let mut all = lists.concat();
        let order = |a: &(f64, bool), b: &(f64, bool)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        all.sort_unstable_by(order);
        all.dedup();
        let place = |group: &(f64, bool)| all.partition_point(|other| order(other, group).is_lt()) as u32;
        let places = lists.iter().map(|list| Some(list.iter().map(place).collect())).collect();
        Self { thresholds: all.into_iter().map(|(threshold, _)| threshold).collect(), places, tied }
    }

    /// The masses of a replicate of all shards.
    fn masses(&self, shards: &[Shard<'_>], plan: Plan<'_>) -> Result<Masses> {
        let mut total: Option<Drawn> = None;
        for (shard, places) in shards.iter().zip(&self.places) {
            let stream = Stream { seed: plan.seed, shard: shard.id, replicate: plan.replicate };
            let drawn = draw(shard.tally, plan.resampling, stream, plan.tables, plan.level)?;
            total = Some(match (total, places) {
                (None, None) => drawn,
                (total, places) => self.sum(total, drawn, places.as_deref())?,
            });
        }
        Ok(match total {
            Some(Drawn::Counts([negatives, positives])) => Masses::Counts { positives, negatives },
            Some(Drawn::Weights([negatives, positives])) => Masses::Weights { positives, negatives },
            None => Masses::Counts { positives: Vec::new(), negatives: Vec::new() },
        })
    }

    fn sum(&self, total: Option<Drawn>, drawn: Drawn, places: Option<&[u32]>) -> Result<Drawn> {
        let len = self.thresholds.len();
        let at = |group: usize| places.map_or(group, |places| places[group] as usize);
        match (total, drawn) {
            (None | Some(Drawn::Counts(_)), Drawn::Counts(_)) if len == 0 => {
                Ok(Drawn::Counts([Vec::new(), Vec::new()]))
            }
            (Some(Drawn::Counts(mut sums)), Drawn::Counts(columns)) => {
                for (sum, column) in sums.iter_mut().zip(columns) {
                    for (group, count) in column.into_iter().enumerate() {
                        let place = &mut sum[at(group)];
                        let (ours, theirs) = (*place, count);
                        *place = ours.checked_add(theirs).ok_or(Error::CountOverflow { ours, theirs })?;
                    }
                }
                Ok(Drawn::Counts(sums))
            }
            (None, Drawn::Counts(columns)) => {
                self.sum(Some(Drawn::Counts([vec![0; len], vec![0; len]])), Drawn::Counts(columns), places)
            }
            (total, drawn) => {
                let mut sums = match total {
                    None => [vec![0.0; len], vec![0.0; len]],
                    Some(total) => total.into_weights(),
                };
                for (sum, column) in sums.iter_mut().zip(drawn.into_weights()) {
                    column.into_iter().enumerate().for_each(|(group, mass)| sum[at(group)] += mass);
                }
                Ok(Drawn::Weights(sums))
            }
        }
    }
}

impl Drawn {
    fn into_weights(self) -> [Vec<f64>; 2] {
        match self {
            Self::Counts(columns) => columns.map(|column| column.into_iter().map(|count| count as f64).collect()),
            Self::Weights(columns) => columns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::roc_auc;
    use std::sync::atomic::AtomicBool;

    fn tally(thresholds: &[f64], positives: &[u64], negatives: &[u64]) -> Tally {
        let masses = Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() };
        Tally::new(thresholds.to_vec(), masses, true)
    }

    #[test]
    fn threads_and_instructions_do_not_matter() {
        let cancel = AtomicBool::new(false);
        let one = tally(&[0.9, 0.5, 0.1], &[300, 2, 1], &[1, 70, 5_000]);
        let shards = [Shard { tally: &one, id: 3 }];
        let of = |threads, level| {
            let control = Control::new(&cancel).with_threads(threads).with_level(level);
            replicates(&shards, Resampling::Rows, 1, 50, &control, &roc_auc).unwrap()
        };
        let expected = of(1, Level::SCALAR);
        for level in ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named) {
            assert_eq!(of(1, level), expected);
            assert_eq!(of(3, level), expected);
        }
        assert!(expected.windows(2).any(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn shards_resampled_apart_add_up_to_the_same_replicates() {
        let cancel = AtomicBool::new(false);
        let control = Control::new(&cancel);
        let (a, b) = (tally(&[0.9, 0.5], &[30, 2], &[1, 70]), tally(&[0.7, 0.5, 0.1], &[5, 1, 1], &[0, 9, 4]));
        let shards = [Shard { tally: &a, id: 3 }, Shard { tally: &b, id: 8 }];
        let together = replicates(&shards, Resampling::Rows, 1, 20, &control, &roc_auc).unwrap();
        for (number, area) in (0..).zip(together) {
            let drawn = shards.map(|shard| replicate(shard, Resampling::Rows, 1, number, control.level).unwrap());
            let [Drawn::Counts([n, p]), Drawn::Counts([m, q])] = &drawn else { panic!("counts expected") };
            let positives = [p[0], q[0], p[1] + q[1], q[2]];
            let negatives = [n[0], m[0], n[1] + m[1], m[2]];
            assert_eq!(roc_auc(&tally(&[0.9, 0.7, 0.5, 0.1], &positives, &negatives)), area);
        }
    }

    #[test]
    fn a_shard_comes_whole_or_not_at_all() {
        let one = tally(&[0.9, 0.1], &[3, 1], &[1, 5]);
        for number in 0..50 {
            let drawn = replicate(Shard { tally: &one, id: 0 }, Resampling::Shards, 1, number, Level::SCALAR).unwrap();
            let Drawn::Counts([negatives, positives]) = drawn else { panic!("counts expected") };
            let times = positives[1];
            assert_eq!((positives, negatives), (vec![3 * times, times], vec![times, 5 * times]));
        }
    }

    #[test]
    fn no_shards_and_empty_ones_have_no_figure() {
        let cancel = AtomicBool::new(false);
        let none = tally(&[], &[], &[]);
        for shards in [&[][..], &[Shard { tally: &none, id: 1 }]] {
            let found = replicates(shards, Resampling::Rows, 1, 3, &Control::new(&cancel), &roc_auc).unwrap();
            assert!(found.len() == 3 && found.iter().all(|area| area.is_nan()));
        }
    }
}
