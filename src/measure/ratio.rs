//! Division of exact counts, rounded once.

/// `numerator / denominator`, correctly rounded to the nearest float64 (ties to even); NaN when the denominator is 0.
///
/// Converting both to float64 first would round three times, and misround a third of the quotients of large counts.
///
/// ```text
/// quotient bits:  1xxxxxxxx...x  g  s     53 bits to keep, a guard bit, and "anything after it" in the last bit
/// ```
#[inline]
pub(crate) fn ratio(numerator: u128, denominator: u128) -> f64 {
    const EXACT: u128 = 1 << 53;
    if denominator == 0 {
        return f64::NAN;
    }
    if numerator == 0 {
        return 0.0;
    }
    if numerator <= EXACT && denominator <= EXACT {
        return numerator as u64 as f64 / denominator as u64 as f64; // of exact numbers: the one rounding
    }
    long_division(numerator, denominator)
}

/// Bit by bit, for operands that float64 would round.
#[cold]
fn long_division(numerator: u128, denominator: u128) -> f64 {
    let (mut quotient, mut rest) = (numerator / denominator, numerator % denominator);
    let mut places: u64 = 0; // binary places behind the point; at most 128 leading zeros + 55 bits
    while quotient < 1 << 54 {
        let beyond = rest >> 127; // the bit that the shift pushes out of 128
        rest <<= 1;
        quotient <<= 1;
        if beyond == 1 || rest >= denominator {
            rest = rest.wrapping_sub(denominator);
            quotient |= 1;
        }
        places += 1;
    }
    let sticky = u128::from(rest != 0);
    let unit = f64::from_bits((1023 - places) << 52); // 2^-places, exact
    (quotient | sticky) as f64 * unit // `as` rounds to nearest, ties to even
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn small_operands_divide_as_floats_do() {
        assert_eq!(ratio(1, 3), 1.0 / 3.0);
        assert_eq!(ratio(0, 7), 0.0);
        assert_eq!(ratio(21, 7), 3.0);
        assert!(ratio(3, 0).is_nan());
    }

    #[test]
    fn a_tie_goes_to_the_even_neighbour() {
        let half_way = (1_u128 << 54) + 2; // 2^54 + 2 lies half-way between 2^54 and 2^54 + 4
        assert_eq!(ratio(half_way, 1), (1_u64 << 54) as f64);
        assert_eq!(ratio(half_way + 4, 1), ((1_u64 << 54) + 8) as f64);
        assert_eq!(
            ratio((half_way << 40) + 1, 1 << 40),
            ((1_u64 << 54) + 4) as f64,
            "a rest far behind breaks the tie"
        );
    }

    #[test]
    fn the_largest_operands_do_not_overflow() {
        assert_eq!(ratio(u128::MAX, u128::MAX), 1.0);
        assert_eq!(ratio(u128::MAX - 1, u128::MAX), 1.0);
        assert_eq!(ratio(1, u128::MAX), 2.0_f64.powi(-128));
        assert_eq!(ratio(u128::MAX, 1), 2.0_f64.powi(128));
        assert_eq!(ratio(1 << 126, 1 << 127), 0.5);
    }
}
