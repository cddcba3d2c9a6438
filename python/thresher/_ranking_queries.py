"""Read off an accumulator: Kolmogorov–Smirnov, gains, parts of the ROC curve, net benefit, the top rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._arrays import ArrayLike
from thresher._errors import Error
from thresher._net_benefit import decision_curve_of, net_benefit_of
from thresher._queries import inexact, judge
from thresher.ranking import (
    DecisionCurve,
    EqualErrorRate,
    GainCurve,
    KolmogorovSmirnov,
    LiftCurve,
    PrecisionRecallGainCurve,
)

__all__ = ["RankingQueries"]


class RankingQueries:
    """What an accumulator's tally says of the ranking beyond its areas and usual curves."""

    __slots__ = ()

    _state: _core.Accumulator

    def kolmogorov_smirnov(self) -> KolmogorovSmirnov:
        """Return the largest `|TPR − FPR|`, the highest threshold that reaches it, and its two-sided p-value."""
        value, threshold, p_value, lower, upper = _core.kolmogorov_smirnov(self._state.tally())
        return KolmogorovSmirnov(value, threshold, p_value, inexact((lower, upper)))

    def equal_error_rate(self) -> EqualErrorRate:
        """Return the rate at which false positive and false negative rate meet, and the threshold that passes it."""
        value, threshold, lower, upper = _core.equal_error_rate(self._state.tally())
        return EqualErrorRate(value, threshold, inexact((lower, upper)))

    def gini(self, tolerance: float = 1e-3) -> float:
        """Return the Gini coefficient (accuracy ratio), `2·AUC − 1`, from -1 to 1.

        Parameters
        ----------
        tolerance : float, default 1e-3
            Widest bounds of a binned answer that raise no `InexactWarning`.

        Returns
        -------
        float
            0 for scores that tell nothing; NaN unless there are positives and negatives.
        """
        value, lower, upper = (2 * area - 1 for area in self._state.roc_auc(None))
        judge("gini", value, (lower, upper), tolerance)
        return value

    def gain_curve(self) -> GainCurve:
        """Return recall against the share of rows flagged, from (0, 0) at threshold inf to (1, 1)."""
        return GainCurve(*_core.gain_curve(self._state.tally()))

    def lift_curve(self) -> LiftCurve:
        """Return lift (precision over prevalence) against the share of rows flagged."""
        return LiftCurve(*_core.lift_curve(self._state.tally()))

    def precision_recall_gain_curve(self) -> PrecisionRecallGainCurve:
        """Return precision gain against recall gain, with the area under it."""
        points, (area, lower, upper) = _core.precision_recall_gain_curve(self._state.tally())
        return PrecisionRecallGainCurve(*points, area, inexact((lower, upper)))

    def partial_roc_auc(
        self,
        *,
        max_fpr: float | None = None,
        min_tpr: float | None = None,
        fpr_range: tuple[float, float] | None = None,
        tpr_range: tuple[float, float] | None = None,
        standardized: bool = True,
        tolerance: float = 1e-3,
    ) -> float:
        """Return the area under part of the ROC curve: in a range of false, or of true positive rates.

        Parameters
        ----------
        max_fpr, min_tpr : float, optional
            Short for `fpr_range=(0, max_fpr)` and `tpr_range=(min_tpr, 1)`.
        fpr_range, tpr_range : (float, float), optional
            Lower and upper rate in [0, 1]: `∫ TPR dFPR` or `∫ (1 − FPR) dTPR` between them. Exactly one of the four is
            needed.
        standardized : bool, default True
            After McClish: 0.5 is chance and 1 perfect; False: the plain area, at most the width of the range.
        tolerance : float, default 1e-3
            Widest bounds of a binned answer that raise no `InexactWarning`.

        Returns
        -------
        float
            NaN unless there are positives and negatives. `roc_auc(max_fpr=…)` is the same number as
            `partial_roc_auc(max_fpr=…)`; that one's warning goes by the bounds of the full area.

        Raises
        ------
        Error
            For none or several of the four, or a range that is none.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        >>> counts.partial_roc_auc(tpr_range=(0.5, 1), standardized=False)
        0.25
        """
        of_tpr, lower, upper = _range(
            {"max_fpr": max_fpr, "min_tpr": min_tpr, "fpr_range": fpr_range, "tpr_range": tpr_range}
        )
        tally = self._state.tally()
        value, *bounds = _core.partial_roc_auc(tally, of_tpr, lower, upper, bool(standardized))
        judge("partial_roc_auc", value, (bounds[0], bounds[1]), tolerance)
        return value

    def log_roc_auc(self, min_fpr: float = 0.001, tolerance: float = 1e-3) -> float:
        """Return LogAUC: the area under the ROC curve over log FPR, as a share of the perfect, 0 to 1.

        Parameters
        ----------
        min_fpr : float, default 0.001
            In (0, 1): where the axis begins.
        tolerance : float, default 1e-3
            Widest bounds of a binned answer that raise no `InexactWarning`.

        Returns
        -------
        float
            `∫ TPR d(ln FPR) / ln(1/min_fpr)`; scores that tell nothing have 0.1446 from 0.001 on. NaN unless there are
            positives and negatives.
        """
        value, lower, upper = _core.log_roc_auc(self._state.tally(), float(min_fpr))
        judge("log_roc_auc", value, (lower, upper), tolerance)
        return value

    def precision_at(self, *, k: float | None = None, share: float | None = None, tolerance: float = 1e-3) -> float:
        """Return the share of positives among the `k` rows, or the share of rows, that score highest.

        Parameters
        ----------
        k : float, optional
            So many rows; of weighted counts, so much weight.
        share : float, optional
            This share of all rows (of their weight), in (0, 1]; not rounded to whole rows. Give `k` or `share`.
        tolerance : float, default 1e-3
            Widest bounds of a binned answer that raise no `InexactWarning`.

        Returns
        -------
        float
            Where `k` cuts a group of tied scores: the expected value over its random orders. NaN with fewer than `k`
            rows.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([1, 1, 0, 0, 0], [0.9, 0.5, 0.5, 0.5, 0.5])
        >>> counts.precision_at(k=2), counts.recall_at(share=0.4)
        (0.625, 0.625)
        """
        (value, lower, upper), _ = self._top(k, share)
        judge("precision_at", value, (lower, upper), tolerance)
        return value

    def recall_at(self, *, k: float | None = None, share: float | None = None, tolerance: float = 1e-3) -> float:
        """Return the share of all positives that is among the top rows; `precision_at` says what the parameters are."""
        _, (value, lower, upper) = self._top(k, share)
        judge("recall_at", value, (lower, upper), tolerance)
        return value

    def precision_at_bounds(self, *, k: float | None = None, share: float | None = None) -> tuple[float, float]:
        """Return (lower, upper): the exact `precision_at` lies inside, always; equal where it is exact."""
        return self._top(k, share)[0][1:]

    def recall_at_bounds(self, *, k: float | None = None, share: float | None = None) -> tuple[float, float]:
        """Return (lower, upper): the exact `recall_at` lies inside, always; equal where it is exact."""
        return self._top(k, share)[1][1:]

    def _top(
        self, k: float | None, share: float | None
    ) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        amount = share if k is None else k
        if amount is None or (k is not None and share is not None):
            raise Error(f"one of `k` and `share` is needed, but k={k!r} and share={share!r}")
        return _core.precision_and_recall_at(self._state.tally(), float(amount), k is None)

    def net_benefit(self, thresholds: ArrayLike, prevalence: float | None = None) -> NDArray[np.float64] | float:
        """Return the net benefit of flagging `score >= t` at threshold probabilities `t`: `TP/n − FP/n · t/(1 − t)`.

        Parameters
        ----------
        thresholds : float or array-like of shape (k,)
            In [0, 1); of binned counts, thresholds at which they were counted.
        prevalence : float, optional
            Share of positives, 0 to 1, to re-weigh the rates to; that of the counts by default.

        Returns
        -------
        float64 array of shape (k,), or float
            True positives per row, less false positives at the price that `t` implies. NaN without rows; with
            `prevalence`, unless there are positives and negatives.

        Raises
        ------
        Error
            For a threshold that is outside [0, 1) or not kept, naming the nearest, and for scores that are no
            probabilities.
        """
        return net_benefit_of(self._state, thresholds, prevalence)

    def decision_curve(self, thresholds: ArrayLike | None = None, prevalence: float | None = None) -> DecisionCurve:
        """Return net benefit against the threshold probability: of the model, and of treating all.

        Parameters
        ----------
        thresholds : array-like of shape (k,), optional
            In [0, 1); of binned counts the nearest kept are taken, and stated in the curve. By default those of a
            ThresholdCounts itself, else 0.01, 0.02, … 0.99.
        prevalence : float, optional
            Share of positives, 0 to 1, to re-weigh the rates to; that of the counts by default.

        Raises
        ------
        Error
            For a threshold outside [0, 1), and for scores that are no probabilities.
        """
        return decision_curve_of(self._state, thresholds, prevalence)


def _range(given: dict[str, Any]) -> tuple[bool, float, float]:
    """Return whether it is one of true positive rates, and its ends."""
    named = [(name, value) for name, value in given.items() if value is not None]
    if len(named) != 1:
        found = ", ".join(name for name, _ in named) or "none"
        raise Error(f"exactly one of {', '.join(given)} is needed, but given: {found}")
    name, value = named[0]
    if name == "max_fpr":
        if not 0 < value <= 1:
            raise Error(f"`max_fpr` must be in (0, 1], but is {value!r}")
        return False, 0.0, float(value)
    if name == "min_tpr":
        if not 0 <= value < 1:
            raise Error(f"`min_tpr` must be in [0, 1), but is {value!r}")
        return True, float(value), 1.0
    try:
        lower, upper = map(float, value)
    except (TypeError, ValueError):
        raise Error(f"`{name}` must be two rates (lower, upper), but is {value!r}") from None
    return name == "tpr_range", lower, upper
