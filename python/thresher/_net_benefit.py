"""Net benefit of a state at threshold probabilities: where they can be read, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._arrays import ArrayLike, threshold_array
from thresher._errors import Error
from thresher.ranking import DecisionCurve

__all__ = ["decision_curve_of", "net_benefit_of"]

_USUAL_PROBABILITIES = np.arange(1, 100) / 100


def net_benefit_of(
    state: _core.Accumulator, thresholds: ArrayLike, prevalence: float | None
) -> NDArray[np.float64] | float:
    """Return the net benefit at just these thresholds; a float for a scalar one."""
    values, scalar = threshold_array(thresholds, "thresholds")
    at, *counts = _table(state, values)
    for index in np.flatnonzero(at != values)[:1]:
        message = f"is {values[index]:g}, at which nothing was counted; the nearest is {at[index]:.17g}"
        raise Error(f"`thresholds`[{index}] {message} (`decision_curve` takes the nearest)")
    model, _ = _core.net_benefit(at, counts[0], counts[1], counts[2], counts[3], prevalence)
    return float(model[0]) if scalar else model


def decision_curve_of(
    state: _core.Accumulator, thresholds: ArrayLike | None, prevalence: float | None
) -> DecisionCurve:
    """Return the decision curve at the thresholds nearest to these that were counted at, each once."""
    values = None if thresholds is None else threshold_array(thresholds, "thresholds")[0]
    at, *counts = _table(state, values)
    if (at[1:] <= at[:-1]).any():
        at, first = np.unique(at, return_index=True)
        counts = [column[first] for column in counts]
    return DecisionCurve(at, *_core.net_benefit(at, counts[0], counts[1], counts[2], counts[3], prevalence))


def _table(state: _core.Accumulator, values: NDArray[np.float64] | None) -> list[NDArray[Any]]:
    """Return thresholds, TP, FP, FN and TN at the probabilities nearest to these that were counted at."""
    if values is not None:
        for index in np.flatnonzero(~((values >= 0) & (values < 1)))[:1]:
            raise Error(f"`thresholds` must be probabilities in [0, 1), but thresholds[{index}] is {values[index]}")
    _core.probabilities_only(state.tally(), state.comparison == ">")
    if state.kind != "thresholds":
        found = state.confusion(_USUAL_PROBABILITIES if values is None else values, ">=", True)
        return [np.ascontiguousarray(column, dtype=np.float64) for column in found]
    table: tuple[NDArray[Any], ...] = state.confusion(None, state.comparison, False)
    inside = (table[0] >= 0) & (table[0] < 1)
    if not inside.all():
        table = tuple(column[inside] for column in table)
    if (table[0][1:] <= table[0][:-1]).any():
        first = np.unique(table[0], return_index=True)[1]
        table = tuple(column[first] for column in table)
    kept = table[0]
    if values is not None:
        if not len(kept):
            raise Error("net benefit needs counts at thresholds in [0, 1), but these counts have none")
        above = np.searchsorted(kept, values).clip(max=len(kept) - 1)
        below = (above - 1).clip(min=0)
        nearest = np.where(values - kept[below] < kept[above] - values, below, above)
        table = tuple(column[nearest] for column in table)
    return [np.ascontiguousarray(column, dtype=np.float64) for column in table]
