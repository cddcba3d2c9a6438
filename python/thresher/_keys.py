"""Keys of groups: columns of them into chunks of the core, and what the core holds of them back into Python values.

Integers, text and dates of NumPy, pandas, polars and Arrow go to the core as they lie, or as codes with a dictionary.
Only lists and object arrays of mixed types are looked at value by value.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher._arrays import is_missing
from thresher._arrow import arrow_columns, is_arrow
from thresher._containers import columns_of
from thresher._errors import Error
from thresher._optional import wanted

__all__ = ["key_array", "key_columns", "key_values", "tagged"]

# Types as the core knows them; UNSIGNED stands for the bits of uint64.
_NONE, _BOOL, _INT, _LARGE, _FLOAT, _DATE, _TIME, _UTC, _TEXT, _BYTES = 0, 1, 2, 3, 4, 5, 6, 7, 16, 17
_UNSIGNED = 255
_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
_ACCEPTED = "integers, strings, bytes, booleans, floats, dates, datetimes and None are accepted"


def key_columns(groups: Any) -> tuple[list[str] | None, list[list[Any]]]:
    """Return the names of the key columns, if they have any, and the chunks of each as the core reads them."""
    if not isinstance(groups, Mapping):
        return None, [_chunks(groups)]
    if not groups:
        raise Error("`groups` is an empty mapping; at least one key column is needed")
    for name in groups:
        if not isinstance(name, str):
            raise TypeError(f"`groups` must have names that are strings, but one is {name!r}")
    return list(groups), [_chunks(column) for column in groups.values()]


def tagged(value: Any) -> tuple[int, int | bytes]:
    """Return one value of a key as its type and what the core keeps of it."""
    if is_missing(value):
        return _NONE, 0
    if isinstance(value, str):
        return _TEXT, value.encode()
    if isinstance(value, bool | np.bool):
        return _BOOL, int(value)
    if isinstance(value, int | np.integer):
        return _tagged_integer(int(value))
    if isinstance(value, bytes):
        return _BYTES, bytes(value)
    if isinstance(value, float | np.floating):
        return _FLOAT, int(_ordered_bits(np.array([float(value)]))[0])
    if isinstance(value, np.datetime64):
        chunk = _times(np.array([value]))
        return chunk[1], int(chunk[2][0])
    if isinstance(value, datetime.datetime):
        return _tagged_time(value)
    if isinstance(value, datetime.date):
        return _DATE, (value - _EPOCH.date()).days
    raise TypeError(f"a key of `groups` is {value!r}, a {type(value).__name__}; {_ACCEPTED}")


def _tagged_integer(value: int) -> tuple[int, int]:
    if -(2**63) <= value < 2**63:
        return _INT, value
    if value < 2**64 and value > 0:
        return _LARGE, value - 2**63
    raise Error(f"a key of `groups` is {value}; integers from -2^63 to 2^64 - 1 are accepted")


def _tagged_time(value: datetime.datetime) -> tuple[int, int]:
    if getattr(value, "nanosecond", 0):
        raise Error(f"a key of `groups` is {value}; datetimes are accepted to the microsecond")
    tag = _TIME
    if value.tzinfo is not None:
        value, tag = value.astimezone(datetime.UTC).replace(tzinfo=None), _UTC
    return tag, (value - _EPOCH) // _MICROSECOND


def key_values(column: tuple[NDArray[Any], NDArray[Any], NDArray[Any], bytes]) -> list[Any]:
    """Return a column of keys, as the core hands it out, as Python values."""
    tags, wholes, ends, texts = column
    if (tags == _INT).all():
        found: list[Any] = wholes.tolist()
        return found
    places = ends.tolist()
    starts = [0, *places[:-1]]
    rows = zip(tags.tolist(), wholes.tolist(), starts, places, strict=True)
    return [_value(tag, whole, texts[start:end]) for tag, whole, start, end in rows]


def key_array(column: tuple[NDArray[Any], NDArray[Any], NDArray[Any], bytes]) -> NDArray[Any]:
    """Return a column of keys as an array: of their own dtype where all are of one type, else of Python objects."""
    tags, wholes = column[:2]
    dtypes = {_BOOL: "bool", _INT: "int64", _DATE: "datetime64[D]", _TIME: "datetime64[us]"}
    tag = int(tags[0]) if len(tags) and (tags == tags[0]).all() else _NONE
    if tag in dtypes:
        return wholes.astype(np.dtype(dtypes[tag]))
    if tag == _FLOAT:
        return _floats(wholes)
    found = np.empty(len(tags), dtype=object)
    found[:] = key_values(column)
    return found


def _value(tag: int, whole: int, text: bytes) -> Any:
    if tag == _TEXT:
        return text.decode()
    if tag == _BYTES:
        return text
    if tag == _DATE:
        return _EPOCH.date() + datetime.timedelta(days=whole)
    if tag in (_TIME, _UTC):
        time = _EPOCH + whole * _MICROSECOND
        return time.replace(tzinfo=datetime.UTC) if tag == _UTC else time
    if tag == _FLOAT:
        return float(_floats(np.array([whole]))[0])
    return {_NONE: None, _BOOL: bool(whole), _INT: whole, _LARGE: whole + 2**63}[tag]


def _ordered_bits(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return integers that ascend as floats do; both zeros are one."""
    bits = (values + 0.0).view(np.int64)
    ordered: NDArray[np.int64] = bits ^ ((bits >> 63) & np.int64(2**63 - 1))
    return ordered


def _floats(ordered: NDArray[np.int64]) -> NDArray[np.float64]:
    return (ordered ^ ((ordered >> 63) & np.int64(2**63 - 1))).view(np.float64)


def _chunks(value: Any) -> list[Any]:
    """Return the chunks of one column of keys."""
    if isinstance(value, list | tuple | range):
        return [_listed(list(value))]
    roots = {base.__module__.partition(".")[0] for base in type(value).__mro__}
    if "pandas" in roots and getattr(value, "ndim", 1) == 1:
        return _pandas_chunks(value)
    if is_arrow(value):
        columns = arrow_columns(value, "groups")
        if columns is None:
            return [_listed(value.to_list() if hasattr(value, "to_list") else value.to_pylist())]
        return [_arrow_chunk(chunk) for chunk in _one(columns).chunks if len(chunk)]
    raw = _one(columns_of(value, "groups"))
    if isinstance(raw, np.ndarray):
        return [_array_chunk(raw)]
    raise TypeError(f"`groups` is a {type(value).__name__} of a type that cannot be a key; {_ACCEPTED}")


def _one(columns: list[Any]) -> Any:
    if len(columns) != 1:
        raise Error(f"`groups` has {len(columns)} columns; pass several key columns as a dict of names and columns")
    return columns[0]


def _array_chunk(array: NDArray[Any]) -> tuple[Any, ...]:
    kind = array.dtype.kind
    if kind in "bi":
        return "whole", _BOOL if kind == "b" else _INT, array, None
    if kind == "u":
        if array.dtype.itemsize < 8:
            return "whole", _INT, array, None
        return "whole", _UNSIGNED, np.ascontiguousarray(array, dtype=np.uint64).view(np.int64), None
    if kind == "f":
        values = array.astype(np.float64)
        if not np.array_equal(values.astype(array.dtype), array, equal_nan=True):
            raise Error("`groups` must be exact in float64")
        missing = np.isnan(values)
        return "whole", _FLOAT, _ordered_bits(values), ~missing if missing.any() else None
    if kind == "M":
        return _times(array)
    if kind in "US":
        return _fixed_width(array)
    if kind in "OT":
        return _listed(array.tolist())
    raise TypeError(f"`groups` has dtype {array.dtype}; {_ACCEPTED}")


def _times(array: NDArray[Any]) -> tuple[Any, ...]:
    """Days are dates, finer steps datetimes."""
    unit = np.datetime_data(array.dtype)[0]
    missing = np.isnat(array)
    days = unit in ("Y", "M", "W", "D")
    steps = array.astype("datetime64[D]" if days else "datetime64[us]")
    if ((steps != array) & ~missing).any():
        index = int(((steps != array) & ~missing).argmax())
        raise Error(f"`groups` must be datetimes to the microsecond, but groups[{index}] is {array[index]}")
    return "whole", _DATE if days else _TIME, steps.view(np.int64), ~missing if missing.any() else None


def _fixed_width(array: NDArray[Any]) -> tuple[Any, ...]:
    """Text of NumPy's fixed widths: through Arrow where that is installed, else sorted."""
    pyarrow = wanted("pyarrow")
    if pyarrow is not None and array.dtype.kind == "U" and array.dtype.isnative:
        return _arrow_chunk(pyarrow.array(array, type=pyarrow.large_string()))
    values, codes = np.unique(array, return_inverse=True)
    return "coded", codes.reshape(-1).astype(np.int64), None, _mixed(values.tolist())


def _listed(values: list[Any]) -> tuple[Any, ...]:
    """Python values, whatever they are."""
    types = set(map(type, values))
    if types == {int} or types == {bool}:
        array = _whole_array(values)
        if array is not None:
            return _array_chunk(array)
    pyarrow = wanted("pyarrow")
    if pyarrow is not None and types <= {str, type(None)}:
        return _arrow_chunk(pyarrow.array(values, type=pyarrow.large_string()))
    numbers: dict[tuple[int, int | bytes], int] = {}
    seen: dict[tuple[type, Any], int] = {}  # 1 and True are equal, and are not one key
    codes = np.empty(len(values), np.int64)
    for index, value in enumerate(values):
        try:
            code = seen.get((type(value), value))
        except TypeError:
            raise TypeError(f"`groups` must be hashable, but groups[{index}] is {value!r}") from None
        if code is None:
            code = seen[type(value), value] = numbers.setdefault(tagged(value), len(numbers))
        codes[index] = code
    return "coded", codes, None, _of_tagged(list(numbers))


def _whole_array(values: list[Any]) -> NDArray[Any] | None:
    """Return integers or booleans as an array, None where they do not all fit one dtype."""
    try:
        array = np.array(values)
    except OverflowError:
        return None
    return array if array.dtype.kind in "biu" else None


def _mixed(values: Sequence[Any]) -> tuple[Any, ...]:
    return _of_tagged([tagged(value) for value in values])


def _of_tagged(values: list[tuple[int, int | bytes]]) -> tuple[Any, ...]:
    """A dictionary of values of any types."""
    tags = np.array([tag for tag, _ in values], np.uint8)
    wholes = np.array([value if isinstance(value, int) else 0 for _, value in values], np.int64)
    texts = [value if isinstance(value, bytes) else b"" for _, value in values]
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    return "mixed", tags, wholes, ends, np.frombuffer(b"".join(texts), np.uint8)


def _pandas_chunks(value: Any) -> list[Any]:
    dtype = value.dtype
    if hasattr(dtype, "categories"):
        categorical = getattr(value, "cat", value)
        categories = _chunks(categorical.categories)
        return [("coded", np.asarray(categorical.codes), None, categories[0] if categories else _of_tagged([]))]
    values = value.array
    if hasattr(values, "__arrow_array__") and wanted("pyarrow") is not None and not isinstance(dtype, np.dtype):
        column = _one(arrow_columns(values.__arrow_array__(), "groups") or [])
        return [_arrow_chunk(chunk) for chunk in column.chunks if len(chunk)]
    if getattr(dtype, "tz", None) is not None:
        _, _, steps, valid = _times(np.asarray(value.to_numpy(dtype="datetime64[ns]")))
        return [("whole", _UTC, steps, valid)]
    if isinstance(dtype, np.dtype):
        return [_array_chunk(np.asarray(value))]
    return [_listed(value.tolist())]


def _arrow_chunk(chunk: Any) -> tuple[Any, ...]:
    """Return an Arrow array where it lies, or cast to a type that can be read so."""
    kind = str(chunk.type)
    if hasattr(chunk, "dictionary"):
        entries = _arrow_chunk(chunk.dictionary)
        indices = chunk.indices
        return "coded", _numbers(indices), _valid(indices), entries
    if kind == "null":
        return "coded", np.full(len(chunk), -1, np.int8), None, _of_tagged([])
    if kind == "bool":
        bits = (np.frombuffer(chunk.buffers()[1], np.uint8), "bits", chunk.offset, len(chunk))
        return "whole", _BOOL, bits, _valid(chunk)
    if kind == "uint64":
        return "whole", _UNSIGNED, _numbers(chunk).view(np.int64), _valid(chunk)
    if kind.startswith(("int", "uint")):
        return "whole", _INT, _numbers(chunk), _valid(chunk)
    if kind in ("float", "double", "halffloat"):
        return _array_chunk(chunk.to_numpy(zero_copy_only=False))
    if kind.startswith(("date", "timestamp")):
        return _arrow_times(chunk, kind)
    return _arrow_text(chunk, kind)


def _arrow_times(chunk: Any, kind: str) -> tuple[Any, ...]:
    pyarrow = wanted("pyarrow")
    if pyarrow is None:
        raise ImportError("Arrow dates need pyarrow: pip install pyarrow", name="pyarrow")
    if kind.startswith("date"):
        days = chunk.cast(pyarrow.date32())
        return "whole", _DATE, _numbers(days.view(pyarrow.int32())), _valid(days)
    zone = chunk.type.tz
    try:
        steps = chunk.cast(pyarrow.timestamp("us", zone))
    except pyarrow.ArrowInvalid as error:
        raise Error(f"`groups` must be datetimes to the microsecond: {error}") from error
    tag = _TIME if zone is None else _UTC
    return "whole", tag, _numbers(steps.view(pyarrow.int64())), _valid(steps)


def _arrow_text(chunk: Any, kind: str) -> tuple[Any, ...]:
    text = {"string_view": "large_string", "binary_view": "large_binary"}
    if kind.startswith("fixed_size_binary"):
        text[kind] = "large_binary"
    if kind in text:
        kind = text[kind]
        chunk = chunk.cast(kind)
    if kind not in ("string", "large_string", "binary", "large_binary"):
        raise TypeError(f"`groups` has Arrow type {kind}; {_ACCEPTED}")
    _, offsets, data = chunk.buffers()
    width = np.int64 if kind.startswith("large") else np.int32
    ends: NDArray[Any] = np.zeros(1, np.int64)
    if len(chunk):
        ends = np.frombuffer(offsets, width)[chunk.offset : chunk.offset + len(chunk) + 1]
    bytes_ = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return "text", _TEXT if "string" in kind else _BYTES, ends, bytes_, _valid(chunk)


def _numbers(chunk: Any) -> NDArray[Any]:
    """The integers of an Arrow array, whatever stands where there is none."""
    dtype = np.dtype(str(chunk.type))
    data = chunk.buffers()[1]
    if data is None or not len(chunk):
        return np.empty(0, dtype)
    return np.frombuffer(data, dtype)[chunk.offset : chunk.offset + len(chunk)]


def _valid(chunk: Any) -> tuple[Any, ...] | None:
    bits = chunk.buffers()[0] if chunk.null_count else None
    return None if bits is None else (np.frombuffer(bits, np.uint8), "bits", chunk.offset, len(chunk))
