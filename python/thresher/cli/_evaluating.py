"""`thresher evaluate`: files of labels and scores, counted and told."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from thresher import Error
from thresher.cli._cuts import Counts
from thresher.cli._failures import BROKEN_LIMIT, say, telling
from thresher.cli._figures import Summary, summary
from thresher.cli._limits import Limit, Part, Verdict, too_few, verdict
from thresher.cli._requests import Request, check, counted, saved_as
from thresher.cli._slices import Slices
from thresher.cli._states import State, key_in_words, save, whole

__all__ = ["Evaluated", "evaluate"]

_MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What was counted of one column of scores."""

    score: str
    state: State
    summary: Summary
    slices: Slices
    saved: str | None

    @property
    def counts(self) -> Counts:
        """The counts of all rows."""
        return self.summary.counts


def evaluate(request: Request) -> int:
    """Count, save, tell, and return the exit code: 3 where a limit was broken.

    Figures are told even if they cannot be saved: the time that they took is not to be lost with them.
    """
    check(request)
    found = [_evaluated(request, score, state) for score, state in counted(request).items()]
    _warn_of_files_read_twice(found[0])
    verdicts = [one for each in found for one in _verdicts(request, each)]
    failure = None
    try:
        _keep(request, found)
    except (OSError, Error) as error:
        failure = error
    with telling():
        _tell(request, found, verdicts)
    if failure is not None:
        raise failure
    return _told(verdicts)


def _warn_of_files_read_twice(found: Evaluated) -> None:
    paths = Counter(source["path"] for source in (found.state.metadata or {}).get("sources") or [])
    for path, count in paths.items():
        if count > 1:
            say(f"warning: {path} is named {count} times, so its rows count {count} times")


def _keep(request: Request, found: Sequence[Evaluated]) -> None:
    """Write the states and the page."""
    for each in found:
        if each.saved is not None:
            own = {"label": request.label, "score": each.score}
            save(each.state, each.saved, {**(each.state.metadata or {}), **own, **request.metadata})
            say(f"{each.saved}: saved")
    if request.report is not None:
        _report(request, found, request.report)


def _tell(request: Request, found: Sequence[Evaluated], verdicts: Sequence[Verdict]) -> None:
    """Write the figures to stdout."""
    if request.as_json:
        from thresher.cli._evaluation_document import written

        print(written(request, found, verdicts))
    else:
        from thresher.cli._evaluation_tables import show

        show(request, found)


def _evaluated(request: Request, score: str, state: State) -> Evaluated:
    how = (request.thresholds, request.level, request.meaning)
    saved = None if request.save is None else saved_as(request.save, score)
    return Evaluated(score, state, summary(whole(state, score), *how), Slices(state, *how), saved)


def _verdicts(request: Request, found: Evaluated) -> Iterator[Verdict]:
    """Yield whether each limit is broken: by all rows, then slice by slice."""
    yield from _held(request.min_rows, request.limits, Part(found.score), found.counts)
    if request.min_rows is None and not request.slice_limits:
        return
    for key, counts in found.slices.counts():
        part = Part(found.score, key, key_in_words(found.slices.names, key))
        yield from _held(request.min_rows, request.slice_limits, part, counts)


def _held(min_rows: int | None, limits: Sequence[Limit], part: Part, counts: Counts) -> Iterator[Verdict]:
    if min_rows is not None:
        yield too_few(min_rows, part, counts)
    for each in limits:
        yield verdict(each, part, counts)


def _told(verdicts: Iterable[Verdict]) -> int:
    """Write the limits that were broken to stderr, and return the exit code."""
    broken: dict[str, list[Verdict]] = {}
    for each in verdicts:
        if each.broken:
            broken.setdefault(each.limit, []).append(each)
        elif not each.certain:
            say(f"{each.limit}: kept, but not for certain ({each.part}): {each.reason}")
    for text, places in broken.items():
        for each in places[:_MOST_TOLD]:
            say(f"{text}: broken ({each.part}): {each.reason}")
        if len(places) > _MOST_TOLD:
            say(f"{text}: broken in {len(places) - _MOST_TOLD:,} more slices")
    return BROKEN_LIMIT if broken else 0


def _report(request: Request, found: Sequence[Evaluated], path: str) -> None:
    from thresher import report

    counts = {each.score: each.counts for each in found}
    slices = {each.score: each.state for each in found} if request.groups else None
    report(
        counts,
        path,
        slices=slices,
        title=f"{', '.join(counts)} against {request.label}",
        notes=_notes(request, found[0]),
        thresholds=list(request.thresholds) or None,
    )
    say(f"{path}: written")


def _notes(request: Request, found: Evaluated) -> dict[str, Any]:
    """Return what a reader should know of how the figures came about."""
    metadata = found.state.metadata or {}
    notes: dict[str, Any] = {"files": len(metadata.get("sources") or request.files)}
    if request.where:
        notes["where"] = " and ".join(each.text for each in request.where)
    seconds = metadata.get("seconds", math.nan)
    return notes | ({} if math.isnan(seconds) else {"seconds": round(float(seconds), 3)}) | request.metadata
