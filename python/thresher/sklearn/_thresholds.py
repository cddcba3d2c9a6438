"""A metric of decisions at many thresholds: `metric_at_thresholds`, and the scores of TunedThresholdClassifierCV."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher.sklearn._answers import REFUSALS, Declined, answered, answers, handed_on
from thresher.sklearn._counted import in_dtype
from thresher.sklearn._decisions import Decisions, Formula, recognised
from thresher.sklearn._inputs import all_finite, classes_of, labels, vector, weights

__all__ = ["curve_score", "metric_at_thresholds"]

CURVE_SCORER = "TunedThresholdClassifierCV"


@answers("metric_at_thresholds")
def metric_at_thresholds(
    y_true: Any, y_score: Any, metric_func: Any, *, sample_weight: Any = None, metric_params: Any = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Answer metrics that counts decide, with labels 0 and 1; calling any other for each threshold is theirs."""
    formula = recognised(metric_func, metric_params or {})
    truth, given, weight = vector(y_true, "y_true"), vector(y_score, "y_score"), weights(sample_weight)
    counts = _core.Accumulator.counted(truth, given, weight, None, False, None, False)
    thresholds, *columns = counts.confusion(None, ">=", False)
    thresholds = np.ascontiguousarray(in_dtype(thresholds, given)[::-1])
    return formula(_decisions(counts, [column[::-1] for column in columns], (0, 1))), thresholds


def _decisions(counts: _core.Accumulator, columns: list[Any], of_classes: tuple[Any, Any]) -> Decisions:
    if not counts.n_positives or not counts.n_negatives:
        raise Declined("only one class is present")
    tp, fp, fn, tn = (np.array(column, np.float64) for column in columns)
    return Decisions(tp, fp, fn, tn, counts.weighted, of_classes)


def curve_score(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method `_score` of scikit-learn's scorer over thresholds, which counts once where it can.

    Its thresholds are even steps from the lowest to the highest score, or the caller's.
    """

    @wraps(theirs)
    def _score(self: Any, method_caller: Any, estimator: Any, X: Any, y_true: Any, **kwargs: Any) -> Any:
        parameters = {**self._kwargs, **kwargs}
        weight = parameters.pop("sample_weight", None)
        try:
            formula = recognised(self._score_func, parameters)
        except REFUSALS as why:
            handed_on(CURVE_SCORER, why)
            formula = None
        if formula is None:
            return theirs(self, method_caller, estimator, X, y_true, **kwargs)
        pos_label = self._get_pos_label()
        given = method_caller(estimator, self._response_method, X, pos_label=pos_label)
        try:
            found = _scored(self, formula, estimator.classes_, pos_label, y_true, given, weight)
        except REFUSALS as why:
            handed_on(CURVE_SCORER, why)
        else:
            answered(CURVE_SCORER)
            return found
        return theirs(self, lambda *_, **__: given, estimator, X, y_true, **kwargs)

    return _score


def _scored(
    scorer: Any, formula: Formula, classes: NDArray[Any], pos_label: Any, y_true: Any, y_score: Any, sample_weight: Any
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    given = vector(y_score, "y_score")
    if not all_finite(given):
        raise Declined("`y_score` is not finite")
    thresholds = scorer._thresholds
    if isinstance(thresholds, Integral):
        thresholds = np.linspace(given.min(), given.max(), thresholds)
    thresholds = vector(thresholds, "thresholds")
    given = given.astype(np.result_type(given, thresholds), copy=False)  # as NumPy compares the two
    found, codes = classes_of(labels(y_true))
    if len(found) != 2 or len(classes) != 2 or (found != classes).any():
        raise Declined("`y_true` has other classes than the estimator")
    places = [1] if pos_label is None else np.flatnonzero(classes == pos_label).tolist()
    if len(places) != 1:
        raise Declined("`pos_label` is none of the classes")
    positive, negative = places[0], 1 - places[0]
    state = _core.Accumulator.thresholds_counts(thresholds.astype(np.float64), ">=", None, False)
    state.update(codes, given, weights(sample_weight), positive, False, None)
    columns = state.confusion(None, ">=", False)[1:]
    values = formula(_decisions(state, list(columns), (classes[negative], classes[positive])))
    if values.ndim != 1:
        raise Declined("the metric is no number")
    return scorer._sign * values, thresholds
