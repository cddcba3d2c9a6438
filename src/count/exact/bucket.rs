//! [`BucketKey`]: an order-preserving key in two parts, the bucket it falls into and the rest that orders it there.
//!
//! The bucket is a monotone function of the score, so pairs of rows in different buckets are decided by counting the
//! buckets alone; only rows of one bucket are ever looked at together.

use crate::input::Score;

/// A key type. Buckets ascend with keys; inside a bucket, rests do.
pub(super) trait BucketKey: Copy + Ord + Default + Send + Sync + bytemuck::Pod + 'static {
    /// What orders keys of one bucket.
    type Rest: Copy + Ord + Default + Send + Sync + bytemuck::Pod;

    /// Codes `2 * bucket + label`: a power of two above the highest.
    const CODES: usize;
    /// The buckets of −∞ and of ∞, which hold no other score.
    const LOWEST: u32;
    const HIGHEST: u32;

    fn bucket(self) -> u32;
    fn rest(self) -> Self::Rest;
    /// Zero when less would do to keep the score: of a float32 its bucket alone, of a float64 a float32.
    fn excess(self) -> u32;
    /// The key with this bucket and rest.
    fn join(bucket: u32, rest: Self::Rest) -> Self;
    /// The key, as of a float64, of the same score.
    fn wide(self) -> u64;
    /// The score.
    fn score(self) -> f64;
}

/// Float32: the upper 16 bits (sign, exponent, 7 of the mantissa) and the lower 16: two bytes a row to keep.
impl BucketKey for u32 {
    type Rest = u16;

    const CODES: usize = 1 << 17;
    const LOWEST: u32 = 0x007f;
    const HIGHEST: u32 = 0xff80;

    #[inline(always)]
    fn bucket(self) -> u32 {
        self >> 16
    }
    #[inline(always)]
    fn rest(self) -> u16 {
        self as u16
    }
    #[inline(always)]
    fn excess(self) -> u32 {
        self & 0xffff
    }
    #[inline(always)]
    fn join(bucket: u32, rest: u16) -> Self {
        bucket << 16 | Self::from(rest)
    }
    #[inline(always)]
    fn wide(self) -> u64 {
        self.score().key()
    }
    #[inline(always)]
    fn score(self) -> f64 {
        f32::from_key(self).to_f64()
    }
}

/// Bits of a float64's key below its bucket: sign, exponent and 7 bits of the mantissa stay.
const BELOW: u32 = 45;

/// The first bucket from 0.5 on.
const HALF: u32 = 0x5_ff00;

/// Float64: the upper 19 bits of `s` below 0.5, and from there on those of `1 - s`, mirrored, so that scores near 1 spread
/// as finely as scores near 0 (subtracting is exact there, and everywhere monotone). The rest is the whole key.
impl BucketKey for u64 {
    type Rest = Self;

    const CODES: usize = 1 << 21;
    const LOWEST: u32 = 0x7f;
    const HIGHEST: u32 = 2 * HALF - 0x7f;

    #[inline(always)]
    fn bucket(self) -> u32 {
        let score = f64::from_key(self);
        let low = (self >> BELOW) as u32;
        let mirrored = 2 * HALF - ((1.0 - score).key() >> BELOW) as u32;
        if score < 0.5 { low } else { mirrored }
    }
    #[inline(always)]
    fn rest(self) -> Self {
        self
    }
    #[inline(always)]
    fn excess(self) -> u32 {
        let score = f64::from_key(self);
        u32::from(f32::nearest(score).to_f64() != score)
    }
    #[inline(always)]
    fn join(_bucket: u32, rest: Self) -> Self {
        rest
    }
    #[inline(always)]
    fn wide(self) -> u64 {
        self
    }
    #[inline(always)]
    fn score(self) -> f64 {
        f64::from_key(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_ascend_with_keys_and_have_room_among_the_codes() {
        let just_below = |value: f64| f64::from_bits(value.to_bits() - 1);
        let mut values =
            vec![f64::NEG_INFINITY, f64::MIN, -1e9, -1.0, -1e-300, -5e-324, 0.0, 5e-324, 1e-300, 1e-9, 0.3];
        values.extend([just_below(0.5), 0.5, 0.5000001, 0.75, just_below(1.0), 1.0, 1.0 + f64::EPSILON, 1.5, 2.0, 1e9]);
        values.extend([f64::MAX, f64::INFINITY]);
        for pair in values.windows(2) {
            assert!(pair[0].key().bucket() <= pair[1].key().bucket(), "{pair:?}");
        }
        assert!(just_below(0.5).key().bucket() < 0.5_f64.key().bucket());
        assert!(f64::INFINITY.key().bucket() < u64::CODES as u32 / 2);
        assert!(f32::INFINITY.key().bucket() < u32::CODES as u32 / 2);
        let fine = |value: f64| value.key().bucket();
        assert!(fine(1.0 - 1e-9) < fine(1.0 - 0.9e-9) && fine(1e-9) < fine(1.1e-9));
    }

    #[test]
    fn infinite_scores_have_buckets_of_their_own() {
        fn ends<K: BucketKey>([low, least, most, high]: [K; 4]) {
            assert_eq!((low.bucket(), high.bucket()), (K::LOWEST, K::HIGHEST));
            assert!(K::LOWEST < least.bucket() && most.bucket() < K::HIGHEST);
        }
        ends([f32::NEG_INFINITY, f32::MIN, f32::MAX, f32::INFINITY].map(Score::key));
        ends([f64::NEG_INFINITY, f64::MIN, f64::MAX, f64::INFINITY].map(Score::key));
    }

    #[test]
    fn a_key_is_its_bucket_and_rest() {
        for key in [0.1_f32, -3.0, 1e-30].map(Score::key) {
            assert_eq!(u32::join(key.bucket(), key.rest()), key);
            assert_eq!(key.wide(), key.score().key());
        }
    }
}
