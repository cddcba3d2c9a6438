//! Times of the core alone, ns a row, best and median of several runs: `cargo bench`, or `cargo bench -- exact` for the rows
//! whose name holds a word. Comparisons with other libraries are in `benches/python`.

use std::hint::black_box;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use thresher::count::{
    Accumulator, CompactCounts, Comparison, ExactCounts, ThresholdCounts, Thresholds, roc_auc_pairs,
};
use thresher::input::{Batch, ByteOrder, Column, DType, NanPolicy};
use thresher::{Control, Level};

const ROWS: usize = 10_000_000;
const RUNS: usize = 7;

/// 20 % positive; scores overlap as those of a middling model do.
fn rows() -> (Vec<bool>, Vec<f32>) {
    let mut state = 88_172_645_463_325_252_u64;
    let mut unit = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut row = || {
        let label = unit() < 0.2;
        let normal = (-2.0 * unit().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * unit()).cos();
        let logit = normal + if label { 0.2 } else { -1.0 };
        (label, (1.0 / (1.0 + (-logit).exp())) as f32)
    };
    (0..ROWS).map(|_| row()).unzip()
}

fn time(name: &str, wanted: &str, mut work: impl FnMut()) {
    if !name.contains(wanted) {
        return;
    }
    work();
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e9 / ROWS as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{name:44} {:7.2} {:7.2}", times[0], times[RUNS / 2]);
}

fn counts<A: Accumulator>(empty: &A, batch: &Batch<'_>, control: &Control<'_>) -> A {
    let mut counts = empty.clone();
    match counts.update(batch, control) {
        Ok(()) => counts,
        Err(error) => unreachable!("{error}"), // the rows above are good
    }
}

fn batch<'a>(labels: Column<'a>, scores: Column<'a>) -> Batch<'a> {
    match Batch::new(labels, scores) {
        Ok(batch) => batch,
        Err(error) => unreachable!("{error}"), // as many labels as scores
    }
}

fn at(thresholds: Vec<f64>) -> ThresholdCounts {
    match Thresholds::new(thresholds, Comparison::GreaterEqual).and_then(|list| ThresholdCounts::new(list, None)) {
        Ok(counts) => counts,
        Err(error) => unreachable!("{error}"), // some thresholds, none of them NaN
    }
}

fn even(k: usize) -> ThresholdCounts {
    match Thresholds::even(k, Comparison::GreaterEqual) {
        Ok(list) => at(list.given().to_vec()),
        Err(error) => unreachable!("{error}"), // k >= 1
    }
}

/// 200 thresholds that no arithmetic alone finds.
fn uneven(scores: &[f32]) -> Vec<(&'static str, Vec<f64>)> {
    let mut sample: Vec<f32> = scores.iter().copied().take(100_000).collect();
    sample.sort_unstable_by(f32::total_cmp);
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    vec![
        ("quantiles", (0..200).map(|i| f64::from(sample[i * 500 + 250])).collect()),
        ("logit-spaced", (0..200).map(|i| 1.0 / (1.0 + (-(f64::from(i) - 99.5) / 10.0).exp())).collect()),
        ("within 0.002 of 0.5", (0..200).map(|i| 0.498 + 0.004 * f64::from(i) / 199.0).collect()),
        ("random", (0..200).map(|_| random()).collect()),
        ("log-spaced", (0..200).map(|i| (f64::from(i) / 199.0 * 1e-6_f64.ln()).exp()).collect()),
        ("powers of 10", vec![1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.99]),
        ("quantiles, 10,000", (0..10_000).map(|i| f64::from(sample[i * 10 + 5])).collect()),
    ]
}

/// Scores that make rows wait for one another, or that sit where arithmetic could err.
fn worst(scores: &[f32]) -> Vec<(&'static str, Vec<f32>)> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let reversed = sorted.iter().rev().copied().collect();
    let each = |work: fn((usize, f32)) -> f32| scores.iter().copied().enumerate().map(work).collect();
    vec![
        ("all equal", vec![0.5; scores.len()]),
        ("two values", each(|(_, score)| if score < 0.3 { 0.25 } else { 0.75 })),
        ("sorted", sorted),
        ("reversed", reversed),
        ("saturated", each(|(_, score)| ((score - 0.3) * 10.0).clamp(0.0, 1.0))),
        ("on thresholds", each(|(_, score)| (f64::from((score * 199.0).round()) * (1.0 / 199.0)) as f32)),
        ("0.01 steps", each(|(_, score)| (score * 100.0).round() / 100.0)),
    ]
}

/// ThresholdCounts and CompactCounts over many kinds of input, on the best level alone.
fn counting(wanted: &str, labels: &[bool], scores: &[f32]) {
    let cancel = AtomicBool::new(false);
    let (bools, singles) = (|| Column::from_slice(labels), || Column::from_slice(scores));
    for threads in [1, 2] {
        let control = Control::new(&cancel).with_threads(threads);
        let row = |what: &str, empty: &ThresholdCounts, batch: Batch<'_>| {
            let name = format!("counting, {what}, {threads} thread(s)");
            time(&name, wanted, || drop(black_box(counts(empty, &batch, &control))));
        };
        for k in [2, 5, 10, 19, 200, 1000, 10_000, 65_536] {
            row(&format!("{k} even"), &even(k), batch(bools(), singles()));
        }
        for (name, list) in uneven(scores) {
            row(name, &at(list), batch(bools(), singles()));
        }
        for (name, scores) in worst(scores) {
            row(name, &even(200), batch(bools(), Column::from_slice(&scores)));
        }
        dtypes(&row, labels, scores);
        let name = |what: &str| format!("counting, {what}, {threads} thread(s)");
        let logits: Vec<f32> = scores.iter().map(|&score| (score / (1.0 - score)).ln()).collect();
        for (what, scores) in [("CompactCounts", scores), ("CompactCounts logits", &logits)] {
            let batch = batch(bools(), Column::from_slice(scores));
            time(&name(what), wanted, || drop(black_box(counts(&CompactCounts::new(), &batch, &control))));
        }
    }
}

/// 200 even thresholds: scores, labels and weights of other types and layouts.
fn dtypes(row: &impl Fn(&str, &ThresholdCounts, Batch<'_>), labels: &[bool], scores: &[f32]) {
    let bools = || Column::from_slice(labels);
    let wide: Vec<f64> = scores.iter().map(|&score| f64::from(score) * 1.000_000_1).collect();
    row("float64", &even(200), batch(bools(), Column::from_slice(&wide)));
    for (name, list) in uneven(scores).into_iter().take(4) {
        row(&format!("float64 {name}"), &at(list), batch(bools(), Column::from_slice(&wide)));
    }
    let pairs: Vec<f32> = scores.iter().flat_map(|&score| [1.0 - score, score]).collect();
    let bytes: &[u8] = bytemuck::cast_slice(&pairs);
    let strided = |dtype, order, bytes, offset, stride| {
        match Column::strided(dtype, order, bytes, offset, stride, scores.len(), "scores") {
            Ok(column) => column,
            Err(error) => unreachable!("{error}"), // every element lies inside
        }
    };
    row("stride 2", &even(200), batch(bools(), strided(DType::F32, ByteOrder::Native, bytes, 4, 8)));
    let swapped: Vec<u32> = scores.iter().map(|score| score.to_bits().swap_bytes()).collect();
    let bytes = bytemuck::cast_slice(&swapped);
    row("big-endian", &even(200), batch(bools(), strided(DType::F32, ByteOrder::Swapped, bytes, 0, 4)));
    let halves: Vec<half::f16> = scores.iter().map(|&score| half::f16::from_f32(score)).collect();
    row("float16", &even(200), batch(bools(), Column::from_slice(&halves)));
    let halves: Vec<half::bf16> = scores.iter().map(|&score| half::bf16::from_f32(score)).collect();
    row("bfloat16", &even(200), batch(bools(), Column::from_slice(&halves)));
    let longs: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
    row("int64 labels", &even(200), batch(Column::from_slice(&longs), Column::from_slice(scores)));
    let floats: Vec<f32> = labels.iter().map(|&label| f32::from(u8::from(label))).collect();
    row("float32 labels", &even(200), batch(Column::from_slice(&floats), Column::from_slice(scores)));
    let weights: Vec<f32> = scores.iter().map(|&score| 0.5 + score).collect();
    let weighted = |weights| match batch(bools(), Column::from_slice(scores)).with_weights(weights) {
        Ok(batch) => batch,
        Err(error) => unreachable!("{error}"), // as many weights as labels
    };
    row("weights float32", &even(200), weighted(Column::from_slice(&weights)));
    let weights: Vec<f64> = weights.iter().map(|&weight| f64::from(weight)).collect();
    row("weights float64", &even(200), weighted(Column::from_slice(&weights)));
    let nans = batch(bools(), Column::from_slice(scores)).with_nan(NanPolicy::Drop);
    row("NaN dropped", &even(200), nans);
}

fn main() {
    let wanted = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let (labels, scores) = rows();
    let wide: Vec<f64> = scores.iter().map(|&score| f64::from(score) * 1.000_000_1).collect();
    let single = || Column::from_slice(&scores);
    let of = |scores| batch(Column::from_slice(&labels), scores);
    let cancel = AtomicBool::new(false);
    println!("{:44} {:>7} {:>7}", "ns a row", "best", "median");
    counting(&wanted, &labels, &scores);
    for level in ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named) {
        for threads in [1, 2] {
            let control = Control::new(&cancel).with_level(level).with_threads(threads);
            let name = |what: &str| format!("{what}, {}, {threads} thread(s)", level.name());
            for k in [19, 200, 1000, 10_000] {
                let empty = even(k);
                time(&name(&format!("{k} even thresholds")), &wanted, || {
                    black_box(counts(&empty, &of(single()), &control));
                });
            }
            time(&name("CompactCounts"), &wanted, || {
                black_box(counts(&CompactCounts::new(), &of(single()), &control));
            });
            time(&name("ExactCounts"), &wanted, || {
                black_box(counts(&ExactCounts::new(None), &of(single()), &control));
            });
            time(&name("roc_auc float32"), &wanted, || {
                black_box(roc_auc_pairs(&of(single()), &control).ok());
            });
            time(&name("roc_auc float64"), &wanted, || {
                black_box(roc_auc_pairs(&of(Column::from_slice(&wide)), &control).ok());
            });
        }
    }
}
