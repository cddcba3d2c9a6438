"""Labels and scores of one output, of any of Keras's shapes, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import Error

__all__ = ["KINDS", "Table", "kind_of"]

KINDS = ("auto", "binary", "multilabel", "multiclass")
_NEAR_ONE = 1e-2  # sums of probabilities that were computed in 8 bits of mantissa, as bfloat16


def kind_of(rows: Sequence[tuple[NDArray[Any], NDArray[Any]]], from_logits: bool, name: str) -> str:
    """Return "binary", "multilabel" or "multiclass", by the shapes of labels and scores, and else by their values.

    Labels and scores of one shape are of several classes when each row of labels is one-hot and each row of scores adds
    up to one, in all of the batches given; logits do not tell, and are refused.
    """
    labels, scores = rows[0]
    single = scores.ndim < 2 or scores.shape[-1] == 1
    fitting = [kind for kind in KINDS[1:] if _fits(kind, labels, scores) and single == (kind == "binary")]
    if not fitting:
        raise _misfit(labels, scores, name)
    if len(fitting) == 1:
        return fitting[0]
    if not all(_one_hot(each.reshape(-1, each.shape[-1])).all() for each, _ in rows):
        return "multilabel"
    if from_logits:
        raise Error(
            f"`kind` must be given for logits of output {name!r}: labels of shape {labels.shape}, one of each row set, "
            'may be classes or labels; pass kind="multiclass" or kind="multilabel"'
        )
    return "multiclass" if all(_adds_up(each) for _, each in rows) else "multilabel"


def _adds_up(scores: NDArray[Any]) -> bool:
    return bool((np.abs(scores.sum(axis=-1, dtype=np.float64) - 1) < _NEAR_ONE).all())


def _fits(kind: str, labels: NDArray[Any], scores: NDArray[Any]) -> bool:
    if kind == "binary":
        return labels.size == scores.size
    if labels.shape == scores.shape:
        return scores.ndim > 1
    return kind == "multiclass" and labels.shape in (scores.shape[:-1], (*scores.shape[:-1], 1))


def _misfit(labels: NDArray[Any], scores: NDArray[Any], name: str) -> Error:
    return Error(
        f"labels of shape {labels.shape} do not fit scores of shape {scores.shape} of output {name!r}; labels of the "
        "same shape, or whole numbers of classes without the last axis, are accepted"
    )


def _one_hot(labels: NDArray[Any]) -> NDArray[np.bool]:
    """Whether each row has a single 1 and else zeros."""
    return np.asarray(((labels == 1).sum(axis=-1) == 1) & ((labels == 0).sum(axis=-1) == labels.shape[-1] - 1))


@dataclass
class Table:
    """Rows of one output: scores (n, k) or (n,), labels of the same shape, or classes (n,); weights (n,), (n, k), None.

    `scores` are the model's own, logits included.
    """

    labels: NDArray[Any]
    scores: NDArray[Any]
    weights: NDArray[Any] | None

    @classmethod
    def of(
        cls, kind: str, labels: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any] | None, name: str
    ) -> Table:
        """Flatten all axes but that of classes or labels."""
        if not _fits(kind, labels, scores):
            raise _misfit(labels, scores, name)
        if kind == "binary":
            leading = scores.shape[:-1] if scores.ndim > 1 and scores.shape[-1] == 1 else scores.shape
            return cls(labels.reshape(-1), scores.reshape(-1), _weights(weights, leading, scores.shape))
        flat = scores.reshape(-1, scores.shape[-1])
        spread = _weights(weights, scores.shape[:-1], scores.shape)
        if spread is not None and spread.size == scores.size != len(flat):
            spread = spread.reshape(flat.shape)
        if kind == "multilabel":
            return cls(labels.reshape(flat.shape), flat, spread)
        if weights is not None and spread is not None and spread.ndim > 1:
            raise Error(f"weights of shape {weights.shape} do not fit classes; one weight a row is accepted")
        return cls(_classes(labels, scores), flat, spread)

    def bad_rows(self, kind: str) -> dict[str, NDArray[np.bool]]:
        """Return masks of the rows that cannot be counted, by what is wrong with them."""
        labels, scores = self.labels, self.scores
        if kind == "multiclass":
            wrong = ~((labels >= 0) & (labels < scores.shape[1]) & (labels == np.floor(labels)))
            said = f"label is no class from 0 to {scores.shape[1] - 1}"
        else:
            wrong, said = ~((labels == 0) | (labels == 1)), "label is neither 0 nor 1"
        masks = {"score is NaN": np.isnan(scores), said: wrong}
        if self.weights is not None:
            masks["weight is NaN, infinite or negative"] = ~(np.isfinite(self.weights) & (self.weights >= 0))
        return {reason: mask if mask.ndim == 1 else mask.any(axis=1) for reason, mask in masks.items()}

    def __getitem__(self, rows: NDArray[np.bool]) -> Table:
        return Table(self.labels[rows], self.scores[rows], None if self.weights is None else self.weights[rows])


def _weights(weights: NDArray[Any] | None, leading: tuple[int, ...], whole: tuple[int, ...]) -> NDArray[Any] | None:
    """Return a weight for each row, or for each score when they are given so."""
    if weights is None:
        return None
    if weights.shape in (leading, (*leading, 1), whole):
        return weights.reshape(-1)
    if weights.ndim < len(leading) and leading[: weights.ndim] == weights.shape:  # of samples, spread over steps
        spread = weights.reshape(weights.shape + (1,) * (len(leading) - weights.ndim))
        return np.broadcast_to(spread, leading).reshape(-1)
    if len(leading) > 1 and weights.shape == (leading[0], 1):
        return _weights(weights[:, 0], leading, whole)
    raise Error(f"weights of shape {weights.shape} do not fit scores of shape {whole}; one for each row is accepted")


def _classes(labels: NDArray[Any], scores: NDArray[Any]) -> NDArray[Any]:
    """Return the class of each row; of a row that is not one-hot, -1."""
    if labels.shape != scores.shape:
        return labels.reshape(-1)
    flat = labels.reshape(-1, labels.shape[-1])
    return np.where(_one_hot(flat), flat.argmax(axis=-1), -1)
