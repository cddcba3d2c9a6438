"""Intervals, comparisons, the bootstrap, the choice of a threshold, and every statistic of a million groups."""

from collections.abc import Callable, Iterator
from typing import Any

import areas
import certainty
import counting
import data
import thresher as th
from certainty import Maker
from row import TEN_MILLION, Limit, Promise, Row, Side, faster, within

INTERVALS = "Intervals and comparisons of ROC AUC"
BOOTSTRAP = "Bootstrap of 1,000 replicates (a sample: a group of rows)"
CHOICES = "The best threshold of 1e6 distinct scores"
STATISTICS = "Statistics of 1e6 groups, counted before"
WEIGHTED = "Statistics of 1e6 groups, weighted, counted before"
CURVES = "Curves of 1e6 groups, counted before"

MILLION = 1_000_000
QUICK = Limit("20 ms", 0.02)

Asked = dict[str, Callable[[th.ExactCounts], Any]]

NUMBERS: Asked = {
    "roc_auc": lambda counts: counts.roc_auc(),
    "roc_auc, max_fpr": lambda counts: counts.roc_auc(max_fpr=0.1),
    "average_precision": lambda counts: counts.average_precision(),
    "pr_auc, trapezoid": lambda counts: counts.pr_auc("trapezoid"),
    "pr_auc, davis-goadrich": lambda counts: counts.pr_auc("davis-goadrich"),
    "gini": lambda counts: counts.gini(),
    "kolmogorov_smirnov": lambda counts: counts.kolmogorov_smirnov(),
    "equal_error_rate": lambda counts: counts.equal_error_rate(),
    "partial_roc_auc, tpr_range": lambda counts: counts.partial_roc_auc(tpr_range=(0.2, 0.8)),
    "log_roc_auc": lambda counts: counts.log_roc_auc(),
    "h_measure": lambda counts: counts.h_measure(),
    "precision_at, k": lambda counts: counts.precision_at(k=1_000),
    "recall_at, share": lambda counts: counts.recall_at(share=0.1),
    "net_benefit, 99 thresholds": lambda counts: counts.net_benefit(counting.EVEN[1:-1:2]),
    "confusion, 200 thresholds": lambda counts: counts.confusion(counting.EVEN),
    "roc_auc_interval": lambda counts: counts.roc_auc_interval(weight_meaning=meaning(counts)),
    "roc_auc_interval, hanley-mcneil": lambda counts: counts.roc_auc_interval(
        method="hanley-mcneil", weight_meaning=frequency(counts)
    ),
    "average_precision_interval": lambda counts: counts.average_precision_interval(weight_meaning=meaning(counts)),
    "best_threshold, f1": lambda counts: counts.best_threshold("f1"),
    "best_threshold, matthews_correlation": lambda counts: counts.best_threshold("matthews_correlation"),
    "best_threshold, recall at a precision": lambda counts: counts.best_threshold(
        "recall", subject_to={"precision": (0.8, None)}
    ),
    "best_threshold, costs": lambda counts: counts.best_threshold(costs={"false_positive": 1, "false_negative": 5}),
    "threshold_at, recall": lambda counts: counts.threshold_at(recall=0.9),
    "threshold_at, precision": lambda counts: counts.threshold_at(precision=0.9),
    "mean_score": lambda counts: counts.mean_score(),
    "calibration_ratio": lambda counts: counts.calibration_ratio(),
    "log_loss": lambda counts: counts.log_loss(),
    "normalized_entropy": lambda counts: counts.normalized_entropy(),
    "brier_score": lambda counts: counts.brier_score(),
    "brier_decomposition": lambda counts: counts.brier_decomposition(),
    "expected_calibration_error": lambda counts: counts.expected_calibration_error(),
    "expected_calibration_error, quantile": lambda counts: counts.expected_calibration_error(10, "quantile"),
    "reliability_curve": lambda counts: counts.reliability_curve(),
    "isotonic_calibration": lambda counts: counts.isotonic_calibration(),
    "roc_convex_hull": lambda counts: counts.roc_convex_hull(),
    "decision_curve": lambda counts: counts.decision_curve(),
}

TABLES: Asked = {
    "roc_curve": lambda counts: counts.roc_curve(drop_intermediate=False),
    "precision_recall_curve": lambda counts: counts.precision_recall_curve(),
    "det_curve": lambda counts: counts.det_curve(),
    "gain_curve": lambda counts: counts.gain_curve(),
    "lift_curve": lambda counts: counts.lift_curve(),
    "precision_recall_gain_curve": lambda counts: counts.precision_recall_gain_curve(),
    "confusion": lambda counts: counts.confusion(),
}


def frequency(counts: th.ExactCounts) -> str | None:
    """What weights mean to a formula that knows no other."""
    return "frequency" if counts.weighted else None


def meaning(counts: th.ExactCounts) -> str | None:
    """What the weights of these rows mean."""
    return "sampling" if counts.weighted else None


def quick(group: str, prefix: str, columns: certainty.Made, asked: Asked, promise: Promise) -> Iterator[Row]:
    """Queries beside 20 ms."""
    for what, ask in asked.items():
        name = f"{prefix}_{what.replace(', ', '_').replace(' ', '_').replace('-', '_')}"
        yield Row(name, group, what, Side("thresher", MILLION, certainty.asking(columns, ask)), QUICK, promise)


def beside_roc_auc(name: str, what: str, columns: certainty.Made, must: float | None) -> Row:
    """A row of the interval, whose peer is the area alone."""
    ours = Side("thresher", TEN_MILLION, certainty.roc_auc_interval(columns))
    area = Side("thresher, roc_auc", TEN_MILLION, areas.roc_auc(columns))
    return Row(name, INTERVALS, what, ours, area, within(must, 1.3), areas.areas_agree)


def beside_tuning(name: str, what: str, prepare: Maker, promise: Promise) -> Row:
    """A row of the best threshold; scikit-learn's call, of a minute or so, is timed once for all."""
    theirs = Side("TunedThresholdClassifierCV", MILLION, certainty.tuning, "tuning")
    return Row(name, CHOICES, what, Side("thresher", MILLION, prepare), theirs, promise, certainty.at_least_as_good)


def replicates(name: str, what: str, groups: int, columns: certainty.Made, limit: Limit) -> Row:
    """A row of the bootstrap, held against a duration."""
    return Row(name, BOOTSTRAP, what, Side("thresher", groups, certainty.resampling(columns)), limit, within(1))


ROWS = (
    beside_roc_auc("roc_auc_interval", "DeLong's interval, float32 scores", data.rows, 1.3),
    beside_roc_auc("roc_auc_interval_float64", "DeLong's interval, float64 scores", counting.float64_scores, None),
    Row(
        "compare_roc_auc",
        INTERVALS,
        "two models on the same rows, against mid-ranks after Sun and Xu",
        Side("thresher", MILLION, certainty.comparing),
        Side("NumPy and SciPy", MILLION, certainty.comparing_by_midranks),
        faster(),
        certainty.comparisons_agree,
    ),
    replicates("bootstrap_1e6", "ROC AUC, 1e6 distinct scores", MILLION, data.distinct, Limit("10 s", 10)),
    replicates(
        "bootstrap_1000",
        "ROC AUC, 1,000 distinct scores, 1,000 rows each",
        1_000,
        certainty.grouped,
        Limit("0.1 s", 0.1),
    ),
    beside_tuning(
        "best_threshold",
        "F1 at all thresholds, counted before, against F1 of the rows at 100",
        certainty.choosing,
        faster(1_000),
    ),
    beside_tuning(
        "best_threshold_arrays",
        "the same from arrays: counted and chosen",
        certainty.choosing_from_arrays,
        faster(aim=1_000),
    ),
    *quick(STATISTICS, "groups", data.distinct, NUMBERS, within(1)),
    *quick(CURVES, "groups", data.distinct, TABLES, within(aim=1)),
    *quick(WEIGHTED, "weighted_groups", data.weighted_distinct, NUMBERS, within(1)),
)
