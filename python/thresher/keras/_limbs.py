"""How a variable holds a count or a sum of weights beyond what float32 can: four float32 a cell, in a last axis.

    low, high, total, rest        value = low + 2^20 high + total + rest

Rows without weights are counted in `low` (below 2^20 after each step) and `high`: whole numbers that float32 holds, so
counts are exact up to 2^44, on every backend and whatever its integers are. Weighted rows are summed in `total`, and
what rounding takes from it in `rest` (Knuth's two-sum, then Dekker's): beyond the sum of one batch, which float32
makes, each batch is off by at most 2^-47 of the sum of magnitudes. All four may be added over replicas. float32 and
not integers, since TensorFlow keeps int32 off accelerators, and jax and NumPy make int64 variables int32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from thresher.keras._framework import ops

__all__ = ["N_LIMBS", "Cells", "counted", "from_limbs", "limbs_of", "summed", "values_of"]

N_LIMBS = 4
UNIT = 1 << 20


class Cells:
    """The values of a variable on the host: int64 counts of rows and float64 sums of weights, cell by cell."""

    __slots__ = ("counts", "sums")

    def __init__(self, counts: npt.NDArray[np.int64], sums: npt.NDArray[np.float64] | None = None) -> None:
        self.counts = counts
        self.sums = sums

    @classmethod
    def zeros(cls, shape: tuple[int, ...]) -> Cells:
        """Return cells of that shape, all zero."""
        return cls(np.zeros(shape, np.int64))

    @property
    def values(self) -> npt.NDArray[Any]:
        """Counts and sums together: int64 where nothing was weighted, else float64."""
        return self.counts if self.sums is None else self.counts + self.sums

    def __add__(self, other: npt.NDArray[Any]) -> Cells:
        """Return these cells and whole counts, or sums of weights, added."""
        if other.dtype.kind in "iub":
            return Cells(self.counts + other, self.sums)
        return Cells(self.counts, other if self.sums is None else self.sums + other)


def limbs_of(cells: Cells) -> npt.NDArray[np.float32]:
    """Return the limbs that hold these cells: counts exactly, sums to a relative 2^-48."""
    limbs = np.zeros((*cells.counts.shape, N_LIMBS), np.float32)
    limbs[..., 0] = cells.counts % UNIT
    limbs[..., 1] = cells.counts // UNIT
    if cells.sums is not None:
        limbs[..., 2] = cells.sums
        with np.errstate(invalid="ignore"):  # inf - inf, where a weight was infinite
            limbs[..., 3] = np.nan_to_num(cells.sums - limbs[..., 2])
    return limbs


def from_limbs(limbs: npt.NDArray[np.float32]) -> Cells:
    """Return the cells that these limbs hold."""
    exact = np.asarray(limbs, np.float64)
    counts = (exact[..., 0] + exact[..., 1] * UNIT).astype(np.int64)
    sums = exact[..., 2] + exact[..., 3]
    return Cells(counts, sums if sums.any() else None)


def counted(limbs: Any, counts: Any) -> Any:
    """Return a tensor of limbs with int32 counts of one batch added, in a graph."""
    low, high, total, rest = (limbs[..., index] for index in range(N_LIMBS))
    more = ops.floor_divide(counts, UNIT)
    low = low + ops.cast(counts - more * UNIT, "float32")
    carried = ops.floor(low / UNIT)
    return ops.stack([low - carried * UNIT, high + ops.cast(more, "float32") + carried, total, rest], axis=-1)


def summed(limbs: Any, sums: Any) -> Any:
    """Return a tensor of limbs with float32 sums of weights of one batch added, in a graph."""
    low, high, total, rest = (limbs[..., index] for index in range(N_LIMBS))
    larger = total + sums
    shown = larger - total
    rest = rest + ((total - (larger - shown)) + (sums - shown))
    total = larger + rest  # so that the rest stays below half a unit of the total, and whole numbers whole up to 2^48
    return ops.stack([low, high, total, rest - (total - larger)], axis=-1)


def values_of(limbs: Any) -> Any:
    """Return what a tensor of limbs holds, as float32, in a graph."""
    low, high, total, rest = (limbs[..., index] for index in range(N_LIMBS))
    return (low + high * UNIT) + (total + rest)
