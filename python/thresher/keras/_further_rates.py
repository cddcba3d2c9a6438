"""Rates at thresholds that Keras does not have."""

from __future__ import annotations

from typing import Any, ClassVar

from thresher.keras._cuts import Counts
from thresher.keras._four_counts import FourCounts
from thresher.keras._framework import registered
from thresher.keras._rates import RATES

__all__ = ["BalancedAccuracy", "CohenKappa", "MatthewsCorrelation", "Specificity"]


class _Rate(FourCounts):
    """One rate at thresholds."""

    _RATE: ClassVar[str]

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        *,
        per_label: bool = False,
        num_labels: int | None = None,
        from_logits: bool = False,
        use_mask: bool = False,
        undefined: str = "zero",
        per_threshold: bool = False,
        key_format: Any = None,
    ) -> None:
        super().__init__(
            thresholds,
            top_k=top_k,
            class_id=class_id,
            per_label=per_label,
            num_labels=num_labels,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            use_mask=use_mask,
            undefined=undefined,
            per_threshold=per_threshold,
            key_format=key_format,
        )
        self._direction = "up"

    def _value(self, library: Any, counts: Counts) -> Any:
        return RATES[self._RATE](library, counts)


@registered
class Specificity(_Rate):
    """The share of negatives whose score is not greater, at each threshold.

    Parameters
    ----------
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default; any order, duplicates allowed. A score is positive iff it is greater, both in float32.
    top_k, class_id : int, optional
        As of `Precision`.
    name, dtype : optional
        As of every metric of Keras.
    per_label : bool, default False
        Whether each column of predictions of rank 2 is counted by itself: a last axis of labels.
    num_labels : int, optional
        How many; by default the first batch tells.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides.
    undefined : {"zero", "nan"}, default "zero"
        What it is while there is no negative.
    per_threshold : bool, default False
        Whether `result()` is a dict by threshold, for `fit`'s logs.
    key_format : str, optional
        How its keys are made (`threshold_keys`).

    Notes
    -----
    TN / (TN + FP), in [0, 1].

    Examples
    --------
    >>> from thresher.keras import Specificity
    >>> metric = Specificity(0.5)
    >>> metric.update_state([1, 1, 0, 0, 0], [0.9, 0.3, 0.6, 0.2, 0.1])
    >>> round(float(metric.result()), 4)
    0.6667
    """

    _RATE = "specificity"

    def _defined(self, library: Any, counts: Counts) -> Any:
        return counts.true_negatives + counts.false_positives > 0


@registered
class BalancedAccuracy(_Rate):
    """The mean of recall and specificity at each threshold.

    Parameters
    ----------
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default; any order, duplicates allowed. A score is positive iff it is greater, both in float32.
    top_k, class_id : int, optional
        As of `Precision`.
    name, dtype : optional
        As of every metric of Keras.
    per_label : bool, default False
        Whether each column of predictions of rank 2 is counted by itself: a last axis of labels.
    num_labels : int, optional
        How many; by default the first batch tells.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides.
    undefined : {"zero", "nan"}, default "zero"
        What it is while either class is lacking.
    per_threshold : bool, default False
        Whether `result()` is a dict by threshold, for `fit`'s logs.
    key_format : str, optional
        How its keys are made (`threshold_keys`).

    Notes
    -----
    (TP / P + TN / N) / 2, in [0, 1].

    Examples
    --------
    >>> from thresher.keras import BalancedAccuracy
    >>> metric = BalancedAccuracy(0.5)
    >>> metric.update_state([1, 1, 0, 0, 0], [0.9, 0.3, 0.6, 0.2, 0.1])
    >>> round(float(metric.result()), 4)
    0.5833
    """

    _RATE = "balanced_accuracy"

    def _defined(self, library: Any, counts: Counts) -> Any:
        positives = counts.true_positives + counts.false_negatives > 0
        return positives & (counts.true_negatives + counts.false_positives > 0)


@registered
class MatthewsCorrelation(_Rate):
    """Matthews's correlation of labels and predictions at each threshold.

    Parameters
    ----------
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default; any order, duplicates allowed. A score is positive iff it is greater, both in float32.
    top_k, class_id : int, optional
        As of `Precision`.
    name, dtype : optional
        As of every metric of Keras.
    per_label : bool, default False
        Whether each column of predictions of rank 2 is counted by itself: a last axis of labels.
    num_labels : int, optional
        How many; by default the first batch tells.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides.
    undefined : {"zero", "nan"}, default "zero"
        What it is where a row or a column of the confusion matrix is empty.
    per_threshold : bool, default False
        Whether `result()` is a dict by threshold, for `fit`'s logs.
    key_format : str, optional
        How its keys are made (`threshold_keys`).

    Notes
    -----
    (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN)), in [-1, 1]. Source: Matthews 1975.

    Examples
    --------
    >>> from thresher.keras import MatthewsCorrelation
    >>> metric = MatthewsCorrelation(0.5)
    >>> metric.update_state([1, 1, 0, 0, 0], [0.9, 0.3, 0.6, 0.2, 0.1])
    >>> round(float(metric.result()), 4)
    0.1667
    """

    _RATE = "matthews_correlation"

    def _defined(self, library: Any, counts: Counts) -> Any:
        tp, fp, fn, tn = counts
        return (tp + fp > 0) & (tp + fn > 0) & (tn + fp > 0) & (tn + fn > 0)


@registered
class CohenKappa(_Rate):
    """Cohen's kappa of labels and predictions at each threshold.

    Parameters
    ----------
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default; any order, duplicates allowed. A score is positive iff it is greater, both in float32.
    top_k, class_id : int, optional
        As of `Precision`.
    name, dtype : optional
        As of every metric of Keras.
    per_label : bool, default False
        Whether each column of predictions of rank 2 is counted by itself: a last axis of labels.
    num_labels : int, optional
        How many; by default the first batch tells.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides.
    undefined : {"zero", "nan"}, default "zero"
        What it is where all labels and all predictions are of one class.
    per_threshold : bool, default False
        Whether `result()` is a dict by threshold, for `fit`'s logs.
    key_format : str, optional
        How its keys are made (`threshold_keys`).

    Notes
    -----
    (accuracy - chance) / (1 - chance), at most 1. Source: Cohen 1960.

    Examples
    --------
    >>> from thresher.keras import CohenKappa
    >>> metric = CohenKappa(0.5)
    >>> metric.update_state([1, 1, 0, 0, 0], [0.9, 0.3, 0.6, 0.2, 0.1])
    >>> round(float(metric.result()), 4)
    0.1667
    """

    _RATE = "cohen_kappa"

    def _defined(self, library: Any, counts: Counts) -> Any:
        tp, fp, fn, tn = counts
        return ((tp + fp > 0) & (tn + fp > 0)) | ((tp + fn > 0) & (tn + fn > 0))
