"""Areas under the curves of labels and scores, of one column or averaged over several; `auc` of any points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import Error, _core
from thresher.sklearn._answers import Declined, answers, warn
from thresher.sklearn._columns import (
    Table,
    averaged,
    multiclass,
    multilabel,
    one_against_one,
    one_vs_rest,
    probabilities,
)
from thresher.sklearn._inputs import Number, all_finite, array, classes_of, labels, number, scores, two_values, weights
from thresher.sklearn._originals import SCALAR, UndefinedMetricWarning

__all__ = ["NO_POSITIVE", "auc", "average_precision_score", "roc_auc_score"]

ONE_CLASS = "Only one class is present in y_true. ROC AUC score is not defined in that case."
NO_POSITIVE = "No positive class found in y_true, recall is set to one for all thresholds."

_AVERAGES = ("macro", "micro", "weighted", "samples")


class _Areas:
    """An area of the core, column by column, and how often it was undefined: then `without` stands for it."""

    __slots__ = ("_area", "_further", "_without", "undefined")

    def __init__(self, area: Callable[..., float], without: float, *further: Any) -> None:
        self._area = area
        self._further = further
        self._without = without
        self.undefined = 0

    def __call__(
        self, truth: NDArray[Any], given: NDArray[Any], weight: NDArray[Any] | None, positive: Number | None
    ) -> float:
        return self.of(self._area(truth, given, weight, positive, False, None, *self._further, True), weight)

    def of(self, found: float, weight: NDArray[Any] | None) -> float:
        """Return what the core found, or what stands for it."""
        if found == found:
            return SCALAR(found)  # type: ignore[no-any-return]
        if weight is not None:
            raise Declined("weights leave no row of a class")
        self.undefined += 1
        return self._without


@answers("roc_auc_score")
def roc_auc_score(
    y_true: Any,
    y_score: Any,
    *,
    average: Any = "macro",
    sample_weight: Any = None,
    max_fpr: Any = None,
    multi_class: Any = "raise",
    labels: Any = None,
) -> Any:
    """Answer binary, multilabel and multiclass problems, averaged in every way."""
    _one_of(average, multi_class)
    areas = _Areas(_core.roc_auc, float("nan"), None if max_fpr is None else _limit(max_fpr))
    truth, given, weight = array(y_true, "y_true"), array(y_score, "y_score"), weights(sample_weight)
    value: Any
    if given.ndim < 2 or given.shape[1] < 2:
        _ignored(labels)
        value = _binary_roc_auc(areas, truth, given, weight)
    elif truth.ndim == 2 and truth.shape[1] > 1:
        _ignored(labels)
        value = averaged(multilabel(truth, given), areas, average, weight)
    else:
        if max_fpr is not None or multi_class == "raise" or average == "samples":
            raise Declined("a parameter is not available for multiclass problems")
        table = multiclass(truth, given, labels)
        ours = _one_vs_rest if multi_class == "ovr" else _one_vs_one
        value = ours(areas, table, average, weight)
    for _ in range(areas.undefined):
        warn("roc_auc_score", ONE_CLASS, UndefinedMetricWarning)
    return value


def _one_vs_rest(areas: _Areas, table: Table, average: str | None, weight: NDArray[Any] | None) -> Any:
    if average != "micro" and weight is None:
        together = one_vs_rest(table)
        if together is not None:
            return averaged(table, areas, average, None, [areas.of(area, None) for area in together])
    probabilities(table)
    return averaged(table, areas, average, weight)


def _one_vs_one(areas: _Areas, table: Table, average: str | None, weight: NDArray[Any] | None) -> Any:
    probabilities(table)
    if average not in ("macro", "weighted") or weight is not None:
        raise Declined("a parameter is not available for one against one")
    return one_against_one(table, areas, average)


def _one_of(average: Any, multi_class: Any) -> None:
    if average is not None and not (isinstance(average, str) and average in _AVERAGES):
        raise Declined(f"`average` is {average!r}")
    if not (isinstance(multi_class, str) and multi_class in ("raise", "ovr", "ovo")):
        raise Declined(f"`multi_class` is {multi_class!r}")


def _limit(max_fpr: Any) -> float | None:
    if type(max_fpr) not in (int, float) or not 0.0 < max_fpr <= 1.0:
        raise Declined(f"`max_fpr` is {max_fpr!r}")
    return None if max_fpr == 1 else float(max_fpr)


def _ignored(labels: Any) -> None:
    """Let `labels` pass, which only multiclass problems look at, if it is an array."""
    if labels is not None and not isinstance(labels, list | tuple | np.ndarray):
        raise Declined(f"`labels` is a {type(labels).__name__}")


def _binary_roc_auc(areas: _Areas, truth: Any, given: Any, weight: NDArray[Any] | None) -> float:
    """Return the area of two classes, of which the larger is positive."""
    truth, given = labels(truth), scores(given, weight)
    if truth.dtype.kind in "UO":
        classes, truth = classes_of(truth)
        if len(classes) > 2:
            raise Declined("there are more than two classes")
    try:
        return areas(truth, given, weight, None)
    except Error:
        values = two_values(truth)
    if values is None:
        raise Declined("there are more than two classes")
    return areas(truth, given, weight, values[1])


@answers("average_precision_score")
def average_precision_score(
    y_true: Any, y_score: Any, *, average: Any = "macro", pos_label: Any = 1, sample_weight: Any = None
) -> Any:
    """Answer binary, multilabel and multiclass problems, averaged in every way."""
    _one_of(average, "raise")
    areas = _Areas(_core.average_precision, 0.0)
    truth, given, weight = array(y_true, "y_true"), array(y_score, "y_score"), weights(sample_weight)
    value: Any
    if given.ndim < 2 or given.shape[1] < 2:
        value = _binary_average_precision(areas, truth, given, weight, pos_label)
    elif number(pos_label) != 1 or not hasattr(y_score, "shape"):
        raise Declined(f"`pos_label` is {pos_label!r}, or `y_score` has no shape")
    elif truth.ndim == 2 and truth.shape[1] > 1:
        value = averaged(multilabel(truth, given), areas, average, weight)
    else:
        table = multiclass(truth, given)
        if not all_finite(table.scores):
            raise Declined("`y_score` is not finite")
        value = averaged(table, areas, average, weight)
    for _ in range(areas.undefined):
        warn("average_precision_score", NO_POSITIVE, UserWarning)
    return value


def _binary_average_precision(
    areas: _Areas, truth: Any, given: Any, weight: NDArray[Any] | None, pos_label: Any
) -> float:
    """Return the average precision of two classes; `pos_label` is one of them, unless there is but one class."""
    truth, given = labels(truth), scores(given, weight)
    if truth.dtype.kind in "UO":
        return _text_average_precision(areas, truth, given, weight, pos_label)
    label = number(pos_label)
    if label is None:
        raise Declined(f"`pos_label` is {pos_label!r}")
    if label == 1:
        try:
            return areas(truth, given, weight, None)
        except Error:
            pass  # perhaps other labels than 0 and 1
    values = two_values(truth)
    if values is None or (values[0] != values[1] and label not in values):
        raise Declined("there are more than two classes, or `pos_label` is none of two")
    return areas(truth, given, weight, label)


def _text_average_precision(
    areas: _Areas, truth: NDArray[Any], given: NDArray[Any], weight: NDArray[Any] | None, pos_label: Any
) -> float:
    classes, codes = classes_of(truth)
    places = np.flatnonzero(classes == pos_label).tolist() if isinstance(pos_label, str) else []
    if len(places) != 1 or len(classes) > 2:
        raise Declined("there are more than two classes, or `pos_label` is none of them")
    return areas(codes, given, weight, places[0])


@answers("auc")
def auc(x: Any, y: Any) -> Any:
    """Answer numbers of one length, where x increases or decreases."""
    abscissas, ordinates = array(x, "x"), array(y, "y")
    if abscissas.ndim != 1 or abscissas.shape != ordinates.shape or len(abscissas) < 2:
        raise Declined(f"`x` and `y` have shapes {abscissas.shape} and {ordinates.shape}")
    if abscissas.dtype.kind not in "fi" or ordinates.dtype.kind not in "fi":
        raise Declined(f"`x` and `y` have dtypes {abscissas.dtype} and {ordinates.dtype}")
    steps = np.diff(abscissas)
    falling = (steps < 0).any()
    if falling and not (steps <= 0).all():
        raise Declined("`x` is neither increasing nor decreasing")
    area = np.trapezoid(ordinates, abscissas)
    return SCALAR(-area if falling else area)
