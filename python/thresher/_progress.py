"""How far a scan has come: on a terminal, to a callback, or nowhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from thresher._optional import wanted

__all__ = ["Progress", "progress_of"]

Progress: TypeAlias = Callable[[int, int | None], object]

# A scan that is over sooner shows nothing: a bar that flashes tells nothing, and rich takes time to import.
_PATIENCE = 0.5
_BAR_SECONDS = 0.1
_LINE_SECONDS = 5.0


@contextmanager
def progress_of(progress: Any, total: Callable[[], int | None]) -> Iterator[Callable[[int], object]]:
    """Give what is told the rows done so far; `total` is asked only if somebody wants to know."""
    if progress is not None and progress is not False and not callable(progress):
        raise TypeError(f"`progress` must be None, False or a callable, but is {progress!r}")
    if callable(progress):
        rows = total()
        yield lambda done: progress(done, rows)
    elif progress is False or not _on_terminal():
        yield lambda done: None
    else:
        shown = _Bar(total) if wanted("rich") is not None else _Lines(total)
        try:
            yield shown
        finally:
            shown.close()


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


class _Lines:
    """A line now and then."""

    def __init__(self, total: Callable[[], int | None]) -> None:
        self._total = total
        self._next = time.monotonic() + _LINE_SECONDS

    def __call__(self, done: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LINE_SECONDS
            total = self._total()
            share = f" of {total:,} ({done / total:.0%})" if total else ""
            print(f"thresher: {done:,} rows{share}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """End without a word."""


class _Bar:
    """A bar of rich, drawn by the thread that counts: rich's own would outlive a Ctrl-C by a moment."""

    def __init__(self, total: Callable[[], int | None]) -> None:
        self._total = total
        self._next = time.monotonic() + _PATIENCE
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, done: int) -> None:
        if time.monotonic() < self._next:
            return
        if self._bar is None:
            self._start()
        self._bar.update(self._task, completed=done, refresh=True)
        self._next = time.monotonic() + _BAR_SECONDS

    def _start(self) -> None:
        from rich import progress
        from rich.console import Console

        columns = (
            *(progress.TextColumn("{task.description}"), progress.BarColumn()),
            *(progress.TextColumn("{task.completed:,} rows"), progress.TimeRemainingColumn()),
        )
        self._bar = progress.Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
        self._task = self._bar.add_task("scanning", total=self._total())
        self._bar.start()

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
