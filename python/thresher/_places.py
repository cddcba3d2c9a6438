"""Where rows come from: the file, row group and row that an error names."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from thresher._errors import Error

__all__ = ["Piece", "Place", "missing_columns", "reading"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the first of some rows stands in its file, or in the whole source where there is no file."""

    file: str | None = None
    first: int = 0
    groups: tuple[int, ...] = ()  # the first row of each row group
    kept: bool = False  # only the rows that `where` keeps are counted

    def row(self, index: int) -> str:
        """Return the words for the row `index` after the first."""
        row = self.first + index
        of = f" of {self.file}" if self.file else ""
        if self.kept:
            return f"row {row} of those{of} that `where` keeps"
        if not self.groups:
            return f"row {row}{of}"
        group = bisect_right(self.groups, row) - 1
        return f"row {row - self.groups[group]} of row group {group}{of}"


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows that lie together, as a pyarrow table or record batch, and where they come from."""

    rows: Any
    place: Place


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Name the file, or the source, in whatever its reader says; an `OSError` keeps its class, others are `Error`."""
    try:
        yield
    except (Error, MemoryError):
        raise
    except OSError as error:
        text = f"{name} cannot be read: {error.strerror or error}"
        raise (type(error)(error.errno, text) if error.errno else OSError(text)) from error
    except (ValueError, TypeError, KeyError, IndexError, NotImplementedError) as error:
        raise Error(f"{name} cannot be read: {error}") from error


def missing_columns(names: Any, columns: Any, place: str) -> None:
    """Refuse columns that are not among `names` exactly once, with the near ones."""
    names = list(names)
    for column in columns:
        if names.count(column) > 1:
            raise Error(f"{place} has {names.count(column)} columns named {column!r}; one is accepted")
        if column not in names:
            near = get_close_matches(column, names, n=3) or [each for each in names if each.lower() == column.lower()]
            hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
            shown = ", ".join(map(repr, names[:20])) + (", ..." if len(names) > 20 else "")
            raise Error(f"{place} has no column {column!r}{hint} It has {shown or 'none'}")
