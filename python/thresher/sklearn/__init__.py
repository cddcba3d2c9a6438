"""scikit-learn's metrics, faster: the names, signatures, answers, warnings and errors of `sklearn.metrics`.

One import line is enough; a name that thresher does not answer is scikit-learn's own:

>>> from thresher.sklearn import mean_squared_error, roc_auc_score
>>> roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
0.75

Or the whole program at once, searches, displays and scorers included:

>>> import sklearn.metrics, thresher.sklearn
>>> with thresher.sklearn.patched():
...     sklearn.metrics.roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
0.75

What thresher cannot answer (sparse arrays, arrays on devices, negative weights, and all bad input) goes to
scikit-learn's own function as it came. `verbose()` tells which calls do, `calls()` counts them.
"""

from typing import Any

import sklearn.metrics

from thresher.sklearn._answers import Calls, calls, verbose
from thresher.sklearn._by_class import (
    f1_score,
    fbeta_score,
    jaccard_score,
    multilabel_confusion_matrix,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)
from thresher.sklearn._calibration import calibration_curve
from thresher.sklearn._curves import confusion_matrix_at_thresholds, det_curve, precision_recall_curve, roc_curve
from thresher.sklearn._displays import (
    CalibrationDisplay,
    ConfusionMatrixDisplay,
    DetCurveDisplay,
    PrecisionRecallDisplay,
    RocCurveDisplay,
)
from thresher.sklearn._labels import (
    accuracy_score,
    balanced_accuracy_score,
    class_likelihood_ratios,
    cohen_kappa_score,
    confusion_matrix,
    hamming_loss,
    matthews_corrcoef,
    zero_one_loss,
)
from thresher.sklearn._originals import original
from thresher.sklearn._patching import Report, patch, patched, unpatch
from thresher.sklearn._probabilities import brier_score_loss, log_loss, top_k_accuracy_score
from thresher.sklearn._ranking import auc, average_precision_score, roc_auc_score
from thresher.sklearn._report import classification_report
from thresher.sklearn._thresholds import metric_at_thresholds

__all__ = [
    "CalibrationDisplay",
    "Calls",
    "ConfusionMatrixDisplay",
    "DetCurveDisplay",
    "PrecisionRecallDisplay",
    "Report",
    "RocCurveDisplay",
    "accuracy_score",
    "auc",
    "average_precision_score",
    "balanced_accuracy_score",
    "brier_score_loss",
    "calibration_curve",
    "calls",
    "class_likelihood_ratios",
    "classification_report",
    "cohen_kappa_score",
    "confusion_matrix",
    "confusion_matrix_at_thresholds",
    "det_curve",
    "f1_score",
    "fbeta_score",
    "hamming_loss",
    "jaccard_score",
    "log_loss",
    "matthews_corrcoef",
    "metric_at_thresholds",
    "multilabel_confusion_matrix",
    "patch",
    "patched",
    "precision_recall_curve",
    "precision_recall_fscore_support",
    "precision_score",
    "recall_score",
    "roc_auc_score",
    "roc_curve",
    "top_k_accuracy_score",
    "unpatch",
    "verbose",
    "zero_one_loss",
]

# Functions that this version of scikit-learn does not have are None until here.
for _name in [name for name, value in list(globals().items()) if value is None and name in __all__]:
    del globals()[_name]
    __all__.remove(_name)


def __dir__() -> list[str]:
    return sorted({*globals(), *sklearn.metrics.__all__})


def __getattr__(name: str) -> Any:
    found = None if name.startswith("_") else original(name)
    if found is None:
        raise AttributeError(f"neither thresher.sklearn nor this version of sklearn.metrics has {name!r}")
    return found
