"""The calls that count at thresholds: thresher's, its peers', and a read of the same columns."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boost_histogram as bh
import numpy as np
from numpy.typing import NDArray

import data
import thresher as th
from row import THREADS, Call

EVEN = np.linspace(0, 1, 200)
EDGE_ERRORS = 1e-4  # share of rows that a histogram, which multiplies and truncates, may put beside their bin

Made = Callable[[int], data.Columns]
Maker = Callable[[int], Call]


def updating(columns: Made, thresholds: Callable[[int], Any] | None = None, threads: int | None = THREADS) -> Maker:
    """Makes the call that counts the columns, again and again, in one accumulator."""

    def prepare(n: int) -> Call:
        labels, scores, *weights = columns(n)
        counts = th.ThresholdCounts(EVEN if thresholds is None else thresholds(n))
        weight = weights[0] if weights else None

        def call() -> th.ThresholdCounts:
            counts.update(labels, scores, weights=weight, n_threads=threads)
            return counts

        return call

    return prepare


def filling(threads: int) -> Maker:
    """Makes the same call of boost-histogram: 200 edges, labels as an axis of two bins, integers as cells."""

    def prepare(n: int) -> Call:
        labels, scores = data.rows(n)
        axes = bh.axis.Regular(len(EVEN) - 1, 0, 1), bh.axis.Boolean()
        histogram = bh.Histogram(*axes, storage=bh.storage.Int64())
        return lambda: histogram.fill(scores, labels, threads=threads)

    return prepare


def shares_agree(counts: th.ThresholdCounts, histogram: Any) -> bool:
    """Whether both found the same share of rows at every threshold."""
    cells = histogram.values(flow=True)
    total = cells.sum()
    above = cells[::-1].cumsum(axis=0)[::-1][1:] / total
    confusion = counts.confusion()
    ours = np.stack([confusion.false_positives, confusion.true_positives], axis=1) / counts.n_samples
    return bool(np.abs(ours - above).max() < EDGE_ERRORS)


def numpy_counts(labels: NDArray[Any], scores: NDArray[Any], edges: NDArray[Any]) -> NDArray[np.int64]:
    """Negatives and positives of every gap between neighbouring edges: two lines of NumPy."""
    gaps = np.searchsorted(edges, scores, side="right")
    return np.bincount(gaps * 2 + labels, minlength=2 * len(edges) + 2)


def counting_with_numpy(n: int) -> Call:
    """Makes NumPy's call on the plain rows."""
    labels, scores = data.rows(n)
    edges = EVEN.astype(np.float32)
    return lambda: numpy_counts(labels, scores, edges)


def counting_at_once(n: int) -> Call:
    """Makes `confusion_at` of the plain rows."""
    labels, scores = data.rows(n)
    return lambda: th.confusion_at(labels, scores, EVEN, n_threads=THREADS)


def positives_agree(counts: th.ConfusionCounts, gaps: NDArray[np.int64]) -> bool:
    """Whether NumPy found the same true positives at every threshold."""
    return np.array_equal(counts.true_positives, gaps[1::2][::-1].cumsum()[::-1][1:])


def reading(columns: Made) -> Maker:
    """Makes a call that only reads the columns, with as many threads: the floor of whatever counts them."""

    def prepare(n: int) -> Call:
        parts = [part for column in columns(n) for part in np.array_split(as_words(column), THREADS)]
        pool = ThreadPoolExecutor(THREADS)
        return lambda: list(pool.map(np.bitwise_or.reduce, parts))

    return prepare


def as_words(column: NDArray[Any]) -> NDArray[np.uint64]:
    """The bytes of a column as the widest integers, which NumPy reads at the speed of memory."""
    whole = column.nbytes // 8 * 8
    return column.view(np.uint8)[:whole].view(np.uint64)


def quantiles(n: int) -> Any:
    """200 quantiles of the scores."""
    return np.unique(np.quantile(data.rows(n)[1], np.linspace(0, 1, 200)))


def logit_spaced(_: int) -> Any:
    """Even in log odds."""
    return 1 / (1 + np.exp(-np.linspace(-10, 10, 200)))


def narrow(_: int) -> Any:
    """Within 0.002 of one half."""
    return np.sort(np.random.default_rng(3).uniform(0.498, 0.502, 200))


def anywhere(_: int) -> Any:
    """Uniform random numbers."""
    return np.sort(np.random.default_rng(4).random(200))


def even(count: int) -> Callable[[int], Any]:
    """So many even thresholds."""
    return lambda _: np.linspace(0, 1, count)


def float64_scores(n: int) -> data.Columns:
    """Scores twice as wide."""
    return data.of(n, data.probabilities64(n))


def int64_labels(n: int) -> data.Columns:
    """Labels eight times as wide."""
    labels, scores = data.rows(n)
    return labels.astype(np.int64), scores


def float32_weights(n: int) -> data.Columns:
    """Weights half as wide."""
    labels, scores, weights = data.weighted(n)
    return labels, scores, weights.astype(np.float32)
