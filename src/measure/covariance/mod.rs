//! Covariances of the ROC AUCs of several models on the same samples, after DeLong; weighted and clustered too.
//!
//! The one measure that reads more than tallies: models are compared by what each says of the same sample, so it takes
//! O(samples · models²). A sample's *placement* is the share of the other class that it is ranked right against, ties
//! counting half. The area is the mean placement of either class, so areas vary as means of placements do.
//!
//! | file | samples | arithmetic |
//! |---|---|---|
//! | `rows.rs` | rows, each counted once or several times | integers, exact until the last division |
//! | `weights.rs` | weights of both meanings | floats about the mean |
//! | `clusters.rs` | rows of clusters, weighted or not | floats about the mean |

mod clusters;
mod rows;
mod weights;

use super::area::roc_auc;
use super::sum::{Mass, steps, total};
use crate::tally::{Masses, Tally};

/// What a model says of the samples: its tally, and the group of the tally that each sample lies in. Samples are in the
/// same order for all models, positives first.
#[derive(Debug, Clone, Copy)]
pub struct Model<'m> {
    /// Groups of scores.
    pub tally: &'m Tally,
    /// The group of each sample.
    pub groups: &'m [u32],
}

/// What the samples are, apart from their scores.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'s> {
    /// How many are positive: the first so many.
    pub positives: usize,
    /// How often each counts; the tallies of the models hold the sums of it.
    pub weights: SampleWeights<'s>,
    /// The cluster of each, numbered from 0: samples of different clusters are independent. None: all samples are.
    pub clusters: Option<&'s [u32]>,
}

/// How often each sample counts.
#[derive(Debug, Clone, Copy)]
pub enum SampleWeights<'s> {
    /// Once.
    Ones,
    /// As so many rows.
    Rows(&'s [u64]),
    /// As so many samples ([`WeightMeaning::Frequency`](super::WeightMeaning)), any real number.
    Frequency(&'s [f64]),
    /// By a weight of [`WeightMeaning::Sampling`](super::WeightMeaning).
    Sampling(&'s [f64]),
    /// By such weights, of samples that came together: `Σ w` and `Σ w²` of each lot. Not for clusters.
    SamplingSums {
        /// `Σ w`.
        weights: &'s [f64],
        /// `Σ w²`.
        squares: &'s [f64],
    },
}

/// Areas of several models, and how they vary together. Matrices are in order of row; a variance of models `j, k` is at
/// `j · models + k`.
#[derive(Debug, Clone, PartialEq)]
pub struct RocAucCovariance {
    /// ROC AUC of each model, in [0, 1].
    pub areas: Vec<f64>,
    /// Covariances of the areas.
    pub covariance: Vec<f64>,
    /// Area of one model less that of another, as exact as the areas.
    pub differences: Vec<f64>,
    /// Variances of these differences, computed from differences of placements: not from the covariances, which would lose
    /// all digits where two models are nearly the same.
    pub difference_variances: Vec<f64>,
}

/// ROC AUC of each model, and the covariances of these estimates over samples drawn anew.
///
/// With `V` the placements of the `P` positives and `W` those of the `N` negatives under a model of area `A`, the
/// covariance of models a and b is `S10 / P + S01 / N`, `S10 = Σ (V_a − A_a)(V_b − A_b) / (P − 1)` and `S01` likewise from
/// `W` (DeLong et al. 1988). The variants for weights and for clusters (Obuchowski 1997) stand in their files. Variances are
/// in units of the area squared; NaN where a class is missing or has too few samples (or clusters) to vary: one.
///
/// Of unweighted rows all sums are exact integers as long as `P · N < 2^62`; otherwise they are sums of float64 about the
/// mean, within about 1e-13 relative. In a binned tally a group counts as one tie.
///
/// Source: DeLong, DeLong, Clarke-Pearson, *Comparing the areas under two or more correlated ROC curves*, Biometrics 44
/// (1988). docs/dev/variance-of-roc-auc.md derives every variant.
///
/// ```
/// use thresher::measure::{Model, SampleWeights, Samples, roc_auc_covariance};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// let model = Model { tally: &tally, groups: &[0, 2, 1, 3] };
/// let samples = Samples { positives: 2, weights: SampleWeights::Ones, clusters: None };
/// let found = roc_auc_covariance(&[model], samples);
/// assert_eq!((found.areas[0], found.covariance[0]), (0.75, 0.125));
/// ```
#[must_use]
pub fn roc_auc_covariance(models: &[Model<'_>], samples: Samples<'_>) -> RocAucCovariance {
    if models.is_empty() {
        return RocAucCovariance::of(models, |_, _| 0.0, |_, _| None, |_, _| 0.0);
    }
    if let Some(clusters) = samples.clusters {
        return clusters::covariance(models, samples, clusters);
    }
    match samples.weights {
        SampleWeights::Ones => rows::covariance(models, samples, None),
        SampleWeights::Rows(repeats) => rows::covariance(models, samples, Some(repeats)),
        SampleWeights::Frequency(_) | SampleWeights::Sampling(_) | SampleWeights::SamplingSums { .. } => None,
    }
    .unwrap_or_else(|| weights::covariance(models, samples))
}

impl RocAucCovariance {
    /// Fills the matrices, given for models `j <= k` the covariance, and for `j < k` the difference of the areas (None: as
    /// the areas are) and its variance.
    fn of(
        models: &[Model<'_>],
        covariance: impl Fn(usize, usize) -> f64,
        difference: impl Fn(usize, usize) -> Option<f64>,
        difference_variance: impl Fn(usize, usize) -> f64,
    ) -> Self {
        let len = models.len();
        let areas: Vec<f64> = models.iter().map(|model| roc_auc(model.tally)).collect();
        let zeros = || vec![0.0; len * len];
        let mut found = Self { covariance: zeros(), differences: zeros(), difference_variances: zeros(), areas };
        for j in 0..len {
            for k in j..len {
                let [at, mirrored] = [j * len + k, k * len + j];
                let shared = covariance(j, k);
                [found.covariance[at], found.covariance[mirrored]] = [shared; 2];
                if j < k {
                    let apart = difference(j, k).unwrap_or(found.areas[j] - found.areas[k]);
                    let spread = difference_variance(j, k);
                    [found.differences[at], found.differences[mirrored]] = [apart, 0.0 - apart];
                    [found.difference_variances[at], found.difference_variances[mirrored]] = [spread; 2];
                }
            }
        }
        found
    }
}

/// Samples whose placements are looked up at a time: 32 KiB a model.
const BLOCK: usize = 4096;

/// Hands on the values of samples `slots` some at a time: the first of them, and `values[j][i]`, what `table[j]` holds for
/// the group of sample `i` under model `j`.
fn each_block<T: Copy + Default>(
    models: &[Model<'_>],
    tables: &[Vec<T>],
    slots: std::ops::Range<usize>,
    mut take: impl FnMut(usize, &[Vec<T>]),
) {
    let mut values = vec![Vec::new(); models.len()];
    for start in slots.clone().step_by(BLOCK) {
        let end = slots.end.min(start + BLOCK);
        for (values, (model, table)) in values.iter_mut().zip(models.iter().zip(tables)) {
            values.clear();
            values.extend(model.groups[start..end].iter().map(|&group| table[group as usize]));
        }
        take(start, &values);
    }
}

/// Placements of one model less its area, per group: `[those of negatives, those of positives]`.
fn deviations(tally: &Tally) -> [Vec<f64>; 2] {
    let area = roc_auc(tally);
    match tally.masses() {
        Masses::Counts { positives, negatives } => deviations_of(positives, negatives, area),
        Masses::Weights { positives, negatives } => deviations_of(positives, negatives, area),
    }
}

fn deviations_of<M: Mass>(positives: &[M], negatives: &[M], area: f64) -> [Vec<f64>; 2] {
    let [all_positives, all_negatives] = [positives, negatives].map(|column| total(column).real());
    let right = |beyond: f64, tied: M, all: f64| (beyond + 0.5 * tied.real()) / all - area;
    let of_positives = |step: super::sum::Step<M>| right(all_negatives - step.fp.real(), step.n, all_negatives);
    let of_negatives = |step: super::sum::Step<M>| right(step.tp_before.real(), step.p, all_positives);
    [steps(positives, negatives).map(of_negatives).collect(), steps(positives, negatives).map(of_positives).collect()]
}

/// The sum of all weights of a tally's `[negatives, positives]`.
fn class_totals(tally: &Tally) -> [f64; 2] {
    match tally.masses() {
        Masses::Counts { positives, negatives } => [total(negatives).real(), total(positives).real()],
        Masses::Weights { positives, negatives } => [total(negatives), total(positives)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: [(&[u64], &[u64], &[u32]); 2] =
        [(&[1, 0, 1, 1], &[0, 1, 1, 0], &[0, 2, 3, 1, 2]), (&[2, 1], &[1, 1], &[0, 1, 0, 0, 1])];

    fn found(weights: SampleWeights<'_>, clusters: Option<&[u32]>) -> RocAucCovariance {
        let tallies = TWO.map(|(positives, negatives, _)| {
            let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
            Tally::new(thresholds, Masses::Counts { positives: positives.into(), negatives: negatives.into() }, true)
        });
        let models = [0, 1].map(|i| Model { tally: &tallies[i], groups: TWO[i].2 });
        roc_auc_covariance(&models, Samples { positives: 3, weights, clusters })
    }

    fn close(a: &RocAucCovariance, b: &RocAucCovariance) -> bool {
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-15);
        near(&a.covariance, &b.covariance) && near(&a.difference_variances, &b.difference_variances)
    }

    #[test]
    fn integers_floats_and_clusters_of_one_row_agree() {
        let exact = found(SampleWeights::Ones, None);
        assert!(exact.covariance.iter().all(|value| value.is_finite()));
        assert_eq!(found(SampleWeights::Rows(&[1; 5]), None), exact);
        assert!(close(&found(SampleWeights::Frequency(&[1.0; 5]), None), &exact));
        assert!(close(&found(SampleWeights::Sampling(&[1.0; 5]), None), &exact));
        assert!(close(&found(SampleWeights::Ones, Some(&[4, 0, 1, 2, 3])), &exact));
    }

    #[test]
    fn samples_of_sampling_weights_may_come_together() {
        let tally = |masses: [&[f64]; 2]| {
            let [positives, negatives] = masses.map(<[f64]>::to_vec);
            Tally::new(vec![2.0, 1.0, 0.0], Masses::Weights { positives, negatives }, true)
        };
        let tallies = [tally([&[3.0, 2.0, 0.5], &[1.0, 0.0, 4.0]]), tally([&[0.5, 5.0, 0.0], &[4.0, 1.0, 0.0]])];
        let found = |groups: [&[u32]; 2], positives, weights| {
            let models = [0, 1].map(|i| Model { tally: &tallies[i], groups: groups[i] });
            roc_auc_covariance(&models, Samples { positives, weights, clusters: None })
        };
        let weights = [2.0, 1.0, 2.0, 0.5, 1.0, 3.0, 1.0];
        let apart = found([&[0, 0, 1, 2, 0, 2, 2], &[1, 1, 1, 0, 1, 0, 0]], 4, SampleWeights::Sampling(&weights));
        let sums =
            SampleWeights::SamplingSums { weights: &[3.0, 2.0, 0.5, 1.0, 4.0], squares: &[5.0, 4.0, 0.25, 1.0, 10.0] };
        assert!(close(&found([&[0, 1, 2, 0, 2], &[1, 1, 0, 1, 0]], 3, sums), &apart));
    }

    #[test]
    fn the_variance_of_a_difference_is_what_covariances_make_of_it() {
        let RocAucCovariance { covariance, difference_variances, areas, differences } =
            found(SampleWeights::Ones, None);
        let spread = covariance[0] + covariance[3] - 2.0 * covariance[1];
        assert!((difference_variances[1] - spread).abs() < 1e-15);
        assert!((differences[1] - (areas[0] - areas[1])).abs() < 1e-15);
        assert_eq!(differences[2], -differences[1]);
    }

    #[test]
    fn no_model_has_no_covariance() {
        let samples = Samples { positives: 0, weights: SampleWeights::Ones, clusters: None };
        assert!(roc_auc_covariance(&[], samples).areas.is_empty());
    }
}
