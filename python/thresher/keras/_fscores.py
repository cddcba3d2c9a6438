"""F-scores by class: Keras's formula, of counts that lose none."""

from __future__ import annotations

from typing import Any

import numpy as np

from thresher.keras._framework import host, keras, mask_of, ops, registered, runs_eagerly, tensor_of, working_dtype
from thresher.keras._limbs import summed
from thresher.keras._rows import column, squashed
from thresher.keras._state import Limbed
from thresher.keras._variables import cells

__all__ = ["F1Score", "FBetaScore"]

CELLS = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


class _FScore(Limbed):
    """Comes before Keras's class."""

    true_positives = cells()
    false_positives = cells()
    false_negatives = cells()
    intermediate_weights = cells()

    _options: dict[str, Any]

    def _set_options(self, class_id: int | None, from_logits: bool, use_mask: bool) -> None:
        options = {"class_id": class_id, "from_logits": from_logits, "use_mask": use_mask}
        object.__setattr__(self, "_options", options)

    def get_config(self) -> dict[str, Any]:
        """Return Keras's config, and what is set beyond it."""
        more = {name: value for name, value in self._options.items() if value is not None and value is not False}
        return {**super().get_config(), **more}  # type: ignore[misc]

    def _build_like(self, other: Any) -> None:
        shape = (None, *(other.true_positives.shape or (1,)))
        self._build(shape, shape)  # type: ignore[attr-defined]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch of shape (n, classes), or (n,) of one class.

        Labels count as they are, so soft ones count in part; weights are of rows, or of every entry.

        Raises
        ------
        ValueError
            If `class_id` is no column of the batch.
        """
        mask = mask_of(y_pred) if self._options["use_mask"] else None
        given = (y_true, y_pred, sample_weight, mask)
        on_host = [None if each is None else host(each) for each in given] if runs_eagerly() else [None] * 4
        if on_host[0] is not None and all((a is None) == (b is None) for a, b in zip(on_host, given, strict=True)):
            sums = self._sums(np, *(None if each is None else np.asarray(each, np.float64) for each in on_host))
            self._load()
            held = self._host.held
            assert held is not None
            for name, more in zip(CELLS, sums, strict=True):
                held[name] = held[name] + np.asarray(more)
            self._host.blank = False
            self._changed()
            return
        tensors = [None if each is None else ops.cast(ops.convert_to_tensor(each), "float32") for each in given]
        for name, more in zip(CELLS, self._sums(ops, *tensors), strict=True):
            variable = self._host.limbs[name]
            variable.assign(summed(variable.value, more))

    def _sums(self, library: Any, y_true: Any, y_pred: Any, weights: Any, mask: Any) -> tuple[Any, ...]:
        """Return the four sums of a batch, by class or, for the micro average, of all."""
        y_true, y_pred = (each[:, None] if len(each.shape) == 1 else each for each in (y_true, y_pred))
        flagged, class_id = self._flagged(library, y_pred), self._options["class_id"]
        if class_id is not None:
            flagged, y_true = column(flagged, class_id, "y_pred"), column(y_true, class_id, "y_true")
        if not self._built:  # type: ignore[attr-defined]
            self._build(tuple(y_true.shape), tuple(flagged.shape))  # type: ignore[attr-defined]
        flagged = flagged.astype(np.float64) if library is np else ops.cast(flagged, "float32")
        parts = (flagged * y_true, flagged * (1 - y_true), (1 - flagged) * y_true, y_true)
        for factor in weights, mask:
            if factor is not None:
                by_entry = factor if len(factor.shape) else factor[None]
                by_entry = by_entry if len(by_entry.shape) == 2 else by_entry[..., None]
                parts = tuple(part * by_entry for part in parts)
        return tuple(library.sum(part, axis=self.axis) for part in parts)  # type: ignore[attr-defined]

    def _flagged(self, library: Any, y_pred: Any) -> Any:
        """Return where a class is predicted."""
        logits = self._options["from_logits"]
        if self.threshold is None:  # type: ignore[attr-defined]
            greatest = y_pred >= library.max(y_pred, axis=-1, keepdims=True)
            if logits:
                return greatest
            return library.logical_and(greatest, library.abs(y_pred) > 1e-9)  # rows of zeros flag nothing
        scores = y_pred.astype(np.float32) if library is np else y_pred
        if logits:
            scores = squashed(scores) if library is np else ops.sigmoid(scores)
        return scores > np.float32(self.threshold)  # type: ignore[attr-defined]

    def result(self) -> Any:
        """Return the score: of shape (classes,) without an average, else a scalar.

        Raises
        ------
        AttributeError
            Before the first batch, as Keras's.
        """
        if not self._built:  # type: ignore[attr-defined]
            raise AttributeError(f"'{type(self).__name__}' object has no attribute 'true_positives'")
        dtype = working_dtype(self.dtype)  # type: ignore[attr-defined]
        if runs_eagerly():
            held = self._host_cells()
            score = self._score(np, *(held[name].values.astype(np.float64) for name in CELLS))
            return tensor_of(np.asarray(score, dtype))
        return self._score(ops, *(self._tensor(name) for name in CELLS))

    def _score(self, library: Any, tp: Any, fp: Any, fn_: Any, support: Any) -> Any:
        epsilon = keras.config.epsilon()
        precision, recall = tp / (tp + fp + epsilon), tp / (tp + fn_ + epsilon)
        squared = self.beta**2  # type: ignore[attr-defined]
        score = precision * recall / (squared * precision + recall + epsilon) * (1 + squared)
        if self.average == "weighted":  # type: ignore[attr-defined]
            return library.sum(score * (support / (library.sum(support) + epsilon)))
        return score if self.average is None else library.mean(score)  # type: ignore[attr-defined]


@registered
class FBetaScore(_FScore, keras.metrics.FBetaScore):  # type: ignore[misc]
    """The F-beta score by class, or its average.

    Parameters
    ----------
    average : {None, "micro", "macro", "weighted"}, optional
        None, the default, is one score a class.
    beta : float, default 1.0
        How much more recall weighs than precision; greater than 0.
    threshold : float in (0, 1], optional
        A class is predicted iff its score is greater; by default only the class of the greatest score is.
    name, dtype : optional
        As of every metric of Keras.
    class_id : int, optional
        Only this class is counted, of those that are predicted among all.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid before they meet the threshold.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.

    Notes
    -----
    In [0, 1], with Keras's epsilon in every denominator: a perfect score is 1 - 2e-7. Predictions may also be of shape
    (n,): one class. Source: keras.metrics.FBetaScore (Keras 3.15.1).

    Examples
    --------
    >>> from thresher.keras import FBetaScore
    >>> metric = FBetaScore(beta=2.0, threshold=0.5)
    >>> metric.update_state([[1, 1, 1], [1, 0, 0], [1, 1, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]])
    >>> [round(float(value), 4) for value in metric.result()]
    [0.3846, 0.9091, 0.8333]
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: Any = None,
        *,
        class_id: int | None = None,
        from_logits: bool = False,
        use_mask: bool = False,
    ) -> None:
        self._set_options(class_id, from_logits, use_mask)
        super().__init__(average=average, beta=beta, threshold=threshold, name=name, dtype=dtype)


@registered
class F1Score(_FScore, keras.metrics.F1Score):  # type: ignore[misc]
    """The F1 score by class, or its average.

    Parameters
    ----------
    average : {None, "micro", "macro", "weighted"}, optional
        None, the default, is one score a class.
    threshold : float in (0, 1], optional
        A class is predicted iff its score is greater; by default only the class of the greatest score is.
    name, dtype : optional
        As of every metric of Keras.
    class_id : int, optional
        Only this class is counted, of those that are predicted among all.
    from_logits : bool, default False
        Whether predictions are logits; they go through a sigmoid before they meet the threshold.
    use_mask : bool, default False
        Leave out what Keras's mask of the predictions hides; Keras counts it.

    Notes
    -----
    In [0, 1], with Keras's epsilon in every denominator: a perfect score is 1 - 2e-7. Predictions may also be of shape
    (n,): one class. Source: keras.metrics.F1Score (Keras 3.15.1).

    Examples
    --------
    >>> from thresher.keras import F1Score
    >>> metric = F1Score(threshold=0.5)
    >>> metric.update_state([1, 1, 0, 0], [0.9, 0.3, 0.6, 0.2])
    >>> [round(float(value), 4) for value in metric.result()]
    [0.5]
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: Any = None,
        *,
        class_id: int | None = None,
        from_logits: bool = False,
        use_mask: bool = False,
    ) -> None:
        self._set_options(class_id, from_logits, use_mask)
        super().__init__(average=average, threshold=threshold, name=name, dtype=dtype)
