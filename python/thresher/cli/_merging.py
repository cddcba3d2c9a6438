"""`thresher merge`: state files added up, as if their rows had been counted in one run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from thresher import Error
from thresher.cli._failures import Failure, UsageFailure, say
from thresher.cli._states import State, opened, save

__all__ = ["merge", "shared_sources", "writable"]

_OF_THE_FILE = ("saved_at", "thresher_version")
_SUMMED = ("rows", "seconds")


def merge(paths: Sequence[str], output: str, *, strict: bool, metadata: dict[str, str]) -> int:
    """Write the sum of state files to `output`, and return 0.

    The metadata keep what all files agree on, all "sources", and the sums of "rows" and "seconds". Two files that
    were counted from the same source are named on stderr; with `strict` nothing is written then.
    """
    if len(paths) < 2:
        raise UsageFailure("merge needs two state files or more")
    writable(output)
    total, told = opened(paths[0]), []
    told.append(dict(total.metadata or {}))
    for path in paths[1:]:
        part = opened(path)
        told.append(dict(part.metadata or {}))
        _add(total, part, paths[0], path)
    twice = list(shared_sources(paths, told))
    for line in twice:
        say(f"{'error' if strict else 'warning'}: {line}")
    if twice and strict:
        raise Failure(f"{output} was not written, because of --strict")
    save(total, output, _combined(told) | metadata)
    say(f"{output}: {len(paths)} states, {_rows(total):,} rows")
    return 0


def writable(path: str) -> None:
    """Refuse a target that cannot be written, before any work is done for it."""
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.isdir(path):
        raise Failure(f"{path}: is a directory; name a file in it")
    if not os.path.isdir(folder):
        raise Failure(f"{path}: there is no directory {folder}; make it first")
    if not os.access(folder, os.W_OK):
        raise Failure(f"{path}: the directory {folder} is not writable; choose another one")


def shared_sources(paths: Sequence[str], told: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each pair of files that would count the same rows twice, as far as their metadata tell."""
    real = [os.path.realpath(path) for path in paths]
    for path, count in Counter(real).items():
        if count > 1:
            yield f"{path} is given {count} times, so its rows count {count} times"
    owners: dict[tuple[Any, ...], str] = {}
    reported = set()
    for path, place, each in zip(paths, real, told, strict=True):
        for source in each.get("sources") or []:
            first = owners.setdefault(_identity(source), path)
            pair = (first, path)
            if os.path.realpath(first) != place and pair not in reported:
                reported.add(pair)
                yield f"{first} and {path} were both counted from {_name(source)}, so its rows count twice"


def _identity(source: Any) -> tuple[Any, ...]:
    """Return what makes a source the same one: a file that was written anew is another."""
    if isinstance(source, dict):
        return tuple(source.get(name) for name in ("path", "size", "modified"))
    return (source,)


def _name(source: Any) -> str:
    return str(source.get("path", source)) if isinstance(source, dict) else str(source)


def _add(total: State, part: State, first: str, path: str) -> None:
    if type(part) is not type(total):
        raise Failure(
            f"{path}: holds {type(part).__name__}, but {first} holds {type(total).__name__}; states of one class merge"
        )
    try:
        total.merge(part)
    except Error as error:
        raise Failure(f"{path}: {error}; it was to be merged into {first}") from error


def _combined(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the metadata of the sum."""
    first = told[0]
    agreed = {
        name: value
        for name, value in first.items()
        if name not in (*_OF_THE_FILE, *_SUMMED, "sources") and all(each.get(name) == value for each in told)
    }
    sources = [source for each in told for source in each.get("sources") or []]
    sums = {name: sum(each[name] for each in told) for name in _SUMMED if all(name in each for each in told)}
    return agreed | sums | ({"sources": sources} if sources else {})


def _rows(total: State) -> int:
    return int(total.n_samples)
