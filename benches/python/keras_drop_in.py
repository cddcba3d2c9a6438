"""Compare thresher.keras with Keras's own metrics, on each backend in a process of its own: ``make bench-keras``.

``make bench-keras`` leaves PyTorch out, which is 5 GB. By hand, after ``make test-torch`` made its environment:
``PYTHONPATH=python .venv-torch/bin/python benches/python/keras_drop_in.py --backend torch``.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import machine
import record

RECORDS = record.RECORDS / "keras"
BACKENDS = ("numpy", "jax", "tensorflow")
THRESHOLDS = [round(0.05 * place, 2) for place in range(1, 20)]
N_ROWS, BATCH = 10_000_000, 1_000_000
STEPS, ROWS_OF_A_STEP = 200, 1_024
VALIDATION_ROWS = 1_000_000


def main() -> int:
    """Time every backend, print and record; 1 when a row misses what it must reach."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--backend", choices=(*BACKENDS, "torch"), help="time this one and print JSON")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--shrink", type=int, default=1, metavar="N", help="divide sizes by N, record nothing")
    given = parser.parse_args()
    if given.backend:
        os.environ["KERAS_BACKEND"] = given.backend  # before Keras is imported
        print(json.dumps(timed(given.backend, given.repeats, given.shrink), default=record.plain))
        return 0
    rows: list[dict[str, Any]] = []
    for backend in BACKENDS:
        command = [sys.executable, __file__, "--backend", backend, "--repeats", str(given.repeats)]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        run = subprocess.run(
            [*command, "--shrink", str(given.shrink)], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        rows += json.loads(run.stdout.splitlines()[-1])
    show(rows)
    if given.shrink == 1:
        around = {**machine.surroundings(), "commit": machine.commit()}
        print(f"recorded in {record.write(rows, around, [row['name'] for row in rows], RECORDS)}")
    return 1 if any(not row["holds"] for row in rows) else 0


def show(rows: list[dict[str, Any]]) -> None:
    """Print the rows as a table."""
    table = Table("row", "thresher", "Keras", "figure", "must", "")
    for row in rows:
        sign = "yes" if row["holds"] else "MISSED"
        table.add_row(row["name"], row["ours"], row["theirs"], f"{row['figure']:.4g}", row["must"], sign)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def timed(backend: str, repeats: int, shrink: int) -> list[dict[str, Any]]:
    """Return the rows of one backend."""
    rows = [*standalone(backend, repeats, shrink), *small(backend, repeats)]
    if backend == "jax":
        rows += [training_step(repeats, shrink), callback(shrink), *skewed()]
    return rows


def at_least(name: str, ours: float, theirs: float, must: float, unit: str) -> dict[str, Any]:
    """A row whose figure is how many times faster ours is."""
    figure = theirs / ours
    scale = {"ms": 1e3, "µs": 1e6}[unit]
    told = f"{ours * scale:.4g} {unit}", f"{theirs * scale:.4g} {unit}"
    return {
        "name": name,
        "ours": told[0],
        "theirs": told[1],
        "figure": figure,
        "must": f"≥ {must}×",
        "holds": figure >= must,
    }


def in_turn(ours: Callable[[], object], theirs: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the median times of both, taken in turn after one run of each."""
    ours(), theirs()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for function, column in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            function()
            column.append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


def rows_of(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and scores as float32."""
    rng = np.random.default_rng(0)
    return (rng.random(n) < 0.3).astype(np.float32), rng.random(n, dtype=np.float32)


def standalone(backend: str, repeats: int, shrink: int) -> list[dict[str, Any]]:
    """AUC(200) and Recall(19) over 1e7 rows in batches of 1e6."""
    import keras

    import thresher.keras as ours_of

    labels, scores = rows_of(N_ROWS // shrink)
    batch = BATCH // shrink

    def run(metric: Any) -> None:
        metric.reset_state()
        for start in range(0, len(labels), batch):
            metric.update_state(labels[start : start + batch], scores[start : start + batch])
        keras.ops.convert_to_numpy(metric.result())

    rows = []
    for name, arguments, must in (("AUC", {}, 20), ("Recall", {"thresholds": THRESHOLDS}, 30)):
        ours, theirs = getattr(ours_of, name)(**arguments), getattr(keras.metrics, name)(**arguments)
        times = in_turn(partial(run, ours), partial(run, theirs), repeats)
        rows.append(at_least(f"{backend}: {name} of 1e7 rows", *times, must, "ms"))
    return rows


def small(backend: str, repeats: int) -> list[dict[str, Any]]:
    """Update and result of 64 rows."""
    import keras

    import thresher.keras as ours_of

    flat = rows_of(64)
    one_hot, by_class = np.eye(10, dtype=np.float32)[np.arange(64) % 10], rows_of(640)[1].reshape(64, 10)
    sparse = np.arange(64) % 10
    cases: list[tuple[str, dict[str, Any], tuple[np.ndarray, np.ndarray], int]] = [
        ("AUC", {}, flat, 10),
        ("SensitivityAtSpecificity", {"specificity": 0.5}, flat, 10),
        ("Recall", {"thresholds": THRESHOLDS}, flat, 10),
        ("Recall", {}, flat, 5),
        ("TruePositives", {}, flat, 5),
        ("Accuracy", {}, flat, 5),
        ("BinaryAccuracy", {}, flat, 5),
        ("BinaryCrossentropy", {}, flat, 5),
        ("CategoricalAccuracy", {}, (one_hot, by_class), 5),
        ("SparseCategoricalAccuracy", {}, (sparse, by_class), 5),
        ("TopKCategoricalAccuracy", {}, (one_hot, by_class), 5),
        ("SparseTopKCategoricalAccuracy", {}, (sparse, by_class), 5),
    ]

    def run(metric: Any, batch: tuple[np.ndarray, np.ndarray]) -> None:
        for _ in range(50):
            metric.update_state(*batch)
            metric.result()

    rows = []
    for name, arguments, batch, must in cases:
        ours, theirs = getattr(ours_of, name)(**arguments), getattr(keras.metrics, name)(**arguments)
        times = in_turn(partial(run, ours, batch), partial(run, theirs, batch), repeats)
        of_list = " at 19" if "thresholds" in arguments else ""
        rows.append(at_least(f"{backend}: {name}{of_list}, 64 rows", times[0] / 50, times[1] / 50, must, "µs"))
    return rows


def model_of() -> Any:
    """A small dense model, as that of examples/keras_training.py."""
    import keras

    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((16,)),
            keras.layers.Dense(64, "relu"),
            keras.layers.Dense(32, "relu"),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )


def training_step(repeats: int, shrink: int) -> dict[str, Any]:
    """An epoch of compiled steps with three metrics of each."""
    import keras

    import thresher.keras as ours_of

    n = STEPS * ROWS_OF_A_STEP // shrink
    x = np.random.default_rng(0).normal(size=(n, 16)).astype(np.float32)
    y = (x[:, :1] > 0.5).astype(np.float32)
    runs = []
    for module in ours_of, keras.metrics:
        model = model_of()
        metrics = [module.AUC(), module.Precision(), module.Recall(THRESHOLDS)]
        model.compile("sgd", "binary_crossentropy", metrics=metrics)
        runs.append(lambda model=model: model.fit(x, y, batch_size=ROWS_OF_A_STEP, epochs=1, verbose=0, shuffle=False))
    ours, theirs = in_turn(runs[0], runs[1], repeats)
    told = f"{ours * 1e3:.4g} ms", f"{theirs * 1e3:.4g} ms"
    name = f"jax: an epoch of {STEPS} steps of {ROWS_OF_A_STEP} rows, AUC + Precision + Recall at 19"
    row = {"name": name, "ours": told[0], "theirs": told[1], "figure": ours / theirs}
    return {**row, "must": "≤ 1.05 of Keras's", "holds": ours / theirs <= 1.05}


def callback(shrink: int) -> dict[str, Any]:
    """The exact ROC AUC of an epoch, beside the time of its predictions."""
    import thresher.keras as ours_of

    n = VALIDATION_ROWS // shrink
    x = np.random.default_rng(0).normal(size=(n, 16)).astype(np.float32)
    y = (x[:, 0] > 0.5).astype(np.float32)
    model = model_of()
    validation = ours_of.ValidationMetrics((x, y), metrics=("auc",), batch_size=4_096)
    shares = []
    for _ in range(4):
        validation.evaluate(model)
        shares.append((validation.seconds["count"] / validation.seconds["predict"], dict(validation.seconds)))
    share, seconds = sorted(shares[1:], key=lambda each: each[0])[1]
    told = f"{seconds['count'] * 1e3:.4g} ms to count", f"{seconds['predict'] * 1e3:.4g} ms to predict"
    row = {"name": "jax: exact ROC AUC of 1e6 validation rows", "ours": told[0], "theirs": told[1], "figure": share}
    return {**row, "must": "≤ 0.05 of predict", "holds": share <= 0.05}


def skewed() -> list[dict[str, Any]]:
    """How far areas of rare events are off."""
    import keras

    import thresher as th
    import thresher.keras as ours_of

    rng = np.random.default_rng(0)
    scores = (1 / (1 + np.exp(-rng.normal(-7, 1, 1_000_000)))).astype(np.float32)
    labels = rng.random(len(scores)) < scores
    exact = th.roc_auc(labels, scores)
    off = {}
    cases = {
        "thresher, even in log-odds": ours_of.AUC(spacing="logit"),
        "ExactAUC": ours_of.ExactAUC(),
        "Keras": keras.metrics.AUC(),
    }
    for name, metric in cases.items():
        metric.update_state(labels, scores)
        off[name] = abs(float(metric.result()) - exact)
    theirs = f"off by {off.pop('Keras'):.4g}"
    return [
        {"name": f"AUC of logits N(-7, 1): {name}", "ours": f"off by {error:.2g}", "theirs": theirs, "figure": error}
        | {"must": f"≤ {must:g}", "holds": error <= must}
        for (name, error), must in zip(off.items(), (5e-3, 1e-6), strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
