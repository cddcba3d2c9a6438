//! Bands around curves: what binned groups leave open, and the fixed-width band that holds a whole ROC curve at once.

use super::sum::{Mass, Step, steps, total};
use crate::error::{Error, Result};
use crate::tally::{Masses, Tally};

/// Lower and upper ends at each abscissa; NaN where the curve is undefined.
#[derive(Debug, Clone, PartialEq)]
pub struct Ends {
    /// The lower ones.
    pub lower: Vec<f64>,
    /// The upper ones.
    pub upper: Vec<f64>,
}

/// The fixed-width band of the ROC curve, at false positive rates that ascend in [0, 1]: with probability `level` it
/// holds the true curve at all of them together.
///
/// The curve moved left and up for the upper end, right and down for the lower one, kept inside [0, 1]: by `√(ln(2/α')
/// / (2N))` along the false positive rate and `√(ln(2/α') / (2P))` along the true one, `α' = 1 − √level`. That holds
/// for any distribution, since Kolmogorov's distance of each class stays below its part with probability `√level`
/// (Massart's constant), and the classes are independent. In a binned tally the ends take the order inside a group that
/// widens the band. NaN unless both classes are present. Sums of weights count as rows.
///
/// # Errors
/// [`Error::OutOfRange`] unless `0 < level < 1` and the rates ascend in [0, 1].
///
/// Sources: Macskassy, Provost & Rosset, *ROC confidence bands: an empirical evaluation*, ICML 2005; Massart, *The
/// tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality*, Annals of Probability 18 (1990).
///
/// ```
/// use thresher::measure::fixed_width_roc_band;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![900, 100], negatives: vec![100, 900] };
/// let band = fixed_width_roc_band(&Tally::new(vec![0.5, 0.2], counts, true), &[0.1], 0.95)?;
/// assert!(0.4 < band.lower[0] && band.lower[0] < 0.9 && 0.9 < band.upper[0]);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn fixed_width_roc_band(tally: &Tally, false_positive_rates: &[f64], level: f64) -> Result<Ends> {
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::OutOfRange { argument: "level", value: level, accepted: "in (0, 1)" });
    }
    refuse_disorder("fpr", false_positive_rates)?;
    Ok(match tally.masses() {
        Masses::Counts { positives, negatives } => {
            fixed_width(positives, negatives, false_positive_rates, level, tally.tied())
        }
        Masses::Weights { positives, negatives } => {
            fixed_width(positives, negatives, false_positive_rates, level, tally.tied())
        }
    })
}

/// How low and how high the ROC curve of the rows may run at each of some false positive rates, ascending in [0, 1],
/// whatever the order inside the groups of a binned tally. Both are [`roc_heights_at`](super::roc_heights_at) in a tied
/// one.
///
/// # Errors
/// [`Error::OutOfRange`] unless the rates ascend in [0, 1].
///
/// ```
/// use thresher::measure::roc_ends;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![3, 1], negatives: vec![1, 3] };
/// let ends = roc_ends(&Tally::new(vec![0.5, 0.0], counts, false), &[0.1, 0.5])?;
/// assert_eq!((ends.lower, ends.upper), (vec![0.0, 0.75], vec![0.75, 1.0]));
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn roc_ends(tally: &Tally, false_positive_rates: &[f64]) -> Result<Ends> {
    refuse_disorder("fpr", false_positive_rates)?;
    let end = |inside| match tally.masses() {
        Masses::Counts { positives, negatives } => {
            heights(positives, negatives, false_positive_rates, Rise::Upper, inside)
        }
        Masses::Weights { positives, negatives } => {
            heights(positives, negatives, false_positive_rates, Rise::Upper, inside)
        }
    };
    let [least, most] = if tally.tied() { [Inside::Line; 2] } else { [Inside::NegativesFirst, Inside::PositivesFirst] };
    Ok(Ends { lower: end(least), upper: end(most) })
}

/// The same of precision, at each of some recalls, ascending in [0, 1]; in a tied tally both are
/// [`precision_heights_at`](super::precision_heights_at).
///
/// Where recall `r` is reached inside a group, `t = r P` positives stand above, and at most a row more: with all of the
/// group's negatives, or with none.
///
/// # Errors
/// [`Error::OutOfRange`] unless the recalls ascend in [0, 1].
///
/// ```
/// use thresher::measure::precision_ends;
/// use thresher::tally::{Masses, Tally};
///
/// let counts = Masses::Counts { positives: vec![3, 1], negatives: vec![1, 3] };
/// let ends = precision_ends(&Tally::new(vec![0.5, 0.0], counts, false), &[0.5])?;
/// assert_eq!((ends.lower[0], ends.upper[0]), (2.0 / 3.0, 1.0)); // two of four positives, with a negative or none
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn precision_ends(tally: &Tally, recalls: &[f64]) -> Result<Ends> {
    refuse_disorder("recall", recalls)?;
    Ok(match tally.masses() {
        // A row may pass the recall by less than itself, a weight of unknown size by all of its group.
        Masses::Counts { positives, negatives } => precisions(positives, negatives, recalls, tally.tied(), 1.0),
        Masses::Weights { positives, negatives } => {
            precisions(positives, negatives, recalls, tally.tied(), f64::INFINITY)
        }
    })
}

/// Refuses abscissae unless they ascend in [0, 1].
pub(crate) fn refuse_disorder(argument: &'static str, at: &[f64]) -> Result<()> {
    if let Some(&value) = at.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        return Err(Error::OutOfRange { argument, value, accepted: "in [0, 1]" });
    }
    match at.windows(2).find(|pair| pair[0] > pair[1]) {
        Some(pair) => Err(Error::OutOfRange { argument, value: pair[1], accepted: "ascending" }),
        None => Ok(()),
    }
}

/// The end that a curve is read at where it rises straight up.
#[derive(Clone, Copy, PartialEq)]
enum Rise {
    Lower,
    Upper,
}

/// How a curve runs inside a group.
#[derive(Clone, Copy)]
enum Inside {
    Line,
    NegativesFirst,
    PositivesFirst,
}

fn heights<M: Mass>(positives: &[M], negatives: &[M], at: &[f64], rise: Rise, inside: Inside) -> Vec<f64> {
    let (all_p, all_n) = (total(positives), total(negatives));
    let mut heights = vec![f64::NAN; at.len()];
    if all_p == M::ZERO || all_n == M::ZERO {
        return heights;
    }
    let [all_p, all_n] = [all_p, all_n].map(Mass::real); // of rows below 2^53 quotients of these are rounded once
    let mut next = 0;
    for step in steps(positives, negatives) {
        let fpr = step.fp.real() / all_n;
        while next < at.len() && (at[next] < fpr || (rise == Rise::Lower && at[next] == fpr)) {
            let left = step.fp_before.real() / all_n;
            let (below, tpr) = (step.tp_before.real() / all_p, step.tp.real() / all_p);
            heights[next] = match inside {
                Inside::PositivesFirst => tpr,
                Inside::NegativesFirst => below,
                Inside::Line if fpr == left => below,
                Inside::Line => below + (tpr - below) * ((at[next] - left) / (fpr - left)),
            };
            next += 1;
        }
    }
    heights[next..].fill(1.0);
    heights
}

fn fixed_width<M: Mass>(positives: &[M], negatives: &[M], at: &[f64], level: f64, tied: bool) -> Ends {
    let alpha = 1.0 - level.sqrt();
    let reach = |rows: M| ((2.0 / alpha).ln() / (2.0 * rows.real())).sqrt();
    let (up, left) = (reach(total(positives)), reach(total(negatives)));
    let moved = |by: f64| at.iter().map(|x| (x + by).clamp(0.0, 1.0)).collect::<Vec<f64>>();
    let [least, most] = if tied { [Inside::Line; 2] } else { [Inside::NegativesFirst, Inside::PositivesFirst] };
    let lower = heights(positives, negatives, &moved(-left), Rise::Lower, least);
    let upper = heights(positives, negatives, &moved(left), Rise::Upper, most);
    let lower = lower.iter().zip(at).map(|(height, &x)| {
        let height = if x < left { height * 0.0 } else { *height }; // NaN stays
        (height - up).clamp(0.0, 1.0)
    });
    Ends { lower: lower.collect(), upper: upper.iter().map(|height| (height + up).clamp(0.0, 1.0)).collect() }
}

fn precisions<M: Mass>(positives: &[M], negatives: &[M], at: &[f64], tied: bool, largest: f64) -> Ends {
    let all_p = total(positives);
    let mut ends = Ends { lower: vec![f64::NAN; at.len()], upper: vec![f64::NAN; at.len()] };
    if all_p == M::ZERO {
        return ends;
    }
    let (mut next, mut end) = (0, (all_p, M::ZERO));
    for step in steps(positives, negatives).filter(|step| step.p != M::ZERO || step.n != M::ZERO) {
        let recall = step.tp.real() / all_p.real();
        while next < at.len() && at[next] <= recall {
            let both = if tied { [step.tp.share(step.fp); 2] } else { inside(&step, at[next] * all_p.real(), largest) };
            [ends.lower[next], ends.upper[next]] = both;
            next += 1;
        }
        end = if step.p == M::ZERO { end } else { (step.tp, step.fp) };
    }
    let last = end.0.share(end.1); // for recalls that rounding left below 1
    ends.lower[next..].fill(last);
    ends.upper[next..].fill(last);
    ends
}

/// The least and the greatest precision where `above` positives are reached inside a group by a row of at most
/// `largest`.
fn inside<M: Mass>(step: &Step<M>, above: f64, largest: f64) -> [f64; 2] {
    let value = step.tp.share(step.fp);
    let above = above.max(step.tp_before.real());
    let (before, after) = (step.fp_before.real(), step.fp.real());
    let highest = (above + largest).min(step.tp.real());
    let most = if before > 0.0 { highest / (highest + before) } else { 1.0 };
    let least = if after > 0.0 { above / (above + after) } else { 1.0 };
    [least.min(value), most.max(value)]
}

#[cfg(test)]
mod tests {
    use super::super::{precision_heights_at, roc_heights_at};
    use super::*;

    fn tally(positives: &[u64], negatives: &[u64], tied: bool) -> Tally {
        let thresholds = (0..positives.len()).rev().map(|i| i as f64).collect();
        Tally::new(thresholds, Masses::Counts { positives: positives.to_vec(), negatives: negatives.to_vec() }, tied)
    }

    const GRID: [f64; 9] = [0.0, 0.1, 0.2, 0.25, 0.4, 0.5, 0.75, 0.9, 1.0];

    /// The rows of each group in every order of a few.
    fn unfolded(positives: &[u64], negatives: &[u64]) -> Vec<Tally> {
        let mut orders: Vec<Vec<bool>> = vec![Vec::new()];
        for (&p, &n) in positives.iter().zip(negatives) {
            let size = p + n;
            let inner: Vec<Vec<bool>> = (0..1_u32 << size)
                .filter(|mask| u64::from(mask.count_ones()) == p)
                .map(|mask| (0..size).map(|bit| mask >> bit & 1 == 1).collect())
                .collect();
            orders =
                orders.iter().flat_map(|order| inner.iter().map(move |more| [&order[..], more].concat())).collect();
        }
        let column = |order: &[bool], label| order.iter().map(|&row| u64::from(row == label)).collect::<Vec<_>>();
        orders.iter().map(|order| tally(&column(order, true), &column(order, false), true)).collect()
    }

    #[test]
    fn the_ends_hold_the_curve_of_every_order_and_are_reached() {
        let (positives, negatives) = ([2, 0, 1, 2], [1, 1, 3, 0]);
        let binned = tally(&positives, &negatives, false);
        for precision in [false, true] {
            let ends = if precision { precision_ends(&binned, &GRID) } else { roc_ends(&binned, &GRID) }.unwrap();
            let (mut least, mut most) = ([f64::INFINITY; 9], [f64::NEG_INFINITY; 9]);
            for order in unfolded(&positives, &negatives) {
                let mut heights = [0.0; 9];
                let read = if precision { precision_heights_at } else { roc_heights_at };
                read(&order, &GRID, &mut heights);
                for i in 0..9 {
                    (least[i], most[i]) = (least[i].min(heights[i]), most[i].max(heights[i]));
                }
            }
            for i in 0..9 {
                assert!(ends.lower[i] <= least[i] + 1e-12 && most[i] <= ends.upper[i] + 1e-12, "{precision} {i}");
                assert!(precision || (ends.lower[i], ends.upper[i]) == (least[i], most[i]), "{i}: {least:?} {most:?}");
            }
        }
    }

    #[test]
    fn tied_groups_leave_nothing_open() {
        let tied = tally(&[3, 0, 2, 1], &[1, 2, 1, 4], true);
        let mut heights = [0.0; 9];
        roc_heights_at(&tied, &GRID, &mut heights);
        assert_eq!(roc_ends(&tied, &GRID).unwrap(), Ends { lower: heights.to_vec(), upper: heights.to_vec() });
        precision_heights_at(&tied, &GRID, &mut heights);
        assert_eq!(precision_ends(&tied, &GRID).unwrap(), Ends { lower: heights.to_vec(), upper: heights.to_vec() });
    }

    #[test]
    fn the_fixed_width_is_that_of_both_distances() {
        let rows = tally(&[400, 100], &[100, 400], true);
        let band = fixed_width_roc_band(&rows, &[0.0, 0.5], 0.95).unwrap();
        let reach = ((2.0 / (1.0 - 0.95_f64.sqrt())).ln() / 1000.0).sqrt();
        assert!((band.upper[0] - (reach / 0.2 * 0.8 + reach)).abs() < 1e-12);
        assert_eq!(band.lower[0], 0.0);
        assert!((band.lower[1] - (0.8 + (0.3 - reach) / 0.8 * 0.2 - reach)).abs() < 1e-12);
    }

    #[test]
    fn a_missing_class_and_wrong_parameters() {
        let band = fixed_width_roc_band(&tally(&[2], &[0], true), &[0.5], 0.9).unwrap();
        assert!(band.lower[0].is_nan() && band.upper[0].is_nan());
        for (grid, level) in [(vec![0.5, 0.1], 0.9), (vec![-0.1], 0.9), (vec![f64::NAN], 0.9), (vec![0.5], 1.0)] {
            assert!(fixed_width_roc_band(&tally(&[2], &[1], true), &grid, level).is_err(), "{grid:?} {level}");
        }
    }
}
