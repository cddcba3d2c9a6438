"""What EpochCurves tells of an epoch, and to whom: one interface for trackers, and any function in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from thresher import ConfusionCounts, Error, ExactCounts, ThresholdCounts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Logger", "as_logger", "counts_at", "curve_columns", "even_counts", "scalars_of"]

_POINTS = 201  # of a curve in a tracker: as many as TensorBoard's


class Logger:
    """Where `EpochCurves` sends numbers, pictures and curves; the base class of all trackers here.

    A logger of your own overrides `scalars`, and of the others those that its tracker can show: by default they do
    nothing. `with` closes it.

    Notes
    -----
    `step` is the epoch counted from 0, as in Keras's own callbacks.

    Examples
    --------
    >>> from thresher.keras import Logger
    >>> class Printer(Logger):
    ...     def scalars(self, step, values):
    ...         print(step, dict(values))
    >>> with Printer() as logger:
    ...     logger.scalars(0, {"val_auc": 0.75})
    0 {'val_auc': 0.75}
    """

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Log numbers by name."""
        raise NotImplementedError(f"{type(self).__name__} must say what `scalars` does")

    def image(self, step: int, name: str, picture: Figure | NDArray[np.uint8]) -> None:
        """Log a picture: a Matplotlib figure, or uint8 pixels of shape (height, width, channels)."""

    def curve(self, step: int, name: str, counts: Any) -> None:
        """Log what an accumulator counted, for trackers that draw curves themselves.

        The loggers of this package count `score > threshold`, whatever the `comparison` of `ValidationMetrics`, unless
        the accumulator itself counted otherwise.
        """

    def close(self) -> None:
        """Write what is pending and let go of the tracker."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Function(Logger):
    """A function of step and numbers, as a logger."""

    def __init__(self, function: Callable[[int, dict[str, float]], object]) -> None:
        self._function = function

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        self._function(step, dict(values))


def as_logger(logger: Any) -> Logger:
    """Return a logger as it is, a function wrapped as one."""
    if callable(getattr(logger, "scalars", None)):
        return logger  # type: ignore[no-any-return]
    if callable(logger):
        return _Function(logger)
    raise Error(f"`loggers` must hold loggers, or functions of step and numbers, but holds {logger!r}")


def counts_at(counts: Any, thresholds: NDArray[np.float64] | float, comparison: str = ">") -> ConfusionCounts:
    """Return what an accumulator counted at thresholds; ExactCounts compare as asked, by default as Keras does.

    ThresholdCounts and CompactCounts compare as they counted; the latter answers at its nearest edges. The result says
    so in either case.

    Raises
    ------
    Error
        For a threshold that ThresholdCounts does not hold.
    """
    if isinstance(counts, ThresholdCounts):
        wanted = np.atleast_1d(np.asarray(thresholds, float))
        held = counts.thresholds
        order = np.argsort(held, kind="stable")
        at = order[np.minimum(np.searchsorted(held, wanted, sorter=order), len(held) - 1)]
        missing = wanted[held[at] != wanted]
        if len(missing):
            raise Error(
                f"counts at threshold {missing[0]:g} are asked for, but ThresholdCounts holds others: {counts!r}"
            )
        found = counts.confusion()[at]
        return found if np.ndim(thresholds) else found[0]
    if isinstance(counts, ExactCounts):
        return counts.confusion(thresholds, comparison)
    return counts.confusion(thresholds, nearest=True)  # type: ignore[no-any-return]


def even_counts(counts: Any, count: int) -> ConfusionCounts:
    """Return what an accumulator counted at so many even thresholds in [0, 1]."""
    return counts_at(counts, np.linspace(0.0, 1.0, count))


def curve_columns(counts: Any) -> dict[str, list[float]]:
    """Return what a tracker keeps of a curve: thresholds and the four counts, as lists."""
    held = counts.confusion() if isinstance(counts, ThresholdCounts) else even_counts(counts, _POINTS)
    names = ("thresholds", "true_positives", "false_positives", "false_negatives", "true_negatives")
    return {name: getattr(held, name).tolist() for name in names}


def scalars_of(values: Mapping[str, Any]) -> dict[str, float]:
    """Return numbers by name; an array gives one a position, `name_0` and so on, and what is no number is left out."""
    numbers: dict[str, float] = {}
    for name, value in values.items():
        held = np.asarray(value)
        if held.dtype.kind not in "biuf":
            continue
        if held.ndim == 0:
            numbers[name] = float(held)
        else:
            numbers.update({f"{name}_{place}": float(entry) for place, entry in enumerate(held.flat)})
    return numbers
