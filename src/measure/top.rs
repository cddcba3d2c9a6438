//! What lies among the rows that score highest.

use super::bounds::Bounds;
use super::sum::{Mass, Step, steps, total};
use crate::error::{Error, Result};
use crate::tally::{Masses, Tally};

/// How far down from the highest score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Top {
    /// So many rows, or such a sum of weights; > 0.
    Rows(f64),
    /// This share of all rows, or of the sum of their weights, in (0, 1]; not rounded to whole rows.
    Share(f64),
}

/// A figure and its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounded {
    /// The figure; NaN where it is undefined.
    pub value: f64,
    /// The interval that holds the exact one.
    pub bounds: Bounds,
}

/// `[precision, recall]` among the top rows, both in [0, 1].
///
/// With `k` rows wanted, `T + F < k` above a group of `m = p + n` rows that would pass it, the positives found are
/// `T + (k − T − F)·p/m`: the expected number when the tied group is taken in random order. Precision is that over `k`,
/// recall over `P`. Precision is NaN where fewer than `k` rows are held, recall also without positives.
///
/// In a binned tally the order inside the group is unknown, not random: of `r = k − T − F` rows taken from it at least
/// `max(0, r − n)` and at most `min(r, p)` are positive, which gives the bounds. Within 1e-15 absolute.
///
/// # Errors
/// [`Error::OutOfRange`] unless `k` is finite and > 0, a share in (0, 1].
///
/// ```
/// use thresher::measure::{Top, precision_and_recall_at};
/// use thresher::tally::{Masses, Tally};
///
/// let tally = Tally::new(vec![0.9, 0.5], Masses::Counts { positives: vec![1, 1], negatives: vec![0, 3] }, true);
/// let [precision, recall] = precision_and_recall_at(&tally, Top::Rows(2.0))?;
/// assert_eq!((precision.value, recall.value), (0.625, 0.625)); // 1 + ¼ of the 2 positives, in 2 rows
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn precision_and_recall_at(tally: &Tally, top: Top) -> Result<[Bounded; 2]> {
    match top {
        Top::Rows(k) if !(k > 0.0 && k.is_finite()) => {
            Err(Error::OutOfRange { argument: "k", value: k, accepted: "> 0 and finite" })
        }
        Top::Share(share) if !(share > 0.0 && share <= 1.0) => {
            Err(Error::OutOfRange { argument: "share", value: share, accepted: "in (0, 1]" })
        }
        _ => Ok(match tally.masses() {
            Masses::Counts { positives, negatives } => among(tally, positives, negatives, top),
            Masses::Weights { positives, negatives } => among(tally, positives, negatives, top),
        }),
    }
}

fn among<M: Mass>(tally: &Tally, positives: &[M], negatives: &[M], top: Top) -> [Bounded; 2] {
    let all_p = total(positives);
    let all = total(&[all_p, total(negatives)]).real();
    let wanted = match top {
        Top::Rows(k) => k,
        Top::Share(share) => share * all,
    };
    if !(wanted > 0.0 && wanted <= all) {
        return [undefined(), undefined()];
    }
    let flagged = |step: &Step<M>| total(&[step.tp, step.fp]).real();
    let Some(step) = steps(positives, negatives).find(|step| flagged(step) >= wanted) else {
        return [undefined(), undefined()]; // sums of weights: a rounding short of all, which cannot be
    };
    let found = found(tally, &step, wanted);
    let over = |whole: f64| {
        let [value, lower, upper] = found.map(|found| (found / whole).min(1.0));
        Bounded { value, bounds: Bounds::about(value, [lower, upper], 2e-15, [0.0, 1.0]) }
    };
    [over(wanted), if all_p > M::ZERO { over(all_p.real()) } else { undefined() }]
}

/// The positives among the `wanted`, which end in this group: expected, at least, at most.
fn found<M: Mass>(tally: &Tally, step: &Step<M>, wanted: f64) -> [f64; 3] {
    let (above, p, n) = (step.tp_before.real(), step.p.real(), step.n.real());
    let taken = (wanted - total(&[step.tp_before, step.fp_before]).real()).clamp(0.0, p + n);
    let expected = above + taken * step.p.share(step.n);
    if tally.tied() || p == 0.0 || n == 0.0 || taken == p + n {
        return [expected; 3];
    }
    [expected, above + (taken - n).max(0.0), above + taken.min(p)]
}

fn undefined() -> Bounded {
    Bounded { value: f64::NAN, bounds: Bounds::exactly(f64::NAN) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(positives: &[u64], negatives: &[u64], tied: bool) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, tied)
    }

    #[test]
    fn an_unknown_order_has_bounds_and_a_tie_has_none() {
        let [precision, recall] = precision_and_recall_at(&rows(&[1, 2], &[0, 3], false), Top::Rows(4.0)).unwrap();
        assert_eq!((precision.value, recall.value), (0.55, 2.2 / 3.0)); // 1 + 3 · ⅖ positives
        assert!((precision.bounds.lower - 0.25).abs() < 1e-14 && (precision.bounds.upper - 0.75).abs() < 1e-14);
        assert!(precision_and_recall_at(&rows(&[1, 2], &[0, 3], true), Top::Rows(4.0)).unwrap()[0].bounds.is_exact());
    }

    #[test]
    fn the_whole_has_the_prevalence_as_precision() {
        let [precision, recall] = precision_and_recall_at(&rows(&[1, 2], &[0, 3], false), Top::Share(1.0)).unwrap();
        assert_eq!((precision.value, recall.value), (0.5, 1.0));
        assert!(precision.bounds.is_exact());
    }

    #[test]
    fn more_rows_than_there_are_have_no_answer() {
        let one = rows(&[0], &[1], true);
        assert!(precision_and_recall_at(&one, Top::Rows(2.0)).unwrap()[0].value.is_nan());
        assert!(precision_and_recall_at(&one, Top::Share(0.5)).unwrap()[1].value.is_nan());
        assert!(precision_and_recall_at(&rows(&[], &[], true), Top::Share(0.5)).unwrap()[0].value.is_nan());
    }

    #[test]
    fn impossible_parts_are_refused() {
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(precision_and_recall_at(&rows(&[1], &[1], true), Top::Rows(wrong)).is_err());
            assert!(precision_and_recall_at(&rows(&[1], &[1], true), Top::Share(wrong)).is_err());
        }
    }
}
