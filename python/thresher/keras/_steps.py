"""The model applied to batches, as fast as `predict` is; with its compiled loss and metrics if these are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from thresher import Error
from thresher.keras._batches import Batch, as_array
from thresher.keras._framework import BACKEND, compile_is_built, compiled, compiled_as, replicas_of

__all__ = ["Predicting", "Testing", "steps_of"]


class Predicting:
    """Outputs of the model alone; nothing of the model is changed but what `predict` changes too."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._compiled_as = compiled_as(model)
        self._step = compiled(self._stepped(), model)

    def _stepped(self) -> Callable[..., Any]:
        """Return the step that is compiled."""
        step: Callable[..., Any] = self.model.predict_step
        return step

    def fits(self, model: Any) -> bool:
        """Whether this was made for the model as it is compiled now."""
        return model is self.model and compiled_as(model) is self._compiled_as

    def begin(self, batch: Batch) -> None:
        """Make ready for a pass that starts with this batch."""
        if not self.model.built:
            self.model.predict_on_batch(batch.x)

    def outputs(self, batch: Batch) -> Any:
        """Return the outputs for a batch, as tensors that may still be computed."""
        return self._step((batch.x,))

    def end(self) -> dict[str, Any]:
        """Finish the pass; return the loss and the metrics, if they were computed."""
        return {}


class JaxPredicting(Predicting):
    """The same on jax, whose steps take and return the variables' values."""

    _others: list[Any]

    def begin(self, batch: Batch) -> None:
        """Make ready for a pass that starts with this batch."""
        super().begin(batch)
        self._trainable, self._others = _values(self.model.trainable_variables), _states(self.model)

    def outputs(self, batch: Batch) -> Any:
        """Return the outputs for a batch, as arrays that may still be computed."""
        found, self._others = self._step((self._trainable, self._others), (batch.x,))
        return found

    def end(self) -> dict[str, Any]:
        """Finish the pass: what layers keep (states of random generators) goes back to the model."""
        _assign(self.model.non_trainable_variables, self._others)
        return {}


class Testing(Predicting):
    """Outputs with the compiled loss and metrics of the same forward pass; the training's metrics come back after."""

    def _stepped(self) -> Callable[..., Any]:
        model = self.model
        if not model.compiled:
            raise Error("`compiled=True` needs a model with a loss or metrics: call model.compile first")
        if replicas_of(model) > 1:
            raise Error(f"`compiled=True` is for one device, but the model runs on {replicas_of(model)} replicas")
        return _capturing(model)

    def begin(self, batch: Batch) -> None:
        """Set the training's metrics aside and start from none."""
        super().begin(batch)
        self._saved = [(variable, np.array(as_array(variable))) for variable in self.model.metrics_variables]
        if BACKEND in ("jax", "tensorflow") and not compile_is_built(self.model):  # the others build as they go
            self.model.test_on_batch(*batch)
        self.model.reset_metrics()

    def outputs(self, batch: Batch) -> Any:
        """Return the outputs for a batch, and count it in the loss and the metrics."""
        return self._step(tuple(batch))[0]

    def end(self) -> dict[str, Any]:
        """Return the loss and the metrics, and give the model the training's back."""
        found = _flat(self.model.get_metrics_result())
        self.model.reset_metrics()
        for variable, value in self._saved:
            variable.assign(value)
        return found


class JaxTesting(Testing):
    """The same on jax, whose steps take and return the variables' values."""

    _trainable: list[Any]
    _others: list[Any]
    _metrics: list[Any]

    def begin(self, batch: Batch) -> None:
        """Set the training's metrics aside and start from none."""
        super().begin(batch)
        self._trainable, self._others = _values(self.model.trainable_variables), _states(self.model)
        self._metrics = _values(self.model.metrics_variables)

    def outputs(self, batch: Batch) -> Any:
        """Return the outputs for a batch, and count it in the loss and the metrics."""
        found, (_, state) = self._step((self._trainable, self._others, self._metrics), tuple(batch))
        _, self._others, self._metrics = state
        return found

    def end(self) -> dict[str, Any]:
        """Return the loss and the metrics, and give the model the training's back."""
        _assign(self.model.non_trainable_variables, self._others)
        _assign(self.model.metrics_variables, self._metrics)
        return super().end()


def steps_of(model: Any, tested: bool) -> Predicting:
    """Return what applies the model on this backend."""
    if BACKEND == "jax":
        return JaxTesting(model) if tested else JaxPredicting(model)
    return Testing(model) if tested else Predicting(model)


def _capturing(model: Any) -> Callable[..., Any]:
    """Return the model's test step, returning beside its result the outputs that it handed to `compute_metrics`."""
    test_step, compute_metrics = model.test_step, model.compute_metrics

    def step(*arguments: Any) -> tuple[Any, Any]:
        seen: list[Any] = []

        def captured(x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            seen.append(y_pred)
            return compute_metrics(x, y, y_pred, sample_weight)

        with _replaced(model, "compute_metrics", captured):
            result = test_step(*arguments)
        if not seen:
            raise Error("`compiled=True` needs a test_step that calls compute_metrics; pass compiled=False")
        return seen[-1], result

    return step


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Let an attribute of an object hide its class's for a while."""
    before = vars(owner).get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is None:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


def _values(variables: list[Any]) -> list[Any]:
    return [variable.value for variable in variables]


def _states(model: Any) -> list[Any]:
    return _values(model.non_trainable_variables)


def _assign(variables: list[Any], values: list[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _flat(results: dict[str, Any]) -> dict[str, Any]:
    """Return floats, and arrays where there are several, as Keras hands them to callbacks."""
    found: dict[str, Any] = {}
    for key, value in results.items():
        if isinstance(value, dict):
            found.update(_flat(value))
        else:
            array = as_array(value)
            found[key] = float(array) if array.size == 1 else array
    return found
