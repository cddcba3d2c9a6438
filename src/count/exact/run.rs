//! [`Run`]: distinct scores, ascending, with what was counted of each; and how runs are built and merged.

use super::bucket::BucketKey;
use super::radix::{merge, radix_sort};
use super::rows::{Keys, Rows, narrow};
use crate::control::Control;
use crate::count::merge::POLL;
use crate::error::Result;
use crate::input::Score;
use crate::simd;
use crate::tally::{Masses, Tally};

/// Distinct scores, ascending. Keys are of float32 iff every score is a float32; counts have 32 bits while all rows
/// together fit; sums are there once a row had a weight.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(super) keys: Keys,
    counts: Counts,
    /// Sums of weights, `[negatives, positives]` per score; empty while there are none.
    sums: Vec<[f64; 2]>,
    /// Sums of squared weights, likewise, where further sums are kept; else empty.
    squares: Vec<[f64; 2]>,
}

/// Rows without a weight, `[negatives, positives]` per score.
#[derive(Debug, Clone, PartialEq)]
enum Counts {
    Narrow(Vec<[u32; 2]>),
    Wide(Vec<[u64; 2]>),
}

impl Counts {
    fn extend(&mut self, more: &Self) {
        let wide = |counts: &Self| match counts {
            Self::Narrow(counts) => counts.iter().map(|pair| pair.map(u64::from)).collect(),
            Self::Wide(counts) => counts.clone(),
        };
        match (&mut *self, more) {
            (Self::Narrow(counts), Self::Narrow(more)) => counts.extend_from_slice(more),
            (Self::Wide(counts), more) => counts.extend::<Vec<[u64; 2]>>(wide(more)),
            (Self::Narrow(_), Self::Wide(_)) => *self = Self::Wide([wide(self), wide(more)].concat()),
        }
    }
}

impl Run {
    pub(super) fn empty() -> Self {
        Self {
            keys: Keys::Narrow(Vec::new()),
            counts: Counts::Narrow(Vec::new()),
            sums: Vec::new(),
            squares: Vec::new(),
        }
    }

    /// Of scores, as keys of float64, and their `[negatives, positives]`, in any order and perhaps repeated.
    pub(super) fn of_ties(mut ties: Vec<(u64, [u64; 2])>) -> Result<Self> {
        ties.sort_unstable();
        let all_narrow = ties.iter().all(|&(key, _)| narrow(key).is_some());
        let rows = ties.iter().map(|&(_, [negatives, positives])| negatives + positives).sum();
        let mut run = RunBuilder::new(all_narrow, rows, false, ties.len())?;
        for group in ties.chunk_by(|a, b| a.0 == b.0) {
            let counts =
                group.iter().fold([0, 0], |[n, p], (_, [negatives, positives])| [n + negatives, p + positives]);
            run.push(group[0].0, counts, None);
        }
        Ok(run.finish())
    }

    /// Of a few rows, by sorting them.
    pub(super) fn of_few(rows: &[&Rows], control: &Control<'_>) -> Result<Self> {
        let total = rows.iter().map(|rows| rows.len()).sum();
        let narrow = rows.iter().all(|rows| rows.is_narrow());
        let mut run = RunBuilder::new(narrow, total as u64, false, total)?;
        if narrow {
            let sorted = |label: usize| {
                let mut keys = rows.iter().map(|rows| rows.keys(label).narrow()).collect::<Vec<_>>().concat();
                radix_sort(&mut keys, &mut Vec::new(), |&key| key.into(), control)?;
                Ok(keys)
            };
            merge(&sorted(0)?, &sorted(1)?, control, |key, counts| run.push_narrow(key, counts))?;
        } else {
            let sorted = |label: usize| {
                let mut keys: Vec<u64> = rows.iter().flat_map(|rows| rows.keys(label).wide().into_owned()).collect();
                radix_sort(&mut keys, &mut Vec::new(), |&key| key, control)?;
                Ok(keys)
            };
            merge(&sorted(0)?, &sorted(1)?, control, |key, counts| run.push(key, counts, None))?;
        }
        Ok(run.finish())
    }

    /// Number of distinct scores.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn nbytes(&self) -> usize {
        let counts = match &self.counts {
            Counts::Narrow(counts) => size_of_val(&counts[..]),
            Counts::Wide(counts) => size_of_val(&counts[..]),
        };
        self.keys.nbytes() + counts + size_of_val(&self.sums[..]) + size_of_val(&self.squares[..])
    }

    pub(super) fn weighted(&self) -> bool {
        !self.sums.is_empty()
    }

    /// True when every score is a float32.
    pub(crate) fn is_narrow(&self) -> bool {
        matches!(self.keys, Keys::Narrow(_))
    }

    /// False when a score is infinite.
    pub(super) fn finite(&self) -> bool {
        self.len() == 0 || (self.score(0).is_finite() && self.score(self.len() - 1).is_finite())
    }

    /// The key, as of float64, of score `i`.
    pub(super) fn key(&self, i: usize) -> u64 {
        match &self.keys {
            Keys::Narrow(keys) => keys[i].wide(),
            Keys::Wide(keys) => keys[i],
        }
    }

    /// The key of score `i`: as of float32 for a `narrow` reader, who has seen that all scores are, else as of float64.
    pub(super) fn key_as(&self, narrow: bool, i: usize) -> u64 {
        match &self.keys {
            Keys::Narrow(keys) if narrow => keys[i].into(),
            _ => self.key(i),
        }
    }

    /// Score `i`.
    pub(crate) fn score(&self, i: usize) -> f64 {
        match &self.keys {
            Keys::Narrow(keys) => f32::from_key(keys[i]).to_f64(),
            Keys::Wide(keys) => f64::from_key(keys[i]),
        }
    }

    /// `[negatives, positives]` without a weight at score `i`.
    pub(crate) fn counts(&self, i: usize) -> [u64; 2] {
        match &self.counts {
            Counts::Narrow(counts) => counts[i].map(u64::from),
            Counts::Wide(counts) => counts[i],
        }
    }

    /// Sums of the weights of `[negatives, positives]` at score `i`.
    pub(crate) fn sums(&self, i: usize) -> [f64; 2] {
        self.sums.get(i).copied().unwrap_or([0.0; 2])
    }

    /// The same with sums of squared weights, one pair a score.
    pub(crate) fn with_squares(self, squares: Vec<[f64; 2]>) -> Self {
        Self { squares, ..self }
    }

    /// True when sums of squared weights are held.
    pub(super) fn squared(&self) -> bool {
        !self.squares.is_empty()
    }

    /// Sums of the squared weights of `[negatives, positives]` at score `i`; zeros where they are not kept.
    pub(crate) fn squares(&self, i: usize) -> [f64; 2] {
        self.squares.get(i).copied().unwrap_or([0.0; 2])
    }

    /// True when both hold the same scores with the same counts and sums, however wide they are stored.
    pub(super) fn same_values(&self, other: &Self) -> bool {
        self.len() == other.len()
            && (0..self.len()).all(|i| {
                (self.key(i), self.counts(i), self.sums(i)) == (other.key(i), other.counts(i), other.sums(i))
                    && self.squares(i) == other.squares(i)
            })
    }

    /// Both as one run, when they are alike in width, without weights, and all `rows` fit 32 bits: the usual case, several
    /// times as fast as the general one.
    pub(super) fn plainly_merged(&self, other: &Self, rows: u64, control: &Control<'_>) -> Result<Option<Self>> {
        let (Counts::Narrow(ours), Counts::Narrow(theirs)) = (&self.counts, &other.counts) else { return Ok(None) };
        if self.weighted() || other.weighted() || u32::try_from(rows).is_err() {
            return Ok(None);
        }
        let (keys, counts) = match (&self.keys, &other.keys) {
            (Keys::Narrow(a), Keys::Narrow(b)) => {
                let (keys, counts) = zipped(a, ours, b, theirs, control)?;
                (Keys::Narrow(keys), counts)
            }
            (Keys::Wide(a), Keys::Wide(b)) => {
                let (keys, counts) = zipped(a, ours, b, theirs, control)?;
                (Keys::Wide(keys), counts)
            }
            _ => return Ok(None),
        };
        Ok(Some(RunBuilder { run: Self { keys, counts: Counts::Narrow(counts), ..Self::empty() } }.finish()))
    }

    /// The groups from the highest score down.
    pub(super) fn tally(&self, control: &Control<'_>) -> Result<Tally> {
        let scores = match &self.keys {
            Keys::Narrow(keys) => descending(keys, control, |&key| f32::from_key(key).to_f64()),
            Keys::Wide(keys) => descending(keys, control, |&key| f64::from_key(key)),
        }?;
        let rows = |label: usize| match &self.counts {
            Counts::Narrow(counts) => descending(counts, control, |pair| u64::from(pair[label])),
            Counts::Wide(counts) => descending(counts, control, |pair| pair[label]),
        };
        let mut masses = Masses::Counts { positives: rows(1)?, negatives: rows(0)? };
        if let (Masses::Counts { positives, negatives }, true) = (&masses, self.weighted()) {
            let mass = |label: usize, rows: &[u64]| {
                let mut sums = descending(&self.sums, control, |pair| pair[label])?;
                sums.iter_mut().zip(rows).for_each(|(sum, &rows)| *sum += rows as f64);
                Ok(sums)
            };
            masses = Masses::Weights { positives: mass(1, positives)?, negatives: mass(0, negatives)? };
        }
        Ok(Tally::new(scores, masses, true))
    }

    /// Sums of squared weights of the groups, `[negatives, positives]`; a row without a weight weighs 1.
    pub(super) fn squared_weights(&self, control: &Control<'_>) -> Result<[Vec<f64>; 2]> {
        let of = |label: usize| {
            let mut squares = match &self.counts {
                Counts::Narrow(counts) => descending(counts, control, |pair| f64::from(pair[label])),
                Counts::Wide(counts) => descending(counts, control, |pair| pair[label] as f64),
            }?;
            let own = squares.iter_mut().zip(self.squares.iter().rev());
            own.for_each(|(square, pair)| *square += pair[label]);
            Ok(squares)
        };
        Ok([of(0)?, of(1)?])
    }
}

/// The value of each entry, from the last to the first.
fn descending<T, V>(entries: &[T], control: &Control<'_>, value: impl Fn(&T) -> V) -> Result<Vec<V>> {
    let mut column = simd::room(entries.len(), "a tally")?;
    for entries in entries.rchunks(POLL) {
        control.check()?;
        column.extend(entries.iter().rev().map(&value));
    }
    Ok(column)
}

type Zipped<K> = (Vec<K>, Vec<[u32; 2]>);

/// Two ascending lists of keys with counts as one; counts of a key in both are added.
fn zipped<K: Copy + Ord>(
    a: &[K],
    in_a: &[[u32; 2]],
    b: &[K],
    in_b: &[[u32; 2]],
    control: &Control<'_>,
) -> Result<Zipped<K>> {
    const PURPOSE: &str = "distinct scores";
    let mut keys = simd::room(a.len() + b.len(), PURPOSE)?;
    let mut counts = simd::room(a.len() + b.len(), PURPOSE)?;
    let (mut i, mut j) = (0, 0);
    while let (Some(&x), Some(&y)) = (a.get(i), b.get(j)) {
        if keys.len() % POLL == 0 {
            control.check()?;
        }
        // No branch on which is lower: that cannot be predicted.
        let (from_a, from_b) = (u32::from(x <= y), u32::from(y <= x));
        let ([n, p], [m, q]) = (in_a[i], in_b[j]);
        keys.push(x.min(y));
        counts.push([n * from_a + m * from_b, p * from_a + q * from_b]);
        i += from_a as usize;
        j += from_b as usize;
    }
    keys.extend_from_slice(&a[i..]);
    keys.extend_from_slice(&b[j..]);
    counts.extend_from_slice(&in_a[i..]);
    counts.extend_from_slice(&in_b[j..]);
    Ok((keys, counts))
}

/// A run under construction, from the lowest score up.
#[derive(Debug)]
pub(crate) struct RunBuilder {
    run: Run,
}

impl RunBuilder {
    /// `narrow`: every score will be a float32. `rows`: unweighted rows there will be in all.
    ///
    /// # Errors
    /// [`OutOfMemory`](crate::Error::OutOfMemory).
    pub(crate) fn new(narrow: bool, rows: u64, weighted: bool, capacity: usize) -> Result<Self> {
        const PURPOSE: &str = "distinct scores";
        let keys = if narrow {
            Keys::Narrow(simd::room(capacity, PURPOSE)?)
        } else {
            Keys::Wide(simd::room(capacity, PURPOSE)?)
        };
        let counts = if u32::try_from(rows).is_ok() {
            Counts::Narrow(simd::room(capacity, PURPOSE)?)
        } else {
            Counts::Wide(simd::room(capacity, PURPOSE)?)
        };
        let sums = simd::room(if weighted { capacity } else { 0 }, PURPOSE)?;
        Ok(Self { run: Run { keys, counts, sums, squares: Vec::new() } })
    }

    /// Adds the next higher score. `key` is of float64.
    pub(crate) fn push(&mut self, key: u64, counts: [u64; 2], sums: Option<[f64; 2]>) {
        match &mut self.run.keys {
            Keys::Narrow(keys) => keys.push(narrow(key).unwrap_or_default()),
            Keys::Wide(keys) => keys.push(key),
        }
        self.push_masses(counts, sums);
    }

    /// As [`RunBuilder::push`], for a key that [`Run::key_as`] gave.
    pub(super) fn push_as(&mut self, narrow: bool, key: u64, counts: [u64; 2], sums: Option<[f64; 2]>) {
        match &mut self.run.keys {
            Keys::Narrow(keys) if narrow => {
                keys.push(key as u32);
                self.push_masses(counts, sums);
            }
            _ => self.push(key, counts, sums),
        }
    }

    pub(super) fn push_narrow(&mut self, key: u32, counts: [u64; 2]) {
        match &mut self.run.keys {
            Keys::Narrow(keys) => keys.push(key),
            Keys::Wide(keys) => keys.push(key.wide()),
        }
        self.push_masses(counts, None);
    }

    fn push_masses(&mut self, [negatives, positives]: [u64; 2], sums: Option<[f64; 2]>) {
        match &mut self.run.counts {
            // `new` was told that all rows together fit 32 bits.
            Counts::Narrow(counts) => counts.push([negatives as u32, positives as u32]),
            Counts::Wide(counts) => counts.push([negatives, positives]),
        }
        self.run.sums.extend(sums);
    }

    /// Adds scores above all that are there.
    pub(super) fn append(&mut self, part: Self) {
        self.run.keys.extend(&part.run.keys);
        self.run.counts.extend(&part.run.counts);
        self.run.sums.extend_from_slice(&part.run.sums);
    }

    pub(crate) fn finish(mut self) -> Run {
        match &mut self.run.keys {
            Keys::Narrow(keys) => trim(keys),
            Keys::Wide(keys) => trim(keys),
        }
        match &mut self.run.counts {
            Counts::Narrow(counts) => trim(counts),
            Counts::Wide(counts) => trim(counts),
        }
        trim(&mut self.run.sums);
        self.run
    }
}

/// Gives back memory that would lie idle: an eighth of it is worth less than the copy that giving it back may take.
fn trim<T>(values: &mut Vec<T>) {
    if values.capacity() - values.len() > values.len() / 8 {
        values.shrink_to_fit();
    }
}
