"""Exact areas as metrics: for loops in Python, not for compiled steps, whose state has a fixed size."""

from __future__ import annotations

from typing import Any

import numpy as np

from thresher import ExactCounts
from thresher.keras._framework import host, keras, mask_of, ops, registered, runs_eagerly, working_dtype
from thresher.keras._rows import Layout, Rows, rows_on_host

__all__ = ["AveragePrecision", "ExactAUC"]


class _Exact(keras.metrics.Metric):  # type: ignore[misc]
    """An area of `thresher.ExactCounts`, one a label."""

    def __init__(
        self,
        multi_label: bool = False,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        *,
        use_mask: bool = False,
        undefined: str = "nan",
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self._direction = "up"
        if undefined not in ("zero", "nan"):
            raise ValueError(f"`undefined` must be 'zero' or 'nan'. Received: undefined={undefined!r}")
        self.multi_label = multi_label
        self.class_id = class_id
        self.use_mask = use_mask
        self.undefined = undefined
        object.__setattr__(self, "_columns", [])  # not to be tracked as a list of Keras's

    @property
    def counts(self) -> Any:
        """The `thresher.ExactCounts` of all rows, for curves and intervals; a list of them with `multi_label`."""
        return list(self._columns) if self.multi_label else (self._columns or [ExactCounts()])[0]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch: labels (any value but 0 is positive), scores, and weights as Keras broadcasts them.

        Raises
        ------
        RuntimeError
            In a model: while it is built, or in a compiled step. `ValidationMetrics` is for models.
        ValueError
            For shapes that do not agree, a NaN, or a negative or infinite weight; nothing is counted then.
        """
        mask = mask_of(y_pred) if self.use_mask else None
        given = [None if each is None else host(each) for each in (y_true, y_pred, sample_weight, mask)]
        here = all(
            (found is None) == (each is None)
            for found, each in zip(given[:3], (y_true, y_pred, sample_weight), strict=True)
        )
        if not (runs_eagerly() and here):
            raise RuntimeError(
                f"{type(self).__name__} keeps every distinct score, which a compiled model cannot. Use the callback "
                "thresher.keras.ValidationMetrics for exact figures once an epoch, or thresher.keras.AUC in the model"
            )
        layout = Layout(class_id=self.class_id, by_label=self.multi_label, dtype=working_dtype(self.dtype))
        labels, scores, weights = rows_on_host(layout, *given)
        parts = [Rows(labels, scores, weights)]
        if self.multi_label:
            parts = [
                Rows(*(None if each is None else each[:, index] for each in (labels, scores, weights)))
                for index in range(scores.shape[1])
            ]
        if self._columns and len(parts) != len(self._columns):
            raise ValueError(f"`y_pred` has {len(parts)} labels, but {len(self._columns)} were counted before")
        batch = [ExactCounts() for _ in parts]  # so that a label that is refused leaves all others as they are
        for column, rows in zip(batch, parts, strict=True):
            column.update(rows.labels, rows.scores, weights=rows.weights)
        if not self._columns:
            self._columns[:] = batch
            return
        for column, more in zip(self._columns, batch, strict=True):
            column.merge(more)

    def _area(self, counts: ExactCounts) -> float:
        raise NotImplementedError

    def result(self) -> Any:
        """Return the area; with `multi_label` the mean over labels where it is defined."""
        areas = np.array([self._area(column) for column in self._columns])
        areas = areas[~np.isnan(areas)]
        undefined = np.nan if self.undefined == "nan" else 0.0
        return ops.convert_to_tensor(np.asarray(areas.mean() if areas.size else undefined, working_dtype(self.dtype)))

    def reset_state(self) -> None:
        """Forget everything."""
        self._columns.clear()

    def merge(self, other: Any) -> None:
        """Add the rows of another metric of the same class and settings."""
        ours, theirs = self._columns, getattr(other, "_columns", [])
        if type(other) is not type(self) or (ours and theirs and len(ours) != len(theirs)):
            raise ValueError(f"{self!r} of {len(ours)} labels cannot merge {other!r} of {len(theirs)}")
        if ours and theirs:
            ours[:] = [one + more for one, more in zip(ours, theirs, strict=True)]
        elif theirs:
            ours[:] = [column.copy() for column in theirs]

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal metric."""
        return {
            **super().get_config(),
            "multi_label": self.multi_label,
            "class_id": self.class_id,
            "use_mask": self.use_mask,
            "undefined": self.undefined,
        }


@registered
class ExactAUC(_Exact):
    """The exact area under the ROC curve of every row: no thresholds, no bins.

    Parameters
    ----------
    multi_label : bool, default False
        Whether columns are labels with an area each; the result is the mean of those that are defined.
    class_id : int, optional
        Only this column is counted.
    name, dtype : optional
        As of every metric of Keras.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides.
    undefined : {"zero", "nan"}, default "nan"
        What it is while either class is lacking.

    Notes
    -----
    In [0, 1]; scores are compared in float32, logits serve as well as probabilities. The state is a
    `thresher.ExactCounts`, `metric.counts`, about two bytes a row, and no variable: in a model it raises when that is
    built, and `ValidationMetrics` is what to use.

    Examples
    --------
    >>> from thresher.keras import ExactAUC
    >>> metric = ExactAUC()
    >>> metric.update_state([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> round(float(metric.result()), 4)
    0.75
    """

    def _area(self, counts: ExactCounts) -> float:
        return counts.roc_auc()


@registered
class AveragePrecision(_Exact):
    """The exact average precision (steps, as scikit-learn's) of every row: no thresholds, no bins.

    Parameters
    ----------
    multi_label : bool, default False
        Whether columns are labels with an area each; the result is the mean of those that are defined.
    class_id : int, optional
        Only this column is counted.
    name, dtype : optional
        As of every metric of Keras.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides.
    undefined : {"zero", "nan"}, default "nan"
        What it is while there is no positive.

    Notes
    -----
    In [0, 1]; scores are compared in float32, logits serve as well as probabilities. The state is a
    `thresher.ExactCounts`, `metric.counts`, about two bytes a row, and no variable: in a model it raises when that is
    built, and `ValidationMetrics` is what to use.

    Examples
    --------
    >>> from thresher.keras import AveragePrecision
    >>> metric = AveragePrecision()
    >>> metric.update_state([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> round(float(metric.result()), 4)
    0.8333
    """

    def _area(self, counts: ExactCounts) -> float:
        return counts.average_precision()
