"""The rows that an accumulator has counted, of whatever they are, and how it tells of them."""

from __future__ import annotations

from typing import Any

from thresher import _core
from thresher._html import Shown, number

__all__ = ["Rows"]


class Rows(Shown):
    """Rows and weights counted, memory held."""

    __slots__ = ()

    _state: _core.Accumulator | _core.PairedCounts

    @property
    def n_samples(self) -> int:
        """Rows counted; dropped rows and rows of weight 0 are not."""
        return self.n_positives + self.n_negatives

    @property
    def n_positives(self) -> int:
        """Positive rows counted."""
        return self._state.n_positives

    @property
    def n_negatives(self) -> int:
        """Negative rows counted."""
        return self._state.n_negatives

    @property
    def n_dropped(self) -> int:
        """Rows left out by `nan="drop"`."""
        return self._state.n_dropped

    @property
    def weight_positives(self) -> float:
        """Sum of the weights of positive rows; a row without a weight weighs 1."""
        return self._state.weight_positives

    @property
    def weight_negatives(self) -> float:
        """Sum of the weights of negative rows; a row without a weight weighs 1."""
        return self._state.weight_negatives

    @property
    def weighted(self) -> bool:
        """Whether any batch had weights: counts are float64 sums then."""
        return self._state.weighted

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self._state.nbytes

    def _rows_described(self) -> dict[str, str]:
        rows = f"{number(self.n_samples)} ({number(self.n_positives)} positive, {number(self.n_negatives)} negative)"
        if self.n_dropped:
            rows += f", {number(self.n_dropped)} dropped"
        if not self.weighted:
            return {"rows": rows}
        weight = f"{self.weight_positives:.6g} positive, {self.weight_negatives:.6g} negative"
        return {"rows": rows, "weight": weight}

    def _settings(self) -> dict[str, Any]:
        """Return settings that are not part of the bytes."""
        return {}
