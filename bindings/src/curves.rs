//! Curves read off an [`Accumulator`]: from its tally; or, where it still holds its rows in buckets, straight into columns.

use numpy::Element;
use pyo3::prelude::*;
use thresher::count::{Accumulator as _, Columns, ExactCounts, GroupValues, Order};
use thresher::input::Score;
use thresher::measure::{self, PrecisionRecallCurve, PrecisionSum, RocCurve};
use thresher::tally::Groups;
use thresher::{Control, Result as CoreResult};

use crate::accumulators::Accumulator;
use crate::errors::Result;
use crate::queries::{self, Column, ask_rows, column, mean_precision};
use crate::tallies::Tally;

/// Two coordinates and the thresholds.
pub(crate) type Points<'py> = (Column<'py>, Column<'py>, Column<'py>);

/// The same, with thresholds that may be float32.
pub(crate) type AnyPoints<'py> = (Column<'py>, Column<'py>, Bound<'py, PyAny>);

/// The same, and the area under the curve.
pub(crate) type Curve<'py> = (Column<'py>, Column<'py>, Column<'py>, f64);

pub(crate) fn roc_curve<'py>(of: &Accumulator, py: Python<'py>, drop_intermediate: bool) -> Result<Curve<'py>> {
    let of_rows = move |counts: &ExactCounts, control: &Control<'_>| {
        let made = if drop_intermediate {
            roc::<true>(counts, control, false)?.map(|(curve, _)| curve).zip(Some(pairs_area(counts, control)?))
        } else {
            roc::<false>(counts, control, true)?
        };
        Ok(made)
    };
    let (curve, area) = match ask_rows(of, py, of_rows)? {
        Some(made) => made,
        None => Tally::of(of, py)?
            .measured(py, move |tally| Ok((measure::roc_curve(tally, drop_intermediate), measure::roc_auc(tally))))?,
    };
    Ok((column(py, curve.fpr), column(py, curve.tpr), column(py, curve.thresholds), area))
}

/// The points of [`roc_curve`], without the area.
pub(crate) fn roc_points<'py>(of: &Accumulator, py: Python<'py>, drop_intermediate: bool) -> Result<Points<'py>> {
    let of_rows = move |counts: &ExactCounts, control: &Control<'_>| {
        let made =
            if drop_intermediate { roc::<true>(counts, control, false) } else { roc::<false>(counts, control, false) };
        Ok(made?.map(|(curve, _)| curve))
    };
    let curve = match ask_rows(of, py, of_rows)? {
        Some(curve) => curve,
        None => Tally::of(of, py)?.measured(py, move |tally| Ok(measure::roc_curve(tally, drop_intermediate)))?,
    };
    Ok((column(py, curve.fpr), column(py, curve.tpr), column(py, curve.thresholds)))
}

fn pairs_area(counts: &ExactCounts, control: &Control<'_>) -> CoreResult<f64> {
    let pairs = counts.pairs(control)?;
    Ok(measure::roc_auc_from_pairs(pairs.twice_u, pairs.positives, pairs.negatives))
}

/// Points of the ROC curve among all `[negatives, positives]`, with or without those on straight lines; and twice the pairs
/// below it, where its area is asked for and every group has a point.
struct RocPoints<const DROPS: bool> {
    rows: [u64; 2],
    area: bool,
    twice_u: u128,
}

impl<const DROPS: bool> GroupValues<f64> for RocPoints<DROPS> {
    const DROPS: bool = DROPS;

    #[inline(always)]
    fn stays(counts: [u64; 2], lower: [u64; 2]) -> bool {
        RocCurve::stays(counts, lower)
    }

    #[inline(always)]
    fn make(&mut self, groups: Groups<'_>, fpr: &mut [f64], tpr: &mut [f64]) {
        RocCurve::points(groups, self.rows, fpr, tpr);
        if self.area {
            self.twice_u += measure::twice_u(groups, self.rows);
        }
    }
}

/// The ROC curve, and where nothing is dropped its area if asked for, in one go on all threads; what the tally would give.
fn roc<const DROPS: bool>(
    counts: &ExactCounts,
    control: &Control<'_>,
    area: bool,
) -> CoreResult<Option<(RocCurve, f64)>> {
    let start = |rows| RocPoints::<DROPS> { rows, area, twice_u: 0 };
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

/// The points of [`precision_recall_curve`], without the area; `single`: thresholds may be float32, as all scores are.
pub(crate) fn precision_recall_points<'py>(
    of: &Accumulator,
    py: Python<'py>,
    drop_intermediate: bool,
    single: bool,
) -> Result<AnyPoints<'py>> {
    let made = match (single, drop_intermediate) {
        (true, true) => points_of_rows::<true, f32>(of, py)?,
        (true, false) => points_of_rows::<false, f32>(of, py)?,
        (false, true) => points_of_rows::<true, f64>(of, py)?,
        (false, false) => points_of_rows::<false, f64>(of, py)?,
    };
    if let Some(made) = made {
        return Ok(made);
    }
    let curve =
        Tally::of(of, py)?.measured(py, move |tally| Ok(measure::precision_recall_curve(tally, drop_intermediate)))?;
    Ok((column(py, curve.precision), column(py, curve.recall), column(py, curve.thresholds).into_any()))
}

fn points_of_rows<'py, const DROPS: bool, S: Score + Element>(
    of: &Accumulator,
    py: Python<'py>,
) -> Result<Option<AnyPoints<'py>>> {
    let made = ask_rows(of, py, |counts, control| precision_recall::<DROPS, S>(counts, control, false))?;
    Ok(made.map(|(Columns { scores, first, second }, _)| {
        (column(py, first), column(py, second), column(py, scores).into_any())
    }))
}

/// Points of the precision-recall curve among all `[negatives, positives]`, with or without those of one recall; and the sum
/// behind average precision, where it is asked for and every group has a point.
struct PrecisionRecallPoints<const DROPS: bool> {
    rows: [u64; 2],
    area: bool,
    sum: PrecisionSum,
}

impl<const DROPS: bool> GroupValues<f64> for PrecisionRecallPoints<DROPS> {
    const DROPS: bool = DROPS;

    #[inline(always)]
    fn stays(counts: [u64; 2], lower: [u64; 2]) -> bool {
        PrecisionRecallCurve::stays(counts, lower)
    }

    #[inline(always)]
    fn make(&mut self, groups: Groups<'_>, precision: &mut [f64], recall: &mut [f64]) {
        PrecisionRecallCurve::points(groups, self.rows, precision, recall);
        if self.area {
            self.sum.add_all(groups.positives, precision);
        }
    }
}

/// The precision-recall curve with a point a distinct score, and average precision, in one go on all threads.
fn every_precision_recall_point(
    counts: &ExactCounts,
    control: &Control<'_>,
) -> CoreResult<Option<(PrecisionRecallCurve, f64)>> {
    let made = precision_recall::<false, f64>(counts, control, true)?;
    Ok(made.map(|(Columns { scores: thresholds, first: precision, second: recall }, sums)| {
        (PrecisionRecallCurve { precision, recall, thresholds }, mean_precision(&sums))
    }))
}

type PrecisionRecall<S> = (Columns<S, f64>, Vec<PrecisionSum>);

/// Thresholds, precision, recall, all ascending with thresholds; and parts of the sum behind average precision.
fn precision_recall<const DROPS: bool, S: Score>(
    counts: &ExactCounts,
    control: &Control<'_>,
    area: bool,
) -> CoreResult<Option<PrecisionRecall<S>>> {
    let start = |rows| PrecisionRecallPoints::<DROPS> { rows, area, sum: queries::start(rows) };
    let Some((mut columns, parts)) = counts.columns(Order::AscendingBeforeOne, control, start)? else {
        return Ok(None);
    };
    columns.scores.pop();
    if let Some(end) = columns.first.last_mut() {
        *end = 1.0; // recall is 0 there, as it was made
    }
    Ok(Some((columns, parts.into_iter().map(|part| part.sum).collect())))
}

pub(crate) fn det_curve<'py>(of: &Accumulator, py: Python<'py>, drop_intermediate: bool) -> Result<Points<'py>> {
    let curve = Tally::of(of, py)?.measured(py, move |tally| Ok(measure::det_curve(tally, drop_intermediate)))?;
    Ok((column(py, curve.fpr), column(py, curve.fnr), column(py, curve.thresholds)))
}
