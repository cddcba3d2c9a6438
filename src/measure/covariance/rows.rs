//! Rows: all sums are integers.
//!
//! Twice the placement of a positive, times N, is the integer `v = 2·N_below + n`; of a negative, times P,
//! `w = 2·T_before + p`. Both add up to `2U`, and `A = 2U / 2PN`. So
//! `S10 / P = (P Σ v_a v_b − 2U_a 2U_b) / ((2PN)² (P − 1))`, and the same with N and `w`.

use super::super::ratio::ratio;
use super::super::sum::{steps, total};
use super::{Model, RocAucCovariance, Samples, each_block};
use crate::tally::Masses;

/// Pairs of samples up to which nothing here overflows: `(2PN)² <= 2^126`.
const MOST_PAIRS: u128 = 1 << 62;

/// The covariances of rows, each counted once or `repeats` times; None where weights or huge counts do not allow it.
pub(super) fn covariance(
    models: &[Model<'_>],
    samples: Samples<'_>,
    repeats: Option<&[u64]>,
) -> Option<RocAucCovariance> {
    let mut tables: Vec<Twice> = models.iter().map(Twice::of).collect::<Option<_>>()?;
    let [negatives, positives] = tables.first().map_or([0; 2], |table| table.totals);
    if u128::from(negatives) * u128::from(positives) > MOST_PAIRS {
        return None;
    }
    let len = models.len();
    let slots = [samples.positives..models.first().map_or(0, |model| model.groups.len()), 0..samples.positives];
    let products = [0, 1].map(|label| {
        let tables: Vec<Vec<u64>> =
            tables.iter_mut().map(|table| std::mem::take(&mut table.placements[label])).collect();
        products(models, &tables, slots[label].clone(), repeats)
    });
    let twice_u: Vec<i128> = tables.iter().map(|table| table.twice_u.cast_signed()).collect();
    let count = [negatives, positives].map(|count| i128::from(count.cast_signed()));
    // `count Σ v_a v_b − 2U_a 2U_b`: `count` times the sum of products about the means.
    let centred = |label: usize, j: usize, k: usize| {
        count[label] * products[label][j * len + k].cast_signed() - twice_u[j] * twice_u[k]
    };
    let twice_pairs = 2 * u128::from(negatives) * u128::from(positives);
    let variance = |centred: [i128; 2]| {
        let over = |label: usize| centred[label] as f64 / (count[label] - 1) as f64;
        if twice_pairs == 0 { f64::NAN } else { (over(0) + over(1)) / twice_pairs as f64 / twice_pairs as f64 }
    };
    let covariance = |j, k| variance([0, 1].map(|label| centred(label, j, k)));
    let spread =
        |j, k| variance([0, 1].map(|label| centred(label, j, j) + centred(label, k, k) - 2 * centred(label, j, k)));
    let difference = |j: usize, k: usize| {
        let apart = twice_u[j] - twice_u[k];
        let size = ratio(apart.unsigned_abs(), twice_pairs);
        Some(if apart < 0 { -size } else { size })
    };
    Some(RocAucCovariance::of(models, covariance, difference, spread))
}

/// Integer placements of one model per group.
struct Twice {
    /// `[w, v]`, by label.
    placements: [Vec<u64>; 2],
    /// `[N, P]`.
    totals: [u64; 2],
    twice_u: u128,
}

impl Twice {
    fn of(model: &Model<'_>) -> Option<Self> {
        let Masses::Counts { positives, negatives } = model.tally.masses() else { return None };
        let totals = [total(negatives), total(positives)];
        let mut placements = [Vec::with_capacity(positives.len()), Vec::with_capacity(positives.len())];
        let mut twice_u = 0;
        for step in steps(positives, negatives) {
            let below = totals[0] - step.fp;
            // A class of 2^63 rows would wrap here, and has been refused by then or is refused by its pairs.
            placements[0].push(step.tp_before.wrapping_mul(2).wrapping_add(step.p));
            placements[1].push(below.wrapping_mul(2).wrapping_add(step.n));
            twice_u += u128::from(step.p) * (2 * u128::from(below) + u128::from(step.n));
        }
        Some(Self { placements, totals, twice_u })
    }
}

/// `Σ v_j v_k` over the samples `slots`, for `j <= k`.
fn products(
    models: &[Model<'_>],
    tables: &[Vec<u64>],
    slots: std::ops::Range<usize>,
    repeats: Option<&[u64]>,
) -> Vec<u128> {
    let len = models.len();
    let mut sums = vec![0; len * len];
    each_block(models, tables, slots, |start, values| {
        for j in 0..len {
            for k in j..len {
                let pairs = values[j].iter().zip(&values[k]).map(|(&a, &b)| u128::from(a) * u128::from(b));
                sums[j * len + k] += match repeats {
                    None => pairs.sum::<u128>(),
                    Some(repeats) => pairs.zip(&repeats[start..]).map(|(pair, &times)| pair * u128::from(times)).sum(),
                };
            }
        }
    });
    sums
}
