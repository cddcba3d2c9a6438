//! [`roc_auc_variance`]: how far the ROC AUC of another sample would lie from this one's (DeLong), from the groups alone.
//!
//! The *placement* of a positive is the share of negatives it beats, `V = (N_below + n/2) / N`; that of a negative the
//! share of positives that beat it, `V = (T + p/2) / P`. Both have the area `A` as their mean, and its variance is that of
//! two means: `S_P / P + S_N / N`, with `S` the sample variance of each class's placements. Derivations, also for weights:
//! docs/dev/variance-of-roc-auc.md.

use super::area::{roc_auc, roc_auc_from_pairs};
use super::sum::{Mass, Step, steps, total, totals};
use super::variance::{AreaVariance, Moments, WeightMeaning, squares_for};
use crate::error::Result;
use crate::tally::{Masses, Tally};

/// ROC AUC and its variance after DeLong, DeLong and Clarke-Pearson; each group is one tie.
///
/// Rows: from integers (from 2^41 rows of a class on, compensated sums), rounded at the end. Weights: compensated sums; by [`WeightMeaning::Frequency`] the very formula for
/// repeated rows, by [`WeightMeaning::Sampling`] the linearised variance `Σ w² (V − A)² / W² · m / (m − 1)` of each class,
/// with `W = Σw` and `m = W² / Σw²` its effective number of samples: equal weights give the unweighted answer. `meaning` does
/// not matter to rows.
///
/// # Errors
/// [`Error::NoSquaredWeights`] for sampling weights when the tally does not hold `Σ w²`.
///
/// Source: DeLong, DeLong and Clarke-Pearson, *Comparing the areas under two or more correlated receiver operating
/// characteristic curves*, Biometrics 44 (1988).
///
/// ```
/// use thresher::measure::{WeightMeaning, roc_auc_variance};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// // Placements of positives 1 and 1/2, of negatives 1/2 and 1: variance 1/8 each, over 2 samples each.
/// assert_eq!(roc_auc_variance(&tally, WeightMeaning::Frequency)?.variance(), 0.125);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn roc_auc_variance(tally: &Tally, meaning: WeightMeaning) -> Result<AreaVariance> {
    let squares = squares_for(tally, meaning)?;
    Ok(match tally.masses() {
        Masses::Counts { positives, negatives } => of_rows(positives, negatives),
        Masses::Weights { positives, negatives } => {
            let area = roc_auc(tally);
            let moments = moments(area, positives, negatives, squares);
            AreaVariance {
                area,
                parts: moments.each_ref().map(Moments::of_mean),
                degrees_of_freedom: f64::INFINITY,
                samples: moments.each_ref().map(Moments::samples),
            }
            .with_degrees_of_freedom(&moments)
        }
    })
}

fn of_rows(positives: &[u64], negatives: &[u64]) -> AreaVariance {
    let all = [total(negatives), total(positives)];
    let mut sums = PlacementSums::new(all);
    let groups = steps(positives, negatives).filter(|step| step.p > 0);
    groups.for_each(|step| sums.add([step.n, step.p], step.tp, step.fp));
    let mut variance = sums.variance();
    if all.iter().any(|&rows| rows >= PlacementSums::MOST_ROWS) {
        variance.parts = moments(variance.area, positives, negatives, None).each_ref().map(Moments::of_mean);
    }
    if all.iter().all(|&rows| rows >= AreaVariance::MANY) {
        return variance;
    }
    variance.with_degrees_of_freedom(&moments(variance.area, positives, negatives, None))
}

/// The second and fourth moments of the placements of `[negatives, positives]` about the area.
fn moments<M: Mass>(area: f64, positives: &[M], negatives: &[M], squares: Option<&[Vec<f64>; 2]>) -> [Moments; 2] {
    let [all_p, all_n] = totals(positives.iter().copied().zip(negatives.iter().copied()));
    let (real_n, real_p) = (all_n.real(), all_p.real());
    let mut moments = [Moments::new(real_n), Moments::new(real_p)];
    let of_positives = |step: &Step<M>| 1.0 - (step.fp_before.real() + 0.5 * step.n.real()) / real_n - area;
    let of_negatives = |step: &Step<M>| (step.tp_before.real() + 0.5 * step.p.real()) / real_p - area;
    if let Some([squares_n, squares_p]) = squares {
        for (step, (&square_n, &square_p)) in steps(positives, negatives).zip(squares_n.iter().zip(squares_p)) {
            moments[1].add_any(step.p.real(), Some(square_p), of_positives(&step));
            moments[0].add_any(step.n.real(), Some(square_n), of_negatives(&step));
        }
        return moments;
    }
    // Negatives between two groups of positives have one placement; they are added as one group, so that it does not matter
    // whether they come as one or as many.
    let mut between = M::Sum::default();
    for step in steps(positives, negatives) {
        if step.p > M::ZERO {
            moments[1].add(step.p.real(), None, of_positives(&step));
            moments[0].add(M::total(between).real(), None, step.tp_before.real() / real_p - area);
            between = M::Sum::default();
            moments[0].add(step.n.real(), None, of_negatives(&step));
        } else {
            M::add(&mut between, step.n);
        }
    }
    moments[0].add(M::total(between).real(), None, 1.0 - area);
    moments
}

/// The integers behind ROC AUC and its variance, from the groups that hold positives, in any order; parts add up.
///
/// With `x = 2·N_below + n` of a positive and `y = 2·T + p` of a negative they are `Σ x = Σ y`, `Σ x²` and `Σ y²`. The last
/// needs no groups of negatives alone: `y²` grows by `4p(2T + p)` for all that lies below a group of positives, and by
/// `p(4T + p)` for the negatives tied with it.
///
/// ```
/// use thresher::measure::PlacementSums;
///
/// let mut sums = PlacementSums::new([2, 2]);
/// sums.add([0, 1], 2, 1); // the lower positive; then the higher
/// sums.add([0, 1], 1, 0);
/// assert_eq!(sums.variance().variance(), 0.125);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacementSums {
    rows: [u64; 2],
    twice_u: u128,
    /// `Σ y²`, `Σ x²`.
    squares: [u128; 2],
}

impl PlacementSums {
    /// From so many rows of a class on the sums would not fit 128 bits.
    const MOST_ROWS: u64 = 1 << 41;

    /// Nothing yet, of groups among all `[negatives, positives]`.
    #[must_use]
    pub fn new(rows: [u64; 2]) -> Self {
        Self { rows, twice_u: 0, squares: [0, 0] }
    }

    /// A group that holds positives; `tp` and `fp`, its own `[negatives, positives]` included, score at least as high.
    #[inline]
    pub fn add(&mut self, [n, p]: [u64; 2], tp: u64, fp: u64) {
        let [negatives, positives] = self.rows;
        let (above, below) = (tp - p, negatives - fp);
        if positives.max(negatives) < 1 << 30 {
            // No product of two counts reaches 2^64; a third factor, mostly 1, may.
            let x = 2 * below + n;
            let [square, growth] = [x * x, 4 * (2 * above + p) * below + n * (4 * above + p)];
            self.twice_u += u128::from(p * x);
            if p == 1 {
                self.squares[1] += u128::from(square);
                self.squares[0] += u128::from(growth);
            } else {
                self.squares[1] += u128::from(p) * u128::from(square);
                self.squares[0] += u128::from(p) * u128::from(growth);
            }
            return;
        }
        let [n, p, above, below] = [n, p, above, below].map(u128::from);
        let x = 2 * below + n;
        self.twice_u += p * x;
        // These wrap from `MOST_ROWS` on, and are not used then.
        self.squares[1] = self.squares[1].wrapping_add(p.wrapping_mul(x.wrapping_mul(x)));
        let y = (4 * (2 * above + p)).wrapping_mul(below).wrapping_add(n.wrapping_mul(4 * above + p));
        self.squares[0] = self.squares[0].wrapping_add(p.wrapping_mul(y));
    }

    /// Takes the groups of another part in.
    pub fn merge(&mut self, other: &Self) {
        self.twice_u += other.twice_u;
        (0..2).for_each(|label| self.squares[label] = self.squares[label].wrapping_add(other.squares[label]));
    }

    /// The area and its variance (NaN from 2^41 rows of a class on), degrees of freedom left at infinity.
    #[must_use]
    pub fn variance(&self) -> AreaVariance {
        let [negatives, positives] = self.rows;
        let area = roc_auc_from_pairs(self.twice_u, positives, negatives);
        let part = |label: usize| of_mean(self.squares[label], self.twice_u, self.rows[label], self.rows[1 - label]);
        let samples = self.rows.map(|rows| rows as f64);
        AreaVariance { area, parts: [part(0), part(1)], degrees_of_freedom: f64::INFINITY, samples }
    }
}

/// What [`roc_auc_variance`] needs of unweighted groups that come in any order and in several parts: their sums where both
/// classes are large, else the groups themselves.
#[derive(Debug, Clone)]
pub enum Placements {
    /// The sums suffice.
    Sums(PlacementSums),
    /// `n, p, tp, fp` of each group that holds positives, which are few.
    Groups([u64; 2], Vec<[u64; 4]>),
    /// Neither will do: many positives and few negatives.
    Neither,
}

impl Placements {
    /// Nothing yet, of groups among all `[negatives, positives]`.
    #[must_use]
    pub fn new(rows: [u64; 2]) -> Self {
        match rows.map(|rows| rows >= AreaVariance::MANY) {
            [true, true] => Self::Sums(PlacementSums::new(rows)),
            [_, false] => Self::Groups(rows, Vec::new()),
            [false, true] => Self::Neither,
        }
    }

    /// A group that holds positives, as [`PlacementSums::add`] takes it.
    #[inline]
    pub fn add(&mut self, [n, p]: [u64; 2], tp: u64, fp: u64) {
        match self {
            Self::Sums(sums) => sums.add([n, p], tp, fp),
            Self::Groups(_, groups) => groups.push([n, p, tp, fp]),
            Self::Neither => {}
        }
    }

    /// The variance of all parts, the very bits of [`roc_auc_variance`]; None where it takes a tally to tell.
    #[must_use]
    pub fn variance(parts: Vec<Self>) -> Option<AreaVariance> {
        let whole = parts.into_iter().reduce(|mut whole, part| {
            match (&mut whole, part) {
                (Self::Sums(sums), Self::Sums(more)) => sums.merge(&more),
                (Self::Groups(_, groups), Self::Groups(_, more)) => groups.extend(more),
                _ => {}
            }
            whole
        });
        match whole? {
            Self::Sums(sums) => Some(sums.variance()),
            Self::Groups([negatives, _], mut groups) => {
                groups.sort_unstable_by_key(|&[_, _, tp, _]| tp);
                // A group of negatives alone before each, and after the last: all that lie between.
                let (mut columns, mut before) = ([Vec::new(), Vec::new()], 0);
                for [n, p, _, fp] in groups.into_iter().chain([[0, 0, 0, negatives]]) {
                    columns[0].extend([fp - n - before, n]);
                    columns[1].extend([0, p]);
                    before = fp;
                }
                let [negatives, positives] = columns;
                Some(of_rows(&positives, &negatives))
            }
            Self::Neither => None,
        }
    }
}

/// `(Σ x² − (Σ x)² / k) / (k − 1)`, over `k (2 m)²`: the variance of the mean of `k` placements `x / 2m`.
fn of_mean(squares: u128, sum: u128, k: u64, m: u64) -> f64 {
    if k < 2 || m == 0 || k.max(m) >= PlacementSums::MOST_ROWS {
        return f64::NAN;
    }
    let k_ = u128::from(k);
    let (mean, rest) = (sum / k_, sum % k_); // Σ x² − mean · Σ x − rest · Σ x / k, without a product that could overflow
    let whole = squares - mean * sum - rest * sum / k_;
    let centred = whole as f64 - (rest * sum % k_) as f64 / k as f64;
    let unit = 2.0 * m as f64;
    centred / (k as f64 - 1.0) / k as f64 / unit / unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Sums;

    /// The definition: placements by comparing all pairs, two sample variances.
    fn definition(scores: &[(i32, bool)]) -> (f64, f64) {
        let of = |label: bool| scores.iter().filter(move |(_, l)| *l == label).map(|(s, _)| *s);
        let win = |p: i32, n: i32| f64::from(i32::from(p > n) + i32::from(p >= n)) / 2.0;
        let (all_p, all_n) = (of(true).count() as f64, of(false).count() as f64);
        let of_positives: Vec<f64> = of(true).map(|p| of(false).map(|n| win(p, n)).sum::<f64>() / all_n).collect();
        let of_negatives: Vec<f64> = of(false).map(|n| of(true).map(|p| win(p, n)).sum::<f64>() / all_p).collect();
        let area = of_positives.iter().sum::<f64>() / all_p;
        let part = |values: &[f64]| {
            let k = values.len() as f64;
            values.iter().map(|v| (v - area) * (v - area)).sum::<f64>() / (k - 1.0) / k
        };
        (area, part(&of_positives) + part(&of_negatives))
    }

    fn counts(scores: &[(i32, bool)]) -> [Vec<u64>; 2] {
        let groups = || (0..20).rev();
        let column =
            |label: bool| groups().map(move |s| scores.iter().filter(|row| **row == (s, label)).count() as u64);
        [column(false).collect(), column(true).collect()]
    }

    fn tally(masses: Masses) -> Tally {
        Tally::new((0..20).rev().map(f64::from).collect(), masses, true)
    }

    fn rows(scores: &[(i32, bool)]) -> Tally {
        let [negatives, positives] = counts(scores);
        tally(Masses::Counts { positives, negatives })
    }

    fn weights(scores: &[(i32, bool)], weight: f64) -> Tally {
        let [negatives, positives] = counts(scores).map(|column| column.iter().map(|&c| weight * c as f64).collect());
        tally(Masses::Weights { positives, negatives })
    }

    fn samples() -> Vec<Vec<(i32, bool)>> {
        let mut state = 7_u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        (0..200)
            .map(|round| {
                (0..4 + random(40))
                    .map(|i| (random(if round % 3 == 0 { 20 } else { 4 }) as i32, i < 2 || (i > 3 && random(3) == 0)))
                    .collect()
            })
            .collect()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-12 * (a.abs() + b.abs()) + 1e-15
    }

    /// Degrees of freedom may be very many, and matter no more then.
    fn alike(a: f64, b: f64) -> bool {
        (a.is_nan() && b.is_nan()) || (1.0 / a - 1.0 / b).abs() < 1e-10
    }

    #[test]
    fn the_variance_is_the_definition_s() {
        for sample in samples() {
            let (area, variance) = definition(&sample);
            let found = roc_auc_variance(&rows(&sample), WeightMeaning::Sampling).unwrap();
            assert!(close(found.area, area) && close(found.variance(), variance), "{sample:?}: {found:?} {variance}");
        }
    }

    #[test]
    fn frequency_weights_are_repeated_rows() {
        for sample in samples() {
            let repeated: Vec<_> = sample.iter().flat_map(|row| [*row; 3]).collect();
            let whole = roc_auc_variance(&rows(&repeated), WeightMeaning::Frequency).unwrap();
            let found = roc_auc_variance(&weights(&sample, 3.0), WeightMeaning::Frequency).unwrap();
            assert!(close(found.variance(), whole.variance()), "{sample:?}");
            assert!(alike(found.degrees_of_freedom, whole.degrees_of_freedom), "{sample:?}");
        }
    }

    #[test]
    fn equal_sampling_weights_say_what_no_weights_say() {
        for sample in samples() {
            let plain = roc_auc_variance(&rows(&sample), WeightMeaning::Frequency).unwrap();
            let weight = 0.7_f64;
            let squared_weights =
                counts(&sample).map(|column| column.iter().map(|&c| weight * weight * c as f64).collect());
            let none = || [vec![0.0; 20], vec![0.0; 20]];
            let sums =
                Sums { squared_weights, scores: none(), squared_scores: none(), log_losses: none(), range: None };
            let found = roc_auc_variance(&weights(&sample, weight).with_sums(sums), WeightMeaning::Sampling).unwrap();
            assert!(close(found.variance(), plain.variance()), "{sample:?}");
            assert!(alike(found.degrees_of_freedom, plain.degrees_of_freedom), "{sample:?}");
        }
    }

    #[test]
    fn sampling_weights_without_their_squares_are_refused() {
        let refused = roc_auc_variance(&weights(&samples()[0], 2.0), WeightMeaning::Sampling);
        assert_eq!(refused, Err(crate::Error::NoSquaredWeights));
    }

    #[test]
    fn a_class_of_one_has_no_variance_and_classes_apart_have_none_either() {
        let one = roc_auc_variance(&rows(&[(3, true), (2, false), (5, false)]), WeightMeaning::Frequency).unwrap();
        assert!(one.area == 0.5 && one.variance().is_nan());
        let apart = [(3, true), (4, true), (2, false), (1, false)];
        let apart = roc_auc_variance(&rows(&apart), WeightMeaning::Frequency).unwrap();
        assert_eq!((apart.area, apart.variance(), apart.samples), (1.0, 0.0, [2.0, 2.0]));
        assert!(apart.degrees_of_freedom.is_nan());
        let empty = roc_auc_variance(&rows(&[]), WeightMeaning::Frequency).unwrap();
        assert!(empty.area.is_nan() && empty.variance().is_nan());
    }

    #[test]
    fn huge_counts_agree_with_small_ones() {
        let shares = [[3_u64, 1], [2, 2], [1, 3]];
        let of = |unit: u64| {
            let [positives, negatives] = [0, 1].map(|label| shares.iter().map(|pair| pair[label] * unit).collect());
            let tally = Tally::new(vec![2.0, 1.0, 0.0], Masses::Counts { positives, negatives }, false);
            roc_auc_variance(&tally, WeightMeaning::Frequency).unwrap()
        };
        let small = of(100_000).variance() * 1e5;
        for unit in [1_u64 << 20, 1 << 32, 1 << 45, 1 << 58] {
            let scaled = of(unit).variance() * unit as f64;
            assert!((scaled / small - 1.0).abs() < 1e-5, "{unit}: {scaled} {small}");
        }
    }
}
