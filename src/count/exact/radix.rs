//! Keys by their digits: the bucket of a key and the rest inside it, sorting rests, and merging sorted lists.

use super::rank::Ranker;
use crate::control::Control;
use crate::count::merge::POLL;
use crate::error::Result;

/// A key type: the bucket of a key, and what remains of it inside the bucket.
pub(super) trait RadixKey: Copy + Ord + Default + Send + Sync + 'static {
    /// The bits below the bucket's.
    type Rest: Copy + Ord + Default + Send + Sync + bytemuck::Zeroable;
    /// Significant bits of a rest.
    const REST_BITS: u32;
    fn bucket(self) -> u16;
    fn rest(self) -> Self::Rest;
    fn join(bucket: u16, rest: Self::Rest) -> Self;
    /// The `bits` bits of a rest from bit `shift` on.
    fn digit(rest: Self::Rest, shift: u32, bits: u32) -> usize;

    /// `Σ 2·#{a < b} + #{a = b}` over `a` of `minority` and `b` of `majority`, where there is a way without sorting.
    fn twice_pairs(
        _ranker: &mut Ranker,
        _minority: &[&[Self::Rest]],
        _majority: &[&[Self::Rest]],
        _control: &Control<'_>,
    ) -> Result<Option<u64>> {
        Ok(None)
    }
}

impl RadixKey for u32 {
    type Rest = u16;
    const REST_BITS: u32 = 16;
    #[inline(always)]
    fn bucket(self) -> u16 {
        (self >> 16) as u16
    }
    #[inline(always)]
    fn rest(self) -> u16 {
        self as u16
    }
    #[inline(always)]
    fn join(bucket: u16, rest: u16) -> Self {
        Self::from(bucket) << 16 | Self::from(rest)
    }
    #[inline(always)]
    fn digit(rest: u16, shift: u32, bits: u32) -> usize {
        usize::from(rest) >> shift & ((1 << bits) - 1)
    }
    fn twice_pairs(
        ranker: &mut Ranker,
        minority: &[&[u16]],
        majority: &[&[u16]],
        control: &Control<'_>,
    ) -> Result<Option<u64>> {
        ranker.twice_pairs(minority, majority, control).map(Some)
    }
}

impl RadixKey for u64 {
    type Rest = Self;
    const REST_BITS: u32 = 48;
    #[inline(always)]
    fn bucket(self) -> u16 {
        (self >> 48) as u16
    }
    #[inline(always)]
    fn rest(self) -> Self {
        self & ((1 << 48) - 1)
    }
    #[inline(always)]
    fn join(bucket: u16, rest: Self) -> Self {
        Self::from(bucket) << 48 | rest
    }
    #[inline(always)]
    fn digit(rest: Self, shift: u32, bits: u32) -> usize {
        (rest >> shift) as usize & ((1 << bits) - 1)
    }
}

/// Below this length the standard sort beats clearing and summing digit counters.
const SHORT: usize = 512;

/// Sorts rests by radix, lowest digit first, skipping digits that are all equal.
pub(super) fn radix_sort<K: RadixKey>(
    keys: &mut Vec<K::Rest>,
    spare: &mut Vec<K::Rest>,
    control: &Control<'_>,
) -> Result<()> {
    if keys.len() < SHORT {
        keys.sort_unstable();
        return Ok(());
    }
    spare.clear();
    spare.resize(keys.len(), K::Rest::default());
    let bits = if K::REST_BITS <= 16 { 8 } else { 12 };
    let mut counts = vec![0_usize; 1 << bits];
    for shift in (0..K::REST_BITS).step_by(bits as usize) {
        counts.fill(0);
        for chunk in keys.chunks(STRETCH) {
            control.check()?;
            chunk.iter().for_each(|&key| counts[K::digit(key, shift, bits)] += 1);
        }
        if counts[K::digit(keys[0], shift, bits)] == keys.len() {
            continue;
        }
        let mut sum = 0;
        for count in &mut counts {
            sum += std::mem::replace(count, sum);
        }
        for chunk in keys.chunks(STRETCH) {
            control.check()?;
            for &key in chunk {
                let at = &mut counts[K::digit(key, shift, bits)];
                spare[*at] = key;
                *at += 1;
            }
        }
        std::mem::swap(keys, spare);
    }
    Ok(())
}

/// Keys handled between two looks at the cancel flag: a millisecond or so.
pub(super) const STRETCH: usize = 1 << 20;

/// Groups of equal keys of two sorted lists: key and `[in a, in b]`, ascending.
pub(super) fn merge<T: Copy + Ord>(
    a: &[T],
    b: &[T],
    control: &Control<'_>,
    mut group: impl FnMut(T, [u64; 2]),
) -> Result<()> {
    let (mut i, mut j) = (0, 0);
    let mut groups = 0;
    loop {
        let key = match (a.get(i), b.get(j)) {
            (Some(&x), Some(&y)) => x.min(y),
            (Some(&x), None) | (None, Some(&x)) => x,
            (None, None) => return Ok(()),
        };
        let (in_a, in_b) = (copies(&a[i..], key), copies(&b[j..], key));
        group(key, [in_a as u64, in_b as u64]);
        (i, j) = (i + in_a, j + in_b);
        groups += 1;
        if groups % POLL == 0 {
            control.check()?;
        }
    }
}

/// How many of a sorted list's first items equal `key`, which none is below: a few steps for few, a search for many.
#[inline(always)]
fn copies<T: Copy + Ord>(sorted: &[T], key: T) -> usize {
    const FEW: usize = 8;
    match sorted.iter().take(FEW).position(|&item| item != key) {
        Some(copies) => copies,
        None => sorted.partition_point(|&item| item <= key),
    }
}
