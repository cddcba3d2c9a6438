"""Precision, recall, F-score and Jaccard by class, by sample, and averaged; the confusion matrix of each class."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thresher.sklearn._answers import Declined, answers, warn
from thresher.sklearn._indicators import Target, target
from thresher.sklearn._inputs import array, flag
from thresher.sklearn._originals import SCALAR, UndefinedMetricWarning
from thresher.sklearn._pairs import Sides
from thresher.sklearn._shares import JACCARD, PRECISION, RECALL, Share, f_score, fill_of

__all__ = [
    "Averaged",
    "f1_score",
    "fbeta_score",
    "jaccard_score",
    "multilabel_confusion_matrix",
    "precision_recall_fscore_support",
    "precision_score",
    "recall_score",
]

POS_LABEL_IGNORED = (
    "Note that pos_label (set to {!r}) is ignored when average != 'binary' (got {!r}). You may use "
    "labels=[pos_label] to specify a single positive class."
)

_AVERAGES = ("binary", "micro", "macro", "weighted", "samples")


@answers("multilabel_confusion_matrix")
def multilabel_confusion_matrix(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, labels: Any = None, samplewise: Any = False
) -> NDArray[Any]:
    """Answer the matrix of each class against the rest, of each label, or of each sample."""
    by_sample = flag("samplewise", samplewise)
    wanted = None if labels is None else array(labels, "labels")
    right, predicted, true, rows = target(y_true, y_pred, sample_weight).sides(wanted, by_sample)
    fp, fn = predicted - right, true - right
    return np.stack([rows - right - fp - fn, fp, fn, right], axis=-1).reshape(-1, 2, 2)


class Averaged(NamedTuple):
    """Shares by class or sample as one `average` takes them; what is undefined is told at the end, by `warn_all`."""

    average: str | None
    sides: Sides
    weight: NDArray[Any] | None  # of samples
    fill: float
    warned: list[str] | None  # what there is to tell; None where nobody asked

    @classmethod
    def of(cls, counted: Target, wanted: NDArray[Any] | None, average: str | None, zero_division: Any) -> Averaged:
        """Return the shares of the wanted labels, or of all."""
        sides = counted.sides(wanted, average == "samples").through_cells()
        warned: list[str] | None = [] if isinstance(zero_division, str) else None
        return cls(average, sides, counted.weight, fill_of(zero_division), warned).summed()

    def averaged_by(self, average: str, sides: Sides) -> Averaged:
        """Return the same shares, to be averaged in another way, from sides of its own."""
        return self._replace(average=average, sides=sides).summed()

    def summed(self) -> Averaged:
        """Return all classes as one, if they are to be taken together."""
        if self.average != "micro":
            return self
        right, predicted, true = (np.asarray(side.sum()).reshape(1) for side in self.sides[:3])
        return self._replace(sides=Sides(right, predicted, true, self.sides.all))

    def take(self, share: Share, warns: bool = True) -> Any:
        """Return a share of each class, or their average."""
        right, predicted, true, _ = self.sides
        values, undefined = share.of(right, predicted, true, self.fill)
        if undefined is not None and warns and self.warned is not None:
            self.warned.append(share.ill_defined(len(values), self.average))
        if self.average is None:
            return values
        weights = {"weighted": true, "samples": self.weight}.get(self.average)
        return _mean_of_defined(values, weights)

    def warn_all(self) -> None:
        """Tell what was undefined."""
        for message in self.warned or ():
            warn("precision_recall_fscore_support", message, UndefinedMetricWarning)


def _mean_of_defined(values: NDArray[np.float64], weights: NDArray[Any] | None) -> float:
    """Return the mean of what is not NaN; weights that sum to zero are not looked at."""
    if len(values) == 1 and weights is None:
        return float(values[0])
    missing = np.isnan(values)
    if missing.any():
        if missing.all():
            return float("nan")
        if weights is None:
            return float(np.nanmean(values))
        values, weights = values[~missing], weights[~missing]
    if weights is None or weights.sum(dtype=np.float64) == 0:
        return float(values.mean())
    return float(np.average(values, weights=weights))


def _wanted(counted: Target, average: Any, labels: Any, pos_label: Any) -> tuple[NDArray[Any] | None, str | None]:
    """Return the labels to look at (None: all), and what is to be warned of."""
    if average is not None and not (isinstance(average, str) and average in _AVERAGES):
        raise Declined(f"`average` is {average!r}")
    label = pos_label.item() if isinstance(pos_label, np.generic) else pos_label
    if label is not None and type(label) not in (bool, int, float, str):
        raise Declined(f"`pos_label` is {pos_label!r}")
    if average != "binary":
        warned = None if label in (None, 1) else POS_LABEL_IGNORED.format(pos_label, average)
        return None if labels is None else array(labels, "labels"), warned
    classes = counted.classes
    if counted.multilabel or len(classes) > 2:
        raise Declined("there are more than two classes")
    if isinstance(label, str) != (classes.dtype.kind == "U") or label is None:
        raise Declined("`pos_label` is of another kind than the labels")
    if len(classes) == 2 and label not in classes.tolist():
        raise Declined("`pos_label` is none of the labels")
    return np.array([label]), None


def _shares(y_true: Any, y_pred: Any, labels: Any, pos_label: Any, average: Any, weight: Any, zero: Any) -> Averaged:
    counted = target(y_true, y_pred, weight)
    wanted, warned = _wanted(counted, average, labels, pos_label)
    shares = Averaged.of(counted, wanted, average, zero)
    if warned is not None:
        warn("precision_recall_fscore_support", warned, UserWarning)
    return shares


def _taken(shares: Averaged, share: Share) -> Any:
    value = shares.take(share)
    shares.warn_all()
    return value


@answers("precision_recall_fscore_support")
def precision_recall_fscore_support(
    y_true: Any,
    y_pred: Any,
    *,
    beta: Any = 1.0,
    labels: Any = None,
    pos_label: Any = 1,
    average: Any = None,
    warn_for: Any = ("precision", "recall", "f-score"),
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> tuple[Any, Any, Any, Any]:
    """Answer all four, by class or averaged."""
    if not isinstance(warn_for, list | tuple | set):
        raise Declined(f"`warn_for` is {warn_for!r}")
    share = _f_share(beta)
    shares = _shares(y_true, y_pred, labels, pos_label, average, sample_weight, zero_division)
    precision = shares.take(PRECISION, "precision" in warn_for)
    recall = shares.take(RECALL, "recall" in warn_for)
    f = {PRECISION: precision, RECALL: recall}[share] if share in (PRECISION, RECALL) else None
    f = shares.take(share, "f-score" in warn_for) if f is None else f
    shares.warn_all()
    return precision, recall, f, shares.sides.true if average is None else None


def _f_share(beta: Any) -> Share:
    """Return the F-score: of 0 it is precision, of infinity recall."""
    if type(beta) not in (int, float) or not beta >= 0:
        raise Declined(f"`beta` is {beta!r}")
    return PRECISION if beta == 0 else RECALL if beta == float("inf") else f_score(beta)


@answers("precision_score")
def precision_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: Any = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Answer right rows among predicted ones."""
    return _taken(_shares(y_true, y_pred, labels, pos_label, average, sample_weight, zero_division), PRECISION)


@answers("recall_score")
def recall_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: Any = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Answer right rows among true ones."""
    return _taken(_shares(y_true, y_pred, labels, pos_label, average, sample_weight, zero_division), RECALL)


@answers("f1_score")
def f1_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: Any = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Answer the harmonic mean of precision and recall."""
    return _taken(_shares(y_true, y_pred, labels, pos_label, average, sample_weight, zero_division), f_score(1))


@answers("fbeta_score")
def fbeta_score(
    y_true: Any,
    y_pred: Any,
    *,
    beta: Any,
    labels: Any = None,
    pos_label: Any = 1,
    average: Any = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Answer the F-score; of beta 0 or infinity nothing is told, as there."""
    share = _f_share(beta)
    shares = _shares(y_true, y_pred, labels, pos_label, average, sample_weight, zero_division)
    return shares.take(share, False) if share in (PRECISION, RECALL) else _taken(shares, share)


@answers("jaccard_score")
def jaccard_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: Any = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Answer right rows among those true or predicted."""
    fill_of(zero_division, nan=False)
    shares = _shares(y_true, y_pred, labels, pos_label, average, sample_weight, zero_division)
    value = _taken(shares, JACCARD)
    return value if average is None else SCALAR(value)
