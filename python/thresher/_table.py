"""What curves and counts share as tables: read-only columns, equality by value, data frames, Arrow and HTML."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher._html import number, table
from thresher._optional import needed

__all__ = ["Table", "frozen"]

_SHOWN = 6  # rows of a long table that are printed: as many of the head as of the tail


def frozen(values: Any) -> NDArray[Any]:
    """Return a read-only view; the caller's own array stays writable."""
    view = np.asarray(values).view()
    view.flags.writeable = False
    return view


class Table:
    """Columns of one length, by name; a subclass says which and adds what else its equality compares."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # arrays inside

    def _rows(self) -> int:
        raise NotImplementedError

    def _columns(self, rows: Any = slice(None)) -> dict[str, NDArray[Any]]:
        """Return the columns at these rows; the last one may lack its last row."""
        raise NotImplementedError

    def _caption(self) -> str:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        ours, theirs = vars(self), vars(other)
        return all(np.array_equal(ours[name], theirs[name], equal_nan=_is_float(ours[name])) for name in ours)

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame`; its columns are named as the attributes, a missing last threshold is NaN.

        Raises
        ------
        ImportError
            Without pandas.
        """
        pandas = needed("pandas", "to_pandas()", "pandas")
        return pandas.DataFrame({name: _padded(column, self._rows()) for name, column in self._columns().items()})

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand the table to any Arrow consumer through pyarrow; a missing last threshold is null."""
        pyarrow = needed("pyarrow", "__arrow_c_stream__", "pyarrow")
        columns = {}
        for name, column in self._columns().items():
            missing = self._rows() - len(column)
            columns[name] = pyarrow.chunked_array(
                [pyarrow.array(np.ascontiguousarray(column)), pyarrow.nulls(missing, pyarrow.float64())][: 1 + missing]
            )
        return pyarrow.table(columns).__arrow_c_stream__(requested_schema)

    def _sample(self) -> tuple[list[str], list[list[str]]]:
        """Return the header and the first and last rows, as text, with a row of dots where rows are left out."""
        total = self._rows()
        long = total > 2 * _SHOWN
        shown = np.r_[:_SHOWN, total - _SHOWN : total] if long else np.arange(total)
        columns = self._columns(shown)
        body = [
            [number(column[row].item()) if row < len(column) else "" for column in columns.values()]
            for row in range(len(shown))
        ]
        if long:
            body.insert(_SHOWN, ["…"] * len(columns))
        return list(columns), body

    def _text(self) -> str:
        header, body = self._sample()
        widths = [max(len(row[j]) for row in [header, *body]) for j in range(len(header))]
        padded = [[cell.rjust(width) for cell, width in zip(row, widths, strict=True)] for row in [header, *body]]
        return "\n".join([self._caption(), *map("  ".join, padded)])

    def _repr_html_(self) -> str:
        header, body = self._sample()
        return table(self._caption(), header, body)


def _padded(column: NDArray[Any], rows: int) -> NDArray[Any]:
    return column if len(column) == rows else np.append(column, np.nan)


def _is_float(value: object) -> bool:
    return isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
