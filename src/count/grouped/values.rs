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
            return;
        }
        (0..more.len() as u32).map(|number| more.get(number)).for_each(|value| {
            self.add(value.hash(), value);
        });
    }

    /// Each value, in the order of their numbers.
    pub(super) fn each(&self) -> impl Iterator<Item = KeyValue<'_>> {
        (0..self.len() as u32).map(|number| self.get(number))
    }

    /// How the values with two numbers compare.
    pub(super) fn compared(&self, a: u32, b: u32) -> Ordering {
        self.get(a).cmp(&self.get(b))
    }

    fn add(&mut self, hash: u64, value: KeyValue<'_>) -> u32 {
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
        let mut table = std::mem::take(&mut self.index);
        table.insert(hash, number, |other| self.get(other).hash());
        self.index = table;
        number
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

    /// The values that were there.
    pub(super) fn before(&self) -> &Values {
        self.base
    }

    #[inline]
    pub(super) fn number(&mut self, value: KeyValue<'_>) -> u32 {
        let hash = value.hash();
        if let Some(number) = self.base.find_hashed(hash, value) {
            return number;
        }
        let found = self.more.find_hashed(hash, value);
        self.base.len() as u32 + found.unwrap_or_else(|| self.more.add(hash, value))
    }
}
