//! [`Rows`]: rows of neighbouring groups as they came, two bytes beside each score; and how they are sorted by group.

use crate::error::{Error, Result};
use crate::input::{Batch, Column, Readable};
use crate::simd;

/// Groups whose rows are kept together: few enough that sorting 20 rows of each stays in a second-level cache.
pub(super) const GROUPS: usize = 1024;

const PURPOSE: &str = "rows of groups";

/// Scores as they were given: all float32, or else float64.
#[derive(Debug, Clone)]
pub(super) enum Scores {
    Narrow(Vec<f32>),
    Wide(Vec<f64>),
}

impl Scores {
    fn len(&self) -> usize {
        match self {
            Self::Narrow(scores) => scores.len(),
            Self::Wide(scores) => scores.len(),
        }
    }

    fn nbytes(&self) -> usize {
        match self {
            Self::Narrow(scores) => 4 * scores.capacity(),
            Self::Wide(scores) => 8 * scores.capacity(),
        }
    }

    fn get(&self, at: usize) -> f64 {
        match self {
            Self::Narrow(scores) => scores[at].into(),
            Self::Wide(scores) => scores[at],
        }
    }

    fn part(&self, start: usize, end: usize) -> ScoresOf<'_> {
        match self {
            Self::Narrow(scores) => ScoresOf::Narrow(&scores[start..end]),
            Self::Wide(scores) => ScoresOf::Wide(&scores[start..end]),
        }
    }
}

/// A working type whose values are kept as they are.
pub(super) trait Kept: Readable {
    fn kept(scores: Vec<Self>) -> Scores;
}

impl Kept for f32 {
    fn kept(scores: Vec<Self>) -> Scores {
        Scores::Narrow(scores)
    }
}

impl Kept for f64 {
    fn kept(scores: Vec<Self>) -> Scores {
        Scores::Wide(scores)
    }
}

/// Rows in order of arrival.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    /// Twice the place of its group among those kept together, and 1 for a positive.
    pub(super) tags: Vec<u16>,
    pub(super) scores: Scores,
    /// One a row, or none.
    pub(super) weights: Vec<f64>,
}

/// What the rows of one group are.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowsOf<'r> {
    pub(super) labels: &'r [u8],
    pub(super) scores: ScoresOf<'r>,
    pub(super) weights: &'r [f64],
}

#[derive(Debug, Clone, Copy)]
pub(super) enum ScoresOf<'r> {
    Narrow(&'r [f32]),
    Wide(&'r [f64]),
}

impl<'r> RowsOf<'r> {
    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    /// The same as a batch.
    pub(super) fn batch(&self) -> Result<Batch<'r>> {
        let scores = match self.scores {
            ScoresOf::Narrow(scores) => Column::from_slice(scores),
            ScoresOf::Wide(scores) => Column::from_slice(scores),
        };
        let batch = Batch::new(Column::from_slice(self.labels), scores)?;
        if self.weights.is_empty() { Ok(batch) } else { batch.with_weights(Column::from_slice(self.weights)) }
    }

    /// Each score and label.
    pub(super) fn each(&self, mut take: impl FnMut(f64, u8)) {
        match self.scores {
            ScoresOf::Narrow(scores) => scores.iter().zip(self.labels).for_each(|(&s, &label)| take(s.into(), label)),
            ScoresOf::Wide(scores) => scores.iter().zip(self.labels).for_each(|(&s, &label)| take(s, label)),
        }
    }
}

impl Rows {
    pub(super) fn none() -> Self {
        Self { tags: Vec::new(), scores: Scores::Narrow(Vec::new()), weights: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.tags.len()
    }

    pub(super) fn nbytes(&self) -> usize {
        2 * self.tags.capacity() + self.scores.nbytes() + 8 * self.weights.capacity()
    }

    /// Takes the memory to add so many rows of `more`, in steps of a half at least: in steps of an eighth, copying what is there
    /// and touching new pages took half of the time of 2e7 rows in a thousand groups.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; no row has changed then.
    pub(super) fn make_room(&mut self, more: &Self, rows: usize) -> Result<()> {
        self.make_room_for(matches!(more.scores, Scores::Wide(_)), !more.weights.is_empty(), rows)
    }

    fn make_room_for(&mut self, wide: bool, weighted: bool, rows: usize) -> Result<()> {
        let rows = if rows == 0 { 0 } else { rows.max(self.len() / 2) };
        if let (Scores::Narrow(own), true) = (&self.scores, wide)
            && rows > 0
        {
            let mut wide = simd::room(own.len() + rows, PURPOSE)?;
            wide.extend(own.iter().map(|&score| f64::from(score)));
            self.scores = Scores::Wide(wide);
        }
        match &mut self.scores {
            Scores::Narrow(own) => reserve(own, rows)?,
            Scores::Wide(own) => reserve(own, rows)?,
        }
        reserve(&mut self.tags, rows)?;
        if weighted { reserve(&mut self.weights, rows) } else { Ok(()) }
    }

    /// Adds rows `start..end` of `more`.
    ///
    /// # Errors
    /// As [`Rows::make_room`].
    pub(super) fn append(&mut self, more: &Self, start: usize, end: usize) -> Result<()> {
        self.make_room(more, end - start)?;
        match (&mut self.scores, &more.scores) {
            (Scores::Narrow(own), Scores::Narrow(more)) => own.extend_from_slice(&more[start..end]),
            (Scores::Wide(own), Scores::Wide(more)) => own.extend_from_slice(&more[start..end]),
            (Scores::Wide(own), Scores::Narrow(more)) => {
                own.extend(more[start..end].iter().map(|&score| f64::from(score)))
            }
            (Scores::Narrow(_), Scores::Wide(_)) => {} // nothing to add: room was made for float64 else
        }
        self.tags.extend_from_slice(&more.tags[start..end]);
        self.weights.extend_from_slice(more.weights.get(start..end).unwrap_or_default());
        Ok(())
    }

    /// Adds rows of one group.
    ///
    /// # Errors
    /// As [`Rows::append`].
    pub(super) fn take(&mut self, place: usize, rows: &RowsOf<'_>) -> Result<()> {
        if rows.len() == 0 {
            return Ok(());
        }
        self.make_room_for(matches!(rows.scores, ScoresOf::Wide(_)), !rows.weights.is_empty(), rows.len())?;
        match (&mut self.scores, rows.scores) {
            (Scores::Narrow(own), ScoresOf::Narrow(more)) => own.extend_from_slice(more),
            (Scores::Wide(own), ScoresOf::Wide(more)) => own.extend_from_slice(more),
            (Scores::Wide(own), ScoresOf::Narrow(more)) => own.extend(more.iter().map(|&score| f64::from(score))),
            (Scores::Narrow(_), ScoresOf::Wide(_)) => {} // cannot be: room was made for float64
        }
        self.tags.extend(rows.labels.iter().map(|&label| (2 * place) as u16 | u16::from(label)));
        self.weights.extend_from_slice(rows.weights);
        Ok(())
    }

    /// Adds one row of `more`, of another group.
    pub(super) fn push(&mut self, place: usize, more: &Self, at: usize) {
        self.tags.push((2 * place) as u16 | (more.tags[at] & 1));
        match (&mut self.scores, &more.scores) {
            (Scores::Narrow(own), Scores::Narrow(more)) => own.push(more[at]),
            (Scores::Wide(own), more) => own.push(more.get(at)),
            (Scores::Narrow(own), more) => {
                let mut wide: Vec<f64> = own.iter().map(|&score| score.into()).collect();
                wide.push(more.get(at));
                self.scores = Scores::Wide(wide);
            }
        }
        self.weights.extend(more.weights.get(at));
    }

    /// `[negatives, positives]` of each group.
    pub(super) fn counts(&self) -> Vec<[u64; 2]> {
        let mut counts = vec![0; 2 * GROUPS];
        self.tags.iter().for_each(|&tag| counts[usize::from(tag) % (2 * GROUPS)] += 1);
        counts.as_chunks::<2>().0.to_vec()
    }

    /// The label of each row.
    pub(super) fn labels(&self) -> Vec<u8> {
        self.tags.iter().map(|&tag| (tag & 1) as u8).collect()
    }

    /// All rows, with their labels.
    pub(super) fn all<'r>(&'r self, labels: &'r [u8]) -> RowsOf<'r> {
        RowsOf { labels, scores: self.scores.part(0, self.scores.len()), weights: &self.weights }
    }

    /// The rows of one group.
    pub(super) fn of_group(&self, place: usize) -> Sorted {
        let rows: Vec<usize> = (0..self.len()).filter(|&at| usize::from(self.tags[at] / 2) == place).collect();
        let mut starts = vec![0; GROUPS + 1];
        starts[place + 1..].fill(rows.len());
        self.in_order(&rows, starts)
    }

    /// The rows by group; those of one group stay in order.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(super) fn by_group(&self) -> Result<Sorted> {
        let mut starts = vec![0; GROUPS + 1];
        let of = |tag: u16| usize::from(tag / 2) % GROUPS;
        self.tags.iter().for_each(|&tag| starts[of(tag) + 1] += 1);
        (0..GROUPS).for_each(|place| starts[place + 1] += starts[place]);
        let (labels, scores, weights) = match &self.scores {
            Scores::Narrow(scores) => {
                let (labels, scores, weights) = scattered(&self.tags, scores, &self.weights, starts.clone())?;
                (labels, Scores::Narrow(scores), weights)
            }
            Scores::Wide(scores) => {
                let (labels, scores, weights) = scattered(&self.tags, scores, &self.weights, starts.clone())?;
                (labels, Scores::Wide(scores), weights)
            }
        };
        Ok(Sorted { starts, labels, scores, weights })
    }

    fn in_order(&self, rows: &[usize], starts: Vec<usize>) -> Sorted {
        let scores = match &self.scores {
            Scores::Narrow(scores) => Scores::Narrow(rows.iter().map(|&at| scores[at]).collect()),
            Scores::Wide(scores) => Scores::Wide(rows.iter().map(|&at| scores[at]).collect()),
        };
        let labels = rows.iter().map(|&at| (self.tags[at] & 1) as u8).collect();
        let weights = rows.iter().filter_map(|&at| self.weights.get(at).copied()).collect();
        Sorted { starts, labels, scores, weights }
    }
}

/// Rows by group.
#[derive(Debug)]
pub(super) struct Sorted {
    starts: Vec<usize>,
    labels: Vec<u8>,
    scores: Scores,
    weights: Vec<f64>,
}

impl Sorted {
    pub(super) fn of(&self, place: usize) -> RowsOf<'_> {
        let (start, end) = (self.starts[place], self.starts[place + 1]);
        let weights = self.weights.get(start..end).unwrap_or_default();
        RowsOf { labels: &self.labels[start..end], scores: self.scores.part(start, end), weights }
    }

    /// All rows.
    pub(super) fn all(&self) -> RowsOf<'_> {
        RowsOf { labels: &self.labels, scores: self.scores.part(0, self.scores.len()), weights: &self.weights }
    }
}

/// Labels, scores and weights by group; `next`: where the rows of each group begin.
fn scattered<S: bytemuck::Pod>(
    tags: &[u16],
    scores: &[S],
    weights: &[f64],
    mut next: Vec<usize>,
) -> Result<(Vec<u8>, Vec<S>, Vec<f64>)> {
    let mut labels = simd::zeros(tags.len(), PURPOSE)?;
    let mut by_group = simd::zeros(scores.len(), PURPOSE)?;
    let mut weights_by_group = simd::zeros(weights.len(), PURPOSE)?;
    for (at, (&tag, &score)) in tags.iter().zip(scores).enumerate() {
        let place = &mut next[usize::from(tag / 2) % GROUPS];
        (labels[*place], by_group[*place]) = ((tag & 1) as u8, score);
        if let Some(&weight) = weights.get(at) {
            weights_by_group[*place] = weight;
        }
        *place += 1;
    }
    Ok((labels, by_group, weights_by_group))
}

/// Room for so many more, exactly.
fn reserve<T>(own: &mut Vec<T>, more: usize) -> Result<()> {
    if own.capacity() - own.len() >= more {
        return Ok(());
    }
    let bytes = (own.len() + more) * size_of::<T>();
    own.try_reserve_exact(more).map_err(|_| Error::OutOfMemory { purpose: PURPOSE, bytes })
}
