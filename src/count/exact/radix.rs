//! Keys of float64 sorted by their digits, and two sorted lists merged.

use crate::control::Control;
use crate::count::merge::POLL;
use crate::error::Result;

/// Below this length the standard sort beats clearing and summing digit counters.
const SHORT: usize = 512;

/// Bits sorted by in one pass: 4,096 counters fit L1.
const DIGIT: u32 = 12;

/// Sorts by radix, lowest digit first; digits in which no two keys differ cost nothing.
pub(super) fn radix_sort(keys: &mut Vec<u64>, spare: &mut Vec<u64>, control: &Control<'_>) -> Result<()> {
    if keys.len() < SHORT {
        keys.sort_unstable();
        return Ok(());
    }
    spare.clear();
    spare.resize(keys.len(), 0);
    let differ = keys.iter().fold(0, |differ, key| differ | (key ^ keys[0]));
    let digit = |key: u64, shift: u32| (key >> shift) as usize & ((1 << DIGIT) - 1);
    let mut counts = vec![0_usize; 1 << DIGIT];
    for shift in (differ.trailing_zeros()..64 - differ.leading_zeros()).step_by(DIGIT as usize) {
        counts.fill(0);
        for chunk in keys.chunks(STRETCH) {
            control.check()?;
            chunk.iter().for_each(|&key| counts[digit(key, shift)] += 1);
        }
        let mut sum = 0;
        for count in &mut counts {
            sum += std::mem::replace(count, sum);
        }
        for chunk in keys.chunks(STRETCH) {
            control.check()?;
            for &key in chunk {
                let at = &mut counts[digit(key, shift)];
                spare[*at] = key;
                *at += 1;
            }
        }
        std::mem::swap(keys, spare);
    }
    Ok(())
}

/// Keys handled between two looks at the cancel flag: a millisecond or so.
const STRETCH: usize = 1 << 20;

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
