"""Areas under the curves of counts at thresholds, as Keras defines them; written once for arrays and for tensors.

Thresholds increase, so rates decrease along the first axis. Every quotient with a zero denominator is 0, as in Keras.
Sources: keras.metrics.AUC (Keras 3.15.1); Davis and Goadrich 2006, section 4, for precision and recall; Flach and Kull
2015 for precision-recall-gain.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from thresher.keras._cuts import Counts

__all__ = ["NUMPY", "area"]


class _Numpy:
    """The operations that areas and rates need, on NumPy arrays, under the names of `keras.ops`."""

    where = staticmethod(np.where)
    maximum = staticmethod(np.maximum)
    minimum = staticmethod(np.minimum)
    log = staticmethod(np.log)
    sqrt = staticmethod(np.sqrt)
    sum = staticmethod(np.sum)
    max = staticmethod(np.max)
    mean = staticmethod(np.mean)
    zeros_like = staticmethod(np.zeros_like)
    ones_like = staticmethod(np.ones_like)
    logical_and = staticmethod(np.logical_and)

    @staticmethod
    def divide_no_nan(numerator: Any, denominator: Any) -> Any:
        """Return the quotient, of the denominator's shape, 0 where that is 0."""
        return np.divide(numerator, denominator, out=np.zeros(np.shape(denominator)), where=denominator != 0)


NUMPY = _Numpy()


def area(library: Any, counts: Counts, curve: str, method: str) -> Any:
    """Return the area, or that of each label.

    Parameters
    ----------
    library : `NUMPY` or `keras.ops`
        What the counts are computed with.
    counts : Counts
        Floats of shape (T,) or (T, labels), at increasing thresholds.
    curve : {"ROC", "PR", "PRGAIN"}
        The curve.
    method : {"interpolation", "minoring", "majoring"}
        How neighbouring points are joined.

    Returns
    -------
    scalar, or of shape (labels,)
        0 where nothing was counted.
    """
    if curve == "PR" and method == "interpolation":
        return _davis_goadrich(library, counts)
    x, y = _CURVES[curve](library, counts)
    if method == "interpolation":
        heights = (y[:-1] + y[1:]) / 2
    else:
        heights = (library.minimum if method == "minoring" else library.maximum)(y[:-1], y[1:])
    return library.sum((x[:-1] - x[1:]) * heights, axis=0)


def _roc(library: Any, counts: Counts) -> tuple[Any, Any]:
    tp, fp, fn, tn = counts
    return library.divide_no_nan(fp, fp + tn), library.divide_no_nan(tp, tp + fn)


def _precision_recall(library: Any, counts: Counts) -> tuple[Any, Any]:
    tp, fp, fn, _ = counts
    return library.divide_no_nan(tp, tp + fn), library.divide_no_nan(tp, tp + fp)


def _gains(library: Any, counts: Counts) -> tuple[Any, Any]:
    tp, fp, fn, tn = counts
    odds = library.divide_no_nan(tp + fn, tn + fp)
    found = tp != 0
    recall_gain = library.where(found, 1 - odds * library.divide_no_nan(fn, tp), library.zeros_like(tp))
    precision_gain = library.where(found, 1 - odds * library.divide_no_nan(fp, tp), library.ones_like(tp))
    return library.maximum(recall_gain, library.zeros_like(tp)), precision_gain


_CURVES = {"ROC": _roc, "PR": _precision_recall, "PRGAIN": _gains}


def _davis_goadrich(library: Any, counts: Counts) -> Any:
    tp, fp, fn, _ = counts
    predicted = tp + fp
    zero = library.zeros_like(tp[1:])
    gained = tp[:-1] - tp[1:]
    slope = library.divide_no_nan(gained, library.maximum(predicted[:-1] - predicted[1:], zero))
    intercept = tp[1:] - slope * predicted[1:]
    both = library.logical_and(predicted[:-1] > 0, predicted[1:] > 0)
    ratio = library.divide_no_nan(predicted[:-1], library.maximum(predicted[1:], zero))
    ratio = library.where(both, ratio, library.ones_like(ratio))
    terms = slope * (gained + intercept * library.log(ratio))
    return library.sum(library.divide_no_nan(terms, library.maximum(tp[1:] + fn[1:], zero)), axis=0)
