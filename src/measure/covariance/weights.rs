//! Weighted samples: sums of products about the mean, in float64.
//!
//! With weights `w` that sum to `W` in the class, and deviations `d = V − A` whose weighted mean is 0:
//! - frequency: `w` samples are `w` terms of DeLong's sums, so `Σ w d_a d_b / (W (W − 1))`;
//! - sampling: the area is a function of weighted means, whose linearisation gives each sample the influence `w d / W`; so
//!   `m / (m − 1) Σ (w / W)² d_a d_b` with `m = W² / Σ w²`, their effective number. Equal weights give DeLong. Samples that
//!   are one in all models may come as one: its weight is their `Σ w`, its `w²` their `Σ w²`.

use super::super::sum::Compensated;
use super::{Model, RocAucCovariance, SampleWeights, Samples, class_totals, deviations, each_block};

/// The covariances of samples without clusters.
pub(super) fn covariance(models: &[Model<'_>], samples: Samples<'_>) -> RocAucCovariance {
    let mut tables: Vec<[Vec<f64>; 2]> = models.iter().map(|model| deviations(model.tally)).collect();
    let totals = models.first().map_or([0.0; 2], |model| class_totals(model.tally));
    let slots = [samples.positives..models.first().map_or(0, |model| model.groups.len()), 0..samples.positives];
    let moments = [0, 1].map(|label| {
        let tables: Vec<Vec<f64>> = tables.iter_mut().map(|table| std::mem::take(&mut table[label])).collect();
        let total = totals[label];
        let (scale, squared) = match samples.weights {
            SampleWeights::Sampling(_) | SampleWeights::SamplingSums { .. } => {
                let shares = slots[label].clone().map(|slot| samples.weights.squared_share(slot, total));
                (unbiased(shares.sum()), true)
            }
            _ if total > 1.0 => (1.0 / (total - 1.0), false),
            _ => (f64::NAN, false), // that or less
        };
        let factor = |slot: usize| {
            if squared { samples.weights.squared_share(slot, total) } else { samples.weights.of(slot) / total }
        };
        let mut moments = Moments::new(models.len());
        let mut factors = Vec::new();
        each_block(models, &tables, slots[label].clone(), |start, values| {
            factors.clear();
            factors.extend((start..start + values[0].len()).map(factor));
            moments.add(values, values, |i| factors[i]);
        });
        (moments, scale)
    });
    let sum = |read: &dyn Fn(&Moments) -> f64| moments.iter().map(|(moments, scale)| scale * read(moments)).sum();
    let covariance = |j, k| sum(&|moments| moments.product(j, k));
    let spread = |j, k| sum(&|moments| moments.difference(j, k));
    RocAucCovariance::of(models, covariance, |_, _| None, spread)
}

/// `m / (m − 1)`, given `1 / m`; NaN for a single sample or none.
fn unbiased(share: f64) -> f64 {
    if share < 1.0 { 1.0 / (1.0 - share) } else { f64::NAN }
}

impl SampleWeights<'_> {
    /// The weight of one sample.
    pub(super) fn of(&self, slot: usize) -> f64 {
        match self {
            Self::Ones => 1.0,
            Self::Rows(repeats) => repeats[slot] as f64,
            Self::Frequency(weights) | Self::Sampling(weights) | Self::SamplingSums { weights, .. } => weights[slot],
        }
    }

    /// `(w / W)²` of one sample, or the sum of it over those that come as one.
    fn squared_share(&self, slot: usize, total: f64) -> f64 {
        if let Self::SamplingSums { squares, .. } = self {
            return squares[slot] / total / total; // one by one: the square of a total may overflow
        }
        let share = self.of(slot) / total;
        share * share
    }
}

/// Sums of products of what two lists of columns say of the same items.
pub(super) struct Moments {
    len: usize,
    /// For `j <= k` at `j, k` the sum of `x_j y_k + y_j x_k`, halved; at `k, j` that of `(x_j − x_k)(y_j − y_k)`.
    sums: Vec<Compensated>,
}

impl Moments {
    pub(super) fn new(len: usize) -> Self {
        Self { len, sums: vec![Compensated::default(); len * len] }
    }

    /// Adds items, each with its factor; `x` and `y` may be the same.
    pub(super) fn add(&mut self, x: &[Vec<f64>], y: &[Vec<f64>], factor: impl Fn(usize) -> f64) {
        for j in 0..self.len {
            for k in j..self.len {
                let (xs, ys) = ((&x[j][..], &x[k][..]), (&y[j][..], &y[k][..]));
                let product = |i: usize| 0.5 * (xs.0[i] * ys.1[i] + ys.0[i] * xs.1[i]) * factor(i);
                self.sums[j * self.len + k].add(in_lanes(xs.0.len(), product));
                if j < k {
                    let apart = |i: usize| (xs.0[i] - xs.1[i]) * (ys.0[i] - ys.1[i]) * factor(i);
                    self.sums[k * self.len + j].add(in_lanes(xs.0.len(), apart));
                }
            }
        }
    }

    /// The sum of products of models `j <= k`.
    pub(super) fn product(&self, j: usize, k: usize) -> f64 {
        self.sums[j * self.len + k].total()
    }

    /// The sum of products of the differences of models `j < k`.
    pub(super) fn difference(&self, j: usize, k: usize) -> f64 {
        self.sums[k * self.len + j].total()
    }
}

/// The sum of `len` terms in eight partial sums, which need not wait for each other.
fn in_lanes(len: usize, term: impl Fn(usize) -> f64) -> f64 {
    const LANES: usize = 8;
    let mut lanes = [0.0; LANES];
    for start in (0..len - len % LANES).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += term(start + lane);
        }
    }
    let rest: f64 = (len - len % LANES..len).map(term).sum();
    lanes.iter().sum::<f64>() + rest
}
