"""The figures, by Bokeh, as JSON that its script draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from thresher._report._drawing import (
    DASHES,
    GREY,
    add_cut,
    add_hover,
    add_marks,
    bokeh,
    draw_curve,
    look,
    new_plot,
)
from thresher._report._models import Model

__all__ = ["CLASSES", "DRAWN_RATES", "figures_of", "script"]

DRAWN_RATES = {"recall": "#3b82f6", "precision": "#e8710a", "f1": "#16a34a", "false_positive_rate": "#ef4444"}
CLASSES = {"negatives": "#e8710a", "positives": "#3b82f6"}


def figures_of(models: Sequence[Model]) -> dict[str, Any]:
    """Return the figures by name, as the JSON that `Bokeh.embed.embed_item` takes; one without data is left out."""
    drawn: dict[str, Callable[[Sequence[Model]], Any]] = {
        "roc": _roc,
        "precision-recall": _precision_recall,
        "thresholds": _thresholds,
        "histogram": _histogram,
        "reliability": _reliability,
    }
    plots = {name: draw(models) for name, draw in drawn.items()}
    item = bokeh("embed").json_item
    return {name: item(plot, f"figure-{name}") for name, plot in plots.items() if plot is not None}


def script() -> str:
    """Return Bokeh's own script."""
    return "\n".join(bokeh("resources").Resources(mode="inline", components=["bokeh"]).js_raw)


def _roc(models: Sequence[Model]) -> Any:
    if all(model.roc is None for model in models):
        return None
    plot = new_plot("False positive rate", "True positive rate (recall)", unit=True)
    plot.line([0, 1], [0, 1], color=GREY, line_dash="dotted", line_width=1.5)
    lines = [draw_curve(plot, each, index, each.roc) for index, each in enumerate(models) if each.roc is not None]
    add_hover(plot, lines, [("Threshold", "@threshold"), ("FPR", "@x{0.0000}"), ("TPR", "@y{0.0000}")], models)
    add_marks(plot)
    return plot


def _precision_recall(models: Sequence[Model]) -> Any:
    """Draw steps, as average precision adds them up."""
    if all(model.precision_recall is None for model in models):
        return None
    plot = new_plot("Recall", "Precision", unit=True)
    lines = []
    for index, each in enumerate(models):
        if each.precision_recall is not None:
            plot.line([0, 1], [each.prevalence] * 2, color=GREY, line_dash="dotted", line_width=1.5)
            lines.append(draw_curve(plot, each, index, each.precision_recall, steps=True))
    shown = [("Threshold", "@threshold"), ("Recall", "@x{0.0000}"), ("Precision", "@y{0.0000}")]
    add_hover(plot, lines, shown, models)
    add_marks(plot)
    return plot


def _thresholds(models: Sequence[Model]) -> Any:
    """Draw rates at the slider's stops; the page fills them in, from the numbers that it has already."""
    ends = np.concatenate([np.asarray(model.steps.thresholds) for model in models])
    ends = ends[np.isfinite(ends)]
    if not len(ends):
        return None
    low, high = float(ends.min()), float(ends.max())
    room = high / 50 - low / 50 or abs(low) / 2 or 0.5
    plot = new_plot("Threshold", "Rate")
    ranges = bokeh("models").Range1d
    plot.x_range, plot.y_range = ranges(low - room, high + room), ranges(-0.02, 1.02)
    for index, model in enumerate(models):
        empty: dict[str, list[Any]] = {name: [] for name in ("threshold", "shown", *DRAWN_RATES)}
        source = bokeh("models").ColumnDataSource(empty, tags=[index])
        line = {"source": source, "line_dash": DASHES[index % len(DASHES)], "line_width": 2, "name": model.name}
        lines = [plot.line("threshold", rate, color=color, **line) for rate, color in DRAWN_RATES.items()]
        for each in lines:
            each.tags = [index]
        rates = [(name.replace("_", " "), f"@{name}{{0.0000}}") for name in DRAWN_RATES]
        add_hover(plot, lines, [("Threshold", "@shown"), *rates], models)
    add_cut(plot)
    add_marks(plot)
    return plot


def _histogram(models: Sequence[Model]) -> Any:
    if all(model.histogram is None for model in models):
        return None
    plot = new_plot("Score", "Share of the class in the bin")
    for index, histogram in enumerate(model.histogram for model in models):
        if histogram is None:
            continue
        for name, color in CLASSES.items():
            rows = np.asarray(getattr(histogram, name))
            columns = {
                "left": histogram.left,
                "right": histogram.right,
                "top": rows / (rows.sum() or 1),
                "bin": histogram.names,
                "rows": [f"{each:,}" if rows.dtype.kind == "i" else f"{each:.6g}" for each in rows.tolist()],
            }
            ends = {"left": "left", "right": "right", "top": "top", "bottom": 0}
            bars = plot.quad(**ends, source=columns, fill_color=color, fill_alpha=0.4, line_color=color, name=name)
            bars.tags, bars.visible = [index], index == 0
            shown = [("Bin", "@bin"), ("Class", "$name"), ("Rows", "@rows"), ("Share", "@top{0.00%}")]
            add_hover(plot, [bars], shown)
    plot.x_range.only_visible = plot.y_range.only_visible = True
    plot.y_range.start = 0
    add_cut(plot)
    return plot


def _reliability(models: Sequence[Model]) -> Any:
    drawn = [(index, model, model.reliability) for index, model in enumerate(models)]
    known = [(index, model, curve) for index, model, curve in drawn if curve is not None]
    if not known:
        return None
    plot = new_plot("Mean score of the bin", "Share of positives in the bin")
    top = max(float(max(curve.mean_score.max(), curve.positive_rate.max())) for _, _, curve in known)
    plot.line([0, top], [0, top], color=GREY, line_dash="dotted", line_width=1.5)
    for index, model, curve in known:
        color, dash = look(index)
        columns = {"x": curve.mean_score, "y": curve.positive_rate, "rows": [f"{rows:,.6g}" for rows in curve.weight]}
        shown = [("Mean score", "@x{0.0000}"), ("Positives", "@y{0.0000}"), ("Rows", "@rows")]
        if not model.counts.weighted:  # what a weight means is not known, and so how many rows a bin holds
            columns |= {"low": curve.rate_lower, "high": curve.rate_upper}
            shown.append(("Interval", "@low{0.0000}–@high{0.0000}"))
        source = bokeh("models").ColumnDataSource(columns)
        if not model.counts.weighted:
            plot.segment("x", "low", "x", "high", source=source, color=color, line_width=1.5)
        plot.line("x", "y", source=source, color=color, line_dash=dash, line_width=1.5)
        add_hover(plot, [plot.scatter("x", "y", source=source, color=color, size=7, name=model.name)], shown, models)
    return plot
