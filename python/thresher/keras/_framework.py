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
    "compiled",
    "compiled_as",
    "in_stateless_scope",
    "keras",
    "ops",
    "py_dataset_batches",
    "replicas_of",
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


def compiled(function: Callable[..., Any], model: Any) -> Callable[..., Any]:
    """Return a step of the model compiled as its backend does it, unless the model is to run eagerly.

    On jax, arguments are not given away: a step that fails leaves the variables whole.
    """
    if BACKEND == "tensorflow":
        return _traced(function, model)
    if BACKEND == "torch":
        import torch

        without_gradients: Callable[..., Any] = torch.no_grad()(function)
        return without_gradients
    if BACKEND == "jax" and model.jit_compile and not model.run_eagerly:
        import jax

        jitted: Callable[..., Any] = jax.jit(function)
        return jitted
    return function


def _traced(function: Callable[..., Any], model: Any) -> Callable[..., Any]:
    """Return a tf.function of nests of arrays, for any number of rows."""
    import tensorflow as tf

    if model.run_eagerly:
        return function
    unconverted = tf.autograph.experimental.do_not_convert(function)  # as Keras does it
    graph = tf.function(unconverted, reduce_retracing=True, jit_compile=model.jit_compile)
    specifications: set[str] = set()

    def call(data: Any) -> Any:
        # Keras weighs the loss of an output by the rows of a batch where their number is known when it is traced, and
        # does not where it is not: one trace of an unknown number, as in `evaluate`, treats all batches alike.
        wanted = keras.tree.map_structure(lambda leaf: _specification(tf, leaf), data)
        if str(wanted) not in specifications:
            graph.get_concrete_function(wanted)
            specifications.add(str(wanted))
        return graph(data)

    return call


def _specification(tf: Any, leaf: Any) -> Any:
    return None if leaf is None else tf.TensorSpec((None, *leaf.shape[1:]), leaf.dtype)


def compile_is_built(model: Any) -> bool:
    """Whether the model's compiled loss and compiled metrics have all their variables."""
    return all(part is None or part.built for part in (model._compile_loss, model._compile_metrics))


def compiled_as(model: Any) -> Any:
    """Return what is another object after each `model.compile`."""
    return model._compile_loss


def replicas_of(model: Any) -> int:
    """Return on how many devices TensorFlow's strategy runs the model at once."""
    strategy = getattr(model, "distribute_strategy", None)
    return 1 if strategy is None else int(strategy.num_replicas_in_sync)


def py_dataset_batches(dataset: Any) -> Iterator[Any]:
    """Yield the batches of one epoch of a PyDataset, by its own workers, and tell it the epoch's begin and end."""
    adapter = PyDatasetAdapter(dataset)
    adapter.on_epoch_begin()
    try:
        yield from adapter.get_numpy_iterator()
    finally:
        adapter.on_epoch_end()
