//! Key columns as Python hands them over, and single keys.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyList, PyTuple};
use thresher::count::{KeyChunk, KeyColumn, KeyValue};

use crate::arrays::Lent;
use crate::errors::{Result, type_error};

const ARGUMENT: &str = "groups";

/// Key columns that Python keeps alive while a batch borrows from them.
pub(crate) struct LentKeys<'py>(Vec<Vec<LentChunk<'py>>>);

enum LentChunk<'py> {
    Whole { tag: u8, values: Lent<'py>, valid: Option<Lent<'py>> },
    Text { tag: u8, offsets: Lent<'py>, bytes: Lent<'py>, valid: Option<Lent<'py>> },
    Mixed { tags: Lent<'py>, wholes: Lent<'py>, ends: Lent<'py>, bytes: Lent<'py> },
    Coded { codes: Lent<'py>, valid: Option<Lent<'py>>, dictionary: Box<LentChunk<'py>> },
}

impl<'py> LentKeys<'py> {
    /// A list of columns, each a list of chunks: `("whole", tag, values, valid)`, `("text", tag, offsets, bytes, valid)`,
    /// `("mixed", tags, wholes, ends, bytes)` or `("coded", codes, valid, chunk)`, in which `valid` is an array of booleans or None.
    pub(crate) fn new(columns: &Bound<'py, PyList>) -> Result<Self> {
        let chunks = |column: Bound<'py, PyAny>| {
            let chunks = column.cast_into::<PyList>().map_err(PyErr::from)?;
            chunks.iter().map(|chunk| LentChunk::new(&chunk)).collect::<Result<Vec<_>>>()
        };
        Ok(Self(columns.iter().map(chunks).collect::<Result<_>>()?))
    }

    pub(crate) fn columns(&self) -> Result<Vec<KeyColumn<'_>>> {
        let mut columns = Vec::with_capacity(self.0.len());
        for chunks in &self.0 {
            columns.push(KeyColumn(chunks.iter().map(LentChunk::chunk).collect::<Result<_>>()?));
        }
        Ok(columns)
    }
}

impl<'py> LentChunk<'py> {
    fn new(chunk: &Bound<'py, PyAny>) -> Result<Self> {
        type Any<'py> = Bound<'py, PyAny>;
        let lent = |value: &Any<'py>| Lent::new(ARGUMENT, value);
        let maybe = |value: &Option<Any<'py>>| value.as_ref().map(lent).transpose();
        let tuple = chunk.cast::<PyTuple>().map_err(PyErr::from)?;
        let kind: PyBackedStr = tuple.get_item(0)?.extract()?;
        match &*kind {
            "whole" => {
                let (_, tag, values, valid): (Any<'py>, u8, Any<'py>, Option<Any<'py>>) = tuple.extract()?;
                Ok(Self::Whole { tag, values: lent(&values)?, valid: maybe(&valid)? })
            }
            "text" => {
                type Text<'py> = (Any<'py>, u8, Any<'py>, Any<'py>, Option<Any<'py>>);
                let (_, tag, offsets, bytes, valid): Text<'py> = tuple.extract()?;
                Ok(Self::Text { tag, offsets: lent(&offsets)?, bytes: lent(&bytes)?, valid: maybe(&valid)? })
            }
            "mixed" => {
                let (_, tags, wholes, ends, bytes): (Any<'py>, Any<'py>, Any<'py>, Any<'py>, Any<'py>) =
                    tuple.extract()?;
                Ok(Self::Mixed { tags: lent(&tags)?, wholes: lent(&wholes)?, ends: lent(&ends)?, bytes: lent(&bytes)? })
            }
            "coded" => {
                let (_, codes, valid, entries): (Any<'py>, Any<'py>, Option<Any<'py>>, Any<'py>) = tuple.extract()?;
                let dictionary = Box::new(Self::new(&entries)?);
                Ok(Self::Coded { codes: lent(&codes)?, valid: maybe(&valid)?, dictionary })
            }
            other => Err(type_error(format!("`{ARGUMENT}` has a chunk of kind {other:?}"))),
        }
    }

    fn chunk(&self) -> Result<KeyChunk<'_>> {
        Ok(match self {
            Self::Whole { tag, values, valid: flags } => {
                KeyChunk::Whole { tag: *tag, values: values.column(ARGUMENT)?, valid: valid(flags)? }
            }
            Self::Text { tag, offsets, bytes, valid: flags } => {
                let (offsets, bytes) = (offsets.column(ARGUMENT)?, bytes.column(ARGUMENT)?);
                KeyChunk::Text { tag: *tag, offsets, bytes, valid: valid(flags)? }
            }
            Self::Mixed { tags, wholes, ends, bytes } => {
                let (tags, wholes) = (tags.column(ARGUMENT)?, wholes.column(ARGUMENT)?);
                KeyChunk::Mixed { tags, wholes, ends: ends.column(ARGUMENT)?, bytes: bytes.column(ARGUMENT)? }
            }
            Self::Coded { codes, valid: flags, dictionary } => {
                let dictionary = Box::new(dictionary.chunk()?);
                KeyChunk::Coded { codes: codes.column(ARGUMENT)?, valid: valid(flags)?, dictionary }
            }
        })
    }
}

/// Which rows have a value, where some may have none.
fn valid<'l>(lent: &'l Option<Lent<'_>>) -> Result<Option<thresher::input::Column<'l>>> {
    lent.as_ref().map(|lent| lent.column(ARGUMENT)).transpose()
}

/// One key: a tag and an int or bytes for each column.
#[derive(FromPyObject)]
pub(crate) enum Value {
    /// A number, or what is told as one.
    Whole(u8, i64),
    /// Text or bytes.
    Text(u8, Vec<u8>),
}

impl Value {
    pub(crate) fn value(&self) -> KeyValue<'_> {
        match self {
            Self::Whole(tag, value) => KeyValue::Whole { tag: *tag, value: *value },
            Self::Text(tag, bytes) => KeyValue::Text { tag: *tag, bytes },
        }
    }
}
