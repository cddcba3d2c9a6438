"""What the page tells of each model, read off its counts once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._distributions import quantile
from thresher._errors import Error
from thresher._html import number, with_bounds
from thresher._interval_queries import average_precision_of, roc_auc_of
from thresher._intervals import Spread
from thresher._report._histograms import Histogram, histogram_of
from thresher._report._steps import Accumulators, counted_at, steps_of
from thresher.accumulators import ThresholdCounts
from thresher.calibration import ReliabilityCurve
from thresher.confusion import ConfusionCounts
from thresher.curves import RocCurve
from thresher.estimates import Estimate

__all__ = ["LEVEL", "UNDEFINED", "Figure", "Line", "Model", "described", "figure_of", "models_of"]

Values = NDArray[np.float64]

LEVEL = 0.95
UNDEFINED = "undefined"
_TOLERANCE = 1e-4  # a tenth of a pixel of a plot 1,000 pixels wide
_MOST_POINTS = 2_000
_BINS = 20
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


@dataclass(frozen=True, eq=False)
class Line:
    """Points of a curve, thinned: every dropped one is within `tolerance` of what is drawn."""

    x: Values
    y: Values
    thresholds: Values
    tolerance: float


@dataclass(frozen=True, eq=False)
class Model:
    """A model on the page.

    A curve is None where a class has no rows, `reliability` where `no_reliability` says why, and `spread`, that of its
    ROC AUC, of weights.
    """

    name: str
    counts: Accumulators
    figures: list[Figure]
    roc: Line | None
    precision_recall: Line | None
    steps: ConfusionCounts
    histogram: Histogram | None
    reliability: ReliabilityCurve | None
    no_reliability: str
    calibration: list[Figure]
    spread: Spread | None

    @property
    def prevalence(self) -> float:
        """Share of positives, of rows or of their weight; NaN without rows."""
        total = self.counts.weight_positives + self.counts.weight_negatives
        return self.counts.weight_positives / total if total else math.nan


def models_of(counts: Mapping[str, Accumulators], thresholds: Values | None) -> list[Model]:
    """Read everything that the page shows off the counts."""
    full = {name: each.roc_curve(drop_intermediate=False) for name, each in counts.items()}
    if thresholds is None:
        steps = steps_of(counts, full)
    else:
        steps = {name: counted_at(each, thresholds, nearest=True) for name, each in counts.items()}
    most = max(_MOST_POINTS // max(len(counts) // 2, 1), 2)
    return [_model(name, each, full.pop(name), steps[name], most) for name, each in counts.items()]


def figure_of(title: str, estimate: Estimate) -> Figure:
    """Return an estimate as the page prints it."""
    if math.isnan(estimate.value):
        return Figure(title, UNDEFINED)
    head, _, ends = str(estimate).partition(" (")
    text, bounds = _split(head)
    known = not math.isnan(estimate.lower)
    return Figure(title, _signed(text), _signed(bounds), _signed(ends.partition(",")[0]) if known else "")


def _model(name: str, counts: Accumulators, full: RocCurve, steps: ConfusionCounts, most: int) -> Model:
    roc, histogram = _thinned(_core.thin, full.fpr, full.tpr, full.thresholds, most), histogram_of(counts, full)
    del full  # 24 bytes a distinct score, as the tally
    precision_recall = _precision_recall(counts, most)
    tally = counts._state.tally()  # once: of 1e7 distinct scores it takes 0.4 s, as much as what is read off it
    spread = None if counts.weighted else Spread(*_core.roc_auc_variance(tally, "frequency"))
    reliability, why = _reliability(counts, tally)
    return Model(
        name,
        counts,
        [*_rows(counts), *_areas(counts, tally, spread)],
        roc,
        precision_recall,
        steps,
        histogram,
        reliability,
        why,
        [] if reliability is None else _calibration(tally, reliability),
        spread,
    )


def _areas(counts: Accumulators, tally: _core.Tally, spread: Spread | None) -> list[Figure]:
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


def _rows(counts: Accumulators) -> list[Figure]:
    dropped = f"{number(counts.n_dropped)} dropped (score is NaN)" if counts.n_dropped else ""
    total = counts.weight_positives + counts.weight_negatives
    share = f"{100 * counts.weight_positives / total:.4g} %" if total else UNDEFINED
    positives = f"{number(counts.n_positives)} positive"
    return [
        Figure("Rows", number(counts.n_samples), note=dropped),
        Figure("Prevalence", share, note=f"of weight; {positives} rows" if counts.weighted else positives),
    ]


def _precision_recall(counts: Accumulators, most: int) -> Line | None:
    curve = counts.precision_recall_curve(drop_intermediate=True)
    at = np.append(curve.thresholds, np.nan)  # the closing point has no threshold
    return _thinned(_core.thin_steps, curve.recall, curve.precision, at, most)


def _thinned(thin: Any, x: Values, y: Values, thresholds: Values, most: int) -> Line | None:
    """Return a subset of the points within the least tolerance, of 1e-4 and its doubles, that keeps at most `most`."""
    if len(x) < 2 or np.isnan(x[0]) or np.isnan(y[0]):
        return None
    tolerance = _TOLERANCE
    kept = thin(x, y, tolerance)
    while len(kept) > most and tolerance < 1:
        tolerance *= 2
        kept = thin(x, y, tolerance)
    return Line(x[kept], y[kept], thresholds[kept], tolerance)


def _reliability(counts: Accumulators, tally: _core.Tally) -> tuple[ReliabilityCurve | None, str]:
    if not counts.n_samples:
        return None, "there are no rows"
    try:
        columns = _core.reliability(tally, _BINS, "quantile", quantile(LEVEL))
    except Error as error:
        return None, str(error)
    return ReliabilityCurve(*columns, strategy="quantile", level=LEVEL), ""


def _calibration(tally: _core.Tally, reliability: ReliabilityCurve) -> list[Figure]:
    figures = [
        ("Expected calibration error", reliability.expected_calibration_error),
        ("Mean score", _core.mean_score(tally)),
        ("Mean score ÷ prevalence", _core.calibration_ratio(tally)),
        ("Brier score", _core.brier_score(tally)),
        ("Log loss (nats)", _core.log_loss(tally)),
        ("Normalised entropy", _core.normalized_entropy(tally)),
    ]
    return [Figure(name, _defined(f"{value:.4g}")) for name, value in figures]


def _split(text: str) -> tuple[str, str]:
    value, _, bounds = text.partition(" in ")
    return value, bounds


def _signed(text: str) -> str:
    """Return a text of numbers with the typographer's minus."""
    return text.replace("-", "−")


def _defined(text: str) -> str:
    return UNDEFINED if text == "nan" else text


def described(counts: Accumulators) -> str:
    """Return how the rows were counted, and so what is exact."""
    if isinstance(counts, ThresholdCounts):
        exact = f"exact at its {len(counts.thresholds):,} thresholds; areas, and curves between them, within bounds"
    elif counts.exact:
        exact = "every distinct score is told apart; everything is exact"
    else:
        exact = f"{len(counts.thresholds):,} fixed intervals; counts are exact at their edges, areas within bounds"
    return f"{type(counts).__name__}: {exact}"
