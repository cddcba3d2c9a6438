//! Net benefit of acting at a threshold probability: what decision curves show.

use super::confusion::{ConfusionCounts, ConfusionMasses, confusion_of_groups};
use super::sum::{Mass, total};
use crate::error::{Error, Result};
use crate::tally::{Masses, Tally, column};

/// Net benefit at threshold probabilities, per row; columns of one length. Treating none has 0 everywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct NetBenefit {
    /// The threshold probabilities.
    pub thresholds: Vec<f64>,
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
/// assert_eq!(net_benefit(table, None)?.model, [0.4375, 0.25]);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn net_benefit(table: ConfusionCounts, prevalence: Option<f64>) -> Result<NetBenefit> {
    refuse_others(&table.thresholds, prevalence)?;
    Ok(match table.masses {
        ConfusionMasses::Counts { true_positives, false_positives, false_negatives, true_negatives } => {
            let columns = [true_positives, false_positives, false_negatives, true_negatives];
            of_columns(table.thresholds, &columns, prevalence)
        }
        ConfusionMasses::Weights { true_positives, false_positives, false_negatives, true_negatives } => {
            let columns = [true_positives, false_positives, false_negatives, true_negatives];
            of_columns(table.thresholds, &columns, prevalence)
        }
    })
}

/// [`net_benefit`] of [`confusion_of_groups`]: `thresholds[i]` admits the first `admitted[i]` groups. Of rows to the bit, of
/// weights within 1e-15 of the shares of all rows that are added up.
///
/// Where thresholds ascend, masses are summed on the way and no table is made.
///
/// # Errors
/// As [`net_benefit`].
///
/// ```
/// use thresher::measure::net_benefit_of_groups;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1, 0], negatives: vec![0, 1, 0, 1] };
/// let tally = Tally::new(vec![0.8, 0.4, 0.35, 0.1], counts, true);
/// assert_eq!(net_benefit_of_groups(&tally, vec![0.2, 0.5], &[3, 1], None)?.model, [0.4375, 0.25]);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn net_benefit_of_groups(
    tally: &Tally,
    thresholds: Vec<f64>,
    admitted: &[usize],
    prevalence: Option<f64>,
) -> Result<NetBenefit> {
    if !admitted.is_sorted_by(|a, b| a >= b) {
        return net_benefit(confusion_of_groups(tally, thresholds, admitted), prevalence);
    }
    refuse_others(&thresholds, prevalence)?;
    Ok(match tally.masses() {
        Masses::Counts { positives, negatives } => on_the_way(positives, negatives, thresholds, admitted, prevalence),
        Masses::Weights { positives, negatives } => on_the_way(positives, negatives, thresholds, admitted, prevalence),
    })
}

/// `admitted` descends.
fn on_the_way<M: Mass>(
    positives: &[M],
    negatives: &[M],
    thresholds: Vec<f64>,
    admitted: &[usize],
    prevalence: Option<f64>,
) -> NetBenefit {
    // All are summed in the order of those below a threshold, so that above the highest nothing is left of weights either.
    let mut whole = [M::Sum::default(); 2];
    let add = |sums: &mut [M::Sum; 2], group: usize| {
        M::add(&mut sums[0], positives[group]);
        M::add(&mut sums[1], negatives[group]);
    };
    (0..positives.len()).rev().for_each(|group| add(&mut whole, group));
    let all = whole.map(M::total);
    let treating_all = rates(all, all, prevalence);
    let (mut below, mut end) = ([M::Sum::default(); 2], positives.len());
    let both = |i: usize| {
        while end > admitted[i] {
            end -= 1;
            add(&mut below, end);
        }
        let treated = [0, 1].map(|class| M::rest(whole[class], below[class]));
        [rates(treated, all, prevalence), treating_all]
    };
    benefits(thresholds, both, prevalence)
}

fn refuse_others(thresholds: &[f64], prevalence: Option<f64>) -> Result<()> {
    if let Some(&value) = thresholds.iter().find(|t| !(0.0..1.0).contains(*t)) {
        return Err(Error::OutOfRange { argument: "thresholds", value, accepted: "probabilities in [0, 1)" });
    }
    if let Some(value) = prevalence.filter(|share| !(0.0..=1.0).contains(share)) {
        return Err(Error::OutOfRange { argument: "prevalence", value, accepted: "in [0, 1]" });
    }
    Ok(())
}

/// Of the columns TP, FP, FN, TN.
fn of_columns<M: Mass>(thresholds: Vec<f64>, columns: &[Vec<M>; 4], prevalence: Option<f64>) -> NetBenefit {
    let [tp, fp, fn_, tn] = columns;
    let both = |i: usize| {
        let all = [total(&[tp[i], fn_[i]]), total(&[fp[i], tn[i]])];
        [rates([tp[i], fp[i]], all, prevalence), rates(all, all, prevalence)]
    };
    benefits(thresholds, both, prevalence)
}

/// The treated of either class, `[positives, negatives]`, over all rows; with a prevalence over their class, which is NaN
/// where a class is missing, also for treating all.
#[inline(always)]
fn rates<M: Mass>([tp, fp]: [M; 2], [all_p, all_n]: [M; 2], prevalence: Option<f64>) -> [f64; 2] {
    if prevalence.is_some() {
        return [tp.over(all_p), fp.over(all_n)];
    }
    let all = total(&[all_p, all_n]);
    [tp.over(all), fp.over(all)]
}

/// From the rates of the model and of treating all at each threshold.
fn benefits(thresholds: Vec<f64>, mut both: impl FnMut(usize) -> [[f64; 2]; 2], prevalence: Option<f64>) -> NetBenefit {
    let [of_positives, of_negatives] = prevalence.map_or([1.0, 1.0], |share| [share, 1.0 - share]);
    let (mut model, mut treat_all) = (column(thresholds.len()), column(thresholds.len()));
    for (i, &t) in thresholds.iter().enumerate() {
        let odds = t / (1.0 - t);
        let [[tp, fp], [all_p, all_n]] = both(i);
        model.push(of_positives * tp - of_negatives * fp * odds);
        treat_all.push(of_positives * all_p - of_negatives * all_n * odds);
    }
    NetBenefit { thresholds, model, treat_all }
}

/// Refuses scores that are surely no probabilities: above 1 or below 0.
///
/// In a binned tally a group lies at or above its threshold and below that of the group before (at or below, when
/// `strict`: positive iff `score > threshold`); only what all of it must be is held against it.
///
/// # Errors
/// [`Error::OutOfRange`] naming the score, or the threshold beyond which scores lie.
pub fn probabilities_only(tally: &Tally, strict: bool) -> Result<()> {
    let (thresholds, tied) = (tally.thresholds(), tally.tied());
    let refused = |value: f64| Error::OutOfRange { argument: "scores", value, accepted: "probabilities in [0, 1]" };
    let held = |group: &usize| tally.masses().group(*group) != [0.0; 2];
    let above = thresholds.partition_point(|&t| t > 1.0 || (t == 1.0 && strict && !tied));
    // Groups below 0: those whose own score is, or the threshold before them.
    let negative = thresholds.partition_point(|&t| if tied || strict { t >= 0.0 } else { t > 0.0 });
    let below = if tied { negative } else { negative + 1 };
    if let Some(group) = (0..above).find(held) {
        return Err(refused(thresholds[group]));
    }
    if let Some(group) = (below..tally.len()).find(held) {
        return Err(refused(thresholds[if tied { group } else { group - 1 }]));
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
        assert_eq!(net_benefit(table.clone(), None).unwrap(), net_benefit(table.clone(), Some(0.5)).unwrap());
        assert_eq!(net_benefit(table.clone(), None).unwrap().treat_all[2], 0.0);
    }

    #[test]
    fn on_the_way_it_is_that_of_the_table() {
        let counts = rows(&[0.9, 0.6, 0.3, 0.0], &[2, 0, 1, 3], &[0, 1, 3, 4], false);
        let halved = |column: &[u64]| column.iter().map(|&mass| 0.1 * mass as f64).collect();
        let Masses::Counts { positives, negatives } = counts.masses() else { unreachable!() };
        let masses = Masses::Weights { positives: halved(positives), negatives: halved(negatives) };
        let weighted = Tally::new(counts.thresholds().to_vec(), masses, false);
        for tally in [counts, weighted] {
            for admitted in [vec![4, 3, 3, 1, 0], vec![1, 4, 2, 2, 0], vec![]] {
                let thresholds: Vec<f64> = (0..admitted.len()).map(|i| 0.2 * i as f64).collect();
                for prevalence in [None, Some(0.3)] {
                    let table = confusion_of_groups(&tally, thresholds.clone(), &admitted);
                    let expected = net_benefit(table, prevalence).unwrap();
                    let found = net_benefit_of_groups(&tally, thresholds.clone(), &admitted, prevalence).unwrap();
                    if matches!(tally.masses(), Masses::Counts { .. }) {
                        assert_eq!(found, expected, "{admitted:?}");
                    }
                    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-14);
                    assert!(near(&found.model, &expected.model) && near(&found.treat_all, &expected.treat_all));
                    let nothing = admitted.iter().position(|&groups| groups == 0);
                    assert!(nothing.is_none_or(|i| found.model[i] == 0.0), "{admitted:?}");
                }
            }
        }
    }

    #[test]
    fn a_missing_class_is_undefined_only_at_another_prevalence() {
        let table = confusion_at(&rows(&[0.5], &[2], &[0], true), &[0.1], false).unwrap();
        assert_eq!(net_benefit(table.clone(), None).unwrap().model, [1.0]);
        let other = net_benefit(table.clone(), Some(0.5)).unwrap();
        assert!(other.model[0].is_nan() && other.treat_all[0].is_nan());
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        let table = confusion_at(&rows(&[0.5], &[2], &[1], true), &[0.5, 1.0], false).unwrap();
        assert!(net_benefit(table.clone(), None).is_err());
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
