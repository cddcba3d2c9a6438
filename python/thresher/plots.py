"""Curves and counts in, Matplotlib Axes out; nothing is computed here. Matplotlib is imported on use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from thresher._errors import Error
from thresher._html import with_bounds
from thresher._optional import needed
from thresher.confusion import ConfusionCounts
from thresher.curves import Curve, DetCurve, PrecisionRecallCurve, RocCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["compare", "confusion", "curve"]

_MANY_POINTS = 20_000
_INVISIBLE = 1e-4  # of an axis from 0 to 1: a tenth of a pixel on a 1,000-pixel plot


def compare(
    curves: Mapping[str, Curve],
    ax: Axes | None = None,
    *,
    curve_kwargs: dict[str, Any] | None = None,
    plot_chance_level: bool = False,
) -> Axes:
    """Draw the curves of several models over each other and return the Axes.

    Parameters
    ----------
    curves : mapping of str to curve
        All of one kind.
    ax : matplotlib.axes.Axes, optional
        Where to draw; the current Axes by default.
    curve_kwargs : dict, optional
        Passed to `Axes.plot` for each curve.
    plot_chance_level : bool, default False
        Also draw what a classifier that ignores its input reaches (once, from the first curve).

    Raises
    ------
    Error
        For no curve, or curves of several kinds.
    ImportError
        Without Matplotlib (`pip install 'thresher[plots]'`).

    Examples
    --------
    >>> import thresher as th
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> labels = [0, 0, 1, 1]
    >>> ax = th.plots.compare({
    ...     "old": th.roc_curve(labels, [0.1, 0.4, 0.35, 0.8]),
    ...     "new": th.roc_curve(labels, [0.1, 0.2, 0.35, 0.8]),
    ... })
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['old (AUC = 0.75)', 'new (AUC = 1)']
    """
    kinds = sorted({type(each).__name__ for each in curves.values()})
    if len(kinds) != 1:
        raise Error(f"`curves` must hold curves of one kind, but holds {', '.join(kinds) or 'none'}")
    ax = _axes(ax)
    for index, (name, each) in enumerate(curves.items()):
        chance = plot_chance_level and index == 0
        curve(each, ax, name=name, curve_kwargs=curve_kwargs, plot_chance_level=chance)
    return ax


def curve(
    drawn: Curve,
    ax: Axes | None = None,
    *,
    name: str | None = None,
    curve_kwargs: dict[str, Any] | None = None,
    plot_chance_level: bool = False,
) -> Axes:
    """Draw one curve and return the Axes; the curve's own `plot` says what the parameters are."""
    ax = _axes(ax)
    if len(next(iter(drawn))) > _MANY_POINTS:
        drawn = drawn.thin(_INVISIBLE)
    style = curve_kwargs or {}
    if isinstance(drawn, RocCurve):
        _roc(drawn, ax, name, style, plot_chance_level)
    elif isinstance(drawn, PrecisionRecallCurve):
        _precision_recall(drawn, ax, name, style, plot_chance_level)
    elif isinstance(drawn, DetCurve):
        _det(drawn, ax, name, style, plot_chance_level)
    if ax.get_legend_handles_labels()[0]:
        ax.legend()
    return ax


def confusion(counts: ConfusionCounts, ax: Axes | None = None) -> Axes:
    """Draw recall, precision and F1 against the threshold, or the 2x2 table of a scalar threshold; return the Axes."""
    ax = _axes(ax)
    if np.ndim(counts.thresholds) == 0:
        return _matrix(counts, ax)
    thresholds = np.asarray(counts.thresholds)
    order = np.argsort(thresholds, kind="stable")
    order = order[np.isfinite(thresholds[order])]
    marker = "o" if len(order) < 2 else ""
    for name in ("recall", "precision", "f1"):
        ax.plot(thresholds[order], np.asarray(counts.rate(name))[order], label=name, marker=marker)
    ax.set(xlabel=f"Threshold (positive iff score {counts.comparison} threshold)", ylabel="Rate", ylim=(-0.02, 1.02))
    ax.legend()
    return ax


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    current: Axes = needed("matplotlib.pyplot", "plot()", "thresher[plots]").gca()
    return current


def _label(name: str | None, figure: str) -> str:
    return f"{name} ({figure})" if name else figure


def _roc(drawn: RocCurve, ax: Axes, name: str | None, style: dict[str, Any], chance: bool) -> None:
    label = _label(name, f"AUC = {with_bounds(drawn.auc, drawn.bounds, digits=3)}")
    ax.plot(drawn.fpr, drawn.tpr, **{"label": label, **style})
    if chance:
        ax.plot([0, 1], [0, 1], "k--", label="Chance level (AUC = 0.5)")
    ax.set(xlabel="False positive rate", ylabel="True positive rate", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    ax.set_aspect("equal")


def _precision_recall(
    drawn: PrecisionRecallCurve, ax: Axes, name: str | None, style: dict[str, Any], chance: bool
) -> None:
    label = _label(name, f"AP = {with_bounds(drawn.average_precision, drawn.bounds, digits=3)}")
    ax.plot(drawn.recall, drawn.precision, **{"label": label, "drawstyle": "steps-post", **style})
    if chance:
        prevalence = drawn.precision[0]  # at the lowest threshold every row is flagged
        ax.axhline(prevalence, color="k", linestyle="--", label=f"Chance level (AP = {prevalence:.3g})")
    ax.set(xlabel="Recall", ylabel="Precision", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    ax.set_aspect("equal")


def _det(drawn: DetCurve, ax: Axes, name: str | None, style: dict[str, Any], chance: bool) -> None:
    ax.plot(drawn.fpr, drawn.fnr, **{"label": name, **style})
    if chance:
        steps = np.linspace(0.001, 0.999, 999)
        ax.plot(steps, 1 - steps, "k--", label="Chance level")
    ax.set_xscale("logit")  # close to the customary normal deviates; points at 0 and 1 lie at infinity
    ax.set_yscale("logit")
    ax.set(xlabel="False positive rate", ylabel="False negative rate")


def _matrix(counts: ConfusionCounts, ax: Axes) -> Axes:
    cells = np.array(
        [[counts.true_negatives, counts.false_positives], [counts.false_negatives, counts.true_positives]], dtype=float
    )
    rows = cells.sum(axis=1, keepdims=True)
    shares = np.divide(cells, rows, out=np.zeros_like(cells), where=rows > 0)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(cells):
        colour = "white" if shares[row, column] > 0.5 else "black"
        ax.text(column, row, f"{count:,.10g}", ha="center", va="center", color=colour)
    ax.set_xticks([0, 1], ["not flagged", "flagged"])
    ax.set_yticks([0, 1], ["negative", "positive"])
    ax.set(xlabel=f"score {counts.comparison} {counts.thresholds:g}", ylabel="Label")
    return ax
