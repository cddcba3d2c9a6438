"""Figures of an epoch: curves over those of earlier epochs, and confusion matrices, a panel for each label or class."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from thresher import ConfusionCounts, plots
from thresher._optional import needed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["curves_figure", "tables_figure"]

_ALONE = 5.6  # inches, the side of a panel that stands alone
_AMONG = 3.0  # of one among others, with the gap beside it
_LEFT, _TOP, _BOTTOM, _GAP = 1.1, 0.7, 0.6, 0.45  # margins, and between panels
_FAINTEST, _STRONGEST = 0.2, 0.6  # opacity of the oldest and of the last but one
_FEW_TICKS = (0.0, 0.5, 1.0)


def curves_figure(panels: Mapping[str, Sequence[tuple[int, Any]]], title: str, dpi: float) -> Figure:
    """Return a figure with a panel a key: the newest curve in full colour over earlier ones, which fade by age.

    Parameters
    ----------
    panels : mapping of str to sequence of (epoch, curve)
        The newest last; epochs count from 1.
    title : str
        Above all, or above the only panel.
    dpi : float
        Pixels an inch.
    """
    figure, grid = _grid(len(panels), title, dpi, _AMONG)
    for ax, curves in zip(grid, panels.values(), strict=True):
        _draw_curves(ax, curves, alone=len(panels) == 1)
    _name(grid, list(panels), shared=True)
    return figure


def tables_figure(tables: Mapping[str, ConfusionCounts | tuple[Any, Sequence[str]]], title: str, dpi: float) -> Figure:
    """Return a figure with a panel a key: the 2x2 table of a scalar threshold, or a k x k matrix with its names."""
    matrices = not all(isinstance(table, ConfusionCounts) for table in tables.values())
    figure, grid = _grid(len(tables), title, dpi, _ALONE if matrices else _AMONG)
    for ax, table in zip(grid, tables.values(), strict=True):
        if isinstance(table, ConfusionCounts):
            plots.confusion(table, ax)
        else:
            plots.confusion_matrix(table[0], ax, labels=table[1])
    _name(grid, list(tables), shared=not matrices)
    return figure


def _grid(count: int, title: str, dpi: float, side: float) -> tuple[Figure, list[Axes]]:
    """Return a figure and so many Axes in it, in a grid as square as can be.

    Margins among panels are fixed: Matplotlib's constrained layout takes half of the time of a picture of 18.
    """
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    side = _ALONE if count == 1 else side
    width, height = columns * side, rows * side
    if side != _ALONE:
        width, height = width + _LEFT, height + _TOP + _BOTTOM - _GAP
    figure = needed("matplotlib.figure", "EpochCurves", "thresher[plots]").Figure((width, height), dpi=dpi)
    settings: dict[str, Any] = {"squeeze": False}
    if side == _ALONE:
        figure.set_layout_engine("constrained")
    else:
        edges = {"left": _LEFT / width, "right": 1 - _GAP / width, "bottom": _BOTTOM / height, "top": 1 - _TOP / height}
        settings["gridspec_kw"] = edges | {"wspace": _GAP / (side - _GAP), "hspace": _GAP / (side - _GAP)}
    figure.suptitle(title)
    grid = figure.subplots(rows, columns, **settings).ravel()
    for unused in grid[count:]:
        unused.remove()
    return figure, list(grid[:count])


def _draw_curves(ax: Axes, curves: Sequence[tuple[int, Any]], alone: bool) -> None:
    *older, (epoch, newest) = curves
    opacities = np.linspace(_FAINTEST, _STRONGEST, len(older))
    for place, ((earlier, curve), opacity) in enumerate(zip(older, opacities, strict=True)):
        said = f"epoch {earlier}" if alone and place == 0 else None
        style: dict[str, Any] = {"color": "C0", "alpha": float(opacity), "linewidth": 1.0}
        plots.curve(curve, ax, name=said, curve_kwargs=style if said else style | {"label": "_older"})
    plots.curve(
        newest,
        ax,
        name=f"epoch {epoch}" if alone else None,
        curve_kwargs={"color": "C0", "linewidth": 2.0},
        plot_chance_level=alone,
    )
    if not alone:
        ax.set(xticks=_FEW_TICKS, yticks=_FEW_TICKS)
    labels = ax.get_legend_handles_labels()
    if labels[0]:
        ax.legend(*labels, loc="lower right" if ax.get_ylabel().startswith("True") else "lower left", fontsize="small")


def _name(grid: Sequence[Axes], keys: Sequence[str], shared: bool) -> None:
    """Write each panel's key above it; of shared axes only the leftmost and the lowest say what they are."""
    columns = math.ceil(math.sqrt(len(keys)))
    for place, (ax, key) in enumerate(zip(grid, keys, strict=True)):
        if key:
            ax.set_title(key, fontsize="medium")
        if shared and place % columns:
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)
        if shared and place + columns < len(keys):
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
