"""Rows of a binary problem counted by distinct score, with scikit-learn's rules of which label is positive."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import Error, _core
from thresher.sklearn._answers import Declined
from thresher.sklearn._inputs import Number, labels, number, scores, two_values, weights, whole

__all__ = ["counted", "in_dtype"]


def counted(y_true: Any, y_score: Any, pos_label: Any, sample_weight: Any) -> tuple[_core.Accumulator, NDArray[Any]]:
    """Return the counts, and the scores as they were given; infinite scores are counted, and to be declined later.

    Without `pos_label`, labels are {0, 1} or {-1, 1} or one of these alone; with it, any other label is negative.
    """
    truth, weight = labels(y_true), weights(sample_weight)
    given = scores(y_score, weight)
    if truth.dtype.kind in "UO":
        truth, positive = _equal(truth, pos_label), None
    elif pos_label is None:
        try:
            return _core.Accumulator.counted(truth, given, weight, None, False, None, False), given
        except Error:
            positive = _one_of_signs(truth)
    else:
        truth, positive = _numbers(truth, pos_label)
    return _core.Accumulator.counted(truth, given, weight, positive, False, None, False), given


def _equal(truth: NDArray[Any], pos_label: Any) -> NDArray[np.bool]:
    if not isinstance(pos_label, str):
        raise Declined("labels are text, and `pos_label` is none")
    if truth.dtype.kind == "O" and not all(isinstance(label, str) for label in truth.tolist()):
        raise Declined("labels are objects, and not all text")
    return np.asarray(truth == pos_label, dtype=np.bool)


def _one_of_signs(truth: NDArray[Any]) -> Number:
    """Return 1 where all labels are -1 or 1."""
    if two_values(truth) not in ((-1, 1), (-1, -1)):
        raise Declined("labels are neither {0, 1} nor {-1, 1}, and there is no `pos_label`")
    return 1


def _numbers(truth: NDArray[Any], pos_label: Any) -> tuple[NDArray[Any], Number]:
    label = number(pos_label)
    if label is None:
        raise Declined(f"`pos_label` is {pos_label!r}")
    return whole(truth), label


def in_dtype(thresholds: NDArray[Any], given: NDArray[Any]) -> NDArray[Any]:
    """Return thresholds in the dtype of the scores, which they come from; infinite ones are declined."""
    if not len(thresholds) or not (np.isfinite(thresholds[0]) and np.isfinite(thresholds[-1])):
        raise Declined("`y_score` is not finite, or no row has weight")
    return thresholds.astype(given.dtype, copy=False)
