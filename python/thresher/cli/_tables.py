"""Tables for people: as wide as the terminal, plain and never cut where there is none."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["Column", "console", "heading", "key_text", "number", "shown", "table"]

_UNLIMITED = 10_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. Where the width does not suffice, those of the highest `rank` go first; 0 stays."""

    name: str
    rank: int = 0
    left: bool = False


class _Stdout(Console):
    """A console that leaves a broken pipe to the command: rich would end the process itself, with another exit code."""

    def on_broken_pipe(self) -> None:
        """Raise it again."""
        raise BrokenPipeError


def console() -> Console:
    """Return where tables go: stdout, with colours on a terminal that wants them."""
    if sys.stdout.isatty():
        return _Stdout(highlight=False, emoji=False, markup=False)
    width = os.environ.get("COLUMNS", "")
    limit = int(width) if width.isdigit() and int(width) else _UNLIMITED
    return _Stdout(width=limit, highlight=False, emoji=False, markup=False, color_system=None)


def heading(target: Console, text: str) -> None:
    """Write a line that begins a part."""
    target.print()
    target.print(Text(text, style="bold"))


def table(target: Console, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Write a table; columns that do not fit go, and a line says which."""
    cells = [list(row) for row in rows]
    kept = _fitting(columns, cells, target.width)
    style = box.SIMPLE_HEAD if target.is_terminal else _PLAIN
    drawn = Table(box=style, show_edge=False, pad_edge=False, header_style="bold")
    for index in kept:
        column = columns[index]
        drawn.add_column(column.name, justify="left" if column.left else "right", overflow="fold")
    for row in cells:
        drawn.add_row(*(Text(row[index]) for index in kept))
    target.print()
    target.print(drawn)
    hidden = [column.name for index, column in enumerate(columns) if index not in kept]
    if hidden:
        target.print(Text(f"not shown at this width: {', '.join(hidden)} (--json has all)", style="dim"))


_PLAIN = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
"""Lines of spaces, and a rule of dashes below the head: for files, pipes and readers of other programs."""


def _fitting(columns: Sequence[Column], cells: Sequence[Sequence[str]], width: int) -> list[int]:
    widths = [max(len(column.name), *(len(row[index]) for row in cells), 1) for index, column in enumerate(columns)]
    kept = list(range(len(columns)))
    while sum(widths[index] + 2 for index in kept) > width:
        last = max(kept, key=lambda index: (columns[index].rank, index))
        if columns[last].rank == 0:
            break
        kept.remove(last)
    return kept


def number(value: Any, digits: int = 4) -> str:
    """Return a count with thousands separators, a float with significant digits, a dash for what is undefined."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if math.isnan(value):
        return "–"
    return f"{value:.{digits}g}" if not 1e3 <= abs(value) < 1e15 else f"{value:,.{max(digits - 4, 0)}f}"


def shown(value: float, bounds: tuple[float, float] | None, digits: int = 4) -> str:
    """Return a figure: exact ones to `digits` decimals, others with a tilde before them."""
    if math.isnan(value):
        return "–"
    return f"{'' if bounds is None else '~'}{value:.{digits}f}"


def key_text(key: Any) -> str:
    """Return the key of a slice; several columns by slashes."""
    parts = key if isinstance(key, tuple) else (key,)
    return " / ".join("null" if part is None else str(part) for part in parts)
