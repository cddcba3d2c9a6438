"""The bootstrap, from counts: in time that grows with the groups of scores, never with the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from thresher import _bootstrap, _core
from thresher._accumulator import Counts
from thresher._bootstrap import Replicates
from thresher._errors import Error
from thresher.estimates import Estimate

__all__ = ["bootstrap", "bootstrap_replicates"]


def bootstrap(
    counts: Counts | Mapping[Any, Counts],
    statistic: str | Callable[[Any], float],
    *,
    n_replicates: int = 1_000,
    seed: int,
    level: float = 0.95,
    interval: str | None = None,
    resample: str = "rows",
    weight_meaning: str | None = None,
    n_threads: int | None = None,
) -> Estimate:
    """Return a figure of counts with its bootstrap interval.

    Each row is drawn Poisson(1) times, so each group of scores Poisson(c) times for a count of c: exactly the Poisson
    bootstrap of the rows, in O(groups).

    Parameters
    ----------
    counts : accumulator, or mapping of shard id to accumulator
        Shards are drawn one by one, from the seed and their id, and added: a shard that is resampled elsewhere with the
        same seed gives the same draws. An id is a str, bytes, an int or a tuple of these; a single accumulator has the
        id "".
    statistic : str or callable
        "roc_auc", "average_precision" (the fastest), or another method of the accumulators that returns a number
        without arguments; or a function of an accumulator of the same class that returns one.
    n_replicates : int, default 1000
        From 2 to 2^32 - 1.
    seed : int
        In [0, 2^64). The same seed gives the same replicates, on any machine and number of threads.
    level : float, default 0.95
        Confidence level, in (0, 1).
    interval : {"logit", "percentile", "basic", "normal"}, optional
        The figure and the standard deviation of the replicates on the logit scale, for the two areas alone and their
        default, since it covers best (docs/dev/bootstrap.md); quantiles of the replicates, the default of all others;
        these mirrored at the figure; or the figure and their standard deviation.
    resample : {"rows", "shards"}, default "rows"
        What is drawn Poisson(1) times: rows, or whole shards, for clusters of rows that depend on each other (a user, a
        day): then there should be dozens of them.
    weight_meaning : {"frequency", "sampling"}, optional
        Needed to draw weighted rows: a weight of 3 is three samples (a group of weight w becomes Poisson(w)), or one
        that stands for three (its sum and its sum of squares are matched; counts made with `sums=True`).
    n_threads : int, optional
        Threads to use for the two areas; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this
        process may use.

    Returns
    -------
    Estimate
        `value` is the figure of all counts. Replicates in which it is undefined (a class has vanished) are left out,
        and their number stands in `method`. Of binned counts an area's interval is widened by its bounds. Where all
        replicates of an area agree, as when the classes lie apart, it is Clopper-Pearson's or Hoeffding's, as in
        `roc_auc_interval`.

    Raises
    ------
    Error
        For no shard, an unknown name, or weights without a meaning.
    TypeError
        For a shard's id of another type, or a statistic that returns no number.

    Notes
    -----
    Chamandy, Muralidharan, Najmi and Naidu, "Estimating uncertainty for massive data streams", 2012. With few
    positives `average_precision_interval` covers better: docs/dev/variance-of-average-precision.md.

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1] * 25, [0.1, 0.4, 0.35, 0.8] * 25)
    >>> found = th.bootstrap(counts, "roc_auc", seed=1)
    >>> found.lower < 0.75 < found.upper
    True
    """
    shards, wanted = _shards(counts), _bootstrap.replicates_wanted(n_replicates)
    of_area = isinstance(statistic, str) and statistic in _bootstrap.FIGURES
    kind = _bootstrap.interval_wanted(interval, of_area, level)
    total = _total(shards)
    replicates = _replicates(total, shards, resample, weight_meaning, seed)
    values = _values(total, replicates, statistic, wanted, n_threads)
    if not isinstance(statistic, str) or not of_area:
        return _bootstrap.estimate(_number(_function(statistic)(total)), values, level, kind)
    if resample == "rows":
        return _bootstrap.area_estimate(total._state, statistic, values, level, kind, weight_meaning)
    return _bootstrap.area_estimate(total._state, statistic, values, level, kind, None, independent=len(shards))


def bootstrap_replicates(
    counts: Counts | Mapping[Any, Counts],
    statistic: str | Callable[[Any], float],
    *,
    n_replicates: int = 1_000,
    seed: int,
    resample: str = "rows",
    weight_meaning: str | None = None,
    n_threads: int | None = None,
) -> Replicates:
    """Return a figure in each of the replicates that `bootstrap` goes by.

    Parameters
    ----------
    counts, statistic, n_replicates, seed, resample, weight_meaning, n_threads
        As in `bootstrap`.

    Returns
    -------
    float64 array of shape (n_replicates,)
        NaN where the figure is undefined.

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1] * 25, [0.1, 0.4, 0.35, 0.8] * 25)
    >>> values = th.bootstrap_replicates(counts, lambda replicate: replicate.n_positives, n_replicates=200, seed=1)
    >>> values.shape, bool(abs(values.mean() - 50) < 3)
    ((200,), True)
    """
    shards, wanted = _shards(counts), _bootstrap.replicates_wanted(n_replicates)
    total = _total(shards)
    replicates = _replicates(total, shards, resample, weight_meaning, seed)
    return _values(total, replicates, statistic, wanted, n_threads)


def _replicates(
    total: Counts, shards: dict[Any, Counts], resample: str, weight_meaning: str | None, seed: int
) -> _core.Bootstrap:
    states = {shard_id: each._state for shard_id, each in shards.items()}
    return _bootstrap.bootstrap_of(total._state, states, resample, weight_meaning, seed)


def _values(
    total: Counts,
    replicates: _core.Bootstrap,
    statistic: str | Callable[[Any], float],
    wanted: int,
    n_threads: int | None,
) -> Replicates:
    """Return the figure in each of so many replicates of the total."""
    if isinstance(statistic, str) and statistic in _bootstrap.FIGURES:
        return replicates.values(statistic, wanted, n_threads)
    function = _function(statistic)
    return np.array([_number(function(total._of(replicates.replicate(number)))) for number in range(wanted)])


def _total(shards: dict[Any, Counts]) -> Counts:
    """Return all shards merged; the only one itself."""
    first, *others = shards.values()
    if not others:
        return first
    total = first.copy()
    for other in others:
        total.merge(other)
    return total


def _shards(counts: Counts | Mapping[Any, Counts]) -> dict[Any, Counts]:
    """Return the shards by id; refuse what is no accumulator, or several kinds of them."""
    shards = dict(counts) if isinstance(counts, Mapping) else {"": counts}
    if not shards:
        raise Error("`counts` holds no shard")
    for shard_id, each in shards.items():
        if not isinstance(each, Counts):
            raise TypeError(f"`counts` must hold accumulators, but {shard_id!r} is a {type(each).__name__}")
    kinds = sorted({type(each).__name__ for each in shards.values()})
    if len(kinds) > 1:
        raise Error(f"`counts` must hold accumulators of one class, but holds {', '.join(kinds)}")
    return shards


def _function(statistic: str | Callable[[Any], float]) -> Callable[[Any], Any]:
    """Return the statistic as a function of an accumulator."""
    if not isinstance(statistic, str):
        return statistic
    if statistic.startswith("_") or not callable(getattr(Counts, statistic, None)):
        names = ", ".join(_bootstrap.FIGURES)
        raise Error(f"`statistic` must name a method of the accumulators, as {names}, but is {statistic!r}")
    return lambda counts: getattr(counts, statistic)()


def _number(value: Any) -> float:
    """Return what a statistic returned as a float."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"`statistic` must return a number, but returned {value!r}") from None
