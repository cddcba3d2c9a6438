"""Curves of rates against each other: what stands on the axes, which line is chance, where the legend has room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from thresher._errors import Error
from thresher._html import with_bounds
from thresher._plot_axes import labelled, reference, shade, visible
from thresher.bands import Band
from thresher.curves import DetCurve, PrecisionRecallCurve, RocCurve
from thresher.ranking import DecisionCurve, GainCurve, LiftCurve, PrecisionRecallGainCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_band", "draw_chance", "draw_curve", "finish"]

_SHARES = np.array([0.0, 1.0])
_TREAT_ALL = "Treat all"
_BANDED = {"roc": RocCurve, "precision_recall": PrecisionRecallCurve}


@dataclass(frozen=True)
class _Picture:
    """How curves of one kind are drawn.

    Parameters
    ----------
    x, y : str
        The curve's attributes on the axes.
    xlabel, ylabel : str
        What the axes say.
    chance : callable
        Draws what a classifier that ignores its input reaches.
    limits : callable
        Sets limits, scales and aspect of the Axes, once all is drawn.
    figure : (str, str), optional
        Name in the legend, and attribute, of the area that the legend shows with its bounds.
    legend : str, default "best"
        Where curves of this kind leave room for it.
    drawstyle : str, default "default"
        How points are joined.
    """

    x: str
    y: str
    xlabel: str
    ylabel: str
    chance: Callable[[Any, Axes], None]
    limits: Callable[[Axes], None]
    figure: tuple[str, str] | None = None
    legend: Literal["best", "lower right", "upper right"] = "best"
    drawstyle: str = "default"


def draw_curve(drawn: Any, ax: Axes, name: str | None, style: dict[str, Any], band: Band | None = None) -> Any:
    """Draw the line of one curve, and the band around it."""
    picture = _picture(drawn)
    x, y = getattr(drawn, picture.x), getattr(drawn, picture.y)
    kept = visible(*(_logit(x), _logit(y)) if isinstance(drawn, DetCurve) else (x, y))
    figure = ""
    if picture.figure is not None:
        short, attribute = picture.figure
        figure = f"{short} = {with_bounds(getattr(drawn, attribute), getattr(drawn, 'bounds', None), digits=3)}"
    settings = {"label": labelled(name, figure), "drawstyle": picture.drawstyle} | style
    [line] = ax.plot(x[kept], y[kept], **settings)
    if band is not None:
        if not isinstance(drawn, _BANDED[band.curve]):
            raise Error(f"`band` is of a {band.curve} curve, but the curve is a {type(drawn).__name__}")
        _shade_band(band, ax, line.get_color())
    return line


def draw_band(band: Band, ax: Axes, name: str | None, style: dict[str, Any]) -> None:
    """Draw a band around the line of its values."""
    [line] = ax.plot(band.x, band.value, **{"label": labelled(name, "")} | style)
    _shade_band(band, ax, line.get_color())


def draw_chance(drawn: Any, ax: Axes) -> None:
    """Draw what the curve is compared with: a classifier that ignores its input; treating all or none."""
    _picture(drawn).chance(drawn, ax)


def finish(drawn: Any, ax: Axes) -> None:
    """Name and limit the axes, and put the legend where curves of this kind leave room."""
    picture = _picture(drawn)
    ax.set(xlabel=picture.xlabel, ylabel=picture.ylabel)
    picture.limits(ax)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc=picture.legend, fontsize="small")


def _picture(drawn: Any) -> _Picture:
    if isinstance(drawn, Band):
        return _PICTURES[_BANDED[drawn.curve]]
    for kind, picture in _PICTURES.items():
        if isinstance(drawn, kind):
            return picture
    raise Error(f"a {type(drawn).__name__} cannot be drawn as a curve")


def _shade_band(band: Band, ax: Axes, color: Any) -> None:
    shade(ax, band.x, band.lower, band.upper, color, f"{100 * band.level:g} % band")


def _logit(rates: Any) -> Any:
    """Return where a rate stands on a logit axis; what lies at infinity, at the end of any picture."""
    inside = np.clip(rates, 1e-12, 1 - 1e-12)
    return np.log(inside / (1 - inside))


def _roc_chance(drawn: Any, ax: Axes) -> None:
    reference(ax, _SHARES, _SHARES, "Chance level (AUC = 0.5)")


def _precision_recall_chance(drawn: Any, ax: Axes) -> None:
    prevalence = drawn.precision[0]  # at the lowest threshold every row is flagged
    reference(ax, _SHARES, [prevalence, prevalence], f"Chance level (AP = {prevalence:.3g})")


def _det_chance(drawn: Any, ax: Axes) -> None:
    steps = np.linspace(0.001, 0.999, 999)
    reference(ax, steps, 1 - steps, "Chance level")


def _gain_chance(drawn: Any, ax: Axes) -> None:
    reference(ax, _SHARES, _SHARES, "Chance level")


def _lift_chance(drawn: Any, ax: Axes) -> None:
    reference(ax, _SHARES, [1, 1], "Chance level (lift = 1)")


def _precision_recall_gain_chance(drawn: Any, ax: Axes) -> None:
    reference(ax, _SHARES, [0, 0], "Chance level (AUC = 0)")


def _treat_all_or_none(drawn: Any, ax: Axes) -> None:
    kept = visible(drawn.thresholds, drawn.treat_all)
    at = drawn.thresholds[kept]
    ax.plot(at, drawn.treat_all[kept], color="0.3", linestyle="--", linewidth=1.2, label=_TREAT_ALL, zorder=1.5)
    reference(ax, at[[0, -1]] if len(at) else at, [0, 0] if len(at) else [], "Treat none")


def _square(ax: Axes) -> None:
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    ax.set_aspect("equal")


def _logit_axes(ax: Axes) -> None:
    """Scale the axes by logits, close to the customary normal deviates; points at 0 and 1 lie at infinity."""
    points = np.concatenate([np.asarray(line.get_xydata(), float) for line in ax.lines])
    inside = [column[(column > 0) & (column < 1)] for column in points.T]
    if min(map(len, inside)) == 0:  # every point of one axis lies at infinity
        _square(ax)
        return
    ax.set(xscale="logit", yscale="logit", aspect="auto")
    (left, right), (bottom, top) = ((column.min() / 1.5, 1 - (1 - column.max()) / 1.5) for column in inside)
    ax.set(xlim=(left, right), ylim=(bottom, top))
    for axis in ax.xaxis, ax.yaxis:
        axis.set_major_formatter(lambda rate, _: f"{rate:.10g}")  # 0.999 is narrower than 1 - 10^-3


def _lift_axes(ax: Axes) -> None:
    ax.set(xlim=(-0.01, 1.01))
    ax.set_ylim(bottom=0)


def _gains_axes(ax: Axes) -> None:
    lowest = ax.dataLim.y0 if np.isfinite(ax.dataLim.y0) else 0.0
    ax.set(xlim=(-0.01, 1.01), ylim=(max(min(lowest, 0.0), -1.0) - 0.02, 1.02))


def _benefit_axes(ax: Axes) -> None:
    """Show what lies above treating none and a little below: treating all, and a harmful model, fall without end."""
    lines = [np.asarray(line.get_ydata(), float) for line in ax.lines if line.get_label() != _TREAT_ALL]
    lowest = float(np.nanmin(np.concatenate([[0.0], *lines])))
    top = ax.dataLim.y1 if np.isfinite(ax.dataLim.y1) and ax.dataLim.y1 > 0 else 0.1
    ax.set_ylim(max(1.1 * lowest, -0.5 * top) - 0.1 * top, 1.1 * top)


_PICTURES = {
    RocCurve: _Picture(
        "fpr",
        "tpr",
        "False positive rate",
        "True positive rate",
        _roc_chance,
        _square,
        figure=("AUC", "auc"),
        legend="lower right",
    ),
    PrecisionRecallCurve: _Picture(
        "recall",
        "precision",
        "Recall",
        "Precision",
        _precision_recall_chance,
        _square,
        figure=("AP", "average_precision"),
        drawstyle="steps-post",
    ),
    DetCurve: _Picture("fpr", "fnr", "False positive rate", "False negative rate", _det_chance, _logit_axes),
    GainCurve: _Picture(
        "predicted_positive_rate",
        "recall",
        "Share of rows flagged",
        "Recall (share of positives found)",
        _gain_chance,
        _square,
        legend="lower right",
    ),
    LiftCurve: _Picture(
        "predicted_positive_rate",
        "lift",
        "Share of rows flagged",
        "Lift (precision over prevalence)",
        _lift_chance,
        _lift_axes,
        legend="upper right",
    ),
    PrecisionRecallGainCurve: _Picture(
        "recall_gain",
        "precision_gain",
        "Recall gain",
        "Precision gain",
        _precision_recall_gain_chance,
        _gains_axes,
        figure=("AUC", "auc"),
    ),
    DecisionCurve: _Picture(
        "thresholds",
        "model",
        "Threshold probability",
        "Net benefit (true positives per row)",
        _treat_all_or_none,
        _benefit_axes,
        legend="upper right",
    ),
}
