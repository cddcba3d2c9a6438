"""Rows counted by their pair of labels, a true and a predicted one: what all metrics of hard labels read."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher.sklearn._answers import Declined
from thresher.sklearn._inputs import array, classes_of, labels

__all__ = ["Pairs", "Sides", "pairs", "places_of", "row_weights"]

_EXACT = 2.0**53  # whole weights add up exactly below


Sums: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


class Sides(NamedTuple):
    """Rows of each class, or their weight: that are right, predicted, true; and all rows."""

    right: NDArray[Any]
    predicted: NDArray[Any]
    true: NDArray[Any]
    all: Any

    def through_cells(self) -> Sides:
        """Return the same in one dtype, as the floats that adding a class's cells gives, as scikit-learn adds them."""
        right, predicted, true, total = self
        if right.dtype.kind == predicted.dtype.kind == true.dtype.kind != "f":
            return self
        right = right.astype(np.float64)
        return Sides(right, right + (predicted - right), right + (true - right), total)


class Pairs(NamedTuple):
    """Counts of rows by true and predicted class; with weights, their sums in the order of the rows."""

    classes: NDArray[Any]  # those that occur, in order
    counts: NDArray[np.int64]
    weight: NDArray[Any] | None
    sums: Sums | None  # of cells, what rounding left out of them, of true and of predicted classes

    @property
    def multilabel(self) -> bool:
        """Whether rows have several labels."""
        return False

    @property
    def text(self) -> bool:
        """Whether labels are text, else they are numbers."""
        return self.classes.dtype.kind == "U"

    def cells(self) -> NDArray[Any]:
        """Return counts, or weights: int64 where these are whole by their dtype."""
        if self.sums is None or self.weight is None:
            return self.counts
        return self.sums[0] if self.weight.dtype.kind == "f" else self.sums[0].astype(np.int64)

    def right_and_all(self) -> tuple[float, float]:
        """Return the weight of the rows that are right, and of all, correctly rounded or nearly so."""
        if self.sums is None:
            return float(np.trace(self.counts)), float(self.counts.sum())
        cells, left_out = self.sums[:2]
        return float(np.trace(cells) + np.trace(left_out)), float(cells.sum() + left_out.sum())

    def wrong(self) -> float:
        """Return the weight of the rows that are wrong, not from a difference."""
        together = self.counts if self.sums is None else self.sums[0] + self.sums[1]
        return float((together * (1 - np.eye(len(together)))).sum())

    def sides(self, wanted: NDArray[Any] | None, samplewise: bool = False) -> Sides:
        """Return the rows of each class, or of each wanted label."""
        if samplewise:
            raise Declined("there are no samples outside of multilabel problems")
        right, predicted, true, total = self._sides()
        if wanted is None:
            return Sides(right, predicted, true, total)
        places = places_of(wanted, self)

        def taken(side: NDArray[Any]) -> NDArray[Any]:
            return np.append(side, side.dtype.type(0))[places]

        return Sides(taken(right), taken(predicted), taken(true), total)

    def _sides(self) -> Sides:
        if self.sums is not None and self.weight is not None:
            cells, _, true, predicted = self.sums
            return Sides(cells.diagonal(), predicted, true, self.weight.sum())
        right: NDArray[Any] = self.counts.diagonal()
        if not right.any():
            right = right.astype(np.float64)  # there, too, no hit at all makes counts floats
        return Sides(right, self.counts.sum(axis=0), self.counts.sum(axis=1), self.counts.sum())


def places_of(wanted: NDArray[Any], of: Pairs) -> list[int]:
    """Return where each label stands among the classes; one place beyond for those that do not occur."""
    if wanted.ndim != 1 or not len(wanted):
        raise Declined(f"`labels` has shape {wanted.shape}")
    if wanted.dtype.kind not in ("UO" if of.text else "fiub"):
        raise Declined("`labels` are of another kind than the labels")
    found = wanted.tolist()
    if wanted.dtype.kind == "O" and not all(isinstance(label, str) for label in found):
        raise Declined("`labels` are not all text")
    if wanted.dtype.kind == "f" and not np.isfinite(wanted).all():
        raise Declined("`labels` are not finite")
    known = {label: place for place, label in enumerate(of.classes.tolist())}
    return [known.get(label, len(known)) for label in found]


def row_weights(value: Any) -> NDArray[Any] | None:
    """Return weights of shape (n,); the core refuses those that are negative or not finite."""
    if value is None:
        return None
    found = value if type(value) is np.ndarray else array(value, "sample_weight")
    if found.ndim != 1 or found.dtype.kind not in "fiub" or found.dtype.name in ("float16", "longdouble"):
        raise Declined(f"`sample_weight` has dtype {found.dtype} and shape {found.shape}")
    return np.ascontiguousarray(found)


def pairs(y_true: Any, y_pred: Any, sample_weight: Any) -> Pairs:
    """Count two columns of labels, both numbers or both text."""
    weight = row_weights(sample_weight)
    truth, found = _column(y_true, "y_true"), _column(y_pred, "y_pred")
    of_text = [isinstance(column, Coded) or column.dtype.kind == "U" for column in (truth, found)]
    if of_text[0] != of_text[1]:
        raise Declined("labels are text and numbers")
    if isinstance(truth, Coded) or isinstance(found, Coded):
        counted = _of_codes(_coded(truth), _coded(found), weight)
    elif of_text[0]:
        counted = _of_points(truth, found, weight)
    else:
        classes, all_true, counts, sums = _core.label_pairs(truth, found, None, weight, None)
        dtype = truth.dtype if all_true else np.result_type(truth.dtype, found.dtype)
        counted = Pairs(classes.astype(dtype.newbyteorder("=")), counts, weight, sums)
    if counted.sums is not None and weight is not None:
        total = float(counted.sums[2].sum())
        if not 0.0 < total < (_EXACT if weight.dtype.kind != "f" else np.inf):
            raise Declined("`sample_weight` sums to zero, or to more than float64 holds exactly")
    return counted


class Coded(NamedTuple):
    """A column of text as codes among names, which are in no order."""

    codes: NDArray[Any]
    names: list[str]


def _column(value: Any, name: str) -> NDArray[Any] | Coded:
    """Return a column of numbers, of text as NumPy holds it, or of codes."""
    if hasattr(value, "factorize") and getattr(value.dtype, "name", None) in ("str", "string", "category"):
        codes, distinct = value.factorize()
        if value.ndim != 1 or not len(codes) or codes.min() < 0:
            raise Declined(f"`{name}` is empty, or a label is missing")
        names = np.asarray(distinct)
        if names.dtype.kind in "fiub":
            return labels(names[codes], name)
        texts = names.tolist()
        if not all(isinstance(label, str) for label in texts):
            raise Declined(f"`{name}` has categories that are not all text")
        return Coded(codes, texts)
    found = labels(value, name)
    return _coded(found) if found.dtype.kind == "O" else found


def _coded(column: NDArray[Any] | Coded) -> Coded:
    if isinstance(column, Coded):
        return column
    names, codes = classes_of(column)
    return Coded(codes, names.tolist())


def _of_codes(truth: Coded, found: Coded, weight: NDArray[Any] | None) -> Pairs:
    names = sorted({*truth.names, *found.names})
    places = {label: place for place, label in enumerate(names)}
    actual, predicted = (np.array([places[name] for name in side.names])[side.codes] for side in (truth, found))
    present, _, counts, sums = _core.label_pairs(actual, predicted, None, weight, None)
    return Pairs(np.array([names[place] for place in present.tolist()], np.str_), counts, weight, sums)


def _of_points(truth: NDArray[Any], found: NDArray[Any], weight: NDArray[Any] | None) -> Pairs:
    actual, predicted = (np.ascontiguousarray(column, column.dtype.newbyteorder("=")) for column in (truth, found))
    widths = actual.dtype.itemsize // 4, predicted.dtype.itemsize // 4
    rows, _, counts, sums = _core.label_pairs(actual.view(np.uint32), predicted.view(np.uint32), widths, weight, None)
    n = len(truth)
    names = [truth[row] if row < n else found[row - n] for row in rows.tolist()]
    return Pairs(np.array(names, np.str_), counts, weight, sums)
