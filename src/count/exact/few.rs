//! Pairs among the rows of a small batch, ranked as they are: buckets would cost more than so few rows.

use super::rows::{Keys, Rows};
use super::wide_pairs::Ranker;
use crate::control::Control;
use crate::error::Result;
use crate::simd::Kernel;

/// `Σ 2·#{negative < positive} + #{negative = positive}` over all pairs.
///
/// # Errors
/// [`Interrupted`](crate::Error::Interrupted).
pub(super) fn twice_pairs(rows: &Rows, control: &Control<'_>) -> Result<u128> {
    let mut codes = [0, 1].map(|label| match rows.keys(label) {
        Keys::Narrow(keys) => keys.iter().map(|&key| key.into()).collect(),
        Keys::Wide(keys) => keys.clone(),
    });
    close_gaps(&mut codes, if rows.is_narrow() { 1 << 31 } else { 1 << 63 }, control);
    let [negatives, positives] = &codes;
    let mut ranker = Ranker::default();
    if negatives.len() <= positives.len() {
        return ranker.twice_pairs(&[negatives], &[positives], control);
    }
    let others = ranker.twice_pairs(&[positives], &[negatives], control)?;
    Ok(2 * negatives.len() as u128 * positives.len() as u128 - others)
}

/// Closes the gaps on both sides of the key of zero: scores of both signs leave most of the range of keys, that of tiny
/// numbers, empty, and the cells of a [`Ranker`] would lie idle there.
fn close_gaps(codes: &mut [Vec<u64>; 2], zero: u64, control: &Control<'_>) {
    let mut nearest = [0, u64::MAX];
    for codes in &*codes {
        let [below, above] = control.level.run(Nearest { codes, zero });
        nearest = [nearest[0].max(below), nearest[1].min(above)];
    }
    let [below, above] = nearest;
    if below == 0 {
        return; // none is negative: nothing lies below the gap
    }
    let gaps = [zero - below - 1, if above == u64::MAX { 0 } else { above - zero - 1 }];
    codes.iter_mut().for_each(|codes| control.level.run(Close { codes, zero, gaps }));
}

/// The highest code below `zero`, or 0, and the lowest above it, or the highest of all.
struct Nearest<'k> {
    codes: &'k [u64],
    zero: u64,
}

impl Kernel for Nearest<'_> {
    type Output = [u64; 2];

    #[inline(always)]
    fn run(self) -> [u64; 2] {
        self.codes.iter().fold([0, u64::MAX], |[below, above], &code| {
            [
                below.max(if code < self.zero { code } else { 0 }),
                above.min(if code > self.zero { code } else { u64::MAX }),
            ]
        })
    }
}

/// Moves codes from `zero` on down by the first gap, and those above it by the second too.
struct Close<'k> {
    codes: &'k mut [u64],
    zero: u64,
    gaps: [u64; 2],
}

impl Kernel for Close<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let [low, high] = self.gaps;
        for code in self.codes {
            let moved = if *code >= self.zero { low } else { 0 } + if *code > self.zero { high } else { 0 };
            *code -= moved;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn closing_gaps_keeps_the_order_and_brings_neighbours_together() {
        let cancel = AtomicBool::new(false);
        let control = Control::new(&cancel);
        let closed = |a: &[u64], b: &[u64]| {
            let mut codes = [a.to_vec(), b.to_vec()];
            close_gaps(&mut codes, 1000, &control);
            codes.concat()
        };
        assert_eq!(closed(&[400, 10, 1700], &[1000, 1500, 400]), [400, 10, 602, 401, 402, 400]);
        assert_eq!(closed(&[400], &[1500, 1501]), [400, 402, 403]);
        assert_eq!(closed(&[400, 1000], &[]), [400, 401]);
        assert_eq!(closed(&[1000, 1500], &[u64::MAX]), [1000, 1500, u64::MAX]);
        assert!(closed(&[], &[]).is_empty());
        assert_eq!(closed(&[999, 1000], &[1001]), [999, 1000, 1001]);
    }
}
