"""What is told of counted outputs: areas with intervals, rates at thresholds, by label and averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thresher import Error, confusion_at
from thresher.keras._keys import threshold_keys
from thresher.keras._outputs import Column, Output

__all__ = ["AREAS", "COUNTS", "Report"]

AREAS = {
    "auc": "roc_auc",
    "roc_auc": "roc_auc",
    "average_precision": "average_precision",
    "pr_auc": "pr_auc",
    "gini": "gini",
}
COUNTS = ("true_positives", "false_positives", "false_negatives", "true_negatives")
_WITH_INTERVAL = ("roc_auc", "average_precision")


@dataclass(frozen=True)
class Report:
    """Which figures are told, and under which keys."""

    areas: tuple[str, ...]
    rates: tuple[str, ...]
    thresholds: tuple[float, ...] | None
    level: float | None
    weight_meaning: str | None
    per_label: bool
    micro: bool
    key_format: str | None

    @classmethod
    def of(cls, metrics: Sequence[str], thresholds: Any, **others: Any) -> Report:
        """Sort metrics into areas and rates, and refuse what is neither."""
        if isinstance(metrics, str):
            raise TypeError(f"`metrics` must be a sequence of names, but is {metrics!r}; pass ({metrics!r},)")
        rates = tuple(name for name in metrics if name not in AREAS)
        for name in rates:
            _refuse_unknown(name)
        cuts = None if thresholds is None else tuple(float(each) for each in np.atleast_1d(thresholds))
        report = cls(tuple(name for name in metrics if name in AREAS), rates, cuts, **others)
        report._keys("")  # two thresholds of one key are refused before the training
        return report

    @property
    def cuts(self) -> tuple[float, ...]:
        """Where rates are counted."""
        if not self.rates:
            return ()
        return (0.5,) if self.thresholds is None else self.thresholds

    def results(self, output: Output) -> dict[str, float]:
        """Return the figures of an output."""
        prefix = f"{output.settings.name}_" if output.settings.name else ""
        found: dict[str, float] = {}
        told = [self._figures(column) for column in output.columns]
        if len(told) == 1:
            return {prefix + key: value for key, value in told[0].items()}
        for key in told[0] if told else ():
            if not key.endswith(("_lower", "_upper")):
                found[prefix + key] = _mean([figures[key] for figures in told])
        if self.micro and told:
            pooled = Column("", _sum([column.counts for column in output.columns]), _pooled(output.columns))
            found.update({f"{prefix}{key}_micro": value for key, value in self._figures(pooled, False).items()})
        if self.per_label:
            for column, figures in zip(output.columns, told, strict=True):
                found.update({f"{prefix}{key}_{column.name}": value for key, value in figures.items()})
        return found

    def _figures(self, column: Column, intervals: bool = True) -> dict[str, float]:
        """Return the figures of one column of scores."""
        found = {}
        for name in self.areas:
            query = AREAS[name]
            found[name] = float(getattr(column.counts, query)())
            if self.level is not None and intervals and query in _WITH_INTERVAL:
                interval = getattr(column.counts, f"{query}_interval")
                estimate = interval(self.level, weight_meaning=self.weight_meaning)
                found[f"{name}_lower"], found[f"{name}_upper"] = float(estimate.lower), float(estimate.upper)
        if self.rates and column.cuts is not None:
            counts = column.cuts.confusion()
            for name, keys in self._keys("").items():
                values: NDArray[Any] = getattr(counts, name) if name in COUNTS else np.asarray(counts.rate(name))
                found.update(zip(keys, map(float, values), strict=True))
        return found

    def _keys(self, prefix: str) -> dict[str, list[str]]:
        """Return the keys of each rate."""
        if self.thresholds is None:
            return {name: [prefix + name] for name in self.rates}
        return {name: threshold_keys(prefix + name, self.thresholds, self.key_format) for name in self.rates}


def _refuse_unknown(name: str) -> None:
    if name in COUNTS:
        return
    try:
        confusion_at([0, 1], [0.0, 1.0], 0.5).rate(name)
    except Error as error:
        raise Error(
            f"`metrics` holds {name!r}; {', '.join((*AREAS, *COUNTS))} or a rate is accepted: {error}"
        ) from None


def _pooled(columns: list[Column]) -> Any:
    cuts = [column.cuts for column in columns if column.cuts is not None]
    return _sum(cuts) if cuts else None


def _sum(accumulators: list[Any]) -> Any:
    return reduce(add, accumulators)


def _mean(values: list[float]) -> float:
    """Return the mean of the labels for which it is defined; NaN without any."""
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")
