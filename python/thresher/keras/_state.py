"""What all metrics share: state that lives on the host while one counts there, and in Keras's variables in a graph.

`Limbed` comes before a class of `keras.metrics` among the bases, so that constructor, names and config stay Keras's.
Its variables hold limbs (`_limbs`); `metric.true_positives` and its like read them in Keras's shape.

On the host the values are `Cells`, and variables lag behind them until somebody reads `variables` or a variable.
Assigning to a variable makes the host read it again. Once a step was compiled around a variable (TensorFlow, torch) it
changes without Python, so it is then written after every update on the host and read before every result.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from thresher.keras._framework import (
    BACKEND,
    in_stateless_scope,
    name_scope,
    ops,
    outside_graphs,
    runs_eagerly,
)
from thresher.keras._limbs import Cells, from_limbs, limbs_of, values_of
from thresher.keras._variables import LimbVariable

__all__ = ["Limbed"]


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
