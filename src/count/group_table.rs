//! [`Counted`]: a table of groups by cells, filled straight from the blocks of a batch; no row is kept.

use std::ops::Range;

use super::accumulator::Ledger;
use super::plan::Sink;
use super::table::{CHUNK_ROWS, Map, blocks};
use super::workers;
use crate::control::Control;
use crate::error::Result;
use crate::input::{Batch, Block, BlockReader, Readable};
use crate::simd::{self, STRIP};

/// The most cells of a table: 4 MiB of counts a thread.
const MOST_CELLS: usize = 1 << 20;

const PURPOSE: &str = "counts of groups";

/// The rows of a batch by group and cell.
#[derive(Debug)]
pub struct Counted {
    /// By group: its cells, `2 * gap + label`.
    pub(super) cells: Vec<u32>,
    /// Cells of a group.
    pub(super) width: usize,
    /// The group of each row that was dropped, in order of group.
    pub(super) dropped: Vec<u32>,
    pub(super) ledger: Ledger,
}

/// True when a batch of so many rows is worth a table. A thousand groups, ns a row counted so and kept: at four cells a row 24
/// and 17 (19 thresholds), 18 and 16 (200 thresholds); at two 12 and 16, 13 and 16.
pub(super) fn worthwhile(rows: usize, groups: usize, width: usize) -> bool {
    groups > 0 && groups.saturating_mul(width) <= MOST_CELLS.min(rows.saturating_mul(2))
}

/// Counts an unweighted batch whose rows are of these groups, all below `groups`.
///
/// # Errors
/// That of the batch's lowest bad row; [`Error::Interrupted`](crate::Error::Interrupted),
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
pub(super) fn count<S: Readable>(
    batch: &Batch<'_>,
    map: &impl Map<S>,
    of_rows: &[u32],
    groups: usize,
    control: &Control<'_>,
) -> Result<Counted> {
    let width = 2 * map.len();
    let start = || Ok(Worker::<S>::new(simd::zeros(groups * width, PURPOSE)?, control));
    let step = |worker: &mut Worker<S>, range: Range<usize>| {
        blocks::<S>(batch, range).try_for_each(|(start, len)| worker.count(batch, map, of_rows, start, len, control))
    };
    let mut parts = workers::fold(batch.len(), CHUNK_ROWS, control, start, step)?.into_iter();
    let (mut places, mut dropped) = parts.next().map_or_else(Default::default, |first| (first.places, first.dropped));
    for part in parts {
        places.iter_mut().zip(part.places).for_each(|(all, more)| *all += more);
        dropped.extend(part.dropped);
    }
    dropped.sort_unstable();
    let mut cells = simd::room(places.len(), PURPOSE)?;
    let mut rows = [0_u64; 2];
    for group in places.chunks_exact(width) {
        let (negatives, positives) = group.split_at(map.len());
        for (&negatives, &positives) in negatives.iter().zip(positives) {
            rows = [rows[0] + u64::from(negatives), rows[1] + u64::from(positives)];
            cells.extend([negatives, positives]);
        }
    }
    let ledger = Ledger { rows, dropped: dropped.len() as u64, weighted: false };
    Ok(Counted { cells, width, dropped, ledger })
}

/// A private table, and what is left of a block once rows have been dropped.
struct Worker<S> {
    reader: BlockReader<S>,
    /// By group: its places, `gap + label * gaps`. A batch has at most 2^31 rows, so no count overflows.
    places: Vec<u32>,
    dropped: Vec<u32>,
    kept: Kept<S>,
}

struct Kept<S> {
    groups: Vec<u32>,
    labels: Vec<u8>,
    scores: Vec<S>,
}

impl<S: Readable> Worker<S> {
    fn new(places: Vec<u32>, control: &Control<'_>) -> Self {
        let kept = Kept { groups: Vec::new(), labels: Vec::new(), scores: Vec::new() };
        Self { reader: BlockReader::new(control.level), places, dropped: Vec::new(), kept }
    }

    /// Counts rows `start..start + len`.
    fn count(
        &mut self,
        batch: &Batch<'_>,
        map: &impl Map<S>,
        of_rows: &[u32],
        start: usize,
        len: usize,
        control: &Control<'_>,
    ) -> Result<()> {
        control.check()?;
        let Self { reader, places, dropped, kept } = self;
        let block = reader.read_uninspected(batch, start, len);
        let mut groups = &of_rows[start..start + len];
        let mut counted = block;
        // Where rows may have to be left out, that must be known before they are counted. Else they are looked at while they
        // are counted, and a bad one ends the call.
        if batch.drops_nan() && !block.clean(control.level) {
            block.refuse(batch, start)?;
            kept.take(&block, groups, dropped);
            groups = &kept.groups;
            counted = Block { scores: &kept.scores, labels: &kept.labels, ..block };
        }
        let mut sink = OfGroups { places, width: 2 * map.len(), groups };
        if !map.place(control.level, counted, &mut sink).clean() {
            block.refuse(batch, start)?;
        }
        Ok(())
    }
}

impl<S: Readable> Kept<S> {
    /// The rows of a block whose score is not NaN; the groups of the others are added to `dropped`.
    fn take(&mut self, block: &Block<'_, S>, groups: &[u32], dropped: &mut Vec<u32>) {
        self.groups.clear();
        self.labels.clear();
        self.scores.clear();
        for ((&score, &label), &group) in block.scores.iter().zip(block.labels).zip(groups) {
            if score.is_nan() {
                dropped.push(group);
            } else {
                self.groups.push(group);
                self.labels.push(label);
                self.scores.push(score);
            }
        }
    }
}

/// Counts rows by group and place.
struct OfGroups<'t> {
    places: &'t mut [u32],
    width: usize,
    /// Of the rows to come.
    groups: &'t [u32],
}

impl Sink for OfGroups<'_> {
    #[inline(always)]
    fn take(&mut self, len: usize, place: impl Fn(usize) -> u32) {
        let (groups, rest) = self.groups.split_at(len);
        self.groups = rest;
        let width = self.width as u32;
        // In vectors, before any is counted. The arrays may change while they are read, so a place is made sure of before it
        // becomes an index.
        let mut cells = [0; STRIP];
        for (i, (cell, &group)) in cells.iter_mut().zip(groups).enumerate() {
            *cell = group * width + place(i).min(width - 1);
        }
        for &cell in &cells[..len] {
            self.places[cell as usize] += 1;
        }
    }
}
