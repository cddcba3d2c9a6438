"""What is plain enough for us: arrays of numbers and labels as scikit-learn would read them, or `Declined`.

Nothing here copies a NumPy array or looks at its values unless it must: the core judges them as it reads them, and what
it refuses goes to scikit-learn like anything declined here.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher.sklearn._answers import Declined
from thresher.sklearn._originals import setting

__all__ = [
    "Classes",
    "Number",
    "all_finite",
    "array",
    "classes_of",
    "flag",
    "labels",
    "number",
    "of_columns",
    "scores",
    "two_values",
    "vector",
    "weights",
    "whole",
]

Number: TypeAlias = bool | int | float

_NUMBERS = "fiub"


def array(value: Any, name: str) -> NDArray[Any]:
    """Return what scikit-learn's `check_array` would read, without copying: numbers, or labels of text."""
    if type(value) is np.ndarray:
        return value
    if isinstance(value, list | tuple | range):
        return np.asarray(value)
    if isinstance(value, np.matrix) or not hasattr(value, "__array__") or hasattr(value, "sparse"):
        raise Declined(f"`{name}` is a {type(value).__name__}")
    if not isinstance(value, np.ndarray):
        dtype = getattr(value, "dtype", None)
        if setting("array_api_dispatch"):
            raise Declined(f"`{name}` is a {type(value).__name__}, which the array API may serve")
        if hasattr(value, "iloc") and not isinstance(dtype, np.dtype) and getattr(dtype, "kind", None) != "O":
            raise Declined(f"`{name}` is of pandas' dtype {dtype}")
    return np.asarray(value)


def vector(value: Any, name: str) -> NDArray[Any]:
    """Return a column of numbers of shape (n,), n >= 1; (n, 1) is one too."""
    found = value if type(value) is np.ndarray else array(value, name)
    if found.dtype.kind not in _NUMBERS:
        raise Declined(f"`{name}` has dtype {found.dtype}")
    return _one_column(found, name)


def _one_column(found: NDArray[Any], name: str) -> NDArray[Any]:
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1 or not len(found):
        raise Declined(f"`{name}` has shape {found.shape}")
    return found


def scores(value: Any, weight: NDArray[Any] | None) -> NDArray[Any]:
    """Return a column of numbers, which the core must refuse if one is not finite: it does not see rows of weight 0."""
    found = vector(value, "y_score")
    if weight is not None and not all_finite(found):
        raise Declined("`y_score` is not finite")
    return found


def all_finite(values: NDArray[Any]) -> bool:
    """Whether no value is NaN or infinite."""
    return values.dtype.kind != "f" or bool(np.isfinite(values).all())


def weights(value: Any) -> NDArray[Any] | None:
    """Return a column of weights; the core refuses those that are negative or not finite."""
    return None if value is None else vector(value, "sample_weight")


def labels(value: Any, name: str = "y_true") -> NDArray[Any]:
    """Return a column of labels: numbers, or text as NumPy or Python holds it."""
    found = value if type(value) is np.ndarray else array(value, name)
    if found.dtype.kind not in _NUMBERS and found.dtype.kind not in "UO":
        raise Declined(f"`{name}` has dtype {found.dtype}")
    return _one_column(found, name)


class Classes(NamedTuple):
    """The distinct labels in order, and of every row where its label stands among them."""

    classes: NDArray[Any]
    codes: NDArray[Any]


def classes_of(found: NDArray[Any], known: NDArray[Any] | None = None) -> Classes:
    """Return classes and codes of a column of labels; `known` classes, in order, must hold every label."""
    if found.dtype.kind == "O":
        return _classes_of_objects(found.tolist(), found.dtype, known)
    if found.dtype.kind in _NUMBERS:
        integers = whole(found)
        low, high = int(integers.min()), int(integers.max())
        if high - low < 256:
            present, close = _close_codes(integers, low, high)
            return _among((present + low).astype(found.dtype), close, known)
    classes, codes = np.unique(found, return_inverse=True)
    return _among(classes, codes.reshape(-1), known)


def whole(found: NDArray[Any]) -> NDArray[Any]:
    """Return a column of numbers as integers, or decline: other floats are no classes."""
    if found.dtype.kind != "f":
        return found
    low, high = float(found.min()), float(found.max())
    if not (-(2.0**53) <= low <= high <= 2.0**53):
        raise Declined("labels are continuous")
    integers = found.astype(np.int64)
    if not (integers == found).all():
        raise Declined("labels are continuous")
    return integers


def _close_codes(found: NDArray[Any], low: int, high: int) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Return which of the integers `low` to `high` occur, counted from `low`, and codes among them, without sorting."""
    codes = found.view(np.uint8) if found.dtype.kind == "b" else found
    if low or codes.dtype != np.uint8:
        codes = (codes - codes.dtype.type(low)).astype(np.uint8)  # modulo 256, where a small dtype wraps
    present = np.flatnonzero(np.bincount(codes, minlength=high - low + 1))
    if len(present) < high - low + 1:
        places = np.zeros(high - low + 1, np.uint8)
        places[present] = np.arange(len(present), dtype=np.uint8)
        codes = places[codes]
    return present, codes


def _classes_of_objects(found: list[Any], dtype: Any, known: NDArray[Any] | None) -> Classes:
    distinct = set(found)
    if not all(isinstance(label, str) for label in distinct):
        raise Declined(f"labels of dtype {dtype} are not all text")
    ordered = sorted(distinct)
    places = {label: place for place, label in enumerate(ordered)}
    codes = np.fromiter(map(places.__getitem__, found), np.intp, len(found))
    return _among(np.array(ordered, dtype=dtype), codes, known)


def _among(classes: NDArray[Any], codes: NDArray[Any], known: NDArray[Any] | None) -> Classes:
    if known is None:
        return Classes(classes, codes)
    if (known.dtype.kind in _NUMBERS) != (classes.dtype.kind in _NUMBERS) or len(known) == 0:
        raise Declined("`labels` are of another kind than the labels")
    places = np.searchsorted(known, classes)
    if (places == len(known)).any() or (known[places] != classes).any():
        raise Declined("a label is not among `labels`")
    return Classes(known, places[codes])


def two_values(found: NDArray[Any]) -> tuple[Number, Number] | None:
    """Return the two values of a column of whole numbers (twice the same if it has one), or None if it has more."""
    low, high = found.min(), found.max()
    if found.dtype.kind == "f" and not (float(low).is_integer() and float(high).is_integer()):
        raise Declined("labels are continuous")
    if found.dtype.kind != "b" and low != high and not ((found == low) | (found == high)).all():
        return None
    return low.item(), high.item()


def number(value: Any) -> Number | None:
    """Return a number as Python's, or None for anything else; NaN is not one that a label equals."""
    if isinstance(value, np.bool | np.integer | np.floating):
        value = value.item()
    return value if isinstance(value, bool | int | float) and value == value else None


def flag(name: str, value: Any) -> bool:
    """Return a switch; only booleans are."""
    if value is not True and value is not False and not isinstance(value, np.bool):
        raise Declined(f"`{name}` is {value!r}")
    return bool(value)


def of_columns(value: Any, name: str) -> NDArray[Any]:
    """Return a table of numbers of shape (n, m), n >= 1, m >= 2."""
    found = array(value, name)
    if found.ndim != 2 or found.dtype.kind not in _NUMBERS or found.shape[0] == 0 or found.shape[1] < 2:
        raise Declined(f"`{name}` has dtype {found.dtype} and shape {found.shape}")
    return found
