"""Two models, or several, compared by ROC AUC: on the same rows, or on independent samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._arrays import ArrayLike, column, columns, only
from thresher._distributions import p_value, quantile
from thresher._errors import Error, one_of
from thresher._intervals import Spread, interval, meaning_of
from thresher._labels import cluster_numbers, label_columns
from thresher._queries import Queries
from thresher.estimates import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "RocAucComparison",
    "bounds_of_difference",
    "compare_roc_auc",
    "compared",
    "roc_auc_covariance",
    "shared_rows",
    "unpaired",
    "weights_in_words",
]


@dataclass(frozen=True)
class RocAucComparison:
    """ROC AUC of two models, and what separates them.

    Parameters
    ----------
    a, b : Estimate
        Area of each model, with an interval of its own.
    difference : Estimate
        Area of `a` less area of `b`: positive where `a` is better.
    z : float
        The difference in standard errors; 0 where both are 0, NaN where the variance is 0 or unknown otherwise. Of
        binned counts, the difference nearest to 0 that they allow.
    p_value : float
        Two-sided, of the hypothesis that the areas are equal, as `z` tells; 1 where difference and variance are 0.
    covariance : float64 array of shape (2, 2)
        Covariance of the two areas.

    Examples
    --------
    >>> import thresher as th
    >>> labels = [0, 0, 0, 0, 1, 1, 1, 1]
    >>> found = th.compare_roc_auc(labels, [1, 2, 3, 5, 4, 6, 7, 8], [1, 6, 3, 5, 4, 2, 7, 8])
    >>> print(found.difference)
    0.25 (-0.15 to 0.65, 95 %)
    >>> round(found.p_value, 3)
    0.221
    """

    a: Estimate
    b: Estimate
    difference: Estimate
    z: float
    p_value: float
    covariance: NDArray[np.float64] = field(repr=False, compare=False)

    def plot(self, ax: Axes | None = None, *, names: tuple[str, str] = ("a", "b")) -> Axes:
        """Draw both areas with their intervals, below them the difference on the same scale, and return the Axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current Axes by default.
        names : (str, str), default ("a", "b")
            What the models are called.

        Notes
        -----
        The lower axis, the difference's, is the upper one shifted: its 0 lies at the area of `b`. The p-value is shown
        where both areas are exact.

        Raises
        ------
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).
        """
        from thresher import plots

        return plots.areas(self, ax, names=names)

    def __str__(self) -> str:
        return f"a {self.a}\nb {self.b}\na - b {self.difference}, z {self.z:.3g}, p {self.p_value:.3g}"


def compare_roc_auc(
    labels: ArrayLike,
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    weight_meaning: str | None = None,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> RocAucComparison:
    """Compare the ROC AUCs of two models on the same rows, after DeLong.

    Parameters
    ----------
    labels : array-like of shape (n,)
        0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    scores_a, scores_b : array-like of shape (n,)
        Real numbers of any dtype and scale; the two may differ in both.
    weights : array-like of shape (n,), optional
        Finite and >= 0; a row of weight 0 is validated and left out.
    weight_meaning : {"frequency", "sampling"}
        Needed with `weights`: a weight of 3 is three samples, or one sample that stands for three of the population.
    clusters : array-like of shape (n,), optional
        The patient, user or query of each row, by any hashable value: rows of one cluster may depend on each other.
    level : float, default 0.95
        Confidence level of the intervals, in (0, 1).
    pos_label : optional
        A row is positive iff its label equals this; any other label but NaN and None is negative.
    nan : {"raise", "drop"}, default "raise"
        Rows in which either score is NaN are an error, or left out of both.
    n_threads : int, optional
        Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

    Returns
    -------
    RocAucComparison
        The interval of each area is that of `roc_auc_interval`, the one of the difference is normal. NaN where a class
        is missing or has one row (or cluster). Where the variance of the difference is 0 it has no interval, and
        `method` says so.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted, and for `weights` without `weight_meaning`.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated ROC curves", 1988; with
    clusters, Obuchowski, "Nonparametric analysis of clustered ROC curve data", 1997.

    Examples
    --------
    >>> import thresher as th
    >>> labels = [0, 0, 0, 1, 1, 1]
    >>> found = th.compare_roc_auc(labels, [1, 2, 4, 3, 5, 6], [1, 5, 4, 3, 2, 6])
    >>> round(found.a.value, 3), round(found.b.value, 3), round(found.difference.value, 3)
    (0.889, 0.556, 0.333)
    """
    quantile(level)
    pair = [column(scores_a, "scores_a"), column(scores_b, "scores_b")]
    notes = ["in `scores_a`", "in `scores_b`"]
    found = _covariance(labels, pair, notes, weights, weight_meaning, clusters, pos_label, nan, n_threads)
    spreads, covariance, differences, variances = found
    words = weights_in_words(weight_meaning, clusters is not None)
    return compared(spreads, covariance, float(differences[0, 1]), float(variances[0, 1]), level, words, "paired")


def roc_auc_covariance(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    weight_meaning: str | None = None,
    clusters: ArrayLike | None = None,
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ROC AUCs of several models on the same rows, and the covariance matrix of these areas.

    Parameters
    ----------
    labels : array-like of shape (n,)
        0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    scores : array-like of shape (n, m)
        A column for each model.
    weights, weight_meaning, clusters, pos_label, nan, n_threads
        As in `compare_roc_auc`; with `nan="drop"` a row goes when any of its scores is NaN.

    Returns
    -------
    areas : float64 array of shape (m,)
    covariance : float64 array of shape (m, m)
        DeLong's; its diagonal holds the variance of each area. NaN where a class has fewer than two rows (or clusters).

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted, and for `weights` without `weight_meaning`.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    Of unweighted rows the sums are exact integers; nothing is O(P·N).

    Examples
    --------
    >>> import numpy as np, thresher as th
    >>> scores = np.array([[1, 1], [2, 5], [4, 4], [3, 3], [5, 2], [6, 6]])
    >>> areas, covariance = th.roc_auc_covariance([0, 0, 0, 1, 1, 1], scores)
    >>> covariance.round(4).tolist()
    [[0.0247, 0.0247], [0.0247, 0.0988]]
    """
    sources = columns(scores, "scores")
    notes = [f"in column {index} of `scores`" for index in range(len(sources))]
    found = _covariance(labels, sources, notes, weights, weight_meaning, clusters, pos_label, nan, n_threads)
    return np.array([spread.value for spread in found[0]]), found[1]


def compare_roc_auc_unpaired(
    counts_a: Queries, counts_b: Queries, *, level: float = 0.95, weight_meaning: str | None = None
) -> RocAucComparison:
    """Compare the ROC AUCs of two models on independent samples, from what was counted of each.

    Parameters
    ----------
    counts_a, counts_b : ThresholdCounts, CompactCounts or ExactCounts
        Of rows that have nothing to do with each other: two periods, two groups of users. Models on the same rows vary
        together; `compare_roc_auc` is for them.
    level : float, default 0.95
        Confidence level of the intervals, in (0, 1).
    weight_meaning : {"frequency", "sampling"}, optional
        Needed where either was counted with weights: a weight of 3 is three samples, or one sample that stands for
        three ("sampling" needs counts made with `sums=True`).

    Returns
    -------
    RocAucComparison
        The variance of the difference is the sum of both variances. Of binned counts each group is one tie, and every
        interval is widened by what is certain of the sample's own figure (`Estimate.bounds`); z and p go by the
        difference nearest to 0 that is not excluded.

    Raises
    ------
    Error
        For weighted counts without `weight_meaning`, or "sampling" without sums.

    Examples
    --------
    >>> import thresher as th
    >>> counts = [th.ExactCounts(), th.ExactCounts()]
    >>> counts[0].update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> counts[1].update([0, 0, 1, 1], [0.1, 0.8, 0.35, 0.4])
    >>> found = th.compare_roc_auc_unpaired(*counts)
    >>> found.difference.value, round(found.p_value, 3)
    (0.25, 0.683)
    """
    for name, counts in (("counts_a", counts_a), ("counts_b", counts_b)):
        if not isinstance(counts, Queries):
            raise TypeError(f"`{name}` must be an accumulator, but is a {type(counts).__name__}")
    meaning = meaning_of(weight_meaning, counts_a.weighted or counts_b.weighted)
    found = [_core.roc_auc_variance(counts._state.tally(), meaning) for counts in (counts_a, counts_b)]
    return unpaired([Spread(*spread) for spread in found], level, weight_meaning)


def unpaired(spreads: Sequence[Spread], level: float, weight_meaning: str | None = None) -> RocAucComparison:
    """Return the comparison of two areas of independent samples."""
    variances = np.array([spread.variance for spread in spreads])
    difference = spreads[0].value - spreads[1].value
    words = weights_in_words(weight_meaning, clustered=False)
    return compared(spreads, np.diag(variances), difference, float(variances.sum()), level, words, "unpaired")


def compared(
    spreads: Sequence[Spread],
    covariance: NDArray[np.float64],
    difference: float,
    variance: float,
    level: float,
    words: str,
    kind: str,
    source: str = "",
) -> RocAucComparison:
    """Return the comparison of two areas whose difference has this variance, which is of this `source`."""
    a, b = (interval(each, min(each.negatives, each.positives), level, "logit", words) for each in spreads)
    method, bounds = f"{kind} {words}{source}", bounds_of_difference(a, b)
    if variance > 0:
        error = math.sqrt(variance)
        z, reach = _nearest_to_zero(difference, bounds) / error, quantile(level) * error
        lower, upper = difference - reach, difference + reach
    else:
        z = 0.0 if variance == 0 and difference == 0 else math.nan
        lower = upper = math.nan
        method = f"{method}: {_why_none(variance)}"
    if bounds is not None:
        lower, upper = lower - (difference - bounds[0]), upper + (bounds[1] - difference)
        method += ", widened by the bounds of binned counts"
    apart = Estimate(difference, max(lower, -1.0), min(upper, 1.0), level, method, bounds)
    return RocAucComparison(a, b, apart, z, p_value(z), covariance)


def bounds_of_difference(a: Estimate, b: Estimate) -> tuple[float, float] | None:
    """Return what binned counts say of the sample's own difference; None where both areas are exact."""
    if a.bounds is None and b.bounds is None:
        return None
    (low_a, high_a), (low_b, high_b) = (each.bounds or (each.value, each.value) for each in (a, b))
    return low_a - high_b, high_a - low_b


def _nearest_to_zero(difference: float, bounds: tuple[float, float] | None) -> float:
    """Return the least difference, by size, that the bounds leave possible."""
    if bounds is None:
        return difference
    return min(max(0.0, bounds[0]), bounds[1])


def weights_in_words(weight_meaning: str | None, clustered: bool) -> str:
    """Return the name of the variance."""
    name = "obuchowski, clusters" if clustered else "delong"
    return name if weight_meaning is None else f"{name}, {weight_meaning} weights"


def _why_none(variance: float) -> str:
    if variance == 0:
        return "no interval, the placements of the sample do not vary (variance 0)"
    return "no interval, a class has fewer than two samples or clusters"


def _covariance(
    labels: ArrayLike,
    sources: list[Any],
    notes: list[str],
    weights: ArrayLike | None,
    weight_meaning: str | None,
    clusters: ArrayLike | None,
    pos_label: Any,
    nan: str,
    n_threads: int | None,
) -> tuple[list[Spread], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return areas, their covariances, their differences, and the variances of these."""
    shared = shared_rows(labels, sources, notes, weights, weight_meaning, clusters, pos_label, nan)
    found, *matrices = _core.roc_auc_covariance(*shared, n_threads)
    spreads = [Spread(*spread) for spread in found]
    covariance, differences, variances = (matrix.reshape(len(spreads), len(spreads)) for matrix in matrices)
    return spreads, covariance, differences, variances


def shared_rows(
    labels: ArrayLike,
    sources: list[Any],
    notes: list[str],
    weights: ArrayLike | None,
    weight_meaning: str | None,
    clusters: ArrayLike | None,
    pos_label: Any,
    nan: str,
) -> tuple[Any, list[Any], list[str], Any, str | None, NDArray[np.int64] | None, Any, bool]:
    """Return columns of scores of the same rows, as the core reads them."""
    one_of("nan", nan, ("raise", "drop"))
    if weights is None and weight_meaning is not None:
        raise Error("`weight_meaning` is given, but `weights` is not")
    meaning_of(weight_meaning, weights is not None)
    label_sources, positive = label_columns(labels, pos_label)
    label_source = only(label_sources, "labels")
    weight_source = None if weights is None else column(weights, "weights")
    numbers = None if clusters is None else cluster_numbers(clusters)
    return label_source, sources, notes, weight_source, weight_meaning, numbers, positive, nan == "drop"
