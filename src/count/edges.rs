//! [`Edges`]: thresholds as they act on scores, rounded to one dtype, and the least score of a working type that each
//! admits.

use super::thresholds::{Comparison, Thresholds};
use crate::input::{DType, Score};

/// The dtype that thresholds are rounded to before real numbers are compared.
///
/// `scores >= 0.7` does the same in NumPy, pandas and Polars: a float32 score of 0.7 reaches the threshold 0.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeDType {
    /// float16
    F16,
    /// bfloat16
    Bf16,
    /// float32
    F32,
    /// float64; also for scores of any integer dtype and bool
    F64,
}

impl EdgeDType {
    const ALL: [Self; 4] = [Self::F16, Self::Bf16, Self::F32, Self::F64];

    /// The dtype NumPy calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dtype| dtype.name() == name)
    }

    /// NumPy's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// The dtype that scores of `dtype` round thresholds to.
    #[must_use]
    pub fn of_scores(dtype: DType) -> Self {
        match dtype {
            DType::F16 => Self::F16,
            DType::Bf16 => Self::Bf16,
            DType::F32 => Self::F32,
            _ => Self::F64,
        }
    }

    /// `value` rounded to nearest, ties to even.
    #[must_use]
    pub fn round(self, value: f64) -> f64 {
        match self {
            Self::F16 => rounded(value, 10, -14, 15),
            Self::Bf16 => rounded(value, 7, -126, 127),
            Self::F32 => f32::nearest(value).to_f64(),
            Self::F64 => value,
        }
    }
}

/// `value` rounded once to a binary format of `bits` mantissa bits and exponents `lowest..=highest`. (The conversions of
/// the `half` crate go by way of float32 where the CPU offers that, and so round twice.)
fn rounded(value: f64, bits: i32, lowest: i32, highest: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let exponent = ((value.to_bits() >> 52 & 0x7ff) as i32 - 1023).max(lowest);
    let unit = 2.0_f64.powi(exponent.min(highest + 1) - bits);
    let near = (value / unit).round_ties_even() * unit;
    if near.abs() >= 2.0_f64.powi(highest) * 2.0 { near.signum() * f64::INFINITY } else { near }
}

/// For each distinct threshold, the least score of type `S` that it admits; ascending. NaN, which no score reaches, where
/// none does (`> ∞`); such cutoffs come last.
pub(super) fn cutoffs<S: Score>(thresholds: &Thresholds, dtype: EdgeDType) -> Vec<S> {
    thresholds.distinct().iter().map(|&threshold| cutoff(dtype.round(threshold), thresholds.comparison())).collect()
}

fn cutoff<S: Score>(edge: f64, comparison: Comparison) -> S {
    match comparison {
        Comparison::GreaterEqual => S::at_least(edge),
        Comparison::Greater => {
            let below = S::at_most(edge);
            if below.to_f64() == f64::INFINITY { S::nearest(f64::NAN) } else { below.next_up() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cutoff_is_the_least_score_that_the_comparison_admits() {
        for edge in [-1e300, -1.0, -1e-300, 0.0, 1e-46, 0.1, 0.5, 0.7, 1.0, 1e39, f64::INFINITY, f64::NEG_INFINITY] {
            for comparison in [Comparison::GreaterEqual, Comparison::Greater] {
                let admits = |score: f32| match comparison {
                    Comparison::GreaterEqual => f64::from(score) >= edge,
                    Comparison::Greater => f64::from(score) > edge,
                };
                let least: f32 = cutoff(edge, comparison);
                if least.is_nan() {
                    assert!(!admits(f32::INFINITY));
                } else {
                    assert!(admits(least), "{least} {} {edge}", comparison.symbol());
                    assert!(least == f32::NEG_INFINITY || !admits(least.next_down()));
                }
            }
        }
    }

    #[test]
    fn thresholds_round_as_numpy_casts() {
        assert_eq!(EdgeDType::F32.round(0.7), f64::from(0.7_f32));
        assert_eq!(EdgeDType::F16.round(0.7), half::f16::from_f32(0.7).to_f64());
        assert_eq!(EdgeDType::Bf16.round(0.7), half::bf16::from_f32(0.7).to_f64());
        assert_eq!(EdgeDType::F16.round(1.0 + 2.0_f64.powi(-11) + 2.0_f64.powi(-40)), 1.0 + 2.0_f64.powi(-10)); // once
        assert_eq!(EdgeDType::F16.round(2.0_f64.powi(-25)), 0.0);
        assert_eq!(EdgeDType::F16.round(65_519.0), 65_504.0);
        assert_eq!(EdgeDType::F16.round(65_520.0), f64::INFINITY);
        assert_eq!(EdgeDType::F16.round(1e6), f64::INFINITY);
        assert_eq!(EdgeDType::F64.round(0.7), 0.7);
    }
}
