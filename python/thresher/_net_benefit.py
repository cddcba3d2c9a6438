"""Net benefit of a state at threshold probabilities: where they can be read, and what is refused."""

from __future__ import annotations

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
    at, model, _ = _benefits(state, values, prevalence)
    for index in np.flatnonzero(at != values)[:1]:
        message = f"is {values[index]:g}, at which nothing was counted; the nearest is {at[index]:.17g}"
        raise Error(f"`thresholds`[{index}] {message} (`decision_curve` takes the nearest)")
    return float(model[0]) if scalar else model


def decision_curve_of(
    state: _core.Accumulator, thresholds: ArrayLike | None, prevalence: float | None
) -> DecisionCurve:
    """Return the decision curve at the thresholds nearest to these that were counted at, each once."""
    values = None if thresholds is None else threshold_array(thresholds, "thresholds")[0]
    columns = _benefits(state, values, prevalence)
    at = columns[0]
    if (at[1:] <= at[:-1]).any():
        first = np.unique(at, return_index=True)[1]
        columns = tuple(column[first] for column in columns)
    return DecisionCurve(*columns)


def _benefits(
    state: _core.Accumulator, values: NDArray[np.float64] | None, prevalence: float | None
) -> tuple[NDArray[np.float64], ...]:
    """Return thresholds and net benefits at the probabilities nearest to these that were counted at."""
    if values is not None:
        for index in np.flatnonzero(~((values >= 0) & (values < 1)))[:1]:
            raise Error(f"`thresholds` must be probabilities in [0, 1), but thresholds[{index}] is {values[index]}")
    elif state.kind != "thresholds":
        values = _USUAL_PROBABILITIES
    found = _core.net_benefit(state, values, prevalence)
    if values is not None and len(found[0]) < len(values):
        raise Error("net benefit needs counts at thresholds in [0, 1), but these counts have none")
    return found
