"""Data of every kind that Keras takes, as batches of inputs, labels and weights, each batch read once."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from thresher import Error
from thresher.keras._framework import keras, py_dataset_batches

__all__ = ["Batch", "as_array", "batches"]

_FEWEST_ROWS, _MOST_ROWS = 32, 4_096
_BATCH_BYTES = 1 << 20
_INFINITE = -1  # tf.data.INFINITE_CARDINALITY


class Batch(NamedTuple):
    """Rows that belong together; each part an array or Keras's nest of arrays."""

    x: Any
    y: Any
    weights: Any


def batches(data: Any, batch_size: int | None = None, steps: int | None = None) -> Generator[Batch, None, None]:
    """Yield the batches of one pass over `data`, at most `steps`; a generator goes on where it stopped.

    Parameters
    ----------
    data : tuple of arrays, keras.utils.PyDataset, tf.data.Dataset, iterable of batches, or callable returning one
        A tuple is (x, y) or (x, y, weights); a batch is such a tuple too.
    batch_size : int, optional
        Rows of a batch of arrays; by default what fills 1 MiB of x, from 32 to 4,096.
    steps : int, optional
        Batches of a pass.

    Raises
    ------
    Error
        For arrays of different lengths, a batch without labels, or data that cannot be iterated or never end.
    """
    if steps is None and _endless(data):
        raise Error("`data` never ends; pass `steps`, the batches of a pass")
    found: Any = _slices(_batch(data), batch_size) if isinstance(data, tuple) else _iterated(data)
    try:
        for parts in found if steps is None else itertools.islice(found, steps):
            yield _batch(parts)
    finally:
        if isinstance(data, keras.utils.PyDataset):  # ends its workers; a generator of the user's goes on next time
            found.close()


def _iterated(data: Any) -> Any:
    """Return an iterator of a pass over what yields batches."""
    if isinstance(data, keras.utils.PyDataset):
        return py_dataset_batches(data)
    if hasattr(data, "as_numpy_iterator"):
        return iter(data.as_numpy_iterator())
    found = data() if callable(data) and not isinstance(data, Iterable) else data
    if not isinstance(found, Iterable):
        raise Error(
            f"`data` is a {type(data).__name__}; a tuple (x, y) or (x, y, weights) of arrays, a PyDataset, a "
            "tf.data.Dataset, a DataLoader, a generator or a function that returns one is accepted"
        )
    return iter(found)


def _endless(data: Any) -> bool:
    """Whether data say that they never end; a generator does not tell."""
    if isinstance(data, keras.utils.PyDataset):
        return data.num_batches is None
    return hasattr(data, "cardinality") and int(data.cardinality()) == _INFINITE


def _batch(parts: Any) -> Batch:
    """Take a batch apart; labels and weights become NumPy arrays."""
    if not isinstance(parts, tuple | list) or len(parts) not in (2, 3):
        found = f"{len(parts)} parts" if isinstance(parts, tuple | list) else f"a {type(parts).__name__}"
        raise Error(f"a batch of `data` must be (x, y) or (x, y, weights), but one has {found}")
    x, y, weights = (*parts, None) if len(parts) == 2 else parts
    return Batch(keras.tree.map_structure(_input, x), _nest(y), None if weights is None else _nest(weights))


def _input(leaf: Any) -> Any:
    """An input as it is, but a data frame or a tensor of another library as a NumPy array."""
    return leaf if isinstance(leaf, np.ndarray) or keras.ops.is_tensor(leaf) else as_array(leaf)


def _nest(values: Any) -> Any:
    return keras.tree.map_structure(lambda leaf: None if leaf is None else as_array(leaf), values)


def as_array(leaf: Any) -> Any:
    """Return the values of a tensor of any library as a NumPy array, where they lie if they can be read there."""
    if hasattr(leaf, "detach"):  # a tensor of PyTorch, perhaps on a device
        leaf = leaf.detach().cpu()
        if str(leaf.dtype) == "torch.bfloat16":  # which NumPy lacks; every value is a float32
            leaf = leaf.float()
    return np.asarray(leaf)


def _slices(whole: Batch, batch_size: int | None) -> Iterator[Batch]:
    """Yield rows of arrays in their order."""
    inputs = keras.tree.flatten(whole.x)
    rows = _length(whole)
    size = batch_size or _rows_of_a_batch(inputs)
    for start in range(0, rows, size):
        yield Batch(*(keras.tree.map_structure(lambda leaf, at=start: _part(leaf, at, size), each) for each in whole))


def _part(leaf: Any, start: int, size: int) -> Any:
    return None if leaf is None else leaf[start : start + size]


def _length(whole: Batch) -> int:
    """Return how many rows there are, or say which two parts differ."""
    lengths: dict[str, int] = {}
    for name, part in zip(Batch._fields, whole, strict=True):
        for leaf in keras.tree.flatten(part):
            if leaf is None:
                continue
            if not leaf.shape:
                raise Error(f"`data` must hold arrays, but its {name} holds {leaf!r}")
            lengths.setdefault(name, leaf.shape[0])
            if leaf.shape[0] != lengths["x"]:
                raise Error(f"`data` has {lengths['x']} rows of x, but {leaf.shape[0]} of {name}")
    return lengths["x"]


def _rows_of_a_batch(inputs: list[Any]) -> int:
    width: int = sum(as_array(leaf[:1]).nbytes for leaf in inputs)
    return min(max(_BATCH_BYTES // max(width, 1), _FEWEST_ROWS), _MOST_ROWS)
