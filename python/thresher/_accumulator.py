"""What the three accumulators share: updating, merging, bytes and files. Each wraps one compiled state."""

from __future__ import annotations

import copy
import os
from typing import Any, ClassVar, Self

from thresher import _core, _envelope
from thresher._arrays import ArrayLike, column, only
from thresher._band_queries import BandQueries
from thresher._calibration_queries import CalibrationQueries
from thresher._decision_queries import DecisionQueries
from thresher._errors import InvalidStateError, one_of
from thresher._interval_queries import IntervalQueries
from thresher._labels import label_columns
from thresher._queries import Queries
from thresher._ranking_queries import RankingQueries

__all__ = ["NAN_POLICIES", "Counts"]

NAN_POLICIES = ("raise", "drop")

_CLASSES = {"thresholds": "ThresholdCounts", "compact": "CompactCounts", "exact": "ExactCounts"}


class Counts(BandQueries, CalibrationQueries, DecisionQueries, IntervalQueries, RankingQueries, Queries):
    """Counts of positives and negatives by score: updated batch by batch, merged, queried at any time."""

    __slots__ = ("__weakref__", "_state", "metadata")
    __hash__ = None  # type: ignore[assignment]  # it changes

    _kind: ClassVar[str]
    metadata: dict[str, Any] | None

    def update(
        self,
        labels: ArrayLike,
        scores: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        pos_label: Any = None,
        nan: str = "raise",
        n_threads: int | None = None,
    ) -> None:
        """Count a batch of rows; after any error or interrupt nothing has changed.

        Parameters
        ----------
        labels : array-like of shape (n,) or (n, 1)
            0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
        scores : array-like of shape (n,) or (n, 1)
            Real numbers of any dtype and scale, infinities included; 64-bit integers and longdouble when exact in
            float64.
        weights : array-like of shape (n,) or (n, 1), optional
            Finite and >= 0; a row of weight 0 is validated and left out.
        pos_label : optional
            A row is positive iff its label equals this; any other label but NaN and None is negative.
        nan : {"raise", "drop"}, default "raise"
            Rows whose score is NaN are an error, or left out and counted in `n_dropped`.
        n_threads : int, optional
            Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

        Raises
        ------
        Error
            For a value, a shape or a length that is not accepted; it names the first index.
        TypeError
            For a dtype that is not real, or an object that is no array.
        MemoryError, OverflowError
            When memory is refused, or counts would pass 2^63 - 1.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.ExactCounts()
        >>> counts.update([0, 1, 1], [0.2, 0.9, 0.1])
        >>> counts.n_samples, counts.n_positives
        (3, 2)
        """
        positive = None
        if pos_label is None:
            labels = column(labels, "labels")
        else:
            sources, positive = label_columns(labels, pos_label)
            labels = only(sources, "labels")
        if nan != "raise":
            one_of("nan", nan, NAN_POLICIES)
        weights = None if weights is None else column(weights, "weights")
        self._state.update(labels, column(scores, "scores"), weights, positive, nan == "drop", n_threads)

    def merge(self, other: Self) -> None:
        """Add the counts of another accumulator of the same class; `other` is unchanged.

        Parameters
        ----------
        other : same class
            `a.merge(a)` doubles.

        Raises
        ------
        ThresholdMismatchError
            For ThresholdCounts whose thresholds (order and duplicates included), comparison or dtype differ.
        Error
            When one was made with `sums=True` and the other was not.
        TypeError
            For another class.

        Notes
        -----
        Any split of the data, merged in any order, gives the bits of one update with all of it; sums of weights that
        are not exact agree within `n · 2^-53` relative.
        """
        if not isinstance(other, Counts):
            raise TypeError(f"`other` must be a {type(self).__name__}, but is a {type(other).__name__}")
        self._state.merge(other._state)

    def reset(self) -> None:
        """Forget every row; settings stay, and a `dtype` that the first batch fixed is free again."""
        self._state.reset()

    def copy(self) -> Self:
        """Return an independent accumulator with the same counts."""
        twin = self._of(self._state.copy())
        twin.metadata = copy.copy(self.metadata)
        return twin

    def __add__(self, other: Self) -> Self:
        if not isinstance(other, Counts):
            return NotImplemented
        total = self._of(self._state.copy())
        total.merge(other)
        return total

    def __radd__(self, other: int) -> Self:
        return self.copy() if other == 0 and isinstance(other, int) else NotImplemented  # the start of sum(parts)

    def __iadd__(self, other: Self) -> Self:
        if not isinstance(other, Counts):
            return NotImplemented
        self.merge(other)
        return self

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self._state == other._state)

    def to_bytes(self) -> bytes:
        """Return the state as bytes: versioned, checksummed, equal for equal states."""
        return self._state.to_bytes()

    @classmethod
    def from_bytes(cls, data: Any) -> Self:
        """Return the accumulator whose `to_bytes()` this is.

        Parameters
        ----------
        data : bytes-like

        Raises
        ------
        InvalidStateError
            For bytes that are damaged, cut short, of a newer version or of another class.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.CompactCounts()
        >>> th.CompactCounts.from_bytes(counts.to_bytes()) == counts
        True
        """
        state = _core.Accumulator.from_bytes(data)
        if state.kind != cls._kind:
            raise InvalidStateError(f"the bytes hold {_CLASSES[state.kind]}, but {cls.__name__} was to read them")
        return cls._of(state)

    def save(self, path: str | os.PathLike[str], metadata: dict[str, Any] | None = None) -> None:
        """Write a file that `thresher.load` reads; killed at any moment, the old or the new file is there.

        Parameters
        ----------
        path : str or path-like
            Replaced as a whole if it exists.
        metadata : dict, optional
            JSON values to keep with the counts, as the model's name.

        Raises
        ------
        OSError
            When the file cannot be written; the old one is untouched.
        TypeError
            When `metadata` is no JSON.
        """
        _envelope.write(path, self._kind, self._settings(), metadata, self.to_bytes())

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = self.copy()
        twin.metadata = copy.deepcopy(self.metadata, memo)
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        extras = (self._settings(), self.metadata)
        return type(self).from_bytes, (self.to_bytes(),), extras if any(extras) else None

    def __setstate__(self, extras: tuple[dict[str, Any], dict[str, Any] | None]) -> None:
        settings, self.metadata = extras
        self._restore(settings)

    @classmethod
    def _of(cls, state: _core.Accumulator) -> Self:
        """Wrap a compiled state."""
        self = cls.__new__(cls)
        self._state, self.metadata = state, None
        return self

    def _settings(self) -> dict[str, Any]:
        """Return settings that are not part of the bytes."""
        return {}

    def _restore(self, settings: dict[str, Any]) -> None:
        """Apply what `_settings` returned."""
