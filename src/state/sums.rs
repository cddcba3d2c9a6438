//! Further sums, which end the payload of an accumulator that keeps them (format version 2).
//!
//! | bytes | content |
//! |---|---|
//! | 16 | if there are rows: the smallest and the largest score, float64 |
//! | 32·c | per cell that the payload's own table says: `Σ w²`, `Σ w s`, `Σ w s²`, `Σ −w ln q` |

use super::reader::{Reader, invalid};
use crate::count::{Ledger, Moments};
use crate::error::Result;

pub(super) fn write_range(range: Option<[f64; 2]>, out: &mut Vec<u8>) {
    range.into_iter().flatten().for_each(|score| out.extend_from_slice(&score.to_le_bytes()));
}

pub(super) fn write_cells(cells: impl Iterator<Item = Moments>, out: &mut Vec<u8>) {
    cells.flat_map(|cell| cell.0).for_each(|sum| out.extend_from_slice(&sum.to_le_bytes()));
}

pub(super) fn read_range(reader: &mut Reader<'_>, ledger: Ledger) -> Result<Option<[f64; 2]>> {
    if ledger.rows == [0, 0] {
        return Ok(None);
    }
    let scores = reader.f64s(2)?;
    let [low, high] = [scores[0], scores[1]];
    let negative_zero = scores.iter().any(|&score| score == 0.0 && score.is_sign_negative());
    if low <= high && !negative_zero {
        return Ok(Some([low, high]));
    }
    invalid(format!("scores are said to lie in [{low:?}, {high:?}]"))
}

/// The cells, of which `held` says whether each holds rows.
pub(super) fn read_cells(reader: &mut Reader<'_>, held: impl ExactSizeIterator<Item = bool>) -> Result<Vec<Moments>> {
    let sums = reader.f64s(4 * held.len())?;
    let cells: Vec<Moments> = sums.as_chunks().0.iter().map(|&cell| Moments(cell)).collect();
    let mut totals = [0.0; 2];
    for (&Moments(cell), held) in cells.iter().zip(held) {
        let [squared_weight, score, squared_score, log_loss] = cell;
        let no_sum = |sum: f64| !sum.is_sign_positive() || !sum.is_finite();
        if no_sum(squared_weight) || no_sum(squared_score) || !log_loss.is_sign_positive() || log_loss.is_nan() {
            return invalid(format!("further sums are {cell:?}"));
        }
        if !score.is_finite() || (score == 0.0 && score.is_sign_negative()) {
            return invalid(format!("a sum of scores is {score:?}"));
        }
        if !held && cell != [0.0; 4] {
            return invalid(format!("further sums are {cell:?} where no row was counted"));
        }
        totals = [totals[0] + squared_weight, totals[1] + squared_score];
    }
    if totals.iter().all(|total| total.is_finite()) { Ok(cells) } else { invalid("further sums overflow") }
}

/// Squares of weights, of which `held` says whether each has any.
pub(super) fn check_squares(squares: &[f64], held: impl Iterator<Item = bool>) -> Result<()> {
    let mut total = 0.0;
    for (&square, held) in squares.iter().zip(held) {
        if !(square.is_sign_positive() && square.is_finite()) || (!held && square != 0.0) {
            return invalid(format!("a sum of squared weights is {square}"));
        }
        total += square;
    }
    if total.is_finite() { Ok(()) } else { invalid("squared weights overflow") }
}
