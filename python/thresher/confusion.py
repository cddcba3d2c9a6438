"""Counts of right and wrong decisions at thresholds, and what is read off them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher import _core, _distributions
from thresher._errors import Error, one_of
from thresher._html import number
from thresher._intervals import WEIGHT_MEANINGS
from thresher._rates import RATES, Rates, Values
from thresher._table import Table, frozen
from thresher.estimates import Estimate
from thresher.rate_intervals import RateIntervals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from thresher.choices import Choice

__all__ = ["COMPARISONS", "ConfusionCounts", "cell_costs", "fraction"]

COMPARISONS = (">=", ">")

_COUNTS = ("true_positives", "false_positives", "false_negatives", "true_negatives")
_CELLS = tuple(name.removesuffix("s") for name in _COUNTS)
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
    rescaled : bool, default False
        Whether `at_prevalence` made them: then they are no rows, and have no intervals.

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
    rescaled: bool = False

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
        columns = {name: getattr(self, name)[position] for name in ("thresholds", *_COUNTS)}
        return replace(self, **columns)

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

    def interval(
        self, name: str, level: float = 0.95, *, beta: float = 1.0, weight_meaning: str | None = None
    ) -> Estimate | RateIntervals:
        """Return a rate with its confidence interval: the rows are taken as independent draws.

        Parameters
        ----------
        name : str
            As in `rate`.
        level : float, default 0.95
            In (0, 1); of the interval at each threshold by itself.
        beta : float, default 1.0
            Weight of recall against precision, for "f_score" alone.
        weight_meaning : {"frequency"}, optional
            Needed for counts that are sums of weights: a weight of 3 is three independent rows.

        Returns
        -------
        Estimate or RateIntervals
            An Estimate for a scalar threshold, else a table aligned with the thresholds. NaN where the rate is
            undefined. A share of 0 has the interval [0, x], of 1 [x, 1].

        Raises
        ------
        Error
            For an unknown name or level, and for sums of weights without their meaning. Of sampling weights only the
            sum is known here, and no interval can be made of it.

        Notes
        -----
        Proportions: Wilson's score interval. Of others, by their `method`: "wilson, of jaccard" (f1 grows with the
        share of true positives among all flagged or positive); "newcombe" (youden_j, balanced_accuracy, markedness:
        limits of two independent proportions, squared and added); "mover ratio" (likelihood ratios: the same for a
        ratio); "delta" (f_score on the logit, lift on the logarithm, matthews_correlation and cohen_kappa on Fisher's
        z; half a row is added to each cell where one is empty).

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ConfusionCounts(0.5, 81, 15, 182, 40)
        >>> print(counts.interval("recall"))
        0.308 (0.255–0.366, 95 %)
        """
        one_of("name", name, RATES)
        z = _distributions.quantile(level)
        self._meant(weight_meaning)
        cells = [np.atleast_1d(np.asarray(getattr(self, name), dtype=np.float64)) for name in _COUNTS]
        tp, fp, fn_, tn = cells
        lower, upper, method = _core.rate_interval(name, tp, fp, fn_, tn, float(beta), z)
        value = self.rate(name, beta)
        if np.ndim(self.thresholds) == 0:
            return Estimate(float(value), float(lower[0]), float(upper[0]), level, method)
        return RateIntervals(self.thresholds, value, lower, upper, name, level, method)  # type: ignore[arg-type]

    def at_prevalence(self, prevalence: float) -> ConfusionCounts:
        """Return the counts as they would be at another share of positives, with the same total.

        Recall, false positive rate and all that is made of them alone stay; precision, predictive values, accuracy,
        lift and expected costs are those at that prevalence.

        Parameters
        ----------
        prevalence : float
            Share of positives, 0 to 1.

        Returns
        -------
        ConfusionCounts
            Float64: positives times `prevalence · n / P`, negatives times `(1 - prevalence) · n / N`. NaN where a class
            that is to have a share has no rows.

        Raises
        ------
        Error
            For a prevalence outside [0, 1].

        Notes
        -----
        The scores of each class must be distributed as they were; only the mix of the classes may change (label
        shift). The counts are no rows any more, so they have no intervals.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ConfusionCounts(0.5, 80, 10, 20, 90)
        >>> rare = counts.at_prevalence(0.01)
        >>> round(counts.precision, 3), round(rare.precision, 3), rare.recall
        (0.889, 0.075, 0.8)
        """
        share = fraction("prevalence", prevalence)
        tp, fp, fn_, tn = (np.asarray(getattr(self, name), dtype=np.float64) for name in _COUNTS)
        positives, negatives = tp + fn_, fp + tn
        total = positives + negatives
        kept, left = _factor(share, total, positives), _factor(1 - share, total, negatives)
        return replace(
            self,
            true_positives=tp * kept,
            false_positives=fp * left,
            false_negatives=fn_ * kept,
            true_negatives=tn * left,
            rescaled=True,
        )

    def expected_cost(self, costs: Mapping[str, float]) -> Values:
        """Return the mean cost of a row, in the unit of `costs`.

        Parameters
        ----------
        costs : mapping
            What a row costs, by "true_positive", "false_positive", "false_negative" and "true_negative"; one that is
            left out costs 0, a negative one pays.

        Returns
        -------
        float or float64 array
            `Σ cost · count / n`, NaN without rows; correctly rounded when costs are integers and counts are rows.

        Raises
        ------
        Error
            For an unknown name, or a cost that is not finite.

        Examples
        --------
        >>> import thresher as th
        >>> th.ConfusionCounts(0.5, 3, 2, 1, 4).expected_cost({"false_positive": 1, "false_negative": 5})
        0.7
        """
        tp, fp, fn_, tn = (np.atleast_1d(getattr(self, name)) for name in _COUNTS)
        values = _core.expected_cost(cell_costs(costs), tp, fp, fn_, tn)
        return values if np.ndim(self.thresholds) else float(values[0])

    def _meant(self, weight_meaning: str | None) -> None:
        """Refuse sums of weights whose meaning makes no interval."""
        if weight_meaning is not None:
            one_of("weight_meaning", weight_meaning, WEIGHT_MEANINGS)
        if self.rescaled:
            raise Error(
                "the counts are scaled to another prevalence, so that the number of rows behind them is not known; "
                "recall, specificity and all that is made of them alone are those of the counts they were made from"
            )
        if np.asarray(self.true_positives).dtype.kind == "i":
            return
        if weight_meaning is None:
            raise Error(
                "the counts are sums of weights, so that the number of rows behind them is not known; pass "
                '`weight_meaning="frequency"` if a weight of 3 stands for three independent rows'
            )
        if weight_meaning == "sampling":
            raise Error(
                '`weight_meaning="sampling"` is not accepted here: an interval needs the sums of squared weights, and '
                "these counts hold sums of weights alone"
            )

    @classmethod
    def of(cls, columns: Sequence[Any], comparison: str, scalar: bool) -> ConfusionCounts:
        """Build from the core's columns, in the order of the fields; `scalar` takes their only entry."""
        thresholds, tp, fp, fn_, tn = (column[0] if scalar else column for column in columns)
        return cls(thresholds, tp, fp, fn_, tn, comparison)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        rates: Sequence[str] = ("recall", "precision", "f1"),
        choice: Choice | None = None,
        level: float | None = None,
        weight_meaning: str | None = None,
    ) -> Axes:
        """Draw rates against the threshold with Matplotlib; the 2x2 table for a scalar threshold.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current Axes by default.
        rates : sequence of str, default ("recall", "precision", "f1")
            Names as in `rate`.
        choice : Choice, optional
            Mark its threshold, the run of those within its tolerance, and where a better one may lie.
        level : float, optional
            Shade the interval of this level around each rate, as `interval` gives it.
        weight_meaning : {"frequency"}, optional
            Needed with `level` for counts that are sums of weights.

        Notes
        -----
        Infinite thresholds are not drawn. The table of a scalar threshold takes `ax` alone.

        Raises
        ------
        Error
            For an unknown rate, and as `interval`.
        ImportError
            Without Matplotlib (`pip install 'thresher[plots]'`).
        """
        from thresher import plots

        return plots.confusion(self, ax, rates=rates, choice=choice, level=level, weight_meaning=weight_meaning)

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


def fraction(argument: str, value: float) -> float:
    """Return a share of rows as a float; refuse one outside [0, 1]."""
    if not 0 <= value <= 1:
        raise Error(f"`{argument}` must be in [0, 1], but is {value!r}")
    return float(value)


def cell_costs(costs: Mapping[str, float]) -> tuple[float, float, float, float]:
    """Return the costs of true and false positives, false and true negatives; refuse any other name."""
    for name in costs:
        one_of("costs", name, _CELLS)
    tp, fp, fn_, tn = (float(costs.get(name, 0)) for name in _CELLS)
    return tp, fp, fn_, tn


def _factor(share: float, total: NDArray[np.float64], held: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a class's counts are multiplied by to make up a share of the total; NaN for none of something."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = share * (total / held)
    return np.where(held > 0, factors, 0.0 if share == 0 else np.nan)
