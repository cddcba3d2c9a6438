//! [`ln`]: the natural logarithm without branches, for loops that the compiler turns into vectors.

/// `ln x` for finite, positive, normal `x`, within 1 unit in the last place; for other `x`, some number or NaN.
///
/// With `x = 2^k (1 + f)`, `√½ <= 1 + f < √2` and `s = f / (2 + f)`, `ln(1 + f) = 2 artanh s`, a polynomial in `s²`. The same
/// operations as `libm::log`, which takes a branch for each kind of number: so the same bits.
///
/// Source: Sun Microsystems' fdlibm, `e_log.c`.
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const ODD: [f64; 4] =
        [6.666_666_666_666_735e-1, 2.857_142_874_366_239e-1, 1.818_357_216_161_805e-1, 1.479_819_860_511_658_6e-1];
    const EVEN: [f64; 3] = [3.999_999_999_940_942e-1, 2.222_219_843_214_978_4e-1, 1.531_383_769_920_937_3e-1];
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const ROOT_HALF: u64 = 0x3fe6_a09e_0000_0000;
    const FRACTION: u64 = 0x000f_ffff_ffff_ffff;
    const TWO_52: u64 = 0x4330_0000_0000_0000;

    let shifted = x.to_bits().wrapping_add(ONE - ROOT_HALF);
    let k = f64::from_bits(TWO_52 | (shifted >> 52)) - f64::from_bits(TWO_52 | 1023);
    let f = f64::from_bits((shifted & FRACTION) + ROOT_HALF) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (EVEN[0] + w * (EVEN[1] + w * EVEN[2]));
    let odd = z * (ODD[0] + w * (ODD[1] + w * (ODD[2] + w * ODD[3])));
    s * (half_square + (odd + even)) + k * LN2_LOW - half_square + f + k * LN2_HIGH
}

#[cfg(test)]
mod tests {
    use super::ln;

    #[test]
    fn normal_numbers_have_the_bits_of_libm() {
        let mut bits = 0x0010_0000_0000_0000_u64;
        while bits < 0x7ff0_0000_0000_0000 {
            let x = f64::from_bits(bits);
            assert_eq!(ln(x).to_bits(), libm::log(x).to_bits(), "{x:e}");
            bits += 0x0000_3fa8_7919_9d31;
        }
        for i in 0..100_000 {
            let x = 1.0 - f64::from(i) * f64::EPSILON;
            assert_eq!(ln(x), libm::log(x), "{x:e}");
            let x = (f64::from(i) + 0.5) / 1e5;
            assert_eq!(ln(x), libm::log(x), "{x:e}");
        }
        assert_eq!(ln(1.0), 0.0);
    }
}
