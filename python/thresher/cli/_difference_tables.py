"""Differences of two states, as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from thresher import Estimate
from thresher.cli._differences import Difference
from thresher.cli._tables import Column, console, heading, key_text, number, shown, table

__all__ = ["show_differences", "show_lines", "show_slices"]

_MOST_SLICES = 50


def show_differences(old: str, new: str, rows: tuple[int, int], found: Sequence[Difference]) -> None:
    """Write each figure of both states, and what separates them."""
    target = console()
    target.print(Text(f"old {old}: {rows[0]:,} rows\nnew {new}: {rows[1]:,} rows"))
    columns = [Column("figure", left=True), Column("old"), Column("new"), Column("new - old")]
    columns += [Column("interval"), Column("p", 2), Column("", 1, left=True)]
    table(target, columns, map(_line, found))


def show_slices(names: Sequence[str], slices: Sequence[tuple[Any, tuple[int, int], Sequence[Difference]]]) -> None:
    """Write the difference of ROC AUC in each slice, the largest difference first."""
    target = console()
    lines = [(key, rows, next(one for one in each if one.name == "roc_auc")) for key, rows, each in slices]
    lines.sort(key=lambda line: -abs(line[2].difference.value) if not math.isnan(line[2].difference.value) else 1.0)
    heading(target, f"roc_auc by {', '.join(names)}: {len(lines):,} slices in both, the largest difference first")
    columns = [Column(" / ".join(names), left=True), Column("rows, old", 2), Column("rows, new", 2), Column("old", 1)]
    columns += [Column("new", 1), Column("new - old"), Column("interval"), Column("", 1, left=True)]
    table(target, columns, (_slice_line(*line) for line in lines[:_MOST_SLICES]))
    if len(lines) > _MOST_SLICES:
        target.print(Text(f"{_MOST_SLICES} of {len(lines):,} slices; --json has all"))


def show_lines(alone: dict[str, list[Any]], shares_sources: bool) -> None:
    """Write what is to be kept in mind beside the tables."""
    target = console()
    for side, keys in alone.items():
        if keys:
            first = ", ".join(key_text(key) for key in keys[:5])
            more = f" and {len(keys) - 5:,} more" if len(keys) > 5 else ""
            target.print(Text(f"only in {side}: {first}{more}"))
    note = "Intervals take old and new for independent samples."
    if shares_sources:
        note += " They share sources, so they are not: compare_roc_auc in Python compares models on the same rows."
    target.print(Text(note, style="dim"))


def _line(found: Difference) -> list[str]:
    name = found.name if found.threshold is None else f"{found.name} @ {found.threshold:g}"
    p = "–" if found.p_value is None or math.isnan(found.p_value) else f"{found.p_value:.2g}"
    return [name, *_values(found), p, "differs" if found.apart else ""]


def _slice_line(key: Any, rows: tuple[int, int], found: Difference) -> list[str]:
    return [key_text(key), *map(number, rows), *_values(found), "differs" if found.apart else ""]


def _values(found: Difference) -> list[str]:
    difference = found.difference
    apart = (
        "–" if math.isnan(difference.value) else f"{'' if difference.bounds is None else '~'}{difference.value:+.4f}"
    )
    return [shown(found.old, None), shown(found.new, None), apart, _interval(difference)]


def _interval(found: Estimate) -> str:
    return "–" if math.isnan(found.lower) else f"{found.lower:+.4f} to {found.upper:+.4f} ({100 * found.level:g} %)"
