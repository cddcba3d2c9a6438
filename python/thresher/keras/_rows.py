"""What Keras does to labels, predictions and weights before it counts: ranks made equal, the top k, one class, weights.

Written twice, on the host with NumPy and in a graph with Keras's operations, in the same order of steps as
`keras.src.metrics.metrics_utils.update_confusion_matrix_variables` (Keras 3.15.1), with one difference: shapes that do
not agree after that are refused with both shapes named.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from thresher.keras._framework import ops, places_of_top_k

__all__ = ["LOWEST", "Layout", "Rows", "column", "of_one_rank", "rows_in_graph", "rows_on_host", "spread", "squashed"]

LOWEST = -1e10  # what Keras gives to scores that are not among the top k


class Layout(NamedTuple):
    """How a metric reads a batch."""

    top_k: int | None = None
    class_id: int | None = None
    from_logits: bool = False
    by_label: bool = False  # labels are kept apart: rank 2 stays
    label_weights: Any = None
    dtype: str = "float32"


class Rows(NamedTuple):
    """Labels (bool), scores and weights (or None) of one shape: (n,), or (n, labels) where labels are kept apart."""

    labels: Any
    scores: Any
    weights: Any


def rows_on_host(layout: Layout, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any) -> Rows:
    """Return the rows of a batch as NumPy arrays.

    Raises
    ------
    ValueError
        If shapes do not agree; both are named.
    """
    labels = y_true if y_true.dtype == np.bool_ else y_true != 0
    narrow = y_pred.dtype == np.float16 and not layout.from_logits  # which the core reads as it is
    scores = y_pred if narrow or y_pred.dtype == layout.dtype else y_pred.astype(layout.dtype)
    if layout.from_logits:
        scores = squashed(scores)
    scores, labels = of_one_rank(scores, labels, np)
    weights = None
    if sample_weight is not None:
        weights = np.asarray(sample_weight)
        weights = weights if weights.dtype.kind == "f" else weights.astype(np.float32)
        _, weights = of_one_rank(labels, weights[..., None], np, expand=False)
    if layout.top_k is not None:
        scores = _top_k_on_host(scores, layout.top_k)
    labels, scores = _one_class(layout, labels, scores)
    if labels.shape != scores.shape:
        raise _disagree(labels.shape, scores.shape)
    if weights is not None:
        weights = spread(weights, scores.shape)
    if layout.label_weights is not None:
        by_label = np.broadcast_to(np.asarray(layout.label_weights)[None], scores.shape)
        weights = by_label if weights is None else weights * by_label
    if mask is not None:
        return _unmasked(layout, Rows(labels, scores, weights), np.asarray(mask))
    if layout.by_label or scores.ndim == 1:
        return Rows(labels, scores, weights)
    return Rows(labels.reshape(-1), scores.reshape(-1), None if weights is None else weights.reshape(-1))


def rows_in_graph(layout: Layout, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any) -> Rows:
    """Return the rows of a batch as tensors; weights are float32, or int32 where a mask alone makes them."""
    scores = ops.cast(ops.convert_to_tensor(y_pred), layout.dtype)
    labels = ops.cast(ops.convert_to_tensor(y_true), "bool")
    if layout.from_logits:
        scores = ops.sigmoid(scores)
    scores, labels = of_one_rank(scores, labels, ops)
    weights = None
    if sample_weight is not None:
        weights = ops.expand_dims(ops.cast(ops.convert_to_tensor(sample_weight), "float32"), -1)
        _, weights = of_one_rank(labels, weights, ops, expand=False)
    if layout.top_k is not None:
        _check_top_k(layout.top_k, scores)
        best = places_of_top_k(scores, layout.top_k)
        chosen = ops.sum(ops.one_hot(best, scores.shape[-1], axis=-1), axis=-2)
        scores = ops.where(chosen > 0, scores, ops.cast(LOWEST, scores.dtype))
    labels, scores = _one_class(layout, labels, scores)
    known = [
        (a, b) for a, b in zip(labels.shape, scores.shape, strict=False) if isinstance(a, int) and isinstance(b, int)
    ]
    if len(labels.shape) != len(scores.shape) or any(a != b for a, b in known):
        raise _disagree(labels.shape, scores.shape)
    if weights is not None:
        weights = ops.broadcast_to(weights, ops.shape(scores))
    if layout.label_weights is not None:
        by_label = ops.expand_dims(ops.cast(layout.label_weights, "float32"), 0)
        by_label = ops.broadcast_to(by_label, ops.shape(scores))
        weights = by_label if weights is None else weights * by_label
    if mask is not None:
        mask = ops.cast(mask, "int32" if weights is None else "float32")
        while len(mask.shape) < len(scores.shape):
            mask = ops.expand_dims(mask, -1)
        mask = ops.broadcast_to(mask, ops.shape(scores))
        weights = mask if weights is None else weights * mask
    if layout.by_label:
        return Rows(labels, scores, weights)
    return Rows(*(None if each is None else ops.reshape(each, (-1,)) for each in (labels, scores, weights)))


def of_one_rank(x: Any, y: Any, library: Any, expand: bool = True) -> tuple[Any, Any]:
    """Return both with equal ranks, where they differ by one and the extra axis is of length 1, as Keras does."""
    longer = len(x.shape) - len(y.shape)
    if longer == 1 and x.shape[-1] == 1:
        if len(y.shape) == 1 and expand:
            return x, library.expand_dims(y, -1)
        return library.squeeze(x, -1), y
    if longer == -1 and y.shape[-1] == 1:
        if len(x.shape) == 1 and expand:
            return library.expand_dims(x, -1), y
        return x, library.squeeze(y, -1)
    return x, y


def _one_class(layout: Layout, labels: Any, scores: Any) -> tuple[Any, Any]:
    if layout.class_id is None:
        return labels, scores
    if len(scores.shape) == 1:
        raise ValueError(
            "When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes), "
            f"found shape: {scores.shape}"
        )
    return column(labels, layout.class_id, "y_true"), column(scores, layout.class_id, "y_pred")


def squashed(logits: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the sigmoid of logits, in their dtype."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-logits))  # type: ignore[no-any-return]


def column(values: Any, class_id: int, argument: str) -> Any:
    """Return the column of one class, as a last axis of length 1; a negative id counts from the end, as in Keras.

    Raises
    ------
    ValueError
        If there is no such class.
    """
    n_classes = values.shape[-1]
    if n_classes is not None and not -n_classes <= class_id < n_classes:
        raise ValueError(f"`class_id` is {class_id}, but `{argument}` has {n_classes} classes, 0 to {n_classes - 1}")
    return values[..., class_id, None]


def _check_top_k(k: int, scores: Any) -> None:
    n_classes = scores.shape[-1]
    if n_classes is not None and k > n_classes:
        raise ValueError(f"`top_k` is {k}, but predictions have {n_classes} values along their last axis")


def _top_k_on_host(scores: npt.NDArray[Any], k: int) -> npt.NDArray[Any]:
    _check_top_k(k, scores)
    best = np.argsort(-scores, axis=-1, kind="stable")[..., :k]  # of ties the lower index, as places_of_top_k
    kept = np.full_like(scores, LOWEST)
    np.put_along_axis(kept, best, np.take_along_axis(scores, best, axis=-1), axis=-1)
    return kept


def spread(weights: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Return the weights broadcast to the shape of the predictions, or raise a ValueError that names both shapes."""
    try:
        return np.broadcast_to(weights, shape)
    except ValueError:
        raise ValueError(
            f"`sample_weight` of shape {weights.shape} does not fit predictions of shape {shape}"
        ) from None


def _unmasked(layout: Layout, rows: Rows, mask: npt.NDArray[Any]) -> Rows:
    mask = mask.astype(np.bool_)
    if layout.by_label and mask.ndim > 1:  # labels of one row hidden apart: they stay, and weigh nothing
        return rows._replace(weights=mask * (1.0 if rows.weights is None else rows.weights))
    if layout.by_label:
        return Rows(*(None if each is None else each[mask] for each in rows))
    mask = np.broadcast_to(mask.reshape(mask.shape + (1,) * (rows.scores.ndim - mask.ndim)), rows.scores.shape)
    return Rows(*(None if each is None else each[mask] for each in rows))


def _disagree(labels: Any, scores: Any) -> ValueError:
    return ValueError(f"`y_true` has shape {tuple(labels)}, but `y_pred` has shape {tuple(scores)}")
