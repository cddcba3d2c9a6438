"""Names in logs of values at thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thresher import Error

__all__ = ["threshold_keys"]

_FEWEST_DIGITS, _MOST_DIGITS = 4, 17  # 17 significant digits tell any two float64 apart
_PLAIN = 1e-6  # smaller ones are written with an exponent


def threshold_keys(name: str, thresholds: Sequence[float], key_format: str | None = None) -> list[str]:
    """Return a key for each threshold: `<name>_<threshold>`, with `_` for the dot.

    Parameters
    ----------
    name : str
        What stands before the threshold, as "recall".
    thresholds : sequence of float
        In any order; equal ones get equal keys.
    key_format : str, optional
        A format of `{name}` and `{threshold}` (a float) instead, as "{name}@{threshold:.2f}".

    Returns
    -------
    list of str
        Thresholds are rounded to four significant digits, trailing zeros left out, and to as many more as it takes to
        tell the given ones apart, and from 0 and 1.

    Raises
    ------
    Error
        When `key_format` has another field, or gives one key to two thresholds.

    Examples
    --------
    >>> from thresher.keras._keys import threshold_keys
    >>> threshold_keys("recall", [0.05, 0.15000000000000002, 1 / 3])
    ['recall_0_05', 'recall_0_15', 'recall_0_3333']
    >>> threshold_keys("recall", [0.05, 0.5], "{name}@{threshold:.2f}")
    ['recall@0.05', 'recall@0.50']
    """
    values = [float(threshold) for threshold in thresholds]
    if key_format is not None:
        return _formatted(name, values, key_format)
    landmarks = {0.0, 1.0, *values}
    for digits in range(_FEWEST_DIGITS, _MOST_DIGITS + 1):
        if len({float(f"{value:.{digits}g}") for value in landmarks}) == len(landmarks):
            break
    return [f"{name}_{_written(float(f'{value:.{digits}g}')).replace('.', '_')}" for value in values]


def _written(value: float) -> str:
    if not np.isfinite(value) or 0 < abs(value) < _PLAIN:
        return f"{value:g}"
    return np.format_float_positional(value, trim="-")


def _formatted(name: str, values: list[float], key_format: str) -> list[str]:
    try:
        keys = [key_format.format(name=name, threshold=value) for value in values]
    except (KeyError, IndexError, ValueError) as error:
        raise Error(f"`key_format` may hold {{name}} and {{threshold}}, but {key_format!r} fails: {error!r}") from error
    owners: dict[str, float] = {}
    for key, value in zip(keys, values, strict=True):
        if owners.setdefault(key, value) != value:
            raise Error(f"`key_format` {key_format!r} gives {key!r} to both {owners[key]!r} and {value!r}")
    return keys
