"""Keys of logs: one for each threshold of a metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["threshold_keys"]


def threshold_keys(
    name: str, thresholds: Sequence[float], *, key_format: str | Callable[[str, str], str] | None = None
) -> list[str]:
    """Return `<name>_<threshold>` for each threshold, with the fewest digits that tell them apart and `_` for the dot.

    Parameters
    ----------
    name : str
        The metric's name.
    thresholds : sequence of float
        Distinct numbers.
    key_format : str or callable, optional
        How a key is made of the name and the digits of a threshold (`"0.05"`): a format with `{name}` and
        `{threshold}`, or a function of both. By default `{name}_{threshold}` with every character but letters and
        digits in the threshold replaced: fit for file names of ModelCheckpoint and for MLflow.

    Raises
    ------
    ValueError
        If two keys are the same, as those of two equal thresholds.

    Examples
    --------
    >>> from thresher.keras import threshold_keys
    >>> threshold_keys("recall", [0.05, 0.5, 0.95])
    ['recall_0_05', 'recall_0_5', 'recall_0_95']
    >>> threshold_keys("recall", [0.05, 0.5], key_format="{name}@{threshold}")
    ['recall@0.05', 'recall@0.5']
    """
    digits = _digits([float(threshold) for threshold in thresholds])
    if callable(key_format):
        keys = [key_format(name, text) for text in digits]
    elif key_format is not None:
        keys = [key_format.format(name=name, threshold=text) for text in digits]
    else:
        keys = [f"{name}_{text.replace('-', 'minus').replace('.', '_').replace('+', '')}" for text in digits]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            first = thresholds[keys.index(key)]
            raise ValueError(f"thresholds {first} and {thresholds[index]} of {name!r} have the same key {key!r}")
    return keys


def _digits(thresholds: list[float]) -> list[str]:
    """Return the thresholds in as few significant digits as keep different ones apart, the same for all."""
    n_distinct = len(set(thresholds))
    texts: list[str] = []
    for precision in range(1, 18):
        texts = [np.format_float_positional(float(f"{t:.{precision}g}"), trim="-") for t in thresholds]
        if len(set(texts)) == n_distinct and all(
            _near(t, text, thresholds) for t, text in zip(thresholds, texts, strict=True)
        ):
            break
    return texts


def _near(threshold: float, text: str, thresholds: list[float]) -> bool:
    """Whether the text is a fair name: off by less than a hundredth of the way to any other threshold."""
    gaps = [abs(threshold - other) for other in thresholds if other != threshold] or [1.0]
    return abs(threshold - float(text)) <= 0.01 * min(gaps)
