"""pyarrow loaded whole before a scan begins, and no Ctrl-C lost meanwhile."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from thresher._optional import needed

__all__ = ["load_pyarrow"]

# Not pyarrow.dataset, which imports pandas and is not needed for Parquet: whoever needs it loads it.
_MODULES = ("pyarrow", "pyarrow.compute", "pyarrow.fs", "pyarrow.parquet")


def load_pyarrow(*more: str) -> None:
    """Import what a scan uses of pyarrow, and further modules; a Ctrl-C meanwhile is delivered when it is done.

    Delivered at once, it was lost at any moment of the first 0.4 s of a process: code that is run on importing catches
    every exception. Then the scan ran on as if nobody had asked it to stop.
    """
    with _interrupts_held_back():
        for module in (*_MODULES, *more):
            needed(module, "scan", "thresher[scan]")


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread() or not callable(signal.getsignal(signal.SIGINT)):
        yield
        return
    held: list[int] = []

    def hold(number: int, frame: Any) -> None:
        held.append(number)

    before = signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if held:
            signal.raise_signal(signal.SIGINT)
