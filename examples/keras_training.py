"""A Keras model on the data of ``million.py``, trained with Keras's metrics and with thresher's in their place.

Run it with ``python examples/keras_training.py``; it needs scikit-learn, Keras and jax. Nineteen thresholds are counted
in every epoch: Keras keeps an array of them, thresher logs a value for each. Once an epoch the held-out rows are
evaluated exactly, and ROC curve, precision-recall curve and confusion matrix drawn over those of earlier epochs. The
trainings are timed, their answers stand beside the definition's; it exits 1 when a figure of ours is another.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any, TypeAlias

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

import thresher as th
import thresher.keras
from flights_screen import Screen, interval, span
from million import THRESHOLDS, million_samples

SHOWN = (0.05, 0.25, 0.5, 0.75, 0.95)  # in the logs of each epoch

Rows: TypeAlias = tuple[NDArray[np.float32], NDArray[np.int64]]


def main() -> int:
    """Train twice, compare, draw; 0 when every figure is that of the definition."""
    given = arguments()
    screen = Screen()
    screen.title("The same training, with keras.metrics and with thresher.keras", f"Keras on {keras.backend.backend()}")
    with screen.working(f"{given.rows:,} rows"):
        train, held_out = split(given.rows)

    validation = thresher.keras.ValidationMetrics(held_out, ("auc", "average_precision"), level=0.95)
    given.output.mkdir(parents=True, exist_ok=True)
    loggers = [thresher.keras.TensorBoardLogger(given.tensorboard)] if given.tensorboard else []
    callbacks = [
        validation,
        thresher.keras.EpochCurves(validation, given.output, loggers=loggers),
        keras.callbacks.CSVLogger(given.output / "log.csv"),
    ]
    with screen.working("training with keras.metrics"):
        theirs = trained(keras.metrics, train, held_out, given.epochs)
    with screen.working("training with thresher.keras in its place, nothing else changed"):
        same_code = trained(thresher.keras, train, held_out, given.epochs)
    with screen.working("training with thresher.keras: a key for each threshold, exact areas, pictures"):
        ours = trained(thresher.keras, train, held_out, given.epochs, callbacks, per_threshold=True)
    for logger in loggers:
        logger.close()

    show_logs(screen, ours.logs)
    right = show_answers(screen, ours, theirs, held_out)
    right &= show_areas(screen, ours, theirs, validation)
    show_times(screen, [theirs, same_code, ours], validation)
    screen.say(f"\nPictures of each epoch, and all keys in log.csv: {given.output}")
    screen.say(f"TensorBoard: {f'tensorboard --logdir {given.tensorboard}' if given.tensorboard else 'not asked for'}")
    screen.say("\nequal at every threshold" if right else "\nDIFFERENT: see the rows marked above")
    return 0 if right else 1


def arguments() -> argparse.Namespace:
    """What the command line says."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument(
        "--rows", type=int, default=200_000, help="in all; million.py has 1,000,000 (default: 200,000)"
    )
    options.add_argument("--epochs", type=int, default=3, help="default: 3")
    options.add_argument("--output", type=Path, default=Path("demo/keras"), help="folder of the pictures")
    options.add_argument("--tensorboard", type=Path, help="folder of event files too; needs `pip install tensorboard`")
    return options.parse_args()


def split(rows: int) -> tuple[Rows, Rows]:
    """Two thirds to train on, one third held out."""
    samples, labels = million_samples(rows)
    train, test, of_train, of_test = train_test_split(
        samples.astype(np.float32), labels, test_size=1 / 3, random_state=42
    )
    return (train, of_train), (test, of_test)


@dataclass
class Training:
    """A trained model, what `fit` logged, and the seconds of its later epochs: training, and validation by Keras."""

    model: Any
    logs: dict[str, list[Any]]
    seconds: tuple[float, float]


def trained(
    metrics: ModuleType, train: Rows, held_out: Rows, epochs: int, callbacks: Any = (), **more: Any
) -> Training:
    """Train the same network on the same rows; only the module that the metrics come from is another."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(32, "relu"), keras.layers.Dense(16, "relu"), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input(train[0].shape[1:]), *layers])
    model.compile(
        "adam",
        "binary_crossentropy",
        metrics=[
            metrics.AUC(name="binned_auc"),
            metrics.Recall(list(THRESHOLDS), name="recall", **more),
            metrics.TruePositives(list(THRESHOLDS), name="true_positives", **more),
        ],
    )
    clock = Clock()
    history = model.fit(
        *train,
        batch_size=1_024,
        epochs=epochs,
        validation_data=held_out,
        validation_batch_size=4_096,
        callbacks=[*callbacks, clock],
        verbose=0,
    )
    return Training(model, history.history, clock.medians())


class Clock(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Seconds of each epoch, training and Keras's validation apart; callbacks and pictures are in neither."""

    def __init__(self) -> None:
        super().__init__()
        self._moments: list[list[float]] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begin an epoch."""
        self._moments.append([perf_counter()])

    def on_test_begin(self, logs: Any = None) -> None:
        """Training is over, validation begins."""
        self._moments[-1].append(perf_counter())

    def on_test_end(self, logs: Any = None) -> None:
        """Validation is over."""
        self._moments[-1].append(perf_counter())

    def medians(self) -> tuple[float, float]:
        """Of the epochs but the first, which compiles; of that one where there is no other."""
        training, validation = np.median(np.diff(self._moments[1:] or self._moments, axis=1), axis=0)
        return float(training), float(validation)


def show_logs(screen: Screen, logs: dict[str, list[Any]]) -> None:
    """What is in the logs after each epoch: a key for every threshold."""
    screen.headline("In fit's logs, each epoch: one value a threshold")
    names = ("recall", "true_positives", "val_recall", "val_true_positives")
    keys = [key for name in names for key in thresher.keras.threshold_keys(name, SHOWN)]
    epochs = range(len(logs["loss"]))
    form = {"recall": "{:.4f}", "true_positives": "{:,.0f}"}
    rows = [
        [key, *(form[key.removeprefix("val_").rsplit("_", 2)[0]].format(logs[key][epoch]) for epoch in epochs)]
        for key in keys
    ]
    screen.table(["key", *(f"epoch {epoch + 1}" for epoch in epochs)], rows)
    screen.say(f"… and {sum('_0_' in key for key in logs) - len(keys)} keys more, for the other thresholds")


def show_answers(screen: Screen, ours: Training, theirs: Training, held_out: Rows) -> bool:
    """True positives and recall of the held-out rows after the last epoch; whether ours are the definition's."""
    samples, labels = held_out
    positives = ours.model.predict(samples, batch_size=4_096, verbose=0)[labels == 1]
    recall_keys, count_keys = (
        thresher.keras.threshold_keys(name, list(THRESHOLDS)) for name in ("val_recall", "val_true_positives")
    )
    rows, right = [], True
    for place, threshold in enumerate(THRESHOLDS):
        count = np.count_nonzero(positives > np.float32(threshold))
        counts = (theirs.logs["val_true_positives"][-1][place], ours.logs[count_keys[place]][-1], count)
        shares = (theirs.logs["val_recall"][-1][place], ours.logs[recall_keys[place]][-1], count / len(positives))
        same = counts[1] == count and bool(np.isclose(shares[1], shares[2], rtol=1e-6))
        right &= same
        figures = [f"{each:,.0f}" for each in counts] + [f"{each:.6f}" for each in shares]
        rows.append([f"{threshold:.2f}", *figures[:-1], figures[-1] + ("" if same else "  DIFFERENT")])
    screen.headline("Held-out rows after the last epoch: score > threshold, counted three ways")
    heads = ("Keras", "thresher", "NumPy")
    screen.table(["above", *heads, *heads], rows, groups=(("", 1), ("true positives", 3), ("recall", 3)))
    mean = np.mean(theirs.logs["val_recall"][-1])
    screen.say(f"Keras's progress bar shows one value for all nineteen, their mean: {mean:.4f}")
    return right


def show_areas(screen: Screen, ours: Training, theirs: Training, validation: Any) -> bool:
    """Areas after the last epoch; whether the exact one is that of all scores at once."""
    samples, labels = validation.data
    scores = ours.model.predict(samples, batch_size=4_096, verbose=0).ravel()
    exact, counts = th.roc_auc(labels, scores), validation.counts[""]
    same = bool(np.isclose(ours.logs["val_auc"][-1], exact, rtol=0, atol=1e-6))
    screen.headline("Area under the ROC curve of the held-out rows")
    screen.listed(
        [
            ("keras.metrics.AUC, 200 thresholds", f"{theirs.logs['val_binned_auc'][-1]:.6f}"),
            ("thresher.keras.AUC, 200 thresholds", f"{ours.logs['val_binned_auc'][-1]:.6f}"),
            ("ValidationMetrics, every score", f"{ours.logs['val_auc'][-1]:.6f}{'' if same else '  DIFFERENT'}"),
            ("  with its 95 % interval", interval(counts.roc_auc_interval(), 6)),
            ("average precision, every score", interval(counts.average_precision_interval(), 6)),
        ]
    )
    return same


def show_times(screen: Screen, trainings: list[Training], validation: Any) -> None:
    """Medians of the epochs but the first, in one run on one machine."""
    screen.headline("Time of an epoch")
    unasked = [""] * (len(trainings) - 1)
    rows = [
        ["training, metrics in the compiled step", *(span(each.seconds[0]) for each in trainings)],
        ["validation_data, the same metrics", *(span(each.seconds[1]) for each in trainings)],
        ["ValidationMetrics, predicting", *unasked, span(validation.seconds["predict"] + validation.seconds["data"])],
        ["ValidationMetrics, counting exactly", *unasked, span(validation.seconds["count"])],
    ]
    screen.table(["", "keras.metrics", "thresher.keras", "… a key a threshold"], rows)
    screen.say("Keras turns every key of the logs into a Python number at every step: that is the price of many keys.")


if __name__ == "__main__":
    sys.exit(main())
