//! A rate where another one is held: recall at a false positive rate, precision at a recall, and the like.

use super::choose::{Limit, Side, threshold_at};
use super::rate::Rate;
use super::reading::rate_of_groups;
use crate::tally::Tally;

/// A rate at the threshold that [`threshold_at`] chooses: on that `side` among those where another rate is within `limit`,
/// both ends included. Positive is what reaches the threshold; a tie is admitted whole, never in part.
///
/// | figure | limit | side |
/// |---|---|---|
/// | recall at a false positive rate `x` | false positive rate at most `x` | lowest |
/// | precision, false positive rate at a recall `x` | recall at least `x` | highest |
/// | recall at a precision `x` | precision at least `x` | lowest |
/// | recall, precision at a predicted positive rate `x` | predicted positive rate at most `x` | lowest |
///
/// Where no threshold is within the limit nothing is admitted: then recall is 0 and precision undefined. NaN where the rate
/// is undefined, and where the limited one is at every threshold, for want of a class. Rates of rows are correctly rounded
/// quotients, compared as such. Without ties between the classes recall at a false positive rate is the height of the ROC
/// curve ([`roc_heights_at`](super::roc_heights_at)), which else runs through a tie in a straight line. In a binned tally
/// each group counts as one tie. O(groups).
///
/// ```
/// use thresher::measure::{Limit, Rate, Side, rate_at};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// let half = Limit { rate: Rate::FalsePositiveRate, low: f64::NEG_INFINITY, high: 0.5 };
/// assert_eq!(rate_at(&tally, Rate::Recall, half, Side::Lowest), 1.0);
/// ```
#[must_use]
pub fn rate_at(tally: &Tally, rate: Rate, limit: Limit, side: Side) -> f64 {
    let choice = threshold_at(tally, limit, side);
    if choice.value.is_nan() {
        return f64::NAN;
    }
    rate_of_groups(tally, rate, if choice.feasible { choice.admitted } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Masses;

    const FREE: f64 = f64::INFINITY;

    fn tally(positives: &[u64], negatives: &[u64], tied: bool) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, tied)
    }

    /// Every cut's four counts, from the one that admits nothing.
    fn tables(positives: &[u64], negatives: &[u64]) -> Vec<[u64; 4]> {
        let sum = |column: &[u64]| column.iter().sum::<u64>();
        let table = |k: usize| [sum(&positives[..k]), sum(&negatives[..k]), sum(&positives[k..]), sum(&negatives[k..])];
        (0..=positives.len()).map(table).collect()
    }

    fn same(found: f64, expected: f64) {
        assert!(found == expected || found.is_nan() && expected.is_nan(), "{found} {expected}");
    }

    fn columns() -> impl Iterator<Item = [Vec<u64>; 2]> {
        (0..200_u64).map(|seed| {
            let draw = |i: u64, label: u64| (seed * 7 + i * i * (3 + label) + seed * seed * i + label) % 5 / 2;
            [1, 0].map(|label| (0..seed % 9).map(|i| draw(i, label)).collect())
        })
    }

    #[test]
    fn figures_are_those_of_all_cuts_that_are_within_the_limit() {
        for [positives, negatives] in columns() {
            let (tally, tables) = (tally(&positives, &negatives, true), tables(&positives, &negatives));
            let of = |rate: Rate, [tp, fp, fn_, tn]: [u64; 4]| rate.of_counts(tp, fp, fn_, tn);
            for x in [0.0, 0.2, 1.0 / 3.0, 0.5, 0.75, 0.9, 1.0] {
                let [most, least] = [(-FREE, x), (x, FREE)];
                let within = |rate: Rate, (low, high): (f64, f64), table| (low..=high).contains(&of(rate, table));
                let defined = |rate: Rate| tables.iter().any(|&table| !of(rate, table).is_nan());
                let at = |rate, (low, high), side, of| rate_at(&tally, of, Limit { rate, low, high }, side);
                for rate in [Rate::FalsePositiveRate, Rate::PredictedPositiveRate] {
                    let last = tables.iter().rev().find(|&&table| within(rate, most, table));
                    let recall = last.map_or(f64::NAN, |&table| of(Rate::Recall, table));
                    same(at(rate, most, Side::Lowest, Rate::Recall), recall);
                }
                let first = tables.iter().find(|&&table| within(Rate::Recall, least, table));
                for rate in [Rate::Precision, Rate::FalsePositiveRate] {
                    let expected = first.map_or(f64::NAN, |&table| of(rate, table));
                    same(at(Rate::Recall, least, Side::Highest, rate), expected);
                }
                let recalls = tables.iter().filter(|&&table| within(Rate::Precision, least, table));
                let nothing = if defined(Rate::Recall) && defined(Rate::Precision) { 0.0 } else { f64::NAN };
                let most = recalls.map(|&table| of(Rate::Recall, table)).fold(nothing, f64::max);
                same(at(Rate::Precision, least, Side::Lowest, Rate::Recall), most);
            }
        }
    }

    #[test]
    fn weights_that_are_integers_and_binned_counts_give_the_same() {
        for [positives, negatives] in columns() {
            let rows = tally(&positives, &negatives, true);
            let weights = [&positives, &negatives].map(|column| column.iter().map(|&n| n as f64).collect());
            let [positive, negative] = weights;
            let masses = Masses::Weights { positives: positive, negatives: negative };
            let weighted = Tally::new(rows.thresholds().to_vec(), masses, true);
            let binned = tally(&positives, &negatives, false);
            for x in [0.0, 0.3, 0.5, 1.0] {
                let limits =
                    [(Rate::Recall, x, FREE, Side::Highest), (Rate::FalsePositiveRate, -FREE, x, Side::Lowest)];
                for (rate, low, high, side) in limits {
                    let found = |tally| rate_at(tally, Rate::Precision, Limit { rate, low, high }, side);
                    same(found(&weighted), found(&rows));
                    same(found(&binned), found(&rows));
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_reached_admits_nothing() {
        let hopeless = tally(&[0, 1], &[1, 1], true);
        let sure = Limit { rate: Rate::Precision, low: 0.9, high: FREE };
        assert_eq!(rate_at(&hopeless, Rate::Recall, sure, Side::Lowest), 0.0);
        assert!(rate_at(&hopeless, Rate::Precision, sure, Side::Lowest).is_nan());
        let half = Limit { rate: Rate::Recall, low: 0.5, high: FREE };
        for [positives, negatives] in [[&[0, 0], &[1, 1]], [&[0; 2], &[0; 2]]] {
            assert!(rate_at(&tally(positives, negatives, true), Rate::FalsePositiveRate, half, Side::Highest).is_nan());
        }
    }
}
