"""Areas of several columns of scores, and their averages: multilabel, one against the rest, one against one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher.sklearn._answers import Declined
from thresher.sklearn._inputs import all_finite, classes_of, labels, of_columns
from thresher.sklearn._originals import SCALAR

__all__ = ["Area", "Table", "averaged", "multiclass", "multilabel", "one_against_one", "one_vs_rest", "probabilities"]

# The area of a column: labels, scores, weights, and the label that is positive (None: labels are 0 and 1).
Area: TypeAlias = Callable[[NDArray[Any], NDArray[Any], "NDArray[Any] | None", "int | None"], float]

_NEAR_ONE = 9e-6  # scikit-learn accepts sums of probabilities within 1.001e-5 of 1; what is near that bound is its own


class Table(NamedTuple):
    """Scores of shape (n, m) with their labels: 0 and 1 of shape (n, m), or of shape (n,) the number of a column."""

    truth: NDArray[Any]
    scores: NDArray[Any]

    def areas(self, area: Area, weight: NDArray[Any] | None) -> list[float]:
        """Return the area of each column."""
        columns = enumerate(_by_column(self.scores))
        if self.truth.ndim == 1:
            return [area(self.truth, scores, weight, index) for index, scores in columns]
        return [area(self.truth[:, index], scores, weight, None) for index, scores in columns]

    def indicators(self) -> NDArray[Any]:
        """Return labels of shape (n, m)."""
        return self.truth if self.truth.ndim == 2 else self.truth[:, np.newaxis] == np.arange(self.scores.shape[1])

    def positives(self, weight: NDArray[Any] | None) -> NDArray[Any]:
        """Return how many rows are positive in each column, or their weight; weights of few bits add up in as few."""
        if weight is not None and (weight.dtype.kind != "f" or weight.dtype.itemsize < 8 or self.truth.ndim == 2):
            return np.asarray((self.indicators().astype(weight.dtype) * weight[:, np.newaxis]).sum(axis=0))
        if self.truth.ndim == 1:
            return np.bincount(self.truth, weight, minlength=self.scores.shape[1])
        return np.asarray(self.truth.sum(axis=0))


def multilabel(truth: NDArray[Any], given: NDArray[Any]) -> Table:
    """Return the table of several labels for each row."""
    truth, given = of_columns(truth, "y_true"), of_columns(given, "y_score")
    if truth.shape != given.shape or not all_finite(given):
        raise Declined("`y_true` and `y_score` differ in shape, or are not finite")
    return Table(truth, given)


def multiclass(truth: NDArray[Any], given: NDArray[Any], known: Any = None) -> Table:
    """Return the table of one class for each row, whose scores stand in the order of the classes."""
    given = of_columns(given, "y_score")
    named = None if known is None else labels(known, "labels")
    if named is not None and not (named[1:] > named[:-1]).all():
        raise Declined("`labels` are not distinct and in order")
    classes, codes = classes_of(labels(truth), named)
    if len(classes) != given.shape[1] or len(classes) < 3 or len(codes) != len(given):
        raise Declined(f"there are {len(classes)} classes")
    return Table(codes, given)


def probabilities(table: Table) -> None:
    """Decline unless every row sums to one, so that no score is NaN or infinite either."""
    sums = table.scores.sum(axis=1)
    if not (sums.min() >= 1.0 - _NEAR_ONE and sums.max() <= 1.0 + _NEAR_ONE):
        raise Declined("rows of `y_score` do not sum to one")


def one_vs_rest(table: Table) -> list[float] | None:
    """Return the ROC AUC of each class; None unless scores are floats and rows certainly sum to one."""
    if table.scores.dtype not in (np.float32, np.float64):
        return None
    # scikit-learn adds up a row in the dtype of its scores, with an error of up to half a unit for each of them.
    tolerance = _NEAR_ONE - table.scores.shape[1] * float(np.finfo(table.scores.dtype).eps) / 2
    return _core.one_vs_rest_roc_auc(table.truth, list(table.scores.T), tolerance)


def averaged(
    table: Table, area: Area, average: str | None, weight: NDArray[Any] | None, areas: list[float] | None = None
) -> Any:
    """Return the average over columns or rows; without one, the areas. `areas` are those of columns, where known."""
    if weight is not None and len(weight) != len(table.scores):
        raise Declined("`sample_weight` is of another length")
    if average == "micro":
        rows = None if weight is None else np.repeat(weight, table.scores.shape[1])
        return SCALAR(area(table.indicators().reshape(-1), table.scores.reshape(-1), rows, None))
    if average == "samples":
        return _over_samples(table, area, weight)
    masses = None
    if average == "weighted":
        masses = table.positives(weight)
        if np.isclose(masses.sum(), 0):
            return 0  # an int there too
    return _mean(np.array(table.areas(area, weight) if areas is None else areas), average, masses)


def _by_column(scores: NDArray[Any]) -> NDArray[Any]:
    """Return the transpose; of many rows laid out anew, so that a column lies together, block by block."""
    if scores.size < 1 << 16 or scores.flags.f_contiguous:
        return scores.T
    turned = np.empty(scores.shape[::-1], scores.dtype)
    for at in range(0, len(scores), 1024):
        turned[:, at : at + 1024] = scores[at : at + 1024].T
    return turned


def _over_samples(table: Table, area: Area, weight: NDArray[Any] | None) -> Any:
    """Average over rows, in each of which the labels are ranked; weights are those of the rows."""
    if weight is not None and (not all_finite(weight) or weight.sum() == 0):
        raise Declined("`sample_weight` is not finite, or sums to zero")
    areas = [area(truth, scores, None, None) for truth, scores in zip(table.indicators(), table.scores, strict=True)]
    return _mean(np.array(areas), "samples", weight)


def _mean(areas: NDArray[np.float64], average: str | None, masses: NDArray[Any] | None) -> Any:
    if average is None:
        return areas
    if masses is not None:
        areas = np.where(masses == 0, 0.0, areas)  # a column that weighs nothing may be undefined
    return SCALAR(np.average(areas, weights=masses))


def one_against_one(table: Table, area: Area, average: str) -> np.float64:
    """Return Hand and Till's mean over pairs of classes, each the mean of both directions.

    Source: Hand and Till, "A simple generalisation of the area under the ROC curve", 2001. "weighted" weights a pair by
    its share of the rows.
    """
    counts = table.positives(None)
    rows = np.split(np.argsort(table.truth, kind="stable"), np.cumsum(counts)[:-1])
    present = np.flatnonzero(counts)
    if len(present) < 2:
        raise Declined("only one class is present")
    parts = {int(code): table.scores[rows[code]] for code in present}

    def direction(a: int, b: int) -> float:
        truth = np.repeat([True, False], [len(parts[a]), len(parts[b])])
        return area(truth, np.concatenate([parts[a][:, a], parts[b][:, a]]), None, None)

    pairs = list(combinations(parts, 2))
    values = [(direction(a, b) + direction(b, a)) / 2 for a, b in pairs]
    shares = [(counts[a] + counts[b]) / len(table.truth) for a, b in pairs] if average == "weighted" else None
    return np.float64(np.average(values, weights=shares))
