//! Net benefit of acting at a threshold probability: what decision curves show.

use super::confusion::{ConfusionCounts, ConfusionMasses};
use super::sum::{Mass, total};
use crate::error::{Error, Result};
use crate::tally::{Masses, Tally};

/// Net benefit at threshold probabilities, per row; columns of one length. Treating none has 0 everywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct NetBenefit {
    /// Of the model: `TP/n − FP/n · t/(1 − t)`; at most the prevalence.
    pub model: Vec<f64>,
    /// Of treating all: `π − (1 − π) · t/(1 − t)`.
    pub treat_all: Vec<f64>,
}

/// The net benefit of treating those whose score reaches each threshold `t` of the table, in true positives per row.
///
/// A threshold probability says that a false positive costs `t/(1 − t)` of what a true positive is worth. With
/// `prevalence` the rates of the table are re-weighed to that share of positives: `TPR·π − FPR·(1 − π) · t/(1 − t)`.
/// NaN without rows; with `prevalence`, unless both classes are present.
///
/// # Errors
/// [`Error::OutOfRange`] unless every threshold is in [0, 1) and `prevalence` in [0, 1].
///
/// Source: Vickers and Elkin, *Decision curve analysis*, Medical Decision Making 26 (2006).
///
/// ```
/// use thresher::measure::{confusion_at, net_benefit};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let table = confusion_at(&Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true), &[0.2, 0.5], false)?;
/// assert_eq!(net_benefit(&table, None)?.model, [0.4375, 0.25]);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn net_benefit(table: &ConfusionCounts, prevalence: Option<f64>) -> Result<NetBenefit> {
    if let Some(&value) = table.thresholds.iter().find(|t| !(0.0..1.0).contains(*t)) {
        return Err(Error::OutOfRange { argument: "thresholds", value, accepted: "probabilities in [0, 1)" });
    }
    if let Some(value) = prevalence.filter(|share| !(0.0..=1.0).contains(share)) {
        return Err(Error::OutOfRange { argument: "prevalence", value, accepted: "in [0, 1]" });
    }
    let benefits: Vec<[f64; 2]> = match &table.masses {
        ConfusionMasses::Counts { true_positives, false_positives, false_negatives, true_negatives } => {
            benefits(&table.thresholds, [true_positives, false_positives, false_negatives, true_negatives], prevalence)
        }
        ConfusionMasses::Weights { true_positives, false_positives, false_negatives, true_negatives } => {
            benefits(&table.thresholds, [true_positives, false_positives, false_negatives, true_negatives], prevalence)
        }
    };
    let (model, treat_all) = benefits.into_iter().map(|[model, all]| (model, all)).unzip();
    Ok(NetBenefit { model, treat_all })
}

/// `[model, treat all]` at each threshold.
fn benefits<M: Mass>(thresholds: &[f64], columns: [&Vec<M>; 4], prevalence: Option<f64>) -> Vec<[f64; 2]> {
    let at = |(i, &t): (usize, &f64)| {
        let [tp, fp, fn_, tn] = columns.map(|column| column[i]);
        let (all_p, all_n) = (total(&[tp, fn_]), total(&[fp, tn]));
        let (all, odds) = (total(&[all_p, all_n]), t / (1.0 - t));
        match prevalence {
            None => [tp.over(all) - fp.over(all) * odds, all_p.over(all) - all_n.over(all) * odds],
            Some(share) => {
                let (tpr, fpr) = (tp.over(all_p), fp.over(all_n));
                // NaN wherever a rate is, also for treating all
                let [model, all] = [[tpr, fpr], [all_p.over(all_p), all_n.over(all_n)]]
                    .map(|[tpr, fpr]| share * tpr - (1.0 - share) * fpr * odds);
                [model, all]
            }
        }
    };
    thresholds.iter().enumerate().map(at).collect()
}

/// Refuses scores that are surely no probabilities: above 1 or below 0.
///
/// In a binned tally a group lies at or above its threshold and below that of the group before (at or below, when
/// `strict`: positive iff `score > threshold`); only what all of it must be is held against it.
///
/// # Errors
/// [`Error::OutOfRange`] naming the score, or the threshold beyond which scores lie.
pub fn probabilities_only(tally: &Tally, strict: bool) -> Result<()> {
    let held: Box<dyn Fn(usize) -> bool> = match tally.masses() {
        Masses::Counts { positives, negatives } => Box::new(|i| positives[i] > 0 || negatives[i] > 0),
        Masses::Weights { positives, negatives } => Box::new(|i| positives[i] > 0.0 || negatives[i] > 0.0),
    };
    let mut ceiling = f64::INFINITY;
    for (i, &threshold) in tally.thresholds().iter().enumerate() {
        let above = threshold > 1.0 || (threshold == 1.0 && strict && !tally.tied());
        let below = if tally.tied() { threshold < 0.0 } else { ceiling < 0.0 || (ceiling == 0.0 && !strict) };
        if (above || below) && held(i) {
            let value = if tally.tied() || above { threshold } else { ceiling };
            return Err(Error::OutOfRange { argument: "scores", value, accepted: "probabilities in [0, 1]" });
        }
        ceiling = threshold;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::confusion_at;

    fn rows(thresholds: &[f64], positives: &[u64], negatives: &[u64], tied: bool) -> Tally {
        let masses = Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() };
        Tally::new(thresholds.to_vec(), masses, tied)
    }

    #[test]
    fn at_their_own_prevalence_nothing_changes() {
        let tally = rows(&[0.9, 0.6, 0.3], &[2, 1, 1], &[0, 1, 3], true);
        let table = confusion_at(&tally, &[0.0, 0.25, 0.5, 0.75], false).unwrap();
        assert_eq!(net_benefit(&table, None).unwrap(), net_benefit(&table, Some(0.5)).unwrap());
        assert_eq!(net_benefit(&table, None).unwrap().treat_all[2], 0.0);
    }

    #[test]
    fn a_missing_class_is_undefined_only_at_another_prevalence() {
        let table = confusion_at(&rows(&[0.5], &[2], &[0], true), &[0.1], false).unwrap();
        assert_eq!(net_benefit(&table, None).unwrap().model, [1.0]);
        let other = net_benefit(&table, Some(0.5)).unwrap();
        assert!(other.model[0].is_nan() && other.treat_all[0].is_nan());
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        let table = confusion_at(&rows(&[0.5], &[2], &[1], true), &[0.5, 1.0], false).unwrap();
        assert!(net_benefit(&table, None).is_err());
        for scores in [[1.5, 0.5], [0.5, -0.1]] {
            assert!(probabilities_only(&rows(&scores, &[1, 1], &[0, 0], true), false).is_err());
        }
        let below = rows(&[0.5, 0.0, f64::NEG_INFINITY], &[1, 1, 1], &[0, 0, 0], false);
        assert!(probabilities_only(&below, false).is_err());
        assert!(probabilities_only(&below, true).is_ok(), "0 itself lies there");
        let unknown = rows(&[0.5, f64::NEG_INFINITY], &[1, 1], &[0, 0], false);
        assert!(probabilities_only(&unknown, false).is_ok());
    }
}
