//! [`average_precision_variance`]: how far the average precision of another sample would lie from this one's.

use super::precision_area::average_precision;
use super::sum::{Mass, totals};
use super::variance::{AreaVariance, Moments, WeightMeaning, squares_for};
use crate::error::Result;
use crate::tally::{Masses, Tally};

/// Average precision and its variance, linearised; each group is one tie.
///
/// The rows are a sample of both classes, so the share of positives varies with it. One more row of a group changes
/// `AP = Σ (p/P) · t/(t + f)`, where `t, f` are the rows that score at least as high, by
///
/// - `(t/(t + f) − AP + Σ' p f/(t + f)²) / P` for a positive,
/// - `−Σ' p t/(t + f)² / P` for a negative,
///
/// with `Σ'` over its group and all below it. The variance is the sum of squares of these, times `m / (m − 1)` for `m`
/// rows; with sampling weights `w` each is multiplied by `w`, and `m` is `(Σw)² / Σw²`.
///
/// NaN without positives; 0 where every positive stands above every negative.
///
/// # Errors
/// [`Error::NoSquaredWeights`](crate::Error::NoSquaredWeights) for sampling weights when the tally does not hold `Σ w²`.
///
/// Source: the influence function of the area under the precision-recall curve, derived in
/// docs/dev/variance-of-average-precision.md.
///
/// ```
/// use thresher::measure::{WeightMeaning, average_precision_variance};
/// use thresher::tally::{Masses, Tally};
///
/// // All tied: average precision is the share of positives, and its variance the binomial one.
/// let tally = Tally::new(vec![0.5], Masses::Counts { positives: vec![30], negatives: vec![70] }, true);
/// let found = average_precision_variance(&tally, WeightMeaning::Frequency)?;
/// assert!((found.variance() - 0.3 * 0.7 / 99.0).abs() < 1e-15);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn average_precision_variance(tally: &Tally, meaning: WeightMeaning) -> Result<AreaVariance> {
    let squares = squares_for(tally, meaning)?;
    let area = average_precision(tally);
    let moments = match tally.masses() {
        Masses::Counts { positives, negatives } => moments(area, positives, negatives, None),
        Masses::Weights { positives, negatives } => moments(area, positives, negatives, squares),
    };
    let whole = moments[0].whole + moments[1].whole;
    let share: f64 = moments.iter().map(|class| class.share * (class.whole / whole).powi(2)).sum();
    let defined = !area.is_nan() && share < 1.0;
    let parts = moments.each_ref().map(|class| if defined { class.second / (1.0 - share) } else { f64::NAN });
    let samples = moments.each_ref().map(Moments::samples);
    Ok(AreaVariance { area, parts, degrees_of_freedom: f64::INFINITY, samples }.with_degrees_of_freedom(&moments))
}

/// The moments of what the rows of `[negatives, positives]` contribute.
fn moments<M: Mass>(area: f64, positives: &[M], negatives: &[M], squares: Option<&[Vec<f64>; 2]>) -> [Moments; 2] {
    let [all_p, all_n] = totals(positives.iter().copied().zip(negatives.iter().copied())).map(M::real);
    let mut moments = [Moments::new(all_n), Moments::new(all_p)];
    let per_negative = all_n / all_p; // a row's share of its own class is what moments take
    // From the lowest score up: what scores at least as high is the whole less what lies below.
    let (mut below_n, mut below_p) = (M::Sum::default(), M::Sum::default());
    let (mut helped, mut harmed) = (0.0, 0.0);
    for (group, (&p, &n)) in positives.iter().zip(negatives).enumerate().rev() {
        let square = |label: usize| squares.map(|squares| squares[label][group]);
        if p > M::ZERO {
            let (t, f) = (all_p - M::total(below_p).real(), all_n - M::total(below_n).real());
            let flagged = t + f;
            let [share_t, share_f] = [t / flagged, f / flagged];
            helped += p.real() / flagged * share_f;
            harmed += p.real() / flagged * share_t;
            moments[1].add(p.real(), square(1), share_t - area + helped);
        }
        moments[0].add(n.real(), square(0), -harmed * per_negative);
        M::add(&mut below_p, p);
        M::add(&mut below_n, n);
    }
    moments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(positives: &[f64], negatives: &[f64]) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        let masses = Masses::Weights { positives: positives.to_vec(), negatives: negatives.to_vec() };
        Tally::new(thresholds, masses, true)
    }

    const POSITIVES: [f64; 6] = [3.0, 0.0, 4.0, 1.0, 0.0, 2.0];
    const NEGATIVES: [f64; 6] = [0.0, 2.0, 3.0, 0.0, 9.0, 4.0];

    /// How the area changes with the weight of one row of a group: the derivative by differences.
    fn contribution(group: usize, label: usize) -> f64 {
        const STEP: f64 = 1e-6;
        let changed = |by: f64| {
            let mut columns = [NEGATIVES, POSITIVES];
            columns[label][group] += by;
            average_precision(&tally(&columns[1], &columns[0]))
        };
        (changed(STEP) - changed(-STEP)) / (2.0 * STEP)
    }

    #[test]
    fn each_row_contributes_the_derivative_by_its_weight() {
        let found = average_precision_variance(&tally(&POSITIVES, &NEGATIVES), WeightMeaning::Frequency).unwrap();
        let mut variance = 0.0;
        for group in 0..6 {
            for (label, column) in [NEGATIVES, POSITIVES].iter().enumerate() {
                if column[group] > 0.0 {
                    variance += column[group] * contribution(group, label).powi(2);
                }
            }
        }
        variance *= 28.0 / 27.0;
        assert!((found.variance() / variance - 1.0).abs() < 1e-7, "{found:?} {variance}");
    }

    #[test]
    fn repeating_all_rows_divides_the_variance() {
        let repeated = |k: f64| {
            let [positives, negatives] = [POSITIVES, NEGATIVES].map(|column| column.map(|mass| k * mass));
            average_precision_variance(&tally(&positives, &negatives), WeightMeaning::Frequency).unwrap().variance()
        };
        assert!((repeated(1.0) * 27.0 / 28.0 / (1000.0 * repeated(1000.0) * 27_999.0 / 28_000.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn classes_apart_have_no_variance_and_no_positives_no_figure() {
        let apart = average_precision_variance(&tally(&[2.0, 0.0], &[0.0, 5.0]), WeightMeaning::Frequency).unwrap();
        assert_eq!((apart.area, apart.variance()), (1.0, 0.0));
        for (positives, negatives) in [(&[0.0][..], &[3.0][..]), (&[], &[])] {
            let none = average_precision_variance(&tally(positives, negatives), WeightMeaning::Frequency).unwrap();
            assert!(none.area.is_nan() && none.variance().is_nan() && none.degrees_of_freedom.is_nan());
        }
    }
}
