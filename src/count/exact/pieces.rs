//! [`Piece`]: what a batch leaves behind, and pieces brought to one form for a query.

use std::sync::Arc;

use super::bucket::BucketKey;
use super::finish::{self, Bucket, Finish, Sink, Span};
use super::halves;
use super::partition::{self, Buckets, Counted};
use super::rows::{self, Kept, Rows};
use super::run::{Run, RunBuilder};
use super::source::{BatchRows, KeptRows, Source};
use crate::control::Control;
use crate::count::accumulator::Ledger;
use crate::error::Result;
use crate::input::{Batch, Score, Working};

/// Rows counted, in one of four forms.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Of small batches: whole keys.
    Rows(Arc<Rows>),
    /// By bucket; every score is a float32.
    Narrow(Arc<Buckets<u32>>),
    /// By bucket; some score is not.
    Wide(Arc<Buckets<u64>>),
    /// Distinct scores.
    Run(Arc<Run>),
}

impl Piece {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Narrow(buckets) => buckets.len(),
            Self::Wide(buckets) => buckets.len(),
            Self::Run(run) => run.len(),
        }
    }

    pub(super) fn nbytes(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.nbytes(),
            Self::Narrow(buckets) => buckets.nbytes(),
            Self::Wide(buckets) => buckets.nbytes(),
            Self::Run(run) => run.nbytes(),
        }
    }

    /// True when every score is a float32.
    pub(super) fn is_narrow(&self) -> bool {
        match self {
            Self::Rows(rows) => rows.is_narrow(),
            Self::Narrow(_) => true,
            Self::Wide(_) => false,
            Self::Run(run) => run.is_narrow(),
        }
    }

    /// False when a score is infinite.
    pub(super) fn finite(&self) -> bool {
        match self {
            Self::Rows(rows) => rows.finite(),
            Self::Narrow(buckets) => buckets.finite(),
            Self::Wide(buckets) => buckets.finite(),
            Self::Run(run) => run.finite(),
        }
    }

    pub(super) fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rows(ours), Self::Rows(theirs)) => Arc::ptr_eq(ours, theirs),
            (Self::Narrow(ours), Self::Narrow(theirs)) => Arc::ptr_eq(ours, theirs),
            (Self::Wide(ours), Self::Wide(theirs)) => Arc::ptr_eq(ours, theirs),
            (Self::Run(ours), Self::Run(theirs)) => Arc::ptr_eq(ours, theirs),
            _ => false,
        }
    }
}

/// Rows up to which a batch is kept as keys: the tables of buckets cost as much as sorting so many.
const KEPT_ROWS: usize = 1 << 16;

/// Reads an unweighted batch into pieces.
pub(super) fn read(batch: &Batch<'_>, control: &Control<'_>) -> Result<(Vec<Piece>, Ledger)> {
    let (mut pieces, ties, ledger) = if batch.len() <= KEPT_ROWS {
        let Kept { rows, ties, ledger } = rows::keep(batch, control)?;
        (vec![Piece::Rows(Arc::new(rows))], ties, ledger)
    } else if let (Some(half), false) = (batch.half(), batch.weighted()) {
        let (run, ledger) = halves::read(batch, half, control)?;
        (vec![Piece::Run(Arc::new(run))], Vec::new(), ledger)
    } else {
        match batch.working() {
            Working::F32 => narrow(&BatchRows::<f32, _>::new(batch, f32::key), control)?,
            Working::F64 => wide(batch, control)?,
        }
    };
    pieces.push(Piece::Run(Arc::new(Run::of_ties(ties)?)));
    pieces.retain(|piece| piece.len() > 0);
    Ok((pieces, ledger))
}

/// Pieces, ties as keys of float64, rows.
type Parts = (Vec<Piece>, Vec<(u64, [u64; 2])>, Ledger);

fn narrow(source: &impl Source<u32>, control: &Control<'_>) -> Result<Parts> {
    let counted = partition::count(source, control)?;
    let (ties, ledger) = (wide_ties(&counted), counted.ledger);
    if counted.shrinks() {
        // Each bucket is one score: 16-bit floats, small integers.
        let rows = counted.rows() as u64;
        let totals = counted.totals();
        let mut run = RunBuilder::new(true, rows, false, totals.len())?;
        totals.into_iter().for_each(|(bucket, counts)| run.push_narrow(u32::join(bucket, 0), counts));
        return Ok((vec![Piece::Run(Arc::new(run.finish()))], ties, ledger));
    }
    let parts = counted.partition(source, control)?;
    Ok((parts.into_iter().map(|part| Piece::Narrow(Arc::new(part))).collect(), ties, ledger))
}

fn wide(batch: &Batch<'_>, control: &Control<'_>) -> Result<Parts> {
    let source = BatchRows::<f64, _>::new(batch, f64::key);
    let counted = partition::count(&source, control)?;
    if counted.shrinks() {
        drop(counted);
        return narrow(&BatchRows::<f64, _>::new(batch, |score: f64| f32::nearest(score).key()), control);
    }
    let (ties, ledger) = (wide_ties(&counted), counted.ledger);
    let parts = counted.partition(&source, control)?;
    Ok((parts.into_iter().map(|part| Piece::Wide(Arc::new(part))).collect(), ties, ledger))
}

fn wide_ties<K: BucketKey>(counted: &Counted<K>) -> Vec<(u64, [u64; 2])> {
    counted.ties.iter().map(|&(key, counts)| (key.wide(), counts)).collect()
}

/// Pieces of one key width, by bucket; and runs.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) narrow: Vec<Arc<Buckets<u32>>>,
    pub(super) wide: Vec<Arc<Buckets<u64>>>,
    pub(super) runs: Vec<Arc<Run>>,
}

/// Rows up to which keys are sorted, where nothing is in buckets yet.
const FEW: usize = 1 << 15;

impl Held {
    pub(super) fn new(pieces: &[Piece], control: &Control<'_>) -> Result<Self> {
        let mut held = Self::default();
        let mut rows: Vec<&Rows> = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Rows(more) => rows.push(more),
                Piece::Narrow(buckets) => held.narrow.push(Arc::clone(buckets)),
                Piece::Wide(buckets) => held.wide.push(Arc::clone(buckets)),
                Piece::Run(run) => held.runs.push(Arc::clone(run)),
            }
        }
        let few = rows.iter().map(|rows| rows.len()).sum::<usize>() <= FEW;
        if few && held.narrow.is_empty() && held.wide.is_empty() {
            held.runs.extend((!rows.is_empty()).then(|| Run::of_few(&rows, control)).transpose()?.map(Arc::new));
            return Ok(held);
        }
        for piece in bucketed(&rows, control)? {
            match piece {
                Piece::Narrow(buckets) => held.narrow.push(buckets),
                Piece::Wide(buckets) => held.wide.push(buckets),
                Piece::Rows(_) | Piece::Run(_) => {}
            }
        }
        held.one_width(control)?;
        Ok(held)
    }

    /// Makes all buckets wide if some are.
    fn one_width(&mut self, control: &Control<'_>) -> Result<()> {
        if self.wide.is_empty() || self.narrow.is_empty() {
            return Ok(());
        }
        for buckets in std::mem::take(&mut self.narrow) {
            let keys = [0, 1].map(|label| buckets.keys(label).map(BucketKey::wide).collect::<Vec<u64>>());
            let source = KeptRows::new([(&keys[0][..], 0), (&keys[1][..], 1)]);
            let parts = partition::whole(&source, control)?;
            self.wide.extend(parts.into_iter().map(Arc::new));
        }
        Ok(())
    }

    /// Feeds all buckets to sinks, in ascending order.
    pub(super) fn in_order<S: Sink<u32> + Sink<u64>>(
        &self,
        control: &Control<'_>,
        sink: impl Fn(Span) -> Result<S> + Sync,
        full: impl FnMut(S) + Send,
    ) -> Result<()> {
        if self.wide.is_empty() {
            finish::in_order(&refs(&self.narrow), control, sink, full)
        } else {
            finish::in_order(&refs(&self.wide), control, sink, full)
        }
    }

    /// Feeds all buckets to sinks, which are handed on from the highest range down.
    pub(super) fn in_reverse<S: Sink<u32> + Sink<u64>>(
        &self,
        control: &Control<'_>,
        sink: impl Fn(Span) -> Result<S> + Sync,
        full: impl FnMut(S) + Send,
    ) -> Result<()> {
        if self.wide.is_empty() {
            finish::in_reverse(&refs(&self.narrow), control, sink, full)
        } else {
            finish::in_reverse(&refs(&self.wide), control, sink, full)
        }
    }

    /// Feeds all buckets to sinks; each thread the highest of its ranges first, or the lowest.
    pub(super) fn any_order<S: Sink<u32> + Sink<u64>>(
        &self,
        highest_first: bool,
        control: &Control<'_>,
        sink: impl Fn(Span) -> Result<S> + Sync,
    ) -> Result<Vec<S>> {
        if self.wide.is_empty() {
            finish::any_order(&refs(&self.narrow), highest_first, control, sink)
        } else {
            finish::any_order(&refs(&self.wide), highest_first, control, sink)
        }
    }

    /// Rows in buckets.
    pub(super) fn rows(&self) -> u64 {
        let narrow: usize = self.narrow.iter().map(|buckets| buckets.len()).sum();
        let wide: usize = self.wide.iter().map(|buckets| buckets.len()).sum();
        (narrow + wide) as u64
    }

    /// Puts the square of each weight in its place.
    pub(super) fn square_weights(&mut self) {
        // Nobody else holds the buckets of a batch that is being read.
        self.narrow.iter_mut().filter_map(Arc::get_mut).for_each(Buckets::square_weights);
        self.wide.iter_mut().filter_map(Arc::get_mut).for_each(Buckets::square_weights);
    }

    /// The groups of all rows in buckets; runs are left as they are.
    pub(super) fn run_of_buckets(&self, control: &Control<'_>) -> Result<Run> {
        let (narrow, total) = (self.wide.is_empty(), self.rows());
        let part = |span: Span| RunBuilder::new(narrow, total, false, (span.inside[0] + span.inside[1]) as usize);
        let mut whole = part(Span { task: 0, below: [0, 0], inside: [total, 0] })?;
        self.in_order(control, part, |part| whole.append(part))?;
        Ok(whole.finish())
    }
}

fn refs<T>(of: &[Arc<T>]) -> Vec<&T> {
    of.iter().map(|item| &**item).collect()
}

/// The pieces, with all rows kept as keys put into buckets.
pub(super) fn all_bucketed(pieces: &[Piece], control: &Control<'_>) -> Result<Vec<Piece>> {
    let (mut rows, mut others): (Vec<&Rows>, Vec<Piece>) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Rows(more) => rows.push(more),
            piece => others.push(piece.clone()),
        }
    }
    others.extend(bucketed(&rows, control)?);
    Ok(others)
}

/// The pieces, with those in buckets joined.
pub(super) fn joined(pieces: &[Piece], control: &Control<'_>) -> Result<Vec<Piece>> {
    let held = Held::new(pieces, control)?;
    let narrow = Buckets::joined(&refs(&held.narrow), control)?.into_iter().map(|part| Piece::Narrow(Arc::new(part)));
    let wide = Buckets::joined(&refs(&held.wide), control)?.into_iter().map(|part| Piece::Wide(Arc::new(part)));
    Ok(narrow.chain(wide).chain(held.runs.into_iter().map(Piece::Run)).collect())
}

/// True when the run of all rows in buckets would take no more memory than they do; judged by a sample of the buckets.
pub(super) fn would_shrink(pieces: &[Piece], control: &Control<'_>) -> Result<bool> {
    let held = Held::new(pieces, control)?;
    let samples = held.any_order(false, control, |_| Ok(Sample::default()))?;
    let rows: u64 = samples.iter().map(|sample| sample.rows).sum();
    let distinct: u64 = samples.iter().map(|sample| sample.distinct).sum();
    let (kept, folded) = if held.wide.is_empty() { (2, 4 + 8) } else { (8, 8 + 8) };
    Ok(distinct * folded <= rows * kept)
}

/// Rows and distinct scores in some of the buckets.
#[derive(Default)]
struct Sample {
    rows: u64,
    distinct: u64,
}

impl<K: Finish> Sink<K> for Sample {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        const ONE_IN: u32 = 16;
        // Scattered over all buckets: neighbours tend to be alike.
        if bucket.number.wrapping_mul(0x9e37_79b9) >> 16 & (ONE_IN - 1) != 0 {
            return Ok(());
        }
        self.rows += bucket.counts[0] + bucket.counts[1];
        K::groups(scratch, bucket, control, |_, _| self.distinct += 1)
    }
}

/// Rows by bucket.
pub(super) fn bucketed(rows: &[&Rows], control: &Control<'_>) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let (narrow, wide): (Vec<&Rows>, Vec<&Rows>) = rows.iter().partition(|rows| rows.is_narrow());
    if !narrow.is_empty() {
        let lists = narrow.iter().flat_map(|rows| [0, 1].map(|label| (rows.keys(label.into()).narrow(), label)));
        let source = KeptRows::new(lists);
        let parts = partition::whole(&source, control)?;
        pieces.extend(parts.into_iter().map(|part| Piece::Narrow(Arc::new(part))));
    }
    if !wide.is_empty() {
        let lists: Vec<_> =
            wide.iter().flat_map(|rows| [0_u8, 1].map(|label| (rows.keys(label.into()).wide(), label))).collect();
        let source = KeptRows::new(lists.iter().map(|(keys, label)| (&**keys, *label)));
        let parts = partition::whole(&source, control)?;
        pieces.extend(parts.into_iter().map(|part| Piece::Wide(Arc::new(part))));
    }
    Ok(pieces)
}

impl Sink<u32> for RunBuilder {
    fn bucket(
        &mut self,
        bucket: &Bucket<'_, u32>,
        scratch: &mut <u32 as Finish>::Scratch,
        control: &Control<'_>,
    ) -> Result<()> {
        u32::groups(scratch, bucket, control, |key, counts| self.push_narrow(key, counts))
    }
}

impl Sink<u64> for RunBuilder {
    fn bucket(
        &mut self,
        bucket: &Bucket<'_, u64>,
        scratch: &mut <u64 as Finish>::Scratch,
        control: &Control<'_>,
    ) -> Result<()> {
        u64::groups(scratch, bucket, control, |key, counts| self.push(key, counts, None))
    }
}
