//! [`Moments`]: further sums of a cell's rows, which accumulators made `with_sums` keep beside its masses.

use std::ops::AddAssign;

use super::merge::POLL;
use super::table::{self, Cells, Map, PARTIALS, Table, Worker};
use super::{Ledger, workers};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::{Batch, Readable};
use crate::simd;
use crate::tally::{Sums, Tally, column};

/// `Σ w²`, `Σ w s`, `Σ w s²` and `Σ −w ln q` of some rows, as [`Sums`] has them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Moments(pub(crate) [f64; 4]);

impl Moments {
    /// Those of one row: `w²`, `w s`, `(w s) s`, `−w ln q`. A score that is not finite has no `w s` and no `w s²`, one
    /// outside [0, 1] no `−w ln q`: zeros stand for them, and the range of the scores tells.
    fn of(weight: f64, score: f64, positive: bool) -> Self {
        // A float that another thread made NaN after it was looked at is not finite either.
        let first = if score.is_finite() { weight * score } else { 0.0 };
        let second = if score.is_finite() { first * score } else { 0.0 };
        Self([weight * weight, first, second, weight * log_loss(score, positive)])
    }

    /// What must stay finite: `Σ w²` and `Σ w s²`, and with them the others but for `−ln 0`.
    fn squares(self) -> [f64; 2] {
        [self.0[0], self.0[2]]
    }
}

impl AddAssign for Moments {
    fn add_assign(&mut self, more: Self) {
        self.0.iter_mut().zip(more.0).for_each(|(own, more)| *own += more);
    }
}

/// `−ln q`, with `q` the probability given to the true label: in [0, ∞], and 0 for a score outside [0, 1]. By an algorithm
/// of its own, since the logarithms of systems differ in their last bit.
pub(super) fn log_loss(score: f64, positive: bool) -> f64 {
    if !(0.0..=1.0).contains(&score) {
        0.0
    } else if positive {
        0.0 - libm::log(score)
    } else {
        0.0 - libm::log1p(-score) // 1 − s would lose a small s
    }
}

/// The smallest and the largest score of both.
pub(super) fn joined(ours: Option<[f64; 2]>, theirs: Option<[f64; 2]>) -> Option<[f64; 2]> {
    match (ours, theirs) {
        (Some([low, high]), Some([lower, higher])) => Some([low.min(lower), high.max(higher)]),
        (ours, theirs) => ours.or(theirs),
    }
}

/// Ok when both accumulators keep sums or neither does.
pub(super) fn same_setting(ours: bool, theirs: bool) -> Result<()> {
    if ours == theirs { Ok(()) } else { Err(Error::SumsMismatch { ours, theirs }) }
}

/// Moments by cell, in whatever holds the cells, and what is known of them together.
#[derive(Debug, Clone)]
pub(crate) struct Kept<C> {
    pub(crate) cells: C,
    /// The smallest and the largest score; none without rows.
    pub(crate) range: Option<[f64; 2]>,
    /// Upper bounds of every `Σ w²` and of every `Σ w s²` held.
    bound: [f64; 2],
}

impl<C> Kept<C> {
    /// These cells, whose moments are `all`.
    pub(crate) fn new(cells: C, range: Option<[f64; 2]>, all: impl Iterator<Item = Moments>) -> Self {
        Self { cells, range, bound: bound(all) }
    }

    /// The range and the bounds with those of more rows.
    ///
    /// # Errors
    /// [`Error::SumOverflow`].
    pub(super) fn with(&self, range: Option<[f64; 2]>, more: [f64; 2]) -> Result<Beside> {
        let bound = [0, 1].map(|i| self.bound[i] + more[i]);
        match bound.iter().position(|bound| !bound.is_finite()) {
            Some(i) => Err(Error::SumOverflow { sum: ["Σ w²", "Σ w s²"][i] }),
            None => Ok(Beside { range: joined(self.range, range), bound }),
        }
    }

    /// The same of all that another one keeps.
    ///
    /// # Errors
    /// As [`Kept::with`].
    pub(super) fn with_all(&self, other: &Self) -> Result<Beside> {
        self.with(other.range, other.bound)
    }

    /// Upper bounds of every `Σ w²` and of every `Σ w s²` held.
    pub(super) fn bound(&self) -> [f64; 2] {
        self.bound
    }

    /// Takes on what [`Kept::with`] found; the cells are the caller's to add.
    pub(super) fn set(&mut self, Beside { range, bound }: Beside) {
        (self.range, self.bound) = (range, bound);
    }
}

impl<C: PartialEq> PartialEq for Kept<C> {
    /// Same moments; how they came together does not matter.
    fn eq(&self, other: &Self) -> bool {
        self.range == other.range && self.cells == other.cells
    }
}

/// What stands beside the cells of a [`Kept`].
pub(super) struct Beside {
    range: Option<[f64; 2]>,
    bound: [f64; 2],
}

fn bound(all: impl Iterator<Item = Moments>) -> [f64; 2] {
    all.fold([0.0; 2], |[first, second], moments| {
        let [more_first, more_second] = moments.squares();
        [first + more_first, second + more_second]
    })
}

/// The columns of a tally, of groups of `[negatives, positives]` from the highest score down.
pub(super) fn columns(groups: impl ExactSizeIterator<Item = [Moments; 2]>, range: Option<[f64; 2]>) -> Sums {
    let room = || [column(groups.len()), column(groups.len())];
    let [mut squared_weights, mut scores, mut squared_scores, mut log_losses] = [room(), room(), room(), room()];
    for group in groups {
        for (label, Moments([squared_weight, score, squared_score, log_loss])) in group.into_iter().enumerate() {
            squared_weights[label].push(squared_weight);
            scores[label].push(score);
            squared_scores[label].push(squared_score);
            log_losses[label].push(log_loss);
        }
    }
    Sums { squared_weights, scores, squared_scores, log_losses, range }
}

/// The further sums of groups that are one score each, from their masses; `squared_weights` where those are not rows.
///
/// # Errors
/// [`Error::Interrupted`], [`Error::OutOfMemory`].
pub(super) fn of_ties(tally: &Tally, squared_weights: Option<[Vec<f64>; 2]>, control: &Control<'_>) -> Result<Sums> {
    const PURPOSE: &str = "sums at distinct scores";
    let thresholds = tally.thresholds();
    let room = || -> Result<[Vec<f64>; 2]> {
        Ok([simd::room(thresholds.len(), PURPOSE)?, simd::room(thresholds.len(), PURPOSE)?])
    };
    let (mut scores, mut squared_scores, mut log_losses, mut masses) = (room()?, room()?, room()?, room()?);
    for (i, &score) in thresholds.iter().enumerate() {
        if i % POLL == 0 {
            control.check()?;
        }
        for (label, mass) in tally.masses().group(i).into_iter().enumerate() {
            let Moments([_, first, second, log_loss]) =
                if mass > 0.0 { Moments::of(mass, score, label == 1) } else { Moments::default() };
            scores[label].push(first);
            squared_scores[label].push(second);
            log_losses[label].push(log_loss);
            masses[label].push(mass);
        }
    }
    let range = thresholds.first().zip(thresholds.last()).map(|(&highest, &lowest)| [lowest, highest]);
    Ok(Sums { squared_weights: squared_weights.unwrap_or(masses), scores, squared_scores, log_losses, range })
}

const PURPOSE: &str = "sums of a batch";

/// What a batch adds, of the cells it touches alone, ascending.
#[derive(Debug, Default)]
pub(super) struct Summed {
    pub(super) cells: Vec<(u32, Held)>,
    pub(super) range: Option<[f64; 2]>,
}

/// What a cell holds of a batch: the sum of its rows' weights, which without weights is their number, and their moments.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    pub(super) mass: f64,
    pub(super) moments: Moments,
}

impl AddAssign for Held {
    fn add_assign(&mut self, more: Self) {
        self.mass += more.mass;
        self.moments += more.moments;
    }
}

impl Summed {
    pub(super) fn bound(&self) -> [f64; 2] {
        bound(self.cells.iter().map(|(_, held)| held.moments))
    }

    /// Adds the cells of the block of rows that comes next.
    fn add(&mut self, next: Self) -> Result<()> {
        self.range = joined(self.range, next.range);
        if self.cells.is_empty() {
            self.cells = next.cells;
            return Ok(());
        }
        let mut sum = simd::room(self.cells.len() + next.cells.len(), PURPOSE)?;
        let (mut ours, mut theirs) = (self.cells.iter().copied().peekable(), next.cells.into_iter().peekable());
        while let (Some(&(own, _)), Some(&(new, _))) = (ours.peek(), theirs.peek()) {
            let first = if own <= new { ours.next() } else { theirs.next() };
            let second = if own == new { theirs.next() } else { None };
            sum.extend(first.map(|(cell, mut held)| {
                second.into_iter().for_each(|(_, more)| held += more);
                (cell, held)
            }));
        }
        sum.extend(ours.chain(theirs));
        self.cells = sum;
        Ok(())
    }
}

/// Counts a batch with its moments. Rows are summed as weights are: over blocks of the same length, in four interleaved
/// partial sums a cell, `((0 + 1) + (2 + 3))`, added in order of block.
pub(super) fn count<S: Readable>(batch: &Batch<'_>, map: &impl Map<S>, control: &Control<'_>) -> Result<Table> {
    let (mut total, mut ledger, mut representative) = (Summed::default(), Ledger::default(), true);
    let start = || Ok((Worker::new(control.level), Sorter::default()));
    let make = |(worker, sorter): &mut (Worker<S>, Sorter), range: std::ops::Range<usize>| {
        sorter.make_room(range.len())?;
        worker.restart();
        worker.each_listed_block(batch, map, range, control, |cells, block| {
            let scores = block.scores.iter().map(|score| score.to_f64() + 0.0);
            let rows = cells.iter().copied().zip(scores);
            match block.weights {
                Some(weights) => {
                    let row = |((cell, score), &weight)| Row { cell, score, weight };
                    sorter.rows.extend(rows.zip(weights).map(row));
                }
                None => sorter.rows.extend(rows.map(|(cell, score)| Row { cell, score, weight: 1.0 })),
            }
        })?;
        let rows = sorter.rows.len() as u64;
        let positives = sorter.rows.iter().map(|row| u64::from(row.cell & 1)).sum();
        let summed = sorter.summed(2 * map.len())?;
        Ok((summed, worker.ledger(rows, positives), worker.all_representative()))
    };
    let mut refused = Ok(());
    let commit = |(summed, rows, all): (Summed, Ledger, bool)| {
        if refused.is_ok() {
            refused = total.add(summed);
        }
        ledger.rows = [ledger.rows[0] + rows.rows[0], ledger.rows[1] + rows.rows[1]];
        ledger.dropped += rows.dropped;
        representative = representative && all;
    };
    workers::in_order(batch.len(), table::weight_block(map.edges()), control, start, make, commit)?;
    refused?;
    ledger.weighted = batch.weighted() && ledger.rows != [0, 0];
    Ok(Table { cells: Cells::Summed(total), ledger, representative })
}

#[derive(Debug, Clone, Copy)]
struct Row {
    cell: u32,
    score: f64,
    weight: f64,
}

/// The rows of a block, brought into order of cell.
#[derive(Debug, Default)]
struct Sorter {
    rows: Vec<Row>,
    order: Vec<u32>,
    places: Vec<u32>,
}

impl Sorter {
    /// What the rows add to each of `cells` cells.
    fn summed(&mut self, cells: usize) -> Result<Summed> {
        self.sort(cells);
        let rows = &self.rows[..];
        let sum = |group: &[u32]| {
            let mut partials = [Held::default(); PARTIALS];
            for &row in group {
                let Row { cell, score, weight } = rows[row as usize];
                let partial = &mut partials[row as usize % PARTIALS];
                partial.mass += weight;
                partial.moments += Moments::of(weight, score, cell & 1 == 1);
            }
            let [mut first, second, mut third, fourth] = partials;
            first += second;
            third += fourth;
            first += third;
            (rows[group[0] as usize].cell, first)
        };
        let groups = self.order.chunk_by(|&a, &b| rows[a as usize].cell == rows[b as usize].cell);
        let ends = |[low, high]: [f64; 2], row: &Row| [low.min(row.score), high.max(row.score)];
        let range = rows.iter().fold([f64::INFINITY, f64::NEG_INFINITY], ends);
        let range = (!rows.is_empty()).then_some(range);
        let mut held = simd::room(rows.len().min(cells), PURPOSE)?;
        held.extend(groups.map(sum));
        Ok(Summed { cells: held, range })
    }

    /// Forgets all rows; so many more will come. Memory is kept: fresh pages would have to be cleared.
    fn make_room(&mut self, rows: usize) -> Result<()> {
        if self.rows.capacity() < rows {
            self.rows = simd::room(rows, PURPOSE)?;
        }
        self.rows.clear();
        Ok(())
    }

    /// Puts the rows into order of cell; those of one cell stay in their own.
    fn sort(&mut self, cells: usize) {
        let Self { rows, order, places } = self;
        order.clear();
        if rows.len() < cells / 8 {
            order.extend(0..rows.len() as u32);
            order.sort_by_key(|&row| rows[row as usize].cell);
            return;
        }
        places.clear();
        places.resize(cells + 1, 0);
        rows.iter().for_each(|row| places[row.cell as usize + 1] += 1);
        places.iter_mut().fold(0, |sum, place| {
            *place += sum;
            *place
        });
        order.resize(rows.len(), 0);
        for (at, row) in (0..).zip(&*rows) {
            let place = &mut places[row.cell as usize];
            order[*place as usize] = at;
            *place += 1;
        }
    }
}
