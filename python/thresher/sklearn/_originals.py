"""The scikit-learn that is installed: its version, and its functions as they were before any patch."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from sklearn.exceptions import UndefinedMetricWarning

__all__ = ["SCALAR", "VERSION", "UndefinedMetricWarning", "original", "setting"]

OLDEST, NEWEST = (1, 6), (1, 9)

VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])

if not OLDEST <= VERSION <= NEWEST:
    raise ImportError(
        f"thresher.sklearn knows scikit-learn 1.6 to 1.9, but {sklearn.__version__} is installed; "
        "install one of these, or a newer thresher",
        name="sklearn",
    )

SCALAR: Any = float if VERSION >= (1, 7) else np.float64  # what a score is


def original(name: str, home: str = "sklearn.metrics") -> Callable[..., Any] | None:
    """Return scikit-learn's own function, or None where this version has none of that name."""
    found = getattr(importlib.import_module(home), name, None)
    return getattr(found, "_original", found)  # another copy of this module may have patched it


def setting(name: str) -> Any:
    """Return scikit-learn's global setting of that name."""
    return sklearn.get_config()[name]
