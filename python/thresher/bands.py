"""Band: where a curve may run, with confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher._errors import Error, one_of
from thresher._table import Table, frozen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Band"]

_AXES = {"roc": ("fpr", "tpr"), "precision_recall": ("recall", "precision")}


@dataclass(frozen=True, eq=False, repr=False)
class Band(Table):
    """Lower and upper ends of a curve at given abscissae.

    Parameters
    ----------
    x : float64 array
        False positive rates of a ROC curve, recalls of a precision-recall curve; ascending in [0, 1].
    value : float64 array
        Height of the sample's own curve: true positive rate, or precision.
    lower, upper : float64 array
        Ends of the band at each abscissa, in [0, 1]; NaN where there are none.
    level : float
        Confidence level in (0, 1): of the whole band, or of each abscissa alone; `method` says which.
    method : str
        How the band was found.
    curve : {"roc", "precision_recall"}
        What the band is of.

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1] * 250, [0.1, 0.4, 0.35, 0.8] * 250)
    >>> counts.roc_band(fpr=[0.1, 0.6], method="fixed-width")
    <Band of a ROC curve at 2 points, 95 %, simultaneous, fixed width>
    """

    x: NDArray[np.float64]
    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    level: float
    method: str
    curve: str = "roc"

    def __post_init__(self) -> None:
        for name in ("x", "value", "lower", "upper"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        shapes = [column.shape for column in self._columns().values()]
        if len(set(shapes)) > 1 or len(shapes[0]) != 1:
            raise Error(f"band columns must have one length, but have shapes {shapes}")
        one_of("curve", self.curve, list(_AXES))

    @property
    def axes(self) -> tuple[str, str]:
        """What `x` and the heights are: ("fpr", "tpr") or ("recall", "precision")."""
        return _AXES[self.curve]

    def plot(
        self, ax: Axes | None = None, *, name: str | None = None, curve_kwargs: dict[str, Any] | None = None
    ) -> Axes:
        """Draw the band, shaded, around the line of `value`, and return the Axes.

        `curve.plot(band=band)` draws it around the curve at all of its thresholds.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current Axes by default.
        name : str, optional
            Name in the legend.
        curve_kwargs : dict, optional
            Passed to `Axes.plot` for the line.

        Raises
        ------
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).
        """
        from thresher import plots

        return plots.band(self, ax, name=name, curve_kwargs=curve_kwargs)

    def _rows(self) -> int:
        return len(self.x)

    def _columns(self, rows: Any = slice(None)) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name)[rows] for name in ("x", "value", "lower", "upper")}

    def _caption(self) -> str:
        name = "ROC" if self.curve == "roc" else "precision-recall"
        return f"Band of a {name} curve at {self._rows():,} points, {100 * self.level:g} %, {self.method}"

    def __repr__(self) -> str:
        return f"<{self._caption()}>"
