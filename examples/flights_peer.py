"""scikit-learn's side of ``examples/flights.py``: its answers, timed, and the check that thresher's are the same."""

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

Answer = TypeVar("Answer")
Labels = NDArray[np.bool_]
Scores = NDArray[np.float64]


def timed(call: Callable[[], Answer], runs: int = 1) -> tuple[Answer, float]:
    """What the call returned, and the seconds it took: of several runs the fastest, as the first warms the memory."""
    fastest = float("inf")
    for _ in range(runs):
        began = time.perf_counter()
        answer = call()
        fastest = min(fastest, time.perf_counter() - began)
    return answer, fastest


class Checks:
    """Every agreement with scikit-learn that the screen claims."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def same(self, what: str, ours: object, theirs: object, tolerance: float = 0.0) -> None:
        """Note a difference of more than ``tolerance``; two NaN are the same."""
        if not np.allclose(
            np.asarray(ours, float), np.asarray(theirs, float), rtol=0.0, atol=tolerance, equal_nan=True
        ):
            self.failed.append(f"{what}: thresher {ours}, scikit-learn {theirs}")

    def within(self, what: str, bounds: tuple[float, float], theirs: float) -> None:
        """Note a value outside the bounds by more than scikit-learn's own rounding."""
        if not bounds[0] - 1e-12 <= theirs <= bounds[1] + 1e-12:
            self.failed.append(f"{what}: thresher says [{bounds[0]}, {bounds[1]}], scikit-learn {theirs}")


def at_threshold(threshold: float, labels: Labels, scores: Scores) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """TP, FP, FN, TN; and recall, precision, F1, of which precision is NaN where no score reaches the threshold."""
    predicted = scores >= threshold
    tn, fp, fn_, tp = metrics.confusion_matrix(labels, predicted).ravel()
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, predicted, average="binary", zero_division=np.nan
    )
    return (int(tp), int(fp), int(fn_), int(tn)), (float(recall), float(precision), float(f1))


def roc_auc(labels: Labels, scores: Scores, runs: int = 1) -> tuple[float, float]:
    """ROC AUC, and the seconds it took."""
    return timed(lambda: float(metrics.roc_auc_score(labels, scores)), runs)


def average_precision(labels: Labels, scores: Scores, runs: int = 1) -> tuple[float, float]:
    """Average precision, and the seconds it took."""
    return timed(lambda: float(metrics.average_precision_score(labels, scores)), runs)
