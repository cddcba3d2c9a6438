"""Rates of a confusion table, each with its formula; the core computes them, entry by entry."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._errors import one_of

__all__ = ["RATES", "Rates", "Values"]

Values: TypeAlias = "NDArray[np.float64] | float"


class Rates:
    """Named rates of `true_positives`, `false_positives`, `false_negatives` and `true_negatives`.

    In the formulas TP, FP, FN and TN are the counts (sums of weights), P = TP + FN, N = FP + TN, n = P + N. A rate is a
    float64 array aligned with the thresholds, or a float for a scalar threshold, and NaN at just those entries where
    its denominator is zero; no warning is given.
    """

    __slots__ = ()

    true_positives: NDArray[np.int64] | NDArray[np.float64] | int | float
    false_positives: NDArray[np.int64] | NDArray[np.float64] | int | float
    false_negatives: NDArray[np.int64] | NDArray[np.float64] | int | float
    true_negatives: NDArray[np.int64] | NDArray[np.float64] | int | float

    def rate(self, name: str, beta: float = 1.0) -> Values:
        """Return the rate of that name: any property or method of this class, or "f1".

        Parameters
        ----------
        name : str
            As "recall", "precision" or "f1".
        beta : float, default 1.0
            Weight of recall against precision, for "f_score" alone.

        Raises
        ------
        Error
            For an unknown name.

        Examples
        --------
        >>> import thresher as th
        >>> th.confusion_at([0, 1, 1], [0.3, 0.6, 0.2], 0.5).rate("recall")
        0.5
        """
        one_of("name", name, RATES)
        tp, fp = np.atleast_1d(self.true_positives), np.atleast_1d(self.false_positives)
        fn_, tn = np.atleast_1d(self.false_negatives), np.atleast_1d(self.true_negatives)
        values = _core.rate(name, tp, fp, fn_, tn, float(beta))
        return values if np.ndim(self.true_positives) else float(values[0])

    @property
    def recall(self) -> Values:
        """`TP / P`, 0 to 1: share of the positives that are found; NaN without positives."""
        return self.rate("recall")

    @property
    def true_positive_rate(self) -> Values:
        """`TP / P`, 0 to 1: another name of `recall`."""
        return self.rate("true_positive_rate")

    @property
    def false_positive_rate(self) -> Values:
        """`FP / N`, 0 to 1: share of the negatives that are flagged."""
        return self.rate("false_positive_rate")

    @property
    def false_negative_rate(self) -> Values:
        """`FN / P`, 0 to 1: share of the positives that are missed."""
        return self.rate("false_negative_rate")

    @property
    def specificity(self) -> Values:
        """`TN / N`, 0 to 1: share of the negatives that are left alone."""
        return self.rate("specificity")

    @property
    def precision(self) -> Values:
        """`TP / (TP + FP)`, 0 to 1: share of the flagged that are positive; NaN where none is flagged."""
        return self.rate("precision")

    @property
    def negative_predictive_value(self) -> Values:
        """`TN / (TN + FN)`, 0 to 1: share of the unflagged that are negative."""
        return self.rate("negative_predictive_value")

    @property
    def false_discovery_rate(self) -> Values:
        """`FP / (TP + FP)`, 0 to 1: share of the flagged that are negative."""
        return self.rate("false_discovery_rate")

    @property
    def accuracy(self) -> Values:
        """`(TP + TN) / n`, 0 to 1: share of the rows that are right."""
        return self.rate("accuracy")

    @property
    def error_rate(self) -> Values:
        """`(FP + FN) / n`, 0 to 1: share of the rows that are wrong."""
        return self.rate("error_rate")

    @property
    def balanced_accuracy(self) -> Values:
        """`(TP / P + TN / N) / 2`, 0 to 1: mean of recall and specificity."""
        return self.rate("balanced_accuracy")

    def f_score(self, beta: float = 1.0) -> Values:
        """`(1 + β²) TP / ((1 + β²) TP + β² FN + FP)`, 0 to 1: harmonic mean of precision and recall.

        Parameters
        ----------
        beta : float, default 1.0
            How many times as much recall counts as precision; >= 0.

        Examples
        --------
        >>> import thresher as th
        >>> round(th.confusion_at([0, 1, 1], [0.6, 0.6, 0.2], 0.5).f_score(2.0), 3)
        0.5
        """
        return self.rate("f_score", beta)

    @property
    def jaccard(self) -> Values:
        """`TP / (TP + FP + FN)`, 0 to 1: intersection over union of flagged and positive."""
        return self.rate("jaccard")

    @property
    def matthews_correlation(self) -> Values:
        """`(TP·TN - FP·FN) / √((TP + FP)(TP + FN)(TN + FP)(TN + FN))`, -1 to 1: correlation of flagged and positive."""
        return self.rate("matthews_correlation")

    @property
    def cohen_kappa(self) -> Values:
        """`2 (TP·TN - FP·FN) / ((TP + FP)(FP + TN) + (TP + FN)(FN + TN))`, -1 to 1: agreement beyond chance."""
        return self.rate("cohen_kappa")

    @property
    def youden_j(self) -> Values:
        """`TP / P - FP / N`, -1 to 1: recall + specificity - 1."""
        return self.rate("youden_j")

    @property
    def markedness(self) -> Values:
        """`TP / (TP + FP) + TN / (TN + FN) - 1`, -1 to 1: precision + negative predictive value - 1."""
        return self.rate("markedness")

    @property
    def prevalence(self) -> Values:
        """`P / n`, 0 to 1: share of the rows that are positive, at every threshold the same."""
        return self.rate("prevalence")

    @property
    def predicted_positive_rate(self) -> Values:
        """`(TP + FP) / n`, 0 to 1: share of the rows that are flagged."""
        return self.rate("predicted_positive_rate")

    @property
    def lift(self) -> Values:
        """`precision / prevalence`, 0 up: how much denser positives are among the flagged than among all."""
        return self.rate("lift")

    @property
    def positive_likelihood_ratio(self) -> Values:
        """`recall / false_positive_rate`, 0 up: odds of being positive, multiplied by this when flagged."""
        return self.rate("positive_likelihood_ratio")

    @property
    def negative_likelihood_ratio(self) -> Values:
        """`false_negative_rate / specificity`, 0 up: odds of being positive, multiplied by this when not flagged."""
        return self.rate("negative_likelihood_ratio")


RATES = (
    "recall",
    "true_positive_rate",
    "false_positive_rate",
    "false_negative_rate",
    "specificity",
    "precision",
    "negative_predictive_value",
    "false_discovery_rate",
    "accuracy",
    "error_rate",
    "balanced_accuracy",
    "f_score",
    "jaccard",
    "matthews_correlation",
    "cohen_kappa",
    "youden_j",
    "markedness",
    "prevalence",
    "predicted_positive_rate",
    "lift",
    "positive_likelihood_ratio",
    "negative_likelihood_ratio",
    "f1",
)
"""Names that stand for a metric wherever one is given as a string."""
