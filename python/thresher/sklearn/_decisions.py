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
from thresher.sklearn._shares import JACCARD, PRECISION, RECALL, Share, f_score, fill_of

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


def _averaged_share(
    share: Share, pos_label: Any = 1, average: str | None = "binary", zero_division: Any = "warn"
) -> Formula:
    """Return the formula of a share by class, averaged as `precision_score` and its kin are."""
    if average not in ("binary", "micro", "macro", "weighted", None):
        raise Declined(f"`average` is {average!r}")
    if average != "binary" and pos_label not in (None, 1):
        raise Declined("`pos_label` is not looked at")
    fill, warns = fill_of(zero_division, nan=False), zero_division == "warn"

    def of(sides: list[Any]) -> list[Floats]:
        """Return the share of each class; a warning for each threshold at which one of them is undefined."""
        found = [share.of(right, predicted, true, fill) for right, predicted, true in sides]
        undefined = [where for _, where in found if where is not None]
        if warns and undefined:
            for _ in range(int(np.logical_or.reduce(undefined).sum())):
                warn("precision_recall_fscore_support", share.ill_defined(len(sides)), UndefinedMetricWarning)
        return [values for values, _ in found]

    def formula(at: Decisions) -> Floats:
        sides = at.sides()
        if average == "binary":
            places = [place for place, label in enumerate(sorted(at.labels)) if label == pos_label]
            if len(places) != 1:
                raise Declined("`pos_label` is none of the labels")
            return of([sides[places[0]]])[0]
        if average == "micro":
            return of([tuple(one + other for one, other in zip(*sides, strict=True))])[0]
        first, second = of(list(sides))
        if average is None:
            return np.stack([first, second], axis=-1)
        if average == "macro":
            return (first + second) / 2
        of_first, of_second = sides[0][2], sides[1][2]
        return (first * of_first + second * of_second) / (of_first + of_second)

    return formula


def _fbeta(beta: float, **parameters: Any) -> Formula:
    if type(beta) not in (int, float) or not 0 < beta < float("inf"):
        raise Declined(f"`beta` is {beta!r}")
    return _averaged_share(f_score(beta), **parameters)


_FORMULAS: dict[str, Callable[..., Formula]] = {
    "accuracy_score": _accuracy,
    "balanced_accuracy_score": _balanced_accuracy,
    "cohen_kappa_score": _cohen_kappa,
    "confusion_matrix": _confusion_matrix,
    "f1_score": partial(_fbeta, 1.0),
    "fbeta_score": _fbeta,
    "hamming_loss": _hamming_loss,
    "jaccard_score": partial(_averaged_share, JACCARD),
    "matthews_corrcoef": _matthews_corrcoef,
    "precision_score": partial(_averaged_share, PRECISION),
    "recall_score": partial(_averaged_share, RECALL),
    "zero_one_loss": _zero_one_loss,
}
