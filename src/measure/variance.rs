//! What variances of areas share: what a weight means, moments of a mean, degrees of freedom.

use super::area::roc_auc;
use super::sum::{Mass, totals};
use crate::error::{Error, Result};
use crate::tally::{Masses, Tally};

/// What the weight of a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightMeaning {
    /// A weight of 3 is three samples.
    Frequency,
    /// A weight of 3 is one sample that stands for three: importance, the inverse probability of being sampled.
    Sampling,
}

impl WeightMeaning {
    /// The meaning called `frequency` or `sampling`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "frequency" => Some(Self::Frequency),
            "sampling" => Some(Self::Sampling),
            _ => None,
        }
    }
}

/// An area with its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AreaVariance {
    /// The area itself, NaN where it is undefined.
    pub area: f64,
    /// What the negatives and what the positives contribute to the variance, which is their sum. NaN where it cannot be
    /// estimated, as with a single sample of a class.
    pub parts: [f64; 2],
    /// How many degrees of freedom the estimate of the variance has: `2 v² / Var(v)`, from fourth moments (what Welch and
    /// Satterthwaite did for normal samples). Infinity where it is so many that nobody asked; NaN where the variance is 0 or
    /// NaN.
    pub degrees_of_freedom: f64,
    /// Samples of `[negatives, positives]`: rows, sums of weights that count them, or effective numbers `(Σ w)² / Σ w²`.
    pub samples: [f64; 2],
}

impl AreaVariance {
    /// Samples of each class from which on the degrees of freedom of ROC AUC count as infinite: Student's 97.5 % quantile is
    /// then within 0.0012 of the normal one for placements of a kurtosis up to 10.
    pub const MANY: u64 = 10_000;

    /// The variance of the area.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.parts[0] + self.parts[1]
    }

    /// The same with the degrees of freedom that moments tell.
    pub(super) fn with_degrees_of_freedom(self, moments: &[Moments; 2]) -> Self {
        let variance = self.variance();
        let spread: f64 = moments.iter().map(Moments::spread_of_square).sum();
        let degrees_of_freedom = if variance > 0.0 { 2.0 * variance * variance / spread.max(0.0) } else { f64::NAN };
        Self { degrees_of_freedom, ..self }
    }
}

/// The variance of ROC AUC after Hanley and McNeil: from the area and the sizes of the classes alone, right for scores
/// that are exponentially distributed in both classes, too wide or too narrow for others.
///
/// `(A(1 − A) + (P − 1)(Q₁ − A²) + (N − 1)(Q₂ − A²)) / (P·N)` with `Q₁ = A / (2 − A)`, `Q₂ = 2A² / (1 + A)`. NaN for a NaN
/// area.
///
/// Source: Hanley and McNeil, *The meaning and use of the area under a receiver operating characteristic curve*,
/// Radiology 143 (1982).
///
/// ```
/// // Their example: 51 diseased, 58 normal, area 0.893, standard error 0.032.
/// let variance = thresher::measure::hanley_mcneil_variance(0.893, [58.0, 51.0]);
/// assert!((variance.sqrt() - 0.032).abs() < 1e-3);
/// ```
#[must_use]
pub fn hanley_mcneil_variance(area: f64, [negatives, positives]: [f64; 2]) -> f64 {
    let square = area * area;
    let first = (positives - 1.0) * (area / (2.0 - area) - square);
    let second = (negatives - 1.0) * (2.0 * square / (1.0 + area) - square);
    (area * (1.0 - area) + first + second) / positives / negatives
}

/// ROC AUC and the samples of `[negatives, positives]`, as in [`roc_auc_variance`](super::roc_auc_variance), for
/// [`hanley_mcneil_variance`].
///
/// # Errors
/// [`Error::NoSquaredWeights`] for sampling weights when the tally does not hold `Σ w²`.
///
/// ```
/// use thresher::measure::{WeightMeaning, roc_auc_and_samples};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Weights { positives: vec![1.5, 0.0], negatives: vec![0.0, 2.5] };
/// let found = roc_auc_and_samples(&Tally::new(vec![0.8, 0.4], counts, true), WeightMeaning::Frequency)?;
/// assert_eq!(found, (1.0, [2.5, 1.5]));
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn roc_auc_and_samples(tally: &Tally, meaning: WeightMeaning) -> Result<(f64, [f64; 2])> {
    fn all<M: Mass>(positives: &[M], negatives: &[M]) -> [f64; 2] {
        let [p, n] = totals(positives.iter().copied().zip(negatives.iter().copied()));
        [n.real(), p.real()]
    }
    let squares = squares_for(tally, meaning)?;
    let weights = match tally.masses() {
        Masses::Counts { positives, negatives } => all(positives, negatives),
        Masses::Weights { positives, negatives } => all(positives, negatives),
    };
    let Some([squares_n, squares_p]) = squares else { return Ok((roc_auc(tally), weights)) };
    let mut moments = weights.map(Moments::new);
    for (&square_n, &square_p) in squares_n.iter().zip(squares_p) {
        moments[0].add(1.0, Some(square_n), 0.0);
        moments[1].add(1.0, Some(square_p), 0.0);
    }
    Ok((roc_auc(tally), moments.each_ref().map(Moments::samples)))
}

/// The `Σ w²` that a variance needs: None where a row is a sample, or as many as its weight says.
///
/// # Errors
/// [`Error::NoSquaredWeights`] for sampling weights when the tally does not hold them.
pub(super) fn squares_for(tally: &Tally, meaning: WeightMeaning) -> Result<Option<&[Vec<f64>; 2]>> {
    match (tally.masses(), meaning) {
        (Masses::Counts { .. }, _) | (_, WeightMeaning::Frequency) => Ok(None),
        (Masses::Weights { .. }, WeightMeaning::Sampling) => {
            tally.sums().map(|sums| Some(&sums.squared_weights)).ok_or(Error::NoSquaredWeights)
        }
    }
}

/// Moments of the deviations `d` that make up the error of a mean, each sample adding `w d / W`: `Σ w² d² / W²`, and
/// `Σ w⁴ d⁴ / W⁴`. A weight that counts samples adds as many of weight 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    /// `W`.
    pub(super) whole: f64,
    /// `1 / W`.
    each: f64,
    /// `Σ w² / W²`: one over the number of samples, or over their effective number.
    pub(super) share: f64,
    pub(super) second: f64,
    fourth: f64,
}

impl Moments {
    /// Nothing yet, of samples that weigh `whole` together.
    pub(super) fn new(whole: f64) -> Self {
        Self { whole, each: if whole > 0.0 { 1.0 / whole } else { 0.0 }, share: 0.0, second: 0.0, fourth: 0.0 }
    }

    /// A group of weight `mass` with one deviation; `squares` is its `Σ w²`, None where a weight counts samples.
    ///
    /// Its `Σ w⁴` is taken for `(Σ w²)³ / (Σ w)²`, which it is for equal weights.
    #[inline]
    pub(super) fn add(&mut self, mass: f64, squares: Option<f64>, deviation: f64) {
        if mass > 0.0 {
            self.add_any(mass, squares, deviation);
        }
    }

    /// The same without a branch, for groups of which nobody can foretell whether they hold anything: an empty one adds 0.
    #[inline(always)]
    pub(super) fn add_any(&mut self, mass: f64, squares: Option<f64>, deviation: f64) {
        // Factor by factor: products of large weights would overflow.
        let (share, each) = match squares {
            None => (mass * self.each * self.each, self.each),
            Some(squares) => (squares * self.each * self.each, squares / mass.max(f64::MIN_POSITIVE) * self.each),
        };
        // What rounding makes of no deviation is none.
        const ROUNDING: f64 = 8.0 * f64::EPSILON;
        let square = if deviation.abs() < ROUNDING { 0.0 } else { deviation * deviation };
        self.share += share;
        self.second += share * square;
        self.fourth += share * square * (each * each * square);
    }

    /// The variance of a mean: as of so many independent samples, `m / (m − 1)` making it unbiased. NaN for one or none.
    pub(super) fn of_mean(&self) -> f64 {
        if self.share > 0.0 && self.share < 1.0 { self.second / (1.0 - self.share) } else { f64::NAN }
    }

    /// How many samples, or how many of equal weight would say as much.
    pub(super) fn samples(&self) -> f64 {
        if self.share > 0.0 { 1.0 / self.share } else { 0.0 }
    }

    /// The variance of `second`.
    pub(super) fn spread_of_square(&self) -> f64 {
        self.fourth - self.second * self.second * self.share
    }
}

#[cfg(test)]
mod tests {
    use super::super::roc_auc_variance;
    use super::*;
    use crate::tally::Sums;

    #[test]
    fn samples_are_those_of_the_variance() {
        let masses = Masses::Weights { positives: vec![1.5, 0.0, 2.0, 0.0], negatives: vec![0.0, 0.25, 0.5, 0.0] };
        let sums = Sums {
            squared_weights: [vec![0.0, 0.0625, 0.125, 0.0], vec![1.25, 0.0, 2.0, 0.0]],
            scores: columns(),
            squared_scores: columns(),
            log_losses: columns(),
            range: None,
        };
        let tally = Tally::new(vec![4.0, 3.0, 2.0, 1.0], masses, true).with_sums(sums);
        for meaning in [WeightMeaning::Frequency, WeightMeaning::Sampling] {
            let whole = roc_auc_variance(&tally, meaning).unwrap();
            let (area, samples) = roc_auc_and_samples(&tally, meaning).unwrap();
            assert_eq!(area, whole.area);
            (0..2).for_each(|label| assert!((samples[label] / whole.samples[label] - 1.0).abs() < 1e-15));
        }
        fn columns() -> [Vec<f64>; 2] {
            [vec![0.0; 4], vec![0.0; 4]]
        }
    }
}
