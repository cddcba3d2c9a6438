//! [`RankedRows`]: to which group of tied scores each row belongs, in each of several columns of scores of the same rows.
//! Models are compared by it: a tally alone has forgotten which rows they share.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::exact::radix::radix_sort;
use super::merge::POLL;
use super::workers;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::{BLOCK_ROWS, Batch, Block, BlockReader, Readable, Score, Working};
use crate::simd;
use crate::tally::{Masses, Tally};

/// Rows that all columns share, positives first, and each column's groups of them.
#[derive(Debug, Clone)]
pub struct RankedRows {
    /// One a column of scores.
    pub columns: Vec<RankedColumn>,
    /// How many rows are positive: the first so many.
    pub positives: usize,
    /// For each row here, its place in the batch; ascending in each class. Rows left out are missing.
    pub rows: Vec<u32>,
    /// The weight of each row, where rows have weights.
    pub weights: Option<Vec<f64>>,
}

/// One column's groups of tied scores, from the highest down.
#[derive(Debug, Clone)]
pub struct RankedColumn {
    /// What each group holds.
    pub tally: Tally,
    /// The group of each row.
    pub groups: Vec<u32>,
}

/// An error, and the column it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct InColumn {
    /// Place of the column among those given.
    pub column: usize,
    /// What is wrong there.
    pub error: Error,
}

impl RankedRows {
    /// A further column of the batch (one value a row, before any was left out) in the order of the rows here.
    #[must_use]
    pub fn arranged<T: Copy>(&self, column: &[T]) -> Vec<T> {
        self.rows.iter().filter_map(|&row| column.get(row as usize).copied()).collect()
    }
}

/// The rows of `batches`, which have the same labels and weights and differ in their scores. A row that any of them leaves
/// out is left out of all.
///
/// In O(n log n) a column at worst, by radix; columns are spread over threads. Memory: 16 bytes a row and column, and 32 a
/// row (24 for float32 scores) for each thread.
///
/// # Errors
/// That of the lowest column with a bad row, at its lowest bad row; [`Error::OutOfRange`] from 2^32 rows on;
/// [`Error::Interrupted`]; [`Error::OutOfMemory`].
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::Control;
/// use thresher::count::ranked_rows;
/// use thresher::input::{Batch, Column};
///
/// let cancel = AtomicBool::new(false);
/// let (labels, scores) = ([false, true, true], [0.5, 0.9, 0.5]);
/// let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
/// let ranked = ranked_rows(&[batch], &Control::new(&cancel)).unwrap();
/// assert_eq!(ranked.rows, [1, 2, 0]);
/// assert_eq!(ranked.columns[0].groups, [0, 1, 1]);
/// ```
pub fn ranked_rows(batches: &[Batch<'_>], control: &Control<'_>) -> std::result::Result<RankedRows, InColumn> {
    let lowest = AtomicUsize::new(usize::MAX);
    let fails = |column: usize| {
        let lowest = &lowest;
        move |error: Error| {
            lowest.fetch_min(column, Ordering::Relaxed);
            error
        }
    };
    let ranked = || {
        let slots = Slots::read(batches, control, fails)?;
        let rank = |found: &mut Vec<(usize, RankedColumn)>, range: std::ops::Range<usize>| {
            for index in range {
                found.push((index, slots.rank(&batches[index], control).map_err(fails(index))?));
            }
            Ok(())
        };
        let mut columns = workers::fold(batches.len(), 1, control, || Ok(Vec::new()), rank)?.concat();
        columns.sort_unstable_by_key(|&(index, _)| index);
        Ok((slots, columns.into_iter().map(|(_, column)| column).collect()))
    };
    match ranked() {
        Ok((Slots { rows, positives, weights, .. }, columns)) => Ok(RankedRows { columns, positives, rows, weights }),
        Err(error) => Err(InColumn { column: lowest.into_inner().min(batches.len().saturating_sub(1)), error }),
    }
}

/// A row that is left out.
const OUT: u32 = u32::MAX;

/// Where each row goes: positives to the front, each class in order of row.
struct Slots {
    of_row: Vec<u32>,
    rows: Vec<u32>,
    positives: usize,
    weights: Option<Vec<f64>>,
}

impl Slots {
    /// Reads labels and weights, and every column in which a row may be left out.
    fn read<E: FnOnce(Error) -> Error>(
        batches: &[Batch<'_>],
        control: &Control<'_>,
        fails: impl Fn(usize) -> E,
    ) -> Result<Self> {
        let Some(first) = batches.first() else {
            return Ok(Self { of_row: Vec::new(), rows: Vec::new(), positives: 0, weights: None });
        };
        let len = first.len();
        if len >= OUT as usize {
            let accepted = "a column of fewer than 2^32 rows";
            return Err(Error::OutOfRange { argument: "scores", value: len as f64, accepted });
        }
        let mut classes = Classes { of_row: simd::room(len, PURPOSE)?, weights: Vec::new() };
        if first.weighted() {
            classes.weights = simd::room(len, PURPOSE)?;
        }
        classes.read(first, true, control).map_err(fails(0))?;
        for (index, batch) in batches.iter().enumerate().skip(1) {
            if batch.len() != len {
                let mismatch = Error::LengthMismatch { argument: "scores", found: batch.len(), expected: len };
                return Err(fails(index)(mismatch));
            }
            if batch.drops_nan() {
                classes.read(batch, false, control).map_err(fails(index))?;
            }
        }
        classes.arranged()
    }

    /// The groups of one column.
    fn rank(&self, batch: &Batch<'_>, control: &Control<'_>) -> Result<RankedColumn> {
        match batch.working() {
            Working::F32 => self.rank_as::<f32, u64>(batch, control),
            Working::F64 => self.rank_as::<f64, (u64, u32)>(batch, control),
        }
    }

    fn rank_as<S: Readable, K: Keyed<S>>(&self, batch: &Batch<'_>, control: &Control<'_>) -> Result<RankedColumn> {
        let mut keyed: Vec<K> = simd::room(self.rows.len(), PURPOSE)?;
        each_block::<S>(batch, control, |start, block| {
            let mut changed = false;
            for (&score, &slot) in block.scores.iter().zip(&self.of_row[start..]) {
                if slot != OUT {
                    keyed.push(K::new(score, slot));
                    changed |= score.is_nan();
                }
            }
            if changed { Err(Error::Changed) } else { Ok(()) }
        })?;
        let mut spare = simd::room(keyed.len(), PURPOSE)?;
        radix_sort(&mut keyed, &mut spare, |item| item.key(), control)?;
        drop(spare);
        self.grouped(&keyed, control)
    }

    /// The groups of rows sorted by score, from the highest down.
    fn grouped<S, K: Keyed<S>>(&self, keyed: &[K], control: &Control<'_>) -> Result<RankedColumn> {
        let mut groups = simd::zeros(self.rows.len(), PURPOSE)?;
        // Room for as many groups as there are rows, in huge pages; what is not used is never touched.
        let mut thresholds = simd::room(keyed.len(), PURPOSE)?;
        let (mut rows, mut sums) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
        for label in 0..2 {
            match &self.weights {
                None => rows[label] = simd::room(keyed.len(), PURPOSE)?,
                Some(_) => sums[label] = simd::room(keyed.len(), PURPOSE)?,
            }
        }
        for tied in keyed.chunk_by(|a, b| a.key() == b.key()) {
            if thresholds.len() % POLL == 0 {
                control.check()?;
            }
            let (mut count, mut sum) = ([0_u64; 2], [0.0; 2]);
            for item in tied {
                let slot = item.slot() as usize;
                groups[slot] = thresholds.len() as u32;
                let label = usize::from(slot < self.positives);
                match &self.weights {
                    None => count[label] += 1,
                    Some(weights) => sum[label] += weights[slot],
                }
            }
            thresholds.push(tied[0].score());
            for label in 0..2 {
                match &self.weights {
                    None => rows[label].push(count[label]),
                    Some(_) => sums[label].push(sum[label]),
                }
            }
        }
        let ([negatives, positives], [light, heavy]) = (rows, sums);
        let masses = match &self.weights {
            None => Masses::Counts { positives, negatives },
            Some(_) => Masses::Weights { positives: heavy, negatives: light },
        };
        Ok(RankedColumn { tally: Tally::new(thresholds, masses, true), groups })
    }
}

const PURPOSE: &str = "ranks of rows";

/// The class of each row (0 negative, 1 positive, [`OUT`]), and its weight.
struct Classes {
    of_row: Vec<u32>,
    weights: Vec<f64>,
}

impl Classes {
    fn read(&mut self, batch: &Batch<'_>, first: bool, control: &Control<'_>) -> Result<()> {
        match batch.working() {
            Working::F32 => self.read_as::<f32>(batch, first, control),
            Working::F64 => self.read_as::<f64>(batch, first, control),
        }
    }

    fn read_as<S: Readable>(&mut self, batch: &Batch<'_>, first: bool, control: &Control<'_>) -> Result<()> {
        each_block::<S>(batch, control, |start, block| {
            if first {
                self.of_row.extend(block.labels.iter().map(|label| u32::from(label & 1)));
                self.weights.extend_from_slice(block.weights.unwrap_or(&[]));
            }
            let weightless = |i: usize| block.weights.is_some_and(|weights| weights[i] == 0.0);
            for (i, class) in self.of_row[start..].iter_mut().enumerate().take(block.scores.len()) {
                if block.scores[i].is_nan() || weightless(i) {
                    *class = OUT;
                }
            }
            Ok(())
        })
    }

    /// Puts positives before negatives.
    fn arranged(self) -> Result<Slots> {
        let Self { mut of_row, weights } = self;
        let positives = of_row.iter().filter(|&&class| class == 1).count();
        let kept = of_row.iter().filter(|&&class| class != OUT).count();
        let mut rows = simd::zeros(kept, PURPOSE)?;
        let mut next = [positives as u32, 0];
        for (row, class) in of_row.iter_mut().enumerate() {
            if *class != OUT {
                let slot = &mut next[*class as usize];
                *class = *slot;
                rows[*slot as usize] = row as u32;
                *slot += 1;
            }
        }
        let weight = |&row: &u32| weights[row as usize];
        let weights: Option<Vec<f64>> = (!weights.is_empty()).then(|| rows.iter().map(weight).collect());
        let total: f64 = weights.iter().flatten().sum();
        if !total.is_finite() {
            return Err(Error::WeightOverflow);
        }
        Ok(Slots { of_row, rows, positives, weights })
    }
}

/// Hands on the rows of a batch block by block, NaN scores and weights of zero among them.
fn each_block<S: Readable>(
    batch: &Batch<'_>,
    control: &Control<'_>,
    mut take: impl FnMut(usize, Block<'_, S>) -> Result<()>,
) -> Result<()> {
    let mut reader = BlockReader::<S>::new(control.level);
    for start in (0..batch.len()).step_by(BLOCK_ROWS) {
        control.check()?;
        let block = reader.read_uninspected(batch, start, BLOCK_ROWS.min(batch.len() - start));
        if !block.clean(control.level) {
            block.refuse(batch, start)?;
        }
        take(start, block)?;
    }
    Ok(())
}

/// A score's place in the order from the highest down, and the slot of its row.
trait Keyed<S>: Copy {
    fn new(score: S, slot: u32) -> Self;
    /// Ascends as scores descend.
    fn key(&self) -> u64;
    fn slot(&self) -> u32;
    fn score(&self) -> f64;
}

impl Keyed<f32> for u64 {
    fn new(score: f32, slot: u32) -> Self {
        u64::from(!score.key()) << 32 | u64::from(slot)
    }
    fn key(&self) -> u64 {
        self >> 32
    }
    fn slot(&self) -> u32 {
        *self as u32
    }
    fn score(&self) -> f64 {
        f32::from_key(!((self >> 32) as u32)).to_f64()
    }
}

impl Keyed<f64> for (u64, u32) {
    fn new(score: f64, slot: u32) -> Self {
        (!score.key(), slot)
    }
    fn key(&self) -> u64 {
        self.0
    }
    fn slot(&self) -> u32 {
        self.1
    }
    fn score(&self) -> f64 {
        f64::from_key(!self.0)
    }
}
