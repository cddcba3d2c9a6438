//! What is read off an [`Accumulator`]: areas with their bounds, confusion tables; `curves.rs` has the curves.
//!
//! Each query copies the state (a few pointers), works on the copy without the lock, and can be interrupted.

use numpy::{Element, PyArray1};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use thresher::count::{Accumulator as _, CompactCounts, Comparison, ExactCounts, Pairs, PositiveGroup, Rows};
use thresher::measure::{self, ConfusionCounts, ConfusionMasses, PrAucMethod, PrecisionSum};
use thresher::state::AnyCounts;
use thresher::{Control, Result as CoreResult};

use crate::accumulators::Accumulator;
use crate::calls;
use crate::dispatch::{AnyAccumulator, EXACT};
use crate::errors::{Failure, Result};
use crate::settings::Settings;
use crate::tallies::Tally;

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

/// What the rows of an ExactCounts say without a tally, which takes longer to read even where it was kept; None for weights.
pub(crate) fn ask_rows<T: Send + 'static>(
    of: &Accumulator,
    py: Python<'_>,
    answer: impl Fn(&ExactCounts, &Control<'_>) -> CoreResult<Option<T>> + Send + Sync,
) -> Result<Option<T>> {
    if of.kind != EXACT || of.counts(py).weighted() {
        return Ok(None);
    }
    ask(of, py, |counts, control| match counts {
        AnyCounts::Exact(counts) if !counts.weighted() => Ok(Answer::Ready(answer(counts, control)?)),
        _ => Ok(Answer::Ready(None)),
    })
}

/// The area or, up to `max_fpr`, its standardised part; and the bounds of the full one.
pub(crate) fn roc_auc(of: &Accumulator, py: Python<'_>, max_fpr: Option<f64>) -> Result<Area> {
    if matches!(max_fpr, None | Some(1.0))
        && let Some(Pairs { twice_u, positives, negatives }) =
            ask_rows(of, py, |counts, control| counts.pairs(control).map(Some))?
    {
        let area = measure::roc_auc_from_pairs(twice_u, positives, negatives);
        return Ok((area, area, area));
    }
    Tally::of(of, py)?.measured(py, move |tally| {
        let (area, bounds) = measure::roc_auc_with_bounds(tally);
        let area = max_fpr.map_or(Ok(area), |max_fpr| measure::partial_roc_auc(tally, max_fpr))?;
        Ok((area, bounds.lower, bounds.upper))
    })
}

/// The area by `method`, and the bounds of average precision; where that is exact, twice the area.
pub(crate) fn pr_auc(of: &Accumulator, py: Python<'_>, method: PrAucMethod) -> Result<Area> {
    let fold = |counts: &ExactCounts, control: &Control<'_>| counts.fold_positive_groups(control, start, add).map(Some);
    if method == PrAucMethod::Step
        && let Some(parts) = ask_rows(of, py, fold)?
    {
        let area = mean_precision(&parts);
        return Ok((area, area, area));
    }
    Tally::of(of, py)?.measured(py, move |tally| {
        if tally.tied() {
            let area = measure::pr_auc(tally, method);
            return Ok((area, area, area));
        }
        let (area, bounds) = measure::average_precision_with_bounds(tally);
        let area = if method == PrAucMethod::Step { area } else { measure::pr_auc(tally, method) };
        Ok((area, bounds.lower, bounds.upper))
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
    let (tally, counts) = Tally::with_counts(of, py)?;
    let strict = comparison == Comparison::Greater;
    let table = match counts {
        AnyCounts::Thresholds(counts) => tally.measured(py, move |tally| {
            let given = counts.thresholds().given().to_vec();
            Ok(measure::confusion_of_groups(tally, given, &counts.groups_admitted()))
        }),
        AnyCounts::Compact(counts) => tally.measured(py, move |tally| {
            let edges = counts.resolve(at.as_deref().unwrap_or_default(), nearest)?;
            measure::confusion_at(tally, &edges, strict)
        }),
        AnyCounts::Exact(counts) => tally.measured(py, move |tally| match &at {
            Some(at) => {
                let table = measure::confusion_at(tally, &counts.edges(at), strict)?;
                Ok(ConfusionCounts { thresholds: at.clone(), ..table })
            }
            None if strict => {
                let scores: Vec<f64> = tally.thresholds().iter().rev().copied().collect();
                measure::confusion_at(tally, &scores, strict)
            }
            None => Ok(measure::confusion(tally)),
        }),
    }?;
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
