"""Read off an accumulator: what was counted, areas with their bounds, curves, and how it shows itself."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._errors import Error, InexactWarning, one_of
from thresher._html import number, with_bounds
from thresher._rows import Rows
from thresher.curves import DetCurve, PrecisionRecallCurve, RocCurve

__all__ = ["PR_AUC_METHODS", "Queries", "inexact", "judge", "precision_recall_curve_of", "roc_curve_of"]

PR_AUC_METHODS = ("step", "davis-goadrich", "trapezoid")


class Queries(Rows):
    """Everything that reads a compiled state of one model and changes nothing."""

    __slots__ = ()

    _state: _core.Accumulator

    @property
    def sums(self) -> bool:
        """Whether sums of squared weights, scores, squared scores and log losses are kept beside the counts."""
        return self._state.sums

    @property
    def exact(self) -> bool:
        """Whether every group is known to be one tied score: then every area is exact."""
        return self._state.exact

    @property
    def plan(self) -> str:
        """Which fast path an update takes, in words."""
        return self._state.plan

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """Where counts are kept, as float64."""
        return self._state.thresholds()

    def roc_auc(self, max_fpr: float | None = None, tolerance: float = 1e-3) -> float:
        """Return the area under the ROC curve, 0 to 1; ties count half.

        Parameters
        ----------
        max_fpr : float, optional
            In (0, 1]: the partial area up to this false positive rate, McClish-standardised as in scikit-learn.
        tolerance : float, default 1e-3
            Widest bounds of a binned area (of the full one, for a partial area) that raise no `InexactWarning`.

        Returns
        -------
        float
            `Σ p (N_below + n/2) / (P·N)` over groups of tied scores; of binned counts the midpoint of
            `roc_auc_bounds()`. NaN unless there are positives and negatives.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        >>> counts.roc_auc()
        0.75
        """
        value, lower, upper = self._state.roc_auc(max_fpr)
        judge("roc_auc", value, (lower, upper), tolerance, "the exact value" if max_fpr is None else "the full area")
        return value

    def average_precision(self, tolerance: float = 1e-3) -> float:
        """Return the average precision, 0 to 1: the area under the precision-recall curve by steps.

        Parameters
        ----------
        tolerance : float, default 1e-3
            Widest bounds of a binned answer that raise no `InexactWarning`.

        Returns
        -------
        float
            `Σ (p / P) · (T + p) / (T + p + F + n)` over groups from the highest score down; each gap of binned counts
            is one tie. NaN without positives.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 1, 1], [0.5, 0.4, 0.8])
        >>> round(counts.average_precision(), 4)
        0.8333
        """
        value, lower, upper = self._state.average_precision()
        judge("average_precision", value, (lower, upper), tolerance)
        return value

    def pr_auc(self, method: str = "step", tolerance: float = 1e-3) -> float:
        """Return the area under the precision-recall curve by the named interpolation, 0 to 1.

        Parameters
        ----------
        method : {"step", "davis-goadrich", "trapezoid"}, default "step"
            "step" is the average precision; "davis-goadrich" is that of Keras, XGBoost and H2O; "trapezoid" joins the
            points by straight lines, which is optimistic.
        tolerance : float, default 1e-3
            Widest bounds of the average precision of binned counts that raise no `InexactWarning`.

        Returns
        -------
        float
            NaN without positives.
        """
        one_of("method", method, PR_AUC_METHODS)
        value, lower, upper = self._state.pr_auc(method)
        judge("pr_auc", value, (lower, upper), tolerance, "the average precision")
        return value

    def roc_auc_bounds(self) -> tuple[float, float]:
        """Return (lower, upper): the exact ROC AUC lies inside, always; equal where it is exact."""
        return self._state.roc_auc(None)[1:]

    def average_precision_bounds(self) -> tuple[float, float]:
        """Return (lower, upper): the exact average precision lies inside, always; equal where it is exact."""
        return self._state.average_precision()[1:]

    def roc_curve(self, drop_intermediate: bool = True) -> RocCurve:
        """Return the ROC curve, from (0, 0) at threshold inf; `drop_intermediate` leaves out collinear points."""
        return roc_curve_of(self._state, drop_intermediate)

    def precision_recall_curve(self, drop_intermediate: bool = False) -> PrecisionRecallCurve:
        """Return precision against recall, ending at (recall 0, precision 1)."""
        return precision_recall_curve_of(self._state, drop_intermediate)

    def det_curve(self, drop_intermediate: bool = False) -> DetCurve:
        """Return the detection error tradeoff curve: false negative against false positive rate."""
        return DetCurve(*self._state.det_curve(drop_intermediate))

    def _summary(self) -> dict[str, str]:
        lines = self._rows_described()
        auc, precision = self._state.roc_auc(None), self._state.average_precision()
        lines["roc_auc"] = with_bounds(auc[0], auc[1:])
        lines["average_precision"] = with_bounds(precision[0], precision[1:])
        return lines | {"memory": f"{number(self.nbytes)} bytes"}

    def _described(self) -> list[str]:
        """Return the settings as they would be written in a call."""
        return [*(f"{name}={value!r}" for name, value in self._settings().items()), *self._sums_described()]

    def _sums_described(self) -> list[str]:
        return ["sums=True"] if self.sums else []


def roc_curve_of(state: _core.Accumulator, drop_intermediate: bool) -> RocCurve:
    """Return the ROC curve of a state, with the bounds of its area when it is inexact."""
    bounds = None if state.exact else state.roc_auc(None)[1:]
    return RocCurve(*state.roc_curve(drop_intermediate), bounds=inexact(bounds))


def precision_recall_curve_of(state: _core.Accumulator, drop_intermediate: bool) -> PrecisionRecallCurve:
    """Return the precision-recall curve of a state, with the bounds of its area when it is inexact."""
    bounds = None if state.exact else state.average_precision()[1:]
    return PrecisionRecallCurve(*state.precision_recall_curve(drop_intermediate), bounds=inexact(bounds))


def inexact(bounds: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return the bounds of a figure that has a width, None for an exact or undefined one."""
    return bounds if bounds is not None and bounds[0] < bounds[1] else None


def judge(
    name: str, value: float, bounds: tuple[float, float], tolerance: float, subject: str = "the exact value"
) -> None:
    """Warn the caller of a query when the bounds are wider than tolerated."""
    if not tolerance >= 0:
        raise Error(f"`tolerance` must be >= 0, but is {tolerance}")
    if bounds[1] - bounds[0] > tolerance:
        message = (
            f"{name} is {value:.6g}, but these counts only show that {subject} lies in [{bounds[0]:.6g}, "
            f"{bounds[1]:.6g}], wider than tolerance={tolerance:g}; CompactCounts(), thresholds from "
            "thresholds_from(scores) or ExactCounts() narrow it"
        )
        warnings.warn(message, InexactWarning, stacklevel=3)
