//! [`Column`]: elements of one dtype where they lie in memory the caller lends, whatever their stride and byte order.

use std::ops::Range;

use super::dtype::{ByteOrder, DType};
use crate::error::{Error, Result};

/// A borrowed column: one or several runs of elements of one dtype.
///
/// Nothing is copied or converted when a column is made; blocks of it are widened when they are read.
///
/// ```
/// use thresher::input::Column;
/// let scores = Column::from_slice(&[0.1_f32, 0.9]);
/// assert_eq!(scores.len(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct Column<'a> {
    dtype: DType,
    order: ByteOrder,
    len: usize,
    first: Segment<'a>,
    /// Further runs of a chunked column, each with the row it starts at.
    rest: Vec<(usize, Segment<'a>)>,
}

/// One run of elements: element `i` starts at byte `offset + i * stride` (for [`DType::Bit`]: is bit `offset + i`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) offset: usize,
    pub(super) stride: isize,
    pub(super) len: usize,
}

/// A Rust type whose slices are columns as they are.
pub trait Element: bytemuck::NoUninit {
    /// Its dtype.
    const DTYPE: DType;
}

impl Element for bool {
    const DTYPE: DType = DType::Bool;
}
impl Element for i8 {
    const DTYPE: DType = DType::I8;
}
impl Element for u8 {
    const DTYPE: DType = DType::U8;
}
impl Element for i16 {
    const DTYPE: DType = DType::I16;
}
impl Element for u16 {
    const DTYPE: DType = DType::U16;
}
impl Element for i32 {
    const DTYPE: DType = DType::I32;
}
impl Element for u32 {
    const DTYPE: DType = DType::U32;
}
impl Element for i64 {
    const DTYPE: DType = DType::I64;
}
impl Element for u64 {
    const DTYPE: DType = DType::U64;
}
impl Element for half::f16 {
    const DTYPE: DType = DType::F16;
}
impl Element for half::bf16 {
    const DTYPE: DType = DType::Bf16;
}
impl Element for f32 {
    const DTYPE: DType = DType::F32;
}
impl Element for f64 {
    const DTYPE: DType = DType::F64;
}

impl<'a> Column<'a> {
    /// A contiguous column of native values.
    #[must_use]
    pub fn from_slice<T: Element>(values: &'a [T]) -> Self {
        let bytes = bytemuck::cast_slice(values);
        let segment = Segment { bytes, offset: 0, stride: size_of::<T>().cast_signed(), len: values.len() };
        Self { dtype: T::DTYPE, order: ByteOrder::Native, len: values.len(), first: segment, rest: Vec::new() }
    }

    /// A column of `len` elements, element `i` at byte `offset + i * stride` of `bytes`.
    ///
    /// A stride of 0 repeats one element; a negative one walks backwards. For [`DType::Bit`], `offset` counts bits and
    /// `stride` is ignored.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] when an element would lie outside `bytes`.
    pub fn strided(
        dtype: DType,
        order: ByteOrder,
        bytes: &'a [u8],
        offset: usize,
        stride: isize,
        len: usize,
        argument: &'static str,
    ) -> Result<Self> {
        let segment = Segment { bytes, offset, stride, len };
        if !segment.fits(dtype) {
            let (size, bytes) = (dtype.size(), bytes.len());
            return Err(Error::OutOfBounds { argument, len, size, stride, offset, bytes });
        }
        Ok(Self { dtype, order, len, first: segment, rest: Vec::new() })
    }

    /// The rows of `self` followed by those of `next`, which must have the same dtype and byte order.
    ///
    /// # Errors
    /// [`Error::UnsupportedDType`] when the two differ in dtype or byte order.
    pub fn followed_by(mut self, next: Column<'a>, argument: &'static str) -> Result<Self> {
        if next.dtype != self.dtype || next.order != self.order {
            let accepted = "all chunks of a column must have one dtype";
            return Err(Error::UnsupportedDType { argument, dtype: next.dtype.name(), accepted });
        }
        self.rest.push((self.len, next.first));
        self.rest.extend(next.rest.iter().map(|&(start, segment)| (self.len + start, segment)));
        self.len += next.len;
        Ok(self)
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True when the column has no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The element type.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    pub(super) fn order(&self) -> ByteOrder {
        self.order
    }

    /// The parts of the segments that rows `range` lie in, in order.
    pub(super) fn pieces(&self, range: Range<usize>) -> impl Iterator<Item = Segment<'a>> + '_ {
        let later = self.rest.partition_point(|&(start, _)| start <= range.start);
        let head = if later == 0 { (0, self.first) } else { self.rest[later - 1] };
        std::iter::once(head)
            .chain(self.rest[later..].iter().copied())
            .take_while(move |&(start, _)| start < range.end || start == 0)
            .map(move |(start, segment)| {
                segment.slice(range.start.saturating_sub(start)..(range.end - start).min(segment.len), self.dtype)
            })
    }
}

impl<'a> Segment<'a> {
    fn fits(&self, dtype: DType) -> bool {
        let Some(last) = self.len.checked_sub(1) else { return true };
        if dtype == DType::Bit {
            return self.offset.checked_add(last).is_some_and(|bit| bit / 8 < self.bytes.len());
        }
        let reach = isize::try_from(last).ok().and_then(|last| last.checked_mul(self.stride));
        let end = reach.and_then(|reach| self.offset.checked_add_signed(reach));
        let inside = |start: usize| start.checked_add(dtype.size()).is_some_and(|end| end <= self.bytes.len());
        inside(self.offset) && end.is_some_and(inside)
    }

    fn slice(self, range: Range<usize>, dtype: DType) -> Self {
        let len = range.len();
        let offset = if len == 0 {
            self.offset
        } else if dtype == DType::Bit {
            self.offset + range.start
        } else {
            // `fits` has shown that every element's offset is representable.
            self.offset.wrapping_add_signed(self.stride.wrapping_mul(range.start.cast_signed()))
        };
        Self { offset, len, ..self }
    }

    /// The bytes of the segment when its elements of `size` bytes follow one another.
    pub(super) fn contiguous(&self, size: usize) -> Option<&'a [u8]> {
        (self.stride == size.cast_signed() || self.len <= 1)
            .then(|| self.bytes.get(self.offset..self.offset + self.len * size))
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strided(bytes: &[u8], offset: usize, stride: isize, len: usize) -> Result<Column<'_>> {
        Column::strided(DType::U16, ByteOrder::Native, bytes, offset, stride, len, "scores")
    }

    #[test]
    fn a_column_that_reaches_outside_its_bytes_is_refused() {
        let bytes = [0; 10];
        assert!(strided(&bytes, 0, 2, 5).is_ok());
        assert!(strided(&bytes, 0, 2, 6).is_err());
        assert!(strided(&bytes, 8, -2, 5).is_ok());
        assert!(strided(&bytes, 8, -2, 6).is_err());
        assert!(strided(&bytes, 9, 0, 1).is_err());
        assert!(strided(&bytes, 0, isize::MAX, 3).is_err());
        assert!(strided(&bytes, 0, 0, 1 << 62).is_ok_and(|column| column.len() == 1 << 62));
        assert!(strided(&[], 7, 3, 0).is_ok());
    }

    #[test]
    fn pieces_cover_a_range_across_chunks_and_skip_empty_ones() {
        let (a, b, c) = ([1_u8, 2], [3_u8], [4_u8, 5, 6]);
        let empty: [u8; 0] = [];
        let mut column = Column::from_slice(&a);
        for chunk in [&empty[..], &b, &empty, &c] {
            column = column.followed_by(Column::from_slice(chunk), "scores").unwrap();
        }
        for start in 0..=6 {
            for end in start..=6 {
                let rows: Vec<u8> =
                    column.pieces(start..end).flat_map(|piece| piece.contiguous(1).unwrap().to_vec()).collect();
                assert_eq!(rows, (start..end).map(|i| i as u8 + 1).collect::<Vec<_>>(), "{start}..{end}");
            }
        }
    }
}
