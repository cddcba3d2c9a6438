"""State files as the command reads them: of any kind, with errors that name the file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from thresher import CompactCounts, Error, ExactCounts, InvalidStateError, ThresholdCounts, load
from thresher.cli._cuts import Counts
from thresher.cli._failures import Failure

__all__ = [
    "State",
    "about",
    "described",
    "group_names",
    "is_grouped",
    "key_in_words",
    "keyed",
    "opened",
    "save",
    "whole",
]

State: TypeAlias = Any  # an accumulator of any class, or thresher.GroupedCounts: a mapping of keys to accumulators


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


def save(state: State, path: str, metadata: dict[str, Any]) -> None:
    """Write a state file as a whole; what prevents it is named, and the old file stays."""
    try:
        state.save(path, metadata=metadata)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), path) from error


@contextlib.contextmanager
def about(path: str) -> Iterator[None]:
    """Name the file in what is wrong with reading its counts."""
    try:
        yield
    except Error as error:
        raise Failure(f"{path}: {error}") from error


def is_grouped(state: State) -> bool:
    """Whether a state holds counts by key."""
    import thresher

    kind = getattr(thresher, "GroupedCounts", None)
    return kind is not None and isinstance(state, kind)


def whole(state: State, path: str) -> Counts:
    """Return the counts of all rows of a state, or refuse one that holds no single model's."""
    if is_grouped(state):
        return state.total()  # type: ignore[no-any-return]
    if not isinstance(state, ThresholdCounts | CompactCounts | ExactCounts):
        raise Failure(f"{path}: holds {type(state).__name__}, which this command does not read; load it in Python")
    return state


def group_names(state: Any) -> tuple[str, ...]:
    """Return the names of the key columns; as GroupedCounts.columns has them where they have none."""
    if state.names is not None:
        return tuple(state.names)
    width = next((len(key) if isinstance(key, tuple) else 1 for key in state), 1)
    return ("key",) if width == 1 else tuple(f"key_{index}" for index in range(width))


def keyed(names: Sequence[str], key: Any) -> dict[str, Any]:
    """Return the key of a slice, by column."""
    return dict(zip(names, key if isinstance(key, tuple) else (key,), strict=True))


def key_in_words(names: Sequence[str], key: Any) -> str:
    """Return the key of a slice as `country=AT, day=1`."""
    return ", ".join(f"{name}={'null' if part is None else part}" for name, part in keyed(names, key).items())


def described(value: Any) -> str:
    """Return a value of metadata in a line."""
    if isinstance(value, list) and len(value) > 1:
        first = described(value[0])
        return f"{first}, and {len(value) - 1:,} more"
    if isinstance(value, list) and value:
        return described(value[0])
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return str(value)
