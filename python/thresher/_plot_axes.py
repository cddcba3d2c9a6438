"""What all pictures share: the Axes, the points worth drawing, reference lines, shaded bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._optional import needed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LINESTYLES", "axes_of", "has_linestyle", "labelled", "reference", "shade", "visible"]

# One for each of several lines: their colours look alike in grey.
LINESTYLES: tuple[Any, ...] = ("-", "--", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))

_MANY_POINTS = 20_000
_INVISIBLE = 1e-4  # of the span of a column: a tenth of a pixel on a 1,000-pixel plot

Values = NDArray[np.float64]


def axes_of(ax: Axes | None) -> Axes:
    """Return the Axes to draw on: the given, or the current ones."""
    if ax is not None:
        return ax
    current: Axes = needed("matplotlib.pyplot", "plot()", "thresher[plots]").gca()
    return current


def labelled(name: str | None, figure: str) -> str | None:
    """Return what a legend says of a line: its name, if it has one, and its figure, if it has one."""
    return (f"{name} ({figure})" if name else figure) if figure else name


def has_linestyle(style: dict[str, Any]) -> bool:
    """Whether the caller chose how lines are dashed."""
    return not style.keys().isdisjoint({"linestyle", "ls"})


def visible(x: Values, *columns: Values) -> NDArray[np.intp] | slice:
    """Return the positions of points that can be told apart in a picture: all, up to 20,000 points."""
    if len(x) <= _MANY_POINTS:
        return slice(None)
    across = _unit(x)
    kept = [_core.thin(across, _unit(column), _INVISIBLE) for column in columns]
    return np.unique(np.concatenate(kept))


def reference(ax: Axes, x: Any, y: Any, label: str) -> None:
    """Draw a line to compare with: thin, grey and dotted, and never mistaken for a model."""
    ax.plot(x, y, color="0.3", linestyle=":", linewidth=1.2, label=label, zorder=1.5)


def shade(ax: Axes, x: Values, lower: Values, upper: Values, color: Any, label: str | None = None) -> None:
    """Fill between two lines, so faintly that lines and other bands stay visible."""
    kept = visible(x, lower, upper)
    ax.fill_between(x[kept], lower[kept], upper[kept], color=color, alpha=0.2, linewidth=0, label=label)


def _unit(column: Values) -> Values:
    """Return the column scaled to [0, 1]; what is not finite stands apart at its nearer end."""
    finite = column[np.isfinite(column)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
    scaled = (column - low) / (high - low or 1.0)
    return np.nan_to_num(scaled, nan=-1.0, posinf=2.0, neginf=-1.0)
