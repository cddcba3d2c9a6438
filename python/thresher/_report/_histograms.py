"""Rows of each class by score: exact counts in bins whose edges the counts can be read at."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from thresher._report._steps import Accumulators
from thresher.accumulators import CompactCounts, ThresholdCounts
from thresher.confusion import ConfusionCounts
from thresher.curves import RocCurve

__all__ = ["Histogram", "histogram_of"]

Values = NDArray[np.float64]

_BINS = 50
_WIDEST = 8e307  # half of what float64 can hold: bins need the difference of scores


@dataclass(frozen=True, eq=False)
class Histogram:
    """Rows of each class by score, from the lowest scores up.

    Parameters
    ----------
    left, right : float64 array
        Where each bin is drawn; a bin without an end is drawn as wide as its neighbour.
    names : list of str
        Which scores each holds, in words.
    positives, negatives : array
        Rows of each class, or sums of weights.
    even : bool
        Whether all bins are of one width.
    """

    left: Values
    right: Values
    names: list[str]
    positives: NDArray[np.int64] | Values
    negatives: NDArray[np.int64] | Values
    even: bool


def histogram_of(counts: Accumulators, curve: RocCurve) -> Histogram | None:
    """Return the histogram, or None without rows of finite score, or where these are too far apart for float64.

    `curve` is the full ROC curve.
    """
    if isinstance(counts, ThresholdCounts):
        own = counts.confusion()
        return _between_thresholds(own[np.unique(own.thresholds, return_index=True)[1]], counts.comparison)
    scores = curve.thresholds[np.isfinite(curve.thresholds)]
    if not len(scores) or scores[0] / 2 - scores[-1] / 2 > _WIDEST:
        return None
    low, high = _span(float(scores[-1]), float(scores[0]))
    asked = np.append(np.linspace(low, high, _BINS + 1)[:-1], np.inf)  # rows of infinite score are not drawn
    above = counts.confusion(asked, nearest=True) if isinstance(counts, CompactCounts) else counts.confusion(asked)
    above = above[np.unique(above.thresholds, return_index=True)[1]]
    left = np.asarray(above.thresholds)[:-1]
    right = np.append(left[1:], high if left[-1] < high else 2 * left[-1] - left[0] or 1.0)
    names = [f"{from_:.6g} ≤ score < {to:.6g}" for from_, to in zip(left, right, strict=True)]
    names[-1] = f"{left[-1]:.6g} ≤ score ≤ {right[-1]:.6g}"
    rows = [-np.diff(column) for column in (above.true_positives, above.false_positives)]
    return Histogram(left, right, names, rows[0], rows[1], True)


def _span(low: float, high: float) -> tuple[float, float]:
    """Return where the bins begin and end: 0 and 1 where these suit, else the lowest and the highest score."""
    if low >= 0 and high <= 1 and high - low > 0.5:
        return 0.0, 1.0
    if low == high:
        room = abs(low) / 2 or 0.5
        return low - room, high + room
    return low, high


def _between_thresholds(at: ConfusionCounts, comparison: str) -> Histogram | None:
    """Return the rows below, between and above the thresholds."""
    edges = np.asarray(at.thresholds)
    finite = np.isfinite(edges)
    at, edges = at[finite], edges[finite]
    if not len(edges):
        return None
    width = float(np.median(np.diff(edges))) if len(edges) > 1 else abs(float(edges[0])) / 2 or 0.5
    drawn = np.concatenate([[edges[0] - width], edges, [edges[-1] + width]])
    rows = []
    for above, below in ((at.true_positives, at.false_negatives), (at.false_positives, at.true_negatives)):
        over, under = np.asarray(above), np.asarray(below)
        rows.append(np.concatenate([under[:1], -np.diff(over), over[-1:]]))
    reached, short = ("≤", "<") if comparison == ">=" else ("<", "≤")
    inner = [f"{low:.6g} {reached} score {short} {high:.6g}" for low, high in pairwise(edges)]
    names = [f"score {short} {edges[0]:.6g}", *inner, f"score {comparison} {edges[-1]:.6g}".replace(">=", "≥")]
    widths = np.diff(drawn)
    return Histogram(drawn[:-1], drawn[1:], names, rows[0], rows[1], bool(np.allclose(widths, widths[0], rtol=1e-6)))
