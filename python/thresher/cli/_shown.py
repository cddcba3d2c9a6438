"""The figures of a state, as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from thresher.cli._cuts import Counts, Cut
from thresher.cli._figures import Figure, Summary
from thresher.cli._slices import Slices
from thresher.cli._tables import Column, heading, key_text, number, shown, table

__all__ = ["rows_in_words", "show_cuts", "show_slices", "show_summary"]

_MOST_SLICES = 50
_RATES = (("recall", 0), ("precision", 0), ("false_positive_rate", 1), ("f1", 2), ("accuracy", 4))
_RATES_BY_RANK = (*_RATES, ("predicted_positive_rate", 5))


def show_summary(target: Console, found: Summary) -> None:
    """Write rows and figures, and how sure each figure is."""
    target.print(Text(rows_in_words(found.counts, found.prevalence)))
    columns = [Column("figure", left=True), Column("value"), Column("interval", 1), Column("of these rows", left=True)]
    table(target, columns, (_line(figure) for figure in found.figures))


def rows_in_words(counts: Counts, prevalence: float) -> str:
    """Return rows, positives and what was dropped, in a line."""
    text = f"{counts.n_samples:,} rows, {counts.n_positives:,} positive"
    if not math.isnan(prevalence):
        text += f" ({100 * prevalence:.3g} %{' of the weight' if counts.weighted else ''})"
    return text + (f", {counts.n_dropped:,} dropped" if counts.n_dropped else "")


def show_cuts(target: Console, cuts: Sequence[Cut]) -> None:
    """Write the counts and the main rates at each threshold."""
    binned = any(not cut.exact for cut in cuts)
    columns = [
        Column("threshold"),
        *([Column("read at")] if binned else []),
        *(Column(*each) for each in _RATES_BY_RANK),
    ]
    columns += [Column("TP", 3), Column("FP", 3), Column("FN", 6), Column("TN", 6)]
    comparison = cuts[0].counts.comparison
    heading(target, f"At thresholds, positive where score {comparison} threshold")
    table(target, columns, (_cut_line(cut, binned) for cut in cuts))
    if binned:
        note = "Counts are exact at the edges of 'read at', the nearest to the thresholds; "
        target.print(Text(note + "--into thresholds counts at the thresholds themselves."))


def show_slices(target: Console, slices: Slices, whole: int) -> None:
    """Write a line for each slice, the largest first."""
    names = slices.names
    found = slices.largest(_MOST_SLICES)
    single = found[0][1].cuts[0] if found and len(found[0][1].cuts) == 1 else None
    at = f" @ {single.threshold:g}" if single else ""
    columns = [Column(" / ".join(names), left=True), Column("rows"), Column("share of rows", 4)]
    columns += [Column("prevalence", 2), Column("roc_auc"), Column("interval", 1), Column("average_precision", 2)]
    columns += [Column(f"recall{at}", 3), Column(f"precision{at}", 3)] if single else []
    heading(target, f"By {', '.join(names)}: {len(slices):,} slices")
    table(target, columns, (_slice_line(key, each, whole) for key, each in found))
    if any(not figure.exact for _, each in found for figure in each.figures):
        target.print(Text("~ binned: --json has the bounds of each figure", style="dim"))
    if len(slices) > _MOST_SLICES:
        target.print(Text(f"the {_MOST_SLICES} largest of {len(slices):,} slices; --json has all"))


def _line(figure: Figure) -> tuple[str, str, str, str]:
    if math.isnan(figure.value):
        return figure.name, "–", "–", figure.reason or "undefined"
    digits = 6 if figure.bounds is None else _digits(figure.bounds)
    value = number(figure.value) if abs(figure.value) >= 1e3 else f"{figure.value:.{min(digits, 6)}f}"
    if figure.bounds is None:
        return figure.name, value, _interval(figure), "exact"
    low, high = figure.bounds
    scale = 10.0**6
    between = f"in [{math.floor(low * scale) / scale:.6f}, {math.ceil(high * scale) / scale:.6f}]"
    return figure.name, value, _interval(figure), between


def _digits(bounds: tuple[float, float]) -> int:
    """Return the decimals that bounds leave sure, and one more."""
    return max(2, min(6, 1 - math.floor(math.log10(bounds[1] - bounds[0]))))


def _interval(figure: Figure) -> str:
    found = figure.interval
    return "–" if found is None else f"{found.lower:.4f} to {found.upper:.4f} ({100 * found.level:g} %)"


def _cut_line(cut: Cut, binned: bool) -> list[str]:
    counts: Any = cut.counts
    cells = (counts.true_positives, counts.false_positives, counts.false_negatives, counts.true_negatives)
    rates = (shown(float(counts.rate(name)), None) for name, _ in _RATES_BY_RANK)
    read = [f"{cut.threshold:.9g}"] if binned else []
    return [f"{cut.asked:g}", *read, *rates, *(number(each) for each in cells)]


def _slice_line(key: Any, found: Summary, whole: int) -> list[str]:
    counts = found.counts
    areas = {figure.name: figure for figure in found.figures}
    auc, precision = areas["roc_auc"], areas["average_precision"]
    share = counts.n_samples / whole if whole else math.nan
    line = [key_text(key), number(counts.n_samples), f"{100 * share:.1f} %", shown(found.prevalence, None)]
    line += [shown(auc.value, auc.bounds), _interval(auc), shown(precision.value, precision.bounds)]
    if len(found.cuts) == 1:
        line += [shown(float(found.cuts[0].counts.rate(name)), None) for name in ("recall", "precision")]
    return line
