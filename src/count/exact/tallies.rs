//! A tally straight from buckets: the groups are counted first, so that all threads can then write them where they belong.

use std::sync::{Mutex, PoisonError};

use super::finish::{Bucket, Finish, Sink, Span};
use super::pieces::Held;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::simd;
use crate::tally::{Masses, Tally};

/// The groups of all rows in buckets, from the highest score down.
pub(super) fn of_buckets(held: &Held, control: &Control<'_>) -> Result<Tally> {
    const PURPOSE: &str = "a tally";
    let mut lens: Vec<usize> = Vec::new();
    held.in_order(control, |_| Ok(Distinct(0)), |Distinct(groups)| lens.push(groups))?;
    let groups = lens.iter().sum();
    let mut scores: Vec<f64> = simd::zeros(groups, PURPOSE)?;
    let (mut positives, mut negatives): (Vec<u64>, Vec<u64>) =
        (simd::zeros(groups, PURPOSE)?, simd::zeros(groups, PURPOSE)?);
    {
        let mut rest = (&mut scores[..], &mut positives[..], &mut negatives[..]);
        let mut part = |len: usize| {
            let (scores, positives, negatives) = std::mem::take(&mut rest);
            let at = scores.len() - len; // tasks ascend, the columns descend
            let ((s, scores), (p, positives), (n, negatives)) =
                (scores.split_at_mut(at), positives.split_at_mut(at), negatives.split_at_mut(at));
            rest = (s, p, n);
            Mutex::new(Some(Fill { scores, positives, negatives, left: len }))
        };
        let parts: Vec<_> = lens.iter().map(|&len| part(len)).collect();
        let take = |span: Span| {
            let part = parts[span.task].lock().unwrap_or_else(PoisonError::into_inner).take();
            part.ok_or(Error::Changed) // each task is asked for once
        };
        held.any_order(control, take)?;
    }
    Ok(Tally::new(scores, Masses::Counts { positives, negatives }, true))
}

/// Counts groups.
struct Distinct(usize);

impl<K: Finish> Sink<K> for Distinct {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        self.0 += K::distinct(scratch, bucket, control)?;
        Ok(())
    }
}

/// Writes groups from the last place of its columns to the first.
struct Fill<'t> {
    scores: &'t mut [f64],
    positives: &'t mut [u64],
    negatives: &'t mut [u64],
    /// Places not yet written.
    left: usize,
}

impl<K: Finish> Sink<K> for Fill<'_> {
    fn bucket(&mut self, bucket: &Bucket<'_, K>, scratch: &mut K::Scratch, control: &Control<'_>) -> Result<()> {
        let Self { scores, positives, negatives, left } = self;
        K::groups(scratch, bucket, control, |key, counts| {
            *left = left.saturating_sub(1); // both passes see the same rows, so there is a place for each group
            scores[*left] = key.score();
            [negatives[*left], positives[*left]] = counts;
        })
    }
}
