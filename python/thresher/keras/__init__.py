"""Keras's metrics, exact and fast, and callbacks that evaluate a model once an epoch.

What this module does not have is Keras's own: `from thresher.keras import MeanSquaredError` works.
"""

from typing import Any

from thresher.keras._at_rates import (
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from thresher.keras._auc import AUC
from thresher.keras._confusion import FalseNegatives, FalsePositives, TrueNegatives, TruePositives
from thresher.keras._confusion_metrics import ConfusionMetrics, FromCounts
from thresher.keras._epoch_curves import EpochCurves
from thresher.keras._exact import AveragePrecision, ExactAUC
from thresher.keras._framework import keras
from thresher.keras._fscores import F1Score, FBetaScore
from thresher.keras._further_rates import BalancedAccuracy, CohenKappa, MatthewsCorrelation, Specificity
from thresher.keras._identifiers import answer, deserialize, get, serialize
from thresher.keras._ious import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from thresher.keras._keys import threshold_keys
from thresher.keras._loggers import Logger
from thresher.keras._means import (
    Accuracy,
    BinaryAccuracy,
    BinaryCrossentropy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from thresher.keras._mlflow import MlflowLogger
from thresher.keras._neptune import NeptuneLogger
from thresher.keras._patching import Report, patch, patched, unpatch
from thresher.keras._precision_recall import Precision, Recall
from thresher.keras._tensorboard import TensorBoardLogger
from thresher.keras._validation import ValidationMetrics
from thresher.keras._wandb import WandbLogger

__all__ = [
    "AUC",
    "Accuracy",
    "AveragePrecision",
    "BalancedAccuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CohenKappa",
    "ConfusionMetrics",
    "EpochCurves",
    "ExactAUC",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "FromCounts",
    "IoU",
    "Logger",
    "MatthewsCorrelation",
    "MeanIoU",
    "MlflowLogger",
    "NeptuneLogger",
    "OneHotIoU",
    "OneHotMeanIoU",
    "Precision",
    "PrecisionAtRecall",
    "Recall",
    "RecallAtPrecision",
    "Report",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "Specificity",
    "SpecificityAtSensitivity",
    "TensorBoardLogger",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "ValidationMetrics",
    "WandbLogger",
    "deserialize",
    "get",
    "patch",
    "patched",
    "serialize",
    "threshold_keys",
    "unpatch",
]

answer(*(_each for _each in list(globals().values()) if isinstance(_each, type) and issubclass(_each, keras.Metric)))


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(keras.metrics)})


def __getattr__(name: str) -> Any:
    if name.startswith("_") or not hasattr(keras.metrics, name):
        raise AttributeError(f"neither thresher.keras nor keras.metrics has {name!r}")
    return getattr(keras.metrics, name)
