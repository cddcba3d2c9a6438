"""A stand-in for ValidationMetrics with its interface, and a logger that remembers."""

import keras
import numpy as np

import thresher as th
from thresher.keras import Logger


def counted(skill, rows=400, seed=0, accumulator=th.ExactCounts):
    """Counts of rows whose scores know the label as well as `skill` says."""
    rng = np.random.default_rng(seed)
    labels = rng.random(rows) < 0.3
    held = accumulator()
    held.update(labels, (1 / (1 + np.exp(-rng.normal(skill * labels, 1)))).astype(np.float32))
    return held


class Evaluated(keras.callbacks.Callback):
    """What ValidationMetrics shows of an epoch, of counts that improve from epoch to epoch."""

    def __init__(self, keys=("",), matrices=None, skipped=()):
        super().__init__()
        self.keys, self.skipped = keys, skipped
        self.counts, self.confusion_matrices, self.results = {}, dict(matrices or {}), {}
        self.epoch = None

    def on_epoch_end(self, epoch, logs=None):
        if epoch in self.skipped:
            return
        self.counts = {key: counted(epoch / 2, seed=place) for place, key in enumerate(self.keys)}
        self.results = {"val_auc": next(iter(self.counts.values())).roc_auc()}
        self.epoch = epoch
        logs.update(self.results)


class Remembering(Logger):
    """Every call, in order."""

    def __init__(self):
        self.calls = []

    def scalars(self, step, values):
        self.calls.append(("scalars", step, dict(values)))

    def image(self, step, name, picture):
        self.calls.append(("image", step, name, picture))

    def curve(self, step, name, counts):
        self.calls.append(("curve", step, name, counts))

    def of(self, kind):
        return [call[1:] for call in self.calls if call[0] == kind]


def run(callbacks, epochs=3, first=0):
    """Go through epochs as `fit` does, on any backend."""
    listed = keras.callbacks.CallbackList(
        callbacks, model=keras.Sequential([keras.layers.Dense(1)]), epochs=epochs, verbose=0
    )
    listed.on_train_begin()
    for epoch in range(first, epochs):
        listed.on_epoch_begin(epoch)
        listed.on_epoch_end(epoch, {"loss": 1 / (epoch + 1)})
    listed.on_train_end()
