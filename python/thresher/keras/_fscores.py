"""F-scores by class: Keras's formula, of counts that lose none."""

from __future__ import annotations

from typing import Any

import numpy as np

from thresher.keras._framework import host, keras, ops, registered, runs_eagerly, tensor_of, working_dtype
from thresher.keras._limbs import summed
from thresher.keras._state import Limbed
from thresher.keras._variables import cells

__all__ = ["F1Score", "FBetaScore"]

CELLS = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


class _FScore(Limbed):
    """Comes before Keras's class."""

    true_positives = cells()
    false_positives = cells()
    false_negatives = cells()
    intermediate_weights = cells()

    def _build_like(self, other: Any) -> None:
        shape = (None, *(other.true_positives.shape or (1,)))
        self._build(shape, shape)  # type: ignore[attr-defined]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch of shape (n, classes), or (n,) of one class.

        Labels count as they are, so soft ones count in part; weights are of rows, or of every entry.
        """
        given = (y_true, y_pred, sample_weight)
        on_host = [None if each is None else host(each) for each in given] if runs_eagerly() else [None] * 3
        if on_host[0] is not None and on_host[1] is not None and (on_host[2] is None) == (sample_weight is None):
            sums = self._sums(np, *(None if each is None else np.asarray(each, np.float64) for each in on_host))
            self._load()
            held = self._host.held
            assert held is not None
            for name, more in zip(CELLS, sums, strict=True):
                held[name] = held[name] + np.asarray(more)
            self._host.blank = False
            self._changed()
            return
        tensors = [None if each is None else ops.cast(ops.convert_to_tensor(each), "float32") for each in given]
        for name, more in zip(CELLS, self._sums(ops, *tensors), strict=True):
            variable = self._host.limbs[name]
            variable.assign(summed(variable.value, more))

    def _sums(self, library: Any, y_true: Any, y_pred: Any, weights: Any) -> tuple[Any, ...]:
        """Return the four sums of a batch, by class or, for the micro average, of all."""
        if len(y_pred.shape) == 1:
            y_pred = y_pred[:, None]
        if len(y_true.shape) == 1:
            y_true = y_true[:, None]
        if not self._built:  # type: ignore[attr-defined]
            self._build(tuple(y_true.shape), tuple(y_pred.shape))  # type: ignore[attr-defined]
        if self.threshold is None:  # type: ignore[attr-defined]
            greatest = library.max(y_pred, axis=-1, keepdims=True)
            flagged = library.logical_and(y_pred >= greatest, library.abs(y_pred) > 1e-9)  # rows of zeros flag nothing
        else:
            narrow = y_pred.astype(np.float32) if library is np else y_pred
            flagged = narrow > np.float32(self.threshold)  # type: ignore[attr-defined]
        flagged = flagged.astype(np.float64) if library is np else ops.cast(flagged, "float32")
        parts = (flagged * y_true, flagged * (1 - y_true), (1 - flagged) * y_true, y_true)
        if weights is not None:
            while len(weights.shape) < 2:
                weights = weights[..., None]
            parts = tuple(part * weights for part in parts)
        return tuple(library.sum(part, axis=self.axis) for part in parts)  # type: ignore[attr-defined]

    def result(self) -> Any:
        """Return the score: of shape (classes,) without an average, else a scalar.

        Raises
        ------
        AttributeError
            Before the first batch, as Keras's.
        """
        if not self._built:  # type: ignore[attr-defined]
            raise AttributeError(f"'{type(self).__name__}' object has no attribute 'true_positives'")
        dtype = working_dtype(self.dtype)  # type: ignore[attr-defined]
        if runs_eagerly():
            held = self._host_cells()
            score = self._score(np, *(held[name].values.astype(np.float64) for name in CELLS))
            return tensor_of(np.asarray(score, dtype))
        return self._score(ops, *(self._tensor(name) for name in CELLS))

    def _score(self, library: Any, tp: Any, fp: Any, fn_: Any, support: Any) -> Any:
        epsilon = keras.config.epsilon()
        precision, recall = tp / (tp + fp + epsilon), tp / (tp + fn_ + epsilon)
        squared = self.beta**2  # type: ignore[attr-defined]
        score = precision * recall / (squared * precision + recall + epsilon) * (1 + squared)
        if self.average == "weighted":  # type: ignore[attr-defined]
            return library.sum(score * (support / (library.sum(support) + epsilon)))
        return score if self.average is None else library.mean(score)  # type: ignore[attr-defined]


@registered
class FBetaScore(_FScore, keras.metrics.FBetaScore):  # type: ignore[misc]
    """The F-beta score by class, or its average.

    Arguments are those of `keras.metrics.FBetaScore` (average=None, beta=1.0, threshold=None, name, dtype); predictions
    may also be of shape (n,). In [0, 1], with Keras's epsilon in every denominator: a perfect score is 1 - 2e-7.

    Examples
    --------
    >>> from thresher.keras import FBetaScore
    >>> metric = FBetaScore(beta=2.0, threshold=0.5)
    >>> metric.update_state([[1, 1, 1], [1, 0, 0], [1, 1, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]])
    >>> [round(float(value), 4) for value in metric.result()]
    [0.3846, 0.9091, 0.8333]
    """


@registered
class F1Score(_FScore, keras.metrics.F1Score):  # type: ignore[misc]
    """The F1 score by class, or its average.

    Arguments are those of `keras.metrics.F1Score` (average=None, threshold=None, name, dtype); predictions may also be
    of shape (n,). In [0, 1], with Keras's epsilon in every denominator.

    Examples
    --------
    >>> from thresher.keras import F1Score
    >>> metric = F1Score(threshold=0.5)
    >>> metric.update_state([1, 1, 0, 0], [0.9, 0.3, 0.6, 0.2])
    >>> [round(float(value), 4) for value in metric.result()]
    [0.5]
    """
