//! The payload of a ThresholdCounts.
//!
//! | bytes | content |
//! |---|---|
//! | 1 | comparison: 0 `>=`, 1 `>` |
//! | 1 | dtype it was made with: 0 none, 1 float16, 2 bfloat16, 3 float32, 4 float64 |
//! | 1 | dtype thresholds are rounded to: the same codes, 0 while undecided |
//! | 25 | rows (`rows.rs`) |
//! | 8 | number of thresholds k |
//! | 8·k | thresholds, float64, as given |
//! | 16·(d + 1) | per gap of the d distinct thresholds, ascending: negatives, positives |
//! | 16·(d + 1) | if weighted: sums of weights, likewise |
//! | 64·(d + 1) | in version 2: further sums (`sums.rs`), after the range of the scores, likewise |

use super::reader::{Reader, invalid};
use super::rows::{check_totals, read_ledger, write_ledger};
use super::sums::{read_cells, read_range, write_cells, write_range};
use crate::count::{Comparison, EdgeDType, ThresholdCounts, Thresholds};
use crate::error::Result;

fn code(dtype: Option<EdgeDType>) -> u8 {
    match dtype {
        None => 0,
        Some(EdgeDType::F16) => 1,
        Some(EdgeDType::Bf16) => 2,
        Some(EdgeDType::F32) => 3,
        Some(EdgeDType::F64) => 4,
    }
}

fn dtype(code: u8) -> Result<Option<EdgeDType>> {
    Ok(match code {
        0 => None,
        1 => Some(EdgeDType::F16),
        2 => Some(EdgeDType::Bf16),
        3 => Some(EdgeDType::F32),
        4 => Some(EdgeDType::F64),
        _ => return invalid(format!("dtype code {code} is none of 0 to 4")),
    })
}

pub(super) fn write(counts: &ThresholdCounts, out: &mut Vec<u8>) {
    let (given_dtype, cells, sums, ledger) = counts.parts();
    out.push((counts.thresholds().comparison() == Comparison::Greater).into());
    out.extend_from_slice(&[code(given_dtype), code(counts.dtype())]);
    write_ledger(ledger, out);
    let given = counts.thresholds().given();
    out.extend_from_slice(&(given.len() as u64).to_le_bytes());
    given.iter().for_each(|threshold| out.extend_from_slice(&threshold.to_le_bytes()));
    cells.iter().for_each(|count| out.extend_from_slice(&count.to_le_bytes()));
    if ledger.weighted {
        sums.iter().for_each(|sum| out.extend_from_slice(&sum.to_le_bytes()));
    }
    if let Some((cells, range)) = counts.moments() {
        write_range(range, out);
        write_cells(cells.iter().copied(), out);
    }
}

pub(super) fn read(reader: &mut Reader<'_>, further: bool) -> Result<ThresholdCounts> {
    let comparison = if reader.flag("comparison")? { Comparison::Greater } else { Comparison::GreaterEqual };
    let (given_dtype, acting_dtype) = (dtype(reader.u8()?)?, dtype(reader.u8()?)?);
    let ledger = read_ledger(reader)?;
    let counted = ledger.rows != [0, 0];
    if given_dtype.is_some() && acting_dtype != given_dtype
        || given_dtype.is_none() && acting_dtype.is_some() != counted
    {
        return invalid("the dtype of the thresholds does not fit the rows");
    }
    let k = reader.len(8)?;
    let thresholds = Thresholds::new(reader.f64s(k)?, comparison).or_else(|error| invalid(error.to_string()))?;
    let cells = 2 * (thresholds.distinct().len() + 1);
    let counts = reader.u64s(cells)?;
    let sums = if ledger.weighted { reader.f64s(cells)? } else { Vec::new() };
    check_totals(ledger, counts.as_chunks().0.iter().copied(), sums.as_chunks().0.iter().copied())?;
    let moments = if further {
        let range = read_range(reader, ledger)?;
        let held = (0..cells).map(|cell| counts[cell] > 0 || sums.get(cell).is_some_and(|&sum| sum > 0.0));
        Some((read_cells(reader, held)?, range))
    } else {
        None
    };
    let counts = ThresholdCounts::from_parts(thresholds, given_dtype, acting_dtype, counts, sums, ledger);
    Ok(match moments {
        Some((cells, range)) => counts.with_moments(cells, range),
        None => counts,
    })
}
