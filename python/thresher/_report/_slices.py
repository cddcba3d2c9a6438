"""The table of slices: how good each is, and how it differs from the whole."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from thresher import _core
from thresher._html import number, with_bounds
from thresher._intervals import Spread
from thresher._report._models import Model
from thresher._report._printed import LEVEL, UNDEFINED, figure_of
from thresher._report._steps import Accumulators
from thresher.comparison import unpaired
from thresher.estimates import Estimate

__all__ = ["MOST_SLICES", "Cell", "SliceTable", "slice_table"]

MOST_SLICES = 500
_LONGEST_KEY = 120


@dataclass(frozen=True)
class Cell:
    """A cell of the table: what it says, what is said smaller below, and what it is sorted by (None sorts last)."""

    text: str
    below: str = ""
    order: float | str | None = None


@dataclass(frozen=True)
class SliceTable:
    """Rows of cells below a header; `left_out` slices with fewer rows are not shown."""

    header: list[str]
    n_keys: int
    rows: list[list[Cell]]
    left_out: int


def slice_table(models: Sequence[Model], slices: Mapping[str, Mapping[Any, Accumulators]]) -> SliceTable | None:
    """Return the slices with the most rows of the named models; None without any."""
    named = [(model, slices[model.name]) for model in models if model.name in slices]
    several = len(models) > 1
    names = next((_key_names(each) for _, each in named if len(each)), [])
    if not names:
        return None
    kept = MOST_SLICES // len(named)
    rows: list[list[Cell]] = []
    for model, each in named:
        for key in _largest(each, kept):
            before = [Cell(model.name, order=model.name)] if several else []
            rows.append([*before, *_key_cells(key), *_measured(each[key], model.spread)])
    heads = [*(["Model"] if several else []), *names]
    measured = ["Rows", "Positives", "Prevalence", "ROC AUC", "Difference from the whole"]
    return SliceTable([*heads, *measured], len(heads), rows, sum(len(each) for _, each in named) - len(rows))


def _largest(slices: Mapping[Any, Accumulators], most: int) -> Iterable[Any]:
    """Return the keys of the slices with the most rows, most first; ties stay in order."""
    columns = getattr(slices, "columns", None)
    if columns is not None:  # GroupedCounts: a million keys, of which none need be taken out to be counted
        rows: Iterable[int] = columns(metrics=[])["n_samples"].tolist()
    else:
        rows = (each.n_samples for each in slices.values())
    ranked = heapq.nsmallest(most, zip((-n for n in rows), count(), slices, strict=False))
    return [key for _, _, key in ranked]


def _key_names(slices: Mapping[Any, Accumulators]) -> list[str]:
    """Return the names of the key columns, or numbers where they have none."""
    names = getattr(slices, "names", None)
    if names:
        return [str(name) for name in names]
    first = next(iter(slices))
    parts = len(first) if isinstance(first, tuple) else 1
    return ["Slice"] if parts == 1 else [f"Key {position}" for position in range(1, parts + 1)]


def _key_cells(key: Any) -> list[Cell]:
    return [_key_cell(part) for part in (key if isinstance(key, tuple) else (key,))]


def _key_cell(part: Any) -> Cell:
    text = "(none)" if part is None else str(part)
    if len(text) > _LONGEST_KEY:
        text = f"{text[:_LONGEST_KEY]}…"
    sortable = isinstance(part, int | float | np.number) and not isinstance(part, bool)
    return Cell(text, order=None if part is None else float(part) if sortable and math.isfinite(part) else text)


def _measured(counts: Accumulators, whole: Spread | None) -> list[Cell]:
    """Return what is told of one slice; without the whole's spread, as of weights, there are no intervals."""
    n, positives = counts.n_samples, counts.n_positives
    total = counts.weight_positives + counts.weight_negatives
    prevalence = counts.weight_positives / total if total else math.nan
    cells = [
        Cell(number(n), order=n),
        Cell(number(positives), order=positives),
        Cell(f"{100 * prevalence:.3g} %" if total else UNDEFINED, order=prevalence if total else None),
    ]
    if not n or positives in (0, n):
        missing = "no rows" if not n else "negatives only" if not positives else "positives only"
        return [*cells, Cell(UNDEFINED, missing), Cell("–")]
    if whole is None or counts.weighted:
        value = counts.roc_auc(tolerance=math.inf)
        return [*cells, Cell(with_bounds(value, counts.roc_auc_bounds(), digits=4), order=value), Cell("–")]
    found = unpaired([Spread(*_core.roc_auc_variance(counts._state.tally(), "frequency")), whole], LEVEL)
    return [*cells, _estimate_cell(found.a), _estimate_cell(found.difference, sign="+")]


def _estimate_cell(estimate: Estimate, sign: str = "") -> Cell:
    """Return a figure above its interval; `sign` stands before one that is not negative."""
    figure = figure_of("", estimate)
    if figure.value == UNDEFINED:
        return Cell("–")
    return Cell(("" if estimate.value < 0 else sign) + figure.text, figure.interval, estimate.value)
