//! The payload of a CompactCounts.
//!
//! | bytes | content |
//! |---|---|
//! | 25 | rows (`rows.rs`) |
//! | 1 | 1 while every score has been the edge that starts its interval |
//! | 8 | number of intervals with rows, i |
//! | 20·i | per interval, ascending: its index (4), negatives (8), positives (8), without a weight |
//! | 8 | if weighted: number of intervals with weights, w |
//! | 20·w | per interval, ascending: its index, sums of weights of negatives, of positives |
//! | 64·… | in version 2: further sums (`sums.rs`), after the range of the scores: of negatives and of positives of each
//!          interval with rows or weights, ascending |

use super::reader::{Reader, invalid};
use super::rows::{check_totals, read_ledger, write_ledger};
use super::sums::{read_cells, read_range, write_cells, write_range};
use crate::count::{Accumulator, CompactCounts, INTERVALS, Moments, Pages};
use crate::error::Result;

/// Bytes of an entry.
const ENTRY: usize = 20;

pub(super) fn write(counts: &CompactCounts, out: &mut Vec<u8>) {
    let (rows, sums, ledger) = counts.parts();
    write_ledger(ledger, out);
    out.push(counts.exact().into());
    write_pages(rows, u64::to_le_bytes, out);
    if ledger.weighted {
        write_pages(sums, f64::to_le_bytes, out);
    }
    if let Some((cells, range)) = counts.moments() {
        write_range(range, out);
        write_cells(counts.held().flat_map(|i| [cells.get(2 * i), cells.get(2 * i + 1)]), out);
    }
}

fn write_pages<T: Copy + Default + PartialEq + std::ops::AddAssign>(
    pages: &Pages<T>,
    bytes: fn(T) -> [u8; 8],
    out: &mut Vec<u8>,
) {
    let mut intervals: Vec<usize> = pages.cells().map(|(cell, _)| cell / 2).collect();
    intervals.dedup();
    out.extend_from_slice(&(intervals.len() as u64).to_le_bytes());
    for interval in intervals {
        out.extend_from_slice(&(interval as u32).to_le_bytes());
        out.extend_from_slice(&bytes(pages.get(2 * interval)));
        out.extend_from_slice(&bytes(pages.get(2 * interval + 1)));
    }
}

pub(super) fn read(reader: &mut Reader<'_>, further: bool) -> Result<CompactCounts> {
    let ledger = read_ledger(reader)?;
    let exact = reader.flag("`exact`")?;
    let counts = read_pages(reader, Some)?;
    // A sum of weights is not negative, and so not −0.0 either.
    let sum = |bits| Some(f64::from_bits(bits)).filter(|sum| sum.is_sign_positive());
    let sums = if ledger.weighted { read_pages(reader, sum)? } else { Pages::new() };
    let pair = |cell: usize, value| if cell.is_multiple_of(2) { [value, 0] } else { [0, value] };
    let pair_of_sums = |cell: usize, value| if cell.is_multiple_of(2) { [value, 0.0] } else { [0.0, value] };
    check_totals(
        ledger,
        counts.cells().map(|(cell, count)| pair(cell, count)),
        sums.cells().map(|(cell, value)| pair_of_sums(cell, value)),
    )?;
    if !exact && ledger.rows == [0, 0] {
        return invalid("inexact without rows");
    }
    let counts = CompactCounts::from_parts(counts, sums, ledger, exact);
    if further { read_moments(reader, counts) } else { Ok(counts) }
}

fn read_moments(reader: &mut Reader<'_>, counts: CompactCounts) -> Result<CompactCounts> {
    let (rows, sums, ledger) = counts.parts();
    let range = read_range(reader, ledger)?;
    let cells: Vec<usize> = counts.held().flat_map(|interval| [2 * interval, 2 * interval + 1]).collect();
    let read = read_cells(reader, cells.iter().map(|&cell| rows.get(cell) > 0 || sums.get(cell) > 0.0))?;
    let mut pages = Pages::<Moments>::new();
    cells.into_iter().zip(read).for_each(|(cell, moments)| pages.add_to(cell, moments));
    Ok(counts.with_moments(pages, range))
}

fn read_pages<T: Copy + Default + PartialEq + std::ops::AddAssign>(
    reader: &mut Reader<'_>,
    value: impl Fn(u64) -> Option<T>,
) -> Result<Pages<T>> {
    let mut pages = Pages::new();
    let mut next = 0;
    for _ in 0..reader.len(ENTRY)? {
        let interval = reader.u32()?;
        if interval < next || interval as usize >= INTERVALS {
            return invalid(format!("interval {interval} where {next} to {} may come", INTERVALS - 1));
        }
        next = interval + 1;
        let (Some(negatives), Some(positives)) = (value(reader.u64()?), value(reader.u64()?)) else {
            return invalid(format!("interval {interval} holds a negative sum"));
        };
        if negatives == T::default() && positives == T::default() {
            return invalid(format!("interval {interval} holds nothing"));
        }
        pages.add_to(2 * interval as usize, negatives);
        pages.add_to(2 * interval as usize + 1, positives);
    }
    Ok(pages)
}
