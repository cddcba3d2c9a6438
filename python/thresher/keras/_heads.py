"""Which labels and weights belong to which output of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from thresher import Error

__all__ = ["Head", "heads_of"]


class Head(NamedTuple):
    """Labels, scores and weights of one output, for the rows of a batch."""

    labels: Any
    scores: Any
    weights: Any


def heads_of(
    scores: Any, labels: Any, weights: Any, names: Sequence[str], wanted: Sequence[str] | None
) -> dict[str, Head]:
    """Return what belongs to each output, by its name; "" is that of a model with a single, unnamed one.

    Parameters
    ----------
    scores, labels, weights : array, or dict or sequence of arrays
        One structure for all three, but that a dict may meet a sequence, and one array of weights serves all outputs.
    names : sequence of str
        Of the outputs that are a sequence, in order.
    wanted : sequence of str, optional
        Outputs to return; by default all.

    Raises
    ------
    Error
        For an output without labels, or a name that is none.
    """
    if isinstance(scores, list | tuple):
        by_name = dict(zip(_names(names, len(scores)), scores, strict=True))
    else:
        by_name = dict(scores) if isinstance(scores, Mapping) else {"": scores}
    order = list(by_name)
    for name in wanted or ():
        if name not in by_name:
            raise Error(f"`outputs` holds {name!r}, but the model's outputs are {', '.join(map(repr, order))}")
    found = {}
    for name in order if wanted is None else wanted:
        own = _part(labels, name, order, "labels")
        if own is None:
            raise Error(f"output {name!r} has no labels in `data`; pass outputs=[...] to name those that have")
        shared = not isinstance(weights, Mapping | list | tuple)
        found[name] = Head(own, by_name[name], weights if shared else _part(weights, name, order, "weights"))
    return found


def _names(names: Sequence[str], number: int) -> list[str]:
    return list(names) if len(names) == number else [f"output_{index}" for index in range(number)]


def _part(values: Any, name: str, order: list[str], argument: str) -> Any:
    """Return the part of a structure that is of one output."""
    if isinstance(values, Mapping):
        return values.get(name) if name else next(iter(values.values()), None)
    if not isinstance(values, list | tuple):
        if len(order) == 1:
            return values
        raise Error(f"`data` holds one array of {argument}, but the model has {len(order)} outputs: {', '.join(order)}")
    if len(values) != len(order):
        raise Error(f"`data` holds {len(values)} arrays of {argument}, but the model has {len(order)} outputs")
    return values[order.index(name)]
