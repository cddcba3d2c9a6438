//! [`Coder`]: labels of a column as codes, small numbers from 0 on.

use super::LabelColumn;
use super::dictionary::Dictionary;
use super::table::MOST_CELLS;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input;
use crate::simd::{Kernel, Level};

/// How labels become codes.
#[derive(Debug)]
pub(super) enum Coder<'a> {
    /// Whole numbers: what they are above `low`.
    Near(Window),
    /// Whole numbers far from one another: by appearance. Two words each.
    Far(Dictionary),
    /// Text, by appearance.
    Text(Dictionary, &'a [u32], usize),
}

/// Numbers `low..low + span`; `span` is a power of two, or 0 before any number was seen.
#[derive(Debug, Default)]
pub(super) struct Window {
    low: i64,
    span: u64,
}

/// A label, in the order of labels: numbers by size, text by code points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    Number(i64),
    Text(Vec<u32>),
}

/// What a coder did with a block.
pub(super) enum Coded {
    /// Codes lie below `span`, and those of earlier blocks became larger by `moved`.
    Within { span: usize, moved: usize },
    /// The numbers are too far from one another.
    Wide,
}

/// One column with its scratch; one a thread.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    column: &'a LabelColumn<'a>,
    pub(super) coder: Coder<'a>,
    pub(super) codes: Vec<u32>,
    numbers: Vec<i64>,
}

impl<'a> Reader<'a> {
    /// For a column whose numbers are near one another, or not known to be.
    pub(super) fn new(column: &'a LabelColumn<'a>, near: bool) -> Result<Self> {
        let coder = match column {
            LabelColumn::Whole(_) if near => Coder::Near(Window::default()),
            LabelColumn::Whole(_) => Coder::Far(Dictionary::new(2)),
            LabelColumn::Text { points, width } => {
                let words = input::words(points).filter(|words| *width > 0 && words.len().is_multiple_of(*width));
                Coder::Text(Dictionary::new(*width), words.ok_or(Error::ScatteredText)?, *width)
            }
        };
        Ok(Self { column, coder, codes: Vec::new(), numbers: Vec::new() })
    }

    /// Reads the codes of rows `start..start + len`.
    ///
    /// # Errors
    /// [`Error::NotWhole`], [`Error::TooManyClasses`].
    pub(super) fn read(&mut self, start: usize, len: usize, control: &Control<'_>) -> Result<Coded> {
        let (level, codes) = (control.level, &mut self.codes);
        codes.resize(len, 0);
        let (known, dictionary) = match (&mut self.coder, self.column) {
            (Coder::Text(dictionary, words, width), _) => {
                let rows = &words[start * *width..(start + len) * *width];
                (dictionary.code_all(rows, start, MOST_CELLS, codes), dictionary)
            }
            (Coder::Near(window), LabelColumn::Whole(column)) => {
                return Ok(window.code_all(input::whole(column, start, len, &mut self.numbers, level)?, level, codes));
            }
            (Coder::Far(dictionary), LabelColumn::Whole(column)) => {
                let numbers = input::whole(column, start, len, &mut self.numbers, level)?;
                (dictionary.code_all(bytemuck::cast_slice(numbers), start, MOST_CELLS, codes), dictionary)
            }
            (_, LabelColumn::Text { .. }) => return Err(Error::ScatteredText),
        };
        if known {
            Ok(Coded::Within { span: dictionary.len().next_power_of_two(), moved: 0 })
        } else {
            Err(Error::TooManyClasses { limit: MOST_CELLS })
        }
    }

    /// Labels by code, each with a row where it stands, or 0 where nobody knows.
    pub(super) fn labels(&self) -> Vec<(Label, usize)> {
        let text = |key: &[u32]| {
            let end = key.iter().rposition(|&point| point != 0).map_or(0, |last| last + 1);
            Label::Text(key[..end].to_vec())
        };
        let number = |key: &[u32]| match key {
            &[first, second] => Label::Number(bytemuck::cast([first, second])),
            _ => Label::Number(0),
        };
        match &self.coder {
            Coder::Near(window) => {
                let number = |above: u64| Label::Number(window.low.wrapping_add(above.cast_signed()));
                (0..window.span).map(|above| (number(above), 0)).collect()
            }
            Coder::Far(dictionary) => dictionary.entries().map(|(key, row)| (number(key), row)).collect(),
            Coder::Text(dictionary, ..) => dictionary.entries().map(|(key, row)| (text(key), row)).collect(),
        }
    }
}

impl Window {
    /// Writes what the numbers are above `low`; the window grows where they lie outside.
    fn code_all(&mut self, numbers: &[i64], level: Level, codes: &mut [u32]) -> Coded {
        let low = self.low;
        if level.run(Above { low, numbers, codes }) < self.span {
            return Coded::Within { span: self.span as usize, moved: 0 };
        }
        let Some(moved) = self.grow(numbers) else { return Coded::Wide };
        level.run(Above { low: self.low, numbers, codes });
        Coded::Within { span: self.span as usize, moved }
    }

    /// How much lower the window starts now that it holds these numbers too; None when it would be too wide.
    #[cold]
    fn grow(&mut self, numbers: &[i64]) -> Option<usize> {
        let (mut low, mut high) = (*numbers.iter().min()?, *numbers.iter().max()?);
        let old = self.low;
        if self.span > 0 {
            low = low.min(old);
            high = high.max(old.saturating_add_unsigned(self.span - 1));
        }
        let span = high.abs_diff(low).checked_add(1)?.checked_next_power_of_two()?;
        if span > MOST_CELLS as u64 {
            return None;
        }
        let moved = if self.span > 0 { old.abs_diff(low) } else { 0 };
        (self.low, self.span) = (low, span);
        usize::try_from(moved).ok()
    }
}

/// `codes[i] = numbers[i] - low`; all differences, as unsigned numbers, ORed.
struct Above<'k> {
    low: i64,
    numbers: &'k [i64],
    codes: &'k mut [u32],
}

impl Kernel for Above<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let mut any = 0;
        for (&number, code) in self.numbers.iter().zip(self.codes) {
            let above = number.wrapping_sub(self.low).cast_unsigned();
            any |= above;
            *code = above as u32;
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grown(blocks: &[&[i64]]) -> (Window, Option<usize>) {
        let mut window = Window::default();
        let mut moved = Some(0);
        for numbers in blocks {
            let mut codes = vec![0; numbers.len()];
            match window.code_all(numbers, Level::detect(), &mut codes) {
                Coded::Within { moved: more, .. } => moved = moved.map(|moved| moved + more),
                Coded::Wide => moved = None,
            }
            if moved.is_some() {
                let read = codes.iter().map(|&code| window.low.wrapping_add(code.into())).collect::<Vec<_>>();
                assert_eq!(read, *numbers);
            }
        }
        (window, moved)
    }

    #[test]
    fn a_window_holds_all_numbers_it_has_seen() {
        let (window, moved) = grown(&[&[3, 4], &[5], &[-9, 5], &[-9, 6]]);
        assert_eq!((window.low, window.span, moved), (-9, 16, Some(12)));
        let (window, moved) = grown(&[&[i64::MAX, i64::MAX - 2], &[i64::MAX - 5]]);
        assert_eq!((window.low, window.span, moved), (i64::MAX - 5, 8, Some(3)));
    }

    #[test]
    fn a_window_has_a_limit() {
        for far in [&[&[0, 1 << 20][..]][..], &[&[0], &[-(1 << 20)]], &[&[i64::MIN, i64::MAX]], &[&[0], &[i64::MIN]]] {
            assert_eq!(grown(far).1, None);
        }
        assert_eq!(grown(&[&[0, (1 << 20) - 1]]).1, Some(0));
    }
}
