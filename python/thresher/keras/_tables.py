"""Counting on the host: the core's accumulators, one a label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import Error, ThresholdCounts
from thresher.keras._cuts import Counts, Cuts
from thresher.keras._rows import Rows

__all__ = ["Table"]


class Table:
    """Counts at the thresholds of `cuts`, of all rows together or, with `n_labels`, of each label by itself."""

    def __init__(self, cuts: Cuts, n_labels: int | None = None) -> None:
        self._by_label = n_labels is not None
        # Ends at infinity are read off the totals, so that an even list stays one and finds a gap by arithmetic.
        self._finite, self._below = _where(np.isfinite(cuts.given)), _where(cuts.given == -np.inf)
        self._n_thresholds = len(cuts.given)
        between = cuts.given[self._finite]
        self._any_finite = len(between) > 0
        empty = ThresholdCounts(between if len(between) else [0.0], comparison=">", dtype=cuts.dtype)
        self._columns = [empty, *(empty.copy() for _ in range(1, n_labels or 1))]
        self._negative: list[ThresholdCounts] | None = None  # rows whose weight is below zero, which Keras accepts
        self.empty = True

    def update(self, rows: Rows) -> None:
        """Count the rows; all of them or, after an error, none."""
        if not self._by_label:
            self._update(0, rows)
        else:
            before = [column.copy() for column in self._columns], self._negative
            try:
                for index in range(rows.scores.shape[1]):
                    self._update(index, Rows(*(None if each is None else each[:, index] for each in rows)))
            except BaseException:
                self._columns, self._negative = before
                raise
        self.empty = False

    def _update(self, index: int, rows: Rows) -> None:
        labels, scores, weights = rows
        if weights is None:
            self._columns[index].update(labels, scores)
            return
        try:
            self._columns[index].update(labels, scores, weights=weights)
        except Error:
            below = weights < 0
            if not below.any():
                raise
            split = self._columns[index].copy()
            split.update(labels[~below], scores[~below], weights=weights[~below])
            negative = [column.copy() for column in self._negative or map(_emptied, self._columns)]
            negative[index].update(labels[below], scores[below], weights=-weights[below])
            self._columns[index], self._negative = split, negative

    def read(self) -> Counts:
        """Return the counts: int64, or float64 where rows were weighted; shape (T,) or (T, labels)."""
        counts = self._read(self._columns)
        if self._negative is None:
            return counts
        return Counts(*(more - less for more, less in zip(counts, self._read(self._negative), strict=True)))

    def _read(self, columns: list[ThresholdCounts]) -> Counts:
        # Straight from the compiled state: what a ConfusionCounts checks takes longer than counting a small batch.
        read = [self._with_ends(*column._state.confusion(None, ">", False)[1:]) for column in columns]
        if not self._by_label:
            return read[0]
        return Counts(*(np.stack(cell, axis=-1) for cell in zip(*read, strict=True)))

    def _with_ends(self, tp: Any, fp: Any, fn_: Any, tn: Any) -> Counts:
        if self._any_finite and len(tp) == self._n_thresholds:
            return Counts(tp, fp, fn_, tn)
        positives, negatives = tp[0] + fn_[0], fp[0] + tn[0]
        tp_at, fp_at = np.zeros((2, self._n_thresholds), tp.dtype)
        tp_at[self._below], fp_at[self._below] = positives, negatives
        if self._any_finite:
            tp_at[self._finite], fp_at[self._finite] = tp, fp
        return Counts(tp_at, fp_at, positives - tp_at, negatives - fp_at)

    def reset(self) -> None:
        """Forget everything."""
        for column in self._columns:
            column.reset()
        self._negative = None
        self.empty = True


def _where(mask: NDArray[np.bool]) -> slice | NDArray[np.bool]:
    """Return what selects as the mask does: a slice where it is one run, which is set in half of the time."""
    places = np.flatnonzero(mask)
    if not len(places):
        return slice(0)
    return slice(places[0], places[-1] + 1) if places[-1] - places[0] + 1 == len(places) else mask


def _emptied(counts: Any) -> Any:
    copy = counts.copy()
    copy.reset()
    return copy
