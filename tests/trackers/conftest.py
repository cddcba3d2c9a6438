"""Two epochs of EpochCurves, with counts that are made rather than learned, for whatever logger is tested."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pytest

import thresher as th
from thresher.keras import EpochCurves


def counted(skill):
    rng = np.random.default_rng(7)
    labels = rng.random(500) < 0.3
    held = th.ExactCounts()
    held.update(labels, (1 / (1 + np.exp(-rng.normal(skill * labels, 1)))).astype(np.float32))
    return held


class Epochs:
    """What was logged: counts and numbers of each epoch, and the pictures as files."""

    def __init__(self, folder):
        self.folder = folder
        self.counts = [counted(0.5), counted(2.0)]
        self.logs = [{"loss": 1 / (epoch + 1), "val_auc": held.roc_auc()} for epoch, held in enumerate(self.counts)]

    def go(self, *loggers):
        pending = iter(self.counts)
        callback = EpochCurves(lambda model: {"": next(pending)}, self.folder, loggers=loggers, dpi=40)
        callback.set_params({"epochs": 2})
        for epoch, logs in enumerate(self.logs):
            callback.on_epoch_begin(epoch)
            callback.on_epoch_end(epoch, logs)
        callback.on_train_end()

    def picture(self, name, epoch):
        return (self.folder / f"{name}_epoch_{epoch:03}.png").read_bytes()


@pytest.fixture
def epochs(tmp_path):
    return Epochs(tmp_path / "pictures")
