//! Finishing a bucket of float32: 65,536 possible rests, so that bitmaps take the place of sorting.

use super::bucket::BucketKey;
use super::finish::{Bucket, Finish};
use super::narrow_pairs::Ranker;
use crate::control::Control;
use crate::error::Result;
use crate::simd::Kernel;

/// Scratch for a bucket of float32, one a thread.
#[derive(Debug, Default)]
pub(super) struct Narrow {
    ranker: Ranker,
    grouper: Grouper,
}

impl Finish for u32 {
    type Scratch = Narrow;

    fn pairs(scratch: &mut Narrow, bucket: &Bucket<'_, Self>, control: &Control<'_>) -> Result<u128> {
        let rests = |label: usize| bucket.rests(label).collect::<Vec<_>>();
        let [negatives, positives] = bucket.counts;
        if negatives <= positives {
            return scratch.ranker.twice_pairs(&rests(0), &rests(1), control);
        }
        let others = scratch.ranker.twice_pairs(&rests(1), &rests(0), control)?;
        Ok(2 * u128::from(negatives) * u128::from(positives) - others)
    }

    fn groups(
        scratch: &mut Narrow,
        bucket: &Bucket<'_, Self>,
        control: &Control<'_>,
        mut each: impl FnMut(Self, [u64; 2]),
    ) -> Result<()> {
        scratch.grouper.groups(bucket, control, |rest, counts| each(Self::join(bucket.number, rest), counts))
    }
}

/// Words of a bitmap of all rests.
const WORDS: usize = (1 << 16) / 64;

type Bitmap = [u64; WORDS];

/// Groups by bitmap: a bit for the first row of each rest and label. Rows that find theirs set are counted apart, by the
/// rank of their rest among those present. With random scores that is one row in ten, and no row is ever sorted.
#[derive(Debug)]
struct Grouper {
    /// Rests of negatives and of positives.
    present: [Box<Bitmap>; 2],
    /// Rests present in words before each.
    below: Box<[u32; WORDS]>,
    /// Rests of rows beyond the first of their rest, of negatives and of positives.
    further: [Vec<u16>; 2],
    /// Of each rest present, how many further `[negatives, positives]`.
    counts: Vec<[u64; 2]>,
    rows: Vec<u32>,
}

impl Default for Grouper {
    fn default() -> Self {
        Self {
            present: [Box::new([0; WORDS]), Box::new([0; WORDS])],
            below: Box::new([0; WORDS]),
            further: [Vec::new(), Vec::new()],
            counts: Vec::new(),
            rows: Vec::new(),
        }
    }
}

/// Rows of a bucket up to which sorting them beats clearing and walking the bitmaps.
const FEW: u64 = 192;

/// Rows marked at a time: their further ones are kept on the stack meanwhile.
const CHUNK: usize = 2048;

impl Grouper {
    fn groups(
        &mut self,
        bucket: &Bucket<'_, u32>,
        control: &Control<'_>,
        mut each: impl FnMut(u16, [u64; 2]),
    ) -> Result<()> {
        if bucket.counts[0] + bucket.counts[1] <= FEW {
            self.sorted(bucket, each);
            return Ok(());
        }
        for label in 0..2 {
            self.mark(bucket, label, control)?;
        }
        if self.further.iter().all(Vec::is_empty) {
            let [negatives, positives] = &self.present;
            walk(negatives, positives, |rest, once, _| each(rest, once));
            return Ok(());
        }
        self.count_further(control)?;
        let [negatives, positives] = &self.present;
        let counts = &self.counts[..];
        walk(negatives, positives, |rest, once, rank| {
            let more = counts.get(rank).copied().unwrap_or([0, 0]);
            each(rest, [once[0] + more[0], once[1] + more[1]]);
        });
        Ok(())
    }

    /// Marks the rests of rows with this label, and keeps the further ones.
    fn mark(&mut self, bucket: &Bucket<'_, u32>, label: usize, control: &Control<'_>) -> Result<()> {
        let (present, further) = (&mut self.present[label], &mut self.further[label]);
        present.fill(0);
        further.clear();
        let mut again = [0; CHUNK];
        for rests in bucket.rests(label).flat_map(|rests| rests.chunks(CHUNK)) {
            control.check()?;
            let found = control.level.run(Mark { rests, present, again: &mut again });
            further.extend_from_slice(&again[..found]);
        }
        Ok(())
    }

    fn count_further(&mut self, control: &Control<'_>) -> Result<()> {
        let [negatives, positives] = &self.present;
        let distinct = control.level.run(Below { negatives, positives, below: &mut self.below });
        self.counts.clear();
        self.counts.resize(distinct, [0, 0]);
        for (label, further) in self.further.iter().enumerate() {
            for rests in further.chunks(CHUNK) {
                control.check()?;
                let (below, counts) = (&self.below, &mut self.counts[..]);
                control.level.run(CountFurther { rests, negatives, positives, below, counts, label });
            }
        }
        Ok(())
    }

    fn sorted(&mut self, bucket: &Bucket<'_, u32>, mut each: impl FnMut(u16, [u64; 2])) {
        self.rows.clear();
        for label in 0..2 {
            self.rows.extend(bucket.rests(label).flatten().map(|&rest| u32::from(rest) << 1 | label as u32));
        }
        self.rows.sort_unstable();
        for group in self.rows.chunk_by(|a, b| a >> 1 == b >> 1) {
            let positives = group.iter().map(|row| u64::from(row & 1)).sum();
            each((group[0] >> 1) as u16, [group.len() as u64 - positives, positives]);
        }
    }
}

/// Each rest present, ascending: whether `[negatives, positives]` have it, and how many are below it.
#[inline(always)]
fn walk(negatives: &Bitmap, positives: &Bitmap, mut each: impl FnMut(u16, [u64; 2], usize)) {
    let mut rank = 0;
    for (word, (&negative, &positive)) in (0_u16..).zip(negatives.iter().zip(positives)) {
        let mut left = negative | positive;
        while left != 0 {
            let bit = left.trailing_zeros();
            left &= left - 1;
            each(word << 6 | bit as u16, [negative >> bit & 1, positive >> bit & 1], rank);
            rank += 1;
        }
    }
}

/// Sets a bit a rest; writes the rests whose bit was set to the front of `again`, and says how many.
struct Mark<'k> {
    rests: &'k [u16],
    present: &'k mut Bitmap,
    again: &'k mut [u16; CHUNK],
}

impl Kernel for Mark<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let mut found = 0;
        for &rest in self.rests {
            let word = &mut self.present[usize::from(rest >> 6)];
            let bit = rest & 63;
            self.again[found & (CHUNK - 1)] = rest;
            found += (*word >> bit & 1) as usize;
            *word |= 1 << bit;
        }
        found
    }
}

/// `below[w]` = rests present in words before `w`; all of them.
struct Below<'k> {
    negatives: &'k Bitmap,
    positives: &'k Bitmap,
    below: &'k mut [u32; WORDS],
}

impl Kernel for Below<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let mut sum = 0;
        for (below, (negative, positive)) in self.below.iter_mut().zip(self.negatives.iter().zip(self.positives)) {
            *below = sum;
            sum += (negative | positive).count_ones();
        }
        sum as usize
    }
}

struct CountFurther<'k> {
    rests: &'k [u16],
    negatives: &'k Bitmap,
    positives: &'k Bitmap,
    below: &'k [u32; WORDS],
    counts: &'k mut [[u64; 2]],
    label: usize,
}

impl Kernel for CountFurther<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for &rest in self.rests {
            let word = usize::from(rest >> 6);
            let lower = (self.negatives[word] | self.positives[word]) & ((1 << (rest & 63)) - 1);
            let rank = (self.below[word] + lower.count_ones()) as usize;
            if let Some(counts) = self.counts.get_mut(rank) {
                counts[self.label & 1] += 1;
            }
        }
    }
}
