"""Intervals of areas, straight from arrays."""

from __future__ import annotations

from typing import Any

from thresher import _core
from thresher._arrays import ArrayLike
from thresher._errors import Error, one_of
from thresher._interval_queries import (
    AVERAGE_PRECISION_METHODS,
    ROC_AUC_METHODS,
    average_precision_of,
    bootstrapped,
    roc_auc_of,
)
from thresher._intervals import Spread, meaning_of
from thresher._labels import cluster_numbers
from thresher._problem import Problem, Rows, counted
from thresher.estimates import Estimate

__all__ = ["average_precision_interval", "roc_auc_interval"]


def roc_auc_interval(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    weight_meaning: str | None = None,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    method: str = "delong",
    transform: str | None = "logit",
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> Estimate:
    """Return the area under the ROC curve with its interval.

    Parameters
    ----------
    labels : array-like of shape (n,), (n, 1) or (n, m)
        0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    scores : array-like of shape (n,), (n, 1) or (n, m)
        Real numbers of any dtype and scale, higher meaning more positive. Several columns give a list of m estimates;
        `compare_roc_auc` compares them.
    weights : array-like of shape (n,), optional
        Finite and >= 0; a row of weight 0 is validated and left out.
    weight_meaning : {"frequency", "sampling"}, optional
        Needed with `weights`: a weight of 3 is three samples, or one sample that stands for three.
    clusters : array-like of shape (n,), optional
        The patient, user or query of each row, by any hashable value: rows of one cluster may depend on each other
        (Obuchowski's variance, in place of DeLong's).
    level : float, default 0.95
        Share of samples whose interval holds the true area, in (0, 1).
    method : {"delong", "hanley-mcneil", "bootstrap"}, default "delong"
        As for the accumulators' `roc_auc_interval`, which says what each is.
    transform : {"logit", None}, default "logit"
        The scale on which the interval is symmetric.
    pos_label : optional
        A row is positive iff its label equals this; any other label but NaN and None is negative.
    nan : {"raise", "drop"}, default "raise"
        Rows whose score is NaN are an error, or left out.
    n_threads : int, optional
        Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

    Returns
    -------
    Estimate, or list of m
        `value` is `roc_auc` of the same rows. NaN unless there are positives and negatives.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted, an unknown method, weights without a meaning, or clusters
        with another method than "delong".
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
    characteristic curves", 1988: from integers, in little more than the time of `roc_auc`. Obuchowski, "Nonparametric
    analysis of clustered ROC curve data", 1997. docs/dev/variance-of-roc-auc.md derives the variances,
    docs/dev/coverage.md has the measured coverage.

    Examples
    --------
    >>> import thresher as th
    >>> print(th.roc_auc_interval([0, 0, 1, 1] * 25, [0.1, 0.4, 0.35, 0.8] * 25))
    0.750 (0.639–0.836, 95 %)
    """
    one_of("method", method, ROC_AUC_METHODS)
    meaning = meaning_of(weight_meaning, weights is not None)

    if clusters is not None and method != "delong":
        raise Error(f'`clusters` are accepted with method="delong" alone, but `method` is {method!r}')
    numbers = None if clusters is None else cluster_numbers(clusters)

    def estimate(rows: Rows) -> Estimate:
        if method == "bootstrap":
            return _bootstrapped(rows, "roc_auc", level, transform, weight_meaning)
        if numbers is None:
            return roc_auc_of(_spread(rows, meaning), level, method, transform)
        labels, scores, weights, positive, drop, threads = rows
        words = None if weights is None else meaning
        found = _core.roc_auc_covariance(labels, [scores], [], weights, words, numbers, positive, drop, threads)
        return roc_auc_of(Spread(*found[0][0]), level, "obuchowski", transform)

    return Problem.of(labels, scores, weights, pos_label, nan, n_threads).each(estimate)


def average_precision_interval(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    weight_meaning: str | None = None,
    level: float = 0.95,
    method: str = "linearised",
    transform: str | None = "logit",
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> Estimate:
    """Return the average precision with its interval; the share of positives is part of what varies.

    Parameters
    ----------
    labels : array-like of shape (n,), (n, 1) or (n, m)
        0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    scores : array-like of shape (n,), (n, 1) or (n, m)
        Real numbers of any dtype and scale, higher meaning more positive. Several columns give a list of m estimates.
    weights : array-like of shape (n,), optional
        Finite and >= 0; a row of weight 0 is validated and left out.
    weight_meaning : {"frequency", "sampling"}, optional
        Needed with `weights`: a weight of 3 is three samples, or one sample that stands for three.
    level : float, default 0.95
        Share of samples whose interval holds the true figure, in (0, 1).
    method : {"linearised", "binomial", "bootstrap"}, default "linearised"
        As for the accumulators' `average_precision_interval`, which says what each is.
    transform : {"logit", None}, default "logit"
        The scale on which the interval is symmetric.
    pos_label : optional
        A row is positive iff its label equals this; any other label but NaN and None is negative.
    nan : {"raise", "drop"}, default "raise"
        Rows whose score is NaN are an error, or left out.
    n_threads : int, optional
        Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

    Returns
    -------
    Estimate, or list of m
        `value` is `average_precision` of the same rows. NaN without positives.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted, an unknown method, or weights without a meaning.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    The derivation stands in docs/dev/variance-of-average-precision.md, the measured coverage in docs/dev/coverage.md.

    Examples
    --------
    >>> import thresher as th
    >>> print(th.average_precision_interval([0, 0, 1, 1] * 25, [0.1, 0.4, 0.35, 0.8] * 25))
    0.833 (0.749–0.893, 95 %)
    """
    one_of("method", method, AVERAGE_PRECISION_METHODS)
    meaning = meaning_of(weight_meaning, weights is not None)

    def estimate(rows: Rows) -> Estimate:
        if method == "bootstrap":
            return _bootstrapped(rows, "average_precision", level, transform, weight_meaning)
        spread = Spread(*_core.average_precision_variance(_tally(rows, meaning), meaning))
        return average_precision_of(spread, level, method, transform)

    return Problem.of(labels, scores, weights, pos_label, nan, n_threads).each(estimate)


def _spread(rows: Rows, meaning: str) -> Spread:
    """Return ROC AUC and its variance: straight from the rows where they have no weights."""
    labels, scores, weights, positive, drop, threads = rows
    spread = None
    if weights is None:
        spread = _core.roc_auc_variance_of_rows(labels, scores, positive, drop, threads)
    return Spread(*(spread or _core.roc_auc_variance(_tally(rows, meaning), meaning)))


def _tally(rows: Rows, meaning: str) -> _core.Tally:
    """Return exact counts of the rows, with the squares of weights where these are needed."""
    return _counted(rows, meaning).tally()


def _counted(rows: Rows, meaning: str | None) -> _core.Accumulator:
    return counted(rows, sums=rows[2] is not None and meaning == "sampling")


def _bootstrapped(rows: Rows, name: str, level: float, transform: str | None, weight_meaning: str | None) -> Estimate:
    return bootstrapped(_counted(rows, weight_meaning), name, level, transform, weight_meaning, rows[-1])
