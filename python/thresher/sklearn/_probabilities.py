"""How good probabilities are: log loss, Brier score, and whether the true class is among the most probable."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thresher import Error, _core
from thresher.sklearn._answers import Declined, answers, warn
from thresher.sklearn._inputs import (
    Number,
    array,
    classes_of,
    flag,
    labels,
    number,
    of_columns,
    two_values,
    vector,
    weights,
    whole,
)
from thresher.sklearn._originals import SCALAR, VERSION, UndefinedMetricWarning

__all__ = ["brier_score_loss", "log_loss", "top_k_accuracy_score"]

NO_SUM = "The y_prob values do not sum to one. Make sure to pass probabilities."

_EPS = {4: 2.0**-23, 8: 2.0**-52}  # of floats of so many bytes


class _Losses(NamedTuple):
    """Sums over rows, as the core finds them."""

    rows: int
    positives: int
    weight: float
    squared: float
    log: float

    def shared(self, loss: float, rows: int) -> float:
        """Return a sum of losses over the weight of `rows` rows, each of which was summed equally often."""
        if not self.weight > 0.0:
            raise Declined("no row has weight")
        return loss / (self.weight * (rows / self.rows))


def _losses(
    truth: NDArray[Any],
    given: NDArray[Any],
    weight: NDArray[Any] | None,
    positive: Number | None,
    clip: float | None = None,
) -> _Losses:
    return _Losses(*_core.losses(truth, given, weight, positive, clip, None))


def _probabilities(value: Any) -> NDArray[Any]:
    """Return probabilities in the floats that scikit-learn computes in: float32 or float64."""
    found = array(value, "y_proba")
    floats = found.dtype.itemsize in (4, 8) if found.dtype.kind == "f" else found.dtype.kind in "iub"
    if not floats or not found.size or found.ndim not in (1, 2):
        raise Declined(f"`y_proba` has dtype {found.dtype} and shape {found.shape}")
    return found if found.dtype in (np.float32, np.float64) and found.dtype.isnative else found.astype(np.float64)


def _weights(value: Any) -> NDArray[Any] | None:
    """Return a column of weights, which (n, 1) is not here."""
    found = None if value is None else array(value, "sample_weight")
    if found is not None and found.ndim != 1:
        raise Declined(f"`sample_weight` has shape {found.shape}")
    return weights(found)


@answers("log_loss")
def log_loss(
    y_true: Any,
    y_proba: Any = None,
    *,
    normalize: Any = True,
    sample_weight: Any = None,
    labels: Any = None,
    y_pred: Any = "deprecated",
) -> float:
    """Answer binary, multiclass and multilabel problems, with each probability held within eps of its floats."""
    if VERSION < (1, 9) and y_proba is None:
        y_proba = y_pred  # its name there
    elif not (isinstance(y_pred, str) and y_pred == "deprecated"):
        raise Declined("`y_pred` is no parameter any more")
    mean = flag("normalize", normalize)
    given, weight = _probabilities(y_proba), _weights(sample_weight)
    clip = _EPS[given.dtype.itemsize]
    if given.ndim == 2 and given.shape[1] > 1:
        return _log_loss_of_table(y_true, given, weight, labels, clip, mean)
    found = _of_two_classes(y_true, given.reshape(-1), weight, _known(labels), clip)
    share = found.shared(found.log, found.rows)
    return share if mean else found.log


def _known(value: Any) -> NDArray[Any] | None:
    """Return `labels` if they are at least two and in order."""
    if value is None:
        return None
    known = labels(value, "labels")
    if len(known) < 2 or not (known[1:] > known[:-1]).all():
        raise Declined("`labels` are not distinct and in order")
    if known.dtype.kind == "O" and not all(isinstance(label, str) for label in known.tolist()):
        raise Declined("`labels` are not all text")
    if known.dtype.kind == "f":
        whole(known)
    return known


def _of_two_classes(
    y_true: Any, given: NDArray[Any], weight: NDArray[Any] | None, known: NDArray[Any] | None, clip: float
) -> _Losses:
    """Return the losses of two classes, of which the larger is positive; both occur, or are `known`."""
    truth = array(y_true, "y_true")
    if truth.ndim != 1:
        raise Declined(f"`y_true` has shape {truth.shape}")
    truth = labels(truth)
    if known is None and truth.dtype.kind not in "UO":
        found = _of_numbers(truth, given, weight, clip)
    else:
        classes, codes = classes_of(truth, known)
        if len(classes) != 2:
            raise Declined(f"there are {len(classes)} classes")
        found = _losses(codes, given, weight, 1, clip)
    if known is None and found.positives in (0, found.rows):
        raise Declined("only one class is present")
    return found


def _of_numbers(truth: NDArray[Any], given: NDArray[Any], weight: NDArray[Any] | None, clip: float) -> _Losses:
    try:
        return _losses(truth, given, weight, None, clip)
    except Error:
        values = two_values(truth)
    if values is None:
        raise Declined("there are more than two classes")
    return _losses(truth, given, weight, values[1], clip)


class _Cells(NamedTuple):
    """A table of probabilities, and what is true: labels 0 and 1 of shape (n, m), or the class of each row."""

    given: NDArray[Any]
    truth: NDArray[Any]
    summing: bool  # whether each row sums to one

    def true(self) -> tuple[NDArray[Any], NDArray[np.intp] | None]:
        """Return the probabilities of the true classes, and of which row each is where that is not their order."""
        if self.truth.ndim == 1:
            return self.given[np.arange(len(self.truth)), self.truth], None
        rows, columns = np.nonzero(self.truth)
        return self.given[rows, columns], rows

    def indicators(self) -> NDArray[Any]:
        """Return labels 0 and 1 of all cells."""
        width = self.given.shape[1]
        shown = self.truth if self.truth.ndim == 2 else self.truth[:, np.newaxis] == np.arange(width)
        return shown.reshape(-1)


def _cells(y_true: Any, given: NDArray[Any], weight: NDArray[Any] | None, labels_given: Any) -> _Cells:
    truth = array(y_true, "y_true")
    if truth.ndim == 2:
        truth = of_columns(truth, "y_true")
        if labels_given is not None or truth.shape != given.shape:
            raise Declined("`y_true` and `y_proba` differ in shape, or there are `labels`")
        if not ((truth == 0) | (truth == 1)).all():
            raise Declined("labels are not 0 and 1")
    else:
        classes, truth = classes_of(labels(truth), _known(labels_given))
        if len(classes) != given.shape[1] or len(truth) != len(given):
            raise Declined(f"there are {len(classes)} classes")
    if weight is not None and len(weight) != len(given):
        raise Declined("`sample_weight` is of another length")
    low, high = given.min(), given.max()
    if not (low >= 0 and high <= 1):
        raise Declined("`y_proba` is not within [0, 1]")
    return _Cells(given, truth, _summing(given))


def _summing(given: NDArray[Any]) -> bool:
    """Whether every row sums to one, to the root of eps; how near the bound sums round is scikit-learn's matter."""
    distance = float(np.abs(given @ np.ones(given.shape[1], given.dtype) - 1).max())
    bound = _EPS[given.dtype.itemsize] ** 0.5
    if 0.9 * bound < distance < 2 * bound or (VERSION < (1, 7) and distance >= bound):
        raise Declined("rows of `y_proba` hardly sum to one")
    return bool(distance < bound)


def _warn_of(name: str, cells: _Cells) -> None:
    if not cells.summing:
        warn(name, NO_SUM, UserWarning)


def _log_loss_of_table(
    y_true: Any, given: NDArray[Any], weight: NDArray[Any] | None, labels_given: Any, clip: float, mean: bool
) -> float:
    cells = _cells(y_true, given, weight, labels_given)
    true, rows = cells.true()
    of_true = weight if weight is None or rows is None else weight[rows]
    total = _losses(np.ones(len(true), np.bool), true, of_true, None, clip).log if len(true) else 0.0
    if mean:
        total /= _mass(weight, len(given))
    elif weight is not None:
        _mass(weight, len(given))
    _warn_of("log_loss", cells)
    return total


def _mass(weight: NDArray[Any] | None, rows: int) -> float:
    """Return the weight of all rows."""
    if weight is None:
        return float(rows)
    mass = float(weight.sum(dtype=np.float64))
    if not (weight.min() >= 0 and 0.0 < mass < float("inf")):
        raise Declined("`sample_weight` is negative, not finite or zero")
    return mass


@answers("brier_score_loss")
def brier_score_loss(
    y_true: Any,
    y_proba: Any,
    *,
    sample_weight: Any = None,
    pos_label: Any = None,
    labels: Any = None,
    scale_by_half: Any = "auto",
) -> Any:
    """Answer binary, multiclass and multilabel problems; halved, two classes cost the square of one error."""
    half = None if isinstance(scale_by_half, str) and scale_by_half == "auto" else flag("scale_by_half", scale_by_half)
    given, weight = _probabilities(y_proba), _weights(sample_weight)
    if given.ndim == 2 and given.shape[1] > 1:
        if VERSION < (1, 7) or not (pos_label is None or isinstance(pos_label, str) or number(pos_label) is not None):
            raise Declined("`y_proba` has several columns, or `pos_label` is none")
        return _brier_score_of_table(y_true, given, weight, labels, half)
    if labels is not None and not isinstance(labels, list | tuple | np.ndarray):
        raise Declined(f"`labels` is a {type(labels).__name__}")
    found = _of_positives(array(y_true, "y_true"), given.reshape(-1), weight, pos_label)
    share = found.shared(found.squared, found.rows)
    return SCALAR(2.0 * share if half is False else share)


def _of_positives(truth: NDArray[Any], given: NDArray[Any], weight: NDArray[Any] | None, pos_label: Any) -> _Losses:
    """Return the losses of two labels at most; without `pos_label` the larger is positive, of -1 alone none."""
    truth = labels(truth)
    if truth.dtype.kind in "UO":
        classes, codes = classes_of(truth)
        if not isinstance(pos_label, str) or len(classes) > 2:
            raise Declined("labels are text, and `pos_label` is none, or there are more than two")
        places = np.flatnonzero(classes == pos_label).tolist()
        return _losses(codes, given, weight, places[0] if places else -1)
    label = None if pos_label is None else number(pos_label)
    if pos_label is not None and label is None:
        raise Declined(f"`pos_label` is {pos_label!r}")
    if label is None or label == 1:
        try:
            return _losses(truth, given, weight, None)
        except Error:
            pass  # perhaps other labels than 0 and 1
    values = two_values(truth)
    if values is None:
        raise Declined("there are more than two classes")
    if label is None:
        label = 1 if values == (-1, -1) else values[1]
    return _losses(truth, given, weight, label)


def _brier_score_of_table(
    y_true: Any, given: NDArray[Any], weight: NDArray[Any] | None, labels_given: Any, half: bool | None
) -> float:
    cells = _cells(y_true, given, weight, labels_given)
    rows, width = given.shape
    of_cells = None if weight is None else np.repeat(weight, width)
    found = _losses(cells.indicators(), given.reshape(-1), of_cells, None)
    share = found.shared(found.squared, rows)
    _warn_of("brier_score_loss", cells)
    return 0.5 * share if half or (half is None and width < 3) else share


@answers("top_k_accuracy_score")
def top_k_accuracy_score(
    y_true: Any, y_score: Any, *, k: Any = 2, normalize: Any = True, sample_weight: Any = None, labels: Any = None
) -> Any:
    """Answer binary and multiclass problems; of equal scores, that of the last class ranks first."""
    mean = flag("normalize", normalize)
    if type(k) is not int or k < 1:
        raise Declined(f"`k` is {k!r}")
    given = array(y_score, "y_score")
    weight = None if sample_weight is None else array(sample_weight, "sample_weight")
    if given.ndim == 2 and given.shape[1] > 1:
        hits, width = _among_first(y_true, of_columns(given, "y_score"), k, _known(labels))
    else:
        hits, width = _above_the_middle(y_true, vector(given, "y_score"), k, _known(labels)), 2
    value = _of_hits(hits, weight, mean)
    if k >= width:
        message = f"'k' ({k}) greater than or equal to 'n_classes' ({width}) will result in a perfect score "
        warn("top_k_accuracy_score", message + "and is therefore meaningless.", UndefinedMetricWarning)
    return value


def _among_first(y_true: Any, given: NDArray[Any], k: int, known: NDArray[Any] | None) -> tuple[NDArray[np.bool], int]:
    """Return of every row whether fewer than `k` classes rank before the true one."""
    classes, codes = classes_of(labels(y_true), known)
    rows, width = given.shape
    if len(classes) != width or width < 3 or len(codes) != rows:
        raise Declined(f"there are {len(classes)} classes")
    hits = np.empty(rows, np.bool)
    for at in range(0, rows, 4096):  # tables that fit a cache
        part, code = given[at : at + 4096], codes[at : at + 4096]
        own = part[np.arange(len(part)), code][:, np.newaxis]
        before = (part > own) | ((part == own) & (np.arange(width) > code[:, np.newaxis]))
        hits[at : at + 4096] = before.sum(axis=1) < k
    if not np.isfinite(given).all():
        raise Declined("`y_score` is not finite")
    return hits, width


def _above_the_middle(y_true: Any, given: NDArray[Any], k: int, known: NDArray[Any] | None) -> NDArray[np.bool]:
    """Return of every row whether its score is above 0.5, or above 0 if not all are in [0, 1], when it is positive."""
    classes, codes = classes_of(labels(y_true), known)
    low, high = given.min(), given.max()
    if len(classes) != 2 or len(codes) != len(given) or not (np.isfinite(low) and np.isfinite(high)):
        raise Declined(f"there are {len(classes)} classes, or `y_score` is not finite")
    if k > 1:
        return np.ones(len(given), np.bool)
    return np.asarray((given > (0.5 if low >= 0 and high <= 1 else 0)) == codes)


def _of_hits(hits: NDArray[np.bool], weight: NDArray[Any] | None, mean: bool) -> Any:
    """Return the share or the weight of the hits, summed as scikit-learn does."""
    if weight is not None and (weight.dtype.kind not in "fiub" or weight.shape != hits.shape or weight.sum() == 0):
        raise Declined("`sample_weight` is no column of numbers, or sums to zero")
    value: Any
    if mean:
        value = np.average(hits, weights=weight)
    elif weight is None:
        value = np.sum(hits)
    else:
        value = np.dot(hits, weight)
    return float(value) if VERSION >= (1, 7) else value
