//! What is read off an [`Accumulator`]: areas with their bounds, confusion tables; `curves.rs` has the curves.
//!
//! Each query copies the state (a few pointers), works on the copy without the lock, and can be interrupted.

use std::sync::Arc;

use numpy::{Element, PyArray1};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use thresher::count::{Accumulator as _, CompactCounts, Comparison, Pairs, PositiveGroup, Rows};
use thresher::measure::{self, ConfusionCounts, ConfusionMasses, PrAucMethod, PrecisionSum};
use thresher::state::AnyCounts;
use thresher::tally::Tally;
use thresher::{Control, Result as CoreResult};

use crate::accumulators::Accumulator;
use crate::calls;
use crate::dispatch::{AnyAccumulator, EXACT};
use crate::errors::{Failure, Result};
use crate::settings::Settings;

/// A column of numbers.
pub(crate) type Column<'py> = Bound<'py, PyArray1<f64>>;

/// About how many groups a query reads.
pub(crate) fn entries(counts: &AnyCounts) -> usize {
    counts.nbytes() / size_of::<u64>()
}

/// What a query found while looking for signals, or what is left to be worked out.
pub(crate) enum Answer<T> {
    Ready(T),
    /// Work that does not look whether to stop, so that a signal leaves it behind.
    Pending(Box<Work<T>>),
}

type Work<T> = dyn Fn(&Control<'_>) -> CoreResult<T> + Send + Sync;

impl<T> Answer<T> {
    /// What `measure` makes of a tally, left to be worked out.
    pub(crate) fn of(tally: Tally, measure: impl Fn(&Tally) -> CoreResult<T> + Send + Sync + 'static) -> Self {
        Self::Pending(Box::new(move |_| measure(&tally)))
    }
}

/// Answers from the state as it is now. What an ExactCounts had to fold for the answer stays folded, so that the next one
/// is cheap.
pub(crate) fn ask<T: Send + 'static>(
    accumulator: &Accumulator,
    py: Python<'_>,
    answer: impl Fn(&AnyCounts, &Control<'_>) -> CoreResult<Answer<T>> + Send + Sync,
) -> Result<T> {
    let before = accumulator.snapshot(py);
    let rows = entries(&before.counts);
    let settings = Settings::new(py, rows, accumulator.query_threads)?;
    let (counts, answer) = calls::run(py, rows, settings, |control| {
        let mut counts = before.counts.clone();
        if let AnyCounts::Exact(counts) = &mut counts {
            counts.compact(control)?;
        }
        let answer = answer(&counts, control)?;
        Ok((counts, answer))
    })?;
    if accumulator.kind == EXACT {
        accumulator.settle(py, &before, counts);
    }
    match answer {
        Answer::Ready(answer) => Ok(answer),
        Answer::Pending(work) => calls::run_owned(py, rows, settings, move |control| work(control)),
    }
}

/// Rows counted, and their weights.
pub(crate) fn masses(of: &Accumulator, py: Python<'_>) -> Result<Rows> {
    let counts = of.counts(py);
    let entries = entries(&counts);
    calls::run_owned(py, entries, Settings::serial(py)?, move |_| Ok(counts.rows()))
}

/// True when both are of one kind, set up alike, and have counted the same.
pub(crate) fn equal(ours: &Accumulator, theirs: &Accumulator, py: Python<'_>) -> Result<bool> {
    let folded = |counts: &AnyCounts, _: &Control<'_>| Ok(Answer::Ready(counts.clone()));
    let (ours, theirs) = (ask(ours, py, folded)?, ask(theirs, py, folded)?);
    let rows = entries(&ours);
    calls::run_owned(py, rows, Settings::serial(py)?, move |_| Ok(ours == theirs))
}

/// The state as bytes.
pub(crate) fn bytes(of: &Accumulator, py: Python<'_>) -> Result<Vec<u8>> {
    ask(of, py, |counts, _| {
        let counts = counts.clone();
        Ok(Answer::Pending(Box::new(move |control| counts.to_bytes(control))))
    })
}

/// On which side of a threshold an equal score falls.
pub(crate) fn comparison_of(counts: &AnyCounts) -> Comparison {
    match counts {
        AnyCounts::Thresholds(counts) => counts.thresholds().comparison(),
        AnyCounts::Exact(_) | AnyCounts::Compact(_) => Comparison::GreaterEqual,
    }
}

/// The thresholds as given, the distinct scores, or the list of interval edges.
pub(crate) fn thresholds_of(counts: &AnyCounts, control: &Control<'_>) -> CoreResult<Answer<Vec<f64>>> {
    Ok(Answer::Ready(match counts {
        AnyCounts::Thresholds(counts) => counts.thresholds().given().to_vec(),
        AnyCounts::Exact(counts) => counts.scores(control)?,
        AnyCounts::Compact(_) => CompactCounts::edges(),
    }))
}

/// An area, and its lower and upper bound.
pub(crate) type Area = (f64, f64, f64);

/// The area or, up to `max_fpr`, its standardised part; and the bounds of the full one.
pub(crate) fn roc_auc(of: &Accumulator, py: Python<'_>, max_fpr: Option<f64>) -> Result<Area> {
    ask(of, py, move |counts, control| {
        if let (AnyCounts::Exact(counts), None | Some(1.0), false) = (counts, max_fpr, counts.weighted()) {
            let area = {
                let Pairs { twice_u, positives, negatives } = counts.pairs(control)?;
                measure::roc_auc_from_pairs(twice_u, positives, negatives)
            };
            return Ok(Answer::Ready((area, area, area)));
        }
        Ok(Answer::of(counts.tally(control)?, move |tally| {
            let area = match max_fpr {
                Some(max_fpr) => measure::partial_roc_auc(tally, max_fpr)?,
                None => measure::roc_auc(tally),
            };
            let bounds = measure::roc_auc_bounds(tally);
            Ok((area, bounds.lower, bounds.upper))
        }))
    })
}

/// The area by `method`, and the bounds of average precision.
pub(crate) fn pr_auc(of: &Accumulator, py: Python<'_>, method: PrAucMethod) -> Result<Area> {
    ask(of, py, move |counts, control| {
        if let (AnyCounts::Exact(counts), PrAucMethod::Step, false) = (counts, method, counts.weighted()) {
            let area = mean_precision(&counts.fold_positive_groups(control, start, add)?);
            return Ok(Answer::Ready((area, area, area)));
        }
        Ok(Answer::of(counts.tally(control)?, move |tally| {
            let bounds = measure::average_precision_bounds(tally);
            Ok((measure::pr_auc(tally, method), bounds.lower, bounds.upper))
        }))
    })
}

/// An empty sum, for the positives among `[negatives, positives]`.
pub(crate) fn start([_, positives]: [u64; 2]) -> PrecisionSum {
    PrecisionSum::new(positives)
}

/// Adds a group.
pub(crate) fn add(sum: &mut PrecisionSum, group: PositiveGroup) {
    sum.add(group.positives, group.true_positives, group.false_positives);
}

/// Average precision of the groups in all parts; NaN where there are none.
pub(crate) fn mean_precision(parts: &[PrecisionSum]) -> f64 {
    let sum = parts.iter().copied().reduce(|mut sum, part| {
        sum.merge(&part);
        sum
    });
    sum.map_or(f64::NAN, PrecisionSum::mean)
}

/// Thresholds, then true positives, false positives, false negatives and true negatives at each.
///
/// Without `at`: at the accumulator's own thresholds and comparison, or at every distinct score.
pub(crate) fn confusion<'py>(
    of: &Accumulator,
    py: Python<'py>,
    at: Option<Vec<f64>>,
    comparison: Comparison,
    nearest: bool,
) -> Result<Bound<'py, PyTuple>> {
    refuse_misfits(&of.counts(py), at.as_deref(), comparison)?;
    let at: Option<Arc<[f64]>> = at.map(Arc::from);
    let table = ask(of, py, move |counts, control| table(counts, at.clone(), comparison, nearest, control))?;
    into_columns(py, table)
}

/// Who knows every score can answer at any threshold, on either side of it; others cannot.
fn refuse_misfits(counts: &AnyCounts, at: Option<&[f64]>, comparison: Comparison) -> Result<()> {
    let refused = match (counts, at) {
        (AnyCounts::Thresholds(_), Some(_)) => {
            "`at` is not accepted: ThresholdCounts has counted at its own thresholds"
        }
        (AnyCounts::Compact(_), None) => "`at` is needed: CompactCounts has too many interval edges to list them all",
        (AnyCounts::Compact(counts), _) if comparison == Comparison::Greater && !counts.exact() => {
            "`comparison` must be \">=\": an interval of CompactCounts begins with its edge"
        }
        _ => return Ok(()),
    };
    Err(Failure::Value(refused.to_owned()))
}

fn table(
    counts: &AnyCounts,
    at: Option<Arc<[f64]>>,
    comparison: Comparison,
    nearest: bool,
    control: &Control<'_>,
) -> CoreResult<Answer<ConfusionCounts>> {
    let strict = comparison == Comparison::Greater;
    let tally = counts.tally(control)?;
    Ok(match counts {
        AnyCounts::Thresholds(counts) => {
            let (given, admitted) = (counts.thresholds().given().to_vec(), counts.groups_admitted());
            Answer::of(tally, move |tally| Ok(measure::confusion_of_groups(tally, given.clone(), &admitted)))
        }
        AnyCounts::Compact(counts) => {
            let edges = counts.resolve(at.as_deref().unwrap_or_default(), nearest)?;
            Answer::of(tally, move |tally| measure::confusion_at(tally, &edges, strict))
        }
        AnyCounts::Exact(counts) => match at {
            Some(at) => {
                let edges = counts.edges(&at);
                Answer::of(tally, move |tally| {
                    let table = measure::confusion_at(tally, &edges, strict)?;
                    Ok(ConfusionCounts { thresholds: at.to_vec(), ..table })
                })
            }
            None if strict => {
                let scores = counts.scores(control)?;
                Answer::of(tally, move |tally| measure::confusion_at(tally, &scores, strict))
            }
            None => Answer::of(tally, |tally| Ok(measure::confusion(tally))),
        },
    })
}

/// Thresholds, then tp, fp, fn and tn, as arrays.
pub(crate) fn into_columns(py: Python<'_>, table: ConfusionCounts) -> Result<Bound<'_, PyTuple>> {
    let thresholds = column(py, table.thresholds).into_any();
    let [tp, fp, fn_, tn] = match table.masses {
        ConfusionMasses::Counts { true_positives, false_positives, false_negatives, true_negatives } => [
            rows(py, true_positives)?,
            rows(py, false_positives)?,
            rows(py, false_negatives)?,
            rows(py, true_negatives)?,
        ],
        ConfusionMasses::Weights { true_positives, false_positives, false_negatives, true_negatives } => {
            [true_positives, false_positives, false_negatives, true_negatives].map(|sums| column(py, sums).into_any())
        }
    };
    Ok(PyTuple::new(py, [thresholds, tp, fp, fn_, tn])?)
}

/// Rows as int64, in the memory they lie in.
pub(crate) fn rows(py: Python<'_>, counts: Vec<u64>) -> Result<Bound<'_, PyAny>> {
    let counts = counts.into_iter().map(i64::try_from).collect::<std::result::Result<_, _>>();
    let counts = counts.map_err(|_| PyOverflowError::new_err("a count exceeds 2^63 - 1"))?;
    Ok(column(py, counts).into_any())
}

pub(crate) fn column<T: Element>(py: Python<'_>, values: Vec<T>) -> Bound<'_, PyArray1<T>> {
    PyArray1::from_vec(py, values)
}
