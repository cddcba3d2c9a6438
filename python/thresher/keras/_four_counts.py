"""What metrics of all four counts at thresholds share that Keras does not have: their variables and arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from thresher.keras._framework import keras
from thresher.keras._rows import LOWEST
from thresher.keras._thresholded import Thresholded
from thresher.keras._variables import cells

__all__ = ["FourCounts"]


class FourCounts(Thresholded, keras.metrics.Metric):  # type: ignore[misc]
    """All four counts at thresholds, of all columns together or of each label by itself."""

    true_positives = cells()
    false_positives = cells()
    true_negatives = cells()
    false_negatives = cells()

    def __init__(
        self,
        thresholds: Any = None,
        *,
        top_k: int | None = None,
        class_id: int | None = None,
        per_label: bool = False,
        num_labels: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        **options: Any,
    ) -> None:
        self._set_options(**options)
        super().__init__(name=name, dtype=dtype)
        if per_label and class_id is not None:
            raise ValueError(f"`per_label` counts every column. Received also class_id={class_id}")
        self.init_thresholds = thresholds
        self.thresholds = _checked(thresholds, top_k)
        self.top_k = top_k
        self.class_id = class_id
        self.per_label = per_label
        self.num_labels = num_labels
        self._built = False
        if not per_label:
            self._build((None,))
        elif num_labels:
            self._build((None, num_labels))

    def _build(self, shape: tuple[Any, ...]) -> None:
        if self.per_label and len(shape) != 2:
            raise ValueError(f"`y_pred` must have rank 2 when `per_label=True`. Found shape {shape}")
        cell_shape = (len(self.thresholds), shape[1]) if self.per_label else (len(self.thresholds),)
        self.true_positives = self.add_variable(cell_shape, "zeros", name="true_positives")
        self.false_positives = self.add_variable(cell_shape, "zeros", name="false_positives")
        self.true_negatives = self.add_variable(cell_shape, "zeros", name="true_negatives")
        self.false_negatives = self.add_variable(cell_shape, "zeros", name="false_negatives")
        self._built = True

    def _by_label(self) -> bool:
        return bool(self.per_label)

    def _ensure_built(self, y_pred: Any) -> None:
        if not self._built:
            self._build(tuple(y_pred.shape))

    def _build_like(self, other: Any) -> None:
        self._build((None, other.true_positives.shape[1]))

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal metric."""
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
            "per_label": self.per_label,
            "num_labels": self.num_labels,
        }


def _checked(thresholds: Any, top_k: int | None) -> list[float]:
    """Return the thresholds as a list, checked and with the default of Keras's `Precision`."""
    if thresholds is None:
        return [0.5 if top_k is None else LOWEST]
    listed = [float(threshold) for threshold in np.atleast_1d(np.asarray(thresholds, np.float64))]
    outside = [threshold for threshold in listed if not 0 <= threshold <= 1]
    if outside or not listed:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {outside or thresholds}")
    return listed
