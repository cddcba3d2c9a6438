"""Keras's metrics, exact and fast, and callbacks that evaluate a model once an epoch.

What this module does not have is Keras's own: `from thresher.keras import MeanSquaredError` works.
"""

from typing import Any

from thresher.keras._epoch_curves import EpochCurves
from thresher.keras._framework import keras
from thresher.keras._loggers import Logger
from thresher.keras._mlflow import MlflowLogger
from thresher.keras._neptune import NeptuneLogger
from thresher.keras._tensorboard import TensorBoardLogger
from thresher.keras._wandb import WandbLogger

__all__ = ["EpochCurves", "Logger", "MlflowLogger", "NeptuneLogger", "TensorBoardLogger", "WandbLogger"]


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(keras.metrics)})


def __getattr__(name: str) -> Any:
    if name.startswith("_") or not hasattr(keras.metrics, name):
        raise AttributeError(f"neither thresher.keras nor keras.metrics has {name!r}")
    return getattr(keras.metrics, name)
