"""Two models compared on the same rows by the paired bootstrap: average precision, or a rate where another is held."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thresher import _bootstrap, _core
from thresher._arrays import ArrayLike, column
from thresher._bootstrap import Replicates
from thresher._decision_queries import TARGETS, target_of
from thresher._distributions import quantile
from thresher._errors import Error, one_of
from thresher._rates import RATES
from thresher.comparison import bounds_of_difference, shared_rows
from thresher.confusion import fraction
from thresher.estimates import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Comparison",
    "compare_average_precision",
    "compare_rate",
    "compared_by_bootstrap",
    "held_rate",
    "sampling_in_words",
]

_AGREE = "no interval, all replicates agree"


@dataclass(frozen=True)
class Comparison:
    """A figure of two models, and what separates them.

    Parameters
    ----------
    a, b : Estimate
        The figure of each model, with an interval of its own.
    difference : Estimate
        That of `a` less that of `b`.
    p_value : float
        Two-sided, of the hypothesis that the difference is 0; at most 1 - level just where the interval leaves 0 out.
        NaN where the difference has no interval, but 1 where it is 0 in the sample and every replicate.
    figure : str
        What was compared, in words.

    Examples
    --------
    >>> import thresher as th
    >>> labels = [0, 0, 0, 0, 1, 1, 1, 1] * 10
    >>> a, b = [1, 2, 3, 5, 4, 6, 7, 8] * 10, [1, 6, 3, 5, 4, 2, 7, 8] * 10
    >>> found = th.compare_average_precision(labels, a, b, seed=1)
    >>> round(found.difference.value, 3), found.difference.lower > 0, found.p_value < 0.05
    (0.157, True, True)
    """

    a: Estimate
    b: Estimate
    difference: Estimate
    p_value: float
    figure: str = ""

    def plot(self, ax: Axes | None = None, *, names: tuple[str, str] = ("a", "b")) -> Axes:
        """Draw both figures with their intervals, below them the difference on the same scale, and return the Axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current Axes by default.
        names : (str, str), default ("a", "b")
            What the models are called.

        Notes
        -----
        The lower axis, the difference's, is the upper one shifted: its 0 lies at the figure of `b`. The p-value is
        shown where both figures are exact.

        Raises
        ------
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).
        """
        from thresher import plots

        return plots.areas(self, ax, names=names)

    def __str__(self) -> str:
        return f"a {self.a}\nb {self.b}\na - b {self.difference}, p {self.p_value:.3g}"


def compare_average_precision(
    labels: ArrayLike,
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    weight_meaning: str | None = None,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    n_replicates: int = 1_000,
    seed: int,
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> Comparison:
    """Compare the average precisions of two models on the same rows, by the paired bootstrap.

    Each row (or cluster) is drawn Poisson(1) times for both models at once, so their figures vary together as they
    would on new rows.

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
        The patient, user or query of each row, by any hashable value: rows of one cluster may depend on each other, and
        are drawn together.
    level : float, default 0.95
        Confidence level of the intervals, in (0, 1).
    n_replicates : int, default 1000
        From 2 / (1 - level) - 1, 39 at 95 %, to 2^32 - 1.
    seed : int
        In [0, 2^64). The same seed gives the same replicates, on any machine and number of threads.
    pos_label : optional
        A row is positive iff its label equals this; any other label but NaN and None is negative.
    nan : {"raise", "drop"}, default "raise"
        Rows in which either score is NaN are an error, or left out of both.
    n_threads : int, optional
        Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

    Returns
    -------
    Comparison
        Intervals are percentiles of the replicates; NaN where these all agree, as where both models rank alike.
        p = 2 (min(#{d <= 0}, #{d >= 0}) + 1) / (replicates + 1), at most 1, over the differences d of the replicates.
        Those without positives are left out, and `method` says how many.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted, and for `weights` without `weight_meaning`.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    Rows with the same label and the same scores are one cell with a count, so repeated rows and frequency weights give
    the same replicates. What covers how well: docs/dev/paired-bootstrap.md.

    Examples
    --------
    >>> import thresher as th
    >>> labels = [0, 0, 0, 1, 1, 1] * 20
    >>> found = th.compare_average_precision(labels, [1, 2, 4, 3, 5, 6] * 20, [1, 5, 4, 3, 2, 6] * 20, seed=1)
    >>> round(found.a.value, 3), round(found.b.value, 3), round(found.difference.value, 3)
    (0.917, 0.7, 0.217)
    """
    rows = _Rows(labels, scores_a, scores_b, weights, weight_meaning, clusters, pos_label, nan)
    return rows.compared("average_precision", None, "average precision", level, n_replicates, seed, n_threads)


def compare_rate(
    labels: ArrayLike,
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    rate: str = "recall",
    *,
    at: Mapping[str, float],
    weights: ArrayLike | None = None,
    weight_meaning: str | None = None,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    n_replicates: int = 1_000,
    seed: int,
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> Comparison:
    """Compare a rate of two models on the same rows where another rate is held, by the paired bootstrap.

    Each model has a threshold of its own, chosen anew in every replicate: the interval holds how much it may vary.

    Parameters
    ----------
    labels, scores_a, scores_b
        As in `compare_average_precision`.
    rate : str, default "recall"
        Any name of `ConfusionCounts.rate` ("f_score" with a beta of 1).
    at : mapping
        One of "recall", "precision", "false_positive_rate" and "predicted_positive_rate", with its target in [0, 1], as
        `{"false_positive_rate": 0.01}`. The threshold is that of `threshold_at`: the highest with at least this recall,
        the lowest with at least this precision, the lowest with at most one of the others.
    weights, weight_meaning, clusters, level, n_replicates, seed, pos_label, nan, n_threads
        As in `compare_average_precision`.

    Returns
    -------
    Comparison
        As of `compare_average_precision`. Where no threshold reaches the target nothing is flagged: recall is 0 then,
        and precision undefined.

    Raises
    ------
    Error
        For an unknown rate, for anything but one target in [0, 1], and as `compare_average_precision`.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Examples
    --------
    >>> import thresher as th
    >>> labels = [0, 0, 0, 1, 1, 1] * 20
    >>> a, b = [1, 2, 4, 3, 5, 6] * 20, [1, 5, 4, 3, 2, 6] * 20
    >>> found = th.compare_rate(labels, a, b, at={"false_positive_rate": 0.2}, seed=1)
    >>> round(found.a.value, 3), round(found.b.value, 3), found.figure
    (0.667, 0.333, 'recall at a false positive rate of 0.2')
    """
    held, figure = held_rate(rate, at)
    rows = _Rows(labels, scores_a, scores_b, weights, weight_meaning, clusters, pos_label, nan)
    return rows.compared(rate, held, figure, level, n_replicates, seed, n_threads)


def compared_by_bootstrap(
    models: _core.PairedBootstrap,
    name: str,
    at: tuple[str, float, float, bool] | None,
    figure: str,
    *,
    level: float,
    n_replicates: int,
    n_threads: int | None,
    words: str = "",
    bounds: tuple[tuple[float, float] | None, tuple[float, float] | None] = (None, None),
) -> Comparison:
    """Return the comparison of two models of which the replicates are compiled.

    `words` are added to the methods. `bounds` are those of the two figures where counts are binned, areas in [0, 1].
    Replicates of what is coarser than the models' own counts are moved to be about the models' own figures.
    """
    figures = models.figures(name, at)
    value_a, value_b = figures.tolist()
    pairs = models.values(name, at, _enough(n_replicates, level), n_threads).reshape(-1, 2)
    pairs = pairs + (figures - models.resampled(name, at))
    a, b = (_figure(value, pairs[:, i], level, bounds[i]) for i, value in enumerate((value_a, value_b)))
    difference, p = _difference(value_a - value_b, pairs[:, 0] - pairs[:, 1], level, bounds_of_difference(a, b))
    a, b, difference = (replace(each, method=each.method + words) for each in (a, b, difference))
    return Comparison(a, b, difference, p, figure)


def sampling_in_words(weight_meaning: str | None, clustered: bool) -> str:
    """Return what was drawn, where it was not rows."""
    words = ", clusters" if clustered else ""
    return words if weight_meaning is None else f"{words}, {weight_meaning} weights"


def _enough(n_replicates: int, level: float) -> int:
    """Return the number of replicates; refuse those of which none lies beyond an end of the interval."""
    quantile(level)
    wanted = _bootstrap.replicates_wanted(n_replicates)
    if not _beyond(wanted, level):
        least = math.ceil(2 / (1 - level) - 1e-9) - 1
        raise Error(f"`n_replicates` must be at least {least:,} at a level of {level:g}, but is {wanted}")
    return wanted


def _beyond(replicates: int, level: float) -> int:
    """Return how many replicates lie on or beyond either end of the interval; 0: there are too few of them."""
    return math.floor((1 - level) * (replicates + 1) / 2 + 1e-9)


def _figure(value: float, replicates: Replicates, level: float, bounds: tuple[float, float] | None) -> Estimate:
    """Return the figure of one model with its interval; replicates that all agree, as of classes apart, tell none."""
    found = _bootstrap.estimate(value, replicates, level, "percentile", bounds)
    defined = replicates[~np.isnan(replicates)]
    if len(defined) < 2 or np.ptp(defined) > 0:
        return found
    return Estimate(value, math.nan, math.nan, level, f"{found.method}: {_AGREE}", found.bounds)


def _difference(
    value: float, replicates: Replicates, level: float, bounds: tuple[float, float] | None
) -> tuple[Estimate, float]:
    """Return the difference with its interval, and the p-value.

    The ends are order statistics, so that p <= 1 - level just where the interval leaves 0 out: at the k-th lowest
    replicate, 2 k / (replicates + 1) <= 1 - level.
    """
    defined = np.sort(replicates[~np.isnan(replicates)])
    method = f"paired percentile bootstrap, {len(replicates):,} replicates"
    if len(defined) < len(replicates):
        method += f" ({len(replicates) - len(defined):,} undefined)"
    k = _beyond(len(defined), level)
    if k == 0 or math.isnan(value):
        return Estimate(value, math.nan, math.nan, level, f"{method}: no interval", bounds), math.nan
    if defined[0] == defined[-1]:
        p = 1.0 if value == 0 else math.nan
        return Estimate(value, math.nan, math.nan, level, f"{method}: {_AGREE}", bounds), p
    # Counts in bins allow any difference between the bounds: the interval holds those that each of them would give.
    down, up = (0.0, 0.0) if bounds is None else (value - bounds[0], bounds[1] - value)
    lower, upper = float(defined[k - 1]) - down, float(defined[-k]) + up
    against = min(np.count_nonzero(defined <= down), np.count_nonzero(defined >= -up))
    p = min(2 * (int(against) + 1) / (len(defined) + 1), 1.0)
    if bounds is not None:
        lower, upper = max(lower, -1.0), min(upper, 1.0)
        method += ", widened by the bounds of binned counts"
    return Estimate(value, lower, upper, level, method, bounds), p


def held_rate(rate: str, at: Any) -> tuple[tuple[str, float, float, bool], str]:
    """Return where another rate is held, and what is compared there, in words."""
    one_of("rate", rate, RATES)
    accepted = ", ".join(TARGETS)
    if not isinstance(at, Mapping) or len(at) != 1:
        raise Error(f"`at` must map one of {accepted} to its target, but is {at!r}")
    [(name, target)] = at.items()
    one_of("at", name, list(TARGETS))
    held = target_of(name, fraction(f"at[{name!r}]", target))
    return held, f"{rate} at a {name} of {target:g}".replace("_", " ")


class _Rows:
    """Two models' scores of the same rows."""

    __slots__ = ("_shared", "_words")

    def __init__(
        self,
        labels: ArrayLike,
        scores_a: ArrayLike,
        scores_b: ArrayLike,
        weights: ArrayLike | None,
        weight_meaning: str | None,
        clusters: ArrayLike | None,
        pos_label: Any,
        nan: str,
    ) -> None:
        pair, notes = [column(scores_a, "scores_a"), column(scores_b, "scores_b")], ["in `scores_a`", "in `scores_b`"]
        self._shared = shared_rows(labels, pair, notes, weights, weight_meaning, clusters, pos_label, nan)
        self._words = sampling_in_words(weight_meaning, clusters is not None)

    def compared(
        self,
        name: str,
        at: tuple[str, float, float, bool] | None,
        figure: str,
        level: float,
        n_replicates: int,
        seed: int,
        n_threads: int | None,
    ) -> Comparison:
        wanted = _enough(n_replicates, level)  # before the rows are read
        models = _core.PairedBootstrap(*self._shared, n_threads, _bootstrap.seed_of(seed))
        return compared_by_bootstrap(
            models, name, at, figure, level=level, n_replicates=wanted, n_threads=n_threads, words=self._words
        )
