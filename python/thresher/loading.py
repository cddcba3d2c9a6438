"""Accumulators from files, whatever their class."""

from __future__ import annotations

import os
from typing import TypeAlias

from thresher import _envelope
from thresher._errors import InvalidStateError
from thresher._version import __version__
from thresher.accumulators import CompactCounts, ExactCounts, ThresholdCounts
from thresher.grouped import GroupedCounts
from thresher.paired import PairedCounts

__all__ = ["load"]

_Any: TypeAlias = ThresholdCounts | CompactCounts | ExactCounts | PairedCounts | GroupedCounts

_CLASSES: dict[str, type[_Any]]
_CLASSES = {each._kind: each for each in (ThresholdCounts, CompactCounts, ExactCounts, PairedCounts, GroupedCounts)}


def load(path: str | os.PathLike[str]) -> _Any:
    """Return the accumulator that `save` wrote to a file.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    ThresholdCounts, CompactCounts, ExactCounts, PairedCounts or GroupedCounts
        Its `metadata` holds what was passed to `save`, with "saved_at" (UTC) and "thresher_version".

    Raises
    ------
    InvalidStateError
        For a file that is damaged, cut short, of a newer version or of another kind.
    OSError
        When it cannot be read.

    Examples
    --------
    >>> import tempfile, thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 1], [0.2, 0.9])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     counts.save(f"{folder}/day.thr", metadata={"model": "a"})
    ...     loaded = th.load(f"{folder}/day.thr")
    >>> loaded == counts, loaded.metadata["model"]
    (True, 'a')
    """
    header, data = _envelope.read(path)
    if header["kind"] not in _CLASSES:
        raise InvalidStateError(f"{path} holds {header['kind']!r}, which thresher {__version__} does not know")
    counts = _CLASSES[header["kind"]].from_bytes(data)
    counts._restore(header["settings"])
    counts.metadata = {name: header[name] for name in ("saved_at", "thresher_version")} | header["metadata"]
    return counts
