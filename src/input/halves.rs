//! Scores of 16 bits as they are stored: their order is in the bits, so counting them needs no float at all.

use super::batch::Batch;
use super::dtype::{ByteOrder, DType};
use super::gather;
use crate::simd::Level;

/// A 16-bit dtype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    F16,
    Bf16,
    I16,
    U16,
}

impl Half {
    /// The order of the scores as an integer; −0.0 and 0.0 have one key.
    #[inline(always)]
    pub(crate) fn key(self, bits: u16) -> u16 {
        match self {
            Self::F16 | Self::Bf16 => {
                let bits = if bits == 0x8000 { 0 } else { bits };
                bits ^ ((bits.cast_signed() >> 15).cast_unsigned() | 0x8000)
            }
            Self::I16 => bits ^ 0x8000,
            Self::U16 => bits,
        }
    }

    /// The score with this key.
    pub(crate) fn score(self, key: u16) -> f32 {
        let float_bits = || key ^ (((!key).cast_signed() >> 15).cast_unsigned() | 0x8000);
        match self {
            Self::F16 => half::f16::from_bits(float_bits()).to_f32(),
            Self::Bf16 => half::bf16::from_bits(float_bits()).to_f32(),
            Self::I16 => f32::from((key ^ 0x8000).cast_signed()),
            Self::U16 => f32::from(key),
        }
    }

    /// The key of a score that has this dtype.
    pub(crate) fn key_of(self, score: f32) -> u16 {
        match self {
            Self::F16 => self.key(half::f16::from_f32(score).to_bits()),
            Self::Bf16 => self.key((score.to_bits() >> 16) as u16),
            Self::I16 => self.key((score as i16).cast_unsigned()),
            Self::U16 => self.key(score as u16),
        }
    }

    /// True for NaN.
    #[inline(always)]
    pub(crate) fn is_nan(self, bits: u16) -> bool {
        match self {
            Self::F16 => bits & 0x7fff > 0x7c00,
            Self::Bf16 => bits & 0x7fff > 0x7f80,
            Self::I16 | Self::U16 => false,
        }
    }
}

impl Batch<'_> {
    /// The dtype of the scores, when it has 16 bits.
    pub(crate) fn half(&self) -> Option<Half> {
        match self.scores.dtype() {
            DType::F16 => Some(Half::F16),
            DType::Bf16 => Some(Half::Bf16),
            DType::I16 => Some(Half::I16),
            DType::U16 => Some(Half::U16),
            _ => None,
        }
    }

    /// The bits of the scores of rows `start..start + len`, for scores of 16 bits.
    pub(crate) fn half_bits<'b>(&'b self, start: usize, len: usize, scratch: &'b mut Vec<u16>) -> &'b [u16] {
        scratch.clear();
        let swapped = self.scores.order() == ByteOrder::Swapped;
        for piece in self.scores.pieces(start..start + len) {
            if let Some(bytes) = piece.contiguous(2) {
                if piece.len == len
                    && !swapped
                    && let Ok(bits) = bytemuck::try_cast_slice(bytes)
                {
                    return bits;
                }
                scratch.extend(bytes.as_chunks::<2>().0.iter().map(|&bytes| u16::from_ne_bytes(bytes)));
                continue;
            }
            let mut at = piece.offset;
            for _ in 0..piece.len {
                let element = piece.bytes.get(at..).and_then(|bytes| bytes.first_chunk::<2>());
                scratch.push(element.map_or(0, |&bytes| u16::from_ne_bytes(bytes)));
                at = at.wrapping_add_signed(piece.stride);
            }
        }
        if swapped {
            scratch.iter_mut().for_each(|bits| *bits = bits.swap_bytes());
        }
        scratch
    }

    /// The labels of rows `start..start + len`: 0, 1, or more for one that must not be.
    pub(crate) fn label_codes<'b>(
        &'b self,
        start: usize,
        len: usize,
        scratch: &'b mut Vec<u8>,
        level: Level,
    ) -> &'b [u8] {
        gather::labels(&self.labels, self.positive, start, len, scratch, level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_the_scores_do_and_come_back() {
        for half in [Half::F16, Half::Bf16, Half::I16, Half::U16] {
            let mut scores: Vec<(u16, f32)> = (0..=u16::MAX)
                .filter(|&bits| !half.is_nan(bits))
                .map(|bits| half.key(bits))
                .map(|key| (key, half.score(key)))
                .collect();
            scores.sort_unstable_by_key(|&(key, _)| key);
            for pair in scores.windows(2) {
                assert!(pair[0].1 < pair[1].1 || pair[0] == pair[1], "{half:?} {pair:?}");
            }
            for (key, score) in scores {
                assert_eq!(half.key_of(score), key, "{half:?} {score}");
            }
        }
        assert!(Half::F16.is_nan(half::f16::NAN.to_bits()) && Half::Bf16.is_nan(half::bf16::NAN.to_bits()));
        assert!(!Half::F16.is_nan(half::f16::NEG_INFINITY.to_bits()));
    }
}
