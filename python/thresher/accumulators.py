"""The three accumulators: counts at given thresholds, at fixed fine intervals, and at every distinct score."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from thresher import _core
from thresher._accumulator import Counts
from thresher._arrays import ArrayLike, threshold_array, whole
from thresher._errors import Error, one_of
from thresher.confusion import COMPARISONS, ConfusionCounts

__all__ = ["CompactCounts", "ExactCounts", "ThresholdCounts", "confusion_of"]

_DTYPES = ("float16", "bfloat16", "float32", "float64")


class ThresholdCounts(Counts):
    """Counts at given thresholds, in fixed memory.

    Parameters
    ----------
    thresholds : int or array-like of shape (k,)
        Where the scores are cut: any order, duplicates and ±inf accepted, NaN refused; results keep the order. An int
        k >= 1 means `numpy.linspace(0, 1, k)`.
    comparison : {">=", ">"}, default ">="
        A row is flagged positive iff `score >= threshold`, or `score > threshold`.
    dtype : {"float16", "bfloat16", "float32", "float64"}, optional
        What the thresholds are rounded to before real numbers are compared; by default the dtype of the first
        non-empty batch (float64 for integers), so that a float32 0.7 reaches the threshold 0.7.
    sums : bool, default False
        Also keep, per gap and label, `Σ w²`, `Σ w s`, `Σ w s²` and `Σ −w ln q` over rows of weight w (1 without one)
        and score s, where q, the probability given to the true label, is s for positives and 1 - s for negatives:
        what calibration, log loss and the variance of sampling weights need. 64 bytes a gap, and
        updates take several times as long: a logarithm a row.
        Merges with others made so alone.

    Raises
    ------
    Error
        For no threshold, a NaN, or an unknown option.

    See Also
    --------
    thresholds_from : thresholds placed by a sample, for the tightest bounds.

    Examples
    --------
    >>> import numpy as np, thresher as th
    >>> counts = th.ThresholdCounts([0.7, 0.2])
    >>> counts.update([1, 0, 1], np.array([0.7, 0.3, 0.1], dtype=np.float32))
    >>> counts.confusion().true_positives.tolist(), counts.dtype
    ([1, 1], 'float32')
    """

    __slots__ = ()

    _kind: ClassVar[str] = "thresholds"

    def __init__(self, thresholds: ArrayLike, *, comparison: str = ">=", dtype: Any = None, sums: bool = False) -> None:
        one_of("comparison", comparison, COMPARISONS)
        self._state = _core.Accumulator.thresholds_counts(_cuts(thresholds), comparison, _edge_dtype(dtype), sums)
        self.metadata = None

    @property
    def comparison(self) -> str:
        """How a score is compared with a threshold: ">=" or ">"."""
        return self._state.comparison

    @property
    def dtype(self) -> str | None:
        """What the thresholds are rounded to; None until it is given or a batch has fixed it."""
        return self._state.dtype

    def confusion(self) -> ConfusionCounts:
        """Return the counts at `thresholds`, in their order.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ThresholdCounts(3)
        >>> counts.update([0, 1], [0.2, 0.9])
        >>> counts.confusion().false_positives.tolist()
        [1, 0, 0]
        """
        return confusion_of(self._state, None, self.comparison)

    def _described(self) -> list[str]:
        values = self.thresholds
        low, high = float(values.min()), float(values.max())
        held = f"{len(values):,} thresholds in [{low:g}, {high:g}]" if len(values) > 1 else f"[{low!r}]"
        return [held, f"comparison={self.comparison!r}", f"dtype={self.dtype!r}", *self._sums_described()]


class CompactCounts(Counts):
    """Counts at fixed published intervals, at most 4 MiB (8 with both weighted and unweighted rows), any score scale.

    Intervals are finest towards 0 and 1; all 16-bit scores are told apart, so that they are counted exactly. Bounds of
    the areas tell what the intervals cost elsewhere.

    Parameters
    ----------
    sums : bool, default False
        Also keep, per interval and label, `Σ w²`, `Σ w s`, `Σ w s²` and `Σ −w ln q` over rows of weight w (1 without)
        and score s, where q, the probability given to the true label, is s for positives and 1 - s for negatives:
        what calibration, log loss and the variance of sampling weights need. At most 16 MiB, and
        updates take several times as long: a logarithm a row.
        Merges with others made so alone.

    Examples
    --------
    >>> import numpy as np, thresher as th
    >>> counts = th.CompactCounts()
    >>> counts.update([0, 0, 1, 1], np.array([0.1, 0.4, 0.35, 0.8], dtype=np.float16))
    >>> counts.roc_auc(), counts.exact
    (0.75, True)
    """

    __slots__ = ()

    _kind: ClassVar[str] = "compact"

    def __init__(self, *, sums: bool = False) -> None:
        self._state = _core.Accumulator.compact_counts(sums)
        self.metadata = None

    def confusion(self, at: ArrayLike, *, nearest: bool = False) -> ConfusionCounts:
        """Return the counts at thresholds that are interval edges (any, while `exact`), `score >= threshold`.

        Parameters
        ----------
        at : float or array-like of shape (k,)
            Interval edges (`thresholds`), in any order; compared as they are, never rounded to the scores' dtype.
        nearest : bool, default False
            Take the nearest edges instead of refusing other values; the result's `thresholds` say which.

        Raises
        ------
        Error
            For a value that is no edge, naming the nearest ones.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.CompactCounts()
        >>> counts.update([0, 1], [0.2, 0.9])
        >>> counts.confusion(0.5).true_positives
        1
        """
        return confusion_of(self._state, at, ">=", nearest)


class ExactCounts(Counts):
    """Counts at every distinct score: exact areas and curves, memory by distinct scores.

    Parameters
    ----------
    max_bytes : int, optional
        Refuse a batch or a merge that would take more memory than this, with a MemoryError that names the remedy.
    sums : bool, default False
        Also keep, per score and label, `Σ w²`, `Σ w s`, `Σ w s²` and `Σ −w ln q` over rows of weight w (1 without one)
        and score s, where q, the probability given to the true label, is s for positives and 1 - s for negatives:
        what calibration, log loss and the variance of sampling weights need. 16 bytes a distinct score of
        weighted rows, for `Σ w²`; the others are worked out from each score and its weight when they are read.
        Merges with others made so alone.

    Examples
    --------
    >>> import thresher as th
    >>> parts = [th.ExactCounts() for _ in range(2)]
    >>> parts[0].update([0, 1], [0.1, 0.8])
    >>> parts[1].update([0, 1], [0.4, 0.35])
    >>> sum(parts).roc_auc()
    0.75
    """

    __slots__ = ()

    _kind: ClassVar[str] = "exact"

    def __init__(self, *, max_bytes: int | None = None, sums: bool = False) -> None:
        limit = None if max_bytes is None else whole("max_bytes", max_bytes, least=0)
        self._state = _core.Accumulator.exact_counts(limit, sums)
        self.metadata = None

    @property
    def max_bytes(self) -> int | None:
        """The limit on memory, in bytes; None: no limit."""
        return self._state.max_bytes

    def confusion(self, at: ArrayLike | None = None, comparison: str = ">=") -> ConfusionCounts:
        """Return the counts at every distinct score, ascending, or at given thresholds.

        Parameters
        ----------
        at : float or array-like of shape (k,), optional
            Any thresholds; rounded to float32 first when every score held is exact in float32.
        comparison : {">=", ">"}, default ">="
            A row is flagged positive iff `score >= threshold`, or `score > threshold`.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 1, 1], [0.25, 0.25, 0.75])
        >>> counts.confusion(0.5).false_negatives, counts.confusion().thresholds.tolist()
        (1, [0.25, 0.75])
        """
        one_of("comparison", comparison, COMPARISONS)
        return confusion_of(self._state, at, comparison)

    def _settings(self) -> dict[str, Any]:
        return {} if self.max_bytes is None else {"max_bytes": self.max_bytes}

    def _restore(self, settings: dict[str, Any]) -> None:
        limited = _core.Accumulator.exact_counts(settings.get("max_bytes"), self.sums)
        limited.merge(self._state)
        self._state = limited


def confusion_of(state: _core.Accumulator, at: Any, comparison: str, nearest: bool = False) -> ConfusionCounts:
    """Return the counts of a state at thresholds; scalar counts for a scalar one."""
    values, scalar = (None, False) if at is None else threshold_array(at, "at")
    return ConfusionCounts.of(state.confusion(values, comparison, nearest), comparison, scalar)


def _cuts(thresholds: Any) -> Any:
    """Return a list of thresholds as float64, or how many even ones."""
    if np.ndim(thresholds):
        return threshold_array(thresholds, "thresholds")[0]
    if isinstance(thresholds, bool | np.bool | float | np.floating):
        raise TypeError(f"`thresholds` is {thresholds!r}; pass a list for a single threshold, an int for even ones")
    return whole("thresholds", thresholds, least=1)


def _edge_dtype(dtype: Any) -> str | None:
    if dtype is None:
        return None
    try:
        name = str(dtype) if str(dtype) in _DTYPES else np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    if name not in _DTYPES:
        raise Error(f"`dtype` must be one of {', '.join(_DTYPES)}, but is {dtype!r}")
    return name
