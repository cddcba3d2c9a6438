"""An evaluation as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from thresher.cli._evaluating import Evaluated
from thresher.cli._requests import Request
from thresher.cli._shown import show_cuts, show_slices, show_summary
from thresher.cli._tables import console, heading

__all__ = ["show"]


def show(request: Request, found: Sequence[Evaluated]) -> None:
    """Write what was counted of each column of scores."""
    target = console()
    for each in found:
        what = f"{each.score} against {request.label}, {type(each.counts).__name__}"
        if each is found[0]:
            target.print(Text(what, style="bold"))
        else:
            heading(target, what)
        show_summary(target, each.summary)
        if each.summary.cuts:
            show_cuts(target, each.summary.cuts)
        if each.slices.names:
            show_slices(target, each.slices, each.counts.n_samples)
    metadata = found[0].state.metadata or {}
    files = len(metadata.get("sources") or request.files)
    target.print()
    target.print(Text(f"{files:,} file{'s' if files > 1 else ''} read in {metadata['seconds']:.2f} s", style="dim"))
