//! A strip of rows at a time: found, checked and handed on while it is in registers.
//!
//! Reading a block, inspecting it, placing it and counting it in four passes took 1.24 ns a row at 200 even thresholds.
//! In one pass over strips the processor works at the arithmetic of one strip while it counts the one before: 0.6 ns.

use super::map::Arithmetic;
use crate::input::Block;
use crate::simd::{Aligned, Kernel, STRIP};

/// Places of rows, a strip at a time: `gap + label * gaps`.
pub(in crate::count) trait Places<S> {
    /// True when places are found by arithmetic alone: they then stay in vector registers. Otherwise each is looked up just
    /// before its row is counted.
    const IN_VECTORS: bool;

    /// The place of each row; for NaN that of any score, or one beyond all.
    fn places(&self, scores: &[S; STRIP], labels: &[u8; STRIP]) -> impl Fn(usize) -> u32;
}

/// `gap + label * count`.
#[inline(always)]
pub(in crate::count) fn place(gaps: [u32; STRIP], labels: &[u8; STRIP], count: u32) -> impl Fn(usize) -> u32 {
    move |i| if labels[i] & 1 == 1 { gaps[i] + count } else { gaps[i] }
}

/// What becomes of rows.
pub(in crate::count) trait Sink {
    /// Takes rows `0..len` of a strip, given the place of each.
    fn take(&mut self, len: usize, place: impl Fn(usize) -> u32);
}

/// What a block held besides rows to count; its rows have gone to the sink all the same.
#[derive(Debug, Clone, Copy)]
pub(in crate::count) struct Seen {
    /// All labels, OR-ed.
    labels: u8,
    nan: bool,
}

impl Seen {
    /// True when every label was 0 or 1 and no score NaN.
    pub(in crate::count) fn clean(self) -> bool {
        self.labels <= 1 && !self.nan
    }
}

/// Places the rows of a block.
pub(in crate::count) struct Strips<'k, S, P, T> {
    pub(in crate::count) places: &'k P,
    pub(in crate::count) block: Block<'k, S>,
    pub(in crate::count) sink: &'k mut T,
}

impl<S: Arithmetic, P: Places<S>, T: Sink> Kernel for Strips<'_, S, P, T> {
    type Output = Seen;

    #[inline(always)]
    fn run(self) -> Seen {
        let Self { places, block, sink } = self;
        let (scores, last_scores) = block.scores.as_chunks::<STRIP>();
        let (labels, last_labels) = block.labels.as_chunks::<STRIP>();
        let mut seen = Lanes::<S> { labels: Aligned([0; STRIP]), scores: S::Magnitudes::default() };
        for (i, (scores, labels)) in scores.iter().zip(labels).enumerate() {
            block.ahead.ask(i);
            seen.look(scores, labels);
            strip(places, scores, labels, STRIP, sink);
        }
        part(places, last_scores, last_labels, &mut seen, sink);
        let labels = seen.labels.0.iter().fold(0, |all, &label| all | label);
        Seen { labels, nan: S::saw_nan(&seen.scores) }
    }
}

/// Less than a strip.
#[inline(always)]
fn part<S: Arithmetic, P: Places<S>>(
    places: &P,
    part_scores: &[S],
    part_labels: &[u8],
    seen: &mut Lanes<S>,
    sink: &mut impl Sink,
) {
    if part_scores.is_empty() {
        return;
    }
    let (mut scores, mut labels) = ([S::default(); STRIP], [0; STRIP]);
    scores.iter_mut().zip(part_scores).for_each(|(score, &part)| *score = part);
    labels.iter_mut().zip(part_labels).for_each(|(label, &part)| *label = part);
    seen.look(&scores, &labels);
    strip(places, &scores, &labels, part_scores.len(), sink);
}

#[inline(always)]
fn strip<S, P: Places<S>>(places: &P, scores: &[S; STRIP], labels: &[u8; STRIP], len: usize, sink: &mut impl Sink) {
    let place = places.places(scores, labels);
    if P::IN_VECTORS {
        let places: Aligned<[u32; STRIP]> = Aligned(std::array::from_fn(place));
        sink.take(len, |i| places.0[i]);
    } else {
        sink.take(len, place);
    }
}

/// What was seen so far, lane by lane: nothing is summed up across lanes before the block ends.
struct Lanes<S: Arithmetic> {
    labels: Aligned<[u8; STRIP]>,
    scores: S::Magnitudes,
}

impl<S: Arithmetic> Lanes<S> {
    #[inline(always)]
    fn look(&mut self, scores: &[S; STRIP], labels: &[u8; STRIP]) {
        self.labels.0.iter_mut().zip(labels).for_each(|(seen, label)| *seen |= label);
        S::watch(&mut self.scores, scores);
    }
}
