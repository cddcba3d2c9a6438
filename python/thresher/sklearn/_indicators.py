"""Multilabel problems: tables of indicators, a column a label; and which kind of problem two arguments make."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher.sklearn._answers import Declined
from thresher.sklearn._inputs import array
from thresher.sklearn._pairs import Pairs, Sides, pairs, row_weights

__all__ = ["Indicators", "Target", "target"]


class Indicators(NamedTuple):
    """Whether each row has each label, in truth and as predicted."""

    truth: NDArray[np.bool]
    found: NDArray[np.bool]
    weight: NDArray[Any] | None

    @property
    def multilabel(self) -> bool:
        """Whether rows have several labels."""
        return True

    @property
    def classes(self) -> NDArray[Any]:
        """The numbers of the labels."""
        return np.arange(self.truth.shape[1])

    def different(self) -> NDArray[np.intp]:
        """Return how many labels of each row are wrong."""
        return np.asarray((self.truth != self.found).sum(axis=1))

    def right_and_all(self) -> tuple[float, float]:
        """Return the weight of the rows whose labels are all right, and of all rows."""
        right = self.different() == 0
        if self.weight is None:
            return float(right.sum()), float(len(right))
        return float(np.multiply(right, self.weight, dtype=np.float64).sum()), float(self.weight.sum(dtype=np.float64))

    def sides(self, wanted: NDArray[Any] | None, samplewise: bool = False) -> Sides:
        """Return the rows of each label, or the labels of each row; of all labels or those wanted."""
        truth, found = self.truth, self.found
        if wanted is not None:
            if wanted.ndim != 1 or not len(wanted) or wanted.dtype.kind not in "iu":
                raise Declined(f"`labels` has dtype {wanted.dtype} and shape {wanted.shape}")
            if wanted.min() < 0 or wanted.max() >= truth.shape[1]:
                raise Declined("a label is none of the columns")
            truth, found = truth[:, wanted], found[:, wanted]
        of = _of_rows if samplewise else _of_columns
        right, predicted, true = (of(table, self.weight) for table in (truth & found, found, truth))
        if samplewise:
            return Sides(
                right, predicted, true, truth.shape[1] if self.weight is None else self.weight * truth.shape[1]
            )
        return Sides(right, predicted, true, len(truth) if self.weight is None else self.weight.sum())


def _of_rows(table: NDArray[np.bool], weight: NDArray[Any] | None) -> NDArray[Any]:
    """Return how many labels each row has, or these times its weight."""
    counts = table.sum(axis=1)
    # There the counts of a row are int32, which decides the dtype of small weights.
    return np.asarray(counts if weight is None else counts.astype(np.int32) * weight)


def _of_columns(table: NDArray[np.bool], weight: NDArray[Any] | None) -> NDArray[Any]:
    """Return how many rows have each label, or their weight, added in the order of the rows."""
    if weight is None:
        return np.asarray(table.sum(axis=0))
    rows, columns = np.nonzero(table)
    return np.bincount(columns, weight[rows], minlength=table.shape[1])


Target: TypeAlias = Pairs | Indicators


def target(y_true: Any, y_pred: Any, sample_weight: Any) -> Target:
    """Return the problem that two arguments make: two columns of labels, or two tables of indicators."""
    if getattr(y_true, "ndim", 1) == 1 and not (isinstance(y_true, list | tuple) and _nested(y_true)):
        return pairs(y_true, y_pred, sample_weight)
    truth, found = array(y_true, "y_true"), array(y_pred, "y_pred")
    if truth.ndim == 2 and truth.shape[1] == 1:
        return pairs(truth, y_pred, sample_weight)
    weight = row_weights(sample_weight)
    if truth.ndim != 2 or truth.shape != found.shape or not len(truth):
        raise Declined(f"`y_true` and `y_pred` have shapes {truth.shape} and {found.shape}")
    if weight is not None and not (len(weight) == len(truth) and weight.min() >= 0 and 0 < weight.sum() < np.inf):
        raise Declined("`sample_weight` is of another length, negative, not finite, or zero")
    return Indicators(_indicators(truth, "y_true"), _indicators(found, "y_pred"), weight)


def _nested(listed: list[Any] | tuple[Any, ...]) -> bool:
    return bool(listed) and not isinstance(listed[0], str | int | float)


def _indicators(table: NDArray[Any], name: str) -> NDArray[np.bool]:
    """Return a table of zeros and ones as booleans."""
    if table.dtype.kind == "b":
        return table
    present: NDArray[np.bool] = table == 1
    if table.dtype.kind not in "fiu" or not (present | (table == 0)).all():
        raise Declined(f"`{name}` has dtype {table.dtype}, or is not of zeros and ones")
    return present
