"""Arrow columns, chunk by chunk, as sources of the core: numbers and packed booleans are read where they lie.

pyarrow is imported only when a column comes in Arrow's format.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from thresher._errors import Error
from thresher._optional import needed, wanted

__all__ = ["arrow_columns", "arrow_equal", "arrow_source", "is_arrow", "is_arrow_number"]

_FLOATS = {"halffloat": "float16", "float": "float32", "double": "float64"}
_NUMBERS = {"bool", *_FLOATS} | {f"{sign}int{8 << i}" for sign in ("", "u") for i in range(4)}


def is_arrow(value: object) -> bool:
    """Whether the object hands out Arrow data through the C interface."""
    return hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__")


def arrow_columns(value: Any, argument: str) -> list[Any] | None:
    """Return the `pyarrow.ChunkedArray` of each column (a table has several); None where pyarrow is not installed."""
    pyarrow = wanted("pyarrow")
    if pyarrow is None:
        return None
    try:
        column = pyarrow.chunked_array(value)
    except (TypeError, ValueError, pyarrow.ArrowException) as error:
        raise TypeError(f"`{argument}` cannot be read as an Arrow column: {error}") from error
    return list(column.flatten()) if pyarrow.types.is_struct(column.type) else [column]


def arrow_source(column: Any, argument: str) -> Any:
    """Return the chunks of a numeric or boolean column as sources; nulls and other types are refused."""
    _refuse_nulls(column, argument)
    kind = str(column.type)
    if kind == "null":
        return np.empty(0)
    if not is_arrow_number(column):
        hint = "; pass `pos_label` to say which label is positive" if argument == "labels" else ""
        first = f", the first is {column[0].as_py()!r}" if len(column) else ""
        raise TypeError(f"`{argument}` has Arrow type {kind}{first}; booleans, integers and floats are accepted{hint}")
    pieces = [_bits(chunk) if kind == "bool" else _numbers(chunk, kind) for chunk in column.chunks if len(chunk)]
    if not pieces:
        return np.empty(0)
    return pieces[0] if len(pieces) == 1 else pieces


def is_arrow_number(column: Any) -> bool:
    """Whether the column holds booleans, integers or floats."""
    return str(column.type) in _NUMBERS


def arrow_equal(column: Any, pos_label: object) -> Any:
    """Return `column == pos_label` as a source of booleans; the column holds no numbers."""
    _refuse_nulls(column, "labels")
    kind = column.type
    compute = needed("pyarrow.compute", "comparing labels", "pyarrow")
    try:
        equal = [compute.equal(_comparable(chunk), pos_label) for chunk in column.chunks if len(chunk)]
    except (TypeError, ValueError, NotImplementedError) as error:
        raise TypeError(f"`pos_label` is {pos_label!r}, but `labels` has Arrow type {kind}: {error}") from error
    return list(map(_bits, equal)) or np.empty(0, np.bool)


def _comparable(values: Any) -> Any:
    """Return categories decoded, and text in a layout pyarrow can compare: it has no kernel for the views of polars."""
    if hasattr(values, "dictionary"):
        return _comparable(values.dictionary).take(values.indices)
    return values.cast("large_string") if str(values.type) == "string_view" else values


def _numbers(chunk: Any, kind: str) -> Any:
    """Return a view of a chunk; its own `to_numpy` would import pandas, which takes longer than a small file."""
    values = np.frombuffer(chunk.buffers()[1], _FLOATS.get(kind, kind))
    return values[chunk.offset : chunk.offset + len(chunk)]


def _bits(chunk: Any) -> tuple[Any, str, int, int]:
    return np.frombuffer(chunk.buffers()[1], np.uint8), "bits", chunk.offset, len(chunk)


def _refuse_nulls(column: Any, argument: str) -> None:
    if column.null_count:
        index = column.is_null().index(True).as_py()
        raise Error(f"`{argument}` must not be null, but {argument}[{index}] is null")
