//! The fixed intervals of CompactCounts, and the map from a score to its interval.
//!
//! Edges are, in this order of thought:
//! - every float16, bfloat16, int16 and uint16 value, and ±∞: 16-bit and 8-bit scores then each have an interval of their
//!   own, and counting them is exact;
//! - 10 mantissa bits in each of 32 octaves below 0.5, and the mirror images `1 − s` above: both tails of a probability
//!   are resolved to a part in a thousand of the distance from 0 or from 1;
//! - 11 mantissa bits for 4 <= |s| < 64, where logits of confident models lie.
//!
//! Intervals are `[edge, next edge)`. The edges of one octave of `|s|` are evenly spaced in its mantissa, so an interval's
//! index is the octave's base plus the mantissa's leading bits, rounded towards the edge below the score. The octave
//! [0.5, 1) is mirrored: its index counts the bits of `1 − s`, which float64 holds exactly there.

use std::ops::Range;

/// Number of edges and of intervals.
pub(crate) const INTERVALS: usize = (ZERO + octave(true, 255).base + 1) as usize;

/// Index of the interval that starts at 0.
const ZERO: u32 = octave(false, 255).base;

/// Ranks of edges in one octave of `|s|`: `base + (mantissa >> shift)`, counted away from zero.
#[derive(Debug, Clone, Copy)]
struct Octave {
    base: u32,
    shift: u32,
}

/// By biased exponent of float32; `[0]` negative scores, `[1]` positive ones.
static OCTAVES: [[Octave; 256]; 2] = [octaves(false), octaves(true)];

/// Biased exponent of [0.5, 1).
const MIRRORED: u32 = 126;

/// Mirrored edges per octave of `1 − s`, as a power of two, and the lowest such octave, 2^-33.
const FOLD_BITS: u32 = 10;
const FOLD_OCTAVES: u32 = 32;

const fn octaves(positive: bool) -> [Octave; 256] {
    let mut octaves = [Octave { base: 0, shift: 16 }; 256];
    let mut exponent = 0;
    let mut base = 0;
    while exponent < 256 {
        octaves[exponent as usize] = Octave { base, shift: 23 - mantissa_bits(positive, exponent) };
        base += if positive && exponent == MIRRORED {
            (FOLD_OCTAVES << FOLD_BITS) + 1
        } else {
            1 << mantissa_bits(positive, exponent)
        };
        exponent += 1;
    }
    octaves
}

const fn octave(positive: bool, exponent: u32) -> Octave {
    octaves(positive)[exponent as usize]
}

/// Mantissa bits of the edges in the octave `[2^e, 2^(e+1))` of `|s|`, `e` = `exponent` − 127 (0: denormals).
const fn mantissa_bits(positive: bool, exponent: u32) -> u32 {
    let e = exponent as i32 - 127;
    let bits = match e {
        -33..=-15 if positive => 10,
        -24..=-15 => e + 24, // denormal float16: multiples of 2^-24
        2..=5 => 11,
        -14..=10 => 10, // float16
        11..=14 => e,   // int16 and uint16: every integer
        15 if positive => e,
        15 => 10,
        _ => 7,
    };
    if bits < 7 { 7 } else { bits as u32 } // bfloat16
}

/// The interval of a float32 score.
#[inline(always)]
pub(super) fn of_f32(score: f32) -> u32 {
    if (0.5..1.0).contains(&score) {
        return mirrored(f64::from(score));
    }
    let bits = (score + 0.0).to_bits();
    let exponent = (bits >> 23 & 0xff) as usize;
    let mantissa = bits & 0x7f_ffff;
    if bits >> 31 == 0 {
        let Octave { base, shift } = OCTAVES[1][exponent];
        ZERO + base + (mantissa >> shift)
    } else {
        // The edge below a negative score is farther from zero.
        let Octave { base, shift } = OCTAVES[0][exponent];
        ZERO - (base + ((mantissa + (1 << shift) - 1) >> shift))
    }
}

/// True for the scores that [`of_probability`] takes: 0, and from the lowest mirrored octave to 1.
#[inline(always)]
pub(super) fn is_probability(score: f32) -> bool {
    (score == 0.0) | (LOWEST_PROBABILITY..=1.0).contains(&score)
}

const LOWEST_PROBABILITY: f32 = f32::from_bits((127 - 1 - FOLD_OCTAVES) << 23); // 2^-33

/// As [`of_f32`], by arithmetic alone, so that it runs in vectors: octaves below 0.5 and those mirrored above it have 10
/// mantissa bits each, so that the leading bits of `s` or of `1 − s` count intervals across octaves.
#[inline(always)]
pub(super) fn of_probability(score: f32) -> u32 {
    const SHIFT: u32 = 23 - FOLD_BITS;
    const HALF: u32 = 0.5_f32.to_bits() >> SHIFT;
    const LOW: u32 = ZERO + octave(true, 126).base - HALF;
    const HIGH: u32 = ZERO + octave(true, 126).base + HALF;
    const BEYOND: u32 = HALF - (FOLD_OCTAVES << FOLD_BITS) - 1; // of 1 − s = 0
    let below = if score == 0.0 { ZERO } else { LOW + (score.to_bits() >> SHIFT) };
    let key = ((1.0 - score).to_bits() + ((1 << SHIFT) - 1)) >> SHIFT;
    let above = HIGH.wrapping_sub(if key > BEYOND { key } else { BEYOND });
    if score < 0.5 { below } else { above }
}

/// The interval of a float64 score: that of the greatest float32 not above it, since every edge outside (0.5, 1) is a
/// float32.
#[inline(always)]
pub(super) fn of_f64(score: f64) -> u32 {
    if (0.5..1.0).contains(&score) { mirrored(score) } else { of_f32(at_most_f32(score)) }
}

#[inline(always)]
fn at_most_f32(score: f64) -> f32 {
    let near = score as f32;
    if f64::from(near) > score { near.next_down() } else { near }
}

/// Bits of a float64 below the [`FOLD_BITS`] leading ones of its mantissa.
const FOLD_SHIFT: u32 = 52 - FOLD_BITS;

/// The interval of a score in [0.5, 1): `1 − s` (exact, Sterbenz), rounded up to its leading bits.
#[inline(always)]
fn mirrored(score: f64) -> u32 {
    let half = 0.5_f64.to_bits() >> FOLD_SHIFT;
    let lowest = half - u64::from(FOLD_OCTAVES << FOLD_BITS);
    let key = ((1.0 - score).to_bits() + (1 << FOLD_SHIFT) - 1) >> FOLD_SHIFT;
    ZERO + OCTAVES[1][MIRRORED as usize].base + (half - key.max(lowest)) as u32
}

/// The edge that starts interval `index`.
pub(in crate::count) fn edge(index: u32) -> f64 {
    EdgesInOrder::default().edge(index)
}

/// Edges asked for in order, of which those of one octave follow one another: it is looked for once.
#[derive(Debug, Default)]
pub(super) struct EdgesInOrder {
    side: usize,
    exponent: usize,
    /// Of the octave.
    ranks: Range<u32>,
}

impl EdgesInOrder {
    /// The edge that starts interval `index`.
    #[inline]
    pub(super) fn edge(&mut self, index: u32) -> f64 {
        let (side, rank) = if index < ZERO { (0, ZERO - index) } else { (1, index - ZERO) };
        if side != self.side || !self.ranks.contains(&rank) {
            let exponent = OCTAVES[side].partition_point(|octave| octave.base <= rank) - 1;
            let end = OCTAVES[side].get(exponent + 1).map_or(u32::MAX, |next| next.base);
            *self = Self { side, exponent, ranks: OCTAVES[side][exponent].base..end };
        }
        edge_in(side, self.exponent, rank)
    }
}

/// The edge of this rank in an octave.
#[inline]
fn edge_in(side: usize, exponent: usize, rank: u32) -> f64 {
    let Octave { base, shift } = OCTAVES[side][exponent];
    if side == 1 && exponent == MIRRORED as usize {
        let half = 0.5_f64.to_bits() >> FOLD_SHIFT;
        return 1.0 - f64::from_bits((half - u64::from(rank - base)) << FOLD_SHIFT);
    }
    let magnitude = f32::from_bits((exponent as u32) << 23 | (rank - base) << shift);
    f64::from(if side == 0 { -magnitude } else { magnitude })
}

/// True when the score is the edge that starts its interval.
#[inline(always)]
pub(super) fn is_edge_f32(score: f32) -> bool {
    let bits = score.to_bits();
    if (0.5..1.0).contains(&score) {
        return (1.0 - score).to_bits() & 0x1fff == 0; // 23 − FOLD_BITS low bits; 1 − s >= 2^-24
    }
    let shift = OCTAVES[usize::from(bits >> 31 == 0)][(bits >> 23 & 0xff) as usize].shift;
    bits & 0x7f_ffff & ((1 << shift) - 1) == 0
}

/// True when the score is the edge that starts its interval.
#[inline(always)]
pub(super) fn is_edge_f64(score: f64) -> bool {
    edge(of_f64(score)) == score
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::{bf16, f16};

    /// The definition: the union of the lists named at the top.
    fn definition() -> Vec<f64> {
        let codes = || 0..=u16::MAX;
        let mut edges: Vec<f64> = codes().map(|code| f16::from_bits(code).to_f64()).collect();
        edges.extend(codes().map(|code| bf16::from_bits(code).to_f64()));
        edges.extend(codes().map(f64::from));
        edges.extend((i16::MIN..=i16::MAX).map(f64::from));
        let low = (-33..=-2).flat_map(|e| (1024..2048).map(move |m| f64::from(m) * 2.0_f64.powi(e - 10)));
        edges.extend(low.flat_map(|s| [s, 1.0 - s]));
        let fine = (2..=5).flat_map(|e| (2048..4096).map(move |m| f64::from(m) * 2.0_f64.powi(e - 11)));
        edges.extend(fine.flat_map(|s| [s, -s]));
        edges.extend([0.5, 1.0]);
        edges.retain(|edge| !edge.is_nan());
        edges.iter_mut().for_each(|edge| *edge += 0.0);
        edges.sort_unstable_by(f64::total_cmp);
        edges.dedup();
        edges
    }

    #[test]
    fn the_edges_are_the_published_list() {
        let expected = definition();
        assert_eq!(expected.len(), 261_506);
        assert_eq!(INTERVALS, expected.len());
        for (index, expected) in (0..).zip(expected) {
            assert_eq!(edge(index), expected, "edge {index}");
        }
    }

    #[test]
    fn a_score_lies_in_the_interval_that_starts_at_or_below_it() {
        let edges = definition();
        for (index, &edge) in (0_u32..).zip(&edges) {
            let next = edges.get(index as usize + 1).copied().unwrap_or(f64::INFINITY);
            for score in [edge, edge.next_up().min(next.next_down()), f64::midpoint(edge, next), next.next_down()] {
                if score >= edge && (score < next || edge == f64::INFINITY) {
                    assert_eq!(of_f64(score), index, "{score} in [{edge}, {next})");
                    assert_eq!(is_edge_f64(score), score == edge, "{score}");
                }
            }
            let narrow = edge as f32;
            for score in [narrow.next_down(), narrow, narrow.next_up()] {
                assert_eq!(of_f32(score), of_f64(f64::from(score)), "{score}");
                assert_eq!(is_edge_f32(score), is_edge_f64(f64::from(score)), "{score}");
                assert!(!is_probability(score) || of_probability(score) == of_f32(score), "{score}");
            }
        }
        for score in [0.0, -0.0, 1.0, 0.5, LOWEST_PROBABILITY] {
            assert!(is_probability(score) && of_probability(score) == of_f32(score), "{score}");
        }
        for score in [LOWEST_PROBABILITY.next_down(), 1.0_f32.next_up(), -1e-45, f32::NAN, f32::INFINITY] {
            assert!(!is_probability(score), "{score}");
        }
        assert_eq!(of_f64(-0.0), of_f64(0.0));
        assert!(is_edge_f32(-0.0) && is_edge_f32(f32::INFINITY) && is_edge_f32(f32::NEG_INFINITY));
        assert_eq!(of_f64(-1e300), 0);
        assert_eq!(edge(0), f64::NEG_INFINITY);
        assert!(!is_edge_f64(-1e300));
    }

    #[test]
    #[ignore = "exhaustive: every float32 in [0, 1], about a minute; run by `make exhaustive`"]
    fn the_map_is_monotone_over_every_float32_in_the_unit_interval() {
        let mut previous = 0;
        for bits in 0..=1.0_f32.to_bits() {
            let score = f32::from_bits(bits);
            let index = of_f32(score);
            assert!(index >= previous, "{score}");
            assert!(!is_probability(score) || of_probability(score) == index, "{score}");
            assert!(edge(index) <= f64::from(score) && f64::from(score) < edge(index + 1), "{score}");
            previous = index;
        }
    }
}
