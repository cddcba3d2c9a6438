"""Curves, counts and estimates in, Matplotlib Axes out; nothing is computed here. Matplotlib is imported on use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from thresher._errors import Error
from thresher._plot_axes import LINESTYLES, axes_of, has_linestyle
from thresher._plot_calibration import (
    draw_diagonal,
    draw_histogram,
    draw_isotonic,
    draw_reliability,
    finish_reliability,
)
from thresher._plot_curves import draw_band, draw_chance, draw_curve, finish
from thresher._plot_decisions import draw_intervals, draw_rates
from thresher._plot_estimates import draw_comparison, draw_estimate
from thresher._plot_history import history
from thresher._plot_matrix import draw_matrix, draw_table
from thresher.bands import Band
from thresher.bootstrap_comparison import Comparison
from thresher.calibration import IsotonicCalibration, ReliabilityCurve
from thresher.choices import Choice
from thresher.comparison import RocAucComparison
from thresher.confusion import ConfusionCounts
from thresher.curves import Curve
from thresher.estimates import Estimate
from thresher.ranking import DecisionCurve
from thresher.rate_intervals import RateIntervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "areas",
    "band",
    "compare",
    "confusion",
    "confusion_matrix",
    "curve",
    "estimate",
    "history",
    "isotonic",
    "rate_intervals",
    "reliability",
]

Comparable: TypeAlias = Curve | DecisionCurve | ReliabilityCurve | Estimate


def compare(
    curves: Mapping[str, Comparable],
    ax: Axes | None = None,
    *,
    curve_kwargs: dict[str, Any] | None = None,
    plot_chance_level: bool = False,
) -> Axes:
    """Draw the curves, or the estimates, of several models on one Axes and return it.

    Parameters
    ----------
    curves : mapping of str to curve, ReliabilityCurve or Estimate
        All of one kind. Curves are drawn over each other, each dashed in its own way; estimates below each other, with
        value and interval at the right.
    ax : matplotlib.axes.Axes, optional
        Where to draw; the current Axes by default.
    curve_kwargs : dict, optional
        Passed to `Axes.plot` for each curve, to `Axes.errorbar` for each reliability curve and estimate.
    plot_chance_level : bool, default False
        Also draw what a classifier that ignores its input reaches (once, from the first curve). Treating all and none,
        and the diagonal of reliability curves, are always drawn.

    Raises
    ------
    Error
        For no curve, or curves of several kinds.
    ImportError
        Without Matplotlib (`pip install 'thresher[plots]'`).

    Examples
    --------
    >>> import thresher as th
    >>> from matplotlib.figure import Figure
    >>> labels, old, new = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [0.1, 0.2, 0.35, 0.8]
    >>> curves = {"old": th.roc_curve(labels, old), "new": th.roc_curve(labels, new)}
    >>> ax = th.plots.compare(curves, Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['old (AUC = 0.75)', 'new (AUC = 1)']
    """
    kinds = sorted({type(each).__name__ for each in curves.values()})
    if len(kinds) != 1:
        raise Error(f"`curves` must hold curves of one kind, but holds {', '.join(kinds) or 'none'}")
    ax = axes_of(ax)
    style = curve_kwargs or {}
    for index, (name, each) in enumerate(curves.items()):
        dashed = {} if has_linestyle(style) else {"linestyle": LINESTYLES[index % len(LINESTYLES)]}
        if isinstance(each, Estimate):
            draw_estimate(each, ax, name, float(index), style)
        elif isinstance(each, ReliabilityCurve):
            draw_reliability(each, ax, name, dashed | style)
        else:
            draw_curve(each, ax, name, dashed | style)
    first = next(iter(curves.values()))
    if isinstance(first, ReliabilityCurve):
        draw_diagonal(ax)
        finish_reliability(first, ax)
    elif not isinstance(first, Estimate):
        if plot_chance_level or isinstance(first, DecisionCurve):
            draw_chance(first, ax)
        finish(first, ax)
    return ax


def curve(
    drawn: Curve | DecisionCurve,
    ax: Axes | None = None,
    *,
    name: str | None = None,
    curve_kwargs: dict[str, Any] | None = None,
    plot_chance_level: bool = False,
    band: Band | None = None,
) -> Axes:
    """Draw one curve and return the Axes; the curve's own `plot` says what the parameters are."""
    ax = axes_of(ax)
    draw_curve(drawn, ax, name, curve_kwargs or {}, band)
    if plot_chance_level:
        draw_chance(drawn, ax)
    finish(drawn, ax)
    return ax


def band(
    drawn: Band, ax: Axes | None = None, *, name: str | None = None, curve_kwargs: dict[str, Any] | None = None
) -> Axes:
    """Draw a band around its curve and return the Axes; `Band.plot` says what the parameters are."""
    ax = axes_of(ax)
    draw_band(drawn, ax, name, curve_kwargs or {})
    finish(drawn, ax)
    return ax


def confusion(
    counts: ConfusionCounts,
    ax: Axes | None = None,
    *,
    rates: Sequence[str] = ("recall", "precision", "f1"),
    choice: Choice | None = None,
    level: float | None = None,
    weight_meaning: str | None = None,
) -> Axes:
    """Draw rates against the threshold, or the 2x2 table of a scalar threshold; `ConfusionCounts.plot` says more."""
    ax = axes_of(ax)
    if np.ndim(counts.thresholds):
        draw_rates(counts, ax, rates, choice, level, weight_meaning)
    else:
        draw_matrix(counts, ax)
    return ax


def confusion_matrix(matrix: ArrayLike, ax: Axes | None = None, *, labels: Sequence[Any] | None = None) -> Axes:
    """Draw the confusion matrix of k classes and return the Axes.

    Parameters
    ----------
    matrix : array-like of shape (k, k)
        Rows or sums of weights; rows are true classes, columns predicted ones.
    ax : matplotlib.axes.Axes, optional
        Where to draw; the current Axes by default.
    labels : sequence of length k, optional
        Names of the classes; 0 to k - 1 by default.

    Notes
    -----
    The shade of a cell is its share of the true class's rows. Cells of more than 20 classes have no number.

    Raises
    ------
    Error
        For a matrix that is not square, or another number of names.
    ImportError
        Without Matplotlib (`pip install 'thresher[plots]'`).

    Examples
    --------
    >>> import thresher as th
    >>> from matplotlib.figure import Figure
    >>> ax = th.plots.confusion_matrix([[8, 2], [1, 9]], Figure().subplots(), labels=["cat", "dog"])
    >>> [text.get_text() for text in ax.texts]
    ['8', '2', '1', '9']
    """
    ax = axes_of(ax)
    draw_table(matrix, ax, labels)
    return ax


def rate_intervals(
    drawn: RateIntervals, ax: Axes | None = None, *, name: str | None = None, curve_kwargs: dict[str, Any] | None = None
) -> Axes:
    """Draw one rate with its intervals against the threshold and return the Axes."""
    ax = axes_of(ax)
    draw_intervals(drawn, ax, name, curve_kwargs or {})
    return ax


def reliability(
    drawn: ReliabilityCurve,
    ax: Axes | None = None,
    *,
    name: str | None = None,
    curve_kwargs: dict[str, Any] | None = None,
    histogram: bool = True,
) -> Axes:
    """Draw a reliability diagram and return the Axes; `ReliabilityCurve.plot` says what the parameters are."""
    ax = axes_of(ax)
    draw_reliability(drawn, ax, name, curve_kwargs or {})
    draw_diagonal(ax)
    if histogram:
        draw_histogram(drawn, ax)
    finish_reliability(drawn, ax)
    return ax


def isotonic(
    drawn: IsotonicCalibration,
    ax: Axes | None = None,
    *,
    name: str | None = None,
    curve_kwargs: dict[str, Any] | None = None,
) -> Axes:
    """Draw the calibrated probability against the score and return the Axes."""
    ax = axes_of(ax)
    draw_isotonic(drawn, ax, name, curve_kwargs or {})
    return ax


def estimate(
    drawn: Estimate,
    ax: Axes | None = None,
    *,
    name: str | None = None,
    y: float | None = None,
    curve_kwargs: dict[str, Any] | None = None,
) -> Axes:
    """Draw one estimate as a point with a bar and return the Axes; `Estimate.plot` says what the parameters are."""
    ax = axes_of(ax)
    draw_estimate(drawn, ax, name, y, curve_kwargs or {})
    return ax


def areas(drawn: RocAucComparison | Comparison, ax: Axes | None = None, *, names: tuple[str, str] = ("a", "b")) -> Axes:
    """Draw the figures of two models and their difference and return the Axes."""
    ax = axes_of(ax)
    draw_comparison(drawn, ax, names)
    return ax
