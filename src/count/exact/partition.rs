//! [`Buckets`]: rows by bucket and label, made in two passes over them: one counts, one writes each row's rest where the
//! counts say. What lands there is all that is kept of a row: two bytes of a float32.
//!
//! Two passes cost a second read (0.2 ns a row from memory) and save the gaps that growing lists leave: scratch is known
//! to the byte before it is asked for. Should another thread write to the arrays meanwhile, the passes may disagree; no
//! row is ever written outside its share's memory, and a disagreement is an error, not a wrong number.

use std::ops::Range;

use super::bucket::BucketKey;
use super::source::{CHUNK, Chunk, Source, Visitor};
use crate::control::Control;
use crate::count::accumulator::Ledger;
use crate::count::workers::{self, lock};
use crate::error::{Error, Result};
use crate::simd::{self, Kernel};

/// Rows of one share, by bucket.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Buckets<K: BucketKey> {
    /// By bucket, and in it the negatives before the positives; of one bucket and label in order of row.
    rests: Vec<K::Rest>,
    /// The weights of the same rows; empty where they have none.
    weights: Vec<f64>,
    /// Buckets that hold rows, ascending.
    used: Vec<Used>,
}

/// Where the rows of a bucket end; they begin where those of the one before end.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Used {
    bucket: u32,
    negatives: u32,
    positives: u32,
}

/// The rows of one label in one bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'s, K: BucketKey> {
    pub(super) rests: &'s [K::Rest],
    /// Empty where rows have no weights.
    pub(super) weights: &'s [f64],
}

impl<K: BucketKey> Buckets<K> {
    pub(super) fn len(&self) -> usize {
        self.rests.len()
    }

    pub(super) fn nbytes(&self) -> usize {
        size_of_val(&self.rests[..]) + size_of_val(&self.weights[..]) + size_of_val(&self.used[..])
    }

    /// False when a score is infinite: such rows have buckets of their own.
    pub(super) fn finite(&self) -> bool {
        let ends = [self.used.first(), self.used.last()];
        ends.into_iter().flatten().all(|used| K::LOWEST < used.bucket && used.bucket < K::HIGHEST)
    }

    /// Puts the square of each weight in its place.
    pub(super) fn square_weights(&mut self) {
        self.weights.iter_mut().for_each(|weight| *weight *= *weight);
    }

    /// All rows of unweighted shares in as few as can be.
    pub(super) fn joined(shares: &[&Self], control: &Control<'_>) -> Result<Vec<Self>> {
        let mut joined = Vec::new();
        let mut rest = shares;
        while !rest.is_empty() {
            let ends = rest.iter().scan(0, |rows, share| {
                *rows += share.len();
                Some(*rows)
            });
            let fit = ends.take_while(|&rows| rows <= MOST_SHARE_ROWS).count().max(1);
            let (some, others) = rest.split_at(fit);
            joined.push(Self::join(some, control)?);
            rest = others;
        }
        Ok(joined)
    }

    /// All rows of shares, at most [`MOST_SHARE_ROWS`], in one.
    fn join(shares: &[&Self], control: &Control<'_>) -> Result<Self> {
        let mut rests = simd::room(shares.iter().map(|share| share.len()).sum(), PURPOSE)?;
        let mut buckets: Vec<u32> = shares.iter().flat_map(|share| share.used.iter().map(|used| used.bucket)).collect();
        buckets.sort_unstable();
        buckets.dedup();
        let mut cursors: Vec<_> = shares.iter().map(|share| share.from(0)).collect();
        let mut join = |bucket: u32| {
            control.check()?;
            let pairs: Vec<_> = cursors.iter_mut().filter_map(|cursor| cursor.take(bucket)).collect();
            let [negatives, positives] = [0, 1].map(|label| {
                pairs.iter().for_each(|pair| rests.extend_from_slice(pair[label].rests));
                rests.len() as u32
            });
            Ok(Used { bucket, negatives, positives })
        };
        let used = buckets.into_iter().map(&mut join).collect::<Result<_>>()?;
        Ok(Self { rests, weights: Vec::new(), used })
    }

    /// The buckets that hold rows, and how many of `[negatives, positives]` each.
    pub(super) fn counts(&self) -> impl Iterator<Item = (u32, [u64; 2])> + '_ {
        let mut start = 0;
        self.used.iter().map(move |used| {
            let counts = [used.negatives - start, used.positives - used.negatives];
            start = used.positives;
            (used.bucket, counts.map(u64::from))
        })
    }

    /// The keys of rows with this label.
    pub(super) fn keys(&self, label: usize) -> impl Iterator<Item = K> + '_ {
        let mut cursor = self.from(0);
        let segments =
            self.used.iter().filter_map(move |used| cursor.take(used.bucket).map(|pair| (used.bucket, pair)));
        segments.flat_map(move |(bucket, pair)| pair[label & 1].rests.iter().map(move |&rest| K::join(bucket, rest)))
    }

    /// A reader of ascending buckets from `bucket` on.
    pub(super) fn from(&self, bucket: u32) -> Cursor<'_, K> {
        Cursor { of: self, next: self.used.partition_point(|used| used.bucket < bucket) }
    }
}

/// Reads the buckets of a share in ascending order.
pub(super) struct Cursor<'s, K: BucketKey> {
    of: &'s Buckets<K>,
    next: usize,
}

impl<'s, K: BucketKey> Cursor<'s, K> {
    /// `[negatives, positives]` of `bucket`, which is higher than any asked for before; none where it holds no rows.
    pub(super) fn take(&mut self, bucket: u32) -> Option<[Segment<'s, K>; 2]> {
        let used = self.of.used.get(self.next).filter(|used| used.bucket == bucket)?;
        let start = if self.next == 0 { 0 } else { self.of.used[self.next - 1].positives };
        self.next += 1;
        Some([start..used.negatives, used.negatives..used.positives].map(|range| self.segment(range)))
    }

    fn segment(&self, range: Range<u32>) -> Segment<'s, K> {
        let range = range.start as usize..range.end as usize;
        let weights = if self.of.weights.is_empty() { &[] } else { &self.of.weights[range.clone()] };
        Segment { rests: &self.of.rests[range], weights }
    }
}

/// A source, counted: the first of the two passes.
pub(super) struct Counted<K: BucketKey> {
    shares: Vec<Histogram<K>>,
    pub(super) ledger: Ledger,
    /// Whole blocks of one score, which are not among the rows by bucket.
    pub(super) ties: Vec<(K, [u64; 2])>,
}

/// Rows of a share by code `2 * bucket + label`, in two tables that neighbouring rows take in turn: equal neighbours would
/// wait for each other's store (all scores equal: 1.5 ns a row with one table, 0.84 with two).
struct Histogram<K: BucketKey> {
    range: Range<usize>,
    tables: Vec<u32>,
    codes: Vec<u32>,
    /// The lowest and the highest code in use, so that nobody walks pages that hold nothing.
    span: [u32; 2],
    excess: u32,
    rows: usize,
    dropped: usize,
    ties: Vec<(K, [u64; 2])>,
    level: simd::Level,
}

const PURPOSE: &str = "scores by bucket";

/// Least rows of a share: fewer are not worth another table.
const SHARE_ROWS: usize = 1 << 17;

/// Most rows of a share, so that places and counts fit 32 bits.
const MOST_SHARE_ROWS: usize = 1 << 31;

/// Counts the rows of `source` by bucket and label, a share of them on each thread.
pub(super) fn count<K: BucketKey>(source: &impl Source<K>, control: &Control<'_>) -> Result<Counted<K>> {
    let rows = source.len();
    let shares = control.threads.clamp(1, rows.div_ceil(SHARE_ROWS).max(1)).max(rows.div_ceil(MOST_SHARE_ROWS));
    let cut = |share: usize| (rows as u128 * share as u128 / shares as u128) as usize;
    let make = |(): &mut (), share: Range<usize>| {
        let mut histogram = Histogram::new(cut(share.start)..cut(share.end), control.level)?;
        source.read(histogram.range.clone(), control, &mut histogram)?;
        Ok(histogram)
    };
    let mut counted = Counted { shares: Vec::new(), ledger: Ledger::default(), ties: Vec::new() };
    workers::in_order(shares, 1, control, || Ok(()), make, |share| counted.shares.push(share))?;
    for share in &mut counted.shares {
        share.add_tables();
        let rows = share.label_counts();
        let tied = |label: usize| share.ties.iter().map(|(_, counts)| counts[label]).sum::<u64>();
        let rows = [rows[0] + tied(0), rows[1] + tied(1)];
        counted.ledger = counted.ledger.plus(Ledger { rows, dropped: share.dropped as u64, weighted: false })?;
        counted.ties.append(&mut share.ties);
    }
    Ok(counted)
}

/// The rows of `source` by bucket: both passes.
pub(super) fn whole<K: BucketKey>(source: &impl Source<K>, control: &Control<'_>) -> Result<Vec<Buckets<K>>> {
    count(source, control)?.partition(source, control)
}

impl<K: BucketKey> Counted<K> {
    /// True when less would do to keep every score; see [`BucketKey::excess`].
    pub(super) fn shrinks(&self) -> bool {
        self.shares.iter().all(|share| share.excess == 0)
    }

    /// Rows in buckets.
    pub(super) fn rows(&self) -> usize {
        self.shares.iter().map(|share| share.rows).sum()
    }

    /// Buckets that hold rows, ascending, with their `[negatives, positives]`.
    pub(super) fn totals(&self) -> Vec<(u32, [u64; 2])> {
        let spans = self.shares.iter().filter(|share| share.rows > 0);
        let first = spans.clone().map(|share| share.span[0] / 2).min().unwrap_or(0);
        let end = spans.map(|share| share.span[1] / 2 + 1).max().unwrap_or(0);
        let total = |bucket: u32| {
            let counts = [0, 1].map(|label| {
                self.shares.iter().map(|share| u64::from(share.tables[(2 * bucket + label) as usize])).sum::<u64>()
            });
            (counts != [0, 0]).then_some((bucket, counts))
        };
        (first..end).filter_map(total).collect()
    }

    /// The rows by bucket, one part a share: the second pass.
    ///
    /// # Errors
    /// [`Error::Changed`] when the rows are not those that were counted; [`Error::OutOfMemory`].
    pub(super) fn partition(self, source: &impl Source<K>, control: &Control<'_>) -> Result<Vec<Buckets<K>>> {
        let shares: Vec<_> = self.shares.into_iter().map(std::sync::Mutex::new).collect();
        let make = |(): &mut (), share: Range<usize>| {
            let mut histogram = lock(&shares[share.start]);
            histogram.scatter(source, control)
        };
        let mut parts = Vec::with_capacity(shares.len());
        workers::in_order(shares.len(), 1, control, || Ok(()), make, |part| parts.push(part))?;
        parts.retain(|part| part.len() > 0);
        Ok(parts)
    }
}

impl<K: BucketKey> Histogram<K> {
    fn new(range: Range<usize>, level: simd::Level) -> Result<Self> {
        Ok(Self {
            range,
            tables: simd::zeros(2 * K::CODES, PURPOSE)?,
            codes: vec![0; CHUNK],
            span: [u32::MAX, 0],
            excess: 0,
            rows: 0,
            dropped: 0,
            ties: Vec::new(),
            level,
        })
    }

    /// The codes in use and a few more.
    fn spanned(&self) -> Range<usize> {
        if self.rows == 0 { 0..0 } else { self.span[0] as usize & !1..(self.span[1] as usize | 1) + 1 }
    }

    /// Makes one table of the two.
    fn add_tables(&mut self) {
        let spanned = self.spanned();
        let (total, second) = self.tables.split_at_mut(K::CODES);
        for (total, &more) in total[spanned.clone()].iter_mut().zip(&second[spanned]) {
            *total += more;
        }
    }

    fn label_counts(&self) -> [u64; 2] {
        let mut rows = [0; 2];
        for pair in self.tables[self.spanned()].as_chunks::<2>().0 {
            (0..2).for_each(|label| rows[label] += u64::from(pair[label]));
        }
        rows
    }

    /// Turns counts into places: where each code's rows begin; and says where they end.
    fn places(&mut self) -> Vec<Used> {
        let mut used = Vec::new();
        let mut place = 0;
        let spanned = self.spanned();
        for (pair, bucket) in self.tables[spanned.clone()].as_chunks_mut::<2>().0.iter_mut().zip(spanned.start / 2..) {
            let [negatives, positives] = *pair;
            if negatives + positives > 0 {
                *pair = [place, place + negatives];
                place += negatives + positives;
                used.push(Used { bucket: bucket as u32, negatives: pair[1], positives: place });
            }
        }
        used
    }

    fn scatter(&mut self, source: &impl Source<K>, control: &Control<'_>) -> Result<Buckets<K>> {
        let used = self.places();
        let weights = simd::zeros(if source.weighted() { self.rows } else { 0 }, PURPOSE)?;
        let (range, rests) = (self.range.clone(), simd::zeros(self.rows, PURPOSE)?);
        let mut scatter = Scatter { places: self, rests, weights };
        source.read(range, control, &mut scatter)?;
        let Scatter { places, rests, weights } = scatter;
        let as_counted = used.iter().all(|used| {
            let at = 2 * used.bucket as usize;
            places.tables[at] == used.negatives && places.tables[at + 1] == used.positives
        });
        if as_counted { Ok(Buckets { rests, weights, used }) } else { Err(Error::Changed) }
    }
}

impl<K: BucketKey> Visitor<K> for Histogram<K> {
    fn chunk(&mut self, Chunk { keys, labels, .. }: Chunk<'_, K>) {
        let codes = &mut self.codes[..keys.len()];
        let found = self.level.run(Codes { keys, labels, codes });
        self.span = [self.span[0].min(found.first), self.span[1].max(found.last)];
        self.excess |= found.excess;
        self.rows += keys.len();
        let (a, b) = self.tables.split_at_mut(K::CODES);
        let (pairs, rest) = codes.as_chunks::<2>();
        for &[i, j] in pairs {
            add_one(a, i);
            add_one(b, j);
        }
        rest.iter().for_each(|&i| add_one(a, i));
    }

    fn tie(&mut self, key: K, counts: [u64; 2]) {
        match self.ties.last_mut() {
            Some((last, held)) if *last == key => (0..2).for_each(|label| held[label] += counts[label]),
            _ => self.ties.push((key, counts)),
        }
    }

    fn dropped(&mut self, rows: usize) {
        self.dropped += rows;
    }
}

#[inline(always)]
fn add_one(table: &mut [u32], code: u32) {
    if let Some(count) = table.get_mut(code as usize) {
        *count += 1;
    }
}

/// The second pass of a share.
struct Scatter<'h, K: BucketKey> {
    places: &'h mut Histogram<K>,
    rests: Vec<K::Rest>,
    weights: Vec<f64>,
}

impl<K: BucketKey> Visitor<K> for Scatter<'_, K> {
    fn chunk(&mut self, Chunk { keys, labels, weights }: Chunk<'_, K>) {
        let Histogram { codes, tables, level, .. } = &mut *self.places;
        let codes = &mut codes[..keys.len()];
        level.run(Codes { keys, labels, codes });
        let places = &mut tables[..K::CODES];
        let write = |(&code, &key): (&u32, &K)| {
            let place = places.get_mut(code as usize)?;
            let at = *place as usize;
            *place += 1;
            *self.rests.get_mut(at)? = key.rest();
            // Of the many lines being filled few are in L1: the next one is asked for as this one is begun (2.4 ns a row
            // without, 1.2 with).
            simd::prefetch_write(&self.rests, at + 64 / size_of::<K::Rest>());
            Some(at)
        };
        let rows = codes.iter().zip(keys).map(write);
        if weights.is_empty() {
            rows.for_each(drop);
        } else {
            for (at, &weight) in rows.zip(weights) {
                let Some(at) = at else { continue };
                if let Some(slot) = self.weights.get_mut(at) {
                    *slot = weight;
                    simd::prefetch_write(&self.weights, at + 64 / size_of::<f64>());
                }
            }
        }
    }
}

/// `codes[i] = 2 * bucket + label`.
struct Codes<'k, K> {
    keys: &'k [K],
    labels: &'k [u8],
    codes: &'k mut [u32],
}

/// The lowest and the highest code, and every excess ORed.
struct Found {
    first: u32,
    last: u32,
    excess: u32,
}

impl<K: BucketKey> Kernel for Codes<'_, K> {
    type Output = Found;

    #[inline(always)]
    fn run(self) -> Found {
        let mut found = Found { first: u32::MAX, last: 0, excess: 0 };
        for ((code, &key), &label) in self.codes.iter_mut().zip(self.keys).zip(self.labels) {
            *code = 2 * key.bucket() + u32::from(label & 1);
            found.first = found.first.min(*code);
            found.last = found.last.max(*code);
            found.excess |= key.excess();
        }
        found
    }
}
