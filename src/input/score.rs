//! [`Score`]: the two working types, their order as integers, and their neighbours.

use super::dtype::Working;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A working type: `f32` or `f64`. Sealed; every other dtype widens to one of the two exactly.
///
/// A score orders as the real number it is: −0.0 equals 0.0, the infinities are the ends, NaN is refused at the door.
/// [`Score::key`] gives that order as an unsigned integer.
///
/// ```
/// use thresher::input::Score;
/// assert_eq!((-0.0_f32).key(), 0.0_f32.key());
/// assert!(f32::NEG_INFINITY.key() < (-1.0_f32).key() && (-1.0_f32).key() < f32::INFINITY.key());
/// assert_eq!(f32::from_key(0.25_f32.key()), 0.25);
/// ```
pub trait Score:
    sealed::Sealed + Copy + PartialOrd + Default + Send + Sync + std::fmt::Debug + bytemuck::Pod + 'static
{
    /// Unsigned integer with the order of the scores.
    type Key: Copy + Ord + Default + Send + Sync + std::fmt::Debug + Into<u64> + 'static;

    /// Which of the two this is.
    const WORKING: Working;

    /// The same real number; exact.
    fn to_f64(self) -> f64;
    /// The nearest value of this type, ties to even.
    fn nearest(value: f64) -> Self;
    /// True for NaN.
    fn is_nan(self) -> bool;
    /// The order of the scores as an integer; −0.0 and 0.0 have one key.
    fn key(self) -> Self::Key;
    /// The score with this key; 0.0 for the key of both zeros.
    fn from_key(key: Self::Key) -> Self;
    /// The next greater value; +∞ stays.
    fn next_up(self) -> Self;
    /// The next smaller value; −∞ stays.
    fn next_down(self) -> Self;

    /// The least value `>=` a real number.
    #[must_use]
    fn at_least(value: f64) -> Self {
        let near = Self::nearest(value);
        if near.to_f64() < value { near.next_up() } else { near }
    }

    /// The greatest value `<=` a real number.
    #[must_use]
    fn at_most(value: f64) -> Self {
        let near = Self::nearest(value);
        if near.to_f64() > value { near.next_down() } else { near }
    }
}

impl Score for f32 {
    type Key = u32;
    const WORKING: Working = Working::F32;

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[expect(clippy::cast_possible_truncation, reason = "rounding to nearest is what is asked for")]
    fn nearest(value: f64) -> Self {
        value as Self
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }
    #[inline(always)]
    fn key(self) -> u32 {
        let bits = (self + 0.0).to_bits(); // −0.0 + 0.0 = 0.0
        bits ^ (((bits.cast_signed() >> 31).cast_unsigned()) | 0x8000_0000)
    }
    #[inline(always)]
    fn from_key(key: u32) -> Self {
        Self::from_bits(key ^ (((!key).cast_signed() >> 31).cast_unsigned() | 0x8000_0000))
    }
    fn next_up(self) -> Self {
        self.next_up()
    }
    fn next_down(self) -> Self {
        self.next_down()
    }
}

impl Score for f64 {
    type Key = u64;
    const WORKING: Working = Working::F64;

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    fn nearest(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }
    #[inline(always)]
    fn key(self) -> u64 {
        let bits = (self + 0.0).to_bits();
        bits ^ (((bits.cast_signed() >> 63).cast_unsigned()) | 1 << 63)
    }
    #[inline(always)]
    fn from_key(key: u64) -> Self {
        Self::from_bits(key ^ (((!key).cast_signed() >> 63).cast_unsigned() | 1 << 63))
    }
    fn next_up(self) -> Self {
        self.next_up()
    }
    fn next_down(self) -> Self {
        self.next_down()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_the_numbers_do_and_come_back() {
        let values = [f64::NEG_INFINITY, -1e300, -1.0, -5e-324, 0.0, 5e-324, 1.0, 1.5, 1e300, f64::INFINITY];
        for pair in values.windows(2) {
            assert!(pair[0].key() < pair[1].key());
        }
        for value in values {
            assert_eq!(f64::from_key(value.key()).to_bits(), value.to_bits());
        }
        for value in [f32::NEG_INFINITY, -1.0, -1e-45, 0.0, 1e-45, 1.0, f32::MAX, f32::INFINITY] {
            assert_eq!(f32::from_key(value.key()).to_bits(), value.to_bits());
        }
        assert_eq!((-0.0_f64).key(), 0.0_f64.key());
    }

    #[test]
    fn at_least_and_at_most_bracket_a_real_number() {
        assert!(f64::from(f32::at_least(0.7)) >= 0.7 && f64::from(f32::at_least(0.7).next_down()) < 0.7);
        assert_eq!(f32::at_least(0.5), 0.5);
        assert_eq!(f32::at_least(1e300), f32::INFINITY);
        assert_eq!(f32::at_most(1e300), f32::MAX);
        assert_eq!(f32::at_least(-1e300), f32::MIN);
        assert_eq!(f32::at_least(1e-300), f32::from_bits(1));
        assert_eq!(f32::at_most(1e-300), 0.0);
    }
}
