"""A Keras model trained twice on the data of ``million.py``: with Keras's metrics, and with thresher's in their place.

Run it with ``python examples/keras_training.py``; it needs Keras and jax. Nineteen thresholds are counted in each
epoch: Keras logs their mean, thresher a value for each. Once an epoch the validation data are evaluated exactly, and
ROC curve, precision-recall curve and confusion matrix drawn over those of earlier epochs. Both trainings are timed,
their answers set side by side; then a StratifiedKFold, with exact figures of each fold. It exits 1 when a figure is
not that of the definition.
"""

import argparse
import os
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.datasets import make_classification
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.preprocessing import StandardScaler

import thresher.keras

THRESHOLDS = [round(0.05 * place, 2) for place in range(1, 20)]
OUTPUT = Path(__file__).parents[1] / "demo" / "keras"
SHOWN = (0.05, 0.25, 0.5, 0.75, 0.95)

Arrays = tuple[NDArray[np.float32], NDArray[np.float32]]


def main() -> int:
    """Train, compare, draw; 0 when every figure is right."""
    given = options().parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    train, held_out = split(given.samples)
    console.print(
        f"{len(train[0]):,} rows to train on, {len(held_out[0]):,} held out; backend {keras.backend.backend()}\n"
    )
    validation = thresher.keras.ValidationMetrics(
        held_out, thresholds=THRESHOLDS, metrics=("auc", "recall"), level=0.95
    )
    pictures = thresher.keras.EpochCurves(validation, given.output, loggers=loggers(given))
    model, logs, ours = trained(
        thresher.keras, train, held_out, given.epochs, [validation, pictures], per_threshold=True
    )
    _, theirs_logs, theirs = trained(keras.metrics, train, held_out, given.epochs, [])
    right = compared(console, model, held_out, logs, theirs_logs, ours, theirs)
    estimate = validation.counts[""].roc_auc_interval()
    console.print(
        f"\nexact ROC AUC of the held-out rows: {estimate}; counting took {validation.seconds['count']:.3f} s"
    )
    console.print(f"pictures of each epoch are in {given.output}\n")
    folds(console, train, given.epochs)
    return 0 if right else 1


def options() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=200_000, help="rows in all (default: 200,000; try 1,000,000)")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the pictures")
    parser.add_argument("--tensorboard", type=Path, help="also write event files here (needs tensorboard)")
    return parser


def loggers(given: argparse.Namespace) -> list[thresher.keras.Logger]:
    """Where numbers and pictures go beside the folder."""
    return [thresher.keras.TensorBoardLogger(given.tensorboard)] if given.tensorboard else []


def split(n_samples: int) -> tuple[Arrays, Arrays]:
    """Features and labels of two thirds and of one third."""
    x, y = make_classification(
        n_samples, 10, n_informative=4, n_redundant=0, n_clusters_per_class=1, weights=[0.8, 0.2], random_state=42
    )
    x = StandardScaler().fit_transform(x).astype(np.float32)
    train, test, of_train, of_test = train_test_split(x, y.astype(np.float32), test_size=1 / 3, random_state=42)
    return (train, of_train[:, None]), (test, of_test[:, None])


def network() -> Any:
    """A small dense network, the same every time."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(32, "relu"), keras.layers.Dense(16, "relu"), keras.layers.Dense(1, "sigmoid")]
    return keras.Sequential([keras.Input((10,)), *layers])


def trained(
    module: Any, train: Arrays, held_out: Arrays, epochs: int, callbacks: list[Any], **more: Any
) -> tuple[Any, dict[str, list[Any]], float]:
    """Return the model, its logs and the seconds of its later epochs, metrics taken from `module`."""
    model = network()
    metrics = [
        module.AUC(name="binned_auc"),
        module.Recall(THRESHOLDS, name="train_recall", **more),
        module.TruePositives(THRESHOLDS, name="true_positives", **more),
    ]
    clock = Clock()
    model.compile("adam", "binary_crossentropy", metrics=metrics)
    arguments = {"batch_size": 1_024, "verbose": 0, "validation_data": held_out, "validation_batch_size": 4_096}
    history = model.fit(*train, epochs=epochs, callbacks=[clock, *callbacks], **arguments)
    return model, history.history, clock.seconds


class Clock(keras.callbacks.Callback):  # type: ignore[misc] # keras has no types
    """The time of steps after the first epoch, which compiles."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self._start = self._end = 0.0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Start, when pictures of the epoch before are drawn."""
        if batch == 0:
            self._start = perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Remember when the last step ended."""
        self._end = perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add."""
        if epoch:
            self.seconds += self._end - self._start


def compared(
    console: Console,
    model: Any,
    held_out: Arrays,
    logs: dict[str, list[Any]],
    theirs: dict[str, list[Any]],
    ours_seconds: float,
    theirs_seconds: float,
) -> bool:
    """Print recall by threshold, as logged by both and as defined; return whether ours is the definition's."""
    x, y = held_out
    scores = model.predict(x, batch_size=4_096, verbose=0)
    table = Table(
        "threshold", "key in the logs", "thresher", "keras", "definition", title="recall of the held-out rows"
    )
    right = True
    keys = thresher.keras.threshold_keys("val_recall", THRESHOLDS)
    for index, (threshold, key) in enumerate(zip(THRESHOLDS, keys, strict=True)):
        exact = float(((scores > np.float32(threshold)) & (y == 1)).sum() / (y == 1).sum())
        compiled = logs[key.replace("val_recall", "val_train_recall")][-1]
        right &= bool(np.isclose(logs[key][-1], exact, atol=1e-6) and np.isclose(compiled, exact, atol=1e-6))
        if threshold in SHOWN:
            keras_s = theirs["val_train_recall"][-1][index]
            table.add_row(f"{threshold}", key, f"{logs[key][-1]:.6f}", f"{keras_s:.6f}", f"{exact:.6f}")
    console.print(table)
    console.print(
        f"one value for nineteen thresholds in Keras's progress bar: {np.mean(theirs['val_train_recall'][-1]):.4f}"
    )
    figures = f"binned AUC {logs['val_binned_auc'][-1]:.4f}, exact {logs['val_auc'][-1]:.4f}"
    console.print(f"area under the ROC curve: {figures}; Keras {theirs['val_binned_auc'][-1]:.4f}")
    if ours_seconds:
        console.print(f"steps after the first epoch: thresher {ours_seconds:.2f} s, Keras {theirs_seconds:.2f} s")
    return right


def folds(console: Console, train: Arrays, epochs: int) -> None:
    """Print exact figures of five folds, and their mean and spread."""
    x, y = train[0][:20_000], train[1][:20_000]
    figures = []
    for fit, test in StratifiedKFold(5, shuffle=True, random_state=0).split(x, y[:, 0]):
        model = network()
        model.compile("adam", "binary_crossentropy")
        model.fit(x[fit], y[fit], epochs=epochs, batch_size=256, verbose=0)
        area, precision = thresher.keras.ExactAUC(), thresher.keras.AveragePrecision()
        scores = model.predict(x[test], batch_size=4_096, verbose=0)
        for metric in area, precision:
            metric.update_state(y[test], scores)
        figures.append((float(area.result()), float(precision.result())))
    mean, spread = np.mean(figures, axis=0), np.std(figures, axis=0, ddof=1)
    console.print(
        f"five folds: ROC AUC {mean[0]:.4f} ± {spread[0]:.4f}, average precision {mean[1]:.4f} ± {spread[1]:.4f}"
    )


if __name__ == "__main__":
    sys.exit(main())
