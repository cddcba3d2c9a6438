"""Small HTML tables for notebooks: escaped, without scripts, readable on dark and on light pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape

__all__ = ["Shown", "number", "table", "with_bounds"]

_CELL = "padding:0.15em 0.6em;text-align:right;border-bottom:1px solid rgba(128,128,128,0.35)"


class Shown:
    """How an accumulator shows itself: its name and settings, then a line for each thing it can tell."""

    __slots__ = ()

    def __repr__(self) -> str:
        head = f"{type(self).__name__}({', '.join(self._described())})"
        return "\n".join([f"<{head}", *(f"  {name}: {text}" for name, text in self._summary().items())]) + ">"

    def _repr_html_(self) -> str:
        head = f"{type(self).__name__}({', '.join(self._described())})"
        return table(head, ("", ""), self._summary().items())

    def _summary(self) -> dict[str, str]:
        """Return what there is to tell, by name."""
        raise NotImplementedError

    def _described(self) -> list[str]:
        """Return the settings as they would be written in a call."""
        raise NotImplementedError


def table(caption: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return an HTML table; colours are inherited from the page."""
    head = "".join(f'<th style="{_CELL}">{escape(str(cell))}</th>' for cell in header)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(str(cell))}</td>' for cell in row) + "</tr>" for row in rows
    )
    title = f'<caption style="text-align:left;font-weight:bold">{escape(caption)}</caption>'
    return (
        '<table style="border-collapse:collapse;color:inherit;background:transparent">'
        f"{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def number(value: object) -> str:
    """Return a count with thousands separators, a float with six significant digits, anything else as it prints."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def with_bounds(value: float, bounds: tuple[float, float] | None, digits: int = 6) -> str:
    """Return a figure, and its bounds whenever it is inexact: such a number never stands alone."""
    if bounds is None or not bounds[0] < bounds[1]:
        return _short_of_one(value, digits)
    scale = 10**digits
    lower, upper = _outward(bounds[0] * scale, math.floor) / scale, _outward(bounds[1] * scale, math.ceil) / scale
    return f"{_short_of_one(value, digits)} in [{lower:g}, {upper:g}]"


def _short_of_one(value: float, digits: int) -> str:
    """Return the figure in so many digits; rounded down below 1, so that 1 is said of 1 alone."""
    rounded = f"{value:.{digits}g}"
    return f"{1 - 10**-digits:g}" if value < 1 and float(rounded) == 1 else rounded


def _outward(bound: float, away: Callable[[float], int]) -> int:
    """Round away from the figure, but not for the sake of the last digit of a float."""
    nearest = round(bound)
    return nearest if abs(nearest - bound) < 1e-6 else away(bound)
