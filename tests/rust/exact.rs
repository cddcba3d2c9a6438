//! The fast paths of exact figures, against definitions of a few lines: every dtype that has a path of its own, inputs
//! that suit a path badly, sizes about the limits between paths, all instruction sets, 1 to 16 threads: the same integers.

#![allow(clippy::unwrap_used)] // helpers of tests stand outside test functions

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use thresher::count::{
    Accumulator, Columns, ExactCounts, GroupValues, Order, each_weighted_group, fold_positive_groups,
    one_vs_rest_pairs, roc_auc_pairs, weighted_tally,
};
use thresher::input::{Batch, ByteOrder, Column, Element, Number, Positive, Score};
use thresher::measure::{self, PrecisionRecallCurve, PrecisionSum, RocCurve};
use thresher::tally::{Groups, Masses, Tally};
use thresher::{Control, Level};

/// A fixed sequence of numbers in [0, 1).
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Families of scores; each suits some path badly.
const FAMILIES: [&str; 12] = [
    "probabilities",
    "rare",
    "one bucket",
    "tied",
    "two values",
    "all equal",
    "sorted",
    "every prefix",
    "logits",
    "saturated",
    "bfloat16 values",
    "tied prefixes",
];

fn rows(family: &str, n: usize) -> (Vec<bool>, Vec<f64>) {
    let mut random = Random(family.len() as u64 * 1000 + n as u64);
    let share = if family == "rare" { 0.004 } else { 0.3 };
    let labels: Vec<bool> = (0..n).map(|_| random.unit() < share).collect();
    let mut scores: Vec<f64> = labels
        .iter()
        .map(|&label| {
            let sum: f64 = (0..6).map(|_| random.unit()).sum::<f64>() - 3.0;
            let logit = 2.0 * sum + if label { 1.0 } else { -0.5 };
            let probability = 1.0 / (1.0 + (-logit).exp());
            match family {
                "one bucket" => 0.5 + random.unit() / 300.0,
                "tied" => (probability * 300.0).floor() / 300.0,
                "two values" => f64::from(u8::from(probability > 0.4)),
                "all equal" => 0.25,
                "every prefix" => f64::from(f32::from_bits((random.unit() * f64::from(0x3f80_0000)) as u32)),
                "logits" => logit * if label { 1.0 } else { -1.0 },
                "saturated" => 1.0 / (1.0 + (-25.0 * logit).exp()),
                "bfloat16 values" => f64::from(f32::from_bits((probability as f32).to_bits() & 0xffff_0000)),
                "tied prefixes" => f64::from(f32::from_bits((0x3f80 - (random.unit() * 700.0) as u32) << 16 | 5)),
                _ => probability,
            }
        })
        .collect();
    if family == "sorted" {
        scores.sort_by(f64::total_cmp);
    }
    (labels, scores)
}

/// `[negatives, positives]` a score, ascending: the definition.
fn groups(labels: &[bool], scores: &[f64]) -> BTreeMap<u64, [u64; 2]> {
    let mut groups = BTreeMap::<u64, [u64; 2]>::new();
    for (&label, score) in labels.iter().zip(scores) {
        groups.entry(score.key()).or_default()[usize::from(label)] += 1;
    }
    groups
}

fn tally(groups: &BTreeMap<u64, [u64; 2]>) -> Tally {
    let column = |label: usize| groups.values().rev().map(|counts| counts[label]).collect();
    let masses = Masses::Counts { positives: column(1), negatives: column(0) };
    Tally::new(groups.keys().rev().map(|&key| f64::from_key(key)).collect(), masses, true)
}

fn twice_u(groups: &BTreeMap<u64, [u64; 2]>) -> u128 {
    let (mut below, mut twice_u) = (0, 0);
    for &[negatives, positives] in groups.values() {
        twice_u += u128::from(positives) * (2 * u128::from(below) + u128::from(negatives));
        below += negatives;
    }
    twice_u
}

fn precision(batch: &Batch<'_>, control: &Control<'_>) -> f64 {
    let add = |sum: &mut PrecisionSum, group: thresher::count::PositiveGroup| {
        sum.add(group.positives, group.true_positives, group.false_positives);
    };
    let parts = fold_positive_groups(batch, control, |[_, positives]| PrecisionSum::new(positives), add).unwrap();
    let whole = parts.into_iter().reduce(|mut sum, part| {
        sum.merge(&part);
        sum
    });
    whole.map_or(f64::NAN, PrecisionSum::mean)
}

/// Points of the curves, among so many `[negatives, positives]`; those on straight lines, or of one recall, dropped or not.
struct RocPoints<const DROPS: bool>([u64; 2]);

impl<const DROPS: bool> GroupValues<f64> for RocPoints<DROPS> {
    const DROPS: bool = DROPS;

    fn stays(counts: [u64; 2], lower: [u64; 2]) -> bool {
        RocCurve::stays(counts, lower)
    }

    fn make(&mut self, groups: Groups<'_>, fpr: &mut [f64], tpr: &mut [f64]) {
        RocCurve::points(groups, self.0, fpr, tpr);
    }
}

struct PrecisionRecallPoints<const DROPS: bool>([u64; 2]);

impl<const DROPS: bool> GroupValues<f64> for PrecisionRecallPoints<DROPS> {
    const DROPS: bool = DROPS;

    fn stays(counts: [u64; 2], lower: [u64; 2]) -> bool {
        PrecisionRecallCurve::stays(counts, lower)
    }

    fn make(&mut self, groups: Groups<'_>, precision: &mut [f64], recall: &mut [f64]) {
        PrecisionRecallCurve::points(groups, self.0, precision, recall);
    }
}

/// The columns of both curves, where there are some, compared with those of the tally.
fn check_columns<const DROPS: bool>(counts: &ExactCounts, tally: &Tally, control: &Control<'_>, what: &str) {
    if let Some((columns, _)) = counts.columns(Order::DescendingAfterOne, control, RocPoints::<DROPS>).unwrap() {
        let curve = measure::roc_curve(tally, DROPS);
        assert_eq!((&columns.scores[1..], &columns.first[1..]), (&curve.thresholds[1..], &curve.fpr[1..]), "{what}");
        assert_eq!(columns.second[1..], curve.tpr[1..], "{what}");
    }
    let ascending = Order::AscendingBeforeOne;
    if let Some((columns, _)) = counts.columns(ascending, control, PrecisionRecallPoints::<DROPS>).unwrap() {
        let curve = measure::precision_recall_curve(tally, DROPS);
        let len = curve.thresholds.len();
        assert_eq!((&columns.scores[..len], &columns.first[..len]), (&curve.thresholds[..], &curve.precision[..len]));
        assert_eq!(columns.second, curve.recall, "{what}");
        let single: Columns<f32, f64> =
            counts.columns(ascending, control, PrecisionRecallPoints::<DROPS>).unwrap().unwrap().0;
        let rounded: Vec<f32> = columns.scores.iter().map(|&score: &f64| score as f32).collect();
        assert_eq!((single.scores, single.first), (rounded, columns.first), "{what}");
    }
}

/// Everything that is read off a batch, compared with the definition.
fn check(batch: &Batch<'_>, expected: &BTreeMap<u64, [u64; 2]>, control: &Control<'_>, what: &str) {
    let pairs = roc_auc_pairs(batch, control).unwrap();
    assert_eq!(pairs.twice_u, twice_u(expected), "{what}");
    let tally = tally(expected);
    assert_eq!(precision(batch, control).to_bits(), measure::average_precision(&tally).to_bits(), "{what}");

    let mut counts = ExactCounts::new(None);
    counts.update(batch, control).unwrap();
    let once = ExactCounts::of(batch, control).unwrap();
    for counts in [&counts, &once] {
        assert!(counts.finite(), "{what}");
        assert_eq!(counts.tally(control).unwrap(), tally, "{what}");
        assert_eq!(counts.pairs(control).unwrap(), pairs, "{what}");
        check_columns::<false>(counts, &tally, control, what);
        check_columns::<true>(counts, &tally, control, what);
    }
}

/// Levels and numbers of threads, in turn rather than each with each.
fn controls(cancel: &AtomicBool) -> Vec<Control<'_>> {
    let levels: Vec<Level> = ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named).collect();
    let threads = [1, 2, 3, 16];
    (0..threads.len().max(levels.len()))
        .map(|i| Control::new(cancel).with_threads(threads[i % 4]).with_level(levels[i % levels.len()]))
        .collect()
}

#[test]
fn every_family_size_and_width_gives_what_a_map_of_counts_gives() {
    let cancel = AtomicBool::new(false);
    let controls = controls(&cancel);
    for (i, family) in FAMILIES.into_iter().enumerate() {
        for (j, n) in [0, 1, 2, 999, 65_536, 65_537, 140_001].into_iter().enumerate() {
            let (labels, scores) = rows(family, n);
            let narrow: Vec<f32> = scores.iter().map(|&score| score as f32).collect();
            let widened: Vec<f64> = narrow.iter().copied().map(f64::from).collect();
            let (wide, single) = (groups(&labels, &scores), groups(&labels, &widened));
            let control = &controls[(i + j) % controls.len()];
            let batch = |scores| Batch::new(Column::from_slice(&labels), scores).unwrap();
            check(&batch(Column::from_slice(&scores)), &wide, control, &format!("{family} {n} float64"));
            check(&batch(Column::from_slice(&narrow)), &single, control, &format!("{family} {n} float32"));
            check(&batch(Column::from_slice(&widened)), &single, control, &format!("{family} {n} float32 in float64"));
        }
    }
}

#[test]
fn an_infinite_score_is_seen_wherever_rows_are_kept() {
    let cancel = AtomicBool::new(false);
    let control = Control::new(&cancel).with_threads(2);
    for n in [1, 1000, 70_000, 140_001] {
        let (labels, mut scores) = rows("logits", n);
        for infinite in [f64::INFINITY, f64::NEG_INFINITY] {
            let finite = std::mem::replace(&mut scores[n / 2], infinite);
            let narrow: Vec<f32> = scores.iter().map(|&score| score as f32).collect();
            let halves: Vec<half::f16> = scores.iter().map(|&score| half::f16::from_f64(score)).collect();
            for column in [Column::from_slice(&scores), Column::from_slice(&narrow), Column::from_slice(&halves)] {
                let batch = Batch::new(Column::from_slice(&labels), column).unwrap();
                assert!(!ExactCounts::of(&batch, &control).unwrap().finite(), "{n} {infinite}");
                assert_eq!(batch.infinite_score(), Some((n / 2, infinite)));
            }
            scores[n / 2] = finite;
        }
        let tied = vec![f32::INFINITY; n];
        let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&tied)).unwrap();
        assert!(!ExactCounts::of(&batch, &control).unwrap().finite(), "{n}");
    }
}

/// Columns of a table whose rows lie together.
fn columns<T: Element>(table: &[T], width: usize) -> Vec<Column<'_>> {
    let (size, bytes) = (size_of::<T>(), bytemuck::cast_slice(table));
    let column = |at: usize| {
        let stride = (width * size).cast_signed();
        Column::strided(T::DTYPE, ByteOrder::Native, bytes, at * size, stride, table.len() / width, "scores").unwrap()
    };
    (0..width).map(column).collect()
}

#[test]
fn each_class_against_the_rest_is_what_its_column_alone_gives() {
    let cancel = AtomicBool::new(false);
    for (n, threads, width) in [(0, 1, 3), (1, 2, 3), (1023, 1, 4), (1025, 3, 3), (65_536, 2, 3), (140_001, 4, 3)] {
        let control = Control::new(&cancel).with_threads(threads);
        let mut random = Random(n as u64 + 1);
        let labels: Vec<u8> = (0..n).map(|_| (random.unit() * 3.0) as u8).collect();
        let mut wide = Vec::new();
        for &label in &labels {
            let raw: Vec<f64> =
                (0..width).map(|at| random.unit() + f64::from(u8::from(at == usize::from(label)))).collect();
            let sum: f64 = raw.iter().sum();
            wide.extend(raw.into_iter().map(|value| (value / sum * 50.0).round() / 50.0));
            let sum: f64 = wide[wide.len() - width..].iter().sum();
            *wide.last_mut().unwrap() += 1.0 - sum;
        }
        let mut narrow: Vec<f32> = wide.iter().map(|&value| value as f32).collect();
        let labelled = Column::from_slice(&labels);
        let mut mixed = columns(&wide, width);
        mixed[0] = columns(&narrow, width)[0].clone();
        for columns in [columns(&wide, width), columns(&narrow, width), mixed] {
            let found = one_vs_rest_pairs(&labelled, &columns, 1e-6, &control).unwrap().unwrap();
            let alone = |(at, column): (usize, &Column<'_>)| {
                let positive = Positive::EqualTo(Number::Int(at as i128));
                let batch = Batch::new(labelled.clone(), column.clone()).unwrap().with_positive(positive);
                roc_auc_pairs(&batch, &control).unwrap()
            };
            assert_eq!(found, columns.iter().enumerate().map(alone).collect::<Vec<_>>(), "{n}");
        }
        for bad in [f32::NAN, f32::INFINITY, 1.5] {
            if let Some(last) = narrow.last_mut() {
                *last = bad;
                assert_eq!(one_vs_rest_pairs(&labelled, &columns(&narrow, width), 1e-6, &control).unwrap(), None);
            }
        }
        let short = [Column::from_slice(&narrow)];
        assert!(n == 0 || one_vs_rest_pairs(&labelled, &short, 1e-6, &control).is_err());
    }
}

#[test]
fn every_level_and_number_of_threads_gives_the_same() {
    let cancel = AtomicBool::new(false);
    let (labels, scores) = rows("probabilities", 300_001);
    let narrow: Vec<f32> = scores.iter().map(|&score| score as f32).collect();
    let expected = groups(&labels, &narrow.iter().copied().map(f64::from).collect::<Vec<_>>());
    let wide = groups(&labels, &scores);
    for level in ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named) {
        for threads in [1, 2, 5, 16] {
            let control = Control::new(&cancel).with_threads(threads).with_level(level);
            let batch = |scores| Batch::new(Column::from_slice(&labels), scores).unwrap();
            check(&batch(Column::from_slice(&narrow)), &expected, &control, level.name());
            check(&batch(Column::from_slice(&scores)), &wide, &control, level.name());
        }
    }
}

#[test]
fn scores_of_16_bits_are_counted_as_their_values_are() {
    let cancel = AtomicBool::new(false);
    for (n, control) in [70_000, 200_003, 200_003, 70_001].into_iter().zip(controls(&cancel)) {
        let (labels, scores) = rows("logits", n);
        let batch = |scores| Batch::new(Column::from_slice(&labels), scores).unwrap();
        let f16: Vec<half::f16> = scores.iter().map(|&score| half::f16::from_f64(score)).collect();
        let bf16: Vec<half::bf16> = scores.iter().map(|&score| half::bf16::from_f64(score)).collect();
        let i16: Vec<i16> = scores.iter().map(|&score| (score * 3000.0) as i16).collect();
        let u16: Vec<u16> = i16.iter().map(|&score| score.cast_unsigned()).collect();
        let values = |values: Vec<f64>| groups(&labels, &values);
        let expected = values(f16.iter().map(|score| score.to_f64()).collect());
        check(&batch(Column::from_slice(&f16)), &expected, &control, "float16");
        let expected = values(bf16.iter().map(|score| score.to_f64()).collect());
        check(&batch(Column::from_slice(&bf16)), &expected, &control, "bfloat16");
        check(&batch(Column::from_slice(&i16)), &values(i16.iter().map(|&s| s.into()).collect()), &control, "int16");
        check(&batch(Column::from_slice(&u16)), &values(u16.iter().map(|&s| s.into()).collect()), &control, "uint16");
    }
}

#[test]
fn weights_are_added_from_zero_in_order_of_row() {
    let cancel = AtomicBool::new(false);
    for (family, n) in [("probabilities", 900), ("tied", 150_000), ("probabilities", 200_000), ("one bucket", 150_000)]
    {
        let (labels, scores) = rows(family, n);
        let mut random = Random(7);
        let weights: Vec<f64> = (0..n).map(|_| if random.unit() < 0.1 { 0.0 } else { random.unit() }).collect();
        for narrow in [true, false] {
            let single: Vec<f32> = scores.iter().map(|&score| score as f32).collect();
            let mut expected = BTreeMap::<u64, [f64; 2]>::new();
            for i in (0..n).filter(|&i| weights[i] > 0.0) {
                let score = if narrow { f64::from(single[i]) } else { scores[i] };
                expected.entry(score.key()).or_default()[usize::from(labels[i])] += weights[i];
            }
            let column = |label: usize| expected.values().rev().map(|sums| sums[label]).collect();
            let masses = Masses::Weights { positives: column(1), negatives: column(0) };
            let tally = Tally::new(expected.keys().rev().map(|&key| f64::from_key(key)).collect(), masses, true);
            let column = if narrow { Column::from_slice(&single) } else { Column::from_slice(&scores) };
            let batch = Batch::new(Column::from_slice(&labels), column).unwrap();
            let batch = batch.with_weights(Column::from_slice(&weights)).unwrap();
            for control in controls(&cancel) {
                assert_eq!(weighted_tally(&batch, &control).unwrap(), tally, "{family} {n}");
                let (mut up, mut down) = (Vec::new(), Vec::<[f64; 2]>::new());
                each_weighted_group(&batch, true, &control, |sums| up.extend_from_slice(sums)).unwrap();
                each_weighted_group(&batch, false, &control, |sums| down.extend(sums.iter().rev())).unwrap();
                assert!(up.iter().eq(expected.values()) && down.iter().eq(expected.values().rev()), "{family} {n}");
                let mut counts = ExactCounts::new(None);
                counts.update(&batch, &control).unwrap();
                assert_eq!(counts.tally(&control).unwrap(), tally, "{family} {n}");
            }
        }
    }
}

#[test]
fn batches_of_any_size_make_the_counts_that_one_batch_makes() {
    let cancel = AtomicBool::new(false);
    let control = Control::new(&cancel).with_threads(2);
    let (labels, scores) = rows("tied", 500_000);
    let mut narrow: Vec<f32> = scores.iter().map(|&score| score as f32).collect();
    for (i, score) in narrow.iter_mut().enumerate().filter(|(i, _)| i % 3 == 0) {
        *score += i as f32 * 1e-7;
    }
    let batch = |range: std::ops::Range<usize>| {
        Batch::new(Column::from_slice(&labels[range.clone()]), Column::from_slice(&narrow[range])).unwrap()
    };
    let mut whole = ExactCounts::new(None);
    whole.update(&batch(0..500_000), &control).unwrap();
    for size in [700, 30_000, 70_000, 200_000] {
        let (mut counts, mut merged) = (ExactCounts::new(None), ExactCounts::new(None));
        for start in (0..500_000).step_by(size) {
            let rows = batch(start..(start + size).min(500_000));
            counts.update(&rows, &control).unwrap();
            let mut part = ExactCounts::new(None);
            part.update(&rows, &control).unwrap();
            merged.merge(&part).unwrap();
        }
        assert!(counts == whole && merged == whole, "{size}");
        assert_eq!(counts.pairs(&control).unwrap(), whole.pairs(&control).unwrap(), "{size}");
        let mut compacted = counts.clone();
        compacted.compact(&control).unwrap();
        assert!(compacted == whole && compacted.pairs(&control).unwrap() == whole.pairs(&control).unwrap(), "{size}");
    }
}

#[test]
fn compacting_that_is_cancelled_loses_nothing() {
    let (going, stopped) = (AtomicBool::new(false), AtomicBool::new(true));
    let control = Control::new(&going);
    let (labels, scores) = rows("probabilities", 240_000);
    let mut counts = ExactCounts::new(None);
    for start in (0..240_000).step_by(60_000) {
        let range = start..start + 60_000;
        let batch = Batch::new(Column::from_slice(&labels[range.clone()]), Column::from_slice(&scores[range])).unwrap();
        counts.update(&batch, &control).unwrap();
    }
    let before = counts.clone();
    assert!(counts.compact(&Control::new(&stopped)).is_err());
    assert!(counts == before);
}
