"""What coverage is measured of: populations whose true figures are known, and the intervals that are to hold them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import thresher as th

NORMAL = NormalDist()
Floats = NDArray[np.floating[Any]]


class Sample(NamedTuple):
    """Rows of one sample: what a user would have."""

    labels: NDArray[Any]
    scores: Floats
    weights: Floats | None = None
    clusters: NDArray[Any] | None = None


@dataclass(frozen=True)
class Population:
    """Binormal scores: standard normal for negatives, the same moved up by `separation` for positives.

    `rows` are drawn with labels at random, positive with probability `share`. With `step` scores are rounded to its
    multiples, so that ties are heavy.
    """

    rows: int
    share: float
    separation: float
    step: float | None = None

    def sample(self, rng: np.random.Generator) -> Sample:
        """Draw one sample."""
        labels = rng.random(self.rows, dtype=np.float32) < self.share
        scores = rng.standard_normal(self.rows, dtype=np.float32)
        scores += np.float32(self.separation) * labels
        if self.step is not None:
            scores = np.round(scores / np.float32(self.step)) * np.float32(self.step)
        return Sample(labels, scores)

    def rates(self) -> tuple[Floats, Floats]:
        """True and false positive rates of the population at falling thresholds, from (0, 0) to (1, 1)."""
        if self.step is None:
            cuts: Floats = np.linspace(9 + self.separation, -9, 200_001)
        else:
            cuts = self.step * (np.arange(round((9 + self.separation) / self.step), round(-9 / self.step), -1) - 0.5)
        tpr, fpr = ([0.0, *(0.5 * math.erfc((cut - by) / 2**0.5) for cut in cuts), 1.0] for by in (self.separation, 0))
        return np.array(tpr), np.array(fpr)

    def roc_auc(self) -> float:
        """The true area, ties counting half."""
        tpr, fpr = self.rates()
        return float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))

    def average_precision(self) -> float:
        """The true area under the precision-recall curve by steps."""
        tpr, fpr = self.rates()
        flagged = self.share * tpr[1:] + (1 - self.share) * fpr[1:]
        precision = np.divide(self.share * tpr[1:], flagged, out=np.zeros_like(flagged), where=flagged > 0)
        return float(np.sum(np.diff(tpr) * precision))

    def words(self) -> str:
        """How it is named in tables."""
        ties = "" if self.step is None else f", ties at steps of {self.step:g}"
        return f"{self.rows:,} rows, {100 * self.share:g} % positive, {self.separation:g} apart{ties}"


@dataclass(frozen=True)
class Cell:
    """A population, a figure of it, and the interval that is to hold it."""

    figure: str
    population: Any
    truth: float
    interval: Callable[[Sample, float], th.Estimate]
    repeats: int = 4_000

    @property
    def name(self) -> str:
        """As it stands in the record."""
        return f"{self.figure}: {self.population.words()}"


def populations() -> list[Population]:
    """Sizes from 60 to a million rows, shares from a half to a thousandth, two separations, with ties and without."""
    chosen = []
    for rows, share in (
        (50, 0.5),
        (100, 0.5),
        (1_000, 0.5),
        (1_000, 0.1),
        (10_000, 0.01),
        (100_000, 0.01),
        (100_000, 0.001),
        (1_000_000, 0.001),
        (1_000_000, 0.5),
    ):
        for separation in (1.0, 2.0):
            chosen.append(Population(rows, share, separation))
            if rows <= 10_000:
                chosen.append(Population(rows, share, separation, step=0.5))
    return chosen


def cells() -> list[Cell]:
    """Everything that is measured."""
    found = []
    for population in populations():
        found += [
            Cell("roc_auc", population, population.roc_auc(), roc_auc),
            Cell("average_precision", population, population.average_precision(), average_precision),
        ]
    return found


def roc_auc(sample: Sample, level: float) -> th.Estimate:
    """The default interval of ROC AUC."""
    return th.roc_auc_interval(sample.labels, sample.scores, level=level, n_threads=1)


def average_precision(sample: Sample, level: float) -> th.Estimate:
    """The default interval of average precision."""
    return th.average_precision_interval(sample.labels, sample.scores, level=level, n_threads=1)
