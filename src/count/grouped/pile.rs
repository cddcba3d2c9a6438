//! [`Pile`]: rows of neighbouring groups: runs that are sorted by group, and the latest as they came.

use std::sync::Arc;

use super::rows::{GROUPS, Labelled, Rows, RowsOf};
use super::run::{Run, gathered};
use crate::error::Result;

/// Rows of a run that is made of late ones: sorted, they and what they are sorted from stay near a second-level cache.
pub(super) const RUN: usize = 1 << 18;

/// Rows from which on others are not added to their list but make a list of their own. In one list that grew, copying what was
/// there and touching new pages took a third of the time of 2e7 rows of a million groups.
const LIST: usize = 1 << 12;

/// Rows of the groups of a shelf. However many come after it, a row is copied a few times at most.
#[derive(Debug, Clone)]
pub(super) struct Pile {
    /// In order of arrival.
    runs: Vec<Arc<Run>>,
    /// Those that came after all runs, in lists in order of arrival.
    late: Vec<Rows>,
}

/// All rows of a pile by group.
pub(super) struct ByGroup<'p> {
    runs: &'p [Arc<Run>],
    late: Run,
}

impl Pile {
    pub(super) fn empty() -> Self {
        Self { runs: Vec::new(), late: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.late() + self.runs.iter().map(|run| run.len()).sum::<usize>()
    }

    /// Rows that are not sorted.
    pub(super) fn late(&self) -> usize {
        self.late.iter().map(Rows::len).sum()
    }

    pub(super) fn nbytes(&self) -> usize {
        let late = self.late.iter().map(Rows::nbytes).sum::<usize>();
        late + self.runs.iter().map(|run| run.nbytes()).sum::<usize>()
    }

    /// `[negatives, positives]` of each group.
    pub(super) fn counts(&self) -> Vec<[u64; 2]> {
        let mut counts = vec![[0; 2]; GROUPS];
        self.late.iter().for_each(|rows| rows.add_to(&mut counts));
        for run in &self.runs {
            for (place, count) in counts.iter_mut().enumerate() {
                let labels = run.of_group(place).labels;
                let positives: u64 = labels.iter().map(|&label| u64::from(label)).sum();
                *count = [count[0] + labels.len() as u64 - positives, count[1] + positives];
            }
        }
        counts
    }

    /// Takes the memory to add such rows.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory); no row has changed then.
    pub(super) fn make_room(&mut self, rows: &Rows) -> Result<()> {
        match self.list_for(rows.len()) {
            Some(list) => list.make_room(rows, rows.len()),
            None => Ok(()),
        }
    }

    /// Adds rows.
    ///
    /// # Errors
    /// As [`Pile::make_room`].
    pub(super) fn add(&mut self, rows: Rows) -> Result<()> {
        if rows.len() == 0 {
            return Ok(());
        }
        match self.list_for(rows.len()) {
            Some(list) => list.append(&rows, 0, rows.len())?,
            None => self.late.push(rows),
        }
        Ok(())
    }

    /// Adds rows of one group.
    ///
    /// # Errors
    /// As [`Pile::make_room`].
    pub(super) fn take(&mut self, place: usize, rows: &RowsOf<'_>) -> Result<()> {
        if self.late.last().is_none_or(|list| list.len() >= RUN) {
            self.late.push(Rows::none());
        }
        self.late.last_mut().map_or(Ok(()), |list| list.take(place, rows))
    }

    /// The list that so many rows are copied to, rather than kept as they are.
    fn list_for(&mut self, rows: usize) -> Option<&mut Rows> {
        self.late.last_mut().filter(|list| rows < LIST && list.len() < LIST)
    }

    /// Adds a run; all rows that came before it must be in runs.
    pub(super) fn push(&mut self, run: Run) {
        debug_assert_eq!(self.late(), 0);
        self.runs.push(Arc::new(run));
    }

    /// The same with all rows in runs.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(super) fn sealed(&self) -> Result<Self> {
        let mut sealed = Self { runs: self.runs.clone(), late: Vec::new() };
        let mut rest = &self.late[..];
        while !rest.is_empty() {
            let mut rows = 0;
            let before = |list: &&Rows| {
                rows += list.len();
                rows - list.len() < RUN
            };
            let (some, others) = rest.split_at(rest.iter().take_while(before).count());
            sealed.push(Run::of(some)?);
            rest = others;
        }
        Ok(sealed)
    }

    /// The rows of groups that are not marked; those of a pile whose rows are all in runs.
    ///
    /// # Errors
    /// As [`Pile::sealed`].
    pub(super) fn without(&self, marked: &[bool]) -> Result<Self> {
        let left: usize = self.runs.iter().map(|run| run.left(marked)).sum();
        let mut rest = Self::empty();
        for run in &self.runs {
            if 2 * left >= self.len() {
                rest.push(run.without(marked)?);
                continue;
            }
            // Short runs would be many: the rows wait for others to be sorted with.
            let mut kept = (0..GROUPS).filter(|&place| !marked[place]);
            kept.try_for_each(|place| rest.take(place, &run.of_group(place)))?;
        }
        Ok(rest)
    }

    /// All runs.
    pub(super) fn runs(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().map(|run| &**run)
    }

    /// The rows of one group.
    ///
    /// # Errors
    /// As [`Pile::sealed`].
    pub(super) fn of_group(&self, place: usize) -> Result<ByGroup<'_>> {
        Ok(ByGroup { runs: &self.runs, late: Run::of_one(&self.late, place)? })
    }

    /// All rows by group.
    ///
    /// # Errors
    /// As [`Pile::sealed`].
    pub(super) fn by_group(&self) -> Result<ByGroup<'_>> {
        Ok(ByGroup { runs: &self.runs, late: Run::of(&self.late)? })
    }
}

impl ByGroup<'_> {
    /// The rows of one group, where they are not in one piece put together in `scratch`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(super) fn of<'r>(&'r self, place: usize, scratch: &'r mut Labelled) -> Result<RowsOf<'r>> {
        gathered(self.runs(), place, scratch)
    }

    /// All runs.
    pub(super) fn runs(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().map(|run| &**run).chain([&self.late])
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::{Scores, ScoresOf, tag};
    use super::*;

    /// Place, label, score, weight.
    type Row = (usize, u8, f64, f64);

    fn lists(rows: &[Row], wide: bool, weighted: bool) -> Rows {
        let scores = rows.iter().map(|row| row.2);
        let scores = if wide {
            Scores::Wide(scores.collect())
        } else {
            Scores::Narrow(scores.map(|score| score as f32).collect())
        };
        let tags = rows.iter().map(|row| tag(row.0 as u32, row.1)).collect();
        Rows { tags, scores, weights: rows.iter().filter(|_| weighted).map(|row| row.3).collect() }
    }

    fn told(rows: &RowsOf<'_>, place: usize) -> Vec<Row> {
        let weights = rows.weights.iter().copied().chain(std::iter::repeat(0.0));
        rows.each().zip(weights).map(|((score, label), weight)| (place, label, score, weight)).collect()
    }

    fn each_group(pile: &Pile) -> Vec<Vec<Row>> {
        let (sorted, mut scratch) = (pile.by_group().unwrap(), Labelled::default());
        let groups: Vec<Vec<Row>> =
            (0..GROUPS).map(|place| told(&sorted.of(place, &mut scratch).unwrap(), place)).collect();
        for place in [0, 1, 2, GROUPS - 1] {
            let alone = pile.of_group(place).unwrap();
            assert_eq!(told(&alone.of(place, &mut scratch).unwrap(), place), groups[place]);
        }
        groups
    }

    #[test]
    fn rows_stay_in_order_in_their_group_however_they_are_kept() {
        for weighted in [false, true] {
            let (mut pile, mut expected) = (Pile::empty(), vec![Vec::new(); GROUPS]);
            let places = [0, 1, 2, 5, GROUPS - 1];
            let mut next = 0;
            let mut some = |len: usize| -> Vec<Row> {
                let row = |i: usize| {
                    (
                        places[i * i % 5],
                        i.is_multiple_of(3).into(),
                        i as f64,
                        if weighted { 1.0 + i as f64 } else { 0.0 },
                    )
                };
                next += len;
                (next - len..next).map(row).collect()
            };
            for (turn, len) in [3, LIST - 1, 2, LIST, 7, 0, 3 * LIST, 9].into_iter().enumerate() {
                let rows = some(len);
                rows.iter().for_each(|row| expected[row.0].push(*row));
                let wide = turn == 4; // all after it are wide, and those before it where they are in one list or run
                pile.make_room(&lists(&rows, wide, weighted)).unwrap();
                pile.add(lists(&rows, wide, weighted)).unwrap();
                assert_eq!(each_group(&pile), expected);
                if turn % 3 == 2 {
                    pile = pile.sealed().unwrap();
                    assert_eq!((each_group(&pile), pile.late()), (expected.clone(), 0));
                }
            }
            let rows = some(4);
            let labels: Vec<u8> = rows.iter().map(|row| row.1).collect();
            let (scores, weights): (Vec<f64>, Vec<f64>) = rows.iter().map(|row| (row.2, row.3)).unzip();
            let weights = if weighted { &weights[..] } else { &[] };
            pile.take(2, &RowsOf { labels: &labels, scores: ScoresOf::Wide(&scores), weights }).unwrap();
            expected[2].extend(rows.iter().map(|row| (2, row.1, row.2, row.3)));
            assert_eq!(each_group(&pile), expected);
            let counts = |rows: &Vec<Row>| [0, 1].map(|label| rows.iter().filter(|row| row.1 == label).count() as u64);
            assert_eq!(pile.counts(), expected.iter().map(counts).collect::<Vec<_>>());
            assert_eq!(pile.len(), next);

            // Few rows left are in a list again, many in runs.
            let sealed = pile.sealed().unwrap();
            for gone in [vec![1], vec![0, 1, 2, 5]] {
                let marked: Vec<bool> = (0..GROUPS).map(|place| gone.contains(&place)).collect();
                let rest = sealed.without(&marked).unwrap();
                let left: Vec<_> =
                    (0..GROUPS).map(|i| if marked[i] { Vec::new() } else { expected[i].clone() }).collect();
                assert_eq!(each_group(&rest), left);
                assert_eq!(rest.late() > 0, 2 * rest.len() < pile.len());
            }
            for run in sealed.runs() {
                let places = (0..GROUPS).flat_map(|place| vec![place as u32; run.of_group(place).len()]);
                assert_eq!(run.places().unwrap(), places.collect::<Vec<_>>());
            }
        }
    }
}
