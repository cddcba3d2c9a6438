"""Figures of all groups at once, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._errors import Error
from thresher._rates import RATES

__all__ = ["figures_of"]


class _RateAt(NamedTuple):
    """A rate at a threshold."""

    name: str
    threshold: float


def figures_of(state: _core.GroupedCounts, like: Any, metrics: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Return each metric of each group, in the order of the keys; `like` is the class of an accumulator."""
    if isinstance(metrics, str):
        raise TypeError(f"`metrics` must be a list of names, but is the string {metrics!r}")
    rates = {metric: _rate_at(metric, like) for metric in metrics}
    plain = [metric for metric in metrics if rates[metric] is None]
    found = dict(zip(plain, state.figures(plain, None), strict=True))
    table = {}
    for metric in metrics:
        at_once = found.get(metric)
        table[metric] = _one_by_one(state, like, metric, rates[metric]) if at_once is None else at_once
    return table


def _rate_at(metric: str, like: Any) -> _RateAt | None:
    """Return the rate and the threshold that a name as recall@0.5 stands for; refuse what is no metric."""
    name, at, threshold = metric.partition("@")
    if not at:
        query = getattr(like, name, None)
        if name.startswith("_") or not callable(query):
            raise Error(
                f"`metrics` has {metric!r}; names of queries without arguments are accepted, as roc_auc, and of rates "
                "at a threshold, as recall@0.5"
            )
        return None
    try:
        value = float(threshold)
    except ValueError:
        raise Error(f"`metrics` has {metric!r}; what follows the @ must be a number") from None
    if name not in RATES:
        raise Error(f"`metrics` has {metric!r}; before the @ one of {', '.join(RATES)} is accepted")
    return _RateAt(name, value)


def _one_by_one(state: _core.GroupedCounts, like: Any, metric: str, rate: _RateAt | None) -> NDArray[np.float64]:
    values = np.empty(len(state), np.float64)
    for place in range(len(state)):
        counts = like._of(state.at(place))
        value = getattr(counts, metric)() if rate is None else _rate_of(counts, metric, rate)
        if not isinstance(value, int | float | np.number):
            raise Error(f"`metrics` has {metric!r}, whose answer is a {type(value).__name__}, not a number")
        values[place] = value
    return values


def _rate_of(counts: Any, metric: str, rate: _RateAt) -> float:
    if counts._kind != "thresholds":
        return float(counts.confusion(rate.threshold).rate(rate.name))
    places = np.flatnonzero(counts.thresholds == rate.threshold)
    if not len(places):
        raise Error(f"`metrics` has {metric!r}, but {rate.threshold} is none of the thresholds counted at")
    return float(counts.confusion().rate(rate.name)[places[0]])
