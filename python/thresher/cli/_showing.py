"""`thresher show`: what a state file holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thresher.cli import _documents
from thresher.cli._failures import telling
from thresher.cli._figures import Summary, summary
from thresher.cli._slices import Slices
from thresher.cli._states import about, described, keyed, opened, whole

__all__ = ["show"]


def show(path: str, at: Sequence[float], *, level: float, meaning: str | None, as_json: bool) -> int:
    """Write what a state file holds, and return 0."""
    state = opened(path)
    with about(path):
        found = summary(whole(state, path), at, level, meaning)
    slices = Slices(state, at, level, meaning)
    metadata = dict(state.metadata or {})
    with telling():
        if as_json:
            print(_documents.written(_document(path, found, slices, metadata)))
        else:
            _write(path, found, slices, metadata)
    return 0


def _document(path: str, found: Summary, slices: Slices, metadata: dict[str, Any]) -> dict[str, Any]:
    content = {
        "path": path,
        "saved_at": metadata.pop("saved_at"),
        "saved_by": metadata.pop("thresher_version"),
        "metadata": metadata,
        "state": _documents.state(found.counts),
        **_documents.summary(found),
        "slices": [{"key": keyed(slices.names, key), **_documents.summary(each)} for key, each in slices],
    }
    return _documents.document("show", content)


def _write(path: str, found: Summary, slices: Slices, metadata: dict[str, Any]) -> None:
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
    if slices.names:
        show_slices(target, slices, found.counts.n_samples)
    if metadata:
        heading(target, "Metadata")
        for name, value in metadata.items():
            target.print(Text(f"  {name}: {described(value)}"))
