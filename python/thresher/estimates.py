"""Estimate: a figure with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thresher._html import with_bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Estimate"]

_MOST_DECIMALS = 12


@dataclass(frozen=True)
class Estimate:
    """A figure, the interval that holds the true one at the stated level of confidence, and how it was found.

    Parameters
    ----------
    value : float
        The figure of the sample itself; NaN where it is undefined.
    lower, upper : float
        Ends of the interval, both included; NaN where there is none.
    level : float
        Confidence level in (0, 1), as 0.95.
    method : str
        How the interval was found, in words that name all that was done.
    bounds : tuple of float, optional
        What binned counts say of the sample's own figure: it lies inside. The interval is widened by them.

    Notes
    -----
    Prints with two significant digits of the interval's half width. A format, as in `f"{estimate:.3f}"`, is that of
    each number.

    Examples
    --------
    >>> import thresher as th
    >>> estimate = th.Estimate(0.75543, 0.75211, 0.75874, 0.95, "delong, logit")
    >>> print(estimate)
    0.7554 (0.7521–0.7587, 95 %)
    >>> f"{estimate:.1%}"
    '75.5% (75.2%–75.9%, 95 %)'
    """

    value: float
    lower: float
    upper: float
    level: float
    method: str
    bounds: tuple[float, float] | None = None

    def __str__(self) -> str:
        half = (self.upper - self.lower) / 2
        decimals = 4
        if half > 0 and math.isfinite(half):
            decimals = min(max(1 - math.floor(math.log10(half)), 0), _MOST_DECIMALS)
        value = f"{self.value:.{decimals}f}"
        if self.bounds is not None and self.bounds[0] < self.bounds[1]:
            value = with_bounds(self.value, self.bounds, digits=max(decimals, 1))
        return self._with_ends(value, f".{decimals}f")

    def __format__(self, spec: str) -> str:
        return self._with_ends(format(self.value, spec), spec) if spec else str(self)

    def _with_ends(self, value: str, spec: str) -> str:
        between = " to " if self.lower < 0 else "–"  # a dash beside a sign is hard to read
        return f"{value} ({self.lower:{spec}}{between}{self.upper:{spec}}, {100 * self.level:g} %)"

    def plot(
        self,
        ax: Axes | None = None,
        *,
        name: str | None = None,
        y: float | None = None,
        curve_kwargs: dict[str, Any] | None = None,
    ) -> Axes:
        """Draw the figure as a point with its interval as a bar, the numbers at the right, and return the Axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current Axes by default.
        name : str, optional
            Name on the y axis.
        y : float, optional
            Where on it; by default below the estimates that are drawn there.
        curve_kwargs : dict, optional
            Passed to `Axes.errorbar`.

        Notes
        -----
        A wide, faint bar shows the bounds of binned counts. `thresher.plots.compare` draws several.

        Raises
        ------
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).
        """
        from thresher import plots

        return plots.estimate(self, ax, name=name, y=y, curve_kwargs=curve_kwargs)

    def __repr__(self) -> str:
        return f"<Estimate {self}, {self.method}>"
