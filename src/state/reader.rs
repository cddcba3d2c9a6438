//! [`Reader`]: bytes taken from the front of a slice, refused rather than read beyond its end.

use crate::error::{Error, Result};

/// An error saying why bytes are no state.
pub(super) fn invalid<T>(reason: impl Into<String>) -> Result<T> {
    Err(Error::InvalidState { reason: reason.into() })
}

/// What is left to read.
pub(super) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&mut self, len: usize) -> Result<&'b [u8]> {
        match self.0.split_at_checked(len) {
            Some((taken, rest)) => {
                self.0 = rest;
                Ok(taken)
            }
            None => invalid(format!("{len} bytes are announced, but {} are left", self.0.len())),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// 0 or 1.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => invalid(format!("{name} is {other}, neither 0 nor 1")),
        }
    }

    /// A number of elements of `size` bytes each, no more than the bytes left can hold: so nothing is allocated for a
    /// length that lies.
    pub(super) fn len(&mut self, size: usize) -> Result<usize> {
        let len = self.u64()?;
        let room = self.0.len() / size;
        match usize::try_from(len) {
            Ok(len) if len <= room => Ok(len),
            _ => invalid(format!("{len} entries are announced, but there is room for {room}")),
        }
    }

    /// `len` values of 8 bytes.
    pub(super) fn u64s(&mut self, len: usize) -> Result<Vec<u64>> {
        Ok(self.bytes(len.saturating_mul(8))?.as_chunks().0.iter().map(|&bytes| u64::from_le_bytes(bytes)).collect())
    }

    /// `len` values of 8 bytes.
    pub(super) fn f64s(&mut self, len: usize) -> Result<Vec<f64>> {
        Ok(self.u64s(len)?.into_iter().map(f64::from_bits).collect())
    }

    pub(super) fn finish(self) -> Result<()> {
        match self.0.len() {
            0 => Ok(()),
            left => invalid(format!("{left} bytes follow the state")),
        }
    }
}
