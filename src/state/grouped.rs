//! The payload of a GroupedCounts.
//!
//! | bytes | content |
//! |---|---|
//! | 1 | kind of its accumulators: 1 ThresholdCounts, 2 ExactCounts, 3 CompactCounts |
//! | … | settings, of ThresholdCounts alone: comparison, dtype given, dtype acting (1 byte each, as in `threshold.rs`), number of thresholds k (8), thresholds (8·k) |
//! | 4 | number of key columns m; 0 while there is no group |
//! | 1 | 1 if the columns have names |
//! | … | if they have: of each, its length in bytes (4) and its UTF-8 |
//! | 8 | number of groups g |
//! | … | per group, keys ascending: its key, m values; then its accumulator |
//!
//! A value is its tag (1 byte) and, for tags below 16, an int64 (8), else a length in bytes (8) and the bytes. Tags: 0 none
//! (always 0), 1 bool, 2 int below 2^63, 3 int from 2^63 to 2^64 − 1 less 2^63, 4 float (its bits, made to ascend as the numbers
//! do), 5 date (days since 1970-01-01), 6 datetime (microseconds since), 7 the same in UTC, 16 text (UTF-8), 17 bytes. Keys
//! compare column by column, by tag and then by value, text as bytes.
//!
//! An accumulator is its payload (`exact.rs`, `compact.rs`); of ThresholdCounts its rows, then all that follows the thresholds in
//! `threshold.rs`.

use super::codec::{framed, other_kind, unframed};
use super::reader::{Reader, invalid};
use super::{AnyCounts, compact, exact, threshold};
use crate::control::Control;
use crate::count::{
    Accumulator, CompactCounts, ExactCounts, Group, Groupable, GroupedCounts, KeyNames, KeyValue, Loading,
    ThresholdCounts,
};
use crate::error::Result;

/// Its kind in the frame.
const KIND: u8 = 5;
/// The last tag of each sort.
const LAST_TAGS: [u8; 2] = [7, 17];

/// GroupedCounts of any kind.
#[derive(Debug, Clone)]
pub enum AnyGrouped {
    /// Counts at thresholds.
    Thresholds(GroupedCounts<ThresholdCounts>),
    /// Counts per distinct score.
    Exact(GroupedCounts<ExactCounts>),
    /// Counts per fixed interval.
    Compact(GroupedCounts<CompactCounts>),
}

impl AnyGrouped {
    /// No group; each will be as `prototype` is but for what it has counted.
    #[must_use]
    pub fn new(prototype: AnyCounts) -> Self {
        match prototype {
            AnyCounts::Thresholds(mut counts) => {
                counts.reset();
                Self::Thresholds(GroupedCounts::new(counts))
            }
            AnyCounts::Exact(mut counts) => {
                counts.reset();
                Self::Exact(GroupedCounts::new(counts))
            }
            AnyCounts::Compact(mut counts) => {
                counts.reset();
                Self::Compact(GroupedCounts::new(counts))
            }
        }
    }

    /// The state as bytes: the same bytes for equal states.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted), [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn to_bytes(&self, control: &Control<'_>) -> Result<Vec<u8>> {
        let (payload, sums) = match self {
            Self::Thresholds(counts) => (written(counts, control)?, counts.prototype().sums()),
            Self::Exact(counts) => (written(counts, control)?, counts.prototype().sums()),
            Self::Compact(counts) => (written(counts, control)?, counts.prototype().sums()),
        };
        Ok(framed(KIND, sums, &payload))
    }

    /// The state these bytes were made from.
    ///
    /// # Errors
    /// [`Error::InvalidState`](crate::Error::InvalidState) for anything that [`AnyGrouped::to_bytes`] would not have written, as
    /// far as bytes can tell. No memory is taken for a length that the bytes themselves do not back.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (kind, sums, payload) = unframed(bytes)?;
        if kind != KIND {
            return other_kind(kind, "GroupedCounts");
        }
        let mut reader = Reader::new(payload);
        let counts = match reader.u8()? {
            1 => Self::Thresholds(read(&mut reader, sums)?),
            2 => Self::Exact(read(&mut reader, sums)?),
            3 => Self::Compact(read(&mut reader, sums)?),
            kind => return invalid(format!("groups of kind {kind}, which is none of 1, 2, 3")),
        };
        reader.finish()?;
        Ok(counts)
    }
}

/// How accumulators of a kind are written, one of many.
trait Written: Groupable {
    const KIND: u8;
    /// The least bytes of one.
    const LEAST: usize;
    /// Writes what all have in common.
    fn write_settings(&self, out: &mut Vec<u8>);
    fn write_group(&self, out: &mut Vec<u8>, control: &Control<'_>) -> Result<()>;
    /// What each begins as, before and after the first rows.
    fn read_settings(reader: &mut Reader<'_>, sums: bool) -> Result<[Self; 2]>;
    /// Reads one; as its rows, where these can be told and are at most `most`.
    fn read_group(reader: &mut Reader<'_>, sums: bool, of: &[Self; 2], most: usize) -> Result<Group<Self>>;
    /// Ok when the settings that the first rows fix are fixed exactly if there are rows.
    fn check_settings(_of: &[Self; 2], _any_rows: bool) -> Result<()> {
        Ok(())
    }
}

impl Written for ThresholdCounts {
    const KIND: u8 = 1;
    const LEAST: usize = 25 + 16;

    fn write_settings(&self, out: &mut Vec<u8>) {
        threshold::write_settings(self, out);
    }
    fn write_group(&self, out: &mut Vec<u8>, _control: &Control<'_>) -> Result<()> {
        threshold::write_group(self, out);
        Ok(())
    }
    fn read_settings(reader: &mut Reader<'_>, sums: bool) -> Result<[Self; 2]> {
        threshold::read_settings(reader, sums)
    }
    fn read_group(reader: &mut Reader<'_>, sums: bool, of: &[Self; 2], _most: usize) -> Result<Group<Self>> {
        threshold::read_group(reader, sums, of).map(Group::Counts)
    }
    fn check_settings([prototype, fresh]: &[Self; 2], any_rows: bool) -> Result<()> {
        let fits = prototype.dtype() == fresh.dtype() || (prototype.dtype().is_none() && any_rows);
        let decided = fresh.dtype().is_some() || !any_rows;
        if fits && decided { Ok(()) } else { invalid("the dtype of the thresholds does not fit the rows") }
    }
}

impl Written for ExactCounts {
    const KIND: u8 = 2;
    const LEAST: usize = 25 + 2 + 8;

    fn write_settings(&self, _out: &mut Vec<u8>) {}
    fn write_group(&self, out: &mut Vec<u8>, control: &Control<'_>) -> Result<()> {
        exact::write(self, out, control)
    }
    fn read_settings(_reader: &mut Reader<'_>, sums: bool) -> Result<[Self; 2]> {
        let counts = if sums { Self::new(None).with_sums() } else { Self::new(None) };
        Ok([counts.clone(), counts])
    }
    fn read_group(reader: &mut Reader<'_>, sums: bool, _of: &[Self; 2], most: usize) -> Result<Group<Self>> {
        exact::read_group(reader, sums, most)
    }
}

impl Written for CompactCounts {
    const KIND: u8 = 3;
    const LEAST: usize = 25 + 1 + 8;

    fn write_settings(&self, _out: &mut Vec<u8>) {}
    fn write_group(&self, out: &mut Vec<u8>, _control: &Control<'_>) -> Result<()> {
        compact::write(self, out);
        Ok(())
    }
    fn read_settings(_reader: &mut Reader<'_>, sums: bool) -> Result<[Self; 2]> {
        let counts = if sums { Self::new().with_sums() } else { Self::new() };
        Ok([counts.clone(), counts])
    }
    fn read_group(reader: &mut Reader<'_>, sums: bool, _of: &[Self; 2], most: usize) -> Result<Group<Self>> {
        compact::read_group(reader, sums, most)
    }
}

fn written<A: Written>(counts: &GroupedCounts<A>, control: &Control<'_>) -> Result<Vec<u8>> {
    let mut out = vec![A::KIND];
    counts.fresh().write_settings(&mut out);
    let (columns, keys) = counts.parts();
    out.extend_from_slice(&columns.map_or(0, |columns| columns.columns as u32).to_le_bytes());
    let names = columns.and_then(|columns| columns.names.as_ref());
    out.push(names.is_some().into());
    for name in names.into_iter().flatten() {
        out.extend_from_slice(&(name.len() as u32).to_le_bytes());
        out.extend_from_slice(name.as_bytes());
    }
    out.extend_from_slice(&(counts.len() as u64).to_le_bytes());
    let groups = counts.accumulators(control, |group| {
        let mut bytes = Vec::new();
        group.write_group(&mut bytes, control)?;
        Ok(bytes.into_boxed_slice())
    })?;
    for (at, group) in keys.ordered().into_iter().enumerate() {
        if at % 4096 == 0 {
            control.check()?;
        }
        keys.key(group).into_iter().for_each(|value| write_value(value, &mut out));
        out.extend_from_slice(&groups[group as usize]);
    }
    Ok(out)
}

fn write_value(value: KeyValue<'_>, out: &mut Vec<u8>) {
    match value {
        KeyValue::Whole { tag, value } => {
            out.push(tag);
            out.extend_from_slice(&value.to_le_bytes());
        }
        KeyValue::Text { tag, bytes } => {
            out.push(tag);
            out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            out.extend_from_slice(bytes);
        }
    }
}

fn read<A: Written>(reader: &mut Reader<'_>, sums: bool) -> Result<GroupedCounts<A>> {
    /// The least bytes of a value.
    const VALUE: usize = 9;
    let of = A::read_settings(reader, sums)?;
    let columns = reader.u32()? as usize;
    let names = read_names(reader, columns)?;
    // A key has at least a value, and an accumulator some bytes, so that no length that lies takes memory.
    let len = reader.len(columns.saturating_mul(VALUE).saturating_add(A::LEAST))?;
    if (columns == 0) != (len == 0) {
        return invalid(format!("{len} groups by {columns} columns"));
    }
    let [prototype, fresh] = of.clone();
    let names = (columns > 0).then_some(KeyNames { columns, names });
    let mut loading = Loading::new(prototype, fresh, names);
    let mut last: Option<Vec<KeyValue<'_>>> = None;
    for _ in 0..len {
        let key = (0..columns).map(|_| read_value(reader)).collect::<Result<Vec<_>>>()?;
        if last.as_ref().is_some_and(|last| *last >= key) {
            return invalid("keys of groups do not ascend");
        }
        let group = A::read_group(reader, sums, &of, loading.rows_kept())?;
        loading.add(&key, group).or_else(|error| invalid(error.to_string()))?;
        last = Some(key);
    }
    let counts = loading.finish().or_else(|error| invalid(error.to_string()))?;
    let rows = counts.rows();
    A::check_settings(&of, rows.positives + rows.negatives > 0)?;
    Ok(counts)
}

fn read_names(reader: &mut Reader<'_>, columns: usize) -> Result<Option<Vec<String>>> {
    if !reader.flag("`named`")? {
        return Ok(None);
    }
    let mut names = Vec::new();
    for _ in 0..columns {
        let len = reader.u32()? as usize;
        match std::str::from_utf8(reader.bytes(len)?) {
            Ok(name) if !names.iter().any(|other| other == name) => names.push(name.to_owned()),
            Ok(name) => return invalid(format!("two key columns named {name:?}")),
            Err(_) => return invalid("the name of a key column is no UTF-8"),
        }
    }
    if columns == 0 { invalid("names of no key column") } else { Ok(Some(names)) }
}

fn read_value<'b>(reader: &mut Reader<'b>) -> Result<KeyValue<'b>> {
    let tag = reader.u8()?;
    if tag < KeyValue::TEXT {
        let value = reader.u64()?.cast_signed();
        let fits = match tag {
            0 => value == 0,
            1 => value == 0 || value == 1,
            3 => value >= 0,
            _ => tag <= LAST_TAGS[0],
        };
        return if fits {
            Ok(KeyValue::Whole { tag, value })
        } else {
            invalid(format!("a key of tag {tag} and value {value}"))
        };
    }
    let len = reader.len(1)?;
    let bytes = reader.bytes(len)?;
    let text = tag == KeyValue::TEXT && std::str::from_utf8(bytes).is_ok();
    if text || (tag > KeyValue::TEXT && tag <= LAST_TAGS[1]) {
        return Ok(KeyValue::Text { tag, bytes });
    }
    invalid(format!("a key of tag {tag} and {len} bytes"))
}
