"""Rows of a table into accumulators: nulls judged, and what is refused named by its column, file and row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher._arrow import is_arrow_number
from thresher._errors import Error
from thresher._optional import needed
from thresher._places import Piece

__all__ = ["Counting", "Roles"]

# Of 1e8 rows (two cores) ExactCounts takes 0.57 s in pieces of 2^20 rows, CompactCounts and 19 thresholds 0.29 s; in
# pieces of 2^22 0.78 s and 0.30 s: what ExactCounts keeps then lies in larger pages, which are slow to get.
_ROWS = 1 << 20
# Of 2e7 rows a million groups take 1.0 to 1.1 s whether a piece has one row a group, two or four; but 560, 550, 610 MB.
# Of 1e8 rows a thousand groups at 19 thresholds take 0.54 s in pieces of 2^18, 0.51 s of 2^19 and of 2^20.
_ROWS_A_GROUP = 2
_FEWEST_ROWS, _MOST_ROWS = 1 << 19, 1 << 22


@dataclass(frozen=True, slots=True)
class Roles:
    """The names of the columns that are read, and what they are read as."""

    label: str
    scores: tuple[str, ...]
    weight: str | None
    groups: tuple[str, ...]

    def columns(self) -> list[str]:
        """Return every name once."""
        names = [self.label, *self.scores, *([] if self.weight is None else [self.weight]), *self.groups]
        return list(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class Counting:
    """Accumulators by score column, and how rows are counted into them."""

    roles: Roles
    counts: dict[str, Any]
    pos_label: Any
    nan: str
    drop_nulls: bool
    n_threads: int | None

    def rows_at_a_time(self) -> int:
        """Return how many rows a piece should have."""
        if not self.roles.groups:
            return _ROWS
        return min(max(_ROWS_A_GROUP * max(map(len, self.counts.values())), _FEWEST_ROWS), _MOST_ROWS)

    def add(self, piece: Piece) -> None:
        """Count all rows of a piece into the accumulator of every score column."""
        names = dict.fromkeys([self.roles.label, *self.roles.scores, *filter(None, [self.roles.weight])])
        values = {name: _plain(piece.rows.column(name)) for name in names}
        groups = {name: piece.rows.column(name) for name in self.roles.groups}
        for score in self.roles.scores:
            arguments = {"labels": self.roles.label, "scores": score, "weights": self.roles.weight}
            taken = {argument: name for argument, name in arguments.items() if name is not None}
            valid = self._valid(piece, taken, values)
            columns = {argument: values[name] for argument, name in taken.items()}
            if valid is None:
                self._update(piece, taken, columns, groups, None)
            else:
                self._update_valid(piece, taken, columns, groups, valid)

    def _valid(self, piece: Piece, taken: dict[str, str], values: dict[str, Any]) -> NDArray[np.bool] | None:
        """Return which rows have no null, None when all have none; refuse nulls unless they are to be dropped."""
        valid: NDArray[np.bool] | None = None
        for argument, name in taken.items():
            if not values[name].null_count:
                continue
            filled = ~values[name].is_null().to_numpy(zero_copy_only=False)
            if not self.drop_nulls:
                row = piece.place.row(int(filled.argmin()))
                raise Error(
                    f"`{argument}` must not be null, but column {name!r} in {row} is null; "
                    'pass `nulls="drop"` to leave such rows out'
                )
            valid = filled if valid is None else valid & filled
        return valid

    def _update_valid(
        self,
        piece: Piece,
        taken: dict[str, str],
        columns: dict[str, Any],
        groups: dict[str, Any],
        valid: NDArray[np.bool],
    ) -> None:
        """Count the rows without nulls; the others are told as rows whose score is NaN, dropped like these."""
        pyarrow = needed("pyarrow", "scan", "thresher[scan]")
        mask = pyarrow.array(valid)
        kept = {argument: column.filter(mask) for argument, column in columns.items()}
        groups_kept = {name: column.filter(mask) for name, column in groups.items()}
        self._update(piece, taken, kept, groups_kept, np.flatnonzero(valid))
        mask = pyarrow.array(~valid)
        dropped = int(valid.size - np.count_nonzero(valid))
        self._send(
            taken["scores"],
            {name: column.filter(mask) for name, column in groups.items()},
            np.broadcast_to(np.False_, dropped),
            np.broadcast_to(np.float32(np.nan), dropped),
            np.broadcast_to(np.float32(1), dropped) if "weights" in taken else None,
            pos_label=None,
            nan="drop",
        )

    def _update(
        self,
        piece: Piece,
        taken: dict[str, str],
        columns: dict[str, Any],
        groups: dict[str, Any],
        rows: NDArray[np.int64] | None,
    ) -> None:
        """Count columns without nulls; `rows` are their rows in the piece."""
        try:
            self._send(
                taken["scores"],
                groups,
                columns["labels"],
                columns["scores"],
                columns.get("weights"),
                pos_label=self.pos_label,
                nan=self.nan,
            )
        except Error as error:
            raise Error(_placed(error, piece, taken, rows)) from error
        except TypeError as error:
            raise TypeError(f"{error} ({_named(taken, piece)})") from error

    def _send(self, score: str, groups: dict[str, Any], labels: Any, scores: Any, weights: Any, **options: Any) -> None:
        keys = (groups,) if groups else ()
        self.counts[score].update(*keys, labels, scores, weights=weights, n_threads=self.n_threads, **options)


def _plain(column: Any) -> Any:
    """Return a column without an encoding that `update` cannot read; texts stay a dictionary."""
    kind = column.type
    if str(kind).startswith("run_end_encoded"):
        return _plain(needed("pyarrow.compute", "scan", "thresher[scan]").run_end_decode(column))
    if str(kind) == "string_view":
        return column.cast("large_string")  # pyarrow 18 crashes when such a column passes through its C interface
    if not hasattr(kind, "value_type") or not hasattr(kind, "index_type"):
        return column
    chunks = column.chunks if hasattr(column, "chunks") else [column]
    number = chunks and is_arrow_number(chunks[0].dictionary)
    return column.cast(kind.value_type) if number or any(each.dictionary.null_count for each in chunks) else column


def _placed(error: Error, piece: Piece, taken: dict[str, str], rows: NDArray[np.int64] | None) -> str:
    """Return the message with the column and the row of the source in place of an index into a batch."""
    if error.argument not in taken or error.index is None:
        return f"{error} ({_named(taken, piece)})"
    row = int(rows[error.index]) if rows is not None else error.index
    place = f"column {taken[error.argument]!r} in {piece.place.row(row)}"
    return str(error).replace(f"{error.argument}[{error.index}]", place)


def _named(taken: dict[str, str], piece: Piece) -> str:
    words = ", ".join(f"`{argument}` is column {name!r}" for argument, name in taken.items())
    return f"{words} of {piece.place.file}" if piece.place.file else words
