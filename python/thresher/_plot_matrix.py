"""Tables of labels against predictions: shaded by the share of each label's rows, numbered where the numbers fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher._errors import Error
from thresher.confusion import ConfusionCounts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_matrix", "draw_table"]

_MOST_NUMBERED = 20  # classes: narrower cells hold no number that can be read
_MOST_NAMED = 40  # classes: more names than that touch
_NUMBER_WIDTH = 0.65  # of a font's size: one digit
_NARROW = 6  # letters of a class's name that stand side by side below ten columns


def draw_table(matrix: Any, ax: Axes, names: Sequence[Any] | None) -> None:
    """Draw a k x k table: rows true classes, columns predicted ones."""
    cells = np.asarray(matrix)
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1] or not cells.size:
        raise Error(f"`matrix` must have shape (k, k) with k >= 1, but has shape {cells.shape}")
    count = len(cells)
    written = [str(name) for name in (range(count) if names is None else names)]
    if len(written) != count:
        raise Error(f"`labels` must name {count} classes, as `matrix` has, but has {len(written)} entries")
    image = _draw_cells(cells, ax, numbered=count <= _MOST_NUMBERED)
    if count > _MOST_NUMBERED:
        ax.figure.colorbar(image, ax=ax, label="Share of the label's rows", shrink=0.8)
    shown = range(0, count, -(-count // _MOST_NAMED))
    ax.set_xticks(shown, [written[at] for at in shown])
    ax.set_yticks(shown, [written[at] for at in shown])
    small = min(10.0, 200 / len(shown))
    ax.tick_params(labelsize=small)
    if max(map(len, written)) > _NARROW or len(shown) > _MOST_NUMBERED:
        ax.tick_params(axis="x", labelrotation=90)
    ax.set(xlabel="Predicted", ylabel="Label")


def draw_matrix(counts: ConfusionCounts, ax: Axes) -> None:
    """Draw the 2x2 table of a scalar threshold."""
    cells = np.array(
        [[counts.true_negatives, counts.false_positives], [counts.false_negatives, counts.true_positives]], dtype=float
    )
    _draw_cells(cells, ax, numbered=True)
    ax.set_xticks([0, 1], ["not flagged", "flagged"])
    ax.set_yticks([0, 1], ["negative", "positive"])
    ax.set(xlabel=f"score {counts.comparison} {counts.thresholds:g}", ylabel="Label")


def _draw_cells(cells: NDArray[Any], ax: Axes, numbered: bool) -> Any:
    """Shade each cell by its share of the label's rows, and write its count."""
    rows = cells.sum(axis=1, keepdims=True)
    shares = np.divide(cells, rows, out=np.zeros(cells.shape), where=rows > 0)
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if not numbered:
        return image
    digits = 10 if len(cells) == 2 or cells.dtype.kind in "iu" or not (cells % 1).any() else 4
    words = [f"{count:,.{digits}g}" for count in cells.flat]
    size = _size(ax, len(cells), max(map(len, words)))
    for ((row, column), share), word in zip(np.ndenumerate(shares), words, strict=True):
        colour = "white" if share > 0.5 else "black"
        ax.text(column, row, word, ha="center", va="center", color=colour, fontsize=size)
    return image


def _size(ax: Axes, columns: int, letters: int) -> float:
    """Return the font size, in points, at which the longest number fits its cell; never above the usual 10."""
    box = ax.bbox.transformed(ax.figure.dpi_scale_trans.inverted())
    cell = 72 * min(box.width, box.height) / columns
    return float(min(10.0, cell / (letters + 1) / _NUMBER_WIDTH))
