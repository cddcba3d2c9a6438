"""What the figures share: how a plot begins, how a model looks, what hovers, and what the page moves."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from thresher._optional import needed
from thresher._report._models import Line, Model

__all__ = ["COLORS", "DASHES", "GREY", "add_cut", "add_hover", "add_marks", "bokeh", "draw_curve", "look", "new_plot"]

COLORS = ("#3b82f6", "#e8710a", "#16a34a", "#a855f7", "#ef4444", "#0d9488", "#db2777", "#8b6f47", "#64748b", "#0ea5e9")
"""Of models: each stands out from a white and from a black page."""
DASHES = ("solid", "dashed", "dotdash", "dotted", "dashdot")
GREY = "#808890"

_HEIGHT = 380  # pixels


def bokeh(module: str) -> ModuleType:
    """Import a module of Bokeh, or say how to install it."""
    return needed(f"bokeh.{module}", "report()", "thresher[report]")


def look(index: int) -> tuple[str, str]:
    """Return colour and dash of a model."""
    return COLORS[index % len(COLORS)], DASHES[index % len(DASHES)]


def new_plot(x: str, y: str, unit: bool = False) -> Any:
    """Return an empty plot; with `unit` both axes are from 0 to 1. Its text gets its colours from the page."""
    ranges = {"x_range": (-0.02, 1.02), "y_range": (-0.02, 1.02)} if unit else {}
    plot = bokeh("plotting").figure(
        height=_HEIGHT,
        sizing_mode="stretch_width",
        x_axis_label=x,
        y_axis_label=y,
        tools="pan,box_zoom,wheel_zoom,reset",
        active_drag=None,  # so that a finger scrolls the page; the page turns it on where there is a mouse
        toolbar_location="above",
        **ranges,
    )
    plot.toolbar.logo = None
    plot.toolbar.stylesheets = ["@media print { :host { display: none; } }"]
    plot.background_fill_color = plot.border_fill_color = plot.outline_line_color = None
    for axis in plot.axis:
        axis.axis_label_text_font_style = "normal"
    return plot


def draw_curve(plot: Any, model: Model, index: int, line: Line, steps: bool = False) -> Any:
    """Draw a curve of a model; with `steps` level from each point to the next."""
    x, y, at = line.x, line.y, line.thresholds
    if steps:
        x, y, at = np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1], np.repeat(at, 2)[:-1]
    columns = {"x": x.astype(np.float32), "y": y.astype(np.float32), "threshold": [f"{value:.6g}" for value in at]}
    color, dash = look(index)
    return plot.line("x", "y", source=columns, color=color, line_dash=dash, line_width=2, name=model.name)


def add_hover(plot: Any, renderers: list[Any], shown: list[tuple[str, str]], models: Sequence[Model] = ()) -> None:
    """Show these columns at the pointer, below the model's name where there are several."""
    several = [("Model", "$name")] if len(models) > 1 else []
    hover = bokeh("models").HoverTool(
        renderers=renderers, tooltips=[*several, *shown], line_policy="nearest", visible=False
    )
    plot.add_tools(hover)


def add_marks(plot: Any) -> None:
    """Add points that the page moves with the slider."""
    columns: dict[str, list[Any]] = {"x": [], "y": [], "color": [], "size": []}
    source = bokeh("models").ColumnDataSource(columns, tags=["marks"])
    look = {"fill_color": "color", "line_color": "#ffffff", "line_width": 2, "size": "size"}
    plot.scatter("x", "y", source=source, level="overlay", **look)


def add_cut(plot: Any) -> None:
    """Add the line that the page moves to the slider's threshold."""
    line = {"line_color": GREY, "line_width": 1.5, "line_dash": "dashed"}
    plot.add_layout(bokeh("models").Span(location=0, dimension="height", tags=["cut"], **line))
