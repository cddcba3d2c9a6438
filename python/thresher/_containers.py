"""Containers of many libraries taken apart into columns of rows, without copying and without importing the library.

A column is a 1-D NumPy array of any dtype, an Arrow chunked array, or (uint16 array, "bfloat16"). Shapes are judged
here; what the values may be is judged in `_arrays`.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from thresher._arrow import arrow_columns, is_arrow
from thresher._errors import Error

__all__ = ["columns_of"]

_CPU = 1  # DLPack's kDLCPU


def columns_of(value: Any, argument: str) -> list[Any]:
    """Return the columns of an array-like: one for (n,) and (n, 1), m for (n, m)."""
    if isinstance(value, np.ndarray):
        return _split(_plain(value, argument), argument)
    roots = {base.__module__.partition(".")[0] for base in type(value).__mro__}
    if "pandas" in roots:
        return _pandas_columns(value, argument)
    if is_arrow(value):
        columns = arrow_columns(value, argument)
        return _no_row(_polars_columns(value, argument, roots) if columns is None else columns, argument)
    if hasattr(value, "__dlpack__") and hasattr(value, "__dlpack_device__"):
        return _tensor_columns(value, argument)
    return _split(_converted(value, argument), argument)


def _split(array: np.ndarray[Any, Any], argument: str) -> list[Any]:
    """Judge the rank and return strided views of the columns."""
    if array.ndim == 1:
        return [array]
    shape = array.shape
    if array.ndim != 2:
        remedy = "one value per row is needed, shape (n,)"
    elif shape[1] == 0:
        remedy = "at least one column is needed"
    elif shape[0] == 1 and shape[1] > 1:
        remedy = "a single row; rows are samples, so pass its transpose `.T` or `.ravel()`"
    else:
        return [array[:, j] for j in range(shape[1])]
    raise Error(f"`{argument}` has shape {shape}: {remedy}")


def _no_row(columns: list[Any], argument: str) -> list[Any]:
    if not columns or (len(columns) > 1 and len(columns[0]) == 1):
        shape = (len(columns[0]) if columns else 0, len(columns))
        raise Error(f"`{argument}` has shape {shape}: rows are samples; pass one column, or a table of several rows")
    return columns


def _plain(array: np.ndarray[Any, Any], argument: str) -> np.ndarray[Any, Any]:
    """Return the array without its subclass; a masked value is refused."""
    # By its name: mentioning numpy.ma would import it, perhaps in a signal handler.
    if any(base.__name__ == "MaskedArray" for base in type(array).__mro__):
        masked = np.ma.getmaskarray(array)
        if masked.any():
            where = np.unravel_index(int(masked.argmax()), masked.shape)
            raise Error(f"`{argument}` must not be masked, but {argument}[{', '.join(map(str, where))}] is masked")
        array = np.ma.getdata(array)
    return np.asarray(array)


def _pandas_columns(value: Any, argument: str) -> list[Any]:
    if value.ndim == 2:
        columns = [column for j in range(value.shape[1]) for column in _pandas_columns(value.iloc[:, j], argument)]
        return _no_row(columns, argument)
    dtype = value.dtype
    if isinstance(dtype, np.dtype):
        return [np.asarray(value)]
    if hasattr(dtype, "pyarrow_dtype"):
        chunks = arrow_columns(value.array.__arrow_array__(), argument)
        if chunks is not None:
            return chunks
    missing = np.asarray(value.isna())
    if missing.any():
        index = int(missing.argmax())
        raise Error(f"`{argument}` must not be missing, but {argument}[{index}] is {value.iloc[index]}")
    numeric = getattr(dtype, "numpy_dtype", None)  # of the masked dtypes: Int64, Float32, boolean
    return [value.to_numpy(dtype=numeric) if isinstance(numeric, np.dtype) else np.asarray(value)]


def _polars_columns(value: Any, argument: str, roots: set[str]) -> list[Any]:
    """Read polars without pyarrow; any other Arrow object needs pyarrow."""
    if "polars" not in roots:
        raise TypeError(
            f"`{argument}` is a {type(value).__name__}, read through the Arrow C interface, which needs pyarrow: "
            "pip install pyarrow, or pass a NumPy array"
        )
    columns = []
    for series in value.get_columns() if hasattr(value, "get_columns") else [value]:
        if series.null_count():
            index = series.is_null().arg_max()
            raise Error(f"`{argument}` must not be null, but {argument}[{index}] is null")
        columns.append(series.to_numpy())
    return columns


def _tensor_columns(value: Any, argument: str) -> list[Any]:
    """Read a CPU tensor by DLPack; one that would need a synchronisation or lose its gradient is refused."""
    kind = type(value).__name__
    if getattr(value, "requires_grad", False):
        raise TypeError(f"`{argument}` is a {kind} that requires grad; pass `{argument}.detach()`")
    device = value.__dlpack_device__()
    if int(device[0]) != _CPU:
        where = getattr(value, "device", device)
        raise TypeError(
            f"`{argument}` is a {kind} on {where}; copy it to the CPU first: `{argument}.cpu()` (torch), "
            f"`jax.device_get({argument})`, `cupy.asnumpy({argument})`"
        )
    if str(getattr(value, "dtype", "")) == "torch.bfloat16":
        bits = np.from_dlpack(value.view(sys.modules["torch"].int16)).view(np.uint16)
        return [(column, "bfloat16") for column in _split(bits, argument)]
    try:
        array = np.from_dlpack(value)
    except (BufferError, RuntimeError, TypeError, ValueError):  # a dtype DLPack lacks, as bfloat16 of JAX
        array = np.asarray(value)
    return _split(array, argument)


def _converted(value: Any, argument: str) -> np.ndarray[Any, Any]:
    """Read lists, tuples, ranges, buffers and whatever has `__array__`."""
    try:
        array = np.asarray(value)
        if array.dtype.kind in "OSU" and isinstance(value, list | tuple):
            array = np.array(value, dtype=object)  # [0, "a"] as it was written, not ["0", "a"]
    except ValueError as error:
        raise Error(f"`{argument}` cannot be read as an array: {error}") from error
    if array.ndim == 0 and array.dtype.kind in "OSU":
        raise TypeError(
            f"`{argument}` is a {type(value).__name__}; an array, a list, a Series or a tensor with one value per row "
            "is accepted"
        )
    if array.dtype.kind == "f" and isinstance(value, list | tuple):
        _refuse_rounded_integers(value, array, argument)
    return _plain(array, argument)


def _refuse_rounded_integers(value: Any, array: np.ndarray[Any, Any], argument: str) -> None:
    """NumPy rounds integers beyond 2^53 that stand beside floats; such a list holds other numbers than it shows."""
    if not (np.abs(array) >= 2.0**53).any():
        return
    pairs = zip(np.array(value, dtype=object).ravel().tolist(), array.ravel().tolist(), strict=True)
    for index, (given, taken) in enumerate(pairs):
        if isinstance(given, int) and given != taken:
            raise Error(f"`{argument}` must be exact in float64, but {argument}[{index}] is {given}, which is not")
