"""The rows of ``make bench``: what is measured, by thresher and by a peer, on the same arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

import thresher as th

Labels = NDArray[np.bool_]
Scores = NDArray[np.float32]
Call = Callable[[], object]

TEN_MILLION = 10_000_000
BATCH_ROWS = 65_536
SMALL_ROWS = 64
EDGES = np.linspace(0, 1, 200)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    ``prepare`` makes the two calls (the peer's may be missing) outside the clock; ``samples`` is what one call reads;
    ``at_least`` is the ratio the row promises, if it does.
    """

    name: str
    what: str
    samples: int
    prepare: Callable[[], tuple[Call, Call | None]]
    peer: str = ""
    at_least: float | None = None


@cache
def ten_million() -> tuple[Labels, Scores]:
    """20 % positive; float32 scores of an overlapping pair of classes, as a logistic model gives them."""
    random = np.random.default_rng(0)
    labels = random.random(TEN_MILLION) < 0.2
    logits = random.standard_normal(TEN_MILLION, dtype=np.float32) + np.where(labels, 0.0, -2.0).astype(np.float32)
    return labels, (1 / (1 + np.exp(-logits))).astype(np.float32)


def numpy_counts(labels: Labels, scores: Scores, edges: Scores) -> NDArray[np.int64]:
    """Negatives and positives of every gap between neighbouring edges: two lines of NumPy."""
    gaps = np.searchsorted(edges, scores, side="right")
    return np.bincount(2 * gaps + labels, minlength=2 * len(edges) + 2)


def exact_roc_auc() -> tuple[Call, Call]:
    """The area from arrays."""
    labels, scores = ten_million()
    return lambda: th.roc_auc(labels, scores), lambda: roc_auc_score(labels, scores)


def exact_average_precision() -> tuple[Call, Call]:
    """The steps from arrays."""
    labels, scores = ten_million()
    return lambda: th.average_precision(labels, scores), lambda: average_precision_score(labels, scores)


def counts_at_once() -> tuple[Call, Call]:
    """200 thresholds; the answers are compared before anything is timed."""
    labels, scores = ten_million()
    edges = EDGES.astype(np.float32)
    counts = th.confusion_at(labels, scores, EDGES)
    gaps = numpy_counts(labels, scores, edges)
    reached = gaps[1::2][::-1].cumsum()[::-1][1:]
    if not np.array_equal(counts.true_positives, reached):
        raise AssertionError("thresher and NumPy count differently: their times are no comparison")
    return lambda: th.confusion_at(labels, scores, EDGES), lambda: numpy_counts(labels, scores, edges)


def streamed(make: Callable[[], th.ThresholdCounts | th.CompactCounts | th.ExactCounts]) -> tuple[Call, None]:
    """Ten million rows in batches into a new accumulator, then its ROC AUC."""
    labels, scores = ten_million()
    starts = range(0, TEN_MILLION, BATCH_ROWS)
    batches = [(labels[start : start + BATCH_ROWS], scores[start : start + BATCH_ROWS]) for start in starts]

    def stream() -> float:
        counts = make()
        for batch_labels, batch_scores in batches:
            counts.update(batch_labels, batch_scores)
        return counts.roc_auc(tolerance=1)

    return stream, None


def small_update() -> tuple[Call, Call]:
    """What a training loop pays a step."""
    labels, scores = ten_million()
    labels, scores = labels[:SMALL_ROWS].copy(), scores[:SMALL_ROWS].copy()
    edges = EDGES.astype(np.float32)
    counts = th.ThresholdCounts(EDGES)
    return lambda: counts.update(labels, scores), lambda: numpy_counts(labels, scores, edges)


ROWS = (
    Row("roc_auc", "exact ROC AUC", TEN_MILLION, exact_roc_auc, "scikit-learn", 20),
    Row("average_precision", "exact average precision", TEN_MILLION, exact_average_precision, "scikit-learn"),
    Row("counts", "counts at 200 thresholds", TEN_MILLION, counts_at_once, "NumPy", 20),
    Row("stream_exact", "ExactCounts, batches, ROC AUC", TEN_MILLION, lambda: streamed(th.ExactCounts)),
    Row("stream_compact", "CompactCounts, batches, ROC AUC", TEN_MILLION, lambda: streamed(th.CompactCounts)),
    Row(
        "stream_thresholds",
        "ThresholdCounts, batches, ROC AUC",
        TEN_MILLION,
        lambda: streamed(lambda: th.ThresholdCounts(EDGES)),
    ),
    Row("small_update", "update of 64 rows, 200 thresholds", SMALL_ROWS, small_update, "NumPy"),
)
