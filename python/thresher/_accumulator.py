"""What the accumulators of one model share: updating, and everything that is read off them."""

from __future__ import annotations

from typing import Any

from thresher import _core
from thresher._arrays import ArrayLike, column
from thresher._band_queries import BandQueries
from thresher._calibration_queries import CalibrationQueries
from thresher._decision_queries import DecisionQueries
from thresher._errors import InvalidStateError
from thresher._interval_queries import IntervalQueries
from thresher._mergeable import Mergeable, shared_columns
from thresher._queries import Queries
from thresher._ranking_queries import RankingQueries

__all__ = ["Counts"]

_CLASSES = {"thresholds": "ThresholdCounts", "compact": "CompactCounts", "exact": "ExactCounts"}


class Counts(Mergeable, BandQueries, CalibrationQueries, DecisionQueries, IntervalQueries, RankingQueries, Queries):
    """Counts of positives and negatives by score: updated batch by batch, merged, queried at any time."""

    __slots__ = ()

    _state: _core.Accumulator

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
        labels, weights, positive, drop = shared_columns(labels, weights, pos_label, nan)
        self._state.update(labels, column(scores, "scores"), weights, positive, drop, n_threads)

    @classmethod
    def _read(cls, data: Any) -> _core.Accumulator:
        state = _core.Accumulator.from_bytes(data)
        if state.kind != cls._kind:
            raise InvalidStateError(f"the bytes hold {_CLASSES[state.kind]}, but {cls.__name__} was to read them")
        return state
