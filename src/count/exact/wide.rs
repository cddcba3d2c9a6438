//! Finishing a bucket of float64: whole keys, ranked through a bitmap of their own range, or sorted.

use super::bucket::BucketKey;
use super::finish::{Bucket, Finish, positives_of_groups};
use super::radix::{merge, radix_sort};
use super::wide_groups::Sorter;
use super::wide_pairs::Ranker;
use crate::control::Control;
use crate::error::Result;

/// Scratch for a bucket of float64, one a thread.
#[derive(Debug, Default)]
pub(super) struct Wide {
    ranker: Ranker,
    sorter: Sorter,
    classes: [Vec<u64>; 2],
    spare: Vec<u64>,
    /// Key, label, weight.
    rows: Vec<(u64, usize, f64)>,
}

impl Finish for u64 {
    type Scratch = Wide;

    fn pairs(scratch: &mut Wide, bucket: &Bucket<'_, Self>, control: &Control<'_>) -> Result<u128> {
        let rests = |label: usize| bucket.rests(label).collect::<Vec<_>>();
        let [negatives, positives] = bucket.counts;
        if negatives <= positives {
            return scratch.ranker.twice_pairs(&rests(0), &rests(1), control);
        }
        let others = scratch.ranker.twice_pairs(&rests(1), &rests(0), control)?;
        Ok(2 * u128::from(negatives) * u128::from(positives) - others)
    }

    fn groups(
        scratch: &mut Wide,
        bucket: &Bucket<'_, Self>,
        control: &Control<'_>,
        mut each: impl FnMut(Self, [u64; 2]),
    ) -> Result<()> {
        if scratch.sorter.groups(bucket, control, &mut each)? {
            return Ok(());
        }
        for (label, class) in scratch.classes.iter_mut().enumerate() {
            class.clear();
            bucket.rests(label).for_each(|rests| class.extend_from_slice(rests));
            radix_sort(class, &mut scratch.spare, |&key| key, control)?;
        }
        let [negatives, positives] = &scratch.classes;
        merge(negatives, positives, control, |key, counts| each(Self::join(bucket.number, key), counts))
    }

    fn positives(
        scratch: &mut Wide,
        bucket: &Bucket<'_, Self>,
        control: &Control<'_>,
        each: impl FnMut([u64; 2], [u64; 2]),
    ) -> Result<()> {
        if u32::try_from(bucket.counts[0]).is_err() || bucket.counts[1] == 0 {
            return positives_of_groups(scratch, bucket, control, each);
        }
        let [negatives, positives] = [0, 1].map(|label| bucket.rests(label).collect::<Vec<_>>());
        scratch.ranker.positives([&negatives, &positives], control, each)
    }

    fn weighted_groups(
        scratch: &mut Wide,
        bucket: &Bucket<'_, Self>,
        control: &Control<'_>,
        mut each: impl FnMut(Self, [f64; 2]),
    ) -> Result<()> {
        control.check()?;
        let rows = &mut scratch.rows;
        rows.clear();
        (0..2).for_each(|label| rows.extend(bucket.rows(label).map(|(key, weight)| (key, label, weight))));
        rows.sort_by_key(|&(key, ..)| key); // stable: rows of one key and label stay in their order
        for group in rows.chunk_by(|a, b| a.0 == b.0) {
            let mut sums = [0.0; 2];
            group.iter().for_each(|&(_, label, weight)| sums[label] += weight);
            each(group[0].0, sums);
        }
        Ok(())
    }
}
