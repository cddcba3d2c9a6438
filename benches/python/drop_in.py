"""The same call to `thresher.sklearn` and to `sklearn.metrics`, and what both read."""

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as scikit_learn
from sklearn.metrics import f1_score

import certainty
import data
import thresher.sklearn
from row import Call

AGREE_WITHIN = 1e-9
AGREE_WITHIN_FLOAT32 = 1e-4  # of ten million rows

Made = Callable[[int], data.Columns]
Maker = Callable[[int], Call]

NAMES = np.array(["bird", "cat", "dog", "fish", "horse"])


def ours(name: str, columns: Made, **keywords: Any) -> Maker:
    """Makes the call of thresher's function."""
    return _called(thresher.sklearn, name, columns, keywords)


def theirs(name: str, columns: Made, **keywords: Any) -> Maker:
    """Makes the call of scikit-learn's."""
    return _called(scikit_learn, name, columns, keywords)


def _called(module: ModuleType, name: str, columns: Made, keywords: dict[str, Any]) -> Maker:
    def prepare(n: int) -> Call:
        function, given = getattr(module, name), columns(n)
        return lambda: function(*given, **keywords)

    return prepare


def tuning_patched(n: int) -> Call:
    """Makes scikit-learn's choice of a threshold, under `patched()`, whose time counts too."""
    call = certainty.tuning(n)

    def patched() -> Any:
        with thresher.sklearn.patched():
            return call()

    return patched


def narrow(n: int) -> data.Columns:
    """int8 labels and float32 scores."""
    labels, scores = data.rows(n)
    return labels.view(np.int8), scores


@cache
def wide(n: int) -> data.Columns:
    """int64 labels and float64 scores, the everyday kinds."""
    return data.rows(n)[0].astype(np.int64), data.probabilities64(n)


def distinct(n: int) -> data.Columns:
    """int64 labels, and float64 scores that all differ."""
    labels, scores = data.distinct(n)
    return labels.astype(np.int64), scores.astype(np.float64)


def f1_at_all(n: int) -> data.Columns:
    """The same, and the metric."""
    return *distinct(n), f1_score


@cache
def ten_classes(n: int) -> data.Columns:
    """A class of ten, and its probabilities, of a model that often errs."""
    random = np.random.default_rng(8)
    classes = random.integers(0, 10, n)
    logits = random.standard_normal((n, 10))
    logits[np.arange(n), classes] += 1.5
    probabilities = np.exp(logits)
    return classes, probabilities / probabilities.sum(axis=1, keepdims=True)


@cache
def five_classes(n: int) -> data.Columns:
    """True and predicted classes 0 to 4, as int64; three in four are right."""
    random = np.random.default_rng(9)
    truth = random.integers(0, 5, n)
    return truth, np.where(random.random(n) < 0.75, truth, random.integers(0, 5, n))


@cache
def five_names(n: int) -> data.Columns:
    """The same as text."""
    truth, predicted = five_classes(n)
    return NAMES[truth], NAMES[predicted]


def agree(mine: Any, other: Any) -> bool:
    """Whether text is equal, and numbers are."""
    if isinstance(mine, str):
        return bool(mine == other)
    pairs = zip(mine, other, strict=True) if isinstance(mine, tuple) else [(mine, other)]
    return all(_equal(one, two) for one, two in pairs)


def agree_as_float32(mine: float, other: float) -> bool:
    """Whether both are equal to what a float32 holds, in which scikit-learn sums losses of float32 probabilities."""
    return abs(mine - other) < AGREE_WITHIN_FLOAT32


def _equal(one: Any, two: Any) -> bool:
    if one is None or two is None:
        return one is two
    a: NDArray[Any] = np.asarray(one)
    return a.shape == np.shape(two) and bool(np.allclose(a, two, rtol=AGREE_WITHIN, atol=AGREE_WITHIN))
