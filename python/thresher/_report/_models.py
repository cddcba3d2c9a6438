"""What the page tells of each model, read off its counts once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._distributions import quantile
from thresher._errors import Error
from thresher._intervals import Spread
from thresher._report._histograms import Histogram, histogram_of
from thresher._report._printed import LEVEL, Figure, areas_of, calibration_of, rows_of
from thresher._report._steps import Accumulators, counted_at, steps_of
from thresher.calibration import ReliabilityCurve
from thresher.confusion import ConfusionCounts
from thresher.curves import RocCurve

__all__ = ["Line", "Model", "models_of"]

Values = NDArray[np.float64]

_TOLERANCE = 1e-4  # a tenth of a pixel of a plot 1,000 pixels wide
_MOST_POINTS = 2_000
_BINS = 20


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
        [*rows_of(counts), *areas_of(counts, tally, spread)],
        roc,
        precision_recall,
        steps,
        histogram,
        reliability,
        why,
        [] if reliability is None else calibration_of(tally, reliability),
        spread,
    )


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
