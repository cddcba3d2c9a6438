//! [`KeyColumn`]: a column of keys as it comes in, and the numbers of its rows' values.

use super::values::{Growing, KeyValue};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::{Column, bytes_of, int32s, whole};
use crate::simd::Kernel;

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
const NO_NUMBER: u32 = u32::MAX;

/// Places of numbers that stay in a cache, and may be more than rows: a quarter of a million rows of a million keys took five
/// times as long by the hash table.
const SMALL: usize = 1 << 21;

/// Values from before that are put in for each row to come: a few ns each, a look-up of one that is new to a cache 40.
const MOST_A_ROW: usize = 4;

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
        self.0.iter().try_for_each(|chunk| chunk.number_all(values, &mut numbers, control))?;
        Ok(numbers)
    }
}

fn value_of(tag: u8, value: i64) -> KeyValue<'static> {
    match (tag, value < 0) {
        (UNSIGNED, false) => KeyValue::Whole { tag: INTEGER, value },
        (UNSIGNED, true) => KeyValue::Whole { tag: LARGE_INTEGER, value: value & i64::MAX },
        _ => KeyValue::Whole { tag, value },
    }
}

/// The integer that [`value_of`] makes a number of this type of; none where no integer does.
fn whole_of(tag: u8, own: u8, value: i64) -> Option<i64> {
    match (tag, own) {
        (UNSIGNED, INTEGER) => Some(value).filter(|value| *value >= 0),
        (UNSIGNED, LARGE_INTEGER) => Some(value | i64::MIN),
        _ => Some(value).filter(|_| own == tag),
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

    fn number_all(&self, values: &mut Growing<'_>, numbers: &mut Vec<u32>, control: &Control<'_>) -> Result<()> {
        if let Some(valid) = self.valid()
            && valid.len() != self.len()
        {
            return Err(Error::LengthMismatch { argument: "groups", found: valid.len(), expected: self.len() });
        }
        if let Self::Whole { tag, values: column, valid: None } = self
            && let Some(wholes) = int32s(column)
        {
            let mut known = Known::for_int32s(wholes, control)?;
            known.take(*tag, column.len(), values);
            for wholes in wholes.chunks(ROWS) {
                control.check()?;
                numbers.extend(wholes.iter().map(|&whole| known.number(*tag, whole.into(), values)));
            }
            return Ok(());
        }
        match self {
            Self::Whole { tag, values: column, .. } => {
                let mut known = Known::for_values(column, control)?;
                known.take(*tag, column.len(), values);
                let (mut scratch, mut flags) = (Vec::new(), Vec::new());
                for start in (0..column.len()).step_by(ROWS) {
                    control.check()?;
                    let len = ROWS.min(column.len() - start);
                    let wholes = integers(column, start, len, &mut scratch, control)?;
                    match self.valid() {
                        None => numbers.extend(wholes.iter().map(|&whole| known.number(*tag, whole, values))),
                        Some(valid) => {
                            let valid = integers(valid, start, len, &mut flags, control)?;
                            numbers.extend(wholes.iter().zip(valid).map(|(&whole, &valid)| match valid {
                                0 => values.number(KeyValue::NONE),
                                _ => known.number(*tag, whole, values),
                            }));
                        }
                    }
                }
                Ok(())
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
                let mut known = Known { lowest: 0, numbers: vec![NO_NUMBER; dictionary.len()], all: false };
                self.each_whole(codes, control, |code| {
                    let number = match code.filter(|&code| code >= 0) {
                        Some(code) => {
                            let place = usize::try_from(code).ok().filter(|&place| place < known.numbers.len());
                            let place = place.ok_or(Error::UnknownCode { code, len: dictionary.len() })?;
                            let value =
                                if known.numbers[place] == NO_NUMBER { Some(entries.get(place)?) } else { None };
                            known.at(place, || values.number(value.unwrap_or(KeyValue::NONE)))
                        }
                        None => values.number(KeyValue::NONE),
                    };
                    numbers.push(number);
                    Ok(())
                })
            }
        }
    }

    /// Hands on each row's integer; none where there is none.
    fn each_whole(
        &self,
        column: &Column<'_>,
        control: &Control<'_>,
        mut take: impl FnMut(Option<i64>) -> Result<()>,
    ) -> Result<()> {
        let (mut scratch, mut flags) = (Vec::new(), Vec::new());
        for start in (0..column.len()).step_by(ROWS) {
            control.check()?;
            let len = ROWS.min(column.len() - start);
            let values = integers(column, start, len, &mut scratch, control)?;
            match self.valid() {
                None => values.iter().try_for_each(|&value| take(Some(value)))?,
                Some(valid) => {
                    let valid = integers(valid, start, len, &mut flags, control)?;
                    let mut rows = values.iter().zip(valid);
                    rows.try_for_each(|(&value, &valid)| take((valid != 0).then_some(value)))?;
                }
            }
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

/// Numbers that have been looked up, by place: a value less the lowest one. Only for values that lie close together.
struct Known {
    lowest: i64,
    numbers: Vec<u32>,
    /// A value whose number is not here has none.
    all: bool,
}

impl Known {
    /// For values of which the lowest and the highest differ by little more than there are rows.
    fn for_values(column: &Column<'_>, control: &Control<'_>) -> Result<Self> {
        let mut scratch = Vec::new();
        let (mut lowest, mut highest) = (i64::MAX, i64::MIN);
        for start in (0..column.len()).step_by(ROWS) {
            control.check()?;
            let values = integers(column, start, ROWS.min(column.len() - start), &mut scratch, control)?;
            (lowest, highest) = values.iter().fold((lowest, highest), |(low, high), &v| (low.min(v), high.max(v)));
        }
        Ok(Self::spanning(lowest, highest, column.len()))
    }

    /// The same for values that are read where they lie, at their own width: 32 bits are compared twice as many at a time.
    fn for_int32s(values: &[i32], control: &Control<'_>) -> Result<Self> {
        let (mut lowest, mut highest) = (i64::MAX, i64::MIN);
        for values in values.chunks(ROWS) {
            control.check()?;
            let (low, high) = control.level.run(Extremes(values));
            (lowest, highest) = (lowest.min(low.into()), highest.max(high.into()));
        }
        Ok(Self::spanning(lowest, highest, values.len()))
    }

    fn spanning(lowest: i64, highest: i64, rows: usize) -> Self {
        let span = usize::try_from(highest.wrapping_sub(lowest)).ok().filter(|_| lowest <= highest);
        let most = (2 * rows).max(SMALL.min(8 * rows));
        let places = span.filter(|&span| span <= most).map_or(0, |span| span + 1);
        Self { lowest, numbers: vec![NO_NUMBER; places], all: false }
    }

    /// Puts in the numbers of values that have come before, one after another: to look each up at its first row would touch the
    /// hash table in any order, which took a quarter of the time of a million keys.
    fn take(&mut self, tag: u8, rows: usize, values: &Growing<'_>) {
        if self.numbers.is_empty() || values.len() > MOST_A_ROW * rows {
            return;
        }
        for (number, (own, value)) in (0..).zip(values.numbers()) {
            let place = whole_of(tag, own, value).map(|whole| whole.wrapping_sub(self.lowest).cast_unsigned() as usize);
            if let Some(known) = place.and_then(|place| self.numbers.get_mut(place)) {
                *known = number;
            }
        }
        self.all = true;
    }

    /// The number of an integer, which is looked up at its first row alone, and not even there where all are known.
    #[inline]
    fn number(&mut self, tag: u8, whole: i64, values: &mut Growing<'_>) -> u32 {
        let place = whole.wrapping_sub(self.lowest).cast_unsigned() as usize;
        match self.numbers.get_mut(place) {
            Some(&mut number) if number != NO_NUMBER => number,
            Some(known) => {
                let value = value_of(tag, whole);
                *known = if self.all { values.number_new(value) } else { values.number(value) };
                *known
            }
            None => values.number(value_of(tag, whole)),
        }
    }

    #[inline]
    fn at(&mut self, place: usize, number: impl FnOnce() -> u32) -> u32 {
        let known = &mut self.numbers[place];
        if *known == NO_NUMBER {
            *known = number();
        }
        *known
    }
}

/// The lowest and the highest of some values.
struct Extremes<'v>(&'v [i32]);

impl Kernel for Extremes<'_> {
    type Output = (i32, i32);

    #[inline(always)]
    fn run(self) -> (i32, i32) {
        self.0.iter().fold((i32::MAX, i32::MIN), |(low, high), &value| (low.min(value), high.max(value)))
    }
}
