//! Sorted lists into one, stopping when asked to: what the standard sort of the whole would do, but for the asking.

use crate::control::Control;
use crate::error::Result;
use crate::simd;

/// Items between two looks at the cancel flag.
pub(super) const POLL: usize = 1 << 16;

/// The items of sorted lists in order of `key`; of equal ones, those of an earlier list first.
pub(super) fn merged<T: Copy, K: Ord>(
    mut lists: Vec<Vec<T>>,
    key: impl Fn(&T) -> K,
    control: &Control<'_>,
) -> Result<Vec<T>> {
    while lists.len() > 1 {
        let mut longer = Vec::with_capacity(lists.len().div_ceil(2));
        let mut pairs = lists.into_iter();
        while let Some(first) = pairs.next() {
            longer.push(match pairs.next() {
                Some(second) => two(&first, &second, &key, control)?,
                None => first,
            });
        }
        lists = longer;
    }
    Ok(lists.pop().unwrap_or_default())
}

fn two<T: Copy, K: Ord>(first: &[T], second: &[T], key: &impl Fn(&T) -> K, control: &Control<'_>) -> Result<Vec<T>> {
    let mut merged = simd::room(first.len() + second.len(), "sorted rows")?;
    let (mut i, mut j) = (0, 0);
    while let (Some(a), Some(b)) = (first.get(i), second.get(j)) {
        if (i + j) % POLL == 0 {
            control.check()?;
        }
        let from_second = key(b) < key(a);
        merged.push(if from_second { *b } else { *a });
        i += usize::from(!from_second);
        j += usize::from(from_second);
    }
    merged.extend_from_slice(&first[i..]);
    merged.extend_from_slice(&second[j..]);
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn merging_is_a_stable_sort_of_the_whole() {
        let (going, stopped) = (AtomicBool::new(false), AtomicBool::new(true));
        for lists in 0..9_u32 {
            let lists: Vec<Vec<(u32, u32)>> =
                (0..lists).map(|list| (0..list * 7).map(|i| (i * i % 11 / 3 + i / 5, list)).collect()).collect();
            let mut sorted = lists.clone();
            sorted.iter_mut().for_each(|list| list.sort_by_key(|item| item.0));
            let mut expected = sorted.concat();
            expected.sort_by_key(|item| item.0);
            assert_eq!(merged(sorted.clone(), |item| item.0, &Control::new(&going)).unwrap(), expected);
            if sorted.len() > 2 {
                assert!(merged(sorted, |item| item.0, &Control::new(&stopped)).is_err());
            }
        }
    }
}
