"""Bands of the curves of an accumulator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._arrays import ArrayLike, threshold_array
from thresher._bootstrap import bootstrap_of, replicates_wanted
from thresher._distributions import quantile
from thresher._errors import Error, one_of
from thresher._intervals import meaning_of
from thresher.bands import Band

__all__ = ["BAND_METHODS", "BandQueries"]

BAND_METHODS = ("bootstrap", "fixed-width")


class BandQueries:
    """How sure the curves are."""

    __slots__ = ()

    _state: _core.Accumulator

    def roc_band(
        self,
        level: float = 0.95,
        method: str = "bootstrap",
        *,
        fpr: ArrayLike | None = None,
        n_replicates: int = 1_000,
        seed: int = 0,
        weight_meaning: str | None = None,
        n_threads: int | None = None,
    ) -> Band:
        """Return where the true ROC curve may run: ends of its true positive rate at given false positive rates.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level in (0, 1).
        method : {"bootstrap", "fixed-width"}, default "bootstrap"
            "bootstrap": at each abscissa alone, quantiles of the curves of replicates. "fixed-width": the whole curve
            at once, whatever the distribution: the curve moved along the false positive rate by `√(ln(2/a) / (2N))`,
            along the true one by `√(ln(2/a) / (2P))`, `a = 1 − √level`.
        fpr : array-like, optional
            False positive rates, ascending in [0, 1]; by default 0, 0.005, … 1.
        n_replicates, seed, n_threads
            Of the bootstrap; see `thresher.bootstrap`.
        weight_meaning : {"frequency", "sampling"}, optional
            Needed for weighted counts; "sampling" for the bootstrap alone, and with `sums=True`.

        Returns
        -------
        Band
            Between points the curve is a line; where it rises straight up, its upper end counts. Of binned counts the
            band is widened by what the order inside the groups leaves open. NaN unless there are positives and
            negatives.

        Notes
        -----
        Macskassy, Provost and Rosset, "ROC confidence bands: an empirical evaluation", 2005.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 0, 1, 1] * 25, [0.1, 0.4, 0.35, 0.8] * 25)
        >>> band = counts.roc_band(fpr=[0.25])
        >>> bool(0.3 < band.lower[0] < 0.5 == band.value[0] < band.upper[0] < 0.7)
        True
        """
        one_of("method", method, BAND_METHODS)
        x = _abscissae("fpr", fpr)
        if method == "bootstrap":
            return _by_bootstrap(self._state, "roc", x, level, n_replicates, seed, weight_meaning, n_threads)
        if meaning_of(weight_meaning, self._state.weighted) == "sampling":
            raise Error('`method` "fixed-width" needs rows: sampling weights are for "bootstrap"')
        tally = self._state.tally()
        lower, upper = _core.fixed_width_roc_band(tally, x, level)
        name = "simultaneous, fixed width" + ("" if tally.tied else ", widened by bounds")
        return Band(x, _core.curve_heights(tally, "roc", x), lower, upper, level, name)

    def precision_recall_band(
        self,
        level: float = 0.95,
        *,
        recall: ArrayLike | None = None,
        n_replicates: int = 1_000,
        seed: int = 0,
        weight_meaning: str | None = None,
        n_threads: int | None = None,
    ) -> Band:
        """Return where the true precision may lie at given recalls, at each alone, by the bootstrap.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level in (0, 1).
        recall : array-like, optional
            Recalls, ascending in [0, 1]; by default 0.005, 0.01, … 1.
        n_replicates, seed, weight_meaning, n_threads
            Of the bootstrap; see `thresher.bootstrap`.

        Returns
        -------
        Band
            Precision at a recall is that of the highest threshold that reaches it. Of binned counts the band is widened
            by what the order inside the groups leaves open. NaN without positives.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 0, 1, 1] * 25, [0.1, 0.4, 0.35, 0.8] * 25)
        >>> band = counts.precision_recall_band(recall=[0.9])
        >>> bool(0.5 < band.lower[0] < band.value[0] < band.upper[0] < 0.8)
        True
        """
        x = _abscissae("recall", recall)
        return _by_bootstrap(self._state, "precision_recall", x, level, n_replicates, seed, weight_meaning, n_threads)


def _abscissae(argument: str, values: ArrayLike | None) -> NDArray[np.float64]:
    if values is None:
        return np.arange(0 if argument == "fpr" else 1, 201) / 200
    return threshold_array(values, argument)[0]


def _by_bootstrap(
    state: _core.Accumulator,
    curve: str,
    x: NDArray[np.float64],
    level: float,
    n_replicates: int,
    seed: int,
    weight_meaning: str | None,
    n_threads: int | None,
) -> Band:
    """Return the band of quantiles at each abscissa."""
    quantile(level)  # refuses what is no level
    n_replicates = replicates_wanted(n_replicates)
    bootstrap = bootstrap_of(state, {"": state}, "rows", weight_meaning, seed)
    replicates = bootstrap.heights(curve, x, n_replicates, n_threads).reshape(n_replicates, len(x))
    tally = state.tally()
    value = _core.curve_heights(tally, curve, x)
    defined = replicates[~np.isnan(replicates).any(axis=1)]
    method = f"pointwise, percentile bootstrap, {n_replicates:,} replicates"
    if len(defined) < n_replicates:
        method += f" ({n_replicates - len(defined):,} undefined)"
    if len(defined) < 2:
        return Band(x, value, value * np.nan, value * np.nan, level, method, curve)
    lower, upper = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2], axis=0)
    if not tally.tied:
        least, most = _core.curve_ends(tally, curve, x)
        lower, upper = np.clip(lower + least - value, 0, 1), np.clip(upper + most - value, 0, 1)
        method += ", widened by bounds"
    return Band(x, value, lower, upper, level, method, curve)
