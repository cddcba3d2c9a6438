//! The reliability curve: scores in bins, and how many of each bin are positive.

use super::area::are_rows;
use super::calibration::{BrierParts, brier_score, prevalence};
use super::rate_interval::{Limits, wilson};
use super::score_sums::{GroupSums, ScoreSums};
use super::sum::{Compensated, Mass, total};
use crate::error::{Error, Result};
use crate::tally::{Masses, Tally};

/// How scores are put into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binning {
    /// Bins of equal width over [0, 1].
    Uniform,
    /// Bins of equal mass.
    Quantile,
}

impl Binning {
    /// The binning of that name: `uniform` or `quantile`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "uniform" => Some(Self::Uniform),
            "quantile" => Some(Self::Quantile),
            _ => None,
        }
    }
}

/// Bins that hold something, from the lowest scores up; columns of one length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reliability {
    /// Lower edge.
    pub lower: Vec<f64>,
    /// Upper edge.
    pub upper: Vec<f64>,
    /// `Σ w s / Σ w`.
    pub mean_score: Vec<f64>,
    /// `p / (p + n)`.
    pub positive_rate: Vec<f64>,
    /// Rows of each bin, or their weight.
    pub weight: Vec<f64>,
    bins: Vec<GroupSums>,
}

/// More bins than anybody reads; their edges take memory whether they hold something or not.
const MOST_BINS: usize = 1 << 20;

/// Puts the groups of a tally into at most `n_bins` bins; bins that would be empty are left out.
///
/// `Uniform` bins of a tied tally lie between `0, 1/n_bins, …, 1`; a score equal to an inner edge falls below it, as in
/// scikit-learn. `Quantile` bins of rows are cut at their percentiles as NumPy interpolates them (integer weights count as
/// rows), of other weights where the mass below reaches `k / n_bins` of all; their edges are the lowest and the highest
/// score inside. Ties stay together.
///
/// A binned tally cuts between groups: uniform edges move to the nearest threshold, the lower of two; edges of bins are
/// thresholds then, except 0 and 1 at the ends.
///
/// # Errors
/// As [`mean_score`](super::mean_score); [`Error::OutOfRange`] unless `1 <= n_bins <= 2^20`.
///
/// ```
/// use thresher::measure::{Binning, reliability};
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![1, 0, 1], negatives: vec![0, 1, 3] };
/// let curve = reliability(&Tally::new(vec![0.75, 0.5, 0.25], counts, true), 2, Binning::Uniform)?;
/// assert_eq!((curve.lower, curve.upper), (vec![0.0, 0.5], vec![0.5, 1.0]));
/// assert_eq!(curve.mean_score, [0.3, 0.75]);
/// assert_eq!(curve.positive_rate, [0.2, 1.0]);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn reliability(tally: &Tally, n_bins: usize, binning: Binning) -> Result<Reliability> {
    if !(1..=MOST_BINS).contains(&n_bins) {
        let accepted = "an integer from 1 to 1,048,576";
        return Err(Error::OutOfRange { argument: "n_bins", value: n_bins as f64, accepted });
    }
    let sums = ScoreSums::of(tally)?;
    let inner = match binning {
        Binning::Uniform => uniform_cuts(tally, n_bins),
        Binning::Quantile => quantile_cuts(tally, n_bins),
    };
    let lowest = Cut { above: tally.len(), edge: 0.0 };
    let cuts: Vec<Cut> = [lowest].into_iter().chain(inner).chain([Cut { above: 0, edge: 1.0 }]).collect();
    let mut curve = Reliability::default();
    for (below, above) in cuts.iter().zip(&cuts[1..]) {
        let held = |group: &usize| tally.masses().group(*group) != [0.0; 2];
        let mut inside = (above.above..below.above).filter(held);
        let Some(first) = inside.next() else { continue };
        let last = inside.next_back().unwrap_or(first);
        let edges = match binning {
            Binning::Quantile if tally.tied() => [last, first].map(|group| tally.thresholds()[group]),
            _ => [below.edge, above.edge],
        };
        curve.push(edges, sums.of_groups(first..last + 1));
    }
    Ok(curve)
}

/// The Brier score taken apart over the bins of [`reliability`]; the five terms add up to it.
///
/// # Errors
/// As [`reliability`].
///
/// Source: Stephenson, Coelho and Jolliffe, *Two extra components in the Brier score decomposition*, Weather and
/// Forecasting 23 (2008).
pub fn brier_by_bins(tally: &Tally, n_bins: usize, binning: Binning) -> Result<BrierParts> {
    let bins = reliability(tally, n_bins, binning)?.bins;
    let (brier_score, prevalence) = (brier_score(tally)?, prevalence(tally));
    let [mut reliability, mut resolution, mut variance, mut covariance, mut whole] = [Compensated::default(); 5];
    for GroupSums { masses: [negatives, positives], scores, squared_scores } in bins {
        let mass = negatives + positives;
        let (rate, mean) = (positives / mass, (scores[0] + scores[1]) / mass);
        reliability.add(mass * (mean - rate) * (mean - rate));
        resolution.add(mass * (rate - prevalence) * (rate - prevalence));
        variance.add((squared_scores[0] + squared_scores[1] - mean * (scores[0] + scores[1])).max(0.0));
        covariance.add(2.0 * (scores[1] - rate * (scores[0] + scores[1])));
        whole.add(mass);
    }
    let mean = |sum: Compensated| sum.total() / whole.total();
    Ok(BrierParts {
        brier_score,
        reliability: mean(reliability),
        resolution: mean(resolution),
        uncertainty: prevalence * (1.0 - prevalence),
        within_bin_variance: mean(variance),
        within_bin_covariance: mean(covariance),
    })
}

impl Reliability {
    /// Lower and upper ends of the Wilson interval of each share of positives, `z` standard deviations wide each way; a
    /// weight counts as that many rows.
    ///
    /// Source: Wilson, *Probable inference, the law of succession, and statistical inference*, JASA 22 (1927).
    #[must_use]
    pub fn wilson(&self, z: f64) -> [Vec<f64>; 2] {
        let ends = self.bins.iter().map(|GroupSums { masses: [negatives, positives], .. }| {
            let Limits { lower, upper, .. } = wilson(*positives, *negatives, z);
            (lower, upper)
        });
        let (lower, upper) = ends.unzip();
        [lower, upper]
    }

    fn push(&mut self, [lower, upper]: [f64; 2], bin: GroupSums) {
        let mass = bin.masses[0] + bin.masses[1];
        self.lower.push(lower);
        self.upper.push(upper);
        self.mean_score.push((bin.scores[0] + bin.scores[1]) / mass);
        self.positive_rate.push(bin.masses[1] / mass);
        self.weight.push(mass);
        self.bins.push(bin);
    }
}

/// Where two bins meet: the groups before `above` lie above it.
#[derive(Debug, Clone, Copy)]
struct Cut {
    above: usize,
    edge: f64,
}

fn uniform_cuts(tally: &Tally, n_bins: usize) -> Vec<Cut> {
    let thresholds = tally.thresholds();
    let step = 1.0 / n_bins as f64; // NumPy's linspace
    let edges = (1..n_bins).map(|k| k as f64 * step);
    if tally.tied() {
        return edges.map(|edge| Cut { above: thresholds.partition_point(|&score| score > edge), edge }).collect();
    }
    let nearest = |edge: f64| {
        let at = thresholds.partition_point(|&threshold| threshold > edge); // the first not above the edge
        let distance =
            |group: usize| thresholds.get(group).map_or(f64::INFINITY, |&threshold| (threshold - edge).abs());
        let group = if at > 0 && distance(at - 1) < distance(at) { at - 1 } else { at };
        match thresholds.get(group) {
            Some(&threshold) if threshold.is_finite() => Cut { above: group + 1, edge: threshold.clamp(0.0, 1.0) },
            _ => Cut { above: thresholds.len(), edge: 0.0 },
        }
    };
    edges.map(nearest).collect()
}

fn quantile_cuts(tally: &Tally, n_bins: usize) -> Vec<Cut> {
    let bins = n_bins as u128;
    match tally.masses() {
        Masses::Counts { positives, negatives } => {
            let rows = total(positives) + total(negatives);
            // NumPy's percentile lies at rank k (rows − 1) / n_bins from 0: a score is above it iff more rows are below.
            let least = |k: usize| (k as u128 * u128::from(rows.max(1) - 1) / bins + 1) as u64;
            cuts_at(tally, positives, negatives, n_bins, least)
        }
        Masses::Weights { positives, negatives } => {
            let whole = total(positives) + total(negatives);
            let integers = are_rows(positives) && are_rows(negatives);
            let least = |k: usize| match integers {
                true => (k as u128 * (whole.max(1.0) as u128 - 1) / bins + 1) as f64,
                false => k as f64 * whole / n_bins as f64,
            };
            cuts_at(tally, positives, negatives, n_bins, least)
        }
    }
}

/// A group lies above cut `k` iff the mass of the groups below it is at least `least(k)`.
fn cuts_at<M: Mass>(
    tally: &Tally,
    positives: &[M],
    negatives: &[M],
    n_bins: usize,
    least: impl Fn(usize) -> M,
) -> Vec<Cut> {
    let (mut cuts, mut sum) = (Vec::with_capacity(n_bins - 1), M::Sum::default());
    let mut next = least(1); // of the next cut: worked out once a cut, not once a group
    for group in (0..tally.len()).rev() {
        while cuts.len() + 1 < n_bins && M::total(sum) >= next {
            let edge = tally.thresholds().get(group).copied().unwrap_or(0.0).clamp(0.0, 1.0);
            cuts.push(Cut { above: group + 1, edge });
            next = least(cuts.len() + 1);
        }
        M::add(&mut sum, positives[group]);
        M::add(&mut sum, negatives[group]);
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Sums;

    fn tied(scores: &[f64], positives: &[u64], negatives: &[u64]) -> Tally {
        let masses = Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() };
        Tally::new(scores.to_vec(), masses, true)
    }

    #[test]
    fn a_score_on_an_edge_falls_below_it() {
        let curve = reliability(&tied(&[0.75, 0.5, 0.25], &[1, 1, 0], &[0, 0, 1]), 2, Binning::Uniform).unwrap();
        assert_eq!((curve.weight, curve.positive_rate), (vec![2.0, 1.0], vec![0.5, 1.0]));
    }

    #[test]
    fn bins_without_number_are_refused() {
        for n_bins in [0, MOST_BINS + 1, usize::MAX] {
            for binning in [Binning::Uniform, Binning::Quantile] {
                let refused = reliability(&tied(&[0.5], &[1], &[1]), n_bins, binning);
                assert!(matches!(refused, Err(Error::OutOfRange { argument: "n_bins", .. })));
            }
        }
    }

    #[test]
    fn equal_masses_keep_ties_together() {
        let curve = reliability(&tied(&[0.9, 0.5, 0.1], &[1, 5, 0], &[0, 5, 1]), 4, Binning::Quantile).unwrap();
        assert_eq!(curve.weight, [11.0, 1.0]);
        assert_eq!((curve.lower, curve.upper), (vec![0.1, 0.9], vec![0.5, 0.9]));
    }

    #[test]
    fn bins_of_binned_counts_meet_at_the_nearest_thresholds() {
        let column = || vec![0.9, 0.5, 0.1];
        let zeros = || vec![0.0; 3];
        let sums = Sums {
            squared_weights: [zeros(), vec![1.0; 3]],
            scores: [zeros(), column()],
            squared_scores: [zeros(), column().iter().map(|s| s * s).collect()],
            log_losses: [zeros(), column().iter().map(|s: &f64| -s.ln()).collect()],
            range: Some([0.1, 0.9]),
        };
        let masses = Masses::Counts { positives: vec![1, 1, 1], negatives: vec![0, 0, 0] };
        let binned = Tally::new(vec![0.8, 0.4, 0.0], masses, false).with_sums(sums);
        let curve = reliability(&binned, 2, Binning::Uniform).unwrap();
        assert_eq!((curve.lower, curve.upper), (vec![0.0, 0.4], vec![0.4, 1.0]));
        assert_eq!(curve.weight, [1.0, 2.0]);
    }

    #[test]
    fn the_five_terms_add_up_to_the_brier_score() {
        let tally = tied(&[0.93, 0.71, 0.52, 0.33, 0.08], &[5, 3, 4, 1, 2], &[1, 2, 3, 7, 9]);
        for (n_bins, binning) in [(1, Binning::Uniform), (3, Binning::Uniform), (2, Binning::Quantile)] {
            let parts = brier_by_bins(&tally, n_bins, binning).unwrap();
            let sum = parts.reliability - parts.resolution + parts.uncertainty + parts.within_bin_variance
                - parts.within_bin_covariance;
            assert!((sum - parts.brier_score).abs() < 1e-15, "{sum} {parts:?}");
        }
    }

    #[test]
    fn nothing_has_no_bins() {
        assert_eq!(reliability(&tied(&[], &[], &[]), 5, Binning::Quantile).unwrap(), Reliability::default());
        assert!(reliability(&tied(&[], &[], &[]), 0, Binning::Uniform).is_err());
    }
}
