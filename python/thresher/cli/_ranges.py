"""Thresholds as they are typed: values and ranges, in exact decimals."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from thresher.cli._failures import UsageFailure

__all__ = ["number", "thresholds"]

_MOST = 100_000


def thresholds(text: str | None) -> list[float]:
    """Return the thresholds that a text lists: `0.1,0.5`, `0.05:0.95:0.05`, or a mix of both.

    Parameters
    ----------
    text : str or None
        Values and ranges `first:last:step`, separated by commas. A range is worked out in decimals, as it is read, and
        holds `last` where the steps reach it. None for none.

    Returns
    -------
    list of float
        The floats that these decimals are when they are typed; in the order of the text.

    Raises
    ------
    UsageFailure
        For what is no number, a step of 0 or away from the last value, or more than 100,000 thresholds.

    Examples
    --------
    >>> thresholds("0.1:0.5:0.1")
    [0.1, 0.2, 0.3, 0.4, 0.5]
    >>> thresholds("0.25,1:0:-0.5")
    [0.25, 1.0, 0.5, 0.0]
    """
    if text is None:
        return []
    values: list[float] = []
    for part in text.split(","):
        ends = part.split(":")
        if len(ends) not in (1, 3):
            raise UsageFailure(f"--thresholds: {part.strip()!r} must be a value, or a range first:last:step")
        values += [float(number(part))] if len(ends) == 1 else _stepped(part.strip(), *map(number, ends))
    if len(values) > _MOST:
        raise UsageFailure(f"--thresholds: {len(values):,} thresholds are more than {_MOST:,}")
    return values


def number(text: str, option: str = "--thresholds") -> Decimal:
    """Return a finite number as it is typed."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise UsageFailure(f"{option}: {text.strip()!r} is no number") from None
    if not value.is_finite():
        raise UsageFailure(f"{option}: {text.strip()!r} is not finite")
    return value


def _stepped(part: str, first: Decimal, last: Decimal, step: Decimal) -> list[float]:
    if step == 0 or (last - first) * step < 0:
        raise UsageFailure(f"--thresholds: the steps of {part!r} never reach {last}")
    count = int((last - first) / step) + 1
    if count > _MOST:
        raise UsageFailure(f"--thresholds: {part!r} holds {count:,} thresholds, more than {_MOST:,}")
    return [float(first + step * index) for index in range(count)]
