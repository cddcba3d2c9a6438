//! Curves read off an [`Accumulator`]: from its tally; or, where it still holds its rows in buckets, straight into columns.

use pyo3::prelude::*;
use thresher::count::{Accumulator as _, Columns, ExactCounts, GroupValues, Order};
use thresher::measure::{self, PrecisionRecallCurve, PrecisionSum, RocCurve};
use thresher::tally::Groups;
use thresher::{Control, Result as CoreResult};

use crate::accumulators::Accumulator;
use crate::errors::Result;
use crate::queries::{self, Column, ask_rows, column, mean_precision};
use crate::tallies::Tally;

/// Two coordinates and the thresholds.
pub(crate) type Points<'py> = (Column<'py>, Column<'py>, Column<'py>);

/// The same, and the area under the curve.
pub(crate) type Curve<'py> = (Column<'py>, Column<'py>, Column<'py>, f64);

pub(crate) fn roc_curve<'py>(of: &Accumulator, py: Python<'py>, drop_intermediate: bool) -> Result<Curve<'py>> {
    let every = if drop_intermediate { None } else { ask_rows(of, py, every_roc_point)? };
    let (curve, area) = match every {
        Some(all) => all,
        None => Tally::of(of, py)?
            .measured(py, move |tally| Ok((measure::roc_curve(tally, drop_intermediate), measure::roc_auc(tally))))?,
    };
    Ok((column(py, curve.fpr), column(py, curve.tpr), column(py, curve.thresholds), area))
}

/// Points of the ROC curve among all `[negatives, positives]`, and twice the pairs below it.
struct RocPoints {
    rows: [u64; 2],
    twice_u: u128,
}

impl GroupValues<f64> for RocPoints {
    #[inline(always)]
    fn make(&mut self, groups: Groups<'_>, fpr: &mut [f64], tpr: &mut [f64]) {
        RocCurve::points(groups, self.rows, fpr, tpr);
        self.twice_u += measure::twice_u(groups, self.rows);
    }
}

/// The ROC curve with a point a distinct score, and its area, in one go on all threads; what the tally would give.
fn every_roc_point(counts: &ExactCounts, control: &Control<'_>) -> CoreResult<Option<(RocCurve, f64)>> {
    let start = |rows| RocPoints { rows, twice_u: 0 };
    let Some((columns, parts)) = counts.columns(Order::DescendingAfterOne, control, start)? else {
        return Ok(None);
    };
    let Columns { scores: mut thresholds, first: mut fpr, second: mut tpr } = columns;
    let [negatives, positives] = [counts.rows().negatives, counts.rows().positives];
    let none = Groups { positives: &[0], negatives: &[0], true_positives: &[0], false_positives: &[0] };
    RocCurve::points(none, [negatives, positives], &mut fpr[..1], &mut tpr[..1]);
    thresholds[0] = f64::INFINITY;
    let area = measure::roc_auc_from_pairs(parts.iter().map(|part| part.twice_u).sum(), positives, negatives);
    Ok(Some((RocCurve { fpr, tpr, thresholds }, area)))
}

pub(crate) fn precision_recall_curve<'py>(
    of: &Accumulator,
    py: Python<'py>,
    drop_intermediate: bool,
) -> Result<Curve<'py>> {
    let every = if drop_intermediate { None } else { ask_rows(of, py, every_precision_recall_point)? };
    let (curve, area) = match every {
        Some(all) => all,
        None => Tally::of(of, py)?.measured(py, move |tally| {
            Ok((measure::precision_recall_curve(tally, drop_intermediate), measure::average_precision(tally)))
        })?,
    };
    Ok((column(py, curve.precision), column(py, curve.recall), column(py, curve.thresholds), area))
}

/// Points of the precision-recall curve among all `[negatives, positives]`, and the sum behind average precision.
struct PrecisionRecallPoints {
    rows: [u64; 2],
    sum: PrecisionSum,
}

impl GroupValues<f64> for PrecisionRecallPoints {
    #[inline(always)]
    fn make(&mut self, groups: Groups<'_>, precision: &mut [f64], recall: &mut [f64]) {
        PrecisionRecallCurve::points(groups, self.rows, precision, recall);
        self.sum.add_all(groups.positives, precision);
    }
}

/// The precision-recall curve with a point a distinct score, and average precision, in one go on all threads.
fn every_precision_recall_point(
    counts: &ExactCounts,
    control: &Control<'_>,
) -> CoreResult<Option<(PrecisionRecallCurve, f64)>> {
    let start = |rows| PrecisionRecallPoints { rows, sum: queries::start(rows) };
    let Some((columns, parts)) = counts.columns(Order::AscendingBeforeOne, control, start)? else {
        return Ok(None);
    };
    let Columns { scores: mut thresholds, first: mut precision, second: recall } = columns;
    thresholds.pop();
    if let Some(end) = precision.last_mut() {
        *end = 1.0; // recall is 0 there, as it was made
    }
    let sums: Vec<PrecisionSum> = parts.into_iter().map(|part| part.sum).collect();
    Ok(Some((PrecisionRecallCurve { precision, recall, thresholds }, mean_precision(&sums))))
}

pub(crate) fn det_curve<'py>(of: &Accumulator, py: Python<'py>, drop_intermediate: bool) -> Result<Points<'py>> {
    let curve = Tally::of(of, py)?.measured(py, move |tally| Ok(measure::det_curve(tally, drop_intermediate)))?;
    Ok((column(py, curve.fpr), column(py, curve.fnr), column(py, curve.thresholds)))
}
