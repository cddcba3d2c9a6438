"""What separates two states: figure by figure, with intervals, of samples that are independent of each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from thresher import Estimate, compare_roc_auc_unpaired
from thresher.cli._cuts import Counts, Cut
from thresher.cli._figures import Figure, Summary

__all__ = ["CUT_RATES", "Difference", "differences", "rate_differences"]

CUT_RATES = ("recall", "precision", "false_positive_rate", "f1")


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two states, and new less old with its interval (NaN ends where there is none)."""

    name: str
    old: float
    new: float
    difference: Estimate
    p_value: float | None = None
    threshold: float | None = None

    @property
    def apart(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.difference.lower > 0 or self.difference.upper < 0


def differences(old: Summary, new: Summary, level: float, meaning: str | None) -> Iterator[Difference]:
    """Yield the difference of each figure that both states tell."""
    known = {figure.name: figure for figure in new.figures}
    yield _prevalence(old, new, level)
    for figure in old.figures:
        if figure.name not in known:
            continue
        if figure.name == "roc_auc" and figure.interval is not None and known[figure.name].interval is not None:
            yield _roc_auc(old.counts, new.counts, level, meaning)
        else:
            yield _of_figures(figure, known[figure.name], level)


def rate_differences(old: Sequence[Cut], new: Sequence[Cut], level: float, meaning: str | None) -> Iterator[Difference]:
    """Yield the differences of the main rates at each threshold; both states read the same ones."""
    for before, after in zip(old, new, strict=True):
        for name in CUT_RATES:
            values = float(before.counts.rate(name)), float(after.counts.rate(name))
            ends = _rate_interval(before, name, level, meaning), _rate_interval(after, name, level, meaning)
            yield Difference(name, *values, _moved(values, ends, level), threshold=before.asked)


def _roc_auc(old: Counts, new: Counts, level: float, meaning: str | None) -> Difference:
    weighted = old.weighted or new.weighted
    found = compare_roc_auc_unpaired(new, old, level=level, weight_meaning=meaning if weighted else None)
    return Difference("roc_auc", found.b.value, found.a.value, found.difference, found.p_value)


def _of_figures(old: Figure, new: Figure, level: float) -> Difference:
    return Difference(
        old.name, old.value, new.value, _moved((old.value, new.value), (old.interval, new.interval), level)
    )


def _prevalence(old: Summary, new: Summary, level: float) -> Difference:
    values = old.prevalence, new.prevalence
    ends = [None if each.counts.weighted else _share(each.counts, level) for each in (old, new)]
    return Difference("prevalence", *values, _moved(values, (ends[0], ends[1]), level))


def _share(counts: Counts, level: float) -> Estimate | None:
    """Return Wilson's interval of the share of positives."""
    if not counts.n_samples:
        return None
    from thresher import ConfusionCounts

    flagged = ConfusionCounts(0.0, counts.n_positives, 0, 0, counts.n_negatives)
    found = flagged.interval("prevalence", level)
    return found if isinstance(found, Estimate) else None


def _rate_interval(cut: Cut, name: str, level: float, meaning: str | None) -> Estimate | None:
    counts: Any = cut.counts
    whole = isinstance(counts.true_positives, int)
    if not whole and meaning != "frequency":
        return None
    found: Estimate = counts.interval(name, level, weight_meaning=None if whole else meaning)
    return found


def _moved(values: tuple[float, float], ends: tuple[Estimate | None, Estimate | None], level: float) -> Estimate:
    """Return new less old, its interval by the method of variance estimates recovered (MOVER).

    Zou and Donner (2008), "Construction of confidence limits about effect measures": distances of each limit from its
    figure, squared and added; Newcombe's (1998) interval where the figures are shares. What binned counts leave open is
    no matter of chance, and is added as it is.
    """
    old, new = values
    before, after = ends
    bounds = None
    if before is None or after is None or math.isnan(old) or math.isnan(new):
        return Estimate(new - old, math.nan, math.nan, level, "no interval")
    (low_old, high_old), (low_new, high_new) = _held(before), _held(after)
    down = math.hypot(max(low_new - after.lower, 0.0), max(before.upper - high_old, 0.0))
    up = math.hypot(max(after.upper - high_new, 0.0), max(low_old - before.lower, 0.0))
    lowest, highest = low_new - high_old, high_new - low_old
    if lowest < highest:
        bounds = lowest, highest
    return Estimate(new - old, lowest - down, highest + up, level, "mover, independent samples", bounds)


def _held(estimate: Estimate) -> tuple[float, float]:
    return estimate.bounds or (estimate.value, estimate.value)
