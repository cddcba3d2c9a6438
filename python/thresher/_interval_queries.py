"""Intervals of areas, read off an accumulator."""

from __future__ import annotations

from thresher import _core
from thresher._bootstrap import area_estimate, bootstrap_of, interval_wanted
from thresher._errors import one_of
from thresher._intervals import Spread, interval, meaning_of
from thresher.estimates import Estimate

__all__ = [
    "AVERAGE_PRECISION_METHODS",
    "ROC_AUC_METHODS",
    "IntervalQueries",
    "average_precision_of",
    "bootstrapped",
    "roc_auc_of",
]

ROC_AUC_METHODS = ("delong", "hanley-mcneil", "bootstrap")
AVERAGE_PRECISION_METHODS = ("linearised", "binomial", "bootstrap")


class IntervalQueries:
    """How sure the areas are."""

    __slots__ = ()

    _state: _core.Accumulator

    def roc_auc_interval(
        self,
        level: float = 0.95,
        method: str = "delong",
        transform: str | None = "logit",
        *,
        weight_meaning: str | None = None,
    ) -> Estimate:
        """Return the area under the ROC curve with its interval.

        Parameters
        ----------
        level : float, default 0.95
            Share of samples whose interval holds the true area, in (0, 1).
        method : {"delong", "hanley-mcneil", "bootstrap"}, default "delong"
            "delong": variance of the placements, by Student's t with the degrees of freedom that their fourth moments
            tell (below 10,000 samples of a class, else normal). "hanley-mcneil": from the area and the sizes of the
            classes alone. "bootstrap": as `thresher.bootstrap` with its defaults and `seed=0`; percentiles without the
            transform.
        transform : {"logit", None}, default "logit"
            The scale on which the interval is symmetric. On the logit scale it stays inside (0, 1); simulated,
            it covered within two points of the level from 50 samples of a class on, and too little for areas near 0.97
            with 30 (docs/dev/coverage.md). Without a transform it covers too little for areas above 0.9.
        weight_meaning : {"frequency", "sampling"}, optional
            Needed for weighted counts: a weight of 3 is three samples, or one sample that stands for three. "sampling"
            needs counts made with `sums=True`.

        Returns
        -------
        Estimate
            `value` is `roc_auc()`. Of binned counts the interval is widened by `roc_auc_bounds()`, and says so. Where
            the variance is 0 or unknown (classes apart, all tied, one sample of a class) it is one that holds whatever
            the distribution (Clopper-Pearson or Hoeffding over min(P, N) disjoint pairs), named in `method`. NaN unless
            there are positives and negatives.

        Notes
        -----
        DeLong, DeLong and Clarke-Pearson, 1988; Hanley and McNeil, 1982; Hoeffding, "Probability inequalities for sums
        of bounded random variables", 1963. docs/dev/coverage.md has the measured coverage.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 0, 1, 1] * 25, [0.1, 0.4, 0.35, 0.8] * 25)
        >>> print(counts.roc_auc_interval())
        0.750 (0.639–0.836, 95 %)
        """
        one_of("method", method, ROC_AUC_METHODS)
        if method == "bootstrap":
            return bootstrapped(self._state, "roc_auc", level, transform, weight_meaning)
        meaning = meaning_of(weight_meaning, self._state.weighted)
        spread_of = _core.roc_auc_and_samples if method == "hanley-mcneil" else _core.roc_auc_variance
        return roc_auc_of(Spread(*spread_of(self._state.tally(), meaning)), level, method, transform)

    def average_precision_interval(
        self,
        level: float = 0.95,
        method: str = "linearised",
        transform: str | None = "logit",
        *,
        weight_meaning: str | None = None,
    ) -> Estimate:
        """Return the average precision with its interval; the share of positives is part of what varies.

        Parameters
        ----------
        level : float, default 0.95
            Share of samples whose interval holds the true figure, in (0, 1).
        method : {"linearised", "binomial", "bootstrap"}, default "linearised"
            "linearised": sum of squares of what each row contributes, by Student's t as in `roc_auc_interval`.
            "binomial": variance `AP (1 − AP) / P` (Boyd, Eng and Page), which does not see the negatives. "bootstrap":
            see `thresher.bootstrap`, of which this takes the defaults.
        transform : {"logit", None}, default "logit"
            The scale on which the interval is symmetric.
        weight_meaning : {"frequency", "sampling"}, optional
            Needed for weighted counts: a weight of 3 is three samples, or one sample that stands for three. "sampling"
            needs counts made with `sums=True`.

        Returns
        -------
        Estimate
            `value` is `average_precision()`. Of binned counts the interval is widened by `average_precision_bounds()`,
            and says so. With classes apart it is Clopper-Pearson's over the positives, named in `method`. NaN without
            positives.

        Notes
        -----
        Boyd, Eng and Page, "Area under the precision-recall curve: point estimates and confidence intervals", 2013.
        docs/dev/coverage.md has the measured coverage.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 0, 1, 1] * 25, [0.1, 0.4, 0.35, 0.8] * 25)
        >>> print(counts.average_precision_interval())
        0.833 (0.749–0.893, 95 %)
        """
        one_of("method", method, AVERAGE_PRECISION_METHODS)
        if method == "bootstrap":
            return bootstrapped(self._state, "average_precision", level, transform, weight_meaning)
        meaning = meaning_of(weight_meaning, self._state.weighted)
        spread = Spread(*_core.average_precision_variance(self._state.tally(), meaning))
        return average_precision_of(spread, level, method, transform)


def bootstrapped(
    state: _core.Accumulator,
    name: str,
    level: float,
    transform: str | None,
    weight_meaning: str | None,
    n_threads: int | None = None,
) -> Estimate:
    """Return the estimate of an area by the bootstrap's defaults, from seed 0."""
    if transform is not None:
        one_of("transform", transform, ("logit",))
    kind = interval_wanted("percentile" if transform is None else "logit", True, level)
    replicates = bootstrap_of(state, {"": state}, "rows", weight_meaning, seed=0).values(name, 1_000, n_threads)
    return area_estimate(state, name, replicates, level, kind, weight_meaning)


def roc_auc_of(spread: Spread, level: float, method: str, transform: str | None) -> Estimate:
    """Return the estimate of ROC AUC by a method that needs no replicates."""
    if method == "hanley-mcneil":
        variance = _core.hanley_mcneil_variance(spread.value, spread.negatives, spread.positives)
        spread = spread._replace(variance=variance, degrees_of_freedom=float("inf"))
    return interval(spread, min(spread.negatives, spread.positives), level, transform, method)


def average_precision_of(spread: Spread, level: float, method: str, transform: str | None) -> Estimate:
    """Return the estimate of average precision by a method that needs no replicates."""
    if method == "binomial" and spread.positives > 0:
        variance = spread.value * (1 - spread.value) / spread.positives
        spread = spread._replace(variance=variance, degrees_of_freedom=float("inf"))
    return interval(spread, spread.positives, level, transform, method)
