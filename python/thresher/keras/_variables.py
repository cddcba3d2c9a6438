"""Variables of limbs that know their metric, and how their values are read in Keras's shape."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

from thresher.keras._framework import keras
from thresher.keras._limbs import N_LIMBS, Cells, limbs_of

__all__ = ["LimbVariable", "Reading", "cells"]


class LimbVariable(keras.Variable):  # type: ignore[misc] # keras has no types
    """A variable of limbs that knows its metric: reading it brings it up to date, assigning to it is noticed."""

    def __init__(self, metric: Any, shape: tuple[int, ...], name: str) -> None:
        self._metric: Any = lambda: None  # its first value is no news
        super().__init__(
            initializer="zeros",
            shape=(*shape, N_LIMBS),
            dtype="float32",
            trainable=False,
            autocast=False,
            aggregation="sum",
            synchronization="on_read",
            name=name,
        )
        self._metric = weakref.ref(metric)

    @property
    def value(self) -> Any:
        """The limbs, as a tensor."""
        metric = self._metric()
        if metric is not None:
            metric._settle()
        return super().value

    def _direct_assign(self, value: Any) -> None:
        metric = self._metric()
        if metric is not None:
            metric._settle()  # the others of its variables keep what they hold
        super()._direct_assign(value)
        if metric is not None:
            metric._assigned()

    def _write(self, limbs: npt.NDArray[np.float32]) -> None:
        super()._direct_assign(self._convert_to_tensor(limbs))


class Reading:
    """A variable of limbs in the shape that Keras's has: a float32 tensor by `.value`, exact by `numpy()`."""

    def __init__(self, metric: Any, name: str) -> None:
        self._metric = metric
        self._name = name

    @property
    def value(self) -> Any:
        """A float32 tensor, as Keras's variable has it."""
        return self._metric._tensor(self._name)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that Keras's variable has."""
        return tuple(self._metric._host.limbs[self._name].shape)[:-1]

    @property
    def dtype(self) -> str:
        """The dtype of `value`."""
        return "float32"

    @property
    def name(self) -> str:
        """The name of the variable."""
        return str(self._metric._host.limbs[self._name].name)

    def numpy(self) -> npt.NDArray[Any]:
        """Return the exact counts (int64), or sums of weights (float64)."""
        exact: npt.NDArray[Any] = self._metric._host_cells()[self._name].values
        return exact.copy()

    def assign(self, values: Any) -> None:
        """Set the values, in this shape: whole numbers as counts, others as sums of weights."""
        values = np.broadcast_to(np.asarray(values, np.float64), self.shape)
        whole = bool((values == np.floor(values)).all() and (values >= 0).all())
        held = Cells(values.astype(np.int64)) if whole else Cells(np.zeros(self.shape, np.int64), values.copy())
        self._metric._host.limbs[self._name].assign(limbs_of(held))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        values = self.numpy()
        return values if dtype is None else values.astype(dtype)

    def __jax_array__(self) -> Any:
        return self.value

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __float__(self) -> float:
        return float(self.numpy())

    def __repr__(self) -> str:
        return f"<{self.name}, shape={self.shape}: {self.numpy()}>"


class cells:
    """Declares, in the body of a class, an attribute that Keras's constructor sets to a variable."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, metric: Any, owner: type | None = None) -> Any:
        if metric is None:
            return self
        if self._name not in metric._host.limbs:
            raise AttributeError(f"{type(metric).__name__} has no {self._name} before its first update")
        return Reading(metric, self._name)

    def __set__(self, metric: Any, variable: LimbVariable) -> None:
        metric._host.limbs[self._name] = variable
        new = {self._name: Cells.zeros(tuple(variable.shape)[:-1])}
        metric._host.held = {**(metric._host.held or {}), **new}
