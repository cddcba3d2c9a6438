"""What metrics of counts at thresholds share: where a batch is counted, and how a result is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from thresher.keras._areas import NUMPY
from thresher.keras._cuts import Counts, Cuts
from thresher.keras._framework import host, mask_of, ops, runs_eagerly, tensor_of, working_dtype
from thresher.keras._keys import threshold_keys
from thresher.keras._limbs import counted, summed
from thresher.keras._rows import Layout, rows_in_graph, rows_on_host
from thresher.keras._state import Limbed
from thresher.keras._tables import Table

__all__ = ["Thresholded", "as_tensor"]

FOUR = {
    "true_positives": "true_positives",
    "false_positives": "false_positives",
    "true_negatives": "true_negatives",
    "false_negatives": "false_negatives",
}

DEFAULTS: dict[str, Any] = {
    "from_logits": False,
    "use_mask": False,
    "undefined": "zero",
    "per_threshold": False,
    "key_format": None,
}


class Thresholded(Limbed):
    """Comes before a class of `keras.metrics` that counts at thresholds.

    `_KEPT` says which of the four counts an attribute, and so a variable, holds. `_value` makes the result of them.
    """

    _KEPT: ClassVar[dict[str, str]] = FOUR
    _options: dict[str, Any]

    def _set_options(self, **options: Any) -> None:
        if options.get("undefined", "zero") not in ("zero", "nan"):
            raise ValueError(f"`undefined` must be 'zero' or 'nan'. Received: undefined={options['undefined']!r}")
        object.__setattr__(self, "_options", {**DEFAULTS, **options})

    def get_config(self) -> dict[str, Any]:
        """Return Keras's config, and what is set beyond it."""
        more = {name: value for name, value in self._options.items() if value != DEFAULTS[name]}
        return {**super().get_config(), **more}  # type: ignore[misc]

    # ---- how a batch is read: what a class may say otherwise ------------------------------------------------------

    def _compared(self) -> Any:
        """Return the thresholds that scores are compared with."""
        return self.thresholds  # type: ignore[attr-defined]

    def _layout(self) -> Layout:
        return Layout(
            top_k=getattr(self, "top_k", None),
            class_id=getattr(self, "class_id", None),
            from_logits=self._options["from_logits"],
            by_label=self._by_label(),
            dtype=working_dtype(self.dtype),  # type: ignore[attr-defined]
        )

    def _by_label(self) -> bool:
        return False

    def _ensure_built(self, y_pred: Any) -> None:
        """Make the variables, where their shape hangs on the predictions."""

    # ---- counting ------------------------------------------------------------------------------------------------

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch.

        Parameters
        ----------
        y_true : array-like, or tensor
            Labels; every value but 0 is positive.
        y_pred : array-like, or tensor
            Scores, of the same shape but for one axis of length 1.
        sample_weight : array-like, or tensor, optional
            Broadcast to the predictions as Keras does; may be negative.

        Raises
        ------
        ValueError
            If shapes do not agree; outside a compiled step also for a NaN score, or a NaN or infinite weight. Nothing
            is counted then.
        """
        mask = mask_of(y_pred) if self._options["use_mask"] else None
        if runs_eagerly():
            on_host = [None if each is None else host(each) for each in (y_true, y_pred, sample_weight, mask)]
            given = (y_true, y_pred, sample_weight, mask)
            if all(found is not None or each is None for found, each in zip(on_host, given, strict=True)):
                self._ensure_built(on_host[1])
                self._count_on_host(*on_host)
                return
        y_pred = ops.convert_to_tensor(y_pred)
        self._ensure_built(y_pred)
        self._count_in_graph(y_true, y_pred, sample_weight, mask)

    def _made(self) -> tuple[Cuts, Layout]:
        state = self._host
        if state.cuts is None:
            state.layout = self._layout()
            state.cuts = Cuts(self._compared(), state.layout.dtype)
        return state.cuts, state.layout

    def _count_on_host(self, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any) -> None:
        cuts, layout = self._made()
        rows = rows_on_host(layout, y_true, y_pred, sample_weight, mask)
        state = self._host
        self._load()
        if state.table is None:
            shape = next(iter(state.limbs.values())).shape
            state.table = Table(cuts, shape[1] if layout.by_label else None)
        state.table.update(rows)
        self._changed()

    def _count_in_graph(self, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any) -> None:
        cuts, layout = self._made()
        rows = rows_in_graph(layout, y_true, y_pred, sample_weight, mask)
        counts = cuts.counts_in_graph(*rows, by_label=layout.by_label)
        whole = rows.weights is None or "int" in str(rows.weights.dtype)
        for attribute, cell in self._KEPT.items():
            variable = self._host.limbs[attribute]
            variable.assign((counted if whole else summed)(variable.value, getattr(counts, cell)))

    def _fold(self) -> None:
        state = self._host
        if state.table is None or state.table.empty:
            return
        counts = state.table.read()
        assert state.held is not None
        state.held = {name: held + getattr(counts, self._KEPT[name]) for name, held in state.held.items()}
        state.blank = False
        state.table.reset()

    def _drop(self) -> None:
        if self._host.table is not None:
            self._host.table.reset()

    # ---- reading -------------------------------------------------------------------------------------------------

    def _value(self, library: Any, counts: Counts) -> Any:
        """Return the result from the four counts; those that are not kept are None."""
        raise NotImplementedError

    def _defined(self, library: Any, counts: Counts) -> Any:
        """Return where `_value` is defined, of its shape; elsewhere it is 0, or NaN if so wished."""
        raise NotImplementedError

    def result(self) -> Any:
        """Return the metric of all that was counted: a tensor; a dict of scalars with `per_threshold=True`."""
        eager = runs_eagerly()
        return self._shown(self._of_counts(self._value_or_nan, eager), eager)

    def _value_or_nan(self, library: Any, counts: Counts) -> Any:
        value = self._value(library, counts)
        if self._options["undefined"] == "nan":
            value = library.where(self._defined(library, counts), value, library.zeros_like(value) + np.nan)
        return value

    def _of_counts(self, function: Callable[[Any, Counts], Any], eager: bool) -> Any:
        """Return a function of a library and the counts: of NumPy and exact counts, or of Keras's and tensors."""
        cells: dict[str, Any] = dict.fromkeys(Counts._fields)
        if eager:
            state = self._host
            if state.blank and state.table is not None and not state.bound:
                counts = state.table.read()
                return function(NUMPY, Counts(*(_floats(values) for values in counts)))
            for attribute, held in self._host_cells().items():
                cells[self._KEPT[attribute]] = held.values
            return function(NUMPY, Counts(**{name: _floats(values) for name, values in cells.items()}))
        for attribute in self._host.limbs:
            cells[self._KEPT[attribute]] = self._tensor(attribute)
        return function(ops, Counts(**cells))

    def _shown(self, value: Any, eager: bool) -> Any:
        if self._options["per_threshold"] and len(value.shape):
            keys = threshold_keys(self.name, self.thresholds, key_format=self._options["key_format"])  # type: ignore[attr-defined]
            return {key: as_tensor(value[index], eager, self._dtype_shown()) for index, key in enumerate(keys)}
        if len(value.shape) and value.shape[0] == 1 and not self._by_label():
            value = value[0]
        return as_tensor(value, eager, self._dtype_shown())

    def _dtype_shown(self) -> str:
        return working_dtype(self.dtype)  # type: ignore[attr-defined]


def _floats(values: Any) -> Any:
    return None if values is None else values.astype(np.float64)


def as_tensor(value: Any, eager: bool, dtype: str) -> Any:
    """Return a value as a tensor: of that dtype, unless it is a tensor of a graph."""
    return tensor_of(np.asarray(value, dtype)) if eager else ops.convert_to_tensor(value)
