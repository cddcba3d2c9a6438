"""Threads, growth and memory: how the two main calls scale."""

from functools import partial

import areas
import counting
import data
import memory
from counting import Maker
from row import TEN_MILLION, THREADS, MemoryRow, Row, Side, faster, within

THREADING = "Two threads against one"
GROWTH = "Growth: a sample's time, against that at 1e7"
MEMORY = "Extra memory during a call"

MEBIBYTE = 2**20
CALLS: tuple[tuple[str, str, Maker], ...] = (
    ("update", "ThresholdCounts.update, 200 thresholds", counting.updating(data.rows)),
    ("roc_auc", "roc_auc", areas.roc_auc(data.rows)),
)


def threads(name: str, what: str, two: Maker, one: Maker) -> Row:
    """One call, with two threads and with one."""
    sides = Side("thresher", TEN_MILLION, two), Side("thresher, 1 thread", TEN_MILLION, one)
    return Row(f"{name}_threads", THREADING, what, *sides, faster(1.75, 1.9))


def growth(name: str, what: str, prepare: Maker, exponent: int) -> Row:
    """A call of another size; only the larger ones promise something, as threads cost what they cost."""
    sides = Side("thresher", 10**exponent, prepare), Side("thresher, 1e7", TEN_MILLION, prepare)
    promise = within(1.3, 1.1) if exponent > 7 else within()
    large = exponent > 8
    return Row(f"{name}_1e{exponent}", GROWTH, f"{what}, 1e{exponent} rows", *sides, promise, large=large)


def area_memory(dtype: str, score_bytes: int, must: float, aim: float) -> MemoryRow:
    """What `roc_auc` takes beyond its input: a share of the scores, and an allowance for every thread."""
    megabyte = MEBIBYTE * THREADS / (score_bytes * TEN_MILLION)
    return MemoryRow(
        f"memory_roc_auc_{dtype}",
        MEMORY,
        f"roc_auc, {dtype} (must: {must} of the scores and 12 MiB a thread; aim: {aim} and 4 MiB)",
        TEN_MILLION,
        partial(memory.extra, f"roc_auc_{dtype}"),
        "the scores",
        lambda n: float(score_bytes * n),
        within(must + 12 * megabyte, aim + 4 * megabyte),
    )


def update_memory(count: int, allowance: str, size: float) -> MemoryRow:
    """What an update takes beyond its input, whatever the rows."""
    return MemoryRow(
        f"memory_update_{count}",
        MEMORY,
        f"ThresholdCounts.update, {count:,} thresholds",
        TEN_MILLION,
        partial(memory.extra, f"update_{count}"),
        allowance,
        lambda _: size,
        within(1),
    )


ROWS: tuple[Row | MemoryRow, ...] = (
    threads("update", CALLS[0][1], CALLS[0][2], counting.updating(data.rows, threads=1)),
    threads("roc_auc", CALLS[1][1], CALLS[1][2], areas.roc_auc(data.rows, threads=1)),
    *(growth(name, what, prepare, exponent) for name, what, prepare in CALLS for exponent in (5, 6, 8, 9)),
    area_memory("float32", 4, 0.6, 0.5),
    area_memory("float64", 8, 1.1, 1.0),
    update_memory(1_000, "1 MiB", MEBIBYTE),
    update_memory(100_000, "128 B a threshold and thread", 128 * 100_000 * THREADS),
)
