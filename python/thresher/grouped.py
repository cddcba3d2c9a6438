"""One accumulator for each key, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._arrays import ArrayLike, column
from thresher._errors import Error
from thresher._group_figures import figures_of
from thresher._html import number
from thresher._keys import key_array, key_columns, key_values, tagged
from thresher._mergeable import Mergeable, shared_columns
from thresher._optional import needed
from thresher._queries import judge
from thresher.accumulators import CompactCounts, ExactCounts, ThresholdCounts

__all__ = ["GroupedAuc", "GroupedCounts"]

_CLASSES: dict[str, type[ThresholdCounts | CompactCounts | ExactCounts]]
_CLASSES = {each._kind: each for each in (ThresholdCounts, CompactCounts, ExactCounts)}
_AVERAGES = ("plain", "samples", "positives")


@dataclass(frozen=True, slots=True)
class GroupedAuc:
    """The mean ROC AUC of groups, and which of them it is the mean of.

    Attributes
    ----------
    value : float
        `Σ w_g AUC_g / Σ w_g` over groups with positives and negatives, 0 to 1; NaN where there is none, or all weigh 0.
    lower, upper : float
        The exact value lies between them; equal to `value` where that is exact.
    n_groups : int
        Groups with both classes.
    n_left_out : int
        Groups with one class or none, which have no AUC.
    average : str
        What a group weighs: "plain" (1), "samples", "positives", or "given".

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.GroupedCounts(th.ExactCounts())
    >>> counts.update(["a", "a", "b"], [0, 1, 1], [0.2, 0.9, 0.5])
    >>> found = counts.gauc()
    >>> float(found), found.n_groups, found.n_left_out
    (1.0, 1, 1)
    """

    value: float
    lower: float
    upper: float
    n_groups: int
    n_left_out: int
    average: str

    def __float__(self) -> float:
        return self.value


class GroupedCounts(Mergeable, Mapping[Any, ThresholdCounts | CompactCounts | ExactCounts]):
    """One accumulator for each key, filled in one pass: a mapping from key to accumulator, for up to millions of keys.

    Each group holds what an accumulator would that had been given its rows alone. Groups with few rows keep the rows
    instead of a table.

    Parameters
    ----------
    prototype : ThresholdCounts, CompactCounts or ExactCounts
        What each group begins as; what it has counted is left behind. Without a `dtype`, the first non-empty batch
        fixes that of all groups. `max_bytes` becomes the limit of all groups together.

    Raises
    ------
    TypeError
        For anything else.

    Notes
    -----
    A key is an int, str, bytes, bool, float, date, datetime or None (also for NaN and null); with several key columns,
    a tuple of these. `1` and `True` are two keys. Iteration is in the order of the keys, column by column: None,
    booleans, integers, floats, dates, datetimes, text (by code point), bytes.

    Examples
    --------
    >>> import thresher as th
    >>> counts = th.GroupedCounts(th.ExactCounts())
    >>> counts.update({"country": ["at", "de", "at", "at"]}, [1, 0, 0, 1], [0.9, 0.5, 0.3, 0.2])
    >>> list(counts), counts["at"].roc_auc(), counts.total().n_samples
    (['at', 'de'], 0.5, 4)
    """

    __slots__ = ()

    _kind: ClassVar[str] = "grouped"
    _state: _core.GroupedCounts  # type: ignore[assignment]  # it tells no weights; see below

    def __init__(self, prototype: ThresholdCounts | CompactCounts | ExactCounts) -> None:
        if not isinstance(prototype, ThresholdCounts | CompactCounts | ExactCounts):
            found = type(prototype).__name__
            raise TypeError(f"`prototype` must be a ThresholdCounts, CompactCounts or ExactCounts, but is a {found}")
        self._state = _core.GroupedCounts(prototype._state)
        self.metadata = None

    def update(
        self,
        groups: Any,
        labels: ArrayLike,
        scores: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        pos_label: Any = None,
        nan: str = "raise",
        n_threads: int | None = None,
    ) -> None:
        """Count a batch of rows, each in its group; after any error or interrupt nothing has changed.

        Parameters
        ----------
        groups : array-like of shape (n,), or mapping of names to such
            The key of each row: integers, strings, bytes, booleans, floats, dates or datetimes, as NumPy arrays, lists,
            pandas Series (also categorical), polars Series or Arrow columns (also dictionary-encoded); missing values
            are the key None. Several key columns, or a named one, as a mapping; later batches must have the same names.
        labels : array-like of shape (n,) or (n, 1)
            0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
        scores : array-like of shape (n,) or (n, 1)
            As for an accumulator.
        weights : array-like of shape (n,) or (n, 1), optional
            Finite and >= 0; a row of weight 0 is validated and left out. Its key stays.
        pos_label : optional
            A row is positive iff its label equals this.
        nan : {"raise", "drop"}, default "raise"
            Rows whose score is NaN are an error, or left out and counted in the group's `n_dropped`.
        n_threads : int, optional
            Threads to use.

        Raises
        ------
        Error
            For a value, a shape or a length that is not accepted, and for other key columns than before.
        TypeError
            For keys, labels or scores of a type that is not accepted.
        MemoryError, OverflowError
            When memory is refused, or sums over all groups would pass the largest number.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.GroupedCounts(th.CompactCounts())
        >>> counts.update({"day": [1, 1, 2], "model": ["a", "b", "a"]}, [0, 1, 1], [0.1, 0.9, 0.8])
        >>> list(counts)
        [(1, 'a'), (1, 'b'), (2, 'a')]
        """
        labels, weights, positive, drop = shared_columns(labels, weights, pos_label, nan)
        names, keys = key_columns(groups)
        self._state.update(names, keys, labels, column(scores, "scores"), weights, positive, drop, n_threads)

    def __getitem__(self, key: Any) -> Any:
        found = self._state.find(self._tagged(key))
        if found is None:
            raise KeyError(key)
        return self._class._of(found)

    def __contains__(self, key: object) -> bool:
        try:
            return self._state.has(self._tagged(key))
        except (TypeError, Error):
            return False

    def __len__(self) -> int:
        return len(self._state)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._keys())

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of the key columns; None where they have none, or no row has come."""
        names = self._state.names
        return None if names is None else tuple(names)

    @property
    def prototype(self) -> ThresholdCounts | CompactCounts | ExactCounts:
        """An empty accumulator, as each group begins."""
        return self._class._of(self._state.prototype())

    @property
    def weight_positives(self) -> float:
        """Sum of the weights of positive rows of all groups; a row without a weight weighs 1."""
        return self._state.total().weight_positives

    @property
    def weight_negatives(self) -> float:
        """Sum of the weights of negative rows of all groups; a row without a weight weighs 1."""
        return self._state.total().weight_negatives

    def total(self) -> ThresholdCounts | CompactCounts | ExactCounts:
        """Return one accumulator of all rows, as if they had not been grouped.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.GroupedCounts(th.ExactCounts())
        >>> counts.update([7, 8], [0, 1], [0.2, 0.9])
        >>> counts.total().roc_auc()
        1.0
        """
        return self._class._of(self._state.total())

    def rollup(self, *names: str | int) -> GroupedCounts:
        """Return the groups by fewer key columns, in the order given.

        Parameters
        ----------
        *names : str or int
            Names of key columns, or their places from 0; at least one.

        Raises
        ------
        Error
            For a name that is none, or the same column twice.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.GroupedCounts(th.ExactCounts())
        >>> counts.update({"day": [1, 1, 2], "model": ["a", "b", "a"]}, [0, 1, 1], [0.1, 0.9, 0.8])
        >>> by_model = counts.rollup("model")
        >>> {model: each.n_samples for model, each in by_model.items()}
        {'a': 2, 'b': 1}
        """
        if not names or len(set(names)) < len(names):
            raise Error(f"`names` must be one or several different key columns, but are {names!r}; see total()")
        if not len(self):  # nobody knows what the key columns are
            return self._of(self._state.copy())
        return self._of(self._state.rolled_up([self._place(name) for name in names]))

    def select(self, which: Callable[[Any], bool] | Iterable[Any] | None = None, /, **values: Any) -> GroupedCounts:
        """Return some of the groups: of given keys, of given values in named columns, or for which a function holds.

        Parameters
        ----------
        which : callable or iterable of keys, optional
            Called with each key; or the keys to take, all of which must be there.
        **values
            A value, or a list, set or tuple of values, of a key column of that name.

        Raises
        ------
        KeyError
            For a key that is not there.
        Error
            For a name that is none.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.GroupedCounts(th.ExactCounts())
        >>> counts.update({"day": [1, 1, 2], "model": ["a", "b", "a"]}, [0, 1, 1], [0.1, 0.9, 0.8])
        >>> list(counts.select(model="a")), list(counts.select(lambda key: key[0] == 1)), len(counts.select([(2, "a")]))
        ([(1, 'a'), (2, 'a')], [(1, 'a'), (1, 'b')], 1)
        """
        keys = self._keys()
        chosen = np.ones(len(keys), np.bool)
        if callable(which):
            chosen &= np.fromiter((bool(which(key)) for key in keys), np.bool, len(keys))
        elif which is not None:
            chosen &= self._among(keys, which)
        columns = self._state.keys()
        for name, value in values.items() if columns else ():
            chosen &= _equal_any(key_values(columns[self._place(name)]), value)
        return self._of(self._state.selected(np.flatnonzero(chosen).astype(np.int64)))

    def gauc(self, average: Any = "plain", *, tolerance: float = 1e-3) -> GroupedAuc:
        """Return the mean of the groups' ROC AUCs; groups of a single class are left out.

        Parameters
        ----------
        average : {"plain", "samples", "positives"}, array-like of shape (n_groups,) or mapping, default "plain"
            What a group weighs: 1, its samples (their weights), its positives (likewise), or a number >= 0 for each
            group, in the order of iteration or by key.
        tolerance : float, default 1e-3
            Widest bounds of a binned answer that raise no `InexactWarning`.

        Returns
        -------
        GroupedAuc
            `Σ w_g AUC_g / Σ w_g`. Zhu et al., *Optimized Cost per Click in Taobao Display Advertising* (2017), weigh by
            samples.

        Raises
        ------
        Error
            For another average, or weights that are negative, not finite or not one a group.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.GroupedCounts(th.ExactCounts())
        >>> counts.update([1, 1, 2, 2, 2], [0, 1, 1, 0, 0], [0.2, 0.9, 0.5, 0.6, 0.1])
        >>> float(counts.gauc()), float(counts.gauc("samples"))
        (0.75, 0.7)
        """
        names = ["roc_auc", "roc_auc_lower", "roc_auc_upper", "weight_positives", "weight_negatives"]
        areas, lowers, uppers, positives, negatives = (
            each for each in self._state.figures([(name, None) for name in names], None) if each is not None
        )
        given = not isinstance(average, str)
        weights = self._weight_of_each(average, positives, negatives)
        both = (positives > 0) & (negatives > 0)
        total = float(weights[both].sum())

        def mean(each: NDArray[np.float64]) -> float:
            return float((weights[both] * each[both]).sum()) / total if total > 0 else np.nan

        value, lower, upper = mean(areas), mean(lowers), mean(uppers)
        judge("gauc", value, (lower, upper), tolerance)
        n_groups = int(both.sum())
        return GroupedAuc(value, lower, upper, n_groups, len(self) - n_groups, "given" if given else average)

    def columns(self, metrics: Sequence[str] = ()) -> dict[str, NDArray[Any]]:
        """Return a table of the groups, in the order of iteration: keys, rows, and a column for each metric.

        Parameters
        ----------
        metrics : list of str, default ()
            Names of queries without arguments that return a number, as "roc_auc", "average_precision", "log_loss" or
            "brier_score"; and of rates at a threshold, as "recall@0.5". Binned areas are midpoints of their bounds.

        Returns
        -------
        dict of str to ndarray of shape (n_groups,)
            The key columns first, under their names, or "key" ("key_0", "key_1" for several); then "n_samples",
            "n_positives" (int64), then each metric (float64, NaN where undefined).

        Raises
        ------
        Error
            For a name that is no such metric, or that a group cannot answer.

        Examples
        --------
        >>> import thresher as th
        >>> counts = th.GroupedCounts(th.ExactCounts())
        >>> counts.update({"day": [1, 1, 2]}, [0, 1, 1], [0.1, 0.9, 0.8])
        >>> {name: values.tolist() for name, values in counts.columns(["roc_auc", "recall@0.85"]).items()}
        {'day': [1, 2], 'n_samples': [2, 1], 'n_positives': [1, 1], 'roc_auc': [1.0, nan], 'recall@0.85': [1.0, 0.0]}
        """
        keys = self._state.keys()
        names = self.names or (["key"] if len(keys) == 1 else [f"key_{place}" for place in range(len(keys))])
        negatives, positives, _ = self._state.counted()
        table: dict[str, NDArray[Any]] = {name: key_array(key) for name, key in zip(names, keys, strict=True)}
        figures = figures_of(self._state, self._class, metrics)
        more = {"n_samples": positives + negatives, "n_positives": positives} | figures
        for name in more:
            if name in table:
                raise Error(f"a key column is named {name!r}, as a figure is")
        return table | more

    def to_pandas(self, metrics: Sequence[str] = ()) -> Any:
        """Return `columns(metrics)` as a pandas DataFrame."""
        return needed("pandas", "GroupedCounts.to_pandas()", "pandas").DataFrame(self.columns(metrics))

    @property
    def _class(self) -> type[ThresholdCounts | CompactCounts | ExactCounts]:
        return _CLASSES[self._state.kind]

    def _tagged(self, key: Any) -> list[tuple[int, int | bytes]]:
        """Return the values of a key; a key of one column is the value itself."""
        several = (self._state.columns or 1) > 1
        if several and not isinstance(key, tuple):
            raise TypeError(f"a key of these groups is a tuple of {self._state.columns} values, but {key!r} is none")
        return [tagged(value) for value in (key if several else (key,))]

    def _keys(self) -> list[Any]:
        found = self._state.keys()
        columns = [key_values(each) for each in found]
        return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))

    def _place(self, name: str | int) -> int:
        """Return the place of a key column."""
        if isinstance(name, int) and 0 <= name < (self._state.columns or 1):
            return name
        if name not in (self.names or ()):
            raise Error(f"there is no key column {name!r}; there are {list(self.names or [])}")
        return (self.names or ()).index(str(name))

    def _among(self, keys: list[Any], which: Iterable[Any]) -> NDArray[np.bool]:
        places = {self._identity(key): place for place, key in enumerate(keys)}
        chosen = np.zeros(len(keys), np.bool)
        for key in which:
            try:
                chosen[places[self._identity(key)]] = True
            except KeyError:
                raise KeyError(key) from None
        return chosen

    def _identity(self, key: Any) -> tuple[tuple[int, int | bytes], ...]:
        return tuple(self._tagged(key))

    def _weight_of_each(
        self, average: Any, positives: NDArray[np.float64], negatives: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        if isinstance(average, str):
            if average not in _AVERAGES:
                raise Error(f"`average` must be one of {', '.join(_AVERAGES)}, or weights, but is {average!r}")
            return {"plain": np.ones_like(positives), "samples": positives + negatives, "positives": positives}[average]
        if isinstance(average, Mapping):
            try:
                average = [average[key] for key in self._keys()]
            except KeyError as error:
                raise Error(f"`average` has no weight for the group {error.args[0]!r}") from None
        weights = np.asarray(average, dtype=np.float64)
        if weights.shape != (len(self),):
            raise Error(f"`average` has shape {weights.shape}; one weight for each of {len(self)} groups is accepted")
        bad = ~(np.isfinite(weights) & (weights >= 0))
        if bad.any():
            index = int(bad.argmax())
            raise Error(f"`average` must be finite and >= 0, but average[{index}] is {weights[index]}")
        return weights

    def _summary(self) -> dict[str, str]:
        by = f" by {', '.join(self.names)}" if self.names else ""
        lines = {"groups": f"{number(len(self))}{by}"} | self._rows_described()
        return lines | {"memory": f"{number(self.nbytes)} bytes"}

    def _described(self) -> list[str]:
        return [f"{self._class.__name__}({', '.join(self.prototype._described())})"]

    def _settings(self) -> dict[str, Any]:
        return {} if self._state.max_bytes is None else {"max_bytes": self._state.max_bytes}

    def _restore(self, settings: dict[str, Any]) -> None:
        self._state = self._state.limited(settings.get("max_bytes"))

    @classmethod
    def _read(cls, data: Any) -> _core.GroupedCounts:
        return _core.GroupedCounts.from_bytes(data)


def _equal_any(found: list[Any], value: Any) -> NDArray[np.bool]:
    """Whether each value of a key column is the one asked for, or among several."""
    wanted = {tagged(each) for each in (value if isinstance(value, list | set | tuple | frozenset) else (value,))}
    return np.fromiter((tagged(each) in wanted for each in found), np.bool, len(found))
