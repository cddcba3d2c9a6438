"""The thresholds of a metric, as they are compared, and counting at them: in a graph by Keras's operations.

A score is positive at a threshold iff it is greater, both rounded to one dtype. On a list in any order, with or without
duplicates, a score is placed once, among the sorted thresholds: its gap is the number of thresholds below it. Positives
at a threshold are those of all higher gaps, so a batch costs O(n + T), not O(n T).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from thresher.keras._framework import ops, sums_by_id

__all__ = ["CELLS", "Counts", "Cuts"]

CELLS = ("true_positives", "false_positives", "false_negatives", "true_negatives")

# Up to here every score is compared with every threshold: vectorised, no scatter (docs/dev/keras-state.md). Compiled,
# by comparison and by gap, 4,096 rows on an even list and two processors: on jax 117 and 89 µs at 8 thresholds, 106 and
# 98 at 16, 138 and 60 at 24, 192 and 66 at 32; on TensorFlow 378 and 470, 497 and 322, 768 and 340, 908 and 359.
FEW = 16


class Counts(NamedTuple):
    """The four counts at each threshold: int32 or int64 of rows, or floats of weights; shape (T,) or (T, labels)."""

    true_positives: Any
    false_positives: Any
    false_negatives: Any
    true_negatives: Any


class Cuts:
    """Thresholds in the caller's order, rounded to `dtype`."""

    def __init__(self, thresholds: Sequence[float] | npt.NDArray[Any], dtype: str = "float32") -> None:
        self.dtype = dtype
        self.given: npt.NDArray[Any] = np.asarray(thresholds, np.float64).astype(dtype)
        self._edges, self._position = np.unique(self.given, return_inverse=True)
        self._in_order = bool(np.array_equal(self._edges, self.given))

    def __len__(self) -> int:
        return len(self.given)

    @cached_property
    def _even(self) -> bool:
        """Whether the thresholds are i / (T - 1), but for rounding and for ends that are infinite."""
        last = len(self._edges) - 1
        if last < 2:
            return False
        inner = np.arange(last + 1) / last
        finite = np.isfinite(self._edges)
        return bool(finite[1:-1].all() and np.allclose(self._edges[finite], inner[finite], rtol=0, atol=0.1 / last))

    def counts_in_graph(self, labels: Any, scores: Any, weights: Any, *, by_label: bool = False) -> Counts:
        """Return the counts of one batch as tensors.

        Parameters
        ----------
        labels, scores, weights : tensors of one shape, of rank 1, or of rank 2 where `by_label`
            Labels are bool; weights are float32, or int32 that count rows, or None.
        by_label : bool
            Whether each column is counted by itself.

        Returns
        -------
        Counts
            int32 where weights are None or int32, else float32. A NaN is never positive.
        """
        count = self._counts_by_comparison if len(self._edges) <= FEW else self._counts_by_gap
        counts = count(labels, scores, weights, by_label)
        if self._in_order:
            return counts
        return Counts(*(ops.take(values, self._position, axis=0) for values in counts))

    def _counts_by_comparison(self, labels: Any, scores: Any, weights: Any, by_label: bool) -> Counts:
        edges = ops.convert_to_tensor(self._edges, dtype=self.dtype)
        positive = labels if weights is None else ops.where(labels, weights, ops.zeros_like(weights))
        positive = ops.cast(positive, "int32" if weights is None else weights.dtype)
        everyone = ops.ones_like(positive) if weights is None else weights
        above = ops.expand_dims(scores, -1) > edges  # (n, T) or (n, labels, T)
        flagged = ops.cast(above, positive.dtype)
        tp = ops.sum(flagged * ops.expand_dims(positive, -1), axis=0)
        predicted = ops.sum(flagged * ops.expand_dims(everyone, -1), axis=0)
        n_positive, n = ops.sum(positive, axis=0), ops.sum(everyone, axis=0)
        if by_label:
            tp, predicted = ops.transpose(tp), ops.transpose(predicted)
        fp = predicted - tp
        return Counts(tp, fp, n_positive - tp, n - n_positive - fp)

    def _counts_by_gap(self, labels: Any, scores: Any, weights: Any, by_label: bool) -> Counts:
        n_gaps = len(self._edges) + 1
        n_columns = scores.shape[1] if by_label else 1
        cell = self._gaps(scores) + n_gaps * ops.cast(labels, "int32")
        if by_label:
            cell = cell * n_columns + ops.arange(n_columns, dtype="int32")
            cell = ops.reshape(cell, (-1,))
            weights = None if weights is None else ops.reshape(weights, (-1,))
        histogram = ops.reshape(sums_by_id(cell, 2 * n_gaps * n_columns, weights), (2, n_gaps, n_columns))
        at_least = ops.flip(ops.cumsum(ops.flip(histogram, axis=1), axis=1), axis=1)
        if not by_label:
            at_least = at_least[..., 0]
        fp, tp = at_least[0, 1:], at_least[1, 1:]
        return Counts(tp, fp, at_least[1, :1] - tp, at_least[0, :1] - fp)

    def _gaps(self, scores: Any) -> Any:
        """Return for each score how many thresholds are below it: 0 for a NaN."""
        scores = ops.where(ops.isnan(scores), ops.cast(-np.inf, scores.dtype), scores)
        n = len(self._edges)
        if not self._even:
            edges = ops.convert_to_tensor(self._edges, dtype=self.dtype)
            flat = ops.searchsorted(edges, ops.reshape(scores, (-1,)), side="left")
            return ops.reshape(ops.cast(flat, "int32"), ops.shape(scores))
        # The place on an even grid is off by one at the most; the thresholds on both sides decide.
        place = ops.floor(ops.clip(scores, -1.0, 2.0) * (n - 1)) + 1
        place = ops.cast(ops.clip(place, 0, n), "int32")
        padded = np.concatenate([[-np.inf], self._edges, [np.inf]]).astype(self.dtype)
        edges = ops.convert_to_tensor(padded, dtype=self.dtype)
        above_next = ops.cast(scores > ops.take(edges, place + 1), "int32")
        not_above = ops.cast(ops.logical_and(place > 0, scores <= ops.take(edges, place)), "int32")
        return place + above_next - not_above
