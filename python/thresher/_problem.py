"""The arguments every metric of arrays takes: columns of labels and scores, paired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np

from thresher import _core
from thresher._arrays import ArrayLike, column, columns
from thresher._errors import Error, one_of
from thresher._labels import label_columns

__all__ = ["Problem", "Rows", "counted"]

# labels, scores, weights, positive, drop_nan, n_threads: what the core takes
Rows: TypeAlias = tuple[Any, Any, Any, bool | int | float | None, bool, int | None]

Result = TypeVar("Result")


def counted(rows: Rows, sums: bool = False) -> _core.Accumulator:
    """Return exact counts of the rows, with further sums if asked for."""
    return _core.Accumulator.counted(*rows, sums)


@dataclass(frozen=True)
class Problem:
    """One or several columns of scores, each with its labels."""

    rows: list[Rows]

    @classmethod
    def of(
        cls,
        labels: ArrayLike,
        scores: ArrayLike,
        weights: ArrayLike | None,
        pos_label: Any,
        nan: str,
        n_threads: int | None,
    ) -> Problem:
        """Take the arguments apart; labels (n,) serve every column of scores (n, m)."""
        one_of("nan", nan, ("raise", "drop"))
        label_sources, positive = label_columns(labels, pos_label)
        score_sources = columns(scores, "scores")
        if len(label_sources) not in (1, len(score_sources)):
            raise Error(
                f"`labels` has {len(label_sources)} columns but `scores` has {len(score_sources)}; labels of shape "
                "(n,), or one column for each of scores, are accepted"
            )
        weight_source = None if weights is None else column(weights, "weights")
        if len(label_sources) == 1:
            label_sources = label_sources * len(score_sources)
        pairs = zip(label_sources, score_sources, strict=True)
        drop = nan == "drop"
        return cls([(each, score, weight_source, positive, drop, n_threads) for each, score in pairs])

    def areas(self, area: Callable[[Rows], float]) -> float:
        """Return the float of one column, or the float64 array of several (typed as the usual one)."""
        found: Any = self.each(area)
        return cast("float", np.array(found) if isinstance(found, list) else found)

    def each(self, result: Callable[[Rows], Result]) -> Result:
        """Return the result of one column, or the list of several (typed as the usual one).

        An error says which column it came from.
        """
        if len(self.rows) == 1:
            return result(self.rows[0])
        results: list[Result] = []
        for index, rows in enumerate(self.rows):
            try:
                results.append(result(rows))
            except ValueError as error:
                error.add_note(f"in column {index} of `scores`")
                raise
        return cast("Result", results)
