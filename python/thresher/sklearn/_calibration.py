"""Calibration curves: how often the label is positive where a model says it is so with some probability."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher.sklearn._answers import Declined, answers
from thresher.sklearn._inputs import classes_of, labels, number, two_values, vector, weights

__all__ = ["calibration_curve"]

_ROWS = 1 << 14  # that are put into bins at a time, so that they fit a cache


@answers("calibration_curve", "sklearn.calibration", further=("sample_weight",))
def calibration_curve(
    y_true: Any,
    y_prob: Any,
    *,
    pos_label: Any = None,
    n_bins: Any = 5,
    strategy: Any = "uniform",
    sample_weight: Any = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Answer with the bins that hold a row; with weights, those that hold weight, a row counting as often as it weighs.

    Quantiles of weighted rows are the least probability up to which that share of the weight lies (inverted CDF).
    """
    if type(n_bins) is not int or n_bins < 1 or not (isinstance(strategy, str) and strategy in ("uniform", "quantile")):
        raise Declined(f"`n_bins` is {n_bins!r} or `strategy` is {strategy!r}")
    given, weight = vector(y_prob, "y_prob"), _weights(sample_weight)
    truth = _positive(labels(y_true), pos_label)
    if len(truth) != len(given) or given.dtype.itemsize > 8 or not (given.min() >= 0 and given.max() <= 1):
        raise Declined("`y_prob` is not within [0, 1], or of another length")
    if weight is not None and len(weight) != len(given):
        raise Declined("`sample_weight` is of another length")
    edges = _edges(given, weight, n_bins, strategy)
    total, positives, sums = _binned(edges[1:-1], n_bins, truth, given, weight)
    held = total != 0
    return positives[held] / total[held], sums[held] / total[held]


def _weights(value: Any) -> NDArray[Any] | None:
    weight = weights(value)
    if weight is not None and not (weight.min() >= 0 and 0 < weight.sum(dtype=np.float64) < np.inf):
        raise Declined("weights must be finite and >= 0, and one of them above 0")
    return weight


def _positive(truth: NDArray[Any], pos_label: Any) -> NDArray[np.bool]:
    """Return whether each label is positive; without `pos_label` labels are {0, 1} or {-1, 1} or one of these."""
    if truth.dtype.kind in "UO":
        classes, codes = classes_of(truth)
        if not isinstance(pos_label, str) or len(classes) > 2:
            raise Declined("labels are text, and `pos_label` is none, or there are more than two")
        return np.asarray((classes == pos_label)[codes])
    label = 1 if pos_label is None else number(pos_label)
    values = two_values(truth)
    if label is None or values is None:
        raise Declined("`pos_label` is no number, or there are more than two labels")
    if pos_label is None and values not in ((0, 1), (-1, 1), (0, 0), (-1, -1), (1, 1)):
        raise Declined("labels are neither {0, 1} nor {-1, 1}, and there is no `pos_label`")
    return np.asarray(truth == label)


def _edges(given: NDArray[Any], weight: NDArray[Any] | None, n_bins: int, strategy: str) -> NDArray[Any]:
    shares = np.linspace(0.0, 1.0, n_bins + 1)
    if strategy == "uniform":
        return shares
    if weight is None:
        return np.asarray(np.percentile(given, shares * 100))
    return np.asarray(np.percentile(given, shares * 100, weights=weight, method="inverted_cdf"))


def _binned(
    inner: NDArray[Any], n_bins: int, truth: NDArray[np.bool], given: NDArray[Any], weight: NDArray[Any] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the rows of each bin, its positive rows and its sum of probabilities; or weights instead of rows."""
    total, positives, sums = np.zeros(n_bins), np.zeros(n_bins), np.zeros(n_bins)
    for at in range(0, len(given), _ROWS):
        rows = slice(at, at + _ROWS)
        bins = np.searchsorted(inner, given[rows])
        own = None if weight is None else weight[rows]
        total += np.bincount(bins, own, n_bins)
        positives += np.bincount(bins, truth[rows] if own is None else own * truth[rows], n_bins)
        sums += np.bincount(bins, given[rows] if own is None else own * given[rows], n_bins)
    return total, positives, sums
