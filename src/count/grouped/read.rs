//! A batch and the groups of its rows → rows by shelf, or by group and cell.

use std::ops::Range;

use super::pile::RUN;
use super::rows::{GROUPS, Kept, Rows, tag};
use super::run::Run;
use crate::control::Control;
use crate::count::accumulator::Ledger;
use crate::count::group_table::Counted;
use crate::count::workers;
use crate::error::{Error, Result};
use crate::input::{BLOCK_ROWS, Batch, BlockReader, Working};
use crate::simd;

/// Rows that a worker sorts by shelf at a time: some hundred for each of a thousand shelves.
const CHUNK: usize = RUN;

/// Rows of one shelf that are sorted by group as they are read: fewer wait for others. Chosen, not tuned.
const SHORTEST_RUN: usize = 1 << 16;

const PURPOSE: &str = "rows of groups";

/// What a batch holds.
#[derive(Debug)]
pub(super) struct Read {
    /// Its rows by shelf; none where they have been counted.
    pub(super) shelves: Vec<Rows>,
    /// Rows that came before these, of the only shelf, by group.
    pub(super) runs: Vec<Run>,
    /// Its rows by group and cell: each group's `width` cells in turn.
    pub(super) cells: Vec<u32>,
    pub(super) width: usize,
    /// The group of each row that was dropped.
    pub(super) dropped: Vec<u32>,
    pub(super) ledger: Ledger,
    pub(super) bounds: Bounds,
}

impl From<Counted> for Read {
    fn from(counted: Counted) -> Self {
        let Counted { cells, width, dropped, ledger } = counted;
        Self { shelves: Vec::new(), runs: Vec::new(), cells, width, dropped, ledger, bounds: Bounds::default() }
    }
}

impl Read {
    /// Bytes that it adds at most, where each counted group takes `each` beside its cells.
    pub(super) fn nbytes(&self, each: usize) -> usize {
        let rows =
            self.shelves.iter().map(Rows::nbytes).sum::<usize>() + self.runs.iter().map(Run::nbytes).sum::<usize>();
        let groups = self.cells.len().checked_div(self.width).unwrap_or(0);
        rows + 8 * self.cells.len() + groups * each
    }
}

/// Upper bounds of what all groups together hold: while the total can be told, so can every part of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    /// `Σ w` of rows with a weight.
    pub(super) weights: f64,
    /// `Σ w²` and `Σ w s²`, where further sums are kept; of finite scores.
    pub(super) squares: [f64; 2],
}

impl Bounds {
    /// Both together.
    ///
    /// # Errors
    /// [`Error::WeightOverflow`], [`Error::SumOverflow`]: a little before the sums themselves would, in whatever order they
    /// are taken.
    pub(super) fn plus(self, more: Self) -> Result<Self> {
        const LIMIT: f64 = f64::MAX * (1.0 - 1.0 / (1 << 20) as f64);
        let weights = self.weights + more.weights;
        let squares = [0, 1].map(|i| self.squares[i] + more.squares[i]);
        if weights > LIMIT || weights.is_nan() {
            return Err(Error::WeightOverflow);
        }
        match squares.iter().position(|square| *square > LIMIT || square.is_nan()) {
            Some(i) => Err(Error::SumOverflow { sum: ["Σ w²", "Σ w s²"][i] }),
            None => Ok(Self { weights, squares }),
        }
    }
}

/// What is looked for besides the rows themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// `Σ w²`.
    pub(super) squares: bool,
    /// `Σ w s²`.
    pub(super) scores: bool,
}

/// Reads a batch whose rows are of these groups, which lie on so many shelves.
pub(super) fn read(
    batch: &Batch<'_>,
    groups: &[u32],
    shelves: usize,
    wanted: Wanted,
    control: &Control<'_>,
) -> Result<Read> {
    match batch.working() {
        Working::F32 => read_as::<f32>(batch, groups, shelves, wanted, control),
        Working::F64 => read_as::<f64>(batch, groups, shelves, wanted, control),
    }
}

fn read_as<S: Kept>(
    batch: &Batch<'_>,
    groups: &[u32],
    shelves: usize,
    wanted: Wanted,
    control: &Control<'_>,
) -> Result<Read> {
    let mut read = Read {
        shelves: empty(batch.working(), groups, shelves, batch.weighted())?,
        runs: Vec::new(),
        cells: Vec::new(),
        width: 0,
        dropped: Vec::new(),
        ledger: Ledger::default(),
        bounds: Bounds::default(),
    };
    let start = || Ok((BlockReader::<S>::new(control.level), Chunk::<S>::empty(shelves <= 1)));
    let make = |(reader, chunk): &mut (BlockReader<S>, Chunk<S>), range: Range<usize>| {
        chunk.make_room(range.len(), batch.weighted())?;
        for start in range.clone().step_by(BLOCK_ROWS) {
            control.check()?;
            let len = BLOCK_ROWS.min(range.end - start);
            chunk.take(batch, reader, groups, start, len, control)?;
        }
        chunk.sorted(shelves, wanted)
    };
    let mut outcome = Ok(());
    let commit = |sorted: SortedChunk| {
        if outcome.is_ok() {
            outcome = sorted.add_to(&mut read);
        }
    };
    workers::in_order(batch.len(), CHUNK, control, start, make, commit)?;
    outcome?;
    read.ledger.weighted = batch.weighted() && read.ledger.rows != [0, 0];
    Ok(read)
}

/// Shelves without rows, with room for those that will come; one shelf takes its first rows as they are.
fn empty(working: Working, groups: &[u32], shelves: usize, weighted: bool) -> Result<Vec<Rows>> {
    let mut lens = vec![0_usize; shelves];
    if let [_, _, ..] = lens[..] {
        groups.iter().for_each(|&group| lens[group as usize / GROUPS] += 1);
    }
    let room = |len: usize| {
        let scores = match working {
            Working::F32 => f32::kept(simd::room(len, PURPOSE)?),
            Working::F64 => f64::kept(simd::room(len, PURPOSE)?),
        };
        let weights = simd::room(if weighted { len } else { 0 }, PURPOSE)?;
        Ok(Rows { tags: simd::room(len, PURPOSE)?, scores, weights })
    };
    lens.into_iter().map(room).collect()
}

/// Rows that are to be counted, as they came. Its memory is used again.
struct Chunk<S> {
    /// The group of each, where there are several shelves.
    groups: Vec<u32>,
    tags: Vec<u16>,
    scores: Vec<S>,
    weights: Vec<f64>,
    dropped: Vec<u32>,
    /// All rows lie on one shelf.
    single: bool,
}

impl<S: Kept> Chunk<S> {
    fn empty(single: bool) -> Self {
        let (groups, tags, scores) = (Vec::new(), Vec::new(), Vec::new());
        Self { groups, tags, scores, weights: Vec::new(), dropped: Vec::new(), single }
    }

    /// Begins anew, with room for so many rows.
    fn make_room(&mut self, rows: usize, weighted: bool) -> Result<()> {
        fn renewed<T>(column: &mut Vec<T>, rows: usize) -> Result<()> {
            column.clear();
            if column.capacity() < rows {
                *column = simd::room(rows, PURPOSE)?;
            }
            Ok(())
        }
        renewed(&mut self.groups, if self.single { 0 } else { rows })?;
        renewed(&mut self.tags, rows)?;
        renewed(&mut self.scores, rows)?;
        renewed(&mut self.weights, if weighted { rows } else { 0 })
    }

    /// Adds rows `start..start + len` of a batch, less those that are left out.
    fn take(
        &mut self,
        batch: &Batch<'_>,
        reader: &mut BlockReader<S>,
        groups: &[u32],
        start: usize,
        len: usize,
        control: &Control<'_>,
    ) -> Result<()> {
        let block = reader.read_uninspected(batch, start, len);
        let groups = &groups[start..start + len];
        if block.clean(control.level) {
            self.groups.extend_from_slice(if self.single { &[] } else { groups });
            self.tags.extend(groups.iter().zip(block.labels).map(|(&group, &label)| tag(group, label)));
            self.scores.extend_from_slice(block.scores);
            self.weights.extend_from_slice(block.weights.unwrap_or_default());
            return Ok(());
        }
        block.refuse(batch, start)?;
        for (i, &group) in groups.iter().enumerate() {
            let weight = block.weights.map_or(1.0, |weights| weights[i]);
            if weight == 0.0 {
                continue; // whatever its score is
            }
            if block.scores[i].is_nan() {
                self.dropped.push(group);
                continue;
            }
            self.groups.extend((!self.single).then_some(group));
            self.tags.push(tag(group, block.labels[i]));
            self.scores.push(block.scores[i]);
            self.weights.extend(block.weights.map(|_| weight));
        }
        Ok(())
    }

    fn bounds(&self, wanted: Wanted) -> Bounds {
        let mut bounds = Bounds { weights: self.weights.iter().sum(), ..Bounds::default() };
        if wanted.squares {
            let squares = self.weights.iter().map(|weight| weight * weight).sum();
            bounds.squares[0] = if self.weights.is_empty() { self.scores.len() as f64 } else { squares };
        }
        if wanted.scores {
            let weights = self.weights.iter().copied().chain(std::iter::repeat(1.0));
            let scores = self.scores.iter().map(|score| score.to_f64()).zip(weights);
            let finite = scores.filter(|(score, _)| score.is_finite());
            bounds.squares[1] = finite.map(|(score, weight)| weight * score * score).sum();
        }
        bounds
    }

    /// The rows by shelf; those of one shelf stay in order.
    fn sorted(&mut self, shelves: usize, wanted: Wanted) -> Result<SortedChunk> {
        let bounds = self.bounds(wanted);
        let positives: u64 = self.tags.iter().map(|&tag| u64::from(tag & 1)).sum();
        let counted = [self.tags.len() as u64 - positives, positives];
        let dropped = std::mem::take(&mut self.dropped);
        let ledger = Ledger { rows: counted, dropped: dropped.len() as u64, weighted: false };
        let rows = if !self.single {
            self.by_shelf(shelves)?
        } else if self.tags.len() < SHORTEST_RUN {
            let (tags, scores) = (std::mem::take(&mut self.tags), S::kept(std::mem::take(&mut self.scores)));
            let starts = vec![0, tags.len()];
            Found::Rows { rows: Rows { tags, scores, weights: std::mem::take(&mut self.weights) }, starts }
        } else {
            Found::Run(Run::of_columns(&self.tags, &self.scores, &self.weights)?)
        };
        Ok(SortedChunk { rows, dropped, ledger, bounds })
    }

    fn by_shelf(&self, shelves: usize) -> Result<Found> {
        let mut starts = vec![0; shelves + 1];
        self.groups.iter().for_each(|&group| starts[group as usize / GROUPS + 1] += 1);
        (0..shelves).for_each(|shelf| starts[shelf + 1] += starts[shelf]);
        let mut next = starts.clone();
        let len = self.groups.len();
        let (mut tags, mut scores) = (simd::zeros::<u16>(len, PURPOSE)?, simd::zeros::<S>(len, PURPOSE)?);
        let mut weights = simd::zeros::<f64>(self.weights.len(), PURPOSE)?;
        for (at, &tag) in self.tags.iter().enumerate() {
            let place = &mut next[self.groups[at] as usize / GROUPS];
            (tags[*place], scores[*place]) = (tag, self.scores[at]);
            if let Some(weight) = self.weights.get(at) {
                weights[*place] = *weight;
            }
            *place += 1;
        }
        Ok(Found::Rows { rows: Rows { tags, scores: S::kept(scores), weights }, starts })
    }
}

/// What a chunk becomes.
enum Found {
    /// Rows by shelf, and where those of each begin.
    Rows { rows: Rows, starts: Vec<usize> },
    /// Rows of the only shelf, by group.
    Run(Run),
}

struct SortedChunk {
    rows: Found,
    dropped: Vec<u32>,
    ledger: Ledger,
    bounds: Bounds,
}

impl SortedChunk {
    fn add_to(self, read: &mut Read) -> Result<()> {
        match (self.rows, &mut read.shelves[..]) {
            (Found::Run(run), shelves) => {
                let before = shelves.iter_mut().map(|rows| std::mem::replace(rows, Rows::none()));
                for rows in before.filter(|rows| rows.len() > 0) {
                    read.runs.push(Run::of(&[rows])?);
                }
                read.runs.push(run);
            }
            (Found::Rows { rows, .. }, [only]) if only.len() == 0 => *only = rows,
            (Found::Rows { rows, starts }, shelves) => {
                let mut ends = shelves.iter_mut().zip(starts.windows(2));
                ends.try_for_each(|(shelf, ends)| shelf.append(&rows, ends[0], ends[1]))?;
            }
        }
        read.dropped.extend(self.dropped);
        read.ledger = read.ledger.plus(self.ledger)?;
        read.bounds = read.bounds.plus(self.bounds)?;
        Ok(())
    }
}
