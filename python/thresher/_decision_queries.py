"""Thresholds chosen from an accumulator: the best by a metric or by costs, or the one where a rate reaches a target."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from thresher import _core, _distributions
from thresher._errors import Error, one_of
from thresher._html import number
from thresher._rates import RATES, Values
from thresher.choices import Choice
from thresher.confusion import ConfusionCounts, cell_costs, fraction

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["TARGETS", "DecisionQueries", "target_of"]

Bounds: TypeAlias = "tuple[float | None, float | None]"

TARGETS = {
    "recall": (True, True),
    "precision": (True, False),
    "false_positive_rate": (False, False),
    "predicted_positive_rate": (False, False),
}
"""By rate: whether the target is the least that is accepted (else the most), and whether the highest threshold is taken
(else the lowest)."""


class DecisionQueries:
    """Everything that chooses a threshold."""

    __slots__ = ()

    _state: _core.Accumulator

    def best_threshold(
        self,
        metric: str | Callable[[ConfusionCounts], ArrayLike] | None = None,
        *,
        subject_to: Mapping[str, Bounds] | None = None,
        costs: Mapping[str, float] | None = None,
        prevalence: float | None = None,
        tolerance: float = 0.01,
        beta: float = 1.0,
        level: float = 0.95,
    ) -> Choice:
        """Return the threshold with the best metric or the lowest expected cost, among every distinct one.

        Parameters
        ----------
        metric : str or callable, default "f1"
            Any name of `ConfusionCounts.rate`; or a function of ConfusionCounts at every candidate, thresholds
            ascending, that returns an array of that length. The highest is best; the lowest of the false positive,
            false negative, false discovery and error rates and of the negative likelihood ratio.
        subject_to : mapping, optional
            Bounds of rates by name, `(low, high)`, both included, None for none: `{"precision": (0.9, None)}`. An
            undefined rate satisfies none.
        costs : mapping, optional
            Instead of a metric: what a row costs, as in `ConfusionCounts.expected_cost`.
        prevalence : float, optional
            Judge metric, costs and bounds at this share of positives, as `ConfusionCounts.at_prevalence` does.
        tolerance : float, default 0.01
            Of `lowest` and `highest`: how much worse than the best, relative to it, is still as good.
        beta : float, default 1.0
            Weight of recall against precision, for "f_score" alone.
        level : float, default 0.95
            Confidence level of the choice's intervals.

        Returns
        -------
        Choice
            With `feasible=False`, and the reason, when nothing satisfies the bounds; an undefined metric is never best.

        Raises
        ------
        Error
            For an unknown name, bounds that exclude each other, a metric and costs together, or a callable whose result
            has another length.

        Notes
        -----
        Candidates are the thresholds kept, or the distinct scores, and inf, which stands for flagging nothing; -inf, in
        counts at thresholds, for flagging all. Ties go to the highest threshold: rates and integer costs of rows are
        compared as exact quotients, rounded once; the Matthews correlation, f_score, other costs, sums of weights and
        other prevalences tie within 1e-14.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 0, 1, 0, 1, 1], [0.1, 0.4, 0.35, 0.5, 0.8, 0.7])
        >>> counts.best_threshold("youden_j").threshold
        0.7
        >>> counts.best_threshold(costs={"false_positive": 1, "false_negative": 5}).threshold
        0.35
        >>> counts.best_threshold("recall", subject_to={"precision": (0.8, None)}).threshold
        0.7
        """
        if metric is not None and costs is not None:
            raise Error("`metric` and `costs` were both given; one of them is accepted")
        if isinstance(metric, str):
            one_of("metric", metric, RATES)
        limits = _limits(subject_to or {})
        prevalence = None if prevalence is None else fraction("prevalence", prevalence)
        _distributions.quantile(level)
        tally = self._state.tally()
        comparison = self._state.comparison
        rate = values = None
        name = "expected_cost"
        if callable(metric):
            name = getattr(metric, "__name__", type(metric).__name__)
            values = _values(metric, ConfusionCounts.of(_core.candidates(tally), comparison, scalar=False), prevalence)
        elif costs is None:
            name = rate = metric or "f1"
        chosen = _core.best_threshold(
            tally, rate, beta, None if costs is None else cell_costs(costs), values, limits, prevalence, tolerance
        )
        return _choice(chosen, comparison, name, limits, beta, tolerance=tolerance, level=level, prevalence=prevalence)

    def threshold_at(
        self,
        *,
        recall: float | None = None,
        precision: float | None = None,
        false_positive_rate: float | None = None,
        predicted_positive_rate: float | None = None,
        level: float = 0.95,
    ) -> Choice:
        """Return the threshold where one rate, exactly one, reaches its target.

        Parameters
        ----------
        recall : float
            The highest threshold with at least this recall.
        precision : float
            The lowest threshold with at least this precision.
        false_positive_rate, predicted_positive_rate : float
            The lowest threshold with at most this rate.
        level : float, default 0.95
            Confidence level of the choice's intervals.

        Returns
        -------
        Choice
            Its value is the rate reached. With `feasible=False`, and the reason, when none reaches the target.

        Raises
        ------
        Error
            Unless exactly one rate is given, in [0, 1].

        Notes
        -----
        Rates of rows are rounded to float64 once, then compared: 9 of 10 reaches 0.9. Candidates as in
        `best_threshold`. On binned counts `unresolved` is where a threshold further that way may reach the target too.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        >>> counts.threshold_at(recall=0.5).threshold, counts.threshold_at(false_positive_rate=0.5).threshold
        (0.8, 0.35)
        """
        targets = dict(zip(TARGETS, (recall, precision, false_positive_rate, predicted_positive_rate), strict=True))
        given = {name: fraction(name, target) for name, target in targets.items() if target is not None}
        if len(given) != 1:
            raise Error(f"exactly one of {', '.join(TARGETS)} must be given, but found {', '.join(given) or 'none'}")
        _distributions.quantile(level)
        [(name, target)] = given.items()
        name, low, high, highest = target_of(name, target)
        chosen = _core.threshold_at(self._state.tally(), name, low, high, highest)
        return _choice(chosen, self._state.comparison, name, [(name, low, high)], 1.0, level=level)


def target_of(name: str, target: float) -> tuple[str, float, float, bool]:
    """Return a rate's name, the least and the largest value that is accepted, and whether the highest threshold is."""
    at_least, highest = TARGETS[name]
    low, high = (target, math.inf) if at_least else (-math.inf, target)
    return name, low, high, highest


def _limits(subject_to: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """Return the bounds of each rate, infinite where there is none."""
    limits = []
    for name, bounds in subject_to.items():
        one_of("subject_to", name, RATES)
        if not isinstance(bounds, tuple | list) or len(bounds) != 2:
            raise Error(f"`subject_to`[{name!r}] must be (low, high), None for none, but is {bounds!r}")
        low = -math.inf if bounds[0] is None else float(bounds[0])
        high = math.inf if bounds[1] is None else float(bounds[1])
        if not low <= high:
            raise Error(f"`subject_to`[{name!r}] must be (low, high) with low <= high, but is {bounds!r}")
        limits.append((name, low, high))
    return limits


def _values(metric: Callable[[ConfusionCounts], ArrayLike], counts: ConfusionCounts, prevalence: float | None) -> Any:
    """Return what the caller's own metric makes of every candidate."""
    values = np.asarray(metric(counts if prevalence is None else counts.at_prevalence(prevalence)), dtype=np.float64)
    if values.shape != (len(counts),):
        raise Error(
            f"`metric` must return an array of shape ({len(counts)},), but returned one of shape {values.shape}"
        )
    return values


def _choice(
    chosen: Any, comparison: str, metric: str, limits: list[tuple[str, float, float]], beta: float, **settings: Any
) -> Choice:
    columns, value, feasible, (lowest, highest), unresolved, reachable = chosen
    counts = ConfusionCounts.of(columns, comparison, scalar=True)
    choice = Choice(
        threshold=counts.thresholds,  # type: ignore[arg-type]
        counts=counts,
        metric=metric,
        value=value,
        feasible=feasible,
        lowest=lowest,
        highest=highest,
        certain=unresolved is None,
        unresolved=unresolved,
        reachable=reachable,
        **settings,
    )
    return choice if feasible else replace(choice, reason=_reason(choice.judged, metric, limits, beta))


def _reason(counts: ConfusionCounts, metric: str, limits: list[tuple[str, float, float]], beta: float) -> str:
    """Return why nothing is feasible, when these counts come closest."""
    rates = {name: counts.rate(name, beta) for name, _, _ in limits}
    if all(low <= rates[name] <= high for name, low, high in limits):
        return f"not feasible: {metric} is undefined at every threshold" + (" within the bounds" if limits else "")
    if any(math.isnan(rate) for rate in rates.values()):
        undefined = " and ".join(name for name, rate in rates.items() if math.isnan(rate))
        return f"not feasible: {undefined} is undefined at every threshold"
    best = ", ".join(f"{name} {number(rates[name])}{_missed(rates[name], low, high)}" for name, low, high in limits)
    return f"not feasible: best reachable is {best} at {number(counts.thresholds)}"


def _missed(rate: Values, low: float, high: float) -> str:
    """Return the bound that a rate does not keep."""
    return f" (wanted >= {number(low)})" if rate < low else f" (wanted <= {number(high)})" if rate > high else ""
