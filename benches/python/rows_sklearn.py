"""The drop-in beside scikit-learn: the same calls, with the arguments that everyday code gives."""

from collections.abc import Iterator
from typing import Any

import certainty
import drop_in
from drop_in import Made
from row import TEN_MILLION, Promise, Row, Side, faster

AREAS = "The drop-in for scikit-learn: areas and curves"
LABELS = "The drop-in for scikit-learn: labels, 5 classes"
OTHERS = "The drop-in for scikit-learn: probabilities and thresholds"

MILLION = 1_000_000
DISTINCT = 20_000
IN_FLOAT32 = (("log_loss", drop_in.narrow), ("brier_score_loss", drop_in.narrow))
REPORTS = ("confusion_matrix", "precision_recall_fscore_support", "classification_report")

KINDS = (
    ("", "float32, int8", drop_in.narrow, faster(90, 180)),
    ("_float64", "float64, int64", drop_in.wide, faster(60, 120)),
)


def same_call(
    name: str, group: str, function: str, columns: Made, promise: Promise, what: str, n: int = TEN_MILLION, **given: Any
) -> Row:
    """A row of one call to both."""
    mine, other = drop_in.ours(function, columns, **given), drop_in.theirs(function, columns, **given)
    sides = Side("thresher", n, mine), Side("scikit-learn", n, other)
    agree = drop_in.agree_as_float32 if (function, columns) in IN_FLOAT32 else drop_in.agree
    return Row(f"sklearn_{name}", group, f"{function}, {what}", *sides, promise, agree)


def areas_and_curves() -> Iterator[Row]:
    """Areas of ten million rows of both kinds, of few rows, of many classes; curves as they come by default."""
    for function in ("roc_auc_score", "average_precision_score"):
        for suffix, what, columns, promise in KINDS:
            yield same_call(f"{function}{suffix}", AREAS, function, columns, promise, what)
    for n, promise in ((100, faster(20, 100)), (10_000, faster(30, 60))):
        yield same_call(f"roc_auc_score_{n}", AREAS, "roc_auc_score", drop_in.wide, promise, f"{n:,} rows", n)
    yield same_call(
        "roc_auc_score_ovr",
        AREAS,
        "roc_auc_score",
        drop_in.ten_classes,
        faster(30, 60),
        "one of 10 classes against the rest",
        MILLION,
        multi_class="ovr",
    )
    for function in ("roc_curve", "precision_recall_curve"):
        for suffix, what, columns, _ in KINDS:
            promise = faster(aim=80) if suffix else faster(45, 80)
            yield same_call(f"{function}{suffix}", AREAS, function, columns, promise, what)


def of_labels() -> Iterator[Row]:
    """Matrices and reports of integers and of text."""
    for function in REPORTS:
        yield same_call(function, LABELS, function, drop_in.five_classes, faster(20, 60), "int64")
        yield same_call(f"{function}_text", LABELS, function, drop_in.five_names, faster(3, 10), "text")


ROWS = (
    *areas_and_curves(),
    *of_labels(),
    *(
        same_call(f"{function}{suffix}", OTHERS, function, columns, faster(5, 10), what)
        for function in ("log_loss", "brier_score_loss")
        for suffix, what, columns, _ in KINDS
    ),
    same_call(
        "metric_at_thresholds",
        OTHERS,
        "metric_at_thresholds",
        drop_in.f1_at_all,
        faster(1_000, 10_000),
        "f1_score at 20,000 distinct scores",
        DISTINCT,
    ),
    Row(
        "sklearn_tuned_threshold",
        OTHERS,
        "TunedThresholdClassifierCV, F1 at 100 thresholds, under patched()",
        Side("thresher", MILLION, drop_in.tuning_patched),
        Side("scikit-learn", MILLION, certainty.tuning, "tuning"),
        faster(10, 50),
        drop_in.agree,
    ),
)
