"""Scorers of scikit-learn: responses of two columns, and the way of a patched scorer to a worker of joblib.

scikit-learn's scorers want one column of scores from a binary classifier. Keras's `SKLearnClassifier` responds with one
for each of its two classes, which scikit-learn refuses; while patched, the right one is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import numpy as np
from joblib.externals.loky.backend.reduction import register
from sklearn.metrics import _scorer

from thresher.sklearn._answers import DropIn
from thresher.sklearn._thresholds import CURVE_SCORER, curve_score

__all__ = ["SCORERS", "carry"]

TWO_COLUMNS = "two_columns"


def two_columns_score(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method `_score` of scikit-learn's scorer, which takes the right one of two columns."""

    @wraps(theirs)
    def _score(self: Any, method_caller: Any, estimator: Any, X: Any, y_true: Any, **kwargs: Any) -> Any:
        ours = isinstance(self._score_func, DropIn) and self._response_method != "predict" and np.ndim(y_true) == 1
        if not ours or len(getattr(estimator, "classes_", ())) != 2:
            return theirs(self, method_caller, estimator, X, y_true, **kwargs)

        def of_one_column(*args: Any, **parameters: Any) -> Any:
            # That of the larger class; where the other is positive, scikit-learn has negated both.
            found = method_caller(*args, **parameters)
            return found[:, 1] if isinstance(found, np.ndarray) and found.shape[1:] == (2,) else found

        return theirs(self, of_one_column, estimator, X, y_true, **kwargs)

    return _score


# By the name that `patch` takes: a class of scikit-learn, and what makes our method `_score` of its own.
SCORERS: dict[str, tuple[type, Callable[[Any], Any]]] = {
    CURVE_SCORER: (_scorer._CurveScorer, curve_score),
    TWO_COLUMNS: (_scorer._Scorer, two_columns_score),
}


@cache
def _carried(name: str) -> type[Any]:
    kind, make = SCORERS[name]
    return type(kind.__name__, (kind,), {"_score": make(vars(kind)["_score"])})


def _arrived(name: str) -> Any:
    """Return an empty scorer whose method is ours in a worker too, which is not patched."""
    return object.__new__(_carried(name))


def carry(patched: set[str]) -> None:
    """Let scorers be pickled for workers of joblib, from now on, with the methods that are then patched."""

    def reducer(name: str) -> Callable[[Any], Any]:
        def reduce(scorer: Any) -> Any:
            return (_arrived, (name,), vars(scorer)) if name in patched else scorer.__reduce_ex__(4)

        return reduce

    for name, (kind, _) in SCORERS.items():
        register(kind, reducer(name))
