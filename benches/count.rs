//! Times of the core alone, ns a row, best and median of several runs: `cargo bench`, or `cargo bench -- exact` for the rows
//! whose name holds a word. Comparisons with other libraries are in `benches/python`.

use std::hint::black_box;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use thresher::count::{
    Accumulator, CompactCounts, Comparison, ExactCounts, ThresholdCounts, Thresholds, roc_auc_pairs,
};
use thresher::input::{Batch, Column};
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

fn main() {
    let wanted = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let (labels, scores) = rows();
    let wide: Vec<f64> = scores.iter().map(|&score| f64::from(score) * 1.000_000_1).collect();
    let single = || Column::from_slice(&scores);
    let batch = |scores| match Batch::new(Column::from_slice(&labels), scores) {
        Ok(batch) => batch,
        Err(error) => unreachable!("{error}"), // as many labels as scores
    };
    let even = |k| match Thresholds::even(k, Comparison::GreaterEqual).and_then(|list| ThresholdCounts::new(list, None))
    {
        Ok(counts) => counts,
        Err(error) => unreachable!("{error}"), // k >= 1
    };
    let cancel = AtomicBool::new(false);
    println!("{:44} {:>7} {:>7}", "ns a row", "best", "median");
    for level in ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named) {
        for threads in [1, 2] {
            let control = Control::new(&cancel).with_level(level).with_threads(threads);
            let name = |what: &str| format!("{what}, {}, {threads} thread(s)", level.name());
            for k in [19, 200, 1000, 10_000] {
                let empty = even(k);
                time(&name(&format!("{k} even thresholds")), &wanted, || {
                    black_box(counts(&empty, &batch(single()), &control));
                });
            }
            time(&name("CompactCounts"), &wanted, || {
                black_box(counts(&CompactCounts::new(), &batch(single()), &control));
            });
            time(&name("ExactCounts"), &wanted, || {
                black_box(counts(&ExactCounts::new(None), &batch(single()), &control));
            });
            time(&name("roc_auc float32"), &wanted, || {
                black_box(roc_auc_pairs(&batch(single()), &control).ok());
            });
            time(&name("roc_auc float64"), &wanted, || {
                black_box(roc_auc_pairs(&batch(Column::from_slice(&wide)), &control).ok());
            });
        }
    }
}
