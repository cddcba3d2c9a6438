"""A Keras model of handwritten digits: ROC curves, one against the rest, and the confusion matrix of each epoch.

Run it with ``python examples/keras_digits.py``; it needs scikit-learn, Keras and jax. ValidationMetrics counts each of
the ten classes and the 10 × 10 matrix in one pass an epoch; EpochCurves draws them. It exits 1 when a figure is not
scikit-learn's.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, confusion_matrix, roc_auc_score, top_k_accuracy_score
from sklearn.model_selection import train_test_split

import thresher as th
from flights_screen import Screen
from thresher.keras import EpochCurves, SparseCategoricalAccuracy, SparseTopKCategoricalAccuracy, ValidationMetrics

DIGITS = [str(digit) for digit in range(10)]


def main() -> int:
    """Train, draw, compare; 0 when every figure is scikit-learn's."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--epochs", type=int, default=5, help="default: 5")
    options.add_argument("--output", type=Path, default=Path("demo/keras_digits"), help="folder of the pictures")
    given = options.parse_args()

    screen = Screen()
    screen.title("Ten classes: scikit-learn's digits", "Each against the rest, and who is taken for whom")
    images, digits = load_digits(return_X_y=True)
    train, test, of_train, of_test = train_test_split(
        (images / 16).astype(np.float32), digits, test_size=1 / 3, random_state=0, stratify=digits
    )
    validation = ValidationMetrics((test, of_test), label_names=DIGITS, kind="multiclass")
    pictures = EpochCurves(validation, given.output, pictures=["roc", "confusion"])
    model = network(images.shape[1])
    with screen.working("training, evaluating and drawing"):
        history = model.fit(
            train,
            of_train,
            batch_size=32,
            epochs=given.epochs,
            validation_data=(test, of_test),
            callbacks=[validation, pictures],
            verbose=0,
        )
    show(screen, history.history)
    draw_history(history, given.output / "history.png")
    screen.say(f"\nPictures of each epoch, and of the whole training: {given.output}")
    return compare(screen, history.history, validation.confusion_matrices[""], of_test, model.predict(test, verbose=0))


def network(width: int) -> Any:
    """Probabilities of ten classes that add up to one."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(32, "relu"), keras.layers.Dense(len(DIGITS), "softmax")]
    model = keras.Sequential([keras.Input((width,)), *layers])
    accuracies = [SparseCategoricalAccuracy(name="accuracy"), SparseTopKCategoricalAccuracy(2, name="top_2")]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=accuracies)
    return model


def show(screen: Screen, logs: dict[str, list[float]]) -> None:
    """ROC AUC of every digit after every epoch."""
    epochs = range(len(logs["loss"]))
    keys = {digit: f"val_auc_{digit}" for digit in DIGITS}
    keys |= {"macro average": "val_auc", "micro average": "val_auc_micro"}
    keys |= {"accuracy": "val_accuracy", "in the two likeliest": "val_top_2"}
    rows = [[name, *(f"{logs[key][epoch]:.4f}" for epoch in epochs)] for name, key in keys.items()]
    screen.headline("Held-out digits: exact ROC AUC against the rest, and accuracy")
    screen.table(["", *(f"epoch {epoch + 1}" for epoch in epochs)], rows)


def draw_history(history: Any, path: Path) -> None:
    """Losses, accuracies and areas over the epochs."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    th.plots.history(history, figure, include=["loss", "accuracy", "top_2", "auc", "auc_micro"])
    figure.savefig(path, dpi=100)


def compare(
    screen: Screen, logs: dict[str, list[float]], matrix: NDArray[Any], digits: NDArray[Any], scores: NDArray[Any]
) -> int:
    """Say whether all figures of the last epoch are scikit-learn's."""
    truth = np.eye(len(DIGITS), dtype=int)[digits]
    theirs = {f"val_auc_{digit}": area for digit, area in enumerate(roc_auc_score(truth, scores, average=None))}
    theirs["val_auc"] = roc_auc_score(truth, scores, average="macro")
    theirs["val_auc_micro"] = roc_auc_score(truth, scores, average="micro")
    theirs["val_accuracy"] = accuracy_score(digits, scores.argmax(axis=1))
    theirs["val_top_2"] = top_k_accuracy_score(digits, scores, k=2)
    different = [key for key, value in theirs.items() if not np.isclose(logs[key][-1], value, rtol=0, atol=2e-6)]
    if not np.array_equal(matrix, confusion_matrix(digits, scores.argmax(axis=1))):
        different.append("the confusion matrix")
    screen.say(f"{len(theirs) + 1 - len(different)} of {len(theirs) + 1} figures are scikit-learn's")
    for name in different:
        screen.say(f"DIFFERENT  {name}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
