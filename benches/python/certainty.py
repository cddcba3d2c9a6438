"""Certainty and decisions: intervals, comparisons, the bootstrap, thresholds; our calls and those of peers."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import TunedThresholdClassifierCV

import data
import thresher as th
from row import THREADS, Call

AGREE_WITHIN = 1e-9
ROWS_A_GROUP = 1_000

Made = Callable[[int], data.Columns]
Maker = Callable[[int], Call]
Delong = tuple[NDArray[np.float64], NDArray[np.float64]]  # two areas, and their covariance


def roc_auc_interval(columns: Made) -> Maker:
    """Makes the call of DeLong's interval, straight from arrays."""

    def prepare(n: int) -> Call:
        labels, scores = columns(n)
        return lambda: th.roc_auc_interval(labels, scores, n_threads=THREADS).value

    return prepare


def comparing(n: int) -> Call:
    """Makes the comparison of two models on the same rows."""
    labels, scores, others = data.two_models(n)

    def call() -> Delong:
        found = th.compare_roc_auc(labels, scores, others, n_threads=THREADS)
        return np.array([found.a.value, found.b.value]), found.covariance

    return call


def comparing_by_midranks(n: int) -> Call:
    """Makes the same of NumPy and SciPy: mid-ranks, after Sun and Xu, "Fast implementation of DeLong"."""
    labels, *columns = data.two_models(n)
    scores = np.stack(columns)
    positives, negatives = np.count_nonzero(labels), np.count_nonzero(~labels)

    def call() -> Delong:
        of_positives, of_negatives = rankdata(scores[:, labels], axis=1), rankdata(scores[:, ~labels], axis=1)
        of_all = rankdata(scores, axis=1)
        beaten = (of_all[:, labels] - of_positives) / negatives
        beating = (of_all[:, ~labels] - of_negatives) / positives
        return beaten.mean(axis=1), np.cov(beaten) / positives + np.cov(beating) / negatives

    return call


def comparisons_agree(ours: Delong, theirs: Delong) -> bool:
    """Whether both found the same areas and the same covariance."""
    return all(np.allclose(mine, other, rtol=AGREE_WITHIN, atol=0) for mine, other in zip(ours, theirs, strict=True))


def exact_counts(columns: data.Columns) -> th.ExactCounts:
    """The rows in an accumulator."""
    labels, scores, *weights = columns
    counts = th.ExactCounts(sums=bool(weights))
    counts.update(labels, scores, weights=weights[0] if weights else None, n_threads=THREADS)
    return counts


def asking(columns: Made, ask: Callable[[th.ExactCounts], Any]) -> Maker:
    """Makes a query of an accumulator; its tally is made by the call that warms up, and kept."""

    def prepare(n: int) -> Call:
        counts = exact_counts(columns(n))
        return lambda: ask(counts)

    return prepare


def resampling(columns: Made) -> Maker:
    """Makes 1,000 bootstrap replicates of the ROC AUC."""
    return asking(columns, lambda counts: th.bootstrap(counts, "roc_auc", seed=1, n_threads=THREADS).value)


def grouped(n: int) -> data.Columns:
    """So many distinct scores, about 1,000 rows of each."""
    return data.steps(ROWS_A_GROUP * n, n - 1)


def choosing(n: int) -> Call:
    """Makes the choice of the threshold with the best F1, among all there are."""
    counts = exact_counts(data.distinct(n))
    return lambda: counts.best_threshold("f1").value


def choosing_from_arrays(n: int) -> Call:
    """Makes the same from the arrays: counted, grouped and chosen in the call."""
    columns = data.distinct(n)
    return lambda: exact_counts(columns).best_threshold("f1").value


class Fitted(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose feature is its probability, so that nothing but the choice is timed."""

    classes_ = np.array([0, 1])

    def fit(self, scores: NDArray[Any], labels: NDArray[Any]) -> "Fitted":
        """Nothing is left to learn."""
        return self

    def predict_proba(self, scores: NDArray[Any]) -> NDArray[Any]:
        """Both columns, as classifiers return them."""
        return np.hstack([1 - scores, scores])


def tuning(n: int) -> Call:
    """Makes scikit-learn's choice: F1 of the rows at 100 thresholds between the lowest score and the highest."""
    labels, scores = data.distinct(n)

    def call() -> float:
        tuned = TunedThresholdClassifierCV(Fitted(), scoring="f1", cv="prefit", refit=False)
        return float(tuned.fit(scores[:, None], labels.astype(np.int64)).best_score_)

    return call


def at_least_as_good(ours: float, theirs: float) -> bool:
    """Whether all thresholds hold one as good as the best of 100."""
    return theirs - AGREE_WITHIN < ours < theirs + 0.1
