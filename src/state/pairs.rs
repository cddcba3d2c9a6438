//! The payload of a PairedCounts.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | the most cells of the joint table |
//! | … | the payload of a CompactCounts (`compact.rs`), of the first model, then of the second |
//! | 1 | level of the joint table |
//! | 8 | number of cells that hold rows, c |
//! | 8·c | their keys, ascending: the bits of both models' intervals at that level in turn, the first model's higher |
//! | 16·c | negatives, positives of each, without a weight |
//! | 32·c | if weighted: `Σ w` and `Σ w²` of negatives, then of positives, of each |

use super::codec::{framed, other_kind, unframed};
use super::reader::{Reader, invalid};
use super::{compact, rows};
use crate::control::Control;
use crate::count::{Cells, CompactCounts, INTERVALS, LEVELS, Ledger, PairedCounts, WeightSums, sides};
use crate::error::Result;

/// Its kind in the frame.
const KIND: u8 = 4;

impl PairedCounts {
    /// The state as bytes: the same bytes for equal states.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted), [`Error::OutOfMemory`](crate::Error::OutOfMemory) while rows
    /// are folded in.
    pub fn to_bytes(&self, control: &Control<'_>) -> Result<Vec<u8>> {
        let (level, cells) = self.joint(control)?;
        let mut out = (self.max_cells() as u64).to_le_bytes().to_vec();
        (0..2).for_each(|model| compact::write(self.marginal(model), &mut out));
        out.push(level as u8);
        out.extend_from_slice(&(cells.len() as u64).to_le_bytes());
        cells.keys.iter().for_each(|key| out.extend_from_slice(&key.to_le_bytes()));
        cells.rows.iter().flatten().for_each(|rows| out.extend_from_slice(&rows.to_le_bytes()));
        for WeightSums { sum, squares } in cells.weights.iter().flatten() {
            out.extend_from_slice(&sum.to_le_bytes());
            out.extend_from_slice(&squares.to_le_bytes());
        }
        Ok(framed(KIND, false, &out))
    }

    /// The state these bytes were made from.
    ///
    /// # Errors
    /// [`Error::InvalidState`](crate::Error::InvalidState) for anything that [`PairedCounts::to_bytes`] would not have
    /// written, as far as bytes can tell. No memory is taken for a length that the bytes themselves do not back.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (kind, sums, payload) = unframed(bytes)?;
        if kind != KIND {
            return other_kind(kind, "PairedCounts");
        }
        if sums {
            return invalid("further sums, which PairedCounts does not keep");
        }
        let mut reader = Reader::new(payload);
        let counts = read(&mut reader)?;
        reader.finish()?;
        Ok(counts)
    }
}

fn read(reader: &mut Reader<'_>) -> Result<PairedCounts> {
    let stated = reader.u64()?;
    let max_cells = match usize::try_from(stated) {
        Ok(most) if most > 0 => most,
        _ => return invalid(format!("a joint table of at most {stated} cells")),
    };
    let marginals = [compact::read(reader, false)?, compact::read(reader, false)?];
    let ledger = marginals[0].parts().2;
    if marginals[1].parts().2 != ledger {
        return invalid("two models on different rows");
    }
    let level = u32::from(reader.u8()?);
    let len = reader.len(if ledger.weighted { 56 } else { 24 })?;
    // A table is coarser than the finest only where that had more cells; four cells at most become one.
    if level > LEVELS
        || len > max_cells
        || (level > 0 && (ledger.total() <= stated || len.saturating_mul(4) <= max_cells))
    {
        return invalid(format!("{len} cells at level {level}, of at most {max_cells}"));
    }
    let keys = reader.u64s(len)?;
    check_keys(&keys, level)?;
    let cells =
        Cells { keys, rows: reader.u64s(2 * len)?.as_chunks().0.to_vec(), weights: read_weights(reader, ledger, len)? };
    check_cells(&cells, ledger)?;
    (0..2).try_for_each(|model| check_margin(&cells, level, model, &marginals[model]))?;
    Ok(PairedCounts::from_parts(max_cells, marginals, level, cells))
}

fn read_weights(reader: &mut Reader<'_>, ledger: Ledger, len: usize) -> Result<Vec<[WeightSums; 2]>> {
    if !ledger.weighted {
        return Ok(Vec::new());
    }
    let sums = reader.f64s(4 * len)?;
    let both = |&[n, squares_n, p, squares_p]: &[f64; 4]| {
        [WeightSums { sum: n, squares: squares_n }, WeightSums { sum: p, squares: squares_p }]
    };
    Ok(sums.as_chunks().0.iter().map(both).collect())
}

fn check_keys(keys: &[u64], level: u32) -> Result<()> {
    let last = (INTERVALS as u32 - 1) >> level;
    if let Some(pair) = keys.windows(2).find(|pair| pair[0] >= pair[1]) {
        return invalid(format!("keys of cells do not ascend: {} before {}", pair[0], pair[1]));
    }
    match keys.iter().find(|&&key| key >> (2 * LEVELS) != 0 || sides(key).into_iter().any(|side| side > last)) {
        Some(key) => invalid(format!("key {key} lies outside the table")),
        None => Ok(()),
    }
}

fn check_cells(cells: &Cells, ledger: Ledger) -> Result<()> {
    let mut squares = 0.0;
    for cell in 0..cells.len() {
        let (rows, weights) = cells.held(cell);
        if rows == [0, 0] && weights.iter().all(|weights| weights.sum == 0.0) {
            return invalid(format!("cell {cell} holds nothing"));
        }
        for WeightSums { sum, squares: square } in weights {
            if !square.is_sign_positive() || !square.is_finite() || (sum == 0.0 && square > 0.0) {
                return invalid(format!("a sum of squared weights is {square} beside {sum}"));
            }
            squares += square;
        }
    }
    if !f64::is_finite(squares) {
        return invalid("squared weights overflow");
    }
    let sums = cells.weights.iter().map(|pair| pair.map(|weights| weights.sum));
    rows::check_totals(ledger, cells.rows.iter().copied(), sums)
}

/// Checks that the cells hold the very rows of a model's intervals, and weights where those hold any.
fn check_margin(cells: &Cells, level: u32, model: usize, counts: &CompactCounts) -> Result<()> {
    let len = ((INTERVALS - 1) >> level) + 1;
    let (mut rows, mut held) = (vec![[0_u64; 2]; len], vec![[false; 2]; len]);
    for cell in 0..cells.len() {
        let side = sides(cells.keys[cell])[model] as usize;
        let (more, weights) = cells.held(cell);
        for label in 0..2 {
            rows[side][label] += more[label];
            held[side][label] |= weights[label].sum > 0.0;
        }
    }
    let (mut own_rows, mut own_held) = (vec![[0_u64; 2]; len], vec![[false; 2]; len]);
    let (counts, sums, _) = counts.parts();
    counts.cells().for_each(|(cell, more)| own_rows[(cell / 2) >> level][cell % 2] += more);
    sums.cells().for_each(|(cell, _)| own_held[(cell / 2) >> level][cell % 2] = true);
    if rows == own_rows && held == own_held { Ok(()) } else { invalid("a joint table of other rows than its models'") }
}
