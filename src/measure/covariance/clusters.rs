//! Clustered samples, after Obuchowski: rows of one cluster may depend on each other in any way, clusters may not.
//!
//! Per cluster, `x` sums `w (V − A) / W` over its positives and `y` likewise over its negatives. With `I10` clusters that
//! hold positives, `I01` that hold negatives, and `I` in all, the covariance of models a and b is
//! `I10/(I10 − 1) Σ x_a x_b + I01/(I01 − 1) Σ y_a y_b + I/(I − 1) Σ (x_a y_b + y_a x_b)`. Both meanings of weights agree here:
//! what is drawn is the cluster. Clusters of one row each give DeLong.
//!
//! Source: Obuchowski, *Nonparametric analysis of clustered ROC curve data*, Biometrics 53 (1997).

use super::weights::Moments;
use super::{Model, RocAucCovariance, Samples, class_totals, deviations, each_block};

/// Clusters whose sums are multiplied at a time.
const BLOCK: usize = 4096;

/// The covariances of samples in clusters.
pub(super) fn covariance(models: &[Model<'_>], samples: Samples<'_>, clusters: &[u32]) -> RocAucCovariance {
    let len = models.len();
    let mut tables: Vec<[Vec<f64>; 2]> = models.iter().map(|model| deviations(model.tally)).collect();
    let sums = [0, 1].map(|label| {
        let tables: Vec<Vec<f64>> = tables.iter_mut().map(|table| std::mem::take(&mut table[label])).collect();
        Sums::of(models, &tables, samples, clusters, label)
    });
    let mut moments = [(); 3].map(|()| Moments::new(len)); // of negatives, of positives, across
    let all = sums[0].held.len();
    for start in (0..all).step_by(BLOCK) {
        let part = |sums: &Sums| -> Vec<Vec<f64>> {
            sums.columns.iter().map(|column| column[start..all.min(start + BLOCK)].to_vec()).collect()
        };
        let [negatives, positives] = [part(&sums[0]), part(&sums[1])];
        moments[0].add(&negatives, &negatives, |_| 1.0);
        moments[1].add(&positives, &positives, |_| 1.0);
        moments[2].add(&positives, &negatives, |_| 2.0);
    }
    // Of a single cluster the sum is 0 but for roundings, which must not be divided by 0.
    let correction = |clusters: usize| if clusters > 1 { clusters as f64 / (clusters as f64 - 1.0) } else { f64::NAN };
    let either = (0..all).filter(|&cluster| sums[0].held[cluster] || sums[1].held[cluster]).count();
    let [with_negatives, with_positives] = [0, 1].map(|label| sums[label].held.iter().filter(|&&held| held).count());
    let scales = [with_negatives, with_positives, either].map(correction);
    let sum = |read: &dyn Fn(&Moments) -> f64| moments.iter().zip(scales).map(|(each, scale)| scale * read(each)).sum();
    let covariance = |j, k| sum(&|moments| moments.product(j, k));
    let spread = |j, k| sum(&|moments| moments.difference(j, k));
    RocAucCovariance::of(models, covariance, |_, _| None, spread)
}

/// What the samples of one class add up to in each cluster.
struct Sums {
    /// Per model, the sum of `w (V − A) / W` of each cluster.
    columns: Vec<Vec<f64>>,
    /// Whether a cluster holds samples of the class.
    held: Vec<bool>,
}

impl Sums {
    fn of(models: &[Model<'_>], tables: &[Vec<f64>], samples: Samples<'_>, clusters: &[u32], label: usize) -> Self {
        let all = clusters.iter().max().map_or(0, |&last| last as usize + 1);
        let total = models.first().map_or(0.0, |model| class_totals(model.tally)[label]);
        let slots = if label == 1 { 0..samples.positives } else { samples.positives..clusters.len() };
        let mut sums = Self { columns: vec![vec![0.0; all]; models.len()], held: vec![false; all] };
        each_block(models, tables, slots, |start, values| {
            for (i, &cluster) in clusters[start..].iter().enumerate().take(values[0].len()) {
                let share = samples.weights.of(start + i) / total;
                sums.held[cluster as usize] = true;
                for (column, values) in sums.columns.iter_mut().zip(values) {
                    column[cluster as usize] += share * values[i];
                }
            }
        });
        sums
    }
}
