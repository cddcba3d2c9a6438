//! Scores of 16 bits: a bucket for each, so that the histogram is all there is to know.

use std::ops::Range;

use super::bucket::BucketKey;
use super::partition;
use super::run::{Run, RunBuilder};
use super::source::{CHUNK, Chunk, Source, Visitor};
use crate::control::Control;
use crate::count::accumulator::Ledger;
use crate::error::Result;
use crate::input::{BLOCK_ROWS, Batch, BlockReader, Half, Score};
use crate::simd::Kernel;

/// The bits of a 16-bit score, ordered: nothing is left of them below the bucket.
impl BucketKey for u16 {
    type Rest = ();

    const CODES: usize = 1 << 17;
    // Never asked: runs are made of these buckets, whatever their dtype.
    const LOWEST: u32 = 0;
    const HIGHEST: u32 = u32::MAX;

    #[inline(always)]
    fn bucket(self) -> u32 {
        self.into()
    }
    #[inline(always)]
    fn rest(self) {}
    #[inline(always)]
    fn excess(self) -> u32 {
        0
    }
    #[inline(always)]
    fn join(bucket: u32, (): ()) -> Self {
        bucket as Self
    }
    fn wide(self) -> u64 {
        self.score().key()
    }
    /// The key as a number: which dtype it is of, only its batch knows.
    fn score(self) -> f64 {
        self.into()
    }
}

/// The run of a batch of 16-bit scores, and its rows.
pub(super) fn read(batch: &Batch<'_>, half: Half, control: &Control<'_>) -> Result<(Run, Ledger)> {
    let counted = partition::count(&HalfRows { batch, half }, control)?;
    let mut run = RunBuilder::new(true, counted.ledger.total(), false, 0)?;
    for (bucket, counts) in counted.totals() {
        run.push_narrow(half.score(u16::join(bucket, ())).key(), counts);
    }
    Ok((run.finish(), counted.ledger))
}

struct HalfRows<'b> {
    batch: &'b Batch<'b>,
    half: Half,
}

impl Source<u16> for HalfRows<'_> {
    fn len(&self) -> usize {
        self.batch.len()
    }

    fn weighted(&self) -> bool {
        false
    }

    fn read(&self, range: Range<usize>, control: &Control<'_>, visitor: &mut impl Visitor<u16>) -> Result<()> {
        let (half, mut reader) = (self.half, BlockReader::<f32>::new(control.level));
        let (mut bits, mut labels) = (Vec::new(), Vec::new());
        let mut keys = [0; CHUNK];
        for start in range.clone().step_by(BLOCK_ROWS) {
            control.check()?;
            let len = BLOCK_ROWS.min(range.end - start);
            let labels = self.batch.label_codes(start, len, &mut labels, control.level);
            let bits = self.batch.half_bits(start, len, &mut bits);
            if control.level.run(Clean { half, bits, labels }) {
                for (bits, labels) in bits.chunks(CHUNK).zip(labels.chunks(CHUNK)) {
                    let keys = &mut keys[..bits.len()];
                    control.level.run(Keys { half, bits, keys });
                    visitor.chunk(Chunk { keys, labels, weights: &[] });
                }
                continue;
            }
            // Bad labels, NaN: who reads all other batches knows what is to be said or left out.
            let block = reader.read(self.batch, start, len)?;
            visitor.dropped(block.dropped);
            for (scores, labels) in block.scores.chunks(CHUNK).zip(block.labels.chunks(CHUNK)) {
                let keys = &mut keys[..scores.len()];
                keys.iter_mut().zip(scores).for_each(|(key, &score)| *key = half.key_of(score));
                visitor.chunk(Chunk { keys, labels, weights: &[] });
            }
        }
        Ok(())
    }
}

/// True when every label is 0 or 1 and no score is NaN.
struct Clean<'k> {
    half: Half,
    bits: &'k [u16],
    labels: &'k [u8],
}

impl Kernel for Clean<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let labels = self.labels.iter().fold(0, |seen, &label| seen | label);
        let nan = |half: Half| self.bits.iter().fold(false, |seen, &bits| seen | half.is_nan(bits));
        // One loop a dtype, so that none asks for it in each row.
        let nan = match self.half {
            Half::F16 => nan(Half::F16),
            Half::Bf16 => nan(Half::Bf16),
            Half::I16 | Half::U16 => false,
        };
        labels <= 1 && !nan
    }
}

/// `keys[i]` = the key of `bits[i]`.
struct Keys<'k> {
    half: Half,
    bits: &'k [u16],
    keys: &'k mut [u16],
}

impl Kernel for Keys<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { half, bits, keys } = self;
        let mut each = |half: Half| keys.iter_mut().zip(bits).for_each(|(key, &bits)| *key = half.key(bits));
        match half {
            Half::F16 | Half::Bf16 => each(Half::F16), // both order alike
            Half::I16 => each(Half::I16),
            Half::U16 => each(Half::U16),
        }
    }
}
