"""The notes at the foot of the page: what was counted, how, when, and from which files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from thresher._html import number
from thresher._report._models import Model
from thresher._report._printed import described
from thresher._version import __version__

__all__ = ["notes_of"]

_MOST_SOURCES = 20
_NAMES = ("path", "uri", "name", "file")


def notes_of(models: Sequence[Model], given: Mapping[str, object], made_at: str) -> list[tuple[str, list[str]]]:
    """Return names and the lines that each is followed by."""
    notes: list[tuple[str, list[str]]] = [(str(name), [number(value)]) for name, value in given.items()]
    for model in models:
        before = f"{model.name}: " if len(models) > 1 else ""
        notes.append((f"{before}counted by", [described(model.counts)]))
        if model.counts.weighted:
            weight = f"{model.counts.weight_positives:.6g} positive, {model.counts.weight_negatives:.6g} negative"
            notes.append((f"{before}weight", [weight]))
        if model.counts.n_dropped:
            notes.append((f"{before}dropped", [f"{number(model.counts.n_dropped)} rows whose score is NaN"]))
        notes += [(f"{before}{name}", lines) for name, lines in _metadata(model.counts.metadata or {})]
    return [*notes, ("Made", [made_at]), ("thresher", [__version__])]


def _metadata(metadata: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    told: list[tuple[str, list[str]]] = []
    for name, value in metadata.items():
        if name == "sources" and isinstance(value, Sequence) and not isinstance(value, str):
            lines = [_source(each) for each in value[:_MOST_SOURCES]]
            more = len(value) - len(lines)
            told.append((name, lines + ([f"and {more:,} more"] if more else [])))
        elif name == "seconds" and isinstance(value, int | float):
            told.append(("counted in", [f"{value:.3g} s"]))
        else:
            told.append((name, [number(value)]))
    return told


def _source(source: Any) -> str:
    """Return a file's name, size and time, whichever are known."""
    if not isinstance(source, Mapping):
        return str(source)
    name = next((str(source[key]) for key in _NAMES if source.get(key)), "")
    rest = [_fact(key, value) for key, value in source.items() if key not in _NAMES and value is not None]
    return ", ".join([name, *rest] if name else rest)


def _fact(key: str, value: Any) -> str:
    return f"{number(value)} bytes" if key in {"size", "bytes"} else f"{key} {number(value)}"
