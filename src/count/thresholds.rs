//! [`Thresholds`]: the caller's list, its sorted distinct values, and the map between them.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::simd;

const PURPOSE: &str = "thresholds";

/// On which side of a threshold an equal score falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Positive iff `score >= threshold` (scikit-learn).
    GreaterEqual,
    /// Positive iff `score > threshold` (Keras).
    Greater,
}

impl Comparison {
    /// The comparison written `>=` or `>`.
    #[must_use]
    pub fn named(symbol: &str) -> Option<Self> {
        match symbol {
            ">=" => Some(Self::GreaterEqual),
            ">" => Some(Self::Greater),
            _ => None,
        }
    }

    /// `>=` or `>`.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::GreaterEqual => ">=",
            Self::Greater => ">",
        }
    }
}

/// Thresholds as the caller gave them (any order, duplicates, ±∞), and their sorted distinct values.
///
/// ```
/// use thresher::count::{Comparison, Thresholds};
/// let thresholds = Thresholds::new(vec![0.7, 0.2, 0.7], Comparison::GreaterEqual)?;
/// assert_eq!(thresholds.given(), [0.7, 0.2, 0.7]);
/// assert_eq!(thresholds.distinct(), [0.2, 0.7]);
/// # Ok::<(), thresher::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    given: Arc<Vec<f64>>,
    distinct: Arc<Vec<f64>>,
    /// `distinct[place[i]] == given[i]`.
    place: Arc<Vec<u32>>,
    comparison: Comparison,
}

impl Thresholds {
    /// The most thresholds accepted: two cells a gap must be indexed by 31 bits.
    pub const LIMIT: usize = (1 << 30) - 2;

    /// Keeps `given` as it is; −0.0 counts as 0.0.
    ///
    /// # Errors
    /// [`Error::EmptyThresholds`], [`Error::TooManyThresholds`], [`Error::NanThreshold`], [`Error::OutOfMemory`].
    pub fn new(given: Vec<f64>, comparison: Comparison) -> Result<Self> {
        if given.is_empty() {
            return Err(Error::EmptyThresholds);
        }
        if given.len() > Self::LIMIT {
            return Err(Error::TooManyThresholds { found: given.len(), limit: Self::LIMIT });
        }
        if let Some(index) = given.iter().position(|threshold| threshold.is_nan()) {
            return Err(Error::NanThreshold { index });
        }
        let mut distinct = simd::room(given.len(), PURPOSE)?;
        distinct.extend(given.iter().map(|threshold| threshold + 0.0));
        distinct.sort_unstable_by(f64::total_cmp);
        distinct.dedup();
        let mut place = simd::room(given.len(), PURPOSE)?;
        place.extend(given.iter().map(|&threshold| distinct.partition_point(|&edge| edge < threshold) as u32));
        Ok(Self { place: Arc::new(place), given: Arc::new(given), distinct: Arc::new(distinct), comparison })
    }

    /// `k` thresholds evenly spaced over [0, 1], as `numpy.linspace(0, 1, k)` places them; one threshold lies at 0.
    ///
    /// # Errors
    /// [`Error::EmptyThresholds`] for `k = 0`; [`Error::TooManyThresholds`]; [`Error::OutOfMemory`].
    pub fn even(k: usize, comparison: Comparison) -> Result<Self> {
        if k > Self::LIMIT {
            return Err(Error::TooManyThresholds { found: k, limit: Self::LIMIT });
        }
        let steps = k.saturating_sub(1).max(1);
        let step = 1.0 / steps as f64;
        let mut given = simd::room(k, PURPOSE)?;
        given.extend((0..k).map(|i| i as f64 * step));
        if let [_, .., last] = &mut given[..] {
            *last = 1.0;
        }
        Self::new(given, comparison)
    }

    /// The thresholds as given.
    #[must_use]
    pub fn given(&self) -> &[f64] {
        &self.given
    }

    /// The distinct thresholds, ascending.
    #[must_use]
    pub fn distinct(&self) -> &[f64] {
        &self.distinct
    }

    /// For each given threshold, its place among the distinct ones.
    #[must_use]
    pub fn places(&self) -> &[u32] {
        &self.place
    }

    /// Of the distinct thresholds in `[low, high)` those nearest to each of `at`, the upper one of two as near; or all that lie
    /// there, ascending. Each with the number of groups of a tally, from the highest down, that it admits. None where none
    /// lies there.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    ///
    /// ```
    /// use thresher::count::{Comparison, Thresholds};
    /// let thresholds = Thresholds::new(vec![0.2, 0.5, 1.0], Comparison::GreaterEqual)?;
    /// assert_eq!(thresholds.nearest(Some(&[0.9, 0.3]), [0.0, 1.0])?, (vec![0.5, 0.2], vec![2, 3]));
    /// # Ok::<(), thresher::Error>(())
    /// ```
    pub fn nearest(&self, at: Option<&[f64]>, [low, high]: [f64; 2]) -> Result<(Vec<f64>, Vec<usize>)> {
        let first = self.distinct.partition_point(|&threshold| threshold < low);
        let end = self.distinct.partition_point(|&threshold| threshold < high).max(first);
        let within = &self.distinct[first..end];
        let most = at.map_or(within.len(), <[f64]>::len);
        let (mut thresholds, mut admitted) = (simd::room(most, PURPOSE)?, simd::room(most, PURPOSE)?);
        let groups = self.distinct.len() - first;
        match at {
            None => {
                thresholds.extend_from_slice(within);
                admitted.extend((0..within.len()).map(|place| groups - place));
            }
            Some(_) if within.is_empty() => {}
            Some(at) => at.iter().for_each(|&value| {
                let above = within.partition_point(|&threshold| threshold < value).min(within.len() - 1);
                let below = above.saturating_sub(1);
                let place = if value - within[below] < within[above] - value { below } else { above };
                thresholds.push(within[place]);
                admitted.push(groups - place);
            }),
        }
        Ok((thresholds, admitted))
    }

    /// The side on which an equal score falls.
    #[must_use]
    pub fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// Ok when both lists are the same, in order and duplicates too.
    ///
    /// # Errors
    /// [`Error::SettingMismatch`] for different comparisons, [`Error::ThresholdMismatch`] naming the first difference.
    pub fn same_as(&self, other: &Self) -> Result<()> {
        if self.comparison != other.comparison {
            let (ours, theirs) = (self.comparison.symbol().to_owned(), other.comparison.symbol().to_owned());
            return Err(Error::SettingMismatch { setting: "comparison", ours, theirs });
        }
        if Arc::ptr_eq(&self.given, &other.given) {
            return Ok(());
        }
        let (ours, theirs) = (self.given(), other.given());
        let longest = ours.len().max(theirs.len());
        match (0..longest).find(|&i| ours.get(i) != theirs.get(i)) {
            None => Ok(()),
            Some(index) => {
                let words = |list: &[f64]| match list.get(index) {
                    Some(threshold) => threshold.to_string(),
                    None => format!("nothing ({} thresholds)", list.len()),
                };
                Err(Error::ThresholdMismatch { index, ours: words(ours), theirs: words(theirs) })
            }
        }
    }

    /// Bytes held.
    pub(crate) fn nbytes(&self) -> usize {
        size_of_val(&self.given[..]) + size_of_val(&self.distinct[..]) + size_of_val(&self.place[..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_thresholds_are_numpys_linspace() {
        let even = |k| Thresholds::even(k, Comparison::GreaterEqual).unwrap().given().to_vec();
        assert_eq!(even(1), [0.0]);
        assert_eq!(even(2), [0.0, 1.0]);
        assert_eq!(even(4), [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]);
        assert_eq!(even(11)[3], 0.300_000_000_000_000_04); // 3 · 0.1, as NumPy has it
    }

    #[test]
    fn order_duplicates_and_signed_zeros_are_kept_and_mapped() {
        let list = vec![0.5, f64::INFINITY, -0.0, 0.0, f64::NEG_INFINITY, 0.5];
        let thresholds = Thresholds::new(list, Comparison::Greater).unwrap();
        assert_eq!(thresholds.distinct(), [f64::NEG_INFINITY, 0.0, 0.5, f64::INFINITY]);
        assert_eq!(thresholds.places(), [2, 3, 1, 1, 0, 2]);
    }

    #[test]
    fn the_nearest_lies_within() {
        let thresholds = Thresholds::new(vec![1.0, -0.5, 0.25, 0.75, 0.25], Comparison::GreaterEqual).unwrap();
        let nearest = |at: Option<&[f64]>, within| thresholds.nearest(at, within).unwrap();
        let found = nearest(Some(&[0.0, 0.25, 0.5, 0.6, 0.99]), [0.0, 1.0]);
        assert_eq!(found, (vec![0.25, 0.25, 0.75, 0.75, 0.75], vec![3, 3, 2, 2, 2]));
        assert_eq!(nearest(Some(&[0.25]), [0.75, 1.5]), (vec![0.75], vec![2]));
        assert_eq!(nearest(Some(&[0.25]), [0.3, 0.7]), (vec![], vec![]));
        assert_eq!(nearest(None, [-1.0, 1.0]), (vec![-0.5, 0.25, 0.75], vec![4, 3, 2]));
    }

    #[test]
    fn nan_and_nothing_are_refused() {
        let new = |list| Thresholds::new(list, Comparison::GreaterEqual).unwrap_err();
        assert_eq!(new(vec![]), Error::EmptyThresholds);
        assert_eq!(new(vec![0.5, f64::NAN]), Error::NanThreshold { index: 1 });
    }
}
