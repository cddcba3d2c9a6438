"""Counts of decisions: rates against the threshold, with the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher._errors import Error, one_of
from thresher._plot_axes import LINESTYLES, shade, visible
from thresher._rates import RATES
from thresher.choices import Choice
from thresher.confusion import ConfusionCounts
from thresher.rate_intervals import RateIntervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_intervals", "draw_rates"]

_MARGIN = 0.02  # of the height of the rates, below and above them
_LONGEST_LINE = 32  # of a legend of two columns, in letters
_TALLEST_LEGEND = 0.6  # of the height of the Axes


def draw_rates(
    counts: ConfusionCounts,
    ax: Axes,
    rates: Sequence[str],
    choice: Choice | None,
    level: float | None,
    weight_meaning: str | None,
) -> None:
    """Draw rates against the threshold, with intervals at a level, and the chosen threshold."""
    if isinstance(rates, str) or not rates:
        raise Error(f"`rates` must be one name or more in a list or tuple, but is {rates!r}")
    for name in rates:
        one_of("rates", name, RATES)
    shown = _in_order(counts)
    thresholds = np.asarray(shown.thresholds)
    drawn = {name: _finite(shown.rate(name)) for name in rates}
    marker = "o" if len(thresholds) < 2 else ""
    for (name, values), dashes in zip(drawn.items(), cycle(LINESTYLES), strict=False):
        kept = visible(thresholds, values)
        ax.plot(thresholds[kept], values[kept], label=name, marker=marker, linestyle=dashes)
    if level is not None:
        label: str | None = f"{100 * level:g} % intervals"
        for name, line in zip(drawn, ax.lines[-len(drawn) :], strict=True):
            around: Any = shown.interval(name, level, weight_meaning=weight_meaning)
            shade(ax, thresholds, around.lower, around.upper, line.get_color(), label)
            label = None
    every = np.concatenate([[0.0, 1.0], *drawn.values()])
    lowest, highest = float(np.nanmin(every)), float(np.nanmax(every))
    if choice is not None:
        margin = _MARGIN * (highest - lowest)
        _draw_choice(choice, ax, lowest - margin, highest + margin)
    ax.set(xlabel=f"Threshold (positive iff score {counts.comparison} threshold)", ylabel="Rate")
    _keep_room(ax, lowest, highest)


def draw_intervals(intervals: RateIntervals, ax: Axes, name: str | None, style: dict[str, Any]) -> None:
    """Draw one rate against the threshold with the intervals around it."""
    order = np.argsort(intervals.thresholds, kind="stable")
    order = order[np.isfinite(intervals.thresholds[order])]
    columns = [column[order] for column in (intervals.thresholds, intervals.value, intervals.lower, intervals.upper)]
    thresholds, values, lower, upper = columns
    kept = visible(thresholds, values)
    [line] = ax.plot(thresholds[kept], values[kept], **{"label": name or intervals.name} | style)
    shade(ax, thresholds, lower, upper, line.get_color(), f"{100 * intervals.level:g} % intervals")
    ax.set(xlabel="Threshold", ylabel=intervals.name)
    ax.legend(fontsize="small")


def _in_order(counts: ConfusionCounts) -> ConfusionCounts:
    """Return the counts at finite thresholds, ascending."""
    thresholds = np.asarray(counts.thresholds)
    order = np.argsort(thresholds, kind="stable")
    return counts[order[np.isfinite(thresholds[order])]]


def _finite(values: Any) -> NDArray[np.float64]:
    """Return a gap where a rate is infinite."""
    return np.where(np.isfinite(values), values, np.nan)


def _draw_choice(choice: Choice, ax: Axes, bottom: float, top: float) -> None:
    """Mark the threshold, the run of those that are as good, and where a better one may lie."""
    drawn = ax.dataLim.x0, ax.dataLim.x1
    if choice.lowest < choice.highest:
        run = np.clip([choice.lowest, choice.highest], *drawn)
        within = f"within {100 * choice.tolerance:g} % of the best"
        ax.fill_between(run, bottom, top, color="0.85", linewidth=0, zorder=0.5, label=within)
    if choice.unresolved is not None:
        gap = np.clip(choice.unresolved, *drawn)
        hatched: dict[str, Any] = {
            "facecolor": "none",
            "edgecolor": "0.6",
            "hatch": "//",
            "linewidth": 0.5,
            "zorder": 0.6,
        }
        ax.fill_between(gap, bottom, top, label="a better one may lie here", **hatched)
    word = "chosen" if choice.feasible else "not feasible, closest"
    found = f"{choice.metric} = {choice.value:.3g}"
    if choice.prevalence is not None:
        found += f"\nat prevalence {choice.prevalence:g}"
    label = f"{word}: {choice.threshold:.4g} ({found})"
    if len(label) > _LONGEST_LINE:
        label = label.replace(" (", "\n(", 1)
    at, ends = ([choice.threshold] * 2, [bottom, top]) if np.isfinite(choice.threshold) else ([], [])
    ax.plot(at, ends, color="k", linewidth=1.2, label=label)


def _keep_room(ax: Axes, lowest: float, highest: float) -> None:
    """Put the legend above the rates, which may run anywhere below; ticks end where rates do."""
    span = highest - lowest
    ticks = ax.yaxis.get_major_locator().tick_values(lowest, highest)
    ax.set_yticks([tick for tick in ticks if lowest - _MARGIN * span < tick < highest + _MARGIN * span])
    for columns in 2, 1:
        legend = ax.legend(loc="upper center", ncols=columns, fontsize="small", columnspacing=1)
        extent = legend.get_window_extent()
        if extent.width < ax.bbox.width:
            break
    height = min(extent.height / ax.bbox.height + 3 * _MARGIN, _TALLEST_LEGEND)
    ax.set_ylim(lowest - _MARGIN * span, lowest + span * (1 + _MARGIN) / (1 - height))
