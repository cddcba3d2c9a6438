"""RateIntervals: the intervals of a rate at many thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher._errors import Error
from thresher._table import Table, frozen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["RateIntervals"]

Values = NDArray[np.float64]

_COLUMNS = ("thresholds", "value", "lower", "upper")


@dataclass(frozen=True, eq=False, repr=False)
class RateIntervals(Table):
    """A rate with its interval at every threshold: what `ConfusionCounts.interval` gives for arrays; read-only.

    Parameters
    ----------
    thresholds : float64 array of shape (k,)
        As those of the counts.
    value, lower, upper : float64 array of shape (k,)
        The rate and the ends of its interval, both included; NaN where the rate is undefined.
    name : str
        The rate's.
    level : float
        Confidence level in (0, 1) of each interval by itself, not of all together.
    method : str
        How the intervals were found.

    Raises
    ------
    Error
        When the columns differ in shape.

    Examples
    --------
    >>> import thresher as th
    >>> intervals = th.confusion_at([0, 1, 1, 1], [0.2, 0.9, 0.4, 0.6], [0.5, 0.3]).interval("recall")
    >>> intervals.lower.round(3).tolist(), intervals.upper.round(3).tolist()
    ([0.208, 0.439], [0.939, 1.0])
    """

    thresholds: Values
    value: Values
    lower: Values
    upper: Values
    name: str
    level: float
    method: str

    def __post_init__(self) -> None:
        for name in _COLUMNS:
            object.__setattr__(self, name, frozen(np.asarray(getattr(self, name), dtype=np.float64)))
        shapes = {name: getattr(self, name).shape for name in _COLUMNS}
        if len(set(shapes.values())) != 1 or self.thresholds.ndim != 1:
            raise Error(f"thresholds, value, lower and upper must be 1-D and of one length, but have shapes {shapes}")

    def __len__(self) -> int:
        return len(self.thresholds)

    def plot(
        self, ax: Axes | None = None, *, name: str | None = None, curve_kwargs: dict[str, Any] | None = None
    ) -> Axes:
        """Draw the rate against the threshold, its intervals shaded, with Matplotlib and return the Axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current Axes by default.
        name : str, optional
            Name for the legend; the rate's by default.
        curve_kwargs : dict, optional
            Passed to `Axes.plot`.

        Raises
        ------
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).
        """
        from thresher import plots

        return plots.rate_intervals(self, ax, name=name, curve_kwargs=curve_kwargs)

    def __repr__(self) -> str:
        return self._text()

    def _rows(self) -> int:
        return len(self)

    def _columns(self, rows: Any = slice(None)) -> dict[str, NDArray[Any]]:
        return {name: getattr(self, name)[rows] for name in _COLUMNS}

    def _caption(self) -> str:
        return f"{self.name} at {len(self):,} thresholds, {100 * self.level:g} % intervals ({self.method})"
