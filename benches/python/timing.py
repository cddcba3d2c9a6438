"""Medians of repeated calls, thresher's and the peer's in turn so that both meet the same weather."""

import statistics
import time
from collections.abc import Callable

REPEATS = 7
SHORTEST_SECONDS = 0.02


def medians(*calls: Callable[[], object], repeats: int = REPEATS) -> list[float]:
    """Seconds of one call of each: the median of ``repeats`` measurements, after one that is not counted."""
    loops = [loops_worth_timing(call) for call in calls]
    measured: list[list[float]] = [[] for _ in calls]
    for _ in range(repeats):
        for position, call in enumerate(calls):
            measured[position].append(seconds(call, loops[position]) / loops[position])
    return [statistics.median(times) for times in measured]


def loops_worth_timing(call: Callable[[], object]) -> int:
    """How often a call must be repeated for the clock to be a small part of it; also warms it up."""
    loops = 1
    while seconds(call, loops) < SHORTEST_SECONDS:
        loops *= 4
    return loops


def seconds(call: Callable[[], object], loops: int) -> float:
    """Wall time of ``loops`` calls."""
    began = time.perf_counter()
    for _ in range(loops):
        call()
    return time.perf_counter() - began
