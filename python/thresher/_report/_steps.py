"""Thresholds that the page's slider stops at, with the exact counts at each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher._arrays import ArrayLike, threshold_array
from thresher._errors import Error
from thresher.accumulators import CompactCounts, ExactCounts, ThresholdCounts
from thresher.confusion import ConfusionCounts
from thresher.curves import RocCurve

__all__ = ["MOST_STEPS", "Accumulators", "checked_thresholds", "counted_at", "steps_of"]

Accumulators: TypeAlias = ThresholdCounts | CompactCounts | ExactCounts
Values: TypeAlias = NDArray[np.float64]

MOST_STEPS = 1_000
_HUNDREDTHS = np.arange(1, 100) / 100


def steps_of(models: Mapping[str, Accumulators], curves: Mapping[str, RocCurve]) -> dict[str, ConfusionCounts]:
    """Return the counts of each model at the slider's stops, ascending; common ones where all can be read.

    `curves` are the full ROC curves. Stops are at equal steps of the mean of true and false positive rate, so that from
    one to the next at most a few thousandths of a class change sides, however the scores are distributed; and at every
    hundredth, where scores lie in [0, 1] and any threshold can be read.
    """
    each = {name: picked(counts, curves[name], MOST_STEPS // len(models)) for name, counts in models.items()}
    if len({_grid(counts) for counts in models.values()}) == 1 and _alike(list(each.values())):
        common = np.unique(np.concatenate(list(each.values())))
        each = dict.fromkeys(models, common)
    return {name: counted_at(counts, each[name]) for name, counts in models.items()}


def picked(counts: Accumulators, curve: RocCurve, most: int) -> Values:
    """Return at most `most` thresholds, ascending, at which the counts can be read exactly."""
    if isinstance(counts, ThresholdCounts):
        own = np.unique(counts.thresholds)
        if len(own) <= most:
            return own
    reached, at = _mass(curve), curve.thresholds
    usable = np.flatnonzero(np.isfinite(at))
    if not len(usable):
        return np.empty(0)
    free = not isinstance(counts, ThresholdCounts) and counts.exact
    low, high = at[usable[-1]], at[usable[0]]
    wanted = free and low >= 0 and high <= 1 and most > 2 * len(_HUNDREDTHS)
    round_ones = _HUNDREDTHS[wanted & (low < _HUNDREDTHS) & (high >= _HUNDREDTHS)]
    targets = np.linspace(0, 1, most - len(round_ones) + 1)[1:]
    positions = np.unique(np.clip(np.searchsorted(reached, targets), usable[0], usable[-1]))
    if not free:
        return np.sort(at[positions])
    below = [at[position + 1] if position + 1 < len(at) else -math.inf for position in positions]
    neat = [_shortest(float(under), float(at[i])) for under, i in zip(below, positions, strict=True)]
    return np.unique(np.concatenate([neat, round_ones]))


def counted_at(counts: Accumulators, thresholds: Values, nearest: bool = False) -> ConfusionCounts:
    """Return the counts at thresholds, ascending; ThresholdCounts have those at their own alone.

    Raises
    ------
    Error
        For a threshold at which the counts cannot be read.
    """
    if not len(thresholds):
        none = np.empty(0, dtype=np.int64)
        return ConfusionCounts(thresholds, none, none, none, none)
    if isinstance(counts, CompactCounts):
        near = counts.confusion(thresholds, nearest=nearest)
        return near[np.unique(np.asarray(near.thresholds), return_index=True)[1]]
    if isinstance(counts, ExactCounts):
        return counts.confusion(thresholds)
    own = counts.confusion()
    values, first = np.unique(own.thresholds, return_index=True)
    found = np.searchsorted(values, thresholds)
    known = np.isin(thresholds, values)
    if not known.all():
        missing, near_by = thresholds[~known][0], values[np.argmin(np.abs(values - thresholds[~known][0]))]
        raise Error(f"`thresholds` has {missing:g}, but the rows were counted at others; the nearest is {near_by:g}")
    return own[first[found]]


def checked_thresholds(thresholds: ArrayLike) -> Values:
    """Return the caller's stops, ascending and distinct; of more than there is room for, evenly picked ones."""
    given = threshold_array(thresholds, "thresholds")[0]
    if not len(given):
        raise Error("`thresholds` is empty; at least one is needed")
    if np.isnan(given).any():
        raise Error(f"`thresholds` must be numbers, but thresholds[{int(np.isnan(given).argmax())}] is NaN")
    values = np.unique(given)
    if len(values) <= MOST_STEPS:
        return values
    return values[np.rint(np.linspace(0, len(values) - 1, MOST_STEPS)).astype(np.intp)]


def _grid(counts: Accumulators) -> Any:
    """Return what is equal for accumulators that can be read at the same thresholds."""
    if isinstance(counts, ThresholdCounts):
        return (counts.comparison, counts.dtype, tuple(np.unique(counts.thresholds)))
    return "any" if counts.exact else "intervals"


def _alike(grids: Sequence[Values]) -> bool:
    """Whether stops lie on one scale: what all of them span is at least half of what any spans."""
    if not all(map(len, grids)):
        return False
    common = min(grid[-1] for grid in grids) - max(grid[0] for grid in grids)
    return bool(common >= (max(grid[-1] for grid in grids) - min(grid[0] for grid in grids)) / 2)


def _mass(curve: RocCurve) -> Values:
    """Return the mean of true and false positive rate at each point; of one class its rate alone."""
    rates = [rate for rate in (curve.fpr, curve.tpr) if len(rate) and not np.isnan(rate[0])]
    return np.asarray(sum(rates) / len(rates)) if rates else np.zeros(len(curve.thresholds))


def _shortest(below: float, score: float) -> float:
    """Return the threshold with the fewest digits that flags just the rows from `score` up: in (below, score]."""
    centre = below / 2 + score / 2 if math.isfinite(below) else score
    for digits in range(1, 17):
        neat = float(f"{centre:.{digits}g}")
        if below < neat <= score:
            return neat
    return score
