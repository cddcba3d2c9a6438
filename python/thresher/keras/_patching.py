"""Keras patched: its metric classes replaced by ours wherever a loaded module of it holds them, and put back.

String identifiers in `compile` then resolve to ours: "AUC", "recall", and "accuracy" by the shapes of labels and
predictions. The whole process is patched, not a thread.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from thresher.keras._framework import BY_NAME
from thresher.keras._identifiers import ours

__all__ = ["Report", "patch", "patched", "unpatch"]

_lock = threading.RLock()
_patched: dict[type, type] = {}  # Keras's class -> ours, that stands in its place


@dataclass(frozen=True)
class Report:
    """What `patch` or `unpatch` did.

    Attributes
    ----------
    classes : tuple of str
        Classes that stand patched now.
    rebound : tuple of str
        Names rebound by this call, as "keras.metrics.AUC".
    left : tuple of str
        Names in other modules that still hold Keras's class, because they were imported before: import them after
        `patch()`, or from `thresher.keras`.
    """

    classes: tuple[str, ...]
    rebound: tuple[str, ...]
    left: tuple[str, ...]

    def __str__(self) -> str:
        told = f"thresher.keras: {len(self.classes)} classes stand patched; {len(self.rebound)} names rebound"
        return told + (f"; imported before and left as they are: {', '.join(self.left)}" if self.left else "")


def patch(names: Iterable[str] | None = None) -> Report:
    """Let Keras's names of metrics, also as strings in `compile`, stand for ours, in this process.

    Parameters
    ----------
    names : iterable of str, optional
        Classes, as "AUC"; all by default.

    Returns
    -------
    Report
        What was rebound, and names imported before that were not.

    Raises
    ------
    ValueError
        For a name that thresher does not answer.

    Examples
    --------
    >>> import keras, thresher.keras
    >>> report = thresher.keras.patch(["AUC"])
    >>> isinstance(keras.metrics.get("AUC"), thresher.keras.AUC)
    True
    >>> thresher.keras.unpatch().classes
    ()
    """
    with _lock:
        chosen = _chosen(names)
        _patched.update(chosen)
        return _told(_rebind(chosen))


def unpatch(names: Iterable[str] | None = None) -> Report:
    """Put Keras's own classes back.

    Parameters
    ----------
    names : iterable of str, optional
        As in `patch`; what is not patched is left alone.

    Examples
    --------
    >>> import thresher.keras
    >>> thresher.keras.unpatch().rebound
    ()
    """
    with _lock:
        chosen = {theirs: cls for theirs, cls in _chosen(names).items() if theirs in _patched}
        for theirs in chosen:
            del _patched[theirs]
        return _told(_rebind({cls: theirs for theirs, cls in chosen.items()}))


@contextmanager
def patched(names: Iterable[str] | None = None) -> Iterator[Report]:
    """Patch inside a `with`, and put back what it patched, nested or not.

    Examples
    --------
    >>> import keras, thresher.keras
    >>> with thresher.keras.patched():
    ...     keras.metrics.Recall is thresher.keras.Recall
    True
    >>> keras.metrics.Recall is thresher.keras.Recall
    False
    """
    new = [cls.__name__ for theirs, cls in _chosen(names).items() if theirs not in _patched]
    try:
        yield patch(new)
    finally:
        unpatch(new)


def _chosen(names: Iterable[str] | None) -> dict[type, type]:
    answered = {theirs.__name__: (theirs, cls) for theirs, cls in ours().items()}
    if isinstance(names, str):
        names = [names]
    chosen = list(answered) if names is None else list(names)
    unknown = [name for name in chosen if name not in answered]
    if unknown:
        raise ValueError(f"`names` has {unknown[0]!r}; thresher.keras answers {', '.join(sorted(answered))}")
    return dict(answered[name] for name in chosen)


def _rebind(replaced: dict[type, type]) -> tuple[str, ...]:
    rebound = []
    for module_name, namespace in _namespaces(lambda name: name.split(".")[0] == "keras"):
        for name, value in list(namespace.items()):
            if isinstance(value, type) and value in replaced:
                namespace[name] = replaced[value]
                rebound.append(f"{module_name}.{name}")
    for name, value in list(BY_NAME.items()):
        if value in replaced:
            BY_NAME[name] = replaced[value]
    return tuple(sorted(rebound))


def _told(rebound: tuple[str, ...]) -> Report:
    left = [
        f"{module_name}.{name}"
        for module_name, namespace in _namespaces(lambda name: name.split(".")[0] not in ("keras", "thresher"))
        for name, value in list(namespace.items())
        # Not isinstance, which asks a value for its `__class__`: some of torch's answer with a warning.
        if issubclass(type(value), type) and value in _patched
    ]
    return Report(tuple(sorted(theirs.__name__ for theirs in _patched)), rebound, tuple(sorted(left)))


def _namespaces(wanted: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, module in list(sys.modules.items()):
        if wanted(name) and isinstance(namespace := getattr(module, "__dict__", None), dict):
            yield name, namespace
