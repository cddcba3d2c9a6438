"""Array-likes to the sources the core reads in blocks where they lie: the only coercion of thresher.

An exact 1-D `numpy.ndarray` of a real dtype passes as it is, whatever its stride, alignment, byte order or
writability: a training loop calls this with 64 rows. Everything else is taken apart by `_containers`.
"""

from __future__ import annotations

import operator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher._arrow import arrow_source
from thresher._containers import columns_of
from thresher._errors import Error

__all__ = [
    "ArrayLike",
    "column",
    "columns",
    "first_offender",
    "is_missing",
    "only",
    "source",
    "threshold_array",
    "whole",
]

ArrayLike: TypeAlias = Any  # NumPy's alias refuses Series, tensors and Arrow columns, which thresher reads

_REAL = "fbiu"


def column(value: ArrayLike, argument: str) -> Any:
    """Return the one column of `value` as a source of the core."""
    if _passes(value):
        return value
    return only(columns(value, argument), argument)


def columns(value: ArrayLike, argument: str) -> list[Any]:
    """Return every column of `value` as a source of the core."""
    if _passes(value):
        return [value]
    return [source(raw, argument) for raw in columns_of(value, argument)]


def _passes(value: ArrayLike) -> bool:
    return type(value) is np.ndarray and value.ndim == 1 and value.dtype.kind in _REAL


def only(sources: list[Any], argument: str) -> Any:
    """Return the single column, or say that there are several."""
    if len(sources) != 1:
        raise Error(
            f"`{argument}` has {len(sources)} columns; one is accepted here, shape (n,) or (n, 1): "
            f"pass one of them, as {argument}[:, 0]"
        )
    return sources[0]


def source(raw: Any, argument: str) -> Any:
    """Return a raw column as a source of the core, or name the first value that is no number."""
    if isinstance(raw, tuple):
        return raw
    if not isinstance(raw, np.ndarray):
        return arrow_source(raw, argument)
    if raw.dtype.kind in _REAL:
        return raw
    if raw.dtype.name == "bfloat16":
        return raw.view(np.uint16), "bfloat16"
    raise first_offender(raw, argument)


def first_offender(raw: NDArray[Any], argument: str) -> Exception:
    """Return the error for a column whose dtype is not real."""
    hint = "; pass `pos_label` to say which label is positive" if argument == "labels" else ""
    found = f"`{argument}` has dtype {raw.dtype}"
    for index, value in enumerate(raw.tolist() if raw.dtype.kind in "OSUT" else []):
        if is_missing(value):
            return Error(f"`{argument}` must not be missing, but {argument}[{index}] is {value}")
        if not isinstance(value, int | float | np.number | np.bool):
            found += f": {argument}[{index}] is {value!r}"
            break
    return TypeError(f"{found}; bool, integers and floats are accepted{hint}")


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT or pandas' NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating | np.datetime64 | np.timedelta64) and bool(value != value)


def threshold_array(thresholds: ArrayLike, argument: str) -> tuple[NDArray[np.float64], bool]:
    """Return thresholds as float64, exactly, and whether a scalar was given."""
    scalar = np.ndim(thresholds) == 0
    given = _values(only(columns(np.reshape(thresholds, 1) if scalar else thresholds, argument), argument))
    with np.errstate(all="ignore"):
        exact = given.astype(np.float64)
        wrong = (exact.astype(given.dtype) != given) & (given == given)
    if wrong.any():
        index = int(wrong.argmax())
        raise Error(f"`{argument}` must be exact in float64, but {argument}[{index}] is {given[index]}, which is not")
    return exact, scalar


def whole(argument: str, value: Any, least: int) -> int:
    """Return a Python int, at least `least`, for an integer of any library."""
    try:
        integer = operator.index(value)
    except TypeError:
        raise TypeError(f"`{argument}` must be an integer, but is {value!r}") from None
    if integer < least:
        raise Error(f"`{argument}` must be >= {least}, but is {integer}")
    return integer


def _values(piece: Any) -> NDArray[Any]:
    """Copy a source into one native array; thresholds are few."""
    if isinstance(piece, list):
        return np.concatenate([_values(chunk) for chunk in piece])
    if not isinstance(piece, tuple):
        return np.asarray(piece)
    if piece[1] == "bfloat16":
        widened: NDArray[np.uint32] = piece[0].astype(np.uint32) << 16
        return widened.view(np.float32)
    bits, _, offset, length = piece
    return np.unpackbits(bits, bitorder="little")[offset : offset + length]
