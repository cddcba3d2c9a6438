//! Accumulators against plain definitions, and the laws they keep.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests stand outside test functions

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use thresher::count::{
    Accumulator, CompactCounts, Comparison, EdgeDType, ExactCounts, ThresholdCounts, Thresholds, roc_auc_pairs,
    thresholds_from,
};
use thresher::input::{Batch, ByteOrder, Column, DType, NanPolicy, Number, Positive};
use thresher::measure::{self, ConfusionMasses};
use thresher::state::AnyCounts;
use thresher::tally::{Masses, Tally};
use thresher::{Control, Error, Level};

static NEVER: AtomicBool = AtomicBool::new(false);

fn control() -> Control<'static> {
    Control::new(&NEVER)
}

fn levels() -> Vec<Level> {
    ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named).collect()
}

/// Every way a call may run; all must give the same bytes.
fn controls() -> Vec<Control<'static>> {
    let threads = |level| [1, 2, 5].map(|threads| control().with_level(level).with_threads(threads));
    levels().into_iter().flat_map(threads).collect()
}

fn batch<'a>(labels: &'a [bool], scores: &'a [f32], weights: Option<&'a [f64]>) -> Batch<'a> {
    let batch = Batch::new(Column::from_slice(labels), Column::from_slice(scores)).unwrap();
    match weights {
        Some(weights) => batch.with_weights(Column::from_slice(weights)).unwrap(),
        None => batch,
    }
}

fn filled<A: Accumulator>(mut counts: A, batch: &Batch<'_>, control: &Control<'_>) -> A {
    counts.update(batch, control).unwrap();
    counts
}

/// The definition of a tally of distinct scores.
fn by_score(labels: &[bool], scores: &[f32]) -> Vec<(f64, u64, u64)> {
    let mut groups = BTreeMap::<u64, (f64, u64, u64)>::new();
    for (&label, &score) in labels.iter().zip(scores) {
        let score = f64::from(score) + 0.0;
        let order = (score.to_bits() as i64 ^ ((score.to_bits() as i64 >> 63) as u64 >> 1) as i64) as u64 ^ (1 << 63);
        let group = groups.entry(order).or_insert((score, 0, 0));
        if label { group.1 += 1 } else { group.2 += 1 }
    }
    groups.into_values().rev().collect()
}

fn groups(tally: &Tally) -> Vec<(f64, u64, u64)> {
    let Masses::Counts { positives, negatives } = tally.masses() else { panic!("unweighted") };
    tally.thresholds().iter().zip(positives).zip(negatives).map(|((&t, &p), &n)| (t, p, n)).collect()
}

/// Reproducible numbers without a dependency.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 ^ (self.0 >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11
    }
    fn unit(&mut self) -> f64 {
        self.next() as f64 / (1_u64 << 53) as f64
    }
    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Rows of several kinds: spread, tied, saturated, of both signs, infinite, denormal.
fn rows(n: usize, seed: u64) -> (Vec<bool>, Vec<f32>) {
    let mut random = Random(seed);
    let score = |random: &mut Random| match random.next() % 8 {
        0 => (random.next() % 11) as f32 / 10.0,
        1 => [0.0, -0.0, 1.0, f32::INFINITY, f32::NEG_INFINITY, 1e-45, -1e-45, 0.5][random.next() as usize % 8],
        2 => random.normal() as f32 * 9.0,
        3 => f32::from_bits(random.next() as u32 & 0x3fff_ffff),
        _ => (1.0 / (1.0 + (-random.normal() * 2.0).exp())) as f32,
    };
    (0..n).map(|_| (random.next().is_multiple_of(5), score(&mut random))).unzip()
}

#[test]
fn counts_at_thresholds_are_what_comparing_gives() {
    for n in [0, 1, 7, 4095, 4096, 4097, 70_000, 150_001] {
        let (labels, scores) = rows(n, n as u64);
        for list in
            [vec![0.5], (0..200).map(|i| f64::from(i) / 199.0).collect(), vec![0.9, -3.0, 0.1, 0.9, f64::INFINITY]]
        {
            for comparison in [Comparison::GreaterEqual, Comparison::Greater] {
                let empty = ThresholdCounts::new(Thresholds::new(list.clone(), comparison).unwrap(), None).unwrap();
                let mut seen = Vec::new();
                for control in controls() {
                    let counts = filled(empty.clone(), &batch(&labels, &scores, None), &control);
                    let tally = counts.tally(&control).unwrap();
                    let table = measure::confusion_of_groups(&tally, list.clone(), &counts.groups_admitted());
                    let ConfusionMasses::Counts { true_positives, false_positives, .. } = table.masses else {
                        panic!()
                    };
                    for (i, &threshold) in list.iter().enumerate() {
                        let threshold = threshold as f32;
                        let admits = |score: f32| match comparison {
                            Comparison::GreaterEqual => score >= threshold,
                            Comparison::Greater => score > threshold,
                        };
                        let count = |label| {
                            labels.iter().zip(&scores).filter(|&(&l, &s)| l == label && admits(s)).count() as u64
                        };
                        assert_eq!((true_positives[i], false_positives[i]), (count(true), count(false)));
                    }
                    seen.push(AnyCounts::Thresholds(counts).to_bytes(&control).unwrap());
                }
                assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "bytes depend on threads or instructions");
            }
        }
    }
}

#[test]
fn exact_counts_hold_each_distinct_score() {
    for n in [0, 1, 100, 4097, 40_000, 300_000] {
        let (labels, scores) = rows(n, 3 + n as u64);
        let expected = by_score(&labels, &scores);
        for control in controls() {
            let counts = filled(ExactCounts::new(None), &batch(&labels, &scores, None), &control);
            assert_eq!(groups(&counts.tally(&control).unwrap()), expected, "{n} rows");
        }
    }
}

#[test]
fn blocks_of_one_score_count_like_any_others() {
    let (mut labels, mut scores) = rows(60_000, 31);
    scores[..20_000].fill(0.25);
    scores[30_000..40_000].fill(-0.0);
    scores[45_000..].fill(0.25);
    labels[50_000] = true;
    let expected = by_score(&labels, &scores);
    for control in controls() {
        let batch = batch(&labels, &scores, None);
        let tally = filled(ExactCounts::new(None), &batch, &control).tally(&control).unwrap();
        assert_eq!(groups(&tally), expected);
        let pairs = roc_auc_pairs(&batch, &control).unwrap();
        let area = measure::roc_auc_from_pairs(pairs.twice_u, pairs.positives, pairs.negatives);
        assert_eq!(area.to_bits(), measure::roc_auc(&tally).to_bits());
    }
    let score = 0.5_f32.to_ne_bytes();
    let column = |dtype, bytes| Column::strided(dtype, ByteOrder::Native, bytes, 0, 0, 1 << 28, "a view").unwrap();
    let broadcast = Batch::new(column(DType::Bool, &[1]), column(DType::F32, &score)).unwrap();
    let counts = filled(ExactCounts::new(Some(1000)), &broadcast, &control().with_threads(2)); // 2^28 rows in 1,000 bytes
    assert_eq!(groups(&counts.tally(&control()).unwrap()), [(0.5, 1 << 28, 0)]);
}

#[test]
fn exact_auc_is_the_brute_force_integer_on_every_dtype_and_path() {
    for n in [0, 1, 2, 500, 33_000, 250_000] {
        let (labels, scores) = rows(n, 11 + n as u64);
        let tally = by_score(&labels, &scores);
        let (mut twice_u, mut above) = (0_u128, 0_u128);
        for &(_, p, n) in &tally {
            twice_u += u128::from(n) * (2 * above + u128::from(p));
            above += u128::from(p);
        }
        let wide: Vec<f64> = scores.iter().map(|&score| f64::from(score)).collect();
        let nudged: Vec<f64> =
            wide.iter().map(|&score| if score.abs() < 1e300 { score * 1.1 } else { score }).collect();
        for control in controls() {
            let pairs = |scores| {
                let batch = Batch::new(Column::from_slice(&labels), scores).unwrap();
                roc_auc_pairs(&batch, &control).unwrap().twice_u
            };
            assert_eq!(pairs(Column::from_slice(&scores)), twice_u);
            assert_eq!(pairs(Column::from_slice(&wide)), twice_u);
            if scores.iter().all(|score| score.abs() > 1e-30 || *score == 0.0) {
                assert_eq!(pairs(Column::from_slice(&nudged)), twice_u); // a monotone transform, not float32-exact
            }
        }
    }
}

#[test]
fn compact_counts_are_threshold_counts_at_their_edges() {
    let (labels, scores) = rows(600_000, 5);
    let list = CompactCounts::edges();
    let thresholds = Thresholds::new(list.clone(), Comparison::GreaterEqual).unwrap();
    let by_list = ThresholdCounts::new(thresholds, Some(EdgeDType::F64)).unwrap();
    for n in [1000, 600_000] {
        let batch = batch(&labels[..n], &scores[..n], None);
        let expected = filled(by_list.clone(), &batch, &control()).tally(&control()).unwrap();
        let expected: Vec<_> = groups(&expected).into_iter().filter(|&(_, p, n)| p + n > 0).collect();
        for control in controls() {
            let counts = filled(CompactCounts::new(), &batch, &control);
            assert_eq!(groups(&counts.tally(&control).unwrap()), expected);
            assert!(counts.nbytes() <= 4 << 20);
        }
    }
}

#[test]
fn compact_counts_are_exact_on_8_and_16_bit_scores_and_bounded_otherwise() {
    let mut random = Random(1);
    let labels: Vec<bool> = (0..50_000).map(|_| random.next().is_multiple_of(3)).collect();
    let halves: Vec<half::f16> = labels.iter().map(|_| half::f16::from_f64(random.normal())).collect();
    let brains: Vec<half::bf16> = labels.iter().map(|_| half::bf16::from_f64(random.normal())).collect();
    let integers: Vec<i16> = labels.iter().map(|_| random.next() as i16).collect();
    for scores in [Column::from_slice(&halves), Column::from_slice(&brains), Column::from_slice(&integers)] {
        let batch = Batch::new(Column::from_slice(&labels), scores).unwrap();
        let compact = filled(CompactCounts::new(), &batch, &control());
        let exact = filled(ExactCounts::new(None), &batch, &control());
        assert!(compact.exact());
        assert_eq!(compact.tally(&control()).unwrap(), exact.tally(&control()).unwrap());
    }
    let singles: Vec<f32> = labels.iter().map(|_| random.unit() as f32).collect();
    let batch = batch(&labels, &singles, None);
    let compact = filled(CompactCounts::new(), &batch, &control());
    let exact = filled(ExactCounts::new(None), &batch, &control());
    assert!(!compact.exact());
    let bounds = measure::roc_auc_bounds(&compact.tally(&control()).unwrap());
    let value = measure::roc_auc(&exact.tally(&control()).unwrap());
    assert!(bounds.lower < value && value < bounds.upper && bounds.width() < 1e-3);
}

fn sigmoid(logit: f64) -> f32 {
    (1.0 / (1.0 + (-logit).exp())) as f32
}

/// The score families of the design: `(name, labels and scores)`.
fn families(n: usize) -> Vec<(&'static str, Vec<bool>, Vec<f32>)> {
    let mut random = Random(9);
    let mut calibrated = |mean: f64| -> (Vec<bool>, Vec<f32>) {
        let mut draw = || {
            let logit = mean + random.normal();
            (random.unit() < f64::from(sigmoid(logit)), sigmoid(logit))
        };
        (0..n).map(|_| draw()).unzip()
    };
    let (ctr, calm) = (calibrated(-7.0), calibrated(-4.0));
    let mut random = Random(10);
    let mut mixture = |share: f64, negative: (f64, f64), positive: (f64, f64)| -> (Vec<bool>, Vec<f32>) {
        let mut draw = || {
            let label = random.unit() < share;
            let (mean, deviation) = if label { positive } else { negative };
            (label, sigmoid(mean + deviation * random.normal()))
        };
        (0..n).map(|_| draw()).unzip()
    };
    let fraud = mixture(0.01, (-9.0, 2.0), (-5.0, 2.0));
    let confident = mixture(0.5, (-8.0, 4.0), (8.0, 4.0));
    let near_one = mixture(0.5, (7.0, 1.0), (9.0, 1.0));
    [("CTR", ctr), ("fraud", fraud), ("calibrated", calm), ("confident", confident), ("near one", near_one)]
        .into_iter()
        .map(|(name, (labels, scores))| (name, labels, scores))
        .collect()
}

fn width(counts: &impl Accumulator) -> f64 {
    measure::roc_auc_bounds(&counts.tally(&control()).unwrap()).width()
}

#[test]
fn compact_counts_certify_auc_on_the_usual_families() {
    for (name, labels, scores) in families(1_000_000) {
        let compact = width(&filled(CompactCounts::new(), &batch(&labels, &scores, None), &control()));
        assert!(compact <= 2e-4, "{name}: {compact:e}");
    }
    let mut random = Random(12);
    for mean in -7..=8 {
        for deviation in [1.0, 2.0, 4.0] {
            let mean = f64::from(mean);
            let draw = || {
                let logit = mean + deviation * random.normal();
                (random.unit() < f64::from(sigmoid(logit - mean)), logit as f32)
            };
            let (labels, scores): (Vec<bool>, Vec<f32>) = std::iter::repeat_with(draw).take(200_000).unzip();
            let compact = width(&filled(CompactCounts::new(), &batch(&labels, &scores, None), &control()));
            assert!(compact <= 1e-3, "logits N({mean}, {deviation}): {compact:e}");
        }
    }
}

#[test]
fn thresholds_from_a_pilot_certify_auc_more_tightly_still() {
    for (name, labels, scores) in families(1_000_000) {
        let pilot = Column::from_slice(&scores[..40_000]);
        let pilot_labels = Column::from_slice(&labels[..40_000]);
        for labelled in [None, Some((&pilot_labels, Positive::One))] {
            let list = thresholds_from(&pilot, labelled, 65_536, &control()).unwrap();
            assert!(list.len() <= 65_536 && list.windows(2).all(|pair| pair[0] < pair[1]));
            let thresholds = Thresholds::new(list, Comparison::GreaterEqual).unwrap();
            let counts =
                filled(ThresholdCounts::new(thresholds, None).unwrap(), &batch(&labels, &scores, None), &control());
            let width = width(&counts);
            assert!(width <= 3e-5, "{name}, labelled {}: {width:e}", labelled.is_some());
        }
    }
}

#[test]
fn weighted_sums_follow_the_stated_order_on_every_path() {
    let mut random = Random(21);
    let (labels, scores) = rows(200_000, 77);
    let weights: Vec<f64> = labels.iter().map(|_| random.unit() * 3.0).collect();
    // The definition: per cell, blocks of 65,536 rows, four interleaved partials each, added in order of block.
    let thresholds = [0.2_f32, 0.5, 0.8];
    let mut expected = [[0.0; 2]; 4];
    for start in (0..labels.len()).step_by(65_536) {
        let mut partials = [[[0.0; 4]; 2]; 4];
        for row in start..(start + 65_536).min(labels.len()) {
            let gap = thresholds.iter().filter(|&&threshold| scores[row] >= threshold).count();
            partials[gap][usize::from(labels[row])][(row - start) % 4] += weights[row];
        }
        for gap in 0..4 {
            for label in 0..2 {
                let [a, b, c, d] = partials[gap][label];
                expected[gap][label] += (a + b) + (c + d);
            }
        }
    }
    let list = thresholds.iter().map(|&threshold| f64::from(threshold)).collect();
    let empty = ThresholdCounts::new(Thresholds::new(list, Comparison::GreaterEqual).unwrap(), None).unwrap();
    let mut bytes = Vec::new();
    for control in controls() {
        let weighted = batch(&labels, &scores, Some(&weights));
        let tally = filled(empty.clone(), &weighted, &control).tally(&control).unwrap();
        let Masses::Weights { positives, negatives } = tally.masses() else { panic!("weighted") };
        for gap in 0..4 {
            assert_eq!([negatives[3 - gap], positives[3 - gap]], expected[gap], "gap {gap}");
        }
        let exact = filled(ExactCounts::new(None), &weighted, &control);
        let compact = filled(CompactCounts::new(), &weighted, &control);
        let small =
            filled(CompactCounts::new(), &batch(&labels[..5000], &scores[..5000], Some(&weights[..5000])), &control);
        let states = [AnyCounts::Exact(exact), AnyCounts::Compact(compact), AnyCounts::Compact(small)];
        bytes.push(states.map(|state| state.to_bytes(&control).unwrap()));
    }
    assert!(bytes.windows(2).all(|pair| pair[0] == pair[1]), "bytes depend on threads or instructions");
}

#[test]
fn folding_at_any_time_leaves_the_same_bytes() {
    let mut random = Random(4);
    let (labels, scores) = rows(60_000, 8);
    let weights: Vec<f64> = labels.iter().map(|_| random.unit()).collect();
    let (mut lazy, mut eager) = (ExactCounts::new(None), ExactCounts::new(None));
    for (i, start) in (0..60_000).step_by(3000).enumerate() {
        let end = start + 3000;
        let weights = (i % 3 != 0).then_some(&weights[start..end]);
        let batch = batch(&labels[start..end], &scores[start..end], weights);
        lazy.update(&batch, &control()).unwrap();
        eager.update(&batch, &control()).unwrap();
        eager.compact(&control()).unwrap();
    }
    let bytes = |counts| AnyCounts::Exact(counts).to_bytes(&control()).unwrap();
    assert_eq!(bytes(lazy), bytes(eager));
}

#[test]
fn many_rows_fold_as_they_come() {
    let mut counts = ExactCounts::new(None);
    let mut all = (Vec::new(), Vec::new());
    for seed in 0..30 {
        let (labels, scores) = rows(100_000, seed);
        counts.update(&batch(&labels, &scores, None), &control().with_threads(2)).unwrap();
        all.0.extend(labels);
        all.1.extend(scores);
    }
    assert_eq!(groups(&counts.tally(&control()).unwrap()), by_score(&all.0, &all.1));
    assert!(counts.nbytes() < 3_000_000 * 12 + (8 << 20));
}

#[test]
fn a_limit_on_bytes_is_kept_and_leaves_the_state_whole() {
    let scores: Vec<f32> = (0..200_000).map(|i| i as f32).collect();
    let labels = vec![true; scores.len()];
    let mut counts = ExactCounts::new(Some(1_300_000)); // 100,000 distinct float32 scores take 12 bytes each
    counts.update(&batch(&labels[..100_000], &scores[..100_000], None), &control()).unwrap();
    for _ in 0..20 {
        counts.update(&batch(&labels[..100_000], &scores[..100_000], None), &control()).unwrap(); // nothing distinct
    }
    let before = counts.clone();
    let error = counts.update(&batch(&labels, &scores, None), &control()).unwrap_err();
    assert!(matches!(error, Error::MaxBytes { limit: 1_300_000, .. }), "{error}");
    assert!(counts == before && counts.nbytes() <= 1_300_000);
}

#[test]
fn counts_pass_every_power_of_two_that_others_stop_at() {
    let (labels, scores) = ([true, false, true], [0.9_f32, 0.1, 0.3]);
    let thresholds = Thresholds::new(vec![0.5], Comparison::GreaterEqual).unwrap();
    let mut at = filled(ThresholdCounts::new(thresholds, None).unwrap(), &batch(&labels, &scores, None), &control());
    let mut exact = filled(ExactCounts::new(None), &batch(&labels, &scores, None), &control());
    let mut compact = filled(CompactCounts::new(), &batch(&labels, &scores, None), &control());
    for doubling in 1..=60 {
        at.merge(&at.clone()).unwrap();
        exact.merge(&exact.clone()).unwrap();
        compact.merge(&compact.clone()).unwrap();
        for rows in [at.rows(), exact.rows(), compact.rows()] {
            assert_eq!((rows.positives, rows.negatives), (2 << doubling, 1 << doubling));
        }
        if doubling % 20 == 0 {
            let tally = exact.tally(&control()).unwrap();
            assert_eq!(groups(&tally)[0], (f64::from(0.9_f32), 1 << doubling, 0));
            assert_eq!(measure::roc_auc(&tally), 1.0);
        }
    }
    let before = (at.clone(), exact.clone(), compact.clone());
    assert!(matches!(at.merge(&before.0), Ok(())));
    assert!(matches!(at.merge(&at.clone()), Err(Error::CountOverflow { .. })));
    assert!(matches!(
        exact.merge(&exact.clone()).and_then(|()| exact.merge(&exact.clone())),
        Err(Error::CountOverflow { .. })
    ));
    assert!(matches!(
        compact.merge(&compact.clone()).and_then(|()| compact.merge(&compact.clone())),
        Err(Error::CountOverflow { .. })
    ));
    assert_eq!(at.rows().negatives, 1 << 61);
}

#[test]
fn pair_products_far_beyond_64_bits_give_the_exact_area() {
    let (labels, scores) = ([true, false, true, false], [0.9_f32, 0.9, 0.3, 0.1]);
    let mut exact = filled(ExactCounts::new(None), &batch(&labels, &scores, None), &control());
    let mut compact = filled(CompactCounts::new(), &batch(&labels, &scores, None), &control());
    for _ in 0..58 {
        exact.merge(&exact.clone()).unwrap();
        compact.merge(&compact.clone()).unwrap();
    }
    // 2^59 positives and as many negatives: 2^118 pairs, of which the tie counts half.
    assert_eq!(measure::roc_auc(&exact.tally(&control()).unwrap()), 0.625);
    let bounds = measure::roc_auc_bounds(&compact.tally(&control()).unwrap());
    assert_eq!((bounds.lower, bounds.upper), (0.5, 0.75)); // the interval of the tie holds both classes
}

#[test]
fn sums_of_weights_keep_what_float32_would_lose() {
    let (labels, scores) = ([true; 5], [0.9_f32; 5]);
    let weights = [16_777_216.0, 1.0, 1.0, 1.0, 0.25]; // 2^24 and then ones, which float32 cannot add
    let weighted = batch(&labels, &scores, Some(&weights));
    let thresholds = Thresholds::new(vec![0.5], Comparison::GreaterEqual).unwrap();
    let sums = [
        filled(ThresholdCounts::new(thresholds, None).unwrap(), &weighted, &control()).rows(),
        filled(ExactCounts::new(None), &weighted, &control()).rows(),
        filled(CompactCounts::new(), &weighted, &control()).rows(),
    ];
    assert!(sums.iter().all(|rows| rows.weight_positives == 16_777_219.25));
}

#[test]
fn sums_of_weights_that_would_overflow_are_refused_and_change_nothing() {
    let (labels, scores, weights) = ([true, false], [0.9_f32, 0.1], [1e308, 1.0]);
    let rows = batch(&labels, &scores, Some(&weights));
    let thresholds = Thresholds::new(vec![0.5], Comparison::GreaterEqual).unwrap();
    let mut at = filled(ThresholdCounts::new(thresholds, None).unwrap(), &rows, &control());
    let mut exact = filled(ExactCounts::new(None), &rows, &control());
    let mut compact = filled(CompactCounts::new(), &rows, &control());
    let before = (at.clone(), exact.clone(), compact.clone());
    assert_eq!(at.update(&rows, &control()), Err(Error::WeightOverflow));
    assert_eq!(exact.update(&rows, &control()), Err(Error::WeightOverflow));
    assert_eq!(compact.update(&rows, &control()), Err(Error::WeightOverflow));
    assert!((at, exact, compact) == before);
}

#[test]
fn the_error_is_that_of_the_lowest_row_labels_first() {
    let n = 300_000;
    let labels: Vec<u8> = vec![0; n];
    let scores: Vec<f32> = vec![0.5; n];
    let weights: Vec<f64> = vec![1.0; n];
    type Edit = fn(&mut [u8], &mut [f32], &mut [f64]);
    let cases: [(Edit, Error); 5] = [
        (|l, s, _| (l[200_001], s[200_000]) = (2, f32::NAN), Error::NanScore { argument: "scores", index: 200_000 }),
        (|l, s, w| (l[7], s[7], w[7]) = (3, f32::NAN, -1.0), Error::InvalidLabel { index: 7, value: 3.0 }),
        (|_, s, w| (s[299_999], w[299_999]) = (f32::NAN, -1.0), Error::NanScore { argument: "scores", index: 299_999 }),
        (|_, s, w| (s[9], w[8]) = (f32::NAN, f64::INFINITY), Error::InvalidWeight { index: 8, value: f64::INFINITY }),
        (|_, _, w| w[5000] = -0.5, Error::InvalidWeight { index: 5000, value: -0.5 }),
    ];
    for (edit, expected) in cases {
        let (mut labels, mut scores, mut weights) = (labels.clone(), scores.clone(), weights.clone());
        edit(&mut labels, &mut scores, &mut weights);
        let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
        let batch = batch.with_weights(Column::from_slice(&weights)).unwrap();
        for control in controls() {
            let mut exact = ExactCounts::new(None);
            let thresholds = Thresholds::even(5, Comparison::GreaterEqual).unwrap();
            let mut at = ThresholdCounts::new(thresholds, None).unwrap();
            let mut compact = CompactCounts::new();
            assert_eq!(exact.update(&batch, &control), Err(expected.clone()));
            assert_eq!(at.update(&batch, &control), Err(expected.clone()));
            assert_eq!(compact.update(&batch, &control), Err(expected.clone()));
            assert_eq!((exact.rows().negatives, at.rows().negatives, compact.rows().negatives), (0, 0, 0));
        }
    }
}

#[test]
fn nan_scores_are_dropped_on_request_and_zero_weights_count_nowhere() {
    let (labels, weights) = ([1_u8, 0, 1, 0, 1], [1.0, 2.0, 0.0, 0.0, 4.0]);
    let scores = [0.5_f32, f32::NAN, f32::NAN, 0.25, 0.75];
    let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
    let dropping = batch.clone().with_nan(NanPolicy::Drop);
    let rows = filled(CompactCounts::new(), &dropping, &control()).rows();
    assert_eq!((rows.positives, rows.negatives, rows.dropped), (2, 1, 2));
    let weighted = dropping.with_weights(Column::from_slice(&weights)).unwrap();
    let rows = filled(ExactCounts::new(None), &weighted, &control()).rows();
    assert_eq!((rows.positives, rows.negatives, rows.dropped), (2, 0, 1));
    assert_eq!((rows.weight_positives, rows.weight_negatives), (5.0, 0.0));
    assert_eq!(CompactCounts::new().update(&batch, &control()), Err(Error::NanScore { argument: "scores", index: 1 }));
}

#[test]
fn a_positive_label_is_compared_as_the_number_it_is() {
    let scores = [0.1_f32, 0.2, 0.3, 0.4];
    let positives = |labels: Column<'_>, number| {
        let batch = Batch::new(labels, Column::from_slice(&scores)).unwrap().with_positive(Positive::EqualTo(number));
        let mut counts = ExactCounts::new(None);
        counts.update(&batch, &control()).map(|()| counts.rows().positives)
    };
    let big = (1_i64 << 53) + 1;
    assert_eq!(positives(Column::from_slice(&[-1_i64, 1, 1, -1]), Number::Int(1)), Ok(2));
    assert_eq!(positives(Column::from_slice(&[big, big - 1, 0, big]), Number::Int(big.into())), Ok(2));
    assert_eq!(positives(Column::from_slice(&[big, big - 1, 0, big]), Number::Float(9_007_199_254_740_992.0)), Ok(1));
    assert_eq!(positives(Column::from_slice(&[2.0_f64, 1.0, 2.0, 0.5]), Number::Int(2)), Ok(2));
    assert_eq!(
        positives(Column::from_slice(&[2.0, f64::NAN, 2.0, 0.5]), Number::Int(2)),
        Err(Error::NanLabel { index: 1 })
    );
}

#[test]
fn every_stride_order_and_chunking_reads_the_same_rows() {
    let (labels, scores) = rows(10_000, 99);
    let expected = filled(ExactCounts::new(None), &batch(&labels, &scores, None), &control());
    let count = |labels: Column<'_>, scores: Column<'_>| {
        filled(ExactCounts::new(None), &Batch::new(labels, scores).unwrap(), &control())
    };
    let plain = Column::from_slice(&labels);
    let strided = |order, bytes: &[u8], offset, stride| {
        let column = Column::strided(DType::F32, order, bytes, offset, stride, scores.len(), "scores").unwrap();
        count(plain.clone(), column)
    };
    let spread: Vec<u8> = scores.iter().flat_map(|s| [&s.to_ne_bytes()[..], &[7; 5]].concat()).collect();
    assert!(strided(ByteOrder::Native, &spread, 0, 9) == expected);
    let swapped: Vec<u8> = scores.iter().flat_map(|s| s.to_bits().swap_bytes().to_ne_bytes()).collect();
    assert!(strided(ByteOrder::Swapped, &swapped, 0, 4) == expected);
    let backwards: Vec<u8> = scores.iter().rev().flat_map(|s| s.to_ne_bytes()).collect();
    assert!(strided(ByteOrder::Native, &backwards, backwards.len() - 4, -4) == expected);
    let shifted: Vec<u8> = std::iter::once(0).chain(scores.iter().flat_map(|s| s.to_ne_bytes())).collect();
    assert!(strided(ByteOrder::Native, &shifted, 1, 4) == expected);
    let chunks = scores.chunks(997).map(Column::from_slice).reduce(|a, b| a.followed_by(b, "scores").unwrap()).unwrap();
    let mut bits = vec![0_u8; labels.len() / 8 + 2];
    labels.iter().enumerate().for_each(|(i, &label)| bits[(i + 3) / 8] |= u8::from(label) << ((i + 3) % 8));
    let bits = Column::strided(DType::Bit, ByteOrder::Native, &bits, 3, 0, labels.len(), "labels").unwrap();
    assert!(count(bits, chunks) == expected);
}

#[test]
fn every_value_of_every_narrow_dtype_widens_exactly() {
    let codes: Vec<u16> = (0..=u16::MAX).collect();
    let labels = vec![true; codes.len()];
    let bytes: Vec<u8> = codes.iter().flat_map(|code| code.to_ne_bytes()).collect();
    let swapped: Vec<u8> = codes.iter().flat_map(|code| code.swap_bytes().to_ne_bytes()).collect();
    type Value = fn(u16) -> f64;
    let cases: [(DType, Value); 4] = [
        (DType::F16, |code| half::f16::from_bits(code).to_f64()),
        (DType::Bf16, |code| half::bf16::from_bits(code).to_f64()),
        (DType::I16, |code| f64::from(code as i16)),
        (DType::U16, f64::from),
    ];
    for (dtype, value) in cases {
        let mut expected: Vec<f64> = codes.iter().map(|&code| value(code) + 0.0).filter(|v| !v.is_nan()).collect();
        expected.sort_by(f64::total_cmp);
        expected.dedup();
        for (order, bytes) in [(ByteOrder::Native, &bytes), (ByteOrder::Swapped, &swapped)] {
            let scores = Column::strided(dtype, order, bytes, 0, 2, codes.len(), "scores").unwrap();
            let batch = Batch::new(Column::from_slice(&labels), scores).unwrap().with_nan(NanPolicy::Drop);
            let counts = filled(ExactCounts::new(None), &batch, &control());
            assert_eq!(counts.scores(&control()).unwrap(), expected, "{}", dtype.name());
        }
    }
}

#[test]
fn inexact_integers_are_refused_also_when_nan_is_dropped() {
    let scores = [1_i64, (1 << 53) + 1];
    let batch = Batch::new(Column::from_slice(&[true, false]), Column::from_slice(&scores)).unwrap();
    for batch in [batch.clone(), batch.with_nan(NanPolicy::Drop)] {
        let error = ExactCounts::new(None).update(&batch, &control()).unwrap_err();
        assert_eq!(error, Error::InexactScore { argument: "scores", index: 1, value: "9007199254740993".to_owned() });
    }
}

#[test]
fn a_cancelled_call_changes_nothing() {
    let (labels, scores) = rows(100_000, 2);
    let cancel = AtomicBool::new(true);
    let cancelled = Control::new(&cancel).with_threads(2);
    let batch = batch(&labels, &scores, None);
    let mut exact = filled(ExactCounts::new(None), &batch, &control());
    let before = exact.clone();
    assert_eq!(exact.update(&batch, &cancelled), Err(Error::Interrupted));
    assert_eq!(exact.compact(&cancelled), Err(Error::Interrupted));
    assert_eq!(exact.tally(&cancelled), Err(Error::Interrupted));
    assert_eq!(CompactCounts::new().update(&batch, &cancelled), Err(Error::Interrupted));
    assert!(exact == before);
}

#[test]
fn dtypes_fixed_by_the_first_rows_are_kept_and_compared() {
    let new =
        |dtype| ThresholdCounts::new(Thresholds::new(vec![0.7], Comparison::GreaterEqual).unwrap(), dtype).unwrap();
    let single = Batch::new(Column::from_slice(&[true]), Column::from_slice(&[0.7_f32])).unwrap();
    let double = Batch::new(Column::from_slice(&[true]), Column::from_slice(&[0.7_f64])).unwrap();
    let predicted = |counts: &ThresholdCounts| groups(&counts.tally(&control()).unwrap())[0].1;
    assert_eq!(predicted(&filled(new(None), &single, &control())), 1);
    assert_eq!(predicted(&filled(new(None), &double, &control())), 1);
    assert_eq!(predicted(&filled(new(Some(EdgeDType::F64)), &single, &control())), 0); // float32 0.7 is below 0.7
    assert_eq!(predicted(&filled(new(Some(EdgeDType::F32)), &double, &control())), 1); // 0.7 is above float32 0.7
    let (mut a, b) = (filled(new(None), &single, &control()), filled(new(None), &double, &control()));
    assert!(matches!(a.merge(&b), Err(Error::SettingMismatch { setting: "dtype", .. })));
    let mut empty = new(None);
    empty.merge(&a).unwrap();
    assert_eq!(empty.dtype(), Some(EdgeDType::F32));
    a.reset();
    assert_eq!(a.dtype(), None);
    a.merge(&b).unwrap();
    assert_eq!(a.dtype(), Some(EdgeDType::F64));
}

/// Splits rows anywhere, counts the pieces apart, merges them in any order.
fn law<A: Accumulator + std::fmt::Debug>(
    empty: &A,
    labels: &[bool],
    scores: &[f32],
    weights: Option<&[f64]>,
    cuts: &[usize],
) {
    let whole = filled(empty.clone(), &batch(labels, scores, weights), &control());
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (labels.len() + 1)).chain([0, labels.len()]).collect();
    cuts.sort_unstable();
    let part = |range: std::ops::Range<usize>| {
        let weights = weights.map(|weights| &weights[range.clone()]);
        filled(empty.clone(), &batch(&labels[range.clone()], &scores[range], weights), &control())
    };
    let mut parts: Vec<A> = cuts.windows(2).map(|pair| part(pair[0]..pair[1])).collect();
    parts.push(empty.clone());
    for _ in 0..2 {
        parts.reverse();
        let mut merged = empty.clone();
        parts.iter().for_each(|part| merged.merge(part).unwrap());
        assert_eq!(merged, whole);
    }
    let mut updated = empty.clone();
    for pair in cuts.windows(2) {
        let weights = weights.map(|weights| &weights[pair[0]..pair[1]]);
        updated.update(&batch(&labels[pair[0]..pair[1]], &scores[pair[0]..pair[1]], weights), &control()).unwrap();
    }
    assert_eq!(updated, whole);
}

proptest! {
    #[test]
    fn any_split_merged_in_any_order_equals_one_update(
        rows in prop::collection::vec((any::<bool>(), prop_oneof![-1.0..2.0_f32, (0..5_u8).prop_map(|i| f32::from(i) / 4.0)], 0..4_u8), 0..200),
        cuts in prop::collection::vec(0..1000_usize, 0..4),
        weighted: bool,
    ) {
        let labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let scores: Vec<f32> = rows.iter().map(|row| row.1).collect();
        let integers: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect(); // sums are exact
        let weights = weighted.then_some(&integers[..]);
        let thresholds = Thresholds::even(7, Comparison::GreaterEqual).unwrap();
        law(&ThresholdCounts::new(thresholds, Some(EdgeDType::F32)).unwrap(), &labels, &scores, weights, &cuts);
        law(&ExactCounts::new(None), &labels, &scores, weights, &cuts);
        law(&CompactCounts::new(), &labels, &scores, weights, &cuts);
    }

    #[test]
    fn integer_weights_equal_repetition(
        rows in prop::collection::vec((any::<bool>(), (0..9_u8).prop_map(|i| f32::from(i) / 8.0), 0..4_u8), 1..80),
    ) {
        let labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let scores: Vec<f32> = rows.iter().map(|row| row.1).collect();
        let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let repeated = rows.iter().flat_map(|row| vec![(row.0, row.1); row.2.into()]);
        let (many_labels, many_scores): (Vec<bool>, Vec<f32>) = repeated.unzip();
        let weighted = filled(ExactCounts::new(None), &batch(&labels, &scores, Some(&weights)), &control()).tally(&control()).unwrap();
        let plain = filled(ExactCounts::new(None), &batch(&many_labels, &many_scores, None), &control()).tally(&control()).unwrap();
        prop_assert_eq!(weighted.thresholds(), plain.thresholds());
        prop_assert_eq!(measure::roc_auc(&weighted).to_bits(), measure::roc_auc(&plain).to_bits());
        let (a, b) = (measure::average_precision(&weighted), measure::average_precision(&plain));
        prop_assert!((a - b).abs() < 1e-14 || (a.is_nan() && b.is_nan()));
    }

    #[test]
    fn flipping_labels_gives_one_minus_auc_and_bounds_hold_the_exact_value(
        rows in prop::collection::vec((any::<bool>(), -1.0..2.0_f32), 2..200),
    ) {
        let labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let flipped: Vec<bool> = labels.iter().map(|label| !label).collect();
        let scores: Vec<f32> = rows.iter().map(|row| row.1).collect();
        let auc = |labels: &[bool]| {
            let pairs = roc_auc_pairs(&batch(labels, &scores, None), &control()).unwrap();
            measure::roc_auc_from_pairs(pairs.twice_u, pairs.positives, pairs.negatives)
        };
        prop_assume!(labels.contains(&true) && labels.contains(&false));
        prop_assert!((auc(&labels) + auc(&flipped) - 1.0).abs() < 1e-15);
        let exact = filled(ExactCounts::new(None), &batch(&labels, &scores, None), &control()).tally(&control()).unwrap();
        let binned = filled(
            ThresholdCounts::new(Thresholds::even(9, Comparison::GreaterEqual).unwrap(), None).unwrap(),
            &batch(&labels, &scores, None),
            &control(),
        );
        let binned = binned.tally(&control()).unwrap();
        let (auc_bounds, ap_bounds) = (measure::roc_auc_bounds(&binned), measure::average_precision_bounds(&binned));
        let (auc, ap) = (measure::roc_auc(&exact), measure::average_precision(&exact));
        prop_assert!(auc_bounds.lower <= auc && auc <= auc_bounds.upper);
        prop_assert!(ap_bounds.lower <= ap && ap <= ap_bounds.upper);
    }
}

#[test]
fn rows_count_the_same_from_any_address() {
    let scores: Vec<f32> =
        (0..70_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0).collect();
    let labels: Vec<bool> = (0..70_000).map(|i| i % 5 == 0).collect();
    let even = Thresholds::even(200, Comparison::GreaterEqual).unwrap();
    let uneven = Thresholds::new((1..150).map(|i| f64::from(i * i) / 22_500.0).collect(), Comparison::Greater).unwrap();
    for start in (0..=16).chain(63..=65) {
        let rows = start..70_000 - start % 7;
        for thresholds in [&even, &uneven] {
            let empty = ThresholdCounts::new(thresholds.clone(), None).unwrap();
            let mut pieces = empty.clone();
            for at in rows.clone().step_by(999) {
                let some = at..(at + 999).min(rows.end);
                pieces.update(&batch(&labels[some.clone()], &scores[some], None), &control()).unwrap();
            }
            for control in controls() {
                let mut whole = empty.clone();
                whole.update(&batch(&labels[rows.clone()], &scores[rows.clone()], None), &control).unwrap();
                assert!(whole == pieces, "first row {start}");
            }
        }
    }
}
