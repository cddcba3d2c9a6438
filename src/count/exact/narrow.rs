//! Finishing a bucket of float32: 65,536 possible rests, so that bitmaps take the place of sorting.

use super::bucket::BucketKey;
use super::finish::{Bucket, Finish, positives_of_groups};
use super::narrow_groups::Grouper;
use super::narrow_ranks::{self, Ranks};
use crate::control::Control;
use crate::error::Result;

/// Scratch for a bucket of float32, one a thread.
#[derive(Debug, Default)]
pub(super) struct Narrow {
    ranks: Ranks,
    few: Vec<u16>,
    grouper: Grouper,
}

impl Finish for u32 {
    type Scratch = Narrow;

    fn pairs(scratch: &mut Narrow, bucket: &Bucket<'_, Self>, control: &Control<'_>) -> Result<u128> {
        // The minority is placed, the majority asks.
        let (minority, majority) = if bucket.counts[0] <= bucket.counts[1] { (0, 1) } else { (1, 0) };
        let asked = if narrow_ranks::are_few(bucket.counts[minority], bucket.counts[majority]) {
            scratch.few.clear();
            bucket.rests(minority).for_each(|rests| scratch.few.extend_from_slice(rests));
            control.check()?;
            narrow_ranks::twice_pairs_of_few(&scratch.few, &bucket.rests(majority).collect::<Vec<_>>(), control)
        } else if scratch.ranks.fill(bucket.rests(minority), control)? {
            scratch.ranks.twice_pairs(bucket.rests(majority), control)?
        } else {
            let (mut below, mut twice) = (0, 0);
            scratch.grouper.groups(bucket, control, |_, [negatives, positives]| {
                twice += u128::from(positives) * (2 * below + u128::from(negatives));
                below += u128::from(negatives);
            })?;
            return Ok(twice);
        };
        let all = 2 * u128::from(bucket.counts[0]) * u128::from(bucket.counts[1]);
        Ok(if minority == 0 { asked } else { all - asked })
    }

    fn groups(
        scratch: &mut Narrow,
        bucket: &Bucket<'_, Self>,
        control: &Control<'_>,
        mut each: impl FnMut(Self, [u64; 2]),
    ) -> Result<()> {
        scratch.grouper.groups(bucket, control, |rest, counts| each(Self::join(bucket.number, rest), counts))
    }

    fn weighted_groups(
        scratch: &mut Narrow,
        bucket: &Bucket<'_, Self>,
        control: &Control<'_>,
        mut each: impl FnMut(Self, [f64; 2]),
    ) -> Result<()> {
        scratch.grouper.sums(bucket, control, |rest, sums| each(Self::join(bucket.number, rest), sums))
    }

    fn positives(
        scratch: &mut Narrow,
        bucket: &Bucket<'_, Self>,
        control: &Control<'_>,
        each: impl FnMut([u64; 2], [u64; 2]),
    ) -> Result<()> {
        if !bucket.few() && bucket.counts.iter().all(|&rows| u32::try_from(rows).is_ok()) {
            return scratch.grouper.positives(bucket, control, each);
        }
        positives_of_groups(scratch, bucket, control, each)
    }

    fn distinct(scratch: &mut Narrow, bucket: &Bucket<'_, Self>, control: &Control<'_>) -> Result<usize> {
        scratch.grouper.distinct(bucket, control)
    }
}
