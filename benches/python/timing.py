"""Medians of repeated calls, thresher's and the peer's in turn so that both meet the same weather."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

REPEATS = 7
SHORTEST_SECONDS = 0.02
LONG_SECONDS = 1.0  # beside which a cold cache is nothing: the first call counts too
ENDLESS_SECONDS = 30.0  # from which on one measurement has to do


@dataclass
class Timing:
    """Measurements of one call, and what it returned at first."""

    call: Callable[[], Any]
    result: Any
    loops: int = 1
    measured: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """The median of one call."""
        return statistics.median(self.measured)

    @property
    def repeats(self) -> int:
        """Measurements that the median is of."""
        return len(self.measured)

    @property
    def endless(self) -> bool:
        """Whether it took so long that it is not repeated."""
        return bool(self.measured) and self.measured[0] >= ENDLESS_SECONDS


def in_turn(*calls: Callable[[], Any], repeats: int = REPEATS) -> list[Timing]:
    """Measure each so often, one after the other; an endless one once."""
    timings = [begun(call) for call in calls]
    for turn in range(repeats):
        for timing in timings:
            if timing.repeats == turn and not timing.endless:
                timing.measured.append(seconds(timing.call, timing.loops) / timing.loops)
    return timings


def begun(call: Callable[[], Any]) -> Timing:
    """The call after its first, which warms it up; repeated so often that the clock is a small part of it."""
    began = time.perf_counter()
    timing = Timing(call, call())
    first = time.perf_counter() - began
    if first >= LONG_SECONDS:
        timing.measured.append(first)
        return timing
    while seconds(call, timing.loops) < SHORTEST_SECONDS:
        timing.loops *= 4
    return timing


def seconds(call: Callable[[], Any], loops: int) -> float:
    """Wall time of ``loops`` calls."""
    began = time.perf_counter()
    for _ in range(loops):
        call()
    return time.perf_counter() - began
