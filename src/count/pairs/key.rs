//! Keys of cells: the bits of two intervals' indices in turn, so that the cells of a coarser table are those of a finer
//! one in the same order, and a key becomes that of a coarser table by a shift.

use crate::count::INTERVALS;
use crate::simd::{Kernel, Level};

/// Bits of an interval's index: at this level all of a table is one cell.
pub(crate) const LEVELS: u32 = usize::BITS - (INTERVALS - 1).leading_zeros();

/// The key of the cell of interval `a` of one model and `b` of the other.
#[inline(always)]
pub(super) fn key(a: u32, b: u32) -> u64 {
    spread(a) << 1 | spread(b)
}

/// The key of the same cell `levels` coarser.
#[inline(always)]
pub(super) fn coarser(key: u64, levels: u32) -> u64 {
    key >> (2 * levels)
}

/// The fewest levels by which both must be coarser to be one cell.
#[inline(always)]
pub(super) fn levels_apart(a: u64, b: u64) -> u32 {
    (u64::BITS - (a ^ b).leading_zeros()).div_ceil(2)
}

/// The two intervals of a key.
#[inline(always)]
pub(crate) fn sides(key: u64) -> [u32; 2] {
    [gathered(key >> 1), gathered(key)]
}

/// The bits of `x` at every other place.
#[inline(always)]
fn spread(x: u32) -> u64 {
    let x = u64::from(x);
    let x = (x | x << 16) & 0x0000_ffff_0000_ffff;
    let x = (x | x << 8) & 0x00ff_00ff_00ff_00ff;
    let x = (x | x << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let x = (x | x << 2) & 0x3333_3333_3333_3333;
    (x | x << 1) & 0x5555_5555_5555_5555
}

/// Every other bit of `x`.
#[inline(always)]
fn gathered(x: u64) -> u32 {
    let x = x & 0x5555_5555_5555_5555;
    let x = (x | x >> 1) & 0x3333_3333_3333_3333;
    let x = (x | x >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    let x = (x | x >> 4) & 0x00ff_00ff_00ff_00ff;
    let x = (x | x >> 8) & 0x0000_ffff_0000_ffff;
    (x | x >> 16) as u32
}

/// Appends `2 * key + label` of each row, given its cells `2 * interval + label` in either column; the label is `a`'s.
pub(super) fn extend(level: Level, keys: &mut Vec<u64>, a: &[u32], b: &[u32]) {
    level.run(Extend { keys, a, b });
}

struct Extend<'k> {
    keys: &'k mut Vec<u64>,
    a: &'k [u32],
    b: &'k [u32],
}

impl Kernel for Extend<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let row = |(&a, &b): (&u32, &u32)| key(a >> 1, b >> 1) << 1 | u64::from(a & 1);
        self.keys.extend(self.a.iter().zip(self.b).map(row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hold_both_intervals_and_coarsen_by_a_shift() {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as u32 % INTERVALS as u32
        };
        for _ in 0..2000 {
            let [a, b, c] = [random(), random(), random()];
            assert_eq!(sides(key(a, b)), [a, b]);
            for levels in 0..=LEVELS {
                assert_eq!(coarser(key(a, b), levels), key(a >> levels, b >> levels));
                let one = a >> levels == c >> levels;
                assert_eq!(levels_apart(key(a, b), key(c, b)) <= levels, one);
            }
            assert_eq!(coarser(key(a, b), LEVELS), 0);
        }
    }
}
