"""Where rows come from: the file, row group and row that an error names."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import accumulate
from typing import Any

from thresher._errors import Error
from thresher._optional import needed

__all__ = ["Piece", "Place", "Places", "joined", "missing_columns", "reading"]


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
class Places:
    """Where rows of several pieces of one file stand, which begin at `starts` among them."""

    starts: tuple[int, ...]
    places: tuple[Place, ...]

    @property
    def file(self) -> str | None:
        """The file of all."""
        return self.places[0].file

    def row(self, index: int) -> str:
        """Return the words for the row `index`."""
        piece = bisect_right(self.starts, index) - 1
        return self.places[piece].row(index - self.starts[piece])


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows that lie together, as a pyarrow table or record batch, and where they come from."""

    rows: Any
    place: Place | Places


def joined(pieces: Iterable[Piece], rows: Callable[[], int]) -> Iterator[Piece]:
    """Yield neighbouring pieces of one file as one of so many rows or more, where there are as many; none is copied."""
    held: list[Piece] = []
    waiting = 0
    for piece in pieces:
        if held and not _alike(held[0], piece):
            yield _together(held)
            held, waiting = [], 0
        held.append(piece)
        waiting += piece.rows.num_rows
        if waiting >= rows():
            yield _together(held)
            held, waiting = [], 0
    if held:
        yield _together(held)


def _alike(one: Piece, other: Piece) -> bool:
    return one.place.file == other.place.file and bool(one.rows.schema.equals(other.rows.schema))


def _together(pieces: list[Piece]) -> Piece:
    if len(pieces) == 1:
        return pieces[0]
    pyarrow = needed("pyarrow", "scan", "thresher[scan]")
    tables = [each.rows for each in pieces]
    if all(isinstance(each, pyarrow.RecordBatch) for each in tables):
        rows = pyarrow.Table.from_batches(tables)
    else:
        rows = pyarrow.concat_tables(pyarrow.table(each) for each in tables)
    starts = (0, *accumulate(each.num_rows for each in tables[:-1]))
    return Piece(rows, Places(starts, tuple(place for each in pieces if isinstance(place := each.place, Place))))


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
