//! [`Known`]: the numbers of integers that lie close together, by place.

use super::columns::{INTEGER, LARGE_INTEGER, UNSIGNED};
use super::values::{Growing, KeyValue};
use crate::error::Result;
use crate::simd::Kernel;

const NO_NUMBER: u32 = u32::MAX;

/// Places of numbers that stay in a cache, and may be more than rows: the first quarter of a million rows of a million keys took
/// 160 to 280 ns each by the hash table, 64 to 130 by place.
const SMALL: usize = 1 << 21;

/// Values from before that are put in for each row to come. Chosen, not tuned: putting one in costs less than looking one up.
const MOST_A_ROW: usize = 4;

/// The value that an integer of a column of this type is.
pub(super) fn value_of(tag: u8, value: i64) -> KeyValue<'static> {
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

/// Numbers that have been looked up, by place: a value less the lowest one.
pub(super) struct Known {
    lowest: i64,
    numbers: Vec<u32>,
    /// A value whose number is not here has none.
    all: bool,
}

impl Known {
    /// For so many places of a dictionary.
    pub(super) fn of_places(places: usize) -> Self {
        Self { lowest: 0, numbers: vec![NO_NUMBER; places], all: false }
    }

    /// For so many rows of values between these two; of no use where the two differ by far more than there are rows.
    pub(super) fn spanning((lowest, highest): (i64, i64), rows: usize) -> Self {
        let span = usize::try_from(highest.wrapping_sub(lowest)).ok().filter(|_| lowest <= highest);
        let most = (2 * rows).max(SMALL.min(8 * rows));
        let places = span.filter(|&span| span <= most).map_or(0, |span| span + 1);
        Self { lowest, ..Self::of_places(places) }
    }

    /// Puts in the numbers of values that have come before, one after another: to look each up at its first row would touch the
    /// hash table in any order, which took a quarter of the time of a million keys.
    pub(super) fn take(&mut self, tag: u8, rows: usize, values: &Growing<'_>) {
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
    pub(super) fn number(&mut self, tag: u8, whole: i64, values: &mut Growing<'_>) -> u32 {
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

    /// Adds the numbers of these places, if all have one: two passes without a branch take less time than one with. The places
    /// may change while they are read, so what is looked at is the numbers.
    pub(super) fn extend(&self, places: &[i64], numbers: &mut Vec<u32>) -> bool {
        let start = numbers.len();
        let number = |&place: &i64| self.numbers.get(place.cast_unsigned() as usize).copied().unwrap_or(NO_NUMBER);
        numbers.extend(places.iter().map(number));
        let all = numbers[start..].iter().fold(true, |all, &number| all & (number != NO_NUMBER));
        if !all {
            numbers.truncate(start);
        }
        all
    }

    /// The number of a place, made by `number` where it has none.
    ///
    /// # Errors
    /// Those of `number`.
    #[inline]
    pub(super) fn at(&mut self, place: usize, number: impl FnOnce() -> Result<u32>) -> Result<u32> {
        let known = &mut self.numbers[place];
        if *known == NO_NUMBER {
            *known = number()?;
        }
        Ok(*known)
    }
}

/// The lowest and the highest of some integers; the other way round where there is none.
pub(super) struct Extremes<'v, T>(pub(super) &'v [T]);

impl Kernel for Extremes<'_, i32> {
    type Output = (i32, i32);

    #[inline(always)]
    fn run(self) -> (i32, i32) {
        self.0.iter().fold((i32::MAX, i32::MIN), |(low, high), &value| (low.min(value), high.max(value)))
    }
}

impl Kernel for Extremes<'_, i64> {
    type Output = (i64, i64);

    #[inline(always)]
    fn run(self) -> (i64, i64) {
        self.0.iter().fold((i64::MAX, i64::MIN), |(low, high), &value| (low.min(value), high.max(value)))
    }
}
