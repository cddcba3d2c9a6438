"""The best of one rate where another is high enough: Keras's four *At* metrics, which tell the threshold too."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from thresher.keras._areas import NUMPY
from thresher.keras._cuts import Counts
from thresher.keras._framework import keras, registered
from thresher.keras._rates import RATES
from thresher.keras._thresholded import Thresholded
from thresher.keras._variables import cells

__all__ = ["PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity", "SpecificityAtSensitivity"]


class _AtRate(Thresholded):
    true_positives = cells()
    false_positives = cells()
    true_negatives = cells()
    false_negatives = cells()

    _SHOWN: ClassVar[str]
    _HELD: ClassVar[str]

    def _start(self, from_logits: bool, use_mask: bool, undefined: str, **arguments: Any) -> None:
        self._set_options(from_logits=from_logits, use_mask=use_mask, undefined=undefined)
        super().__init__(**arguments)

    def _value(self, library: Any, counts: Counts) -> Any:
        shown, held = RATES[self._SHOWN](library, counts), RATES[self._HELD](library, counts)
        return library.max(library.where(held >= self.value, shown, library.zeros_like(shown)))  # type: ignore[attr-defined]

    def _defined(self, library: Any, counts: Counts) -> Any:
        positives = counts.true_positives[0] + counts.false_negatives[0] > 0
        negatives = counts.true_negatives[0] + counts.false_positives[0] > 0
        return positives & negatives if "specificity" in (self._SHOWN, self._HELD) else positives

    @property
    def threshold(self) -> float | None:
        """The highest threshold at which the result is reached; None where no threshold qualifies."""
        return self._of_counts(self._chosen, True)  # type: ignore[no-any-return]

    def _chosen(self, library: Any, counts: Counts) -> float | None:
        shown, held = RATES[self._SHOWN](NUMPY, counts), RATES[self._HELD](NUMPY, counts)
        feasible = held >= self.value  # type: ignore[attr-defined]
        if not feasible.any():
            return None
        best = np.flatnonzero(feasible & (shown == shown[feasible].max()))
        return float(max(self.thresholds[index] for index in best))  # type: ignore[attr-defined]


@registered
class SensitivityAtSpecificity(_AtRate, keras.metrics.SensitivityAtSpecificity):  # type: ignore[misc]
    """The greatest recall at a threshold whose specificity is at least as wished.

    Parameters
    ----------
    specificity : float in [0, 1]
        The specificity wished for.
    num_thresholds : int, default 200
        How many thresholds, even from 0 to 1; a score is positive iff it is greater.
    class_id : int, optional
        Only this column is counted.
    name, dtype : optional
        As of every metric of Keras.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.
    undefined : {"zero", "nan"}, default "zero"
        What it is while either class is lacking; Keras's is 0.

    Notes
    -----
    In [0, 1]; 0 where no threshold qualifies. `metric.threshold` is the highest threshold that reaches it, or None.
    Source: keras.metrics.SensitivityAtSpecificity (Keras 3.15.1).

    Examples
    --------
    >>> from thresher.keras import SensitivityAtSpecificity
    >>> metric = SensitivityAtSpecificity(0.5, num_thresholds=5)
    >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    >>> round(float(metric.result()), 4), metric.threshold
    (0.5, 0.75)
    """

    _SHOWN = "recall"
    _HELD = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        *,
        from_logits: bool = False,
        use_mask: bool = False,
        undefined: str = "zero",
    ) -> None:
        self._start(
            from_logits,
            use_mask,
            undefined,
            specificity=specificity,
            num_thresholds=num_thresholds,
            class_id=class_id,
            name=name,
            dtype=dtype,
        )


@registered
class SpecificityAtSensitivity(_AtRate, keras.metrics.SpecificityAtSensitivity):  # type: ignore[misc]
    """The greatest specificity at a threshold whose recall is at least as wished.

    Parameters
    ----------
    sensitivity : float in [0, 1]
        The recall wished for.
    num_thresholds : int, default 200
        How many thresholds, even from 0 to 1; a score is positive iff it is greater.
    class_id : int, optional
        Only this column is counted.
    name, dtype : optional
        As of every metric of Keras.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.
    undefined : {"zero", "nan"}, default "zero"
        What it is while either class is lacking; Keras's is 0.

    Notes
    -----
    In [0, 1]; 0 where no threshold qualifies. `metric.threshold` is the highest threshold that reaches it, or None.
    Source: keras.metrics.SpecificityAtSensitivity (Keras 3.15.1).

    Examples
    --------
    >>> from thresher.keras import SpecificityAtSensitivity
    >>> metric = SpecificityAtSensitivity(0.5, num_thresholds=5)
    >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    >>> round(float(metric.result()), 4), metric.threshold
    (0.6667, 0.75)
    """

    _SHOWN = "specificity"
    _HELD = "recall"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        *,
        from_logits: bool = False,
        use_mask: bool = False,
        undefined: str = "zero",
    ) -> None:
        self._start(
            from_logits,
            use_mask,
            undefined,
            sensitivity=sensitivity,
            num_thresholds=num_thresholds,
            class_id=class_id,
            name=name,
            dtype=dtype,
        )


@registered
class PrecisionAtRecall(_AtRate, keras.metrics.PrecisionAtRecall):  # type: ignore[misc]
    """The greatest precision at a threshold whose recall is at least as wished.

    Parameters
    ----------
    recall : float in [0, 1]
        The recall wished for.
    num_thresholds : int, default 200
        How many thresholds, even from 0 to 1; a score is positive iff it is greater.
    class_id : int, optional
        Only this column is counted.
    name, dtype : optional
        As of every metric of Keras.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.
    undefined : {"zero", "nan"}, default "zero"
        What it is while positives are lacking; Keras's is 0.

    Notes
    -----
    In [0, 1]; 0 where no threshold qualifies. `metric.threshold` is the highest threshold that reaches it, or None.
    Source: keras.metrics.PrecisionAtRecall (Keras 3.15.1).

    Examples
    --------
    >>> from thresher.keras import PrecisionAtRecall
    >>> metric = PrecisionAtRecall(0.5, num_thresholds=5)
    >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    >>> round(float(metric.result()), 4), metric.threshold
    (0.5, 0.75)
    """

    _SHOWN = "precision"
    _HELD = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        *,
        from_logits: bool = False,
        use_mask: bool = False,
        undefined: str = "zero",
    ) -> None:
        self._start(
            from_logits,
            use_mask,
            undefined,
            recall=recall,
            num_thresholds=num_thresholds,
            class_id=class_id,
            name=name,
            dtype=dtype,
        )


@registered
class RecallAtPrecision(_AtRate, keras.metrics.RecallAtPrecision):  # type: ignore[misc]
    """The greatest recall at a threshold whose precision is at least as wished.

    Parameters
    ----------
    precision : float in [0, 1]
        The precision wished for.
    num_thresholds : int, default 200
        How many thresholds, even from 0 to 1; a score is positive iff it is greater.
    class_id : int, optional
        Only this column is counted.
    name, dtype : optional
        As of every metric of Keras.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.
    undefined : {"zero", "nan"}, default "zero"
        What it is while positives are lacking; Keras's is 0.

    Notes
    -----
    In [0, 1]; 0 where no threshold qualifies. `metric.threshold` is the highest threshold that reaches it, or None.
    Source: keras.metrics.RecallAtPrecision (Keras 3.15.1).

    Examples
    --------
    >>> from thresher.keras import RecallAtPrecision
    >>> metric = RecallAtPrecision(0.5, num_thresholds=5)
    >>> metric.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    >>> round(float(metric.result()), 4), metric.threshold
    (1.0, 0.25)
    """

    _SHOWN = "recall"
    _HELD = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        *,
        from_logits: bool = False,
        use_mask: bool = False,
        undefined: str = "zero",
    ) -> None:
        self._start(
            from_logits,
            use_mask,
            undefined,
            precision=precision,
            num_thresholds=num_thresholds,
            class_id=class_id,
            name=name,
            dtype=dtype,
        )
