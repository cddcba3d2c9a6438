//! [`Keys`]: the keys of all groups. A key is one value a column; its group is numbered as it came.

use std::cmp::Ordering;

use super::index::{self, Index};
use super::values::{Growing, KeyValue, Values};
use crate::error::{Error, Result};

/// The most groups, and the most values of a column: their numbers take 32 bits.
const MOST: usize = u32::MAX as usize - 1;

/// Keys of groups, of no column while none is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    pub(crate) columns: Vec<Values>,
    /// One less than the columns: pairs of the first two columns, pairs of those with the third, and so on. The last are the
    /// groups.
    pairs: Vec<Pairs>,
}

impl Keys {
    /// Keys of so many columns.
    pub(crate) fn of_columns(columns: usize) -> Self {
        Self { columns: vec![Values::default(); columns], pairs: vec![Pairs::default(); columns.saturating_sub(1)] }
    }

    /// Number of groups.
    pub(crate) fn len(&self) -> usize {
        match self.pairs.last() {
            Some(pairs) => pairs.len(),
            None => self.columns.first().map_or(0, Values::len),
        }
    }

    pub(super) fn nbytes(&self) -> usize {
        self.columns.iter().map(Values::nbytes).sum::<usize>() + self.pairs.iter().map(Pairs::nbytes).sum::<usize>()
    }

    /// The group of a key, of as many values as there are columns.
    pub(crate) fn find(&self, key: &[KeyValue<'_>]) -> Option<u32> {
        let mut numbers = self.columns.iter().zip(key).map(|(column, &value)| column.find(value));
        let first = numbers.next()??;
        self.pairs.iter().zip(numbers).try_fold(first, |left, (pairs, right)| pairs.find(left, right?))
    }

    /// The numbers of a group's values in their columns.
    pub(crate) fn values_of(&self, group: u32) -> Vec<u32> {
        let mut numbers = vec![group; self.columns.len()];
        for (column, pairs) in self.pairs.iter().enumerate().rev() {
            let (left, right) = pairs.of[numbers[column + 1] as usize];
            (numbers[column], numbers[column + 1]) = (left, right);
            // What stands to the left is a pair itself, unless it is the first column.
            numbers[..=column].fill(left);
        }
        numbers
    }

    /// The values of a group.
    pub(crate) fn key(&self, group: u32) -> Vec<KeyValue<'_>> {
        self.columns.iter().zip(self.values_of(group)).map(|(column, number)| column.get(number)).collect()
    }

    /// The group of a key, which is added if it is new.
    ///
    /// # Errors
    /// [`Error::TooManyGroups`].
    pub(crate) fn number(&mut self, key: &[KeyValue<'_>]) -> Result<u32> {
        let mut numbers = self.columns.iter_mut().zip(key).map(|(column, &value)| column.number(value));
        let first = numbers.next().unwrap_or_default();
        let group = self.pairs.iter_mut().zip(numbers).fold(first, |left, (pairs, right)| pairs.number(left, right));
        within(self.len()).map(|()| group)
    }

    /// All groups in the order of their keys.
    pub(crate) fn ordered(&self) -> Vec<u32> {
        let ranks: Vec<Vec<u32>> = self.columns.iter().map(ranks).collect();
        let mut groups: Vec<u32> = (0..self.len() as u32).collect();
        match &ranks[..] {
            [] => {}
            [ranks] => groups.sort_unstable_by_key(|&group| ranks[group as usize]),
            _ => {
                let of = |group: u32| ranks.iter().zip(self.values_of(group)).map(|(ranks, at)| ranks[at as usize]);
                groups.sort_by_cached_key(|&group| of(group).collect::<Box<[u32]>>());
            }
        }
        groups
    }

    /// Takes on what [`Meeting`] found new.
    pub(super) fn extend(&mut self, more: &NewKeys) {
        if self.columns.is_empty() {
            *self = Self::of_columns(more.0.columns.len());
        }
        self.columns.iter_mut().zip(&more.0.columns).for_each(|(own, more)| own.extend(more));
        self.pairs.iter_mut().zip(&more.0.pairs).for_each(|(own, more)| own.extend(more));
    }
}

/// The rank of each value among those of its column.
fn ranks(values: &Values) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| values.compared(a, b));
    debug_assert!(order.windows(2).all(|pair| values.compared(pair[0], pair[1]) == Ordering::Less));
    let mut ranks = vec![0; order.len()];
    (0..).zip(order).for_each(|(rank, number)| ranks[number as usize] = rank);
    ranks
}

fn within(found: usize) -> Result<()> {
    if found <= MOST { Ok(()) } else { Err(Error::TooManyGroups { limit: MOST }) }
}

/// Keys that some keys lack.
#[derive(Debug)]
pub(super) struct NewKeys(Keys);

impl NewKeys {
    /// Number of groups.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn nbytes(&self) -> usize {
        self.0.nbytes()
    }
}

/// Keys met by the keys that are there.
#[derive(Debug)]
pub(super) struct Meeting<'k> {
    pub(super) columns: Vec<Growing<'k>>,
    pairs: Vec<GrowingPairs<'k>>,
}

impl<'k> Meeting<'k> {
    pub(super) fn new(base: &'k Keys) -> Self {
        let columns = base.columns.iter().map(Growing::new).collect();
        Self { columns, pairs: base.pairs.iter().map(GrowingPairs::new).collect() }
    }

    /// The groups of rows, from the numbers of their values: one list a column. `check` is called now and then.
    ///
    /// # Errors
    /// [`Error::TooManyGroups`]; that of `check`.
    pub(super) fn groups(&mut self, numbers: Vec<Vec<u32>>, check: impl Fn() -> Result<()>) -> Result<Vec<u32>> {
        let mut numbers = numbers.into_iter();
        let mut groups = numbers.next().unwrap_or_default();
        let mut width = self.columns.first().map_or(0, Growing::len);
        for ((pairs, right), column) in self.pairs.iter_mut().zip(numbers).zip(&self.columns[1..]) {
            pairs.number_all(&mut groups, &right, [width, column.len()], &check)?;
            width = pairs.len();
        }
        let columns = self.columns.iter().map(Growing::len);
        within(columns.chain(self.pairs.iter().map(GrowingPairs::len)).max().unwrap_or(0))?;
        Ok(groups)
    }

    pub(super) fn into_new(self) -> NewKeys {
        let columns = self.columns.into_iter().map(|column| column.more).collect();
        NewKeys(Keys { columns, pairs: self.pairs.into_iter().map(|pairs| pairs.more).collect() })
    }
}

/// Distinct pairs of numbers, numbered as they came.
#[derive(Debug, Clone, Default)]
struct Pairs {
    of: Vec<(u32, u32)>,
    index: Index,
}

fn hash((left, right): (u32, u32)) -> u64 {
    index::of_number(u64::from(left) << 32 | u64::from(right))
}

impl Pairs {
    fn len(&self) -> usize {
        self.of.len()
    }

    fn nbytes(&self) -> usize {
        size_of_val(&self.of[..]) + self.index.nbytes()
    }

    fn find(&self, left: u32, right: u32) -> Option<u32> {
        self.index.find(hash((left, right)), |other| self.of[other as usize] == (left, right))
    }

    fn number(&mut self, left: u32, right: u32) -> u32 {
        self.find(left, right).unwrap_or_else(|| self.add(left, right))
    }

    fn add(&mut self, left: u32, right: u32) -> u32 {
        let number = self.of.len() as u32;
        self.of.push((left, right));
        self.index.insert(hash((left, right)), number, |other| hash(self.of[other as usize]));
        number
    }

    fn extend(&mut self, more: &Self) {
        more.of.iter().for_each(|&(left, right)| {
            self.add(left, right);
        });
    }
}

#[derive(Debug)]
struct GrowingPairs<'p> {
    base: &'p Pairs,
    more: Pairs,
}

impl<'p> GrowingPairs<'p> {
    fn new(base: &'p Pairs) -> Self {
        Self { base, more: Pairs::default() }
    }

    fn len(&self) -> usize {
        self.base.len() + self.more.len()
    }

    fn number(&mut self, left: u32, right: u32) -> u32 {
        let known = self.base.find(left, right);
        known.unwrap_or_else(|| self.base.len() as u32 + self.more.number(left, right))
    }

    /// Puts the number of each pair in place of its left side; `widths`: how many numbers there are on each side. Where few
    /// pairs are possible each is looked up once.
    fn number_all(
        &mut self,
        left: &mut [u32],
        right: &[u32],
        widths: [usize; 2],
        check: &impl Fn() -> Result<()>,
    ) -> Result<()> {
        const STRIP: usize = 1 << 16;
        const BLOCK: usize = 1 << 10;
        const NO_NUMBER: u32 = u32::MAX;
        let possible = widths[0].saturating_mul(widths[1]);
        let known = if possible <= (2 * left.len()).max(1 << 12) { possible } else { 0 };
        let mut known = vec![NO_NUMBER; known];
        for (left, right) in left.chunks_mut(STRIP).zip(right.chunks(STRIP)) {
            check()?;
            for (left, right) in left.chunks_mut(BLOCK).zip(right.chunks(BLOCK)) {
                let at = |left: u32, right: u32| left as usize * widths[1] + right as usize;
                let number = |left: u32, right: u32| known.get(at(left, right)).copied().unwrap_or(NO_NUMBER);
                // Two passes without a branch take less time than one with.
                let pairs = left.iter().zip(right);
                if pairs.fold(true, |all, (&left, &right)| all & (number(left, right) != NO_NUMBER)) {
                    left.iter_mut().zip(right).for_each(|(left, &right)| *left = number(*left, right));
                    continue;
                }
                for (left, &right) in left.iter_mut().zip(right) {
                    let at = at(*left, right);
                    *left = match known.get(at) {
                        Some(&number) if number != NO_NUMBER => number,
                        _ => {
                            let number = self.number(*left, right);
                            known.get_mut(at).into_iter().for_each(|known| *known = number);
                            number
                        }
                    };
                }
            }
        }
        Ok(())
    }
}
