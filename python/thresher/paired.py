"""Two models' scores of the same rows, counted batch by batch: compared when the rows are gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from thresher import _core
from thresher._arrays import ArrayLike, column, whole
from thresher._bootstrap import seed_of
from thresher._html import number, with_bounds
from thresher._intervals import Spread, meaning_of
from thresher._mergeable import Mergeable, shared_columns
from thresher.accumulators import CompactCounts
from thresher.bootstrap_comparison import Comparison, compared_by_bootstrap, held_rate, sampling_in_words
from thresher.comparison import RocAucComparison, compared, weights_in_words

__all__ = ["PairedCounts"]


class PairedCounts(Mergeable):
    """Counts of two models on the same rows, in memory that is limited whatever the rows: for data that do not stay.

    Each model is counted as by CompactCounts. Beside that a joint table keeps how often scores of the one came with
    scores of the other, for how the two areas vary together: its cells are `resolution` by `resolution` neighbouring
    intervals of CompactCounts.

    Parameters
    ----------
    max_cells : int, default 2**20
        The most cells of the joint table that may hold rows: 24 bytes each, 56 with weights, and twice that for moments
        while rows are taken in. The table is as fine as that allows, which depends on the rows alone, never on their
        batches, their order or what was merged with what. Merges with others of the same `max_cells` alone.

    Raises
    ------
    Error
        For no cell.

    See Also
    --------
    compare_roc_auc : of arrays, exact.

    Notes
    -----
    Besides cells, at most `max(262_144, n_cells)` rows or one batch of up to 2**20 rows wait to be taken in, at 8 bytes
    each (16 with weights); each model takes what a CompactCounts takes.

    Examples
    --------
    >>> import thresher as th
    >>> days = [th.PairedCounts() for _ in range(2)]
    >>> days[0].update([0, 0, 0, 0, 1], [1, 2, 3, 5, 4], [1, 6, 3, 5, 4])
    >>> days[1].update([1, 1, 1], [6, 7, 8], [2, 7, 8])
    >>> found = sum(days).compare_roc_auc()
    >>> print(found.difference)
    0.25 (-0.15 to 0.65, 95 %)
    """

    __slots__ = ()

    _kind: ClassVar[str] = "paired"
    _state: _core.PairedCounts

    def __init__(self, *, max_cells: int = 2**20) -> None:
        self._state = _core.PairedCounts(whole("max_cells", max_cells, least=1))
        self.metadata = None

    @property
    def max_cells(self) -> int:
        """The most cells of the joint table."""
        return self._state.max_cells

    @property
    def n_cells(self) -> int:
        """Cells of the joint table that hold rows."""
        return self._state.table()[0]

    @property
    def resolution(self) -> int:
        """Neighbouring intervals of CompactCounts that are the side of a cell: 1 is the finest, then 2, 4, 8 ..."""
        return int(2 ** self._state.table()[1])

    @property
    def a(self) -> CompactCounts:
        """What was counted of the first model; a copy."""
        return CompactCounts._of(self._state.marginal(0))

    @property
    def b(self) -> CompactCounts:
        """What was counted of the second model; a copy."""
        return CompactCounts._of(self._state.marginal(1))

    def update(
        self,
        labels: ArrayLike,
        scores_a: ArrayLike,
        scores_b: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        pos_label: Any = None,
        nan: str = "raise",
        n_threads: int | None = None,
    ) -> None:
        """Count a batch of rows; after any error or interrupt nothing has changed.

        Parameters
        ----------
        labels : array-like of shape (n,) or (n, 1)
            0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
        scores_a, scores_b : array-like of shape (n,) or (n, 1)
            Real numbers of any dtype and scale; the two may differ in both.
        weights : array-like of shape (n,) or (n, 1), optional
            Finite and >= 0; a row of weight 0 is validated and left out.
        pos_label : optional
            A row is positive iff its label equals this; any other label but NaN and None is negative.
        nan : {"raise", "drop"}, default "raise"
            Rows in which either score is NaN are an error, or left out of both models and counted in `n_dropped`.
        n_threads : int, optional
            Threads to use; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or the CPUs this process may use.

        Raises
        ------
        Error
            For a value, a shape or a length that is not accepted; it names the argument and the first index.
        TypeError
            For a dtype that is not real, or an object that is no array.
        MemoryError, OverflowError
            When memory is refused, or counts would pass 2^63 - 1.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.PairedCounts()
        >>> counts.update([0, 1, 1], [0.2, 0.9, 0.1], [0.3, 0.8, 0.4])
        >>> counts.a.roc_auc(tolerance=1), counts.b.roc_auc(tolerance=1)
        (0.5, 1.0)
        """
        labels, weights, positive, drop = shared_columns(labels, weights, pos_label, nan)
        pair = column(scores_a, "scores_a"), column(scores_b, "scores_b")
        self._state.update(labels, *pair, weights, positive, drop, n_threads)

    def compare_roc_auc(self, level: float = 0.95, *, weight_meaning: str | None = None) -> RocAucComparison:
        """Compare the ROC AUCs of the two models, after DeLong.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level of the intervals, in (0, 1).
        weight_meaning : {"frequency", "sampling"}, optional
            Needed for weighted counts: a weight of 3 is three samples, or one sample that stands for three.

        Returns
        -------
        RocAucComparison
            Areas and their intervals are those of `a` and `b`. Covariances and the variance of the difference are those
            of the joint table, in which all scores of a cell are tied. Where each score is the edge that starts its
            interval (all 8- and 16-bit scores) and `resolution` is 1 all of it is exact, that of `compare_roc_auc`.
            Elsewhere `difference.method` says of how many cells, and every interval is widened by what is certain of
            the sample's own figure (`Estimate.bounds`), of which z and p take the one nearest to 0. NaN where a class
            is missing or has one row.

        Raises
        ------
        Error
            For weighted counts without `weight_meaning`.

        Notes
        -----
        Scores tied within cells are an approximation; docs/dev/paired-counts.md has its error, as measured.

        Examples
        --------
        >>> import numpy as np, thresher as th
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.random(10_000) < 0.3
        >>> a = labels + rng.normal(size=10_000)
        >>> counts = th.PairedCounts()
        >>> counts.update(labels, a, a + 0.3 * rng.normal(size=10_000))
        >>> found = counts.compare_roc_auc()
        >>> print(found.difference)
        0.0134 in [0.0133, 0.0135] (0.0101–0.0167, 95 %)
        """
        meaning = meaning_of(weight_meaning, self.weighted)
        areas, covariance, difference, variance, exact, cells = self._state.roc_auc_comparison(meaning)
        spreads = [Spread(*area) for area in areas]
        words = weights_in_words(weight_meaning, clustered=False)
        table = "" if exact else f", joint table of {number(cells)} cells"
        return compared(spreads, covariance.reshape(2, 2), difference, variance, level, words, "paired", table)

    def compare_average_precision(
        self,
        level: float = 0.95,
        *,
        n_replicates: int = 1_000,
        seed: int,
        weight_meaning: str | None = None,
        n_threads: int | None = None,
    ) -> Comparison:
        """Compare the average precisions of the two models by the paired bootstrap of the joint table.

        Parameters
        ----------
        level, n_replicates, seed, weight_meaning, n_threads
            As in `thresher.compare_average_precision`.

        Returns
        -------
        Comparison
            As of `thresher.compare_average_precision`. The figures are those of `a` and `b`; replicates are of the
            joint table, in which all scores of a cell are tied, moved to be about these figures. Where counts are
            binned every interval is widened by `average_precision_bounds()`, and p allows for them.

        Raises
        ------
        Error
            For weighted counts without `weight_meaning`, and for too few replicates for the level.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.PairedCounts()
        >>> counts.update([0, 0, 0, 1, 1, 1] * 20, [1, 2, 4, 3, 5, 6] * 20, [1, 5, 4, 3, 2, 6] * 20)
        >>> found = counts.compare_average_precision(seed=1)
        >>> round(found.difference.value, 3), found.difference.lower > 0
        (0.217, True)
        """
        areas = [counts._state.average_precision() for counts in (self.a, self.b)]
        bounds = tuple((lower, upper) if lower < upper else None for _, lower, upper in areas)
        return self._bootstrapped(
            "average_precision", None, "average precision", level, n_replicates, seed, weight_meaning, n_threads, bounds
        )

    def compare_rate(
        self,
        rate: str = "recall",
        *,
        at: Mapping[str, float],
        level: float = 0.95,
        n_replicates: int = 1_000,
        seed: int,
        weight_meaning: str | None = None,
        n_threads: int | None = None,
    ) -> Comparison:
        """Compare a rate of the two models where another rate is held, by the paired bootstrap of the joint table.

        Parameters
        ----------
        rate, at, level, n_replicates, seed, weight_meaning, n_threads
            As in `thresher.compare_rate`.

        Returns
        -------
        Comparison
            As of `thresher.compare_rate`, among the thresholds that CompactCounts keeps: of scores between them another
            threshold may reach the target a little further. Replicates as in `compare_average_precision`.

        Raises
        ------
        Error
            As `thresher.compare_rate`, and for weighted counts without `weight_meaning`.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.PairedCounts()
        >>> counts.update([0, 0, 0, 1, 1, 1] * 20, [1, 2, 4, 3, 5, 6] * 20, [1, 5, 4, 3, 2, 6] * 20)
        >>> found = counts.compare_rate(at={"false_positive_rate": 0.2}, seed=1)
        >>> round(found.a.value, 3), round(found.b.value, 3)
        (0.667, 0.333)
        """
        held, figure = held_rate(rate, at)
        return self._bootstrapped(rate, held, figure, level, n_replicates, seed, weight_meaning, n_threads)

    def _bootstrapped(
        self,
        name: str,
        at: tuple[str, float, float, bool] | None,
        figure: str,
        level: float,
        n_replicates: int,
        seed: int,
        weight_meaning: str | None,
        n_threads: int | None,
        bounds: Any = (None, None),
    ) -> Comparison:
        meaning = meaning_of(weight_meaning, self.weighted)
        models, exact = self._state.bootstrap(meaning, seed_of(seed))
        words = sampling_in_words(weight_meaning, clustered=False)
        return compared_by_bootstrap(
            models,
            name,
            at,
            figure,
            level=level,
            n_replicates=n_replicates,
            n_threads=n_threads,
            words=words if exact else f"{words}, joint table of {number(self.n_cells)} cells",
            bounds=bounds,
        )

    @classmethod
    def _read(cls, data: Any) -> _core.PairedCounts:
        return _core.PairedCounts.from_bytes(data)

    def _summary(self) -> dict[str, str]:
        lines = self._rows_described()
        for name, counts in (("a", self.a), ("b", self.b)):
            value, *bounds = counts._state.roc_auc(None)
            lines[f"roc_auc of {name}"] = with_bounds(value, (bounds[0], bounds[1]))
        sides = f"{number(self.resolution)} by {number(self.resolution)} intervals"
        return lines | {"cells": f"{number(self.n_cells)} of {sides}", "memory": f"{number(self.nbytes)} bytes"}

    def _described(self) -> list[str]:
        return [f"max_cells={self.max_cells}"]
