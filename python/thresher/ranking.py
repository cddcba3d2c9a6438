"""What a ranking is worth beyond its areas: the results of Kolmogorov–Smirnov, gains, equal errors and net benefit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher._errors import Error
from thresher._html import with_bounds
from thresher._table import Table, frozen
from thresher.curves import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "DecisionCurve",
    "EqualErrorRate",
    "GainCurve",
    "KolmogorovSmirnov",
    "LiftCurve",
    "PrecisionRecallGainCurve",
]

Values = NDArray[np.float64]


@dataclass(frozen=True)
class KolmogorovSmirnov:
    """The largest distance between the distributions of the scores of positives and negatives.

    Parameters
    ----------
    value : float
        `max |TPR − FPR|` over all thresholds, in [0, 1]; absolute, so reversed scores have the same value. NaN unless
        there are positives and negatives.
    threshold : float
        The highest threshold that reaches it; inf when the value is 0.
    p_value : float
        Probability of at least this value when both classes have one continuous distribution, two-sided; exact up to
        5,000,000 pairs of a positive and a negative, asymptotic beyond. Ties and binning only make it larger than it
        would be (conservative). NaN for weighted counts, which do not say how many rows there are.
    bounds : tuple of float, optional
        Of binned counts: the exact value lies inside; the lower one is `value`.

    See Also
    --------
    scipy.stats.ks_2samp : the same statistic and p-value.

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> counts.kolmogorov_smirnov()
    KolmogorovSmirnov(value=0.5, threshold=0.8, p_value=1.0, bounds=None)
    """

    value: float
    threshold: float
    p_value: float
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True)
class EqualErrorRate:
    """The rate at which false positives and false negatives are equally frequent in their classes.

    Parameters
    ----------
    value : float
        FPR where the ROC curve, straight between its points, has FPR = 1 − TPR, in [0, 1]. NaN unless there are
        positives and negatives.
    threshold : float
        The highest threshold whose false positive rate is at least its false negative rate.
    bounds : tuple of float, optional
        Of binned counts: the exact value lies inside.

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> counts.equal_error_rate()
    EqualErrorRate(value=0.5, threshold=0.4, bounds=None)
    """

    value: float
    threshold: float
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class GainCurve(Curve):
    """Recall against the share of rows flagged (cumulative gains), from threshold inf down.

    Unpacks as `predicted_positive_rate, recall, thresholds = curve`.

    Parameters
    ----------
    predicted_positive_rate, recall : float64 array
        Share of all rows flagged, and of the positives found, in [0, 1], increasing, from (0, 0) to (1, 1). Recall is
        NaN without positives.
    thresholds : float64 array
        Decreasing from inf; a point counts rows with `score >= threshold` (`>` for counts made with `comparison=">"`).

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> counts.gain_curve().recall.tolist()
    [0.0, 0.5, 0.5, 1.0, 1.0]
    """

    predicted_positive_rate: Values
    recall: Values
    thresholds: Values

    def _names(self) -> tuple[str, str, str]:
        return "predicted_positive_rate", "recall", "thresholds"


@dataclass(frozen=True, eq=False, repr=False)
class LiftCurve(Curve):
    """Lift against the share of rows flagged, from the highest threshold that flags a row down.

    Unpacks as `predicted_positive_rate, lift, thresholds = curve`.

    Parameters
    ----------
    predicted_positive_rate : float64 array
        Share of all rows flagged, in (0, 1], increasing.
    lift : float64 array
        Precision over prevalence, >= 0: how many times as many positives as among rows taken at random; 1 at last. NaN
        without positives.
    thresholds : float64 array
        Decreasing; a point counts rows with `score >= threshold` (`>` for counts made with `comparison=">"`).

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> counts.lift_curve().lift[:2].tolist()
    [2.0, 1.0]
    """

    predicted_positive_rate: Values
    lift: Values
    thresholds: Values

    def _names(self) -> tuple[str, str, str]:
        return "predicted_positive_rate", "lift", "thresholds"


@dataclass(frozen=True, eq=False, repr=False)
class PrecisionRecallGainCurve(Curve):
    """Precision gain against recall gain, from the lowest threshold up to the closing point at recall gain 0.

    Unpacks as `precision_gain, recall_gain, thresholds = curve`. A gain is `(r − π) / ((1 − π) r)` of a rate `r` with
    the share of positives `π`: 0 for always predicting positive, 1 for the perfect. Lines between points are straight.

    Parameters
    ----------
    precision_gain, recall_gain : float64 array
        At most 1, one longer than `thresholds`: the closing point, interpolated where recall is `π`, has none. Points
        of less recall are left out; a precision gain below 0 is kept. NaN unless there are positives and negatives.
    thresholds : float64 array
        Increasing; a point counts rows with `score >= threshold` (`>` for counts made with `comparison=">"`).
    auc : float
        Area over recall gain 0 to 1, at most 1; precision gains below 0 count as they are. That of the full curve
        after `thin` too.
    bounds : tuple of float, optional
        Lower and upper bound of the exact area, when the curve comes from binned counts.

    References
    ----------
    Flach and Kull, *Precision-Recall-Gain curves: PR analysis done right*, NeurIPS 28 (2015).

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> counts.precision_recall_gain_curve()
    <PrecisionRecallGainCurve with 5 points, AUC = 0.25>
    """

    precision_gain: Values
    recall_gain: Values
    thresholds: Values
    auc: float
    bounds: tuple[float, float] | None = None

    def _names(self) -> tuple[str, str, str]:
        return "precision_gain", "recall_gain", "thresholds"

    def _figure(self) -> str:
        return f", AUC = {with_bounds(self.auc, self.bounds)}"


@dataclass(frozen=True, eq=False, repr=False)
class DecisionCurve(Table):
    """Net benefit against the threshold probability: of the model, and of treating all; treating none has 0.

    Unpacks as `thresholds, model, treat_all = curve`.

    Parameters
    ----------
    thresholds : float64 array
        Threshold probabilities in [0, 1), increasing: those at which the rows were counted.
    model : float64 array
        `TP/n − FP/n · t/(1 − t)`: true positives per row, less false positives at the price that `t` implies.
    treat_all : float64 array
        The same when every row is flagged.

    References
    ----------
    Vickers and Elkin, *Decision curve analysis*, Medical Decision Making 26 (2006).

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> counts.decision_curve([0.2, 0.5]).model.tolist()
    [0.4375, 0.25]
    """

    thresholds: Values
    model: Values
    treat_all: Values

    def __post_init__(self) -> None:
        for name in ("thresholds", "model", "treat_all"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        shapes = [column.shape for column in self]
        if len(set(shapes)) != 1 or len(shapes[0]) != 1:
            raise Error(f"curve columns must have one length, but have shapes {shapes}")

    def __iter__(self) -> Iterator[Values]:
        return iter([self.thresholds, self.model, self.treat_all])

    def __repr__(self) -> str:
        return f"<{self._caption()}>"

    def plot(
        self,
        ax: Axes | None = None,
        *,
        name: str | None = None,
        curve_kwargs: dict[str, Any] | None = None,
        plot_chance_level: bool = True,
    ) -> Axes:
        """Draw the net benefit with Matplotlib and return the Axes; `name`, the legend's, is "Model" by default.

        Parameters
        ----------
        ax, name, curve_kwargs
            As in `Curve.plot`.
        plot_chance_level : bool, default True
            Also draw treating all and treating none.

        Raises
        ------
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).
        """
        from thresher import plots

        name = "Model" if name is None else name
        return plots.curve(self, ax, name=name, curve_kwargs=curve_kwargs, plot_chance_level=plot_chance_level)

    def _rows(self) -> int:
        return len(self.thresholds)

    def _columns(self, rows: Any = slice(None)) -> dict[str, Values]:
        return {"thresholds": self.thresholds[rows], "model": self.model[rows], "treat_all": self.treat_all[rows]}

    def _caption(self) -> str:
        return f"DecisionCurve at {self._rows():,} thresholds"
