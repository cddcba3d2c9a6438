"""What coverage is measured of: populations whose true figures are known, and the intervals that are to hold them."""

import functools
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
    """Rows of one sample: what a user would have. `times` where a weight says how often its row came."""

    labels: NDArray[Any]
    scores: Floats
    weights: Floats | None = None
    clusters: NDArray[Any] | None = None
    times: bool = False

    def smaller_class(self) -> float:
        """Independent rows of the class that has fewer."""
        positive = self.labels == 1
        rows = self.weights if self.times and self.weights is not None else np.ones(len(positive))
        return float(min(rows[positive].sum(), rows[~positive].sum()))


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
class Figure:
    """A figure of a population, and the interval that is to hold it: made of what was counted, at a level."""

    name: str
    truth: float
    interval: Callable[[Any, float], th.Estimate]


@dataclass(frozen=True)
class Cell:
    """A population, how its samples are counted, and what is read off each of them."""

    population: Any
    counted: Callable[[Sample], Any]
    figures: tuple[Figure, ...]
    repeats: int = 4_000

    @property
    def name(self) -> str:
        """As it can be asked for."""
        return f"{', '.join(figure.name for figure in self.figures)}: {self.population.words()}"


def populations() -> list[Population]:
    """Sizes from 50 to a million rows, shares from a half to a thousandth, separations, with ties and without."""
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
    # Areas near 1 and few samples of a class: what one row does to an area is hardly seen in so few.
    chosen += [Population(rows, share, 2.66) for rows, share in ((80, 0.5), (400, 0.1), (4_000, 0.01))]
    return chosen


@dataclass(frozen=True)
class Weighted:
    """Rows of a population kept by chance: a row whose score is low is kept less often, and weighs the more."""

    population: Population

    def sample(self, rng: np.random.Generator) -> Sample:
        """Draw rows, keep some, and weight them by the inverse of their chance."""
        drawn = self.population.sample(rng)
        chance = 1 / (1 + np.exp(-(drawn.scores + 0.5)))
        kept = rng.random(len(chance)) < chance
        return Sample(drawn.labels[kept], drawn.scores[kept], 1 / chance[kept].astype(np.float64))

    def words(self) -> str:
        """How it is named in tables."""
        return f"sampled from {self.population.words()}"


@dataclass(frozen=True)
class Repeated:
    """Rows of a population with heavy ties, equal rows counted together and weighted by how often they came."""

    population: Population

    def sample(self, rng: np.random.Generator) -> Sample:
        """Draw rows and count equal ones."""
        drawn = self.population.sample(rng)
        rows, times = np.unique(np.column_stack([drawn.labels, drawn.scores]), axis=0, return_counts=True)
        return Sample(rows[:, 0], rows[:, 1], times.astype(np.float64), times=True)

    def words(self) -> str:
        """How it is named in tables."""
        return f"equal rows weighted, {self.population.words()}"


@dataclass(frozen=True)
class Clustered:
    """Clusters of rows whose scores share a part: normal, with the variance that the rows' own part has."""

    clusters: int
    size: int
    share: float
    separation: float

    def sample(self, rng: np.random.Generator) -> Sample:
        """Draw clusters of `size` rows, labels at random."""
        rows = self.clusters * self.size
        of_row = np.repeat(np.arange(self.clusters), self.size)
        labels = rng.random(rows) < self.share
        scores = self.separation * labels + rng.standard_normal(self.clusters)[of_row] + rng.standard_normal(rows)
        return Sample(labels, scores, clusters=of_row)

    def roc_auc(self) -> float:
        """The true area, of rows of different clusters."""
        return NORMAL.cdf(self.separation / 2)

    def words(self) -> str:
        """How it is named in tables."""
        return f"{self.clusters:,} clusters of {self.size}, {100 * self.share:g} % positive, {self.separation:g} apart"


@dataclass(frozen=True)
class Pair:
    """Two models on the same rows: scores correlated by a half, moved up for positives by different amounts."""

    rows: int
    share: float
    separations: tuple[float, float]

    def sample(self, rng: np.random.Generator) -> Sample:
        """Draw rows with two columns of scores."""
        labels = rng.random(self.rows) < self.share
        noise = rng.standard_normal((self.rows, 3))
        scores = math.sqrt(0.5) * (noise[:, :2] + noise[:, 2:]) + np.outer(labels, self.separations)
        return Sample(labels, scores)

    def difference(self) -> float:
        """The true difference of the areas."""
        first, second = (NORMAL.cdf(separation / math.sqrt(2)) for separation in self.separations)
        return first - second

    def words(self) -> str:
        """How it is named in tables."""
        first, second = self.separations
        return f"{self.rows:,} rows, {100 * self.share:g} % positive, {first:g} and {second:g} apart"


CUT = 1.0  # where recall is measured


@functools.cache  # true figures take seconds
def cells() -> tuple[Cell, ...]:
    """Everything that is measured."""
    found = [plain(population) for population in populations()]
    for rows, share in ((200, 0.5), (2_000, 0.1), (20_000, 0.02)):
        smooth, tied = Population(rows, share, 1.0), Population(rows, share, 1.0, step=0.25)
        found.append(Cell(Weighted(smooth), counted, areas(smooth, "sampling")))
        found.append(Cell(Repeated(tied), counted, areas(tied, "frequency")))
    for clusters, size, share in ((50, 4, 0.5), (200, 5, 0.2), (500, 20, 0.05)):
        clustered = Clustered(clusters, size, share, 1.5)
        figure = Figure("roc_auc, clusters", clustered.roc_auc(), clustered_roc_auc)
        found.append(Cell(clustered, itself, (figure,)))
    for rows, share in ((100, 0.5), (1_000, 0.1), (10_000, 0.01), (100_000, 0.001)):
        for separations in ((1.0, 1.0), (1.5, 1.0)):
            pair = Pair(rows, share, separations)
            figure = Figure("difference of roc_auc", pair.difference(), difference)
            found.append(Cell(pair, itself, (figure,), repeats_of(rows)))
    streamed = Pair(10_000, 0.01, (1.5, 1.0))
    figure = Figure("difference of roc_auc, PairedCounts", streamed.difference(), paired_difference)
    found.append(Cell(streamed, paired_counts, (figure,)))
    for rows, share in ((200, 0.5), (1_000, 0.1)):
        pair = Pair(rows, share, (1.5, 1.0))
        truths = [Population(rows, share, separation).average_precision() for separation in pair.separations]
        figure = Figure("difference of average_precision", truths[0] - truths[1], difference_of_average_precision)
        found.append(Cell(pair, itself, (figure,), repeats=2_000))
    return tuple(found)


def plain(population: Population) -> Cell:
    """Areas without weights, and recall where scores do not tie."""
    figures = areas(population, None)
    if population.step is None:
        figures += (Figure("recall", 1 - NORMAL.cdf(CUT - population.separation), recall),)
    return Cell(population, counted, figures, repeats_of(population.rows))


def repeats_of(rows: int) -> int:
    """How many samples of so many rows are drawn: what an hour allows."""
    return 4_000 if rows < 100_000 else 2_000 if rows < 1_000_000 else 1_000


def areas(population: Population, meaning: str | None) -> tuple[Figure, ...]:
    """Both areas, with their default intervals."""
    kind = "" if meaning is None else f", {meaning} weights"
    return (
        Figure(
            f"roc_auc{kind}",
            population.roc_auc(),
            lambda counts, level: counts.roc_auc_interval(level, weight_meaning=meaning),
        ),
        Figure(
            f"average_precision{kind}",
            population.average_precision(),
            lambda counts, level: counts.average_precision_interval(level, weight_meaning=meaning),
        ),
    )


def counted(sample: Sample) -> th.ExactCounts:
    """Return the rows counted; with the sums that sampling weights need."""
    counts = th.ExactCounts(sums=sample.weights is not None and not sample.times)
    counts.update(sample.labels, sample.scores, weights=sample.weights, n_threads=1)
    return counts


def itself(sample: Sample) -> Sample:
    """Return the sample, for figures that are read off arrays."""
    return sample


def recall(counts: th.ExactCounts, level: float) -> th.Estimate:
    """Wilson's interval of recall at a fixed threshold."""
    found = counts.confusion(CUT).interval("recall", level)
    assert isinstance(found, th.Estimate)
    return found


def clustered_roc_auc(sample: Sample, level: float) -> th.Estimate:
    """The interval of ROC AUC where rows of a cluster depend on each other."""
    return th.roc_auc_interval(sample.labels, sample.scores, clusters=sample.clusters, level=level, n_threads=1)


def paired_counts(sample: Sample) -> th.PairedCounts:
    """Return both models counted on the same rows."""
    counts = th.PairedCounts()
    counts.update(sample.labels, *sample.scores.T, n_threads=1)
    return counts


def paired_difference(counts: th.PairedCounts, level: float) -> th.Estimate:
    """The interval of the difference of two models' areas, of the joint table."""
    return counts.compare_roc_auc(level).difference


def difference_of_average_precision(sample: Sample, level: float) -> th.Estimate:
    """The interval of the difference of two models' average precisions, by the paired bootstrap."""
    first, second = sample.scores.T
    options: dict[str, Any] = {"n_replicates": 999, "seed": 1, "n_threads": 1}
    return th.compare_average_precision(sample.labels, first, second, level=level, **options).difference


def difference(sample: Sample, level: float) -> th.Estimate:
    """The interval of the difference of two models' areas."""
    first, second = sample.scores.T
    return th.compare_roc_auc(sample.labels, first, second, level=level, n_threads=1).difference
