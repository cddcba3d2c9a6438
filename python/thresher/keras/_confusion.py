"""The four counts at thresholds: Keras's classes, exact, at any list of thresholds in one pass."""

from __future__ import annotations

from typing import Any, ClassVar

from thresher.keras._cuts import Counts
from thresher.keras._framework import keras, registered
from thresher.keras._thresholded import Thresholded
from thresher.keras._variables import cells

__all__ = ["FalseNegatives", "FalsePositives", "TrueNegatives", "TruePositives"]


class _Count(Thresholded):
    """One of the four counts at thresholds."""

    accumulator = cells()

    def __init__(
        self,
        thresholds: Any = None,
        name: str | None = None,
        dtype: Any = None,
        *,
        from_logits: bool = False,
        use_mask: bool = False,
        per_threshold: bool = False,
        key_format: Any = None,
    ) -> None:
        self._set_options(
            from_logits=from_logits, use_mask=use_mask, per_threshold=per_threshold, key_format=key_format
        )
        super().__init__(thresholds=thresholds, name=name, dtype=dtype)  # type: ignore[call-arg]

    def _value(self, library: Any, counts: Counts) -> Any:
        return getattr(counts, self._KEPT["accumulator"])


@registered
class TruePositives(_Count, keras.metrics.TruePositives):  # type: ignore[misc]
    """Positive rows whose score is greater than each threshold.

    Parameters
    ----------
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default; any order, duplicates allowed. A score is positive iff it is greater, both in float32.
    name, dtype : optional
        As of every metric of Keras.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.
    per_threshold : bool, default False
        Whether `result()` is a dict by threshold, for `fit`'s logs: `{"true_positives_0_5": ...}`.
    key_format : str, optional
        How its keys are made (`threshold_keys`).

    Notes
    -----
    Counts are exact up to 2^44 rows: `metric.accumulator.numpy()`. `result()` is a float32 tensor, as in Keras.

    Examples
    --------
    >>> from thresher.keras import TruePositives
    >>> metric = TruePositives(thresholds=[0.5, 0.9])
    >>> metric.update_state([1, 1, 0, 0], [0.95, 0.6, 0.7, 0.2])
    >>> metric.accumulator.numpy().tolist()
    [2, 1]
    """

    _KEPT: ClassVar[dict[str, str]] = {"accumulator": "true_positives"}


@registered
class FalsePositives(_Count, keras.metrics.FalsePositives):  # type: ignore[misc]
    """Negative rows whose score is greater than each threshold.

    Parameters
    ----------
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default; any order, duplicates allowed. A score is positive iff it is greater, both in float32.
    name, dtype : optional
        As of every metric of Keras.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.
    per_threshold : bool, default False
        Whether `result()` is a dict by threshold, for `fit`'s logs: `{"false_positives_0_5": ...}`.
    key_format : str, optional
        How its keys are made (`threshold_keys`).

    Notes
    -----
    Counts are exact up to 2^44 rows: `metric.accumulator.numpy()`. `result()` is a float32 tensor, as in Keras.

    Examples
    --------
    >>> from thresher.keras import FalsePositives
    >>> metric = FalsePositives(thresholds=[0.5, 0.9])
    >>> metric.update_state([1, 1, 0, 0], [0.95, 0.6, 0.7, 0.2])
    >>> metric.accumulator.numpy().tolist()
    [1, 0]
    """

    _KEPT: ClassVar[dict[str, str]] = {"accumulator": "false_positives"}


@registered
class TrueNegatives(_Count, keras.metrics.TrueNegatives):  # type: ignore[misc]
    """Negative rows whose score is not greater than each threshold.

    Parameters
    ----------
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default; any order, duplicates allowed. A score is positive iff it is greater, both in float32.
    name, dtype : optional
        As of every metric of Keras.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.
    per_threshold : bool, default False
        Whether `result()` is a dict by threshold, for `fit`'s logs: `{"true_negatives_0_5": ...}`.
    key_format : str, optional
        How its keys are made (`threshold_keys`).

    Notes
    -----
    Counts are exact up to 2^44 rows: `metric.accumulator.numpy()`. `result()` is a float32 tensor, as in Keras.

    Examples
    --------
    >>> from thresher.keras import TrueNegatives
    >>> metric = TrueNegatives(thresholds=[0.5, 0.9])
    >>> metric.update_state([1, 1, 0, 0], [0.95, 0.6, 0.7, 0.2])
    >>> metric.accumulator.numpy().tolist()
    [1, 2]
    """

    _KEPT: ClassVar[dict[str, str]] = {"accumulator": "true_negatives"}


@registered
class FalseNegatives(_Count, keras.metrics.FalseNegatives):  # type: ignore[misc]
    """Positive rows whose score is not greater than each threshold.

    Parameters
    ----------
    thresholds : float, or sequence of float in [0, 1], optional
        0.5 by default; any order, duplicates allowed. A score is positive iff it is greater, both in float32.
    name, dtype : optional
        As of every metric of Keras.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.
    per_threshold : bool, default False
        Whether `result()` is a dict by threshold, for `fit`'s logs: `{"false_negatives_0_5": ...}`.
    key_format : str, optional
        How its keys are made (`threshold_keys`).

    Notes
    -----
    Counts are exact up to 2^44 rows: `metric.accumulator.numpy()`. `result()` is a float32 tensor, as in Keras.

    Examples
    --------
    >>> from thresher.keras import FalseNegatives
    >>> metric = FalseNegatives(thresholds=[0.5, 0.9])
    >>> metric.update_state([1, 1, 0, 0], [0.95, 0.6, 0.7, 0.2])
    >>> metric.accumulator.numpy().tolist()
    [0, 1]
    """

    _KEPT: ClassVar[dict[str, str]] = {"accumulator": "false_negatives"}
