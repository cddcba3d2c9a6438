//! [`Grouper`]: the groups of tied rows in a bucket of float32, by bitmaps.

use super::finish::Bucket;
use crate::control::Control;
use crate::error::Result;
use crate::simd::Kernel;

impl Bucket<'_, u32> {
    /// True where sorting beats clearing and walking bitmaps.
    pub(super) fn few(&self) -> bool {
        const FEW: u64 = 192;
        self.counts[0] + self.counts[1] <= FEW
    }
}

/// Words of a bitmap of all rests.
const WORDS: usize = (1 << 16) / 64;

type Bitmap = [u64; WORDS];

/// Groups by bitmap: a bit for the first row of each rest and label. Rows that find theirs set are counted apart, by the
/// rank of their rest among those present. With random scores that is one row in ten, and no row is ever sorted.
#[derive(Debug)]
pub(super) struct Grouper {
    /// Rests of negatives and of positives.
    present: [Box<Bitmap>; 2],
    /// The rests present.
    rests: Box<Rests>,
    /// Rests present in words before each.
    below: Box<[u32; WORDS]>,
    /// Rests of rows beyond the first of their rest, of negatives and of positives.
    further: [Vec<u16>; 2],
    /// Of each rest present, how many further `[negatives, positives]`.
    counts: Vec<[u64; 2]>,
    /// Of negatives and of further positives: how many stand between two of the positives' rests, and at each, in turn.
    tallied: [Vec<u32>; 2],
    /// Of each rest present, the weights of its `[negatives, positives]`.
    sums: Vec<[f64; 2]>,
    rows: Vec<u32>,
}

impl Default for Grouper {
    fn default() -> Self {
        Self {
            present: [Box::new([0; WORDS]), Box::new([0; WORDS])],
            rests: Box::new([0; WORDS * 64 + List::AT_ONCE]),
            below: Box::new([0; WORDS]),
            further: [Vec::new(), Vec::new()],
            counts: Vec::new(),
            tallied: [Vec::new(), Vec::new()],
            sums: Vec::new(),
            rows: Vec::new(),
        }
    }
}

/// Rows marked at a time: their further ones are kept on the stack meanwhile.
const CHUNK: usize = 2048;

impl Grouper {
    pub(super) fn groups(
        &mut self,
        bucket: &Bucket<'_, u32>,
        control: &Control<'_>,
        mut each: impl FnMut(u16, [u64; 2]),
    ) -> Result<()> {
        if bucket.few() {
            self.sorted(bucket, each);
            return Ok(());
        }
        for label in 0..2 {
            self.mark(bucket, label, control)?;
        }
        if self.further.iter().all(Vec::is_empty) {
            let [negatives, positives] = &self.present;
            walk([negatives, positives], &mut self.rests, control, |rest, once, _| each(rest, once));
            return Ok(());
        }
        self.count_further(control)?;
        let [negatives, positives] = &self.present;
        let counts = &self.counts[..];
        walk([negatives, positives], &mut self.rests, control, |rest, once, rank| {
            let more = counts.get(rank).copied().unwrap_or([0, 0]);
            each(rest, [once[0] + more[0], once[1] + more[1]]);
        });
        Ok(())
    }

    /// The groups that hold positives, ascending: their `[negatives, positives]`, and how many of each score lower. Positives
    /// are marked, and each negative counted at or below one of them. Rows of either label number less than 2^32.
    pub(super) fn positives(
        &mut self,
        bucket: &Bucket<'_, u32>,
        control: &Control<'_>,
        mut each: impl FnMut([u64; 2], [u64; 2]),
    ) -> Result<()> {
        self.mark(bucket, 1, control)?;
        let [none, present] = &mut self.present;
        none.fill(0);
        let distinct = control.level.run(Below { negatives: none, positives: present, below: &mut self.below });
        for tallied in &mut self.tallied {
            tallied.clear();
            tallied.resize(2 * distinct + 1, 0);
        }
        let further = &self.further[1][..];
        for (counts, rows) in self.tallied.iter_mut().zip([bucket.rests(0).collect(), vec![further]]) {
            for rests in rows.into_iter().flat_map(|rests| rests.chunks(CHUNK)) {
                control.check()?;
                control.level.run(Count { rests, present, below: &self.below, counts });
            }
        }
        let mut below = [0, 0];
        let [negatives, further] = &self.tallied;
        for (between_and_tied, further) in negatives.as_chunks::<2>().0.iter().zip(further.as_chunks::<2>().0) {
            let [between, negatives] = between_and_tied.map(u64::from);
            below[0] += between;
            let positives = 1 + u64::from(further[1]);
            each([negatives, positives], below);
            below = [below[0] + negatives, below[1] + positives];
        }
        Ok(())
    }

    /// How many groups there are.
    pub(super) fn distinct(&mut self, bucket: &Bucket<'_, u32>, control: &Control<'_>) -> Result<usize> {
        if bucket.few() {
            let mut groups = 0;
            self.sorted(bucket, |_, _| groups += 1);
            return Ok(groups);
        }
        self.set(bucket, control)
    }

    /// Marks the rests of all rows in the first bitmap, empties the second, and says how many rests there are.
    fn set(&mut self, bucket: &Bucket<'_, u32>, control: &Control<'_>) -> Result<usize> {
        let [present, none] = &mut self.present;
        present.fill(0);
        none.fill(0);
        for rests in (0..2).flat_map(|label| bucket.rests(label)).flat_map(|rests| rests.chunks(CHUNK)) {
            control.check()?;
            control.level.run(Set { rests, present });
        }
        Ok(control.level.run(Below { negatives: present, positives: none, below: &mut self.below }))
    }

    /// The groups, ascending, with the weights of their `[negatives, positives]` added in order of row.
    pub(super) fn sums(
        &mut self,
        bucket: &Bucket<'_, u32>,
        control: &Control<'_>,
        mut each: impl FnMut(u16, [f64; 2]),
    ) -> Result<()> {
        let distinct = self.set(bucket, control)?;
        self.sums.clear();
        self.sums.resize(distinct, [0.0; 2]);
        let [present, none] = &self.present;
        for label in 0..2 {
            for segment in &bucket.segments[label] {
                for (rests, weights) in segment.rests.chunks(CHUNK).zip(segment.weights.chunks(CHUNK)) {
                    control.check()?;
                    let (below, sums) = (&self.below, &mut self.sums[..]);
                    control.level.run(AddWeights { rests, weights, present, below, sums, label });
                }
            }
        }
        let sums = &self.sums[..];
        walk([present, none], &mut self.rests, control, |rest, _, rank| {
            each(rest, sums.get(rank).copied().unwrap_or_default())
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

/// Each rest present, ascending: whether `[negatives, positives]` have it, and how many are below it. `rests` is scratch.
#[inline(always)]
fn walk(
    [negatives, positives]: [&Bitmap; 2],
    rests: &mut Rests,
    control: &Control<'_>,
    mut each: impl FnMut(u16, [u64; 2], usize),
) {
    let distinct = control.level.run(List { negatives, positives, rests });
    for (rank, &rest) in rests[..distinct].iter().enumerate() {
        let (word, bit) = (usize::from(rest >> 6), rest & 63);
        each(rest, [negatives[word] >> bit & 1, positives[word] >> bit & 1], rank);
    }
}

/// Room for all rests, and for what [`List`] writes beyond the last.
type Rests = [u16; WORDS * 64 + List::AT_ONCE];

/// Writes the rests present in either bitmap, ascending, and says how many they are.
///
/// Of each word so many are written at once whether there are so many or not, and the next word writes over what was too
/// much: a loop over its bits would end unforeseen in each word (a curve took 116 ms on one thread, 107 so).
struct List<'k> {
    negatives: &'k Bitmap,
    positives: &'k Bitmap,
    rests: &'k mut Rests,
}

impl List<'_> {
    const AT_ONCE: usize = 8;
}

impl Kernel for List<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let mut len = 0;
        for (word, (&negative, &positive)) in (0_u16..).zip(self.negatives.iter().zip(self.positives)) {
            let (mut left, base) = (negative | positive, word << 6);
            while left != 0 {
                let present = left.count_ones() as usize;
                let Some(rests) = self.rests.get_mut(len..len + Self::AT_ONCE) else { return len };
                for rest in rests {
                    *rest = base | (left.trailing_zeros() & 63) as u16;
                    left &= left.wrapping_sub(1);
                }
                len += present.min(Self::AT_ONCE);
            }
        }
        len
    }
}

/// Sets a bit a rest.
struct Set<'k> {
    rests: &'k [u16],
    present: &'k mut Bitmap,
}

impl Kernel for Set<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for &rest in self.rests {
            self.present[usize::from(rest >> 6)] |= 1 << (rest & 63);
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

/// `counts[2 · (rests present below) + (1 if itself present)] += 1`, for each of `rests`.
struct Count<'k> {
    rests: &'k [u16],
    present: &'k Bitmap,
    below: &'k [u32; WORDS],
    counts: &'k mut [u32],
}

impl Kernel for Count<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for &rest in self.rests {
            let (word, bit) = (usize::from(rest >> 6), rest & 63);
            let present = self.present[word];
            let rank = self.below[word] + (present & ((1 << bit) - 1)).count_ones();
            if let Some(count) = self.counts.get_mut(2 * rank as usize + (present >> bit & 1) as usize) {
                *count += 1;
            }
        }
    }
}

/// `sums[rank of rest][label] += weight`, row after row.
struct AddWeights<'k> {
    rests: &'k [u16],
    weights: &'k [f64],
    present: &'k Bitmap,
    below: &'k [u32; WORDS],
    sums: &'k mut [[f64; 2]],
    label: usize,
}

impl Kernel for AddWeights<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (&rest, &weight) in self.rests.iter().zip(self.weights) {
            let word = usize::from(rest >> 6);
            let lower = self.present[word] & ((1 << (rest & 63)) - 1);
            let rank = (self.below[word] + lower.count_ones()) as usize;
            if let Some(sums) = self.sums.get_mut(rank) {
                sums[self.label & 1] += weight;
            }
        }
    }
}
