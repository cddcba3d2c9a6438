"""What Keras's accuracies and binary crossentropy say of each row, on the host with NumPy, and their weighted sums.

Each function follows `keras.src.metrics.accuracy_metrics` or `keras.src.losses.losses` (Keras 3.15.1), and answers None
for what the backends answer each in their own way: half precision, shapes that are broadcast, scores that are not
finite, ids of no class. Keras's own function is asked then.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from thresher.keras._framework import BACKEND, host, keras, ops, reads_float64
from thresher.keras._rows import of_one_rank, spread

__all__ = [
    "as_read",
    "equal",
    "equal_above",
    "equal_greatest",
    "equal_greatest_of_id",
    "id_in_top_k",
    "losses",
    "place_of_greatest",
    "top_k",
    "weighted_sums",
]

Array = npt.NDArray[Any]


def as_read(values: Any) -> Array | None:
    """Return the values in the dtype that the backend reads them in; None where they are not on the host."""
    if not hasattr(values, "dtype"):
        values = ops.convert_to_tensor(values)  # lists of floats are float32 to every backend, and float64 to NumPy
    found = host(values)
    if found is not None and found.dtype == np.float64 and not reads_float64():
        return found.astype(np.float32)
    return found


def equal(labels: Array, scores: Array) -> Array | None:
    """Return whether predictions equal their labels, of any shape."""
    if labels.dtype.kind == "f" and scores.dtype.kind != "f":
        return None
    if labels.dtype != scores.dtype:
        labels = labels.astype(scores.dtype)
    labels, scores = of_one_rank(labels, scores, np)
    return labels == scores if labels.shape == scores.shape else None


def equal_above(labels: Array, scores: Array, threshold: float) -> Array | None:
    """Return whether `score > threshold`, that rounded to float32, is what the label says."""
    labels, scores = of_one_rank(labels, scores, np)
    wide = scores.dtype == np.float64 and BACKEND == "jax"  # which does not round the threshold then
    if wide or not _plain(scores) or labels.shape != scores.shape:
        return None
    found: Array = labels == (scores > np.float32(threshold))
    return found


def equal_greatest(labels: Array, scores: Array) -> Array | None:
    """Return whether the greatest score stands where the greatest label does, along the last axis."""
    if not _plain(scores) or not scores.ndim or labels.shape[:-1] != scores.shape[:-1] or labels.ndim != scores.ndim:
        return None
    true, found = place_of_greatest(labels), place_of_greatest(scores)
    return None if true is None or found is None else true == found


def equal_greatest_of_id(labels: Array, scores: Array) -> Array | None:
    """Return whether the greatest score along the last axis is that of the class whose id is the label."""
    rows = scores.shape[:-1]
    if not _plain(scores) or not rows or labels.shape not in (rows, (*rows, 1)):
        return None
    found = place_of_greatest(scores)
    if found is None:
        return None
    matches: Array = _narrowed(labels, scores).reshape(rows) == found
    return matches[..., 0] if matches.ndim > 1 and rows[-1] == 1 else matches


def top_k(labels: Array, scores: Array, k: int = 5) -> Array | None:
    """Return whether fewer than k scores are greater than the one where the label is greatest."""
    if labels.shape[:-1] != scores.shape[:-1] or labels.ndim != scores.ndim:
        return None
    true = place_of_greatest(_narrowed(labels, scores))
    return None if true is None else _in_top_k(true, scores, k)


def id_in_top_k(labels: Array, scores: Array, k: int = 5, from_sorted_ids: bool = False) -> Array | None:
    """Return whether the class whose id is the label is among the k greatest scores, or the first k ids."""
    rows = scores.shape[:-1]
    if not rows or labels.size != math.prod(rows) or labels.ndim == 0:
        return None
    if not from_sorted_ids:
        return _in_top_k(labels.astype(np.int32), scores, k) if _whole(labels) else None
    if labels.dtype.kind == "f" and scores.dtype.kind != "f":
        return None
    ids = labels.reshape(-1, 1).astype(scores.dtype)
    matches: Array = (ids == scores.reshape(-1, scores.shape[-1])[:, :k]).any(axis=1)
    return matches.reshape(labels.shape)


def losses(labels: Array, scores: Array, from_logits: bool = False, label_smoothing: float = 0.0) -> Array | None:
    """Return the binary crossentropy of each row: the mean along the last axis, in nats."""
    if not _plain(scores) or labels.shape != scores.shape or not scores.ndim:
        return None
    labels = labels.astype(scores.dtype, copy=False)
    if label_smoothing:
        labels = labels * (1.0 - label_smoothing) + 0.5 * label_smoothing
    with np.errstate(all="ignore"):  # infinite logits give NaN, as Keras's
        if from_logits and BACKEND != "numpy":
            each = np.maximum(scores, 0) - scores * labels + np.log1p(np.exp(-np.abs(scores)))
        else:
            shares = 1 / (1 + np.exp(-scores)) if from_logits else scores  # NumPy's backend clips these too
            epsilon = keras.config.epsilon()
            shares = np.minimum(np.maximum(shares, epsilon), 1.0 - epsilon)
            each = -(labels * np.log(shares) + (1 - labels) * np.log(1 - shares))
    means: Array = each[..., 0] if each.shape[-1] == 1 else each.mean(axis=-1)
    return means


def place_of_greatest(scores: Array, axis: int = -1) -> Array | None:
    """Return where the greatest score along an axis is: of equal ones the first, as `ops.argmax`.

    To it -0.0 is below 0.0, but on torch. None where the backends differ: at a NaN.
    """
    if scores.dtype.kind == "f":
        scores = scores.astype(np.float32, copy=False) if scores.dtype.itemsize < 4 else scores
        negative = np.signbit(scores)
        if BACKEND != "torch" and negative.any():
            scores = np.where(negative & (scores == 0), -np.finfo(scores.dtype).tiny, scores)
        if scores.size and math.isnan(scores.max()):
            return None
    places: Array = scores.argmax(axis=axis)
    return places


def weighted_sums(values: Array, weights: Array | None, mask: Array | None) -> tuple[float, float]:
    """Return the sum of the values of the rows and their number, or their weights' sum, as Keras's `Mean` has them.

    Parameters
    ----------
    values : ndarray of shape (n, ...) or ()
        Means are taken over all axes but the first.
    weights : ndarray, optional
        Of rows, or of what is within them; broadcast to the values.
    mask : ndarray of bool, optional
        A factor of the weights.

    Raises
    ------
    ValueError
        For weights that do not fit; both shapes are named.
    """
    if mask is not None:
        mask = mask.astype(np.float64)
        if weights is not None:
            mask, weights = of_one_rank(mask, weights, np)
        weights = mask if weights is None else weights * mask
    if weights is None:
        n = len(values) if values.ndim else 1
        exact = values.dtype == np.bool_
        total: float = int(np.count_nonzero(values)) if exact else float(values.sum(dtype=np.float64))
        return (total if values.size == n else total * n / max(values.size, 1)), n
    values, weights = of_one_rank(values, weights.astype(np.float64, copy=False), np)
    if values.ndim > weights.ndim:
        values = values.mean(axis=tuple(range(weights.ndim, values.ndim)), dtype=np.float64)
    weights = spread(weights, values.shape)
    within = weights.size // len(weights) if weights.ndim and len(weights) else 1
    return float((values * weights).sum()) / within, float(weights.sum()) / within


def _in_top_k(ids: Array, scores: Array, k: int) -> Array | None:
    """Return, in the shape of `ids`, whether fewer than k scores are greater than that of the id."""
    if not _plain(scores) or scores.ndim < 2 or not scores.size:
        return None
    flat, classes = ids.reshape(-1), scores.shape[-1]
    if BACKEND == "torch" and k > classes:
        return None  # refused there
    if flat.min() < 0 or flat.max() >= classes or not math.isfinite(scores.max()) or not math.isfinite(scores.min()):
        return None
    scores = scores.reshape(-1, classes)
    of_label = scores[np.arange(len(flat)), flat, None]
    matches: Array = (scores > of_label).sum(axis=1) < k
    return matches.reshape(ids.shape)


def _plain(scores: Array) -> bool:
    return scores.dtype == np.float32 or scores.dtype == np.float64


def _whole(labels: Array) -> bool:
    """Whether the labels can be read as int32."""
    return labels.dtype.kind in "iub" or (labels.size > 0 and bool(np.abs(labels).max() < 2**31))


def _narrowed(labels: Array, scores: Array) -> Array:
    """Return the labels in the dtype of the scores, where that rounds them."""
    return labels.astype(scores.dtype) if labels.dtype.kind == "f" and labels.dtype != scores.dtype else labels
