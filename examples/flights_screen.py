"""What ``examples/flights.py`` shows: headlines, aligned tables, and progress where there is a terminal to see it."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, pairwise
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from thresher import Estimate

WIDEST = 100
Step = TypeVar("Step")


class Screen:
    """A terminal of at most 100 columns, or plain lines when the output is a file or a pipe."""

    def __init__(self) -> None:
        console = Console(highlight=False)
        self._console = Console(highlight=False, width=min(console.width, WIDEST))
        self._gap = 2 if self._console.width >= WIDEST else 1

    def title(self, text: str, subtitle: str) -> None:
        """The first two lines."""
        self._console.print(f"[bold]{text}[/bold]\n{subtitle}\n")

    def headline(self, text: str) -> None:
        """A part's claim, in one line."""
        self._console.print(f"\n[bold cyan]{text}[/bold cyan]")

    def say(self, text: str) -> None:
        """Sentences, broken where the terminal ends."""
        self._console.print(text)

    def listed(self, lines: Iterable[tuple[str, str]]) -> None:
        """Lines of the kind ``name   what``, aligned."""
        pairs = list(lines)
        width = max(len(name) for name, _ in pairs)
        for name, what in pairs:
            self._line(f"{name:<{width}}  {what}")

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that something is under way, and since when; a pipe gets one line."""
        if not self._console.is_terminal:
            self._console.print(f"... {what}")
            yield
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as bar:
            bar.add_task(what, total=None)
            yield

    def progress(self, steps: Iterable[Step], total: int, what: str) -> Iterator[Step]:
        """Yield the steps, showing how many of ``total`` are done; a pipe gets one line for all of them."""
        if not self._console.is_terminal:
            self._console.print(f"... {what}")
            yield from steps
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeElapsedColumn(), console=self._console, transient=True) as bar:
            yield from bar.track(steps, total=total, description=what)

    def table(
        self, heads: Sequence[str], rows: Iterable[Sequence[str]], groups: Sequence[tuple[str, int]] = ()
    ) -> None:
        """Aligned columns, the first to the left and the others to the right.

        ``groups`` are names of neighbouring columns with their number, set above the heads and apart from each other.
        """
        body = [list(row) for row in rows]
        widths = [max(map(len, column)) for column in zip(heads, *body, strict=True)]
        starts = list(accumulate((count for _, count in groups), initial=0))
        gaps = [0] + [self._gap + (column in starts) for column in range(1, len(heads))]

        def line(cells: Sequence[str]) -> str:
            aligned = [cells[0].ljust(widths[0]), *map(str.rjust, cells[1:], widths[1:])]
            return "".join(" " * gap + cell for gap, cell in zip(gaps, aligned, strict=True))

        if groups:
            spans = [slice(start, end) for start, end in pairwise(starts)]
            totals = [sum(widths[span]) + sum(gaps[span][1:]) for span in spans]
            names = [
                f" {name} ".center(total, "─") if name else " " * total
                for (name, _), total in zip(groups, totals, strict=True)
            ]
            self._line((" " * (self._gap + 1)).join(names), "dim")
        self._line(line(heads), "bold")
        for row in body:
            self._line(line(row))

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style, no_wrap=True, crop=False, overflow="ignore")


def span(seconds: float) -> str:
    """A duration with three figures: ``12.3 ms``, ``4.56 s``."""
    if seconds < 0.1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


def size(count: int) -> str:
    """Bytes a person can compare: ``840 B``, ``12 kB``, ``3.4 MB``."""
    if count < 1_000:
        return f"{count} B"
    return f"{count / 1e3:.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def rate(share: Any) -> str:
    """A share with three decimals; a dash where it is undefined."""
    return "–" if math.isnan(share) else f"{share:.3f}"


def interval(estimate: Estimate, decimals: int = 3) -> str:
    """A figure and its interval, with as many decimals in every row of a table."""
    value, lower, upper = (f"{each:z.{decimals}f}" for each in (estimate.value, estimate.lower, estimate.upper))
    return f"{value} ({lower} to {upper})"
