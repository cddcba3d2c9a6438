"""Batches: what a training loop pays a step, and what a stream of many batches pays a row."""

from collections.abc import Callable

import numpy as np

import areas
import counting
import data
import thresher as th
from row import TEN_MILLION, Call, MemoryRow, Row, Side, faster, within

SMALL = "Small calls"
STREAMS = "Streams of batches"

HUNDRED_MILLION = 100_000_000
BATCH_ROWS = 1_000_000
SHORT_BATCH_ROWS = 65_536

Accumulator = th.ThresholdCounts | th.CompactCounts | th.ExactCounts


def small_update_with_numpy(n: int) -> Call:
    """Makes the shortest way to add a batch to a table of counts."""
    labels, scores = data.rows(n)
    edges = counting.EVEN.astype(np.float32)
    table = np.zeros(2 * len(edges) + 2, np.int64)

    def call() -> None:
        nonlocal table
        table += np.bincount(np.searchsorted(edges, scores, side="right") * 2 + labels, minlength=402)

    return call


def streamed(make: Callable[[], Accumulator], n: int, batch_rows: int) -> Accumulator:
    """A new accumulator that has seen the rows in batches."""
    labels, scores = data.rows(n)
    counts = make()
    for start in range(0, n, batch_rows):
        batch = slice(start, start + batch_rows)
        counts.update(labels[batch], scores[batch])
    return counts


def streaming(make: Callable[[], Accumulator], batch_rows: int = SHORT_BATCH_ROWS) -> Callable[[int], Call]:
    """Makes the call that streams the rows and reads the area."""

    def prepare(n: int) -> Call:
        data.rows(n)
        return lambda: streamed(make, n, batch_rows).roc_auc(tolerance=1)

    return prepare


def compact_update(n: int) -> Call:
    """Makes the update of intervals that nobody chose."""
    labels, scores = data.rows(n)
    counts = th.CompactCounts()
    return lambda: counts.update(labels, scores, n_threads=2)


def even_thresholds() -> th.ThresholdCounts:
    """The thresholds of all rows that do not say otherwise."""
    return th.ThresholdCounts(counting.EVEN)


ROWS: tuple[Row | MemoryRow, ...] = (
    Row(
        "small_update",
        SMALL,
        "ThresholdCounts.update of 64 samples, 200 thresholds",
        Side("thresher", 64, counting.updating(data.rows, threads=None)),
        Side("NumPy", 64, small_update_with_numpy),
        faster(2.5, 4),
    ),
    Row(
        "small_roc_auc",
        SMALL,
        "roc_auc of 100 samples",
        Side("thresher", 100, areas.roc_auc(data.rows, threads=None)),
        Side("scikit-learn", 100, areas.sklearn_roc_auc(data.rows)),
        faster(250, 500),
        areas.areas_agree,
    ),
    Row(
        "exact_stream",
        STREAMS,
        "ExactCounts, batches of 1e6, then ROC AUC",
        Side("thresher", HUNDRED_MILLION, streaming(th.ExactCounts, BATCH_ROWS)),
        Side("scikit-learn, 1e7", TEN_MILLION, areas.sklearn_roc_auc(data.rows), "sklearn_roc_auc"),
        faster(40, 100),
    ),
    MemoryRow(
        "exact_nbytes",
        STREAMS,
        "ExactCounts.nbytes after the last update",
        HUNDRED_MILLION,
        lambda n: streamed(th.ExactCounts, n, BATCH_ROWS).nbytes,
        "one byte a row",
        float,
        within(4, 2.2),
        repeats=1,
    ),
    Row(
        "compact_update",
        STREAMS,
        "CompactCounts.update",
        Side("thresher", TEN_MILLION, compact_update),
        Side("thresher, even 200", TEN_MILLION, counting.updating(data.rows)),
        within(2.5, 1.6),
    ),
    Row(
        "compact_stream",
        STREAMS,
        "CompactCounts, batches of 65,536, then ROC AUC",
        Side("thresher", TEN_MILLION, streaming(th.CompactCounts)),
    ),
    Row(
        "threshold_stream",
        STREAMS,
        "ThresholdCounts, batches of 65,536, then ROC AUC",
        Side("thresher", TEN_MILLION, streaming(even_thresholds)),
    ),
)
