"""What all metrics share: state that lives on the host while one counts there, and in Keras's variables in a graph.

`Limbed` comes before a class of `keras.metrics` among the bases, so that constructor, names and config stay Keras's.
Its variables hold limbs (`_limbs`); `metric.true_positives` and its like read them in Keras's shape.

On the host the values are `Cells`, and variables lag behind them until somebody reads `variables` or a variable.
Assigning to a variable makes the host read it again. Once a step was compiled around a variable (TensorFlow, torch) it
changes without Python, so it is then written after every update on the host and read before every result.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from thresher.keras._framework import (
    BACKEND,
    in_stateless_scope,
    keras,
    name_scope,
    ops,
    outside_graphs,
    runs_eagerly,
)
from thresher.keras._limbs import N_LIMBS, Cells, from_limbs, limbs_of, values_of

__all__ = ["Limbed", "Reading", "cells"]


class LimbVariable(keras.Variable):  # type: ignore[misc] # keras has no types
    """A variable of limbs that knows its metric: reading it brings it up to date, assigning to it is noticed."""

    def __init__(self, metric: Limbed, shape: tuple[int, ...], name: str) -> None:
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

    def __init__(self, metric: Limbed, name: str) -> None:
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
        return self._metric._host_cells()[self._name].values.copy()

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

    def __get__(self, metric: Limbed | None, owner: type | None = None) -> Any:
        if metric is None:
            return self
        if self._name not in metric._host.limbs:
            raise AttributeError(f"{type(metric).__name__} has no {self._name} before its first update")
        return Reading(metric, self._name)

    def __set__(self, metric: Limbed, variable: LimbVariable) -> None:
        metric._host.limbs[self._name] = variable
        new = {self._name: Cells.zeros(tuple(variable.shape)[:-1])}
        metric._host.held = {**(metric._host.held or {}), **new}


class HostState:
    """What a metric knows on the host.

    Attributes
    ----------
    limbs : dict of str to LimbVariable
        The variables, by the attribute that Keras's class has them under.
    held : dict of str to Cells, or None
        What they hold, but for what `table` counted since; None where only the variables know.
    blank : bool
        Whether `held` is all zero.
    ahead : bool
        Whether the host holds what the variables do not yet.
    bound : bool
        Whether a compiled step changes the variables without Python.
    table : object or None
        The accumulator that counts on the host, of metrics that have one.
    cuts, layout : object or None
        The thresholds as they are compared, and how a batch is read, made once.
    """

    __slots__ = ("ahead", "blank", "bound", "cuts", "held", "layout", "limbs", "table")

    def __init__(self) -> None:
        self.limbs: dict[str, LimbVariable] = {}
        self.held: dict[str, Cells] | None = None
        self.blank = True
        self.ahead = False
        self.bound = False
        self.table: Any = None
        self.cuts: Any = None
        self.layout: Any = None


class Limbed:
    """Comes before a class of `keras.metrics`: variables are limbs, the state is on the host where that is faster."""

    _host: HostState

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        metric = super().__new__(cls)
        object.__setattr__(metric, "_host", HostState())  # Keras tracks, and wraps, what is set after its constructor
        return metric

    def add_variable(
        self, shape: Any, initializer: Any = None, dtype: Any = None, aggregation: Any = "sum", name: Any = None
    ) -> LimbVariable:
        """Return a new variable of limbs for cells of that shape, all zero; called by Keras's constructor."""
        self._check_super_called()  # type: ignore[attr-defined]
        with name_scope(self.name.replace("/", ">"), caller=self):  # type: ignore[attr-defined]
            variable = LimbVariable(self, tuple(shape), name)
        self._tracker.add_to_store("variables", variable)  # type: ignore[attr-defined]
        return variable

    @property
    def variables(self) -> list[Any]:
        """Keras's variables: its number, names and order, each with a last axis of four limbs."""
        self._settle()
        return super().variables  # type: ignore[misc, no-any-return]

    def reset_state(self) -> None:
        """Set all counts and sums to zero."""
        if not runs_eagerly():
            for variable in self._host.limbs.values():
                variable.assign(ops.zeros(variable.shape, dtype="float32"))
            return
        self._drop()
        self._host.blank = True
        self._host.held = {name: Cells.zeros(tuple(variable.shape)[:-1]) for name, variable in self._host.limbs.items()}
        self._changed()

    def merge(self, other: Any) -> None:
        """Add the counts of another metric of the same class and settings.

        Parameters
        ----------
        other : metric of the same class
            It stays as it is.

        Raises
        ------
        ValueError
            If it is of another class, or its settings differ; the message shows both.
        """
        if type(other) is not type(self):
            raise ValueError(f"{type(self).__name__} cannot merge {type(other).__name__}")
        ours, theirs = self._settings(), other._settings()
        differing = [name for name in ours if not _same(ours[name], theirs[name])]
        if differing:
            name = differing[0]
            raise ValueError(f"cannot merge: `{name}` is {ours[name]!r} here and {theirs[name]!r} there")
        if not other._host.limbs:
            return
        if not self._host.limbs:
            self._build_like(other)
        added = other._host_cells()
        held = self._host_cells()
        self._host.blank = False
        for name, more in added.items():
            held[name] = held[name] + more.counts
            if more.sums is not None:
                held[name] = held[name] + more.sums
        self._changed()

    def merge_state(self, metrics: Iterable[Any]) -> None:
        """Add the counts of several metrics, as tf.keras's method of that name."""
        for metric in metrics:
            self.merge(metric)

    def _settings(self) -> dict[str, Any]:
        """Return what must agree for counts to be added."""
        config = self.get_config()  # type: ignore[attr-defined]
        return {name: value for name, value in config.items() if name not in {"name", "key_format", "per_threshold"}}

    def _build_like(self, other: Any) -> None:
        """Make variables as another metric has them, where they hang on the data."""
        raise NotImplementedError

    # ---- the host's state and the variables' ---------------------------------------------------------------------

    def _host_cells(self) -> dict[str, Cells]:
        """Return the whole state, on the host; what is done to it is the metric's."""
        self._load()
        self._fold()
        assert self._host.held is not None
        return self._host.held

    def _load(self) -> None:
        """Read the variables where only they know the state, before anything is counted on top."""
        if self._host.held is None or (self._host.bound and not self._host.ahead):
            read = {name: ops.convert_to_numpy(variable.value) for name, variable in self._host.limbs.items()}
            self._host.held = {name: from_limbs(limbs) for name, limbs in read.items()}
            self._host.blank = False

    def _changed(self) -> None:
        """Take note that the host holds what variables do not."""
        self._host.ahead = True
        if self._host.bound:
            self._settle()

    def _settle(self) -> None:
        """Bring the variables up to date with the host."""
        if not self._host.ahead:
            return
        held = self._host_cells()
        self._host.ahead = False
        with outside_graphs():
            for name, variable in self._host.limbs.items():
                variable._write(limbs_of(held[name]))

    def _assigned(self) -> None:
        """Take note that a variable has a new value."""
        self._host.held = None
        self._host.blank = False
        if BACKEND in ("tensorflow", "torch") and not runs_eagerly() and not in_stateless_scope():
            self._host.bound = True

    def _fold(self) -> None:
        """Add what was counted since to what is held; of metrics that count in an accumulator."""

    def _drop(self) -> None:
        """Forget what was counted since; of metrics that count in an accumulator."""

    def _tensor(self, name: str) -> Any:
        """Return a variable's values as a float32 tensor in Keras's shape."""
        if runs_eagerly():
            return ops.convert_to_tensor(self._host_cells()[name].values, dtype="float32")
        return values_of(self._host.limbs[name].value)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (np.ndarray, list)) or hasattr(one, "shape"):
        return np.array_equal(np.asarray(one), np.asarray(other))
    return bool(one == other)
