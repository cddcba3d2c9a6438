"""Figures of a state, as data: tables and JSON show them, limits are held against them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from thresher import Error, Estimate
from thresher.cli._cuts import Counts, Cut, cuts

__all__ = ["METRICS", "Figure", "Summary", "figure", "rate_at", "summary"]

_ROWS = ("n_samples", "n_positives", "n_negatives", "n_dropped")
_SCORES_AS_PROBABILITIES = ("mean_score", "calibration_ratio", "log_loss", "normalized_entropy", "brier_score")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: its value (NaN where undefined), what is certain of it, its interval, and why there is none.

    `bounds` hold the exact value of the rows counted, and are None where `value` is that; `reason` says why a value is
    NaN.
    """

    name: str
    value: float
    bounds: tuple[float, float] | None = None
    interval: Estimate | None = None
    reason: str | None = None

    @property
    def exact(self) -> bool:
        """Whether the value is that of the rows counted."""
        return self.bounds is None


@dataclass(frozen=True, slots=True)
class Summary:
    """What is told of one state."""

    counts: Counts
    figures: tuple[Figure, ...]
    cuts: tuple[Cut, ...] = ()

    @property
    def prevalence(self) -> float:
        """Share of positives, by weight where rows have weights; NaN without rows."""
        return _prevalence(self.counts).value


def summary(
    counts: Counts, thresholds: Sequence[float] = (), level: float = 0.95, meaning: str | None = None
) -> Summary:
    """Return the figures that a state can tell, and its counts at thresholds.

    Areas come with intervals where rows have no weights, or weights have a meaning; what needs scores as probabilities
    is left out where they are none, or where the state does not keep their sums.
    """
    areas = tuple(_explained(area(counts, level, meaning), counts) for area in (_roc_auc, _average_precision))
    others = (figure(counts, name) for name in _SCORES_AS_PROBABILITIES)
    known = tuple(each for each in others if each.reason is None or not math.isnan(each.value))
    return Summary(counts, areas + known, cuts(counts, thresholds))


def figure(counts: Counts, name: str) -> Figure:
    """Return a figure of METRICS by name; one that cannot be told is NaN, with the reason."""
    if name in _SCORES_AS_PROBABILITIES and not (counts.sums or counts.exact):
        return Figure(name, math.nan, reason="sums of scores were not kept; count with --sums, or --into exact")
    try:
        found = METRICS[name](counts)
    except Error as error:
        return Figure(name, math.nan, reason=str(error))
    return _explained(found, counts)


def rate_at(counts: Counts, name: str, threshold: float) -> Figure:
    """Return a rate at a threshold; binned counts read it at the nearest edge, and bound it."""
    try:
        [cut] = cuts(counts, [threshold])
    except Error as error:
        return Figure(name, math.nan, reason=str(error))
    value = float(cut.counts.rate(name))
    reason = f"its denominator is 0 at the threshold {threshold:g}" if math.isnan(value) else None
    return Figure(name, value, None if cut.bounds is None else cut.bounds[name], reason=reason)


def _roc_auc(counts: Counts, level: float = 0.95, meaning: str | None = None) -> Figure:
    interval = _interval(counts.roc_auc_interval, counts, level, meaning)
    return Figure("roc_auc", counts.roc_auc(tolerance=math.inf), _apart(counts.roc_auc_bounds()), interval)


def _average_precision(counts: Counts, level: float = 0.95, meaning: str | None = None) -> Figure:
    interval = _interval(counts.average_precision_interval, counts, level, meaning)
    value, bounds = counts.average_precision(tolerance=math.inf), _apart(counts.average_precision_bounds())
    return Figure("average_precision", value, bounds, interval)


def _interval(query: Callable[..., Estimate], counts: Counts, level: float, meaning: str | None) -> Estimate | None:
    """Return an interval where one is defined."""
    if counts.weighted and meaning is None:
        return None
    found = query(level, weight_meaning=meaning if counts.weighted else None)
    return None if math.isnan(found.lower) else found


def _prevalence(counts: Counts) -> Figure:
    positives, negatives = counts.weight_positives, counts.weight_negatives
    total = positives + negatives
    return Figure("prevalence", positives / total if total > 0 else math.nan)


def _plain(name: str) -> Callable[[Counts], Figure]:
    """Return the figure of a property or a query without arguments."""

    def of(counts: Counts) -> Figure:
        value: Any = getattr(counts, name)
        return Figure(name, float(value() if callable(value) else value))

    return of


METRICS: dict[str, Callable[[Counts], Figure]] = {
    **{name: _plain(name) for name in _ROWS},
    "prevalence": _prevalence,
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    **{name: _plain(name) for name in _SCORES_AS_PROBABILITIES},
}
"""Figures that need no threshold, by name."""


def _explained(found: Figure, counts: Counts) -> Figure:
    """Return a figure with the reason where it is undefined."""
    return replace(found, reason=_undefined(counts)) if math.isnan(found.value) else found


def _undefined(counts: Counts) -> str:
    if counts.n_samples == 0:
        return "no row was counted"
    missing = "positive" if counts.n_positives == 0 else "negative"
    return f"there is no {missing} row" if 0 in (counts.n_positives, counts.n_negatives) else "it is undefined here"


def _apart(bounds: tuple[float, float]) -> tuple[float, float] | None:
    return bounds if bounds[0] < bounds[1] else None
