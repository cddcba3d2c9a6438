"""The Keras that is installed: its backend, and the few private names of it that a foreign metric cannot do without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

try:
    import keras
except ImportError as error:
    raise ImportError(
        "thresher.keras needs Keras 3 and a backend of it: pip install 'keras>=3.15' jax (or tensorflow, or torch)",
        name="keras",
    ) from error

from keras import ops
from keras.src import backend
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

__all__ = [
    "BACKEND",
    "VERSION",
    "compile_is_built",
    "compiled_as",
    "in_stateless_scope",
    "jitted",
    "keras",
    "ops",
    "py_dataset_batches",
]

OLDEST = (3, 15)
VERSION = tuple(int(part) for part in keras.__version__.split(".")[:2])

if VERSION < OLDEST:
    raise ImportError(
        f"thresher.keras follows Keras 3.15, but {keras.__version__} is installed: pip install 'keras>=3.15'",
        name="keras",
    )

BACKEND: str = keras.backend.backend()  # "jax", "tensorflow", "torch" or "numpy"


def in_stateless_scope() -> bool:
    """Whether variables stand for values of a call, as in a compiled step on jax or while a model is built."""
    return bool(backend.in_stateless_scope())


def jitted(function: Callable[..., Any], model: Any) -> Callable[..., Any]:
    """Return the function compiled by jax, unless the model is to run eagerly; its arguments are not given away."""
    if model.run_eagerly or not model.jit_compile:
        return function
    import jax

    compiled: Callable[..., Any] = jax.jit(function)
    return compiled


def compile_is_built(model: Any) -> bool:
    """Whether the model, its compiled loss and its compiled metrics have all their variables."""
    parts = (model._compile_loss, model._compile_metrics)
    return bool(model.built) and all(part is None or part.built for part in parts)


def compiled_as(model: Any) -> Any:
    """Return what is another object after each `model.compile`."""
    return model._compile_loss


def py_dataset_batches(dataset: Any) -> Iterator[Any]:
    """Yield the batches of one epoch of a PyDataset, by its own workers, and tell it the epoch's begin and end."""
    adapter = PyDatasetAdapter(dataset)
    adapter.on_epoch_begin()
    try:
        yield from adapter.get_numpy_iterator()
    finally:
        adapter.on_epoch_end()
