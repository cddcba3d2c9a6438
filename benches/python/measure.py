"""A row measured: the medians, as the record keeps them."""

import statistics
from dataclasses import asdict, dataclass, field
from typing import Any

from row import Limit, MemoryRow, Promise, Row, Side
from timing import REPEATS, Timing, in_turn

FEW_SAMPLES = 1_000  # below, a row is about small calls and is never shrunk

Result = dict[str, Any]


@dataclass
class Session:
    """One run: how often each call is measured, and the calls that several rows share.

    ``shrink`` divides every size, to see in seconds whether all rows run.
    """

    repeats: int = REPEATS
    shrink: int = 1
    shared: dict[str, tuple[str, Timing]] = field(default_factory=dict)

    def measured(self, row: Row | MemoryRow) -> Result:
        """The row's medians and its ratio."""
        found = self._timed(row) if isinstance(row, Row) else self._weighed(row)
        return {"name": row.name, "group": row.group, "what": row.what, **found, **asdict(row.promise)}

    def _timed(self, row: Row) -> Result:
        samples = self._shrunk(row.ours.samples)
        ours = row.ours.prepare(samples)
        if row.against is None or isinstance(row.against, Limit):
            timing = in_turn(ours, repeats=self.repeats)[0]
            alone = {"samples": samples, "repeats": timing.repeats, "seconds": timing.seconds}
            return alone if row.against is None else {**alone, **limited(row.promise, timing.seconds, row.against)}
        timing, peer, timed_in = self._both(row.name, ours, row.against)
        if row.agree and not row.agree(timing.result, peer.result):
            raise AssertionError(f"{row.name}: thresher and {row.against.name} disagree; their times are no comparison")
        peer_samples = self._shrunk(row.against.samples)
        return {
            "samples": samples,
            "repeats": timing.repeats,
            "seconds": timing.seconds,
            "peer": row.against.name,
            "peer_samples": peer_samples,
            "peer_repeats": peer.repeats,
            "peer_seconds": peer.seconds,
            "peer_timed_in": timed_in,
            "ratio": row.promise.ratio(timing.seconds / samples, peer.seconds / peer_samples),
        }

    def _both(self, name: str, ours: Any, against: Side) -> tuple[Timing, Timing, str]:
        """Our timing, the peer's, and the row that the peer was timed in."""
        if against.shared in self.shared:
            timed_in, peer = self.shared[against.shared]
            return in_turn(ours, repeats=self.repeats)[0], peer, timed_in
        timing, peer = in_turn(ours, against.prepare(self._shrunk(against.samples)), repeats=self.repeats)
        if against.shared:
            self.shared[against.shared] = name, peer
        return timing, peer, name

    def _weighed(self, row: MemoryRow) -> Result:
        samples = self._shrunk(row.samples)
        repeats = min(row.repeats, self.repeats)
        weighed = statistics.median(row.weigh(samples) for _ in range(repeats))
        size = row.size(samples)
        return {
            "samples": samples,
            "repeats": repeats,
            "bytes": weighed,
            "peer": row.against,
            "peer_bytes": size,
            "ratio": row.promise.ratio(weighed, size),
        }

    def _shrunk(self, samples: int) -> int:
        return samples if samples <= FEW_SAMPLES else max(FEW_SAMPLES, samples // self.shrink)


def limited(promise: Promise, seconds: float, limit: Limit) -> Result:
    """What a record keeps of a limit: the same as of a peer that takes just so long."""
    return {"peer": limit.name, "peer_seconds": limit.seconds, "ratio": promise.ratio(seconds, limit.seconds)}


def holds(result: Result, promise: str) -> bool | None:
    """Whether the row's "must" or "aim" is reached; None where there is none."""
    limit = result[promise]
    if limit is None:
        return None
    return bool(result["ratio"] >= limit if result["sense"] == ">=" else result["ratio"] <= limit)
