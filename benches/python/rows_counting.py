"""ThresholdCounts: boost-histogram beside it, then every other input beside the plainest."""

from collections.abc import Callable
from typing import Any

import numpy as np

import counting
import data
from counting import Made, updating
from row import TEN_MILLION, THREADS, Row, Side, faster, within

PEERS = "ThresholdCounts.update, 200 even thresholds"
LISTS = "ThresholdCounts.update, other lists of thresholds"
LAYOUTS = "ThresholdCounts.update, other columns"
INPUTS = "ThresholdCounts.update, worst inputs"


def plain() -> Side:
    """What all other inputs and thresholds are held against."""
    return Side("thresher, even 200", TEN_MILLION, updating(data.rows))


def beside_plain(
    name: str,
    group: str,
    what: str,
    columns: Made,
    must: float,
    aim: float | None,
    thresholds: Callable[[int], Any] | None = None,
) -> Row:
    """A row whose peer is our own plainest update."""
    ours = Side("thresher", TEN_MILLION, updating(columns, thresholds))
    return Row(name, group, what, ours, plain(), within(must, aim))


def beside_reading(name: str, what: str, columns: Made) -> Row:
    """A row whose peer reads the columns and does nothing else."""
    ours = Side("thresher", TEN_MILLION, updating(columns))
    against = Side("a mere read", TEN_MILLION, counting.reading(columns))
    return Row(f"{name}_read", LAYOUTS, f"{what}, beside a read", ours, against, within(aim=1.2))


WIDER = (
    ("update_float64", "float64 scores", counting.float64_scores, 1.6),
    ("update_int64_labels", "int64 labels", counting.int64_labels, 1.6),
    ("update_weights32", "float32 weights", counting.float32_weights, 3),
    ("update_weights64", "float64 weights", data.weighted, 3),
)

ROWS = (
    Row(
        "update_200",
        PEERS,
        "200 even thresholds, 2 threads",
        Side("thresher", TEN_MILLION, updating(data.rows)),
        Side("boost-histogram", TEN_MILLION, counting.filling(THREADS)),
        faster(6, 10),
        counting.shares_agree,
    ),
    Row(
        "update_200_1t",
        PEERS,
        "200 even thresholds, 1 thread",
        Side("thresher", TEN_MILLION, updating(data.rows, threads=1)),
        Side("boost-histogram", TEN_MILLION, counting.filling(1)),
        faster(6, 10),
        counting.shares_agree,
    ),
    Row(
        "counts",
        PEERS,
        "confusion_at, 200 even thresholds, 2 threads",
        Side("thresher", TEN_MILLION, counting.counting_at_once),
        Side("NumPy", TEN_MILLION, counting.counting_with_numpy),
        faster(20),
        counting.positives_agree,
    ),
    beside_plain("update_19", LISTS, "19 even thresholds", data.rows, 1.3, 1.0, counting.even(19)),
    beside_plain("update_1000", LISTS, "1,000 even thresholds", data.rows, 1.5, 1.2, counting.even(1_000)),
    beside_plain("update_10000", LISTS, "10,000 even thresholds", data.rows, 2.5, 1.5, counting.even(10_000)),
    beside_plain("update_quantiles", LISTS, "200 quantiles of the scores", data.rows, 2.5, 1.5, counting.quantiles),
    beside_plain(
        "update_logit_spaced", LISTS, "200 thresholds even in log odds", data.rows, 2.5, 1.5, counting.logit_spaced
    ),
    beside_plain("update_narrow", LISTS, "200 thresholds within 0.002 of 0.5", data.rows, 2.5, 1.5, counting.narrow),
    beside_plain("update_random", LISTS, "200 random thresholds", data.rows, 2.5, 1.5, counting.anywhere),
    beside_plain("update_stride2", LAYOUTS, "predict_proba(X)[:, 1]", data.column_of_a_pair, 2, 1.3),
    beside_plain(
        "update_big_endian", LAYOUTS, "big-endian scores", lambda n: data.of(n, data.rows(n)[1].astype(">f4")), 2, 1.3
    ),
    beside_plain(
        "update_float16", LAYOUTS, "float16 scores", lambda n: data.of(n, data.rows(n)[1].astype(np.float16)), 1.6, 1.1
    ),
    *(beside_plain(name, LAYOUTS, what, columns, must, None) for name, what, columns, must in WIDER),
    *(beside_reading(name, what, columns) for name, what, columns, _ in WIDER),
    beside_plain("update_all_equal", INPUTS, "all scores equal", data.all_equal, 1.6, 1.1),
    beside_plain("update_two_values", INPUTS, "two values", data.two_values, 1.6, 1.1),
    beside_plain("update_sorted", INPUTS, "sorted", data.in_order, 1.6, 1.1),
    beside_plain("update_reversed", INPUTS, "reversed", data.in_reverse, 1.6, 1.1),
    beside_plain("update_saturated", INPUTS, "saturated at 0 and 1", data.saturated, 1.6, 1.1),
    beside_plain(
        "update_on_thresholds", INPUTS, "every score on a threshold", lambda n: data.picks(n, counting.EVEN), 1.6, 1.1
    ),
    beside_plain("update_steps", INPUTS, "steps of 0.01", lambda n: data.steps(n, 100), 1.6, 1.1),
)
