//! Further sums, which accumulators made `with_sums` keep: against plain definitions, and the laws they keep.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests stand outside test functions

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use thresher::count::{Accumulator, CompactCounts, Comparison, EdgeDType, ExactCounts, ThresholdCounts, Thresholds};
use thresher::input::{Batch, Column};
use thresher::state::AnyCounts;
use thresher::tally::{Sums, Tally};
use thresher::{Control, Error, Level};

static NEVER: AtomicBool = AtomicBool::new(false);

fn control() -> Control<'static> {
    Control::new(&NEVER)
}

fn batch<'a>(labels: &'a [bool], scores: &'a [f64], weights: Option<&'a [f64]>) -> Batch<'a> {
    let batch = Batch::new(Column::from_slice(labels), Column::from_slice(scores)).unwrap();
    match weights {
        Some(weights) => batch.with_weights(Column::from_slice(weights)).unwrap(),
        None => batch,
    }
}

fn filled<A: Accumulator>(mut counts: A, batch: &Batch<'_>) -> A {
    counts.update(batch, &control()).unwrap();
    counts
}

fn at_thresholds(k: usize) -> ThresholdCounts {
    let thresholds = Thresholds::even(k, Comparison::GreaterEqual).unwrap();
    ThresholdCounts::new(thresholds, Some(EdgeDType::F64)).unwrap().with_sums().unwrap()
}

fn compact() -> CompactCounts {
    CompactCounts::new().with_sums()
}

fn exact() -> ExactCounts {
    ExactCounts::new(None).with_sums()
}

/// Scores in [0, 1], many of them tied, and weights.
fn rows(n: usize) -> (Vec<bool>, Vec<f64>, Vec<f64>) {
    let mut state = n as u64;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let labels = (0..n).map(|_| unit() < 0.3).collect();
    let scores = (0..n).map(|i| if i % 3 == 0 { (unit() * 50.0).round() / 50.0 } else { unit() }).collect();
    let weights = (0..n).map(|i| if i % 17 == 0 { 0.0 } else { unit() * 3.0 }).collect();
    (labels, scores, weights)
}

/// The four terms of one row.
fn terms(label: bool, score: f64, weight: f64) -> [f64; 4] {
    let log_loss = if !(0.0..=1.0).contains(&score) {
        0.0
    } else if label {
        -score.ln()
    } else {
        -(-score).ln_1p()
    };
    [weight * weight, weight * score, weight * score * score, weight * log_loss]
}

/// `Σ` of the terms per group of `tally` and label, row by row; a group holds what reaches its threshold and no higher one.
fn definition(tally: &Tally, labels: &[bool], scores: &[f64], weights: Option<&[f64]>) -> Vec<[[f64; 4]; 2]> {
    let mut sums = vec![[[0.0; 4]; 2]; tally.len()];
    for i in 0..labels.len() {
        let weight = weights.map_or(1.0, |weights| weights[i]);
        if weight > 0.0 {
            let group = tally.thresholds().partition_point(|&threshold| threshold > scores[i]);
            let of = &mut sums[group][usize::from(labels[i])];
            of.iter_mut().zip(terms(labels[i], scores[i], weight)).for_each(|(sum, term)| *sum += term);
        }
    }
    sums
}

fn columns(sums: &Sums) -> [&[Vec<f64>; 2]; 4] {
    [&sums.squared_weights, &sums.scores, &sums.squared_scores, &sums.log_losses]
}

fn close(found: &Tally, expected: &[[[f64; 4]; 2]], tolerance: f64) {
    let sums = found.sums().expect("sums are kept");
    for (column, found) in columns(sums).into_iter().enumerate() {
        for label in 0..2 {
            assert_eq!(found[label].len(), expected.len());
            for (group, &value) in found[label].iter().enumerate() {
                let wanted = expected[group][label][column];
                let near = (value - wanted).abs() <= tolerance * wanted.abs();
                assert!(near || value == wanted, "sum {column} of {label} in group {group}: {value}, not {wanted}");
            }
        }
    }
}

#[test]
fn sums_are_those_of_the_rows_of_each_group() {
    for n in [0, 1, 5, 4095, 4097, 65_535, 65_537, 140_003] {
        let (labels, scores, weights) = rows(n);
        for weights in [None, Some(&weights[..])] {
            let rows = batch(&labels, &scores, weights);
            let tallies = [
                filled(at_thresholds(1), &rows).tally(&control()).unwrap(),
                filled(at_thresholds(33), &rows).tally(&control()).unwrap(),
                filled(compact(), &rows).tally(&control()).unwrap(),
                filled(exact(), &rows).tally(&control()).unwrap(),
            ];
            for tally in tallies {
                close(&tally, &definition(&tally, &labels, &scores, weights), 1e-12);
                let counted = (0..n).filter(|&i| weights.is_none_or(|weights| weights[i] > 0.0)).map(|i| scores[i]);
                let range =
                    counted.clone().reduce(f64::min).zip(counted.reduce(f64::max)).map(|(low, high)| [low, high]);
                assert_eq!(tally.sums().unwrap().range, range);
            }
        }
    }
}

#[test]
fn masses_are_the_same_with_sums_as_without() {
    let (labels, scores, weights) = rows(150_001);
    for weights in [None, Some(&weights[..])] {
        let rows = batch(&labels, &scores, weights);
        let same = |with: Tally, without: Tally| {
            assert!(with.masses() == without.masses() && with.thresholds() == without.thresholds());
            assert!(with.sums().is_some() && without.sums().is_none() && with.tied() == without.tied());
        };
        let tally = |counts: &dyn Fn() -> Tally| counts();
        let plain = ThresholdCounts::new(at_thresholds(50).thresholds().clone(), Some(EdgeDType::F64)).unwrap();
        same(
            tally(&|| filled(at_thresholds(50), &rows).tally(&control()).unwrap()),
            tally(&|| filled(plain.clone(), &rows).tally(&control()).unwrap()),
        );
        same(
            filled(compact(), &rows).tally(&control()).unwrap(),
            filled(CompactCounts::new(), &rows).tally(&control()).unwrap(),
        );
        same(
            filled(exact(), &rows).tally(&control()).unwrap(),
            filled(ExactCounts::new(None), &rows).tally(&control()).unwrap(),
        );
    }
}

#[test]
fn sums_are_the_same_bytes_on_every_instruction_set_and_number_of_threads() {
    let (labels, scores, weights) = rows(300_007);
    let levels = ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named);
    let controls: Vec<_> =
        levels.flat_map(|level| [1, 2, 5].map(|n| control().with_level(level).with_threads(n))).collect();
    for weights in [None, Some(&weights[..])] {
        let rows = batch(&labels, &scores, weights);
        let states = controls.iter().map(|control| {
            let (mut at, mut compact, mut exact) = (at_thresholds(20), compact(), exact());
            at.update(&rows, control).unwrap();
            compact.update(&rows, control).unwrap();
            exact.update(&rows, control).unwrap();
            [AnyCounts::Thresholds(at), AnyCounts::Compact(compact), AnyCounts::Exact(exact)]
                .map(|state| state.to_bytes(control).unwrap())
        });
        let states: Vec<_> = states.collect();
        assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "bytes depend on threads or instructions");
    }
}

#[test]
fn rows_rotate_over_four_partial_sums_in_blocks() {
    let (labels, scores, _) = rows(140_000);
    let counts = filled(at_thresholds(1), &batch(&labels, &scores, None)); // one threshold, at 0: all rows reach it
    let mut expected = [[0.0; 4]; 2];
    for block in (0..labels.len()).collect::<Vec<_>>().chunks(65_536) {
        let mut partials = [[[0.0_f64; 4]; 2]; 4];
        for (row, &i) in block.iter().enumerate() {
            let of = &mut partials[row % 4][usize::from(labels[i])];
            of.iter_mut().zip(terms(labels[i], scores[i], 1.0)).for_each(|(sum, term)| *sum += term);
        }
        for label in 0..2 {
            for column in 0..3 {
                let [a, b, c, d] = partials.map(|partial| partial[label][column]);
                expected[label][column] += (a + b) + (c + d);
            }
        }
    }
    let tally = counts.tally(&control()).unwrap();
    for (column, found) in columns(tally.sums().unwrap()).into_iter().take(3).enumerate() {
        assert_eq!([found[0][0], found[1][0]], [expected[0][column], expected[1][column]]);
    }
}

/// Splits rows, counts the parts, merges them from both ends; hands on the whole and each result.
fn split<A: Accumulator>(empty: &A, whole: &Batch<'_>, parts: &[Batch<'_>], same: impl Fn(&A, &A)) {
    let whole = filled(empty.clone(), whole);
    let mut parts: Vec<A> = parts.iter().map(|part| filled(empty.clone(), part)).collect();
    for _ in 0..2 {
        parts.reverse();
        let mut merged = empty.clone();
        parts.iter().for_each(|part| merged.merge(part).unwrap());
        same(&merged, &whole);
    }
}

proptest! {
    #[test]
    fn any_split_gives_the_same_bits_where_sums_are_exact(
        rows in prop::collection::vec((any::<bool>(), -3..4_i8, 0..4_u8), 0..100), cut: usize, weighted: bool,
    ) {
        let labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
        // Integers: only 0 and 1 are probabilities, whose terms are 0 and infinite.
        let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
        let integers: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let weights = weighted.then_some(&integers[..]);
        let at = cut % (rows.len() + 1);
        let part = |range: std::ops::Range<usize>| {
            batch(&labels[range.clone()], &scores[range.clone()], weights.map(|weights| &weights[range]))
        };
        let (all, parts) = (part(0..rows.len()), [part(0..at), part(at..rows.len())]);
        split(&at_thresholds(4), &all, &parts, |a, b| assert!(a == b));
        split(&compact(), &all, &parts, |a, b| assert!(a == b));
        split(&exact(), &all, &parts, |a, b| assert!(a == b));
    }
}

#[test]
fn any_other_split_agrees_within_the_stated_error() {
    let (labels, scores, weights) = rows(100_003);
    let weights = Some(&weights[..]);
    let part = |range: std::ops::Range<usize>| {
        batch(&labels[range.clone()], &scores[range.clone()], weights.map(|weights| &weights[range]))
    };
    let n = labels.len();
    let (all, parts) = (part(0..n), [part(0..7), part(7..50_000), part(50_000..n)]);
    fn near<A: Accumulator>(merged: &A, whole: &A) {
        let (merged, whole) = (merged.tally(&control()).unwrap(), whole.tally(&control()).unwrap());
        let sums = columns(whole.sums().unwrap());
        let expected = (0..whole.len()).map(|group| [0, 1].map(|label| sums.map(|column| column[label][group])));
        close(&merged, &expected.collect::<Vec<_>>(), 100_003.0 * 2.0_f64.powi(-53));
    }
    split(&at_thresholds(9), &all, &parts, near);
    split(&compact(), &all, &parts, near);
    split(&exact(), &all, &parts, near);
}

#[test]
fn rows_with_and_without_weights_mix() {
    let (labels, scores, weights) = rows(3000);
    fn mixed<A: Accumulator>(mut counts: A, batches: [&Batch<'_>; 2]) -> Tally {
        batches.iter().for_each(|batch| counts.update(batch, &control()).unwrap());
        counts.tally(&control()).unwrap()
    }
    let batches = [&batch(&labels, &scores, None), &batch(&labels, &scores, Some(&weights))];
    for tally in [mixed(at_thresholds(9), batches), mixed(compact(), batches), mixed(exact(), batches)] {
        let mut expected = definition(&tally, &labels, &scores, None);
        let more = definition(&tally, &labels, &scores, Some(&weights));
        for (sum, more) in
            expected.as_flattened_mut().as_flattened_mut().iter_mut().zip(more.as_flattened().as_flattened())
        {
            *sum += more;
        }
        close(&tally, &expected, 1e-12);
    }
}

#[test]
fn a_certain_error_is_infinite_and_scores_outside_the_unit_interval_have_no_log_loss() {
    fn ends<A: Accumulator>(empty: &A, wrap: impl Fn(A) -> AnyCounts) {
        let counts =
            filled(empty.clone(), &batch(&[true, false, true, false], &[0.0, 1.0, 7.5, f64::NEG_INFINITY], None));
        let tally = counts.tally(&control()).unwrap();
        let sums = tally.sums().unwrap();
        let total = |column: &[Vec<f64>; 2]| [0, 1].map(|label| column[label].iter().sum::<f64>());
        assert_eq!(total(&sums.log_losses), [f64::INFINITY, f64::INFINITY]);
        assert_eq!((total(&sums.scores), total(&sums.squared_scores)), ([1.0, 7.5], [1.0, 56.25]));
        assert_eq!(sums.range, Some([f64::NEG_INFINITY, 7.5]));
        let mut merged = counts.clone();
        merged.merge(&counts).unwrap();
        let twice = merged.tally(&control()).unwrap();
        assert_eq!(total(&twice.sums().unwrap().log_losses), [f64::INFINITY, f64::INFINITY]);
        let state = wrap(merged);
        assert!(AnyCounts::from_bytes(&state.to_bytes(&control()).unwrap()).unwrap() == state);
        let mut emptied = counts.clone();
        emptied.reset();
        assert!(emptied == *empty && emptied.sums());
    }
    ends(&at_thresholds(5), AnyCounts::Thresholds);
    ends(&compact(), AnyCounts::Compact);
    ends(&exact(), AnyCounts::Exact);
}

#[test]
fn sums_that_overflow_are_refused_and_nothing_changes() {
    fn refused<A: Accumulator>(empty: A, rows: &Batch<'_>, sum: &'static str) {
        let before = filled(empty, &batch(&[true], &[0.5], Some(&[1e153])));
        let mut counts = before.clone();
        assert_eq!(counts.update(rows, &control()).unwrap_err(), Error::SumOverflow { sum });
        assert!(counts == before);
    }
    let heavy = batch(&[true, false], &[0.25, 0.5], Some(&[1e200, 1.0]));
    refused(at_thresholds(5), &heavy, "Σ w²");
    refused(compact(), &heavy, "Σ w²");
    refused(exact(), &heavy, "Σ w²");
    let far = batch(&[true], &[1e200], None);
    refused(at_thresholds(5), &far, "Σ w s²");
    refused(compact(), &far, "Σ w s²");
    let many = filled(exact(), &batch(&[true], &[0.5], Some(&[1e154])));
    let mut total = many.clone();
    assert_eq!(total.merge(&many).unwrap_err(), Error::SumOverflow { sum: "Σ w²" });
    assert!(total == many);
}

#[test]
fn sums_merge_with_sums_alone() {
    fn refused<A: Accumulator + std::fmt::Debug>(with: A, without: A) {
        assert_eq!(with.clone().merge(&without), Err(Error::SumsMismatch { ours: true, theirs: false }));
        assert_eq!(without.clone().merge(&with), Err(Error::SumsMismatch { ours: false, theirs: true }));
        assert!(with != without);
    }
    let thresholds = at_thresholds(5).thresholds().clone();
    refused(at_thresholds(5), ThresholdCounts::new(thresholds, Some(EdgeDType::F64)).unwrap());
    refused(compact(), CompactCounts::new());
    refused(exact(), ExactCounts::new(None));
}

#[test]
fn small_weighted_batches_fold_into_one_run_with_their_squares() {
    let (labels, scores, weights) = rows(70_000);
    let mut counts = exact();
    for i in (0..70_000).step_by(1000) {
        let rows = i..i + 1000;
        counts.update(&batch(&labels[rows.clone()], &scores[rows.clone()], Some(&weights[rows])), &control()).unwrap();
    }
    let mut folded = counts.clone();
    folded.compact(&control()).unwrap();
    assert!(folded == counts);
    let tally = folded.tally(&control()).unwrap();
    close(&tally, &definition(&tally, &labels, &scores, Some(&weights)), 1e-12);
}
