"""AUC: `keras.metrics.AUC` with exact counts, thresholds compared as they are, and thresholds even in log-odds."""

from __future__ import annotations

from typing import Any

import numpy as np

from thresher.keras._areas import NUMPY, area
from thresher.keras._cuts import Counts
from thresher.keras._framework import keras, registered
from thresher.keras._rows import Layout
from thresher.keras._thresholded import Thresholded
from thresher.keras._variables import cells

__all__ = ["AUC"]

LOG_ODDS = 14.0  # to 8e-7 of 0 and 1. 200 thresholds are then 0.14 apart: 8e-4 off on logits N(-7, 1), as 1e-3 at 16


@registered
class AUC(Thresholded, keras.metrics.AUC):  # type: ignore[misc]
    """The area under the ROC, precision-recall or precision-recall-gain curve, of counts at thresholds.

    Parameters
    ----------
    num_thresholds : int, default 200
        How many thresholds, with the two ends; ignored where `thresholds` are given.
    curve : {"ROC", "PR", "PRGAIN"}, default "ROC"
        The curve.
    summation_method : {"interpolation", "minoring", "majoring"}, default "interpolation"
        How neighbouring points are joined: by a line (Davis and Goadrich's for "PR"), by the smaller, by the greater.
    name, dtype : optional
        As of every metric of Keras.
    thresholds : sequence of float, optional
        The inner thresholds, in any order.
    multi_label : bool, default False
        Whether columns are labels with an area each; the result is their mean.
    num_labels : int, optional
        How many labels; by default the first batch tells.
    label_weights : sequence of float, optional
        With `multi_label`, the weights of that mean; else a factor of the weights of each column.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid first.
    spacing : {"probability", "logit"}, default "probability"
        Whether the thresholds are even between 0 and 1, as Keras's, or even in log-odds between -14 and 14, so that
        scores near 0 and near 1, of rare or of sure events, are told apart.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.
    undefined : {"zero", "nan"}, default "zero"
        What the area of one class alone is; Keras's is 0. With "nan" labels of one class are left out of the mean.

    Notes
    -----
    In [0, 1]. The two end thresholds act as -inf and +inf, so scores outside [0, 1] lose no area; a score on a
    threshold is not above it, on every path, whereas Keras misplaces those on 8 of its 200 thresholds.
    The area is that of the curve through T points, not the exact one: see `ExactAUC` and `ValidationMetrics`.

    Examples
    --------
    >>> from thresher.keras import AUC
    >>> metric = AUC()
    >>> metric.update_state([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])
    >>> float(metric.result())
    0.75
    """

    true_positives = cells()
    false_positives = cells()
    true_negatives = cells()
    false_negatives = cells()

    _thresholds: Any

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: Any = "ROC",
        summation_method: Any = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
        *,
        spacing: str = "probability",
        use_mask: bool = False,
        undefined: str = "zero",
    ) -> None:
        if spacing not in ("probability", "logit"):
            raise ValueError(f"`spacing` must be 'probability' or 'logit'. Received: spacing={spacing!r}")
        if spacing == "logit" and thresholds is not None:
            raise ValueError("`spacing` places the thresholds. Received both spacing='logit' and thresholds")
        self._set_options(from_logits=from_logits, use_mask=use_mask, undefined=undefined)
        super().__init__(
            num_thresholds=num_thresholds,
            curve=curve,
            summation_method=summation_method,
            name=name,
            dtype=dtype,
            thresholds=None if thresholds is None else list(thresholds),
            multi_label=multi_label,
            num_labels=num_labels,
            label_weights=label_weights,
            from_logits=from_logits,
        )
        self.spacing = spacing
        # As an array, which a traced step can read: there a tensor of TensorFlow or PyTorch says nothing to the host.
        given = self.label_weights
        self._label_weights = None if given is None else np.asarray(keras.ops.convert_to_numpy(given))
        if spacing == "logit":
            log_odds = np.linspace(-LOG_ODDS, LOG_ODDS, num_thresholds - 2)
            self._thresholds = np.concatenate(
                [self._thresholds[:1], 1 / (1 + np.exp(-log_odds)), self._thresholds[-1:]]
            )

    def get_config(self) -> dict[str, Any]:
        """Return Keras's config, and what is set beyond it."""
        config = super().get_config()
        return config if self.spacing == "probability" else {**config, "spacing": self.spacing}

    def _compared(self) -> Any:
        return np.concatenate([[-np.inf], np.sort(self.thresholds[1:-1]), [np.inf]])

    def _by_label(self) -> bool:
        return bool(self.multi_label)

    def _layout(self) -> Layout:
        return super()._layout()._replace(label_weights=None if self.multi_label else self._label_weights)

    def _ensure_built(self, y_pred: Any) -> None:
        if not self._built:
            self._build(tuple(y_pred.shape))

    def _build_like(self, other: Any) -> None:
        self._build((None, other._num_labels))

    def _value(self, library: Any, counts: Counts) -> Any:
        areas = area(library, counts, self.curve.value, self.summation_method.value)
        if not self.multi_label:
            return areas
        weights = library.ones_like(areas)
        if self.label_weights is not None:
            weights = weights * (self._label_weights if library is NUMPY else self.label_weights)
        if self._options["undefined"] == "nan":
            weights = library.where(self._of_both(counts), weights, library.zeros_like(weights))
        return library.divide_no_nan(library.sum(areas * weights), library.sum(weights))

    def _defined(self, library: Any, counts: Counts) -> Any:
        return library.max(library.where(self._of_both(counts), 1, 0)) > 0

    def _of_both(self, counts: Counts) -> Any:
        """Return where there is a positive and, unless the curve needs none, a negative."""
        positives = counts.true_positives[0] + counts.false_negatives[0] > 0
        if self.curve.value == "PR":
            return positives
        return positives & (counts.false_positives[0] + counts.true_negatives[0] > 0)
