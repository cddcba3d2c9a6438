"""Curves as frozen dataclasses that unpack like scikit-learn's tuples, in scikit-learn's orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._errors import Error
from thresher._html import with_bounds
from thresher._table import Table, frozen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from thresher.bands import Band

__all__ = ["Curve", "DetCurve", "PrecisionRecallCurve", "RocCurve"]

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Curve(Table):
    """Two coordinates and a threshold per point; subclasses name them and say in which order they unpack."""

    def _rows(self) -> int:
        return max(map(len, self))

    def _columns(self, rows: Any = slice(None)) -> dict[str, Values]:
        columns = dict(zip(self._names(), self, strict=True))
        if isinstance(rows, slice):
            return {name: column[rows] for name, column in columns.items()}
        return {name: column[rows[rows < len(column)]] for name, column in columns.items()}

    def _names(self) -> tuple[str, str, str]:
        raise NotImplementedError

    def _figure(self) -> str:
        return ""

    def _caption(self) -> str:
        return f"{type(self).__name__} with {self._rows():,} points{self._figure()}"

    def __post_init__(self) -> None:
        for name in self._names():
            object.__setattr__(self, name, frozen(getattr(self, name)))
        first, second, thresholds = self
        if first.shape != second.shape or first.ndim != 1 or len(first) - len(thresholds) not in (0, 1):
            raise Error(f"curve columns must have one length, but have shapes {[column.shape for column in self]}")

    def __iter__(self) -> Iterator[Values]:
        return iter([getattr(self, name) for name in self._names()])

    def thin(self, tolerance: float) -> Self:
        """Return a subset of the points, every dropped one within `tolerance` of the line through them, in O(n).

        Parameters
        ----------
        tolerance : float
            Largest distance in either coordinate, >= 0. Curves that hold a NaN keep every point.

        Returns
        -------
        curve
            Of the same kind; its area is still that of the full curve.

        Raises
        ------
        Error
            For a negative or NaN tolerance.

        Examples
        --------
        >>> import thresher as th
        >>> curve = th.roc_curve([0, 1] * 500, list(range(1000)), drop_intermediate=False)
        >>> len(curve.fpr), len(curve.thin(0.1).fpr) < 100
        (1001, True)
        """
        if not tolerance >= 0:
            raise Error(f"`tolerance` must be >= 0, but is {tolerance}")
        first, second, thresholds = self
        kept = _core.thin(first, second, tolerance)
        columns = [first[kept], second[kept], thresholds[kept[kept < len(thresholds)]]]
        return replace(self, **dict(zip(self._names(), columns, strict=True)))

    def __repr__(self) -> str:
        return f"<{self._caption()}>"

    def plot(
        self,
        ax: Axes | None = None,
        *,
        name: str | None = None,
        curve_kwargs: dict[str, Any] | None = None,
        plot_chance_level: bool = False,
        band: Band | None = None,
    ) -> Axes:
        """Draw the curve with Matplotlib and return the Axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current Axes by default.
        name : str, optional
            Name for the legend.
        curve_kwargs : dict, optional
            Passed to `Axes.plot`.
        plot_chance_level : bool, default False
            Also draw what a classifier that ignores its input reaches.
        band : Band, optional
            A band around a ROC or precision-recall curve: shaded, with its level in the legend.

        Notes
        -----
        Above 20,000 points those that move the line by at most 1e-4 are not drawn (see `thin`).

        Raises
        ------
        Error
            For a band of another kind of curve.
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).
        """
        from thresher import plots

        return plots.curve(
            self, ax, name=name, curve_kwargs=curve_kwargs, plot_chance_level=plot_chance_level, band=band
        )


@dataclass(frozen=True, eq=False, repr=False)
class RocCurve(Curve):
    """True positive rate against false positive rate, from threshold inf down.

    Unpacks as `fpr, tpr, thresholds = curve`.

    Parameters
    ----------
    fpr, tpr : float64 array
        False and true positive rates in [0, 1], increasing, from (0, 0). NaN where the class has no rows.
    thresholds : float64 array
        Decreasing from inf; a point counts rows with `score >= threshold` (`>` for counts made with `comparison=">"`).
    auc : float
        Area under the curve, as `roc_auc` of the same data; that of the full curve after `thin` too.
    bounds : tuple of float, optional
        Lower and upper bound of the exact area, when the curve comes from binned counts.

    See Also
    --------
    sklearn.metrics.roc_curve : the source of the order and the end points.

    Examples
    --------
    >>> import thresher as th
    >>> curve = th.roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> fpr, tpr, thresholds = curve
    >>> thresholds.tolist(), curve.auc
    ([inf, 0.8, 0.4, 0.35, 0.1], 0.75)
    """

    fpr: Values
    tpr: Values
    thresholds: Values
    auc: float
    bounds: tuple[float, float] | None = None

    def _names(self) -> tuple[str, str, str]:
        return "fpr", "tpr", "thresholds"

    def _figure(self) -> str:
        return f", AUC = {with_bounds(self.auc, self.bounds)}"


@dataclass(frozen=True, eq=False, repr=False)
class PrecisionRecallCurve(Curve):
    """Precision against recall, from the lowest threshold up to the closing point (recall 0, precision 1).

    Unpacks as `precision, recall, thresholds = curve`.

    Parameters
    ----------
    precision, recall : float64 array
        In [0, 1], one longer than `thresholds`: the closing point has none. NaN where there are no positives.
    thresholds : float64 array
        Increasing; a point counts rows with `score >= threshold` (`>` for counts made with `comparison=">"`).
    average_precision : float
        Area by steps, as `average_precision` of the same data; that of the full curve after `thin` too.
    bounds : tuple of float, optional
        Lower and upper bound of the exact average precision, when the curve comes from binned counts.

    See Also
    --------
    sklearn.metrics.precision_recall_curve : the source of the order and the end point.

    Examples
    --------
    >>> import thresher as th
    >>> curve = th.precision_recall_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> precision, recall, thresholds = curve
    >>> recall.tolist(), thresholds.tolist()
    ([1.0, 1.0, 0.5, 0.5, 0.0], [0.1, 0.35, 0.4, 0.8])
    """

    precision: Values
    recall: Values
    thresholds: Values
    average_precision: float
    bounds: tuple[float, float] | None = None

    def _names(self) -> tuple[str, str, str]:
        return "precision", "recall", "thresholds"

    def _figure(self) -> str:
        return f", average precision = {with_bounds(self.average_precision, self.bounds)}"


@dataclass(frozen=True, eq=False, repr=False)
class DetCurve(Curve):
    """False negative rate against false positive rate (detection error tradeoff), from the lowest threshold up.

    Unpacks as `fpr, fnr, thresholds = curve`.

    Parameters
    ----------
    fpr, fnr : float64 array
        False positive rate, decreasing, and false negative rate, increasing, in [0, 1]. NaN where the class has no
        rows.
    thresholds : float64 array
        Increasing; a point counts rows with `score >= threshold` (`>` for counts made with `comparison=">"`).

    See Also
    --------
    sklearn.metrics.det_curve : the source of the order and the end points.

    Examples
    --------
    >>> import thresher as th
    >>> fpr, fnr, thresholds = th.det_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> fpr.tolist(), fnr.tolist(), thresholds.tolist()
    ([0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.35, 0.4, 0.8])
    """

    fpr: Values
    fnr: Values
    thresholds: Values

    def _names(self) -> tuple[str, str, str]:
        return "fpr", "fnr", "thresholds"
