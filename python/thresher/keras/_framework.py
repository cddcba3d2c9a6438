"""The Keras that is installed: its backend, where its tensors are, and the few private names a foreign metric needs."""

from __future__ import annotations

import contextlib
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
from keras.src.metrics import ALL_OBJECTS_DICT as BY_NAME

__all__ = [
    "BACKEND",
    "BY_NAME",
    "VERSION",
    "host",
    "in_stateless_scope",
    "keras",
    "mask_of",
    "name_scope",
    "ops",
    "outside_graphs",
    "registered",
    "runs_eagerly",
    "sums_by_id",
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
    wide = dtype == "float64" and (BACKEND != "jax" or jax.numpy.float64 == jax.dtypes.canonicalize_dtype("float64"))
    return "float64" if wide else "float32"


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
        on_host = tf.executing_eagerly() and hasattr(values, "numpy") and not values.device.endswith(("GPU:0", "TPU:0"))
        return np.asarray(values.numpy()) if on_host else None
    elif BACKEND == "torch" and isinstance(values, torch.Tensor):
        if values.device.type != "cpu":
            return None
        values = values.detach()
        return (values.float() if values.dtype == torch.bfloat16 else values).numpy()  # type: ignore[no-any-return]
    return np.asarray(values)


def sums_by_id(ids: Any, n_cells: int, weights: Any = None) -> Any:
    """Return how many of `ids` are each of 0 to n_cells - 1 (int32), or the sum of their weights (float32)."""
    values = ops.ones_like(ids, dtype="int32") if weights is None else weights
    if BACKEND == "torch":  # ops.segment_sum adds in float32 there, whatever it is given
        zeros = torch.zeros(n_cells, dtype=values.dtype, device=values.device)
        return zeros.index_add(0, ids.long(), values)
    if BACKEND == "numpy":  # ops.segment_sum sorts
        return np.bincount(ids, weights=None if weights is None else values, minlength=n_cells).astype(values.dtype)
    return ops.segment_sum(values, ids, num_segments=n_cells)
