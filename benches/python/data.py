"""What the rows of ``make bench`` read: made when first asked for, kept for the run, the same on every machine."""

from functools import cache
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.bool_]
Scores = NDArray[Any]
Columns = tuple[NDArray[Any], ...]  # labels, scores and, where a row has them, weights

PIECE = 10_000_000  # rows made at a time, so that a billion need no double-precision copy of themselves
ONE_AS_BITS = 0x3F80_0000


@cache
def rows(n: int, positive: float = 0.2) -> tuple[Labels, Scores]:
    """Bool labels and float32 scores of an overlapping pair of classes, as a logistic model gives them."""
    labels, scores = np.empty(n, np.bool_), np.empty(n, np.float32)
    for piece, start in enumerate(range(0, n, PIECE)):
        part = slice(start, min(start + PIECE, n))
        random = np.random.default_rng(piece)
        labels[part] = random.random(part.stop - start) < positive
        logits = random.standard_normal(part.stop - start, dtype=np.float32) + np.where(labels[part], 0.0, -2.0)
        scores[part] = 1 / (1 + np.exp(-logits))
    return labels, scores


def of(n: int, scores: Scores) -> Columns:
    """The labels of `rows` beside other scores."""
    return rows(n)[0], scores


@cache
def in_order(n: int) -> Columns:
    """The same rows, from the lowest score to the highest."""
    labels, scores = rows(n)
    order = np.argsort(scores)
    return labels[order], scores[order]


def in_reverse(n: int) -> Columns:
    """The same rows, from the highest score to the lowest."""
    labels, scores = in_order(n)
    return labels[::-1].copy(), scores[::-1].copy()


@cache
def uniform(n: int) -> NDArray[np.float64]:
    """Numbers in [0, 1) that every other input is made of."""
    return np.random.default_rng(1).random(n)


def picks(n: int, values: Scores) -> Columns:
    """Scores that are each one of the values, as float32."""
    return of(n, values.astype(np.float32)[(uniform(n) * len(values)).astype(np.intp)])


def all_equal(n: int) -> Columns:
    """One score."""
    return of(n, np.full(n, 0.3, np.float32))


def two_values(n: int) -> Columns:
    """A coin's two sides."""
    return picks(n, np.array([0.25, 0.75]))


def steps(n: int, count: int) -> Columns:
    """Scores rounded to `count` even steps."""
    return picks(n, np.arange(count + 1) / count)


def saturated(n: int) -> Columns:
    """A confident model: two fifths exactly 0, two fifths exactly 1, the others between."""
    return of(n, np.clip((uniform(n) - 0.4) * 5, 0, 1).astype(np.float32))


def every_prefix(n: int) -> Columns:
    """Random bit patterns of [0, 1]: every exponent, and so every leading half of a float, in use."""
    return of(n, (uniform(n) * (ONE_AS_BITS + 1)).astype(np.uint32).view(np.float32))


@cache
def probabilities64(n: int) -> NDArray[np.float64]:
    """Scores like those of `rows`, as a model of float64 gives them."""
    logits = np.random.default_rng(5).standard_normal(n) + np.where(rows(n)[0], 0.0, -2.0)
    return 1 / (1 + np.exp(-logits))


@cache
def logits64(n: int) -> NDArray[np.float64]:
    """N(0, 4): both signs, most numbers outside [0, 1]."""
    return np.random.default_rng(2).standard_normal(n) * 4


@cache
def weights64(n: int) -> NDArray[np.float64]:
    """Weights between 1/2 and 3/2."""
    return uniform(n) + 0.5


@cache
def distinct(n: int) -> Columns:
    """Scores that all differ, evenly spread, each the probability of its label."""
    random = np.random.default_rng(6)
    scores = ((random.permutation(n) + 0.5) / n).astype(np.float32)
    return random.random(n) < scores, scores


def weighted_distinct(n: int) -> Columns:
    """`distinct` with weights."""
    return *distinct(n), weights64(n)


def two_models(n: int) -> Columns:
    """`rows` with the scores of a second model: the first one's logits, disturbed."""
    labels, scores = rows(n)
    logits = np.log(scores / (1 - scores)) + np.random.default_rng(7).standard_normal(n, dtype=np.float32)
    return labels, scores, 1 / (1 + np.exp(-logits))


def weighted(n: int) -> Columns:
    """`rows` with weights."""
    return *rows(n), weights64(n)


def column_of_a_pair(n: int) -> Columns:
    """The scores as ``predict_proba(X)[:, 1]``: every other element of a block."""
    scores = rows(n)[1]
    return of(n, np.stack([1 - scores, scores], axis=1)[:, 1])


def bfloat16(n: int) -> Scores:
    """The scores at half the width, by leaving out the lower half of their bits."""
    return rows(n)[1].astype(ml_dtypes.bfloat16)


def uint16(n: int) -> Scores:
    """The scores in 65,536 steps."""
    steps_up: Scores = np.rint(rows(n)[1] * 65_535)
    return steps_up.astype(np.uint16)
