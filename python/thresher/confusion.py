"""Counts of right and wrong decisions at thresholds, and what is read off them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher._errors import Error, one_of
from thresher._html import number
from thresher._rates import Rates
from thresher._table import Table, frozen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COMPARISONS", "ConfusionCounts"]

COMPARISONS = (">=", ">")

_COUNTS = ("true_positives", "false_positives", "false_negatives", "true_negatives")
_MAIN_RATES = ("recall", "false_positive_rate", "specificity", "precision", "accuracy", "f1")


@dataclass(frozen=True, eq=False, repr=False)
class ConfusionCounts(Rates, Table):
    """True and false positives and negatives at thresholds, aligned with them; read-only.

    Parameters
    ----------
    thresholds : float64 array of shape (k,), or float
        Where the scores were cut, in the caller's order. A scalar threshold gives scalar counts and rates.
    true_positives, false_positives, false_negatives, true_negatives : int64 array of shape (k,), or int
        Rows; sums of weights, as float64, when weights were given.
    comparison : {">=", ">"}, default ">="
        A row is flagged positive iff `score >= threshold`, or `score > threshold`.

    Raises
    ------
    Error
        When the columns differ in shape, or the comparison is unknown.

    Notes
    -----
    `counts[i]` gives scalar counts, a slice or a mask a subset, `len(counts)` the number of thresholds. Rates are NaN
    at just those entries where their denominator is zero. `counts.rate("f1")` looks one up by name.

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.confusion_at([0, 1, 1, 0], [0.2, 0.9, 0.4, 0.6], [0.5, 0.3])
    >>> counts.true_positives.tolist(), counts.recall.tolist(), counts[0].precision
    ([1, 2], [0.5, 1.0], 0.5)
    """

    thresholds: NDArray[np.float64] | float
    true_positives: NDArray[np.int64] | NDArray[np.float64] | int | float
    false_positives: NDArray[np.int64] | NDArray[np.float64] | int | float
    false_negatives: NDArray[np.int64] | NDArray[np.float64] | int | float
    true_negatives: NDArray[np.int64] | NDArray[np.float64] | int | float
    comparison: str = ">="

    def __post_init__(self) -> None:
        one_of("comparison", self.comparison, COMPARISONS)
        columns = {name: np.asarray(getattr(self, name)) for name in ("thresholds", *_COUNTS)}
        whole = all(columns[name].dtype.kind in "iu" for name in _COUNTS)
        for name, column in columns.items():
            columns[name] = frozen(column.astype(np.int64 if whole and name in _COUNTS else np.float64, copy=False))
        shapes = {name: column.shape for name, column in columns.items()}
        if len(set(shapes.values())) != 1 or len(shapes["thresholds"]) > 1:
            raise Error(f"counts and thresholds must be scalars or 1-D and of one length, but have shapes {shapes}")
        for name, column in columns.items():
            object.__setattr__(self, name, column if column.ndim else column.item())

    def __len__(self) -> int:
        if np.ndim(self.thresholds) == 0:
            raise TypeError("counts at a scalar threshold have no length")
        return len(self.thresholds)  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, position: Any) -> ConfusionCounts:
        if np.ndim(self.thresholds) == 0:
            raise TypeError("counts at a scalar threshold cannot be indexed")
        columns = [getattr(self, name)[position] for name in ("thresholds", *_COUNTS)]
        return ConfusionCounts.of(columns, self.comparison, scalar=False)

    def __iter__(self) -> Iterator[ConfusionCounts]:
        return (self[position] for position in range(len(self)))

    def to_dict(self) -> dict[str, Any]:
        """Return thresholds, comparison, counts and the main rates by name, as Python numbers and lists.

        Examples
        --------
        >>> import thresher as th
        >>> th.confusion_at([0, 1], [0.2, 0.9], 0.5).to_dict()["true_positives"]
        1
        """
        plain = {name: np.asarray(getattr(self, name)).tolist() for name in ("thresholds", *_COUNTS)}
        rates = {name: np.asarray(self.rate(name)).tolist() for name in _MAIN_RATES}
        return plain | {"comparison": self.comparison} | rates

    @classmethod
    def of(cls, columns: Sequence[Any], comparison: str, scalar: bool) -> ConfusionCounts:
        """Build from the core's columns, in the order of the fields; `scalar` takes their only entry."""
        thresholds, tp, fp, fn_, tn = (column[0] if scalar else column for column in columns)
        return cls(thresholds, tp, fp, fn_, tn, comparison)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw recall, precision and F1 against the threshold; the 2x2 table for a scalar threshold.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current Axes by default.

        Raises
        ------
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).
        """
        from thresher import plots

        return plots.confusion(self, ax)

    def __repr__(self) -> str:
        if np.ndim(self.thresholds):
            return self._text()
        counts = ", ".join(f"{name}={number(getattr(self, name))}" for name in _COUNTS)
        return f"ConfusionCounts(score {self.comparison} {number(self.thresholds)}: {counts})"

    def _caption(self) -> str:
        several = np.ndim(self.thresholds) and len(self) != 1
        held = f"{len(self):,} thresholds" if several else "a threshold"
        return f"ConfusionCounts at {held}, positive iff score {self.comparison} threshold"

    def _rows(self) -> int:
        return int(np.size(self.thresholds))

    def _columns(self, rows: Any = slice(None)) -> dict[str, NDArray[Any]]:
        part = self[rows] if np.ndim(self.thresholds) else self
        counts = {name: np.atleast_1d(getattr(part, name)) for name in ("thresholds", *_COUNTS)}
        return counts | {name: np.atleast_1d(part.rate(name)) for name in _MAIN_RATES}
