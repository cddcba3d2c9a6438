"""The figures, by Bokeh, as JSON that its script draws. Colours of axes and texts are the page's, set when it opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from thresher._optional import needed
from thresher._report._models import Line, Model

__all__ = ["CLASSES", "COLORS", "DASHES", "DRAWN_RATES", "figures_of", "script"]

COLORS = ("#3b82f6", "#e8710a", "#16a34a", "#a855f7", "#ef4444", "#0d9488", "#db2777", "#8b6f47", "#64748b", "#0ea5e9")
"""Of models: each stands out from a white and from a black page."""
DASHES = ("solid", "dashed", "dotdash", "dotted", "dashdot")
DRAWN_RATES = {"recall": "#3b82f6", "precision": "#e8710a", "f1": "#16a34a", "false_positive_rate": "#ef4444"}
CLASSES = {"negatives": "#e8710a", "positives": "#3b82f6"}

_GREY = "#808890"
_INSTALL = ("report()", "thresher[report]")
_HEIGHT = 380


def figures_of(models: Sequence[Model]) -> dict[str, Any]:
    """Return the figures by name, as the JSON that `Bokeh.embed.embed_item` takes; one without data is left out."""
    embed = needed("bokeh.embed", *_INSTALL)
    drawn: dict[str, Callable[[Sequence[Model]], Any]] = {
        "roc": _roc,
        "precision-recall": _precision_recall,
        "thresholds": _thresholds,
        "histogram": _histogram,
        "reliability": _reliability,
    }
    plots = {name: draw(models) for name, draw in drawn.items()}
    return {name: embed.json_item(plot, f"figure-{name}") for name, plot in plots.items() if plot is not None}


def script() -> str:
    """Return Bokeh's own script."""
    resources = needed("bokeh.resources", *_INSTALL)
    return "\n".join(resources.Resources(mode="inline", components=["bokeh"]).js_raw)


def _roc(models: Sequence[Model]) -> Any:
    drawn = [(index, model.roc) for index, model in enumerate(models) if model.roc is not None]
    if not drawn:
        return None
    plot = _plot("False positive rate", "True positive rate (recall)", unit=True)
    plot.line([0, 1], [0, 1], color=_GREY, line_dash="dotted", line_width=1.5)
    lines = [_curve(plot, models[index], index, line, line.x, line.y, line.thresholds) for index, line in drawn]
    _hover(plot, lines, [("FPR", "@x{0.0000}"), ("TPR", "@y{0.0000}")])
    _marks(plot)
    return plot


def _precision_recall(models: Sequence[Model]) -> Any:
    drawn = [(index, model.precision_recall) for index, model in enumerate(models)]
    known = [(index, line) for index, line in drawn if line is not None]
    if not known:
        return None
    plot = _plot("Recall", "Precision", unit=True)
    for index, _ in known:
        plot.line([0, 1], [models[index].prevalence] * 2, color=_GREY, line_dash="dotted", line_width=1.5)
    # Level from each point to the next lower recall, as average precision adds them up.
    lines = [
        _curve(
            plot,
            models[index],
            index,
            line,
            np.repeat(line.x, 2)[1:],
            np.repeat(line.y, 2)[:-1],
            np.repeat(line.thresholds, 2)[:-1],
        )
        for index, line in known
    ]
    _hover(plot, lines, [("Recall", "@x{0.0000}"), ("Precision", "@y{0.0000}")])
    _marks(plot)
    return plot


def _thresholds(models: Sequence[Model]) -> Any:
    """Draw rates at the slider's stops; the page fills them in, from the numbers that it has already."""
    if not any(len(model.steps) for model in models):
        return None
    models_ = needed("bokeh.models", *_INSTALL)
    plot = _plot("Threshold", "Rate")
    ends = np.concatenate([np.asarray(model.steps.thresholds) for model in models])
    ends = ends[np.isfinite(ends)]
    low, high = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 1.0)
    room = (high - low) / 50 or abs(low) / 2 or 0.5
    plot.x_range, plot.y_range = models_.Range1d(low - room, high + room), models_.Range1d(-0.02, 1.02)
    lines = []
    for index in range(len(models)):
        source = models_.ColumnDataSource({name: [] for name in ("threshold", "shown", *DRAWN_RATES)}, tags=[index])
        for rate, color in DRAWN_RATES.items():
            dash = DASHES[index % len(DASHES)]
            line = plot.line("threshold", rate, source=source, color=color, line_dash=dash, line_width=2)
            line.tags = [index]
            lines.append(line)
    tooltips = [("Threshold", "@shown"), *((name.replace("_", " "), f"@{name}{{0.0000}}") for name in DRAWN_RATES)]
    plot.add_tools(models_.HoverTool(renderers=lines, tooltips=tooltips, line_policy="nearest"))
    _cut(plot)
    _marks(plot)
    return plot


def _histogram(models: Sequence[Model]) -> Any:
    drawn = [(index, model.histogram) for index, model in enumerate(models) if model.histogram is not None]
    if not drawn:
        return None
    plot = _plot("Score", "Share of the class in the bin")
    bars = []
    for index, histogram in drawn:
        for name, color in CLASSES.items():
            rows = np.asarray(getattr(histogram, name))
            columns = {
                "left": histogram.left,
                "right": histogram.right,
                "top": rows / (rows.sum() or 1),
                "bin": histogram.names,
                "rows": [f"{each:,}" if rows.dtype.kind == "i" else f"{each:.6g}" for each in rows.tolist()],
                "class": [name] * len(rows),
            }
            ends = {"left": "left", "right": "right", "top": "top", "bottom": 0}
            bar = plot.quad(**ends, source=columns, fill_color=color, fill_alpha=0.4, line_color=color)
            bar.tags, bar.visible = [index], index == 0
            bars.append(bar)
    tooltips = [("Bin", "@bin"), ("Class", "@class"), ("Rows", "@rows"), ("Share", "@top{0.00%}")]
    plot.add_tools(needed("bokeh.models", *_INSTALL).HoverTool(renderers=bars, tooltips=tooltips))
    plot.y_range.start = 0
    _cut(plot)
    return plot


def _reliability(models: Sequence[Model]) -> Any:
    drawn = [(index, model) for index, model in enumerate(models) if model.reliability is not None]
    if not drawn:
        return None
    plot = _plot("Mean score of the bin", "Share of positives in the bin")
    top = max(
        float(max(m.reliability.mean_score.max(), m.reliability.rate_upper.max())) for _, m in drawn if m.reliability
    )
    plot.line([0, top], [0, top], color=_GREY, line_dash="dotted", line_width=1.5)
    points = []
    for index, model in drawn:
        curve, color = model.reliability, COLORS[index % len(COLORS)]
        assert curve is not None
        columns = {
            "x": curve.mean_score,
            "y": curve.positive_rate,
            "low": curve.rate_lower,
            "high": curve.rate_upper,
            "rows": [f"{weight:,.6g}" for weight in curve.weight],
        }
        source = needed("bokeh.models", *_INSTALL).ColumnDataSource(columns)
        plot.segment("x", "low", "x", "high", source=source, color=color, line_width=1.5)
        plot.line("x", "y", source=source, color=color, line_dash=DASHES[index % len(DASHES)], line_width=1.5)
        points.append(plot.scatter("x", "y", source=source, color=color, size=7, name=model.name))
    tooltips = [
        ("Mean score", "@x{0.0000}"),
        ("Positives", "@y{0.0000}"),
        ("95 % interval", "@low{0.0000}–@high{0.0000}"),
    ]
    _hover(plot, points, [*tooltips, ("Rows", "@rows")], threshold=False)
    return plot


def _plot(x: str, y: str, unit: bool = False) -> Any:
    plotting = needed("bokeh.plotting", *_INSTALL)
    ranges = {"x_range": (-0.02, 1.02), "y_range": (-0.02, 1.02)} if unit else {}
    tools = "pan,box_zoom,wheel_zoom,reset"
    plot = plotting.figure(
        height=_HEIGHT,
        sizing_mode="stretch_width",
        x_axis_label=x,
        y_axis_label=y,
        tools=tools,
        active_drag=None,
        **ranges,
    )
    plot.toolbar.logo = None
    plot.toolbar_location = "above"
    plot.background_fill_color = plot.border_fill_color = plot.outline_line_color = None
    for axis in plot.axis:
        axis.axis_label_text_font_style = "normal"
    return plot


def _curve(plot: Any, model: Model, index: int, line: Line, x: Any, y: Any, thresholds: Any) -> Any:
    columns = {
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "threshold": [f"{value:.6g}" for value in thresholds],
    }
    color, dash = COLORS[index % len(COLORS)], DASHES[index % len(DASHES)]
    return plot.line("x", "y", source=columns, color=color, line_dash=dash, line_width=2, name=model.name)


def _hover(plot: Any, renderers: list[Any], rates: list[tuple[str, str]], threshold: bool = True) -> None:
    several = [("Model", "$name")] if len(renderers) > 1 else []
    shown = [*several, *([("Threshold", "@threshold")] if threshold else []), *rates]
    hover = needed("bokeh.models", *_INSTALL).HoverTool(renderers=renderers, tooltips=shown, line_policy="nearest")
    plot.add_tools(hover)


def _marks(plot: Any) -> None:
    """Add points that the page moves with the slider."""
    columns: dict[str, list[Any]] = {"x": [], "y": [], "color": [], "size": []}
    source = needed("bokeh.models", *_INSTALL).ColumnDataSource(columns, tags=["marks"])
    plot.scatter(
        "x", "y", source=source, fill_color="color", line_color="#ffffff", line_width=2, size="size", level="overlay"
    )


def _cut(plot: Any) -> None:
    """Add the line at the slider's threshold."""
    span = needed("bokeh.models", *_INSTALL).Span(
        location=0, dimension="height", line_color=_GREY, line_width=1.5, line_dash="dashed", tags=["cut"]
    )
    plot.add_layout(span)
