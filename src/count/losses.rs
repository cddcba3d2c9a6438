//! [`Losses`]: the squared and the logarithmic loss of probabilities, summed over the rows of a batch.

use std::ops::Range;

use super::workers;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::{BLOCK_ROWS, Batch, Block, BlockReader, Readable, Score, Working};
use crate::simd::{self, Kernel};
use crate::tally::Compensated;

/// What [`losses`] sums: `p` is a row's score, read as the probability that its label `y` is positive, `w` its weight (1
/// without one).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Losses {
    /// Rows, those of weight 0 too.
    pub rows: u64,
    /// Positive rows, those of weight 0 too.
    pub positives: u64,
    /// `Σ w`.
    pub weight: f64,
    /// `Σ w (p − y)²`. Over `weight` it is the Brier score.
    pub squared: f64,
    /// `Σ −w ln q`, with `q` the probability given to the true label, held within `[clip, 1 − clip]`; 0 without `clip`.
    pub log: f64,
}

/// Rows to a chunk; a thread sums one at a time.
const CHUNK: usize = 16 * BLOCK_ROWS;

/// Sums the losses of a batch, in one pass on several threads; sums do not depend on their number. `q` is `p` for positive
/// rows and `1 − p`, rounded to the working type of the scores, for others. With `clip`, logarithms are taken too.
///
/// Sums are within a few hundred units in the last place: partial sums of 4,096 rows, then compensated.
///
/// # Errors
/// That of the lowest bad row: [`Error::NotAProbability`] outside [0, 1], [`Error::NanScore`] whatever the policy for NaN
/// is, and those of labels and weights; [`Error::WeightOverflow`]; [`Error::Interrupted`].
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::Control;
/// use thresher::count::losses;
/// use thresher::input::{Batch, Column};
///
/// let (labels, scores) = ([false, true], [0.25, 0.5]);
/// let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores))?;
/// let losses = losses(&batch, Some(f64::EPSILON), &Control::new(&AtomicBool::new(false)))?;
/// assert_eq!((losses.rows, losses.positives, losses.squared), (2, 1, 0.3125));
/// assert_eq!(losses.log, -(0.75_f64.ln() + 0.5_f64.ln()));
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn losses(batch: &Batch<'_>, clip: Option<f64>, control: &Control<'_>) -> Result<Losses> {
    match batch.working() {
        Working::F32 => summed::<f32>(batch, clip, control),
        Working::F64 => summed::<f64>(batch, clip, control),
    }
}

fn summed<S: Readable>(batch: &Batch<'_>, clip: Option<f64>, control: &Control<'_>) -> Result<Losses> {
    let mut total = Total::default();
    let make = |reader: &mut BlockReader<S>, range: Range<usize>| {
        let mut chunk = Total::default();
        for start in range.clone().step_by(BLOCK_ROWS) {
            control.check()?;
            let block = reader.read_uninspected(batch, start, BLOCK_ROWS.min(range.end - start));
            let part = control.level.run(Sum { block, clip });
            if !part.clean {
                return Err(refused(batch, start, &block));
            }
            chunk.add(&part);
        }
        Ok(chunk)
    };
    let start = || Ok(BlockReader::<S>::new(control.level));
    workers::in_order(batch.len(), CHUNK, control, start, make, |chunk| total.merge(&chunk))?;
    total.finish(batch)
}

/// Why a block is not to be summed: the error of its lowest bad row.
fn refused<S: Readable>(batch: &Batch<'_>, start: usize, block: &Block<'_, S>) -> Error {
    let outside = block.scores.iter().position(|score| !is_probability(score.to_f64()));
    let rows = outside.map_or(block.scores.len(), |row| row + 1);
    let until = Block {
        scores: &block.scores[..rows],
        labels: &block.labels[..rows],
        weights: block.weights.map(|weights| &weights[..rows]),
        ..*block
    };
    let value = outside.map_or(f64::NAN, |row| block.scores[row].to_f64());
    until.refuse(batch, start).err().unwrap_or(Error::NotAProbability { index: start + rows - 1, value })
}

/// False for NaN too.
#[inline(always)]
fn is_probability(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

/// Sums of blocks added so far.
#[derive(Debug, Clone, Copy, Default)]
struct Total {
    rows: u64,
    positives: u64,
    /// `Σ w`, `Σ w (p − y)²`, `Σ −w ln q`.
    sums: [Compensated; 3],
}

impl Total {
    fn add(&mut self, part: &Part) {
        self.rows += part.rows;
        self.positives += part.positives;
        self.sums.iter_mut().zip(part.sums).for_each(|(sum, term)| sum.add(term));
    }

    /// Adds the chunk that comes next.
    fn merge(&mut self, next: &Self) {
        self.rows += next.rows;
        self.positives += next.positives;
        for (sum, next) in self.sums.iter_mut().zip(next.sums) {
            sum.add(next.sum);
            sum.lost += next.lost;
        }
    }

    fn finish(self, batch: &Batch<'_>) -> Result<Losses> {
        let Self { rows, positives, sums } = self;
        let [weight, squared, log] = sums.map(Compensated::total);
        if batch.weighted() && !(weight.is_finite() && log.is_finite()) {
            return Err(Error::WeightOverflow);
        }
        Ok(Losses { rows, positives, weight, squared, log })
    }
}

/// The sums of one block, and whether every row of it was good.
struct Part {
    rows: u64,
    positives: u64,
    sums: [f64; 3],
    clean: bool,
}

/// Partial sums, side by side for vectors, whatever the instruction set: so sums do not depend on it either.
const LANES: usize = 8;

type Lanes = [f64; LANES];

/// The weights of rows without any.
static ONES: [f64; BLOCK_ROWS] = [1.0; BLOCK_ROWS];

struct Sum<'b, S> {
    block: Block<'b, S>,
    clip: Option<f64>,
}

impl<S: Score> Kernel for Sum<'_, S> {
    type Output = Part;

    #[inline(always)]
    fn run(self) -> Part {
        let Block { scores, labels, weights, .. } = self.block;
        let weights = weights.unwrap_or(&ONES[..labels.len()]);
        let (mut clean, mut weight, mut squared, mut log) = (true, [0.0; LANES], [0.0; LANES], [0.0; LANES]);
        each(scores, labels, weights, |lane, score, label, w| {
            let error = score.to_f64() - f64::from(label);
            clean &= is_probability(score.to_f64()) & (label <= 1) & (0.0..=f64::MAX).contains(&w);
            weight[lane] += w;
            squared[lane] += w * (error * error);
        });
        if let Some(clip) = self.clip {
            each(scores, labels, weights, |lane, score, label, w| {
                let other = S::nearest(1.0 - score.to_f64());
                let given = if label == 1 { score } else { other };
                log[lane] -= w * simd::ln(given.to_f64().max(clip).min(1.0 - clip));
            });
        }
        let positives = labels.iter().map(|&label| u64::from(label)).sum();
        let sums = [weight, squared, log].map(folded);
        Part { rows: labels.len() as u64, positives, sums, clean }
    }
}

/// Calls `add` for every row, with the lane that it belongs to.
#[inline(always)]
fn each<S: Score>(scores: &[S], labels: &[u8], weights: &[f64], mut add: impl FnMut(usize, S, u8, f64)) {
    let (scores, last_scores) = scores.as_chunks::<LANES>();
    let (labels, last_labels) = labels.as_chunks::<LANES>();
    let (weights, last_weights) = weights.as_chunks::<LANES>();
    for ((scores, labels), weights) in scores.iter().zip(labels).zip(weights) {
        for lane in 0..LANES {
            add(lane, scores[lane], labels[lane], weights[lane]);
        }
    }
    for (lane, ((&score, &label), &weight)) in last_scores.iter().zip(last_labels).zip(last_weights).enumerate() {
        add(lane, score, label, weight);
    }
}

#[inline(always)]
fn folded(lanes: Lanes) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::input::{Column, NanPolicy, Positive};
    use crate::simd::Level;

    /// Scores, labels and weights that repeat nowhere near a block's length; scores 0 and 1 are among them.
    fn rows(len: usize) -> (Vec<f64>, Vec<u8>, Vec<f64>) {
        let scores = (0..len).map(|i| (i * 7919 % 1009) as f64 / 1008.0).collect();
        let labels = (0..len).map(|i| u8::from(i * 31 % 17 < 6)).collect();
        let weights = (0..len).map(|i| (i * 13 % 5) as f64 / 4.0).collect();
        (scores, labels, weights)
    }

    fn found(batch: &Batch<'_>, clip: Option<f64>, threads: usize, level: Level) -> Result<Losses> {
        let cancel = AtomicBool::new(false);
        losses(batch, clip, &Control::new(&cancel).with_threads(threads).with_level(level))
    }

    fn levels() -> impl Iterator<Item = Level> {
        ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named)
    }

    #[test]
    fn sums_are_those_of_a_plain_loop_and_the_same_bytes_for_any_number_of_threads_and_instruction_set() {
        let clip = f64::EPSILON;
        for len in [0, 1, 7, 8, 9, 4095, 4096, 4097, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 4101] {
            let (scores, labels, weights) = rows(len);
            let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
            for weighted in [false, true] {
                let batch = batch.clone();
                let batch = if weighted { batch.with_weights(Column::from_slice(&weights)).unwrap() } else { batch };
                let weight = |i: usize| if weighted { weights[i] } else { 1.0 };
                let expected = (0..len).fold([0.0; 3], |[all, squared, log], i| {
                    let y = f64::from(labels[i]);
                    let q = if labels[i] == 1 { scores[i] } else { 1.0 - scores[i] };
                    let loss = -q.clamp(clip, 1.0 - clip).ln();
                    [all + weight(i), squared + weight(i) * (scores[i] - y).powi(2), log + weight(i) * loss]
                });
                let first = found(&batch, Some(clip), 1, Level::SCALAR).unwrap();
                for (sum, expected) in [first.weight, first.squared, first.log].into_iter().zip(expected) {
                    assert!((sum - expected).abs() <= 1e-12 * expected, "{len} rows: {sum} for {expected}");
                }
                let positives = labels.iter().filter(|&&label| label == 1).count() as u64;
                assert_eq!((first.rows, first.positives), (len as u64, positives));
                for (threads, level) in (1..=4).flat_map(|threads| levels().map(move |level| (threads, level))) {
                    assert_eq!(found(&batch, Some(clip), threads, level).unwrap(), first);
                    let without = found(&batch, None, threads, level).unwrap();
                    assert_eq!(without, Losses { log: 0.0, ..first });
                }
            }
        }
    }

    #[test]
    fn a_complement_is_rounded_as_the_scores_are() {
        let (labels, scores, clip) = ([0_u8, 1], [1e-3_f32, 1e-3], f64::from(f32::EPSILON));
        let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
        let expected = -(f64::from(1.0 - scores[0]).ln() + f64::from(scores[1]).ln());
        let log = found(&batch, Some(clip), 1, Level::SCALAR).unwrap().log;
        assert!((log - expected).abs() < 1e-15);
    }

    #[test]
    fn probabilities_0_and_1_cost_what_clip_says() {
        let batch = Batch::new(Column::from_slice(&[1_u8, 0]), Column::from_slice(&[0.0, 1.0])).unwrap();
        let sums = found(&batch, Some(0.25), 1, Level::SCALAR).unwrap();
        assert_eq!((sums.squared, sums.log), (2.0, -2.0 * 0.25_f64.ln()));
    }

    #[test]
    fn the_lowest_bad_row_is_told() {
        let len = 2 * CHUNK + 10;
        let (mut scores, labels, mut weights) = rows(len);
        weights[len - 5] = 0.0;
        for (at, value) in [(len - 5, 1.5), (CHUNK + 3, -0.1), (CHUNK + 2, f64::NAN), (9, f64::INFINITY)] {
            scores[at] = value;
            let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
            let batch = batch.with_weights(Column::from_slice(&weights)).unwrap();
            for threads in 1..=4 {
                let error = found(&batch, None, threads, Level::detect()).unwrap_err();
                let expected = if value.is_nan() {
                    Error::NanScore { argument: "scores", index: at }
                } else {
                    Error::NotAProbability { index: at, value }
                };
                assert_eq!(error, expected);
            }
        }
    }

    #[test]
    fn bad_labels_and_weights_and_nan_are_refused_and_other_labels_can_be_named() {
        let (labels, scores) = ([3_u8, 1, 3], [0.5, 0.5, f64::NAN]);
        let column = |rows| (Column::from_slice(&labels[..rows]), Column::from_slice(&scores[..rows]));
        let batch = |rows| Batch::new(column(rows).0, column(rows).1).unwrap();
        let first = |batch: &Batch<'_>| found(batch, None, 1, Level::SCALAR);
        assert_eq!(first(&batch(2)), Err(Error::InvalidLabel { index: 0, value: 3.0 }));
        let named = |rows| batch(rows).with_positive(Positive::EqualTo(crate::input::Number::Int(3)));
        assert_eq!(first(&named(2)).unwrap().positives, 1);
        let weights = Column::from_slice(&[1.0, -1.0]);
        let error = first(&named(2).with_weights(weights).unwrap()).unwrap_err();
        assert_eq!(error, Error::InvalidWeight { index: 1, value: -1.0 });
        let dropped = first(&named(3).with_nan(NanPolicy::Drop)).unwrap_err();
        assert!(matches!(dropped, Error::NotAProbability { index: 2, .. }));
        let huge = Column::from_slice(&[f64::MAX, f64::MAX]);
        assert_eq!(first(&named(2).with_weights(huge).unwrap()), Err(Error::WeightOverflow));
    }
}
