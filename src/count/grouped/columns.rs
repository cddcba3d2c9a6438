//! [`KeyColumn`]: a column of keys as it comes in, and the numbers of its rows' values.

use super::known::{Extremes, Known, value_of};
use super::values::{Growing, KeyValue};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::{Column, bytes_of, int32s, whole};

/// A column of keys, in one or several chunks.
#[derive(Debug)]
pub struct KeyColumn<'a>(pub Vec<KeyChunk<'a>>);

/// Some rows of a column of keys.
#[derive(Debug)]
pub enum KeyChunk<'a> {
    /// Integers, or what is told as integers.
    Whole {
        /// Their type; [`UNSIGNED`] for the bits of uint64.
        tag: u8,
        /// The integers.
        values: Column<'a>,
        /// False where there is none.
        valid: Option<Column<'a>>,
    },
    /// Text or bytes: row `i` lies at `bytes[offsets[i]..offsets[i + 1]]`.
    Text {
        /// Their type.
        tag: u8,
        /// One more than there are rows.
        offsets: Column<'a>,
        /// uint8.
        bytes: Column<'a>,
        /// False where there is none.
        valid: Option<Column<'a>>,
    },
    /// Values of any types, as a dictionary may hold them.
    Mixed {
        /// uint8: the type of each.
        tags: Column<'a>,
        /// The integer of each; whatever for text.
        wholes: Column<'a>,
        /// Where the text of each ends, in `bytes`, and that of the next begins.
        ends: Column<'a>,
        /// uint8.
        bytes: Column<'a>,
    },
    /// Places in a dictionary; a negative one for none.
    Coded {
        /// The places.
        codes: Column<'a>,
        /// False where there is none.
        valid: Option<Column<'a>>,
        /// What stands there.
        dictionary: Box<KeyChunk<'a>>,
    },
}

/// Stands for the tag of integers from 0 to 2^64 − 1: those below 2^63 are as other integers, the rest follow them.
pub const UNSIGNED: u8 = 255;
/// The tag of integers.
pub const INTEGER: u8 = 2;
/// The tag of integers from 2^63 on, less 2^63.
pub const LARGE_INTEGER: u8 = 3;

const ROWS: usize = 4096;

impl KeyColumn<'_> {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(KeyChunk::len).sum()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of each row's value.
    pub(super) fn numbers(&self, values: &mut Growing<'_>, control: &Control<'_>) -> Result<Vec<u32>> {
        let mut numbers = crate::simd::room(self.len(), "groups of rows")?;
        if let Some((tag, mut known)) = self.known(control)? {
            known.take(tag, self.len(), values);
            self.0.iter().try_for_each(|chunk| chunk.number_wholes(&mut known, values, &mut numbers, control))?;
        } else {
            self.0.iter().try_for_each(|chunk| chunk.number_others(values, &mut numbers, control))?;
        }
        Ok(numbers)
    }

    /// For numbers of one type in all chunks.
    fn known(&self, control: &Control<'_>) -> Result<Option<(u8, Known)>> {
        let tags = self.0.iter().map(|chunk| if let KeyChunk::Whole { tag, .. } = chunk { Some(*tag) } else { None });
        let Some(tags) = tags.collect::<Option<Vec<_>>>() else { return Ok(None) };
        let Some((&tag, others)) = tags.split_first() else { return Ok(None) };
        if others.iter().any(|other| *other != tag) {
            return Ok(None);
        }
        let ends = self.0.iter().map(|chunk| chunk.ends(control)).collect::<Result<Vec<_>>>()?;
        let ends = ends.into_iter().fold((i64::MAX, i64::MIN), |(a, b), (low, high)| (a.min(low), b.max(high)));
        Ok(Some((tag, Known::spanning(ends, self.len()))))
    }
}

impl KeyChunk<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Whole { values, .. } => values.len(),
            Self::Text { offsets, .. } => offsets.len().saturating_sub(1),
            Self::Mixed { tags, .. } => tags.len(),
            Self::Coded { codes, .. } => codes.len(),
        }
    }

    fn valid(&self) -> Option<&Column<'_>> {
        match self {
            Self::Whole { valid, .. } | Self::Text { valid, .. } | Self::Coded { valid, .. } => valid.as_ref(),
            Self::Mixed { .. } => None,
        }
    }

    /// The lowest and the highest integer of a column; the other way round where there is none.
    fn ends(&self, control: &Control<'_>) -> Result<(i64, i64)> {
        let (mut lowest, mut highest) = (i64::MAX, i64::MIN);
        let Self::Whole { values: column, .. } = self else { return Ok((lowest, highest)) };
        let mut add = |(low, high): (i64, i64)| (lowest, highest) = (lowest.min(low), highest.max(high));
        if let Some(wholes) = int32s(column) {
            // Read where they lie, at their own width: twice as many are compared at a time.
            for wholes in wholes.chunks(ROWS) {
                control.check()?;
                let (low, high) = control.level.run(Extremes(wholes));
                add((low.into(), high.into()));
            }
            return Ok((lowest, highest));
        }
        let mut scratch = Vec::new();
        for start in (0..column.len()).step_by(ROWS) {
            control.check()?;
            let wholes = integers(column, start, ROWS.min(column.len() - start), &mut scratch, control)?;
            add(control.level.run(Extremes(wholes)));
        }
        Ok((lowest, highest))
    }

    fn check_valid(&self) -> Result<()> {
        match self.valid() {
            Some(valid) if valid.len() != self.len() => {
                Err(Error::LengthMismatch { argument: "groups", found: valid.len(), expected: self.len() })
            }
            _ => Ok(()),
        }
    }

    fn number_wholes(
        &self,
        known: &mut Known,
        values: &mut Growing<'_>,
        numbers: &mut Vec<u32>,
        control: &Control<'_>,
    ) -> Result<()> {
        self.check_valid()?;
        let Self::Whole { tag, values: column, valid } = self else { return Ok(()) };
        if let (Some(wholes), None) = (int32s(column), valid) {
            for wholes in wholes.chunks(ROWS) {
                control.check()?;
                numbers.extend(wholes.iter().map(|&whole| known.number(*tag, whole.into(), values)));
            }
            return Ok(());
        }
        self.each_block(column, control, |wholes, valid| {
            match valid {
                None => numbers.extend(wholes.iter().map(|&whole| known.number(*tag, whole, values))),
                Some(valid) => numbers.extend(wholes.iter().zip(valid).map(|(&whole, &valid)| match valid {
                    0 => values.number(KeyValue::NONE),
                    _ => known.number(*tag, whole, values),
                })),
            }
            Ok(())
        })
    }

    fn number_others(&self, values: &mut Growing<'_>, numbers: &mut Vec<u32>, control: &Control<'_>) -> Result<()> {
        self.check_valid()?;
        match self {
            Self::Whole { tag, .. } => {
                let mut known = Known::spanning(self.ends(control)?, self.len());
                known.take(*tag, self.len(), values);
                self.number_wholes(&mut known, values, numbers, control)
            }
            Self::Text { .. } | Self::Mixed { .. } => {
                let entries = Entries::new(self, control)?;
                for at in 0..self.len() {
                    if at % ROWS == 0 {
                        control.check()?;
                    }
                    numbers.push(values.number(entries.get(at)?));
                }
                Ok(())
            }
            Self::Coded { codes, dictionary, .. } => {
                let entries = Entries::new(dictionary, control)?;
                let mut known = Known::of_places(dictionary.len());
                self.each_block(codes, control, |codes, valid| {
                    if valid.is_none() && known.extend(codes, numbers) {
                        return Ok(());
                    }
                    for (at, &code) in codes.iter().enumerate() {
                        let number = if code < 0 || valid.is_some_and(|valid| valid[at] == 0) {
                            values.number(KeyValue::NONE)
                        } else {
                            let place = usize::try_from(code).ok().filter(|&place| place < dictionary.len());
                            let place = place.ok_or(Error::UnknownCode { code, len: dictionary.len() })?;
                            known.at(place, || entries.get(place).map(|value| values.number(value)))?
                        };
                        numbers.push(number);
                    }
                    Ok(())
                })
            }
        }
    }

    /// Hands on the integers of some rows at a time, and which of them are there, unless all are: 0 for those that are not.
    fn each_block(
        &self,
        column: &Column<'_>,
        control: &Control<'_>,
        mut take: impl FnMut(&[i64], Option<&[i64]>) -> Result<()>,
    ) -> Result<()> {
        let (mut scratch, mut flags) = (Vec::new(), Vec::new());
        for start in (0..column.len()).step_by(ROWS) {
            control.check()?;
            let len = ROWS.min(column.len() - start);
            let values = integers(column, start, len, &mut scratch, control)?;
            let valid = self.valid().map(|valid| integers(valid, start, len, &mut flags, control)).transpose()?;
            take(values, valid)?;
        }
        Ok(())
    }
}

fn integers<'b>(
    column: &Column<'b>,
    start: usize,
    len: usize,
    scratch: &'b mut Vec<i64>,
    control: &Control<'_>,
) -> Result<&'b [i64]> {
    whole(column, start, len, scratch, control.level)
}

/// All integers of a column.
fn all_integers(column: &Column<'_>, control: &Control<'_>) -> Result<Vec<i64>> {
    let mut scratch = Vec::new();
    Ok(integers(column, 0, column.len(), &mut scratch, control)?.to_vec())
}

/// The values of a chunk that has no dictionary, each to be asked for.
struct Entries<'d> {
    held: Held<'d>,
    valid: Option<Vec<i64>>,
}

enum Held<'d> {
    Whole { tag: u8, values: Vec<i64> },
    Text { tag: u8, offsets: Vec<i64>, bytes: &'d [u8] },
    Mixed { tags: &'d [u8], wholes: Vec<i64>, ends: Vec<i64>, bytes: &'d [u8] },
}

impl<'d> Entries<'d> {
    fn new(chunk: &KeyChunk<'d>, control: &Control<'_>) -> Result<Self> {
        let of = |column: &Column<'d>| bytes_of(column).ok_or(Error::ScatteredKeys);
        let held = match chunk {
            KeyChunk::Whole { tag, values, .. } => Held::Whole { tag: *tag, values: all_integers(values, control)? },
            KeyChunk::Text { tag, offsets, bytes, .. } => {
                Held::Text { tag: *tag, offsets: all_integers(offsets, control)?, bytes: of(bytes)? }
            }
            KeyChunk::Mixed { tags, wholes, ends, bytes } => {
                let (wholes, ends) = (all_integers(wholes, control)?, all_integers(ends, control)?);
                Held::Mixed { tags: of(tags)?, wholes, ends, bytes: of(bytes)? }
            }
            KeyChunk::Coded { .. } => return Err(Error::ScatteredKeys),
        };
        let valid = chunk.valid().map(|valid| all_integers(valid, control)).transpose()?;
        Ok(Self { held, valid })
    }

    fn get(&self, at: usize) -> Result<KeyValue<'_>> {
        fn text<'t>(tag: u8, bytes: &'t [u8], start: Option<&i64>, end: Option<&i64>) -> Option<KeyValue<'t>> {
            let place = |offset: Option<&i64>| usize::try_from(*offset?).ok();
            Some(KeyValue::Text { tag, bytes: bytes.get(place(start)?..place(end)?)? })
        }
        if self.valid.as_ref().is_some_and(|valid| valid.get(at) == Some(&0)) {
            return Ok(KeyValue::NONE);
        }
        let value = match &self.held {
            Held::Whole { tag, values } => values.get(at).map(|&value| value_of(*tag, value)),
            Held::Text { tag, offsets, bytes } => text(*tag, bytes, offsets.get(at), offsets.get(at + 1)),
            Held::Mixed { tags, wholes, ends, bytes } => match tags.get(at) {
                Some(&tag) if tag >= KeyValue::TEXT => {
                    let start = at.checked_sub(1).map_or(Some(&0), |before| ends.get(before));
                    text(tag, bytes, start, ends.get(at))
                }
                Some(&tag) => wholes.get(at).map(|&value| KeyValue::Whole { tag, value }),
                None => None,
            },
        };
        value.ok_or(Error::ScatteredKeys)
    }
}
