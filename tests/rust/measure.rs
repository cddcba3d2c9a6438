//! Measures against their definitions in rational arithmetic.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests stand outside test functions

use crate::oracle::{self, Rational, exactly, nearest, whole};
use num_traits::{One, Signed, Zero};
use proptest::prelude::*;
use thresher::measure::{
    PrAucMethod, Rate, average_precision, average_precision_bounds, confusion, det_curve, partial_roc_auc, pr_auc,
    precision_recall_curve, roc_auc, roc_auc_bounds, roc_auc_from_pairs, roc_curve, thin,
};
use thresher::tally::{Masses, Tally};

fn descending(len: usize) -> Vec<f64> {
    (0..len).rev().map(|i| i as f64).collect()
}

fn rows(gaps: &[(u64, u64)], tied: bool) -> Tally {
    let (positives, negatives) = gaps.iter().copied().unzip();
    Tally::new(descending(gaps.len()), Masses::Counts { positives, negatives }, tied)
}

fn weights(gaps: &[(f64, f64)], tied: bool) -> Tally {
    let (positives, negatives) = gaps.iter().copied().unzip();
    Tally::new(descending(gaps.len()), Masses::Weights { positives, negatives }, tied)
}

/// |found − exact| <= relative · exact.
fn close(found: f64, exact: &Rational, relative: f64) -> bool {
    (exactly(found) - exact).abs() <= exact.abs() * exactly(relative)
}

fn small_gaps() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((0_u64..4, 0_u64..3), 1..5)
}

fn large_gaps() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let count = || (0_u32..58, any::<u64>()).prop_map(|(bits, value)| value & ((1 << bits) - 1));
    prop::collection::vec((count(), count()), 1..12)
}

/// Weights of every size that float64 has, many of them 0.
fn wild_gaps() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let weight = || {
        prop_oneof![
            1 => Just(0.0),
            2 => (1_u32..50).prop_map(|steps| f64::from(steps) * 0.1),
            2 => (-320_i32..300, 1.0..10.0_f64).prop_map(|(power, digits)| {
                digits * 10_f64.powi(power / 2) * 10_f64.powi(power - power / 2)
            }),
        ]
    };
    prop::collection::vec((weight(), weight()), 1..8)
}

proptest! {
    #[test]
    fn roc_auc_of_rows_is_correctly_rounded(gaps in large_gaps()) {
        let tally = rows(&gaps, true);
        match oracle::roc_auc(&oracle::groups(&tally)) {
            Some(exact) => prop_assert_eq!(roc_auc(&tally), nearest(&exact)),
            None => prop_assert!(roc_auc(&tally).is_nan()),
        }
    }

    #[test]
    fn pairs_divide_with_one_rounding(
        share in 0.0..=1.0_f64,
        positives in 1_u64..1 << 63,
        negatives in 1_u64..1 << 63,
        offset in 0_u128..9,
    ) {
        let every = 2 * u128::from(positives) * u128::from(negatives);
        let twice_u = ((every as f64 * share) as u128).saturating_sub(offset).min(every);
        let exact = Rational::new(twice_u.into(), every.into());
        prop_assert_eq!(roc_auc_from_pairs(twice_u, positives, negatives), nearest(&exact));
    }

    #[test]
    fn areas_of_rows_are_within_their_stated_error(gaps in large_gaps()) {
        let tally = rows(&gaps, true);
        match oracle::average_precision(&oracle::groups(&tally)) {
            Some(exact) => prop_assert!(close(average_precision(&tally), &exact, 1e-15)),
            None => prop_assert!(average_precision(&tally).is_nan()),
        }
    }

    #[test]
    fn areas_of_weights_are_within_their_stated_error(
        gaps in prop::collection::vec((0.0..1e3_f64, 0.0..1e3_f64), 1..40),
    ) {
        let tally = weights(&gaps, true);
        let groups = oracle::groups(&tally);
        if let Some(exact) = oracle::roc_auc(&groups) {
            prop_assert!(close(roc_auc(&tally), &exact, 1e-15));
        }
        if let Some(exact) = oracle::average_precision(&groups) {
            prop_assert!(close(average_precision(&tally), &exact, 1e-15));
        }
    }

    #[test]
    fn integer_weights_are_repeated_rows(gaps in prop::collection::vec((0_u64..1 << 40, 0_u64..1 << 40), 0..20)) {
        let weighted: Vec<_> = gaps.iter().map(|&(p, n)| (p as f64, n as f64)).collect();
        let (repeated, weighted) = (rows(&gaps, false), weights(&weighted, false));
        prop_assert_eq!(roc_auc(&repeated).to_bits(), roc_auc(&weighted).to_bits());
        prop_assert_eq!(roc_auc_bounds(&repeated).upper.to_bits(), roc_auc_bounds(&weighted).upper.to_bits());
        prop_assert_eq!(average_precision(&repeated).to_bits(), average_precision(&weighted).to_bits());
    }

    #[test]
    fn bounds_are_the_extremes_of_all_orderings(gaps in small_gaps()) {
        let tally = rows(&gaps, false);
        let (positives, negatives) = oracle::totals(&oracle::groups(&tally));
        let area = roc_auc_bounds(&tally);
        if positives.is_zero() || negatives.is_zero() {
            prop_assert!(area.lower.is_nan() && area.upper.is_nan());
        } else {
            let groups = oracle::groups(&tally);
            let ends = [Rational::zero(), Rational::one()].map(|inner| oracle::roc_auc_with(&groups, &inner).unwrap());
            prop_assert_eq!((area.lower, area.upper), (nearest(&ends[0]), nearest(&ends[1])));
        }
        let precision = average_precision_bounds(&tally);
        if positives.is_zero() {
            prop_assert!(precision.lower.is_nan() && precision.upper.is_nan());
            return Ok(());
        }
        let (least, greatest) = oracle::precision_extremes(&gaps);
        let (least, greatest) = (least / &positives, greatest / &positives);
        prop_assert_eq!(precision.is_exact(), least == greatest, "exact if and only if no ordering matters");
        if precision.is_exact() {
            prop_assert_eq!(precision.lower.to_bits(), average_precision(&tally).to_bits());
        } else {
            prop_assert!(exactly(precision.lower) <= least && greatest <= exactly(precision.upper));
        }
        let tight = close(precision.lower, &least, 1.1e-14) && close(precision.upper, &greatest, 1.1e-14);
        prop_assert!(tight, "{:?}", precision);
    }

    #[test]
    fn roc_auc_of_no_ordering_leaves_the_bounds(
        (p, n) in (0_u64..4, 0_u64..4),
        above in (0_u64..3, 0_u64..3),
        below in (0_u64..3, 0_u64..3),
    ) {
        let bounds = roc_auc_bounds(&rows(&[above, (p, n), below], false));
        for ordering in oracle::orderings(p, n) {
            let ends = [above, below].map(|(p, n)| (whole(p), whole(n)));
            let all = [vec![ends[0].clone()], ordering, vec![ends[1].clone()]].concat();
            if let Some(exact) = oracle::roc_auc(&all) {
                prop_assert!(bounds.lower <= nearest(&exact) && nearest(&exact) <= bounds.upper);
            }
        }
    }

    #[test]
    fn the_value_lies_within_its_bounds(gaps in large_gaps()) {
        let tally = rows(&gaps, false);
        let (area, precision) = (roc_auc_bounds(&tally), average_precision_bounds(&tally));
        prop_assert!(roc_auc(&tally).is_nan() || (area.lower <= roc_auc(&tally) && roc_auc(&tally) <= area.upper));
        let value = average_precision(&tally);
        prop_assert!(value.is_nan() || (precision.lower <= value && value <= precision.upper));
    }

    #[test]
    fn bounds_hold_for_weights_of_any_size(gaps in wild_gaps(), parts in 1_u32..4) {
        let tally = weights(&gaps, false);
        let (area, precision) = (roc_auc_bounds(&tally), average_precision_bounds(&tally));
        // Three orderings of each gap: one tie, positives first, negatives first with the positives in `parts` steps.
        let slices = whole(u64::from(parts));
        let gaps = oracle::groups(&tally);
        let none = Rational::zero;
        let first = gaps.iter().flat_map(|(p, n)| [(p.clone(), none()), (none(), n.clone())]).collect();
        let last = gaps.iter().flat_map(|(p, n)| {
            let step = (p / &slices, none());
            [vec![(none(), n.clone())], vec![step; parts as usize]].concat()
        }).collect();
        for ordering in [gaps.clone(), first, last] {
            if let Some(exact) = oracle::roc_auc(&ordering).filter(|_| !area.is_exact()) {
                prop_assert!(exactly(area.lower) <= exact && exact <= exactly(area.upper), "{:?}", area);
            }
            if let Some(exact) = oracle::average_precision(&ordering).filter(|_| !precision.is_exact()) {
                prop_assert!(exactly(precision.lower) <= exact && exact <= exactly(precision.upper), "{:?}", precision);
            }
        }
        let value = roc_auc(&tally);
        prop_assert!(value.is_nan() || (area.lower <= value && value <= area.upper), "{:?} {}", area, value);
        let value = average_precision(&tally);
        let within = precision.lower <= value && value <= precision.upper;
        prop_assert!(value.is_nan() || within, "{:?} {}", precision, value);
    }

    #[test]
    fn the_lower_bound_is_stable_at_any_size(bits in prop::array::uniform4(0.0..40.0_f64)) {
        let [before, ahead, p, n] = bits.map(|bits| bits.exp2() as u64 - 1);
        let gaps = [(before, 0), (0, ahead), (p + 1, n)];
        let tally = rows(&gaps, false);
        let bounds = average_precision_bounds(&tally);
        if bounds.is_exact() {
            return Ok(());
        }
        let sum = whole(before) + oracle::rising_sum(before, ahead + n, p + 1);
        let exact = sum / whole(before + p + 1);
        prop_assert!(exactly(bounds.lower) <= exact, "{} > {}", bounds.lower, nearest(&exact));
        prop_assert!(close(bounds.lower, &exact, 1e-14), "{} {}", bounds.lower, nearest(&exact));
    }

    #[test]
    fn the_curve_has_the_area(gaps in prop::collection::vec((0_u64..5, 0_u64..5), 1..40), tied in any::<bool>()) {
        let tally = rows(&gaps, tied);
        for drop in [false, true] {
            let curve = roc_curve(&tally, drop);
            let area = trapezoid(&curve.fpr, &curve.tpr);
            let undefined = roc_auc(&tally).is_nan() && area.is_nan();
            prop_assert!(undefined || (area - roc_auc(&tally)).abs() < 1e-14, "{}", area);
            if !curve.fpr[0].is_nan() {
                prop_assert_eq!((curve.fpr[0], *curve.fpr.last().unwrap()), (0.0, 1.0));
            }
        }
        let occupied: Vec<_> = gaps.iter().copied().filter(|&gap| gap != (0, 0)).collect();
        let curve = precision_recall_curve(&rows(&occupied, tied), false);
        let area = -trapezoid(&curve.recall, &curve.precision);
        let ours = pr_auc(&tally, PrAucMethod::Trapezoid);
        prop_assert!(ours.is_nan() || (area - ours).abs() < 1e-14, "{} {}", area, ours);
        let det = det_curve(&tally, false);
        prop_assert!(det.thresholds.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(det.fnr[0].is_nan() || det.fnr[0] == 0.0, "a DET curve starts without misses");
        prop_assert!(det.fpr[0].is_nan() || *det.fpr.last().unwrap() == 0.0, "and ends without false alarms");
    }

    #[test]
    fn curves_of_weights_are_monotone(gaps in wild_gaps()) {
        let tally = weights(&gaps, true);
        let rising = |rates: &[f64]| rates.windows(2).all(|pair| pair[0] <= pair[1] || pair[0].is_nan());
        let curve = roc_curve(&tally, false);
        prop_assert!(rising(&curve.fpr) && rising(&curve.tpr));
        prop_assert!(rising(&det_curve(&tally, false).fnr));
    }

    #[test]
    fn the_partial_area_is_that_of_the_cut_curve(
        gaps in prop_oneof![prop::collection::vec((0_u64..5, 0_u64..5), 1..30), large_gaps()],
        max_fpr in prop_oneof![0.001..1.0_f64, (-300.0..0.0_f64).prop_map(|power| 10_f64.powf(power))],
    ) {
        let tally = rows(&gaps, true);
        let found = partial_roc_auc(&tally, max_fpr).unwrap();
        match oracle::partial_roc_auc(&oracle::groups(&tally), &exactly(max_fpr)) {
            None => prop_assert!(found.is_nan()),
            Some(exact) => prop_assert!((found - nearest(&exact)).abs() <= 2e-15, "{} {}", found, nearest(&exact)),
        }
    }

    #[test]
    fn davis_goadrich_is_within_its_stated_error(
        gaps in prop::collection::vec((0_u64..1 << 40, prop_oneof![0_u64..9, 0_u64..1 << 40]), 1..6),
    ) {
        let found = pr_auc(&rows(&gaps, false), PrAucMethod::DavisGoadrich);
        if gaps.iter().any(|&(p, _)| p > 0) {
            let exact = oracle::davis_goadrich(&gaps);
            prop_assert!(close(found, &exact, 5e-15), "{} {}", found, nearest(&exact));
        } else {
            prop_assert!(found.is_nan());
        }
    }

    #[test]
    fn rates_of_rows_are_correctly_rounded(cells in prop::array::uniform4((0_u32..62, any::<u64>()))) {
        let [tp, fp, fn_, tn] = cells.map(|(bits, value)| value & ((1 << bits) - 1));
        for (rate, exact) in exact_rates([tp, fp, fn_, tn].map(whole)) {
            let found = rate.of_counts(tp, fp, fn_, tn);
            let rough = rate.of(tp as f64, fp as f64, fn_ as f64, tn as f64);
            match exact {
                None => prop_assert!(found.is_nan() && rough.is_nan(), "{:?}: {} {}", rate, found, rough),
                Some(exact) if rate == (Rate::FScore { beta: 2.0 }) => prop_assert!(close(found, &exact, 1e-15)),
                Some(exact) => {
                    prop_assert_eq!(found, nearest(&exact), "{:?}", rate);
                    let error = (rough - found).abs();
                    prop_assert!(error <= 2e-15 * found.abs().max(1.0), "{:?}: {} {}", rate, rough, found);
                }
            }
        }
        let correlation = Rate::MatthewsCorrelation.of_counts(tp, fp, fn_, tn);
        match exact_square_of_correlation([tp, fp, fn_, tn].map(whole)) {
            None => prop_assert!(correlation.is_nan()),
            Some(square) => {
                let found = exactly(correlation);
                prop_assert!((&found * &found - &square).abs() <= &square * exactly(9e-16), "{}", correlation);
                prop_assert_eq!(correlation < 0.0, Rate::YoudenJ.of_counts(tp, fp, fn_, tn) < 0.0);
            }
        }
    }

    #[test]
    fn rates_of_weights_are_close(
        cells in prop::array::uniform4(prop_oneof![Just(0.0), 0.0..1.0_f64, 0.0..1e12_f64]),
    ) {
        let [tp, fp, fn_, tn] = cells;
        for (rate, exact) in exact_rates(cells.map(exactly)) {
            let found = rate.of(tp, fp, fn_, tn);
            match exact {
                None => prop_assert!(found.is_nan(), "{:?}: {}", rate, found),
                Some(exact) => {
                    let exact = nearest(&exact);
                    prop_assert!((found - exact).abs() <= 2e-15 * exact.abs().max(1.0), "{:?}: {}", rate, found);
                }
            }
        }
    }

    #[test]
    fn tables_hold_every_row(gaps in small_gaps()) {
        let tally = rows(&gaps, true);
        let table = confusion(&tally);
        let (positives, negatives) = oracle::totals(&oracle::groups(&tally));
        let recall = table.rate(Rate::Recall);
        prop_assert!(positives.is_zero() || recall[0] == 1.0, "the lowest threshold admits everything");
        let fpr = table.rate(Rate::FalsePositiveRate);
        let mut from_curve = roc_curve(&tally, false).fpr.split_off(1);
        from_curve.reverse();
        prop_assert!(negatives.is_zero() || fpr == from_curve);
    }

    #[test]
    fn a_dropped_point_is_near_the_polyline(
        steps in prop::collection::vec((0.0..1.0_f64, -0.3..1.0_f64), 0..80),
        tolerance in prop_oneof![Just(0.0), 0.001..0.5_f64],
        kind in 0..4_u8,
    ) {
        let (x, y) = walk(&steps, kind);
        let kept = thin(&x, &y, tolerance);
        prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
        if !x.is_empty() {
            prop_assert_eq!((kept[0], *kept.last().unwrap()), (0, x.len() - 1));
        }
        for pair in kept.windows(2) {
            let segment = [pair[0], pair[1]].map(|i| (x[i], y[i]));
            for i in pair[0] + 1..pair[1] {
                let distance = distance_to(segment, (x[i], y[i]));
                prop_assert!(distance <= tolerance + 1e-13, "point {} is {} away", i, distance);
            }
        }
    }
}

#[test]
fn thinning_a_long_curve_leaves_little() {
    let x: Vec<f64> = (0..=100_000).map(|i| f64::from(i) / 1e5).collect();
    let y: Vec<f64> = x.iter().map(|x| x.sqrt()).collect();
    let kept = thin(&x, &y, 1e-3).len();
    assert!((5..60).contains(&kept), "{kept} points kept");
}

#[test]
fn a_gap_that_holds_nearly_everything_says_so() {
    // A gap that holds nearly everything: the value alone would say 0.5.
    let bounds = roc_auc_bounds(&rows(&[(1, 0), (1_000_000_000, 1_000_000_000_000), (0, 1)], false));
    assert!(bounds.lower < 1e-8 && bounds.upper > 1.0 - 1e-8, "{bounds:?}");
}

fn trapezoid(x: &[f64], y: &[f64]) -> f64 {
    (1..x.len()).map(|i| (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2.0).sum()
}

/// A curve as ROC curves are (right and up), as precision-recall curves are (right, any height), falling, or wandering.
fn walk(steps: &[(f64, f64)], kind: u8) -> (Vec<f64>, Vec<f64>) {
    let (mut x, mut y) = (0.0, 0.0);
    steps
        .iter()
        .map(|&(along, up)| {
            match kind {
                0 if up < along => x += along,
                0 => y += up.max(0.0),
                1 => {
                    x += along;
                    y = up
                }
                2 => {
                    x += along;
                    y -= up.max(0.0)
                }
                _ => {
                    x += along - 0.5;
                    y += up - 0.35
                }
            }
            (x, y)
        })
        .unzip()
}

/// The least max(|Δx|, |Δy|) from a point to a segment: it is at an end, or where Δx, Δy, Δx + Δy or Δx − Δy vanishes.
fn distance_to([a, b]: [(f64, f64); 2], point: (f64, f64)) -> f64 {
    let (direction, offset) = ((b.0 - a.0, b.1 - a.1), (point.0 - a.0, point.1 - a.1));
    let at = |t: f64| (offset.0 - t * direction.0).abs().max((offset.1 - t * direction.1).abs());
    let candidates = [
        0.0,
        1.0,
        offset.0 / direction.0,
        offset.1 / direction.1,
        (offset.0 + offset.1) / (direction.0 + direction.1),
        (offset.0 - offset.1) / (direction.0 - direction.1),
    ];
    candidates.into_iter().filter(|t| (0.0..=1.0).contains(t)).map(at).fold(f64::INFINITY, f64::min)
}

fn over(top: Rational, bottom: Rational) -> Option<Rational> {
    (!bottom.is_zero()).then(|| top / bottom)
}

/// Every rational rate by its textbook definition, made of other rates where the textbook does so.
fn exact_rates([tp, fp, fn_, tn]: [Rational; 4]) -> Vec<(Rate, Option<Rational>)> {
    let (positives, negatives, called, passed) = (&tp + &fn_, &fp + &tn, &tp + &fp, &fn_ + &tn);
    let all = &positives + &negatives;
    let recall = over(tp.clone(), positives.clone());
    let specificity = over(tn.clone(), negatives.clone());
    let precision = over(tp.clone(), called.clone());
    let npv = over(tn.clone(), passed.clone());
    let (miss, fall_out) = (over(fn_.clone(), positives.clone()), over(fp.clone(), negatives.clone()));
    let both = |a: &Option<Rational>, b: &Option<Rational>| a.clone().zip(b.clone());
    let chance = &positives * &called + &negatives * &passed; // times all²
    let f = |beta: u64| {
        let square = whole(beta * beta);
        over((whole(1) + &square) * &tp, (whole(1) + &square) * &tp + &square * &fn_ + &fp)
    };
    vec![
        (Rate::Recall, recall.clone()),
        (Rate::FalsePositiveRate, fall_out.clone()),
        (Rate::FalseNegativeRate, miss.clone()),
        (Rate::Specificity, specificity.clone()),
        (Rate::Precision, precision.clone()),
        (Rate::NegativePredictiveValue, npv.clone()),
        (Rate::FalseDiscoveryRate, over(fp.clone(), called.clone())),
        (Rate::Accuracy, over(&tp + &tn, all.clone())),
        (Rate::ErrorRate, over(&fp + &fn_, all.clone())),
        (Rate::BalancedAccuracy, both(&recall, &specificity).map(|(a, b)| (a + b) / whole(2))),
        (Rate::FScore { beta: 1.0 }, f(1)),
        (Rate::FScore { beta: 2.0 }, f(2)),
        (Rate::Jaccard, over(tp.clone(), &tp + &fp + &fn_)),
        // (observed − expected agreement) / (1 − expected agreement)
        (Rate::CohenKappa, over((&tp + &tn) * &all - &chance, &all * &all - &chance)),
        (Rate::YoudenJ, both(&recall, &specificity).map(|(a, b)| a + b - whole(1))),
        (Rate::Markedness, both(&precision, &npv).map(|(a, b)| a + b - whole(1))),
        (Rate::Prevalence, over(positives.clone(), all.clone())),
        (Rate::PredictedPositiveRate, over(called, all.clone())),
        (Rate::Lift, both(&precision, &over(positives, all)).and_then(|(a, b)| over(a, b))),
        (Rate::PositiveLikelihoodRatio, both(&recall, &fall_out).and_then(|(a, b)| over(a, b))),
        (Rate::NegativeLikelihoodRatio, both(&miss, &specificity).and_then(|(a, b)| over(a, b))),
    ]
}

fn exact_square_of_correlation([tp, fp, fn_, tn]: [Rational; 4]) -> Option<Rational> {
    let difference = &tp * &tn - &fp * &fn_;
    over(&difference * &difference, (&tp + &fp) * (&tp + &fn_) * (&tn + &fp) * (&tn + &fn_))
}
