"""What a row of ``make bench`` is: two sides timed, or bytes weighed, and the ratio that is promised."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Call = Callable[[], Any]

TEN_MILLION = 10_000_000
THREADS = 2  # whatever the machine has, so that records compare


@dataclass(frozen=True)
class Side:
    """One of the two that a row compares.

    ``prepare`` makes the call for a number of samples, outside the clock. Rows whose sides carry one ``shared`` name
    make the same slow call: it is timed once a run.
    """

    name: str
    samples: int
    prepare: Callable[[int], Call]
    shared: str = ""


@dataclass(frozen=True)
class Limit:
    """A duration, in place of another call."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Promise:
    """The ratio that must hold, and the one we are after.

    ``>=``: thresher is so many times as fast. ``<=``: it takes at most so many times the time, or the bytes.
    """

    sense: Literal[">=", "<="]
    must: float | None = None
    aim: float | None = None

    def ratio(self, ours: float, theirs: float) -> float:
        """The ratio in the promise's sense."""
        return theirs / ours if self.sense == ">=" else ours / theirs


@dataclass(frozen=True)
class Row:
    """Two calls, compared by their time a sample; ``agree`` holds what they return against each other."""

    name: str
    group: str
    what: str
    ours: Side
    against: Side | Limit | None = None
    promise: Promise = Promise(">=")
    agree: Callable[[Any, Any], bool] | None = None
    large: bool = False


@dataclass(frozen=True)
class MemoryRow:
    """Bytes, compared with a size; both are functions of the samples."""

    name: str
    group: str
    what: str
    samples: int
    weigh: Callable[[int], int]
    against: str
    size: Callable[[int], float]
    promise: Promise
    repeats: int = 7
    large: bool = False


def faster(must: float | None = None, aim: float | None = None) -> Promise:
    """At least so many times as fast."""
    return Promise(">=", must, aim)


def within(must: float | None = None, aim: float | None = None) -> Promise:
    """At most so many times as much."""
    return Promise("<=", must, aim)
