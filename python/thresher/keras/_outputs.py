"""What is counted of one output of a model: labels, scores and weights of the same batches, into accumulators."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import Error, ThresholdCounts
from thresher.keras._batches import as_array
from thresher.keras._layouts import Table, kind_of

__all__ = ["Clock", "Column", "Output", "Settings", "tell"]

# Scores counted at once. A million rows in batches of 4,096 where they lie, on two cores: 10.5 ms by 2^16, 9.4 ms by
# 2^18, 7.2 ms by 2^19, 6.5 ms by 2^20. So many are also some time's work for a device, for which the host waits when
# it counts.
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Settings:
    """What is to be counted and told of an output."""

    name: str
    kind: str
    from_logits: bool
    label_names: tuple[str, ...] | None
    into: Any
    cuts: tuple[float, ...]
    comparison: str
    on_bad: str

    def column(self, name: str) -> Column:
        """Return empty accumulators for one column of scores."""
        counts = self.into.copy()
        counts.reset()
        if not self.cuts:
            return Column(name, counts, None)
        with np.errstate(divide="ignore"):
            cuts = np.array(self.cuts)
            cuts = np.log(cuts) - np.log1p(-cuts) if self.from_logits else cuts
        return Column(name, counts, ThresholdCounts(cuts, comparison=self.comparison))


@dataclass
class Column:
    """Accumulators of one column of scores: all of them, and those at the thresholds of rates."""

    name: str
    counts: Any
    cuts: ThresholdCounts | None

    def update(self, labels: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any] | None) -> None:
        """Count rows; after an error nothing has changed."""
        self.counts.update(labels, scores, weights=weights)
        if self.cuts is not None:
            self.cuts.update(labels, scores, weights=weights)

    def update_from(self, labels: list[Any], scores: list[Any]) -> None:
        """Count the rows of several arrays of NumPy where they lie, which the compiled state reads as one column."""
        for counts in (self.counts, self.cuts):
            if counts is not None:
                counts._state.update(labels, scores, None, None, False, None)


@dataclass
class Clock:
    """Seconds spent, by what on."""

    seconds: dict[str, float] = field(default_factory=lambda: {"predict": 0.0, "count": 0.0, "data": 0.0})

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Add the time until the end of the block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - start


class Output:
    """Accumulators of one output; rows are put aside and counted some hundred thousand at a time."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings, self.clock = settings, clock
        self.kind = settings.kind
        self.columns: list[Column] = []
        self.confusion_matrix: NDArray[Any] | None = None
        self.rows = 0
        self.bad: dict[str, tuple[int, int]] = {}
        self._waiting: list[tuple[Any, Any, Any]] = []
        self._size = 0

    def add(self, labels: Any, scores: Any, weights: Any) -> None:
        """Put a batch aside; scores may be a tensor that is still computed."""
        self._waiting.append((labels, scores, weights))
        self._size += int(np.prod(scores.shape, dtype=np.int64))
        if self._size >= _CHUNK:
            self.flush()

    def flush(self) -> None:
        """Count what was put aside."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        if not waiting:
            return
        with self.clock.running("predict"):
            found = [as_array(scores) for _, scores, _ in waiting]
        with self.clock.running("count"):
            rows = [(labels, scores) for (labels, _, _), scores in zip(waiting, found, strict=True)]
            self._begin(rows)
            if not self._count_in_place(waiting, found):
                tables = [
                    Table.of(self.kind, labels, scores, weights, self.settings.name)
                    for (labels, _, weights), scores in zip(waiting, found, strict=True)
                ]
                self._count(_joined(tables))

    def _count_in_place(self, waiting: list[tuple[Any, Any, Any]], found: list[NDArray[Any]]) -> bool:
        """Count plain batches of one column where they lie; false where they are not, or a row cannot be counted."""
        labels = [each for each, _, _ in waiting]
        if self.kind != "binary" or any(weights is not None for _, _, weights in waiting) or not _alike(labels, found):
            return False
        try:
            self.columns[0].update_from([each.reshape(-1) for each in labels], [each.reshape(-1) for each in found])
        except Error:
            return False
        self.rows += sum(map(len, found))
        return True

    def _begin(self, rows: list[tuple[NDArray[Any], NDArray[Any]]]) -> None:
        """Make the accumulators, when the first rows tell their shape."""
        if self.columns:
            return
        settings = self.settings
        if self.kind == "auto":
            self.kind = kind_of(rows, settings.from_logits, settings.name)
        width = 1 if self.kind == "binary" else rows[0][1].shape[-1]
        names = settings.label_names or tuple(map(str, range(width)))
        if self.kind != "binary" and len(names) != width:
            raise Error(f"`label_names` has {len(names)} names, but output {settings.name!r} has {width} columns")
        if self.kind == "multiclass":
            self.confusion_matrix = np.zeros((width, width), dtype=np.int64)
        single = self.kind == "binary" or (self.kind == "multiclass" and width == 2)
        self.columns = [settings.column(name) for name in ([""] if single else names)]

    def _count(self, table: Table) -> None:
        """Count rows; those that cannot be are left out and remembered, or refused."""
        if self.kind == "binary":  # a single accumulator refuses a bad batch whole, so that good ones need no look
            try:
                self.columns[0].update(table.labels, table.scores, table.weights)
            except Error:
                kept = self._sound(table)
                if len(kept.labels) == len(table.labels):
                    raise
                self.columns[0].update(kept.labels, kept.scores, kept.weights)
        else:
            kept = self._sound(table)
            self._count_columns(kept)
        self.rows += len(table.labels)

    def _sound(self, table: Table) -> Table:
        """Return the rows that can be counted; remember how many cannot, and the first of them."""
        bad = np.zeros(len(table.labels), dtype=bool)
        for reason, mask in table.bad_rows(self.kind).items():
            if not mask.any():
                continue
            first = self.rows + int(mask.argmax())
            if self.settings.on_bad == "raise":
                output = f" of output {self.settings.name!r}" if self.settings.name else ""
                raise Error(f'row {first} of the validation data{output}: {reason}; on_bad="warn" leaves such rows out')
            number, earliest = self.bad.get(reason, (0, first))
            self.bad[reason] = (number + int(mask.sum()), earliest)
            bad |= mask
        return table[~bad] if bad.any() else table

    def _count_columns(self, table: Table) -> None:
        if self.kind == "multilabel":
            by_column = np.ascontiguousarray(table.scores.T)
            for index, (column, scores) in enumerate(zip(self.columns, by_column, strict=True)):
                column.update(np.ascontiguousarray(table.labels[:, index]), scores, _of_column(table.weights, index))
            return
        classes = table.labels.astype(np.intp)
        self._count_pairs(classes, table.scores.argmax(axis=1), table.weights)
        scores = _log_odds(table.scores) if self.settings.from_logits else table.scores
        positive = [1] if len(self.columns) == 1 else range(len(self.columns))
        for column, index in zip(self.columns, positive, strict=True):
            column.update(classes == index, np.ascontiguousarray(scores[:, index]), table.weights)

    def _count_pairs(self, true: NDArray[np.intp], predicted: NDArray[np.intp], weights: NDArray[Any] | None) -> None:
        """Add rows to the confusion matrix, true classes by predicted ones."""
        assert self.confusion_matrix is not None
        width = len(self.confusion_matrix)
        cells = np.bincount(true * width + predicted, weights, minlength=width * width)
        self.confusion_matrix = self.confusion_matrix + cells.reshape(width, width)


def tell(outputs: Sequence[Output], epoch: int | None) -> None:
    """Warn of the rows that were left out, once for all outputs."""
    told = []
    for output in outputs:
        place = f" of output {output.settings.name!r}" if output.settings.name else ""
        told += [
            f"{many:,} whose {reason} (the first is row {row}{place})" for reason, (many, row) in output.bad.items()
        ]
    if told:
        when = "" if epoch is None else f" in epoch {epoch}"
        rows = max(output.rows for output in outputs)
        warnings.warn(f"of {rows:,} validation rows{when}, left out: {'; '.join(told)}", stacklevel=3)


def _alike(labels: list[NDArray[Any]], scores: list[NDArray[Any]]) -> bool:
    """Whether all batches are one label and one score a row, in one dtype of NumPy's each."""
    return all(
        type(one) is np.ndarray
        and one.dtype == labels[0].dtype
        and two.dtype == scores[0].dtype
        and one.dtype.kind in "fbiu"
        and two.dtype.kind in "fbiu"
        and one.size == two.size == len(one) == len(two)
        for one, two in zip(labels, scores, strict=True)
    )


def _joined(tables: list[Table]) -> Table:
    if len(tables) == 1:
        return tables[0]
    weights = None
    if any(table.weights is not None for table in tables):
        weights = np.concatenate([_ones(table) if table.weights is None else table.weights for table in tables])
    labels = np.concatenate([table.labels for table in tables])
    return Table(labels, np.concatenate([table.scores for table in tables]), weights)


def _ones(table: Table) -> NDArray[Any]:
    return np.ones(len(table.labels))


def _of_column(weights: NDArray[Any] | None, index: int) -> NDArray[Any] | None:
    return weights if weights is None or weights.ndim == 1 else np.ascontiguousarray(weights[:, index])


def _log_odds(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Return `log(p / (1 - p))` of the softmax of each row, which keeps apart what p rounds to 1."""
    wide: NDArray[np.float64] = logits.astype(np.float64)
    rows, top = np.arange(len(wide)), wide.argmax(axis=1)
    others = wide.copy()
    others[rows, top] = -np.inf
    highest, second = wide[rows, top], others.max(axis=1)
    powers = np.exp(wide - highest[:, np.newaxis])
    powers[rows, top] = 0.0  # what is left when another column is taken away holds exp(0) at least: nothing cancels
    odds: NDArray[np.float64] = wide - highest[:, np.newaxis] - np.log1p(powers.sum(axis=1, keepdims=True) - powers)
    odds[rows, top] = highest - second - np.log(np.exp(others - second[:, np.newaxis]).sum(axis=1))
    return odds
