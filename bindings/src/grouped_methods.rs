//! The methods of [`GroupedCounts`]: arguments in, one call, results out.

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use thresher::count::KeyValue;
use thresher::state::AnyGrouped;

use crate::accumulators::Accumulator;
use crate::arguments;
use crate::arrays;
use crate::batches::Samples;
use crate::calls;
use crate::errors::{Failure, Result};
use crate::grouped::{self, GroupedCounts, any};
use crate::keys::{LentKeys, Value};
use crate::queries::{self, Column, column};
use crate::settings::{self, Settings};

/// A key column in the order of the keys: tags, whole numbers, where each text ends, all texts.
type KeyArrays<'py> =
    (Bound<'py, PyArray1<u8>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyBytes>);

#[pymethods]
impl GroupedCounts {
    /// No group; each will be as `prototype` is but for what that has counted.
    #[new]
    fn new(py: Python<'_>, prototype: &Accumulator) -> Self {
        Self::of(AnyGrouped::new(prototype.counts(py)))
    }

    /// The state that `to_bytes` wrote, under a limit of memory; any bytes-like object.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &Bound<'_, PyAny>) -> Result<Self> {
        let bytes = arrays::bytes("data", data)?;
        let (rows, settings) = (bytes.len() / size_of::<u64>(), Settings::serial(py)?);
        Ok(Self::of(calls::run_owned(py, rows, settings, move |_| AnyGrouped::from_bytes(&bytes))?))
    }

    /// The state as bytes: versioned, checksummed, equal for equal states.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>> {
        let bytes = self.read(py, None, AnyGrouped::to_bytes)?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Counts a batch; all of it or, after an error or a signal, nothing. `groups`: see [`LentKeys::new`].
    #[expect(clippy::too_many_arguments, reason = "the columns of a batch, and how to read them")]
    fn update(
        &self,
        py: Python<'_>,
        names: Option<Vec<String>>,
        groups: &Bound<'_, PyList>,
        labels: &Bound<'_, PyAny>,
        scores: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
        positive: Option<&Bound<'_, PyAny>>,
        drop_nan: bool,
        n_threads: Option<&Bound<'_, PyAny>>,
    ) -> Result<()> {
        let n_threads = settings::n_threads(n_threads)?;
        let (keys, samples) = (LentKeys::new(groups)?, Samples::new(labels, scores, weights, positive, drop_nan)?);
        self.add(py, names.as_deref(), &keys, &samples, n_threads)
    }

    /// Adds all that `other` has counted; `a.merge(a)` doubles.
    fn merge(&self, py: Python<'_>, other: &Self) -> Result<()> {
        self.absorb(py, other)
    }

    /// Forgets all groups; settings stay.
    fn reset(&self, py: Python<'_>) {
        self.0.change(py, false, |state| any!(&mut state.counts, counts => counts.reset()));
    }

    /// The same state, going its own way from here.
    fn copy(&self, py: Python<'_>) -> Self {
        Self::of(self.0.snapshot(py).counts.clone())
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> Result<bool> {
        Ok(self.read(py, None, AnyGrouped::to_bytes)? == other.read(py, None, AnyGrouped::to_bytes)?)
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        any!(&self.0.snapshot(py).counts, counts => counts.len())
    }

    /// `thresholds`, `exact` or `compact`.
    #[getter]
    fn kind(&self, py: Python<'_>) -> &'static str {
        match self.0.snapshot(py).counts {
            AnyGrouped::Thresholds(_) => "thresholds",
            AnyGrouped::Exact(_) => "exact",
            AnyGrouped::Compact(_) => "compact",
        }
    }

    /// The names of the key columns.
    #[getter]
    fn names(&self, py: Python<'_>) -> Option<Vec<String>> {
        any!(&self.0.snapshot(py).counts, counts => counts.names().map(<[String]>::to_vec))
    }

    /// The number of key columns; None while there is no group.
    #[getter]
    fn columns(&self, py: Python<'_>) -> Option<usize> {
        any!(&self.0.snapshot(py).counts, counts => counts.columns())
    }

    /// Positive rows.
    #[getter]
    fn n_positives(&self, py: Python<'_>) -> u64 {
        grouped::rows(&self.0.snapshot(py).counts).positives
    }

    /// Negative rows.
    #[getter]
    fn n_negatives(&self, py: Python<'_>) -> u64 {
        grouped::rows(&self.0.snapshot(py).counts).negatives
    }

    /// Rows left out because their score was NaN.
    #[getter]
    fn n_dropped(&self, py: Python<'_>) -> u64 {
        grouped::rows(&self.0.snapshot(py).counts).dropped
    }

    /// True once a row with a weight has been counted.
    #[getter]
    fn weighted(&self, py: Python<'_>) -> bool {
        any!(&self.0.snapshot(py).counts, counts => counts.weighted())
    }

    /// Bytes held.
    #[getter]
    fn nbytes(&self, py: Python<'_>) -> usize {
        any!(&self.0.snapshot(py).counts, counts => counts.nbytes())
    }

    /// The most bytes it may hold.
    #[getter]
    fn max_bytes(&self, py: Python<'_>) -> Option<usize> {
        any!(&self.0.snapshot(py).counts, counts => counts.limit())
    }

    /// The same groups under another limit.
    fn limited(&self, py: Python<'_>, max_bytes: Option<&Bound<'_, PyAny>>) -> Result<Self> {
        let limit = max_bytes.map(|limit| arguments::int("max_bytes", limit, 0)).transpose()?;
        Ok(Self::of(match self.0.snapshot(py).counts.clone() {
            AnyGrouped::Thresholds(counts) => AnyGrouped::Thresholds(counts.with_limit(limit)),
            AnyGrouped::Exact(counts) => AnyGrouped::Exact(counts.with_limit(limit)),
            AnyGrouped::Compact(counts) => AnyGrouped::Compact(counts.with_limit(limit)),
        }))
    }

    /// What each group begins as.
    fn prototype(&self, py: Python<'_>) -> Accumulator {
        Accumulator::new(grouped::prototype(&self.0.snapshot(py).counts))
    }

    /// The accumulator of a key; None where there is no such group.
    fn find(&self, py: Python<'_>, key: Vec<Value>) -> Result<Option<Accumulator>> {
        let held = self.0.snapshot(py);
        let key: Vec<KeyValue<'_>> = key.iter().map(Value::value).collect();
        let Some(group) = grouped::find(&held.counts, &key) else { return Ok(None) };
        Ok(Some(self.one(py, &held, group)?))
    }

    /// True when there is a group of this key.
    #[pyo3(name = "has")]
    fn holds(&self, py: Python<'_>, key: Vec<Value>) -> bool {
        let key: Vec<KeyValue<'_>> = key.iter().map(Value::value).collect();
        grouped::find(&self.0.snapshot(py).counts, &key).is_some()
    }

    /// The accumulator of the group at a place in the order of the keys.
    fn at(&self, py: Python<'_>, place: usize) -> Result<Accumulator> {
        let (held, order) = self.ordered(py)?;
        let group = *order.get(place).ok_or_else(|| Failure::Value(format!("there is no group {place}")))?;
        self.one(py, &held, group)
    }

    /// The accumulator of all groups together.
    fn total(&self, py: Python<'_>) -> Result<Accumulator> {
        Ok(Accumulator::new(self.read(py, None, grouped::total)?))
    }

    /// The groups by these of the key columns alone.
    fn rolled_up(&self, py: Python<'_>, columns: Vec<usize>) -> Result<Self> {
        let all = any!(&self.0.snapshot(py).counts, counts => counts.columns());
        if let Some(column) = columns.iter().find(|&&column| all.is_some_and(|all| column >= all)) {
            return Err(Failure::Value(format!("there is no key column {column}")));
        }
        Ok(Self::of(self.read(py, None, |counts, control| grouped::rolled_up(counts, &columns, control))?))
    }

    /// The groups at these places in the order of the keys.
    fn selected(&self, py: Python<'_>, places: &Bound<'_, PyAny>) -> Result<Self> {
        let places = arrays::integers("places", places)?.unwrap_or_default();
        let (held, order) = self.ordered(py)?;
        let mut marked = vec![false; order.len()];
        for place in places {
            let group = usize::try_from(place).ok().and_then(|place| order.get(place));
            *group
                .and_then(|&group| marked.get_mut(group as usize))
                .ok_or_else(|| Failure::Value(format!("there is no group {place}")))? = true;
        }
        let work = grouped::entries(&held.counts);
        let settings = Settings::serial(py)?;
        let groups = calls::run(py, work, settings, |control| grouped::selected(&held.counts, &marked, control))?;
        Ok(Self::of(groups))
    }

    /// The key columns, in the order of the keys.
    fn keys<'py>(&self, py: Python<'py>) -> Result<Vec<KeyArrays<'py>>> {
        let (held, order) = self.ordered(py)?;
        let columns = any!(&held.counts, counts => key_columns(order.len(), counts.columns().unwrap_or(0), |place| {
            counts.key(order[place])
        }));
        let arrays = |KeyColumns { tags, wholes, ends, bytes }| {
            (column(py, tags), column(py, wholes), column(py, ends), PyBytes::new(py, &bytes))
        };
        Ok(columns.into_iter().map(arrays).collect())
    }

    /// Negatives, positives and dropped rows of each group, in the order of the keys.
    fn counted<'py>(&self, py: Python<'py>) -> Result<Vec<Bound<'py, PyAny>>> {
        let (held, order) = self.ordered(py)?;
        let counts = &held.counts;
        let (work, settings) = (grouped::entries(counts), Settings::serial(py)?);
        let rows = calls::run(py, work, settings, |control| any!(counts, counts => counts.counted(control)))?;
        let of = |i: usize| queries::rows(py, order.iter().map(|&group| rows[group as usize][i]).collect());
        (0..3).map(of).collect()
    }

    /// Figures of each group, in the order of the keys: queries without arguments, and rates at a threshold; None for a figure
    /// that only an accumulator can tell.
    fn figures<'py>(
        &self,
        py: Python<'py>,
        names: Vec<(String, Option<f64>)>,
        n_threads: Option<&Bound<'_, PyAny>>,
    ) -> Result<Vec<Option<Column<'py>>>> {
        let n_threads = settings::n_threads(n_threads)?;
        let all = names.iter().map(|(name, at)| grouped::figure(name, *at)).collect::<Result<Vec<_>>>()?;
        let known: Vec<_> = all.iter().flatten().copied().collect();
        if known.is_empty() {
            return Ok(all.iter().map(|_| None).collect());
        }
        let (held, order) = self.ordered(py)?;
        let counts = &held.counts;
        let work = grouped::entries(counts);
        let found = calls::run(py, work, Settings::new(py, work, n_threads)?, |control| {
            let thresholds: Vec<f64> = known.iter().filter_map(|figure| figure.threshold()).collect();
            let of = |tally: &_, admitted: &[usize]| grouped::figures(&known, tally, admitted);
            any!(counts, counts => counts.tallies_at(&thresholds, control, of))
        })?;
        let mut next = 0..known.len();
        let of = |i: usize| column(py, order.iter().map(|&group| found[group as usize][i]).collect());
        Ok(all.iter().map(|figure| figure.and_then(|_| next.next()).map(of)).collect())
    }
}

struct KeyColumns {
    tags: Vec<u8>,
    wholes: Vec<i64>,
    ends: Vec<i64>,
    bytes: Vec<u8>,
}

/// The key columns of so many groups, one after another.
fn key_columns<'k>(groups: usize, columns: usize, key: impl Fn(usize) -> Vec<KeyValue<'k>>) -> Vec<KeyColumns> {
    let empty = || KeyColumns {
        tags: Vec::with_capacity(groups),
        wholes: Vec::with_capacity(groups),
        ends: Vec::with_capacity(groups),
        bytes: Vec::new(),
    };
    let mut all: Vec<KeyColumns> = std::iter::repeat_with(empty).take(columns).collect();
    for place in 0..groups {
        for (column, value) in all.iter_mut().zip(key(place)) {
            let (tag, whole) = match value {
                KeyValue::Whole { tag, value } => (tag, value),
                KeyValue::Text { tag, bytes } => {
                    column.bytes.extend_from_slice(bytes);
                    (tag, 0)
                }
            };
            column.tags.push(tag);
            column.wholes.push(whole);
            column.ends.push(column.bytes.len() as i64);
        }
    }
    all
}
