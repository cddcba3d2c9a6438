"""Metrics of hard labels that follow from the confusion matrix, or from how many rows are right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher.sklearn._answers import Declined, answers, warn
from thresher.sklearn._indicators import Indicators, target
from thresher.sklearn._inputs import array, flag
from thresher.sklearn._originals import SCALAR, VERSION, UndefinedMetricWarning
from thresher.sklearn._pairs import Pairs, pairs, places_of

__all__ = [
    "accuracy_score",
    "balanced_accuracy_score",
    "class_likelihood_ratios",
    "cohen_kappa_score",
    "confusion_matrix",
    "hamming_loss",
    "matthews_corrcoef",
    "zero_one_loss",
]

SINGLE = (
    "A single label was found in 'y_true' and 'y_pred'. For the confusion matrix to have the correct shape, use the "
    "'labels' parameter to pass all known labels."
)
OTHER_CLASSES = "y_pred contains classes not in y_true"
NOTHING_IN_COMMON = (
    "`y2` contains no labels that are present in both `y1` and `labels`.`cohen_kappa_score` is undefined and set to "
    "the value defined by the `replace_undefined_by` param, which is set to {}."
)
ONE_IN_COMMON = (
    "`y1`, `y2` and `labels` have only one label in common. `cohen_kappa_score` is undefined and set to the value "
    "defined by the the `replace_undefined_by` param, which is set to {}."
)


@answers("confusion_matrix")
def confusion_matrix(
    y_true: Any, y_pred: Any, *, labels: Any = None, sample_weight: Any = None, normalize: Any = None
) -> NDArray[Any]:
    """Answer the matrix over all classes, or over labels in their order."""
    if normalize is not None and not (isinstance(normalize, str) and normalize in ("true", "pred", "all")):
        raise Declined(f"`normalize` is {normalize!r}")
    table = _over(pairs(y_true, y_pred, sample_weight), labels)
    if normalize is not None:
        axis = {"true": 1, "pred": 0, "all": None}[normalize]
        rows = table.sum(axis=axis, keepdims=True)
        table = np.divide(table, rows, out=np.zeros(table.shape), where=rows != 0)
    _warn_of_one(table)
    return table


def _over(counted: Pairs, labels: Any) -> NDArray[Any]:
    """Return the cells over these labels; of a repeated one, the last has them."""
    cells = counted.cells()
    if labels is None:
        return cells
    wanted = array(labels, "labels")
    places, classes = places_of(wanted, counted), len(cells)
    last = {place: index for index, place in enumerate(places) if place < classes}
    if not counted.counts[list(last)].any():
        raise Declined("none of `labels` is in `y_true`")
    table = np.zeros((len(places), len(places)), cells.dtype)
    table[np.ix_(list(last.values()), list(last.values()))] = cells[np.ix_(list(last), list(last))]
    return table


def _warn_of_one(table: NDArray[Any]) -> None:
    if len(table) == 1:
        warn("confusion_matrix", SINGLE, UserWarning)


@answers("accuracy_score")
def accuracy_score(y_true: Any, y_pred: Any, *, normalize: Any = True, sample_weight: Any = None) -> float:
    """Answer the share of rows that are right, of several labels all, or how many."""
    return _right(y_true, y_pred, flag("normalize", normalize), sample_weight)[0]


@answers("zero_one_loss")
def zero_one_loss(y_true: Any, y_pred: Any, *, normalize: Any = True, sample_weight: Any = None) -> Any:
    """Answer the share of rows that are wrong, or how many."""
    share = flag("normalize", normalize)
    right, rows = _right(y_true, y_pred, share, sample_weight)
    return 1 - right if share else rows - right


def _right(y_true: Any, y_pred: Any, share: bool, sample_weight: Any) -> tuple[float, Any]:
    """Return the share or the number of rows that are right, and the number of all; with weights, their sums."""
    counted = target(y_true, y_pred, sample_weight)
    right, rows = counted.right_and_all()
    if share:
        return right / rows, rows
    if counted.weight is None:
        return right, int(rows)
    if counted.weight.dtype.itemsize < 8:
        raise Declined("`sample_weight` would add up in few bits")
    return right, counted.weight.sum()


@answers("hamming_loss")
def hamming_loss(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> Any:
    """Answer the share of labels that are wrong."""
    counted = target(y_true, y_pred, sample_weight)
    if isinstance(counted, Pairs):
        return counted.wrong() / counted.right_and_all()[1]
    return _of_indicators(counted)


def _of_indicators(counted: Indicators) -> Any:
    different, (rows, width) = counted.different(), counted.truth.shape
    if counted.weight is None:
        return float(different.sum()) / (rows * width)
    wrong = np.dot(different, counted.weight)
    return (wrong if VERSION < (1, 7) else float(wrong)) / (rows * width * np.average(counted.weight))


@answers("balanced_accuracy_score")
def balanced_accuracy_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None, adjusted: Any = False) -> Any:
    """Answer the mean recall of the classes that occur in the truth."""
    chance = flag("adjusted", adjusted)
    table = pairs(y_true, y_pred, sample_weight).cells()
    right, rows = table.diagonal(), table.sum(axis=1)
    occur = rows != 0
    if chance and occur.sum() == 1:
        raise Declined("there is only one class")
    _warn_of_one(table)
    if not occur.all():
        warn("balanced_accuracy_score", OTHER_CLASSES, UserWarning)
        right, rows = right[occur], rows[occur]
    score = (right / rows).mean()
    if chance:
        score = (score - 1 / len(rows)) / (1 - 1 / len(rows))
    return SCALAR(score)


@answers("matthews_corrcoef")
def matthews_corrcoef(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> Any:
    """Answer the correlation of two columns of classes; 0.0 where it is undefined."""
    table = pairs(y_true, y_pred, sample_weight).cells()
    _warn_of_one(table)
    true, predicted = table.sum(axis=1, dtype=np.float64), table.sum(axis=0, dtype=np.float64)
    right, rows = table.trace(dtype=np.float64), predicted.sum()
    both = right * rows - np.dot(true, predicted)
    spread = (rows**2 - np.dot(predicted, predicted)) * (rows**2 - np.dot(true, true))
    return 0.0 if spread == 0 else SCALAR(both / np.sqrt(spread))


@answers("cohen_kappa_score")
def cohen_kappa_score(
    y1: Any,
    y2: Any,
    *,
    labels: Any = None,
    weights: Any = None,
    sample_weight: Any = None,
    replace_undefined_by: Any = float("nan"),
) -> Any:
    """Answer the agreement beyond chance, of which disagreements may be weighted by their distance."""
    if weights is not None and not (isinstance(weights, str) and weights in ("linear", "quadratic")):
        raise Declined(f"`weights` is {weights!r}")
    if type(replace_undefined_by) not in (int, float) or abs(replace_undefined_by) > 1:
        raise Declined(f"`replace_undefined_by` is {replace_undefined_by!r}")
    table = _over(pairs(y1, y2, sample_weight), labels).astype(np.float64)
    of_first, of_second = table.sum(axis=1), table.sum(axis=0)
    rows = of_second.sum()
    numbers = np.arange(len(table), dtype=np.float64)
    apart = np.abs(numbers - numbers[:, np.newaxis])
    apart = (apart != 0) * 1.0 if weights is None else apart if weights == "linear" else apart**2
    by_chance = 0.0 if rows == 0 else (apart * (np.outer(of_second, of_first) / rows)).sum()
    if by_chance == 0 and VERSION < (1, 9):
        raise Declined("it is undefined")
    _warn_of_one(table)
    if by_chance == 0:
        message = NOTHING_IN_COMMON if rows == 0 else ONE_IN_COMMON
        warn("cohen_kappa_score", message.format(replace_undefined_by), UndefinedMetricWarning)
        return replace_undefined_by
    return SCALAR(1 - (apart * table).sum() / by_chance)


@answers("class_likelihood_ratios")
def class_likelihood_ratios(
    y_true: Any, y_pred: Any, *, labels: Any = None, sample_weight: Any = None, replace_undefined_by: Any = float("nan")
) -> tuple[Any, Any]:
    """Answer both ratios where they are defined."""
    if type(replace_undefined_by) is not float or (replace_undefined_by == replace_undefined_by != 1.0):
        raise Declined(f"`replace_undefined_by` is {replace_undefined_by!r}")
    counted = pairs(y_true, y_pred, sample_weight)
    table = _over(counted, labels)
    if len(counted.classes) != 2 or len(table) != 2:
        raise Declined("there are not two classes")
    tn, fp, fn, tp = table.ravel()
    if fp == 0 or tn == 0 or tp + fn == 0:
        raise Declined("a ratio is undefined")
    positives, negatives = tp + fn, tn + fp
    return SCALAR(tp * negatives / (fp * positives)), SCALAR(fn * negatives / (tn * positives))
