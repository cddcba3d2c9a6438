"""Metrics of arrays in memory, all of them exact."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._arrays import ArrayLike, column, only, threshold_array, whole
from thresher._errors import one_of
from thresher._labels import label_columns
from thresher._problem import Problem, Rows, counted
from thresher._queries import PR_AUC_METHODS, precision_recall_curve_of, roc_curve_of
from thresher.confusion import COMPARISONS, ConfusionCounts
from thresher.curves import DetCurve, PrecisionRecallCurve, RocCurve

__all__ = [
    "average_precision",
    "confusion_at",
    "det_curve",
    "pr_auc",
    "precision_recall_curve",
    "roc_auc",
    "roc_curve",
    "thresholds_from",
]


def roc_auc(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    max_fpr: float | None = None,
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> float:
    """Return the area under the ROC curve; ties count half.

    Parameters
    ----------
    labels : array-like of shape (n,), (n, 1) or (n, m)
        0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    scores : array-like of shape (n,), (n, 1) or (n, m)
        Real numbers of any dtype and scale, infinities included, higher meaning more positive; 64-bit integers and
        longdouble when exact in float64. Several columns are several models or labels: the result is an array of m.
    weights : array-like of shape (n,), optional
        Finite and >= 0; a row of weight 0 is validated and left out.
    max_fpr : float, optional
        In (0, 1]: the partial area up to this false positive rate, McClish-standardised.
    pos_label : optional
        A row is positive iff its label equals this; any other label but NaN and None is negative.
    nan : {"raise", "drop"}, default "raise"
        Rows whose score is NaN are an error, or left out.
    n_threads : int, optional
        Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

    Returns
    -------
    float, or float64 array of shape (m,)
        `Σ p (N_below + n/2) / (P·N)` over groups of tied scores, in [0, 1], correctly rounded when there are no
        weights. NaN unless there are positives and negatives.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted; it names the first index.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    As `sklearn.metrics.roc_auc_score`, whose undefined cases raise or warn. McClish, "Analyzing a portion of the ROC
    curve", 1989, for the partial area.

    Examples
    --------
    >>> import thresher as th
    >>> th.roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    problem = Problem.of(labels, scores, weights, pos_label, nan, n_threads)
    return problem.areas(lambda rows: _core.roc_auc(*rows, max_fpr))


def average_precision(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> float:
    """Return the average precision: the area under the precision-recall curve by steps.

    Parameters
    ----------
    labels : array-like of shape (n,), (n, 1) or (n, m)
        0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    scores : array-like of shape (n,), (n, 1) or (n, m)
        Real numbers of any dtype and scale, infinities included, higher meaning more positive; 64-bit integers and
        longdouble when exact in float64. Several columns are several models or labels: the result is an array of m.
    weights : array-like of shape (n,), optional
        Finite and >= 0; a row of weight 0 is validated and left out.
    pos_label : optional
        A row is positive iff its label equals this; any other label but NaN and None is negative.
    nan : {"raise", "drop"}, default "raise"
        Rows whose score is NaN are an error, or left out.
    n_threads : int, optional
        Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

    Returns
    -------
    float, or float64 array of shape (m,)
        `Σ (p / P) · (T + p) / (T + p + F + n)` over groups of tied scores from the highest down, in [0, 1]. NaN without
        positives.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted; it names the first index.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    As `sklearn.metrics.average_precision_score`: no interpolation.

    Examples
    --------
    >>> import thresher as th
    >>> round(th.average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """
    problem = Problem.of(labels, scores, weights, pos_label, nan, n_threads)
    return problem.areas(lambda rows: _core.average_precision(*rows))


def pr_auc(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    method: str = "step",
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> float:
    """Return the area under the precision-recall curve by the named interpolation.

    Parameters
    ----------
    labels : array-like of shape (n,), (n, 1) or (n, m)
        0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    scores : array-like of shape (n,), (n, 1) or (n, m)
        Real numbers of any dtype and scale, infinities included, higher meaning more positive; 64-bit integers and
        longdouble when exact in float64. Several columns are several models or labels: the result is an array of m.
    weights : array-like of shape (n,), optional
        Finite and >= 0; a row of weight 0 is validated and left out.
    method : {"step", "davis-goadrich", "trapezoid"}, default "step"
        "step" is the average precision; "davis-goadrich" is that of Keras, XGBoost and H2O; "trapezoid" joins the
        points by straight lines, which is optimistic.
    pos_label : optional
        A row is positive iff its label equals this; any other label but NaN and None is negative.
    nan : {"raise", "drop"}, default "raise"
        Rows whose score is NaN are an error, or left out.
    n_threads : int, optional
        Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

    Returns
    -------
    float, or float64 array of shape (m,)
        In [0, 1]; NaN without positives.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted; it names the first index.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    Davis and Goadrich, "The relationship between precision-recall and ROC curves", 2006.

    Examples
    --------
    >>> import thresher as th
    >>> round(th.pr_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], method="trapezoid"), 4)
    0.7917
    """
    one_of("method", method, PR_AUC_METHODS)
    problem = Problem.of(labels, scores, weights, pos_label, nan, n_threads)
    return problem.areas(lambda rows: counted(rows).pr_auc(method)[0])


def roc_curve(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    drop_intermediate: bool = True,
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> RocCurve:
    """Return the ROC curve: true positive rate against false positive rate.

    Parameters
    ----------
    labels : array-like of shape (n,), (n, 1) or (n, m)
        0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    scores : array-like of shape (n,), (n, 1) or (n, m)
        Real numbers of any dtype and scale, infinities included, higher meaning more positive; 64-bit integers and
        longdouble when exact in float64. Several columns are several models or labels: a list of m curves results.
    weights : array-like of shape (n,), optional
        Finite and >= 0; a row of weight 0 is validated and left out.
    drop_intermediate : bool, default True
        Leave out points on a straight line between their neighbours, as scikit-learn does.
    pos_label : optional
        A row is positive iff its label equals this; any other label but NaN and None is negative.
    nan : {"raise", "drop"}, default "raise"
        Rows whose score is NaN are an error, or left out.
    n_threads : int, optional
        Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

    Returns
    -------
    RocCurve, or list of m
        Unpacks as `fpr, tpr, thresholds`, from (0, 0) at threshold inf; each point counts `score >= threshold`. Rates
        are NaN where their class has no rows.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted; it names the first index.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    Order and end points are those of `sklearn.metrics.roc_curve`.

    Examples
    --------
    >>> import thresher as th
    >>> fpr, tpr, thresholds = th.roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> fpr.tolist(), tpr.tolist()
    ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])
    """
    problem = Problem.of(labels, scores, weights, pos_label, nan, n_threads)
    return problem.each(lambda rows: roc_curve_of(counted(rows), drop_intermediate))


def precision_recall_curve(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    drop_intermediate: bool = False,
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> PrecisionRecallCurve:
    """Return precision against recall.

    Parameters
    ----------
    labels : array-like of shape (n,), (n, 1) or (n, m)
        0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    scores : array-like of shape (n,), (n, 1) or (n, m)
        Real numbers of any dtype and scale, infinities included, higher meaning more positive; 64-bit integers and
        longdouble when exact in float64. Several columns are several models or labels: a list of m curves results.
    weights : array-like of shape (n,), optional
        Finite and >= 0; a row of weight 0 is validated and left out.
    drop_intermediate : bool, default False
        Leave out points at which no positive is added, as scikit-learn does.
    pos_label : optional
        A row is positive iff its label equals this; any other label but NaN and None is negative.
    nan : {"raise", "drop"}, default "raise"
        Rows whose score is NaN are an error, or left out.
    n_threads : int, optional
        Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

    Returns
    -------
    PrecisionRecallCurve, or list of m
        Unpacks as `precision, recall, thresholds`, thresholds increasing, with a closing point (recall 0, precision 1)
        that has none; each point counts `score >= threshold`. Recall is NaN without positives.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted; it names the first index.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    Order and end point are those of `sklearn.metrics.precision_recall_curve`.

    Examples
    --------
    >>> import thresher as th
    >>> precision, recall, thresholds = th.precision_recall_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> precision.round(2).tolist(), recall.tolist()
    ([0.5, 0.67, 0.5, 1.0, 1.0], [1.0, 1.0, 0.5, 0.5, 0.0])
    """
    problem = Problem.of(labels, scores, weights, pos_label, nan, n_threads)
    return problem.each(lambda rows: precision_recall_curve_of(counted(rows), drop_intermediate))


def det_curve(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    drop_intermediate: bool = False,
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> DetCurve:
    """Return the detection error tradeoff: false negative against false positive rate.

    Parameters
    ----------
    labels : array-like of shape (n,), (n, 1) or (n, m)
        0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    scores : array-like of shape (n,), (n, 1) or (n, m)
        Real numbers of any dtype and scale, infinities included, higher meaning more positive; 64-bit integers and
        longdouble when exact in float64. Several columns are several models or labels: a list of m curves results.
    weights : array-like of shape (n,), optional
        Finite and >= 0; a row of weight 0 is validated and left out.
    drop_intermediate : bool, default False
        Leave out points on a straight line between their neighbours, as scikit-learn does.
    pos_label : optional
        A row is positive iff its label equals this; any other label but NaN and None is negative.
    nan : {"raise", "drop"}, default "raise"
        Rows whose score is NaN are an error, or left out.
    n_threads : int, optional
        Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

    Returns
    -------
    DetCurve, or list of m
        Unpacks as `fpr, fnr, thresholds`, thresholds increasing; each point counts `score >= threshold`. Rates are NaN
        where their class has no rows.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted; it names the first index.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    Order and end points are those of `sklearn.metrics.det_curve`.

    Examples
    --------
    >>> import thresher as th
    >>> fpr, fnr, thresholds = th.det_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> fpr.tolist(), fnr.tolist()
    ([0.5, 0.5, 0.0], [0.0, 0.5, 0.5])
    """
    problem = Problem.of(labels, scores, weights, pos_label, nan, n_threads)
    return problem.each(lambda rows: DetCurve(*counted(rows).det_curve(drop_intermediate)))


def confusion_at(
    labels: ArrayLike,
    scores: ArrayLike,
    thresholds: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    comparison: str = ">=",
    pos_label: Any = None,
    nan: str = "raise",
    n_threads: int | None = None,
) -> ConfusionCounts:
    """Return true and false positives and negatives at thresholds.

    Parameters
    ----------
    labels : array-like of shape (n,), (n, 1) or (n, m)
        0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    scores : array-like of shape (n,), (n, 1) or (n, m)
        Real numbers of any dtype and scale, infinities included, higher meaning more positive; 64-bit integers and
        longdouble when exact in float64. Several columns are several models or labels: the result is a list of m.
    thresholds : float or array-like of shape (k,)
        Where the scores are cut: any order, duplicates and ±inf accepted. They are rounded to the dtype of the scores
        (float64 for integers) before real numbers are compared. Shared by all columns.
    weights : array-like of shape (n,), optional
        Finite and >= 0; a row of weight 0 is validated and left out.
    comparison : {">=", ">"}, default ">="
        A row is flagged positive iff `score >= threshold`, or `score > threshold`.
    pos_label : optional
        A row is positive iff its label equals this; any other label but NaN and None is negative.
    nan : {"raise", "drop"}, default "raise"
        Rows whose score is NaN are an error, or left out.
    n_threads : int, optional
        Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

    Returns
    -------
    ConfusionCounts, or list of m
        Aligned with `thresholds`, in their order; scalars for a scalar threshold. int64, float64 with weights.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted; it names the first index.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Notes
    -----
    A count is exactly what comparing every score with every threshold gives, as `scores >= 0.7` does in NumPy, pandas,
    Polars and DuckDB.

    Examples
    --------
    A float32 0.7 is 0.699999988, and yet it reaches the threshold 0.7, which is rounded to float32 first:

    >>> import numpy as np, thresher as th
    >>> scores = np.array([0.7, 0.3], dtype=np.float32)
    >>> counts = th.confusion_at([1, 0], scores, [0.7, 0.1])
    >>> counts.true_positives.tolist(), counts.false_positives.tolist()
    ([1, 1], [0, 1])
    """
    one_of("comparison", comparison, COMPARISONS)
    cuts, scalar = threshold_array(thresholds, "thresholds")
    problem = Problem.of(labels, scores, weights, pos_label, nan, n_threads)

    def counts(rows: Rows) -> ConfusionCounts:
        state = _core.Accumulator.thresholds_counts(cuts, comparison, None, False)
        state.update(*rows)
        return ConfusionCounts.of(state.confusion(None, comparison, False), comparison, scalar)

    return problem.each(counts)


def thresholds_from(
    scores: ArrayLike,
    k: int = 65_536,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = None,
    n_threads: int | None = None,
) -> NDArray[np.float64]:
    """Return thresholds placed by a sample of scores, for ThresholdCounts with the tightest bounds.

    Parameters
    ----------
    scores : array-like of shape (n,) or (n, 1)
        A pilot sample; 40,000 rows are enough for bounds of about 3e-5.
    k : int, default 65,536
        How many thresholds at most, >= 1.
    labels : array-like of shape (n,) or (n, 1), optional
        With them, thresholds are densest where the classes overlap; without them they are quantiles.
    pos_label, n_threads : optional
        As in `roc_auc`.

    Returns
    -------
    float64 array of shape (at most k,)
        Increasing.

    Raises
    ------
    Error
        For a value, a shape or a length that is not accepted; it names the first index.
    TypeError
        For a dtype that is not real, or an object that is no array.

    Examples
    --------
    >>> import thresher as th
    >>> pilot = [0.001, 0.002, 0.004, 0.9]
    >>> counts = th.ThresholdCounts(th.thresholds_from(pilot, 4))
    >>> counts.update([0, 0, 1, 1], pilot)
    >>> counts.roc_auc()
    1.0
    """
    positive = None
    source = None
    if labels is not None:
        sources, positive = label_columns(labels, pos_label)
        source = only(sources, "labels")
    return _core.thresholds_from(column(scores, "scores"), source, whole("k", k, least=1), positive, n_threads)
