"""Packages that thresher can use but does not need, imported when a method asks for them."""

from __future__ import annotations

import importlib
from types import ModuleType

__all__ = ["needed", "wanted"]


def needed(module: str, purpose: str, install: str) -> ModuleType:
    """Import `module`; without it, say what it was for and how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(f"{purpose} needs {package}: pip install {install!r}", name=package) from error


def wanted(module: str) -> ModuleType | None:
    """Import `module`, or return None where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None
