"""Metrics that Keras does not have, from the four counts at thresholds: specificity, correlation, several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from thresher.keras._cuts import Counts
from thresher.keras._framework import keras, registered, runs_eagerly
from thresher.keras._keys import threshold_keys
from thresher.keras._rates import RATES
from thresher.keras._rows import LOWEST
from thresher.keras._state import cells
from thresher.keras._thresholded import Thresholded, as_tensor

__all__ = ["BalancedAccuracy", "CohenKappa", "ConfusionMetrics", "FromCounts", "MatthewsCorrelation", "Specificity"]


class _FourCounts(Thresholded, keras.metrics.Metric):  # type: ignore[misc]
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


class _Rate(_FourCounts):
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
    key_format : str or callable, optional
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
    key_format : str or callable, optional
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
    key_format : str or callable, optional
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
    key_format : str or callable, optional
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


@registered
class ConfusionMetrics(_FourCounts):
    """Several rates at several thresholds, of several labels, from one counting of the rows.

    Parameters
    ----------
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default. A score is positive iff it is greater, both in float32.
    report : sequence of str
        Rates by name: recall, precision, specificity, f1, accuracy, balanced_accuracy, matthews_correlation,
        cohen_kappa, jaccard, youden_j, prevalence, predicted_positive_rate, negative_predictive_value,
        false_positive_rate, false_negative_rate, false_discovery_rate; and true_positives, false_positives,
        true_negatives, false_negatives.
    per_label : bool, default False
        Whether each column of predictions of rank 2 is counted by itself.
    label_names : sequence of str, optional
        Names of the columns in keys; 0, 1, ... by default.
    num_labels, top_k, class_id : int, optional
        As of `Specificity`.
    prefix : str, default ""
        Put before every key, so that two of these metrics in one model have different ones.
    name, dtype : optional
        As of every metric of Keras.
    from_logits, use_mask, key_format : optional
        As of `Specificity`.

    Notes
    -----
    `result()` is a dict of scalars, so each has its own place in `fit`'s logs: `recall` at one threshold,
    `recall_0_5` at several, `recall_0_5_cat` with labels. A rate with a zero denominator is 0.

    Examples
    --------
    >>> from thresher.keras import ConfusionMetrics
    >>> metric = ConfusionMetrics([0.5, 0.8], report=["recall", "f1"])
    >>> metric.update_state([1, 1, 0, 0], [0.9, 0.6, 0.7, 0.2])
    >>> {key: round(float(value), 3) for key, value in metric.result().items()}
    {'recall_0_5': 1.0, 'recall_0_8': 0.5, 'f1_0_5': 0.8, 'f1_0_8': 0.667}
    """

    def __init__(
        self,
        thresholds: Any = None,
        report: Sequence[str] = ("recall", "precision", "f1", "matthews_correlation", "cohen_kappa"),
        per_label: bool = False,
        name: str | None = None,
        dtype: Any = None,
        *,
        label_names: Sequence[str] | None = None,
        num_labels: int | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        prefix: str = "",
        from_logits: bool = False,
        use_mask: bool = False,
        key_format: Any = None,
    ) -> None:
        unknown = [each for each in report if each not in RATES and each not in Counts._fields]
        if unknown:
            known = ", ".join([*RATES, *Counts._fields])
            raise ValueError(f"`report` names {unknown[0]!r}, which is none of: {known}")
        if label_names is not None:
            num_labels = len(label_names) if num_labels is None else num_labels
            if not per_label or len(label_names) != num_labels:
                raise ValueError(
                    f"`label_names` names {len(label_names)} columns. "
                    f"Received per_label={per_label}, num_labels={num_labels}"
                )
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
            key_format=key_format,
        )
        self.report = tuple(report)
        self.label_names = None if label_names is None else tuple(label_names)
        self.prefix = prefix
        self._keys("", len(self.thresholds))

    def result(self) -> dict[str, Any]:
        """Return the rates by key: tensors without shape."""
        if not self._built:
            raise ValueError(f"{self.name} knows its labels after its first update; give `num_labels` to know before")
        eager = runs_eagerly()
        rates = self._of_counts(self._all, eager)
        shown: dict[str, Any] = {}
        for rate, values in rates.items():
            for index, key in enumerate(self._keys(rate, len(self.thresholds))):
                at = values[index]
                if not self.per_label:
                    shown[key] = as_tensor(at, eager, self._dtype_shown())
                    continue
                for label in range(at.shape[0]):
                    label_name = str(label) if self.label_names is None else self.label_names[label]
                    shown[f"{key}_{label_name}"] = as_tensor(at[label], eager, self._dtype_shown())
        return shown

    def _all(self, library: Any, counts: Counts) -> dict[str, Any]:
        return {rate: RATES[rate](library, counts) if rate in RATES else getattr(counts, rate) for rate in self.report}

    def _keys(self, rate: str, n: int) -> list[str]:
        if n == 1:
            return [self.prefix + rate]
        return threshold_keys(self.prefix + rate, self.thresholds, key_format=self._options["key_format"])

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal metric."""
        names = None if self.label_names is None else list(self.label_names)
        return {**super().get_config(), "report": list(self.report), "label_names": names, "prefix": self.prefix}


@registered
class FromCounts(_FourCounts):
    """A metric of your own, from the four counts at thresholds.

    Parameters
    ----------
    fn : callable
        `fn(true_positives, false_positives, false_negatives, true_negatives)`, of floats of shape (T,), or (T, labels)
        with `per_label`: NumPy arrays outside a compiled step, tensors inside; operators and `keras.ops` serve both.
        It returns an array, or a scalar. To be saved with a model it must be registered with
        `keras.saving.register_keras_serializable`.
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default. A score is positive iff it is greater, both in float32.
    name, dtype : optional
        As of every metric of Keras; the name is that of `fn` by default.
    per_label, num_labels, top_k, class_id, from_logits, use_mask, per_threshold, key_format : optional
        As of `Specificity`.

    Examples
    --------
    >>> from thresher.keras import FromCounts
    >>> def g_mean(tp, fp, fn, tn):
    ...     return (tp / (tp + fn) * tn / (tn + fp)) ** 0.5
    >>> metric = FromCounts(g_mean)
    >>> metric.update_state([1, 1, 0, 0], [0.9, 0.6, 0.7, 0.2])
    >>> metric.name, round(float(metric.result()), 4)
    ('g_mean', 0.7071)
    """

    def __init__(
        self,
        fn: Callable[[Any, Any, Any, Any], Any],
        thresholds: Any = None,
        name: str | None = None,
        dtype: Any = None,
        *,
        per_label: bool = False,
        num_labels: int | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        from_logits: bool = False,
        use_mask: bool = False,
        per_threshold: bool = False,
        key_format: Any = None,
    ) -> None:
        super().__init__(
            thresholds,
            top_k=top_k,
            class_id=class_id,
            per_label=per_label,
            num_labels=num_labels,
            name=name or getattr(fn, "__name__", None),
            dtype=dtype,
            from_logits=from_logits,
            use_mask=use_mask,
            per_threshold=per_threshold,
            key_format=key_format,
        )
        self._function = fn

    def _value(self, library: Any, counts: Counts) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._function(*counts)

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal metric."""
        return {**super().get_config(), "fn": keras.saving.serialize_keras_object(self._function)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> FromCounts:
        """Return the metric of a config."""
        return cls(**{**config, "fn": keras.saving.deserialize_keras_object(config["fn"])})
