//! [`Lent`]: a NumPy array as the core's [`Column`], borrowed where it lies, whatever its stride, alignment and byte order.
//!
//! The one place that looks at a dtype, and the only `unsafe` of this crate.

use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods, npyffi};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyMemoryView, PyTuple};
use thresher::Error;
use thresher::input::{ByteOrder, Column, DType};

use crate::errors::{Failure, Result, type_error};

const ACCEPTED: &str = "bool, 8- to 64-bit integers, float16, bfloat16, float32, float64 and longdouble are";

/// Memory that one array lends: `extent` bytes from `start`, covering every element.
pub(crate) struct Lent<'py> {
    dtype: DType,
    order: ByteOrder,
    start: *const u8,
    extent: usize,
    offset: usize,
    stride: isize,
    len: usize,
    /// Keeps the memory from being freed.
    _owner: Bound<'py, PyAny>,
}

impl<'py> Lent<'py> {
    /// A 1-D array; `(array, "bfloat16")`, a uint16 array of bfloat16 bits; or `(array, "bits", offset, length)`, a uint8
    /// array of booleans packed as Arrow packs them.
    pub(crate) fn new(argument: &'static str, value: &Bound<'py, PyAny>) -> Result<Self> {
        if let Ok(array) = value.cast::<PyUntypedArray>() {
            return Self::array(argument, array);
        }
        if let Ok(tuple) = value.cast::<PyTuple>() {
            return Self::tagged(argument, tuple);
        }
        let found = value.get_type().name()?;
        Err(type_error(format!("`{argument}` is a {found}, not a NumPy array or a list of them")))
    }

    /// A column without rows, whose dtype nobody can see.
    pub(crate) fn nothing(owner: &Bound<'py, PyAny>) -> Self {
        Self {
            dtype: DType::F64,
            order: ByteOrder::Native,
            start: std::ptr::null(),
            extent: 0,
            offset: 0,
            stride: 0,
            len: 0,
            _owner: owner.clone(),
        }
    }

    fn array(argument: &'static str, array: &Bound<'py, PyUntypedArray>) -> Result<Self> {
        let (&[len], &[stride]) = (array.shape(), array.strides()) else {
            let (rank, shape) = (array.ndim(), array.getattr("shape")?);
            let message = format!("`{argument}` has {rank} dimensions (shape {shape}); one is accepted");
            return Err(Failure::Value(message));
        };
        let (dtype, order) = element(argument, array)?;
        let Some((offset, extent)) = spread(len, stride, dtype.size()) else {
            let (size, bytes) = (dtype.size(), isize::MAX.unsigned_abs());
            return Err(Error::OutOfBounds { argument, len, size, stride, offset: 0, bytes }.into());
        };
        // SAFETY: `array` is an ndarray (the cast to `PyUntypedArray` looked) and this thread is attached; the address is
        // read, nothing behind it.
        let data = unsafe { (*npyffi::_PyArray_GET_ITEM_DATA(array.as_array_ptr())).data };
        let start = data.cast_const().cast::<u8>().wrapping_sub(offset);
        Ok(Self { dtype, order, start, extent, offset, stride, len, _owner: array.as_any().clone() })
    }

    fn tagged(argument: &'static str, tuple: &Bound<'py, PyTuple>) -> Result<Self> {
        type Bits<'py> = (Bound<'py, PyUntypedArray>, PyBackedStr, usize, usize);
        if let Ok((array, tag)) = tuple.extract::<(Bound<'py, PyUntypedArray>, PyBackedStr)>()
            && &*tag == "bfloat16"
        {
            let words = Self::array(argument, &array)?;
            words.must(words.dtype == DType::U16, argument, "bfloat16 is handed over as uint16 bits")?;
            return Ok(Self { dtype: DType::Bf16, ..words });
        }
        if let Ok((array, tag, offset, len)) = tuple.extract::<Bits<'py>>()
            && &*tag == "bits"
        {
            let bytes = Self::array(argument, &array)?;
            let contiguous = bytes.dtype == DType::U8 && (bytes.stride == 1 || bytes.len <= 1);
            bytes.must(contiguous, argument, "packed booleans are handed over as a contiguous uint8 array")?;
            return Ok(Self { dtype: DType::Bit, offset, len, ..bytes });
        }
        let accepted = "neither (array, \"bfloat16\") nor (array, \"bits\", offset, length)";
        Err(type_error(format!("`{argument}` is a tuple, but {accepted}")))
    }

    fn must(&self, holds: bool, argument: &str, rule: &str) -> Result<()> {
        let (dtype, stride) = (self.dtype.name(), self.stride);
        let found =
            || type_error(format!("`{argument}`: {rule}, but this array has dtype {dtype} and stride {stride}"));
        holds.then_some(()).ok_or_else(found)
    }

    pub(crate) fn column(&self, argument: &'static str) -> Result<Column<'_>> {
        let (offset, stride, len) = (self.offset, self.stride, self.len);
        Ok(Column::strided(self.dtype, self.order, self.bytes(), offset, stride, len, argument)?)
    }

    fn bytes(&self) -> &[u8] {
        if self.extent == 0 {
            return &[]; // the address of an empty array may be anything
        }
        // SAFETY: NumPy's invariant is that `data + i * stride` holds an element for every `i < len`. These are the bytes
        // from the lowest such element to the end of the highest (`spread`: at most isize::MAX of them, offset included for
        // negative strides, one element for stride 0); all lie in the one allocation that the array's owner holds, so
        // what lies between strided elements may be read as well. u8 has no alignment and no invalid value. `_owner` keeps
        // the array, and it its base, from being freed; NumPy refuses to reallocate an array that others hold. Other
        // Python threads may write to the memory while a call runs detached; no borrow can forbid that. The core looks
        // whether every index that it makes from an element is in bounds, so such a race can falsify counts, not memory.
        unsafe { std::slice::from_raw_parts(self.start, self.extent) }
    }

    fn copied<T>(&self, argument: &'static str, dtype: DType, decode: impl Fn([u8; 8]) -> T) -> Result<Vec<T>> {
        if self.dtype != dtype || self.order != ByteOrder::Native {
            let (found, accepted) = (self.dtype.name(), dtype.name());
            let message = format!("`{argument}` has dtype {found}; {accepted} in native byte order is accepted");
            return Err(type_error(message));
        }
        let mut values = room(argument, self.len)?;
        let mut at = self.offset;
        for _ in 0..self.len {
            // `spread` put every element inside the bytes; a missing one would read as zero.
            let element = self.bytes().get(at..).and_then(|bytes| bytes.first_chunk::<8>());
            values.push(decode(element.copied().unwrap_or_default()));
            at = at.wrapping_add_signed(self.stride);
        }
        Ok(values)
    }
}

/// Where element 0 lies among the bytes that `len` elements of `size` bytes cover, and how many bytes these are.
fn spread(len: usize, stride: isize, size: usize) -> Option<(usize, usize)> {
    let Some(last) = len.checked_sub(1) else { return Some((0, 0)) };
    let reach = isize::try_from(last).ok()?.checked_mul(stride)?;
    let extent = reach.unsigned_abs().checked_add(size)?;
    isize::try_from(extent).ok()?;
    Some((if reach < 0 { reach.unsigned_abs() } else { 0 }, extent))
}

fn element(argument: &'static str, array: &Bound<'_, PyUntypedArray>) -> Result<(DType, ByteOrder)> {
    let descr = array.dtype();
    let swapped = descr.is_native_byteorder() == Some(false);
    // Kinds of dtypes from outside NumPy mean whatever their authors chose.
    let builtin = (0..npyffi::NPY_TYPES::NPY_OBJECT as i32).contains(&descr.num())
        || descr.num() == npyffi::NPY_TYPES::NPY_HALF as i32;
    let dtype = match (descr.kind(), descr.itemsize()) {
        _ if !builtin => None,
        (b'b', 1) => Some(DType::Bool),
        (b'i', 1) => Some(DType::I8),
        (b'i', 2) => Some(DType::I16),
        (b'i', 4) => Some(DType::I32),
        (b'i', 8) => Some(DType::I64),
        (b'u', 1) => Some(DType::U8),
        (b'u', 2) => Some(DType::U16),
        (b'u', 4) => Some(DType::U32),
        (b'u', 8) => Some(DType::U64),
        (b'f', 2) => Some(DType::F16),
        (b'f', 4) => Some(DType::F32),
        (b'f', 8) => Some(DType::F64),
        // The core reads x87 in this machine's order only. Elsewhere a longdouble of 16 bytes is another format.
        (b'f', 12 | 16) if cfg!(any(target_arch = "x86", target_arch = "x86_64")) && !swapped => Some(DType::X87),
        _ => None,
    };
    match dtype {
        Some(dtype) => Ok((dtype, if swapped { ByteOrder::Swapped } else { ByteOrder::Native })),
        None => Err(type_error(format!("`{argument}` has dtype {descr}, which is not accepted here; {ACCEPTED}"))),
    }
}

/// A copy of a 1-D float64 array.
pub(crate) fn floats(argument: &'static str, value: &Bound<'_, PyAny>) -> Result<Vec<f64>> {
    Lent::new(argument, value)?.copied(argument, DType::F64, f64::from_ne_bytes)
}

/// A copy of a 1-D int64 array; None when its dtype is another.
pub(crate) fn integers(argument: &'static str, value: &Bound<'_, PyAny>) -> Result<Option<Vec<i64>>> {
    let lent = Lent::new(argument, value)?;
    let integers = lent.dtype == DType::I64;
    integers.then(|| lent.copied(argument, DType::I64, i64::from_ne_bytes)).transpose()
}

/// A copy of a bytes-like object.
pub(crate) fn bytes(argument: &'static str, value: &Bound<'_, PyAny>) -> Result<Vec<u8>> {
    let plain = match value.cast::<PyBytes>() {
        Ok(bytes) => bytes.clone(),
        Err(_) => PyMemoryView::from(value)?.call_method0("tobytes")?.cast_into::<PyBytes>().map_err(PyErr::from)?,
    };
    let mut copy = room(argument, plain.as_bytes().len())?;
    copy.extend_from_slice(plain.as_bytes());
    Ok(copy)
}

/// An empty Vec that takes `len` values without asking for memory again.
fn room<T>(purpose: &'static str, len: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    let bytes = size_of::<T>().saturating_mul(len);
    values.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { purpose, bytes })?;
    Ok(values)
}
