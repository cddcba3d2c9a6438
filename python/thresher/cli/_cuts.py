"""Counts at thresholds: those of the nearest edges where counts are binned, and what that leaves certain."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher import CompactCounts, ConfusionCounts, Error, ExactCounts, ThresholdCounts
from thresher._rates import RATES

__all__ = ["CELLS", "SHOWN_RATES", "Counts", "Cut", "cuts"]

Counts: TypeAlias = ThresholdCounts | CompactCounts | ExactCounts
Values: TypeAlias = NDArray[Any]

CELLS = ("true_positives", "false_positives", "false_negatives", "true_negatives")
SHOWN_RATES = tuple(name for name in RATES if name not in ("true_positive_rate", "f_score"))
"""Every rate once: the other two are names of `recall` and `f1`."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The counts at one threshold: the one that was asked for, and the one at which counts are kept.

    `bounds` hold, for each rate, its value at the threshold asked for; None where that is the one read.
    """

    asked: float
    threshold: float
    counts: ConfusionCounts
    bounds: dict[str, tuple[float, float]] | None = None

    @property
    def exact(self) -> bool:
        """Whether the threshold read is the one that was asked for."""
        return self.bounds is None


def cuts(counts: Counts, thresholds: Sequence[float]) -> tuple[Cut, ...]:
    """Return the counts at each threshold; those between the edges of binned counts are read at the nearest one."""
    if not len(thresholds):
        return ()
    asked = np.asarray(thresholds, dtype=np.float64)
    read = _read(counts, asked)
    lower, upper = (_read(counts, _edges(counts, asked, side)) for side in ("right", "left"))
    found = []
    for index, value in enumerate(asked.tolist()):
        at = read[index]
        near = isinstance(counts, CompactCounts) and float(at.thresholds) != value
        bounds = _bounds(lower[index], upper[index]) if near else None
        found.append(Cut(value, float(at.thresholds), at, bounds))
    return tuple(found)


def _read(counts: Counts, at: Values) -> ConfusionCounts:
    if isinstance(counts, CompactCounts):
        return counts.confusion(at, nearest=True)
    if isinstance(counts, ExactCounts):
        return counts.confusion(at)
    return _kept(counts, at)


def _kept(counts: ThresholdCounts, at: Values) -> ConfusionCounts:
    """Return the counts at thresholds that are among those counted at."""
    kept = counts.thresholds
    order = np.argsort(kept, kind="stable")
    places = np.searchsorted(kept, at, sorter=order)
    found = order[np.minimum(places, len(kept) - 1)]
    missing = kept[found] != at
    if missing.any():
        value = float(at[missing][0])
        nearest = float(kept[np.argmin(np.abs(kept - value))])
        raise Error(
            f"counts are kept at {len(kept)} thresholds, and {value:g} is none of them; the nearest is {nearest:g}"
        )
    return counts.confusion()[found]


def _edges(counts: Counts, asked: Values, side: Any) -> Values:
    """Return the interval edges of compact counts just below (`right`) or above (`left`) each threshold."""
    if not isinstance(counts, CompactCounts):
        return asked
    edges: Values = counts.thresholds
    places = np.searchsorted(edges, asked, side=side) - (side == "right")
    found: Values = edges[np.clip(places, 0, len(edges) - 1)]
    return found


def _bounds(lower: ConfusionCounts, upper: ConfusionCounts) -> dict[str, tuple[float, float]]:
    """Return bounds of each rate at a threshold between two edges.

    True and false positives at it lie between those at the edges, whatever the order of the rows there; each rate is
    monotone in either, so that its extremes are among the four corners.
    """
    tps = np.array([lower.true_positives, upper.true_positives])
    fps = np.array([lower.false_positives, upper.false_positives])
    tp, fp = (np.array(column) for column in zip(*itertools.product(tps, fps), strict=True))
    positives, negatives = tps[0] + lower.false_negatives, fps[0] + lower.true_negatives
    corners = ConfusionCounts(np.full(4, lower.thresholds), tp, fp, positives - tp, negatives - fp)
    return {name: _range(np.asarray(corners.rate(name))) for name in RATES}


def _range(values: Values) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    return (float(known.min()), float(known.max())) if len(known) else (math.nan, math.nan)
