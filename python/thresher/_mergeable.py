"""What all accumulators share, those of one model and of two: merging, copies, bytes and files."""

from __future__ import annotations

import copy
import os
from typing import Any, ClassVar, Self

from thresher import _envelope
from thresher._arrays import ArrayLike, column, only
from thresher._errors import one_of
from thresher._labels import label_columns
from thresher._rows import Rows

__all__ = ["Mergeable", "shared_columns"]

_NAN_POLICIES = ("raise", "drop")


class Mergeable(Rows):
    """A compiled state that others of its class are merged into."""

    __slots__ = ("__weakref__", "_state", "metadata")
    __hash__ = None  # type: ignore[assignment]  # it changes

    _kind: ClassVar[str]
    _state: Any
    metadata: dict[str, Any] | None

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
            When one was made with `sums=True` and the other was not, or with another `max_cells`.
        TypeError
            For another class.

        Notes
        -----
        Any split of the data, merged in any order, gives the bits of one update with all of it; sums of weights that
        are not exact agree within `n · 2^-53` relative.
        """
        if not self._is_like(other):
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
        if not self._is_like(other):
            return NotImplemented
        total = self._of(self._state.copy())
        total.merge(other)
        return total

    def __radd__(self, other: int) -> Self:
        return self.copy() if other == 0 and isinstance(other, int) else NotImplemented  # the start of sum(parts)

    def __iadd__(self, other: Self) -> Self:
        if not self._is_like(other):
            return NotImplemented
        self.merge(other)
        return self

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return bool(self._state == other._state)

    def to_bytes(self) -> bytes:
        """Return the state as bytes: versioned, checksummed, equal for equal states."""
        return bytes(self._state.to_bytes())

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
        return cls._of(cls._read(data))

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
    def _read(cls, data: Any) -> Any:
        """Return the compiled state that bytes hold, or refuse those of another class."""
        raise NotImplementedError

    def _is_like(self, other: object) -> bool:
        """Whether another accumulator counts as many models."""
        return isinstance(other, Mergeable) and type(other._state) is type(self._state)

    @classmethod
    def _of(cls, state: Any) -> Self:
        """Wrap a compiled state."""
        self = cls.__new__(cls)
        self._state, self.metadata = state, None
        return self

    def _restore(self, settings: dict[str, Any]) -> None:
        """Apply what `_settings` returned."""


def shared_columns(
    labels: ArrayLike, weights: ArrayLike | None, pos_label: Any, nan: str
) -> tuple[Any, Any, Any, bool]:
    """Return what a batch has beside its scores: labels, weights, the number that means positive, whether NaN goes."""
    positive = None
    if pos_label is None:
        labels = column(labels, "labels")
    else:
        sources, positive = label_columns(labels, pos_label)
        labels = only(sources, "labels")
    if nan != "raise":
        one_of("nan", nan, _NAN_POLICIES)
    return labels, None if weights is None else column(weights, "weights"), positive, nan == "drop"
