"""How far scores are probabilities: reliability curve, Brier score taken apart, isotonic recalibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher._arrays import ArrayLike
from thresher._errors import Error, one_of
from thresher._table import Table, frozen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BrierDecomposition", "IsotonicCalibration", "ReliabilityCurve"]

Values = NDArray[np.float64]

_COLUMNS = ("lower", "upper", "mean_score", "positive_rate", "rate_lower", "rate_upper", "weight")
_INTERPOLATIONS = ("linear", "step")
_COMPARISONS = (">=", ">")


@dataclass(frozen=True, eq=False, repr=False)
class ReliabilityCurve(Table):
    """Mean score and share of positives of rows in bins of scores, from the lowest scores up; no bin is empty.

    Parameters
    ----------
    lower, upper : float64 array
        Edges of the bins that were used, in [0, 1].
    mean_score : float64 array
        Mean score of the rows in each bin.
    positive_rate : float64 array
        Share of positives in each bin.
    rate_lower, rate_upper : float64 array
        Ends of its Wilson interval; a weight counts as that many rows.
    weight : float64 array
        Rows of each bin, or the sum of their weights.
    strategy : {"uniform", "quantile"}
        Bins of equal width over [0, 1], or of equal mass.
    level : float
        Confidence level of the intervals.

    Notes
    -----
    Of exact counts a score equal to an inner edge falls below it, as in scikit-learn. Binned counts keep groups whole:
    inner edges are the thresholds nearest to those asked for.

    See Also
    --------
    sklearn.calibration.calibration_curve : the source of the bins.

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1], [0.25, 0.25, 0.25, 0.75])
    >>> curve = counts.reliability_curve(n_bins=2)
    >>> curve.mean_score.tolist(), curve.positive_rate.round(3).tolist(), curve.weight.tolist()
    ([0.25, 0.75], [0.333, 1.0], [3.0, 1.0])
    """

    lower: Values
    upper: Values
    mean_score: Values
    positive_rate: Values
    rate_lower: Values
    rate_upper: Values
    weight: Values
    strategy: str = "uniform"
    level: float = 0.95

    def __post_init__(self) -> None:
        for name in _COLUMNS:
            object.__setattr__(self, name, frozen(getattr(self, name)))
        shapes = {getattr(self, name).shape for name in _COLUMNS}
        if len(shapes) != 1 or self.lower.ndim != 1:
            raise Error(f"columns of bins must be 1-D and of one length, but have shapes {sorted(shapes)}")

    @property
    def expected_calibration_error(self) -> float:
        """`Σ weight · |mean_score − positive_rate| / Σ weight` over these bins, 0 to 1; NaN without bins."""
        if not len(self.weight):
            return float("nan")
        return float(np.average(np.abs(self.mean_score - self.positive_rate), weights=self.weight))

    @property
    def maximum_calibration_error(self) -> float:
        """Largest `|mean_score − positive_rate|` of these bins, 0 to 1; NaN without bins."""
        return float(np.max(np.abs(self.mean_score - self.positive_rate))) if len(self.weight) else float("nan")

    def plot(
        self,
        ax: Axes | None = None,
        *,
        name: str | None = None,
        curve_kwargs: dict[str, Any] | None = None,
        histogram: bool = True,
    ) -> Axes:
        """Draw the reliability diagram with Matplotlib and return the Axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current Axes by default.
        name : str, optional
            Name for the legend.
        curve_kwargs : dict, optional
            Passed to `Axes.errorbar`.
        histogram : bool, default True
            Also draw the rows of each bin, as bars at the foot of the Axes.

        Raises
        ------
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).
        """
        from thresher import plots

        return plots.reliability(self, ax, name=name, curve_kwargs=curve_kwargs, histogram=histogram)

    def _rows(self) -> int:
        return len(self.lower)

    def _columns(self, rows: Any = slice(None)) -> dict[str, Values]:
        return {name: getattr(self, name)[rows] for name in _COLUMNS}

    def _caption(self) -> str:
        return f"ReliabilityCurve with {self._rows():,} {self.strategy} bins, ECE {self.expected_calibration_error:.4g}"

    def __repr__(self) -> str:
        return f"<{self._text()}>"


@dataclass(frozen=True)
class BrierDecomposition:
    """A Brier score and the terms it is made of.

    `brier_score = reliability - resolution + uncertainty + within_bin_variance - within_bin_covariance`

    Parameters
    ----------
    brier_score : float
        Mean of `(score - label)²`, 0 to 1.
    reliability : float
        How far scores are off the shares of positives (miscalibration); 0 is best.
    resolution : float
        How far these shares are off the prevalence (discrimination); `uncertainty` is best.
    uncertainty : float
        `π (1 − π)` with the prevalence `π`.
    within_bin_variance, within_bin_covariance : float
        What bins hide: of scores about the mean of their bin, and of scores with labels; 0 for "corp".
    method : {"corp", "binned"}
        "corp" compares with isotonic regression; "binned" with shares of positives of bins.

    Notes
    -----
    "corp" of binned counts recalibrates whole groups: reliability and resolution are both too small by one amount, and
    reliability may then fall below 0.

    References
    ----------
    Dimitriadis, Gneiting and Jordan (2021), PNAS 118. Stephenson, Coelho and Jolliffe (2008), Weather and Forecasting
    23.

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1], [0.25, 0.25, 0.25, 0.75])
    >>> parts = counts.brier_decomposition()
    >>> round(parts.reliability - parts.resolution + parts.uncertainty, 6), parts.brier_score
    (0.1875, 0.1875)
    """

    brier_score: float
    reliability: float
    resolution: float
    uncertainty: float
    within_bin_variance: float
    within_bin_covariance: float
    method: str


@dataclass(frozen=True, eq=False, repr=False)
class IsotonicCalibration:
    """The increasing function of the score that fits the labels best; called with scores it returns probabilities.

    Parameters
    ----------
    thresholds : float64 array
        Scores, increasing.
    values : float64 array
        Probability at each, never decreasing.
    interpolation : {"linear", "step"}, default "linear"
        Straight lines between them; or the value of the threshold reached, and the first below all.
    comparison : {">=", ">"}, default ">="
        When a score reaches a threshold, for "step"; thresholds are rounded to the scores' dtype first.

    Notes
    -----
    Exact counts give "linear", which equals `sklearn.isotonic.IsotonicRegression(out_of_bounds="clip")` of the rows.
    Binned counts give "step": the function is constant between thresholds. Scores may be of any scale.

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 1, 0, 1], [0.1, 0.35, 0.4, 0.8])
    >>> counts.isotonic_calibration()([0.0, 0.35, 0.6, 2.0]).tolist()
    [0.0, 0.5, 0.75, 1.0]
    """

    thresholds: Values
    values: Values
    interpolation: str = "linear"
    comparison: str = ">="

    def __post_init__(self) -> None:
        one_of("interpolation", self.interpolation, _INTERPOLATIONS)
        one_of("comparison", self.comparison, _COMPARISONS)
        for name in ("thresholds", "values"):
            object.__setattr__(self, name, frozen(np.asarray(getattr(self, name), np.float64)))
        if self.thresholds.shape != self.values.shape or self.values.ndim != 1:
            raise Error(
                f"`thresholds` and `values` must be 1-D and of one length, but have shapes {self.thresholds.shape} and "
                f"{self.values.shape}"
            )

    def __call__(self, scores: ArrayLike) -> Values:
        """Return probabilities, float64 of the shape of `scores`; NaN for NaN, and everywhere without rows counted.

        Raises
        ------
        TypeError
            For scores that are not real numbers.
        """
        raw = np.asarray(scores)
        if raw.dtype.name == "bfloat16":
            raw = raw.astype(np.float32)
        if raw.dtype.kind not in "fbiu":
            raise TypeError(f"`scores` has dtype {raw.dtype}; bool, integers and floats are accepted")
        wide = raw.astype(np.float64)
        if not len(self.values):
            return np.full(raw.shape, np.nan)
        if self.interpolation == "linear":
            return np.asarray(np.interp(wide, self.thresholds, self.values))
        with np.errstate(over="ignore"):
            cuts = self.thresholds.astype(raw.dtype if raw.dtype.kind == "f" else np.float64)
        reached = np.searchsorted(cuts.astype(np.float64), wide, side="right" if self.comparison == ">=" else "left")
        return np.where(np.isnan(wide), np.nan, self.values[np.maximum(reached - 1, 0)])

    def plot(
        self, ax: Axes | None = None, *, name: str | None = None, curve_kwargs: dict[str, Any] | None = None
    ) -> Axes:
        """Draw the calibrated probability against the score with Matplotlib and return the Axes.

        Parameters
        ----------
        ax, name, curve_kwargs
            As in `Curve.plot`.

        Raises
        ------
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).
        """
        from thresher import plots

        return plots.isotonic(self, ax, name=name, curve_kwargs=curve_kwargs)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return (
            (self.interpolation, self.comparison) == (other.interpolation, other.comparison)
            and np.array_equal(self.thresholds, other.thresholds)
            and np.array_equal(self.values, other.values)
        )

    __hash__ = None  # type: ignore[assignment]  # arrays inside

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.thresholds, self.values, self.interpolation, self.comparison)

    def __repr__(self) -> str:
        return f"<IsotonicCalibration with {len(self.thresholds):,} thresholds, {self.interpolation}>"
