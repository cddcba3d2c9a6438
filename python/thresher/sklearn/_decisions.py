"""Metrics of hard decisions between two classes, at every threshold at once, from the counts alone.

Each formula is scikit-learn's, operation by operation, so that equal counts give the very same float and the best of
many thresholds is the same one. Both classes occur in the truth; whoever calls has looked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher.sklearn._answers import DROP_INS, Declined, warn
from thresher.sklearn._inputs import flag
from thresher.sklearn._originals import UndefinedMetricWarning, original

__all__ = ["Decisions", "Formula", "recognised"]

Floats: TypeAlias = NDArray[np.float64]
Formula: TypeAlias = "Callable[[Decisions], NDArray[Any]]"


class Decisions(NamedTuple):
    """Counts of decisions, an entry a threshold; as float64, which counts of rows fit exactly."""

    tp: Floats
    fp: Floats
    fn: Floats
    tn: Floats
    weighted: bool
    labels: tuple[Any, Any]  # of the negatives and of the positives

    @property
    def n(self) -> Floats:
        """All rows."""
        return self.tp + self.fp + self.fn + self.tn

    def sides(self) -> tuple[tuple[Floats, Floats, Floats], tuple[Floats, Floats, Floats]]:
        """Return of each class, in order of its label: rows that are right, that are predicted, that are true."""
        negatives = (self.tn, self.tn + self.fn, self.tn + self.fp)
        positives = (self.tp, self.tp + self.fp, self.tp + self.fn)
        return (negatives, positives) if self.labels[0] < self.labels[1] else (positives, negatives)


def recognised(metric: Any, parameters: Mapping[str, Any]) -> Formula:
    """Return the formula of a metric function of scikit-learn or ours, or decline."""
    if isinstance(metric, partial) and not metric.args:
        metric, parameters = metric.func, {**metric.keywords, **parameters}
    name = getattr(metric, "__name__", None)
    make = _FORMULAS.get(name) if isinstance(name, str) else None
    if make is None or (metric is not DROP_INS.get(str(name)) and metric is not original(str(name))):
        raise Declined("the metric is not one of scikit-learn's that counts decide")
    return make(**parameters)  # a parameter that it does not take is a TypeError, and declines too


def _accuracy(normalize: bool = True) -> Formula:
    share = flag("normalize", normalize)
    return lambda at: (at.tp + at.tn) / at.n if share else at.tp + at.tn


def _zero_one_loss(normalize: bool = True) -> Formula:
    share = flag("normalize", normalize)
    return lambda at: 1 - (at.tp + at.tn) / at.n if share else at.n - (at.tp + at.tn)


def _hamming_loss() -> Formula:
    return lambda at: (at.fp + at.fn) / at.n


def _balanced_accuracy(adjusted: bool = False) -> Formula:
    adjusted = flag("adjusted", adjusted)

    def formula(at: Decisions) -> Floats:
        (first, _, of_first), (second, _, of_second) = at.sides()
        score: Floats = (first / of_first + second / of_second) / 2
        return (score - 0.5) / 0.5 if adjusted else score

    return formula


def _matthews_corrcoef() -> Formula:
    def formula(at: Decisions) -> Floats:
        (first, predicted_first, of_first), (second, predicted_second, of_second) = at.sides()
        n = predicted_first + predicted_second
        both = (first + second) * n - (of_first * predicted_first + of_second * predicted_second)
        predicted = n**2 - (predicted_first**2 + predicted_second**2)
        true = n**2 - (of_first**2 + of_second**2)
        spread = predicted * true
        return np.divide(both, np.sqrt(spread), out=np.zeros_like(both), where=spread != 0)

    return formula


def _cohen_kappa(weights: str | None = None) -> Formula:
    if weights not in (None, "linear", "quadratic"):  # the same for two classes
        raise Declined(f"`weights` is {weights!r}")

    def formula(at: Decisions) -> Floats:
        (_, predicted_first, of_first), (_, predicted_second, of_second) = at.sides()
        n = predicted_first + predicted_second
        chance = predicted_first * of_second / n + predicted_second * of_first / n
        return 1 - (at.fp + at.fn) / chance

    return formula


def _confusion_matrix(normalize: str | None = None) -> Formula:
    if normalize not in (None, "true", "pred", "all"):
        raise Declined(f"`normalize` is {normalize!r}")

    def formula(at: Decisions) -> NDArray[Any]:
        ordered = at.labels[0] < at.labels[1]
        cells = (at.tn, at.fp, at.fn, at.tp) if ordered else (at.tp, at.fn, at.fp, at.tn)
        table: NDArray[Any] = np.stack(cells, axis=-1).reshape(-1, 2, 2)
        if normalize is None:
            return table if at.weighted else table.astype(np.int64)
        axes = {"true": (2,), "pred": (1,), "all": (1, 2)}[normalize]
        rows = table.sum(axis=axes, keepdims=True)
        shares: NDArray[Any] = np.divide(table, rows, out=np.zeros_like(table), where=rows != 0)
        return shares

    return formula


class _Share(NamedTuple):
    """A share by class, averaged as `precision_score` and its kin are."""

    name: str
    undefined: str  # where it is: without these samples
    above: Callable[[Floats, Floats, Floats], Floats]  # of rows that are right, predicted, true
    below: Callable[[Floats, Floats, Floats], Floats]

    def formula(self, pos_label: Any = 1, average: str | None = "binary", zero_division: Any = "warn") -> Formula:
        """Return the share averaged in that way."""
        if average not in ("binary", "micro", "macro", "weighted", None):
            raise Declined(f"`average` is {average!r}")
        if average != "binary" and pos_label not in (None, 1):
            raise Declined("`pos_label` is not looked at")
        if not (zero_division in ("warn", 0, 1) and type(zero_division) in (str, int, float)):
            raise Declined(f"`zero_division` is {zero_division!r}")
        return lambda at: self._averaged(at, pos_label, average, zero_division)

    def _averaged(self, at: Decisions, pos_label: Any, average: str | None, zero_division: Any) -> Floats:
        sides = at.sides()
        if average == "binary":
            places = [place for place, label in enumerate(sorted(at.labels)) if label == pos_label]
            if len(places) != 1:
                raise Declined("`pos_label` is none of the labels")
            return self._of([sides[places[0]]], average, zero_division)[0]
        if average == "micro":
            together = tuple(one + other for one, other in zip(*sides, strict=True))
            return self._of([together], average, zero_division)[0]
        first, second = self._of(list(sides), average, zero_division)
        if average is None:
            return np.stack([first, second], axis=-1)
        if average == "macro":
            return (first + second) / 2
        of_first, of_second = sides[0][2], sides[1][2]
        return (first * of_first + second * of_second) / (of_first + of_second)

    def _of(self, sides: list[Any], average: str | None, zero_division: Any) -> list[Floats]:
        """Return the share of each class; a warning for each threshold at which one of them is undefined."""
        values, undefined = [], np.zeros(len(sides[0][0]), np.bool)
        for side in sides:
            below = self.below(*side)
            undefined |= below == 0
            fill = np.full_like(below, 0.0 if zero_division == "warn" else zero_division)
            values.append(np.divide(self.above(*side), below, out=fill, where=below != 0))
        if zero_division == "warn":
            where = "due to no {} samples" if len(sides) == 1 else "in labels with no {} samples"
            message = (
                f"{self.name} is ill-defined and being set to 0.0 {where.format(self.undefined)}. "
                "Use `zero_division` parameter to control this behavior."
            )
            for _ in range(int(undefined.sum())):
                warn("precision_recall_fscore_support", message, UndefinedMetricWarning)
        return values


_PRECISION = _Share(
    "Precision", "predicted", lambda right, predicted, true: right, lambda right, predicted, true: predicted
)
_RECALL = _Share("Recall", "true", lambda right, predicted, true: right, lambda right, predicted, true: true)
_JACCARD = _Share(
    "Jaccard",
    "true or predicted",
    lambda right, predicted, true: right,
    lambda right, predicted, true: right + (predicted - right) + (true - right),
)


def _fbeta(beta: float, **parameters: Any) -> Formula:
    if type(beta) not in (int, float) or not 0 < beta < float("inf"):
        raise Declined(f"`beta` is {beta!r}")
    square = beta**2
    share = _Share(
        "F-score",
        "true nor predicted",
        lambda right, predicted, true: (1 + square) * right,
        lambda right, predicted, true: square * true + predicted,
    )
    return share.formula(**parameters)


_FORMULAS: dict[str, Callable[..., Formula]] = {
    "accuracy_score": _accuracy,
    "balanced_accuracy_score": _balanced_accuracy,
    "cohen_kappa_score": _cohen_kappa,
    "confusion_matrix": _confusion_matrix,
    "f1_score": partial(_fbeta, 1.0),
    "fbeta_score": _fbeta,
    "hamming_loss": _hamming_loss,
    "jaccard_score": _JACCARD.formula,
    "matthews_corrcoef": _matthews_corrcoef,
    "precision_score": _PRECISION.formula,
    "recall_score": _RECALL.formula,
    "zero_one_loss": _zero_one_loss,
}
