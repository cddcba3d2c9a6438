"""State files as the command reads them: of any kind, with errors that name the file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import thresher
from thresher import CompactCounts, ExactCounts, InvalidStateError, ThresholdCounts, load
from thresher.cli._cuts import Counts
from thresher.cli._failures import Failure

__all__ = ["Grouped", "State", "is_grouped", "opened", "slices_of", "whole"]

State: TypeAlias = Any  # an accumulator of any class
Grouped: TypeAlias = Any  # thresher.GroupedCounts: a mapping of keys to accumulators


def opened(path: str) -> State:
    """Return what a state file holds; an unusable one is named with the remedy."""
    if os.path.isdir(path):
        raise Failure(f"{path}: is a directory; name the state files in it, as {path.rstrip('/')}/*.thr")
    try:
        return load(path)
    except InvalidStateError as error:
        text = str(error)
        text = text if text.startswith(path) else f"{path}: {text}"
        raise Failure(f"{text}; state files are made by `thresher evaluate --save` or by .save() in Python") from error


def is_grouped(state: State) -> bool:
    """Whether a state holds counts by key."""
    kind = getattr(thresher, "GroupedCounts", None)
    return kind is not None and isinstance(state, kind)


def whole(state: State, path: str) -> Counts:
    """Return the counts of all rows of a state, or refuse one that holds no single model's."""
    if is_grouped(state):
        return state.total()  # type: ignore[no-any-return]
    if not isinstance(state, ThresholdCounts | CompactCounts | ExactCounts):
        raise Failure(f"{path}: holds {type(state).__name__}, which this command does not read; load it in Python")
    return state


def slices_of(state: State) -> Iterable[tuple[Any, Counts]]:
    """Yield the keys of a grouped state with their counts; nothing of another."""
    if is_grouped(state):
        grouped: Mapping[Any, Counts] = state
        yield from grouped.items()
