"""Metrics by name, as `keras.metrics.get`, `serialize` and `deserialize`: ours where we have one, else Keras's."""

from __future__ import annotations

from typing import Any

from thresher.keras._framework import BY_NAME, keras

__all__ = ["answer", "deserialize", "get", "ours", "serialize"]

_ANSWERED: dict[str, type] = {}  # by class name; what takes the place of Keras's class of that name, and what is new


def answer(*classes: type) -> None:
    """Let these classes answer to their names."""
    _ANSWERED.update({cls.__name__: cls for cls in classes})


def ours() -> dict[type, type]:
    """Return our class by Keras's, of those that take its place."""
    return {base: cls for cls in _ANSWERED.values() for base in cls.__mro__ if _is_of_keras(base, cls.__name__)}


def _is_of_keras(base: type, name: str) -> bool:
    return base.__name__ == name and base.__module__.startswith("keras.")


def get(identifier: Any) -> Any:
    """Return the metric that an identifier stands for.

    Parameters
    ----------
    identifier : str, dict, callable, metric or None
        A name as Keras takes it ("AUC", "auc", "recall"), or that of a class of this module ("ExactAUC"); the config
        of a metric; anything else comes back as it is, an instance of a class.

    Returns
    -------
    metric, function or None
        Ours where this module has one of the name, else what `keras.metrics.get` returns.

    Raises
    ------
    ValueError
        For a name that neither has, as Keras's.

    Examples
    --------
    >>> import thresher.keras
    >>> type(thresher.keras.get("auc")).__module__
    'thresher.keras._auc'
    """
    if isinstance(identifier, str):
        cls = _ANSWERED.get(identifier) or ours().get(BY_NAME.get(identifier))
        return keras.metrics.get(identifier) if cls is None else cls()
    if isinstance(identifier, dict):
        return deserialize(identifier)
    return keras.metrics.get(identifier)


def serialize(metric: Any) -> Any:
    """Return the config of a metric or a function, as `keras.metrics.serialize`.

    Examples
    --------
    >>> import thresher.keras
    >>> thresher.keras.serialize(thresher.keras.AUC())["registered_name"]
    'thresher>AUC'
    """
    return keras.metrics.serialize(metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Return the metric of a config: ours also for the config of Keras's class of that name.

    Examples
    --------
    >>> import keras, thresher.keras
    >>> config = keras.metrics.serialize(keras.metrics.Recall([0.2, 0.4]))
    >>> isinstance(thresher.keras.deserialize(config), thresher.keras.Recall)
    True
    """
    if isinstance(config, dict) and isinstance(config.get("config"), dict):
        cls: Any = _ANSWERED.get(str(config.get("class_name")).rpartition(">")[2])
        named_by_user = config.get("class_name") in (custom_objects or {})
        if cls is not None and not named_by_user and config.get("module") in (None, "keras.metrics", cls.__module__):
            return cls.from_config(config["config"])
    return keras.metrics.deserialize(config, custom_objects=custom_objects)
