"""`thresher diff`: two states compared, as a whole and slice by slice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from thresher.cli import _documents
from thresher.cli._cuts import Counts
from thresher.cli._differences import Difference, differences, rate_differences
from thresher.cli._failures import Failure, telling
from thresher.cli._figures import summary
from thresher.cli._merging import shared_sources
from thresher.cli._states import State, about, group_names, is_grouped, keyed, opened, whole

__all__ = ["How", "diff"]


@dataclass(frozen=True, slots=True)
class _Side:
    """Rows of one state, or of one slice of it."""

    path: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class _Found:
    """The differences of two states, or of one slice of them."""

    key: Any
    rows: tuple[int, int]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class How:
    """What is compared, and how sure it is to be."""

    thresholds: Sequence[float]
    level: float
    meaning: str | None


def diff(old: str, new: str, how: How, *, as_json: bool) -> int:
    """Write what separates two state files, and return 0."""
    states = opened(old), opened(new)
    sides = [_Side(path, whole(state, path)) for path, state in zip((old, new), states, strict=True)]
    with about(f"{old}, {new}"):
        found = _compared(None, sides[0].counts, sides[1].counts, how)
    names, slices, alone = _by_slice(states, how)
    twice = list(shared_sources([old, new], [dict(state.metadata or {}) for state in states]))
    content: dict[str, Any] = {"names": names, "slices": slices, "alone": alone, "shares_sources": bool(twice)}
    with telling():
        if as_json:
            print(_documents.written(_document(sides, found, **content)))
        else:
            _write(sides, found, **content)
    return 0


def _compared(key: Any, old: Counts, new: Counts, how: How) -> _Found:
    before, after = (summary(each, how.thresholds, how.level, how.meaning) for each in (old, new))
    found = [*differences(before, after, how.level, how.meaning)]
    found += rate_differences(before.cuts, after.cuts, how.level, how.meaning)
    return _Found(key, (old.n_samples, new.n_samples), tuple(found))


def _by_slice(states: tuple[State, State], how: How) -> tuple[Sequence[str], list[_Found], dict[str, list[Any]]]:
    """Return the names of the key columns, the differences of common slices, and the keys that only one state has."""
    if not all(map(is_grouped, states)):
        return (), [], {"old": [], "new": []}
    names = group_names(states[0])
    if names != group_names(states[1]):
        raise Failure(f"the states have slices by {', '.join(names)} and by {', '.join(group_names(states[1]))}")
    old, new = states
    common = [key for key in old if key in new]
    alone = {"old": [key for key in old if key not in new], "new": [key for key in new if key not in old]}
    return names, [_compared(key, old[key], new[key], how) for key in common], alone


def _document(
    sides: Sequence[_Side],
    found: _Found,
    *,
    names: Sequence[str],
    slices: Iterable[_Found],
    alone: dict[str, list[Any]],
    shares_sources: bool,
) -> dict[str, Any]:
    def each(one: _Found) -> dict[str, Any]:
        rows = {"n_samples": dict(zip(("old", "new"), one.rows, strict=True))}
        return rows | {"differences": [_difference(difference) for difference in one.differences]}

    content = {
        **{
            name: {"path": side.path, "state": _documents.state(side.counts)}
            for name, side in zip(("old", "new"), sides, strict=True)
        },
        "assumes": "independent samples",
        "shares_sources": shares_sources,
        **each(found),
        "slices": [{"key": keyed(names, one.key)} | each(one) for one in slices],
        "only_in": {side: [keyed(names, key) for key in keys] for side, keys in alone.items()},
    }
    return _documents.document("diff", content)


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "name": found.name,
        "threshold": found.threshold,
        "old": found.old,
        "new": found.new,
        "difference": found.difference.value,
        "exact": found.difference.bounds is None,
        "bounds": found.difference.bounds,
        "interval": _documents.estimate(found.difference),
        "p_value": found.p_value,
    }


def _write(sides: Sequence[_Side], found: _Found, **content: Any) -> None:
    from thresher.cli._difference_tables import show_differences, show_lines, show_slices

    show_differences(sides[0].path, sides[1].path, found.rows, found.differences)
    if content["slices"]:
        show_slices(content["names"], [(one.key, one.rows, one.differences) for one in content["slices"]])
    show_lines(content["alone"], content["shares_sources"])
