"""Shares of rows that are right: precision, recall, F-score, Jaccard; and what is said where one is undefined.

Of numbers and of arrays alike, by class or by threshold: each formula is scikit-learn's, operation by operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher.sklearn._answers import Declined

__all__ = ["JACCARD", "PRECISION", "RECALL", "Share", "f_score", "fill_of"]

Floats: TypeAlias = NDArray[np.float64]


class Share(NamedTuple):
    """A share, by what stands above and below its line: of rows that are right, that are predicted, that are true."""

    name: str
    undefined: str  # where it is: without these samples
    above: Callable[[Any, Any, Any], Any]
    below: Callable[[Any, Any, Any], Any]

    def of(self, right: Any, predicted: Any, true: Any, fill: float) -> tuple[Floats, NDArray[np.bool] | None]:
        """Return the shares, `fill` where they are undefined, and where that is; None where it is nowhere."""
        above, below = self.above(right, predicted, true), self.below(right, predicted, true)
        if below.all():
            return above / below, None
        undefined = below == 0
        return np.divide(above, below, out=np.full(below.shape, fill), where=~undefined), undefined

    def ill_defined(self, results: int, average: str | None = None) -> str:
        """Return the warning of one result, or of several of which any is undefined."""
        of, among = ("label", "sample") if average == "samples" else ("sample", "label")
        where = "due to" if results == 1 else f"in {among}s with"
        return (
            f"{self.name} is ill-defined and being set to 0.0 {where} no {self.undefined} {of}s. "
            "Use `zero_division` parameter to control this behavior."
        )


PRECISION = Share(
    "Precision", "predicted", lambda right, predicted, true: right, lambda right, predicted, true: predicted
)
RECALL = Share("Recall", "true", lambda right, predicted, true: right, lambda right, predicted, true: true)
JACCARD = Share(
    "Jaccard",
    "true or predicted",
    lambda right, predicted, true: right,
    lambda right, predicted, true: right + (predicted - right) + (true - right),
)


def f_score(beta: Any) -> Share:
    """Return the F-score; beta is finite and positive."""
    square = beta**2
    return Share(
        "F-score",
        "true nor predicted",
        lambda right, predicted, true: (1 + square) * right,
        lambda right, predicted, true: square * true + predicted,
    )


def fill_of(zero_division: Any, nan: bool = True) -> float:
    """Return what stands for an undefined share."""
    if type(zero_division) is str and zero_division == "warn":
        return 0.0
    if type(zero_division) in (int, float) and (zero_division in (0, 1) or (nan and zero_division != zero_division)):
        return float(zero_division)
    raise Declined(f"`zero_division` is {zero_division!r}")
