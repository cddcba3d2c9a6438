//! [`Run`]: some rows of neighbouring groups, sorted by group.

use std::ops::Range;

use super::rows::{GROUPS, Kept, Labelled, Rows, RowsOf, Scores, place_of};
use crate::error::Result;
use crate::simd;

const PURPOSE: &str = "rows of groups";

/// Some rows by group; those of one group stay in order.
#[derive(Debug)]
pub(super) struct Run {
    /// Where the rows of each group begin, and where the last end.
    starts: Vec<usize>,
    rows: Labelled,
}

impl Run {
    /// All rows of some lists, by group.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub(super) fn of(lists: &[Rows]) -> Result<Self> {
        if lists.iter().any(|list| matches!(list.scores, Scores::Wide(_))) {
            Self::of_lists::<f64>(lists)
        } else {
            Self::of_lists::<f32>(lists)
        }
    }

    fn of_lists<S: Kept + From<f32>>(lists: &[Rows]) -> Result<Self> {
        let weights = lists.iter().map(|list| list.weights.len()).sum();
        let mut sorting = Sorting::<S>::new(lists.iter().map(|list| &list.tags[..]), weights)?;
        for list in lists {
            match &list.scores {
                Scores::Narrow(scores) => sorting.take(&list.tags, scores, S::from, &list.weights),
                Scores::Wide(scores) => sorting.take(&list.tags, scores, S::nearest, &list.weights), // itself: S is f64
            }
        }
        Ok(sorting.run())
    }

    /// Rows of these tags, by group.
    ///
    /// # Errors
    /// As [`Run::of`].
    pub(super) fn of_columns<S: Kept>(tags: &[u16], scores: &[S], weights: &[f64]) -> Result<Self> {
        let mut sorting = Sorting::<S>::new([tags].into_iter(), weights.len())?;
        sorting.take(tags, scores, |score| score, weights);
        Ok(sorting.run())
    }

    /// The rows of one group alone.
    pub(super) fn of_one(lists: &[Rows], place: usize) -> Result<Self> {
        let mut own = Labelled::default();
        for list in lists {
            for at in (0..list.len()).filter(|&at| place_of(list.tags[at]) == place) {
                let label = [(list.tags[at] & 1) as u8];
                let weights = list.weights.get(at..=at).unwrap_or_default();
                own.take(&RowsOf { labels: &label, scores: list.scores.part(at..at + 1), weights })?;
            }
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

    /// How many rows are of groups that are not marked.
    pub(super) fn left(&self, marked: &[bool]) -> usize {
        (0..GROUPS).filter(|&place| !marked[place]).map(|place| self.range(place).len()).sum()
    }

    /// These rows alone.
    ///
    /// # Errors
    /// As [`Run::of`].
    pub(super) fn without(&self, marked: &[bool]) -> Result<Self> {
        let mut rest = Self { starts: vec![0; GROUPS + 1], rows: Labelled::default() };
        rest.rows.make_room(&self.all(), self.left(marked))?;
        for (place, marked) in marked.iter().enumerate() {
            if !marked {
                rest.rows.take(&self.of_group(place))?;
            }
            rest.starts[place + 1] = rest.len();
        }
        Ok(rest)
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

/// A run in the making.
struct Sorting<S> {
    starts: Vec<usize>,
    /// Where the next row of each group goes.
    next: Vec<usize>,
    labels: Vec<u8>,
    scores: Vec<S>,
    weights: Vec<f64>,
}

impl<S: Kept> Sorting<S> {
    /// For rows of these tags, so many of which have weights: all or none.
    fn new<'t>(tags: impl Iterator<Item = &'t [u16]>, weights: usize) -> Result<Self> {
        let mut starts = vec![0; GROUPS + 1];
        tags.for_each(|tags| tags.iter().for_each(|&tag| starts[place_of(tag) + 1] += 1));
        (0..GROUPS).for_each(|place| starts[place + 1] += starts[place]);
        let (next, rows) = (starts.clone(), starts[GROUPS]);
        let (labels, scores) = (simd::zeros(rows, PURPOSE)?, simd::zeros(rows, PURPOSE)?);
        Ok(Self { starts, next, labels, scores, weights: simd::zeros(weights, PURPOSE)? })
    }

    fn take<T: Copy>(&mut self, tags: &[u16], scores: &[T], kept: impl Fn(T) -> S, weights: &[f64]) {
        for (at, (&tag, &score)) in tags.iter().zip(scores).enumerate() {
            let next = &mut self.next[place_of(tag)];
            (self.labels[*next], self.scores[*next]) = ((tag & 1) as u8, kept(score));
            if let Some(&weight) = weights.get(at) {
                self.weights[*next] = weight;
            }
            *next += 1;
        }
    }

    fn run(self) -> Run {
        let Self { starts, labels, scores, weights, .. } = self;
        Run { starts, rows: Labelled { labels, scores: S::kept(scores), weights } }
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
