//! [`GroupedCounts`]: one accumulator a key, in one pass, for up to millions of keys.
//!
//! | file | what it does |
//! |---|---|
//! | `index.rs` | a hash table of numbers |
//! | `values.rs` | the distinct values of a key column |
//! | `keys.rs` | keys of several columns, and their groups |
//! | `columns.rs` | key columns as they come in |
//! | `known.rs` | the numbers of integers that lie close together |
//! | `rows.rs` | rows of groups |
//! | `run.rs` | some rows of neighbouring groups, sorted by group |
//! | `pile.rs` | all rows of neighbouring groups: runs, and the latest as they came |
//! | `read.rs` | a batch as rows by shelf |
//! | `shelf.rs` | what is kept of neighbouring groups: rows, or accumulators |
//! | `kind.rs` | what each kind of accumulator tells of itself |
//! | `merge.rs` | groups put together: merging, fewer columns, some of them |
//! | `load.rs` | groups put in one after another |
//! | `reads.rs` | what is read off them |

mod columns;
mod index;
mod keys;
mod kind;
mod known;
mod load;
mod merge;
mod pile;
mod read;
mod reads;
mod rows;
mod run;
mod shelf;
mod values;

use std::sync::Arc;

pub use columns::{INTEGER, KeyChunk, KeyColumn, LARGE_INTEGER, UNSIGNED};
pub(crate) use keys::Keys;
use keys::{Meeting, NewKeys};
pub use kind::Groupable;
pub(crate) use load::{Group, Loading};
use pile::{Pile, RUN};
use read::{Bounds, Read, Wanted};
use rows::GROUPS;
use run::Run;
use shelf::Shelf;
pub use values::KeyValue;

use super::accumulator::{Committed, Ledger};
use super::workers;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::Batch;

/// An accumulator of one kind for each key.
///
/// Each group holds what an accumulator would that had been given its rows alone, in their order. A group with few rows keeps
/// them as they came, six bytes a float32 row without a weight, until an accumulator would take no more memory
/// (docs/dev/grouped-counts.md).
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::count::{ExactCounts, GroupedCounts, KeyChunk, KeyColumn, KeyValue};
/// use thresher::input::{Batch, Column};
/// use thresher::{Control, measure};
///
/// let cancel = AtomicBool::new(false);
/// let control = Control::new(&cancel);
/// let (days, labels, scores) = ([7_i64, 8, 7, 7], [true, false, false, true], [0.9_f32, 0.5, 0.3, 0.2]);
/// let days = KeyColumn(vec![KeyChunk::Whole { tag: 2, values: Column::from_slice(&days), valid: None }]);
/// let mut counts = GroupedCounts::new(ExactCounts::new(None));
/// let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores))?;
/// counts.update(None, &[days], &batch, &control)?;
/// let seventh = counts.find(&[KeyValue::Whole { tag: 2, value: 7 }]).unwrap_or_default();
/// assert_eq!(measure::roc_auc(&counts.tallies(&control, |tally| Ok(tally.clone()))?[seventh as usize]), 0.5);
/// # Ok::<(), thresher::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct GroupedCounts<A> {
    /// Nothing counted.
    prototype: A,
    /// The same once the first rows have fixed what they fix.
    fresh: A,
    /// The most bytes.
    limit: Option<usize>,
    columns: Option<KeyNames>,
    keys: Arc<Keys>,
    /// Of [`GROUPS`] groups each.
    shelves: Vec<Arc<Shelf<A>>>,
    /// Rows from which on each of the shelves is looked at next; [`FOLD_AT`] where nothing stands.
    fold_at: Vec<usize>,
    ledger: Ledger,
    bounds: Bounds,
    /// How often all was forgotten.
    resets: u64,
}

/// How many key columns there are, and their names, if they have any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyNames {
    pub(crate) columns: usize,
    pub(crate) names: Option<Vec<String>>,
}

impl KeyNames {
    fn words(&self) -> String {
        match &self.names {
            Some(names) => names.join(", "),
            None if self.columns == 1 => "one column without a name".to_owned(),
            None => format!("{} columns without names", self.columns),
        }
    }

    /// Ok when both are the same.
    fn same_as(&self, other: &Self) -> Result<()> {
        if self == other { Ok(()) } else { Err(Error::OtherKeys { ours: self.words(), theirs: other.words() }) }
    }
}

/// A batch, read and not yet added.
#[derive(Debug)]
pub struct GroupedPart<A> {
    columns: KeyNames,
    new: NewKeys,
    known: Known,
    fresh: Option<A>,
    read: Read,
}

/// What a batch was read by: of another, it is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    groups: usize,
    resets: u64,
    /// No row has been counted, so that this batch may fix what the first rows fix.
    fresh: bool,
}

/// Rows from which on a shelf is looked at, whether groups have too many of them: then their accumulators take them over, a
/// few hundred rows or more at once.
const FOLD_AT: usize = 1 << 18;

/// The most rows of a batch: places among rows take 32 bits.
const MOST_ROWS: usize = 1 << 31;

impl<A: Groupable> GroupedCounts<A> {
    /// No group; each will be as `prototype` is, which must be empty. A limit on its memory becomes that of all groups together.
    #[must_use]
    pub fn new(prototype: A) -> Self {
        let (limit, prototype) = (prototype.limit(), prototype.without_limit());
        Self {
            fresh: prototype.clone(),
            prototype,
            limit,
            columns: None,
            keys: Arc::default(),
            shelves: Vec::new(),
            fold_at: Vec::new(),
            ledger: Ledger::default(),
            bounds: Bounds::default(),
            resets: 0,
        }
    }

    /// Reads a batch into a private part; `self` is read only. `groups`: the key columns, with a name each or none.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::OtherKeys`], [`Error::UnknownCode`], [`Error::TooManyGroups`]; that of the batch's
    /// lowest bad row; [`Error::WeightOverflow`], [`Error::SumOverflow`], [`Error::MaxBytes`]; [`Error::Interrupted`];
    /// [`Error::OutOfMemory`].
    pub fn count(
        &self,
        names: Option<&[String]>,
        groups: &[KeyColumn<'_>],
        batch: &Batch<'_>,
        control: &Control<'_>,
    ) -> Result<GroupedPart<A>> {
        let columns = KeyNames { columns: groups.len(), names: names.map(<[String]>::to_vec) };
        self.columns.as_ref().map_or(Ok(()), |ours| ours.same_as(&columns))?;
        for column in groups {
            if column.len() != batch.len() {
                return Err(Error::LengthMismatch { argument: "groups", found: column.len(), expected: batch.len() });
            }
        }
        if batch.len() > MOST_ROWS {
            let value = batch.len() as f64;
            return Err(Error::OutOfRange { argument: "len(scores)", value, accepted: "at most 2^31" });
        }
        let none = Keys::of_columns(groups.len());
        let mut meeting = Meeting::new(if self.columns.is_some() { &self.keys } else { &none });
        let numbers = groups.iter().zip(&mut meeting.columns).map(|(column, values)| column.numbers(values, control));
        let numbers = numbers.collect::<Result<Vec<_>>>()?;
        let of_rows = meeting.groups(numbers, || control.check())?;
        let new = meeting.into_new();
        let sums = self.prototype.sums();
        let wanted = Wanted { squares: sums, scores: sums && !A::DERIVES_SUMS };
        let groups = self.len() + new.len();
        let read = match self.fresh.by_group(batch, &of_rows, groups, control)? {
            Some(counted) => counted.into(),
            None => read::read(batch, &of_rows, groups.div_ceil(GROUPS), wanted, control)?,
        };
        self.bounds.plus(read.bounds)?;
        self.within_limit(&new, &read)?;
        let fresh = (read.ledger.rows != [0, 0]).then(|| self.fresh.for_scores(batch.score_dtype()));
        Ok(GroupedPart { columns, new, known: self.known(), fresh, read })
    }

    fn known(&self) -> Known {
        Known { groups: self.len(), resets: self.resets, fresh: self.ledger.rows == [0, 0] }
    }

    /// Adds what [`GroupedCounts::count`] read.
    ///
    /// # Errors
    /// [`Error::CountOverflow`], [`Error::WeightOverflow`], [`Error::SumOverflow`], [`Error::OutOfMemory`]; nothing is added
    /// then.
    pub fn commit(&mut self, part: GroupedPart<A>) -> Result<Committed> {
        let GroupedPart { columns, new, known, fresh, read } = part;
        if known != self.known() || self.columns.as_ref().is_some_and(|ours| *ours != columns) {
            return Ok(Committed::Recount);
        }
        if self.len() + new.len() == 0 {
            return Ok(Committed::Done); // no row at all
        }
        let (ledger, bounds) = (self.ledger.plus(read.ledger)?, self.bounds.plus(read.bounds)?);
        let before = self.shelves.len();
        let shelves = (self.len() + new.len()).div_ceil(GROUPS);
        self.shelves.resize_with(shelves, || Arc::new(Shelf::empty()));
        let made = self.make_room(&read);
        if made.is_err() {
            self.shelves.truncate(before);
        }
        let runs = made?;
        if self.ledger.rows == [0, 0] {
            self.fresh = fresh.unwrap_or_else(|| self.fresh.clone());
        }
        let cells = read.cells.chunks(GROUPS * read.width.max(1));
        for (shelf, cells) in self.shelves.iter_mut().zip(cells) {
            Arc::make_mut(shelf).add_to_cells(cells, read.width, &self.fresh)?; // fits, as the sum of all does
        }
        if let Some(mut runs) = runs {
            let weighted = read.runs.iter().any(Run::weighted);
            read.runs.into_iter().for_each(|run| runs.push(run));
            *pile(&mut self.shelves[0], weighted) = runs;
        }
        for (shelf, rows) in self.shelves.iter_mut().zip(read.shelves).filter(|(_, rows)| rows.len() > 0) {
            pile(shelf, rows.weighted()).add(rows)?; // for which there is room
        }
        if new.len() > 0 {
            Arc::make_mut(&mut self.keys).extend(&new);
        }
        for group in read.dropped {
            Arc::make_mut(&mut self.shelves[group as usize / GROUPS]).drop_rows(group as usize % GROUPS, 1);
        }
        self.columns = Some(columns);
        (self.ledger, self.bounds) = (ledger, bounds);
        Ok(Committed::Done)
    }

    /// Takes the memory that the rows of a part need on their shelves; those that are there already in runs, where more runs
    /// come.
    fn make_room(&mut self, read: &Read) -> Result<Option<Pile>> {
        if let Some(run) = read.runs.first() {
            return pile(&mut self.shelves[0], run.weighted()).sealed().map(Some);
        }
        for (shelf, rows) in self.shelves.iter_mut().zip(&read.shelves).filter(|(_, rows)| rows.len() > 0) {
            pile(shelf, rows.weighted()).make_room(rows)?;
        }
        Ok(None)
    }

    /// Reads a batch and adds it.
    ///
    /// # Errors
    /// Those of [`GroupedCounts::count`] and [`GroupedCounts::commit`].
    pub fn update(
        &mut self,
        names: Option<&[String]>,
        groups: &[KeyColumn<'_>],
        batch: &Batch<'_>,
        control: &Control<'_>,
    ) -> Result<()> {
        if let Some(settled) = self.settled(control)? {
            *self = settled;
        }
        while self.commit(self.count(names, groups, batch, control)?)? == Committed::Recount {}
        Ok(())
    }

    /// The same groups, the rows of large ones counted by accumulators, others sorted by group: less memory. None where there is
    /// nothing to do.
    ///
    /// # Errors
    /// [`Error::Interrupted`], [`Error::OutOfMemory`].
    pub fn settled(&self, control: &Control<'_>) -> Result<Option<Self>> {
        let look = |at: usize| self.shelves[at].waiting() >= self.fold_at.get(at).copied().unwrap_or(FOLD_AT);
        let crowded: Vec<usize> =
            (0..self.shelves.len()).filter(|&at| self.shelves[at].late() >= RUN || look(at)).collect();
        if crowded.is_empty() {
            return Ok(None);
        }
        let mut settled = self.clone();
        settled.fold_at.resize(self.shelves.len(), FOLD_AT);
        let alone = control.with_threads(1);
        let make = |(): &mut (), range: std::ops::Range<usize>| {
            let fold = |&at: &usize| self.shelves[at].folded(look(at), &self.fresh, &alone);
            crowded[range].iter().map(fold).collect::<Result<Vec<_>>>()
        };
        let mut at = crowded.iter();
        let commit = |folded: Vec<Option<Shelf<A>>>| {
            // In this order: of the other the last look would take an item too many.
            folded.into_iter().zip(at.by_ref()).for_each(|(folded, &at)| {
                if let Some(folded) = folded {
                    settled.shelves[at] = Arc::new(folded);
                }
                if look(at) {
                    settled.fold_at[at] = FOLD_AT.max(2 * settled.shelves[at].waiting());
                }
            });
        };
        workers::in_order(crowded.len(), 1, control, || Ok(()), make, commit)?;
        Ok(Some(settled))
    }

    /// Forgets all groups; settings stay.
    pub fn reset(&mut self) {
        let limit = self.limit;
        *self = Self { limit, resets: self.resets + 1, ..Self::new(self.prototype.clone()) };
    }

    fn within_limit(&self, new: &NewKeys, read: &Read) -> Result<()> {
        let Some(limit) = self.limit else { return Ok(()) };
        let bytes = self.nbytes() + read.nbytes(size_of::<A>()) + new.nbytes();
        if bytes > limit { Err(Error::MaxBytes { bytes, limit }) } else { Ok(()) }
    }
}

/// The rows of a shelf that others, with weights or without, are added to.
fn pile<A: Groupable>(shelf: &mut Arc<Shelf<A>>, weighted: bool) -> &mut Pile {
    let shelf = Arc::make_mut(shelf);
    if weighted { &mut shelf.weighted } else { &mut shelf.plain }
}
