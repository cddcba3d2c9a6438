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
use crate::count::{Accumulator, CompactCounts, Group, INTERVALS, Ledger, Moments, Pages};
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
    read_entries(reader)?.counts(reader, further)
}

/// One of many groups: rows that it would be the same after, where they have no weights, no further sums are kept and they are at
/// most `most`.
pub(super) fn read_group(reader: &mut Reader<'_>, further: bool, most: usize) -> Result<Group<CompactCounts>> {
    let entries = read_entries(reader)?;
    if further || entries.ledger.weighted || entries.ledger.total() > most as u64 {
        return Ok(Group::Counts(entries.counts(reader, further)?));
    }
    let of = |&(interval, pair): &(u32, [u64; 2])| {
        let edge = CompactCounts::lower_edge(interval as usize);
        // Not at an edge, where some score was not: the next float64 lies in every interval.
        let score = if entries.exact { edge } else { edge.next_up() };
        let rows = move |label: u8| std::iter::repeat_n((score, label), pair[usize::from(label)] as usize);
        rows(0).chain(rows(1))
    };
    Ok(Group::Rows(entries.counts.iter().flat_map(of).collect(), entries.ledger.dropped))
}

/// What has been read and checked, but for further sums.
struct Entries {
    ledger: Ledger,
    exact: bool,
    counts: Vec<(u32, [u64; 2])>,
    sums: Vec<(u32, [f64; 2])>,
}

impl Entries {
    fn counts(&self, reader: &mut Reader<'_>, further: bool) -> Result<CompactCounts> {
        let (counts, sums) = (pages(&self.counts), pages(&self.sums));
        let counts = CompactCounts::from_parts(counts, sums, self.ledger, self.exact);
        if further { read_moments(reader, counts) } else { Ok(counts) }
    }
}

fn pages<T: Copy + Default + PartialEq + std::ops::AddAssign>(entries: &[(u32, [T; 2])]) -> Pages<T> {
    let mut pages = Pages::new();
    for &(interval, pair) in entries {
        (0..2).for_each(|label| pages.add_to(2 * interval as usize + label, pair[label]));
    }
    pages
}

fn read_entries(reader: &mut Reader<'_>) -> Result<Entries> {
    let ledger = read_ledger(reader)?;
    let exact = reader.flag("`exact`")?;
    let counts = read_pairs(reader, Some)?;
    // A sum of weights is not negative, and so not −0.0 either.
    let sum = |bits| Some(f64::from_bits(bits)).filter(|sum| sum.is_sign_positive());
    let sums = if ledger.weighted { read_pairs(reader, sum)? } else { Vec::new() };
    check_totals(ledger, counts.iter().map(|&(_, pair)| pair), sums.iter().map(|&(_, pair)| pair))?;
    if !exact && ledger.rows == [0, 0] {
        return invalid("inexact without rows");
    }
    Ok(Entries { ledger, exact, counts, sums })
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

fn read_pairs<T: Copy + Default + PartialEq>(
    reader: &mut Reader<'_>,
    value: impl Fn(u64) -> Option<T>,
) -> Result<Vec<(u32, [T; 2])>> {
    let len = reader.len(ENTRY)?;
    let (mut pairs, mut next) = (Vec::with_capacity(len), 0);
    for _ in 0..len {
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
        pairs.push((interval, [negatives, positives]));
    }
    Ok(pairs)
}
