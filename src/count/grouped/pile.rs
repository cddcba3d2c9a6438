//! [`Pile`]: rows of neighbouring groups: runs that are sorted by group, and the latest as they came.

use std::ops::Range;
use std::sync::Arc;

use super::rows::{GROUPS, Kept, Labelled, Rows, RowsOf, Scores, place_of};
use crate::error::Result;
use crate::simd;

/// Rows of a run that is made of late ones: sorted, they and what they are sorted from stay near a second-level cache.
pub(super) const RUN: usize = 1 << 18;

const PURPOSE: &str = "rows of groups";

/// Rows of the groups of a shelf. A row is written twice at most, however many come after it.
#[derive(Debug, Clone)]
pub(super) struct Pile {
    /// In order of arrival.
    runs: Vec<Arc<Run>>,
    /// Those that came after all runs.
    pub(super) late: Rows,
}

/// Some rows by group; those of one group stay in order.
#[derive(Debug)]
pub(super) struct Run {
    /// Where the rows of each group begin, and where the last end.
    starts: Vec<usize>,
    rows: Labelled,
}

/// All rows of a pile by group.
pub(super) struct ByGroup<'p> {
    runs: &'p [Arc<Run>],
    late: Run,
}

impl Pile {
    pub(super) fn empty() -> Self {
        Self { runs: Vec::new(), late: Rows::none() }
    }

    pub(super) fn len(&self) -> usize {
        self.late.len() + self.runs.iter().map(|run| run.len()).sum::<usize>()
    }

    pub(super) fn nbytes(&self) -> usize {
        self.late.nbytes() + self.runs.iter().map(|run| run.nbytes()).sum::<usize>()
    }

    /// `[negatives, positives]` of each group.
    pub(super) fn counts(&self) -> Vec<[u64; 2]> {
        let mut counts = self.late.counts();
        for run in &self.runs {
            for (place, count) in counts.iter_mut().enumerate() {
                let labels = run.of_group(place).labels;
                let positives: u64 = labels.iter().map(|&label| u64::from(label)).sum();
                *count = [count[0] + labels.len() as u64 - positives, count[1] + positives];
            }
        }
        counts
    }

    /// Adds a run; all rows that came before it must be in runs.
    pub(super) fn push(&mut self, run: Run) {
        debug_assert_eq!(self.late.len(), 0);
        self.runs.push(Arc::new(run));
    }

    /// The same with all rows in runs.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(super) fn sealed(&self) -> Result<Self> {
        let mut sealed = Self { runs: self.runs.clone(), late: Rows::none() };
        for start in (0..self.late.len()).step_by(RUN) {
            sealed.push(Run::of(&self.late, start..self.late.len().min(start + RUN))?);
        }
        Ok(sealed)
    }

    /// The rows of groups that are not marked; those of a pile without late rows.
    ///
    /// # Errors
    /// As [`Pile::sealed`].
    pub(super) fn without(&self, marked: &[bool]) -> Result<Self> {
        let left = |run: &Run| (0..GROUPS).filter(|&place| !marked[place]).map(|place| run.range(place).len()).sum();
        let lens: Vec<usize> = self.runs.iter().map(|run| left(run)).collect();
        let mut rest = Self::empty();
        if 2 * lens.iter().sum::<usize>() < self.len() {
            // Short runs would be many: the rows wait for others to be sorted with.
            for run in &self.runs {
                let mut kept = (0..GROUPS).filter(|&place| !marked[place]);
                kept.try_for_each(|place| rest.late.take(place, &run.of_group(place)))?;
            }
            return Ok(rest);
        }
        for (run, len) in self.runs.iter().zip(lens) {
            let mut own = Run { starts: vec![0; GROUPS + 1], rows: Labelled::default() };
            own.rows.make_room(&run.all(), len)?;
            for place in 0..GROUPS {
                if !marked[place] {
                    own.rows.take(&run.of_group(place))?;
                }
                own.starts[place + 1] = own.len();
            }
            rest.push(own);
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
        Ok(ByGroup { runs: &self.runs, late: Run::of(&self.late, 0..self.late.len())? })
    }
}

impl Run {
    /// Rows `range`, by group.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(super) fn of(rows: &Rows, range: Range<usize>) -> Result<Self> {
        let tags = &rows.tags[range.clone()];
        let weights = rows.weights.get(range.clone()).unwrap_or_default();
        match &rows.scores {
            Scores::Narrow(scores) => Self::sorted(tags, &scores[range], weights),
            Scores::Wide(scores) => Self::sorted(tags, &scores[range], weights),
        }
    }

    /// Rows of these tags, by group.
    ///
    /// # Errors
    /// As [`Run::of`].
    pub(super) fn sorted<S: Kept>(tags: &[u16], scores: &[S], weights: &[f64]) -> Result<Self> {
        let mut starts = vec![0; GROUPS + 1];
        tags.iter().for_each(|&tag| starts[place_of(tag) + 1] += 1);
        (0..GROUPS).for_each(|place| starts[place + 1] += starts[place]);
        let mut next = starts.clone();
        let mut labels = simd::zeros(tags.len(), PURPOSE)?;
        let mut by_group = simd::zeros(scores.len(), PURPOSE)?;
        let mut weights_by_group = simd::zeros(weights.len(), PURPOSE)?;
        for (at, (&tag, &score)) in tags.iter().zip(scores).enumerate() {
            let place = &mut next[place_of(tag)];
            (labels[*place], by_group[*place]) = ((tag & 1) as u8, score);
            if let Some(&weight) = weights.get(at) {
                weights_by_group[*place] = weight;
            }
            *place += 1;
        }
        Ok(Self { starts, rows: Labelled { labels, scores: S::kept(by_group), weights: weights_by_group } })
    }

    /// The rows of one group alone.
    fn of_one(rows: &Rows, place: usize) -> Result<Self> {
        let mut own = Labelled::default();
        for at in (0..rows.len()).filter(|&at| place_of(rows.tags[at]) == place) {
            let label = [(rows.tags[at] & 1) as u8];
            let weights = rows.weights.get(at..=at).unwrap_or_default();
            own.take(&RowsOf { labels: &label, scores: rows.scores.part(at..at + 1), weights })?;
        }
        let mut starts = vec![0; GROUPS + 1];
        starts[place + 1..].fill(own.len());
        Ok(Self { starts, rows: own })
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// True where each row has a weight.
    pub(super) fn weighted(&self) -> bool {
        self.rows.weighted()
    }

    pub(super) fn nbytes(&self) -> usize {
        8 * self.starts.capacity() + self.rows.nbytes()
    }

    /// The rows of one group.
    pub(super) fn of_group(&self, place: usize) -> RowsOf<'_> {
        self.rows.part(self.range(place))
    }

    /// All rows.
    pub(super) fn all(&self) -> RowsOf<'_> {
        self.rows.part(0..self.len())
    }

    /// The place of each row's group.
    ///
    /// # Errors
    /// As [`Run::of`].
    pub(super) fn places(&self) -> Result<Vec<u32>> {
        let mut places = simd::room(self.len(), PURPOSE)?;
        (0..).zip(&self.starts[1..]).for_each(|(place, &end)| places.resize(end, place));
        Ok(places)
    }

    fn range(&self, place: usize) -> Range<usize> {
        self.starts[place]..self.starts[place + 1]
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

/// The rows of one group in some runs, where they are not in one piece put together in `scratch`.
///
/// # Errors
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
pub(super) fn gathered<'r>(
    runs: impl Iterator<Item = &'r Run>,
    place: usize,
    scratch: &'r mut Labelled,
) -> Result<RowsOf<'r>> {
    let mut pieces = runs.map(|run| run.of_group(place)).filter(|rows| rows.len() > 0);
    let Some(first) = pieces.next() else { return Ok(RowsOf::NONE) };
    let Some(second) = pieces.next() else { return Ok(first) };
    scratch.clear();
    [first, second].into_iter().chain(pieces).try_for_each(|rows| scratch.take(&rows))?;
    Ok(scratch.part(0..scratch.len()))
}
