"""Exact areas and curves from arrays: scikit-learn, scors and a mere sort beside them."""

from collections.abc import Callable

import numpy as np

import areas
import data
from areas import Made
from row import TEN_MILLION, Promise, Row, Side, faster, within

PEERS = "Exact ROC AUC"
DTYPES = "Exact ROC AUC, other scores"
INPUTS = "Exact ROC AUC, worst inputs"
OTHERS = "Average precision, curves, weights"


def ours(columns: Made = data.rows, threads: int = 2) -> Side:
    """Our exact ROC AUC."""
    return Side("thresher", TEN_MILLION, areas.roc_auc(columns, threads))


def sklearn() -> Side:
    """scikit-learn on float32 probabilities, timed once for all rows that need it."""
    return Side("scikit-learn", TEN_MILLION, areas.sklearn_roc_auc(data.rows), "sklearn_roc_auc")


def beside_sklearn(name: str, what: str, columns: Made, promise: Promise) -> Row:
    """A row in which both read the same other columns."""
    theirs = Side("scikit-learn", TEN_MILLION, areas.sklearn_roc_auc(columns))
    return Row(name, DTYPES, what, ours(columns), theirs, promise, areas.areas_agree)


def beside_float32(name: str, what: str, columns: Made) -> Row:
    """A row of 16-bit scores; scikit-learn reads the float32 scores they came from."""
    return Row(name, DTYPES, what, ours(columns), sklearn(), faster(400, 900))


def beside_random(name: str, what: str, columns: Made) -> Row:
    """A row whose peer is our own call on random probabilities."""
    random = Side("thresher, random", TEN_MILLION, areas.roc_auc(data.rows))
    return Row(name, INPUTS, what, ours(columns), random, within(2.5, 1.5))


def converted(dtype: type) -> Made:
    """The scores in another dtype."""
    return lambda n: data.of(n, data.rows(n)[1].astype(dtype))


def pair(
    name: str, what: str, mine: Callable[[Made], areas.Maker], theirs: Callable[[Made], areas.Maker], promise: Promise
) -> Row:
    """A row of another measure beside scikit-learn's."""
    columns = data.weighted if name.startswith("weighted") else data.rows
    sides = Side("thresher", TEN_MILLION, mine(columns)), Side("scikit-learn", TEN_MILLION, theirs(columns))
    agree = areas.curves_agree if name.endswith("curve") else areas.areas_agree
    return Row(name, OTHERS, what, *sides, promise, agree)


def scors(one_thread: bool) -> Side:
    """The other library in Rust."""
    prepare = areas.scors_roc_auc_one_thread if one_thread else areas.scors_roc_auc
    return Side("scors", TEN_MILLION, prepare)


AGREE = areas.areas_agree

ROWS = (
    Row("roc_auc", PEERS, "2 threads", ours(), sklearn(), faster(110, 220), AGREE),
    Row("roc_auc_scors", PEERS, "2 threads", ours(), scors(one_thread=False), faster(20, 45), AGREE),
    Row("roc_auc_sort", PEERS, "2 threads", ours(), Side("np.sort of the scores", TEN_MILLION, areas.sorting)),
    Row("roc_auc_1t", PEERS, "1 thread", ours(threads=1), sklearn(), faster(80, 130), AGREE),
    Row("roc_auc_1t_scors", PEERS, "1 thread", ours(threads=1), scors(one_thread=True), faster(20, 40), AGREE),
    beside_sklearn(
        "roc_auc_float64",
        "float64 probabilities",
        lambda n: data.of(n, data.probabilities64(n)),
        faster(70, 130),
    ),
    beside_sklearn(
        "roc_auc_logits64", "float64 logits N(0, 4)", lambda n: data.of(n, data.logits64(n)), faster(70, 130)
    ),
    beside_sklearn("roc_auc_rare", "0.5 % positive", lambda n: data.rows(n, 0.005), faster(120, 240)),
    beside_float32("roc_auc_float16", "float16 scores", converted(np.float16)),
    beside_float32("roc_auc_bfloat16", "bfloat16 scores", lambda n: data.of(n, data.bfloat16(n))),
    beside_float32("roc_auc_uint16", "uint16 scores", lambda n: data.of(n, data.uint16(n))),
    beside_float32(
        "roc_auc_bfloat16_wide",
        "bfloat16 values held as float32",
        lambda n: data.of(n, data.bfloat16(n).astype(np.float32)),
    ),
    beside_random("roc_auc_1000_distinct", "1,000 distinct scores", lambda n: data.steps(n, 999)),
    beside_random("roc_auc_sorted", "sorted", data.in_order),
    beside_random("roc_auc_all_equal", "all scores equal", data.all_equal),
    beside_random("roc_auc_all_prefixes", "every float prefix in use", data.every_prefix),
    beside_random(
        "roc_auc_logits32", "logits of both signs", lambda n: data.of(n, data.logits64(n).astype(np.float32))
    ),
    Row(
        "average_precision",
        OTHERS,
        "average precision",
        Side("thresher", TEN_MILLION, areas.average_precision(data.rows)),
        Side("thresher, roc_auc", TEN_MILLION, areas.roc_auc(data.rows)),
        within(1.4, 1.1),
    ),
    pair(
        "average_precision_sklearn",
        "average precision",
        areas.average_precision,
        areas.sklearn_average_precision,
        faster(),
    ),
    pair("roc_curve", "ROC curve, every point", areas.roc_curve, areas.sklearn_roc_curve, faster(50, 80)),
    pair(
        "precision_recall_curve",
        "precision-recall curve, every point",
        areas.precision_recall_curve,
        areas.sklearn_precision_recall_curve,
        faster(50, 80),
    ),
    pair("weighted_roc_auc", "weighted ROC AUC", areas.roc_auc, areas.sklearn_roc_auc, faster(40, 80)),
    pair(
        "weighted_average_precision",
        "weighted average precision",
        areas.average_precision,
        areas.sklearn_average_precision,
        faster(40, 80),
    ),
)
