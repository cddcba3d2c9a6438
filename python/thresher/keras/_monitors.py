"""Keras's callbacks that watch a figure, made to see ours: in time, and with its direction.

Keras calls callbacks in the order of the list, and in mode "auto" knows the directions of compiled metrics alone.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

from thresher import Error
from thresher.keras._framework import keras

__all__ = ["arrange"]

_DOWN = (
    *("false_positive_rate", "false_negative_rate", "false_discovery_rate", "error_rate"),
    *("negative_likelihood_ratio", "false_positives", "false_negatives"),
)
_NEITHER = ("prevalence", "predicted_positive_rate")


def arrange(callback: Any, metrics: Sequence[str]) -> None:
    """Move `callback` before the others of the training that begins, and tell the monitors among them the direction.

    Called within `on_train_begin`. Outside Keras's own list of callbacks (a loop that calls them itself) nothing is
    changed: there `callback` must be called first, and monitors need a mode.

    Raises
    ------
    Error
        For a monitor in mode "auto" of a figure that is neither better high nor better low.
    """
    around = _list_around(callback)
    if around is None:
        return
    first = [each for each in around.callbacks if isinstance(each, type(callback))]
    others = [each for each in around.callbacks if not isinstance(each, type(callback))]
    around.callbacks = [*first, *others]  # a new list: Keras is going through the old one
    for each in others:
        if isinstance(each, _monitors()) and each.mode == "auto":
            _direct(each, metrics)


def _monitors() -> Any:
    callbacks = keras.callbacks
    return callbacks.EarlyStopping, callbacks.ModelCheckpoint, callbacks.ReduceLROnPlateau


def _list_around(callback: Any) -> Any:
    """Return the list of callbacks that is calling; a callback is told its model and parameters, but not its list."""
    frame = inspect.currentframe()
    while frame is not None:
        caller = frame.f_locals.get("self")
        if isinstance(caller, keras.callbacks.CallbackList) and any(each is callback for each in caller.callbacks):
            return caller
        frame = frame.f_back
    return None


def _direct(monitor: Any, metrics: Sequence[str]) -> None:
    """Set the mode of a monitor of one of the metrics."""
    watched = monitor.monitor
    if not watched.startswith("val_"):
        return
    for name in sorted(metrics, key=len, reverse=True):  # "roc_auc" holds "auc"
        if not re.search(rf"(?<![a-zA-Z0-9]){re.escape(name)}(?![a-zA-Z])", watched):
            continue
        if name in _NEITHER:
            kind = type(monitor).__name__
            raise Error(
                f"{kind}(monitor={watched!r}) is in mode='auto', but {name} is neither better high nor better low: "
                f"write {kind}(monitor={watched!r}, mode='max'), or mode='min'"
            )
        monitor.mode = "min" if name in _DOWN else "max"
        return
