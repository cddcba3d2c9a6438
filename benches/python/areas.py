"""The calls that give areas and curves: thresher's and its peers'."""

import atexit
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scors  # type: ignore[import-untyped]
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.metrics import precision_recall_curve as precision_recall_curve_score
from sklearn.metrics import roc_curve as roc_curve_score

import data
import thresher as th
from row import THREADS, Call

AGREE_WITHIN = 1e-9

Made = Callable[[int], data.Columns]
Maker = Callable[[int], Call]


def roc_auc(columns: Made, threads: int | None = THREADS) -> Maker:
    """Makes thresher's call."""
    return _called(th.roc_auc, columns, "weights", n_threads=threads)


def average_precision(columns: Made) -> Maker:
    """Makes thresher's call."""
    return _called(th.average_precision, columns, "weights", n_threads=THREADS)


def roc_curve(columns: Made) -> Maker:
    """Makes thresher's call for every point, unpacked into arrays."""
    curve = _called(th.roc_curve, columns, "weights", drop_intermediate=False, n_threads=THREADS)
    return _unpacked(curve)


def precision_recall_curve(columns: Made) -> Maker:
    """Makes thresher's call for every point, unpacked into arrays."""
    curve = _called(th.precision_recall_curve, columns, "weights", drop_intermediate=False, n_threads=THREADS)
    return _unpacked(curve)


def sklearn_roc_auc(columns: Made) -> Maker:
    """Makes scikit-learn's call."""
    return _called(roc_auc_score, columns, "sample_weight")


def sklearn_average_precision(columns: Made) -> Maker:
    """Makes scikit-learn's call."""
    return _called(average_precision_score, columns, "sample_weight")


def sklearn_roc_curve(columns: Made) -> Maker:
    """Makes scikit-learn's call for every point."""
    return _called(roc_curve_score, columns, "sample_weight", drop_intermediate=False)


def sklearn_precision_recall_curve(columns: Made) -> Maker:
    """Makes scikit-learn's call for every point."""
    return _called(precision_recall_curve_score, columns, "sample_weight", drop_intermediate=False)


def _called(function: Callable[..., Any], columns: Made, weights_as: str, **keywords: Any) -> Maker:
    def prepare(n: int) -> Call:
        labels, scores, *weights = columns(n)
        given = {**keywords, **({weights_as: weights[0]} if weights else {})}
        return lambda: function(labels, scores, **given)

    return prepare


def _unpacked(prepare: Maker) -> Callable[[int], Call]:
    def prepare_unpacked(n: int) -> Call:
        call = prepare(n)
        return lambda: tuple(call())

    return prepare_unpacked


def scors_roc_auc(n: int) -> Call:
    """Makes the call of scors, which sorts with as many threads as there are CPUs."""
    labels, scores = data.rows(n)
    return lambda: scors.roc_auc(labels, scores)


def scors_roc_auc_one_thread(n: int) -> Call:
    """Makes the call of scors in a process that may use one thread: its number is fixed when its pool is made."""
    command = [sys.executable, str(Path(__file__).with_name("scors_alone.py")), str(n)]
    environment = {**os.environ, "RAYON_NUM_THREADS": "1"}
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    atexit.register(child.communicate)

    def call() -> float:
        if child.stdin is None or child.stdout is None:
            raise AssertionError("Popen was told to make both pipes")
        child.stdin.write("\n")
        child.stdin.flush()
        return float(child.stdout.readline())

    if call() != call():
        raise AssertionError("scors gives two areas for the same rows")
    return call


def sorting(n: int) -> Call:
    """Makes the call that sorts the scores and does nothing else."""
    scores = data.rows(n)[1]
    return lambda: np.sort(scores)


def areas_agree(ours: float, theirs: float) -> bool:
    """Whether both found the same area."""
    return abs(ours - theirs) < AGREE_WITHIN


def curves_agree(ours: tuple[NDArray[Any], ...], theirs: tuple[NDArray[Any], ...]) -> bool:
    """Whether both found the same points, in the same order."""
    pairs = list(zip(ours[:2], theirs[:2], strict=True))
    return all(mine.shape == other.shape and np.allclose(mine, other, atol=AGREE_WITHIN) for mine, other in pairs)
