//! Multiplication by a power of two: keeps products of huge or tiny weights inside float64's range without rounding.

/// A power of two, as two factors, because 2^1074 is no float64.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    first: f64,
    second: f64,
}

impl Scale {
    /// Leaves every value as it is.
    pub(crate) const NONE: Self = Self { first: 1.0, second: 1.0 };

    /// The scale that brings `largest` (finite, >= 0) into [1, 2); 0 stays 0.
    pub(crate) fn of(largest: f64) -> Self {
        if largest <= 0.0 {
            return Self::NONE;
        }
        let power = -exponent(largest); // −1023 ..= 1074
        Self { first: power_of_two(power / 2), second: power_of_two(power - power / 2) }
    }

    /// `value` times the power of two: exact, unless it falls below float64's normal range.
    #[inline]
    pub(crate) fn apply(self, value: f64) -> f64 {
        value * self.first * self.second
    }
}

/// ⌊log2(value)⌋ of a positive finite value.
fn exponent(value: f64) -> i32 {
    let bits = value.to_bits();
    let biased = (bits >> 52) as i32;
    if biased == 0 { 63 - bits.leading_zeros() as i32 - 1074 } else { biased - 1023 }
}

/// 2^power for a power within ±1022.
fn power_of_two(power: i32) -> f64 {
    f64::from_bits(((1023 + power) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn every_positive_float_lands_between_1_and_2() {
        for value in [5e-324, 1.5e-310, f64::MIN_POSITIVE, 0.75, 1.0, 3.0, 1e300, f64::MAX] {
            let scaled = Scale::of(value).apply(value);
            assert!((1.0..2.0).contains(&scaled), "{value} became {scaled}");
        }
        assert_eq!(Scale::of(0.0).apply(7.0), 7.0);
    }
}
