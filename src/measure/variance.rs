//! What variances of areas share: what a weight means, moments of a mean, degrees of freedom.

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
        Self { whole, each: 1.0 / whole, share: 0.0, second: 0.0, fourth: 0.0 }
    }

    /// A group of weight `mass` with one deviation; `squares` is its `Σ w²`, None where a weight counts samples.
    ///
    /// Its `Σ w⁴` is taken for `(Σ w²)³ / (Σ w)²`, which it is for equal weights.
    #[inline]
    pub(super) fn add(&mut self, mass: f64, squares: Option<f64>, deviation: f64) {
        if mass <= 0.0 {
            return;
        }
        // Factor by factor: products of large weights would overflow.
        let (share, each) = match squares {
            None => (mass * self.each * self.each, self.each),
            Some(squares) => (squares * self.each * self.each, squares / mass * self.each),
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
