"""A Keras model of eighteen labels: micro, macro and per-label AUC, F1, and the figures of the top three.

Run it with ``python examples/keras_labels.py``; it needs scikit-learn, Keras and jax. Compiled metrics tell averages in
every epoch; ValidationMetrics tells each label exactly, once an epoch. It exits 1 when a figure is not scikit-learn's.
"""

import argparse
import os
import sys
from typing import Any, TypeAlias

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import train_test_split

from flights_screen import Screen
from thresher.keras import AUC, F1Score, Precision, Recall, ValidationMetrics

LABELS = 18
TOP = 3
CUT = 0.3

Rows: TypeAlias = tuple[NDArray[np.float32], NDArray[np.int64]]


def main() -> int:
    """Train, tell, compare; 0 when every figure is scikit-learn's."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--rows", type=int, default=20_000, help="in all (default: 20,000)")
    options.add_argument("--epochs", type=int, default=5, help="default: 5")
    given = options.parse_args()

    screen = Screen()
    screen.title(f"{LABELS} labels, any number of them true", "Averages in each step, every label once an epoch")
    train, held_out = split(given.rows)
    names = [f"topic {number:02}" for number in range(1, LABELS + 1)]
    validation = ValidationMetrics(
        held_out, ("auc", "average_precision", "f1"), thresholds=CUT, label_names=names, kind="multilabel"
    )
    model = network(train[0].shape[1])
    with screen.working("training"):
        history = model.fit(
            *train, batch_size=256, epochs=given.epochs, validation_data=held_out, callbacks=[validation], verbose=0
        )
    logs = {key: values[-1] for key, values in history.history.items()}
    scores = model.predict(held_out[0], batch_size=4_096, verbose=0)
    found = figures(logs, names)
    theirs = by_scikit_learn(held_out[1], scores, names)
    show(screen, logs, names, held_out[1])
    return compare(screen, found, theirs)


def split(rows: int) -> tuple[Rows, Rows]:
    """Two thirds to train on, one third held out."""
    samples, labels = make_multilabel_classification(
        rows, n_features=40, n_classes=LABELS, n_labels=3, allow_unlabeled=True, random_state=0
    )
    train, test, of_train, of_test = train_test_split(
        samples.astype(np.float32), labels, test_size=1 / 3, random_state=0
    )
    return (train, of_train), (test, of_test)


def network(width: int) -> Any:
    """One probability a label; nothing makes them add up to one."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(64, "relu"), keras.layers.Dense(LABELS, "sigmoid")]
    model = keras.Sequential([keras.Input((width,)), *layers])
    model.compile(
        "adam",
        "binary_crossentropy",
        metrics=[
            AUC(name="auc_of_pairs"),  # every pair of row and label is a row: the micro average
            AUC(name="auc_mean", multi_label=True, num_labels=LABELS),  # one area a label, then their mean: macro
            F1Score(name="f1_of_pairs", average="micro", threshold=CUT),
            F1Score(name="f1_mean", average="macro", threshold=CUT),
            F1Score(name="f1_by_label", threshold=CUT),
            Precision(name="top_precision", top_k=TOP),
            Recall(name="top_recall", top_k=TOP),
        ],
    )
    return model


def figures(logs: dict[str, Any], names: list[str]) -> dict[str, float]:
    """What was logged of the held-out rows, exact and compiled, by the name of the figure."""
    key = f"f1_{str(CUT).replace('.', '_')}"
    found = {"AUC, macro": logs["val_auc"], "AUC, micro": logs["val_auc_micro"]}
    found |= {f"AUC, {name}": logs[f"val_auc_{name}"] for name in names}
    found |= {f"F1, {name}": logs[f"val_{key}_{name}"] for name in names}
    found |= {"F1, macro": logs[f"val_{key}"], "F1, micro": logs[f"val_{key}_micro"]}
    found |= {"F1, macro, compiled": logs["val_f1_mean"], "F1, micro, compiled": logs["val_f1_of_pairs"]}
    found |= {f"F1, {name}, compiled": float(logs["val_f1_by_label"][place]) for place, name in enumerate(names)}
    return found | {
        f"precision of the top {TOP}": logs["val_top_precision"],
        f"recall of the top {TOP}": logs["val_top_recall"],
    }


def by_scikit_learn(labels: NDArray[Any], scores: NDArray[Any], names: list[str]) -> dict[str, float]:
    """The same figures by scikit-learn; those of the top by their definition."""
    flagged = scores > np.float32(CUT)
    by_label = {
        "AUC": roc_auc_score(labels, scores, average=None),
        "F1": f1_score(labels, flagged, average=None),
    }
    found = {
        f"{what}, {name}": each for what, values in by_label.items() for name, each in zip(names, values, strict=True)
    }
    for average in ("macro", "micro"):
        found[f"AUC, {average}"] = roc_auc_score(labels, scores, average=average)
        found[f"F1, {average}"] = f1_score(labels, flagged, average=average)
    found |= {f"{name}, compiled": value for name, value in found.items() if name.startswith("F1")}
    top = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    hits = np.take_along_axis(labels, top, axis=1).sum()
    return found | {f"precision of the top {TOP}": hits / top.size, f"recall of the top {TOP}": hits / labels.sum()}


def show(screen: Screen, logs: dict[str, Any], names: list[str], labels: NDArray[Any]) -> None:
    """Each label and both averages, as they stand in the logs of the last epoch."""
    key = f"f1_{str(CUT).replace('.', '_')}"
    kinds = {name: f"_{name}" for name in names} | {"macro average": "", "micro average": "_micro"}
    shares = [f"{share:.1%}" for share in labels.mean(axis=0)]
    rows = [
        [name, share, *(f"{logs[f'val_{what}{end}']:.4f}" for what in ("auc", "average_precision", key))]
        for (name, end), share in zip(kinds.items(), [*shares, "", f"{labels.mean():.1%}"], strict=True)
    ]
    screen.headline("Held-out rows after the last epoch, every score counted")
    screen.table(["", "true", "ROC AUC", "average precision", f"F1 above {CUT}"], rows)
    screen.headline("Compiled metrics, in every epoch's logs")
    screen.listed(
        [
            ("AUC of 200 thresholds, macro and micro", f"{logs['val_auc_mean']:.4f}, {logs['val_auc_of_pairs']:.4f}"),
            (f"F1 above {CUT}, macro and micro", f"{logs['val_f1_mean']:.4f}, {logs['val_f1_of_pairs']:.4f}"),
            (f"precision of the top {TOP}", f"{logs['val_top_precision']:.4f}"),
            (f"recall of the top {TOP}", f"{logs['val_top_recall']:.4f}"),
        ]
    )


def compare(screen: Screen, ours: dict[str, float], theirs: dict[str, float]) -> int:
    """Say whether all figures are the same; float32 logs keep six digits."""
    different = [name for name, value in theirs.items() if not np.isclose(ours[name], value, rtol=0, atol=2e-6)]
    screen.say(f"\n{len(theirs) - len(different)} of {len(theirs)} figures are scikit-learn's")
    for name in different:
        screen.say(f"DIFFERENT  {name}: {ours[name]} and {theirs[name]}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
