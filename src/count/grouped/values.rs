//! [`Values`]: the distinct values of a key column, each with a number.

use std::cmp::Ordering;

use super::index::{self, Index};

/// One value of a key column: `tag` says what type it is of. Whole numbers come before text, and both by tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyValue<'v> {
    /// A number, or what is told as one: a truth value, a date; [`KeyValue::NONE`].
    Whole {
        /// Its type, below [`KeyValue::TEXT`].
        tag: u8,
        /// Its value, which orders as what it stands for does.
        value: i64,
    },
    /// Text or bytes.
    Text {
        /// Its type, from [`KeyValue::TEXT`] on.
        tag: u8,
        /// Its bytes.
        bytes: &'v [u8],
    },
}

impl KeyValue<'_> {
    /// No value: a key of its own, before all others.
    pub const NONE: Self = Self::Whole { tag: 0, value: 0 };
    /// The first tag of text.
    pub const TEXT: u8 = 16;

    fn hash(self) -> u64 {
        match self {
            Self::Whole { tag, value } => index::of_number(value.cast_unsigned() ^ (u64::from(tag) << 56)),
            Self::Text { tag, bytes } => index::of_bytes(bytes) ^ u64::from(tag),
        }
    }
}

/// Distinct values, numbered as they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    tags: Vec<u8>,
    /// The number; of text, its place among the texts.
    wholes: Vec<i64>,
    /// All texts, one after another, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    index: Index,
}

impl Values {
    pub(crate) fn len(&self) -> usize {
        self.tags.len()
    }

    pub(crate) fn nbytes(&self) -> usize {
        self.tags.len() + 8 * self.wholes.len() + self.bytes.len() + 8 * self.ends.len() + self.index.nbytes()
    }

    /// The value with this number.
    pub(crate) fn get(&self, number: u32) -> KeyValue<'_> {
        let (tag, value) = (self.tags[number as usize], self.wholes[number as usize]);
        if tag < KeyValue::TEXT {
            return KeyValue::Whole { tag, value };
        }
        let at = value as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        KeyValue::Text { tag, bytes: &self.bytes[start..self.ends[at]] }
    }

    /// The number of a value.
    #[inline]
    pub(crate) fn find(&self, value: KeyValue<'_>) -> Option<u32> {
        self.find_hashed(value.hash(), value)
    }

    #[inline]
    fn find_hashed(&self, hash: u64, value: KeyValue<'_>) -> Option<u32> {
        match value {
            KeyValue::Whole { tag, value } => {
                self.index.find(hash, |other| self.wholes[other as usize] == value && self.tags[other as usize] == tag)
            }
            text @ KeyValue::Text { .. } => self.index.find(hash, |other| self.get(other) == text),
        }
    }

    /// The number of a value, which is added if it is new.
    pub(crate) fn number(&mut self, value: KeyValue<'_>) -> u32 {
        let hash = value.hash();
        self.find_hashed(hash, value).unwrap_or_else(|| self.add(hash, value))
    }

    /// Adds all of `more`, none of which is here.
    pub(super) fn extend(&mut self, more: &Self) {
        if self.len() == 0 {
            self.clone_from(more);
        } else {
            self.wholes.reserve(more.len());
            self.tags.reserve(more.len());
            (0..more.len() as u32).for_each(|number| {
                self.push(more.get(number));
            });
        }
        self.index_all();
    }

    /// How the values with two numbers compare.
    pub(super) fn compared(&self, a: u32, b: u32) -> Ordering {
        self.get(a).cmp(&self.get(b))
    }

    /// Adds a value that is not here, where all are in the table.
    fn add(&mut self, hash: u64, value: KeyValue<'_>) -> u32 {
        let number = self.push(value);
        let mut table = std::mem::take(&mut self.index);
        table.insert(hash, number, |other| self.get(other).hash());
        self.index = table;
        number
    }

    /// Adds a value that is not here, and leaves it to [`Values::index_all`] to put it into the table.
    fn push(&mut self, value: KeyValue<'_>) -> u32 {
        let number = self.len() as u32;
        let (tag, whole) = match value {
            KeyValue::Whole { tag, value } => (tag, value),
            KeyValue::Text { tag, bytes } => {
                self.bytes.extend_from_slice(bytes);
                self.ends.push(self.bytes.len());
                (tag, self.ends.len() as i64 - 1)
            }
        };
        self.tags.push(tag);
        self.wholes.push(whole);
        number
    }

    /// Puts those values into the table that are not yet there.
    fn index_all(&mut self) {
        if self.index.held() < self.len() {
            let mut table = std::mem::take(&mut self.index);
            table.extend(self.len() as u32, |number| self.get(number).hash());
            self.index = table;
        }
    }
}

/// Values that are there, and those that come on top.
#[derive(Debug)]
pub(super) struct Growing<'v> {
    base: &'v Values,
    pub(super) more: Values,
}

impl<'v> Growing<'v> {
    pub(super) fn new(base: &'v Values) -> Self {
        Self { base, more: Values::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.base.len() + self.more.len()
    }

    /// Type and number of each value, in order; of a text the number says nothing.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (u8, i64)> {
        let tags = self.base.tags.iter().chain(&self.more.tags).copied();
        tags.zip(self.base.wholes.iter().chain(&self.more.wholes).copied())
    }

    #[inline]
    pub(super) fn number(&mut self, value: KeyValue<'_>) -> u32 {
        let hash = value.hash();
        if let Some(number) = self.base.find_hashed(hash, value) {
            return number;
        }
        self.more.index_all();
        let found = self.more.find_hashed(hash, value);
        self.base.len() as u32 + found.unwrap_or_else(|| self.more.add(hash, value))
    }

    /// The number of a value that has not come before.
    #[inline]
    pub(super) fn number_new(&mut self, value: KeyValue<'_>) -> u32 {
        self.base.len() as u32 + self.more.push(value)
    }
}
