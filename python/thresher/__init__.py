"""Exact, fast, mergeable evaluation of binary classifiers.

A row is predicted positive at a threshold iff its score reaches it, as the arrays themselves compare: a float32 0.7 is
0.699999988, and reaches the threshold 0.7, because the threshold is rounded to the scores' dtype first.

>>> import numpy as np, thresher as th
>>> labels, scores = [1, 0, 1], np.array([0.7, 0.3, 0.1], dtype=np.float32)
>>> bool(scores[0] >= 0.7), th.confusion_at(labels, scores, 0.7).true_positives
(True, 1)

Arrays in memory:

>>> th.roc_auc(labels, scores)
0.5

Data that come in batches, from many workers, in fixed memory:

>>> counts = th.CompactCounts()
>>> counts.update(labels, scores)
>>> counts.n_samples
3
"""

try:
    from thresher import _core as _core
except ImportError as error:
    raise ImportError(
        "thresher's compiled part, thresher._core, could not be loaded. From a checkout, build it with "
        "`maturin develop --release`, and do not import thresher from its source folder; else reinstall thresher. "
        f"The cause: {error}",
        name=error.name,
        path=error.path,
    ) from error

from thresher import plots
from thresher._errors import Error, InexactWarning, InvalidStateError, ThresholdMismatchError
from thresher._version import __version__
from thresher.accumulators import CompactCounts, ExactCounts, ThresholdCounts
from thresher.bands import Band
from thresher.bootstrap_comparison import Comparison, compare_average_precision, compare_rate
from thresher.calibration import BrierDecomposition, IsotonicCalibration, ReliabilityCurve
from thresher.choices import Choice
from thresher.comparison import RocAucComparison, compare_roc_auc, compare_roc_auc_unpaired, roc_auc_covariance
from thresher.confusion import ConfusionCounts
from thresher.curves import DetCurve, PrecisionRecallCurve, RocCurve
from thresher.estimates import Estimate
from thresher.grouped import GroupedAuc, GroupedCounts
from thresher.intervals import average_precision_interval, roc_auc_interval
from thresher.loading import load
from thresher.metrics import (
    average_precision,
    confusion_at,
    det_curve,
    pr_auc,
    precision_recall_curve,
    roc_auc,
    roc_curve,
    thresholds_from,
)
from thresher.paired import PairedCounts
from thresher.ranking import (
    DecisionCurve,
    EqualErrorRate,
    GainCurve,
    KolmogorovSmirnov,
    LiftCurve,
    PrecisionRecallGainCurve,
)
from thresher.rate_intervals import RateIntervals
from thresher.reporting import report
from thresher.resampling import bootstrap, bootstrap_replicates
from thresher.scanning import scan

__all__ = [
    "Band",
    "BrierDecomposition",
    "Choice",
    "CompactCounts",
    "Comparison",
    "ConfusionCounts",
    "DecisionCurve",
    "DetCurve",
    "EqualErrorRate",
    "Error",
    "Estimate",
    "ExactCounts",
    "GainCurve",
    "GroupedAuc",
    "GroupedCounts",
    "InexactWarning",
    "InvalidStateError",
    "IsotonicCalibration",
    "KolmogorovSmirnov",
    "LiftCurve",
    "PairedCounts",
    "PrecisionRecallCurve",
    "PrecisionRecallGainCurve",
    "RateIntervals",
    "ReliabilityCurve",
    "RocAucComparison",
    "RocCurve",
    "ThresholdCounts",
    "ThresholdMismatchError",
    "__version__",
    "average_precision",
    "average_precision_interval",
    "bootstrap",
    "bootstrap_replicates",
    "compare_average_precision",
    "compare_rate",
    "compare_roc_auc",
    "compare_roc_auc_unpaired",
    "confusion_at",
    "det_curve",
    "load",
    "plots",
    "pr_auc",
    "precision_recall_curve",
    "report",
    "roc_auc",
    "roc_auc_covariance",
    "roc_auc_interval",
    "roc_curve",
    "scan",
    "thresholds_from",
]
