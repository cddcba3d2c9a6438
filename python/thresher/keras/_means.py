"""Accuracies and binary crossentropy: Keras's value of each row, and a sum and a number of rows that lose none."""

from __future__ import annotations

from typing import Any

import numpy as np

from thresher.keras._framework import (
    apply_mask,
    host,
    keras,
    mask_of,
    ops,
    reduce_to_samplewise_values,
    registered,
    runs_eagerly,
    tensor_of,
    working_dtype,
)
from thresher.keras._limbs import counted, summed
from thresher.keras._mean_values import (
    as_read,
    equal,
    equal_above,
    equal_greatest,
    equal_greatest_of_id,
    id_in_top_k,
    losses,
    top_k,
    weighted_sums,
)
from thresher.keras._state import Limbed
from thresher.keras._variables import cells

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
]


class _Mean(Limbed):
    """Comes before a class that is a mean of a function of labels and predictions, as `MeanMetricWrapper`."""

    total = cells()
    count = cells()

    _values_on_host: Any  # a function of `_mean_values`

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the values of a batch, weighted; a mask of the predictions is applied, as by Keras."""
        mask = mask_of(y_pred)
        if runs_eagerly() and self._added_on_host(y_true, y_pred, sample_weight, mask):
            return
        values = self._fn(y_true, y_pred, **self._fn_kwargs)  # type: ignore[attr-defined]
        dtype = working_dtype(self.dtype)  # type: ignore[attr-defined] # a half overflows at 65,520 rows
        weights = apply_mask(sample_weight, mask, dtype=dtype, reduction="sum")
        values, weights = reduce_to_samplewise_values(values, weights, reduce_fn=ops.mean, dtype=dtype)
        total, count = self._host.limbs["total"], self._host.limbs["count"]
        total.assign(summed(total.value, ops.cast(ops.sum(values), "float32")))
        if weights is None:
            n = ops.shape(values)[0] if len(values.shape) else 1
            count.assign(counted(count.value, ops.cast(n, "int32")))
        else:
            count.assign(summed(count.value, ops.cast(ops.sum(weights), "float32")))

    def _added_on_host(self, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any) -> bool:
        """Whether all of a batch is on the host; it is counted then."""
        weights = None if sample_weight is None else host(sample_weight)
        hidden = None if mask is None else host(mask)
        labels, scores = as_read(y_true), as_read(y_pred)
        if labels is None or scores is None or (weights is None) != (sample_weight is None):
            return False
        values = self._values_on_host(labels, scores, **self._fn_kwargs)  # type: ignore[attr-defined]
        if values is None:
            values = host(self._fn(y_true, y_pred, **self._fn_kwargs))  # type: ignore[attr-defined]
        if values is None or (hidden is None) != (mask is None):
            return False
        total, count = weighted_sums(values, weights, hidden)
        self._load()
        held = self._host.held
        assert held is not None
        held["total"] = held["total"] + np.asarray(total)
        held["count"] = held["count"] + np.asarray(count)
        self._host.blank = False
        self._changed()
        return True

    def result(self) -> Any:
        """Return the mean of all rows: a scalar tensor, 0 before the first."""
        dtype = working_dtype(self.dtype)  # type: ignore[attr-defined]
        if runs_eagerly():
            held = self._host_cells()
            total, count = float(held["total"].values), float(held["count"].values)
            return tensor_of(np.asarray(total / count if count else 0.0, dtype))
        return ops.divide_no_nan(self._tensor("total"), self._tensor("count"))


@registered
class Accuracy(_Mean, keras.metrics.Accuracy):  # type: ignore[misc]
    """The share of predictions that equal their labels.

    Arguments are those of `keras.metrics.Accuracy` (name, dtype). In [0, 1]. Rows without weights are counted
    exactly, on every backend; Keras's count stops at 2^24.

    Examples
    --------
    >>> from thresher.keras import Accuracy
    >>> metric = Accuracy()
    >>> metric.update_state([[1], [2], [3], [4]], [[0], [2], [3], [4]])
    >>> round(float(metric.result()), 4)
    0.75
    """

    _values_on_host = staticmethod(equal)


@registered
class BinaryAccuracy(_Mean, keras.metrics.BinaryAccuracy):  # type: ignore[misc]
    """The share of labels met by whether the score is greater than a threshold.

    Arguments are those of `keras.metrics.BinaryAccuracy` (name, dtype, threshold=0.5). In [0, 1]. Rows without
    weights are counted exactly, on every backend; Keras's count stops at 2^24.

    Examples
    --------
    >>> from thresher.keras import BinaryAccuracy
    >>> metric = BinaryAccuracy()
    >>> metric.update_state([[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]])
    >>> round(float(metric.result()), 4)
    0.75
    """

    _values_on_host = staticmethod(equal_above)


@registered
class CategoricalAccuracy(_Mean, keras.metrics.CategoricalAccuracy):  # type: ignore[misc]
    """The share of rows whose greatest score is that of their one-hot label.

    Arguments are those of `keras.metrics.CategoricalAccuracy` (name, dtype). In [0, 1]. Rows without weights are
    counted exactly, on every backend; Keras's count stops at 2^24.

    Examples
    --------
    >>> from thresher.keras import CategoricalAccuracy
    >>> metric = CategoricalAccuracy()
    >>> metric.update_state([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    >>> round(float(metric.result()), 4)
    0.5
    """

    _values_on_host = staticmethod(equal_greatest)


@registered
class SparseCategoricalAccuracy(_Mean, keras.metrics.SparseCategoricalAccuracy):  # type: ignore[misc]
    """The share of rows whose greatest score is that of their class.

    Arguments are those of `keras.metrics.SparseCategoricalAccuracy` (name, dtype). In [0, 1]. Rows without weights
    are counted exactly, on every backend; Keras's count stops at 2^24.

    Examples
    --------
    >>> from thresher.keras import SparseCategoricalAccuracy
    >>> metric = SparseCategoricalAccuracy()
    >>> metric.update_state([[2], [1]], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]])
    >>> round(float(metric.result()), 4)
    0.5
    """

    _values_on_host = staticmethod(equal_greatest_of_id)


@registered
class TopKCategoricalAccuracy(_Mean, keras.metrics.TopKCategoricalAccuracy):  # type: ignore[misc]
    """The share of rows whose one-hot label is among the k greatest scores.

    Arguments are those of `keras.metrics.TopKCategoricalAccuracy` (k=5, name, dtype). In [0, 1]; ties count as
    hits. Rows without weights are counted exactly, on every backend; Keras's count stops at 2^24.

    Examples
    --------
    >>> from thresher.keras import TopKCategoricalAccuracy
    >>> metric = TopKCategoricalAccuracy(k=1)
    >>> metric.update_state([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    >>> round(float(metric.result()), 4)
    0.5
    """

    _values_on_host = staticmethod(top_k)


@registered
class SparseTopKCategoricalAccuracy(_Mean, keras.metrics.SparseTopKCategoricalAccuracy):  # type: ignore[misc]
    """The share of rows whose class is among the k greatest scores.

    Arguments are those of `keras.metrics.SparseTopKCategoricalAccuracy` (k=5, name, dtype, from_sorted_ids=False).
    In [0, 1]; ties count as hits. Rows without weights are counted exactly, on every backend; Keras's count stops
    at 2^24.

    Examples
    --------
    >>> from thresher.keras import SparseTopKCategoricalAccuracy
    >>> metric = SparseTopKCategoricalAccuracy(k=1)
    >>> metric.update_state([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
    >>> round(float(metric.result()), 4)
    0.5
    """

    _values_on_host = staticmethod(id_in_top_k)


@registered
class BinaryCrossentropy(_Mean, keras.metrics.BinaryCrossentropy):  # type: ignore[misc]
    """The mean binary crossentropy of labels and scores.

    Arguments are those of `keras.metrics.BinaryCrossentropy` (name, dtype, from_logits=False, label_smoothing=0).
    At least 0, in nats. Rows without weights are counted exactly, on every backend; Keras's count stops at 2^24.

    Examples
    --------
    >>> from thresher.keras import BinaryCrossentropy
    >>> metric = BinaryCrossentropy()
    >>> metric.update_state([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])
    >>> round(float(metric.result()), 4)
    0.8149
    """

    _values_on_host = staticmethod(losses)
