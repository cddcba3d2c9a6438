//! Elements of any dtype, stride and byte order → a block of working scores, label codes or weights.
//!
//! Borrowed where the elements already are what the kernels read, else widened into scratch that fits L1.

use super::batch::Positive;
use super::column::{Column, Segment};
use super::dtype::{ByteOrder, DType};
use super::packed;
use super::scalar::{Scalar, x87};
use super::score::Score;
use crate::simd::{Kernel, Level};

/// Codes of a label in a block: negative, positive, and one that must not be.
pub(super) const INVALID: u8 = 2;

/// The element in row `row`; `row < column.len()`.
pub(super) fn scalar(column: &Column<'_>, row: usize) -> Scalar {
    let mut out = [Scalar::Int(0)];
    if let Some(piece) = column.pieces(row..row + 1).find(|piece| piece.len == 1) {
        each(column, &piece, &mut out, |value| value);
    }
    out[0]
}

/// The scores of rows `start..start + len` in working type `S`; a 64-bit integer or longdouble that float64 would round
/// becomes NaN, so that one test finds both kinds of bad score.
pub(super) fn scores<'b, S: Score + Widen>(
    column: &Column<'b>,
    start: usize,
    len: usize,
    scratch: &'b mut Vec<S>,
    level: Level,
) -> &'b [S] {
    if let Some(scores) = scores_in_place(column, start, len) {
        return scores;
    }
    // From a cache line on, as `Batch::rows_before_a_line` has it.
    scratch.resize(len + 64, S::default());
    let skipped = scratch.as_ptr().align_offset(64).min(64);
    let scratch = &mut scratch[skipped..skipped + len];
    let mut rest = &mut scratch[..];
    for piece in column.pieces(start..start + len) {
        let out;
        (out, rest) = rest.split_at_mut(piece.len);
        S::widen(column, &piece, out, level);
    }
    scratch
}

/// The scores of rows `start..start + len` as they lie, if they can be read so.
pub(super) fn scores_in_place<'b, S: Score>(column: &Column<'b>, start: usize, len: usize) -> Option<&'b [S]> {
    (column.dtype() == native::<S>()).then(|| borrowed::<S>(column, start, len))?
}

/// Bytes that rows lie in, and how many of them each takes; none of either where they do not follow one another upwards in
/// one piece.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Memory<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) row: usize,
}

/// Where rows `start..start + len` lie.
pub(super) fn memory<'b>(column: &Column<'b>, start: usize, len: usize) -> Memory<'b> {
    /// Farther apart, rows share no cache line, and asking for all that lies between would help nobody.
    const DENSE: usize = 32;
    let piece = column.pieces(start..start + len).next().filter(|piece| piece.len == len);
    let memory = piece.and_then(|piece| {
        let row = usize::try_from(piece.stride).ok().filter(|&row| row <= DENSE)?;
        Some(Memory { bytes: piece.bytes.get(piece.offset..)?, row })
    });
    memory.unwrap_or_default()
}

/// The labels of rows `start..start + len` as they lie, if they can be read so.
pub(super) fn labels_in_place<'b>(
    column: &Column<'b>,
    positive: Positive,
    start: usize,
    len: usize,
) -> Option<&'b [u8]> {
    let bytes = matches!(column.dtype(), DType::Bool | DType::U8 | DType::I8);
    (bytes && positive == Positive::One).then(|| borrowed::<u8>(column, start, len))?
}

/// The labels of rows `start..start + len` as 0, 1 or [`INVALID`]-or-more.
pub(super) fn labels<'b>(
    column: &Column<'b>,
    positive: Positive,
    start: usize,
    len: usize,
    scratch: &'b mut Vec<u8>,
    level: Level,
) -> &'b [u8] {
    if let Some(labels) = labels_in_place(column, positive, start, len) {
        return labels;
    }
    scratch.resize(len, 0);
    let mut rest = &mut scratch[..];
    for piece in column.pieces(start..start + len) {
        let out;
        (out, rest) = rest.split_at_mut(piece.len);
        let native = positive == Positive::One && column.order() == ByteOrder::Native;
        match column.dtype() {
            DType::Bool | DType::U8 | DType::I8 if positive == Positive::One => {
                strided::<1, _>(level, &piece, out, |[byte]| byte);
            }
            DType::Bit if positive == Positive::One => packed::unpack(piece.bytes, piece.offset, out),
            DType::I64 | DType::U64 if native => {
                integers::<8>(level, &piece, out, u64::from_ne_bytes);
            }
            DType::I32 | DType::U32 if native => {
                integers::<4>(level, &piece, out, |bytes| u32::from_ne_bytes(bytes).into());
            }
            DType::F32 if native => {
                strided::<4, _>(level, &piece, out, |bytes| zero_or_one(f64::from(f32::from_ne_bytes(bytes))));
            }
            DType::F64 if native => strided::<8, _>(level, &piece, out, |bytes| zero_or_one(f64::from_ne_bytes(bytes))),
            dtype if equal_integers(column.order(), dtype, positive, &piece, out, level) => {}
            _ => each(column, &piece, out, |value| positive.code(value)),
        }
    }
    scratch
}

/// The weights of rows `start..start + len` as float64 (integers beyond 2^53: the nearest).
pub(super) fn weights<'b>(
    column: &Column<'b>,
    start: usize,
    len: usize,
    scratch: &'b mut Vec<f64>,
    level: Level,
) -> &'b [f64] {
    if column.dtype() == DType::F64
        && let Some(borrowed) = borrowed::<f64>(column, start, len)
    {
        return borrowed;
    }
    scratch.resize(len, 0.0);
    let mut rest = &mut scratch[..];
    for piece in column.pieces(start..start + len) {
        let out;
        (out, rest) = rest.split_at_mut(piece.len);
        if column.dtype() == DType::F32 && column.order() == ByteOrder::Native {
            strided::<4, _>(level, &piece, out, |bytes| f64::from(f32::from_ne_bytes(bytes)));
        } else {
            each(column, &piece, out, Scalar::to_f64);
        }
    }
    scratch
}

/// Codes of integer labels: their lowest bytes, if OR-ing all labels shows that those say everything, as they nearly always
/// do; else one by one.
fn integers<const N: usize>(level: Level, piece: &Segment<'_>, out: &mut [u8], decode: impl Fn([u8; N]) -> u64 + Copy) {
    let any = level.run(LowBytes { piece, out, decode });
    if any > 1 {
        let code = |label: u64| if label <= 1 { label as u8 } else { INVALID };
        strided::<N, _>(level, piece, out, |bytes| code(decode(bytes)));
    }
}

/// Codes of integer labels, 1 where they equal the positive one; false, and nothing done, for other labels.
fn equal_integers(
    order: ByteOrder,
    dtype: DType,
    positive: Positive,
    piece: &Segment<'_>,
    out: &mut [u8],
    level: Level,
) -> bool {
    fn equal<const N: usize>(level: Level, piece: &Segment<'_>, out: &mut [u8], label: Option<[u8; N]>) -> bool {
        match label {
            Some(label) => strided::<N, _>(level, piece, out, |bytes| u8::from(bytes == label)),
            None => out.fill(0), // out of the dtype's range
        }
        true
    }
    let Positive::EqualTo(number) = positive else { return false };
    let Some(label) = number.integer().filter(|_| order == ByteOrder::Native) else { return false };
    match dtype {
        DType::I8 => equal(level, piece, out, i8::try_from(label).ok().map(i8::to_ne_bytes)),
        DType::U8 => equal(level, piece, out, u8::try_from(label).ok().map(u8::to_ne_bytes)),
        DType::I32 => equal(level, piece, out, i32::try_from(label).ok().map(i32::to_ne_bytes)),
        DType::I64 => equal(level, piece, out, i64::try_from(label).ok().map(i64::to_ne_bytes)),
        _ => false,
    }
}

struct LowBytes<'k, const N: usize, F> {
    piece: &'k Segment<'k>,
    out: &'k mut [u8],
    decode: F,
}

impl<const N: usize, F: Fn([u8; N]) -> u64> Kernel for LowBytes<'_, N, F> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let mut any = 0;
        if let Some(bytes) = self.piece.contiguous(N) {
            for (out, element) in self.out.iter_mut().zip(bytes.as_chunks::<N>().0) {
                let label = (self.decode)(*element);
                any |= label;
                *out = label as u8;
            }
            return any;
        }
        let any_label = std::cell::Cell::new(0);
        walk(self.piece, self.out, |bytes| {
            let label = (self.decode)(bytes);
            any_label.set(any_label.get() | label);
            label as u8
        });
        any_label.get()
    }
}

/// Without branches, so that many labels are looked at a time.
#[inline(always)]
fn zero_or_one(label: f64) -> u8 {
    INVALID * u8::from(label != 0.0) - u8::from(label == 1.0)
}

impl Positive {
    fn code(self, label: Scalar) -> u8 {
        match self {
            Self::One => zero_or_one(label.to_f64()),
            Self::EqualTo(_) if label.to_f64().is_nan() => INVALID,
            Self::EqualTo(number) => u8::from(match label {
                Scalar::Int(value) => number.equals_int(value),
                Scalar::Float(value) => number.equals_float(value),
                Scalar::Inexact(_) => false, // `pos_label` is a float64 or an integer of at most 64 bits
            }),
        }
    }
}

impl Column<'_> {
    /// The scores of rows from `start` on, as many as `out` takes, in working type `S`; as [`scores`].
    pub(crate) fn widened<S: Widen>(&self, start: usize, mut out: &mut [S], level: Level) {
        for piece in self.pieces(start..start + out.len()) {
            let own;
            (own, out) = out.split_at_mut(piece.len);
            S::widen(self, &piece, own, level);
        }
    }
}

/// How elements of a column become a working type.
pub(crate) trait Widen: Sized {
    fn widen(column: &Column<'_>, piece: &Segment<'_>, out: &mut [Self], level: Level);
}

impl Widen for f32 {
    fn widen(column: &Column<'_>, piece: &Segment<'_>, out: &mut [f32], level: Level) {
        match (column.dtype(), column.order()) {
            (DType::F32, ByteOrder::Native) => strided::<4, _>(level, piece, out, f32::from_ne_bytes),
            (DType::F32, ByteOrder::Swapped) => {
                strided::<4, _>(level, piece, out, |bytes| f32::from_bits(u32::from_ne_bytes(bytes).swap_bytes()));
            }
            (DType::Bf16, ByteOrder::Native) => {
                strided::<2, _>(level, piece, out, |bytes| f32::from_bits(u32::from(u16::from_ne_bytes(bytes)) << 16));
            }
            (DType::F16, ByteOrder::Native) => {
                strided::<2, _>(level, piece, out, |bytes| half_to_single(u16::from_ne_bytes(bytes)));
            }
            (DType::F16, ByteOrder::Swapped) => {
                strided::<2, _>(level, piece, out, |bytes| half_to_single(u16::from_ne_bytes(bytes).swap_bytes()));
            }
            (DType::Bool, _) => strided::<1, _>(level, piece, out, |[byte]| f32::from(u8::from(byte != 0))),
            (DType::U8, _) => strided::<1, _>(level, piece, out, |[byte]| f32::from(byte)),
            _ => each(column, piece, out, |value| f32::nearest(value.to_f64())),
        }
    }
}

impl Widen for f64 {
    fn widen(column: &Column<'_>, piece: &Segment<'_>, out: &mut [f64], level: Level) {
        match (column.dtype(), column.order()) {
            (DType::F64, ByteOrder::Native) => strided::<8, _>(level, piece, out, f64::from_ne_bytes),
            (DType::F64, ByteOrder::Swapped) => {
                strided::<8, _>(level, piece, out, |bytes| f64::from_bits(u64::from_ne_bytes(bytes).swap_bytes()));
            }
            (DType::I32, ByteOrder::Native) => strided::<4, _>(level, piece, out, |b| f64::from(i32::from_ne_bytes(b))),
            (dtype, _) if dtype.working() == super::Working::F32 => {
                let mut narrow = vec![0.0_f32; out.len()];
                f32::widen(column, piece, &mut narrow, level);
                for (wide, narrow) in out.iter_mut().zip(narrow) {
                    *wide = f64::from(narrow);
                }
            }
            _ => each(column, piece, out, |value| value.exact().unwrap_or(f64::NAN)),
        }
    }
}

fn native<S: Score>() -> DType {
    match S::WORKING {
        super::Working::F32 => DType::F32,
        super::Working::F64 => DType::F64,
    }
}

/// The rows as they lie, when they are contiguous, aligned, native and in one segment.
pub(super) fn borrowed<'b, T: bytemuck::Pod>(column: &Column<'b>, start: usize, len: usize) -> Option<&'b [T]> {
    if column.order() == ByteOrder::Swapped && size_of::<T>() > 1 {
        return None;
    }
    let piece = column.pieces(start..start + len).next()?;
    let bytes = (piece.len == len).then(|| piece.contiguous(size_of::<T>()))??;
    bytemuck::try_cast_slice(bytes).ok()
}

/// `out[i] = decode(bytes of element i)`, any stride, with the instructions of `level`.
pub(super) fn strided<const N: usize, T>(
    level: Level,
    piece: &Segment<'_>,
    out: &mut [T],
    decode: impl Fn([u8; N]) -> T,
) {
    level.run(Walk { piece, out, decode });
}

struct Walk<'k, const N: usize, T, F> {
    piece: &'k Segment<'k>,
    out: &'k mut [T],
    decode: F,
}

impl<const N: usize, T, F: Fn([u8; N]) -> T> Kernel for Walk<'_, N, T, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        walk(self.piece, self.out, self.decode);
    }
}

/// `out[i] = decode(bytes of element i)`, any stride.
#[inline(always)]
fn walk<const N: usize, T>(piece: &Segment<'_>, out: &mut [T], decode: impl Fn([u8; N]) -> T) {
    if let Some(bytes) = piece.contiguous(N) {
        for (out, element) in out.iter_mut().zip(bytes.as_chunks::<N>().0) {
            *out = decode(*element);
        }
        return;
    }
    // One column of a matrix of two: the whole rows can be read, and the elements picked out of vectors.
    let paired = if piece.stride == 2 * N.cast_signed() { pairs(piece, out, &decode) } else { 0 };
    let mut at = piece.offset.wrapping_add_signed(piece.stride.wrapping_mul(paired.cast_signed()));
    for out in out.iter_mut().skip(paired) {
        // `Column::strided` has shown that every element lies inside the bytes; a missing one would read as zero.
        let element = piece.bytes.get(at..).and_then(|bytes| bytes.first_chunk::<N>());
        *out = decode(element.copied().unwrap_or([0; N]));
        at = at.wrapping_add_signed(piece.stride);
    }
}

/// As [`walk`], of elements `2 N` bytes apart, as far as they and the `N` bytes after them lie inside; how many those were.
#[inline(always)]
fn pairs<const N: usize, T>(piece: &Segment<'_>, out: &mut [T], decode: impl Fn([u8; N]) -> T) -> usize {
    let (elements, _) = piece.bytes.get(piece.offset..).unwrap_or(&[]).as_chunks::<N>();
    let (pairs, _) = elements.as_chunks::<2>();
    for (out, [element, _]) in out.iter_mut().zip(pairs) {
        *out = decode(*element);
    }
    pairs.len().min(out.len())
}

/// A float16 as float32, exactly, in operations that run in vectors.
#[inline(always)]
fn half_to_single(half: u16) -> f32 {
    const REBIAS: u32 = (127 - 15) << 23;
    let sign = u32::from(half & 0x8000) << 16;
    let magnitude = u32::from(half & 0x7fff) << 13;
    let normal = magnitude + REBIAS;
    let infinite_or_nan = magnitude + 2 * REBIAS;
    // A denormal is its mantissa in units of 2^-24: below 2^-14, of which `least` has the exponent and units as fine.
    let least = REBIAS + (1 << 23);
    let denormal = (f32::from_bits(magnitude + least) - f32::from_bits(least)).to_bits();
    let bits = if magnitude < 1 << 23 {
        denormal
    } else if magnitude < 0x1f << 23 {
        normal
    } else {
        infinite_or_nan
    };
    f32::from_bits(sign | bits)
}

/// `out[i] = convert(element i)` for every dtype and byte order: the plain way, for what has no faster one above.
pub(super) fn each<T>(column: &Column<'_>, piece: &Segment<'_>, out: &mut [T], convert: impl Fn(Scalar) -> T) {
    let swapped = column.order() == ByteOrder::Swapped;
    let int = |value: i128| convert(Scalar::Int(value));
    let float = |value: f64| convert(Scalar::Float(value));
    let two = |bytes: [u8; 2]| if swapped { u16::from_ne_bytes(bytes).swap_bytes() } else { u16::from_ne_bytes(bytes) };
    let four =
        |bytes: [u8; 4]| if swapped { u32::from_ne_bytes(bytes).swap_bytes() } else { u32::from_ne_bytes(bytes) };
    let eight =
        |bytes: [u8; 8]| if swapped { u64::from_ne_bytes(bytes).swap_bytes() } else { u64::from_ne_bytes(bytes) };
    match column.dtype() {
        DType::Bit => {
            for (i, out) in out.iter_mut().enumerate() {
                let bit = piece.offset + i;
                let byte = piece.bytes.get(bit / 8).copied().unwrap_or(0);
                *out = int(i128::from(byte >> (bit % 8) & 1));
            }
        }
        DType::Bool | DType::U8 => walk::<1, _>(piece, out, |[byte]| int(byte.into())),
        DType::I8 => walk::<1, _>(piece, out, |[byte]| int(byte.cast_signed().into())),
        DType::U16 => walk(piece, out, |bytes| int(two(bytes).into())),
        DType::I16 => walk(piece, out, |bytes| int(two(bytes).cast_signed().into())),
        DType::U32 => walk(piece, out, |bytes| int(four(bytes).into())),
        DType::I32 => walk(piece, out, |bytes| int(four(bytes).cast_signed().into())),
        DType::U64 => walk(piece, out, |bytes| int(eight(bytes).into())),
        DType::I64 => walk(piece, out, |bytes| int(eight(bytes).cast_signed().into())),
        DType::F16 => walk(piece, out, |bytes| float(half::f16::from_bits(two(bytes)).into())),
        DType::Bf16 => walk(piece, out, |bytes| float(half::bf16::from_bits(two(bytes)).into())),
        DType::F32 => walk(piece, out, |bytes| float(f32::from_bits(four(bytes)).into())),
        DType::F64 => walk(piece, out, |bytes| float(f64::from_bits(eight(bytes)))),
        DType::X87 => walk(piece, out, |bytes| convert(x87(bytes))),
    }
}
