"""The Keras that is installed: its backend, and the few private names of it that a foreign metric cannot do without."""

from __future__ import annotations

try:
    import keras
except ImportError as error:
    raise ImportError(
        "thresher.keras needs Keras 3 and a backend of it: pip install 'keras>=3.15' jax (or tensorflow, or torch)",
        name="keras",
    ) from error

from keras import ops
from keras.src import backend

__all__ = ["BACKEND", "VERSION", "in_stateless_scope", "keras", "ops"]

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
