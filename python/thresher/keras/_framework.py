"""The Keras that is installed: its backend, where its tensors are, and the few private names a foreign metric needs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

try:
    import keras
except ImportError as error:
    raise ImportError(
        "thresher.keras needs Keras 3 and a backend of it: pip install 'keras>=3.15' jax (or tensorflow, or torch)",
        name="keras",
    ) from error

from keras import ops
from keras.src import backend
from keras.src.losses.loss import apply_mask
from keras.src.metrics import ALL_OBJECTS_DICT as BY_NAME
from keras.src.metrics.reduction_metrics import reduce_to_samplewise_values
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

__all__ = [
    "BACKEND",
    "BY_NAME",
    "VERSION",
    "apply_mask",
    "compile_is_built",
    "compiled",
    "compiled_as",
    "host",
    "in_stateless_scope",
    "keras",
    "mask_of",
    "name_scope",
    "ops",
    "outside_graphs",
    "places_of_top_k",
    "py_dataset_batches",
    "reads_float64",
    "reduce_to_samplewise_values",
    "registered",
    "replicas_of",
    "runs_eagerly",
    "sums_by_id",
    "tensor_of",
    "working_dtype",
]

OLDEST = (3, 15)
VERSION = tuple(int(part) for part in keras.__version__.split(".")[:2])

if VERSION < OLDEST:
    raise ImportError(
        f"thresher.keras follows Keras 3.15, but {keras.__version__} is installed: pip install 'keras>=3.15'",
        name="keras",
    )

BACKEND: str = keras.backend.backend()  # "jax", "tensorflow", "torch" or "numpy"

in_stateless_scope = backend.in_stateless_scope
mask_of = backend.get_keras_mask
name_scope = backend.name_scope

# A saved model names its metrics by "thresher>Recall"; loading it needs `import thresher.keras`.
registered = keras.saving.register_keras_serializable(package="thresher")

if BACKEND == "jax":
    import jax
elif BACKEND == "tensorflow":
    import tensorflow as tf
elif BACKEND == "torch":
    import torch
    from keras.src.backend.torch.core import get_device


def runs_eagerly() -> bool:
    """Whether Python runs when the values are there: not while a step is traced, nor in a replica of one."""
    if in_stateless_scope():
        return False
    if BACKEND == "tensorflow":
        return tf.executing_eagerly() and not tf.distribute.has_strategy()
    if BACKEND == "torch":
        return not torch.compiler.is_compiling()
    return True


def working_dtype(dtype: str) -> str:
    """Return what scores and thresholds of a metric of that dtype are rounded to before they are compared."""
    wide = dtype == "float64" and (BACKEND != "jax" or _jax_is_wide())
    return "float64" if wide else "float32"


def _jax_is_wide() -> bool:
    return bool(jax.numpy.float64 == jax.dtypes.canonicalize_dtype("float64"))


def reads_float64() -> bool:
    """Whether Keras's operations leave an array of float64 as it is; on NumPy and jax they read it as float32."""
    return BACKEND in ("tensorflow", "torch") or (BACKEND == "jax" and _jax_is_wide())


def outside_graphs() -> Any:
    """Return a context in which variables are read and written now, even while a graph is traced."""
    return tf.init_scope() if BACKEND == "tensorflow" else contextlib.nullcontext()


def host(values: Any) -> np.ndarray | None:
    """Return the values as a NumPy array, not copied where that is possible; None for a tracer or another device."""
    if isinstance(values, np.ndarray):
        return values
    if isinstance(values, keras.KerasTensor):
        return None
    if isinstance(values, keras.Variable):
        values = values.value
    if BACKEND == "jax":
        if isinstance(values, jax.core.Tracer):
            return None
        if isinstance(values, jax.Array) and any(device.platform != "cpu" for device in values.devices()):
            return None
    elif BACKEND == "tensorflow" and tf.is_tensor(values):
        on_host = tf.executing_eagerly() and hasattr(values, "numpy") and "CPU" in (values.device or "CPU")
        return np.asarray(values.numpy()) if on_host else None
    elif BACKEND == "torch" and isinstance(values, torch.Tensor):
        if values.device.type != "cpu":
            return None
        values = values.detach()
        return (values.float() if values.dtype == torch.bfloat16 else values).numpy()  # type: ignore[no-any-return]
    return np.asarray(values)


def tensor_of(values: np.ndarray) -> Any:
    """Return the array as a tensor of its own dtype; `ops.convert_to_tensor` takes longer to find out."""
    if BACKEND == "jax":
        return jax.numpy.asarray(values)
    if BACKEND == "tensorflow":
        return tf.convert_to_tensor(values)
    if BACKEND == "torch":
        return torch.tensor(values, device=get_device())
    return values


def places_of_top_k(scores: Any, k: int) -> Any:
    """Return where the k greatest of at least k scores along the last axis are, of equal ones the first."""
    if BACKEND == "torch":  # whose topk takes any of equal ones
        return torch.sort(scores, dim=-1, descending=True, stable=True).indices[..., :k]
    if BACKEND == "numpy":  # whose ops.top_k takes the last
        return np.argsort(-scores, axis=-1, kind="stable")[..., :k]
    return ops.top_k(scores, k)[1]


def sums_by_id(ids: Any, n_cells: int, weights: Any = None) -> Any:
    """Return how many of `ids` are each of 0 to n_cells - 1 (int32), or the sum of their weights (float32)."""
    values = ops.ones_like(ids, dtype="int32") if weights is None else weights
    if BACKEND == "torch":  # ops.segment_sum adds in float32 there, whatever it is given
        zeros = torch.zeros(n_cells, dtype=values.dtype, device=values.device)
        return zeros.index_add(0, ids.long(), values)
    if BACKEND == "numpy":  # ops.segment_sum sorts
        return np.bincount(ids, weights=None if weights is None else values, minlength=n_cells).astype(values.dtype)
    return ops.segment_sum(values, ids, num_segments=n_cells)


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
