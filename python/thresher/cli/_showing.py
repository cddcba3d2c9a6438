"""`thresher show`: what a state file holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thresher.cli import _documents, _ranges
from thresher.cli._figures import Summary, summary
from thresher.cli._states import is_grouped, opened, slices_of, whole

__all__ = ["show"]


def show(path: str, *, thresholds: str | None, level: float, meaning: str | None, as_json: bool) -> int:
    """Write what a state file holds, and return 0."""
    at = [] if thresholds is None else _ranges.thresholds(thresholds)
    state = opened(path)
    counts = whole(state, path)
    found = summary(counts, at, level, meaning)
    names = group_names(state) if is_grouped(state) else ()
    slices = [(key, summary(each, at, level, meaning)) for key, each in slices_of(state)]
    metadata = dict(state.metadata or {})
    if as_json:
        print(_documents.written(_document(path, found, names, slices, metadata)))
    else:
        _write(path, found, names, slices, metadata)
    return 0


def group_names(state: Any) -> tuple[str, ...]:
    """Return the names of the key columns; numbered ones where they have none."""
    if state.names is not None:
        return tuple(state.names)
    width = next((len(key) if isinstance(key, tuple) else 1 for key in state), 1)
    return ("key",) if width == 1 else tuple(f"key {index + 1}" for index in range(width))


def keyed(names: Sequence[str], key: Any) -> dict[str, Any]:
    """Return the key of a slice, by column."""
    return dict(zip(names, key if isinstance(key, tuple) else (key,), strict=True))


def _document(path: str, found: Summary, names: Sequence[str], slices: Any, metadata: dict[str, Any]) -> dict[str, Any]:
    content = {
        "path": path,
        "saved_at": metadata.pop("saved_at"),
        "saved_by": metadata.pop("thresher_version"),
        "metadata": metadata,
        "state": _documents.state(found.counts),
        **_documents.summary(found),
        "slices": [{"key": keyed(names, key), **_documents.summary(each)} for key, each in slices],
    }
    return _documents.document("show", content)


def _write(path: str, found: Summary, names: Sequence[str], slices: Any, metadata: dict[str, Any]) -> None:
    from rich.text import Text

    from thresher.cli._shown import show_cuts, show_slices, show_summary
    from thresher.cli._tables import console, heading

    target = console()
    saved = f"saved {metadata.pop('saved_at')} by thresher {metadata.pop('thresher_version')}"
    settings = ", sums=True" if found.counts.sums else ""
    target.print(Text(f"{path}: {type(found.counts).__name__}{settings}, {saved}", style="bold"))
    show_summary(target, found)
    if found.cuts:
        show_cuts(target, found.cuts)
    if slices:
        show_slices(target, names, slices, found.counts.n_samples)
    if metadata:
        heading(target, "Metadata")
        for name, value in metadata.items():
            target.print(Text(f"  {name}: {described(value)}"))


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
