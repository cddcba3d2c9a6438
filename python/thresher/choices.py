"""Choice: a threshold, why it was chosen, and what it does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thresher._errors import Error
from thresher._html import number, table
from thresher._rates import RATES, Values
from thresher.confusion import ConfusionCounts
from thresher.estimates import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Choice"]

_OF_ONE_CLASS = ("recall", "specificity", "false_positive_rate", "false_negative_rate")
_SHOWN = ("recall", "precision", "false_positive_rate", "predicted_positive_rate", "f1", "accuracy")


@dataclass(frozen=True)
class Choice:
    """A threshold that was chosen, the four counts there, and what else would have done.

    Parameters
    ----------
    threshold : float
        Where to cut; inf flags nothing. When nothing is feasible, the threshold that comes closest.
    counts : ConfusionCounts
        The counts at that threshold, as they were counted; `choice.judged` has those that the choice was made by.
    metric : str
        Name of the metric, "expected_cost", or the callable's own name.
    value : float
        The metric, or the expected cost of a row, at the threshold; NaN where it is undefined.
    feasible : bool
        Whether the threshold satisfies what was asked for.
    reason : str
        Why it is not feasible, with the best that can be reached; empty when it is.
    lowest, highest : float
        Ends of the run of thresholds around the chosen one, all of them feasible, whose value is within `tolerance`.
    tolerance : float
        Relative to the value.
    certain : bool
        Whether no threshold whatsoever can do better. Counts at a threshold that was kept are exact, but of binned
        counts a better one may lie between two of them.
    unresolved : tuple of float, optional
        Where such a threshold may lie: strictly between these two. None when certain.
    reachable : float
        What no threshold can beat: `value` when certain, NaN when unknown.
    level : float
        Confidence level of the intervals.
    prevalence : float, optional
        Share of positives that the choice was made for; None: that of the counts.

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1, 1], [0.1, 0.4, 0.35, 0.8, 0.7])
    >>> choice = counts.best_threshold("f1")
    >>> choice.threshold, round(choice.value, 3), choice.counts.true_positives
    (0.35, 0.857, 3)
    >>> counts.threshold_at(precision=0.9).threshold
    0.7
    """

    threshold: float
    counts: ConfusionCounts
    metric: str
    value: float
    feasible: bool = True
    reason: str = ""
    lowest: float = math.nan
    highest: float = math.nan
    tolerance: float = 0.0
    certain: bool = True
    unresolved: tuple[float, float] | None = None
    reachable: float = math.nan
    level: float = 0.95
    prevalence: float | None = None

    @property
    def judged(self) -> ConfusionCounts:
        """The counts that the choice was made by: at its prevalence where it has one."""
        return self.counts if self.prevalence is None else self.counts.at_prevalence(self.prevalence)

    def rate(self, name: str, beta: float = 1.0) -> Values:
        """Return the rate of that name at the threshold and the choice's prevalence, as `ConfusionCounts.rate`."""
        return self.judged.rate(name, beta)

    def interval(
        self, name: str, level: float | None = None, *, beta: float = 1.0, weight_meaning: str | None = None
    ) -> Estimate:
        """Return the rate of that name with its interval, at the choice's level by default.

        As `ConfusionCounts.interval`. The threshold is taken as given: that it was chosen by the same rows is not in
        the interval, so the chosen metric looks a little better than it is. At another prevalence only recall,
        specificity and their complements have one: they are as they were counted.
        """
        level = self.level if level is None else level
        counts = self.counts if name in _OF_ONE_CLASS else self.judged
        return counts.interval(name, level, beta=beta, weight_meaning=weight_meaning)  # type: ignore[return-value]

    def to_dict(self) -> dict[str, Any]:
        """Return every field by name, as Python numbers; the counts as `ConfusionCounts.to_dict` does."""
        return dict(vars(self)) | {"counts": self.counts.to_dict()}

    def plot(
        self,
        counts: ConfusionCounts,
        ax: Axes | None = None,
        *,
        rates: Sequence[str] | None = None,
        level: float | None = None,
        weight_meaning: str | None = None,
    ) -> Axes:
        """Draw rates against the threshold, with this choice marked, and return the Axes.

        Parameters
        ----------
        counts : ConfusionCounts
            At the thresholds to draw: `accumulator.confusion()` has all of them, for a CompactCounts
            `accumulator.confusion(accumulator.thresholds)`. A choice for another prevalence is best seen on
            `counts.at_prevalence(prevalence)`.
        ax, level, weight_meaning
            As in `ConfusionCounts.plot`.
        rates : sequence of str, optional
            Names as in `rate`; by default recall, precision, and the metric of the choice where it is another rate.

        Raises
        ------
        Error
            As `ConfusionCounts.plot`, and for counts at a scalar threshold.
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).

        Examples
        --------
        >>> import thresher as th
        >>> from matplotlib.figure import Figure
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 0, 1, 1, 1], [0.1, 0.4, 0.35, 0.8, 0.7])
        >>> ax = counts.best_threshold("f1").plot(counts.confusion(), Figure().subplots())
        >>> ax.get_legend().get_texts()[-1].get_text()
        'chosen: 0.35 (f1 = 0.857)'
        """
        if np.ndim(counts.thresholds) == 0:
            raise Error("`counts` must be at several thresholds, but are at one")
        if rates is None:
            rates = ("recall", "precision", *({self.metric} & set(RATES) - {"recall", "precision"}))
        return counts.plot(ax, rates=rates, choice=self, level=level, weight_meaning=weight_meaning)

    def __str__(self) -> str:
        return "\n".join([self._caption(), *(f"  {name}: {text}" for name, text in self._lines().items())])

    def __repr__(self) -> str:
        return f"<{self}>"

    def _repr_html_(self) -> str:
        return table(self._caption(), ("", ""), self._lines().items())

    def _caption(self) -> str:
        value = number(self.value) + ("" if self.prevalence is None else f" at prevalence {number(self.prevalence)}")
        head = f"Choice(score {self.counts.comparison} {number(self.threshold)}: {self.metric} = {value})"
        return head if self.feasible else f"{head}, {self.reason}"

    def _lines(self) -> dict[str, str]:
        cells = ("true_positives", "false_positives", "false_negatives", "true_negatives")
        lines = {"counts": ", ".join(f"{name}={number(getattr(self.counts, name))}" for name in cells)}
        if self.lowest < self.highest:
            run = f"{number(self.lowest)} to {number(self.highest)}"
            lines[f"within {100 * self.tolerance:g} % of the best"] = run
        if self.unresolved is not None:
            low, high = self.unresolved
            reach = "" if math.isnan(self.reachable) else f", up to {self.metric} = {number(self.reachable)}"
            lines["a better one may lie"] = f"between {number(low)} and {number(high)}{reach}"
        rows = isinstance(self.counts.true_positives, int)
        sure = (name for name in _SHOWN if rows and (self.prevalence is None or name in _OF_ONE_CLASS))
        rates = {name: number(self.rate(name)) for name in _SHOWN}
        return lines | rates | {name: str(self.interval(name)) for name in sure}
