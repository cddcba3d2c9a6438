"""Scores as probabilities: the reliability diagram and the function that recalibrates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thresher._optional import needed
from thresher._plot_axes import labelled, reference, visible
from thresher.calibration import IsotonicCalibration, ReliabilityCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_diagonal", "draw_histogram", "draw_isotonic", "draw_reliability", "finish_reliability"]

_HISTOGRAM_HEIGHT = 0.18  # of the Axes, for the fullest bin
_THINNEST_BAR = 0.004  # of the axis from 0 to 1: a bin of tied scores has no width


def draw_reliability(drawn: ReliabilityCurve, ax: Axes, name: str | None, style: dict[str, Any]) -> Any:
    """Draw the share of positives against the mean score of each bin, with the intervals as bars."""
    below = np.clip(drawn.positive_rate - drawn.rate_lower, 0, None)
    above = np.clip(drawn.rate_upper - drawn.positive_rate, 0, None)
    label = labelled(name, f"ECE = {drawn.expected_calibration_error:.3g}")
    settings = {"label": label, "marker": "o", "markersize": 4, "capsize": 2, "elinewidth": 1} | style
    return ax.errorbar(drawn.mean_score, drawn.positive_rate, yerr=[below, above], **settings)


def draw_histogram(drawn: ReliabilityCurve, ax: Axes) -> None:
    """Draw the rows of each bin as bars at the foot of the Axes; their scale is in the legend."""
    if not len(drawn.weight):
        return
    collections = needed("matplotlib.collections", "plot()", "thresher[plots]")
    middle, half = (drawn.lower + drawn.upper) / 2, np.maximum(drawn.upper - drawn.lower, _THINNEST_BAR) / 2
    heights = drawn.weight / drawn.weight.max() * _HISTOGRAM_HEIGHT
    corners = [
        [(left, 0), (left, height), (right, height), (right, 0)]
        for left, right, height in zip(middle - half, middle + half, heights, strict=True)
    ]
    unit = "Rows" if np.array_equal(drawn.weight, np.rint(drawn.weight)) else "Weight"
    bars = collections.PolyCollection(
        corners,
        transform=ax.get_xaxis_transform(),
        facecolor="0.85",
        edgecolor="0.6",
        linewidth=0.5,
        zorder=0.5,
        label=f"{unit} per bin (up to {drawn.weight.max():,.6g})",
    )
    ax.add_collection(bars, autolim=False)


def draw_diagonal(ax: Axes, label: str = "Perfectly calibrated") -> None:
    """Draw where probabilities are what they say."""
    reference(ax, [0, 1], [0, 1], label)


def finish_reliability(drawn: ReliabilityCurve, ax: Axes) -> None:
    """Name and limit the axes; the legend goes where there is room."""
    ax.set(xlabel="Mean score of the bin", ylabel=f"Share of positives ({100 * drawn.level:g} % intervals)")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    handles, labels = ax.get_legend_handles_labels()
    models = len(ax.containers)  # Matplotlib lists them last
    order = [*range(len(handles) - models, len(handles)), *range(len(handles) - models)]
    ax.legend([handles[i] for i in order], [labels[i] for i in order], fontsize="small")


def draw_isotonic(drawn: IsotonicCalibration, ax: Axes, name: str | None, style: dict[str, Any]) -> None:
    """Draw the calibrated probability against the score, a little beyond the first and the last threshold."""
    inside = np.isfinite(drawn.thresholds)
    thresholds, values = drawn.thresholds[inside], drawn.values[inside]
    probabilities = len(thresholds) > 0 and thresholds[0] >= 0 and thresholds[-1] <= 1
    if len(thresholds):
        beyond = 0.05 * (thresholds[-1] - thresholds[0]) or 0.5
        left, right = (0.0, 1.0) if probabilities else (thresholds[0] - beyond, thresholds[-1] + beyond)
        thresholds = np.concatenate([[left], thresholds, [right]])
        values = np.concatenate([drawn.values[:1], values, values[-1:]])
    kept = visible(thresholds, values)
    joined = "steps-post" if drawn.interpolation == "step" else "default"
    ax.plot(thresholds[kept], values[kept], **{"label": name or "Isotonic", "drawstyle": joined} | style)
    if probabilities:
        draw_diagonal(ax, "Score as it is")
    ax.set(xlabel="Score", ylabel="Calibrated probability", ylim=(-0.02, 1.02))
    ax.legend(fontsize="small")
