//! The frame around every state.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | `THRESHER` |
//! | 2 | format version: 2 if it keeps further sums (`with_sums`), else 1 |
//! | 1 | kind: 1 ThresholdCounts, 2 ExactCounts, 3 CompactCounts, 4 PairedCounts, 5 GroupedCounts |
//! | 1 | 0 |
//! | 8 | length of the payload |
//! | … | payload: `threshold.rs`, `exact.rs`, `compact.rs`, `pairs.rs`, `grouped.rs` |
//! | 4 | CRC-32 (IEEE) of all bytes before |
//!
//! All numbers are little-endian. Equal states give equal bytes: every payload is in canonical form, and holds no clock and
//! no path. Bytes that are not in canonical form are refused.

use super::reader::{Reader, invalid};
use super::{compact, exact, threshold};
use crate::control::Control;
use crate::count::{Accumulator, CompactCounts, ExactCounts, ThresholdCounts};
use crate::error::Result;

const MAGIC: &[u8; 8] = b"THRESHER";
/// Without further sums, and with them: what came first stays as it was, byte for byte.
const VERSIONS: [u16; 2] = [1, 2];
const HEADER: usize = 20;
const CHECKSUM: usize = 4;
/// By kind, from 1.
const KINDS: [&str; 5] = ["ThresholdCounts", "ExactCounts", "CompactCounts", "PairedCounts", "GroupedCounts"];

/// A payload in its frame; `sums`: further sums are part of it.
pub(super) fn framed(kind: u8, sums: bool, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + payload.len() + CHECKSUM);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSIONS[usize::from(sums)].to_le_bytes());
    bytes.extend_from_slice(&[kind, 0]);
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// The kind of a state, whether it has further sums, and its payload.
///
/// # Errors
/// [`Error::InvalidState`](crate::Error::InvalidState) for a frame that is damaged, of a newer version or unknown kind.
pub(super) fn unframed(bytes: &[u8]) -> Result<(u8, bool, &[u8])> {
    let mut reader = Reader::new(bytes);
    if bytes.len() < HEADER + CHECKSUM || reader.bytes(MAGIC.len())? != MAGIC {
        return invalid(format!("{} bytes that do not begin as a state does", bytes.len()));
    }
    let version = reader.u16()?;
    let Some(sums) = VERSIONS.iter().position(|&known| known == version) else {
        return invalid(format!("format version {version}; this thresher reads versions 1 and 2"));
    };
    let (kind, zero) = (reader.u8()?, reader.u8()?);
    let len = reader.u64()?;
    if len != (bytes.len() - HEADER - CHECKSUM) as u64 {
        let found = bytes.len() - HEADER - CHECKSUM;
        return invalid(format!("a payload of {len} bytes is announced, but {found} bytes are there"));
    }
    let payload = reader.bytes(bytes.len() - HEADER - CHECKSUM)?;
    let stored = reader.u32()?;
    let computed = crc32fast::hash(&bytes[..bytes.len() - CHECKSUM]);
    if stored != computed {
        return invalid(format!("checksum {computed:08x} does not match the stored {stored:08x}; bytes were damaged"));
    }
    if zero != 0 {
        return invalid(format!("reserved byte is {zero}, not 0"));
    }
    Ok((kind, sums == 1, payload))
}

/// The refusal of a kind that the caller does not read.
pub(super) fn other_kind<T>(kind: u8, wanted: &str) -> Result<T> {
    match KINDS.get(usize::from(kind).wrapping_sub(1)) {
        Some(found) => invalid(format!("the bytes hold {found}, but {wanted} was to read them")),
        None => invalid(format!("kind {kind} is none of 1, 2, 3, 4, 5")),
    }
}

/// An accumulator of any kind.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::count::CompactCounts;
/// use thresher::state::AnyCounts;
/// use thresher::Control;
///
/// let cancel = AtomicBool::new(false);
/// let counts = AnyCounts::Compact(CompactCounts::new());
/// let bytes = counts.to_bytes(&Control::new(&cancel))?;
/// assert_eq!(AnyCounts::from_bytes(&bytes)?, counts);
/// assert!(AnyCounts::from_bytes(&bytes[1..]).is_err());
/// # Ok::<(), thresher::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum AnyCounts {
    /// Counts at thresholds.
    Thresholds(ThresholdCounts),
    /// Counts per distinct score.
    Exact(ExactCounts),
    /// Counts per fixed interval.
    Compact(CompactCounts),
}

impl AnyCounts {
    /// The state as bytes: the same bytes for equal states.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted), [`Error::OutOfMemory`](crate::Error::OutOfMemory) while an
    /// ExactCounts is brought into canonical form.
    pub fn to_bytes(&self, control: &Control<'_>) -> Result<Vec<u8>> {
        let mut payload = Vec::new();
        let kind = match self {
            Self::Thresholds(counts) => {
                threshold::write(counts, &mut payload);
                1
            }
            Self::Exact(counts) => {
                exact::write(counts, &mut payload, control)?;
                2
            }
            Self::Compact(counts) => {
                compact::write(counts, &mut payload);
                3
            }
        };
        Ok(framed(kind, self.sums(), &payload))
    }

    /// The state these bytes were made from.
    ///
    /// # Errors
    /// [`Error::InvalidState`](crate::Error::InvalidState) for anything that [`AnyCounts::to_bytes`] of this or an earlier
    /// version would not have written: damaged, truncated, lengthened, or of a newer version. No memory is taken for a
    /// length that the bytes themselves do not back.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (kind, sums, payload) = unframed(bytes)?;
        let mut reader = Reader::new(payload);
        let counts = match kind {
            1 => Self::Thresholds(threshold::read(&mut reader, sums)?),
            2 => Self::Exact(exact::read(&mut reader, sums)?),
            3 => Self::Compact(compact::read(&mut reader, sums)?),
            _ => return other_kind(kind, "a counter of one model"),
        };
        reader.finish()?;
        Ok(counts)
    }

    fn sums(&self) -> bool {
        match self {
            Self::Thresholds(counts) => counts.sums(),
            Self::Exact(counts) => counts.sums(),
            Self::Compact(counts) => counts.sums(),
        }
    }

    /// The name of the accumulator.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Thresholds(_) => "ThresholdCounts",
            Self::Exact(_) => "ExactCounts",
            Self::Compact(_) => "CompactCounts",
        }
    }
}
