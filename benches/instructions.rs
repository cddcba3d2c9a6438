//! One kernel, once, for callgrind to count: `instructions KERNEL LEVEL`; without arguments, the kernels and levels there
//! are. `make instructions` compares the counts with committed figures (docs/dev/instruction-guard.md).

use std::env;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use thresher::count::{
    Accumulator, CompactCounts, Comparison, ExactCounts, PositiveGroup, ThresholdCounts, Thresholds,
    fold_positive_groups, roc_auc_pairs,
};
use thresher::input::{Batch, Column, Element};
use thresher::measure::PrecisionSum;
use thresher::{Control, Level, Result};

/// So many that a call's fixed work is a small part of its count, and that [`ExactCounts`] folds its batches.
const ROWS: usize = 4_000_000;

/// Rows of one update of [`ExactCounts`].
const BATCH_ROWS: usize = 500_000;

/// Prepares what it needs and hands the work to [`collected`].
type Kernel = fn(&Rows, &Control<'_>) -> Result<()>;

const KERNELS: [(&str, Kernel); 11] = [
    ("counts_200", |rows, control| update(even(200)?, &rows.batch(&rows.narrow)?, control)),
    ("counts_1000", |rows, control| update(even(1000)?, &rows.batch(&rows.narrow)?, control)),
    ("counts_200_quantiles", |rows, control| update(quantiles(200, rows)?, &rows.batch(&rows.narrow)?, control)),
    ("counts_200_float64", |rows, control| update(even(200)?, &rows.batch(&rows.wide)?, control)),
    ("counts_200_weights", |rows, control| {
        let weights: Vec<f64> = rows.wide.iter().map(|score| 0.5 + score).collect();
        update(even(200)?, &rows.batch(&rows.narrow)?.with_weights(Column::from_slice(&weights))?, control)
    }),
    ("compact", |rows, control| update(CompactCounts::new(), &rows.batch(&rows.narrow)?, control)),
    ("exact", |rows, control| {
        let batches: Vec<_> = rows.batches(BATCH_ROWS).collect::<Result<_>>()?;
        let mut counts = ExactCounts::new(None);
        collected(&mut || batches.iter().try_for_each(|batch| counts.update(batch, control)))
    }),
    ("roc_auc", |rows, control| roc_auc(&rows.batch(&rows.narrow)?, control)),
    ("roc_auc_float64", |rows, control| roc_auc(&rows.batch(&rows.wide)?, control)),
    ("roc_auc_bfloat16", |rows, control| {
        let coarse: Vec<f32> = rows.narrow.iter().map(|score| f32::from_bits(score.to_bits() & 0xffff_0000)).collect();
        roc_auc(&rows.batch(&coarse)?, control)
    }),
    ("average_precision", |rows, control| {
        let batch = rows.batch(&rows.narrow)?;
        let start = |[_, positives]: [u64; 2]| PrecisionSum::new(positives);
        let add = |sum: &mut PrecisionSum, group: PositiveGroup| {
            sum.add(group.positives, group.true_positives, group.false_positives);
        };
        collected(&mut || fold_positive_groups(&batch, control, start, add).map(|sums| _ = black_box(sums)))
    }),
];

/// callgrind counts inside this function alone, by its name.
#[inline(never)]
fn collected(work: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    black_box(work)()
}

fn update<A: Accumulator>(mut counts: A, batch: &Batch<'_>, control: &Control<'_>) -> Result<()> {
    collected(&mut || counts.update(batch, control))
}

fn roc_auc(batch: &Batch<'_>, control: &Control<'_>) -> Result<()> {
    collected(&mut || roc_auc_pairs(batch, control).map(|pairs| _ = black_box(pairs)))
}

fn even(k: usize) -> Result<ThresholdCounts> {
    ThresholdCounts::new(Thresholds::even(k, Comparison::GreaterEqual)?, None)
}

/// As many scores as lie between two of these, so they crowd at both ends.
fn quantiles(k: usize, rows: &Rows) -> Result<ThresholdCounts> {
    let mut sample = rows.wide[..rows.wide.len().min(20_000)].to_vec();
    sample.sort_unstable_by(f64::total_cmp);
    let thresholds = (1..=k).map(|i| sample[i * sample.len() / (k + 1)]).collect();
    ThresholdCounts::new(Thresholds::new(thresholds, Comparison::GreaterEqual)?, None)
}

/// The same rows everywhere: made by integer and IEEE arithmetic, without a mathematical library.
struct Rows {
    labels: Vec<bool>,
    wide: Vec<f64>,
    narrow: Vec<f32>,
}

impl Rows {
    /// 20 % positive; the negatives' scores crowd towards 0, the positives' towards 1.
    fn new(count: usize) -> Self {
        let mut state = 88_172_645_463_325_252_u64;
        let mut unit = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
        };
        let row = || {
            let label = unit() < 0.2;
            let low = unit() * unit();
            (label, if label { 1.0 - low } else { low })
        };
        let (labels, wide): (Vec<_>, Vec<_>) = std::iter::repeat_with(row).take(count).unzip();
        let narrow = wide.iter().map(|&score| score as f32).collect();
        Self { labels, wide, narrow }
    }

    fn batch<'r, T: Element>(&'r self, scores: &'r [T]) -> Result<Batch<'r>> {
        Batch::new(Column::from_slice(&self.labels), Column::from_slice(scores))
    }

    fn batches(&self, rows: usize) -> impl Iterator<Item = Result<Batch<'_>>> {
        let columns = self.labels.chunks(rows).zip(self.narrow.chunks(rows));
        columns.map(|(labels, scores)| Batch::new(Column::from_slice(labels), Column::from_slice(scores)))
    }
}

fn main() -> ExitCode {
    let levels = || ["scalar", "avx2"].into_iter().filter_map(Level::named);
    let asked: Vec<String> = env::args().skip(1).collect();
    let [kernel, level] = &asked[..] else {
        println!("samples {ROWS}");
        println!("kernels {}", KERNELS.map(|(name, _)| name).join(" "));
        println!("levels {}", levels().map(Level::name).collect::<Vec<_>>().join(" "));
        return ExitCode::SUCCESS;
    };
    let found = KERNELS.iter().find(|(name, _)| name == kernel).zip(levels().find(|known| known.name() == level));
    let Some(((_, run), level)) = found else {
        eprintln!("no such kernel, or not on this CPU: {kernel} {level}");
        return ExitCode::FAILURE;
    };
    let cancel = AtomicBool::new(false);
    match run(&Rows::new(ROWS), &Control::new(&cancel).with_level(level)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{kernel}: {error}");
            ExitCode::FAILURE
        }
    }
}
