"""Intersection over union of classes, from a confusion matrix that loses no row."""

from __future__ import annotations

from typing import Any

import numpy as np

from thresher.keras._framework import host, keras, ops, registered, runs_eagerly, sums_by_id, tensor_of
from thresher.keras._limbs import counted, summed
from thresher.keras._mean_values import as_read, place_of_greatest
from thresher.keras._rows import spread
from thresher.keras._state import Limbed
from thresher.keras._variables import cells

__all__ = ["BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"]


class _Overlap(Limbed):
    """Comes before Keras's class: counts pairs of true and predicted class."""

    total_cm = cells()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch: ids that are no class (NaN too), and rows of the class to ignore, are left out.

        Weights are broadcast over the flattened rows and count as they are; Keras truncates them with its dtype "int".
        """
        given = (y_true, y_pred, sample_weight)
        on_host = [None if each is None else host(each) for each in given] if runs_eagerly() else [None] * 3
        if on_host[0] is not None and on_host[1] is not None and (on_host[2] is None) == (sample_weight is None):
            matrix = self._matrix_on_host(*on_host)
            self._load()
            held = self._host.held
            assert held is not None
            held["total_cm"] = held["total_cm"] + matrix
            self._host.blank = False
            self._changed()
            return
        matrix = self._matrix_in_graph(*given)
        variable = self._host.limbs["total_cm"]
        variable.assign((counted if sample_weight is None else summed)(variable.value, matrix))

    def _fractions_count(self) -> bool:
        """Whether ids are compared before they are truncated: with a dtype of floats, as in Keras."""
        return "float" in self.dtype  # type: ignore[attr-defined]

    def _are_classes(self, values: Any) -> Any:
        """Return which ids are of a class, before they are truncated; NaN is of none."""
        from_first = values >= 0 if self._fractions_count() else values > -1
        return from_first & (values < self.num_classes)  # type: ignore[attr-defined]

    def _matrix_on_host(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        if isinstance(self, keras.metrics.BinaryIoU):
            y_pred = y_pred.astype(np.float32) >= np.float32(self.threshold)
        true, of_true = self._ids_on_host(y_true, self.sparse_y_true, self.ignore_class)  # type: ignore[attr-defined]
        found, of_found = self._ids_on_host(y_pred, self.sparse_y_pred)  # type: ignore[attr-defined]
        if true.shape != found.shape:
            raise ValueError(f"`y_true` has {len(true)} class ids, but `y_pred` has {len(found)}")
        n = self.num_classes  # type: ignore[attr-defined]
        kept = of_true & of_found
        if weights is not None:
            weights = spread(weights.reshape(-1) if weights.ndim > 1 else weights, true.shape)[kept]
            weights = weights.astype(np.float64)
        matrix = np.bincount(true[kept] * n + found[kept], weights=weights, minlength=n * n).reshape(n, n)
        return matrix if weights is not None else matrix.astype(np.int64)

    def _ids_on_host(self, values: Any, sparse: bool, ignored: int | None = None) -> tuple[Any, Any]:
        """Return class ids, flat, and which of them count; of probabilities, the place of the greatest."""
        if not sparse:
            read = as_read(values)
            places = None if read is None else place_of_greatest(read, self.axis)  # type: ignore[attr-defined]
            values = np.asarray(ops.argmax(values, axis=self.axis)) if places is None else places  # type: ignore[attr-defined]
        values = values.reshape(-1)
        kept = self._are_classes(values)
        ids = values.astype(np.int64) if values.dtype.kind != "f" else np.where(kept, values, -1).astype(np.int64)
        if ignored is not None:
            kept &= (values if self._fractions_count() else ids) != ignored
        return ids, kept

    def _matrix_in_graph(self, y_true: Any, y_pred: Any, weights: Any) -> Any:
        if isinstance(self, keras.metrics.BinaryIoU):
            y_pred = ops.cast(ops.convert_to_tensor(y_pred), "float32") >= self.threshold
        true, of_true = self._ids_in_graph(y_true, self.sparse_y_true, self.ignore_class)  # type: ignore[attr-defined]
        found, of_found = self._ids_in_graph(y_pred, self.sparse_y_pred)  # type: ignore[attr-defined]
        n = self.num_classes  # type: ignore[attr-defined]
        cell = ops.where(of_true & of_found, true * n + found, n * n)  # the last cell takes what is left out
        if weights is not None:
            weights = ops.cast(ops.convert_to_tensor(weights), "float32")
            weights = ops.reshape(weights, (-1,)) if len(weights.shape) > 1 else weights
            weights = ops.broadcast_to(weights, ops.shape(true))
        return ops.reshape(sums_by_id(cell, n * n + 1, weights)[: n * n], (n, n))

    def _ids_in_graph(self, values: Any, sparse: bool, ignored: int | None = None) -> tuple[Any, Any]:
        values = ops.convert_to_tensor(values) if sparse else ops.argmax(values, axis=self.axis)  # type: ignore[attr-defined]
        values = ops.reshape(values, (-1,))
        if "float" not in keras.backend.standardize_dtype(values.dtype):
            values = ops.cast(values, "int32")  # uint8 meets no -1
        kept = self._are_classes(values)
        values = ops.where(kept, values, ops.zeros_like(values))  # so that no NaN becomes class 0
        ids = ops.cast(values, "int32")
        if ignored is not None:
            kept = kept & ((values if self._fractions_count() else ids) != ignored)
        return ids, kept

    def result(self) -> Any:
        """Return the mean over the target classes that occur, with Keras's epsilon: a float32 scalar tensor."""
        targets = np.asarray(self.target_class_ids)  # type: ignore[attr-defined]
        if runs_eagerly():
            matrix = self._host_cells()["total_cm"].values.astype(np.float64)
            return tensor_of(np.asarray(_mean_overlap(np, matrix, np.diag(matrix), targets), np.float32))
        matrix = self._tensor("total_cm")
        return _mean_overlap(ops, matrix, ops.diagonal(matrix), targets)


def _mean_overlap(library: Any, matrix: Any, agreeing: Any, targets: Any) -> Any:
    united = library.sum(matrix, axis=0) + library.sum(matrix, axis=1) - agreeing
    agreeing, united = library.take(agreeing, targets, axis=0), library.take(united, targets, axis=0)
    epsilon = keras.config.epsilon()
    occurs = united > 1e-9
    overlap = library.where(occurs, agreeing / (united + epsilon), library.zeros_like(united))
    return library.sum(overlap) / (library.sum(library.where(occurs, 1.0, 0.0)) + epsilon)


@registered
class IoU(_Overlap, keras.metrics.IoU):  # type: ignore[misc]
    """The overlap of target classes: rows of both, over rows of either.

    Arguments are those of `keras.metrics.IoU`. In [0, 1], with Keras's epsilon: a perfect one is 1 - 2e-7.

    Examples
    --------
    >>> from thresher.keras import IoU
    >>> metric = IoU(num_classes=2, target_class_ids=[0])
    >>> metric.update_state([0, 0, 1, 1], [0, 1, 0, 1])
    >>> round(float(metric.result()), 4)
    0.3333
    """


@registered
class BinaryIoU(_Overlap, keras.metrics.BinaryIoU):  # type: ignore[misc]
    """The overlap of two classes, of scores at a threshold: class 1 where `score >= threshold`.

    Arguments are those of `keras.metrics.BinaryIoU`. In [0, 1], with Keras's epsilon: a perfect one is 1 - 2e-7.

    Examples
    --------
    >>> from thresher.keras import BinaryIoU
    >>> metric = BinaryIoU(target_class_ids=[0, 1], threshold=0.3)
    >>> metric.update_state([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])
    >>> round(float(metric.result()), 4)
    0.3333
    """


@registered
class MeanIoU(_Overlap, keras.metrics.MeanIoU):  # type: ignore[misc]
    """The mean overlap of all classes.

    Arguments are those of `keras.metrics.MeanIoU`. In [0, 1], with Keras's epsilon: a perfect one is 1 - 2e-7.

    Examples
    --------
    >>> from thresher.keras import MeanIoU
    >>> metric = MeanIoU(num_classes=2)
    >>> metric.update_state([0, 0, 1, 1], [0, 1, 0, 1])
    >>> round(float(metric.result()), 4)
    0.3333
    """


@registered
class OneHotIoU(_Overlap, keras.metrics.OneHotIoU):  # type: ignore[misc]
    """The overlap of target classes, of one-hot labels.

    Arguments are those of `keras.metrics.OneHotIoU`. In [0, 1], with Keras's epsilon: a perfect one is 1 - 2e-7.

    Examples
    --------
    >>> from thresher.keras import OneHotIoU
    >>> metric = OneHotIoU(num_classes=3, target_class_ids=[0, 2])
    >>> metric.update_state([[0, 0, 1], [1, 0, 0]], [[0.2, 0.3, 0.5], [0.1, 0.2, 0.7]])
    >>> round(float(metric.result()), 4)
    0.25
    """


@registered
class OneHotMeanIoU(_Overlap, keras.metrics.OneHotMeanIoU):  # type: ignore[misc]
    """The mean overlap of all classes, of one-hot labels.

    Arguments are those of `keras.metrics.OneHotMeanIoU`. In [0, 1], with Keras's epsilon: a perfect one is 1 - 2e-7.

    Examples
    --------
    >>> from thresher.keras import OneHotMeanIoU
    >>> metric = OneHotMeanIoU(num_classes=3)
    >>> metric.update_state([[0, 0, 1], [1, 0, 0]], [[0.2, 0.3, 0.5], [0.1, 0.2, 0.7]])
    >>> round(float(metric.result()), 4)
    0.25
    """
