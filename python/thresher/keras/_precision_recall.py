"""Precision and recall: Keras's classes, of exact counts, at any list of thresholds in one pass."""

from __future__ import annotations

from typing import Any, ClassVar

from thresher.keras._cuts import Counts
from thresher.keras._framework import keras, registered
from thresher.keras._rates import precision, recall
from thresher.keras._thresholded import Thresholded
from thresher.keras._variables import cells

__all__ = ["Precision", "Recall"]


class _Share(Thresholded):
    """Of true positives among predicted or among all positives."""

    true_positives = cells()

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        *,
        from_logits: bool = False,
        use_mask: bool = False,
        undefined: str = "zero",
        per_threshold: bool = False,
        key_format: Any = None,
    ) -> None:
        self._set_options(
            from_logits=from_logits,
            use_mask=use_mask,
            undefined=undefined,
            per_threshold=per_threshold,
            key_format=key_format,
        )
        super().__init__(thresholds=thresholds, top_k=top_k, class_id=class_id, name=name, dtype=dtype)  # type: ignore[call-arg]


@registered
class Precision(_Share, keras.metrics.Precision):  # type: ignore[misc]
    """The share of positives among rows whose score is greater than each threshold.

    Parameters
    ----------
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default, or none with `top_k`; any order, duplicates allowed. A score is positive iff it is greater.
    top_k : int, optional
        Only the k greatest scores along the last axis may be positive; of equal ones, the first.
    class_id : int, optional
        Only this column is counted.
    name, dtype : optional
        As of every metric of Keras.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.
    undefined : {"zero", "nan"}, default "zero"
        What it is where no score is greater; Keras's is 0.
    per_threshold : bool, default False
        Whether `result()` is a dict by threshold, for `fit`'s logs: `{"precision_0_5": ...}`.
    key_format : str, optional
        How its keys are made (`threshold_keys`).

    Notes
    -----
    TP / (TP + FP) in [0, 1], of exact counts. Source: keras.metrics.Precision (Keras 3.15.1).

    Examples
    --------
    >>> from thresher.keras import Precision
    >>> metric = Precision(thresholds=[0.5, 0.9], per_threshold=True, name="precision")
    >>> metric.update_state([1, 1, 0, 0], [0.95, 0.6, 0.7, 0.2])
    >>> {key: round(float(value), 3) for key, value in metric.result().items()}
    {'precision_0_5': 0.667, 'precision_0_9': 1.0}
    """

    false_positives = cells()
    _KEPT: ClassVar[dict[str, str]] = {"true_positives": "true_positives", "false_positives": "false_positives"}

    def _value(self, library: Any, counts: Counts) -> Any:
        return precision(library, counts)

    def _defined(self, library: Any, counts: Counts) -> Any:
        return counts.true_positives + counts.false_positives > 0


@registered
class Recall(_Share, keras.metrics.Recall):  # type: ignore[misc]
    """The share of positives whose score is greater than each threshold.

    Parameters
    ----------
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default, or none with `top_k`; any order, duplicates allowed. A score is positive iff it is greater.
    top_k : int, optional
        Only the k greatest scores along the last axis may be positive; of equal ones, the first.
    class_id : int, optional
        Only this column is counted.
    name, dtype : optional
        As of every metric of Keras.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.
    undefined : {"zero", "nan"}, default "zero"
        What it is while there is no positive; Keras's is 0.
    per_threshold : bool, default False
        Whether `result()` is a dict by threshold, for `fit`'s logs: `{"recall_0_5": ...}`.
    key_format : str, optional
        How its keys are made (`threshold_keys`).

    Notes
    -----
    TP / (TP + FN) in [0, 1], of exact counts. Source: keras.metrics.Recall (Keras 3.15.1).

    Examples
    --------
    >>> from thresher.keras import Recall
    >>> metric = Recall(thresholds=[0.5, 0.9], per_threshold=True, name="recall")
    >>> metric.update_state([1, 1, 0, 0], [0.95, 0.6, 0.7, 0.2])
    >>> {key: round(float(value), 3) for key, value in metric.result().items()}
    {'recall_0_5': 1.0, 'recall_0_9': 0.5}
    """

    false_negatives = cells()
    _KEPT: ClassVar[dict[str, str]] = {"true_positives": "true_positives", "false_negatives": "false_negatives"}

    def _value(self, library: Any, counts: Counts) -> Any:
        return recall(library, counts)

    def _defined(self, library: Any, counts: Counts) -> Any:
        return counts.true_positives + counts.false_negatives > 0
