//! Items sorted by the digits of a key, and two sorted lists merged.

use crate::control::Control;
use crate::count::merge::POLL;
use crate::error::Result;

/// Below this length the standard sort beats clearing and summing digit counters.
pub(in crate::count) const SHORT: usize = 512;

/// Bits sorted by in one pass: 4,096 counters fit L1.
const DIGIT: u32 = 12;

/// Sorts by radix, lowest digit first; digits in which no two keys differ cost nothing. From [`SHORT`] items
/// on, those of one key stay in their order.
pub(in crate::count) fn radix_sort<T: Copy>(
    items: &mut Vec<T>,
    spare: &mut Vec<T>,
    key: impl Fn(&T) -> u64,
    control: &Control<'_>,
) -> Result<()> {
    if items.len() < SHORT {
        items.sort_unstable_by_key(key);
        return Ok(());
    }
    let first = items[0];
    spare.clear();
    spare.resize(items.len(), first);
    let differ = items.iter().fold(0, |differ, item| differ | (key(item) ^ key(&first)));
    let digit = |item: &T, shift: u32| (key(item) >> shift) as usize & ((1 << DIGIT) - 1);
    let mut counts = vec![0_usize; 1 << DIGIT];
    for shift in (differ.trailing_zeros()..64 - differ.leading_zeros()).step_by(DIGIT as usize) {
        counts.fill(0);
        for chunk in items.chunks(STRETCH) {
            control.check()?;
            chunk.iter().for_each(|item| counts[digit(item, shift)] += 1);
        }
        let mut sum = 0;
        for count in &mut counts {
            sum += std::mem::replace(count, sum);
        }
        for chunk in items.chunks(STRETCH) {
            control.check()?;
            for &item in chunk {
                let at = &mut counts[digit(&item, shift)];
                spare[*at] = item;
                *at += 1;
            }
        }
        std::mem::swap(items, spare);
    }
    Ok(())
}

/// Items handled between two looks at the cancel flag: a millisecond or so.
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
