//! Columns of labels, for counting pairs of them: whole numbers as int64, text as code points; and weights, checked.

use super::block::is_weight;
use super::column::{Column, Segment};
use super::dtype::{ByteOrder, DType};
use super::gather;
use super::scalar::{NOT_WHOLE, Scalar, whole_float};
use crate::error::{Error, Result};
use crate::simd::Level;

/// Rows `start..start + len` as int64. Floats must be whole and at most 2^53 in magnitude, and not -0.0, which is written
/// otherwise than the 0.0 it equals.
///
/// # Errors
/// [`Error::NotWhole`] for the lowest row of any other number.
pub(crate) fn whole<'b>(
    column: &Column<'b>,
    start: usize,
    len: usize,
    scratch: &'b mut Vec<i64>,
    level: Level,
) -> Result<&'b [i64]> {
    if column.dtype() == DType::I64
        && let Some(labels) = gather::borrowed(column, start, len)
    {
        return Ok(labels);
    }
    scratch.resize(len, 0);
    let mut rest = &mut scratch[..];
    for piece in column.pieces(start..start + len) {
        let out;
        (out, rest) = rest.split_at_mut(piece.len);
        widen(column, &piece, out, level);
    }
    if may_refuse(column.dtype())
        && let Some(row) = scratch.iter().position(|&label| label == NOT_WHOLE)
    {
        let (argument, index) = ("labels", start + row);
        return Err(Error::NotWhole { argument, index, value: gather::scalar(column, index).to_string() });
    }
    Ok(scratch)
}

fn may_refuse(dtype: DType) -> bool {
    matches!(dtype, DType::U64 | DType::F16 | DType::Bf16 | DType::F32 | DType::F64 | DType::X87)
}

fn widen(column: &Column<'_>, piece: &Segment<'_>, out: &mut [i64], level: Level) {
    let native = column.order() == ByteOrder::Native;
    match column.dtype() {
        DType::Bool => gather::strided::<1, _>(level, piece, out, |[byte]| i64::from(byte != 0)),
        DType::U8 => gather::strided::<1, _>(level, piece, out, |[byte]| byte.into()),
        DType::I8 => gather::strided::<1, _>(level, piece, out, |[byte]| byte.cast_signed().into()),
        DType::I16 if native => gather::strided(level, piece, out, |bytes| i16::from_ne_bytes(bytes).into()),
        DType::U16 if native => gather::strided(level, piece, out, |bytes| u16::from_ne_bytes(bytes).into()),
        DType::I32 if native => gather::strided(level, piece, out, |bytes| i32::from_ne_bytes(bytes).into()),
        DType::U32 if native => gather::strided(level, piece, out, |bytes| u32::from_ne_bytes(bytes).into()),
        DType::I64 if native => gather::strided(level, piece, out, i64::from_ne_bytes),
        DType::F32 if native => {
            gather::strided(level, piece, out, |bytes| whole_float(f32::from_ne_bytes(bytes).into()))
        }
        DType::F64 if native => gather::strided(level, piece, out, |bytes| whole_float(f64::from_ne_bytes(bytes))),
        _ => gather::each(column, piece, out, Scalar::whole),
    }
}

/// All rows of a column of uint32 where they lie, if they follow one another.
pub(crate) fn words<'b>(column: &Column<'b>) -> Option<&'b [u32]> {
    (column.dtype() == DType::U32).then(|| gather::borrowed(column, 0, column.len()))?
}

/// All rows of a column of int32 where they lie, if they follow one another.
pub(crate) fn int32s<'b>(column: &Column<'b>) -> Option<&'b [i32]> {
    (column.dtype() == DType::I32).then(|| gather::borrowed(column, 0, column.len()))?
}

/// All bytes of a column of uint8 where they lie, if they follow one another.
pub(crate) fn bytes_of<'b>(column: &Column<'b>) -> Option<&'b [u8]> {
    match column.dtype() {
        DType::U8 if column.is_empty() => Some(&[]),
        DType::U8 => gather::borrowed(column, 0, column.len()),
        _ => None,
    }
}

/// The weights of rows `start..start + len`.
///
/// # Errors
/// [`Error::InvalidWeight`] for the lowest row whose weight is negative or not finite.
pub(crate) fn weights<'b>(
    column: &Column<'b>,
    start: usize,
    len: usize,
    scratch: &'b mut Vec<f64>,
    level: Level,
) -> Result<&'b [f64]> {
    let weights = gather::weights(column, start, len, scratch, level);
    match weights.iter().position(|&weight| !is_weight(weight)) {
        Some(row) => Err(Error::InvalidWeight { index: start + row, value: weights[row] }),
        None => Ok(weights),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(column: &Column<'_>) -> Result<Vec<i64>> {
        whole(column, 0, column.len(), &mut Vec::new(), Level::detect()).map(<[i64]>::to_vec)
    }

    #[test]
    fn whole_numbers_of_every_dtype_are_read() {
        let expected = [0, 1, 100, 7];
        assert_eq!(read(&Column::from_slice(&expected.map(|label| label as u8))).unwrap(), expected);
        assert_eq!(read(&Column::from_slice(&expected.map(|label| label as u16))).unwrap(), expected);
        assert_eq!(read(&Column::from_slice(&expected.map(|label| label as u32))).unwrap(), expected);
        assert_eq!(read(&Column::from_slice(&expected.map(|label| label as u64))).unwrap(), expected);
        let signed = [0, -1, 100, -128];
        assert_eq!(read(&Column::from_slice(&signed.map(|label| label as i8))).unwrap(), signed);
        assert_eq!(read(&Column::from_slice(&signed.map(|label| label as i16))).unwrap(), signed);
        assert_eq!(read(&Column::from_slice(&signed.map(|label| label as i32))).unwrap(), signed);
        assert_eq!(read(&Column::from_slice(&signed)).unwrap(), signed);
        assert_eq!(read(&Column::from_slice(&signed.map(|label| label as f32))).unwrap(), signed);
        assert_eq!(read(&Column::from_slice(&signed.map(|label| label as f64))).unwrap(), signed);
        assert_eq!(read(&Column::from_slice(&signed.map(|label| half::f16::from_f64(label as f64)))).unwrap(), signed);
        assert_eq!(read(&Column::from_slice(&[true, false])).unwrap(), [1, 0]);
    }

    #[test]
    fn other_byte_orders_and_strides_are_read() {
        let bytes: Vec<u8> = [1_i32, -2, 3].iter().flat_map(|label| label.swap_bytes().to_ne_bytes()).collect();
        let swapped = Column::strided(DType::I32, ByteOrder::Swapped, &bytes, 8, -4, 3, "labels").unwrap();
        assert_eq!(read(&swapped).unwrap(), [3, -2, 1]);
    }

    #[test]
    fn what_is_no_whole_number_is_refused_with_its_row() {
        for bad in [0.5, f64::NAN, f64::INFINITY, -f64::INFINITY, 1e300, 9_007_199_254_740_994.0, -0.0] {
            let found = read(&Column::from_slice(&[0.0, 1.0, bad, bad]));
            assert!(matches!(found, Err(Error::NotWhole { index: 2, .. })), "{bad}: {found:?}");
        }
        assert!(matches!(read(&Column::from_slice(&[u64::MAX])), Err(Error::NotWhole { index: 0, .. })));
        assert_eq!(read(&Column::from_slice(&[i64::MIN, i64::MAX])).unwrap(), [i64::MIN, i64::MAX]);
        assert_eq!(read(&Column::from_slice(&[u64::MAX >> 1])).unwrap(), [i64::MAX]);
    }

    #[test]
    fn bad_weights_are_refused_with_their_row() {
        let of = |column: &Column<'_>| {
            weights(column, 1, column.len() - 1, &mut Vec::new(), Level::detect()).map(<[f64]>::to_vec)
        };
        assert_eq!(of(&Column::from_slice(&[1.0, 0.0, 2.5])).unwrap(), [0.0, 2.5]);
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(of(&Column::from_slice(&[1.0, 0.0, bad])), Err(Error::InvalidWeight { index: 2, .. })));
        }
    }
}
