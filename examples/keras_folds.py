"""A Keras model in a StratifiedKFold: exact figures of each fold, their mean and spread, and of all folds together.

Run it with ``python examples/keras_folds.py``; it needs scikit-learn, Keras and jax. Each fold has a model of its own
and its held-out rows as validation data; the counts of the folds add up. It exits 1 when a figure is not that of
scikit-learn.
"""

import argparse
import os
import sys
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

import thresher as th
import thresher.keras
from flights_screen import Screen, interval
from million import million_samples

FOLDS = 5
FIGURES = ("auc", "average_precision", "recall", "precision", "matthews_correlation")


def main() -> int:
    """Train a model a fold; 0 when every figure is scikit-learn's."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--rows", type=int, default=20_000, help="in all (default: 20,000)")
    options.add_argument("--epochs", type=int, default=3, help="default: 3")
    given = options.parse_args()

    screen = Screen()
    screen.title(f"{FOLDS} folds of a Keras model", "Exact figures of each fold's held-out rows")
    samples, labels = million_samples(given.rows)
    samples = samples.astype(np.float32)
    results, counts, differences = [], [], []
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for train, test in screen.progress(folds.split(samples, labels), FOLDS, "training a model a fold"):
        validation = thresher.keras.ValidationMetrics((samples[test], labels[test]), FIGURES)
        model = network(samples.shape[1])
        model.fit(samples[train], labels[train], batch_size=128, epochs=given.epochs, verbose=0, callbacks=[validation])
        results.append([validation.results[f"val_{name}"] for name in FIGURES])
        counts.append(validation.counts[""])
        scores = model.predict(samples[test], batch_size=4_096, verbose=0).ravel()
        differences += differing(len(results), validation.results, labels[test], scores)
    show(screen, np.array(results), counts)
    for difference in differences:
        screen.say(f"DIFFERENT  {difference}")
    return 1 if differences else 0


def network(width: int) -> Any:
    """The same network for every fold."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(16, "relu"), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((width,)), *layers])
    model.compile("adam", "binary_crossentropy")
    return model


def differing(fold: int, results: dict[str, float], labels: NDArray[Any], scores: NDArray[Any]) -> list[str]:
    """The figures that scikit-learn has otherwise; Keras flags a score above 0.5, not one at it."""
    flagged = scores > 0.5
    theirs = {
        "auc": roc_auc_score(labels, scores),
        "average_precision": average_precision_score(labels, scores),
        "recall": recall_score(labels, flagged),
        "precision": precision_score(labels, flagged),
    }
    ours = {name: results[f"val_{name}"] for name in theirs}
    return [
        f"fold {fold}, {name}: {ours[name]} and {value}"
        for name, value in theirs.items()
        if not np.isclose(ours[name], value, rtol=0, atol=1e-6)
    ]


def show(screen: Screen, results: NDArray[np.float64], counts: list[th.ExactCounts]) -> None:
    """A row a fold; then mean, standard deviation, and the rows of all folds together."""
    heads = ["fold", "ROC AUC", *(name.replace("_", " ") for name in FIGURES[1:])]
    rows = [[str(fold), *map(four, row)] for fold, row in enumerate(results, start=1)]
    rows.append(["mean", *map(four, results.mean(axis=0))])
    rows.append(["spread", *map(four, results.std(axis=0, ddof=1))])
    screen.headline("Each fold: areas of every score, rates above 0.5")
    screen.table(heads, rows)
    whole = sum(counts[1:], counts[0])
    screen.headline(f"All {whole.n_samples:,} held-out scores, from the sum of the folds' counts")
    screen.listed(
        [
            ("ROC AUC", interval(whole.roc_auc_interval(), 4)),
            ("average precision", interval(whole.average_precision_interval(), 4)),
        ]
    )


def four(value: float) -> str:
    """Four decimals."""
    return f"{value:.4f}"


if __name__ == "__main__":
    sys.exit(main())
