//! [`Scalar`]: one element as it was stored, for decisions that kernels never see.

/// Stands for what is no whole number, or none that int64 holds.
pub(super) const NOT_WHOLE: i64 = i64::MIN;

/// One element as it was stored, for decisions that kernels never see: error messages and exactness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scalar {
    Int(i128),
    Float(f64),
    /// An x87 value whose 64-bit mantissa does not fit float64: the nearest float64, for messages.
    Inexact(f64),
}

impl Scalar {
    pub(super) fn to_f64(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "callers that need exactness ask `exact` first")]
            Self::Int(value) => value as f64,
            Self::Float(value) | Self::Inexact(value) => value,
        }
    }

    /// The value as float64, unless float64 would round it.
    pub(super) fn exact(self) -> Option<f64> {
        match self {
            Self::Int(value) => {
                let near = self.to_f64();
                (near as i128 == value).then_some(near)
            }
            Self::Float(value) => Some(value),
            Self::Inexact(_) => None,
        }
    }

    /// The value as int64, or [`NOT_WHOLE`].
    pub(super) fn whole(self) -> i64 {
        match self {
            Self::Int(value) => i64::try_from(value).unwrap_or(NOT_WHOLE),
            Self::Float(value) => whole_float(value),
            Self::Inexact(_) => NOT_WHOLE,
        }
    }
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) | Self::Inexact(value) => write!(f, "{value}"),
        }
    }
}

/// The float as int64 where it is whole, at most 2^53 in magnitude, and not -0.0; else [`NOT_WHOLE`].
#[inline(always)]
pub(super) fn whole_float(value: f64) -> i64 {
    const LARGEST: f64 = 9_007_199_254_740_992.0; // 2^53
    let whole = value as i64;
    #[expect(clippy::cast_precision_loss, reason = "within 2^53, as is looked at")]
    let same = whole as f64 == value && value.abs() <= LARGEST && value.to_bits() != 1 << 63;
    if same { whole } else { NOT_WHOLE }
}

/// An x87 extended value: 64-bit mantissa with explicit leading one, 15-bit exponent, sign.
pub(super) fn x87(bytes: [u8; 10]) -> Scalar {
    let [m0, m1, m2, m3, m4, m5, m6, m7, e0, e1] = bytes;
    let mantissa = u64::from_le_bytes([m0, m1, m2, m3, m4, m5, m6, m7]);
    let head = u16::from_le_bytes([e0, e1]);
    let sign = if head >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from(head & 0x7fff);
    if exponent == 0x7fff {
        return Scalar::Float(if mantissa << 1 == 0 { sign * f64::INFINITY } else { f64::NAN });
    }
    if mantissa == 0 {
        return Scalar::Float(sign * 0.0);
    }
    // value = mantissa · 2^(exponent − 16383 − 63), exact in float64 iff at most 53 significant bits remain and the
    // lowest of them is worth at least 2^−1074.
    let zeros = mantissa.trailing_zeros().cast_signed();
    let odd = mantissa >> zeros;
    let power = exponent.max(1) - 16_446 + zeros;
    #[expect(clippy::cast_precision_loss, reason = "53 bits or fewer where the value is called exact")]
    let near = sign * scaled(odd as f64, power);
    let exact = odd < 1 << 53 && power >= -1074 && near.is_finite();
    if exact { Scalar::Float(near) } else { Scalar::Inexact(near) }
}

/// `value · 2^power` in steps that neither overflow nor lose bits early.
fn scaled(mut value: f64, mut power: i32) -> f64 {
    while power > 1000 && value.is_finite() {
        value *= 2.0_f64.powi(1000);
        power -= 1000;
    }
    while power < -1000 && value != 0.0 {
        value *= 2.0_f64.powi(-1000);
        power += 1000;
    }
    value * 2.0_f64.powi(power.clamp(-1000, 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extended(mantissa: u64, exponent: u16) -> Scalar {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&mantissa.to_le_bytes());
        bytes[8..].copy_from_slice(&exponent.to_le_bytes());
        x87(bytes)
    }

    #[test]
    fn x87_values_are_exact_or_said_not_to_be() {
        assert_eq!(extended(1 << 63, 16_383), Scalar::Float(1.0));
        assert_eq!(extended(0xC << 60, 16_383 + 0x8000), Scalar::Float(-1.5));
        assert_eq!(extended((1 << 63) | 1, 16_383), Scalar::Inexact(1.0));
        assert_eq!(extended((1 << 63) | (1 << 11), 16_383), Scalar::Float(1.0 + f64::EPSILON));
        assert_eq!(extended(1 << 63, 16_383 - 1074), Scalar::Float(f64::from_bits(1)));
        assert_eq!(extended(1 << 63, 16_383 - 1075), Scalar::Inexact(0.0));
        assert_eq!(extended(1 << 63, 0x7fff), Scalar::Float(f64::INFINITY));
        assert_eq!(extended(1 << 63, 0x7ffe), Scalar::Inexact(f64::INFINITY));
        assert!(extended(3 << 62, 0x7fff).to_f64().is_nan());
    }

    #[test]
    fn a_64_bit_integer_is_exact_iff_it_survives_the_round_trip() {
        assert_eq!(Scalar::Int(1 << 53).exact(), Some(9_007_199_254_740_992.0));
        assert_eq!(Scalar::Int((1 << 53) + 1).exact(), None);
        assert_eq!(Scalar::Int(i64::MAX.into()).exact(), None);
        assert_eq!(Scalar::Int(i64::MIN.into()).exact(), Some(-2.0_f64.powi(63)));
    }
}
