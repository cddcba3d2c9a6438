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
use crate::count::{Comparison, EdgeDType, Ledger, Moments, ThresholdCounts, Thresholds};
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
    write_dtypes(counts, out);
    write_ledger(counts.parts().3, out);
    write_thresholds(counts, out);
    write_counts(counts, out);
}

/// What the groups of a GroupedCounts have in common.
pub(super) fn write_settings(fresh: &ThresholdCounts, out: &mut Vec<u8>) {
    write_dtypes(fresh, out);
    write_thresholds(fresh, out);
}

/// The rest, of one group.
pub(super) fn write_group(counts: &ThresholdCounts, out: &mut Vec<u8>) {
    write_ledger(counts.parts().3, out);
    write_counts(counts, out);
}

fn write_dtypes(counts: &ThresholdCounts, out: &mut Vec<u8>) {
    out.push((counts.thresholds().comparison() == Comparison::Greater).into());
    out.extend_from_slice(&[code(counts.parts().0), code(counts.dtype())]);
}

fn write_thresholds(counts: &ThresholdCounts, out: &mut Vec<u8>) {
    let given = counts.thresholds().given();
    out.extend_from_slice(&(given.len() as u64).to_le_bytes());
    given.iter().for_each(|threshold| out.extend_from_slice(&threshold.to_le_bytes()));
}

fn write_counts(counts: &ThresholdCounts, out: &mut Vec<u8>) {
    let (_, cells, sums, ledger) = counts.parts();
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
    let (comparison, dtypes) = read_dtypes(reader)?;
    let ledger = read_ledger(reader)?;
    check_dtypes(dtypes, ledger.rows != [0, 0])?;
    let thresholds = read_thresholds(reader, comparison)?;
    read_counts(reader, further, thresholds, dtypes, ledger)
}

/// What groups begin as, before and after the first rows.
pub(super) fn read_settings(reader: &mut Reader<'_>, further: bool) -> Result<[ThresholdCounts; 2]> {
    let (comparison, [given, acting]) = read_dtypes(reader)?;
    check_dtypes([given, acting], acting.is_some())?;
    let thresholds = read_thresholds(reader, comparison)?;
    let cells = 2 * (thresholds.distinct().len() + 1);
    let empty = |acting| {
        let none = Ledger::default();
        let counts = ThresholdCounts::from_parts(thresholds.clone(), given, acting, vec![0; cells], Vec::new(), none);
        if further { counts.with_moments(vec![Moments::default(); cells], None) } else { counts }
    };
    Ok([empty(given), empty(acting)])
}

/// A group of a GroupedCounts, from what groups begin as.
pub(super) fn read_group(
    reader: &mut Reader<'_>,
    further: bool,
    [prototype, fresh]: &[ThresholdCounts; 2],
) -> Result<ThresholdCounts> {
    let ledger = read_ledger(reader)?;
    let acting = if ledger.rows == [0, 0] { prototype.dtype() } else { fresh.dtype() };
    check_dtypes([prototype.parts().0, acting], ledger.rows != [0, 0])?;
    let dtypes = [prototype.parts().0, acting];
    read_counts(reader, further, prototype.thresholds().clone(), dtypes, ledger)
}

/// Given, and acting.
type DTypes = [Option<EdgeDType>; 2];

fn read_dtypes(reader: &mut Reader<'_>) -> Result<(Comparison, DTypes)> {
    let comparison = if reader.flag("comparison")? { Comparison::Greater } else { Comparison::GreaterEqual };
    Ok((comparison, [dtype(reader.u8()?)?, dtype(reader.u8()?)?]))
}

fn check_dtypes([given, acting]: DTypes, counted: bool) -> Result<()> {
    if given.is_some() && acting != given || given.is_none() && acting.is_some() != counted {
        return invalid("the dtype of the thresholds does not fit the rows");
    }
    Ok(())
}

fn read_thresholds(reader: &mut Reader<'_>, comparison: Comparison) -> Result<Thresholds> {
    let k = reader.len(8)?;
    Thresholds::new(reader.f64s(k)?, comparison).or_else(|error| invalid(error.to_string()))
}

fn read_counts(
    reader: &mut Reader<'_>,
    further: bool,
    thresholds: Thresholds,
    [given, acting]: DTypes,
    ledger: Ledger,
) -> Result<ThresholdCounts> {
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
    let counts = ThresholdCounts::from_parts(thresholds, given, acting, counts, sums, ledger);
    Ok(match moments {
        Some((cells, range)) => counts.with_moments(cells, range),
        None => counts,
    })
}
