"""Labels, `pos_label` and clusters: numbers are compared by the core, everything else by equality here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher._arrays import ArrayLike, columns, first_offender, is_missing, only, source
from thresher._arrow import arrow_equal, is_arrow_number
from thresher._containers import columns_of
from thresher._errors import Error

__all__ = ["cluster_numbers", "label_columns"]


def label_columns(labels: ArrayLike, pos_label: Any) -> tuple[list[Any], bool | int | float | None]:
    """Return the columns of the labels, and the number that means positive (None: they are 0 and 1 already)."""
    if pos_label is None:
        return columns(labels, "labels"), None
    number = _number(pos_label)
    raw_columns = columns_of(labels, "labels")
    if all(map(_is_numeric, raw_columns)):
        if number is None:
            raise _incomparable(pos_label, getattr(raw_columns[0], "dtype", "of numbers"))
        return [source(raw, "labels") for raw in raw_columns], number
    return [_equal(raw, pos_label) for raw in raw_columns], None


def _number(pos_label: Any) -> bool | int | float | None:
    """Return a number as Python's, or None for a label of another kind."""
    if isinstance(pos_label, bool | np.bool):
        return bool(pos_label)
    if isinstance(pos_label, int | np.integer):
        return int(pos_label)
    if not isinstance(pos_label, float | np.floating):
        return None
    if pos_label != pos_label:
        raise Error("`pos_label` must not be NaN: no label equals NaN")
    return float(pos_label)


def _is_numeric(raw: Any) -> bool:
    if isinstance(raw, tuple):
        return True
    if isinstance(raw, np.ndarray):
        return raw.dtype.kind in "fbiu" or raw.dtype.name == "bfloat16"
    return is_arrow_number(raw)


def _equal(raw: Any, pos_label: Any) -> Any:
    """Return the booleans `raw == pos_label`; a missing label is refused."""
    if _is_numeric(raw):
        return _equal(np.asarray(raw, dtype=object), pos_label)
    if not isinstance(raw, np.ndarray):
        return arrow_equal(raw, pos_label)
    if raw.dtype.kind in "OT":
        return _objects_equal(raw.tolist(), pos_label, raw.dtype)
    if raw.dtype.kind in "SU":
        if not isinstance(pos_label, str if raw.dtype.kind == "U" else bytes):
            raise _incomparable(pos_label, raw.dtype)
        return np.asarray(raw == pos_label)
    if raw.dtype.kind in "mM":
        return _times_equal(raw, pos_label)
    raise first_offender(raw, "labels")


def _objects_equal(labels: list[Any], pos_label: Any, dtype: object) -> NDArray[np.bool]:
    for index, label in enumerate(labels):
        if is_missing(label):
            raise Error(f"`labels` must not be missing, but labels[{index}] is {label}")
    equal = np.array([bool(label == pos_label) for label in labels], dtype=np.bool)
    texts = {isinstance(label, str) for label in labels}
    if texts == {not isinstance(pos_label, str)}:  # strings against a number, or the reverse: surely a slip
        raise _incomparable(pos_label, dtype)
    return equal


def _times_equal(raw: NDArray[Any], pos_label: Any) -> NDArray[np.bool]:
    missing = np.isnat(raw)
    if missing.any():
        raise Error(f"`labels` must not be missing, but labels[{int(missing.argmax())}] is NaT")
    try:
        return np.asarray(raw == np.asarray(pos_label, dtype=raw.dtype))
    except (TypeError, ValueError):
        raise _incomparable(pos_label, raw.dtype) from None


def _incomparable(pos_label: object, dtype: object) -> TypeError:
    return TypeError(f"`pos_label` is {pos_label!r}, which no label can equal: `labels` has dtype {dtype}")


def cluster_numbers(clusters: ArrayLike) -> NDArray[np.int64]:
    """Return clusters numbered from 0; equal values have one number, a missing one is refused."""
    raw = only(columns_of(clusters, "clusters"), "clusters")
    if isinstance(raw, np.ndarray) and raw.dtype.kind in "biuSU":
        return np.unique(raw, return_inverse=True)[1].reshape(-1).astype(np.int64)
    values = raw.tolist() if isinstance(raw, np.ndarray) else raw.to_pylist() if hasattr(raw, "to_pylist") else None
    if values is None:
        raise TypeError(
            f"`clusters` is a {type(clusters).__name__}; hashable values, as integers or strings, are accepted"
        )
    numbers: dict[Any, int] = {}
    found = np.empty(len(values), np.int64)
    for index, value in enumerate(values):
        if is_missing(value):
            raise Error(f"`clusters` must not be missing, but clusters[{index}] is {value}")
        try:
            found[index] = numbers.setdefault(value, len(numbers))
        except TypeError:
            raise TypeError(f"`clusters` must be hashable, but clusters[{index}] is {value!r}") from None
    return found
