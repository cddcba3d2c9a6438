"""Figures with their intervals, one a row: points with bars, and the numbers in words at the right."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from thresher._optional import needed
from thresher._plot_axes import reference
from thresher.bootstrap_comparison import Comparison
from thresher.comparison import RocAucComparison
from thresher.estimates import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_comparison", "draw_estimate"]

_ROW = "thresher row"  # marks the texts of rows, so that a later row finds the earlier ones
_GAP = 0.03  # of the width of the Axes, around what is written in it
_WIDEST_TEXT = 0.6  # of the width of the Axes: what is left for the bars is never less than a third


def draw_estimate(
    drawn: Estimate, ax: Axes, name: str | None, y: float | None, style: dict[str, Any], shift: float = 0.0
) -> None:
    """Draw one estimate as a row, below those that are there; its place is its value plus `shift`."""
    rows = _rows(ax)
    height = float(len(rows)) if y is None else float(y)
    value = drawn.value + shift
    ends = [drawn.value - drawn.lower, drawn.upper - drawn.value]
    bars = [[max(end, 0.0) if math.isfinite(end) else 0.0] for end in ends]
    settings: dict[str, Any] = {"marker": "o", "markersize": 5, "capsize": 4, "linestyle": ""} | style
    [point, *_] = ax.errorbar([value], [height], xerr=bars, **settings)
    if drawn.bounds is not None and drawn.bounds[0] < drawn.bounds[1]:
        certain = [bound + shift for bound in drawn.bounds]
        ax.plot(certain, [height, height], color=point.get_color(), linewidth=7, alpha=0.35, solid_capstyle="butt")
    words = str(drawn)
    if not rows:
        ax.set_xlabel(f"Value{_interval_in_words(drawn)}")
    if ax.get_xlabel().endswith(_interval_in_words(drawn)):
        words = words.replace(f", {100 * drawn.level:g} %)", ")")
    if drawn.bounds is not None:
        words = words.replace(" (", "\n(")
    text = ax.text(1 - _GAP, height, words, ha="right", va="center", fontsize="small")
    text.set(transform=ax.get_yaxis_transform(), gid=_ROW, label=name or "")
    _label_rows(ax)
    _keep_room(ax)


def draw_comparison(drawn: RocAucComparison | Comparison, ax: Axes, names: tuple[str, str]) -> None:
    """Draw two figures and, below a rule, their difference on the same scale, shifted so that 0 is the one of `b`."""
    a, b = names
    figure = f"{drawn.figure[:1].upper()}{drawn.figure[1:]}" if isinstance(drawn, Comparison) else "ROC AUC"
    draw_estimate(drawn.a, ax, a, 0.0, {})
    ax.set_xlabel(f"{figure}{_interval_in_words(drawn.a)}")
    draw_estimate(drawn.b, ax, b, 1.0, {})
    ax.axhline(1.5, color="0.3", linewidth=0.8)
    origin = drawn.b.value
    if math.isfinite(drawn.difference.value):
        draw_estimate(drawn.difference, ax, "difference", 2.0, {"color": "k"}, shift=origin)
        if drawn.difference.bounds is None:  # else p is that of the difference nearest to 0
            difference = _rows(ax)[-1]
            difference.set_text(f"{difference.get_text()}\np = {drawn.p_value:.3g}")
        reference(ax, [origin, origin], [1, 2.5], "No difference")
        below = ax.secondary_xaxis("bottom", functions=_shifts(origin))
        below.set_xlabel(f"{a} − {b}{_interval_in_words(drawn.difference)}")
        ax.xaxis.tick_top()
        ax.xaxis.set_label_position("top")
        below.set_xticks(_ticks(ax, below.xaxis, origin))


def _shifts(origin: float) -> tuple[Any, Any]:
    """Return how the axis of differences is made of the one of areas, and the way back."""
    return lambda area: area - origin, lambda difference: difference + origin


def _rows(ax: Axes) -> list[Any]:
    return [text for text in ax.texts if text.get_gid() == _ROW]


def _label_rows(ax: Axes) -> None:
    """Write the names of all rows on the y axis, the first row on top."""
    rows = _rows(ax)
    heights = [row.get_position()[1] for row in rows]
    ax.set_yticks(heights, [row.get_label() for row in rows])
    ax.set_ylim(max(heights) + 0.5, min(heights) - 0.5)
    ax.tick_params(axis="y", length=0)


def _interval_in_words(drawn: Estimate) -> str:
    return f" with {100 * drawn.level:g} % interval"


def _keep_room(ax: Axes) -> None:
    """Keep the bars left of the texts, as wide as these are now; ticks end where bars do."""
    left, right = ax.dataLim.x0, ax.dataLim.x1
    if not (math.isfinite(left) and math.isfinite(right)):
        return
    widest = max(text.get_window_extent().width for text in _rows(ax)) / ax.bbox.width
    span = (right - left) or 0.1
    share = 1 - min(widest, _WIDEST_TEXT) - 3 * _GAP
    ax.set_xlim(left - _GAP * span / share, left + span * (1 + _GAP / share) / share)
    ax.set_xticks(_ticks(ax, ax.xaxis))


def _ticks(ax: Axes, axis: Any, origin: float = 0.0) -> list[float]:
    """Return the ticks of an axis whose 0 lies at `origin`, without those below the texts."""
    left, right = (end - origin for end in ax.get_xlim())
    last = ax.dataLim.x1 - origin + _GAP * (right - left)
    ticks = needed("matplotlib.ticker", "plot()", "thresher[plots]").AutoLocator()
    ticks.set_axis(axis)
    return [tick for tick in ticks.tick_values(left, right) if left <= tick <= last]
