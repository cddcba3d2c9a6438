"""Curves of labels and scores, and the counts behind them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher.sklearn._answers import Declined, answers, warn
from thresher.sklearn._counted import counted, in_dtype
from thresher.sklearn._inputs import array, flag, two_values
from thresher.sklearn._originals import VERSION, UndefinedMetricWarning
from thresher.sklearn._ranking import NO_POSITIVE

__all__ = ["confusion_matrix_at_thresholds", "det_curve", "precision_recall_curve", "roc_curve"]

Curve: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any]]

NO_NEGATIVE_SAMPLES = "No negative samples in y_true, false positive value should be meaningless"
NO_POSITIVE_SAMPLES = "No positive samples in y_true, true positive value should be meaningless"


@answers("roc_curve")
def roc_curve(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None, drop_intermediate: Any = True
) -> Curve:
    """Answer with thresholds in float64, before scikit-learn 1.8 in the floats of the scores."""
    drop = flag("drop_intermediate", drop_intermediate)
    counts, given = counted(y_true, y_score, pos_label, sample_weight)
    fpr, tpr, thresholds = counts.roc_points(drop)
    if not np.isfinite(thresholds[1:2]).all() or not np.isfinite(thresholds[-1]):
        raise Declined("`y_score` is not finite, or no row has weight")
    if not counts.n_negatives:
        warn("roc_curve", NO_NEGATIVE_SAMPLES, UndefinedMetricWarning)
    if not counts.n_positives:
        warn("roc_curve", NO_POSITIVE_SAMPLES, UndefinedMetricWarning)
    return fpr, tpr, _with_infinity(thresholds, given)


def _with_infinity(thresholds: NDArray[np.float64], given: NDArray[Any]) -> NDArray[Any]:
    """Return thresholds that include infinity in their dtype: float64, or what older versions make of both."""
    return thresholds if VERSION >= (1, 8) else thresholds.astype(np.result_type(given.dtype, 0.0), copy=False)


@answers("precision_recall_curve")
def precision_recall_curve(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None, drop_intermediate: Any = False
) -> Curve:
    """Answer with thresholds in the dtype of the scores."""
    drop = flag("drop_intermediate", drop_intermediate)
    counts, given = counted(y_true, y_score, pos_label, sample_weight)
    precision, recall, found = counts.precision_recall_points(drop, given.dtype == np.float32)
    thresholds = in_dtype(found, given)
    if not counts.n_positives:
        warn("precision_recall_curve", NO_POSITIVE, UserWarning)
        recall[:-1] = 1.0
    return precision, recall, thresholds


@answers("det_curve")
def det_curve(
    y_true: Any, y_score: Any, pos_label: Any = None, sample_weight: Any = None, drop_intermediate: Any = False
) -> Curve:
    """Answer with thresholds in float64, both classes being there."""
    if VERSION < (1, 7):
        raise Declined("this version of scikit-learn draws it without its first point")
    drop = flag("drop_intermediate", drop_intermediate)
    counts, given = counted(y_true, y_score, pos_label, sample_weight)
    if not counts.n_negatives or not counts.n_positives:
        raise Declined("only one class is present")
    if pos_label is not None and not _two_labels(array(y_true, "y_true")):
        raise Declined("there are not two labels")
    in_dtype(counts.thresholds(), given)
    fpr, fnr, thresholds = counts.det_curve(drop)
    return fpr, fnr, _with_infinity(thresholds, given)


def _two_labels(truth: NDArray[Any]) -> bool:
    if truth.dtype.kind not in "UO":
        return two_values(truth) is not None
    first = truth[truth != truth[0]]  # both classes are there
    return bool((first == first[0]).all())


@answers("confusion_matrix_at_thresholds")
def confusion_matrix_at_thresholds(
    y_true: Any, y_score: Any, *, pos_label: Any = None, sample_weight: Any = None
) -> tuple[NDArray[Any], ...]:
    """Answer counts in float64, with thresholds in the dtype of the scores."""
    counts, given = counted(y_true, y_score, pos_label, sample_weight)
    thresholds, tp, fp, fn, tn = counts.confusion(None, ">=", False)
    tns, fps, fns, tps = (np.array(column[::-1], np.float64) for column in (tn, fp, fn, tp))
    return tns, fps, fns, tps, np.ascontiguousarray(in_dtype(thresholds, given)[::-1])
