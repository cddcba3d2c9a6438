//! [`one_vs_rest_pairs`]: the integers behind the ROC AUC of each class against all others, of a table of probabilities.
//!
//! The columns of a table whose rows lie together share cache lines. They are laid out anew, once and block by block, while
//! the rows are summed; then each is ranked as if it were alone, a column a thread.

use std::ops::Range;
use std::sync::Mutex;

use super::ExactCounts;
use super::pairs::Pairs;
use crate::control::Control;
use crate::count::workers::{self, lock};
use crate::error::{Error, Result};
use crate::input::{Batch, Column, Number, Positive, Readable, Score, Working};
use crate::simd::{self, Kernel};

/// Rows summed at a time: their sums fit L1 beside a column of them.
const BLOCK: usize = 1024;

/// Rows that a thread lays out in one go.
const STRETCH: usize = 1 << 16;

/// The pairs of each of `columns`, whose positives are the rows with its number as their label; None where a row does not
/// sum to 1 within `tolerance`, so also where it holds NaN or an infinity. Scores are read as float32 if all columns are.
///
/// # Errors
/// [`Error::LengthMismatch`]; [`Error::Interrupted`]; [`Error::OutOfMemory`]; [`Error::Changed`] when the labels were
/// written to meanwhile.
pub fn one_vs_rest_pairs(
    labels: &Column<'_>,
    columns: &[Column<'_>],
    tolerance: f64,
    control: &Control<'_>,
) -> Result<Option<Vec<Pairs>>> {
    if columns.iter().all(|column| column.dtype().working() == Working::F32) {
        pairs::<f32>(labels, columns, tolerance, control)
    } else {
        pairs::<f64>(labels, columns, tolerance, control)
    }
}

fn pairs<S: Readable + crate::input::Element>(
    labels: &Column<'_>,
    columns: &[Column<'_>],
    tolerance: f64,
    control: &Control<'_>,
) -> Result<Option<Vec<Pairs>>> {
    let rows = labels.len();
    if let Some(column) = columns.iter().find(|column| column.len() != rows) {
        return Err(Error::LengthMismatch { argument: "scores", found: column.len(), expected: rows });
    }
    let Some(table) = laid_out::<S>(columns, rows, tolerance, control)? else { return Ok(None) };
    let each = Control { threads: (control.threads / columns.len().max(1)).max(1), ..*control };
    let mut found = Vec::with_capacity(columns.len());
    let make = |(): &mut (), at: Range<usize>| {
        let scores = Column::from_slice(&table[at.start * rows..at.end * rows]);
        let positive = Positive::EqualTo(Number::Int(at.start as i128));
        ExactCounts::of(&Batch::new(labels.clone(), scores)?.with_positive(positive), &each)?.pairs(&each)
    };
    workers::in_order(columns.len(), 1, control, || Ok(()), make, |pairs| found.push(pairs))?;
    Ok(Some(found))
}

/// The columns one after another; None where a row does not sum to 1.
fn laid_out<S: Readable>(
    columns: &[Column<'_>],
    rows: usize,
    tolerance: f64,
    control: &Control<'_>,
) -> Result<Option<Vec<S>>> {
    let mut table: Vec<S> = simd::zeros(rows * columns.len(), "scores by column")?;
    let mut stretches: Vec<Vec<&mut [S]>> = (0..rows.div_ceil(STRETCH)).map(|_| Vec::new()).collect();
    for column in table.chunks_mut(rows.max(1)) {
        column.chunks_mut(STRETCH).zip(&mut stretches).for_each(|(part, stretch)| stretch.push(part));
    }
    let stretches: Vec<_> = stretches.into_iter().map(Mutex::new).collect();
    let step = |near: &mut bool, at: Range<usize>| {
        for (stretch, index) in stretches[at.clone()].iter().zip(at) {
            let mut parts = lock(stretch);
            let len = parts.first().map_or(0, |part| part.len());
            for start in (0..len).step_by(BLOCK) {
                control.check()?;
                let mut sums = [0.0; BLOCK];
                let sums = &mut sums[..BLOCK.min(len - start)];
                for (part, column) in parts.iter_mut().zip(columns) {
                    let scores = &mut part[start..start + sums.len()];
                    column.widened(index * STRETCH + start, scores, control.level);
                    control.level.run(Add { scores, sums });
                }
                *near &= control.level.run(NearOne { sums, tolerance });
            }
        }
        Ok(())
    };
    let near = workers::fold(stretches.len(), 1, control, || Ok(true), step)?;
    drop(stretches);
    Ok(near.into_iter().all(|near| near).then_some(table))
}

struct Add<'k, S> {
    scores: &'k [S],
    sums: &'k mut [f64],
}

impl<S: Score> Kernel for Add<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.sums.iter_mut().zip(self.scores).for_each(|(sum, score)| *sum += score.to_f64());
    }
}

/// False for NaN.
struct NearOne<'k> {
    sums: &'k [f64],
    tolerance: f64,
}

impl Kernel for NearOne<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        self.sums.iter().fold(true, |all, sum| all & ((sum - 1.0).abs() <= self.tolerance))
    }
}
