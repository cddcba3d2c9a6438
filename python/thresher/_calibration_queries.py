"""Calibration and the convex hull, read off an accumulator."""

from __future__ import annotations

from thresher import _core, _distributions
from thresher._errors import one_of
from thresher.calibration import BrierDecomposition, IsotonicCalibration, ReliabilityCurve
from thresher.curves import RocCurve

__all__ = ["CalibrationQueries"]

_METHODS = ("corp", "binned")
_STRATEGIES = ("uniform", "quantile")


class CalibrationQueries:
    """Scores read as probabilities: they must lie in [0, 1], except for the hull, H-measure and isotonic regression.

    Counts that are not `exact` need sums of scores (`sums=True`) for all but these three.
    """

    __slots__ = ()

    _state: _core.Accumulator

    def mean_score(self) -> float:
        """Return the mean score, `Σ w s / Σ w`, 0 to 1; NaN without rows. Raises Error as `log_loss`."""
        return _core.mean_score(self._state.tally())

    def calibration_ratio(self) -> float:
        """Return mean score over prevalence: above 1, scores promise more positives than there are.

        NaN without positives. Raises Error as `log_loss`.
        """
        return _core.calibration_ratio(self._state.tally())

    def log_loss(self) -> float:
        """Return the mean of `-ln` of the probability given to the true label, 0 to inf; NaN without rows.

        Nothing is clipped: one positive with score 0, or negative with score 1, makes it inf.

        Raises
        ------
        Error
            For scores outside [0, 1], and for binned counts without sums of scores.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 1], [0.5, 0.5])
        >>> round(counts.log_loss(), 4), counts.normalized_entropy()
        (0.6931, 1.0)
        """
        return _core.log_loss(self._state.tally())

    def normalized_entropy(self) -> float:
        """Return log loss over the entropy of the prevalence, 0 to inf: below 1, scores tell more than the prevalence.

        NaN unless both classes are present. Raises Error as `log_loss`. He et al. (2014), ADKDD.
        """
        return _core.normalized_entropy(self._state.tally())

    def brier_score(self) -> float:
        """Return the mean of `(score - label)²`, 0 to 1; NaN without rows. Raises Error as `log_loss`."""
        return _core.brier_score(self._state.tally())

    def brier_decomposition(
        self, method: str = "corp", n_bins: int = 10, strategy: str = "uniform"
    ) -> BrierDecomposition:
        """Return the Brier score and the terms it is made of.

        Parameters
        ----------
        method : {"corp", "binned"}, default "corp"
            Compare scores with isotonic regression, which needs no bins; or with shares of positives of bins.
        n_bins, strategy
            Bins of "binned", as `reliability_curve` takes them.

        Raises
        ------
        Error
            As `log_loss` and `reliability_curve`.
        """
        one_of("method", method, _METHODS)
        one_of("strategy", strategy, _STRATEGIES)
        parts = _core.brier_parts(self._state.tally(), n_bins if method == "binned" else None, strategy)
        return BrierDecomposition(*parts, method)

    def reliability_curve(self, n_bins: int = 10, strategy: str = "uniform", level: float = 0.95) -> ReliabilityCurve:
        """Return mean score and share of positives per bin of scores, with Wilson intervals.

        Parameters
        ----------
        n_bins : int, default 10
            Bins, from 1 to 1,048,576; those without rows are left out.
        strategy : {"uniform", "quantile"}, default "uniform"
            Bins of equal width over [0, 1], or of equal mass; tied scores stay together.
        level : float, default 0.95
            Confidence level of the intervals, in (0, 1).

        Raises
        ------
        Error
            For an option that is not accepted, and as `log_loss`.
        """
        one_of("strategy", strategy, _STRATEGIES)
        columns = _core.reliability(self._state.tally(), n_bins, strategy, _distributions.quantile(level))
        return ReliabilityCurve(*columns, strategy=strategy, level=level)

    def expected_calibration_error(self, n_bins: int = 10, strategy: str = "uniform") -> float:
        """Return the mean distance of mean score and share of positives over the bins of `reliability_curve`."""
        return self.reliability_curve(n_bins, strategy).expected_calibration_error

    def maximum_calibration_error(self, n_bins: int = 10, strategy: str = "uniform") -> float:
        """Return the largest distance of mean score and share of positives in the bins of `reliability_curve`."""
        return self.reliability_curve(n_bins, strategy).maximum_calibration_error

    def isotonic_calibration(self) -> IsotonicCalibration:
        """Return the isotonic regression of labels on scores, a callable; scores may be of any scale."""
        tally = self._state.tally()
        interpolation = "linear" if tally.tied else "step"
        return IsotonicCalibration(*_core.isotonic(tally), interpolation, self._state.comparison)

    def roc_convex_hull(self) -> RocCurve:
        """Return the convex hull of the ROC curve: its corners, from (0, 0) at threshold inf, and its area.

        Of binned counts it is the hull of the points known.
        """
        return RocCurve(*_core.roc_convex_hull(self._state.tally()))

    def h_measure(self, severity: tuple[float, float] | None = None) -> float:
        """Return the H-measure, 0 (chance) to 1 (perfect): expected loss at the best thresholds, over costs.

        Parameters
        ----------
        severity : tuple of two floats, optional
            Both parameters of the Beta distribution of `c`, the cost of a false positive as a share of that of a false
            positive and a false negative. By default `(π + 1, 2 - π)` with the prevalence `π`.

        Returns
        -------
        float
            `1 - L / L_max`; NaN unless both classes are present.

        Raises
        ------
        Error
            Unless both parameters are finite and > 0.

        References
        ----------
        Hand and Anagnostopoulos (2014), A better Beta for the H measure, Pattern Recognition Letters 40.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9])
        >>> counts.h_measure()
        1.0
        """
        return _core.h_measure(self._state.tally(), severity)
