"""Several rates from one counting, and metrics of a user's own formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from thresher.keras._cuts import Counts
from thresher.keras._four_counts import FourCounts
from thresher.keras._framework import keras, registered, runs_eagerly
from thresher.keras._keys import threshold_keys
from thresher.keras._rates import RATES
from thresher.keras._thresholded import as_tensor

__all__ = ["ConfusionMetrics", "FromCounts"]


@registered
class ConfusionMetrics(FourCounts):
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
class FromCounts(FourCounts):
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
