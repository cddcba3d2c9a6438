"""Figures as the page prints them: never inexact without bounds, never an interval without what it needs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from thresher import _core
from thresher._html import number, with_bounds
from thresher._interval_queries import average_precision_of, roc_auc_of
from thresher._intervals import Spread
from thresher._report._steps import Accumulators
from thresher.accumulators import ThresholdCounts
from thresher.calibration import ReliabilityCurve
from thresher.estimates import Estimate

__all__ = ["LEVEL", "UNDEFINED", "Figure", "areas_of", "calibration_of", "described", "figure_of", "rows_of"]

LEVEL = 0.95
UNDEFINED = "undefined"

_PRECISION = "Average precision"


@dataclass(frozen=True)
class Figure:
    """A figure as the page prints it.

    Parameters
    ----------
    name, value : str
        What it is, and the number.
    bounds, interval, note : str
        What is certain of it when it is inexact; its confidence interval; anything else. Empty where there is none.
    """

    name: str
    value: str
    bounds: str = ""
    interval: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """The number, never without its bounds."""
        return f"{self.value} in {self.bounds}" if self.bounds else self.value


def rows_of(counts: Accumulators) -> list[Figure]:
    """Return how many rows there are, and the share of positives."""
    dropped = f"{number(counts.n_dropped)} dropped (score is NaN)" if counts.n_dropped else ""
    total = counts.weight_positives + counts.weight_negatives
    share = f"{100 * counts.weight_positives / total:.4g} %" if total else UNDEFINED
    positives = f"{number(counts.n_positives)} positive"
    return [
        Figure("Rows", number(counts.n_samples), note=dropped),
        Figure("Prevalence", share, note=f"of weight; {positives} rows" if counts.weighted else positives),
    ]


def areas_of(counts: Accumulators, tally: _core.Tally, spread: Spread | None) -> list[Figure]:
    """Return both areas, with their intervals and, where they are inexact, their bounds."""
    if spread is None:
        areas = (("ROC AUC", counts._state.roc_auc(None)), (_PRECISION, counts._state.average_precision()))
        why = "no interval: what the weights mean is not known"
        split = [(title, _split(with_bounds(area[0], area[1:], digits=4))) for title, area in areas]
        return [Figure(title, _defined(value), bounds, note=why) for title, (value, bounds) in split]
    of_precision = Spread(*_core.average_precision_variance(tally, "frequency"))
    figures = [
        figure_of("ROC AUC", roc_auc_of(spread, LEVEL, "delong", "logit")),
        figure_of(_PRECISION, average_precision_of(of_precision, LEVEL, "linearised", "logit")),
    ]
    why = "one class has no rows" if counts.n_samples else "no rows"
    return [replace(each, note=why) if each.value == UNDEFINED else each for each in figures]


def calibration_of(tally: _core.Tally, reliability: ReliabilityCurve) -> list[Figure]:
    """Return figures of scores that are probabilities."""
    figures = [
        ("Expected calibration error", reliability.expected_calibration_error),
        ("Mean score", _core.mean_score(tally)),
        ("Mean score ÷ prevalence", _core.calibration_ratio(tally)),
        ("Brier score", _core.brier_score(tally)),
        ("Log loss (nats)", _core.log_loss(tally)),
        ("Normalised entropy", _core.normalized_entropy(tally)),
    ]
    return [Figure(name, _defined(f"{value:.4g}")) for name, value in figures]


def figure_of(title: str, estimate: Estimate) -> Figure:
    """Return an estimate as the page prints it."""
    if math.isnan(estimate.value):
        return Figure(title, UNDEFINED)
    head, _, ends = str(estimate).partition(" (")
    text, bounds = _split(head)
    known = not math.isnan(estimate.lower)
    return Figure(title, _signed(text), _signed(bounds), _signed(ends.partition(",")[0]) if known else "")


def described(counts: Accumulators) -> str:
    """Return how the rows were counted, and so what is exact."""
    if isinstance(counts, ThresholdCounts):
        exact = f"exact at its {len(counts.thresholds):,} thresholds; areas, and curves between them, within bounds"
    elif counts.exact:
        exact = "every distinct score is told apart; everything is exact"
    else:
        exact = f"{len(counts.thresholds):,} fixed intervals; counts are exact at their edges, areas within bounds"
    return f"{type(counts).__name__}: {exact}"


def _split(text: str) -> tuple[str, str]:
    value, _, bounds = text.partition(" in ")
    return value, bounds


def _signed(text: str) -> str:
    """Return a text of numbers with the typographer's minus."""
    return text.replace("-", "−")


def _defined(text: str) -> str:
    return UNDEFINED if text == "nan" else text
