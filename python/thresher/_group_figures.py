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
    rates = {metric: _rate_at(metric, state, like) for metric in metrics}
    asked: list[tuple[str, float | None]]
    asked = [(metric, None) if rate is None else (rate.name, rate.threshold) for metric, rate in rates.items()]
    found = zip(rates, state.figures(asked, None), strict=True)
    return {metric: _one_by_one(state, like, metric) if values is None else values for metric, values in found}


def _rate_at(metric: str, state: _core.GroupedCounts, like: Any) -> _RateAt | None:
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
    if state.kind == "thresholds" and value not in like._of(state.prototype()).thresholds:
        raise Error(f"`metrics` has {metric!r}, but {value} is none of the thresholds counted at")
    return _RateAt(name, value)


def _one_by_one(state: _core.GroupedCounts, like: Any, metric: str) -> NDArray[np.float64]:
    values = np.empty(len(state), np.float64)
    for place in range(len(state)):
        value = getattr(like._of(state.at(place)), metric)()
        if not isinstance(value, int | float | np.number):
            raise Error(f"`metrics` has {metric!r}, whose answer is a {type(value).__name__}, not a number")
        values[place] = value
    return values
